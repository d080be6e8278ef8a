"""The forest plot as SVG: text stays text, colours come from the page's style."""

from __future__ import annotations

from html import escape

from autocode.agreement.resample import THRESHOLDS
from autocode.report.blocks import Forest, ForestRow
from autocode.report.plain import clean

TENTATIVE, FIRM = THRESHOLDS
WIDTH, LEFT, RIGHT = 730, 244, 506  # the plot lies between LEFT and RIGHT
ROW, TOP = 24, 58
LONGEST = 29  # characters of a label


def draw_forest(forest: Forest, name: str) -> str:
    """An `<svg>` element whose ids begin with `name`."""
    bottom = TOP + ROW * len(forest.rows) + (10 if forest.rows and forest.rows[-1].whole else 0)
    parts = [*_axes(forest, bottom)]
    parts += [_row(forest, row, number) for number, row in enumerate(forest.rows)]
    return (
        f'<svg role="img" aria-labelledby="{name}-title {name}-about" viewBox="0 0 {WIDTH} {bottom + 26}">'
        f'<title id="{name}-title">{_e(forest.title)}</title>'
        f'<desc id="{name}-about">{_e(forest.description)}</desc>{"".join(parts)}</svg>'
    )


def place(forest: Forest, value: float) -> float:
    """Where a value is on the x axis."""
    return round(LEFT + (RIGHT - LEFT) * (value - forest.start) / (1 - forest.start), 1)


def short(label: str) -> str:
    """A label on one line; of a long one both ends.

    >>> short("a very long name of a code that goes on")
    'a very long na…e that goes on'
    """
    label, half = " ".join(clean(label).split()), LONGEST // 2
    return label if len(label) <= LONGEST else f"{label[:half]}…{label[half + 1 - LONGEST :]}"


def ticks(forest: Forest) -> list[float]:
    """Where the axis has numbers."""
    return [number / 5 for number in range(round(5 * forest.start), 6)]


def _axes(forest: Forest, bottom: int) -> list[str]:
    tentative, firm = place(forest, TENTATIVE), place(forest, FIRM)
    parts = [
        f'<text x="{tentative + 4}" y="16" class="end">tentative .667</text>',
        f'<text x="{firm - 4}" y="16">.800 firm conclusions</text>',
        '<text x="0" y="44" class="quiet">Code</text>',
        f'<text x="{RIGHT + 20}" y="44" class="quiet">{_e(forest.symbol)} [interval]</text>',
        f'<text x="{WIDTH}" y="44" class="quiet end">units with it</text>',
    ]
    for tick in ticks(forest):
        x, sign = place(forest, tick), "−" if tick < 0 else ""
        said = f"{abs(tick):.1f}".removeprefix("0") if tick else "0"
        parts.append(f'<line x1="{x}" x2="{x}" y1="{TOP - 6}" y2="{bottom}" class="grid"/>')
        parts.append(
            f'<text x="{x}" y="{bottom + 18}" class="quiet" text-anchor="middle">{sign}{said}</text>'
        )
    for x, kind in ((tentative, "limit dashed"), (firm, "limit")):
        parts.append(f'<line x1="{x}" x2="{x}" y1="22" y2="{bottom}" class="{kind}"/>')
    return parts


def _row(forest: Forest, row: ForestRow, number: int) -> str:
    y = TOP + ROW * number + ROW // 2 + (10 if row.whole else 0)
    kind = "few" if row.few else "whole" if row.whole else "code"
    bold = ' class="bold"' if row.whole else ""
    full = f"<title>{_e(row.label)}</title>" if short(row.label) != row.label else ""
    parts = [f'<text x="0" y="{y + 4}"{bold}>{full}{_e(short(row.label))}</text>']
    parts += [_bar(forest, row, y), _dot(forest, row, y)]
    parts.append(f'<text x="{RIGHT + 20}" y="{y + 4}"{bold}>{_e(row.shown)}</text>')
    if row.n_positive:
        parts.append(f'<text x="{WIDTH}" y="{y + 4}" class="end">{_e(row.n_positive)}</text>')
    return f'<g class="{kind}">{"".join(parts)}</g>'


def _bar(forest: Forest, row: ForestRow, y: int) -> str:
    """The interval; an arrowhead where it goes beyond the plot."""
    if row.low is None or row.high is None:
        return ""
    low, high = (min(1.0, max(forest.start, one)) for one in (row.low, row.high))
    x1, x2 = place(forest, low), place(forest, high)
    bar = f'<line x1="{x1}" x2="{x2}" y1="{y}" y2="{y}" class="bar"/>'
    if row.low < forest.start:
        bar += f'<path d="M{x1 + 6} {y - 4}L{x1} {y}L{x1 + 6} {y + 4}" fill="none" class="bar"/>'
    if row.high > 1:
        bar += f'<path d="M{x2 - 6} {y - 4}L{x2} {y}L{x2 - 6} {y + 4}" fill="none" class="bar"/>'
    return bar


def _dot(forest: Forest, row: ForestRow, y: int) -> str:
    if row.value is None or row.value < forest.start:
        return ""
    x = place(forest, row.value)
    if row.whole:
        return f'<path d="M{x - 7} {y}L{x} {y - 6}L{x + 7} {y}L{x} {y + 6}Z" class="dot"/>'
    return f'<circle cx="{x}" cy="{y}" r="4.5" class="dot"/>'


def _e(text: str) -> str:
    return escape(clean(text))
