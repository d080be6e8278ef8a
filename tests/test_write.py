"""The files of a coding: cells, rows, and all of them or none."""

from __future__ import annotations

import csv
import json
import stat
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocode.files import OutputError, keep_copy, private_folder, write_private, write_together
from autocode.records import Evidence, Suggestion, Utterance
from autocode.write import CSV_COLUMNS, FILES, coding_files, evidence_row, harmless, utterance_row

SAID = Utterance("t-0001", "t", 1, 2, "Anna", "respondent", "We trust,\n them. ", 10, 27, 1.23456, None)
FOUND = Suggestion(
    "t-0001", "trust", 0.75, None, "review",
    (Evidence("words", "trust", 0.6, 3, 8), Evidence("definition", "Relied on.", 0.4)),
)  # fmt: skip
REJECTED = Suggestion("t-0001", "market", 0.25, 0.125, "reject")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", " =1", "\t=1", "\r=1", "\tplain", "\n@x"])
def test_cells_that_a_spreadsheet_would_run(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "plain", "1-2", "a=b", "'quoted'", "– dash", "Yes. = no"])
def test_cells_that_stay(text: str) -> None:
    assert harmless(text) == text


@given(st.text())
def test_no_cell_begins_like_a_formula(text: str) -> None:
    assert harmless(text).lstrip()[:1] not in tuple("=+-@")


def test_a_row_leaves_out_what_is_not_known() -> None:
    row = utterance_row(SAID)
    assert row["start"] == 1.235
    assert "end" not in row
    assert row["meta"] == {"turn": 2, "codable": True}
    assert evidence_row(FOUND.evidence[1]) == {"kind": "definition", "text": "Relied on.", "weight": 0.4}
    assert list(evidence_row(FOUND.evidence[0])) == ["kind", "text", "weight", "start_char", "end_char"]


def test_the_four_files(tmp_path: Path) -> None:
    context = Utterance(
        "t-0000", "t", 0, 0, "Int", "interviewer", "Why?", 0, 4, codable=False, backchannel=True
    )
    with coding_files(tmp_path / "a" / "out", score_columns=["trust", "market", "other"]) as files:
        files.add([context, SAID], {"t-0001": (FOUND, REJECTED)})
        files.finish({"seed": 0})
        assert not (tmp_path / "a" / "out" / "run.json").exists()
    out = tmp_path / "a" / "out"
    assert sorted(path.name for path in out.iterdir()) == sorted(FILES)
    (line,) = (out / "suggestions.jsonl").read_text().splitlines()
    assert [item["code"] for item in json.loads(line)["suggestions"]] == ["trust", "market"]
    assert json.loads(line)["suggestions"][1]["probability"] == 0.125
    first, second = map(json.loads, (out / "utterances.jsonl").read_text().splitlines())
    assert (first["meta"]["codable"], first["meta"]["backchannel"]) == (False, True)
    assert second["text"] == SAID.text
    (row,) = csv.DictReader((out / "suggestions.csv").read_text(encoding="utf-8").splitlines())
    codes = ("trust", "market", "other")
    assert list(row) == [*CSV_COLUMNS, *(f"{what}:{c}" for what in ("score", "probability") for c in codes)]
    assert [row[key] for key in ("codes", "best_code", "best_score", "best_probability", "decision")] == [
        "trust", "trust", "0.750", "", "review",
    ]  # fmt: skip
    assert [row[f"probability:{code}"] for code in codes] == ["", "0.1250", ""]
    assert (row["text"], row["evidence"]) == ("We trust, them.", "words: trust | definition: Relied on.")
    assert (row["score:trust"], row["score:market"], row["score:other"]) == ("0.7500", "0.2500", "")
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o700
    assert json.loads((out / "run.json").read_text()) == {"seed": 0}


def test_a_failure_leaves_everything_as_it_was(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir()
    (old / "run.json").write_text("old")
    for folder in (old, tmp_path / "new" / "er"):
        with suppress(KeyError), coding_files(folder) as files:
            files.add([SAID], {})
            raise KeyError
    assert [path.name for path in sorted(tmp_path.rglob("*"))] == ["old", "run.json"]
    assert (old / "run.json").read_text() == "old"


def test_a_folder_that_somebody_else_uses_stays(tmp_path: Path) -> None:
    with suppress(KeyError), private_folder(tmp_path / "a" / "b"):
        (tmp_path / "a" / "theirs").touch()
        raise KeyError
    assert [path.name for path in sorted(tmp_path.rglob("*"))] == ["a", "theirs"]


def test_names_that_are_taken(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "x").mkdir()
    with pytest.raises(OutputError, match="is a file"), private_folder(tmp_path / "file"):
        pass
    with pytest.raises(OutputError, match="is a file"), private_folder(tmp_path / "file" / "in"):
        pass
    with pytest.raises(OutputError, match="x: is a folder"), write_together(tmp_path, ["y", "x"]):
        pass
    with (
        pytest.raises(OutputError, match="gone/x: cannot be written"),
        write_private(tmp_path / "gone" / "x"),
    ):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "x"]


def test_text_is_written_as_it_is(tmp_path: Path) -> None:
    with write_private(tmp_path / "a.txt") as file:
        file.write("Åse\r\n\ud800\n")
    assert (tmp_path / "a.txt").read_bytes() == "Åse\r\n?\n".encode()
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o600


def test_copies_keep_their_names_where_they_can(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    for number, folder in enumerate(("a", "b")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.vtt.gz").write_text(f"content {number}")
    assert keep_copy(tmp_path / "a" / "x.vtt.gz", kept) == (kept / "x.vtt.gz", True)
    assert keep_copy(tmp_path / "a" / "x.vtt.gz", kept) == (kept / "x.vtt.gz", False)
    assert keep_copy(tmp_path / "b" / "x.vtt.gz", kept) == (kept / "x-2.vtt.gz", True)
    assert keep_copy(kept / "x.vtt.gz", kept) == (kept / "x.vtt.gz", False)
    assert stat.S_IMODE((kept / "x-2.vtt.gz").stat().st_mode) == 0o600
    with pytest.raises(OutputError, match=r"gone\.txt: cannot be copied"):
        keep_copy(tmp_path / "gone.txt", kept)


def test_the_best_code_is_the_most_specific_of_those_suggested(tmp_path: Path) -> None:
    scores = {"topic": 0.9, "trust": 0.9, "market": 0.6}
    codes = [Suggestion(SAID.id, code, score, score / 2, "review") for code, score in scores.items()]
    above = {"trust": ("topic",), "market": ("topic",)}
    with coding_files(tmp_path / "out", ancestors=lambda code: above.get(code, ())) as files:
        files.add([SAID], {SAID.id: codes})
        files.finish({})
    (row,) = csv.DictReader((tmp_path / "out" / "suggestions.csv").read_text(encoding="utf-8").splitlines())
    assert (row["best_code"], row["best_score"], row["best_probability"]) == ("trust", "0.900", "0.450")
    assert row["codes"] == "topic; trust; market"
