"""Learning while people decide: each decision moves the suggestions within a second, in the background.

A single decision updates the regression exactly (`learn.live`); after some more, everything is learnt
anew. Pages read a snapshot that is swapped whole, so they never wait for the learner.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from autocode.batch import code_project
from autocode.errors import AutocodeError, LearnError
from autocode.learn.queue import STABLE_ROUNDS, may_stop
from autocode.records import Evidence, Suggestion
from autocode.store.learnt import model_name

if TYPE_CHECKING:
    from autocode.codebook import Codebook
    from autocode.learn.explain import Explainer
    from autocode.learn.labels import Labels
    from autocode.learn.learner import Learned
    from autocode.learn.live import LiveScores
    from autocode.learn.signals import Signals
    from autocode.pipeline import Coder
    from autocode.store import Outcome, Pool
    from autocode.web.state import Review

POOL = 10_000  # codable utterances that follow live; beyond, only those of the first transcripts do
LEAST = 20  # finished utterances from which there is something to learn
REFIT_SHARE, REFIT_LEAST = 0.2, 10  # new labels after which everything is learnt anew
MOVED = 0.02  # change of a probability that is worth showing
_CLOSE, _CODEBOOK = "close", "codebook"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What has been learnt so far, of the utterances that follow live."""

    name: str  # of the model, for the log
    version: int
    n_labelled: int
    row: Mapping[int, int]  # of each utterance by its key
    code_ids: tuple[str, ...]
    probabilities: NDArray[np.float64]  # (n, n_codes)
    chosen: NDArray[np.bool_]  # (n, n_codes)
    thresholds: NDArray[np.float64]  # (n_codes,)
    support: NDArray[np.intp]  # (n_codes,)
    signals: Signals
    explainer: Explainer


@dataclass(slots=True)
class _Work:
    """What the worker holds between two decisions."""

    signals: Signals
    keys: tuple[int, ...]
    book: str  # digest of the codebook that the signals are of
    learned: Learned
    live: LiveScores | None
    explainer: Explainer
    said: dict[str, dict[str, bool | None]] = field(default_factory=dict)
    new: set[str] = field(default_factory=set)  # utterances labelled since everything was learnt
    unlabelled: dict[str, NDArray[np.float64]] = field(default_factory=dict)  # without their own labels


