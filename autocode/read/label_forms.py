"""What one line offers as a speaker's label, by the many forms that labels have."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from autocode.read.roles import is_label_word
from autocode.read.times import BRACKETED, MARK, RANGE, TIME, first_time
from autocode.read.words import NOT_FIRST, NOT_NAMES

Kind = Literal["colon", "timed", "bracket", "bold", "dash", "dot", "tab", "alone"]
_BIDI = "\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff"
_LEAD = re.compile(rf"[\s{_BIDI}]*")
_MARK_FIRST = re.compile(rf"(?P<mark>{BRACKETED}|{RANGE}(?=\s))[\s{_BIDI}]*(?:[-–—]\s+)?")
NAME = r"[^\W\d_][^:：\n\t\[\]<>|*]{0,79}?(?<!\s)"  # so that white space after it is tried once only
_COLON = re.compile(
    rf"(?P<name>{NAME})\s*+(?P<mark>{BRACKETED}|{TIME}(?=\s*[:：]))?[\s{_BIDI}]*"
    rf"[:：](?!//)(?!\d)[ \t]*(?P<after>{BRACKETED})?\s*"
)
_GENDERED = re.compile(
    r"[*_\s]{0,4}[^\W\d_]{2,40}([:*/])(?:innen|in|r|n)(?=[ \t]{0,2}\d{0,3}[ \t]{0,2}(?:\*\*)?[:：])"
)
_BRACKET = re.compile(
    rf"(?:\[(?P<square>{NAME})[^\S\t]*\]|<(?P<angle>{NAME})[^\S\t]*>|\((?P<round>{NAME})[^\S\t]*\))"
    rf"\s*(?P<mark>{MARK})?\s*[:：]?(?:\s+|$)"
)
_BOLD = re.compile(
    rf"(?P<open>\*{{1,3}}|_{{1,2}})\s*(?P<name>{NAME})\s*+(?P<mark>{MARK})?\s*+(?P<inside>[:：])?\s*(?P=open)"
    rf"\s*(?P<after>{MARK})?\s*(?P<outside>[:：])?\s*"
)
_TIMED = re.compile(rf"(?P<name>{NAME})(?P<gap>\s+)(?P<mark>{MARK})\s*$")
_DASH = re.compile(rf"(?P<name>{NAME})\s+[-–—]\s+")
_DOT = re.compile(r"(?P<name>[QAR])[.)]\s+")
_TAB = re.compile(rf"(?P<name>{NAME})[^\S\n\t]*\t+")
_ALONE = re.compile(rf"(?P<name>{NAME})\s*$")
_ABBREVIATION = re.compile(r"\b(?:[^\W\d_]{1,3}|prof|hon|sen|rep)\.(?=\s|$|[\d-])|(?<=\w)\.(?=[\d\w])", re.I)
_SENTENCE = re.compile(r"[.!?;…\"“”=/\\@]|,.*,")  # what no name has in it
_TIME_AND_END = re.compile(rf"\s+(?P<mark>{MARK})\s*$")
_COLON_NEXT = re.compile(r"\s*[:：]\s*")
TIME_ONLY = re.compile(rf"\s*(?:{MARK}|{RANGE})\s*$")


@dataclass(frozen=True, slots=True)
class Line:
    """One line (or paragraph, or cell) of a file whose labels are looked for."""

    text: str
    start: int  # where it stands in the text that positions refer to
    bold: int = 0  # so many characters at its beginning are bold
    heading: bool = False
    paragraph: bool = False  # it is a whole paragraph (Word), not a line of one (plain text)
    given: str | None = None  # the speaker that a table names; "": the same as before
    start_s: float | None = None
    end_s: float | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """A speaker's label on one line."""

    name: str
    kind: Kind
    text_at: int  # where in the line the spoken text begins
    start_s: float | None = None


def name_key(name: str) -> str:
    """What two spellings of one label share: `P 03`, `p03:` and `P-03` are one speaker."""
    return re.sub(r"[\W_]+", "", name.casefold()) or name.casefold()


