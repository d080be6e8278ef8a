"""Speechmatics: words beside a list of speakers (version 1), results with speakers (version 2)."""

from __future__ import annotations

import math
from typing import Any

from autocode.read.json_tree import language_code, look, objects, parse_json, seconds, speaker_name, string
from autocode.read.layout import lay_out
from autocode.read.reader import Found, Source
from autocode.read.timed_words import Stretch, Word, sentences, speaker_at

_NOBODY = ("UU",)  # "unidentified", as the service writes it
_MARKS = frozenset(".,?!;:…。，？！、")


def is_speechmatics(document: Any) -> bool:
    """Whether a JSON document is a transcript of Speechmatics."""
    words, results = objects(look(document, "words")), objects(look(document, "results"))
    if words and {"name", "time", "duration"} <= set(words[0]):
        return True
    return bool(results) and {"alternatives", "start_time", "type"} <= set(results[0])


def read_speechmatics(source: Source) -> list[Found]:
    """One transcript; without speakers, every sentence is a turn. Raises `ReadError`."""
    document, warnings = parse_json(source)
    words = _results(document) or _words(document)
    if any(one.get("channel") for one in objects(look(document, "results"))):
        words = _by_time(words)
    laid_out, pieces = lay_out(sentences(words))
    language = look(document, "job", "lang") or look(document, "metadata", "transcription_config", "language")
    return [Found(laid_out, pieces, warnings, language=language_code(language))]


def _by_time(words: list[Word]) -> list[Word]:
    """The words of several channels in order; a mark stays behind the word that it belongs to."""
    keys: list[float] = []
    for word in words:
        own = math.inf if word.start_s is None else word.start_s
        keys.append(keys[-1] if word.glued and keys else own)
    return [words[n] for n in sorted(range(len(words)), key=keys.__getitem__)]


def _name(value: object) -> str | None:
    name = speaker_name(value)
    return None if name in _NOBODY else name


def _words(document: Any) -> list[Word]:
    """Version 1: words with time and duration; a speaker has all words until the next one begins."""
    stretches = sorted(
        (
            Stretch(_name(one.get("name")), start_s)
            for one in objects(look(document, "speakers"))
            if (start_s := seconds(one.get("time"))) is not None
        ),
        key=lambda one: one.start_s,
    )
    starts = [one.start_s for one in stretches]
    words = []
    for one in objects(look(document, "words")):
        text, start_s = string(one.get("name")), seconds(one.get("time"))
        end_s = None if start_s is None else round(start_s + (seconds(one.get("duration")) or 0.0), 3)
        glued = bool(text) and set(text) <= _MARKS
        words.append(Word(text, start_s, end_s, speaker_at(stretches, starts, start_s), glued))
    return words


def _results(document: Any) -> list[Word]:
    """Version 2: every result has its speaker or channel, and punctuation says what it belongs to."""
    words = []
    for one in objects(look(document, "results")):
        best = next(iter(objects(one.get("alternatives"))), {})
        attached = one.get("attaches_to", "previous")
        words.append(
            Word(
                string(best.get("content")),
                seconds(one.get("start_time")),
                seconds(one.get("end_time")),
                _name(best.get("speaker")) or _name(one.get("channel")),
                glued=(mark := one.get("type") == "punctuation") and attached in ("previous", "both"),
                opens=mark and attached in ("next", "both"),
            )
        )
    return words
