"""The part of the themes' page on cases, waves, and whatever else is known of the interviews."""

from __future__ import annotations

from html import escape

from autocode.report.apa import DASH
from autocode.themes.find import Found
from autocode.themes.groups import MOST_VALUES

NOTHING_KNOWN = (
    "Nothing is known of the interviews that puts several of them together, such as a case or a wave, so "
    "that there is nothing to compare. In a project a file cases.yaml says it: the name of a transcript, and "
    "below it lines such as 'firm: MBE' and 'wave: 2016'. What has more than "
    f"{MOST_VALUES} different values is not compared."
)


def groups_html(found: Found) -> str:
    """A table for each attribute: every theme's statements in each group, or what is missing."""
    if not found.groups:
        return f"<p>{escape(NOTHING_KNOWN)}</p>"
    return "".join(_table(found, name, f"table-by-{place}") for place, name in enumerate(found.groups, 1))


def _table(found: Found, name: str, anchor: str) -> str:
    sizes = found.groups[name]
    heads = "".join(f'<th scope="col">{escape(value)}</th>' for value in sizes)
    rows = "".join(
        f'<tr><th scope="row" class="text"><a href="#theme-{one.id}">{one.id}. {escape(one.label)}</a></th>'
        + "".join(f"<td>{_share(one.groups[name][value], n)}</td>" for value, n in sizes.items())
        + "</tr>"
        for one in found.themes
    )
    return (
        f'<div class="wide" role="region" aria-labelledby="{anchor}" tabindex="0"><table><caption>'
        f'<span id="{anchor}">By {escape(name)}: each theme\'s statements, and their share of all statements '
        f"of these interviews. How far shares differ by chance is not computed.</span></caption>"
        f'<thead><tr><th scope="col" class="text">theme</th>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _share(n: int, of: int) -> str:
    return f"{n:,} ({n / of:.1%})" if of else DASH
