"""Agreement on free spans: where units begin and end, and what they are (Krippendorff).

A coder's spans are (start, end, value) with end exclusive, on a continuum of characters or
tokens. The u-alpha family (Krippendorff, Mathet, Bouvry & Widloecher 2016; Krippendorff 2019, 12.6)
rests on lengths of intersections between coders: `u_alpha` asks for boundaries and values,
`u_alpha_binary` only for coded or not, `cu_alpha` for the values where both coded, `ku_alpha`
for one value at a time. A coder's spans may not overlap: run it code by code if they do.

The numbers are per position: they depend on the resolution (characters or tokens), and
`u_alpha_binary` counts every uncoded stretch.

All lengths add up over interviews, so a coefficient of several interviews, and each replicate of its
bootstrap, is one formula on weighted sums (`unitizing_interval`).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from autocode.agreement.coefficient import Coefficient, Floats, Interval, finite
from autocode.agreement.resample import Estimator, Sampling, estimator_interval, merge
from autocode.config import suggest
from autocode.errors import AgreementError

Span = tuple[float, float, Hashable]
Spans = Mapping[Hashable, Sequence[Span]]
Interview = tuple[Spans, tuple[float, float] | None]  # who coded it, and its continuum (None: first to last)
NO_DISAGREEMENT = "there is nothing that the coders could have disagreed about"
GAP = 0  # the index of the value of stretches without a span


@dataclass(frozen=True, slots=True, eq=False)
class Continuum:
    """Every coder's units, gaps included, cut into the pieces between any two boundaries."""

    values: tuple[Hashable, ...]  # the values in use; a gap has index 0, values[k] index k + 1
    lengths: Floats  # (n_pieces,)
    value: np.ndarray  # (n_coders, n_pieces) index of the value
    unit: np.ndarray  # (n_coders, n_pieces) index of the coder's unit that the piece lies in
    n_spans: int  # of all coders


@dataclass(frozen=True, slots=True, eq=False)
class SpanTotals:
    """Lengths that add up over interviews; leading axes (...) are interviews or replicates."""

    lengths: Floats  # (..., q + 1, q + 1) intersections of coders' values, gaps first
    squares: Floats  # (..., q + 1) squared lengths of units, plain ones of gaps
    valued_squares: Floats  # (..., q) squared lengths of units as far as others valued them too


def u_alpha(spans: Spans, *, continuum: tuple[float, float] | None = None) -> Coefficient:
    """Reliability of boundaries and values together (2016, eq. 34 of 2019).

    `continuum` is (start, end) of the text; left out, from the first to the last span.

    >>> same = [(0, 4, "trust"), (6, 9, "gap")]
    >>> u_alpha({"ann": same, "bob": same}, continuum=(0, 12)).value
    1.0
    """
    return unitizing([(spans, continuum)], "u_alpha")


def u_alpha_binary(spans: Spans, *, continuum: tuple[float, float] | None = None) -> Coefficient:
    """Reliability of telling coded from uncoded stretches, whatever the value: |u-alpha (eq. 35)."""
    return unitizing([(spans, continuum)], "u_alpha_binary")


def cu_alpha(spans: Spans, *, continuum: tuple[float, float] | None = None) -> Coefficient:
    """Reliability of the values where coders' units intersect (eqs. 36-37); gaps do not count."""
    return unitizing([(spans, continuum)], "cu_alpha")


def ku_alpha(spans: Spans, *, continuum: tuple[float, float] | None = None) -> dict[Hashable, Coefficient]:
    """Reliability of each value (eq. 38): the share of it that others value otherwise, against chance.

    `detail["coverage"]` is the share of the value's length that others have coded at all; a value
    with coverage 0 is undefined.
    """
    bounds(spans, continuum)
    return {value: unitizing([(spans, continuum)], "ku_alpha", value=value) for value in values_of(spans)}


