"""Kaldi and Vosk: words with times; the BBC's Kaldi adds punctuation and stretches by speaker."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from autocode.read.json_tree import look, objects, parse_json, seconds, speaker_name, string
from autocode.read.layout import Spoken, lay_out
from autocode.read.reader import Found, Source
from autocode.read.timed_words import Stretch, Word, said, sentences, speaker_at

_MARKS = re.compile(r"[^\w\s]+(?=\s|\Z)")
_LETTER = re.compile(r"\w")


def is_kaldi(document: Any) -> bool:
    """Whether a JSON document has the words of Kaldi or the results of Vosk."""
    if objects(look(document, "segments")):  # Whisper's, with the words once more beside them
        return False
    if any("word" in word for word in _word_list(document)[:1]):
        return True
    return any(bool(_vosk_words(one)) for one in _vosk_results(document)[:20])


def read_kaldi(source: Source) -> list[Found]:
    """One transcript; a word belongs to whoever began to speak last. Raises `ReadError`."""
    document, warnings = parse_json(source)
    words = _word_list(document)
    spoken = _bbc(document, words) if words else _vosk(document)
    laid_out, pieces = lay_out(spoken)
    return [Found(laid_out, pieces, warnings)]


def _root(document: Any) -> Any:
    inner = look(document, "retval")
    return inner if isinstance(inner, dict) else document


def _word_list(document: Any) -> list[dict[str, Any]]:
    return objects(look(_root(document), "words"))


def _bbc(document: Any, words: list[dict[str, Any]]) -> list[Spoken]:
    stretches = sorted(
        (
            Stretch(speaker_name(look(one, "speaker", "@id")), start_s)
            for one in objects(look(_root(document), "segmentation", "segments"))
            if (start_s := seconds(one.get("start"))) is not None
        ),
        key=lambda one: one.start_s,
    )
    starts = [one.start_s for one in stretches]
    spoken = [string(word.get("punct")) or string(word.get("word")) for word in words]
    written = _written(string(look(document, "text")), spoken)
    return sentences(
        Word(
            text.strip(),
            (start_s := seconds(word.get("start"))),
            seconds(word.get("end")),
            speaker_at(stretches, starts, start_s) or speaker_name(word.get("speaker")),
            glued=not text[:1].isspace(),
        )
        for word, text in zip(words, written, strict=True)
    )


def _written(text: str, words: list[str]) -> list[str]:
    """The words as the text has them, each with the blank before it, and with punctuation.

    The words of OpenAI have none, and of "well-known" they make two. As they are where it is another text.
    """
    parts = text.split()
    if len(parts) == len(words):
        return [f" {part}" for part in parts]
    ends = [0]
    for word in (one.strip() for one in words):
        start = text.find(word, ends[-1])
        if start < 0 or _LETTER.search(text, ends[-1], start):
            return [f" {one}" for one in words]
        end = start + len(word)
        marks = _MARKS.match(text, end)
        ends.append(end if marks is None else marks.end())
    found = [text[start:end] for start, end in pairwise(ends)]
    return [f" {found[0]}", *found[1:]]


def _vosk_results(document: Any) -> list[dict[str, Any]]:
    """The utterances of Vosk: one object, a list of them, or objects with alternatives."""
    found = objects(document if isinstance(document, list) else [document])
    return [next(iter(objects(one.get("alternatives"))), one) for one in found]


def _vosk_words(result: dict[str, Any]) -> list[dict[str, Any]]:
    return [word for word in objects(result.get("result")) if "word" in word]


def _vosk(document: Any) -> list[Spoken]:
    """Every utterance of Vosk as one part: there is no punctuation, and no name of a speaker."""
    groups = [
        [
            Word(string(word.get("word")), seconds(word.get("start")), seconds(word.get("end")))
            for word in _vosk_words(result)
        ]
        for result in _vosk_results(document)
    ]
    return [said(group, joins=False) for group in groups if group]
