"""The drawings of the evaluation, as SVG."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from autocode.evaluate.lookup import Result, Row, baseline_f1, best_baseline, interval_of, remainder
from autocode.evaluate.markup import number

LONGEST_NAME = 30  # characters of a code's name in a plot
FEW = 30  # positives below which a code's numbers are marked as uncertain
FEW_IN_BIN = 30  # decisions below which a point of the reliability diagram is drawn hollow
OURS, THEIRS, PEOPLE, REVIEW = "#2f6690", "#767676", "#b5521b", "#d3d9de"


def drawn(name: str, size: tuple[float, float], draw: Callable[[Any], None], title: str, caption: str) -> str:
    """What `draw` puts on a figure of `size` inches: SVG with text as text, the same bytes each time."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    file = io.StringIO()
    look: dict[Any, Any] = {
        "svg.fonttype": "none", "svg.hashsalt": name, "text.usetex": False, "text.parse_math": False,
        "font.family": "sans-serif", "font.size": 9.5, "axes.spines.top": False, "axes.spines.right": False,
        "axes.axisbelow": True, "grid.color": "#dddddd", "hatch.color": "white", "legend.frameon": False,
    }  # fmt: skip
    with rc_context(look), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # the browser's fonts have it
        figure = Figure(figsize=size, layout="constrained")
        draw(figure)
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return (
        f"<figure>{_inline(file.getvalue(), name, title)}<figcaption>{escape(caption)}</figcaption></figure>"
    )


def _inline(svg: str, name: str, title: str) -> str:
    """Only the element, with ids that no other figure on the page has, and a title."""
    svg = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    svg = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", svg, count=2)

    def rename(tag: re.Match[str]) -> str:
        return re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", tag.group())

    svg = re.sub(r"<[^>]+>", rename, svg).strip()
    named = f'<svg role="img" aria-labelledby="figure-{name}"'
    return svg.replace("<svg", named, 1).replace(
        ">", f'><title id="figure-{name}">{escape(title)}</title>', 1
    )


def tall(n_rows: int, rest: float) -> tuple[float, float]:
    """The size of a figure, in inches, with a line for each row."""
    return 5.6, rest + 0.25 * n_rows


def _label(code: str) -> str:
    """A code's name on one line; of a long one its end, where a path says most."""
    name = "".join(letter if letter.isprintable() else " " for letter in " ".join(code.split()))
    return name if len(name) <= LONGEST_NAME else "…" + name[1 - LONGEST_NAME :]


def _list_codes(axes: Any, labels: Sequence[str]) -> None:
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)  # the first at the top
    axes.tick_params(axis="y", length=0)
    axes.set_xlim(0, 1)
    axes.grid(axis="x")


def draw_methods(figure: Any, rows: Sequence[Row]) -> None:
    """A bar for each method, ours first; autocode may come once more, beside people."""
    axes = figure.add_subplot()
    _list_codes(axes, [name.partition(" (")[0].partition(", ")[0] for name, _ in rows])
    for place, (name, row) in enumerate(rows):
        color = OURS if name.startswith("autocode") else PEOPLE if name.startswith("One coder") else THEIRS
        value = row.get("macro_f1")
        axes.barh(place, value or 0.0, color=color, height=0.65)
        limits = interval_of(row, "macro_f1")
        _whisker(axes, place, limits)
        end = max(value or 0.0, limits["high"] if limits else 0.0)
        axes.text(end + 0.01, place, number(value), va="center")
    axes.set_xlim(0, 1.12)
    axes.set_xticks([0, 0.2, 0.4, 0.6, 0.8, 1])


def draw_f1(
    figure: Any, result: Result, rows: Sequence[Row], people: Sequence[Mapping[str, Mapping[str, Any]]]
) -> None:
    """A bar for each code, with the best baseline beside it, people, and autocode compared as they are."""
    axes = figure.add_subplot()
    _list_codes(axes, [f"{_label(code)} ({row['support']:,})" for code, row in rows])
    for place, (_, row) in enumerate(rows):
        axes.barh(
            place, row["f1"] or 0.0, color=OURS, height=0.66, hatch="////" if row["support"] < FEW else None,
            linewidth=0, label="autocode" if place == 0 else None,
        )  # fmt: skip
        _whisker(axes, place, interval_of(row, "f1"))
    if best := best_baseline(result):
        if theirs := baseline_f1(result, best[0]):
            _marks(axes, [theirs.get(code) for code, _ in rows], "|", "black", "best baseline", size=130)
        else:
            axes.axvline(best[1], color="black", linestyle="--", linewidth=1, label="best baseline, mean")
    looks = [("D", PEOPLE, "people", 26), ("o", "#9cc3e0", "autocode, likewise", 30)]
    for one, (marker, color, label, size) in zip(people, looks, strict=False):
        _marks(axes, [one.get(code, {}).get("f1") for code, _ in rows], marker, color, label, size=size)
    axes.set_xlabel("F1")
    figure.legend(loc="outside upper right", ncols=2 if people else 3, reverse=True)


