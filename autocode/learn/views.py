"""How alike two utterances are: a weighted sum of kernels, one for each kind of signal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocode.learn.signals import Signals, marks

WIDTH = 0.5  # of the radial kernels, in 1 - cosine of standardised vectors
N_WORD_COLUMNS, N_CHAR_COLUMNS = 2**18, 2**19
WORD = r"(?u)\b\w+'?\w*\b|[?!]+"
KINDS = (
    "meaning", "early", "words", "chars", "marks", "place", "previous", "previous_words", "question",
)  # fmt: skip
DENSE = ("meaning", "early")
PRIOR_ROWS = 50.0  # rows that the assumed spread of a vector's components counts for

Weights = Mapping[str, float]

# Candidates for the weights, from which inner folds choose (learner.py).
WEIGHTS: Mapping[str, Weights] = {
    name: dict(zip(KINDS, weights, strict=True))
    for name, weights in {
        # meaning, early, words, chars, marks, place, previous, previous_words, question
        "balanced": (1, 1, 1, 1, 0.2, 0.05, 0.15, 0.15, 0.15),
        "meaning": (2, 1, 0.5, 0.5, 0.2, 0.05, 0.15, 0.1, 0.3),
        "wording": (0.5, 1.5, 1, 1.5, 0.4, 0.1, 0.1, 0.1, 0.1),
        "context": (1, 1, 1, 1, 0.2, 0.15, 0.5, 0.5, 0.5),
        "alone": (1, 1, 1, 1, 0.2, 0, 0, 0, 0),
    }.items()
}

# Signals that are also learnt from each by itself (second.py).
ALONE: tuple[Weights, ...] = (
    {"meaning": 1}, {"early": 1}, {"words": 1}, {"chars": 1},
    {"place": 0.3, "previous": 1, "previous_words": 1, "question": 1},
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Encoded:
    """n utterances, ready for kernels."""

    dense: Mapping[str, NDArray[np.float32]]  # unit rows, standardised for the radial ones
    sparse: Mapping[str, Any]  # csr, unit rows

    @property
    def n_rows(self) -> int:
        """How many utterances."""
        return len(self.dense["meaning"])

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of signal that there are: without those of encoders that there are not."""
        return tuple(kind for kind in KINDS if kind in self.sparse or self.dense[kind].shape[1])


@dataclass(frozen=True, slots=True)
class Views:
    """What has been learnt from the texts alone: means and spreads of vectors, and how rare terms are."""

    center: Mapping[str, NDArray[np.float32]]  # of each of `DENSE`
    spread: Mapping[str, NDArray[np.float32]]
    idf: Mapping[str, NDArray[np.float32]]  # of "words" and "chars", by hashed column; 0: too rare

    @classmethod
    def fit(cls, signals: Signals, background: Signals | None = None) -> Views:
        """Learn from utterances, and from ordinary talk as well; codes are not looked at."""
        center, spread = {}, {}
        everything = [signals] if background is None else [signals, background]
        for name in DENSE:
            vectors = np.concatenate([_vectors(one)[name] for one in everything])
            n, n_dims = vectors.shape
            center[name] = vectors.mean(axis=0)
            assumed = 1.0 / max(1, n_dims)
            variance = (n * vectors.var(axis=0) + PRIOR_ROWS * assumed) / (n + PRIOR_ROWS)
            spread[name] = np.sqrt(variance).astype(np.float32)
        idf = {name: _idf(_counts(name, signals.texts)) for name in ("words", "chars")}
        return cls(center, spread, idf)

    def encode(self, signals: Signals) -> Encoded:
        """Utterances as unit rows of every kind."""
        dense = {
            name: standardised(vectors, self.center[name], self.spread[name])
            for name, vectors in _vectors(signals).items()
        }
        dense["previous"] = signals.previous_embeddings
        dense["question"] = signals.question_embeddings
        dense["marks"] = marks(signals.texts)
        dense["place"] = signals.place
        sparse = {
            "words": self._terms("words", signals.texts),
            "chars": self._terms("chars", signals.texts),
            "previous_words": self._terms("words", signals.previous),
        }
        return Encoded(dense, sparse)

    def terms(self, text: str) -> list[tuple[str, int, int, int]]:
        """The words and pairs of words of a text: term, hashed column, start_char, end_char."""
        import re

        spans = [(m.group().lower(), m.start(), m.end()) for m in re.finditer(WORD, text)]
        pairs = [(f"{a} {b}", start, end) for (a, start, _), (b, _, end) in pairwise(spans)]
        found = [*spans, *pairs]
        columns = _hasher("terms").transform([[term] for term, _, _ in found]).indices if found else []
        return [(term, int(c), s, e) for (term, s, e), c in zip(found, columns, strict=True)]

    def _terms(self, name: str, texts: tuple[str, ...]) -> Any:
        from sklearn.preprocessing import normalize

        rows = _counts(name, texts)
        rows.data = (1.0 + np.log(rows.data)) * self.idf[name][rows.indices]
        return normalize(rows, copy=False).astype(np.float32)


