r"""Codebooks as tables (CSV, TSV) and as plain lists of codes (TXT).

Table: one code a row, columns in any order, only `name` is required (`tag`, as Taguette writes it,
is read as a name, `code` as an id or, where there is no other name, as one, `description` and `memo` as a
definition). The items of a list stand in one cell with
`|` or a line end between them; within an item `\|` is a bar and `\\` a backslash. Without an `id` column
the name is the id, and a name such as `A > B` is a path. Codes with the same value under
`exclusive_group` exclude each other. Rows above the header such as `# title: Trust` tell about the codebook.

List: one code a line, its place in the tree by `A > B > C`, by QualCoder's `A>>B>>C`, or by
indentation; a definition may follow after a tab. Lines that begin with `# ` are comments.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from autocode.codebook.build import (
    BOOK_KEYS,
    CODE_KEYS,
    LIST_KEYS,
    Draft,
    Row,
    add_parents,
    drop_bad_colour,
)
from autocode.codebook.code import SEPARATOR
from autocode.codebook.model import Codebook
from autocode.codebook.tree import Places
from autocode.config import suggest
from autocode.errors import CodebookError

COLUMNS = (*CODE_KEYS, "exclusive_group")

# the first that the header has takes the place of a column that it lacks
_OTHER_NAMES = (
    ("tag", "name"),
    ("code", "name"),  # a list of codes; beside names it is what tells them apart
    ("path", "name"),
    ("code", "id"),
    ("description", "definition"),
    ("memo", "definition"),
    ("color", "colour"),
)
_META = tuple(key for key in BOOK_KEYS if key not in {"codes", "exclusive_groups"})
_BULLET = re.compile(r"[-*•]\s+")
_ITEM = re.compile(r"(?:\\[|\\]|[^|\n])+")  # up to a bar or line end that no backslash guards
_ESCAPED = re.compile(r"\\([|\\])")


def read_table(text: str, *, file: str, name: str) -> Draft:
    """The draft in a CSV or TSV text; `name` is the codebook's where the text has none."""
    places = Places(file=file)
    numbered = _cells(text, _delimiter(text, places), places)
    meta, header = _preamble(numbered)
    if not header[1]:
        return Draft(file=file, meta={"name": name, **meta}, rows=())
    columns, warnings = _columns(header, places)
    rows: list[Row] = []
    groups: dict[str, list[str]] = defaultdict(list)
    group_places: dict[str, str] = {}
    for number, cells in numbered:
        place = f"row {number}"
        values = _values(columns, cells, place, places)
        warnings.extend(f"{file}, {warning}" for warning in drop_bad_colour(values, place=place))
        group = str(values.pop("exclusive_group", "")).strip()
        if group:
            groups[group].append(values["id"])
            group_places.setdefault(group, place)
        rows.append(Row(values, place))
    if "id" not in columns:
        rows, _ = add_parents(rows, file=file, create_named=False)
    return Draft(
        file=file,
        meta={"name": name, **meta},
        rows=rows,
        groups=list(groups.values()),
        group_places=list(group_places.values()),
        warnings=warnings,
    )


def _values(columns: list[str], cells: list[str], place: str, places: Places) -> dict[str, Any]:
    if any(cell.strip() for cell in cells[len(columns) :]):
        places.fail(place, f"{len(cells)} cells, but the header has {len(columns)}")
    values: dict[str, Any] = {key: cell for key, cell in zip(columns, cells, strict=False) if key}
    values.update({key: split_items(values[key]) for key in LIST_KEYS if key in values})
    if "id" not in columns:
        values["id"] = values.pop("name", "").strip()
        if not values["id"]:
            places.fail(place, "the name of a code is empty")
    return values


def read_list(text: str, *, file: str, name: str) -> Draft:
    """The draft in a plain list of codes."""
    places = Places(file=file)
    rows = []
    open_lines: list[tuple[int, str]] = []  # the indentation and path of each line that this one may be under
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("# "):
            continue
        body = line.lstrip()
        indent = len(line[: len(line) - len(body)].expandtabs(8))
        while open_lines and open_lines[-1][0] >= indent:
            deeper = open_lines.pop()[0]
            if deeper > indent > (open_lines[-1][0] if open_lines else 0):
                places.fail(f"line {number}", "indented like no line above it")
        if indent and not open_lines:
            places.fail(f"line {number}", "indented, but there is no line above for it to stand under")
        written, _, definition = body.partition("\t")
        parts = re.split(r"\s*>>\s*|\s+>\s+", _BULLET.sub("", written, count=1).strip())
        if not all(parts):
            places.fail(f"line {number}", "a part of the path is empty")
        above = [open_lines[-1][1]] if open_lines else []
        path = SEPARATOR.join([*above, *(" ".join(part.split()) for part in parts)])
        open_lines.append((indent, path))
        rows.append(Row({"id": path, "definition": definition}, f"line {number}"))
    return Draft(file=file, meta={"name": name}, rows=add_parents(rows, file=file)[0])


