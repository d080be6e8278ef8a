"""How numbers, sentences and tables of the evaluation are written as HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from autocode.evaluate.lookup import may_be_chance

STYLE = """
:root { color-scheme: light }
body { font: 1rem/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; overflow-wrap: break-word }
body { max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
h1, h2 { line-height: 1.2; text-wrap: balance } h2 { margin: 3rem 0 .8rem } p, li, dd { max-width: 44rem }
a { color: #1d4f7c }
nav ul { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; padding: 0; list-style: none }
.lead { font-size: 1.1rem } .wide { overflow-x: auto; margin: 1rem 0 }
.wide:focus-visible { outline: 2px solid #1d4f7c }
table { border-spacing: 0; font-variant-numeric: tabular-nums }
caption { text-align: left; color: #444; padding-bottom: .5rem }
caption span { display: block; max-width: min(44rem, calc(100vw - 2rem)); position: sticky; left: 0 }
td:not(.text) { white-space: nowrap }
th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid #ddd; vertical-align: top }
.text { text-align: left; max-width: 22rem; overflow-wrap: anywhere } th.text { font-weight: 400 }
thead th { vertical-align: bottom; max-width: 8rem }
thead th, thead th.text, thead td { border-bottom: 2px solid #666; font-weight: 600 }
tr.ours th, tr.ours td { font-weight: 700 } tbody th { position: sticky; left: 0; background: #fff }
.tag { font-size: .8rem; color: #6b3600; background: #fff0d9; padding: 0 .35rem; border-radius: .2rem }
.tag { white-space: nowrap } .ci { display: block; font-size: .8rem; font-weight: 400; color: #555 }
figure { margin: 1.5rem 0 } figure svg { max-width: 100%; height: auto; display: block }
figcaption { color: #444; max-width: 44rem; margin-top: .4rem }
dt { font-weight: 600 } dd { margin: 0 0 .6rem; overflow-wrap: anywhere }
.note { background: #fff6e0; border-left: 4px solid #b87400; padding: .1rem 1rem; max-width: 44rem }
.cite { background: #f2f2f2; padding: .7rem 1rem; user-select: all } pre { white-space: pre-wrap }
@media (min-width: 64rem) {
  .wide { overflow: visible } .text { min-width: 14rem }
  thead th { position: sticky; top: 0; background: #fff; z-index: 1 }
}
@media (max-width: 40rem) {
  body { margin: 1rem auto } th, td { padding: .25rem .4rem } table { font-size: .85rem }
  caption { font-size: 1rem } .text { min-width: 8rem; max-width: 9rem }
}
@page { margin: 1.5cm }
@media print {
  body { max-width: none; margin: 0; padding: 0; font-size: 10pt } nav { display: none }
  .lead { font-size: 1em } .wide { overflow: visible } .text { min-width: 9rem }
  th, td { padding: .15rem .3rem } tbody th, thead th { position: static }
  figure, tr, .note, .cite { break-inside: avoid } h2, caption { break-after: avoid }
  figure svg { max-height: 22cm }
}
"""


class Html(str):
    """Text that is HTML already; everything else is escaped where it is put in."""

    __slots__ = ()


def number(value: Any) -> str:
    """A count, or a value with three digits."""
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:z.3f}"


def percent(value: float | None) -> str:
    """A percentage; what is not quite nothing or everything does not look like it.

    >>> percent(0.0001), percent(0.05), percent(0.9999), percent(1.0)
    ('<0.1%', '5.0%', '>99.9%', '100.0%')
    """
    if value is None:
        return "–"
    if 0 < value < 0.0005:
        return "<0.1%"
    return ">99.9%" if 0.9995 <= value < 1 else f"{value:.1%}"


def flagged(value: float | None, target: float) -> str:
    """A percentage, marked where it is above the target."""
    if value is None or value <= target:
        return percent(value)
    return Html(f'<span class="tag" role="img" aria-label="above target">▲</span> {escape(percent(value))}')


def limits(one: Mapping[str, Any] | None, sign: str = "", *, digits: int = 3) -> str:
    """The interval of a number, in brackets; "" where there is none. With `sign` "+", limits have theirs.

    >>> limits({"low": 0.6711, "high": 0.7}), limits({"low": -0.0213, "high": 0.05}, "+"), limits(None)
    ('[0.671, 0.700]', '[-0.021, +0.050]', '')
    """
    if not one or one["low"] is None:
        return ""
    low, high = (f"{one[side]:{sign}z.{digits}f}" for side in ("low", "high"))
    return f"[{low}, {high}]"


def with_limits(value: Any, one: Mapping[str, Any] | None, *, digits: int = 3) -> str:
    """A value, with its interval below it if it has one."""
    return _below(number(value), limits(one, digits=digits))


def gap(one: Mapping[str, Any] | None) -> str:
    """A difference with its sign, and its interval below it; marked where it may be chance."""
    if one is None:
        return number(None)
    cell = _below(f"{one['value']:+z.3f}", limits(one, "+"))
    return Html(f'{cell} <span class="tag">may be chance</span>') if may_be_chance(one) else cell


def _below(first: str, second: str) -> str:
    return Html(f'{escape(first)} <span class="ci">{escape(second)}</span>') if second else first


def setting(value: float) -> str:
    """A percentage that somebody chose, as it is."""
    return f"{100 * value:g}%"


def duration(seconds: float) -> str:
    """Seconds, and minutes from two on."""
    return f"{seconds:,.1f} s" + (f" ({seconds / 60:,.0f} min)" if seconds >= 120 else "")


def _text(cell: str) -> str:
    return cell if isinstance(cell, Html) else escape(cell)


def paragraph(text: str, kind: str = "") -> str:
    """A paragraph of plain text, of some class."""
    return f'<p class="{kind}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>"


def terms(meanings: Mapping[str, str]) -> str:
    """A paragraph of words with their meanings."""
    return "<p>" + " ".join(f"<b>{escape(a)}</b>: {escape(b)}" for a, b in meanings.items()) + "</p>"


def bullets(items: Sequence[str]) -> str:
    """A list of sentences."""
    return "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in items) + "</ul>"


def html_table(
    name: str,
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    caption: str,
    *,
    ours: int = 0,
    left: int = 1,
) -> str:
    """A table that scrolls sideways where it must; `ours` first rows stand out, `left` columns are text."""
    kinds = [' class="text"' if column < left else "" for column in range(len(heads))]
    head = "".join(
        f'<th scope="col"{kind}>{escape(text)}</th>' if text else f"<td{kind}></td>"
        for text, kind in zip(heads, kinds, strict=True)
    )
    body = []
    for index, (first, *cells) in enumerate(rows):
        mark = ' class="ours"' if index < ours else ""
        others = "".join(f"<td{kind}>{_text(cell)}</td>" for cell, kind in zip(cells, kinds[1:], strict=True))
        body.append(f'<tr{mark}><th scope="row"{kinds[0]}>{_text(first)}</th>{others}</tr>')
    return (
        f'<div class="wide" role="region" aria-labelledby="table-{name}" tabindex="0"><table>'
        f'<caption><span id="table-{name}">{escape(caption)}</span></caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )
