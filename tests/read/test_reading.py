"""Choosing a reader, ids, previews, and the doctests of the package."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

import autocode.read
from autocode.errors import ReadError
from autocode.read import READERS, Preview, make_id, preview, read_transcript, read_transcripts

TWO = "I: How was it?\nR: It was good.\n"


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on the path with an installed distribution that registers three readers."""
    site = tmp_path / "site"
    info = site / "strange-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: strange\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[autocode.readers]\nstrange = strange_reader:READER\n")
    (site / "strange_reader.py").write_text(
        "from autocode.read import Found, Piece, Reader\n"
        "def read(source):\n    text = source.data.decode()\n"
        "    return [Found(text, [Piece('X', 0, len(text))])]\n"
        "READER = Reader('strange', ('.odd',), read)\n"
    )
    monkeypatch.syspath_prepend(str(site))
    yield info
    sys.modules.pop("strange_reader", None)


def test_a_plug_in_reads_its_suffix(tmp_path: Path, plugins: Path) -> None:
    assert version("strange") == "1.0"
    path = tmp_path / "a.odd"
    path.write_text("What a file")
    transcript = read_transcript(path)
    assert (transcript.format, transcript.turns[0].text) == ("strange", "What a file")
    assert read_transcript(path, format="strange").format == "strange"


@pytest.mark.parametrize("target", ["no_such_module:READER", "strange_reader:NOBODY", "strange_reader:read"])
def test_a_broken_plug_in_is_named_and_harms_nobody_else(tmp_path: Path, plugins: Path, target: str) -> None:
    (plugins / "entry_points.txt").write_text(f"[autocode.readers]\nstrange = {target}\n")
    path = tmp_path / "a.odd"
    path.write_text("What a file")
    with pytest.raises(ReadError, match=f"a.odd: the reader plug-in 'strange' \\({target}\\)"):
        read_transcripts(path)
    (tmp_path / "a.txt").write_text(TWO)
    assert read_transcript(tmp_path / "a.txt").format == "text"


def test_a_plug_in_with_wrong_positions_is_named(tmp_path: Path, plugins: Path) -> None:
    module = plugins.parent / "strange_reader.py"
    module.write_text(module.read_text().replace("len(text)", "len(text) + 1"))
    path = tmp_path / "a.odd"
    path.write_text("What a file")
    with pytest.raises(ReadError, match="the reader 'strange' gave positions"):
        read_transcripts(path)


@pytest.mark.parametrize("name", ["a.doc", "a.pages", "a.epub", "a", "a.docx.bak"])
def test_an_unknown_suffix_lists_what_can_be_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(TWO)
    with pytest.raises(ReadError, match=name) as caught:
        read_transcripts(path)
    assert all(suffix in str(caught.value) for reader in READERS.values() for suffix in reader.suffixes)
    assert len(read_transcript(path, format="text").turns) == 2


def test_an_unknown_format_is_corrected(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(TWO)
    with pytest.raises(ReadError, match="no format 'markdwon'; did you mean 'markdown'"):
        read_transcripts(path, format="markdwon")


def test_no_file_a_folder_and_several_transcripts(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"none.txt: no such file"):
        read_transcripts(tmp_path / "none.txt")
    with pytest.raises(ReadError, match="is a folder"):
        read_transcripts(tmp_path)
    path = tmp_path / "two.jsonl"
    line = '{"transcript_id":"%s","utterance_id":"%s","speaker":"X","role":"client","text":"Hi"}\n'
    path.write_text(line % ("a", 1) + line % ("b", 2))
    with pytest.raises(ReadError, match=r"two.jsonl: holds 2 transcripts where one was expected"):
        read_transcript(path)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a device file")
def test_devices_are_not_read() -> None:
    with pytest.raises(ReadError, match="/dev/zero: is not a file"):
        read_transcripts("/dev/zero")


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("GMT20240124-202901_Recording.transcript.vtt", "GMT20240124-202901_Recording.transcript"),
        ("Interview 3 (Åsa).docx", "Interview-3-Åsa"),
        ("P01.txt", "P01"),
        ("utterances.jsonl.gz", "utterances"),
        ("..txt", None),
        ("§§§.txt", None),
    ],
)
def test_ids_come_from_the_files_name(name: str, id: str | None) -> None:
    stem = autocode.read.split_suffix(Path(name))[0]
    assert make_id(stem, "abcdef0123456789") == (id or "transcript-abcdef01")


def test_preview(tmp_path: Path) -> None:
    path = tmp_path / "P 1.txt"
    path.write_text("Title\n" + TWO * 5)
    seen = preview(read_transcript(path), n_turns=3)
    assert isinstance(seen, Preview)
    assert (seen.id, seen.source, seen.format, seen.n_turns) == ("P-1", "P 1.txt", "text", 10)
    assert [(one.name, one.role, one.n_turns, one.n_words, one.n_questions) for one in seen.speakers] == [
        ("I", "interviewer", 5, 15, 5),
        ("R", "respondent", 5, 15, 0),
    ]
    assert [turn.text for turn in seen.turns] == ["How was it?", "It was good.", "How was it?"]
    assert seen.warnings == ("1 line before the first label, no part of any turn",)


def test_reading_needs_no_heavy_library(tmp_path: Path) -> None:
    import subprocess

    path = tmp_path / "a.txt"
    path.write_text(TWO)
    program = (
        "import sys; from autocode.read import read_transcript; read_transcript(sys.argv[1]); "
        "heavy = {'torch', 'spacy', 'pandas', 'docx', 'lxml', 'openpyxl'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("module", [one.name for one in pkgutil.iter_modules(autocode.read.__path__)])
def test_examples_in_docstrings(module: str) -> None:
    assert doctest.testmod(importlib.import_module(f"autocode.read.{module}")).failed == 0


@pytest.mark.parametrize("suffix", [".pages", ".doc", ".wps", ".DOC"])
def test_documents_of_other_programs_are_to_be_saved_again(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"anything")
    with pytest.raises(ReadError, match=r"files cannot be read; save it as \.docx or \.txt; known are"):
        read_transcript(path)


def test_the_readme_names_everything_that_is_read() -> None:
    section = (
        (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8").partition("## Transcripts")[2]
    )
    named = section.partition("\n## ")[0].casefold()
    assert [one for reader in READERS.values() for one in reader.suffixes if one not in named] == []
