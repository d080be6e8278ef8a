"""Deepgram: words by channel, each with its speaker's number and its punctuated form."""

from __future__ import annotations

import math
from typing import Any

from autocode.read.json_tree import language_code, look, objects, parse_json, seconds, speaker_name, string
from autocode.read.layout import Spoken, lay_out
from autocode.read.reader import Found, Source
from autocode.read.timed_words import Word, sentences


def is_deepgram(document: Any) -> bool:
    """Whether a JSON document is a response of Deepgram for a recording."""
    channels = objects(look(document, "results", "channels"))
    utterances = objects(look(document, "results", "utterances"))
    return any(
        bool(one) and key in one[0] for one, key in ((channels, "alternatives"), (utterances, "transcript"))
    )


def read_deepgram(source: Source) -> list[Found]:
    """One transcript; several channels are put together by time. Raises `ReadError`."""
    document, warnings = parse_json(source)
    channels = objects(look(document, "results", "channels"))
    spoken: list[Spoken] = []
    for number, channel in enumerate(channels, start=1):
        spoken.extend(_channel(channel, f"Channel {number}" if len(channels) > 1 else None))
    if not channels:
        spoken = [_said(one, "transcript") for one in objects(look(document, "results", "utterances"))]
    if len(channels) > 1:
        spoken.sort(key=lambda one: math.inf if one.start_s is None else one.start_s)
    laid_out, pieces = lay_out(spoken)
    language = look(channels[0], "detected_language") if channels else None
    return [Found(laid_out, pieces, warnings, language=language_code(language))]


def _channel(channel: dict[str, Any], name: str | None) -> list[Spoken]:
    """What is said on one channel, by sentence; the channel's name stands in for missing speakers."""
    alternatives = objects(channel.get("alternatives"))
    if not alternatives:
        return []
    words = [
        Word(
            string(word.get("punctuated_word")) or string(word.get("word")),
            seconds(word.get("start")),
            seconds(word.get("end")),
            _speaker(word, name),
        )
        for word in objects(alternatives[0].get("words"))
    ]
    if words:
        return sentences(words)
    paragraphs = objects(look(alternatives[0], "paragraphs", "paragraphs"))
    said = [
        _said({**one, **sentence}, "text", name)
        for one in paragraphs
        for sentence in objects(one.get("sentences"))
    ]
    return said or [Spoken(name, string(alternatives[0].get("transcript")))]


def _said(holder: dict[str, Any], key: str, channel: str | None = None) -> Spoken:
    """An utterance, or a sentence with the speaker of its paragraph."""
    start_s, end_s = seconds(holder.get("start")), seconds(holder.get("end"))
    return Spoken(_speaker(holder, channel), string(holder.get(key)), start_s, end_s)


def _speaker(word: dict[str, Any], channel: str | None) -> str | None:
    speaker = speaker_name(word.get("speaker"))
    return f"{channel}, {speaker}" if channel and speaker else speaker or channel