class Live:
    """The worker and what it has found. `close` ends it."""

    def __init__(self, review: Review) -> None:
        self._review = review
        self._snapshot: Snapshot | None = None
        self._version = 0
        self._changed: deque[tuple[int, frozenset[int]]] = deque(maxlen=50)
        self._inbox: queue.Queue[tuple[int, ...] | str] = queue.Queue()
        self._closing, self._idle = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._fits: deque[NDArray[np.bool_]] = deque(
            maxlen=STABLE_ROUNDS + 1
        )  # codes after each full training
        self.problem = ""  # why nothing is learnt, in a sentence

    def start(self) -> None:
        """Begin to work."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="learning", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Stop after what is being computed now."""
        self._closing.set()
        self._inbox.put(_CLOSE)
        if self._thread is not None:
            self._thread.join(timeout=10)

    def heard(self, outcome: Outcome) -> None:
        """Take in what was decided."""
        if outcome.units and not outcome.repeated:
            self._idle.clear()
            self._inbox.put(outcome.units)

    def heard_of_codebook(self) -> None:
        """Take in that there is another codebook: everything is coded and learnt anew."""
        self._idle.clear()
        self._inbox.put(_CODEBOOK)

    def wait(self, seconds: float) -> bool:
        """Wait until all that was heard has been learnt; False when that took too long."""
        return self._idle.wait(seconds)

    @property
    def name(self) -> str:
        """The model's name; empty while nothing has been learnt."""
        return "" if self._snapshot is None else self._snapshot.name

    @property
    def version(self) -> int:
        """Grows whenever suggestions change."""
        return self._version

    @property
    def n_labelled(self) -> int:
        """How many utterances it has learnt from."""
        return 0 if self._snapshot is None else self._snapshot.n_labelled

    @property
    def may_stop(self) -> bool:
        """Whether the last trainings changed next to nothing, so that coding more may not pay."""
        return may_stop(list(self._fits))

    def changed_since(self, version: int) -> frozenset[int] | None:
        """Keys of utterances whose suggestions changed after `version`; None: all may have."""
        known = [(number, keys) for number, keys in self._changed if number > version]
        if self.version > version and len(known) < self.version - version:
            return None
        return frozenset().union(*(keys for _, keys in known))

    def suggestions(self, key: int, stored: tuple[Suggestion, ...], book: Codebook) -> tuple[Suggestion, ...]:
        """What is suggested for an utterance now, best first; `stored` where nothing was learnt of it."""
        found = self._snapshot
        row = None if found is None else found.row.get(key)
        if found is None or row is None:
            return stored
        old = {one.code_id: one for one in stored}
        columns = [c for c in np.argsort(-found.probabilities[row]) if found.chosen[row, c]]
        most, result = self._review.coder.settings.classify.max_suggestions, []
        for column in columns:
            code, p = found.code_ids[column], float(found.probabilities[row, column])
            if code in book:
                known = old.get(code)
                result.append(
                    replace(known, score=p, probability=p)
                    if known is not None
                    else Suggestion(str(key), code, p, p, "review")
                )
        shown = {one.code_id for one in result[:most]}  # `most` are counted without those above them
        above = {code for id in shown for code in book.ancestors(id)}
        return tuple(one for one in result if one.code_id in shown | above)

    def evidence(
        self, key: int, codes: Iterable[str], *, hidden: set[str]
    ) -> dict[str, tuple[Evidence, ...]]:
        """What was learnt from people that speaks for each of `codes` on an utterance, by code.

        Statements called in `hidden` are not shown: what others decided there must not be seen yet.
        """
        found = self._snapshot
        row = None if found is None else found.row.get(key)
        if found is None or row is None:
            return {}
        explainer, one = found.explainer, found.signals.take(np.array([row]))
        learned = explainer.learned
        allowed = np.array([learned.signals.ids[anchor] not in hidden for anchor in learned.anchors], bool)
        encoded = learned.views.encode(one)
        near = explainer.nearness(encoded)
        return {
            code: explainer(one, encoded, near, 0, found.code_ids.index(code), allowed=allowed)
            for code in codes
            if code in found.code_ids
        }

    def overlay(self, pool: Pool, rows: NDArray[np.intp], scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """`scores` (n, n_codes) of some rows of the pool, with what has been learnt put over them."""
        found = self._snapshot
        if found is None:
            return scores
        columns = [pool.code_ids.index(code) for code in found.code_ids if code in pool.code_ids]
        own = [index for index, code in enumerate(found.code_ids) if code in pool.code_ids]
        where = [found.row.get(int(key), -1) for key in pool.keys[rows]]
        here = np.flatnonzero(np.array(where) >= 0)
        learnt = found.probabilities[np.array(where)[here]][:, own]
        scores[np.ix_(here, np.array(columns, np.intp))] = learnt
        return scores

    def thresholds(self, pool: Pool) -> NDArray[np.float64]:
        """From which probability each of the pool's codes is suggested."""
        found = self._snapshot
        known = {} if found is None else dict(zip(found.code_ids, found.thresholds.tolist(), strict=True))
        return np.array([known.get(code, 0.5) for code in pool.code_ids])

    def support(self, pool: Pool) -> NDArray[np.intp]:
        """How often each of the pool's codes was applied by people."""
        found = self._snapshot
        known = {} if found is None else dict(zip(found.code_ids, found.support.tolist(), strict=True))
        return np.array([known.get(code, 0) for code in pool.code_ids], np.intp)

    # The worker

    def _run(self) -> None:
        work: _Work | None = None
        self._idle.set()
        while not self._closing.is_set():
            try:
                if work is None:
                    work = self._learn(None)
                messages = [self._inbox.get()]
                while not self._inbox.empty():  # several decisions at once are learnt at once
                    messages.append(self._inbox.get())
                if self._closing.is_set():
                    return
                if _CODEBOOK in messages:
                    work = None
                    self._code_anew()
                    work = self._learn(None)
                elif work is not None:
                    work = self._take_in(
                        work, {unit for units in messages if not isinstance(units, str) for unit in units}
                    )
            except AutocodeError as error:
                self.problem = str(error)
            except Exception:  # noqa: BLE001  # the page goes on without learning, and says so
                self.problem = "the learner met an error; see the terminal"
                _log.exception("learning in the background")
            finally:
                if self._inbox.empty():
                    self._idle.set()

    def _code_anew(self) -> None:
        """Suggestions by the present codebook for every transcript; what was learnt of the old one goes."""
        self._snapshot = None
        self._version += 1
        self._changed.clear()  # so that every page asks for everything again
        code_project(self._review.project, self._review.coder)

    def _labels(self, name_of: Mapping[int, str]) -> Labels:
        from autocode.training import labels_of_people

        said = self._review.people.said(name_of)
        review = self._review
        return labels_of_people(said, review.codebook, name_of=name_of, succession=review.succession)

    def _learn(self, work: _Work | None) -> _Work | None:
        """Everything anew, if there are labels enough."""
        from autocode.learn.explain import Explainer
        from autocode.learn.learner import learn
        from autocode.learn.live import LiveScores
        from autocode.training import in_order

        pool = self._review.pool()
        names = dict(zip(pool.keys.tolist(), pool.names, strict=True))
        labels = self._labels(names)
        if len(labels) < LEAST or not (labels.values == 1).any():
            self.problem = f"suggestions rest on the codebook; they learn from {LEAST} utterances on"
            return None
        coder = self._review.coder
        book = coder.codebook
        same = work is not None and work.book == book.digest
        signals, keys = (work.signals, work.keys) if work is not None and same else self._signals(coder)
        if labels.code_ids != book.ids:
            raise LearnError("the codebook is being changed")
        known = set(labels.unit_ids) & set(signals.ids)
        labels = labels.take(np.flatnonzero([unit in known for unit in labels.unit_ids]))
        labelled = signals.take(np.flatnonzero([unit in known for unit in signals.ids]))
        if not (labels.values == 1).any():
            return None
        learned = learn(
            labelled, in_order(labels, labelled), book,
            background=coder.background_signals(), seed=coder.settings.seed,
        )  # fmt: skip
        try:
            live: LiveScores | None = LiveScores(learned, signals)
        except LearnError:  # so many labels that one more changes little
            live = None
        explainer = Explainer(learned, coder.segmenter.function_words)
        made = _Work(signals, keys, book.digest, learned, live, explainer)
        made.said = {unit: _row(learned, values) for unit, values in zip(
            learned.signals.ids, learned.values, strict=True)}  # fmt: skip
        made.unlabelled = dict(zip(learned.signals.ids, learned.cross_fitted, strict=True))
        self.problem = ""
        self._publish(made, everything=True)
        assert self._snapshot is not None
        if self._fits and self._fits[-1].shape != self._snapshot.chosen.shape:
            self._fits.clear()  # of other utterances or codes
        self._fits.append(self._snapshot.chosen)
        self._review.orders.forget()
        return made

    def _signals(self, coder: Coder) -> tuple[Signals, tuple[int, ...]]:
        """The signals of the utterances that follow live, and their keys."""
        from autocode.learn.signals import join

        review, parts, keys = self._review, list[object](), list[int]()
        for transcript_id in review.people.latest_codings():
            if self._closing.is_set() or len(keys) >= POOL:
                break
            reading = review.people.reading(transcript_id)
            rows = [row for row, one in enumerate(reading.utterances) if one.codable]
            if rows:
                transcript = review.project.store.transcript(transcript_id)
                scored = coder.score(transcript, reading.utterances, rows)
                parts.append(coder.signals(reading.utterances, rows, scored))
                keys += [reading.keys[row] for row in rows]
        if not parts:
            raise LearnError("no transcript has been coded yet, so there is nothing to suggest for")
        return join(parts), tuple(keys)  # type: ignore[arg-type]

    def _take_in(self, work: _Work, units: Iterable[int]) -> _Work | None:
        """Learn what was decided on `units`; everything anew where much is new."""
        name_of = dict(zip(work.keys, work.signals.ids, strict=True))
        touched = {unit: name_of[unit] for unit in units if unit in name_of}
        wanted = set(touched.values())
        labels = self._labels(touched)
        now = {
            unit: {
                code: None if np.isnan(value) else bool(value)
                for code, value in zip(labels.code_ids, labels.values[index].tolist(), strict=True)
            }
            for index, unit in enumerate(labels.unit_ids)
        }
        work.new |= wanted
        other_book = self._review.codebook.digest != work.book or labels.code_ids != work.learned.code_ids
        if other_book or len(work.new) >= max(REFIT_LEAST, REFIT_SHARE * len(work.learned.signals)):
            return self._learn(work) or work
        if work.live is None:
            return work
        nothing: dict[str, bool | None] = dict.fromkeys(labels.code_ids)
        for unit in wanted:
            before, after = work.said.get(unit, nothing), now.get(unit, nothing)
            different = {code: after[code] for code in after if after[code] != before.get(code)}
            if different:
                if unit not in work.unlabelled and self._snapshot is not None:
                    row = work.signals.ids.index(unit)
                    work.unlabelled[unit] = self._snapshot.probabilities[row].copy()
                work.live.decide(unit, different)
                work.said[unit] = after
        self._publish(work)
        return work

    def _publish(self, work: _Work, *, everything: bool = False) -> None:
        learned = work.learned
        probabilities = (
            learned.probabilities(work.signals) if work.live is None else work.live.probabilities.copy()
        )
        row_of = {unit: row for row, unit in enumerate(work.signals.ids)}
        for (
            unit,
            values,
        ) in work.unlabelled.items():  # what people say of it must not come back as a suggestion
            probabilities[row_of[unit]] = values
        chosen = learned.rule(probabilities)
        old, version = self._snapshot, self.version + 1
        n_labelled = len(work.said)
        new = Snapshot(
            model_name(n_labelled), version, n_labelled,
            {key: row for row, key in enumerate(work.keys)}, learned.code_ids, probabilities, chosen,
            learned.rule.thresholds, np.nansum(learned.values, axis=0).astype(np.intp),
            work.signals, work.explainer,
        )  # fmt: skip
        if old is None or everything or old.probabilities.shape != probabilities.shape:
            changed = frozenset(work.keys)
        else:
            moved = (chosen != old.chosen) | (chosen & (np.abs(probabilities - old.probabilities) > MOVED))
            changed = frozenset(work.keys[row] for row in np.flatnonzero(moved.any(axis=1)).tolist())
        self._changed.append((version, changed))
        self._snapshot, self._version = new, version


def _row(learned: Learned, values: NDArray[np.float64]) -> dict[str, bool | None]:
    pairs = zip(learned.code_ids, values.tolist(), strict=True)
    return {code: None if np.isnan(value) else bool(value) for code, value in pairs}
