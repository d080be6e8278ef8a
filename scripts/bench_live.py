"""One decision, 10,000 utterances x 50 codes: how long until every score is new, against a full refit.

    OMP_NUM_THREADS=1 python scripts/bench_live.py [--labelled 2000]

Invented vectors and texts; only the time is measured, and that both ways give the same scores.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from autocode.codebook import Codebook
from autocode.codebook.code import Code
from autocode.learn.labels import Labels
from autocode.learn.learner import learn
from autocode.learn.live import LiveScores
from autocode.learn.recipe import Recipe
from autocode.learn.ridge import fit_exact
from autocode.learn.signals import N_PLACE, Parts, Signals
from autocode.learn.views import kernel


def made_up(n: int, n_codes: int, rng: np.random.Generator) -> Signals:
    """n utterances of invented words and random vectors."""
    words = np.array([f"word{i}" for i in range(3000)])
    chosen = rng.zipf(1.3, (n, 12)) % len(words)
    vectors = rng.normal(size=(n, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    texts = tuple(" ".join(words[row]) for row in chosen)
    names = tuple(f"u{i}" for i in range(n))
    parts = tuple(
        Parts(
            rng.integers(-127, 128, (int(n_tokens), 384), np.int8),
            *(rng.normal(size=(int(n_sentences) + more, 384)).astype(np.float16) for more in (0, 1)),
        )
        for n_tokens, n_sentences in zip(rng.integers(8, 40, n), rng.integers(1, 4, n), strict=True)
    )
    return Signals(
        names, tuple(f"t{i // 200}" for i in range(n)), texts, ("", *texts[:-1]), (*texts[1:], ""),
        ("", *names[:-1]), (*names[1:], ""),
        vectors, vectors[:, ::-1].copy(), parts, vectors[:, :0], np.roll(vectors, 1, axis=0),
        np.zeros_like(vectors), rng.random((n, N_PLACE)).astype(np.float32),
        rng.normal(size=(n, n_codes)).astype(np.float32),
    )  # fmt: skip


def main() -> None:
    """Print milliseconds and the largest difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pool", type=int, default=10_000)
    parser.add_argument("--codes", type=int, default=50)
    parser.add_argument("--labelled", type=int, default=2000)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    pool = made_up(options.pool, options.codes, rng)
    book = Codebook(name="bench", codes=tuple(Code(id=f"c{i}", name=f"c{i}") for i in range(options.codes)))
    rows = np.arange(options.labelled)
    values = (rng.random((options.labelled, options.codes)) < 0.1).astype(float)
    labels = Labels(tuple(pool.ids[row] for row in rows), book.ids, values)
    learned = learn(pool.take(rows), labels, book, recipe=Recipe("balanced", 0.5))
    live = LiveScores(learned, pool)
    one, whole = [], []
    for turn in range(10):
        unit = pool.ids[options.labelled + 2 * turn]
        clock = time.perf_counter()
        live.decide(unit, {"c0": True})
        one.append(time.perf_counter() - clock)
        unit = pool.ids[options.labelled + 2 * turn + 1]
        decided = {code: bool(rng.random() < 0.1) for code in book.ids}
        clock = time.perf_counter()
        live.decide(unit, decided)
        whole.append(time.perf_counter() - clock)
    print(f"a decision on one code        {1000 * np.median(one):6.0f} ms (median of 10)")
    print(f"a decision on all {options.codes} codes    {1000 * np.median(whole):6.0f} ms")
    labelled = pool.take(np.arange(options.labelled + 20))
    encoded, everything = learned.views.encode(labelled), learned.views.encode(pool)
    clock = time.perf_counter()
    gram = kernel(encoded, encoded, learned.weights)
    fit = fit_exact(gram, live._values, np.arange(len(gram)), learned.recipe.penalty)
    again = kernel(everything, encoded, learned.weights) @ fit.dual + fit.mean
    print(f"a full refit                  {1000 * (time.perf_counter() - clock):6.0f} ms")
    print(f"largest difference of a score {np.abs(again - live.learnt).max():.1e}")


if __name__ == "__main__":
    main()
