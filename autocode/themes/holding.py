"""Do the codes hold together? Internal coherence, external distinctness, two meanings, no statements.

The third step of a thematic analysis asks that codes are coherent within and distinct from one another, the
fourth that they are held against what was said (Braun & Clarke 2006). What is measured here is where to read:

- coherence: the mean cosine of a code's statements to each other, beside that of as many random statements of
  the same interviews, so that a code does not look coherent because one interview is all that it has;
- distinctness: the mean cosine between the statements of two codes, beside that within them; and statements
  that carry both: Jaccard index, and the share of the smaller code;
- two meanings: see `halves`.

For the first two, what all statements share is taken away (`alike.apart`). The constants were chosen on one
corpus and tried on others: `scripts/check_coherence.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from autocode.codebook import Codebook
from autocode.respondents import spread
from autocode.themes.alike import apart, mean_cosine, squares
from autocode.themes.halves import Cut, Floats, cut, p_of_one_cloud

LEAST = 5  # statements of so many words, to say how alike they are
LEAST_TO_SPLIT = 12
MOST = 100  # statements of a code whose meaning is looked at
COHERENT = 0.05  # p up to which a code is clearly more coherent than random statements
LITTLE = 0.2  # p above which it has little in common, if there are statements enough to tell
LEAST_TO_TELL = 20
SPLIT = 0.01  # p up to which it may have two meanings
LEAST_INTERVIEWS = 2  # of each meaning
AS_NEAR = 0.75  # of what is alike within two codes, between them: they overlap
JACCARD, CONTAINED = 0.5, 0.8  # shares of statements with both codes from which two codes overlap
N_SHUFFLES = 499
N_SHOWN = 3  # statements of each meaning to read


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """The n statements of respondents that were looked at, interview by interview."""

    interviews: Sequence[int | str]
    respondents: Sequence[str]
    codes: Sequence[Collection[str]]  # the finest that each carries
    long: NDArray[np.bool_]  # (n,): has it words enough to have a meaning by itself?
    vectors: NDArray[np.float32]  # (n_long, n_dims), unit rows: those of the long ones, in order


@dataclass(frozen=True, slots=True)
class Coherence:
    """How alike the statements of a code are."""

    cosine: float  # mean over all pairs
    by_chance: float  # mean of that of random statements of the same interviews
    p: float  # how often these are as alike or more

    @property
    def clear(self) -> bool:
        """Are they clearly more alike than random statements?"""
        return self.p <= COHERENT


@dataclass(frozen=True, slots=True)
class Half:
    """One of two groups of a code's statements."""

    rows: tuple[int, ...]
    shown: tuple[int, ...]  # of these, the most typical, over different respondents
    n_respondents: int
    n_interviews: int


@dataclass(frozen=True, slots=True)
class Halves:
    """A code's statements cut in two."""

    gap: float
    weight: float  # see `Cut`
    p: float  # the larger of those of one cloud and of random statements
    parts: tuple[Half, Half]  # the larger one first

    @property
    def flagged(self) -> bool:
        """Should somebody read whether these are two meanings?"""
        return self.p <= SPLIT and all(one.n_interviews >= LEAST_INTERVIEWS for one in self.parts)


@dataclass(frozen=True, slots=True)
class Held:
    """A code that statements carry, and what can be said of it; None: too few statements, or interviews."""

    code_id: str
    rows: tuple[int, ...]  # its statements
    n_long: int  # of these, long enough to have a meaning
    n_respondents: int
    n_interviews: int
    coherence: Coherence | None
    halves: Halves | None

    @property
    def little_in_common(self) -> bool:
        """Are there enough statements to tell, and are these hardly more alike than random ones?"""
        return self.coherence is not None and self.n_long >= LEAST_TO_TELL and self.coherence.p > LITTLE


@dataclass(frozen=True, slots=True)
class Pair:
    """Two codes, neither above the other, that are near in meaning or share statements."""

    a: str
    b: str
    cosine: float | None  # mean between the statements of one and the other; None: one has too few
    as_near: bool  # both are coherent, and their statements hardly less alike than those within each
    shared: tuple[int, ...]  # rows
    jaccard: float
    contained: float  # share of the smaller code's statements that carry the other, too
    enough: bool  # have both `LEAST` statements?

    @property
    def share_much(self) -> bool:
        """Do the same statements carry them?"""
        return self.enough and (self.jaccard >= JACCARD or self.contained >= CONTAINED)

    @property
    def flagged(self) -> bool:
        """Should somebody read whether these are one code?"""
        return self.share_much or self.as_near


