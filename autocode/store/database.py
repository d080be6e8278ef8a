"""One database, whatever its kind: read transactions that never wait, write transactions that take turns.

`_sqlite_engine` and `_postgres_engine` hold everything that only one of the two understands.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from autocode.errors import StoreBusyError, StoreError
from autocode.store.failures import is_busy, translated
from autocode.store.tables import compact_json

OnWait = Callable[[str], None]

TRY_S = 1.0  # how long one attempt to become the writer lasts; then `on_wait` is called
WAIT_S = 30.0  # when a writer gives up
WAITING = "another autocode command is writing to this project; waiting"
WRITERS_LOCK = 7_282_014_553  # PostgreSQL's advisory lock number: any number that is always the same


class Database:
    """A connection pool, with `read` and `write` transactions.

    `on_wait` is called once, with a sentence, by each write that has waited for a second;
    after `wait_s` seconds the write raises `StoreError`.
    """

    def __init__(self, url: str | URL, *, on_wait: OnWait | None = None, wait_s: float = WAIT_S) -> None:
        self.url = _parsed(url)
        self.on_wait = on_wait
        self.wait_s = wait_s
        build = _ENGINES.get(self.url.get_backend_name())
        if build is None:
            raise StoreError(
                f"{self.where}: a project is kept in SQLite (sqlite:///FILE) or "
                f"PostgreSQL (postgresql+psycopg://...), not in '{self.url.get_backend_name()}'"
            )
        with translated(self.where):
            self._engine = build(self.url)

    @property
    def where(self) -> str:
        """The database's name in messages: its file, or its address without the password."""
        if self.path is not None:
            return str(self.path)
        return self.url.render_as_string(hide_password=True)

    @property
    def path(self) -> Path | None:
        """The database file; None for a server."""
        is_file = self.url.get_backend_name() == "sqlite" and self.url.database
        return Path(str(self.url.database)) if is_file else None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one moment of the database, and waits for nobody."""
        with translated(self.where), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """The only writing transaction at a time: all of the block is kept, or nothing.

        Raises `StoreError` if another command goes on writing for `wait_s` seconds.
        """
        with translated(self.where):
            connection = self._become_writer()
            with connection:
                yield connection
                connection.commit()

    def _become_writer(self) -> Connection:
        started = time.monotonic()
        told = False
        while True:
            connection = self._engine.connect().execution_options(autocode_writes=True)
            try:
                connection.begin()
            except BaseException as error:
                connection.close()
                if not (isinstance(error, DBAPIError) and is_busy(error)):
                    raise
            else:
                return connection
            waited = time.monotonic() - started
            if waited >= self.wait_s:
                raise StoreBusyError(
                    f"{self.where}: another autocode command has been writing for {waited:.0f} s; "
                    "run this one again when it has finished"
                )
            if self.on_wait is not None and not told:
                told = True
                self.on_wait(WAITING)

    def create_file(self) -> None:
        """Make an empty database file with mode 0600; for a server there is nothing to make.

        SQLite gives its log files the permissions of the database file, so this is enough
        to keep all of them private. Raises `StoreError` if the file is there.
        """
        if self.path is not None:
            with translated(self.where):
                os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))

    def back_up(self, suffix: str) -> None:
        """Copy the database file to `{file}{suffix}` (mode 0600), whole or not at all.

        A server is left to its own backups. A plain copy would miss what is still in the log.
        """
        if self.path is None:
            return
        target = self.path.with_name(self.path.name + suffix)
        temporary = target.with_name(f".{target.name}.part")
        with translated(str(target)):
            temporary.unlink(missing_ok=True)  # of an attempt that was killed
            os.close(os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
            try:
                with closing(sqlite3.connect(temporary)) as copy, self._engine.connect() as connection:
                    source: Any = connection.connection.driver_connection
                    source.backup(copy)
                os.replace(temporary, target)
            except sqlite3.Error as error:
                raise StoreError(f"{target}: the backup could not be written ({error})") from error
            finally:
                temporary.unlink(missing_ok=True)

    def close(self) -> None:
        """Close all connections. SQLite then moves what it logged into the one database file."""
        self._engine.dispose()


def _parsed(url: str | URL) -> URL:
    try:
        return make_url(url)
    except ArgumentError:
        raise StoreError(
            "the database's address is not a URL such as postgresql+psycopg://user@host/name"
        ) from None


def sqlite_url(path: Path) -> URL:
    """The address of an SQLite file, whatever characters its path has."""
    return URL.create("sqlite", database=str(path))


def _options() -> dict[str, Any]:
    # hide_parameters: what participants said must not stand in an error message
    return {"hide_parameters": True, "json_serializer": compact_json}


def _sqlite_engine(url: URL) -> Engine:
    """SQLite: write-ahead log, foreign keys, private files, deleted text overwritten.

    The driver's own transaction control is switched off, so that changes of layout are
    transactional too, and so that a writer says at once that it is one. Nothing but SQLite
    may open the file from here on: closing any other handle would drop SQLite's locks
    (https://www.sqlite.org/howtocorrupt.html, 2.2).
    """
    if not url.database or url.database == ":memory:":
        raise StoreError("sqlite: a project needs a database file")
    engine = create_engine(url, connect_args={"timeout": TRY_S}, **_options())

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        if os.path.getsize(str(url.database)) == 0:
            connection.execute("PRAGMA journal_mode=WAL")  # kept in the file; older ones have it already
        for pragma in (
            "foreign_keys=ON",
            "synchronous=FULL",  # a coder's decision survives a power cut
            "secure_delete=ON",  # a participant who withdraws is gone from the file
            "temp_store=MEMORY",  # nothing confidential in the system's folder for temporary files
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("autocode_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgres_engine(url: URL) -> Engine:
    """PostgreSQL: a writer holds one advisory lock to its end, so that writers take turns as in SQLite."""
    try:
        engine = create_engine(url, connect_args={"connect_timeout": 10}, pool_pre_ping=True, **_options())
    except ModuleNotFoundError as error:
        raise StoreError(
            f"PostgreSQL needs the Python package '{error.name}': pip install 'psycopg[binary]'"
        ) from None

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("autocode_writes"):
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(TRY_S * 1000)}")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS_LOCK})")
        else:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")

    return engine


_ENGINES: dict[str, Callable[[URL], Engine]] = {"sqlite": _sqlite_engine, "postgresql": _postgres_engine}
