"""Older layouts are brought up to date, newer ones are left alone."""

from __future__ import annotations

import json
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, inspect, text

from autocode.errors import StoreError
from autocode.records import Decision
from autocode.store import SCHEMA_VERSION, ReviewStore, Store, create_project, open_project
from autocode.store.database import Database, sqlite_url
from autocode.store.migrations import MIGRATIONS, app_version, bring_up_to_date

VERSION_1 = Path(__file__).with_name("version_1.sql").read_text(encoding="utf-8")
TEXTS = {"settings_toml": "", "codebook_yaml": "", "guide_yaml": ""}


@pytest.fixture
def old_project(folder) -> Path:
    """A project as version 1 left it, with one coded transcript."""
    create_project(folder, **TEXTS).close()
    (folder / "autocode.db").unlink()
    with closing(sqlite3.connect(folder / "autocode.db")) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.executescript(VERSION_1)
    return folder


def layout(engine: Engine) -> dict[str, object]:
    """All that a schema is made of, in an order of its own."""
    found = inspect(engine)

    def by_name(items: list[dict[str, object]]) -> list[str]:
        return sorted(str(sorted(item.items(), key=lambda pair: pair[0])) for item in items)

    return {
        table: {
            "columns": [(c["name"], str(c["type"]), c["nullable"]) for c in found.get_columns(table)],
            "key": found.get_pk_constraint(table)["constrained_columns"],
            "refers": by_name(found.get_foreign_keys(table)),
            "indexes": by_name(found.get_indexes(table)),
            "unique": by_name(found.get_unique_constraints(table)),
        }
        for table in found.get_table_names()
    }


def layout_of(url) -> dict[str, object]:
    engine = create_engine(url)
    try:
        return layout(engine)
    finally:
        engine.dispose()


def test_every_version_has_its_step():
    assert list(MIGRATIONS) == list(range(1, SCHEMA_VERSION))


def test_version_1_opens_with_everything_in_it(old_project):
    with open_project(old_project) as project:
        store = project.store
        transcript = store.transcript("anna")
        assert [turn.text for turn in transcript.turns] == ["Why?", "Because nobody knew."]
        assert store.done("key") == {"anna"}
        coding = store.coding("key", "anna")
        assert [(s.code_id, s.evidence[0].text) for s in coding.suggestions] == [("gap", "nobody knew")]
        assert coding.scores.tolist() == [[0.75, 0.5]]
        decision = Decision("anna:1", "gap", "mia", True, True, datetime(2024, 5, 1, tzinfo=UTC))
        store.add_decision(decision, segmentation="s")
        assert store.decisions() == [decision]


def test_version_2_keeps_its_decisions(old_project):
    """A decision of before there were accounts is there, and its coder has an account."""
    path = old_project / "autocode.db"
    database = Database(sqlite_url(path))
    bring_up_to_date(database, migrations={1: MIGRATIONS[1]})
    with database.write() as connection:
        connection.execute(text("INSERT INTO coders (id, name, added_at) VALUES (7, 'mia', '2024-05-01')"))
        connection.execute(
            text(
                "INSERT INTO decisions (utterance_id, code_id, coder_id, applies, blind, decided_at) "
                "SELECT u.id, c.id, 7, 1, 1, '2024-05-01' FROM utterances u, codes c "
                "WHERE u.name = 'anna:1' AND c.name = 'gap'"
            )
        )
        memo = "INSERT INTO memos (code_id, coder_id, text, written_at) SELECT id, 7, 'see', '2024-05-01'"
        connection.execute(text(f"{memo} FROM codes WHERE name = 'gap'"))
    database.close()
    with open_project(old_project) as project:
        decision = Decision("anna:1", "gap", "mia", True, True, datetime(2024, 5, 1, tzinfo=UTC))
        assert project.store.decisions() == [decision]
        people = ReviewStore(project.store)
        (mia,) = people.accounts()
        assert (mia.key, mia.name, mia.role, mia.has_passphrase, mia.active) == (
            7,
            "mia",
            "coder",
            False,
            True,
        )
        (row,) = people.log()
        assert (row["coder"], row["code"], row["value"], row["action"]) == ("mia", "gap", True, "stored")
        assert [(memo.target, memo.text) for memo in people.memos("code")] == [("gap", "see")]
        assert people.undo(7, "nothing-to-undo", codebook_digest="") is None  # it was no action
    assert (old_project / "autocode.db.bak-v2").exists()


def back_to_version_1(engine: Engine) -> None:
    """Take away what came later from a database of the current layout."""
    with engine.begin() as connection:
        for table in (
            "theme_decisions", "given", "marks", "spans", "actions", "settings", "sign_ins", "assignments",
            "memos", "decisions", "coders",
        ):  # fmt: skip
            connection.execute(text(f"DROP TABLE {table}"))
        connection.execute(text("UPDATE meta SET schema_version = 1"))


@pytest.fixture
def old_server(postgres_database, make_transcript, make_coding) -> str:
    """The URL of a PostgreSQL database as version 1 left it, with one coded transcript."""
    with Store(postgres_database, create=True) as store:
        store.add_transcript(make_transcript())
        store.save_coding("key", "anna", make_coding(make_transcript()), segmentation="s")
    engine = create_engine(postgres_database)
    back_to_version_1(engine)
    engine.dispose()
    return postgres_database


