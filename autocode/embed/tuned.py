"""Encoders that were fine-tuned on a user's codes, and what they say of texts.

Their folder holds one sentence-transformers model for each share of the interviews that was left out, it
may be one that learnt from all, and `heads.npz`: `weight` (n_members, n_codes, 3 * n_dims), of an utterance's
vector and of those of what was said just before and just after it, `token_weight` (n_members, n_codes,
n_token_dims), of the vectors of its tokens, and `bias` (n_members, n_codes).

An utterance may carry several codes, each for a few of its words only. So every token has a say of its own in
each code, and the loudest count most: the logarithm of the mean of the exponentials, as in learning from bags
of instances (Zhou 2018, "A brief introduction to weakly supervised learning").
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autocode.config import EmbedConfig
from autocode.embed import Embedder, Progress, load_embedder, with_cache
from autocode.embed.protocol import TokenEmbedder
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


class Reader:
    """An encoder's vectors with what the tokens say of each code beside them: (n_dims + n_codes,) a text."""

    def __init__(self, encoder: TokenEmbedder, token_weight: Floats) -> None:
        self._encoder, self._weight = encoder, token_weight
        self.name = encoder.name
        self.n_dims = encoder.n_dims + len(token_weight)
        self.digest = hashlib.sha256(encoder.digest.encode() + token_weight.tobytes()).hexdigest()
        self.facts: dict[str, str | int] = getattr(encoder, "facts", {})

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> Floats:
        """Rows of shape (n_texts, n_dims + n_codes); see `Embedder.embed`."""
        return self._encoder.embed_tokens(texts, said_by(self._weight), self.n_dims, progress=progress)


@dataclass(frozen=True, slots=True)
class TunedEncoders:
    """Encoders with their heads."""

    members: tuple[Embedder, ...]  # each a `Reader`, or one with a cache
    weight: Floats  # (n_members, n_codes, 3 * n_dims)
    bias: Floats  # (n_members, n_codes)

    def log_odds(self, utterances: InContext) -> Floats:
        """How likely each code applies, as log-odds of shape (n, n_codes): the mean of all members."""
        texts, places = utterances.numbered()
        total = np.zeros((len(utterances), self.bias.shape[1]), np.float32)
        for member, weight, bias in zip(self.members, self.weight, self.bias, strict=True):
            total += log_odds_of(member.embed(texts), places, weight, bias)
        return np.asarray(total / len(self.members), np.float32)


def said_by(token_weight: Floats) -> Callable[[Floats, NDArray[np.floating]], Floats]:
    """What makes a `Reader`'s row of a text's vector and of those of its tokens.

    >>> read = said_by(np.float32([[1.0, 0.0]]))
    >>> read(np.float32([0.6, 0.8]), np.float32([[4.0, 0.0], [0.0, 1.0]])).round(2).tolist()
    [0.6, 0.8, 3.33]
    """

    def row(vector: Floats, tokens: NDArray[np.floating]) -> Floats:
        scores = tokens @ token_weight.T
        highest = scores.max(axis=0)
        return np.concatenate([vector, highest + np.log(np.exp(scores - highest).mean(axis=0))])

    return row


def log_odds_of(rows: Floats, places: NDArray[np.intp], weight: Floats, bias: Floats) -> Floats:
    """What one head says of utterances whose texts, and neighbours, stand at `places` (n, 3) of `rows`.

    `rows` (n_texts, n_dims + n_codes) are a `Reader`'s.
    """
    n_dims = weight.shape[1] // 3
    beside = beside_each_other(rows[:, :n_dims], places)
    return np.asarray(SCALE * beside @ weight.T + bias + rows[places[:, 0], n_dims:], np.float32)


def beside_each_other(vectors: Floats, places: NDArray[np.intp]) -> Floats:
    """The vectors (n_texts, n_dims) at `places` (n, 3), side by side: (n, 3 * n_dims), zeros for -1."""
    table = np.vstack([vectors, np.zeros((1, vectors.shape[1]), np.float32)])
    return np.asarray(table[places].reshape(len(places), 3 * vectors.shape[1]))


def load_tuned(folder: Path, config: EmbedConfig) -> TunedEncoders:
    """The encoders in `folder`. Raises `LearnError` where they are missing or damaged."""
    try:
        with np.load(io.BytesIO((folder / HEADS).read_bytes()), allow_pickle=False) as heads:
            weight, token_weight, bias = (heads[name] for name in ("weight", "token_weight", "bias"))
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise LearnError(f"{folder}: the fine-tuned encoder is missing or damaged; train it again") from error

    def member(number: int, weights: Floats) -> Embedder:
        own = {"encoder": str(member_folder(folder, number)), "cache_max_gb": 0}
        encoder = load_embedder(config.model_copy(update=own))
        assert isinstance(encoder, TokenEmbedder)  # all that are read from a folder
        return with_cache(Reader(encoder, weights), config)

    return TunedEncoders(tuple(member(*one) for one in enumerate(token_weight)), weight, bias)


def member_folder(folder: Path, member: int) -> Path:
    """Where one of the encoders lies."""
    return folder / f"member-{member}"


def save_heads(folder: Path, heads: Sequence[Sequence[Floats]]) -> None:
    """Write each member's head: its weights, its tokens' weights and its constants."""
    weight, token_weight, bias = (np.stack(part) for part in zip(*heads, strict=True))
    packed = io.BytesIO()
    np.savez(packed, weight=weight, token_weight=token_weight, bias=bias)
    (folder / HEADS).write_bytes(packed.getvalue())
