"""The section on cases and waves, and on how often codes occur in all of the interviews."""

from __future__ import annotations

from collections.abc import Sequence

from autocode.findings.comparison import Compared, Grouping, Rate, compare, groupings
from autocode.findings.material import Material
from autocode.findings.part import (
    Cells,
    Options,
    Part,
    code_anchor,
    code_in_tree,
    entry,
    nothing_accepted,
    place,
)
from autocode.report.apa import DASH, MINUS, counted, percent, share
from autocode.report.blocks import Block, Bullets, Cell, Entry, Heading, Line, Section, Table, Text

TITLE = "Cases and waves"


def cases(material: Material, options: Options) -> Part:
    """Each code by each attribute, and its corrected prevalence."""
    if absent := nothing_accepted(material):
        return Part(Section("cases", TITLE, absent=absent))
    found, reasons = groupings(material)
    blocks: list[Block] = []
    entries: list[Entry] = []
    rows: list[Cells] = [
        ("attribute", "value", "code", "path", "n", "n_read", "rate", "low", "high", "no_interval",
         "minus_others", "minus_others_low", "minus_others_high", "minus_others_no_interval")
    ]  # fmt: skip
    if found:
        blocks.append(Text(_explained(material, options)))
    else:
        blocks.append(Text(_missing(material)))
    for grouping in found:
        compared = compare(material, grouping, options)
        blocks += _blocks(material, grouping, compared, options)
        entries += _entries(material, grouping, compared)
        rows += _rows(material, compared)
    if reasons:
        blocks += [Text("Not compared:"), Bullets(reasons)]
    blocks += _prevalence(material)
    record = {"comparisons": [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]}
    record["prevalence"] = [dict(row) for row in material.work.get("prevalence", ())]
    return Part(Section("cases", TITLE, blocks), record, entries, {"comparison": rows})


def _missing(material: Material) -> str:
    where = "the project's folder" if material.source == "project" else "the dataset's folder"
    return (
        "There are no groups to compare: nothing is known of the interviews, or it is the same of all. Write "
        f"what is known into a file cases.yaml in {where}: the name of a transcript, and below it lines such "
        "as 'firm: MBE' and 'wave: 2016'."
    )


def _explained(material: Material, options: Options) -> str:
    machine = material.include_machine
    whose = "all that respondents say" if machine else "the statements that somebody has read"
    return (
        f"Rates are of {whose}. Intervals "
        f"({percent(options.level)}) take into account that what is said in one interview hangs together: "
        "with ten interviews or more whole interviews are drawn again and again, with fewer each is left out "
        "in turn. They are not corrected for the number of comparisons: where many are made, the odd one "
        "leaves out 0 by chance, and a few interviews are never a sample of all firms."
    )


def _blocks(
    material: Material, grouping: Grouping, compared: Sequence[Compared], options: Options
) -> list[Block]:
    values = list(grouping.groups)
    two = len(values) == 2
    sizes = "; ".join(
        f"{value}: {counted(len(group), 'statement')} in {counted(grouping.n_interviews[value], 'interview')}"
        for value, group in grouping.groups.items()
    )
    unknown = f" Of {counted(grouping.n_unknown, 'statement')} it is not known." if grouping.n_unknown else ""
    said = f"{sizes}.{unknown}"
    if two:
        tested = [one.differences[values[0]] for one in compared]
        with_interval = [one for one in tested if one.low is not None and one.high is not None]
        clear = sum(one.low > 0 or one.high < 0 for one in with_interval)  # type: ignore[operator]
        said += (
            f" {counted(len(with_interval), 'difference')} with an interval; {clear} of these intervals "
            f"leave out 0, about {len(with_interval) * (1 - options.level):.1f} would if there were no "
            "difference."
            if with_interval
            else " No difference has an interval; the table says why."
        )
    heads = ["Code", *values, *([f"{values[0]} minus {values[1]}, in points"] if two else [])]
    lines = []
    for one in compared:
        book = material.codebook
        cells = [code_in_tree(book, one.code_id)]
        cells += [_cell(rate, _anchor(one, value)) for value, rate in one.rates.items()]
        if two:
            cells.append(_difference(one.differences[values[0]]))
        lines.append(Line(cells))
    apart = "Apart: the interval of the difference, in percentage points, leaves out 0."
    note = apart if two else "How each group differs from all others is in comparison.csv."
    return [
        Heading(grouping.attribute.capitalize()),
        Text(said),
        Table(f"Statements with each code by {grouping.attribute}", heads, lines, note),
    ]


