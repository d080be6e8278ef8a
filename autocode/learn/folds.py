"""Folds that keep every interview whole."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autocode.learn.ridge import members_of

Rows = NDArray[np.intp]
Floats = NDArray[np.float64]


def group_folds(groups: NDArray[np.intp], n_folds: int, *, seed: int = 0) -> NDArray[np.intp]:
    """The fold of each row, shape (n,): whole groups, at random, folds of about the same number of rows.

    >>> folds = group_folds(np.array([0, 0, 1, 1, 2, 2]), 3)
    >>> sorted(folds.tolist()), bool(folds[0] == folds[1])
    ([0, 0, 1, 1, 2, 2], True)
    """
    members = members_of(groups)
    shuffled = np.random.default_rng(seed).permutation(len(members))
    order = sorted(shuffled.tolist(), key=lambda index: -len(members[index]))  # stable: equals stay shuffled
    size, fold = np.zeros(n_folds), np.zeros(len(groups), np.intp)
    for index in order:
        smallest = int(np.argmin(size))
        fold[members[index]] = smallest
        size[smallest] += len(members[index])
    return fold


def numbered(groups: ArrayLike) -> NDArray[np.intp]:
    """Groups as 0, 1, 2 ... in the order of their sorted names."""
    return np.asarray(np.unique(np.asarray(groups), return_inverse=True)[1], np.intp)


def cross_fitted(scored: Callable[[Rows, Rows], Floats], folds: Rows) -> Floats:
    """Scores (n, ...) of each of the `folds` (n,), 0, 1 ..., by what the others teach.

    `scored` gets the rows to learn from and those to score. A single fold is scored by itself.

    >>> folds = np.array([0, 1, 1])
    >>> cross_fitted(lambda known, asked: np.full(len(asked), 10.0 * known.sum()), folds).tolist()
    [30.0, 0.0, 0.0]
    """
    everything = np.arange(len(folds))
    if (n_folds := int(folds.max()) + 1) < 2:
        return scored(everything, everything)
    parts = [(np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)) for fold in range(n_folds)]
    by_fold = [(asked, scored(known, asked)) for known, asked in parts]
    found = np.zeros((len(folds), *by_fold[0][1].shape[1:]))
    for asked, scores in by_fold:
        found[asked] = scores
    return found
