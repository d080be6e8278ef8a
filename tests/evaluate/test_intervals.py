"""Intervals of an evaluation: by interview, wider for what was cross-validated, and of differences."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from autocode.agreement import bootstrap_interval
from autocode.evaluate import metrics
from autocode.evaluate.intervals import (
    code_intervals,
    differences,
    for_folds,
    group_intervals,
    intervals,
)

N_GROUPS, SIZE = 20, 15
COLUMNS = range(3)

Table = NDArray[np.bool_]


@pytest.fixture(scope="module")
def groups() -> NDArray[np.intp]:
    return np.repeat(np.arange(N_GROUPS), SIZE)


@pytest.fixture(scope="module")
def truth(groups: NDArray[np.intp]) -> Table:
    """Three codes; how frequent they are differs between interviews."""
    rng = np.random.default_rng(0)
    return rng.random((len(groups), 3)) < rng.beta(1.0, 3.0, (N_GROUPS, 3))[groups]


def guessed(truth: Table, right: float, seed: int) -> Table:
    """What somebody suggests who is right so often."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random(truth.shape) < right, truth, rng.random(truth.shape) < 0.3)


def counted(truth: Table, chosen: Table, groups: NDArray[np.intp]) -> list[metrics.Counts]:
    return [metrics.counts(truth.astype(float), chosen, COLUMNS, groups, int(groups.max()) + 1)]


def by_hand(truth: Table, groups: NDArray[np.intp], *chosen: Table) -> tuple[float, float]:
    """How far the mean F1 (or a difference) spreads when interviews are drawn, by scikit-learn."""
    rng, found = np.random.default_rng(7), []
    for _ in range(1500):
        rows = np.concatenate(
            [np.flatnonzero(groups == one) for one in rng.integers(N_GROUPS, size=N_GROUPS)]
        )
        f1 = [f1_score(truth[rows], one[rows], average="macro", zero_division=0) for one in chosen]
        found.append(f1[0] - sum(f1[1:]))
    return float(np.mean(found)), float(np.std(found, ddof=1))


def test_drawing_interviews_by_hand_gives_the_same_width(truth: Table, groups: NDArray[np.intp]) -> None:
    ours, theirs = guessed(truth, 0.8, 1), guessed(truth, 0.5, 2)
    one = intervals(counted(truth, ours, groups), seed=0)["macro_f1"]
    apart = differences(counted(truth, ours, groups), counted(truth, theirs, groups), seed=0)["macro_f1"]
    assert one["value"] == metrics.overall(truth.astype(float), ours, COLUMNS)["macro_f1"]
    assert (one["method"], one["n_groups"]) == ("bootstrap", N_GROUPS)
    for found, chosen in ((one, [ours]), (apart, [ours, theirs])):
        mean, spread = by_hand(truth, groups, *chosen)
        reach = 2.093 * np.sqrt(20 / 19) * spread  # t with 19 degrees of freedom, and expanded
        assert found["low"] == pytest.approx(mean - reach, abs=0.012)
        assert found["high"] == pytest.approx(mean + reach, abs=0.012)


def test_what_was_cross_validated_has_wider_intervals(truth: Table, groups: NDArray[np.intp]) -> None:
    chosen = guessed(truth, 0.6, 3)
    parts = counted(truth, chosen, groups)
    narrow, wide = (intervals(parts, widened=by, seed=0) for by in (1.0, for_folds(5)))
    of_codes = [code_intervals(truth.astype(float), chosen, groups, widened=by, seed=0) for by in (1.0, 1.5)]
    pairs = [(narrow[name], wide[name], wide[name]["value"]) for name in metrics.MEASURES]
    alphas = [row["alpha"] for row in metrics.per_code(truth.astype(float), chosen, list("abc")).values()]
    pairs += [
        (near["alpha"], far["alpha"], alpha) for near, far, alpha in zip(*of_codes, alphas, strict=True)
    ]
    for near, far, value in pairs:
        assert far["low"] - value == pytest.approx(1.5 * (near["low"] - value), abs=2e-4)
        assert far["high"] - value == pytest.approx(1.5 * (near["high"] - value), abs=2e-4)


@pytest.mark.parametrize("n_groups", [5, 12])
def test_limits_stay_where_values_can_be(n_groups: int) -> None:
    """Nearly all right, or nearly all wrong, in some interviews."""
    groups = np.repeat(np.arange(n_groups), 4)
    truth = np.zeros((len(groups), 3), bool)
    truth[::2] = True
    chosen = truth.copy()
    chosen[:4] = ~chosen[:4]
    for suggested in (chosen, ~chosen):
        found = intervals(counted(truth, suggested, groups), widened=for_folds(2), seed=0)
        codes = code_intervals(truth.astype(float), suggested, groups, widened=for_folds(2), seed=0)
        for one in (*found.values(), codes[0]["f1"]):
            assert 0.0 <= one["low"] < one["high"] <= 1.0
        assert -1.0 <= codes[0]["alpha"]["low"] < codes[0]["alpha"]["high"] <= 1.0


