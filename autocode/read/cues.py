"""What WebVTT and SubRip share: blocks with a time line, and who speaks in them.

A cue without a name: where names are written on every cue (some name stands on two cues running, as in
Zoom's files), it is nobody's and becomes "Unknown"; where they are written only when the
speaker changes (podcasts, and everywhere with voice tags), it continues the speaker before.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from autocode.read.label_forms import Line, plausible_name
from autocode.read.labels import find_labels
from autocode.read.layout import Spoken
from autocode.read.reader import UNKNOWN, count
from autocode.read.roles import is_label_word
from autocode.read.times import parse_clock

_TIME_LINE = re.compile(r"\s*(?P<start>-?[\d:.,]*\d:[\d:.,]+)\s*-{1,2}>\s*(?P<end>\S*)")
_COUNTER = re.compile(r"\s*(?:\d+|[0-9a-fA-F]{8}-[0-9a-fA-F-]{20,}\S*)\s*")
_KARAOKE = re.compile(r"<\d[\d:.]*>")
_DASHED = re.compile(r"\s*[-–—](?![-–—])\s*(?=\S)")
_IN_PARENTHESES = re.compile(r"\s*[(\[]([^()\[\]\n]{1,40})[)\]]\s*:?\s*$")
SECOND_UNKNOWN = f"{UNKNOWN} 2"


@dataclass(frozen=True, slots=True)
class Cue:
    """One block: its id line, times in seconds (None if malformed) and lines of payload."""

    id: str
    start_s: float | None
    end_s: float | None
    lines: tuple[str, ...]


def read_cues(text: str, *, ignored_blocks: Collection[str] = ()) -> tuple[list[Cue], list[str]]:
    """The cues of a file in the file's order, and warnings. A time line starts a cue, blank line or not.

    `ignored_blocks` are first words of blocks that are no speech, such as NOTE. Lines before the
    first time line are the header; stray lines after a cue's blank line are added to that cue.
    """
    found: list[_Block] = []
    waiting: list[str] = []  # lines since the last blank one that may yet be an id
    skipping, after_blank, n_stray = False, True, 0
    for line in text.split("\n"):
        match = _TIME_LINE.match(line[:100]) if "->" in line else None
        if match:
            if found and not after_blank and found[-1].lines and _COUNTER.fullmatch(found[-1].lines[-1]):
                waiting = [found[-1].lines.pop()]
            id = waiting.pop() if waiting else ""
            n_stray += _give_back(waiting, found)
            found.append(_Block(id, match["start"], match["end"], []))
            skipping, after_blank = False, False
        elif not line.strip():
            n_stray += _give_back(waiting, found)
            skipping, after_blank = False, True
        elif skipping or (after_blank and line.split(maxsplit=1)[0] in ignored_blocks):
            skipping = True
        elif found and not after_blank:
            found[-1].lines.append(line)
        else:
            waiting.append(line)
    n_stray += _give_back(waiting, found)
    return _timed(found, n_stray)


@dataclass(slots=True)
class _Block:
    id: str
    start: str
    end: str
    lines: list[str]


def _give_back(waiting: list[str], found: Sequence[_Block]) -> int:
    """Lines that turned out to be no id go to the cue before (the next counter does not); their number."""
    stray = [line for line in waiting if found and not _counts_on(line, found)]
    waiting.clear()
    if stray:
        found[-1].lines.extend(stray)
    return len(stray)


def _counts_on(line: str, found: Sequence[_Block]) -> bool:
    """Whether a line is an id of a program, or the counter that comes next: "1999" may have been said."""
    number, last = line.strip(), found[-1].id.strip()
    if not number.isdecimal():
        return _COUNTER.fullmatch(line) is not None
    before = int(last) if last.isdecimal() and len(last) <= 9 else len(found)
    return len(number) <= 9 and int(number) in (before, before + 1)


def _timed(blocks: Sequence[_Block], n_stray: int) -> tuple[list[Cue], list[str]]:
    cues = [
        Cue(block.id.strip(), parse_clock(block.start), parse_clock(block.end), tuple(block.lines))
        for block in blocks
    ]
    n_bad = sum(cue.start_s is None or cue.end_s is None for cue in cues)
    warnings = []
    if n_bad:
        warnings.append(
            f"{n_bad} of {count(len(cues), 'cue')} with a malformed time; the text was kept, the time was not"
        )
    if n_stray:
        warnings.append(f"{count(n_stray, 'stray line')} between cues, added to the cue above")
    return cues, warnings


def without_rolling_duplicates(cues: Sequence[Cue]) -> tuple[list[Cue], list[str]]:
    """Remove lines that repeat the end of the cue before, as captions that roll up do (YouTube).

    Only in files with karaoke times, or where most cues of two lines begin so: people
    do say "yeah" twice.
    """
    plain = [[_KARAOKE.sub("", line) for line in cue.lines] for cue in cues]
    shown = [[stripped for line in lines if (stripped := _untagged(line))] for lines in plain]
    pairs = [(before[-1], after) for before, after in pairwise(shown) if before and len(after) > 1]
    n_rolling = sum(last == after[0] for last, after in pairs)
    karaoke = any(_KARAOKE.search(line) for cue in cues for line in cue.lines)
    if not (karaoke or (len(pairs) >= 5 and n_rolling > 0.6 * len(pairs))):
        return list(cues), []
    kept, n_removed, last = [], 0, ""
    for cue in cues:
        lines = [line for line in cue.lines if _untagged(_KARAOKE.sub("", line))]
        if len(lines) < len(cue.lines) and not "".join(lines):
            lines = []
        joined = _untagged(_KARAOKE.sub("", " ".join(lines)))
        first = _untagged(_KARAOKE.sub("", lines[0])) if lines else ""
        if lines and last in (first, joined) and last:
            n_removed += 1
            lines = [] if last == joined else lines[1:]
        if joined:
            last = _untagged(_KARAOKE.sub("", lines[-1])) if lines else last
        kept.append(replace(cue, lines=tuple(lines)))
    if not n_removed:
        return list(cues), []
    return kept, [f"{count(n_removed, 'line')} removed that repeated the caption before (rolling captions)"]


def _untagged(line: str) -> str:
    return " ".join(re.sub(r"<[^<>]*>", "", line).split())


def name_speakers(cues: Sequence[Cue], *, known: Collection[str] = ()) -> tuple[list[Spoken], list[str]]:
    """Who says what in cues without voice tags: `Name:`, `(Name)` on a line, a name as id, or dashes."""
    parts, warnings = _parts(cues, known)
    repeats = _named_on_every_cue(cues, parts)
    spoken: list[Spoken] = []
    speaker: str | None = None
    for part in parts:
        speaker = part.name or (None if repeats else speaker)
        spoken.extend(_with_dashes(cues[part.cue], speaker, part.lines, named=part.name is not None))
    return spoken, [*warnings, *_doubts(spoken, parts, repeats=repeats)]


@dataclass(frozen=True, slots=True)
class _Part:
    """What one person says in one cue."""

    cue: int
    name: str | None
    lines: list[str]


def _parts(cues: Sequence[Cue], known: Collection[str]) -> tuple[list[_Part], list[str]]:
    lines = [Line(line.strip(), 0) for cue in cues for line in (*cue.lines, "")]
    owners = [number for number, cue in enumerate(cues) for _ in (*cue.lines, "")]
    labels = find_labels(lines, known=known, kinds={"colon", "bracket"})
    by_id, in_parentheses = _speakers_in_ids(cues), _names_in_parentheses(cues)
    parts: list[_Part] = []
    for number, (line, cue) in enumerate(zip(lines, owners, strict=True)):
        fresh = not parts or parts[-1].cue != cue
        label = labels.by_line.get(number)
        alone = _IN_PARENTHESES.match(line.text) if fresh else None
        if not line.text:
            continue
        if alone and alone[1].strip() in in_parentheses:
            parts.append(_Part(cue, alone[1].strip(), []))
        elif label is not None:
            parts.append(_Part(cue, label.name, [line.text[label.text_at :]]))
        elif fresh:
            parts.append(_Part(cue, by_id.get(cue), [line.text]))
        else:
            parts[-1].lines.append(line.text)
    return parts, labels.warnings


def _speakers_in_ids(cues: Sequence[Cue]) -> dict[int, str]:
    """Names in the id lines, by cue, if half of the cues have one and they are label words or recur."""
    ids = {number: cue.id for number, cue in enumerate(cues) if re.match(r"[^\W\d_]", cue.id)}
    counts = Counter(ids.values())
    names = {
        number: name
        for number, name in ids.items()
        if plausible_name(name) and (is_label_word(name) or counts[name] >= 2)
    }
    return names if names and len(names) >= len(cues) / 2 else {}


def _names_in_parentheses(cues: Sequence[Cue]) -> set[str]:
    """Names in parentheses alone on the first lines of cues, if most cues have one and some recur."""
    matches = [_IN_PARENTHESES.match(cue.lines[0]) for cue in cues if len(cue.lines) > 1]
    counts = Counter(match[1].strip() for match in matches if match)
    names = {name for name in counts if plausible_name(name) and not name[0].islower()}
    n_named = sum(counts[name] for name in names)
    usual = any(counts[name] >= 2 or is_label_word(name) for name in names)
    return names if usual and n_named >= len(cues) / 2 else set()


def _named_on_every_cue(cues: Sequence[Cue], parts: Sequence[_Part]) -> bool:
    """Whether names are repeated on cue after cue, so that a missing one means something."""
    first: dict[int, str | None] = {}
    for part in parts:
        first.setdefault(part.cue, part.name)
    names = [first.get(number) for number in range(len(cues))]
    return any(name is not None and name == after for name, after in pairwise(names))


def _with_dashes(cue: Cue, speaker: str | None, lines: Sequence[str], *, named: bool) -> list[Spoken]:
    """Two or more lines with dashes in one cue are said by two people whom the file does not name."""
    dashes = [match.end() if (match := _DASHED.match(line)) else 0 for line in lines]
    if named or sum(map(bool, dashes)) < 2 or not dashes[0]:
        return [Spoken(speaker, "\n".join(lines), cue.start_s, cue.end_s)]
    spoken: list[Spoken] = []
    for line, dash in zip(lines, dashes, strict=True):
        if dash or not spoken:
            name = SECOND_UNKNOWN if len(spoken) % 2 else UNKNOWN
            spoken.append(Spoken(name, line[dash:], cue.start_s, cue.end_s))
        else:
            spoken[-1] = replace(spoken[-1], text=f"{spoken[-1].text}\n{line}")
    return spoken


def _doubts(spoken: Sequence[Spoken], parts: Sequence[_Part], *, repeats: bool) -> list[str]:
    warnings = []
    n_nameless = sum(part.name is None for part in parts)
    if repeats and n_nameless:
        warnings.append(f"{count(n_nameless, 'cue')} without a name, given to '{UNKNOWN}'")
    if any(one.speaker == SECOND_UNKNOWN for one in spoken):
        warnings.append(
            "dashes mark that two people speak but not who: "
            f"they are called '{UNKNOWN}' and '{SECOND_UNKNOWN}'"
        )
    return warnings
