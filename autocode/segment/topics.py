"""Where a conversation goes on to another topic: blocks of neighbouring turns.

A logistic regression says how likely a topic begins at each turn: from the words at its start and before it
(cues such as "okay, next"), from how the vocabulary before and after differs (TextTiling, Hearst 1997, with
blocks of several sizes), from who speaks and from the place in the conversation. Then boundaries are chosen
so that Pk (Beeferman et al. 1999) is least to be expected: few, and where it is likelier than not that a
topic ends within half a block's length. English; trained on meetings by `scripts/train_topics.py`, whose
card `models/topics-en.json` says how good it is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from autocode.config import shipped
from autocode.records import Turn
from autocode.segment.words import word_set

CUE_BITS = 15
BLOCKS = (6, 12, 25, 50)  # turns on each side whose vocabulary is compared
VOCABULARY = 256  # columns that words are hashed to
OPENING, BEFORE, NEXT = 10, 8, 6  # words that are cues: of the turn, of the one before, of the one after
SHORTEST = 5  # turns: fewer are one topic
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TopicModel:
    """What `scripts/train_topics.py` learned; all weights are of log-odds."""

    cues: Floats  # (2 ** CUE_BITS,)
    marks: Floats  # of the columns of `gap_marks`
    bias: float
    window: Floats  # of the columns of `window_marks`, the last a bias
    blocks: Floats  # log of the number of blocks = blocks[0] + blocks[1] * log of the number of turns
    margin: float  # how much a boundary must promise, as a share of the window

    def gap_scores(self, turns: Sequence[Turn]) -> Floats:
        """Log-odds that a topic begins at each turn but the first, shape (n_turns - 1,)."""
        words = words_of(turns)
        return self.combine(list(cue_columns(words)), gap_marks(turns, words))

    def combine(self, cues: Sequence[Sequence[int]], marks: Floats) -> Floats:
        """`gap_scores` from what `cue_columns` and `gap_marks` found."""
        return np.array([self.cues[found].sum() for found in cues]) + marks @ self.marks + self.bias

    def half_block(self, n_turns: int) -> int:
        """Half the length of a block that is to be expected, in turns: Pk's window."""
        n_blocks = float(np.exp(self.blocks[0] + self.blocks[1] * np.log(n_turns)))
        return int(np.clip(round(n_turns / n_blocks / 2), 2, n_turns - 2))

    def choose(self, scores: Floats) -> list[int]:
        """The turns to begin a topic at, from `gap_scores`, in order."""
        size = self.half_block(len(scores) + 1)
        odds = window_marks(scores, size) @ self.window[:-1] + self.window[-1]
        return likely_starts(scores, 1 / (1 + np.exp(-odds)), size, margin=self.margin)


def topic_starts(turns: Sequence[Turn]) -> list[int]:
    """The places in `turns` of those that begin another topic, in order; English only."""
    if len(turns) < SHORTEST:
        return []
    model = load_topic_model(shipped("models", "topics-en.npz"))
    return model.choose(model.gap_scores(turns))


@cache
def load_topic_model(path: Path) -> TopicModel:
    """The model that `scripts/train_topics.py` wrote to `path`."""
    with np.load(path, allow_pickle=False) as arrays:
        return TopicModel(
            cues=arrays["cues"].astype(np.float64) * float(arrays["scale"]),
            marks=arrays["marks"],
            bias=float(arrays["bias"]),
            window=arrays["window"],
            blocks=arrays["blocks"],
            margin=float(arrays["margin"]),
        )


def words_of(turns: Sequence[Turn]) -> list[list[str]]:
    """The words of each turn, in lower case."""
    return [_WORD.findall(turn.text.lower()) for turn in turns]


def cue_columns(words: Sequence[Sequence[str]]) -> Iterator[list[int]]:
    """For each turn but the first the columns of its cues: words and pairs around where it begins."""
    after = [*words[2:], []]
    for (before, own), following in zip(pairwise(words), after, strict=True):
        opening = ["^", *own[:OPENING]]
        closing, coming = [*before[-BEFORE:], "$"], ["^", *following[:NEXT]]
        grams = {("opening", *opening[i : i + n]) for n in (1, 2, 3) for i in range(len(opening) - n + 1)}
        grams |= {("rest", word) for word in own[OPENING:]} | {
            ("rest", *two) for two in pairwise(own[OPENING:])
        }
        grams |= {("before", word) for word in closing} | {("before", *two) for two in pairwise(closing)}
        grams |= {("next", word) for word in coming} | {("next", *two) for two in pairwise(coming)}
        yield sorted(crc32("|".join(gram).encode()) & ((1 << CUE_BITS) - 1) for gram in grams)


def gap_marks(turns: Sequence[Turn], words: Sequence[Sequence[str]]) -> Floats:
    """What is known of each turn but the first besides its words, shape (n_turns - 1, n_marks)."""
    n = len(turns)
    gaps = np.arange(1, n)
    lengths = np.array([len(own) for own in words], float)
    long = np.log1p(lengths)
    total_long, vocabulary = _running(long[:, None]), _vocabulary(words)
    speakers, speaker = np.unique([turn.speaker for turn in turns], return_inverse=True)
    spoken = np.zeros((n, len(speakers)))
    spoken[np.arange(n), speaker] = long
    columns = [
        *(mark for size in BLOCKS for mark in _vocabulary_marks(vocabulary, size)),
        *(_alike(_running(spoken), size) for size in (10, 30)),
        (np.bincount(speaker, lengths) / max(lengths.sum(), 1.0))[speaker[1:]],
        (np.bincount(speaker) / n)[speaker[1:]],
        speaker[1:] == speaker[0],
        speaker[1:] != speaker[:-1],
        _silence(speaker)[1:],
        long[1:],
        long[:-1],
        (total_long[gaps] - total_long[np.maximum(gaps - 5, 0)])[:, 0] / 5,
        (total_long[np.minimum(gaps + 5, n)] - total_long[gaps])[:, 0] / 5,
        np.log(gaps),
        np.log(n - gaps),
        gaps / n,
        *(np.exp(-side / turns_away) for turns_away in (10, 30) for side in (gaps, n - gaps)),
    ]
    return np.column_stack([np.asarray(column, float) for column in columns])


