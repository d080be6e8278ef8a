"""Phrases found in texts by their lemmas, with spaCy's PhraseMatcher."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

CueSpan = tuple[str, int, int]  # key, start_char, end_char


class CueFinder:
    """Finds each key's phrases: "hire a guy" also as "hired a guy".

    >>> from autocode.config import SegmentConfig
    >>> from autocode.segment import Segmenter
    >>> segmenter = Segmenter(SegmentConfig())
    >>> finder = segmenter.cue_finder({"knowledge_gaps": ["hire a guy"]})
    >>> segmenter.words(["So we hired a guy."], finder)[1]
    [[('knowledge_gaps', 6, 17)]]
    """

    def __init__(self, nlp: Language, phrases: Mapping[str, Sequence[str]]) -> None:
        from spacy.matcher import PhraseMatcher

        self._matcher = PhraseMatcher(nlp.vocab, attr="LEMMA")
        for key, wordings in phrases.items():
            patterns = [doc for doc in nlp.pipe(wordings) if len(doc)]
            if patterns:
                self._matcher.add(key, patterns)

    def find(self, doc: Doc) -> list[CueSpan]:
        """(key, start_char, end_char) of each phrase found; of a key's overlapping ones the longest."""
        spans = ((span.label_, span.start_char, span.end_char) for span in self._matcher(doc, as_spans=True))
        return list(_longest(spans))


def _longest(spans: Iterable[CueSpan]) -> Iterable[CueSpan]:
    ends: dict[str, int] = {}
    for key, start, end in sorted(spans, key=lambda span: (span[1], -span[2], span[0])):
        if start >= ends.get(key, 0):
            ends[key] = end
            yield key, start, end
