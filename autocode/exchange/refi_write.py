"""Writes REFI-QDA projects (.qdpx) that keep to the schema, with one style of GUIDs."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from autocode.errors import ExchangeError
from autocode.exchange import refi
from autocode.files import explain_os_error, write_private_bytes
from autocode.xmlfile import xml_text

LineEnds = Literal["lf", "crlf", "crlf-as-two"]
LINE_ENDS: tuple[LineEnds, ...] = ("lf", "crlf", "crlf-as-two")
SUFFIX = ".qdpx"
NAME_CHARS = 100  # of the selected text in a selection's name, which lets readers check positions
_NAMESPACE = "urn:QDA-XML:project:1.0"
_FEEDS = {11: " ", 12: " "}  # white space that XML cannot hold: names are compared with texts
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same project gives the same file


def write_refi(project: refi.Project, path: Path, *, line_ends: LineEnds = "lf") -> None:
    """Write a .qdpx, whole or not at all, for its owner only.

    Raises `ExchangeError` for another suffix and where it cannot be written.
    """
    if path.suffix.lower() != SUFFIX:
        raise ExchangeError(f"{path}: a REFI-QDA project is a .qdpx file; give the file that suffix")
    try:
        write_private_bytes(path, refi_bytes(project, line_ends=line_ends))
    except OSError as error:
        raise ExchangeError(f"{path}: cannot be written ({explain_os_error(error)})") from error


def refi_bytes(project: refi.Project, *, line_ends: LineEnds = "lf") -> bytes:
    """The content of a .qdpx.

    Texts end their lines with LF, the only form in which text and positions cannot disagree. "crlf" writes
    CRLF and counts it as one, as ATLAS.ti does and MAXQDA may need it; "crlf-as-two" counts it as two, as
    NVivo for Windows does.
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "project.qde", project_xml(project, line_ends=line_ends))
        for source in project.sources:
            if source.text is not None:
                written = source.text if line_ends == "lf" else source.text.replace("\n", "\r\n")
                _add(archive, f"sources/{source.guid}.txt", written.encode("utf-8", "replace"))
    return content.getvalue()


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    member = zipfile.ZipInfo(name, _EPOCH)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o600 << 16
    archive.writestr(member, content)


def project_xml(project: refi.Project, *, line_ends: LineEnds = "lf") -> bytes:
    """The project's XML, in UTF-8 without a byte order mark; what refers to nothing is left out."""
    return _Writer(project, line_ends).xml()


