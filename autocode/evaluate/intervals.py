"""How far the numbers of an evaluation may be off: intervals that resample whole interviews.

Of each measure, and of the difference between two methods on the same interviews.

Resampling sees how much a number would change with other interviews to test on. What cross-validation
measures varies more: each interview is also among those that the other folds learn from, and others would
have taught something else. So limits lie further from the value by what Nadeau & Bengio (2003, "Inference for
the generalization error", Machine Learning 52) add to the variance of a mean over K folds: 1 / K becomes
1 / K + 1 / (K - 1). `scripts/simulate_evaluation.py` shows how often the intervals hold.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from autocode.agreement import CodeTable, Interval, as_ratings, bootstrap_interval, code_agreement
from autocode.agreement.resample import (
    Estimator,
    Sampling,
    estimator_interval,
    merge,
    of_enough,
    too_few,
)
from autocode.evaluate.metrics import MEASURES, Bools, Counts, Floats, answers, rounded
from autocode.reliability.record import Record

LEVEL, REPLICATES = 0.95, 2000
OF_A_CODE = {"f1": "positive_agreement", "kappa": "cohen_kappa", "alpha": "krippendorff_alpha"}

Parts = Sequence[Counts]  # of one method, by interview: against each coder, or one against all


def for_folds(n_folds: int) -> float:
    """How many times as far from the value limits lie when it was cross-validated.

    >>> for_folds(2), round(for_folds(5), 3), round(for_folds(10), 3)
    (1.7320508075688772, 1.5, 1.453)
    """
    return math.sqrt(1 + n_folds / (n_folds - 1))


def intervals(parts: Parts, *, widened: float = 1.0, seed: int) -> dict[str, Record]:
    """The interval of each of `MEASURES`; of several parts' mean, weighted by their units.

    `widened` is 1 for what has learnt nothing, else that of `for_folds`.
    """
    return {
        name: _resampled(name, (tuple(parts),), lambda found: found[0], least=0.0, widened=widened, seed=seed)
        for name in MEASURES
    }


def differences(ours: Parts, theirs: Parts, *, widened: float = 1.0, seed: int) -> dict[str, Record]:
    """How much better we are in each of `MEASURES`, with its interval, on the same interviews."""

    def less(found: Sequence[Floats]) -> Floats:
        return np.asarray(found[0] - found[1])

    methods = (tuple(ours), tuple(theirs))
    return {
        name: _resampled(name, methods, less, least=-1.0, widened=widened, seed=seed) for name in MEASURES
    }


def code_intervals(
    truth: Floats, chosen: Bools, groups: NDArray[np.intp], *, widened: float = 1.0, seed: int
) -> list[dict[str, Record]]:
    """The intervals of F1, kappa and alpha of each code; arrays are (n, n_codes), `groups` (n,).

    Where that of F1 cannot be had there is none of the others: without a single hit they would only tell how
    often the code was applied, in a narrow interval about 0.
    """
    people = np.where(np.isnan(truth), -1, truth).astype(np.int8)
    table = CodeTable(
        np.stack([people, chosen.astype(np.int8)]), ("people", "autocode"), range(len(truth)),
        range(truth.shape[1]),
    )  # fmt: skip
    found = code_agreement(
        table, clusters=groups, intervals=list(OF_A_CODE.values()), level=LEVEL, replicates=REPLICATES,
        seed=seed, widened=widened,
    )  # fmt: skip
    least = {"f1": 0.0, "kappa": -1.0, "alpha": -1.0}
    rows = []
    for code in found:
        row = {name: _record(code.intervals[of], least[name]) for name, of in OF_A_CODE.items()}
        rows.append(row if row["f1"]["low"] is not None else dict.fromkeys(OF_A_CODE, row["f1"]))
    return rows


def group_intervals(
    truth: Floats, chosen: Bools, members: Sequence[int], groups: NDArray[np.intp], *,
    widened: float = 1.0, seed: int,
) -> dict[str, Record]:  # fmt: skip
    """The intervals of accuracy and kappa of an exclusive group, see `metrics.exclusive_group`."""
    coded, both = answers(truth, chosen, members)
    if not coded.any():
        return {}
    ratings = as_ratings(both, categories=list(range(len(members) + 1)))
    least = {"accuracy": ("percent_agreement", 0.0), "kappa": ("cohen_kappa", -1.0)}
    return {
        name: _record(
            bootstrap_interval(
                ratings, coefficient, clusters=groups[coded], level=LEVEL, replicates=REPLICATES, seed=seed,
                widened=widened,
            ),
            lowest,
        )
        for name, (coefficient, lowest) in least.items()
    }  # fmt: skip


def _resampled(
    name: str,
    methods: tuple[tuple[Counts, ...], ...],
    finish: Callable[[Sequence[Floats]], Floats],
    *,
    least: float,
    widened: float,
    seed: int,
) -> Record:
    """The value that `finish` makes of each method's measure, and its interval."""
    measure = MEASURES[name]
    tells = np.logical_or.reduce([_tells(name, one) for parts in methods for one in parts])
    n = int(tells.sum())
    totals = tuple(tuple(one.take(tells) for one in parts) for parts in methods)

    def values(of: tuple[tuple[Counts, ...], ...]) -> Floats:
        return finish([_mean(measure, parts) for parts in of])

    interval = too_few(n, LEVEL)
    if n:
        interval = estimator_interval(
            Estimator(totals, values), Sampling(np.arange(n), n, None), level=LEVEL, replicates=REPLICATES,
            seed=seed, thresholds=(), widened=widened,
        )  # fmt: skip
    return {"value": rounded(values(merge(methods, np.ones(len(tells))))), **_record(interval, least)}


def _mean(measure: Callable[[Counts], Floats], parts: Parts) -> Floats:
    """Of the parts whose measure is defined, weighted by their units; nan for none."""
    found, weights = np.stack([measure(one) for one in parts]), np.stack([one.n_units for one in parts])
    weights = np.where(np.isnan(found), 0.0, weights)
    with np.errstate(invalid="ignore"):
        return np.asarray((np.nan_to_num(found) * weights).sum(axis=0) / weights.sum(axis=0))


def _tells(name: str, of: Counts) -> Bools:
    """Interviews that say something of a measure: F1 needs a code that was applied or suggested."""
    return np.asarray(of.n_whole > 0 if name == "exact_set" else (of.applied + of.suggested).any(axis=1))


def _record(interval: Interval, least: float) -> Record:
    """Its limits, none below the `least`; or why there are none."""
    interval = of_enough(interval)
    low, high = (None if limit is None else max(least, limit) for limit in (interval.low, interval.high))
    return {
        "low": None if low is None else rounded(low),
        "high": None if high is None else rounded(high),
        "method": interval.method.partition(" ")[0],
        "n_groups": interval.n_groups,
        "unavailable_because": interval.unavailable_because,
    }
