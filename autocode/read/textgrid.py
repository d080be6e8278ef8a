"""Praat TextGrid, long and short: interval tiers, named after who speaks or after what they hold."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from autocode.limits import MOST_VALUES
from autocode.read.json_tree import seconds
from autocode.read.layout import lay_out
from autocode.read.reader import Found, Source
from autocode.read.timeline import Annotation, in_order, listed
from autocode.read.words import word_set

# As Praat reads: strings, flags and numbers that stand free; all else is for people.
_VALUE = re.compile(r'"(?:[^"]|"")*+"|<[a-z]+>|(?<!\S)[-+]?\d[\d.eE+-]*+(?!\S)|(?<!\S)![^\n]*')
_LEVELS = {  # what a tier holds, if it is named so: the larger the better
    **dict.fromkeys(
        word_set("phone phones phoneme phonemes segment segments sound sounds pitch tone tones"), 0
    ),
    **dict.fromkeys(word_set("syllable syllables"), 1),
    **dict.fromkeys(word_set("word words"), 2),
    **dict.fromkeys(word_set("phrase phrases utterance utterances sentence sentences turn turns"), 3),
}


def read_textgrid(source: Source) -> list[Found]:
    """One transcript; intervals are put in order of time. Raises `ReadError`.

    Of tiers named `words`, `phones` ... (or `Ann - words`), only the one with the longest units is read.
    """
    if source.data.startswith(b"ooBinaryFile"):
        raise source.error("a binary TextGrid; save it in Praat as a text file")
    text, warnings = source.decode()
    tiers, n_behind = _tiers(source, text)
    if n_behind:
        warnings.append(f"labels behind the last tier's number of intervals, not read: {n_behind:,}")
    intervals = [tier for tier in tiers if tier.is_interval]
    if points := len(tiers) - len(intervals):
        warnings.append(f"tiers of points, which hold no speech, not read: {points}")
    chosen, left = _chosen(intervals)
    if left:
        warnings.append(f"tiers that hold the same speech in smaller parts, not read: {listed(left)}")
    spoken = in_order(
        [
            Annotation(tier.speaker, label, start_s or 0.0, start_s, end_s)
            for tier in chosen
            for start_s, end_s, label in tier.intervals
        ]
    )
    laid_out, pieces = lay_out(spoken)
    return [Found(laid_out, pieces, warnings)]


@dataclass(frozen=True, slots=True)
class _Tier:
    name: str
    is_interval: bool
    intervals: Sequence[tuple[float | None, float | None, str]]

    @property
    def level(self) -> int | None:
        """How long its units are, where its name says so."""
        return _LEVELS.get(self._words()[1])

    @property
    def speaker(self) -> str | None:
        """Who speaks; None where the name only says what the tier holds."""
        return " ".join(self._words()[0].split()) or None

    def _words(self) -> tuple[str, str]:
        """The speaker's name, and the level: `Ann - words` has both."""
        name = self.name.strip(' "')
        who, dash, what = name.rpartition(" - ")
        if (what.strip().casefold() if dash else name.casefold()) in _LEVELS:
            return (who, what.strip().casefold()) if dash else ("", name.casefold())
        return name, ""


def _chosen(tiers: Sequence[_Tier]) -> tuple[list[_Tier], list[str]]:
    """The tiers to read, and the names of those that say the same in smaller parts."""
    best: dict[str | None, int] = {}
    for tier in tiers:
        if tier.level is not None and any(label.strip() for _, _, label in tier.intervals):
            best[tier.speaker] = max(best.get(tier.speaker, 0), tier.level)
    chosen = [tier for tier in tiers if tier.level is None or tier.level == best.get(tier.speaker)]
    return chosen, [tier.name for tier in tiers if tier not in chosen]


def _tiers(source: Source, text: str) -> tuple[list[_Tier], int]:
    """The tiers of a TextGrid, and how many strings follow them. Raises `ReadError` where it is cut off."""
    found = (match[0] for match in _VALUE.finditer(text) if not match[0].startswith("!"))
    values = list(islice(found, MOST_VALUES + 1))
    source.refuse_flood(len(values), MOST_VALUES, "values")
    if values[1:2] != ['"TextGrid"']:
        raise source.error('not a TextGrid: expected "ooTextFile" and "TextGrid" in the first two lines')
    values_left = _Values(source, values, 4)  # behind the two words and the times of the whole
    if values_left.word() != "<exists>":
        raise source.error("the TextGrid has no tiers")
    tiers = []
    for number in range(1, values_left.number() + 1):
        values_left.place = f"tier {number}"
        is_interval = values_left.text() == "IntervalTier"
        name = " ".join(values_left.text().split())
        values_left.skip(2)
        intervals = []
        for _ in range(values_left.number()):
            start_s = seconds(values_left.word())
            end_s = seconds(values_left.word()) if is_interval else None
            intervals.append((start_s, end_s, values_left.text()))
        tiers.append(_Tier(name, is_interval, intervals))
    return tiers, sum(value.startswith('"') for value in values[values_left.at :])


@dataclass(slots=True)
class _Values:
    """The values of a TextGrid, one after the other."""

    source: Source
    values: Sequence[str]
    at: int
    place: str = "the list of tiers"

    def word(self) -> str:
        """The next value. Raises `ReadError` at the end."""
        if self.at >= len(self.values):
            raise self.source.error(f"the TextGrid is cut off or damaged in {self.place}")
        self.at += 1
        return self.values[self.at - 1]

    def skip(self, n: int) -> None:
        """Pass over values."""
        for _ in range(n):
            self.word()

    def text(self) -> str:
        """The next value, which is a string. Raises `ReadError` for anything else."""
        value = self.word()
        if not value.startswith('"'):
            raise self.source.error(f"the TextGrid is cut off or damaged in {self.place}")
        return value[1:-1].replace('""', '"')

    def number(self) -> int:
        """The next value, which is a count. Raises `ReadError` for anything else."""
        value = self.word()
        if not value.isdecimal() or len(value) > 9:
            raise self.source.error(f"the TextGrid is cut off or damaged in {self.place}")
        return int(value)
