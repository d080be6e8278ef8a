"""What the review page reads and writes: accounts, actions with their undo, what each coder says now.

Rows are only added. An action is a list of changes with what was there before, so that taking it back is
one more action; its `key`, made by the page, makes sending it twice the same as sending it once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from autocode.store import (
    actions,
    decided,
    given,
    history,
    learnt,
    notes,
    people,
    readings,
    theme_decisions,
)
from autocode.store.actions import SUCCESSION, Change, Outcome, Request
from autocode.store.decided import Arm, Mark, Said, Span
from autocode.store.history import Decided
from autocode.store.notes import MEMO_KINDS, Memo
from autocode.store.people import CONSENSUS, Account, CoderRole
from autocode.store.readings import Pool, Reading, Unit
from autocode.store.store import Store
from autocode.store.theme_decisions import ThemeDecision, ThemeVerdict

__all__ = [
    "CONSENSUS",
    "MEMO_KINDS",
    "SUCCESSION",
    "Account",
    "Arm",
    "Change",
    "CoderRole",
    "Decided",
    "Mark",
    "Memo",
    "Outcome",
    "Pool",
    "Reading",
    "Request",
    "ReviewStore",
    "Said",
    "Span",
    "ThemeDecision",
    "ThemeVerdict",
    "Unit",
]


class ReviewStore:
    """The review page's side of a `Store`. Each call is one transaction."""

    def __init__(self, store: Store) -> None:
        self._database, self._clock = store._database, store._clock

    # Accounts

    def accounts(self) -> list[Account]:
        """Everybody, in the order in which they came; the consensus is nobody."""
        with self._database.read() as connection:
            return people.accounts(connection)

    def account(self, name: str) -> Account | None:
        """The account with this name, upper and lower case alike."""
        with self._database.read() as connection:
            return people.named(connection, name)

    def add_account(self, name: str, role: CoderRole, *, passphrase_hash: str | None = None) -> Account:
        """A new account. Raises `StoreError` for a name that is taken, empty or reserved."""
        with self._database.write() as connection:
            return people.add(connection, name, role, passphrase_hash=passphrase_hash, now=self._clock())

    def change_account(self, key: int, **values: Any) -> None:
        """Set `role`, `passphrase`, `active` or `settings` of an account."""
        with self._database.write() as connection:
            people.change(connection, key, **values)

    def passphrase_hash(self, key: int) -> str | None:
        """The argon2 hash of an account's passphrase."""
        with self._database.read() as connection:
            return people.passphrase_hash(connection, key)

    def sign_in(self, key: int, token_sha256: str) -> None:
        """Remember that the browser with this token is signed in."""
        with self._database.write() as connection:
            people.sign_in(connection, key, token_sha256, now=self._clock())

    def sign_out(self, token_sha256: str) -> None:
        """Forget a token."""
        with self._database.write() as connection:
            people.sign_out(connection, token_sha256)

    def signed_in(self, token_sha256: str) -> tuple[Account, datetime] | None:
        """Whose token this is, and since when; None: nobody's."""
        with self._database.read() as connection:
            return people.signed_in(connection, token_sha256)

    # Settings of the project's review

    def setting(self, name: str, default: Any = None) -> Any:
        """A setting, as it was stored."""
        with self._database.read() as connection:
            return people.setting(connection, name, default)

    def set_setting(self, name: str, value: Any) -> None:
        """Store a setting."""
        with self._database.write() as connection:
            people.set_setting(connection, name, value)

    def project_id(self) -> str:
        """What tells this project from every other one; made when it is first asked for."""
        known = self.setting(people.PROJECT_ID)
        if known is not None:
            return str(known)
        with self._database.write() as connection:
            return people.project_id(connection)

    # Transcripts and suggestions

    def reading(self, transcript_id: str) -> Reading:
        """The latest coding of a transcript. Raises `StoreError` where it has not been coded."""
        with self._database.read() as connection:
            return readings.reading(connection, transcript_id)

    def latest_codings(self) -> dict[str, int]:
        """The key of each coded transcript's latest coding, by id: to see whether a `Reading` is still it."""
        with self._database.read() as connection:
            return readings.latest_codings(connection)

    def pool(self) -> Pool:
        """All codable utterances, transcript by transcript."""
        with self._database.read() as connection:
            return readings.pool(connection)

    def unit(self, key: int) -> Unit:
        """The utterance with this key. Raises `StoreError` if there is none."""
        with self._database.read() as connection:
            return readings.units(connection, [key])[key]

    def transcripts_of(self, units: Iterable[int]) -> dict[str, list[int]]:
        """`units` by the transcript that they belong to. Raises `StoreError` if one is not there."""
        found: dict[str, list[int]] = {}
        with self._database.read() as connection:
            for key, unit in readings.units(connection, units).items():
                found.setdefault(unit.transcript_id, []).append(key)
        return found

    def key_of_utterance(self, name: str) -> int | None:
        """The key of the utterance with this id, as the latest coding has it."""
        with self._database.read() as connection:
            return readings.key_of_utterance(connection, name)

    # What people say now

    def standing(self, units: Iterable[int], coder: int) -> dict[int, dict[str, bool]]:
        """What one coder says now of each of `units`, by code."""
        with self._database.read() as connection:
            return decided.standing(connection, units, coder)

    def standing_of_all(self, units: Iterable[int]) -> dict[int, dict[str, dict[str, bool]]]:
        """What every coder says now of `units`: by unit, by coder's name, by code."""
        with self._database.read() as connection:
            return decided.standing_of_all(connection, units)

    def marks(self, coder: int, units: Iterable[int] | None = None) -> dict[int, Mark]:
        """Where a coder stands with `units`, or with all that he or she has or was given."""
        with self._database.read() as connection:
            return decided.marks(connection, coder, units)

    def coverage(self) -> dict[int, dict[int, bool]]:
        """Who has finished which unit: by unit, by coder's key, whether it is done (False: only given)."""
        with self._database.read() as connection:
            return decided.coverage(connection)

    def drawn(self) -> dict[int, float]:
        """The units that were drawn by chance for somebody to code, each with its probability."""
        with self._database.read() as connection:
            return decided.drawn(connection)

    def sample(self) -> tuple[dict[int, float], set[int]]:
        """What was drawn by chance, each unit with its probability, and the units that are known in any case:
        finished before the draw. Both empty if nothing was drawn.
        """
        with self._database.read() as connection:
            return decided.sample(connection)

    def begun(self, coder: int) -> set[int]:
        """Units of which a coder has decided something, or which he or she was given."""
        with self._database.read() as connection:
            return decided.begun(connection, coder)

    def has_seen_others(self, coder: int, units: Iterable[int]) -> None:
        """Remember that a coder was shown what others say of units: what he or she says later is not blind.

        Units that the coder has finished once, or was given, are left as they are.
        """
        with self._database.write() as connection:
            decided.has_seen_others(connection, coder, units, now=self._clock())

    def assign(self, coder: int, units: Mapping[int, float], *, arm: Arm = "blind") -> int:
        """Give units to a coder, each with its probability of having been drawn; how many are new.

        Units that the coder has begun already are left as they are.
        """
        with self._database.write() as connection:
            return decided.assign(connection, coder, units, arm=arm, now=self._clock())

    def assign_draw(self, units_of: Mapping[int, Mapping[int, float]]) -> dict[int, int]:
        """Give each coder units of one draw, each with its probability, to be decided blind; how many are new
        to each.
        """
        with self._database.write() as connection:
            now = self._clock()
            return {
                coder: decided.assign(connection, coder, units, now=now) for coder, units in units_of.items()
            }

    def given(self) -> dict[int, frozenset[str]]:
        """The whole transcripts that each coder has been given, by the coder's key."""
        with self._database.read() as connection:
            return given.by_coder(connection)

    def give(
        self, coder: int, wanted: Iterable[str], among: Iterable[str], *, by: int
    ) -> tuple[frozenset[str], frozenset[str]]:
        """Of the transcripts `among`, give a coder those that are `wanted` and take back the others.

        Which were given and which were taken back by this. Raises `StoreError` for one that is not there.
        """
        with self._database.write() as connection:
            return given.set_given(
                connection, coder, frozenset(wanted), frozenset(among), by=by, now=self._clock()
            )

    def n_of_earlier_cuts(self) -> int:
        """How many finished statements are of a cut of their transcript that is not the latest."""
        with self._database.read() as connection:
            return decided.n_of_earlier_cuts(connection)

    def first_decisions(self) -> list[tuple[str, str, str, Arm, frozenset[str], frozenset[str]]]:
        """Of each finished unit: coder, transcript, utterance, arm, codes then, suggested codes then."""
        with self._database.read() as connection:
            return decided.first_decisions(connection)

    def when_first_done(self) -> dict[tuple[str, str], int | None]:
        """By coder and utterance: from how many the machine had learnt when it was first finished.

        None where the log does not say.
        """
        with self._database.read() as connection:
            return learnt.when_first_done(connection)

    def spans(self, transcript_key: int, coder: int) -> list[tuple[int, int, str]]:
        """A coder's spans in a transcript as they stand: start_char, end_char, code."""
        with self._database.read() as connection:
            found = decided.spans_of(connection, transcript_key, coder)
        return sorted(key for key, applies in found.items() if applies)

    def all_spans(self) -> list[Span]:
        """What every coder said last of each stretch of text, taken back or not."""
        with self._database.read() as connection:
            return decided.all_spans(connection)

    def memos(self, kind: str | None = None, target: str | None = None) -> list[Memo]:
        """Notes as they stand, oldest first."""
        with self._database.read() as connection:
            return notes.standing(connection, kind, target)

    # Themes

    def theme_decisions(self) -> list[ThemeDecision]:
        """What was decided on themes and holds, oldest first."""
        with self._database.read() as connection:
            return theme_decisions.standing(connection)

    def decide_on_theme(
        self,
        coder: int,
        verdict: ThemeVerdict,
        *,
        label: str,
        statements: Collection[str],
        transcripts: Collection[str],
        code: str | None = None,
        replaces: int | None = None,
    ) -> None:
        """Store what was decided on a theme, in the place of an earlier decision.

        Raises `StoreError` if that one holds no more.
        """
        with self._database.write() as connection:
            theme_decisions.add(
                connection, coder, verdict, label=label, statements=statements, transcripts=transcripts,
                code=code, replaces=replaces, now=self._clock(),
            )  # fmt: skip

    # Actions

    def act(self, actor: int, request: Request, *, subject: int | None = None) -> Outcome:
        """Store what somebody did, in the name of `subject` (None: the actor), all of it or nothing.

        Raises `StoreError` for units, codes' rules or transcripts that are not there.
        """
        with self._database.write() as connection:
            return actions.act(connection, actor, request, subject=subject, now=self._clock())

    def undo(self, actor: int, key: str, *, codebook_digest: str) -> Outcome | None:
        """Take back the actor's last action that is not taken back; None: there is none."""
        with self._database.write() as connection:
            return actions.turn(
                connection, actor, key, "undo", codebook_digest=codebook_digest, now=self._clock()
            )

    def redo(self, actor: int, key: str, *, codebook_digest: str) -> Outcome | None:
        """Do again what was just taken back; None: nothing was, or something else has been done since."""
        with self._database.write() as connection:
            return actions.turn(
                connection, actor, key, "redo", codebook_digest=codebook_digest, now=self._clock()
            )

    def consensus(self) -> int:
        """The key of the coder in whose name agreed codes are kept."""
        with self._database.write() as connection:
            return people.consensus(connection, now=self._clock())

    def history(self, unit: int) -> list[dict[str, Any]]:
        """Everything said of a unit, done marks too, oldest first: who, when, and what was shown."""
        with self._database.read() as connection:
            return history.of_unit(connection, unit)

    def log(self, **wanted: str) -> list[dict[str, Any]]:
        """Every decision, done mark and transcript given, oldest first.

        `wanted` may name a `coder`, a `transcript_id`, and a `code`, which only decisions have.
        """
        with self._database.read() as connection:
            return history.log(connection, **wanted)

    def log_page(self, start: int, n: int, **wanted: str) -> tuple[int, list[dict[str, Any]]]:
        """How long the log is, and `n` of its entries from the `start`-th on, latest first."""
        with self._database.read() as connection:
            return history.page(connection, start, n, **wanted)

    def decided(self, coder: int | None = None) -> list[Decided]:
        """Every decision that no undo took back, oldest first, of one coder or of all.

        The last one on a unit and code is what the coder says, and under which version it was said: what
        an undo brings back keeps the version that it had.
        """
        with self._database.read() as connection:
            return history.decided(connection, coder)

    def known_codes(self) -> set[str]:
        """Ids of all codes that were ever suggested, decided on, or written about."""
        with self._database.read() as connection:
            return history.known_codes(connection)

    def last_action(self) -> int:
        """The number of the last action: whoever keeps something of the project asks if it is still true."""
        with self._database.read() as connection:
            return actions.last_action(connection)

    def actions_since(self, number: int) -> list[tuple[int, int, str, list[Change]]]:
        """What was done after an action: its number, actor, kind and changes."""
        with self._database.read() as connection:
            return actions.actions_since(connection, number)

    def times_of(self, actor: int, n: int) -> list[datetime]:
        """When the actor did the last `n` actions, latest first: the pace."""
        with self._database.read() as connection:
            return actions.times_of(connection, actor, n)

    def said(self, units: Iterable[int] | None = None) -> list[Said]:
        """What each coder says now of `units` (None: of all), in the order in which units came up."""
        with self._database.read() as connection:
            return decided.said(connection, units)
