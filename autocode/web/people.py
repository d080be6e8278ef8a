"""Signing in and out, and who works on the project."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from autocode.store import Account
from autocode.web.guard import RefusedError, csrf_of, hashed, new_token, same, sha256, verified
from autocode.web.session import (
    ACTIONS,
    COOKIE,
    KEYS,
    STAYS,
    Changing,
    Leading,
    TheWeb,
    Web,
    Who,
    text_of,
)

router = APIRouter(include_in_schema=False)
ROLES = {
    "lead": "leads the study: people, codebook, samples, adjudication",
    "coder": "codes",
    "reader": "reads what has been decided",
}
BEFORE = "autocode_before"  # the token of forms before anybody has signed in


def _sign_in(web: Web, account: Account, response: Response) -> Response:
    token = new_token()
    web.review.people.sign_in(account.key, sha256(token))
    response.set_cookie(
        web.cookie(COOKIE), token, max_age=int(STAYS.total_seconds()), httponly=True, samesite="strict",
        path="/",
    )  # fmt: skip
    response.delete_cookie(web.cookie(BEFORE))
    return response


def _outside(web: Web, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page for somebody who has not signed in, with a token for its form."""
    token = new_token()
    html = web.templates.get_template(template).render(web=web, coder=None, csrf=csrf_of(token), **values)
    response = HTMLResponse(html, status_code=status)
    response.set_cookie(web.cookie(BEFORE), token, httponly=True, samesite="strict", path="/")
    return response


def _check_outside(request: Request, web: Web, given: str) -> None:
    token = request.cookies.get(web.cookie(BEFORE), "")
    if not token or not same(given, csrf_of(token)):
        raise RefusedError(403, "this page is out of date; go back and reload it")


@router.get("/start")
def start(web: TheWeb, key: str = "") -> Response:
    """The link that the terminal printed: signs in whoever started the program."""
    if not same(key, web.start_key):
        raise RefusedError(403, "this link is of an earlier start of autocode; use the one printed last")
    accounts = [one for one in web.review.people.accounts() if one.active]
    if not accounts:
        return _outside(web, "welcome.html", name=web.sign_in_as or "", key=key)
    if web.sign_in_as is not None:
        account = web.review.people.account(web.sign_in_as)
        if account is not None and account.active:
            return _sign_in(web, account, RedirectResponse("/", status_code=303))
    free = [one for one in accounts if not one.has_passphrase]
    if len(accounts) == 1 and free:
        return _sign_in(web, free[0], RedirectResponse("/", status_code=303))
    return _outside(web, "sign_in.html", free=free, key=key, name="", problem="")


@router.post("/start")
async def start_as(request: Request, web: TheWeb) -> Response:
    """The first account, or one without a passphrase, chosen by whoever started the program."""
    form = await request.form()
    _check_outside(request, web, text_of(form, "csrf"))
    if not same(text_of(form, "key"), web.start_key):
        raise RefusedError(403, "this link is of an earlier start of autocode; use the one printed last")
    people, name = web.review.people, text_of(form, "name", most=80)

    def account() -> Account:
        if not people.accounts():
            return people.add_account(name, "lead")
        found = people.account(name)
        if found is None or found.has_passphrase or not found.active:
            raise RefusedError(403, "sign in with the passphrase")
        return found

    found = await run_in_threadpool(account)
    return _sign_in(web, found, RedirectResponse("/", status_code=303))


@router.get("/sign-in")
def sign_in_form(web: TheWeb) -> Response:
    """Name and passphrase."""
    return _outside(web, "sign_in.html", free=[], key="", name="", problem="")


@router.post("/sign-in")
async def sign_in(request: Request, web: TheWeb) -> Response:
    """Check name and passphrase; wrong ones make one wait."""
    form = await request.form()
    _check_outside(request, web, text_of(form, "csrf"))
    name, passphrase = text_of(form, "name", most=80), str(form.get("passphrase", ""))

    def check() -> Account | None:
        web.throttle.check(name)
        account = web.review.people.account(name)
        active = account is not None and account.active
        stored = web.review.people.passphrase_hash(account.key) if account is not None and active else None
        if not verified(stored, passphrase):
            web.throttle.failed(name)
            return None
        web.throttle.succeeded(name)
        return account

    account = await run_in_threadpool(check)
    if account is None:
        problem = "Name or passphrase is wrong."
        return _outside(web, "sign_in.html", status=403, free=[], key="", name=name, problem=problem)
    return _sign_in(web, account, RedirectResponse("/", status_code=303))


