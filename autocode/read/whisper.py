"""JSON of Whisper and WhisperX, and of podcast players: segments with times, some with speakers."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

from autocode.read.decode import clean
from autocode.read.layout import Spoken, lay_out
from autocode.read.reader import UNKNOWN, Found, Source, count


def read_whisper(source: Source) -> list[Found]:
    """One transcript from JSON with `segments` (or with only `text`). Raises `ReadError`."""
    text, warnings = source.decode()
    repeated: Counter[str] = Counter()
    document = _parse(source, text, repeated)
    warnings += [
        f"the key '{key}' appears twice in one object; the last one was used" for key in sorted(repeated)
    ]
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
    language = document.get("language") if isinstance(document, dict) else None
    short = language if isinstance(language, str) and 2 <= len(language) <= 3 else None
    return [Found(laid_out, pieces, warnings, language=short)]


def _parse(source: Source, text: str, repeated: Counter[str]) -> Any:
    def merged(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            counts = Counter(key for key, _ in pairs)
            repeated.update({clean(key) for key, n in counts.items() if n > 1})
        return found

    try:
        return json.loads(text, object_pairs_hook=merged, parse_constant=lambda _: None)
    except json.JSONDecodeError as error:
        raise source.error(f"not valid JSON ({error.msg})", line=error.lineno) from None
    except RecursionError:
        raise source.error("the JSON is nested too deeply") from None
    except ValueError:
        raise source.error("the JSON has a number that is too long") from None


def _segments(source: Source, document: Any) -> list[Any]:
    """The segments of any of the shapes. Raises `ReadError` for other JSON."""
    if isinstance(document, list):
        segments: Any = document
    elif isinstance(document, dict) and isinstance(document.get("segments"), list):
        segments = document["segments"]
    elif isinstance(document, dict) and isinstance(document.get("text"), str):
        segments = [{"text": document["text"]}]
    else:
        segments = None
    if segments is None or not all(isinstance(one, dict) and _text(one) is not None for one in segments):
        raise source.error(
            'not the JSON of Whisper or WhisperX; expected {"segments": [{"start", "end", "text"}, ...]}'
        )
    if not segments:
        raise source.error("there are no segments in the file")
    return list(segments)


def _text(segment: Mapping[str, Any]) -> str | None:
    text = segment.get("text", segment.get("body"))
    return text if isinstance(text, str) else None


def _spoken(segment: Mapping[str, Any]) -> Spoken:
    return Spoken(
        _speaker(segment),
        clean(_text(segment) or ""),
        _seconds(segment.get("start", segment.get("startTime"))),
        _seconds(segment.get("end", segment.get("endTime"))),
    )


def _speaker(segment: Mapping[str, Any]) -> str | None:
    """The segment's speaker, else the one that most of its words have."""
    speaker = segment.get("speaker")
    if isinstance(speaker, int) and not isinstance(speaker, bool):
        return f"Speaker {speaker}"
    if isinstance(speaker, str) and speaker.strip():
        return " ".join(clean(speaker).split())
    words = segment.get("words")
    names = (
        [word.get("speaker") for word in words if isinstance(word, dict)] if isinstance(words, list) else []
    )
    counts = Counter(name for name in names if isinstance(name, str) and name.strip())
    return clean(counts.most_common(1)[0][0]) if counts else None


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None
