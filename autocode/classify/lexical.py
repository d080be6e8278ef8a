"""Words as evidence: TF-IDF of lemmas and pairs of lemmas, against a codebook's lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocode.classify.statements import Lemma


class Vocabulary:
    """Turns lemmatised texts into sparse rows of unit length.

    Terms are lemmas and pairs of neighbouring lemmas; the weight of a term is
    (1 + ln count) * idf, with idf taken from the codebook's lines and the background.
    """

    def __init__(
        self, documents: Sequence[Sequence[Lemma]], function_words: frozenset[str] = frozenset()
    ) -> None:
        """Learn the terms of `documents`; `function_words` weigh, but are no evidence by themselves."""
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._vectorizer = TfidfVectorizer(analyzer=_term_list, sublinear_tf=True)
        self._vectorizer.fit(documents)
        self._terms: dict[str, int] = self._vectorizer.vocabulary_
        self._function_words = function_words

    def rows(self, documents: Sequence[Sequence[Lemma]]) -> Any:
        """A sparse matrix of shape (n_documents, n_terms), rows of unit length or zero."""
        return self._vectorizer.transform(documents)

    def strongest(
        self, document: Sequence[Lemma], row: Any, weights: NDArray[np.float64], n: int
    ) -> list[tuple[int, int, float]]:
        """The `n` stretches (start_char, end_char, contribution) that speak most for a code, strongest first.

        `row` is the document's row, `weights` the code's weights, shape (n_terms,). Terms that
        overlap a stronger one add to it.
        """
        contribution = dict(zip(row.indices, row.data * weights[row.indices], strict=True))
        spans: list[tuple[float, int, int]] = []
        for term, start, end in _terms(document):
            value = contribution.pop(self._terms.get(term, -1), 0.0)
            if value > 0 and not self._function_words.issuperset(term.split(" ")):
                spans.append((value, start, end))
        chosen: list[tuple[int, int, float]] = []
        for value, start, end in sorted(spans, key=lambda span: (-span[0], span[1])):
            overlapping = next((i for i, (s, e, _) in enumerate(chosen) if start < e and s < end), None)
            if overlapping is None:
                chosen.append((start, end, value))
            else:
                s, e, held = chosen[overlapping]
                chosen[overlapping] = (min(s, start), max(e, end), held + value)
        return sorted(chosen, key=lambda span: (-span[2], span[0]))[:n]


def _term_list(document: Sequence[Lemma]) -> list[str]:
    return [term for term, _, _ in _terms(document)]


def _terms(document: Sequence[Lemma]) -> Iterator[tuple[str, int, int]]:
    """Lemmas and neighbouring pairs with where they stand."""
    for index, (lemma, start, end) in enumerate(document):
        yield lemma, start, end
        if index + 1 < len(document):
            following, _, following_end = document[index + 1]
            yield f"{lemma} {following}", start, following_end
