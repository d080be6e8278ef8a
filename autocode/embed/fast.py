"""The fast path: CTranslate2 in fp32, the same vectors as the reference to 1e-6, without PyTorch.

What makes it fast: no padding is multiplied, batches hold a number of tokens rather than of texts, and one
worker a core takes the next batch when it is free. What makes it repeatable to the last bit: floating-point
sums depend on how a library cuts the matrices, and that on their sizes. So a text's attention is always as
wide as the text itself rounded up (its neighbours in the batch have the same width), and the number of rows
that a batch multiplies is always a multiple of `ALIGN`, filled up with rows that are thrown away. With
that, a text's vector does not depend on its neighbours, their order, the batch size or the number of threads.
This was measured (tests/embed) on AMD processors, with oneDNN on AVX-512 and AVX2 and with MKL; the libraries
do not promise it. Between processors, or versions of the library, the last bits may differ (by 1e-6 at most).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from autocode.embed.bert import BertPlan, plan_bert
from autocode.embed.convert import load_encoder
from autocode.embed.folder import ModelFolder
from autocode.embed.protocol import Floats, OfTokens, Packed, Progress, Vectors, packed, printable, unit_rows

WIDTH = 16  # tokens; a text's attention is computed over a multiple of this
ALIGN = 48  # tokens; a batch is filled up to a multiple of this (16 suffices for AVX-512, 24 for AVX2)
MAX_BATCH_TOKENS = 480  # beyond about 1,000 rows the libraries cut the matrices in another way
_CHUNK = 8192  # texts that are tokenized, and sorted by length, at a time

_Tokens = list[int]
_T = TypeVar("_T")


class FastEmbedder:
    """A BERT-like sentence-transformers folder on CTranslate2.

    Cheap to make: the weights are loaded (and converted, the first time) when the first text comes.
    With `n_layers` only so many of the encoder's first layers are used.
    Raises `EncoderError` where the folder holds a model that this path cannot serve exactly.
    """

    def __init__(
        self,
        model: ModelFolder,
        *,
        cache_dir: Path,
        batch_tokens: int = 256,
        threads: int = 0,
        n_layers: int | None = None,
    ) -> None:
        whole: BertPlan = plan_bert(model)
        self._plan = whole if n_layers is None else replace(whole, n_layers=n_layers)
        self.n_layers, self.is_whole = self._plan.n_layers, self._plan.n_layers == whole.n_layers
        self._cache_dir = cache_dir
        self._threads = threads or n_cores()
        self._budget = min(round_up(batch_tokens, ALIGN), MAX_BATCH_TOKENS)
        self._lock = Lock()
        self._loaded: tuple[Any, Any] | None = None
        self.name = model.name
        self.n_dims = self._plan.n_dims
        self.facts: dict[str, str | int] = {
            "backend": "fast",
            "library": f"ctranslate2 {version('ctranslate2')}, tokenizers {version('tokenizers')}",
            "files_sha256": model.digest,
            "weights_sha256": model.weights_sha256,
            "max_tokens": self._plan.max_tokens,
            "pooling": self._plan.pooling,
        }
        if not self.is_whole:
            self.facts["layers"] = self.n_layers
        shape = {**self.facts, "width": WIDTH, "align": ALIGN}
        self.digest = hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """Unit rows of shape (n_texts, n_dims); see `Embedder.embed`."""
        return self.embed_tokens(texts, lambda vector, _: vector, self.n_dims, progress=progress)

    def embed_tokens(
        self, texts: Sequence[str], of: OfTokens, n: int, *, progress: Progress | None = None
    ) -> Vectors:
        """What `of` makes of each text, shape (n_texts, n); see `TokenEmbedder`."""
        found = np.zeros((len(texts), n), np.float32)
        for rows, made in self._each(texts, of, progress):
            found[rows] = made
        return found

    def embed_with_tokens(self, texts: Sequence[str]) -> tuple[Vectors, tuple[Packed, ...]]:
        """The vectors of texts, as `embed` makes them, and of each text those of its tokens; see `packed`."""
        vectors = np.zeros((len(texts), self.n_dims), np.float32)
        tokens = [np.zeros((0, self.n_dims), np.int8)] * len(texts)
        for rows, made in self._each(texts, lambda vector, row: (vector, packed(row)), None):
            for row, (vector, own) in zip(rows, made, strict=True):
                vectors[row], tokens[row] = vector, own
        return vectors, tuple(tokens)

    def _each(
        self, texts: Sequence[str], of: Callable[[Vectors, Floats], _T], progress: Progress | None
    ) -> Iterator[tuple[list[int], list[_T]]]:
        """Rows of `texts`, some at a time, and what `of` makes of each of them."""
        if not texts:
            return
        tokenizer, encoder = self._load()
        with _workers(self._threads) as run:
            for start in range(0, len(texts), _CHUNK):
                chunk = [printable(text) for text in texts[start : start + _CHUNK]]
                tokens: list[_Tokens] = [encoding.ids for encoding in tokenizer.encode_batch_fast(chunk)]
                batches = list(batch_by_width([len(ids) for ids in tokens], budget=self._budget))
                inputs = ([tokens[row] for row in rows] for rows in batches)
                for rows, made in zip(batches, run(partial(self._made, encoder, of), inputs), strict=True):
                    yield [start + row for row in rows], made
                    if progress is not None:
                        progress(len(rows))

    def _load(self) -> tuple[Any, Any]:
        """The tokenizer and the encoder, loaded by whichever thread comes first."""
        with self._lock:
            if self._loaded is None:
                from tokenizers import Tokenizer

                tokenizer = Tokenizer.from_file(str(self._plan.transformer / "tokenizer.json"))
                tokenizer.no_padding()
                tokenizer.enable_truncation(self._plan.max_tokens)
                encoder = load_encoder(self._plan, cache_dir=self._cache_dir, threads=self._threads)
                self._loaded = tokenizer, encoder
            return self._loaded

    def _made(self, encoder: Any, of: Callable[[Vectors, Floats], _T], batch: Sequence[_Tokens]) -> list[_T]:
        """What `of` makes of each text, from its tokens' vectors and their mean (or first); of one width."""
        import ctranslate2

        ids, lengths = pad(batch, n_positions=self._plan.n_positions)
        view = ctranslate2.StorageView.from_array
        states = np.asarray(encoder.forward_batch(view(ids), view(lengths)).last_hidden_state)
        rows = [row[:n] for row, n in zip(states[: len(batch)], lengths[: len(batch)], strict=True)]
        pooled_rows = slice(1 if self._plan.pooling == "cls" else None)
        pooled = [row[pooled_rows].mean(axis=0, dtype=np.float64) for row in rows]
        return [of(vector, row) for vector, row in zip(unit_rows(np.stack(pooled)), rows, strict=True)]


