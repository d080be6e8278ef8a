"""Where a quote stands in a text: at the place that a file says, near it, or anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np

from autocode.records import Transcript

Place = tuple[int, int]
MOST_PLACES = 10_000  # of one quote that are looked at


def as_quoted(quote: str) -> str:
    """A quote as programs store it, with the line ends of our texts (Qt writes U+2029 for them)."""
    return quote.replace("\u2029", "\n").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")


def nearest(text: str, quote: str, start: int) -> Place | None:
    """The place of `quote`, character for character, that is nearest to `start`; None if it is nowhere."""
    if not quote:
        return None
    start = min(max(start, 0), len(text))
    behind = text.find(quote, start)
    before = text.rfind(quote, 0, start + len(quote) - 1)
    found = [at for at in (before, behind) if at >= 0]
    if not found:
        return None
    at = min(found, key=lambda one: abs(one - start))
    return at, at + len(quote)


@dataclass(frozen=True, slots=True)
class Found:
    """A quote's first place, and how many it has."""

    place: Place
    n: int


class Wording:
    """A text in which quotes are found whatever their white space: tables wrap lines and drop them.

    Labels of `speakers` in a quote need not be in the text, where turns may stand without them.
    """

    def __init__(self, text: str, speakers: Iterable[str] = ()) -> None:
        self.text = text
        labels = "|".join(re.escape(name) for name in sorted(speakers, key=len, reverse=True) if name)
        self._labels = re.compile(rf"(?<!\w)(?:{labels}):\s*") if labels else None
        letters = np.array([not letter.isspace() for letter in text], bool)
        self._places = np.flatnonzero(letters)  # in the text, of each letter that is no white space
        self._letters = "".join(text.split())

    @classmethod
    def of(cls, transcript: Transcript) -> Self:
        """The text of a transcript, with its speakers."""
        return cls(transcript.text, {turn.speaker for turn in transcript.turns})

    def find(self, quote: str) -> Found | None:
        """Where `quote` stands exactly; else where its letters stand, with any white space between them.

        Places that begin and end between words come before those inside of words.
        """
        quote = quote.strip()
        if not quote:
            return None
        exact = [(at, at + len(quote)) for at in _all(self.text, quote)]
        if not exact:
            letters = "".join(quote.split())
            if letters not in self._letters and self._labels is not None:
                letters = "".join(self._labels.sub("", quote).split())
            if not letters:
                return None
            ends = ((at, at + len(letters) - 1) for at in _all(self._letters, letters))
            exact = [(int(self._places[first]), int(self._places[last]) + 1) for first, last in ends]
        whole = [place for place in exact if self._between_words(place)]
        found = whole or exact
        return Found(found[0], len(found)) if found else None

    def _between_words(self, place: Place) -> bool:
        start, end = place
        before, behind = self.text[start - 1 : start], self.text[end : end + 1]
        cuts = (before + self.text[start], self.text[end - 1] + behind)
        return not any(cut.isalnum() and len(cut) > 1 for cut in cuts)


def _all(text: str, part: str) -> list[int]:
    found: list[int] = []
    at = text.find(part)
    while at >= 0 and len(found) < MOST_PLACES:
        found.append(at)
        at = text.find(part, at + 1)
    return found
