"""Krippendorff's alpha: 1 - D_o / D_e for any number of coders, missing values and any metric.

With o_ck the coincidences of values c and k within units (a unit with r values adds r), n_c their
sums and n the sum of those, and d2_ck the squared difference of the metric,

    alpha = 1 - (n - 1) sum_ck o_ck d2_ck / sum_ck n_c n_k d2_ck

(Krippendorff 2011, Computing Krippendorff's Alpha-Reliability). Units with fewer than two values
do not count. Metrics: nominal, ordinal, interval, ratio, circular, bipolar for values; masi and
jaccard (and variants, see `distances`) for sets of codes; or a table of one's own.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from autocode.agreement.coefficient import NO_PAIRS, NO_VARIATION, Coefficient, Floats, Ints, finite
from autocode.agreement.counts import Totals, pair_sums, tally, value_sums
from autocode.agreement.distances import DistanceTable, SetDistances, Unequal, distance_table
from autocode.agreement.tables import MISSING, Ratings, as_ratings
from autocode.agreement.weights import Weights, weight_table
from autocode.errors import AgreementError

SPARSE_FROM = 16_000_000  # cells of a table of groups and categories
Metric = str | ArrayLike | SetDistances | Unequal


@dataclass(frozen=True, slots=True, eq=False)
class Differences:
    """What alpha needs when the metric is fixed, as sums over units; leading axes are groups."""

    within: Floats  # (...) sum_ck o_ck d2_ck
    values: Floats  # (..., q) n_c; by group it may be a sparse array


def krippendorff_alpha(
    ratings: Ratings | ArrayLike,
    *,
    metric: Metric = "nominal",
    weights: Weights | None = None,
    categories: Sequence[Any] | None = None,
) -> Coefficient:
    """Alpha of a matrix of shape (n_coders, n_units), None or nan where missing, or of `Ratings`.

    `metric` is a name or a symmetric table of squared differences for `categories`; `weights`
    (see `weights`) may be given in its place, d2 = 1 - w. `observed` and `expected` are D_o and
    D_e. The standard error is Gwet's linearisation; intervals are better made with
    `bootstrap_interval`.

    Krippendorff (2011), four observers, twelve units:

    >>> observers = [
    ...     [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    ...     [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    ...     [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    ...     [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
    ... ]
    >>> [round(krippendorff_alpha(observers, metric=m).value, 3) for m in ("nominal", "ordinal", "interval")]
    [0.743, 0.815, 0.849]
    """
    table = as_ratings(ratings, categories=categories)
    if isinstance(metric, str) and weights is None:
        table = _used_sets(table)
    pairable = table.select_units(table.n_values > 1)
    squared = squared_differences(pairable, metric, weights)
    totals = differences(pairable, squared)
    met: Floats = totals.values @ squared  # what each value meets in the pool
    observed, expected = map(float, _disagreements(totals, met))
    n_units = int((table.n_values > 0).sum())
    counts = {"n_coders": table.codes.shape[0], "n_units": n_units, "n_pairable": pairable.codes.shape[1]}
    if not counts["n_pairable"]:
        return Coefficient("krippendorff_alpha", None, NO_PAIRS, **counts)
    if expected <= 0:
        return Coefficient(
            "krippendorff_alpha", None, NO_VARIATION, **counts, observed=finite(observed), expected=0.0
        )
    return Coefficient(
        "krippendorff_alpha",
        1 - observed / expected,
        **counts,
        observed=observed,
        expected=expected,
        standard_error=_standard_error(pairable, totals, squared, met),
        degrees_of_freedom=counts["n_pairable"] - 1,
    )


def alpha_per_category(
    ratings: Ratings | ArrayLike, *, categories: Sequence[Any] | None = None
) -> dict[Hashable, Coefficient]:
    """Nominal alpha of each category against all the others together."""
    table = as_ratings(ratings, categories=categories)
    result = {}
    for k, category in enumerate(table.categories):
        binary = np.where(table.codes == MISSING, MISSING, table.codes == k).astype(np.int64)
        result[category] = krippendorff_alpha(Ratings(binary, (0, 1), table.coders, table.units))
    return result


def set_alpha(ratings: Ratings | ArrayLike, *, metric: str = "masi", coded_only: bool = False) -> Coefficient:
    """Alpha of sets of codes, for a whole multi-label codebook.

    Two empty sets agree; an empty and a non-empty set disagree fully (MASI, Jaccard). With
    `coded_only`, only units that somebody gave a code: conditional on the outcome, so a companion
    to the alpha of all units and no replacement for it.
    """
    table = as_ratings(ratings)
    if coded_only:
        empty = np.array([category == frozenset() for category in table.categories] + [True])
        table = table.select_units(np.logical_not(empty[table.codes].all(axis=0)))
    return krippendorff_alpha(table, metric=metric)


def squared_differences(ratings: Ratings, metric: Metric, weights: Weights | None = None) -> DistanceTable:
    """The table of d2 for the ratings' categories; the ordinal one depends on their frequencies."""
    q = len(ratings.categories)
    if weights is not None:
        return 1.0 - weight_table(weights, ratings.categories)
    if isinstance(metric, str):
        if metric == "ordinal":
            frequency = np.bincount(ratings.codes[ratings.codes >= 0], minlength=q).astype(np.float64)
            return _ordinal(frequency)
        return distance_table(metric, ratings.categories)
    if isinstance(metric, SetDistances | Unequal):
        return metric
    table = np.asarray(metric, np.float64)
    if table.shape != (q, q) or not np.allclose(table, table.T) or np.diag(table).any():
        raise AgreementError(f"metric: expected a symmetric table of shape ({q}, {q}) with a zero diagonal")
    return table


def differences(ratings: Ratings, table: DistanceTable, groups: Ints | None = None) -> Differences:
    """The sums that alpha needs, over all units or by group 0 ... n_groups-1."""
    q, r = len(ratings.categories), ratings.n_values
    group = np.zeros(len(r), np.int64) if groups is None else groups
    n_groups = int(group.max(initial=0)) + 1
    own = pair_sums(ratings.codes, table) / np.maximum(r - 1, 1)
    coder, unit = np.nonzero((ratings.codes >= 0) & (r > 1))
    within = np.bincount(group, own, minlength=n_groups).astype(np.float64)
    values = _counted(group[unit], ratings.codes[coder, unit], (n_groups, q))
    return Differences(within, values) if groups is not None else Differences(within[0], values[0])


def _counted(row: Ints, column: Ints, shape: tuple[int, int]) -> Floats:
    """How often each cell is named; a sparse array where a full one would be large and empty."""
    if shape[0] > 1 and shape[0] * shape[1] > SPARSE_FROM:
        from scipy.sparse import csr_array

        counted: Floats = csr_array((np.ones(len(row)), (row, column)), shape=shape)
        return counted
    n = shape[0] * shape[1]
    return np.bincount(row * shape[1] + column, minlength=n).reshape(shape).astype(np.float64)


def alpha_values(totals: Differences, table: DistanceTable) -> Floats:
    """Alpha for any leading axes of `totals`; nan where it is undefined."""
    observed, expected = _disagreements(totals, totals.values @ table)
    with np.errstate(divide="ignore", invalid="ignore"):
        values: Floats = np.where(expected > 0, 1 - observed / expected, np.nan)
    return values


def ordinal_alpha_values(totals: Totals) -> Floats:
    """Ordinal alpha for any leading axes; each takes its differences from its own frequencies."""
    table = _ordinal(totals.coincidences.sum(axis=-1))
    within = (totals.coincidences * table).sum(axis=(-1, -2))
    values = totals.coincidences.sum(axis=-1)
    n = values.sum(axis=-1)
    between = np.einsum("...c,...ck,...k->...", values, table, values)
    with np.errstate(divide="ignore", invalid="ignore"):
        alpha: Floats = np.where(between > 0, 1 - (n - 1) * within / between, np.nan)
    return alpha


def nominal_alpha_values(totals: Totals) -> Floats:
    """Nominal alpha for any leading axes of totals."""
    values = totals.coincidences.sum(axis=-1)
    within = values.sum(axis=-1) - np.trace(totals.coincidences, axis1=-2, axis2=-1)
    return alpha_values(Differences(within, values), 1.0 - np.eye(values.shape[-1]))


def coincidences(ratings: Ratings | ArrayLike, *, categories: Sequence[Any] | None = None) -> Floats:
    """Krippendorff's coincidence matrix o_ck, shape (q, q)."""
    return tally(as_ratings(ratings, categories=categories)).coincidences


def _ordinal(frequency: Floats) -> Floats:
    """d2_ck = (sum of n_g for g from c to k, less half of n_c and of n_k)^2: squared gaps of mid-ranks."""
    rank = np.cumsum(frequency, axis=-1) - frequency / 2
    gaps: Floats = np.square(rank[..., :, None] - rank[..., None, :])
    return gaps


def _disagreements(totals: Differences, met: Floats) -> tuple[Floats, Floats]:
    """D_o and D_e; `met` is `values @ table`."""
    n = totals.values.sum(axis=-1)
    between = (met * totals.values).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return totals.within / n, between / (n * (n - 1))


def _used_sets(ratings: Ratings) -> Ratings:
    """Without the sets that nobody used: they cost memory and change nothing."""
    if not all(isinstance(category, frozenset) for category in ratings.categories):
        return ratings
    used = np.unique(ratings.codes[ratings.codes >= 0])
    return as_ratings(ratings, categories=[ratings.categories[k] for k in used])


def _standard_error(ratings: Ratings, totals: Differences, table: DistanceTable, met: Floats) -> float | None:
    """Gwet's linearisation over units with the metric taken as given.

    Like Gwet, it leaves out the small-sample factor (n - 1) / n of D_o / D_e, to the safe side.
    """
    n_units = ratings.codes.shape[1]
    if n_units < 2:
        return None
    r = ratings.n_values
    n = totals.values.sum()
    between = float(met @ totals.values)
    ratio = n * totals.within / between
    own = n * pair_sums(ratings.codes, table) / (r - 1) / between
    pull = own + ratio * r / n - 2 * ratio * value_sums(ratings.codes, met) / between
    return float(np.sqrt(n_units / (n_units - 1) * ((pull - pull.mean()) ** 2).sum()))
