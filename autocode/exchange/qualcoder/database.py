"""A QualCoder database while it is read: where it lies, who is in it, and what has to be said."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from autocode.codebook.qdc_format import make_guid
from autocode.errors import ExchangeError
from autocode.exchange import refi
from autocode.exchange.archive import Archive
from autocode.exchange.sqlite_file import Tables, number_of, text_of

DATABASE = "data.qda"
NEEDED = ("source", "code_name", "code_text")
SPEAKER_CODER = "📌 Speaker coding"  # QualCoder 4 marks who speaks with codings in this name
HIDDEN = 0


def database_of(folder: Path) -> Path | None:
    """The database of a QualCoder folder; None where the folder is none."""
    try:
        return next((one for one in sorted(folder.iterdir()) if one.name.lower() == DATABASE), None)
    except OSError:
        return None


def database_in(archive: Archive) -> str | None:
    """The name of the database in an archive; None where there is none. Raises `ExchangeError` for two."""
    found = [name for name in archive.names() if name.rpartition("/")[2].lower() == DATABASE]
    if len(found) > 1:
        raise ExchangeError(
            f"{archive.path}: there are {len(found)} QualCoder projects in it; one was expected"
        )
    return found[0] if found else None


class Study:
    """The tables of one project, its coders, and what was left out of it."""

    def __init__(self, path: Path, tables: Tables) -> None:
        """Raises `ExchangeError` where a table is missing that every version has."""
        self.path, self.tables = path, tables
        self.warnings: list[str] = []
        self.counts: Counter[str] = Counter()  # what was left out
        self.users: dict[str, refi.User] = {}
        if missing := next((name for name in NEEDED if not tables.has(name)), None):
            raise ExchangeError(f"{path}: no table '{missing}', so it is no QualCoder project")

    def user(self, owner: object) -> str | None:
        """The GUID of a coder, who is known from now on; None for nobody."""
        name = " ".join(text_of(owner).split())
        if not name:
            return None
        return self.users.setdefault(name, refi.User(make_guid("qualcoder", "user", name), name)).guid

    def hidden_coders(self) -> list[str]:
        """The coders whose codings QualCoder does not show at the moment."""
        rows = self.tables.rows("coder_names", "name", "visibility")
        return sorted(" ".join(text_of(name).split()) for name, seen in rows if number_of(seen) == HIDDEN)


def guid(kind: str, id: object) -> str:
    """The GUID of a thing with its number in the database, the same at every import."""
    return make_guid("qualcoder", kind, text_of(id))


def time_of(date: object) -> datetime | None:
    """A date as QualCoder writes it: local time without its zone, taken as UTC."""
    try:
        return datetime.fromisoformat(text_of(date).strip()[:19]).replace(tzinfo=UTC)
    except ValueError:
        return None
