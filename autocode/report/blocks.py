"""What a report is made of: sections of blocks, which the page and the document each write in their way.

All text is plain text; whoever writes it out escapes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autocode.report.drawing import Drawing

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading within a section."""

    text: str
    anchor: str = ""  # the name by which links find it


@dataclass(frozen=True, slots=True)
class Headline:
    """The one number that a reviewer looks for, and what it is of."""

    number: str
    of: str


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list; `warning`: it stands out."""

    items: Sequence[str]
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Paste:
    """Paragraphs to copy into an article."""

    paragraphs: Sequence[str]


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and what they are."""

    pairs: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table."""

    text: str
    below: str = ""  # a second line, quieter
    marks: tuple[str, ...] = ()  # of the table's notes
    tag: str = ""  # a word that stands out
    link: str | None = None  # `#name`: within the report
    strong: bool = False  # in bold
    verbatim: bool = False  # what somebody said: its brackets are no gaps to fill


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table; the first cell says what the others are about."""

    cells: Sequence[Cell]
    anchor: str = ""  # the name by which links find it
    few: bool = False  # rests on few cases: greyed
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose first `n_text` columns, and those in `prose`, hold text, the others numbers."""

    caption: str
    heads: Sequence[str]
    lines: Sequence[Line]
    note: str = ""
    notes: Sequence[tuple[str, str]] = ()  # mark, what it says
    n_text: int = 1
    prose: frozenset[int] = frozenset()
    apa: bool = False  # ready to paste: rules above and below only

    def is_text(self, column: int) -> bool:
        """Whether a column holds text."""
        return column < self.n_text or column in self.prose


@dataclass(frozen=True, slots=True)
class ForestRow:
    """One line of a forest plot."""

    label: str
    value: float | None
    low: float | None
    high: float | None
    shown: str  # the number with its interval, or why there is none
    n_positive: str
    few: bool = False
    whole: bool = False  # the whole codebook: a diamond, set apart


@dataclass(frozen=True, slots=True)
class Forest:
    """Values with their intervals, one below the other, between `start` (0 or less) and 1."""

    caption: str
    title: str
    description: str
    rows: Sequence[ForestRow]
    start: float
    symbol: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing with its caption, and what it shows in words."""

    caption: str
    title: str
    description: str
    drawing: Drawing
    name: str = ""  # of its own file, without the ending; empty: it has none


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands behind a number: places in the report, each with its name."""

    anchor: str
    title: str
    places: Sequence[tuple[str, str]]  # what is shown, the anchor


@dataclass(frozen=True, slots=True)
class Index:
    """Entries that the numbers of a report link to."""

    entries: Sequence[Entry]


Block = Text | Heading | Headline | Bullets | Paste | Facts | Table | Forest | Figure | Index


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks under a heading; without blocks `absent` says in a line why."""

    name: str
    title: str
    blocks: Sequence[Block] = ()
    absent: str = ""
    page_only: bool = False  # too long for paper: only in the page


def with_absent(made: Sequence[Section]) -> list[Section]:
    """The sections that have something to say; the last names the others and why they are not there."""
    there = [section for section in made if section.blocks]
    if missing := absences(made):
        there.append(Section("absent", "Not in this report", [Bullets([f"{one}." for one in missing])]))
    return there


def absences(made: Sequence[Section]) -> list[str]:
    """What has nothing to say, and why: sections with one reason together."""
    titles: dict[str, list[str]] = {}
    for section in made:
        if not section.blocks:
            titles.setdefault(section.absent, []).append(section.title)
    return [f"{', '.join(names)}: {reason}" for reason, names in titles.items()]
