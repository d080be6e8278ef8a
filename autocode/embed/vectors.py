"""The cache's files: an SQLite index and one file of rows for each embedder.

`<digest>.sqlite` maps the key of a text to a row, its checksum and the day of its last use;
`<digest>.<generation>.f32` holds the rows, float32, one after the other. Neither holds text, but
vectors can give away what a text was about, so only their owner can read them.

Rows are appended and flushed before the index is committed: whenever the process is killed, the index
never points past the data. Writers take turns by a lock file, readers need none. Every row has a CRC-32
over its key and vector; what fails it is embedded again. An index that SQLite cannot read is set aside
as `.damaged` and begun anew.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from filelock import FileLock, Timeout

from autocode.embed.files import make_private_folder
from autocode.embed.protocol import Vectors

_TABLES = {
    "vectors": "CREATE TABLE vectors (key BLOB PRIMARY KEY, row INTEGER NOT NULL, crc INTEGER NOT NULL, "
    "used INTEGER NOT NULL) WITHOUT ROWID",
    "state": "CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 0), generation INTEGER NOT NULL)",
}
_EVICT = """
DELETE FROM vectors WHERE key NOT IN (SELECT key FROM vectors ORDER BY used DESC, row DESC LIMIT ?)
"""
_RENUMBER = """
CREATE TEMP TABLE place (old INTEGER PRIMARY KEY, new INTEGER NOT NULL);
INSERT OR IGNORE INTO place SELECT row, row_number() OVER (ORDER BY row) - 1 FROM vectors;
UPDATE vectors SET row = (SELECT new FROM place WHERE old = row);
"""
_KEYS_AT_ONCE = 500
_ROWS_AT_ONCE = 4096
_KEPT = 0.7  # of the limit, after old rows were dropped: so that it is not done at every call
_INDEX_BYTES = 60  # of the index, for each row; measured: 38 with 100,000 rows
_BUSY_S = 60.0
_DAY_S = 86400.0

_Entry = tuple[int, int, int]  # row, crc, day of last use
_T = TypeVar("_T")


class VectorFile:
    """Vectors by key, for one embedder. Every call opens and closes the files, so threads and forks are safe.

    Raises `OSError` or `sqlite3.Error` where the files cannot be read or written.
    """

    def __init__(
        self,
        folder: Path,
        *,
        digest: str,
        n_dims: int,
        max_bytes: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        make_private_folder(folder)
        self._folder = folder
        self._name = digest[:32]
        self._index = folder / f"{self._name}.sqlite"
        self._lock = FileLock(folder / f"{self._name}.lock", timeout=_BUSY_S, mode=0o600)
        self._n_dims = n_dims
        self._row_bytes = 4 * n_dims
        self._max_bytes = max_bytes
        self._clock = clock

    def get(self, keys: Sequence[bytes]) -> tuple[list[int], Vectors]:
        """Which positions of `keys` are stored, in order, and their vectors."""
        if not self._index.exists():
            return [], np.zeros((0, self._n_dims), np.float32)
        return self._with_index(lambda index: self._get(index, keys))

    def add(self, keys: Sequence[bytes], vectors: Vectors) -> Vectors:
        """Store the distinct `keys` with their `vectors`; returns the rows as they are stored now.

        They differ from `vectors` where another process stored the same text in the meantime: the first
        to come is kept, so that all readers of a cache see the same bits.
        """
        with self._lock:
            return self._with_index(lambda index: self._add(index, keys, vectors))

    def _get(self, index: sqlite3.Connection, keys: Sequence[bytes]) -> tuple[list[int], Vectors]:
        index.execute("BEGIN")  # until its end no other process can replace the data file
        entries = _look_up(index, keys)
        found, vectors = self._read(index, keys, entries)
        index.execute("COMMIT")
        today = self._today()
        old = [(today, keys[position]) for position in found if entries[position][2] != today]
        if old:
            with contextlib.suppress(sqlite3.OperationalError):  # read-only or busy: only eviction suffers
                index.execute("BEGIN IMMEDIATE")
                index.executemany("UPDATE vectors SET used = ? WHERE key = ?", old)
                index.execute("COMMIT")
        return found, vectors

    def _add(self, index: sqlite3.Connection, keys: Sequence[bytes], vectors: Vectors) -> Vectors:
        rows = np.array(vectors, np.float32)
        found, stored = self._read(index, keys, _look_up(index, keys))
        rows[found] = stored
        fresh = sorted(set(range(len(keys))) - set(found))
        n_rows = _append(self._data(_generation(index)), rows[fresh])
        today = self._today()
        index.execute("BEGIN IMMEDIATE")
        index.executemany(
            "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?)",
            ((keys[at], n_rows + i, _crc(keys[at], rows[at]), today) for i, at in enumerate(fresh)),
        )
        index.execute("COMMIT")
        if self._size() > self._max_bytes:
            self._drop_other_encoders()
        if self._size() > self._max_bytes:
            self._drop_old_rows(index)
        return rows

    def _read(
        self, index: sqlite3.Connection, keys: Sequence[bytes], entries: dict[int, _Entry]
    ) -> tuple[list[int], Vectors]:
        """The positions whose rows are there and whole, in order, and the rows."""
        order = sorted(entries, key=lambda position: entries[position][0])
        rows = _read_at(self._data(_generation(index)), [entries[at][0] for at in order], self._n_dims)
        whole = {at: i for i, at in enumerate(order) if _crc(keys[at], rows[i]) == entries[at][1]}
        found = sorted(whole)
        return found, rows[[whole[at] for at in found]]

    def _with_index(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """What `work` returns; where the index turns out to be damaged, once more with a new one."""
        try:
            with contextlib.closing(self._open()) as index:
                return work(index)
        except sqlite3.OperationalError:  # busy, full or read-only: not damaged
            raise
        except sqlite3.DatabaseError:
            with self._lock:
                self._set_aside()
        with contextlib.closing(self._open()) as index:
            return work(index)

    def _open(self) -> sqlite3.Connection:
        if not self._index.exists():
            os.close(os.open(self._index, os.O_RDWR | os.O_CREAT, 0o600))
        index = sqlite3.connect(self._index, timeout=_BUSY_S, isolation_level=None)
        try:
            if not _tables(index):
                index.execute("BEGIN IMMEDIATE")
                if not _tables(index):  # no other process was faster
                    for statement in _TABLES.values():
                        index.execute(statement)
                    index.execute("INSERT INTO state VALUES (0, 0)")
                index.execute("COMMIT")
            if _tables(index) != _TABLES:
                raise sqlite3.DatabaseError("not an index of vectors")
        except BaseException:
            index.close()
            raise
        return index

    def _set_aside(self) -> None:
        """Move a damaged index away, unless another process has done so already, and drop its rows."""
        with contextlib.suppress(sqlite3.DatabaseError), contextlib.closing(self._open()) as index:
            if index.execute("PRAGMA quick_check").fetchall() == [("ok",)] and _generation(index) >= 0:
                return
        os.replace(self._index, self._index.with_suffix(".damaged"))
        for path in (*self._folder.glob(f"{self._name}.*.f32"), *self._folder.glob(f"{self._name}.sqlite-*")):
            path.unlink(missing_ok=True)

    def _drop_other_encoders(self) -> None:
        """Delete the files of the other encoders, least recently changed first, until all fits."""
        others = (p for p in self._folder.glob("*.sqlite") if p != self._index)
        for damaged in self._folder.glob("*.damaged"):
            damaged.unlink(missing_ok=True)
        for other in sorted(others, key=_stat):
            if self._size() <= self._max_bytes:
                return
            with contextlib.suppress(Timeout), FileLock(other.with_suffix(".lock"), timeout=0, mode=0o600):
                for path in self._folder.glob(f"{other.stem}.*"):
                    if path.suffix != ".lock":
                        path.unlink(missing_ok=True)

    def _drop_old_rows(self, index: sqlite3.Connection) -> None:
        """Keep what was used last, as much as fits, in a new data file."""
        n_kept = int(self._max_bytes * _KEPT / (self._row_bytes + _INDEX_BYTES))
        generation = _generation(index)
        old, new = self._data(generation), self._data(generation + 1)
        new.unlink(missing_ok=True)  # left by a process that was killed right here
        index.execute("BEGIN IMMEDIATE")
        index.execute(_EVICT, (n_kept,))
        cursor = index.execute("SELECT row FROM vectors ORDER BY row")
        while block := cursor.fetchmany(_ROWS_AT_ONCE):
            _append(new, _read_at(old, [row for (row,) in block], self._n_dims))
        for statement in _RENUMBER.split(";"):
            index.execute(statement)
        index.execute("UPDATE state SET generation = generation + 1")
        index.execute("COMMIT")
        for path in self._folder.glob(f"{self._name}.*.f32"):
            if path != new:
                path.unlink(missing_ok=True)
        with contextlib.suppress(sqlite3.OperationalError):  # busy: the index keeps its size for now
            index.execute("VACUUM")

    def _size(self) -> int:
        """Bytes in the folder, all encoders together."""
        return sum(_stat(path)[1] for path in self._folder.iterdir())

    def _data(self, generation: int) -> Path:
        return self._folder / f"{self._name}.{generation}.f32"

    def _today(self) -> int:
        return int(self._clock() // _DAY_S)


def _stat(path: Path) -> tuple[float, int]:
    """When the file was changed, in seconds, and its size in bytes; zeros where it has just vanished."""
    try:
        found = path.stat()
    except FileNotFoundError:  # another process's journal
        return 0.0, 0
    return found.st_mtime, found.st_size


def _tables(index: sqlite3.Connection) -> dict[str, str]:
    return dict(index.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))


def _generation(index: sqlite3.Connection) -> int:
    """Which data file belongs to the index."""
    row = index.execute("SELECT generation FROM state").fetchone()
    if row is None or not isinstance(row[0], int) or row[0] < 0:
        raise sqlite3.DatabaseError("no generation")
    return int(row[0])


def _look_up(index: sqlite3.Connection, keys: Sequence[bytes]) -> dict[int, _Entry]:
    """The index entries by position in `keys`."""
    entries: dict[bytes, _Entry] = {}
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        some = keys[start : start + _KEYS_AT_ONCE]
        marks = ",".join("?" * len(some))
        query = f"SELECT key, row, crc, used FROM vectors WHERE key IN ({marks})"  # noqa: S608 (marks only)
        for key, *entry in index.execute(query, some):
            if all(isinstance(number, int) for number in entry):  # else a damaged page
                entries[key] = (entry[0], entry[1], entry[2])
    return {at: entries[key] for at, key in enumerate(keys) if key in entries}


def _crc(key: bytes, vector: Vectors) -> int:
    return zlib.crc32(vector.data, zlib.crc32(key))


def _read_at(path: Path, rows: Sequence[int], n_dims: int) -> Vectors:
    """The `rows`, ascending, of the file; zeros for those that it does not have."""
    vectors = np.zeros((len(rows), n_dims), np.float32)
    n_whole = path.stat().st_size // (4 * n_dims) if path.exists() else 0
    there = [i for i, row in enumerate(rows) if 0 <= row < n_whole]
    if not there:
        return vectors
    breaks = np.flatnonzero(np.diff([rows[i] for i in there]) != 1) + 1
    with path.open("rb") as stream:
        for run in np.split(np.array(there), breaks):  # rows that lie side by side are read in one go
            stream.seek(rows[run[0]] * 4 * n_dims)
            stream.readinto(vectors[run[0] : run[-1] + 1].data.cast("B"))
    return vectors


def _append(path: Path, vectors: Vectors) -> int:
    """Write and flush `vectors` at the file's end; returns the number of the first row.

    Half a row that a killed process left at the end is filled up with what lies there.
    """
    row_bytes = vectors.shape[1] * vectors.itemsize
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
    with open(descriptor, "r+b") as stream:
        first: int = -(-stream.seek(0, os.SEEK_END) // row_bytes)
        stream.seek(first * row_bytes)
        stream.write(vectors.data)
        stream.flush()
        os.fsync(stream.fileno())
    return first
