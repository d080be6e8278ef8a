"""Figures as records of plain shapes, written as SVG (text stays text) and as pictures for Word.

Colours are names, so that a page can show them light and dark; `#RRGGBB` is kept as it is. Positions are
pixels from the upper left corner.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

from autocode.report.picture import picture
from autocode.report.plain import clean, safe_link

COLOURS = {"ink": "#1a1a1a", "quiet": "#595959", "paper": "#ffffff", "rule": "#d5d5d5", "mark": "#2f6690",
           "box": "#f2f2f2"}  # fmt: skip
FONT = 13  # pixels
Side = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True)
class Words:
    """A line of text whose foot is at (x, y)."""

    x: float
    y: float
    text: str
    side: Side = "start"
    colour: str = "ink"
    bold: bool = False
    size: float = FONT
    link: str = ""  # `#name` of a place in the report


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float
    fill: str = "box"
    edge: str = "rule"
    link: str = ""
    title: str = ""  # shown where one points at it


@dataclass(frozen=True, slots=True)
class Dot:
    """A circle."""

    x: float
    y: float
    radius: float
    fill: str = "mark"
    edge: str = "paper"
    link: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Curve:
    """A line through two points, or one bent towards a third."""

    start: tuple[float, float]
    end: tuple[float, float]
    bend: tuple[float, float] | None = None
    colour: str = "rule"
    width: float = 1.0
    dashed: bool = False
    link: str = ""
    title: str = ""


Shape = Words | Box | Dot | Curve


@dataclass(frozen=True, slots=True)
class Group:
    """Shapes that belong together, under a name that drawing programs show."""

    name: str
    shapes: Sequence[Shape]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure of `width` and `height` pixels."""

    width: float
    height: float
    groups: Sequence[Group]


def inline_svg(drawing: Drawing, name: str, *, title: str = "", description: str = "") -> str:
    """An `<svg>` element for a page, whose ids begin with `name`; its colours are the page's."""
    return (
        f'<svg role="img" aria-labelledby="{name}-title {name}-about" '
        f'viewBox="0 0 {drawing.width:g} {drawing.height:g}" style="max-width:{drawing.width:g}px">'
        f'<title id="{name}-title">{_e(title)}</title><desc id="{name}-about">{_e(description)}</desc>'
        f"{_groups(drawing, page='')}</svg>"
    )


def own_svg(drawing: Drawing, *, title: str, description: str, page: str) -> str:
    """An SVG file of its own, to edit and to print; its links lead to `page` beside it."""
    shapes = re.sub(r"var\(--(\w+)\)", lambda found: COLOURS[found[1]], _groups(drawing, page=page))
    size = f'width="{drawing.width:g}" height="{drawing.height:g}"'
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {size} '
        f'viewBox="0 0 {drawing.width:g} {drawing.height:g}" font-family="Helvetica, Arial, sans-serif" '
        f'font-size="{FONT}"><title>{_e(title)}</title><desc>{_e(description)}</desc>'
        f'<rect width="100%" height="100%" fill="#ffffff"/>{shapes}</svg>\n'
    )


def drawing_png(drawing: Drawing) -> bytes:
    """The drawing as a PNG, at most 6.5 inches wide for its letters to be read."""
    scale = 6.5 / max(drawing.width, 720)
    return picture(
        lambda figure: _paint(figure, drawing, scale * 72),
        (drawing.width * scale, drawing.height * scale),
        dpi=220,
    )


def wrapped(text: str, most: int, lines: int = 2) -> list[str]:
    """A text on at most `lines` lines of about `most` characters, its end cut with an ellipsis.

    >>> wrapped("Personal and organizational relation with the partner", 20)
    ['Personal and', 'organizational rela…']
    """
    found, words = [""], clean(text).split()
    for word in words:
        joined = f"{found[-1]} {word}".strip()
        if len(joined) <= most or not found[-1]:
            found[-1] = joined
        else:
            found.append(word)
    if len(found) > lines:
        found = [*found[: lines - 1], " ".join(found[lines - 1 :])]
    return [line if len(line) <= most else f"{line[: most - 1].rstrip()}…" for line in found]


# SVG


