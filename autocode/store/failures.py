"""What a database or a disk reports, told as a `StoreError`: the only place where they are caught."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from autocode.errors import StoreBusyError, StoreError

FULL = "the disk is full; nothing of this step was saved: make room and run the command again"
READ_ONLY = (
    "cannot be written to (no permission, or a read-only disk); make the folder and its files writable"
)
DAMAGED = "is damaged; put a copy from a backup in its place"
NO_DATABASE = "is not an autocode database; put the right file back"
IO_FAILED = "the disk reported an error while reading or writing; check the disk, then run the command again"

# SQLite's primary result codes, https://www.sqlite.org/rescode.html
BUSY_CODES = frozenset({5, 6})
_SQLITE_SENTENCES = {
    3: READ_ONLY,  # SQLITE_PERM
    5: "is busy: another autocode command is writing to it; run the command again",
    8: READ_ONLY,
    10: IO_FAILED,
    11: DAMAGED,
    13: FULL,
    14: "cannot be opened; check that the folder is there, and that it and its files are yours to write",
    23: READ_ONLY,  # SQLITE_AUTH
    26: NO_DATABASE,
}

# PostgreSQL's, https://www.postgresql.org/docs/current/errcodes-appendix.html
BUSY_STATES = frozenset({"55P03", "40001", "40P01"})
_POSTGRES_SENTENCES = {
    "08": "the connection to the server was lost; run the command again",
    "28": "the server refused this user or password",
    "3D": "the server has no database of that name",
    "42501": "this user may not do that on the server; ask its administrator for the right",
    "25006": "the server only allows reading",
    "40001": "is busy: another autocode command is writing to it; run the command again",
    "40P01": "is busy: another autocode command is writing to it; run the command again",
    "53100": FULL,
    "53": "the server has no room for another connection or command; try again later",
    "55P03": "is busy: another autocode command is writing to it; run the command again",
    "57": "the server is stopping or starting; run the command again",
    "58": IO_FAILED,
    "XX": DAMAGED,
}


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Turn what the disk or the database reports inside the block into a `StoreError` about `where`.

    What is a mistake of ours (a constraint broken, SQL that is wrong) passes unchanged.
    """
    try:
        yield
    except DBAPIError as error:
        sentence = _sentence(error)
        if sentence is None:
            raise
        raise (StoreBusyError if _passes(error) else StoreError)(f"{where}: {sentence}") from error
    except OSError as error:
        raise StoreError(f"{where}: {explain(error)}") from error


def is_busy(error: DBAPIError) -> bool:
    """Whether another command holds the lock that was asked for."""
    return _sqlite_code(error) in BUSY_CODES or _postgres_state(error) in BUSY_STATES


def _passes(error: DBAPIError) -> bool:
    """Whether the same may be done later: the lock is held, or the server is away, full or starting."""
    state = _postgres_state(error)
    away = state is None and _sqlite_code(error) is None  # no connection
    return is_busy(error) or away or (state or "")[:2] in ("08", "53", "57")


def explain(error: OSError) -> str:
    """The operating system's reason."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return FULL
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return READ_ONLY
    return (error.strerror or type(error).__name__).lower()


def _sentence(error: DBAPIError) -> str | None:
    code = _sqlite_code(error)
    if code is not None:
        return _SQLITE_SENTENCES.get(code)
    state = _postgres_state(error)
    if state:
        return next(
            (_POSTGRES_SENTENCES[key] for key in (state, state[:2]) if key in _POSTGRES_SENTENCES), None
        )
    if type(error.orig).__name__ in ("OperationalError", "ConnectionTimeout"):  # without a session
        reason = " ".join(str(error.orig).split())  # libpq's: host, user, database; never the password
        return f"there is no connection to the server; check the address and that it is running ({reason})"
    return None


def _sqlite_code(error: DBAPIError) -> int | None:
    """SQLite's primary result code; its extended codes keep it in their lowest byte."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def _postgres_state(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)
