"""From an older layout to the current one, a version at a time.

`MIGRATIONS[n]` turns a database of version n into one of version n + 1; all steps that a
database needs run in one transaction, after a copy of the file has been made. A step never
uses `tables`, which describes the newest layout only: it spells out what it adds. (Alembic
would add branches, a server's environment and generated scripts to what is here one file,
one line of versions and one table of functions.)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    DateTime,
    Double,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    insert,
    inspect,
    select,
    true,
    update,
)
from sqlalchemy.schema import CreateColumn

from autocode.errors import StoreError
from autocode.store.database import Database
from autocode.store.failures import NO_DATABASE
from autocode.store.tables import meta, metadata

SCHEMA_VERSION = 4

Step = Callable[[Connection], None]


def _add_people(connection: Connection) -> None:
    """Version 2: coders, their decisions, memos, and who reads what."""
    layout = MetaData()
    layout.reflect(connection, only=["transcripts", "utterances", "codes", "codebook_versions"])
    moment = DateTime(timezone=True)
    new = [
        Table(
            "coders",
            layout,
            Column("id", Integer, primary_key=True),
            Column("name", String, nullable=False, unique=True),
            Column("added_at", moment, nullable=False),
        ),
        Table(
            "decisions",
            layout,
            Column("id", Integer, primary_key=True),
            Column("utterance_id", _cascades("utterances"), nullable=False, index=True),
            Column("code_id", ForeignKey("codes.id"), nullable=False),
            Column("coder_id", ForeignKey("coders.id"), nullable=False),
            Column("applies", Boolean, nullable=False),
            Column("blind", Boolean, nullable=False),
            Column("decided_at", moment, nullable=False),
            Column("codebook_id", ForeignKey("codebook_versions.id")),
        ),
        Table(
            "memos",
            layout,
            Column("id", Integer, primary_key=True),
            Column("transcript_id", _cascades("transcripts"), index=True),
            Column("utterance_id", _cascades("utterances"), index=True),
            Column("code_id", ForeignKey("codes.id")),
            Column("coder_id", ForeignKey("coders.id")),
            Column("text", Text, nullable=False),
            Column("written_at", moment, nullable=False),
        ),
        Table(
            "assignments",
            layout,
            Column("id", Integer, primary_key=True),
            Column("coder_id", ForeignKey("coders.id"), nullable=False),
            Column("utterance_id", _cascades("utterances"), nullable=False, index=True),
            Column("arm", String, nullable=False),
            Column("assigned_at", moment, nullable=False),
            Column("done_at", moment),
            UniqueConstraint("coder_id", "utterance_id"),
        ),
    ]
    layout.create_all(connection, tables=new)


def _cascades(table: str) -> ForeignKey:
    return ForeignKey(f"{table}.id", ondelete="CASCADE")


def _add_review(connection: Connection) -> None:
    """Version 3: accounts, the log of actions, spans, and what was first decided on each unit."""
    layout = MetaData()
    layout.reflect(connection, only=["transcripts", "codes", "coders"])
    moment = DateTime(timezone=True)
    actions = Table(
        "actions",
        layout,
        Column("id", Integer, primary_key=True),
        Column("key", String, nullable=False, unique=True),
        Column("actor_id", ForeignKey("coders.id"), nullable=False, index=True),
        Column("kind", String, nullable=False),
        Column("at", moment, nullable=False),
        Column("transcript_id", _cascades("transcripts"), index=True),
        Column("undoes", _cascades("actions"), index=True),
        Column("changes", Text, nullable=False),
        Column("before", Text, nullable=False),
        Column("shown", Text, nullable=False),
    )
    new = [
        Table(
            "sign_ins",
            layout,
            Column("token_sha256", String, primary_key=True),
            Column("coder_id", _cascades("coders"), nullable=False),
            Column("since", moment, nullable=False),
        ),
        Table(
            "settings",
            layout,
            Column("name", String, primary_key=True),
            Column("value", Text, nullable=False),
        ),
        actions,
        Table(
            "spans",
            layout,
            Column("id", Integer, primary_key=True),
            Column("transcript_id", _cascades("transcripts"), nullable=False, index=True),
            Column("start_char", Integer, nullable=False),
            Column("end_char", Integer, nullable=False),
            Column("code_id", ForeignKey("codes.id"), nullable=False),
            Column("coder_id", ForeignKey("coders.id"), nullable=False),
            Column("applies", Boolean, nullable=False),
            Column("blind", Boolean, nullable=False),
            Column("decided_at", moment, nullable=False),
            Column("action_id", _cascades("actions")),
        ),
    ]
    layout.create_all(connection, tables=new)
    added: dict[str, list[Column[Any]]] = {
        "coders": [
            Column("role", String, nullable=False, server_default="coder"),
            Column("passphrase", String),
            Column("active", Boolean, nullable=False, server_default=true()),
            Column("settings", Text, nullable=False, server_default="{}"),
        ],
        "decisions": [
            Column("action_id", Integer),
            Column("withdrawn", Boolean, nullable=False, server_default=false()),
        ],
        "memos": [Column("replaces", Integer)],
        "assignments": [
            Column("probability", Double),
            Column("first_codes", Text),
            Column("suggested", Text),
        ],
    }
    for table, columns in added.items():
        for column in columns:
            ddl = CreateColumn(column).compile(dialect=connection.dialect)
            connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {ddl}")


def _add_given(connection: Connection) -> None:
    """Version 4: the log of done marks (those made so far from the actions), transcripts given, themes."""
    layout = MetaData()
    layout.reflect(
        connection,
        only=["transcripts", "utterances", "coders", "codes", "codebook_versions", "actions", "decisions",
              "assignments"],
    )  # fmt: skip
    moment = DateTime(timezone=True)
    marks = Table(
        "marks",
        layout,
        Column("id", Integer, primary_key=True),
        Column("utterance_id", _cascades("utterances"), nullable=False, index=True),
        Column("coder_id", ForeignKey("coders.id"), nullable=False),
        Column("done", Boolean, nullable=False),
        Column("n_applied", Integer, nullable=False),
        Column("blind", Boolean, nullable=False),
        Column("marked_at", moment, nullable=False),
        Column("codebook_id", ForeignKey("codebook_versions.id")),
        Column("action_id", Integer),
    )
    new = [
        marks,
        Table(
            "given",
            layout,
            Column("id", Integer, primary_key=True),
            Column("transcript_id", _cascades("transcripts"), nullable=False, index=True),
            Column("coder_id", ForeignKey("coders.id"), nullable=False),
            Column("is_given", Boolean, nullable=False),
            Column("by_id", ForeignKey("coders.id"), nullable=False),
            Column("given_at", moment, nullable=False),
        ),
        Table(
            "theme_decisions",
            layout,
            Column("id", Integer, primary_key=True),
            Column("verdict", String, nullable=False),
            Column("code", String),
            Column("label", Text, nullable=False),
            Column("statements", Text, nullable=False),
            Column("transcripts", Text, nullable=False),
            Column("coder_id", ForeignKey("coders.id"), nullable=False),
            Column("decided_at", moment, nullable=False),
            Column("replaces", Integer),
        ),
    ]
    layout.create_all(connection, tables=new)
    if rows := _marks_so_far(connection, layout.tables):
        connection.execute(insert(marks), rows)


def _marks_so_far(connection: Connection, tables: Mapping[str, Table]) -> list[dict[str, Any]]:
    """The done marks of the log of actions, as the current program would have written them down.

    The codebook is that of the action's own decisions; an action without any does not say.
    """
    actions, decisions, assignments = (tables[name] for name in ("actions", "decisions", "assignments"))
    here = set(connection.scalars(select(tables["utterances"].c.id)))
    was_blind = {
        (coder, unit)
        for coder, unit in connection.execute(
            select(assignments.c.coder_id, assignments.c.utterance_id).where(assignments.c.arm == "blind")
        )
    }
    said = iter(connection.execute(select(decisions).order_by(decisions.c.id)).all())
    waiting = next(said, None)
    applied: dict[tuple[int, int], set[int]] = {}  # by coder and utterance, codes
    done: set[tuple[int, int]] = set()
    rows: list[dict[str, Any]] = []
    for action in connection.execute(select(actions).order_by(actions.c.id)).all():
        codebook = None
        while waiting is not None and (waiting.action_id is None or waiting.action_id <= action.id):
            codes = applied.setdefault((waiting.coder_id, waiting.utterance_id), set())
            codes.discard(waiting.code_id)
            if waiting.applies and not waiting.withdrawn:
                codes.add(waiting.code_id)
            codebook = waiting.codebook_id if waiting.action_id == action.id else None
            waiting = next(said, None)
        subject = json.loads(action.shown).get("for", action.actor_id)
        for change in json.loads(action.changes):
            if change[0] != "done" or change[1] not in here:
                continue
            place = subject, change[1]
            if change[2] is not (place in done):
                rows.append(
                    {"utterance_id": change[1], "coder_id": subject, "done": change[2],
                     "n_applied": len(applied.get(place, ())), "blind": place in was_blind,
                     "marked_at": action.at, "codebook_id": codebook, "action_id": action.id}
                )  # fmt: skip
            if change[2]:
                done.add(place)
                was_blind.discard(place)  # the suggestions have been shown since
            else:
                done.discard(place)
    return rows


MIGRATIONS: Mapping[int, Step] = {1: _add_people, 2: _add_review, 3: _add_given}


def create_layout(database: Database, *, now: datetime) -> None:
    """Make all tables in an empty database. Raises `StoreError` if it holds a project."""
    with database.write() as connection:
        if inspect(connection).has_table("meta"):
            raise StoreError(
                f"{database.where}: holds a project already; open it, or choose another database"
            )
        metadata.create_all(connection)
        connection.execute(
            meta.insert().values(schema_version=SCHEMA_VERSION, created_at=now, app_version=app_version())
        )


def bring_up_to_date(database: Database, *, migrations: Mapping[int, Step] = MIGRATIONS) -> None:
    """Check the layout's version, and migrate an older one after copying the file to `autocode.db.bak-v{n}`.

    Raises `StoreError`, and changes nothing, when a newer program wrote the database or when
    it is no database of ours.
    """
    newest = max(migrations) + 1
    with database.read() as connection:
        found = _checked_version(connection, database.where, migrations)
    if found == newest:
        return
    with database.write() as connection:
        found = _checked_version(
            connection, database.where, migrations
        )  # another command may have been faster
        if found == newest:
            return
        database.back_up(f".bak-v{found}")
        for step in range(found, newest):
            migrations[step](connection)
        connection.execute(update(meta).values(schema_version=newest, app_version=app_version()))


def app_version() -> str:
    """The installed version of autocode."""
    try:
        return version("autocode")
    except PackageNotFoundError:  # a source folder that was never installed
        return "unknown"


def _checked_version(connection: Connection, where: str, migrations: Mapping[int, Step]) -> int:
    newest = max(migrations) + 1
    found = inspect(connection)
    columns = {column["name"] for column in found.get_columns("meta")} if found.has_table("meta") else set()
    if not {"schema_version", "app_version"} <= columns:
        raise StoreError(f"{where}: {NO_DATABASE}")
    row = connection.execute(select(meta.c.schema_version, meta.c.app_version)).first()
    if row is None or row.schema_version < min(migrations):
        raise StoreError(f"{where}: {NO_DATABASE}")
    if row.schema_version > newest:
        raise StoreError(
            f"{where}: was written by autocode {row.app_version} with layout {row.schema_version}, and this "
            f"is autocode {app_version()}, which knows layouts up to {newest}; install the newer autocode"
        )
    return int(row.schema_version)
