"""Subtitles with the codes below what is said, for transcripts that have times."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from itertools import accumulate

from autocode import __version__
from autocode.errors import ExchangeError
from autocode.exchange.formats import FileNames
from autocode.exchange.gathered import Gathered, Interview, overlapped
from autocode.write import printable

CHARS_A_SECOND = 15.0  # of speech whose end nobody wrote down
LEAST_S = 0.5


@dataclass(frozen=True, slots=True)
class Cue:
    """An utterance with its times."""

    start_s: float
    end_s: float
    speaker: str
    text: str
    codes: str


def vtt_files(gathered: Gathered) -> Iterator[tuple[str, bytes]]:
    """One WebVTT file for each transcript with times."""
    head = f"WEBVTT\n\nNOTE Written by autocode {__version__}; codes stand in brackets.\n"
    yield from _files(gathered, ".vtt", head, _vtt)


def srt_files(gathered: Gathered) -> Iterator[tuple[str, bytes]]:
    """One SRT file for each transcript with times."""
    yield from _files(gathered, ".srt", "", _srt)


def _files(
    gathered: Gathered, suffix: str, head: str, write: Callable[[int, Cue], str]
) -> Iterator[tuple[str, bytes]]:
    names, found = FileNames(suffix), False
    for interview in gathered.interviews:
        cues = list(cues_of(gathered, interview))
        if cues:
            found = True
            blocks = [head] if head else []
            blocks += [write(number, cue) for number, cue in enumerate(cues, start=1)]
            yield names.of(interview.transcript.id), "\n".join(blocks).encode("utf-8", "replace")
    if not found:
        raise ExchangeError(f"{gathered.name}: no transcript has times, and subtitles need them")


def _vtt(number: int, cue: Cue) -> str:
    codes = f"\n<c.codes>[{escape(cue.codes, quote=False)}]</c>" if cue.codes else ""
    speaker, text = escape(cue.speaker, quote=False), escape(cue.text, quote=False)
    times = f"{_time(cue.start_s, '.')} --> {_time(cue.end_s, '.')}"
    return f"{number}\n{times}\n<v {speaker}>{text}</v>{codes}\n"


def _srt(number: int, cue: Cue) -> str:
    codes = f"\n[{cue.codes}]" if cue.codes else ""
    times = f"{_time(cue.start_s, ',')} --> {_time(cue.end_s, ',')}"
    return f"{number}\n{times}\n{cue.speaker}: {cue.text}{codes}\n"


def cues_of(gathered: Gathered, interview: Interview) -> Iterator[Cue]:
    """Every utterance as a cue; none where the transcript has no times."""
    if not has_times(interview):
        return
    clock = _Clock(interview)
    utterances, text = [unit.utterance for unit in interview.units], interview.transcript.text
    codes: dict[int, dict[str, None]] = {}
    for given in gathered.current(interview):
        name = f"{gathered.codebook.path(given.code)} ({given.coder})"
        for number in overlapped(utterances, text, given.place):
            codes.setdefault(number, {})[name] = None
    for number, one in enumerate(utterances):
        if said := _line(one.text):
            start = one.start_s if one.start_s is not None else clock.at(number)
            end = one.end_s if one.end_s is not None else clock.at(number + 1)
            yield Cue(start, max(end, start + LEAST_S), _line(one.speaker), said,
                      _line("; ".join(codes.get(number, ()))))  # fmt: skip


def has_times(interview: Interview) -> bool:
    """Does anything tell when something was said?"""
    return any(
        unit.utterance.start_s is not None or unit.utterance.end_s is not None for unit in interview.units
    )


class _Clock:
    """When each utterance begins: between the times that are known, by how many characters are spoken."""

    def __init__(self, interview: Interview) -> None:
        utterances = [unit.utterance for unit in interview.units]
        self.spoken = [0, *accumulate(len(one.text) for one in utterances)]
        at: dict[int, float] = {}
        for number, one in enumerate(utterances):
            for place, seconds in ((number, one.start_s), (number + 1, one.end_s)):
                if seconds is not None:
                    at.setdefault(self.spoken[place], seconds)
        self.known = sorted(at.items())

    def at(self, number: int) -> float:
        """The seconds from the beginning to the utterance with this number."""
        place = self.spoken[number]
        index = bisect_right(self.known, place, key=lambda one: one[0])
        if index == 0:
            return self.known[0][1]
        before, seconds = self.known[index - 1]
        if index == len(self.known):
            return seconds + (place - before) / CHARS_A_SECOND
        after, until = self.known[index]
        return seconds + max(0.0, until - seconds) * (place - before) / (after - before)


def _line(text: str) -> str:
    """On one line, with no arrow that a player would take for times."""
    return " ".join(printable(text).split()).replace("-->", "→")


def _time(seconds: float, point: str) -> str:
    milliseconds = round(max(0.0, seconds) * 1000)
    whole, rest = divmod(milliseconds, 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{point}{rest:03}"
