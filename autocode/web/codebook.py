"""The codebook: its entries with what was decided on each, its versions, and the forms that change it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from autocode.batch import has_content
from autocode.codebook import (
    Code,
    Codebook,
    add_code,
    deprecate_code,
    diff,
    edit_code,
    merge_codes,
    move_code,
    naming,
    new_id,
    split_code,
)
from autocode.errors import AutocodeError, CodebookError
from autocode.fields import first_problem
from autocode.guide import check_guide, read_guide
from autocode.web.guard import RefusedError
from autocode.web.reading import unit_values
from autocode.web.session import Leading, SignedIn, TheWeb, Web, Who, text_of
from autocode.web.state import Review, StaleCodebookError

router = APIRouter(include_in_schema=False)

DOING = {
    "add": "Add a code", "edit": "Edit", "rename": "Rename", "move": "Move", "merge": "Merge",
    "split": "Split", "deprecate": "Take out",
}  # fmt: skip
LABELS = {
    "name": "Name", "definition": "Definition", "include": "Code it when", "exclude": "Not when",
    "cues": "Words that speak for it", "examples": "Examples", "counter_examples": "Counter-examples",
    "theory": "Theory", "colour": "Colour", "applies_to": "Meant for", "parent": "Place",
    "exclusive_group": "Excludes",
}  # fmt: skip
LISTS = ("include", "exclude", "cues", "examples", "counter_examples")
TEXTS = ("name", "definition", *LISTS, "theory", "colour", "applies_to")
PARTS = ("1", "2", "3", "4")
OF_A_PART = ("name", "definition", "include", "exclude", "examples")
OTHERS = ("parent", "into", "keeps", "children_to")
FIELDS = (*TEXTS, *OTHERS, *(f"{key}-{part}" for part in PARTS for key in OF_A_PART))
LONGEST = 50_000  # characters of one field


@router.get("/codebook")
def codebook_page(request: Request, who: Who, web: TheWeb, code: str = "", saved: int = 0) -> HTMLResponse:
    """All codes with their entries; `code` is open."""
    review = web.review
    standing = review.rules.seen_by(who.coder)
    n_old: dict[str, int] = {}
    for one in standing.old:
        n_old[one.code] = n_old.get(one.code, 0) + 1
    memos: dict[str, list[Any]] = {}
    for memo in review.people.memos("code"):
        memos.setdefault(memo.target, []).append(memo)
    return web.page(
        request, "codebook.html", who, standing=standing, n_old=n_old, memos=memos, opened=code, saved=saved,
        number=review.codebook_version, n_own=len(review.rules.units(who.coder)), labels=LABELS,
        lists=LISTS, **unit_values(web),
    )  # fmt: skip


@router.get("/codebook/versions")
def versions_page(
    request: Request, who: Who, web: TheWeb, before: int | None = None, after: int | None = None
) -> HTMLResponse:
    """All versions of the codebook, and what is different between two of them."""
    review, now = web.review, web.review.codebook_version
    versions = review.project.store.codebooks()
    after = now if after is None else after
    if before is None:
        before = max((one.number for one in versions if one.number < after), default=after)
    old, new = (_version(review, number) for number in (before, after))
    return web.page(
        request, "codebook_versions.html", who, versions=versions[::-1], now=now, before=before, after=after,
        n_codes={one.number: len(_version(review, one.number).ids) for one in versions},
        changes=diff(old, new), old=old, new=new, labels=LABELS,
    )  # fmt: skip


def _version(review: Review, number: int) -> Codebook:
    found = review.rules.book(number)
    if found is None:
        raise RefusedError(404, f"the codebook has no version {number}")
    return found


@router.get("/codebook/change")
def change_form(request: Request, who: Who, web: TheWeb, do: str, code: str = "") -> HTMLResponse:
    """The form for one change."""
    who.must_be("lead")
    book, version = web.review.codebook, web.review.codebook_version
    _check(book, do, code)
    return _form(request, who, web, do, code, version, _values(book, do, code))


@router.post("/codebook/change")
async def change(request: Request, who: Leading, web: TheWeb) -> Response:
    """Change the codebook; the form comes back with what was typed where that cannot be done."""
    form = await request.form()
    given = {key: _text(form, key) for key in FIELDS if key in form}
    do, code = text_of(form, "do"), text_of(form, "code")
    version = text_of(form, "version", most=9)
    if do not in DOING or not version.isdecimal():
        raise RefusedError(400, "this form is not complete; reload the page")
    return await run_in_threadpool(_change, request, who, web, do, code, int(version), given)


def _text(form: Mapping[str, Any], key: str) -> str:
    return "\n".join(text_of(form, key, most=LONGEST).splitlines())


def _change(  # noqa: PLR0917
    request: Request, who: SignedIn, web: Web, do: str, code: str, version: int, given: dict[str, str]
) -> Response:
    review = web.review
    if version != review.codebook_version:
        return _stale(request, who, web, do, code, version, given)
    book = review.codebook
    _check(book, do, code)
    try:
        where, number = carry_out(review, who, do, code, given, base=version)
    except StaleCodebookError:
        return _stale(request, who, web, do, code, version, given)
    except AutocodeError as error:
        return _form(request, who, web, do, code, version, given, status=400, problem=str(error))
    if number is None:
        return RedirectResponse(_address(code), status_code=303)
    return RedirectResponse(f"{_address(where)}&saved={number}#here", status_code=303)


def carry_out(
    review: Review, who: SignedIn, do: str, code: str, given: Mapping[str, str], *, base: int
) -> tuple[str, int | None]:
    """Change version `base` of the codebook as a form says; the code to show then, and the new version.

    None: nothing is different. Raises `StaleCodebookError`, or another `AutocodeError` that says why not.
    """
    book = review.codebook
    new, where, what = _edited(review, book, do, code, given)
    if new == book:
        return where, None
    if has_content(review.project.guide_path):
        check_guide(read_guide(review.project.guide_path), new)
    merged = review.succession.with_merge(code, where) if do == "merge" else None
    note = f"{what}, by {who.coder.name}"
    return where, review.change_codebook(new, base=base, note=note, succession=merged)


def _address(code: str) -> str:
    return f"/codebook?{urlencode({'code': code})}"


def _check(book: Codebook, do: str, code: str) -> None:
    if do not in DOING:
        raise RefusedError(404, "there is no such change")
    if do != "add" and code not in book:
        raise RefusedError(404, f"there is no code '{code[:80]}' in the codebook now")


def _edited(
    review: Review, book: Codebook, do: str, code: str, given: Mapping[str, str]
) -> tuple[Codebook, str, str]:
    """The changed codebook, the code to show then, and what was done, in words."""
    if do == "add":
        id = new_id(book, given.get("name", ""), taken=_taken(review))
        new = add_code(book, _code(id, given, parent=given.get("parent") or None))
        return new, id, f"added '{new[id].name}'"
    name = book[code].name
    if do in ("edit", "rename"):
        texts = {key: _lines(key, given[key]) for key in TEXTS if key in given}
        new = edit_code(book, code, **(texts if do == "edit" else {"name": given.get("name", "")}))
        renamed = new[code].name != name
        return new, code, f"renamed '{name}' to '{new[code].name}'" if renamed else f"edited '{name}'"
    if do == "move":
        parent = given.get("parent") or None
        place = "to the top" if parent is None else f"under '{_name(book, parent)}'"
        return move_code(book, code, parent), code, f"moved '{name}' {place}"
    if do == "merge":
        into = given.get("into", "")
        return merge_codes(book, code, into), into, f"merged '{name}' into '{_name(book, into)}'"
    if do == "split":
        return _split(review, book, code, given)
    return deprecate_code(book, code), book[code].parent or "", f"took out '{name}'"


def _split(review: Review, book: Codebook, code: str, given: Mapping[str, str]) -> tuple[Codebook, str, str]:
    """The part that keeps the id keeps whatever the form does not ask of a part, too; all keep the colour."""
    taken, parts, at = _taken(review), list[Code](), dict[str, str]()
    for part in PARTS:
        fields = {key: given.get(f"{key}-{part}", "") for key in OF_A_PART}
        if any(fields.values()):
            own = given.get("keeps") == part
            at[part] = code if own else new_id(book, fields["name"], taken=taken)
            taken.add(at[part])
            before = _typed(book[code])
            kept = before if own else {"colour": before["colour"]}
            parts.append(_code(at[part], {**kept, **fields}))
    new = split_code(book, code, parts, children_to=at.get(given.get("children_to", "")))
    names = " and ".join(f"'{part.name}'" for part in parts)
    return new, parts[0].id, f"split '{book[code].name}' into {names}"


def _code(id: str, given: Mapping[str, str], *, parent: str | None = None) -> Code:
    """A code from what was typed. Raises `CodebookError` as an edit does."""
    texts: dict[str, Any] = {key: _lines(key, given[key]) for key in TEXTS if key in given}
    try:
        return Code(**{"id": id, "name": "", "parent": parent, **texts})
    except ValidationError as error:
        key, problem = first_problem(error)
        raise CodebookError(f"the {LABELS.get(key, key).lower()} of the new code {problem}") from None


def _lines(key: str, text: str) -> str | tuple[str, ...]:
    return tuple(text.splitlines()) if key in LISTS else text


def _name(book: Codebook, code: str) -> str:
    return book[code].name


def _taken(review: Review) -> set[str]:
    """Ids that may not come back: decided on, merged, or in an earlier version."""
    earlier = (review.rules.book(one.number) for one in review.project.store.codebooks())
    ids = {id for book in earlier if book is not None for id in book.ids}
    return ids | review.people.known_codes() | set(review.succession.merged)


# The forms


def _values(book: Codebook, do: str, code: str) -> dict[str, str]:
    """What a form shows before anybody has typed."""
    if do == "add":
        return {"parent": code if code in book else ""}
    values = {"parent": book[code].parent or "", "keeps": "1", "children_to": "1", **_typed(book[code])}
    return {**values, **{f"{key}-1": values[key] for key in OF_A_PART}} if do == "split" else values


def _typed(code: Code) -> dict[str, str]:
    """The fields of a code as they are typed."""
    values = {key: getattr(code, key) for key in TEXTS}
    return {key: "\n".join(value) if key in LISTS else value or "" for key, value in values.items()}


def _kept(code: Code) -> list[str]:
    """The labels of what a code has and the form does not ask of its parts."""
    return [LABELS[key] for key in TEXTS if key not in (*OF_A_PART, "colour") and getattr(code, key)]


def _stale(  # noqa: PLR0917
    request: Request, who: SignedIn, web: Web, do: str, code: str, version: int, given: dict[str, str]
) -> Response:
    """Another lead was faster: what changed meanwhile, and the form again with what was typed."""
    review = web.review
    book, now = review.codebook, review.codebook_version
    base = review.rules.book(version) or book
    elsewhere: dict[str, str] = {}
    gone = do != "add" and code not in book
    if do == "edit" and not gone and code in base:
        before, present = _typed(base[code]), _typed(book[code])
        for key in TEXTS:
            if given.get(key, before[key]) == before[key]:
                given[key] = present[key]  # not touched here: as it is now
            elif present[key] not in (before[key], given[key]):
                elsewhere[key] = present[key]
    problem = (
        "The code has gone meanwhile, so what you typed is shown here as a new code."
        if gone and do == "edit"
        else "The code has gone meanwhile."
        if gone
        else "The codebook was changed while you were typing. Nothing of what you typed is lost: "
        "look at what changed, then press the button again."
    )
    if gone and do == "edit":
        given["parent"] = base[code].parent or "" if code in base else ""
    shown = ("add", "") if gone and do == "edit" else (do, code)
    return _form(
        request, who, web, *shown, now, given, status=409, problem=problem, elsewhere=elsewhere,
        changes=diff(base, book), old=base, gone=gone and do != "edit",
    )  # fmt: skip


def _form(  # noqa: PLR0917
    request: Request, who: SignedIn, web: Web, do: str, code: str, version: int, given: Mapping[str, str],
    *, status: int = 200, problem: str = "", **more: Any,
) -> HTMLResponse:  # fmt: skip
    review = web.review
    book, standing = review.codebook, review.rules.seen_by(who.coder)
    values: dict[str, Any] = {"changes": (), "old": book, "elsewhere": {}, "gone": False, **more}
    below = {code, *book.descendants(code)} if code in book else set()
    page = web.page(
        request, "codebook_change.html", who, do=do, code=code, version=version, given=given, doing=DOING,
        problem=problem, labels=LABELS, texts=TEXTS, lists=LISTS, parts=PARTS, of_a_part=OF_A_PART,
        kept=_kept(book[code]) if do == "split" and code in book else [],
        n_decided=standing.applied[code] + standing.rejected[code], below=below, new=book,
        named_by=[book[one].name for one in naming(book, code)], **values, **unit_values(web),
    )  # fmt: skip
    page.status_code = status
    return page