def n_cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def batch_by_width(lengths: Sequence[int], *, budget: int) -> Iterator[list[int]]:
    """Indices in batches of one width and at most `budget` tokens (or one text), short ones first."""
    batch: list[int] = []
    width = n_tokens = 0
    for index in np.argsort(np.asarray(lengths), kind="stable").tolist():
        length = lengths[index]
        if batch and (round_up(length, WIDTH) != width or n_tokens + length > budget):
            yield batch
            batch, n_tokens = [], 0
        batch.append(index)
        width = round_up(length, WIDTH)
        n_tokens += length
    if batch:
        yield batch


def pad(batch: Sequence[_Tokens], *, n_positions: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Token numbers of shape (n_rows, width) and the rows' lengths, whose sum is a multiple of `ALIGN`.

    The first rows are the texts; further rows of mere padding bring up the sum.
    """
    lengths = [len(tokens) for tokens in batch]
    width = min(round_up(max(lengths), WIDTH), n_positions)
    missing = round_up(sum(lengths), ALIGN) - sum(lengths)
    full, rest = divmod(missing, width)
    lengths += [width] * full + ([rest] if rest else [])
    ids = np.zeros((len(lengths), width), np.int32)
    for row, tokens in enumerate(batch):
        ids[row, : len(tokens)] = tokens
    return ids, np.array(lengths, np.int32)


def round_up(number: int, multiple: int) -> int:
    """The smallest multiple of `multiple` that is not below `number`."""
    return -(-number // multiple) * multiple


@contextmanager
def _workers(n_threads: int) -> Iterator[Callable[..., Iterable[Any]]]:
    """A `map` that keeps `n_threads` batches in work; what has not begun is dropped on an error or Ctrl-C."""
    if n_threads == 1:
        yield map
        return
    pool = ThreadPoolExecutor(n_threads, thread_name_prefix="embed")
    try:
        yield pool.map
    finally:
        pool.shutdown(cancel_futures=True)
