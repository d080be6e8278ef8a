"""Answers that come back from annotation tools, and from coded datasets, whatever the file's format."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autocode.errors import ExchangeError
from autocode.files import explain_os_error
from autocode.read.decode import clean
from autocode.read.rows import find_table, read_rows

if TYPE_CHECKING:
    from autocode.codebook import Codebook
    from autocode.records import Transcript

TOOLS = ("label_studio", "argilla", "prodigy")  # modules: NAME, is_one, read
SUFFIXES = (".json", ".jsonl", ".ndjson")
MAX_BYTES = 200_000_000


@dataclass(frozen=True, slots=True)
class Answered:
    """All codes that somebody gave to an utterance."""

    coder: str  # as the file calls him or her; empty: it does not say
    utterance_id: str
    text: str
    codes: tuple[str, ...]  # ids, names or paths
    suggested: tuple[str, ...] = ()  # what the machine showed beside it
    blind: bool = True  # nothing was shown
    at: datetime | None = None
    transcript_id: str = ""  # as the file calls it


@dataclass(frozen=True, slots=True)
class Answers:
    """What a file holds."""

    path: Path
    format: str
    answers: tuple[Answered, ...]
    left_out: Mapping[str, int]  # why: how many
    transcripts: tuple[Transcript, ...] = ()  # that the file brings along
    codebook: Codebook | None = None
    warnings: tuple[str, ...] = ()

    @property
    def coders(self) -> tuple[str, ...]:
        """As the file calls them."""
        return tuple(dict.fromkeys(one.coder for one in self.answers))


def holds_answers(path: Path) -> bool:
    """Whether a file or folder is one that `read_answers` is for, by its name and what is in the folder."""
    return find_table(path, "codes") is not None if path.is_dir() else path.suffix.lower() in SUFFIXES


def read_answers(path: str | Path) -> Answers:
    """The answers in an export of Label Studio, Argilla or Prodigy, or in a coded dataset's folder.

    Raises `ExchangeError` that names the file.
    """
    path = Path(path)
    if path.is_dir():
        return _of_dataset(path)
    rows = _objects(path)
    for name in TOOLS:
        tool = import_module(f"autocode.exchange.{name}")
        if rows and tool.is_one(rows[0]):
            found, left_out = list[Answered](), Counter[str]()
            for one in tool.read(rows):
                if isinstance(one, str):
                    left_out[one] += 1
                else:
                    found.append(one)
            return Answers(path, tool.NAME, tuple(found), left_out)
    raise ExchangeError(
        f"{path}: is no export of Label Studio (as JSON, not JSON-MIN), Argilla (records.json) or Prodigy "
        "(db-out)"
    )


def _objects(path: Path) -> list[Mapping[str, Any]]:
    """The objects of a JSON list or of JSON lines."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            data = file.read() if size <= MAX_BYTES else b""
    except FileNotFoundError:
        raise ExchangeError(f"{path}: no such file") from None
    except (OSError, ValueError) as error:
        reason = explain_os_error(error) if isinstance(error, OSError) else str(error)
        raise ExchangeError(f"{path}: cannot be opened ({reason})") from None
    if size > MAX_BYTES:
        raise ExchangeError(f"{path}: larger than {MAX_BYTES // 1_000_000} MB; refused")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ExchangeError(f"{path}: is not UTF-8, as JSON is") from None
    if path.suffix.lower() == ".json" and text.lstrip()[:1] == "[":
        found = _parsed(text, f"{path}")
    else:
        lines = enumerate(text.split("\n"), start=1)
        found = [_parsed(line, f"{path}, line {number}") for number, line in lines if line.strip()]
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ExchangeError(f"{path}: a list of objects was expected in it")
    if not found:
        raise ExchangeError(f"{path}: there is nothing in it")
    return found


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text, parse_constant=lambda _: None)
    except RecursionError:
        raise ExchangeError(f"{where}: nested too deep; refused") from None
    except ValueError as error:
        what = (
            f"line {error.lineno}, {error.msg}"
            if isinstance(error, json.JSONDecodeError)
            else "a number out of range"
        )
        raise ExchangeError(f"{where}: not valid JSON ({what})") from None


def _of_dataset(folder: Path) -> Answers:
    from autocode.dataset import read_dataset

    dataset = read_dataset(folder)
    assisted = set[tuple[str, str]]()
    if (coverage := find_table(folder, "coverage")) is not None:
        for _, row in read_rows(coverage, required=("utterance_id", "coder")):
            if str(row.get("blind")).strip().casefold() in ("false", "no", "0"):
                assisted.add((str(row["coder"]).strip(), str(row["utterance_id"]).strip()))
    where = {turn.unit_id: one.id for one in dataset.transcripts for turn in one.turns}
    answers = tuple(
        Answered(
            coder, unit, "", tuple(sorted(codes)), blind=(coder, unit) not in assisted,
            transcript_id=where[unit],
        )
        for coder, said in dataset.codings.by_coder.items()
        for unit, codes in said.items()
    )  # fmt: skip
    return Answers(folder, "dataset", answers, {}, dataset.transcripts, dataset.codebook, dataset.warnings)


def text_of(value: object) -> str:
    """A text or a number as clean text, at most 100,000 characters; anything else is none."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return clean(str(value)[:100_000])


def objects(value: object) -> list[dict[str, Any]]:
    """The objects in a list; of anything else none."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def names(value: object) -> Iterator[str]:
    """The names in a list, or the one name; a list within (nested choices) is a path."""
    if isinstance(value, str | int):
        value = [value]
    for one in value if isinstance(value, list) else ():
        parts = [text_of(part) for part in one] if isinstance(one, list) else [text_of(one)]
        if any(parts):
            yield " > ".join(part for part in parts if part)


def moment(value: object) -> datetime | None:
    """A date and time of ISO 8601; without a zone it is UTC."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if found is None:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
