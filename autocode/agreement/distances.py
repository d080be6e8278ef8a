"""How far apart two values are: the difference functions of Krippendorff's alpha, and set distances.

The ordinal difference is not here: it depends on how often each value was used (see `alpha`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from fractions import Fraction

import numpy as np

from autocode.agreement.coefficient import Floats, Ints
from autocode.agreement.weights import scale_values
from autocode.config import suggest
from autocode.errors import AgreementError


def distance_table(metric: str, categories: Sequence[Hashable]) -> DistanceTable:
    """Squared differences of the categories, shape (q, q), for a `metric` of `METRICS` or `SET_METRICS`.

    Of thousands of categories it is `SetDistances` or `Unequal`, a table that is never written out.

    >>> distance_table("interval", [1, 2, 4]).tolist()
    [[0.0, 1.0, 9.0], [1.0, 0.0, 4.0], [9.0, 4.0, 0.0]]
    """
    if metric in SET_METRICS:
        sets = [category for category in categories if isinstance(category, frozenset)]
        if len(sets) != len(categories):
            raise AgreementError(f"'{metric}' compares sets of codes; these values are not sets")
        if len(sets) > MAX_SETS:
            raise AgreementError(
                f"{len(sets)} different sets of codes are too many; measure a sample of units"
            )
        return SetDistances(sets, metric) if len(sets) > MAX_TABLE else set_distances(sets, metric)
    if metric not in METRICS:
        known = [*METRICS, "ordinal", *SET_METRICS]
        raise AgreementError(f"there is no metric '{metric}'{suggest(metric, known)}")
    if metric == "nominal" and len(categories) > MAX_TABLE:
        return Unequal(len(categories))
    return METRICS[metric](scale_values(categories))


def masi_distance(a: Collection[Hashable], b: Collection[Hashable], *, variant: str = "masi") -> float:
    """1 - J M (Passonneau 2006): Jaccard's J times M, 1 identical, 2/3 subset, 1/3 overlap, 0 disjoint.

    Two empty sets are identical (0), an empty and a non-empty one disjoint (1). `variant` is one of
    `SET_METRICS`; "masi_nltk" has the constants .67 and .33 of older NLTK releases.

    >>> round(masi_distance({1, 2, 3, 4}, {3, 4, 5}), 4)
    0.8667
    """
    return float(set_distances([frozenset(a), frozenset(b)], variant)[0, 1])


def jaccard_distance(a: Collection[Hashable], b: Collection[Hashable]) -> float:
    """1 - |A & B| / |A | B|; 0 for two empty sets.

    >>> jaccard_distance({1, 2, 3, 4}, {3, 4, 5})
    0.6
    """
    return float(set_distances([frozenset(a), frozenset(b)], "jaccard")[0, 1])


def set_distances(sets: Sequence[frozenset[Hashable]], metric: str) -> Floats:
    """Distances of every pair of sets, shape (q, q)."""
    lazy = SetDistances(sets, metric)
    everything = np.arange(len(sets))
    return lazy.block(everything[:, None], everything)


class SetDistances:
    """The table of `set_distances`, worked out where it is looked up: for thousands of distinct sets.

    Supports what alpha needs of a table: `table[first, second]` and `vector @ table`.
    """

    __array_ufunc__ = None  # numpy leaves `vector @ table` to us
    ROWS, MANY = 1024, 100

    def __init__(self, sets: Sequence[frozenset[Hashable]], metric: str) -> None:
        if metric not in SET_METRICS:
            raise AgreementError(f"there is no set distance '{metric}'{suggest(metric, list(SET_METRICS))}")
        place = {label: i for i, label in enumerate(dict.fromkeys(label for s in sets for label in s))}
        self._has = np.zeros((len(sets), len(place)), np.float64)  # so that a matrix product counts, fast
        for i, labels in enumerate(sets):
            self._has[i, [place[label] for label in labels]] = 1
        self._size = self._has.sum(axis=1)
        self._finish = SET_METRICS[metric]
        self.shape = (len(sets), len(sets))

    def __getitem__(self, pairs: tuple[Ints, Ints]) -> Floats:
        first, second = np.broadcast_arrays(*pairs)
        common = np.einsum("...k,...k->...", self._has[first], self._has[second])
        return self._distance(common, self._size[first], self._size[second])

    def __rmatmul__(self, vectors: Floats) -> Floats:
        """`vectors @ table`. Sets without a common code are at distance 1, which most pairs are."""
        from scipy.sparse import csr_array

        rows_of = np.atleast_2d(vectors)
        product = np.repeat(rows_of.sum(axis=1, keepdims=True), len(self._size), axis=1)
        empty = np.flatnonzero(self._size == 0)  # two empty sets have nothing in common and are the same
        product[:, empty] -= rows_of[:, empty].sum(axis=1, keepdims=True)
        has, columns = csr_array(self._has), np.ascontiguousarray(rows_of.T)
        transposed, sizes = has.T.tocsr(), self._size.astype(np.intp)
        many = len(rows_of) >= self.MANY  # from so many vectors on, a full matrix is multiplied faster
        for size in np.unique(sizes[sizes > 0]):  # of one size, so that two numbers tell the distance
            rows, likeness = np.flatnonzero(sizes == size), self._likeness(int(size))
            for start in range(0, len(rows), self.ROWS):
                some = rows[start : start + self.ROWS]
                near = has[some] @ transposed
                near.data = likeness[near.data.astype(np.intp), sizes[near.indices]]
                product[:, some] -= ((near.toarray() if many else near) @ columns).T
        return product.reshape(vectors.shape)

    def block(self, rows: Ints, columns: Ints) -> Floats:
        """The distances of `rows`, shape (n, 1), from `columns`, shape (m,)."""
        common = self._has[rows[:, 0]] @ self._has[columns].T
        return self._distance(common, self._size[rows], self._size[columns])

    def _likeness(self, size: int) -> Floats:
        """1 - the distance of a set of this size, by the number of common codes and the other's size."""
        common, other = np.ogrid[: size + 1, : int(self._size.max()) + 1]
        possible = np.minimum(common, other)  # more than the other has cannot be: those cells are not used
        return 1.0 - self._distance(possible.astype(np.float64), np.float64(size), other.astype(np.float64))

    def _distance(self, common: Floats, size_a: Floats | np.float64, size_b: Floats) -> Floats:
        union = size_a + size_b - common
        jaccard = np.divide(common, union, out=np.ones(common.shape), where=union > 0)
        relation = np.full(common.shape, DISJOINT, np.int8)
        relation[common > 0] = OVERLAP
        relation[common == np.minimum(size_a, size_b)] = SUBSET  # the empty set is a subset of all
        relation[common == union] = IDENTICAL
        return self._finish(jaccard, relation)


