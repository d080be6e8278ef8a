"""Themes on the page: what is shown to whom, what becomes of a theme, and decisions that are found again."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from autocode.codebook import read_codebook
from autocode.digests import digest
from autocode.store import Request
from autocode.themes import Statement, Theme
from autocode.web.state import BLIND_SHARE, Review
from autocode.web.theme_map import theme_map
from tests.web.conftest import ANSWERS

SignIn = Callable[[str, str], TestClient]
Units = dict[str, list[int]]
TRUST, QUOTES, MONEY = ("anna:1", "carl:1"), ("anna:3", "carl:3"), ("anna:5", "carl:5")
HOSTILE = "<script>alert(5)</script>"


def theme(id: int, label: str, units: Sequence[str], **more: Any) -> Theme:
    said = tuple(
        Statement(unit, unit[:4], f"R{n}", ANSWERS[int(unit[-1]) // 2]) for n, unit in enumerate(units, 1)
    )
    values = {"coverage": 0.1, "stability": 0.9, "stable": True, "place": (0.0, 0.0), **more}
    return Theme(
        id=id, label=label, words=tuple(label.split(", ")), n_statements=len(units),
        respondents={"R1": 1, "R2": 1, "R3": 1}, transcripts={"anna": 1, "carl": 1}, nearest_code="trust",
        nearest_name="Trust", distance=0.5, cohesion=0.5, statements=said, **values,
    )  # fmt: skip


def write(review: Review, themes: Sequence[Theme], members: Mapping[int, Sequence[str]] = {}) -> None:
    """What `autocode themes` leaves in a project."""
    folder = review.project.folder / "themes"
    folder.mkdir(exist_ok=True)
    facts = {
        "themes": [one.row() for one in themes], "transcripts": ["anna", "carl"], "n_statements": 6,
        "n_respondents": 3, "n_transcripts": 2, "theme_settings": {"detail": "some"},
        "codebook": {"digest": review.codebook.digest},
    }  # fmt: skip
    rows = [
        f"{unit},{one.id}"
        for one in themes
        for unit in members.get(one.id, [said.utterance_id for said in one.statements])
    ]
    (folder / "theme_members.csv").write_text("\n".join(["utterance_id,theme", *rows, ""]))
    (folder / "themes.json").write_text(json.dumps(facts))


@pytest.fixture
def themes(review: Review) -> None:
    write(
        review,
        [
            theme(1, f"trust, {HOSTILE}", TRUST, coverage=0.8),
            theme(2, "quotes, words", QUOTES),
            theme(3, "money, quarrel", MONEY),
        ],
    )


def post(client: TestClient, id: int, do: str, status: int = 303, **fields: Any) -> str:
    """Send the form that the theme's page shows."""
    page = client.get(f"/themes/{id}").text
    hidden = {
        name: re.search(rf'name="{name}" value="([^"]*)"', page)[1]  # type: ignore[index]
        for name in ("run", "replaces")
    }
    sent = {"csrf": client.headers["X-CSRF-Token"], "key": f"key-{id}-{do}-{len(page)}", **hidden, **fields}
    answer = client.post(f"/themes/{id}", data={**sent, "do": do})
    assert answer.status_code == status, answer.text
    return answer.headers.get("location", answer.text)


def article(client: TestClient, id: int) -> str:
    page = client.get("/themes").text
    return page.partition(f'id="theme-{id}"')[2].partition("</article>")[0]


def order(client: TestClient) -> list[int]:
    return [int(id) for id in re.findall(r'id="theme-(\d+)"', client.get("/themes").text)]


def test_without_themes_the_page_says_how(client: TestClient, signed_in: SignIn) -> None:
    assert "<code>autocode themes</code>" in client.get("/themes").text
    assert "/themes/find" in client.get("/themes").text
    ben = signed_in("Ben", "coder")
    assert "<code>autocode themes</code>" in ben.get("/themes").text
    assert "/themes/find" not in ben.get("/themes").text


