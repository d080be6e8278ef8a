"""A text cut wherever a code begins or ends, for formats that mark codes in the text."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from autocode.exchange.gathered import Place, Placed, trimmed
from autocode.records import Transcript


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of a passage over which the codes are the same."""

    start_char: int
    end_char: int
    begins: tuple[Placed, ...]
    covers: tuple[Placed, ...]  # those that begin here too
    ends: tuple[Placed, ...]  # behind it


def cut(start: int, end: int, codes: Sequence[Placed]) -> Iterator[Stretch]:
    """The pieces of the text from `start` to `end`, in order."""
    inside = [one for one in codes if one.place[0] < end and one.place[1] > start]
    bounds = sorted({start, end, *(p for one in inside for p in one.place if start < p < end)})
    for first, last in pairwise(bounds):
        covers = tuple(one for one in inside if one.place[0] <= first and one.place[1] >= last)
        yield Stretch(
            first, last, tuple(one for one in covers if max(one.place[0], start) == first), covers,
            tuple(one for one in covers if min(one.place[1], end) == last),
        )  # fmt: skip


def passages(transcript: Transcript, codes: Sequence[Placed]) -> list[tuple[str, int, int]]:
    """Speaker, start and end of each turn; of coded lines between them, too, without a speaker."""
    alone, before = [one.place for one in outside(transcript, codes)], 0
    found: list[tuple[str, int, int]] = []
    for turn in transcript.turns:
        found += [("", *line) for line in _lines(transcript.text, before, turn.start_char, alone)]
        found.append((turn.speaker, turn.start_char, turn.end_char))
        before = turn.end_char
    return [*found, *(("", *line) for line in _lines(transcript.text, before, len(transcript.text), alone))]


def outside(transcript: Transcript, codes: Sequence[Placed]) -> list[Placed]:
    """The codes that lie on no word that anybody says."""
    turns, text = transcript.turns, transcript.text
    found = []
    for one in codes:
        start, end = one.place
        first = bisect_right(turns, start, key=lambda turn: turn.end_char)
        behind = bisect_left(turns, end, key=lambda turn: turn.start_char)
        said = (text[max(start, turn.start_char) : min(end, turn.end_char)] for turn in turns[first:behind])
        if not any(map(str.strip, said)):
            found.append(one)
    return found


def _lines(text: str, start: int, end: int, places: Sequence[Place]) -> Iterator[Place]:
    """The lines from `start` to `end` on whose words one of the places lies."""
    near = [one for one in places if one[0] < end and one[1] > start]
    for line in text[start:end].split("\n") if near else ():
        place = trimmed(text, start, start + len(line))
        if any(text[max(one[0], place[0]) : min(one[1], place[1])].strip() for one in near):
            yield place
        start += len(line) + 1
