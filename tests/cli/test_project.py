"""`init`, `add` and `code` in a project: nothing is lost, nothing is done twice."""

from __future__ import annotations

import json
import random
import shutil
import signal
import time
from pathlib import Path

import pytest

from autocode.codebook import read_codebook
from autocode.store import Request, ReviewStore, open_project
from tests.cli.conftest import CODEBOOK, Run, lines_of, process, tree

PLAIN = ("suggestions.jsonl", "suggestions.csv", "utterances.jsonl")


def write_interview(path: Path, *, seed: int, n_turns: int = 6) -> Path:
    """An invented interview that no other seed gives."""
    chance = random.Random(seed)
    said = ["We trust them", "it taught us a lot", "there was a quarrel", "the boat was late", "I rely on it"]
    lines: list[str] = []
    for number in range(n_turns):
        lines.append(f"Interviewer: And what happened in year {number}?")
        chosen = " and ".join(chance.sample(said, 3))
        lines.append(f"Respondent: {chosen}, that was in week {chance.randrange(52)} of year {number}.")
    path.write_text("\n\n".join(lines) + "\n", encoding="utf-8")
    return path


def ids(folder: Path) -> list[str]:
    with open_project(folder) as project:
        return [transcript.id for transcript in project.store.transcripts()]


@pytest.mark.parametrize("name", ["knowledge_dynamics", "relationship_development"])
def test_init_writes_a_codebook_that_is_the_shipped_one(run: Run, here: Path, name: str) -> None:
    done = run("--json", "init", "study", "--codebook", name)
    assert done.data == {"project": "study"}
    written = {path.name for path in Path("study").iterdir()}
    assert written >= {"autocode.toml", "codebook.yaml", "guide.yaml", "transcripts", "autocode.db"}
    assert read_codebook("study/codebook.yaml").digest == read_codebook(name).digest
    assert Path("study").stat().st_mode & 0o777 == 0o700
    assert Path("study/autocode.db").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("suffix", [".json", ".csv"])
def test_init_takes_a_codebook_of_any_format(run: Run, here: Path, book: Path, suffix: str) -> None:
    assert run("codebook", "convert", book, f"partners{suffix}").code == 0
    assert run("init", "study", "--codebook", f"partners{suffix}").code == 0
    assert read_codebook("study/codebook.yaml").ids == read_codebook(book).ids


def test_init_takes_the_examples_beside_a_codebook_along(run: Run, here: Path, book: Path) -> None:
    (here / "mine").mkdir()
    shutil.copy(book, "mine/book.yaml")
    Path("mine/book.yaml").write_text(
        book.read_text().replace("codes:", "examples_file: more.csv\ncodes:", 1)
    )
    Path("mine/more.csv").write_text("code,example\ntrust,They keep their word.\n")
    assert run("init", "study", "--codebook", "mine/book.yaml").code == 0
    assert "They keep their word." in read_codebook("study/codebook.yaml")["trust"].examples


def test_init_takes_the_guide_that_belongs_to_a_shipped_codebook(run: Run, here: Path) -> None:
    assert run("init", "with").code == run("init", "without", "--guide", "none").code == 0
    assert "questions:" in Path("with/guide.yaml").read_text()
    assert "questions:" not in Path("without/guide.yaml").read_text()


def test_init_leaves_a_project_alone(run: Run, study: Path) -> None:
    before = tree(study)
    run("init", ".").refused("is a project already")
    run("init", "sub", "--codebook", "knowlege_dynamics").refused("did you mean 'knowledge_dynamics'?")
    run("init", "sub", "--guide", "gone.yaml").refused("gone.yaml: no such file")
    run("init", "sub", "--codebook", study / "codebook.yaml", "--guide", "knowledge_dynamics").refused(
        "unknown code"
    )
    assert tree(study) == before


def test_add_shows_whom_it_found(run: Run, study: Path, interview: Path) -> None:
    done = run("add", interview)
    assert done.code == 0
    for word in ("anna: 6 turns", "Interviewer", "Respondent", "1 transcript added."):
        assert word in done.out
    quiet = run("-q", "add", interview)
    assert (quiet.out, quiet.err) == ("0 transcripts added. 1 was there already.\n", "")


