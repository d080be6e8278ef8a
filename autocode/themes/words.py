"""What a theme may be called: lemmas without what carries every conversation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from autocode.segment import Segmenter
from autocode.segment.words import word_set

SHORTEST = 3  # letters of a word in a label
TABLES = ("talk", "fillers", "sounds", "assent", "strong", "lead_in", "discourse")


def talk_words(segmenter: Segmenter, names: Iterable[str] = ()) -> frozenset[str]:
    """Words and lemmas that name no theme: function words, talk, and the speakers' `names`."""
    language = segmenter.language
    words = set(segmenter.function_words).union(*(word_set(table, language) for table in TABLES))
    words |= {part.casefold() for name in names for part in name.split()}
    lemmas = segmenter.lemmas(sorted(words))
    return frozenset(words | {lemma for found in lemmas for lemma, _, _ in found})


def telling_words(
    segmenter: Segmenter, texts: Sequence[str], left_out: frozenset[str]
) -> list[tuple[str, ...]]:
    """For each text the lemmas that may name a theme, in order."""
    found = []
    for text, lemmas in zip(texts, segmenter.lemmas(texts), strict=True):
        found.append(
            tuple(
                lemma
                for lemma, start, end in lemmas
                if lemma not in left_out and text[start:end].casefold() not in left_out and _is_telling(lemma)
            )
        )
    return found


def said_in_several(
    words: Sequence[Sequence[str]], interviews: Sequence[str], n: int = 2
) -> list[tuple[str, ...]]:
    """`words` without those of fewer than `n` interviews: the names that only one respondent drops.

    With fewer than `n` interviews all are kept.

    >>> said_in_several([("ship", "ragnar"), ("ship",)], ["a", "b"])
    [('ship',), ('ship',)]
    """
    if len(set(interviews)) < n:
        return [tuple(own) for own in words]
    places: dict[str, set[str]] = {}
    for own, interview in zip(words, interviews, strict=True):
        for word in own:
            places.setdefault(word, set()).add(interview)
    return [tuple(word for word in own if len(places[word]) >= n) for own in words]


def _is_telling(lemma: str) -> bool:
    return len(lemma) >= SHORTEST and lemma.replace("-", "").isalpha()