def take_rows(encoded: Encoded, rows: NDArray[np.intp]) -> Encoded:
    """Some of the utterances."""
    return Encoded(
        {name: values[rows] for name, values in encoded.dense.items()},
        {name: values[rows] for name, values in encoded.sparse.items()},
    )


def kernel(a: Encoded, b: Encoded, weights: Weights) -> NDArray[np.float32]:
    """How alike the utterances of `a` and `b` are, shape (n_a, n_b): a weighted mean over kinds."""
    return kernel_and_scores(a, b, weights, ())[0]


def kernel_and_scores(
    a: Encoded, b: Encoded, weights: Weights, several: Sequence[tuple[Weights, NDArray[np.float32]]]
) -> tuple[NDArray[np.float32], list[NDArray[np.float32]]]:
    """The kernel, and what other weightings score, each `kernel(a, b, weights) @ dual`; zeros without a kind.

    Each kind is computed once, and one at a time is kept.
    """
    total = np.zeros((a.n_rows, b.n_rows), np.float32)
    scores = [np.zeros((a.n_rows, dual.shape[1]), np.float32) for _, dual in several]
    for name in a.kinds:
        if not weights.get(name) and not any(other.get(name) for other, _ in several):
            continue
        one = one_kernel(a, b, name)
        for index, (other, dual) in enumerate(several):
            if share := other.get(name, 0.0) / _sum(other, a):
                scores[index] += np.float32(share) * (one @ dual)
        if weight := weights.get(name):
            one *= np.float32(weight)
            total += one
    return total / np.float32(_sum(weights, a)), scores


def _sum(weights: Weights, of: Encoded) -> float:
    return sum(weights.get(name, 0.0) for name in of.kinds) or 1.0


def one_kernel(a: Encoded, b: Encoded, name: str) -> NDArray[np.float32]:
    """How alike the utterances are in one kind of signal, shape (n_a, n_b)."""
    if name in a.sparse:
        return np.asarray((a.sparse[name] @ b.sparse[name].T).toarray(), np.float32)
    left, right = a.dense[name], b.dense[name]
    if name in DENSE:
        return radial(left, right)
    if name in ("previous", "question"):
        return np.asarray(left @ right.T, np.float32)
    squares = (left**2).sum(axis=1)[:, None] + (right**2).sum(axis=1) - 2 * (left @ right.T)
    return np.asarray(np.exp(-np.clip(squares, 0, None) / WIDTH), np.float32)


def radial(left: NDArray[np.float32], right: NDArray[np.float32]) -> NDArray[np.float32]:
    """How near unit rows are to each other, `exp((cosine - 1) / WIDTH)`, shape (n_left, n_right)."""
    product = left @ right.T
    product -= 1.0
    product /= WIDTH
    return np.asarray(np.exp(product, out=product), np.float32)


def standardised(
    vectors: NDArray[np.floating], center: NDArray[np.float32], spread: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Unit rows of `vectors` (n, n_dims) whose components have been made alike in mean and spread."""
    return _unit((vectors - center) / spread)


def _vectors(signals: Signals) -> dict[str, NDArray[np.float32]]:
    return {"meaning": signals.embeddings, "early": signals.early}


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1), np.float32)


@cache
def _hasher(name: str) -> Any:
    from sklearn.feature_extraction.text import HashingVectorizer

    fixed = {"alternate_sign": False, "norm": None}
    if name == "chars":
        return HashingVectorizer(analyzer="char_wb", ngram_range=(2, 5), n_features=N_CHAR_COLUMNS, **fixed)
    if name == "terms":
        return HashingVectorizer(analyzer=list, n_features=N_WORD_COLUMNS, **fixed)
    return HashingVectorizer(token_pattern=WORD, ngram_range=(1, 2), n_features=N_WORD_COLUMNS, **fixed)


def _counts(name: str, texts: tuple[str, ...]) -> Any:
    n_columns = N_CHAR_COLUMNS if name == "chars" else N_WORD_COLUMNS
    if not texts:
        from scipy.sparse import csr_matrix

        return csr_matrix((0, n_columns))
    return _hasher(name).transform(texts)


def _idf(counts: Any) -> NDArray[np.float32]:
    """1 + ln((1 + n) / (1 + df)), as in scikit-learn's TfidfTransformer; 0 for what one text alone has."""
    n = counts.shape[0]
    frequency = np.bincount(counts.indices, minlength=counts.shape[1])
    least = 2 if n >= 200 else 1
    value = 1.0 + np.log((1.0 + n) / (1.0 + frequency))
    return np.where(frequency >= least, value, 0.0).astype(np.float32)
