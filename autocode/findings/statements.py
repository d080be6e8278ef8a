"""The end of the page: what stands behind each number, and every coded statement with its place."""

from __future__ import annotations

from collections.abc import Sequence

from autocode.findings.material import Material
from autocode.report.apa import counted
from autocode.report.blocks import Block, Cell, Entry, Heading, Index, Line, Section, Table, Text


def behind(entries: Sequence[Entry]) -> Section:
    """The statements that each number counts."""
    there = [one for one in entries if one.places]
    blocks: list[Block] = (
        [Text("The numbers of statements in this report lead here."), Index(there)] if there else []
    )
    return Section(
        "behind", "What the numbers count", blocks, absent="no statement has a code", page_only=True
    )


def statements(material: Material) -> Section:
    """Every statement with a code, interview by interview."""
    blocks: list[Block] = []
    for interview in material.interviews:
        coded = [one for one in material.coded if one.interview == interview.number]
        if not coded:
            continue
        lines = [
            Line([
                Cell(one.label), Cell(str(one.respondent)), Cell(one.text, verbatim=True),
                Cell("\n".join(material.codebook.short_path(id) for id in material.finest(one)),
                     tag="machine" if one.by_machine else ""),
            ], anchor=one.anchor)
            for one in coded
        ]  # fmt: skip
        blocks.append(Heading(f"Interview {interview.number}"))
        caption = f"{counted(len(coded), 'coded statement')} of interview {interview.number}"
        blocks.append(Table(caption, ["Where", "Who", "Statement", "Codes"], lines, n_text=4))
    return Section("statements", "Coded statements", blocks, absent="no statement has a code", page_only=True)
