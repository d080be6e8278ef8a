"""What one line offers as a speaker's label, by the many forms that labels have."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from autocode.read.decode import INVISIBLE
from autocode.read.reader import UNKNOWN
from autocode.read.roles import is_label_word, without_gender
from autocode.read.times import BRACKETED, MARK, RANGE, TIME, first_time
from autocode.read.words import NOT_FIRST, NOT_NAMES, PARTICLES

Kind = Literal["colon", "timed", "bracket", "bold", "dash", "dot", "tab", "alone"]
_BIDI = INVISIBLE
_LEAD = re.compile(rf"[\s{_BIDI}]*")
_MARK_FIRST = re.compile(rf"(?P<mark>{BRACKETED}|{RANGE}(?=\s))[\s{_BIDI}]*(?:[-–—]\s+)?")
NAME = r"[^\W\d_][^:：\n\t\[\]<>|*]{0,79}?(?<!\s)"  # so that white space after it is tried once only
# Whom somebody comes from, as meetings show it: "Smith, John [EXT]", "John Smith | Acme".
_OFFICE = r"(?:\s\[[^\W\d_][\w .-]{0,20}\]|\s\|\s[^\W\d_a-z][^:：\n\t\[\]<>|*]{0,40}?(?<!\s))?"
_COLON = re.compile(
    rf"(?P<name>{NAME}{_OFFICE}|\?{{1,3}})\s*+(?P<mark>{BRACKETED}|{TIME}(?=\s*[:：]))?[\s{_BIDI}]*"
    rf"(?:：|:(?!//)(?!(?<=\d:)\d)(?=(?P<next>[^\W_]|:)?))[ \t]*(?P<after>{BRACKETED})?\s*"
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
_TIMED = re.compile(rf"(?P<name>{NAME}{_OFFICE})(?P<gap>\s+)(?P<mark>{MARK})\s*$")
_DASH = re.compile(rf"(?P<name>{NAME})\s+[-–—]\s+")
_DOT = re.compile(r"(?P<name>[QAR])[.)]\s+")
_TAB = re.compile(rf"(?P<name>{NAME})[^\S\n\t]*\t+")
_ALONE = re.compile(rf"(?P<name>{NAME})\s*$")
_ABBREVIATION = re.compile(
    r"\b(?:[^\W\d_]{1,3}|prof|hon|sen|rep)\.(?=\s|$|[\d-])|(?<=\w)\.(?=[\d\w])"
    r"|(?<=[\u05d0-\u05ea])[\"”](?=[\u05d0-\u05ea])",  # as Hebrew marks one
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[.!?;…\"“”=/\\@]|,.*,")  # what no name has in it
_BEHIND = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_LONGEST_CALLER = 160
_CALLER = re.compile(  # +47 123 45 678, 1-555-010-0199, bo.lund@acme.org, iPhone (2)
    r"\s*(?:\[?(?P<name>\+?\d(?:[ ().*-]{0,2}\d){6,14}|[\w.+-]{1,40}@\w[\w-]{0,40}(?:\.[\w-]{1,20}){1,3}"
    rf"|[^\W\d_]\w{{1,20}} \(\d{{1,2}}\))\]?)(?:(?P<colon>:)\s|\s+{MARK}\s*$)"
)
_REMARK = re.compile(r"(?P<bare>.*\w.*?)\s*(?P<open>[(\[（])(?P<remark>[^\W\d_]{2}[^()\[\]（）]*)[)\]）]")
_DECORATION = r"[-–—•>\"“”„«»'‘’*_\s]"
_DECORATED = re.compile(  # what stands around a label that is known: `- P3:`, `"P3":`, `P3*:`
    rf"{_DECORATION}{{0,6}}(?P<name>{NAME}){_DECORATION}{{0,4}}(?:[(\[][^()\[\]:：]{{1,40}}[)\]])?"
    rf"{_DECORATION}{{0,4}}[:：](?P<end>\*{{0,3}}\s*)(?=(?P<next>[^\W_]|:)?)"
)
_OFFICE_SIGN = re.compile(r"\s(?:[-–]|[|@/](?=\s[^\W\d_a-z]))\s|,\s")
_NUMBERED = re.compile(r"(?P<word>[^\W\d_]{1,40})(?P<dot>\.?) ?(?P<number>\d{0,3})\?{0,3}")
_PERSON = r"[^\W\d_]{1,12} ?\d{1,3}"
_TOGETHER = re.compile(rf"{_PERSON}(?:\s?[/&+]\s?{_PERSON})+")
_DESCRIBED = re.compile(r"[^\W\d_]{1,3}\d{1,3}/[^\W\d_]{1,8}(?:/[^\W_]{1,8}){0,3}")  # P3/F/45
_SMALL_WORDS = PARTICLES | {"of", "for"}
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[\W_]+(?=\d)")
_NO_LETTER = re.compile(r"[\W_]+")
_UNMEANT = re.compile(
    "[\u0591-\u05c7\u0610-\u061a\u064b-\u0652]"
)  # vowels that Hebrew and Arabic may leave out
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
    joined: bool = False  # the colon has a letter in lower case, or a colon, directly behind it


@lru_cache(maxsize=20_000)
def name_key(name: str) -> str:
    """What two spellings of one label share: `P 03`, `p03:` and `P-03` are one, `P1.1` and `P11` two."""
    folded = _BETWEEN_DIGITS.sub("·", name.casefold())
    if folded.isascii():
        return _NO_LETTER.sub("", folded) or folded
    composed = _UNMEANT.sub("", unicodedata.normalize("NFC", folded))  # \W has vowel signs of Hindi in it
    kept = "".join(c for c in composed if c == "·" or unicodedata.category(c)[0] not in "PZSC")
    return kept or folded


def plausible_name(name: str) -> bool:
    """Whether a short text could be a speaker's name or label: few words, and no sentence.

    What follows a comma, a spaced hyphen or bar, or stands in parentheses, is the speaker's office.
    """
    bare = _OFFICE_SIGN.split(_BEHIND.sub(" ", name))[0].strip()
    words = bare.split()
    if not words or not _is_short(bare, words):
        return False
    if name_key(words[0]) in NOT_FIRST or bare.strip(" .").casefold() in NOT_NAMES:
        return False
    if _is_odd_label(bare):
        return True
    return not _SENTENCE.search(_ABBREVIATION.sub("", bare).rstrip("."))


def _is_short(bare: str, words: Sequence[str]) -> bool:
    """4 words at most, or 7 that are written as in full names: `Ana Maria de Souza Oliveira`."""
    if len(words) <= 4:
        return len(bare) <= 40 or (len(bare) <= 60 and _is_capital(words))
    return len(words) <= 7 and len(bare) <= 60 and _is_capital(words) and not bare.isupper()


def _is_capital(words: Sequence[str]) -> bool:
    return all(word[0].isupper() or word in _SMALL_WORDS for word in words) and words[0][0].isupper()


def is_usual(name: str) -> bool:
    """Whether a name is a word for speakers, or two of them with numbers: `P03`, `P1/P2`."""
    return is_label_word(name) or _are_together(name)


def _are_together(name: str) -> bool:
    return bool(_TOGETHER.fullmatch(name)) and all(map(is_label_word, re.split(r"\s?[/&+]\s?", name)))


def _is_odd_label(name: str) -> bool:
    """Whether what no name has in it is part of a label here: `P3?`, `Resp. 4`, `P1/P2`, `P3/F/45`."""
    if _DESCRIBED.fullmatch(name) or _are_together(name):
        return True
    match = _NUMBERED.fullmatch(name)
    if not match or not is_label_word(name) or (match["dot"] and not match["number"]):
        return False
    return len(match["word"]) > 1 or bool(match["number"])


def known_names(names: Iterable[str]) -> re.Pattern[str] | None:
    """A pattern of the names that the user gave and no rule would take for one, as labels have them."""
    spaced = {" ".join(name.split()) for name in names if name.strip()}
    odd = {name for name in spaced if not plausible_name(name) or not name[0].isalpha()}
    if not odd:
        return None
    either = "|".join(re.escape(name).replace(r"\ ", r"\s+") for name in sorted(odd, key=len, reverse=True))
    return re.compile(
        rf"(?P<name>{either})\s*+(?P<mark>{MARK})?\s*+(?:[:：](?!//)\s*|(?<=[\d\])#>}}])\s*$)", re.IGNORECASE
    )


def odd_names(lines: Sequence[Line]) -> dict[Kind, set[str]]:
    """The numbers, addresses and devices that stand for names in meetings, by the kind of their labels."""
    found: dict[Kind, set[str]] = {"colon": set(), "timed": set()}
    for line in lines:
        if match := _CALLER.match(line.text[:_LONGEST_CALLER]):
            found["colon" if match["colon"] else "timed"].add(" ".join(match["name"].split()))
    return found


def candidate(line: Line, known: re.Pattern[str] | None = None) -> Label | None:
    """The label that a line might begin with, in the most telling of its readings.

    `known` are names that would not be taken for names, by `known_names`.
    """
    head = line.text[:200]
    at = _LEAD.match(head).end()  # type: ignore[union-attr]  # matches the empty string too
    if line.heading:
        at += len(head[at:]) - len(head[at:].lstrip("# "))
    start_s = None
    if first := _MARK_FIRST.match(head, at):
        at, start_s = first.end(), first_time(first["mark"])
    if known and (match := known.match(head, at)):
        kind: Kind = "timed" if match["mark"] and match.end() == len(line.text) else "colon"
        named_s = first_time(match["mark"])
        return Label(
            " ".join(match["name"].split()), kind, match.end(), start_s if named_s is None else named_s
        )
    if 0 < line.bold < len(line.text) and (label := _bold_beginning(line, at, start_s)) is not None:
        return label
    sign = ""
    if gendered := _GENDERED.match(head, at):  # Interviewer:in, Befragte*r
        sign, where = gendered[1], gendered.start(1)
        head = f"{head[:where]}_{head[where + 1 :]}"
    for kind, pattern in _PATTERNS:
        if (match := pattern.match(head, at)) and (label := _read(kind, match, line)) is not None:
            if sign:
                label = replace(label, name=label.name.replace("_", sign, 1))
            if first and label.kind == "alone":
                label = replace(label, kind="timed")  # as Word transcribes: 00:00:05 Speaker 1
            return label if label.start_s is not None else replace(label, start_s=start_s)
    return None


def without_remark(name: str) -> str:
    """A label without what its speaker does meanwhile (`Anna (laughs)`, not `Anna (host)`); "" for none."""
    match = _REMARK.fullmatch(name)
    if not match or match["remark"][0].isupper() or is_label_word(match["remark"]):
        return ""
    return match["bare"].strip()


def decorated(text: str, names: Mapping[str, str]) -> Label | None:
    """The label of one of `names` (by their keys) at the beginning of a line, with signs around it."""
    match = _DECORATED.match(text[:200])
    if not match or (name := names.get(name_key(match["name"]))) is None:
        return None
    following = match["next"] or ""
    joined = not match["end"] and (following == ":" or following.islower())
    return None if joined else Label(name, "colon", match.end())


def _bold_beginning(line: Line, at: int, start_s: float | None) -> Label | None:
    """The label that Word's bold type marks at the beginning of a paragraph."""
    name = " ".join(line.text[at : line.bold].split()).rstrip(" :：")
    if not plausible_name(name) or not name[0].isalpha() or re.search("[:：]", without_gender(name)):
        return None  # with a colon inside, it ends where the colon is
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
    following = groups.get("next") or ""
    if name.startswith("?"):  # ??: nobody knows who speaks
        name = UNKNOWN
    if not name or not plausible_name(name) or (following.isdigit() and name[0].islower()):
        return None
    if kind == "dash" and not is_label_word(name):
        return None
    if kind in ("dash", "bracket") and len(name) == 1:
        return None  # "I - well, I think" is a false start, "(a) first" a list
    start_s = first_time(groups.get("mark") or groups.get("after"))
    return Label(name, kind, match.end(), start_s, following == ":" or following.islower())


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
