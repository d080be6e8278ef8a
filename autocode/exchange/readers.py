"""Which reader opens a file of another program: known by its content, whatever it is called."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from autocode.codebook import Codebook, read_codebook
from autocode.codebook.qdc_format import EXCLUSIVE, code_guid, describe, make_guid
from autocode.errors import CodebookError, ExchangeError, ReadError
from autocode.exchange import qualcoder, refi, segments, taguette
from autocode.exchange.archive import Archive
from autocode.exchange.positions import Calibration, Rule
from autocode.exchange.qualcoder import read_qualcoder
from autocode.exchange.refi_read import Opened, read_refi
from autocode.exchange.segments_pdf import read_segments_pdf
from autocode.exchange.sqlite_file import MAGIC, Tables
from autocode.exchange.taguette import read_taguette
from autocode.files import explain_os_error
from autocode.read.rows import read_cells
from autocode.records import Transcript
from autocode.textfile import read_text

Transcripts = Callable[[], Iterable[Transcript]]  # that the project has; called where they are needed
EXPECTED = (
    "expected a REFI-QDA project (.qdpx, .qde), a QualCoder project (.qda folder, its data.qda, or a .zip "
    "of it), a Taguette project (.sqlite3), a table of coded segments (.xlsx, .csv, .tsv, MAXQDA's .pdf) or "
    "a codebook (.qdc, .csv, .txt)"
)
_TABLES = (".csv", ".tsv", ".tab", ".xlsx")
_CODEBOOKS = (".csv", ".tsv", ".txt", ".qdc")
_CODEBOOK_XML = re.compile(rb"<(?:\w{1,20}:)?CodeBook\b", re.IGNORECASE)
_HEAD = 4096


@dataclass(frozen=True, slots=True)
class Reader:
    """Of a kind of file."""

    name: str
    read: Callable[[Path, Transcripts], Opened]
    is_project: bool = True  # has texts, codes and codings


def _codes_only(path: Path) -> Opened:
    """A codebook as a project without texts. Raises `CodebookError`."""
    book = read_codebook(path)
    return Opened(
        path, _as_project(book), Calibration(Rule(), "the usual rule", 0, 0, 0, 0.0), tuple(book.warnings)
    )


def _as_project(book: Codebook) -> refi.Project:
    above = [id for root in book.roots for id in (root, *book.descendants(root))]
    return refi.Project(
        name=book.name,
        origin="a codebook",
        codes=tuple(
            refi.Code(
                code_guid(one.id), one.name, None if one.parent is None else code_guid(one.parent),
                colour=one.colour, description=describe(one),
            )
            for one in (book[id] for id in above)
        ),
        sets=tuple(
            refi.Set(
                make_guid("group", *group), f"Exclusive group {number}", EXCLUSIVE,
                tuple(code_guid(id) for id in group),
            )
            for number, group in enumerate(book.exclusive_groups, start=1)
        ),
    )  # fmt: skip


READERS = {
    "refi-qda": Reader("REFI-QDA project", lambda path, _: read_refi(path)),
    "qualcoder": Reader("QualCoder project", lambda path, _: read_qualcoder(path)),
    "taguette": Reader("Taguette project", lambda path, _: read_taguette(path)),
    "segments": Reader(
        "table of coded segments", lambda path, known: segments.read_segments(path, known()), is_project=False
    ),
    "segments-pdf": Reader(
        "MAXQDA list of coded segments",
        lambda path, known: read_segments_pdf(path, known()),
        is_project=False,
    ),
    "codebook": Reader("codebook", lambda path, _: _codes_only(path), is_project=False),
}


def read_project(path: str | Path, *, transcripts: Transcripts = tuple) -> Opened:
    """What another program's file holds, as a project. Raises `AutocodeError` that names the file.

    A table of coded segments has no texts: its quotes are looked up in `transcripts`.
    """
    path = Path(path)
    return READERS[recognised(path)].read(path, transcripts)


def recognised(path: Path) -> str:
    """The key in `READERS` of a file, by its content. Raises `ExchangeError` where it has none."""
    try:
        if path.is_dir():
            if qualcoder.database_of(path) is None:
                raise ExchangeError(
                    f"{path}: a folder without a data.qda, so no QualCoder project; {EXPECTED}"
                )
            return "qualcoder"
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except FileNotFoundError:
        raise ExchangeError(f"{path}: no such file") from None
    except (OSError, ValueError) as error:
        reason = explain_os_error(error) if isinstance(error, OSError) else str(error)
        raise ExchangeError(f"{path}: cannot be opened ({reason})") from None
    suffix = path.suffix.lower()
    if head.startswith(MAGIC):
        return _of_database(path)
    if head.startswith(b"%PDF-"):
        return "segments-pdf"
    if suffix in (".qdpx", ".qde"):
        return "refi-qda"
    if head.startswith(b"PK") and suffix != ".xlsx":
        return _of_archive(path)
    if suffix == ".qdc" or _CODEBOOK_XML.search(head):
        return "codebook"
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return "refi-qda"
    return _of_table(path, suffix)


def _lists_codes(path: Path) -> bool:
    """Is a text a list of codes as QualCoder writes it? A transcript would become a code for each line."""
    lines = [line for line in read_text(path, error=ExchangeError).splitlines() if line.strip()]
    return any(">>" in line or line.strip().count("\t") == 1 for line in lines)


def is_foreign_project(path: Path) -> bool:
    """Is it another program's project, with texts and codings? False for tables and for what is none."""
    try:
        if path.suffix.lower() in (*_TABLES, *_CODEBOOKS):
            return False
        return READERS[recognised(path)].is_project
    except ExchangeError:
        return path.suffix.lower() in (".qdpx", ".qde", ".sqlite3", ".qda")  # whose reader says what is wrong


def _of_database(path: Path) -> str:
    with Tables(path) as tables:
        if tables.has(*qualcoder.NEEDED):
            return "qualcoder"
        if tables.has(*taguette.NEEDED):
            return "taguette"
    raise ExchangeError(f"{path}: an SQLite database, but neither QualCoder's nor Taguette's; {EXPECTED}")


def _of_archive(path: Path) -> str:
    with Archive(path) as archive:
        if qualcoder.database_in(archive) is not None:
            return "qualcoder"
        if any(name.casefold().endswith(".qde") for name in archive.names()):
            return "refi-qda"
        if "xl/workbook.xml" in archive:
            return "segments"
    raise ExchangeError(f"{path}: an archive without a project that can be imported; {EXPECTED}")


def _of_table(path: Path, suffix: str) -> str:
    if suffix in _TABLES:
        try:
            if segments.is_segments(read_cells(path)):
                return "segments"
        except ReadError:
            if suffix not in _CODEBOOKS:
                raise
    if suffix in _CODEBOOKS:
        try:
            read_codebook(path)
        except CodebookError as error:
            raise ExchangeError(f"{error}; if this is no codebook, {EXPECTED}") from None
        if suffix == ".txt" and not _lists_codes(path):
            raise ExchangeError(
                f"{path}: plain text without a 'category>>code' and without a tab between a code and its "
                "memo, so no list of codes; 'autocode add' reads transcripts"
            )
        return "codebook"
    raise ExchangeError(f"{path}: no file of another program that can be imported; {EXPECTED}")
