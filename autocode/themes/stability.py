"""How often a theme comes back: with other seeds, and without a fifth of the interviews."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autocode.themes.communities import ConsensusCommunities

FOUND = 0.5  # Jaccard from which a theme counts as found again (Hennig 2007: below, it is dissolved)
STABLE = 0.8  # share of runs in which a stable theme is found
KEPT = 0.8  # share of the interviews in a resampled run
LEAST_INTERVIEWS = 3  # with fewer, leaving some out says nothing


@dataclass(frozen=True, slots=True)
class Stability:
    """In which share of the runs each topic was found, and how alike whole runs were."""

    found: tuple[float, ...]  # by topic
    n_seed_runs: int
    n_resampled_runs: int
    ari_seeds: float | None  # mean adjusted Rand index with the result, on rows that both place
    ari_resampled: float | None


def measure_stability(
    topics: NDArray[np.intp],
    interviews: Sequence[str],
    communities: ConsensusCommunities,
    *,
    n_runs: int = 5,
    done: Callable[[], None] = lambda: None,
) -> Stability:
    """Run the fitted `communities` anew: `n_runs` times with other seeds, and as often without a fifth of the
    interviews.

    `done` hears of each run. The same input and seed give the same result.
    """
    groups, group_of = np.unique(np.asarray(interviews), return_inverse=True)
    everything = np.arange(len(topics))
    runs: list[tuple[NDArray[np.intp], NDArray[np.intp]]] = []
    for number in range(n_runs):
        runs.append((everything, communities.again(everything, number + 1)))
        done()
    resampled = n_runs if len(groups) >= LEAST_INTERVIEWS else 0
    generator = np.random.default_rng(communities.seed)
    for number in range(resampled):
        chosen = generator.choice(len(groups), max(2, round(KEPT * len(groups))), replace=False)
        kept = np.flatnonzero(np.isin(group_of, chosen))
        runs.append((kept, communities.again(kept, n_runs + number + 1)))
        done()
    n_topics = int(topics.max()) + 1 if len(topics) else 0
    times, possible = np.zeros(n_topics), np.zeros(n_topics)
    for kept, other in runs:
        best = best_jaccard(topics[kept], other, n_topics)
        possible += ~np.isnan(best)
        times += np.nan_to_num(best) >= FOUND
    alike = [_alike(topics[kept], other) for kept, other in runs]
    share = np.divide(times, possible, out=np.zeros(n_topics), where=possible > 0)
    return Stability(
        tuple(np.round(share, 4).tolist()), n_runs, resampled, _mean(alike[:n_runs]), _mean(alike[n_runs:])
    )


def best_jaccard(topics: NDArray[np.intp], other: NDArray[np.intp], n_topics: int) -> NDArray[np.float64]:
    """For each topic the largest Jaccard index with a group of `other`; nan where none of its rows is there.

    >>> best_jaccard(np.array([0, 0, 0, 1]), np.array([5, 5, 6, -1]), 3).round(2).tolist()
    [0.67, 0.0, nan]
    """
    best = np.full(n_topics, np.nan)
    sizes = np.bincount(topics[topics >= 0], minlength=n_topics)
    best[sizes > 0] = 0.0
    groups, sizes_there = np.unique(other[other >= 0], return_counts=True)
    both = (topics >= 0) & (other >= 0)
    if not both.any():
        return best
    place = np.searchsorted(groups, other[both])
    shared = np.zeros((n_topics, len(groups)))
    np.add.at(shared, (topics[both], place), 1.0)
    union = sizes[:, None] + sizes_there[None, :] - shared
    best[sizes > 0] = (shared / np.maximum(union, 1.0)).max(axis=1)[sizes > 0]
    return best


def _alike(topics: NDArray[np.intp], other: NDArray[np.intp]) -> float:
    from sklearn.metrics import adjusted_rand_score

    both = (topics >= 0) & (other >= 0)
    return float(adjusted_rand_score(topics[both], other[both])) if both.any() else 0.0


def _mean(values: Sequence[float]) -> float | None:
    return round(float(np.mean(values)), 4) if values else None
