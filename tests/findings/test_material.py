"""What counts as accepted, who is who, and that nobody's name is among what is shown."""

from __future__ import annotations

import pytest

from autocode.codebook import Codebook
from autocode.errors import FindingsError
from autocode.findings import material_of
from autocode.findings.material import accepted
from tests.findings.conftest import BOOK, Write, answers

BOOK_OF = Codebook.model_validate(BOOK)


def test_what_was_agreed_goes_before_what_coders_say() -> None:
    taken, split = accepted(["risk"], [["goals"], ["goals"]], [], BOOK_OF)
    assert {code: one.by for code, one in taken.items()} == {"risk": "consensus", "partners": "consensus"}
    assert split == 0


def test_a_code_needs_more_than_half_of_the_coders_and_a_split_is_counted() -> None:
    """Of three coders two say a code below trust, each another one: trust has two votes of three, they one.
    Of two coders one says risk: half is not enough, and its topic is as much in doubt."""
    taken, split = accepted(None, [["goals"], ["bond"], []], [], BOOK_OF)
    assert {code: (one.n_for, one.n_coders) for code, one in taken.items()} == {
        "partners": (2, 3), "trust": (2, 3),
    }  # fmt: skip
    assert split == 0
    assert accepted(None, [["risk"], []], [], BOOK_OF) == ({}, 2)


def test_single_decisions_count_until_somebody_has_finished() -> None:
    taken, _ = accepted(None, [], [{"goals": True, "risk": False}], BOOK_OF)
    assert list(taken) == ["partners", "trust", "goals"]
    assert accepted(None, [[]], [{"goals": True}], BOOK_OF) == ({}, 0)


def test_statements_know_their_turn_question_respondent_and_attributes(write: Write) -> None:
    rows = answers("anna", "We trust them.", "They are late.", speaker="Anna Berg")
    rows += answers("b", "Yes.", speaker="Respondent 1") + answers("c", "No.", speaker="Respondent 1")
    rows += answers("d", "Again.", speaker="anna  berg")
    codings = {"ann": {"anna.1": ["goals"], "anna.2": [], "b.1": ["risk"], "d.1": []},
               "machine": {"c.1": ["risk"]}}  # fmt: skip
    cases = "anna: {firm: MBE, wave: 2016}\nb: {firm: SME, wave: 2016}\n"
    material = material_of(write(rows, codings, cases=cases, meta={"d.1": {"firm": "MBE", "turn": None}}))
    said = {one.id: one for one in material.statements}
    assert [one.respondent for one in material.said_by_respondents] == ["R1", "R1", "R2", "R3", "R1"]
    assert material.key == {"R1": ("Anna Berg", "anna berg"), "R2": ("Respondent 1",),
                            "R3": ("Respondent 1",)}  # fmt: skip
    assert (said["anna.2"].label, said["anna.2"].anchor, said["anna.2"].turn) == ("1.3", "s-1-3", 1)
    assert said["anna.1"].question == "How did it begin?"
    assert said["anna.0"].respondent is None
    assert said["anna.1"].attributes == {"firm": "MBE", "wave": "2016"}
    assert said["d.1"].attributes == {"firm": "MBE"}
    assert [one.id for one in material.carrying("partners")] == ["anna.1", "b.1"]
    assert material.finest(said["anna.1"]) == ("goals",)
    assert (said["anna.2"].complete, said["c.1"].complete) == (True, False)
    assert material.attribute_names() == ("firm", "wave")


def test_the_machine_counts_only_when_asked_for_and_where_nobody_has_decided(write: Write) -> None:
    rows = answers("a", "We trust them.", "They are late.")
    codings = {"ann": {"a.1": []}, "machine-1": {"a.1": ["risk"], "a.2": ["risk"]}}
    folder = write(rows, codings)
    assert material_of(folder).coded == ()
    (found,) = material_of(folder, include_machine=True).coded
    assert (found.id, found.codes["risk"].by, found.by_machine) == ("a.2", "machine", True)


@pytest.mark.parametrize(
    ("cases", "message"),
    [
        ("c: {wave: 1}\n", r"cases.yaml, line 1: there is no transcript 'c'"),
        ("a: 2016\n", r"cases.yaml, line 1: a transcript needs attributes such as 'wave: 2016' below it"),
        ("a:\n  wave: [1, 2]\n", r"cases.yaml, line 2: 'wave' must be text"),
        ("- a\n", r"cases.yaml, line 1: must be transcripts with their attributes below them"),
    ],
)
def test_a_wrong_file_of_cases_is_told_with_its_line(write: Write, cases: str, message: str) -> None:
    with pytest.raises(FindingsError, match=message):
        material_of(write(answers("a", "Yes."), {"ann": {"a.1": ["risk"]}}, cases=cases))
