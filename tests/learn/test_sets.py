"""Sets from probabilities: exclusive codes with codes below them."""

from __future__ import annotations

import numpy as np
import pytest

from autocode.codebook import Codebook
from autocode.codebook.code import Code
from autocode.learn.blend import Blend, best_thresholds
from autocode.learn.sets import below_exclusive, exclusive_thresholds, family, learn_sets
from autocode.learn.signals import N_ROLES

PARENTS = {
    "top": None,
    "yes": "top",
    "y1": "yes",
    "no": "top",
    "n1": "no",
    "n2": "n1",
    "other": None,
    "o1": "other",
}
BOOK = Codebook(
    name="b",
    codes=tuple(Code(id=id, name=id, parent=parent) for id, parent in PARENTS.items()),
    exclusive_groups=(("yes", "no"),),
)
AT = {code: index for index, code in enumerate(BOOK.ids)}


def probabilities(**given: float) -> np.ndarray:
    return np.array([[given.get(code, 0.01) for code in BOOK.ids]])


def test_only_what_stands_below_a_group_follows_it() -> None:
    below = below_exclusive(((AT["yes"], AT["no"]),), family(BOOK))
    assert [(BOOK.ids[c], BOOK.ids[p]) for c, p in below] == [("n2", "n1"), ("y1", "yes"), ("n1", "no")]


def test_of_exclusive_codes_one_applies_and_nothing_below_the_other() -> None:
    values = np.zeros((60, len(AT)))
    values[:30, [AT["top"], AT["yes"]]] = values[30:, [AT["top"], AT["no"]]] = 1.0
    rule = learn_sets(values, np.full(len(AT), 0.2), BOOK)
    chosen = rule(probabilities(top=0.9, yes=0.6, y1=0.25, no=0.4, n1=0.35, n2=0.3, o1=0.5))
    assert {code for code, column in AT.items() if chosen[0, column]} == {"top", "yes", "y1", "other", "o1"}
    chosen = rule(probabilities(top=0.9, yes=0.3, y1=0.25, no=0.6, n2=0.3))
    assert {code for code, column in AT.items() if chosen[0, column]} == {"top", "no", "n1", "n2"}


def test_probabilities_of_exclusive_codes_add_up_to_one_whatever_stands_below_them() -> None:
    n = len(AT)
    blend = Blend(
        np.zeros((n, 5)), *(np.zeros(n) for _ in range(3)), np.zeros((N_ROLES, n)), np.zeros((n, n)),
        groups=((AT["yes"], AT["no"]),), parents=family(BOOK),
    )  # fmt: skip
    given = np.random.default_rng(0).normal(0, 2, (200, n))
    found = blend.tied(given, np.zeros(200, np.intp))
    assert np.allclose(found[:, AT["yes"]] + found[:, AT["no"]], 1)
    for child, parent in family(BOOK):
        assert (found[:, child] <= found[:, parent] + 1e-12).all()


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
