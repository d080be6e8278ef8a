"""spaCy components, for our own pipeline and for anybody else's.

    nlp.add_pipe("autocode_marks")         doc.spans["marks"]: what a transcriber put in
    nlp.add_pipe("autocode_sentences")     sentence boundaries of spoken text
    nlp.add_pipe("autocode_lemmas")        token.lemma_, lower-case, from simplemma's tables
    nlp.add_pipe("autocode_backchannels")  doc._.is_backchannel: "mm-hm", "yeah"

This module is spaCy's alone and is imported only when a pipeline is built.
"""

from __future__ import annotations

import numpy as np
from spacy.attrs import IDX, LEMMA, NORM, ORTH, SENT_START  # type: ignore[import-not-found]  # no stub
from spacy.language import Language
from spacy.tokens import Doc, SpanGroup

from autocode.segment.backchannels import is_backchannel
from autocode.segment.lemmas import Lemmatizer
from autocode.segment.marks import find_marks
from autocode.segment.splitter import spoken_sentence_starts

MARKS = "marks"


@Language.factory("autocode_marks", assigns=["doc.spans"])
def create_marks(nlp: Language, name: str) -> MarkFinder:
    """The component that fills `doc.spans["marks"]`."""
    return MarkFinder()


class MarkFinder:
    """Tags `[inaudible]`, `(laughs)`, `(3.0)` and words broken off as spans labelled with their kind."""

    def __call__(self, doc: Doc) -> Doc:
        """Fill `doc.spans["marks"]`; a span is the fewest tokens that hold the mark."""
        group = SpanGroup(doc, name=MARKS)
        for mark in find_marks(doc.text):
            span = doc.char_span(mark.start_char, mark.end_char, label=mark.kind, alignment_mode="expand")
            if span is not None:
                group.append(span)
        doc.spans[MARKS] = group
        return doc


@Language.factory("autocode_sentences", assigns=["token.is_sent_start", "doc.sents"])
def create_sentences(nlp: Language, name: str) -> SentenceFinder:
    """The component that sets sentence boundaries, with the rules of the pipeline's language."""
    return SentenceFinder(nlp.lang or "xx")


class SentenceFinder:
    """Sets `token.is_sent_start` where a sentence of spoken text begins."""

    def __init__(self, language: str) -> None:
        self._language = language

    def __call__(self, doc: Doc) -> Doc:
        """Set the boundaries; one that falls inside a token moves to the next token."""
        if not len(doc):
            return doc
        flags = np.full(len(doc), -1, dtype=np.int64)
        starts = spoken_sentence_starts(doc.text, language=self._language)
        tokens = np.searchsorted(doc.to_array(IDX).astype(np.int64), starts)
        flags[tokens[tokens < len(doc)]] = 1
        flags[0] = 1
        doc.from_array([SENT_START], flags.astype(np.uint64))  # type: ignore[arg-type]  # 1-d is allowed
        return doc


@Language.factory("autocode_lemmas", assigns=["token.lemma"])
def create_lemmas(nlp: Language, name: str) -> LemmaSetter:
    """The component that sets lower-case lemmas from the table of the pipeline's language."""
    return LemmaSetter(nlp.lang or "xx")


class LemmaSetter:
    """Sets `token.lemma_`; words that no table knows keep their lower-case form."""

    def __init__(self, language: str) -> None:
        self._lemmatize = Lemmatizer(language)
        self._known: dict[tuple[int, int], int] = {}  # (word, norm) to lemma, as spaCy's hashes

    def __call__(self, doc: Doc) -> Doc:
        """Set the lemma of every token."""
        known, look_up = self._known, self._look_up
        lemmas = [
            known.get((word, norm)) or look_up(doc, word, norm)
            for word, norm in doc.to_array([ORTH, NORM]).tolist()
        ]
        doc.from_array([LEMMA], np.asarray(lemmas, np.uint64))  # type: ignore[arg-type]  # 1-d is allowed
        return doc

    def _look_up(self, doc: Doc, word: int, norm: int) -> int:
        strings = doc.vocab.strings
        lemma = self._known[word, norm] = strings.add(
            self._lemmatize(spoken_form(strings[word], strings[norm]))
        )
        return lemma


def spoken_form(text: str, norm: str) -> str:
    """The full word behind a contraction's part ("n't" is "not"), else the word as written."""
    return norm if "'" in text or "’" in text else text


@Language.factory("autocode_backchannels", assigns=["doc._.is_backchannel"])
def create_backchannels(nlp: Language, name: str) -> BackchannelFinder:
    """The component behind `doc._.is_backchannel`."""
    return BackchannelFinder()


class BackchannelFinder:
    """Sets `doc._.is_backchannel`, taking the doc as one whole turn that answers no question."""

    def __init__(self) -> None:
        if not Doc.has_extension("is_backchannel"):
            Doc.set_extension("is_backchannel", default=False)

    def __call__(self, doc: Doc) -> Doc:
        """Set the extension."""
        doc._.is_backchannel = is_backchannel(doc.text)
        return doc
