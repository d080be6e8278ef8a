"""The reading view: a transcript as a conversation, with what is suggested and decided."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from autocode.codebook import Codebook
from autocode.errors import StoreError
from autocode.store import Account, Reading
from autocode.web.guard import RefusedError
from autocode.web.session import TheWeb, Web, Who
from autocode.web.state import UnitView

MOST_FOUND = 300
router = APIRouter(include_in_schema=False)

PALETTE = (
    "#0b6e99", "#b3541e", "#4a7a2b", "#7a3e9d", "#a8324a", "#1f7a6d", "#8a6d00", "#5560b8",
    "#99446f", "#3f6f8f", "#96601f", "#5d7a1f",
)  # fmt: skip


@router.get("/")
def home(request: Request, who: Who, web: TheWeb) -> HTMLResponse:
    """All transcripts, and how far this coder is with each."""
    review = web.review
    pool, done = review.pool(), review.orders.done(who.coder)
    total: dict[str, int] = {}
    finished: dict[str, int] = {}
    for key, place in zip(pool.keys.tolist(), pool.transcripts, strict=True):
        total[place] = total.get(place, 0) + 1
        finished[place] = finished.get(place, 0) + (key in done)
    given, n_done = review.orders.progress(who.coder, "given"), sum(finished.values())
    whole = review.people.given().get(who.coder.key, frozenset())
    rows = [
        {"one": one, "total": total.get(one.id, 0), "done": finished.get(one.id, 0), "given": one.id in whole}
        for one in review.project.store.transcripts()
    ]
    live = review.live
    return web.page(
        request, "home.html", who, rows=rows, given=given, n_units=len(pool.keys),
        n_done=n_done, n_earlier=len(done) - n_done, live=live, problem="" if live is None else live.problem,
    )  # fmt: skip


@router.get("/read/{transcript_id:path}")
def read(transcript_id: str, request: Request, who: Who, web: TheWeb, coder: str = "") -> HTMLResponse:
    """One transcript; for those who lead or read also as another coder decided, once that is no secret."""
    review = web.review
    reading = review.reading(transcript_id)
    other = None
    if coder and coder != who.coder.name:
        who.must_be("lead", "reader")
        other = review.people.account(coder)
        if other is None:
            raise RefusedError(404, f"there is no coder '{coder[:80]}'")
    if other is None:
        views, spans = review.views(who.coder, reading), review.spans(reading.transcript_key, who.coder.key)
    else:
        views, spans = _as_decided(web, who.coder, other, reading)
    memos = review.with_memos(who.coder)
    live = review.live
    return web.page(
        request, "read.html", who, transcript_id=transcript_id, reading=reading, views=views, spans=spans,
        memos=memos, book=review.codebook, colour=colour_numbers(review.codebook), unit=unit_values(web),
        n_done=sum(view.done for view in views), n_codable=sum(view.utterance.codable for view in views),
        version=0 if live is None else live.version,
        fixed=live is not None and bool(reading.keys) and live.leaves_out(reading.keys),
        speakers=list(dict.fromkeys(view.utterance.speaker for view in views)), other=other,
        people=review.people.accounts() if who.coder.role in ("lead", "reader") else [],
    )  # fmt: skip


def _as_decided(
    web: Web, reader: Account, other: Account, reading: Reading
) -> tuple[list[UnitView], list[tuple[int, int, str]]]:
    """The utterances with what another coder says of those that are settled, and that are no secret here,
    and that coder's stretches within these.
    """
    review = web.review
    shown = review.settled().keys() - review.still_blind(reader, reading.keys)
    said = review.people.standing([key for key in reading.keys if key in shown], other.key)
    views = [replace(view, done=view.key in shown) for view in review.views(reader, reading, said=said)]
    secret = [view.utterance for view in views if view.utterance.codable and not view.done]
    spans = [
        (start, end, code)
        for start, end, code in review.spans(reading.transcript_key, other.key)
        if not any(one.start_char < end and start < one.end_char for one in secret)
    ]
    return views, spans


@router.get("/utterance/{name:path}")
def utterance(name: str, who: Who, web: TheWeb) -> Response:
    """Where an utterance stands: the address that reports link to."""
    key = web.review.people.key_of_utterance(name)
    if key is None:
        raise StoreError(f"{name}: no such utterance in the project")
    unit = web.review.people.unit(key)
    return RedirectResponse(f"/read/{quote(unit.transcript_id)}#u{key}", status_code=303)


@router.get("/search")
def search(request: Request, who: Who, web: TheWeb, q: str = "") -> HTMLResponse:
    """The first utterances that hold the words, over all transcripts."""
    found = list(islice(_holding(web, " ".join(q.split()).casefold()), MOST_FOUND + 1))
    return web.page(request, "search.html", who, q=q, found=found[:MOST_FOUND], more=len(found) > MOST_FOUND)


def _holding(web: Web, wanted: str) -> Iterator[dict[str, Any]]:
    if not wanted:
        return
    for transcript_id in web.review.people.latest_codings():
        transcript = web.review.project.store.transcript(transcript_id)
        if wanted not in " ".join(transcript.text.split()).casefold():
            continue
        reading = web.review.reading(transcript_id)
        for key, one in zip(reading.keys, reading.utterances, strict=True):
            if wanted in " ".join(one.text.split()).casefold():
                yield {"key": key, "utterance": one}


@router.get("/codes.css")
def colours(who: Who, web: TheWeb) -> Response:
    """The codes' colours as a style sheet: the page allows no styles within."""
    book = web.review.codebook
    n_roots = len(book.roots)
    colour = {
        number: book[code].colour or PALETTE[number % len(PALETTE)]
        for code, number in colour_numbers(book).items()
        if book[code].colour or number < n_roots  # the others share the number of one of these
    }
    lines = "\n".join(f".c{number} {{ --code: {value}; }}" for number, value in colour.items())
    return Response(lines, media_type="text/css")


def colour_numbers(book: Codebook) -> dict[str, int]:
    """The number of each code's colour: its own, else that of the nearest code above which has one.

    Below a root without a colour of its own it is one of the palette's.
    """
    roots = {code: index for index, code in enumerate(book.roots)}
    own = {code: len(roots) + index for index, code in enumerate(c for c in book.ids if book[c].colour)}
    lines = {code: (code, *book.ancestors(code)) for code in book.ids}
    return {
        code: next((own[one] for one in line if one in own), roots[line[-1]]) for code, line in lines.items()
    }


def unit_values(web: Any) -> dict[str, Any]:
    """What the template of one utterance needs besides it."""
    book = web.review.codebook
    return {"book": book, "colour": colour_numbers(book)}
