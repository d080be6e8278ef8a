"""No text is embedded twice: a cache around any embedder, addressed by content.

The key of a vector is BLAKE2b over the embedder's digest and the text, so a change of encoder, of its
settings or of the library that runs it starts afresh by itself. What comes back is always what is stored,
bit for bit. Whether that equals what a fresh run would give depends on the embedder: the fast path
gives a text the same vector whatever its neighbours, the reference differs in the last bits.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from autocode.embed.protocol import Embedder, Progress, Vectors
from autocode.embed.vectors import VectorFile

_FOLDER = "vectors-1"  # raise the number when the files' layout changes
_AT_ONCE = 2048  # texts embedded between two commits: at most some seconds of work are lost
_log = logging.getLogger("autocode")
_T = TypeVar("_T")


class CachedEmbedder:
    """`embedder` with its vectors kept in `folder`, all encoders together in about `max_bytes`.

    A cache that cannot be read or written is reported once, as a warning to the log "autocode", and the
    work goes on without it. Several processes may use one folder at the same time.
    """

    def __init__(
        self, embedder: Embedder, folder: Path, *, max_bytes: int, clock: Callable[[], float] = time.time
    ) -> None:
        self.embedder = embedder
        self.name = embedder.name
        self.digest = embedder.digest
        self.n_dims = embedder.n_dims
        self._folder = folder / _FOLDER
        self._file: VectorFile | None = None
        if max_bytes > 0:
            self._file = self._try(
                lambda: VectorFile(
                    self._folder, digest=self.digest, n_dims=self.n_dims, max_bytes=max_bytes, clock=clock
                )
            )

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """Unit rows of shape (n_texts, n_dims); see `Embedder.embed`."""
        keys = [self._key(text) for text in texts]
        row_of = {key: row for row, key in enumerate(dict.fromkeys(keys))}
        text_of = dict(zip(keys, texts, strict=True))
        unique = list(row_of)
        vectors = np.zeros((len(unique), self.n_dims), np.float32)
        found = self._fetch(unique, vectors)
        missing = sorted(set(range(len(unique))) - set(found))
        if progress is not None and len(texts) > len(missing):
            progress(len(texts) - len(missing))
        for start in range(0, len(missing), _AT_ONCE):
            rows = missing[start : start + _AT_ONCE]
            some = [unique[row] for row in rows]
            fresh = self.embedder.embed([text_of[key] for key in some], progress=progress)
            vectors[rows] = self._store(some, fresh)
        return vectors if len(unique) == len(texts) else vectors[[row_of[key] for key in keys]]

    def _key(self, text: str) -> bytes:
        content = text.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(content, digest_size=16, key=self.digest.encode()[:64]).digest()

    def _fetch(self, keys: list[bytes], into: Vectors) -> list[int]:
        """Fill the rows of `into` that are stored; returns which."""
        file = self._file
        if file is None:
            return []
        found, stored = self._try(lambda: file.get(keys)) or ([], into[:0])
        into[found] = stored
        return found

    def _store(self, keys: list[bytes], fresh: Vectors) -> Vectors:
        file = self._file
        if file is None:
            return fresh
        stored = self._try(lambda: file.add(keys, fresh))
        return fresh if stored is None else stored

    def _try(self, work: Callable[[], _T]) -> _T | None:
        try:
            return work()
        except (OSError, sqlite3.Error) as error:
            self._file = None
            reason = getattr(error, "strerror", None) or error
            _log.warning("%s: cannot be used (%s); going on without the cache", self._folder, reason)
            return None


def delete_vectors(cache_dir: Path) -> None:
    """Delete every cached vector in `cache_dir`, as one may have to when data must be destroyed."""
    if (cache_dir / _FOLDER).exists():
        shutil.rmtree(cache_dir / _FOLDER)
