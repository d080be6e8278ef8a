"""The page as an ASGI application: routes, sign-ins and error pages put together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from autocode import __version__
from autocode.errors import AutocodeError, StoreBusyError, StoreError
from autocode.web import (
    adjudicating,
    api,
    audit,
    codebook,
    exchanging,
    memos,
    old_rule,
    people,
    project,
    queueing,
    reading,
    themes,
)
from autocode.web.guard import Guard, RefusedError, Throttle, new_token
from autocode.web.session import OldPageError, SignInNeededError, Web
from autocode.web.state import Review

HERE = Path(__file__).parent
# A browser keeps strict cookies back when a link in a report on the disk is clicked. The page's own second
# request has them.
AGAIN = '<!doctype html><title>autocode</title><meta http-equiv="refresh" content="0">'


def create_app(
    review: Review, *, hosts: Iterable[str], start_key: str | None = None, sign_in_as: str | None = None
) -> FastAPI:
    """The review page of a project, for requests whose Host is one of `hosts`.

    `start_key` is the secret of the link that the terminal prints: it signs in without a passphrase whoever
    started the program, or makes the first account. `sign_in_as` names the account.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if review.live is not None:
            review.live.start()
        app.state.web.jobs.sweep(review.project.folder)
        yield
        app.state.web.jobs.close()
        review.close()

    app = FastAPI(
        title="autocode review", version=__version__, lifespan=lifespan,
        docs_url=None, redoc_url=None, openapi_url="/api/openapi.json",
    )  # fmt: skip
    app.state.web = Web(review, Throttle(), start_key or new_token(), sign_in_as)
    app.add_middleware(Guard, hosts=tuple(hosts), larger={exchanging.UPLOAD: exchanging.MAX_UPLOAD})
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    for part in (
        people,
        reading,
        queueing,
        api,
        project,
        codebook,
        old_rule,
        adjudicating,
        themes,
        memos,
        audit,
        exchanging,
    ):
        app.include_router(part.router)
    for kind in (AutocodeError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, _told)
    return app


async def _told(request: Request, error: Exception) -> Response:
    """A mistake as a sentence: JSON for the page's own requests, a page for people."""
    web: Web = request.app.state.web
    if isinstance(error, SignInNeededError) and not _wants_json(request):
        if request.headers.get("sec-fetch-site") == "cross-site" and request.method == "GET":
            return HTMLResponse(AGAIN)
        return RedirectResponse("/sign-in", status_code=303)
    status, sentence = _status(error), _sentence(error)
    if _wants_json(request):
        old = isinstance(
            error, OldPageError
        )  # the page reloads itself, and sends again what it wanted stored
        return JSONResponse({"error": sentence, **({"reload": True} if old else {})}, status_code=status)
    if request.method == "HEAD":
        return PlainTextResponse("", status_code=status)
    page = web.templates.get_template("error.html").render(
        status=status, sentence=sentence, coder=None, web=web, request=request, csrf=""
    )
    return HTMLResponse(page, status_code=status)


def _wants_json(request: Request) -> bool:
    return request.url.path.startswith("/api/") or "hx-request" in request.headers


def _status(error: Exception) -> int:
    if isinstance(error, RefusedError):
        return error.status
    if isinstance(error, HTTPException):
        return error.status_code
    if isinstance(error, RequestValidationError):
        return 422
    if isinstance(error, StoreBusyError):
        return 503  # the page keeps what it could not send, and sends it again
    return 404 if isinstance(error, StoreError) and "no such" in str(error) else 400


def _sentence(error: Exception) -> str:
    if isinstance(error, RequestValidationError):
        first: dict[str, Any] = dict(error.errors()[0]) if error.errors() else {"loc": (), "msg": "wrong"}
        place = ".".join(str(part) for part in first["loc"])
        return f"the request cannot be read: {place}: {first['msg']}"
    if isinstance(error, HTTPException):
        known = {404: "there is no such page", 405: "that cannot be done with this page"}
        return known.get(error.status_code, str(error.detail))
    return str(error)
