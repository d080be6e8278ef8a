"""Plain text and Markdown: `Transcript.text` is the decoded file itself, and turns are slices of it.

Numbers in the margin of plain text are the only thing that is taken out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from autocode.limits import MOST_LINES
from autocode.read.columns import Columns, find_columns
from autocode.read.dialogue import count_lines, split_dialogue, split_lines
from autocode.read.label_forms import Line, is_usual
from autocode.read.layout import ends_sentence
from autocode.read.line_numbers import without_line_numbers
from autocode.read.reader import Found, Piece, Source, count
from autocode.read.times import first_time
from autocode.read.words import METADATA

_HEADING = re.compile(r"\s{0,3}#{1,6}\s")
_CELL = re.compile(r"(?:[^|\\]|\\.)*")
_TABLE_RULE = re.compile(r"\s*+\|?(?:\s*+:?-+:?\s*+\|)+(?:\s*+:?-+:?\s*+)?$|\s*+\|\s*+:?-+:?\s*+\|?\s*+$")
_KEY = re.compile(r"(?!_)([\w\"'@$][^:\n]{0,60}):(?:\s|$)")  # of YAML
_INSIDE = re.compile(r"\s|- |-$|#|[\]}]")  # what else stands in a header: indented, an item, a comment
_HOUR_S = 3600.0


def read_text(source: Source) -> list[Found]:
    """One transcript from plain text, Otter's and Zoom's layouts included. Raises `ReadError`."""
    text, warnings = _decoded(source)
    text, n_numbers = without_line_numbers(text)
    if n_numbers:
        warnings.append(f"{count(n_numbers, 'line number')} left out of the text")
    return [_found(source, text, split_lines(text), warnings)]


def read_markdown(source: Source) -> list[Found]:
    """One transcript from Markdown: headings are no speech, tables may be. Raises `ReadError`."""
    text, warnings = _decoded(source)
    lines = split_lines(text)
    hidden = _front_matter(lines)
    keys = {match[1] for line in lines[:hidden] if (match := _KEY.match(line.text))}
    if any(map(is_usual, keys)):
        warnings.append(f"{count(hidden, 'line')} of a header between '---' left out")
    marked = [
        replace(line, text="" if number < hidden else line.text, heading=bool(_HEADING.match(line.text)))
        for number, line in enumerate(lines)
    ]
    return [_found(source, text, list(_with_tables(marked)), warnings)]


def _decoded(source: Source) -> tuple[str, list[str]]:
    text, warnings = source.decode()
    source.refuse_flood(count_lines(text), MOST_LINES, "lines")
    return text, warnings


def _found(source: Source, text: str, lines: Sequence[Line], warnings: list[str]) -> Found:
    pieces, more = split_dialogue(text, lines, known=source.speakers)
    return Found(text, _from_first_hour(pieces), [*warnings, *more])


def _from_first_hour(pieces: list[Piece]) -> list[Piece]:
    """Times of day, as Zoom saves them, to times from the first turn on.

    A recording whose first turn begins after more than an hour is taken for a clock.
    """
    times = [piece.start_s for piece in pieces if piece.start_s is not None]
    if not times or (first := times[0]) < _HOUR_S or min(times) < first:
        return pieces
    return [
        replace(
            piece,
            start_s=None if piece.start_s is None else piece.start_s - first,
            end_s=None if piece.end_s is None else piece.end_s - first,
        )
        for piece in pieces
    ]


def _front_matter(lines: Sequence[Line]) -> int:
    """The number of lines of a YAML header between two `---`; a rule above speech begins none."""
    if not lines or lines[0].text.rstrip() != "---":
        return 0
    end = next((n for n, line in enumerate(lines[1:200], 1) if line.text.rstrip() in ("---", "...")), 0)
    inside = [line.text for line in lines[1:end]]
    keys = [match[1] for text in inside if (match := _KEY.match(text))]
    rest = [text for text in inside if text.strip() and not _KEY.match(text)]
    is_yaml = not inside or (_KEY.match(inside[0]) and len(set(keys)) == len(keys))  # who speaks, recurs
    is_yaml = is_yaml and all(map(_INSIDE.match, rest)) and not _are_said(inside, lines[end + 1 :])
    return end + 1 if end and is_yaml else 0


def _are_said(inside: Sequence[str], below: Sequence[Line]) -> bool:
    """Whether lines between two rules are turns: their names recur below, and they end like sentences."""
    again = {match[1] for line in below if (match := _KEY.match(line.text))}
    ruled = any(line.text.rstrip() == "---" for line in below)  # between later turns, too
    keyed = [(match[1], text.rstrip()) for text in inside if (match := _KEY.match(text))]
    return not any(key.casefold() in METADATA for key, _ in keyed) and any(
        (ruled and key in again) or ((key in again or is_usual(key)) and ends_sentence(text))
        for key, text in keyed
    )


def _with_tables(lines: Sequence[Line]) -> Iterator[Line]:
    """The lines, with the rows of a transcript's table as lines that know their speaker."""
    number = 0
    while number < len(lines):
        end = number
        while end < len(lines) and lines[end].text.lstrip().startswith("|"):
            end += 1
        if end - number >= 2 and _TABLE_RULE.match(lines[number + 1].text):
            yield from _table(lines[number:end])
        else:
            end = max(end, number + 1)
            yield from lines[number:end]
        number = end


def _table(lines: Sequence[Line]) -> Iterator[Line]:
    rows = [_cells(line) for line in lines if not _TABLE_RULE.match(line.text)]
    columns = find_columns([[cell.text for cell in row] for row in rows])
    if columns is None or columns.speaker is None:
        yield from (replace(line, heading=True) for line in lines)  # a table of something else
        return
    for row in rows[columns.first_row :]:
        yield _row(row, columns)


def _row(row: Sequence[Line], columns: Columns) -> Line:
    def cell(column: int | None) -> str:
        return row[column].text.strip(" *_") if column is not None and column < len(row) else ""

    said = row[columns.text] if columns.text < len(row) else replace(row[-1], text="")
    return replace(
        said,
        given=cell(columns.speaker),
        start_s=first_time(cell(columns.start)),
        end_s=first_time(cell(columns.end)),
    )


def _cells(line: Line) -> list[Line]:
    """The cells of a table row with their positions."""
    inner = line.text.strip()
    at = line.start + line.text.index(inner) + 1
    inner = inner[1:-1] if inner.endswith("|") and len(inner) > 1 else inner[1:]
    cells, position = [], 0
    while position <= len(inner):
        match = _CELL.match(inner, position)
        end = match.end() if match else len(inner)
        cells.append(Line(inner[position:end], at + position))
        position = end + 1
    return cells
