"""Who may talk to the page: hosts, origins, tokens, sizes, headers."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI

from autocode.web.guard import HEADERS, MAX_BODY, Guard, RefusedError, Throttle, hashed, verified

HOST = "127.0.0.1:8710"
PAGES = ["/", "/read/anna", "/queue?order=transcript", "/people", "/settings", "/search?q=trust", "/sign-in"]
ACT = {"key": "key-0000", "codes": []}


def call(
    app: Any, *, headers: dict[str, str], body: list[bytes], method: str = "POST", path: str = "/api/act"
):
    """The application called as a server calls it: status, headers and body of the answer."""
    sent: list[dict[str, Any]] = []
    messages = [
        {"type": "http.request", "body": part, "more_body": index < len(body) - 1}
        for index, part in enumerate(body)
    ]

    async def receive() -> dict[str, Any]:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()],
        "client": ("127.0.0.1", 50000), "server": ("127.0.0.1", 8710),
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    starts = [message for message in sent if message["type"] == "http.response.start"]
    assert len(starts) == 1
    text = b"".join(message.get("body", b"") for message in sent[1:])
    return starts[0]["status"], {n.decode(): v.decode() for n, v in starts[0]["headers"]}, text.decode()


class TestHost:
    @pytest.mark.parametrize("host", ["evil.example", "evil.example:8710", "127.0.0.1", "127.0.0.1:8711", ""])
    def test_a_name_rebound_to_this_computer_is_misdirected(self, client, host):
        answer = client.get("/", headers={"Host": host})
        assert answer.status_code == 421
        assert answer.text == "this address is not the review page's; use the one that autocode printed\n"
        assert "anna" not in answer.text

    def test_upper_case_is_the_same_host(self, review):
        from starlette.testclient import TestClient

        from autocode.web.app import create_app

        app = create_app(review, hosts=["LocalHost:8710"])
        answer = TestClient(app, base_url="http://localhost:8710").get(
            "/sign-in", headers={"Host": "LOCALHOST:8710"}
        )
        assert answer.status_code == 200


class TestOrigin:
    @pytest.mark.parametrize(
        "origin",
        [
            "https://evil.example",
            "null",
            "http://127.0.0.1:9999",
            "http://127.0.0.1",
            "",
            "http://[",
            "file://",
        ],
    )
    @pytest.mark.parametrize("path", ["/api/act", "/sign-in", "/start", "/people", "/sign-out"])
    def test_another_sites_request_is_refused(self, client, origin, path):
        answer = client.post(path, json=ACT, headers={"Origin": origin})
        assert (answer.status_code, answer.text) == (403, "the request comes from another site\n")

    def test_ones_own(self, client):
        assert client.post("/api/act", json=ACT, headers={"Origin": f"http://{HOST}"}).status_code == 200

    @pytest.mark.parametrize(("site", "status"), [
        ("same-origin", 200), ("none", 200), ("cross-site", 403), ("same-site", 403), ("whatever", 403),
    ])  # fmt: skip
    def test_what_the_browser_says_of_the_site(self, client, site, status):
        assert client.post("/api/act", json=ACT, headers={"Sec-Fetch-Site": site}).status_code == status

    @pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "POST"])
    def test_of_every_method_that_is_not_safe(self, client, method):
        answer = client.request(method, "/", headers={"Origin": "https://evil.example"})
        assert answer.status_code == 403

    def test_no_other_site_is_let_in_by_cors(self, client):
        answer = client.get("/", headers={"Origin": "https://evil.example"})
        assert not [name for name in answer.headers if name.startswith("access-control")]

    def test_no_web_sockets(self, app: FastAPI):
        sent: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        async def receive() -> dict[str, Any]:
            return {"type": "websocket.connect"}

        scope = {"type": "websocket", "path": "/", "headers": [], "query_string": b"", "subprotocols": []}
        asyncio.run(app(scope, receive, send))
        assert sent == [{"type": "websocket.close", "code": 1008}]


class TestToken:
    @pytest.mark.parametrize("token", [None, "", "0" * 64, "Ünicode"])
    @pytest.mark.parametrize(
        "path", ["/api/act", "/api/undo", "/api/redo", "/people", "/settings", "/sign-out"]
    )
    def test_missing_or_wrong(self, client, units, token, path):
        del client.headers["X-CSRF-Token"]
        headers = {} if token is None else {b"X-CSRF-Token": token.encode("latin-1")}
        body = {"key": "key-0000"}
        answer = client.post(path, json=body, headers=headers)
        assert answer.status_code == 403
        assert "this page is out of date; reload it" in answer.text.lower()

    def test_in_the_form(self, client):
        token = client.headers.pop("X-CSRF-Token")
        assert client.post("/sign-out", data={"csrf": "0" * 64}).status_code == 403
        assert client.post("/sign-out", data={"csrf": token}).status_code == 303

    def test_another_sign_ins_token_is_wrong(self, client, signed_in):
        ben = signed_in("Ben", "coder")
        assert ben.headers["X-CSRF-Token"] != client.headers["X-CSRF-Token"]
        ben.headers["X-CSRF-Token"] = client.headers["X-CSRF-Token"]
        assert ben.post("/api/act", json=ACT).status_code == 403

    @pytest.mark.parametrize("path", ["/sign-in", "/start"])
    def test_of_the_forms_before_a_sign_in(self, app, anonymous, path):
        form = {"csrf": "0" * 64, "key": "start-key-of-the-tests", "name": "Mia", "passphrase": "x" * 8}
        assert anonymous.post(path, data=form).status_code == 403  # no cookie
        anonymous.get("/sign-in")
        answer = anonymous.post(path, data=form)
        assert answer.status_code == 403
        assert "This page is out of date; go back and reload it" in answer.text


class TestSize:
    def headers(self, client, **more: str) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        return {
            "Host": HOST, "Cookie": cookies, "X-CSRF-Token": client.headers["X-CSRF-Token"],
            "Content-Type": "application/json", **more,
        }  # fmt: skip

    def test_told_beforehand(self, app, client):
        status, headers, text = call(
            app, headers=self.headers(client, **{"Content-Length": str(MAX_BODY + 1)}), body=[b"{}"]
        )
        assert (status, text) == (413, "the request is too large\n")
        assert headers["x-content-type-options"] == "nosniff"

    @pytest.mark.parametrize(
        ("path", "kind"),
        [
            ("/api/act", "application/json"),
            ("/api/act", "text/plain"),
            ("/settings", "application/x-www-form-urlencoded"),
            ("/people", "multipart/form-data; boundary=x"),
        ],
    )
    def test_not_told_beforehand(self, app, client, kind, path):
        opening = b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\n' if "multipart" in kind else b""
        parts = [opening + b"x" * 400_000, *[b"x" * 400_000] * 2, b'"}']
        headers = self.headers(client, **{"Content-Type": kind})
        status, headers, text = call(app, headers=headers, body=parts, path=path)
        assert (status, text) == (413, "the request is too large\n")
        assert headers["x-content-type-options"] == "nosniff"

    def test_just_small_enough(self, app, client):
        body = b'{"key": "key-0000", "codes": []' + b" " * (MAX_BODY - 32) + b"}"
        assert len(body) == MAX_BODY
        assert call(app, headers=self.headers(client), body=[body[:500], body[500:]])[0] == 200

    @pytest.mark.parametrize("length", ["many", "1e3", "-1", "+5", "1_0", "½"])
    def test_a_length_that_is_no_number(self, app, client, length):
        headers = self.headers(client, **{"Content-Length": length})
        status, _, text = call(app, headers=headers, body=[b"{}"])
        assert (status, text) == (400, "the request's length is no number\n")


class TestHeaders:
    @pytest.mark.parametrize(
        ("path", "status"),
        [
            ("/", 200), ("/sign-in", 200), ("/static/review.css", 200), ("/static/none.css", 404),
            ("/codes.css", 200), ("/api/progress", 200), ("/api/codes/none", 404), ("/nowhere", 404),
            ("/api/suggestions", 422), ("/queue?order=none", 400), ("/read/none", 404), ("/start", 403),
            ("/utterance/anna:1", 303), ("/api/openapi.json", 200),
        ],
    )  # fmt: skip
    def test_on_every_answer(self, client, path, status):
        answer = client.get(path)
        assert answer.status_code == status
        self.check(answer.headers)

    def test_on_refusals(self, client):
        self.check(client.get("/", headers={"Host": "evil.example"}).headers)
        self.check(client.post("/", headers={"Origin": "null"}).headers)
        self.check(client.delete("/").headers)

    def test_on_our_own_mistakes(self, app, client):
        @app.get("/breaks")
        def breaks() -> None:
            raise ZeroDivisionError("secret of a participant")

        answer = client.get("/breaks")
        assert answer.status_code == 500
        assert "secret" not in answer.text
        self.check(answer.headers)

    def check(self, headers: Any) -> None:
        assert {name: headers.get(name) for name in HEADERS} == HEADERS

    def test_scripts_and_styles_only_from_here(self):
        policy = HEADERS["content-security-policy"]
        assert policy.startswith("default-src 'none';")
        for loose in ("unsafe", "http:", "https:", "*"):
            assert loose not in policy

    def test_cookies_are_for_this_page_alone(self, app, anonymous, client):
        before = anonymous.get("/sign-in").headers["set-cookie"]
        answer = client.get("/start", params={"key": "start-key-of-the-tests"})
        after = answer.headers.get_list("set-cookie")[0]
        assert before.startswith("autocode_before_")
        assert after.startswith("autocode_review_")
        for cookie in (before, after):
            assert {"HttpOnly", "Path=/", "SameSite=strict"} <= set(cookie.split("; "))


def addresses(html: str) -> Iterator[str]:
    yield from re.findall(r"(?:https?:)?//[^\s\"'<>]+", html)


class TestNothingFromElsewhere:
    @pytest.mark.parametrize("path", PAGES)
    def test_no_page_names_another_site(self, client, path):
        answer = client.get(path)
        assert answer.status_code == 200
        assert list(addresses(answer.text)) == []

    def test_no_other_page_either(self, client, anonymous, units):
        bodies = [anonymous.get("/start", params={"key": "start-key-of-the-tests"}).text]
        bodies.append(client.get("/nowhere").text)
        unit = units["anna"][0]
        bodies.append(client.post("/api/act", json={**ACT, "done": [{"unit": unit, "done": True}]}).text)
        for path in (
            f"/api/units/{unit}/why",
            f"/api/units/{unit}/history",
            "/api/codes/trust",
            "/codes.css",
        ):
            bodies.append(client.get(path).text)
        assert [address for body in bodies for address in addresses(body)] == []

    @pytest.mark.parametrize("path", PAGES)
    def test_no_script_or_style_within_a_page(self, client, path):
        page = client.get(path).text
        assert not re.search(r"<script(?![^>]* src=\"/static/)", page)
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=\"", page)


class TestPassphrases:
    def test_hashed_and_verified(self):
        stored = hashed("correct horse")
        assert "correct" not in stored
        assert verified(stored, "correct horse")
        assert not verified(stored, "Correct horse")
        assert not verified(None, "correct horse")
        assert not verified("no hash at all", "correct horse")

    @pytest.mark.parametrize(("passphrase", "message"), [
        ("", "a passphrase needs at least 8 characters"),
        ("short12", "a passphrase needs at least 8 characters"),
        ("x" * 1001, "a passphrase has at most 1000 characters"),
    ])  # fmt: skip
    def test_too_short_or_too_long(self, passphrase, message):
        with pytest.raises(RefusedError, match=f"^{message}$") as caught:
            hashed(passphrase)
        assert caught.value.status == 400


class TestThrottle:
    def test_the_sixth_waits_and_waits_double(self):
        now = [0.0]
        throttle = Throttle(lambda: now[0])
        for _ in range(5):
            throttle.check("Mia")
            throttle.failed("Mia")
        waits = []
        for _ in range(10):
            with pytest.raises(
                RefusedError, match=r"^too many wrong passphrases; try again in \d+ s$"
            ) as caught:
                throttle.check("Mia")
            assert caught.value.status == 429
            waits.append(float(re.findall(r"\d+", str(caught.value))[0]))
            now[0] += waits[-1]
            throttle.check("Mia")  # the wait is over
            throttle.failed("Mia")
        assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]

    @pytest.mark.parametrize("other", ["MIA LEE", "mia  lee", " Mia Lee", "mia\tlee"])
    def test_ways_to_write_a_name_are_one_name(self, other):
        throttle = Throttle(lambda: 0.0)
        for name in ("Mia Lee", other, "Mia Lee", other, "Mia Lee"):
            throttle.failed(name)
        with pytest.raises(RefusedError):
            throttle.check(other)

    def test_others_do_not_wait_and_the_right_one_ends_it(self):
        throttle = Throttle(lambda: 0.0)
        for _ in range(6):
            throttle.failed("Mia")
        throttle.check("Ben")
        throttle.succeeded("mia")
        throttle.check("Mia")

    def test_many_names_do_not_fill_the_memory(self):
        throttle = Throttle(lambda: 0.0)
        for number in range(Throttle.NAMES + 50):
            throttle.failed(f"name {number}")
        assert len(throttle._failures) == Throttle.NAMES


def test_a_guard_lets_other_messages_through():
    heard = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        heard.append(scope["type"])

    asyncio.run(Guard(inner, hosts=[HOST])({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert heard == ["lifespan"]
