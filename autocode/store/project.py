"""A project: a private folder with settings, codebook, guide, transcripts and the database."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout
from sqlalchemy import URL

from autocode.config import read_settings
from autocode.errors import StoreError
from autocode.store.database import TRY_S, OnWait, sqlite_url
from autocode.store.failures import translated
from autocode.store.store import Store

SETTINGS = "autocode.toml"
CODEBOOK = "codebook.yaml"
GUIDE = "guide.yaml"
TRANSCRIPTS = "transcripts"
DATABASE = "autocode.db"
MODEL = "model"
LOCK = "autocode.lock"
LOCKED = "another autocode command is coding this project; waiting until it has finished"


@dataclass(frozen=True, slots=True)
class Project:
    """An open project; a context manager that closes its store."""

    folder: Path  # absolute
    store: Store

    @property
    def settings_path(self) -> Path:
        """`autocode.toml`."""
        return self.folder / SETTINGS

    @property
    def codebook_path(self) -> Path:
        """`codebook.yaml`."""
        return self.folder / CODEBOOK

    @property
    def guide_path(self) -> Path:
        """`guide.yaml`."""
        return self.folder / GUIDE

    @property
    def transcripts_path(self) -> Path:
        """The folder for the transcripts' files."""
        return self.folder / TRANSCRIPTS

    @property
    def model_path(self) -> Path:
        """The folder of the model that `autocode train` makes."""
        return self.folder / MODEL

    @contextmanager
    def lock(self, *, on_wait: OnWait | None = None, wait_s: float | None = None) -> Iterator[None]:
        """Keep other commands from coding this project inside the block.

        Waits for as long as another command has the lock, or `wait_s` seconds, and calls
        `on_wait` with a sentence after the first second. The system takes the lock from a
        process that ends, however it ends. Raises `StoreError` when `wait_s` is over.
        """
        path = self.folder / LOCK
        lock = FileLock(path, mode=0o600)
        with translated(str(path)):
            _acquire(lock, path, on_wait, wait_s)
        try:
            yield
        finally:
            lock.release()

    def close(self) -> None:
        """Close the store."""
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _acquire(lock: FileLock, path: Path, on_wait: OnWait | None, wait_s: float | None) -> None:
    first_s = TRY_S if wait_s is None else min(TRY_S, wait_s)
    try:
        lock.acquire(timeout=first_s)
    except Timeout:
        if on_wait is not None:
            on_wait(LOCKED)
    else:
        return
    try:
        lock.acquire(timeout=-1 if wait_s is None else wait_s - first_s, poll_interval=0.2)
    except Timeout:
        raise StoreError(
            f"{path}: another autocode command is coding this project; "
            "run this one again when it has finished"
        ) from None


def create_project(
    folder: Path,
    *,
    settings_toml: str,
    codebook_yaml: str,
    guide_yaml: str,
    url: str | URL | None = None,
    on_wait: OnWait | None = None,
) -> Project:
    """Make a project (folders with mode 0700, files with 0600) and open it.

    A folder that is not there yet appears complete or not at all. One that is there may hold
    other files, which stay; `autocode.toml`, which makes it a project, comes last. `url` puts
    the database on a server instead of in the folder.

    Raises `StoreError` if the folder is a project, holds a file of a name that is needed, or
    cannot be written.
    """
    folder = Path(folder).absolute()
    with translated(str(folder)):
        _check_free(folder)
        inside = folder.is_dir()
        folder.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".autocode-new-", dir=folder if inside else folder.parent))
        try:
            texts = {GUIDE: guide_yaml, CODEBOOK: codebook_yaml, SETTINGS: settings_toml}
            _fill(staging, texts, url)
            if inside:
                _move_into(staging, folder)
            else:
                staging.rename(folder)
        except StoreError as error:  # name the place that the user knows
            raise StoreError(str(error).replace(str(staging), str(folder))) from error
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    return open_project(folder, url=url, on_wait=on_wait)


def _check_free(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise StoreError(f"{folder}: is a file, and a folder is needed there; choose another name")
    if (folder / SETTINGS).exists():
        raise StoreError(f"{folder}: is a project already; open it, or choose another folder")
    for name in (CODEBOOK, GUIDE, DATABASE):
        if (folder / name).exists():
            raise StoreError(f"{folder / name}: is there already; move it away, or choose another folder")


def _fill(staging: Path, texts: dict[str, str], url: str | URL | None) -> None:
    """Write a new project's files into `staging`, in the order in which they will be moved."""
    (staging / TRANSCRIPTS).mkdir(mode=0o700)
    Store(sqlite_url(staging / DATABASE) if url is None else url, create=True).close()
    for name, text in texts.items():
        handle = os.open(staging / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())


def _move_into(staging: Path, folder: Path) -> None:
    """Move what `staging` holds into `folder`, settings last; on an error take it out again."""
    if [path for path in folder.iterdir() if path != staging] == []:
        folder.chmod(0o700)
    moved: list[Callable[[], None]] = []
    try:
        if not (folder / TRANSCRIPTS).exists():
            (staging / TRANSCRIPTS).rename(folder / TRANSCRIPTS)
            moved.append((folder / TRANSCRIPTS).rmdir)
        for name in (DATABASE, GUIDE, CODEBOOK, SETTINGS):
            if (staging / name).exists():
                (staging / name).rename(folder / name)
                moved.append((folder / name).unlink)
    except OSError:
        for undo in reversed(moved):
            undo()
        raise


def find_project(start: Path) -> Path:
    """The nearest folder from `start` upwards that holds `autocode.toml`; else raises `StoreError`."""
    start = Path(start).absolute()
    for folder in (start, *start.parents):
        if (folder / SETTINGS).is_file():
            return folder
    raise StoreError(
        f"{start}: no {SETTINGS} here or in any folder above; "
        "go to a project's folder, or make one with 'autocode init'"
    )


def open_project(folder: Path, *, url: str | URL | None = None, on_wait: OnWait | None = None) -> Project:
    """Open the project that `folder` belongs to: it or a folder above it.

    Its database is at `url`, else where its settings say ([store] database_url), else in the folder.

    An older database is copied to `autocode.db.bak-v{n}` and brought up to date. Raises
    `StoreError` if there is no project, or its database is missing, damaged or of a newer program.
    """
    with translated(str(folder)):
        root = find_project(folder)
    place = url or read_settings(root / SETTINGS).store.database_url or sqlite_url(root / DATABASE)
    return Project(root, Store(place, on_wait=on_wait))
