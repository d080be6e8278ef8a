"""Which strategy of "what to code next" learns fastest? A simulated coder answers from a coded dataset.

    python scripts/learning_curve.py DATASET_DIR [--steps 20 40 80 160 320] [--repeats 3] [--out curve.svg]

A fifth of the interviews is kept apart to measure on. The simulated coder begins with random utterances and
then codes what each strategy puts next, batch by batch; after each batch everything is learnt anew.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from autocode.dataset import read_dataset
from autocode.evaluate.metrics import overall
from autocode.learn.folds import group_folds, numbered
from autocode.learn.labels import Labels
from autocode.learn.learner import Learned, learn
from autocode.learn.queue import STRATEGIES, next_batch, pool_of
from autocode.learn.recipe import DEFAULT_RECIPE
from autocode.learn.signals import Signals
from autocode.pipeline import Coder
from autocode.training import coded_units


def main() -> None:
    """Print macro-F1 for every strategy and number of coded utterances."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--steps", type=int, nargs="+", default=[20, 40, 80, 160, 320])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--strategies", nargs="+", default=list(STRATEGIES))
    parser.add_argument("--out", type=Path, help="a picture (SVG)")
    options = parser.parse_args()
    dataset = read_dataset(options.dataset)
    coder = Coder(dataset.codebook)
    signals, labels = coded_units(dataset, coder)
    background, groups = coder.background_signals(), numbered(signals.groups)
    curves: dict[str, list[float]] = {}
    print("strategy      " + "".join(f"{n:>8}" for n in options.steps))
    for strategy in options.strategies:
        runs = []
        for repeat in range(options.repeats):
            folds = group_folds(groups, 5, seed=repeat)
            pool, test = np.flatnonzero(folds != 0), np.flatnonzero(folds == 0)
            coded = np.random.default_rng(repeat).choice(pool, options.steps[0], replace=False)
            scores = []
            for step, n in enumerate(options.steps):
                learned = learn(
                    signals.take(coded), labels.take(coded), coder.codebook,
                    background=background, recipe=DEFAULT_RECIPE,
                )  # fmt: skip
                scores.append(measured(learned, signals, labels, test))
                if step + 1 < len(options.steps):
                    rest = np.setdiff1d(pool, coded)
                    wanted = options.steps[step + 1] - n
                    chosen = next_batch(
                        pool_of(learned, signals.take(rest), seed=repeat), wanted, strategy=strategy
                    )
                    coded = np.concatenate([coded, rest[chosen]])
            runs.append(scores)
        curves[strategy] = np.mean(runs, axis=0).tolist()
        print(f"{strategy:14}" + "".join(f"{value:8.3f}" for value in curves[strategy]), flush=True)
    if options.out:
        picture(options.steps, curves, options.out)


def measured(learned: Learned, signals: Signals, labels: Labels, test: np.ndarray) -> float:
    """Macro-F1 over all codes on the interviews kept apart."""
    chosen = learned.rule(learned.probabilities(signals.take(test)))
    return float(overall(labels.values[test], chosen, range(len(labels.code_ids)))["macro_f1"])


def picture(steps: list[int], curves: dict[str, list[float]], path: Path) -> None:
    """One line a strategy."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.5, 4), layout="constrained")
    axes = figure.add_subplot()
    for strategy, values in curves.items():
        axes.plot(steps, values, "o-", label=strategy, markersize=3)
    axes.set_xscale("log")
    axes.set_xticks(steps, [str(step) for step in steps])
    axes.minorticks_off()
    axes.set_xlabel("coded utterances")
    axes.set_ylabel("macro-F1 on unseen interviews")
    axes.legend(frameon=False)
    figure.savefig(path, format="svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
