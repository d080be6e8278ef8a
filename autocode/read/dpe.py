"""Digital Paper Edit (BBC): words, and paragraphs that say who speaks from when to when."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from autocode.read.json_tree import look, objects, parse_json, seconds, speaker_name, string
from autocode.read.layout import Spoken, lay_out
from autocode.read.reader import Found, Source
from autocode.read.timed_words import Stretch, Word, said, sentences, speaker_at

_NOBODY = frozenset({"u_ukn", "unknown", "tbc"})


def is_dpe(document: Any) -> bool:
    """Whether a JSON document has words and paragraphs with times."""
    words, paragraphs = objects(look(document, "words")), objects(look(document, "paragraphs"))
    return bool(words and paragraphs) and {"text", "start"} <= set(words[0]) and "start" in paragraphs[0]


def read_dpe(source: Source) -> list[Found]:
    """One transcript; a word belongs to the paragraph that began last. Raises `ReadError`."""
    document, warnings = parse_json(source)
    paragraphs = sorted(
        (
            (start_s, speaker_name(one.get("speaker")))
            for one in objects(look(document, "paragraphs"))
            if (start_s := seconds(one.get("start"))) is not None
        ),
        key=lambda one: one[0],
    )
    numbers = [Stretch(str(number), start_s) for number, (start_s, _) in enumerate(paragraphs)]
    starts = [one.start_s for one in numbers]
    words = [
        Word(
            string(word.get("text")),
            (start_s := seconds(word.get("start"))),
            seconds(word.get("end")),
            speaker_at(numbers, starts, start_s),
        )
        for word in objects(look(document, "words"))
    ]
    spoken: list[Spoken] = []
    for number, group in groupby(words, key=lambda word: word.speaker):
        name = paragraphs[int(number)][1] if number is not None else None
        named = [Word(word.text, word.start_s, word.end_s, _known(name)) for word in group]
        spoken.extend(sentences(named) if _known(name) else [said(named, joins=False)])
    laid_out, pieces = lay_out(spoken)
    return [Found(laid_out, pieces, warnings)]


def _known(name: str | None) -> str | None:
    return None if name is None or name.casefold() in _NOBODY else name
