"""`autocode themes` on files and in a project."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

SAID = (
    "We trust them completely and I can rely on what they promise.",
    "The quarrel about the invoices ended with a letter from the lawyer.",
    "The first winter taught us how machines behave in the cold.",
    "Two dogs sleep under the desks of the office all day long.",
)


@pytest.fixture
def interviews(here: Path) -> list[Path]:
    """Seven interviews of eight answers."""
    paths = []
    for number in range(7):
        lines = []
        for turn in range(8):
            words = SAID[(turn + number) % 4].split()
            lines += [
                "Interviewer: And what else was there?",
                f"Respondent: {' '.join(words)} Number {turn} in year {number}.",
            ]
        paths.append(here / f"i{number}.txt")
        paths[-1].write_text("\n\n".join(lines) + "\n", encoding="utf-8")
    return paths


def test_on_files(run: Run, here: Path, book: Path, interviews: list[Path]) -> None:
    options = ("--codebook", book, "--encoder", "hashing", "--runs", 2, "--seed", 3)
    ran = run("themes", *interviews, *options, "--out", "out", "--json")
    assert ran.code == 0, ran.err
    assert ran.data["themes"]
    assert ran.data["covered_by"] == "zero-shot scores"
    told = json.loads((here / "out" / "themes.json").read_text())
    assert told["seed"] == 3
    assert told["saturation"]["codes"]["n_interviews"] == 7
    assert told["packages"]["bertopic"]
    shown = run("themes", *interviews, *options, "--out", "again", "--base-size", 3, "--run-length", 1)
    assert "base size 3, run length 1, threshold 5 %" in " ".join(shown.out.split())


def test_in_a_project(run: Run, study: Path, interviews: list[Path]) -> None:
    assert run("add", *interviews, "--yes").code == 0
    run("themes").refused("nothing is coded with the present settings", "autocode code")
    assert run("code").code == 0
    ran = run("themes", "--runs", 1, "--json")
    assert ran.code == 0, ran.err
    assert (study / "themes" / "themes.html").is_file()
    assert ran.data["n_statements"] == 56
    run("themes", "--codebook", "x.yaml").refused("in a project, codebook, settings and model come from")


def test_what_is_missing(run: Run, interviews: list[Path], book: Path) -> None:
    run("themes", interviews[0], "--out", "out").refused("--codebook is missing")
    run("themes", interviews[0], "--codebook", book).refused("--out is missing")
    options = ("--codebook", book, "--encoder", "hashing", "--out", "out")
    run("themes", interviews[0], *options).refused("at least 10 statements", "there are 8")
