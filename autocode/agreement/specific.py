"""Agreement on one category at a time, and what prevalence and bias do to kappa.

For a code in two coders' hands, with a both yes, b and c split, d both no: p_pos = 2a / (2a + b + c),
p_neg = 2d / (2d + b + c) (Cicchetti & Feinstein 1990). More coders: pairs of values take the place of
units, sum_i r_ik (r_ik - 1) / sum_i r_ik (r_i - 1).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autocode.agreement.coefficient import NO_PAIRS, Coefficient, Floats, finite
from autocode.agreement.counts import Totals, tally
from autocode.agreement.tables import MISSING, Ratings, as_ratings
from autocode.errors import AgreementError


def category_agreement(
    ratings: Ratings | ArrayLike, *, categories: Sequence[Any] | None = None
) -> dict[Hashable, Coefficient]:
    """Specific agreement of each category; undefined where nobody used it in a pairable unit.

    Artstein & Poesio (2008), table 1:

    >>> a, b = [1] * 30 + [2] * 70, [1] * 20 + [2] * 10 + [1] * 20 + [2] * 50
    >>> {k: round(c.value, 3) for k, c in category_agreement([a, b]).items()}
    {1: 0.571, 2: 0.769}
    """
    table = as_ratings(ratings, categories=categories)
    totals = tally(table)
    result = {}
    for category, value in zip(table.categories, specific_values(totals), strict=True):
        reason = None if np.isfinite(value) else f"no pair of coders used the category {category!r}"
        if totals.n_pairable == 0:
            reason = NO_PAIRS
        result[category] = _record("category_agreement", finite(value), reason, table)
    return result


def positive_agreement(
    ratings: Ratings | ArrayLike, *, positive: Any = None, categories: Sequence[Any] | None = None
) -> Coefficient:
    """p_pos, the specific agreement of the value `positive`; F1 between two coders.

    Left out, `positive` is 1 where 1 is among the values, else the last category.

    >>> round(positive_agreement([[1] * 49 + [0] * 51, [1] * 40 + [0] * 9 + [1] * 6 + [0] * 45]).value, 4)
    0.8421
    """
    return _one_side("positive_agreement", ratings, positive, categories, side=1)


def negative_agreement(
    ratings: Ratings | ArrayLike, *, positive: Any = None, categories: Sequence[Any] | None = None
) -> Coefficient:
    """p_neg, the specific agreement of every value that is not `positive`."""
    return _one_side("negative_agreement", ratings, positive, categories, side=0)


def prevalence_index(
    ratings: Ratings | ArrayLike, *, positive: Any = None, categories: Sequence[Any] | None = None
) -> Coefficient:
    """(a - d) / n of two coders (Byrt et al. 1993): 1 where all is yes, -1 where all is no.

    >>> prevalence_index([[1] * 90 + [0] * 10, [1] * 80 + [0] * 10 + [1] * 5 + [0] * 5]).value
    0.75
    """
    yes, pairable = _two_coders("prevalence_index", ratings, positive, categories)
    return _share("prevalence_index", yes.sum(axis=0) - 1, pairable)


def bias_index(
    ratings: Ratings | ArrayLike, *, positive: Any = None, categories: Sequence[Any] | None = None
) -> Coefficient:
    """(b - c) / n of two coders: how much more often the first one says yes (Byrt et al. 1993)."""
    yes, pairable = _two_coders("bias_index", ratings, positive, categories)
    return _share("bias_index", yes[0] - yes[1], pairable)


def specific_values(totals: Totals) -> Floats:
    """Specific agreement for any leading axes of `totals`, shape (..., q); nan where undefined."""
    with np.errstate(divide="ignore", invalid="ignore"):
        values: Floats = np.diagonal(totals.pairs, axis1=-2, axis2=-1) / totals.pairs.sum(axis=-1)
    return values


def used(totals: Totals, side: int) -> NDArray[np.bool_]:
    """Where a pair of coders used category `side`: elsewhere nothing is known of agreement on it."""
    there: NDArray[np.bool_] = totals.pairs[..., side, :].sum(axis=-1) > 0
    return there


def as_yes_no(ratings: Ratings | ArrayLike, positive: Any, categories: Sequence[Any] | None) -> Ratings:
    """The ratings with 1 for `positive` and 0 for every other value."""
    table = as_ratings(ratings, categories=categories)
    if positive is None:
        positive = 1 if 1 in table.categories else (table.categories or (1,))[-1]
    elif positive not in table.categories:
        raise AgreementError(f"the value {positive!r} is not among the categories offered")
    index = table.categories.index(positive) if positive in table.categories else len(table.categories)
    binary = np.where(table.codes == MISSING, MISSING, table.codes == index).astype(np.int64)
    return Ratings(binary, (0, 1), table.coders, table.units)


def _one_side(
    name: str, ratings: Ratings | ArrayLike, positive: Any, categories: Sequence[Any] | None, *, side: int
) -> Coefficient:
    table = as_yes_no(ratings, positive, categories)
    result = category_agreement(table)[side]
    return _record(name, result.value, result.undefined_because, table)


def _two_coders(
    name: str, ratings: Ratings | ArrayLike, positive: Any, categories: Sequence[Any] | None
) -> tuple[Floats, Ratings]:
    table = as_yes_no(ratings, positive, categories)
    if table.codes.shape[0] != 2:
        raise AgreementError(f"{name} compares two coders, found {table.codes.shape[0]}")
    pairable = table.select_units(table.n_values == 2)
    return pairable.codes.astype(np.float64), pairable


def _share(name: str, score: Floats, table: Ratings) -> Coefficient:
    if not score.size:
        return _record(name, None, NO_PAIRS, table)
    return _record(name, float(score.mean()), None, table)


def _record(name: str, value: float | None, reason: str | None, table: Ratings) -> Coefficient:
    return Coefficient(
        name,
        value if reason is None else None,
        reason,
        n_coders=table.codes.shape[0],
        n_units=int((table.n_values > 0).sum()),
        n_pairable=int((table.n_values > 1).sum()),
    )
