"""Ridge regression against its definition, and against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import Ridge as ReferenceRidge

from autocode.classify.ridge import fit_ridge


@pytest.fixture
def rows() -> np.ndarray:
    return np.random.default_rng(1).normal(size=(30, 8))


@pytest.fixture
def table() -> np.ndarray:
    return (np.random.default_rng(2).random((30, 3)) < 0.4).astype(float)


def with_constant(rows: np.ndarray) -> np.ndarray:
    return np.column_stack([rows, np.full(len(rows), 0.3)])


def test_equals_scikit_learn(rows: np.ndarray, table: np.ndarray) -> None:
    reference = ReferenceRidge(alpha=2.0, fit_intercept=False).fit(with_constant(rows), table)
    ours = fit_ridge(rows, table, 2.0)
    np.testing.assert_allclose(ours.predict(rows), reference.predict(with_constant(rows)), atol=1e-10)


def test_sparse_equals_dense(rows: np.ndarray, table: np.ndarray) -> None:
    dense, thin = fit_ridge(rows, table, 1.0), fit_ridge(sparse.csr_matrix(rows), table, 1.0)
    np.testing.assert_allclose(thin.weights, dense.weights, atol=1e-10)
    np.testing.assert_allclose(thin.predict(sparse.csr_matrix(rows)), dense.predict(rows), atol=1e-10)


def test_left_out_rows_are_predicted_by_a_model_that_has_not_seen_them(
    rows: np.ndarray, table: np.ndarray
) -> None:
    left_out = fit_ridge(rows, table, 1.5).left_out
    for row in range(len(rows)):
        others = np.arange(len(rows)) != row
        without = fit_ridge(rows[others], table[others], 1.5)
        np.testing.assert_allclose(left_out[row], without.predict(rows[row : row + 1])[0], atol=1e-9)


def test_what_is_not_said_has_hardly_any_pull(rows: np.ndarray, table: np.ndarray) -> None:
    partial = table.copy()
    partial[0, 1] = np.nan
    without = fit_ridge(rows[1:], table[1:], 1.0).weights[:, 1]
    as_zero = np.where(np.isnan(partial), 1.0 - table, partial)
    apart = np.abs(fit_ridge(rows, partial, 1.0).weights[:, 1] - without).max()
    assert apart < 0.1 * np.abs(fit_ridge(rows, as_zero, 1.0).weights[:, 1] - without).max()
