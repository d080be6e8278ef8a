"""What people decided: rows are added, never changed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from autocode.errors import StoreError
from autocode.records import Decision
from autocode.store.codings import keys_of_codes
from autocode.store.tables import (
    codebook_versions,
    coders,
    codes,
    codings,
    decisions,
    segmentations,
    transcripts,
    utterances,
)


def add(
    connection: Connection,
    decision: Decision,
    *,
    segmentation: str,
    codebook_digest: str | None,
    now: datetime,
) -> None:
    """Append a decision on an utterance of the segmentation. See `Store.add_decision`."""
    utterance_key = _find_utterance(connection, decision.utterance_id, segmentation)
    code_key = keys_of_codes(connection, {decision.code_id})[decision.code_id]
    connection.execute(
        insert(decisions).values(
            utterance_id=utterance_key,
            code_id=code_key,
            coder_id=_key_of_coder(connection, decision.coder, now),
            applies=decision.applies,
            blind=decision.blind,
            decided_at=decision.decided_at,
            codebook_id=None if codebook_digest is None else _find_codebook(connection, codebook_digest),
        )
    )


def load(connection: Connection, *, segmentation: str | None, transcript_id: str | None) -> list[Decision]:
    """Decisions in the order in which they were made, without those that were taken back."""
    query = (
        select(
            utterances.c.name,
            codes.c.name,
            coders.c.name,
            decisions.c.applies,
            decisions.c.blind,
            decisions.c.decided_at,
            decisions.c.withdrawn,
        )
        .select_from(decisions)
        .join(utterances, utterances.c.id == decisions.c.utterance_id)
        .join(segmentations, segmentations.c.id == utterances.c.segmentation_id)
        .join(transcripts, transcripts.c.id == segmentations.c.transcript_id)
        .join(codes, codes.c.id == decisions.c.code_id)
        .join(coders, coders.c.id == decisions.c.coder_id)
        .order_by(decisions.c.id)
    )
    if segmentation is not None:
        query = query.where(segmentations.c.segmentation == segmentation)
    if transcript_id is not None:
        query = query.where(transcripts.c.name == transcript_id)
    found: dict[tuple[str, str, str], list[tuple[int, Decision]]] = {}
    for number, (*row, withdrawn) in enumerate(connection.execute(query)):
        decision = Decision(*row)
        key = decision.utterance_id, decision.code_id, decision.coder
        if withdrawn:
            found.pop(key, None)
        else:
            found.setdefault(key, []).append((number, decision))
    return [
        decision
        for _, decision in sorted(
            (pair for items in found.values() for pair in items), key=lambda pair: pair[0]
        )
    ]


def _find_utterance(connection: Connection, utterance_id: str, segmentation: str) -> int:
    """The key of the utterance as the latest coding with these segment settings has it."""
    last_coding = (
        select(func.coalesce(func.max(codings.c.id), 0))
        .where(codings.c.segmentation_id == segmentations.c.id)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(utterances.c.id, segmentations.c.transcript_id)
        .join(segmentations, segmentations.c.id == utterances.c.segmentation_id)
        .where(utterances.c.name == utterance_id, segmentations.c.segmentation == segmentation)
        .order_by(last_coding.desc(), segmentations.c.id.desc())
    ).all()
    if not rows:
        raise StoreError(f"{utterance_id}: no such utterance in the project; code its transcript first")
    if len({row.transcript_id for row in rows}) > 1:
        raise StoreError(f"{utterance_id}: several transcripts have an utterance of that id")
    return int(rows[0].id)


def _find_codebook(connection: Connection, digest: str) -> int:
    key = connection.scalar(select(codebook_versions.c.id).where(codebook_versions.c.digest == digest))
    if key is None:
        raise StoreError(f"codebook {digest[:12]}: is not in the project; add it before deciding with it")
    return int(key)


def _key_of_coder(connection: Connection, name: str, now: datetime) -> int:
    key = connection.scalar(select(coders.c.id).where(coders.c.name == name))
    if key is None:
        key = connection.execute(
            insert(coders).values(name=name, added_at=now).returning(coders.c.id)
        ).scalar_one()
    return int(key)
