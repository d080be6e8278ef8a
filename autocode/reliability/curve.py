"""A curve with intervals: as SVG for the page, and as a picture for where SVG is not at home."""

from __future__ import annotations

import io
from html import escape
from itertools import pairwise
from typing import Any

from autocode.reliability.contents.blocks import Curve, Point
from autocode.reliability.plain import clean

WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 46, 560, 30, 246  # of the plot within
INK, QUIET, MARK, GRID = "#1a1a1a", "#595959", "#2f6690", "#dddddd"
STEPS = (1, 2, 5)  # times a power of ten: the ticks across


def draw_curve(curve: Curve, name: str) -> str:
    """An `<svg>` element whose ids begin with `name`."""
    parts = [*_axes(curve), *_line(curve)]
    return (
        f'<svg role="img" aria-labelledby="{name}-title {name}-about" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<title id="{name}-title">{_e(curve.title)}</title>'
        f'<desc id="{name}-about">{_e(curve.description)}</desc>{"".join(parts)}</svg>'
    )


def draw_curve_picture(curve: Curve, *, dpi: int = 200) -> bytes:
    """A PNG, 16.5 cm wide; the same bytes each time."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    file = io.BytesIO()
    look: dict[Any, Any] = {"font.family": "sans-serif", "font.size": 8.5, "text.parse_math": False}
    with rc_context(look):
        figure = Figure(figsize=(6.5, 3.1), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        axes.plot(
            [p.x for p in curve.points], [p.value for p in curve.points], "o-", color=MARK, markersize=4
        )
        for point in curve.points:
            if point.low is not None and point.high is not None:
                axes.plot([point.x] * 2, [point.low, point.high], "_-", color=MARK, linewidth=1.3)
        if curve.level is not None:
            axes.axhline(curve.level, color=INK, linewidth=1, linestyle=(0, (4, 3)))
            beside = axes.get_yaxis_transform()  # x in shares of the width, y in values
            axes.text(1.01, curve.level, curve.level_name, transform=beside, va="center")
        axes.set_ylim(curve.start, 1.0)
        axes.set_xlim(0, _most(curve) * 1.03)
        axes.set_xlabel(curve.across, color=QUIET)
        axes.set_ylabel(curve.symbol, color=QUIET)
        axes.grid(axis="y", color=GRID, linewidth=0.7)
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0, labelcolor=QUIET)
        figure.savefig(file, format="png", dpi=dpi, metadata={"Software": None})
    return file.getvalue()


def ticks_across(most: float) -> list[int]:
    """Five to ten round numbers from 0 to `most`.

    >>> ticks_across(130)
    [0, 20, 40, 60, 80, 100, 120]
    """
    size = next(step * 10**power for power in range(12) for step in STEPS if most / (step * 10**power) < 8)
    return list(range(0, int(most) + 1, size))


def _most(curve: Curve) -> float:
    return max(1.0, *(point.x for point in curve.points))


def _x(curve: Curve, value: float) -> float:
    return round(LEFT + (RIGHT - LEFT) * value / _most(curve), 1)


def _y(curve: Curve, value: float) -> float:
    share = (min(1.0, max(curve.start, value)) - curve.start) / (1 - curve.start)
    return round(BOTTOM - (BOTTOM - TOP) * share, 1)


def _axes(curve: Curve) -> list[str]:
    parts = [f'<text x="0" y="16" class="quiet">{_e(curve.symbol)}</text>']
    for fifth in range(round(5 * curve.start), 6):
        y, sign = _y(curve, fifth / 5), "−" if fifth < 0 else ""
        said = f"{abs(fifth) / 5:.1f}".removeprefix("0") if fifth else "0"
        parts.append(f'<line x1="{LEFT}" x2="{RIGHT}" y1="{y}" y2="{y}" class="grid"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4}" class="quiet end">{sign}{said}</text>')
    for tick in ticks_across(_most(curve)):
        x = _x(curve, tick)
        parts.append(f'<text x="{x}" y="{BOTTOM + 18}" class="quiet" text-anchor="middle">{tick:,}</text>')
    parts.append(f'<text x="{RIGHT}" y="{BOTTOM + 42}" class="quiet end">{_e(curve.across)}</text>')
    if curve.level is not None:
        y = _y(curve, curve.level)
        parts.append(f'<line x1="{LEFT}" x2="{RIGHT}" y1="{y}" y2="{y}" class="limit dashed"/>')
        parts.append(f'<text x="{RIGHT + 10}" y="{y + 4}">{_e(curve.level_name)}</text>')
    return parts


def _line(curve: Curve) -> list[str]:
    places = [(_x(curve, point.x), _y(curve, point.value)) for point in curve.points]
    parts = [
        f'<line x1="{x1}" x2="{x2}" y1="{y1}" y2="{y2}" class="bar"/>'
        for (x1, y1), (x2, y2) in pairwise(places)
    ]
    return parts + [_mark(curve, point) for point in curve.points]


def _mark(curve: Curve, point: Point) -> str:
    x, mark = _x(curve, point.x), ""
    if point.low is not None and point.high is not None:
        y1, y2 = _y(curve, point.low), _y(curve, point.high)
        mark = "".join(
            f'<line x1="{a}" x2="{b}" y1="{c}" y2="{d}" class="bar"/>'
            for a, b, c, d in ((x, x, y1, y2), (x - 4, x + 4, y1, y1), (x - 4, x + 4, y2, y2))
        )
    return f'{mark}<circle cx="{x}" cy="{_y(curve, point.value)}" r="4.5" class="dot"/>'


def _e(text: str) -> str:
    return escape(clean(text))
