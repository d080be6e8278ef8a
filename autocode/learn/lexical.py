"""What single words and letters say of each code: logistic regressions on terms weighted by their odds.

A term counts the more, the more unevenly it is spread between the statements with a code and those without
(Wang & Manning 2012, Baselines and bigrams, NBSVM). Kernels weigh terms alike for all codes; this does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocode.learn.views import Encoded

NAMES = ("words", "chars")
LEAST_TEXTS = 3  # that a term is in
MOST_TERMS = 40_000  # of each sort, the most frequent ones
MOST_ROWS = 8000  # to learn from
LEAST_POSITIVES = 5
TOLERANCE = 0.01  # of the solver: scores change by less than a thousandth
STRENGTH = 1.0  # of the labels against the penalty (`C` of scikit-learn)
SMOOTHING = 0.3  # texts with and without a code in which each term is taken to have been seen

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Lexical:
    """A weight for each term and code, and a constant for each code; zeros for codes with few positives."""

    columns: dict[str, NDArray[np.intp]]  # of the encoded words and letters, which are used
    odds: NDArray[np.float32]  # (n_terms, n_codes), logarithms
    weights: NDArray[np.float32]  # (n_terms, n_codes)
    constant: NDArray[np.float32]  # (n_codes,)

    def __call__(self, encoded: Encoded) -> NDArray[np.float32]:
        """Log-odds of shape (n, n_codes), 0 for codes with few positives."""
        return self.of(_terms(encoded, self.columns))

    def of(self, rows: Any) -> NDArray[np.float32]:
        """The same for rows of the used terms."""
        lengths = np.sqrt(rows.multiply(rows) @ (self.odds**2))
        return np.asarray(rows @ self.weights / np.where(lengths > 0, lengths, 1.0) + self.constant)


def fit_lexical(
    encoded: Encoded, values: Floats, folds: NDArray[np.intp], *, seed: int = 0
) -> tuple[Lexical, NDArray[np.float32]]:
    """Learn from `values` (n, n_codes; nan: not said), and score each fold (n,) by what the others teach."""
    columns = {name: _frequent(encoded.sparse[name]) for name in NAMES}
    rows, left_out = _terms(encoded, columns), np.zeros(values.shape, np.float32)
    for fold in np.unique(folds):
        out = folds == fold
        left_out[out] = _fit(rows[~out], values[~out], columns, seed).of(rows[out])
    return _fit(rows, values, columns, seed), left_out


def _fit(rows: Any, values: Floats, columns: dict[str, NDArray[np.intp]], seed: int) -> Lexical:
    from scipy.sparse import diags
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import normalize

    if rows.shape[0] > MOST_ROWS:
        chosen = np.sort(np.random.default_rng(seed).choice(rows.shape[0], MOST_ROWS, replace=False))
        rows, values = rows[chosen], values[chosen]
    n_codes = values.shape[1]
    odds, weights = (np.zeros((rows.shape[1], n_codes), np.float32) for _ in range(2))
    constant = np.zeros(n_codes, np.float32)
    there = (rows > 0).astype(np.float32)
    for code in range(n_codes):
        yes, no = values[:, code] == 1, values[:, code] == 0
        if min(yes.sum(), no.sum()) < LEAST_POSITIVES:
            continue
        share_yes, share_no = (SMOOTHING + np.asarray(there[some].sum(axis=0)).ravel() for some in (yes, no))
        odds[:, code] = np.log(share_yes / share_yes.sum()) - np.log(share_no / share_no.sum())
        said = yes | no
        weighted = normalize(rows[said] @ diags(odds[:, code]))
        model = LogisticRegression(
            C=STRENGTH, solver="liblinear", dual=True, tol=TOLERANCE, random_state=seed
        )
        model.fit(weighted, values[said, code])
        weights[:, code], constant[code] = model.coef_[0] * odds[:, code], model.intercept_[0]
    return Lexical(columns, odds, weights, constant)


def _terms(encoded: Encoded, columns: dict[str, NDArray[np.intp]]) -> Any:
    from scipy.sparse import hstack

    return hstack([encoded.sparse[name][:, at] for name, at in columns.items()]).tocsr()


def _frequent(rows: Any) -> NDArray[np.intp]:
    frequency = np.bincount(rows.indices, minlength=rows.shape[1])
    order = np.argsort(-frequency, kind="stable")[:MOST_TERMS]
    return np.sort(order[frequency[order] >= LEAST_TEXTS])
