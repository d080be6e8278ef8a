"""How fast is the fast path, and how exact? Ratios to `SentenceTransformer.encode`, measured in turns.

    python scripts/bench_embed.py [--texts 600] [--rounds 5] [--json FILE]

Both run in one process and take turns, so that whatever else the machine does meets both alike; a ratio is
the median over the rounds. Memory and start-up are measured in a process of their own for each.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from autocode.config import EmbedConfig
from autocode.embed import cache_folder, load_embedder
from autocode.embed.fast import n_cores
from autocode.embed.folder import packaged_model

Embed = Callable[[Sequence[str]], Any]

WAYS = ("baseline", "fast", "cached")
WHO = ["we", "they", "our partner", "the engineers", "my manager", "nobody here", "the people abroad"]
DID = [
    "trusted",
    "asked about",
    "shared",
    "learned",
    "never understood",
    "paid for",
    "kept back",
    "talked over",
]
WHAT = [
    "the new machine",
    "what we knew",
    "the contract",
    "their way of working",
    "a second project",
    "quality",
]
LINK = ["because", "and then", "although", "so that", "when", "which is why", "or maybe", "but honestly"]


def utterances(n: int, *, seed: int = 0) -> list[str]:
    """`n` made-up statements of 3 to about 60 words, most of them short, as people speak."""
    rng = random.Random(seed)
    texts = []
    for _ in range(n):
        clauses = [
            f"{rng.choice(WHO)} {rng.choice(DID)} {rng.choice(WHAT)}"
            for _ in range(1 + min(int(rng.expovariate(0.35)), 8))
        ]
        text = clauses[0]
        for clause in clauses[1:]:
            text += f" {rng.choice(LINK)} {clause}"
        texts.append(f"{text[0].upper()}{text[1:]}.")
    return texts


def fast(threads: int, batch_tokens: int = 256) -> Embed:
    """The fast path without a cache of vectors."""
    config = EmbedConfig(backend="fast", threads=threads, batch_tokens=batch_tokens, cache_max_gb=0)
    return load_embedder(config).embed


def baseline(threads: int, batch_size: int = 32) -> Embed:
    """What one would write by hand with sentence-transformers."""
    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1")
    import torch
    from sentence_transformers import SentenceTransformer

    folder = packaged_model(cache_dir=cache_folder(EmbedConfig())).path
    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)

    def embed(texts: Sequence[str]) -> Any:
        torch.set_num_threads(threads)
        return model.encode(
            list(texts), batch_size=batch_size, normalize_embeddings=True, show_progress_bar=False
        )

    return embed


def compare(texts: Sequence[str], *, rounds: int) -> dict[str, Any]:
    """Texts a second of each way, its ratio to the baseline with the same threads, and the differences."""
    ways: dict[str, Embed] = {}
    for threads in sorted({1, n_cores()}):
        ways[f"baseline, {threads} thread(s)"] = baseline(threads)
        ways[f"fast, {threads} thread(s)"] = fast(threads)
    vectors = {name: embed(texts) for name, embed in ways.items()}  # warms up, too
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, embed in ways.items():
            start = time.perf_counter()
            embed(texts)
            seconds[name].append(time.perf_counter() - start)
    reference = vectors["baseline, 1 thread(s)"]
    return {
        name: {
            "texts_per_s": round(len(texts) / statistics.median(seconds[name]), 1),
            "ratio": round(
                statistics.median(
                    base / own
                    for base, own in zip(
                        seconds[name.replace("fast", "baseline")], seconds[name], strict=True
                    )
                ),
                2,
            ),
            "largest_difference": float(np.abs(vectors[name] - reference).max()),
            "smallest_cosine": float((vectors[name] * reference).sum(axis=1).min()),
        }
        for name in ways
    }


def in_fresh_process(way: str, *, n_texts: int) -> Any:
    """What `alone` measures, in a process of its own."""
    command = [sys.executable, __file__, "--alone", way, "--texts", str(n_texts)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def alone(way: str, *, n_texts: int) -> dict[str, float]:
    """One way in this process: start-up from the import of its library on, and peak memory at the end."""
    start = time.perf_counter()
    texts = utterances(n_texts)
    embed = (
        baseline(n_cores())
        if way == "baseline"
        else fast(0)
        if way == "fast"
        else load_embedder(EmbedConfig()).embed
    )
    embed(texts[:100])
    first = time.perf_counter() - start
    embed(texts)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # kilobytes; bytes on macOS
    return {
        "first_100_s": round(first, 2),
        "peak_mb": round(peak / (1e6 if sys.platform == "darwin" else 1e3)),
    }


def main() -> None:
    """Measure, print a table, and write it where `--json` says."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--texts", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--alone", choices=WAYS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        print(json.dumps(alone(options.alone, n_texts=options.texts)))
        return
    with tempfile.TemporaryDirectory() as cache:
        os.environ["AUTOCODE_CACHE_DIR"] = cache
        texts = utterances(options.texts)
        in_fresh_process("cached", n_texts=len(texts))  # prepares the encoder and fills the cache
        result = {
            "n_texts": len(texts),
            "mean_words": round(statistics.mean(len(text.split()) for text in texts), 1),
            "cores": n_cores(),
            # first, while this process is small: on Linux a child's peak starts at its parent's size
            "alone": {way: in_fresh_process(way, n_texts=len(texts)) for way in WAYS},
            "in_turns": compare(texts, rounds=options.rounds),
        }
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
