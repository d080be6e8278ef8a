"""Memos: written, read, taken back, and harmless whatever they hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from secrets import token_hex

import pytest

from autocode.web.state import Review
from tests.web.conftest import Person


@pytest.fixture
def names() -> tuple[str, ...]:
    return ("ana 1",)


@pytest.fixture
def unit(units: dict[str, list[int]]) -> int:
    return units["ana 1"][0]


def test_a_memo_on_each_kind_is_stored_shown_and_linked(
    mia: Person, person: Callable[..., Person], unit: int
) -> None:
    targets = {"utterance": unit, "code": "trust", "transcript": "ana 1", "project": ""}
    for kind, target in targets.items():
        assert mia.notes(kind, target) == {"text": "", "others": []}
        mia.note(kind, target, f"On the *{kind}*.")
        assert mia.notes(kind, target)["text"] == f"On the *{kind}*."
    page = mia.get("/memos")
    for kind in targets:
        assert f"<p>On the <em>{kind}</em>.</p>" in page
    assert f'href="/read/ana%201#u{unit}"' in page
    assert 'href="/codebook?code=trust#here"' in page
    assert "<em>code</em>" in mia.get("/codebook")
    (other,) = person("Ben", "coder").notes("project")["others"]
    assert (other["coder"], other["text"]) == ("Mia", "On the *project*.")


def test_a_memo_replaces_ones_own_and_an_empty_one_takes_it_away(
    mia: Person, person: Callable[..., Person], review: Review
) -> None:
    person("Ben", "coder").note("project", text="Ben's.")
    mia.note("project", text="First.")
    mia.note("project", text="Second.")
    assert sorted(memo.text for memo in review.people.memos()) == ["Ben's.", "Second."]
    assert mia.note("project", text=" \n")["message"] == "Memo taken away."
    assert [memo.text for memo in review.people.memos()] == ["Ben's."]


def test_a_memo_can_be_undone_and_redone(mia: Person) -> None:
    mia.note("code", "trust", "First.")
    mia.note("code", "trust", "Second.")
    mia.api("/api/undo")
    assert mia.notes("code", "trust")["text"] == "First."
    mia.api("/api/redo")
    assert mia.notes("code", "trust")["text"] == "Second."


def test_sending_a_memo_twice_stores_it_once(mia: Person, review: Review) -> None:
    key = token_hex(16)
    first = mia.api("/api/memo", key=key, kind="project", target="", text="Once.")
    assert mia.api("/api/memo", key=key, kind="project", target="", text="Once.")["action"] == first["action"]
    assert len(review.people.memos()) == 1


def test_the_utterance_shows_that_it_has_a_memo(mia: Person, unit: int) -> None:
    assert "There is a memo" in mia.note("utterance", unit)["units"][str(unit)]
    assert "There is a memo" in mia.get("/read/ana%201")


@pytest.mark.parametrize(
    ("kind", "target", "status"),
    [
        ("utterance", "999999", 404), ("utterance", "one", 400), ("utterance", "²", 400),
        ("utterance", "", 400),
        ("code", "nothing", 404), ("transcript", "nobody", 404), ("project", "x", 400), ("thing", "x", 422),
        ("code", "a\x00b", 422), ("code", "x" * 501, 422),
    ],
)  # fmt: skip
def test_what_is_not_there_has_no_memo(mia: Person, kind: str, target: str, status: int) -> None:
    mia.note(kind, target, status=status)
    assert mia.client.get(f"/api/memos/{kind}", params={"target": target}).status_code == status


@pytest.mark.parametrize("more", [{"text": "x" * 20_001}, {"text": "a\x00b"}, {"text": 5}, {"color": "red"}])
def test_a_memo_that_is_none_is_refused(mia: Person, more: dict[str, object]) -> None:
    mia.api("/api/memo", 422, **{"kind": "project", "target": "", "text": "x", **more})


def test_a_reader_reads_and_writes_none(mia: Person, person: Callable[..., Person]) -> None:
    mia.note("project", text="For all.")
    eva = person("Eva", "reader")
    assert "For all." in eva.get("/memos")
    assert 'action="/memos"' not in eva.get("/memos")
    eva.note("project", status=403)


def test_a_memo_needs_its_token(mia: Person) -> None:
    mia.csrf = "wrong"
    mia.note("project", status=403)
    form = {"csrf": "wrong", "kind": "project", "target": "", "text": "x", "key": token_hex(16)}
    assert mia.client.post("/memos", data=form).status_code == 403


@pytest.mark.parametrize(("kind", "target"), [("project", ""), ("transcript", "ana 1")])
def test_a_memo_is_written_without_a_script(mia: Person, kind: str, target: str) -> None:
    form = {"csrf": mia.csrf, "kind": kind, "target": target, "text": "one\r\n\r\ntwo", "key": token_hex(16)}
    assert mia.client.post("/memos", data=form).status_code == 303
    assert mia.notes(kind, target)["text"] == "one\n\ntwo"
    assert "<p>one</p>\n<p>two</p>" in mia.get("/memos")


@pytest.mark.parametrize(
    "change", [{"kind": "code", "target": "trust"}, {"key": "short"}, {"text": "x" * 20_001}]
)
def test_a_broken_form_writes_nothing(mia: Person, review: Review, change: dict[str, str]) -> None:
    form = {"csrf": mia.csrf, "kind": "project", "target": "", "text": "x", "key": token_hex(16), **change}
    assert mia.client.post("/memos", data=form).status_code == 400
    assert review.people.memos() == []


def test_nothing_of_others_is_seen_on_an_utterance_that_one_decides_blind(
    mia: Person, person: Callable[..., Person], review: Review, unit: int
) -> None:
    ben = person("Ben", "coder")
    account = review.people.account("Ben")
    assert account is not None
    review.people.assign(account.key, {unit: 1.0})
    mia.note("utterance", unit, "This is trust.")
    assert ben.notes("utterance", unit) == {"text": "", "others": []}
    assert "This is trust." not in ben.get("/memos")
    assert "There is a memo" not in ben.get("/read/ana%201") + ben.get("/queue?order=given")
    ben.api("/api/act", kind="done", done=[{"unit": unit, "done": True}])
    assert "This is trust." in ben.get("/memos")
    assert len(ben.notes("utterance", unit)["others"]) == 1


HARMFUL = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt&colon;alert(1))",
    "[a](&#106;avascript:alert(1))",
    "[a](vbscript:alert(1))",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "[a](file:///etc/passwd)",
    "<javascript:alert(1)>",
    "![a](https://example.org/pixel.png)",
    "![a](x)",
    "[a]: javascript:alert(1)\n\n[a]",
    '<a href="javascript:alert(1)" onclick="alert(1)">a</a>',
    "</textarea><script>alert(1)</script>",
    '[a](https://example.org "\\" onmouseover=alert(1) x=\\"")',
)


@pytest.mark.parametrize("text", HARMFUL)
def test_the_text_of_a_memo_is_harmless(mia: Person, unit: int, text: str) -> None:
    for kind, target in (("project", ""), ("code", "trust"), ("transcript", "ana 1"), ("utterance", unit)):
        mia.note(kind, target, text)
    for path in ("/memos", "/codebook"):
        page = mia.get(path)
        main = page.split('<main id="main"')[1].split("</main>")[0]
        tags = re.findall(r"<[a-z][^>]*>", main.replace("&lt;", "").replace("&gt;", ""))
        assert not [tag for tag in tags if re.match(r"<(script|img|iframe|object|style|svg)\b", tag)]
        assert not [tag for tag in tags if re.search(r'\son\w+="', re.sub(r'="[^"]*"', '=""', tag))]
        for link in re.findall(r'href="([^"]*)"', main):
            assert not re.match(r"\s*(?!https:)[\w&;#]*:", link), link
