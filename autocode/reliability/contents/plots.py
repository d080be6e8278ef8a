"""The rows of the forest plot; what draws them is elsewhere."""

from __future__ import annotations

import math
from collections.abc import Sequence

from autocode.agreement.per_code import FEW_POSITIVES
from autocode.reliability.contents.tables import Row, few, name_of, primary, symbol_of
from autocode.report.apa import DASH, count, decimal, interval, percent
from autocode.report.blocks import Forest, ForestRow, Record

MOST_IN_PLOT = 40
LEAST_START = -0.4


def forests(record: Record, codes: Sequence[Record], whole: Row | None) -> list[Forest]:
    """Plots of at most `MOST_IN_PLOT` codes each; the whole codebook closes the last."""
    if not codes:
        return []
    n_plots = -(-len(codes) // MOST_IN_PLOT)
    size = -(-len(codes) // n_plots)
    parts = [codes[at : at + size] for at in range(0, len(codes), size)]
    labels, symbol = _labels(codes), symbol_of(codes)
    rows = [primary(code["rows"]) for code in codes]
    lows = [row["low"] for row in [*rows, whole] if row and row.get("low") is not None]
    lows += [row["value"] for row in rows if row and row["value"] is not None]
    start = start_of(lows)
    found = []
    for number, part in enumerate(parts, 1):
        of = f" (part {number} of {n_plots})" if n_plots > 1 else ""
        lines = [_forest_row(labels[code["code"]], code) for code in part]
        if whole is not None and part is parts[-1]:
            lines.append(_whole_row(whole))
        found.append(
            Forest(
                f"{symbol} of each code with its {percent(record['level'])} confidence interval{of}. Dashed "
                "line: .667, Krippendorff's customary minimum for tentative conclusions; solid line: .800, "
                "his minimum for firm ones; both are meant for the lower limit. Hollow and grey: fewer "
                f"than {FEW_POSITIVES} units have the code."
                + (f" Diamond: the whole codebook ({whole['label']})." if whole and lines[-1].whole else ""),
                f"Forest plot of {symbol} by code{of}",
                _described(part, symbol),
                lines,
                start,
                symbol,
            )
        )
    return found


def start_of(lows: Sequence[float]) -> float:
    """Zero or the next fifth below; a plot that began far below zero would show little but emptiness."""
    return min([0.0, *(max(LEAST_START, math.floor(low * 5) / 5) for low in lows)])


def _labels(codes: Sequence[Record]) -> dict[str, str]:
    names = [name_of(code) for code in codes]
    return {
        code["code"]: name if names.count(name) == 1 else str(code["code"])
        for code, name in zip(codes, names, strict=True)
    }


def _forest_row(label: str, code: Record) -> ForestRow:
    row = primary(code["rows"])
    value, low, high = ((row or {}).get(key) for key in ("value", "low", "high"))
    return ForestRow(
        label, value, low, high, _shown(value, low, high, few=few(code)), count(code["n_positive"]), few(code)
    )


def _whole_row(row: Row) -> ForestRow:
    value, low, high = row["value"], row.get("low"), row.get("high")
    return ForestRow("Whole codebook", value, low, high, _shown(value, low, high), "", whole=True)


def _shown(value: float | None, low: float | None, high: float | None, *, few: bool = False) -> str:
    if value is None:
        return f"{DASH} ({'too few' if few else 'undefined'})"
    return decimal(value) + (f" {interval(low, high)}" if low is not None and high is not None else "")


def _described(codes: Sequence[Record], symbol: str) -> str:
    known = [(row["value"], name_of(code)) for code in codes if (row := primary(code["rows"]))]
    known = [one for one in known if one[0] is not None]
    said = f"{len(codes)} codes, {len(codes) - len(known)} of them without a value. "
    if known:
        (least, worst), (most, best) = min(known), max(known)
        said += f"{symbol} goes from {decimal(least)} ({worst}) to {decimal(most)} ({best}). "
    return said + "All values are in the table after the plot."
