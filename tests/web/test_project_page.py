"""The project's page: progress, the blind share, whether suggestions sway, and what is coded twice."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from autocode.store import Project, Request
from autocode.web.project import PLANS
from autocode.web.state import BLIND_SHARE, Review
from tests.web.conftest import Finish, SignIn, build_coding


def csrf(client: TestClient) -> dict[str, str]:
    return {"csrf": str(client.headers["X-CSRF-Token"])}


def cells(page: str, row: str) -> list[str]:
    """The texts of the cells of the table row with this head."""
    found = re.search(rf"<tr[^>]*><th scope=\"row\">(?:<a [^>]*>)?{row}.*?</tr>", page, re.S)
    assert found is not None, page
    return [re.sub(r"<[^>]*>", "", one).strip() for one in re.findall(r"<td[^>]*>(.*?)</td>", found[0], re.S)]


def test_who_has_finished_how_much(
    client: TestClient, signed_in: SignIn, units: dict[str, list[int]], finish: Finish
) -> None:
    signed_in("Ben", "coder")
    finish("Mia", units["anna"], ["trust"])
    finish("Ben", units["anna"][:1], [], "assisted")
    page = client.get("/project").text
    assert cells(page, "anna") == ["3", "3 ✓", "1"]
    assert cells(page, "carl") == ["3", "0", "0"]
    assert cells(page, "Together") == ["6", "3", "1"]
    assert cells(page, "First decided blind, of all") == ["", "3 of 3", "0 of 1"]


def test_numbers_are_of_the_present_cut_and_earlier_ones_are_told(
    client: TestClient, project: Project, units: dict[str, list[int]], finish: Finish
) -> None:
    finish("Mia", units["anna"], ["trust"])
    assert "earlier cut" not in client.get("/project").text + client.get("/").text
    coding = build_coding(project.store.transcript("anna"))
    shorter = tuple(replace(one, end_char=one.end_char - 1, text=one.text[:-1]) for one in coding.utterances)
    project.store.save_coding("again", "anna", replace(coding, utterances=shorter), segmentation="other")
    page, home, people = (client.get(path).text for path in ("/project", "/", "/people"))
    assert cells(page, "Together") == ["6", "0"]
    assert cells(page, "First decided blind, of all") == ["", "0 of 0"]
    for one in (page, home):
        assert "3 finished statements are of an earlier cut" in one
    assert cells(people, "Mia")[2] == "0"


def test_the_lead_sets_the_share_of_blind_units(client: TestClient, review: Review) -> None:
    answer = client.post("/project/blind-share", data={"share": "0,25", **csrf(client)})
    assert answer.headers["location"] == "/project?said=share"
    assert review.people.setting(BLIND_SHARE) == 0.25
    assert 'value="0.25"' in client.get("/project?said=share").text


@pytest.mark.parametrize("share", ["1.5", "-0.1", "nan", "inf", "half", ""])
def test_a_share_is_a_number_from_0_to_1(client: TestClient, review: Review, share: str) -> None:
    answer = client.post("/project/blind-share", data={"share": share, **csrf(client)})
    assert answer.status_code == 400
    assert "share" in answer.text
    assert review.people.setting(BLIND_SHARE) is None


@pytest.mark.parametrize("role", ["coder", "reader"])
def test_only_a_lead_sets_and_draws(signed_in: SignIn, review: Review, role: str) -> None:
    browser = signed_in("Ben", role)
    assert browser.post("/project/blind-share", data={"share": "0.5", **csrf(browser)}).status_code == 403
    assert browser.post("/project/plan", data=csrf(browser)).status_code == 403
    assert browser.post("/project/transcripts", data=csrf(browser)).status_code == 403
    assert browser.get("/project/plan").status_code == 403
    assert "<form" not in browser.get("/project").text.partition("<main")[2].partition("</main>")[0]
    assert review.people.setting(BLIND_SHARE) is None


def test_the_meter_tells_what_it_cannot_tell(
    client: TestClient, units: dict[str, list[int]], finish: Finish
) -> None:
    page = client.get("/project").text
    assert "No sway can be told from the 0 units so far" in page
    assert "undefined: there is no blind unit" in page
    finish("Mia", units["anna"], ["trust"], "blind")
    finish("Mia", units["carl"], [], "assisted")
    page = client.get("/project").text
    assert "it takes 10 blind units, and there are 3" in page
    assert "Read with care" in page
    assert "undefined: no code was applied to the assisted units" in page


def test_the_meter_measures_and_draws(
    client: TestClient, signed_in: SignIn, units: dict[str, list[int]], finish: Finish
) -> None:
    signed_in("Ben", "coder")
    for place in ("anna", "carl"):
        finish("Mia", units[place][:1], ["conflict"], "blind")
        finish("Ben", units[place][1:], ["trust"], "assisted")
    page = client.get("/project").text
    blind, assisted, difference, _ = cells(page, "likeness to the machine")
    assert (blind, assisted) == ("0.00", "1.00")
    assert difference.startswith("+1.00 [")
    assert page.count('<svg class="interval"') == 5
    assert "style=" not in page, "the page's policy allows no styles within"


def test_a_coder_sees_the_own_meter_alone(
    client: TestClient, signed_in: SignIn, units: dict[str, list[int]], finish: Finish
) -> None:
    ben = signed_in("Ben", "coder")
    finish("Mia", units["anna"], ["trust"], "blind")
    page = ben.get("/project").text
    assert "No sway can be told from the 0 units so far" in page
    assert "Coder by coder" not in page
    assert "No sway can be told from the 3 units so far" in client.get("/project").text


def test_what_was_agreed_is_no_coders_decision(
    client: TestClient, review: Review, units: dict[str, list[int]]
) -> None:
    mia = review.people.account("Mia")
    assert mia is not None
    request = Request(
        "key-of-consensus", "consensus", [["done", units["anna"][0], True]], review.codebook.digest
    )
    review.people.act(mia.key, request, subject=review.people.consensus())
    assert "from the 0 units so far" in client.get("/project").text


def plan(review: Review, *names: str, **fields: str) -> dict[str, str | list[str]]:
    keys = [str(one.key) for one in review.people.accounts() if one.name in names]
    return {"coder": keys, "each": "2", "seed": "3", "n": "4", "share": "", **fields}


def test_a_plan_is_looked_at_and_then_given(
    client: TestClient, signed_in: SignIn, review: Review, units: dict[str, list[int]]
) -> None:
    ben = signed_in("Ben", "coder")
    signed_in("Cem", "coder")
    fields = plan(review, "Mia", "Ben", "Cem")
    page = client.get("/project/plan", params=fields).text
    assert cells(page, "anna") == ["3", "2", "0.667"]
    assert review.people.coverage() == {}, "a preview gives nothing"
    digest = re.search(r'name="digest" value="(\w+)"', page)
    assert digest is not None
    answer = client.post("/project/plan", data={**fields, "digest": digest[1], **csrf(client)})
    assert answer.headers["location"] == "/project?said=given"
    given = review.people.coverage()
    assert len(given) == 4
    assert all(len(coders) == 2 for coders in given.values())
    account = review.people.account("Ben")
    assert account is not None
    marks = review.people.marks(account.key)
    assert {(mark.arm, mark.drawn) for mark in marks.values()} == {("blind", True)}
    assert "/queue?order=given" in ben.get("/").text
    (kept,) = review.people.setting(PLANS)
    assert (kept["n"], kept["of"], kept["seed"], kept["by"], kept["coders_per_unit"]) == (4, 6, 3, "Mia", 2)
    assert sum(kept["given"].values()) == 8
    assert "4 of 6" in client.get("/project").text


def test_what_a_coder_has_begun_is_left_and_told(
    client: TestClient, signed_in: SignIn, review: Review, units: dict[str, list[int]], finish: Finish
) -> None:
    signed_in("Ben", "coder")
    finish("Ben", units["anna"], ["trust"], "assisted")
    fields = plan(review, "Mia", "Ben", n="6")
    page = client.get("/project/plan", params=fields).text
    assert cells(page, "Ben") == ["6", "3", "3"]
    digest = re.search(r'name="digest" value="(\w+)"', page)
    assert digest is not None
    sent = {**fields, "digest": digest[1], **csrf(client)}
    client.post("/project/plan", data=sent)
    (kept,) = review.people.setting(PLANS)
    assert (kept["given"]["Ben"], kept["left"]["Ben"]) == (3, 3)
    assert "3 left as they were" in client.get("/project").text
    account = review.people.account("Ben")
    assert account is not None
    assert {review.people.marks(account.key)[unit].arm for unit in units["anna"]} == {"assisted"}
    again = client.post("/project/plan", data=sent)
    assert again.headers["location"] == "/project?said=nothing"
    assert len(review.people.setting(PLANS)) == 1


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"n": "", "share": ""}, "either a number of utterances or a share"),
        ({"share": "0.5"}, "either a number of utterances or a share"),
        ({"n": "many"}, "expected a whole number, found &#39;many&#39;"),
        ({"n": "7"}, "expected 1 to 6"),
        ({"n": "", "share": "2"}, "expected a number above 0 and up to 1"),
        ({"each": "3"}, "3 are to code each utterance, and 2 are ticked"),
        ({"each": "0"}, "0 are to code each utterance"),
        ({"seed": "-1"}, "whole number from 0 on"),
        ({"coder": ["99"]}, "does not code any more"),
    ],
)
def test_a_plan_that_cannot_be_says_why(
    client: TestClient, signed_in: SignIn, review: Review, fields: dict[str, str], sentence: str
) -> None:
    signed_in("Ben", "coder")
    answer = client.get("/project/plan", params=plan(review, "Mia", "Ben", **fields))
    assert answer.status_code == 400
    assert sentence in answer.text


def test_a_plan_that_is_not_the_previewed_one_is_not_given(
    client: TestClient, signed_in: SignIn, review: Review
) -> None:
    signed_in("Ben", "coder")
    fields = plan(review, "Mia", "Ben")
    answer = client.post("/project/plan", data={**fields, "digest": "0" * 64, **csrf(client)})
    assert answer.status_code == 409
    assert review.people.coverage() == {}


def test_transcripts_are_given_to_coders_and_taken_back(
    client: TestClient, signed_in: SignIn, review: Review, units: dict[str, list[int]], finish: Finish
) -> None:
    ben = signed_in("Ben", "coder")
    account = review.people.account("Ben")
    assert account is not None
    review.people.assign(account.key, {units["anna"][1]: 0.5})
    pair = f"{account.key}:{{}}".format
    sent = {"give": [pair("anna"), pair("carl")], **csrf(client)}
    answer = client.post("/project/transcripts", data=sent)
    assert answer.headers["location"] == "/project?said=transcripts#transcripts"
    page = client.get("/project").text
    assert f'value="{pair("anna")}" checked' in page
    assert cells(page, "In transcripts given") == ["", "none given", "0 of 6"]
    assert cells(page, "Given for reliability") == ["", "none given", "0 of 1"], "that is another matter"
    assert ben.get("/").text.count("given to you</span>") == 2
    assert "Of the 6 that were given to you, 6 are left" in ben.get("/").text
    tags = re.findall(r'data-unit="(\d+)".*?>(reliability|given)</span>', ben.get("/read/anna").text, re.S)
    assert {int(unit): tag for unit, tag in tags} == {
        units["anna"][0]: "given", units["anna"][1]: "reliability", units["anna"][2]: "given",
    }  # fmt: skip
    assert ">given</span>" not in client.get("/read/anna").text, "nothing is given to Mia"
    order = []
    while (unit := review.orders.next(account, "given")) is not None:
        order.append(unit)
        finish("Ben", [unit], [])
    assert order == [units["anna"][1], units["anna"][0], units["anna"][2], *units["carl"]]
    taken = {"had": [pair("anna"), pair("carl")], "give": [pair("carl")], **csrf(client)}
    client.post("/project/transcripts", data=taken)
    assert review.people.given() == {account.key: {"carl"}}
    said = [row["value"] for row in review.people.log() if row["unit"] is None]
    assert said == ["transcript given to Ben"] * 2 + ["transcript taken back from Ben"]
    assert "transcript taken back from Ben" in client.get("/audit").text
    assert "transcript taken back from Ben" in client.get("/audit.csv").text


def test_two_leads_who_give_at_once_do_not_undo_each_other(
    client: TestClient, signed_in: SignIn, review: Review
) -> None:
    signed_in("Ben", "coder")
    account = review.people.account("Ben")
    assert account is not None
    review.people.give(account.key, {"carl"}, {"carl"}, by=1)  # while Mia's page shows nothing given
    client.post("/project/transcripts", data={"give": f"{account.key}:anna", **csrf(client)})
    assert review.people.given() == {account.key: {"anna", "carl"}}
    answer = client.post("/project/transcripts", data={"give": "99:anna", **csrf(client)})
    assert answer.status_code == 400
    assert "does not code any more" in answer.text
    answer = client.post("/project/transcripts", data={"give": f"{account.key}:nobody", **csrf(client)})
    assert answer.status_code == 404
    assert "nobody: no such transcript" in answer.text.lower()


def test_what_others_decided_blind_stays_secret_until_whoever_was_given_the_transcript_has_finished(
    client: TestClient, signed_in: SignIn, review: Review, units: dict[str, list[int]], finish: Finish
) -> None:
    signed_in("Ben", "coder")
    signed_in("Cem", "coder")
    ben, unit = review.people.account("Ben"), units["anna"][0]
    assert ben is not None
    review.people.give(ben.key, {"anna"}, {"anna"}, by=1)
    finish("Cem", [unit], ["conflict"], "blind")
    assert "kept back" in client.get("/audit").text
    assert unit not in review.settled()
    finish("Ben", [unit], ["trust"], "assisted")
    assert "kept back" not in client.get("/audit").text.partition("<tbody>")[2]
    assert unit in review.settled()
