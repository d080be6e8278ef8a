"""What somebody does, all of it or nothing: doing it, taking it back, doing it again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import zip_longest
from typing import Any, Literal

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from autocode.errors import StoreError
from autocode.store import notes, readings
from autocode.store.codings import keys_of_codes
from autocode.store.decided import Arm, chunks, spans_of, standing
from autocode.store.tables import (
    actions,
    assignments,
    codebook_versions,
    compact_json,
    decisions,
    marks,
    segmentations,
    settings,
    spans,
    transcripts,
    utterances,
)

Change = list[Any]  # ["code", unit, code, true|false|null], ["done", unit, bool],
# ["span", transcript, start_char, end_char, code, bool] or ["memo", kind, target, text]
SUCCESSION = "succession"  # the setting that says which code each merged code went into
KEY = re.compile("[0-9]{1,10}")  # of an utterance, as text


@dataclass(frozen=True, slots=True)
class Request:
    """Something that somebody wants done."""

    key: str
    kind: str
    changes: Sequence[Change]
    codebook_digest: str
    arms: Mapping[int, Arm] = field(default_factory=dict)  # of units that have none yet
    suggested: Mapping[int, Sequence[str]] = field(default_factory=dict)  # by the machine, shown or not
    shown: Mapping[str, Any] = field(default_factory=dict)
    times: Sequence[datetime | None] = ()  # when each change was made elsewhere; none: now


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request."""

    action: int
    kind: str
    units: tuple[int, ...]  # whose codes or marks changed
    changes: tuple[Change, ...]
    repeated: bool = False  # the same key had been stored before; nothing was done


def act(
    connection: Connection, actor: int, request: Request, *, subject: int | None, now: datetime
) -> Outcome:
    """Carry out a request, unless its key has been carried out already. See `ReviewStore.act`."""
    if (known := _repeated(connection, request.key, actor)) is not None:
        return known
    return _act(connection, actor, subject or actor, request, now)


def turn(
    connection: Connection,
    actor: int,
    key: str,
    kind: Literal["undo", "redo"],
    *,
    codebook_digest: str,
    now: datetime,
) -> Outcome | None:
    """Take back the actor's last action, or do again what was taken back last; None: there is none."""
    if (known := _repeated(connection, key, actor)) is not None:
        return known
    row = (_last_done if kind == "undo" else _last_undone)(connection, actor)
    if row is None:
        return None
    blind = connection.scalars(
        select(decisions.c.utterance_id).where(decisions.c.action_id == row.id, decisions.c.blind)
    )  # what was decided blind is taken back and decided again blind, until it is done
    arms: dict[int, Arm] = dict.fromkeys(blind, "blind")
    request = Request(key, kind, json.loads(row.before), codebook_digest, arms)
    subject = json.loads(row.shown).get("for", actor)
    return _act(connection, actor, subject, request, now, undoes=row.id)


def forget(connection: Connection, transcript_id: str) -> None:
    """Take a transcript out of actions that are about several, so that the rest of them can be undone.

    Actions on it alone go with it.
    """
    key = connection.scalar(select(transcripts.c.id).where(transcripts.c.name == transcript_id))
    units = set(
        connection.scalars(
            select(utterances.c.id)
            .join(segmentations, segmentations.c.id == utterances.c.segmentation_id)
            .where(segmentations.c.transcript_id == key)
        )
    )

    def is_of_it(change: Change) -> bool:
        if change[0] == "memo":
            return change[1:3] == ["transcript", transcript_id] or (
                change[1] == "utterance" and int(change[2]) in units
            )
        return change[1] == key if change[0] == "span" else change[1] in units

    for row in connection.execute(select(actions).where(actions.c.transcript_id.is_(None))).all():
        changes, before = json.loads(row.changes), json.loads(row.before)
        left = [change for change in changes if not is_of_it(change)]
        if len(left) == len(changes):
            continue
        if not left:
            connection.execute(actions.delete().where(actions.c.id == row.id))
            continue
        shown = json.loads(row.shown)
        if "units" in shown:
            shown["units"] = {u: value for u, value in shown["units"].items() if int(u) not in units}
        values = {
            "changes": compact_json(left),
            "before": compact_json([change for change in before if not is_of_it(change)]),
            "shown": compact_json(shown),
        }
        connection.execute(update(actions).where(actions.c.id == row.id).values(values))


