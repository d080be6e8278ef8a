"""Podcast namespace JSON: segments with a `body`, often one word each; a speaker is named on changing."""

from __future__ import annotations

from typing import Any

from autocode.read.json_tree import look, objects, parse_json, seconds, speaker_name, string
from autocode.read.layout import Spoken, lay_out
from autocode.read.reader import Found, Source, count


def is_podcast(document: Any) -> bool:
    """Whether a JSON document has segments with a `body`."""
    segments = objects(look(document, "segments"))
    return bool(segments) and "body" in segments[0]


def read_podcast(source: Source) -> list[Found]:
    """One transcript; a segment without a speaker continues the one before. Raises `ReadError`."""
    document, warnings = parse_json(source)
    spoken: list[Spoken] = []
    for segment in objects(look(document, "segments")):
        speaker = speaker_name(segment.get("speaker")) or (spoken[-1].speaker if spoken else None)
        start_s, end_s = (seconds(segment.get(key)) for key in ("startTime", "endTime"))
        spoken.append(Spoken(speaker, string(segment.get("body")), start_s, end_s))
    n_empty = sum(not one.text.strip() for one in spoken)
    if n_empty:
        warnings.append(f"{count(n_empty, 'segment')} without text dropped")
    text, pieces = lay_out(spoken)
    return [Found(text, pieces, warnings)]
