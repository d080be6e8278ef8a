"""`autocode demo`: the whole flow with the real encoder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run, lines_of, needs_permissions, tree


@pytest.mark.model
def test_the_demo_codes_eight_interviews_once(run: Run, here: Path) -> None:
    done = run("demo")
    assert done.code == 0, done.err
    assert "8 transcripts" in done.out
    assert done.out.count("score 0.") > 10  # the strongest statements, and why
    rows = lines_of(Path("autocode-demo/coding/suggestions.jsonl"))
    assert len({row["transcript_id"] for row in rows}) == 8
    assert {row["role"] for row in rows} == {"respondent"}
    n_with = sum(bool(row["suggestions"]) for row in rows)
    assert 0.2 < n_with / len(rows) < 0.9
    assert all(item["evidence"] for row in rows for item in row["suggestions"])
    told = json.loads(Path("autocode-demo/coding/run.json").read_text())
    assert told["encoder"]["name"] == "all-MiniLM-L6-v2"
    assert len(told["inputs"]) == 8
    assert {one["format"] for one in told["inputs"]} >= {"text", "vtt", "srt", "docx", "markdown", "xlsx"}

    before = Path("autocode-demo/coding/suggestions.jsonl").read_bytes()
    again = run("demo")
    assert again.code == 0
    assert "Nothing to do" in again.err
    assert again.out == done.out
    assert Path("autocode-demo/coding/suggestions.jsonl").read_bytes() == before


def test_the_demo_goes_into_no_study_of_ones_own(run: Run, study: Path, interview: Path) -> None:
    run("demo", "--folder", ".").refused("is a project of your own")
    assert run("add", interview).code == 0
    before = tree(study)
    run("demo", "--folder", ".").refused("is a project of your own")
    assert set(tree(study)) == set(before)


def test_the_demo_needs_a_place(run: Run, here: Path) -> None:
    (here / "taken").write_text("a file")
    run("demo", "--folder", "taken").refused("taken", "is a file")
    run("demo", "--folder", "taken/inside").refused("taken")


@needs_permissions
def test_the_demo_where_nothing_can_be_written(run: Run, here: Path) -> None:
    here.chmod(0o500)
    try:
        run("demo").refused("autocode-demo", "no permission")
    finally:
        here.chmod(0o700)
