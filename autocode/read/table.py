"""Tables of speech: CSV, TSV and Excel, with a header row in several languages or none."""

from __future__ import annotations

import csv
import datetime
import io
import re
import warnings as python_warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from typing import Any

from autocode.errors import ReadError
from autocode.limits import MOST_CELLS
from autocode.read.archive import check_office_file
from autocode.read.columns import Columns, find_columns, header_kind
from autocode.read.decode import clean
from autocode.read.layout import Spoken, lay_out
from autocode.read.reader import UNKNOWN, Found, Source, count
from autocode.read.roles import label_roles
from autocode.read.tidy import OPTIONAL, is_tidy_header, read_tidy_rows
from autocode.read.times import first_time

_DELIMITERS = (",", ";", "\t", "|")
_FIELD_LIMIT = 2**31 - 1  # the module's default of 131,072 is shorter than some answers
_MAX_ROW, _MAX_COLUMN = 2**20, 100  # a lone cell in the far corner costs no time
_DAY_S = 86_400.0
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")


def read_csv(source: Source) -> list[Found]:
    """Transcripts from comma-, semicolon- or tab-separated text. Raises `ReadError`."""
    text, warnings = source.decode()
    table = _parse(source, text)
    rows, more = _without_stray_cells(table)
    warnings += [*table.warnings, *more]
    if is_tidy_header(rows[0]):
        found = read_tidy_rows(source, _records(source, rows))
        return [_with_warnings(one, warnings) for one in found]
    return [_spoken_rows(source, rows, warnings, day_fractions=False)]


def read_xlsx(source: Source) -> list[Found]:
    """Transcripts from the first sheet of an Excel workbook that holds one. Raises `ReadError`."""
    sheets = _sheets(source)
    filled = {title: rows for title, rows in sheets.items() if rows}
    if not filled:
        raise source.error("there are no filled cells in the workbook")
    for title, rows in filled.items():
        others = [other for other in filled if other != title]
        note = [f"{count(len(others), 'other sheet')} of the workbook not read"] if others else []
        if is_tidy_header(rows[0]):
            return [_with_warnings(one, note) for one in read_tidy_rows(source, _records(source, rows))]
        if find_columns(rows) is not None:
            return [_spoken_rows(source, rows, note, day_fractions=True)]
    return [_spoken_rows(source, next(iter(filled.values())), [], day_fractions=True)]  # says what is missing


def csv_cells(source: Source) -> list[tuple[int, list[str]]]:
    """The filled rows of a table of any kind with their numbers, filled rows counted. Raises `ReadError`."""
    return list(enumerate(_parse(source, source.decode()[0]).rows, start=1))


def xlsx_cells(source: Source) -> dict[str, list[tuple[int, list[str]]]]:
    """The same of each sheet of a workbook. Raises `ReadError`."""
    return {title: list(enumerate(rows, start=1)) for title, rows in _sheets(source).items()}


def _with_warnings(found: Found, warnings: Sequence[str]) -> Found:

    return replace(found, warnings=[*warnings, *found.warnings])


@dataclass(frozen=True, slots=True)
class _Csv:
    """The filled rows of a CSV file, the lines on which they begin, and what stands between their cells."""

    rows: list[list[str]]
    lines: list[int]
    delimiter: str
    warnings: list[str]


def _parse(source: Source, text: str) -> _Csv:
    """A CSV file, by the delimiter that its first line speaks for."""
    text = text.replace("\x1c", "\ufffd")
    n_cells = max(map(text.count, _DELIMITERS)) + text.count("\n")
    source.refuse_flood(n_cells, int(MOST_CELLS * source.config.max_mb), "cells")
    if (first := text.split("\n", 1)[0]).lower().startswith("sep=") and len(first) == 5:
        delimiter, text = first[4], text[5:]
    else:
        delimiter = max(_DELIMITERS, key=lambda one: _fit(text, one))
    previous = csv.field_size_limit(_FIELD_LIMIT)
    try:
        return _rows(source, text, delimiter)
    finally:
        csv.field_size_limit(previous)


def _fit(text: str, delimiter: str) -> tuple[int, int]:
    """How many known headings a delimiter makes of the first lines, then how many cells."""
    head = text[:4000].split("\n")[:5]
    cells = [[cell.strip(' "') for cell in line.split(delimiter)] for line in head]
    n_known = max(sum(header_kind(cell) is not None for cell in row) for row in cells)
    return n_known, len(cells[0])


