"""Transcripts in the database: added once, never edited; roles can be set over them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, or_, select, update

from autocode.config import suggest
from autocode.errors import StoreError
from autocode.records import Role, Transcript, Turn
from autocode.store.entries import TranscriptSummary
from autocode.store.keys import content_digest, input_digest
from autocode.store.tables import (
    assignments,
    codings,
    decisions,
    memos,
    segmentations,
    spans,
    speakers,
    transcripts,
    turns,
    utterances,
)
from autocode.store.unused import keep_highest, next_key


def add(connection: Connection, transcript: Transcript, *, now: datetime) -> bool:
    """Store a transcript. False if the very same one is there already."""
    check_turns(transcript)
    content = content_digest(transcript.sha256, transcript.text)
    same = select(transcripts.c.name, transcripts.c.content_sha256).where(
        or_(transcripts.c.name == transcript.id, transcripts.c.content_sha256 == content)
    )
    for name, stored in connection.execute(same):
        if name == transcript.id and stored == content:
            return False
        if name == transcript.id:
            raise StoreError(
                f"{transcript.id}: the project has a transcript of that name with other content; "
                "remove that one first, or give this one another name"
            )
        raise StoreError(
            f"{transcript.id}: has the same content as '{name}', which is in the project already"
        )
    key = _insert(connection, transcript, content, now)
    refresh_input_digest(connection, key)
    return True


def check_turns(transcript: Transcript) -> None:
    """Raise `ValueError` unless every turn is the slice of the text that it says it is."""
    for position, turn in enumerate(transcript.turns):
        if turn.index != position or transcript.text[turn.start_char : turn.end_char] != turn.text:
            raise ValueError(f"{transcript.id}: turn {turn.index} is not the text at its positions")


def _insert(connection: Connection, transcript: Transcript, content: str, now: datetime) -> int:
    values: dict[str, Any] = {
        "name": transcript.id,
        "source": transcript.source,
        "format": transcript.format,
        "language": transcript.language,
        "sha256": transcript.sha256,
        "content_sha256": content,
        "input_digest": "",
        "has_units": transcript.has_units,
        "n_chars": len(transcript.text),
        "added_at": now,
        "warnings": list(transcript.warnings),
        "meta": dict(transcript.meta),
        "text": transcript.text,
    }
    if (unused := next_key(connection, transcripts)) is not None:
        values["id"] = unused
    added = connection.execute(insert(transcripts).values(values).returning(transcripts.c.id))
    key = int(added.scalar_one())
    if transcript.turns:
        connection.execute(insert(turns), [_turn_row(key, turn) for turn in transcript.turns])
    return key


def _turn_row(key: int, turn: Turn) -> dict[str, Any]:
    return {
        "transcript_id": key,
        "position": turn.index,
        "speaker": turn.speaker,
        "role": turn.role,
        "start_char": turn.start_char,
        "end_char": turn.end_char,
        "start_s": turn.start_s,
        "end_s": turn.end_s,
        "unit_id": turn.unit_id,
        "meta": dict(turn.meta) or None,
    }


def find(connection: Connection, transcript_id: str) -> Row[Any]:
    """A transcript's row. Raises `StoreError` that names the nearest id if there is none."""
    row = connection.execute(select(transcripts).where(transcripts.c.name == transcript_id)).first()
    if row is None:
        known = list(connection.scalars(select(transcripts.c.name)))
        raise StoreError(f"{transcript_id}: no such transcript in the project{suggest(transcript_id, known)}")
    return row


def load(connection: Connection, transcript_id: str) -> Transcript:
    """A transcript with the roles as they are set now."""
    row = find(connection, transcript_id)
    return Transcript(
        id=row.name,
        text=row.text,
        turns=load_turns(connection, row),
        format=row.format,
        source=row.source,
        sha256=row.sha256,
        language=row.language,
        has_units=row.has_units,
        warnings=tuple(row.warnings),
        meta=row.meta,
    )


def load_turns(connection: Connection, transcript: Row[Any]) -> tuple[Turn, ...]:
    """The turns of a row of `transcripts`, in order, with the roles as they are set now."""
    roles = _roles_set(connection, transcript.id)
    rows = connection.execute(
        select(turns).where(turns.c.transcript_id == transcript.id).order_by(turns.c.position)
    )
    return tuple(
        Turn(
            index=row.position,
            speaker=row.speaker,
            role=roles.get(row.speaker, row.role),
            text=transcript.text[row.start_char : row.end_char],
            start_char=row.start_char,
            end_char=row.end_char,
            start_s=row.start_s,
            end_s=row.end_s,
            unit_id=row.unit_id,
            meta=row.meta or {},
        )
        for row in rows
    )


