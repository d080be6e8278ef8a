"""What a fine-tuned encoder says of each code, weighed against all else that is known of an utterance.

It comes after all other looks, so that what they make of the other signals does not depend on it: one
logistic regression over all codes, with shared weights from which each code may deviate (see `blend`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autocode.learn.blend import fit_weights, weighed
from autocode.learn.folds import cross_fitted

START = np.array([[0.6, 0.0], [0.5, 0.0], [0.0, 0.0]])  # of what was known, of the encoder, and constant

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FourthLook:
    """`weights . (log-odds before, the encoder's, 1)` for each code."""

    weights: Floats  # (n_codes, 3)
    mean: Floats  # (n_codes,) of the encoder's log-odds

    def __call__(self, log_odds: Floats, tuned: NDArray[np.float32]) -> Floats:
        """Log-odds after this look, from those before and the encoder's, (n, n_codes) each."""
        return weighed(self.weights, _inputs(log_odds, tuned, self.mean), 0.0)

    def of(self, columns: Sequence[int]) -> FourthLook:
        """Of some codes by themselves."""
        return FourthLook(self.weights[list(columns)], self.mean[list(columns)])


def fit_fourth(
    log_odds: Floats, tuned: NDArray[np.float32], values: Floats, folds: NDArray[np.intp]
) -> tuple[FourthLook, Floats]:
    """Weigh log-odds before and a fine-tuned encoder's, (n, n_codes) each, both left out; with the new ones.

    These are by what other `folds` (n,) teach. `values` (n, n_codes) say what applies (nan: not said).
    """

    def look(rows: NDArray[np.intp]) -> FourthLook:
        mean = tuned[rows].mean(axis=0, dtype=np.float64)
        inputs = _inputs(log_odds[rows], tuned[rows], mean)
        return FourthLook(fit_weights(inputs, 0.0, values[rows], START), mean)

    again = cross_fitted(lambda known, asked: look(known)(log_odds[asked], tuned[asked]), folds)
    return look(np.arange(len(values))), again


def _inputs(log_odds: Floats, tuned: NDArray[np.float32], mean: Floats) -> tuple[Floats, Floats]:
    return log_odds, (tuned - mean) / 2.0
