"""Codings in the database: one transcript under one run key, whole or not there."""

from __future__ import annotations

import gc
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, delete, exists, func, insert, select

from autocode.digests import digest
from autocode.errors import StoreError
from autocode.records import Evidence, Suggestion, Turn, Utterance
from autocode.store import transcripts as stored_transcripts
from autocode.store.entries import Coding
from autocode.store.tables import (
    assignments,
    codes,
    codings,
    compact_json,
    decisions,
    insert_many,
    memos,
    scores,
    segmentations,
    suggestions,
    transcripts,
    utterances,
)
from autocode.store.unused import keep_highest, next_key

FLOAT32 = np.dtype("<f4")  # the same bytes on every machine


def done(connection: Connection, run_key: str) -> set[str]:
    """Transcripts whose latest coding is that under `run_key`, and was made from what they are now.

    Everything else reads the latest coding; an older one must be made the latest again.
    """
    latest = select(func.max(codings.c.id)).group_by(codings.c.transcript_id)
    current = (
        select(transcripts.c.name)
        .join(codings, codings.c.transcript_id == transcripts.c.id)
        .where(
            codings.c.id.in_(latest),
            codings.c.run_key == run_key,
            codings.c.input_digest == transcripts.c.input_digest,
        )
    )
    return set(connection.scalars(current))


def save(
    connection: Connection,
    run_key: str,
    transcript_id: str,
    coding: Coding,
    *,
    segmentation: str,
    run_id: int | None,
    now: datetime,
) -> None:
    """Store a coding in place of an earlier one of the same run key. See `Store.save_coding`."""
    transcript = stored_transcripts.find(connection, transcript_id)
    check(coding, transcript.name)
    check_against(coding.utterances, transcript, stored_transcripts.load_turns(connection, transcript))
    segmentation_id, keys = _store_utterances(connection, transcript.id, segmentation, coding.utterances)
    keep_highest(connection)
    connection.execute(
        delete(codings).where(codings.c.run_key == run_key, codings.c.transcript_id == transcript.id)
    )
    _drop_unused_segmentations(connection, transcript.id, keep=segmentation_id)
    values = {
        "run_key": run_key,
        "transcript_id": transcript.id,
        "segmentation_id": segmentation_id,
        "run_id": run_id,
        "input_digest": transcript.input_digest,
        "code_ids": list(coding.code_ids),
        "coded_at": now,
    }
    if (key := next_key(connection, codings)) is not None:
        values["id"] = key
    coding_id = connection.execute(insert(codings).values(values).returning(codings.c.id)).scalar_one()
    found: defaultdict[str, list[Suggestion]] = defaultdict(list)
    for suggestion in coding.suggestions:
        found[suggestion.utterance_id].append(suggestion)
    with _no_garbage_collection():
        _store_scores(connection, coding_id, keys, coding, found)
        _store_suggestions(connection, coding_id, keys, found)


def check(coding: Coding, transcript_id: str) -> None:
    """Raise `ValueError` unless the parts of a coding fit together."""
    ids = {utterance.id for utterance in coding.utterances}
    if len(ids) != len(coding.utterances):
        raise ValueError(f"{transcript_id}: two utterances have the same id")
    n_codable = sum(utterance.codable for utterance in coding.utterances)
    if coding.scores.shape != (n_codable, len(coding.code_ids)):
        raise ValueError(
            f"{transcript_id}: scores have shape {coding.scores.shape}, "
            f"not (n_codable, n_codes) = {(n_codable, len(coding.code_ids))}"
        )
    stray = {suggestion.utterance_id for suggestion in coding.suggestions} - ids
    if stray:
        raise ValueError(
            f"{transcript_id}: a suggestion refers to '{min(stray)}', which is no utterance of it"
        )