def test_what_files_say_is_no_command_to_the_terminal(run: Run, study: Path, tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    said = [("\x1b[31mAnn", "Why\x07?"), ("\x9b2JBo", "So.\x1b]0;x\x07")]
    path.write_text(json.dumps({"segments": [{"speaker": who, "text": text} for who, text in said]}))
    done = run("add", path, "--yes")
    assert "[31mAnn" in done.out
    odd = run("add", tmp_path / "\x1b[31m.json")
    assert odd.code == 2
    for printed in (done.out, done.err, run("status").out, odd.err):
        assert not {"\x1b", "\x9b", "\x07"} & set(printed)


def test_adding_again_changes_nothing(run: Run, study: Path, interview: Path) -> None:
    assert run("--json", "add", interview, "--yes").data == {
        "added": ["anna"],
        "known": 0,
        "roles_changed": 0,
    }
    assert run("add", interview, "--yes", "--json").data == {"added": [], "known": 1, "roles_changed": 0}
    assert ids(study) == ["anna"]


def test_an_id_with_other_content_is_refused(run: Run, study: Path, interview: Path) -> None:
    assert run("-q", "add", interview).code == 0
    write_interview(interview, seed=1)
    first = write_interview(interview.parent / "aaa.txt", seed=2)
    run("-q", "add", first, interview).refused("anna", "other content")
    assert ids(study) == ["anna"]
    copy = shutil.copy(first, interview.parent / "copy.txt")
    run("-q", "add", first, copy).refused("same content")
    assert ids(study) == ["anna"]


@pytest.mark.parametrize(
    "bad", [b"", bytes(range(256)) * 9, b"Interviewer: Who is there?\n\nModerator: Nobody, is there?\n"]
)
def test_one_bad_file_keeps_all_out(run: Run, study: Path, interview: Path, bad: bytes) -> None:
    folder = interview.parent / "many"
    folder.mkdir()
    write_interview(folder / "a.txt", seed=1)
    (folder / "b.txt").write_bytes(bad)
    run("-q", "add", folder).refused("b.txt")
    run("-q", "add", folder / "a.txt", folder / "gone.txt").refused("gone.txt: no such file")
    assert ids(study) == []
    (folder / "b.txt").unlink()
    assert run("-q", "add", folder).code == 0
    assert ids(study) == ["a"]


def test_roles_are_told_at_add_and_later(run: Run, study: Path, interview: Path) -> None:
    run("-q", "add", interview, "--speaker", "Anna=interviewer").refused("--speaker", "'Anna'")
    run("-q", "add", interview, "--speaker", "Respondent=boss").refused("--speaker", "NAME=ROLE")
    assert ids(study) == []
    assert run("-q", "add", interview).code == 0
    assert run("--json", "code").data["counts"]["coded_now"] == 1
    counts = run("--json", "code").data["counts"]
    assert (counts["coded_now"], counts["coded_before"], counts["transcripts"]) == (0, 1, 1)
    swap = ("--speaker", "interviewer=respondent", "--speaker", "Respondent=interviewer")
    assert run("-q", "add", interview, *swap).code == 0
    assert run("--json", "code", "--out", "out").data["counts"]["coded_now"] == 1
    assert {row["speaker"] for row in lines_of(Path("out/suggestions.jsonl"))} == {"Interviewer"}


def test_roles_in_the_settings_hold_for_what_is_there_already(run: Run, study: Path, interview: Path) -> None:
    assert run("-q", "add", interview).code == 0
    assert run("-q", "code").code == 0
    with Path("autocode.toml").open("a") as settings:
        settings.write('[speakers]\n"INTERVIEWER" = "respondent"\n')
    assert run("--json", "code", "--out", "out").data["counts"]["coded_now"] == 1
    speakers = {row["speaker"] for row in lines_of(Path("out/suggestions.jsonl"))}
    assert speakers == {"Interviewer", "Respondent"}
    assert run("--json", "code").data["counts"]["coded_now"] == 0


def test_a_project_gives_what_its_files_give(run: Run, study: Path, here: Path, interview: Path) -> None:
    other = write_interview(here / "bert.txt", seed=3)
    assert run("-q", "add", interview, other).code == 0
    for more in ((), ("--all-scores",)):
        assert run("-q", "code", "--out", "from_project", *more).code == 0
        arguments = ("--codebook", "codebook.yaml", "--config", "autocode.toml", "--out", "from_files")
        assert run("-q", "code", interview, other, *arguments, *more).code == 0
        for name in PLAIN:
            assert Path("from_project", name).read_bytes() == Path("from_files", name).read_bytes()


def test_only_what_is_new_is_coded(run: Run, study: Path, here: Path, interview: Path) -> None:
    assert run("-q", "add", interview).code == 0
    first, second = run("code"), run("code")
    assert "Nothing to do" not in first.err
    assert "Nothing to do" in second.err
    assert first.out == second.out
    assert run("-q", "add", write_interview(here / "bert.txt", seed=3)).code == 0
    counts = run("--json", "code").data["counts"]
    assert (counts["coded_now"], counts["coded_before"]) == (1, 1)
    with Path("codebook.yaml").open("a") as codebook:
        codebook.write("  - id: weather\n    name: Weather\n    definition: The weather of the day.\n")
    again = run("--json", "code").data["counts"]
    assert (again["coded_now"], again["coded_before"]) == (2, 0)
    with Path("autocode.toml").open("a") as settings:
        settings.write("threads = 1\n")
    assert run("--json", "code").data["counts"]["coded_now"] == 0  # as fast or slow, it codes the same
    with Path("autocode.toml").open("a") as settings:
        settings.write("[classify]\nthreshold = 0.9\n")
    assert run("--json", "code").data["counts"]["coded_now"] == 2


def test_commands_work_from_inside_the_project(
    run: Run, study: Path, interview: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(study / "transcripts")
    shutil.copy(interview, "anna.txt")
    assert run("-q", "add", "anna.txt").code == 0
    assert run("-q", "code", "--out", "here").code == 0
    assert Path("here/suggestions.csv").is_file()


def test_two_commands_at_once_take_turns(run: Run, study: Path, here: Path) -> None:
    folder = here / "many"
    folder.mkdir()
    for number in range(12):
        write_interview(folder / f"t{number:02d}.txt", seed=number)
    assert run("-q", "add", folder).code == 0
    both = [process("--json", "code", "--out", f"out{number}", cwd=study) for number in range(2)]
    told = [one.communicate(timeout=60) for one in both]
    assert [one.returncode for one in both] == [0, 0], told
    for name in PLAIN:
        assert Path("out0", name).read_bytes() == Path("out1", name).read_bytes()
    assert len({row["transcript_id"] for row in lines_of(Path("out0/suggestions.jsonl"))}) == 12


def test_a_killed_run_goes_on_where_it_stopped(
    run: Run, study: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = here / "many"
    folder.mkdir()
    for number in range(24):
        write_interview(folder / f"t{number:02d}.txt", seed=number, n_turns=60)
    assert run("-q", "add", folder).code == 0
    shutil.copytree(study, here / "undisturbed")
    child = process("-q", "code", cwd=study)
    deadline = time.monotonic() + 60
    while n_coded(study) < 3:
        assert time.monotonic() < deadline
        assert child.poll() is None, "finished before it could be killed"
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    left = n_coded(study)
    assert 3 <= left < 24
    counts = run("--json", "code", "--out", here / "resumed").data["counts"]
    assert (counts["coded_before"], counts["coded_now"]) == (left, 24 - left)
    monkeypatch.chdir(here / "undisturbed")
    assert run("-q", "code", "--out", here / "whole").code == 0
    for name in PLAIN:
        assert (here / "resumed" / name).read_bytes() == (here / "whole" / name).read_bytes()


def n_coded(folder: Path) -> int:
    from autocode.batch import project_coder

    with open_project(folder) as project:
        return len(project.store.done(project_coder(project).run_key))


def test_no_project_and_no_transcripts(
    run: Run, here: Path, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("code").refused("no transcripts yet", "autocode add")
    run("code", "--unit", "turn").refused("in a project")
    monkeypatch.chdir(here)
    run("code").refused("no autocode.toml", "autocode init")
    run("add", "x.txt").refused("no autocode.toml")


def test_a_project_of_a_newer_program(run: Run, study: Path, interview: Path) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect("autocode.db")) as database, database:
        database.execute("UPDATE meta SET schema_version = 999")
    run("-q", "add", interview).refused("autocode.db", "newer")
    run("code").refused("autocode.db", "newer")


@pytest.mark.parametrize(
    ("file", "content", "parts"),
    [
        ("autocode.toml", b"[segment]\nunti = 1\n", ("autocode.toml", "[segment]", "did you mean 'unit'?")),
        ("autocode.toml", b"[segment\n", ("autocode.toml", "not valid TOML")),
        ("codebook.yaml", b"codes: []\n", ("codebook.yaml", "no codes")),
        ("codebook.yaml", b"\xff\xfe\x00", ("codebook.yaml", "UTF-8")),
        ("guide.yaml", b"\xff\xfe\x00", ("guide.yaml", "UTF-8")),
        ("guide.yaml", b"blocks:\n  - id: b\n    questions:\n      - {id: q, text: Why?, ties: [trst]}\n",
         ("guide.yaml, line 4", "'trst'", "did you mean 'trust'?")),
    ],
)  # fmt: skip
def test_broken_files_of_a_project(
    run: Run, study: Path, interview: Path, file: str, content: bytes, parts: tuple[str, ...]
) -> None:
    assert run("-q", "add", interview).code == 0
    Path(file).write_bytes(content)
    run("code", "--out", "out").refused(*parts)
    assert not Path("out").exists()


def finish(folder: Path, n: int | None = None, *, code: str = "") -> list[int]:
    """Mia finishes the first `n` statements, perhaps with a code; their keys."""
    with open_project(folder) as project:
        people = ReviewStore(project.store)
        mia, units = people.add_account("Mia", "coder"), people.pool().keys.tolist()[:n]
        changes = [["code", unit, code, True] for unit in units if code]
        changes += [["done", unit, True] for unit in units]
        people.act(mia.key, Request("finished", "done", changes, project.store.codebooks()[-1].digest))
    return units


def test_another_cut_tells_what_becomes_of_decisions(run: Run, study: Path, interview: Path) -> None:
    assert run("add", interview).code == 0
    assert run("code").code == 0
    finish(study, 2)
    told = "2 finished statements of an earlier cut keep their decisions"
    assert told not in run("code").err
    settings = study / "autocode.toml"
    settings.write_text(settings.read_text() + '[segment]\nunit = "turn"\n', encoding="utf-8")
    assert told in run("code").err
    assert told not in run("code").err  # once
    for format, out in (("refi-qda", "out.qdpx"), ("matrix", "out")):
        assert (
            "2 statements of an earlier cut, on which people decided"
            in run("export", "--to", format, out).err
        )


def test_settings_that_cut_nothing_otherwise_keep_decisions(run: Run, study: Path, interview: Path) -> None:
    assert run("add", interview).code == 0
    assert run("code").code == 0
    before = finish(study)
    settings = study / "autocode.toml"
    settings.write_text(settings.read_text() + "[segment]\ncohesion = 0.3\n", encoding="utf-8")
    assert "earlier cut" not in run("code").err
    with open_project(study) as project:
        assert ReviewStore(project.store).pool().keys.tolist() == before


@pytest.mark.parametrize(
    ("file", "changed"),
    [
        ("autocode.toml", '[embed]\nencoder = "hashing"\n[segment]\nunit = "turn"\n'),
        ("codebook.yaml", CODEBOOK + "  - {id: luck, name: Luck, definition: What nobody could plan.}\n"),
    ],
)
def test_earlier_settings_bring_their_decisions_back(
    run: Run, study: Path, interview: Path, file: str, changed: str
) -> None:
    assert run("add", interview).code == 0
    assert run("code").code == 0
    units, path = finish(study, code="trust"), study / file
    before = path.read_text()
    for text in (changed, before):
        path.write_text(text)
        assert "0 coded with the present settings" in run("status").out
        assert run("--json", "code").data["counts"]["coded_now"] == 1
        assert run("--json", "code").data["counts"]["coded_now"] == 0
    with open_project(study) as project:
        people = ReviewStore(project.store)
        assert people.pool().keys.tolist() == units
        assert people.n_of_earlier_cuts() == 0
    assert "earlier cut" not in run("export", "--to", "dataset", "ds").err
    assert len(lines_of(Path("ds/codes.jsonl"))) == len(units)


def test_a_corrected_transcript_leaves_its_folder_as_it_can_be_added(
    run: Run, study: Path, interview: Path, here: Path
) -> None:
    assert run("add", interview).code == 0
    assert run("remove", "anna", "--yes").code == 0
    interview.write_text(interview.read_text().replace("completely", "wholly"))
    assert run("add", interview, "--yes").code == 0
    assert sorted(path.name for path in Path("transcripts").iterdir()) == ["anna-2.txt", "anna.txt"]
    Path("transcripts/anna.txt").unlink()
    write_interview(Path("transcripts/ben.txt"), seed=7)
    done = run("add", "transcripts", "--yes")
    assert done.code == 0, done.err
    assert ids(study) == ["anna", "ben"]


def test_what_is_not_coded_yet_is_told_wherever_it_is_left_out(
    run: Run, study: Path, interview: Path
) -> None:
    assert run("add", interview).code == 0
    assert run("code").code == 0
    write_interview(study / "ben.txt", seed=9)
    assert run("add", "ben.txt", "--yes").code == 0
    told = "1 of 2 transcripts is not coded yet and left out"
    assert told in run("next", "--by", "random", "--out", "n.csv").err
    assert told in run("agree", "plan", "--units", 2, "--out", "p.csv", "--coder", "a", "--coder", "b").err
    assert run("report", "--include-machine").code == 0
    assert told in Path("findings/findings.html").read_text()


def test_words_lock_files_and_earlier_versions(run: Run, study: Path, interview: Path) -> None:
    assert run("add", interview).code == 0
    Path("transcripts/~$anna.docx").write_bytes(b"\x05Anna" + b"\0" * 157)
    assert "not in the project" not in run("status").err + run("status").out
    done = run("add", "transcripts", "--yes")
    assert (done.code, "1 was there already" in done.out) == (0, True)
    Path("transcripts/anna.txt").write_text(interview.read_text().replace("completely", "wholly"))
    told = run("status")
    assert (
        "transcripts/anna.txt is another text than the transcript 'anna' of the project"
        in told.err + told.out
    )


def test_a_dataset_without_codes_says_that_it_is_not_read_back(
    run: Run, study: Path, interview: Path
) -> None:
    assert run("add", interview).code == 0
    assert run("code").code == 0
    assert "codes.jsonl is empty" in run("export", "--to", "dataset", "ds").err
