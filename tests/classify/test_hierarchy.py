"""Scores agree along the hierarchy; exclusive groups have one winner."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from autocode.classify.hierarchy import agree, choose
from autocode.codebook import Code, Codebook


@pytest.fixture(scope="module")
def tree() -> Codebook:
    parents = {"a": None, "a1": "a", "a2": "a", "a11": "a1", "b": None, "b1": "b"}
    codes = tuple(Code(id=id, name=id, parent=parent) for id, parent in parents.items())
    return Codebook(name="tree", codes=codes, exclusive_groups=(("a1", "a2"),))


numbers = arrays(np.float64, (4, 6), elements=st.floats(-5, 5))


@given(evidence=numbers)
def test_no_code_has_more_than_its_parent(tree: Codebook, evidence: np.ndarray) -> None:
    agreed = agree(tree, evidence)
    for code_id in tree.ids:
        for parent in tree.ancestors(code_id):
            assert (agreed[:, tree.ids.index(parent)] >= agreed[:, tree.ids.index(code_id)]).all()


@given(evidence=numbers)
def test_what_agrees_already_stays(tree: Codebook, evidence: np.ndarray) -> None:
    once = agree(tree, evidence)
    np.testing.assert_allclose(agree(tree, once), once)


def test_the_top_rises_to_its_children_and_the_rest_is_held_by_its_parent(tree: Codebook) -> None:
    evidence = np.array([[0.0, 2.0, -9.0, 3.0, 1.0, -3.0]])  # a, a1, a2, a11, b, b1
    assert agree(tree, evidence)[0].tolist() == [2.0, 2.0, -9.0, 2.0, 1.0, -3.0]


@given(scores=arrays(np.float64, (4, 6), elements=st.floats(0, 1)))
def test_choice_respects_groups_ancestors_and_threshold(tree: Codebook, scores: np.ndarray) -> None:
    scores = agree(tree, scores)
    chosen = choose(tree, scores, threshold=0.5, most=2)
    at = tree.ids.index
    assert not (chosen[:, at("a1")] & chosen[:, at("a2")]).any()
    assert (scores[chosen] >= 0.5).all()
    for code_id in tree.ids:
        for parent in tree.ancestors(code_id):
            assert (chosen[:, at(parent)] | ~chosen[:, at(code_id)]).all()


@pytest.mark.parametrize(("most", "expected"), [(1, ["a", "a1", "a11"]), (2, ["a", "a1", "a11", "b", "b1"])])
def test_at_most_so_many_codes_besides_their_ancestors(
    tree: Codebook, most: int, expected: list[str]
) -> None:
    scores = np.array([[0.9, 0.8, 0.7, 0.6, 0.9, 0.85]])
    chosen = choose(tree, scores, threshold=0.5, most=most)[0]
    assert [code for code, is_chosen in zip(tree.ids, chosen, strict=True) if is_chosen] == expected
