"""Ridge regression in closed form, all codes at once, with its leave-one-out predictions.

Source: Hastie, Tibshirani & Friedman 2009, The Elements of Statistical Learning, 7.10 and 12.3.7.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Ridge:
    """Weights of shape (n_features, n_codes), an intercept, and what was learnt on the way."""

    weights: NDArray[np.float64]
    intercept: NDArray[np.float64]  # (n_codes,)
    left_out: NDArray[np.float64]  # (n_rows, n_codes): each row predicted from all the others

    def predict(self, features: Any) -> NDArray[np.float64]:
        """Scores of shape (n, n_codes) for `features` of shape (n, n_features), dense or sparse."""
        return np.asarray(features @ self.weights) + self.intercept


def fit_ridge(
    features: Any, table: NDArray[np.float64], penalty: float, *, intercept_scale: float = 0.3
) -> Ridge:
    """Fit `table` (n_rows, n_codes; nan: not said) on `features` (n_rows, n_features), dense or sparse.

    Works in the space of rows (a codebook has fewer lines than words). The intercept is a
    lightly penalised constant feature. An entry that is not said takes the value that the
    others predict for it, which gives it no pull on that code.
    """
    gram = _gram(features)
    gram += intercept_scale**2
    gram[np.diag_indices_from(gram)] += penalty
    inverse = _Inverse(gram)
    said = ~np.isnan(table)
    filled = np.where(said, table, 0.0)
    for _ in range(5 if not said.all() else 0):
        filled = np.where(said, table, filled - penalty * (inverse @ filled))  # the fitted values
    dual = inverse @ filled
    left_out = filled - dual / inverse.diagonal[:, None]
    return Ridge(np.asarray(features.T @ dual), intercept_scale**2 * dual.sum(axis=0), left_out)


def _gram(features: Any) -> NDArray[np.float64]:
    """Inner products of all rows, column-major, with as few copies as can be."""
    kernel = features @ features.T
    if hasattr(kernel, "toarray"):
        return np.asarray(kernel.toarray(order="F"), np.float64)
    return np.asarray(kernel, np.float64).T  # symmetric: its transpose is the same, and column-major


class _Inverse:
    """The inverse of a positive definite matrix (column-major; overwritten), by its Cholesky factor."""

    def __init__(self, matrix: NDArray[np.float64]) -> None:
        from scipy.linalg import lapack

        factor, _ = lapack.dpotrf(matrix, lower=True, clean=False, overwrite_a=True)
        self._lower, _ = lapack.dpotri(factor, lower=True, overwrite_c=True)
        self.diagonal = np.diag(self._lower)

    def __matmul__(self, right: NDArray[np.float64]) -> NDArray[np.float64]:
        from scipy.linalg import blas

        return np.asarray(blas.dsymm(1.0, self._lower, right, lower=True))
