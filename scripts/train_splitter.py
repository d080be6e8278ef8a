"""Train and measure the splitter for English speech-recognition text without punctuation.

    python scripts/train_splitter.py QMSUM_DIR --test FOUNDERS_DIR

Both folders hold `utterances.jsonl.gz`. The texts are lower-cased and stripped of punctuation; the
sentence ends of the punctuated originals are what is to be found again. Trains on the train and test parts
of QMSum, sets the threshold on its validation part and measures on FOUNDERS_DIR, which training never
sees. Writes `models/splitter-en.npz` and its card `models/splitter-en.json`. The same data gives the
same files.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocode.config import shipped
from autocode.segment import splitter
from autocode.segment.sentences import sentence_starts

N_COMMON = 150  # words that shape features keep whole
EPOCHS, BATCH, RATE, PENALTY = 12, 2048, 0.1, 1e-5
LONG_TURN = 20  # words: measured on turns from here on, as the splitter is used on them alone
_CLITIC = re.compile(r"\s+('(?:m|s|re|ve|ll|d|t)\b)")

Turn = tuple[list[str], list[int]]  # the bare words, and the numbers of those that begin a sentence


def main() -> None:
    """Train, measure, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("qmsum", type=Path)
    parser.add_argument("--test", type=Path, required=True, metavar="FOUNDERS_DIR")
    parser.add_argument("--out", type=Path, default=shipped("models"))
    arguments = parser.parse_args()

    parts: dict[str, list[Turn]] = {"train": [], "val": [], "test": []}
    for row in read_rows(arguments.qmsum):
        parts[row["meta"]["split"]].append(bare_turn(detokenized(row["text"])))
    training = [turn for turn in parts["train"] + parts["test"] if len(turn[0]) >= 8]
    validation = [turn for turn in parts["val"] if len(turn[0]) >= LONG_TURN]
    held_out = [bare_turn(re.sub(r"\[[^\]]*\]", " ", row["text"])) for row in read_rows(arguments.test)]
    held_out = [turn for turn in held_out if len(turn[0]) >= LONG_TURN]

    path = arguments.out / "splitter-en.npz"
    save(path, train(training), validation)
    splitter.load_splitter.cache_clear()
    trained = splitter.load_splitter(path)
    scores = {
        name: {
            data: score(find, turns) for data, turns in (("qmsum-val", validation), ("founders", held_out))
        }
        for name, find in methods(trained, training).items()
    }
    write_card(path, scores, n_training=len(training), n_held_out=len(held_out))
    for name, by_data in scores.items():
        for data, (precision, recall, f1) in by_data.items():
            print(f"{name:28} {data:10} precision {precision:.3f}  recall {recall:.3f}  F1 {f1:.3f}")


def read_rows(folder: Path) -> Iterator[dict[str, Any]]:
    """The utterances of a coded dataset."""
    with gzip.open(folder / "utterances.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def detokenized(text: str) -> str:
    """QMSum's text without its marks and without the spaces before punctuation and clitics."""
    text = re.sub(r"\{[a-z]+\}", " ", text)
    return re.sub(r"\s+([.?!,])", r"\1", _CLITIC.sub(r"\1", text))


def bare_turn(text: str) -> Turn:
    """The words as a speech recogniser without punctuation would write them, and where sentences begin."""
    starts = set(sentence_starts(text, marks=[]))
    words: list[str] = []
    firsts: list[int] = []
    begins = False
    for chunk in re.finditer(r"\S+", text):
        begins = begins or chunk.start() in starts
        word = splitter.bare(chunk.group())
        if word:
            if begins and words:
                firsts.append(len(words))
            begins = False
            words.append(word)
    return words, firsts


def train(turns: Sequence[Turn]) -> splitter.Splitter:
    """Logistic regression by AdaGrad on mini-batches, in numpy."""
    counts = Counter(word for words, _ in turns for word in words)
    common = frozenset(
        word for word, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:N_COMMON]
    )
    features = np.concatenate([splitter.gap_features(words, common) for words, _ in turns]).astype(np.int32)
    truth = np.concatenate([boundaries(turn) for turn in turns]).astype(np.float32)
    n_weights = 1 << splitter.HASH_BITS
    weights = np.zeros(n_weights, np.float32)
    squares = np.full(n_weights, 1e-6, np.float32)
    bias = float(np.log(truth.mean() / (1 - truth.mean())))
    draw = np.random.default_rng(0)
    for _ in range(EPOCHS):
        order = draw.permutation(len(truth))
        for first in range(0, len(order), BATCH):
            rows = order[first : first + BATCH]
            picked = features[rows]
            error = 1 / (1 + np.exp(-(weights[picked].sum(axis=1) + bias))) - truth[rows]
            sums = np.bincount(picked.ravel(), np.repeat(error, picked.shape[1]), minlength=n_weights)
            gradient = sums.astype(np.float32) / len(rows) + PENALTY * weights
            squares += gradient**2
            weights -= RATE * gradient / np.sqrt(squares)
            bias -= 0.05 * RATE * float(error.mean())
    return splitter.Splitter(weights, bias, 0.0, common)


