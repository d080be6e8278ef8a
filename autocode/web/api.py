"""What the page's script asks for: decisions, undo, evidence, news. JSON in and out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from autocode.errors import StoreError
from autocode.store import Outcome, Reading
from autocode.store import Request as Wanted
from autocode.store.review import CONSENSUS
from autocode.web.guard import RefusedError
from autocode.web.queueing import next_values
from autocode.web.reading import unit_values
from autocode.web.session import Coding, SignedIn, TheWeb, Web, Who
from autocode.web.state import UnitView

router = APIRouter(prefix="/api", tags=["review"])
MOST_UNITS = 5000
Key = Annotated[str, Field(min_length=8, max_length=64, pattern="^[A-Za-z0-9_-]+$")]
Number = Annotated[int, Field(ge=0, le=2**31 - 1)]


class Strict(BaseModel):
    """A request body: unknown fields are errors."""

    model_config = ConfigDict(extra="forbid")


class SetCode(Strict):
    """One coder's word on one code of one utterance; null takes it back."""

    unit: Number
    code: Annotated[str, Field(min_length=1, max_length=200)]
    applies: StrictBool | None


class SetDone(Strict):
    """An utterance is finished: no other code applies; or it is open again."""

    unit: Number
    done: StrictBool


class SetSpan(Strict):
    """A code on a stretch of a transcript's text."""

    transcript_id: Annotated[str, Field(max_length=500)]
    start_char: Number
    end_char: Number
    code: Annotated[str, Field(min_length=1, max_length=200)]
    applies: StrictBool = True


class Act(Strict):
    """Something that a coder did, all of it or nothing; `key` makes sending it twice harmless."""

    key: Key
    kind: Literal["decide", "done", "bulk", "span"] = "decide"
    codes: Annotated[list[SetCode], Field(max_length=20_000)] = []
    done: Annotated[list[SetDone], Field(max_length=MOST_UNITS)] = []
    spans: Annotated[list[SetSpan], Field(max_length=100)] = []
    order: Annotated[str, Field(max_length=200)] = ""  # of the queue: answer with the next utterance
    skip: Number | None = None  # leave this one for later


class Turn(Strict):
    """Undo or redo."""

    key: Key
    order: Annotated[str, Field(max_length=200)] = ""


class Answer(BaseModel):
    """What is stored now."""

    action: int | None
    kind: str
    units: dict[str, str]  # the HTML of each utterance that changed
    done: int
    next: str | None = None  # the queue's next utterance, as HTML
    message: str = ""
    spans: dict[str, list[tuple[int, int, str]]] = {}


@router.post("/act")
def act(body: Act, who: Coding, web: TheWeb) -> Answer:
    """Store decisions; answers with the utterances as they stand."""
    review = web.review
    _check_order(web, body.order)
    if body.skip is not None:
        review.orders.skip(who.coder, body.skip)
    if not (body.codes or body.done or body.spans):
        return answer(web, who, None, body.order)
    book = review.codebook
    for code in (*(one.code for one in body.codes), *(one.code for one in body.spans)):
        if code not in book:
            raise RefusedError(409, f"the code '{code}' is not in the codebook now; reload the page")
    units = list(dict.fromkeys([*(one.unit for one in body.codes), *(one.unit for one in body.done)]))
    if len(units) > MOST_UNITS:
        raise RefusedError(400, f"at most {MOST_UNITS} utterances at once")
    changes, shown_units, machine = _changes(web, who, body, units)
    outcome = review.people.act(
        who.coder.key,
        Wanted(
            key=body.key, kind=body.kind, changes=changes, codebook_digest=book.digest,
            arms=review.arms(who.coder, units), suggested=machine, shown=shown_units,
        ),
    )  # fmt: skip
    if review.live is not None:
        review.live.heard(outcome)
    return answer(web, who, outcome, body.order)


def _check_order(web: Web, order: str) -> None:
    """Refuse an order that there is not before anything is stored, not after."""
    if order:
        web.review.orders.check(order)


