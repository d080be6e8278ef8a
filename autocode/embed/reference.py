"""The reference path: sentence-transformers itself, for every model that the fast path does not serve."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import numpy as np

from autocode.embed.folder import ModelFolder
from autocode.embed.protocol import OfTokens, Progress, Vectors, printable, unit_rows
from autocode.errors import EncoderError

_CHUNK = 2048  # texts that are sorted by length at a time, and between two calls of `progress`
_CHUNK_OF_TOKENS = 256  # the same where all tokens' vectors are in memory


class ReferenceEmbedder:
    """`SentenceTransformer.encode` on the GPU where there is one, else on the CPU. Needs PyTorch.

    A text's vector depends on its neighbours in the last bits (below 1e-6). Raises `EncoderError`
    where sentence-transformers cannot load the folder.
    """

    def __init__(self, model: ModelFolder, *, threads: int = 0) -> None:
        self._model = load_sentence_transformer(model)
        if threads:
            import torch

            torch.set_num_threads(threads)
        self.name = model.name
        self.n_dims = int(self._model.get_embedding_dimension())
        self.facts = {
            "backend": "reference",
            "library": f"sentence-transformers {version('sentence-transformers')}, torch {version('torch')}",
            "device": self._model.device.type,
            "files_sha256": model.digest,
            "weights_sha256": model.weights_sha256,
            "max_tokens": self._model.max_seq_length,
        }
        self.digest = hashlib.sha256(json.dumps(self.facts, sort_keys=True).encode()).hexdigest()

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """Unit rows of shape (n_texts, n_dims); see `Embedder.embed`."""
        vectors = np.zeros((len(texts), self.n_dims), np.float32)
        batch_size = (
            8 if self._model.device.type == "cpu" else 128
        )  # on CPUs, padding costs more than it saves
        for start in range(0, len(texts), _CHUNK):
            chunk = [printable(text) for text in texts[start : start + _CHUNK]]
            rows = self._model.encode(
                chunk, batch_size=batch_size, show_progress_bar=False, normalize_embeddings=True
            )
            vectors[start : start + len(chunk)] = unit_rows(rows)
            if progress is not None:
                progress(len(chunk))
        return vectors

    def embed_tokens(
        self, texts: Sequence[str], of: OfTokens, n: int, *, progress: Progress | None = None
    ) -> Vectors:
        """What `of` makes of each text, shape (n_texts, n); see `TokenEmbedder`."""
        return embed_tokens(self._model, texts, of, n, batch_size=8, progress=progress)


def embed_tokens(
    model: Any, texts: Sequence[str], of: OfTokens, n: int, *, batch_size: int,
    progress: Progress | None = None,
) -> Vectors:  # fmt: skip
    """What `of` makes of each text by a sentence-transformers `model`, shape (n_texts, n)."""
    found = np.zeros((len(texts), n), np.float32)
    for start in range(0, len(texts), _CHUNK_OF_TOKENS):
        chunk = [printable(text) for text in texts[start : start + _CHUNK_OF_TOKENS]]
        all_of_it = model.encode(
            chunk, batch_size=batch_size, show_progress_bar=False, output_value=None, convert_to_numpy=False
        )
        for row, one in enumerate(all_of_it, start):
            tokens = one["token_embeddings"][one["attention_mask"].bool()].float().cpu().numpy()
            vector = unit_rows(one["sentence_embedding"].float().cpu().numpy()[None])[0]
            found[row] = of(vector, tokens)
        if progress is not None:
            progress(len(chunk))
    return found


def load_sentence_transformer(model: ModelFolder) -> Any:
    """The sentence-transformers model, the hub switched off."""
    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1")  # read when the libraries are imported
    with warnings.catch_warnings():
        # what libraries say to their own developers
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        bars = logging.is_progress_bar_enabled()
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # a bar for loading weights, in the middle of our own
        try:
            return SentenceTransformer(str(model.path), local_files_only=True)
        except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
            reason = str(error).strip().partition("\n")[0]
            raise EncoderError(f"{model.path}: sentence-transformers cannot load it ({reason})") from error
        finally:
            if bars:
                logging.enable_progress_bar()  # type: ignore[no-untyped-call]
