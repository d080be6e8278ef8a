"""From scores to probabilities: what was learnt and what the codebook says, weighed against each other.

One logistic regression over all codes. Its weights are shared, change with the number of a code's positives,
and each code may deviate as far as its own labels justify it: a rare code keeps what all codes have in
common, and a code without any positive rests on the codebook and on codes of like names. It is fitted on
scores of interviews that the learner had not seen (Platt 1999; partial pooling as in Gelman & Hill 2007,
ch. 12).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autocode.learn.kin import itself_and_around, shares
from autocode.learn.ridge import smoothed_mean
from autocode.learn.sets import below_exclusive
from autocode.learn.signals import N_ROLES

Floats = NDArray[np.float64]
Floating = NDArray[np.floating]

# Learnt, codebook, lent by codes of like names here and around, and constant, each with its slope in support.
START = np.array([[1.5, 0.0], [0.7, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
LEAST = (0.0, 0.0, -np.inf, -np.inf)  # of the weights: a code of a like name may speak against one
SHARED_PENALTY = 2.0  # how firmly the shared weights are held at START
OWN_PENALTY = 3.0  # how firmly a code is held at the shared weights
ROLE_PRIOR = 5.0
MAX_ROWS = 20_000
_LIMIT = 30.0


@dataclass(frozen=True, slots=True)
class Blend:
    """`sigmoid(base + weights . (learnt, codebook, lent here, lent around, 1))` for each code.

    `base` differs by role.
    """

    weights: Floats  # (n_codes, 5)
    base: Floats  # (n_codes,) log-odds of the codes' shares
    mean: Floats  # (n_codes,) shares, by which learnt scores are standardised
    evidence_mean: Floats  # (n_codes,)
    role_odds: Floats  # (N_ROLES, n_codes) log-odds that a role adds
    lenders: Floats  # (n_codes, n_codes), see `kin.shares`
    groups: tuple[tuple[int, ...], ...] = ()  # columns of which exactly one applies
    options: tuple[tuple[int, ...], ...] = ()  # columns of which at most one applies
    certain: tuple[tuple[int, ...], ...] = ()  # roles in which one of them does, for each of `options`
    parents: tuple[tuple[int, int], ...] = ()  # (child, parent) columns, the deepest first

    @property
    def ties(self) -> bool:
        """Whether a code's probability depends on what is said of others."""
        return bool(self.groups or self.options or self.parents)

    def of(self, columns: Sequence[int]) -> Blend:
        """The blend of some codes by themselves, without what ties them to others; they cannot lend."""
        rows = list(columns)
        return Blend(
            self.weights[rows], self.base[rows], self.mean[rows], self.evidence_mean[rows],
            self.role_odds[:, rows], np.zeros((0, 0)),
        )  # fmt: skip

    def lent(self, learnt: Floats, near: NDArray[np.intp]) -> Floats:
        """What was learnt of codes with like names, of utterances and of those around them, (2, n, n_codes).

        `near` (n, 3) are rows of `learnt` (n_all, n_codes; nan: nothing), see `kin.itself_and_around`. About
        0 where it says nothing.
        """
        filled = np.where(np.isnan(learnt), self.mean, learnt)
        return np.asarray(itself_and_around(_standardised(filled, self.mean), near) @ self.lenders.T)

    def log_odds(self, learnt: Floats, evidence: Floating, lent: Floats, roles: NDArray[np.intp]) -> Floats:
        """Log-odds (n, n_codes) before they are tied: what was learnt, the codebook, and what is `lent`.

        `roles` (n,) are those of `Signals`.
        """
        said = (_standardised(learnt, self.mean), _centred(evidence, self.evidence_mean), *lent)
        return weighed(self.weights, said, self.base + self.role_odds[roles])

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
    values: Floats,
    roles: NDArray[np.intp],
    *,
    rows: NDArray[np.intp],
    near: NDArray[np.intp],
    alike: Floats,
    groups: tuple[tuple[int, ...], ...] = (),
    options: tuple[tuple[int, ...], ...] = (),
    certain: tuple[tuple[int, ...], ...] = (),
    parents: Sequence[tuple[int, int]] = (),
) -> Blend:
    """Weigh left-out scores and zero-shot evidence, (n, n_codes) each.

    `values` (n, n_codes) say what applies (nan: not said), `roles` (n,) who speaks, `near` (n, 3) what is
    around (-1: nothing), `alike` (n_codes, n_codes) how alike the codes' names are. It learns from `rows`.
    """
    values, roles, evidence = values[rows], roles[rows], evidence[rows]
    mean = smoothed_mean(values)
    base, by_role = np.log(mean / (1.0 - mean)), role_odds(values, roles)
    evidence_mean = evidence.mean(axis=0, dtype=np.float64)
    own = _standardised(np.where(np.isnan(learnt), mean, learnt), mean)
    lenders = shares(alike, np.nansum(values, axis=0))
    lent = itself_and_around(own, near[rows]) @ lenders.T
    said = (own[rows], _centred(evidence, evidence_mean), *lent)
    weights = fit_weights(said, base + by_role[roles], values, START, least=LEAST)
    return Blend(
        weights, base, mean, evidence_mean, by_role, lenders, groups, options, certain, tuple(parents),
    )  # fmt: skip


