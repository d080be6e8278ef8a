"""TF-IDF against scikit-learn's, and the words that it points at."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from autocode.classify.lexical import Vocabulary, joined

TEXTS = ["we trust them", "we trust the partner and the partner trust we", "go abroad", "", "the the the"]


def lemmas(text: str) -> list[tuple[str, int, int]]:
    found, start = [], 0
    for word in text.split():
        start = text.index(word, start)
        found.append((word, start, start + len(word)))
        start += len(word)
    return found


def test_equals_scikit_learn() -> None:
    documents = [lemmas(text) for text in TEXTS]
    reference = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\S+", sublinear_tf=True).fit(TEXTS)
    ours = Vocabulary(documents).rows(documents).toarray()
    np.testing.assert_allclose(ours, reference.transform(TEXTS).toarray(), atol=1e-12)


def test_unknown_words_give_an_empty_row() -> None:
    rows = Vocabulary([lemmas("we trust them")]).rows([lemmas("nothing of that"), []])
    assert rows.shape == (2, 5)
    assert rows.nnz == 0


def test_the_strongest_stretch_joins_overlapping_terms_and_ends_in_a_content_word() -> None:
    text = "and we trust the partner"
    vocabulary = Vocabulary([lemmas(t) for t in [*TEXTS, text]], frozenset({"and", "we", "the"}))
    weights = np.ones(vocabulary.rows([lemmas(text)]).shape[1])
    found = vocabulary.strongest(lemmas(text), (vocabulary.rows([lemmas(text)]), 0), weights, 5)
    stretches = [text[start:end] for start, end, _ in found]
    assert "and" not in stretches
    assert any("trust" in stretch for stretch in stretches)
    starts = sorted((start, end) for start, end, _ in found)
    assert all(end <= following for (_, end), (following, _) in pairwise(starts))
    assert sum(value for *_, value in found) == pytest.approx(
        sum(vocabulary.rows([lemmas(text)]).data) - _function_weight(vocabulary, text), abs=1e-9
    )


def _function_weight(vocabulary: Vocabulary, text: str) -> float:
    """The weight of the terms that end in a function word: they are no evidence."""
    rows = vocabulary.rows([lemmas(text)])
    terms = sorted(vocabulary._columns, key=vocabulary._columns.__getitem__)
    function_words = ("and", "we", "the")
    return sum(
        v for c, v in zip(rows.indices, rows.data, strict=True) if terms[c].split(" ")[-1] in function_words
    )


def test_stretches_never_overlap() -> None:
    """A term that overlaps two others makes them one."""
    assert joined([(0, 8, 1.0), (6, 12, 0.5), (11, 19, 2.0), (19, 22, 1.0)]) == [(0, 19, 3.5), (19, 22, 1.0)]
    assert joined([]) == []
