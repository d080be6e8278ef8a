"""Themes: what respondents talk about, what of it the codebook does not cover, and what becomes of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from autocode.codebook import Codebook
from autocode.errors import AutocodeError, CodebookError, ThemesError
from autocode.store import Request as Wanted
from autocode.themes import Theme
from autocode.themes.decided import SAME
from autocode.themes.find import MOST
from autocode.themes.project import FOLDER
from autocode.themes.stability import STABLE
from autocode.themes.theme import SEVERAL, UNCOVERED, Statement
from autocode.web.codebook import LONGEST, carry_out
from autocode.web.guard import RefusedError, new_token
from autocode.web.reading import unit_values
from autocode.web.session import Leading, SignedIn, TheWeb, Web, Who, text_of
from autocode.web.theme_map import theme_map
from autocode.web.themed import STEPS, Themed

router = APIRouter(include_in_schema=False)
KIND = "theme"  # of the action by which statements become examples of a code
SAID = {
    "code": "The code is in the codebook, and the statements that you ticked carry it.",
    "belongs": "Stored: the theme belongs to that code.",
    "uninteresting": "Stored: the theme is set aside, at the end of this page.",
    "open": "Taken back: the theme is open again.",
    "removed": "Taken back: the theme is open again, and its code has left the codebook.",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A statement that may be shown, and whether it may become an example."""

    key: int
    statement: Statement
    waited_for: bool  # somebody has yet to decide on it blind


@router.get("/themes")
def overview(request: Request, who: Who, web: TheWeb) -> HTMLResponse:
    """The map, and all themes with their statements."""
    going_on = web.review.themes.going_on()
    found, damaged = _now(web)
    values: dict[str, Any] = {} if found is None else _values(web, who, found)
    return web.page(
        request, "themes.html", who, found=found, going_on=going_on, details=tuple(MOST),
        problem=damaged or web.review.themes.problem, n_steps=web.review.themes.n_steps, steps=STEPS,
        said=SAID.get(request.query_params.get("said", ""), ""), uncovered=UNCOVERED, several=SEVERAL,
        stable=STABLE, same=SAME, **values, **unit_values(web),
    )  # fmt: skip


def _now(web: Web) -> tuple[Themed | None, str]:
    try:
        return web.review.themes.now(), ""
    except ThemesError as error:
        return None, str(error)


def _values(web: Web, who: SignedIn, found: Themed) -> dict[str, Any]:
    review = web.review
    shown, n_hidden = statements_of(web, who, found, found.themes)
    file = review.project.folder / FOLDER / "themes.json"
    return {
        "shown": shown, "n_hidden": n_hidden, "map": theme_map(found.themes),
        "found_at": datetime.fromtimestamp(file.stat().st_mtime, UTC),
        "other_codebook": found.stored.facts["codebook"]["digest"] != review.codebook.digest,
        "new_transcripts": sorted(review.people.latest_codings().keys() - found.stored.transcripts),
    }  # fmt: skip


def statements_of(
    web: Web, who: SignedIn, found: Themed, themes: Sequence[Theme]
) -> tuple[dict[int, list[Shown]], dict[int, int]]:
    """By theme: the representative statements that this person may see, and how many more there are.

    Those that he or she has yet to decide blind are left out: what they were put together with would tell
    what the machine makes of them.
    """
    keys = {
        found.key_of[s.utterance_id]
        for one in themes
        for s in one.statements
        if s.utterance_id in found.key_of
    }
    hidden, waited = web.review.still_blind(who.coder, keys), waited_for(web, keys)
    shown: dict[int, list[Shown]] = {}
    n_hidden: dict[int, int] = {}
    for theme in themes:
        there = [
            (found.key_of[s.utterance_id], s) for s in theme.statements if s.utterance_id in found.key_of
        ]
        shown[theme.id] = [Shown(key, s, key in waited) for key, s in there if key not in hidden]
        n_hidden[theme.id] = len(there) - len(shown[theme.id])
    return shown, n_hidden


def waited_for(web: Web, units: Collection[int]) -> set[int]:
    """Units that somebody has yet to decide blind, drawn for reliability or by the project's share.

    Nothing may point at them.
    """
    coders = [one for one in web.review.people.accounts() if one.active]
    return set[int]().union(*(web.review.still_blind(one, units) for one in coders))


@router.post("/themes/find")
async def find(request: Request, who: Leading, web: TheWeb) -> Response:
    """Find themes anew, in the background."""
    detail = text_of(await request.form(), "detail", most=20)
    if detail not in MOST:
        raise RefusedError(400, f"how many themes is one of {', '.join(MOST)}")
    await run_in_threadpool(web.review.themes.find, detail)
    return RedirectResponse("/themes", status_code=303)


@router.get("/themes/progress")
def finding(who: Who, web: TheWeb) -> Response:
    """How far it is; the page is to be loaded again when it is done."""
    if not web.review.themes.going_on():
        return Response(headers={"HX-Refresh": "true"})
    n = web.review.themes.n_steps
    return HTMLResponse(web.part("themes_progress.html", n_steps=n, steps=STEPS))


@router.get("/themes/{theme}")
def theme_page(theme: int, request: Request, who: Who, web: TheWeb) -> HTMLResponse:
    """One theme, and the forms that say what becomes of it."""
    who.must_be("lead")
    return _theme_page(request, web, who, *_theme(web, theme))


def _theme(web: Web, id: int) -> tuple[Themed, Theme]:
    found = web.review.themes.now()
    theme = None if found is None else found[id]
    if found is None or theme is None:
        raise RefusedError(404, "there is no such theme now; go back to the list of themes")
    return found, theme


