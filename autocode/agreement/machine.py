"""May the machine stand in for a coder?

Human-human, human-machine and machine-machine agreement are kept apart: the machine never enters
the humans' alpha. Everything here wants units that the humans coded without seeing the
machine's suggestions.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from autocode.agreement.alpha import Metric, squared_differences
from autocode.agreement.coefficient import Floats, Interval, finite
from autocode.agreement.intervals import alpha_estimator, together
from autocode.agreement.resample import (
    THRESHOLDS,
    Estimator,
    Sampling,
    estimator_interval,
    sampling,
    whole,
)
from autocode.agreement.tables import Ratings, with_machine
from autocode.errors import AgreementError


@dataclass(frozen=True, slots=True)
class NonInferiority:
    """Mean alpha of the machine with each human, less the mean alpha of the humans with each other."""

    difference: float | None
    interval: Interval
    margin: float
    passed: bool | None  # the lower limit is above -margin; None: no interval
    human_machine: float | None
    human_human: float | None
    human_machine_interval: Interval
    human_human_interval: Interval


@dataclass(frozen=True, slots=True)
class Replacement:
    """Alpha of the panel with one human replaced by the machine, less alpha of the panel."""

    coder: Hashable
    difference: float | None
    interval: Interval


def non_inferiority(
    humans: Ratings | ArrayLike,
    machine: Sequence[Any],
    *,
    margin: float,
    metric: Metric = "nominal",
    clusters: ArrayLike | None = None,
    level: float = 0.95,
    replicates: int = 2000,
    seed: int = 0,
) -> NonInferiority:
    """Is the machine's agreement with humans at most `margin` below the humans' own?

    D = mean alpha(machine, human) - mean alpha(human, human); the machine is not inferior when the
    lower limit of D is above -margin. Choose the margin (.05 or .10) beforehand. Without `clusters`
    (interviews), units are resampled, which is too optimistic for units of the same interview.
    """
    everyone, n = _everyone("non_inferiority", humans, machine)
    panels = [(j, n) for j in range(n)] + list(combinations(range(n), 2))

    def of_machine(alphas: Floats) -> Floats:
        mean: Floats = alphas[..., :n].mean(axis=-1)
        return mean

    def of_humans(alphas: Floats) -> Floats:
        mean: Floats = alphas[..., n:].mean(axis=-1)
        return mean

    def contrast(alphas: Floats) -> Floats:
        return of_machine(alphas) - of_humans(alphas)

    alphas, parts, sample = _panels(everyone, panels, metric, clusters)

    def interval(finish: Callable[[Floats], Floats], thresholds: Sequence[float]) -> Interval:
        return estimator_interval(
            together(parts, finish), sample, level=level, replicates=replicates, seed=seed,
            thresholds=thresholds,
        )  # fmt: skip

    found = interval(contrast, (-margin, 0.0))
    return NonInferiority(
        difference=finite(float(contrast(alphas))),
        interval=found,
        margin=margin,
        passed=None if found.low is None else found.low > -margin,
        human_machine=finite(float(of_machine(alphas))),
        human_human=finite(float(of_humans(alphas))),
        human_machine_interval=interval(of_machine, THRESHOLDS),
        human_human_interval=interval(of_humans, THRESHOLDS),
    )


def replace_one(
    humans: Ratings | ArrayLike,
    machine: Sequence[Any],
    *,
    metric: Metric = "nominal",
    clusters: ArrayLike | None = None,
    level: float = 0.95,
    replicates: int = 2000,
    seed: int = 0,
) -> list[Replacement]:
    """What happens to the panel's alpha when the machine takes the place of each human in turn."""
    everyone, n = _everyone("replace_one", humans, machine)
    panels = [tuple(range(n))] + [tuple(n if i == j else i for i in range(n)) for j in range(n)]
    alphas, parts, sample = _panels(everyone, panels, metric, clusters)

    def contrast(pair: Floats) -> Floats:
        difference: Floats = pair[..., 1] - pair[..., 0]
        return difference

    result = []
    for j in range(n):
        interval = estimator_interval(
            together([parts[0], parts[j + 1]], contrast), sample, level=level, replicates=replicates,
            seed=seed, thresholds=(0.0,),
        )  # fmt: skip
        difference = finite(float(contrast(alphas[[0, j + 1]])))
        result.append(Replacement(everyone.coders[j], difference, interval))
    return result


def _everyone(name: str, humans: Ratings | ArrayLike, machine: Sequence[Any]) -> tuple[Ratings, int]:
    """The humans with the machine as the last coder, and the number of humans."""
    panel, guess = with_machine(humans, machine)
    n = panel.codes.shape[0]
    if n < 2:
        raise AgreementError(f"{name} compares the machine with two humans or more, found {n}")
    coders = [*panel.coders, "machine"]
    return Ratings(np.vstack([panel.codes, guess]), panel.categories, coders, panel.units), n


def _panels(
    everyone: Ratings, panels: Sequence[Sequence[int]], metric: Metric, clusters: ArrayLike | None
) -> tuple[Floats, list[Estimator], Sampling]:
    """Alpha of several panels of the same size, and their estimators, to be resampled together."""
    ordinal = isinstance(metric, str) and metric == "ordinal"
    fixed = metric if ordinal else squared_differences(everyone, metric)
    table, sample = sampling(everyone, clusters)
    parts = [alpha_estimator(table.select_coders(panel), sample.groups, fixed) for panel in panels]
    everything = together(parts, lambda alphas: alphas)
    return everything.values(whole(everything.totals, sample)), parts, sample
