"""AssemblyAI: utterances by speaker "A", "B" ..., times in milliseconds."""

from __future__ import annotations

from typing import Any

from autocode.read.json_tree import language_code, look, objects, parse_json, seconds, speaker_name, string
from autocode.read.layout import Spoken, lay_out
from autocode.read.reader import Found, Source
from autocode.read.timed_words import Word, sentences

_MS = 0.001


def is_assemblyai(document: Any) -> bool:
    """Whether a JSON document is a transcript of AssemblyAI, with or without utterances."""
    if not isinstance(document, dict) or ("text" not in document and "segments" in document):
        return False
    words = objects(document.get("words"))
    if words and "type" in words[0]:  # ElevenLabs
        return False
    return any(
        bool(found) and {"text", "start", "end"} <= set(found[0]) for found in (_utterances(document), words)
    )


def read_assemblyai(source: Source) -> list[Found]:
    """One transcript; without speakers, every sentence is a turn. Raises `ReadError`."""
    document, warnings = parse_json(source)
    spoken: list[Spoken] = []
    for utterance in _utterances(document):
        words = _words(utterance)
        text = string(utterance.get("text"))
        if " ".join(word.text for word in words) == text:
            spoken.extend(sentences(words))
        else:
            start_s, end_s = (seconds(utterance.get(key), unit_s=_MS) for key in ("start", "end"))
            spoken.append(Spoken(_name(utterance), text, start_s, end_s))
    if not spoken:
        spoken = sentences(_words(document))
    laid_out, pieces = lay_out(spoken)
    return [Found(laid_out, pieces, warnings, language=language_code(look(document, "language_code")))]


def _utterances(document: Any) -> list[dict[str, Any]]:
    """What speakers say, in the lists of any of the service's answers."""
    found = (objects(look(document, key)) for key in ("utterances", "sentences", "paragraphs"))
    return next((one for one in found if one), [])


def _name(spoken: dict[str, Any]) -> str | None:
    """ "Speaker A": the letter alone would be taken for the A of an answer."""
    name = speaker_name(spoken.get("speaker"))
    return f"Speaker {name}" if name is not None and len(name) == 1 else name


def _words(holder: dict[str, Any]) -> list[Word]:
    return [
        Word(
            string(word.get("text")),
            seconds(word.get("start"), unit_s=_MS),
            seconds(word.get("end"), unit_s=_MS),
            _name({**holder, **word}),
        )
        for word in objects(holder.get("words"))
    ]
