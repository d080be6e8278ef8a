"""What the review page reads and writes: accounts, actions with their undo, what each coder says now.

Rows are only added. An action is a list of changes with what was there before, so that taking it back is
one more action; its `key`, made by the page, makes sending it twice the same as sending it once.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, func, insert, select, update

from autocode.errors import StoreError
from autocode.records import Suggestion, Utterance
from autocode.store import codings as stored_codings
from autocode.store.codings import FLOAT32, keys_of_codes
from autocode.store.store import Store
from autocode.store.tables import (
    actions,
    assignments,
    codebook_versions,
    coders,
    codes,
    codings,
    compact_json,
    decisions,
    memos,
    scores,
    segmentations,
    settings,
    sign_ins,
    spans,
    transcripts,
    utterances,
)

CoderRole = Literal["lead", "coder", "reader", "consensus"]
Arm = Literal["blind", "assisted"]
Change = list[Any]  # ["code", unit, code, true|false|null], ["done", unit, bool],
# ["span", transcript, start_char, end_char, code, bool] or ["memo", kind, target, text]
CONSENSUS = "consensus"  # the coder in whose name agreed codes are kept, beside those of people
MEMO_KINDS = ("utterance", "code", "transcript", "project")
SUCCESSION = "succession"  # the setting that says which code each merged code went into
_CHUNK = 500  # keys in one IN (...)


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who reviews."""

    key: int
    name: str
    role: CoderRole
    has_passphrase: bool
    active: bool
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Unit:
    """A codable utterance where the page looks for it."""

    key: int
    transcript_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Reading:
    """The latest coding of one transcript, with the database's key of each utterance."""

    transcript_key: int
    coding_key: int
    run_key: str
    segmentation: str
    utterances: tuple[Utterance, ...]
    keys: tuple[int, ...]
    suggestions: Mapping[int, tuple[Suggestion, ...]]  # by the utterance's key, best first


