"""Codings and decisions become one table: votes, ancestors, rivals, and what nobody has said."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from autocode.codebook import Codebook
from autocode.codebook.code import Code
from autocode.learn.labels import Labels, labels_of_codings, labels_of_decisions, overlaid
from autocode.records import Decision

BOOK = Codebook(
    name="b",
    codes=tuple(
        Code(id=id, name=id, parent=parent)
        for id, parent in [("top", None), ("a", "top"), ("b", "top"), ("yes", None), ("no", None)]
    ),
    exclusive_groups=(("yes", "no"),),
)
COLUMN = {code: index for index, code in enumerate(BOOK.ids)}


def decision(unit: str, code: str, *, coder: str = "anna", applies: bool = True) -> Decision:
    return Decision(unit, code, coder, applies, True, datetime(2026, 1, 1, tzinfo=UTC))


def test_a_parent_applies_where_its_child_does_and_unseen_units_are_left_out() -> None:
    labels = labels_of_codings(
        {"anna": {"u1": frozenset({"a"}), "u2": frozenset()}}, BOOK, order=["u2", "u1", "u3"]
    )
    assert labels.unit_ids == ("u2", "u1")
    assert labels.values[1, [COLUMN["top"], COLUMN["a"], COLUMN["b"]]].tolist() == [1, 1, 0]
    assert labels.values[0].tolist() == [0] * 5


def test_half_of_those_who_looked_suffice_and_a_group_gives_its_first_best() -> None:
    by_coder = {
        "anna": {"u": frozenset({"a", "yes"})},
        "ben": {"u": frozenset({"no"})},
        "cleo": {"u": frozenset({"no", "b"}), "v": frozenset({"yes"})},
        "dora": {"v": frozenset({"no"})},
    }
    labels = labels_of_codings(by_coder, BOOK, order=["u", "v"])
    assert labels.values[0].tolist() == [1, 0, 0, 0, 1]  # top has two of three votes, a and b one each
    assert labels.values[1].tolist() == [0, 0, 0, 1, 0]  # one all; the first of the group


def test_what_is_tied_is_left_open_if_asked() -> None:
    by_coder = {
        "anna": {"u": frozenset({"a", "yes"}), "v": frozenset({"a"}), "w": frozenset({"yes"})},
        "ben": {"u": frozenset({"b", "no"}), "v": frozenset({"yes"}), "w": frozenset({"yes"})},
    }
    labels = labels_of_codings(by_coder, BOOK, order=["u", "v", "w"], open_ties=True)
    nan = np.nan
    np.testing.assert_array_equal(
        labels.values, [[1, nan, nan, nan, nan], [nan, nan, 0, nan, 0], [0, 0, 0, 1, 0]]
    )
    by_coder["cleo"] = {"u": frozenset({"a"}), "v": frozenset({"a", "no"}), "w": frozenset({"no"})}
    labels = labels_of_codings(by_coder, BOOK, order=["u", "v", "w"], open_ties=True)
    np.testing.assert_array_equal(labels.values, [[1, 1, 0, nan, nan], [1, 1, 0, nan, nan], [0, 0, 0, 1, 0]])


def test_decisions_the_last_word_of_each_coder_counts() -> None:
    made = [
        decision("u", "a"),
        decision("u", "yes"),
        decision("u", "a", applies=False),
        decision("v", "top", applies=False),
        decision("v", "gone"),
    ]
    labels = labels_of_decisions(made, BOOK)
    assert labels.unit_ids == ("u", "v")
    u, v = labels.values
    assert u[COLUMN["a"]] == 0
    assert (u[COLUMN["yes"]], u[COLUMN["no"]]) == (1, 0)
    assert np.isnan(u[[COLUMN["top"], COLUMN["b"]]]).all()
    assert v[[COLUMN["top"], COLUMN["a"], COLUMN["b"]]].tolist() == [0, 0, 0]
    assert np.isnan(v[COLUMN["yes"]])


def test_one_table_over_another_leaves_what_it_does_not_say() -> None:
    below = Labels(("a", "b"), ("x", "y"), np.array([[1.0, 0.0], [0.0, np.nan]]))
    above = Labels(("c", "a"), ("x", "y"), np.array([[np.nan, 1.0], [0.0, np.nan]]))
    found = overlaid(below, above)
    assert found.unit_ids == ("a", "b", "c")
    np.testing.assert_array_equal(found.values, [[0.0, 0.0], [0.0, np.nan], [np.nan, 1.0]])


TREE = Codebook(
    name="t",
    codes=tuple(
        Code(id=id, name=id, parent=parent)
        for id, parent in [("yes", None), ("y1", "yes"), ("no", None), ("n1", "no"), ("n2", "n1")]
    ),
    exclusive_groups=(("yes", "no"),),
)


def test_none_of_a_group_wins_where_more_gave_none_of_its_codes() -> None:
    """One vote of three is no majority; one of two is half."""
    nothing, yes = frozenset[str](), frozenset({"yes"})
    by_coder = {
        "anna": {"u": yes, "v": yes, "w": yes},
        "ben": {"u": nothing, "v": nothing, "w": frozenset({"no"})},
        "cleo": {"u": nothing, "w": nothing},
    }
    labels = labels_of_codings(by_coder, BOOK, order=["u", "v", "w"])
    assert labels.values[:, [COLUMN["yes"], COLUMN["no"]]].tolist() == [[0, 0], [1, 0], [1, 0]]


def test_codes_below_those_that_exclude_each_other_do_too() -> None:
    by_coder = {
        "anna": {"u": frozenset({"y1"}), "v": frozenset({"n2"})},
        "ben": {"u": frozenset({"n2"}), "v": frozenset({"y1"})},
        "cleo": {"v": frozenset({"no"})},
    }
    labels = labels_of_codings(by_coder, TREE, order=["u", "v"])
    assert labels.values.tolist() == [[1, 1, 0, 0, 0], [0, 0, 1, 0, 0]]
    made = [decision("u", "y1"), decision("u", "n2", coder="ben"), decision("u", "n2", coder="cleo")]
    assert labels_of_decisions(made, TREE).values.tolist() == [[0, 0, 1, 1, 1]]
    assert labels_of_decisions(made[:1], TREE).values[0, :4].tolist() == [1, 1, 0, 0]


def test_the_codebook_knows_which_codes_go_not_together() -> None:
    assert TREE.excluded(["y1", "n2"]) == ("no", "yes")
    assert TREE.excluded(["yes", "y1"]) == TREE.excluded([]) == ()
