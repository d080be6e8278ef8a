"""Do the intervals of corrected prevalence hold? Many random human samples of a coded dataset.

    python scripts/simulate_prevalence.py DATASET_DIR [--samples 200] [--units 300 ...]

The dataset is taken as the truth. A model learns from a part of the interviews; from the others random
utterances are "coded by people". Prints how often the interval holds the true share, how wide it is, and how
often the uncorrected mean of the model lies in an interval of the same width.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from autocode.dataset import read_dataset
from autocode.learn.folds import numbered
from autocode.learn.learner import learn
from autocode.learn.prevalence import code_prevalence, share_of_people
from autocode.pipeline import Coder
from autocode.training import coded_units


def main() -> None:
    """Draw the samples and print what came of them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--units", type=int, nargs="+", default=[100, 300])
    parser.add_argument("--interviews", type=int, default=40, help="to learn from")
    options = parser.parse_args()
    dataset = read_dataset(options.dataset)
    coder = Coder(dataset.codebook)
    signals, labels = coded_units(dataset, coder)
    groups = numbered(signals.groups)
    learnt = groups < options.interviews
    train, rest = np.flatnonzero(learnt), np.flatnonzero(~learnt)
    model = learn(
        signals.take(train), labels.take(train), coder.codebook, background=coder.background_signals()
    )
    p, truth, groups = model.probabilities(signals.take(rest)), labels.values[rest], groups[rest]
    voice = {str(turn.unit_id): one.id + turn.speaker for one in dataset.transcripts for turn in one.turns}
    people = numbered([voice[unit] for unit in signals.take(rest).ids])
    codes = [c for c in range(truth.shape[1]) if truth[:, c].sum() >= 20]
    names = [coder.codebook.ids[c] for c in codes]
    for n in options.units:
        held, width, raw, by_people, shown = (np.zeros(len(codes)) for _ in range(5))
        for sample in range(options.samples):
            drawn = np.random.default_rng(sample).choice(len(rest), n, replace=False)
            values = np.full(truth.shape, np.nan)
            values[drawn] = truth[drawn]
            found = code_prevalence(names, p[:, codes], values[:, codes], groups.tolist())
            for index, one in enumerate(found):
                if one.low is None:  # nobody found the code in the sample
                    continue
                true, shown[index] = truth[:, codes[index]].mean(), shown[index] + 1
                held[index] += one.low <= true <= one.high
                width[index] += one.high - one.low
                raw[index] += abs(one.raw - true) <= (one.high - one.low) / 2
                column = codes[index]
                share = [
                    share_of_people(p[:, column], values[:, column], people, end)
                    for end in (one.low, one.high)
                ]
                carried = np.bincount(people, truth[:, column]) > 0
                by_people[index] += share[0] <= carried.mean() <= share[1]
        held, width, raw, by_people = (sums / shown for sums in (held, width, raw, by_people))
        print(f"{n} utterances coded by people, {options.samples} samples, level .95")
        for index, name in enumerate(names):
            print(
                f"  {name:24} true share {truth[:, codes[index]].mean():.3f}, interval held in "
                f"{held[index]:.3f}, width {width[index]:.3f}, of respondents in {by_people[index]:.3f}; "
                f"samples without an interval: {options.samples - shown[index]:.0f}"
            )
        print(
            f"  mean: held {held.mean():.3f}, width {width.mean():.3f}; of respondents held "
            f"{by_people.mean():.3f}; the model's own mean within half a width of the truth: {raw.mean():.3f}"
        )


if __name__ == "__main__":
    main()
