"""What is the suggestion "you may stop" worth? A simulated coder answers from a coded dataset.

    python scripts/simulate_stopping.py DATASET_DIR [--repeats 3] [--folds 5] [--strategies random uncertain]

A part of the interviews is kept apart to measure on. The simulated coder begins with random utterances and
then codes what the strategy puts next, until all are coded; at every step it is noted whether the suggestion
was to stop, what the last doubling was said to have brought, and what the next one brings on the interviews
kept apart. Prints both, and how far F1 at the first "you may stop" is from twice the codes, and from all.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from autocode.dataset import read_dataset
from autocode.evaluate.metrics import overall
from autocode.learn.folds import group_folds, numbered
from autocode.learn.learner import learn
from autocode.learn.queue import next_batch, pool_of
from autocode.learn.recipe import DEFAULT_RECIPE
from autocode.learn.stopping import LEAST, stopping
from autocode.pipeline import Coder
from autocode.training import coded_units

GROWTH = 2**0.5  # from one step to the next


@dataclass(frozen=True)
class Step:
    """One moment of the coding."""

    n: int
    gain: float | None  # said to have been brought by the last doubling
    at_most: float | None
    stop: bool
    micro: float  # F1 on the interviews kept apart
    macro: float


def main() -> None:
    """Run the simulated coders and print what came of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folds", type=int, default=5, help="one of which is kept apart, in turn")
    parser.add_argument("--strategies", nargs="+", default=["random", "uncertain"])
    options = parser.parse_args()
    dataset = read_dataset(options.dataset)
    coder = Coder(dataset.codebook)
    signals, labels = coded_units(dataset, coder)
    background, groups = coder.background_signals(), numbered(signals.groups)
    folds = group_folds(groups, options.folds, seed=0)
    for strategy in options.strategies:
        runs = []
        for repeat in range(options.repeats):
            apart = folds == repeat % options.folds
            test, pool = np.flatnonzero(apart), np.flatnonzero(~apart)
            coded = np.random.default_rng(repeat).choice(pool, min(LEAST, len(pool)), replace=False)
            steps = []
            while True:
                learned = learn(
                    signals.take(coded), labels.take(coded), coder.codebook, background=background,
                    recipe=DEFAULT_RECIPE,
                )  # fmt: skip
                told = stopping(learned, coder.codebook, background=background, seed=repeat)
                chosen = learned.rule(learned.probabilities(signals.take(test)))
                f1 = overall(labels.values[test], chosen, range(len(labels.code_ids)))
                steps.append(
                    Step(len(coded), told.gain, told.at_most, told.may_stop, f1["micro_f1"], f1["macro_f1"])
                )
                rest = np.setdiff1d(pool, coded)
                if not len(rest):
                    break
                wanted = min(len(rest), round(len(coded) * (GROWTH - 1)))
                of = pool_of(learned, signals.take(rest), seed=repeat)
                coded = np.concatenate([coded, rest[next_batch(of, wanted, strategy=strategy)]])
            runs.append(steps)
            tell(f"{strategy}, repeat {repeat}", steps)
        summary(strategy, runs)


def tell(name: str, steps: list[Step]) -> None:
    """A line for each step."""
    print(name)
    for one in steps:
        twice, end = at(steps, 2 * one.n), steps[-1]
        gain = "-" if one.gain is None else f"{one.gain:+.3f} ({one.at_most:+.3f} at most)"
        print(
            f"  {one.n:5} coded: micro-F1 {one.micro:.3f}, macro {one.macro:.3f}; last doubling said "
            f"{gain}, next one brings {twice[0] - one.micro:+.3f} (macro {twice[1] - one.macro:+.3f}), all "
            f"{end.micro - one.micro:+.3f} ({end.macro - one.macro:+.3f}){'  STOP' if one.stop else ''}",
            flush=True,
        )


def at(steps: list[Step], n: int) -> tuple[float, float]:
    """Micro- and macro-F1 at `n` coded utterances, or at the end."""
    xs = np.log([one.n for one in steps])
    return (
        float(np.interp(np.log(n), xs, [one.micro for one in steps])),
        float(np.interp(np.log(n), xs, [one.macro for one in steps])),
    )


def summary(strategy: str, runs: list[list[Step]]) -> None:
    """How good the gains said were, and what the first "stop" of each run would have cost."""
    pairs = [
        (one.gain, at(run, 2 * one.n)[0] - one.micro)
        for run in runs
        for one in run
        if one.gain is not None and 2 * one.n <= run[-1].n
    ]
    if pairs:
        said, came = np.array(pairs).T
        print(
            f"{strategy}: of {len(pairs)} moments with twice as much to code: said {said.mean():+.3f}, came "
            f"{came.mean():+.3f}, mean distance {np.abs(said - came).mean():.3f}, came more than said + .01 "
            f"in {(came > said + 0.01).mean():.0%}"
        )
    first = [(run, next((one for one in run if one.stop), None)) for run in runs]
    for run, one in first:
        if one is None:
            print(f"  never said stop, up to {run[-1].n}")
        else:
            twice, end = at(run, 2 * one.n), run[-1]
            print(
                f"  stop at {one.n} of {end.n}: micro-F1 {one.micro:.3f}, {twice[0] - one.micro:+.3f} by "
                f"twice as many, {end.micro - one.micro:+.3f} by all; macro {one.macro:.3f}, "
                f"{twice[1] - one.macro:+.3f}, {end.macro - one.macro:+.3f}"
            )


if __name__ == "__main__":
    main()
