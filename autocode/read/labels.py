"""Which beginnings of lines are speaker labels?

No single pattern fits the files people have: `I:`, `Respondent nr.2:`, `**Name:**`, `[Participant 3]`,
`P06 (00:12:33):`, `Name  12:33` alone on a line. So every line offers a candidate, and the file as a whole
decides: a label is a word that transcribers use for speakers, or a name that recurs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from autocode.read.roles import is_label_word, label_roles
from autocode.read.times import BRACKETED, MARK, first_time

Coverage = Callable[[Collection[int]], float]  # the share of paragraphs that some lines lie in
Kind = Literal["colon", "timed", "bracket", "bold", "dash", "dot", "tab", "alone"]
# What surely marks a speaker wherever it recurs, and what needs a third of the file to be believed.
_STRONG: frozenset[Kind] = frozenset({"colon", "timed"})
_MIN_COVERAGE = 0.3

_BIDI = "\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff"
_LEAD = re.compile(rf"[\s{_BIDI}]*")
_MARK_FIRST = re.compile(rf"(?P<mark>{BRACKETED}|\d{{1,4}}:\d{{2}}(?::\d{{2}})?(?:[.,]\d{{1,3}})?(?=[\s]))[\s{_BIDI}]*(?:[-–—]\s+)?")
_NAME = r"[^\W\d_][^:：\n\t\[\]<>|*]{0,39}?"
_COLON = re.compile(rf"(?P<name>{_NAME})\s*(?P<mark>{MARK})?[\s{_BIDI}]*[:：](?!//)(?!\d)[ \t]*(?P<after>{BRACKETED})?\s*")
_BRACKET = re.compile(
    rf"(?:\[(?P<square>{_NAME})\]|<(?P<angle>{_NAME})>|\((?P<round>{_NAME})\))"
    rf"\s*(?P<mark>{MARK})?\s*[:：]?(?:\s+|$)"
)
_BOLD = re.compile(
    rf"(?P<open>\*{{1,3}}|_{{1,2}})\s*(?P<name>{_NAME})\s*(?P<mark>{MARK})?\s*(?P<inside>[:：])?\s*(?P=open)"
    rf"\s*(?P<after>{MARK})?\s*(?P<outside>[:：])?\s*"
)
_TIMED = re.compile(rf"(?P<name>{_NAME})(?P<gap>\s+)(?P<mark>{MARK})\s*$")
_DASH = re.compile(rf"(?P<name>{_NAME})\s+[-–—]\s+")
_DOT = re.compile(r"(?P<name>[QAR])[.)]\s+")
_TAB = re.compile(rf"(?P<name>{_NAME})\t+")
_ALONE = re.compile(rf"(?P<name>{_NAME})\s*$")
_NOT_NAMES = frozenset(
    "note notes re ps nb http https ftp www mailto date time place location venue duration length file title topic "
    "subject language page source total example e.g i.e url link email tel phone fax datum zeit ort dauer "
    "titel sprache quelle anmerkung hinweis lieu durée fecha lugar duración dato sted varighed version "
    "transcript transcription recording transcriber status project study yes no yeah okay ok right mm mhm "
    "hmm uh-huh sure exactly well so and but ja nein oui non nej nei si sí thanks thank".split()
)
_METADATA = frozenset(
    "date time place location venue duration length file title recording transcriber datum zeit ort dauer lieu "
    "durée fecha lugar duración dato sted varighed transcription language project study".split()
)
_ABBREVIATION = re.compile(r"\b(?:[^\W\d_]{1,3}|prof|hon|sen|rep)\.(?=\s|$|\d)|(?<=\w)\.(?=[\d\w])", re.I)
_KEY_VALUE = re.compile(rf"[\s*_]*(?P<key>{_NAME})[\s*_]*:")


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


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of a file: by line number, and what has to be said about them."""

    by_line: dict[int, Label]
    warnings: list[str]


def find_labels(
    lines: Sequence[Line], *, known: Collection[str] = (), kinds: Collection[Kind] | None = None
) -> Labels:
    """The lines that begin with a speaker's label.

    `known` are names that the user gave. `kinds` limits the styles that are looked for.
    """
    offers: dict[int, Label] = {}
    for number, line in enumerate(lines):
        if line.given is None and line.text and (label := _candidate(line)) is not None:
            offers[number] = label
    _drop_names_alone(offers, lines, known)
    for number in _header_lines(lines):
        offers.pop(number, None)
    if kinds is not None:
        offers = {number: label for number, label in offers.items() if label.kind in kinds}
    blocks = _blocks(lines)
    accepted, warnings = _accept(offers, blocks, known)
    return Labels(_same_spelling({n: offers[n] for n in sorted(accepted)}), warnings)


