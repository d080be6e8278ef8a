"""Utterances on which coders differ, talked over and agreed on: kept beside what each of them said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from autocode.agreement import CodeAgreement, Interval, code_agreement, code_table
from autocode.agreement.resample import of_enough
from autocode.errors import StoreError
from autocode.store import Request as Wanted
from autocode.store.review import CONSENSUS, Change
from autocode.web.guard import RefusedError, new_token
from autocode.web.queueing import around
from autocode.web.reading import unit_values
from autocode.web.session import Leading, SignedIn, TheWeb, Web, Who, text_of

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Case:
    """An utterance that at least two coders have finished, and nobody has yet to decide."""

    unit: int
    transcript_id: str
    name: str
    sets: Mapping[str, frozenset[str]]  # by coder: codes of the codebook that apply
    agreed: frozenset[str] | None  # None: not yet

    @property
    def differs(self) -> bool:
        """The coders did not say the same."""
        return len(set(self.sets.values())) > 1

    @property
    def in_dispute(self) -> frozenset[str]:
        """Codes that some apply and others do not."""
        return frozenset().union(*self.sets.values()) - frozenset.intersection(*self.sets.values())


def cases_of(web: Web) -> dict[int, Case]:
    """The units that may be looked at, in the order of the transcripts."""
    people, pool = web.review.people, web.review.pool()
    book, succession = web.review.codebook, web.review.succession
    finished = web.review.settled()
    ready = [unit for unit in pool.keys.tolist() if unit in finished]
    said = {(one.unit, one.coder): one for one in people.said(ready)}

    def applied(unit: int, coder: str) -> frozenset[str]:
        codes = said[unit, coder].codes if (unit, coder) in said else {}
        return frozenset(code for code, on in succession.read(codes, book).items() if on and code in book)

    row = {unit: index for index, unit in enumerate(pool.keys.tolist())}
    found = {}
    for unit in ready:
        together = said.get((unit, CONSENSUS))
        found[unit] = Case(
            unit, pool.transcripts[row[unit]], pool.names[row[unit]],
            {coder: applied(unit, coder) for coder in sorted(finished[unit])},
            applied(unit, CONSENSUS) if together is not None and together.done else None,
        )  # fmt: skip
    return found


@router.get("/adjudicate")
def overview(request: Request, who: Who, web: TheWeb) -> HTMLResponse:
    """What is left to agree on, which rules to sharpen, and what has been agreed."""
    leads = [one.name for one in web.review.people.accounts() if one.role == "lead" and one.active]
    if who.coder.role != "lead":
        return web.page(request, "adjudicate.html", who, may=False, leads=leads)
    cases = cases_of(web)
    to_do = [one for one in cases.values() if one.differs and one.agreed is None]
    still_blind = web.review.still_blind(who.coder)  # which codes are in dispute there would tell
    open_cases = [one for one in cases.values() if one.unit not in still_blind]
    differed = Counter(code for one in open_cases for code in one.in_dispute)
    applied = Counter(code for one in open_cases for code in frozenset().union(*one.sets.values()))
    agreements = agreement_by_code(web)
    book = web.review.codebook
    begin = {
        code: one.unit for one in reversed(to_do) if one.unit not in still_blind for code in one.in_dispute
    }
    rows = [
        {
            "code": code,
            "differed": differed[code],
            "applied": applied[code],
            "begin": begin.get(code),
            "blind": agreements.get(code),
            "cautions": _cautions(agreements[code]) if code in agreements else [],
        }
        for code in sorted(book.ids, key=lambda code: (-differed[code], book.ids.index(code)))
        if applied[code] or (code in agreements and agreements[code].n_positive)
    ]
    return web.page(
        request, "adjudicate.html", who, may=True, leads=leads, to_do=to_do, rows=rows, n_ready=len(cases),
        agreed=[one for one in cases.values() if one.agreed is not None], waiting=_waiting(web),
        said=request.query_params.get("said", ""), common=_common(agreements), n_blind=_n_units(agreements),
        still_blind=still_blind, **unit_values(web),
    )  # fmt: skip


def _n_units(agreements: Mapping[str, CodeAgreement]) -> int:
    return max((one.n_pairable for one in agreements.values()), default=0)


def _waiting(web: Web) -> dict[str, int]:
    """How many units that somebody has finished wait for whom."""
    people = web.review.people
    names = {one.key: one.name for one in people.accounts() if one.active}
    found: Counter[str] = Counter()
    here = web.review.pool_keys()
    for unit, coders in people.coverage().items():
        if unit in here and any(coders.values()):
            found.update(names[key] for key, done in coders.items() if not done and key in names)
    return dict(found)


def agreement_by_code(web: Web) -> dict[str, CodeAgreement]:
    """How far coders agree on each code, from what each first decided blind; empty: nothing to compare."""
    book, succession = web.review.codebook, web.review.succession
    sets, place = dict[tuple[str, str], frozenset[str]](), dict[str, str]()
    for coder, transcript, unit, arm, codes, _ in web.review.people.first_decisions():
        if coder != CONSENSUS and arm == "blind":
            sets[unit, coder] = frozenset(succession.read(dict.fromkeys(codes, True), book)) & {*book.ids}
            place[unit] = transcript
    twice = Counter(unit for unit, _ in sets)
    both = tuple((unit, coder, codes) for (unit, coder), codes in sets.items() if twice[unit] > 1)
    found = _agreement(
        both, tuple(book.ids), tuple(place[unit] for unit in dict.fromkeys(u for u, *_ in both))
    )
    return {str(one.code): one for one in found}


@lru_cache(maxsize=8)
def _agreement(
    both: tuple[tuple[str, str, frozenset[str]], ...], codes: tuple[str, ...], clusters: tuple[str, ...]
) -> list[CodeAgreement]:
    if not both:
        return []
    table = code_table(
        [(unit, coder) for unit, coder, _ in both],
        [(unit, coder, code) for unit, coder, codes_here in both for code in sorted(codes_here)],
        codes=codes,
    )
    found = code_agreement(table, clusters=list(clusters), intervals=("krippendorff_alpha",))
    shown = ({name: _shown(interval) for name, interval in one.intervals.items()} for one in found)
    return [replace(one, intervals=intervals) for one, intervals in zip(found, shown, strict=True)]


def _shown(interval: Interval) -> Interval:
    """An interval of alpha as the report gives it: not from too few interviews, and not below -1."""
    enough = of_enough(interval)
    return enough if enough.low is None else replace(enough, low=max(enough.low, -1.0))


def _common(agreements: Mapping[str, CodeAgreement]) -> list[str]:
    """Cautions that hold for every code: said once."""
    each = [_cautions(one) for one in agreements.values()]
    return [text for text in each[0] if all(text in others for others in each)] if each else []


def _cautions(one: CodeAgreement) -> list[str]:
    interval = one.intervals["krippendorff_alpha"]
    undefined = one.coefficients["krippendorff_alpha"].undefined_because
    found = [*one.caveats, interval.warning, interval.unavailable_because if undefined is None else None]
    return [text for text in dict.fromkeys(found) if text]


@router.get("/adjudicate/{unit}")
def one_case(unit: int, request: Request, who: Who, web: TheWeb, code: str = "") -> HTMLResponse:
    """One utterance in its context, and who said what of it; a lead who may still code it is asked first."""
    who.must_be("lead")
    cases = cases_of(web)
    case = _case(cases, unit)
    left, said = _left(cases, unit, code), request.query_params.get("said", "")
    if web.review.untouched(who.coder, [unit]):
        n_others = len(web.review.untouched(who.coder, _left(cases, unit, "")))
        return web.page(
            request, "case_ask.html", who, case=case, code=code, said=said, n_others=n_others,
            next=left[0] if left else None,
        )  # fmt: skip
    book = web.review.codebook
    union = frozenset().union(*case.sets.values(), case.agreed or ())
    marks = {
        one.name: web.review.people.marks(one.key, [unit])[unit]
        for one in web.review.people.accounts() if one.name in case.sets
    }  # fmt: skip
    return web.page(
        request, "case.html", who, case=case, union=[one for one in book.ids if one in union],
        ticked=frozenset.intersection(*case.sets.values()) if case.agreed is None else case.agreed,
        marks=marks, notes=web.review.people.memos("utterance", str(unit)), code=code, token=new_token(),
        next=left[0] if left else None, n_left=len(left), said=said,
        **around(web, who.coder, unit), **unit_values(web),
    )  # fmt: skip


def _case(cases: Mapping[int, Case], unit: int) -> Case:
    if unit not in cases:
        raise RefusedError(
            404,
            "this utterance cannot be agreed on: it is not there, fewer than two coders have finished it, "
            "or a coder has yet to decide it",
        )
    return cases[unit]


def _left(cases: Mapping[int, Case], unit: int, code: str) -> list[int]:
    """The other units to agree on (for a code: those where it is in dispute), those after `unit` first."""
    order = list(cases)
    at = order.index(unit)
    return [
        key for key in (*order[at + 1 :], *order[:at])
        if cases[key].agreed is None and cases[key].differs and (not code or code in cases[key].in_dispute)
    ]  # fmt: skip


@router.post("/adjudicate/{unit}/look")
async def look(unit: int, request: Request, who: Leading, web: TheWeb) -> Response:
    """Show a lead what others decided, of one utterance or all that differ; it ends his or her blindness."""
    form = await request.form()
    await run_in_threadpool(_look, web, who, unit, everything=text_of(form, "all") == "yes")
    code = text_of(form, "for", most=200)
    where = f"/adjudicate/{unit}" + (f"?{urlencode({'code': code})}" if code else "")
    return RedirectResponse(where, status_code=303)


def _look(web: Web, who: SignedIn, unit: int, *, everything: bool) -> None:
    cases = cases_of(web)
    _case(cases, unit)
    others = _left(cases, unit, "") if everything else []
    web.review.people.has_seen_others(who.coder.key, [unit, *others])


@router.post("/adjudicate/{unit}")
async def agree(unit: int, request: Request, who: Leading, web: TheWeb) -> Response:
    """Store what was agreed, as a coder of its own; go on to the next."""
    form = await request.form()
    where = await run_in_threadpool(_agree, web, who, unit, form)
    return RedirectResponse(where, status_code=303)


def _agree(web: Web, who: SignedIn, unit: int, form: FormData) -> str:
    cases, book = cases_of(web), web.review.codebook
    case = _case(cases, unit)
    taken = text_of(form, "take", most=80)
    if taken and taken not in case.sets:
        raise RefusedError(409, f"'{taken}' has not finished this utterance; reload the page")
    chosen = case.sets[taken] if taken else {str(code) for code in form.getlist("code") if code}
    if unknown := sorted(code for code in chosen if code not in book):
        raise RefusedError(409, f"the code '{unknown[0][:80]}' is not in the codebook now; reload the page")
    for code in chosen:
        if rivals := [other for other in book.group_of(code) if other != code and other in chosen]:
            names = " and ".join(f"'{book[one].name}'" for one in sorted((code, rivals[0])))
            raise RefusedError(400, f"{names} exclude each other; choose one of them")
    union = frozenset().union(*case.sets.values(), case.agreed or (), chosen)
    changes: list[Change] = [["code", unit, code, code in chosen] for code in book.ids if code in union]
    _store(web, who, case, [*changes, ["done", unit, True]], text_of(form, "key", most=64))
    code = text_of(form, "for", most=200)
    left = _left(cases, unit, code)
    where = f"/adjudicate/{left[0]}" if left else "/adjudicate"
    return f"{where}?{urlencode({'said': unit, 'code': code} if code else {'said': unit})}"


@router.post("/adjudicate/{unit}/take-back")
async def take_back(unit: int, request: Request, who: Leading, web: TheWeb) -> Response:
    """What was agreed on an utterance does not hold any more; the log keeps it."""
    form = await request.form()
    await run_in_threadpool(_take_back, web, who, unit, text_of(form, "key", most=64))
    return RedirectResponse(f"/adjudicate/{unit}", status_code=303)


def _take_back(web: Web, who: SignedIn, unit: int, key: str) -> None:
    people = web.review.people
    case = _case(cases_of(web), unit)
    standing = people.standing([unit], people.consensus()).get(unit, {})
    _store(web, who, case, [*(["code", unit, code, None] for code in standing), ["done", unit, False]], key)


def _store(web: Web, who: SignedIn, case: Case, changes: list[Change], key: str) -> None:
    if len(key) < 8:
        raise StoreError("this page is out of date; reload it")
    review = web.review
    review.people.has_seen_others(who.coder.key, [case.unit])
    said = {coder: sorted(codes) for coder, codes in case.sets.items()}
    outcome = review.people.act(
        who.coder.key,
        Wanted(
            key=key, kind="consensus", changes=changes, codebook_digest=review.codebook.digest,
            arms={case.unit: "assisted"},
            shown={"model": "", "codebook": review.codebook_version, "units": {}, "said": said},
        ),
        subject=review.people.consensus(),
    )  # fmt: skip
    if review.live is not None:
        review.live.heard(outcome)
