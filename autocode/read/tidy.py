"""Tidy utterances: one row a unit, many transcripts in one file (JSON lines, CSV, Parquet).

Rows: {transcript_id, utterance_id, speaker, role, text, start?, end?, char_start?, char_end?, meta?}. They
are kept as they are and in their order; a row's other keys go into the turn's `meta`.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

from autocode.limits import MOST_VALUES, n_json_values
from autocode.read.decode import clean
from autocode.read.reader import UNKNOWN, Found, Piece, Source, count

_REQUIRED = ("transcript_id", "utterance_id", "speaker", "role", "text")
OPTIONAL = frozenset({"start", "end", "char_start", "char_end", "meta"})
_FLAT = "meta."  # before a key of `meta` that has a column of its own
_OWN = frozenset({*_REQUIRED, "start", "end", "meta"})


def is_tidy_header(header: Sequence[str]) -> bool:
    """Whether a table's first row names the columns of tidy utterances."""
    return {"transcript_id", "utterance_id"} <= {cell.strip() for cell in header}


def read_jsonl(source: Source) -> list[Found]:
    """The transcripts of an `utterances.jsonl`, in order of first appearance. Raises `ReadError`."""
    text, warnings = source.decode()
    found = read_tidy_rows(source, json_rows(source, text))
    return [
        Found(one.text, one.pieces, [*warnings, *one.warnings], one.id, None, True, one.meta) for one in found
    ]


def read_parquet(source: Source) -> list[Found]:
    """The transcripts of an `utterances.parquet`; needs pandas and pyarrow. Raises `ReadError`."""
    return read_tidy_rows(source, parquet_rows(source))


def parquet_rows(source: Source) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The numbered rows of a Parquet file; needs pandas and pyarrow. Raises `ReadError`."""
    try:
        table = import_module("pyarrow.parquet").read_table(io.BytesIO(source.data))
        table.validate(full=True)  # pandas crashes on text that is no UTF-8
        rows = json.loads(table.to_pandas().to_json(orient="records"))
    except ImportError:
        raise source.error(
            "Parquet needs the packages pandas and pyarrow; install them, or save the table as CSV"
        ) from None
    except (
        ValueError,
        OSError,
        LookupError,
        TypeError,
        AttributeError,
        ArithmeticError,
        RuntimeError,
    ) as error:
        raise source.error(f"not a Parquet file, or a damaged one ({type(error).__name__})") from None
    yield from enumerate(rows, start=1)


def read_tidy_rows(source: Source, rows: Iterable[tuple[int, Mapping[str, Any]]]) -> list[Found]:
    """The transcripts of numbered rows. Raises `ReadError` with the number of the first bad row."""
    grouped: dict[str, list[dict[str, Any]]] = {}
    seen: dict[str, int] = {}
    for number, row in rows:
        checked = _checked(source, number, row)
        unit = checked["utterance_id"]
        if unit in seen:
            raise source.error(f"utterance_id '{unit}' was already used in line {seen[unit]}", line=number)
        seen[unit] = number
        grouped.setdefault(checked["transcript_id"], []).append(checked)
    if not grouped:
        raise source.error("there are no rows in the file")
    return [_transcript(name, group) for name, group in grouped.items()]


def json_rows(source: Source, text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The numbered objects of JSON lines. Raises `ReadError` with the line of the first that is none."""
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        source.refuse_flood(n_json_values(line), MOST_VALUES, "values in a row")
        try:
            row = json.loads(line, parse_constant=lambda _: None)
        except (ValueError, RecursionError) as error:
            what = error.msg if isinstance(error, json.JSONDecodeError) else "a value out of range"
            raise source.error(f"not valid JSON ({what})", line=number) from None
        if not isinstance(row, dict):
            raise source.error("not a JSON object", line=number)
        yield number, row


def _checked(source: Source, number: int, row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with clean strings and numbers for times. Raises `ReadError`."""
    missing = [key for key in _REQUIRED if key not in row]
    if missing:
        raise source.error(f"no {', '.join(missing)}; a row needs {', '.join(_REQUIRED)}", line=number)
    if not isinstance(row["text"], str):
        raise source.error("'text' is not a string", line=number)
    ids = {key: row[key] for key in ("transcript_id", "utterance_id")}
    for key, value in ids.items():
        if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).strip():
            raise source.error(f"'{key}' is empty, or neither a string nor a number", line=number)
    meta = _meta(source, number, row.get("meta"))
    extra = {
        str(key).removeprefix(_FLAT): value
        for key, value in row.items()
        if key not in _OWN and value is not None and not (value == "" and str(key).startswith(_FLAT))
    }
    return {
        **{key: clean(str(value)) for key, value in ids.items()},
        "speaker": " ".join(clean(str(row["speaker"] or "")).split()) or UNKNOWN,
        "role": clean(str(row["role"] or "")).strip(),
        "text": clean(row["text"]),
        "start": _seconds(source, number, row, "start"),
        "end": _seconds(source, number, row, "end"),
        "meta": _finite({**extra, **meta}),
    }


def _meta(source: Source, number: int, value: object) -> dict[str, Any]:
    if isinstance(value, str) and value.strip().startswith("{"):  # a cell of a CSV file
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise source.error("'meta' is not valid JSON", line=number) from None
    if value is None or value == "":
        return {}
    if not isinstance(value, dict):
        raise source.error("'meta' is not an object", line=number)
    return value


def _finite(meta: dict[str, Any]) -> dict[str, Any]:
    """What can be written as JSON: numbers too large for one (1e400), and those that are none, are null."""
    try:
        json.dumps(meta, allow_nan=False)
    except ValueError:
        return dict(json.loads(json.dumps(meta), parse_constant=lambda _: None))
    return meta


def _seconds(source: Source, number: int, row: Mapping[str, Any], key: str) -> float | None:
    value = row.get(key)
    if value is None or value == "":
        return None
    try:
        seconds = float(value)
    except (TypeError, ValueError, OverflowError):
        raise source.error(f"'{key}' is not a number of seconds", line=number) from None
    return None if math.isnan(seconds) else seconds


def _transcript(name: str, rows: Sequence[Mapping[str, Any]]) -> Found:
    """One transcript; rows without text cannot be coded and are dropped (their ids stay in `meta`)."""
    filled = [row for row in rows if row["text"].strip()]
    empty = tuple(row["utterance_id"] for row in rows if not row["text"].strip())
    named = any(row["speaker"] != UNKNOWN for row in filled)
    lines, pieces, at = [], [], 0
    for row in filled:
        label = f"{row['speaker']}: " if named else ""
        start = at + len(label)
        end = start + len(row["text"])
        pieces.append(
            Piece(
                row["speaker"],
                start,
                end,
                row["start"],
                row["end"],
                row["role"],
                row["utterance_id"],
                row["meta"],
            )
        )
        lines.append(label + row["text"])
        at = end + 1
    warnings = [f"{count(len(empty), 'row')} without text dropped"] if empty else []
    meta = {"dropped_units": empty} if empty else {}
    return Found("\n".join(lines), pieces, warnings, name, has_units=True, meta=meta)
