"""The prepared encoder: made once, made again when damaged, made elsewhere when there is no room."""

from __future__ import annotations

import logging
import shutil
import stat
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from autocode.config import EmbedConfig
from autocode.embed import load_embedder

TEXTS = ["we trust", "learn", "zebra"]


def embed(folder: Path, cache: Path) -> np.ndarray:
    config = EmbedConfig(encoder=str(folder), backend="fast", cache_dir=str(cache), cache_max_gb=0)
    return load_embedder(config).embed(TEXTS)


def prepared(cache: Path) -> Path:
    [folder] = [path for path in (cache / "encoders").iterdir() if path.is_dir()]
    return folder


def test_made_once_for_its_owner_only(tiny_bert: Callable[..., Path], tmp_path: Path) -> None:
    folder, cache = tiny_bert(), tmp_path / "deep" / "cache"
    embed(folder, cache)
    made = prepared(cache)
    before = (made / "model.bin").stat()
    embed(folder, cache)
    after = (made / "model.bin").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    for path in (cache.parent, cache, cache / "encoders", made):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in made.iterdir()} == {0o600}


def cut(folder: Path) -> None:
    data = (folder / "model.bin").read_bytes()
    (folder / "model.bin").write_bytes(data[: len(data) // 2])


def flip(folder: Path) -> None:
    data = bytearray((folder / "model.bin").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "model.bin").write_bytes(data)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "a file missing": lambda folder: (folder / "config.json").unlink(),
    "manifest missing": lambda folder: (folder / "manifest.json").unlink(),
    "manifest garbage": lambda folder: (folder / "manifest.json").write_text("{"),
    "cut short": cut,
    "one bit": flip,
    "empty folder": lambda folder: (shutil.rmtree(folder), folder.mkdir()),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_seen_and_mended(
    damage: str, tiny_bert: Callable[..., Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder, cache = tiny_bert(), tmp_path / "cache"
    expected = embed(folder, cache)
    DAMAGES[damage](prepared(cache))
    assert (embed(folder, cache) == expected).all()
    assert "damaged" in caplog.text
    caplog.clear()
    assert (embed(folder, cache) == expected).all()
    assert not caplog.records


def test_other_weights_are_prepared_apart(tiny_bert: Callable[..., Path], tmp_path: Path) -> None:
    first, second = tiny_bert("one"), tiny_bert("two", seed=2)
    one, two = embed(first, tmp_path), embed(second, tmp_path)
    assert np.abs(one - two).max() > 0.01
    assert (embed(first, tmp_path) == one).all()


def test_two_processes_at_once(tiny_bert: Callable[..., Path], tmp_path: Path) -> None:
    folder, cache = tiny_bert(), tmp_path / "cache"
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        first, second = pool.map(embed, [folder] * 2, [cache] * 2)
    assert (first == second).all()
    assert len([path for path in (cache / "encoders").iterdir() if path.is_dir()]) == 1


def test_no_place_for_it(
    tiny_bert: Callable[..., Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tiny_bert()
    expected = embed(folder, tmp_path / "cache")
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        assert (embed(folder, tmp_path / "file" / "cache") == expected).all()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "cannot be written" in caplog.text
