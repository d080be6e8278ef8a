"""Agreement on free spans as Krippendorff (1995, 2004) had it: squared differences of overlapping units.

One continuum for each category, so that spans of different categories may overlap. What came after it, by
lengths of intersections, is in `unitizing`.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping

import numpy as np

from autocode.agreement.coefficient import Coefficient, Floats
from autocode.agreement.unitizing import NO_DISAGREEMENT, Spans, bounds, values_of
from autocode.errors import AgreementError


def alpha_u_2004(spans: Spans, *, continuum: tuple[float, float] | None = None) -> Coefficient:
    """The unitizing alpha of 2004 over all categories; `detail` has alpha for each category."""
    start, end = bounds(spans, continuum)
    parts = {value: _parts_2004(spans, value, start, end) for value in values_of(spans)}
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
    if category not in values_of(spans):
        raise AgreementError(f"no span has the category {category!r}")
    start, end = bounds(spans, continuum)
    observed, expected = _parts_2004(spans, category, start, end)
    return _ratio_2004("alpha_u_2004_category", spans, observed, expected, {})


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