@dataclass(frozen=True, slots=True)
class Pool:
    """All codable utterances of the latest codings, and what the machine gives each code there."""

    keys: NDArray[np.int64]  # (n,)
    transcripts: tuple[str, ...]  # (n,)
    names: tuple[str, ...]  # (n,) ids of the utterances
    code_ids: tuple[str, ...]
    scores: NDArray[np.float32]  # (n, n_codes); nan: a code that this transcript's coding did not know


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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request."""

    action: int
    kind: str
    units: tuple[int, ...]  # whose codes or marks changed
    changes: tuple[Change, ...]
    repeated: bool = False  # the same key had been stored before; nothing was done


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


@dataclass(frozen=True, slots=True)
class Memo:
    """A note as it stands."""

    key: int
    kind: str
    target: str  # the utterance's key, the code's id, the transcript's id, or ""
    coder: str
    text: str
    written_at: datetime


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


class ReviewStore:
    """The review page's side of a `Store`. Each writing call is one transaction."""

    def __init__(self, store: Store) -> None:
        self._database, self._clock = store._database, store._clock

    # Accounts

    def accounts(self) -> list[Account]:
        """Everybody, in the order in which they came; the consensus is nobody."""
        with self._database.read() as connection:
            return [_account(row) for row in connection.execute(select(coders).order_by(coders.c.id))
                    if row.role != CONSENSUS]  # fmt: skip

    def account(self, name: str) -> Account | None:
        """The account with this name, upper and lower case alike."""
        wanted = " ".join(name.split()).casefold()
        return next((one for one in self.accounts() if one.name.casefold() == wanted), None)

    def add_account(self, name: str, role: CoderRole, *, passphrase_hash: str | None = None) -> Account:
        """A new account. Raises `StoreError` for a name that is taken, empty or reserved."""
        name = " ".join(name.split())
        if not name or len(name) > 80:
            raise StoreError("a name needs 1 to 80 characters")
        if name.casefold() == CONSENSUS:
            raise StoreError(f"the name '{CONSENSUS}' is kept for what coders agree on")
        if self.account(name) is not None:
            raise StoreError(f"there is a coder '{name}' already; choose another name")
        with self._database.write() as connection:
            key = _add_coder(connection, name, role, self._clock(), passphrase_hash)
            return _account(connection.execute(select(coders).where(coders.c.id == key)).one())

    def change_account(self, key: int, **values: Any) -> None:
        """Set `role`, `passphrase`, `active` or `settings` of an account."""
        if "settings" in values:
            values["settings"] = compact_json(values["settings"])
        with self._database.write() as connection:
            connection.execute(update(coders).where(coders.c.id == key).values(values))
            if "passphrase" in values or values.get("active") is False:
                connection.execute(sign_ins.delete().where(sign_ins.c.coder_id == key))

    def passphrase_hash(self, key: int) -> str | None:
        """The argon2 hash of an account's passphrase."""
        with self._database.read() as connection:
            return connection.scalar(select(coders.c.passphrase).where(coders.c.id == key))

    def sign_in(self, key: int, token_sha256: str) -> None:
        """Remember that the browser with this token is signed in."""
        with self._database.write() as connection:
            values = {"token_sha256": token_sha256, "coder_id": key, "since": self._clock()}
            connection.execute(insert(sign_ins).values(values))

    def sign_out(self, token_sha256: str) -> None:
        """Forget a token."""
        with self._database.write() as connection:
            connection.execute(sign_ins.delete().where(sign_ins.c.token_sha256 == token_sha256))

    def signed_in(self, token_sha256: str) -> tuple[Account, datetime] | None:
        """Whose token this is, and since when; None: nobody's."""
        query = (
            select(coders, sign_ins.c.since)
            .join(sign_ins, sign_ins.c.coder_id == coders.c.id)
            .where(sign_ins.c.token_sha256 == token_sha256, coders.c.active)
        )
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else (_account(row), row.since)

    # Settings of the project's review

    def setting(self, name: str, default: Any = None) -> Any:
        """A setting, as it was stored."""
        with self._database.read() as connection:
            value = connection.scalar(select(settings.c.value).where(settings.c.name == name))
        return default if value is None else json.loads(value)

    def set_setting(self, name: str, value: Any) -> None:
        """Store a setting."""
        with self._database.write() as connection:
            _set_setting(connection, name, value)

    # Transcripts and suggestions

    def reading(self, transcript_id: str) -> Reading:
        """The latest coding of a transcript. Raises `StoreError` where it has not been coded."""
        with self._database.read() as connection:
            row = connection.execute(
                select(codings.c.id, codings.c.run_key, codings.c.transcript_id, segmentations.c.segmentation)
                .join(transcripts, transcripts.c.id == codings.c.transcript_id)
                .join(segmentations, segmentations.c.id == codings.c.segmentation_id)
                .where(transcripts.c.name == transcript_id)
                .order_by(codings.c.id.desc())
            ).first()
            if row is None:
                raise StoreError(
                    f"{transcript_id}: no such transcript, or it has not been coded yet ('autocode code')"
                )
            coding = stored_codings.load(connection, row.run_key, transcript_id)
            keys = tuple(
                connection.scalars(
                    select(utterances.c.id)
                    .join(scores, scores.c.utterance_id == utterances.c.id)
                    .where(scores.c.coding_id == row.id)
                    .order_by(utterances.c.position)
                )
            )
        key_of = {one.id: key for one, key in zip(coding.utterances, keys, strict=True)}
        found: defaultdict[int, list[Suggestion]] = defaultdict(list)
        for suggestion in coding.suggestions:
            found[key_of[suggestion.utterance_id]].append(suggestion)
        by_key = {key: tuple(items) for key, items in found.items()}
        return Reading(
            row.transcript_id, row.id, row.run_key, row.segmentation, coding.utterances, keys, by_key
        )

    def latest_codings(self) -> dict[str, int]:
        """The key of each coded transcript's latest coding, by id: to see whether a `Reading` is still it."""
        query = (
            select(transcripts.c.name, func.max(codings.c.id).label("key"))
            .join(codings, codings.c.transcript_id == transcripts.c.id)
            .group_by(transcripts.c.name)
            .order_by(transcripts.c.name)
        )
        with self._database.read() as connection:
            return {row.name: int(row.key) for row in connection.execute(query)}

    def pool(self) -> Pool:
        """All codable utterances, transcript by transcript."""
        keys, places, names, blobs = [], list[str](), list[str](), list[tuple[int, bytes]]()
        with self._database.read() as connection:
            latest = self.latest_codings()
            code_ids_of = {
                row.id: tuple(row.code_ids)
                for row in connection.execute(
                    select(codings.c.id, codings.c.code_ids).where(codings.c.id.in_(latest.values()))
                )
            }
            for transcript_id, coding in latest.items():
                query = (
                    select(utterances.c.id, utterances.c.name, scores.c.scores)
                    .join(scores, scores.c.utterance_id == utterances.c.id)
                    .where(scores.c.coding_id == coding, scores.c.scores.is_not(None))
                    .order_by(utterances.c.position)
                )
                for key, name, blob in connection.execute(query):
                    keys.append(key)
                    places.append(transcript_id)
                    names.append(name)
                    blobs.append((coding, blob))
        all_codes = tuple(dict.fromkeys(code for ids in code_ids_of.values() for code in ids))
        column = {code: index for index, code in enumerate(all_codes)}
        table = np.full((len(keys), len(all_codes)), np.nan, np.float32)
        columns_of = {coding: [column[code] for code in ids] for coding, ids in code_ids_of.items()}
        for row, (coding, blob) in enumerate(blobs):
            table[row, columns_of[coding]] = np.frombuffer(blob, FLOAT32)
        return Pool(np.array(keys, np.int64), tuple(places), tuple(names), all_codes, table)

    def unit(self, key: int) -> Unit:
        """The utterance with this key. Raises `StoreError` if there is none."""
        query = (
            select(utterances.c.id, transcripts.c.name.label("transcript"), utterances.c.name)
            .join(segmentations, segmentations.c.id == utterances.c.segmentation_id)
            .join(transcripts, transcripts.c.id == segmentations.c.transcript_id)
            .where(utterances.c.id == key)
        )
        with self._database.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise StoreError(f"{key}: no such utterance in the project; its transcript may have been removed")
        return Unit(row.id, row.transcript, row.name)

    def key_of_utterance(self, name: str) -> int | None:
        """The key of the utterance with this id, as the latest coding has it."""
        query = (
            select(utterances.c.id)
            .join(scores, scores.c.utterance_id == utterances.c.id)
            .where(utterances.c.name == name)
            .order_by(scores.c.coding_id.desc())
        )
        with self._database.read() as connection:
            return connection.scalar(query)

    # What people say now

    def standing(self, units: Iterable[int], coder: int) -> dict[int, dict[str, bool]]:
        """What one coder says now of each of `units`, by code."""
        with self._database.read() as connection:
            return _standing(connection, list(units), coder)

    def standing_of_all(self, units: Iterable[int]) -> dict[int, dict[str, dict[str, bool]]]:
        """What every coder says now of `units`: by unit, by coder's name, by code."""
        found: dict[int, dict[str, dict[str, bool]]] = {}
        with self._database.read() as connection:
            for part in _chunks(list(units)):
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

    def marks(self, coder: int, units: Iterable[int] | None = None) -> dict[int, Mark]:
        """Where a coder stands with `units`, or with all that he or she has or was given."""
        base = select(
            assignments.c.utterance_id, assignments.c.arm, assignments.c.done_at,
            assignments.c.first_codes, assignments.c.probability,
        ).where(assignments.c.coder_id == coder)  # fmt: skip
        found: dict[int, Mark] = {}
        with self._database.read() as connection:
            queries = (
                [base]
                if units is None
                else [base.where(assignments.c.utterance_id.in_(part)) for part in _chunks(list(units))]
            )
            for query in queries:
                for unit, arm, done_at, first, probability in connection.execute(query):
                    found[unit] = Mark(arm, done_at is not None, first is not None, probability is not None)
        return found

    def coverage(self) -> dict[int, dict[int, bool]]:
        """Who has finished which unit: by unit, by coder's key, whether it is done (False: only given)."""
        found: defaultdict[int, dict[int, bool]] = defaultdict(dict)
        with self._database.read() as connection:
            for unit, coder, done_at in connection.execute(
                select(assignments.c.utterance_id, assignments.c.coder_id, assignments.c.done_at)
            ):
                found[unit][coder] = done_at is not None
        return dict(found)

    def assign(self, coder: int, units: Mapping[int, float], *, arm: Arm = "blind") -> int:
        """Give units to a coder, each with its probability of having been drawn; how many are new.

        Units that the coder has begun already are left as they are.
        """
        now, n = self._clock(), 0
        with self._database.write() as connection:
            has = set(
                connection.scalars(select(assignments.c.utterance_id).where(assignments.c.coder_id == coder))
            )
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

    def first_decisions(self) -> list[tuple[str, str, str, Arm, frozenset[str], frozenset[str]]]:
        """Of each finished unit: coder, transcript, utterance, arm, codes then, suggested codes then."""
        query = (
            select(coders.c.name, transcripts.c.name.label("transcript"), utterances.c.name.label("unit"),
                   assignments.c.arm, assignments.c.first_codes, assignments.c.suggested)
            .join(coders, coders.c.id == assignments.c.coder_id)
            .join(utterances, utterances.c.id == assignments.c.utterance_id)
            .join(segmentations, segmentations.c.id == utterances.c.segmentation_id)
            .join(transcripts, transcripts.c.id == segmentations.c.transcript_id)
            .where(assignments.c.first_codes.is_not(None))
            .order_by(assignments.c.id)
        )  # fmt: skip
        with self._database.read() as connection:
            return [
                (coder, transcript, unit, arm, frozenset(json.loads(first)), frozenset(json.loads(suggested)))
                for coder, transcript, unit, arm, first, suggested in connection.execute(query)
            ]

    def spans(self, transcript_key: int, coder: int) -> list[tuple[int, int, str]]:
        """A coder's spans in a transcript as they stand: start_char, end_char, code."""
        with self._database.read() as connection:
            return sorted(
                key for key, applies in _spans(connection, transcript_key, coder).items() if applies
            )

    def memos(self, kind: str | None = None, target: str | None = None) -> list[Memo]:
        """Notes as they stand, oldest first."""
        with self._database.read() as connection:
            return [
                memo
                for memo in _memos(connection)
                if memo.text and kind in (None, memo.kind) and target in (None, memo.target)
            ]

    # Actions

    def act(self, actor: int, request: Request, *, subject: int | None = None) -> Outcome:
        """Store what somebody did, in the name of `subject` (None: the actor), all of it or nothing.

        Raises `StoreError` for units, codes' rules or transcripts that are not there.
        """
        with self._database.write() as connection:
            if (known := _repeated(connection, request.key, actor)) is not None:
                return known
            return _act(connection, actor, subject or actor, request, self._clock())

    def undo(self, actor: int, key: str, *, codebook_digest: str) -> Outcome | None:
        """Take back the actor's last action that is not taken back; None: there is none."""
        return self._turn(actor, key, "undo", codebook_digest)

    def redo(self, actor: int, key: str, *, codebook_digest: str) -> Outcome | None:
        """Do again what was just taken back; None: nothing was, or something else has been done since."""
        return self._turn(actor, key, "redo", codebook_digest)

    def _turn(self, actor: int, key: str, kind: str, codebook_digest: str) -> Outcome | None:
        with self._database.write() as connection:
            if (known := _repeated(connection, key, actor)) is not None:
                return known
            row = (_last_done if kind == "undo" else _last_undone)(connection, actor)
            if row is None:
                return None
            request = Request(key, kind, json.loads(row.before), codebook_digest)
            subject = json.loads(row.shown).get("for", actor)
            return _act(connection, actor, subject, request, self._clock(), undoes=row.id)

    def consensus(self) -> int:
        """The key of the coder in whose name agreed codes are kept."""
        with self._database.write() as connection:
            key = connection.scalar(select(coders.c.id).where(coders.c.name == CONSENSUS))
            return int(key) if key else _add_coder(connection, CONSENSUS, CONSENSUS, self._clock(), None)

    def history(self, unit: int) -> list[dict[str, Any]]:
        """Every decision on a unit, oldest first, with who, when, and what was shown."""
        query = _decision_log().where(decisions.c.utterance_id == unit)
        with self._database.read() as connection:
            return [_log_row(row) for row in connection.execute(query)]

    def log(self) -> list[dict[str, Any]]:
        """Every decision of the project, oldest first."""
        with self._database.read() as connection:
            return [_log_row(row) for row in connection.execute(_decision_log())]

    def decided(self, coder: int | None = None) -> list[Decided]:
        """Every decision that no undo took back, oldest first, of one coder or of all.

        The last one on a unit and code is what the coder says, and under which version it was said: what
        an undo brings back keeps the version that it had.
        """
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
        with self._database.read() as connection:
            turned = _turned(connection)
            return [
                Decided(row.utterance_id, row.coder, row.code, None if row.withdrawn else row.applies,
                        row.blind, row.number, row.decided_at)
                for row in connection.execute(query)
                if row.action_id not in turned
            ]  # fmt: skip

    def known_codes(self) -> set[str]:
        """Ids of all codes that were ever suggested, decided on, or written about."""
        with self._database.read() as connection:
            return set(connection.scalars(select(codes.c.name)))

    def last_action(self) -> int:
        """The number of the last action: whoever keeps something of the project asks if it is still true."""
        with self._database.read() as connection:
            return connection.scalar(select(func.max(actions.c.id))) or 0

    def actions_since(self, number: int) -> list[tuple[int, int, str, list[Change]]]:
        """What was done after an action: its number, actor, kind and changes."""
        query = (
            select(actions.c.id, actions.c.actor_id, actions.c.kind, actions.c.changes)
            .where(actions.c.id > number)
            .order_by(actions.c.id)
        )
        with self._database.read() as connection:
            return [
                (key, actor, kind, json.loads(done)) for key, actor, kind, done in connection.execute(query)
            ]

    def times_of(self, actor: int, n: int) -> list[datetime]:
        """When the actor did the last `n` actions, latest first: the pace."""
        query = select(actions.c.at).where(actions.c.actor_id == actor).order_by(actions.c.id.desc()).limit(n)
        with self._database.read() as connection:
            return list(connection.scalars(query))

    def said(self, units: Iterable[int] | None = None) -> list[Said]:
        """What each coder says now of `units` (None: of all), in the order in which units came up."""
        with self._database.read() as connection:
            return _said(connection, None if units is None else list(units))


