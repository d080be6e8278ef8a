"""SubRip (.srt), read with the same code as WebVTT."""

from __future__ import annotations

import re
from dataclasses import replace

from autocode.limits import MOST_LINES
from autocode.read.cues import name_speakers, read_cues, without_rolling_duplicates
from autocode.read.entities import unescaped
from autocode.read.layout import lay_out
from autocode.read.reader import Found, Source, count

_TAG = re.compile(r"</?(?:i|b|u|s|font|c)\b[^<>]*>|\{\\[^{}]*\}", re.IGNORECASE)
_BEGINNING = re.compile(r"\s*(?:\d+\s*\n\s*)?\d{1,2}:\d{2}:\d{2}[,.]\d{1,3}\s*-->")


def is_srt(text: str) -> bool:
    """Whether a text begins like SubRip: perhaps a number, then a time line."""
    return _BEGINNING.match(text) is not None


def read_srt(source: Source) -> list[Found]:
    """One transcript: cues of one speaker running are one turn. Raises `ReadError` if there is no cue."""
    text, warnings = source.decode()
    source.refuse_flood(text.count("\n"), MOST_LINES, "lines")
    cues, more = read_cues(text)
    if not cues:
        raise source.error("no time lines found: not SubRip (expected 00:00:01,000 --> 00:00:02,000)")
    plain = [replace(cue, lines=tuple(unescaped(_TAG.sub("", line)) for line in cue.lines)) for cue in cues]
    n_empty = sum(not "".join(cue.lines).strip() for cue in plain)
    if n_empty:
        more.append(f"{count(n_empty, 'cue')} without text dropped")
    plain, rolled = without_rolling_duplicates(plain)
    spoken, doubts = name_speakers(plain, known=source.speakers)
    laid_out, pieces = lay_out(spoken)
    return [Found(laid_out, pieces, [*warnings, *more, *rolled, *doubts])]
