"""What the probabilities of all codes, taken together, tell of each one.

Until here every code grows likelier with what speaks for it, whatever else applies. But some codes exclude
each other, and some hardly come alone. So one kernel ridge regression learns each code from the
probabilities of all, and is weighed against what was known before (stacked generalisation: Wolpert 1992).
Utterances are alike by the Hellinger distance of their probabilities, to which codes that are rare in both
add little.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics.pairwise import rbf_kernel

from autocode.learn.blend import fit_weights, weighed
from autocode.learn.folds import cross_fitted
from autocode.learn.judging import can_judge, loss
from autocode.learn.ridge import fit_landmarks
from autocode.learn.stack import LEAST_POSITIVES

N_LANDMARKS = 1000  # utterances that carry weight
PENALTY = 3.0  # on the kernel's diagonal
LEAST, MOST = 0.02, 0.98  # of the regression's scores, taken as probabilities
START = np.array([[0.7, 0.0], [0.4, 0.0], [0.0, 0.0]])  # of what was known, of this, and constant
OWN_PENALTY = 3000.0  # so that all codes are weighed nearly alike: more would be noise
_CHUNK = 4096

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ThirdLook:
    """`base + weights . (log-odds before - base, what all probabilities tell, 1)` for each code.

    `base` are the log-odds of each code's share.
    """

    anchors: NDArray[np.float32]  # (n_anchors, 2 * n_codes), see `_points`
    dual: NDArray[np.float32]  # (n_anchors, n_codes)
    mean: Floats  # (n_codes,)
    weights: Floats  # (n_codes, 3)

    def told(self, probabilities: Floats) -> Floats:
        """What probabilities before, (n, n_codes), tell: log-odds above those of each code's share."""
        found = np.zeros((len(probabilities), len(self.mean)))
        for start in range(0, len(probabilities), _CHUNK):
            rows = slice(start, start + _CHUNK)
            alike = rbf_kernel(_points(probabilities[rows]), self.anchors, gamma=1.0)
            found[rows] = _above(alike @ self.dual + self.mean, self.mean)
        return found

    def __call__(self, log_odds: Floats, told: Floats) -> Floats:
        """Log-odds after this look, from those before and what was `told`, (n, n_codes) each."""
        return _weighed(self.weights, log_odds, told, self.mean)

    def of(self, columns: Sequence[int]) -> ThirdLook:
        """Of some codes by themselves, to weigh what was `told` of them; to tell it takes all."""
        rows = list(columns)
        return ThirdLook(self.anchors, self.dual[:, rows], self.mean[rows], self.weights[rows])


def fit_third(
    log_odds: Floats,
    values: Floats,
    groups: NDArray[np.intp],
    folds: NDArray[np.intp],
    *,
    tied: Callable[[Floats], Floats],
    seed: int,
) -> tuple[ThirdLook, Floats] | None:
    """Learn from `values` (n, n_codes; nan: not said); with it the labelled units' log-odds, left out.

    `log_odds` (n, n_codes) are those before, left out, and `tied` makes probabilities of them. Scores are
    left out by `groups` (n,), weights by `folds` (n,) of them. None where labels are few, or what was left
    out is not judged better.
    """
    if not can_judge(values, folds):
        return None
    before = tied(log_odds)
    filled = np.where(np.isnan(values), before, values)  # so that one inverse serves all codes
    points = _points(before)
    shuffled = np.random.default_rng(seed).permutation(len(points))
    anchors = points[np.sort(shuffled[:N_LANDMARKS])]
    fit = fit_landmarks(
        rbf_kernel(points, anchors, gamma=1.0), rbf_kernel(anchors, gamma=1.0), filled, groups, PENALTY
    )
    told, base = _above(fit.left_out, fit.mean), np.log(fit.mean / (1.0 - fit.mean))

    def weights_from(rows: NDArray[np.intp]) -> Floats:
        inputs = (log_odds[rows] - base, told[rows])
        weights = fit_weights(inputs, base, values[rows], START, own_penalty=OWN_PENALTY)
        weights[:, 0] = np.minimum(weights[:, 0], 1.0)  # what was known is to be no surer by itself
        weights[np.nansum(values[rows], axis=0) < LEAST_POSITIVES] = (1.0, 0.0, 0.0)
        return weights

    def seen_again(known: NDArray[np.intp], asked: NDArray[np.intp]) -> Floats:
        return _weighed(weights_from(known), log_odds[asked], told[asked], fit.mean)

    again = cross_fitted(seen_again, folds)
    if loss(tied(again), values) >= loss(before, values):
        return None
    dual = fit.dual.astype(np.float32)
    return ThirdLook(anchors, dual, fit.mean, weights_from(np.arange(len(values)))), again


def _weighed(weights: Floats, log_odds: Floats, told: Floats, mean: Floats) -> Floats:
    base = np.log(mean / (1.0 - mean))
    return weighed(weights, (log_odds - base, told), base)


def _points(probabilities: Floats) -> NDArray[np.float32]:
    """Of probabilities (n, n_codes), points (n, 2 * n_codes); distances are Hellinger's but for a factor.

    >>> a, b = _points(np.array([[0.0, 0.5], [1.0, 0.5]]))
    >>> round(float(((a - b) ** 2).sum()), 3)
    2.0
    """
    both = np.concatenate([probabilities, 1.0 - probabilities], axis=1)
    return np.asarray(np.sqrt(np.clip(both, 0.0, 1.0)), np.float32)


def _above(scores: NDArray[np.floating], mean: Floats) -> Floats:
    """Scores (n, n_codes) as log-odds, above those of the mean (n_codes,)."""
    p, share = np.clip(scores, LEAST, MOST), np.clip(mean, LEAST, MOST)
    return np.asarray(np.log(p / (1.0 - p)) - np.log(share / (1.0 - share)))
