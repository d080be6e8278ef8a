"""Learning while people decide: each decision moves the suggestions within a second, in the background.

A single decision updates the regression exactly (`learn.live`); after some more, a second thread learns
everything anew, and what is decided meanwhile is put into its result as well; then it finds out whether
coding on would bring much. It begins with the project's trained model, where there is one. Pages read a
snapshot that is swapped whole, so they never wait for the learner.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autocode.batch import code_project
from autocode.errors import LearnError
from autocode.records import Evidence, Suggestion
from autocode.store.learnt import model_name
from autocode.training import LEAST
from autocode.web.snapshot import Snapshot
from autocode.web.worker import Worker

if TYPE_CHECKING:
    from autocode.codebook import Codebook
    from autocode.learn.stopping import Stopping
    from autocode.store import Outcome, Pool
    from autocode.web.following import Following
    from autocode.web.ground import Ground, PartReader
    from autocode.web.state import Review

REFIT_SHARE, REFIT_LEAST = 0.2, 10  # new labels after which everything is learnt anew
AT_ONCE = 20  # decisions that are followed one by one; more are learnt with everything else
MOVED = 0.02  # change of a probability that is worth showing
_BEGIN, _CODEBOOK = "begin", "codebook"


@dataclass(frozen=True, slots=True, eq=False)
class _Learnt:
    """What the second thread brings back."""

    round: int  # the number of the codebook that it is of, as the worker counts them
    made: Following | None
    problem: str = ""
    anew: bool = False  # and not read from the trained model


@dataclass(frozen=True, slots=True, eq=False)
class _Judged:
    """What it finds then."""

    round: int
    stopping: Stopping | None
    problem: str = ""


# Units decided on, `_BEGIN` or `_CODEBOOK`, what the second thread brings
Heard = tuple[int, ...] | str | _Learnt | _Judged


class Live:
    """The worker and what it has found. `close` ends it."""

    def __init__(self, review: Review) -> None:
        self._review = review
        self._snapshot: Snapshot | None = None
        self._version = 0
        self._changed: deque[tuple[int, frozenset[int]]] = deque(maxlen=50)
        self._stopping: Stopping | None = None  # as everything was last learnt
        self._worker = Worker[Heard](self._take, self._failed)
        self._left_aside = self._trouble = ""
        # What only the worker touches:
        self._ground: Ground | None = None
        self._read: Ground | None = None  # the last one, which pages may use while another is made
        self._following: Following | None = None
        self._round, self._training, self._judging = 0, False, False
        self._since: set[int] = set()  # units decided on since what the second thread does began
        self._parts: PartReader | None = None
        self._cores: Any = None  # the limit while it works

    def start(self) -> None:
        """Begin to work, on half of the cores."""
        if not self._worker.started:
            self._worker.tell(_BEGIN)
            self._worker.start()

    def close(self) -> None:
        """Stop; what is being computed now is waited for, but not long.

        Nothing is lost by that: only whole transcripts are stored, and what is learnt is not stored at all.
        """
        self._worker.close()
        if self._cores is not None:
            self._cores.restore_original_limits()

    def heard(self, outcome: Outcome) -> None:
        """Take in what was decided."""
        if outcome.units and not outcome.repeated:
            self._worker.tell(outcome.units)

    def heard_of_codebook(self) -> None:
        """Take in that there is another codebook: everything is coded and learnt anew."""
        self._worker.tell(_CODEBOOK)

    def wait(self, seconds: float) -> bool:
        """Wait until all that was heard has been learnt; False when that took too long."""
        return self._worker.wait(seconds)

    @property
    def problem(self) -> str:
        """Why nothing is learnt, or what is left aside, in a sentence each; empty where all is well."""
        return "; ".join(one for one in (self._left_aside, self._trouble) if one)

    @property
    def training(self) -> bool:
        """Whether everything is being learnt anew at this moment."""
        return self._training

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
    def stopping(self) -> Stopping | None:
        """Whether to code on; None while nothing has been learnt anew."""
        return self._stopping

    def changed_since(self, version: int) -> frozenset[int] | None:
        """Keys of utterances whose suggestions changed after `version`; None: all may have."""
        known = [(number, keys) for number, keys in tuple(self._changed) if number > version]
        if self.version > version and len(known) < self.version - version:
            return None
        return frozenset().union(*(keys for _, keys in known))

    def suggestions(self, key: int, stored: tuple[Suggestion, ...], book: Codebook) -> tuple[Suggestion, ...]:
        """What is suggested for an utterance now, best first; `stored` where nothing was learnt of it."""
        found = self._snapshot
        if found is None or key not in found.row:
            return stored
        return found.suggestions(key, stored, book, most=self._review.coder.settings.classify.max_suggestions)

    def evidence(
        self, key: int, codes: Iterable[str], *, hidden: Set[str]
    ) -> dict[str, tuple[Evidence, ...]]:
        """What was learnt from people that speaks for each of `codes` on an utterance, by code.

        Statements called in `hidden` are not shown: what others decided there must not be seen yet.
        """
        found = self._snapshot
        return {} if found is None or key not in found.row else found.evidence(key, codes, hidden=hidden)

    @property
    def ground(self) -> Ground | None:
        """The utterances that follow as they were last read; None until that has been done once."""
        return self._read

    def leaves_out(self, keys: Iterable[int]) -> bool:
        """Whether it is known that none of some utterances follows, since there are too many in all."""
        return self._read is not None and not any(key in self._read.row_of_key for key in keys)

    def learnt_embeddings(self) -> NDArray[np.float32]:
        """The embeddings of the statements that it last learnt everything from, (n, n_dims)."""
        found = self._snapshot
        return np.zeros((0, 0), np.float32) if found is None else found.explainer.learned.signals.embeddings

    def overlay(self, pool: Pool, rows: NDArray[np.intp], scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """`scores` (n, n_codes) of some rows of the pool, with what has been learnt put over them."""
        return scores if self._snapshot is None else self._snapshot.overlay(pool, rows, scores)

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

    def _failed(self, problem: str) -> None:
        self._trouble = problem

    def _take(self, messages: list[Heard]) -> None:
        if self._ground is None or _CODEBOOK in messages:
            self._begin(code_anew=_CODEBOOK in messages)  # and reads what the others tell of
            return
        units = {unit for one in messages if isinstance(one, tuple) for unit in one}
        if self._busy:
            self._since |= units
        for one in messages:
            if isinstance(one, _Learnt) and one.round == self._round:
                units |= self._adopt(one)
            elif isinstance(one, _Judged) and one.round == self._round:
                self._judging, self._stopping = False, one.stopping
                self._trouble = one.problem or self._trouble
                units |= self._since
        self._follow(units)

    def _begin(self, *, code_anew: bool) -> None:
        """From the start, with the present codebook."""
        from autocode.learn.threads import half_the_cores
        from autocode.web.following import as_trained
        from autocode.web.ground import PartReader, prepare

        self._cores = self._cores or half_the_cores()
        self._parts = self._parts or PartReader(self._review, self._closing)
        self._round += 1  # what is being learnt of another codebook is not adopted
        self._ground = self._following = None
        self._training = self._judging = False
        if code_anew:
            self._code_anew()
        self._ground, self._left_aside = prepare(self._review, read=self._parts, stop=self._closing)
        ground = self._read = self._ground
        if self._worker.closing:
            return
        if ground.trained is None:
            self._learn_anew(ground)
        else:
            self._train(partial(as_trained, ground), anew=False)
            self._since = set(ground.keys)  # what people have said since it was trained

    def _code_anew(self) -> None:
        """Suggestions by the present codebook for every transcript; what was learnt of the old one goes."""
        self._snapshot = None
        self._version += 1
        self._changed.clear()  # so that every page asks for everything again
        code_project(self._review.project, self._review.coder, turn=self._review.coder_lock, done=self._go_on)

    def _closing(self) -> bool:
        return self._worker.closing

    def _go_on(self, _: str) -> None:
        """Raise `LearnError` where the page has ended, so that no further transcript is coded."""
        if self._worker.closing:
            raise LearnError("the page has ended")

    def _learn_anew(self, ground: Ground) -> None:
        """Have everything learnt by a second thread, if there are labels enough."""
        from autocode.web.following import learn_anew
        from autocode.web.ground import labels_of

        labels = labels_of(self._review, ground, ground.name_of)
        if ground.trained is None and (len(labels) < LEAST or not (labels.values == 1).any()):
            more = "" if len(labels) < LEAST else ", some of them with a code"
            self._trouble = f"suggestions rest on the codebook; they learn from {LEAST} utterances on{more}"
            return
        self._train(partial(learn_anew, ground, labels), anew=True)

    @property
    def _busy(self) -> bool:
        """Whether the second thread has something to do."""
        return self._training or self._judging

    def _train(self, make: Callable[[], Following], *, anew: bool) -> None:
        number = self._round
        self._training, self._since = True, set()
        self._worker.beside(
            lambda: _Learnt(number, make(), anew=anew), lambda problem: _Learnt(number, None, problem)
        )

    def _judge(self, following: Following) -> None:
        from autocode.web.following import whether_to_stop

        number = self._round
        self._judging = True
        self._worker.beside(
            lambda: _Judged(number, whether_to_stop(following)),
            lambda problem: _Judged(number, None, problem),
        )

    def _adopt(self, learnt: _Learnt) -> set[int]:
        """Go on with what the second thread has learnt; the units decided on meanwhile."""
        self._training = False
        self._trouble = learnt.problem
        if learnt.made is None:
            if self._following is not None:
                self._following.new.clear()  # once more when there is more to learn from
            return set()
        self._following = learnt.made
        self._publish(learnt.made, everything=True)
        self._review.orders.forget()
        since, self._since = self._since, set()
        if learnt.anew:
            self._judge(learnt.made)
        else:
            self._stopping = None
        return since

    def _follow(self, units: Iterable[int]) -> None:
        """Learn what was decided on `units`; everything anew where much is new."""
        from autocode.web.ground import labels_of

        ground, following = self._ground, self._following
        touched = {} if ground is None else {u: ground.name_of[u] for u in units if u in ground.name_of}
        if ground is None or not touched or self._review.codebook.digest != ground.book.digest:
            return  # of another codebook the worker is told
        if following is None:
            if not self._busy:
                self._learn_anew(ground)
            return
        different = following.different(labels_of(self._review, ground, touched), touched.values())
        if not different:
            return
        following.new |= different.keys()
        few = len(different) <= AT_ONCE
        if few and following.one_by_one:
            following.take_in(different)
            self._publish(following)
        much = len(following.new) >= max(REFIT_LEAST, REFIT_SHARE * len(following.learned.signals))
        if (much or not few) and not self._busy:
            self._learn_anew(ground)

    def _publish(self, following: Following, *, everything: bool = False) -> None:
        learned, ground = following.learned, following.ground
        probabilities = following.probabilities()
        chosen = learned.rule(probabilities)
        old, version, n_labelled = self._snapshot, self.version + 1, following.n_labelled
        new = Snapshot(
            model_name(n_labelled, ground.model_name), version, n_labelled, ground.row_of_key,
            learned.code_ids, probabilities, chosen, learned.rule.thresholds,
            np.nansum(learned.values, axis=0).astype(np.intp), ground.pool(learned),
            following.explainer,
        )  # fmt: skip
        if old is None or everything or old.probabilities.shape != probabilities.shape:
            changed = frozenset(ground.keys)
        else:
            moved = (chosen != old.chosen) | (chosen & (np.abs(probabilities - old.probabilities) > MOVED))
            changed = frozenset(ground.keys[row] for row in np.flatnonzero(moved.any(axis=1)).tolist())
        self._changed.append((version, changed))
        self._snapshot, self._version = new, version
