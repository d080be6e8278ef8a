"""Do the intervals of an evaluation hold? Many small studies drawn from a large coded dataset.

    python scripts/simulate_evaluation.py DATASET_DIR [--interviews 30] [--studies 100]

Each study is a few of the interviews, evaluated as `autocode evaluate` does. The true value is what the
same models reach on all other interviews, a share of them each. Prints how often the 95 % interval held it,
and how often it held the mean of all studies' true values: what such a study reaches, whichever interviews
it learns from. Beside it stands TF-IDF with logistic regression, whose codes are not made exclusive here.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from autocode.dataset import read_dataset
from autocode.evaluate.baselines import tfidf_lr
from autocode.evaluate.intervals import code_intervals, differences, for_folds, intervals
from autocode.evaluate.metrics import Counts, counts, per_code
from autocode.learn.folds import group_folds, numbered
from autocode.learn.learner import learn
from autocode.pipeline import Coder
from autocode.training import coded_units

FEW = 30  # times that a code is applied in a study

Held = tuple[float, float, float, float]  # value, low, high (nan: no interval), true value


def main() -> None:
    """Run the studies and print a row of a Markdown table for each measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--interviews", type=int, default=30)
    parser.add_argument("--studies", type=int, default=100)
    parser.add_argument("--first", type=int, default=0, help="seed of the first study")
    parser.add_argument("--folds", type=int, default=5)
    options = parser.parse_args()
    dataset = read_dataset(options.dataset)
    coder = Coder(dataset.codebook)
    signals, labels = coded_units(dataset, coder)
    background, groups = coder.background_signals(), numbered(signals.groups)
    found: dict[str, list[Held]] = defaultdict(list)
    for study in range(options.first, options.first + options.studies):
        drawn = np.random.default_rng(study).permutation(groups.max() + 1)[: options.interviews]
        own = np.isin(groups, drawn)
        folds = np.full(len(groups), -1)
        for some in (own, ~own):  # each model is tested on a part of the study and on a part of the rest
            folds[some] = group_folds(numbered(groups[some]), options.folds, seed=study)
        chosen, beside = np.zeros((2, *labels.values.shape), bool)
        for fold in range(options.folds):
            train, test = np.flatnonzero(own & (folds != fold)), np.flatnonzero(folds == fold)
            model = learn(signals.take(train), labels.take(train), coder.codebook, background=background)
            chosen[test] = model.rule(model.probabilities(signals.take(test)))
            beside[test] = tfidf_lr(signals.take(train), labels.values[train], signals.take(test))[0]
        widened = for_folds(options.folds)
        for name, some_held in told(labels.values, chosen, beside, own, groups, widened=widened).items():
            found[name] += some_held
    print("| measure | studies | mean | true mean | held | too low, too high | held the true mean | width |")
    print("|---|---|---|---|---|---|---|---|")
    for name, rows in found.items():
        print(f"| {name} | {row(np.array(rows), several=' of a code ' in name)} |")


def told(
    values: Any, chosen: Any, beside: Any, own: Any, groups: Any, *, widened: float
) -> dict[str, list[Held]]:
    """Every measure of one study, with its interval and its true value."""
    columns = range(values.shape[1])

    def counted(of: Any, some: Any) -> tuple[Counts]:
        by = numbered(groups[some])
        return (counts(values[some], of[some], columns, by, int(by.max()) + 1),)

    ours, theirs = counted(chosen, own), counted(beside, own)
    true = intervals(counted(chosen, ~own), seed=0)
    apart = differences(counted(chosen, ~own), counted(beside, ~own), seed=0)
    found = {
        name: [held(one, true[name]["value"])]
        for name, one in intervals(ours, widened=widened, seed=0).items()
    }
    found |= {
        f"{name}, less TF-IDF's": [held(one, apart[name]["value"])]
        for name, one in differences(ours, theirs, widened=widened, seed=0).items()
    }
    names = [str(column) for column in columns]
    here, there = (per_code(values[some], chosen[some], names) for some in (own, ~own))
    of_codes = code_intervals(values[own], chosen[own], numbered(groups[own]), widened=widened, seed=0)
    for measure in ("f1", "alpha"):
        for name, one in zip(names, of_codes, strict=True):
            if here[name][measure] is not None and there[name][measure] is not None:
                few = f"fewer than {FEW} times" if here[name]["support"] < FEW else f"{FEW} times or more"
                one[measure]["value"] = here[name][measure]
                found.setdefault(f"{measure} of a code applied {few}", []).append(
                    held(one[measure], there[name][measure])
                )
    return found


def held(one: Mapping[str, Any], true: float) -> Held:
    """Value, limits and true value."""
    low, high = (np.nan if one[side] is None else one[side] for side in ("low", "high"))
    return one["value"], low, high, true


def row(rows: Any, *, several: bool) -> str:
    """What came of a measure, or of `several` codes', in all studies that have an interval of it."""
    n = len(rows)
    rows = rows[~np.isnan(rows[:, 1])]
    value, low, high, true = rows.T
    inside = ((low <= true) & (true <= high)).mean()
    mean = "" if several else f"{((low <= true.mean()) & (true.mean() <= high)).mean():.1%}"
    return (
        f"{len(rows)} of {n} | {value.mean():.3f} | {true.mean():.3f} | {inside:.1%} | "
        f"{(high < true).mean():.1%}, {(low > true).mean():.1%} | {mean} | {(high - low).mean():.3f}"
    )


if __name__ == "__main__":
    main()
