"""Many small problems at once: each as low as one optimiser for it alone gets, whatever stands beside it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit

from autocode.learn.columns import minimize_columns

N, N_DIMS = 200, 12


def regressions(n_columns: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Predictors (n, n_dims) of very different sizes, and answers (n, n_columns) between 0 and 1."""
    rng = np.random.default_rng(seed)
    predictors = rng.normal(size=(N, N_DIMS)) * np.geomspace(0.1, 10, N_DIMS)
    return predictors, (rng.random((N, n_columns)) < rng.random(n_columns)).astype(float)


def logistic(predictors: np.ndarray, answers: np.ndarray, penalty: float):
    """Loss of each column, and its slopes."""

    def function(at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        logit = predictors @ at
        cost = (np.logaddexp(0, logit) - answers * logit).sum(axis=0) + penalty * (at**2).sum(axis=0)
        return cost, predictors.T @ (expit(logit) - answers) + 2 * penalty * at

    return function


def test_each_column_gets_as_low_as_scipy_gets_with_it_alone() -> None:
    predictors, answers = regressions(7)
    function = logistic(predictors, answers, 0.5)
    found = minimize_columns(function, np.zeros((N_DIMS, 7)), evaluations=250)
    for column in range(7):
        alone = logistic(predictors, answers[:, [column]], 0.5)

        def flat(at: np.ndarray, alone=alone) -> tuple[float, np.ndarray]:
            cost, slope = alone(at[:, None])
            return float(cost[0]), slope[:, 0]

        best = minimize(flat, np.zeros(N_DIMS), jac=True, method="L-BFGS-B", options={"ftol": 1e-14})
        assert function(found)[0][column] == pytest.approx(best.fun, rel=1e-7)
        np.testing.assert_allclose(found[:, column], best.x, atol=1e-3)


def test_what_stands_beside_a_column_changes_nothing() -> None:
    predictors, answers = regressions(4)
    other = answers.copy()
    other[:, 1:] = 1 - other[:, 1:]
    start = np.zeros((N_DIMS, 4))
    one = minimize_columns(logistic(predictors, answers, 2.0), start, evaluations=9)
    two = minimize_columns(logistic(predictors, other, 2.0), start, evaluations=9)
    np.testing.assert_array_equal(one[:, 0], two[:, 0])
    assert not np.array_equal(one[:, 1], two[:, 1])


def test_a_step_that_leads_up_is_halved_and_the_start_is_kept() -> None:
    def steep(at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.cosh(20 * at).sum(axis=0), 20 * np.sinh(20 * at)

    start = np.array([[0.4, 0.0]])
    found = minimize_columns(steep, start, evaluations=60)
    np.testing.assert_allclose(found, 0, atol=1e-6)
    np.testing.assert_array_equal(start, [[0.4, 0.0]])
    np.testing.assert_array_equal(minimize_columns(steep, start, evaluations=1), start)


@pytest.mark.parametrize("evaluations", [2, 5, 12])
def test_it_never_ends_higher_than_it_began(evaluations: int) -> None:
    function = logistic(*regressions(5, seed=evaluations), 0.01)
    start = np.random.default_rng(evaluations).normal(0, 5, (N_DIMS, 5))
    found = minimize_columns(function, start, evaluations=evaluations)
    assert (function(found)[0] <= function(start)[0]).all()