def _whisker(axes: Any, place: float, limits: Mapping[str, Any] | None) -> None:
    """An interval as a thin line, with short ends."""
    if limits:
        axes.plot(
            [limits["low"], limits["high"]], [place, place], color="black", linewidth=0.9, marker="|",
            markersize=5,
        )  # fmt: skip


def _marks(
    axes: Any, values: Sequence[float | None], marker: str, color: str, label: str, *, size: float
) -> None:
    known = [(value, place) for place, value in enumerate(values) if value is not None]
    edge = {} if marker == "|" else {"edgecolors": "white", "linewidths": 0.8}
    axes.scatter(
        [value for value, _ in known], [place for _, place in known],
        marker=marker, color=color, s=size, label=label, zorder=3, **edge,
    )  # fmt: skip


def draw_reliability(figure: Any, bins: Sequence[Mapping[str, float]]) -> None:
    """What was promised against what came of it, in bins."""
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], "--", color=THEIRS)
    axes.plot([one["probability"] for one in bins], [one["share"] for one in bins], color=OURS)
    for one in bins:
        fill = "white" if one["n"] < FEW_IN_BIN else OURS
        axes.plot(one["probability"], one["share"], "o", color=OURS, markerfacecolor=fill, clip_on=False)
    axes.set_xlabel("probability that was given")
    axes.set_ylabel("share where the code applies")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.grid()


def draw_dial(figure: Any, rows: Sequence[Row]) -> None:
    """What is accepted, reviewed and rejected of each code."""
    left, right = figure.subplots(1, 2, sharey=True)
    panels = [
        (left, "all decisions", "accepted", "rejected"),
        (right, "where people applied it", "positives_accepted", "positives_rejected"),
    ]
    for axes, title, accepted, rejected in panels:
        start = [0.0] * len(rows)
        bands: dict[str, tuple[str, list[float]]] = {
            "accepted": (OURS, [row[accepted] or 0.0 for _, row in rows]),
            "review": (REVIEW, [remainder(row[accepted], row[rejected]) or 0.0 for _, row in rows]),
            "rejected": (PEOPLE, [row[rejected] or 0.0 for _, row in rows]),
        }
        for name, (color, widths) in bands.items():
            axes.barh(
                range(len(rows)), widths, left=start, color=color, height=0.72,
                label=name if axes is left else None,
            )  # fmt: skip
            start = [a + b for a, b in zip(start, widths, strict=True)]
        _list_codes(axes, [_label(code) for code, _ in rows])
        axes.set_title(title, fontsize=9.5)
        axes.set_xticks([0, 0.5, 1], ["0", "50%", "100%"])
    figure.legend(loc="outside upper right", ncols=3)


def draw_curve(figure: Any, points: Sequence[Mapping[str, Any]], held: str) -> None:
    """How good with how much to learn from."""
    axes = figure.add_subplot()
    lines = {
        "macro_f1": ("macro-F1", OURS, "o-"),
        "micro_f1": ("micro-F1", PEOPLE, "s--"),
        "exact_set": ("exact set", THEIRS, "^:"),
    }
    for key, (name, color, style) in lines.items():
        known = [(point["train_size"], point[key]) for point in points if point.get(key) is not None]
        if known:
            axes.plot([x for x, _ in known], [y for _, y in known], style, color=color, label=name)
        for point in points:
            if limits := interval_of(point, key):
                x = [point["train_size"]] * 2
                axes.plot(x, [limits["low"], limits["high"]], color=color, linewidth=0.9)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_xlabel(f"{held} learnt from")
    axes.set_ylim(0, 1)
    axes.grid(axis="y")
    figure.legend(loc="outside upper right", ncols=3)