def _vocabulary(words: Sequence[Sequence[str]]) -> Floats:
    """Running sum of each turn's words, hashed with a sign and weighted by how few turns have them."""
    plain = word_set("talk", "en")
    told = [[word for word in own if len(word) > 2 and word not in plain] for own in words]
    spread = Counter(word for own in told for word in set(own))
    rows = np.zeros((len(words), VOCABULARY))
    for row, own in zip(rows, told, strict=True):
        for word in own:
            if spread[word] > 1:
                digest = crc32(word.encode())
                sign = 1.0 if digest >> 31 else -1.0
                row[digest % VOCABULARY] += sign * np.log(len(words) / spread[word])
    return _running(rows)


def _vocabulary_marks(total: Floats, size: int) -> tuple[Floats, Floats]:
    """How alike the blocks before and after each gap are, and how deep a valley that is (Hearst's depth)."""
    alike = _alike(total, size)
    reach = min(2 * size, len(alike))
    padded = np.pad(alike, reach, constant_values=-np.inf)
    highest = np.lib.stride_tricks.sliding_window_view(padded, reach + 1).max(axis=1)
    depth = highest[: len(alike)] + highest[reach : reach + len(alike)] - 2 * alike
    return _standard(alike), _standard(depth)


def _alike(total: Floats, size: int) -> Floats:
    """Cosine of the sums of up to `size` rows before and after each gap, from running sums."""
    n = len(total) - 1
    gaps = np.arange(1, n)
    before = total[gaps] - total[np.maximum(gaps - size, 0)]
    after = total[np.minimum(gaps + size, n)] - total[gaps]
    scale = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    found: Floats = np.einsum("ij,ij->i", before, after) / np.maximum(scale, 1e-9)
    return found


def _running(rows: Floats) -> Floats:
    return np.vstack([np.zeros(rows.shape[1]), np.cumsum(rows, axis=0)])


def _standard(values: Floats) -> Floats:
    found: Floats = (values - values.mean()) / max(float(values.std()), 1e-9)
    return found


def _silence(speaker: NDArray[np.intp]) -> Floats:
    """Log of the turns since each turn's speaker spoke last; 50 before anybody's first turn."""
    last: dict[int, int] = {}
    since = np.zeros(len(speaker))
    for place, who in enumerate(speaker.tolist()):
        since[place] = np.log1p(place - last.get(who, -50))
        last[who] = place
    return since


def window_marks(scores: Floats, size: int) -> Floats:
    """What `scores` of gaps say of each window of `size` gaps: their expected number of boundaries (log), the
    highest score, and the expected number in three times as wide a window; shape (n_gaps - size + 1, 3).
    """
    likely = _running(np.logaddexp(0, scores)[:, None])[:, 0]
    n_gaps = len(scores)
    first = np.arange(n_gaps - size + 1)
    wide_from, wide_to = np.maximum(first - size, 0), np.minimum(first + 2 * size, n_gaps)
    wide = (likely[wide_to] - likely[wide_from]) / (wide_to - wide_from) * size
    highest = np.lib.stride_tricks.sliding_window_view(scores, size).max(axis=1)
    return np.column_stack(
        [np.log(likely[first + size] - likely[first] + 1e-6), highest, np.log(wide + 1e-6)]
    )


def likely_starts(scores: Floats, shares: Floats, size: int, *, margin: float) -> list[int]:
    """The turns to begin a topic at, among those with a peak of `scores`, so that Pk is least to be expected.

    `shares` is for each window of `size` gaps how likely a topic begins in it. A boundary is in up to `size`
    windows; in each it is right with that likelihood and wrong otherwise. A boundary must promise `margin` of
    a full window more than that it is right as often as wrong.
    """
    padded = np.pad(scores, 2, constant_values=-np.inf)
    peaks = np.flatnonzero(scores >= np.lib.stride_tricks.sliding_window_view(padded, 5).max(axis=1))
    gain = np.append(0.0, np.cumsum(2 * shares - 1))
    until = gain[np.minimum(peaks + 1, len(shares))]  # of the windows that begin before or at the gap
    reach = np.clip(peaks - size + 1, 0, len(shares))
    best, before = np.zeros(len(peaks)), np.full(len(peaks), -1)
    for number in range(len(peaks)):
        best[number] = until[number] - gain[reach[number]]
        if number:
            covered = np.maximum(np.minimum(peaks[:number] + 1, len(shares)), reach[number])
            together = best[:number] + until[number] - gain[covered]
            if together.max() > best[number]:
                best[number], before[number] = together.max(), int(together.argmax())
        best[number] -= margin * size
    place = int(best.argmax())
    if best[place] <= 0:
        return []
    found = []
    while place >= 0:
        found.append(int(peaks[place]) + 1)
        place = int(before[place])
    return sorted(found)
