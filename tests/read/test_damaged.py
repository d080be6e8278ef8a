"""Damaged files that once ended in something else than one clear sentence, each as small as can be."""

from __future__ import annotations

import io
import json
import re
import struct
import tracemalloc
import zipfile
from pathlib import Path

import docx
import openpyxl
import pytest

from autocode.errors import AutocodeError, ReadError
from autocode.read import read_transcript
from tests.hang import no_hang


@pytest.mark.parametrize(("suffix", "member"), [(".docx", "word/document.xml"), (".odt", "content.xml")])
def test_an_archive_whose_directory_points_before_its_beginning(
    tmp_path: Path, suffix: str, member: str
) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(member, "<x/>")
    data = bytearray(made.getvalue())
    end = data.rindex(b"PK\x05\x06")
    offset = struct.unpack_from("<I", data, end + 16)[0]
    struct.pack_into("<I", data, end + 16, offset + 5)  # members are taken to begin 5 bytes too early
    path = tmp_path / f"a{suffix}"
    path.write_bytes(data)
    with pytest.raises(ReadError, match="damaged one"):
        read_transcript(path)


def test_times_that_no_recording_has_are_dropped(tmp_path: Path) -> None:
    """A year, and a second before the beginning; three hours stay."""
    rows = [(366 * 86400, None), (-1.0, 1e300), (10_800.0, 10_801.0)]
    path = tmp_path / "a.jsonl"
    path.write_text(
        "".join(
            json.dumps({
                "transcript_id": "a", "utterance_id": str(n), "speaker": "R",
                "role": "respondent", "text": "x", "start": start, "end": end,
            }) + "\n" for n, (start, end) in enumerate(rows)
        )
    )  # fmt: skip
    transcript = read_transcript(path)
    times = [(turn.start_s, turn.end_s) for turn in transcript.turns]
    assert times == [(None, None), (None, None), (10_800.0, 10_801.0)]
    assert any(warning.startswith("3 times that no recording has") for warning in transcript.warnings)


def test_times_that_no_recording_has_are_dropped_within_a_turn(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"Speaker;Time;Text\nAnna;00:01;Why?\nBo;{'9' * 400};So.\nBo;00:09;And so.\n")
    transcript = read_transcript(path)
    assert [turn.start_s for turn in transcript.turns] == [1.0, None]
    assert [part[2] for part in transcript.turns[1].meta["cues"]] == [None, 9.0]
    assert any(warning.startswith("1 time that no recording has") for warning in transcript.warnings)


SEGMENTS = '{"segments": [%s]}'
SEGMENT = '{"speaker": "%s", "text": "So.", "start": %s, "end": %s}'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", SEGMENTS % ", ".join([SEGMENT % ("Bo", 50, 55), SEGMENT % ("Ann", 10, 5)])),
        ("a.json", SEGMENTS % ", ".join([SEGMENT % ("Bo", 50, 55), SEGMENT % ("Bo", 10, 5)])),
        ("a.csv", "speaker,start,end,text\nBo,0:50,0:55,So.\nAnn,0:10,0:05,So.\n"),
        ("a.cha", "*BO:\tSo. \x1550000_55000\x15\n*ANN:\tSo. \x1510000_5000\x15\n"),
        ("a.vtt", "WEBVTT\n\n00:50.000 --> 00:55.000\n<v Bo>So.\n\n00:10.000 --> 00:05.000\n<v Ann>So.\n"),
        ("a.txt", "Bo [00:50 - 00:55]: So.\nAnn [00:10]: So.\nBo: So. So.\n"),
    ],
)
def test_times_that_go_back(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    transcript = read_transcript(path)
    assert "beginnings out of time order: 1 of 2; the file's order was kept" in transcript.warnings
    ended = [warning for warning in transcript.warnings if "before their beginning, left out: 1" in warning]
    assert len(ended) == (name != "a.txt")
    assert all(
        turn.end_s is None or turn.start_s is None or turn.start_s <= turn.end_s for turn in transcript.turns
    )


@pytest.mark.parametrize(("start", "n"), [("-2", 1), ("1e400", 1), ("NaN", 0), ("null", 0)])
def test_impossible_times_of_recognisers_are_told(tmp_path: Path, start: str, n: int) -> None:
    path = tmp_path / "a.json"
    path.write_text(SEGMENTS % (SEGMENT % ("Bo", start, "3")))
    transcript = read_transcript(path)
    assert (transcript.turns[0].start_s, transcript.turns[0].end_s) == (None, 3.0)
    assert sum("no recording has" in warning for warning in transcript.warnings) == n


@pytest.mark.parametrize("cues", ["abc", 5, [[1, 2]], None])
def test_what_a_row_calls_cues_is_its_own(tmp_path: Path, cues: object) -> None:
    row = {"transcript_id": "a", "utterance_id": "1", "speaker": "R", "role": "respondent", "text": "x"}
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(row | {"meta": {"cues": cues}}))
    assert read_transcript(path).turns[0].meta["cues"] == cues


