"""How often each code occurs in a corpus, from a human sample and a model that has read the rest.

Counting the model's suggestions is biased; the mean of its probabilities is corrected by its mean error on
the human sample (the difference estimator, Saerndal et al. 1992; DSL of Egami et al. 2023). The sample must
be random, or drawn with known probabilities: what a reviewer happened to code, or what was coded first
because it was uncertain, does not do. Weights are made to add up to what they stand for (Hajek 1971), so that
a sample of which a part is not read yet, and one that was drawn in two goes, do not count too little or too
much. What was coded before anything was drawn has a chance of 1: there the error is known, not estimated.
Where the model was wrong in few of the drawn utterances, or in none, their spread says little of errors that
nobody has seen; then intervals reach at least as far as these may be many (Clopper & Pearson 1934).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autocode.errors import LearnError

Floats = NDArray[np.float64]
ALL_OR_NONE = (
    "people found it in none, or in all, of the sample, which does not show how far off its share is"
)
FEW_ERRORS = 5  # of one kind in the sample, below which their spread is not relied on
NEARLY_EQUAL = 1.2  # ratio of the largest to the smallest weight, up to which a sample is a simple one


@dataclass(frozen=True, slots=True)
class Prevalence:
    """The share of a corpus' utterances to which a code applies."""

    code_id: str
    value: float | None
    low: float | None
    high: float | None
    n_human: int
    raw: float  # the uncorrected mean of the model's probabilities: not to be reported
    undefined_because: str | None = None
    widened_because: str | None = None  # for errors of the model that nobody has seen


def code_prevalence(
    code_ids: Sequence[str],
    probabilities: Floats,
    values: Floats,
    groups: Sequence[object],
    *,
    sampled_with: ArrayLike | None = None,
    level: float = 0.95,
) -> list[Prevalence]:
    """The corrected share of each code, with an interval clustered by interview (t, interviews - 1 df).

    `probabilities` (n, n_codes) are of all utterances of the corpus, those of the human sample from models
    that have not seen their interview (`Learned.probabilities` gives both); `values` (n, n_codes) are 1,
    0, or nan outside of the sample; `groups` (n,) are interviews; `sampled_with` (n,), needed unless every
    utterance had the same chance, the probability with which each was drawn, 1 for what people coded in any
    case. Where everything is coded the share is a count, and the interval has no width; where people found a
    code in none or in all of the sample, there is none; where the model missed it, or gave it wrongly, fewer
    than `FEW_ERRORS` times, it is widened. Raises `LearnError` for shapes that do not fit, and for chances
    that are none.
    """
    n = len(probabilities)
    chances = np.full(n, 0.5) if sampled_with is None else np.asarray(sampled_with, np.float64)
    if values.shape != probabilities.shape or len(groups) != n or chances.shape != (n,):
        raise LearnError("prevalence: probabilities, values, groups and chances are of different utterances")
    if not ((chances > 0) & (chances <= 1)).all():
        raise LearnError("prevalence: every utterance needs a chance above 0 and up to 1 of being drawn")
    which = np.unique(np.asarray(groups, object).astype(str), return_inverse=True)[1]
    return [
        _one(code, probabilities[:, c], values[:, c], which, chances, level=level)
        for c, code in enumerate(code_ids)
    ]


