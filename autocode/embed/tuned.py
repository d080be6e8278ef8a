"""Encoders that were fine-tuned on a user's codes, and what they say of texts.

Their folder holds one sentence-transformers model for each share of the interviews that was left out, and
`heads.npz`: `weight` (n_members, n_codes, n_dims) and `bias` (n_members, n_codes).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autocode.config import EmbedConfig
from autocode.embed import Embedder, load_embedder
from autocode.errors import LearnError

SCALE = 6.0  # of unit vectors, so that the heads' weights stay small
HEADS = "heads.npz"

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class TunedEncoders:
    """Encoders with their heads."""

    members: tuple[Embedder, ...]
    weight: Floats  # (n_members, n_codes, n_dims)
    bias: Floats  # (n_members, n_codes)

    def log_odds(self, texts: Sequence[str]) -> Floats:
        """How likely each code applies, as log-odds of shape (n_texts, n_codes): the mean of all members."""
        total = np.zeros((len(texts), self.bias.shape[1]), np.float32)
        for member, weight, bias in zip(self.members, self.weight, self.bias, strict=True):
            total += SCALE * member.embed(texts) @ weight.T + bias
        return np.asarray(total / len(self.members), np.float32)


def load_tuned(folder: Path, config: EmbedConfig) -> TunedEncoders:
    """The encoders in `folder`. Raises `LearnError` where they are missing or damaged."""
    try:
        with np.load(io.BytesIO((folder / HEADS).read_bytes()), allow_pickle=False) as heads:
            weight, bias = heads["weight"], heads["bias"]
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise LearnError(f"{folder}: the fine-tuned encoder is missing or damaged; train it again") from error
    members = (
        load_embedder(config.model_copy(update={"encoder": str(member_folder(folder, member))}))
        for member in range(len(weight))
    )
    return TunedEncoders(tuple(members), weight, bias)


def member_folder(folder: Path, member: int) -> Path:
    """Where one of the encoders lies."""
    return folder / f"without-{member}"


def save_heads(folder: Path, heads: Sequence[Sequence[Floats]]) -> None:
    """Write the weights and constants of each member's head."""
    weights, biases = zip(*heads, strict=True)
    packed = io.BytesIO()
    np.savez(packed, weight=np.stack(weights), bias=np.stack(biases))
    (folder / HEADS).write_bytes(packed.getvalue())
