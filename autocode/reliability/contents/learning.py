"""The section on the learning curve: agreement of machine and people by how much the machine had learnt."""

from __future__ import annotations

from autocode.reliability.contents.plots import start_of
from autocode.reliability.contents.tables import row_named, side_by_side
from autocode.report.apa import count, decimal, percent
from autocode.report.blocks import Block, Figure, Record, Section, Text
from autocode.report.curve import Point, curve_drawing

NAME = "masi_alpha"


def learning(record: Record) -> Section:
    """A curve with intervals where there are points; else what is missing."""
    found, title = record.get("learning") or {}, "What more human codes bring"
    points = found.get("points") or []
    if not found or found.get("undefined_because"):
        return Section("learning", title, absent=str(found.get("undefined_because") or "no machine coded"))
    blocks: list[Block] = [Text(str(found["sentence"]))]
    sources = list(dict.fromkeys(str(one["source"]) for one in points))
    for source in sources:
        own = [one for one in points if one["source"] == source]
        blocks += _curve(record, source if len(sources) > 1 else "", own, found.get("people"))
    lines = [
        ([str(one["source"]), _labels(one), count(one["n_codings"]), count(one["n_interviews"])], one["rows"])
        for one in points
    ]
    heads = ["Measured in", "Labelled statements", "Codings compared", "Interviews"]
    blocks.append(side_by_side(record, "Agreement of the machine with people", heads, lines))
    return Section("learning", title, blocks)


def _labels(point: Record) -> str:
    low, high = round(point["n_labels_from"]), round(point["n_labels_to"])
    return count(low) if low == high else f"{count(low)} to {count(high)}"


def _curve(record: Record, source: str, points: list[Record], people: float | None) -> list[Block]:
    """The curve of one source, where it has two points."""
    measured = []
    for one in points:
        row = row_named(one["rows"], NAME)
        if row is not None and row["value"] is not None:
            measured.append(Point(float(one["n_labels"]), row["value"], row["low"], row["high"]))
    if len(measured) < 2:
        return []
    lows = [point.value if point.low is None else point.low for point in measured]
    dashed = "" if people is None else f" Dashed line: people with each other, α = {decimal(people)}."
    ends = (f"{decimal(point.value)} after {round(point.x):,}" for point in (measured[0], measured[-1]))
    return [
        Figure(
            f"α of the machine with each person (sets of codes, MASI), with {percent(record['level'])} "
            "confidence intervals, by how many labelled statements the machine had learnt from"
            f"{f', in {source}' if source else ''}.{dashed}",
            f"Learning curve of the machine{f', {source}' if source else ''}",
            f"α is {' and '.join(ends)} labelled statements; the table has all values.",
            curve_drawing(
                measured,
                across="labelled statements that the machine had learnt from",
                symbol="α",
                start=start_of([*lows, 0.0 if people is None else people]),
                level=people,
                level_name="people",
            ),
        )
    ]
