"""Percent agreement and the kappa family in one framework (Gwet 2014).

With weights w_kl, r_ik coders putting unit i into category k, r_i = sum_k r_ik and pi_k the mean
share of category k,

    P_a = mean over units with r_i >= 2 of the mean weight of their pairs of values
    kappa-type coefficient = (P_a - P_e) / (1 - P_e)

and the coefficients differ in the agreement P_e that chance alone would bring (`CHANCE`). Units
with one value count in P_e and not in P_a. Ratings are matrices of shape (n_coders, n_units),
None or nan where missing, or `Ratings`; `categories` are those offered, not those seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from autocode.agreement.coefficient import NO_PAIRS, NO_VARIATION, Coefficient, Floats, Ints, finite
from autocode.agreement.counts import Totals, pair_sums, tally, value_sums
from autocode.agreement.tables import Ratings, as_ratings
from autocode.agreement.weights import Weights, weight_table
from autocode.errors import AgreementError

Table = Ratings | ArrayLike
Categories = Sequence[Any] | None
SAME = 1e-12  # a chance agreement nearer to 1 leaves nothing to correct


def percent_agreement(
    ratings: Table, *, categories: Categories = None, weights: Weights = "identity"
) -> Coefficient:
    """P_a: the mean over units of the share (or mean weight) of agreeing pairs of coders.

    >>> percent_agreement([[1, 1, 2, 2], [1, 2, 2, 2]]).value
    0.75
    """
    return kappa_type("percent_agreement", as_ratings(ratings, categories=categories), weights)


def cohen_kappa(
    ratings: Table, *, categories: Categories = None, weights: Weights = "identity"
) -> Coefficient:
    """Cohen's kappa of two coders (1960), weighted (1968); units with a missing value are left out.

    The standard error is that of Fleiss, Cohen & Everitt (1969) times sqrt(n / (n - 1)).
    `detail["kappa_max"]` is the largest kappa that the two coders' totals allow (unweighted).

    Artstein & Poesio (2008), table 1: two coders, 100 utterances.

    >>> a = [1] * 20 + [1] * 10 + [2] * 20 + [2] * 50
    >>> b = [1] * 20 + [2] * 10 + [1] * 20 + [2] * 50
    >>> round(cohen_kappa([a, b]).value, 3)
    0.348
    """
    table = as_ratings(ratings, categories=categories)
    if table.codes.shape[0] != 2:
        raise AgreementError(
            f"cohen_kappa compares two coders, found {table.codes.shape[0]}; conger_kappa takes any number"
        )
    complete = table.select_units(table.n_values == 2)
    result = kappa_type("cohen_kappa", complete, weights)
    if result.value is None or not isinstance(weights, str) or weights not in ("identity", "nominal"):
        return result
    margins = np.stack([np.bincount(row, minlength=len(table.categories)) for row in complete.codes])
    highest = np.minimum(*margins).sum() / result.n_units
    expected = result.expected or 0.0
    return replace(result, detail={"kappa_max": float((highest - expected) / (1 - expected))})


def scott_pi(ratings: Table, *, categories: Categories = None, weights: Weights = "identity") -> Coefficient:
    """Scott's pi (1955) of two coders; for more coders it is Fleiss' kappa.

    >>> a, b = [1] * 30 + [2] * 70, [1] * 20 + [2] * 10 + [1] * 20 + [2] * 50
    >>> round(scott_pi([a, b]).value, 3)
    0.341
    """
    return kappa_type("scott_pi", as_ratings(ratings, categories=categories), weights)


def fleiss_kappa(
    ratings: Table, *, categories: Categories = None, weights: Weights = "identity"
) -> Coefficient:
    """Fleiss' kappa (1971) of any number of coders; two coders give Scott's pi, not Cohen's kappa.

    Randolph (2005), example 2:

    >>> round(fleiss_kappa([["Y", "Y", "Y", "Y"], ["Y", "Y", "Y", "Y"], ["Y", "N", "N", "Y"]]).value, 9)
    -0.2
    """
    return kappa_type("fleiss_kappa", as_ratings(ratings, categories=categories), weights)


def conger_kappa(
    ratings: Table, *, categories: Categories = None, weights: Weights = "identity"
) -> Coefficient:
    """Conger's kappa (1980): chance from each coder's own distribution; two coders give Cohen's kappa.

    A coder's distribution rests on all values of that coder, also on units nobody else has seen.
    """
    return kappa_type("conger_kappa", as_ratings(ratings, categories=categories), weights)


def brennan_prediger(
    ratings: Table, *, categories: Categories = None, weights: Weights = "identity"
) -> Coefficient:
    """Brennan & Prediger's kappa (1981): chance is the same for all categories offered.

    Also known as Bennett's S and Randolph's free-marginal kappa.
    """
    return kappa_type("brennan_prediger", as_ratings(ratings, categories=categories), weights)


def pabak(ratings: Table, *, categories: Categories = None) -> Coefficient:
    """Prevalence- and bias-adjusted kappa (Byrt et al. 1993): 2 P_a - 1 for the two values of a code.

    High for every code that is almost never applied, whatever the coders do with it.

    >>> yes_no = [[1] * 90 + [0] * 10, [1] * 80 + [0] * 10 + [1] * 5 + [0] * 5]
    >>> round(pabak(yes_no).value, 9)
    0.7
    """
    table = as_ratings(ratings, categories=categories)
    if len(table.categories) == 1:  # a code has two values, also when only one was used
        table = as_ratings(table, categories=[*table.categories, "any other value"])
    return kappa_type("pabak", table, "identity")


def gwet_ac1(ratings: Table, *, categories: Categories = None) -> Coefficient:
    """Gwet's AC1 (2008). Near 1 for a code that is almost never applied: read it with the prevalence.

    >>> yes_no = [[1] * 90 + [0] * 10, [1] * 80 + [0] * 10 + [1] * 5 + [0] * 5]
    >>> round(gwet_ac1(yes_no).value, 3)
    0.808
    """
    return kappa_type("gwet_ac1", as_ratings(ratings, categories=categories), "identity")


def gwet_ac2(ratings: Table, *, categories: Categories = None, weights: Weights = "quadratic") -> Coefficient:
    """Gwet's AC2 (2014): AC1 with weights."""
    return kappa_type("gwet_ac2", as_ratings(ratings, categories=categories), weights)