def plausible_name(name: str) -> bool:
    """Whether a short text could be a speaker's name or label: 4 words at most, and no sentence.

    What follows a comma or a spaced hyphen, or stands in parentheses, is the speaker's office.
    """
    bare = re.split(r"\s[-–]\s|,\s", re.sub(r"\([^()]*\)", " ", name))[0]
    words = bare.split()
    if not words or len(words) > 4 or len(bare.strip()) > 40:
        return False
    if name_key(words[0]) in NOT_FIRST or bare.strip(" .").casefold() in NOT_NAMES:
        return False
    return not _SENTENCE.search(_ABBREVIATION.sub("", bare).rstrip("."))


def candidate(line: Line) -> Label | None:
    """The label that a line might begin with, in the most telling of its readings."""
    head = line.text[:200]
    at = _LEAD.match(head).end()  # type: ignore[union-attr]  # matches the empty string too
    if line.heading:
        at += len(head[at:]) - len(head[at:].lstrip("# "))
    start_s = None
    if first := _MARK_FIRST.match(head, at):
        at, start_s = first.end(), first_time(first["mark"])
    if 0 < line.bold < len(line.text) and (label := _bold_beginning(line, at, start_s)) is not None:
        return label
    sign = ""
    if gendered := _GENDERED.match(head, at):  # Interviewer:in, Befragte*r
        sign, where = gendered[1], gendered.start(1)
        head = f"{head[:where]}_{head[where + 1 :]}"
    for kind, pattern in _PATTERNS:
        match = pattern.match(head, at)
        if match and (label := _read(kind, match, line)) is not None:
            if sign:
                label = replace(label, name=label.name.replace("_", sign, 1))
            if first and label.kind == "alone":
                label = replace(label, kind="timed")  # as Word transcribes: 00:00:05 Speaker 1
            return label if label.start_s is not None else replace(label, start_s=start_s)
    return None


def _bold_beginning(line: Line, at: int, start_s: float | None) -> Label | None:
    """The label that Word's bold type marks at the beginning of a paragraph."""
    name = " ".join(line.text[at : line.bold].split()).rstrip(" :：")
    if not plausible_name(name) or not name[0].isalpha():
        return None
    if rest := _TIME_AND_END.match(line.text, line.bold):
        return Label(name, "timed", rest.end(), first_time(rest["mark"]))
    colon = _COLON_NEXT.match(line.text, line.bold)
    kind: Kind = "colon" if colon or line.text[at : line.bold].rstrip().endswith((":", "：")) else "bold"
    return Label(name, kind, colon.end() if colon else line.bold, start_s)


def _read(kind: Kind, match: re.Match[str], line: Line) -> Label | None:
    """What a matched pattern says, unless it is no label after all."""
    groups = match.groupdict()
    name = groups.get("name") or groups.get("square") or groups.get("angle") or groups.get("round") or ""
    name = " ".join(name.split()).rstrip(" .,-–")
    if kind == "bold" and (groups["inside"] or groups["outside"]):
        kind = "colon"
    elif kind == "bold" and match.end() == len(line.text):
        kind = "alone"
    elif kind == "bracket" and groups["mark"] and match.end() == len(line.text):
        kind = "timed"  # as Zoom saves it: [Name] 14:03:22
    if not name or not plausible_name(name):
        return None
    if kind == "dash" and not is_label_word(name):
        return None
    if kind in ("dash", "bracket") and len(name) == 1:
        return None  # "I - well, I think" is a false start, "(a) first" a list
    start_s = first_time(groups.get("mark") or groups.get("after"))
    return Label(name, kind, match.end(), start_s)


_PATTERNS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("bracket", _BRACKET),
    ("bold", _BOLD),
    ("timed", _TIMED),
    ("colon", _COLON),
    ("dash", _DASH),
    ("dot", _DOT),
    ("tab", _TAB),
    ("alone", _ALONE),
)
