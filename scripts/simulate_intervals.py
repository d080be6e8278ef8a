"""Do the intervals of alpha hold? Many simulated studies of coders who err, clustered by interview.

    python scripts/simulate_intervals.py [--runs 2000] [--replicates 1000] [--seed 0]

Coders find a code with sensitivity .85 and specificity .97. How frequent it is differs between interviews
(beta distributed), and so does every coder's carelessness: in one interview of five a coder misses half of
what he or she would find. Prints how often the 95 % interval holds the alpha that the same coders have on
2,000 interviews, how wide it is, and how often there is none.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autocode.agreement import Interval, bootstrap_interval, krippendorff_alpha

SENSITIVITY, SPECIFICITY = 0.85, 0.97
CARELESS, FORGOTTEN = 0.2, 0.5  # share of interviews in which a coder is careless; what he or she then misses
SPREAD = 5.0  # a + b of the beta distribution of an interview's prevalence: the smaller, the more they differ
N_TRUE = 2000  # interviews that the true alpha is computed from


@dataclass(frozen=True, slots=True)
class Design:
    """How many coders code how many units of how many interviews, and how frequent the code is."""

    coders: int
    interviews: int
    units: int  # of each interview
    prevalence: float

    def __str__(self) -> str:
        return f"{self.coders} coders, {self.interviews} x {self.units} units, {self.prevalence:.0%}"


DESIGNS = (
    Design(2, 5, 40, 0.3),  # the jackknife
    Design(2, 8, 40, 0.3),
    Design(3, 8, 40, 0.1),
    Design(2, 10, 40, 0.3),  # the bootstrap
    Design(2, 20, 20, 0.3),
    Design(2, 40, 10, 0.3),
    Design(3, 20, 20, 0.1),
    Design(5, 20, 20, 0.1),
    Design(2, 20, 20, 0.05),
)


def main() -> None:
    """Simulate each design and print a row of a Markdown table for it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--replicates", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print("| design | interval | true alpha | by interview: held, width, none | by unit: held, width |")
    print("|---|---|---|---|---|")
    began = time.perf_counter()
    for design in DESIGNS:
        print(
            f"| {design} | {' | '.join(simulate(design, options.runs, options.replicates, options.seed))} |"
        )
    print(f"{options.runs} runs of each design, {time.perf_counter() - began:.0f} s")


def simulate(design: Design, runs: int, replicates: int, seed: int) -> tuple[str, str, str, str]:
    """The interval's name, the true alpha, and what came of interviews and of units as what is drawn."""
    rng = np.random.default_rng(seed)
    true = krippendorff_alpha(study(design, N_TRUE, rng)).value
    assert true is not None
    interviews = np.repeat(np.arange(design.interviews), design.units)
    by_interview, by_unit = [], []
    for run in range(runs):
        ratings = study(design, design.interviews, rng)
        for clusters, found in ((interviews, by_interview), (None, by_unit)):
            found.append(bootstrap_interval(ratings, clusters=clusters, replicates=replicates, seed=run))
    held, width, missing = summary(by_interview, true)
    held_unit, width_unit, _ = summary(by_unit, true)
    method = by_interview[0].method.split()[0]
    return (
        method, f"{true:.3f}", f"{held:.3f}, {width:.2f}, {missing:.1%}", f"{held_unit:.3f}, {width_unit:.2f}"
    )  # fmt: skip


def study(design: Design, n_interviews: int, rng: np.random.Generator) -> NDArray[np.int8]:
    """Ratings of one study, shape (n_coders, n_interviews * units)."""
    share = rng.beta(design.prevalence * SPREAD, (1 - design.prevalence) * SPREAD, n_interviews)
    there = rng.random((n_interviews, design.units)) < share[:, None]
    careless = rng.random((design.coders, n_interviews, 1)) < CARELESS
    finds = np.where(careless, SENSITIVITY * (1 - FORGOTTEN), SENSITIVITY)
    chance = np.where(there, finds, 1 - SPECIFICITY)
    return (rng.random(chance.shape) < chance).reshape(design.coders, -1).astype(np.int8)


def summary(intervals: list[Interval], true: float) -> tuple[float, float, float]:
    """How often the intervals that there are hold the true value, their mean width, and the share of none."""
    limits = [(one.low, one.high) for one in intervals if one.low is not None and one.high is not None]
    held = sum(low <= true <= high for low, high in limits) / max(1, len(limits))
    width = sum(high - low for low, high in limits) / max(1, len(limits))
    return held, width, 1 - len(limits) / len(intervals)


if __name__ == "__main__":
    main()
