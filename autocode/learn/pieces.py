"""What pieces of an utterance, sentences or phrases, say of each code: the one that says most speaks for all.

People code an utterance, and not which of its pieces they mean: an answer of ten sentences may carry a code
for one of them. So that is learnt, too. A regression on how alike pieces are begins with every piece of a
coded utterance carrying the code, tells which of them do most likely, and learns anew from these, some rounds
long (instances in bags: Andrews, Tsochantaridis & Hofmann 2003, mi-SVM; here softly, and by kernel ridge).
Each piece is read by itself, by the encoder's first layers (see `n_early`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autocode.learn.views import radial, standardised

PENALTY = 0.5  # on the kernel's diagonal
ROUNDS = 4
SHARPNESS = 2.0  # the power of what a piece says, by which it shares in its utterance's code
LEAST_SCORE, MOST_SCORE = 0.01, 0.99  # of a piece, to share by
MOST_PIECES = 8000  # to learn from: a kernel of 256 MB, and a factor of one
LEAST_PIECES = 1.1  # an utterance; where nearly all have one only, it has been looked at already
_CHUNK = 200  # utterances that are scored at a time: 10 MB a piece of each

Floats = NDArray[np.float64]
OfTexts = Sequence[NDArray[np.floating]]  # the vectors of each text's pieces, (n_pieces, n_dims)


@dataclass(frozen=True, slots=True)
class Pieces:
    """`kernel(piece, anchors) @ dual + mean` for each code; the highest counts."""

    center: NDArray[np.float32]  # (n_dims,)
    spread: NDArray[np.float32]  # (n_dims,)
    anchors: NDArray[np.float32]  # (n_anchors, n_dims), unit rows
    dual: NDArray[np.float32]  # (n_anchors, n_codes)
    mean: NDArray[np.float32]  # (n_codes,)

    def __call__(self, pieces: OfTexts) -> NDArray[np.float32]:
        """Scores of shape (n, n_codes), about 0 to 1. Pieces must be there for all."""
        if not all(len(one) for one in pieces):
            raise ValueError("the utterances' sentences were not read, and the model learnt from them")
        found = np.zeros((len(pieces), len(self.mean)), np.float32)
        for rows, scores, first in self._in_turn(pieces):
            found[rows] = np.maximum.reduceat(scores, first, axis=0)
        return found

    def loudest(self, pieces: OfTexts) -> NDArray[np.intp]:
        """Which of each utterance's pieces says most of each code, (n, n_codes)."""
        found = np.zeros((len(pieces), len(self.mean)), np.intp)
        for rows, scores, first in self._in_turn(pieces):
            found[rows] = [of_one.argmax(axis=0) for of_one in np.split(scores, first[1:])]
        return found

    def _in_turn(self, pieces: OfTexts) -> Iterator[tuple[slice, NDArray[np.float32], NDArray[np.intp]]]:
        """Some utterances at a time: which, the scores of all their pieces, and where each one's begin."""
        for start in range(0, len(pieces), _CHUNK):
            some = pieces[start : start + _CHUNK]
            yield slice(start, start + len(some)), self.of_each(np.concatenate(some)), _first(some)

    def of_each(self, pieces: NDArray[np.floating]) -> NDArray[np.float32]:
        """Scores of single pieces, (n_pieces, n_dims), for each code: (n_pieces, n_codes)."""
        rows = standardised(pieces, self.center, self.spread)
        return np.asarray(radial(rows, self.anchors) @ self.dual + self.mean, np.float32)


def fit_pieces(
    pieces: OfTexts, values: Floats, folds: NDArray[np.intp], *, seed: int = 0
) -> tuple[Pieces, NDArray[np.float32]] | None:
    """Learn from `values` (n, n_codes), 0 to 1, and score each fold (n,) by what the others teach.

    None where no pieces were read, utterances hardly ever have more than one, or very few of them have too
    many.
    """
    lengths = np.array([len(one) for one in pieces])
    if not lengths.all() or lengths.mean() < LEAST_PIECES:
        return None
    shuffled = np.random.default_rng(seed).permutation(len(pieces))
    rows = np.sort(shuffled[np.cumsum(lengths[shuffled]) <= MOST_PIECES])
    if len(np.unique(folds[rows])) < 2:
        return None
    some = [pieces[row] for row in rows.tolist()]
    every = np.concatenate(some).astype(np.float32)
    center, spread = every.mean(axis=0), np.maximum(every.std(axis=0), 1e-6)
    anchors = standardised(every, center, spread)
    gram, owner = radial(anchors, anchors), np.repeat(np.arange(len(rows)), lengths[rows])

    def fitted(known: NDArray[np.bool_]) -> Pieces:
        """What the `known` (len(rows),) of the utterances teach."""
        inside = np.flatnonzero(known[owner])
        dual, mean = _learn(gram[np.ix_(inside, inside)], values[rows[known]], lengths[rows[known]])
        return Pieces(center, spread, anchors[inside], dual, mean)

    left_out = np.zeros(values.shape, np.float32)
    for fold in np.unique(folds):
        out = np.flatnonzero(folds == fold)
        left_out[out] = fitted(folds[rows] != fold)([pieces[row] for row in out.tolist()])
    return fitted(np.ones(len(rows), bool)), left_out


def _learn(
    gram: NDArray[np.float32], values: Floats, lengths: NDArray[np.intp]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Pieces' weights, (n_pieces, n_codes), and means, from what utterances of `lengths` carry."""
    from scipy.linalg import cho_factor, cho_solve

    gram[np.diag_indices_from(gram)] += PENALTY
    factor = cho_factor(gram, lower=True, overwrite_a=True, check_finite=False)
    first, carried = np.cumsum(lengths) - lengths, np.repeat(values.astype(np.float32), lengths, axis=0)
    share = np.ones_like(carried)
    for _ in range(ROUNDS):
        target = carried * share
        mean = target.mean(axis=0)
        dual = cho_solve(factor, target - mean, check_finite=False)
        score = np.clip(target - np.float32(PENALTY) * dual, LEAST_SCORE, MOST_SCORE) ** SHARPNESS
        share = score / np.repeat(np.maximum.reduceat(score, first, axis=0), lengths, axis=0)
    return dual, mean


def _first(pieces: OfTexts) -> NDArray[np.intp]:
    """Where each text's pieces begin if all stand one after the other."""
    lengths = np.array([len(one) for one in pieces], np.intp)
    return np.cumsum(lengths) - lengths