def test_what_is_known_of_each_theme_is_shown(client: TestClient, themes: None, units: Units) -> None:
    page = client.get("/themes").text
    assert order(client) == [2, 3, 1], "the covered one comes last"
    assert HOSTILE not in page
    two = " ".join(re.sub(r"<[^>]*>", " ", article(client, 2)).split())
    assert "2 statements (33 % of all) by 3 respondents in 2 interviews" in two
    assert "Covered by the codebook 10 %" in two
    assert "in 90 % of the repetitions" in two
    assert " new " in two
    assert f'href="/read/carl#u{units["carl"][1]}"' in article(client, 2)
    assert '<a href="#theme-3"' in page
    assert "style=" not in page


def test_a_statement_that_has_changed_is_not_shown(client: TestClient, review: Review) -> None:
    there, changed = theme(1, "trust", TRUST).statements
    other = replace(changed, text="Other words than there are now.")
    write(review, [replace(theme(1, "trust", TRUST), statements=(there, other))])
    assert "anna:1" in article(client, 1)
    assert "carl:1" not in article(client, 1)
    assert other.text not in client.get("/themes").text


def test_a_statement_without_its_names_is_still_the_same(client: TestClient, review: Review) -> None:
    """What was said is known by its digest: a placeholder in the text is no change, other words are one."""
    there, changed = theme(1, "money", MONEY).statements
    said = replace(there, text="There was a quarrel with [R2].", digest=digest(there.text))
    other = replace(changed, digest=digest("There was a quarrel with Ann."))
    write(review, [replace(theme(1, "money", MONEY), statements=(said, other))])
    shown = article(client, 1)
    assert "There was a quarrel with [R2]." in shown
    assert "anna:5" in shown
    assert "carl:5" not in shown


def test_making_a_code_and_taking_it_back(
    client: TestClient, review: Review, themes: None, units: Units
) -> None:
    keys = [units["anna"][2], units["carl"][2]]
    where = post(
        client, 3, "code", name="Invoices", definition="They quarrel.", parent="cooperation", statement=keys
    )
    assert where == "/themes?said=code#theme-3"
    code = read_codebook(review.project.codebook_path)["invoices"]
    assert (code.name, code.definition, code.parent) == ("Invoices", "They quarrel.", "cooperation")
    assert code.examples == (ANSWERS[2],), "the same words once"
    assert review.project.store.codebooks()[-1].note == "added 'Invoices', by Mia"
    mia = review.people.account("Mia")
    assert mia is not None
    assert review.people.standing(keys, mia.key) == {key: {"invoices": True} for key in keys}
    assert "made into the code &#39;Invoices&#39;" in article(client, 3)
    assert order(client) == [2, 3, 1]
    assert "leaves the codebook again" in client.get("/themes/3").text
    assert post(client, 3, "open") == "/themes?said=removed#theme-3"
    assert "invoices" not in read_codebook(review.project.codebook_path)
    assert review.people.standing(keys, mia.key) == {key: {} for key in keys}
    assert "made into" not in article(client, 3)
    log = [row["value"] for row in review.people.log() if row["action"] == "theme" and row["unit"] is None]
    assert log == [
        "theme 'money, quarrel': made into 'invoices'",
        "theme 'money, quarrel': decision taken back",
    ]
    assert "decision taken back" in client.get("/audit").text
    assert "made into" in client.get("/audit.csv").text


def test_a_code_on_which_something_rests_stays(
    client: TestClient, review: Review, themes: None, units: Units
) -> None:
    post(client, 3, "code", name="Invoices", statement=[units["anna"][2]])
    act = {
        "key": "a-key-of-somebody",
        "codes": [{"unit": units["anna"][0], "code": "invoices", "applies": True}],
    }
    assert client.post("/api/act", json=act).status_code == 200
    assert "the code stays: 1 other" in client.get("/themes/3").text
    assert post(client, 3, "open") == "/themes?said=open#theme-3"
    assert "invoices" in read_codebook(review.project.codebook_path)


