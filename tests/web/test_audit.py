"""The log: who sees which part of it, pages, filters, and files that no spreadsheet runs."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from autocode.store import Request
from autocode.store.decided import Arm
from autocode.web.audit import COLUMNS, csv_lines
from autocode.web.state import BLIND_SHARE, Review

SignIn = Callable[[str, str], TestClient]
Units = dict[str, list[int]]


def say(review: Review, name: str, unit: int, code: str, *, arm: Arm = "assisted", done: bool = True) -> None:
    coder = review.people.account(name)
    assert coder is not None
    changes = [["code", unit, code, True], *([["done", unit, True]] if done else [])]
    shown = {"model": "m1", "codebook": 1, "units": {str(unit): [["trust", 0.7718, 0.6649]]}}
    request = Request(
        f"key-{coder.key}-{unit}-{review.people.last_action()}", "decide", changes, review.codebook.digest,
        arms={unit: arm}, shown=shown if arm == "assisted" else {},
    )  # fmt: skip
    review.people.act(coder.key, request)


def rows(page: str) -> list[list[str]]:
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    return [
        [re.sub(r"<[^>]*>", "", cell).strip() for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)]
        for row in re.findall(r"<tr>(.*?)</tr>", body, re.S)
    ]


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def two(client: TestClient, signed_in: SignIn, review: Review, units: Units) -> TestClient:
    """Mia and Ben have decided something; Ben's browser."""
    ben = signed_in("Ben", "coder")
    say(review, "Mia", units["anna"][0], "trust")
    say(review, "Ben", units["carl"][0], "conflict")
    return ben


def test_the_latest_stands_first_with_what_was_shown(client: TestClient, two: TestClient) -> None:
    mark, first, _, second = rows(client.get("/audit").text)
    assert mark[1:4] == ["Ben", "carl:1", "finished"]
    assert first[1:4] == ["Ben", "carl:1", "Conflict: applies"]
    assert second[1:3] == ["Mia", "anna:1"]
    assert "0.77" in first[4]
    assert "(m1)" in first[4]
    assert first[5] == "version 1"


def test_filters(client: TestClient, two: TestClient) -> None:
    for query in ("coder=Ben", "code=conflict", "transcript_id=carl", "coder=Ben&code=conflict"):
        assert {row[1] for row in rows(client.get(f"/audit?{query}").text)} == {"Ben"}, query
    assert rows(client.get("/audit?coder=Ben&code=trust").text) == [["Nothing has been decided here."]]


def test_coders_see_their_own_rows(two: TestClient) -> None:
    assert [row[1] for row in rows(two.get("/audit").text)] == ["Ben", "Ben"]
    assert [row[1] for row in rows(two.get("/audit?coder=Mia").text)] == ["Ben", "Ben"]
    for name in ("audit.csv", "audit.jsonl"):
        assert two.get(f"/{name}").status_code == 403
    assert "audit.csv" not in two.get("/audit").text


def test_two_hundred_rows_a_page(client: TestClient, review: Review, units: Units) -> None:
    mia = review.people.account("Mia")
    assert mia is not None
    unit = units["anna"][0]
    changes = [["code", unit, code, bool(n % 2)] for n in range(41) for code in review.codebook.ids]
    review.people.act(mia.key, Request("key-of-many", "bulk", changes, review.codebook.digest))
    first, second = client.get("/audit").text, client.get("/audit?page=2").text
    assert (len(rows(first)), len(rows(second))) == (200, 5)
    assert "page 1 of 2" in first
    assert 'rel="next"' in first
    assert 'rel="prev"' in second
    assert rows(client.get("/audit?page=3").text) == [["Nothing has been decided here."]]
    assert client.get("/audit?page=-5").status_code == 200
    assert client.get("/audit?page=x").status_code == 422


