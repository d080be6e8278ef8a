"""The alternative annotator test (Calderon, Reichart & Dror, ACL 2025).

It asks whether the machine agrees with the other humans of a panel about as well as a human does.
Require reliable humans first, and units that they coded without seeing the machine's suggestions.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from autocode.agreement.coefficient import Floats, Ints
from autocode.agreement.distances import DistanceTable, distance_table
from autocode.agreement.resample import MIN_CLUSTERS, Estimator, Sampling, jackknife, replicate
from autocode.agreement.tables import MISSING, Ratings, group_index, with_machine
from autocode.agreement.weights import scale_values
from autocode.config import suggest
from autocode.errors import AgreementError

T_TEST, BOOTSTRAP = "t test", "bootstrap of interviews"
JACKKNIFE, SIGN_TEST = "jackknife of interviews, t test", "sign test of interviews"


@dataclass(frozen=True, slots=True)
class AnnotatorTest:
    """One human's part of the alternative annotator test."""

    coder: Hashable
    n_units: int
    n_untied: int  # units on which machine and human did not score the same: all that the test rests on
    machine_wins: float  # share of units on which the machine scores at least as high
    human_wins: float
    p_value: float
    rejected: bool  # the machine is as good as this human, less epsilon


@dataclass(frozen=True, slots=True)
class AlternativeAnnotatorTest:
    """The verdict over all humans; passing says "as good as a random human of this panel", not "reliable"."""

    winning_rate: float | None  # omega: share of humans for whom the hypothesis is rejected
    advantage_probability: float | None  # rho: mean share of units the machine wins or ties
    passed: bool | None  # omega >= 0.5
    undefined_because: str | None
    epsilon: float
    q: float
    score: str
    method: str  # how p values were computed; several where humans have few and many interviews
    humans: tuple[AnnotatorTest, ...]


def alternative_annotator_test(
    humans: Ratings | ArrayLike,
    machine: Sequence[Any],
    *,
    epsilon: float,
    score: str = "accuracy",
    q: float = 0.05,
    min_humans: int = 2,
    min_units: int = 30,
    clusters: ArrayLike | None = None,
    replicates: int = 2000,
    seed: int = 0,
) -> AlternativeAnnotatorTest:
    """The alternative annotator test (Calderon, Reichart & Dror, ACL 2025).

    For each human j and unit, `score` compares machine and j with the other humans; the hypothesis
    that j beats the machine by `epsilon` or more is tested by a one-sided t test (with `clusters`:
    a bootstrap of interviews, with fewer than ten a t test by their jackknife), and Benjamini-Yekutieli
    at `q` over the humans. `epsilon`: .2 for experts, .15 for skilled coders, .1 for crowds. Scores:
    `SCORES`. Units with fewer than `min_humans` humans, and humans with fewer than `min_units` units or
    with units of only one interview, do not count.

    Ties win for both, so "accuracy" on a rare binary code passes a machine that never applies it:
    use sets and "jaccard", or units where somebody applied the code.
    """
    panel, guess = with_machine(humans, machine)
    if score not in SCORES:
        raise AgreementError(f"there is no score '{score}'{suggest(score, list(SCORES))}")
    groups = group_index(clusters, len(guess))
    results, methods = [], dict[str, None]()
    for j, coder in enumerate(panel.coders):
        unit, mine, its = _duel(panel, guess, j, SCORES[score], min_humans)
        if len(unit) < max(min_units, 2) or (groups is not None and np.ptp(groups[unit]) == 0):
            continue
        lead = (mine >= its).astype(np.float64) - (its >= mine)
        p, method = (
            (_t_test(lead, epsilon), T_TEST)
            if groups is None
            else _cluster_test(lead, groups[unit], epsilon, replicates, seed)
        )
        methods[method] = None
        wins = float((its >= mine).mean()), float((mine >= its).mean())
        results.append(AnnotatorTest(coder, len(unit), int((mine != its).sum()), *wins, p, rejected=False))
    rejected = benjamini_yekutieli([result.p_value for result in results], q=q)
    results = [replace(result, rejected=r) for result, r in zip(results, rejected, strict=True)]
    rate = float(np.mean(rejected)) if results else None
    return AlternativeAnnotatorTest(
        winning_rate=rate,
        advantage_probability=float(np.mean([r.machine_wins for r in results])) if results else None,
        passed=None if rate is None else rate >= 0.5,
        undefined_because=None if results else _missing(min_units, by_interview=groups is not None),
        epsilon=epsilon,
        q=q,
        score=score,
        method=" or ".join(methods) or (T_TEST if groups is None else BOOTSTRAP),
        humans=tuple(results),
    )