def to_table(codebook: Codebook) -> list[dict[str, str]]:
    """One row a code, every value as text, for a CSV file or a table on the screen."""
    groups = {id: str(n) for n, group in enumerate(codebook.exclusive_groups, start=1) for id in group}
    return [
        {
            **{key: _cell(getattr(code, key)) for key in CODE_KEYS},
            "exclusive_group": groups.get(code.id, ""),
        }
        for code in codebook.codes
    ]


def write_table(codebook: Codebook, *, delimiter: str = ",") -> str:
    """The codebook as CSV; columns that are empty throughout are left out, but for `id` and `name`."""
    rows = to_table(codebook)
    columns = [key for key in COLUMNS if key in {"id", "name"} or any(row[key] for row in rows)]
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter, lineterminator="\n")
    for key in _META:
        value = getattr(codebook, key)
        if value != Codebook.model_fields[key].default:
            writer.writerow([f"# {key}: {_cell(value)}"])
    writer.writerow(columns)
    writer.writerows([row[key] for key in columns] for row in rows)
    return "\ufeff" + stream.getvalue()  # without the mark Excel misreads every letter beyond ASCII


def split_items(cell: str) -> tuple[str, ...]:
    """The items of a list cell.

    >>> split_items(r"trust|rely on | a\\|b")
    ('trust', 'rely on', 'a|b')
    """
    items = (_ESCAPED.sub(r"\1", item).strip() for item in _ITEM.findall(cell))
    return tuple(item for item in items if item)


def _cell(value: str | Sequence[str] | None) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return "|".join(item.replace("\\", "\\\\").replace("|", "\\|") for item in value)


def _cells(text: str, delimiter: str, places: Places) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not empty, with their number in a spreadsheet."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "end of data" in str(error):
                places.fail(f"row {number}", "a quote that opens here is never closed")
            places.fail(f"row {number}", f"not a valid table: {error}")
        if any(cell.strip() for cell in cells):
            yield number, cells


def _delimiter(text: str, places: Places) -> str:
    """The one of comma, semicolon and tab that makes most columns of the header."""

    def columns(delimiter: str) -> int:
        try:
            _, header = _preamble(_cells(text, delimiter, places))
        except CodebookError:
            return 0
        return len(header[1])

    return max(",;\t", key=columns)


def _preamble(rows: Iterator[tuple[int, list[str]]]) -> tuple[dict[str, Any], tuple[int, list[str]]]:
    """What the rows above the header tell about the codebook, and the header (row 0 where there is none)."""
    meta: dict[str, Any] = {}
    for number, cells in rows:
        if not cells[0].startswith("#") or any(cell.strip().casefold() == "name" for cell in cells[1:]):
            return meta, (number, cells)
        key, colon, value = cells[0].lstrip("# ").partition(":")
        if colon and key.strip() in _META:
            meta[key.strip()] = split_items(value) if key.strip() == "levels" else value
    return meta, (0, [])


def _columns(header: tuple[int, list[str]], places: Places) -> tuple[list[str], list[str]]:
    """The field of each column, empty where it has none, and warnings about those."""
    number, cells = header
    written = [" ".join(cell.split()).lower().replace(" ", "_").replace("-", "_") for cell in cells]
    names = list(written)
    for other, name in _OTHER_NAMES:
        if other in names and name not in names:
            names[names.index(other)] = name
    if "name" not in names:
        found = ", ".join(f"'{cell.strip()}'" for cell in cells[:6] if cell.strip())
        places.fail(f"row {number}", f"no column 'name' (found {found})")
    for name in names:
        if name in COLUMNS and names.count(name) > 1:
            places.fail(f"row {number}", f"two columns '{name}'")
    warnings = [
        f"{places.file}, row {number}: the column '{cell.strip()}' is not used{suggest(name, list(COLUMNS))}"
        for cell, name in zip(cells, names, strict=True)
        if name and name not in COLUMNS
    ]
    return [name if name in COLUMNS else "" for name in names], warnings
