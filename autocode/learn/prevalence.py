"""How often each code occurs in a corpus, from a human sample and a model that has read the rest.

Counting the model's suggestions is biased; the mean of its probabilities is corrected by its mean error on
the human sample (the difference estimator, Saerndal et al. 1992; DSL of Egami et al. 2023). The sample must
be random, or drawn with known probabilities: what a reviewer happened to code, or what was coded first
because it was uncertain, does not do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autocode.agreement import difference_mean
from autocode.errors import LearnError

Floats = NDArray[np.float64]


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
    utterance had the same chance, the probability with which each was drawn. Raises `LearnError` for shapes
    that do not fit, and for chances that are none.
    """
    n = len(probabilities)
    chances = None if sampled_with is None else np.asarray(sampled_with, np.float64)
    if (
        values.shape != probabilities.shape
        or len(groups) != n
        or (chances is not None and chances.shape != (n,))
    ):
        raise LearnError("prevalence: probabilities, values, groups and chances are of different utterances")
    if chances is not None and not ((chances > 0) & (chances <= 1)).all():
        raise LearnError("prevalence: every utterance needs a chance above 0 and up to 1 of being drawn")
    which = np.unique(np.asarray(groups, object).astype(str), return_inverse=True)[1]
    return [
        _one(code, probabilities[:, c], values[:, c], which, chances=chances, level=level)
        for c, code in enumerate(code_ids)
    ]


def _one(
    code: str, p: Floats, y: Floats, groups: NDArray[np.intp], *, chances: Floats | None, level: float
) -> Prevalence:
    from scipy.stats import t

    said = np.flatnonzero(~np.isnan(y))
    n_groups, raw = len(np.unique(groups[said])), float(p.mean())
    if n_groups < 2:
        why = "nobody has coded it" if not len(said) else "the coded utterances are of one interview"
        return Prevalence(code, None, None, None, len(said), raw, why)
    found = difference_mean(
        y[said], p[said], p, clusters=groups[said].tolist(), level=level,
        probabilities=None if chances is None else chances[said],
    )  # fmt: skip
    reach = float(t.ppf(0.5 + level / 2, n_groups - 1)) * found.standard_error
    value = float(np.clip(found.value, 0.0, 1.0))
    return Prevalence(
        code, value, max(0.0, found.value - reach), min(1.0, found.value + reach), len(said), raw
    )