def benjamini_yekutieli(p_values: Sequence[float], *, q: float = 0.05) -> list[bool]:
    """Which hypotheses are rejected at false discovery rate `q` under any dependence (2001).

    >>> benjamini_yekutieli([0.001, 0.2, 0.012], q=0.05)
    [True, False, True]
    """
    p = np.asarray(p_values, np.float64)
    n = len(p)
    limits = q * np.arange(1, n + 1) / n / (1 / np.arange(1, n + 1)).sum() if n else p
    passed = np.flatnonzero(np.sort(p) <= limits)
    largest = np.sort(p)[passed[-1]] if len(passed) else -1.0
    return [bool(value <= largest) for value in p]


# A table over pairs of categories, and what becomes of its mean over the other humans.
Similarity = tuple[DistanceTable, Callable[[Floats], Floats]]


def _accuracy(categories: Sequence[Hashable]) -> Similarity:
    return distance_table("nominal", categories), lambda mean: 1 - mean


def _neg_rmse(categories: Sequence[Hashable]) -> Similarity:
    values = scale_values(categories)
    return np.square(values[:, None] - values), lambda mean: -np.sqrt(mean)


def _set_similarity(metric: str) -> Callable[[Sequence[Hashable]], Similarity]:
    def similarity(categories: Sequence[Hashable]) -> Similarity:
        sets = [category for category in categories if isinstance(category, frozenset)]
        if len(sets) != len(categories):
            raise AgreementError(f"the score '{metric}' compares sets of codes; these values are not sets")
        return distance_table(metric, sets), lambda mean: 1 - mean

    return similarity


SCORES: dict[str, Callable[[Sequence[Hashable]], Similarity]] = {
    "accuracy": _accuracy,
    "neg_rmse": _neg_rmse,
    "jaccard": _set_similarity("jaccard"),
    "masi": _set_similarity("masi"),
}


def _duel(
    panel: Ratings, guess: Ints, j: int, score: Callable[[Sequence[Hashable]], Similarity], min_humans: int
) -> tuple[Ints, Floats, Floats]:
    """Human j's usable units, and j's and the machine's scores on them against the other humans."""
    table, finish = score(panel.categories)
    row, others = panel.codes[j], np.delete(panel.codes, j, axis=0)
    usable = (panel.n_values >= max(min_humans, 2)) & (guess != MISSING) & (row != MISSING)
    unit = np.flatnonzero(usable)
    present = others[:, unit] != MISSING
    padded = np.where(present, others[:, unit], 0)

    def against_others(values: Ints) -> Floats:
        total = (table[values[unit], padded] * present).sum(axis=0)
        mean = total / np.maximum(present.sum(axis=0), 1)
        return finish(np.round(mean, 12))  # so that what is the same is a tie

    return unit, against_others(row), against_others(guess)


def _t_test(lead: Floats, epsilon: float) -> float:
    """p of the one-sided one-sample t test of "the mean lead is epsilon or more"."""
    from scipy.special import stdtr

    gap, spread = lead.mean() - epsilon, lead.std(ddof=1) / np.sqrt(len(lead))
    if spread == 0:
        return float(gap >= 0)
    return float(stdtr(len(lead) - 1, gap / spread))


def _missing(min_units: int, *, by_interview: bool) -> str:
    where = ", from two interviews or more" if by_interview else ""
    return f"no human has {min_units} units that others have coded too{where}"


def _cluster_test(
    lead: Floats, groups: Ints, epsilon: float, replicates: int, seed: int
) -> tuple[float, str]:
    """The same by resampling interviews (how often their mean lead is epsilon or more), and what was done.

    A bootstrap of few interviews rejects too often; a t test with the jackknife's error takes its place, and
    where that is 0 the sign test: every interview is below epsilon.
    """
    from scipy.special import stdtr

    _, groups = np.unique(groups, return_inverse=True)
    totals = _Leads(np.bincount(groups, lead).astype(np.float64), np.bincount(groups).astype(np.float64))
    estimator = Estimator(totals, lambda part: part.lead / part.n_units)
    n = len(totals.lead)
    if n >= MIN_CLUSTERS:
        means = replicate(estimator, Sampling(groups, n, None), replicates=replicates, seed=seed)
        return float((1 + (means >= epsilon).sum()) / (1 + replicates)), BOOTSTRAP
    gap, error = float(lead.mean()) - epsilon, jackknife(estimator, n).standard_error
    if error is None:
        return 0.5**n if gap < 0 else 1.0, SIGN_TEST
    return float(stdtr(n - 1, gap / error)), JACKKNIFE


@dataclass(frozen=True, slots=True, eq=False)
class _Leads:
    lead: Floats
    n_units: Floats