class Unequal:
    """The nominal table, 1 wherever two categories differ, without writing it out."""

    __array_ufunc__ = None

    def __init__(self, n: int) -> None:
        self.shape = (n, n)

    def __getitem__(self, pairs: tuple[Ints, Ints]) -> Floats:
        return np.not_equal(*pairs).astype(np.float64)

    def __rmatmul__(self, vectors: Floats) -> Floats:
        others: Floats = vectors.sum(axis=-1, keepdims=True) - vectors
        return others


DistanceTable = Floats | SetDistances | Unequal
MAX_TABLE = 1000  # categories whose distances are kept as a table
MAX_SETS = 50_000  # a minute of one core
IDENTICAL, SUBSET, OVERLAP, DISJOINT = range(4)
THIRDS = np.array([1, Fraction(2, 3), Fraction(1, 3), 0], np.float64)

SET_METRICS: dict[str, Callable[[Floats, np.ndarray], Floats]] = {
    "masi": lambda jaccard, relation: 1 - jaccard * THIRDS[relation],
    "masi_nltk": lambda jaccard, relation: 1 - jaccard * np.array([1, 0.67, 0.33, 0])[relation],
    "jaccard": lambda jaccard, _: 1 - jaccard,
    # Passonneau (2004): the relation alone, without the sizes
    "passonneau2004_set": lambda _, relation: 1 - THIRDS[relation],
    # DKPro's reading of MASI, which multiplies distances instead of similarities
    "masi_product_of_distances": lambda jaccard, relation: (1 - jaccard) * (1 - THIRDS[relation]),
}


def _nominal(x: Floats) -> Floats:
    return 1.0 - np.eye(len(x))


def _interval(x: Floats) -> Floats:
    squared: Floats = np.square(x[:, None] - x)
    return squared


def _ratio(x: Floats) -> Floats:
    total = x[:, None] + x
    if (total == 0).sum() > (x == 0).sum():
        raise AgreementError("'ratio' cannot compare these categories: two of them sum to zero")
    squared: Floats = np.square(np.divide(x[:, None] - x, total, out=np.zeros_like(total), where=total != 0))
    return squared


def _circular(x: Floats) -> Floats:
    around = np.ptp(x) + 1  # the step from the last category back to the first counts 1
    squared: Floats = np.square(np.sin(np.pi * (x[:, None] - x) / around))
    return squared


def _bipolar(x: Floats) -> Floats:
    total = x[:, None] + x
    product = (total - 2 * x.min()) * (2 * x.max() - total)
    squared: Floats = np.divide(
        np.square(x[:, None] - x), product, out=np.zeros_like(total), where=product != 0
    )
    return squared


METRICS: dict[str, Callable[[Floats], Floats]] = {
    "nominal": _nominal,
    "interval": _interval,
    "ratio": _ratio,
    "circular": _circular,
    "bipolar": _bipolar,
}
