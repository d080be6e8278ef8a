"""The codebook's page: changing it by forms, two leads at once, merged codes, versions, older rules."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable
from secrets import token_hex

import pytest

from autocode.codebook import read_codebook
from autocode.store import Project
from autocode.web.state import BLIND_SHARE, Review
from tests.web.conftest import Person, field_of

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
FIRST, SECOND = "We trust them", "&#34;Quotes&#34;"  # how the first two answers begin


@pytest.fixture
def codebook_yaml() -> str:
    return BOOK


@pytest.fixture
def units(units: dict[str, list[int]]) -> tuple[int, ...]:
    return tuple(units["anna"])


def said(review: Review, unit: int, name: str = "Mia") -> dict[str, bool]:
    account = review.people.account(name)
    assert account is not None
    (view,) = review.views(account, review.reading("anna"), [unit])
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


def test_the_counts_tell_nobody_what_others_decided_blind(
    mia: Person, person: Callable[..., Person], review: Review, units: tuple[int, ...]
) -> None:
    ben, eva, rita = person("Ben", "coder"), person("Eva", "coder"), person("Rita", "reader")
    for name in ("Ben", "Eva"):
        account = review.people.account(name)
        assert account is not None
        review.people.assign(account.key, {units[0]: 1.0})
    ben.decide(units[0], "trust", True)
    ben.api("/api/act", kind="done", done=[{"unit": units[0], "done": True}])
    assert "you applied it 1" in ben.get("/codebook")
    for other in (eva, mia, rita):
        assert "applied" not in counts(other), "Eva has yet to decide it blind"
    eva.api("/api/act", kind="done", done=[{"unit": units[0], "done": True}])
    assert "applied" not in counts(eva)
    assert "applied 1" in counts(mia)
    assert "applied 1" in counts(rita)
    review.people.set_setting(BLIND_SHARE, 1.0)
    assert "applied" not in counts(mia), "she decides all of them blind now"
    assert "applied 1" in counts(rita)


def counts(someone: Person) -> str:
    """How often each code was decided on, as the codebook's page has it."""
    return " ".join(re.findall(r'<span class="counts quiet">(.*?)</span>', someone.get("/codebook"), re.S))


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
    seen = field_of(mia.get("/codebook/change?do=edit&code=trust"), "version")
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
    mia.post("/codebook/change", do="edit", code="trust", version=field_of(page, "version"), **fields)
    one = read_codebook(project.codebook_path)["trust"]
    assert (one.definition, one.theory) == ("Mia's words.", "Luhmann")


def test_what_was_typed_on_a_code_that_has_gone_meanwhile_comes_back_as_a_new_code(
    mia: Person, person: Callable[..., Person]
) -> None:
    seen = field_of(mia.get("/codebook/change?do=edit&code=faith"), "version")
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
    more = {"cues": "rely", "counter_examples": "They trust in God.", "theory": "Of two kinds.",
            "applies_to": "respondent"}  # fmt: skip
    mia.change("edit", "trust", **more)
    form = mia.get("/codebook/change?do=split&code=trust")
    told = "“Words that speak for it”, “Counter-examples”, “Theory” and “Meant for” goes to the same part"
    assert told in " ".join(form.split())
    assert "goes to the same part" not in mia.get("/codebook/change?do=split&code=gap")
    old = read_codebook(project.codebook_path)["trust"]
    mia.change("split", "trust", **{
        "name-1": "Trust in skill", "name-2": "Trust in will", "definition-2": "They want to.", "keeps": "2",
    })  # fmt: skip
    book = read_codebook(project.codebook_path)
    assert book.children("bond") == ("trust_in_skill", "trust", "faith")
    assert book["trust"] == old.model_copy(
        update={"name": "Trust in will", "definition": "They want to.", "include": (), "examples": ()}
    )
    assert book["trust_in_skill"].cues == ()
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
    assert FIRST in page
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
    assert FIRST in page
    assert "0 of 2 finished" in page
    assert "Decided under an older rule" in page
    skipped = mia.api("/api/act", order="old_rule", skip=units[0])
    assert SECOND in skipped["next"]
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
    assert "There are more that are not shown to you: others made them" in eva.get("/codebook/old-rule")
    assert ben.get("/codebook/old-rule").count("<button>Keep") == 2
    page = mia.get("/codebook/old-rule")
    assert FIRST not in page
    assert SECOND in page
    assert "There are more that are not shown to you: they were made blind" in page
    mia.post("/codebook/old-rule", unit=units[1], code="trust", key=token_hex(16))  # not hers to keep
    assert len(review.rules.standing().old) == 2


def test_the_entries_are_text_and_no_markup(mia: Person) -> None:
    mia.change("add", name="<script>alert(1)</script>", definition="<img src=x onerror=alert(1)>")
    for path in ("/codebook", "/codebook/versions", "/codebook/change?do=edit&code=script_alert_1_script"):
        page = mia.get(path)
        assert "<script>alert" not in page
        assert "<img" not in page


def test_lines_that_name_a_code_by_its_id_follow_a_merge_and_are_told_before_it_goes(
    mia: Person, review: Review, project: Project, units: tuple[int, ...]
) -> None:
    mia.change("edit", "gap", name="Gap", exclude="relying on it -> trust")
    mia.decide(units[0], "gap", True)
    assert "stands in lines of Gap" in mia.get("/codebook/change?do=deprecate&code=trust")
    assert "stands in lines" not in mia.get("/codebook/change?do=deprecate&code=faith")
    mia.change("merge", "trust", into="faith")
    assert read_codebook(project.codebook_path)["gap"].exclude == ("relying on it -> faith",)
    assert "<ins>relying on it -&gt; faith</ins>" in mia.get("/codebook/versions")
    assert review.rules.standing().old == [], "the rule of Gap is the same"
