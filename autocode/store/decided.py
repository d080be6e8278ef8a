"""What people say now of utterances and stretches of text, and which utterances are whose to do."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import prod
from typing import Any, Literal

from sqlalchemy import Connection, func, insert, or_, select

from autocode.store import given
from autocode.store.tables import (
    assignments,
    coders,
    codes,
    codings,
    decisions,
    segmentations,
    spans,
    transcripts,
    utterances,
)

Arm = Literal["blind", "assisted"]
BELOW_1 = 1 - 1e-9
_CHUNK = 500  # keys in one IN (...)


@dataclass(frozen=True, slots=True)
class Mark:
    """Where one coder stands with one unit."""

    arm: Arm
    done: bool
    revealed: bool  # was done once, so that suggestions have been shown since
    drawn: bool  # for reliability


@dataclass(frozen=True, slots=True)
class Said:
    """What one coder says now of one unit."""

    unit: int
    coder: str
    done: bool  # codes that are not in `codes` do not apply then
    codes: Mapping[str, bool]


def standing(connection: Connection, units: Iterable[int], coder: int) -> dict[int, dict[str, bool]]:
    """What one coder says now of each of `units`, by code."""
    found: dict[int, dict[str, bool]] = {}
    for part in chunks(list(units)):
        query = (
            select(decisions.c.utterance_id, codes.c.name, decisions.c.applies, decisions.c.withdrawn)
            .join(codes, codes.c.id == decisions.c.code_id)
            .where(decisions.c.utterance_id.in_(part), decisions.c.coder_id == coder)
            .order_by(decisions.c.id)
        )
        for unit, code, applies, withdrawn in connection.execute(query):
            said = found.setdefault(unit, {})
            said.pop(code, None)
            if not withdrawn:
                said[code] = applies
    return found


def standing_of_all(connection: Connection, units: Iterable[int]) -> dict[int, dict[str, dict[str, bool]]]:
    """What every coder says now of `units`: by unit, by coder's name, by code."""
    found: dict[int, dict[str, dict[str, bool]]] = {}
    for part in chunks(list(units)):
        query = (
            select(decisions.c.utterance_id, coders.c.name, codes.c.name.label("code"),
                   decisions.c.applies, decisions.c.withdrawn)
            .join(codes, codes.c.id == decisions.c.code_id)
            .join(coders, coders.c.id == decisions.c.coder_id)
            .where(decisions.c.utterance_id.in_(part))
            .order_by(decisions.c.id)
        )  # fmt: skip
        for unit, coder, code, applies, withdrawn in connection.execute(query):
            said = found.setdefault(unit, {}).setdefault(coder, {})
            said.pop(code, None)
            if not withdrawn:
                said[code] = applies
    return found


def marks(connection: Connection, coder: int, units: Iterable[int] | None = None) -> dict[int, Mark]:
    """Where a coder stands with `units`, or with all that he or she has or was given."""
    base = select(
        assignments.c.utterance_id, assignments.c.arm, assignments.c.done_at,
        assignments.c.first_codes, assignments.c.probability,
    ).where(assignments.c.coder_id == coder)  # fmt: skip
    found: dict[int, Mark] = {}
    queries = (
        [base]
        if units is None
        else [base.where(assignments.c.utterance_id.in_(part)) for part in chunks(list(units))]
    )
    for query in queries:
        for unit, arm, done_at, first, probability in connection.execute(query):
            found[unit] = Mark(arm, done_at is not None, first is not None, probability is not None)
    return found


def coverage(connection: Connection) -> dict[int, dict[int, bool]]:
    """Who has finished which unit: by unit, by coder's key, whether it is done (False: only given).

    Given is what was drawn for a coder, and what is in a transcript that he or she was given.
    """
    found: defaultdict[int, dict[int, bool]] = defaultdict(dict)
    for unit, coder, done_at in connection.execute(
        select(assignments.c.utterance_id, assignments.c.coder_id, assignments.c.done_at).where(
            or_(assignments.c.probability.is_not(None), assignments.c.first_codes.is_not(None))
        )
    ):
        found[unit][coder] = done_at is not None
    for coder, units in given.units_by_coder(connection).items():
        for unit in units:
            found[unit].setdefault(coder, False)
    return dict(found)


def drawn(connection: Connection) -> dict[int, float]:
    """The units that were drawn by chance for somebody to code, each with its probability."""
    query = select(assignments.c.utterance_id, assignments.c.probability).where(
        assignments.c.probability.is_not(None)
    )
    return {unit: float(probability) for unit, probability in connection.execute(query)}


