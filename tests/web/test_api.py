"""What the page's script asks for, and what must never be told."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from sqlalchemy import event
from starlette.testclient import TestClient

from autocode.codebook import read_codebook
from autocode.web.reading import PALETTE, colour_numbers
from autocode.web.state import BLIND_SHARE, Review

SCORE, PROBABILITY = 0.7718, 0.6649  # of the one suggestion, see conftest
TOLD = ("0.77", "0.66", "suggested</span>", 'data-open="trust"', "0.7718", "0.6649")
KEYS = (f"key-{number:05}" for number in count())


def act(client: TestClient, *, status: int = 200, key: str = "", **body: Any) -> dict[str, Any]:
    answer = client.post("/api/act", json={"key": key or next(KEYS), **body})
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def says(unit: int, code: str, applies: bool | None = True) -> list[dict[str, Any]]:
    return [{"unit": unit, "code": code, "applies": applies}]


def done(*units: int, yes: bool = True) -> list[dict[str, Any]]:
    return [{"unit": unit, "done": yes} for unit in units]


def turn(client: TestClient, what: str, **body: Any) -> dict[str, Any]:
    answer = client.post(f"/api/{what}", json={"key": next(KEYS), **body})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def standing(review: Review, unit: int, name: str = "Mia") -> dict[str, bool]:
    account = review.people.account(name)
    assert account is not None
    return review.people.standing([unit], account.key).get(unit, {})


@contextmanager
def statements(review: Review) -> Iterator[list[str]]:
    """The SQL that is sent meanwhile."""
    engine, sent = review.project.store._database._engine, list[str]()

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


class TestAct:
    def test_the_answer_is_the_utterance_as_it_stands(self, client, review, units):
        unit = units["anna"][0]
        answer = act(client, codes=says(unit, "trust"), done=done(unit))
        assert list(answer["units"]) == [str(unit)]
        assert 'data-codes="trust"' in answer["units"][str(unit)]
        assert 'class="unit codable done"' in answer["units"][str(unit)]
        assert (answer["kind"], answer["done"], answer["next"]) == ("decide", 1, None)
        assert standing(review, unit) == {"trust": True}

    def test_twice_is_once(self, client, review, units):
        unit = units["anna"][0]
        first = act(client, key="the-same-key", codes=says(unit, "trust"))
        again = act(client, key="the-same-key", codes=says(unit, "trust"))
        assert again["action"] == first["action"]
        assert len(review.people.history(unit)) == 1

    def test_what_was_shown_is_in_the_log(self, client, review, units):
        act(client, codes=says(units["anna"][0], "conflict"))
        (row,) = review.people.history(units["anna"][0])
        assert row["shown"] == [["trust", SCORE, PROBABILITY]]
        assert row["codebook_version"] == 1

    def test_many_at_once(self, client, review, units):
        act(client, kind="bulk", codes=says(units["anna"][0], "trust") + says(units["carl"][0], "conflict"),
            done=done(*units["anna"], *units["carl"]))  # fmt: skip
        assert client.get("/api/progress").json()["done"] == 6
        turn(client, "undo")
        assert client.get("/api/progress").json()["done"] == 0
        assert review.people.said() == []

    def test_many_take_no_more_statements_than_one(self, client, review, units):
        review.people.set_setting(BLIND_SHARE, 0.5)
        for place in ("anna", "carl"):  # what is kept is read now
            first = says(units[place][0], "conflict") + says(units[place][0], "trust")
            act(client, codes=first, done=done(units[place][0]))
        sent = []
        for some in (units["anna"][1:2], units["carl"][1:]):
            assert len(some) == len(sent) + 1
            codes = [one for unit in some for one in says(unit, "trust") + says(unit, "conflict", False)]
            with statements(review) as found:
                act(client, kind="bulk", codes=codes, done=done(*some))
            sent.append(len(found))
        assert sent[0] == sent[1] > 10

    @pytest.mark.parametrize("first", [True, False])
    def test_of_an_exclusive_group_one_applies(self, client, review, units, first):
        unit = units["anna"][0]
        if first:
            act(client, codes=says(unit, "often"))
            act(client, codes=says(unit, "seldom") + says(unit, "trust"))
        else:  # both in one request
            act(client, codes=says(unit, "often") + says(unit, "seldom") + says(unit, "trust"))
        assert standing(review, unit) == {"often": False, "seldom": True, "trust": True}
        turn(client, "undo")
        assert standing(review, unit) == ({"often": True} if first else {})

    def test_a_span(self, client, review):
        reading = review.reading("anna")
        span = {"transcript_id": "anna", "start_char": 3, "end_char": 9, "code": "trust"}
        answer = act(client, kind="span", spans=[span])
        assert answer["spans"] == {str(reading.transcript_key): [[3, 9, "trust"]]}
        assert turn(client, "undo")["spans"] == {str(reading.transcript_key): []}
        assert turn(client, "redo")["spans"] == {str(reading.transcript_key): [[3, 9, "trust"]]}

    @pytest.mark.parametrize(("start", "end"), [(9, 3), (3, 3), (0, 100_000)])
    def test_a_span_that_is_none(self, client, start, end):
        span = {"transcript_id": "anna", "start_char": start, "end_char": end, "code": "trust"}
        assert act(client, status=400, spans=[span]) == {"error": "the selection lies outside the transcript"}

    def test_other_coders_see_nothing_of_it(self, client, signed_in, units):
        unit = units["anna"][0]
        ben = signed_in("Ben", "coder")
        act(client, codes=says(unit, "conflict"), done=done(unit))
        page = ben.get("/read/anna").text
        assert 'data-codes="conflict"' not in page
        assert ben.get("/api/progress").json()["done"] == 0
        assert turn(ben, "undo")["message"] == "There is nothing to undo."


class TestRefused:
    @pytest.mark.parametrize(("body", "status", "message"), [
        ({"done": [{"unit": 99999, "done": True}]}, 404, "99999: no such utterance in the project; its"),
        ({"codes": [{"unit": 99999, "code": "trust", "applies": True}]}, 404, "99999: no such utterance"),
        ({"codes": [{"unit": 2, "code": "nothing", "applies": True}]}, 409,
         "the code 'nothing' is not in the codebook now; reload the page"),
        ({"spans": [{"transcript_id": "none", "start_char": 0, "end_char": 2, "code": "trust"}]}, 404,
         "none: no such transcript, or it has not been coded yet"),
        ({"spans": [{"transcript_id": "\0", "start_char": 0, "end_char": 2, "code": "trust"}]}, 404,
         ": no such transcript"),
        ({"done": [{"unit": 1, "done": True}]}, 400, "anna:0: is context, and is not coded"),
        ({"done": [{"unit": -1, "done": True}]}, 422, "the request cannot be read: body.done.0.unit: "),
        ({"done": [{"unit": 2**31, "done": True}]}, 422, "the request cannot be read: body.done.0.unit: "),
        ({"done": [{"unit": 2, "done": "yes"}]}, 422, "the request cannot be read: body.done.0.done: "),
        ({"done": [{"unit": True, "done": True, "x": 1}]}, 422, "the request cannot be read: body.done.0."),
        ({"key": "short"}, 422, "the request cannot be read: body.key: "),
        ({"key": "key with spaces"}, 422, "the request cannot be read: body.key: "),
        ({"kind": "undo"}, 422, "the request cannot be read: body.kind: "),
        ({"more": 1}, 422, "the request cannot be read: body.more: "),
        ({"done": [{"unit": 2, "done": True}], "order": "nothing"}, 400,
         "there is no order 'nothing'; known are"),
    ])  # fmt: skip
    def test_with_one_sentence_and_nothing_stored(self, client, review, body, status, message):
        told = act(client, status=status, **{"key": next(KEYS), **body})
        assert list(told) == ["error"]
        assert told["error"].startswith(message) or message in told["error"]
        assert "\n" not in told["error"]
        assert review.people.last_action() == 0

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"[]",
            b"\xff",
            b'"x"',
            b'{"key": "\\ud800\\ud800xx"}',
            b'{"key": "key-00000", "\\ud800": 1}',
            b"null",
        ],
    )
    def test_what_is_no_request(self, client, body):
        answer = client.post("/api/act", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code in (400, 422)
        assert list(answer.json()) == ["error"]

    @pytest.mark.parametrize("what", ["undo", "redo"])
    def test_an_order_that_is_none_takes_nothing_back(self, client, review, units, what):
        act(client, done=done(units["anna"][0]))
        answer = client.post(f"/api/{what}", json={"key": next(KEYS), "order": "nothing"})
        assert answer.status_code == 400
        assert client.get("/api/progress").json()["done"] == 1

    def test_a_codebook_that_has_changed(self, client, project, units):
        text = project.codebook_path.read_text(encoding="utf-8")
        act(client, codes=says(units["anna"][0], "conflict"))
        project.codebook_path.write_text(text.replace("id: conflict", "id: quarrel"), encoding="utf-8")
        told = act(client, status=409, codes=says(units["anna"][0], "conflict", False))
        assert told == {"error": "the code 'conflict' is not in the codebook now; reload the page"}
        act(client, codes=says(units["anna"][0], "quarrel"))
        for path in ("/read/anna", f"/api/units/{units['anna'][0]}/history", "/queue?order=transcript", "/"):
            assert client.get(path).status_code == 200
        for _ in range(2):
            assert turn(client, "undo")["units"]

    def test_a_codebook_that_is_broken(self, client, project, units):
        project.codebook_path.write_text("codes: [", encoding="utf-8")
        told = act(client, status=400, codes=says(units["anna"][0], "trust"))
        assert "codebook.yaml" in told["error"]
        assert client.get("/read/anna").status_code == 400

    def test_a_transcript_that_was_removed(self, client, project, units):
        unit = units["anna"][0]
        act(client, codes=says(unit, "trust"), done=done(unit))
        client.get("/read/anna")
        project.store.remove_transcript("anna", with_decisions=True)
        for body in ({"codes": says(unit, "trust")}, {"done": done(unit)}):
            told = act(client, status=404, **body)
            assert told["error"] == (
                f"{unit}: no such utterance in the project; its transcript may have been removed"
            )
        for path in (
            "/read/anna",
            f"/api/units/{unit}/why",
            f"/api/units/{unit}/history",
            "/utterance/anna:1",
        ):
            assert client.get(path).status_code == 404
        assert turn(client, "undo")["message"] == "There is nothing to undo."
        assert client.get("/queue?order=transcript").status_code == 200
        assert client.get("/").status_code == 200

    def test_an_utterance_of_an_earlier_cut(self, client, project, review, units):
        unit = units["anna"][0]
        act(client, codes=says(unit, "trust"))
        coding = project.store.coding("run", "anna")
        project.store.save_coding("run 2", "anna", coding, segmentation="the same cut by other settings")
        assert client.get(f"/api/units/{unit}/why").status_code == 200
        first = next(one for one in coding.utterances if one.codable)
        shorter = replace(first, end_char=first.end_char - 1, text=first.text[:-1])
        cut = tuple(shorter if one is first else one for one in coding.utterances)
        other = replace(coding, utterances=cut)
        project.store.save_coding("run 3", "anna", other, segmentation="another cut")
        for path in (f"/api/units/{unit}/why", f"/api/units/{unit}/history"):
            answer = client.get(path)
            assert answer.status_code == 404
            assert answer.json() == {
                "error": f"{unit}: no such utterance in the latest coding; reload the page"
            }
        act(client, status=404, codes=says(unit, "trust"))
        page = client.get("/").text
        assert "earlier cut" not in page, "it is not finished"
        assert turn(client, "undo")["message"] == "Undo: 1 utterance of an earlier cut."

    @pytest.mark.parametrize(("path", "status"), [
        ("/api/units/99999/why", 404), ("/api/units/99999/history", 404), ("/api/units/x/why", 422),
        ("/api/units/-1/why", 422), ("/api/codes/nothing", 404), ("/api/codes/%00", 404),
        ("/api/suggestions?transcript_id=x&since=-1", 422), ("/api/nowhere", 404),
    ])  # fmt: skip
    def test_what_is_not_there(self, client, path, status):
        answer = client.get(path)
        assert answer.status_code == status
        assert list(answer.json()) == ["error"]


class TestWhy:
    @pytest.mark.parametrize(
        ("probability", "told"), [(PROBABILITY, "probability 0.66"), (None, "score 0.77")]
    )
    def test_a_score_is_not_called_a_probability(self, client, project, units, probability, told):
        coding = project.store.coding("run", "anna")
        suggestions = tuple(replace(one, probability=probability) for one in coding.suggestions)
        again = replace(coding, suggestions=suggestions)
        project.store.save_coding("run 2", "anna", again, segmentation="s")
        page = client.get(f"/api/units/{units['anna'][0]}/why").json()["html"]
        assert re.findall(r'class="p">([^<]*)<', page) == [told]


@pytest.mark.parametrize(("path", "sentence"), [
    ("/read/p01", "<p>p01: no such transcript"), ("/nowhere", "<p>There is no such page.</p>"),
])  # fmt: skip
def test_an_error_page_leaves_an_id_as_it_is(client, path, sentence):
    assert sentence in client.get(path).text


class TestUndo:
    def test_back_and_forth(self, client, review, units):
        unit = units["anna"][0]
        act(client, codes=says(unit, "trust"), done=done(unit))
        back = turn(client, "undo")
        assert back["message"] == "Undo: 1 utterance."
        assert 'data-codes=""' in back["units"][str(unit)]
        assert standing(review, unit) == {}
        assert turn(client, "redo")["message"] == "Redo: 1 utterance."
        assert standing(review, unit) == {"trust": True}
        assert turn(client, "redo")["message"] == "There is nothing to redo."
        turn(client, "undo")
        assert turn(client, "undo")["message"] == "There is nothing to undo."

    def test_of_a_span(self, client):
        span = {"transcript_id": "anna", "start_char": 3, "end_char": 9, "code": "trust"}
        act(client, kind="span", spans=[span])
        assert turn(client, "undo")["message"] == "Undo: a memo or a span."


class TestQueue:
    def now(self, client: TestClient, order: str = "transcript") -> int | None:
        page = client.get("/queue", params={"order": order}).text
        found = re.search(r'data-unit="(\d+)"', page)
        return None if found is None else int(found[1])

    def test_in_the_order_of_the_transcripts(self, client, units):
        answer: dict[str, Any] = {}
        for unit in units["anna"] + units["carl"]:
            assert self.now(client) == unit
            answer = act(client, done=done(unit), order="transcript")
        assert self.now(client) is None
        assert "Nothing is left here" in answer["next"]

    def test_skipped_comes_round_again(self, client, units):
        first, *rest = units["anna"] + units["carl"]
        answer = act(client, skip=first, order="transcript")
        assert f'data-unit="{rest[0]}"' in answer["next"]
        for unit in rest:
            act(client, done=done(unit))
        assert self.now(client) == first

    def test_undone_comes_back(self, client, units):
        first, second, *_ = units["anna"]
        assert self.now(client) == first
        act(client, done=done(first))
        assert self.now(client) == second
        turn(client, "undo")
        assert self.now(client) == first

    @pytest.mark.parametrize(
        "order", ["uncertain", "worst_code", "rare_code", "random", "code:trust", "transcript"]
    )
    def test_every_order_comes_to_an_end_after_all_units(self, client, units, order):
        seen = set()
        while (unit := self.now(client, order)) is not None:
            assert unit not in seen
            seen.add(unit)
            act(client, done=done(unit))
        assert seen == {*units["anna"], *units["carl"]}

    def test_given_units_come_first(self, client, review, units):
        mia = review.people.account("Mia")
        assert client.get("/queue").headers["location"] == "/queue?order=transcript"
        review.people.assign(mia.key, {units["carl"][1]: 0.5})
        assert client.get("/queue").headers["location"] == "/queue?order=given"
        assert self.now(client, "given") == units["carl"][1]


class TestHistory:
    def test_ones_own(self, client, units):
        unit = units["anna"][0]
        act(client, codes=says(unit, "conflict"), done=done(unit))
        turn(client, "undo")
        told = client.get(f"/api/units/{unit}/history").json()["html"]
        for part in ("Mia", "Conflict: applies", "Conflict: taken back (undo)", "0.77", "version 1"):
            assert part in told

    def test_blind_decisions_of_others_are_nobodys_business(self, client, signed_in, review, units):
        open_unit, blind_unit = units["anna"][:2]
        ben = signed_in("Ben", "coder")
        review.people.assign(review.people.account("Ben").key, {blind_unit: 0.5})
        act(
            ben,
            codes=says(open_unit, "conflict") + says(blind_unit, "conflict"),
            done=done(open_unit, blind_unit),
        )
        assert "Ben" in client.get(f"/api/units/{open_unit}/history").json()["html"]  # Mia leads
        assert "Ben" not in client.get(f"/api/units/{blind_unit}/history").json()["html"]
        zoe = signed_in("Zoe", "coder")
        assert "Ben" not in zoe.get(f"/api/units/{open_unit}/history").json()["html"]


class TestAnotherCodersDecisions:
    def test_the_lead_reads_them_when_all_have_finished(self, client, signed_in, units):
        unit = units["anna"][0]
        ben = signed_in("Ben", "coder")
        act(ben, codes=says(unit, "conflict"), done=done(unit))
        seen = 'data-codes="conflict"'
        assert seen not in client.get("/read/anna?coder=Ben").text  # nobody else has finished it
        act(client, done=done(unit))
        assert seen in client.get("/read/anna?coder=Ben").text
        assert seen not in client.get("/read/anna").text
        assert ben.get("/read/anna?coder=Mia").status_code == 403
        assert client.get("/read/anna?coder=Nobody").status_code == 404

    def test_a_lead_who_is_still_blind_reads_none(self, client, signed_in, review, units):
        unit = units["anna"][0]
        review.people.set_setting(BLIND_SHARE, 1.0)
        for name in ("Ben", "Cem"):
            act(signed_in(name, "coder"), codes=says(unit, "conflict"), done=done(unit))
        seen = 'data-codes="conflict"'
        assert seen not in client.get("/read/anna?coder=Ben").text
        rea = signed_in("Rea", "reader")  # never decides, so nothing is hidden
        assert seen in rea.get("/read/anna?coder=Ben").text
        page = rea.get("/read/anna").text
        assert 'data-open="trust"' in page
        assert "hidden-arm" not in page
        act(client, done=done(unit))
        assert seen in client.get("/read/anna?coder=Ben").text

    def test_disagreements_are_settled_elsewhere(self, client):
        assert client.get("/queue?order=disagreements").headers["location"] == "/adjudicate"


COLOURS = """\
codes:
  - {id: a, name: A, colour: "#111111"}
  - {id: b, name: B, parent: a}
  - {id: c, name: C, parent: b, colour: "#222222"}
  - {id: d, name: D, parent: c}
  - {id: e, name: E}
  - {id: f, name: F, parent: e}
