"""An embedder without a model: counts of words and letters, hashed. For unit tests and first tries."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np

from autocode.embed.protocol import Progress, Vectors, printable, unit_rows

_WORD = re.compile(r"\w+(?:['’]\w+)*")
_PIECE_WEIGHT = 0.3  # of a run of letters; a word counts 1, a pair of neighbouring words 0.5
_PAIR_WEIGHT = 0.5


class HashingEmbedder:
    """Signed hashing of words, word pairs and runs of 3 to 5 letters (Weinberger et al. 2009).

    Texts that share words, or parts of words, are close; it knows nothing of meaning. The same
    vectors on every machine and Python. A text without a word gets the first unit vector.
    """

    def __init__(self, *, n_dims: int = 384) -> None:
        if n_dims < 2:
            raise ValueError(f"n_dims must be at least 2, not {n_dims}")
        self.name = "hashing"
        self.n_dims = n_dims
        self.digest = hashlib.sha256(f"autocode hashing 1 {n_dims}".encode()).hexdigest()

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """Unit rows of shape (n_texts, n_dims); see `Embedder.embed`."""
        counts = np.zeros((len(texts), self.n_dims), np.float64)
        for row, text in enumerate(texts):
            for feature, weight in _features(printable(text)):
                # 31 bits choose the place, the last one the sign
                counts[row, (feature >> 1) % self.n_dims] += weight if feature & 1 else -weight
        counts[~counts.any(axis=1), 0] = 1.0
        if progress is not None and texts:
            progress(len(texts))
        return unit_rows(counts)


def _features(text: str) -> Iterator[tuple[int, float]]:
    words = _WORD.findall(text.casefold())
    for word in words:
        yield from _word_features(word)
    for pair in pairwise(words):
        yield zlib.crc32(" ".join(pair).encode()), _PAIR_WEIGHT


@lru_cache(maxsize=50_000)
def _word_features(word: str) -> tuple[tuple[int, float], ...]:
    padded = f"<{word}>"
    pieces = {padded[i : i + n] for n in (3, 4, 5) for i in range(len(padded) - n + 1)} - {padded}
    return (
        (zlib.crc32(padded.encode()), 1.0),
        *((zlib.crc32(f"#{piece}".encode()), _PIECE_WEIGHT) for piece in sorted(pieces)),
    )