def sample(connection: Connection) -> tuple[dict[int, float], set[int]]:
    """What was drawn by chance, each unit with its probability, and the units that are known in any case.

    Draws one after another are one sample; a unit has the probability that any of them had drawn it. If
    something else was finished in between, a draw is only of what was open then: the sample begins with it,
    and what was finished before, or drawn earlier, is known.
    """
    query = (
        select(assignments.c.utterance_id, assignments.c.probability, assignments.c.assigned_at,
               segmentations.c.transcript_id)
        .join(utterances, utterances.c.id == assignments.c.utterance_id)
        .join(segmentations, segmentations.c.id == utterances.c.segmentation_id)
        .where(assignments.c.probability.is_not(None))
    )  # fmt: skip
    drawn = connection.execute(query).all()
    if not drawn:
        return {}, set()
    done = select(assignments.c.utterance_id, func.min(assignments.c.done_at))
    finished: dict[int, datetime] = {
        unit: at
        for unit, at in connection.execute(done.group_by(assignments.c.utterance_id))
        if at is not None
    }
    chosen = finished.keys() - {row.utterance_id for row in drawn}
    others = [finished[unit] for unit in chosen]
    first, *later = sorted({row.assigned_at for row in drawn})
    for at in later:
        if any(first <= one < at for one in others):
            first = at
    known = {unit for unit, at in finished.items() if at < first}
    earlier = {row.utterance_id for row in drawn if row.assigned_at < first}
    return _of_any([row for row in drawn if row.assigned_at >= first]), known | (earlier & finished.keys())


def _of_any(drawn: Sequence[Any]) -> dict[int, float]:
    """Each unit with the probability that any of the draws had drawn it.

    In one draw all units of a transcript have the same; where it drew none of a transcript, its mean counts.
    It stays below 1, which is that of what is known in any case.
    """
    draws: defaultdict[datetime, dict[int, float]] = defaultdict(dict)
    for row in drawn:
        draws[row.assigned_at][row.transcript_id] = float(row.probability)
    chances = [(of, sum(of.values()) / len(of)) for of in draws.values()]
    return {
        row.utterance_id: min(1 - prod(1 - of.get(row.transcript_id, mean) for of, mean in chances), BELOW_1)
        for row in drawn
    }


def begun(connection: Connection, coder: int) -> set[int]:
    """Units of which a coder has decided something, or which he or she was given."""
    return {
        unit
        for table in (assignments, decisions)
        for unit in connection.scalars(select(table.c.utterance_id).where(table.c.coder_id == coder))
    }


def has_seen_others(connection: Connection, coder: int, units: Iterable[int], *, now: datetime) -> None:
    """Remember that a coder was shown what others say of units: what he or she says later is not blind.

    Units that the coder has finished once, or was given, are left as they are.
    """
    wanted = list(units)
    mine = marks(connection, coder, wanted)
    rows = [
        {"coder_id": coder, "utterance_id": unit, "arm": "assisted", "assigned_at": now}
        for unit in wanted
        if unit not in mine
    ]
    if rows:
        connection.execute(insert(assignments), rows)


def assign(
    connection: Connection, coder: int, units: Mapping[int, float], *, arm: Arm = "blind", now: datetime
) -> int:
    """Give units to a coder, each with its probability of having been drawn; how many are new.

    Units that the coder has begun already are left as they are.
    """
    n = 0
    has = begun(connection, coder)
    for unit, probability in units.items():
        if unit not in has:
            connection.execute(
                insert(assignments).values(
                    coder_id=coder,
                    utterance_id=unit,
                    arm=arm,
                    assigned_at=now,
                    probability=probability,
                )
            )
            n += 1
    return n


def first_decisions(
    connection: Connection,
) -> list[tuple[str, str, str, Arm, frozenset[str], frozenset[str]]]:
    """Of each finished unit: coder, transcript, utterance, arm, codes then, suggested codes then.

    Every cut of a transcript numbers its utterances anew, so those of earlier cuts have a name that says so.
    """
    cuts = _latest_cuts(connection)
    query = (
        select(coders.c.name, transcripts.c.name.label("transcript"), utterances.c.name.label("unit"),
               assignments.c.arm, assignments.c.first_codes, assignments.c.suggested,
               segmentations.c.id.label("cut"))
        .join(coders, coders.c.id == assignments.c.coder_id)
        .join(utterances, utterances.c.id == assignments.c.utterance_id)
        .join(segmentations, segmentations.c.id == utterances.c.segmentation_id)
        .join(transcripts, transcripts.c.id == segmentations.c.transcript_id)
        .where(assignments.c.first_codes.is_not(None))
        .order_by(assignments.c.id)
    )  # fmt: skip
    return [
        (
            coder, transcript, unit if cut in cuts else f"{unit} (as it was cut before, {cut})", arm,
            frozenset(json.loads(first)), frozenset(json.loads(suggested)),
        )
        for coder, transcript, unit, arm, first, suggested, cut in connection.execute(query)
    ]  # fmt: skip


