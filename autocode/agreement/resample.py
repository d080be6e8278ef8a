"""Resampling of additive totals: bootstrap and jackknife, all replicates at once.

A replicate is a weighted sum of the groups' totals, so a thousand replicates of fifty codes are
one matrix product. Groups are interviews. Where units are resampled, groups are the kinds of
units (same values from the same coders), drawn by how many there are of each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autocode.agreement.coefficient import Floats, Interval, Ints
from autocode.agreement.tables import Ratings, group_index
from autocode.errors import AgreementError

T = TypeVar("T")

THRESHOLDS = (0.667, 0.8)  # Krippendorff's limits for tentative and for firm conclusions
MIN_CLUSTERS = 10
LEAST_INTERVIEWS = 3  # below, an interval by interview says nothing
MAX_UNDEFINED = 0.05  # share of undefined replicates from which there is no interval
SAME = 1e-9  # replicates that differ by less are the same but for rounding
CHUNK = 4_000_000  # cells of the replicate x group matrix held at a time


@dataclass(frozen=True, slots=True, eq=False)
class Estimator:
    """A coefficient as a function of totals that add up over groups."""

    totals: Any  # a dataclass of arrays, groups on the first axis of each
    values: Callable[[Any], Floats]  # nan where undefined; keeps the totals' leading axes
    tells: Callable[[Any], NDArray[np.bool_]] | None = None  # groups that count; None: all


@dataclass(frozen=True, slots=True, eq=False)
class Sampling:
    """What is drawn: interviews, or units of the kinds that there are."""

    groups: Ints  # (n_units,) of the table that goes with it
    n_groups: int
    counts: Floats | None  # units of each kind; None: groups are interviews
    freedom: float | None = None  # degrees of freedom, where there are less than one below the interviews
    n_telling: int | None = None  # interviews on which it rests, where all the others are alike


def sampling(table: Ratings, clusters: ArrayLike | None) -> tuple[Ratings, Sampling]:
    """The table to count from and what to draw: interviews if there are `clusters`, else units."""
    groups = group_index(clusters, table.codes.shape[1])
    if groups is not None:
        return table, Sampling(groups, int(groups.max(initial=-1)) + 1, None)
    _, first, counts = np.unique(table.codes, axis=1, return_index=True, return_counts=True)
    kinds = Sampling(np.arange(len(first)), len(first), counts.astype(np.float64))
    return table.select_units(first), kinds


def estimator_interval(
    estimator: Estimator,
    sample: Sampling,
    *,
    level: float = 0.95,
    replicates: int = 2000,
    seed: int = 0,
    thresholds: Sequence[float] = THRESHOLDS,
    highest: float = 1.0,
    no_width: bool = False,
    widened: float = 1.0,
) -> Interval:
    """The bootstrap interval of one coefficient, or the jackknife's with fewer than ten interviews, where it
    rests on fewer than ten, and where `sample` has degrees of freedom of its own. Interviews that tell
    nothing of it do not count.

    `highest` is the largest value that there can be; `no_width` as in `summarise`; the limits lie `widened`
    times as far from the value as resampling alone has them, where it does not see all that varies.
    """
    if sample.counts is None and estimator.tells is not None:
        there = estimator.tells(estimator.totals)
        estimator = replace(estimator, totals=_each(estimator.totals, lambda array: array[there]))
        sample = replace(sample, n_groups=int(there.sum()))
    few = sample.n_telling is not None and sample.n_telling < MIN_CLUSTERS
    if sample.counts is None and (sample.n_groups < MIN_CLUSTERS or sample.freedom is not None or few):
        return jackknife(
            estimator, sample.n_groups, freedom=sample.freedom, n_telling=sample.n_telling, level=level,
            highest=highest, no_width=no_width, widened=widened,
        )  # fmt: skip
    values = replicate(estimator, sample, replicates=replicates, seed=seed, widened=widened)
    return summarise(
        values,
        method="bootstrap of interviews" if sample.counts is None else "bootstrap of units",
        n_groups=sample.n_groups if sample.counts is None else int(sample.counts.sum()),
        level=level,
        thresholds=thresholds,
        no_width=no_width,
        expanded=sample.counts is None,
    )


def replicate(
    estimator: Estimator, sample: Sampling, *, replicates: int, seed: int, widened: float = 1.0
) -> Floats:
    """The estimator's values in bootstrap replicates, shape (replicates, ...).

    Each is `widened` times as far from the value of all units, but no higher than 1, where coefficients end.
    """
    if sample.n_groups == 0:
        raise AgreementError("there is no unit to resample")
    parts = [estimator.values(merge(estimator.totals, drawn)) for drawn in _draws(sample, replicates, seed)]
    found = np.concatenate(parts)
    if widened == 1.0:
        return found
    value = estimator.values(whole(estimator.totals, sample))
    return np.minimum(value + widened * (found - value), 1.0)


def summarise(
    values: Floats,
    *,
    method: str,
    n_groups: int,
    level: float = 0.95,
    thresholds: Sequence[float] = THRESHOLDS,
    no_width: bool = False,
    expanded: bool = False,
) -> Interval:
    """The percentile interval of one coefficient's replicates; undefined ones are dropped and counted.

    Replicates of few groups vary too little. `expanded` percentiles lie further out: the normal quantile z
    becomes t sqrt(n / (n - 1)) with n - 1 degrees of freedom (Hesterberg 2015, section 5.2). Where all
    replicates are the same there is none, unless `no_width`: coders who never differed on 20 units may
    differ on the next, and a bootstrap of those 20 cannot know it.
    """
    defined = values[np.isfinite(values)]
    n_undefined = len(values) - len(defined)
    reason = None
    if len(defined) < 2 or n_undefined > MAX_UNDEFINED * len(values):
        reason = f"the coefficient is undefined in {n_undefined} of {len(values)} bootstrap replicates"
    elif not no_width and np.ptp(defined) < SAME:
        reason = "it is the same in every bootstrap replicate, which tells nothing of how far off it may be"
    if reason is not None:
        return Interval(
            None,
            None,
            level,
            method,
            reason,
            n_groups=n_groups,
            n_replicates=len(defined),
            n_undefined=n_undefined,
        )
    tail = _tail(level, n_groups) if expanded else (1 - level) / 2
    low, high = np.quantile(defined, [tail, 1 - tail])
    return Interval(
        float(low),
        float(high),
        level,
        method,
        standard_error=float(defined.std(ddof=1)),
        n_groups=n_groups,
        n_replicates=len(defined),
        n_undefined=n_undefined,
        below={
            threshold: _chance(float((defined < threshold).mean()), n_groups if expanded else None)
            for threshold in thresholds
        },
    )


def _chance(share: float, n_groups: int | None) -> float:
    """The probability that goes with expanded percentiles, from the share of replicates; as it is for None.

    So a threshold that is the lower limit of a 95 % interval has the probability .025.
    """
    from scipy.special import ndtri, stdtr

    if n_groups is None:
        return share
    return float(stdtr(n_groups - 1, ndtri(share) * np.sqrt((n_groups - 1) / n_groups)))


def _tail(level: float, n_groups: int) -> float:
    """The share of replicates that an expanded percentile leaves out at either end."""
    from scipy.special import ndtr, stdtrit

    return float(ndtr(stdtrit(n_groups - 1, (1 - level) / 2) * np.sqrt(n_groups / (n_groups - 1))))


def jackknife(
    estimator: Estimator, n_groups: int, *, freedom: float | None = None, n_telling: int | None = None,
    level: float = 0.95, highest: float = 1.0, no_width: bool = False, widened: float = 1.0,
) -> Interval:  # fmt: skip
    """Leave one interview out, t quantile with one degree of freedom less than interviews on which it rests,
    `n_telling` or all; or with `freedom`.

    The upper limit is clipped to `highest`, 1 for a coefficient; `no_width` as in `summarise`, and `widened`
    as in `estimator_interval`.
    """
    from scipy.special import stdtrit

    method, n = "jackknife of interviews", n_groups if n_telling is None else min(n_groups, n_telling)
    if n < 2:
        return Interval(None, None, level, method, "it rests on one interview", n_groups=n)
    weights = np.concatenate([np.ones((n_groups, n_groups)) - np.eye(n_groups), np.ones((1, n_groups))])
    *parts, whole = estimator.values(merge(estimator.totals, weights)).tolist()
    reason = None
    if not np.isfinite([*parts, whole]).all():
        reason = "the coefficient is undefined without one of the interviews"
    elif not no_width and np.ptp(parts) < SAME:
        reason = "it stays the same without any one interview, which tells nothing of how far off it may be"
    if reason is not None:
        return Interval(None, None, level, method, reason, n_groups=n)
    error = widened * float(np.sqrt((n_groups - 1) * np.var(parts)))
    reach = float(stdtrit(freedom or n - 1, 0.5 + level / 2)) * error
    return Interval(
        whole - reach,
        min(highest, whole + reach),
        level,
        method,
        standard_error=error,
        n_groups=n,
        warning=f"only {n} interviews: the interval is rough",
    )


def of_enough(interval: Interval) -> Interval:
    """An interval by interview; none, with the reason, where it rests on too few of them to be shown."""
    return too_few(interval.n_groups, interval.level) if interval.n_groups < LEAST_INTERVIEWS else interval


def too_few(n_interviews: int, level: float = 0.95) -> Interval:
    """No interval, and why.

    >>> too_few(2).unavailable_because
    '2 interviews cannot tell how much interviews differ'
    """
    there = "1 interview" if n_interviews == 1 else f"{n_interviews} interviews"
    reason = f"{there} cannot tell how much interviews differ"
    return Interval(None, None, level, "", reason, n_groups=n_interviews)


def merge(totals: T, weights: Floats) -> T:
    """Weighted sums over the first axis of every array of a dataclass of totals, or of a tuple of those.

    `weights` has shape (n_groups,) or (n_replicates, n_groups): how often each group was drawn.
    """
    if isinstance(totals, tuple):
        return tuple(merge(one, weights) for one in totals)  # type: ignore[return-value]
    return _each(totals, lambda array: _weighted(weights, array))


def _weighted(weights: Floats, array: Any) -> Floats:
    summed: Floats = np.tensordot(weights, array, 1) if isinstance(array, np.ndarray) else weights @ array
    return summed


def whole(totals: T, sample: Sampling) -> T:
    """The totals of all units."""
    return merge(totals, np.ones(sample.n_groups) if sample.counts is None else sample.counts)


def _each(totals: T, change: Callable[[Floats], Floats]) -> T:
    changed = {f.name: change(getattr(totals, f.name)) for f in fields(totals)}  # type: ignore[arg-type]
    return replace(totals, **changed)  # type: ignore[type-var]


def _draws(sample: Sampling, replicates: int, seed: int) -> Iterator[Floats]:
    """How often each group was drawn, in chunks of shape (n, n_groups)."""
    rng, n_groups = np.random.default_rng(seed), sample.n_groups
    size = max(1, CHUNK // n_groups)
    for start in range(0, replicates, size):
        n = min(size, replicates - start)
        if sample.counts is not None:
            n_units = int(sample.counts.sum())
            yield rng.multinomial(n_units, sample.counts / n_units, size=n).astype(np.float64)
            continue
        drawn = rng.integers(n_groups, size=(n, n_groups)) + n_groups * np.arange(n)[:, None]
        yield np.bincount(drawn.ravel(), minlength=n * n_groups).reshape(n, n_groups).astype(np.float64)
