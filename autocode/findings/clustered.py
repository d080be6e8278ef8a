"""Intervals of ratios and differences when statements of one interview resemble each other.

A statistic is a function of sums over interviews. With ten interviews or more whole interviews are drawn
(bootstrap, expanded percentiles), with fewer each is left out in turn (jackknife, t quantile). Where the
interviews do not differ there is none: that they are alike does not show how far off the number may be.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autocode.agreement import Interval
from autocode.agreement.resample import MIN_CLUSTERS, Estimator, Sampling, estimator_interval
from autocode.findings.part import Options

Floats = NDArray[np.float64]
ALIKE = "the interviews do not differ"
NO_WIDTH = 1e-9

__all__ = [
    "ALIKE",
    "MIN_CLUSTERS",
    "Floats",
    "Sums",
    "by_interview",
    "clustered",
    "difference_freedom",
    "ratio",
]


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """What is added up, by interview: (n_interviews, n_sums)."""

    of: Floats


def clustered(
    sums: Floats, statistic: Callable[[Floats], Floats], options: Options, *, freedom: float | None = None
) -> Interval:
    """The interval of `statistic` of the interviews' total, with the reason where there is none.

    `sums` has shape (n_interviews, n_sums); `statistic` maps (..., n_sums) to (...), not finite where it is
    undefined. Interviews in which all sums are 0 say nothing and do not count. `freedom`: degrees of freedom
    where they are fewer than interviews tell (`difference_freedom`).
    """
    there = sums[np.any(sums != 0, axis=1)]
    n = len(there)
    if n < 2:
        why = "all of it is from one interview" if n else "there is nothing to count"
        return Interval(None, None, options.level, "none", why, n_groups=n)
    if freedom == 0:
        return Interval(None, None, options.level, "none", "a group is from one interview", n_groups=n)
    found = estimator_interval(
        Estimator(Sums(there), lambda totals: statistic(totals.of)),
        Sampling(np.arange(n), n, None, freedom),
        level=options.level, replicates=options.replicates, seed=options.seed, thresholds=(), highest=np.inf,
        no_width=True,
    )  # fmt: skip
    if found.low is not None and found.high is not None and found.high - found.low < NO_WIDTH:
        return Interval(None, None, options.level, found.method, ALIKE, n_groups=n)
    return found


def difference_freedom(sums: Floats) -> float | None:
    """Degrees of freedom of the difference of two groups' rates (Welch 1947; Satterthwaite 1946).

    `sums` has the columns hits and statements of one group, hits and statements of the other, by interview.
    None: both have interviews enough for a bootstrap; 0: one of them has a single interview.

    >>> alike = np.array([[3, 4, 0, 0], [1, 4, 0, 0], [0, 0, 3, 4], [0, 0, 1, 4.0]])
    >>> difference_freedom(alike), difference_freedom(alike[:3])
    (2.0, 0.0)
    """
    variances, degrees = [], []
    for hits, read in (sums[:, :2].T, sums[:, 2:].T):
        n = int((read > 0).sum())
        if n < 2:
            return 0.0
        apart = (hits - read * hits.sum() / read.sum()) / read.sum()
        variances.append(n / (n - 1) * float(apart @ apart))
        degrees.append(n - 1)
    if min(degrees) + 1 >= MIN_CLUSTERS:
        return None
    each = sum(v**2 / n for v, n in zip(variances, degrees, strict=True))
    return float(sum(variances) ** 2 / each) if each else float(min(degrees))


def by_interview(interviews: NDArray[np.intp], columns: Floats, n_interviews: int) -> Floats:
    """The sums of each interview: `columns` (n, n_sums) of statements in `interviews` (n,), from 0 on."""
    sums = np.zeros((n_interviews, columns.shape[1]))
    np.add.at(sums, interviews, columns)
    return sums


def ratio(top: int, bottom: int) -> Callable[[Floats], Floats]:
    """One sum over another; nan where that is 0."""

    def values(sums: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            found: Floats = np.where(sums[..., bottom] > 0, sums[..., top] / sums[..., bottom], np.nan)
        return found

    return values
