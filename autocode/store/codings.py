"""Codings in the database: one transcript under one run key, whole or not there."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, delete, exists, insert, select

from autocode.errors import StoreError
from autocode.records import Evidence, Suggestion, Turn, Utterance
from autocode.store import transcripts as stored_transcripts
from autocode.store.entries import Coding
from autocode.store.keys import digest
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

FLOAT32 = np.dtype("<f4")  # the same bytes on every machine


def done(connection: Connection, run_key: str) -> set[str]:
    """Transcripts whose coding under `run_key` is complete and was made from what they are now."""
    current = (
        select(transcripts.c.name)
        .join(codings, codings.c.transcript_id == transcripts.c.id)
        .where(codings.c.run_key == run_key, codings.c.input_digest == transcripts.c.input_digest)
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
    coding_id = connection.execute(insert(codings).values(values).returning(codings.c.id)).scalar_one()
    _store_scores(connection, coding_id, keys, coding)
    _store_suggestions(connection, coding_id, keys, coding.suggestions)


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
    key = connection.scalar(
        select(segmentations.c.id).where(*(segmentations.c[name] == value for name, value in place.items()))
    )
    if key is None:
        key = connection.execute(
            insert(segmentations).values(place).returning(segmentations.c.id)
        ).scalar_one()
        insert_many(connection, utterances, ("segmentation_id", *_UTTERANCE), [(key, *row) for row in rows])
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


def _store_scores(connection: Connection, coding_id: int, keys: Mapping[str, int], coding: Coding) -> None:
    blobs = (row.tobytes() for row in np.ascontiguousarray(coding.scores, FLOAT32))
    insert_many(
        connection,
        scores,
        ("coding_id", "utterance_id", "role", "scores"),
        [
            (coding_id, keys[utterance.id], utterance.role, next(blobs) if utterance.codable else None)
            for utterance in coding.utterances
        ],
    )


def _store_suggestions(
    connection: Connection, coding_id: int, keys: Mapping[str, int], found: Sequence[Suggestion]
) -> None:
    code_keys = keys_of_codes(connection, {suggestion.code_id for suggestion in found})
    n_before: defaultdict[str, int] = defaultdict(int)
    rows = []
    for suggestion in found:
        position = n_before[suggestion.utterance_id]
        n_before[suggestion.utterance_id] = position + 1
        evidence = [(e.kind, e.text, e.weight, e.start_char, e.end_char) for e in suggestion.evidence]
        rows.append(
            (
                coding_id,
                keys[suggestion.utterance_id],
                position,
                code_keys[suggestion.code_id],
                suggestion.score,
                suggestion.probability,
                suggestion.decision,
                compact_json(evidence),
            )
        )
    columns = (
        "coding_id",
        "utterance_id",
        "position",
        "code_id",
        "score",
        "probability",
        "decision",
        "evidence",
    )
    insert_many(connection, suggestions, columns, rows)


def keys_of_codes(connection: Connection, names: set[str]) -> dict[str, int]:
    """Each code's key by its id in the codebook; codes that are new are added."""
    known = {row.name: int(row.id) for row in connection.execute(select(codes))}
    new = sorted(names - known.keys())
    if not new:
        return known
    insert_many(connection, codes, ("name",), [(name,) for name in new])
    return {row.name: int(row.id) for row in connection.execute(select(codes))}


def load(connection: Connection, run_key: str, transcript_id: str) -> Coding:
    """The coding that was saved. Raises `StoreError` if there is none."""
    transcript = stored_transcripts.find(connection, transcript_id)
    row = connection.execute(
        select(codings).where(codings.c.run_key == run_key, codings.c.transcript_id == transcript.id)
    ).first()
    if row is None:
        raise StoreError(f"{transcript_id}: has not been coded with these settings; run the coding first")
    names: dict[int, str] = {}
    blobs: list[bytes] = []
    found: list[Utterance] = []
    turns = stored_transcripts.load_turns(connection, transcript)
    for item in connection.execute(_utterances_of(row.id)):
        names[item.id] = item.name
        if item.scores is not None:
            blobs.append(item.scores)
        found.append(_utterance(item, transcript, turns[item.turn].speaker))
    return Coding(
        utterances=tuple(found),
        suggestions=_load_suggestions(connection, row.id, names),
        scores=_matrix(blobs, len(row.code_ids)),
        code_ids=tuple(row.code_ids),
    )


def _utterances_of(coding_id: int) -> Any:
    return (
        select(utterances, scores.c.role, scores.c.scores)
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
    connection: Connection, coding_id: int, names: Mapping[int, str]
) -> tuple[Suggestion, ...]:
    """All suggestions of a coding, in the order of `names`."""
    rows = connection.execute(
        select(
            suggestions.c.utterance_id,
            codes.c.name,
            suggestions.c.score,
            suggestions.c.probability,
            suggestions.c.decision,
            suggestions.c.evidence,
        )
        .join(codes, codes.c.id == suggestions.c.code_id)
        .where(suggestions.c.coding_id == coding_id)
        .order_by(suggestions.c.utterance_id, suggestions.c.position)
    ).all()
    evidence = json.loads(f"[{','.join(row[5] for row in rows)}]")  # one call: four times as fast as one each
    of_utterance: dict[int, list[Suggestion]] = {key: [] for key in names}
    for (key, code, score, probability, decision, _), reasons in zip(rows, evidence, strict=True):
        of_utterance[key].append(
            Suggestion(
                names[key],
                code,
                score,
                probability,
                decision,
                tuple([Evidence(*reason) for reason in reasons]),
            )
        )
    return tuple(suggestion for found in of_utterance.values() for suggestion in found)


def _matrix(blobs: Sequence[bytes], n_codes: int) -> NDArray[np.float32]:
    flat = np.frombuffer(b"".join(blobs), FLOAT32)
    return flat.astype(np.float32).reshape(len(blobs), n_codes)


def remove(connection: Connection, run_key: str) -> int:
    """Delete all codings of a run key; what people decided stays. The number of transcripts."""
    return connection.execute(delete(codings).where(codings.c.run_key == run_key)).rowcount
