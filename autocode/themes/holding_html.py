"""The part of the themes' page on the codes themselves."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from autocode.report.apa import DASH, decimal, probability
from autocode.themes.given import CodesHeld
from autocode.themes.holding import Half, Held, Pair
from autocode.themes.holding_words import explained, few_said, marks_of, pair_said, split_said, unused_said

HEADS = ("code", "statements", "respondents", "alike", "by chance", "p", "nearest code", "shared with")
TEXT = {"code", "nearest code", "shared with"}


def codes_html(held: CodesHeld, numbers: Mapping[str, int]) -> str:
    """Rules, the table, pairs to read side by side, and statements of codes that may have two meanings.

    `numbers` are the interviews' by their transcripts' ids.
    """
    found, book = held.holding, held.book
    told = [*explained(found, f" {held.whose}"), few_said(found, book), unused_said(found, book)]
    return (
        "".join(_p(text) for text in told[:-2])
        + _table(held)
        + "".join(_p(text) for text in told[-2:] if text)
        + _overlaps(held)
        + "".join(_split(held, one, numbers) for one in found.codes)
    )


def _table(held: CodesHeld) -> str:
    head = "".join(f'<th scope="col"{_kind(name)}>{name}</th>' for name in HEADS)
    return (
        '<div class="wide" role="region" aria-labelledby="table-codes" tabindex="0"><table><caption>'
        '<span id="table-codes">In the order of the codebook. Alike: mean cosine of a code\'s statements to '
        "each other; by chance: of as many random statements of the same interviews; p: how often these are "
        "as alike. In brackets the mean cosine to the nearest code's statements, and the Jaccard index of "
        f"shared ones.</span></caption><thead><tr>{head}</tr></thead><tbody>"
        + "".join(_row(held, one) for one in held.holding.codes)
        + "</tbody></table></div>"
    )


def _row(held: CodesHeld, one: Held) -> str:
    alike, found = one.coherence, held.holding
    near, shares = found.nearest(one.code_id), found.closest_shared(one.code_id)
    marks = "".join(f' <span class="tag">{mark}</span>' for mark in marks_of(found, one))
    cells = (
        f"{len(one.rows):,}", f"{one.n_respondents}",
        DASH if alike is None else decimal(alike.cosine),
        DASH if alike is None else decimal(alike.by_chance),
        DASH if alike is None else probability(alike.p),
        DASH if near is None else f"{_other(held, near, one)} ({decimal(near.cosine)})",
        DASH if shares is None
        else f"{_other(held, shares, one)}: {len(shares.shared):,} ({decimal(shares.jaccard)})",
    )  # fmt: skip
    filled = "".join(
        f"<td{_kind(name)}>{escape(cell)}</td>" for name, cell in zip(HEADS[1:], cells, strict=True)
    )
    return f'<tr><th scope="row" class="text">{_name(held, one.code_id)}{marks}</th>{filled}</tr>'


def _overlaps(held: CodesHeld) -> str:
    flagged = [one for one in held.holding.pairs if one.flagged]
    items = "".join(
        f"<li>{_name(held, one.a)} and {_name(held, one.b)}: {pair_said(one)} (between them "
        f"{decimal(one.cosine)}; {len(one.shared):,} shared, Jaccard {decimal(one.jaccard)})</li>"
        for one in flagged
    )
    return f"<h3>Codes that may overlap</h3><ul>{items}</ul>" if items else ""


def _split(held: CodesHeld, one: Held, numbers: Mapping[str, int]) -> str:
    if one.halves is None or not one.halves.flagged:
        return ""
    name = held.book.short_path(one.code_id)
    groups = "".join(
        _group(held, letter, half, numbers) for letter, half in zip("AB", one.halves.parts, strict=True)
    )
    return (
        f"<article><h3>{escape(name)}: two meanings?</h3>{_p(split_said(one.halves, name))}{groups}</article>"
    )


def _group(held: CodesHeld, letter: str, half: Half, numbers: Mapping[str, int]) -> str:
    return f"<p>Group {letter}, for example:</p>" + "".join(
        f"<blockquote>{escape(' '.join(held.said[row].text.split()))}"
        f"<footer>{escape(held.respondents[row])}, {numbers[held.said[row].transcript_id]}."
        f"{held.said[row].index + 1}</footer></blockquote>"
        for row in half.shown
    )


def _other(held: CodesHeld, pair: Pair, one: Held) -> str:
    return held.book.short_path(pair.b if pair.a == one.code_id else pair.a)


def _name(held: CodesHeld, code_id: str) -> str:
    return escape(held.book.short_path(code_id))


def _kind(name: str) -> str:
    return ' class="text"' if name in TEXT else ""


def _p(text: str) -> str:
    return f"<p>{escape(text)}</p>"