def test_a_better_method_on_the_same_interviews(truth: Table, groups: NDArray[np.intp]) -> None:
    """Interviews differ much and the methods little, so the difference is surer than either number."""
    ours = guessed(truth, 0.7, 4)
    theirs = ours.copy()
    theirs[::6] = ~truth[::6]
    parts, others = counted(truth, ours, groups), counted(truth, theirs, groups)
    one, apart = intervals(parts, seed=0)["micro_f1"], differences(parts, others, seed=0)["micro_f1"]
    assert apart["low"] > 0.05
    assert apart["high"] - apart["low"] < one["high"] - one["low"]
    back = differences(others, parts, seed=0)["micro_f1"]
    assert (back["value"], back["high"]) == (-apart["value"], pytest.approx(-apart["low"], abs=0.02))
    same = differences(parts, parts, seed=0)["micro_f1"]
    assert (same["value"], same["low"]) == (0.0, None)
    assert "the same in every" in same["unavailable_because"]


def test_the_interval_of_f1_is_that_of_positive_agreement(truth: Table, groups: NDArray[np.intp]) -> None:
    chosen = guessed(truth, 0.6, 5)
    found = code_intervals(truth.astype(float), chosen, groups, seed=3)
    expected = bootstrap_interval(
        [truth[:, 1].astype(int), chosen[:, 1].astype(int)], "positive_agreement", clusters=groups, seed=3
    )
    assert expected.low is not None
    assert expected.high is not None
    assert found[1]["f1"]["low"] == pytest.approx(expected.low, abs=1e-4)
    assert found[1]["f1"]["high"] == pytest.approx(expected.high, abs=1e-4)


def test_without_a_hit_nothing_is_known_of_kappa_and_alpha(truth: Table, groups: NDArray[np.intp]) -> None:
    chosen = np.zeros_like(truth)
    chosen[np.flatnonzero(~truth[:, 0])[::20], 0] = True
    found = code_intervals(truth.astype(float), chosen, groups, seed=0)[0]
    assert [found[name]["low"] for name in ("f1", "kappa", "alpha")] == [None] * 3
    assert "the same in every" in found["alpha"]["unavailable_because"]


def test_few_interviews(truth: Table, groups: NDArray[np.intp]) -> None:
    chosen = guessed(truth, 0.6, 6)
    for n, method in ((2, ""), (6, "jackknife")):
        some = groups < n
        one = intervals(counted(truth[some], chosen[some], groups[some]), seed=0)["macro_f1"]
        assert (one["method"], one["low"] is None) == (method, n == 2)
    assert one["n_groups"] == 6


def test_interviews_where_nobody_applied_or_suggested_anything_tell_nothing_of_f1(
    truth: Table, groups: NDArray[np.intp]
) -> None:
    truth, chosen = truth.copy(), guessed(truth, 0.6, 7)
    truth[groups >= 6], chosen[groups >= 6] = False, False
    found = intervals(counted(truth, chosen, groups), seed=0)
    some = groups < 6
    alone = intervals(counted(truth[some], chosen[some], groups[some]), seed=0)
    assert found["micro_f1"] == alone["micro_f1"]
    assert found["exact_set"]["n_groups"] == N_GROUPS


def test_the_mean_over_coders_is_weighed_by_their_units(truth: Table, groups: NDArray[np.intp]) -> None:
    half = groups < 10
    everything = counted(truth, guessed(truth, 0.8, 8), groups)[0]
    other = guessed(truth, 0.4, 9)[half]
    some = metrics.counts(truth[half].astype(float), other, COLUMNS, groups[half], N_GROUPS)
    single = [intervals([one], seed=0)["macro_f1"]["value"] for one in (everything, some)]
    both = intervals([everything, some], seed=0)["macro_f1"]
    assert both["value"] == pytest.approx((2 * single[0] + single[1]) / 3, abs=1e-4)
    assert both["low"] < both["value"] < both["high"]


def test_an_exclusive_group_has_intervals_of_kappa_and_accuracy(groups: NDArray[np.intp]) -> None:
    rng = np.random.default_rng(11)
    said = rng.integers(4, size=len(groups))  # 3: none of them applies
    given = np.where(rng.random(len(groups)) < 0.7, said, rng.integers(4, size=len(groups)))
    truth, chosen = (one[:, None] == np.arange(3) for one in (said, given))
    found = group_intervals(truth.astype(float), chosen, COLUMNS, groups, widened=1.5, seed=0)
    row = metrics.exclusive_group(truth.astype(float), chosen, COLUMNS)
    coded = said < 3
    expected = bootstrap_interval(
        [said[coded], given[coded]], "cohen_kappa", categories=range(4), clusters=groups[coded], widened=1.5
    )
    assert found["kappa"]["low"] == pytest.approx(expected.low, abs=1e-4)
    for name, one in found.items():
        assert one["low"] < row[name] < one["high"]
    assert group_intervals(np.zeros((4, 3)), chosen[:4], COLUMNS, groups[:4], seed=0) == {}
