"""Kernel ridge regression for all codes at once, and what it would have said of each interview unseen.

The regression of code values on a kernel has its leave-one-group-out predictions in closed form, so every
statement gets a score from a model that has not seen its interview, without fitting anything again.
Source: Rasmussen & Williams 2006, Gaussian Processes for Machine Learning, 5.4.2, for groups of rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin
from sklearn.metrics.pairwise import pairwise_kernels
from sklearn.utils.validation import check_is_fitted, validate_data

MAX_EXACT_ROWS = 5000  # beyond, so many rows stand for all (Williams & Seeger 2001, Nystroem)
N_LANDMARKS = 2000
_CHUNK = 4096  # rows whose products are added up in double precision

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fit:
    """What is learnt: `kernel(new, anchors) @ dual + mean`."""

    dual: Floats  # (n_anchors, n_codes)
    mean: Floats  # (n_codes,)
    left_out: Floats  # (n_rows, n_codes): each row's score from all other groups; nan where nothing was said


def smoothed_mean(values: Floats) -> Floats:
    """The share of 1 in each column, nan left out, drawn a little towards one half, shape (n_codes,).

    >>> smoothed_mean(np.array([[1.0, 0.0], [1.0, np.nan], [0.0, 0.0]])).round(3).tolist()
    [0.625, 0.167]
    """
    n_said = (~np.isnan(values)).sum(axis=0)
    return np.asarray((np.nansum(values, axis=0) + 0.5) / (n_said + 1.0))


def fit_exact(
    gram: NDArray[np.floating],
    values: Floats,
    groups: NDArray[np.intp],
    penalty: float,
    *,
    mean: Floats | None = None,
    precision: type[np.floating] = np.float64,
) -> Fit:
    """Fit `values` (n_rows, n_codes; nan: not said) on `gram` (n_rows, n_rows), groups of rows left out.

    `mean` (n_codes,) is what an utterance like no other gets; without it, the smoothed share. `precision` is
    that of the inverse.
    """
    mean = smoothed_mean(values) if mean is None else mean
    dual, left_out = np.zeros_like(values), np.full_like(values, np.nan)
    for rows, columns in patterns(values):
        if len(rows) == 0:
            continue
        residual = values[np.ix_(rows, columns)] - mean[columns]
        inverse = inverted(gram[np.ix_(rows, rows)], penalty, precision)
        weights = inverse @ residual
        dual[np.ix_(rows, columns)] = weights
        for members in members_of(groups[rows]):
            block = inverse[np.ix_(members, members)]
            unseen = residual[members] - np.linalg.solve(block, weights[members])
            left_out[np.ix_(rows[members], columns)] = unseen + mean[columns]
    return Fit(dual, mean, left_out)


def fit_landmarks(
    to_landmarks: NDArray[np.floating],
    among_landmarks: NDArray[np.floating],
    values: Floats,
    groups: NDArray[np.intp],
    penalty: float,
) -> Fit:
    """The same where only some rows, the landmarks, carry weight; `to_landmarks` is (n_rows, n_landmarks).

    What has a row for each utterance is kept in single precision, the normal equations in double.
    """
    from scipy.linalg import solve_triangular

    mean = smoothed_mean(values)
    n_landmarks = among_landmarks.shape[0]
    factor = np.linalg.cholesky(among_landmarks.astype(np.float64) + 1e-5 * np.eye(n_landmarks))
    features = solve_triangular(factor.astype(np.float32), to_landmarks.T, lower=True, check_finite=False).T
    dual, left_out = np.zeros((n_landmarks, values.shape[1])), np.full_like(values, np.nan)
    for rows, columns in patterns(values):
        if len(rows) == 0:
            continue
        own = features if len(rows) == len(features) else features[rows]
        residual = values[np.ix_(rows, columns)] - mean[columns]
        squares, pulled = np.zeros((n_landmarks, n_landmarks)), np.zeros((n_landmarks, len(columns)))
        for start in range(0, len(rows), _CHUNK):
            some = slice(start, start + _CHUNK)
            squares += own[some].T @ own[some]
            pulled += own[some].T @ residual[some].astype(np.float32)
        inverse = inverted(squares, penalty)
        weights = inverse @ pulled
        dual[:, columns] = solve_triangular(factor, weights, lower=True, trans="T")
        error = residual - own @ weights.astype(np.float32)
        short = inverse.astype(np.float32)
        for members in members_of(groups[rows]):
            part = own[members]
            leverage = part @ short @ part.T
            unseen = residual[members] - np.linalg.solve(np.eye(len(members)) - leverage, error[members])
            left_out[np.ix_(rows[members], columns)] = unseen + mean[columns]
    return Fit(dual, mean, left_out)


def patterns(values: Floats) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Columns that were said on the same rows: (rows, columns) of each such set."""
    said = ~np.isnan(values)
    if said.all():
        return [(np.arange(len(values)), np.arange(values.shape[1]))]
    sets: dict[bytes, list[int]] = {}
    for column in range(values.shape[1]):
        sets.setdefault(said[:, column].tobytes(), []).append(column)
    return [(np.flatnonzero(said[:, columns[0]]), np.array(columns, np.intp)) for columns in sets.values()]


