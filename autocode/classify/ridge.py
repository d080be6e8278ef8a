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
    kernel = features @ features.T
    gram = np.asarray(kernel.todense() if hasattr(kernel, "todense") else kernel, np.float64)
    gram += intercept_scale**2
    said = ~np.isnan(table)
    hat = gram @ np.linalg.inv(gram + penalty * np.eye(len(gram)))
    filled = np.where(said, table, 0.0)
    for _ in range(5 if not said.all() else 1):
        predicted = hat @ filled
        filled = np.where(said, table, predicted)
    leverage = np.diag(hat)[:, None]
    left_out = (hat @ filled - leverage * filled) / (1.0 - leverage)
    dual = np.linalg.solve(gram + penalty * np.eye(len(gram)), filled)
    weights = np.asarray(features.T @ dual)
    return Ridge(weights, intercept_scale**2 * dual.sum(axis=0), left_out)
