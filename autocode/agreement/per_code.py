"""Agreement on every code of a codebook at once, each code a yes or no on each unit.

The primary coefficient is alpha (or kappa), p_pos its readable companion. AC1 and PABAK come
near 1 for a code that is almost never applied: sensitivity columns, never the headline.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autocode.agreement.alpha import nominal_alpha_values
from autocode.agreement.coefficient import NO_PAIRS, NO_VARIATION, Coefficient, Floats, Interval, Ints, finite
from autocode.agreement.counts import Totals, tally_codes
from autocode.agreement.kappa import RESTS_ON_USE, kappa_values
from autocode.agreement.resample import (
    MIN_CLUSTERS,
    Estimator,
    Sampling,
    estimator_interval,
    merge,
    replicate,
    sampling,
    summarise,
)
from autocode.agreement.specific import specific_values, used
from autocode.agreement.tables import MISSING, CodeTable, group_index
from autocode.config import suggest
from autocode.errors import AgreementError

FEW_POSITIVES = 10  # units with the code, below which counts say more than coefficients
FEW_CLUSTERS = 20  # interviews, below which intervals are too narrow
NO_YES = "no pair of coders used the code"
NO_NO = "every pair of coders used the code everywhere"


@dataclass(frozen=True, slots=True)
class CodeAgreement:
    """What the coders did with one code."""

    code: Hashable
    n_units: int
    n_pairable: int
    n_positive: int  # units to which anybody gave the code
    positives: tuple[int, ...]  # by coder
    prevalence: float | None  # mean share of yes
    coefficients: Mapping[str, Coefficient]
    intervals: Mapping[str, Interval]
    caveats: tuple[str, ...]


def code_agreement(
    table: CodeTable,
    *,
    clusters: ArrayLike | None = None,
    intervals: Sequence[str] = ("krippendorff_alpha", "positive_agreement"),
    level: float = 0.95,
    replicates: int = 2000,
    seed: int = 0,
    widened: float = 1.0,
) -> list[CodeAgreement]:
    """Counts, coefficients and bootstrap intervals of every code, in the table's order.

    `intervals` names the coefficients (of `PER_CODE`) that get one, with limits `widened` times as far from
    the value as resampling alone has them; `clusters` are the units' interviews, shape (n_units,).

    >>> from autocode.agreement.tables import code_table
    >>> seen = [(unit, coder) for unit in range(100) for coder in ("ann", "bob")]
    >>> ann = [(unit, "ann", "trust") for unit in range(90)]
    >>> bob = [(unit, "bob", "trust") for unit in [*range(80), *range(90, 95)]]
    >>> [trust] = code_agreement(code_table(seen, ann + bob, codes=["trust"]), intervals=())
    >>> {name: round(c.value, 3) for name, c in trust.coefficients.items() if "agreement" in name}
    {'percent_agreement': 0.85, 'positive_agreement': 0.914, 'negative_agreement': 0.4}
    """
    n_coders, n_units, _ = table.values.shape
    names = [name for name in PER_CODE if n_coders == 2 or name not in TWO_CODERS]
    unknown = [name for name in intervals if name not in names]
    if unknown:
        nearest = suggest(unknown[0], names)
        raise AgreementError(f"there is no coefficient '{unknown[0]}' for {n_coders} coders{nearest}")
    groups = group_index(clusters, n_units)
    by_group = tally_codes(table, groups)
    totals = by_group if groups is None else merge(by_group, np.ones(len(by_group.n_units)))
    options = {"level": level, "replicates": replicates, "seed": seed, "widened": widened}
    bounds = _intervals(table, by_group, groups, intervals, options)
    values = {name: PER_CODE[name](totals) for name in names}
    if n_coders == 2:
        complete = tally_codes(_complete(table))
        values |= {name: PER_CODE[name](complete) for name in SEEN_BY_BOTH}
    n_groups = 0 if groups is None else int(groups.max(initial=-1)) + 1
    any_yes = (table.values.max(axis=0, initial=0) == 1).sum(axis=0)
    result = []
    for k, code in enumerate(table.codes):
        coefficients = {name: _record(name, float(values[name][k]), totals, k, n_coders) for name in names}
        caveats = []
        if any_yes[k] < FEW_POSITIVES:
            carry = "1 unit carries" if any_yes[k] == 1 else f"{any_yes[k]} units carry"
            caveats.append(f"only {carry} the code: read the counts, not the coefficients")
        if intervals and MIN_CLUSTERS <= n_groups < FEW_CLUSTERS:  # with fewer, the jackknife says it itself
            caveats.append(f"only {n_groups} interviews: the intervals are too narrow")
        n = float(totals.n_units[k])
        result.append(
            CodeAgreement(
                code,
                int(n),
                int(totals.n_pairable[k]),
                int(any_yes[k]),
                tuple(int(count) for count in totals.margins[k, :, 1]),
                float(totals.shares[k, 1] / n) if n else None,
                coefficients,
                {name: bounds[name][k] for name in intervals},
                tuple(caveats),
            )
        )
    return result


def _kappa(name: str) -> Callable[[Totals], Floats]:
    return lambda totals: kappa_values(name, totals, np.eye(2))


def _prevalence_index(totals: Totals) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        index: Floats = (totals.unit_pairs[..., 1, 1] - totals.unit_pairs[..., 0, 0]) / totals.n_pairable
    return index


def _bias_index(totals: Totals) -> Floats:
    """The difference of two coders' shares of yes: (b - c) / n over the units that both have seen."""
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = totals.margins[..., 1] / totals.margins.sum(axis=-1)
    bias: Floats = rates[..., 0] - rates[..., 1]
    return bias


