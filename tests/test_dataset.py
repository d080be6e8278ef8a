"""Coded datasets: what is read, what is assumed and told, and what is refused with file and line."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from autocode.dataset import SUGGESTIONS, is_machine, is_person, read_dataset
from autocode.errors import AutocodeError
from autocode.learn.labels import labels_of_codings

UTTERANCES = [
    {
        "transcript_id": "t1",
        "utterance_id": "a",
        "speaker": "I",
        "role": "interviewer",
        "text": "How was it?",
    },
    {
        "transcript_id": "t1",
        "utterance_id": "b",
        "speaker": "R",
        "role": "respondent",
        "text": "We trust them.",
    },
    {"transcript_id": "t1", "utterance_id": "c", "speaker": "R", "role": "respondent", "text": "It rained."},
    {
        "transcript_id": "t2",
        "utterance_id": "d",
        "speaker": "Q",
        "role": "respondent",
        "text": "We quarrelled.",
    },
]
CODES = [{"utterance_id": "b", "coder": "anna", "code": "trust"}]
COVERAGE = [{"utterance_id": unit, "coder": "anna"} for unit in "bcd"]
BOOK = {
    "name": "b",
    "codes": [{"code": "trust"}, {"code": "quarrel"}, {"code": "Mood > Good"}],
    "exclusive_groups": [["trust", "quarrel"]],
}


def make(folder: Path, **tables: Any) -> Path:
    given = {"utterances": UTTERANCES, "codes": CODES, "coverage": COVERAGE, "codebook": BOOK, **tables}
    for name, content in given.items():
        if content is None:
            continue
        if name == "codebook":
            (folder / "codebook.json").write_text(json.dumps(content))
        else:
            (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in content))
    return folder


def test_seen_and_left_uncoded_is_a_zero(tmp_path: Path) -> None:
    found = read_dataset(make(tmp_path))
    assert found.codings.by_coder == {"anna": {"b": {"trust"}, "c": frozenset(), "d": frozenset()}}
    labels = labels_of_codings(found.codings.by_coder, found.codebook, order=list("abcd"))
    assert labels.unit_ids == ("b", "c", "d")
    assert labels.values[:, 0].tolist() == [1, 0, 0]


def test_without_coverage_the_coded_roles_of_touched_transcripts_are_seen_and_it_is_told(
    tmp_path: Path,
) -> None:
    found = read_dataset(make(tmp_path, coverage=None))
    assert set(found.codings.by_coder["anna"]) == {"b", "c"}
    assert any("no coverage file" in warning for warning in found.warnings)


@pytest.mark.parametrize("zero", [0, "0", 0.0, False])
def test_a_value_of_zero_was_looked_at_and_does_not_apply(tmp_path: Path, zero: object) -> None:
    """Of `d` in `t2` nothing else is known than that trust was looked for in vain."""
    codes = [{**CODES[0], "value": 1}, {"utterance_id": "b", "coder": "ben", "code": "trust"},
             {"utterance_id": "d", "coder": "anna", "code": "trust", "value": zero}]  # fmt: skip
    seen = read_dataset(make(tmp_path, codes=codes, coverage=None)).codings.by_coder
    assert seen == {
        "anna": {"b": {"trust"}, "c": frozenset(), "d": frozenset()},
        "ben": {"b": {"trust"}, "c": frozenset()},
    }


def test_codes_of_what_interviewers_say(tmp_path: Path) -> None:
    codes = [{"utterance_id": "a", "coder": "anna", "code": "trust"}]
    found = read_dataset(make(tmp_path, codes=codes, coverage=None))
    assert set(found.codings.by_coder["anna"]) == {"a"}


@pytest.mark.parametrize("form", ["csv", "jsonl.gz", "semicolon"])
def test_other_forms(tmp_path: Path, form: str) -> None:
    make(tmp_path, codes=None)
    if form == "jsonl.gz":
        (tmp_path / "codes.jsonl.gz").write_bytes(gzip.compress((json.dumps(CODES[0]) + "\n").encode()))
    else:
        comma = ";" if form == "semicolon" else ","
        text = f"utterance_id{comma}coder{comma}code\r\nb{comma}anna{comma}trust\r\n"
        (tmp_path / "codes.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert read_dataset(tmp_path).codings.by_coder["anna"]["b"] == {"trust"}


@pytest.mark.parametrize("name", ["codebook.qdc", "codebook.qdc.gz"])
def test_a_codebook_of_refi_qda(tmp_path: Path, name: str) -> None:
    make(tmp_path)
    (tmp_path / "codebook.json").unlink()
    book = (
        b'<CodeBook xmlns="urn:QDA-XML:codebook:1.0"><Codes>'
        b'<Code guid="11111111-1111-4111-8111-111111111111" '
        b'name="trust" isCodable="true"/></Codes></CodeBook>'
    )
    (tmp_path / name).write_bytes(gzip.compress(book) if name.endswith(".gz") else book)
    assert read_dataset(tmp_path).codings.by_coder["anna"]["b"] == {"trust"}


def test_a_code_may_be_given_as_a_path_and_repeated_lines_count_once(tmp_path: Path) -> None:
    codes = [{"utterance_id": "b", "coder": "anna", "code": "Mood > Good"}] * 2
    found = read_dataset(make(tmp_path, codes=codes))
    assert len(found.codings.by_coder["anna"]["b"]) == 1
    assert any("1 repeated lines" in warning for warning in found.warnings)


def line(unit: str, code: str, coder: str = "anna") -> dict[str, str]:
    return {"utterance_id": unit, "coder": coder, "code": code}


@pytest.mark.parametrize(
    ("tables", "parts"),
    [
        ({"codes": [line("zz", "trust")]}, ("codes.jsonl, line 1", "no utterance 'zz'")),
        ({"codes": [*CODES, line("b", "trsut")]}, ("line 2", "did you mean 'trust'", "another version")),
        ({"codes": [line("b", "trust"), line("b", "quarrel")]}, ("line 2", "'b'", "exclude each other")),
        ({"codes": [line("b", "trust", "ben")]}, ("line 1", "'ben' is not in coverage.jsonl")),
        ({"codes": [line("a", "trust")]}, ("line 1", "'anna' has not seen 'a'")),
        ({"codes": [{**CODES[0], "value": 2}]}, ("line 1", "the value is '2'", "1 (it applies) or 0")),
        ({"codes": [{**CODES[0], "value": 0}, *CODES]}, ("line 2", "'anna'", "'b'", "'trust'", "line 1")),
        ({"codes": [{**CODES[0], "value": 0}]}, ("codes.jsonl", "no codes in this file")),
        ({"codes": [*CODES, {**line("a", "trust"), "value": 0}]}, ("line 2", "'anna' has not seen 'a'")),
        ({"codes": []}, ("codes.jsonl", "the file is empty")),
        ({"codes": [{"utterance_id": "b", "code": "trust"}]}, ("line 1", "no 'coder'")),
        ({"codes": [{**CODES[0], "coder": ["a"]}]}, ("line 1", "'coder' is a list, and a string is needed")),
        ({"codes": [{**CODES[0], "code": {"a": 1}}]}, ("line 1", "'code' is an object")),
        ({"codes": [{**CODES[0], "utterance_id": 1.5}]}, ("line 1", "'utterance_id' is a decimal number")),
        ({"codes": [{**CODES[0], "coder": True}]}, ("line 1", "'coder' is true or false")),
        ({"codes": [{**CODES[0], "coder": float("nan")}]}, ("line 1", "no 'coder'")),
        ({"coverage": [{**COVERAGE[0], "coder": []}]}, ("coverage", "line 1", "'coder' is a list")),
        ({"codes": [["b"]]}, ("line 1", "not a JSON object")),
        ({"coverage": [{"utterance_id": "zz", "coder": "anna"}]}, ("coverage.jsonl, line 1", "'zz'")),
        ({"codes": None}, ("no codes table",)),
        ({"utterances": None}, ("no utterances table",)),
        ({"codebook": None}, ("no codebook",)),
    ],
)
def test_what_is_refused(tmp_path: Path, tables: dict[str, Any], parts: tuple[str, ...]) -> None:
    with pytest.raises(AutocodeError) as caught:
        read_dataset(make(tmp_path, **tables))
    for part in parts:
        assert part in str(caught.value)
    assert "We trust them" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "machine"),
    [("machine", True), ("Machine 2", True), (SUGGESTIONS, True), ("Machiavelli", False), ("Ann", False)],
)
def test_which_coder_is_no_person(name: str, machine: bool) -> None:
    assert is_machine(name) is machine
    assert is_person(name) is not machine


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(AutocodeError, match="no such folder"):
        read_dataset(tmp_path / "none")


def test_what_is_not_codable_was_not_seen_and_left_uncoded(tmp_path: Path) -> None:
    """A respondent's "Mm-hm." of which the file says that it is not to be coded."""
    silent = {**UTTERANCES[2], "utterance_id": "e", "text": "Mm-hm.", "meta": {"codable": False}}
    codes = [*CODES, {"utterance_id": "b", "coder": "ben", "code": "trust"}]
    dataset = read_dataset(make(tmp_path, utterances=[*UTTERANCES, silent], codes=codes, coverage=None))
    assert {coder: set(coding) for coder, coding in dataset.codings.by_coder.items()} == {
        "anna": {"b", "c"}, "ben": {"b", "c"},
    }  # fmt: skip
    said = [*codes, {"utterance_id": "e", "coder": "ben", "code": "quarrel"}]  # by him it was
    dataset = read_dataset(make(tmp_path, utterances=[*UTTERANCES, silent], codes=said, coverage=None))
    assert set(dataset.codings.by_coder["ben"]) == {"b", "c", "e"}


def test_a_row_with_more_cells_than_columns_is_refused(tmp_path: Path) -> None:
    make(tmp_path, codes=None)
    (tmp_path / "codes.csv").write_text("utterance_id,coder,code\nb,anna,trust,\nc,anna,trust,quarrel\n")
    with pytest.raises(AutocodeError, match=r"codes\.csv, line 3: more cells than columns"):
        read_dataset(tmp_path)


def test_empty_rows_that_spreadsheets_leave_are_no_rows(tmp_path: Path) -> None:
    make(tmp_path, codes=None, coverage=None)
    text = "utterance_id;coder;code\r\nb;anna;trust\r\n;;\r\n"
    (tmp_path / "codes.csv").write_bytes(text.encode())
    (tmp_path / "coverage.csv").write_text("utterance_id,coder\nb,anna\n , \nc,anna\n")
    assert dict(read_dataset(tmp_path).codings.by_coder["anna"]) == {"b": {"trust"}, "c": set()}
