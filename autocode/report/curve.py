"""A curve with intervals as a drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from autocode.report.drawing import Curve, Dot, Drawing, Group, Words

WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 46, 560, 30, 246  # of the plot within
STEPS = (1, 2, 5)  # times a power of ten: the ticks across


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a curve with its interval."""

    x: float
    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class _Plot:
    most: float
    start: float

    def x(self, value: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * value / self.most, 1)

    def y(self, value: float) -> float:
        share = (min(1.0, max(self.start, value)) - self.start) / (1 - self.start)
        return round(BOTTOM - (BOTTOM - TOP) * share, 1)


def curve_drawing(
    points: Sequence[Point],
    *,
    across: str,
    symbol: str,
    start: float,
    level: float | None = None,
    level_name: str = "",
) -> Drawing:
    """Points over a quantity from 0 on, left to right; values between `start` (0 or less) and 1.

    `level` is a value to compare with, drawn as a dashed line.
    """
    plot = _Plot(max(1.0, *(point.x for point in points)), start)
    groups = [_axes(plot, across, symbol)]
    if level is not None:
        y = plot.y(level)
        line = Curve((LEFT, y), (RIGHT, y), colour="ink", dashed=True)
        groups.append(Group("level", [line, Words(RIGHT + 10, y + 4, level_name)]))
    places = [(plot.x(point.x), plot.y(point.value)) for point in points]
    lines = [Curve(a, b, colour="mark", width=2) for a, b in pairwise(places)]
    bars = [bar for point in points for bar in _bar(plot, point)]
    dots = [Dot(x, y, 4.5) for x, y in places]
    return Drawing(WIDTH, HEIGHT, [*groups, Group("curve", [*lines, *bars, *dots])])


def ticks_across(most: float) -> list[int]:
    """Five to ten round numbers from 0 to `most`.

    >>> ticks_across(130)
    [0, 20, 40, 60, 80, 100, 120]
    """
    size = next(step * 10**power for power in range(12) for step in STEPS if most / (step * 10**power) < 8)
    return list(range(0, int(most) + 1, size))


def _axes(plot: _Plot, across: str, symbol: str) -> Group:
    shapes: list[Curve | Words] = [Words(0, 16, symbol, colour="quiet")]
    for fifth in range(round(5 * plot.start), 6):
        y, sign = plot.y(fifth / 5), "−" if fifth < 0 else ""
        said = f"{abs(fifth) / 5:.1f}".removeprefix("0") if fifth else "0"
        shapes.append(Curve((LEFT, y), (RIGHT, y)))
        shapes.append(Words(LEFT - 8, y + 4, f"{sign}{said}", side="end", colour="quiet"))
    shapes += [
        Words(plot.x(tick), BOTTOM + 18, f"{tick:,}", side="middle", colour="quiet")
        for tick in ticks_across(plot.most)
    ]
    return Group("axes", [*shapes, Words(RIGHT, BOTTOM + 42, across, side="end", colour="quiet")])


def _bar(plot: _Plot, point: Point) -> list[Curve]:
    if point.low is None or point.high is None:
        return []
    x, low, high = plot.x(point.x), plot.y(point.low), plot.y(point.high)
    ends = (((x, low), (x, high)), ((x - 4, low), (x + 4, low)), ((x - 4, high), (x + 4, high)))
    return [Curve(a, b, colour="mark", width=1.5) for a, b in ends]
