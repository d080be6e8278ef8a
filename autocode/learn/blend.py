"""From scores to probabilities: what was learnt, what the codebook says and what a fine-tuned encoder says,
weighed against each other.

One logistic regression over all codes. Its weights are shared, change with the number of a code's positives,
and each code may deviate as far as its own labels justify it: a rare code keeps what all codes have in
common, and a code without any positive rests on the codebook. It is fitted on scores of interviews that the
learner had not seen (Platt 1999; partial pooling as in Gelman & Hill 2007, ch. 12).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autocode.learn.ridge import smoothed_mean
from autocode.learn.sets import below_exclusive
from autocode.learn.signals import N_ROLES

Floats = NDArray[np.float64]
Floating = NDArray[np.floating]

# Learnt, codebook, fine-tuned and constant, each with its slope in support.
START = np.array([[1.5, 0.0], [0.7, 0.0], [1.0, 0.0], [0.0, 0.0]])
SHARED_PENALTY = 2.0  # how firmly the shared weights are held at START
OWN_PENALTY = 3.0  # how firmly a code is held at the shared weights
ROLE_PRIOR = 5.0
MAX_ROWS = 20_000
_LIMIT = 30.0


@dataclass(frozen=True, slots=True)
class Blend:
    """`sigmoid(base + weights . (learnt, codebook, fine-tuned, 1))` for each code; `base` differs by role."""

    weights: Floats  # (n_codes, 4)
    base: Floats  # (n_codes,) log-odds of the codes' shares
    mean: Floats  # (n_codes,) shares, by which learnt scores are standardised
    evidence_mean: Floats  # (n_codes,)
    tuned_mean: Floats  # (n_codes,)
    role_odds: Floats  # (N_ROLES, n_codes) log-odds that a role adds
    groups: tuple[tuple[int, ...], ...] = ()  # columns of which exactly one applies
    options: tuple[tuple[int, ...], ...] = ()  # columns of which at most one applies
    certain: tuple[tuple[int, ...], ...] = ()  # roles in which one of them does, for each of `options`
    parents: tuple[tuple[int, int], ...] = ()  # (child, parent) columns, the deepest first

    @property
    def ties(self) -> bool:
        """Whether a code's probability depends on what is said of others."""
        return bool(self.groups or self.options or self.parents)

    def of(self, columns: Sequence[int]) -> Blend:
        """The blend of some codes by themselves, without what ties them to others."""
        rows = list(columns)
        return Blend(
            self.weights[rows], self.base[rows], self.mean[rows], self.evidence_mean[rows],
            self.tuned_mean[rows], self.role_odds[:, rows],
        )  # fmt: skip

    def __call__(
        self, learnt: Floats, evidence: Floating, tuned: Floating, roles: NDArray[np.intp]
    ) -> Floats:
        """Probabilities of shape (n, n_codes); `tuned` may be (n, 0), `roles` (n,) are those of `Signals`."""
        return self.tied(self.log_odds(learnt, evidence, tuned, roles), roles)

    def log_odds(
        self, learnt: Floats, evidence: Floating, tuned: Floating, roles: NDArray[np.intp]
    ) -> Floats:
        """The same as log-odds, each code by itself."""
        said = _standardised(learnt, evidence, tuned, (self.mean, self.evidence_mean, self.tuned_mean))
        logit = self.base + self.role_odds[roles] + self.weights[:, 3]
        for index, one in enumerate(said):
            logit = logit + self.weights[:, index] * one
        return logit

    def tied(self, log_odds: Floats, roles: NDArray[np.intp]) -> Floats:
        """Probabilities from log-odds: exclusive codes add up to 1, a parent is as likely as its children.

        A code below one of an exclusive group lends that one its likelihood before they are made to add up.
        """
        probabilities = sigmoid(log_odds)
        below = below_exclusive((*self.groups, *self.options), self.parents)
        for child, parent in below:
            np.maximum(probabilities[:, parent], probabilities[:, child], out=probabilities[:, parent])
        everywhere = [range(N_ROLES)] * len(self.groups)
        for group, certain in zip((*self.groups, *self.options), (*everywhere, *self.certain), strict=True):
            members = list(group)
            total = probabilities[:, members].sum(axis=1)
            least = np.where(np.isin(roles, list(certain)), 1e-12, 1.0)
            probabilities[:, members] /= np.maximum(total, least)[:, None]
        for child, parent in reversed(below):
            np.minimum(probabilities[:, parent], probabilities[:, child], out=probabilities[:, child])
        for child, parent in self.parents:
            np.maximum(probabilities[:, parent], probabilities[:, child], out=probabilities[:, parent])
        return probabilities


