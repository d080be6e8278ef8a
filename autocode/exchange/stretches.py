"""A text cut wherever a code begins or ends, for formats that mark codes in the text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from autocode.exchange.gathered import Placed


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of a turn over which the codes are the same."""

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