def _groups(drawing: Drawing, *, page: str) -> str:
    return "".join(
        f'<g aria-label="{_e(group.name)}">{"".join(_shape(one, page) for one in group.shapes)}</g>'
        for group in drawing.groups
    )


def _shape(shape: Shape, page: str) -> str:
    made = _plain(shape)
    link = safe_link(shape.link)
    return f'<a href="{_e(page + link)}">{made}</a>' if link else made


def _plain(shape: Shape) -> str:
    if isinstance(shape, Words):
        bold = ";font-weight:650" if shape.bold else ""
        size = f";font-size:{shape.size:g}px" if shape.size != FONT else ""
        return (
            f'<text x="{shape.x:.1f}" y="{shape.y:.1f}" text-anchor="{shape.side}" '
            f'style="fill:{_colour(shape.colour)}{size}{bold}">{_e(shape.text)}</text>'
        )
    about = f"<title>{_e(shape.title)}</title>" if shape.title else ""
    if isinstance(shape, Box):
        return (
            f'<rect x="{shape.x:.1f}" y="{shape.y:.1f}" width="{shape.width:.1f}" '
            f'height="{shape.height:.1f}" rx="3" style="fill:{_colour(shape.fill)};'
            f'stroke:{_colour(shape.edge)}">{about}</rect>'
        )
    if isinstance(shape, Dot):
        return (
            f'<circle cx="{shape.x:.1f}" cy="{shape.y:.1f}" r="{shape.radius:.1f}" '
            f'style="fill:{_colour(shape.fill)};stroke:{_colour(shape.edge)}">{about}</circle>'
        )
    (x1, y1), (x2, y2) = shape.start, shape.end
    bend = f"Q{shape.bend[0]:.1f} {shape.bend[1]:.1f} " if shape.bend else "L"
    dash = ";stroke-dasharray:5 4" if shape.dashed else ""
    return (
        f'<path d="M{x1:.1f} {y1:.1f}{bend}{x2:.1f} {y2:.1f}" style="fill:none;'
        f'stroke:{_colour(shape.colour)};stroke-width:{shape.width:.1f}{dash}">{about}</path>'
    )


def _colour(name: str) -> str:
    return f"var(--{name})" if name in COLOURS else name


def _e(text: str) -> str:
    return escape(clean(text))


# Pictures


def _paint(figure: Any, drawing: Drawing, points: float) -> None:
    """Put the shapes on a matplotlib figure, a pixel `points` points wide."""
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, drawing.width)
    axes.set_ylim(drawing.height, 0)
    axes.set_axis_off()
    for order, shape in enumerate(shape for group in drawing.groups for shape in group.shapes):
        _paint_shape(axes, shape, points, order)


def _paint_shape(axes: Any, shape: Shape, points: float, order: int) -> None:
    from matplotlib.patches import Circle, PathPatch, Rectangle
    from matplotlib.path import Path

    if isinstance(shape, Words):
        sides = {"start": "left", "middle": "center", "end": "right"}
        axes.text(
            shape.x, shape.y, clean(shape.text), ha=sides[shape.side], va="baseline", zorder=order,
            color=_hex(shape.colour), fontsize=shape.size * points * 0.9,
            weight="bold" if shape.bold else "normal",
        )  # fmt: skip
        return
    if isinstance(shape, Curve):
        points_of = [shape.start, *([shape.bend] if shape.bend else []), shape.end]
        codes = [Path.MOVETO, *([Path.CURVE3] * 2 if shape.bend else [Path.LINETO])]
        made: Any = PathPatch(
            Path(points_of, codes), fill=False, edgecolor=_hex(shape.colour),
            linewidth=shape.width * points, linestyle="--" if shape.dashed else "-",
        )  # fmt: skip
    elif isinstance(shape, Box):
        made = Rectangle((shape.x, shape.y), shape.width, shape.height)
    else:
        made = Circle((shape.x, shape.y), shape.radius)
    if not isinstance(shape, Curve):
        made.set(facecolor=_hex(shape.fill), edgecolor=_hex(shape.edge), linewidth=points)
    made.set_zorder(order)
    axes.add_patch(made)


def _hex(colour: str) -> str:
    return COLOURS.get(colour, colour)
