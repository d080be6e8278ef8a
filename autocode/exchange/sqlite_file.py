"""SQLite files from strangers: read-only, plain tables alone, within limits of size and time.

Nothing that such a file defines is run: no view, trigger, virtual table, function or extension.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from autocode.errors import ExchangeError
from autocode.files import explain_os_error

MAGIC = b"SQLite format 3\0"
MAX_FILE = 1_000_000_000
MAX_CELL = 50_000_000  # bytes of one text
MAX_TOTAL = 500_000_000  # characters that are read in all
MAX_ROWS = 5_000_000
MAX_SECONDS = 120.0
_DAMAGED = (sqlite3.Error, ValueError, OverflowError, MemoryError)  # also for names that are no UTF-8
_STEPS = 100_000  # of SQLite's machine between two looks at the clock
_VERSIONS = slice(18, 20)  # of the header: 2 for a file with a write-ahead log, which memory cannot have


class Tables:
    """The plain tables of an SQLite file, or of `data` that a file named `path` holds."""

    def __init__(self, path: Path, data: bytes | None = None) -> None:
        """Open; raises `ExchangeError` for what is no such file, or is open in another program."""
        self.path = path
        self._n_rows = self._n_chars = 0
        try:
            if data is None:
                _check_file(path)
                address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
                self._database = sqlite3.connect(address, uri=True)
            else:
                header = bytearray(data)
                header[_VERSIONS] = b"\1\1"
                self._database = sqlite3.connect(":memory:")
                self._database.deserialize(bytes(header))
        except OSError as error:
            raise ExchangeError(f"{path}: cannot be read ({explain_os_error(error)})") from None
        except _DAMAGED:
            raise self._damaged() from None
        try:
            self.columns = self._guarded()
        except BaseException:
            self._database.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def has(self, *tables: str) -> bool:
        """Are all these tables there?"""
        return set(tables) <= set(self.columns)

    def rows(self, table: str, *columns: str) -> Iterator[tuple[Any, ...]]:
        """The rows of a table, None in a column that it does not have; none of a table that is not there."""
        here = self.columns.get(table, {})
        chosen = [_quoted(here[name]) if name in here else "NULL" for name in columns]
        if not here:
            return
        # the quotes hold names of this file's own tables and columns
        query = f"SELECT {', '.join(chosen)} FROM {_quoted(self._names[table])}"  # noqa: S608
        try:
            for row in self._database.execute(query):
                self._n_rows += 1
                self._n_chars += sum(len(cell) for cell in row if isinstance(cell, str | bytes))
                if self._n_rows > MAX_ROWS or self._n_chars > MAX_TOTAL:
                    raise ExchangeError(f"{self.path}: it holds more than any project has; refused")
                yield row
        except sqlite3.OperationalError as error:
            if "interrupted" in str(error):
                raise ExchangeError(
                    f"{self.path}: reading took more than {MAX_SECONDS:g} s; refused"
                ) from None
            raise self._damaged() from None
        except _DAMAGED:
            raise self._damaged() from None

    def _guarded(self) -> dict[str, dict[str, str]]:
        """Put the limits in force; the columns of each plain table, by lower-case names."""
        base = self._database
        base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_CELL)
        base.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        base.text_factory = lambda text: text.decode("utf-8", "replace")
        until = time.monotonic() + MAX_SECONDS
        base.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
        try:
            for setting in ("trusted_schema=OFF", "query_only=ON", "cell_size_check=ON"):
                base.execute(f"PRAGMA {setting}")
            base.set_authorizer(_only_reading)
            made = base.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
            plain = [name for name, sql in made if not str(sql).upper().lstrip().startswith("CREATE VIRTUAL")]
            self._names = {str(name).lower(): str(name) for name in plain}
            found = {}
            for low, name in self._names.items():
                about = base.execute(f"SELECT * FROM {_quoted(name)} LIMIT 0").description  # noqa: S608
                found[low] = {str(column[0]).lower(): str(column[0]) for column in about}
        except _DAMAGED:
            raise self._damaged() from None
        return found

    def _damaged(self) -> ExchangeError:
        return ExchangeError(f"{self.path}: not an SQLite database that can be read, or a damaged one")


def text_of(cell: object) -> str:
    """A cell as text with the line ends LF; none is empty."""
    if cell is None:
        return ""
    text = cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")


def number_of(cell: object) -> int | None:
    """A cell as a whole number; None for what is none."""
    try:
        return int(cell)  # type: ignore[call-overload, no-any-return]
    except (TypeError, ValueError, OverflowError):
        return None


def _check_file(path: Path) -> None:
    if (size := path.stat().st_size) > MAX_FILE:
        raise ExchangeError(
            f"{path}: {size / 1e6:,.0f} MB, more than the {MAX_FILE // 1_000_000:,} MB that are read"
        )
    for suffix in ("-wal", "-journal"):
        beside = path.with_name(path.name + suffix)
        if beside.is_file() and beside.stat().st_size:
            raise ExchangeError(
                f"{path}: the project is open in another program, or was not closed properly; "
                "close it there, then try again"
            )  # fmt: skip


def _only_reading(action: int, *_: str | None) -> int:
    allowed = action in (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ)
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
