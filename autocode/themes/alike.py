"""How alike statements are, beside what all statements of a study share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def apart(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """`vectors` (n, n_dims) without their mean, as unit rows.

    All that is said in a study is a little alike, since it is talk on one subject. Without that, the cosine
    of two statements tells whether a code has made them alike.

    >>> apart(np.array([[0.6, 0.8], [-0.6, 0.8]], np.float32)).tolist()
    [[1.0, 0.0], [-1.0, 0.0]]
    """
    if not len(vectors):
        return vectors
    centred = vectors - vectors.mean(axis=0)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    return np.asarray(centred / np.maximum(lengths, 1e-9), np.float32)


def mean_cosine(vectors: NDArray[np.floating]) -> float:
    """Of all pairs of unit rows, two or more.

    >>> round(mean_cosine(np.array([[1.0, 0], [1, 0], [0, 1]])), 4)  # 1, 0 and 0
    0.3333
    """
    n, total = len(vectors), vectors.sum(axis=0, dtype=np.float64)
    return float((total @ total - squares(vectors)) / (n * (n - 1)))


def squares(vectors: NDArray[np.floating]) -> float:
    """What statements add to sums of products by being compared with themselves."""
    return float(np.einsum("ij,ij->", vectors, vectors, dtype=np.float64))
