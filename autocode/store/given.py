"""Whole transcripts that are given to coders, and taken back: rows are added, the latest holds."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from autocode.errors import StoreError
from autocode.store.tables import codings, given, scores, transcripts


def by_coder(connection: Connection) -> dict[int, frozenset[str]]:
    """The transcripts that each coder has been given, by the coder's key."""
    query = (
        select(given.c.coder_id, transcripts.c.name, given.c.is_given)
        .join(transcripts, transcripts.c.id == given.c.transcript_id)
        .order_by(given.c.id)
    )
    latest = {(coder, name): is_given for coder, name, is_given in connection.execute(query)}
    found: defaultdict[int, set[str]] = defaultdict(set)
    for (coder, name), is_given in latest.items():
        if is_given:
            found[coder].add(name)
    return {coder: frozenset(names) for coder, names in found.items()}


def set_given(
    connection: Connection,
    coder: int,
    wanted: frozenset[str],
    among: frozenset[str],
    *,
    by: int,
    now: datetime,
) -> tuple[frozenset[str], frozenset[str]]:
    """Of the transcripts `among`, give a coder those that are `wanted` and take back the others.

    Which were given and which were taken back by this. Raises `StoreError` for one that is not there.
    """
    has = by_coder(connection).get(coder, frozenset()) & among
    key_of = {name: key for key, name in connection.execute(select(transcripts.c.id, transcripts.c.name))}
    new, gone = (wanted & among) - has, has - wanted
    for name in sorted(new | gone):
        if name not in key_of:
            raise StoreError(f"{name}: no such transcript in the project; it may have been removed")
        values = {
            "transcript_id": key_of[name], "coder_id": coder, "is_given": name in new, "by_id": by,
            "given_at": now,
        }  # fmt: skip
        connection.execute(insert(given).values(values))
    return new, gone


def units_by_coder(connection: Connection) -> dict[int, list[int]]:
    """The codable utterances of the transcripts that each coder has been given, as last coded."""
    latest = select(func.max(codings.c.id).label("id")).group_by(codings.c.transcript_id).subquery()
    found: dict[int, list[int]] = {}
    of_transcript: dict[str, list[int]] = {}
    for coder, names in by_coder(connection).items():
        for name in sorted(names):
            if name not in of_transcript:
                query = (
                    select(scores.c.utterance_id)
                    .join(codings, codings.c.id == scores.c.coding_id)
                    .join(latest, latest.c.id == codings.c.id)
                    .join(transcripts, transcripts.c.id == codings.c.transcript_id)
                    .where(transcripts.c.name == name, scores.c.scores.is_not(None))
                )
                of_transcript[name] = list(connection.scalars(query))
            found.setdefault(coder, []).extend(of_transcript[name])
    return found
