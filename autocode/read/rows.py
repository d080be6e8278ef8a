"""Rows of a table that belongs to a coded dataset: `codes.jsonl`, `coverage.csv`, `codes.parquet` ..."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import isnan
from pathlib import Path
from typing import Any

from autocode.config import ReadConfig
from autocode.errors import ReadError
from autocode.read.load import gunzip, load
from autocode.read.reader import Source
from autocode.read.registry import split_suffix
from autocode.read.table import csv_cells, xlsx_cells
from autocode.read.tidy import json_rows, parquet_rows

SUFFIXES = (".jsonl", ".ndjson", ".csv", ".tsv", ".parquet")
SPLIT = "split it, for example by interview"
MORE_CELLS = "more cells than columns; put quotation marks around what has the delimiter in it"
CELLS = (".csv", ".tsv", ".tab", ".txt", ".xlsx")
_KINDS = {list: "a list", dict: "an object", bool: "true or false", float: "a decimal number"}
_LIMITS = ReadConfig(max_mb=200.0)  # half a million codings of fifty codes; a table takes ten times its size


def read_rows(path: Path, *, required: tuple[str, ...]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Each row of a table with its line number; `.gz` is unpacked. Raises `ReadError` with file and line."""
    source, suffix = _opened(path)
    if suffix == ".parquet":
        rows = parquet_rows(source)
    elif suffix in (".csv", ".tsv"):
        rows = _csv_rows(source, "\t" if suffix == ".tsv" else None)
    elif suffix in (".jsonl", ".ndjson"):
        rows = json_rows(source, source.decode()[0])
    else:
        raise source.error(f"'{suffix}' is none of {', '.join(SUFFIXES)}")
    for number, row in rows:
        for key in required:
            value = row.get(key)
            if value is None or not str(value).strip() or (isinstance(value, float) and isnan(value)):
                raise source.error(f"no '{key}'; a row needs {', '.join(required)}", line=number)
            if isinstance(value, bool) or not isinstance(value, str | int):
                kind = _KINDS.get(type(value), "something else")
                raise source.error(f"'{key}' is {kind}, and a string is needed", line=number)
        yield number, row


def read_cells(path: Path) -> list[tuple[int, list[str]]]:
    """Every filled row of a CSV, TSV or Excel table with its number, the header first.

    Of a workbook the first sheet that is filled. Raises `ReadError`.
    """
    source, suffix = _opened(path, CELLS)
    if suffix == ".xlsx":
        rows = next((rows for rows in xlsx_cells(source).values() if rows), [])
    else:
        rows = csv_cells(source)
    if not rows:
        raise source.error("there are no filled rows in the table")
    return rows


def _opened(path: Path, suffixes: Sequence[str] = ()) -> tuple[Source, str]:
    """The content of a table, unpacked, and its suffix, which is one of `suffixes` if there are any."""
    _, suffix = split_suffix(path)
    if suffixes and suffix not in suffixes and path.is_file():
        raise ReadError(f"{path}: '{suffix}' is no table that is read here; save it as .csv or .xlsx")
    source = Source(str(path), load(path, _LIMITS, remedy=SPLIT), _LIMITS)
    if path.suffix.lower() == ".gz":
        unpacked = gunzip(source.data, name=str(path), config=_LIMITS, remedy=SPLIT)
        source = replace(source, data=unpacked)
    return source, suffix


def find_table(folder: Path, name: str) -> Path | None:
    """The table called `name` in a folder, in whichever format; None if there is none."""
    places = (folder / f"{name}{suffix}{packed}" for suffix in SUFFIXES for packed in ("", ".gz"))
    return next((place for place in places if place.is_file()), None)


def _csv_rows(source: Source, delimiter: str | None) -> Iterator[tuple[int, Mapping[str, Any]]]:
    text = source.decode()[0]
    first = text.partition("\n")[0]
    delimiter = delimiter or max(",;\t", key=first.count)
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    try:
        for row in reader:
            if any(cell.strip() for cell in row.pop(None, None) or []):
                raise source.error(MORE_CELLS, line=reader.line_num)
            named = {str(key).strip(): value for key, value in row.items() if key}
            if any(value and value.strip() for value in named.values()):  # spreadsheets leave empty rows
                yield reader.line_num, named
    except csv.Error as error:
        raise source.error(f"not a CSV table ({error})", line=reader.line_num) from None