def _said(connection: Connection, units: list[int] | None) -> list[Said]:
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
    for part in [None] if units is None else _chunks(units):
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


def _account(row: Row[Any]) -> Account:
    return Account(
        row.id, row.name, row.role, row.passphrase is not None, row.active, json.loads(row.settings)
    )


def _add_coder(
    connection: Connection, name: str, role: str, now: datetime, passphrase_hash: str | None
) -> int:
    values = {"name": name, "role": role, "added_at": now, "passphrase": passphrase_hash}
    return int(connection.execute(insert(coders).values(values).returning(coders.c.id)).scalar_one())


def _set_setting(connection: Connection, name: str, value: Any) -> None:
    connection.execute(settings.delete().where(settings.c.name == name))
    connection.execute(insert(settings).values(name=name, value=compact_json(value)))


def _chunks(keys: list[int]) -> list[list[int]]:
    return [keys[start : start + _CHUNK] for start in range(0, len(keys), _CHUNK)]


def _standing(connection: Connection, units: list[int], coder: int) -> dict[int, dict[str, bool]]:
    found: dict[int, dict[str, bool]] = {}
    for part in _chunks(units):
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


def _spans(connection: Connection, transcript: int, coder: int) -> dict[tuple[int, int, str], bool]:
    query = (
        select(spans.c.start_char, spans.c.end_char, codes.c.name, spans.c.applies)
        .join(codes, codes.c.id == spans.c.code_id)
        .where(spans.c.transcript_id == transcript, spans.c.coder_id == coder)
        .order_by(spans.c.id)
    )
    return {(start, end, code): applies for start, end, code, applies in connection.execute(query)}


