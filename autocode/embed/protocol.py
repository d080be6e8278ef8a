"""What an embedder is, and the two small rules that all of them share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Progress = Callable[[int], None]
Floats = NDArray[np.floating]
Packed = NDArray[np.int8]
OfTokens = Callable[[Vectors, Floats], Floats]
"""What is made of a text's unit vector (n_dims,) and its tokens' vectors (n_tokens, n_token_dims): a row."""


@runtime_checkable
class Embedder(Protocol):
    """Turns texts into unit vectors, the same text into the same vector."""

    @property
    def name(self) -> str:
        """What a person calls it, such as `all-MiniLM-L6-v2`."""

    @property
    def digest(self) -> str:
        """Hexadecimal; two embedders with the same digest give the same vectors."""

    @property
    def n_dims(self) -> int:
        """The length of a vector."""

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """Unit rows of shape (n_texts, n_dims) in the order of `texts`; (0, n_dims) for none.

        `progress(n)` is called now and then with the number of texts finished since the last call;
        the calls add up to `len(texts)`.
        """


@runtime_checkable
class TokenEmbedder(Embedder, Protocol):
    """An embedder that also lets one see the vectors of a text's tokens, with those of its frame."""

    def embed_tokens(
        self, texts: Sequence[str], of: OfTokens, n: int, *, progress: Progress | None = None
    ) -> Vectors:
        """What `of` makes of each text, shape (n_texts, n), in the order of `texts`."""


def n_early(n_layers: int) -> int:
    """How many of an encoder's layers are its first two thirds, which keep more of how a thing is said.

    The last ones are made for the meaning of whole sentences.

    >>> n_early(6), n_early(12), n_early(2)
    (4, 8, 2)
    """
    return 2 * n_layers // 3 if n_layers >= 3 else n_layers


def packed(tokens: Floats) -> Packed:
    """The vectors of tokens, (n_tokens, n_dims), a byte a component: each in units of 1/32 of its own size.

    What is cut off lies beyond four times the root mean square of a vector's components.

    >>> packed(np.float32([[3.0, 1.0], [-0.2, 0.02]])).tolist()
    [[43, 14], [-45, 5]]
    """
    size = np.sqrt(np.square(tokens).mean(axis=1, keepdims=True))
    steps = np.rint(tokens * (32.0 / np.maximum(size, 1e-12)))
    return np.asarray(np.clip(steps, -127, 127), np.int8)


def printable(text: str) -> str:
    """`text` with every lone surrogate, which no encoder can read, replaced by U+FFFD."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def unit_rows(vectors: NDArray[np.floating]) -> Vectors:
    """Each row of shape (n, n_dims) divided by its length, as float32; a row of zeros stays as it is."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1), np.float32)