def _anchor(one: Compared, value: str) -> str:
    return f"by-{place(one.attribute)}-{place(value)}-{code_anchor(one.code_id)}"


def _cell(rate: Rate, anchor: str) -> Cell:
    if rate.value is None:
        return Cell(DASH, rate.no_interval_because or "")
    below = (
        f"[{share(rate.low)}, {share(rate.high)}]" if rate.low is not None else rate.no_interval_because or ""
    )
    return Cell(
        f"{rate.n} of {rate.n_read}, {share(rate.value)}", below, link=f"#{anchor}" if rate.n else None
    )


def _difference(rate: Rate) -> Cell:
    if rate.value is None:
        return Cell(DASH)
    if rate.low is None or rate.high is None:
        return Cell(_points(rate.value), rate.no_interval_because or "")
    clear = rate.low > 0 or rate.high < 0
    return Cell(
        _points(rate.value), f"[{_points(rate.low)}, {_points(rate.high)}]", tag="apart" if clear else ""
    )


def _points(value: float) -> str:
    """A difference of shares in percentage points.

    >>> _points(-0.0234), _points(0.1)
    ('−2.3', '+10.0')
    """
    said = f"{abs(100 * value):.1f}"
    return said if float(said) == 0 else f"{MINUS if value < 0 else '+'}{said}"


def _entries(material: Material, grouping: Grouping, compared: Sequence[Compared]) -> list[Entry]:
    return [
        entry(
            _anchor(one, value), f"{material.codebook.short_path(one.code_id)}, {grouping.attribute} {value}",
            [statement for statement in group if one.code_id in statement.codes],
        )
        for one in compared
        for value, group in grouping.groups.items()
        if one.rates[value].n
    ]  # fmt: skip


def _rows(material: Material, compared: Sequence[Compared]) -> list[Cells]:
    rows: list[Cells] = []
    for one in compared:
        for value, rate in one.rates.items():
            other = one.differences[value]
            numbers = [
                None if number is None else round(number, 6)
                for number in (rate.value, rate.low, rate.high, other.value, other.low, other.high)
            ]
            rows.append(
                (one.attribute, value, one.code_id, material.codebook.path(one.code_id), rate.n, rate.n_read,
                 *numbers[:3], rate.no_interval_because, *numbers[3:], other.no_interval_because)
            )  # fmt: skip
    return rows


def _prevalence(material: Material) -> list[Block]:
    """How often codes occur in everything that was said, where a model has read what people have not."""
    if not material.include_machine:
        return []
    heading = Heading("How often codes occur, corrected for the machine's errors")
    rows = material.work.get("prevalence", ())
    if not rows:
        return [heading, Text(f"Withheld: {material.work.get('prevalence_withheld', 'not known')}.")]
    lines = [
        Line([
            Cell(material.codebook.short_path(row["code"])), Cell(share(row["value"])),
            Cell(f"[{share(row['low'])}, {share(row['high'])}]" if row["low"] is not None else DASH,
                 row["undefined_because"] or row["widened_because"] or ""),
            Cell(f"{row['n_human']:,}"),
        ])
        for row in rows
    ]  # fmt: skip
    said = (
        "Counting what a machine suggests is biased. Here the mean of its probabilities over all statements "
        "is corrected by its mean error on the statements that were drawn by chance and that people read "
        "(difference estimator), clustered by interview; what was read before the draw counts as it is. "
        "Where the machine was wrong in few of the drawn ones, intervals are widened for errors that nobody "
        "has seen."
    )
    cautions = [Text(f"{one[0].upper()}{one[1:]}.") for one in material.work.get("prevalence_cautions", ())]
    heads = ["Code", "Share of statements", "Interval", "Read by people"]
    return [heading, Text(said), *cautions, Table("Corrected prevalence of each code", heads, lines)]
