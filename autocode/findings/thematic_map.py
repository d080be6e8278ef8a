"""The thematic map: codes on a circle in the codebook's order, and lines between those that come together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from autocode.findings.clustered import MIN_CLUSTERS
from autocode.findings.cooccurrence import MOST_CODES, Pair, Within, all_pairs, contexts, map_codes
from autocode.findings.look import colour_of
from autocode.findings.material import Material
from autocode.findings.part import Cells, Options, Part, code_anchor, entry, linked, nothing_accepted
from autocode.report.apa import DASH, counted, percent
from autocode.report.blocks import Block, Cell, Entry, Figure, Heading, Line, Section, Table, Text
from autocode.report.drawing import Curve, Dot, Drawing, Group, Side, Words, wrapped

TITLE = "Thematic map"
SAID = {
    "statement": "within a statement",
    "turn": "within a turn",
    "answer": "within the answer to a question",
}
RADIUS, MARGIN, LETTERS, MOST_NAME_LINES, LINE = 200, 190, 26, 4, 14
MOST_LINES = 40  # between codes, in a figure
MOST_SHOWN = 25  # pairs, in a table; the file has all


def thematic_map(material: Material, options: Options) -> Part:
    """Maps and tables of the codes that come together."""
    if absent := nothing_accepted(material):
        return Part(Section("map", TITLE, absent=absent))
    codes = map_codes(material)
    if len(codes) < 2:
        return Part(Section("map", TITLE, absent="only one code was given, and it takes two to meet"))
    found = all_pairs(material, options)
    blocks: list[Block] = [Text(_explained(material, options))]
    entries: list[Entry] = []
    for within, pairs in found.items():
        blocks.append(Heading(f"Codes that come together {SAID[within]}"))
        blocks += _within(material, within, pairs, options)
        entries += [
            entry(_anchor(within, pair), f"{_names(material, pair)}, {SAID[within]}", pair.together)
            for pair in pairs[: max(MOST_SHOWN, MOST_LINES)]
        ]
    rows: list[Cells] = [
        ("within", "a", "b", "n_a", "n_b", "n_both", "n_interviews", "lift", "low", "high", "no_interval")
    ]
    rows += [
        (within, p.a, p.b, p.n_a, p.n_b, p.n_both, p.n_interviews, round(p.lift, 4), _rounded(p.low),
         _rounded(p.high), p.no_interval_because)
        for within, pairs in found.items() for p in pairs
    ]  # fmt: skip
    record = {"pairs": [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]}
    return Part(Section("map", TITLE, blocks), record, entries, {"cooccurrence": rows})


def _explained(material: Material, options: Options) -> str:
    n, codes = len(material.interviews), map_codes(material)
    how = f"bootstrap of the {n} interviews" if n >= MIN_CLUSTERS else "leaving out each interview in turn"
    read = "" if material.include_machine else " Only statements that somebody has read count."
    return (
        f"{_shown(material, codes)} Lift is how many times more often two codes meet than if they had "
        f"nothing to do with each other: 1 means no relation. Its {percent(options.level)} interval takes "
        f"into account that what is said in one interview hangs together ({how}, on the logarithm of the "
        "lift). No interval is corrected for the number of pairs that were looked at, so the odd one leaves "
        f"out 1 by chance: a map is for finding relations to read about, not a test of them.{read}"
    )


def _shown(material: Material, codes: Sequence[str]) -> str:
    """Which codes take part."""
    book = material.codebook
    deepest = max(codes, key=book.depth)
    named, depth = book.level(deepest), book.depth(deepest)
    level = f" of the level '{named or depth + 1}'" if named or depth else ""
    if len(codes) == MOST_CODES:
        return f"Shown are the {MOST_CODES} most frequent codes{level}."
    return f"Shown are the {len(codes)} codes{level} that statements carry."


def _within(material: Material, within: Within, pairs: Sequence[Pair], options: Options) -> list[Block]:
    n = len(contexts(material, within))
    what = {"statement": "statement", "turn": "turn", "answer": "answer"}[within]
    if not pairs:
        return [Text(f"In none of {counted(n, what)} do two codes come together.")]
    clear = [pair for pair in pairs if pair.apart_from_chance]
    expected = sum(pair.low is not None for pair in pairs)
    said = f"{counted(n, what)}; {counted(len(pairs), 'pair')} of codes meet in at least one of them, "
    said += (
        f"{expected} with an interval. {len(clear)} of these intervals leave out 1; if no two codes had "
        f"anything to do with each other, about {expected * (1 - options.level):.1f} would."
        if expected
        else "none of them with an interval; the table says why."
    )
    figure = Figure(
        f"Codes that come together {SAID[within]}. A code's circle grows with its statements, a line with "
        "the times that two meet. Strong lines: the interval of the lift is above 1; thin ones: it is not, "
        "or there is none"
        + (f"; the {MOST_LINES} pairs that meet most often." if len(pairs) > MOST_LINES else "."),
        f"Thematic map: codes {SAID[within]}",
        "; ".join(f"{_names(material, p)}: {p.n_both} times, lift {p.lift:.1f}" for p in pairs[:8])
        + ". The table below has more.",
        draw(material, map_codes(material), pairs[:MOST_LINES], within),
        f"thematic-map-{within}",
    )
    return [Text(said), figure, _table(material, within, pairs)]


def _table(material: Material, within: Within, pairs: Sequence[Pair]) -> Table:
    more = f" (the {MOST_SHOWN} that meet most often of {len(pairs)})" if len(pairs) > MOST_SHOWN else ""
    lines = [
        Line([
            Cell(material.codebook.short_path(p.a)), Cell(material.codebook.short_path(p.b)),
            linked(p.n_both, _anchor(within, p)), Cell(f"{p.n_interviews}"), Cell(f"{p.lift:.2f}"),
            Cell(DASH if p.low is None or p.high is None else f"[{p.low:.2f}, {p.high:.2f}]",
                 p.no_interval_because or ""),
        ], few=p.low is None, strong=p.low is not None and p.low > 1)
        for p in pairs[:MOST_SHOWN]
    ]  # fmt: skip
    heads = ["Code", "and code", "Together", "Interviews", "Lift", "Interval"]
    note = "Strong: the interval lies above 1. Grey: there is no interval."
    return Table(f"Pairs of codes {SAID[within]}{more}", heads, lines, note, n_text=2)


def _anchor(within: Within, pair: Pair) -> str:
    return f"{within}-{code_anchor(pair.a)}-{code_anchor(pair.b)}"


def _names(material: Material, pair: Pair) -> str:
    return f"{material.codebook.short_path(pair.a)} and {material.codebook.short_path(pair.b)}"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


# The figure


def draw(material: Material, codes: Sequence[str], pairs: Sequence[Pair], within: Within) -> Drawing:
    """The map: the first code on top, the others clockwise."""
    n_of = {id: len(found) for id, found in material.by_code().items()}
    most = max((n_of[id] for id in codes), default=1)
    angles = {id: 2 * math.pi * number / len(codes) - math.pi / 2 for number, id in enumerate(codes)}
    radius = max(RADIUS, 9.0 * len(codes))
    names = {
        id: wrapped(f"{material.codebook.short_path(id)} ({n_of[id]})", LETTERS, MOST_NAME_LINES)
        for id in codes
    }
    middle = (radius + MARGIN, radius + 30 + LINE * max(map(len, names.values()), default=1))
    places = {id: _at(middle, radius, angle) for id, angle in angles.items()}
    lines = [_line(material, pair, places, middle, within) for pair in reversed(pairs)]
    groups = [Group("lines", lines)]
    for id in codes:
        link, name = f"#{code_anchor(id)}", material.codebook.short_path(id)
        size = 4 + 12 * math.sqrt(n_of[id] / max(most, 1))
        fill = colour_of(material.codebook, id)
        dot = Dot(*places[id], size, fill, "paper", link, f"{name}: {counted(n_of[id], 'statement')}")
        label = _label(names[id], _at(middle, radius + size + 10, angles[id]), angles[id], link)
        groups.append(Group(id, [dot, *label]))
    return Drawing(2 * middle[0], 2 * middle[1], groups)


def _at(middle: tuple[float, float], radius: float, angle: float) -> tuple[float, float]:
    return middle[0] + radius * math.cos(angle), middle[1] + radius * math.sin(angle)


def _label(lines: Sequence[str], place: tuple[float, float], angle: float, link: str) -> list[Words]:
    """A code's name outside of the circle, on the side where it stands."""
    across, down = math.cos(angle), math.sin(angle)
    side: Side = "middle" if abs(across) < 0.12 else "start" if across > 0 else "end"
    tall = LINE * (len(lines) - 1)
    top = place[1] + (10 if down > 0.9 else -tall if down < -0.9 else 4 - tall / 2)
    return [
        Words(place[0], top + LINE * number, line, side, size=12, link=link)
        for number, line in enumerate(lines)
    ]


def _line(
    material: Material, pair: Pair, places: Mapping[str, tuple[float, float]], middle: tuple[float, float],
    within: Within,
) -> Curve:  # fmt: skip
    strong = pair.low is not None and pair.low > 1
    interval = "" if pair.low is None or pair.high is None else f" [{pair.low:.2f}, {pair.high:.2f}]"
    (x1, y1), (x2, y2) = places[pair.a], places[pair.b]
    bend = ((x1 + x2) / 4 + middle[0] / 2, (y1 + y2) / 4 + middle[1] / 2)
    return Curve(
        places[pair.a], places[pair.b], bend, "mark" if strong else "rule",
        min(8.0, 0.8 + math.sqrt(pair.n_both)) if strong else 1.2, link=f"#{_anchor(within, pair)}",
        title=f"{_names(material, pair)}: {pair.n_both} times, lift {pair.lift:.2f}{interval}",
    )  # fmt: skip