@pytest.mark.parametrize("key", ["role", "speaker"])
def test_a_label_with_thousands_of_spaces_costs_no_time(tmp_path: Path, key: str) -> None:
    row = {"transcript_id": "a", "utterance_id": "1", "speaker": "R", "role": "r", "text": "x"}
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(row | {key: "x" + "1 " * 3000 + "y"}))
    with no_hang():
        assert len(str(read_transcript(path).warnings)) < 500


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("word/document.xml", "w:body", "w:other"),  # a document without a body
        ("_rels/.rels", " Target=", " Other="),  # a part that lies nowhere
    ],
)
def test_a_word_document_without_what_every_one_has(tmp_path: Path, part: str, old: str, new: str) -> None:
    whole, path = tmp_path / "whole.docx", tmp_path / "a.docx"
    docx.Document().save(str(whole))
    with zipfile.ZipFile(whole) as archive, zipfile.ZipFile(path, "w") as damaged:
        for name in archive.namelist():
            content = archive.read(name)
            damaged.writestr(name, content.replace(old.encode(), new.encode()) if name == part else content)
    with pytest.raises(ReadError, match="damaged Word document"):
        read_transcript(path)


def test_a_parquet_file_with_damaged_notes_of_pandas(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    table = pytest.importorskip("pyarrow").table({"text": ["x"]})
    path = tmp_path / "a.parquet"
    parquet.write_table(table.replace_schema_metadata({"pandas": '{"index_columns": []}'}), path)
    with pytest.raises(ReadError, match="a damaged one"):
        read_transcript(path)


@pytest.mark.parametrize(
    ("found", "odd"),
    [(b"<cellStyleXfs.*</cellStyleXfs>", b"<cellStyleXfs/>"), (b'fontId="0"', b'fontId="99999999999"')],
)
def test_a_workbook_with_damaged_styles_prints_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], found: bytes, odd: bytes
) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["Speaker", "Text"])
    book.worksheets[0].append(["Ann", "So?"])
    book.save(tmp_path / "whole.xlsx")
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(tmp_path / "whole.xlsx") as whole, zipfile.ZipFile(path, "w") as archive:
        for name in whole.namelist():
            content = whole.read(name)
            if name == "xl/styles.xml":
                content = re.sub(found, odd, content)
            archive.writestr(name, content)
    with pytest.raises(ReadError, match="damaged Excel workbook"):
        read_transcript(path)
    assert capsys.readouterr().out == ""


def test_a_parquet_file_with_half_a_character(tmp_path: Path) -> None:
    """The program that reads it may not end with it."""
    row = {"transcript_id": "a", "utterance_id": "1", "speaker": "R", "role": "r", "text": "caf\u00e9"}
    path = tmp_path / "a.parquet"
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pytest.importorskip("pyarrow").Table.from_pylist([row]), path, compression="none")
    path.write_bytes(path.read_bytes().replace("caf\u00e9".encode(), b"cafe\xc3"))
    with pytest.raises(ReadError, match="damaged one"):
        read_transcript(path)


def test_a_message_stays_short_whatever_a_file_holds() -> None:
    message = str(AutocodeError("a.yaml, line 5: unknown parent '" + "x" * 70_000 + "'; known are a, b"))
    assert len(message) < 4100
    assert message.startswith("a.yaml, line 5: unknown parent 'xxx")
    assert message.endswith("xxx'; known are a, b")


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        (".vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\n<v {odd}>It was {odd}so.\n"),
        (".vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\nIt was {odd}so.\n"),
        (".srt", "1\n00:00:01,000 --> 00:00:02,000\nIt was {odd}so.\n"),
        (".html", "<html><body><p title='{odd}'>It was {odd}so.</p></body></html>"),
    ],
)
def test_a_character_reference_of_thousands_of_digits(tmp_path: Path, suffix: str, text: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_text(text.replace("{odd}", f"&#{'9' * 5000};"))
    assert [turn.text for turn in read_transcript(path).turns] == ["It was \ufffdso."]


@pytest.mark.parametrize("line", ["A{}x", "**A{}x", "A{}[{}", "A \u200e{}x", "[A{}x", "Caption #5{}5"])
def test_many_spaces_after_what_might_be_a_label_cost_no_time(tmp_path: Path, line: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text("\n".join([line.replace("{}", " " * 180)] * 500), encoding="utf-8")
    with no_hang():
        read_transcript(path)


def test_many_spaces_in_the_rule_of_a_table_cost_no_time(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(f"| a | b |\n| -{' ' * 100_000}x\n")
    with no_hang():
        read_transcript(path)


def test_millions_of_lines_are_refused_before_they_are_split(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"I: a\n" * 3_000_000)
    tracemalloc.start()
    with pytest.raises(ReadError, match="more than 250,000 lines"):
        read_transcript(path)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 100e6  # it was 1.3 GB for twice as many
