"""What to code next: which unlabelled utterances teach the model most, spread over interviews.

A strategy gives each utterance of the pool a value, the most useful first; `next_batch` takes the best
without letting one interview fill the batch. Add a strategy with a line in `STRATEGIES`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from autocode.errors import LearnError

Floats = NDArray[np.float64]
FEW_POSITIVES = 10
STABLE_FROM = 0.99  # agreement of successive models' predictions
STABLE_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Pool:
    """Utterances that nobody has coded yet, and what is known of them."""

    ids: tuple[str, ...]
    groups: tuple[str, ...]
    probabilities: Floats  # (n, n_codes)
    evidence: NDArray[np.float32]  # (n, n_codes), zero-shot log-odds
    embeddings: NDArray[np.float32]  # (n, n_dims), unit rows
    labelled_embeddings: NDArray[np.float32]  # (n_labelled, n_dims)
    thresholds: Floats  # (n_codes,)
    support: NDArray[np.intp]  # (n_codes,) labelled units that carry the code
    seed: int = 0


def uncertain(pool: Pool) -> Floats:
    """Utterances with most doubt: the entropy in bits of all codes together (Settles 2010, 2.1)."""
    p = np.clip(pool.probabilities, 1e-9, 1 - 1e-9)
    return np.asarray(-(p * np.log2(p) + (1 - p) * np.log2(1 - p)).sum(axis=1))


def worst_code(pool: Pool) -> Floats:
    """Utterances near the threshold of the code that is told apart worst, by its expected F1."""
    p, chosen = pool.probabilities, pool.probabilities >= pool.thresholds
    expected = 2 * (p * chosen).sum(axis=0) / np.maximum(p.sum(axis=0) + chosen.sum(axis=0), 1e-9)
    seen = pool.support > 0
    column = int(np.argmin(np.where(seen, expected, 2.0))) if seen.any() else int(np.argmin(expected))
    return np.asarray(-np.abs(p[:, column] - pool.thresholds[column]))


def rare_code(pool: Pool) -> Floats:
    """Utterances that the codebook alone gives a code with few positives, the rarest code first in turn."""
    rare = np.flatnonzero(pool.support < FEW_POSITIVES)
    if not len(rare):
        rare = np.array([int(np.argmin(pool.support))])
    ranks = np.empty((len(pool.ids), len(rare)))
    for index, column in enumerate(rare):
        order = np.argsort(-pool.evidence[:, column], kind="stable")
        ranks[order, index] = np.arange(len(order))
    return np.asarray(-ranks.min(axis=1))


def diverse(pool: Pool) -> Floats:
    """Utterances farthest from all that is labelled or chosen before (Sener & Savarese 2018, k-centre)."""
    value = np.zeros(len(pool.ids))
    if len(pool.labelled_embeddings):
        nearest = (pool.embeddings @ pool.labelled_embeddings.T).max(axis=1)
    else:
        nearest = pool.embeddings @ -pool.embeddings.mean(axis=0)
    nearest = nearest.astype(np.float64)
    for turn in range(min(len(value), 500)):
        best = int(np.argmin(nearest))
        value[best] = 1.0 + 1.0 / (turn + 1)
        nearest = np.maximum(nearest, pool.embeddings @ pool.embeddings[best])
        nearest[best] = np.inf
    return value


def random_audit(pool: Pool) -> Floats:
    """A simple random sample: the only one from which shares and errors may be estimated without weights."""
    return np.random.default_rng(pool.seed).random(len(pool.ids))


STRATEGIES: dict[str, Callable[[Pool], Floats]] = {
    "uncertain": uncertain,
    "worst_code": worst_code,
    "rare_code": rare_code,
    "diverse": diverse,
    "random": random_audit,
}


def next_batch(pool: Pool, n: int, *, strategy: str = "uncertain") -> list[int]:
    """Rows of the `n` utterances to code next, most useful first.

    No interview gives more than twice its even share, except to "random", whose chances must stay equal.
    Raises `LearnError` for a strategy that there is not.
    """
    if strategy not in STRATEGIES:
        raise LearnError(f"there is no strategy '{strategy}'; known are {', '.join(STRATEGIES)}")
    order: list[int] = np.argsort(-STRATEGIES[strategy](pool), kind="stable").tolist()
    if strategy == "random":
        return order[:n]
    most = max(1, -(-2 * n // max(1, len(set(pool.groups)))))
    taken, chosen, late = Counter[str](), list[int](), list[int]()
    for row in order:
        if len(chosen) == n:
            break
        if taken[pool.groups[row]] < most:
            chosen.append(row)
            taken[pool.groups[row]] += 1
        else:
            late.append(row)
    return [*chosen, *late][:n]


def may_stop(predictions: Sequence[NDArray[np.bool_]]) -> bool:
    """Whether successive models, on the same utterances, have stopped changing their minds.

    `predictions` are the sets (n, n_codes) of the models in order. True if the last `STABLE_ROUNDS` changes
    each left an agreement (F1 of the one's codes against the other's) of at least `STABLE_FROM`
    (stabilising predictions, Bloodgood & Vijay-Shanker 2009). More labels may still help rare codes.
    """
    if len(predictions) <= STABLE_ROUNDS:
        return False
    recent = predictions[-STABLE_ROUNDS - 1 :]
    return all(_agreement(a, b) >= STABLE_FROM for a, b in pairwise(recent))


def _agreement(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    total = int(a.sum() + b.sum())
    return 2 * int((a & b).sum()) / total if total else 1.0
