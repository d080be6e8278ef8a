"""The queue view: one utterance in its context after another, most useful first."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from autocode.errors import LearnError
from autocode.store import Account
from autocode.web.order import DIVERSE, OLD_RULE
from autocode.web.reading import unit_values
from autocode.web.session import TheWeb, Web, Who

router = APIRouter(include_in_schema=False)
CONTEXT = 4  # utterances shown before, and half as many after


@router.get("/queue")
def queue(request: Request, who: Who, web: TheWeb, order: str = "") -> Response:
    """The next utterance in the chosen order."""
    review = web.review
    if not order:
        given = review.orders.progress(who.coder, "given")
        return RedirectResponse(f"/queue?order={'given' if given.left else 'transcript'}", status_code=303)
    if order == "disagreements":
        return RedirectResponse("/adjudicate", status_code=303)
    mode, offered = review.orders.check(order), review.orders.offered
    who.must_be("lead", "coder")
    if mode == DIVERSE and mode not in offered:
        raise LearnError(
            "this order needs the meaning of all statements, which is still being read; try again in a "
            "minute, or choose another order"
        )
    return web.page(
        request, "queue.html", who, order=mode, orders=offered,
        memos=review.with_memos(who.coder),
        **next_values(web, who.coder, mode), **unit_values(web),
    )  # fmt: skip


def next_values(web: Web, coder: Account, mode: str) -> dict[str, Any]:
    """The next unit with its context and the progress, for the template."""
    key = web.review.orders.next(coder, mode)
    live = web.review.live
    values: dict[str, Any] = {
        "progress": web.review.orders.progress(coder, mode), "view": None,
        "stopping": None if live is None else live.stopping,
    }  # fmt: skip
    if key is None:
        return {**values, "before": [], "after": [], "transcript_id": "", "place": 0}
    if mode == OLD_RULE:
        values["old"] = web.review.rules.of_unit(coder, key)
    return {**values, **around(web, coder, key)}


def around(web: Web, coder: Account, key: int) -> dict[str, Any]:
    """A unit, what was said before it (back to the question) and after."""
    unit = web.review.people.unit(key)
    reading = web.review.reading(unit.transcript_id)
    place = reading.keys.index(key)
    first = max(0, place - CONTEXT)
    (view,) = web.review.views(coder, reading, [key])
    return {
        "view": view,
        "before": reading.utterances[first:place],
        "after": reading.utterances[place + 1 : place + 1 + CONTEXT // 2],
        "transcript_id": unit.transcript_id,
        "place": place + 1,
    }
