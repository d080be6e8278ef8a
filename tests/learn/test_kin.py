"""Codes of like names lend each other what was learnt of them."""

from __future__ import annotations

import doctest

import numpy as np
import pytest

import autocode.learn.kin
from autocode.codebook import Code, Codebook
from autocode.learn.blend import Blend, fit_blend
from autocode.learn.judging import loss, mean_average_precision
from autocode.learn.kin import likeness, shares
from tests.learn.conftest import blend_alone, none_around, said_by

FAMILIES = ("Barriers", "Motives", "Partners")
N_CHILDREN, N = 5, 2000


def book_of(*codes: tuple[str, str | None], groups: tuple[tuple[str, ...], ...] = ()) -> Codebook:
    return Codebook(
        name="test", codes=tuple(Code(id=id, name=id, parent=parent) for id, parent in codes),
        exclusive_groups=groups,
    )  # fmt: skip


def test_examples() -> None:
    assert doctest.testmod(autocode.learn.kin).failed == 0


def test_headings_and_words_in_common_make_codes_alike() -> None:
    book = book_of(
        ("Barriers", None), ("language", "Barriers"), ("tariffs", "Barriers"), ("language skills", None),
        ("zzz", None),
    )  # fmt: skip
    alike = likeness(book)
    heading, language, tariffs, skills, stranger = range(5)
    assert (alike == alike.T).all()
    assert (np.diag(alike) == 0).all()
    assert alike[heading, language] > 100 * alike[stranger, language]
    assert alike[tariffs, language] > 10 * alike[stranger, language]
    assert alike[skills, language] > 10 * alike[skills, tariffs]


def test_codes_that_exclude_each_other_lend_each_other_nothing() -> None:
    codes = (
        ("fee", None),
        ("fee yes", "fee"),
        ("fee no", "fee"),
        ("fee yes, high", "fee yes"),
        ("fees", None),
    )
    free = likeness(book_of(*codes))
    tied = likeness(book_of(*codes, groups=(("fee yes", "fee no"),)))
    apart = np.zeros((5, 5), bool)
    apart[[1, 2, 2, 3], [2, 1, 3, 2]] = True
    assert (tied[apart] == 0).all()
    assert (free[apart] > 0).all()
    np.testing.assert_array_equal(tied[~apart], free[~apart])


@pytest.mark.parametrize("names", [("a",), ("a", "b"), ("信任", "知识"), ("?", "!")])
def test_any_names_will_do(names: tuple[str, ...]) -> None:
    alike = likeness(book_of(*((name, None) for name in names)))
    assert np.isfinite(alike).all()
    assert np.isfinite(shares(alike, np.zeros(len(names)))).all()
    assert shares(alike, np.zeros(len(names))).sum() == 0


ALIKE = likeness(
    book_of(
        *((family, None) for family in FAMILIES),
        *((f"{family} {letter * 4}", family) for family in FAMILIES for letter in "vwxyz"),
    )
)[len(FAMILIES) :, len(FAMILIES) :]  # of the children


def blended(alike: np.ndarray | None, *, in_like_words: bool) -> tuple[Blend, np.ndarray, np.ndarray]:
    """A blend on one half of invented statements, and what it says of the other half, with the truth.

    Children of three families, one in fifty each. Where they are spoken of `in_like_words`, the score of
    each tells little of itself, and those of all its family together tell whether that is spoken of.
    """
    rng = np.random.default_rng(0)
    family, child = rng.integers(0, 10, N), rng.integers(0, N_CHILDREN, N)
    applies = np.zeros((N, len(FAMILIES) * N_CHILDREN))
    rows = np.flatnonzero(family < len(FAMILIES))
    applies[rows, family[rows] * N_CHILDREN + child[rows]] = 1
    of_family = applies.reshape(N, -1, N_CHILDREN).max(axis=2).repeat(N_CHILDREN, axis=1)
    learnt = 0.02 + 0.02 * applies + 0.02 * of_family * in_like_words + 0.04 * rng.normal(size=applies.shape)
    half, none, roles = N // 2, np.zeros_like(applies), np.full(N, 2)
    blend = blend_alone(learnt[:half], none[:half], applies[:half], roles[:half], alike=alike)
    return blend, said_by(blend, learnt[half:], none[half:], roles[half:]), applies[half:]


def test_rare_codes_are_found_by_what_their_family_tells() -> None:
    (alone, before, y), (blend, after, _) = (blended(alike, in_like_words=True) for alike in (None, ALIKE))
    assert mean_average_precision(y, after) > 1.2 * mean_average_precision(y, before)
    assert loss(after, y) < 0.97 * loss(before, y)
    assert blend.weights[:, 2].min() > 1.0
    assert (alone.weights[:, 2] == 0).all()


def test_a_family_that_has_nothing_but_its_name_in_common_hardly_counts() -> None:
    (_, before, y), (blend, after, _) = (blended(alike, in_like_words=False) for alike in (None, ALIKE))
    assert np.abs(blend.weights[:, 2]).max() < 0.5
    assert loss(after, y) < 1.01 * loss(before, y)


def test_what_is_said_around_tells_what_the_family_is() -> None:
    """Three statements in a row are of one of two families, each of another child; the fourth is of none."""
    rng, n = np.random.default_rng(0), 2400
    rows = np.arange(n)
    values = np.zeros((n, 6))
    family, first = rng.integers(0, 2, n // 4), rng.integers(0, 3, n // 4)
    for place in range(3):
        values[rows[place::4], 3 * family + (first + place) % 3] = 1
    learnt = 0.1 + 0.1 * values + 0.2 * rng.normal(size=values.shape)
    alike = np.kron(np.eye(2), 1.0 - np.eye(3))
    near = np.column_stack([rows, rows - 1, rows + 1])
    near[::4, 1], near[3::4, 1:], near[2::4, 2] = -1, -1, -1
    none, roles, taught, asked = np.zeros_like(values), np.full(n, 2), rows[: n // 2], rows[n // 2 :]
    blend = fit_blend(learnt, none, values, roles, rows=taught, near=near, alike=alike)
    blind = fit_blend(learnt, none, values, roles, rows=taught, near=none_around(rows), alike=alike)

    def judged(one: Blend, places: np.ndarray) -> float:
        lent = one.lent(learnt, places)
        said = one.log_odds(learnt[asked], none[asked], lent, roles[asked])
        return loss(one.tied(said, roles[asked]), values[asked])

    assert blend.weights[:, 3].min() > 0.5
    assert (blind.weights[:, 3] == 0).all()
    assert judged(blend, near[asked]) < 0.99 * judged(blind, none_around(asked))
