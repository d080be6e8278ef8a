"""`autocode import` and `autocode export`, in process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autocode.cli import main
from autocode.store import ReviewStore, open_project
from tests.cli.conftest import INTERVIEW, Run
from tests.exchange.conftest import SOURCE, project_xml

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
        (("export", "no/x.qdpx"), ("no/x.qdpx", "cannot be written")),
        (("export", "x.csv", "--to", "quotes-csv", "--coder", "Mio"), ("no coder 'Mio'",)),
        (("export", "codebook.yaml", "--to", "matrix"), ("codebook.yaml", "is a file")),
        (("import", "absent.json"), ("absent.json", "no such file")),
        (("import", "absent.qdpx"), ("absent.qdpx", "no such file")),
        (("import", "codebook.yaml"), ("codebook.yaml", "not valid XML")),
    ],
)
def test_mistakes_are_told_in_one_sentence(
    study: Path, run: Run, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    run(*arguments).refused(*words)


def test_codebooks_convert_to_qdc_and_back(study: Path, run: Run) -> None:
    assert run("codebook", "convert", "codebook.yaml", "book.qdc").code == 0
    shown = run("--json", "codebook", "show", "book.qdc")
    assert shown.code == 0
