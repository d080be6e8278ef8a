"""How the study stands: who has finished what, whether suggestions sway, and which units are coded twice."""

from __future__ import annotations

import hashlib
import json
import math
import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, QueryParams

from autocode.agreement import Anchoring, Decided, Sample, assign, draw_sample, measure_anchoring
from autocode.agreement.anchoring import PRIMARY
from autocode.store import Account
from autocode.store.review import CONSENSUS, Arm
from autocode.web.guard import RefusedError
from autocode.web.session import Leading, SignedIn, TheWeb, Web, Who, text_of
from autocode.web.state import BLIND_SHARE

router = APIRouter(include_in_schema=False)
PLANS = "plans"  # the setting that keeps what was drawn, oldest first
CODES = ("lead", "coder")  # the roles that code
MEASURES = {  # the verdict's measure first
    "jaccard": "likeness to the machine: codes in common, of all codes that either names",
    "suggested_applied": "suggested codes that were applied",
    "applied_suggested": "applied codes that had been suggested",
    "share_coded": "utterances with any code",
    "codes_per_unit": "codes for each utterance",
}
BAR = 200  # width of a bar, of which the middle is a difference of 0

First = tuple[str, str, Arm, frozenset[str], frozenset[str]]  # coder, transcript, arm, codes, suggested


@dataclass(frozen=True, slots=True)
class Plan:
    """Units to be coded twice, and by whom, before anything is given to anybody."""

    coders: tuple[Account, ...]
    coders_per_unit: int
    sample: Sample
    loads: Mapping[str, tuple[str, ...]]  # by the coder's name, ids of utterances

    @property
    def digest(self) -> str:
        """The same for the same units for the same coders."""
        return hashlib.sha256(json.dumps(self.loads, sort_keys=True).encode()).hexdigest()


@router.get("/project")
def project_page(request: Request, who: Who, web: TheWeb) -> HTMLResponse:
    """How the study stands."""
    review, first = web.review, first_of_people(web)
    everybody = who.coder.role in ("lead", "reader")  # a coder sees his or her own meter
    coders = [one.name for one in review.people.accounts() if one.role in CODES]
    by_coder = {
        name: _meter(tuple(row for row in first if row[0] == name))
        for name in (coders if everybody else [who.coder.name])
    }
    return web.page(
        request, "project.html", who, **progress(web), measures=MEASURES, primary=PRIMARY,
        share=float(review.people.setting(BLIND_SHARE, 0.0)), everybody=everybody,
        meter=_meter(first) if everybody else by_coder[who.coder.name], meters=by_coder if everybody else {},
        n_planned=_n_planned(web, None if everybody else who.coder), plans=review.people.setting(PLANS, []),
        to_whom=_to_whom(web), all_transcripts=[one.id for one in review.project.store.transcripts()],
        may_code=coders_of(web), seed=secrets.randbelow(1_000_000), said=request.query_params.get("said", ""),
        bar=bar, signed=signed, number=number, warnings=warnings,
    )  # fmt: skip


def first_of_people(web: Web) -> tuple[First, ...]:
    """What each coder first decided on each unit; what was agreed later is nobody's."""
    return tuple(
        (coder, transcript, arm, codes, suggested)
        for coder, transcript, _, arm, codes, suggested in web.review.people.first_decisions()
        if coder != CONSENSUS
    )


def coders_of(web: Web) -> list[Account]:
    """Accounts that code."""
    return [one for one in web.review.people.accounts() if one.active and one.role in CODES]


def progress(web: Web) -> dict[str, Any]:
    """Who has finished how much of what, for the template."""
    people, pool = web.review.people, web.review.pool()
    total = Counter(pool.transcripts)
    place = dict(zip(pool.keys.tolist(), pool.transcripts, strict=True))
    finished: Counter[tuple[int, str]] = Counter()
    for unit, coders in people.coverage().items():
        for key, done in coders.items():
            if unit in place:
                finished[key, place[unit]] += done
    rows, whole = [], people.given()
    for one in people.accounts():
        n_done = sum(finished[one.key, name] for name in total)
        if n_done or (one.active and one.role in CODES):
            marks = [mark for unit, mark in people.marks(one.key).items() if unit in place]
            given, first = [m for m in marks if m.drawn], [m for m in marks if m.revealed]
            rows.append({
                "coder": one, "done": n_done, "given": len(given), "given_done": sum(m.done for m in given),
                "whole": sum(total[name] for name in whole.get(one.key, ())),
                "whole_done": sum(finished[one.key, name] for name in whole.get(one.key, ())),
                "blind": sum(m.arm == "blind" for m in first), "first": len(first),
            })  # fmt: skip
    return {
        "people": rows, "total": dict(total), "n_units": len(place), "finished": finished, "whole": whole,
        "n_earlier": people.n_of_earlier_cuts(),
    }  # fmt: skip