def _theme_page(  # noqa: PLR0917
    request: Request, web: Web, who: SignedIn, found: Themed, theme: Theme,
    given: Mapping[str, str] | None = None, ticked: Collection[str] | None = None, *, problem: str = "",
) -> HTMLResponse:  # fmt: skip
    shown, n_hidden = statements_of(web, who, found, [theme])
    may = {str(one.key) for one in shown[theme.id] if not one.waited_for}
    decision = found.decisions.get(theme.id)
    page = web.page(
        request, "theme.html", who, theme=theme, shown=shown[theme.id], n_hidden=n_hidden[theme.id],
        run=found.run, replaces="" if decision is None else decision.key, given=given or {},
        ticked=may if ticked is None else may & set(ticked), problem=problem, key=new_token(),
        n_resting=n_resting(web, theme.verdict.code or "") if theme.verdict else 0, found=found,
        **unit_values(web),
    )  # fmt: skip
    page.status_code = 400 if problem else 200
    return page


@router.post("/themes/{theme}")
async def decide(theme: int, request: Request, who: Leading, web: TheWeb) -> Response:
    """Make a code of a theme, say which code it belongs to, set it aside, or take that back."""
    form = await request.form()
    return await run_in_threadpool(_decide, request, web, who, theme, form)


def _decide(request: Request, web: Web, who: SignedIn, id: int, form: FormData) -> Response:
    found, theme = _theme(web, id)
    decision, do = found.decisions.get(id), text_of(form, "do", most=20)
    if text_of(form, "run", most=80) != found.run:
        raise RefusedError(409, "themes were found again meanwhile; go back to the list of themes")
    if text_of(form, "replaces", most=20) != ("" if decision is None else str(decision.key)):
        raise RefusedError(409, "somebody else has decided on this theme meanwhile; reload the page")
    if do not in ("code", "belongs", "uninteresting", "open"):
        raise RefusedError(400, "this form is not complete; reload the page")
    given = {name: text_of(form, name, most=LONGEST) for name in ("name", "definition", "parent", "code")}
    ticked, said = [str(value) for value in form.getlist("statement")], do
    code: str | None = None
    try:
        if do == "code":
            code = _make_code(web, who, found, theme, given, ticked, text_of(form, "key", most=64))
        elif do == "belongs":
            code = _known(web.review.codebook, given["code"])
        elif do == "open" and theme.verdict is not None and theme.verdict.kind == "code":
            said = "removed" if _unmake_code(web, who, str(theme.verdict.code)) else do
    except (CodebookError, RefusedError) as error:
        return _theme_page(request, web, who, found, theme, given, ticked, problem=str(error))
    web.review.people.decide_on_theme(
        who.coder.key, do, label=theme.label, statements=found.stored.members[id],  # type: ignore[arg-type]
        transcripts=found.stored.transcripts, code=code, replaces=None if decision is None else decision.key,
    )  # fmt: skip
    return RedirectResponse(f"/themes?said={said}#theme-{id}", status_code=303)


def _known(book: Codebook, code: str) -> str:
    if code not in book:
        raise RefusedError(400, "choose the code that the theme belongs to")
    return code


def _make_code(  # noqa: PLR0917
    web: Web, who: SignedIn, found: Themed, theme: Theme, given: Mapping[str, str], ticked: Sequence[str],
    key: str,
) -> str:  # fmt: skip
    """Add the code, and apply it to the statements; its id. Raises `AutocodeError` that says why not."""
    review = web.review
    if len(key) < 8:
        raise RefusedError(400, "this form is not complete; reload the page")
    shown, _ = statements_of(web, who, found, [theme])
    chosen = [one for one in shown[theme.id] if str(one.key) in ticked and not one.waited_for]
    if len(chosen) < len(set(ticked)):
        raise RefusedError(400, "one of the statements cannot be an example any more; look at them again")
    fields = {
        "name": given["name"], "definition": given["definition"], "parent": given["parent"],
        "examples": "\n".join(dict.fromkeys(one.statement.text for one in chosen)),
    }  # fmt: skip
    code, _ = carry_out(review, who, "add", "", fields, base=review.codebook_version)
    if chosen:
        _act(web, who, key, [["code", one.key, code, True] for one in chosen])
    return code


def _act(web: Web, who: SignedIn, key: str, changes: list[list[Any]], *, subject: int | None = None) -> None:
    review = web.review
    wanted = Wanted(
        key=key, kind=KIND, changes=changes, codebook_digest=review.codebook.digest,
        arms=review.arms(who.coder, [change[1] for change in changes]),
    )  # fmt: skip
    outcome = review.people.act(who.coder.key, wanted, subject=subject)
    if review.live is not None:
        review.live.heard(outcome)


def n_resting(web: Web, code: str) -> int:
    """How much else rests on a code than its having been made of a theme: decisions and codes below it."""
    book = web.review.codebook
    if code not in book:
        return 0
    log = web.review.people.log(code=code)
    return len([row for row in log if row["action"] not in (KIND, "undo", "redo")]) + len(book.children(code))


def _unmake_code(web: Web, who: SignedIn, code: str) -> bool:
    """Take the code out again where nothing else rests on it; was it?"""
    review = web.review
    if n_resting(web, code):
        return False
    coders = {one.name: one.key for one in review.people.accounts()}
    labelled: dict[str, list[int]] = {}
    for row in review.people.log(code=code):
        labelled.setdefault(row["coder"], []).append(row["unit"])
    for name, units in labelled.items():
        changes = [["code", unit, code, None] for unit in dict.fromkeys(units)]
        _act(web, who, new_token(), changes, subject=coders[name])
    try:
        carry_out(review, who, "deprecate", code, {}, base=review.codebook_version)
    except AutocodeError as error:  # the guide is tied to it, say
        raise RefusedError(409, str(error)) from None
    return True
