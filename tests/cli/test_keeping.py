"""`add`, `status` and `remove`: what a project keeps, and what it says about it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autocode.store import open_project
from tests.cli.conftest import INTERVIEW, Run, tree

ASKING_ONLY = "Per: Who was there, and why?\n\nKari: And when did it begin?\n"


@pytest.fixture
def asked(here: Path) -> Path:
    """A transcript in which, once the settings say so, nobody is a respondent."""
    path = here / "asked.txt"
    path.write_text(ASKING_ONLY)
    return path


def only_interviewers(study: Path) -> None:
    with (study / "autocode.toml").open("a") as settings:
        settings.write('[speakers]\n"Per" = "interviewer"\nKari = "interviewer"\n')


def test_one_without_respondent_does_not_keep_the_others_from_being_coded(
    run: Run, study: Path, interview: Path, asked: Path
) -> None:
    assert run("-q", "add", asked, interview).code == 0
    only_interviewers(study)
    for n_now in (1, 0):
        done = run("--json", "code", "--out", "out")
        assert done.code == 0, done.err
        counts = done.data["counts"]
        assert (counts["coded_now"], counts["coded_before"], counts["left_out"]) == (n_now, 1 - n_now, 1)
        assert "warning: asked.txt: no respondent speaks" in done.err
        assert "[speakers]" in done.err
        assert "--speaker" not in done.err
    assert run("-q", "remove", "anna").code == 0
    run("-q", "code").refused("asked.txt", "no respondent speaks", "[speakers]")


def test_a_speaker_in_the_settings_whom_nobody_knows(run: Run, study: Path, interview: Path) -> None:
    assert run("-q", "add", interview).code == 0
    with Path("autocode.toml").open("a") as settings:
        settings.write('[speakers]\n"Nobody" = "interviewer"\n')
    done = run("code")
    assert done.code == 0
    assert "warning: [speakers]: nobody in these transcripts is called 'Nobody'" in done.err


def test_counts_are_those_of_the_whole_project(run: Run, study: Path, here: Path, interview: Path) -> None:
    assert run("-q", "add", interview).code == 0
    first = run("--json", "code").data["counts"]
    (here / "bert.txt").write_text(INTERVIEW.replace("trust", "know"))
    assert run("-q", "add", here / "bert.txt").code == 0
    second, third = (run("--json", "code").data["counts"] for _ in range(2))
    assert (second["coded_now"], second["coded_before"], third["coded_now"]) == (1, 1, 0)
    assert second["transcripts"] == third["transcripts"] == 2
    assert second["utterances"] == third["utterances"] == 2 * first["utterances"]


def test_a_role_that_is_set_again_is_told(run: Run, study: Path, asked: Path) -> None:
    assert run("add", asked).code == 0
    done = run("add", asked, "--speaker", "Per=interviewer")
    assert "0 transcripts added. 1 was there already. 1 role changed." in done.out
    assert "warning" not in done.err
    assert role_in(run("add", asked).out, "Per") == "interviewer"
    again = run("--json", "add", asked, "--speaker", "Per=interviewer")
    assert again.data == {"added": [], "known": 1, "roles_changed": 0}


def role_in(shown: str, speaker: str) -> str:
    """The role of a speaker in the table that was shown."""
    (row,) = (line for line in shown.splitlines() if line.startswith(f"│ {speaker} "))
    return row.split("│")[2].strip()


def parts(name: str) -> tuple[str, str]:
    return f"{name}: 1 turn,", f"{name}.txt: no speaker labels"


def test_warnings_stand_with_their_transcript(study: Path, here: Path) -> None:
    names = ("one.txt", "two.txt")
    for name in names:
        (here / name).write_text(f"We trust them completely. I can rely on {name}.\n")
    child = subprocess.run(
        [sys.executable, "-m", "autocode", "add", *(str(here / name) for name in names)],
        check=True, cwd=study, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    places = [child.stdout.index(part) for name in ("one", "two") for part in parts(name)]
    assert places == sorted(places)


def test_duplicates_are_told_with_their_files(run: Run, study: Path, here: Path, interview: Path) -> None:
    assert run("-q", "add", interview).code == 0
    for folder in ("x", "y"):
        (here / folder).mkdir()
        (here / folder / "new.txt").write_text(INTERVIEW + "\nRespondent: That was all.\n")
    copy = shutil.copy(interview, here / "x" / "copy.txt")
    interview.write_text(INTERVIEW + "\nRespondent: One more thing.\n")
    done = run("add", here / "x", here / "y", interview)
    assert done.code == 2
    told = [line.strip() for line in done.err.splitlines() if line.startswith("  ")]
    assert told == [
        f"{copy}: has the same content as 'anna', which is in the project; leave it out",
        f"{here / 'y' / 'new.txt'}: has the same content as {here / 'x' / 'new.txt'}; leave one of them out",
        f"{interview}: the project has a transcript 'anna' with other content; "
        "'autocode remove anna' makes room for this one, or give this one another name",
    ]
    assert run("-q", "remove", "anna").code == 0
    assert run("--json", "add", interview).data["added"] == ["anna"]


def test_files_are_copied_into_the_project(run: Run, study: Path, interview: Path) -> None:
    assert run("-q", "add", interview).code == 0
    copy = study / "transcripts" / "anna.txt"
    assert copy.read_bytes() == interview.read_bytes()
    assert copy.stat().st_mode & 0o777 == 0o600
    assert run("-q", "add", interview, copy.parent).code == 0
    assert list(tree(copy.parent)) == ["anna.txt"]
    assert run("-q", "remove", "anna").code == 0
    interview.write_text(INTERVIEW + "\nRespondent: One more thing.\n")
    assert run("-q", "add", interview).code == 0
    assert list(tree(copy.parent)) == ["anna-2.txt", "anna.txt"]


def test_files_that_lie_in_the_project_but_were_not_added(run: Run, study: Path, interview: Path) -> None:
    shutil.copy(interview, "transcripts")
    run("code").refused("no transcripts yet", "1 file in transcripts/", "'autocode add transcripts'")
    assert run("-q", "add", "transcripts").code == 0
    assert "transcripts/" not in run("code").err
    Path("transcripts/bert.txt").write_text(INTERVIEW + "\nRespondent: That was all.\n")
    assert "1 file in transcripts/ is not in the project (bert.txt)" in run("code").err
    assert "bert.txt" not in run("-q", "code").err


def test_status(run: Run, study: Path, interview: Path, asked: Path) -> None:
    empty = run("--json", "status").data
    assert (empty["transcripts"], empty["last_run"], empty["codebook"]["version"]) == ([], None, None)
    assert run("-q", "add", interview).code == 0
    assert "not yet" in run("status").out
    assert run("-q", "code").code == 0
    assert run("-q", "add", asked).code == 0
    told = run("--json", "status").data
    anna, other = told["transcripts"]
    assert (anna["id"], anna["coded"], anna["codable"]) == ("anna", True, 6)
    assert anna["speakers"] == {"Interviewer": "interviewer", "Respondent": "respondent"}
    assert (other["id"], other["coded"], other["codable"]) == ("asked", False, None)
    assert (told["codebook"]["version"], told["last_run"]["status"]) == (1, "finished")
    only_interviewers(study)
    shown = run("status")
    for part in ("6 utterances", "no respondent", "version 1", "2 transcripts, 1 coded"):
        assert part in shown.out
    with Path("autocode.toml").open("a") as settings:
        settings.write('Respondent = "other"\n')
    assert not run("--json", "status").data["transcripts"][0]["coded"]


def test_status_says_where_not_all_utterances_follow(
    run: Run, study: Path, interview: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("-q", "add", interview).code == 0
    assert run("-q", "code").code == 0
    assert "follow" not in run("status").out
    monkeypatch.setattr("autocode.learn.live.POOL", 4)
    assert "in about 4 of 6 utterances" in " ".join(run("status").out.split())


def test_remove_takes_all_or_none(run: Run, study: Path, interview: Path, asked: Path) -> None:
    assert run("-q", "add", interview, asked).code == 0
    run("-q", "remove", "anna", "askd").refused("askd: no such transcript", "did you mean 'asked'?")
    with open_project(study) as project:
        assert [one.id for one in project.store.transcripts()] == ["anna", "asked"]
    done = run("remove", "anna", "anna", "--yes")
    assert (done.code, done.out) == (0, "1 transcript removed.\n")
    assert "anna.txt" in done.err
    assert run("--json", "remove", "asked").data == {"removed": ["asked"]}
    assert run("--json", "status").data["not_added"] == ["anna.txt", "asked.txt"]


def test_init_wants_a_name(run: Run, here: Path) -> None:
    before = tree(here)
    run("init", "").refused("empty name", "'.'")
    assert tree(here) == before


def test_init_in_a_project_says_so(run: Run, study: Path) -> None:
    done = run("init", "inner", "--guide", "none")
    assert done.code == 0
    assert f"inside another one, {study}" in done.err
    assert "guide.yaml" not in done.out
    (study / "autocode.toml").unlink()
    assert "inside" not in run("init", "other").err
