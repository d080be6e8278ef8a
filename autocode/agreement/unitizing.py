"""Agreement on free spans: where units begin and end, and what they are (Krippendorff).

A coder's spans are (start, end, value) with end exclusive, on a continuum of characters or
tokens. Two generations of coefficients:

- `alpha_u_2004` (Krippendorff 1995, 2004): squared differences of overlapping units, one
  continuum for each category, so that spans of different categories may overlap;
- the u-alpha family (Krippendorff, Mathet, Bouvry & Widloecher 2016; Krippendorff 2019, 12.6):
  lengths of intersections between coders. `u_alpha` asks for boundaries and values,
  `u_alpha_binary` only for coded or not, `cu_alpha` for the values where both coded, `ku_alpha`
  for one value at a time. A coder's spans may not overlap here: run it code by code if they do.

The 2016 numbers are per position: they depend on the resolution (characters or tokens), and
`u_alpha_binary` counts every uncoded stretch.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from autocode.agreement.coefficient import Coefficient, Floats, finite
from autocode.errors import AgreementError

Span = tuple[float, float, Hashable]
Spans = Mapping[Hashable, Sequence[Span]]
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


def u_alpha(spans: Spans, *, continuum: tuple[float, float] | None = None) -> Coefficient:
    """Reliability of boundaries and values together (2016, eq. 34 of 2019).

    `continuum` is (start, end) of the text; left out, from the first to the last span.

    >>> same = [(0, 4, "trust"), (6, 9, "gap")]
    >>> u_alpha({"ann": same, "bob": same}, continuum=(0, 12)).value
    1.0
    """
    cut = cut_continuum(spans, continuum)
    observed, expected = _coincidences(cut)
    return _ratio("u_alpha", cut, _off_diagonal(observed), _off_diagonal(expected))


def u_alpha_binary(spans: Spans, *, continuum: tuple[float, float] | None = None) -> Coefficient:
    """Reliability of telling coded from uncoded stretches, whatever the value: |u-alpha (eq. 35)."""
    cut = cut_continuum(spans, continuum)
    observed, expected = _coincidences(cut)
    return _ratio("u_alpha_binary", cut, 2 * observed[GAP, 1:].sum(), 2 * expected[GAP, 1:].sum())


def cu_alpha(spans: Spans, *, continuum: tuple[float, float] | None = None) -> Coefficient:
    """Reliability of the values where coders' units intersect (eqs. 36-37); gaps do not count."""
    cut = cut_continuum(spans, continuum)
    observed, expected = _valued_coincidences(cut)
    return _ratio("cu_alpha", cut, _off_diagonal(observed), _off_diagonal(expected))


def ku_alpha(spans: Spans, *, continuum: tuple[float, float] | None = None) -> dict[Hashable, Coefficient]:
    """Reliability of each value (eq. 38): the share of it that others value otherwise, against chance.

    `detail["coverage"]` is the share of the value's length that others have coded at all; a value
    with coverage 0 is undefined.
    """
    cut = cut_continuum(spans, continuum)
    all_lengths = _coincidences(cut)[0].sum(axis=0)
    observed, expected = _valued_coincidences(cut)
    result = {}
    for k, value in enumerate(cut.values):
        met, chance = observed[:, k].sum(), expected[:, k].sum()
        detail = {"coverage": float(met / all_lengths[k + 1])}
        if met == 0:
            undefined = f"no other coder coded anything where {value!r} was used"
            result[value] = replace(
                _ratio("ku_alpha", cut, 0.0, 0.0, detail=detail), undefined_because=undefined
            )
            continue
        other = 1 - observed[k, k] / met
        by_chance = 1 - expected[k, k] / chance if chance > 0 else 0.0
        result[value] = _ratio("ku_alpha", cut, other, by_chance, detail=detail)
    return result


