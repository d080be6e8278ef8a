"""The command line in process, on small invented interviews and a small codebook."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from autocode.cli import main

CODEBOOK = """\
name: partners
codes:
  - id: cooperation
    name: Cooperation
    definition: How two firms work together.
  - id: trust
    parent: cooperation
    name: Trust
    definition: The partner is relied on without control, because of experience and good will.
    cues: [trust, rely on]
    examples:
      - We trust them completely, nobody checks their numbers.
      - I can rely on what they tell me on the phone.
  - id: conflict
    parent: cooperation
    name: Conflict
    definition: The partners quarrel about money, work or blame.
    cues: [quarrel, lawyer]
    examples:
      - We had a quarrel about the invoices and called the lawyer.
      - They blamed us for the delay and it became loud.
  - id: learning
    name: Learning
    definition: The firm learns something that it did not know before.
    cues: [learned, taught us]
    examples:
      - The failed test taught us how the cold changes the steel.
      - We learned the rules of that market from our customers.
"""

INTERVIEW = """\
Interviewer: How would you describe the relation to your partner?

Respondent: We trust them completely and I can rely on what they say. Nobody here checks their numbers.

Interviewer: And what did you learn from it?

Respondent: The first winter taught us how the machines behave in the cold. We learned it from their people.

Interviewer: Were there any difficult moments?

Respondent: One quarrel about the invoices, and the lawyer was called. The weather was nice that day.
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command gave back."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """The one JSON object on stdout."""
        return json.loads(self.out)

    def refused(self, *parts: str, code: int = 2) -> str:
        """Check that this was a user's mistake told in one line that holds all of `parts`; the line."""
        assert (self.code, self.out) == (code, ""), (self.code, self.out, self.err)
        lines = [line for line in self.err.splitlines() if not line.startswith(("warning: ", "preparing "))]
        assert len(lines) == 1, self.err
        assert lines[0].startswith("autocode: ")
        assert "Traceback" not in self.err
        for part in parts:
            assert part in lines[0]
        return lines[0]


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process."""

    def call(*arguments: object) -> Ran:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    return call


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def book(here: Path) -> Path:
    """A codebook of four codes."""
    path = here / "book.yaml"
    path.write_text(CODEBOOK, encoding="utf-8")
    return path


@pytest.fixture
def interview(here: Path) -> Path:
    """An interview of three questions."""
    path = here / "anna.txt"
    path.write_text(INTERVIEW, encoding="utf-8")
    return path


@pytest.fixture
def study(here: Path, book: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project without transcripts, which is the current folder; its encoder is the hashing one."""
    assert run("init", "study", "--codebook", book).code == 0
    folder = here / "study"
    (folder / "autocode.toml").write_text('[embed]\nencoder = "hashing"\n', encoding="utf-8")
    monkeypatch.chdir(folder)
    return folder


def process(*arguments: object, cwd: Path, **options: Any) -> subprocess.Popen[str]:
    """A command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "autocode", *map(str, arguments)],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": "default"},
        **options,
    )


def may_do_anything() -> bool:
    """Does this process read files that nobody may read, as the superuser does?"""
    with tempfile.NamedTemporaryFile() as file:
        os.chmod(file.name, 0)
        return os.access(file.name, os.R_OK, effective_ids=os.access in os.supports_effective_ids)


needs_permissions = pytest.mark.skipif(
    may_do_anything(), reason="the superuser may read and write everything"
)


def lines_of(path: Path) -> list[Any]:
    """The rows of a JSON lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def tree(folder: Path) -> dict[str, bytes | None]:
    """Every file and folder in `folder` with its content."""
    return {
        str(path.relative_to(folder)): None if path.is_dir() else path.read_bytes()
        for path in sorted(folder.rglob("*"))
    }
