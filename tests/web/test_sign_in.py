"""Signing in, passphrases, roles, and who may do what."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from autocode.store import create_project
from autocode.web.app import create_app
from autocode.web.guard import Throttle, hashed, sha256
from autocode.web.serve import ServeError, hosts_of, serve
from autocode.web.session import COOKIE, STAYS
from autocode.web.state import Review
from tests.web.conftest import CODEBOOK, token_of

HOST = "127.0.0.1:8710"
START_KEY = "start-key-of-the-tests"
PASSPHRASE = "a long passphrase"
WRONG = "Name or passphrase is wrong."


def browser_of(app: FastAPI) -> TestClient:
    return TestClient(app, base_url=f"http://{HOST}", follow_redirects=False)


def csrf_in(page: str) -> str:
    return page.split('name="csrf" value="')[1].split('"', maxsplit=1)[0]


def try_to_sign_in(browser: TestClient, name: str, passphrase: str):
    csrf = csrf_in(browser.get("/sign-in").text)
    return browser.post("/sign-in", data={"csrf": csrf, "name": name, "passphrase": passphrase})


def start_as(browser: TestClient, name: str, key: str = START_KEY):
    csrf = csrf_in(browser.get("/sign-in").text)
    return browser.post("/start", data={"csrf": csrf, "key": key, "name": name})


class TestStartLink:
    def test_the_first_who_comes_leads(self, client, review):
        (mia,) = review.people.accounts()
        assert (mia.name, mia.role, mia.has_passphrase) == ("Mia", "lead", False)

    def test_later_it_signs_in_whoever_has_no_passphrase(self, app, client):
        browser = browser_of(app)
        answer = browser.get("/start", params={"key": START_KEY})
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert browser.get("/settings").status_code == 200

    def test_it_is_of_one_start(self, review, client):
        later = create_app(review, hosts=[HOST])
        answer = browser_of(later).get("/start", params={"key": START_KEY})
        assert answer.status_code == 403
        assert "This link is of an earlier start of autocode" in answer.text
        one, other = later.state.web.start_key, create_app(review, hosts=[HOST]).state.web.start_key
        assert one != other
        assert len(one) >= 40

    @pytest.mark.parametrize("key", ["", "wrong", START_KEY + "x", START_KEY.upper(), "ü", "%00"])
    def test_a_wrong_key(self, app, review, key):
        browser = browser_of(app)
        assert browser.get("/start", params={"key": key}).status_code == 403
        assert start_as(browser, "Eve", key).status_code == 403
        assert browser.get("/start").status_code == 403
        assert review.people.accounts() == []

    def test_with_a_passphrase_the_link_is_not_enough(self, app, client):
        assert client.post("/settings", data={"passphrase": PASSPHRASE}).status_code == 303
        browser = browser_of(app)
        assert "Go on as" not in browser.get("/start", params={"key": START_KEY}).text
        assert start_as(browser, "Mia").status_code == 403
        assert browser.get("/").headers["location"] == "/sign-in"

    def test_it_makes_no_second_account(self, app, client, review):
        assert start_as(browser_of(app), "Eve").status_code == 403
        assert [one.name for one in review.people.accounts()] == ["Mia"]

    def test_the_one_named_on_the_command_line(self, review):
        review.people.add_account("Mia", "lead")
        review.people.add_account("Ben", "coder")
        app = create_app(review, hosts=[HOST], start_key=START_KEY, sign_in_as="ben")
        browser = browser_of(app)
        assert browser.get("/start", params={"key": START_KEY}).status_code == 303
        assert ">Ben</a>" in browser.get("/").text

    def test_two_without_a_passphrase_choose(self, app, review):
        for name in ("Mia", "Ben"):
            review.people.add_account(name, "lead")
        browser = browser_of(app)
        page = browser.get("/start", params={"key": START_KEY}).text
        assert "Go on as Mia" in page
        assert "Go on as Ben" in page
        assert start_as(browser, "Ben").status_code == 303

    def test_an_empty_name(self, app, review):
        answer = start_as(browser_of(app), "  ")
        assert answer.status_code == 400
        assert "A name needs 1 to 80 characters" in answer.text
        assert review.people.accounts() == []


class TestPassphrase:
    def test_right(self, app, client, signed_in):
        signed_in("Ben", "coder")
        answer = try_to_sign_in(browser_of(app), "BEN", PASSPHRASE)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")

    @pytest.mark.parametrize("name", ["Ben", "Nobody", "", "consensus", "Mia", "Gone", "x" * 80, "Ünï"])
    def test_all_that_is_wrong_is_told_alike(self, app, client, review, signed_in, name):
        review.people.consensus()
        signed_in("Ben", "coder")
        gone = review.people.add_account("Gone", "coder", passphrase_hash=hashed(PASSPHRASE))
        review.people.change_account(gone.key, active=False)
        passphrase = "wrong passphrase" if name == "Ben" else PASSPHRASE
        answer = try_to_sign_in(browser_of(app), name, passphrase)
        assert answer.status_code == 403
        assert WRONG in answer.text
        assert answer.text.count(WRONG) == 1
        assert "autocode_review" not in answer.headers["set-cookie"]

    def test_guessing_is_slowed_down_for_names_that_exist_and_names_that_do_not(self, review):
        now = [0.0]
        app = create_app(review, hosts=[HOST], start_key=START_KEY)
        app.state.web.throttle = Throttle(lambda: now[0])
        review.people.add_account("Mia", "lead", passphrase_hash=hashed(PASSPHRASE))
        told: dict[str, list[tuple[int, bool]]] = {}
        for name in ("Mia", "Nobody"):
            told[name] = []
            for _ in range(5):
                answer = try_to_sign_in(browser_of(app), name, "wrong passphrase")
                told[name].append((answer.status_code, WRONG in answer.text))
            answer = try_to_sign_in(browser_of(app), name.upper(), PASSPHRASE)
            told[name].append(
                (answer.status_code, "Too many wrong passphrases; try again in 2 s" in answer.text)
            )
        assert told["Mia"] == told["Nobody"] == [(403, True)] * 5 + [(429, True)]
        now[0] = 2.1
        assert try_to_sign_in(browser_of(app), "Mia", PASSPHRASE).status_code == 303
        assert try_to_sign_in(browser_of(app), "Mia", "wrong passphrase").status_code == 403  # counted anew

    def test_a_new_one_signs_out_ones_other_browsers(self, app, client):
        other = browser_of(app)
        other.get("/start", params={"key": START_KEY})
        assert client.post("/settings", data={"passphrase": PASSPHRASE}).status_code == 303
        assert client.get("/settings").status_code == 200
        assert other.get("/").headers["location"] == "/sign-in"

    @pytest.mark.parametrize(("passphrase", "message"), [
        ("short", "A passphrase needs at least 8 characters"), ("x" * 1001, "has at most 1000 characters"),
    ])  # fmt: skip
    def test_too_short_or_too_long(self, client, review, passphrase, message):
        for path, form in (("/settings", {}), ("/people", {"name": "Ben", "role": "coder"})):
            answer = client.post(path, data={**form, "passphrase": passphrase})
            assert answer.status_code == 400
            assert message in answer.text
        assert [one.has_passphrase for one in review.people.accounts()] == [False]

    def test_it_is_nowhere_to_be_read(self, client, signed_in, project):
        signed_in("Ben", "coder")
        assert PASSPHRASE not in client.get("/people").text
        project.store.close()
        assert PASSPHRASE.encode() not in (project.folder / "autocode.db").read_bytes()


class TestSignIn:
    def test_needed_for_everything(self, anonymous):
        for path in ("/", "/read/anna", "/queue", "/people", "/settings", "/search?q=x", "/codes.css"):
            answer = anonymous.get(path)
            assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
        for path in (
            "/api/suggestions?transcript_id=anna",
            "/api/units/2/why",
            "/api/progress",
            "/api/events",
        ):
            answer = anonymous.get(path)
            assert (answer.status_code, answer.json()) == (401, {"error": "sign in first"})
        assert anonymous.post("/api/act", json={"key": "key-0000"}).status_code == 401

    def test_a_made_up_cookie_is_nobody(self, app, anonymous):
        anonymous.cookies.set(app.state.web.cookie(COOKIE), "made up")
        assert anonymous.get("/").headers["location"] == "/sign-in"

    def test_the_database_has_no_token(self, client, project):
        token = token_of(client)
        project.store.close()
        assert token.encode() not in (project.folder / "autocode.db").read_bytes()

    def test_ends_by_itself(self, client, review):
        token = sha256(token_of(client))
        account, _ = review.people.signed_in(token)
        review.people.sign_out(token)
        review.people._clock = lambda: datetime.now(UTC) - STAYS - timedelta(minutes=1)
        review.people.sign_in(account.key, token)
        assert client.get("/").headers["location"] == "/sign-in"

    def test_two_projects_at_once_do_not_sign_each_other_out(self, client, tmp_path):
        host = "127.0.0.1:8711"  # another port: the same cookies
        with create_project(
            tmp_path / "other", settings_toml="", codebook_yaml=CODEBOOK, guide_yaml=""
        ) as project:
            other = create_app(Review(project, learn=False), hosts=[host], start_key=START_KEY)
            browser = TestClient(
                other, base_url=f"http://{host}", cookies=client.cookies, follow_redirects=False
            )
            assert browser.get("/").status_code == 303, "who is known there is nobody here"
            assert start_as(browser, "Mia").status_code == 303
            client.cookies.update(browser.cookies)
            assert browser.get("/").status_code == client.get("/").status_code == 200
            assert browser.post("/sign-out", data={"csrf": csrf_in(browser.get("/").text)}).status_code == 303
            assert browser.get("/").status_code == 303
            assert client.get("/").status_code == 200

    def test_a_project_has_one_id_for_good(self, review, project):
        assert review.project_id == Review(project, learn=False).project_id
        assert re.fullmatch("[0-9a-f]{32}", review.project_id)

    def test_sign_out(self, client):
        assert client.post("/sign-out").status_code == 303
        assert client.get("/").headers["location"] == "/sign-in"


class TestRoles:
    def test_a_reader_reads(self, signed_in, units):
        reader = signed_in("Rea", "reader")
        for path in ("/", "/read/anna", "/people", "/search?q=quarrel", "/settings"):
            assert reader.get(path).status_code == 200
        unit = units["anna"][0]
        for path, body in (
            ("/api/act", {"key": "key-0000", "done": [{"unit": unit, "done": True}]}),
            ("/api/undo", {"key": "key-0001"}), ("/api/redo", {"key": "key-0002"}),
        ):  # fmt: skip
            answer = reader.post(path, json=body)
            assert answer.status_code == 403
            assert answer.json() == {"error": "this is for a lead or a coder; you are a reader"}

    def test_a_reader_has_no_queue(self, signed_in):
        answer = signed_in("Rea", "reader").get("/queue?order=transcript")
        assert answer.status_code == 403
        assert "This is for a lead or a coder; you are a reader" in answer.text

    @pytest.mark.parametrize("role", ["coder", "reader"])
    def test_only_a_lead_changes_people(self, client, signed_in, review, role):
        other = signed_in("Ben", role)
        mia = review.people.account("Mia")
        for path, form in (
            ("/people", {"name": "Eve", "role": "lead", "passphrase": PASSPHRASE}),
            (f"/people/{mia.key}", {"active": "no"}),
            (f"/people/{review.people.account('Ben').key}", {"role": "lead"}),
        ):
            answer = other.post(path, data=form)
            assert answer.status_code == 403
            assert f"This is for a lead; you are a {role}" in answer.text
        assert [(one.name, one.role, one.active) for one in review.people.accounts()] == [
            ("Mia", "lead", True), ("Ben", role, True),
        ]  # fmt: skip
        assert 'action="/people' not in other.get("/people").text

    def test_a_goodbye_ends_what_is_open(self, app, client, signed_in, review):
        ben = signed_in("Ben", "coder")
        key = review.people.account("Ben").key
        assert client.post(f"/people/{key}", data={"active": "no"}).status_code == 303
        assert ben.get("/").headers["location"] == "/sign-in"
        assert ben.post("/api/undo", json={"key": "key-0000"}).status_code == 401
        assert try_to_sign_in(browser_of(app), "Ben", PASSPHRASE).status_code == 403

    def test_somebody_leads(self, client, signed_in, review):
        mia = review.people.account("Mia").key
        for form in ({"role": "coder"}, {"active": "no"}):
            answer = client.post(f"/people/{mia}", data=form)
            assert answer.status_code == 400
            assert "Somebody must lead the study" in answer.text
        signed_in("Zoe", "lead")
        assert client.post(f"/people/{mia}", data={"role": "coder"}).status_code == 303
        assert client.post("/people", data={"name": "x", "role": "coder"}).status_code == 403  # at once

    @pytest.mark.parametrize(("form", "message"), [
        ({"name": "mia", "role": "coder"}, "There is a coder &#39;mia&#39; already; choose another name"),
        ({"name": "Consensus", "role": "coder"}, "is kept for what coders agree on"),
        ({"name": "", "role": "coder"}, "A name needs 1 to 80 characters"),
        ({"name": "x" * 81, "role": "coder"}, "The field &#39;name&#39; has at most 80 characters"),
        ({"name": "a\0b", "role": "coder"}, "A name is made of letters"),
        ({"name": "Ben", "role": "consensus"}, "A role is one of lead, coder, reader"),
        ({"name": "Ben"}, "A role is one of lead, coder, reader"),
    ])  # fmt: skip
    def test_accounts_that_are_none(self, client, form, message):
        answer = client.post("/people", data={**form, "passphrase": PASSPHRASE})
        assert answer.status_code == 400
        assert message in answer.text

    @pytest.mark.parametrize("key", ["999", "99999999999999999999", "-1"])
    def test_nobody_to_change(self, client, key):
        answer = client.post(f"/people/{key}", data={"role": "coder"})
        assert answer.status_code == 404
        assert "There is no such coder" in answer.text


class TestSettings:
    @pytest.mark.parametrize(("form", "message"), [
        ({"key-next": "k"}, "The key &#39;k&#39; is given to two actions"),
        ({"key-next": "7"}, "The key &#39;7&#39; chooses a suggestion already"),
        ({"key-next": "x" * 21}, "The field &#39;key-next&#39; has at most 20 characters"),
        ({"theme": "pink"}, "The theme is system, light or dark"),
    ])  # fmt: skip
    def test_what_does_not_go(self, client, form, message):
        answer = client.post("/settings", data=form)
        assert answer.status_code == 400
        assert message in answer.text

    def test_stored_and_shown(self, client):
        answer = client.post("/settings", data={"key-next": "'\"<", "theme": "dark"})
        assert answer.status_code == 303
        page = client.get("/settings?saved").text
        assert 'value="&#39;&#34;&lt;"' in page
        assert 'data-theme="dark"' in page
        assert "'\"<" not in page


class TestServing:
    @pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "::", "study.example"])
    def test_other_hosts_demand_passphrases(self, project, review, host):
        with pytest.raises(ServeError, match=rf"^--host {host}: .*\(without one: nobody yet\)"):
            serve(project, host=host, learn=False)
        review.people.add_account("Mia", "lead", passphrase_hash=hashed(PASSPHRASE))
        review.people.add_account("Ben", "coder")
        with pytest.raises(ServeError, match=r"every coder needs a passphrase first \(without one: Ben\)"):
            serve(project, host=host, learn=False)

    def test_whom_nobody_knows(self, project, review):
        review.people.add_account("Mia", "lead")
        with pytest.raises(
            ServeError, match=r"^--as: there is no coder 'Eve' in this project; there are Mia$"
        ):
            serve(project, sign_in_as="Eve", learn=False)

    def test_a_port_that_is_taken(self, project):
        import socket

        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            with pytest.raises(ServeError, match=rf"^127\.0\.0\.1, port {port}: cannot listen there"):
                serve(project, port=port, learn=False)

    def test_hosts_of_this_computer(self):
        assert hosts_of("127.0.0.1", 8710) == ["127.0.0.1:8710", "localhost:8710", "[::1]:8710"]
        assert "192.168.1.7:8710" in hosts_of("192.168.1.7", 8710)
        assert "study.example" in hosts_of("study.example", 80)
