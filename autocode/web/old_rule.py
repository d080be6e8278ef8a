"""Decisions that were made by an older rule: listed, and kept or decided again."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from autocode.store import Outcome
from autocode.store import Request as Wanted
from autocode.web.api import Answer, Key, Number, Strict, answer
from autocode.web.codebook import LABELS
from autocode.web.guard import RefusedError, new_token
from autocode.web.reading import unit_values
from autocode.web.rules import OldDecision
from autocode.web.session import Coding, SignedIn, TheWeb, Web, Who, text_of

router = APIRouter(tags=["review"])
MOST = 200  # decisions on one page


class Keep(Strict):
    """What the coder said of an utterance by an older rule holds by the present one too."""

    key: Key
    unit: Number
    order: Annotated[str, Field(max_length=200)] = ""


@router.post("/api/keep")
def keep(body: Keep, who: Coding, web: TheWeb) -> Answer:
    """Say again what was said by an older rule; answers like `/api/act`."""
    order = web.review.orders.check(body.order) if body.order else ""
    outcome = _keep(web, who, body.key, body.unit)
    return answer(web, who, outcome, order, message="Kept." if outcome is not None else "")


@router.get("/codebook/old-rule", include_in_schema=False)
def old_rule_page(request: Request, who: Who, web: TheWeb, code: str = "", page: int = 1) -> HTMLResponse:
    """Decisions that were made by an older rule, as far as this person may see them."""
    review = web.review
    seen = _visible(web, who, everyone := review.rules.standing().old)
    rows = [one for one in seen if code in ("", one.code)]
    page = max(1, min(page, 1 + (len(rows) - 1) // MOST))
    shown = [_row(web, one) for one in rows[(page - 1) * MOST : page * MOST]]
    return web.page(
        request, "codebook_old_rule.html", who, rows=shown, n=len(rows), code=code,
        more=len(everyone) > len(seen), page_number=page, n_pages=max(1, -(-len(rows) // MOST)),
        version=review.codebook_version, n_own=len(review.rules.units(who.coder)), labels=LABELS,
        keys_of_forms=[new_token() for _ in shown], **unit_values(web),
    )  # fmt: skip


@router.post("/codebook/old-rule", include_in_schema=False)
async def keep_one(request: Request, who: Coding, web: TheWeb) -> Response:
    """Keep one of one's own decisions."""
    form = await request.form()
    unit, key = text_of(form, "unit", most=10), text_of(form, "key", most=64)
    code, shown = text_of(form, "code"), text_of(form, "shown")
    if not unit.isdecimal() or len(key) < 8:
        raise RefusedError(400, "this form is not complete; reload the page")
    await run_in_threadpool(_keep, web, who, key, int(unit), code)
    return RedirectResponse(
        f"/codebook/old-rule{'?' + urlencode({'code': shown}) if shown else ''}", status_code=303
    )


def _keep(web: Web, who: SignedIn, key: str, unit: int, code: str | None = None) -> Outcome | None:
    review = web.review
    changes = review.rules.keep(who.coder, unit, code)
    if not changes:
        return None
    wanted = Wanted(
        key=key, kind="keep", changes=changes, codebook_digest=review.codebook.digest,
        arms=review.arms(who.coder, [unit]),
    )  # fmt: skip
    outcome = review.people.act(who.coder.key, wanted)
    if review.live is not None:
        review.live.heard(outcome)
    return outcome


def _visible(web: Web, who: SignedIn, rows: list[OldDecision]) -> list[OldDecision]:
    """One's own; to leads and readers also those of others, but none that were made blind, and none on an
    utterance that they still have to decide blind themselves."""
    own = [one for one in rows if one.coder == who.coder.name]
    others = [one for one in rows if one.coder != who.coder.name and not one.blind]
    others = others if who.coder.role in ("lead", "reader") else []
    hidden = web.review.still_blind(who.coder, {one.unit for one in others})
    seen = own + [one for one in others if one.unit not in hidden]
    place = {int(key): index for index, key in enumerate(web.review.pool().keys)}
    return sorted(seen, key=lambda one: (place[one.unit], one.code, one.coder))


def _row(web: Web, one: OldDecision) -> dict[str, Any]:
    unit = web.review.people.unit(one.unit)
    reading = web.review.reading(unit.transcript_id)
    place = reading.keys.index(one.unit)
    return {
        "one": one, "transcript_id": unit.transcript_id, "utterance": reading.utterances[place],
        "changes": web.review.rules.what_changed(one),
    }  # fmt: skip
