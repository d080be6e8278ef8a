"""The codebook's page: changing it by forms, two leads at once, merged codes, versions, older rules."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from autocode.codebook import read_codebook
from autocode.records import Suggestion, Transcript, Turn, Utterance
from autocode.store import Coding, Project, create_project
from autocode.web.app import create_app
from autocode.web.guard import sha256
from autocode.web.session import COOKIE
from autocode.web.state import Review

BOOK = """# a comment that would be lost
name: bonds
codes:
  - id: bond
    name: Bond
    definition: What holds partners together.
  - id: trust
    name: Trust
    parent: bond
    definition: One relies on the other.
    include: [says that one can rely on them]
    examples: [We rely on them.]
  - id: faith
    name: Faith
    parent: bond
    definition: One believes in the other.
  - id: gap
    name: Gap
    definition: Something is not known.
"""
CODES = ("bond", "trust", "faith", "gap")


@dataclass
class Person:
    """Somebody's browser."""

    client: TestClient
    csrf: str

    def get(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text
        return answer.text

    def post(self, path: str, status: int = 303, **fields: object) -> str:
        answer = self.client.post(path, data={"csrf": self.csrf, **fields}, follow_redirects=False)
        assert answer.status_code == status, answer.text
        return answer.headers.get("location", answer.text)

    def api(self, path: str, status: int = 200, **body: object) -> Any:
        body = {"key": token_hex(16), **body}
        answer = self.client.post(path, json=body, headers={"x-csrf-token": self.csrf})
        assert answer.status_code == status, answer.text
        return answer.json()

    def decide(self, unit: int, code: str, applies: bool | None) -> Any:
        return self.api("/api/act", codes=[{"unit": unit, "code": code, "applies": applies}])

    def change(self, do: str, code: str = "", status: int = 303, **fields: object) -> str:
        page = self.get(f"/codebook/change?do={do}&code={code}")
        return self.post("/codebook/change", status, do=do, code=code, version=version_of(page), **fields)


def version_of(page: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found
    return found[1]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with create_project(
        tmp_path / "study", settings_toml="seed = 0\n", codebook_yaml=BOOK, guide_yaml=""
    ) as made:
        said = ("We rely on them.", "We believe in them.", "Nobody knows.")
        turns, text = [], ""
        for index, line in enumerate(said):
            turns.append(Turn(index, "Ana", "respondent", line, len(text), len(text) + len(line)))
            text += line + "\n"
        made.store.add_transcript(
            Transcript("ana", text, tuple(turns), "txt", source="ana.txt", sha256="sha")
        )
        units = tuple(
            Utterance(f"ana:{t.index}", "ana", t.index, t.index, "Ana", "respondent", t.text, t.start_char,
                      t.end_char, None, None, True, False, {})
            for t in turns
        )  # fmt: skip
        scores = np.full((3, 4), 0.25, np.float32)
        found = (Suggestion("ana:0", "trust", 0.75, None, "review", ()),)
        made.store.save_coding("run", "ana", Coding(units, found, scores, CODES), segmentation="s")
        yield made


@pytest.fixture
def review(project: Project) -> Review:
    return Review(project, learn=False)


@pytest.fixture
def person(review: Review) -> Callable[..., Person]:
    app = create_app(review, hosts=["testserver"], start_key="the key")

    def made(name: str = "Mia", role: str = "lead") -> Person:
        account = review.people.account(name) or review.people.add_account(name, role)  # type: ignore[arg-type]
        client = TestClient(app)
        review.people.sign_in(account.key, sha256(token := token_hex(16)))
        client.cookies.set(COOKIE, token)
        csrf = re.search(r'data-csrf="([^"]+)"', client.get("/memos").text)
        assert csrf
        return Person(client, csrf[1])

    return made


@pytest.fixture
def mia(person: Callable[..., Person]) -> Person:
    return person()


@pytest.fixture
def units(review: Review) -> tuple[int, ...]:
    return review.reading("ana").keys


def said(review: Review, unit: int, name: str = "Mia") -> dict[str, bool]:
    account = review.people.account(name)
    assert account is not None
    (view,) = review.views(account, review.reading("ana"), [unit])
    return dict(view.said)


def test_the_tree_shows_entries_and_how_often_each_code_was_decided_on(
    mia: Person, units: tuple[int, ...]
) -> None:
    mia.decide(units[0], "trust", True)
    mia.decide(units[1], "trust", False)
    page = mia.get("/codebook")
    assert "applied 1, not 1" in page
    assert "One relies on the other." in page
    assert "says that one can rely on them" in page


@pytest.mark.parametrize(
    ("do", "code", "fields", "now"),
    [
        ("add", "", {"name": "Hope", "parent": "bond", "include": "one\n\n two "}, ("hope", "Hope", "bond")),
        ("rename", "trust", {"name": "Reliance"}, ("trust", "Reliance", "bond")),
        ("move", "trust", {"parent": ""}, ("trust", "Trust", None)),
        ("edit", "gap", {"name": "Gap", "theory": "Polanyi", "colour": "#1f77b4"}, ("gap", "Gap", None)),
    ],
)
def test_a_lead_changes_the_codebook(
    mia: Person,
    project: Project,
    do: str,
    code: str,
    fields: dict[str, str],
    now: tuple[str, str, str | None],
) -> None:
    mia.change(do, code, **fields)
    one = read_codebook(project.codebook_path)[now[0]]
    assert (one.name, one.parent) == now[1:]
    if do == "add":
        assert one.include == ("one", "two")
    if do == "edit":
        assert (one.theory, one.colour) == ("Polanyi", "#1F77B4")
        assert one.definition == "Something is not known."  # not in the form that was sent: as it was
    latest = project.store.codebooks()[-1]
    assert latest.note.endswith("by Mia")
    assert latest.digest == read_codebook(project.codebook_path).digest


def test_the_file_as_it_was_is_kept_and_so_is_what_is_written_by_hand_later(
    mia: Person, project: Project
) -> None:
    path = project.codebook_path
    mia.change("rename", "trust", name="Reliance")
    assert path.with_name("codebook.yaml.bak").read_text() == BOOK
    assert (
        stat.S_IMODE(path.stat().st_mode)
        == stat.S_IMODE(path.with_name("codebook.yaml.bak").stat().st_mode)
        == 0o600
    )
    mia.change("rename", "trust", name="Trust")
    assert not path.with_name("codebook.yaml.bak-2").exists()  # nothing is lost of what the page wrote
    by_hand = path.read_text().replace("name: Gap", "name: Lack  # better")
    path.write_text(by_hand)
    mia.change("rename", "trust", name="Reliance")
    assert path.with_name("codebook.yaml.bak-2").read_text() == by_hand
    assert read_codebook(path)["gap"].name == "Lack"


def test_two_leads_at_once_lose_nothing(mia: Person, person: Callable[..., Person], project: Project) -> None:
    tom = person("Tom")
    seen = version_of(mia.get("/codebook/change?do=edit&code=trust"))
    tom.change("edit", "trust", name="Trust", definition="Tom's words.", theory="Luhmann")
    fields = {
        "name": "Trust", "definition": "Mia's words.", "theory": "",
        "include": "says that one can rely on them", "examples": "We rely on them.",
    }  # fmt: skip
    page = mia.post("/codebook/change", 409, do="edit", code="trust", version=seen, **fields)
    assert "Mia&#39;s words." in page  # typed text
    assert "Tom&#39;s words." in page  # what changed meanwhile
    assert "Luhmann" in page  # not touched by Mia: as Tom left it
    assert "One relies on the other." in page  # the difference
    assert read_codebook(project.codebook_path)["trust"].definition == "Tom's words."
    theory = re.search(r'name="theory"[^>]*>\s*([^<]*)</textarea>', page)
    assert theory
    assert theory[1] == "Luhmann"
    fields |= {"theory": theory[1]}
    mia.post("/codebook/change", do="edit", code="trust", version=version_of(page), **fields)
    one = read_codebook(project.codebook_path)["trust"]
    assert (one.definition, one.theory) == ("Mia's words.", "Luhmann")


def test_what_was_typed_on_a_code_that_has_gone_meanwhile_comes_back_as_a_new_code(
    mia: Person, person: Callable[..., Person]
) -> None:
    seen = version_of(mia.get("/codebook/change?do=edit&code=faith"))
    person("Tom").change("merge", "faith", into="trust")
    page = mia.post(
        "/codebook/change", 409, do="edit", code="faith", version=seen, name="Faith", definition="Mine."
    )
    assert "Mine." in page
    assert 'name="do" value="add"' in page


@pytest.mark.parametrize(
    ("do", "code", "fields", "sentence"),
    [
        ("add", "", {"name": ""}, "The name of the new code is empty"),
        ("edit", "trust", {"name": "A &gt; B", "definition": "typed"}, ""),
        (
            "edit",
            "trust",
            {"name": "x", "colour": "red", "definition": "typed words"},
            "not a colour such as",
        ),
        ("move", "bond", {"parent": "trust"}, "cannot move under"),
        ("merge", "trust", {"into": "trust"}, "cannot be merged into itself"),
        ("split", "trust", {"name-1": "A"}, "it takes two parts or more"),
        ("deprecate", "bond", {}, "move or merge them first"),
    ],
)
def test_what_cannot_be_done_is_said_and_what_was_typed_stays(
    mia: Person, project: Project, do: str, code: str, fields: dict[str, str], sentence: str
) -> None:
    fields = {key: value.replace("&gt;", ">") for key, value in fields.items()}
    page = mia.change(do, code, 400, **fields)
    assert sentence in page
    assert fields.get("definition", "") in page
    assert project.codebook_path.read_text() == BOOK


def test_a_tie_of_the_guide_keeps_its_code(mia: Person, project: Project) -> None:
    project.guide_path.write_text("questions:\n  - id: q\n    text: Do you know them?\n    ties: [gap]\n")
    page = mia.change("deprecate", "gap", 400)
    assert "unknown code" in page
    assert "gap" in read_codebook(project.codebook_path)


@pytest.mark.parametrize("role", ["coder", "reader"])
def test_others_only_read(person: Callable[..., Person], project: Project, role: str) -> None:
    ben = person("Ben", role)
    assert "do=edit" not in ben.get("/codebook")
    ben.get("/codebook/change?do=edit&code=trust", 403)
    ben.post("/codebook/change", 403, do="rename", code="trust", version="1", name="x")
    assert project.codebook_path.read_text() == BOOK


def test_a_form_without_its_token_changes_nothing(mia: Person, project: Project) -> None:
    mia.csrf = "wrong"
    mia.post("/codebook/change", 403, do="rename", code="trust", version="1", name="x")
    assert project.codebook_path.read_text() == BOOK


def test_decisions_on_a_merged_code_count_for_the_code_it_went_into(
    mia: Person, review: Review, units: tuple[int, ...]
) -> None:
    from autocode.training import labels_of_people

    mia.decide(units[0], "faith", True)
    mia.decide(units[0], "trust", False)  # later, but one yes is enough
    mia.decide(units[1], "faith", True)
    mia.change("merge", "faith", into="trust")
    assert said(review, units[0]) == {"trust": True}
    assert said(review, units[1]) == {"trust": True}
    names = {key: f"ana:{index}" for index, key in enumerate(units)}
    labels = labels_of_people(
        review.people.said(), review.codebook, name_of=names, succession=review.succession
    )
    column = labels.code_ids.index("trust")
    assert labels.values[:, column].tolist() == [1.0, 1.0]
    assert "applied 2" in mia.get("/codebook")
    mia.decide(units[0], "trust", False)
    assert said(review, units[0]) == {"trust": False}
    mia.api("/api/undo")
    assert said(review, units[0]) == {"trust": True}
    mia.api("/api/redo")
    mia.decide(units[0], "trust", None)
    assert said(review, units[0]) == {}


def test_chains_of_merges_are_followed_and_codes_that_come_back_are_themselves(
    mia: Person, review: Review, project: Project, units: tuple[int, ...]
) -> None:
    mia.decide(units[0], "faith", True)
    before = project.codebook_path.read_text()
    mia.change("merge", "faith", into="trust")
    mia.change("merge", "trust", into="gap")
    assert said(review, units[0]) == {"gap": True}
    project.codebook_path.write_text(before)
    assert said(review, units[0]) == {"faith": True}
    mia.decide(units[0], "gap", True)
    assert said(review, units[0]) == {"faith": True, "gap": True}


def test_ids_of_codes_that_have_gone_do_not_come_back(mia: Person, project: Project) -> None:
    mia.change("merge", "faith", into="trust")
    mia.change("deprecate", "gap")
    mia.change("add", name="Faith")
    mia.change("add", name="Gap")
    assert read_codebook(project.codebook_path).ids == ("bond", "trust", "faith_2", "gap_2")


def test_a_split_keeps_the_decisions_on_one_part(
    mia: Person, review: Review, project: Project, units: tuple[int, ...]
) -> None:
    mia.decide(units[0], "trust", True)
    mia.change("split", "trust", **{
        "name-1": "Trust in skill", "name-2": "Trust in will", "definition-2": "They want to.", "keeps": "2",
    })  # fmt: skip
    book = read_codebook(project.codebook_path)
    assert book.children("bond") == ("trust_in_skill", "trust", "faith")
    assert book["trust"].name == "Trust in will"
    assert said(review, units[0]) == {"trust": True}
    assert [one.code for one in review.rules.standing().old] == ["trust"]


def test_versions_and_what_is_different(mia: Person) -> None:
    mia.change("edit", "trust", name="Trust", definition="One leans on the other.")
    mia.change("deprecate", "gap")
    page = mia.get("/codebook/versions")
    assert "Edited &#39;Trust&#39;, by Mia" in page
    assert "<del>taken out</del> Gap" in page
    page = mia.get("/codebook/versions?before=1&after=2")
    assert "<del>One relies on the other.</del>" in page
    assert "<ins>One leans on the other.</ins>" in page
    assert "Gap" not in page.split("What is different")[1]
    mia.get("/codebook/versions?before=1&after=9", 404)


def test_a_decision_by_an_older_rule_is_listed_until_it_is_kept_or_made_again(
    mia: Person, review: Review, units: tuple[int, ...]
) -> None:
    for unit in units:
        mia.decide(unit, "trust", True)
    mia.decide(units[2], "gap", True)
    assert "older rule" not in mia.get("/codebook")
    mia.change("edit", "trust", name="Trust", definition="One leans on the other.")
    assert "3 decisions were made" in mia.get("/codebook")
    page = mia.get("/codebook/old-rule")
    assert "We rely on them." in page
    assert "<ins>One leans on the other.</ins>" in page
    mia.post("/codebook/old-rule", unit=units[0], code="trust", key=token_hex(16))
    mia.decide(units[1], "trust", False)
    assert "1 decision was made" in mia.get("/codebook")
    assert said(review, units[0]) == {"trust": True}
    mia.api("/api/undo")  # what was taken back is by the older rule again
    assert "2 decisions were made" in mia.get("/codebook")


def test_the_order_of_older_rules_brings_back_finished_units(
    mia: Person, person: Callable[..., Person], units: tuple[int, ...]
) -> None:
    ben = person("Ben", "coder")
    for unit in units[:2]:
        mia.api("/api/act", kind="done", codes=[{"unit": unit, "code": "trust", "applies": True}],
                done=[{"unit": unit, "done": True}])  # fmt: skip
    mia.change("rename", "trust", name="Reliance")
    page = mia.get("/queue?order=old_rule")
    assert "We rely on them." in page
    assert "0 of 2 finished" in page
    assert "Decided under an older rule" in page
    skipped = mia.api("/api/act", order="old_rule", skip=units[0])
    assert "We believe in them." in skipped["next"]
    following = mia.api("/api/keep", unit=units[1], order="old_rule")
    assert "1 of 2 finished" in following["next"]
    assert "Decided under an older rule" in following["next"]
    assert "Nothing is left" in mia.api("/api/keep", unit=units[0], order="old_rule")["next"]
    assert "Nothing is left" in ben.get("/queue?order=old_rule")
    assert "Nothing is left" not in mia.get("/queue?order=transcript")


def test_coders_see_their_own_older_decisions_and_leads_those_that_were_not_blind(
    mia: Person, person: Callable[..., Person], review: Review, units: tuple[int, ...]
) -> None:
    ben, eva = person("Ben", "coder"), person("Eva", "coder")
    account = review.people.account("Ben")
    assert account is not None
    review.people.assign(account.key, {units[0]: 1.0})
    ben.decide(units[0], "trust", True)  # blind
    ben.decide(units[1], "trust", True)
    mia.change("rename", "trust", name="Reliance")
    assert "2 more decisions are not shown to you" in eva.get("/codebook/old-rule")
    assert ben.get("/codebook/old-rule").count("<button>Keep") == 2
    page = mia.get("/codebook/old-rule")
    assert "We rely on them." not in page
    assert "We believe in them." in page
    assert "1 more decision is not shown to you" in page
    mia.post("/codebook/old-rule", unit=units[1], code="trust", key=token_hex(16))  # not hers to keep
    assert len(review.rules.standing().old) == 2


def test_the_entries_are_text_and_no_markup(mia: Person) -> None:
    mia.change("add", name="<script>alert(1)</script>", definition="<img src=x onerror=alert(1)>")
    for path in ("/codebook", "/codebook/versions", "/codebook/change?do=edit&code=script_alert_1_script"):
        page = mia.get(path)
        assert "<script>alert" not in page
        assert "<img" not in page
