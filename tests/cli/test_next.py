"""`autocode next` and `autocode prevalence` on invented interviews."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from autocode.store import ReviewStore, open_project
from tests.cli.conftest import INTERVIEW, Run, lines_of, tree
from tests.cli.test_learning import SAID, write

N, TURNS = 12, 10  # interviews, and answers in each; the first four of each are coded


def right(interview: int, turn: int) -> str | None:
    """What an answer is about: trust in four of ten, conflict in two, else nothing."""
    return list(SAID)[(turn + interview) % 10 % 4 % 3] if (turn + interview) % 10 < 8 else None


@pytest.fixture
def dataset(here: Path) -> Path:
    """Twelve interviews of ten answers."""
    folder = here / "dataset"
    folder.mkdir()
    (folder / "codebook.json").write_text(json.dumps({"codes": [{"code": "trust"}, {"code": "conflict"}]}))
    rows = [
        {"transcript_id": f"i{i}", "utterance_id": f"i{i}-{t}", "speaker": f"Ann {i}", "role": "respondent",
         "text": SAID[right(i, t)][(t + i) % 3] + f" Point {t}."}
        for i in range(N) for t in range(TURNS)
    ]  # fmt: skip
    write(folder / "utterances.jsonl", rows)
    code(folder, [f"i{i}-{t}" for i in range(N) for t in range(4)])
    return folder


def code(folder: Path, units: list[str]) -> None:
    """Anna looks at these utterances, and at no others."""
    found = {unit: right(*map(int, unit[1:].split("-"))) for unit in units}
    write(folder / "coverage.jsonl", [{"utterance_id": unit, "coder": "anna"} for unit in found])
    write(
        folder / "codes.jsonl",
        [{"utterance_id": unit, "coder": "anna", "code": code} for unit, code in found.items() if code],
    )


@pytest.fixture
def settings(here: Path) -> tuple[str, Path]:
    path = here / "settings.toml"
    path.write_text('[embed]\nencoder = "hashing"\n', encoding="utf-8")
    return "--config", path


def truth(name: str) -> float:
    return sum(right(i, t) == name for i in range(N) for t in range(TURNS)) / (N * TURNS)


@pytest.mark.parametrize("by", ["uncertain", "worst_code", "rare_code", "diverse", "random", "code:trust"])
def test_next_leaves_out_what_is_coded_and_says_why(
    run: Run, here: Path, dataset: Path, settings: Any, by: str
) -> None:
    done = run("next", dataset, "--by", by, "--units", 12, "--out", "next.jsonl", "--json", *settings)
    assert done.code == 0, done.err
    found = done.data["next"]
    assert (done.data["n_open"], done.data["n_coded"], len(found)) == (72, 48, 12)
    assert all(int(one["utterance_id"].split("-")[1]) >= 4 for one in found)
    assert len({one["utterance_id"] for one in found}) == 12
    assert all(one["why"] and {c["code"] for c in one["codes"]} == {"trust", "conflict"} for one in found)
    assert lines_of(here / "next.jsonl") == found
    assert (here / "next.jsonl").stat().st_mode & 0o777 == 0o600
    assert {one["probability"] for one in found} == ({round(12 / 72, 6)} if by == "random" else {None})
    if by != "random":
        assert max(Counter(one["transcript_id"] for one in found).values()) <= 2
    assert "Too early to say whether you may stop: 48 utterances" in done.data["stopping"]["sentence"]


def test_a_sample_drawn_by_next_corrects_the_machine(
    run: Run, here: Path, dataset: Path, settings: Any
) -> None:
    """What was coded first counts as it is, and what was drawn stands for all the rest."""
    options = ("--by", "random", "--units", 36, "--out", "sample.csv", "--seed", 2, "--json")
    drawn = run("next", dataset, *options, *settings)
    units = [one["utterance_id"] for one in drawn.data["next"]]
    first = [f"i{i}-{t}" for i in range(N) for t in range(4)]
    code(dataset, [*first, *units])
    run("prevalence", dataset, *settings).refused("84 of 120 utterances are coded", "--sample FILE")
    done = run("prevalence", dataset, "--sample", "sample.csv", "--out", "p.json", "--json", *settings)
    assert done.code == 0, done.err
    assert (done.data["n_coded"], done.data["n_drawn"], done.data["n_respondents"]) == (84, 36, N)
    for row in done.data["codes"]:
        assert row["low"] < row["value"] < row["high"]
        assert abs(row["value"] - truth(row["code"])) < 0.02  # people alone are farther from it
        assert abs(row["human"]["value"] - truth(row["code"])) > 0.02
        by_hand = sum(right(*map(int, u[1:].split("-"))) == row["code"] for u in units) / 36
        known = sum(right(*map(int, u[1:].split("-"))) == row["code"] for u in first)
        assert row["human"]["value"] == pytest.approx((known + 72 * by_hand) / 120)
        assert row["respondents"]["n_found"] / N <= row["respondents"]["value"] <= 1
    assert json.loads((here / "p.json").read_text())["codes"] == done.data["codes"]
    assert (here / "p.json").stat().st_mode & 0o777 == 0o600
    half = units[:18]
    code(dataset, [*first, *half])
    told = run("prevalence", dataset, "--sample", "sample.csv", "--out", "p.csv", *settings)
    assert "only 18 of the 36 utterances that were drawn are coded" in told.err
    assert (here / "p.csv").read_text().startswith("code,value,low,high,n_human,raw,")
    code(dataset, [f"i{i}-{t}" for i in range(3) for t in range(TURNS)])
    few = run("prevalence", dataset, "--sample", "all", *settings)
    assert "the sample is of 3 interviews" in few.err


def test_everything_coded_is_counted(run: Run, dataset: Path, settings: Any) -> None:
    code(dataset, [f"i{i}-{t}" for i in range(N) for t in range(TURNS)])
    done = run("prevalence", dataset, "--json", *settings)
    for row in done.data["codes"]:
        assert row["low"] == row["value"] == row["high"] == truth(row["code"])
        who = {i for i in range(N) for t in range(TURNS) if right(i, t) == row["code"]}
        assert row["respondents"]["value"] == pytest.approx(len(who) / N)
    nothing = run("next", dataset, "--json", *settings)
    assert (nothing.data["n_open"], nothing.data["next"]) == (0, [])


def test_a_project_draws_for_a_coder(run: Run, study: Path) -> None:
    for name in ("anna", "ben"):
        (study / f"{name}.txt").write_text(INTERVIEW.replace("winter", f"winter of {name}"), encoding="utf-8")
    assert run("add", "anna.txt", "ben.txt", "--yes").code == 0
    run("next").refused("no transcript has been coded yet; 'autocode code'")
    assert run("code").code == 0
    run("prevalence").refused("no model has learnt from people's codes yet")
    with open_project(study) as project:
        ReviewStore(project.store).add_account("Zoe", "coder")
    run("next", "--by", "random", "--coder", "zo").refused("nobody who codes", "'zo'; known are Zoe")
    plain = run("next", "--json").data
    assert (plain["learned"], plain["stopping"]) == (False, None)
    given = run("next", "--by", "random", "--units", 2, "--coder", "zoe", "--json").data
    assert given["given"] == 2
    with open_project(study) as project:
        people = ReviewStore(project.store)
        assert set(people.drawn().values()) == {2 / plain["n_open"]}
        marks = people.marks(people.accounts()[0].key)
        assert [(one.arm, one.drawn) for one in marks.values()] == [("blind", True)] * 2
    left = run("next", "--json").data
    assert left["n_open"] == plain["n_open"] - 2
    assert not {one["utterance_id"] for one in left["next"]} & {u["utterance_id"] for u in given["next"]}


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("next", "dataset", "--by", "best"), ("no strategy 'best'", "uncertain", "code:ID")),
        (("next", "dataset", "--by", "code:love"), ("no strategy 'code:love'",)),
        (("next", "dataset", "--out", "next.txt"), ("next.txt", ".jsonl or .csv")),
        (("next", "dataset", "--coder", "zoe", "--by", "random"), ("--coder", "dataset")),
        (("next", "--coder", "zoe"), ("--coder", "--by random")),
        (("next", "none"), ("none: no such folder",)),
        (("next",), ("project",)),
        (("prevalence", "dataset", "--sample", "none.csv"), ("none.csv: no such file",)),
        (("prevalence", "dataset", "--sample", "wrong.csv"), ("wrong.csv, line 2", "'nowhere'")),
        (("prevalence", "dataset", "--sample", "plain.csv"), ("plain.csv, line 2", "'probability'")),
        (("prevalence", "dataset", "--out", "p.txt"), ("p.txt", ".json or .csv")),
        (("prevalence", "--sample", "all"), ("--sample", "dataset")),
        (("prevalence",), ("project",)),
    ],
)
def test_what_is_refused(
    run: Run, here: Path, dataset: Path, settings: Any, arguments: tuple[str, ...], parts: tuple[str, ...]
) -> None:
    (here / "wrong.csv").write_text("utterance_id,probability\nnowhere,0.5\n")
    (here / "plain.csv").write_text("utterance_id,code\ni0-1,trust\n")
    before = tree(here)
    run(*arguments, *(settings if arguments[1:2] == ("dataset",) else ())).refused(*parts)
    assert tree(here) == before


def test_one_interview_and_labels_of_another_codebook(run: Run, dataset: Path, settings: Any) -> None:
    code(dataset, [f"i0-{t}" for t in range(TURNS)])
    run("prevalence", dataset, "--sample", "all", *settings).refused("10 coded utterances are too few")
    rows = [{"utterance_id": "i0-1", "coder": "anna", "code": "love"}]
    write(dataset / "codes.jsonl", rows)
    for command in ("next", "prevalence"):
        run(command, dataset, *settings).refused("'love'", "another version of the codebook")
