"""The spaCy pipeline behind segmentation, loaded at its first use."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from autocode.config import SegmentConfig, suggest
from autocode.errors import ConfigError
from autocode.lean import without_torch
from autocode.segment.clean import clean
from autocode.segment.cues import CueFinder, CueSpan
from autocode.segment.sentences import tile

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.strings import StringStore
    from spacy.tokens import Doc

Span = tuple[int, int]
LemmaSpan = tuple[str, int, int]

_ALIASES = {"no": "nb"}
_NAMES = {
    "english": "en", "norwegian": "nb", "norsk": "nb", "bokmål": "nb", "nynorsk": "nn", "swedish": "sv",
    "svenska": "sv", "danish": "da", "dansk": "da", "finnish": "fi", "suomi": "fi", "german": "de",
    "deutsch": "de", "french": "fr", "français": "fr", "spanish": "es", "español": "es", "italian": "it",
    "dutch": "nl", "portuguese": "pt", "polish": "pl", "icelandic": "is",
}  # fmt: skip
_USUAL = ("en", "nb", "nn", "sv", "da", "fi", "is", "de", "nl", "fr", "es", "it")
_MAX_CHARS = 10**9  # spaCy refuses longer texts; its default would refuse a long file without speakers


class Segmenter:
    """Sentences, lemmas and clean text in one language.

    A blank spaCy pipeline with our components; `config.spacy_model` names an installed trained one,
    whose sentence boundaries and lemmas are then used where it has them. Nothing is loaded, and no
    setting checked, before the first use.
    """

    def __init__(self, config: SegmentConfig) -> None:
        self.config = config
        self.language = _primary_subtag(config.language)
        self._words: dict[tuple[int, int], tuple[str, int]] = {}  # spaCy's hashes of a word and its lemma

    @cached_property
    def nlp(self) -> Language:
        """The spaCy pipeline; raises `ConfigError` for a language or model that is not there."""
        name = self.config.spacy_model
        nlp = _load_model(name) if name else _blank(self.language)
        nlp.max_length = _MAX_CHARS
        if "autocode_marks" not in nlp.pipe_names:
            nlp.add_pipe("autocode_marks")
        if not {"parser", "senter", "sentencizer", "autocode_sentences"} & set(nlp.pipe_names):
            nlp.add_pipe("autocode_sentences")
        if not {"lemmatizer", "trainable_lemmatizer", "autocode_lemmas"} & set(nlp.pipe_names):
            nlp.add_pipe("autocode_lemmas")
        return nlp

    def sentences(self, texts: Sequence[str]) -> list[list[Span]]:
        """For each text the spans of its sentences; they tile it, white space goes to the one before."""
        docs = self._pipe(texts, without={"autocode_lemmas", "autocode_marks"})
        return [_sentence_spans(doc, text) for doc, text in zip(docs, texts, strict=True)]

    def lemmas(self, texts: Sequence[str]) -> list[list[LemmaSpan]]:
        """For each text (lemma, start_char, end_char) of every word; marks and punctuation are skipped."""
        return [self._lemma_spans(doc) for doc in self._pipe(texts, without={"autocode_sentences"})]

    def cue_finder(self, phrases: Mapping[str, Sequence[str]]) -> CueFinder:
        """Finds the phrases of each key in texts, by their lemmas."""
        return CueFinder(self.nlp, phrases)

    def words(
        self, texts: Sequence[str], finder: CueFinder
    ) -> tuple[list[list[LemmaSpan]], list[list[CueSpan]]]:
        """The lemmas of each text and the cues in it, in one pass."""
        lemmas, cues = [], []
        for doc in self._pipe(texts, without={"autocode_sentences"}):
            lemmas.append(self._lemma_spans(doc))
            cues.append(finder.find(doc))
        return lemmas, cues

    @property
    def function_words(self) -> frozenset[str]:
        """Words that mean little by themselves, lower-case: spaCy's stop words of the language."""
        return frozenset(self.nlp.Defaults.stop_words)

    def clean(self, text: str) -> str:
        """`text` as it should be embedded: no marks, fillers or doubled words. See `clean.clean`."""
        return clean(text, language=self.language)

    def _pipe(self, texts: Sequence[str], *, without: set[str]) -> Iterator[Doc]:
        return self.nlp.pipe(texts, disable=sorted(without & set(self.nlp.pipe_names)), batch_size=256)

    def _lemma_spans(self, doc: Doc) -> list[LemmaSpan]:
        marked = {number for span in doc.spans["marks"] for number in range(span.start, span.end)}
        spans = []
        for number, (word, lemma, start) in enumerate(doc.to_array(["ORTH", "LEMMA", "IDX"]).tolist()):
            known = self._words.get((word, lemma))
            if known is None:
                known = self._words[word, lemma] = _lemma_and_length(doc.vocab.strings, word, lemma)
            if known[1] and number not in marked:
                spans.append((known[0], start, start + known[1]))
        return spans


def _sentence_spans(doc: Doc, text: str) -> list[Span]:
    starts = {0, *(_first_after_space(text, sentence.start_char) for sentence in doc.sents)} - {len(text)}
    return tile(sorted(starts) if text else [], len(text))


def _first_after_space(text: str, start: int) -> int:
    """The first character from `start` on that is no white space, of which Python knows more than spaCy."""
    while start < len(text) and text[start].isspace():
        start += 1
    return start


def _lemma_and_length(strings: StringStore, word: int, lemma: int) -> tuple[str, int]:
    """The lemma and the word's length in characters; 0 for what is no word."""
    text = strings[word]
    return (strings[lemma] or text).lower(), len(text) if _is_word(text) else 0


def _is_word(text: str) -> bool:
    return any(letter.isalnum() for letter in text) and text not in {"'s", "’s"}


def _primary_subtag(language: str) -> str:
    """`en` for "en-GB"; Norwegian without further word is Bokmål."""
    subtag = language.strip().lower().replace("_", "-").split("-")[0]
    return _ALIASES.get(subtag, subtag)


def _near(language: str, known: list[str]) -> str:
    """`; did you mean 'nb'?` for what may be a language's name, or nearly a code."""
    names = difflib.get_close_matches(language, _NAMES, n=1, cutoff=0.8)
    return f"; did you mean '{_NAMES[names[0]]}'?" if names else suggest(language, known)


def _blank(language: str) -> Language:
    with without_torch():
        import spacy
        import spacy.lang

        known = sorted(module.name for module in pkgutil.iter_modules(spacy.lang.__path__) if module.ispkg)
        if language not in known:
            raise ConfigError(
                f"--language, or [segment] language in the settings: there is no language {language!r}"
                f"{_near(language, known)}; give an ISO 639-1 code such as {', '.join(_USUAL)}"
            )
        importlib.import_module("autocode.segment.components")
        try:
            return spacy.blank(language)
        except ImportError as error:  # Japanese, Korean, Thai and Vietnamese need a tokenizer of their own
            raise ConfigError(
                f"[segment] language: spaCy's tokenizer for {language!r} needs a package that is missing "
                f"({str(error).splitlines()[0]})"
            ) from None


def _load_model(name: str) -> Language:
    import spacy

    importlib.import_module("autocode.segment.components")
    try:
        return spacy.load(name)
    except OSError:
        installed = sorted(spacy.util.get_installed_models())
        raise ConfigError(
            f"[segment] spacy_model: no spaCy pipeline {name!r} is installed{suggest(name, installed)}; "
            f"installed: {', '.join(installed) or 'none'}; empty uses autocode's own"
        ) from None
