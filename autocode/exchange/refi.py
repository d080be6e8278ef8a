"""What a REFI-QDA project holds, as plain records that know nothing of autocode's own store.

Records refer to each other by GUID (lower case, without braces). Positions count Unicode characters of
`Source.text`, end exclusive, whatever the file counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from typing import Literal

VariableKind = Literal["Text", "Boolean", "Integer", "Float", "Date", "DateTime"]
Scalar = str | bool | int | Decimal | date | datetime  # datetime for DateTime, date for Date


def finite(text: str) -> Decimal:
    """The number that a text says. Raises `ValueError` or `InvalidOperation` for none, infinity and nan."""
    found = Decimal(text)
    if not isfinite(float(found)):
        raise ValueError(f"{text} is no finite number")
    return found


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who coded or wrote."""

    guid: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """A code; `parent` is the GUID of the one above."""

    guid: str
    name: str
    parent: str | None = None
    is_codable: bool = True
    colour: str | None = None  # "#RRGGBB"
    description: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Coding:
    """One code that somebody gave to a selection or to a whole source."""

    guid: str
    code: str
    user: str | None = None
    created_at: datetime | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Selection:
    """A stretch of a source's text, with what was said of it."""

    guid: str
    start_char: int
    end_char: int
    name: str = ""
    description: str = ""
    user: str | None = None
    created_at: datetime | None = None
    codings: tuple[Coding, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Variable:
    """Something that is known of cases or sources."""

    guid: str
    name: str
    kind: VariableKind = "Text"
    description: str = ""


@dataclass(frozen=True, slots=True)
class Value:
    """What a variable is for one case or source; None: nothing is said."""

    variable: str
    value: Scalar | None


@dataclass(frozen=True, slots=True)
class Source:
    """A text; `text` is None where the file names a text that is not in it."""

    guid: str
    name: str
    text: str | None
    description: str = ""
    user: str | None = None
    created_at: datetime | None = None
    selections: tuple[Selection, ...] = ()
    codings: tuple[Coding, ...] = ()  # of the source as a whole
    notes: tuple[str, ...] = ()
    values: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """A memo."""

    guid: str
    text: str
    name: str = ""
    user: str | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A person or whatever else is compared, with its variables and where it speaks."""

    guid: str
    name: str = ""
    description: str = ""
    codes: tuple[str, ...] = ()
    values: tuple[Value, ...] = ()
    sources: tuple[str, ...] = ()
    selections: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Set:
    """Codes, sources or notes that belong together."""

    guid: str
    name: str
    description: str = ""
    codes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Project:
    """A whole project."""

    name: str
    origin: str = ""
    user: str | None = None  # who made it
    created_at: datetime | None = None
    users: tuple[User, ...] = ()
    codes: tuple[Code, ...] = ()  # each before its children
    variables: tuple[Variable, ...] = ()
    cases: tuple[Case, ...] = ()
    sources: tuple[Source, ...] = ()
    memos: tuple[Note, ...] = ()  # all notes, whatever they are on
    sets: tuple[Set, ...] = ()
    description: str = ""
    notes: tuple[str, ...] = ()  # of the project as a whole

    @property
    def n_codings(self) -> int:
        """Codings of stretches of text."""
        return sum(len(one.codings) for source in self.sources for one in source.selections)