def _memos(connection: Connection) -> list[Memo]:
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
    said = _standing(connection, list(_units(request.changes)), subject)
    changes: list[Change] = []
    for change in request.changes:
        if change[0] == "code":
            changes += [
                ["code", change[1], code, None]
                for code in said.get(change[1], {})
                if code not in here and merged.get(code) == change[2]
            ]
        changes.append(change)
    return replace(request, changes=changes)


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
    found: dict[int, int] = {}
    for part in _chunks(units):
        for unit, transcript in connection.execute(
            select(utterances.c.id, segmentations.c.transcript_id)
            .join(segmentations, segmentations.c.id == utterances.c.segmentation_id)
            .where(utterances.c.id.in_(part))
        ):
            found[unit] = transcript
    if missing := [unit for unit in units if unit not in found]:
        raise StoreError(
            f"{missing[0]}: no such utterance in the project; its transcript may have been removed"
        )
    about = set(found.values()) | {change[1] for change in changes if change[0] == "span"}
    for key in about:
        if connection.scalar(select(transcripts.c.id).where(transcripts.c.id == key)) is None:
            raise StoreError(f"{key}: no such transcript in the project; it may have been removed")
    return about.pop() if len(about) == 1 else None


class _Writer:
    """Carries out the changes of one action."""

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
        self.said = _standing(connection, units, subject)
        names = {change[2] for change in request.changes if change[0] == "code"}
        names |= {change[4] for change in request.changes if change[0] == "span"}
        self.codes = keys_of_codes(connection, names) if names else {}
        self.marks = self._marks(units)

    def _marks(self, units: list[int]) -> dict[int, Row[Any]]:
        found: dict[int, Row[Any]] = {}
        for part in _chunks(units):
            for row in self.connection.execute(
                select(assignments).where(
                    assignments.c.coder_id == self.subject, assignments.c.utterance_id.in_(part)
                )
            ):
                found[row.utterance_id] = row
        return found

    def write(self) -> list[Change]:
        """What takes each change back, in the order of the changes."""
        return [getattr(self, f"_{change[0]}")(*change[1:]) for change in self.request.changes]

    def _is_blind(self, unit: int) -> bool:
        mark = self.marks.get(unit)
        arm = mark.arm if mark is not None else self.request.arms.get(unit, "assisted")
        return arm == "blind" and (mark is None or mark.first_codes is None)

    def _code(self, unit: int, code: str, value: bool | None) -> Change:
        before = self.said.get(unit, {}).get(code)
        self.connection.execute(
            insert(decisions).values(
                utterance_id=unit,
                code_id=self.codes[code],
                coder_id=self.subject,
                applies=bool(value),
                blind=self._is_blind(unit),
                decided_at=self.now,
                codebook_id=self.codebook,
                action_id=self.action,
                withdrawn=value is None,
            )
        )
        said = self.said.setdefault(unit, {})
        said.pop(code, None)
        if value is not None:
            said[code] = value
        return ["code", unit, code, before]

    def _done(self, unit: int, done: bool) -> Change:
        mark = self.marks.get(unit)
        was_done = mark is not None and mark.done_at is not None
        values: dict[str, Any] = {"done_at": self.now if done else None}
        if done and (mark is None or mark.first_codes is None):
            applied = sorted(code for code, applies in self.said.get(unit, {}).items() if applies)
            values["first_codes"] = compact_json(applied)
            values["suggested"] = compact_json(list(self.request.suggested.get(unit, ())))
        if mark is None:
            self.connection.execute(
                insert(assignments).values(
                    coder_id=self.subject,
                    utterance_id=unit,
                    assigned_at=self.now,
                    arm=self.request.arms.get(unit, "assisted"),
                    **values,
                )
            )
        else:
            self.connection.execute(update(assignments).where(assignments.c.id == mark.id).values(values))
        self.marks.update(self._marks([unit]))
        return ["done", unit, was_done]

    def _span(self, transcript: int, start_char: int, end_char: int, code: str, applies: bool) -> Change:
        key = (start_char, end_char, code)
        before = _spans(self.connection, transcript, self.subject).get(key, False)
        self.connection.execute(
            insert(spans).values(
                transcript_id=transcript,
                start_char=start_char,
                end_char=end_char,
                code_id=self.codes[code],
                coder_id=self.subject,
                applies=applies,
                blind=bool(self.request.shown.get("blind", False)),
                decided_at=self.now,
                action_id=self.action,
            )
        )
        return ["span", transcript, start_char, end_char, code, before]

    def _memo(self, kind: str, target: str, text: str) -> Change:
        coder = self.connection.scalar(select(coders.c.name).where(coders.c.id == self.subject))
        own = [
            memo
            for memo in _memos(self.connection)
            if (memo.kind, memo.target, memo.coder) == (kind, target, coder)
        ]
        values: dict[str, Any] = {"coder_id": self.subject, "text": text, "written_at": self.now}
        if kind == "utterance":
            values["utterance_id"] = int(target)
        elif kind == "code":
            values["code_id"] = keys_of_codes(self.connection, {target})[target]
        elif kind == "transcript":
            values["transcript_id"] = self.connection.scalar(
                select(transcripts.c.id).where(transcripts.c.name == target)
            )
            if values["transcript_id"] is None:
                raise StoreError(f"{target}: no such transcript in the project; it may have been removed")
        elif kind != "project":
            raise StoreError(f"a memo is on one of {', '.join(MEMO_KINDS)}, not on '{kind}'")
        self.connection.execute(insert(memos).values(replaces=own[-1].key if own else None, **values))
        return ["memo", kind, target, own[-1].text if own else ""]


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
