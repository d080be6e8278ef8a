"""Learn from human codes: choose the kernel, fit, calibrate on interviews left out, set thresholds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autocode.codebook import Codebook
from autocode.errors import LearnError
from autocode.learn.blend import Blend, best_thresholds, fit_blend
from autocode.learn.folds import group_folds, numbered
from autocode.learn.labels import Labels
from autocode.learn.ridge import (
    MAX_EXACT_ROWS,
    N_LANDMARKS,
    Fit,
    fit_exact,
    fit_landmarks,
    members_of,
)
from autocode.learn.sets import SetRule, certain_roles, exclusive_columns, family, learn_sets
from autocode.learn.signals import Signals
from autocode.learn.views import (
    WEIGHTS,
    Encoded,
    Views,
    Weights,
    kernel,
    one_kernel,
    take_rows,
)

PENALTIES = (0.2, 0.5, 1.0)
DEFAULT_PENALTY = 0.5
CHOICE_ROWS = 1500  # rows on which weights and penalty are compared
LEAST_TO_CHOOSE = 60  # below, the default weights and penalty stand
_CHUNK = 4096

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Recipe:
    """What inner folds chose."""

    weights: str  # a name in WEIGHTS
    penalty: float


DEFAULT_RECIPE = Recipe("balanced", DEFAULT_PENALTY)


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

    @property
    def weights(self) -> Weights:
        """The weights of the kernels."""
        return WEIGHTS[self.recipe.weights]

    def learnt(self, signals: Signals) -> Floats:
        """Scores before they are blended, shape (n, n_codes)."""
        return self.learnt_of(self.views.encode(signals))

    def learnt_of(self, encoded: Encoded) -> Floats:
        """Scores of encoded utterances, shape (n, n_codes)."""
        return np.asarray(kernel(encoded, self.encoded, self.weights) @ self.fit.dual + self.fit.mean)

    def probabilities(self, signals: Signals) -> Floats:
        """How likely each code applies to each utterance, shape (n, n_codes).

        A unit that people coded gets what a model says that has not seen its interview.
        """
        found = np.zeros((len(signals), len(self.code_ids)))
        for start in range(0, len(signals), _CHUNK):
            part = signals.take(np.arange(start, min(start + _CHUNK, len(signals))))
            found[start : start + len(part)] = self.blend(
                self.learnt(part), part.evidence, part.tuned, part.roles
            )
        known = {unit: row for row, unit in enumerate(self.signals.ids)}
        for row, unit in enumerate(signals.ids):
            if unit in known:
                found[row] = self.cross_fitted[known[unit]]
        return found


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
    fit, anchors = _fit(encoded, values, groups, recipe, seed=seed)
    (exclusive, options), parents = exclusive_columns(codebook, values), family(codebook)

    roles = signals.roles
    certain = certain_roles(options, values, roles)

    def blended(rows: NDArray[np.intp]) -> Blend:
        return fit_blend(
            fit.left_out[rows], signals.evidence[rows], signals.tuned[rows], values[rows],
            roles[rows], groups=exclusive, options=options, certain=certain, parents=parents,
        )  # fmt: skip

    everything = np.arange(len(labels))
    blend = blended(everything)
    left_out = np.where(np.isnan(fit.left_out), _in_sample(encoded, anchors, fit, recipe), fit.left_out)
    cross_fitted = _cross_fitted(blended, left_out, signals, groups, seed=seed)
    rule = learn_sets(values, best_thresholds(cross_fitted, values), codebook)
    return Learned(
        codebook.ids, signals, values, views, take_rows(encoded, anchors), anchors, recipe, fit, blend, rule,
        cross_fitted,
    )  # fmt: skip


def leave_out_groups(groups: Sequence[str]) -> NDArray[np.intp]:
    """What is left out together: interviews, or single utterances where there is one interview only."""
    found = numbered(groups)
    return found if found.max(initial=0) > 0 else np.arange(len(groups))


def choose_recipe(encoded: Encoded, values: Floats, groups: NDArray[np.intp], *, seed: int = 0) -> Recipe:
    """The weights and penalty whose left-out scores rank best: the mean average precision over codes.

    Compared on whole interviews of at most about `CHOICE_ROWS` utterances.
    """
    rows = _whole_groups(groups, CHOICE_ROWS, seed=seed)
    table = values[rows]
    usable = [c for c in range(table.shape[1]) if np.nansum(table[:, c]) >= 3]
    if len(rows) < LEAST_TO_CHOOSE or not usable:
        return DEFAULT_RECIPE
    part = take_rows(encoded, rows)
    kinds = {kind: one_kernel(part, part, kind) for kind in part.kinds}
    best, best_score = DEFAULT_RECIPE, -np.inf
    for name, weights in WEIGHTS.items():
        gram = np.asarray(sum(weights[kind] * of for kind, of in kinds.items()))
        gram = gram / sum(weights[kind] for kind in kinds)
        for penalty in PENALTIES:
            left_out = fit_exact(gram, table[:, usable], groups[rows], penalty).left_out
            score = float(
                np.mean([_average_precision(table[:, c], left_out[:, i]) for i, c in enumerate(usable)])
            )
            if score > best_score + 1e-6:
                best, best_score = Recipe(name, penalty), score
    return best


def _fit(
    encoded: Encoded, values: Floats, groups: NDArray[np.intp], recipe: Recipe, *, seed: int
) -> tuple[Fit, NDArray[np.intp]]:
    weights = WEIGHTS[recipe.weights]
    n = len(values)
    if n <= MAX_EXACT_ROWS:
        return fit_exact(kernel(encoded, encoded, weights), values, groups, recipe.penalty), np.arange(n)
    anchors = np.sort(np.random.default_rng(seed).choice(n, N_LANDMARKS, replace=False))
    landmarks = take_rows(encoded, anchors)
    to_landmarks = np.concatenate(
        [
            kernel(take_rows(encoded, np.arange(start, min(start + _CHUNK, n))), landmarks, weights)
            for start in range(0, n, _CHUNK)
        ]
    )
    among = kernel(landmarks, landmarks, weights)
    return fit_landmarks(to_landmarks, among, values, groups, recipe.penalty), anchors


def _in_sample(encoded: Encoded, anchors: NDArray[np.intp], fit: Fit, recipe: Recipe) -> Floats:
    """Scores of the labelled units by the whole fit, for codes on which nobody has said anything there."""
    if not np.isnan(fit.left_out).any():
        return fit.left_out
    gram = kernel(encoded, take_rows(encoded, anchors), WEIGHTS[recipe.weights])
    return np.asarray(gram @ fit.dual + fit.mean)


def _cross_fitted(
    blended: Callable[[NDArray[np.intp]], Blend],
    left_out: Floats,
    signals: Signals,
    groups: NDArray[np.intp],
    *,
    seed: int,
) -> Floats:
    """Probabilities by blends that have not seen the interview either."""
    n_folds = min(5, int(groups.max()) + 1)
    if n_folds < 2:
        return blended(np.arange(len(groups)))(left_out, signals.evidence, signals.tuned, signals.roles)
    folds, found = group_folds(groups, n_folds, seed=seed), np.zeros_like(left_out)
    for fold in range(n_folds):
        out = folds == fold
        blend = blended(np.flatnonzero(~out))
        found[out] = blend(left_out[out], signals.evidence[out], signals.tuned[out], signals.roles[out])
    return found


def _whole_groups(groups: NDArray[np.intp], most: int, *, seed: int) -> NDArray[np.intp]:
    """Rows of whole groups at random, at most `most` or those of two groups."""
    if len(groups) <= most:
        return np.arange(len(groups))
    members, chosen = members_of(groups), list[NDArray[np.intp]]()
    for index in np.random.default_rng(seed).permutation(len(members)):
        if len(chosen) >= 2 and sum(map(len, chosen)) + len(members[index]) > most:
            break
        chosen.append(members[index])
    return np.sort(np.concatenate(chosen))


def mean_average_precision(values: Floats, scores: Floats) -> float:
    """The mean over codes that somebody applied of the average precision of `scores`, (n, n_codes) each."""
    found = [
        _average_precision(values[:, c], scores[:, c])
        for c in range(values.shape[1])
        if np.nansum(values[:, c]) > 0
    ]
    return float(np.mean(found)) if found else 0.0


def _average_precision(y: Floats, score: Floats) -> float:
    said = ~np.isnan(y)
    y, score = y[said], score[said]
    order = np.argsort(-score, kind="stable")
    hits = y[order] == 1
    return float((np.cumsum(hits)[hits] / (np.flatnonzero(hits) + 1)).mean()) if hits.any() else 0.0


def support(learned: Learned) -> Mapping[str, int]:
    """How many labelled units each code applies to."""
    counts = np.nansum(learned.values, axis=0).astype(int)
    return dict(zip(learned.code_ids, counts.tolist(), strict=True))
