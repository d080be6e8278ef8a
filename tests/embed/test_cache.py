"""The cache: nothing twice, nothing wrong, whatever happens to its files."""

from __future__ import annotations

import logging
import os
import random
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from autocode.config import EmbedConfig
from autocode.embed import CachedEmbedder, HashingEmbedder, Progress, Vectors, delete_vectors, load_embedder
from autocode.embed.cache import _FOLDER

DAY_S = 86400


class CountingEmbedder(HashingEmbedder):
    """Remembers what it was asked for."""

    def __init__(self, n_dims: int = 64) -> None:
        super().__init__(n_dims=n_dims)
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        self.asked += texts
        return super().embed(texts, progress=progress)


def numbered(n: int, *, start: int = 0) -> list[str]:
    return [f"we said number {i} to them" for i in range(start, start + n)]


def open_cache(
    folder: Path, *, max_bytes: int = 10**9, n_dims: int = 64, clock: Callable[[], float] = time.time
) -> tuple[CachedEmbedder, CountingEmbedder]:
    inner = CountingEmbedder(n_dims)
    return CachedEmbedder(inner, folder, max_bytes=max_bytes, clock=clock), inner


def files(folder: Path, suffix: str) -> list[Path]:
    return sorted((folder / _FOLDER).glob(f"*{suffix}"))


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in (folder / _FOLDER).iterdir())


def test_nothing_is_embedded_twice(tmp_path: Path) -> None:
    texts = [*numbered(5), *numbered(3)]
    cached, inner = open_cache(tmp_path)
    first = cached.embed(texts)
    assert inner.asked == numbered(5)
    assert (first == HashingEmbedder(n_dims=64).embed(texts)).all()
    again, other = open_cache(tmp_path)
    more = again.embed([*reversed(texts), "new", ""])
    assert other.asked == ["new", ""]
    assert (more[: len(texts)] == first[::-1]).all()


def test_another_digest_has_its_own_vectors(tmp_path: Path) -> None:
    open_cache(tmp_path, n_dims=64)[0].embed(["we trust"])
    cached, inner = open_cache(tmp_path, n_dims=32)
    assert cached.embed(["we trust"]).shape == (1, 32)
    assert inner.asked == ["we trust"]


def test_what_is_stored_comes_back_even_where_a_fresh_vector_differs(tmp_path: Path) -> None:
    """As with a reference encoder, whose last bits depend on a text's neighbours."""

    class Wavering(HashingEmbedder):
        def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
            return np.float32(1 - 1e-7 * len(texts)) * super().embed(texts, progress=progress)

    first = CachedEmbedder(Wavering(), tmp_path, max_bytes=10**9)
    kept = first.embed(["we trust"])
    assert (first.embed(["we trust", *numbered(20)])[:1] == kept).all()
    late = CachedEmbedder(Wavering(), tmp_path, max_bytes=10**9)
    late._fetch = lambda keys, into: []  # type: ignore[method-assign]  # it looked before the other stored
    assert (late.embed([*numbered(20), "we trust"])[-1:] == kept).all()


def test_only_the_owner_can_read_and_no_text_is_kept(tmp_path: Path) -> None:
    open_cache(tmp_path / "new" / "cache")[0].embed(["we trust our partner"])
    folder = tmp_path / "new" / "cache"
    for path in (folder.parent, folder, folder / _FOLDER):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    kept = list((folder / _FOLDER).iterdir())
    assert len(kept) == 3
    for path in kept:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert b"partner" not in path.read_bytes()


def test_the_least_recently_used_go_first(tmp_path: Path) -> None:
    day = [100.0]
    limit = 200 * (64 * 4 + 100)
    cached, _ = open_cache(tmp_path, max_bytes=limit, clock=lambda: day[0] * DAY_S)
    cached.embed(numbered(80))
    day[0] += 1
    cached.embed(numbered(80, start=80))
    day[0] += 1
    cached.embed(numbered(40))  # used again
    day[0] += 1
    cached.embed(numbered(80, start=160))  # over the limit
    assert size(tmp_path) <= limit
    assert len(files(tmp_path, ".f32")) == 1
    after, inner = open_cache(tmp_path, max_bytes=limit, clock=lambda: day[0] * DAY_S)
    expected = HashingEmbedder(n_dims=64).embed(numbered(240))
    assert (after.embed(numbered(240)) == expected).all()
    assert not set(inner.asked) & set(numbered(80, start=160))  # the newest
    assert not set(inner.asked) & set(numbered(40))  # and the ones used again stayed
    assert set(numbered(20, start=40)) <= set(inner.asked)


def test_other_encoders_go_before_this_ones_rows(tmp_path: Path) -> None:
    limit = 250 * (64 * 4 + 100)
    open_cache(tmp_path, max_bytes=limit, n_dims=60)[0].embed(numbered(150))
    cached, inner = open_cache(tmp_path, max_bytes=limit)
    cached.embed(numbered(150))
    assert len(files(tmp_path, ".sqlite")) == 1
    cached.embed(numbered(150))
    assert len(inner.asked) == 150
    assert size(tmp_path) <= limit


