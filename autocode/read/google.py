"""Google Speech-to-Text: results in order, and with speakers all words once more at the end."""

from __future__ import annotations

import math
import re
from typing import Any

from autocode.read.json_tree import language_code, look, objects, parse_json, seconds, speaker_name, string
from autocode.read.layout import Spoken, lay_out
from autocode.read.reader import Found, Source
from autocode.read.timed_words import Word, sentences

_CAPITAL = re.compile("[A-Z]")
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)s")


def is_google(document: Any) -> bool:
    """Whether a JSON document is a response of Google's recogniser, perhaps inside an operation."""
    alternatives = [one for result in _results(document)[:5] for one in objects(result.get("alternatives"))]
    return any("transcript" in one or "words" in one for one in alternatives)


def read_google(source: Source) -> list[Found]:
    """One transcript, by speakers where the words have them, else by results. Raises `ReadError`."""
    document, warnings = parse_json(source)
    results = _results(document)
    tagged = [words for words in map(_words, results) if any(word.speaker for word in words)]
    if tagged and _repeats(tagged[-1], tagged[:-1]):
        tagged = tagged[-1:]  # every result repeats what was said before it
    if tagged:
        spoken = sentences(word for words in tagged for word in words)
    else:
        spoken = [one for result in results if (one := _result(result)) is not None]
    if any(one.speaker for one in spoken) and not tagged:  # channels
        spoken.sort(key=lambda one: math.inf if one.start_s is None else one.start_s)
    laid_out, pieces = lay_out(spoken)
    language = next((code for one in results if (code := language_code(_get(one, "languageCode")))), None)
    return [Found(laid_out, pieces, warnings, language=language)]


def _repeats(last: list[Word], before: list[list[Word]]) -> bool:
    """Whether the last result begins where the first does: by the times, or without them by all words."""
    first_s = before[0][0].start_s if before else last[0].start_s
    if first_s is not None or last[0].start_s is not None:
        return last[0].start_s == first_s
    said = [word.text for words in before for word in words]
    return [word.text for word in last[: len(said)]] == said


def _results(document: Any) -> list[dict[str, Any]]:
    response = look(document, "response")
    results = look(response if isinstance(response, dict) else document, "results")
    if isinstance(results, dict) and len(results) == 1:  # version 2, of a batch of one recording
        [recording] = results.values()
        results = look(recording, "transcript", "results") or look(
            recording, "inlineResult", "transcript", "results"
        )
    return objects(results)


def _get(holder: dict[str, Any], key: str) -> Any:
    """What lies under a key, which the libraries for Python write `start_time` for `startTime`."""
    return holder.get(key, holder.get(_CAPITAL.sub(lambda found: f"_{found[0].lower()}", key)))


def _best(result: dict[str, Any]) -> dict[str, Any]:
    return next(iter(objects(result.get("alternatives"))), {})


def _words(result: dict[str, Any]) -> list[Word]:
    return [
        Word(
            string(word.get("word")),
            _time(_either(word, "startTime", "startOffset")),
            _time(_either(word, "endTime", "endOffset")),
            speaker_name(_get(word, "speakerTag") or None) or _label(_get(word, "speakerLabel")),
        )
        for word in objects(_best(result).get("words"))
    ]


def _either(holder: dict[str, Any], key: str, other: str) -> Any:
    found = _get(holder, key)
    return _get(holder, other) if found is None else found


def _label(value: object) -> str | None:
    name = speaker_name(value)
    return f"Speaker {name}" if name is not None and name.isdecimal() else name


def _result(result: dict[str, Any]) -> Spoken | None:
    """A result as it stands; the channel is the speaker where the recording has several."""
    text = string(_best(result).get("transcript"))
    channel = _get(result, "channelTag")
    name = f"Channel {channel}" if isinstance(channel, int) and channel else None
    words = _words(result)
    start_s = words[0].start_s if words else None
    end_s = words[-1].end_s if words else _time(_either(result, "resultEndTime", "resultEndOffset"))
    return Spoken(name, text, start_s, end_s) if text.strip() else None


def _time(value: object) -> float | None:
    """Seconds of `{"seconds": "12", "nanos": 900000000}` or of `"12.900s"`."""
    if isinstance(value, dict):
        whole = seconds(value.get("seconds", 0))
        nanos = seconds(value.get("nanos", 0), unit_s=1e-9)
        return None if whole is None or nanos is None else whole + nanos
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    return float(match[1]) if match else seconds(value)
