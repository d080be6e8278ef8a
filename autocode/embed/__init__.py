"""Texts to vectors: `load_embedder(config).embed(texts)`.

The default encoder is all-MiniLM-L6-v2, packaged and checked; any local sentence-transformers model will do
instead. BERT-like ones run on a fast path without PyTorch, the others on sentence-transformers itself.
Vectors are cached by content. Nothing is ever downloaded.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import platformdirs

from autocode.config import EmbedConfig
from autocode.embed.cache import CachedEmbedder, delete_vectors
from autocode.embed.folder import ModelFolder, find_model, packaged_model
from autocode.embed.hashing import HashingEmbedder
from autocode.embed.protocol import Embedder, Packed, Progress, Vectors, n_early
from autocode.errors import EncoderError

__all__ = [
    "EMBEDDERS",
    "CachedEmbedder",
    "Embedder",
    "HashingEmbedder",
    "Progress",
    "Vectors",
    "cache_folder",
    "check_encoder",
    "delete_vectors",
    "describe",
    "embed_with_tokens",
    "load_early_layers",
    "load_embedder",
    "with_cache",
]


def load_embedder(config: EmbedConfig) -> Embedder:
    """The embedder that the settings ask for, with its cache. Raises `EncoderError` where there is none.

    Cheap where the fast path serves: the model itself is loaded when a text comes that is not in the cache.
    """
    make = EMBEDDERS.get(config.encoder, _from_folder)
    embedder = make(config)
    return embedder if isinstance(embedder, HashingEmbedder) else with_cache(embedder, config)


def with_cache(embedder: Embedder, config: EmbedConfig) -> Embedder:
    """The embedder with the cache that the settings ask for, or itself."""
    if config.cache_max_gb == 0:
        return embedder
    return CachedEmbedder(embedder, cache_folder(config), max_bytes=int(config.cache_max_gb * 1e9))


def check_encoder(config: EmbedConfig) -> None:
    """Raise `EncoderError`, before anything is loaded, where the encoder is not on this computer."""
    if config.encoder not in EMBEDDERS:
        find_model(config.encoder, cache_dir=cache_folder(config))


def load_early_layers(config: EmbedConfig) -> Embedder | None:
    """The first layers of the same encoder, see `n_early`.

    Mean-pooled and cached like the whole. None where the encoder does not run on the fast path.
    """
    whole = load_embedder(config.model_copy(update={"cache_max_gb": 0}))
    if not hasattr(whole, "n_layers") or whole.n_layers < 3:
        return None
    from autocode.embed.fast import FastEmbedder

    find = packaged_model if config.encoder == "default" else partial(find_model, config.encoder)
    folder = cache_folder(config)
    early = FastEmbedder(
        find(cache_dir=folder),
        cache_dir=folder,
        batch_tokens=config.batch_tokens,
        threads=config.threads,
        n_layers=n_early(whole.n_layers),
    )
    return with_cache(early, config)


def embed_with_tokens(early: Embedder, texts: Sequence[str]) -> tuple[Vectors, tuple[Packed, ...]]:
    """The vectors of texts by `load_early_layers`, and of each text those of its tokens, (n_tokens, n_dims).

    Tokens' vectors are not cached: they take about ten times as much room. They are packed, see `protocol`.
    """
    from autocode.embed.fast import FastEmbedder

    inner = _inner(early)
    assert isinstance(inner, FastEmbedder)
    return inner.embed_with_tokens(texts)


def cache_folder(config: EmbedConfig) -> Path:
    """Where vectors and prepared encoders are kept: the setting, AUTOCODE_CACHE_DIR, or the user's cache."""
    chosen = config.cache_dir or os.environ.get("AUTOCODE_CACHE_DIR")
    return (
        Path(chosen).expanduser()
        if chosen
        else Path(platformdirs.user_cache_dir("autocode", appauthor=False))
    )


def describe(embedder: Embedder) -> dict[str, str | int]:
    """What run.json says of an embedder: name, digest, dimensions, and which files and library it is."""
    inner = _inner(embedder)
    facts: dict[str, str | int] = getattr(inner, "facts", {})
    return {"name": inner.name, "digest": inner.digest, "n_dims": inner.n_dims, **facts}


def _inner(embedder: Embedder) -> Embedder:
    return embedder.embedder if isinstance(embedder, CachedEmbedder) else embedder


def _packaged(config: EmbedConfig) -> Embedder:
    return _on_backend(packaged_model(cache_dir=cache_folder(config)), config)


def _from_folder(config: EmbedConfig) -> Embedder:
    return _on_backend(find_model(config.encoder, cache_dir=cache_folder(config)), config)


def _on_backend(model: ModelFolder, config: EmbedConfig) -> Embedder:
    if config.backend != "reference":
        from autocode.embed.fast import FastEmbedder

        try:
            return FastEmbedder(
                model,
                cache_dir=cache_folder(config),
                batch_tokens=config.batch_tokens,
                threads=config.threads,
            )
        except EncoderError:
            if config.backend == "fast":
                raise
    from autocode.embed.reference import ReferenceEmbedder

    return ReferenceEmbedder(model, threads=config.threads)


EMBEDDERS: dict[str, Callable[[EmbedConfig], Embedder]] = {
    "default": _packaged,
    "hashing": lambda config: HashingEmbedder(),  # no model at all: for unit tests
}
