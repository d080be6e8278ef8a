"""Exchange with other programs: every format to download, and files to take over after a look at them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from autocode.exchange import (
    FORMATS,
    AnswersPlan,
    Plan,
    format_named,
    gather,
    holds_answers,
    import_answers,
    import_plan,
    notes_on,
    plan_answers,
    plan_import,
    quotes,
    read_answers,
    read_project,
    save_archive,
)
from autocode.exchange.formats import FileNames
from autocode.exchange.project_in import Stored, fit_coder
from autocode.web.guard import RefusedError
from autocode.web.jobs import Job
from autocode.web.session import Changing, Leading, SignedIn, TheWeb, Web, Who, text_of

if TYPE_CHECKING:
    from autocode.exchange import Choice, Format

router = APIRouter(include_in_schema=False)
UPLOAD, MAX_UPLOAD = "/exchange/upload", 100_000_000  # bytes
FILE = "download"
ROLES = ("lead", "reader")  # who may export: they may read all decisions


@dataclass(frozen=True, slots=True)
class Written:
    """A file to download."""

    name: str
    n_bytes: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file would bring, before anything of it is stored."""

    file: Path
    plan: Plan | AnswersPlan

    @property
    def quotes(self) -> tuple[tuple[str, ...], ...]:
        """The first quotes, with where they stand or who coded them how."""
        if isinstance(self.plan, AnswersPlan):
            return self.plan.quotes
        return tuple(quotes(self.plan.opened.project))


def reading_all(who: Who) -> SignedIn:
    """Somebody who may read what everybody decided."""
    who.must_be(*ROLES)
    return who


Reading = Annotated[SignedIn, Depends(reading_all)]


@router.get("/exchange")
def exchange_page(request: Request, who: Reading, web: TheWeb) -> HTMLResponse:
    """What can be written, and what can be read."""
    names = [one.name for one in web.review.people.accounts()]
    return web.page(
        request, "exchange.html", who, formats=FORMATS.values(), people=names, job=web.jobs.of(who.coder.key),
        most_mb=MAX_UPLOAD // 1_000_000,
    )  # fmt: skip


@router.post("/exchange/export")
async def export(request: Request, who: Changing, web: TheWeb) -> Response:
    """Begin to write a format."""
    who.must_be(*ROLES)
    form = await request.form()
    format = format_named(text_of(form, "format"))
    coders = [str(one)[:100] for one in form.getlist("coder") if one]
    choice = format.choice(
        coders, blind=text_of(form, "blind") == "yes", names=text_of(form, "names") != "no",
        suggestions={"yes": True, "no": False}.get(text_of(form, "suggestions")),
    )  # fmt: skip

    def begin() -> None:
        job = _prepared(web, who, "export", f"writing {format.name}")
        job.total = len(web.review.project.store.transcripts())
        web.jobs.start(job, lambda job: _write(web, format, choice, job))

    await run_in_threadpool(begin)
    return RedirectResponse("/exchange/job", status_code=303)


def _write(web: Web, format: Format, choice: Choice, job: Job) -> Written:
    project = web.review.project
    gathered = gather(project, choice, done=job.step)
    place = job.folder / FILE
    save_archive(format, format.files(gathered), place)
    suffix = format.suffix or ".zip"
    stem = FileNames("").of(gathered.name)
    name = f"{stem}{suffix}" if format.name == "refi-qda" else f"{stem}-{format.name}{suffix}"
    return Written(name, place.stat().st_size, tuple(notes_on(format, gathered)))


@router.get("/exchange/download")
def download(who: Reading, web: TheWeb) -> Response:
    """The file that was written last."""
    job = web.jobs.of(who.coder.key)
    if job is None or not isinstance(job.result, Written):
        raise RefusedError(404, "there is no file to download; write it first")
    return FileResponse(job.folder / FILE, filename=job.result.name, media_type="application/octet-stream")


@router.post(UPLOAD)
async def upload(request: Request, who: Leading, web: TheWeb) -> Response:
    """Keep a file, and look at what it would bring."""
    form = await request.form()
    file = form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise RefusedError(400, "choose a file first")
    name = FileNames("").of(file.filename)

    def begin() -> None:
        job = _prepared(web, who, "preview", f"reading {name}")
        place = job.folder / name
        place.touch(mode=0o600)
        with place.open("wb") as kept:
            shutil.copyfileobj(file.file, kept)
        web.jobs.start(job, lambda _: _look(web, place, {}))

    await run_in_threadpool(begin)
    return RedirectResponse("/exchange/job", status_code=303)


def _look(web: Web, file: Path, coders: Mapping[str, str]) -> Preview:
    project = web.review.project
    if holds_answers(file):
        return Preview(file, plan_answers(project, read_answers(file), coders=coders))
    return Preview(file, plan_import(project, read_project(file, transcripts=project.store.every_transcript)))


@router.post("/exchange/import")
async def take_over(request: Request, who: Leading, web: TheWeb) -> Response:
    """Store what is new of the file that was looked at."""
    form = await request.form()
    before = web.jobs.of(who.coder.key)
    if before is None or not isinstance(before.result, Preview):
        raise RefusedError(409, "upload the file first, and look at what it would bring")
    preview = before.result
    coders = _names(form, preview.plan)

    def begin() -> None:
        job = _prepared(web, who, "import", f"importing {preview.file.name}", keep=preview.file)
        place = job.folder / preview.file.name
        web.jobs.start(job, lambda job: _store(web, _look(web, place, coders), job))

    await run_in_threadpool(begin)
    return RedirectResponse("/exchange/job", status_code=303)


def _names(form: FormData, plan: Plan | AnswersPlan) -> dict[str, str]:
    """The names that somebody gave to the coders of a file."""
    if not isinstance(plan, AnswersPlan):
        return {}
    given = {old: fit_coder(text_of(form, f"coder-{n}", most=200)) for n, old in enumerate(plan.coders)}
    return {old: new for old, new in given.items() if new}


def _store(web: Web, preview: Preview, job: Job) -> Stored:
    project, plan = web.review.project, preview.plan
    if isinstance(plan, AnswersPlan):
        job.total = len({one.transcript_id for one in plan.said})
        stored = import_answers(project, plan, done=lambda _: job.step())
    else:
        job.total = len(plan.incoming)
        stored = import_plan(project, plan, done=lambda _: job.step())
    web.review.orders.forget()
    if web.review.live is not None and not stored.nothing:
        web.review.live.heard_of_codebook()  # there may be new codes, texts and labels: all is learnt anew
    return stored


@router.get("/exchange/job")
def job_page(request: Request, who: Reading, web: TheWeb, part: str = "") -> Response:
    """How far it is, and what came of it."""
    job = web.jobs.of(who.coder.key)
    if job is None:
        return RedirectResponse("/exchange", status_code=303)
    state = job.state  # before the result, which is there when the state says so
    kind = {Written: "written", Preview: "preview", Stored: "stored"}.get(type(job.result), "")
    values = {
        "job": job,
        "state": state,
        "kind": kind,
        "answers": isinstance(getattr(job.result, "plan", None), AnswersPlan),
    }
    if part:
        return HTMLResponse(web.part("exchange_state.html", csrf=who.csrf, **values))
    return web.page(request, "exchange_job.html", who, **values)


def _prepared(web: Web, who: SignedIn, kind: str, what: str, *, keep: Path | None = None) -> Job:
    return web.jobs.prepare(who.coder.key, kind, what, place=web.review.project.folder, keep=keep)
