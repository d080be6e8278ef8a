"""What the disk and the database report becomes one sentence, and nothing is half-written."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event

from autocode.errors import StoreError
from autocode.store import Store, create_project, open_project
from autocode.store.database import sqlite_url

TEXTS = {"settings_toml": "", "codebook_yaml": "", "guide_yaml": ""}


def limit_pages(store: Store, extra: int) -> None:
    """Let the database grow by `extra` pages of 4096 bytes and no further: a full disk."""

    @event.listens_for(store._database._engine, "begin")
    def limit(connection):
        used = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={used + extra}")


def test_full_disk_when_adding(project, make_transcript):
    project.store.add_transcript(make_transcript())
    limit_pages(project.store, 2)
    with pytest.raises(
        StoreError, match=r"autocode\.db: the disk is full; nothing of this step was saved: make room"
    ):
        project.store.add_transcript(make_transcript("large", n_answers=2000))
    assert [summary.id for summary in project.store.transcripts()] == ["anna"]


def test_full_disk_when_coding(project, make_transcript, make_coding, same_coding):
    large = make_transcript("large", n_answers=500)
    for transcript in (make_transcript(), large):
        project.store.add_transcript(transcript)
    project.store.save_coding("k", "anna", make_coding(make_transcript()), segmentation="s")
    limit_pages(project.store, 10)
    with pytest.raises(StoreError, match="the disk is full") as caught:
        project.store.save_coding("k", "large", make_coding(large), segmentation="s")
    assert "Ünswer" not in f"{caught.value!r} {caught.value.__cause__!r}"
    project.close()
    with open_project(project.folder) as again:
        assert again.store.done("k") == {"anna"}
        same_coding(again.store.coding("k", "anna"), make_coding(make_transcript()))
        again.store.save_coding("k", "large", make_coding(large), segmentation="s")
        assert again.store.done("k") == {"anna", "large"}


def break_header(data: bytes) -> bytes:
    return b"this is no database " + data[20:]


def break_pages(data: bytes) -> bytes:
    return data[:4096] + b"\xff" * (len(data) - 4096)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (break_header, "is not an autocode database; put the right file back"),
        (break_pages, "is damaged; put a copy from a backup in its place"),
        (lambda data: b"", "is not an autocode database"),
        (lambda data: b"hello", "is not an autocode database"),
        (lambda data: data[:5000], "is damaged"),
    ],
)
def test_a_damaged_file(folder, make_transcript, damage, message):
    with create_project(folder, **TEXTS) as project:
        project.store.add_transcript(make_transcript())
    path = folder / "autocode.db"
    damaged = damage(path.read_bytes())
    path.write_bytes(damaged)
    with pytest.raises(StoreError, match=rf"autocode\.db: {message}"), open_project(folder) as project:
        project.store.transcript("anna")
    assert path.read_bytes() == damaged


def test_somebody_elses_database(folder):
    import sqlite3
    from contextlib import closing

    create_project(folder, **TEXTS).close()
    (folder / "autocode.db").unlink()
    with closing(sqlite3.connect(folder / "autocode.db")) as other:
        other.execute("CREATE TABLE meta (key, value)")
    before = (folder / "autocode.db").read_bytes()
    with pytest.raises(StoreError, match="is not an autocode database"):
        open_project(folder)
    assert (folder / "autocode.db").read_bytes() == before


@contextmanager
def no_special_rights() -> Iterator[None]:
    """Root may write everywhere: be another user inside the block."""
    if os.geteuid() != 0:
        yield
        return
    os.setegid(65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def make_role_other(folder: Path) -> None:
    with open_project(folder) as project:
        project.store.set_role(None, "Anna", "other")


def take_lock(folder: Path) -> None:
    with open_project(folder) as project, project.lock():
        pass


@pytest.fixture
def read_only_project() -> Iterator[Path]:
    """In a place that other users can see, which `tmp_path` is not."""
    place = Path(tempfile.mkdtemp(prefix="autocode-ro-"))
    place.chmod(0o755)
    create_project(place / "study", **TEXTS).close()
    for path in (place / "study").iterdir():
        path.chmod(0o555 if path.is_dir() else 0o444)
    (place / "study").chmod(0o555)
    yield place / "study"
    (place / "study").chmod(0o755)
    shutil.rmtree(place)


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (
            lambda folder: create_project(folder / "new", **TEXTS),
            r"study/new: cannot be written to \(no permission, or",
        ),
        (make_role_other, r"study/autocode\.db: cannot be (opened|written to)"),
        (take_lock, r"study/autocode\.(db|lock): cannot be (opened|written to)"),
    ],
)
def test_read_only_folder(read_only_project, tmp_path, action, message):
    create_project(tmp_path / "first", **TEXTS).close()  # all that is imported is imported now
    before = sorted(read_only_project.iterdir())
    with no_special_rights(), pytest.raises(StoreError, match=message):
        action(read_only_project)
    assert sorted(read_only_project.iterdir()) == before


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql://u:secret@h/d", r"^mysql://u:\*\*\*@h/d: a project is kept in SQLite"),
        ("sqlite://", "a project needs a database file"),
        ("no url", "is not a URL such as postgresql"),
        ("sqlite:////nowhere/at/all.db", r"^/nowhere/at/all\.db: no such file"),
    ],
)
def test_addresses(url, message):
    with pytest.raises(StoreError, match=message):
        Store(url)


def test_no_server():
    pytest.importorskip("psycopg")
    with pytest.raises(
        StoreError, match=r"^postgresql\+psycopg://u:\*\*\*@127\.0\.0\.1:1/d: there is no connection"
    ):
        Store("postgresql+psycopg://u:secret@127.0.0.1:1/d")


def test_no_database_on_the_server(postgres_server):
    from sqlalchemy import make_url

    url = make_url(postgres_server).set(database="not_there")
    with pytest.raises(
        StoreError,
        match=r"not_there.*: there is no connection to the server; .* \"not_there\" does not exist\)$",
    ):
        Store(url)


def test_existing_file_is_not_created_over(tmp_path):
    path = tmp_path / "autocode.db"
    path.write_text("mine")
    with pytest.raises(StoreError, match=r"autocode\.db: file exists"):
        Store(sqlite_url(path), create=True)
    assert path.read_text() == "mine"