def _changes(
    web: Web, who: SignedIn, body: Act, units: list[int]
) -> tuple[list[list[Any]], dict[str, Any], dict[int, list[str]]]:
    """The changes of an action, what the coder was shown, and what the machine suggested for what is done."""
    review, views, machine = web.review, [], dict[int, list[str]]()
    finished = {one.unit for one in body.done if one.done}
    for transcript_id, keys in review.people.transcripts_of(units).items():
        reading = review.reading(transcript_id)
        here = set(reading.keys)
        if missing := [key for key in keys if key not in here]:
            raise StoreError(f"{missing[0]}: no such utterance in the latest coding; reload the page")
        for view in review.views(who.coder, reading, keys):
            if not view.utterance.codable:
                raise RefusedError(400, f"{view.utterance.id}: is context, and is not coded")
            views.append(view)
            if view.key in finished:
                machine[view.key] = [one.code_id for one in review.suggestions(reading, view.key)]
    changes: list[list[Any]] = _closed(web, body, {view.key: view.said for view in views})
    for span in body.spans:
        reading = review.reading(span.transcript_id)
        end = max((one.end_char for one in reading.utterances), default=0)
        if not span.start_char < span.end_char <= end:
            raise RefusedError(400, "the selection lies outside the transcript")
        place = span.start_char, span.end_char
        stored = [span.code]
        if not span.applies:  # under a code that was merged into it, perhaps
            stored = review.as_stored(reading.transcript_key, who.coder.key, place, span.code) or stored
        changes += [["span", reading.transcript_key, *place, code, span.applies] for code in stored]
    changes += [["done", one.unit, one.done] for one in body.done]
    shown = review.shown(views)
    if body.spans:
        shown["blind"] = all(view.hidden for view in views) and bool(views)
    return changes, shown, machine


def _closed(web: Web, body: Act, said: dict[int, Any]) -> list[list[Any]]:
    """The decisions with what follows from them: of an exclusive group one code applies at most."""
    book, changes = web.review.codebook, list[list[Any]]()
    now = {unit: dict(codes) for unit, codes in said.items()}
    for one in body.codes:
        codes = now.setdefault(one.unit, {})
        rivals = [code for code in book.group_of(one.code) if code != one.code and codes.get(code)]
        for code, applies in (*((code, False) for code in rivals if one.applies), (one.code, one.applies)):
            changes.append(["code", one.unit, code, applies])
            codes[code] = applies
    return changes


@router.post("/undo")
def undo(body: Turn, who: Coding, web: TheWeb) -> Answer:
    """Take back the last action."""
    return _turned(web, who, body, "undo")


@router.post("/redo")
def redo(body: Turn, who: Coding, web: TheWeb) -> Answer:
    """Do again what was taken back last."""
    return _turned(web, who, body, "redo")


def _turned(web: Web, who: SignedIn, body: Turn, kind: str) -> Answer:
    _check_order(web, body.order)
    people, digest = web.review.people, web.review.codebook.digest
    turn = people.undo if kind == "undo" else people.redo
    outcome = turn(who.coder.key, body.key, codebook_digest=digest)
    if outcome is None:
        return answer(web, who, None, "", message=f"There is nothing to {kind}.")
    if web.review.live is not None:
        web.review.live.heard(outcome)
    n, n_earlier = len(outcome.units), len(set(outcome.units) - web.review.pool_keys())
    what = f"{n} utterance{'' if n == 1 else 's'}" if n else "a memo or a span"
    if n_earlier:
        what += " of an earlier cut" if n_earlier == n else f", {n_earlier} of an earlier cut"
    return answer(web, who, outcome, body.order, message=f"{kind.capitalize()}: {what}.")


def answer(web: Web, who: SignedIn, outcome: Outcome | None, order: str, *, message: str = "") -> Answer:
    """What is stored now: the utterances of an outcome, and the queue's next one where an order is given."""
    units = {} if outcome is None else html_of(web, who, outcome.units)
    done = len(web.review.orders.done(who.coder))
    following = None
    if order:
        values = next_values(web, who.coder, web.review.orders.check(order))
        following = web.part(
            "queue_unit.html",
            order=order,
            memos=web.review.with_memos(who.coder),
            **values,
            **unit_values(web),
        )
    spans: dict[str, list[tuple[int, int, str]]] = {}
    if outcome is not None:
        for key in {change[1] for change in outcome.changes if change[0] == "span"}:
            spans[str(key)] = web.review.spans(key, who.coder.key)
    return Answer(
        action=None if outcome is None else outcome.action, kind="" if outcome is None else outcome.kind,
        units=units, done=done, next=following, message=message, spans=spans,
    )  # fmt: skip