def alpha_u_2004(spans: Spans, *, continuum: tuple[float, float] | None = None) -> Coefficient:
    """The unitizing alpha of 2004 over all categories; `detail` has alpha for each category."""
    start, end = _bounds(spans, continuum)
    parts = {value: _parts_2004(spans, value, start, end) for value in _values(spans)}
    observed, expected = (float(sum(part[i] for part in parts.values())) for i in (0, 1))
    detail = {str(value): 1 - o / e for value, (o, e) in parts.items() if e > 0}
    return _ratio_2004("alpha_u_2004", spans, observed, expected, detail)


def alpha_u_2004_category(
    spans: Spans, *, category: Hashable, continuum: tuple[float, float] | None = None
) -> Coefficient:
    """The unitizing alpha of 2004 for one category.

    Krippendorff (2004), p. 254, category c:

    >>> i, j = [(225, 295, "c"), (370, 400, "c")], [(220, 300, "c"), (355, 375, "c"), (400, 420, "c")]
    >>> round(alpha_u_2004_category({"i": i, "j": j}, category="c", continuum=(150, 450)).value, 4)
    0.7286
    """
    if category not in _values(spans):
        raise AgreementError(f"no span has the category {category!r}")
    start, end = _bounds(spans, continuum)
    observed, expected = _parts_2004(spans, category, start, end)
    return _ratio_2004("alpha_u_2004_category", spans, observed, expected, {})


def cut_continuum(spans: Spans, continuum: tuple[float, float] | None = None) -> Continuum:
    """Cut the continuum at every boundary of any coder.

    Raises `AgreementError` for fewer than two coders and for a coder whose spans overlap.
    """
    start, end = _bounds(spans, continuum)
    values = _values(spans)
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


def _coincidences(cut: Continuum) -> tuple[Floats, Floats]:
    """Observed and expected lengths of intersections, shape (q + 1, q + 1), gaps first."""
    q = len(cut.values) + 1
    observed = _intersections(cut, q)
    squares = np.zeros(q)
    for row in range(len(cut.value)):
        lengths, value = _units(cut, row, cut.lengths)
        np.add.at(squares, value, np.where(value == GAP, lengths, lengths**2))
    return observed, _by_chance(observed, squares)


def _valued_coincidences(cut: Continuum) -> tuple[Floats, Floats]:
    """The same for valued units only; a unit is as long as its mean overlap with others' valued units."""
    q = len(cut.values) + 1
    observed = _intersections(cut, q)[1:, 1:]
    coded = (cut.value != GAP).astype(np.float64)
    squares = np.zeros(q)
    for row in range(len(cut.value)):
        others = (coded.sum(axis=0) - coded[row]) / (len(coded) - 1)
        lengths, value = _units(cut, row, cut.lengths * others)
        np.add.at(squares, value, lengths**2)
    return observed, _by_chance(observed, squares[1:])


def _intersections(cut: Continuum, q: int) -> Floats:
    """l_ck: over ordered pairs of coders, the length valued c by one and k by the other, over m - 1."""
    m = len(cut.value)
    lengths = np.zeros((q, q))
    used = np.zeros((q, len(cut.lengths)))  # how many coders value each piece k
    for row in cut.value:
        used[row, np.arange(len(row))] += 1
    lengths = (used * cut.lengths) @ used.T - np.diag(used @ cut.lengths)
    return lengths / (m - 1)


def _units(cut: Continuum, row: int, weight: Floats) -> tuple[Floats, np.ndarray]:
    """Total weight and value of each of a coder's units and gaps."""
    totals = np.bincount(cut.unit[row], weight).astype(np.float64)
    value = np.zeros(len(totals), np.int64)
    value[cut.unit[row]] = cut.value[row]
    return totals, value


def _by_chance(observed: Floats, squares: Floats) -> Floats:
    """e_ck = (l_c. l_.k - [c = k] S_c) / (l_.. - S / l_..): no unit is paired with itself."""
    margin, total = observed.sum(axis=1), observed.sum()
    if total == 0:
        return np.zeros_like(observed)
    spare = total - squares.sum() / total
    with np.errstate(divide="ignore", invalid="ignore"):
        expected: Floats = (np.outer(margin, margin) - np.diag(squares)) / spare
    return np.nan_to_num(expected, posinf=0.0, neginf=0.0)