def unitizing(interviews: Sequence[Interview], coefficient: str, *, value: Hashable = None) -> Coefficient:
    """A coefficient of the u-alpha family over several interviews, each with the coders who coded it.

    Where all coders coded all interviews, it is that of the interviews in a row. `value` is that of
    `ku_alpha`.

    >>> first = {"ann": [(0, 4, "trust")], "bob": [(0, 4, "trust")]}
    >>> second = {"ann": [(2, 9, "trust")], "cem": [(2, 9, "trust")]}
    >>> unitizing([(first, (0, 10)), (second, (0, 30))], "u_alpha").value
    1.0
    """
    k, totals, cuts = _totals(interviews, coefficient, value)
    total = merge(totals, np.ones(len(cuts)))
    disagreement, by_chance = (float(part) for part in FAMILY[coefficient](total, k))
    because = None if by_chance > 0 else NO_DISAGREEMENT
    detail = {}
    if coefficient == "ku_alpha":
        met = float(total.lengths[1:, k + 1].sum())
        detail["coverage"] = met / float(total.lengths[:, k + 1].sum())
        if met == 0:
            because = f"no other coder coded anything where {value!r} was used"
    return Coefficient(
        coefficient,
        1 - disagreement / by_chance if because is None else None,
        because,
        n_coders=len({coder for spans, _ in interviews for coder in spans}),
        n_units=sum(cut.n_spans for cut in cuts),
        observed=finite(disagreement),
        expected=finite(by_chance),
        detail=detail,
    )


def unitizing_interval(
    interviews: Sequence[Interview],
    coefficient: str,
    *,
    value: Hashable = None,
    level: float = 0.95,
    replicates: int = 2000,
    seed: int = 0,
) -> Interval:
    """The interval of `unitizing` from resampling interviews; with fewer than ten the jackknife."""
    k, totals, cuts = _totals(interviews, coefficient, value)

    def values(part: SpanTotals) -> Floats:
        disagreement, by_chance = FAMILY[coefficient](part, k)
        with np.errstate(divide="ignore", invalid="ignore"):
            alpha: Floats = np.where(by_chance > 0, 1 - disagreement / by_chance, np.nan)
        return alpha

    sample = Sampling(np.arange(len(cuts)), len(cuts), None)
    return estimator_interval(
        Estimator(totals, values), sample, level=level, replicates=replicates, seed=seed
    )


def _totals(
    interviews: Sequence[Interview], coefficient: str, value: Hashable
) -> tuple[int, SpanTotals, list[Continuum]]:
    """The index of the value, the sums of each interview, and the cut continua."""
    if coefficient not in FAMILY:
        raise AgreementError(f"there is no '{coefficient}'{suggest(coefficient, list(FAMILY))}")
    values = values_of({(i, c): units for i, (by, _) in enumerate(interviews) for c, units in by.items()})
    if coefficient == "ku_alpha" and value not in values:
        raise AgreementError(f"no span has the value {value!r}")
    cuts = [cut_continuum(spans, continuum, values=values) for spans, continuum in interviews]
    parts = [_sums(cut) for cut in cuts]
    totals = SpanTotals(
        np.stack([one.lengths for one in parts]),
        np.stack([one.squares for one in parts]),
        np.stack([one.valued_squares for one in parts]),
    )
    return values.index(value) if coefficient == "ku_alpha" else 0, totals, cuts


def _sums(cut: Continuum) -> SpanTotals:
    q, m = len(cut.values) + 1, len(cut.value)
    used = np.zeros((q, len(cut.lengths)))  # how many coders value each piece k
    for row in cut.value:
        used[row, np.arange(len(row))] += 1
    # l_ck: over ordered pairs of coders, the length valued c by one and k by the other, over m - 1
    lengths = ((used * cut.lengths) @ used.T - np.diag(used @ cut.lengths)) / (m - 1)
    squares, valued = np.zeros(q), np.zeros(q)
    coded = (cut.value != GAP).astype(np.float64)
    for row in range(m):
        length, value = _units(cut, row, cut.lengths)
        np.add.at(squares, value, np.where(value == GAP, length, length**2))
        others = (coded.sum(axis=0) - coded[row]) / (m - 1)
        length, value = _units(cut, row, cut.lengths * others)
        np.add.at(valued, value, length**2)
    return SpanTotals(lengths, squares, valued[1:])


def _units(cut: Continuum, row: int, weight: Floats) -> tuple[Floats, np.ndarray]:
    """Total weight and value of each of a coder's units and gaps."""
    totals = np.bincount(cut.unit[row], weight).astype(np.float64)
    value = np.zeros(len(totals), np.int64)
    value[cut.unit[row]] = cut.value[row]
    return totals, value


# Disagreement, and what it would be by chance, of each coefficient; k is the index of a value


def _of_all(totals: SpanTotals, _: int) -> tuple[Floats, Floats]:
    expected = _by_chance(totals.lengths, totals.squares)
    return _off_diagonal(totals.lengths), _off_diagonal(expected)


