"""Reads REFI-QDA projects (.qdpx, and the bare .qde) leniently, and says what was odd or left out.

Nothing is extracted to disk, and no file outside the archive is ever opened, whatever a project says.
"""

from __future__ import annotations

import re
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import InvalidOperation
from pathlib import Path
from typing import Literal, cast, get_args
from xml.etree.ElementTree import Element, ParseError  # types; the parser is in xmlfile

from autocode.codebook.qdc_format import code_elements, is_true, normal_colour, normal_guid
from autocode.errors import ExchangeError, ReadError
from autocode.exchange import refi
from autocode.exchange.archive import Archive, leads_outside
from autocode.exchange.positions import Calibration, Mark, Ruler, calibrate, clean
from autocode.exchange.refi_habits import mended, put_right
from autocode.files import explain_os_error
from autocode.read.decode import SURROGATES, mark_of, to_text
from autocode.xmlfile import NAMESPACE_KEY, parse_xml

PROJECT_NAMESPACE = "urn:QDA-XML:project:1.0"
MAX_XML = 150_000_000
MAX_TEXT = 50_000_000  # of all sources and notes together
_MADE = uuid.UUID("5b0f6c26-4d2c-5c9c-8d0f-3f1f7f0b7c42")
_INTERNAL = re.compile("internal:/*", re.IGNORECASE)
_ELSEWHERE = re.compile("(relative|absolute):", re.IGNORECASE)


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


_VALUES: dict[str, Callable[[str], refi.Scalar]] = {
    "TextValue": str,
    "BooleanValue": is_true,
    "IntegerValue": int,
    "FloatValue": refi.finite,
    "DateValue": lambda text: date.fromisoformat(text[:10]),
    "DateTimeValue": _moment,
}
_VERBS = {  # else: left out
    "missing or malformed GUID": "repaired",
    "mention of a person who is not in the list of users": "taken for somebody without a name",
    "code that is a case": "taken as cases, and its codings as where they speak",
}
_TO_TEXTS = ("Cases/Case/SourceRef", "Cases/Case/SelectionRef", "Sets/Set/MemberSource")
_LEFT_OUT = {"PictureSource": "picture", "AudioSource": "recording", "VideoSource": "film"}


@dataclass(frozen=True, slots=True)
class Opened:
    """A project that was read, and what has to be said about it."""

    path: Path
    project: refi.Project
    calibration: Calibration
    warnings: tuple[str, ...]  # one sentence each; never what a participant said


def read_refi(path: str | Path) -> Opened:
    """The project in a .qdpx or .qde file. Raises `ExchangeError` that names the file."""
    path = Path(path)
    try:
        with path.open("rb") as file:
            beginning = file.read(4)
            is_archive = path.suffix.lower() == ".qdpx" or beginning.startswith(b"PK")
            if not is_archive and path.stat().st_size > MAX_XML:
                raise ExchangeError(f"{path}: larger than {MAX_XML // 1_000_000} MB; refused")
            data = b"" if is_archive else beginning + file.read()
    except FileNotFoundError:
        raise ExchangeError(f"{path}: no such file") from None
    except (OSError, ValueError) as error:
        reason = explain_os_error(error) if isinstance(error, OSError) else str(error)
        raise ExchangeError(f"{path}: cannot be opened ({reason})") from None
    if not is_archive:
        return _Reader(path, None).read(data)
    with Archive(path) as archive:
        return _Reader(path, archive).read(archive.read(_project_file(path, archive), limit=MAX_XML))


def _project_file(path: Path, archive: Archive) -> str:
    found = [name for name in archive.names() if "/" not in name and name.casefold().endswith(".qde")]
    if len(found) > 1:
        raise ExchangeError(f"{path}: there are {len(found)} projects (.qde) in it, and one was expected")
    if not found:
        raise ExchangeError(f"{path}: there is no project (project.qde) in it")
    return found[0]