class _Writer:
    """Knows what may be referred to."""

    def __init__(self, project: refi.Project, line_ends: LineEnds) -> None:
        self.project, self.line_ends = project, line_ends
        self.users = {one.guid for one in project.users}
        self.codes = {one.guid for one in project.codes}
        self.variables = {one.guid: one.kind for one in project.variables}
        self.sources = {one.guid for one in project.sources}
        self.memos = {one.guid for one in project.memos}
        self.selections = {one.guid for source in project.sources for one in source.selections}

    def xml(self) -> bytes:  # noqa: PLR0912  # one branch for each part that may be empty
        project = self.project
        root = _new(
            None, "Project", xmlns=_NAMESPACE, name=project.name, origin=project.origin or None,
            creatingUserGUID=self._user(project.user), creationDateTime=_moment(project.created_at),
        )  # fmt: skip
        if project.users:
            users = _new(root, "Users")
            for user in project.users:
                _new(users, "User", guid=user.guid, name=user.name)
        if project.codes:
            self._add_codes(_new(_new(root, "CodeBook"), "Codes"))
        if project.variables:
            variables = _new(root, "Variables")
            for one in project.variables:
                variable = _new(variables, "Variable", guid=one.guid, name=one.name, typeOfVariable=one.kind)
                _describe(variable, one.description)
        if project.cases:
            cases = _new(root, "Cases")
            for case in project.cases:
                self._add_case(cases, case)
        if project.sources:
            sources = _new(root, "Sources")
            for source in project.sources:
                self._add_source(sources, source)
        if project.memos:
            notes = _new(root, "Notes")
            for note in project.memos:
                self._add_note(notes, note)
        if project.sets:
            sets = _new(root, "Sets")
            for group in project.sets:
                self._add_set(sets, group)
        _describe(root, project.description)
        self._refer(root, "NoteRef", project.notes, self.memos)
        indent(root)
        written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
        return written

    def _add_codes(self, codes: Element) -> None:
        element_of: dict[str, Element] = {}
        for code in self.project.codes:
            above = codes if code.parent is None else element_of.get(code.parent, codes)
            element = _new(
                above, "Code", guid=code.guid, name=code.name,
                isCodable="true" if code.is_codable else "false", color=code.colour,
            )  # fmt: skip
            element_of[code.guid] = element
            _describe(element, code.description)
            self._refer(element, "NoteRef", code.notes, self.memos)

    def _add_case(self, cases: Element, case: refi.Case) -> None:
        element = _new(cases, "Case", guid=case.guid, name=case.name or None)
        _describe(element, case.description)
        self._refer(element, "CodeRef", case.codes, self.codes)
        self._add_values(element, case.values)
        self._refer(element, "SourceRef", case.sources, self.sources)
        self._refer(element, "SelectionRef", case.selections, self.selections)

    def _add_source(self, sources: Element, source: refi.Source) -> None:
        text = source.text
        element = _new(
            sources, "TextSource", guid=source.guid, name=source.name,
            plainTextPath=None if text is None else f"internal://{source.guid}.txt",
            creatingUser=self._user(source.user), creationDateTime=_moment(source.created_at),
        )  # fmt: skip
        _describe(element, source.description)
        for one in source.selections if text is not None else ():
            self._add_selection(element, one, text or "")
        self._add_codings(element, source.codings)
        self._refer(element, "NoteRef", source.notes, self.memos)
        self._add_values(element, source.values)

    def _add_selection(self, source: Element, one: refi.Selection, text: str) -> None:
        quote = text[one.start_char : one.end_char].translate(_FEEDS)
        element = _new(
            source, "PlainTextSelection", guid=one.guid,
            name=quote[:NAME_CHARS] + ("…" if len(quote) > NAME_CHARS else ""),
            startPosition=self._position(text, one.start_char),
            endPosition=self._position(text, one.end_char),
            creatingUser=self._user(one.user), creationDateTime=_moment(one.created_at),
        )  # fmt: skip
        _describe(element, one.description)
        self._add_codings(element, one.codings)
        self._refer(element, "NoteRef", one.notes, self.memos)

    def _position(self, text: str, place: int) -> str:
        more = text.count("\n", 0, place) if self.line_ends == "crlf-as-two" else 0
        return str(place + more)

    def _add_codings(self, element: Element, codings: Iterable[refi.Coding]) -> None:
        for one in codings:
            if one.code in self.codes:
                coding = _new(
                    element, "Coding", guid=one.guid, creatingUser=self._user(one.user),
                    creationDateTime=_moment(one.created_at),
                )  # fmt: skip
                _new(coding, "CodeRef", targetGUID=one.code)
                self._refer(coding, "NoteRef", one.notes, self.memos)

    def _add_note(self, notes: Element, note: refi.Note) -> None:
        element = _new(
            notes, "Note", guid=note.guid, name=note.name or None, creatingUser=self._user(note.user),
            creationDateTime=_moment(note.created_at),
        )  # fmt: skip
        SubElement(element, "PlainTextContent").text = xml_text(note.text)

    def _add_set(self, sets: Element, group: refi.Set) -> None:
        element = _new(sets, "Set", guid=group.guid, name=group.name)
        _describe(element, group.description)
        self._refer(element, "MemberCode", group.codes, self.codes)
        self._refer(element, "MemberSource", group.sources, self.sources)
        self._refer(element, "MemberNote", group.notes, self.memos)

    def _add_values(self, element: Element, values: Iterable[refi.Value]) -> None:
        for one in values:
            if one.variable in self.variables:
                value = _new(element, "VariableValue")
                _new(value, "VariableRef", targetGUID=one.variable)
                if one.value is not None:
                    SubElement(value, f"{self.variables[one.variable]}Value").text = _scalar(one.value)

    def _user(self, guid: str | None) -> str | None:
        return guid if guid in self.users else None

    @staticmethod
    def _refer(element: Element, tag: str, guids: Sequence[str], known: set[str]) -> None:
        for guid in guids:
            if guid in known:
                _new(element, tag, targetGUID=guid)


def _new(above: Element | None, tag: str, **attributes: str | None) -> Element:
    given = {key: xml_text(value) for key, value in attributes.items() if value is not None}
    return Element(tag, given) if above is None else SubElement(above, tag, given)


def _describe(element: Element, description: str) -> None:
    if text := xml_text(description):
        SubElement(element, "Description").text = text


def _moment(time: datetime | None) -> str | None:
    return None if time is None else time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _scalar(value: refi.Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return _moment(value) or ""
    if isinstance(value, date):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else xml_text(str(value))
