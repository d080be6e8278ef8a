"""A second look at each utterance, once all have been looked at: what each kind of signal says by itself, and
what is said around it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autocode.learn.folds import cross_fitted
from autocode.learn.heard import Heard, fit_heard
from autocode.learn.judging import can_judge, loss
from autocode.learn.lexical import Lexical, fit_lexical
from autocode.learn.pieces import Pieces, fit_pieces
from autocode.learn.recipe import fit_kernel
from autocode.learn.signals import Signals
from autocode.learn.stack import Stack, fit_stack
from autocode.learn.views import ALONE, Encoded, Weights, kernel_and_scores

PENALTY = 0.3  # of the regressions on one kind of signal

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SecondLook:
    """What the second look needs beyond the first one."""

    dual: NDArray[np.float32]  # (n_kinds, n_anchors, n_codes), of what was learnt from each of `ALONE`
    lexical: Lexical
    heard: Heard | None  # without tokens to hear
    sentences: Pieces | None  # where utterances have several
    phrases: Pieces | None
    stack: Stack
    first: Floats  # (n_units, n_codes), probabilities at first sight of the labelled units, left out

    @property
    def needs_parts(self) -> bool:
        """Whether tokens, sentences or phrases count."""
        return any(one is not None for one in (self.heard, self.sentences, self.phrases))

    def look(
        self, encoded: Encoded, anchors: Encoded, weights: Weights, signals: Signals
    ) -> tuple[NDArray[np.float32], Floats]:
        """The first look's kernel, (n, n_anchors), and what the kinds add to the log-odds, (n, n_codes)."""
        gram, scores = kernel_and_scores(encoded, anchors, weights, list(zip(ALONE, self.dual, strict=True)))
        scores.append(self.lexical(encoded))
        if self.heard is not None:
            scores.append(self.heard(signals.tokens))
        if self.sentences is not None:
            scores.append(self.sentences([part.sentences for part in signals.parts]))
        if self.phrases is not None:
            scores.append(self.phrases([part.phrases for part in signals.parts]))
        return gram, self.stack.added(np.stack(scores))


def look_again(
    encoded: Encoded,
    signals: Signals,
    values: Floats,
    groups: NDArray[np.intp],
    anchors: NDArray[np.intp],
    *,
    folds: NDArray[np.intp],
    log_odds: Floats,
    tied: Callable[[Floats], Floats],
    beside: NDArray[np.intp],
    seed: int,
) -> tuple[SecondLook, Floats] | None:
    """Learn the second look; with it the labelled units' log-odds, (n, n_codes), left out by `folds`.

    `log_odds` (n, n_codes) are those at first sight, left out, and `tied` makes probabilities of them;
    `beside` (n, 3) are the rows of each unit and its neighbours (-1: none). None where labels are few, or
    what was left out is not judged better.
    """
    if not can_judge(values, folds):
        return None
    first = tied(log_odds)
    filled = np.where(np.isnan(values), first, values)  # so that one inverse serves all codes
    fits = [
        fit_kernel(encoded, filled, groups, anchors, weights=one, penalty=PENALTY, precision=np.float32)
        for one in ALONE
    ]
    lexical, by_terms = fit_lexical(encoded, values, folds, seed=seed)
    alone = [*((fit.left_out - fit.mean).astype(np.float32) for fit in fits), by_terms]
    heard = fit_heard(signals.tokens, values, folds, seed=seed)
    sentences = fit_pieces([part.sentences for part in signals.parts], filled, folds, seed=seed)
    phrases = fit_pieces([part.phrases for part in signals.parts], filled, folds, seed=seed)
    alone += [found[1] for found in (heard, sentences, phrases) if found is not None]
    scores = np.stack(alone)

    def stacked(rows: NDArray[np.intp]) -> Stack:
        return fit_stack(first, log_odds, scores, values, rows, beside=beside)

    def seen_again(known: NDArray[np.intp], asked: NDArray[np.intp]) -> Floats:
        stack = stacked(known)
        added = stack.added(scores[:, asked]) + stack.beside(first, beside[asked])
        return stack(log_odds[asked], added)

    again = cross_fitted(seen_again, folds)
    if loss(tied(again), values) >= loss(first, values):
        return None
    dual = np.stack([fit.dual for fit in fits]).astype(np.float32)
    whole = stacked(np.arange(len(values)))
    learnt = (heard and heard[0], sentences and sentences[0], phrases and phrases[0])
    return SecondLook(dual, lexical, *learnt, whole, first), again
