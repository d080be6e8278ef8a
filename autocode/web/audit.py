"""The log: who said what of which utterance, finished it or gave it to whom, when, and what was shown."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from autocode.store.review import CONSENSUS
from autocode.web.reading import unit_values
from autocode.web.session import SignedIn, TheWeb, Web, Who
from autocode.write import harmless

router = APIRouter(include_in_schema=False)
PAGE = 200
FILTERS = ("coder", "code", "transcript_id")
VALUES = {True: "applies", False: "does not apply", None: "taken back"}
KEPT_BACK = "kept back"
COLUMNS = (
    "decision", "decided_at", "coder", "transcript_id", "utterance_id", "code", "value", "blind",
    "action", "shown", "model", "codebook_version",
)  # fmt: skip


@router.get("/audit")
def audit(request: Request, who: Who, web: TheWeb, page: int = 1) -> HTMLResponse:
    """The log, latest first; coders see their own part of it."""
    everybody = who.coder.role in ("lead", "reader")
    book, query = web.review.codebook, {name: request.query_params.get(name, "") for name in FILTERS}
    page = max(1, min(page, 10**6))
    wanted = {**query, "coder": query["coder"] if everybody else who.coder.name}
    n, rows = _page(web, who, {name: value for name, value in wanted.items() if value}, (page - 1) * PAGE)
    return web.page(
        request, "audit.html", who, rows=rows, n=n, page=page, everybody=everybody, query=query,
        n_pages=max(1, -(-n // PAGE)), values=VALUES, kept=KEPT_BACK,
        link=lambda number: "/audit?" + urlencode({**query, "page": number}),
        gone=sorted(code for code in web.review.people.known_codes() if code not in book),
        names=[*(one.name for one in web.review.people.accounts()), CONSENSUS],
        transcripts=list(web.review.people.latest_codings()), **unit_values(web),
    )  # fmt: skip


def _page(web: Web, who: SignedIn, wanted: dict[str, str], start: int) -> tuple[int, list[dict[str, Any]]]:
    people = web.review.people
    if "code" not in wanted:
        n, rows = people.log_page(start, PAGE, **wanted)
        return n, kept_back(web, who, rows)
    # A row that is kept back, found by its code, would tell the code.
    rows = [row for row in kept_back(web, who, people.log(**wanted)) if row["value"] != KEPT_BACK]
    return len(rows), rows[::-1][start : start + PAGE]


def kept_back(web: Web, who: SignedIn, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows, without what somebody decided where it would undo a blind decision.

    That is what others decided on units that this coder has yet to decide blind, and what they decided blind
    on units that another coder, who was given them too, has not finished.
    """
    mine, waiting = web.review.secret(who.coder)
    found = []
    for row in rows:
        secret = row["coder"] != who.coder.name and (
            row["unit"] in mine or (row["blind"] and row["unit"] in waiting)
        )
        cover = {"code": "", "value": KEPT_BACK, "shown": [], "action": "", "model": ""} if secret else {}
        found.append({**row, **cover})
    return found


@router.get("/audit.csv")
def as_csv(who: Who, web: TheWeb, everything: str = "") -> Response:
    """The whole log as a table; no cell is taken for a formula."""
    return _file("audit.csv", "text/csv; charset=utf-8", csv_lines(_all(web, who, everything == "yes")))


@router.get("/audit.jsonl")
def as_jsonl(who: Who, web: TheWeb, everything: str = "") -> Response:
    """The whole log, one JSON object a line."""
    lines = (json_line(row) for row in _all(web, who, everything == "yes"))
    return _file("audit.jsonl", "application/x-ndjson", lines)


def _all(web: Web, who: SignedIn, everything: bool) -> list[dict[str, Any]]:
    who.must_be("lead", "reader")
    rows = web.review.people.log()
    return rows if everything else kept_back(web, who, rows)


def _file(name: str, kind: str, lines: Iterator[str]) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(lines, media_type=kind, headers=headers)


def csv_lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    """The rows of a CSV file with a header."""
    yield _csv(COLUMNS)
    for row in rows:
        cells = {
            **row, "decided_at": row["decided_at"].isoformat(),
            "value": VALUES.get(row["value"], row["value"]),
            "blind": "yes" if row["blind"] else "no", "shown": "; ".join(map(_shown, row["shown"])),
        }  # fmt: skip
        yield _csv([harmless("" if cells[name] is None else str(cells[name])) for name in COLUMNS])


def _csv(cells: Any) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()


def _shown(one: list[Any]) -> str:
    code, score, probability = one
    return f"{code} {score:.4f}" + ("" if probability is None else f" (probability {probability:.4f})")


def json_line(row: dict[str, Any]) -> str:
    """An entry as one line."""
    shown = [dict(zip(("code", "score", "probability"), one, strict=True)) for one in row["shown"]]
    value = {**row, "decided_at": row["decided_at"].isoformat(), "shown": shown}
    value["value"] = VALUES.get(row["value"], row["value"])
    return json.dumps({name: value[name] for name in COLUMNS}, ensure_ascii=False, allow_nan=False) + "\n"
