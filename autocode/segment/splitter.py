"""Sentences of speech-recognition text that came without punctuation.

English has a small logistic regression over the words around each gap, trained by
`scripts/train_splitter.py` (`models/splitter-en.json` is its card). Other languages are cut
before words such as "so" and "but" when enough has been said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from autocode.config import shipped
from autocode.segment.marks import Mark, find_marks
from autocode.segment.sentences import falls_inside, sentence_starts
from autocode.segment.words import word_set

_MIN_WORDS = 20  # shorter turns without punctuation are one sentence
_WORDS_A_MARK = 40  # text with less than one punctuation mark in so many words counts as unpunctuated
_LONGEST = 40  # words: a longer stretch is cut at its likeliest gap
_RULE_SHORTEST = 6  # words before a discourse marker may begin a sentence
_EDGES = ".,;:!?…\"'“”„«»‘’()[]–—-"
_PUNCTUATION = re.compile(r"[^\s.,;:!?…][.,;:!?…]+(?=\s|$)|\s(?:--|[–—.,?!])(?=\s|$)")

# The features of a gap: the words at these distances from it (-1: the last before, 0: the first after),
# as they are, and with rarer words reduced to their last two letters.
_WORDS_AT: tuple[tuple[int, ...], ...] = (
    *((-3,), (-2,), (-1,), (0,), (1,), (2,), (-2, -1), (-1, 0), (0, 1), (1, 2)),
    *((-1, 0, 1), (-2, -1, 0), (0, 1, 2), (-1, 1), (-2, 0)),
)
_SHAPES_AT: tuple[tuple[int, ...], ...] = (
    *((-2, -1), (-1, 0), (0, 1), (-2, -1, 0), (-1, 0, 1), (0, 1, 2)),
    *((-2, -1, 0, 1), (-3, -2, -1), (0, 1, 2, 3)),
)
_REACH = 4  # words on each side that a feature may look at
HASH_BITS = 18


def spoken_sentence_starts(text: str, *, language: str = "en") -> list[int]:
    """Where each sentence of `text` begins, in characters, whether it has punctuation or not."""
    marks = find_marks(text)
    starts = sentence_starts(text, language=language, marks=marks)
    if not is_unpunctuated(text):
        return starts
    chunks = _spoken_chunks(text, marks)
    words = [bare(chunk.group()) for chunk in chunks]
    found = (chunks[number].start() for number in split_points(words, language=language))
    return sorted({*starts, *found})


def is_unpunctuated(text: str) -> bool:
    """Whether `text` is long and has next to no punctuation."""
    n_words = len(text.split())
    return n_words >= _MIN_WORDS and len(_PUNCTUATION.findall(text)) * _WORDS_A_MARK < n_words


def split_points(words: Sequence[str], *, language: str = "en") -> list[int]:
    """The numbers of the words that begin a new sentence; `words` lower-case, without punctuation."""
    if len(words) < _MIN_WORDS:
        return []
    if language == "en":
        splitter = load_splitter(shipped("models", "splitter-en.npz"))
        return cut(splitter.scores(words))
    return split_by_rule(words, language=language)


def split_by_rule(words: Sequence[str], *, language: str, shortest: int = _RULE_SHORTEST) -> list[int]:
    """Cut before words such as "so" and "but" after `shortest` words, and after 40 words anywhere."""
    markers, starts, last = word_set("discourse", language), [], 0
    for number, word in enumerate(words):
        n_said = number - last
        if (word in markers and n_said >= shortest) or n_said >= _LONGEST:
            starts.append(number)
            last = number
    return starts


def bare(chunk: str) -> str:
    """A word as the splitter knows it: lower-case, without punctuation, with a straight apostrophe."""
    return chunk.strip(_EDGES).replace("’", "'").lower()


@dataclass(frozen=True, slots=True)
class Splitter:
    """A logistic regression over hashed features; its scores are log-odds above the threshold."""

    weights: NDArray[np.floating]  # shape (2 ** HASH_BITS,)
    bias: float
    threshold: float  # log-odds from which a gap is a boundary
    common: frozenset[str]  # words that shape features keep whole

    def scores(self, words: Sequence[str]) -> NDArray[np.float64]:
        """For each gap how much speaks for a boundary, shape (n_words - 1,); above 0: a boundary."""
        sums: NDArray[np.float64] = self.weights[gap_features(words, self.common)].sum(
            axis=1, dtype=np.float64
        )
        return sums + (self.bias - self.threshold)


@cache
def load_splitter(path: Path) -> Splitter:
    """The splitter that `scripts/train_splitter.py` wrote to `path`."""
    with np.load(path, allow_pickle=False) as arrays:
        return Splitter(
            weights=arrays["weights"].astype(np.float32) * arrays["scale"],
            bias=float(arrays["bias"]),
            threshold=float(arrays["threshold"]),
            common=frozenset(arrays["common"].tolist()),
        )


def gap_features(words: Sequence[str], common: frozenset[str]) -> NDArray[np.int64]:
    """The hashed features of every gap between two words, shape (n_words - 1, n_features)."""
    exact = _hashes(words)
    shapes = _hashes([word if word in common else "~" + word[-2:] for word in words])
    n_gaps = max(len(words) - 1, 0)
    templates = [(exact, at) for at in _WORDS_AT] + [(shapes, at) for at in _SHAPES_AT]
    features = np.empty((n_gaps, len(templates)), dtype=np.int64)
    for number, (hashes, distances) in enumerate(templates):
        mixed = np.full(n_gaps, number * 0x9E3779B1 & 0xFFFFFFFF, dtype=np.uint32)
        for distance in distances:
            first = _REACH + 1 + distance
            mixed = (mixed ^ hashes[first : first + n_gaps]) * np.uint32(0x85EBCA6B)
            mixed ^= mixed >> np.uint32(15)
        features[:, number] = (mixed * np.uint32(0xC2B2AE35)) >> np.uint32(32 - HASH_BITS)
    return features


def _hashes(words: Sequence[str]) -> NDArray[np.uint32]:
    """One number a word, with markers for "before the turn" and "after it" on both sides."""
    return np.array([1] * _REACH + [_hash(word) for word in words] + [3] * _REACH, dtype=np.uint32)


@lru_cache(maxsize=1 << 16)
def _hash(word: str) -> int:
    return crc32(word.encode("utf-8", "surrogatepass")) | 1


def cut(scores: NDArray[np.float64]) -> list[int]:
    """Gaps above 0; stretches that stay longer than 40 words are cut at their likeliest gap."""
    cuts = [int(gap) + 1 for gap in np.flatnonzero(scores > 0)]
    bounds = [0, *cuts, len(scores) + 1]
    pending = list(pairwise(bounds))
    while pending:
        first, last = pending.pop()
        if last - first > _LONGEST:
            inner = scores[first + 3 : last - 4]  # four words at least on either side
            cut = first + 4 + int(np.argmax(inner))
            cuts.append(cut)
            pending += [(first, cut), (cut, last)]
    return sorted(cuts)


def _spoken_chunks(text: str, marks: Sequence[Mark]) -> list[re.Match[str]]:
    """The words of `text` that no mark covers."""
    hidden = [mark for mark in marks if mark.kind != "cutoff"]
    return [
        chunk
        for chunk in re.finditer(r"\S+", text)
        if bare(chunk.group()) and not falls_inside(chunk.start() + 1, hidden)
    ]
