"""Answers to similar questions, with vectors that one can work out by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from autocode.findings import material_of
from autocode.findings.consistency import consistency, recognise
from autocode.findings.consistency_section import consistency_part
from autocode.findings.part import Options
from autocode.guide import Block, Guide, Question
from autocode.report.blocks import Table
from tests.findings.conftest import Row, Write

GUIDE = Guide(
    name="g",
    blocks=(
        Block(
            id="b",
            questions=(
                Question(id="q1", text="Do you trust them?", similar="trust_again"),
                Question(id="q2", text="Could you do without a contract?", similar="trust_again"),
                Question(id="q3", text="How is the weather?"),
            ),
        ),
    ),
)
# where each text points, in degrees
DIRECTIONS = {
    "Do you trust them?": 0, "Could you do without a contract?": 90, "How is the weather?": 180,
    "So, do you trust them?": 10, "And without a contract, could you?": 80, "What about rain?": 190,
    "And your boat?": 300,
    "Yes, we do.": 0, "Always have.": 0, "No contract at all.": 60, "It rains.": 180, "It is old.": 300,
}  # fmt: skip


def embed(texts: Sequence[str]) -> NDArray[np.float32]:
    """Unit vectors in a plane."""
    angles = np.radians([DIRECTIONS[text] for text in texts])
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def talk(transcript: str, *turns: str, speaker: str = "Respondent 1") -> list[Row]:
    """Questions (with a ?) and answers; the units are `t.1`, `t.2` ..."""
    return [
        (transcript, f"{transcript}.{number}", "I" if "?" in text else speaker,
         "interviewer" if "?" in text else "respondent", text)
        for number, text in enumerate(turns, 1)
    ]  # fmt: skip


TURNS = (
    "So, do you trust them?", "Yes, we do.", "Always have.", "What about rain?", "It rains.",
    "And without a contract, could you?", "No contract at all.", "And your boat?", "It is old.",
)  # fmt: skip


def test_answers_to_the_same_question_side_by_side(write: Write) -> None:
    """The first answer points to 0 degrees, the second to 60: a cosine of .5. Its codes are goals and bond
    against bond: Jaccard 1/2, MASI 1/2 * 2/3 (one is part of the other)."""
    coding = {"a.2": ["goals"], "a.3": ["bond"], "a.5": [], "a.7": ["bond"], "a.9": []}
    material = material_of(write(talk("a", *TURNS), {"ann": coding}))
    asks = recognise(material, GUIDE, embed)
    # "And your boat?" is 60 degrees from the nearest question: a cosine of .5, below .55
    assert sorted(asks.values()) == ["q1", "q2", "q3"]
    found = consistency(material, GUIDE, asks, embed)
    ((group,), one) = found.groups, found.groups[0].compared[0]
    assert (group.name, len(group.compared), one.respondent) == ("trust_again", 1, "R1")
    assert [each.label for each in one.first.statements] == ["1.2", "1.3"]
    assert one.first.asked == ("So, do you trust them?",)
    assert one.cosine == pytest.approx(0.5)
    assert (one.jaccard, one.masi) == (pytest.approx(1 / 2), pytest.approx(1 / 3))
    assert (found.n_recognised, found.n_asked, found.n_unrelated, found.meaning_limit) == (3, 4, 0, 0.35)
    assert not one.flagged


@pytest.mark.parametrize(
    ("codes", "direction", "flagged"),
    [
        (["risk"], 100, True),
        (["goals"], 100, False),
        (["risk"], 60, False),
        (None, 100, True),
        ([], 100, True),
    ],
)
def test_what_is_far_apart_is_to_be_read(
    write: Write, monkeypatch: pytest.MonkeyPatch, codes: list[str] | None, direction: int, flagged: bool
) -> None:
    """Far in meaning (cos 100 = -.17) and in codes; where an answer is not coded, meaning alone. An
    answer without codes beside one with goals has nothing in common with it."""
    monkeypatch.setitem(DIRECTIONS, "No contract at all.", direction)
    coding = {"a.2": ["goals"], "a.3": [], "a.5": []} | ({} if codes is None else {"a.7": codes})
    material = material_of(write(talk("a", *TURNS), {"ann": coding}))
    found = consistency(material, GUIDE, recognise(material, GUIDE, embed), embed)
    assert [one.flagged for one in found.groups[0].compared] == [flagged]
    assert len(found.flagged) == flagged


def test_the_limit_is_what_other_answers_have(write: Write) -> None:
    """Five people, each with two pairs of answers about other things: cos 180 = -1 and cos 120 = -.5. Half
    of these ten pairs are -1, so the median is -.75; and a cosine of .5 is far above it."""
    rows = [row for name in "abcde" for row in talk(name, *TURNS)]
    coding = {f"{name}.2": ["goals"] for name in "abcde"}
    material = material_of(write(rows, {"ann": coding}))
    found = consistency(material, GUIDE, recognise(material, GUIDE, embed), embed)
    assert (found.n_unrelated, found.meaning_limit) == (10, pytest.approx(-0.75))
    part = consistency_part(material, Options(), found)
    tables = [block for block in part.section.blocks if isinstance(block, Table)]
    assert [cell.text for cell in tables[0].lines[0].cells] == [
        "trust again", "q1: Do you trust them? / q2: Could you do without a contract?", "5", "0", "5", "0"
    ]  # fmt: skip
    assert [line.cells[2].text for line in tables[1].lines] == [
        "And without a contract, could you?", "No contract at all.", "not all of it is coded", "1.7"
    ]  # fmt: skip
    assert tables[1].lines[3].cells[1].text == "1.2 to 1.3"
    assert len(part.tables["consistency"]) == 1 + 5


def test_what_is_missing_is_said(write: Write) -> None:
    material = material_of(write(talk("a", *TURNS[:5]), {"ann": {"a.2": ["goals"]}}))
    assert "no interview guide" in consistency_part(material, Options(), None).section.absent
    once = consistency(material, GUIDE, recognise(material, GUIDE, embed), embed)
    assert once.groups[0].asked_once == ("R1",)
    assert (
        "2 of 2 turns of interviewers were recognised"
        in consistency_part(material, Options(), once).section.absent
    )
    plain = Guide(
        name="g", blocks=(Block(id="b", questions=(Question(id="q1", text="Do you trust them?"),)),)
    )
    told = consistency(material, plain, recognise(material, plain, embed), embed)
    assert "no questions that ask the same" in consistency_part(material, Options(), told).section.absent