def _rows(source: Source, text: str, delimiter: str) -> _Csv:
    found: list[tuple[int, list[str]]] = []
    warnings: list[str] = []
    begun = 1
    try:
        for line, row in _numbered(text, delimiter, strict=True):
            found.append((line, row))
            begun = line + 1 + sum(cell.count("\n") for cell in row)
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise source.error(
                "a quotation mark that opens in this row is never closed", line=begun
            ) from None
        found = list(_numbered(text, delimiter, strict=False))
        warnings.append(f"line {begun} has a quotation mark inside a cell; check that row")
    filled = [(line, row) for line, row in found if any(cell.strip() for cell in row)]
    if not filled:
        raise source.error("there are no filled rows in the table")
    return _Csv([row for _, row in filled], [line for line, _ in filled], delimiter, warnings)


def _numbered(text: str, delimiter: str, *, strict: bool) -> Iterator[tuple[int, list[str]]]:
    """All rows with the lines on which they begin."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=strict)
    line = 1
    for row in reader:
        yield line, row
        line = reader.line_num + 1


def _without_stray_cells(table: _Csv) -> tuple[list[list[str]], list[str]]:
    """The rows; cells beyond the last column are the rest of a text that has the delimiter in it.

    But not where half of the rows have just one more and none begins with a space: that is a column.
    """
    first_row, width, text_at = _width(table.rows)
    wide = [n for n in range(first_row, len(table.rows)) if any(map(str.strip, table.rows[n][width:]))]
    if not wide:
        return table.rows, []
    rest = [cell for n in wide for cell in table.rows[n][width:]]
    spaced = any(cell.startswith(" ") for cell in rest)
    column = len(rest) == len(wide) >= max(2, (len(table.rows) - first_row) / 2) and not spaced
    where = ", ".join(str(table.lines[n]) for n in wide[:5]) + (" ..." if len(wide) > 5 else "")
    odd = f"rows with more cells than columns (line {where})"
    if column or text_at != width - 1:
        sign = "a tab" if table.delimiter == "\t" else f"'{table.delimiter}'"
        return table.rows, [
            f"{odd}: the rest was not read; put quotation marks around text with {sign} in it"
        ]
    rows = list(table.rows)
    for n in wide:
        said = table.delimiter.join(rows[n][text_at:]).rstrip(table.delimiter)
        rows[n] = [*rows[n][:text_at], said]
    return rows, [f"{odd}: the rest was joined to the text; check these rows"]


def _width(rows: Sequence[Sequence[str]]) -> tuple[int, int, int | None]:
    """The first row of content, how many columns there are, and which of them is the text."""
    if is_tidy_header(rows[0]):
        header = [cell.strip() for cell in rows[0]]
        return 1, len(header), header.index("text") if "text" in header else None
    columns = find_columns(rows)
    if columns is None:
        return 0, max(map(len, rows)), None
    usual = Counter(map(len, rows)).most_common(1)[0][0]
    width = len(rows[columns.first_row - 1]) if columns.first_row else usual
    return columns.first_row, width, columns.text


def _records(source: Source, rows: Sequence[Sequence[str]]) -> list[tuple[int, dict[str, Any]]]:
    """The rows of a tidy table as (row number, record); empty optional cells are left out."""
    header = [cell.strip() for cell in rows[0]]
    named = [name for name in header if name]
    if len(set(named)) < len(named):
        raise source.error("two columns have the same name", line=1)
    return [
        (
            number,
            {
                name: cell
                for name, cell in zip(header, row, strict=False)
                if name and (cell != "" or name not in OPTIONAL)
            },
        )
        for number, row in enumerate(rows[1:], start=2)
    ]


def _spoken_rows(
    source: Source, rows: Sequence[Sequence[str]], warnings: Sequence[str], *, day_fractions: bool
) -> Found:
    """Rows of one speaker running are one turn; without a speaker column, every row is one."""
    columns = find_columns(rows)
    if columns is None:
        raise source.error(
            "no column of text was found; name the columns in a first row, such as: speaker, text"
        )
    notes = list(warnings)
    if columns.first_row == 0:
        notes.append("the table has no header row; its columns were recognised by what is in them")
    body = rows[columns.first_row :]
    starts, ends = (
        _seconds([_cell(row, one) for row in body], day_fractions=day_fractions, in_ms=columns.in_ms)
        for one in (columns.start, columns.end)
    )
    speakers = _speakers(body, columns)
    spoken = [
        Spoken(speaker, _cell(row, columns.text), start, end, joins=columns.speaker is not None)
        for row, speaker, start, end in zip(body, speakers, starts, ends, strict=True)
    ]
    n_empty = sum(not one.text.strip() for one in spoken)
    if n_empty:
        notes.append(f"{count(n_empty, 'row')} without text dropped")
    text, pieces = lay_out(spoken)
    if roles := _roles(body, speakers, columns):
        pieces = [replace(piece, role=roles.get(piece.speaker, "")) for piece in pieces]
    return Found(text, pieces, notes)


def _roles(rows: Sequence[Sequence[str]], speakers: Sequence[str | None], columns: Columns) -> dict[str, str]:
    """Each speaker's word in the column of roles; nothing where none of the words is known."""
    found: dict[str, str] = {}
    for row, speaker in zip(rows, speakers, strict=True):
        if word := _cell(row, columns.role):
            found.setdefault(speaker or UNKNOWN, word)
    return found if label_roles(found.values()) else {}


