"""The forest plot as a picture, for where SVG is not at home."""

from __future__ import annotations

from typing import Any

from autocode.agreement.resample import THRESHOLDS
from autocode.report.blocks import Forest, ForestRow
from autocode.report.forest_svg import short, ticks
from autocode.report.picture import picture

TENTATIVE, FIRM = THRESHOLDS
INK, QUIET, MARK, GRID = "#1a1a1a", "#595959", "#2f6690", "#dddddd"


def draw_picture(forest: Forest, *, dpi: int = 200) -> bytes:
    """A PNG, 16.5 cm wide; the same bytes each time."""
    return picture(lambda figure: _draw(figure, forest), (6.5, 0.9 + 0.235 * len(forest.rows)), dpi=dpi)


def _draw(figure: Any, forest: Forest) -> None:
    height = figure.get_figheight()
    axes = figure.add_axes((0.335, 0.32 / height, 0.345, 1 - 0.87 / height))
    axes.set_xlim(forest.start, 1.0)
    axes.set_ylim(len(forest.rows) - 0.3, -0.7)
    for tick in ticks(forest):
        axes.axvline(tick, color=GRID, linewidth=0.7, zorder=0)
    axes.axvline(TENTATIVE, color=INK, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    axes.axvline(FIRM, color=INK, linewidth=1, zorder=1)
    axes.set_yticks([])
    axes.set_xticks(ticks(forest), [_tick(tick) for tick in ticks(forest)], color=QUIET)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    across = axes.get_xaxis_transform()  # x in values, y in shares of the height
    above = 1 + 0.28 / (axes.get_position().height * height)
    axes.text(TENTATIVE, above, "tentative .667 ", transform=across, ha="right", clip_on=False)
    axes.text(FIRM, above, " .800 firm conclusions", transform=across, ha="left", clip_on=False)
    _columns(figure, axes, forest)
    for number, row in enumerate(forest.rows):
        _mark(axes, forest, row, number)


def _tick(value: float) -> str:
    said = f"{abs(value):.1f}".removeprefix("0") if value else "0"
    return f"−{said}" if value < 0 else said


def _columns(figure: Any, axes: Any, forest: Forest) -> None:
    """Names left of the plot, numbers right of it."""
    from matplotlib.transforms import blended_transform_factory

    place = blended_transform_factory(figure.transFigure, axes.transData)
    heads = [
        (0.01, "left", "Code"),
        (0.7, "left", f"{forest.symbol} [interval]"),
        (0.99, "right", "units with it"),
    ]
    for x, side, text in heads:
        axes.text(x, -0.95, text, transform=place, ha=side, va="center", color=QUIET, clip_on=False)
    for number, row in enumerate(forest.rows):
        color, weight = QUIET if row.few else INK, "bold" if row.whole else "normal"
        texts = [(0.01, "left", short(row.label)), (0.7, "left", row.shown), (0.99, "right", row.n_positive)]
        for x, side, text in texts:
            axes.text(
                x, number, text, transform=place, ha=side, va="center", color=color, weight=weight,
                clip_on=False,
            )  # fmt: skip


def _mark(axes: Any, forest: Forest, row: ForestRow, number: int) -> None:
    color = QUIET if row.few else INK if row.whole else MARK
    if row.low is not None and row.high is not None:
        low, high = max(row.low, forest.start), min(row.high, 1.0)
        axes.plot([low, high], [number, number], color=color, linewidth=0.9 if row.few else 1.6, zorder=2)
        if row.low < forest.start:
            axes.plot([low], [number], marker="<", color=color, markersize=4, clip_on=False)
    if row.value is not None and row.value >= forest.start:
        axes.plot(
            [row.value], [number], marker="D" if row.whole else "o", color=color, markersize=5,
            markerfacecolor="white" if row.few else color, clip_on=False, zorder=3,
        )  # fmt: skip
