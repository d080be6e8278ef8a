"""Lines with speaker labels to pieces: a label opens a turn, everything up to the next one belongs to it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, pairwise

from autocode.limits import MOST_LINES
from autocode.read.label_forms import TIME_ONLY, Label, Line
from autocode.read.labels import find_labels
from autocode.read.layout import ends_sentence
from autocode.read.reader import UNKNOWN, Piece, count
from autocode.read.times import BRACKETED, F4_MARK, RANGE, first_time

LINE_END = re.compile("\n{3,}|[\n\v\f\x85\u2028\u2029]")  # the positions stay those of the text with them
_RULE = re.compile(r"\s*(?:[-*_=]\s*){3,}$")
_MARK_BEFORE = re.compile(rf"({BRACKETED})\s*")
_LINE_MARK = re.compile(rf"\s*({BRACKETED}|{RANGE})(?:\s+[-–—](?=\s))?(?:\s+|$)")
_MIN_TIMES = 3  # times on lines of their own that are believed to be marks within a sentence, too
_LEAST_SPEECH = 0.3  # characters a second between times that are marks
_MIN_TIMED = 0.3  # the share of lines, or of paragraphs, whose times are believed to be marks
_MAX_LINE_MARK = 80  # characters of a line that are looked at for one
_MARK_AFTER = re.compile(rf"\s*({F4_MARK})$")
_FOOTER = re.compile(  # of Otter, Google Meet and Teams
    r"\s*Transcribed by https?://otter\.ai\s*$"
    r"|[\s#*_]*Transcription ended after [\d:]{4,9}[\s*_]*$"
    r"|[\s*_]*This editable transcript was computer generated and might contain errors\b"
    r"|[\s●•*]*(?-i:(?:[^\W\d_a-zß-ÿ][^\s.:!?]{0,30}\.? ){1,5})(?:started|stopped) transcription[\s*]*$",
    re.IGNORECASE,
)


def count_lines(text: str) -> int:
    """How many lines a text has; where they are more than any interview has, `MOST_LINES` and one."""
    return sum(1 for _ in islice(LINE_END.finditer(text), MOST_LINES + 1))


def split_lines(text: str) -> list[Line]:
    """The lines of a text with their positions. Line ends of all kinds count (LF, VT, FF, NEL, LS, PS).

    Of many empty lines one after another there are two.
    """
    lines, start = [], 0
    for match in LINE_END.finditer(text):
        at, end = match.span()
        lines.append(Line(text[start:at], start))
        if end > at + 1:
            lines += Line("", at + 1), Line("", end - 1)
        start = end
    if start < len(text):
        lines.append(Line(text[start:], start))
    return lines


def split_dialogue(
    text: str, lines: Sequence[Line], *, known: Collection[str] = ()
) -> tuple[list[Piece], list[str]]:
    """The pieces of a text whose `lines` may begin with labels, and warnings.

    A paragraph without a label continues the last speaker. What stands before the first label is no
    turn. Without any label, every paragraph is a piece of an unknown speaker.
    """
    rows = {line.given for line in lines if line.given}
    labels = find_labels(lines, known={*known, *rows})
    if not labels.by_line and not rows:
        pieces, warnings = _paragraphs(text, lines)
        return pieces, [*labels.warnings, *warnings]
    state = _Open(text)
    spoken = _spoken_times(lines, labels.by_line)
    for number, line in enumerate(lines):
        state.add(line, labels.by_line.get(number), is_time=number not in spoken)
    state.close()
    warnings = list(labels.warnings)
    if state.n_before:
        warnings.append(f"{count(state.n_before, 'line')} before the first label, no part of any turn")
    return _with_end_marks(_with_bare_times(state.pieces, text), text), warnings


def _spoken_times(lines: Sequence[Line], labels: Mapping[int, Label]) -> set[int]:
    """The lines that are a time within a sentence, where there are too few to be marks."""
    times = [n for n, line in enumerate(lines) if TIME_ONLY.match(line.text)]
    return {
        n
        for n in times
        if len(times) < _MIN_TIMES
        and not lines[n].paragraph
        and _is_unfinished(lines, labels, n - 1)
        and n + 1 < len(lines)
        and n + 1 not in labels
        and lines[n + 1].text.strip()
    }


def _is_unfinished(lines: Sequence[Line], labels: Mapping[int, Label], number: int) -> bool:
    """Whether a line is speech whose sentence may go on below."""
    if number < 0:
        return False
    said = lines[number].text[labels[number].text_at if number in labels else 0 :].strip()
    return bool(said) and not ends_sentence(said)


@dataclass(slots=True)
class _Open:
    """The piece that is being collected, and those that are complete."""

    text: str
    pieces: list[Piece] = field(default_factory=list)
    n_before: int = 0  # lines before the first label
    speaker: str | None = None
    start: int | None = None  # None: no piece is open
    end: int = 0
    start_s: float | None = None

    def add(self, line: Line, label: Label | None, *, is_time: bool) -> None:
        """One more line: it opens, continues or ends a piece. `is_time`: if it is a time, it is a mark."""
        if line.given is not None:
            self._add_row(line)
        elif label is not None:
            waiting = self.start_s if self.start is None else None  # of a time on the line above
            self.close()
            self.speaker, self.start = label.name, line.start + label.text_at
            self.start_s = waiting if label.start_s is None else label.start_s
            self.end = line.start + len(line.text)
        elif line.heading or _RULE.match(line.text) or _FOOTER.match(line.text):
            self.close()
        elif line.text.strip():
            self._continue(line, is_time=is_time)

    def _continue(self, line: Line, *, is_time: bool) -> None:
        if is_time and TIME_ONLY.match(line.text) and (self.start is None or self._has_text()):
            self.close()  # a time heading: what follows is still said by the same speaker
            self.start_s = first_time(line.text)
        elif self.speaker is None:
            self.n_before += 1
            self.start_s = None
        else:
            self.start = line.start if self.start is None else self.start
            self.end = line.start + len(line.text)

    def _add_row(self, line: Line) -> None:
        self.close()
        self.speaker = line.given or self.speaker or UNKNOWN
        piece = _trimmed(Piece(self.speaker, line.start, line.start + len(line.text)), self.text)
        self.pieces.append(replace(piece, start_s=line.start_s, end_s=line.end_s))

    def _has_text(self) -> bool:
        return self.start is not None and bool(self.text[self.start : self.end].strip())

    def close(self) -> None:
        """Complete the open piece, if there is one."""
        if self.start is not None and self.speaker is not None:
            end = max(self.start, self.end)
            self.pieces.append(_trimmed(Piece(self.speaker, self.start, end, self.start_s), self.text))
        self.start, self.start_s = None, None


def _trimmed(piece: Piece, text: str) -> Piece:
    """The piece without white space and time marks at its ends; the marks become its times.

    At the end only f4's marks count: other brackets there say what could not be heard.
    """
    start, end = _strip(text, piece.start_char, piece.end_char)
    start_s, end_s = piece.start_s, piece.end_s
    if mark := _MARK_BEFORE.match(text, start, end):
        start = mark.end()
        start_s = first_time(mark[1]) if start_s is None else start_s
    tail = max(start, end - 40)
    if mark := _MARK_AFTER.search(text, tail, end):
        end, end_s = mark.start(), first_time(mark[1])
    start, end = _strip(text, start, end)
    return replace(piece, start_char=start, end_char=end, start_s=start_s, end_s=end_s)


def _strip(text: str, start: int, end: int) -> tuple[int, int]:
    said = text[start:end]
    start += len(said) - len(said.lstrip())
    return start, max(start, end - (len(said) - len(said.rstrip())))


def _paragraphs(text: str, lines: Sequence[Line]) -> tuple[list[Piece], list[str]]:
    """A piece for every paragraph: lines up to a blank one, or every line where none is blank.

    Where lines begin with times (`00:12 Our partner ...`), each time begins a piece.
    """
    marks, warnings = _line_marks(lines)
    spaced = any(not line.text.strip() for line in lines) or _is_wrapped(lines) or bool(marks)
    pieces: list[Piece] = []
    open_start: int | None = None
    start_s: float | None = None
    end = 0
    for number, line in enumerate([*lines, Line("", len(text))]):
        mark = marks.get(number)
        filled = bool(line.text.strip()) and not line.heading and not _RULE.match(line.text)
        if open_start is not None and (not filled or not spaced or line.paragraph or mark):
            pieces.append(_trimmed(Piece(UNKNOWN, open_start, end, start_s), text))
            open_start, start_s = None, None
        if filled:
            begins = line.start + (mark.end() if mark else 0)
            open_start = begins if open_start is None else open_start
            start_s = first_time(mark[1]) if mark else start_s
            end = line.start + len(line.text)
    return [piece for piece in pieces if piece.end_char > piece.start_char], warnings


def _line_marks(lines: Sequence[Line]) -> tuple[dict[int, re.Match[str]], list[str]]:
    """The times that lines begin with, by line: two at least, in order, and on a good share of the lines."""
    found = {
        n: mark for n, line in enumerate(lines) if (mark := _LINE_MARK.match(line.text[:_MAX_LINE_MARK]))
    }
    n_filled = sum(bool(line.text.strip()) for line in lines)
    breaks = [0, *(n for n, line in enumerate(lines) if not line.text.strip()), len(lines)]
    paragraphs = [range(first, last) for first, last in pairwise(breaks)]
    n_marked = sum(any(n in found for n in paragraph) for paragraph in paragraphs)
    times = [first_time(mark[1]) or 0.0 for mark in found.values()]
    many = len(found) >= _MIN_TIMED * n_filled or (
        len(paragraphs) > 1 and n_marked >= _MIN_TIMED * len(paragraphs)
    )
    if len(found) >= 2 and many and times == sorted(times):
        return found, []
    bare = sum(not _MARK_BEFORE.match(mark[0].lstrip()) for mark in found.values())
    begin = "begins" if bare == 1 else "begin"
    left = f"{count(bare, 'line')} {begin} with a time that was left in the text"
    return {}, [left] if bare else []


def _is_wrapped(lines: Sequence[Line]) -> bool:
    """Whether lines look cut at a fixed width rather than at the end of a paragraph."""
    lengths = sorted(len(line.text) for line in lines)
    if len(lengths) < 4 or lengths[-1] > 110 or lengths[len(lengths) // 2] < 50:
        return False
    n_open = sum(not line.text.rstrip().endswith((".", "!", "?", "…", '"', "”", ":")) for line in lines)
    return n_open > len(lines) / 2


def _with_bare_times(pieces: list[Piece], text: str) -> list[Piece]:
    """The pieces; where three in four begin with a time (`Anna: 00:05 We ...`), without it.

    One that only one person says, or between which too little is said, is a time of day.
    """
    found = {
        n: mark
        for n, piece in enumerate(pieces)
        if piece.start_s is None and (mark := _LINE_MARK.match(text, piece.start_char, piece.end_char))
    }
    times = [first_time(mark[1]) or 0.0 for mark in found.values()]
    if len(found) < max(2, len(pieces) * 0.75) or times != sorted(times):
        return pieces
    n_chars = sum(pieces[n].end_char - mark.end() for n, mark in list(found.items())[:-1])
    rate = n_chars / max(times[-1] - times[0], 1.0)
    if len({pieces[n].speaker for n in found}) < 2 or rate < _LEAST_SPEECH:
        return pieces
    timed = list(pieces)
    for (n, mark), start_s in zip(found.items(), times, strict=True):
        timed[n] = replace(pieces[n], start_char=mark.end(), start_s=start_s)
    return timed


def _with_end_marks(pieces: list[Piece], text: str) -> list[Piece]:
    """Where marks stand at the end of turns (f4), a turn begins when the one before it ended."""
    if not any(piece.end_s is not None and piece.start_s is None for piece in pieces):
        return pieces
    last, timed = 0.0, []
    for piece in pieces:
        begin = last if piece.start_s is None else piece.start_s
        timed.append(replace(piece, start_s=begin))
        last = begin if piece.end_s is None else piece.end_s
    return timed
