"""JSON of Whisper, whisper.cpp and WhisperX: segments with times, some with speakers.

JSON of unknown shape ends here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from autocode.read.decode import clean
from autocode.read.json_tree import language_code, look, objects, parse_json, seconds, speaker_name
from autocode.read.layout import Spoken, lay_out
from autocode.read.reader import UNKNOWN, Found, Source, count


def read_whisper(source: Source) -> list[Found]:
    """One transcript from JSON with `segments` (or with only `text`). Raises `ReadError`."""
    document, warnings = parse_json(source)
    spoken = [_spoken(one) for one in _segments(source, document)]
    n_empty = sum(not one.text.strip() for one in spoken)
    if n_empty:
        warnings.append(f"{count(n_empty, 'segment')} without text dropped")
    n_nameless = sum(one.speaker is None for one in spoken)
    if 0 < n_nameless < len(spoken):
        warnings.append(
            f"{n_nameless} of {count(len(spoken), 'segment')} without a speaker, given to '{UNKNOWN}'"
        )
    laid_out, pieces = lay_out(spoken)
    language = look(document, "language") or look(document, "result", "language")
    return [Found(laid_out, pieces, warnings, language=language_code(language))]


def _segments(source: Source, document: Any) -> list[Any]:
    """The segments of any of the shapes. Raises `ReadError` for other JSON."""
    if isinstance(document, list):
        segments: Any = document
    elif isinstance(document, dict) and isinstance(document.get("segments"), list):
        segments = document["segments"]
    elif isinstance(document, dict) and isinstance(document.get("transcription"), list):  # whisper.cpp
        segments = [{**one, **_offsets(one)} for one in objects(document["transcription"])]
    elif isinstance(document, dict) and isinstance(document.get("text"), str):
        segments = [{"text": document["text"]}]
    else:
        segments = None
    if segments is None or not all(isinstance(one, dict) and _text(one) is not None for one in segments):
        raise source.error(
            "not the JSON of Whisper, WhisperX or another recogniser that is known here; "
            'expected {"segments": [{"start", "end", "text"}, ...]}'
        )
    if not segments:
        raise source.error("there are no segments in the file")
    return list(segments)


def _offsets(segment: Mapping[str, Any]) -> dict[str, float | None]:
    """Seconds of the milliseconds of whisper.cpp."""
    places = (("start", "from"), ("end", "to"))
    return {key: seconds(look(segment, "offsets", there), unit_s=0.001) for key, there in places}


def _text(segment: Mapping[str, Any]) -> str | None:
    text = segment.get("text")
    return text if isinstance(text, str) else None


def _spoken(segment: Mapping[str, Any]) -> Spoken:
    return Spoken(
        _speaker(segment), clean(_text(segment) or ""), _time(segment.get("start")), _time(segment.get("end"))
    )


def _speaker(segment: Mapping[str, Any]) -> str | None:
    """The segment's speaker, else the one that most of its words have."""
    if name := speaker_name(segment.get("speaker")):
        return name
    words = segment.get("words")
    names = (
        [word.get("speaker") for word in words if isinstance(word, dict)] if isinstance(words, list) else []
    )
    counts = Counter(name for name in names if isinstance(name, str) and name.strip())
    return clean(counts.most_common(1)[0][0]) if counts else None


def _time(value: object) -> float | None:
    return None if isinstance(value, str) else seconds(value)
