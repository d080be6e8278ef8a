"""What to code next."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from autocode.errors import LearnError
from autocode.learn.queue import STRATEGIES, Pool, may_stop, next_batch


def pool(n: int = 60, n_codes: int = 4, *, seed: int = 0) -> Pool:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n + 5, 6)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Pool(
        ids=tuple(f"u{i}" for i in range(n)),
        groups=tuple(f"t{i // 20}" for i in range(n)),
        probabilities=rng.random((n, n_codes)) ** 2,
        evidence=rng.normal(size=(n, n_codes)).astype(np.float32),
        embeddings=vectors[:n],
        labelled_embeddings=vectors[n:],
        thresholds=np.full(n_codes, 0.4),
        support=np.array([30, 12, 3, 0]),
    )


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("n", [1, 9, 60, 100])
def test_every_strategy_gives_each_utterance_once(strategy: str, n: int) -> None:
    rows = next_batch(pool(), n, strategy=strategy)
    assert len(set(rows)) == len(rows) == min(n, 60)
    assert rows == next_batch(pool(), n, strategy=strategy)


@pytest.mark.parametrize("strategy", [name for name in STRATEGIES if name != "random"])
def test_no_interview_fills_a_batch(strategy: str) -> None:
    of = pool()
    counts = Counter(of.groups[row] for row in next_batch(of, 12, strategy=strategy))
    assert max(counts.values()) <= 8


def test_the_most_uncertain_come_first() -> None:
    of = pool()
    of.probabilities[:] = 0.01
    of.probabilities[[7, 41]] = 0.5
    assert set(next_batch(of, 2, strategy="uncertain")) == {7, 41}


def test_a_rare_code_is_looked_for_by_what_the_codebook_says() -> None:
    of = pool()
    of.evidence[25, 3], of.evidence[50, 2] = 9.0, 9.0
    assert set(next_batch(of, 2, strategy="rare_code")) == {25, 50}


def test_diverse_stays_away_from_what_is_labelled() -> None:
    of = pool()
    nearest = (of.embeddings @ of.labelled_embeddings.T).max(axis=1)
    assert next_batch(of, 1, strategy="diverse") == [int(np.argmin(nearest))]


def test_an_unknown_strategy_is_a_sentence() -> None:
    with pytest.raises(LearnError, match="no strategy 'best'"):
        next_batch(pool(), 3, strategy="best")


def test_stopping_needs_models_that_no_longer_change_their_minds() -> None:
    same = np.random.default_rng(0).random((200, 4)) < 0.3
    other = ~same
    assert not may_stop([same, same, same])
    assert may_stop([other, same, same, same, same])
    assert not may_stop([same, same, other, same])