def n_of_earlier_cuts(connection: Connection) -> int:
    """How many finished statements are of a cut of their transcript that is not the latest."""
    query = (
        select(utterances.c.segmentation_id, func.count())
        .join(assignments, assignments.c.utterance_id == utterances.c.id)
        .where(assignments.c.done_at.is_not(None))
        .group_by(utterances.c.segmentation_id)
    )
    cuts = _latest_cuts(connection)
    return sum(int(n) for cut, n in connection.execute(query) if cut not in cuts)


def _latest_cuts(connection: Connection) -> set[int]:
    """The keys of the segmentations of the transcripts' latest codings."""
    latest = select(func.max(codings.c.id)).group_by(codings.c.transcript_id)
    return set(connection.scalars(select(codings.c.segmentation_id).where(codings.c.id.in_(latest))))


def said(connection: Connection, units: Iterable[int] | None) -> list[Said]:
    """What each coder says now of `units` (None: of all), in the order in which units came up."""
    done_query = select(assignments.c.coder_id, assignments.c.utterance_id).where(
        assignments.c.done_at.is_not(None)
    )
    decided_query = (
        select(decisions.c.coder_id, decisions.c.utterance_id, codes.c.name, decisions.c.applies,
               decisions.c.withdrawn)
        .join(codes, codes.c.id == decisions.c.code_id)
        .order_by(decisions.c.id)
    )  # fmt: skip
    done: dict[tuple[int, int], None] = {}
    codes_of: dict[tuple[int, int], dict[str, bool]] = {}
    for part in [None] if units is None else chunks(list(units)):
        for coder, unit in connection.execute(_only(done_query, assignments.c.utterance_id, part)):
            done[coder, unit] = None
        for coder, unit, code, applies, withdrawn in connection.execute(
            _only(decided_query, decisions.c.utterance_id, part)
        ):
            now = codes_of.setdefault((coder, unit), {})
            now.pop(code, None)
            if not withdrawn:
                now[code] = applies
    coder_names = {row.id: row.name for row in connection.execute(select(coders.c.id, coders.c.name))}
    both = {**dict.fromkeys(done), **dict.fromkeys(codes_of)}
    return [
        Said(unit, coder_names[coder], (coder, unit) in done, codes_of.get((coder, unit), {}))
        for coder, unit in both
        if (coder, unit) in done or codes_of[coder, unit]
    ]


def _only(query: Any, column: Any, keys: list[int] | None) -> Any:
    return query if keys is None else query.where(column.in_(keys))


@dataclass(frozen=True, slots=True)
class Span:
    """What one coder said last of one code on one stretch of a transcript's text."""

    transcript_id: str
    start_char: int
    end_char: int
    code: str
    coder: str
    applies: bool
    decided_at: datetime
    blind: bool = field(default=False, compare=False)


def all_spans(connection: Connection) -> list[Span]:
    """What every coder said last of each stretch, taken back or not, in the order of first saying."""
    query = (
        select(transcripts.c.name, spans.c.start_char, spans.c.end_char, codes.c.name.label("code"),
               coders.c.name.label("coder"), spans.c.applies, spans.c.decided_at,
               spans.c.blind)
        .join(transcripts, transcripts.c.id == spans.c.transcript_id)
        .join(codes, codes.c.id == spans.c.code_id)
        .join(coders, coders.c.id == spans.c.coder_id)
        .order_by(spans.c.id)
    )  # fmt: skip
    return list({tuple(row[:5]): Span(*row) for row in connection.execute(query)}.values())


def spans_of(connection: Connection, transcript: int, coder: int) -> dict[tuple[int, int, str], bool]:
    """What a coder said last of each stretch: by start_char, end_char and code, whether it applies."""
    query = (
        select(spans.c.start_char, spans.c.end_char, codes.c.name, spans.c.applies)
        .join(codes, codes.c.id == spans.c.code_id)
        .where(spans.c.transcript_id == transcript, spans.c.coder_id == coder)
        .order_by(spans.c.id)
    )
    return {(start, end, code): applies for start, end, code, applies in connection.execute(query)}


def chunks(keys: list[int]) -> list[list[int]]:
    """The keys in parts that one query can hold."""
    return [keys[start : start + _CHUNK] for start in range(0, len(keys), _CHUNK)]
