"""Sets from probabilities: exclusive codes with codes below them."""

from __future__ import annotations

import numpy as np

from autocode.codebook import Codebook
from autocode.codebook.code import Code
from autocode.learn.blend import Blend
from autocode.learn.sets import below_exclusive, family, learn_sets
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
