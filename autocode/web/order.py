"""In which order one codes: what is left to do for a coder, most useful first."""

from __future__ import annotations

import threading
from collections.abc import Set
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from autocode.errors import LearnError
from autocode.learn import queue
from autocode.learn.queue import FOR_CODE, next_batch
from autocode.learn.queue import Pool as Candidates

if TYPE_CHECKING:
    from autocode.store import Account, Pool
    from autocode.web.ground import Ground
    from autocode.web.state import Review

BATCH = 100  # units put in order at a time
SPREAD = 2000  # of the units that are open, how many at random are compared by their meaning
DIVERSE = "diverse"
OLD_RULE = "old_rule"  # what was finished comes back in this one, until it is decided again or kept
DESCRIPTIONS = {
    "given": "given to me: those for reliability, then whole transcripts",
    "transcript": "in the order of the transcripts",
    **queue.DESCRIPTIONS,
    OLD_RULE: "decided under an older rule of the codebook",
}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a coder is with one order."""

    done: int
    total: int
    seconds_a_unit: float | None  # of the last units; None: too few to tell

    @property
    def left(self) -> int:
        """Units that remain."""
        return self.total - self.done


class Orders:
    """For each coder and way of ordering, the next units; made anew when they are used up."""

    def __init__(self, review: Review) -> None:
        self._review, self._lock = review, threading.Lock()
        self._next: dict[tuple[int, str], list[int]] = {}
        self._skipped: dict[int, set[int]] = {}
        self._pool: Pool | None = None  # that what is kept below is of
        self._done: dict[int, tuple[int, set[int]]] = {}  # by coder: number of the last action, units

    def check(self, mode: str) -> str:
        """The mode. Raises `LearnError` for one that there is not."""
        code = mode.removeprefix(FOR_CODE)
        if mode == DIVERSE and self._review.live is None:
            raise LearnError(f"the order '{mode}' is not there with --no-learning; choose another one")
        if mode not in DESCRIPTIONS and not (code != mode and code in self._review.codebook):
            raise LearnError(f"there is no order '{mode}'; known are {', '.join(DESCRIPTIONS)} and code:ID")
        return mode

    @property
    def offered(self) -> dict[str, str]:
        """The orders that one can choose now, each with what it is."""
        return {id: what for id, what in DESCRIPTIONS.items() if id != DIVERSE or self._ground() is not None}

    def skip(self, coder: Account, unit: int) -> None:
        """Leave a unit for later."""
        with self._lock:
            self._skipped.setdefault(coder.key, set()).add(unit)

    def forget(self, coder: Account | None = None) -> None:
        """Put in order anew: another coder's units, or a model that has learnt much."""
        with self._lock:
            for key in [key for key in self._next if coder is None or key[0] == coder.key]:
                del self._next[key]

    def next(self, coder: Account, mode: str) -> int | None:
        """The unit to code next; None: nothing is left."""
        done, here = self.done(coder), self._review.pool_keys()
        old = self._review.rules.units(coder) if mode == OLD_RULE else []
        with self._lock:
            skipped = self._skipped.setdefault(coder.key, set())
            if mode == OLD_RULE:
                if old and skipped.issuperset(old):
                    skipped.clear()
                return next((unit for unit in old if unit not in skipped), None)
            ordered = self._next.get((coder.key, mode), [])  # whole, so that what is undone comes back
            waiting = [key for key in ordered if key in here and key not in done and key not in skipped]
            if not waiting:
                ordered = waiting = self._ordered(coder, mode, done, skipped)
                if not waiting and skipped:
                    skipped.clear()  # what was skipped comes round again at the end
                    ordered = waiting = self._ordered(coder, mode, done, skipped)
            self._next[coder.key, mode] = ordered
            return waiting[0] if waiting else None

    def done(self, coder: Account) -> set[int]:
        """Units that the coder has finished; kept, and brought up to date from the log."""
        people, pool = self._review.people, self._review.pool()
        with self._lock:
            if self._pool is not pool:  # a transcript came or went, with its part of the log
                self._pool = pool
                self._done.clear()
                self._next.clear()
            known = self._done.get(coder.key)
            if known is None:
                last = people.last_action()
                units = {unit for unit, mark in people.marks(coder.key).items() if mark.done}
            else:
                last, units = known
                for number, _, _, changes in people.actions_since(last):
                    touched = {change[1] for change in changes if change[0] == "done"}
                    if touched:
                        marks = people.marks(coder.key, touched)
                        units -= touched
                        units |= {unit for unit, mark in marks.items() if mark.done}
                    last = number
            self._done[coder.key] = last, units
            return set(units)

    def progress(self, coder: Account, mode: str) -> Progress:
        """How much is done of all that belongs to an order."""
        done = self.done(coder)
        if mode == OLD_RULE:
            left = set(self._review.rules.units(coder))
            done = self._review.rules.confirmed(coder) - left
            keys: Set[int] = done | left
        else:
            keys = self._keys_of(coder, mode)
        times = self._review.people.times_of(coder.key, 21)
        gaps = [(a - b).total_seconds() for a, b in pairwise(times)]
        pace = [gap for gap in gaps if gap < 300]  # a longer one was a break
        return Progress(len(done & keys), len(keys), float(np.median(pace)) if len(pace) >= 5 else None)

    def _keys_of(self, coder: Account, mode: str) -> Set[int]:
        if mode == "given":
            return self._review.pool_keys().intersection(self._given(coder))
        ground = self._ground() if mode == DIVERSE else None
        return self._review.pool_keys() if ground is None else ground.row_of_key.keys()

    def _given(self, coder: Account) -> list[int]:
        """Units drawn for the coder, to be decided blind, then those of the transcripts that are given."""
        people, pool = self._review.people, self._review.pool()
        drawn = [unit for unit, mark in people.marks(coder.key).items() if mark.drawn]
        names = people.given().get(coder.key, frozenset())
        whole = (key for key, name in zip(pool.keys.tolist(), pool.transcripts, strict=True) if name in names)
        return list(dict.fromkeys([*drawn, *(whole if names else ())]))

    def _ordered(self, coder: Account, mode: str, done: set[int], skipped: set[int]) -> list[int]:
        pool, out = self._review.pool(), done | skipped
        if mode == "given":
            here = self._review.pool_keys()
            return [unit for unit in self._given(coder) if unit not in out and unit in here]
        open_rows = np.flatnonzero(~np.isin(pool.keys, list(out)))
        if not len(open_rows):
            return []
        if mode == "transcript":
            rows = open_rows[:BATCH]
        elif mode == "random":
            rows = open_rows[next_batch(self._candidates(pool, open_rows), BATCH, strategy=mode)]
        elif mode == DIVERSE:
            return self._least_alike(pool, open_rows, out)
        elif not len(open_rows := self._seen_through(coder, pool, open_rows)):
            return []
        elif mode.startswith(FOR_CODE) and mode.removeprefix(FOR_CODE) not in pool.code_ids:
            rows = open_rows[:BATCH]  # no coding knows the code yet
        else:
            rows = open_rows[next_batch(self._candidates(pool, open_rows), BATCH, strategy=mode)]
        return [int(key) for key in pool.keys[rows]]

    def _ground(self) -> Ground | None:
        """What the learner knows of the units; None while it is being read."""
        return None if self._review.live is None else self._review.live.ground

    def _least_alike(self, pool: Pool, rows: NDArray[np.intp], out: Set[int]) -> list[int]:
        """Units unlike those that were finished or learnt from, by meaning alone, so blind ones too.

        While the meaning of the units is being read, just after the start, one at random.
        """
        ground, live, settings = self._ground(), self._review.live, self._review.coder.settings
        if ground is None:
            return [int(np.random.default_rng(settings.seed).choice(pool.keys[rows]))]
        group_of = dict(zip(pool.keys[rows].tolist(), (pool.transcripts[row] for row in rows), strict=True))
        here = np.array([key for key in ground.keys if key in group_of], np.int64)
        if not len(here):
            return []
        if len(here) > SPREAD:
            here = np.sort(np.random.default_rng(settings.seed).choice(here, SPREAD, replace=False))
        vectors, row_of = ground.signals.embeddings, ground.row_of_key
        known = [vectors[[row_of[key] for key in out if key in row_of]]]
        if live is not None and len(learnt := live.learnt_embeddings()):
            known.append(learnt)
        nothing = np.zeros((len(here), 0))
        candidates = Candidates(
            ids=tuple(map(str, here.tolist())),
            groups=tuple(group_of[key] for key in here.tolist()),
            code_ids=(),
            probabilities=nothing,
            evidence=nothing.astype(np.float32),
            embeddings=vectors[[row_of[key] for key in here.tolist()]],
            labelled_embeddings=np.concatenate(known),
            thresholds=np.zeros(0),
            support=np.zeros(0, np.intp),
            seed=settings.seed,
        )
        return [int(here[row]) for row in next_batch(candidates, BATCH, strategy=DIVERSE)]

    def _seen_through(self, coder: Account, pool: Pool, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Rows whose suggestions the coder may see: an order by score would tell those of the others."""
        hidden = self._review.still_blind(coder)
        return rows[~np.isin(pool.keys[rows], list(hidden))]

    def _probabilities(self, pool: Pool, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        found = np.nan_to_num(pool.scores[rows].astype(np.float64))
        live = self._review.live
        return found if live is None else live.overlay(pool, rows, found)

    def _candidates(self, pool: Pool, rows: NDArray[np.intp]) -> Candidates:
        probabilities = self._probabilities(pool, rows)
        live = self._review.live
        evidence = np.nan_to_num(pool.scores[rows])
        n_codes = len(pool.code_ids)
        return Candidates(
            ids=tuple(map(str, pool.keys[rows].tolist())),
            groups=tuple(pool.transcripts[row] for row in rows.tolist()),
            code_ids=pool.code_ids,
            probabilities=probabilities,
            evidence=evidence,
            embeddings=np.zeros((len(rows), 0), np.float32),
            labelled_embeddings=np.zeros((0, 0), np.float32),
            thresholds=np.full(n_codes, 0.5) if live is None else live.thresholds(pool),
            support=np.zeros(n_codes, np.intp) if live is None else live.support(pool),
            seed=self._review.coder.settings.seed,
        )
