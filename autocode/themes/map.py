"""Where themes stand on a map: near each other where their statements are alike."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def places(middles: NDArray[np.float32]) -> list[tuple[float, float]]:
    """A place from -1 to 1 for each row of `middles`, shape (n, n_dims): their two principal components.

    For points on a sphere this is classical scaling of their distances (Torgerson 1952). Signs are chosen
    so that the largest value of each direction is positive; the same rows give the same places.
    """
    if not len(middles):
        return []
    rows = np.asarray(middles, np.float64)
    rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    rows -= rows.mean(axis=0)
    left, sizes, _ = np.linalg.svd(rows, full_matrices=False)
    found = np.zeros((len(rows), 2))
    found[:, : min(2, len(sizes))] = (left * sizes)[:, :2]
    largest = found[np.abs(found).argmax(axis=0), [0, 1]]
    found *= np.where(largest < 0, -1, 1) / max(float(np.abs(found).max()), 1e-9)
    return [(round(float(x), 4) + 0.0, round(float(y), 4) + 0.0) for x, y in found]
