"""Learning in the background, with the real encoder: what is heard, shown, and kept back."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from autocode.batch import code_project, project_coder
from autocode.cli.project import make_project
from autocode.read import read_transcripts
from autocode.store import Account, Request, ReviewStore, open_project
from autocode.web.state import Review

DEMO = Path(__file__).parents[2] / "autocode" / "demo" / "transcripts"
pytestmark = pytest.mark.model


@pytest.fixture
def review(tmp_path: Path) -> Iterator[Review]:
    make_project(tmp_path / "study", codebook="knowledge_dynamics", guide=None)
    with open_project(tmp_path / "study") as project:
        for path in sorted(DEMO.iterdir())[:2]:
            for transcript in read_transcripts(path):
                project.store.add_transcript(transcript)
        code_project(project, project_coder(project))
        found = Review(project)
        yield found
        found.close()


STUCK = """\
import signal, sys, time
from autocode.cli import main
from autocode.web import ground

def prepare(review, *, read, stop):
    with review.coder_lock:
        print("started", file=sys.stderr, flush=True)
        time.sleep(60)  # as a computation that does not look up

ground.prepare = prepare
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background hands on that it has none
sys.exit(main(["--json", "review", "--no-browser"]))
"""


def test_ctrl_c_does_not_wait_for_a_learner_that_is_starting(review: Review) -> None:
    folder = review.project.folder
    with subprocess.Popen(
        [sys.executable, "-c", STUCK], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as page:  # fmt: skip
        assert page.stdout is not None
        assert page.stderr is not None
        while "started" not in page.stderr.readline():
            assert page.poll() is None
        while "link" not in page.stdout.readline():
            assert page.poll() is None
        began = time.monotonic()
        subprocess.run([sys.executable, "-c", "import fastapi, sqlalchemy"], check=True)
        busy = time.monotonic() - began  # a second where nothing else is going on
        began = time.monotonic()
        page.send_signal(signal.SIGINT)
        assert page.wait(timeout=30) == 0
        assert time.monotonic() - began < 3 + 3 * busy  # it waited 10 s for each thread before
        assert page.stderr.read().splitlines()[-1] == "Ended; every decision is stored."
    assert not list(folder.rglob("*.part"))
    with closing(sqlite3.connect(folder / "autocode.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def finish(review: Review, coder: Account, units: list[int], code: str | None) -> None:
    for unit in units:
        changes = [["done", unit, True]]
        if code is not None:
            changes.insert(0, ["code", unit, code, True])
        request = Request(f"key-{coder.key}-{unit}", "decide", changes, review.codebook.digest)
        outcome = review.people.act(coder.key, request)
        assert review.live is not None
        review.live.heard(outcome)


def test_it_learns_from_the_twentieth_on_and_from_each_after(review: Review) -> None:
    mia, live = review.people.add_account("Mia", "lead"), review.live
    assert live is not None
    live.start()
    keys = review.pool().keys.tolist()
    finish(review, mia, keys[:10], "trust")
    assert live.wait(60)
    assert (live.version, live.name) == (0, "")
    assert "from 20 utterances on" in live.problem
    finish(review, mia, keys[10:22], None)
    assert live.wait(60)
    assert (live.n_labelled, live.problem) == (22, "")
    before = live.version
    finish(review, mia, keys[22:23], "trust")
    assert live.wait(60)
    assert live.version == before + 1
    changed = live.changed_since(before)
    assert changed is not None
    assert len(changed) < len(keys)
    assert live.changed_since(live.version) == frozenset()


def test_a_units_own_labels_do_not_come_back_as_its_suggestion(review: Review) -> None:
    mia, live = review.people.add_account("Mia", "lead"), review.live
    assert live is not None
    live.start()
    keys = review.pool().keys.tolist()
    finish(review, mia, keys[:25], None)
    finish(review, mia, keys[25:30], "leapfrogging")
    assert live.wait(60)
    found = live._snapshot
    assert found is not None
    column, unit = found.code_ids.index("flexibility"), keys[60]
    before = found.probabilities[found.row[unit], column]
    finish(review, mia, [unit], "flexibility")
    assert live.wait(60)
    after = live._snapshot
    assert after is not None
    assert after.version > found.version
    assert after.probabilities[after.row[unit], column] == pytest.approx(before, abs=0.05)


def test_evidence_does_not_tell_what_a_colleague_decided_where_one_is_still_blind(review: Review) -> None:
    people, live = review.people, review.live
    mia, ben = people.add_account("Mia", "lead"), people.add_account("Ben", "coder")
    assert live is not None
    live.start()
    pool = review.pool()
    keys = pool.keys.tolist()
    finish(review, mia, keys[:30], "trust")
    assert live.wait(60)
    reading = review.reading(pool.transcripts[40])
    (view,) = review.views(ben, reading, [keys[40]])
    accepted = [e.text for items in review.evidence(ben, reading, view).values() for e in items
                if e.kind == "accepted"]  # fmt: skip
    assert accepted, "no suggestion rests on a decision, so this test would show nothing"
    people.assign(ben.key, dict.fromkeys(keys[:30], 0.5))
    kept_back = review.evidence(ben, reading, view)
    assert not [e for items in kept_back.values() for e in items if e.kind in ("accepted", "rejected")]


def test_training_in_the_project_counts_what_was_not_applied_as_no(review: Review) -> None:
    from autocode.training import labels_of_people

    mia, ben = (review.people.add_account(name, "coder") for name in ("Mia", "Ben"))
    pool = review.pool()
    a, b, c = pool.keys.tolist()[:3]
    finish(review, mia, [a], "leapfrogging")
    finish(review, ben, [b], None)
    open_ = Request("key-open-1234", "decide", [["code", c, "trust", False]], review.codebook.digest)
    review.people.act(mia.key, open_)
    names = dict(zip(pool.keys.tolist(), pool.names, strict=True))
    labels = labels_of_people(ReviewStore(review.project.store).said(), review.codebook, name_of=names)
    row = {unit: index for index, unit in enumerate(labels.unit_ids)}
    column = {code: index for index, code in enumerate(labels.code_ids)}
    assert labels.values[row[names[a]], column["leapfrogging"]] == 1
    assert labels.values[row[names[a]], column["trust"]] == 0
    assert (labels.values[row[names[b]]] == 0).all()
    assert labels.values[row[names[c]], column["trust"]] == 0
    others = [i for code, i in column.items() if code == "leapfrogging"]
    assert str(labels.values[row[names[c]], others[0]]) == "nan"
