"""Kaldi and Vosk: words with times; the BBC's Kaldi adds punctuation and stretches by speaker."""

from __future__ import annotations

from typing import Any

from autocode.read.json_tree import look, objects, parse_json, seconds, speaker_name, string
from autocode.read.layout import Spoken, lay_out
from autocode.read.reader import Found, Source
from autocode.read.timed_words import Stretch, Word, said, sentences, speaker_at


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
    written = string(look(document, "text")).split()  # with punctuation, which the words of OpenAI have not
    if len(written) != len(words):
        written = [string(word.get("punct")) or string(word.get("word")) for word in words]
    return sentences(
        Word(
            text,
            (start_s := seconds(word.get("start"))),
            seconds(word.get("end")),
            speaker_at(stretches, starts, start_s) or speaker_name(word.get("speaker")),
        )
        for word, text in zip(words, written, strict=True)
    )


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