@dataclass(frozen=True, slots=True)
class Holding:
    """All codes of a codebook."""

    codes: tuple[Held, ...]  # with statements of their own, in the codebook's order
    unused: tuple[str, ...]  # no statement carries them or a code below them
    pairs: tuple[Pair, ...]  # nearest in meaning first
    n_statements: int  # long enough, with or without a code: what random ones are drawn from
    n_tried: int  # codes with enough statements to look for two meanings
    seed: int

    def nearest(self, code_id: str) -> Pair | None:
        """With the code that is nearest in meaning."""
        return next((one for one in self.pairs if one.cosine is not None and code_id in (one.a, one.b)), None)

    def closest_shared(self, code_id: str) -> Pair | None:
        """With the code that shares the largest part of the statements."""
        found = [one for one in self.pairs if one.shared and code_id in (one.a, one.b)]
        return max(found, key=lambda one: one.jaccard, default=None)


def hold_together(book: Codebook, coded: Coded, *, seed: int = 0, n_shuffles: int = N_SHUFFLES) -> Holding:
    """What can be said of each code. The same statements and seed give the same numbers."""
    rows_of = _rows_of(book, coded)
    used = {id for code, rows in rows_of.items() if rows for id in (code, *book.ancestors(code))}
    meant = _meant(coded, rows_of, seed)
    own = apart(coded.vectors)
    cosines = {id: mean_cosine(own[rows]) for id, rows in meant.items()}
    cuts = {id: cut(coded.vectors[rows]) for id, rows in meant.items() if _can_split(coded, rows)}
    p_cloud = {id: p_of_one_cloud(one.gap, len(one.second), seed=seed) for id, one in cuts.items()}
    lumpy = {id for id, p in p_cloud.items() if p <= SPLIT}
    alike, weights = _by_chance(coded, own, meant, lumpy, seed=seed, n=n_shuffles)
    coherence = {
        id: Coherence(one, float(alike[id].mean()), _p(alike[id], one)) for id, one in cosines.items()
    }
    halves = {}
    for id, found in cuts.items():
        p = max(p_cloud[id], _p(weights[id], found.weight)) if id in lumpy else p_cloud[id]
        halves[id] = _halves(coded, meant[id], found, p)
    held = [
        Held(id, rows, int(coded.long[list(rows)].sum()), len({coded.respondents[row] for row in rows}),
             len({coded.interviews[row] for row in rows}), coherence.get(id), halves.get(id))
        for id, rows in rows_of.items() if rows
    ]  # fmt: skip
    pairs = _pairs(book, own, rows_of, meant, coherence)
    unused = tuple(id for id in book.ids if id not in used)
    return Holding(tuple(held), unused, tuple(pairs), len(coded.vectors), len(cuts), seed)


def _rows_of(book: Codebook, coded: Coded) -> dict[str, tuple[int, ...]]:
    found: dict[str, list[int]] = {id: [] for id in book.ids}
    for row, codes in enumerate(coded.codes):
        for id in codes:
            found[id].append(row)
    return {id: tuple(rows) for id, rows in found.items()}


def _meant(coded: Coded, rows_of: Mapping[str, Sequence[int]], seed: int) -> dict[str, NDArray[np.intp]]:
    """Rows of `vectors` of each code that has enough of them; of very many, some drawn by chance."""
    place = np.cumsum(coded.long) - 1
    generator = np.random.default_rng(seed)
    found = {}
    for id, rows in rows_of.items():
        own = place[[row for row in rows if coded.long[row]]] if rows else place[:0]
        if len(own) > MOST:
            own = np.sort(generator.choice(own, MOST, replace=False))
        if len(own) >= LEAST:
            found[id] = own
    return found


def _can_split(coded: Coded, rows: NDArray[np.intp]) -> bool:
    where = np.flatnonzero(coded.long)[rows].tolist()
    return len(rows) >= LEAST_TO_SPLIT and len({coded.interviews[row] for row in where}) >= LEAST_INTERVIEWS


