"""The formats that a project is written in: one table, from which commands, pages and errors know them.

A writer gives the files of a format one after another, each as its name and content; `save` puts them in
their place, `save_archive` into one ZIP file.
"""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

from autocode.config import suggest
from autocode.errors import ExchangeError
from autocode.files import explain_os_error, private_folder, write_private_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from autocode.exchange.gathered import Choice, Gathered, Interview

    Files = Iterator[tuple[str, bytes]]
    Writer = Callable[[Gathered], Files]


@dataclass(frozen=True, slots=True)
class Format:
    """A format that a project is written in."""

    name: str
    what: str  # it is, for whom
    where: str  # the writer: module and function
    suffix: str = ""  # of its one file; empty: a folder of files
    suggestions: bool = False  # the machine's, unless something else is asked for
    everybody: bool = True  # everybody's decisions, unless coders are named; else nobody's

    @property
    def shape(self) -> str:
        """`a .csv file` or `a folder`."""
        return f"a {self.suffix} file" if self.suffix else "a folder"

    def files(self, gathered: Gathered) -> Files:
        """The names and contents of its files; of a single file the name is empty."""
        module, function = self.where.split(":")
        writer = cast("Writer", getattr(import_module(f"autocode.exchange.{module}"), function))
        return writer(gathered)

    def choice(
        self, coders: Iterable[str] = (), *, blind: bool = False, suggestions: bool | None = None,
        names: bool = True,
    ) -> Choice:  # fmt: skip
        """What is written, where this is asked for."""
        from autocode.exchange.gathered import EVERYBODY, NOBODY, Choice

        unless = EVERYBODY if self.everybody or blind else NOBODY
        machine = self.suggestions if suggestions is None else suggestions
        return Choice(tuple(coders) or (unless,), blind=blind, suggestions=machine, names=names)


_ALL = (
    Format(
        "refi-qda", "the whole project, for NVivo, ATLAS.ti, MAXQDA, QualCoder and their like",
        "project_out:files", ".qdpx", suggestions=True,
    ),
    Format("quotes-csv", "every coded quote with what was said around it", "quotes_out:csv_file", ".csv"),
    Format("quotes-xlsx", "the same for Excel and LibreOffice", "quotes_out:xlsx_file", ".xlsx"),
    Format("matrix", "utterances by codes, 0 and 1, for R and SPSS", "matrix:files"),
    Format("dataset", "a coded dataset, which autocode reads back", "dataset_out:files"),
    Format("docx", "Word documents with the codes as comments", "docx_out:files"),
    Format("markdown", "Markdown with the codes in the text (CriticMarkup)", "markdown_out:files"),
    Format("vtt", "WebVTT subtitles with the codes, where there are times", "subtitles:vtt_files"),
    Format("srt", "SRT subtitles with the codes, where there are times", "subtitles:srt_files"),
    Format(
        "web-annotations", "W3C web annotations (JSON-LD)", "web_annotations:files", ".jsonld",
    ),
    Format("label-studio", "tasks for Label Studio", "label_studio:files", everybody=False),
    Format("argilla", "records and settings for Argilla", "argilla:files", everybody=False),
    Format("prodigy", "tasks for Prodigy's choice interface", "prodigy:files", ".jsonl", everybody=False),
)  # fmt: skip
FORMATS = {one.name: one for one in _ALL}
_AS_TEXTS = ("docx", "markdown")
_WITH_TIMES = ("vtt", "srt")
_OF_QUOTES = ("refi-qda", "quotes-csv", "quotes-xlsx", "web-annotations")
_OF_TASKS = ("label-studio", "argilla", "prodigy")
_OF_STATEMENTS = ("matrix", "dataset", *_OF_TASKS)


def format_named(name: str) -> Format:
    """The format with this name. Raises `ExchangeError` that names the others."""
    if name not in FORMATS:
        known = list(FORMATS)
        raise ExchangeError(f"{name}: no such format{suggest(name, known)}; one of {', '.join(known)}")
    return FORMATS[name]


