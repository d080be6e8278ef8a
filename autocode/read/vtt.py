"""WebVTT, as Teams, Zoom, Stream, Rev, YouTube and podcasts write it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from autocode.limits import MOST_LINES
from autocode.read.cues import Cue, name_speakers, read_cues, without_rolling_duplicates
from autocode.read.entities import unescaped
from autocode.read.layout import Spoken, lay_out
from autocode.read.reader import UNKNOWN, Found, Source, count

_TAG = re.compile(r"<(?:/?[A-Za-z][^<>]*|/|\d[\d:.]*)>")
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?(?:\s+([^<>]*))?>|</v\s*>", re.IGNORECASE)
_LANGUAGE = re.compile(r"^Language:\s*([A-Za-z]{2,3})\b", re.MULTILINE)


def is_vtt(text: str) -> bool:
    """Whether a text begins like WebVTT."""
    return text.startswith("WEBVTT")


def read_vtt(source: Source) -> list[Found]:
    """One transcript: cues of one speaker running are one turn. Raises `ReadError` if there is no cue."""
    text, warnings = source.decode()
    if not is_vtt(text):
        warnings.append("the first line is not WEBVTT; the cues were read all the same")
    source.refuse_flood(text.count("\n"), MOST_LINES, "lines")
    cues, more = read_cues(text, ignored_blocks=("NOTE", "STYLE", "REGION"))
    if not cues:
        header_only = is_vtt(text)
        raise source.error(
            "there are no cues in the file" if header_only else "no time lines found: not WebVTT"
        )
    n_empty = sum(not "".join(_plain(cue).lines).strip() for cue in cues)
    if n_empty:
        more.append(f"{count(n_empty, 'cue')} without text dropped")
    cues, rolled = without_rolling_duplicates(cues)
    if any(_VOICE.search(line) for cue in cues for line in cue.lines):
        spoken, doubts = list(_voices(cues)), list[str]()
    else:
        spoken, doubts = name_speakers([_plain(cue) for cue in cues], known=source.speakers)
    laid_out, pieces = lay_out(spoken)
    warnings += [*more, *rolled, *doubts]
    language = _LANGUAGE.search(text[:2000])
    return [Found(laid_out, pieces, warnings, language=language[1].lower() if language else None)]


def plain_text(payload: str) -> str:
    """Payload without tags, then with its character references decoded, once."""
    return unescaped(_TAG.sub("", payload)).replace("\n", " ")


def _plain(cue: Cue) -> Cue:
    return replace(cue, lines=tuple(plain_text(line) for line in cue.lines))


def _voices(cues: Sequence[Cue]) -> Iterator[Spoken]:
    """The speech under each voice tag; a cue without one continues the speaker before."""
    speaker: str | None = None
    for cue in cues:
        payload = "\n".join(cue.lines)
        at = 0
        for tag in _VOICE.finditer(payload):
            yield _said(cue, speaker, payload[at : tag.start()])
            if not tag[0].startswith("</"):
                speaker = _voice_name(tag[1])
            at = tag.end()
        yield _said(cue, speaker, payload[at:])


def _said(cue: Cue, speaker: str | None, payload: str) -> Spoken:
    return Spoken(speaker, unescaped(_TAG.sub("", payload)), cue.start_s, cue.end_s)


def _voice_name(annotation: str | None) -> str:
    name = " ".join(unescaped(annotation or "").split())
    return name if name.strip("-–— ") else UNKNOWN
