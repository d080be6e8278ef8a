"""A model that follows what people decide on the page, one decision after another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from autocode.errors import LearnError
from autocode.learn.explain import Explainer
from autocode.learn.labels import Labels, overlaid
from autocode.learn.learner import Learned, learn
from autocode.learn.live import LiveScores
from autocode.learn.stopping import Stopping, stopping
from autocode.training import with_model
from autocode.web.ground import Ground

Floats = NDArray[np.float64]


@dataclass
class Following:
    """What was learnt at once, and what has been decided since."""

    ground: Ground
    learned: Learned
    new: set[str] = field(default_factory=set)  # units decided on since everything was learnt

    def __post_init__(self) -> None:
        learned, ground = self.learned, self.ground
        self.explainer = Explainer(learned, ground.function_words)
        self._live: LiveScores | None = None
        try:
            self._live = LiveScores(learned, ground.pool(learned))
            self._fixed = np.zeros((0, 0))
        except LearnError:  # so many labels that one more changes little
            self._fixed = learned.probabilities(ground.pool(learned))
        self._said = dict(zip(learned.signals.ids, learned.values, strict=True))
        pairs = zip(learned.signals.ids, learned.cross_fitted, strict=True)
        self._unlabelled = {unit: values for unit, values in pairs if unit in ground.row_of}

    @property
    def one_by_one(self) -> bool:
        """Whether it takes in single decisions."""
        return self._live is not None

    @property
    def n_labelled(self) -> int:
        """From how many utterances it has learnt."""
        return len(self._said)

    def different(self, labels: Labels, units: Iterable[str]) -> dict[str, Floats]:
        """Those of `units` of which people say something else now, with the row of what they say.

        `labels` hold what they say of `units`; of others the trained model's labels stand.
        """
        wanted = set(units)
        below = self.ground.labels
        known = np.flatnonzero([unit in wanted for unit in below.unit_ids])
        table = overlaid(below.take(known), labels)
        now = dict(zip(table.unit_ids, table.values, strict=True))
        nothing = np.full(len(below.code_ids), np.nan)
        return {
            unit: now.get(unit, nothing)
            for unit in sorted(wanted & (now.keys() | self._said.keys()))
            if not np.array_equal(now.get(unit, nothing), self._said.get(unit, nothing), equal_nan=True)
        }

    def take_in(self, different: Mapping[str, Floats]) -> None:
        """Follow what is said now of some units."""
        assert self._live is not None
        decided: dict[str, dict[str, bool | None]] = {}
        nothing = np.full(len(self.learned.code_ids), np.nan)
        for unit, now in different.items():
            before = self._said.get(unit, nothing)
            changed = np.flatnonzero(~((now == before) | (np.isnan(now) & np.isnan(before))))
            decided[unit] = {
                self.learned.code_ids[c]: None if np.isnan(now[c]) else bool(now[c]) for c in changed
            }
            self._unlabelled.setdefault(unit, self._live.probabilities[self.ground.row_of[unit]].copy())
            self._said[unit] = now
            if np.isnan(now).all():
                del self._said[unit], self._unlabelled[unit]
        self._live.decide_all(decided)

    def probabilities(self) -> Floats:
        """How likely each code applies to each utterance, (n, n_codes), by what is said of the others.

        What people say of an utterance does not come back as its suggestion.
        """
        found = (self._fixed if self._live is None else self._live.probabilities).copy()
        for unit, values in self._unlabelled.items():
            found[self.ground.row_of[unit]] = values
        return found


def as_trained(ground: Ground) -> Following:
    """The project's trained model as it is."""
    assert ground.trained is not None
    return Following(ground, ground.trained.learned)


def learn_anew(ground: Ground, labels: Labels) -> Following:
    """Everything from what people say of the utterances, and from the trained model's labels.

    Raises `LearnError` where there is nothing to learn.
    """
    signals, table = with_model(ground.trained, ground.signals, labels, ground.read)
    return Following(
        ground, learn(signals, table, ground.book, background=ground.background, seed=ground.seed)
    )


def whether_to_stop(following: Following) -> Stopping:
    """What coding on would bring, by what has just been learnt anew."""
    ground = following.ground
    return stopping(following.learned, ground.book, background=ground.background, seed=ground.seed)
