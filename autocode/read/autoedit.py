"""autoEdit 2: speakers, their paragraphs, and lines of words."""

from __future__ import annotations

from typing import Any

from autocode.read.json_tree import look, objects, parse_json, seconds, speaker_name, string
from autocode.read.layout import Spoken, lay_out
from autocode.read.reader import Found, Source
from autocode.read.timed_words import Word, said, sentences

_NOBODY = "unnamed speaker"


def is_autoedit(document: Any) -> bool:
    """Whether a JSON document is a transcript of autoEdit 2."""
    text = objects(look(document, "text"))
    return bool(text) and isinstance(text[0].get("paragraph"), list)


def read_autoedit(source: Source) -> list[Found]:
    """One transcript; paragraphs of unnamed speakers are turns of their own. Raises `ReadError`."""
    document, warnings = parse_json(source)
    spoken: list[Spoken] = []
    for part in objects(look(document, "text")):
        name = speaker_name(part.get("speaker"))
        name = None if name is not None and name.casefold() == _NOBODY else name
        for paragraph in objects(part.get("paragraph")):
            words = [
                Word(
                    string(word.get("text")),
                    seconds(word.get("startTime")),
                    seconds(word.get("endTime")),
                    name,
                )
                for word in objects(paragraph.get("line"))
            ]
            spoken.extend(sentences(words) if name else [said(words, joins=False)])
    laid_out, pieces = lay_out(spoken)
    return [Found(laid_out, pieces, warnings)]
