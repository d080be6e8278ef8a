"""In which order codes follow each other within interviews, against chance.

The null model shuffles an interview's coded statements among their places and leaves everything else as it
is: how often each code is given, and which codes share a statement. Two things are counted: how often b comes
next after a, and how often b comes anywhere later than a.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from autocode.findings.cooccurrence import map_codes
from autocode.findings.material import Material, Statement
from autocode.findings.part import Options

Floats = NDArray[np.float64]
MOST_CODES = 20  # the most frequent ones, so that every pair has something to count
LEAST = 2  # statements of a code


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """Counts of ordered pairs of codes, (n_codes, n_codes): row a, column b."""

    codes: tuple[str, ...]
    n_statements: int  # coded ones, in interviews with two or more
    n_interviews: int
    next: Floats  # b in the coded statement after one with a
    next_expected: Floats  # mean of the shuffles
    next_p: Floats  # two-sided, of each pair alone
    next_p_adjusted: Floats  # for all pairs together (Westfall & Young 1993)
    later: Floats  # pairs of statements, a before b
    later_expected: Floats
    later_p: Floats
    later_p_adjusted: Floats
    statements: tuple[Statement, ...]  # the coded ones, in order

    def following(self, a: str, b: str) -> list[Statement]:
        """The statements with b that come right after one with a in the same interview."""
        return [
            after
            for before, after in pairwise(self.statements)
            if before.interview == after.interview and a in before.codes and b in after.codes
        ]


def order_of(material: Material, options: Options) -> Order | None:
    """The transitions and their null; None where no interview has two coded statements."""
    statements, starts = _in_sequence(material)
    codes = _frequent(material, statements)
    if not statements or not codes:
        return None
    carries = np.zeros((len(statements), len(codes)))
    for row, one in enumerate(statements):
        carries[row] = [code_id in one.codes for code_id in codes]
    interviews = np.repeat(np.arange(len(starts)), np.diff([*starts, len(statements)]))
    observed = np.stack([follows(carries, interviews), precedes(carries, interviews)])
    rng = np.random.default_rng(options.seed)
    n = options.replicates
    shuffled = np.zeros((n, 2, len(codes), len(codes)), np.float32)
    for draw in range(n):
        rows = carries[np.lexsort((rng.random(len(carries)), interviews))]
        shuffled[draw] = follows(rows, interviews), precedes(rows, interviews)
    mean, p, adjusted = compared(observed, shuffled)
    return Order(
        tuple(codes), len(statements), len(starts), observed[0], mean[0], p[0], adjusted[0], observed[1],
        mean[1], p[1], adjusted[1], tuple(statements),
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


def precedes(carries: Floats, interviews: NDArray[np.intp]) -> Floats:
    """Pairs of statements of one interview, the first with a and the later one with b.

    >>> precedes(np.array([[1.0, 0], [0, 1], [0, 1]]), np.array([0, 0, 0])).tolist()
    [[0.0, 2.0], [0.0, 1.0]]
    """
    before = np.cumsum(carries, axis=0) - carries
    first = np.searchsorted(interviews, interviews)  # the first row of each one's interview
    found: Floats = (before - before[first]).T @ carries
    return found


def compared(observed: Floats, shuffled: NDArray[np.float32]) -> tuple[Floats, Floats, Floats]:
    """Mean of the shuffles, two-sided p of each number, and p adjusted for all of them of one kind.

    `observed` (n_kinds, n, n), `shuffled` (n_draws, n_kinds, n, n). What is observed counts as one shuffle,
    so that no p is 0 (Phipson & Smyth 2010). Adjusted: how often the largest standardised deviation of a
    shuffle reaches this one's (Westfall & Young's single step).
    """
    mean = shuffled.mean(axis=0, dtype=np.float64)
    spread = shuffled.std(axis=0, dtype=np.float64)
    scale = np.where(spread > 0, spread, np.inf)  # what never varies cannot deviate
    away = np.abs(observed - mean)
    p = np.ones_like(observed)
    worst = np.zeros((len(shuffled), len(observed)))
    counts = np.zeros_like(observed)
    for draw, one in enumerate(shuffled):
        off = np.abs(one - mean)
        counts += off >= away - 1e-9
        worst[draw] = (off / scale).max(axis=(1, 2))
    p = (counts + 1) / (len(shuffled) + 1)
    z = away / scale
    adjusted = np.stack([
        ((worst[:, kind, None, None] >= z[kind] - 1e-9).sum(axis=0) + 1) / (len(shuffled) + 1)
        for kind in range(len(observed))
    ])  # fmt: skip
    return mean, p, np.maximum(adjusted, p)


def _in_sequence(material: Material) -> tuple[list[Statement], list[int]]:
    """The coded statements of interviews with two or more, in order, and where each interview starts."""
    statements, starts = list[Statement](), list[int]()
    by_interview: dict[int, list[Statement]] = {}
    for one in material.said_by_respondents:
        if one.codes:
            by_interview.setdefault(one.interview, []).append(one)
    for found in by_interview.values():
        if len(found) > 1:
            starts.append(len(statements))
            statements += found
    return statements, starts


def _frequent(material: Material, statements: list[Statement]) -> list[str]:
    """The codes of the map that enough of the statements carry, in its order, the rarest left out first."""
    n_of = {id: sum(id in one.codes for one in statements) for id in map_codes(material)}
    kept = sorted((id for id in n_of if n_of[id] >= LEAST), key=lambda id: -n_of[id])[:MOST_CODES]
    return [id for id in n_of if id in kept]