def test_what_cannot_be_done_is_said_and_what_was_typed_stays(
    client: TestClient, review: Review, themes: None, units: Units
) -> None:
    before = review.project.codebook_path.read_text()
    page = post(client, 3, "code", 400, name="A > B", definition="typed words", statement=[units["anna"][2]])
    assert "typed words" in page
    assert 'value="A &gt; B"' in page
    assert page.count(" checked") == 1
    assert "Choose the code" in post(client, 3, "belongs", 400, code="")
    assert "cannot be an example" in post(client, 3, "code", 400, name="X", statement=[units["anna"][0]])
    post(client, 3, "nonsense", 400)
    post(client, 3, "uninteresting", 409, run="1-1")
    assert client.get("/themes/9").status_code == 404
    assert review.project.codebook_path.read_text() == before
    assert review.people.theme_decisions() == []


def test_belonging_and_not_interesting_can_be_changed(
    client: TestClient, review: Review, themes: None
) -> None:
    post(client, 2, "belongs", code="conflict")
    post(client, 3, "uninteresting")
    assert "belongs to &#39;Conflict&#39;" in article(client, 2)
    assert order(client) == [2, 1, 3], "what is not interesting comes last"
    post(client, 3, "open")
    post(client, 3, "belongs", code="often")
    assert "belongs to &#39;Often&#39;" in article(client, 3)
    post(client, 2, "uninteresting", 409, replaces="")  # as a page would that has not heard of the first


@pytest.mark.parametrize("role", ["coder", "reader"])
def test_others_only_read(signed_in: SignIn, review: Review, themes: None, role: str) -> None:
    ben = signed_in("Ben", role)
    page = ben.get("/themes")
    assert page.status_code == 200
    assert "<form" not in page.text.partition("<main")[2].partition("</main>")[0]
    assert ben.get("/themes/2").status_code == 403
    token = {"csrf": ben.headers["X-CSRF-Token"]}
    assert ben.post("/themes/2", data={"do": "uninteresting", **token}).status_code == 403
    assert ben.post("/themes/find", data={"detail": "some", **token}).status_code == 403
    assert review.people.theme_decisions() == []


def test_a_form_without_its_token_changes_nothing(client: TestClient, review: Review, themes: None) -> None:
    client.headers.pop("X-CSRF-Token")
    assert client.post("/themes/2", data={"do": "uninteresting"}).status_code == 403
    assert client.post("/themes/find", data={"detail": "some"}).status_code == 403
    assert not review.themes.going_on()


def test_statements_that_one_has_yet_to_decide_blind_are_not_shown(
    client: TestClient, signed_in: SignIn, review: Review, themes: None, units: Units
) -> None:
    ben = signed_in("Ben", "coder")
    account = review.people.account("Ben")
    assert account is not None
    unit = units["anna"][1]
    review.people.assign(account.key, {unit: 0.5})
    seen = article(ben, 2)
    assert "anna:3" not in seen
    assert "carl:3" in seen
    assert "1 statement is not shown" in " ".join(seen.split())
    assert "anna:3" in article(client, 2), "Mia has not been given it"
    tick = re.search(rf'value="{unit}"( disabled)?', client.get("/themes/2").text)
    assert tick is not None
    assert tick[1], "but it may not become an example while Ben has yet to decide"
    assert "cannot be an example" in post(client, 2, "code", 400, name="X", statement=[unit])
    request = Request("key-of-ben-s-decision", "done", [["done", unit, True]], review.codebook.digest)
    review.people.act(account.key, request)
    assert "anna:3" in article(ben, 2)
    review.people.set_setting(BLIND_SHARE, 1.0)
    for id in (1, 2, 3):
        assert "anna:" not in article(client, id), "all is blind to Mia now"


