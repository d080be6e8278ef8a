"""An encoder that was fine-tuned on a user's codes, and what it says of texts.

Its folder is a sentence-transformers model with a head beside it: `head.npz` holds `weight`
(n_codes, n_dims) and `bias` (n_codes,).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autocode.config import EmbedConfig
from autocode.embed import Embedder, load_embedder
from autocode.errors import LearnError

SCALE = 6.0  # of unit vectors, so that the head's weights stay small
HEAD = "head.npz"


@dataclass(frozen=True, slots=True)
class TunedEncoder:
    """The encoder and its head."""

    embedder: Embedder
    weight: NDArray[np.float32]  # (n_codes, n_dims)
    bias: NDArray[np.float32]  # (n_codes,)

    def log_odds(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """How likely each code applies, as log-odds of shape (n_texts, n_codes)."""
        vectors = self.embedder.embed(texts)
        return np.asarray(SCALE * vectors @ self.weight.T + self.bias, np.float32)


def load_tuned(folder: Path, config: EmbedConfig) -> TunedEncoder:
    """The encoder in `folder`. Raises `LearnError` where it is missing or damaged."""
    try:
        with np.load(io.BytesIO((folder / HEAD).read_bytes()), allow_pickle=False) as head:
            weight, bias = head["weight"], head["bias"]
    except (OSError, ValueError, KeyError) as error:
        raise LearnError(f"{folder}: the fine-tuned encoder is missing or damaged; train it again") from error
    return TunedEncoder(load_embedder(config.model_copy(update={"encoder": str(folder)})), weight, bias)


def save_head(folder: Path, weight: ArrayLike, bias: ArrayLike) -> None:
    """Write the weights (n_codes, n_dims) and constants (n_codes,) of the head."""
    packed = io.BytesIO()
    np.savez(packed, weight=np.asarray(weight), bias=np.asarray(bias))
    (folder / HEAD).write_bytes(packed.getvalue())