def check_place(format: Format, path: Path, *, replace: bool) -> None:
    """Raise `ExchangeError` where a format cannot be written without harm, before any work is done."""
    if format.suffix:
        if path.suffix.lower() != format.suffix:
            raise ExchangeError(f"{path}: {format.name} is {format.shape}; give the file that suffix")
        if not next(place for place in path.absolute().parents if place.exists()).is_dir():
            raise ExchangeError(f"{path}: cannot be written ({path.parent} lies in a file)")
        if path.is_dir():
            raise ExchangeError(f"{path}: is a folder, and {format.name} is one file")
        if path.exists() and not replace:
            raise ExchangeError(f"{path}: is there already; --force replaces it")
    elif path.exists() and not path.is_dir():
        raise ExchangeError(f"{path}: is a file, and {format.name} is a folder of files")
    elif path.is_dir() and any(path.iterdir()) and not replace:
        raise ExchangeError(
            f"{path}: there are files in this folder; --force replaces those of the same names"
        )


def save(format: Format, files: Files, path: Path, *, replace: bool = False) -> list[Path]:
    """Write a format's files, whole or not at all, for their owner only; where they are.

    Raises `ExchangeError`; nothing that is there is replaced unless `replace`.
    """
    check_place(format, path, replace=replace)
    try:
        if format.suffix:
            with private_folder(path.parent):
                for _, content in files:
                    write_private_bytes(path, content)
            return [path]
        with private_folder(path), tempfile.TemporaryDirectory(prefix=".autocode-", dir=path) as place:
            names = []
            for name, content in files:
                part = Path(place) / name
                part.parent.mkdir(mode=0o700, exist_ok=True)
                write_private_bytes(part, content)
                names.append(name)
            for name in names:
                (path / name).parent.mkdir(mode=0o700, exist_ok=True)
                os.replace(Path(place) / name, path / name)
            return [path / name for name in names]
    except OSError as error:
        raise ExchangeError(f"{path}: cannot be written ({explain_os_error(error)})") from error