def name_key(name: str) -> str:
    """What two spellings of one label share: `P 03`, `p03:` and `P-03` are one speaker."""
    return re.sub(r"[\W_]+", "", name.casefold()) or name.casefold()


def plausible_name(name: str) -> bool:
    """Whether a short text could be a speaker's name or label: letters, 4 words at most, no sentence."""
    bare = re.sub(r"\([^()]*\)", " ", name)
    words = bare.split()
    if not words or len(words) > 4 or len(name) > 40:
        return False
    if name_key(words[0]) in _NOT_NAMES or bare.strip(" .").casefold() in _NOT_NAMES:
        return False
    return not re.search(r"[.!?;…\"“”=/\\@]|,.*,", _ABBREVIATION.sub("", bare).rstrip("."))


def _candidate(line: Line) -> Label | None:
    """The label that a line might begin with, in the most telling of its readings."""
    head = line.text[:200]
    at = _LEAD.match(head).end()  # type: ignore[union-attr]  # matches the empty string too
    if line.heading:
        at += len(head[at:]) - len(head[at:].lstrip("# "))
    start_s = None
    if first := _MARK_FIRST.match(head, at):
        at, start_s = first.end(), first_time(first["mark"])
    for kind, pattern in _PATTERNS:
        match = pattern.match(head, at)
        if match and (label := _read(kind, match, line)) is not None:
            return label if label.start_s is not None else replace(label, start_s=start_s)
    if 0 < line.bold < len(line.text) and plausible_name(name := line.text[at : line.bold].strip(" :\t")):
        return Label(name, "bold", line.bold, start_s)
    return None


def _read(kind: Kind, match: re.Match[str], line: Line) -> Label | None:
    """What a matched pattern says, unless it is no label after all."""
    groups = match.groupdict()
    name = groups.get("name") or groups.get("square") or groups.get("angle") or groups.get("round") or ""
    name = " ".join(name.split()).rstrip(" .,-–")
    if kind == "bold" and (groups["inside"] or groups["outside"]):
        kind = "colon"
    elif kind == "bold" and match.end() == len(line.text):
        kind = "alone"
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


def _drop_names_alone(offers: dict[int, Label], lines: Sequence[Line], known: Collection[str]) -> None:
    """Forget names alone on a line that stand where no name would: no text below, or inside a paragraph."""
    spaced = any(not line.text.strip() for line in lines)
    known_keys = {name_key(name) for name in known}
    for number, label in list(offers.items()):
        if label.kind not in ("alone", "timed"):
            continue
        line = lines[number]
        below = lines[number + 1].text.strip() if number + 1 < len(lines) else ""
        above = lines[number - 1].text.strip() if number else ""
        marked = line.bold >= len(line.text.rstrip()) > 0 or line.heading or line.text.strip()[:1] in "*_"
        sure = marked or is_label_word(label.name) or name_key(label.name) in known_keys
        if line.heading and not below:
            below = next((later.text.strip() for later in lines[number + 2 : number + 3]), "")
        beginning = not above or not spaced
        if not below or (label.kind == "alone" and not sure and (not beginning or not spaced or line.paragraph)):
            del offers[number]
        elif label.kind == "alone" and not (label.name[:1].isupper() or not label.name[:1].islower()):
            del offers[number]
        elif label.kind == "alone" and len(label.name) == 1:
            del offers[number]


def _header_lines(lines: Sequence[Line]) -> range:
    """The lines of a header such as `Date: ... / Interviewer: ... / Place: ...` at the beginning."""
    end = 0
    keys = []
    while end < len(lines) and lines[end].text.strip():
        match = _KEY_VALUE.match(lines[end].text[:80])
        if match is None:
            break
        keys.append(match["key"].strip().casefold())
        end += 1
    ended = end == len(lines) or not lines[end].text.strip()
    is_header = ended and len(keys) >= 2 and len(set(keys)) == len(keys) and bool(set(keys) & _METADATA)
    return range(end if is_header else 0)


def _blocks(lines: Sequence[Line]) -> list[int]:
    """The number of the paragraph that each line belongs to; 0 for a blank line, else from 1."""
    spaced = any(not line.text.strip() for line in lines)
    numbers, block, inside = [], 0, False
    for line in lines:
        filled = bool(line.text.strip())
        if filled and (not inside or not spaced or line.paragraph):
            block += 1
        numbers.append(block if filled else 0)
        inside = filled
    return numbers


