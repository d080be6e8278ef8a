"""Trint: words in milliseconds, each in a paragraph, perhaps with a speaker."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from autocode.read.json_tree import look, objects, parse_json, seconds, speaker_name, string
from autocode.read.layout import Spoken, lay_out
from autocode.read.reader import Found, Source
from autocode.read.timed_words import Word, said, sentences

_MS = 0.001


def is_trint(document: Any) -> bool:
    """Whether a JSON document has the words of Trint."""
    words = objects(look(document, "words"))
    return bool(words) and {"value", "time", "paragraphId"} <= set(words[0])


def read_trint(source: Source) -> list[Found]:
    """One transcript; without speakers, every paragraph is a turn. Raises `ReadError`.

    Words that were struck through in Trint are left out, and counted in a warning.
    """
    document, warnings = parse_json(source)
    words = objects(look(document, "words"))
    kept = [word for word in words if word.get("strikethrough") is not True]
    if len(kept) < len(words):
        warnings.append(
            f"words that are struck through in Trint and were left out: {len(words) - len(kept):,}"
        )
    spoken: list[Spoken] = []
    for _, group in groupby(kept, key=lambda word: str(word.get("paragraphId"))):
        paragraph = [_word(word, look(document, "speakers")) for word in group]
        named = any(word.speaker for word in paragraph)
        spoken.extend(sentences(paragraph) if named else [said(paragraph, joins=False)])
    laid_out, pieces = lay_out(spoken)
    return [Found(laid_out, pieces, warnings)]


def _word(word: dict[str, Any], speakers: Any) -> Word:
    start_s = seconds(word.get("time"), unit_s=_MS)
    duration_s = seconds(word.get("duration"), unit_s=_MS) or 0.0
    known = look(speakers, str(word.get("speaker")))
    name = speaker_name(look(known, "name")) or speaker_name(known) or speaker_name(word.get("speaker"))
    end_s = None if start_s is None else round(start_s + duration_s, 3)
    return Word(string(word.get("value")), start_s, end_s, name)