def save_archive(format: Format, files: Files, path: Path) -> None:
    """Write a format as one file: itself, or its folder as a ZIP archive."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(handle, "wb") as file:
        if format.suffix:
            for _, content in files:
                file.write(content)
            return
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files:
                archive.writestr(name, content)


def notes_on(format: Format, gathered: Gathered) -> list[str]:
    """What has to be said of what a format leaves out, one sentence each."""
    from autocode.exchange import dataset_out, tasks

    notes = []
    if n := gathered.n_earlier:
        notes.append(
            f"{n:,} statement{'s' if n > 1 else ''} of an earlier cut, on which people decided, "
            f"{'are' if n > 1 else 'is'} left out; 'autocode code' with the settings of then brings them back"
        )
    if gathered.naming:
        notes.append(ids_stay(gathered.naming))
    if format.name == "refi-qda":
        return notes
    if gone := gathered.gone():
        notes.append(
            f"left out, because the codebook no longer has them: {', '.join(gone)}; refi-qda keeps them"
        )
    if format.name == "dataset":
        notes += dataset_out.notes(gathered)
    if format.name in _OF_TASKS:
        notes += tasks.notes(gathered)
    n_uncut = sum(not one.units for one in gathered.interviews)
    if n_uncut and format.name not in _AS_TEXTS:
        notes.append(
            f"{n_uncut} transcript{'s are' if n_uncut > 1 else ' is'} not cut into utterances yet and "
            "left out; 'autocode code' does it"
        )
    n_cut, n_written = len(gathered.interviews) - n_uncut, len(written_of(format, gathered))
    if format.name in _WITH_TIMES and 0 < n_written < n_cut:
        n = n_cut - n_written
        notes.append(
            f"{n} transcript{'s have' if n > 1 else ' has'} no times and {'are' if n > 1 else 'is'} left out"
        )
    if n_outside := _n_outside(format, gathered):
        where = " or on the interviewer's turns" if format.name in _OF_STATEMENTS else ""
        notes.append(
            f"{n_outside:,} coding{'s lie' if n_outside > 1 else ' lies'} where nobody speaks{where} and "
            f"{'are' if n_outside > 1 else 'is'} left out; refi-qda and quotes-csv have them"
        )
    if format.name == "quotes-xlsx" and (n_long := _n_long(gathered)):
        notes.append(
            f"{n_long:,} quote{'s are' if n_long > 1 else ' is'} longer than a cell can be, and cut; "
            "quotes-csv has them whole"
        )
    return notes


def ids_stay(ids: Iterable[str]) -> str:
    """That ids of codes hold names, in a sentence."""
    return (
        f"ids of codes, which codings refer to, are left as they are, and there are names in {', '.join(ids)}"
    )


def written_of(format: Format, gathered: Gathered) -> list[Interview]:
    """The transcripts that are in what a format writes."""
    from autocode.exchange.subtitles import has_times

    if format.name in _WITH_TIMES:
        return list(filter(has_times, gathered.interviews))
    whole = format.name == "refi-qda" or format.name in _AS_TEXTS
    return [one for one in gathered.interviews if whole or one.units]


def n_written(format: Format, gathered: Gathered) -> int:
    """How many codings are in what a format writes."""
    from autocode.exchange import dataset_out, tasks

    written = replace(gathered, interviews=tuple(written_of(format, gathered)))
    if format.name == "dataset":
        return dataset_out.n_codes(written)
    if format.name in _OF_TASKS:
        return tasks.n_codes(written)
    return written.n_codings - _n_outside(format, written)


def _n_outside(format: Format, gathered: Gathered) -> int:
    """How many codings lie on no word, or no statement, that a format has; tables of quotes have all."""
    from autocode.exchange.stretches import outside

    if format.name in _OF_QUOTES:
        return 0
    if format.name in _OF_STATEMENTS:
        return sum(_n_on_no_statement(format, gathered, one) for one in written_of(format, gathered))
    return sum(
        format.name not in _AS_TEXTS or not one.transcript.text[slice(*coding.place)].strip()
        for one in gathered.interviews
        for coding in outside(one.transcript, gathered.current(one))
    )


def _n_on_no_statement(format: Format, gathered: Gathered, interview: Interview) -> int:
    """How many codings lie on nothing that can be coded; tables also have what was decided all the same."""
    from autocode.exchange.gathered import overlapped

    units, text = [unit.utterance for unit in interview.units], interview.transcript.text
    return sum(
        (coding.kind != "decision" or format.name in _OF_TASKS)
        and not any(units[n].codable for n in overlapped(units, text, coding.place))
        for coding in gathered.current(interview)
    )


def _n_long(gathered: Gathered) -> int:
    """How many quotes do not fit into a cell of Excel."""
    from autocode.exchange.quotes_out import MOST_IN_CELL

    return sum(
        end - start > MOST_IN_CELL
        for one in gathered.interviews
        for start, end in {coding.place for coding in gathered.current(one)}
    )


class FileNames:
    """Names of files for transcripts: safe everywhere, no two alike."""

    def __init__(self, suffix: str) -> None:
        self._suffix, self._used = suffix, set[str]()

    def of(self, transcript_id: str) -> str:
        """The file's name.

        >>> names = FileNames(".md")
        >>> names.of("anna"), names.of("Anna"), names.of("../x:y"), names.of("con")
        ('anna.md', 'Anna-2.md', '_x_y.md', '_con.md')
        """
        kept = "".join(c if c.isalnum() or c in " -_." else "_" for c in transcript_id).strip(" .")
        stem = kept.encode()[:120].decode("utf-8", "ignore") or "_"
        if stem.split(".")[0].casefold() in _RESERVED:
            stem = f"_{stem}"
        name, number = stem, 1
        while name.casefold() in self._used:
            number += 1
            name = f"{stem}-{number}"
        self._used.add(name.casefold())
        return f"{name}{self._suffix}"


_RESERVED = {"con", "prn", "aux", "nul", *(f"{kind}{n}" for kind in ("com", "lpt") for n in range(1, 10))}
