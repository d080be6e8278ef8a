"""Which kernels, how weighted and how firmly held: chosen on interviews left out; the regression on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autocode.learn.judging import average_precision
from autocode.learn.ridge import MAX_EXACT_ROWS, N_LANDMARKS, Fit, fit_exact, fit_landmarks, members_of
from autocode.learn.views import WEIGHTS, Encoded, Weights, kernel, one_kernel, take_rows

PENALTIES = (0.2, 0.5, 1.0)
DEFAULT_PENALTY = 0.5
CHOICE_ROWS = 1500  # rows on which weights and penalty are compared
LEAST_TO_CHOOSE = 60  # below, the default weights and penalty stand
_CHUNK = 4096

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Recipe:
    """What inner folds chose."""

    weights: str  # a name in WEIGHTS
    penalty: float


DEFAULT_RECIPE = Recipe("balanced", DEFAULT_PENALTY)


def choose_recipe(encoded: Encoded, values: Floats, groups: NDArray[np.intp], *, seed: int = 0) -> Recipe:
    """The weights and penalty whose left-out scores rank best: the mean average precision over codes.

    Compared on whole interviews of at most about `CHOICE_ROWS` utterances.
    """
    rows = _whole_groups(groups, CHOICE_ROWS, seed=seed)
    table = values[rows]
    usable = [c for c in range(table.shape[1]) if np.nansum(table[:, c]) >= 3]
    if len(rows) < LEAST_TO_CHOOSE or not usable:
        return DEFAULT_RECIPE
    part = take_rows(encoded, rows)
    kinds = {kind: one_kernel(part, part, kind) for kind in part.kinds}
    best, best_score = DEFAULT_RECIPE, -np.inf
    for name, weights in WEIGHTS.items():
        gram = np.asarray(sum(weights[kind] * of for kind, of in kinds.items()))
        gram = gram / sum(weights[kind] for kind in kinds)
        for penalty in PENALTIES:
            left_out = fit_exact(gram, table[:, usable], groups[rows], penalty, precision=np.float32).left_out
            score = float(
                np.mean([average_precision(table[:, c], left_out[:, i]) for i, c in enumerate(usable)])
            )
            if score > best_score + 1e-6:
                best, best_score = Recipe(name, penalty), score
    return best


def anchors_of(n: int, *, seed: int) -> NDArray[np.intp]:
    """The rows that carry weight: all, or `N_LANDMARKS` at random beyond `MAX_EXACT_ROWS`."""
    if n <= MAX_EXACT_ROWS:
        return np.arange(n)
    return np.sort(np.random.default_rng(seed).choice(n, N_LANDMARKS, replace=False))


def fit_kernel(
    encoded: Encoded,
    values: Floats,
    groups: NDArray[np.intp],
    anchors: NDArray[np.intp],
    *,
    weights: Weights,
    penalty: float,
    precision: type[np.floating] = np.float64,
) -> Fit:
    """Fit `values` (n, n_codes; nan: not said) on a weighted sum of kernels.

    `precision` is that of the inverse where all rows carry weight.
    """
    n = len(values)
    if n == len(anchors):
        gram = kernel(encoded, encoded, weights)
        return fit_exact(gram, values, groups, penalty, precision=precision)
    landmarks = take_rows(encoded, anchors)
    to_landmarks = np.concatenate(
        [
            kernel(take_rows(encoded, np.arange(start, min(start + _CHUNK, n))), landmarks, weights)
            for start in range(0, n, _CHUNK)
        ]
    )
    among = kernel(landmarks, landmarks, weights)
    return fit_landmarks(to_landmarks, among, values, groups, penalty)


def _whole_groups(groups: NDArray[np.intp], most: int, *, seed: int) -> NDArray[np.intp]:
    """Rows of whole groups at random, at most `most` or those of two groups."""
    if len(groups) <= most:
        return np.arange(len(groups))
    members, chosen = members_of(groups), list[NDArray[np.intp]]()
    for index in np.random.default_rng(seed).permutation(len(members)):
        if len(chosen) >= 2 and sum(map(len, chosen)) + len(members[index]) > most:
            break
        chosen.append(members[index])
    return np.sort(np.concatenate(chosen))
