"""Probabilities that are too sure, set right by what was left out."""

from __future__ import annotations

import doctest

import numpy as np
import pytest

import autocode.learn.calibration
from autocode.learn.blend import sigmoid
from autocode.learn.calibration import fit_calibration

N, N_CODES = 3000, 4
FOLDS = np.arange(N) % 5


def drawn(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """True log-odds of rare and frequent codes, and what applies."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(N, N_CODES)) * 2 - np.array([0, 1, 3, 4])
    return truth, (rng.random((N, N_CODES)) < sigmoid(truth)).astype(float)


@pytest.mark.parametrize(("steep", "shift"), [(1.6, 0.0), (0.6, 0.5)])
def test_what_is_too_sure_or_not_sure_enough_is_set_right(steep: float, shift: float) -> None:
    truth, values = drawn()
    said = sigmoid(steep * truth + shift)
    found = fit_calibration(said, values, FOLDS, tied=sigmoid)
    assert found is not None
    calibration, left_out = found
    other, _ = drawn(1)
    after = sigmoid(calibration(sigmoid(steep * other + shift)))
    for probabilities, true in ((left_out, truth), (after, other)):
        assert np.abs(probabilities - sigmoid(true)).mean() < 0.01
    assert np.abs(said - sigmoid(truth)).mean() > 0.03
    order = np.sort(said, axis=None)
    assert (np.diff(calibration(order)) >= 0).all()


def test_the_two_ends_may_differ() -> None:
    truth, values = drawn()
    wrong = np.where(truth > 0, 2.0 * truth, truth)  # too sure of what is likely only
    found = fit_calibration(sigmoid(wrong), values, FOLDS, tied=sigmoid)
    assert found is not None
    assert found[0].likely < 0.7 < 0.9 < found[0].unlikely


def test_what_is_right_or_hardly_known_stays() -> None:
    truth, values = drawn()
    right = fit_calibration(sigmoid(truth), values, FOLDS, tied=sigmoid)
    if right is not None:
        np.testing.assert_allclose(sigmoid(right[0](sigmoid(truth))), sigmoid(truth), atol=0.02)
    assert fit_calibration(sigmoid(truth)[:90], values[:90], FOLDS[:90], tied=sigmoid) is None
    assert fit_calibration(sigmoid(truth), values, np.zeros(N, np.intp), tied=sigmoid) is None


def test_what_was_not_said_is_left_out_and_certainty_bears_it() -> None:
    truth, values = drawn()
    holes = np.where(np.random.default_rng(2).random(values.shape) < 0.3, np.nan, values)
    said = sigmoid(1.6 * truth)
    found = fit_calibration(said, holes, FOLDS, tied=sigmoid)
    assert found is not None
    assert np.abs(sigmoid(found[0](said)) - sigmoid(truth)).mean() < 0.01
    assert np.isfinite(found[0](np.array([0.0, 1.0]))).all()


def test_the_examples_of_the_documentation_are_right() -> None:
    assert doctest.testmod(autocode.learn.calibration).failed == 0