def _one(
    code: str, p: Floats, y: Floats, groups: NDArray[np.intp], chances: Floats, *, level: float
) -> Prevalence:
    from scipy.stats import t

    said, raw, n = ~np.isnan(y), float(p.mean()), len(y)
    sure, drawn = said & (chances == 1), said & (chances < 1)
    n_open, n_said = n - int(sure.sum()), int(said.sum())  # what the sample stands for
    if n_said == n:
        share = float(y.mean())
        return Prevalence(code, share, share, share, n_said, raw)
    clusters, number = np.unique(groups[drawn], return_inverse=True)
    if len(clusters) < 2:
        why = (
            "nobody has coded it" if not n_said
            else "none of the coded utterances were drawn by chance" if not len(clusters)
            else "the coded utterances are of one interview"
        )  # fmt: skip
        return Prevalence(code, None, None, None, n_said, raw, why)
    weights, errors = 1 / chances[drawn], (y - p)[drawn]
    mean = float(weights @ errors / weights.sum())
    value = (p.sum() + (y - p)[sure].sum() + n_open * mean) / n
    sums = np.bincount(number, weights * (errors - mean))
    variance = len(clusters) / (len(clusters) - 1) * float((sums**2).sum()) / weights.sum() ** 2
    simple = weights.max() <= NEARLY_EQUAL * weights.min()  # a simple random sample of what is open
    finite = (1 - len(errors) / n_open) ** 0.5 if simple else 1.0
    reach = float(t.ppf(0.5 + level / 2, len(clusters) - 1)) * n_open / n * finite * variance**0.5
    if np.ptp(y[drawn]) == 0:
        return Prevalence(code, float(np.clip(value, 0, 1)), None, None, n_said, raw, ALL_OR_NONE)
    given = p >= 0.5
    (missed, more), (wrong, fewer) = (
        _unseen(np.abs((y - p)[drawn & side]) >= 0.5, 1 / chances[drawn & side], level=level)
        for side in (~given, given)
    )
    more, fewer = (
        finite * limit * float((side & ~sure).sum()) / n for limit, side in ((more, ~given), (fewer, given))
    )
    low, at, high = np.clip([value - max(reach, fewer), value, value + max(reach, more)], 0, 1).tolist()
    why = (
        f"of {len(errors)} drawn utterances the model missed the code in {missed} and gave it wrongly in "
        f"{wrong}"
    )
    widened = max(more, fewer) > reach
    return Prevalence(code, at, low, high, n_said, raw, widened_because=why if widened else None)


def _unseen(wrong: NDArray[np.bool_], weights: Floats, *, level: float) -> tuple[int, float]:
    """In how many utterances the model was wrong, and by how much the share of these may exceed what was
    seen: by 0 where it was wrong in many, by 1 where none were drawn.

    The utterances are those drawn that it gave the code, or those that it did not; unequal weights count as
    Kish (1965) has them.
    """
    from scipy.stats import beta

    n_wrong = int(wrong.sum())
    if not len(wrong):
        return 0, 1.0
    if n_wrong >= FEW_ERRORS or n_wrong == len(wrong):
        return n_wrong, 0.0
    seen, n = float(weights @ wrong / weights.sum()), float(weights.sum() ** 2 / (weights**2).sum())
    return n_wrong, float(beta.ppf(0.5 + level / 2, seen * n + 1, n - seen * n)) - seen


def share_of_people(probabilities: Floats, values: Floats, people: NDArray[np.intp], share: float) -> float:
    """The share of people with a code, if it applies to a `share` of all utterances.

    `probabilities` and `values` (n,) are those of one code, `people` (n,) who says each utterance, 0, 1, ...
    What people coded is taken as it is; the odds of the others are raised or lowered together until they
    add up to the share, and one of them carries the code independently of the next. So this leans on the
    model more than the share of utterances does.

    >>> values, people = np.array([1.0, np.nan, np.nan]), np.array([0, 1, 1])
    >>> round(share_of_people(np.array([0.2, 0.2, 0.2]), values, people, 2 / 3), 6)
    0.875
    """
    from scipy.optimize import brentq

    open_ = np.isnan(values)
    wanted = share * len(values) - float(np.nansum(values))
    p = np.clip(probabilities[open_], 1e-9, 1 - 1e-9)
    logits = np.log(p / (1 - p))
    if wanted <= 0:
        p = np.zeros(len(p))
    elif wanted >= len(p):
        p = np.ones(len(p))
    else:
        shift = brentq(lambda by: float((1 / (1 + np.exp(-logits - by))).sum()) - wanted, -60.0, 60.0)
        p = 1 / (1 + np.exp(-logits - shift))
    without = np.where(open_, 1.0, 1.0 - np.nan_to_num(values))
    without[open_] = 1 - p
    nobody = np.ones(int(people.max()) + 1)
    np.multiply.at(nobody, people, without)
    return float(1 - nobody.mean())