def last_action(connection: Connection) -> int:
    """The number of the last action: whoever keeps something of the project asks if it is still true."""
    return connection.scalar(select(func.max(actions.c.id))) or 0


def actions_since(connection: Connection, number: int) -> list[tuple[int, int, str, list[Change]]]:
    """What was done after an action: its number, actor, kind and changes."""
    query = (
        select(actions.c.id, actions.c.actor_id, actions.c.kind, actions.c.changes)
        .where(actions.c.id > number)
        .order_by(actions.c.id)
    )
    return [(key, actor, kind, json.loads(done)) for key, actor, kind, done in connection.execute(query)]


def times_of(connection: Connection, actor: int, n: int) -> list[datetime]:
    """When the actor did the last `n` actions, latest first: the pace."""
    query = select(actions.c.at).where(actions.c.actor_id == actor).order_by(actions.c.id.desc()).limit(n)
    return list(connection.scalars(query))


def _repeated(connection: Connection, key: str, actor: int) -> Outcome | None:
    row = connection.execute(select(actions).where(actions.c.key == key)).first()
    if row is None:
        return None
    if row.actor_id != actor:
        raise StoreError("this action's key was used by somebody else; reload the page")
    changes = json.loads(row.changes)
    return Outcome(row.id, row.kind, _units(changes), tuple(changes), repeated=True)


def _units(changes: Iterable[Change]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(change[1] for change in changes if change[0] in ("code", "done")))


def _last_done(connection: Connection, actor: int) -> Row[Any] | None:
    """The actor's last action that stands: done and not undone, or redone."""
    turned = select(actions.c.undoes).where(actions.c.actor_id == actor, actions.c.undoes.is_not(None))
    return connection.execute(
        select(actions)
        .where(actions.c.actor_id == actor, actions.c.kind != "undo", actions.c.id.not_in(turned))
        .order_by(actions.c.id.desc())
        .limit(1)
    ).first()


