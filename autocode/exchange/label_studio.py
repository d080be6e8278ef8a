"""Label Studio: tasks with the labelling interface out, the JSON export of its annotations in.

https://labelstud.io/guide/task_format.html and https://labelstud.io/tags/choices
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from autocode.codebook import Codebook
from autocode.exchange.answers import Answered, moment, names, objects, text_of
from autocode.exchange.gathered import MACHINE, Gathered
from autocode.exchange.tasks import QUESTION, TEXT, Task, surest, tasks_of
from autocode.xmlfile import xml_text

NAME = "label-studio"


def files(gathered: Gathered) -> Iterator[tuple[str, bytes]]:
    """`tasks.json`, to import, and `interface.xml`, the labelling interface of the project."""
    tasks = [_task(one) for one in tasks_of(gathered)]
    text = json.dumps(tasks, ensure_ascii=False, indent=1, allow_nan=False)
    yield "tasks.json", (text + "\n").encode("utf-8", "replace")
    yield "interface.xml", _interface(gathered.codebook)


def _task(task: Task) -> dict[str, Any]:
    found: dict[str, Any] = {"data": {TEXT: task.text, "asked": task.asked, **task.about}}
    found["annotations"] = [
        {
            "result": _result(f"u{task.key}a{number}", answer.codes),
            "created_username": answer.coder,
            "was_cancelled": False,
            "ground_truth": False,
            **({} if answer.at is None else {"created_at": answer.at.astimezone(UTC).isoformat()}),
        }
        for number, answer in enumerate(task.answers)
    ]
    if task.suggested:
        codes = [one.code_id for one in task.suggested]
        score = surest(task.suggested)
        found["predictions"] = [
            {"model_version": MACHINE, "score": score, "result": _result(f"u{task.key}p", codes)}
        ]
    return found


def _result(id: str, codes: Sequence[str]) -> list[dict[str, Any]]:
    if not codes:
        return []
    return [
        {
            "id": id,
            "from_name": QUESTION,
            "to_name": TEXT,
            "type": "choices",
            "value": {"choices": list(codes)},
        }
    ]


def _interface(book: Codebook) -> bytes:
    view = Element("View")
    SubElement(view, "Text", name="asked", value="$asked")
    SubElement(view, "Text", name=TEXT, value=f"${TEXT}")
    choices = SubElement(view, "Choices", name=QUESTION, toName=TEXT, choice="multiple")
    for code in book.codes:
        choice = SubElement(choices, "Choice", value=xml_text(book.path(code.id)), alias=xml_text(code.id))
        if code.definition:
            choice.set("hint", xml_text(code.definition))
    indent(view)
    written: bytes = tostring(view, encoding="utf-8")
    return written + b"\n"


def is_one(first: Mapping[str, Any]) -> bool:
    """Whether the first object of a file is a task of Label Studio."""
    return isinstance(first.get("data"), dict) and "annotations" in first


def read(rows: Sequence[Mapping[str, Any]]) -> Iterator[Answered | str]:
    """What was annotated; in the place of what cannot be used, why: one phrase."""
    for task in rows:
        data = task.get("data")
        annotations = task.get("annotations")
        if not isinstance(data, dict) or not isinstance(annotations, list):
            yield "no task of Label Studio"
            continue
        for one in annotations:
            if not isinstance(one, dict) or one.get("was_cancelled"):
                yield "skipped by the annotator"
                continue
            codes: list[str] = []
            for part in objects(one.get("result")):
                if part.get("type") == "choices" and isinstance(part.get("value"), dict):
                    codes += names(part["value"].get("choices"))
            yield Answered(
                coder=_coder(one),
                utterance_id=text_of(data.get("utterance_id")),
                text=text_of(data.get(TEXT)),
                codes=tuple(dict.fromkeys(codes)),
                suggested=(shown := tuple(names(data.get("suggested")))),
                blind=not shown,
                at=moment(one.get("updated_at")) or moment(one.get("created_at")),
                transcript_id=text_of(data.get("transcript_id")),
            )


def _coder(one: Mapping[str, Any]) -> str:
    """Who annotated: a name or an address where the file has one, else the number of the user."""
    who = one.get("completed_by")
    if isinstance(who, dict):
        full = " ".join(text_of(who.get(key)) for key in ("first_name", "last_name")).strip()
        return full or text_of(who.get("email")) or text_of(who.get("id"))
    named = text_of(one.get("created_username")).split(",")[0].strip()
    return named or text_of(who)
