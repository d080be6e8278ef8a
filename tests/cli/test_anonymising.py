"""`autocode anonymise`, in process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autocode.anonymise import anonymise, read_key
from autocode.cli import main
from autocode.dataset import read_dataset
from autocode.read import read_transcript
from autocode.store import Request, ReviewStore, open_project
from tests.cli.conftest import Run, lines_of, tree

TALK = """\
Ida Holm: How is the work with Nordwerk, Bo?

Bo Berg: Nordwerk's people are good. Write to bo.berg@fjord.no, or ask Zorbex in Vaasa.

Ida Holm: And Mr. Vik?

Bo Berg: He left Nordwerk. We will see.
"""


@pytest.fixture
def talk(study: Path) -> Path:
    """A project with one interview whose file's name tells a name, and a list."""
    path = study.parent / "bo_berg_2023.txt"
    path.write_text(TALK, encoding="utf-8")
    assert main(["-q", "add", str(path), "--speaker", "Ida Holm=interviewer"]) == 0
    (study / "names.csv").write_text("text,kind\nNordwerk,firm\nVik,person\nZorbex,firm\n", encoding="utf-8")
    return path


def test_copies_without_names_and_a_key_apart(study: Path, talk: Path, run: Run) -> None:
    before = tree(study)
    checked = run("--json", "anonymise", "--check")
    assert [one["text"] for one in checked.data["remaining"]] == ["Vaasa"]
    assert checked.data["remaining"][0]["places"] == [{"transcript_id": "bo_berg_2023", "turn": 1}]
    assert {one["placeholder"]: one["times"] for one in checked.data["replaced"]} == {
        "Firm 1": 3, "Firm 2": 1, "Person 1": 1, "Respondent 1": 1, "E-mail 1": 1
    }  # fmt: skip
    assert run("anonymise", "--check", "--draft", study.parent / "draft.csv").code == 0
    draft = (study.parent / "draft.csv").read_text(encoding="utf-8").splitlines()
    assert draft == ["text,kind,also,placeholder,case", "Vaasa,,,,"]
    run("anonymise", "--check", "--names", study.parent / "draft.csv").refused(
        "draft.csv, line 2: the kind of a name is missing; write one of person"
    )
    run("-q", "anonymise").refused("1 word that may be names", "--check", "--yes")
    assert tree(study) == before
    with (study / "names.csv").open("a", encoding="utf-8") as file:
        file.write("Vaasa,place\n")
    ran = run("--json", "anonymise")
    assert ran.data["files"] == ["interview_01.txt"]
    copy, key = study / "anonymous" / "interview_01.txt", study / "anonymous-key.yaml"
    assert copy.read_text(encoding="utf-8") == (
        "Interviewer 1: How is the work with [Firm 1], [Respondent 1]?\n\n"
        "Respondent 1: [Firm 1]'s people are good. Write to [E-mail 1], or ask [Firm 2] in [Place 1].\n\n"
        "Interviewer 1: And Mr. [Person 1]?\n\n"
        "Respondent 1: He left [Firm 1]. We will see.\n"
    )
    assert {path.stat().st_mode & 0o777 for path in (copy, key)} == {0o600}
    assert [turn.role for turn in read_transcript(copy).turns] == ["interviewer", "respondent"] * 2
    assert talk.read_text(encoding="utf-8") == TALK
    assert [path.name for path in copy.parent.iterdir()] == ["interview_01.txt"]
    told = run("anonymise", "--force")
    assert "no word with a capital remains" in told.out
    assert "Bo Berg" in told.out


def test_what_stands_in_the_way(study: Path, talk: Path, run: Run) -> None:
    run("anonymise", "--key", "anonymous/key.yaml", "--yes").refused("the key would lie among the copies")
    run("anonymise", "--out", ".", "--yes", "--key", "../k").refused("holds originals")
    run("anonymise", "--out", "transcripts", "--yes").refused("holds originals")
    run("anonymise", "--ner", "no_such_model").refused("no spaCy pipeline 'no_such_model' is installed")
    run("anonymise", talk).refused("--out is missing")
    run("anonymise", talk, "--out", talk.parent, "--force", "--yes").refused("holds originals")
    assert run("anonymise", "--yes").code == 0
    run("anonymise", "--yes").refused("anonymous: holds files already")


