"""What word processors share: paragraphs with bold beginnings, and tables, to a transcript."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from autocode.limits import MOST_LINES
from autocode.read.columns import find_columns
from autocode.read.decode import clean
from autocode.read.dialogue import split_dialogue
from autocode.read.label_forms import Line
from autocode.read.layout import Spoken, lay_out
from autocode.read.reader import UNKNOWN, Found, Source, count
from autocode.read.times import first_time


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph, its soft line breaks as LF."""

    text: str
    bold: int = 0  # so many characters at its beginning are bold
    heading: bool = False
    speaker: str | None = None  # where the markup says it
    start_s: float | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table: rows of cells of paragraphs."""

    rows: Sequence[Sequence[Sequence[Paragraph]]]


def found_in(source: Source, blocks: Iterable[Paragraph | Table], warnings: Sequence[str] = ()) -> Found:
    """The transcript in a document's blocks, laid out one line a turn. Raises `ReadError`."""
    return found_in_lines(source, (line for block in blocks for line in _lines(block)), warnings)


def found_in_lines(source: Source, lines: Iterable[Line], warnings: Sequence[str] = ()) -> Found:
    """The transcript in lines, whatever positions they have. Raises `ReadError`."""
    lines = list(islice(_positioned(lines), MOST_LINES + 1))
    source.refuse_flood(len(lines), MOST_LINES, "lines")
    text = "\n".join(line.text for line in lines)
    if not text.strip():
        raise source.error("there is no text in the document")
    pieces, more = split_dialogue(text, lines, known=source.speakers)
    labelled = any(piece.speaker != UNKNOWN for piece in pieces)
    spoken = [
        Spoken(
            piece.speaker, text[piece.start_char : piece.end_char], piece.start_s, piece.end_s, joins=labelled
        )
        for piece in pieces
    ]
    n_empty = sum(not one.text.strip() for one in spoken)
    if n_empty:
        more.append(f"{count(n_empty, 'turn')} without text dropped")
    laid_out, laid_pieces = lay_out(spoken)
    return Found(laid_out, laid_pieces, [*warnings, *more])


def _lines(block: Paragraph | Table) -> Iterator[Line]:
    if isinstance(block, Table):
        yield from _table_lines(block)
    elif block.speaker is not None:
        said = block.text.replace("\n", " ")
        yield Line(said, 0, paragraph=True, given=block.speaker, start_s=block.start_s)
    else:
        yield from _paragraph_lines(block)


def _paragraph_lines(paragraph: Paragraph) -> Iterator[Line]:
    """One line for each stretch between soft breaks; the first is known to begin a paragraph."""
    at = 0
    for number, text in enumerate(paragraph.text.split("\n")):
        bold = min(len(text), max(0, paragraph.bold - at))
        yield Line(text, 0, bold=bold, heading=paragraph.heading, paragraph=number == 0)
        at += len(text) + 1


def _table_lines(table: Table) -> Iterator[Line]:
    """The rows of a transcript's table as lines that know their speaker; any other table's paragraphs."""
    rows = [
        [" ".join(text for one in cell if (text := " ".join(one.text.split()))) for cell in row]
        for row in table.rows
    ]
    columns = find_columns(rows)
    if columns is None or columns.speaker is None:
        for row in table.rows:
            for cell in row:
                for paragraph in cell:
                    yield from _paragraph_lines(paragraph)
        return
    for cells in rows[columns.first_row :]:
        start, end = (
            None if c is None or c >= len(cells) else first_time(cells[c])
            for c in (columns.start, columns.end)
        )
        speaker = cells[columns.speaker].rstrip(" :") if columns.speaker < len(cells) else ""
        text = cells[columns.text] if columns.text < len(cells) else ""
        yield Line(text, 0, paragraph=True, given=speaker, start_s=start, end_s=end)


def _positioned(lines: Iterable[Line]) -> Iterator[Line]:
    """The lines with their positions in the text that joins them with line ends."""
    at = 0
    for line in lines:
        yield replace(line, start=at)
        at += len(line.text) + 1


@dataclass(slots=True)
class Flow:
    """Collects paragraphs and tables while a document is read from beginning to end.

    A table inside a table's cell is part of that cell. Raises `ReadError` for more paragraphs, or longer
    ones, than any document has.
    """

    source: Source
    blocks: list[Paragraph | Table] = field(default_factory=list)
    n_tables: int = 0  # open ones, inside each other
    _parts: list[str] = field(default_factory=list)
    _length: int = 0
    _bold: int = 0
    _still_bold: bool = True
    _cell: list[Paragraph] = field(default_factory=list)
    _row: list[list[Paragraph]] = field(default_factory=list)
    _rows: list[list[list[Paragraph]]] = field(default_factory=list)
    _last: str = ""
    _n_paragraphs: int = 0
    _n_chars: int = 0

    def add(self, text: str, *, bold: bool = False) -> None:
        """More of the paragraph."""
        if not text:
            return
        self._still_bold = self._still_bold and (bold or not text.strip())
        self._parts.append(text)
        self._length += len(text)
        self._n_chars += len(text)
        self.source.refuse_flood(self._n_chars, self.source.most_chars, "characters")
        self._last = text[-1]
        self._bold = self._length if self._still_bold else self._bold

    @property
    def last(self) -> str:
        """The last character of the paragraph so far; "" at its beginning."""
        return self._last

    def take(self) -> str:
        """What the paragraph says so far, which is then forgotten."""
        text = "".join(self._parts)
        self._parts, self._length, self._bold, self._still_bold, self._last = [], 0, 0, True, ""
        return text

    def end(
        self,
        *,
        heading: bool = False,
        speaker: str | None = None,
        start_s: float | None = None,
        keep_empty: bool = True,
    ) -> bool:
        """Close the paragraph; whether there was one."""
        bold = self._bold
        text = clean(self.take())
        if not text.strip() and not keep_empty:
            return False
        self._n_paragraphs += 1
        self.source.refuse_flood(self._n_paragraphs, MOST_LINES, "paragraphs")
        paragraph = Paragraph(text, bold, heading, speaker, start_s)
        if self.n_tables:
            self._cell.append(paragraph)
        else:
            self.blocks.append(paragraph)
        return True

    def open_table(self) -> None:
        """A table begins."""
        self.n_tables += 1

    def end_cell(self) -> None:
        """A cell is complete, its last paragraph too."""
        self.end(keep_empty=False)
        if self.n_tables == 1:
            self._row.append(self._cell)
            self._cell = []

    def end_row(self) -> None:
        """A row is complete."""
        if self.n_tables == 1:
            if self._cell:
                self._row.append(self._cell)
            if self._row:
                self._rows.append(self._row)
            self._cell, self._row = [], []

    def close_table(self) -> None:
        """The table is complete."""
        self.end(keep_empty=False)
        self.end_row()
        self.n_tables = max(0, self.n_tables - 1)
        if not self.n_tables and self._rows:
            self.blocks.append(Table(self._rows))
            self._rows = []

    def finish(self) -> list[Paragraph | Table]:
        """All blocks, what was left open closed."""
        while self.n_tables:
            self.close_table()
        self.end(keep_empty=False)
        return self.blocks