def boundaries(turn: Turn) -> NDArray[np.bool_]:
    """One flag for each gap of `turn`."""
    flags = np.zeros(max(len(turn[0]) - 1, 0), dtype=bool)
    flags[np.asarray(turn[1], dtype=int) - 1] = True
    return flags


def save(path: Path, fitted: splitter.Splitter, validation: Sequence[Turn]) -> None:
    """Write the weights in 8 bits, with the threshold that gives the best F1 on `validation`."""
    scale = float(np.abs(fitted.weights).max()) / 127
    scores = np.concatenate([fitted.scores(words) for words, _ in validation])
    truth = np.concatenate([boundaries(turn) for turn in validation])
    threshold = max(np.arange(-3, 1, 0.05), key=lambda level: f1(scores > level, truth)[2])
    path.parent.mkdir(exist_ok=True)
    np.savez_compressed(
        path,
        weights=np.round(fitted.weights / scale).astype(np.int8),
        scale=np.float32(scale),
        bias=np.float32(fitted.bias),
        threshold=np.float32(threshold),
        common=np.array(sorted(fitted.common)),
    )


def methods(
    trained: splitter.Splitter, training: Sequence[Turn]
) -> dict[str, Callable[[Sequence[str]], Sequence[int]]]:
    """What is compared: name to a function from words to the numbers of those that begin a sentence."""
    n_sentences = sum(len(firsts) + 1 for words, firsts in training if len(words) >= LONG_TURN)
    every = round(sum(len(words) for words, _ in training if len(words) >= LONG_TURN) / n_sentences)
    return {
        f"every {every} words": lambda words: range(every, len(words), every),
        "rule": lambda words: splitter.split_by_rule(words, language="en"),
        "trained": lambda words: splitter.cut(trained.scores(words)),
    }


def score(
    find: Callable[[Sequence[str]], Sequence[int]], turns: Sequence[Turn]
) -> tuple[float, float, float]:
    """Precision, recall and F1 of the boundaries within `turns`."""
    found = np.concatenate([boundaries((words, list(find(words)))) for words, _ in turns])
    return f1(found, np.concatenate([boundaries(turn) for turn in turns]))


def f1(found: NDArray[np.bool_], truth: NDArray[np.bool_]) -> tuple[float, float, float]:
    """Precision, recall and F1 of flags."""
    hits = int((found & truth).sum())
    return hits / max(int(found.sum()), 1), hits / int(truth.sum()), 2 * hits / int(found.sum() + truth.sum())


def write_card(path: Path, scores: dict[str, dict[str, tuple[float, float, float]]], **counts: int) -> None:
    """The model's card beside it: what it is, what it learned from, its digest and its scores."""
    card = {
        "name": path.stem,
        "task": "sentence boundaries in English speech-recognition text without punctuation",
        "method": "logistic regression on hashed word features of each gap, AdaGrad, 8-bit weights",
        "trained_on": {
            "data": "QMSum, parts train and test; threshold on part val",
            "source": "https://github.com/Yale-LILY/QMSum at 83d7768c",
            "licence": "MIT; the AMI and ICSI transcripts beneath it: CC BY 4.0",
            "turns": counts["n_training"],
        },
        "measured_on": {
            "data": "Founders Talk transcripts, turns of 20 words and more, never trained on",
            "source": "https://github.com/thechangelog/transcripts at 44a0e16c",
            "licence": "CC BY-SA 4.0; nothing of it is in the weights",
            "turns": counts["n_held_out"],
        },
        "scores": {
            name: {data: _named(values) for data, values in by_data.items()}
            for name, by_data in scores.items()
        },
        "made_by": "scripts/train_splitter.py",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
    path.with_suffix(".json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")


def _named(values: tuple[float, float, float]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in zip(("precision", "recall", "f1"), values, strict=True)}


if __name__ == "__main__":
    main()
