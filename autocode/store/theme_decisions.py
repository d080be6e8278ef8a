"""What was decided on themes: rows are added; a decision that was replaced or taken back stays in the log."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, insert, select

from autocode.errors import StoreError
from autocode.store.tables import coders, compact_json, theme_decisions

ThemeVerdict = Literal["code", "belongs", "uninteresting", "open"]  # open: taken back


@dataclass(frozen=True, slots=True)
class ThemeDecision:
    """What a lead decided on a theme, with the statements by which the theme is known again."""

    key: int
    verdict: ThemeVerdict
    code: str | None  # id of the code that was made of it, or that it belongs to
    label: str  # of the theme then
    statements: frozenset[str]  # ids of its utterances then
    transcripts: frozenset[str]  # ids of all transcripts in which themes were looked for then
    coder: str
    decided_at: datetime


def standing(connection: Connection) -> list[ThemeDecision]:
    """The decisions that hold, oldest first."""
    query = (
        select(theme_decisions, coders.c.name.label("coder"))
        .join(coders, coders.c.id == theme_decisions.c.coder_id)
        .order_by(theme_decisions.c.id)
    )
    rows = {row.id: row for row in connection.execute(query)}
    for row in list(rows.values()):
        rows.pop(row.replaces, None)
    return [
        ThemeDecision(
            row.id, row.verdict, row.code, row.label, frozenset(json.loads(row.statements)),
            frozenset(json.loads(row.transcripts)), row.coder, row.decided_at,
        )
        for row in rows.values()
        if row.verdict != "open"
    ]  # fmt: skip


def add(
    connection: Connection,
    coder: int,
    verdict: ThemeVerdict,
    *,
    label: str,
    statements: Collection[str],
    transcripts: Collection[str],
    code: str | None,
    replaces: int | None,
    now: datetime,
) -> None:
    """Store a decision, in the place of an earlier one. Raises `StoreError` if that holds no more."""
    if replaces is not None and replaces not in {one.key for one in standing(connection)}:
        raise StoreError("somebody else has decided on this theme meanwhile; reload the page")
    values = {
        "verdict": verdict, "code": code, "label": label, "coder_id": coder, "decided_at": now,
        "statements": compact_json(sorted(statements)), "transcripts": compact_json(sorted(transcripts)),
        "replaces": replaces,
    }  # fmt: skip
    connection.execute(insert(theme_decisions).values(values))
