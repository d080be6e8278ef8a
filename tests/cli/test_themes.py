"""`autocode themes` on files and in a project."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from autocode.store import ReviewStore, open_project
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


def test_what_was_decided_is_marked_and_what_is_not_interesting_comes_last(
    run: Run, study: Path, interviews: list[Path]
) -> None:
    run("add", *interviews, "--yes")
    run("code")
    first, second, *others = run("themes", "--runs", 1, "--json").data["themes"]
    members: dict[int, list[str]] = {}
    with (study / "themes" / "theme_members.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            members.setdefault(int(row["theme"]), []).append(row["utterance_id"])
    with open_project(study) as project:
        people = ReviewStore(project.store)
        mia = people.add_account("Mia", "lead").key
        transcripts = people.latest_codings()
        for theme, verdict, code in ((first, "uninteresting", None), (second, "belongs", "trust")):
            people.decide_on_theme(
                mia, verdict, label=theme["label"], statements=members[theme["theme"]],  # type: ignore[arg-type]
                transcripts=transcripts, code=code,
            )  # fmt: skip
    again = run("themes", "--runs", 1, "--json").data["themes"]
    assert again[-1] == {
        **first,
        "emergent": False,
        "decided": {"kind": "uninteresting", "code": None, "name": ""},
    }
    decided = {one["theme"]: one["decided"] for one in again}
    assert decided[second["theme"]] == {"kind": "belongs", "code": "trust", "name": "Trust"}
    assert all(decided[one["theme"]] is None for one in others)
    shown = " ".join(run("themes", "--runs", 1).out.split())
    assert "not interesting" in shown
    with (study / "themes" / "themes.csv").open(newline="") as file:
        assert [row["decided"] for row in csv.DictReader(file)][-1] == "not interesting"
    assert "belongs to &#x27;Trust&#x27;" in (study / "themes" / "themes.html").read_text()


def test_by_wave_and_without_names(run: Run, study: Path, here: Path) -> None:
    """Two interviews a wave, eight statements each. Karin Holm is who speaks in the first, whose file is
    called after her; Jukka is listed; everybody speaks of both."""
    files = ["holm", "i1", "i2", "i3"]
    for number in range(4):
        who = "Respondent" if number else "Karin Holm"
        lines = [
            f"Interviewer: And then?\n\n{who}: {SAID[turn % 4][:-1]}, say Karin Holm and Jukka, "
            f"{number}{turn} times."
            for turn in range(8)
        ]
        (here / f"{files[number]}.txt").write_text("\n\n".join(lines) + "\n", encoding="utf-8")
    waves = "".join(f"{files[number]}:\n  wave: {2016 + number // 2}\n" for number in range(4))
    (study / "cases.yaml").write_text(waves, encoding="utf-8")
    (study / "names.csv").write_text("text,kind\nJukka,person\n", encoding="utf-8")
    roles = ("--speaker", "Karin Holm=respondent", "--speaker", "Interviewer=interviewer")
    assert run("add", *(here / f"{file}.txt" for file in files), *roles, "--yes").code == 0
    assert run("code").code == 0
    assert run("themes", "--runs", 1, "--detail", "few").code == 0
    told = json.loads((study / "themes" / "themes.json").read_text())
    assert told["groups"] == {"wave": {"2016": 16, "2017": 16}}
    with (study / "themes" / "themes.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows
    assert all(int(row["wave: 2016"]) + int(row["wave: 2017"]) == int(row["statements"]) for row in rows)
    page = (study / "themes" / "themes.html").read_text()
    assert "say [R1] and [Person 1]" in page
    assert "By wave: 2016: " in page
    for file in (study / "themes").iterdir():
        said = file.read_text().casefold()
        if file.name in {
            "themes.json",
            "theme_members.csv",
        }:  # these tie statements to files, as the page says
            said = re.sub(r"\bholm\b(?=-\d|\")", "", said)
        assert not [name for name in ("karin", "holm", "jukka") if name in said], file.name
    assert re.search(r"<footer>R\d, 1\.\d+</footer>", page)  # interview 1 is that of Karin Holm


def test_what_is_missing(run: Run, interviews: list[Path], book: Path) -> None:
    run("themes", interviews[0], "--out", "out").refused("--codebook is missing")
    run("themes", interviews[0], "--codebook", book).refused("--out is missing")
    options = ("--codebook", book, "--encoder", "hashing", "--out", "out")
    few = run("themes", interviews[0], *options)
    assert few.code == 2
    assert "at least 10 statements of respondents with 6 words or more, and there are 8" in few.err
    assert few.out.count("│\n├") == 7  # between eight statements, each beside the nearest other one


@pytest.mark.parametrize("name", ["codes.csv", "codes.parquet", "codes.csv.gz", "themes.html"])
def test_tables_of_something_else_are_not_replaced(run: Run, book: Path, interview: Path, name: str) -> None:
    place = Path("coded")
    place.mkdir()
    (place / name).write_text("utterance_id,coder,code\nu1,x,trust\n")
    told = ("themes", interview, "--codebook", book, "--encoder", "hashing", "--out", place)
    run(*told).refused(f"{name} is there already, and of no themes")
    assert [path.name for path in place.iterdir()] == [name]
