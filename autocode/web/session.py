"""What every page needs: who is asking, the templates, and the checks before anything is changed."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import jinja2
from fastapi import Depends, Request
from fastapi.responses import HTMLResponse
from markdown_it import MarkdownIt
from markupsafe import Markup

from autocode import __version__
from autocode.store import Account
from autocode.web.guard import RefusedError, Throttle, csrf_of, same, sha256
from autocode.web.jobs import Jobs
from autocode.web.state import Review, UnitView

STAYS = timedelta(days=30)  # a sign-in
COOKIE = "autocode_review"  # see `Web.cookie`
KEYS = {
    "next": "j", "previous": "k", "accept": "a", "reject": "x", "done": "Enter", "skip": "s",
    "undo": "z", "redo": "Z", "add": "c", "memo": "m", "why": "e", "undecided": "n", "define": "d",
    "find": "f", "jump": "g", "help": "?",
}  # fmt: skip
ACTIONS = {
    "next": "next utterance", "previous": "previous utterance",
    "accept": "accept the first open suggestion", "reject": "reject the first open suggestion",
    "done": "done: nothing else applies; go on", "skip": "skip, for later",
    "define": "the codebook's entry of the code", "undo": "undo", "redo": "redo",
    "add": "add a code by typing part of its name",
    "memo": "write a memo", "why": "why is this suggested?", "undecided": "next utterance that is not done",
    "find": "find text", "jump": "go to an utterance by number", "help": "show these keys",
}  # fmt: skip


class SignInNeededError(RefusedError):
    """Nobody is signed in."""

    def __init__(self) -> None:
        super().__init__(401, "sign in first")


class OldPageError(RefusedError):
    """The page's token is of an earlier sign-in."""

    def __init__(self) -> None:
        super().__init__(403, "this page is out of date; reload it")


@dataclass(slots=True)
class SignedIn:
    """Who is asking, with the token that forms must carry."""

    coder: Account
    csrf: str
    token: str

    def must_be(self, *roles: str) -> None:
        """Raise `RefusedError` for others."""
        if self.coder.role not in roles:
            raise RefusedError(403, f"this is for a {' or a '.join(roles)}; you are a {self.coder.role}")


@dataclass
class Web:
    """What the routes share."""

    review: Review
    throttle: Throttle
    start_key: str
    sign_in_as: str | None
    closing: bool = False
    jobs: Jobs = field(default_factory=Jobs)

    def cookie(self, name: str) -> str:
        """The name of a cookie in this project: a browser shows its cookies to every port of a host."""
        return f"{name}_{self.review.project_id[:12]}"

    @cached_property
    def templates(self) -> jinja2.Environment:
        """The templates; everything that they show is escaped."""
        env = jinja2.Environment(
            loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        )  # fmt: skip
        env.filters["markdown"] = as_markdown
        env.filters["clock"] = as_clock
        env.filters["sentence"] = as_sentence
        env.filters["per_cent"] = lambda share: f"{100 * share:.0f} %"
        env.globals.update(version=__version__, actions=ACTIONS)
        return env

    def page(self, request: Request, template: str, who: SignedIn, **values: Any) -> HTMLResponse:
        """A page for somebody who is signed in."""
        keys = {**KEYS, **who.coder.settings.get("keys", {})}
        html = self.templates.get_template(template).render(
            request=request, web=self, coder=who.coder, csrf=who.csrf, keys=keys,
            keys_json=json.dumps(keys), path=request.url.path, **values,
        )  # fmt: skip
        return HTMLResponse(html)

    def unit(self, view: UnitView, memos: Collection[str], values: Mapping[str, Any]) -> str:
        """The HTML of one utterance; `memos` are the keys of those that have one."""
        module: Any = self.templates.get_template("unit.html").module
        return str(module.unit(view, values["book"], values["colour"], memos))

    def part(self, template: str, **values: Any) -> str:
        """A piece of a page."""
        return self.templates.get_template(template).render(web=self, **values)


_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False}).disable("image")


def as_markdown(text: str) -> Markup:
    """Markdown as HTML: no HTML of its own, no pictures, links only to where a browser may go."""
    return Markup(_MARKDOWN.render(text))  # noqa: S704  # html is off, so all of the text is escaped


def as_sentence(text: str) -> str:
    """An error as a sentence, with a capital unless it begins with an id or a file, as in 'anna: ...'."""
    begins = text[:1].upper() + text[1:] if re.match("[a-z]+ ", text) else text
    return begins if begins.endswith(".") else f"{begins}."


def as_clock(seconds: float | None) -> str:
    """`1:02:03`, or nothing."""
    if seconds is None:
        return ""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def web_of(request: Request) -> Web:
    """What the routes share."""
    found: Web = request.app.state.web
    return found


def signed_in(request: Request) -> SignedIn:
    """Who is asking. Raises `SignInNeededError`, or `RefusedError` for a change without its token."""
    web = web_of(request)
    token = request.cookies.get(web.cookie(COOKIE), "")
    found = web.review.people.signed_in(sha256(token)) if token else None
    if found is None or datetime.now(UTC) - found[1] > STAYS:
        raise SignInNeededError
    return SignedIn(found[0], csrf_of(token), token)


async def changing(request: Request) -> AsyncIterator[SignedIn]:
    """Who is changing something, readers too: as `signed_in`, with the token.

    What was sent is closed in the end.
    """
    from starlette.concurrency import run_in_threadpool

    who = await run_in_threadpool(signed_in, request)
    try:
        given = request.headers.get("x-csrf-token", "")
        if not given and _is_form(request):
            form = await request.form()
            given = str(form.get("csrf", ""))
        if not same(given, who.csrf):
            raise OldPageError
        yield who
    finally:
        await request.close()


def _is_form(request: Request) -> bool:
    kind = request.headers.get("content-type", "")
    return kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data"))


def coding(who: Annotated[SignedIn, Depends(changing)]) -> SignedIn:
    """Somebody who may code."""
    who.must_be("lead", "coder")
    return who


def leading(who: Annotated[SignedIn, Depends(changing)]) -> SignedIn:
    """Somebody who may change what holds for all."""
    who.must_be("lead")
    return who


Who = Annotated[SignedIn, Depends(signed_in)]
Changing = Annotated[SignedIn, Depends(changing)]
Coding = Annotated[SignedIn, Depends(coding)]
Leading = Annotated[SignedIn, Depends(leading)]
TheWeb = Annotated[Web, Depends(web_of)]


def text_of(form: Mapping[str, Any], name: str, *, most: int = 1000) -> str:
    """A field of a form. Raises `RefusedError` if it is too long."""
    value = str(form.get(name, "")).strip()
    if len(value) > most:
        raise RefusedError(400, f"the field '{name}' has at most {most} characters")
    return value
