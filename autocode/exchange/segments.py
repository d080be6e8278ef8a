"""Reads tables of coded segments: MAXQDA, Dedoose, Taguette and any other with document, code and quote.

Such a table holds no texts. Its quotes are looked up in the transcripts of the project, by the document's
name where a transcript has it; what is not found is reported by row, never by what it says.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePath

from autocode.codebook.code import MAX_DEPTH
from autocode.codebook.qdc_format import make_guid
from autocode.errors import ExchangeError
from autocode.exchange import refi
from autocode.exchange.positions import Calibration, Rule
from autocode.exchange.quoted import Wording
from autocode.exchange.refi_read import Opened, counted
from autocode.read import make_id
from autocode.read.rows import read_cells
from autocode.records import Transcript

MAX_HEADER_ROW = 20  # above the header there may be a title and a date
MOST_NAMED = 8  # rows in one message
# What a column may be called, in English, German, French and Spanish; the first that is there counts.
NAMES: dict[str, tuple[str, ...]] = {
    "document": (
        "document name", "document", "media title", "dokumentname", "dokument", "nom du document",
        "nombre del documento", "transcript", "interview", "file name", "file", "source",
    ),
    "code": (
        "code", "codes", "tag", "tags", "code path", "codes applied combined", "codes applied", "código",
    ),
    "quote": (
        "segment", "coded segment", "content", "excerpt copy", "excerpt", "quote", "quotation",
        "quotation content", "snippet", "segmento", "text",
    ),
    "coder": (
        "coder", "created by", "erstellt von", "autor", "author", "excerpt creator", "creator", "créé par",
        "creado por", "user", "modified by", "bearbeitet von",
    ),
    "date": (
        "created", "creation date", "erstellt", "erstellt am", "excerpt date", "date", "modified",
    ),
    "memo": ("comment", "kommentar", "memo", "commentaire", "comentario"),
}  # fmt: skip
_APPLIED = re.compile(
    r"code: (.+) applied", re.IGNORECASE
)  # Dedoose: a column of true and false for each code
_STEPS = re.compile(r"\s+>\s+|\s*>>\s*|\s*\\\s*")  # between the names of a code's path
_DATES = (
    "%Y-%m-%d %H:%M:%S",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %I:%M %p",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y",
)
_YES = ("true", "1", "yes", "x", "wahr")


@dataclass(frozen=True, slots=True)
class Segment:
    """A row: codes on a quote of a document."""

    row: int
    document: str
    codes: tuple[str, ...]
    quote: str
    coder: str = ""
    at: datetime | None = None
    memo: str = ""


@dataclass(slots=True)
class _Columns:
    """Where each column stands; `applied` are those of single codes."""

    places: dict[str, int]
    applied: dict[int, str] = field(default_factory=dict)
    combined: bool = False  # are all codes of a segment in one cell?

    @property
    def complete(self) -> bool:
        return {"document", "quote"} <= set(self.places) and ("code" in self.places or bool(self.applied))

    def cell(self, row: Sequence[str], what: str) -> str:
        place = self.places.get(what)
        return "" if place is None or place >= len(row) else row[place].strip()


def is_segments(rows: Sequence[tuple[int, Sequence[str]]]) -> bool:
    """Are these the rows of a table of coded segments?"""
    return _header(rows) is not None


def read_segments(path: Path, transcripts: Iterable[Transcript]) -> Opened:
    """The codings of a table on `transcripts`. Raises `AutocodeError` that names the file."""
    return placed(path, list(_segments(path)), transcripts)


def placed(path: Path, segments: Sequence[Segment], transcripts: Iterable[Transcript]) -> Opened:
    """Segments as codings on the transcripts in which their quotes are."""
    texts = {one.id: (one, Wording.of(one)) for one in transcripts}
    if not texts:
        raise ExchangeError(
            f"{path}: this is a table of coded segments, which has no texts; add the transcripts to the "
            "project first ('autocode add')"
        )  # fmt: skip
    by_name: dict[str, list[str]] = defaultdict(list)
    for one, _ in texts.values():
        for name in {document_key(one.id), document_key(one.source)}:
            by_name[name].append(one.id)
    codes: dict[str, refi.Code] = {}
    users: dict[str, refi.User] = {}
    selections: dict[str, list[refi.Selection]] = defaultdict(list)
    missing: dict[str, list[int]] = defaultdict(list)
    n_several = 0
    for segment in segments:
        own = by_name.get(document_key(segment.document), [])
        hits = [(id, hit) for id in own or texts if (hit := texts[id][1].find(segment.quote)) is not None]
        if len(hits) != 1:
            missing[segment.document].append(segment.row)
            continue
        id, hit = hits[0]
        n_several += hit.n > 1
        user = None
        if segment.coder:
            user = users.setdefault(
                segment.coder, refi.User(_guid("user", segment.coder), segment.coder)
            ).guid
        key = (id, *map(str, hit.place), segment.coder)
        codings = tuple(
            refi.Coding(_guid("coding", *key, *path_of), _code(path_of, codes), user, segment.at)
            for path_of in map(_path, segment.codes)
            if path_of
        )
        selections[id].append(
            refi.Selection(
                _guid("segment", *key, str(segment.row)), *hit.place, name=segment.quote[:100],
                description=segment.memo, user=user, created_at=segment.at, codings=codings,
            )
        )  # fmt: skip
    project = refi.Project(
        name=path.stem,
        origin="a table of coded segments",
        users=tuple(users.values()),
        codes=tuple(codes.values()),
        sources=tuple(
            refi.Source(_guid("source", id), id, texts[id][0].text, selections=tuple(found))
            for id, found in selections.items()
        ),
    )
    n_found = sum(map(len, selections.values()))
    calibration = Calibration(Rule(), "names", len(segments), len(segments), n_found, 0.0)
    return Opened(
        path, project, calibration, tuple(_report(path, len(segments), missing, n_several, by_name))
    )


def _report(
    path: Path, n: int, missing: dict[str, list[int]], n_several: int, known: dict[str, list[str]]
) -> Iterator[str]:  # fmt: skip
    if n_missing := sum(map(len, missing.values())):
        yield f"{n_missing:,} of {n:,} coded segments were not found in the transcripts: left out"
    for document, rows in sorted(missing.items()):
        more = f" and {len(rows) - MOST_NAMED:,} more" if len(rows) > MOST_NAMED else ""
        why = (
            ""
            if document_key(document) in known
            else " (no transcript has this name, and the quote is in none or in several)"
        )
        yield f"'{document}': row {', '.join(map(str, rows[:MOST_NAMED]))}{more} not found{why}"
    if n_several:
        yield f"{counted(n_several, 'quote')} stands in several places of its transcript: the first was taken"


def _segments(path: Path) -> Iterator[Segment]:
    rows = read_cells(path)
    header = _header(rows)
    if header is None:
        raise ExchangeError(
            f"{path}: no header row with a document, a code and a coded segment in this table"
        )
    first, columns = header
    for number, row in rows[first:]:
        quote = columns.cell(row, "quote")
        if columns.applied:
            codes = [
                code
                for at, code in columns.applied.items()
                if at < len(row) and row[at].strip().lower() in _YES
            ]
        else:
            lines = re.split(r"[\r\n]+", columns.cell(row, "code"))  # ATLAS.ti has one code a line
            codes = [
                one.strip() for line in lines for one in (line.split(",") if columns.combined else [line])
            ]
        if quote and any(codes):
            yield Segment(
                number, columns.cell(row, "document"), tuple(code for code in codes if code), quote,
                " ".join(columns.cell(row, "coder").split()), _date(columns.cell(row, "date")),
                columns.cell(row, "memo"),
            )  # fmt: skip


def _header(rows: Sequence[tuple[int, Sequence[str]]]) -> tuple[int, _Columns] | None:
    """The position behind the header, and its columns; None where none has all that is needed."""
    for position, (_, row) in enumerate(rows[:MAX_HEADER_ROW], start=1):
        names = [" ".join(cell.split()).casefold() for cell in row]
        places = {
            what: names.index(found)
            for what, spellings in NAMES.items()
            if (found := next((name for name in spellings if name in names), None)) is not None
        }
        applied = {
            at: match[1]
            for at, cell in enumerate(row)
            if (match := _APPLIED.fullmatch(" ".join(cell.split())))
        }
        combined = "code" in places and names[places["code"]].startswith("codes applied")
        if (columns := _Columns(places, applied, combined)).complete:
            return position, columns
    return None


def _path(code: str) -> tuple[str, ...]:
    steps = tuple(" ".join(step.split()) for step in _STEPS.split(code) if step.strip())
    return steps if len(steps) <= MAX_DEPTH else (code,)


def _code(path: tuple[str, ...], codes: dict[str, refi.Code]) -> str:
    """The GUID of the code at the end of a path; codes above it are made as well."""
    parent = None
    for n in range(1, len(path) + 1):
        guid = _guid("code", *path[:n])
        codes.setdefault(guid, refi.Code(guid, path[n - 1], parent))
        parent = guid
    return parent or ""


def document_key(name: str) -> str:
    """A document's name without its suffix, as transcripts' ids are made."""
    path = PurePath(name)
    stem = path.stem if 1 < len(path.suffix) <= 5 and path.suffix[1:].isalnum() else name
    return make_id(stem, "").casefold()


def _guid(*parts: str) -> str:
    return make_guid("segments", *parts)


def _date(cell: str) -> datetime | None:
    try:
        return datetime.fromisoformat(cell).replace(tzinfo=UTC)
    except ValueError:
        pass
    for form in _DATES:
        try:
            return datetime.strptime(cell, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None
