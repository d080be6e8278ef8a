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
from autocode.agreement.resample import Estimator, Sampling, estimator_interval, sampling, whole
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

    def contrast(alphas: Floats) -> Floats:
        difference: Floats = alphas[..., :n].mean(axis=-1) - alphas[..., n:].mean(axis=-1)
        return difference

    alphas, estimator, sample = _panels(everyone, panels, metric, clusters, contrast)
    interval = estimator_interval(
        estimator, sample, level=level, replicates=replicates, seed=seed, thresholds=(-margin, 0.0)
    )
    return NonInferiority(
        difference=finite(float(contrast(alphas))),
        interval=interval,
        margin=margin,
        passed=None if interval.low is None else interval.low > -margin,
        human_machine=finite(alphas[:n].mean()),
        human_human=finite(alphas[n:].mean()),
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
    result = []
    for j in range(n):
        pair = [panels[0], panels[j + 1]]

        def contrast(alphas: Floats) -> Floats:
            difference: Floats = alphas[..., 1] - alphas[..., 0]
            return difference

        alphas, estimator, sample = _panels(everyone, pair, metric, clusters, contrast)
        interval = estimator_interval(
            estimator, sample, level=level, replicates=replicates, seed=seed, thresholds=(0.0,)
        )
        result.append(Replacement(everyone.coders[j], finite(float(contrast(alphas))), interval))
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
    everyone: Ratings,
    panels: Sequence[Sequence[int]],
    metric: Metric,
    clusters: ArrayLike | None,
    contrast: Callable[[Floats], Floats],
) -> tuple[Floats, Estimator, Sampling]:
    """Alpha of several panels of the same size, resampled together, and a contrast of them."""
    ordinal = isinstance(metric, str) and metric == "ordinal"
    fixed = metric if ordinal else squared_differences(everyone, metric)
    table, sample = sampling(everyone, clusters)
    parts = [alpha_estimator(table.select_coders(panel), sample.groups, fixed) for panel in panels]
    everything = together(parts, lambda alphas: alphas)
    alphas = everything.values(whole(everything.totals, sample))
    return alphas, together(parts, contrast), sample
