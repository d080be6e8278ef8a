"""Argilla: records and settings out, the records that its `to_json` and `to_disk` write in.

https://docs.argilla.io/latest/how_to_guides/import_export
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from autocode.codebook import Codebook
from autocode.exchange.answers import Answered, names, text_of
from autocode.exchange.gathered import MACHINE, Gathered
from autocode.exchange.project_out import user_guid
from autocode.exchange.tasks import QUESTION, TEXT, Task, tasks_of

NAME = "argilla"
VISIBLE = 20  # labels before "show more"


def files(gathered: Gathered) -> Iterator[tuple[str, bytes]]:
    """`records.json` for `dataset.records.from_json`, and `settings.json` for `Settings.from_json`."""
    for name, content in (
        ("records.json", [_record(one) for one in tasks_of(gathered)]),
        ("settings.json", _settings(gathered.codebook)),
    ):
        text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)
        yield name, (text + "\n").encode("utf-8", "replace")


def _record(task: Task) -> dict[str, Any]:
    suggestions: dict[str, Any] = {}
    if task.suggested:
        suggestions[QUESTION] = {
            "value": [one.code_id for one in task.suggested],
            "score": [
                one.probability if one.probability is not None else one.score for one in task.suggested
            ],
            "agent": MACHINE,
        }
    responses = [{"value": list(one.codes), "user_id": user_guid(one.coder)} for one in task.answers]
    return {
        "id": task.utterance_id,
        "fields": {"asked": task.asked or "–", TEXT: task.text},
        "metadata": task.about,
        "suggestions": suggestions,
        "responses": {QUESTION: responses} if responses else {},
        "vectors": {},
    }


def _settings(book: Codebook) -> dict[str, Any]:
    def field(name: str, title: str) -> dict[str, Any]:
        shown = {"type": "text", "use_markdown": False}
        return {"name": name, "title": title, "required": True, "settings": shown}

    options = [
        {"value": code.id, "text": book.path(code.id), "description": code.definition or None}
        for code in book.codes
    ]
    question = {
        "type": "multi_label_selection",
        "options": options,
        "visible_options": min(VISIBLE, len(options)),
    }
    return {
        "guidelines": "Mark every code that applies to the statement; none, if none does.",
        "fields": [field("asked", "Said before"), field(TEXT, "Statement")],
        "questions": [
            {"name": QUESTION, "title": "Codes", "description": None, "required": False, "settings": question}
        ],
        "metadata": [],
        "vectors": [],
        "allow_extra_metadata": True,
    }


def is_one(first: Mapping[str, Any]) -> bool:
    """Whether the first object of a file is a record of Argilla."""
    return isinstance(first.get("fields"), dict) and "responses" in first


def read(rows: Sequence[Mapping[str, Any]]) -> Iterator[Answered | str]:
    """What was annotated; in the place of what cannot be used, why: one phrase."""
    for record in rows:
        about, fields = record.get("metadata") or {}, record.get("fields")
        responses = record.get("responses")
        if not isinstance(fields, dict) or not isinstance(responses, dict) or not isinstance(about, dict):
            yield "no record of Argilla"
            continue
        given = responses.get(QUESTION) or ()
        for one in given if isinstance(given, list) else ():
            if not isinstance(one, dict) or one.get("status") in ("draft", "discarded"):
                yield "not submitted by the annotator"
                continue
            yield Answered(
                coder=text_of(one.get("user_id")),
                utterance_id=text_of(about.get("utterance_id")) or text_of(record.get("id")),
                text=text_of(fields.get(TEXT)),
                codes=tuple(names(one.get("value"))),
                suggested=(shown := tuple(names(about.get("suggested")))),
                blind=not shown,
                transcript_id=text_of(about.get("transcript_id")),
            )
