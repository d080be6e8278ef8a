"""Codes on stretches of text, and what others may see of decisions: merged codes, secrets, links."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from autocode.codebook import read_codebook
from autocode.errors import StoreBusyError
from autocode.reliability import panel_of_project
from autocode.store import Project
from autocode.web.state import BLIND_SHARE, Review
from tests.web.conftest import Person, visitor

Sign = Callable[..., Person]


def stretch(project: Project, code: str, start: int = 0, end: int = 8, **more: Any) -> dict[str, Any]:
    """A code on a part of Anna's first answer."""
    at = project.store.transcript("anna").turns[1].start_char
    return {"transcript_id": "anna", "start_char": at + start, "end_char": at + end, "code": code, **more}


def shown(page: str) -> list[list[Any]]:
    """The stretches that a page highlights."""
    found = re.search(r"data-spans='([^']*)'", page)
    assert found is not None
    return list(json.loads(found[1].replace("&#34;", '"')))


def codes_of(page: str, unit: int) -> str:
    """The codes that stand at a unit."""
    found = re.search(rf'<article class="[^"]*" id="u{unit}".*?data-codes="([^"]*)"', page, re.DOTALL)
    assert found is not None
    return found[1]


def test_a_stretch_follows_its_code_when_that_is_merged(project: Project, person: Sign) -> None:
    mia, ben = person("Mia", "lead"), person("Ben", "coder")
    mia.api("/api/act", kind="span", spans=[stretch(project, "conflict")])
    ben.api("/api/act", kind="span", spans=[stretch(project, "trust")])
    at = project.store.transcript("anna").turns[1].start_char
    mia.change("merge", "conflict", into="trust")
    assert shown(mia.get("/read/anna")) == [[at, at + 8, "trust"]]
    spans = panel_of_project(project, read_codebook(project.codebook_path)).spans
    assert spans is not None
    assert {(one.coder, one.code) for one in spans.spans} == {("Mia", "trust"), ("Ben", "trust")}
    answer = mia.api("/api/act", kind="span", spans=[stretch(project, "trust", applies=False)])
    assert list(answer["spans"].values()) == [[]]
    assert shown(mia.get("/read/anna")) == []
    undone = mia.api("/api/undo")
    assert list(undone["spans"].values()) == [[[at, at + 8, "trust"]]]


def test_a_code_that_was_taken_out_stands_nowhere(
    project: Project, person: Sign, units: dict[str, list[int]]
) -> None:
    mia, unit = person("Mia", "lead"), units["anna"][0]
    mia.api("/api/act", kind="span", spans=[stretch(project, "conflict")])
    mia.decide(unit, "conflict", True)
    mia.api("/api/act", done=[{"unit": unit, "done": True}])
    assert codes_of(mia.get("/read/anna"), unit) == "conflict"
    mia.change("deprecate", "conflict")
    page = mia.get("/read/anna")
    assert (codes_of(page, unit), shown(page)) == ("", [])


def test_stretches_of_another_coder_are_that_coders(project: Project, review: Review, person: Sign) -> None:
    mia, ben = person("Mia", "lead"), person("Ben", "coder")
    mia.api("/api/act", kind="span", spans=[stretch(project, "conflict")])
    ben.api("/api/act", kind="span", spans=[stretch(project, "trust", 10, 14)])
    assert shown(mia.get("/read/anna?coder=Ben")) == []  # not settled yet
    unit = next(iter(review.reading("anna").keys[1:2]))
    for one in (mia, ben):
        one.api("/api/act", done=[{"unit": unit, "done": True}])
    at = project.store.transcript("anna").turns[1].start_char
    assert shown(mia.get("/read/anna?coder=Ben")) == [[at + 10, at + 14, "trust"]]


def test_a_reader_sees_a_blind_decision_when_all_have_finished(
    review: Review, person: Sign, units: dict[str, list[int]]
) -> None:
    ben, cem, rea = person("Ben", "coder"), person("Cem", "coder"), person("Rea", "reader")
    unit = units["anna"][0]
    for name in ("Ben", "Cem"):
        account = review.people.account(name)
        assert account is not None
        review.people.assign(account.key, {unit: 0.5})
    done = [{"unit": unit, "done": True}]
    ben.api("/api/act", codes=[{"unit": unit, "code": "conflict", "applies": True}], done=done)
    assert codes_of(rea.get("/read/anna"), unit) == ""
    cem.api("/api/act", done=done)
    assert codes_of(rea.get("/read/anna"), unit) == ""  # half of the two: not accepted, as in the report
    cem.decide(unit, "conflict", True)
    assert codes_of(rea.get("/read/anna"), unit) == "conflict"  # and not the code above it


def test_a_larger_blind_share_holds_for_orders_that_are_open(review: Review, person: Sign) -> None:
    mia, ben = person("Mia", "lead"), person("Ben", "coder")
    assert "Nothing is left here" not in ben.get("/queue?order=code:trust")
    mia.post("/project/blind-share", share="1")
    page = ben.get("/queue?order=code:trust")
    assert "What is left is to be decided blind" in page
    assert "is finished" not in page.split("Nothing is left here")[1]
    assert review.people.setting(BLIND_SHARE) == 1


def test_a_link_in_a_report_finds_its_way(app: FastAPI, person: Sign, review: Review) -> None:
    """The browser keeps the cookie back for a click in a file; the page's own second request has it."""
    mia, stranger = person("Mia", "lead"), visitor(app)
    name = review.reading("anna").utterances[1].id
    cross = {"sec-fetch-site": "cross-site"}
    again = stranger.get(f"/utterance/{name}", headers=cross)
    assert (again.status_code, 'http-equiv="refresh" content="0"' in again.text) == (200, True)
    assert stranger.get(f"/utterance/{name}").headers["location"] == "/sign-in"
    assert stranger.post("/api/act", json={}, headers=cross).status_code == 403
    assert mia.client.get(f"/utterance/{name}").headers["location"].startswith("/read/anna#u")


def test_ids_with_signs_of_addresses(
    project: Project, app: FastAPI, person: Sign, monkeypatch: pytest.MonkeyPatch
) -> None:
    mia, people = person("Mia", "lead"), app.state.web.review.people
    known = people.unit(app.state.web.review.pool().keys.tolist()[0])
    odd = replace(known, transcript_id="Firm #1?")
    monkeypatch.setattr(
        type(people), "key_of_utterance", lambda _, name: known.key if "#1/2" in name else None
    )
    monkeypatch.setattr(type(people), "unit", lambda *_: odd)
    answer = mia.client.get("/utterance/Firm%20%231%2F2")
    assert answer.headers["location"] == f"/read/Firm%20%231%3F#u{known.key}"


def test_what_cannot_be_stored_just_now_may_be_sent_again(
    monkeypatch: pytest.MonkeyPatch, review: Review, client: TestClient, units: dict[str, list[int]]
) -> None:
    """503, for which the page waits; and a page of an earlier sign-in is told to load itself anew."""
    unit = units["anna"][0]
    body = {"key": "a-key-of-the-test", "codes": [{"unit": unit, "code": "trust", "applies": True}]}

    def busy(*_: object) -> None:
        raise StoreBusyError("autocode.db: another autocode command has been writing")

    with monkeypatch.context() as patched:
        patched.setattr(review.people, "act", busy)
        answer = client.post("/api/act", json=body)
        assert (answer.status_code, "writing" in answer.json()["error"]) == (503, True)
    old = client.post("/api/act", json=body, headers={"X-CSRF-Token": "0" * 64})
    assert (old.status_code, old.json()["reload"]) == (403, True)
    assert client.post("/api/act", json=body).status_code == 200
