"""ElevenLabs Scribe: words, the blanks between them and noises, each with its speaker."""

from __future__ import annotations

from typing import Any

from autocode.read.json_tree import language_code, look, objects, parse_json, seconds, speaker_name, string
from autocode.read.layout import lay_out
from autocode.read.reader import Found, Source
from autocode.read.timed_words import Word, sentences


def is_elevenlabs(document: Any) -> bool:
    """Whether a JSON document has words that say what kind they are."""
    words = objects(look(document, "words"))
    return bool(words) and {"text", "type"} <= set(words[0])


def read_elevenlabs(source: Source) -> list[Found]:
    """One transcript; without speakers, every sentence is a turn. Raises `ReadError`."""
    document, warnings = parse_json(source)
    words = [
        Word(
            string(one.get("text")), seconds(one.get("start")), seconds(one.get("end")),
            speaker_name(one.get("speaker_id")),
        )
        for one in objects(look(document, "words"))
        if one.get("type") != "spacing"
    ]  # fmt: skip
    text, pieces = lay_out(sentences(words))
    return [Found(text, pieces, warnings, language=language_code(look(document, "language_code")))]
