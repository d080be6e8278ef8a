"""The project as its review page sees it: what is read often is kept, and kept true."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autocode.batch import project_coder
from autocode.codebook import Codebook, Succession, read_codebook, rewrite_codebook
from autocode.errors import StoreError
from autocode.records import Evidence, Suggestion, Utterance
from autocode.store import Account, Mark, Memo, Pool, Project, Reading, ReviewStore, Said
from autocode.store.review import CONSENSUS, SUCCESSION
from autocode.web.live import Live
from autocode.web.order import Orders
from autocode.web.rules import Rules
from autocode.web.themed import Themes

if TYPE_CHECKING:
    from autocode.pipeline import Coder
    from autocode.store.review import Arm

KEPT_READINGS = 6
PATIENCE_S = 1.0  # for the learner to finish with a transcript, when somebody asks why
BLIND_SHARE = "blind_share"
_NOTHING: Mapping[str, bool] = {}


class StaleCodebookError(StoreError):
    """The codebook has changed since somebody began to edit it."""


@dataclass(frozen=True, slots=True)
class UnitView:
    """One utterance as a coder sees it."""

    key: int
    utterance: Utterance
    said: Mapping[str, bool]  # by code: what this coder says
    suggestions: tuple[Suggestion, ...]  # shown, best first; empty while it is blind
    hidden: bool  # suggestions are kept back until the coder has decided
    blind: bool  # of the blind arm
    done: bool
    drawn: bool  # for reliability
    given: bool  # with its whole transcript, which has nothing to do with reliability

    @property
    def applied(self) -> tuple[str, ...]:
        """Codes that this coder applies."""
        return tuple(code for code, applies in self.said.items() if applies)

    @property
    def undecided(self) -> tuple[Suggestion, ...]:
        """Suggestions on which this coder has said nothing."""
        return tuple(one for one in self.suggestions if one.code_id not in self.said)


class Review:
    """An open project with everything that the pages share. Safe to use from several threads."""

    def __init__(self, project: Project, *, learn: bool = True) -> None:
        self.project, self.people = project, ReviewStore(project.store)
        self.project_id = self.people.project_id()
        self._lock = threading.RLock()
        self.coder_lock = threading.Lock()  # held by whoever reads transcripts with `coder`
        self._readings: OrderedDict[str, Reading] = OrderedDict()
        self._pool: tuple[tuple[tuple[str, int], ...], Pool] | None = None
        self._coder: Coder | None = None
        self._pool_keys: frozenset[int] = frozenset()
        self._codebook: tuple[float, Codebook, int] | None = None
        self.orders, self.rules, self.themes = Orders(self), Rules(self), Themes(self)
        self.live = Live(self) if learn else None

    def close(self) -> None:
        """Stop what works in the background; transcripts are not read any more.

        Whoever reads one is waited for, but not long: a program that ends inside the encoder's library is
        aborted by it.
        """
        self.themes.close()
        if self.live is not None:
            self.live.close()
        self.coder_lock.acquire(timeout=2 * PATIENCE_S)  # and it is kept

    @property
    def coder(self) -> Coder:
        """The pipeline with the project's settings and present codebook; what is learnt live is not in it."""
        digest = self.codebook.digest
        with self._lock:
            if self._coder is None or self._coder.codebook.digest != digest:
                self._coder = project_coder(self.project, with_model=False)
            return self._coder

    @property
    def codebook(self) -> Codebook:
        """The project's codebook as its file is now; a changed file becomes a new version."""
        return self._current_codebook()[0]

    @property
    def codebook_version(self) -> int:
        """The number of the present codebook."""
        return self._current_codebook()[1]

    def _current_codebook(self) -> tuple[Codebook, int]:
        path = self.project.codebook_path
        try:
            changed = path.stat().st_mtime_ns
        except OSError:
            raise StoreError(f"{path}: no such file; put the project's codebook back in its place") from None
        with self._lock:
            if self._codebook is None or self._codebook[0] != changed:
                book = read_codebook(path)
                number = self.project.store.add_codebook(book.digest, book.model_dump_json())
                is_new = self._codebook is not None and self._codebook[1].digest != book.digest
                self._codebook = changed, book, number
                if is_new and self.live is not None:
                    self.live.heard_of_codebook()
            return self._codebook[1], self._codebook[2]

    @property
    def succession(self) -> Succession:
        """Which code each merged code went into; a code that is in the codebook again is itself."""
        merged, book = self.people.setting(SUCCESSION, {}), self.codebook
        return Succession({old: new for old, new in merged.items() if old not in book})

    def change_codebook(
        self, new: Codebook, *, base: int, note: str, succession: Succession | None = None
    ) -> int:
        """Write another codebook in the place of version `base`; the number of the new version.

        Raises `StaleCodebookError` where the present one is not `base` any more; nothing is changed then.
        """
        with self._lock:
            book, number = self._current_codebook()
            if number != base:
                raise StaleCodebookError("the codebook has changed meanwhile")
            before, after = self.people.setting(SUCCESSION, {}), succession or self.succession
            merged = {old: after.resolve(old) for old in after.merged}
            if merged != before:
                self.people.set_setting(SUCCESSION, merged)
            try:
                rewrite_codebook(new, self.project.codebook_path, previous=book)
            except BaseException:
                self.people.set_setting(SUCCESSION, before)
                raise
            number = self.project.store.add_codebook(new.digest, new.model_dump_json(), note=note)
            self._current_codebook()  # the learner hears of it
        self.orders.forget()
        return number

    def reading(self, transcript_id: str) -> Reading:
        """A transcript's latest coding. Raises `StoreError` where it is not there."""
        latest = self.people.latest_codings().get(transcript_id)
        with self._lock:
            known = self._readings.get(transcript_id)
            if known is not None and known.coding_key == latest:
                self._readings.move_to_end(transcript_id)
                return known
        found = self.people.reading(transcript_id)
        with self._lock:
            self._readings[transcript_id] = found
            self._readings.move_to_end(transcript_id)
            while len(self._readings) > KEPT_READINGS:
                self._readings.popitem(last=False)
        return found

    def pool(self) -> Pool:
        """All codable utterances with their scores."""
        latest = tuple(self.people.latest_codings().items())
        with self._lock:
            if self._pool is None or self._pool[0] != latest:
                pool = self.people.pool()
                self._pool, self._pool_keys = (latest, pool), frozenset(pool.keys.tolist())
            return self._pool[1]

    def pool_keys(self) -> frozenset[int]:
        """The keys of the pool."""
        with self._lock:
            self.pool()
            return self._pool_keys

    def suggestions(
        self,
        reading: Reading,
        key: int,
        *,
        said: Mapping[str, bool] = _NOTHING,
        book: Codebook | None = None,
    ) -> tuple[Suggestion, ...]:
        """What the machine suggests for a unit now, best first: live where there is something learnt.

        A code stands for those above it: they are left out, unless all that is suggested below them was
        rejected in `said`.
        """
        book = book or self.codebook
        found = tuple(
            one
            for one in reading.suggestions.get(key, ())
            if one.decision != "reject" and one.code_id in book
        )
        if self.live is not None:
            found = self.live.suggestions(key, found, book)
        implied = {
            above
            for one in found
            if said.get(one.code_id) is not False
            for above in book.ancestors(one.code_id)
        }
        return tuple(one for one in found if one.code_id not in implied or one.code_id in said)

    def views(
        self,
        coder: Account,
        reading: Reading,
        keys: Sequence[int] | None = None,
        *,
        said: Mapping[int, Mapping[str, bool]] | None = None,
    ) -> list[UnitView]:
        """The transcript's utterances (or those of `keys`) as the coder may see them, in order."""
        place = {key: index for index, key in enumerate(reading.keys)}
        wanted = list(reading.keys) if keys is None else [key for key in keys if key in place]
        codable = [key for key in wanted if reading.utterances[place[key]].codable]
        if said is None and coder.role == "reader":
            said = self._agreed(codable)
        said = self.people.standing(codable, coder.key) if said is None else said
        book, succession = self.codebook, self.succession
        said = {
            key: {code: applies for code, applies in succession.read(codes, book).items() if code in book}
            for key, codes in said.items()
        }
        marks = self.people.marks(coder.key, codable)
        share, found = self._blind_share(), []
        given = self.people.given().get(coder.key, frozenset())
        for key in wanted:
            utterance, mark = reading.utterances[place[key]], marks.get(key)
            arm = _arm(coder, key, mark, share) if utterance.codable else "assisted"
            hidden = arm == "blind" and not (mark is not None and mark.revealed)
            decided = said.get(key, {})
            visible = utterance.codable and not hidden
            shown = self.suggestions(reading, key, said=decided, book=book) if visible else ()
            found.append(
                UnitView(key, utterance, decided, shown, hidden, arm == "blind",
                         mark is not None and mark.done, mark is not None and mark.drawn,
                         utterance.transcript_id in given)
            )  # fmt: skip
        return found

    def spans(self, transcript_key: int, coder: int) -> list[tuple[int, int, str]]:
        """A coder's stretches of a transcript, with the codes as the codebook has them now."""
        found = self.people.spans(transcript_key, coder)
        return sorted({(start, end, now) for start, end, code in found if (now := self._now(code))})

    def as_stored(self, transcript_key: int, coder: int, place: tuple[int, int], code: str) -> list[str]:
        """Under which codes a coder's stretch with a present code is stored: merged ones, too."""
        found = self.people.spans(transcript_key, coder)
        return [old for start, end, old in found if (start, end) == place and self._now(old) == code]

    def _now(self, code: str) -> str | None:
        """The code that a stored one is now; None: the codebook has it no more."""
        book = self.codebook
        now = code if code in book else self.succession.resolve(code)
        return now if now in book else None

    def _agreed(self, units: Sequence[int]) -> dict[int, dict[str, bool]]:
        """What a reader sees: what counts as accepted in the report, without codes above another."""
        from autocode.findings.material import accepted

        by_unit: dict[int, list[Said]] = {}
        unsettled = self.unsettled()
        for one in self.people.said([unit for unit in units if unit not in unsettled]):
            if one.done:
                by_unit.setdefault(one.unit, []).append(one)
        found: dict[int, dict[str, bool]] = {}
        book, succession = self.codebook, self.succession
        for unit, finished in by_unit.items():
            applied = {
                one.coder: [code for code, applies in succession.read(one.codes, book).items() if applies]
                for one in finished
            }
            codes, _ = accepted(applied.pop(CONSENSUS, None), list(applied.values()), (), book)
            above = {up for code in codes for up in book.ancestors(code)}
            found[unit] = {code: True for code in codes if code not in above}
        return found

    def _blind_share(self) -> float:
        return float(self.people.setting(BLIND_SHARE, 0.0))

    def evidence(self, coder: Account, reading: Reading, view: UnitView) -> dict[str, tuple[Evidence, ...]]:
        """Why each code is suggested for an utterance, by code: as stored, or as learnt since.

        What others decided on units that this coder has yet to decide blind is left out. While the coder
        of transcripts is busy, the codebook's reasons are those that were stored.
        """
        from autocode.learn.suggest import together

        blind = self.still_blind(coder)
        stored = {one.code_id: one.evidence for one in view.suggestions}
        reasons = {code: _without_statements(found) for code, found in stored.items()}
        learnt = {} if self.live is None else self.live.evidence(view.key, stored, hidden=self._names(blind))
        if not learnt:  # which statements are quoted is not stored
            return reasons if blind else stored
        machine, row = self.coder, reading.keys.index(view.key)
        if self.coder_lock.acquire(timeout=PATIENCE_S):
            try:
                transcript = self.project.store.transcript(reading.utterances[row].transcript_id)
                scored = machine.score(transcript, reading.utterances, [row])
                reasons = {
                    code: machine.scorer.explain(scored, 0, machine.codebook.ids.index(code))
                    for code in stored
                    if code in machine.codebook
                }
            finally:
                self.coder_lock.release()
        return {code: together(learnt.get(code, ()), reasons.get(code, ())) for code in stored}

    def unsettled(self) -> set[int]:
        """Units that somebody who was given them, or began them, has not finished.

        Until then nobody may see what the others decided blind.
        """
        active = self._active()
        return {unit for unit, coders in self.people.coverage().items() if _is_open(coders, active)}

    def secret(self, who: Account) -> tuple[set[int], set[int]]:
        """Units of which somebody must not know what others say, and of which not what they said blind."""
        return self.still_blind(who) if who.role == "lead" else set(), self.unsettled()

    def settled(self) -> dict[int, list[str]]:
        """Units that two coders or more have finished and nobody has left open, with the coders' names."""
        names, active = {one.key: one.name for one in self.people.accounts()}, self._active()
        found = {
            unit: [names[key] for key, done in coders.items() if done and key in names]
            for unit, coders in self.people.coverage().items()
            if not _is_open(coders, active)
        }
        return {unit: finished for unit, finished in found.items() if len(finished) > 1}

    def _active(self) -> set[int]:
        """Keys of those who may sign in: nobody else is waited for."""
        return {one.key for one in self.people.accounts() if one.active}

    def still_blind(self, coder: Account, units: Iterable[int] | None = None) -> set[int]:
        """Of `units` (None: all) those of which the coder must not know yet what machine or others say."""
        wanted = self.pool_keys() if units is None else set(units)
        marks, share = self.people.marks(coder.key, None if units is None else wanted), self._blind_share()
        return {
            key
            for key in wanted
            if (mark := marks.get(key)) is None or not mark.revealed
            if _arm(coder, key, mark, share) == "blind"
        }

    def untouched(self, coder: Account, units: Iterable[int]) -> list[int]:
        """Of `units` those that the coder has neither begun nor seen what others say of, in their order."""
        wanted = list(units)
        marks = self.people.marks(coder.key, wanted)
        return [unit for unit in wanted if unit not in marks]

    def memos_seen(self, coder: Account, found: Iterable[Memo]) -> list[Memo]:
        """Without what others wrote on utterances that this coder has yet to decide blind."""
        memos = list(found)
        theirs = {int(m.target) for m in memos if m.kind == "utterance" and m.coder != coder.name}
        hidden = self.still_blind(coder, theirs)
        return [
            memo
            for memo in memos
            if memo.kind != "utterance" or memo.coder == coder.name or int(memo.target) not in hidden
        ]

    def with_memos(self, coder: Account) -> set[str]:
        """The keys of the utterances with a memo that this coder may read."""
        return {memo.target for memo in self.memos_seen(coder, self.people.memos("utterance"))}

    def _names(self, keys: set[int]) -> set[str]:
        pool = self.pool()
        return {name for key, name in zip(pool.keys.tolist(), pool.names, strict=True) if key in keys}

    def arms(self, coder: Account, units: Iterable[int]) -> dict[int, Arm]:
        """The arms of units that the coder was not given: drawn once and for all, by the project's share."""
        share = self._blind_share()
        return {unit: _arm(coder, unit, None, share) for unit in units}

    def shown(self, views: Iterable[UnitView]) -> dict[str, Any]:
        """What stands in the log about what a coder saw: model, codebook, suggestions of each unit."""
        units = {
            str(view.key): [
                [
                    one.code_id,
                    round(one.score, 4),
                    None if one.probability is None else round(one.probability, 4),
                ]
                for one in view.suggestions
            ]
            for view in views
            if not view.hidden and view.suggestions
        }
        model = "" if self.live is None else self.live.name
        return {"model": model, "codebook": self.codebook_version, "units": units}


def _arm(coder: Account, unit: int, mark: Mark | None, share: float) -> Arm:
    if coder.role == "reader" or (mark is None and share <= 0):  # a reader never decides
        return "assisted"
    if mark is not None:
        return mark.arm
    draw = hashlib.sha256(f"{coder.key}:{unit}".encode()).digest()
    return "blind" if int.from_bytes(draw[:8], "big") / 2**64 < share else "assisted"


def _is_open(coders: Mapping[int, bool], active: Collection[int]) -> bool:
    """Has somebody who may sign in a unit of this coverage yet to finish?"""
    return any(not done and key in active for key, done in coders.items())


def _without_statements(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Evidence without the statements of others that it quotes."""
    return tuple(one for one in evidence if one.kind not in ("accepted", "rejected"))
