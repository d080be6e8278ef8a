"""Does a set of statements fall into two groups of meaning?

The two groups are those of 2-means along the direction in which the statements differ most; the first
principal component is what 2-means comes to when its groups may be matters of degree (Ding & He 2004). Two
things must be unlikely for the gap between them to count:

- one round cloud, however stretched: of any normal distribution the statements' places along this direction
  are so many independent normal numbers, centred and scaled, so that its null needs no covariance;
- random statements of the same interviews: in real talk any large enough set is a little lumpy.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
N_NORMAL = 1999  # samples of normal numbers


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """The best cut of n statements into two groups."""

    second: NDArray[np.bool_]  # (n,): which of them are in the smaller group
    gap: float  # 0 to 1: share of what they differ along the direction that lies between the groups
    weight: float  # 0 to 1: share of all that they differ that lies between the groups


def cut(vectors: NDArray[np.floating]) -> Cut:
    """The best cut of `vectors` (n, n_dims), n >= 2. No group is smaller than `least_of(n)`.

    >>> cut(np.array([[0.0, 0], [0, 1], [0, 1], [9, 0], [9, 1], [9, 0]])).second.tolist()
    [False, False, False, True, True, True]
    """
    from scipy.linalg import eigh

    n = len(vectors)
    centred = vectors - vectors.mean(axis=0)
    products = (centred @ centred.T).astype(np.float64)
    (most,), directions = eigh(products, subset_by_index=[n - 1, n - 1])
    total = float(np.trace(products))
    place = directions[:, 0]
    order = np.argsort(place, kind="stable")
    shares = gaps(place[order])
    best = int(shares.argmax())
    second = np.zeros(n, np.bool_)
    second[order[best + least_of(n) :]] = True
    if 2 * second.sum() > n or (2 * second.sum() == n and second[0]):
        second = ~second
    gap = float(shares[best])
    return Cut(second, gap, gap * float(most) / total if total > 0 else 0.0)


def least_of(n: int) -> int:
    """The least statements in a group: a fifth of all, and three if there are six."""
    return max(1, min(3, n // 2), n // 5)


def gaps(places: Floats) -> Floats:
    """The share of the squared deviations that lies between the groups, for each cut of sorted `places`.

    `places` has shape (..., n), ascending; the result (..., n_cuts), from the smallest first group on.

    >>> gaps(np.array([0.0, 0, 0, 3, 3, 3])).tolist()
    [1.0]
    >>> gaps(np.array([0.0, 1, 2, 4, 5, 6])).round(4).tolist()  # means 1 and 5: 6 * 2**2 of 28
    [0.8571]
    """
    n = places.shape[-1]
    least, first = least_of(n), np.arange(1, n)
    centred = places - places.mean(axis=-1, keepdims=True)
    below = np.cumsum(centred, axis=-1)[..., :-1]
    between = below**2 * n / (first * (n - first))
    total = np.maximum((centred**2).sum(axis=-1, keepdims=True), 1e-300)
    shares: Floats = between[..., least - 1 : n - least] / total
    return shares


def p_of_one_cloud(gap: float, n: int, *, seed: int = 0) -> float:
    """How often n statements of one normal distribution, whatever its shape, have such a gap."""
    return float((1 + (_gaps_of_normal(n, seed) >= gap - 1e-12).sum()) / (N_NORMAL + 1))


@lru_cache(maxsize=256)
def _gaps_of_normal(n: int, seed: int) -> Floats:
    drawn = np.random.default_rng((seed, n)).normal(size=(N_NORMAL, n))
    best: Floats = gaps(np.sort(drawn, axis=1)).max(axis=1)
    return best