def _to_whom(web: Web) -> list[Account]:
    """Who may be given a transcript, and whoever has one."""
    may, whole = {one.key for one in coders_of(web)}, web.review.people.given()
    return [one for one in web.review.people.accounts() if one.key in may or whole.get(one.key)]


def _n_planned(web: Web, coder: Account | None) -> int:
    """Blind decisions on units that were drawn to be coded twice (of one coder, or of all)."""
    people = web.review.people
    accounts = people.accounts() if coder is None else [coder]
    marks = [mark for one in accounts for mark in people.marks(one.key).values()]
    return sum(mark.drawn and mark.revealed and mark.arm == "blind" for mark in marks)


@lru_cache(maxsize=64)
def _meter(first: tuple[First, ...]) -> Anchoring:
    return measure_anchoring([Decided(place, arm, codes, said) for _, place, arm, codes, said in first])


def warnings(meter: Anchoring) -> dict[str, list[str]]:
    """Whatever must be known to read the intervals: each warning, with the measures that it is about."""
    found: dict[str, list[str]] = {}
    for name in MEASURES:
        interval = meter.differences[name].interval
        for text in dict.fromkeys((interval.warning, interval.unavailable_because)):
            if text and text != meter.differences[name].undefined_because:
                found.setdefault(text, []).append(name)
    return found


def number(value: float | None) -> str:
    """Two decimals; nothing for what is undefined."""
    return "" if value is None else f"{value:.2f}".replace("-", "−")


def signed(value: float | None) -> str:
    """Two decimals with their sign."""
    return "" if value is None else f"{value:+.2f}".replace("-", "−")


def bar(name: str, meter: Anchoring) -> dict[str, float] | None:
    """Where a difference and its interval stand on a bar from -1 to 1; None: there is none to draw."""
    difference = meter.differences[name]
    low, value, high = difference.interval.low, difference.value, difference.interval.high
    if value is None:
        return None
    ends = [value if end is None else end for end in (low, high)]
    most = max(1.0, *map(abs, ends), abs(value)) if name == "codes_per_unit" else 1.0
    places = [BAR / 2 * (1 + max(-1.0, min(1.0, end / most))) for end in (ends[0], value, ends[1])]
    return dict(zip(("low", "value", "high"), (round(place, 1) for place in places), strict=True))


@router.post("/project/blind-share")
async def change_share(request: Request, who: Leading, web: TheWeb) -> Response:
    """The share of units that are decided before suggestions are shown."""
    share = _decimal("the share", text_of(await request.form(), "share", most=20))
    if not 0 <= share <= 1:
        raise RefusedError(400, f"the share is a number from 0 to 1, not {share:g}")
    await run_in_threadpool(web.review.people.set_setting, BLIND_SHARE, share)
    web.review.orders.forget()  # an order by score would tell those of what is blind now
    return RedirectResponse("/project?said=share", status_code=303)


@router.post("/project/transcripts")
async def give_transcripts(request: Request, who: Leading, web: TheWeb) -> Response:
    """Give whole transcripts to coders and take them back: what the form shows otherwise than it came."""
    form = await request.form()
    n = await run_in_threadpool(_give_transcripts, web, who, form)
    return RedirectResponse(f"/project?said={'transcripts' if n else 'same'}#transcripts", status_code=303)


def _give_transcripts(web: Web, who: SignedIn, form: FormData) -> int:
    people = web.review.people
    ticked, before = ({str(value) for value in form.getlist(name)} for name in ("give", "had"))
    changed: dict[str, list[str]] = {}
    for pair in sorted(ticked ^ before):  # what another lead changed meanwhile stays as it is
        key, _, name = pair.partition(":")
        changed.setdefault(key, []).append(name)
    may, there, n = {str(one.key) for one in coders_of(web)}, {str(one.key) for one in _to_whom(web)}, 0
    for key, names in changed.items():
        wanted = [name for name in names if f"{key}:{name}" in ticked]
        if key not in (may if wanted else there):
            raise RefusedError(400, "one of these people does not code any more; go back and reload the page")
        new, gone = people.give(int(key), wanted, names, by=who.coder.key)
        n += len(new) + len(gone)
    if n:
        web.review.orders.forget()
    return n