def html_of(web: Web, who: SignedIn, units: tuple[int, ...]) -> dict[str, str]:
    """Utterances as they stand for somebody, by key."""
    review, found = web.review, dict[str, str]()
    memos = web.review.with_memos(who.coder)
    values = unit_values(web)
    for transcript_id, keys in review.people.transcripts_of(units).items():
        for view in review.views(who.coder, review.reading(transcript_id), keys):
            found[str(view.key)] = web.unit(view, memos, values)
    return found


@router.get("/suggestions")
def suggestions(who: Who, web: TheWeb, transcript_id: str, since: Number = 0) -> dict[str, Any]:
    """The utterances of a transcript whose suggestions changed after version `since`, as HTML."""
    review = web.review
    if review.live is None or review.live.version <= since:
        return {"version": since, "units": {}}
    version, changed = review.live.version, review.live.changed_since(since)
    reading = review.reading(transcript_id)
    keys = tuple(key for key in reading.keys if changed is None or key in changed)
    views = [view for view in review.views(who.coder, reading, keys) if view.utterance.codable]
    memos = web.review.with_memos(who.coder)
    values = unit_values(web)
    units = {str(view.key): web.unit(view, memos, values) for view in views if not (view.hidden or view.done)}
    return {"version": version, "units": units}


@router.get("/units/{key}/why")
def why(key: Number, who: Who, web: TheWeb) -> dict[str, Any]:
    """The evidence for what is suggested on an utterance; nothing while it is blind."""
    review = web.review
    reading, view = _view(web, who, key)
    if view.hidden:
        raise RefusedError(403, "suggestions are shown when you have decided")
    evidence = review.evidence(who.coder, reading, view)
    return {"html": web.part("why.html", view=view, evidence=evidence, **unit_values(web))}


@router.get("/units/{key}/history")
def history(key: Number, who: Who, web: TheWeb) -> dict[str, Any]:
    """Every decision on an utterance that this coder may see, with what was shown."""
    review = web.review
    _, view = _view(web, who, key)
    settled = who.coder.role in ("lead", "reader") and not view.hidden and key in review.settled()
    rows = [
        row for row in review.people.history(key)
        if row["coder"] == who.coder.name or (not view.hidden and row["coder"] == CONSENSUS)
        or (who.coder.role in ("lead", "reader") and not view.hidden and (settled or not row["blind"]))
    ]  # fmt: skip
    return {"html": web.part("history.html", view=view, rows=rows, **unit_values(web))}


def _view(web: Web, who: SignedIn, key: int) -> tuple[Reading, UnitView]:
    """An utterance of the latest coding of its transcript, as this coder may see it."""
    reading = web.review.reading(web.review.people.unit(key).transcript_id)
    views = web.review.views(who.coder, reading, [key])
    if not views:
        raise StoreError(f"{key}: no such utterance in the latest coding; reload the page")
    return reading, views[0]


@router.get("/codes/{code}")
def code_card(code: str, who: Who, web: TheWeb) -> dict[str, Any]:
    """The codebook's entry of one code, as HTML."""
    book = web.review.codebook
    if code not in book:
        raise RefusedError(404, f"there is no code '{code[:80]}' in the codebook now")
    return {"html": web.part("code_card.html", code=book[code], **unit_values(web))}


@router.get("/progress")
def progress(who: Who, web: TheWeb) -> dict[str, Any]:
    """How far this coder is, and how much the machine has learnt."""
    live = web.review.live
    return {
        "done": len(web.review.orders.done(who.coder)),
        "version": 0 if live is None else live.version,
        "learnt_from": 0 if live is None else live.n_labelled,
    }


@router.get("/events", include_in_schema=False)
async def events(request: Request, who: Who, web: TheWeb) -> StreamingResponse:
    """Server-sent events: `scores` when suggestions have changed."""

    async def stream() -> AsyncIterator[str]:
        live, told, waited = web.review.live, -1, 0.0
        yield "retry: 2000\n\n"
        while not web.closing and not await request.is_disconnected():
            version = 0 if live is None else live.version
            if version != told:
                n = 0 if live is None else live.n_labelled
                yield f'event: scores\ndata: {{"version": {version}, "learnt_from": {n}}}\n\n'
                told, waited = version, 0.0
            elif waited >= 15:
                yield ": still here\n\n"
                waited = 0.0
            await asyncio.sleep(0.25)
            waited += 0.25

    return StreamingResponse(stream(), media_type="text/event-stream")