def test_a_model_finds_names_too(study: Path, talk: Path, run: Run) -> None:
    import spacy

    model = spacy.blank("en")
    ruler = model.add_pipe("entity_ruler")
    ruler.add_patterns(  # type: ignore[attr-defined]
        [{"label": "GPE", "pattern": "Vaasa"}, {"label": "ORG", "pattern": "Nordwerk's"}]
    )
    model.to_disk(study.parent / "model")
    (study / "names.csv").write_text("text,kind\nVik,person\nZorbex,firm\n", encoding="utf-8")
    ran = run("--json", "anonymise", "--ner", study.parent / "model")
    found = {one["placeholder"]: (one["known_from"], one["times"]) for one in ran.data["replaced"]}
    assert found["Place 1"] == ("model", 1)
    assert found["Firm 2"] == ("model", 3)
    spacy.blank("en").to_disk(study.parent / "blank")
    run("anonymise", "--check", "--ner", study.parent / "blank").refused("does not look for names")


def test_a_coded_dataset_keeps_its_codes(here: Path, run: Run) -> None:
    folder = here / "data"
    folder.mkdir()
    names = ("transcript_id", "utterance_id", "speaker", "role", "text")
    rows = [
        ("nordwerk1", "u1", "Ida", "interviewer", "Hello Bo Berg."),
        ("nordwerk1", "u2", "Bo Berg", "respondent", "Nordwerk helped us."),
        ("nordwerk1", "u3", "Bo Berg", "respondent", "We went."),
    ]
    (folder / "utterances.jsonl").write_text(
        "".join(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in rows)
    )
    (folder / "codes.jsonl").write_text('{"utterance_id": "u2", "coder": "Ann", "code": "help"}\n')
    (folder / "coverage.jsonl").write_text(
        "".join(
            f'{{"utterance_id": "{id}", "coder": "{who}", "blind": {blind}}}\n'
            for id in ("u2", "u3")
            for who, blind in (("Ann", "true"), ("consensus", "false"), ("Cy", "null"), ("machine", "null"))
        )
    )
    (folder / "codebook.yaml").write_text(
        "name: Nordwerk\ncodes: [{id: help, name: Help, examples: [Nordwerk came and helped.]}, "
        "{id: to_nordwerk, name: To}]\n"
    )
    (here / "names.csv").write_text("text,kind\nNordwerk,firm\n")
    done = run("anonymise", folder, "--coded", "--out", here / "out")
    assert done.code == 0
    assert "are left as they are, and there are names in to_nordwerk" in done.err
    copy = read_dataset(here / "out")
    assert [turn.text for turn in copy.transcripts[0].turns] == [
        "Hello [Respondent 1].",
        "[Firm 1] helped us.",
        "We went.",
    ]
    assert copy.codings.by_coder == {
        "Coder 1": {"interview_01:2": {"help"}, "interview_01:3": set()},
        "Coder 2": {"interview_01:2": set(), "interview_01:3": set()},
        "consensus": {"interview_01:2": set(), "interview_01:3": set()},
        "machine": {"interview_01:2": set(), "interview_01:3": set()},
    }
    blind = {row["coder"]: row.get("blind") for row in lines_of(here / "out" / "coverage.jsonl")}
    assert blind == {"Coder 1": True, "Coder 2": None, "consensus": False, "machine": None}
    assert copy.codebook.name == "[Firm 1]"
    assert copy.codebook["help"].examples == ("[Firm 1] came and helped.",)
    told = "".join(path.read_text() for path in (here / "out").iterdir())
    assert not [
        name
        for name in ("Nordwerk", "nordwerk", "Bo", "Ann", "Ida", "Cy")
        if f'"{name}' in told or f" {name}" in told
    ]
    key = read_key(here / "anonymous-key.yaml", ordinary=lambda _: False)
    assert anonymise("Bo Berg", key) == "[Respondent 1]"
    assert len(lines_of(here / "out" / "utterances.jsonl")) == 3


