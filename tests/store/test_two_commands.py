"""Several commands at once, and commands that are killed."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from autocode.errors import StoreError
from autocode.store import Store, open_project
from autocode.store.database import WAITING, sqlite_url
from autocode.store.project import LOCKED

WRITER = Path(__file__).with_name("writer.py")
N = 30  # transcripts of the writer


def run_writer(folder: Path, *, n: int = N) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(WRITER), str(folder), str(n)], stdout=subprocess.PIPE, text=True
    )


def finish(process: subprocess.Popen[str]) -> str:
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return output


def check_whole(folder: Path) -> set[str]:
    """Every transcript that is marked as done is complete, and nothing belongs to one that is not."""
    with closing(sqlite3.connect(folder / "autocode.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    with open_project(folder) as project:
        done = project.store.done("key")
        for name in done:
            n = 40 + int(name[1:])
            coding = project.store.coding("key", name)
            assert (len(coding.utterances), len(coding.suggestions), coding.scores.shape) == (
                n,
                4 * n,
                (n, 4),
            )
        with project.store._database.read() as connection:
            counts = [
                connection.scalar(text(f"SELECT count(*) FROM {table}"))
                for table in ("segmentations", "codings", "utterances", "suggestions")
            ]
        n_utterances = sum(40 + int(name[1:]) for name in done)
        assert counts == [len(done), len(done), n_utterances, 4 * n_utterances]
    return done


@pytest.mark.slow
def test_killed_at_any_moment_and_run_again(tmp_path):
    folder = tmp_path / "killed"
    finish(run_writer(folder, n=0))
    finish(run_writer(tmp_path / "undisturbed"))
    moments = random.Random(4)
    n_done = []
    for _ in range(10):
        process = run_writer(folder)
        assert process.stdout is not None
        process.stdout.readline()  # it is coding now (or was finished already)
        time.sleep(moments.uniform(0, 0.15))
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=30)
        n_done.append(len(check_whole(folder)))
    assert n_done == sorted(n_done)
    assert "finished" in finish(run_writer(folder))
    assert len(check_whole(folder)) == N
    with open_project(folder) as one, open_project(tmp_path / "undisturbed") as other:
        for name in sorted(other.store.done("key")):
            found, expected = one.store.coding("key", name), other.store.coding("key", name)
            assert (found.utterances, found.suggestions) == (expected.utterances, expected.suggestions)
            np.testing.assert_array_equal(found.scores, expected.scores)


HOLD_LOCK = """
import sys, time
from pathlib import Path
from autocode.store import open_project
with open_project(Path(sys.argv[1])) as project, project.lock():
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def lock_holder(project):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD_LOCK, str(project.folder)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate(timeout=30)


def test_a_second_run_waits_says_so_and_gives_up(project, lock_holder):
    said = []
    message = r"autocode\.lock: another autocode command is coding this project; run this one again when"
    with pytest.raises(StoreError, match=message), project.lock(on_wait=said.append, wait_s=1.3):
        pytest.fail("two commands have the lock")
    assert said == [LOCKED]


def test_a_killed_run_gives_the_lock_back(project, lock_holder):
    lock_holder.send_signal(signal.SIGKILL)
    lock_holder.wait(timeout=30)
    said = []
    with project.lock(on_wait=said.append, wait_s=5):
        assert said == []


def test_a_waiting_run_goes_on_when_the_other_ends(project, lock_holder):
    with project.lock(on_wait=lambda sentence: lock_holder.kill()):
        assert lock_holder.wait(timeout=30) == -signal.SIGKILL


def test_the_lock_is_free_after_an_error(project):
    for _ in range(2):
        with pytest.raises(RuntimeError, match="in the block"), project.lock(wait_s=0):
            raise RuntimeError("in the block")


@pytest.fixture
def second(project):
    """The same project, opened by another command that is less patient."""
    said: list[str] = []
    with Store(sqlite_url(project.folder / "autocode.db"), on_wait=said.append, wait_s=1.5) as store:
        yield store, said


def test_reading_does_not_wait_for_a_writer(project, second, make_transcript):
    reader, said = second
    project.store.add_transcript(make_transcript())
    with project.store._database.write() as connection:
        connection.execute(text("DELETE FROM transcripts"))
        assert reader.transcript("anna") == make_transcript()  # as it was before the other began
        connection.rollback()
    assert said == []


def test_writing_does_not_wait_for_a_reader(project, second, make_transcript):
    writer, said = second
    with project.store._database.read() as connection:
        connection.execute(text("SELECT * FROM transcripts")).all()
        writer.add_transcript(make_transcript())
        assert (
            connection.execute(text("SELECT count(*) FROM transcripts")).scalar() == 0
        )  # one moment, not two
    assert said == []
    assert len(project.store.transcripts()) == 1


def test_a_writer_waits_says_so_and_gives_up(project, second, make_transcript):
    writer, said = second
    message = (
        r"autocode\.db: another autocode command has been writing for \d s; run this one again when it has"
    )
    with project.store._database.write(), pytest.raises(StoreError, match=message):
        writer.add_transcript(make_transcript())
    assert said == [WAITING]
    assert writer.add_transcript(make_transcript())


def test_a_writer_goes_on_when_the_other_ends(project, make_transcript):
    begun, ending = threading.Event(), threading.Event()

    def write_for_a_while():
        with project.store._database.write():
            begun.set()
            ending.wait(timeout=30)

    thread = threading.Thread(target=write_for_a_while)
    thread.start()
    begun.wait(timeout=30)
    with Store(
        sqlite_url(project.folder / "autocode.db"), on_wait=lambda sentence: ending.set(), wait_s=20
    ) as writer:
        assert writer.add_transcript(make_transcript())
    thread.join(timeout=30)


def test_a_server_s_writers_take_turns_too(postgres_database, make_transcript):
    said: list[str] = []
    with (
        Store(postgres_database, create=True) as first,
        Store(postgres_database, on_wait=said.append, wait_s=1.5) as other,
    ):
        with first._database.write(), pytest.raises(StoreError, match="has been writing for"):
            other.add_transcript(make_transcript())
        assert said == [WAITING]
        assert other.add_transcript(make_transcript())
        assert first.add_transcript(make_transcript()) is False


def test_threads_may_share_a_store(project, make_transcript):
    names = [f"t{i}" for i in range(12)]
    threads = [
        threading.Thread(target=lambda name=name: project.store.add_transcript(make_transcript(name)))
        for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(summary.id for summary in project.store.transcripts()) == sorted(names)
