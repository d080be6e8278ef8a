"""The tables of a project, at the current layout (`migrations.SCHEMA_VERSION`).

Inside the database rows refer to each other by small integers; text ids appear once each, in
the row that they name, and at the API. Text of a turn or an utterance is not stored: it is the
slice of its transcript's text. `migrations` brings older files to this layout; whoever changes
a table here adds a step there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    insert,
    true,
)

metadata = MetaData()


class UtcTime(TypeDecorator[datetime]):
    """A moment. Stored as UTC; read back with its time zone on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """UTC; a time without a zone is an error of the caller, never guessed at."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time needs its time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """UTC with its zone, which SQLite does not keep."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _refers(table: str, *, cascade: bool = True) -> ForeignKey:
    return ForeignKey(f"{table}.id", ondelete="CASCADE" if cascade else None)


# `meta` never changes: every later program must be able to read which layout it has before it.
meta = Table(
    "meta",
    metadata,
    Column("schema_version", Integer, primary_key=True, autoincrement=False),
    Column("created_at", UtcTime, nullable=False),
    Column("app_version", String, nullable=False),  # the program that wrote this layout
)

transcripts = Table(
    "transcripts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False, unique=True),  # the transcript's id at the API
    Column("source", String, nullable=False),
    Column("format", String, nullable=False),
    Column("language", String),
    Column("sha256", String, nullable=False, index=True),  # of the original bytes
    Column("content_sha256", String, nullable=False, unique=True),  # one file may hold several transcripts
    Column("input_digest", String, nullable=False),  # what a coding depends on: content and current roles
    Column("has_units", Boolean, nullable=False),
    Column("n_chars", Integer, nullable=False),
    Column("added_at", UtcTime, nullable=False),
    Column("warnings", JSON, nullable=False),
    Column("meta", JSON, nullable=False),
    Column("text", Text, nullable=False),  # last, so that SQLite skips its pages when listing
)

