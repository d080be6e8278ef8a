"""How wide the columns of a table are on paper, and which pages lie on their side."""

from __future__ import annotations

from collections.abc import Sequence

from autocode.report.blocks import Block, Cell, Heading, Table, Text

BOLD = 1.1  # heads are bold, so wider
LONGEST_WORD = 3.4  # cm; longer words may be broken
WIDTHS = {False: 16.6, True: 25.3}  # cm between the margins, upright and on its side


def widths(table: Table, room: float, size: float) -> list[float]:
    """Columns as wide as they need, in cm; where there is no room for that, text makes way for numbers."""
    needed = _needed(table, size)
    texts = {column: width for column, width in enumerate(needed) if table.is_text(column)}
    numbers = {column: width for column, width in enumerate(needed) if not table.is_text(column)}
    left = room - sum(numbers.values())
    least = {column: min(width, _longest_word(table, column, size)) for column, width in texts.items()}
    wanted = sum(texts.values())
    if wanted > left:
        spare = max(0.0, left - sum(least.values())) / (wanted - sum(least.values()) or 1.0)
        texts = {column: least[column] + spare * (width - least[column]) for column, width in texts.items()}
    found = {**numbers, **texts}
    shrink = min(1.0, room / sum(found.values()))
    return [found[column] * shrink for column in range(len(table.heads))]


def _needed(table: Table, size: float) -> list[float]:
    """How wide each column would be if nothing but its head had to be broken, in cm."""
    found = []
    for column, head in enumerate(table.heads):
        word = max(map(len, head.replace("-", " ").split(" ")), default=1)
        cells = [line.cells[column] for line in table.lines]
        longest = max((len(part) for cell in cells for part in _parts(cell)), default=1)
        found.append(_width(max(word * BOLD, longest), size))
    return found


def _longest_word(table: Table, column: int, size: float) -> float:
    """How wide a column of text must be for few of its words to be broken, in cm."""
    parts = [part for line in table.lines for part in _parts(line.cells[column])]
    longest = max(len(word) for text in (table.heads[column], "-", *parts) for word in text.split())
    return min(LONGEST_WORD, _width(longest, size))


def _width(n_letters: float, size: float) -> float:
    """Of letters of `size` points with the cell's margins, in cm."""
    return n_letters * size * 0.021 + 0.45


def size_of(table: Table) -> float:
    """The size of a table's letters, in points."""
    return 8.0 if is_wide(table) else 9.0


def is_wide(table: Table) -> bool:
    """Whether a table gets a page on its side: its numbers and a short text do not fit an upright one."""
    needed = _needed(table, 9.0)
    return sum(min(w, 3.6) if table.is_text(c) else w for c, w in enumerate(needed)) > WIDTHS[False]


def turned(blocks: Sequence[Block]) -> list[bool]:
    """For each block whether its page lies on its side: what introduces a wide table stands on its page."""
    found, turned = list[bool](), False
    for block in reversed(blocks):
        if isinstance(block, Table):
            turned = is_wide(block)
        elif not isinstance(block, Heading | Text):
            turned = False
        found.append(turned)
    return found[::-1] or [False]


def _parts(cell: Cell) -> list[str]:
    """What stands on lines of its own in a cell."""
    tag = f" [{cell.tag}]" if cell.tag else ""
    return [f"{cell.text}{','.join(cell.marks)}{tag}", cell.below]
