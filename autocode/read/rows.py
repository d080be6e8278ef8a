"""Rows of a table that belongs to a coded dataset: `codes.jsonl`, `coverage.csv`, `codes.parquet` ..."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from autocode.config import ReadConfig
from autocode.read.load import gunzip, load
from autocode.read.reader import Source
from autocode.read.registry import split_suffix
from autocode.read.table import csv_cells, xlsx_cells
from autocode.read.tidy import json_rows, parquet_rows

SUFFIXES = (".jsonl", ".ndjson", ".csv", ".tsv", ".parquet")
_LIMITS = ReadConfig(max_mb=1000.0)


def read_rows(path: Path, *, required: tuple[str, ...]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Each row of a table with its line number; `.gz` is unpacked. Raises `ReadError` with file and line."""
    source = Source(str(path), load(path, _LIMITS), _LIMITS)
    if path.suffix.lower() == ".gz":
        source = replace(source, data=gunzip(source.data, name=str(path), config=_LIMITS))
    _, suffix = split_suffix(path)
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
            if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).strip():
                raise source.error(f"no '{key}'; a row needs {', '.join(required)}", line=number)
        yield number, row


def read_cells(path: Path) -> list[tuple[int, list[str]]]:
    """Every filled row of a CSV, TSV or Excel table with its number, the header first.

    Of a workbook the first sheet that is filled. Raises `ReadError`.
    """
    source = Source(str(path), load(path, _LIMITS), _LIMITS)
    if path.suffix.lower() == ".gz":
        source = replace(source, data=gunzip(source.data, name=str(path), config=_LIMITS))
    _, suffix = split_suffix(path)
    if suffix in (".csv", ".tsv", ".tab", ".txt"):
        rows = csv_cells(source)
    elif suffix == ".xlsx":
        rows = next((rows for rows in xlsx_cells(source).values() if rows), [])
    else:
        raise source.error(f"'{suffix}' is no table that is read here; save it as .csv or .xlsx")
    if not rows:
        raise source.error("there are no filled rows in the table")
    return rows


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
            yield reader.line_num, {str(key).strip(): value for key, value in row.items() if key}
    except csv.Error as error:
        raise source.error(f"not a CSV table ({error})", line=reader.line_num) from None
