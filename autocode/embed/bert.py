"""What the fast path must know about a model folder, and which folders it can serve exactly.

It serves sentence-transformers models that are a BERT in fp32, then mean or CLS pooling, then perhaps a
normalisation: the same arithmetic as the reference, in another library. Whatever differs from that in any
setting that could change a vector is refused here, so that nothing is ever nearly right.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np

from autocode.embed.folder import ModelFolder
from autocode.errors import EncoderError

Pooling = Literal["mean", "cls"]

_ACTIVATIONS = {"gelu": "GELU", "gelu_python": "GELU", "gelu_new": "GELUTanh", "relu": "RELU"}
_OLD_POOLING = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls"}
_TRANSFORMER_SETTINGS: dict[str, object] = {  # the only values under which the fast path is the same
    "do_lower_case": False,
    "transformer_task": "feature-extraction",
    "module_output_name": "token_embeddings",
    "modality_config": {"text": {"method": "forward", "method_output_name": "last_hidden_state"}},
}
_BERT_NORMALIZER = {  # tokenizer_config.json's name of a setting, and tokenizer.json's
    "do_lower_case": "lowercase",
    "strip_accents": "strip_accents",
    "tokenize_chinese_chars": "handle_chinese_chars",
}


@dataclass(frozen=True, slots=True)
class BertPlan:
    """Everything that turns token numbers into a sentence's vector."""

    model: ModelFolder
    transformer: Path  # the folder with config.json, model.safetensors and tokenizer.json
    prefix: str  # of the weights' names: empty, or "bert."
    n_dims: int
    n_layers: int
    n_heads: int
    n_positions: int
    activation: str  # its name in CTranslate2
    layer_norm_eps: float
    max_tokens: int  # longer texts are cut, [CLS] and [SEP] included
    pooling: Pooling

    def read_weights(self) -> dict[str, np.ndarray[Any, Any]]:
        """All arrays by name, without the prefix."""
        from safetensors import safe_open

        with safe_open(self.transformer / "model.safetensors", framework="np") as weights:
            names = [name for name in weights.keys() if name.startswith(self.prefix)]  # noqa: SIM118 (not a dict)
            return {name.removeprefix(self.prefix): weights.get_tensor(name) for name in names}


def plan_bert(model: ModelFolder) -> BertPlan:
    """How the fast path embeds with `model`. Raises `EncoderError` with the reason why it cannot."""
    try:
        return _plan(model)
    except (KeyError, TypeError, AttributeError) as error:
        raise _refuse(model.path, f"its settings have another form: {error}") from error


def _plan(model: ModelFolder) -> BertPlan:
    modules = _read_modules(model.path)
    transformer = model.path / modules["Transformer"]
    config = _read(transformer / "config.json")
    settings = _read(transformer / "sentence_bert_config.json")
    _check_settings(model, config, settings)
    _check_tokenizer(transformer)
    return BertPlan(
        model=model,
        transformer=transformer,
        prefix=_check_weights(transformer / "model.safetensors", config),
        n_dims=config["hidden_size"],
        n_layers=config["num_hidden_layers"],
        n_heads=config["num_attention_heads"],
        n_positions=config["max_position_embeddings"],
        activation=_ACTIVATIONS[config["hidden_act"]],
        layer_norm_eps=config["layer_norm_eps"],
        max_tokens=_max_tokens(transformer, config, settings),
        pooling=_read_pooling(model.path / modules["Pooling"] / "config.json"),
    )


def _refuse(where: Path, reason: str) -> EncoderError:
    return EncoderError(f"{where}: the fast path cannot serve this model ({reason}); use backend 'reference'")


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _refuse(file.parent, f"no {file.name}") from None
    except (OSError, ValueError) as error:
        raise EncoderError(f"{file}: cannot be read ({error})") from None


def _read_modules(folder: Path) -> dict[str, str]:
    """The folder of each module by the module's class; the order must be the usual one."""
    modules = _read(folder / "modules.json")
    kinds = [str(module["type"]).rpartition(".")[2] for module in modules]
    ours = all(str(module["type"]).startswith("sentence_transformers.") for module in modules)
    if not ours or kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        raise _refuse(folder, f"its modules are {', '.join(kinds)}")
    return {kind: module["path"] for kind, module in zip(kinds, modules, strict=True)}


