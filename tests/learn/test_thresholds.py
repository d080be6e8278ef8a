"""From which probability on a code is suggested."""

from __future__ import annotations

import numpy as np
import pytest

import autocode.learn.thresholds
from autocode.learn.thresholds import best_thresholds, exclusive_thresholds


def test_thresholds_make_the_expected_f1_largest() -> None:
    """Evenly spread probabilities: F1(t) = (1 - t^2) / (3/2 - t), largest where t^2 - 3t + 1 = 0."""
    p = (np.arange(4000)[:, None] + 0.5) / 4000
    said = np.zeros_like(p)
    assert abs(best_thresholds(p, said)[0] - (3 - 5**0.5) / 2) < 0.001
    assert best_thresholds(p, np.full_like(p, np.nan))[0] == 0.5


def test_a_code_without_any_label_gets_one_half_beside_others() -> None:
    rng = np.random.default_rng(0)
    p = rng.random((300, 3))
    values = (rng.random(p.shape) < p).astype(float)
    values[:, 1] = np.nan
    found = best_thresholds(p, values)
    assert found[1] == 0.5
    np.testing.assert_array_equal(found[[0, 2]], best_thresholds(p[:, [0, 2]], values[:, [0, 2]]))


def spread(n: int, n_frequent: int, n_rare: int) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of codes that are told well, and of rare ones that are hardly; and what came true."""
    rng = np.random.default_rng(0)
    p = np.column_stack([rng.beta(0.3, 0.9, (n, n_frequent)), rng.beta(0.4, 20.0, (n, n_rare))])
    return p, (rng.random(p.shape) < p).astype(float)


def test_with_many_rare_codes_fewer_suggestions_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    p, values = spread(400, 3, 60)
    found = best_thresholds(p, values)
    monkeypatch.setattr(autocode.learn.thresholds, "MOST_MICRO", 0.0)
    own = best_thresholds(p, values)
    new, truth = spread(4000, 3, 60)

    def judged(thresholds: np.ndarray) -> tuple[float, float, float]:
        """Precision, micro-F1 and macro-F1 on what was not learnt from."""
        chosen = new >= thresholds
        hits, there = (chosen * truth).sum(axis=0), chosen.sum(axis=0) + truth.sum(axis=0)
        return hits.sum() / chosen.sum(), 2 * hits.sum() / there.sum(), (2 * hits / there).mean()

    before, after = judged(own), judged(found)
    assert after[0] > 1.1 * before[0]
    assert after[1] > before[1] + 0.01
    assert after[2] > before[2] - 0.01


def test_where_all_codes_are_frequent_each_has_its_own_best(monkeypatch: pytest.MonkeyPatch) -> None:
    p, values = spread(3000, 8, 0)
    found = best_thresholds(p, values)
    monkeypatch.setattr(autocode.learn.thresholds, "MOST_MICRO", 0.0)
    np.testing.assert_allclose(found, best_thresholds(p, values), atol=0.01)


def test_a_parent_that_follows_its_children_does_not_count_for_others() -> None:
    p, values = spread(400, 1, 20)
    above = p.max(axis=1, keepdims=True), values.max(axis=1, keepdims=True)
    with_parent = [np.hstack(pair) for pair in zip((p, values), above, strict=True)]
    parents = [(child, 21) for child in range(21)]
    found = best_thresholds(*with_parent, parents)
    np.testing.assert_array_equal(found[:21], best_thresholds(p, values))
    assert abs(found[21] - best_thresholds(*above)[0]) < 1e-12
    assert (best_thresholds(*with_parent)[:21] != found[:21]).any()


def both_f1(p: np.ndarray, thresholds: np.ndarray, always: bool) -> float:
    """Macro- plus micro-F1 as expected, where the code wins whose odds are highest above its threshold's."""
    ratio = p / (1 - p) / (thresholds / (1 - thresholds))
    best = ratio.argmax(axis=1)
    chosen = np.eye(p.shape[1])[best] * (always | (ratio.max(axis=1) >= 1))[:, None]
    hits, n = (chosen * p).sum(axis=0), chosen.sum(axis=0) + p.sum(axis=0)
    return float((2 * hits / n).mean() + 2 * hits.sum() / n.sum())


@pytest.mark.parametrize("always", [True, False])
def test_thresholds_of_exclusive_codes_are_the_best_together(always: bool) -> None:
    """A frequent, a middling and a rare code, hard to tell apart; compared with a fine grid."""
    rng = np.random.default_rng(0)
    p = rng.dirichlet([6.0, 2.0, 0.4] if always else [6.0, 2.0, 0.4, 3.0], 400)[:, :3]
    values = np.zeros_like(p)
    group = ((0, 1, 2),)
    alone = best_thresholds(p, values)
    found = exclusive_thresholds(p, values, alone, group if always else (), () if always else group)
    grid = np.linspace(0.02, 0.98, 25)
    best = max(both_f1(p, np.array([a, b, c]), always) for a in grid for b in grid for c in grid)
    assert both_f1(p, found, always) > both_f1(p, alone, always) + 0.0005
    assert both_f1(p, found, always) > best - 0.002
    few = exclusive_thresholds(p[:49], values[:49], alone, group, ())
    np.testing.assert_array_equal(few, alone)
    values[49:, 1] = np.nan
    np.testing.assert_array_equal(exclusive_thresholds(p, values, alone, group, ()), alone)


def test_thresholds_of_other_codes_stay() -> None:
    p = np.random.default_rng(1).dirichlet([3.0, 1.0, 1.0], 100)
    alone = np.array([0.3, 0.4, 0.5])
    found = exclusive_thresholds(p, np.zeros_like(p), alone, ((0, 2),), ())
    assert found[1] == 0.4
    assert ((found >= 0.02) & (found <= 0.98)).all()