def test_more_texts_than_the_cache_can_hold(tmp_path: Path) -> None:
    cached, _ = open_cache(tmp_path, max_bytes=40_000)
    texts = numbered(5000)
    assert (cached.embed(texts) == HashingEmbedder(n_dims=64).embed(texts)).all()
    assert size(tmp_path) <= 40_000


def test_no_cache_at_size_zero(tmp_path: Path) -> None:
    cached, inner = open_cache(tmp_path, max_bytes=0)
    cached.embed(["a"])
    cached.embed(["a"])
    assert inner.asked == ["a", "a"]
    assert not list(tmp_path.iterdir())


def cut_data(folder: Path) -> None:
    [data] = files(folder, ".f32")
    os.truncate(data, data.stat().st_size // 2 + 7)


def flip_data(folder: Path) -> None:
    [data] = files(folder, ".f32")
    content = bytearray(data.read_bytes())
    content[1000] ^= 1
    data.write_bytes(content)


def swap_rows(folder: Path) -> None:
    [index] = files(folder, ".sqlite")
    with sqlite3.connect(index) as connection:
        connection.execute("UPDATE vectors SET row = 49 - row")
    connection.close()


def odd_rows(folder: Path) -> None:
    [index] = files(folder, ".sqlite")
    with sqlite3.connect(index) as connection:
        connection.execute("UPDATE vectors SET row = -3 WHERE row = 3")
        connection.execute("UPDATE vectors SET row = 1000000000000 WHERE row = 4")
    connection.close()


def scribble(folder: Path) -> None:
    [index] = files(folder, ".sqlite")
    content = bytearray(index.read_bytes())
    content[4096:] = random.Random(0).randbytes(len(content) - 4096)
    index.write_bytes(content)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "data cut short": cut_data,
    "data gone": lambda folder: files(folder, ".f32")[0].unlink(),
    "data empty": lambda folder: files(folder, ".f32")[0].write_bytes(b""),
    "one bit of data": flip_data,
    "rows swapped": swap_rows,
    "rows that cannot be": odd_rows,
    "index garbage": lambda folder: files(folder, ".sqlite")[0].write_bytes(b"garbage" * 1000),
    "index scribbled over": scribble,
    "index cut short": lambda folder: os.truncate(files(folder, ".sqlite")[0], 5000),
    "index empty": lambda folder: files(folder, ".sqlite")[0].write_bytes(b""),
    "index gone": lambda folder: files(folder, ".sqlite")[0].unlink(),
    "another database": lambda folder: sqlite3.connect(files(folder, ".sqlite")[0]).executescript(
        "DROP TABLE state; DROP TABLE vectors; CREATE TABLE vectors (x)"
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_costs_time_but_never_gives_a_wrong_vector(damage: str, tmp_path: Path) -> None:
    expected = HashingEmbedder(n_dims=64).embed(numbered(60))
    open_cache(tmp_path)[0].embed(numbered(50))
    DAMAGES[damage](tmp_path)
    for n in (50, 60, 60):
        cached, inner = open_cache(tmp_path)
        assert (cached.embed(numbered(n)) == expected[:n]).all()
    assert inner.asked == []  # mended


def test_a_garbage_index_is_set_aside(tmp_path: Path) -> None:
    open_cache(tmp_path)[0].embed(numbered(5))
    DAMAGES["index garbage"](tmp_path)
    open_cache(tmp_path)[0].embed(numbered(5))
    assert [path.read_bytes()[:7] for path in files(tmp_path, ".damaged")] == [b"garbage"]


def test_a_folder_that_cannot_be_written(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    cached, inner = open_cache(tmp_path / "file" / "cache")
    assert (cached.embed(numbered(3)) == HashingEmbedder(n_dims=64).embed(numbered(3))).all()
    cached.embed(numbered(3))
    assert len(inner.asked) == 6
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert "going on without the cache" in record.message


def test_deleting_all_vectors(tmp_path: Path) -> None:
    open_cache(tmp_path)[0].embed(["a"])
    delete_vectors(tmp_path)
    delete_vectors(tmp_path)
    cached, inner = open_cache(tmp_path)
    cached.embed(["a"])
    assert inner.asked == ["a"]


CHILD = """
import logging, os, resource, signal, sys
from pathlib import Path
import autocode.embed.cache as cache
from autocode.embed import CachedEmbedder, HashingEmbedder
logging.basicConfig(format="%(message)s")
cache._AT_ONCE = 50
folder, start, end, max_bytes = Path(sys.argv[1]), *map(int, sys.argv[2:5])
texts = [f"we said number {i} to them" for i in range(start, end)]
embedder = HashingEmbedder(n_dims=64)
cached = CachedEmbedder(embedder, folder, max_bytes=max_bytes)
"""
EMBED = "assert (cached.embed(texts) == embedder.embed(texts)).all()\n"


def child(code: str, folder: Path, start: int, end: int, max_bytes: int = 10**9) -> subprocess.Popen[str]:
    arguments = [str(folder), str(start), str(end), str(max_bytes)]
    return subprocess.Popen(
        [sys.executable, "-c", CHILD + code, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("max_bytes", [10**9, 100_000])
def test_processes_at_once(tmp_path: Path, max_bytes: int) -> None:
    """With overlapping texts, and in the second case each of them making room all the time."""
    loop = f"for _ in range(3):\n    {EMBED}"
    children = [child(loop, tmp_path, start, start + 800, max_bytes) for start in (0, 400, 0)]
    for process in children:
        _, errors = process.communicate(timeout=120)
        assert (process.returncode, errors) == (0, "")
    cached, inner = open_cache(tmp_path, max_bytes=max_bytes)
    assert (cached.embed(numbered(1200)) == HashingEmbedder(n_dims=64).embed(numbered(1200))).all()
    if max_bytes == 10**9:
        assert inner.asked == []
        assert files(tmp_path, ".f32")[0].stat().st_size == 1200 * 64 * 4  # no text was stored twice
    else:
        assert size(tmp_path) <= max_bytes


@pytest.mark.parametrize("flush", [1, 4, 9])
@pytest.mark.parametrize("max_bytes", [10**9, 60_000])
def test_killed_between_writing_rows_and_the_index(tmp_path: Path, flush: int, max_bytes: int) -> None:
    kill = (
        "real, calls = os.fsync, []\n"
        "def fsync(descriptor):\n"
        "    real(descriptor)\n"
        "    calls.append(0)\n"
        f"    if len(calls) == {flush}: os.kill(os.getpid(), signal.SIGKILL)\n"
        "os.fsync = fsync\n"
    )
    process = child(kill + EMBED, tmp_path, 0, 1000, max_bytes)
    process.communicate(timeout=60)
    assert process.returncode == -9
    cached, inner = open_cache(tmp_path, max_bytes=max_bytes)
    assert (cached.embed(numbered(1000)) == HashingEmbedder(n_dims=64).embed(numbered(1000))).all()
    if max_bytes == 10**9:
        assert len(inner.asked) == 1000 - 50 * (flush - 1)  # all that was committed is still there
        [data] = files(tmp_path, ".f32")
        assert data.stat().st_size == (1000 + 50) * 64 * 4  # and what was not is lost space
    else:
        assert len(files(tmp_path, ".f32")) == 1
        assert size(tmp_path) <= max_bytes


@pytest.mark.slow
def test_killed_at_any_moment(tmp_path: Path) -> None:
    rng = random.Random(3)
    for attempt in range(6):
        process = child("print('go', flush=True)\n" + EMBED, tmp_path, 0, 3000 + attempt, 400_000)
        assert process.stdout is not None
        assert process.stdout.readline() == "go\n"
        time.sleep(rng.uniform(0, 0.3))
        process.kill()
        process.communicate(timeout=60)
        cached, _ = open_cache(tmp_path, max_bytes=400_000)
        assert (cached.embed(numbered(300)) == HashingEmbedder(n_dims=64).embed(numbered(300))).all()


def test_a_full_disk(tmp_path: Path) -> None:
    """Here a limit on the size of a file; a full disk answers with the same kind of error."""
    limit = "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
    process = child(limit + EMBED + EMBED, tmp_path, 0, 1000)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert len(errors.splitlines()) == 1
    assert "going on without the cache" in errors
    cached, inner = open_cache(tmp_path)
    assert (cached.embed(numbered(1000)) == HashingEmbedder(n_dims=64).embed(numbered(1000))).all()
    assert 0 < len(inner.asked) < 1000


def test_settings_choose_folder_and_size(
    tiny_bert: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = str(tiny_bert())
    monkeypatch.setenv("AUTOCODE_CACHE_DIR", str(tmp_path / "environment"))
    load_embedder(EmbedConfig(encoder=folder)).embed(["we"])
    load_embedder(EmbedConfig(encoder=folder, cache_dir=str(tmp_path / "setting"))).embed(["we"])
    load_embedder(EmbedConfig(encoder=folder, cache_dir=str(tmp_path / "none"), cache_max_gb=0)).embed(["we"])
    assert len(files(tmp_path / "environment", ".f32")) == 1
    assert len(files(tmp_path / "setting", ".f32")) == 1
    assert not (tmp_path / "none" / _FOLDER).exists()


@pytest.mark.model
def test_a_resumed_run_gives_the_same_bits(cache_dir: Path, tmp_path: Path) -> None:
    """The real encoder, on the processors that were measured; elsewhere to 1e-6 (see test_fast)."""
    texts = [f"{'We learned a lot from them. ' * (i % 7)}That was meeting {i}." for i in range(60)]
    bare = load_embedder(EmbedConfig(cache_dir=str(cache_dir), cache_max_gb=0))
    cached = CachedEmbedder(bare, tmp_path, max_bytes=10**9)
    cached.embed(texts[::3])  # as far as it came
    np.testing.assert_allclose(cached.embed(texts), bare.embed(texts), atol=1e-6)
