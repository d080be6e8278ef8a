"""The graph of nearest neighbours: exact, in blocks, the same whatever the block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 1024  # rows compared with all others at a time
PART = 4096  # columns from which a bound for the nearest is found


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The nearest of each of n rows, nearest first: their rows and cosines, both (n, k)."""

    rows: NDArray[np.int32]
    cosines: NDArray[np.float32]

    def take(self, kept: NDArray[np.intp], k: int) -> Neighbours:
        """The `k` nearest among the `kept` rows only, renumbered; -1 where too few are known."""
        new = np.full(len(self.rows) + 1, -1, np.int32)
        new[kept] = np.arange(len(kept), dtype=np.int32)
        rows, cosines = new[self.rows[kept]], self.cosines[kept]
        order = np.argsort(rows < 0, axis=1, kind="stable")[:, :k]  # those that are kept, still nearest first
        return Neighbours(np.take_along_axis(rows, order, axis=1), np.take_along_axis(cosines, order, axis=1))


def nearest(vectors: NDArray[np.float32], k: int) -> Neighbours:
    """The `k` rows nearest to each of `vectors` (unit rows), itself left out; fewer where there are fewer."""
    n = len(vectors)
    k = max(0, min(k, n - 1))
    rows, cosines = np.zeros((n, k), np.int32), np.zeros((n, k), np.float32)
    for start in range(0, n if k else 0, BLOCK):
        block = slice(start, min(start + BLOCK, n))
        cosine = vectors[block] @ vectors.T
        cosine[np.arange(len(cosine)), np.arange(block.start, block.stop)] = -2.0
        rows[block], cosines[block] = _largest(cosine, k)
    return Neighbours(rows, np.clip(cosines, -1.0, 1.0))


def _largest(values: NDArray[np.float32], k: int) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Columns of each row's `k` largest values, largest first and of equals the first; and these values.

    The k-th largest of a part of the columns is at most that of all: only what reaches it is sorted.
    """
    part = max(k, min(values.shape[1], max(PART, values.shape[1] // 5)))
    least = np.partition(values[:, :part], part - k, axis=1)[:, part - k]
    row, column = np.nonzero(values >= least[:, None])
    order = np.lexsort((column, -values[row, column], row))
    row, column = row[order], column[order]
    start = np.searchsorted(row, np.arange(len(values)))
    chosen = column[start[:, None] + np.arange(k)]
    return chosen, np.take_along_axis(values, chosen, axis=1)


def graph_of(neighbours: Neighbours) -> Any:
    """Symmetric sparse (n, n): the cosine of two rows of which one is among the other's nearest."""
    from scipy.sparse import csr_array

    n, k = neighbours.rows.shape
    known = neighbours.rows.ravel() >= 0
    start = np.repeat(np.arange(n, dtype=np.int32), k)[known]
    weights = np.maximum(neighbours.cosines.ravel()[known].astype(np.float64), 1e-3)
    one_way = csr_array((weights, (start, neighbours.rows.ravel()[known])), shape=(n, n))
    graph = one_way.maximum(one_way.T).tocsr()
    graph.sort_indices()
    return graph