def check_against(found: Sequence[Utterance], transcript: Row[Any], turns: Sequence[Turn]) -> None:
    """Raise unless the utterances are those of the stored transcript with the roles that it has now.

    `StoreError` if a role was set while the transcript was being coded, else `ValueError`.
    """
    for position, utterance in enumerate(found):
        turn = turns[utterance.turn_index] if 0 <= utterance.turn_index < len(turns) else None
        if (
            turn is None
            or utterance.index != position
            or utterance.transcript_id != transcript.name
            or utterance.speaker != turn.speaker
            or transcript.text[utterance.start_char : utterance.end_char] != utterance.text
        ):
            raise ValueError(f"{utterance.id}: is not what stands at its position in '{transcript.name}'")
        if utterance.role != turn.role:
            raise StoreError(
                f"{transcript.name}: the role of '{turn.speaker}' was changed while the transcript was being "
                "coded; run the command again"
            )


def _store_utterances(
    connection: Connection, transcript_key: int, segmentation: str, found: Sequence[Utterance]
) -> tuple[int, dict[str, int]]:
    """The segmentation's key and each utterance's key by id; what is there already keeps its keys.

    Decisions refer to these keys, so coding again with the same boundaries must not change them.
    """
    rows = [_utterance_row(utterance) for utterance in found]
    place = {
        "transcript_id": transcript_key,
        "segmentation": segmentation,
        "layout_digest": digest(rows),
    }
    key = connection.scalar(  # the same boundaries, whatever settings led to them
        select(segmentations.c.id)
        .where(
            segmentations.c.transcript_id == transcript_key,
            segmentations.c.layout_digest == place["layout_digest"],
        )
        .order_by(segmentations.c.id)
        .limit(1)
    )
    if key is None:
        key = connection.execute(
            insert(segmentations).values(place).returning(segmentations.c.id)
        ).scalar_one()
        columns: tuple[str, ...] = ("segmentation_id", *_UTTERANCE)
        full = [(key, *row) for row in rows]
        if (first := next_key(connection, utterances)) is not None:
            columns, full = ("id", *columns), [(first + n, *row) for n, row in enumerate(full)]
        insert_many(connection, utterances, columns, full)
    keys = connection.execute(
        select(utterances.c.name, utterances.c.id).where(utterances.c.segmentation_id == key)
    )
    return int(key), {row.name: row.id for row in keys}


_UTTERANCE = ("name", "position", "turn", "start_char", "end_char", "start_s", "end_s", "backchannel", "meta")


def _utterance_row(utterance: Utterance) -> tuple[Any, ...]:
    """The columns `_UTTERANCE`: all that does not depend on who has which role."""
    return (
        utterance.id,
        utterance.index,
        utterance.turn_index,
        utterance.start_char,
        utterance.end_char,
        utterance.start_s,
        utterance.end_s,
        utterance.backchannel,
        compact_json(dict(utterance.meta)) if utterance.meta else "",
    )


def _drop_unused_segmentations(connection: Connection, transcript_key: int, *, keep: int) -> None:
    """Delete utterances of other boundaries that no coding and no person refers to."""
    coded = exists().where(codings.c.segmentation_id == segmentations.c.id)
    used = [
        exists().where(
            table.c.utterance_id == utterances.c.id, utterances.c.segmentation_id == segmentations.c.id
        )
        for table in (decisions, memos, assignments)
    ]
    connection.execute(
        delete(segmentations).where(
            segmentations.c.transcript_id == transcript_key,
            segmentations.c.id != keep,
            ~coded,
            *(~refers for refers in used),
        )
    )


def _store_scores(
    connection: Connection,
    coding_id: int,
    keys: Mapping[str, int],
    coding: Coding,
    found: Mapping[str, Sequence[Suggestion]],
) -> None:
    blobs = (row.tobytes() for row in np.ascontiguousarray(coding.scores, FLOAT32))
    rows = []
    for utterance in coding.utterances:
        blob = next(blobs) if utterance.codable else None
        evidence = [
            [(e.kind, e.text, e.weight, e.start_char, e.end_char) for e in suggestion.evidence]
            for suggestion in found.get(utterance.id, ())
        ]
        rows.append((coding_id, keys[utterance.id], utterance.role, blob, compact_json(evidence)))
    insert_many(connection, scores, ("coding_id", "utterance_id", "role", "scores", "evidence"), rows)