def summaries(connection: Connection) -> list[TranscriptSummary]:
    """All transcripts by id, without reading their texts."""
    roles_set: dict[int | None, dict[str, Role]] = {}
    for key, name, role in connection.execute(
        select(speakers.c.transcript_id, speakers.c.name, speakers.c.role)
    ):
        roles_set.setdefault(key, {})[name] = role
    everywhere = roles_set.get(None, {})
    seen: dict[int, dict[str, Role]] = {}
    n_turns: dict[int, int] = {}
    for key, name, role, n in connection.execute(_speakers_in_order()):
        set_here = {**everywhere, **roles_set.get(key, {})}
        seen.setdefault(key, {})[name] = set_here.get(name, role)
        n_turns[key] = n_turns.get(key, 0) + n
    light = [column for column in transcripts.c if column.name not in ("text", "meta")]
    return [
        TranscriptSummary(
            id=row.name,
            source=row.source,
            format=row.format,
            language=row.language,
            sha256=row.sha256,
            n_chars=row.n_chars,
            n_turns=n_turns.get(row.id, 0),
            speakers=seen.get(row.id, {}),
            warnings=tuple(row.warnings),
            added_at=row.added_at,
        )
        for row in connection.execute(select(*light).order_by(transcripts.c.name))
    ]


def _speakers_in_order() -> Select[Any]:
    first = func.min(turns.c.position)
    return (
        select(turns.c.transcript_id, turns.c.speaker, turns.c.role, func.count())
        .group_by(turns.c.transcript_id, turns.c.speaker, turns.c.role)
        .order_by(turns.c.transcript_id, first)
    )


def remove(connection: Connection, transcript_id: str, *, with_decisions: bool) -> None:
    """Delete a transcript and everything that refers to it.

    Raises `StoreError` if people have decided or written something on it, unless `with_decisions`.
    """
    key = find(connection, transcript_id).id
    of_it = (
        select(utterances.c.id)
        .join(segmentations, segmentations.c.id == utterances.c.segmentation_id)
        .where(segmentations.c.transcript_id == key)
    )
    finished = assignments.c.first_codes.is_not(None) & assignments.c.utterance_id.not_in(
        select(decisions.c.utterance_id).where(decisions.c.coder_id == assignments.c.coder_id)
    )  # read, and no code applies: that was decided too
    stands = (memos.c.text != "") & memos.c.id.not_in(
        select(memos.c.replaces).where(memos.c.replaces.is_not(None))
    )
    n_of = Counter[str]()
    for what, table, rows in (
        ("decisions", decisions, decisions.c.utterance_id.in_(of_it)),
        ("decisions", assignments, assignments.c.utterance_id.in_(of_it) & finished),
        ("decisions", spans, spans.c.transcript_id == key),
        ("memos", memos, stands & (memos.c.utterance_id.in_(of_it) | (memos.c.transcript_id == key))),
    ):
        n_of[what] += connection.scalar(select(func.count()).select_from(table).where(rows)) or 0
    if n_of.total() and not with_decisions:
        told = " and ".join(f"{what} ({n})" for what, n in n_of.items() if n)
        raise StoreError(
            f"{transcript_id}: coders' {told} refer to it; --with-decisions removes them with it"
        )
    keep_highest(connection)
    # What hangs on a coding goes in one sweep, not utterance by utterance.
    connection.execute(delete(codings).where(codings.c.transcript_id == key))
    connection.execute(delete(memos).where(memos.c.utterance_id.in_(of_it)))
    connection.execute(delete(transcripts).where(transcripts.c.id == key))


def set_role(connection: Connection, transcript_id: str | None, speaker: str, role: Role | None) -> None:
    """Give `speaker` a role in one transcript, or everywhere; None takes what was set away again."""
    key: int | None = None
    if transcript_id is not None:
        key = find(connection, transcript_id).id
        names = list(
            connection.scalars(select(turns.c.speaker).where(turns.c.transcript_id == key).distinct())
        )
        if speaker not in names:
            raise StoreError(f"{transcript_id}: has no speaker '{speaker}'{suggest(speaker, names)}")
    connection.execute(
        delete(speakers).where(speakers.c.transcript_id.is_not_distinct_from(key), speakers.c.name == speaker)
    )
    if role is not None:
        connection.execute(insert(speakers).values(transcript_id=key, name=speaker, role=role))
    affected = select(turns.c.transcript_id).where(turns.c.speaker == speaker).distinct()
    for transcript_key in connection.scalars(affected).all() if key is None else [key]:
        refresh_input_digest(connection, transcript_key)


def refresh_input_digest(connection: Connection, key: int) -> None:
    """Write down again what a coding of this transcript depends on."""
    roles = _roles_set(connection, key)
    rows = connection.execute(
        select(turns.c.speaker, turns.c.role).where(turns.c.transcript_id == key).order_by(turns.c.position)
    )
    current = [roles.get(speaker, role) for speaker, role in rows]
    content = connection.scalar(select(transcripts.c.content_sha256).where(transcripts.c.id == key))
    connection.execute(
        update(transcripts)
        .where(transcripts.c.id == key)
        .values(input_digest=input_digest(str(content), current))
    )


def _roles_set(connection: Connection, key: int) -> Mapping[str, Role]:
    """Roles that were set, by speaker; what was set for the transcript goes before what holds everywhere."""
    rows = connection.execute(
        select(speakers.c.transcript_id, speakers.c.name, speakers.c.role).where(
            or_(speakers.c.transcript_id == key, speakers.c.transcript_id.is_(None))
        )
    )
    found: dict[str, Role] = {}
    for _, name, role in sorted(rows, key=lambda row: row[0] is not None):
        found[name] = role
    return found
