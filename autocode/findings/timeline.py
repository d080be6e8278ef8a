"""The section on the order of codes: a transition matrix against chance, and a picture of each interview."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import numpy as np

from autocode.findings.look import colour_of
from autocode.findings.material import Interview, Material, Statement
from autocode.findings.part import Cells, Options, Part, entry, linked, nothing_accepted, place
from autocode.findings.precedence import ALL_WAYS, CLEAR, Precedence, least_p
from autocode.findings.sequences import Order, order_of
from autocode.report.apa import counted, probability
from autocode.report.blocks import Block, Cell, Entry, Figure, Heading, Line, Section, Table, Text
from autocode.report.drawing import Box, Curve, Drawing, Group, Words, wrapped

TITLE = "Order of codes"
MOST_PICTURES = 20  # interviews with a picture in the report; the others only have files
MOST_SHOWN = 20  # pairs in a table
CELL, NAMES = 34, 230
MORE, LESS, DARK = "#9ecae9", "#f7c59a", "#1a1a1a"
WIDE, ROW = 560, 20


def sequences(material: Material, options: Options) -> Part:
    """Which codes follow each other, and where they stand in each interview."""
    if absent := nothing_accepted(material):
        return Part(Section("sequences", TITLE, absent=absent))
    order = order_of(material, options)
    if order is None:
        return Part(
            Section("sequences", TITLE, absent="no interview has two statements with codes that occur twice")
        )
    names = [material.codebook.short_path(id) for id in order.codes]
    pictures = [
        _picture(material, one, order.codes) for one in material.interviews if _coded_in(material, one)
    ]
    blocks: list[Block] = [
        Text(f"{counted(len(order.statements), 'coded statement')} in "
             f"{counted(order.n_interviews, 'interview')}, and the codes of the thematic map. Order is not "
             "cause: that one subject comes first may be the guide's doing."),
        Heading("Right after each other"), Text(_explained(order, options)), _matrix(order, names),
        _nearest(order, names),
        Heading("Earlier and later in an interview"), *_precedence(material, order),
        Heading("Interview by interview"), _about_pictures(len(pictures)), *pictures[:MOST_PICTURES],
    ]  # fmt: skip
    more = pictures[MOST_PICTURES:]
    tables = {"transitions": _rows(order), "precedence": _precedence_rows(order)}
    record = {
        name: [dict(zip(rows[0], row, strict=True)) for row in rows[1:]] for name, rows in tables.items()
    }
    return Part(Section("sequences", TITLE, blocks), record, _entries(order, names), tables, more)


def _explained(order: Order, options: Options) -> str:
    n = len(order.codes)
    alone, together = int((order.p < CLEAR).sum()), int((order.p_adjusted < CLEAR).sum())
    return (
        "What is found is held against chance: the coded statements of each interview are shuffled "
        f"{options.replicates:,} times among their places, so that only their order changes. p is two-sided; "
        f"adjusted p is for all {n * n} pairs together (Westfall & Young), and only this one should be "
        f"believed of a pair that nobody expected beforehand. {_have(alone)} p < .05 taken alone (about "
        f"{order.n_by_chance:.1f} would by chance), {together} when all are taken together. Subjects come in "
        "stretches, so that a code follows itself more often, and others less often, than by chance."
    )


def _have(n: int) -> str:
    return f"{counted(n, 'pair')} {'has' if n == 1 else 'have'}"


def _anchor(a: str, b: str) -> str:
    return f"after-{place(a)}-{place(b)}"


def _matrix(order: Order, names: Sequence[str]) -> Figure:
    n = len(names)
    words, cells = list[Words](), list[Box | Words]()
    top = 40
    for row, name in enumerate(names):
        y = top + row * CELL
        line = wrapped(f"{row + 1}. {name}", 34, 1)[0]
        words.append(Words(NAMES - 8, y + 21, line, "end", size=12))
        words.append(Words(NAMES + row * CELL + CELL / 2, top - 8, f"{row + 1}", "middle", "quiet", size=12))
        for column in range(n):
            count, expected = order.counts[row, column], order.expected[row, column]
            p = order.p[row, column]
            fill = "box" if p >= CLEAR else MORE if count > expected else LESS
            link = f"#{_anchor(order.codes[row], order.codes[column])}" if count else ""
            title = f"{name}, then {names[column]}: {count:.0f} times, {expected:.1f} by chance"
            x, bold = NAMES + column * CELL, bool(order.p_adjusted[row, column] < CLEAR)
            cells.append(Box(x, y, CELL - 2, CELL - 2, fill, fill, link, title))
            if count:
                cells.append(
                    Words(
                        x + CELL / 2 - 1,
                        y + 21,
                        f"{count:.0f}",
                        "middle",
                        "ink" if fill == "box" else DARK,
                        bold,
                        12,
                        link,
                    )
                )
    words.append(Words(NAMES - 8, top - 8, "first (rows), then (columns)", "end", "quiet", size=11))
    drawing = Drawing(
        NAMES + n * CELL + 10, top + n * CELL + 4, [Group("names", words), Group("cells", cells)]
    )
    return Figure(
        "How often a statement with the code of the column comes right after one with the code of the row. "
        "Blue: more often than by chance (p < .05, this pair alone); orange: less often; grey: neither. "
        "Bold: also when all pairs are taken together.",
        "Transition matrix",
        f"A grid of {n} by {n} codes. The tables below name the pairs that are farthest from chance.",
        drawing,
        "transitions",
    )


def _nearest(order: Order, names: Sequence[str]) -> Table:
    """The pairs farthest from chance."""
    ranked = sorted(
        (float(order.p[i, j]), -abs(float(order.counts[i, j] - order.expected[i, j])), int(i), int(j))
        for i, j in np.argwhere(np.maximum(order.counts, order.expected) > 0)
    )
    lines = [
        Line([
            Cell(names[i]), Cell(names[j]),
            linked(int(order.counts[i, j]), _anchor(order.codes[i], order.codes[j])),
            Cell(f"{order.expected[i, j]:.1f}"), Cell(probability(p)),
            Cell(probability(float(order.p_adjusted[i, j]))),
        ], strong=bool(order.p_adjusted[i, j] < CLEAR))
        for p, _, i, j in ranked[:MOST_SHOWN]
    ]  # fmt: skip
    caption = f"One code right after another: the {counted(len(lines), 'pair')} farthest from chance"
    return Table(caption, ["First", "Then", "Times", "By chance", "p", "p adjusted"], lines, n_text=2)


def _precedence(material: Material, order: Order) -> list[Block]:
    """Which of two codes comes earlier, over interviews."""
    found = order.precedences
    if not found:
        return [Text("No interview has two different codes in an order.")]
    n, alone = order.n_interviews, sum(one.p < CLEAR for one in found)
    together = sum(one.p_adjusted < CLEAR for one in found)
    said = (
        "Counted are pairs of statements of one interview, one with each code. If there were no order, every "
        "interview would be as likely told backwards; so each is turned round or left in "
        + (f"all {2**n:,} ways" if n <= ALL_WAYS else "many ways drawn by chance")
        + f", which leaves the stretches as they are. Of {counted(len(found), 'pair')} of codes, {alone} "
        f"{'has' if alone == 1 else 'have'} p < .05 taken alone (about "
        f"{order.n_precedences_by_chance:.1f} would by chance), {together} when all are taken together."
    )
    if n <= ALL_WAYS and least_p(n) >= CLEAR:
        said += f" With {counted(n, 'interview')} no p can be below {least_p(n):.2g}."
    book = material.codebook
    lines = [
        Line([
            Cell(book.short_path(one.first)), Cell(book.short_path(one.then)),
            Cell(f"{one.n_first:,} of {one.n_pairs:,}"),
            Cell(f"{one.n_interviews_first} of {one.n_interviews}"), Cell(probability(one.p)),
            Cell(probability(one.p_adjusted)),
        ], strong=one.p_adjusted < CLEAR)
        for one in found[:MOST_SHOWN]
    ]  # fmt: skip
    heads = ["Earlier", "Later", "In this order", "Interviews", "p", "p adjusted"]
    return [
        Text(said),
        Table(f"Which code comes earlier: the surest {counted(len(lines), 'pair')}", heads, lines, n_text=2),
    ]


def _entries(order: Order, names: Sequence[str]) -> list[Entry]:
    return [
        entry(_anchor(a, b), f"{names[i]}, then {names[j]}", order.following(a, b))
        for i, a in enumerate(order.codes)
        for j, b in enumerate(order.codes)
        if order.counts[i, j]
    ]


def _rows(order: Order) -> list[Cells]:
    rows: list[Cells] = [("first", "then", "times", "by_chance", "p", "p_adjusted")]
    rows += [
        (a, b, int(order.counts[i, j]),
         *(round(float(one[i, j]), 5) for one in (order.expected, order.p, order.p_adjusted)))
        for i, a in enumerate(order.codes)
        for j, b in enumerate(order.codes)
    ]  # fmt: skip
    return rows


def _precedence_rows(order: Order) -> list[Cells]:
    names = [one.name for one in fields(Precedence)]
    rows: list[Cells] = [names]
    return [*rows, *([getattr(one, name) for name in names] for one in order.precedences)]


# Pictures


def _about_pictures(n: int) -> Text:
    more = n - MOST_PICTURES
    return Text(
        "Each mark is a statement with the code, from the interview's beginning on the left to its end."
        + (f" {more} more interviews are in files of their own beside this report." if more > 0 else "")
    )


def _coded_in(material: Material, interview: Interview) -> list[Statement]:
    return [one for one in material.coded if one.interview == interview.number]


def _picture(material: Material, interview: Interview, codes: Sequence[str]) -> Figure:
    everything = [one for one in material.statements if one.interview == interview.number]
    coded = [one for one in everything if one.codes]
    rows = [id for id in codes if any(id in one.codes for one in coded)]
    step = WIDE / max(1, len(everything))
    names, lines, marks = list[Words](), list[Curve](), list[Box]()
    for row, id in enumerate(rows):
        y = 6 + row * ROW
        name = material.codebook.short_path(id)
        names.append(Words(NAMES - 8, y + 14, wrapped(name, 34, 1)[0], "end", size=12))
        lines.append(Curve((NAMES, y + 10), (NAMES + WIDE, y + 10)))
        marks += [
            Box(NAMES + place_of * step, y + 2, max(3.0, step - 0.5), 16, colour, colour, f"#{one.anchor}",
                f"{one.label}, {one.respondent}")
            for colour in [colour_of(material.codebook, id)]
            for place_of, one in enumerate(everything)
            if id in one.codes
        ]  # fmt: skip
    foot = 6 + len(rows) * ROW + 16
    ends = [
        Words(NAMES, foot, "first statement", colour="quiet", size=11),
        Words(NAMES + WIDE, foot, f"{len(everything):,}th", "end", "quiet", size=11),
    ]
    who = ", ".join(interview.respondents)
    known = ", ".join(f"{name} {value}" for name, value in interview.attributes.items())
    said = "; ".join(
        f"{material.codebook.short_path(id)} in {', '.join(one.label for one in coded if id in one.codes)}"
        for id in rows[:6]
    )
    return Figure(
        f"Interview {interview.number} ({who}{'; ' + known if known else ''}): its codes in their order.",
        f"Timeline of interview {interview.number}",
        f"{counted(len(coded), 'coded statement')} of {len(everything):,}. {said}.",
        Drawing(NAMES + WIDE + 10, foot + 8, [
            Group("names", names), Group("lines", lines), Group("statements", marks), Group("ends", ends)
        ]),
        f"timeline-{interview.number}",
    )  # fmt: skip
