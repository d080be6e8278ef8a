"""`autocode import` and `autocode export`, in process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autocode.cli import main
from autocode.store import ReviewStore, open_project
from tests.cli.conftest import INTERVIEW, Run
from tests.exchange.conftest import SOURCE, project_xml
from tests.exchange.native import DAY, TEXT, qualcoder, taguette

QUOTE = "The first winter taught us how the machines behave in the cold."


@pytest.fixture
def file(study: Path) -> Path:
    """A project with one text and one coding, beside the study."""
    import zipfile

    path = study.parent / "nvivo.qdpx"
    at = INTERVIEW.index(QUOTE)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("project.qde", project_xml([(at, at + len(QUOTE), QUOTE)], origin="NVivo"))
        archive.writestr(f"sources/{SOURCE}.txt", INTERVIEW)
    return path


def test_import_shows_then_stores_once(study: Path, file: Path, run: Run) -> None:
    first = run("import", file)
    assert first.code == 0
    assert "written by NVivo" in first.out
    assert f"“{QUOTE}”" in first.out
    assert "Coders: Ann (new)." in first.out
    assert "1 transcript, 1 coder, 1 decision" in first.out.replace("\n", " ")
    second = run("--json", "import", file, "--yes")
    assert second.data["stored"] == dict.fromkeys(second.data["stored"], 0)
    with open_project(study) as project:
        [decided] = ReviewStore(project.store).decided()
        assert (decided.coder, decided.code, decided.blind) == ("Ann", "trust", True)  # known by its name


def test_no_means_no(study: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from autocode.cli.terminal import Terminal

    monkeypatch.setattr(Terminal, "interactive", property(lambda _: True))
    monkeypatch.setattr("typer.confirm", lambda *_, **__: (_ for _ in ()).throw(__import__("typer").Abort()))
    before = (study / "codebook.yaml").read_bytes()
    assert main(["import", str(file)]) == 1
    assert (study / "codebook.yaml").read_bytes() == before
    with open_project(study) as project:
        assert not project.store.transcripts()
        assert not ReviewStore(project.store).accounts()


def test_export_and_import_again(study: Path, file: Path, run: Run) -> None:
    assert run("import", file, "--yes").code == 0
    out = run("export", "--to", "refi-qda", "study.qdpx")
    assert "1 transcript, 4 codes, 1 coding of 1 coder" in out.out
    assert run("--json", "import", "study.qdpx").data["stored"]["decisions"] == 0
    run("export", "study.qdpx").refused("study.qdpx", "--force")
    assert run("export", "study.qdpx", "--force", "--line-ends", "crlf").code == 0


def test_every_format_and_answers_that_come_back(study: Path, file: Path, run: Run) -> None:
    from autocode.exchange import FORMATS

    assert run("import", file, "--yes").code == 0
    listed = run("--json", "export", "--formats")
    assert list(listed.data) == list(FORMATS)
    for name, format in FORMATS.items():
        out = study.parent / f"{name}{format.suffix}"
        done = run("export", "--to", name, out, "--without-names")
        if name in ("srt", "vtt"):
            done.refused("no transcript has times")
        else:
            assert done.code == 0, done.err
            assert out.exists()
    tasks = study.parent / "prodigy.jsonl"
    rows = [
        json.loads(line) | {"answer": "accept", "accept": ["trust"]}
        for line in tasks.read_text().split("\n")[:-1]
    ]
    tasks.write_text("\n".join(map(json.dumps, rows)))
    shown = run("import", tasks, "--coder", "Eva")
    assert "Eva (new)" in shown.out
    assert f"1 coder, {len(rows)} decisions, {len(rows)} finished utterances" in shown.out
    assert run("--json", "import", tasks, "--coder", "Eva").data["known"] == len(rows)
    run("import", file, "--coder", "Eva").refused("--coder", "says itself")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("export", "x.qdpx", "--to", "refi"), ("no such format", "did you mean 'refi-qda'", "prodigy")),
        (("export", "x.zip"), ("x.zip", ".qdpx")),
        (("export", "x.qdpx", "--line-ends", "cr"), ("crlf",)),
        (("export", "codebook.yaml/x.qdpx"), ("x.qdpx", "lies in a file")),
        (("export", "x.csv", "--to", "quotes-csv", "--coder", "Mio"), ("no coder 'Mio'",)),
        (("export", "codebook.yaml", "--to", "matrix"), ("codebook.yaml", "is a file")),
        (("import", "absent.json"), ("absent.json", "no such file")),
        (("import", "absent.qdpx"), ("absent.qdpx", "no such file")),
        (("import", "codebook.yaml"), ("codebook.yaml", "REFI-QDA")),
    ],
)
def test_mistakes_are_told_in_one_sentence(
    study: Path, run: Run, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    run(*arguments).refused(*words)


def test_what_cannot_be_written_has_no_warnings_before_its_error(
    study: Path, interview: Path, run: Run
) -> None:
    assert run("add", interview).code == 0
    told = run("export", "--to", "dataset", "out")
    told.refused("nothing is cut into utterances yet; 'autocode code' does it")
    assert "empty" not in told.err
    assert "warning" not in told.err
    assert not any(Path("out").glob("*"))


def test_codebooks_convert_to_qdc_and_back(study: Path, run: Run) -> None:
    assert run("codebook", "convert", "codebook.yaml", "book.qdc").code == 0
    shown = run("--json", "codebook", "show", "book.qdc")
    assert shown.code == 0


def test_a_qualcoder_project_is_taken_over_once(study: Path, run: Run) -> None:
    """Counted in the builder: one text, three codings of two people, three notes, a case, one picture."""
    folder = qualcoder(study.parent)
    first = run("import", folder)
    assert first.code == 0
    assert "written by QualCoder 3.6" in first.out
    assert "1 picture: left out" in first.err
    with open_project(study) as project:
        review = ReviewStore(project.store)
        [summary] = project.store.transcripts()
        transcript = project.store.transcript(summary.id)
        assert transcript.text == TEXT
        assert transcript.meta == {"case": "Firm A", "size": 12, "wave": "second"}
        found = {(one.coder, TEXT[one.start_char : one.end_char]) for one in review.all_spans()}
        assert ("ben", "trust the naïve 👍") in found
        assert {(one.coder, one.code) for one in review.decided()} == {  # "relying on them" is another trust
            ("ann", "trust_2"), ("ben", "trust_2"), ("ben", "risk"),
        }  # fmt: skip
        assert {one.decided_at.strftime("%Y-%m-%d %H:%M:%S") for one in review.decided()} == {DAY}
        assert {"the first question", "at once", "a long day"} <= {one.text for one in review.memos()}
    again = run("--json", "import", folder / "data.qda", "--yes")
    assert again.data["stored"] == dict.fromkeys(again.data["stored"], 0)


def test_a_category_and_a_code_of_one_name_stay_two(study: Path, run: Run) -> None:
    folder = qualcoder(
        study.parent, code_cat=[(1, "Growth", "ann", DAY, "", None)],
        code_name=[(1, "Growth", "", None, "ann", DAY, "red"), (2, "risk", "", 1, "ann", DAY, "")],
    )  # fmt: skip
    first = run("--json", "import", folder, "--yes")
    assert first.data["stored"]["codes"] == 3
    assert any("colour" in warning for warning in first.data["warnings"])
    again = run("--json", "import", folder, "--yes")
    assert again.data["stored"] == dict.fromkeys(again.data["stored"], 0)


def test_a_taguette_project_and_a_table_of_its_quotes(study: Path, run: Run) -> None:
    assert run("import", taguette(study.parent)).code == 0
    table = study.parent / "all_tags.csv"
    table.write_text("id,document,tag,content\n1,First,quality,We trust them\n2,First,quality,nowhere\n")
    out = run("import", table)
    assert "1 of 2 coded segments were not found" in out.err
    assert "'First': row 3 not found" in out.err
    with open_project(study) as project:
        said = {(one.coder, one.code) for one in ReviewStore(project.store).decided()}
    assert ("Unknown coder", "quality") in said


def test_a_codebook_alone_adds_its_codes(study: Path, run: Run) -> None:
    path = study.parent / "codebook.csv"
    path.write_text("tag,description,number of highlights,number of documents\r\ntrust.blind,blindly,3,1\r\n")
    assert "1 code" in run("import", path).out
    assert "trust.blind" in (study / "codebook.yaml").read_text()


def test_agree_reads_such_projects(study: Path, run: Run) -> None:
    out = run("--json", "agree", qualcoder(study.parent), "--replicates", "100")
    assert out.code == 0
    assert [one["name"] for one in out.data["data"]["coders"]] == ["ann", "ben"]
    assert any("who read what" in warning for warning in out.data["warnings"])
