"""Where the sentences of spoken, transcribed text begin.

Rules on characters, so that the result does not depend on a tokenizer. They know what transcripts
are full of: pauses written as three dots, dashes, initials, abbreviations and ordinals in many
languages, quotations, marks such as `(laughs)`, text without capitals or without spaces.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from autocode.segment.marks import Mark, find_marks
from autocode.segment.words import has_words, word_set

_CLOSERS = "”’」』）"  # those after which no space is written where none is written at all
_STOP = re.compile(
    r"(?<![.!?…؟।۔。！？])(?<!\.[ ])"  # a run of stops is tried once, from its first: linear in its length
    r"(?P<stop>(?>\.(?:[ ]?\.)+|[.!?…؟।۔。！？]+))"
    rf"(?P<close>(?:[\"'»«“)\]{_CLOSERS}]|[\u00a0\u202f ]»(?=\s|$))*)"
    rf"(?P<gap>\s+|(?:(?<=[。！？])|(?<=[。！？][{_CLOSERS}])|(?<=[。！？][{_CLOSERS}]{{2}}))"
    rf"(?=[^\s{_CLOSERS}])(?![\"']+\s*$)"
    r"|(?<=[^\W\d_][^\W\d_][.!?])(?=[^\W\d_]{2}))"
)
_WIDE = frozenset("。！？")  # no space follows them
_REPORTS = re.compile(  # what follows a quotation and belongs to it: 「はい。」と言った, “好。”他说
    r"って|なんて|など|みたい|と(?:[言云思聞考答叫呼話い]|か(?!ら)|$)"
    r"|(?![于於]是|然[后後]|[后後][来來]|所以|但|就)"
    r"[^\W\d_]{1,4}?(?:[说說问問答喊]道?|回答|告诉|告訴|表示)(?:$|[我你他她您])"
)
_BREAK = re.compile(r"\n[^\S\n]*\n\s*|\n[^\S\n]*(?=[-–•*][^\S\n]+\S)")  # a paragraph; an item of a list
_OPENERS = "\"'“„«»‘’([¿¡「『（–—-"
_AFTER = re.compile(rf"[{re.escape(_OPENERS)}]*\s*([^\W\d_]\.(?!\.)|[^\W_]+(?:['’][^\W_]+)?)?")
_DOTTED = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]")  # U.S, a.m
_INITIAL = re.compile(r"[(\[\"„“«]*[^\W\d_]\.")
_ELIDING = frozenset({"fr", "it", "ca"})  # languages that write l'art., dell'ing.
_ONE_WORD_BACK = 40  # characters: longer ones are no abbreviation


def sentence_starts(text: str, *, language: str = "en", marks: Sequence[Mark] | None = None) -> list[int]:
    """Where each sentence of `text` begins, in characters; 0 comes first, and [] for no text.

    White space after a sentence belongs to it, and so does a mark: `Hard. (laughs) But ...`.
    `marks` are those of `find_marks`, if they are known already.
    """
    if not text:
        return []
    rules = _Rules(text, language, find_marks(text) if marks is None else marks)
    starts = {0, *rules.after_stops(), *(match.end() for match in _BREAK.finditer(text))}
    return [start for start in sorted(starts) if start < len(text) and not falls_inside(start, rules.marks)]


def falls_inside(position: int, marks: Sequence[Mark]) -> bool:
    """Whether `position` lies after the first and before the last character of one of `marks`, in order."""
    number = bisect_left(marks, position, key=lambda mark: mark.start_char) - 1
    return number >= 0 and position < marks[number].end_char


def tile(starts: Sequence[int], length: int) -> list[tuple[int, int]]:
    """Spans that begin at `starts` and together cover 0 to `length`.

    >>> tile([0, 4], 9)
    [(0, 4), (4, 9)]
    """
    return list(pairwise([*starts, length]))


@dataclass(frozen=True, slots=True)
class _Stop:
    """One possible end of a sentence."""

    stop: str
    closed: bool  # a quotation or bracket closes right after it
    glued: bool  # no white space follows
    before: str  # the word that it ends, lower-case
    before_is_capital: bool
    after: str  # the next word as written, an initial with its full stop; "" where there is none
    at: int  # where the next sentence would begin
    before_at: int  # where `before` stands
    determiner: str  # the word before `before`, lower-case


class _Rules:
    """The decisions for one text."""

    def __init__(self, text: str, language: str, marks: Sequence[Mark]) -> None:
        self.marks = marks
        self._text = text
        self._language = language
        self._first = len(text) - len(text.lstrip())
        self._starters = word_set("starters", language if has_words("starters", language) else "en")
        self._mark_ends = {mark.start_char: mark for mark in marks if mark.kind != "cutoff"}

    def after_stops(self) -> list[int]:
        """The places after full stops, question marks and the like where a sentence begins."""
        stops = [self._stop(match) for match in _STOP.finditer(self._text)]
        caseless = self._is_caseless(stops)
        starts: list[int] = []
        for stop in stops:
            if self._ends(
                stop, caseless=caseless, opens=stop.before_at == (starts[-1] if starts else self._first)
            ):
                starts.append(stop.at)
        return starts

    def _stop(self, match: re.Match[str]) -> _Stop:
        text, begin = self._text, match.start("stop")
        window = text[max(0, begin - _ONE_WORD_BACK) : begin]
        said = window.rstrip()
        back = said.rsplit(None, 2)
        before = back[-1].lstrip(_OPENERS) if back else ""
        at, look = self._past_marks(match.end("gap"))
        after = _AFTER.match(text, look)
        return _Stop(
            stop=match["stop"],
            closed=bool(match["close"]),
            glued=not match["gap"],
            before=before.casefold(),
            before_is_capital=before[:1].isupper(),
            after=(after.group(1) or "") if after else "",
            at=at,
            before_at=begin - (len(window) - len(said)) - len(before),
            determiner=back[-2].casefold() if len(back) > 1 else "",
        )

    def _past_marks(self, start: int) -> tuple[int, int]:
        """Where the next sentence would begin, and where its first word is looked for."""
        at = look = start
        while (mark := self._mark_ends.get(look)) is not None:
            look = mark.end_char
            while look < len(self._text) and self._text[look].isspace():
                look += 1
            if mark.kind != "time":  # a time stamp belongs to what follows
                at = look
        return at, look

    def _is_caseless(self, stops: list[_Stop]) -> bool:
        """Whether sentences here begin in lower case."""
        first = _AFTER.match(self._text.lstrip())
        openings = [stop.after for stop in stops if not _is_pause(stop.stop) and not stop.glued]
        openings.append((first.group(1) or "") if first else "")
        return sum(word[:1].islower() for word in openings) > sum(word[:1].isupper() for word in openings)

    def _ends(self, stop: _Stop, *, caseless: bool, opens: bool) -> bool:
        """Whether a sentence ends at `stop`; `opens`: its word is the first of the sentence."""
        if stop.glued and not _WIDE.isdisjoint(stop.stop):
            return not (stop.closed and _REPORTS.match(stop.after))
        if stop.glued:
            return stop.after[:1].isupper() and self._starts(stop.after) and "." not in stop.before
        if _is_pause(stop.stop):
            return self._pause_ends(stop)
        goes_on = stop.after[:1].islower() and not caseless
        if "?" in stop.stop and not stop.closed:
            return True
        if stop.closed or stop.stop != ".":
            return not goes_on
        return self._full_stop_ends(stop, goes_on=goes_on, opens=opens)

    def _pause_ends(self, stop: _Stop) -> bool:
        """Three dots end a sentence if a capital follows that is not always one, and nothing hangs."""
        after = stop.after
        if not after[:1].isupper() or (self._language == "en" and re.match(r"I\b", after)):
            return False
        hangs = stop.before in word_set("hanging", self._language)
        return self._starts(after) or not (hangs or self._language == "de")

    def _full_stop_ends(self, stop: _Stop, *, goes_on: bool, opens: bool) -> bool:
        before, after = stop.before, stop.after
        if stop.before_is_capital and not opens and before in word_set("in_lower_case", self._language):
            return not goes_on
        if after[:1].isdigit() and self._is_listed(before, "numbered"):
            return False
        begins = after[:1].isupper() and self._starts(after)
        if self._is_listed(before, "abbreviations"):
            return begins
        if _DOTTED.fullmatch(before) or (len(before) == 1 and _INITIAL.fullmatch(stop.determiner)):
            return begins  # "in the U.S. We", but "the U.S. Army"; "h. c. Lind"
        if before in word_set("perhaps_final", self._language):
            return begins or (after[:1].isupper() and self._language != "de")
        if len(before) == 1 and stop.before_is_capital:
            return begins  # "plan B. We", but "J. Smith"
        if before.isdigit() and (opens or self._is_ordinal(stop)):  # "1. The first thing"
            return False
        return not goes_on

    def _is_listed(self, word: str, table: str) -> bool:
        """Whether `table` has the word, or its last part: `ing` of "dipl.-ing", `art` of "l'art"."""
        words = word_set(table, self._language)
        part = re.split("['’-]" if self._language in _ELIDING else "-", word)[-1]
        return word in words or (len(part) > 1 and part in words)

    def _is_ordinal(self, stop: _Stop) -> bool:
        if self._language not in word_set("ordinals", "languages") or len(stop.before) > 3:
            return False
        if stop.after[:1].islower():
            return True
        return stop.determiner in word_set("before_ordinals", self._language) and not self._starts(stop.after)

    def _starts(self, word: str) -> bool:
        return word.casefold().replace("’", "'") in self._starters


def _is_pause(stop: str) -> bool:
    return stop == "…" or (len(stop) > 1 and not stop.strip(". …"))
