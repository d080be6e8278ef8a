"""A readable text for formats that have none of their own: one line a turn, `Name: text`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from autocode.read.decode import INVISIBLE
from autocode.read.reader import UNKNOWN, Piece

_AT_ENDS = re.compile(rf"\A[\s{INVISIBLE}]+|(?<![\s{INVISIBLE}])[\s{INVISIBLE}]+\Z")
_SENTENCE_END = re.compile(r"[.!?…。！？؟][\"'”’»)\]]*$")


@dataclass(frozen=True, slots=True)
class Spoken:
    """One cue, row or segment: who said what, when."""

    speaker: str | None  # None: the file does not say
    text: str
    start_s: float | None = None
    end_s: float | None = None
    joins: bool = True  # it may become one turn with what the same speaker said just before


def ends_sentence(text: str) -> bool:
    """Whether a text ends with a full stop, a question mark or the like, perhaps inside quotation marks."""
    return _SENTENCE_END.search(text[-20:]) is not None


def one_line(text: str) -> str:
    """`text` with its line ends as spaces; other white space stays as it is."""
    return " ".join(part for line in text.splitlines() if (part := line.strip()))


def bare_name(name: str | None) -> str:
    """A speaker's name without what cannot be seen at its ends; UNKNOWN for none."""
    return _AT_ENDS.sub("", name or "") or UNKNOWN


def lay_out(spoken: Iterable[Spoken]) -> tuple[str, list[Piece]]:
    """The text and its pieces: consecutive speech of one speaker is one piece, joined by spaces.

    Where nobody is named at all, several people may speak: every part stays a piece of its own, but for
    those that go on with a sentence.

    Where a piece has several parts with times, its `meta["cues"]` has (start_char, end_char, start_s,
    end_s) of each. Without any named speaker the lines are the text alone.
    """
    said = [replace(one, speaker=bare_name(one.speaker), text=one_line(one.text)) for one in spoken]
    named = any(one.speaker != UNKNOWN for one in said if one.text)
    groups: list[list[Spoken]] = []
    for one in said:
        if not one.text:
            continue
        if groups and one.joins and _goes_on(groups[-1][-1], one, named=named):
            groups[-1].append(one)
        else:
            groups.append([one])
    lines, pieces, at = [], [], 0
    for group in groups:
        label = f"{group[0].speaker}: " if named else ""
        piece, said_text = _piece(group, at + len(label))
        lines.append(label + said_text)
        pieces.append(piece)
        at += len(lines[-1]) + 1
    return "\n".join(lines), pieces


def _goes_on(before: Spoken, one: Spoken, *, named: bool) -> bool:
    return before.speaker == one.speaker and (named or not ends_sentence(before.text))


def _piece(group: Sequence[Spoken], start: int) -> tuple[Piece, str]:
    cues, at = [], start
    for one in group:
        cues.append((at, at + len(one.text), one.start_s, one.end_s))
        at += len(one.text) + 1
    timed = len(cues) > 1 and any(one.start_s is not None for one in group)
    piece = Piece(
        group[0].speaker or UNKNOWN,
        start,
        at - 1,
        next((one.start_s for one in group if one.start_s is not None), None),
        next((one.end_s for one in reversed(group) if one.end_s is not None), None),
        meta={"cues": tuple(cues)} if timed else {},
    )
    return piece, " ".join(one.text for one in group)
