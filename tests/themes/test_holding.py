"""Codes that hold together, overlap, or have two meanings: by hand, and planted with the encoder."""

from __future__ import annotations

import doctest
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import autocode.themes.alike
import autocode.themes.halves
import autocode.themes.holding
from autocode.codebook import Codebook, read_codebook
from autocode.config import EmbedConfig
from autocode.embed import load_embedder
from autocode.themes.halves import cut, p_of_one_cloud
from autocode.themes.holding import Coded, Holding, hold_together
from tests.themes.conftest import SUBJECTS

BOOK = """
codes:
  - {id: top, name: Top}
  - {id: a, name: A, parent: top}
  - {id: b, name: B, parent: top}
  - {id: unused, name: Unused, parent: top}
  - {id: empty, name: Empty}
"""


@pytest.fixture
def book(tmp_path: Path) -> Codebook:
    path = tmp_path / "book.yaml"
    path.write_text(BOOK, encoding="utf-8")
    return read_codebook(path)


def on_the_plane(
    degrees: Sequence[float], codes: Sequence[Collection[str]], interviews: Sequence[int] | None = None
) -> Coded:
    """Statements with these directions for meanings, in two interviews by turns; each its own respondent."""
    angles = np.radians(np.array(degrees, np.float64))
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    n = len(degrees)
    where = interviews or [row % 2 for row in range(n)]
    return Coded(where, [f"R{one + 1}" for one in where], codes, np.ones(n, np.bool_), vectors)


def test_the_worked_examples() -> None:
    for module in (autocode.themes.alike, autocode.themes.halves, autocode.themes.holding):
        assert doctest.testmod(module).failed == 0


ALL_AROUND = [9.0 * number for number in range(40)]  # in all directions: together they point nowhere


OPPOSITE = [180] * 14 + [270] * 6  # so that all 80 statements together point nowhere, too


def test_coherence_and_distance_by_hand(book: Codebook) -> None:
    """A: eight at 0 and two at 90 degrees: 28 + 1 of 45 pairs have cosine 1, the others 0. B: six at 0 and
    four at 90: 15 + 6 of 45. Between them 8*6 + 2*4 of 100. Within the two .5556, of which 75 % are .4167."""
    coded = on_the_plane(
        [0] * 8 + [90] * 2 + [0] * 6 + [90] * 4 + OPPOSITE + ALL_AROUND,
        [{"a"}] * 10 + [{"b"}] * 10 + [()] * 60,
    )
    found = hold_together(book, coded)
    assert [one.coherence.cosine for one in found.codes if one.coherence] == pytest.approx([29 / 45, 21 / 45])
    (pair,) = found.pairs
    assert pair.cosine == pytest.approx(0.56)
    assert (pair.as_near, pair.share_much, pair.flagged) == (True, False, True)
    assert found.unused == ("unused", "empty")  # `top` has the statements of the codes below it


def test_what_all_statements_share_makes_no_code_alike(book: Codebook) -> None:
    """The statements of the test before, which now all point three times as far another way as well."""
    degrees = [0] * 8 + [90] * 2 + [0] * 6 + [90] * 4 + OPPOSITE + ALL_AROUND
    plane = on_the_plane(degrees, [{"a"}] * 10 + [{"b"}] * 10 + [()] * 60)
    shared = np.full((80, 1), 3, np.float32)
    coded = replace(plane, vectors=np.hstack([plane.vectors, shared]) / np.float32(np.sqrt(10)))
    found = hold_together(book, coded)
    assert [one.coherence.cosine for one in found.codes if one.coherence] == pytest.approx([29 / 45, 21 / 45])
    assert found.pairs[0].cosine == pytest.approx(0.56)


def test_codes_that_are_more_alike_within_do_not_overlap(book: Codebook) -> None:
    """A: ten at 0: 1. B: five at 0 and five at 90: 20 of 45. Within the two .7222, of which 75 % are .5417;
    between them .5."""
    coded = on_the_plane(
        [0] * 15 + [90] * 5 + [180] * 15 + [270] * 5 + ALL_AROUND, [{"a"}] * 10 + [{"b"}] * 10 + [()] * 60
    )
    found = hold_together(book, coded)
    assert all(one.coherence is not None and one.coherence.clear for one in found.codes)
    (pair,) = found.pairs
    assert (pair.cosine, pair.as_near) == (pytest.approx(0.5), False)


def test_only_of_statements_enough_it_is_said_that_they_have_little_in_common(book: Codebook) -> None:
    """Each code points everywhere: A has 20 statements, B has 19."""
    codes: list[Collection[str]] = [{"a"} if number % 2 else {"b"} for number in range(40)]
    codes[0] = ()
    a, b = hold_together(book, on_the_plane(ALL_AROUND, codes)).codes
    assert a.coherence is not None
    assert b.coherence is not None
    assert min(a.coherence.p, b.coherence.p) > 0.2
    assert (a.n_long, a.little_in_common) == (20, True)
    assert (b.n_long, b.little_in_common) == (19, False)


def test_codes_with_little_in_common_do_not_overlap_whatever_is_near(book: Codebook) -> None:
    """Both codes point everywhere, so that between them it is as it is within: nothing to say."""
    codes = [{"a"} if number % 2 else {"b"} for number in range(40)]
    (pair,) = hold_together(book, on_the_plane(ALL_AROUND, codes)).pairs
    assert not pair.as_near


