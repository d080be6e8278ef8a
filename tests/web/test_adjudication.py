"""Adjudication: what may be looked at and when, and what is stored of an agreement."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from autocode.reliability import agreement, panel_of_project
from autocode.store import Project, Request
from autocode.store.review import CONSENSUS
from autocode.web.adjudicating import _waiting, agreement_by_code
from autocode.web.state import BLIND_SHARE, Review
from tests.web.conftest import Finish, Person, SignIn, build_coding, field_of

Units = dict[str, list[int]]


def look(client: TestClient, unit: int, **fields: str) -> str:
    """The page of one utterance, after the button that shows what others decided."""
    answer = client.post(f"/adjudicate/{unit}/look", data={"csrf": client.headers["X-CSRF-Token"], **fields})
    assert answer.status_code == 303, answer.text
    return client.get(answer.headers["location"]).text


def agree(client: TestClient, unit: int, **fields: str | list[str]) -> str:
    """Post the form of one utterance; where it leads."""
    data = {
        "csrf": client.headers["X-CSRF-Token"], "key": field_of(look(client, unit), "key"), **fields,
    }  # fmt: skip
    answer = client.post(f"/adjudicate/{unit}", data=data)
    return answer.headers.get("location", answer.text)


def agreed(review: Review, unit: int) -> set[str] | None:
    found = [one for one in review.people.said([unit]) if one.coder == CONSENSUS and one.done]
    return {code for code, on in found[0].codes.items() if on} if found else None


@pytest.fixture
def differing(client: TestClient, signed_in: SignIn, review: Review, units: Units, finish: Finish) -> int:
    """An utterance that Ben calls trust and conflict, and Cem trust and often."""
    signed_in("Ben", "coder")
    signed_in("Cem", "coder")
    unit = units["anna"][0]
    finish("Ben", [unit], ["trust", "conflict"])
    finish("Cem", [unit], ["trust", "often"])
    return unit


@pytest.mark.parametrize("role", ["coder", "reader"])
def test_others_are_told_who_may(signed_in: SignIn, differing: int, role: str) -> None:
    browser = signed_in("Dora", role)
    page = browser.get("/adjudicate")
    assert page.status_code == 200
    assert "Only a lead may do this" in page.text
    assert "Mia" in page.text
    assert browser.get(f"/adjudicate/{differing}").status_code == 403
    data = {"csrf": str(browser.headers["X-CSRF-Token"]), "key": "a-key-of-mine", "take": "Ben"}
    assert browser.post(f"/adjudicate/{differing}", data=data).status_code == 403


def test_one_sees_who_said_what_side_by_side(client: TestClient, differing: int) -> None:
    page = look(client, differing)
    head = re.search(r"<thead>(.*?)</thead>.*", page, re.S)
    assert head is not None
    assert re.findall(r"<th scope=\"col\">(\w+)", head[1]) == ["Code", "Ben", "Cem", "To"]
    rows = re.findall(r'<label for="agree-\d+">(.*?)</label>.*?<td>(.*?)</td><td>(.*?)</td>', page, re.S)
    said = {re.sub(r"\W+", " ", name).strip(): ("✓" in a, "✓" in b) for name, a, b in rows}
    assert said["Conflict"] == (True, False)
    assert said["Often"] == (False, True)
    assert "Question 0 for anna?" in page, "the question stands before it"
    assert "Question 1 for anna?" in page
    assert page.count(" checked") == 1, "what both apply is ticked"
    assert "<script>alert" not in page


def test_an_agreement_stands_beside_what_was_said(client: TestClient, review: Review, differing: int) -> None:
    before = {one.coder: one for one in review.people.said([differing])}
    assert agree(client, differing, code=["trust", "often"]) == f"/adjudicate?said={differing}"
    assert agreed(review, differing) == {"trust", "often"}
    after = {one.coder: one for one in review.people.said([differing])}
    assert {name: after[name] for name in before} == before
    assert after[CONSENSUS].codes == {"trust": True, "often": True, "conflict": False}
    assert f'href="/adjudicate/{differing}"' in client.get("/adjudicate").text
    log = [row for row in review.people.history(differing) if row["coder"] == CONSENSUS]
    assert {(row["action"], row["blind"]) for row in log} == {("consensus", False)}


def test_taking_one_coders_codes(client: TestClient, review: Review, differing: int) -> None:
    agree(client, differing, take="Ben", code=["often"])
    assert agreed(review, differing) == {"trust", "conflict"}


def test_it_can_be_undone_and_taken_back(client: TestClient, review: Review, differing: int) -> None:
    agree(client, differing, take="Ben")
    answer = client.post("/api/undo", json={"key": "undo-it-please"})
    assert answer.status_code == 200, answer.text
    assert agreed(review, differing) is None
    client.post("/api/redo", json={"key": "redo-it-please"})
    assert agreed(review, differing) == {"trust", "conflict"}
    data = {"csrf": str(client.headers["X-CSRF-Token"]), "key": "take-it-back-please"}
    client.post(f"/adjudicate/{differing}/take-back", data=data)
    assert agreed(review, differing) is None
    assert "<strong>1</strong> of them the coders differ" in client.get("/adjudicate").text
    log = review.people.history(differing)
    assert sum(row["decision"] is not None for row in log) == 4 + 3 * 4, "the log keeps all of it"
    marks = [row["value"] for row in log if row["coder"] == CONSENSUS and row["decision"] is None]
    assert marks == ["finished", "opened again"] * 2


def test_another_agreement_takes_its_place(client: TestClient, review: Review, differing: int) -> None:
    agree(client, differing, code=["seldom"])
    assert agreed(review, differing) == {"seldom"}
    agree(client, differing, code=["often"])
    assert agreed(review, differing) == {"often"}
    agree(client, differing)
    assert agreed(review, differing) == set(), "no code applies"


def test_sending_it_twice_stores_it_once(client: TestClient, review: Review, differing: int) -> None:
    data = {"csrf": str(client.headers["X-CSRF-Token"]), "key": "one-and-the-same", "take": "Ben"}
    client.post(f"/adjudicate/{differing}", data=data)
    last = review.people.last_action()
    assert client.post(f"/adjudicate/{differing}", data=data).status_code == 303
    assert review.people.last_action() == last


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"code": ["often", "seldom"]}, "exclude each other"),
        ({"code": ["nothing-like-it"]}, "is not in the codebook now"),
        ({"take": "Mia"}, "&#39;Mia&#39; has not finished this utterance"),
    ],
)
def test_what_cannot_be_agreed_on(
    client: TestClient, review: Review, differing: int, fields: dict[str, list[str]], sentence: str
) -> None:
    assert sentence in agree(client, differing, **fields)
    assert agreed(review, differing) is None


def test_nothing_is_shown_before_everybody_has_decided(
    client: TestClient, signed_in: SignIn, review: Review, units: Units, finish: Finish
) -> None:
    unit = units["anna"][0]
    for name in ("Ben", "Cem", "Dora"):
        signed_in(name, "coder")
    dora = review.people.account("Dora")
    assert dora is not None
    review.people.assign(dora.key, {unit: 0.5})
    finish("Ben", [unit], ["trust"])
    finish("Cem", [unit], [])
    page = client.get("/adjudicate").text
    assert "0 utterances have been finished" in page
    assert "1 waits for <bdi>Dora</bdi>" in page
    assert client.get(f"/adjudicate/{unit}").status_code == 404
    data = {"csrf": str(client.headers["X-CSRF-Token"]), "key": "too-early-for-it", "take": "Ben"}
    assert client.post(f"/adjudicate/{unit}", data=data).status_code == 404
    finish("Dora", [unit], [])
    assert client.get(f"/adjudicate/{unit}").status_code == 200
    reopen = Request("open-it-again", "done", [["done", unit, False]], review.codebook.digest)
    review.people.act(dora.key, reopen)
    assert client.get(f"/adjudicate/{unit}").status_code == 404, "Dora has opened it again"
    review.people.change_account(dora.key, active=False)
    assert client.get(f"/adjudicate/{unit}").status_code == 200, "who has left is not waited for"


@pytest.mark.parametrize("unit", ["0", "2147483647", "99999999999999999999", "x"])
def test_an_utterance_that_is_not_there(client: TestClient, unit: str) -> None:
    assert client.get(f"/adjudicate/{unit}").status_code in (404, 422)


def test_the_same_said_differently_is_no_dispute(
    client: TestClient, signed_in: SignIn, units: Units, finish: Finish
) -> None:
    signed_in("Ben", "coder")
    finish("Mia", units["anna"], ["trust"])
    finish("Ben", units["anna"], ["trust"])
    assert "There is nothing to agree on" in client.get("/adjudicate").text


def test_who_has_seen_what_others_say_is_not_blind_any_more(
    client: TestClient, review: Review, differing: int, finish: Finish
) -> None:
    review.people.set_setting(BLIND_SHARE, 1.0)
    mia = review.people.account("Mia")
    assert mia is not None
    assert differing in review.still_blind(mia)
    assert "1</strong> of them" in client.get("/adjudicate").text
    assert differing in review.still_blind(mia), "the overview shows nobody's decisions"
    asked = client.get(f"/adjudicate/{differing}").text
    assert "Show what they decided" in asked
    assert "✓ applies" not in asked
    assert differing in review.still_blind(mia), "opening the page changes nothing"
    assert review.people.begun(mia.key) == set()
    assert "✓ applies" in look(client, differing)
    assert "✓ applies" in client.get(f"/adjudicate/{differing}").text, "she is asked once"
    assert differing not in review.still_blind(mia)
    assert mia.key not in review.people.coverage()[differing], "and it is not hers to do"
    finish("Mia", [differing], ["trust"])
    assert [arm for coder, _, _, arm, *_ in review.people.first_decisions() if coder == "Mia"] == ["assisted"]


def test_a_lead_who_does_not_code_is_asked_once_for_all(
    client: TestClient, signed_in: SignIn, review: Review, units: Units, finish: Finish
) -> None:
    signed_in("Ben", "coder")
    signed_in("Cem", "coder")
    a, b, c = units["anna"]
    finish("Ben", [a, b, c], ["trust"])
    finish("Cem", [a, b], ["conflict"])
    finish("Cem", [c], ["trust"])
    mia = review.people.account("Mia")
    assert mia is not None
    assert "Show it for all 2" in client.get(f"/adjudicate/{a}").text
    look(client, a, all="yes")
    assert review.people.begun(mia.key) == {a, b}, "nobody differs on the third"


def test_who_has_coded_it_is_not_asked(
    client: TestClient, signed_in: SignIn, units: Units, finish: Finish
) -> None:
    signed_in("Ben", "coder")
    finish("Mia", [units["anna"][0]], ["trust"])
    finish("Ben", [units["anna"][0]], [])
    assert "✓ applies" in client.get(f"/adjudicate/{units['anna'][0]}").text


def test_one_goes_from_one_to_the_next_of_a_code(
    client: TestClient, signed_in: SignIn, units: Units, finish: Finish
) -> None:
    signed_in("Ben", "coder")
    a, b, c = units["anna"]
    finish("Mia", [a, b, c], [])
    finish("Ben", [a, c], ["trust"])
    finish("Ben", [b], ["conflict"])
    assert agree(client, a, take="Ben", **{"for": "trust"}) == f"/adjudicate/{c}?said={a}&code=trust"
    assert agree(client, c, take="Ben") == f"/adjudicate/{b}?said={c}"


def test_the_codes_whose_rules_want_sharpening(
    client: TestClient, signed_in: SignIn, units: Units, finish: Finish
) -> None:
    signed_in("Ben", "coder")
    everywhere = [*units["anna"], *units["carl"]]
    finish("Mia", everywhere, ["trust"])
    finish("Ben", everywhere[:3], ["trust", "conflict"])
    finish("Ben", everywhere[3:], ["trust"])
    page = client.get("/adjudicate").text
    assert page.index("Conflict") < page.index("Trust &amp;"), "what differs most stands first"
    assert "undefined: all values are the same" in page, "trust: everywhere"
    assert "undefined: nobody applied it" not in page, "a code of which nobody thought is not in the table"
    assert "only 3 units carry the code" in page
    assert "1 interview cannot tell how much interviews differ" in page
    assert "the interval is rough" not in page, "conflict: there is none"


@pytest.mark.parametrize("names", [("anna", "carl"), ("anna", "carl", "dora")])
def test_fewer_than_three_interviews_have_no_interval_as_in_the_report(
    client: TestClient, signed_in: SignIn, project: Project, review: Review, units: Units, finish: Finish,
    names: tuple[str, ...],
) -> None:  # fmt: skip
    signed_in("Ben", "coder")
    for number, name in enumerate(names):
        both, one, neither = units[name]
        finish("Mia", [both, one], ["trust"])
        finish("Ben", [both, *([one] if number else [])], ["trust"])
        finish("Mia", [neither], [])
        finish("Ben", [neither, *([] if number else [one])], [])
    page = client.get("/adjudicate").text
    reason = f"{len(names)} interviews cannot tell how much interviews differ"
    report = json.dumps(agreement(panel_of_project(project, review.codebook), replicates=100))
    too_few = len(names) == 2
    assert (reason in page, reason in report) == (too_few, too_few)
    assert bool(re.search(r"\d to [\d−]", page)) is not too_few
    assert ("the interval is rough" in page) is not too_few


def test_memos_on_the_utterance_are_read_there(client: TestClient, review: Review, differing: int) -> None:
    mia = review.people.account("Mia")
    assert mia is not None
    note = ["memo", "utterance", str(differing), "Is *relying* trust? <script>alert(1)</script>"]
    review.people.act(mia.key, Request("key-of-a-memo", "memo", [note], review.codebook.digest))
    page = look(client, differing)
    assert "Is <em>relying</em> trust?" in page
    assert "<script>alert" not in page
    assert 'data-do="memo"' in page


def test_what_was_said_of_a_merged_code_counts_for_the_one_it_went_into(
    client: TestClient, review: Review, differing: int
) -> None:
    book = review.codebook
    merged = review.succession.with_merge("often", "conflict")
    without = type(book).model_validate(
        {
            **book.model_dump(mode="json"),
            "codes": [one.model_dump(mode="json") for one in book.codes if one.id != "often"],
            "exclusive_groups": [],
        }
    )
    review.change_codebook(without, base=review.codebook_version, note="merged", succession=merged)
    assert "There is nothing to agree on" in client.get("/adjudicate").text
    agree(client, differing, take="Cem")
    assert agreed(review, differing) == {"trust", "conflict"}


def test_an_earlier_cut_has_other_statements_under_the_same_names(
    project: Project, review: Review, app: FastAPI, units: dict[str, list[int]]
) -> None:
    """Ben decided on sentences; now they are cut otherwise, and Cem decides: nobody has seen the same."""
    before = units["anna"]
    for name in ("Ben", "Cem"):
        account = review.people.add_account(name, "coder")
        review.people.assign(account.key, dict.fromkeys(before, 0.5))
    finish(review, "Ben", before, ["trust"])
    coding = build_coding(project.store.transcript("anna"))
    shorter = tuple(
        replace(one, end_char=one.end_char - 5, text=one.text[:-5]) if one.codable else one
        for one in coding.utterances
    )
    project.store.save_coding("again", "anna", replace(coding, utterances=shorter), segmentation="other")
    now = [key for key, place in zip(review.pool().keys.tolist(), review.pool().transcripts, strict=True)
           if place == "anna"]  # fmt: skip
    assert not set(now) & set(before)
    finish(review, "Cem", now, ["conflict"])
    assert agreement_by_code(app.state.web) == {}
    assert _waiting(app.state.web) == {}
    panel = panel_of_project(project, review.codebook)
    assert not set(panel.humans["Ben"]) & set(panel.humans["Cem"])
    assert set(panel.humans["Cem"]) == {one.id for one in coding.utterances if one.codable}


def finish(review: Review, name: str, units: list[int], codes: list[str]) -> None:
    account = review.people.account(name)
    assert account is not None
    for unit in units:
        changes = [*(["code", unit, code, True] for code in codes), ["done", unit, True]]
        request = Request(
            f"finish-{name}-{unit}", "done", changes, review.codebook.digest, arms={unit: "blind"},
            suggested={unit: ["trust"]},
        )  # fmt: skip
        review.people.act(account.key, request)


def test_what_is_in_dispute_is_not_told_to_a_lead_who_is_blind(
    review: Review, person: Callable[..., Person], units: dict[str, list[int]]
) -> None:
    mia = person("Mia", "lead")
    for name, code in (("Ben", "conflict"), ("Cem", "trust")):
        review.people.add_account(name, "coder")
        finish(review, name, units["anna"][:1], [code])
    unit = units["anna"][0]
    assert f"/adjudicate/{unit}?code=conflict" in mia.get("/adjudicate")
    review.people.set_setting(BLIND_SHARE, 1.0)
    page = mia.get("/adjudicate")
    assert "?code=" not in page
    assert f"/adjudicate/{unit}" in page
