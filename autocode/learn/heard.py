"""What single tokens say of each code: the encoder's vectors of tokens, where each has a say of its own.

An utterance may carry several codes, each for a few of its words only, which drown in the mean of all tokens.
So a code's log-odds are the logarithm of the mean of its tokens' exponentials: the loudest count most, as in
learning from bags of instances (Zhou 2018, "A brief introduction to weakly supervised learning"). The
encoder stays as it is; one that is fine-tuned hears in the same way (`embed/tuned.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autocode.learn.blend import sigmoid
from autocode.learn.columns import minimize_columns
from autocode.learn.signals import Tokens

PENALTY = 30.0  # on squared weights
LEAST_POSITIVES = 10  # of a code
MOST_TOKENS = 200_000  # to learn from: 300 MB
MOST_PRODUCTS = 4_000_000  # of tokens and codes: some 25 seconds
EVALUATIONS = 16  # further steps fit what is learnt from, and not what is left out
LEAST_SPREAD = 1.0  # of a component, in the units of `Signals.tokens`
_CHUNK = 2048  # utterances whose tokens are unpacked at a time

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Heard:
    """A weight for each component of a token's vector and each code; zeros for codes with few positives."""

    center: NDArray[np.float32]  # (n_dims,)
    spread: NDArray[np.float32]  # (n_dims,)
    weights: NDArray[np.float32]  # (n_dims, n_codes)
    constant: NDArray[np.float32]  # (n_codes,)

    def __call__(self, tokens: Tokens) -> NDArray[np.float32]:
        """Log-odds of shape (n, n_codes), 0 for codes with few positives. Tokens must be there for all."""
        if not all(len(one) for one in tokens):
            raise ValueError("the utterances' tokens were not read, and the model learnt from tokens")
        found = np.zeros((len(tokens), len(self.constant)), np.float32)
        for start in range(0, len(tokens), _CHUNK):
            bags = _Bags.of(tokens[start : start + _CHUNK], self.center, self.spread)
            found[start : start + _CHUNK] = bags.loudest(self.weights)[0] + self.constant
        return found


def fit_heard(
    tokens: Tokens, values: Floats, folds: NDArray[np.intp], *, seed: int = 0
) -> tuple[Heard, NDArray[np.float32]] | None:
    """Learn from `values` (n, n_codes; nan: not said), and score each fold (n,) by what the others teach.

    None where no tokens were read, or positives are few for every code.
    """
    positives = np.nansum(values, axis=0)
    rarer = np.minimum(positives, (~np.isnan(values)).sum(axis=0) - positives)
    codes = np.flatnonzero(rarer >= LEAST_POSITIVES)
    if not len(codes) or not all(len(one) for one in tokens):
        return None
    lengths = np.array([len(one) for one in tokens])
    shuffled = np.random.default_rng(seed).permutation(len(tokens))
    most = min(MOST_TOKENS, MOST_PRODUCTS // len(codes))
    rows = np.sort(shuffled[np.cumsum(lengths[shuffled]) <= most])
    some = _take(tokens, rows)
    every = np.concatenate(some)
    center = every.mean(axis=0, dtype=np.float32)
    spread = np.maximum(every.std(axis=0, dtype=np.float32), LEAST_SPREAD)
    numbers = [*np.unique(folds).tolist(), -1]  # -1: none is left out
    known = np.stack([np.where((folds[rows] != one)[:, None], values[rows], np.nan) for one in numbers])
    fits = [Heard(center, spread, *one) for one in _fit(_Bags.of(some, center, spread), known, codes)]
    left_out = np.zeros(values.shape, np.float32)
    for fold, fit in zip(numbers[:-1], fits[:-1], strict=True):
        out = np.flatnonzero(folds == fold)
        left_out[out] = fit(_take(tokens, out))
    return fits[-1], left_out


def _take(tokens: Tokens, rows: NDArray[np.intp]) -> Tokens:
    return tuple(tokens[row] for row in rows.tolist())


@dataclass(frozen=True, slots=True)
class _Bags:
    """The tokens of utterances, one after the other, standardised."""

    vectors: NDArray[np.float32]  # (n_tokens, n_dims)
    first: NDArray[np.intp]  # (n,) where each utterance begins
    lengths: NDArray[np.intp]  # (n,)

    @classmethod
    def of(cls, tokens: Tokens, center: NDArray[np.float32], spread: NDArray[np.float32]) -> _Bags:
        lengths = np.array([len(one) for one in tokens], np.intp)
        vectors = np.concatenate(tokens).astype(np.float32)
        vectors -= center
        vectors /= spread
        return cls(vectors, np.cumsum(lengths) - lengths, lengths)

    def loudest(self, weights: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Logarithms of the means of exponentials, (n, n_codes), and tokens' shares, (n_tokens, n_codes)."""
        scores = self.vectors @ weights
        highest = np.maximum.reduceat(scores, self.first, axis=0)
        scores -= np.repeat(highest, self.lengths, axis=0)
        np.exp(scores, out=scores)
        total = np.add.reduceat(scores, self.first, axis=0)
        scores /= np.repeat(total, self.lengths, axis=0)
        return highest + np.log(total / self.lengths[:, None]).astype(np.float32), scores


def _fit(
    bags: _Bags, values: Floats, codes: NDArray[np.intp]
) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """For each of the `values` (n_fits, n, n_codes; nan: not said) weights (n_dims, n_codes) and constants.

    Zeros for all but `codes`, and where nothing, or everything, is said of one. All are learnt side by side.
    """
    n_dims, (n_fits, n, n_codes) = bags.vectors.shape[1], values.shape
    wide = values.transpose(1, 0, 2).reshape(n, -1)
    said = ~np.isnan(wide)
    positives = np.nansum(wide, axis=0)
    asked = np.isin(np.tile(np.arange(n_codes), n_fits), codes)
    usable = np.flatnonzero(asked & (np.minimum(positives, said.sum(axis=0) - positives) > 0))
    weights = np.zeros((n_dims, n_fits * n_codes), np.float32)
    constant = np.zeros(n_fits * n_codes, np.float32)
    said, filled = said[:, usable], np.where(said, wide, 0.0)[:, usable]
    share = positives[usable] / said.sum(axis=0)

    def loss(at: Floats) -> tuple[Floats, Floats]:
        own = at[:-1]
        heard, of_token = bags.loudest(own.astype(np.float32))
        logit = heard + at[-1]
        cost = np.where(said, np.logaddexp(0.0, logit) - filled * logit, 0.0).sum(axis=0)
        error = np.where(said, sigmoid(logit) - filled, 0.0)
        of_token *= np.repeat(error.astype(np.float32), bags.lengths, axis=0)
        slope = bags.vectors.T @ of_token + 2.0 * PENALTY * own
        return cost + PENALTY * (own**2).sum(axis=0), np.vstack([slope, error.sum(axis=0)])

    if len(usable):
        start = np.vstack([np.zeros((n_dims, len(usable))), np.log(share / (1.0 - share))])
        found = minimize_columns(loss, start, evaluations=EVALUATIONS)
        weights[:, usable], constant[usable] = found[:-1], found[-1]
    shares = (np.split(weights, n_fits, axis=1), np.split(constant, n_fits))
    return [(np.ascontiguousarray(own), alone) for own, alone in zip(*shares, strict=True)]
