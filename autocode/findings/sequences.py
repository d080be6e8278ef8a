"""Which code comes right after which within interviews, against chance.

The null model shuffles an interview's coded statements among their places and leaves everything else as it
is: how often each code is given, and which codes share a statement.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from autocode.findings.cooccurrence import map_codes
from autocode.findings.material import Material, Statement
from autocode.findings.part import Options
from autocode.findings.precedence import Precedence, n_clear_by_chance, precedences

Floats = NDArray[np.float64]
LEAST = 2  # statements of a code


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """Counts of ordered pairs of codes, (n_codes, n_codes): first the row's, then the column's."""

    codes: tuple[str, ...]
    statements: tuple[Statement, ...]  # the coded ones of interviews with two or more, in order
    n_interviews: int
    counts: Floats
    expected: Floats  # mean of the shuffles
    p: Floats  # two-sided, of each pair alone
    p_adjusted: Floats  # for all pairs together (Westfall & Young 1993, single step)
    n_by_chance: float  # how many p of pairs alone are below .05 in a shuffle
    precedences: tuple[Precedence, ...]
    n_precedences_by_chance: float

    def following(self, a: str, b: str) -> list[Statement]:
        """The statements with b that come right after one with a in the same interview."""
        return [
            after
            for before, after in pairwise(self.statements)
            if before.interview == after.interview and a in before.codes and b in after.codes
        ]


def order_of(material: Material, options: Options) -> Order | None:
    """The transitions and their null; None where no interview has two coded statements."""
    statements = _in_sequence(material)
    codes = _frequent(material, statements)
    if not codes:
        return None
    carries = np.array([[id in one.codes for id in codes] for one in statements], np.float64)
    interviews = np.unique([one.interview for one in statements], return_inverse=True)[1]
    rng = np.random.default_rng(options.seed)
    shuffled = np.stack([
        follows(carries[np.lexsort((rng.random(len(carries)), interviews))], interviews)
        for _ in range(options.replicates)
    ])  # fmt: skip
    counts = follows(carries, interviews)
    earlier, n_earlier = precedences(codes, carries, interviews, options)
    return Order(
        tuple(codes), tuple(statements), int(interviews.max()) + 1, counts, *compared(counts, shuffled),
        tuple(earlier), n_earlier,
    )  # fmt: skip


def follows(carries: Floats, interviews: NDArray[np.intp]) -> Floats:
    """How often b is in the statement right after one with a, within interviews.

    `carries` (n, n_codes) are 1 or 0, in the order in which things were said; `interviews` (n,) ascend.

    >>> follows(np.array([[1.0, 0], [0, 1], [0, 1]]), np.array([0, 0, 0])).tolist()
    [[0.0, 1.0], [0.0, 1.0]]
    """
    same = (interviews[1:] == interviews[:-1])[:, None]
    found: Floats = (carries[:-1] * same).T @ carries[1:]
    return found


def compared(observed: Floats, shuffled: Floats) -> tuple[Floats, Floats, Floats, float]:
    """Mean of the shuffles, two-sided p of each number, p adjusted for all of them, and how many are clear
    by chance.

    `shuffled` has shape (n_draws, n, n). What is observed counts as one shuffle, so that no p is 0 (Phipson &
    Smyth 2010). Adjusted: how often a shuffle's largest standardised deviation reaches this one's.
    """
    mean, spread = shuffled.mean(axis=0), shuffled.std(axis=0)
    scale = np.where(spread > 0, spread, np.inf)  # what never varies cannot deviate
    away, off = np.abs(observed - mean), np.abs(shuffled - mean)
    n = len(shuffled) + 1
    p = ((off >= away - 1e-9).sum(axis=0) + 1) / n
    worst = (off / scale).max(axis=(1, 2))
    adjusted = ((worst[:, None, None] >= away / scale - 1e-9).sum(axis=0) + 1) / n
    return mean, p, np.maximum(adjusted, p), n_clear_by_chance(off, 1)


def _in_sequence(material: Material) -> list[Statement]:
    """The coded statements of interviews with two or more, in order."""
    by_interview: dict[int, list[Statement]] = {}
    for one in material.said_by_respondents:
        if one.codes:
            by_interview.setdefault(one.interview, []).append(one)
    return [one for found in by_interview.values() if len(found) > 1 for one in found]


def _frequent(material: Material, statements: list[Statement]) -> list[str]:
    """The codes of the map that enough of the statements carry."""
    return [id for id in map_codes(material) if sum(id in one.codes for one in statements) >= LEAST]