def _of_coded(totals: SpanTotals, _: int) -> tuple[Floats, Floats]:
    expected = _by_chance(totals.lengths, totals.squares)
    return 2 * totals.lengths[..., GAP, 1:].sum(axis=-1), 2 * expected[..., GAP, 1:].sum(axis=-1)


def _of_values(totals: SpanTotals, _: int) -> tuple[Floats, Floats]:
    valued = totals.lengths[..., 1:, 1:]
    return _off_diagonal(valued), _off_diagonal(_by_chance(valued, totals.valued_squares))


def _of_one_value(totals: SpanTotals, k: int) -> tuple[Floats, Floats]:
    valued = totals.lengths[..., 1:, 1:]
    expected = _by_chance(valued, totals.valued_squares)
    return _share_of_others(valued, k), np.nan_to_num(_share_of_others(expected, k))


FAMILY = {
    "u_alpha": _of_all, "u_alpha_binary": _of_coded, "cu_alpha": _of_values, "ku_alpha": _of_one_value,
}  # fmt: skip


def _share_of_others(table: Floats, k: int) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        share: Floats = 1 - table[..., k, k] / table[..., k].sum(axis=-1)
    return share


def _by_chance(observed: Floats, squares: Floats) -> Floats:
    """e_ck = (l_c. l_.k - [c = k] S_c) / (l_.. - S / l_..): no unit is paired with itself."""
    margin = observed.sum(axis=-1)
    total = margin.sum(axis=-1)
    pairs = margin[..., :, None] * margin[..., None, :] - squares[..., None] * np.eye(squares.shape[-1])
    with np.errstate(divide="ignore", invalid="ignore"):
        spare = total - squares.sum(axis=-1) / total
        expected: Floats = pairs / spare[..., None, None]
    return np.nan_to_num(expected, posinf=0.0, neginf=0.0)


def _off_diagonal(table: Floats) -> Floats:
    off: Floats = table.sum(axis=(-1, -2)) - np.trace(table, axis1=-2, axis2=-1)
    return off


def cut_continuum(
    spans: Spans,
    continuum: tuple[float, float] | None = None,
    *,
    values: tuple[Hashable, ...] | None = None,
) -> Continuum:
    """Cut the continuum at every boundary of any coder; `values` may have more than are used here.

    Raises `AgreementError` for fewer than two coders and for a coder whose spans overlap.
    """
    start, end = bounds(spans, continuum)
    values = values_of(spans) if values is None else values
    index = {value: k + 1 for k, value in enumerate(values)}
    cuts = np.unique([start, end, *(edge for units in spans.values() for span in units for edge in span[:2])])
    n_pieces = len(cuts) - 1
    value = np.zeros((len(spans), n_pieces), np.int64)
    unit = np.zeros((len(spans), n_pieces), np.int64)
    for row, (coder, units) in enumerate(spans.items()):
        opens = np.zeros(n_pieces, np.int64)  # 1 where a unit or the gap after it begins
        for first, last, label in units:
            a, b = np.searchsorted(cuts, (first, last))
            if value[row, a:b].any():
                raise AgreementError(
                    f"coder {coder!r}: spans overlap at {first:g} to {last:g}; measure each code by itself"
                )
            value[row, a:b] = index[label]
            opens[a] = 1
            opens[b : b + 1] = 1
        unit[row] = np.cumsum(opens)
    return Continuum(values, np.diff(cuts), value, unit, sum(len(units) for units in spans.values()))


def bounds(spans: Spans, continuum: tuple[float, float] | None) -> tuple[float, float]:
    """The continuum's start and end, with every span checked to lie within."""
    edges = [(coder, a, b) for coder, units in spans.items() for a, b, _ in units]
    if len(spans) < 2:
        raise AgreementError(f"spans: expected at least two coders, found {len(spans)}")
    if continuum is None and not edges:
        raise AgreementError("spans: no coder marked anything; give the continuum's start and end")
    start, end = continuum or (min(a for _, a, _ in edges), max(b for _, _, b in edges))
    for coder, a, b in edges:
        if not start <= a < b <= end:
            raise AgreementError(
                f"coder {coder!r}: the span {a:g} to {b:g} is empty or outside {start:g} to {end:g}"
            )
    return float(start), float(end)


def values_of(spans: Spans) -> tuple[Hashable, ...]:
    """The values in use, by name."""
    return tuple(sorted({value for units in spans.values() for *_, value in units}, key=str))
