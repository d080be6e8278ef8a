"""BERT weights, from safetensors to CTranslate2, once per model and without PyTorch.

CTranslate2's own converter builds the PyTorch model first, which costs six seconds and a gigabyte. Here the
arrays go straight from the file to the specification, named as in its `BertLoader`.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import tempfile
import zlib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from autocode.embed.bert import BertPlan
from autocode.embed.files import make_private_folder, replace_text
from autocode.errors import EncoderError
from autocode.lean import without_torch

_MAPPING = 1  # raise when what `_specification` writes changes
_FILES = ("config.json", "model.bin", "vocabulary.json")
_log = logging.getLogger("autocode")


def load_encoder(plan: BertPlan, *, cache_dir: Path, threads: int) -> Any:
    """A `ctranslate2.Encoder` in fp32 with `threads` workers, converted first where that is still to do.

    Two processes may ask at once; a conversion that is incomplete or damaged is made again. Where
    `cache_dir` cannot be written the conversion is made in a temporary folder, with a warning.
    """
    import ctranslate2

    def load(folder: Path) -> Any:
        return ctranslate2.Encoder(
            str(folder), device="cpu", compute_type="float32", inter_threads=threads, intra_threads=1
        )

    try:
        return load(_converted(plan, cache_dir / "encoders"))
    except OSError as error:
        _log.warning("%s: cannot be written (%s); the encoder is prepared anew", cache_dir, error.strerror)
    try:
        with tempfile.TemporaryDirectory(prefix="autocode-") as temporary:
            _convert(plan, Path(temporary))
            return load(Path(temporary))
    except OSError as error:
        where = tempfile.gettempdir()
        raise EncoderError(f"{where}: no room to prepare the encoder ({error.strerror})") from error


def _converted(plan: BertPlan, parent: Path) -> Path:
    """The folder of the finished conversion."""
    from filelock import FileLock

    make_private_folder(parent)
    layers = f"-{plan.n_layers}layers"
    folder = parent / f"{plan.model.digest[:32]}{layers}-ct2-{version('ctranslate2')}-{_MAPPING}"
    if _is_whole(folder):
        return folder
    with FileLock(parent / f"{folder.name}.lock", mode=0o600):
        if _is_whole(folder):  # another process was faster
            return folder
        temporary = Path(tempfile.mkdtemp(dir=parent, prefix=".converting-"))
        try:
            _convert(plan, temporary)
            if folder.exists():
                _log.warning("%s: damaged; the encoder is prepared anew", folder)
                shutil.rmtree(folder)
            os.replace(temporary, folder)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
    return folder


def _convert(plan: BertPlan, folder: Path) -> None:
    """Write the converted model into the empty `folder`, its manifest last."""
    _specification(plan).save(str(folder))
    for name in _FILES:
        (folder / name).chmod(0o600)
    sums = {name: _checksum(folder / name) for name in _FILES}
    replace_text(folder / "manifest.json", json.dumps(sums, indent=1))


def _is_whole(folder: Path) -> bool:
    """Whether every file is the one that was written (a CRC of 90 MB takes 0.05 s)."""
    try:
        sums = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        return bool(sums == {name: _checksum(folder / name) for name in _FILES})
    except (OSError, ValueError):
        return False


def _checksum(file: Path) -> list[int]:
    """The file's size and CRC-32."""
    crc = size = 0
    with file.open("rb") as stream:
        while block := stream.read(1 << 20):
            crc = zlib.crc32(block, crc)
            size += len(block)
    return [size, crc]


def _specification(plan: BertPlan) -> Any:
    """CTranslate2's description of the model, filled with the weights."""
    with without_torch():
        from ctranslate2.specs import Activation, EmbeddingsMerge, transformer_spec

    encoder = transformer_spec.TransformerEncoderSpec(
        plan.n_layers,
        plan.n_heads,
        pre_norm=False,
        activation=getattr(Activation, plan.activation),
        layernorm_embedding=True,
        num_source_embeddings=2,
        embeddings_merge=EmbeddingsMerge.ADD,
    )
    encoder.scale_embeddings = False
    _fill(encoder, plan.read_weights())
    specification = transformer_spec.TransformerEncoderModelSpec(encoder, pooling_layer=False)
    # We hand over token numbers, never tokens, so the vocabulary only has to have the right length.
    specification.register_vocabulary([str(i) for i in range(specification.get_vocabulary_size())])
    specification.config.unk_token = "0"  # noqa: S105 (no password)
    specification.config.layer_norm_epsilon = plan.layer_norm_eps
    specification.validate()
    return specification


def _fill(encoder: Any, weights: dict[str, np.ndarray[Any, Any]]) -> None:
    """Put each array where CTranslate2 expects it; the query, key and value projections become one."""

    def norm(target: Any, name: str) -> None:
        target.gamma, target.beta = weights[f"{name}.weight"], weights[f"{name}.bias"]

    def linear(target: Any, *names: str) -> None:
        target.weight = np.concatenate([weights[f"{name}.weight"] for name in names])
        target.bias = np.concatenate([weights[f"{name}.bias"] for name in names])

    words, types = encoder.embeddings
    words.weight = weights["embeddings.word_embeddings.weight"]
    types.weight = weights["embeddings.token_type_embeddings.weight"]
    encoder.position_encodings.encodings = weights["embeddings.position_embeddings.weight"]
    norm(encoder.layernorm_embedding, "embeddings.LayerNorm")
    for index, layer in enumerate(encoder.layer):
        here = f"encoder.layer.{index}"
        projections = (f"{here}.attention.self.{part}" for part in ("query", "key", "value"))
        linear(layer.self_attention.linear[0], *projections)
        linear(layer.self_attention.linear[1], f"{here}.attention.output.dense")
        norm(layer.self_attention.layer_norm, f"{here}.attention.output.LayerNorm")
        linear(layer.ffn.linear_0, f"{here}.intermediate.dense")
        linear(layer.ffn.linear_1, f"{here}.output.dense")
        norm(layer.ffn.layer_norm, f"{here}.output.LayerNorm")
