"""Probabilities set right in the end: what was said to be likely is to come true as often.

Beta calibration (Kull, Silva Filho & Flach 2017): log-odds may be too sure of what is likely and not sure
enough of what is unlikely, or the other way round. Three numbers for all codes together, so that rare ones
are set right by what the others show; they are held where nothing changes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autocode.learn.blend import sigmoid
from autocode.learn.folds import cross_fitted
from autocode.learn.judging import can_judge, loss

PENALTY = 10.0  # on squared distances from no change
LEAST_SLOPE = 0.1
LEAST = 1e-9  # of a probability, and of what is left of it to 1

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Log-odds are `likely * -log(1 - p) + unlikely * log(p) + constant`; 1, 1 and 0 change nothing."""

    likely: float
    unlikely: float
    constant: float

    def __call__(self, probabilities: Floats) -> Floats:
        """Log-odds of probabilities of any shape.

        >>> Calibration(1.0, 1.0, 0.0)(np.array([0.5])).round(6).tolist()
        [0.0]
        """
        p = np.clip(probabilities, LEAST, 1.0 - LEAST)
        return np.asarray(self.constant + self.unlikely * np.log(p) - self.likely * np.log1p(-p))


def fit_calibration(
    probabilities: Floats,
    values: Floats,
    folds: NDArray[np.intp],
    *,
    tied: Callable[[Floats], Floats],
) -> tuple[Calibration, Floats] | None:
    """Learn from left-out `probabilities` of `values`, (n, n_codes; nan: not said); with the new ones.

    These are by what other `folds` (n,) teach; `tied` makes probabilities of log-odds. None where labels are
    few, or the probabilities of what was left out get no better.
    """
    if not can_judge(values, folds):
        return None

    def set_right(known: NDArray[np.intp], asked: NDArray[np.intp]) -> Floats:
        return _fit(probabilities[known], values[known])(probabilities[asked])

    again = tied(cross_fitted(set_right, folds))
    if loss(again, values) >= loss(probabilities, values):
        return None
    return _fit(probabilities, values), again


def _fit(probabilities: Floats, values: Floats) -> Calibration:
    from scipy.optimize import minimize

    said = ~np.isnan(values)
    p, y = np.clip(probabilities[said], LEAST, 1.0 - LEAST), values[said]
    inputs = np.column_stack([-np.log1p(-p), np.log(p), np.ones(len(p))])
    nothing = np.array([1.0, 1.0, 0.0])

    def cost(w: Floats) -> tuple[float, Floats]:
        logit, away = inputs @ w, w - nothing
        total = (np.logaddexp(0.0, logit) - y * logit).sum() + PENALTY * (away**2).sum()
        return float(total), inputs.T @ (sigmoid(logit) - y) + 2.0 * PENALTY * away

    bounds = [(LEAST_SLOPE, None), (LEAST_SLOPE, None), (None, None)]
    found = minimize(cost, nothing, jac=True, method="L-BFGS-B", bounds=bounds).x
    return Calibration(*found.tolist())
