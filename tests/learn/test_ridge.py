"""The regression: scikit-learn's contract, and left-out scores that equal fitting again without the group."""

from __future__ import annotations

import doctest
from typing import Any

import numpy as np
import pytest
from sklearn.kernel_ridge import KernelRidge
from sklearn.utils.estimator_checks import parametrize_with_checks

import autocode.learn.folds
import autocode.learn.ridge
from autocode.learn.ridge import GroupedKernelRidge, fit_exact, fit_landmarks, smoothed_mean


@parametrize_with_checks([GroupedKernelRidge(), GroupedKernelRidge(kernel="linear", penalty=0.1)])
def test_scikit_learns_contract(estimator: Any, check: Any) -> None:
    check(estimator)


@pytest.mark.parametrize("module", [autocode.learn.ridge, autocode.learn.folds])
def test_examples(module: Any) -> None:
    assert doctest.testmod(module).failed == 0


def made_up(n: int = 60, n_codes: int = 4, *, seed: int = 0) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, 8))
    values = (features[:, :n_codes] + rng.normal(size=(n, n_codes)) > 0.5).astype(float)
    return np.exp(-((features[:, None] - features) ** 2).sum(-1) / 8), values, np.arange(n) // 6


@pytest.mark.parametrize("hole", [0.0, 0.3])
def test_left_out_scores_are_those_of_fitting_again(hole: float) -> None:
    gram, values, groups = made_up()
    values[np.random.default_rng(1).random(values.shape) < hole] = np.nan
    fit = fit_exact(gram, values, groups, 0.7)
    mean = smoothed_mean(values)
    for group in range(3):
        for column in range(values.shape[1]):
            there = ~np.isnan(values[:, column])
            train, test = there & (groups != group), there & (groups == group)
            again = KernelRidge(alpha=0.7, kernel="precomputed")
            again.fit(gram[np.ix_(train, train)], values[train, column] - mean[column])
            expected = again.predict(gram[np.ix_(test, train)]) + mean[column]
            np.testing.assert_allclose(fit.left_out[test, column], expected, atol=1e-9)
    assert np.isnan(fit.left_out).sum() == np.isnan(values).sum()


@pytest.mark.parametrize("hole", [0.0, 0.3])
def test_all_rows_as_landmarks_are_the_exact_fit(hole: float) -> None:
    gram, values, groups = made_up()
    if hole:
        values[:20, 1] = np.nan
    exact = fit_exact(gram, values, groups, 0.7)
    same = fit_landmarks(gram, gram, values, groups, 0.7)
    np.testing.assert_allclose(gram @ same.dual, gram @ exact.dual, atol=1e-4)
    np.testing.assert_allclose(same.left_out, exact.left_out, atol=1e-4)


def test_a_code_on_which_nobody_has_said_anything_stays_at_its_mean() -> None:
    gram, values, groups = made_up()
    values[:, 2] = np.nan
    fit = fit_exact(gram, values, groups, 0.7)
    assert (fit.dual[:, 2] == 0).all()
    assert fit.mean[2] == 0.5
