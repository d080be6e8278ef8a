"""How good left-out scores and probabilities are, by which it is chosen how to learn and what to keep."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LEAST_UNITS = 100  # coded utterances, with fewer of which nothing is kept that has to be judged

Floats = NDArray[np.float64]


def can_judge(values: Floats, folds: NDArray[np.intp]) -> bool:
    """Whether `values` (n, n_codes) are enough, and of more than one of the `folds` (n,), to judge by."""
    return len(values) >= LEAST_UNITS and bool(folds.max() > 0)


def mean_average_precision(values: Floats, scores: Floats) -> float:
    """The mean over codes that somebody applied of the average precision of `scores`, (n, n_codes) each."""
    found = [
        average_precision(values[:, c], scores[:, c])
        for c in range(values.shape[1])
        if np.nansum(values[:, c]) > 0
    ]
    return float(np.mean(found)) if found else 0.0


def precision_in_folds(values: Floats, scores: Floats, folds: NDArray[np.intp]) -> float:
    """The mean over `folds` (n,) of each one's mean average precision.

    Where each fold was scored by another model, scores of different folds are no ranking: with few
    labels, encoders that rank every fold better can look worse in all of them together.
    """
    found = [
        mean_average_precision(values[folds == fold], scores[folds == fold]) for fold in np.unique(folds)
    ]
    return float(np.mean(found))


def average_precision(y: Floats, score: Floats) -> float:
    """Of one code: `y` (n,) is what was said (nan: nothing), by `score` (n,)."""
    said = ~np.isnan(y)
    y, score = y[said], score[said]
    order = np.argsort(-score, kind="stable")
    hits = y[order] == 1
    return float((np.cumsum(hits)[hits] / (np.flatnonzero(hits) + 1)).mean()) if hits.any() else 0.0


def loss(probabilities: Floats, values: Floats) -> float:
    """The mean negative logarithm of the probability of what was said."""
    p = np.clip(probabilities, 1e-6, 1 - 1e-6)
    return float(-np.nanmean(np.where(np.isnan(values), np.nan, np.log(np.where(values == 1, p, 1 - p)))))
