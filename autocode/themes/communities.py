"""Communities of the nearest-neighbour graph that many runs of Leiden agree on.

Leiden (Traag, Waltman & van Eck 2019) finds other communities with every seed where the borders are vague,
as they are in talk. So it runs several times, edges whose ends rarely come together are weakened, and Leiden
runs on that graph (consensus clustering, Lancichinetti & Fortunato 2012, on the graph's own edges). A row
whose neighbours mostly go elsewhere is in no community. Communities are then joined, first those that the
runs most often put together, down to a number that people can read. What was measured stands in
BENCHMARKS.md, "Themes".
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from autocode.themes.graph import Neighbours, graph_of, nearest

SHARPER = 2  # power of the share of runs in which an edge's ends come together
RESOLUTION = {12: 0.7, 40: 2.0, 120: 6.0}  # of Leiden, for about so many communities of 20,000 rows
LARGE = 5000  # rows from which time counts
N_SPARE = 3  # as many more neighbours are known as are used: some are left out when interviews are
NEARER = 1e-3  # what nearness adds where the runs put communities together equally often, or never
FEW_ROWS = 12  # rows a community, on average, at the least


class ConsensusCommunities:
    """A clustering for BERTopic's `hdbscan_model`: `fit`, then `labels_`, -1 for rows in no community.

    `most` is the largest number of communities, `unplaced` the largest share of rows left in none, those
    whose neighbours agree least; `smallest` what a community must hold. Without `n_runs`, Leiden runs 30
    times on a small graph and ten times on a large one.
    """

    def __init__(
        self,
        *,
        most: int = 40,
        n_neighbours: int = 15,
        n_runs: int | None = None,
        unplaced: float = 0.15,
        smallest: int = 5,
        seed: int = 0,
    ) -> None:
        self.most = most
        self.n_neighbours = n_neighbours
        self.n_runs = n_runs
        self.unplaced = unplaced
        self.smallest = smallest
        self.seed = seed

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The settings."""
        names = ("most", "n_neighbours", "n_runs", "unplaced", "smallest", "seed")
        return {name: getattr(self, name) for name in names}

    def fit(self, X: NDArray[np.float32], y: object = None) -> Self:  # noqa: N803  # as BERTopic calls it
        """Find communities of rows by their cosines, shape (n, n_dims); `labels_` has shape (n,)."""
        lengths = np.maximum(np.linalg.norm(X, axis=1, keepdims=True), 1e-9)
        self.vectors_ = np.asarray(X / lengths, np.float32)
        self.neighbours_ = nearest(self.vectors_, N_SPARE * self._k(len(X)))
        everything = np.arange(len(X))
        self.labels_ = self._communities(everything, self.neighbours_, self.seed)
        return self

    def again(self, kept: NDArray[np.intp], number: int) -> NDArray[np.intp]:
        """Labels of the `kept` rows alone with the seed of another run, number 1, 2 ..., shape (n_kept,)."""
        return self._communities(kept, self.neighbours_, self.seed + 7919 * number)

    def _k(self, n: int) -> int:
        """Neighbours in the graph: fewer in a small one, where fifteen would tie everything to everything."""
        return max(3, min(self.n_neighbours, int(n**0.5)))

    def _resolution(self) -> float:
        return RESOLUTION[min(RESOLUTION, key=lambda most: abs(most - self.most))]

    def _communities(self, kept: NDArray[np.intp], known: Neighbours, seed: int) -> NDArray[np.intp]:
        graph = graph_of(known.take(kept, self._k(len(kept))))
        labels, agreement, runs = consensus(
            graph, self._resolution(), self.n_runs or (30 if len(kept) < LARGE else 10), seed
        )
        most = max(2, min(self.most, len(kept) // FEW_ROWS))
        labels = joined(self.vectors_[kept], labels, runs, most)
        labels[agreement < min(0.5, float(np.quantile(agreement, self.unplaced)))] = -1
        sizes = np.bincount(labels[labels >= 0], minlength=1)
        labels[(labels >= 0) & (sizes[labels] < self.smallest)] = -1
        return labels


def consensus(
    graph: Any, resolution: float, n_runs: int, seed: int
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.int32]]:
    """The community of each row of a symmetric sparse `graph`, which weighted share of its edges agrees, and
    the communities in each run, shape (n_runs, n).

    An edge agrees where its ends are in one community, by the share of the runs in which they were.
    """
    ends = graph.tocoo()
    start, end = ends.coords
    runs = np.array(
        [leiden(graph, graph.data, resolution, 1000 * seed + number) for number in range(n_runs)], np.int32
    )
    together = np.zeros(len(start))
    for run in runs:
        together += run[start] == run[end]
    together /= n_runs
    labels = leiden(graph, np.maximum(graph.data * together**SHARPER, 1e-9), resolution, seed)
    n = graph.shape[0]
    agrees = np.bincount(start, graph.data * together * (labels[start] == labels[end]), minlength=n)
    return labels, agrees / np.maximum(np.bincount(start, graph.data, minlength=n), 1e-9), runs


def leiden(graph: Any, weights: NDArray[np.float64], resolution: float, seed: int) -> NDArray[np.intp]:
    """One run of Leiden on modularity; labels by first row, 0, 1, 2 ..., shape (n,)."""
    from graspologic_native import leiden_csr

    n = graph.shape[0]
    _, found = leiden_csr(
        graph.indptr.astype(np.int64), graph.indices.astype(np.int32), weights.astype(np.float64), n,
        resolution=resolution, seed=seed,
    )  # fmt: skip
    raw = np.fromiter((found[row] for row in range(n)), np.intp, n)
    _, first, label = np.unique(raw, return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(first, kind="stable"), kind="stable")[label], np.intp)


def joined(
    vectors: NDArray[np.float32], labels: NDArray[np.intp], runs: NDArray[np.int32], most: int
) -> NDArray[np.intp]:
    """`labels` with communities joined (average linkage) down to `most`.

    First those whose rows are most often in one community over the `runs`, shape (n_runs, n); of equals those
    with the nearest middles.
    """
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import pdist, squareform

    n = int(labels.max()) + 1
    if n <= most:
        return labels
    sizes = np.bincount(labels, minlength=n)[:, None]
    middles = np.zeros((n, vectors.shape[1]))
    np.add.at(middles, labels, vectors.astype(np.float64))
    middles /= sizes
    middles -= vectors.mean(axis=0, dtype=np.float64)
    middles /= np.maximum(np.linalg.norm(middles, axis=1, keepdims=True), 1e-9)
    apart = np.ones((n, n))
    for run in runs:
        shares = np.zeros((n, int(run.max()) + 1))
        np.add.at(shares, (labels, run), 1.0)
        shares /= sizes
        apart -= shares @ shares.T / len(runs)
    distances = squareform(np.round(apart, 6), checks=False) + NEARER * np.round(pdist(middles), 6)
    tree = linkage(distances, method="average")
    return np.asarray(fcluster(tree, most, criterion="maxclust")[labels] - 1, np.intp)
