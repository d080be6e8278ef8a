"""Word documents: labels in paragraphs, bold names, tables, and what Otter, Teams and Word transcribe write.

python-docx opens the file; the paragraphs are walked here, because its `paragraph.text` silently leaves
out tracked insertions and content controls. Deleted text, comments, notes and headers are no speech.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any

from autocode.read.archive import HAS_DOCTYPE, check_office_file
from autocode.read.paragraphs import Paragraph, Table, found_in
from autocode.read.reader import Found, Source, count

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_SKIPPED = {
    f"{_W}{tag}" for tag in ("del", "moveFrom", "pPr", "rPr", "sectPr", "tblPr", "drawing", "pict", "object")
} | {f"{_MC}Choice"}  # the fallback beside it says the same
_BREAKS = {f"{_W}tab": "\t", f"{_W}ptab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
_STRICT = b"http://purl.oclc.org/ooxml/"
_USUAL = {
    _STRICT + b"wordprocessingml/main": b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    _STRICT + b"officeDocument/relationships": (
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    ),
}
_UNREAD = {
    f"{_W}altChunk": "part that was put in from another file",
    "{http://schemas.openxmlformats.org/officeDocument/2006/math}oMath": "formula",
}
_OFF = {"0", "false", "off"}


def read_docx(source: Source) -> list[Found]:
    """One transcript from a Word document. Raises `ReadError`."""
    body, styles = _open(source)
    blocks = _blocks_of(body, _Styles(styles))
    warnings = []
    if next(body.iter(f"{_W}txbxContent"), None) is not None:
        warnings.append("the document has text boxes; what stands in them was not read")
    for tag, what in _UNREAD.items():
        if n := sum(1 for _ in body.iter(tag)):
            warnings.append(f"{count(n, what)} not read; what stands there is missing")
    return [found_in(source, blocks, warnings)]


def _open(source: Source) -> tuple[Any, Any]:
    """The elements of the document's body and of its styles. Raises `ReadError`."""
    checked = check_office_file(source, "word/")
    import docx

    try:
        document = docx.Document(_transitional(checked))
        body, styles = document.element.body, document.styles.element
        if body is None:
            raise ValueError("there is no body")
    except Exception as error:  # noqa: BLE001  # python-docx says in many ways that a file is damaged
        what = type(error).__name__
        raise source.error(f"damaged Word document ({what}); open it in Word and save it again") from None
    if any(one.getroottree().docinfo.doctype for one in (body, styles)):  # of a part in another encoding
        raise source.error(HAS_DOCTYPE)
    return body, styles


def _transitional(file: io.BytesIO) -> io.BytesIO:
    """The document with the usual namespaces where it is a "Strict Open XML Document" of Word."""
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
        telling = ("_rels/.rels", "word/document.xml")
        if not any(one in names and _STRICT in archive.read(one) for one in telling):
            return file
        changed = io.BytesIO()
        with zipfile.ZipFile(changed, "w") as out:
            for name in names:
                data = archive.read(name)
                for strict, usual in _USUAL.items():
                    data = data.replace(strict, usual)
                out.writestr(name, data)
    return changed


class _Styles:
    """Which styles of a document are bold, and which are headings or titles."""

    def __init__(self, styles: Any) -> None:
        self.bold: set[str] = set()
        self.headings: set[str] = set()
        self.hidden: set[str] = set()
        for style in styles.iter(f"{_W}style"):
            style_id = style.get(f"{_W}styleId", "")
            name = style.find(f"{_W}name")
            title = (name.get(f"{_W}val", "") if name is not None else style_id).casefold()
            if title.startswith(("heading", "title", "subtitle", "toc")):
                self.headings.add(style_id)
            bold = style.find(f"{_W}rPr/{_W}b")
            if bold is not None and bold.get(f"{_W}val", "1") not in _OFF:
                self.bold.add(style_id)
            if _is_on(style.find(f"{_W}rPr/{_W}vanish")):
                self.hidden.add(style_id)

    def is_hidden(self, run: Any, paragraph_style: str) -> bool:
        """Whether a run is hidden text: by its own word first, then by its style's or its paragraph's."""
        own = run.find(f"{_W}rPr/{_W}vanish")
        if own is not None:
            return _is_on(own)
        style = run.find(f"{_W}rPr/{_W}rStyle")
        named = {paragraph_style, "" if style is None else style.get(f"{_W}val", "")}
        return not self.hidden.isdisjoint(named)

    def is_bold(self, run: Any, paragraph_style: str) -> bool:
        """Whether a run is bold: its own word first, then its style's, then its paragraph's."""
        bold = run.find(f"{_W}rPr/{_W}b")
        if bold is not None:
            return bold.get(f"{_W}val", "1") not in _OFF
        style = run.find(f"{_W}rPr/{_W}rStyle")
        return (style is not None and style.get(f"{_W}val", "") in self.bold) or paragraph_style in self.bold


def _is_on(toggle: Any) -> bool:
    return toggle is not None and toggle.get(f"{_W}val", "1") not in _OFF


def _blocks(parent: Any) -> Iterator[Any]:
    """Paragraphs and tables in order, those in content controls and insertions too."""
    for child in parent:
        if child.tag in (f"{_W}p", f"{_W}tbl"):
            yield child
        elif isinstance(child.tag, str) and child.tag not in _SKIPPED:
            yield from _blocks(child)


def _blocks_of(body: Any, styles: _Styles) -> Iterator[Paragraph | Table]:
    for block in _blocks(body):
        yield _table(block, styles) if block.tag == f"{_W}tbl" else _paragraph(block, styles)


def _paragraph(element: Any, styles: _Styles) -> Paragraph:
    if not len(element):
        return Paragraph("")
    style = element.find(f"{_W}pPr/{_W}pStyle")
    style_id = style.get(f"{_W}val", "") if style is not None else ""
    text, bold, still_bold = "", 0, True
    for run in _runs(element):
        if styles.is_hidden(run, style_id):
            continue
        said = "".join(_run_text(run))
        still_bold = still_bold and (not said.strip() or styles.is_bold(run, style_id))
        text += said
        bold = len(text) if still_bold else bold
    return Paragraph(text, bold, style_id in styles.headings)


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
        elif child.tag == f"{_MC}AlternateContent":  # Word's emoji
            for fallback in child.iterfind(f"{_MC}Fallback"):
                yield from _run_text(fallback)
        elif child.tag == f"{_W}ruby":  # characters with their pronunciation above them
            for base in child.iterfind(f"{_W}rubyBase"):
                for inner in _runs(base):
                    yield from _run_text(inner)
        else:
            yield _BREAKS.get(child.tag, "")


def _table(table: Any, styles: _Styles) -> Table:
    """The cells that lie in the table's rows; the tables in them are part of their cells."""
    return Table(
        [
            [
                [_paragraph(one, styles) for one in cell.iter(f"{_W}p")]
                for cell in row.iter(f"{_W}tc")
                if next(cell.iterancestors(f"{_W}tr"), None) is row
            ]
            for row in table.iter(f"{_W}tr")
            if next(row.iterancestors(f"{_W}tbl"), None) is table
        ]
    )
