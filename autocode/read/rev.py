"""Rev and Rev AI: monologues of words and of the marks and blanks between them."""

from __future__ import annotations

from typing import Any

from autocode.read.json_tree import look, objects, parse_json, seconds, speaker_name, string
from autocode.read.layout import Spoken, lay_out
from autocode.read.reader import Found, Source


def is_rev(document: Any) -> bool:
    """Whether a JSON document has the monologues of Rev."""
    monologues = objects(look(document, "monologues"))
    return bool(monologues) and "elements" in monologues[0]


def read_rev(source: Source) -> list[Found]:
    """One transcript. Raises `ReadError`."""
    document, warnings = parse_json(source)
    names = {one.get("id"): speaker_name(one.get("name")) for one in _speakers(document)}
    text, pieces = lay_out(_said(one, names) for one in objects(look(document, "monologues")))
    return [Found(text, pieces, warnings)]


def _speakers(document: Any) -> list[dict[str, Any]]:
    return [one for one in objects(look(document, "speakers")) if isinstance(one.get("id"), int)]


def _said(monologue: dict[str, Any], names: dict[Any, str | None]) -> Spoken:
    elements = objects(monologue.get("elements"))
    number = monologue.get("speaker")
    name = names.get(number) if isinstance(number, int) else None
    starts = (seconds(one.get("ts")) for one in elements)
    ends = (seconds(one.get("end_ts")) for one in reversed(elements))
    return Spoken(
        name or speaker_name(number),
        "".join(string(one.get("value")) for one in elements),
        next((one for one in starts if one is not None), None),
        next((one for one in ends if one is not None), None),
    )
