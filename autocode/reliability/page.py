"""The reliability report as one page: no scripts, nothing from elsewhere, same record, same bytes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from autocode.files import write_private
from autocode.reliability.contents import sections, title
from autocode.reliability.contents.blocks import (
    Block,
    Bullets,
    Cell,
    Curve,
    Facts,
    Forest,
    Heading,
    Headline,
    Line,
    Paste,
    Record,
    Section,
    Table,
    Text,
)
from autocode.reliability.curve import draw_curve
from autocode.reliability.plain import clean, safe_link, split_gaps
from autocode.reliability.style import STYLE
from autocode.reliability.svg import draw_forest


def write_page(record: Mapping[str, Any], path: Path) -> None:
    """The page of a record in a private file. Raises `OutputError`."""
    html = page(record)
    with write_private(path) as file:
        file.write(html)


def page(record: Mapping[str, Any]) -> str:
    """The whole page, self-contained."""
    there, name = sections(record), _e(title(record))
    links = "".join(f'<li><a href="#{one.name}">{_e(one.title)}</a></li>' for one in there)
    writer = _Writer(record)
    body = "".join(writer.section(one) for one in there)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{name}</title><style>{STYLE}</style></head>\n<body><main><h1>{name}</h1>"
        f'<nav id="top" aria-label="On this page"><ul>{links}</ul></nav>{body}\n</main></body></html>\n'
    )


class _Writer:
    """Writes blocks as HTML, and numbers tables and figures."""

    def __init__(self, record: Record) -> None:
        self._n_tables = self._n_figures = 0
        self._write: dict[type[Any], Callable[[Any], str]] = {
            Text: lambda block: f"<p>{_e(block.text)}</p>",
            Heading: lambda block: f"<h3>{_e(block.text)}</h3>",
            Headline: _headline,
            Bullets: _bullets,
            Paste: _paste,
            Facts: _facts,
            Table: self._table,
            Forest: self._plot,
            Curve: self._plot,
        }

    def section(self, section: Section) -> str:
        """A section under its heading."""
        body = "".join(self.block(block) for block in section.blocks)
        return (
            f'\n<section aria-labelledby="{section.name}"><h2 id="{section.name}">{_e(section.title)}</h2>'
            f'{body}<p class="up"><a href="#top">Contents</a></p></section>'
        )

    def block(self, block: Block) -> str:
        """One block."""
        return self._write[type(block)](block)

    def _table(self, table: Table) -> str:
        self._n_tables += 1
        name = f"table-{self._n_tables}"
        kind, stop, caption = "plain", ".", _e(table.caption)
        if table.apa:
            kind, stop, caption = "apa", "", f"<i>{caption}</i>"
        kinds = [_kind(table, column) for column in range(len(table.heads))]
        heads = "".join(
            f'<th scope="col"{kind}>{_head(text)}</th>' if text else f"<td{kind}></td>"
            for text, kind in zip(table.heads, kinds, strict=True)
        )
        body = "".join(_line(line, kinds, name) for line in table.lines)
        return (
            f'<div class="wide" role="region" aria-labelledby="{name}" tabindex="0">'
            f'<table class="{kind}"><caption><span id="{name}"><b>Table {self._n_tables}{stop}</b> {caption}'
            f"</span></caption><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
            f"{_notes(table, name)}"
        )

    def _plot(self, plot: Forest | Curve) -> str:
        self._n_figures += 1
        name = f"figure-{self._n_figures}"
        drawn = draw_forest(plot, name) if isinstance(plot, Forest) else draw_curve(plot, name)
        return (
            f'<figure><div class="wide" role="region" aria-label="{_e(plot.title)}" tabindex="0">'
            f"{drawn}</div><figcaption><b>Figure {self._n_figures}.</b> "
            f"{_e(plot.caption)}</figcaption></figure>"
        )


def _e(text: str) -> str:
    return escape(clean(text))


def _headline(block: Headline) -> str:
    return f'<p class="headline">{_e(block.number)}</p><p>{_e(block.of)}</p>'


def _bullets(block: Bullets) -> str:
    items = "<ul>" + "".join(f"<li>{_e(item)}</li>" for item in block.items) + "</ul>"
    return f'<div class="warning">{items}</div>' if block.warning else items


def _paste(block: Paste) -> str:
    return (
        '<div class="paste">' + "".join(f"<p>{_with_gaps(text)}</p>" for text in block.paragraphs) + "</div>"
    )


def _with_gaps(text: str) -> str:
    return "".join(f"<mark>{_e(part)}</mark>" if gap else _e(part) for part, gap in split_gaps(text))


def _facts(block: Facts) -> str:
    return "<dl>" + "".join(f"<dt>{_e(name)}</dt><dd>{_e(said)}</dd>" for name, said in block.pairs) + "</dl>"


def _kind(table: Table, column: int) -> str:
    if not table.is_text(column):
        return ""
    longest = max((len(line.cells[column].text) for line in table.lines), default=0)
    return f' class="text {"tight" if longest < 12 else "name" if longest < 60 else "prose"}"'


def _head(text: str) -> str:
    return f"<i>{text}</i>" if text in ("n", "p") else re.sub(r"^P(?=\()", "<i>P</i>", _e(text))


def _line(line: Line, kinds: Sequence[str], name: str) -> str:
    kind = ' class="few"' if line.few else ' class="strong"' if line.strong else ""
    first, *others = line.cells
    cells = "".join(
        f"<td{kind}>{_cell(cell, name)}</td>" for cell, kind in zip(others, kinds[1:], strict=True)
    )
    return f'<tr{kind}><th scope="row"{kinds[0]}>{_cell(first, name)}</th>{cells}</tr>'


def _cell(cell: Cell, name: str) -> str:
    said = _breakable(_with_gaps(cell.text))
    if link := safe_link(cell.link):
        said = f'<a href="{_e(link)}">{said}</a>'
    if cell.marks:
        said += "<sup>" + ", ".join(f'<a href="#{name}-{mark}">{mark}</a>' for mark in cell.marks) + "</sup>"
    if cell.tag:
        said += f' <span class="tag">{_e(cell.tag)}</span>'
    return said + (f'<span class="below">{_e(cell.below)}</span>' if cell.below else "")


def _breakable(html: str) -> str:
    """Names such as `a/long_name` may break after their joints; what stands in tags stays as it is."""
    return re.sub(r"(<[^>]*>)|(?<=\w\w)([/_])(?=\w)", lambda found: found[1] or f"{found[2]}<wbr>", html)


def _notes(table: Table, name: str) -> str:
    said = [f"<p><i>Note.</i> {_e(table.note)}</p>"] if table.note else []
    said += [f'<p id="{name}-{mark}"><sup>{mark}</sup> {_e(reason)}</p>' for mark, reason in table.notes]
    return f'<div class="notes">{"".join(said)}</div>'
