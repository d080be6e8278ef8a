"""Tables of coefficients and of codes, with notes that say why a value is missing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from autocode.agreement.per_code import FEW_POSITIVES
from autocode.report.apa import DASH, count, decimal, interval, percent, probability, share
from autocode.report.blocks import Cell, Line, Record, Table

Row = Mapping[str, Any]  # a coefficient of the record

ALPHA = "krippendorff_alpha"
KINDS = {
    "human-human": "Human with human",
    "human-machine": "Human with machine",
    "machine-machine": "Machine with machine",
}
PERCENTAGES = {"percent_agreement", "percent_agreement_complete", "exact_agreement", "resolved_at"}
SYMBOLS = {ALPHA: "α"}
TENTATIVE, FIRM = 0.667, 0.8  # Krippendorff 2019, chapter 12
ROUNDED = "Numbers are rounded; they were compared with limits before that."


class Notes:
    """The notes below one table: each reason once, with a letter; a caveat of every interval needs none."""

    def __init__(self, rows: Sequence[Row | None] = ()) -> None:
        self._marks: dict[str, str] = {}
        known = [row.get("caveats") or () for row in rows if row is not None and row.get("low") is not None]
        shared = [one for one in known[0] if all(one in some for some in known)] if len(known) > 1 else []
        self.shared = dict.fromkeys(shared)

    def mark(self, reason: str | None) -> str:
        """The letter of a reason."""
        reason = reason or "undefined"
        if reason.startswith("withheld"):  # one note for all such codes: their counts stand beside them
            reason = f"withheld: fewer than {FEW_POSITIVES} units have the code"
        return self._marks.setdefault(reason, _letters(len(self._marks)))

    def marks(self, reasons: Iterable[str | None]) -> tuple[str, ...]:
        """The letters of several reasons, each once."""
        return tuple(
            dict.fromkeys(self.mark(reason) for reason in reasons if reason and reason not in self.shared)
        )

    def all(self) -> list[tuple[str, str]]:
        """Letters and reasons."""
        return [(mark, sentence(reason)) for reason, mark in self._marks.items()]

    def general(self, *said: str) -> str:
        """What holds for the whole table."""
        return " ".join(sentence(one) for one in [*said, *self.shared] if one)


def sentence(text: str) -> str:
    """With a capital and a full stop; a name as `u-alpha` keeps its small letter.

    >>> sentence("no pair of coders"), sentence("u-alpha is one.")
    ('No pair of coders.', 'u-alpha is one.')
    """
    return (capital(text) + ".").replace("..", ".") if text[-1:] not in "!?:" else capital(text)


def capital(text: str) -> str:
    """The text with a capital, unless its first letter is a name."""
    return text if text[1:2] in "-_" else text[:1].upper() + text[1:]


def _letters(n: int) -> str:
    return ("" if n < 26 else _letters(n // 26 - 1)) + chr(ord("a") + n % 26)


def row_named(rows: Sequence[Row], name: str) -> Row | None:
    """The coefficient with this name, if it is there."""
    return next((row for row in rows if row["name"] == name), None)


def primary(rows: Sequence[Row]) -> Row | None:
    """Alpha, or else the first coefficient."""
    return row_named(rows, ALPHA) or (rows[0] if rows else None)


def value_cell(row: Row | None, notes: Notes, *, with_interval: bool = False) -> Cell:
    """A value; a dash with the mark of its reason where it is undefined."""
    if row is None:
        return Cell(DASH)
    marks = notes.marks(row.get("caveats") or ())
    if row["value"] is None:
        return Cell(DASH, marks=(notes.mark(row.get("undefined_because")), *marks))
    low, high = row.get("low"), row.get("high")
    known = with_interval and low is not None and high is not None
    limits = (_limits(row, low, high)) if known else ""
    return Cell(written(row, row["value"]), limits, marks)


def written(row: Row, value: float) -> str:
    """A percentage where the row is one, else a coefficient."""
    return share(value) if row["name"] in PERCENTAGES else decimal(value)


def _limits(row: Row, low: float | None, high: float | None) -> str:
    if row["name"] in PERCENTAGES:
        return f"[{share(low)}, {share(high)}]"
    return interval(low, high)


def measures(record: Record, caption: str, rows: Sequence[Row]) -> Table:
    """One line for each coefficient."""
    notes = Notes(rows)
    banded = record.get("benchmark")
    with_p = any(row.get("p_below_667") is not None for row in rows)
    heads = ["Measure", "Value", f"{percent(record['level'])} CI"]
    heads += ["P(below\xa0.667)", "P(below\xa0.800)"] if with_p else []
    heads += [f"Band, {banded['name']}"] if banded else []
    methods = _methods(rows)
    heads += ["Interval by"] if len(methods) > 1 else []
    lines = []
    for row in rows:
        cells = [
            Cell(capital(str(row["label"]))),
            value_cell(row, notes),
            Cell(DASH if row["low"] is None else _limits(row, row["low"], row["high"])),
        ]
        if with_p:
            cells += [Cell(probability(row.get(key))) for key in ("p_below_667", "p_below_800")]
        cells += [Cell(band(record, row))] if banded else []
        cells += [Cell(str(row.get("method") or DASH))] if len(methods) > 1 else []
        lines.append(Line(cells))
    words = {place for place, head in enumerate(heads) if head.startswith(("Band", "Interval by"))}
    return Table(
        caption,
        heads,
        lines,
        notes.general(f"Intervals: {methods[0]}" if len(methods) == 1 else ""),
        notes.all(),
        prose=frozenset(words),
    )


def side_by_side(
    record: Record,
    caption: str,
    heads: Sequence[str],
    lines: Sequence[tuple[Sequence[str], Sequence[Row]]],
    *,
    n_text: int = 1,
) -> Table:
    """A line for each of several things that have the same coefficients, a column for each of these."""
    everything = [row for _, rows in lines for row in rows]
    notes, labels = Notes(everything), dict[str, str]()
    for row in everything:
        labels.setdefault(row["name"], capital(str(row["label"])))
    body = [
        Line(
            [*(Cell(text) for text in first)]
            + [value_cell(row_named(rows, name), notes, with_interval=True) for name in labels]
        )
        for first, rows in lines
    ]
    return Table(
        caption, [*heads, *labels.values()], body, notes.general(how(record, everything)),
        notes.all(), n_text=n_text,
    )  # fmt: skip


def how(record: Record, rows: Sequence[Row]) -> str:
    """What stands in brackets, and where it comes from."""
    known = [row for row in rows if row.get("low") is not None]
    methods = _methods(known)
    if not known:
        return ""
    by = f" ({'; '.join(methods)})" if methods else ""
    return f"In brackets: {percent(record['level'])} confidence intervals{by}."


def _methods(rows: Iterable[Row]) -> list[str]:
    """Where the intervals come from."""
    return list(dict.fromkeys(str(row["method"]) for row in rows if row.get("method")))


def band(record: Record, row: Row | None) -> str:
    """The benchmark's word for the lower limit of an interval; a dash without either."""
    benchmark = record.get("benchmark")
    if row is not None and "band" in row:
        return str(row["band"] or DASH)
    banded = row is not None and ("alpha" in row["name"] or "kappa" in row["name"])
    if not benchmark or not banded or row is None or row.get("low") is None:
        return DASH
    reached = [one for one in benchmark["bands"] if one[0] is None or row["low"] >= one[0]]
    words = sorted(reached, key=lambda one: float("-inf") if one[0] is None else one[0])
    lowest = min(benchmark["bands"], key=lambda one: float("-inf") if one[0] is None else one[0])
    return str(words[-1][1]) if words else f"below {lowest[1]}"