PER_CODE: dict[str, Callable[[Totals], Floats]] = {
    "percent_agreement": _kappa("percent_agreement"),
    "positive_agreement": lambda totals: specific_values(totals)[..., 1],
    "negative_agreement": lambda totals: specific_values(totals)[..., 0],
    "krippendorff_alpha": nominal_alpha_values,
    "cohen_kappa": _kappa("cohen_kappa"),
    "fleiss_kappa": _kappa("fleiss_kappa"),
    "conger_kappa": _kappa("conger_kappa"),
    "gwet_ac1": _kappa("gwet_ac1"),
    "pabak": _kappa("pabak"),
    "prevalence_index": _prevalence_index,
    "bias_index": _bias_index,
}
TELLING: dict[str, Callable[[Totals], NDArray[np.bool_]]] = {
    "positive_agreement": lambda totals: used(totals, 1),
    "negative_agreement": lambda totals: used(totals, 0),
    "krippendorff_alpha": lambda totals: totals.n_pairable > 0,
}
TWO_CODERS = ("cohen_kappa", "prevalence_index", "bias_index")
SEEN_BY_BOTH = ("cohen_kappa", "bias_index")  # these leave out what one coder alone has seen


def _record(name: str, value: float, totals: Totals, k: int, n_coders: int) -> Coefficient:
    reason = None
    if totals.n_pairable[k] == 0:
        reason = NO_PAIRS
    elif not np.isfinite(value):
        reason = {"positive_agreement": NO_YES, "negative_agreement": NO_NO}.get(name, NO_VARIATION)
    return Coefficient(
        name,
        finite(value) if reason is None else None,
        reason,
        n_coders=n_coders,
        n_units=int(totals.n_units[k]),
        n_pairable=int(totals.n_pairable[k]),
    )


def _intervals(
    table: CodeTable,
    totals: Totals,
    groups: Ints | None,
    names: Sequence[str],
    options: Mapping[str, Any],
) -> dict[str, list[Interval]]:
    """For each coefficient, the interval of every code; `options` are those of `estimator_interval`."""
    result: dict[str, list[Interval]] = {name: [] for name in names}
    if not names:
        return result
    if groups is None:
        for code in table.codes:  # each code has its own few kinds of units
            column = CodeTable(_column(table, code), table.coders, table.units, [code])
            for name, interval in _of_units(column, names, options).items():
                result[name].append(interval)
        return result
    n_groups = len(totals.n_units)
    complete = tally_codes(_complete(table), groups) if {*SEEN_BY_BOTH} & {*names} else totals
    sample = Sampling(groups, n_groups, None)
    drawing = {key: options[key] for key in ("replicates", "seed", "widened")}
    for name in names:
        estimator = Estimator(complete if name in SEEN_BY_BOTH else totals, PER_CODE[name], TELLING.get(name))
        there = np.ones((n_groups, len(table.codes)), bool)
        if estimator.tells is not None:
            there = estimator.tells(estimator.totals)
        rests_on = np.full(len(table.codes), n_groups)
        if name in RESTS_ON_USE:  # a yes beside many a no, or a no beside many a yes
            rests_on = np.minimum(*(used(estimator.totals, side).sum(axis=0) for side in (0, 1)))
        at_once = [
            min(n_groups, n) >= MIN_CLUSTERS and bool(told.all())
            for told, n in zip(there.T, rests_on.tolist(), strict=True)
        ]
        values = replicate(estimator, sample, **drawing) if any(at_once) else None
        for k, shared in enumerate(at_once):
            if values is not None and shared:
                interval = summarise(
                    values[:, k], method="bootstrap of interviews", n_groups=n_groups, level=options["level"],
                    expanded=True,
                )  # fmt: skip
            else:  # interviews of its own count
                own = replace(estimator, totals=_code(estimator.totals, k))
                own_sample = replace(sample, n_telling=int(rests_on[k]))
                interval = estimator_interval(own, own_sample, **options)
            result[name].append(interval)
    return result


def _of_units(column: CodeTable, names: Sequence[str], options: Mapping[str, Any]) -> dict[str, Interval]:
    """Intervals of one code from resampling units."""
    kinds, sample = sampling(column.ratings_of(column.codes[0]), None)
    whole = CodeTable(kinds.codes[:, :, None].astype(np.int8), kinds.coders, kinds.units, column.codes)
    intervals = {}
    for name in names:
        totals = tally_codes(_complete(whole) if name in SEEN_BY_BOTH else whole, sample.groups)
        intervals[name] = estimator_interval(Estimator(_code(totals, 0), PER_CODE[name]), sample, **options)
    return intervals


def _complete(table: CodeTable) -> CodeTable:
    """Only values on units that two coders or more have seen."""
    alone = (table.values >= 0).sum(axis=0) < 2
    if not alone.any():
        return table
    values = np.where(alone, np.int8(MISSING), table.values)
    return CodeTable(values, table.coders, table.units, table.codes)


def _column(table: CodeTable, code: Hashable) -> np.ndarray:
    k = list(table.codes).index(code)
    return table.values[:, :, k : k + 1]


def _code(totals: Totals, k: int) -> Totals:
    """One code's totals, groups on the first axis."""
    return Totals(*(np.moveaxis(getattr(totals, name), 1, 0)[k] for name in Totals.__slots__))
