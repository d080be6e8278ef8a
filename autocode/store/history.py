"""Every decision as it was made: who, when, under which codebook, and what was shown."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, Row, select

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


def of_unit(connection: Connection, unit: int) -> list[dict[str, Any]]:
    """Every decision on a unit, oldest first, with who, when, and what was shown."""
    query = _decision_log().where(decisions.c.utterance_id == unit)
    return [_log_row(row) for row in connection.execute(query)]


def log(connection: Connection) -> list[dict[str, Any]]:
    """Every decision of the project, oldest first."""
    return [_log_row(row) for row in connection.execute(_decision_log())]


def _decision_log() -> Any:
    return (
        select(
            decisions.c.id, transcripts.c.name.label("transcript_id"), utterances.c.id.label("unit"),
            utterances.c.name.label("utterance_id"), codes.c.name.label("code"),
            coders.c.name.label("coder"), decisions.c.applies, decisions.c.withdrawn, decisions.c.blind,
            decisions.c.decided_at, codebook_versions.c.number.label("codebook_version"),
            actions.c.kind.label("action"), actions.c.shown,
        )
        .join(utterances, utterances.c.id == decisions.c.utterance_id)
        .join(segmentations, segmentations.c.id == utterances.c.segmentation_id)
        .join(transcripts, transcripts.c.id == segmentations.c.transcript_id)
        .join(codes, codes.c.id == decisions.c.code_id)
        .join(coders, coders.c.id == decisions.c.coder_id)
        .join(codebook_versions, codebook_versions.c.id == decisions.c.codebook_id, isouter=True)
        .join(actions, actions.c.id == decisions.c.action_id, isouter=True)
        .order_by(decisions.c.id)
    )  # fmt: skip


def _log_row(row: Row[Any]) -> dict[str, Any]:
    shown = json.loads(row.shown) if row.shown else {}
    return {
        "decision": row.id, "transcript_id": row.transcript_id, "utterance_id": row.utterance_id,
        "code": row.code, "coder": row.coder,
        "value": None if row.withdrawn else row.applies, "blind": row.blind,
        "decided_at": row.decided_at, "codebook_version": row.codebook_version,
        "action": row.action or "stored",
        "model": shown.get("model", ""),
        "shown": shown.get("units", {}).get(str(row.unit), []),
    }  # fmt: skip
