"""Whether to code on: what the last doubling of the coded utterances has taught.

What people coded is halved at random, by whole interviews, and a model of each half codes all of it, every
interview by a model that has not seen it. With few interviews utterances are halved, and a half codes only
its own: the other one holds more of the same interviews. What the whole is better than its halves is about
what twice as many would bring again, and rather more: learning curves bend down.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autocode.codebook import Codebook
from autocode.learn.folds import group_folds, numbered
from autocode.learn.labels import Labels
from autocode.learn.learner import Learned, learn
from autocode.learn.queue import FEW_POSITIVES
from autocode.learn.signals import Signals

LEAST = 100  # coded utterances; a half of fewer is too few to compare
SMALL_GAIN = 0.03  # of F1: if a doubling surely brings less, it is not thought to pay
RARE_SHARE = (
    0.1  # of all codings by people; more of them in rare codes, and F1 tells little of what is to come
)
SURE = 1.645  # standard errors: one side, 95 %
MANY_GROUPS = 10  # interviews, from which they and not single utterances are the unit of chance


@dataclass(frozen=True, slots=True)
class Stopping:
    """What coding on would bring, as far as one can tell."""

    n_labelled: int
    gain: float | None  # of F1 over all decisions, by the last doubling; None: too few to tell
    at_most: float | None  # its upper limit (one-sided, 95 %)
    rare: tuple[str, ...]  # codes that people have applied less than `FEW_POSITIVES` times
    rare_share: float  # of what people applied

    @property
    def may_stop(self) -> bool:
        """Whether twice as many coded utterances would hardly make the suggestions better."""
        return self.at_most is not None and self.at_most < SMALL_GAIN and self.rare_share <= RARE_SHARE

    def sentence(self) -> str:
        """The suggestion for a person, with what it rests on."""
        if self.gain is None or self.at_most is None:
            return (
                f"Too early to say whether you may stop: {self.n_labelled} utterances are coded, and it "
                f"takes {LEAST}, some of them with a code."
            )
        some = ", ".join(self.rare[:3]) + (", ..." if len(self.rare) > 3 else "")
        if self.rare_share > RARE_SHARE:
            return (
                f"Code on, and look for rare codes: {len(self.rare)} have fewer than {FEW_POSITIVES} "
                f"examples ({some}), {self.rare_share:.0%} of all codings."
            )
        brought = (
            f"the last doubling, to {self.n_labelled} coded utterances, brought {self.gain:+.3f} of F1 "
            f"({self.at_most:+.3f} at most)"
        )
        if not self.may_stop:
            return f"Code on: {brought}, and twice as many may bring about as much again."
        but = f" Codes with few examples ({some}) may still gain." if self.rare else ""
        return f"You may stop: {brought}, and twice as many would hardly bring more.{but}"


def stopping(
    learned: Learned, codebook: Codebook, *, background: Signals | None = None, seed: int = 0
) -> Stopping:
    """What was learnt against what its two halves teach; takes about as long as learning it did."""
    labelled, applied = learned.signals, np.nansum(learned.values, axis=0)
    count = {
        code: n for code, n in zip(learned.code_ids, applied.tolist(), strict=True) if code in codebook.leaves
    }
    rare = tuple(code for code, n in count.items() if n < FEW_POSITIVES)
    rare_share = sum(count[code] for code in rare) / max(1.0, sum(count.values()))
    groups = numbered(labelled.groups)
    by_interview = bool(groups.max(initial=-1) + 1 >= MANY_GROUPS)
    if not by_interview:
        groups = np.arange(len(labelled))
    folds = group_folds(groups, 2, seed=seed)
    halves = [np.flatnonzero(folds == half) for half in (0, 1)]
    if len(labelled) < LEAST or not all((learned.values[half] == 1).any() for half in halves):
        return Stopping(len(labelled), None, None, rare, rare_share)
    table = Labels(labelled.ids, learned.code_ids, learned.values)

    def chosen(model: Learned) -> NDArray[np.bool_]:
        return model.rule(model.probabilities(labelled))

    def f1(decisions: NDArray[np.bool_]) -> NDArray[np.float64]:
        return f1_without(learned.values, decisions, groups)

    fewer = [
        learn(
            labelled.take(half), table.take(half), codebook, background=background, recipe=learned.recipe,
            seed=seed,
        )
        for half in halves
    ]  # fmt: skip
    by_halves = [chosen(model) for model in fewer]
    if not by_interview:
        by_halves = [np.where((folds == 0)[:, None], *by_halves)]
    gain, *without = (f1(chosen(learned)) - np.mean([f1(one) for one in by_halves], axis=0)).tolist()
    error = np.sqrt((len(without) - 1) * np.var(without))  # the jackknife's
    return Stopping(len(labelled), gain, gain + SURE * float(error), rare, rare_share)


def f1_without(
    values: NDArray[np.float64], chosen: NDArray[np.bool_], groups: NDArray[np.intp]
) -> NDArray[np.float64]:
    """F1 over all decisions that people made, then without each group in turn; nan in `values`: nobody said.

    >>> values = np.array([[1.0, 0.0], [1.0, np.nan], [1.0, 0.0]])
    >>> chosen = np.array([[True, True], [False, True], [True, False]])
    >>> f1_without(values, chosen, np.array([0, 0, 1])).round(3).tolist()
    [0.667, 1.0, 0.5]
    """
    said, right = ~np.isnan(values), values == 1
    hits = np.bincount(groups, (chosen & right).sum(axis=1))
    both = np.bincount(groups, right.sum(axis=1) + (chosen & said).sum(axis=1))
    total = both.sum() - np.array([0.0, *both])
    found = 2 * (hits.sum() - np.array([0.0, *hits]))
    return np.where(total > 0, found / np.maximum(total, 1), 1.0)
