"""How often a code occurs, from machine codes corrected by a human sample.

The machine's raw rate is biased. The human sample must be random, or drawn with known
probabilities; what a reviewer happened to look at does not do. `y` are human values, `f` machine
values on the same units. With `clusters` (interviews) the variance of y - f is cluster-robust, and the
interval's quantile Student's with clusters - 1 degrees of freedom. Of yes and no, value and interval stay
within 0 and 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from autocode.agreement.coefficient import Floats
from autocode.agreement.tables import group_index
from autocode.errors import AgreementError


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean (for a code: its prevalence) with its interval."""

    value: float
    low: float
    high: float
    level: float
    standard_error: float
    method: str
    n_human: int
    n_machine: int
    power: float | None = None  # PPI: the weight lambda of the machine's values


def ppi_mean(
    y: ArrayLike,
    f: ArrayLike,
    f_unlabelled: ArrayLike,
    *,
    power: float | str = "tuned",
    level: float = 0.95,
    clusters: Sequence[object] | None = None,
) -> Estimate:
    """Prediction-powered mean: power * mean(f_unlabelled) + mean(y - power * f).

    `power` 1 is PPI (Angelopoulos et al. 2023), "tuned" PPI++ (Angelopoulos, Duchi & Zrnic 2023):
    cov(y, f) / (var(f) (1 + n/N)), within 0 and 1. Tuned intervals need a few hundred human units
    when positives are few. `clusters` are those of the human units.

    >>> estimate = ppi_mean([1, 0, 0, 1], [1, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0, 1], power=1)
    >>> estimate.value, round(estimate.standard_error, 3)
    (0.5, 0.265)
    """
    human, machine = _paired(y, f)
    rest = _numbers("f_unlabelled", f_unlabelled)
    n_rest = len(rest)
    weight = _tuned(human, machine, rest) if power == "tuned" else float(power)
    error = human - weight * machine
    value = weight * rest.mean() + error.mean()
    variance = _mean_variance(error, clusters) + weight**2 * rest.var() / n_rest
    method = "PPI++" if power == "tuned" else "PPI"
    return _estimate(value, variance, level, method, human, n_machine=n_rest, power=weight, clusters=clusters)


def difference_mean(
    y: ArrayLike,
    f: ArrayLike,
    f_all: ArrayLike,
    *,
    probabilities: ArrayLike | None = None,
    level: float = 0.95,
    clusters: Sequence[object] | None = None,
) -> Estimate:
    """The mean in this corpus: mean(f over all units) + mean(y - f over the human sample).

    With `probabilities`, the chance with which each human unit was sampled, the difference estimator
    [sum f_i + sum (y_i - f_i) / p_i] / N (Saerndal et al. 1992; DSL of Egami et al. 2023 for a
    mean). Without, simple random sampling and its finite-population correction.
    """
    human, machine = _paired(y, f)
    everything = _numbers("f_all", f_all)
    n, n_all = len(human), len(everything)
    if n > n_all:
        raise AgreementError(f"f_all: expected all units of the corpus, found {n_all} for {n} human units")
    if probabilities is None:
        error = human - machine
        variance = _mean_variance(error, clusters) * (1 - n / n_all)
        return _estimate(
            everything.mean() + error.mean(), variance, level, "difference", human, n_machine=n_all,
            clusters=clusters,
        )  # fmt: skip
    p = _numbers("probabilities", probabilities)
    if len(p) != n or (p <= 0).any() or (p > 1).any():
        raise AgreementError(f"probabilities: expected {n} numbers above 0 and up to 1, one a human unit")
    scaled = n * (human - machine) / p / n_all  # their mean is the correction
    if clusters is None:  # Poisson sampling: units drawn independently
        variance = float(((1 - p) * (scaled / n) ** 2).sum())
    else:
        variance = _mean_variance(scaled, clusters)
    value = everything.mean() + scaled.mean()
    method = "difference, known probabilities"
    return _estimate(value, variance, level, method, human, n_machine=n_all, clusters=clusters)


def stratified_mean(y: ArrayLike, f: ArrayLike, f_all: ArrayLike, *, level: float = 0.95) -> Estimate:
    """The mean in this corpus from human samples of each machine value: sum_h W_h mean(y | f = h).

    Take half of the human sample from the machine's yes and half from its no for a rare code. Raises
    `AgreementError` when a machine value of the corpus has fewer than two human units.
    """
    human, machine = _paired(y, f)
    everything = _numbers("f_all", f_all)
    value = variance = 0.0
    for stratum in np.unique(everything):
        mine, size = human[machine == stratum], int((everything == stratum).sum())
        if len(mine) < min(2, size):
            raise AgreementError(f"y: expected two human units or more where the machine says {stratum:g}")
        share = size / len(everything)
        value += share * mine.mean()
        if len(mine) < size:
            variance += share**2 * mine.var(ddof=1) / len(mine) * (1 - len(mine) / size)
    return _estimate(value, variance, level, "stratified by machine value", human, n_machine=len(everything))


def _tuned(human: Floats, machine: Floats, rest: Floats) -> float:
    spread = np.concatenate([machine, rest]).var(ddof=1)
    if len(human) < 2 or spread == 0:
        return 0.0
    weight = np.cov(human, machine, ddof=0)[0, 1] / (spread * (1 + len(human) / len(rest)))
    return float(np.clip(weight, 0, 1))


def _mean_variance(values: Floats, clusters: Sequence[object] | None) -> float:
    """Variance of a mean: over independent units, or over independent clusters of units."""
    n = len(values)
    if clusters is None:
        return float(values.var() / n)
    group = group_index(clusters, n)  # type: ignore[arg-type]
    sums = np.bincount(group, values - values.mean())  # type: ignore[arg-type]
    if len(sums) < 2:
        raise AgreementError("clusters: expected units from two or more interviews")
    return float(len(sums) / (len(sums) - 1) * (sums**2).sum() / n**2)


def _estimate(
    value: float,
    variance: float,
    level: float,
    method: str,
    human: Floats,
    *,
    n_machine: int,
    power: float | None = None,
    clusters: Sequence[object] | None = None,
) -> Estimate:
    from scipy.special import ndtri, stdtrit

    groups = group_index(clusters, len(human))  # type: ignore[arg-type]
    quantile = ndtri(0.5 + level / 2) if groups is None else stdtrit(int(groups.max()), 0.5 + level / 2)
    error, value = float(np.sqrt(variance)), float(value)
    low, high = value - float(quantile) * error, value + float(quantile) * error
    if np.isin(human, (0, 1)).all():
        low, value, high = np.clip([low, value, high], 0, 1).tolist()
    return Estimate(value, low, high, level, error, method, len(human), n_machine, power)


def _paired(y: ArrayLike, f: ArrayLike) -> tuple[Floats, Floats]:
    human, machine = _numbers("y", y), _numbers("f", f)
    if len(human) != len(machine):
        raise AgreementError(f"y and f: expected the same units, found {len(human)} and {len(machine)}")
    return human, machine


def _numbers(name: str, values: ArrayLike) -> Floats:
    numbers = np.asarray(values, np.float64)
    if numbers.ndim != 1 or not len(numbers) or not np.isfinite(numbers).all():
        raise AgreementError(f"{name}: expected a list of one number or more, none missing")
    return numbers