def _off_diagonal(table: Floats) -> float:
    return float(table.sum() - np.trace(table))


def _parts_2004(spans: Spans, category: Hashable, start: float, end: float) -> tuple[float, float]:
    """D_o and D_e of one category (Krippendorff 2004, ch. 11.6)."""
    length, m = end - start, len(spans)
    sections = []  # for each coder: (n, 3) of start, length, 1 for a unit and 0 for a gap
    for coder, units in spans.items():
        mine = sorted((a, b) for a, b, value in units if value == category)
        rows, at = [], start
        for a, b in mine:
            if a < at:
                raise AgreementError(f"coder {coder!r}: spans of {category!r} overlap at {a:g}")
            rows += [(at, a - at, 0.0)] * (a > at) + [(a, b - a, 1.0)]
            at = b
        sections.append(np.array(rows + [(at, end - at, 0.0)] * (at < end), np.float64))
    observed = sum(_difference_2004(sections[i], sections[j]) for i in range(m) for j in range(m) if i != j)
    everything = np.concatenate(sections)
    units = everything[everything[:, 2] == 1, 1]
    gaps = everything[everything[:, 2] == 0, 1]
    room = np.maximum(gaps[None, :] - units[:, None] + 1, 0) * (gaps[None, :] >= units[:, None])
    inside = (len(units) - 1) / 3 * (2 * units**3 - 3 * units**2 + units) + units**2 * room.sum(axis=1)
    whole = m * length
    pairs = whole * (whole - 1) - (units * (units - 1)).sum()
    expected = 2 / length * inside.sum() / pairs if pairs > 0 else 0.0
    return float(observed) / (m * (m - 1) * length**2), float(expected)


def _difference_2004(a: Floats, b: Floats) -> float:
    """Squared differences of two coders' sections: of both edges where units intersect, of a unit's
    length where it lies within the other's gap."""
    start_a, length_a, is_a = (column[:, None] for column in a.T)
    start_b, length_b, is_b = b.T
    end_a, end_b = start_a + length_a, start_b + length_b
    touch = (start_a < end_b) & (start_b < end_a)
    edges = (start_a - start_b) ** 2 + (end_a - end_b) ** 2
    a_in_gap = (start_b <= start_a) & (end_a <= end_b)
    b_in_gap = (start_a <= start_b) & (end_b <= end_a)
    both = np.where((is_a == 1) & (is_b == 1) & touch, edges, 0)
    alone = np.where((is_a == 1) & (is_b == 0) & a_in_gap, length_a**2, 0)
    alone = alone + np.where((is_a == 0) & (is_b == 1) & b_in_gap, length_b**2, 0)
    return float((both + alone).sum())


def _bounds(spans: Spans, continuum: tuple[float, float] | None) -> tuple[float, float]:
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


def _values(spans: Spans) -> tuple[Hashable, ...]:
    return tuple(sorted({value for units in spans.values() for *_, value in units}, key=str))


def _ratio(
    name: str, cut: Continuum, observed: float, expected: float, *, detail: Mapping[str, float] | None = None
) -> Coefficient:
    """1 - observed / expected; the numbers stand for disagreements."""
    defined = expected > 0
    return Coefficient(
        name,
        float(1 - observed / expected) if defined else None,
        None if defined else NO_DISAGREEMENT,
        n_coders=len(cut.value),
        n_units=cut.n_spans,
        observed=finite(observed),
        expected=finite(expected),
        detail=detail or {},
    )


def _ratio_2004(
    name: str, spans: Spans, observed: float, expected: float, detail: Mapping[str, float]
) -> Coefficient:
    defined = expected > 0
    return Coefficient(
        name,
        1 - observed / expected if defined else None,
        None if defined else NO_DISAGREEMENT,
        n_coders=len(spans),
        n_units=sum(len(units) for units in spans.values()),
        observed=observed,
        expected=expected,
        detail=detail,
    )
