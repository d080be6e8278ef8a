"""What every embedder promises, the fake ones included."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from autocode.config import EmbedConfig
from autocode.embed import EMBEDDERS, CachedEmbedder, Embedder, HashingEmbedder, describe, load_embedder

TEXTS = [
    "We trust our partner.",
    "we learn",
    "",
    "   \n\t ",
    "Ehrlich gesagt: schön! 信頼 🙂",
    "a \ud800 lone surrogate",
    "\x00 nothing \ufffd",
    "we trust " * 400,
    "we learn",
]


@pytest.fixture(
    params=[
        *(pytest.param(n, marks=pytest.mark.model if n == "default" else ()) for n in sorted(EMBEDDERS)),
        "folder",
        "cached folder",
        "cached hashing",
    ]
)
def embedder(request: pytest.FixtureRequest, cache_dir: Path, tmp_path: Path) -> Embedder:
    kind = request.param
    if kind == "cached hashing":
        return CachedEmbedder(HashingEmbedder(), tmp_path, max_bytes=10**6)
    tiny_bert: Callable[..., Path] = request.getfixturevalue("tiny_bert")
    return load_embedder(
        EmbedConfig(
            encoder=str(tiny_bert()) if kind.endswith("folder") else kind,
            cache_dir=str(tmp_path / "cache" if kind.endswith("folder") else cache_dir),
            cache_max_gb=0.1 if kind.startswith("cached") else 0,
        )
    )


def test_unit_rows_in_the_order_of_the_texts(embedder: Embedder) -> None:
    vectors = embedder.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), embedder.n_dims)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert (vectors[1] == vectors[-1]).all()
    one_by_one = np.concatenate([embedder.embed([text]) for text in TEXTS])
    np.testing.assert_allclose(one_by_one, vectors, atol=1e-6)


def test_the_same_list_gives_the_same_bits(embedder: Embedder) -> None:
    assert (embedder.embed(TEXTS) == embedder.embed(tuple(TEXTS))).all()


def test_no_texts(embedder: Embedder) -> None:
    assert embedder.embed([]).shape == (0, embedder.n_dims)
    assert embedder.embed([]).dtype == np.float32


def test_different_texts_differ(embedder: Embedder) -> None:
    vectors = embedder.embed(["we trust our partner", "we learn", "zebra"])
    similarities = vectors @ vectors.T
    assert (similarities[~np.eye(3, dtype=bool)] < 0.999).all()


def test_progress_adds_up(embedder: Embedder) -> None:
    steps: list[int] = []
    embedder.embed(TEXTS, progress=steps.append)
    embedder.embed(TEXTS[:3] * 2, progress=steps.append)
    embedder.embed([], progress=steps.append)
    assert sum(steps) == len(TEXTS) + 6
    assert min(steps) > 0


def test_meets_the_protocol_and_describes_itself(embedder: Embedder) -> None:
    assert isinstance(embedder, Embedder)
    int(embedder.digest, 16)
    facts = describe(embedder)
    assert (facts["name"], facts["digest"], facts["n_dims"]) == (
        embedder.name,
        embedder.digest,
        embedder.n_dims,
    )