"""


def test_a_code_without_a_colour_takes_that_of_the_nearest_above(client, project):
    project.codebook_path.write_text(COLOURS, encoding="utf-8")
    css = re.findall(r"\.c(\d+) \{ --code: (#\w+); \}", client.get("/codes.css").text)
    colour = {
        code: dict(css)[str(number)]
        for code, number in colour_numbers(read_codebook(project.codebook_path)).items()
    }
    assert {code: colour[code] for code in "abcd"} == {
        "a": "#111111",
        "b": "#111111",
        "c": "#222222",
        "d": "#222222",
    }
    assert colour["e"] == colour["f"]
    assert colour["e"] in PALETTE
    assert len(css) == len(dict(css)), "no number has two colours"


class TestBlind:
    """A hidden suggestion is in no answer before the unit is done."""

    @pytest.fixture
    def blind(self, client, review: Review) -> TestClient:
        review.people.set_setting(BLIND_SHARE, 1.0)
        return client

    def everything(self, client: TestClient, unit: int) -> list[str]:
        paths = [
            "/", "/read/anna", "/search?q=trust", "/api/suggestions?transcript_id=anna", "/people",
            "/api/progress", f"/api/units/{unit}/why", f"/api/units/{unit}/history",
            *(f"/queue?order={order}"
              for order in ("transcript", "uncertain", "random", "rare_code", "worst_code")),
        ]  # fmt: skip
        return [client.get(path).text for path in paths]

    def check_silent(self, bodies: list[str]) -> None:
        for body in bodies:
            for told in TOLD:
                assert told not in body
            assert not re.search(r'data-open="[^"]', body)
            assert not re.search(r'data-p="[^"]', body)

    def test_the_search_finds_what_is_open(self, client, units):
        page = client.get("/read/anna").text
        assert 'data-open="trust"' in page
        assert 'data-p="0.772"' in page
        assert "0.66" in page

    def test_before_it_is_done(self, blind, units):
        unit = units["anna"][0]
        self.check_silent(self.everything(blind, unit))
        for body in (
            {"codes": says(unit, "conflict")}, {"codes": says(unit, "trust", False)},
            {"skip": units["carl"][2], "order": "transcript"}, {"codes": says(unit, "trust", None)},
        ):  # fmt: skip
            self.check_silent([str(act(blind, **body))])
        self.check_silent([str(turn(blind, "undo", order="transcript")), str(turn(blind, "redo"))])
        self.check_silent(self.everything(blind, unit))
        answer = blind.get(f"/api/units/{unit}/why")
        assert (answer.status_code, answer.json()) == (
            403, {"error": "suggestions are shown when you have decided"},
        )  # fmt: skip

    def test_when_it_is_done(self, blind, units, review):
        unit, other, *_ = units["anna"]
        answer = act(blind, codes=says(unit, "conflict"), done=done(unit), order="transcript")
        assert "0.66" in answer["units"][str(unit)]
        assert "You decided this blind" in answer["units"][str(unit)]
        self.check_silent([answer["next"]])  # the next one is still blind
        assert blind.get(f"/api/units/{other}/why").status_code == 403
        assert "0.66" in blind.get(f"/api/units/{unit}/why").json()["html"]
        row, mark = review.people.history(unit)
        assert (row["blind"], row["shown"]) == (True, [])
        assert (mark["blind"], mark["value"]) == (True, "finished")
        assert review.people.first_decisions() == [
            ("Mia", "anna", "anna:1", "blind", frozenset({"conflict"}), frozenset({"trust"}))
        ]

    def test_once_shown_it_stays_no_blind_decision(self, blind, units, review):
        unit = units["anna"][0]
        act(blind, done=done(unit))
        turn(blind, "undo")
        act(blind, codes=says(unit, "trust"), done=done(unit))
        blind = [row["blind"] for row in review.people.history(unit)]
        assert blind == [True, False, False, False]  # finished without a code, opened again, trust, finished

    def test_units_that_were_given(self, client, review, units):
        unit = units["anna"][0]
        review.people.assign(review.people.account("Mia").key, {unit: 0.5})
        page = client.get("/read/anna").text
        article = page.split(f'id="u{unit}"')[1].split("</article>")[0]
        self.check_silent([article, client.get("/queue?order=given").text])
        assert client.get(f"/api/units/{unit}/why").status_code == 403


class TestEscaping:
    """What participants said and what people call things is text, wherever it is shown."""

    def bodies(self, client: TestClient, unit: int) -> dict[str, str]:
        act(client, codes=says(unit, "trust") + says(unit, "conflict"), done=done(unit))
        paths = [
            "/", "/read/anna", "/queue?order=transcript", "/queue?order=code:trust", "/people", "/settings",
            "/search?q=quotes", "/search?q=%3Cscript%3Ealert('q')%3C/script%3E%22", "/codes.css",
            "/read/%3Cscript%3Ealert('p')%3C/script%3E", "/queue?order=%3Cscript%3Ealert('o')%3C/script%3E",
        ]  # fmt: skip
        found = {path: client.get(path).text for path in paths}
        for path in (f"/api/units/{unit}/why", f"/api/units/{unit}/history", "/api/codes/trust"):
            found[path] = client.get(path).json()["html"]
        answer = act(client, codes=says(unit, "often"), order="transcript")
        return {**found, "unit": answer["units"][str(unit)], "next": answer["next"]}

    def test_everywhere(self, client, review, signed_in, units):
        signed_in('<script>alert("n")</script>', "coder")
        review.people.change_account(
            review.people.account("Mia").key, settings={"keys": {"next": "<script>alert('k')</script>"}}
        )
        bodies = self.bodies(client, units["anna"][0])
        for place, body in bodies.items():
            assert "<script>alert" not in body, place
            assert "<img" not in body, place
            assert "{{6170}}" not in body, place
            assert not re.search(r"6170", body), place
        assert "{{1234*5}}" in bodies["/read/anna"]

    def test_it_reads_back_as_it_was(self, client, review, units):
        page = client.get("/read/anna").text
        said = re.findall(r'<p class="said">(.*?)</p>', page, flags=re.DOTALL)
        assert [html.unescape(one) for one in said] == [one.text for one in review.reading("anna").utterances]
        speakers = {html.unescape(one) for one in re.findall(r'data-speaker="([^"]*)"', page)}
        assert speakers == {one.speaker for one in review.reading("anna").utterances}

    def test_sentences_about_mistakes(self, client):
        for path in (
            "/read/<script>x",
            "/queue?order=<script>x",
            "/utterance/<script>x",
            "/start?key=<script>x",
        ):
            answer = client.get(path)
            assert answer.status_code in (400, 403, 404)
            assert "<script>x" not in answer.text
