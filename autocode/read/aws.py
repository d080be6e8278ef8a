"""AWS Transcribe: words and punctuation marks with times as strings, speakers in a list of their own.

Call analytics have what each participant says instead, with times in milliseconds.
"""

from __future__ import annotations

from typing import Any

from autocode.read.json_tree import language_code, look, objects, parse_json, seconds, speaker_name, string
from autocode.read.layout import Spoken, lay_out
from autocode.read.reader import Found, Source
from autocode.read.timed_words import Word, sentences


def is_aws(document: Any) -> bool:
    """Whether a JSON document is a result of AWS Transcribe, or the list of its items."""
    items = _items(document)
    if any("ParticipantRole" in one for one in _call(document)[:1]):
        return True
    return bool(items) and "alternatives" in items[0] and items[0].get("type") in _TYPES


def read_aws(source: Source) -> list[Found]:
    """One transcript; without speaker labels (or channels), every sentence is a turn. Raises `ReadError`."""
    document, warnings = parse_json(source)
    if call := _call(document):
        text, turns = lay_out(_said(one) for one in call)
        return [Found(text, turns, warnings, language=language_code(look(document, "LanguageCode")))]
    names = _names(document)
    has_speakers = look(document, "results", "speaker_labels") is not None
    words: list[Word] = []
    for item in _items(document):
        alternatives = objects(item.get("alternatives"))
        text = string(alternatives[0].get("content")) if alternatives else ""
        start, end = item.get("start_time"), item.get("end_time")
        said_by = (
            speaker_name(item.get("speaker_label"))
            or (None if has_speakers else speaker_name(item.get("channel_label")))
            or names.get(_key(start, end))
        )
        glued = item.get("type") == "punctuation"
        if (said_by is None or glued) and words:
            said_by = words[-1].speaker  # punctuation has no time, and so no speaker
        words.append(Word(text, seconds(start), seconds(end), said_by, glued))
    laid_out, pieces = lay_out(sentences(words))
    return [
        Found(laid_out, pieces, warnings, language=language_code(look(document, "results", "language_code")))
    ]


_TYPES = ("pronunciation", "punctuation")


def _items(document: Any) -> list[dict[str, Any]]:
    return objects(document if isinstance(document, list) else look(document, "results", "items"))


def _call(document: Any) -> list[dict[str, Any]]:
    return objects(look(document, "Transcript"))


def _said(one: dict[str, Any]) -> Spoken:
    start_s, end_s = (seconds(one.get(f"{key}OffsetMillis"), unit_s=0.001) for key in ("Begin", "End"))
    return Spoken(speaker_name(one.get("ParticipantRole")), string(one.get("Content")), start_s, end_s)


def _key(start: object, end: object) -> tuple[str, str]:
    return str(start), str(end)


def _names(document: Any) -> dict[tuple[str, str], str]:
    """Who says the word with these times: by speaker, else by channel."""
    labels = look(document, "results", "speaker_labels")
    groups = [(segment, "items", "speaker_label") for segment in objects(look(labels, "segments"))]
    if not groups:
        channels = objects(look(document, "results", "channel_labels", "channels"))
        groups = [(channel, "items", "channel_label") for channel in channels]
    found: dict[tuple[str, str], str] = {}
    for group, items, label in groups:
        for item in objects(group.get(items)):
            name = speaker_name(item.get(label)) or speaker_name(group.get(label))
            if name is not None:
                found[_key(item.get("start_time"), item.get("end_time"))] = name
    return found
