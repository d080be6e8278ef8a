"""Memos: what coders note on utterances, codes, transcripts and the project."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import AfterValidator, BaseModel, Field
from starlette.concurrency import run_in_threadpool

from autocode.store import Outcome
from autocode.store import Request as Wanted
from autocode.store.review import MEMO_KINDS
from autocode.web.api import Answer, Key, Strict, answer, html_of
from autocode.web.guard import RefusedError, new_token
from autocode.web.reading import unit_values
from autocode.web.session import Coding, SignedIn, TheWeb, Web, Who, text_of

router = APIRouter(tags=["review"])
MOST_TEXT = 20_000  # characters
Kind = Literal["utterance", "code", "transcript", "project"]


def _plain(text: str) -> str:
    if "\x00" in text:
        raise ValueError("holds characters that are not text")
    return text


Plain = AfterValidator(_plain)


class WriteMemo(Strict):
    """A coder's note; an empty text takes it away."""

    key: Key
    kind: Kind
    target: Annotated[str, Field(max_length=500), Plain]  # see `Target` in `GET /api/memos/{kind}`
    text: Annotated[str, Field(max_length=MOST_TEXT), Plain]


class Other(BaseModel):
    """Somebody else's note on the same thing."""

    coder: str
    at: str
    text: str


class Notes(BaseModel):
    """One's own note, and those of others as far as one may see them."""

    text: str
    others: list[Other]


@router.get("/api/memos/{kind}")
def notes(
    kind: Kind, who: Who, web: TheWeb, target: Annotated[str, Field(max_length=500), Plain] = ""
) -> Notes:
    """The memos on an utterance (by its key), a code or transcript (by its id), or the project."""
    target = _target(web, kind, target)
    found = web.review.people.memos(kind, target)
    own = [memo.text for memo in found if memo.coder == who.coder.name]
    others = [memo for memo in web.review.memos_seen(who.coder, found) if memo.coder != who.coder.name]
    return Notes(
        text=own[-1] if own else "",
        others=[Other(coder=one.coder, at=f"{one.written_at:%Y-%m-%d %H:%M} UTC", text=one.text)
                for one in others],
    )  # fmt: skip


@router.post("/api/memo")
def write(body: WriteMemo, who: Coding, web: TheWeb) -> Answer:
    """Store a memo in the place of one's own earlier one; it can be undone."""
    outcome = _write(web, who, body)
    found = answer(web, who, outcome, "", message="Memo stored." if body.text.strip() else "Memo taken away.")
    if body.kind == "utterance":
        found.units = html_of(web, who, (int(body.target),))
    return found


@router.get("/memos", include_in_schema=False)
def memos_page(request: Request, who: Who, web: TheWeb) -> HTMLResponse:
    """All memos as they stand, and forms for those on the project and on transcripts."""
    review = web.review
    found = review.people.memos()
    seen = web.review.memos_seen(who.coder, found)
    texts: dict[int, dict[str, Any]] = {}
    for memo in seen:
        if memo.kind == "utterance":
            texts[memo.key] = _place(web, int(memo.target))
    own = {(memo.kind, memo.target): memo.text for memo in seen if memo.coder == who.coder.name}
    by_kind = {kind: [memo for memo in seen if memo.kind == kind] for kind in MEMO_KINDS}
    return web.page(
        request, "memos.html", who, by_kind=by_kind, n_hidden=len(found) - len(seen), texts=texts, own=own,
        key=new_token(), most=MOST_TEXT,
        transcripts=[one.id for one in review.project.store.transcripts()],
        coded=set(review.people.latest_codings()), **unit_values(web),
    )  # fmt: skip


@router.post("/memos", include_in_schema=False)
async def write_by_form(request: Request, who: Coding, web: TheWeb) -> Response:
    """Store a memo on the project or a transcript."""
    form = await request.form()
    text = "\n".join(text_of(form, "text", most=MOST_TEXT + 2_000).splitlines())
    kind, target, key = text_of(form, "kind"), text_of(form, "target"), text_of(form, "key", most=64)
    if kind not in ("project", "transcript") or len(key) < 8:
        raise RefusedError(400, "this form is not complete; reload the page")
    if len(text) > MOST_TEXT or "\x00" in text:
        raise RefusedError(400, f"a memo has at most {MOST_TEXT} characters, and only text")
    body = WriteMemo.model_construct(key=key, kind=kind, target=target, text=text)
    await run_in_threadpool(_write, web, who, body)
    return RedirectResponse("/memos", status_code=303)


def _write(web: Web, who: SignedIn, body: WriteMemo) -> Outcome:
    review = web.review
    target = _target(web, body.kind, body.target)
    change = ["memo", body.kind, target, body.text.strip()]
    return review.people.act(
        who.coder.key,
        Wanted(key=body.key, kind="memo", changes=[change], codebook_digest=review.codebook.digest),
    )


def _target(web: Web, kind: str, target: str) -> str:
    """The target as it is stored. Raises `RefusedError` or `StoreError` for one that is not there."""
    review = web.review
    if kind == "project":
        if target:
            raise RefusedError(400, "a memo on the project has no target")
        return ""
    if kind == "utterance":
        if not (target.isascii() and target.isdecimal() and len(target) < 10):
            raise RefusedError(400, "the target of a memo on an utterance is the utterance's number")
        return str(review.people.unit(int(target)).key)
    if kind == "code":
        if target not in review.codebook:
            raise RefusedError(404, f"there is no code '{target[:80]}' in the codebook now")
        return target
    if target not in {one.id for one in review.project.store.transcripts()}:
        raise RefusedError(404, f"there is no transcript '{target[:80]}' in the project")
    return target


def _place(web: Web, key: int) -> dict[str, Any]:
    """Where an utterance stands and what was said; less where its transcript has been segmented anew."""
    unit = web.review.people.unit(key)
    reading = web.review.reading(unit.transcript_id)
    if key not in reading.keys:
        return {"transcript_id": unit.transcript_id, "utterance": None}
    return {"transcript_id": unit.transcript_id, "utterance": reading.utterances[reading.keys.index(key)]}
