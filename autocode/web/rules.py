"""Decisions that were made when the codebook said something else, and how often each code was decided on."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from autocode.codebook import Change, Codebook, diff, rule_changed
from autocode.store.review import CONSENSUS, Decided

if TYPE_CHECKING:
    from autocode.store import Account
    from autocode.store.review import Change as Changed
    from autocode.web.state import Review

RULE_KINDS = ("renamed", "moved", "rule")


@dataclass(frozen=True, slots=True)
class OldDecision:
    """What a coder says of a code by a rule that is not the present one."""

    unit: int
    coder: str
    code: str  # of the present codebook
    made_on: str  # the same, or the code that was merged into it
    applies: bool
    blind: bool
    version: int
    decided_at: datetime


@dataclass(slots=True)
class Standing:
    """What the log comes to, read by the present codebook."""

    applied: Counter[str] = field(default_factory=Counter)  # by code: utterances and coders
    rejected: Counter[str] = field(default_factory=Counter)
    old: list[OldDecision] = field(default_factory=list)
    once_old: set[int] = field(default_factory=set)  # utterances with a decision that was old and is not now


class Rules:
    """Finds the decisions that deserve another look. Safe to use from several threads."""

    def __init__(self, review: Review) -> None:
        self._review, self._lock = review, threading.Lock()
        self._books: dict[int, Codebook] = {}
        self._changed: dict[tuple[int, str], frozenset[str]] = {}
        self._known: dict[int | str | None, tuple[tuple[object, ...], Standing]] = {}

    def book(self, version: int) -> Codebook | None:
        """The codebook as it was; None: there is no such version."""
        if version not in self._books:
            for one in self._review.project.store.codebooks():
                self._books.setdefault(one.number, Codebook.model_validate_json(one.json))
        return self._books.get(version)

    def what_changed(self, old: OldDecision) -> tuple[Change, ...]:
        """How the rule of a decision differs from the present one; empty where it is of another code."""
        then, now = self.book(old.version), self._review.codebook
        if then is None or old.code not in then:
            return ()
        return tuple(one for one in diff(then, now) if one.code_id == old.code and one.kind in RULE_KINDS)

    def standing(self, coder: Account | None = None) -> Standing:
        """The decisions of one coder or of all; kept until somebody decides or the codebook changes."""
        key = None if coder is None else coder.key
        return self._kept(key, self._state(), lambda: self._read(self._review.people.decided(key)))

    def seen_by(self, who: Account) -> Standing:
        """What the log comes to for one person: to a coder, what he or she said.

        To others, what everybody said, but nothing that would undo a blind decision (see `Review.secret`).
        """
        review = self._review
        if who.role == "coder":
            return self.standing(who)
        mine, waiting = review.secret(who)
        state = (*self._state(), frozenset(mine), frozenset(waiting))

        def read() -> Standing:
            return self._read(
                [
                    row
                    for row in review.people.decided()
                    if row.coder == who.name or not (row.unit in mine or (row.blind and row.unit in waiting))
                ]
            )

        return self._kept(f"seen by {who.key}", state, read)

    def _kept(
        self, key: int | str | None, state: tuple[object, ...], read: Callable[[], Standing]
    ) -> Standing:
        with self._lock:
            known = self._known.get(key)
        if known is not None and known[0] == state:
            return known[1]
        found = read()
        with self._lock:
            self._known[key] = state, found
        return found

    def _state(self) -> tuple[object, ...]:
        review = self._review
        return (
            review.people.last_action(), review.codebook.digest,
            tuple(sorted(review.succession.merged.items())), tuple(review.people.latest_codings().items()),
        )  # fmt: skip

    def units(self, coder: Account) -> list[int]:
        """Utterances on which this coder decided by an old rule, in the order of the transcripts."""
        wanted = {one.unit for one in self.standing(coder).old}
        return [int(key) for key in self._review.pool().keys if int(key) in wanted]

    def of_unit(self, coder: Account, unit: int) -> list[OldDecision]:
        """Those of one utterance."""
        return [one for one in self.standing(coder).old if one.unit == unit]

    def confirmed(self, coder: Account) -> set[int]:
        """Utterances whose old decisions this coder has looked at again."""
        return set(self.standing(coder).once_old)

    def keep(self, coder: Account, unit: int, code: str | None = None) -> list[Changed]:
        """The changes that say again, by the present rule, what the coder said of a unit (or of one code)."""
        return [
            ["code", unit, one.code, one.applies]
            for one in self.of_unit(coder, unit)
            if code in (None, one.code)
        ]

    def _read(self, log: Sequence[Decided]) -> Standing:
        book, succession = self._review.codebook, self._review.succession
        here, standing = set(self._review.pool().keys.tolist()), Standing()
        latest: dict[tuple[int, str, str], Decided] = {}
        was_old: set[tuple[int, str, str]] = set()
        now = {code: code if code in book else succession.resolve(code) for code in {row.code for row in log}}
        for row in log:
            key = row.unit, row.coder, row.code
            if key in latest and self._is_old(latest[key].version, now[row.code], book):
                was_old.add(key)
            latest[key] = row
        said: dict[tuple[int, str, str], bool] = {}
        for key, row in latest.items():
            code = now[row.code]
            if code not in book:
                continue
            old = row.unit in here and self._is_old(row.version, code, book)
            if old and row.applies is not None and row.version is not None:
                standing.old.append(
                    OldDecision(row.unit, row.coder, code, row.code, row.applies, row.blind, row.version,
                                row.decided_at)
                )  # fmt: skip
            elif key in was_old and row.unit in here:
                standing.once_old.add(row.unit)
            if row.applies is not None and row.coder != CONSENSUS:
                place = row.unit, row.coder, code
                said[place] = row.applies or said.get(place, False)
        for (_, _, code), applies in said.items():
            (standing.applied if applies else standing.rejected)[code] += 1
        return standing

    def _is_old(self, version: int | None, code: str, now: Codebook) -> bool:
        """Had the code another rule in that version? One that was not there had: another code was meant."""
        then = None if version is None else self.book(version)
        if then is None or version is None:
            return False
        place = version, now.digest
        if place not in self._changed:
            self._changed[place] = frozenset(rule_changed(then, now, self._review.succession))
        return code in self._changed[place] or code not in then