@pytest.fixture(params=["sqlite", "postgresql"])
def old_url(request: pytest.FixtureRequest) -> object:
    """A database of either kind as version 1 left it, with one coded transcript."""
    if request.param == "postgresql":
        return request.getfixturevalue("old_server")
    return sqlite_url(request.getfixturevalue("old_project") / "autocode.db")


def test_version_3_gets_its_done_marks_from_the_actions(old_url):
    """Of a log of before done marks were kept: finished with a code, blind; finished without; reopened."""
    database = Database(old_url)
    bring_up_to_date(database, migrations={1: MIGRATIONS[1], 2: MIGRATIONS[2]})
    log = (
        [["code", "gap", True], ["done", True]],
        [["done", False]],
        [["code", "gap", None]],
        [["done", True]],
    )
    with database.write() as connection:
        unit = connection.scalar(text("SELECT id FROM utterances WHERE name = 'anna:1'"))
        code = connection.scalar(text("SELECT id FROM codes WHERE name = 'gap'"))
        connection.execute(text("INSERT INTO coders (id, name, added_at) VALUES (7, 'mia', '2024-05-01')"))
        connection.execute(
            text(
                "INSERT INTO assignments (coder_id, utterance_id, arm, assigned_at) "
                f"VALUES (7, {unit}, 'blind', '2024-05-01')"
            )
        )
        for number, changes in enumerate(log, start=1):
            connection.execute(
                text(
                    "INSERT INTO actions (id, key, actor_id, kind, at, changes, before, shown) VALUES "
                    f"({number}, 'key-{number}', 7, 'done', '2024-05-0{number} 10:00:00.000000', :changes, "
                    "'[]', '{}')"
                ),
                {"changes": json.dumps([[kind, unit, *rest] for kind, *rest in changes])},
            )
            for change in changes:
                if change[0] == "code":
                    connection.execute(
                        text(
                            "INSERT INTO decisions (utterance_id, code_id, coder_id, applies, blind, "
                            f"decided_at, action_id, withdrawn) VALUES ({unit}, {code}, 7, "
                            f"{bool(change[2])}, TRUE, '2024-05-01', {number}, {change[2] is None})"
                        )
                    )
    database.close()
    with Store(old_url) as store:
        log = ReviewStore(store).log()
        marks = [(row["value"], row["blind"], row["decided_at"].day) for row in log if not row["code"]]
        assert marks == [
            ("finished", True, 1),
            ("opened again", False, 2),
            ("finished, no code applies", False, 4),
        ]


def test_a_migrated_layout_is_the_current_one(old_project, tmp_path):
    open_project(old_project).close()
    Store(sqlite_url(tmp_path / "new.db"), create=True).close()
    assert layout_of(sqlite_url(old_project / "autocode.db")) == layout_of(sqlite_url(tmp_path / "new.db"))


def test_the_old_file_is_kept_as_a_private_copy(old_project):
    open_project(old_project).close()
    copy = old_project / "autocode.db.bak-v1"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT schema_version FROM meta").fetchall() == [(1,)]
        assert connection.execute("SELECT count(*) FROM suggestions").fetchall() == [(1,)]
    assert not list(old_project.glob("*.part"))


def test_migrated_once(old_project):
    open_project(old_project).close()
    (old_project / "autocode.db.bak-v1").unlink()
    open_project(old_project).close()
    assert not (old_project / "autocode.db.bak-v1").exists()


def test_a_step_that_fails_changes_nothing(old_project):
    def fails(connection):
        connection.execute(text("DROP TABLE suggestions"))
        connection.execute(text("CREATE TABLE half (id INTEGER)"))
        raise StoreError("no further")

    database = Database(sqlite_url(old_project / "autocode.db"))
    before = layout_of(database.url)
    with pytest.raises(StoreError, match="no further"):
        bring_up_to_date(database, migrations={**MIGRATIONS, 2: fails})
    database.close()
    assert layout_of(database.url) == before
    open_project(old_project).close()  # and the program that works still works


def test_several_steps_in_order(old_project):
    taken = []

    def step(number: int) -> Callable[[object], None]:
        return lambda connection: taken.append(number)

    database = Database(sqlite_url(old_project / "autocode.db"))
    bring_up_to_date(database, migrations={number: step(number) for number in (1, 2, 3, 4)})
    database.close()
    assert taken == [1, 2, 3, 4]
    with pytest.raises(StoreError, match="with layout 5"):
        open_project(old_project)


def test_newer_is_refused_and_left_as_it_is(folder):
    create_project(folder, **TEXTS).close()
    path = folder / "autocode.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE meta SET schema_version = 99, app_version = '9.1.0'")
    before = path.read_bytes()
    message = (
        rf"autocode\.db: was written by autocode 9\.1\.0 with layout 99, and this is "
        rf"autocode {app_version()}, which knows layouts up to {SCHEMA_VERSION}; install the newer autocode$"
    )
    with pytest.raises(StoreError, match=message):
        open_project(folder)
    assert path.read_bytes() == before
    assert not list(folder.glob("*.bak*"))


def test_a_server_is_migrated_too(postgres_database):
    engine = create_engine(postgres_database)
    Store(postgres_database, create=True).close()
    current = layout(engine)
    back_to_version_1(engine)
    Store(postgres_database).close()
    assert layout(engine) == current
    engine.dispose()
