"""What a reliability report says, in order, whatever it is written to.

blocks      what a report is made of
apa         how numbers are written
tables      tables of coefficients and codes
    plots       the rows of the forest plot
results     sections on the codebook
coders      sections on the coders and the machine
learning    the machine's learning curve
statements  sections on what they disagree about
reporting   sections for the article, and how to recompute
"""

from __future__ import annotations

from collections.abc import Callable

from autocode.reliability.contents import coders, learning, reporting, results, statements
from autocode.reliability.contents.blocks import Bullets, Record, Section

SECTIONS: list[Callable[[Record], Section]] = [
    results.in_short,
    results.warnings,
    results.codes,
    results.overall,
    results.levels,
    results.groups,
    coders.data,
    coders.pairs,
    coders.against_rest,
    coders.drift,
    coders.bias,
    coders.rounds,
    coders.adjudication,
    coders.machine,
    learning.learning,
    coders.spans,
    statements.confusion,
    statements.disagreements,
    reporting.to_report,
    reporting.checklist,
    reporting.guidelines,
    reporting.recompute,
]


def sections(record: Record) -> list[Section]:
    """The sections that have something to say; the last names the others and why they are not there."""
    made = [make(record) for make in SECTIONS]
    there = [section for section in made if section.blocks]
    absent = [f"{section.title}: {section.absent}." for section in made if not section.blocks]
    if absent:
        there.append(Section("absent", "Not in this report", [Bullets(absent)]))
    return there


def title(record: Record) -> str:
    """The report's title."""
    return f"{record['source']['name']}: do the coders agree?"
