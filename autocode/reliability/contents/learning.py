"""The section on the learning curve: agreement of machine and people by how much the machine had learnt."""

from __future__ import annotations

from autocode.reliability.contents.apa import count, decimal, percent
from autocode.reliability.contents.blocks import Block, Curve, Point, Record, Section, Text
from autocode.reliability.contents.plots import start_of
from autocode.reliability.contents.tables import row_named, side_by_side

NAME = "masi_alpha"


def learning(record: Record) -> Section:
    """A curve with intervals where there are points; else what is missing."""
    found, title = record.get("learning") or {}, "What more human codes bring"
    points = found.get("points") or []
    if not found or found.get("undefined_because"):
        return Section("learning", title, absent=str(found.get("undefined_because") or "no machine coded"))
    blocks: list[Block] = [Text(str(found["sentence"]))]
    if (curve := _curve(record, points, found.get("people"))) is not None:
        blocks.append(curve)
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


def _curve(record: Record, points: list[Record], people: float | None) -> Curve | None:
    lines: dict[str, list[Point]] = {}
    for one in points:
        row = row_named(one["rows"], NAME)
        if row is not None and row["value"] is not None:
            lines.setdefault(str(one["source"]), []).append(
                Point(float(one["n_labels"]), row["value"], row["low"], row["high"])
            )
    if not lines:
        return None
    every = [point for some in lines.values() for point in some]
    lows = [point.value if point.low is None else point.low for point in every]
    dashed = "" if people is None else f" Dashed line: people with each other, \u03b1 = {decimal(people)}."
    first, last = (f"{decimal(p.value)} after {round(p.x):,}" for p in (every[0], every[-1]))
    return Curve(
        f"\u03b1 of the machine with each person (sets of codes, MASI), with {percent(record['level'])} "
        f"confidence intervals, by how many labelled statements the machine had learnt from.{dashed}",
        "Learning curve of the machine",
        f"\u03b1 is {first} labelled statements and {last}. All values are in the table after the plot.",
        list(lines.items()),
        "labelled statements that the machine had learnt from",
        "\u03b1",
        start_of([*lows, 0.0 if people is None else people]),
        people,
        "people",
    )
