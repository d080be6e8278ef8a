"""Meaning units: where the topic holds and where it breaks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from autocode.segment.units import cut_points, gap_scores

ONE, TWO = [1.0, 0.0], [0.0, 1.0]


def test_gap_scores_compare_blocks_of_two() -> None:
    scores = gap_scores(np.array([ONE, ONE, TWO, TWO]))
    assert scores == pytest.approx([1 / 2**0.5, 0, 1 / 2**0.5])


def test_length_and_zeros_do_not_matter() -> None:
    vectors = np.array([ONE, TWO, ONE, TWO])
    assert gap_scores(vectors * 7) == pytest.approx(gap_scores(vectors))
    assert gap_scores(np.zeros((3, 2))).tolist() == [0, 0]
    assert gap_scores(np.zeros((1, 2))).shape == (0,)


def test_a_break_is_cut_and_a_long_unit_at_its_weakest_gap() -> None:
    vectors = np.array([ONE, ONE, TWO, TWO])
    assert cut_points(vectors, [5, 5, 5, 5], cohesion=0.35, max_words=60) == [2]
    assert cut_points(vectors, [5, 5, 5, 5], cohesion=-1, max_words=60) == []
    assert cut_points(vectors, [5, 5, 5, 5], cohesion=-1, max_words=15) == [2]
    assert cut_points(vectors, [99, 1, 1, 1], cohesion=-1, max_words=60) == [1, 2]
    assert cut_points(vectors[:1], [99], cohesion=0.35, max_words=60) == []


@given(
    arrays.arrays(np.float64, st.tuples(st.integers(0, 12), st.just(3)), elements=st.floats(-1, 1)),
    st.floats(-1, 1),
    st.data(),
)
def test_units_are_short_or_single(vectors: np.ndarray, cohesion: float, data: st.DataObject) -> None:
    lengths = data.draw(st.lists(st.integers(1, 30), min_size=len(vectors), max_size=len(vectors)))
    bounds = [0, *cut_points(vectors, lengths, cohesion=cohesion, max_words=40), len(lengths)]
    assert all(first < last for first, last in pairwise(bounds)) or not lengths
    assert all(
        last - first == 1 or sum(lengths[first:last]) <= 40 for first, last in pairwise(bounds) if lengths
    )
