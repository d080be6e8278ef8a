"""Which column of a table is the speaker, the time, the text? By its header, else by what is in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from autocode.read.roles import is_label_word
from autocode.read.times import first_time
from autocode.read.words import COLUMNS

_NAMES = {name.casefold(): kind for kind, names in COLUMNS.items() for name in names}
_MS = re.compile(r"(?<![^\W\d_])(?:ms|msec|milliseconds)(?![^\W\d_])")
_MAX_HEADER_ROW = 20  # above the header there may be a title and the date
_MOST_HEADINGS, _MOST_COLUMNS = 2000, 100  # that are looked at: those of a table without a header are dear


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a transcript's table, counted from 0."""

    text: int
    speaker: int | None
    start: int | None
    end: int | None
    first_row: int  # of the speech: the one after the header, or 0 where there is none
    role: int | None = None
    in_ms: bool = False  # the header says that times are milliseconds


def header_kind(cell: str) -> str | None:
    """`text`, `speaker`, `start`, `end`, or None for a heading that says none of these.

    >>> header_kind("Start Time (s)"), header_kind("Sprecher:in"), header_kind("Wave")
    ('start', 'speaker', None)
    """
    if len(cell) > 60:
        return None
    name = re.sub(r"\(.*?\)|\[.*?\]", " ", cell.casefold()).strip(" *_.:#")
    if name in _NAMES:
        return _NAMES[name]
    words = re.findall(r"[^\W_]+", name)
    if len(words) > 3:
        return None
    if words and words[-1] in ("time", "s", "ms", "code") and words[0] in _NAMES:
        return _NAMES[words[0]]
    known = [_NAMES[word] for word in words if len(word) > 3 and word in _NAMES]
    return known[0] if known and len(set(known)) == 1 and words[-1] not in ("id", "nr", "number") else None


def find_columns(rows: Sequence[Sequence[str]]) -> Columns | None:
    """The columns of a table of strings, by a header row or by content; None if it is no transcript."""
    for number, row in enumerate(rows[:_MAX_HEADER_ROW]):
        kinds = [header_kind(cell) for cell in row[:_MOST_HEADINGS]]
        if "text" in kinds and (len(set(kinds) - {None}) >= 2 or (number == 0 and len(row) == 1)):
            role, start = _index(kinds, "role"), _index(kinds, "start")
            speaker = _index(kinds, "speaker")
            return Columns(
                _spoken([n for n, kind in enumerate(kinds) if kind == "text"], rows[number + 1 :]),
                role if speaker is None else speaker,
                start,
                _index(kinds, "end"),
                number + 1,
                None if speaker is None else role,
                start is not None and _MS.search(row[start].casefold()) is not None,
            )
    return _by_content(rows)


def _index(kinds: list[str | None], kind: str) -> int | None:
    return kinds.index(kind) if kind in kinds else None


def _spoken(columns: Sequence[int], rows: Sequence[Sequence[str]]) -> int:
    """The first column with much text: "turn" and "transcript" may be numbers and names beside the speech."""
    lengths = {n: sum(len(row[n].strip()) for row in rows if n < len(row)) for n in columns}
    return next(n for n in columns if lengths[n] >= max(lengths.values()) / 2)


def _by_content(rows: Sequence[Sequence[str]]) -> Columns | None:
    """Columns without a header: times look like times, speakers recur, the text is the longest."""
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    width = min(max((len(row) for row in filled), default=0), _MOST_COLUMNS)
    if width < 2 or len(filled) < 2:
        return None
    columns = [
        [row[number].strip() if number < len(row) else "" for row in filled] for number in range(width)
    ]
    times = [number for number, cells in enumerate(columns) if _share(cells, _is_time) >= 0.6]
    rest = [number for number in range(width) if number not in times and any(columns[number])]
    speakers = [number for number in rest if _names_speakers(columns[number])]
    texts = sorted(set(rest) - set(speakers[:1]), key=lambda number: -sum(map(len, columns[number])))
    if not speakers or not texts:
        return None
    start, end = (*times, None, None)[:2]
    return Columns(texts[0], speakers[0], start, end, 0)


def _share(cells: Sequence[str], holds: Callable[[str], bool]) -> float:
    filled = [cell for cell in cells if cell]
    return sum(map(holds, filled)) / len(filled) if filled else 0.0


def _is_time(cell: str) -> bool:
    return len(cell) <= 32 and first_time(cell) is not None and not re.search(r"[^\W\d_]{2,}", cell)


def _names_speakers(cells: Sequence[str]) -> bool:
    """Whether short names recur in a column (empty cells mean: the same as above)."""
    filled = [cell.rstrip(": ") for cell in cells if cell]
    if not filled or any(len(cell) > 40 for cell in filled):
        return False
    distinct = set(filled)
    return all(map(is_label_word, distinct)) or (len(filled) >= 4 and len(distinct) <= 0.6 * len(filled))
