"""The data structure: first-order codes, the themes that they make, the topics above these.

After the figures of Gioia, Corley & Hamilton (2013): the finest codes stand on the left, what they add up to
on the right, each with its statements and respondents.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autocode.codebook import Codebook
from autocode.findings.material import Material, Statement, respondents_with
from autocode.findings.part import (
    Cells,
    Options,
    Part,
    code_anchor,
    code_in_tree,
    entry,
    linked,
    nothing_accepted,
)
from autocode.report.apa import counted
from autocode.report.blocks import Block, Cell, Figure, Line, Section, Table, Text
from autocode.report.drawing import Box, Curve, Drawing, Group, Words, wrapped

TITLE = "Data structure"
ROW, GAP, WIDTH, BETWEEN, TOP = 54, 6, 218, 46, 34
LETTERS = 30  # of a name on one line
MOST_ROWS = 60  # in one figure


@dataclass(frozen=True, slots=True)
class Node:
    """A code with what it rests on."""

    code_id: str
    name: str
    path: str
    depth: int
    n_statements: int
    n_respondents: int
    n_machine: int  # of the statements, those that only the machine gives the code


def nodes_of(material: Material) -> list[Node]:
    """Every code of the codebook in its order, each code before those below it."""
    book, by_code = material.codebook, material.by_code()
    return [_node(book, code_id, by_code[code_id]) for code_id in in_tree_order(book)]


def in_tree_order(book: Codebook) -> list[str]:
    """All codes, each followed by those below it."""
    return [id for root in book.roots for id in (root, *book.descendants(root))]


def _node(book: Codebook, code_id: str, statements: Sequence[Statement]) -> Node:
    machine = sum(one.codes[code_id].by == "machine" for one in statements)
    return Node(
        code_id, book[code_id].name, book.path(code_id), book.depth(code_id), len(statements),
        len(respondents_with(statements)), machine,
    )  # fmt: skip


def structure(material: Material, options: Options) -> Part:
    """The figure and the table of the data structure."""
    if absent := nothing_accepted(material):
        return Part(Section("structure", TITLE, absent=absent))
    nodes = nodes_of(material)
    flat = max(node.depth for node in nodes) == 0
    blocks: list[Block] = [Text(_said(material, nodes))]
    if flat:
        blocks.append(
            Text(
                "The codebook has no levels: its codes stand side by side, so there is no structure to draw."
            )
        )
    else:
        shown = drawn(nodes)
        blocks += _figures(material, {node.code_id: node for node in shown})
        if n := len(nodes) - len(shown):
            blocks.append(Text(f"Not drawn: {counted(n, 'code')} of levels at which no code was given."))
    blocks.append(_table(material, nodes))
    by_code = material.by_code()
    entries = [entry(code_anchor(node.code_id), node.path, by_code[node.code_id]) for node in nodes]
    rows: list[Cells] = [("code", "path", "depth", "n_statements", "n_respondents", "n_machine_only")]
    rows += [
        (node.code_id, node.path, node.depth, node.n_statements, node.n_respondents, node.n_machine)
        for node in nodes
    ]
    record = {"codes": [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]}
    return Part(Section("structure", TITLE, blocks), record, entries, {"structure": rows})


def drawn(nodes: Sequence[Node]) -> list[Node]:
    """The codes that the figure shows: all but the finest levels at which no code was given to anything."""
    deepest = max((node.depth for node in nodes if node.n_statements), default=0)
    return [node for node in nodes if node.depth <= deepest]


def _said(material: Material, nodes: Sequence[Node]) -> str:
    used = sum(node.n_statements > 0 for node in nodes)
    return (
        f"{counted(len(material.coded), 'statement')} by "
        f"{counted(len(respondents_with(material.coded)), 'respondent')} carry "
        f"{counted(used, 'code')} of the codebook's {len(nodes)}."
        + (
            " A statement of a code counts for the codes above it too, and once for each of them, so that "
            "the numbers of a level do not add up to the number above."
            if any(node.depth for node in nodes)
            else ""
        )
        + " Numbers of statements lead to them."
    )


def _table(material: Material, nodes: Sequence[Node]) -> Table:
    machine = material.include_machine
    heads = ["Code", "Level", "Statements", "Respondents", *(["By the machine alone"] if machine else [])]
    lines = []
    for node in nodes:
        cells = [
            code_in_tree(material.codebook, node.code_id), Cell(_level(material.codebook, node)),
            linked(node.n_statements, code_anchor(node.code_id)), Cell(f"{node.n_respondents:,}"),
        ]  # fmt: skip
        cells += [Cell(f"{node.n_machine:,}")] if machine else []
        lines.append(Line(cells, few=not node.n_statements))
    return Table("Codes with their statements and respondents", heads, lines, n_text=2)


def _level(book: Codebook, node: Node) -> str:
    return book.level(node.code_id) or f"level {node.depth + 1}"


# The figure


def _figures(material: Material, nodes: Mapping[str, Node]) -> list[Figure]:
    """The figure, in parts of whole topics where it would be too long for a page."""
    book = material.codebook
    parts: list[list[str]] = [[]]
    for root in book.roots:
        rows = sum(_n_rows(book, nodes, one) for one in parts[-1])
        if parts[-1] and rows + _n_rows(book, nodes, root) > MOST_ROWS:
            parts.append([])
        parts[-1].append(root)
    figures = []
    for number, roots in enumerate(parts, 1):
        of = f" (part {number} of {len(parts)})" if len(parts) > 1 else ""
        name = "data-structure" + (f"-{number}" if of else "")
        figures.append(
            Figure(
                f"Data structure{of}: from the finest codes on the left to what they add up to on the right, "
                "with the statements and respondents of each. Grey: no statement was given the code.",
                f"Data structure{of}",
                " ".join(_described(nodes[root]) for root in roots) + " The table below has all numbers.",
                draw(book, nodes, roots),
                name,
            )
        )
    return figures


def _described(node: Node) -> str:
    said = counted(node.n_statements, "statement")
    return f"{node.name}: {said}, {counted(node.n_respondents, 'respondent')}."


def _n_rows(book: Codebook, nodes: Mapping[str, Node], code_id: str) -> int:
    return sum(not _below(book, nodes, id) for id in (code_id, *book.descendants(code_id)) if id in nodes)


def _below(book: Codebook, nodes: Mapping[str, Node], code_id: str) -> list[str]:
    """The codes right below a code, as far as they are drawn."""
    return [id for id in book.children(code_id) if id in nodes]


def draw(book: Codebook, nodes: Mapping[str, Node], roots: Sequence[str]) -> Drawing:
    """The data structure below some topics: a column for each level, a row for each code without children."""
    places = _places(book, nodes, roots)
    deepest = max(book.depth(id) for id in places)
    rows = sum(_n_rows(book, nodes, root) for root in roots)
    left = {id: (deepest - book.depth(id)) * (WIDTH + BETWEEN) + 1 for id in places}
    links = [
        Curve(
            (left[id] + WIDTH, places[id] + ROW / 2 - GAP / 2),
            (left[parent], places[parent] + ROW / 2 - GAP / 2),
            colour="quiet",
        )
        for id in places
        if (parent := book[id].parent) is not None
    ]
    levels = [book.levels[depth] if depth < len(book.levels) else "" for depth in range(deepest + 1)]
    heads = [
        Words((deepest - depth) * (WIDTH + BETWEEN) + 1, 18, level.capitalize(), colour="quiet", bold=True)
        for depth, level in enumerate(levels)
    ]
    boxes = [Group(id, _box(nodes[id], left[id], places[id])) for id in places]
    width = (deepest + 1) * (WIDTH + BETWEEN) - BETWEEN + 2
    return Drawing(width, TOP + rows * ROW, [Group("levels", heads), Group("lines", links), *boxes])


def _places(book: Codebook, nodes: Mapping[str, Node], roots: Sequence[str]) -> dict[str, float]:
    """The upper edge of each code: a code stands in the middle of those below it."""
    order = [id for root in roots for id in (root, *book.descendants(root)) if id in nodes]
    places: dict[str, float] = {}
    row = 0
    for id in order:
        if not _below(book, nodes, id):
            places[id] = TOP + row * ROW
            row += 1
    for id in reversed(order):
        if below := _below(book, nodes, id):
            places[id] = (places[below[0]] + places[below[-1]]) / 2
    return {id: places[id] for id in order}


def _box(node: Node, x: float, y: float) -> list[Box | Words]:
    link = f"#{code_anchor(node.code_id)}" if node.n_statements else ""
    lines = wrapped(node.name, LETTERS if node.depth else LETTERS - 5)  # bold is wider
    colour = "ink" if node.n_statements else "quiet"
    fill = "box" if node.n_statements else "paper"
    said = f"{counted(node.n_statements, 'statement')} · {counted(node.n_respondents, 'respondent')}"
    return [
        Box(x, y, WIDTH, ROW - GAP, fill, "mark" if node.n_statements else "rule", link, node.path),
        *(Words(x + 8, y + 16 + 14 * n, line, colour=colour, bold=node.depth == 0, link=link)
          for n, line in enumerate(lines)),
        Words(x + 8, y + 16 + 14 * len(lines), said if node.n_statements else "no statement",
              colour="quiet", size=11, link=link),
    ]  # fmt: skip
