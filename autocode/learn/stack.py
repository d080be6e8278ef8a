"""Kinds of signal weighed anew for each code, with what is said around an utterance.

At first all kinds of signal have the same weights for all codes. Here one logistic regression a code starts
from those log-odds, and moves away from them as far as its own labels justify: by scores learnt from one kind
of signal each, and by how likely each code is for the utterance itself, the one before and the one after
(stacked generalisation, Wolpert 1992). All that it learns from was scored without the utterance's interview.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autocode.learn.blend import MAX_ROWS, sigmoid

PENALTY = 6.0  # on squared weights
LEAST_SPREAD = 0.01  # of scores, below which a kind of signal says nothing
LEAST_POSITIVES = 5  # of a code, without which the first look stands
MOST_CODES = 20  # the most frequent ones, whose neighbourhood tells something
STEEPEST, FLATTEST = 1.0, -0.8  # how far the weight of the first log-odds may move from 1

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Stack:
    """`(1 + slope) * first + weights . scores + around . neighbourhood + constant`, as log-odds."""

    center: Floats  # (n_kinds, n_codes), by which scores are standardised
    spread: Floats  # (n_kinds, n_codes)
    weights: Floats  # (n_kinds, n_codes)
    slope: Floats  # (n_codes,)
    constant: Floats  # (n_codes,)
    told: NDArray[np.intp]  # (n_told,) columns of the codes whose neighbourhood counts
    share: Floats  # (n_told,), which stands for a neighbour that there is not
    around: Floats  # (n_codes, 3 * n_told): itself, before, after

    def added(self, scores: NDArray[np.floating]) -> Floats:
        """What the kinds of signal, (n_kinds, n, n_codes), add to the log-odds: (n, n_codes)."""
        return np.asarray(
            np.einsum("inc,ic->nc", (scores - self.center[:, None]) / self.spread[:, None], self.weights)
            + self.constant
        )

    def beside(self, first: Floats, neighbours: NDArray[np.intp]) -> Floats:
        """What the neighbourhood adds, (n, n_codes).

        `first` (n_all, n_codes) are first probabilities, `neighbours` (n, 3) rows of it; -1: nothing.
        """
        return neighbourhood(first, neighbours, self.told, self.share) @ self.around.T

    def __call__(self, first_log_odds: Floats, added: Floats) -> Floats:
        """Log-odds in the end, of shape (n, n_codes)."""
        return (1.0 + self.slope) * first_log_odds + added

    def of(self, columns: Sequence[int]) -> Stack:
        """Of some codes by themselves."""
        at = list(columns)
        return Stack(
            self.center[:, at], self.spread[:, at], self.weights[:, at], self.slope[at], self.constant[at],
            self.told, self.share, self.around[at],
        )  # fmt: skip


def neighbourhood(
    first: Floats, neighbours: NDArray[np.intp], told: NDArray[np.intp], share: Floats
) -> Floats:
    """How much likelier than usual the codes `told` are at `neighbours` (n, 3): (n, 3 * n_told), 0 for -1."""
    table = np.vstack([first[:, told] - share, np.zeros((1, len(told)))])
    return table[neighbours].reshape(len(neighbours), 3 * len(told))


def fit_stack(
    first: Floats,
    log_odds: Floats,
    scores: NDArray[np.floating],
    values: Floats,
    rows: NDArray[np.intp],
    *,
    beside: NDArray[np.intp],
) -> Stack:
    """Learn from `rows` of `values` (n, n_codes; nan: not said).

    `first` are left-out probabilities and `log_odds` what they come from, (n, n_codes); `scores` (n_kinds, n,
    n_codes) left-out scores; `beside` (n, 3) the rows of each utterance, of the one before and of the one
    after; -1: nothing.
    """
    from scipy.optimize import minimize

    if len(rows) > MAX_ROWS:  # every k-th: enough for some weights
        rows = rows[:: len(rows) // MAX_ROWS + 1]
    center, spread = scores[:, rows].mean(axis=1), np.maximum(scores[:, rows].std(axis=1), LEAST_SPREAD)
    support = np.nansum(values[rows], axis=0)
    told = np.sort(np.argsort(-support, kind="stable")[:MOST_CODES])
    told = told[support[told] >= LEAST_POSITIVES]
    share = first[rows][:, told].mean(axis=0)
    n_kinds, n_codes = center.shape
    around = neighbourhood(first, beside[rows], told, share)
    weights, slope, constant = np.zeros((n_kinds, n_codes)), np.zeros(n_codes), np.zeros(n_codes)
    by_code = np.zeros((n_codes, around.shape[1]))
    standard = (scores[:, rows] - center[:, None]) / spread[:, None]
    for code in range(n_codes):
        said = np.flatnonzero(~np.isnan(values[rows, code]))
        y, base = values[rows[said], code], log_odds[rows[said], code]
        if min(y.sum(), (1 - y).sum()) < LEAST_POSITIVES:
            continue
        inputs = np.column_stack([base, np.ones(len(said)), standard[:, said, code].T, around[said]])
        held = np.full(inputs.shape[1], PENALTY)
        held[1] = 0.0

        def loss(w: Floats, x: Floats = inputs, y: Floats = y, base: Floats = base) -> tuple[float, Floats]:
            logit = base + x @ w
            cost = (np.logaddexp(0.0, logit) - y * logit).sum() + (held * w**2).sum()  # noqa: B023
            return float(cost), x.T @ (sigmoid(logit) - y) + 2.0 * held * w  # noqa: B023

        bounds = [(FLATTEST, STEEPEST), *[(None, None)] * (inputs.shape[1] - 1)]
        found = minimize(
            loss, np.zeros(inputs.shape[1]), jac=True, method="L-BFGS-B", bounds=bounds,
            options={"maxiter": 200},
        ).x  # fmt: skip
        slope[code], constant[code] = found[:2]
        weights[:, code], by_code[code] = found[2 : 2 + n_kinds], found[2 + n_kinds :]
    return Stack(center, spread, weights, slope, constant, told, share, by_code)