def members_of(groups: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """The rows of each group."""
    order = np.argsort(groups, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)


def inverted(
    matrix: NDArray[np.floating], penalty: float, precision: type[np.floating] = np.float64
) -> NDArray[np.floating]:
    """The inverse of `matrix` with `penalty` added to its diagonal; `matrix` is positive semidefinite."""
    from scipy.linalg import get_lapack_funcs

    full = np.array(matrix, precision, order="F")
    full[np.diag_indices_from(full)] += penalty
    factorise, invert = get_lapack_funcs(("potrf", "potri"), (full,))
    factor, failed = factorise(full, lower=True, clean=False, overwrite_a=True)
    if failed:  # rounding of a float32 kernel; a pseudo-inverse then
        again = np.array(matrix, np.float64)
        again[np.diag_indices_from(again)] += penalty
        return np.asarray(np.linalg.pinv(again, hermitian=True))
    half, _ = invert(factor, lower=True, overwrite_c=True)
    lower = np.tril(half)
    return np.asarray(lower + np.tril(lower, -1).T)


class GroupedKernelRidge(MultiOutputMixin, RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Kernel ridge regression that knows its predictions for each group of rows left out.

    Parameters: `penalty` (> 0), added to the kernel's diagonal; `kernel`, a name that scikit-learn's
    `pairwise_kernels` knows, or "precomputed"; `gamma` of the kernels that have one.

    >>> X = np.array([[-1.0], [1.0], [-2.0], [2.0]])
    >>> model = GroupedKernelRidge(kernel="linear", penalty=0.01).fit(X, X[:, 0], groups=[0, 0, 1, 1])
    >>> model.left_out_.round(1).tolist()
    [-1.0, 1.0, -2.0, 2.0]
    """

    def __init__(self, penalty: float = 1.0, kernel: str = "rbf", gamma: float | None = None) -> None:
        self.penalty = penalty
        self.kernel = kernel
        self.gamma = gamma

    def fit(self, X: ArrayLike, y: ArrayLike, groups: ArrayLike | None = None) -> Self:  # noqa: N803
        """Learn `y` of shape (n,) or (n, n_outputs) from X of shape (n, n_features); without `groups`
        each row is its own.
        """
        checked: tuple[Floats, Floats] = validate_data(
            self, X, y, multi_output=True, y_numeric=True, dtype=np.float64
        )
        features, target = checked
        table = target.reshape(len(target), -1).astype(np.float64)
        which = (
            np.arange(len(table)) if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1]
        )
        gram = self._gram(features, features)
        fitted = fit_exact(gram, table, which, self.penalty, mean=table.mean(axis=0))
        shape = (-1,) if target.ndim == 1 else table.shape
        self.X_fit_ = features
        self.dual_coef_ = fitted.dual
        self.intercept_ = fitted.mean
        self.left_out_ = fitted.left_out.reshape(shape)
        self._is_flat = target.ndim == 1
        return self

    def predict(self, X: ArrayLike) -> Floats:  # noqa: N803
        """Values of shape (n,) or (n, n_outputs)."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=np.float64)  # noqa: N806
        found = self._gram(X, self.X_fit_) @ self.dual_coef_ + self.intercept_
        return np.asarray(found[:, 0] if self._is_flat else found)

    def _gram(self, a: Any, b: Any) -> Any:
        if self.kernel == "precomputed":
            return a
        return pairwise_kernels(a, b, metric=self.kernel, filter_params=True, gamma=self.gamma)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.pairwise = self.kernel == "precomputed"
        return tags
