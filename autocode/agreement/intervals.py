"""Intervals: the cluster bootstrap of interviews first, others for where it cannot be had.

Units of one interview resemble each other, so whole interviews are resampled, and the percentiles are
expanded by how few there are. With fewer than ten interviews a jackknife takes the bootstrap's place, with
a warning. `pairs_bootstrap` exists to
reproduce published KALPHA output; its intervals are far too narrow for three coders or more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from autocode.agreement.alpha import (
    Differences,
    Metric,
    alpha_values,
    differences,
    ordinal_alpha_values,
    squared_differences,
)
from autocode.agreement.coefficient import Coefficient, Floats, Interval, Ints
from autocode.agreement.counts import tally
from autocode.agreement.distances import DistanceTable
from autocode.agreement.kappa import CHANCE, RESTS_ON_USE, kappa_values
from autocode.agreement.resample import (
    THRESHOLDS,
    Estimator,
    estimator_interval,
    sampling,
    summarise,
)
from autocode.agreement.specific import as_yes_no, specific_values, used
from autocode.agreement.tables import Ratings, as_ratings, group_index
from autocode.agreement.weights import Weights, weight_table
from autocode.config import suggest
from autocode.errors import AgreementError


def analytic_interval(coefficient: Coefficient, *, level: float = 0.95, method: str = "t") -> Interval:
    """The interval from a coefficient's standard error; the upper limit is clipped to 1.

    "t": Gwet's, a t quantile with the error's degrees of freedom. "normal": the large-sample one, for
    Cohen's kappa that of Fleiss, Cohen & Everitt (1969), which divides by n and not by n - 1.
    """
    from scipy.special import ndtri, stdtrit

    if method not in ("t", "normal"):
        raise AgreementError(f"analytic_interval: the method is 't' or 'normal', not '{method}'")
    name = f"standard error, {method}"
    error, freedom = coefficient.standard_error, coefficient.degrees_of_freedom
    if coefficient.value is None or error is None or not freedom:
        reason = coefficient.undefined_because or "there is no standard error"
        return Interval(None, None, level, name, reason)
    if method == "normal":
        error *= (freedom / (freedom + 1)) ** 0.5
    quantile = ndtri(0.5 + level / 2) if method == "normal" else stdtrit(freedom, 0.5 + level / 2)
    low, high = coefficient.value - quantile * error, min(1.0, coefficient.value + quantile * error)
    return Interval(float(low), float(high), level, name, standard_error=error, n_groups=freedom + 1)


def bootstrap_interval(
    ratings: Ratings | ArrayLike,
    coefficient: str = "krippendorff_alpha",
    *,
    clusters: ArrayLike | None = None,
    categories: Sequence[Any] | None = None,
    metric: Metric = "nominal",
    weights: Weights = "identity",
    positive: Any = None,
    level: float = 0.95,
    replicates: int = 2000,
    seed: int = 0,
    thresholds: Sequence[float] = THRESHOLDS,
    widened: float = 1.0,
) -> Interval:
    """Interval from resampling interviews (expanded percentiles), or units where `clusters` is None.

    `coefficient` is the name of a function of this package: krippendorff_alpha (with `metric`), one
    of the kappa family (with `weights`), positive_agreement or negative_agreement (with `positive`).
    `clusters` names each unit's interview, shape (n_units,). With fewer than ten interviews, or where
    another value than the most frequent one is in fewer (alpha and kappas), the leave-one-interview-out
    jackknife is returned. `below` has P(coefficient < threshold). The limits lie `widened` times as far from
    the value as resampling alone has them.
    """
    table = as_ratings(ratings, categories=categories)
    in_pairs = coefficient == "cohen_kappa" or (coefficient == "krippendorff_alpha" and clusters is not None)
    if in_pairs:  # what one coder alone has seen does not count, nor do interviews of nothing else
        keep = table.n_values >= 2
        groups = group_index(clusters, len(keep))
        table, clusters = table.select_units(keep), None if groups is None else groups[keep]
    table, sample = sampling(table, clusters)
    if coefficient == "krippendorff_alpha":
        estimator = alpha_estimator(table, sample.groups, metric)
    elif coefficient in ESTIMATORS:
        estimator = ESTIMATORS[coefficient](coefficient, table, sample.groups, weights, positive)
    else:
        known = ["krippendorff_alpha", *ESTIMATORS]
        raise AgreementError(f"there is no bootstrap for '{coefficient}'{suggest(coefficient, known)}")
    if clusters is not None and coefficient in RESTS_ON_USE:
        sample = replace(sample, n_telling=_n_telling(table, sample.groups))
    return estimator_interval(
        estimator, sample, level=level, replicates=replicates, seed=seed, thresholds=thresholds,
        widened=widened,
    )  # fmt: skip


def _n_telling(table: Ratings, groups: Ints) -> int:
    """In how many groups anybody gave another value than the most frequent one."""
    codes = table.codes[:, table.n_values >= 2]
    most = np.bincount(codes[codes >= 0], minlength=1).argmax()
    others = ((codes >= 0) & (codes != most)).any(axis=0)
    return len(np.unique(groups[table.n_values >= 2][others]))


def alpha_estimator(table: Ratings, groups: Ints, metric: Metric) -> Estimator:
    """Alpha by group; an ordinal metric follows the frequencies of each replicate."""
    if isinstance(metric, str) and metric == "ordinal":
        return Estimator(tally(table, groups), ordinal_alpha_values)
    difference = squared_differences(table, metric)
    totals = differences(table, difference, groups)
    if isinstance(totals.values, np.ndarray) and len(totals.values) < len(table.categories):
        return _by_draws(totals, difference)
    return Estimator(totals, lambda part: alpha_values(part, difference))


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """How often each group was drawn, (..., n_groups); of each group itself: once, the others never."""

    weights: Floats


def _by_draws(totals: Differences, table: DistanceTable) -> Estimator:
    """Alpha from the draws themselves: D_e is a quadratic form in them.

    With many categories (sets of codes) and few interviews this is far less work than every replicate's
    sums over pairs of categories.
    """
    between: Floats = (totals.values @ table) @ totals.values.T  # (n_groups, n_groups)
    within, n_values = totals.within, totals.values.sum(axis=-1)

    def values(draws: Draws) -> Floats:
        drawn = draws.weights
        n, expected = drawn @ n_values, ((drawn @ between) * drawn).sum(axis=-1)
        with np.errstate(divide="ignore", invalid="ignore"):
            alpha: Floats = np.where(expected > 0, 1 - (n - 1) * (drawn @ within) / expected, np.nan)
        return alpha

    return Estimator(Draws(np.eye(len(within))), values)


def together(parts: Sequence[Estimator], finish: Callable[[Floats], Floats]) -> Estimator:
    """Several coefficients of the same groups from the same draws; `finish` makes one number of them."""

    def values(totals: tuple[Any, ...]) -> Floats:
        found = [one.values(total) for one, total in zip(parts, totals, strict=True)]
        return finish(np.stack(found, axis=-1))

    return Estimator(tuple(one.totals for one in parts), values)


def pairs_bootstrap(
    ratings: Ratings | ArrayLike,
    *,
    categories: Sequence[Any] | None = None,
    metric: Metric = "nominal",
    pairs: int | None = None,
    level: float = 0.95,
    replicates: int = 10_000,
    seed: int = 0,
    thresholds: Sequence[float] = THRESHOLDS,
) -> Interval:
    """Krippendorff's bootstrap of alpha, only to reproduce published KALPHA output.

    Each replicate draws `pairs` pairs of values from the observed coincidences and keeps D_e. Left
    out, `pairs` is that of KALPHA 2011: 25 times the number of cells in use, at most (m - 1) n / 2.
    """
    table = as_ratings(ratings, categories=categories)
    table = table.select_units(table.n_values > 1)
    difference = squared_differences(table, metric)
    observed = tally(table).coincidences
    values, method = observed.sum(axis=1), "bootstrap of pairs (Krippendorff)"
    n, between = values.sum(), float((values @ difference) @ values)
    if between <= 0:
        return Interval(None, None, level, method, "all values are the same")
    used: tuple[Ints, Ints] = np.nonzero(observed)  # type: ignore[assignment]
    if pairs is None:
        pairs = int(min(25 * len(used[0]), (table.codes.shape[0] - 1) * n / 2))
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(pairs, observed[used] / n, size=replicates)
    alphas = 1 - (drawn @ difference[used] / pairs) * n * (n - 1) / between
    return summarise(alphas, method=method, n_groups=pairs, level=level, thresholds=thresholds)


def _of_kappa(name: str, table: Ratings, groups: Ints, weights: Weights, _: Any) -> Estimator:
    agreement = weight_table("identity" if name in ("gwet_ac1", "pabak") else weights, table.categories)
    return Estimator(tally(table, groups), lambda totals: kappa_values(name, totals, agreement))


def _of_one_side(name: str, table: Ratings, groups: Ints, _: Weights, positive: Any) -> Estimator:
    side = int(name == "positive_agreement")
    totals = tally(as_yes_no(table, positive, None), groups)
    return Estimator(totals, lambda part: specific_values(part)[..., side], lambda part: used(part, side))


ESTIMATORS: dict[str, Callable[[str, Ratings, Ints, Weights, Any], Estimator]] = {
    **dict.fromkeys(CHANCE, _of_kappa),
    "positive_agreement": _of_one_side,
    "negative_agreement": _of_one_side,
}
