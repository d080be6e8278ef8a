"""A report as a Word document: real tables with captions, headings, figures as pictures."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autocode.files import OutputError, check_free, explain_os_error, write_private_bytes
from autocode.report import word
from autocode.report.blocks import (
    Block,
    Bullets,
    Cell,
    Facts,
    Figure,
    Forest,
    Heading,
    Headline,
    Index,
    Paste,
    Section,
    Table,
    Text,
)
from autocode.report.drawing import drawing_png
from autocode.report.forest_picture import draw_picture
from autocode.report.paper import WIDTHS, size_of, turned, widths
from autocode.report.plain import clean, safe_link, split_gaps

QUIET, WARN = "595959", "FFF6E0"
TALLEST = 22.0  # cm of a picture


def save_document(content: bytes, path: Path) -> None:
    """A document in a private file. Raises `OutputError`."""
    check_free([path])
    try:
        write_private_bytes(path, content)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({explain_os_error(error)})") from error


def as_document(title: str, sections: Sequence[Section], made_at: datetime, *, lead: str = "") -> bytes:
    """The whole document, without the sections that are for the page only."""
    there = [section for section in sections if not section.page_only]
    writer = _Writer(title, made_at.astimezone(UTC), _anchors(there))
    if lead:
        writer.block(Text(lead))
    for section in there:
        writer.section(section)
    return writer.content()


def _anchors(sections: Sequence[Section]) -> set[str]:
    """The names that links can lead to."""
    found = {section.name for section in sections}
    for block in (block for section in sections for block in section.blocks):
        if isinstance(block, Heading):
            found.add(block.anchor)
        elif isinstance(block, Table):
            found.update(line.anchor for line in block.lines)
        elif isinstance(block, Index):
            found.update(entry.anchor for entry in block.entries)
    return found - {""}


class _Writer:
    """Writes blocks into a Word document, and numbers tables and figures."""

    def __init__(self, name: str, made_at: datetime, anchors: Collection[str]) -> None:
        import docx

        self._anchors, self._n_marks = anchors, 0
        self._document = docx.Document()
        self._landscape = False
        self._n_tables = self._n_figures = 0
        self._set_up(name, made_at)
        self._write: dict[type[Any], Callable[[Any], None]] = {
            Text: lambda block: self._paragraph(block.text),
            Heading: lambda block: self._heading(block.text, 2, block.anchor),
            Headline: self._headline,
            Bullets: self._bullets,
            Paste: self._paste,
            Facts: self._facts,
            Table: self._table,
            Forest: lambda block: self._figure(block, draw_picture(block)),
            Figure: lambda block: self._figure(block, drawing_png(block.drawing)),
            Index: self._index,
        }

    def section(self, section: Section) -> None:
        """A section under its heading."""
        sideways = turned(section.blocks)
        self._turn(landscape=sideways[0])
        self._heading(section.title, 1, section.name)
        for block, landscape in zip(section.blocks, sideways, strict=True):
            self._turn(landscape=landscape)
            self.block(block)

    def block(self, block: Block) -> None:
        """One block."""
        self._write[type(block)](block)

    def content(self) -> bytes:
        """The bytes of the file."""
        file = io.BytesIO()
        self._document.save(file)
        return file.getvalue()

    def _set_up(self, name: str, made_at: datetime) -> None:
        from docx.shared import Cm, Pt, RGBColor

        for style, size in (
            ("Normal", 11),
            ("Title", 22),
            ("Heading 1", 15),
            ("Heading 2", 12),
            ("Caption", 10),
        ):
            look = self._document.styles[style]
            look.font.size = Pt(size)
            look.font.name = "Calibri"
            look.font.color.rgb = RGBColor(0x1A, 0x1A, 0x1A)
        self._document.styles["Caption"].font.bold = False
        self._document.styles["Caption"].paragraph_format.keep_with_next = True
        page = self._document.sections[0]
        page.page_width, page.page_height = Cm(21), Cm(29.7)
        page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Cm(2.2)
        about = self._document.core_properties
        about.title, about.author, about.comments = clean(name)[:255], "", ""
        about.created = about.modified = made_at
        self._document.add_heading(clean(name), 0)

    def _heading(self, text: str, level: int, anchor: str = "") -> None:
        self._mark(self._document.add_heading(clean(text), level), anchor)

    def _mark(self, paragraph: Any, anchor: str) -> None:
        """Links to `anchor` lead to the paragraph."""
        if anchor:
            self._n_marks += 1
            word.bookmark(paragraph, self._n_marks, anchor)

    def _link(self, paragraph: Any, run: Any, link: str | None) -> None:
        """Make a run of a paragraph a link, where it leads somewhere."""
        address = safe_link(link)
        if address and (not address.startswith("#") or address[1:] in self._anchors):
            word.hyperlink(paragraph, run, address)

    def _index(self, block: Index) -> None:
        for entry in block.entries:
            paragraph = self._paragraph("")
            self._mark(paragraph, entry.anchor)
            paragraph.add_run(f"{clean(entry.title)}: ").bold = True
            for number, (shown, anchor) in enumerate(entry.places):
                if number:
                    paragraph.add_run(" ")
                self._link(paragraph, paragraph.add_run(clean(shown)), f"#{anchor}")

    def _paragraph(self, text: str, style: str | None = None) -> Any:
        return self._document.add_paragraph(clean(text), style)

    def _headline(self, block: Headline) -> None:
        from docx.shared import Pt

        run = self._paragraph("").add_run(clean(block.number))
        run.bold, run.font.size = True, Pt(18)
        self._paragraph(block.of)

    def _bullets(self, block: Bullets) -> None:
        for item in block.items:
            paragraph = self._paragraph(item, "List Bullet")
            if block.warning:
                word.shade(paragraph._p.get_or_add_pPr(), WARN)

    def _paste(self, block: Paste) -> None:
        from docx.enum.text import WD_COLOR_INDEX

        for text in block.paragraphs:
            paragraph = self._paragraph("")
            for part, gap in split_gaps(text):
                run = paragraph.add_run(clean(part))
                run.font.highlight_color = WD_COLOR_INDEX.YELLOW if gap else None

    def _facts(self, block: Facts) -> None:
        for name, said in block.pairs:
            paragraph = self._paragraph("")
            paragraph.add_run(f"{clean(name)}: ").bold = True
            paragraph.add_run(clean(said))

    def _caption(self, kind: str, number: int, text: str, *, apa: bool = False) -> None:
        """`Table 1. ...`, its number a field, so that Word can list the tables."""
        paragraph = self._document.add_paragraph(style="Caption")
        paragraph.add_run(f"{kind} ").bold = True
        word.field(paragraph, f"SEQ {kind} \\* ARABIC", str(number))
        paragraph.add_run(". ").bold = True
        paragraph.add_run(clean(text)).italic = apa

    # Tables

    def _table(self, table: Table) -> None:
        from docx.enum.table import WD_TABLE_ALIGNMENT
        from docx.shared import Cm

        n = len(table.heads)
        self._n_tables += 1
        self._caption("Table", self._n_tables, table.caption, apa=table.apa)
        made = self._document.add_table(rows=1, cols=n)
        made.alignment, made.autofit = WD_TABLE_ALIGNMENT.LEFT, False
        word.rules(made, inner=not table.apa)
        size = size_of(table)
        for column, (head, cell) in enumerate(zip(table.heads, made.rows[0].cells, strict=True)):
            self._fill(cell, Cell(head), text=table.is_text(column), size=size, bold=True)
            word.border(cell, "bottom")
        word.repeat(made.rows[0])
        for line in table.lines:
            row = made.add_row()
            word.keep_whole(row)
            self._mark(row.cells[0].paragraphs[0], line.anchor)
            for column, (said, cell) in enumerate(zip(line.cells, row.cells, strict=True)):
                self._fill(
                    cell, said, text=table.is_text(column), size=size, bold=line.strong, grey=line.few
                )  # fmt: skip
        for column, width in enumerate(widths(table, WIDTHS[self._landscape], size)):
            for cell in made.columns[column].cells:
                cell.width = Cm(width)
            made.columns[column].width = Cm(width)
        self._notes(table)

    def _fill(
        self, cell: Any, said: Cell, *, text: bool, size: float, bold: bool = False, grey: bool = False
    ) -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.shared import Pt, RGBColor

        paragraph = cell.paragraphs[0]
        paragraph.paragraph_format.space_after = Pt(1)
        paragraph.alignment = WD_ALIGN_PARAGRAPH.LEFT if text else WD_ALIGN_PARAGRAPH.RIGHT

        def run(content: str, *, quiet: bool = False) -> Any:
            made = paragraph.add_run(clean(content))
            made.font.size, made.bold = Pt(size), bold
            if quiet or grey:
                made.font.color.rgb = RGBColor.from_string(QUIET)
            return made

        name = run(said.text)
        name.bold = bold or said.strong
        self._link(paragraph, name, said.link)
        if said.marks:
            run(", ".join(said.marks)).font.superscript = True
        if said.tag:
            run(f" [{said.tag}]" if said.text else said.tag)
        if said.below:
            run(f"\n{said.below}", quiet=text)

    def _notes(self, table: Table) -> None:
        from docx.shared import Pt

        said = [("Note. ", table.note)] if table.note else []
        for number, (mark, text) in enumerate([*said, *table.notes] or [("", "")]):
            paragraph = self._paragraph("")
            paragraph.paragraph_format.space_after = Pt(2)
            first = paragraph.add_run(clean(mark))
            general = bool(said) and number == 0
            first.italic, first.font.superscript, first.font.size = general, not general, Pt(9)
            paragraph.add_run(clean(text if general else f" {text}")).font.size = Pt(9)

    def _turn(self, *, landscape: bool) -> None:
        """The next page on its side, or upright again."""
        from docx.enum.section import WD_ORIENT, WD_SECTION

        if landscape == self._landscape:
            return
        page = self._document.add_section(WD_SECTION.NEW_PAGE)
        page.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
        page.page_width, page.page_height = page.page_height, page.page_width
        self._landscape = landscape

    # Figures

    def _figure(self, block: Figure | Forest, png: bytes) -> None:
        from docx.shared import Cm, Emu

        self._n_figures += 1
        paragraph = self._document.add_paragraph()
        paragraph.paragraph_format.keep_with_next = True
        picture = paragraph.add_run().add_picture(io.BytesIO(png), width=Cm(16.5))
        if picture.height > Cm(TALLEST):
            picture.width = Emu(int(picture.width * Cm(TALLEST) / picture.height))
            picture.height = Cm(TALLEST)
        about = picture._inline.docPr
        about.set("title", clean(block.title))
        about.set("descr", clean(block.description))
        self._caption("Figure", self._n_figures, block.caption)
