"""A whole QualCoder project, from a folder, a database or an archive."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from autocode.errors import ExchangeError
from autocode.exchange import refi
from autocode.exchange.archive import Archive
from autocode.exchange.qualcoder.cases import read_attributes, read_cases
from autocode.exchange.qualcoder.codes import read_codes
from autocode.exchange.qualcoder.database import (
    DATABASE,
    SPEAKER_CODER,
    Study,
    database_in,
    database_of,
    guid,
    time_of,
)
from autocode.exchange.qualcoder.texts import read_stretches, read_texts
from autocode.exchange.refi_read import Opened, counted
from autocode.exchange.sqlite_file import MAX_FILE, Tables, text_of

_LEFT = (  # table, its key, what a row of it is
    ("code_image", "imid", "coding of a picture"),
    ("code_av", "avid", "coding of a recording"),
    ("graph", "grid", "diagram"),
    ("ris", "risid", "bibliographic reference"),
)


def read_qualcoder(path: Path) -> Opened:
    """The project in a folder, a database or an archive. Raises `ExchangeError` that names the file."""
    if path.is_dir():
        database = database_of(path)
        if database is None:
            raise ExchangeError(
                f"{path}: there is no {DATABASE} in this folder, so it is no QualCoder project"
            )
        with Tables(database) as tables:
            return _read(Study(path, tables), path.stem)
    with path.open("rb") as file:
        packed = file.read(2) == b"PK"
    if not packed:
        name = path.resolve().parent.stem if path.name.lower() == DATABASE else path.stem
        with Tables(path) as tables:
            return _read(Study(path, tables), name)
    with Archive(path) as archive:
        inside = database_in(archive)
        if inside is None:
            raise ExchangeError(f"{path}: there is no {DATABASE} in it, so it is no QualCoder project")
        if f"{inside}-wal" in archive:
            raise ExchangeError(
                f"{path}: the project was packed while it was open; close it and pack it again"
            )
        data = archive.read(inside, limit=MAX_FILE)
    with Tables(path, data) as tables:
        return _read(Study(path, tables), path.stem.removesuffix(".qda"))


def _read(study: Study, name: str) -> Opened:
    columns = ("about", "memo", "date", "codername")
    about, memo, date, coder = next(study.tables.rows("project", *columns), (None,) * len(columns))
    codes = read_codes(study)
    stretches = read_stretches(study, {code.guid for code in codes})
    variables, values = read_attributes(study)
    cases = read_cases(study, stretches, values)
    sources, calibration = read_texts(study, stretches, values)
    memos = tuple(_notes(study))
    for table, key, what in _LEFT:
        study.counts[what] += len(set(study.tables.rows(table, key)))
    project = refi.Project(
        name=name,
        origin=text_of(about).strip() or "QualCoder",
        user=study.user(coder),
        created_at=time_of(date),
        codes=codes,
        variables=variables,
        cases=cases,
        sources=sources,
        description=text_of(memo),
        notes=tuple(note.guid for note in memos),
        memos=memos,
        users=tuple(study.users.values()),
    )
    if hidden := [one for one in study.hidden_coders() if one in study.users and one != SPEAKER_CODER]:
        study.warnings.append(
            f"{counted(len(hidden), 'coder')} hidden in QualCoder ({', '.join(hidden)}): taken over as well"
        )
    for what, n in sorted(study.counts.items()):
        if n:
            study.warnings.append(f"{counted(n, what)}: left out")
    return Opened(study.path, project, calibration, tuple(study.warnings))


def _notes(study: Study) -> Iterator[refi.Note]:
    """What was written of cases, and the journals."""
    for id, name, memo, owner, date in study.tables.rows("cases", "caseid", "name", "memo", "owner", "date"):
        if text_of(memo).strip():
            yield _note(study, ("case memo", id), f"Case {text_of(name)}", memo, owner, date)
    for id, name, text, owner, date in study.tables.rows("journal", "jid", "name", "jentry", "owner", "date"):
        yield _note(study, ("journal", id), text_of(name), text, owner, date)


def _note(  # noqa: PLR0917
    study: Study, key: tuple[str, object], name: str, text: object, owner: object, date: object
) -> refi.Note:  # fmt: skip
    return refi.Note(guid(*key), text_of(text), name, study.user(owner), time_of(date))
