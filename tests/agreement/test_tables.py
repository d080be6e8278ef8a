"""Rows and matrices become ratings and code tables, and the levels of a codebook become tables."""

import numpy as np

from autocode import agreement as ag

NAN = float("nan")


def test_none_and_nan_are_missing_and_categories_are_sorted():
    for table in ([[2, None, 1], [10, 1, 1]], np.array([[2, NAN, 1], [10, 1, 1]])):
        ratings = ag.as_ratings(table)
        assert ratings.categories == (1, 2, 10)
        assert ratings.codes.tolist() == [[1, -1, 0], [2, 0, 0]]


def test_offered_categories_keep_their_order():
    ratings = ag.as_ratings([["low", "high"]], categories=["low", "mid", "high"])
    assert ratings.codes.tolist() == [[0, 2]]
    assert ag.as_ratings(ratings, categories=["high", "low"]).codes.tolist() == [[1, 0]]


def test_lists_are_sets_of_codes():
    ratings = ag.as_ratings([[["b", "a"], []], [{"a", "b"}, None]])
    assert set(ratings.categories) == {frozenset(), frozenset("ab")}
    assert ratings.codes[0, 0] == ratings.codes[1, 0]
    assert ratings.codes[1, 1] == -1


def test_long_rows_give_the_same_coefficient_as_the_matrix():
    matrix = [["y", "n", None, "y"], ["y", "y", "n", None], [None, "n", "n", "y"]]
    rows = [(i, j, cell) for j, row in enumerate(matrix) for i, cell in enumerate(row) if cell is not None]
    long = ag.from_long(rows)
    assert ag.krippendorff_alpha(long).value == ag.krippendorff_alpha(matrix).value
    assert ag.from_long([*rows, *rows]).codes.tolist() == long.codes.tolist()


def small_table():
    coverage = [(unit, coder) for unit in ("u1", "u2", "u3") for coder in ("ann", "bob")][:-1]
    applied = [("u1", "ann", "trust > calculated"), ("u1", "bob", "trust > knowing"), ("u2", "bob", "gap")]
    return ag.code_table(coverage, applied, codes=["trust > calculated", "trust > knowing", "gap"])


PARENTS = {"trust > calculated": "trust", "trust > knowing": "trust"}


def test_seen_and_left_uncoded_is_a_zero_and_not_seen_is_missing():
    table = small_table()
    assert table.values[:, :, 2].tolist() == [[0, 0, 0], [0, 1, -1]]
    sets = table.label_sets()
    assert [sets.categories[k] for k in sets.codes[1, :2]] == [{"trust > knowing"}, {"gap"}]
    assert sets.codes[1, 2] == -1
    assert sets.categories[sets.codes[0, 2]] == frozenset()


def test_roll_up_and_closure():
    table = small_table()
    top = ag.roll_up(table, PARENTS, level=1)
    assert top.codes == ["trust", "gap"]
    assert top.values[:, :, 0].tolist() == [[1, 0, 0], [1, 0, -1]]
    closed = ag.ancestor_closure(table, PARENTS)
    assert set(closed.codes) == {"trust", "trust > calculated", "trust > knowing", "gap"}
    resolved = ag.resolved_at(table, PARENTS, level=1)
    assert (resolved.value, resolved.n_pairable) == (0.5, 2)  # u1 is settled in `trust`, u2 is not
    assert ag.set_alpha(closed.label_sets()).value > ag.set_alpha(table.label_sets()).value


def test_alpha_of_units_with_a_code_is_another_number():
    sets = ag.as_ratings([[["a"], [], [], ["b"], []], [["a"], [], [], ["a"], []]])
    whole, coded = ag.set_alpha(sets), ag.set_alpha(sets, coded_only=True)
    assert (whole.n_pairable, coded.n_pairable) == (5, 2)
    assert whole.value > coded.value


def test_units_that_only_missing_cells_touch_are_not_coded():
    sets = ag.as_ratings([[["a"], None], [["a"], []]])
    assert ag.set_alpha(sets, coded_only=True).n_units == 1
