"""The fast path against sentence-transformers itself."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from autocode.config import EmbedConfig
from autocode.embed import Embedder, describe, load_embedder
from autocode.errors import EncoderError

OPENINGS = ["We", "Honestly, they", "In 2019 the supplier", "Nobody", "My colleague - an engineer -"]
MIDDLES = ["shared", "learned about", "didn't trust", "asked (twice!) for", "paid 3,500 EUR for"]
ENDINGS = [
    "the new process.",
    "what we knew?",
    "naïve façades: œuvre, Größe",
    "知识 and доверие",
    "it... 🙂👍🏽",
]
ODD = [
    "",
    " ",
    "\n\t",
    ".",
    "?!",
    "a",
    "[SEP] [MASK]",
    "\x00\x07",
    "\u200b\u00ad",
    "ＦＵＬＬ",
    "x" * 150,
    "İstanbul ẞ",
    "e\u0301",
]


def varied(n: int) -> list[str]:
    rng = random.Random(7)
    texts = list(ODD)
    while len(texts) < n:
        parts = [
            f"{rng.choice(OPENINGS)} {rng.choice(MIDDLES)} {rng.choice(ENDINGS)}"
            for _ in range(rng.randint(1, 3))
        ]
        texts.append(" ".join(parts * (12 if len(texts) % 75 == 0 else 1)))  # now and then over 256 tokens
    return texts


@pytest.fixture(scope="module", autouse=True)
def _imports() -> Iterator[None]:
    """The libraries warn their own developers when they are imported."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.mark.model
@pytest.mark.slow
def test_the_fast_path_equals_the_reference(
    default_embedder: Embedder, cache_dir: Path, record_property: Callable[[str, object], None]
) -> None:
    reference = load_embedder(EmbedConfig(backend="reference", cache_dir=str(cache_dir), cache_max_gb=0))
    texts = varied(300)
    expected, found = reference.embed(texts), default_embedder.embed(texts)
    difference = float(np.abs(expected - found).max())
    record_property("largest_difference", difference)
    assert (expected * found).sum(axis=1).min() >= 0.9999
    assert difference < 1e-5
    assert describe(reference)["backend"] == "reference"
    assert reference.digest != default_embedder.digest
    assert reference.embed([]).shape == (0, 384)
    steps: list[int] = []
    again = reference.embed(["a \ud800 b", *texts[:3]], progress=steps.append)
    assert sum(steps) == 4
    np.testing.assert_allclose(again[1:], expected[:3], atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("pooling", ["mean", "cls"])
@pytest.mark.parametrize("normalize", [True, False])
def test_any_bert_folder_equals_the_reference(
    pooling: str, normalize: bool, tiny_bert: Callable[..., Path], tmp_path: Path
) -> None:
    folder = str(tiny_bert(pooling=pooling, normalize=normalize))
    fast, reference = (
        load_embedder(EmbedConfig(encoder=folder, backend=backend, cache_dir=str(tmp_path), cache_max_gb=0))
        for backend in ("fast", "reference")
    )
    np.testing.assert_allclose(fast.embed(varied(60)), reference.embed(varied(60)), atol=3e-6)


@pytest.mark.slow
def test_what_the_fast_path_refuses_goes_to_the_reference(
    tiny_bert: Callable[..., Path], tmp_path: Path
) -> None:
    folder = tiny_bert()
    config = (folder / "1_Pooling" / "config.json").read_text(encoding="utf-8")
    swapped = config.replace('mean_tokens": true', 'mean_tokens": false').replace(
        'max_tokens": false', 'max_tokens": true'
    )
    (folder / "1_Pooling" / "config.json").write_text(swapped, encoding="utf-8")
    embedder = load_embedder(EmbedConfig(encoder=str(folder), cache_dir=str(tmp_path)))
    assert describe(embedder)["backend"] == "reference"
    vectors = embedder.embed(["we trust", "zebra"])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert (embedder.embed(["zebra", "new", "we trust"])[[2, 0]] == vectors).all()


@pytest.mark.slow
def test_what_nobody_can_load(tiny_bert: Callable[..., Path], tmp_path: Path) -> None:
    folder = tiny_bert()
    (folder / "config.json").write_text('{"model_type": "no-such-type"}', encoding="utf-8")
    with pytest.raises(EncoderError, match="tiny: sentence-transformers cannot load it"):
        load_embedder(EmbedConfig(encoder=str(folder), cache_dir=str(tmp_path)))
