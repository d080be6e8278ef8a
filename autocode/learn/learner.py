"""Learn from human codes: choose the kernel, fit, calibrate on interviews left out, set thresholds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from autocode.codebook import Codebook
from autocode.errors import LearnError
from autocode.learn.blend import Blend, fit_blend
from autocode.learn.calibration import Calibration, fit_calibration
from autocode.learn.folds import cross_fitted, group_folds, numbered
from autocode.learn.fourth import FourthLook, fit_fourth
from autocode.learn.kin import likeness
from autocode.learn.labels import Labels
from autocode.learn.looks import Looks
from autocode.learn.recipe import Recipe, anchors_of, choose_recipe, fit_kernel
from autocode.learn.ridge import Fit
from autocode.learn.second import SecondLook, look_again
from autocode.learn.sets import (
    SetRule,
    certain_roles,
    exclusive_columns,
    family,
    learn_sets,
)
from autocode.learn.signals import Parts, Signals, beside, with_parts
from autocode.learn.third import ThirdLook, fit_third
from autocode.learn.thresholds import best_thresholds, exclusive_thresholds
from autocode.learn.views import WEIGHTS, Encoded, Views, Weights, kernel, take_rows

FOLDS = 5  # of interviews, for probabilities and thresholds
_CHUNK = 4096

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learnt from the labelled units `signals`, and what is needed to score others."""

    code_ids: tuple[str, ...]
    signals: Signals  # the labelled units
    values: Floats  # (n_units, n_codes); nan: not said
    views: Views
    encoded: Encoded  # of the anchors
    anchors: NDArray[np.intp]  # rows of `signals` that carry weight
    recipe: Recipe
    fit: Fit
    blend: Blend
    rule: SetRule
    cross_fitted: Floats  # (n_units, n_codes): each unit's probabilities without its interview
    second: SecondLook | None  # where it judges better what was left out
    third: ThirdLook | None  # the same
    fourth: FourthLook | None  # where there is a fine-tuned encoder
    calibration: Calibration | None  # where it makes left-out probabilities better

    @property
    def weights(self) -> Weights:
        """The weights of the kernels."""
        return WEIGHTS[self.recipe.weights]

    @property
    def looks(self) -> Looks:
        """What makes probabilities of scores."""
        stack = None if self.second is None else self.second.stack
        return Looks(self.blend, stack, self.third, self.fourth, self.calibration)

    @property
    def needs_parts(self) -> bool:
        """Whether tokens, sentences and phrases have to be read of the utterances that it scores."""
        return self.second is not None and self.second.needs_parts

    def with_parts(self, signals: Signals, read: Callable[[Sequence[str]], Sequence[Parts]]) -> Signals:
        """`signals` with the parts that it needs, if any; `read` gives those of texts that it has not."""
        if not self.needs_parts:
            return signals
        own = dict(zip(self.signals.texts, self.signals.parts, strict=True))
        known = zip(signals.texts, signals.parts, strict=True)
        return with_parts(replace(signals, parts=tuple(own.get(text, part) for text, part in known)), read)

    def probabilities(self, signals: Signals) -> Floats:
        """How likely each code applies to each utterance, shape (n, n_codes).

        What is said around an utterance counts where it is among `signals`, too. A unit that people coded
        gets what a model says that has not seen its interview.
        """
        learnt, added = np.zeros((2, len(signals), len(self.code_ids)))
        for start in range(0, len(signals), _CHUNK):
            rows = slice(start, min(start + _CHUNK, len(signals)))
            part = signals.take(np.arange(rows.start, rows.stop))
            encoded = self.views.encode(part)
            gram, added[rows] = self.look(encoded, part)
            learnt[rows] = gram @ self.fit.dual + self.fit.mean
        looks, roles, near = self.looks, signals.roles, self.near(signals)
        log_odds = looks.blend.log_odds(learnt, signals.evidence, self.lent(learnt, near), roles)
        added += self.around(log_odds, roles, near)
        log_odds = looks.second(log_odds, added)
        found = looks.probabilities(log_odds, looks.told(log_odds, roles), signals.tuned, roles)
        own = near[:, 0]
        known = own < len(self.signals)
        found[known] = self.cross_fitted[own[known]]
        return found

    def look(self, encoded: Encoded, signals: Signals) -> tuple[NDArray[np.float32], Floats]:
        """The kernel to the anchors, (n, n_anchors), and what the second look's kinds of signal add."""
        if self.second is not None:
            return self.second.look(encoded, self.encoded, self.weights, signals)
        return kernel(encoded, self.encoded, self.weights), np.zeros((encoded.n_rows, len(self.code_ids)))

    def near(self, signals: Signals) -> NDArray[np.intp]:
        """The rows of each utterance and those around it, (n, 3), of the labelled units, then of `signals`.

        A labelled unit that is among both is taken from the first: scored without its interview. It must have
        the same text: another study, or another cut, may have used its id. -1: none.
        """
        n_known = len(self.signals)
        row_of = {unit: n_known + row for row, unit in enumerate(signals.ids)}
        text_of = dict(zip(signals.ids, signals.texts, strict=True))
        known = enumerate(zip(self.signals.ids, self.signals.texts, strict=True))
        row_of |= {unit: row for row, (unit, text) in known if text_of.get(unit, text) == text}
        return beside(signals, row_of)

    def lent(self, learnt: Floats, near: NDArray[np.intp]) -> Floats:
        """What codes of like names say, here and around, of utterances with scores `learnt`, (n, n_codes)."""
        return self.blend.lent(np.vstack([self.fit.left_out, learnt]), near)

    def around(self, log_odds: Floats, roles: NDArray[np.intp], near: NDArray[np.intp]) -> Floats:
        """What the neighbours add to the `log_odds` at first sight of utterances, (n, n_codes)."""
        if self.second is None:
            return np.zeros_like(log_odds)
        first = self.blend.tied(log_odds, roles)
        return self.second.stack.beside(np.vstack([self.second.first, first]), near)