def _store_suggestions(
    connection: Connection, coding_id: int, keys: Mapping[str, int], found: Mapping[str, Sequence[Suggestion]]
) -> None:
    code_keys = keys_of_codes(connection, {item.code_id for items in found.values() for item in items})
    rows = [
        (
            coding_id,
            keys[name],
            position,
            code_keys[item.code_id],
            item.score,
            item.probability,
            item.decision,
        )
        for name, items in found.items()
        for position, item in enumerate(items)
    ]
    columns = ("coding_id", "utterance_id", "position", "code_id", "score", "probability", "decision")
    insert_many(connection, suggestions, columns, rows)


def keys_of_codes(connection: Connection, names: set[str]) -> dict[str, int]:
    """Each code's key by its id in the codebook; codes that are new are added."""
    known = {row.name: int(row.id) for row in connection.execute(select(codes))}
    new = sorted(names - known.keys())
    if not new:
        return known
    insert_many(connection, codes, ("name",), [(name,) for name in new])
    return {row.name: int(row.id) for row in connection.execute(select(codes))}


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Pause the collector while records are built by the ten thousand.

    None of them can be garbage, but every few hundred new ones it looks at all of them again:
    half of the time of reading a coding.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def load(connection: Connection, run_key: str, transcript_id: str) -> Coding:
    """The coding that was saved. Raises `StoreError` if there is none."""
    transcript = stored_transcripts.find(connection, transcript_id)
    row = connection.execute(
        select(codings).where(codings.c.run_key == run_key, codings.c.transcript_id == transcript.id)
    ).first()
    if row is None:
        raise StoreError(f"{transcript_id}: has not been coded with these settings; run the coding first")
    turns = stored_transcripts.load_turns(connection, transcript)
    rows = connection.execute(_utterances_of(row.id)).all()
    blobs = [item.scores for item in rows if item.scores is not None]
    with _no_garbage_collection():
        found = _load_suggestions(connection, row.id, rows)
    return Coding(
        utterances=tuple(_utterance(item, transcript, turns[item.turn].speaker) for item in rows),
        suggestions=found,
        scores=np.frombuffer(b"".join(blobs), FLOAT32)
        .astype(np.float32)
        .reshape(len(blobs), len(row.code_ids)),
        code_ids=tuple(row.code_ids),
    )


def _utterances_of(coding_id: int) -> Any:
    return (
        select(utterances, scores.c.role, scores.c.scores, scores.c.evidence)
        .join(scores, scores.c.utterance_id == utterances.c.id)
        .where(scores.c.coding_id == coding_id)
        .order_by(utterances.c.position)
    )


def _utterance(row: Row[Any], transcript: Row[Any], speaker: str) -> Utterance:
    return Utterance(
        id=row.name,
        transcript_id=transcript.name,
        index=row.position,
        turn_index=row.turn,
        speaker=speaker,
        role=row.role,
        text=transcript.text[row.start_char : row.end_char],
        start_char=row.start_char,
        end_char=row.end_char,
        start_s=row.start_s,
        end_s=row.end_s,
        codable=row.scores is not None,
        backchannel=row.backchannel,
        meta=json.loads(row.meta) if row.meta else {},
    )


def _load_suggestions(
    connection: Connection, coding_id: int, of_utterances: Sequence[Row[Any]]
) -> tuple[Suggestion, ...]:
    """All suggestions of a coding, utterance by utterance."""
    of = suggestions.c
    rows = connection.execute(
        select(of.utterance_id, of.code_id, of.score, of.probability, of.decision)
        .where(of.coding_id == coding_id)
        .order_by(of.utterance_id, of.position)
    ).all()
    grouped = {key: list(group) for key, group in groupby(rows, key=itemgetter(0))}
    code_names = {row.id: row.name for row in connection.execute(select(codes))}
    found: list[Suggestion] = []
    for utterance in of_utterances:
        name = utterance.name
        evidence = json.loads(utterance.evidence)
        for (_, code, score, probability, decision), reasons in zip(
            grouped.get(utterance.id, ()), evidence, strict=True
        ):
            why = tuple([Evidence(*reason) for reason in reasons])
            found.append(Suggestion(name, code_names[code], score, probability, decision, why))
    return tuple(found)


def remove(connection: Connection, run_key: str) -> int:
    """Delete all codings of a run key; what people decided stays. The number of transcripts."""
    keep_highest(connection)
    return connection.execute(delete(codings).where(codings.c.run_key == run_key)).rowcount