def weighed(weights: Floats, inputs: Sequence[Floats], base: Floats | float) -> Floats:
    """`base` and inputs (n, n_codes) each, weighed by (n_codes, n_inputs + 1); the last is the constant."""
    logit = base + weights[:, -1]
    for index, one in enumerate(inputs):
        logit = logit + weights[:, index] * one
    return np.asarray(logit)


def fit_weights(
    inputs: Sequence[Floats],
    base: Floats | float,
    values: Floats,
    start: Floats,
    *,
    own_penalty: float = OWN_PENALTY,
    least: Sequence[float] | float = 0.0,
) -> Floats:
    """One logistic regression over all codes, (n_codes, n_inputs + 1): shared weights, and each code's own.

    `base` and `inputs` are (n, n_codes) each, `values` say what applies (nan: not said). Shared weights are
    held at `start` (n_inputs + 1, 2), with their slope in a code's support, and each code's at the shared, by
    `own_penalty`. None of the inputs' weights is below the `least`: evidence for a code does not speak
    against it.
    """
    from scipy.optimize import minimize

    n_codes = values.shape[1]
    rows = np.arange(len(values))
    if len(rows) > MAX_ROWS:  # every k-th: enough for a handful of weights
        rows = rows[:: len(rows) // MAX_ROWS + 1]
    said = ~np.isnan(values[rows])
    filled = np.where(said, values[rows], 0.0)
    start_logit = np.broadcast_to(base, values.shape)[rows]
    inputs = [one[rows] for one in inputs]
    support = np.log1p(np.nansum(values, axis=0))
    slope = (support - np.log(30.0)) / 2.0  # 0 for a code with about thirty positives
    spread = np.stack([np.ones(n_codes), slope], axis=1)
    n_weights = len(start)

    def unpack(flat: Floats) -> tuple[Floats, Floats, Floats]:
        shared, own = flat[: start.size].reshape(start.shape), flat[start.size :].reshape(n_codes, n_weights)
        return shared, own, spread @ shared.T + own

    def loss(flat: Floats) -> tuple[float, Floats]:
        shared, own, weights = unpack(flat)
        logit = np.clip(weighed(weights, inputs, start_logit), -_LIMIT, _LIMIT)
        cost = np.where(said, np.logaddexp(0.0, logit) - filled * logit, 0.0).sum()
        error = np.where(said, sigmoid(logit) - filled, 0.0)
        gradient = np.stack([*((error * one).sum(axis=0) for one in inputs), error.sum(axis=0)], axis=1)
        away = shared - start
        cost += SHARED_PENALTY * (away**2).sum() + own_penalty * (own**2).sum()
        to_shared = gradient.T @ spread + 2 * SHARED_PENALTY * away
        return float(cost), np.concatenate([to_shared.ravel(), (gradient + 2 * own_penalty * own).ravel()])

    flat = np.concatenate([start.ravel(), np.zeros(n_weights * n_codes)])
    found = minimize(loss, flat, jac=True, method="L-BFGS-B", options={"maxiter": 300})
    weights = unpack(found.x)[2]
    weights[:, :-1] = np.maximum(weights[:, :-1], least)
    return weights


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


def _standardised(learnt: Floats, mean: Floats) -> Floats:
    """Scores (n, n_codes) above those of the mean, about 0 where they say nothing."""
    return np.asarray((learnt - mean) / np.sqrt(mean * (1.0 - mean)))


def _centred(evidence: Floating, mean: Floats) -> Floats:
    return np.asarray((evidence - mean) / 2.0)