# Codes


def few(code: Record) -> bool:
    """Whether so few units have the code that counts say more than a coefficient."""
    return bool(code["n_positive"] < FEW_POSITIVES)


def name_of(code: Record) -> str:
    """A code's name, or else its id."""
    return str(code.get("name") or code["code"])


def place_of(code: Record) -> str:
    """What stands above a code in its codebook; nothing where its name says it already."""
    path = code.get("path") or ""
    parts = path.split(" > ") if isinstance(path, str) else [str(part) for part in path]
    above = " > ".join(parts[:-1])
    return "" if not above or name_of(code).startswith(parts[-2]) else f"in {above}"


def code_cell(code: Record, notes: Notes | None = None) -> Cell:
    """The name of a code and a tag where it was seldom applied; with `notes` its place and caveats, too."""
    tag = f"few: {count(code['n_positive'])}" if few(code) else ""
    if notes is None:
        return Cell(name_of(code), tag=tag)
    told = [one for one in code.get("caveats") or () if not (tag and re.match(r"only \d+ unit", one))]
    return Cell(name_of(code), place_of(code), notes.marks(told), tag)


def main_table(record: Record, caption: str, codes: Sequence[Record]) -> Table:
    """For each code what a reviewer looks for."""
    found = [primary(code["rows"]) for code in codes]
    notes = Notes(found)
    symbol = symbol_of(codes)
    heads = [
        "Code", "Units with\xa0it", "Prevalence", symbol, f"{percent(record['level'])} CI",
        f"P({symbol}\xa0<\xa0.667)", f"P({symbol}\xa0<\xa0.800)", "Positive agreement",
    ]  # fmt: skip
    banded = record.get("benchmark")
    heads += [f"Band, {banded['name']}"] if banded else []
    lines = []
    for code, row in zip(codes, found, strict=True):
        low, high, p_667, p_800 = (
            (row or {}).get(key) for key in ("low", "high", "p_below_667", "p_below_800")
        )
        cells = [
            code_cell(code, notes), Cell(count(code["n_positive"])), Cell(share(code.get("prevalence"))),
            value_cell(row, notes), Cell(interval(low, high)), Cell(probability(p_667)),
            Cell(probability(p_800)), value_cell(row_named(code["rows"], "positive_agreement"), notes),
        ]  # fmt: skip
        cells += [Cell(band(record, row))] if banded else []
        lines.append(Line(cells, few=few(code)))
    methods = _methods(row for row in found if row is not None)
    note = notes.general(
        f"Grey, with the count: fewer than {FEW_POSITIVES} units have the code"
        if any(map(few, codes))
        else "",
        f"Intervals: {'; '.join(methods)}" if methods else "",
        ROUNDED,
    )
    return Table(caption, heads, lines, note, notes.all(), prose=frozenset({8}))