def test_what_is_decided_but_not_finished_and_who_was_blind(study: Path, talk: Path, run: Run) -> None:
    assert run("code").code == 0
    with open_project(study) as project:
        people, book = ReviewStore(project.store), project.store.codebooks()[-1].digest
        first, second, *_ = people.pool().keys.tolist()
        mia, bo = (people.add_account(name, "coder").key for name in ("Mia", "Bo"))
        people.assign(mia, {first: 1.0})
        people.act(mia, Request("a", "done", [["code", first, "trust", True], ["done", first, True]], book))
        people.act(bo, Request("b", "decide", [["code", second, "learning", True]], book))
        agreed = [["code", first, "trust", True], ["done", first, True]]
        people.act(mia, Request("c", "adjudicate", agreed, book), subject=people.consensus())
    assert run("export", "--to", "dataset", "ds").code == 0
    assert run("anonymise", "--coded", "--yes").code == 0
    label = {"Mia": "Coder 2", "Bo": "Coder 1", "consensus": "consensus"}
    for name in ("codes.jsonl", "coverage.jsonl"):
        wanted, copied = (
            [(row["coder"], row.get("code"), row.get("blind")) for row in lines_of(Path(folder, name))]
            for folder in ("ds", "anonymous")
        )
        assert sorted(copied, key=repr) == sorted([(label[who], *rest) for who, *rest in wanted], key=repr)
    assert ("Coder 2", None, True) in copied


def test_what_is_only_begun_is_in_no_copy(study: Path, talk: Path, run: Run) -> None:
    assert run("code").code == 0
    with open_project(study) as project:
        people, book = ReviewStore(project.store), project.store.codebooks()[-1].digest
        first, second, third, *_ = people.pool().keys.tolist()
        mia, bo = (people.add_account(name, "coder").key for name in ("Mia", "Bo"))
        done = [["code", first, "trust", True], ["done", first, True]]
        people.act(mia, Request("key-a", "done", done, book))
        people.act(mia, Request("key-b", "decide", [["code", second, "learning", True]], book))
        people.act(bo, Request("key-c", "decide", [["code", second, "trust", True]], book))
        people.act(bo, Request("key-d", "decide", [["code", third, "trust", False]], book))
    exported = run("export", "--to", "dataset", "ds")
    copied = run("anonymise", "--coded", "--yes")
    for table, n in (("codes.jsonl", 2), ("coverage.jsonl", 2)):
        wanted, rows = (lines_of(Path(folder, table)) for folder in ("ds", "anonymous"))
        who = {"Bo": "Coder 1", "Mia": "Coder 2"}
        assert sorted(one["coder"] for one in rows) == sorted(who[one["coder"]] for one in wanted)
        assert len(rows) == len(wanted) == n, table
    for told in (exported.err, copied.err):
        assert "no statement is marked as finished by Bo, as after an import" in " ".join(told.split())
        assert "begun and not finished, on 2 statements, is left out" in " ".join(told.split())


def test_a_draft_is_a_step_before_the_copies(run: Run, here: Path) -> None:
    Path("study").mkdir()
    assert run("init", "study/one").code == 0
    import os

    os.chdir("study/one")
    Path("transcripts/anna.txt").write_text(
        "Interviewer: How was it?\n\nAnna: Quillon helped us in Trondheim, and that was good for everybody.\n"
    )
    assert run("add", "transcripts", "--yes").code == 0
    done = run("anonymise", "--draft", "names-to-check.csv")
    assert done.code == 0, done.err
    assert "Words to look at: names-to-check.csv" in done.out
    assert "Quillon" in Path("names-to-check.csv").read_text()
    assert not Path("anonymous").exists()
