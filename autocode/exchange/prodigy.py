"""Prodigy's choice interface: tasks out, what `prodigy db-out` writes in.

https://prodi.gy/docs/api-interfaces#choice; several codes need `"choice_style": "multiple"` in prodigy.json.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from autocode.exchange.answers import Answered, names, text_of
from autocode.exchange.dataset_out import json_lines
from autocode.exchange.gathered import Gathered
from autocode.exchange.tasks import TEXT, Task, tasks_of

NAME = "prodigy"


def files(gathered: Gathered) -> Iterator[tuple[str, bytes]]:
    """One task a line: of each coder that was chosen, or, where nobody was, to be done."""
    book = gathered.codebook
    options = [{"id": code.id, "text": book.path(code.id)} for code in book.codes]
    yield "", json_lines(row for task in tasks_of(gathered) for row in _rows(task, options))


def _rows(task: Task, options: list[dict[str, str]]) -> Iterator[dict[str, Any]]:
    row = {TEXT: task.text, "options": options, "meta": {**task.about, "asked": task.asked}}
    for one in task.answers:
        at = {} if one.at is None else {"_timestamp": int(one.at.timestamp())}
        who = {"_annotator_id": one.coder, "_session_id": one.coder}
        yield {**row, "accept": list(one.codes), "answer": "accept", **at, **who}
    if not task.answers:
        yield {**row, "accept": [one.code_id for one in task.suggested]}


def is_one(first: Mapping[str, Any]) -> bool:
    """Whether the first object of a file is a task of the choice interface."""
    return TEXT in first and ("options" in first or "accept" in first)


def read(rows: Sequence[Mapping[str, Any]]) -> Iterator[Answered | str]:
    """What was annotated; in the place of what cannot be used, why: one phrase."""
    for row in rows:
        about = row.get("meta")
        about = about if isinstance(about, dict) else {}
        if row.get("answer") != "accept":
            yield "not accepted by the annotator"
            continue
        at = row.get("_timestamp")
        seconds = at if isinstance(at, int | float) and not isinstance(at, bool) and 0 < at < 1e11 else None
        yield Answered(
            coder=text_of(row.get("_annotator_id")) or text_of(row.get("_session_id")),
            utterance_id=text_of(about.get("utterance_id")),
            text=text_of(row.get(TEXT)),
            codes=tuple(names(row.get("accept"))),
            suggested=(shown := tuple(names(about.get("suggested")))),
            blind=not shown,
            at=None if seconds is None else datetime.fromtimestamp(seconds, UTC),
            transcript_id=text_of(about.get("transcript_id")),
        )
