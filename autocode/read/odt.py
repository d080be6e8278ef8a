"""OpenDocument text (LibreOffice): paragraphs, bold names and tables; no notes, comments or deleted text."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from autocode.read.archive import check_office_file
from autocode.read.paragraphs import Flow, found_in
from autocode.read.reader import Found, Source
from autocode.read.words import word_set
from autocode.read.xml_tree import attribute, local, parse_xml

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_WANTED = "an OpenDocument text"
_TYPE = b"application/vnd.oasis.opendocument.text"
_SKIPPED = word_set(
    "note annotation annotation-end tracked-changes forms sequence-decls variable-decls user-field-decls "
    "ruby-text frame custom-shape table-of-content bibliography alphabetical-index illustration-index "
    "table-index object-index hidden-text hidden-paragraph script meta-field-properties"
)
_MAX_SPACES = 1000
_SPACE = re.compile(r"[ \t\r\n]+")


def read_odt(source: Source) -> list[Found]:
    """One transcript from an OpenDocument text. Raises `ReadError`."""
    with zipfile.ZipFile(check_office_file(source, "content.xml")) as archive:
        names = set(archive.namelist())
        _check_kind(source, archive, names)
        parts = [
            parse_xml(source, archive.read(name), wanted=_WANTED)
            for name in ("styles.xml", "content.xml")
            if name in names
        ]
    body = next((one for one in parts[-1].iter() if local(one.tag) == "text" and _in_office(one)), None)
    if body is None:
        raise source.error(f"not {_WANTED}: it has no text")
    document = _Document(_Styles.of(parts), Flow(source))
    document.blocks(body)
    warnings = []
    if any(local(one.tag) == "text-box" for one in body.iter()):
        warnings.append("the document has text boxes; what stands in them was not read")
    return [found_in(source, document.flow.finish(), warnings)]


def _check_kind(source: Source, archive: zipfile.ZipFile, names: set[str]) -> None:
    manifest = archive.read("META-INF/manifest.xml") if "META-INF/manifest.xml" in names else b""
    if b"encryption-data" in manifest:
        raise source.error("the file is password protected; save it without a password")
    kind = archive.read("mimetype")[:200].strip() if "mimetype" in names else _TYPE
    if not kind.startswith(_TYPE):
        raise source.error(f"another OpenDocument file, not {_WANTED}; export it as .odt, .csv or .xlsx")


def _in_office(element: Element) -> bool:
    return "office" in element.tag


@dataclass(slots=True)
class _Styles:
    """Which styles are bold and which are hidden, by name; a style has what its parent has."""

    parents: dict[str, str] = field(default_factory=dict)
    bold: dict[str, bool] = field(default_factory=dict)
    hidden: dict[str, bool] = field(default_factory=dict)

    @classmethod
    def of(cls, parts: list[Element]) -> _Styles:
        """The styles of a document, from its parts in order."""
        styles = cls()
        for part in parts:
            for style in part.iter():
                if local(style.tag) == "style":
                    styles.add(style)
        return styles

    def add(self, style: Element) -> None:
        """One more style."""
        name = attribute(style, "name") or ""
        self.parents[name] = attribute(style, "parent-style-name") or ""
        for one in style:
            if local(one.tag) != "text-properties":
                continue
            weight, display = attribute(one, "font-weight"), attribute(one, "display")
            if weight is not None:
                self.bold[name] = weight in ("bold", "600", "700", "800", "900")
            if display is not None:
                self.hidden[name] = display == "none"

    def says(self, found: dict[str, bool], name: str | None) -> bool | None:
        """What a style says, or its parents; None where none of them says anything."""
        seen: set[str] = set()
        while name and name not in seen:
            if name in found:
                return found[name]
            seen.add(name)
            name = self.parents.get(name)
        return None


@dataclass(slots=True)
class _Document:
    """An OpenDocument text while it is read."""

    styles: _Styles
    flow: Flow

    def blocks(self, parent: Element) -> None:
        """Paragraphs, headings and tables in order, those of lists and sections too."""
        for child in parent:
            name = local(child.tag)
            if name in ("p", "h"):
                style = attribute(child, "style-name")
                if not self.styles.says(self.styles.hidden, style):
                    self.inline(child, bold=self.styles.says(self.styles.bold, style) or False)
                    heading = name == "h" or style in ("Title", "Subtitle")
                    self.flow.end(heading=heading)
            elif name == "table":
                self.table(child)
            elif name not in _SKIPPED and attribute(child, "display") != "none":
                self.blocks(child)

    def table(self, table: Element) -> None:
        """A table; what is repeated is read once."""
        self.flow.open_table()
        for row in _rows(table):
            for cell in row:
                if local(cell.tag) in ("table-cell", "covered-table-cell"):
                    self.blocks(cell)
                    self.flow.end_cell()
            self.flow.end_row()
        self.flow.close_table()

    def inline(self, element: Element, *, bold: bool) -> None:
        """The text of a paragraph, white space as OpenDocument means it."""
        self.text(element.text, bold=bold)
        for child in element:
            name = local(child.tag)
            if name == "s":
                n = attribute(child, "c") or "1"
                self.flow.add(" " * min(int(n[:9]) if n.isdecimal() else 1, _MAX_SPACES), bold=bold)
            elif name == "tab":
                self.flow.add("\t", bold=bold)
            elif name == "line-break":
                self.flow.add("\n", bold=bold)
            elif name not in _SKIPPED:
                style = attribute(child, "style-name") if name in ("span", "a") else None
                own = self.styles.says(self.styles.bold, style)
                if not self.styles.says(self.styles.hidden, style):
                    self.inline(child, bold=bold if own is None else own)
            self.text(child.tail, bold=bold)

    def text(self, text: str | None, *, bold: bool) -> None:
        """Text of the XML, in which any white space is one space, and none at a paragraph's beginning."""
        collapsed = _SPACE.sub(" ", text or "")
        if self.flow.last in ("", " ", "\n"):
            collapsed = collapsed.removeprefix(" ")
        self.flow.add(collapsed, bold=bold)


def _rows(table: Element) -> Iterator[Element]:
    for child in table:
        if local(child.tag) == "table-row":
            yield child
        elif local(child.tag) in ("table-rows", "table-header-rows", "table-row-group"):
            yield from _rows(child)
