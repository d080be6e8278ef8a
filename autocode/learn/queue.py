"""What to code next: which unlabelled utterances teach the model most, spread over interviews.

A strategy ranks the utterances of the pool; `next_batch` takes the best without letting one interview fill
the batch. Add a strategy with a line in `STRATEGIES` and one in `DESCRIPTIONS`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from autocode.errors import LearnError

if TYPE_CHECKING:
    from autocode.learn.learner import Learned
    from autocode.learn.signals import Signals

Floats = NDArray[np.float64]
FEW_POSITIVES = 10
RANDOM = "random"
FOR_CODE = "code:"  # and a code's id: candidates for this code


@dataclass(frozen=True, slots=True)
class Pool:
    """Utterances that nobody has coded yet, and what is known of them."""

    ids: tuple[str, ...]
    groups: tuple[str, ...]
    code_ids: tuple[str, ...]
    probabilities: Floats  # (n, n_codes)
    evidence: NDArray[np.float32]  # (n, n_codes), zero-shot log-odds
    embeddings: NDArray[np.float32]  # (n, n_dims), unit rows
    labelled_embeddings: NDArray[np.float32]  # (n_labelled, n_dims)
    thresholds: Floats  # (n_codes,)
    support: NDArray[np.intp]  # (n_codes,) labelled units that carry the code
    seed: int = 0


def pool_of(learned: Learned, rest: Signals, *, seed: int = 0) -> Pool:
    """What is left to code, as a model sees it."""
    return Pool(
        ids=rest.ids,
        groups=rest.groups,
        code_ids=learned.code_ids,
        probabilities=learned.probabilities(rest),
        evidence=rest.evidence,
        embeddings=rest.embeddings,
        labelled_embeddings=learned.signals.embeddings,
        thresholds=learned.rule.thresholds,
        support=np.nansum(learned.values, axis=0).astype(np.intp),
        seed=seed,
    )


@dataclass(frozen=True, slots=True)
class Ranking:
    """How useful each utterance is by one strategy; the highest value comes first."""

    values: Floats  # (n,)
    why: Callable[[int], str]  # of a row, in words


def uncertain(pool: Pool) -> Ranking:
    """Utterances with most doubt: the entropy in bits of all codes together (Settles 2010, 2.1)."""
    p = np.clip(pool.probabilities, 1e-9, 1 - 1e-9)
    bits = np.asarray(-(p * np.log2(p) + (1 - p) * np.log2(1 - p)).sum(axis=1))
    return Ranking(bits, lambda row: f"{bits[row]:.2f} bits of doubt over all codes")


def worst_code(pool: Pool) -> Ranking:
    """Utterances near the threshold of the code that is told apart worst, by its expected F1."""
    p, chosen = pool.probabilities, pool.probabilities >= pool.thresholds
    expected = 2 * (p * chosen).sum(axis=0) / np.maximum(p.sum(axis=0) + chosen.sum(axis=0), 1e-9)
    seen = pool.support > 0
    column = int(np.argmin(np.where(seen, expected, 2.0))) if seen.any() else int(np.argmin(expected))
    code, limit = pool.code_ids[column], float(pool.thresholds[column])
    return Ranking(
        np.asarray(-np.abs(p[:, column] - limit)),
        lambda row: f"'{code}' is told apart worst: {p[row, column]:.2f} here, suggested from {limit:.2f}",
    )


def rare_code(pool: Pool) -> Ranking:
    """Utterances that the codebook alone gives a code with few positives, the rarest code first in turn."""
    rare = np.flatnonzero(pool.support < FEW_POSITIVES)
    if not len(rare):
        rare = np.array([int(np.argmin(pool.support))])
    ranks = np.empty((len(pool.ids), len(rare)))
    for index, column in enumerate(rare):
        order = np.argsort(-pool.evidence[:, column], kind="stable")
        ranks[order, index] = np.arange(len(order))

    def why(row: int) -> str:
        best = int(np.argmin(ranks[row]))
        code, n = pool.code_ids[rare[best]], int(pool.support[rare[best]])
        return f"candidate {ranks[row, best] + 1:.0f} for '{code}' by the codebook ({n} coded so far)"

    return Ranking(np.asarray(-ranks.min(axis=1)), why)


def diverse(pool: Pool) -> Ranking:
    """Utterances farthest from all that is labelled or chosen before (Sener & Savarese 2018, k-centre)."""
    value, likeness = np.zeros(len(pool.ids)), np.zeros(len(pool.ids))
    if len(pool.labelled_embeddings):
        nearest = (pool.embeddings @ pool.labelled_embeddings.T).max(axis=1)
    else:
        nearest = pool.embeddings @ -pool.embeddings.mean(axis=0)
    nearest = nearest.astype(np.float64)
    for turn in range(min(len(value), 500)):
        best = int(np.argmin(nearest))
        value[best], likeness[best] = 1.0 + 1.0 / (turn + 1), nearest[best]
        nearest = np.maximum(nearest, pool.embeddings @ pool.embeddings[best])
        nearest[best] = np.inf
    late = ~np.isinf(nearest)
    likeness[late] = nearest[late]

    def why(row: int) -> str:
        if not len(pool.labelled_embeddings) and value[row] == 2.0:  # the first of all
            return "least like the others"
        return f"likeness {likeness[row]:.2f} to the nearest coded or chosen before"

    return Ranking(value, why)


def random_audit(pool: Pool) -> Ranking:
    """A simple random sample: the only one from which shares and errors may be estimated without weights."""
    values = np.random.default_rng(pool.seed).random(len(pool.ids))
    return Ranking(values, lambda row: f"drawn by chance from {len(pool.ids)}")


STRATEGIES: dict[str, Callable[[Pool], Ranking]] = {
    "uncertain": uncertain,
    "worst_code": worst_code,
    "rare_code": rare_code,
    "diverse": diverse,
    RANDOM: random_audit,
}
DESCRIPTIONS = {
    "uncertain": "where the machine doubts most",
    "worst_code": "what helps the code that is told apart worst",
    "rare_code": "candidates for codes with few examples",
    "diverse": "what is least like all that is coded",
    RANDOM: "at random: an audit, good for estimates",
}


def check_strategy(strategy: str, code_ids: Container[str]) -> None:
    """Raise `LearnError` for a strategy that there is not."""
    code = strategy.removeprefix(FOR_CODE)
    if strategy not in STRATEGIES and not (code != strategy and code in code_ids):
        raise LearnError(
            f"there is no strategy '{strategy}'; known are {', '.join(STRATEGIES)} and {FOR_CODE}ID"
        )


def rank(pool: Pool, strategy: str) -> Ranking:
    """The pool by one strategy, or by "code:ID". Raises `LearnError` for one that there is not."""
    check_strategy(strategy, pool.code_ids)
    if strategy in STRATEGIES:
        return STRATEGIES[strategy](pool)
    code = strategy.removeprefix(FOR_CODE)
    p = pool.probabilities[:, pool.code_ids.index(code)]
    return Ranking(p, lambda row: f"{p[row]:.2f} for '{code}'")


def next_batch(pool: Pool, n: int, *, strategy: str = "uncertain") -> list[int]:
    """Rows of the `n` utterances to code next, most useful first. Raises as `rank` does."""
    return best_of(rank(pool, strategy), pool, n, spread=strategy != RANDOM)


def best_of(ranking: Ranking, pool: Pool, n: int, *, spread: bool) -> list[int]:
    """Rows of the `n` best of a ranking.

    With `spread` no interview gives more than twice its even share; a random sample must not be spread, since
    its chances must stay equal.
    """
    order: list[int] = np.argsort(-ranking.values, kind="stable").tolist()
    if not spread:
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
