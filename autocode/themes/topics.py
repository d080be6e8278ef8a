"""BERTopic on our vectors and our communities: topics, and their words by c-TF-IDF."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocode.errors import ThemesError
from autocode.themes.communities import ConsensusCommunities

N_WORDS = 10
N_DIMS = 50  # principal components that are clustered: what is left out is mostly noise
NOT_NEEDED = ("umap", "hdbscan", "plotly", "torch", "transformers", "sentence_transformers")


def find_topics(
    embeddings: NDArray[np.float32], words: Sequence[Sequence[str]], communities: ConsensusCommunities
) -> tuple[NDArray[np.intp], list[tuple[str, ...]]]:
    """The topic of each row of `embeddings` (-1: none), shape (n,), the largest topic 0; each topic's words.

    `words` of each row are those that may name a topic. Raises `ThemesError` for fewer than two.
    """
    if len(set().union(*words)) < 2:  # of a single one nothing can be weighed
        raise ThemesError(
            "no word in these utterances could name a theme; is the language right, or is hardly a word said "
            "in two interviews?"
        )
    model = _bertopic(communities, min(N_DIMS, *embeddings.shape))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # BERTopic warns of what it does to an outlier-free result
        topics, _ = model.fit_transform([" ".join(own) for own in words], embeddings)
    placed = sorted({int(topic) for topic in topics} - {-1})
    named = [
        tuple(word for word, weight in model.get_topic(topic) if word and weight > 1e-4) for topic in placed
    ]
    return np.asarray(topics, np.intp), named


def _bertopic(communities: ConsensusCommunities, n_dims: int) -> Any:
    """A BERTopic that clusters the first `n_dims` principal components with `communities`."""
    import scipy.stats  # noqa: F401  # this and scikit-learn must find torch as it is
    from sklearn.decomposition import PCA
    from sklearn.feature_extraction.text import CountVectorizer

    with _without(NOT_NEEDED):
        from bertopic import BERTopic
        from bertopic.vectorizers import ClassTfidfTransformer
    return BERTopic(
        language="multilingual",  # anything but English: otherwise letters such as é are taken out
        top_n_words=N_WORDS,
        umap_model=PCA(n_dims, svd_solver="covariance_eigh"),  # no random numbers
        hdbscan_model=communities,
        vectorizer_model=CountVectorizer(tokenizer=str.split, token_pattern=None, lowercase=False),
        ctfidf_model=ClassTfidfTransformer(),
    )


@contextmanager
def _without(libraries: Sequence[str]) -> Iterator[None]:
    """Let importing `libraries` fail inside the block, as far as they have not been imported.

    BERTopic can do without them, and they would cost 20 to 40 s at the first import.
    """
    hidden = [name for name in libraries if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # documented: makes the import fail
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)
