"""How many units to code twice.

All sizes are for independent units; multiply by `design_effect` where units come from interviews.
"""

from __future__ import annotations

from math import ceil

from autocode.errors import AgreementError


def alpha_sample_size(minimum: float, *, share: float, significance: float = 0.05) -> int:
    """Units that two coders need to show that alpha exceeds `minimum`, by the rarest value's `share`.

    N = 2 z^2 [(1 + a)(3 - a) / (4 p (1 - p)(1 - a)) - a], z one-sided (Bloch & Kraemer 1989;
    Krippendorff 2004, table 11.2).

    >>> alpha_sample_size(0.8, share=0.25), alpha_sample_size(0.667, share=0.25)
    (139, 81)
    """
    _within("minimum", minimum, 0, 1)
    _within("share", share, 0, 1)
    z = _normal_quantile(1 - significance)
    spread = (1 + minimum) * (3 - minimum) / (4 * share * (1 - share) * (1 - minimum))
    return _up(2 * z**2 * (spread - minimum))


def kappa_sample_size(
    rate1: float,
    rate2: float,
    k1: float,
    k0: float,
    *,
    significance: float = 0.05,
    power: float = 0.8,
    two_sided: bool = False,
) -> int:
    """Units to tell kappa `k1` from `k0` when two coders say yes at `rate1` and `rate2` (Cantor 1996).

    >>> kappa_sample_size(0.5, 0.5, 0.7, 0.85)
    96
    """
    for name, rate in (("rate1", rate1), ("rate2", rate2)):
        _within(name, rate, 0, 1)
    if k1 == k0:
        raise AgreementError(f"k1 and k0 are both {k1:g}: no sample can tell them apart")
    z_error = _normal_quantile(1 - significance / (2 if two_sided else 1))
    z_power = _normal_quantile(power)
    spread0, spread1 = (_kappa_variance(rate1, rate2, kappa) ** 0.5 for kappa in (k0, k1))
    return _up(((z_error * spread0 + z_power * spread1) / (k1 - k0)) ** 2)


def kappa_units_for_width(kappa: float, *, prevalence: float, half_width: float, level: float = 0.95) -> int:
    """Units for an interval of kappa +- `half_width`, both coders saying yes at `prevalence`.

    From the variance of Fleiss, Cohen & Everitt (1969).

    >>> kappa_units_for_width(0.6, prevalence=0.5, half_width=0.1)
    246
    """
    _within("prevalence", prevalence, 0, 1)
    _within("half_width", half_width, 0, 1)
    z = _normal_quantile(0.5 + level / 2)
    return _up(z**2 * _kappa_variance(prevalence, prevalence, kappa) / half_width**2)


def units_for_positives(n_positives: int, *, prevalence: float) -> int:
    """Units to code so that `n_positives` of them are expected to carry the code.

    >>> units_for_positives(30, prevalence=0.05)
    600
    """
    _within("prevalence", prevalence, 0, 1)
    return _up(n_positives / prevalence)


def design_effect(units_per_interview: float, icc: float) -> float:
    """By how much clustering in interviews multiplies a sample size: 1 + (units - 1) icc (Kish 1965)."""
    return 1 + (units_per_interview - 1) * icc


def _kappa_variance(rate1: float, rate2: float, kappa: float) -> float:
    """n times the large-sample variance of Cohen's kappa for two coders' yes and no.

    Not checked: whether so high a kappa can occur with such different rates. The formula goes on
    beyond that point, and published tables use it there.
    """
    expected = rate1 * rate2 + (1 - rate1) * (1 - rate2)
    observed = kappa * (1 - expected) + expected
    both_yes = (observed - 1 + rate1 + rate2) / 2
    joint = [[both_yes, rate1 - both_yes], [rate2 - both_yes, 1 - rate1 - rate2 + both_yes]]
    one, two = (rate1, 1 - rate1), (rate2, 1 - rate2)
    agree = sum(joint[i][i] * ((1 - expected) - (one[i] + two[i]) * (1 - observed)) ** 2 for i in (0, 1))
    split = sum(joint[i][1 - i] * (two[i] + one[1 - i]) ** 2 for i in (0, 1)) * (1 - observed) ** 2
    return (agree + split - (observed * expected - 2 * expected + observed) ** 2) / (1 - expected) ** 4


def _normal_quantile(probability: float) -> float:
    from statistics import NormalDist

    _within("probability", probability, 0, 1)
    return NormalDist().inv_cdf(probability)


def _up(size: float) -> int:
    return ceil(size - 1e-9)


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low < value < high:
        raise AgreementError(f"{name}: expected a number between {low} and {high}, found {value:g}")