def _check_settings(model: ModelFolder, config: Any, settings: Any) -> None:
    where = model.path
    if config.get("model_type") != "bert":
        raise _refuse(where, f"it is not a BERT but {config.get('model_type')}")
    if config.get("position_embedding_type", "absolute") != "absolute" or config.get("is_decoder"):
        raise _refuse(where, "its attention is not that of a plain BERT encoder")
    if config.get("hidden_act") not in _ACTIVATIONS:
        raise _refuse(where, f"activation {config.get('hidden_act')}")
    for key, value in settings.items():
        if key != "max_seq_length" and _TRANSFORMER_SETTINGS.get(key, ...) != value:
            raise _refuse(where, f"sentence_bert_config.json sets {key}")
    extra = model.path / "config_sentence_transformers.json"
    if extra.exists() and _read(extra).get("default_prompt_name"):
        raise _refuse(where, "it puts a prompt before every text")


def _check_tokenizer(transformer: Path) -> None:
    """Refuse where transformers would build another tokenizer than the one in tokenizer.json."""
    settings = _read(transformer / "tokenizer_config.json")
    kind = settings.get("tokenizer_class", "BertTokenizer")
    normalizer = _read(transformer / "tokenizer.json").get("normalizer") or {}
    if settings.get("truncation_side", "right") != "right":
        raise _refuse(transformer, "its tokenizer cuts texts at their beginning")
    if kind not in {"BertTokenizer", "BertTokenizerFast", "PreTrainedTokenizerFast", "TokenizersBackend"}:
        raise _refuse(transformer, f"tokenizer {kind}")
    if kind.startswith("Bert"):
        for key, here in _BERT_NORMALIZER.items():
            if key in settings and settings[key] != normalizer.get(here):
                raise _refuse(transformer, f"tokenizer.json and tokenizer_config.json differ in {key}")


def _read_pooling(file: Path) -> Pooling:
    config = _read(file)
    modes = {name for key, name in _OLD_POOLING.items() if config.get(key)}
    modes |= {key for key, value in config.items() if key.startswith("pooling_mode_") and value} - set(
        _OLD_POOLING
    )
    mode = config.get("pooling_mode", modes.pop() if len(modes) == 1 else None)
    if mode in ("mean", "cls"):
        return cast(Pooling, mode)
    raise _refuse(file.parent.parent, "its pooling is neither mean nor CLS")


def _check_weights(file: Path, config: Any) -> str:
    """The prefix of the weights' names, once all of them are there in fp32."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="np") as weights:
            names = set(weights.keys())
            prefix = "bert." if "bert.embeddings.LayerNorm.weight" in names else ""
            wanted = {prefix + name for name in _weight_names(config["num_hidden_layers"])}
            if missing := sorted(wanted - names):
                raise _refuse(file.parent, f"no weights {missing[0]}")
            kinds = {weights.get_slice(name).get_dtype() for name in wanted}
    except (OSError, SafetensorError):
        raise _refuse(file.parent, "no readable model.safetensors") from None
    if kinds != {"F32"}:
        raise _refuse(file.parent, f"weights in {', '.join(sorted(kinds))}, not F32")
    return prefix


def _weight_names(n_layers: int) -> list[str]:
    names = [f"embeddings.{kind}_embeddings.weight" for kind in ("word", "token_type", "position")]
    parts = ["embeddings.LayerNorm"]
    for index in range(n_layers):
        inner = ("self.query", "self.key", "self.value", "output.dense", "output.LayerNorm")
        parts += [f"encoder.layer.{index}.attention.{part}" for part in inner]
        parts += [
            f"encoder.layer.{index}.{part}"
            for part in ("intermediate.dense", "output.dense", "output.LayerNorm")
        ]
    return names + [f"{part}.{kind}" for part in parts for kind in ("weight", "bias")]


def _max_tokens(transformer: Path, config: Any, settings: Any) -> int:
    """As sentence-transformers decides: its own setting, else the lower of tokenizer's and model's."""
    limit = settings.get("max_seq_length")
    if limit is None:
        tokenizer = _read(transformer / "tokenizer_config.json")
        limit = min(tokenizer.get("model_max_length", 10**9), config["max_position_embeddings"])
    if not 2 < limit <= config["max_position_embeddings"]:
        raise _refuse(
            transformer, f"{limit} tokens at most, for {config['max_position_embeddings']} positions"
        )
    return int(limit)
