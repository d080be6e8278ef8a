"""What a reliability report says, in order, whatever it is written to.

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
from autocode.report.blocks import Record, Section, with_absent

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
    return with_absent([make(record) for make in SECTIONS])


def title(record: Record) -> str:
    """The report's title."""
    return f"{record['source']['name']}: do the coders agree?"