def test_what_somebody_has_yet_to_decide_blind_is_kept_back(
    client: TestClient, signed_in: SignIn, review: Review, units: Units
) -> None:
    signed_in("Ben", "coder")
    reader = signed_in("Rea", "reader")
    signed_in("Cem", "coder")
    unit = units["anna"][0]
    cem = review.people.account("Cem")
    assert cem is not None
    review.people.assign(cem.key, {unit: 0.5})
    say(review, "Ben", unit, "conflict", arm="blind")
    for browser in (client, reader):
        assert [(who, said) for _, who, _, said, _ in rows(browser.get("/audit").text)] == [
            ("Ben", "kept back"), ("Ben", "kept back"),
        ]  # fmt: skip
        for row in table(browser.get("/audit.csv").text):
            assert (row["coder"], row["code"], row["value"]) == ("Ben", "", "kept back")
        assert not re.search("conflict|finished", browser.get("/audit.jsonl").text)
        assert rows(browser.get("/audit?code=conflict").text) == [["Nothing has been decided here."]]
    row, _ = table(client.get("/audit.csv?everything=yes").text)
    assert (row["code"], row["value"], row["blind"]) == ("conflict", "applies", "yes")
    say(review, "Cem", unit, "trust", arm="blind")
    assert {row["code"] for row in table(client.get("/audit.csv").text)} == {"conflict", "trust", ""}


def test_a_lead_who_is_still_blind_does_not_learn_it_here(
    client: TestClient, two: TestClient, review: Review
) -> None:
    review.people.set_setting(BLIND_SHARE, 1.0)
    said = {row[1]: row[3] for row in rows(client.get("/audit").text)}
    assert said["Ben"] == "kept back"
    assert said["Mia"].endswith("applies"), "what she said herself is no secret"


def test_the_files_hold_every_decision(
    client: TestClient, two: TestClient, review: Review, units: Units
) -> None:
    take_back = {"unit": units["anna"][0], "code": "trust", "applies": None}
    client.post("/api/act", json={"key": "say-it-again", "codes": [take_back]})
    for number, done in enumerate((False, True)):
        mark = {"unit": units["anna"][0], "done": done}
        client.post("/api/act", json={"key": f"mark-number-{number}", "done": [mark]})
    page = client.get(f"/api/units/{units['anna'][0]}/history").json()["html"]
    assert page.index("opened again") < page.index("finished, no code applies")
    answer = client.get("/audit.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="audit.csv"'
    found = table(answer.text)
    assert tuple(found[0]) == COLUMNS
    assert [row["value"] for row in found] == [
        "applies", "finished", "applies", "finished", "taken back", "opened again",
        "finished, no code applies",
    ]  # fmt: skip
    found = [row for row in found if row["decision"]]
    assert found[1]["shown"] == "trust 0.7718 (probability 0.6649)"
    lines = [json.loads(line) for line in client.get("/audit.jsonl").text.splitlines()]
    assert [line["value"] for line in lines][-2:] == ["opened again", "finished, no code applies"]
    lines = [line for line in lines if line["decision"]]
    assert [line["decision"] for line in lines] == [1, 2, 3]
    assert lines[1]["shown"] == [{"code": "trust", "score": 0.7718, "probability": 0.6649}]
    assert (lines[1]["model"], lines[1]["codebook_version"], lines[1]["blind"]) == ("m1", 1, False)
    assert lines[1]["decided_at"].endswith("+00:00")


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "plain"])
def test_no_cell_is_a_formula(name: str, client: TestClient, two: TestClient, review: Review) -> None:
    (row, *_) = review.people.log()
    _, line = csv_lines([{**row, "coder": name, "model": name}])
    (cells,) = csv.reader(io.StringIO(line))
    assert cells[2] == (name if name == "plain" else f"'{name}")


def test_a_bulk_action_is_read_once(client: TestClient, review: Review, units: Units) -> None:
    mia = review.people.account("Mia")
    assert mia is not None
    everywhere = [*units["anna"], *units["carl"]]
    shown = {"model": "m1", "units": {str(unit): [["trust", unit / 100, None]] for unit in everywhere}}
    changes = [["code", unit, "trust", True] for unit in everywhere]
    request = Request("key-of-bulk", "bulk", changes, review.codebook.digest, shown=shown)
    review.people.act(mia.key, request)
    assert [row["shown"][0][1] for row in review.people.log()] == [unit / 100 for unit in everywhere]
    total, page = review.people.log_page(2, 2, coder="Mia")
    assert total == 6
    assert [row["unit"] for row in page] == everywhere[::-1][2:4]