def test_a_statement_is_not_compared_with_itself(book: Codebook) -> None:
    """Six carry A, five B, five both: Jaccard 5/6, and all of the smaller code. The six are at right angles;
    without what they share, the corners of a simplex: every cosine of two different ones is -1/5."""
    vectors = np.eye(6, dtype=np.float32)
    coded = Coded([0, 1] * 3, ["R1", "R2"] * 3, [{"a", "b"}] * 5 + [{"a"}], np.ones(6, np.bool_), vectors)
    (pair,) = hold_together(book, coded, n_shuffles=20).pairs
    assert (pair.cosine, pair.jaccard, pair.contained) == (
        pytest.approx(-0.2), pytest.approx(5 / 6), 1.0,
    )  # fmt: skip
    assert pair.shared == (0, 1, 2, 3, 4)
    assert pair.share_much


def test_a_code_is_not_coherent_because_it_comes_from_one_interview(book: Codebook) -> None:
    """Interview 0 is all alike, and A is five of its statements: any five would be as alike. B is five that
    are alike in interview 1, where ten others are not: nobody draws these five by chance."""
    spread_out = [10 * number for number in range(1, 11)]
    degrees = [0] * 15 + [200] * 5 + [200 + one for one in spread_out]
    codes: list[Collection[str]] = [{"a"}] * 5 + [()] * 10 + [{"b"}] * 5 + [()] * 10
    found = hold_together(book, on_the_plane(degrees, codes, [0] * 15 + [1] * 15))
    alike = {one.code_id: one.coherence for one in found.codes}
    a, b = alike["a"], alike["b"]
    assert a is not None
    assert b is not None
    assert (round(a.cosine, 4), round(a.by_chance, 4), a.p, a.clear) == (1.0, 1.0, 1.0, False)
    assert b.cosine == pytest.approx(1.0)
    assert b.by_chance < 0.95
    assert b.clear


def test_too_few_statements_say_nothing_of_meaning(book: Codebook) -> None:
    found = hold_together(book, on_the_plane([0] * 4 + [90] * 5, [{"a"}] * 4 + [{"b"}] * 5), n_shuffles=20)
    a, b = found.codes
    assert (a.n_long, a.coherence, a.halves) == (4, None, None)
    assert b.coherence is not None
    assert b.halves is None
    assert found.pairs == ()


def test_one_cloud_has_such_a_gap_as_often_as_it_says() -> None:
    """Of 400 stretched normal clouds in 20 dimensions about 5 % have p <= .05: between 2 % and 9 %."""
    generator = np.random.default_rng(4)
    stretch = np.linspace(3, 0.2, 20)
    drawn = [cut(generator.normal(size=(24, 20)) * stretch).gap for _ in range(400)]
    share = np.mean([p_of_one_cloud(gap, 24) <= 0.05 for gap in drawn])
    assert 0.02 <= share <= 0.09


# With the encoder


def embedded(assigned: Sequence[tuple[str, Collection[str], int]]) -> Coded:
    """What was said, with its codes, by interview."""
    interviews = [where for *_, where in assigned]
    vectors = load_embedder(EmbedConfig()).embed([text for text, *_ in assigned])
    return Coded(interviews, [f"R{one}" for one in interviews], [codes for _, codes, _ in assigned],
                 np.ones(len(assigned), np.bool_), vectors)  # fmt: skip


def flagged(found: Holding) -> list[str]:
    return [one.code_id for one in found.codes if one.halves is not None and one.halves.flagged]


@pytest.fixture(scope="module")
def planted() -> Coded:
    """Code A is trust and dogs, code B is taxes; nobody codes skiing. Four interviews, by turns."""
    codes = {"trust": "a", "dogs": "a", "taxes": "b"}
    return embedded(
        [
            (text, {codes[subject]} if subject in codes else (), number % 4)
            for subject, texts in SUBJECTS.items()
            for number, text in enumerate(texts)
        ]
    )


@pytest.mark.model
def test_two_subjects_under_one_code_are_told_from_one(book: Codebook, planted: Coded) -> None:
    found = hold_together(book, planted)
    assert flagged(found) == ["a"]
    halves = found.codes[0].halves
    assert halves is not None
    assert sorted(sorted(half.rows) for half in halves.parts) == [list(range(12)), list(range(12, 24))]
    assert all(len({planted.respondents[row] for row in half.shown}) == 3 for half in halves.parts)
    assert all(set(half.shown) <= set(half.rows) for half in halves.parts)
    assert not [pair for pair in found.pairs if pair.flagged]
    assert hold_together(book, planted) == found  # the same seed, the same numbers
    assert flagged(hold_together(book, planted, seed=7)) == ["a"]


@pytest.mark.model
def test_a_meaning_that_one_interview_alone_has_is_not_a_second_one(book: Codebook) -> None:
    said = [(text, {"a"}, number % 4) for number, text in enumerate(SUBJECTS["trust"])]
    said += [(text, {"a"}, 4) for text in SUBJECTS["dogs"]]
    found = hold_together(book, embedded(said))
    assert flagged(found) == []
    (code,) = found.codes
    assert code.halves is not None
    assert {half.n_interviews for half in code.halves.parts} == {4, 1}


@pytest.mark.model
def test_one_subject_under_two_codes_overlaps(book: Codebook) -> None:
    said = [
        (text, {"a" if number % 2 else "b"}, number // 3) for number, text in enumerate(SUBJECTS["trust"])
    ]
    said += [(text, (), number // 3) for number, text in enumerate(SUBJECTS["dogs"])]
    (pair,) = hold_together(book, embedded(said)).pairs
    assert pair.as_near
    assert not pair.share_much
