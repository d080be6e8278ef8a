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

from autocode.read.labels import Label, Line, find_labels, plausible_name
from autocode.read.layout import Spoken
from autocode.read.reader import UNKNOWN
from autocode.read.roles import is_label_word
from autocode.read.times import parse_clock

_TIME_LINE = re.compile(r"\s*(?P<start>[\d:.,]*\d:[\d:.,]+)\s*-{1,2}>\s*(?P<end>\S*)")
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
        match = _TIME_LINE.match(line) if "->" in line else None
        if match:
            if found and not waiting and found[-1].lines and _COUNTER.fullmatch(found[-1].lines[-1]):
                waiting = [found[-1].lines.pop()]
            found.append(_Block(waiting.pop() if waiting else "", match["start"], match["end"], []))
            n_stray += _give_back(waiting, found[:-1])
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
    """Lines that turned out to be no id go to the cue before (a counter alone does not); their number."""
    stray = [line for line in waiting if found and not _COUNTER.fullmatch(line)]
    waiting.clear()
    if stray:
        found[-1].lines.extend(stray)
    return len(stray)


def _timed(blocks: Sequence[_Block], n_stray: int) -> tuple[list[Cue], list[str]]:
    cues = [
        Cue(block.id.strip(), parse_clock(block.start), parse_clock(block.end), tuple(block.lines)) for block in blocks
    ]
    n_bad = sum(cue.start_s is None or cue.end_s is None for cue in cues)
    starts = [cue.start_s for cue in cues if cue.start_s is not None]
    n_back = sum(later < earlier for earlier, later in zip(starts, starts[1:], strict=False))
    warnings = []
    if n_bad:
        warnings.append(f"{n_bad} of {len(cues)} cues have a malformed time; they were kept without it")
    if n_back:
        warnings.append(f"{n_back} of {len(cues)} cues begin before the one above them; the file's order was kept")
    if n_stray:
        warnings.append(f"{n_stray} stray lines between cues were added to the cue above them")
    return cues, warnings


def without_rolling_duplicates(cues: Sequence[Cue]) -> tuple[list[Cue], list[str]]:
    """Remove lines that repeat the end of the cue before, as captions that roll up do (YouTube).

    Only in files with karaoke times, or where most cues of two lines begin so: people
    do say "yeah" twice.
    """
    plain = [[_KARAOKE.sub("", line) for line in cue.lines] for cue in cues]
    shown = [[stripped for line in lines if (stripped := _untagged(line))] for lines in plain]
    pairs = [(before[-1], after) for before, after in zip(shown, shown[1:], strict=False) if before and len(after) > 1]
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
    return kept, [f"{n_removed} lines that repeat the caption before (rolling captions) were removed"]


def _untagged(line: str) -> str:
    return " ".join(re.sub(r"<[^<>]*>", "", line).split())


def name_speakers(cues: Sequence[Cue], *, known: Collection[str] = ()) -> tuple[list[Spoken], list[str]]:
    """Who says what in cues without voice tags: `Name:`, `(Name)` on a line, a name as id, or dashes."""
    by_id = _speakers_in_ids(cues)
    lines, owner = _label_lines(cues)
    labels = find_labels(lines, known=known, kinds={"colon"})
    spoken: list[Spoken] = []
    parts: list[tuple[int, str | None, list[str]]] = []  # cue, name, lines
    named_parentheses = _names_in_parentheses(cues)
    for number, line in enumerate(lines):
        if owner[number] is None:
            continue
        cue = owner[number]
        label = labels.by_line.get(number)
        fresh = not parts or parts[-1][0] != cue
        if label is not None:
            parts.append((cue, label.name, [line.text[label.text_at :]]))  # type: ignore[arg-type]
        elif fresh and (match := _IN_PARENTHESES.match(line.text)) and match[1].strip() in named_parentheses:
            parts.append((cue, match[1].strip(), []))  # type: ignore[arg-type]
        elif fresh:
            parts.append((cue, by_id.get(cue), [line.text]))  # type: ignore[arg-type]
        else:
            parts[-1][2].append(line.text)
    repeats = _named_on_every_cue(cues, parts)
    speaker: str | None = None
    for cue, name, said in parts:
        speaker = name or (None if repeats else speaker)
        spoken.extend(_with_dashes(cues[cue], speaker, said, named=name is not None))
    return spoken, [*labels.warnings, *_doubts(spoken, parts, repeats=repeats)]


def _label_lines(cues: Sequence[Cue]) -> tuple[list[Line], list[int | None]]:
    """All payload lines, with a blank one between cues, and the cue that each belongs to."""
    lines: list[Line] = []
    owner: list[int | None] = []
    for number, cue in enumerate(cues):
        for line in (*cue.lines, ""):
            lines.append(Line(line.strip(), 0))
            owner.append(number if line.strip() else None)
    return lines, owner


def _speakers_in_ids(cues: Sequence[Cue]) -> dict[int | None, str]:
    """Names in the id lines, by cue, if half of the cues have one and they are label words or recur."""
    ids = {number: cue.id for number, cue in enumerate(cues) if re.match(r"[^\W\d_]", cue.id)}
    counts = Counter(ids.values())
    names = {
        number: name
        for number, name in ids.items()
        if plausible_name(name) and (is_label_word(name) or counts[name] >= 2)
    }
    return dict(names) if names and len(names) >= len(cues) / 2 else {}


def _names_in_parentheses(cues: Sequence[Cue]) -> set[str]:
    """Names that stand in parentheses alone on the first line of several cues, with speech below."""
    matches = [_IN_PARENTHESES.match(cue.lines[0]) for cue in cues if len(cue.lines) > 1]
    counts = Counter(match[1].strip() for match in matches if match)
    usable = {name for name, n in counts.items() if plausible_name(name) and (n >= 2 or is_label_word(name))}
    return usable if sum(counts[name] for name in usable) >= 0.3 * len(cues) else set()


def _named_on_every_cue(cues: Sequence[Cue], parts: Sequence[tuple[int, str | None, list[str]]]) -> bool:
    """Whether names are repeated on cue after cue, so that a missing one means something."""
    first = {}
    for cue, name, _ in parts:
        first.setdefault(cue, name)
    names = [first.get(number) for number in range(len(cues))]
    return any(name is not None and name == after for name, after in zip(names, names[1:], strict=False))


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


def _doubts(
    spoken: Sequence[Spoken], parts: Sequence[tuple[int, str | None, list[str]]], *, repeats: bool
) -> list[str]:
    warnings = []
    n_nameless = sum(name is None for _, name, _ in parts)
    if repeats and n_nameless:
        warnings.append(f"{n_nameless} cues have no name while others do; they were given to '{UNKNOWN}'")
    if any(one.speaker == SECOND_UNKNOWN for one in spoken):
        warnings.append(
            f"dashes mark that two people speak but not who: they are called '{UNKNOWN}' and '{SECOND_UNKNOWN}'"
        )
    return warnings


__all__ = ["SECOND_UNKNOWN", "Cue", "Label", "name_speakers", "read_cues", "without_rolling_duplicates"]