def _cell(row: Sequence[str], column: int | None) -> str:
    return row[column].strip() if column is not None and column < len(row) else ""


def _speakers(rows: Sequence[Sequence[str]], columns: Columns) -> list[str | None]:
    """Each row's speaker; an empty cell means the same as above."""
    speakers: list[str | None] = []
    for row in rows:
        name = " ".join(_cell(row, columns.speaker).rstrip(" :").split())
        speakers.append(name or (speakers[-1] if speakers else None))
    return speakers


def _seconds(cells: Sequence[str], *, day_fractions: bool, in_ms: bool) -> list[float | None]:
    """Seconds of clock times, or of plain numbers; Excel's numbers below 1 are fractions of a day."""
    numbers = [float(cell.replace(",", ".")) for cell in cells if _NUMBER.fullmatch(cell)]
    factor = _DAY_S if day_fractions and numbers and 0 < max(numbers) < 1 else 0.001 if in_ms else 1.0
    return [
        round(float(cell.replace(",", ".")) * factor, 3) if _NUMBER.fullmatch(cell) else first_time(cell)
        for cell in cells
    ]


def _sheets(source: Source) -> dict[str, list[list[str]]]:
    """The filled rows of each sheet as strings, times as `h:mm:ss`."""
    checked = check_office_file(source, "xl/")
    import openpyxl

    sheets: dict[str, list[list[str]]] = {}
    try:
        with redirect_stdout(io.StringIO()), python_warnings.catch_warnings():  # openpyxl prints its doubts
            python_warnings.simplefilter("ignore")  # of extensions that hold no text
            book = openpyxl.load_workbook(checked, read_only=True, data_only=True)
            n_chars = 0
            for sheet in book.worksheets:
                rows = sheets[sheet.title] = []
                for row in _filled_rows(sheet):
                    rows.append(row)
                    n_chars += sum(map(len, row))  # one string may stand in thousands of cells
                    source.refuse_flood(n_chars, source.most_chars, "characters")
            book.close()
    except ReadError:
        raise
    except Exception as error:  # noqa: BLE001  # openpyxl says in many ways that a file is damaged
        what = type(error).__name__
        raise source.error(f"damaged Excel workbook ({what}); open it in Excel and save it again") from None
    return sheets


def _filled_rows(sheet: Any) -> Iterator[list[str]]:
    """The rows with anything in them. The sheet's own claim about its size is not believed."""
    sheet.reset_dimensions()
    for row in sheet.iter_rows(max_row=_MAX_ROW, max_col=_MAX_COLUMN, values_only=True):
        if row.count(None) < len(row):
            cells = [_as_text(value) for value in row]
            width = max((n for n, cell in enumerate(cells, start=1) if cell.strip()), default=0)
            if width:
                yield cells[:width]


_ESCAPED = re.compile("_x(00[01][0-9A-Fa-f])_")  # a control character, as Office Open XML writes it


def _as_text(value: object) -> str:
    if isinstance(value, datetime.datetime):
        value = value.time() if value.year < 1905 else value  # a time with Excel's day 0
    if isinstance(value, datetime.time):
        fraction = f".{value.microsecond // 1000:03d}" if value.microsecond else ""
        return f"{value.hour}:{value.minute:02d}:{value.second:02d}{fraction}"
    if isinstance(value, datetime.timedelta):
        seconds = round(value.total_seconds())
        return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else clean(_ESCAPED.sub(lambda found: chr(int(found[1], 16)), str(value)))
