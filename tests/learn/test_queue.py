"""What to code next."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from autocode.errors import LearnError
from autocode.learn.queue import DESCRIPTIONS, STRATEGIES, Pool, next_batch, rank


def pool(n: int = 60, n_codes: int = 4, *, seed: int = 0) -> Pool:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n + 5, 6)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Pool(
        ids=tuple(f"u{i}" for i in range(n)),
        groups=tuple(f"t{i // 20}" for i in range(n)),
        code_ids=("a", "b", "c", "d"),
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


def test_candidates_for_one_code_come_by_its_probability() -> None:
    of = pool()
    of.probabilities[:, 2] = np.linspace(0.9, 0.1, 60)
    assert next_batch(of, 3, strategy="code:c") == [0, 1, 20]  # two of an interview, then the next one
    with pytest.raises(LearnError, match="no strategy 'code:e'"):
        next_batch(of, 3, strategy="code:e")


def test_every_choice_has_its_reason() -> None:
    of = pool()
    of.probabilities[:] = 0.0
    of.probabilities[7] = [0.5, 0.5, 0.0, 0.0]
    of.evidence[25, 3] = 9.0
    assert DESCRIPTIONS.keys() == STRATEGIES.keys()
    assert rank(of, "uncertain").why(7) == "2.00 bits of doubt over all codes"
    assert rank(of, "rare_code").why(25) == "candidate 1 for 'd' by the codebook (0 coded so far)"
    assert rank(of, "random").why(3) == "drawn by chance from 60"
    assert rank(of, "code:b").why(7) == "0.50 for 'b'"