def _last_undone(connection: Connection, actor: int) -> Row[Any] | None:
    """The actor's last undo that has not been redone, if nothing new was done since."""
    turned = select(actions.c.undoes).where(actions.c.actor_id == actor, actions.c.undoes.is_not(None))
    row = connection.execute(
        select(actions)
        .where(actions.c.actor_id == actor, actions.c.kind == "undo", actions.c.id.not_in(turned))
        .order_by(actions.c.id.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    newer = select(actions.c.id).where(
        actions.c.actor_id == actor, actions.c.id > row.id, actions.c.kind.not_in(("undo", "redo"))
    )
    return None if connection.scalar(newer.limit(1)) is not None else row


def _with_merged(connection: Connection, subject: int, request: Request) -> Request:
    """The request that also takes back what was said of merged codes where it decides on their successor.

    Otherwise a word on the merged code would go on counting beside the new one.
    """
    stored = connection.scalar(select(settings.c.value).where(settings.c.name == SUCCESSION))
    merged: dict[str, str] = json.loads(stored) if stored else {}
    decided = {change[2] for change in request.changes if change[0] == "code"}
    if not decided & set(merged.values()):
        return request
    book = connection.scalar(
        select(codebook_versions.c.json).where(codebook_versions.c.digest == request.codebook_digest)
    )
    here = {code["id"] for code in json.loads(book or '{"codes": []}')["codes"]}
    said = standing(connection, list(_units(request.changes)), subject)
    changes: list[Change] = []
    times: list[datetime | None] = []
    for change, time in zip_longest(request.changes, request.times):
        if change[0] == "code":
            changes += [
                ["code", change[1], code, None]
                for code in said.get(change[1], {})
                if code not in here and merged.get(code) == change[2]
            ]
        changes.append(change)
        times += [time] * (len(changes) - len(times))
    return replace(request, changes=changes, times=times)


def _act(
    connection: Connection,
    actor: int,
    subject: int,
    request: Request,
    now: datetime,
    *,
    undoes: int | None = None,
) -> Outcome:
    if undoes is None:
        request = _with_merged(connection, subject, request)
    units = list(_units(request.changes))
    place = _places(connection, units, request.changes)
    codebook = connection.scalar(
        select(codebook_versions.c.id).where(codebook_versions.c.digest == request.codebook_digest)
    )
    if codebook is None:
        raise StoreError("the codebook has changed meanwhile; reload the page")
    shown = {**request.shown, **({"for": subject} if subject != actor else {})}
    values = {
        "key": request.key, "actor_id": actor, "kind": request.kind, "at": now, "undoes": undoes,
        "transcript_id": place, "changes": compact_json(list(request.changes)), "before": "[]",
        "shown": compact_json(shown),
    }  # fmt: skip
    action = int(connection.execute(insert(actions).values(values).returning(actions.c.id)).scalar_one())
    before = _Writer(connection, action, subject, codebook, request, now).write()
    connection.execute(
        update(actions).where(actions.c.id == action).values(before=compact_json(before[::-1]))
    )
    return Outcome(action, request.kind, tuple(units), tuple(request.changes))


def _places(connection: Connection, units: list[int], changes: Sequence[Change]) -> int | None:
    """The transcript that an action is about (None: several, or none); checks that all is there."""
    names = [change[2] for change in changes if change[0] == "memo" and change[1] == "transcript"]
    noted = [change[2] for change in changes if change[0] == "memo" and change[1] == "utterance"]
    if strange := [target for target in noted if not KEY.fullmatch(target)]:
        raise StoreError(f"{strange[0]}: no such utterance in the project")
    found = readings.units(connection, [*units, *map(int, noted)])
    about = {unit.transcript_key for unit in found.values()}
    for column, values in (
        (transcripts.c.id, [change[1] for change in changes if change[0] == "span"]),
        (transcripts.c.name, names),
    ):
        for value in dict.fromkeys(values):
            key = connection.scalar(select(transcripts.c.id).where(column == value))
            if key is None:
                raise StoreError(f"{value}: no such transcript in the project; it may have been removed")
            about.add(key)
    return about.pop() if len(about) == 1 else None


class _Writer:
    """Carries out the changes of one action, in as many statements for thousands of them as for a few."""

    def __init__(  # noqa: PLR0917
        self,
        connection: Connection,
        action: int,
        subject: int,
        codebook: int,
        request: Request,
        now: datetime,
    ) -> None:
        self.connection, self.action, self.subject = connection, action, subject
        self.codebook, self.request, self.now = codebook, request, now
        units = list(_units(request.changes))
        self.said = standing(connection, units, subject)
        names = {change[2] for change in request.changes if change[0] == "code"}
        names |= {change[4] for change in request.changes if change[0] == "span"}
        self.codes = keys_of_codes(connection, names) if names else {}
        self.marks = self._marks(units)
        self.spans: dict[int, dict[tuple[int, int, str], bool]] = {}  # by transcript, read when needed
        self.new_decisions: list[dict[str, Any]] = []
        self.new_spans: list[dict[str, Any]] = []
        self.new_marks: list[dict[str, Any]] = []  # lines of the log, finished or reopened
        self.marked: dict[int, None] = {}  # units whose mark changed

    def _marks(self, units: list[int]) -> dict[int, dict[str, Any]]:
        found: dict[int, dict[str, Any]] = {}
        for part in chunks(units):
            query = select(
                assignments.c.id.label("key"), assignments.c.utterance_id, assignments.c.arm,
                assignments.c.done_at, assignments.c.first_codes, assignments.c.suggested,
            ).where(assignments.c.coder_id == self.subject, assignments.c.utterance_id.in_(part))  # fmt: skip
            for row in self.connection.execute(query).mappings():
                found[row["utterance_id"]] = dict(row)
        return found

    def write(self) -> list[Change]:
        """What takes each change back, in the order of the changes."""
        now, before = self.now, list[Change]()
        for change, time in zip_longest(self.request.changes, self.request.times):
            self.now = time or now
            before.append(getattr(self, f"_{change[0]}")(*change[1:]))
        marked = [self.marks[unit] for unit in self.marked]
        for statement, rows in (
            (insert(decisions), self.new_decisions),
            (insert(spans), self.new_spans),
            (insert(marks), self.new_marks),
            (insert(assignments), [mark for mark in marked if "key" not in mark]),
            (update(assignments).where(assignments.c.id == bindparam("key")),
             [mark for mark in marked if "key" in mark]),
        ):  # fmt: skip
            if rows:
                self.connection.execute(statement, rows)
        return before

    def _is_blind(self, unit: int) -> bool:
        mark = self.marks.get(unit)
        arm = mark["arm"] if mark is not None else self.request.arms.get(unit, "assisted")
        return arm == "blind" and (mark is None or mark["first_codes"] is None)

    def _code(self, unit: int, code: str, value: bool | None) -> Change:
        before = self.said.get(unit, {}).get(code)
        self.new_decisions.append(
            {
                "utterance_id": unit,
                "code_id": self.codes[code],
                "coder_id": self.subject,
                "applies": bool(value),
                "blind": self._is_blind(unit),
                "decided_at": self.now,
                "codebook_id": self.codebook,
                "action_id": self.action,
                "withdrawn": value is None,
            }
        )
        said = self.said.setdefault(unit, {})
        said.pop(code, None)
        if value is not None:
            said[code] = value
        return ["code", unit, code, before]

    def _done(self, unit: int, done: bool) -> Change:
        new = {
            "coder_id": self.subject,
            "utterance_id": unit,
            "arm": self.request.arms.get(unit, "assisted"),
            "assigned_at": self.now,
            "done_at": None,
            "first_codes": None,
            "suggested": None,
        }
        mark = self.marks.setdefault(unit, new)
        was_done = mark["done_at"] is not None
        if done != was_done:
            self._log_mark(unit, done)
        mark["done_at"] = self.now if done else None
        if done and mark["first_codes"] is None:
            applied = sorted(code for code, applies in self.said.get(unit, {}).items() if applies)
            mark["first_codes"] = compact_json(applied)
            mark["suggested"] = compact_json(list(self.request.suggested.get(unit, ())))
        self.marked[unit] = None
        return ["done", unit, was_done]

    def _log_mark(self, unit: int, done: bool) -> None:
        self.new_marks.append(
            {
                "utterance_id": unit,
                "coder_id": self.subject,
                "done": done,
                "n_applied": sum(self.said.get(unit, {}).values()),
                "blind": self._is_blind(unit),
                "marked_at": self.now,
                "codebook_id": self.codebook,
                "action_id": self.action,
            }
        )

    def _span(self, transcript: int, start_char: int, end_char: int, code: str, applies: bool) -> Change:
        key = (start_char, end_char, code)
        if transcript not in self.spans:
            self.spans[transcript] = spans_of(self.connection, transcript, self.subject)
        before = self.spans[transcript].get(key, False)
        self.spans[transcript][key] = applies
        self.new_spans.append(
            {
                "transcript_id": transcript,
                "start_char": start_char,
                "end_char": end_char,
                "code_id": self.codes[code],
                "coder_id": self.subject,
                "applies": applies,
                "blind": bool(self.request.shown.get("blind", False)),
                "decided_at": self.now,
                "action_id": self.action,
            }
        )
        return ["span", transcript, start_char, end_char, code, before]

    def _memo(self, kind: str, target: str, text: str) -> Change:
        before = notes.write(self.connection, self.subject, kind, target, text, now=self.now)
        return ["memo", kind, target, before]