def light_kappa(
    ratings: Table, *, categories: Categories = None, weights: Weights = "identity"
) -> Coefficient:
    """Light's kappa (1971): the mean of Cohen's kappa over all pairs of coders; no standard error."""
    table = as_ratings(ratings, categories=categories)
    rows = range(table.codes.shape[0])
    pairs = [cohen_kappa(table.select_coders(pair), weights=weights) for pair in combinations(rows, 2)]
    values = [pair.value for pair in pairs if pair.value is not None]
    whole = kappa_type("percent_agreement", table, weights)
    reason = None
    if not pairs:
        reason = NO_PAIRS
    elif len(values) < len(pairs):
        reason = f"Cohen's kappa is undefined for {len(pairs) - len(values)} of {len(pairs)} pairs of coders"
    return Coefficient(
        "light_kappa",
        float(np.mean(values)) if reason is None else None,
        reason,
        n_coders=whole.n_coders,
        n_units=whole.n_units,
        n_pairable=whole.n_pairable,
        observed=whole.observed,
    )


def kappa_type(name: str, ratings: Ratings, weights: Weights) -> Coefficient:
    """The coefficient whose chance model is `CHANCE[name]`, with Gwet's standard error."""
    table = weight_table(weights, ratings.categories)
    totals = tally(ratings)
    observed, expected = (float(part) for part in agreement_parts(name, totals, table))
    reason = None
    if totals.n_pairable == 0:
        reason = NO_PAIRS
    elif not expected < 1 - SAME:  # also where it is nan: one category offered
        reason = NO_VARIATION if len(ratings.categories) > 1 else "only one category was offered"
    defined = Coefficient(
        name,
        (observed - expected) / (1 - expected) if reason is None else None,
        reason,
        n_coders=ratings.codes.shape[0],
        n_units=int(totals.n_units),
        n_pairable=int(totals.n_pairable),
        observed=finite(observed),
        expected=finite(expected),
    )
    if defined.value is None or defined.n_units < 2:
        return defined
    error = _standard_error(name, ratings, totals, table, defined)
    return replace(defined, standard_error=error, degrees_of_freedom=defined.n_units - 1)


def agreement_parts(name: str, totals: Totals, weights: Floats) -> tuple[Floats, Floats]:
    """Observed and chance agreement for any leading axes of `totals`; nan where undefined."""
    with np.errstate(divide="ignore", invalid="ignore"):
        observed = np.einsum("...kl,kl->...", totals.unit_pairs, weights) / totals.n_pairable
        return observed, CHANCE[name](totals, weights)


def kappa_values(name: str, totals: Totals, weights: Floats) -> Floats:
    """The coefficient for any leading axes of `totals`; nan where it is undefined."""
    observed, expected = agreement_parts(name, totals, weights)
    with np.errstate(divide="ignore", invalid="ignore"):
        values: Floats = np.where(expected < 1 - SAME, (observed - expected) / (1 - expected), np.nan)
    return values


