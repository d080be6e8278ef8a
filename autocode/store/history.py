"""Every decision as it was made: who, when, under which codebook, and what was shown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from autocode.store.decided import chunks
from autocode.store.tables import (
    actions,
    codebook_versions,
    coders,
    codes,
    decisions,
    segmentations,
    transcripts,
    utterances,
)


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision of the log that was not taken back by an undo."""

    unit: int
    coder: str
    code: str
    applies: bool | None  # None: the coder says nothing any more
    blind: bool
    version: int | None  # of the codebook it was made under; None: not known
    decided_at: datetime


def of_unit(connection: Connection, unit: int) -> list[dict[str, Any]]:
    """Every decision on a unit, oldest first, with who, when, and what was shown."""
    query = _decision_log().where(decisions.c.utterance_id == unit).order_by(decisions.c.id)
    return _rows(connection, query)


def log(connection: Connection, **wanted: str) -> list[dict[str, Any]]:
    """Every decision, oldest first; `wanted` may name a `coder`, a `code` and a `transcript_id`."""
    return _rows(connection, _only(_decision_log(), wanted).order_by(decisions.c.id))


def page(connection: Connection, start: int, n: int, **wanted: str) -> tuple[int, list[dict[str, Any]]]:
    """How many decisions there are, and `n` of them from the `start`-th on, latest first."""
    query = _only(_decision_log(), wanted)
    total = connection.scalar(select(func.count()).select_from(query.subquery())) or 0
    return total, _rows(connection, query.order_by(decisions.c.id.desc()).offset(start).limit(n))


def _only(query: Any, wanted: Mapping[str, str]) -> Any:
    columns = {"coder": coders.c.name, "code": codes.c.name, "transcript_id": transcripts.c.name}
    return query.where(*(columns[name] == value for name, value in wanted.items()))


def _rows(connection: Connection, query: Any) -> list[dict[str, Any]]:
    rows = connection.execute(query).all()
    keys = dict.fromkeys(row.action_id for row in rows if row.action_id is not None)
    shown: dict[int, dict[str, Any]] = {}  # read once an action: a bulk action has thousands of rows here
    for part in chunks(list(keys)):
        for key, text in connection.execute(
            select(actions.c.id, actions.c.shown).where(actions.c.id.in_(part))
        ):
            shown[key] = json.loads(text)
    return [_log_row(row, shown.get(row.action_id, {})) for row in rows]


def decided(connection: Connection, coder: int | None = None) -> list[Decided]:
    """Every decision that no undo took back, oldest first, of one coder or of all."""
    query = (
        select(
            decisions.c.utterance_id, coders.c.name.label("coder"), codes.c.name.label("code"),
            decisions.c.applies, decisions.c.withdrawn, decisions.c.blind,
            codebook_versions.c.number, decisions.c.decided_at, decisions.c.action_id,
        )
        .join(codes, codes.c.id == decisions.c.code_id)
        .join(coders, coders.c.id == decisions.c.coder_id)
        .join(codebook_versions, codebook_versions.c.id == decisions.c.codebook_id, isouter=True)
        .order_by(decisions.c.id)
    )  # fmt: skip
    if coder is not None:
        query = query.where(decisions.c.coder_id == coder)
    turned = _turned(connection)
    return [
        Decided(row.utterance_id, row.coder, row.code, None if row.withdrawn else row.applies,
                row.blind, row.number, row.decided_at)
        for row in connection.execute(query)
        if row.action_id not in turned
    ]  # fmt: skip


def known_codes(connection: Connection) -> set[str]:
    """Ids of all codes that were ever suggested, decided on, or written about."""
    return set(connection.scalars(select(codes.c.name)))


def _turned(connection: Connection) -> set[int]:
    """Actions whose changes do not count by themselves: what was undone, and every undo and redo."""
    turns = connection.execute(
        select(actions.c.id, actions.c.undoes)
        .where(actions.c.undoes.is_not(None))
        .order_by(actions.c.id.desc())
    ).all()
    undone: set[int] = set()
    for key, undoes in turns:  # the latest first: an undo that was itself undone undoes nothing
        if key not in undone:
            undone.add(undoes)
    return undone | {key for key, _ in turns}


def _decision_log() -> Any:
    return (
        select(
            decisions.c.id, transcripts.c.name.label("transcript_id"), utterances.c.id.label("unit"),
            utterances.c.name.label("utterance_id"), codes.c.name.label("code"),
            coders.c.name.label("coder"), decisions.c.applies, decisions.c.withdrawn, decisions.c.blind,
            decisions.c.decided_at, codebook_versions.c.number.label("codebook_version"),
            actions.c.kind.label("action"), actions.c.id.label("action_id"),
        )
        .join(utterances, utterances.c.id == decisions.c.utterance_id)
        .join(segmentations, segmentations.c.id == utterances.c.segmentation_id)
        .join(transcripts, transcripts.c.id == segmentations.c.transcript_id)
        .join(codes, codes.c.id == decisions.c.code_id)
        .join(coders, coders.c.id == decisions.c.coder_id)
        .join(codebook_versions, codebook_versions.c.id == decisions.c.codebook_id, isouter=True)
        .join(actions, actions.c.id == decisions.c.action_id, isouter=True)
    )  # fmt: skip


def _log_row(row: Row[Any], shown: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "decision": row.id, "transcript_id": row.transcript_id, "unit": row.unit,
        "utterance_id": row.utterance_id, "code": row.code, "coder": row.coder,
        "value": None if row.withdrawn else row.applies, "blind": row.blind,
        "decided_at": row.decided_at, "codebook_version": row.codebook_version,
        "action": row.action or "stored",
        "model": shown.get("model", ""),
        "shown": shown.get("units", {}).get(str(row.unit), []),
    }  # fmt: skip
