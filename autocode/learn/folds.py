"""Folds that keep every interview whole."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autocode.learn.ridge import members_of


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