@router.post("/sign-out")
def sign_out(who: Changing, web: TheWeb) -> Response:
    """Forget this browser."""
    web.review.people.sign_out(sha256(who.token))
    response = RedirectResponse("/sign-in", status_code=303)
    response.delete_cookie(web.cookie(COOKIE))
    return response


@router.get("/people")
def people_page(request: Request, who: Who, web: TheWeb) -> HTMLResponse:
    """Who works on the project."""
    accounts = web.review.people.accounts()
    done, there = {one.key: 0 for one in accounts}, web.review.pool_keys()
    for unit, coders in web.review.people.coverage().items():
        for key, finished in coders.items() if unit in there else ():
            done[key] = done.get(key, 0) + finished
    return web.page(request, "people.html", who, accounts=accounts, done=done, roles=ROLES)


@router.post("/people")
async def add_person(request: Request, who: Leading, web: TheWeb) -> Response:
    """A new account with a first passphrase."""
    form = await request.form()
    role = text_of(form, "role")
    if role not in ROLES:
        raise RefusedError(400, f"a role is one of {', '.join(ROLES)}")
    name, passphrase = text_of(form, "name", most=80), str(form.get("passphrase", ""))
    stored = await run_in_threadpool(hashed, passphrase)
    await run_in_threadpool(web.review.people.add_account, name, role, passphrase_hash=stored)  # type: ignore[arg-type]
    return RedirectResponse("/people", status_code=303)


@router.post("/people/{key}")
async def change_person(key: int, request: Request, who: Leading, web: TheWeb) -> Response:
    """Role, passphrase, and whether somebody may still sign in."""
    form = await request.form()
    accounts = await run_in_threadpool(web.review.people.accounts)
    account = next((one for one in accounts if one.key == key), None)
    if account is None:
        raise RefusedError(404, "there is no such coder")
    values: dict[str, Any] = {}
    if role := text_of(form, "role"):
        if role not in ROLES:
            raise RefusedError(400, f"a role is one of {', '.join(ROLES)}")
        values["role"] = role
    if active := text_of(form, "active"):
        values["active"] = active == "yes"
    if passphrase := str(form.get("passphrase", "")):
        values["passphrase"] = await run_in_threadpool(hashed, passphrase)
    leads = [one for one in accounts if one.role == "lead" and one.active and one.key != key]
    if (
        account.role == "lead"
        and not leads
        and (values.get("role", "lead") != "lead" or values.get("active") is False)
    ):
        raise RefusedError(400, "somebody must lead the study; make another coder a lead first")
    if values:
        await run_in_threadpool(lambda: web.review.people.change_account(key, **values))
    return RedirectResponse("/people", status_code=303)


@router.get("/settings")
def settings_page(request: Request, who: Who, web: TheWeb) -> HTMLResponse:
    """One's own passphrase, keys and colours."""
    return web.page(request, "settings.html", who, defaults=KEYS, saved="saved" in request.query_params)


@router.post("/settings")
async def change_settings(request: Request, who: Changing, web: TheWeb) -> Response:
    """Keys (each action its own), light or dark, passphrase."""
    form = await request.form()
    keys = {name: text_of(form, f"key-{name}", most=20) or KEYS[name] for name in ACTIONS}
    taken = [key for key in keys.values() if list(keys.values()).count(key) > 1]
    if taken:
        raise RefusedError(400, f"the key '{taken[0]}' is given to two actions")
    digits = [key for key in keys.values() if key.isdecimal()]
    if digits:
        raise RefusedError(400, f"the key '{digits[0]}' chooses a suggestion already")
    theme = text_of(form, "theme") or "system"
    if theme not in ("system", "light", "dark"):
        raise RefusedError(400, "the theme is system, light or dark")
    values: dict[str, Any] = {"settings": {**who.coder.settings, "keys": keys, "theme": theme}}
    passphrase = str(form.get("passphrase", ""))
    if passphrase:
        values["passphrase"] = await run_in_threadpool(hashed, passphrase)
    await run_in_threadpool(lambda: web.review.people.change_account(who.coder.key, **values))
    response: Response = RedirectResponse("/settings?saved", status_code=303)
    if passphrase:  # other browsers are signed out; this one stays
        account = await run_in_threadpool(web.review.people.account, who.coder.name)
        assert account is not None
        response = _sign_in(web, account, response)
    return response
