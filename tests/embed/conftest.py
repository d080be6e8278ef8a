"""Encoders small enough for unit tests, and the real one, loaded once."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autocode.config import EmbedConfig
from autocode.embed import load_embedder
from autocode.embed.protocol import Embedder

N_DIMS, N_LAYERS, N_HEADS, N_POSITIONS, N_INNER = 16, 2, 2, 64, 32
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LETTERS = [chr(c) for c in range(ord("a"), ord("z") + 1)]
VOCABULARY = [*SPECIAL, "trust", "partner", "we", "learn", *LETTERS, *(f"##{c}" for c in LETTERS), "."]


def write_json(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def tiny_weights(seed: int = 1) -> dict[str, np.ndarray]:
    """Random weights of a BERT with two layers of sixteen dimensions."""
    rng = np.random.default_rng(seed)

    def draw(*shape: int) -> np.ndarray:
        return rng.normal(0, 0.4, shape).astype(np.float32)

    weights = {
        "embeddings.word_embeddings.weight": draw(len(VOCABULARY), N_DIMS),
        "embeddings.token_type_embeddings.weight": draw(2, N_DIMS),
        "embeddings.position_embeddings.weight": draw(N_POSITIONS, N_DIMS),
    }
    norms = ["embeddings.LayerNorm"]
    for i in range(N_LAYERS):
        layer = f"encoder.layer.{i}"
        norms += [f"{layer}.attention.output.LayerNorm", f"{layer}.output.LayerNorm"]
        shapes = {f"{layer}.attention.self.{part}": (N_DIMS, N_DIMS) for part in ("query", "key", "value")}
        shapes[f"{layer}.attention.output.dense"] = (N_DIMS, N_DIMS)
        shapes[f"{layer}.intermediate.dense"] = (N_INNER, N_DIMS)
        shapes[f"{layer}.output.dense"] = (N_DIMS, N_INNER)
        for name, shape in shapes.items():
            weights[f"{name}.weight"], weights[f"{name}.bias"] = draw(*shape), draw(shape[0])
    for name in norms:
        weights[f"{name}.weight"], weights[f"{name}.bias"] = 1 + draw(N_DIMS), draw(N_DIMS)
    return weights


def write_tiny_bert(folder: Path, *, pooling: str = "mean", normalize: bool = True, seed: int = 1) -> Path:
    """A complete sentence-transformers folder in the layout of version 2 to 5."""
    from safetensors.numpy import save_file
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    kinds = ["Transformer", "Pooling", *(["Normalize"] if normalize else [])]
    paths = {"Transformer": "", "Pooling": "1_Pooling", "Normalize": "2_Normalize"}
    modules = [
        {"idx": i, "name": str(i), "path": paths[kind], "type": f"sentence_transformers.models.{kind}"}
        for i, kind in enumerate(kinds)
    ]
    write_json(folder / "modules.json", modules)
    modes = {f"pooling_mode_{mode}": False for mode in ("cls_token", "mean_tokens", "max_tokens")}
    modes[f"pooling_mode_{pooling}_token{'' if pooling == 'cls' else 's'}"] = True
    write_json(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": N_DIMS, **modes})
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": 24, "do_lower_case": False})
    tokens = {"cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]", "unk_token": "[UNK]"}
    write_json(
        folder / "tokenizer_config.json",
        {"tokenizer_class": "BertTokenizer", "do_lower_case": True, **tokens},
    )
    write_json(
        folder / "config.json",
        {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_act": "gelu",
            "hidden_size": N_DIMS,
            "num_hidden_layers": N_LAYERS,
            "num_attention_heads": N_HEADS,
            "intermediate_size": N_INNER,
            "max_position_embeddings": N_POSITIONS,
            "layer_norm_eps": 1e-12,
            "type_vocab_size": 2,
            "vocab_size": len(VOCABULARY),
            "pad_token_id": 0,
        },
    )
    tokenizer = Tokenizer(models.WordPiece({t: i for i, t in enumerate(VOCABULARY)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.enable_padding(length=12)  # as in many published folders: must not be believed
    tokenizer.add_special_tokens(SPECIAL)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n", encoding="utf-8")
    save_file(tiny_weights(seed), str(folder / "model.safetensors"))
    return folder


def bert(tokens: list[int], w: dict[str, np.ndarray]) -> np.ndarray:
    """BERT as in Devlin et al. (2019) in float64: token vectors of the last layer, for one text alone."""

    def linear(x: np.ndarray, name: str) -> np.ndarray:
        return x @ w[f"{name}.weight"].T.astype(float) + w[f"{name}.bias"]

    def norm(x: np.ndarray, name: str) -> np.ndarray:
        centred = x - x.mean(1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(1, keepdims=True) + 1e-12)
        return scaled * w[f"{name}.weight"] + w[f"{name}.bias"]

    def gelu(x: np.ndarray) -> np.ndarray:
        return x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))) / 2

    n = len(tokens)
    x = w["embeddings.word_embeddings.weight"][tokens].astype(float)
    x = x + w["embeddings.token_type_embeddings.weight"][0] + w["embeddings.position_embeddings.weight"][:n]
    x = norm(x, "embeddings.LayerNorm")
    for i in range(N_LAYERS):
        layer = f"encoder.layer.{i}"
        query, key, value = (
            linear(x, f"{layer}.attention.self.{part}").reshape(n, N_HEADS, -1).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 2, 1) / math.sqrt(query.shape[2])
        attention = np.exp(scores - scores.max(2, keepdims=True))
        attention /= attention.sum(2, keepdims=True)
        mixed = (attention @ value).transpose(1, 0, 2).reshape(n, -1)
        x = norm(x + linear(mixed, f"{layer}.attention.output.dense"), f"{layer}.attention.output.LayerNorm")
        inner = linear(gelu(linear(x, f"{layer}.intermediate.dense")), f"{layer}.output.dense")
        x = norm(x + inner, f"{layer}.output.LayerNorm")
    return x


@pytest.fixture
def bert_by_definition() -> Callable[[list[int]], np.ndarray]:
    """Token numbers to the token vectors of the tiny BERT that `tiny_bert` writes."""
    weights = tiny_weights()
    return lambda tokens: bert(tokens, weights)


@pytest.fixture
def tiny_bert(tmp_path: Path) -> Callable[..., Path]:
    """Writes a tiny BERT into a new folder; takes the options of `write_tiny_bert`."""

    def write(name: str = "tiny", **options: Any) -> Path:
        return write_tiny_bert(tmp_path / name, **options)

    return write


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for the session, so that the real encoder is prepared once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def default_embedder(cache_dir: Path) -> Embedder:
    """The packaged encoder on the fast path, without a cache of vectors."""
    return load_embedder(EmbedConfig(cache_dir=str(cache_dir), cache_max_gb=0))
