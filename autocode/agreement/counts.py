"""Counts from which every coefficient follows, as sums over units.

All coefficients are functions of `Totals`, and totals add up: over units, over interviews, over
bootstrap replicates. So the formulas are written once, for any leading axes, and a bootstrap
replicate is a weighted sum of the interviews' totals.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autocode.agreement.coefficient import Floats, Ints
from autocode.agreement.distances import DistanceTable
from autocode.agreement.resample import merge
from autocode.agreement.tables import CodeTable, Ratings


@dataclass(frozen=True, slots=True, eq=False)
class Totals:
    """Sums over units. Leading axes (...) are groups, replicates or codes; q categories, m coders.

    The three tables count ordered pairs of values from different coders on one unit. They differ
    in the weight of a unit with r values: 1 for each pair, 1 for the unit, 1 for each value.
    """

    n_units: Floats  # (...) units with a value
    n_pairable: Floats  # (...) units with two values or more
    pairs: Floats  # (..., q, q) each pair counts 1
    unit_pairs: Floats  # (..., q, q) a unit's pairs count 1 together
    coincidences: Floats  # (..., q, q) a unit's pairs count r together (Krippendorff's o_ck)
    shares: Floats  # (..., q) share of a unit's values that are k, summed over units
    margins: Floats  # (..., m, q) how often each coder used each category


def tally(ratings: Ratings, groups: Ints | None = None) -> Totals:
    """Totals over all units, or with a leading axis over groups 0 ... n_groups-1.

    `groups` has shape (n_units,).
    """
    q, n_values = len(ratings.categories), ratings.n_values
    group = np.zeros(ratings.codes.shape[1], np.int64) if groups is None else groups
    n_groups = int(group.max(initial=0)) + 1
    tables = np.zeros((3, n_groups * q * q))  # pairs, unit_pairs, coincidences
    for first, second, unit in value_pairs(ratings.codes):
        cell = (group[unit] * q + first) * q + second
        r = n_values[unit]
        for i, weight in enumerate((np.ones(len(r)), 1.0 / (r * (r - 1)), 1.0 / (r - 1))):
            tables[i] += np.bincount(cell, weight, minlength=n_groups * q * q)
    coder, unit = np.nonzero(ratings.codes >= 0)
    code = ratings.codes[coder, unit]
    shares = np.bincount(group[unit] * q + code, 1.0 / n_values[unit], minlength=n_groups * q)
    m = ratings.codes.shape[0]
    margins = np.bincount((group[unit] * m + coder) * q + code, minlength=n_groups * m * q)
    pairs, unit_pairs, coincidences = tables.reshape(3, n_groups, q, q)
    totals = Totals(
        n_units=np.bincount(group[n_values > 0], minlength=n_groups).astype(np.float64),
        n_pairable=np.bincount(group[n_values > 1], minlength=n_groups).astype(np.float64),
        pairs=_both_ways(pairs),
        unit_pairs=_both_ways(unit_pairs),
        coincidences=_both_ways(coincidences),
        shares=shares.reshape(n_groups, q).astype(np.float64),
        margins=margins.reshape(n_groups, m, q).astype(np.float64),
    )
    return totals if groups is not None else merge(totals, np.ones(1))


def tally_codes(table: CodeTable, groups: Ints | None = None) -> Totals:
    """Totals of every code, shape (n_codes,) or (n_groups, n_codes); the categories are no and yes.

    What a unit adds depends only on its numbers of yes and no values, so units are counted by
    those two numbers first: time and memory stay with the number of distinct cases.
    """
    m, n_units, n_codes = table.values.shape
    group = np.zeros(n_units, np.int64) if groups is None else groups
    n_groups = int(group.max(initial=0)) + 1
    kinds = (m + 1) ** 2
    kind = np.zeros((n_units, n_codes), np.min_scalar_type(kinds))  # small: the loop is memory bound
    for values in table.values:
        kind += (values == 0) * kind.dtype.type(m + 1) + (values == 1)
    cases = np.zeros((n_groups, n_codes, kinds))
    for k, column in enumerate(np.ascontiguousarray(kind.T)):
        cell = group * kinds + column
        cases[:, k] = np.bincount(cell, minlength=n_groups * kinds).reshape(n_groups, kinds)
    no_yes = np.stack(np.divmod(np.arange(kinds), m + 1), axis=1).astype(np.float64)  # (kinds, 2)
    r = no_yes.sum(axis=1)
    pairable = r > 1
    pairs = no_yes[:, :, None] * no_yes[:, None, :] - np.eye(2) * no_yes[:, None, :]
    per_unit = np.where(pairable, 1.0 / np.maximum(r * (r - 1), 1), 0.0)
    per_value = np.where(pairable, 1.0 / np.maximum(r - 1, 1), 0.0)
    totals = Totals(
        n_units=cases @ (r > 0).astype(np.float64),
        n_pairable=cases @ pairable.astype(np.float64),
        pairs=np.tensordot(cases, pairs, 1),
        unit_pairs=np.tensordot(cases, pairs * per_unit[:, None, None], 1),
        coincidences=np.tensordot(cases, pairs * per_value[:, None, None], 1),
        shares=np.tensordot(cases, no_yes / np.maximum(r, 1)[:, None], 1),
        margins=_margins(table.values, group, n_groups),
    )
    return totals if groups is not None else merge(totals, np.ones(1))


def value_pairs(codes: Ints) -> Iterator[tuple[Ints, Ints, Ints]]:
    """Every unordered pair of values on the same unit, as arrays (first, second, unit)."""
    present = codes >= 0
    if not present.all():  # values first, so that the loop ends with the fullest unit
        order = np.argsort(~present, axis=0, kind="stable")
        codes = np.take_along_axis(codes, order, axis=0)[: int(present.sum(axis=0).max(initial=0))]
    for j in range(1, codes.shape[0]):
        unit = np.flatnonzero(codes[j] >= 0)
        second = codes[j, unit]
        for i in range(j):
            yield codes[i, unit], second, unit


def pair_sums(codes: Ints, table: DistanceTable) -> Floats:
    """For each unit, the sum of a symmetric `table` over its ordered pairs of values; shape (n_units,)."""
    sums = np.zeros(codes.shape[1])
    for first, second, unit in value_pairs(codes):
        sums[unit] += 2.0 * table[first, second]
    return sums


def value_sums(codes: Ints, scores: Floats) -> Floats:
    """For each unit, the sum of its values' scores; `scores` is (q,) or, by coder, (m, q)."""
    padded = np.concatenate([scores, np.zeros((*scores.shape[:-1], 1))], axis=-1)  # -1 finds the zero
    if scores.ndim == 1:
        summed: Floats = padded[codes].sum(axis=0)
        return summed
    by_coder: Floats = np.take_along_axis(padded, codes % padded.shape[-1], axis=1).sum(axis=0)
    return by_coder


def _both_ways(table: Floats) -> Floats:
    """Each unordered pair counted in both orders."""
    doubled: Floats = table + np.swapaxes(table, -1, -2)
    return doubled


def _margins(values: NDArray[np.int8], group: Ints, n_groups: int) -> Floats:
    """How often each coder said no and yes, shape (n_groups, n_codes, n_coders, 2)."""
    m, _, n_codes = values.shape
    margins = np.zeros((n_groups, n_codes, m, 2))
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], np.arange(n_groups))
    for coder in range(m if values.size else 0):
        rows = values[coder] if n_groups == 1 else values[coder][order]
        for answer in (0, 1):
            margins[:, :, coder, answer] = np.add.reduceat(rows == answer, starts, axis=0, dtype=np.int32)
    return margins