turns = Table(
    "turns",
    metadata,
    Column("transcript_id", _refers("transcripts"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("speaker", String, nullable=False),
    Column("role", String, nullable=False),  # as the file had it; `speakers` overrides it
    Column("start_char", Integer, nullable=False),
    Column("end_char", Integer, nullable=False),
    Column("start_s", Double),
    Column("end_s", Double),
    Column("unit_id", String),
    Column("meta", JSON(none_as_null=True)),  # NULL: empty
)

speakers = Table(
    "speakers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("transcript_id", _refers("transcripts"), index=True),  # NULL: everywhere in the project
    Column("name", String, nullable=False),
    Column("role", String, nullable=False),
)

segmentations = Table(
    "segmentations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("transcript_id", _refers("transcripts"), nullable=False),
    Column("segmentation", String, nullable=False),  # digest of the segment settings
    Column("layout_digest", String, nullable=False),  # of the utterances themselves
    UniqueConstraint("transcript_id", "segmentation", "layout_digest"),
)

utterances = Table(
    "utterances",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("segmentation_id", _refers("segmentations"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("name", String, nullable=False, index=True),  # the utterance's id at the API
    Column("turn", Integer, nullable=False),
    Column("start_char", Integer, nullable=False),
    Column("end_char", Integer, nullable=False),
    Column("start_s", Double),
    Column("end_s", Double),
    Column("backchannel", Boolean, nullable=False),
    Column("meta", Text, nullable=False),  # JSON, or empty
    UniqueConstraint("segmentation_id", "position"),
)

codes = Table(
    "codes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False, unique=True),  # the code's id in the codebook
)

codebook_versions = Table(
    "codebook_versions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", String, nullable=False, unique=True),
    Column("number", Integer, nullable=False, unique=True),
    Column("json", Text, nullable=False),
    Column("added_at", UtcTime, nullable=False),
    Column("note", Text, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_key", String, nullable=False, index=True),
    Column("status", String, nullable=False),
    Column("version", String, nullable=False),
    Column("codebook_digest", String, nullable=False),
    Column("guide_digest", String, nullable=False),
    Column("encoder_digest", String, nullable=False),
    Column("segmentation", String, nullable=False),
    Column("seed", Integer, nullable=False),
    Column("settings", JSON, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("finished_at", UtcTime),
    Column("counts", JSON, nullable=False),
    Column("timings", JSON, nullable=False),
    Column("error", Text, nullable=False),
)

# One transcript coded under one run key. The row is the mark that it is done: it is written in
# the same transaction as everything that it stands for.
codings = Table(
    "codings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_key", String, nullable=False),
    Column("transcript_id", _refers("transcripts"), nullable=False, index=True),
    Column("segmentation_id", _refers("segmentations"), nullable=False, index=True),
    Column("run_id", ForeignKey("runs.id")),
    Column("input_digest", String, nullable=False),  # the transcript's when it was coded
    Column("code_ids", JSON, nullable=False),  # the columns of `scores.scores`
    Column("coded_at", UtcTime, nullable=False),
    UniqueConstraint("run_key", "transcript_id"),
)

# What a coding made of each utterance: its role then, whether it was coded, all its scores.
scores = Table(
    "scores",
    metadata,
    Column("coding_id", _refers("codings"), primary_key=True),
    Column("utterance_id", _refers("utterances"), primary_key=True, index=True),
    Column("role", String, nullable=False),
    Column("scores", LargeBinary),  # float32, little-endian, in the order of code_ids; NULL: not codable
    # For each of its suggestions by position [[kind, text, weight, start_char, end_char], ...], as JSON;
    # here, because one JSON value for each suggestion takes four times as long to write and to read.
    Column("evidence", Text, nullable=False),
)

suggestions = Table(
    "suggestions",
    metadata,
    Column("coding_id", Integer, primary_key=True, autoincrement=False),
    Column("utterance_id", Integer, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),  # 0: the best of its utterance
    Column("code_id", _refers("codes", cascade=False), nullable=False),
    Column("score", Double, nullable=False),
    Column("probability", Double),
    Column("decision", String, nullable=False),
    ForeignKeyConstraint(
        ["coding_id", "utterance_id"], ["scores.coding_id", "scores.utterance_id"], ondelete="CASCADE"
    ),
    Index("suggestions_of_code", "coding_id", "code_id", "utterance_id", unique=True),
    sqlite_with_rowid=False,  # no second copy of the long key
)

coders = Table(
    "coders",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("added_at", UtcTime, nullable=False),
    Column("role", String, nullable=False, server_default="coder"),  # lead, coder, reader, or consensus
    Column("passphrase", String),  # its argon2 hash; NULL: may only sign in on this computer
    Column("active", Boolean, nullable=False, server_default=true()),
    Column("settings", Text, nullable=False, server_default="{}"),  # JSON: keys, theme
)

sign_ins = Table(
    "sign_ins",
    metadata,
    Column("token_sha256", String, primary_key=True),  # of the cookie's token, which is not stored
    Column("coder_id", _refers("coders"), nullable=False),
    Column("since", UtcTime, nullable=False),
)

settings = Table(
    "settings",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", Text, nullable=False),  # JSON
)

# The log: append-only. One row for each thing that somebody did, with what was there before, so that
# everything can be taken back; taking back is a row of its own.
actions = Table(
    "actions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String, nullable=False, unique=True),  # made by the page: the same action twice counts once
    Column("actor_id", _refers("coders", cascade=False), nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("transcript_id", _refers("transcripts"), index=True),
    Column("undoes", _refers("actions"), index=True),  # of kind undo or redo
    Column("changes", Text, nullable=False),  # JSON, see `actions.Change`
    Column("before", Text, nullable=False),  # JSON: the changes that take it back
    Column("shown", Text, nullable=False),  # JSON: model, codebook, and each unit's suggestions on the screen
)

# Append-only: a change of mind is a new row. Only `remove_transcript` takes rows away.
decisions = Table(
    "decisions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("utterance_id", _refers("utterances"), nullable=False, index=True),
    Column("code_id", _refers("codes", cascade=False), nullable=False),
    Column("coder_id", _refers("coders", cascade=False), nullable=False),
    Column("applies", Boolean, nullable=False),
    Column("blind", Boolean, nullable=False),
    Column("decided_at", UtcTime, nullable=False),
    Column("codebook_id", _refers("codebook_versions", cascade=False)),  # the rule it was made under
    Column("action_id", Integer),  # of `actions`; goes with the utterance, as the action does
    Column("withdrawn", Boolean, nullable=False, server_default=false()),  # nothing is said any more
)

# A code on a stretch of the text that is not one utterance. Append-only, like decisions.
spans = Table(
    "spans",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("transcript_id", _refers("transcripts"), nullable=False, index=True),
    Column("start_char", Integer, nullable=False),
    Column("end_char", Integer, nullable=False),
    Column("code_id", _refers("codes", cascade=False), nullable=False),
    Column("coder_id", _refers("coders", cascade=False), nullable=False),
    Column("applies", Boolean, nullable=False),
    Column("blind", Boolean, nullable=False),
    Column("decided_at", UtcTime, nullable=False),
    Column("action_id", _refers("actions")),
)

memos = Table(
    "memos",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("transcript_id", _refers("transcripts"), index=True),
    Column("utterance_id", _refers("utterances"), index=True),
    Column("code_id", _refers("codes", cascade=False)),
    Column("coder_id", _refers("coders", cascade=False)),
    Column("text", Text, nullable=False),
    Column("written_at", UtcTime, nullable=False),
    Column("replaces", Integer),  # the memo that this is a new version of; an empty text: it was deleted
)

assignments = Table(
    "assignments",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("coder_id", _refers("coders", cascade=False), nullable=False),
    Column("utterance_id", _refers("utterances"), nullable=False, index=True),
    Column("arm", String, nullable=False),  # whether suggestions are shown
    Column("assigned_at", UtcTime, nullable=False),
    Column("done_at", UtcTime),
    Column("probability", Double),  # of being drawn, where it was drawn for reliability
    Column("first_codes", Text),  # JSON: what the coder applied when first done; NULL: never done
    Column("suggested", Text),  # JSON: what the machine suggested then, shown or not
    UniqueConstraint("coder_id", "utterance_id"),
)

# When a coder finished an utterance or opened it again. Append-only, like decisions; how things stand now
# is in `assignments`.
marks = Table(
    "marks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("utterance_id", _refers("utterances"), nullable=False, index=True),
    Column("coder_id", _refers("coders", cascade=False), nullable=False),
    Column("done", Boolean, nullable=False),  # False: opened again
    Column("n_applied", Integer, nullable=False),  # codes that the coder applied then
    Column("blind", Boolean, nullable=False),
    Column("marked_at", UtcTime, nullable=False),
    Column("codebook_id", _refers("codebook_versions", cascade=False)),
    Column("action_id", Integer),
)

# Which whole transcripts are whose to code: the latest row of a coder and transcript holds. Append-only.
# It has nothing to do with `assignments.probability`, which marks what was drawn for reliability.
given = Table(
    "given",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("transcript_id", _refers("transcripts"), nullable=False, index=True),
    Column("coder_id", _refers("coders", cascade=False), nullable=False),
    Column("is_given", Boolean, nullable=False),  # False: taken back
    Column("by_id", _refers("coders", cascade=False), nullable=False),
    Column("given_at", UtcTime, nullable=False),
)

# What was decided on a theme. Themes have no lasting name, so a decision keeps which statements it was about.
theme_decisions = Table(
    "theme_decisions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("verdict", String, nullable=False),  # code, belongs, uninteresting; open: taken back
    Column("code", String),  # id of the code that was made, or that it belongs to
    Column("label", Text, nullable=False),  # of the theme then
    Column("statements", Text, nullable=False),  # JSON: ids of its utterances then
    Column("transcripts", Text, nullable=False),  # JSON: ids of all that themes were found in then
    Column("coder_id", _refers("coders", cascade=False), nullable=False),
    Column("decided_at", UtcTime, nullable=False),
    Column("replaces", Integer),  # the decision that this is a new version of
)


def insert_many(
    connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    """Insert `rows`, whose values must be plain numbers, strings, bytes or None.

    SQLAlchemy writes the statement and the driver binds the values: three times as fast for
    thousands of rows as one dict each through the type system.
    """
    values = list(rows)
    if not values:
        return
    compiled = insert(table).compile(dialect=connection.dialect, column_keys=list(columns))
    if compiled.positional:
        order = [columns.index(name) for name in compiled.positiontup or ()]
        straight = order == list(range(len(columns)))
        bound: Any = values if straight else [tuple(row[i] for i in order) for row in values]
    else:
        bound = [dict(zip(columns, row, strict=True)) for row in values]
    connection.exec_driver_sql(compiled.string, bound)


def compact_json(value: Any) -> str:
    """JSON without spaces, readable in every script, with neither NaN nor infinity."""
    return _encode(value)


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