def test_what_another_coder_will_decide_blind_by_the_projects_share_is_no_example(
    client: TestClient, signed_in: SignIn, review: Review, themes: None, units: Units
) -> None:
    signed_in("Ben", "coder")
    signed_in("Rita", "reader")
    mia, ben = review.people.account("Mia"), review.people.account("Ben")
    assert mia is not None
    assert ben is not None
    both = [units["anna"][1], units["carl"][1]]  # of theme 2
    review.people.set_setting(BLIND_SHARE, 1.0)
    for coder, finished in ((mia, both), (ben, both[1:])):
        done = [["done", unit, True] for unit in finished]
        request = Request(f"key-of-{coder.name}", "done", done, review.codebook.digest)
        review.people.act(coder.key, request)
    page = client.get("/themes/2").text
    assert [f'value="{unit}" disabled' in page for unit in both] == [True, False]
    assert "cannot be an example" in post(client, 2, "code", 400, name="X", statement=[both[0]])
    post(client, 2, "code", name="X", statement=[both[1]])
    assert len(review.codebook["x"].examples) == 1


def test_decisions_are_found_again_by_their_statements(
    client: TestClient, review: Review, themes: None
) -> None:
    post(client, 2, "uninteresting")
    post(client, 3, "belongs", code="conflict")
    # numbered anew, with another label: half of what was in either is in both
    write(
        review,
        [theme(1, "words", QUOTES), theme(2, "bills", MONEY), theme(3, "trust", TRUST)],
        {1: [*QUOTES, "anna:1"], 2: [MONEY[0]], 3: [TRUST[1], MONEY[1]]},
    )
    assert "not interesting" in article(client, 1)  # 2 of 3
    assert "belongs to" in article(client, 2)  # 1 of 2
    assert "Decided" not in article(client, 3)  # 1 of 3: too few
    write(
        review,
        [theme(1, "words", QUOTES), theme(2, "x", MONEY)],
        {1: [QUOTES[0], *TRUST], 2: [MONEY[0], *TRUST]},
    )
    assert "Decided" not in article(client, 1)  # 1 of 4


def test_damaged_files_are_told_in_a_sentence(client: TestClient, review: Review, themes: None) -> None:
    (review.project.folder / "themes" / "themes.json").write_text('{"themes": [{}]}')
    page = client.get("/themes")
    assert page.status_code == 200
    assert "run &#39;autocode themes&#39; again" in page.text
    assert client.get("/themes/1").status_code == 400


@pytest.mark.parametrize("n_themes", [2, 30, 120])
def test_no_circle_of_the_map_covers_another(n_themes: int) -> None:
    crowd = [theme(n, "crowd", TRUST, place=(0.001 * n, 0.0)) for n in range(1, n_themes + 1)]
    crowd[0] = replace(crowd[0], n_statements=20)
    found = theme_map(crowd)
    circles = found.circles
    for index, one in enumerate(circles):
        assert one.radius <= one.x <= found.width - one.radius
        assert one.radius <= one.y <= found.height - one.radius
        for other in circles[:index]:
            distance = ((one.x - other.x) ** 2 + (one.y - other.y) ** 2) ** 0.5
            assert distance > one.radius + other.radius


def test_themes_are_found_in_the_background_and_what_is_wrong_is_told(
    client: TestClient, review: Review
) -> None:
    token = {"csrf": client.headers["X-CSRF-Token"]}
    assert client.post("/themes/find", data={"detail": "all", **token}).status_code == 400
    assert client.post("/themes/find", data={"detail": "few", **token}).headers["location"] == "/themes"
    assert "Finding themes" in client.get("/themes").text
    started = time.monotonic()
    while "hx-refresh" not in (answer := client.get("/themes/progress")).headers:
        assert 'hx-get="/themes/progress"' in answer.text
        assert time.monotonic() - started < 120
        time.sleep(0.2)
    page = client.get("/themes").text
    assert "nothing is coded with the present settings; run &#39;autocode code&#39; first" in page
    assert "Finding themes" not in page