def learn(
    signals: Signals,
    labels: Labels,
    codebook: Codebook,
    *,
    background: Signals | None = None,
    recipe: Recipe | None = None,
    seed: int = 0,
) -> Learned:
    """Learn from `labels` of the utterances `signals`, which have the same ids in the same order.

    `background` is ordinary talk, for what is common in any interview; without `recipe` inner folds
    choose. What `signals` have of a fine-tuned encoder must be by one that has not seen the unit's interview.
    Raises `LearnError` where there is nothing to learn.
    """
    if signals.ids != labels.unit_ids:
        raise ValueError("signals and labels are of different units")
    if not len(labels):
        raise LearnError("no coded utterances, so there is nothing to learn from")
    if not (labels.values == 1).any():
        raise LearnError("no code applies to any coded utterance, so there is nothing to learn from")
    groups = leave_out_groups(signals.groups)
    views = Views.fit(signals) if background is None else Views.fit(signals, background)
    encoded = views.encode(signals)
    values = labels.values
    if recipe is None:
        recipe = choose_recipe(encoded, values, groups, seed=seed)
    anchors = anchors_of(len(values), seed=seed)
    fit = fit_kernel(
        encoded, values, groups, anchors, weights=WEIGHTS[recipe.weights], penalty=recipe.penalty
    )
    (exclusive, options), parents = exclusive_columns(codebook, values), family(codebook)
    roles = signals.roles
    certain, alike = certain_roles(options, values, roles), likeness(codebook)

    near = beside(signals, {unit: row for row, unit in enumerate(signals.ids)})
    near[groups[near] != groups[near[:, :1]]] = -1  # scored by a model that knows the unit's codes

    def blended(rows: NDArray[np.intp]) -> Blend:
        return fit_blend(
            fit.left_out, signals.evidence, values, roles, rows=rows, near=near, alike=alike,
            groups=exclusive, options=options, certain=certain, parents=parents,
        )  # fmt: skip

    everything = np.arange(len(labels))
    blend = blended(everything)
    left_out = np.where(np.isnan(fit.left_out), _in_sample(encoded, anchors, fit, recipe), fit.left_out)
    folds = group_folds(groups, min(FOLDS, int(groups.max()) + 1), seed=seed)

    def at_first_sight(known: NDArray[np.intp], asked: NDArray[np.intp]) -> Floats:
        one = blended(known)
        lent = one.lent(fit.left_out, near[asked])
        return one.log_odds(left_out[asked], signals.evidence[asked], lent, roles[asked])

    log_odds = cross_fitted(at_first_sight, folds)

    def tied(found: Floats) -> Floats:
        return blend.tied(found, roles)

    again = look_again(
        encoded, signals, values, groups, anchors, folds=folds, log_odds=log_odds,
        tied=tied, beside=near, seed=seed,
    )  # fmt: skip
    second, log_odds = again or (None, log_odds)
    together = fit_third(log_odds, values, groups, folds, tied=tied, seed=seed)
    third, log_odds = together or (None, log_odds)
    fourth = None
    if signals.tuned.size:
        fourth, log_odds = fit_fourth(log_odds, signals.tuned, values, folds)
    probabilities = tied(log_odds)
    calibrated = fit_calibration(probabilities, values, folds, tied=tied)
    calibration, probabilities = calibrated or (None, probabilities)
    thresholds = best_thresholds(probabilities, values, parents)
    thresholds = exclusive_thresholds(probabilities, values, thresholds, exclusive, options)
    rule = learn_sets(values, thresholds, codebook)
    return Learned(
        codebook.ids, signals, values, views, take_rows(encoded, anchors), anchors, recipe, fit, blend, rule,
        probabilities, second, third, fourth, calibration,
    )  # fmt: skip


def leave_out_groups(groups: Sequence[str]) -> NDArray[np.intp]:
    """What is left out together: interviews, or single utterances where there is one interview only."""
    found = numbered(groups)
    return found if found.max(initial=0) > 0 else np.arange(len(groups))


def _in_sample(encoded: Encoded, anchors: NDArray[np.intp], fit: Fit, recipe: Recipe) -> Floats:
    """Scores of the labelled units by the whole fit, for codes on which nobody has said anything there."""
    if not np.isnan(fit.left_out).any():
        return fit.left_out
    gram = kernel(encoded, take_rows(encoded, anchors), WEIGHTS[recipe.weights])
    return np.asarray(gram @ fit.dual + fit.mean)


def support(learned: Learned) -> Mapping[str, int]:
    """How many labelled units each code applies to."""
    counts = np.nansum(learned.values, axis=0).astype(int)
    return dict(zip(learned.code_ids, counts.tolist(), strict=True))
