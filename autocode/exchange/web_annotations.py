"""W3C web annotations (https://www.w3.org/TR/annotation-model/): a tag of somebody on a stretch of a text.

Positions count code points, as the standard says; each is given with the words and their surroundings.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC
from typing import Any

from autocode import __version__
from autocode.codebook.qdc_format import code_guid, make_guid
from autocode.exchange.gathered import MACHINE, Gathered, Interview, Placed
from autocode.exchange.project_out import user_guid

CONTEXT = "http://www.w3.org/ns/anno.jsonld"
AROUND = 32  # characters before and after the words


def files(gathered: Gathered) -> Iterator[tuple[str, bytes]]:
    """One collection with all annotations."""
    items = [_annotation(gathered, interview, one)
             for interview in gathered.interviews for one in gathered.current(interview)]  # fmt: skip
    id = _urn(make_guid("collection", gathered.name))
    collection = {
        "@context": CONTEXT,
        "id": id,
        "type": "AnnotationCollection",
        "label": gathered.name,
        "generator": {"id": "urn:autocode", "type": "Software", "name": f"autocode {__version__}"},
        "total": len(items),
        "first": {
            "id": _urn(make_guid("page", gathered.name)),
            "type": "AnnotationPage",
            "partOf": id,
            "startIndex": 0,
            "items": items,
        },
    }
    text = json.dumps(collection, ensure_ascii=False, indent=1, allow_nan=False)
    yield "", (text + "\n").encode("utf-8", "replace")


def _annotation(gathered: Gathered, interview: Interview, one: Placed) -> dict[str, Any]:
    transcript, (start, end) = interview.transcript, one.place
    text, source = transcript.text, make_guid("source", transcript.id, transcript.text)
    machine = one.coder == MACHINE
    who = {
        "id": _urn(make_guid("machine") if machine else user_guid(one.coder)),
        "type": "Software" if machine else "Person",
        "name": one.coder,
    }
    found: dict[str, Any] = {
        "@context": CONTEXT,
        "id": _urn(make_guid("annotation", source, str(start), str(end), one.code, one.coder)),
        "type": "Annotation",
        "motivation": "tagging",
        "creator": who,
        "body": [
            {"type": "TextualBody", "purpose": "tagging", "format": "text/plain",
             "value": gathered.codebook.path(one.code)},
            {"type": "SpecificResource", "purpose": "classifying", "source": _urn(code_guid(one.code))},
        ],
        "target": {
            "type": "SpecificResource",
            "source": {"id": _urn(source), "type": "Text", "format": "text/plain", "label": transcript.id},
            "selector": [
                {"type": "TextPositionSelector", "start": start, "end": end},
                {"type": "TextQuoteSelector", "exact": text[start:end],
                 "prefix": text[max(0, start - AROUND) : start], "suffix": text[end : end + AROUND]},
            ],
        },
    }  # fmt: skip
    if one.at is not None:
        found["created"] = one.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return found


def _urn(guid: str) -> str:
    return f"urn:uuid:{guid}"