def _no_chance(totals: Totals, _: Floats) -> Floats:
    return np.zeros_like(totals.n_units)


def _pooled(totals: Totals, weights: Floats) -> Floats:
    """Two values drawn from the pooled distribution of all coders."""
    pi = totals.shares / totals.n_units[..., None]
    chance: Floats = np.einsum("...k,kl,...l->...", pi, weights, pi)
    return chance


def _own(totals: Totals, weights: Floats) -> Floats:
    """One value from each of two coders' own distributions, averaged over pairs of coders."""
    n_values = totals.margins.sum(axis=-1, keepdims=True)
    p = np.divide(totals.margins, n_values, out=np.zeros_like(totals.margins), where=n_values > 0)
    m = (n_values[..., 0] > 0).sum(axis=-1)
    pooled = p.sum(axis=-2)
    all_pairs = np.einsum("...k,kl,...l->...", pooled, weights, pooled)
    same = np.einsum("...gk,kl,...gl->...", p, weights, p)
    chance: Floats = (all_pairs - same) / (m * (m - 1))
    return chance


def _uniform(totals: Totals, weights: Floats) -> Floats:
    return np.full_like(totals.n_units, weights.sum() / max(weights.size, 1))


def _gwet(totals: Totals, weights: Floats) -> Floats:
    q = weights.shape[0]
    pi = totals.shares / totals.n_units[..., None]
    chance: Floats = np.divide(weights.sum(), q * (q - 1)) * (pi * (1 - pi)).sum(axis=-1)
    return chance


CHANCE: dict[str, Callable[[Totals, Floats], Floats]] = {
    "percent_agreement": _no_chance,
    "cohen_kappa": _own,
    "scott_pi": _pooled,
    "fleiss_kappa": _pooled,
    "conger_kappa": _own,
    "brennan_prediger": _uniform,
    "pabak": _uniform,
    "gwet_ac1": _gwet,
    "gwet_ac2": _gwet,
}

# These vary only with the interviews in which somebody gave another value than the most frequent one.
RESTS_ON_USE = ("krippendorff_alpha", "cohen_kappa", "scott_pi", "fleiss_kappa", "conger_kappa")


def _standard_error(
    name: str, ratings: Ratings, totals: Totals, weights: Floats, result: Coefficient
) -> float:
    """Gwet's linearisation: each unit's share in P_a and P_e, units sampled and coders fixed.

    Var = sum_i (kappa*_i - kappa)^2 / (n (n - 1)), where kappa*_i is unit i's kappa less
    (1 - kappa) / (1 - P_e) times how far the unit pulls P_e from its value.
    """
    rated = ratings.n_values > 0
    codes, r = ratings.codes[:, rated], ratings.n_values[rated]
    n, kappa, expected = codes.shape[1], result.value or 0.0, result.expected or 0.0
    own = pair_sums(codes, weights) / np.maximum(r * (r - 1), 1)
    unit_kappa = np.where(r > 1, n / float(totals.n_pairable) * (own - expected) / (1 - expected), 0.0)
    pull = _pull_on_chance(CHANCE[name], codes, r, totals, weights)
    deviation = unit_kappa - (1 - kappa) / (1 - expected) * pull - kappa
    return float(np.sqrt((deviation**2).sum() / (n * (n - 1))))


def _pull_on_chance(
    chance: Callable[[Totals, Floats], Floats], codes: Ints, r: Ints, totals: Totals, weights: Floats
) -> Floats:
    """The derivative of P_e in the direction of each unit; shape (n_units,), mean 0."""
    n = codes.shape[1]
    if chance is _pooled:
        score = weights @ totals.shares / float(totals.n_units)
        pull = 2.0 * value_sums(codes, score) / r
    elif chance is _gwet:
        q = weights.shape[0]
        score = 1.0 - 2.0 * totals.shares / float(totals.n_units)
        pull = weights.sum() / (q * (q - 1)) * value_sums(codes, score) / r
    elif chance is _own:
        n_values = totals.margins.sum(axis=1, keepdims=True)
        p = totals.margins / np.maximum(n_values, 1)
        m = np.count_nonzero(n_values)
        others = (p.sum(axis=0) - p) @ weights  # (m, q): what each value meets in the other coders
        centred = others - (p * others).sum(axis=1, keepdims=True)
        pull = 2.0 / (m * (m - 1)) * value_sums(codes, centred * n / np.maximum(n_values, 1))
    else:
        return np.zeros(n)
    centred_pull: Floats = pull - pull.mean()
    return centred_pull
