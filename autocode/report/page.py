"""A report as one page: no scripts, nothing from elsewhere, the same sections give the same bytes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from autocode.report.blocks import (
    Block,
    Bullets,
    Cell,
    Entry,
    Facts,
    Figure,
    Forest,
    Heading,
    Headline,
    Index,
    Line,
    Paste,
    Section,
    Table,
    Text,
)
from autocode.report.drawing import inline_svg
from autocode.report.forest_svg import draw_forest
from autocode.report.plain import clean, safe_link, split_gaps
from autocode.report.style import STYLE
from autocode.write import PAGE_HEAD

MANY = 9  # columns, with which a page is too narrow for whole words in the heads


def as_page(title: str, sections: Sequence[Section], *, lead: str = "") -> str:
    """The whole page, self-contained; `lead` stands below its title."""
    name = _e(title)
    links = "".join(f'<li><a href="#{one.name}">{_e(one.title)}</a></li>' for one in sections)
    writer = _Writer()
    body = "".join(writer.section(one) for one in sections)
    return (
        f"{PAGE_HEAD}<title>{name}</title><style>{STYLE}</style></head>\n<body><main><h1>{name}</h1>"
        + (f'<p class="lead">{_e(lead)}</p>' if lead else "")
        + f'<nav id="top" aria-label="On this page"><ul>{links}</ul></nav>{body}\n</main></body></html>\n'
    )


class _Writer:
    """Writes blocks as HTML, and numbers tables and figures."""

    def __init__(self) -> None:
        self._n_tables = self._n_figures = 0
        self._write: dict[type[Any], Callable[[Any], str]] = {
            Text: lambda block: f"<p>{_e(block.text)}</p>",
            Heading: lambda block: f"<h3{_id(block.anchor)}>{_e(block.text)}</h3>",
            Headline: _headline,
            Bullets: _bullets,
            Paste: _paste,
            Facts: _facts,
            Table: self._table,
            Forest: lambda block: self._figure(block, lambda name: draw_forest(block, name)),
            Figure: lambda block: self._figure(block, lambda name: _drawn(block, name)),
            Index: _index,
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
        many = " many" if len(table.heads) > MANY else ""
        kinds = [_kind(table, column) for column in range(len(table.heads))]
        heads = "".join(
            f'<th scope="col"{kind}>{_head(text)}</th>' if text else f"<td{kind}></td>"
            for text, kind in zip(table.heads, kinds, strict=True)
        )
        body = "".join(_line(line, kinds, name) for line in table.lines)
        return (
            f'<div class="wide" role="region" aria-labelledby="{name}" tabindex="0">'
            f'<table class="{kind}{many}"><caption><span id="{name}"><b>Table {self._n_tables}{stop}</b> '
            f"{caption}</span></caption><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
            f"{_notes(table, name)}"
        )

    def _figure(self, block: Figure | Forest, draw: Callable[[str], str]) -> str:
        self._n_figures += 1
        name = f"figure-{self._n_figures}"
        return (
            f'<figure><div class="wide" role="region" aria-label="{_e(block.title)}" tabindex="0">'
            f"{draw(name)}</div><figcaption><b>Figure {self._n_figures}.</b> "
            f"{_e(block.caption)}</figcaption></figure>"
        )


def _e(text: str) -> str:
    return escape(clean(text))


def _drawn(block: Figure, name: str) -> str:
    return inline_svg(block.drawing, name, title=block.title, description=block.description)


def _id(anchor: str) -> str:
    return f' id="{_e(anchor)}"' if anchor else ""


def _index(block: Index) -> str:
    return '<dl class="index">' + "".join(map(_entry, block.entries)) + "</dl>"


def _entry(entry: Entry) -> str:
    places = " ".join(f'<a href="#{_e(anchor)}">{_e(shown)}</a>' for shown, anchor in entry.places)
    return f"<dt{_id(entry.anchor)}>{_e(entry.title)}</dt><dd>{places}</dd>"


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
    longest = max(
        (len(line.cells[column].text + line.cells[column].below) for line in table.lines), default=0
    )
    return f' class="text {"tight" if longest < 12 else "name" if longest < 60 else "prose"}"'


def _head(text: str) -> str:
    return f"<i>{text}</i>" if text in ("n", "p") else re.sub(r"^P(?=\()", "<i>P</i>", _e(text))


def _line(line: Line, kinds: Sequence[str], name: str) -> str:
    kind = ' class="few"' if line.few else ' class="strong"' if line.strong else ""
    first, *others = line.cells
    cells = "".join(
        f"<td{kind}>{_cell(cell, name)}</td>" for cell, kind in zip(others, kinds[1:], strict=True)
    )
    return f'<tr{_id(line.anchor)}{kind}><th scope="row"{kinds[0]}>{_cell(first, name)}</th>{cells}</tr>'


def _cell(cell: Cell, name: str) -> str:
    said = _breakable(_e(cell.text) if cell.verbatim else _with_gaps(cell.text))
    if link := safe_link(cell.link):
        said = f'<a href="{_e(link)}">{said}</a>'
    if cell.strong:
        said = f"<b>{said}</b>"
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