def _accept(
    offers: dict[int, Label], blocks: Sequence[int], known: Collection[str]
) -> tuple[set[int], list[str]]:
    """The numbers of the offers that are believed, and warnings about those that are doubtful."""
    keys = {number: name_key(label.name) for number, label in offers.items()}
    known_keys = {name_key(name) for name in known}
    n_blocks = max(blocks, default=0)

    def coverage(numbers: Collection[int]) -> float:
        return len({blocks[number] for number in numbers}) / n_blocks if n_blocks else 0.0

    dots = {label.name for label in offers.values() if label.kind == "dot"}
    sure = {
        number
        for number, label in offers.items()
        if keys[number] in known_keys
        or (label.kind == "dot" and "Q" in dots and len(dots) > 1)
        or (label.kind not in ("dot", "tab") and is_label_word(label.name))
    }
    sure_keys = {keys[number] for number in sure}
    counts = Counter(keys[n] for n, label in offers.items() if label.kind in _STRONG and n not in sure)
    recurring = {n for n, label in offers.items() if label.kind in _STRONG and counts[keys[n]] >= 2}
    if not _believable(recurring, sure, keys, coverage(recurring | sure)):
        recurring = set()
    if not known_keys & sure_keys and not _dialogue(sure, recurring, offers, keys, coverage(sure | recurring)):
        sure = set()
    accepted = sure | recurring
    accepted |= _weak_kinds(offers, keys, coverage)
    return _with_rare_names(accepted, offers, keys, coverage, n_blocks)


def _believable(recurring: set[int], sure: set[int], keys: dict[int, str], coverage: float) -> bool:
    """Whether names that recur carry the conversation: a third of it, or two of them thrice each."""
    if coverage >= _MIN_COVERAGE:
        return True
    often = [key for key, n in Counter(keys[number] for number in recurring | sure).items() if n >= 3]
    return len(often) >= 2 and coverage >= 0.04


def _dialogue(
    sure: set[int], recurring: set[int], offers: dict[int, Label], keys: dict[int, str], coverage: float
) -> bool:
    """Whether usual label words are labels here, not a stray `A:` in prose."""
    if coverage >= _MIN_COVERAGE or recurring:
        return True
    counts = Counter(keys[number] for number in sure)
    roles = label_roles({offers[number].name for number in sure})
    return len(set(roles.values())) >= 2 or any(n >= 3 for n in counts.values())


def _weak_kinds(offers: dict[int, Label], keys: dict[int, str], coverage: Coverage) -> set[int]:
    """Names in brackets, in bold, before a tab or alone on a line, where the file is full of them."""
    accepted: set[int] = set()
    for kind in ("bracket", "bold", "tab", "alone"):
        numbers = {n for n, label in offers.items() if label.kind == kind}
        counts = Counter(keys[n] for n in numbers)
        numbers = {n for n in numbers if counts[keys[n]] >= 2}
        if numbers and coverage(numbers) >= _MIN_COVERAGE:
            accepted |= numbers
    return accepted


def _with_rare_names(
    accepted: set[int], offers: dict[int, Label], keys: dict[int, str], coverage: Coverage, n_blocks: int
) -> tuple[set[int], list[str]]:
    """Add names that occur once, where everything around them is labelled; warn about them."""
    taken = {keys[n] for n in accepted}
    rare = {n for n, label in offers.items() if label.kind in _STRONG and keys[n] not in taken}
    same = {n for n in offers if keys[n] in taken and offers[n].kind in _STRONG}
    accepted = accepted | same
    distinct = {keys[n] for n in rare}
    if not rare:
        return accepted, []
    if not accepted and len(distinct) <= 3 and coverage(rare) == 1.0:
        return rare, []
    if accepted and coverage(accepted) >= 0.5:
        full = {n for n in rare if _is_full_name(offers[n].name)}
        names = ", ".join(f"'{offers[n].name}'" for n in sorted(full)[:5])
        warning = f"these labels occur only once and were taken as speakers: {names}"
        return accepted | full, [warning] if full else []
    if len(distinct) >= 20:
        return accepted, [
            f"{len(distinct):,} different beginnings with a colon that do not recur were not taken as speakers"
        ]
    return accepted, []


def _is_full_name(name: str) -> bool:
    words = re.findall(r"[^\W\d_][\w’'.-]*", name)
    particles = {"van", "von", "de", "der", "den", "da", "di", "la", "le", "af", "al", "bin"}
    return len(words) >= 2 and all(word[0].isupper() or word in particles for word in words) and name[0].isupper()


def _same_spelling(labels: dict[int, Label]) -> dict[int, Label]:
    """The labels under the most frequent spelling of each name."""
    spellings: dict[str, Counter[str]] = {}
    for label in labels.values():
        spellings.setdefault(name_key(label.name), Counter())[label.name] += 1
    best = {key: names.most_common(1)[0][0] for key, names in spellings.items()}
    return {number: replace(label, name=best[name_key(label.name)]) for number, label in labels.items()}