@router.get("/project/plan")
def preview(request: Request, who: Who, web: TheWeb) -> HTMLResponse:
    """What a plan would draw, and give to whom."""
    who.must_be("lead")
    plan = plan_of(web, request.query_params)
    left = {one.name: len(begun_of(web, plan, one)) for one in plan.coders}
    return web.page(
        request, "plan.html", who, plan=plan, left=left, fields=request.query_params.multi_items()
    )


@router.post("/project/plan")
async def give(request: Request, who: Leading, web: TheWeb) -> Response:
    """Give the units of a plan to its coders, to be decided blind."""
    form = await request.form()
    said = await run_in_threadpool(_give, web, who, form)
    return RedirectResponse(f"/project?said={said}", status_code=303)


def _give(web: Web, who: SignedIn, form: FormData) -> str:
    review, plan = web.review, plan_of(web, form)
    if text_of(form, "digest") != plan.digest:
        raise RefusedError(
            409, "the transcripts have changed since the preview; go back and look at it again"
        )
    key_of = _key_of(web)
    chance = {unit.unit_id: unit.probability for unit in plan.sample.units}
    loads = {one.key: {key_of[name]: chance[name] for name in plan.loads[one.name]} for one in plan.coders}
    given = review.people.assign_draw(loads)
    new = {one.name: given[one.key] for one in plan.coders}
    left = {one.name: len(loads[one.key]) - given[one.key] for one in plan.coders}
    if not any(new.values()):
        return "nothing"
    review.orders.forget()
    kept = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"), "by": who.coder.name,
        "n": len(plan.sample.units), "of": plan.sample.n_corpus, "seed": plan.sample.seed,
        "coders_per_unit": plan.coders_per_unit, "given": new, "left": left,
    }  # fmt: skip
    review.people.set_setting(PLANS, [*review.people.setting(PLANS, []), kept])
    return "given"


def plan_of(web: Web, fields: FormData | QueryParams) -> Plan:
    """The plan that a form asks for: the same form, the same plan. Raises `RefusedError`."""
    chosen = {str(value) for value in fields.getlist("coder")}
    coders = tuple(one for one in coders_of(web) if str(one.key) in chosen)
    if len(coders) != len(chosen):
        raise RefusedError(400, "one of these people does not code any more; go back and reload the page")
    n, share = text_of(fields, "n", most=20), text_of(fields, "share", most=20)
    if bool(n) == bool(share):
        raise RefusedError(400, "give either a number of utterances or a share of them")
    each = _whole("coders for each utterance", text_of(fields, "each", most=20))
    if not 1 <= each <= len(coders):
        raise RefusedError(400, f"{each} are to code each utterance, and {len(coders)} are ticked")
    seed = _whole("the seed", text_of(fields, "seed", most=20))
    if seed < 0:
        raise RefusedError(400, "the seed is a whole number from 0 on")
    pool, units = web.review.pool(), dict[str, list[str]]()
    for place, name in zip(pool.transcripts, pool.names, strict=True):
        units.setdefault(place, []).append(name)
    sample = draw_sample(
        units, n=_whole("the number of utterances", n) if n else None,
        share=_decimal("the share", share) if share else None, seed=seed,
    )  # fmt: skip
    return Plan(
        coders, each, sample, assign(sample, [c.name for c in coders], coders_per_unit=each, seed=seed)
    )


def begun_of(web: Web, plan: Plan, coder: Account) -> set[str]:
    """Those of a coder's units in a plan that he or she has begun, or was given before."""
    key_of, begun = _key_of(web), web.review.people.begun(coder.key)
    return {name for name in plan.loads[coder.name] if key_of[name] in begun}


def _key_of(web: Web) -> dict[str, int]:
    pool = web.review.pool()
    return dict(zip(pool.names, pool.keys.tolist(), strict=True))


def _whole(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise RefusedError(400, f"{name}: expected a whole number, found '{text}'") from None


def _decimal(name: str, text: str) -> float:
    try:
        found = float(text.replace(",", "."))
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise RefusedError(400, f"{name}: expected a number, found '{text}'")
    return found
