"""Which codes come together: within a statement, a turn, or a question with its answer.

Lift is how many times more often two codes meet than they would if they had nothing to do with each other:
P(a and b) / (P(a) P(b)); 1 means no relation (Brin, Motwani, Ullman & Tsur 1997).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from autocode.codebook import Codebook
from autocode.findings.clustered import Floats, clustered
from autocode.findings.material import Material, Statement
from autocode.findings.part import Options
from autocode.findings.structure import in_tree_order

Within = Literal["statement", "turn", "answer"]
WITHIN: tuple[Within, ...] = ("statement", "turn", "answer")
MOST_CODES = 20  # on a map
MOSTLY = 0.8  # of the coded statements must carry a code of the map
LEAST_MEETINGS = 2  # fewer are told in the table's file, without an interval


@dataclass(frozen=True, slots=True)
class Context:
    """A statement, a turn or an answer: who could meet there."""

    interview: int  # from 0 on
    codes: frozenset[str]
    statements: tuple[Statement, ...]  # those that carry one of the codes


@dataclass(frozen=True, slots=True)
class Pair:
    """Two codes and how often they come together."""

    a: str
    b: str
    n_a: int  # contexts with a
    n_b: int
    n_both: int
    n_interviews: int  # in which they meet
    lift: float
    low: float | None
    high: float | None
    no_interval_because: str | None
    together: tuple[Statement, ...]  # what carries a or b where both are

    @property
    def apart_from_chance(self) -> bool:
        """Does the interval leave 1 out?"""
        return self.low is not None and self.high is not None and (self.low > 1 or self.high < 1)


def map_codes(material: Material) -> list[str]:
    """The codes that a map shows, one line of the tree each: the finest level that is readable.

    That is the deepest level with at most `MOST_CODES` codes that statements carry (codes above it without
    codes below them included) which most coded statements reach; else the most frequent of the finest codes.
    """
    book, by_code = material.codebook, material.by_code()
    given = [id for id in in_tree_order(book) if by_code[id]]
    levels = [_level(book, given, depth) for depth in range(max(map(book.depth, given), default=0), -1, -1)]
    n_coded = len(material.coded)
    reached = [
        codes for codes in levels
        if sum(not set(codes).isdisjoint(one.codes) for one in material.coded) >= MOSTLY * n_coded
    ]  # fmt: skip
    readable = next((codes for codes in reached if len(codes) <= MOST_CODES), None)
    if readable is not None:
        return readable
    finest = reached[-1]  # even the topics are many
    kept = sorted(finest, key=lambda id: -len(by_code[id]))[:MOST_CODES]
    return [id for id in finest if id in kept]


def _level(book: Codebook, given: Sequence[str], depth: int) -> list[str]:
    """The codes at a depth, and those above it that have no codes below them."""
    return [
        id for id in given
        if book.depth(id) == depth or (book.depth(id) < depth and not set(book.children(id)) & set(given))
    ]  # fmt: skip


def contexts(material: Material, within: Within) -> list[Context]:
    """What respondents say, in the pieces in which codes can meet. Only what somebody has read counts, since
    of the rest nobody knows which codes are not there; with the machine's codes all of it counts.
    """
    groups: dict[tuple[int, int, str], list[Statement]] = {}
    for one in material.said_by_respondents:
        if one.complete or material.include_machine:
            groups.setdefault(_place(one, within), []).append(one)
    return [
        Context(key[0] - 1, frozenset(id for one in group for id in one.codes),
                tuple(one for one in group if one.codes))
        for key, group in groups.items()
    ]  # fmt: skip


def _place(one: Statement, within: Within) -> tuple[int, int, str]:
    if within == "statement":
        return one.interview, one.index, ""
    if within == "turn":
        return one.interview, one.turn, ""
    if one.asked is None:  # before the first question: the turn stands for itself
        return one.interview, one.turn, "unasked"
    return one.interview, one.asked, "asked"


def pairs_of(
    found: Sequence[Context], codes: Sequence[str], material: Material, options: Options
) -> list[Pair]:
    """Every two of `codes` that meet, neither of them above the other, those that meet most often first."""
    column = {id: number for number, id in enumerate(codes)}
    carries = np.zeros((len(found), len(codes)))
    for row, context in enumerate(found):
        carries[row, [column[id] for id in context.codes if id in column]] = 1
    interviews = np.array([context.interview for context in found], np.intp)
    both, alone = carries.T @ carries, carries.sum(axis=0)
    made = []
    for a, b in combinations(codes, 2):
        i, j = column[a], column[b]
        if both[i, j] and not _related(material, a, b):
            sums = _sums(carries[:, i], carries[:, j], interviews, len(material.interviews))
            low, high, why = _interval(sums, int(both[i, j]), options)
            there = [found[int(row)] for row in np.flatnonzero(carries[:, i] * carries[:, j])]
            meet = len({context.interview for context in there})
            lift = float(np.exp(log_lift(sums.sum(axis=0))))
            together = tuple(_carrying(there, {a, b}))
            made.append(
                Pair(a, b, int(alone[i]), int(alone[j]), len(there), meet, lift, low, high, why, together)
            )
    return sorted(made, key=lambda pair: (-pair.n_both, -pair.lift, column[pair.a], column[pair.b]))


def log_lift(sums: Floats) -> Floats:
    """The logarithm of the lift from counts of (both, a, b, all), the last axis; -inf if they never meet.

    >>> round(float(np.exp(log_lift(np.array([4.0, 5.0, 8.0, 20.0])))), 6)
    2.0
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = np.log(sums[..., 0] * sums[..., 3] / (sums[..., 1] * sums[..., 2]))
    return found


def _interval(sums: Floats, n_both: int, options: Options) -> tuple[float | None, float | None, str | None]:
    if int((sums[:, 3] > 0).sum()) < 2:
        return None, None, "there is only one interview"
    if n_both < LEAST_MEETINGS:
        return None, None, "they meet only once"
    found = clustered(sums, log_lift, options)
    if found.low is None or found.high is None:
        meet = int((sums[:, 0] > 0).sum())
        why = "they meet in one interview only" if meet == 1 else found.unavailable_because
        return None, None, why
    return float(np.exp(found.low)), float(np.exp(found.high)), None


def _sums(a: Floats, b: Floats, interviews: NDArray[np.intp], n: int) -> Floats:
    columns = np.stack([a * b, a, b, np.ones_like(a)], axis=1)
    sums = np.zeros((n, 4))
    np.add.at(sums, interviews, columns)
    return sums


def _related(material: Material, a: str, b: str) -> bool:
    book = material.codebook
    return a in book.ancestors(b) or b in book.ancestors(a)


def _carrying(found: Iterable[Context], codes: set[str]) -> list[Statement]:
    return [one for context in found for one in context.statements if codes & set(one.codes)]


def all_pairs(material: Material, options: Options) -> Mapping[Within, list[Pair]]:
    """The pairs within statements, turns and answers."""
    codes = map_codes(material)
    return {within: pairs_of(contexts(material, within), codes, material, options) for within in WITHIN}
