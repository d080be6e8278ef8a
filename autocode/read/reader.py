"""What goes into a reader and what comes out: the contract of every format."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autocode.config import ReadConfig
from autocode.errors import ReadError
from autocode.read.decode import decode
from autocode.records import Role

UNKNOWN = "Unknown"  # the name of a speaker whom the file does not name


def count(n: int, noun: str) -> str:
    """A number with its noun, for messages.

    >>> count(1, "cue"), count(12_000, "cue")
    ('1 cue', '12,000 cues')
    """
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Source:
    """One file: its bytes, and what the user said about it."""

    name: str  # for messages: the path as the user gave it, without `.gz`
    data: bytes
    config: ReadConfig = field(default_factory=ReadConfig)
    speakers: Mapping[str, Role] = field(default_factory=dict)

    def decode(self) -> tuple[str, list[str]]:
        """The file's text, and what has to be said about how it was decoded. Raises `ReadError`."""
        return decode(self.data, name=self.name, encoding=self.config.encoding)

    @property
    def most_chars(self) -> int:
        """As many characters as the largest file has that is read; what unpacks to more is no text."""
        return int(self.config.max_mb * 1e6)

    def refuse_flood(self, n: int, most: int, what: str) -> None:
        """Raise `ReadError` where a file has more of something than `most`, and no real one has."""
        if n > most:
            raise self.error(
                f"it has more than {most:,} {what}, far more than one interview has; give each its own file"
            )

    def error(self, problem: str, *, line: int | None = None) -> ReadError:
        """An error that names the file (and the line), to be raised."""
        where = self.name if line is None else f"{self.name}, line {line}"
        return ReadError(f"{where}: {problem}")


@dataclass(frozen=True, slots=True)
class Piece:
    """A turn before anybody has decided who asks the questions.

    `text[start_char:end_char]` of its `Found` is what was said.
    """

    speaker: str  # UNKNOWN where the file has no name
    start_char: int
    end_char: int
    start_s: float | None = None
    end_s: float | None = None
    role: str | None = None  # the role in the file's own words, where the file says one
    unit_id: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """One transcript as its reader leaves it."""

    text: str
    pieces: Sequence[Piece]
    warnings: Sequence[str] = ()
    id: str | None = None  # None: made from the file's name
    language: str | None = None
    has_units: bool = False
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reader:
    """One format. Third parties register theirs under the entry-point group `autocode.readers`."""

    name: str
    suffixes: tuple[str, ...]  # lower case, with the dot
    read: Callable[[Source], list[Found]]
    recognises: Callable[[str], bool] | None = None  # from the decoded beginning of a `.txt` file
    fits: Callable[[Any], bool] | None = None  # by the parsed document of a `.json` file