def fit_blend(
    learnt: Floats,
    evidence: Floating,
    tuned: Floating,
    values: Floats,
    roles: NDArray[np.intp],
    *,
    groups: tuple[tuple[int, ...], ...] = (),
    options: tuple[tuple[int, ...], ...] = (),
    certain: tuple[tuple[int, ...], ...] = (),
    parents: Sequence[tuple[int, int]] = (),
) -> Blend:
    """Weigh left-out scores, zero-shot evidence and a fine-tuned encoder's log-odds, (n, n_codes) each.

    `values` (n, n_codes) say what applies (nan: not said), `roles` (n,) who speaks. `tuned` is (n, 0) without
    such an encoder, and else by one that has not seen the unit's interview.
    """
    from scipy.optimize import minimize

    mean = smoothed_mean(values)
    base, by_role = np.log(mean / (1.0 - mean)), role_odds(values, roles)
    evidence_mean, tuned_mean = (
        one.mean(axis=0, dtype=np.float64) if one.size else np.zeros(len(mean)) for one in (evidence, tuned)
    )
    n_codes = len(mean)
    rows = np.arange(len(values))
    if len(rows) > MAX_ROWS:  # every k-th: enough for a handful of weights
        rows = rows[:: len(rows) // MAX_ROWS + 1]
    said = ~np.isnan(values[rows])
    filled = np.where(said, values[rows], 0.0)
    learnt_said = np.where(np.isnan(learnt[rows]), mean, learnt[rows])
    start_logit = base + by_role[roles[rows]]
    inputs = _standardised(learnt_said, evidence[rows], tuned[rows], (mean, evidence_mean, tuned_mean))
    support = np.log1p(np.nansum(values, axis=0))
    slope = (support - np.log(30.0)) / 2.0  # 0 for a code with about thirty positives
    spread = np.stack([np.ones(n_codes), slope], axis=1)
    n_weights = len(START)

    def unpack(flat: Floats) -> tuple[Floats, Floats, Floats]:
        shared, own = flat[: START.size].reshape(START.shape), flat[START.size :].reshape(n_codes, n_weights)
        return shared, own, spread @ shared.T + own

    def loss(flat: Floats) -> tuple[float, Floats]:
        shared, own, weights = unpack(flat)
        logit = start_logit + weights[:, -1] + sum(weights[:, i] * one for i, one in enumerate(inputs))
        logit = np.clip(logit, -_LIMIT, _LIMIT)
        cost = np.where(said, np.logaddexp(0.0, logit) - filled * logit, 0.0).sum()
        error = np.where(said, sigmoid(logit) - filled, 0.0)
        gradient = np.stack([*((error * one).sum(axis=0) for one in inputs), error.sum(axis=0)], axis=1)
        away = shared - START
        cost += SHARED_PENALTY * (away**2).sum() + OWN_PENALTY * (own**2).sum()
        to_shared = gradient.T @ spread + 2 * SHARED_PENALTY * away
        return float(cost), np.concatenate([to_shared.ravel(), (gradient + 2 * OWN_PENALTY * own).ravel()])

    start = np.concatenate([START.ravel(), np.zeros(n_weights * n_codes)])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 300})
    weights = unpack(found.x)[2]
    weights[:, :-1] = np.maximum(weights[:, :-1], 0.0)  # evidence for a code never speaks against it
    return Blend(
        weights, base, mean, evidence_mean, tuned_mean, by_role, groups, options, certain, tuple(parents),
    )  # fmt: skip


def role_odds(values: Floats, roles: NDArray[np.intp]) -> Floats:
    """How much more often each code applies in each role than it would by chance, shape (N_ROLES, n_codes).

    The log of a ratio of counts. What all codes have in common there counts as `ROLE_PRIOR` labels of each.

    >>> values = np.repeat([[1.0, 0.0], [0.0, 0.0]], 50, axis=0)  # the second role is never coded
    >>> role_odds(values, np.repeat([1, 2], 50)).round(1)[:, 0].tolist()
    [0.0, 0.7, -5.0]
    """
    share = np.nansum(values, axis=0) / np.maximum(1, (~np.isnan(values)).sum(axis=0))
    found = np.zeros((N_ROLES, values.shape[1]))
    for role in range(N_ROLES):
        own = values[roles == role]
        there, expected = np.nansum(own, axis=0), (~np.isnan(own)).sum(axis=0) * share
        common = (there.sum() + 1.0) / (expected.sum() + 1.0)
        found[role] = np.log((there + ROLE_PRIOR * common) / (expected + ROLE_PRIOR))
    return found


def sigmoid(logit: Floats) -> Floats:
    """1 / (1 + exp(-logit)), without overflow."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * logit)))


def _standardised(
    learnt: Floats,
    evidence: Floating,
    tuned: Floating,
    means: Sequence[Floats],
) -> tuple[Floats, Floats, Floats]:
    """The three inputs of the blend, (n, n_codes) each, about 0 where they say nothing."""
    mean, evidence_mean, tuned_mean = means
    return (
        (learnt - mean) / np.sqrt(mean * (1.0 - mean)),
        (evidence - evidence_mean) / 2.0,
        (tuned - tuned_mean) / 2.0 if tuned.size else np.zeros_like(learnt),
    )


def best_thresholds(probabilities: Floats, values: Floats) -> Floats:
    """The probability from which each code is best suggested, shape (n_codes,): the largest expected F1.

    Expected from the calibrated probabilities of what was said (`values` nan: not said): the hits themselves
    would only add noise (Lipton, Elkan & Naryanaswamy 2014). A code that has no label gets one half.
    """
    thresholds = np.full(probabilities.shape[1], 0.5)
    for column in range(len(thresholds)):
        p = np.sort(probabilities[~np.isnan(values[:, column]), column])[::-1]
        if not len(p):
            continue
        f1 = 2.0 * np.cumsum(p) / (np.arange(1, len(p) + 1) + p.sum())
        best = int(np.argmax(f1))
        following = p[min(best + 1, len(p) - 1)]
        thresholds[column] = float(np.clip((p[best] + following) / 2, 0.02, 0.98))
    return thresholds
