"""The section on the codes: what is marked, what leads where, and what only the file says."""

from __future__ import annotations

from pathlib import Path

from autocode.config import EmbedConfig, Settings
from autocode.dataset import read_dataset
from autocode.findings.beside import codes_that_hold, with_what_lies_beside
from autocode.findings.gather import material_of_dataset
from autocode.findings.part import Options, Part
from autocode.report.blocks import Table, Text
from tests.findings.conftest import Codings, Row, Write, answers

HASHING = Settings(embed=EmbedConfig(encoder="hashing"))
DOGS = [f"My old dog barks at the postman in the office, day {n}." for n in range(8)]
TAXES = [f"The accountant files our yearly tax return for us, form {n}." for n in range(8)]
OTHER = ["Um, well, it is what it is, as they say.", "Last summer was so much warmer than this one."]


def study(write: Write) -> Path:
    """Four interviews. Goals are dogs and taxes; risk is on the first of each, where goals are, and once
    without them; four statements of bond are short; nothing has the code trust alone.
    """
    rows, coding = list[Row](), dict[str, list[str]]()
    for number, name in enumerate("abcd"):
        said = [
            *DOGS[number::4],
            *TAXES[number::4],
            *OTHER,
            "We are close.",
            f"There is a risk, number {number}.",
        ]
        rows += answers(name, *said, speaker=f"Respondent {number + 1}")
        codes = [["goals", "risk"], ["goals"], ["goals", "risk"], ["goals"], [], [], ["bond"],
                 ["risk"] if number == 0 else []]  # fmt: skip
        coding |= {f"{name}.{n}": given for n, given in enumerate(codes, 1)}
    codings: Codings = {"ann": coding}
    return write(rows, codings)


def part(folder: Path) -> Part:
    dataset = read_dataset(folder)
    material = with_what_lies_beside(material_of_dataset(dataset), dataset.transcripts, folder, HASHING)
    return codes_that_hold(material, Options())


def test_each_code_has_its_marks_and_its_statements(write: Write) -> None:
    """Goals: 16 statements. Risk: 8 of these and one more, so that 8/9 of its statements carry goals."""
    made = part(study(write))
    rows = {row["code"]: row for row in made.record["codes"]}
    assert [(id, row["n_statements"], row["n_long"], row["marks"]) for id, row in rows.items()] == [
        ("goals", 16, 16, "overlaps; two meanings?"), ("bond", 4, 0, ""), ("risk", 9, 9, "overlaps"),
    ]  # fmt: skip
    assert (rows["goals"]["n_first"], rows["goals"]["n_second"]) == (8, 8)
    (pair,) = made.record["pairs"]
    assert (pair["a"], pair["b"], pair["n_shared"]) == ("goals", "risk", 8)
    assert (pair["jaccard"], pair["contained"]) == (round(8 / 17, 4), round(8 / 9, 4))
    entries = {one.anchor: [label for label, _ in one.places] for one in made.entries}
    assert entries["shared-code-goals-code-risk"] == [f"{n}.{k}" for n in range(1, 5) for k in (2, 4)]
    groups = sorted([entries["group-a-code-goals"], entries["group-b-code-goals"]])
    assert groups == [[f"{n}.{k}" for n in range(1, 5) for k in two] for two in ((2, 3), (4, 5))]
    said = " ".join(one.text for one in made.section.blocks if isinstance(one, Text))
    assert "(at least 5 are needed): Common goals" not in said
    assert "(at least 5 are needed): Personal bond (0)." in said
    assert "(12 statements or more from 2 interviews or more are needed): Risk (9)." in said
    assert "Every code has statements." in said  # partners and trust have those of the codes below them
    quoted = next(one for one in made.section.blocks if isinstance(one, Table) and one.heads[0] == "Group")
    cells = [[cell.text for cell in line.cells] for line in quoted.lines]
    for letter in "AB":
        (said_of, who) = zip(
            *((text, name) for group, name, text, _ in cells if group == letter), strict=True
        )
        assert len({text.split()[1] for text in said_of}) == 1  # all of dogs, or all of taxes
        assert len(set(who)) == 3  # nobody is quoted a second time before everybody was once


def test_a_code_nobody_gave_is_named_and_counts_of_zero_lead_nowhere(write: Write) -> None:
    made = part(write(answers("a", "One.", "Two."), {"ann": {"a.1": ["goals"], "a.2": []}}))
    assert made.record["unused"] == ["bond", "risk"]
    said = " ".join(one.text for one in made.section.blocks if isinstance(one, Text))
    assert "No statement carries 2 codes: Personal bond, Risk." in said
    assert made.entries == []