def all_coefficients(record: Record, caption: str, codes: Sequence[Record]) -> Table:
    """Every coefficient of every code."""
    table = side_by_side(record, caption, ["Code"], [([name_of(code)], code["rows"]) for code in codes])
    lines = [
        Line([code_cell(code), *line.cells[1:]], few=few(code))
        for code, line in zip(codes, table.lines, strict=True)
    ]
    return Table(table.caption, table.heads, lines, table.note, table.notes)


def counts(caption: str, codes: Sequence[Record]) -> Table:
    """How often each coder applied each code, on how many units."""
    coders = list(dict.fromkeys(coder for code in codes for coder in code.get("positives") or {}))
    heads = ["Code", "Units", "Coded by two or more", "Units with\xa0it", *coders]
    lines = [
        Line(
            [code_cell(code)]
            + [Cell(count(code.get(key))) for key in ("n_units", "n_pairable", "n_positive")]
            + [Cell(count((code.get("positives") or {}).get(coder))) for coder in coders],
            few=few(code),
        )
        for code in codes
    ]
    note = "Under a coder's name: on how many of the units coded by two or more that coder applied it."
    return Table(caption, heads, lines, note)


def symbol_of(codes: Sequence[Record]) -> str:
    """How the main coefficient of codes is written."""
    row = next((row for code in codes if (row := primary(code["rows"]))), None)
    return "α" if row is None else SYMBOLS.get(row["name"], str(row["label"]))
