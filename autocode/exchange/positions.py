"""Which characters a program counted: found out from its selections, since the files do not say.

The specification counts code points and leaves the rest open. Programs count a byte order mark or not,
CRLF as one or two, code points, UTF-16 units or bytes, and mean the last character or the one behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Unit = Literal["characters", "UTF-16 units", "bytes"]
DecidedBy = Literal["names", "word boundaries", "the usual rule"]
MOST_MATCHED = 60  # characters of a shortened name that are compared
MIN_SELECTIONS, MIN_MARGIN = 20, 0.1  # what word boundaries must show before they overrule the usual rule,
MIN_DIFFERING, MIN_CHI_SQUARE = 0.3, 8  # or show where two rules differ: margin, and McNemar's statistic
_BLANKS = str.maketrans("\t\n\r", "   ")  # what an attribute makes of them
_ELLIPSES = ("…", "...")


@dataclass(frozen=True, slots=True)
class Rule:
    """How positions are counted. The default is what nearly all programs do."""

    crlf: Literal[1, 2] = 2  # what a line end of two characters counts
    bom: bool = False  # is a byte order mark counted?
    unit: Unit = "characters"
    inclusive: bool = False  # does the end name the last character?
    lf: Literal[1, 2] = 1  # what one of a single character counts; 2: it was CRLF when positions were made

    def differences(self) -> list[str]:
        """What is unusual about it, in words."""
        words = []
        if self.unit != "characters":
            words.append(f"in {self.unit}")
        if self.bom:
            words.append("with the byte order mark")
        if self.inclusive:
            words.append("with the end as the last character")
        if self.lf == 2:
            words.append("with a line end as two characters, where the text has one")
        return words


@dataclass(frozen=True, slots=True)
class Mark:
    """A selection as a file gives it."""

    start: int
    end: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Calibration:
    """The rule that was found, and what speaks for it."""

    rule: Rule
    decided_by: DecidedBy
    n_selections: int
    n_named: int  # selections whose name could be compared
    n_matched: int  # of these, those whose name is the text
    boundaries: float  # share of selections that begin and end between words
    doubtful: bool = False  # another rule would fit as well or better, and gives other texts


def clean(raw: str) -> str:
    """A text without its byte order mark, its lines ending in LF."""
    once = raw.removeprefix("\ufeff").replace("\r\r\n", "\r\n")  # QualCoder's CRLF, made CRLF once more
    return once.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")


class Ruler:
    """A text as it was in its file (`raw`), and where positions of any rule lie in the clean text."""

    def __init__(self, raw: str) -> None:
        self.has_bom = raw.startswith("\ufeff")
        body = raw[1:] if self.has_bom else raw
        self.text = clean(raw)
        points = np.frombuffer(body.encode("utf-32-le", "surrogatepass"), np.uint32)
        self._points = points
        self._doubled = np.zeros(len(points), bool)  # the CR of a CRLF
        self._doubled[:-1] = (points[:-1] == 13) & (points[1:] == 10)
        self._doubled[:-1] |= (points[:-1] == 13) & self._doubled[1:]
        self._single = (points == 10) & ~np.append(False, self._doubled[:-1])  # an LF without a CR
        self._clean = np.concatenate([[0], np.cumsum(~self._doubled)])  # place in the clean text
        self._offsets: dict[tuple[int, int, bool, Unit], NDArray[np.int64]] = {}

    @cached_property
    def facts(self) -> tuple[bool, bool, bool, bool, bool]:
        """What rules can differ in: a BOM, CRLF, LF alone, astral characters, any beyond ASCII."""
        most = int(self._points.max(initial=0))
        ends = bool(self._doubled.any()), bool(self._single.any())
        return self.has_bom, *ends, most > 0xFFFF, most > 0x7F

    def places(self, marks: Sequence[Mark], rule: Rule) -> NDArray[np.int64]:
        """Rows (start_char, end_char, fits) of the clean text; start_char is -1 for what lies outside."""
        offsets = self._offsets_of(rule)
        given = [(_bounded(one.start), _bounded(one.end)) for one in marks]
        starts, ends = np.array(given, np.int64).reshape(-1, 2).T
        low, high = offsets[0], offsets[-1]
        starts = np.where(starts == 0, low, starts)  # from the beginning, byte order mark and all
        first = np.clip(np.searchsorted(offsets, starts, "right") - 1, 0, len(offsets) - 1)
        last = np.clip(np.searchsorted(offsets, ends, "right") - 1, 0, len(offsets) - 1)
        fits = offsets[first] == starts
        behind = np.clip(last + 1, 0, len(offsets) - 1)
        if rule.inclusive:  # a last character that is the first half of a line end means all of it
            halves = np.append(self._doubled, False)[last]
            end_places = self._clean[np.clip(behind + halves, 0, len(offsets) - 1)]
            inside = (starts >= low) & (ends < high) & (ends >= starts)
        else:
            exact = offsets[last] == ends
            fits &= exact
            end_places = self._clean[np.where(exact, last, behind)]
            inside = (starts >= low) & (ends <= high) & (ends >= starts)
        start_places = np.where(inside, self._clean[first], -1)
        return np.stack([start_places, end_places, fits & inside], axis=1).astype(np.int64)

    def _offsets_of(self, rule: Rule) -> NDArray[np.int64]:
        """Where each code point of the file begins, and where the last one ends, counted by a rule."""
        key = (rule.crlf, rule.lf, rule.bom, rule.unit)
        if key not in self._offsets:
            points = self._points
            widths = np.ones(len(points), np.int64)
            if rule.unit == "UTF-16 units":
                widths += points > 0xFFFF
            elif rule.unit == "bytes":
                widths += (points > 0x7F).astype(np.int64) + (points > 0x7FF) + (points > 0xFFFF)
            if rule.crlf == 1:
                widths[self._doubled] = 0
            if rule.lf == 2:
                widths[self._single] = 2
            start = (3 if rule.unit == "bytes" else 1) if rule.bom and self.has_bom else 0
            self._offsets[key] = start + np.concatenate([[0], np.cumsum(widths)])
        return self._offsets[key]


def _bounded(position: int) -> int:
    """A position that fits into 64 bits; what is changed lies outside every text."""
    return max(-1, min(position, 2**62))


def calibrate(
    texts: Sequence[tuple[Ruler, Sequence[Mark]]], *, counts_crlf_as: Literal[1, 2] = 2
) -> Calibration:
    """The rule by which all selections of a project were counted.

    Names decide where they are the selected text; else word boundaries, if the case is clear; else the
    usual rule, with CRLF counted as the boundaries say, or as `counts_crlf_as` where they say nothing.
    """
    texts = [(ruler, marks) for ruler, marks in texts if marks]
    rules = _distinct(texts, counts_crlf_as)
    found = [_Score.of(texts, rule) for rule in rules]
    usual = max((s for s in found if replace(s.rule, crlf=2) == Rule()), key=lambda s: s.boundaries)
    most = max(s.n_matched for s in found)
    best = usual
    decided_by: DecidedBy = "the usual rule"
    if most > 0 and (most * 2 >= found[0].n_named or most >= 10):
        matching = [s for s in found if s.n_matched == most]
        exact = max(s.n_exact for s in matching)
        matching = [s for s in matching if s.n_exact == exact]
        best, decided_by = matching[0], "names"
        clear = max(matching, key=lambda s: s.boundaries)
        if usual in matching:
            best = usual
        if _is_clear(texts, clear, best):
            best = clear
    else:
        clear = max(found, key=lambda s: s.boundaries)
        if _is_clear(texts, clear, usual):
            best, decided_by = clear, "word boundaries"
    doubtful = decided_by == "the usual rule" and any(
        s is not best and s.rule.lf == 1 and s.boundaries >= best.boundaries and s.boundaries > 0
        for s in found
    )
    return Calibration(
        best.rule,
        decided_by,
        best.n,
        best.n_named,
        best.n_matched,
        best.boundaries,
        doubtful,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Score:
    """How well a rule fits."""

    rule: Rule
    n_named: int
    n_matched: int
    n_exact: int  # of these, those whose name is the text with its white space
    good: NDArray[np.bool_]  # by selection: does it begin and end between words?

    @property
    def n(self) -> int:
        return len(self.good)

    @property
    def boundaries(self) -> float:
        return float(self.good.mean()) if self.n else 0.0

    @classmethod
    def of(cls, texts: Iterable[tuple[Ruler, Sequence[Mark]]], rule: Rule) -> _Score:
        n_named = n_matched = n_exact = 0
        good: list[bool] = []
        for ruler, marks in texts:
            places = ruler.places(marks, rule).tolist()
            for mark, (start, end, fits) in zip(marks, places, strict=True):
                is_named = bool(mark.name.strip())
                n_named += is_named
                if fits and is_named and _is_name(mark.name, text := ruler.text[start:end]):
                    n_matched += 1
                    n_exact += mark.name.translate(_BLANKS) == text.translate(_BLANKS)
                good.append(bool(fits) and _between_words(ruler.text, start, end))
        return cls(rule, n_named, n_matched, n_exact, np.array(good, bool))


def _is_clear(texts: Iterable[tuple[Ruler, Sequence[Mark]]], found: _Score, usual: _Score) -> bool:
    """Do word boundaries speak for another rule, in all selections or in those that it places otherwise?"""
    if found.n >= MIN_SELECTIONS and found.boundaries - usual.boundaries >= MIN_MARGIN:
        return True
    better, worse = int((found.good & ~usual.good).sum()), int((usual.good & ~found.good).sum())
    if better <= worse or (better - worse) ** 2 < MIN_CHI_SQUARE * (better + worse):
        return False
    n_differing = sum(
        int((ruler.places(marks, found.rule) != ruler.places(marks, usual.rule)).any(axis=1).sum())
        for ruler, marks in texts
    )
    return better - worse >= MIN_DIFFERING * n_differing


def _distinct(texts: Iterable[tuple[Ruler, Sequence[Mark]]], counts_crlf_as: Literal[1, 2]) -> list[Rule]:
    """The rules that give different places in these texts, the usual one first."""
    facts = [ruler.facts for ruler, _ in texts]
    bom, crlf, lf, astral, wide = (
        (any(column) for column in zip(*facts, strict=True)) if facts else (False,) * 5
    )
    other: Literal[1, 2] = 1 if counts_crlf_as == 2 else 2
    ends: tuple[Literal[1, 2], ...] = (1, 2) if lf and not crlf else (1,)
    units: list[Unit] = ["characters"]
    units += ["UTF-16 units"] if astral else []
    units += ["bytes"] if wide else []
    return [
        Rule(one_crlf, one_bom, unit, inclusive, one_lf)
        for one_lf, inclusive, unit, one_bom, one_crlf in product(
            ends,
            (False, True),
            units,
            (False, True) if bom else (False,),
            (counts_crlf_as, other) if crlf else (counts_crlf_as,),
        )
    ]


def _is_name(name: str, text: str) -> bool:
    """Is `name` the text, or its beginning with an ellipsis? Line breaks became blanks in the file."""
    name, text = " ".join(name.split()), " ".join(text.split())
    if name == text:
        return True
    for ellipsis in _ELLIPSES:
        if name.endswith(ellipsis):
            name = name.removesuffix(ellipsis).rstrip()
            return bool(name) and text.startswith(name[:MOST_MATCHED])
    return len(name) >= MOST_MATCHED and text.startswith(name)


def _between_words(text: str, start: int, end: int) -> bool:
    """Does the stretch begin and end between words, with no white space at its ends?

    Whole lines may end with their line end, as programs that code line by line have it.
    """
    if not start < end <= len(text):
        return False
    before, behind = text[start - 1 : start], text[end : end + 1]
    first, last = text[start], text[end - 1]
    if last == "\n" and before in ("", "\n"):
        return True
    if first.isspace() or last.isspace():
        return False
    return not (first.isalnum() and before.isalnum()) and not (last.isalnum() and behind.isalnum())
