"""Corrected prevalence: right on average, intervals that hold, and what cannot be said."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from scipy.stats import t

import autocode.learn.prevalence
from autocode.agreement import difference_mean
from autocode.errors import LearnError
from autocode.learn.prevalence import code_prevalence


def test_examples() -> None:
    assert doctest.testmod(autocode.learn.prevalence).failed == 0


def corpus(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The truth about 40 interviews of 30, a model that overrates the code, and the interviews."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(40), 30)
    rate = np.clip(0.15 + rng.normal(0, 0.05, 40), 0.01, 1)[groups]
    truth = (rng.random(len(groups)) < rate).astype(float)
    machine = np.clip(0.15 + 0.5 * truth + rng.normal(0, 0.1, len(groups)), 0, 1)
    return truth[:, None], machine[:, None], groups


def test_the_interval_holds_and_the_raw_count_does_not() -> None:
    held = raw_held = 0
    for seed in range(200):
        truth, machine, groups = corpus(seed)
        drawn = np.random.default_rng(1000 + seed).choice(len(truth), 240, replace=False)
        values = np.full_like(truth, np.nan)
        values[drawn] = truth[drawn]
        (found,) = code_prevalence(["c"], machine, values, groups)
        held += found.low <= truth.mean() <= found.high
        raw_held += found.low <= found.raw <= found.high
    assert held / 200 >= 0.91  # 0.95 is promised; a binomial of .95 is below .91 in under 1 % of runs
    assert raw_held < 20


def test_known_chances_undo_a_sample_that_looked_for_the_code() -> None:
    errors = []
    for seed in range(100):
        truth, machine, groups = corpus(seed)
        chances = np.where(machine[:, 0] > 0.4, 0.6, 0.1)
        drawn = np.random.default_rng(2000 + seed).random(len(truth)) < chances
        values = np.where(drawn[:, None], truth, np.nan)
        (found,) = code_prevalence(["c"], machine, values, groups, sampled_with=chances)
        errors.append(found.value - truth.mean())
    assert abs(np.mean(errors)) < 0.005


def test_equal_chances_are_the_difference_estimator() -> None:
    truth, machine, groups = corpus(3)
    drawn = np.random.default_rng(3).choice(len(truth), 240, replace=False)
    values = np.full_like(truth, np.nan)
    values[drawn] = truth[drawn]
    (found,) = code_prevalence(["c"], machine, values, groups)
    published = difference_mean(
        truth[drawn, 0], machine[drawn, 0], machine[:, 0], clusters=groups[drawn].tolist()
    )
    assert found.value == pytest.approx(published.value)
    n_groups = len(set(groups[drawn].tolist()))
    assert found.high - found.value == pytest.approx(t.ppf(0.975, n_groups - 1) * published.standard_error)


def test_a_sample_read_in_part_and_one_drawn_twice_count_once() -> None:
    """Six utterances of three interviews, the machine says 0 to all. The first is known before; of the
    others four were drawn, three are read, two of them carry the code: (1 + 5 * 2/3) / 6.
    """
    machine, values = np.zeros((6, 1)), np.array([[1.0], [1.0], [0.0], [1.0], [np.nan], [np.nan]])
    groups = [0, 0, 1, 2, 1, 2]
    for chance in (0.8, 0.4):  # as drawn at once, and in two draws of half the size
        chances = np.array([1.0, *[chance] * 4, 1.0])
        (found,) = code_prevalence(["c"], machine, values, groups, sampled_with=chances)
        assert found.value == pytest.approx((1 + 5 * 2 / 3) / 6)
    everything = np.array([[1.0], [1.0], [0.0], [1.0], [0.0], [0.0]])
    (counted,) = code_prevalence(["c"], machine, everything, groups, sampled_with=chances)
    assert (counted.low, counted.value, counted.high) == (0.5, 0.5, 0.5)


@pytest.mark.parametrize(
    ("rate", "finds", "keeps", "units"), [(0.1, 0.95, 1.0, 150), (0.3, 0.99, 0.995, 100)]
)
def test_a_model_that_is_hardly_ever_wrong_may_be_wrong_elsewhere(
    rate: float, finds: float, keeps: float, units: int
) -> None:
    """Without the errors that nobody has seen, half of these intervals hold."""
    held, rng, groups = 0, np.random.default_rng(1), np.repeat(np.arange(40), 50)
    for _ in range(200):
        truth = rng.random(2000) < rate
        given = np.where(truth, rng.random(2000) < finds, rng.random(2000) > keeps)
        machine = np.where(given, 0.997, 0.003) + rng.uniform(-0.002, 0.002, 2000)
        values, drawn = np.full((2000, 1), np.nan), rng.choice(2000, units, replace=False)
        values[drawn, 0] = truth[drawn]
        chances = np.full(2000, units / 2000)
        (found,) = code_prevalence(["c"], machine[:, None], values, groups, sampled_with=chances)
        held += found.low <= truth.mean() <= found.high
    assert held / 200 >= 0.93


def test_few_errors_widen_by_the_limit_of_their_share() -> None:
    """100 of 400 drawn, 20 of them given the code, all rightly, and 80 not: no error in 80 may be 1 - .025 **
    (1/80) of the four fifths that are not given it."""
    groups, machine, values = np.arange(400) % 20, np.zeros((400, 1)), np.full((400, 1), np.nan)
    machine[:80] = 1.0
    values[:20], values[80:160] = 1.0, 0.0
    (found,) = code_prevalence(["c"], machine, values, groups, sampled_with=np.full(400, 0.25))
    assert found.value == pytest.approx(0.2)
    assert found.high - 0.2 == pytest.approx(0.75**0.5 * 0.8 * (1 - 0.025 ** (1 / 80)))
    assert 0.2 - found.low == pytest.approx(0.75**0.5 * 0.2 * (1 - 0.025 ** (1 / 20)))
    assert found.widened_because == (
        "of 100 drawn utterances the model missed the code in 0 and gave it wrongly in 0"
    )
    values[80:85], values[:5] = 1.0, 0.0  # five errors of a kind show how many there are
    (ordinary,) = code_prevalence(["c"], machine, values, groups, sampled_with=np.full(400, 0.25))
    assert ordinary.widened_because is None


def test_what_cannot_be_said_has_its_reason() -> None:
    truth, machine, groups = corpus(0)
    nothing = np.full_like(truth, np.nan)
    one = np.where((groups == 3)[:, None], truth, np.nan)
    (none,) = code_prevalence(["c"], machine, nothing, groups)
    (single,) = code_prevalence(["c"], machine, one, groups)
    assert (none.value, none.undefined_because) == (None, "nobody has coded it")
    assert (single.value, single.undefined_because) == (None, "the coded utterances are of one interview")


def test_a_code_that_is_never_found_has_no_certain_share() -> None:
    """Errors that are all alike do not tell how far off they may be, and no limit is below zero."""
    groups, values = np.repeat(np.arange(12), 10), np.full((120, 1), np.nan)
    values[::3] = 0.0
    (alike,) = code_prevalence(["c"], np.zeros((120, 1)), values, groups)
    assert (alike.value, alike.low, alike.high) == (0.0, None, None)
    assert "none, or in all, of the sample" in str(alike.undefined_because)
    machine = np.random.default_rng(1).uniform(0, 0.1, (120, 1))
    machine[::3] += 0.2  # far too much where people looked
    (found,) = code_prevalence(["c"], machine, values, groups)
    assert (found.value, found.low, found.high) == (0.0, None, None)
    machine[::3] -= 0.2
    values[0] = 1.0
    (found,) = code_prevalence(["c"], machine, values, groups)
    assert found.low == 0 < found.value < found.high
    values[1:40:3], machine[:] = np.nan, np.linspace(0, 0.1, 120)[:, None]
    values[::3] = 0.0  # the machine's own doubts vary, but nobody saw how often it misses the code
    (found,) = code_prevalence(["c"], machine, values, groups)
    assert (found.low, found.high) == (None, None)


def test_shapes_and_chances_are_checked() -> None:
    truth, machine, groups = corpus(0)
    with pytest.raises(LearnError, match="different utterances"):
        code_prevalence(["c"], machine, truth[:5], groups)
    with pytest.raises(LearnError, match="chance"):
        code_prevalence(["c"], machine, truth, groups, sampled_with=np.zeros(len(truth)))
