"""Which of two codes comes earlier within interviews.

What is said comes in stretches, so single statements must not be shuffled to find out: that would take every
stretch for order. If there is no order, an interview told backwards is as likely as it is; so each interview
is turned round or left as it is, in all ways there are. This is a test over interviews, not statements.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

from autocode.findings.part import Options

Floats = NDArray[np.float64]
ALL_WAYS = 12  # interviews up to which all 2**n ways of turning them round are gone through
CLEAR = 0.05  # p below it is told


@dataclass(frozen=True, slots=True)
class Precedence:
    """Two codes, the one that comes earlier more often first."""

    first: str
    then: str
    n_first: int  # pairs of statements of one interview, `first` before `then`
    n_pairs: int  # in either order
    n_interviews_first: int  # interviews in which `first` is before `then` more often than after it
    n_interviews: int  # in which there are both
    p: float  # two-sided, of this pair alone
    p_adjusted: float  # for all pairs together (Westfall & Young 1993, single step)


def precedences(
    codes: Sequence[str], carries: Floats, interviews: NDArray[np.intp], options: Options
) -> tuple[list[Precedence], float]:
    """Every two codes that some interview has in an order, the surest first; how many are clear by chance.

    `carries` (n, n_codes) are 1 or 0 in the order in which things were said, `interviews` (n,) ascend from 0.
    """
    before = np.stack([_before(carries[interviews == one]) for one in range(int(interviews.max()) + 1)])
    pairs = [
        (i, j) for i, j in combinations(range(len(codes)), 2) if (before[:, i, j] + before[:, j, i]).any()
    ]
    if not pairs:
        return [], 0.0
    ahead = np.array([before[:, i, j] - before[:, j, i] for i, j in pairs]).T  # (n_interviews, n_pairs)
    p, adjusted, by_chance = turned_round(ahead, options)
    found = []
    for column, (i, j) in enumerate(pairs):
        a, b = (i, j) if ahead[:, column].sum() >= 0 else (j, i)
        there = before[:, a, b] + before[:, b, a] > 0
        found.append(
            Precedence(
                codes[a], codes[b], int(before[:, a, b].sum()),
                int((before[:, a, b] + before[:, b, a]).sum()),
                int((before[:, a, b] > before[:, b, a]).sum()), int(there.sum()), float(p[column]),
                float(adjusted[column]),
            )
        )  # fmt: skip
    found.sort(key=lambda one: (one.p, one.p_adjusted, -one.n_pairs, one.first, one.then))
    return found, by_chance


def turned_round(ahead: Floats, options: Options) -> tuple[Floats, Floats, float]:
    """Two-sided p of each column's sum, alone and for all columns, when each row may change its sign; and how
    many columns are clear by chance.

    >>> p, adjusted, by_chance = turned_round(np.array([[2.0], [1.0], [3.0]]), Options())
    >>> p.tolist(), adjusted.tolist(), by_chance
    ([0.25], [0.25], 0.0)
    """
    n = len(ahead)
    if n <= ALL_WAYS:
        signs: Floats = np.array(list(product((1.0, -1.0), repeat=n)))
        seen = 0
    else:
        signs = np.random.default_rng(options.seed).choice((1.0, -1.0), size=(options.replicates, n))
        seen = 1  # what is observed counts as one way, so that no p is 0
    scale = np.sqrt((ahead**2).sum(axis=0))
    scale[scale == 0] = np.inf
    observed, turned = np.abs(ahead.sum(axis=0)) / scale, np.abs(signs @ ahead) / scale
    worst = turned.max(axis=1)
    p = ((turned >= observed - 1e-9).sum(axis=0) + seen) / (len(signs) + seen)
    adjusted = ((worst[:, None] >= observed - 1e-9).sum(axis=0) + seen) / (len(signs) + seen)
    return np.asarray(p), np.asarray(adjusted), n_clear_by_chance(turned, seen)


def n_clear_by_chance(away: Floats, seen: int) -> float:
    """How many of some numbers would have p < .05, each taken alone, if there were nothing to find.

    `away` (n_draws, ...): how far each number is off in the draws of the null model, `seen` the observed ones
    counted among them. Small counts take few values, so that it may be far less than .05 of the numbers.

    >>> n_clear_by_chance(np.arange(100.0)[:, None], 0), n_clear_by_chance(np.ones((100, 1)), 0)
    (0.04, 0.0)
    """
    most = int(np.ceil(CLEAR * (len(away) + seen))) - 1 - seen  # draws as far off that still are clear
    if most < 0:
        return 0.0
    limit = np.sort(away, axis=0)[len(away) - 1 - most]
    return float((away > limit + 1e-9).mean(axis=0).sum())


def least_p(n_interviews: int) -> float:
    """The smallest p that so many interviews can give, gone through in all ways.

    >>> least_p(5)
    0.0625
    """
    return float(min(1.0, 2.0 ** (1 - n_interviews)))


def _before(carries: Floats) -> Floats:
    """Pairs of statements of one interview: the row's code in the earlier, the column's in the later."""
    earlier = np.cumsum(carries, axis=0) - carries
    found: Floats = earlier.T @ carries
    return found
