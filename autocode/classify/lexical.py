"""Words as evidence: TF-IDF of lemmas and pairs of lemmas, against a codebook's lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocode.classify.statements import Lemma


class Vocabulary:
    """Turns lemmatised texts into sparse rows of unit length.

    Terms are lemmas, function words excepted, and pairs of neighbouring lemmas. The weight of a term is
    (1 + ln count) * idf with the smoothed idf = 1 + ln((1 + n) / (1 + df)) of the n documents that it was
    made from, as in scikit-learn's TfidfVectorizer (which a test compares it with; importing scikit-learn
    would cost every start a second).
    """

    def __init__(
        self, documents: Sequence[Sequence[Lemma]], function_words: frozenset[str] = frozenset()
    ) -> None:
        """Learn the terms of `documents`; `function_words` count in pairs only."""
        self._function_words = function_words
        seen_in = Counter(
            term for document in documents for term in {term for term, _, _ in self._terms(document)}
        )
        self._columns = {term: column for column, term in enumerate(sorted(seen_in))}
        frequency = np.array([seen_in[term] for term in self._columns], np.float64)
        self._idf = 1.0 + np.log((1.0 + len(documents)) / (1.0 + frequency))

    def rows(self, documents: Sequence[Sequence[Lemma]]) -> Any:
        """A sparse matrix of shape (n_documents, n_terms), rows of unit length or zero."""
        from scipy.sparse import csr_array

        starts, columns, weights = [0], [], []
        for document in documents:
            counts = Counter(self._columns[t] for t, _, _ in self._terms(document) if t in self._columns)
            known = sorted(counts)
            row = (1.0 + np.log([counts[column] for column in known])) * self._idf[known]
            columns.extend(known)
            weights.append(row / np.linalg.norm(row) if known else row)
            starts.append(len(columns))
        data = np.concatenate([np.zeros(0), *weights])
        return csr_array((data, columns, starts), shape=(len(documents), len(self._columns)))

    def strongest(
        self, document: Sequence[Lemma], row: tuple[Any, int], weights: NDArray[np.float64], n: int
    ) -> list[tuple[int, int, float]]:
        """The `n` stretches (start_char, end_char, contribution) that speak most for a code, strongest first.

        `row` is the document's place in a matrix of `rows`, `weights` the code's, shape (n_terms,). Terms
        that overlap make one stretch; those that end in a function word are left out if there
        are others.
        """
        matrix, number = row
        entries = slice(matrix.indptr[number], matrix.indptr[number + 1])
        columns = matrix.indices[entries]
        contribution = dict(zip(columns.tolist(), matrix.data[entries] * weights[columns], strict=True))
        spans: list[tuple[int, int, float]] = []
        telling: list[tuple[int, int, float]] = []
        for term, start, end in self._terms(document):
            value = contribution.pop(self._columns.get(term, -1), 0.0)
            if value > 0:
                is_telling = term.rpartition(" ")[2] not in self._function_words
                (telling if is_telling else spans).append((start, end, value))
        return sorted(joined(telling or spans), key=by_weight)[:n]

    def _terms(self, document: Sequence[Lemma]) -> Iterator[tuple[str, int, int]]:
        """Lemmas that are no function words, and neighbouring pairs, with where they stand."""
        for index, (lemma, start, end) in enumerate(document):
            if lemma not in self._function_words:
                yield lemma, start, end
            if index + 1 < len(document):
                following, _, following_end = document[index + 1]
                yield f"{lemma} {following}", start, following_end


def by_weight(span: tuple[int, int, float]) -> tuple[float, int]:
    """The key that puts the strongest stretches first; of those that weigh the same, the first in the text.

    They weigh the same but for the last digits, which depend on how many threads add up.

    >>> sorted([(6, 9, 0.3), (0, 5, 0.1 + 0.2), (10, 12, 0.5)], key=by_weight)
    [(10, 12, 0.5), (0, 5, 0.30000000000000004), (6, 9, 0.3)]
    >>> sorted([(6, 9, 0.1 + 0.2), (0, 5, 0.3)], key=by_weight)
    [(0, 5, 0.3), (6, 9, 0.30000000000000004)]
    """
    return -round(span[2], 6), span[0]


def joined(spans: Iterable[tuple[int, int, float]]) -> list[tuple[int, int, float]]:
    """Stretches (start_char, end_char, value) in order; those that overlap are one, and their values added.

    >>> joined([(4, 8, 1.0), (0, 5, 0.5), (9, 12, 2.0)])
    [(0, 8, 1.5), (9, 12, 2.0)]
    """
    found: list[tuple[int, int, float]] = []
    for start, end, value in sorted(spans):
        if found and start < found[-1][1]:
            first, last, held = found[-1]
            found[-1] = (first, max(last, end), held + value)
        else:
            found.append((start, end, value))
    return found
