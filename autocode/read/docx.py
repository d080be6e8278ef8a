"""Word documents: labels in paragraphs, bold names, tables, and what Otter, Teams and Word transcribe write.

python-docx opens the file; the paragraphs are walked here, because its `paragraph.text` silently leaves
out tracked insertions and content controls. Deleted text, comments, notes and headers are no speech.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from autocode.read.archive import check_office_file
from autocode.read.columns import find_columns
from autocode.read.dialogue import split_dialogue
from autocode.read.label_forms import Line
from autocode.read.layout import Spoken, lay_out
from autocode.read.reader import UNKNOWN, Found, Source, count
from autocode.read.times import first_time

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SKIPPED = {
    f"{_W}{tag}" for tag in ("del", "moveFrom", "pPr", "rPr", "sectPr", "tblPr", "drawing", "pict", "object")
}
_BREAKS = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
_OFF = {"0", "false", "off"}


@dataclass(frozen=True, slots=True)
class _Paragraph:
    text: str  # soft line breaks are \n
    bold: int  # so many characters at its beginning are bold
    heading: bool


def read_docx(source: Source) -> list[Found]:
    """One transcript from a Word document. Raises `ReadError`."""
    document = _open(source)
    styles = _Styles(document)
    lines = list(_positioned(_lines(document.element.body, styles)))
    text = "\n".join(line.text for line in lines)
    if not text.strip():
        raise source.error("there is no text in the document")
    pieces, warnings = split_dialogue(text, lines, known=source.speakers)
    labelled = any(piece.speaker != UNKNOWN for piece in pieces)
    spoken = [
        Spoken(
            piece.speaker, text[piece.start_char : piece.end_char], piece.start_s, piece.end_s, joins=labelled
        )
        for piece in pieces
    ]
    n_empty = sum(not one.text.strip() for one in spoken)
    if n_empty:
        warnings.append(f"{count(n_empty, 'turn')} without text dropped")
    if next(document.element.body.iter(f"{_W}txbxContent"), None) is not None:
        warnings.append("the document has text boxes; what stands in them was not read")
    laid_out, laid_pieces = lay_out(spoken)
    return [Found(laid_out, laid_pieces, warnings)]


def _open(source: Source) -> Any:
    checked = check_office_file(source, "word/")
    import docx
    from docx.opc.exceptions import PackageNotFoundError

    try:
        return docx.Document(checked)
    except (
        PackageNotFoundError,
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        SyntaxError,
        AttributeError,
    ) as error:
        what = type(error).__name__
        raise source.error(f"damaged Word document ({what}); open it in Word and save it again") from None


class _Styles:
    """Which styles of a document are bold, and which are headings or titles."""

    def __init__(self, document: Any) -> None:
        self.bold: set[str] = set()
        self.headings: set[str] = set()
        for style in document.styles.element.iter(f"{_W}style"):
            style_id = style.get(f"{_W}styleId", "")
            name = style.find(f"{_W}name")
            title = (name.get(f"{_W}val", "") if name is not None else style_id).casefold()
            if title.startswith(("heading", "title", "subtitle", "toc")):
                self.headings.add(style_id)
            bold = style.find(f"{_W}rPr/{_W}b")
            if bold is not None and bold.get(f"{_W}val", "1") not in _OFF:
                self.bold.add(style_id)

    def is_bold(self, run: Any, paragraph_style: str) -> bool:
        """Whether a run is bold: its own word first, then its style's, then its paragraph's."""
        bold = run.find(f"{_W}rPr/{_W}b")
        if bold is not None:
            return bold.get(f"{_W}val", "1") not in _OFF
        style = run.find(f"{_W}rPr/{_W}rStyle")
        return (style is not None and style.get(f"{_W}val", "") in self.bold) or paragraph_style in self.bold


def _blocks(parent: Any) -> Iterator[Any]:
    """Paragraphs and tables in order, those in content controls and insertions too."""
    for child in parent:
        if child.tag in (f"{_W}p", f"{_W}tbl"):
            yield child
        elif isinstance(child.tag, str) and child.tag not in _SKIPPED:
            yield from _blocks(child)


def _lines(body: Any, styles: _Styles) -> Iterator[Line]:
    for block in _blocks(body):
        if block.tag == f"{_W}tbl":
            yield from _table(block, styles)
        else:
            yield from _paragraph_lines(_paragraph(block, styles))


def _paragraph_lines(paragraph: _Paragraph) -> Iterator[Line]:
    """One line for each stretch between soft breaks; the first is known to begin a paragraph."""
    at = 0
    for number, text in enumerate(paragraph.text.split("\n")):
        bold = min(len(text), max(0, paragraph.bold - at))
        yield Line(text, 0, bold=bold, heading=paragraph.heading, paragraph=number == 0)
        at += len(text) + 1


def _paragraph(element: Any, styles: _Styles) -> _Paragraph:
    style = element.find(f"{_W}pPr/{_W}pStyle")
    style_id = style.get(f"{_W}val", "") if style is not None else ""
    text, bold, still_bold = "", 0, True
    for run in _runs(element):
        said = "".join(_run_text(run))
        still_bold = still_bold and (not said.strip() or styles.is_bold(run, style_id))
        text += said
        bold = len(text) if still_bold else bold
    return _Paragraph(text, bold, style_id in styles.headings)


def _runs(element: Any) -> Iterator[Any]:
    for child in element:
        if child.tag == f"{_W}r":
            yield child
        elif isinstance(child.tag, str) and child.tag not in _SKIPPED:
            yield from _runs(child)  # w:ins, w:hyperlink, w:sdt, w:smartTag, w:fldSimple ...


def _run_text(run: Any) -> Iterator[str]:
    for child in run:
        if child.tag == f"{_W}t":
            yield child.text or ""
        else:
            yield _BREAKS.get(child.tag, "")


def _table(table: Any, styles: _Styles) -> Iterator[Line]:
    """The rows of a transcript's table as lines that know their speaker; any other table's paragraphs."""
    rows = [
        [" ".join(_cell_texts(cell, styles)) for cell in row.iter(f"{_W}tc") if _row_of(cell) is row]
        for row in table.iter(f"{_W}tr")
    ]
    columns = find_columns(rows)
    if columns is None or columns.speaker is None:
        for cell in table.iter(f"{_W}tc"):
            for block in cell.iterchildren(f"{_W}p"):
                yield from _paragraph_lines(_paragraph(block, styles))
        return
    for row in rows[columns.first_row :]:
        cells = [*row, *[""] * (columns.text + 1)]
        start, end = (
            None if c is None or c >= len(row) else first_time(row[c]) for c in (columns.start, columns.end)
        )
        speaker = row[columns.speaker].rstrip(" :") if columns.speaker < len(row) else ""
        yield Line(cells[columns.text], 0, paragraph=True, given=speaker, start_s=start, end_s=end)


def _row_of(cell: Any) -> Any:
    return next(cell.iterancestors(f"{_W}tr"), None)


def _cell_texts(cell: Any, styles: _Styles) -> Iterator[str]:
    for paragraph in cell.iter(f"{_W}p"):
        if text := " ".join(_paragraph(paragraph, styles).text.split()):
            yield text


def _positioned(lines: Iterator[Line] | Sequence[Line]) -> Iterator[Line]:
    """The lines with their positions in the text that joins them with line ends."""
    at = 0
    for line in lines:
        yield replace(line, start=at)
        at += len(line.text) + 1
