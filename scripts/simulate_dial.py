"""Does the risk dial keep its promise? Many random splits of a coded dataset, by interview.

    python scripts/simulate_dial.py DATASET_DIR [--splits 200] [--target 0.05] [--out dial.svg]

In each split a model learns from a part of the interviews and sets its dial there; the decisions that it
would have settled unseen are checked on the others. Prints in how many splits the error among the accepted
(and among the rejected) was above the target; at a confidence of 95 % that may be 5 % of them.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from autocode.dataset import read_dataset
from autocode.learn.folds import numbered
from autocode.learn.learner import learn
from autocode.pipeline import Coder
from autocode.training import coded_units, dial_of


def main() -> None:
    """Run the splits and print what came of them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--splits", type=int, default=200)
    parser.add_argument("--share", type=float, default=0.5, help="of the interviews, to learn from")
    parser.add_argument("--target", type=float, nargs="+", default=[0.05, 0.1, 0.2])
    parser.add_argument("--confidence", type=float, default=0.95)
    parser.add_argument("--out", type=Path, help="a picture of the errors (SVG)")
    options = parser.parse_args()
    dataset = read_dataset(options.dataset)
    coder = Coder(dataset.codebook)
    signals, labels = coded_units(dataset, coder)
    background, groups = coder.background_signals(), numbered(signals.groups)
    found: dict[float, list[tuple[float, ...]]] = {target: [] for target in options.target}
    recipe = None
    for split in range(options.splits):
        rng = np.random.default_rng(split)
        shuffled = rng.permutation(groups.max() + 1)
        learnt = np.isin(groups, shuffled[: int(len(shuffled) * options.share)])
        train, test = np.flatnonzero(learnt), np.flatnonzero(~learnt)
        model = learn(
            signals.take(train), labels.take(train), coder.codebook, background=background, recipe=recipe
        )
        recipe = model.recipe  # chosen in the first split; to choose again each time only costs time
        p, y = model.probabilities(signals.take(test)), labels.values[test]
        for target in options.target:
            dial = dial_of(model, target, options.confidence)
            found[target].append(what_came_of(dial.decide(p), y))
    for target, rows in found.items():
        tell(target, np.array(rows))
    if options.out:
        picture(found, options.out)


def what_came_of(verdicts: Any, y: Any) -> tuple[float, ...]:
    """Errors among accepted and rejected (nan: none), shares settled, shares of units settled."""
    accepted, rejected, said = verdicts == "accept", verdicts == "reject", ~np.isnan(y)
    carries = (y == 1).any(axis=1)
    wholly = (accepted | (y != 1)).all(axis=1)
    return (
        float((y[accepted & said] == 0).mean()) if (accepted & said).any() else np.nan,
        float((y[rejected & said] == 1).mean()) if (rejected & said).any() else np.nan,
        float((accepted & said).sum() / said.sum()),
        float((rejected & said).sum() / said.sum()),
        float(wholly[carries].mean()),
        float((verdicts != "review").all(axis=1).mean()),
    )


def tell(target: float, rows: Any) -> None:
    """One block for a target."""
    print(f"target {target:g}, {len(rows)} splits")
    for name, column in (("accepted", 0), ("rejected", 1)):
        error, share = rows[:, column], rows[:, column + 2]
        used = ~np.isnan(error)
        mean = error[used].mean() if used.any() else float("nan")
        broken = (np.nan_to_num(error) > target).mean()
        print(
            f"  {name}: used in {used.mean():.0%} of splits, mean error {mean:.4f}, "
            f"bound broken in {broken:.1%}, {share.mean():.1%} of decisions"
        )
    print(
        f"  decisions settled {rows[:, 2:4].sum(axis=1).mean():.1%}; units with all their codes accepted "
        f"{rows[:, 4].mean():.1%}, with every decision settled {rows[:, 5].mean():.1%}"
    )


def picture(found: dict[float, list[tuple[float, ...]]], path: Path) -> None:
    """The errors of all splits against their targets."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.5, 3.2), layout="constrained")
    axes = figure.add_subplot()
    for index, (target, rows) in enumerate(found.items()):
        for side, color in ((0, "#2f6690"), (1, "#c0562f")):
            errors = np.array(rows)[:, side]
            spread = np.linspace(-0.12, 0.12, len(errors))
            axes.plot(index + 0.2 * side - 0.1 + 0.6 * spread, errors, ".", color=color, markersize=3)
        axes.plot([index - 0.3, index + 0.3], [target, target], color="black")
    axes.set_xticks(range(len(found)), [f"target {target:g}" for target in found])
    axes.set_ylabel("error on unseen interviews")
    axes.set_title("blue: among accepted; red: among rejected", fontsize=9)
    figure.savefig(path, format="svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
