"""Memos: notes on an utterance, a code, a transcript or the project. A new version is a new row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from autocode.errors import StoreError
from autocode.store.codings import keys_of_codes
from autocode.store.tables import (
    coders,
    codes,
    memos,
    transcripts,
)

MEMO_KINDS = ("utterance", "code", "transcript", "project")


@dataclass(frozen=True, slots=True)
class Memo:
    """A note as it stands."""

    key: int
    kind: str
    target: str  # the utterance's key, the code's id, the transcript's id, or ""
    coder: str
    text: str
    written_at: datetime


def standing(connection: Connection, kind: str | None = None, target: str | None = None) -> list[Memo]:
    """Notes as they stand, oldest first; deleted ones are not among them."""
    return [
        memo
        for memo in _all(connection)
        if memo.text and kind in (None, memo.kind) and target in (None, memo.target)
    ]


def write(connection: Connection, coder: int, kind: str, target: str, text: str, *, now: datetime) -> str:
    """Write a coder's note on something, in place of the one that he or she had there; the earlier text.

    Whoever calls it has checked that the utterance or transcript is there.
    """
    about: dict[str, Any] = dict.fromkeys(("utterance_id", "code_id", "transcript_id"))
    if kind == "utterance":
        about["utterance_id"] = int(target)
    elif kind == "code":
        about["code_id"] = keys_of_codes(connection, {target})[target]
    elif kind == "transcript":
        about["transcript_id"] = connection.scalar(
            select(transcripts.c.id).where(transcripts.c.name == target)
        )
    elif kind != "project":
        raise StoreError(f"a memo is on one of {', '.join(MEMO_KINDS)}, not on '{kind}'")
    own = connection.execute(
        select(memos.c.id, memos.c.text)
        .where(
            memos.c.coder_id == coder,
            *(memos.c[name].is_not_distinct_from(key) for name, key in about.items()),
        )
        .order_by(memos.c.id.desc())
        .limit(1)
    ).first()
    values = {**about, "coder_id": coder, "text": text, "written_at": now}
    connection.execute(insert(memos).values(replaces=None if own is None else own.id, **values))
    return "" if own is None else str(own.text)


def _all(connection: Connection) -> list[Memo]:
    rows = connection.execute(
        select(memos, coders.c.name.label("coder"), codes.c.name.label("code"),
               transcripts.c.name.label("transcript"))
        .join(coders, coders.c.id == memos.c.coder_id)
        .join(codes, codes.c.id == memos.c.code_id, isouter=True)
        .join(transcripts, transcripts.c.id == memos.c.transcript_id, isouter=True)
        .order_by(memos.c.id)
    ).all()  # fmt: skip
    replaced = {row.replaces for row in rows}
    found = []
    for row in rows:
        if row.id in replaced:
            continue
        if row.utterance_id is not None:
            kind, target = "utterance", str(row.utterance_id)
        elif row.code_id is not None:
            kind, target = "code", row.code
        elif row.transcript_id is not None:
            kind, target = "transcript", row.transcript
        else:
            kind, target = "project", ""
        found.append(Memo(row.id, kind, target, row.coder, row.text, row.written_at))
    return found
