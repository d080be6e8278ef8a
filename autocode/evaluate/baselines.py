"""What a reader would try first, measured beside ours on the same folds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocode.learn.signals import Signals
from autocode.learn.views import WORD

Floats = NDArray[np.float64]
Chosen = NDArray[np.bool_]
Fitted = tuple[Chosen, Floats]  # what is chosen and the scores, (n_test, n_codes) each


def majority(train: Signals, values: Floats, test: Signals) -> Fitted:
    """Each code as most labelled units have it: the answer that looks at nothing."""
    share = np.nan_to_num(np.nanmean(np.where(np.isnan(values), np.nan, values), axis=0))
    scores = np.tile(share, (len(test), 1))
    return scores > 0.5, scores


def tfidf_lr(train: Signals, values: Floats, test: Signals) -> Fitted:
    """TF-IDF of words and pairs of words, one logistic regression a code, classes weighed alike."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=WORD)
    words = vectorizer.build_analyzer()
    if not any(map(words, train.texts)):  # "…", a smiley
        return _one_vs_rest(np.zeros((len(train), 1)), values, np.zeros((len(test), 1)))
    return _one_vs_rest(vectorizer.fit_transform(train.texts), values, vectorizer.transform(test.texts))


def dense_lr(train: Signals, values: Floats, test: Signals) -> Fitted:
    """Sentence embeddings, one logistic regression a code, classes weighed alike."""
    return _one_vs_rest(train.embeddings, values, test.embeddings)


BASELINES: dict[str, Callable[[Signals, Floats, Signals], Fitted]] = {
    "majority": majority,
    "tfidf_lr": tfidf_lr,
    "dense_lr": dense_lr,
}


def _one_vs_rest(features: Any, values: Floats, unseen: Any) -> Fitted:
    from sklearn.linear_model import LogisticRegression

    scores = np.zeros((unseen.shape[0], values.shape[1]))
    for column in range(values.shape[1]):
        said = np.flatnonzero(~np.isnan(values[:, column]))
        y = values[said, column]
        if len(np.unique(y)) < 2:
            scores[:, column] = y.mean() if len(y) else 0.0
            continue
        model = LogisticRegression(class_weight="balanced", solver="liblinear", max_iter=200, random_state=0)
        scores[:, column] = model.fit(features[said], y).predict_proba(unseen)[:, 1]
    return scores > 0.5, scores
