"""Base size, run length and threshold; the rule written out slowly as the oracle."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autocode.respondents
import autocode.themes.saturation
import autocode.themes.stability
import autocode.themes.words
from autocode.themes.saturation import measure_saturation

SEEN = st.lists(st.sets(st.sampled_from("abcdefgh"), max_size=5), min_size=6, max_size=9)


def slow(order: list[set[str]], base_size: int, run_length: int, threshold: float) -> int | None:
    """After how many interviews of this order saturation is reached."""
    base = set().union(*order[:base_size])
    for n in range(base_size, len(order) - run_length + 1):
        before = set().union(*order[:n])
        new = set().union(*order[n : n + run_length]) - before
        if len(new) / max(1, len(base)) <= threshold:
            return n
    return None


@given(SEEN, st.sampled_from([0.0, 0.05, 0.2]), st.integers(0, 3))
@settings(max_examples=40, deadline=None)
def test_as_the_definition_says(seen: list[set[str]], threshold: float, seed: int) -> None:
    if not set().union(*seen):
        return
    result = measure_saturation(seen, threshold=threshold, n_orders=20, seed=seed)
    generator = np.random.default_rng(seed)
    orders = [[seen[i] for i in generator.permutation(len(seen))] for _ in range(20)]
    reached = [slow(order, 4, 2, threshold) for order in orders]
    assert result.share_reached == pytest.approx(np.mean([n is not None for n in reached]))
    middle = sorted(n if n is not None else 99 for n in reached)[9]
    assert result.reached_at == (None if middle == 99 else middle)
    assert list(result.curve) == sorted(result.curve)
    assert result.curve[-1] == result.n_items == len(set().union(*seen))


def test_in_words() -> None:
    sentence = measure_saturation([{"a", "b"}] * 8).sentence()
    assert "reached in 100% of 200 orders" in sentence
    assert "after 4 (+2) interviews" in sentence
    assert "nothing was found" in measure_saturation([set()] * 8).sentence()
    assert "there are 0" in measure_saturation([]).sentence()


@pytest.mark.parametrize(
    "module",
    [autocode.respondents, autocode.themes.saturation, autocode.themes.stability, autocode.themes.words],
)
def test_examples(module: object) -> None:
    ran = doctest.testmod(module, extraglobs={"np": np})  # type: ignore[arg-type]
    assert ran.attempted
    assert not ran.failed
