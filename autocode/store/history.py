"""Everything as it was done: who, when, under which codebook, and what was shown.

The log is read from four tables: decisions, done marks, transcripts given to coders, decisions on themes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any, Self

from sqlalchemy import Connection, Row, func, null, select

from autocode.store.decided import chunks
from autocode.store.tables import (
    actions,
    codebook_versions,
    coders,
    codes,
    decisions,
    given,
    marks,
    segmentations,
    theme_decisions,
    transcripts,
    utterances,
)

FINISHED, FINISHED_WITHOUT, REOPENED = "finished", "finished, no code applies", "opened again"


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


@dataclass(frozen=True, slots=True)
class _Part:
    """One of the tables that the log is read from."""

    query: Any
    id: Any
    at: Any
    columns: Mapping[str, Any]  # that a filter may name
    row: Callable[[Row[Any], Mapping[str, Any]], dict[str, Any]]

    def only(self, **wanted: Any) -> Self | None:
        """Those rows in which columns have these values; None: they have no such column."""
        if not wanted.keys() <= self.columns.keys():
            return None
        found = self.query.where(*(self.columns[name] == value for name, value in wanted.items()))
        return replace(self, query=found)


def of_unit(connection: Connection, unit: int) -> list[dict[str, Any]]:
    """Everything said of a unit, oldest first, with who, when, and what was shown."""
    return _whole(connection, _parts(unit=unit))


def log(connection: Connection, **wanted: str) -> list[dict[str, Any]]:
    """Every entry, oldest first; `wanted` may name a `coder`, a `code` and a `transcript_id`."""
    return _whole(connection, _parts(**wanted))


def page(connection: Connection, start: int, n: int, **wanted: str) -> tuple[int, list[dict[str, Any]]]:
    """How many entries there are, and `n` of them from the `start`-th on, latest first."""
    parts = _parts(**wanted)
    bare: list[Any] = [
        part.query.with_only_columns(part.id, part.at) if wanted else select(part.id, part.at)  # no joins
        for part in parts
    ]
    total = sum(connection.scalar(select(func.count()).select_from(one.subquery())) or 0 for one in bare)
    heads = [
        [(at, rank, key) for key, at in connection.execute(one.order_by(part.id.desc()).limit(start + n))]
        for rank, (part, one) in enumerate(zip(parts, bare, strict=True))
    ]
    chosen = list(islice(_latest_first(heads), start, start + n))
    rows: dict[tuple[int, int], dict[str, Any]] = {}
    for rank, part in enumerate(parts):
        for keys in chunks([key for _, of, key in chosen if of == rank]):
            query = replace(part, query=part.query.where(part.id.in_(keys)))
            rows |= {(rank, row["id"]): row for row in _rows(connection, query)}
    return total, [_without_id(rows[rank, key]) for _, rank, key in chosen]


def _whole(connection: Connection, parts: Sequence[_Part]) -> list[dict[str, Any]]:
    found = [_rows(connection, replace(part, query=part.query.order_by(part.id.desc()))) for part in parts]
    heads = [
        [(row["decided_at"], rank, place) for place, row in enumerate(rows)]
        for rank, rows in enumerate(found)
    ]
    return [_without_id(found[rank][place]) for _, rank, place in [*_latest_first(heads)][::-1]]


def _latest_first(
    heads: Sequence[Sequence[tuple[datetime, int, int]]],
) -> Iterator[tuple[datetime, int, int]]:
    """The tables' rows as one list by their times; within a table, as they were stored.

    What was taken over from elsewhere was stored later than it was said. Of the same moment, a mark comes
    after the decisions that it is about.
    """
    return merge(*heads, key=lambda head: head[:2], reverse=True)


def _without_id(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "id"}


def _parts(**wanted: Any) -> list[_Part]:
    return [
        found for part in (_decisions(), _marks(), _given(), _on_themes()) if (found := part.only(**wanted))
    ]


def _rows(connection: Connection, part: _Part) -> list[dict[str, Any]]:
    rows = connection.execute(part.query).all()
    keys = dict.fromkeys(row.action_id for row in rows if row.action_id is not None)
    shown: dict[int, dict[str, Any]] = {}  # read once an action: a bulk action has thousands of rows here
    for some in chunks(list(keys)):
        for key, text in connection.execute(
            select(actions.c.id, actions.c.shown).where(actions.c.id.in_(some))
        ):
            shown[key] = json.loads(text)
    return [part.row(row, shown.get(row.action_id, {})) for row in rows]


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


def _of_utterances(table: Any, at: Any, *columns: Any) -> Any:
    """Rows of a table on utterances, with where, who, when, and the action that they are of."""
    return (
        select(
            table.c.id, transcripts.c.name.label("transcript_id"), utterances.c.id.label("unit"),
            utterances.c.name.label("utterance_id"), coders.c.name.label("coder"), table.c.blind,
            at.label("decided_at"), codebook_versions.c.number.label("codebook_version"),
            actions.c.kind.label("action"), actions.c.id.label("action_id"), *columns,
        )
        .select_from(table)
        .join(utterances, utterances.c.id == table.c.utterance_id)
        .join(segmentations, segmentations.c.id == utterances.c.segmentation_id)
        .join(transcripts, transcripts.c.id == segmentations.c.transcript_id)
        .join(coders, coders.c.id == table.c.coder_id)
        .join(codebook_versions, codebook_versions.c.id == table.c.codebook_id, isouter=True)
        .join(actions, actions.c.id == table.c.action_id, isouter=True)
    )  # fmt: skip


def _decisions() -> _Part:
    query = _of_utterances(
        decisions, decisions.c.decided_at, codes.c.name.label("code"), decisions.c.applies,
        decisions.c.withdrawn,
    ).join(codes, codes.c.id == decisions.c.code_id)  # fmt: skip
    columns = {
        "unit": decisions.c.utterance_id, "coder": coders.c.name, "code": codes.c.name,
        "transcript_id": transcripts.c.name,
    }  # fmt: skip
    return _Part(query, decisions.c.id, decisions.c.decided_at, columns, _decision_row)


def _marks() -> _Part:
    query = _of_utterances(marks, marks.c.marked_at, marks.c.done, marks.c.n_applied)
    columns = {
        "unit": marks.c.utterance_id, "coder": coders.c.name, "transcript_id": transcripts.c.name,
    }  # fmt: skip
    return _Part(query, marks.c.id, marks.c.marked_at, columns, _mark_row)


def _given() -> _Part:
    to = coders.alias("to_whom")
    query = (
        select(
            given.c.id, transcripts.c.name.label("transcript_id"), coders.c.name.label("coder"),
            to.c.name.label("to_whom"), given.c.is_given, given.c.given_at.label("decided_at"),
            null().label("action_id"),
        )
        .select_from(given)
        .join(transcripts, transcripts.c.id == given.c.transcript_id)
        .join(coders, coders.c.id == given.c.by_id)
        .join(to, to.c.id == given.c.coder_id)
    )  # fmt: skip
    columns = {"coder": coders.c.name, "transcript_id": transcripts.c.name}
    return _Part(query, given.c.id, given.c.given_at, columns, _given_row)


def _on_themes() -> _Part:
    table = theme_decisions
    query = (
        select(
            table.c.id, table.c.verdict, table.c.code, table.c.label, coders.c.name.label("coder"),
            table.c.decided_at, null().label("action_id"),
        )
        .select_from(table)
        .join(coders, coders.c.id == table.c.coder_id)
    )  # fmt: skip
    return _Part(query, table.c.id, table.c.decided_at, {"coder": coders.c.name}, _theme_row)


def _decision_row(row: Row[Any], shown: Mapping[str, Any]) -> dict[str, Any]:
    value = None if row.withdrawn else row.applies
    return {**_entry(row, shown), "decision": row.id, "code": row.code, "value": value}


def _mark_row(row: Row[Any], shown: Mapping[str, Any]) -> dict[str, Any]:
    finished = FINISHED if row.n_applied else FINISHED_WITHOUT
    return {**_entry(row, shown), "value": finished if row.done else REOPENED}


def _entry(row: Row[Any], shown: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": row.id, "decision": None, "transcript_id": row.transcript_id, "unit": row.unit,
        "utterance_id": row.utterance_id, "code": "", "coder": row.coder, "value": "", "blind": row.blind,
        "decided_at": row.decided_at, "codebook_version": row.codebook_version,
        "action": row.action or "stored",
        "model": shown.get("model", ""),
        "shown": shown.get("units", {}).get(str(row.unit), []),
    }  # fmt: skip


def _given_row(row: Row[Any], shown: Mapping[str, Any]) -> dict[str, Any]:
    value = f"transcript {'given to' if row.is_given else 'taken back from'} {row.to_whom}"
    return _of_no_unit(row, value, "given", row.transcript_id)


def _theme_row(row: Row[Any], shown: Mapping[str, Any]) -> dict[str, Any]:
    said = {"code": "made into", "belongs": "belongs to", "uninteresting": "not interesting"}
    value = f"theme '{row.label}': {said.get(row.verdict, 'decision taken back')}"
    return _of_no_unit(row, value + (f" '{row.code}'" if row.code else ""), "theme")


def _of_no_unit(row: Row[Any], value: str, action: str, transcript_id: str = "") -> dict[str, Any]:
    return {
        "id": row.id, "decision": None, "transcript_id": transcript_id, "unit": None, "utterance_id": "",
        "code": "", "coder": row.coder, "value": value, "blind": False, "decided_at": row.decided_at,
        "codebook_version": None, "action": action, "model": "", "shown": [],
    }  # fmt: skip