@dataclass(frozen=True, slots=True)
class _Draft:
    """A source before its positions are known to be right."""

    source: refi.Source
    raw: str | None
    marks: tuple[Mark, ...]


def _unquoted(path: str) -> str:
    """A path without the %-signs of addresses (no urllib: nothing here could open one)."""
    data = re.sub(rb"%([0-9A-Fa-f]{2})", lambda found: bytes.fromhex(found[1].decode()), path.encode())
    return data.decode("utf-8", "replace")


class _Reader:
    """Reads one project; gathers what has to be said."""

    def __init__(self, path: Path, archive: Archive | None) -> None:
        self.path, self.archive = path, archive
        self.warnings: list[str] = []
        self.counts: Counter[str] = Counter()  # what was left out or repaired
        self.n_made = self.n_chars = 0
        self.codes: set[str] = set()
        self.users: set[str] = set()
        self.strangers: dict[str, None] = {}  # who is mentioned without being in the list of users

    def read(self, data: bytes) -> Opened:
        """The project in an XML text."""
        root = self._parsed(data)
        if root.tag != "Project":
            what = "a codebook; 'autocode codebook convert' reads it when it is named .qdc" if (
                root.tag == "CodeBook"
            ) else f"no project: it begins with '{root.tag[:40]}'"  # fmt: skip
            raise ExchangeError(f"{self.path}: this is {what}")
        if (namespace := root.get(NAMESPACE_KEY)) != PROJECT_NAMESPACE:
            self.warnings.append(
                f"the namespace is {namespace[:60]!r}, not {PROJECT_NAMESPACE!r}" if namespace
                else f"there is no namespace where {PROJECT_NAMESPACE!r} was expected"
            )  # fmt: skip
        self.counts += put_right(root)
        users = self._users(root)
        codes = self._codes(root.find("CodeBook/Codes"))
        drafts = self._sources(root.find("Sources"))
        self._tie(root, drafts)
        origin = root.get("origin", "")
        as_one: Literal[1, 2] = 1 if "atlas" in origin.lower() else 2
        all_rulers = [None if draft.raw is None else Ruler(draft.raw) for draft in drafts]
        rulers = [
            (ruler, draft.marks) for ruler, draft in zip(all_rulers, drafts, strict=True) if ruler is not None
        ]
        calibration = calibrate(rulers, counts_crlf_as=as_one)
        sources = tuple(
            self._placed(draft, ruler, calibration) for draft, ruler in zip(drafts, all_rulers, strict=True)
        )
        notes = tuple(self._note(element) for element in root.iterfind("Notes/Note"))
        project = refi.Project(
            name=root.get("name", ""),
            origin=origin,
            user=self._user(root.get("creatingUserGUID")),
            created_at=self._time(root.get("creationDateTime")),
            users=(*users, *map(refi.User, self.strangers)),
            codes=codes,
            variables=tuple(self._variable(one) for one in root.iterfind("Variables/Variable")),
            cases=tuple(self._case(one) for one in root.iterfind("Cases/Case")),
            sources=sources,
            memos=notes,
            sets=tuple(self._set(one) for one in root.iterfind("Sets/Set")),
            description=_text(root, "Description"),
            notes=self._notes(root),
        )
        for tag, noun in (("Links/Link", "link"), ("Graphs/Graph", "diagram")):
            self.counts[noun] += len(root.findall(tag))
        self._report(calibration, any(ruler.facts[1] for ruler, marks in rulers if marks))
        return Opened(self.path, project, calibration, tuple(self.warnings))

    def _parsed(self, data: bytes) -> Element:
        try:
            return parse_xml(data, file=str(self.path), error=ExchangeError)
        except ExchangeError as problem:
            if not isinstance(problem.__context__, ParseError) or (better := mended(data)) == data:
                raise
            try:
                root = parse_xml(better, file=str(self.path), error=ExchangeError)
            except ExchangeError:
                raise problem from None
        self.warnings.append("the XML is not valid (characters not escaped, or not in UTF-8): mended")
        return root

    # People, codes, variables

    def _users(self, root: Element) -> tuple[refi.User, ...]:
        found: dict[str, refi.User] = {}
        for element in root.iterfind("Users/User"):
            guid = self._guid(element)
            self.counts["second person with the same GUID"] += guid in found
            found.setdefault(guid, refi.User(guid, " ".join(element.get("name", "").split())))
        self.users = set(found)
        return tuple(found.values())

    def _codes(self, codes: Element | None) -> tuple[refi.Code, ...]:
        found: list[refi.Code] = []
        guid_of: list[str] = []
        for element, parent in code_elements(codes if codes is not None else Element("Codes")):
            guid = self._guid(element)
            guid_of.append(guid)
            if guid in self.codes:
                self.counts["second code with the same GUID"] += 1
                continue
            self.codes.add(guid)
            colour = normal_colour(element.get("color"))
            if element.get("color") and colour is None:
                self.counts["colour that is not one such as '#1F77B4'"] += 1
            found.append(
                refi.Code(
                    guid,
                    element.get("name", ""),
                    guid_of[parent] if parent is not None else None,
                    is_true(element.get("isCodable")),
                    colour,
                    _text(element, "Description"),
                    self._notes(element),
                )
            )
        return tuple(found)

    def _variable(self, element: Element) -> refi.Variable:
        kind = element.get("typeOfVariable", "Text")
        known = kind if kind in get_args(refi.VariableKind) else "Text"
        return refi.Variable(
            self._guid(element), element.get("name", ""), cast("refi.VariableKind", known),
            _text(element, "Description"),
        )  # fmt: skip

    def _values(self, element: Element) -> tuple[refi.Value, ...]:
        found = []
        for one in element.iterfind("VariableValue"):
            variable = self._target(one.find("VariableRef"))
            if variable is not None:
                found.append(refi.Value(variable, self._value(one)))
        return tuple(found)

    def _value(self, element: Element) -> refi.Scalar | None:
        for tag, read in _VALUES.items():
            text = element.findtext(tag)
            if text is None or (not text and tag != "TextValue"):
                continue
            try:
                return read(text if tag == "TextValue" else text.strip())
            except (ValueError, InvalidOperation, OverflowError):
                self.counts["value of a variable that is not of its type"] += 1
                return text
        return None

    def _case(self, element: Element) -> refi.Case:
        return refi.Case(
            self._guid(element),
            element.get("name", ""),
            _text(element, "Description"),
            self._targets(element, "CodeRef"),
            self._values(element),
            self._targets(element, "SourceRef"),
            self._targets(element, "SelectionRef"),
        )

    def _set(self, element: Element) -> refi.Set:
        return refi.Set(
            self._guid(element),
            element.get("name", ""),
            _text(element, "Description"),
            self._targets(element, "MemberCode"),
            self._targets(element, "MemberSource"),
            self._targets(element, "MemberNote"),
        )

    def _tie(self, root: Element, drafts: Sequence[_Draft]) -> None:
        """What names a file of the archive (QualCoder's cases) names the one source that has its text."""
        loose: dict[str, list[Element]] = defaultdict(list)
        for path in _TO_TEXTS:
            for one in root.iterfind(path):
                loose[self._target(one) or ""].append(one)
        for element in root.iter() if loose else ():
            if not element.tag.endswith(("Ref", "MemberSource")):
                loose.pop(normal_guid(element.get("guid")) or "none", None)
        of_text: dict[str | None, list[str]] = defaultdict(list)
        for draft in drafts if loose else ():
            if draft.raw is not None:
                of_text[clean(draft.raw).strip()].append(draft.source.guid)
        for guid, references in loose.items():
            owners = of_text.get(self._text_of_file(guid), ())
            if len(owners) == 1:
                for one in references:
                    one.set("targetGUID", owners[0])
            else:
                self.counts["mention of a source or stretch that is not in the file"] += len(references)

    def _text_of_file(self, guid: str) -> str | None:
        """The text in the part of the archive that has this name; None where there is none."""
        member = self._member(f"{guid}.txt", guid)
        if member is None or self.archive is None:
            return None
        try:
            text, _ = to_text(self.archive.read(member, limit=MAX_TEXT), guid)
        except ReadError:
            return None
        return clean(text).strip()

    # Sources and what lies on them

    def _sources(self, sources: Element | None) -> list[_Draft]:
        found: list[_Draft] = []
        for element in sources if sources is not None else ():
            if element.tag == "TextSource":
                found.append(self._source(element))
            elif element.tag == "PDFSource":
                representation = element.find("Representation")
                as_text = {
                    one.get("guid") for one in representation or ()
                }  # the same once more, as ATLAS.ti has it
                self.counts["coding or note on a page of a PDF"] += sum(
                    one.get("guid") not in as_text for one in element.iterfind("PDFSelection")
                )
                if representation is None:
                    self.counts["PDF without its text"] += 1
                else:
                    found.append(self._source(representation, name=element.get("name")))
            elif element.tag in ("AudioSource", "VideoSource") and element.find("Transcript") is not None:
                for tag in ("AudioSelection", "VideoSelection"):
                    self.counts["coding or note on a stretch of a recording"] += len(element.findall(tag))
                found += [
                    self._source(one, name=one.get("name") or element.get("name"))
                    for one in element.iterfind("Transcript")
                ]
            else:
                kind = _LEFT_OUT.get(element.tag, "source of an unknown kind")
                self.counts[kind] += 1
                self.counts[f"coding of a {kind}"] += sum(1 for _ in element.iter("Coding"))
        return found

    def _source(self, element: Element, *, name: str | None = None) -> _Draft:
        name = name or element.get("name") or _file_name(element.get("plainTextPath", "")) or "source"
        raw = self._raw(element, name)
        marks: list[Mark] = []
        selections: list[refi.Selection] = []
        sync = {normal_guid(one.get("guid")): one.get("position") for one in element.iterfind("SyncPoint")}
        for one in element:
            if one.tag == "PlainTextSelection":
                start, end = one.get("startPosition"), one.get("endPosition")
            elif one.tag == "TranscriptSelection":
                named = one.get("fromSyncPoint", ""), one.get("toSyncPoint", "")
                # QualCoder names all points of a place, without a blank between them
                start, end = (sync.get(normal_guid(point) or normal_guid(point[:36])) for point in named)
            else:
                continue
            try:
                mark = Mark(int(start or ""), int(end or ""), one.get("name", ""))
            except ValueError:
                self.counts["selection without positions"] += 1
                continue
            marks.append(mark)
            selections.append(self._selection(one, mark))
        source = refi.Source(
            guid=self._guid(element),
            name=name,
            text=None,
            description=_text(element, "Description"),
            user=self._user(element.get("creatingUser")),
            created_at=self._time(element.get("creationDateTime")),
            selections=tuple(selections),
            codings=self._codings(element, None, None),
            notes=self._notes(element),
            values=self._values(element),
        )
        return _Draft(source, raw, tuple(marks))

    def _selection(self, element: Element, mark: Mark) -> refi.Selection:
        user = self._user(element.get("creatingUser"))
        created_at = self._time(element.get("creationDateTime"))
        return refi.Selection(
            guid=self._guid(element),
            start_char=mark.start,
            end_char=mark.end,
            name=mark.name,
            description=_text(element, "Description"),
            user=user,
            created_at=created_at,
            codings=self._codings(element, user, created_at),
            notes=self._notes(element),
        )

    def _codings(
        self, element: Element, user: str | None, created_at: datetime | None
    ) -> tuple[refi.Coding, ...]:
        """The codings directly on an element; who and when are the selection's where they say nothing."""
        found: list[refi.Coding] = []
        for one in element.iterfind("Coding"):
            code = self._target(one.find("CodeRef"))
            if code not in self.codes:
                self.counts["coding with a code that the codebook does not have"] += 1
                continue
            found.append(
                refi.Coding(
                    self._guid(one),
                    code,
                    self._user(one.get("creatingUser")) or user,
                    self._time(one.get("creationDateTime")) or created_at,
                    self._notes(one),
                )
            )
        return tuple(found)

    def _note(self, element: Element) -> refi.Note:
        self.counts["coding on a memo"] += len(element.findall("Coding")) + len(element.findall("*/Coding"))
        text = Ruler(self._raw(element, element.get("name") or "a note") or "").text
        about = _text(element, "Description")
        return refi.Note(
            guid=self._guid(element),
            text=text if about in text else f"{text}\n\n{about}".strip("\n"),
            name=element.get("name", ""),
            user=self._user(element.get("creatingUser")),
            created_at=self._time(element.get("creationDateTime")),
        )

    def _raw(self, element: Element, name: str) -> str | None:
        """A source's text as the file has it, with its byte order mark and line ends; None: not there."""
        raw = self._found(element, name)
        self.n_chars += len(raw or "")
        if self.n_chars > MAX_TEXT:
            raise ExchangeError(f"{self.path}: its texts have more than {MAX_TEXT:,} characters; refused")
        return raw

    def _found(self, element: Element, name: str) -> str | None:
        content, place = element.find("PlainTextContent"), element.get("plainTextPath")
        if content is not None and (content.text or not place):
            return content.text or ""
        what = "note" if element.tag == "Note" else "source"
        if not place:
            if what == "source" or element.find("Description") is None:
                self.counts[f"{what} without a plain text"] += 1
            return None
        if _ELSEWHERE.match(place):
            self.warnings.append(
                f"the text of '{name}' lies outside the project file, where autocode does not look; "
                "its codings are left out"
            )
            return None
        if self.archive is None:
            self.counts[f"{what} whose text lies in another file"] += 1
            return None
        member = self._member(place, name)
        if member is not None:
            return self._decoded(self.archive.read(member, limit=MAX_TEXT), name)
        if what == "source":
            raise ExchangeError(f"{self.path}: the text of '{name}' is missing; export the project again")
        self.counts["note whose text is missing"] += 1
        return None

    def _member(self, place: str, name: str) -> str | None:
        """The part of the archive that a path names, as it stands or as an address; None: there is none."""
        inner = _INTERNAL.sub("", place, count=1).replace("\\", "/").lstrip("/")
        if leads_outside(inner) or leads_outside(_unquoted(inner)):
            raise ExchangeError(
                f"{self.path}: the text of '{name}' is said to lie outside the project file; refused"
            )
        candidates = (f"{folder}{one}" for one in (inner, _unquoted(inner)) for folder in ("sources/", ""))
        return next((one for one in candidates if self.archive is not None and one in self.archive), None)

    def _decoded(self, data: bytes, name: str) -> str:
        """Its text with its mark and line ends, which positions may count."""
        try:
            text, guess = to_text(data, name)
        except ReadError:
            raise ExchangeError(f"{self.path}: the text of '{name}' is neither UTF-8 nor UTF-16") from None
        if guess == "cp1252":
            self.warnings.append(f"the text of '{name}' is not UTF-8; it was read as Windows-1252")
        elif guess:
            form = guess.upper()
            self.warnings.append(f"the text of '{name}' has no byte order mark; it was read as {form}")
        return ("\ufeff" if mark_of(data) else "") + SURROGATES.sub("\ufffd", text)

    def _placed(self, draft: _Draft, ruler: Ruler | None, calibration: Calibration) -> refi.Source:
        """The source with its selections where they belong; those that lie outside are left out."""
        if ruler is None:
            n = sum(len(one.codings) for one in draft.source.selections) + len(draft.source.codings)
            self.counts["coding on a source whose text is not in the file"] += n
            return draft.source
        text = ruler.text
        places = ruler.places(draft.marks, calibration.rule).tolist()
        kept = []
        for selection, (start, end, fits) in zip(draft.source.selections, places, strict=True):
            if start < 0:
                self.counts["selection that lies outside its text"] += 1
            elif end <= start:
                self.counts["selection without any text"] += 1
            else:
                self.counts["position in the middle of a character"] += not fits
                kept.append(replace(selection, start_char=start, end_char=end))
        return replace(draft.source, text=text, selections=tuple(kept))

    # Attributes

    def _guid(self, element: Element) -> str:
        """The element's GUID; a made one, the same at each reading, where it has none."""
        guid = normal_guid(element.get("guid"))
        if guid is not None:
            return guid
        self.n_made += 1
        self.counts["missing or malformed GUID"] += 1
        return str(uuid.uuid5(_MADE, f"{element.tag}-{self.n_made}"))

    def _user(self, given: str | None) -> str | None:
        guid = normal_guid(given)
        if guid is not None and guid not in self.users:
            self.counts["mention of a person who is not in the list of users"] += 1
            self.strangers[guid] = None
        return guid

    def _time(self, given: str | None) -> datetime | None:
        if not given:
            return None
        try:
            return _moment(given.strip())
        except (ValueError, OverflowError):
            self.counts["malformed date"] += 1
            return None

    def _target(self, element: Element | None) -> str | None:
        if element is None:
            return None
        return normal_guid(element.get("targetGUID") or element.get("guid"))

    def _targets(self, element: Element, tag: str) -> tuple[str, ...]:
        found = (self._target(one) for one in element.iterfind(tag))
        return tuple(guid for guid in found if guid is not None)

    def _notes(self, element: Element) -> tuple[str, ...]:
        return self._targets(element, "NoteRef")

    # What has to be said

    def _report(self, calibration: Calibration, has_crlf: bool) -> None:
        rule = calibration.rule
        words = rule.differences()
        if has_crlf:
            words.append("with a line end as one character" if rule.crlf == 1
                         else "with a line end as two characters")  # fmt: skip
        if words:
            self.warnings.append(
                f"positions are counted {', '.join(words)} (found by {calibration.decided_by}); converted"
            )
        if calibration.doubtful:
            self.warnings.append(
                "how positions were counted cannot be told from this file; look whether the first quotes "
                "are right"
            )
        missed = calibration.n_named - calibration.n_matched
        if missed and calibration.decided_by == "names":
            self.warnings.append(f"the names of {counted(missed, 'selection')} are not the selected text")
        for what, n in sorted(self.counts.items()):
            if n:
                verb = _VERBS.get(what, "left out")
                self.warnings.append(f"{counted(n, what)}: {verb}")


def counted(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} × {noun}"


def _file_name(place: str) -> str:
    """What the file of a text is called; empty where that is only a GUID."""
    name = place.replace("\\", "/").rpartition("/")[2]
    return "" if normal_guid(name.partition(".")[0]) else name


def _text(element: Element, tag: str) -> str:
    return (element.findtext(tag) or "").replace("\r\n", "\n").replace("\r", "\n")


def quotes(project: refi.Project, n: int = 3) -> list[tuple[str, str]]:
    """The first `n` coded stretches with the names of their sources: to see whether positions are right."""
    found = (
        (source.name, source.text[one.start_char : one.end_char])
        for source in project.sources
        if source.text is not None
        for one in source.selections
        if one.codings
    )
    return [quote for quote, _ in zip(found, range(n), strict=False)]


def names_of(users: Iterable[refi.User]) -> Mapping[str, str]:
    """The name of each user by GUID."""
    return {one.guid: one.name for one in users}


__all__: Sequence[str] = ["Opened", "names_of", "quotes", "read_refi"]
