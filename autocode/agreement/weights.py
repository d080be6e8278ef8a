"""How much two different categories agree: the weight tables of the kappa family (Gwet 2014, ch. 3).

Each table has shape (q, q), 1 on its diagonal, and is symmetric. Categories that are numbers are
used as they are; others count as 1, 2, 3 ... in the order in which they were offered.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from autocode.agreement.coefficient import Floats
from autocode.config import suggest
from autocode.errors import AgreementError

Weights = str | ArrayLike


def weight_table(weights: Weights, categories: Sequence[Hashable]) -> Floats:
    """The agreement weights of `categories`, by name (see `WEIGHTS`) or as a table of one's own.

    >>> weight_table("linear", [1, 2, 3]).tolist()
    [[1.0, 0.5, 0.0], [0.5, 1.0, 0.5], [0.0, 0.5, 1.0]]
    """
    q = len(categories)
    if isinstance(weights, str):
        if weights not in WEIGHTS:
            raise AgreementError(f"there are no weights '{weights}'{suggest(weights, list(WEIGHTS))}")
        return WEIGHTS[weights](scale_values(categories)) if q > 1 else np.ones((q, q))
    table = np.asarray(weights, np.float64)
    if table.shape != (q, q) or not np.allclose(table, table.T) or not np.isfinite(table).all():
        raise AgreementError(f"weights: expected a symmetric table of shape ({q}, {q}), found {table.shape}")
    return table


def weights_from_distances(distances: ArrayLike) -> Floats:
    """Agreement weights 1 - d / max d from a table of disagreement weights (Cohen 1968)."""
    table = np.asarray(distances, np.float64)
    weights: Floats = 1.0 - table / (table.max() or 1.0)
    return weights


def scale_values(categories: Sequence[Hashable]) -> Floats:
    """The numbers that categories stand for: themselves, or else their ranks 1, 2, 3 ..."""
    if all(isinstance(category, (int, float)) for category in categories):
        return np.array(categories, np.float64)
    return np.arange(1.0, len(categories) + 1)


def _identity(x: Floats) -> Floats:
    return np.eye(len(x))


def _linear(x: Floats) -> Floats:
    return weights_from_distances(np.abs(x[:, None] - x))


def _quadratic(x: Floats) -> Floats:
    return weights_from_distances(np.square(x[:, None] - x))


def _radical(x: Floats) -> Floats:
    return weights_from_distances(np.sqrt(np.abs(x[:, None] - x)))


def _ordinal(x: Floats) -> Floats:
    rank = np.argsort(np.argsort(x))
    steps = np.abs(rank[:, None] - rank)
    return weights_from_distances(steps * (steps + 1) / 2)  # pairs of categories from one to the other


def _ratio(x: Floats) -> Floats:
    ends = (x.max() - x.min()) / (x.max() + x.min()) if x.max() + x.min() else np.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        distances = np.square((x[:, None] - x) / (x[:, None] + x)) / ends**2
    return 1.0 - _checked(distances, "ratio")


def _circular(x: Floats) -> Floats:
    return weights_from_distances(np.square(np.sin(np.pi * (x[:, None] - x) / (x.max() - x.min() + 1))))


def _bipolar(x: Floats) -> Floats:
    total = x[:, None] + x
    with np.errstate(divide="ignore", invalid="ignore"):
        distances = np.square(x[:, None] - x) / ((total - 2 * x.min()) * (2 * x.max() - total))
    return weights_from_distances(_checked(distances, "bipolar"))


def _checked(distances: Floats, name: str) -> Floats:
    """Distances with a zero diagonal, all finite."""
    np.fill_diagonal(distances, 0.0)
    if not np.isfinite(distances).all():
        raise AgreementError(f"'{name}' cannot compare these categories: two of them sum to zero")
    return distances


WEIGHTS: dict[str, Callable[[Floats], Floats]] = {
    "identity": _identity,
    "nominal": _identity,
    "linear": _linear,
    "quadratic": _quadratic,
    "interval": _quadratic,  # the name of the same differences in Krippendorff's alpha
    "ordinal": _ordinal,
    "radical": _radical,
    "ratio": _ratio,
    "circular": _circular,
    "bipolar": _bipolar,
}
