"""How fast and how large is the store? Made-up interviews in a temporary project.

    python scripts/bench_store.py [--transcripts 10] [--utterances 700] [--suggestions 40] [--codes 50]

The promise: one transcript of 700 utterances with 40 suggestions each, and all its scores, is
saved in less than 150 ms, and read in as much.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from autocode.records import Evidence, Suggestion, Transcript, Turn, Utterance
from autocode.store import Coding, Project, create_project

SENTENCE = "We asked the other department because nobody here knew how the machine was set up."
RULE = "Somebody says that knowledge is missing which others in the firm would have."


def made_up(name: str, *, n_utterances: int, n_suggestions: int, n_codes: int) -> tuple[Transcript, Coding]:
    """An interview in which one sentence is said again and again, and a coding of it."""
    step = len(SENTENCE) + 1
    text = f"{name}\n" + f"{SENTENCE}\n" * n_utterances
    starts = [len(name) + 1 + step * i for i in range(n_utterances)]
    turns = tuple(Turn(i, "R", "respondent", SENTENCE, s, s + step - 1) for i, s in enumerate(starts))
    utterances = tuple(
        Utterance(
            f"{name}:{t.index}", name, t.index, t.index, "R", "respondent", t.text, t.start_char, t.end_char
        )
        for t in turns
    )
    codes = tuple(f"code_{i}" for i in range(n_codes))
    scores = np.random.default_rng(0).random((n_utterances, n_codes), np.float32)
    reasons = (Evidence("words", "nobody here knew", 0.4, 37, 53), Evidence("definition", RULE, 0.3))
    best = np.argsort(-scores, axis=1)[:, :n_suggestions]
    suggestions = tuple(
        Suggestion(utterance.id, codes[j], float(row[j]), None, "review", reasons)
        for utterance, row, order in zip(utterances, scores, best, strict=True)
        for j in order
    )
    return Transcript(name, text, turns, "txt"), Coding(utterances, suggestions, scores, codes)


def milliseconds(action: Callable[[], object]) -> float:
    """How long `action` takes."""
    started = time.perf_counter()
    action()
    return (time.perf_counter() - started) * 1000


def measure(project: Project, options: argparse.Namespace) -> None:
    """Save and read every transcript, and print the times."""
    sizes = {
        "n_utterances": options.utterances,
        "n_suggestions": options.suggestions,
        "n_codes": options.codes,
    }
    store = project.store
    times: dict[str, list[float]] = {"add transcript": [], "save coding": [], "read coding": []}
    for i in range(options.transcripts):
        transcript, coding = made_up(f"interview-{i}", **sizes)
        times["add transcript"].append(milliseconds(partial(store.add_transcript, transcript)))
        saving = partial(store.save_coding, "key", transcript.id, coding, segmentation="s")
        times["save coding"].append(milliseconds(saving))
        times["read coding"].append(milliseconds(partial(store.coding, "key", transcript.id)))
    for name, measured in times.items():
        print(f"{name:15s} median {statistics.median(measured):6.1f} ms   worst {max(measured):6.1f} ms")
    print(f"{'what is done':15s}        {milliseconds(partial(store.done, 'key')):6.1f} ms")
    print(f"{'list':15s}        {milliseconds(store.transcripts):6.1f} ms")


def main() -> None:
    """Measure, and print the size of the database."""
    parser = argparse.ArgumentParser(description="How fast and how large is the store?")
    parser.add_argument("--transcripts", type=int, default=10)
    parser.add_argument("--utterances", type=int, default=700)
    parser.add_argument("--suggestions", type=int, default=40)
    parser.add_argument("--codes", type=int, default=50)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "study")
        with create_project(path, settings_toml="", codebook_yaml="", guide_yaml="") as project:
            measure(project, options)
        size = (path / "autocode.db").stat().st_size
        n = options.transcripts * options.utterances
        print(f"{'database':15s} {size / 1e6:6.1f} MB for {n} utterances, {size / n:.0f} bytes each")


if __name__ == "__main__":
    main()
