"""Encoders that were fine-tuned on a user's codes, and what they say of texts.

Their folder holds one sentence-transformers model for each share of the interviews that was left out, it
may be one that learnt from all, and `heads.npz`: `weight` (n_members, n_codes, 3 * n_dims), of an utterance's
vector and of those of what was said just before and just after it, and `bias` (n_members, n_codes).
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
class InContext:
    """n utterances, and what was said just before and just after each; "" where nothing was."""

    texts: tuple[str, ...]
    previous: tuple[str, ...]
    following: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: NDArray[np.intp]) -> InContext:
        """Some of them."""
        return InContext(
            *(tuple(some[row] for row in rows) for some in (self.texts, self.previous, self.following))
        )

    def numbered(self) -> tuple[list[str], NDArray[np.intp]]:
        """All different texts, and which each utterance and its neighbours are, (n, 3); -1: nothing."""
        number = {"": -1}
        for some in (self.texts, self.previous, self.following):
            for text in some:
                number.setdefault(text, len(number) - 1)
        places = [[number[text] for text in some] for some in (self.texts, self.previous, self.following)]
        return list(number)[1:], np.array(places, np.intp).reshape(3, len(self)).T


@dataclass(frozen=True, slots=True)
class TunedEncoders:
    """Encoders with their heads."""

    members: tuple[Embedder, ...]
    weight: Floats  # (n_members, n_codes, 3 * n_dims)
    bias: Floats  # (n_members, n_codes)

    def log_odds(self, utterances: InContext) -> Floats:
        """How likely each code applies, as log-odds of shape (n, n_codes): the mean of all members."""
        texts, places = utterances.numbered()
        total = np.zeros((len(utterances), self.bias.shape[1]), np.float32)
        for member, weight, bias in zip(self.members, self.weight, self.bias, strict=True):
            total += SCALE * beside_each_other(member.embed(texts), places) @ weight.T + bias
        return np.asarray(total / len(self.members), np.float32)


def beside_each_other(vectors: Floats, places: NDArray[np.intp]) -> Floats:
    """The vectors (n_texts, n_dims) at `places` (n, 3), side by side: (n, 3 * n_dims), zeros for -1."""
    table = np.vstack([vectors, np.zeros((1, vectors.shape[1]), np.float32)])
    return np.asarray(table[places].reshape(len(places), 3 * vectors.shape[1]))


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
    return folder / f"member-{member}"


def save_heads(folder: Path, heads: Sequence[Sequence[Floats]]) -> None:
    """Write the weights and constants of each member's head."""
    weights, biases = zip(*heads, strict=True)
    packed = io.BytesIO()
    np.savez(packed, weight=np.stack(weights), bias=np.stack(biases))
    (folder / HEADS).write_bytes(packed.getvalue())
