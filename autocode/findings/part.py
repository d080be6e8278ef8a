"""A part of the findings: what it says, its numbers, and its files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autocode.codebook import Codebook
from autocode.findings.material import Material, Statement
from autocode.report.blocks import Cell, Entry, Figure, Section

PAGE = "findings.html"
Cells = Sequence[object]


@dataclass(frozen=True, slots=True)
class Options:
    """How to compute."""

    level: float = 0.95
    replicates: int = 2000  # of bootstraps and of permutations
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """A section of the report with what stands behind it."""

    section: Section
    record: Mapping[str, Any] = field(default_factory=dict)  # JSON values, for `findings.json`
    entries: Sequence[Entry] = ()  # the statements behind the section's numbers
    tables: Mapping[str, Sequence[Cells]] = field(default_factory=dict)  # CSV files by name, heads first
    more: Sequence[Figure] = ()  # figures that are files only

    @property
    def figures(self) -> list[Figure]:
        """The figures that have files of their own."""
        shown = [one for one in self.section.blocks if isinstance(one, Figure) and one.name]
        return [*shown, *self.more]


def entry(anchor: str, title: str, statements: Iterable[Statement]) -> Entry:
    """What a number with the link `#anchor` counts."""
    return Entry(anchor, title, [(one.label, one.anchor) for one in statements])


def linked(number: int, anchor: str) -> Cell:
    """A number that leads to the statements that it counts; zero leads nowhere."""
    return Cell(f"{number:,}", link=f"#{anchor}" if number else None)


def code_in_tree(book: Codebook, code_id: str, below: str = "") -> Cell:
    """A code's name, further to the right than the code above it; the topics that hold codes stand out."""
    depth = book.depth(code_id)
    topic = depth == 0 and bool(book.children(code_id))
    return Cell("\u2003" * depth + book[code_id].name, below, strong=topic)


def code_anchor(code_id: str) -> str:
    """Where the statements of a code are listed.

    >>> code_anchor("trust/goals")
    'code-trust~2f~goals'
    """
    return f"code-{place(code_id)}"


def place(text: str) -> str:
    """A text as a part of a link's name; different texts stay different.

    >>> place("SME, 12 years")
    'SME~2c~~20~12~20~years'
    """
    return "".join(c if c.isascii() and (c.isalnum() or c in "_-") else f"~{ord(c):x}~" for c in text)


def nothing_accepted(material: Material) -> str:
    """Why there is nothing to count; empty where there is something."""
    if material.coded:
        return ""
    if not material.statements:
        return "no interview has been coded yet; 'autocode code' and 'autocode review' do that"
    n = sum(one.complete for one in material.statements)
    read = (
        f"people have read {n:,} statements and accepted no code" if n else "nobody has accepted a code yet"
    )
    more = "" if material.include_machine else "; --include-machine shows what the machine suggests"
    return f"{read}{more}"