def _by_chance(
    coded: Coded, own: NDArray[np.float32], meant: Mapping[str, NDArray[np.intp]], lumpy: Collection[str],
    *, seed: int, n: int,
) -> tuple[dict[str, Floats], dict[str, Floats]]:  # fmt: skip
    """Of random statements in place of each code's: the mean cosine, and for `lumpy` codes their cut."""
    from threadpoolctl import threadpool_limits

    alike = {id: np.zeros(n) for id in meant}
    weights = {id: np.zeros(n) for id in meant if id in lumpy}
    with threadpool_limits(1):  # for such small matrices threads only wait for each other
        for number, drawn in enumerate(_shuffles(coded, meant, seed, n)):
            for id, rows in drawn.items():
                alike[id][number] = mean_cosine(own[rows])
                if id in weights:
                    weights[id][number] = cut(coded.vectors[rows]).weight
    return alike, weights


def _shuffles(
    coded: Coded, meant: Mapping[str, NDArray[np.intp]], seed: int, n: int
) -> Iterator[dict[str, NDArray[np.intp]]]:
    """`n` times: for each code as many rows of each interview as it has there, without replacement."""
    where = [coded.interviews[row] for row in np.flatnonzero(coded.long).tolist()]
    _, group = np.unique(np.asarray(where), return_inverse=True)
    members = [np.flatnonzero(group == one) for one in range(int(group.max()) + 1)] if where else []
    counts = {id: np.bincount(group[rows], minlength=len(members)) for id, rows in meant.items()}
    there = {id: np.flatnonzero(count) for id, count in counts.items()}
    generator = np.random.default_rng(seed)
    for _ in range(n):
        mixed = [generator.permutation(rows) for rows in members]
        yield {
            id: np.concatenate([mixed[one][: count[one]] for one in there[id]])
            for id, count in counts.items()
        }


def _p(chance: Floats, observed: float) -> float:
    """One-sided; what is observed counts as one of the draws."""
    return float((1 + (chance >= observed - 1e-12).sum()) / (1 + len(chance)))


def _halves(coded: Coded, rows: NDArray[np.intp], found: Cut, p: float) -> Halves:
    parts = [_half(coded, rows[found.second == second]) for second in (False, True)]
    return Halves(found.gap, found.weight, p, (parts[0], parts[1]))


def _half(coded: Coded, rows: NDArray[np.intp]) -> Half:
    vectors, where = coded.vectors[rows], np.flatnonzero(coded.long)[rows].tolist()
    typical = np.argsort(-(vectors @ vectors.mean(axis=0)), kind="stable")
    who = [coded.respondents[row] for row in where]
    shown = tuple(where[place] for place in spread(who, typical, N_SHOWN))
    interviews = {coded.interviews[row] for row in where}
    return Half(tuple(where), shown, len(set(who)), len(interviews))


def _pairs(
    book: Codebook, own: NDArray[np.float32], rows_of: Mapping[str, Sequence[int]],
    meant: Mapping[str, NDArray[np.intp]], coherence: Mapping[str, Coherence],
) -> list[Pair]:  # fmt: skip
    """Every two unrelated codes of which something is known, the nearest in meaning first."""
    used = [id for id, rows in rows_of.items() if rows]
    sums = {id: own[rows].sum(axis=0, dtype=np.float64) for id, rows in meant.items()}
    found = []
    for a, b in combinations(used, 2):
        if a in book.ancestors(b) or b in book.ancestors(a):
            continue
        shared = sorted(set(rows_of[a]) & set(rows_of[b]))
        known = a in meant and b in meant
        if not known and not shared:
            continue
        cosine, as_near = None, False
        if known:
            same = np.intersect1d(meant[a], meant[b])
            n_pairs = len(meant[a]) * len(meant[b]) - len(same)
            cosine = (float(sums[a] @ sums[b]) - squares(own[same])) / n_pairs
            both = [coherence[id] for id in (a, b)]
            within = sum(one.cosine for one in both) / 2
            as_near = all(one.clear for one in both) and cosine >= AS_NEAR * within
        n_a, n_b = len(rows_of[a]), len(rows_of[b])
        found.append(
            Pair(a, b, cosine, as_near, tuple(shared), len(shared) / (n_a + n_b - len(shared)),
                 len(shared) / min(n_a, n_b), min(n_a, n_b) >= LEAST)
        )  # fmt: skip
    return sorted(found, key=lambda one: -np.inf if one.cosine is None else one.cosine, reverse=True)
