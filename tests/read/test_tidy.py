"""Tidy utterances: rows are units and stay as they are."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from autocode.config import ReadConfig
from autocode.errors import ReadError
from autocode.read import read_transcript, read_transcripts
from autocode.records import Transcript

DATA = Path(__file__).parents[3] / "shared" / "data"


def row(unit: str, transcript: str = "t", **more: Any) -> dict[str, Any]:
    plain = {
        "transcript_id": transcript,
        "utterance_id": unit,
        "speaker": "Ann",
        "role": "interviewer",
        "text": "Hi?",
    }
    return plain | more


def read(folder: Path, *rows: dict[str, Any] | str) -> list[Transcript]:
    path = folder / "utterances.jsonl"
    path.write_text("\n".join(one if isinstance(one, str) else json.dumps(one) for one in rows))
    return read_transcripts(path)


def test_rows_are_turns_in_their_order(tmp_path: Path) -> None:
    rows = [
        row("a1", "a", start=1, end=2.5, meta={"wave": 1}, char_start=7),
        row("b1", "b", speaker="Bo", role="client", text=" yes\r\nno "),
        row("a2", "a", text="And?"),
        row("a3", "a", speaker=None, role="participant", text="So."),
    ]
    first, second = read(tmp_path, *rows)
    assert (first.id, second.id) == ("a", "b")
    assert first.has_units
    assert first.format == "tidy"
    assert first.text == "Ann: Hi?\nAnn: And?\nUnknown: So."
    assert [turn.unit_id for turn in first.turns] == ["a1", "a2", "a3"]  # Ann's two rows are not joined
    turn = first.turns[0]
    assert (turn.start_s, turn.end_s, turn.meta) == (1, 2.5, {"wave": 1, "char_start": 7})
    assert second.turns[0].text == " yes\nno "
    assert second.text[second.turns[0].start_char : second.turns[0].end_char] == " yes\nno "
    assert first.source == "utterances.jsonl"
    assert first.sha256 == hashlib.sha256((tmp_path / "utterances.jsonl").read_bytes()).hexdigest()


def test_numbers_that_are_none_are_null(tmp_path: Path) -> None:
    line = json.dumps(row("1", size=1, meta={"a": [2, 3]})).replace("2", "-1e400").replace(": 1,", ": NaN,")
    assert "NaN" in line
    (transcript,) = read(tmp_path, line)
    assert transcript.turns[0].meta == {"a": [None, 3]}


@pytest.mark.parametrize(
    ("more", "meta"),
    [
        ({"meta.wave": "1", "site": "north"}, {"wave": "1", "site": "north"}),
        ({"meta.codable": "", "meta.wave": None}, {}),
        ({"meta.wave": "1", "meta": {"wave": 2}}, {"wave": 2}),
    ],
)
def test_columns_of_meta_are_its_keys(tmp_path: Path, more: dict[str, Any], meta: dict[str, Any]) -> None:
    (transcript,) = read(tmp_path, row("1") | more)
    assert transcript.turns[0].meta == meta


def test_rows_without_text_are_dropped_and_named(tmp_path: Path) -> None:
    (transcript,) = read(tmp_path, row("1"), row("2", text=" "), row("3", text=""))
    assert len(transcript.turns) == 1
    assert transcript.warnings == ("2 rows without text dropped",)
    assert transcript.meta == {"dropped_units": ("2", "3")}


def test_roles_are_decided_within_a_transcript(tmp_path: Path) -> None:
    rows = [
        row("1", "a", role="therapist"),
        row("2", "a", speaker="Bo", role="client"),
        row("3", "b", role="therapist"),
        row("4", "c", role="wizard"),
    ]
    roles = [[turn.role for turn in transcript.turns] for transcript in read(tmp_path, *rows)]
    assert roles == [["interviewer", "respondent"], ["respondent"], ["respondent"]]


def test_the_user_overrides_the_file(tmp_path: Path) -> None:
    read(tmp_path, row("1"), row("2", speaker="Bo"))
    transcript = read_transcript(tmp_path / "utterances.jsonl", speakers={"bo": "other"})
    assert transcript.speakers == {"Ann": "interviewer", "Bo": "other"}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([row("1"), row("2"), row("1")], "line 3: utterance_id '1' was already used in line 1"),
        ([row("1"), "", "{"], "line 3: not valid JSON"),
        (["[1]"], "line 1: not a JSON object"),
        ([{"utterance_id": "1", "text": "a"}], "line 1: no transcript_id, speaker, role; a row needs"),
        ([row("1", text=3)], "line 1: 'text' is not a string"),
        ([row("")], "line 1: 'utterance_id' is empty"),
        ([row("1", transcript={"a": 1})], "line 1: 'transcript_id' is empty, or neither"),
        ([row("1", start="soon")], "line 1: 'start' is not a number of seconds"),
        ([row("1", meta=[1])], "line 1: 'meta' is not an object"),
        (['{"a": ' + "9" * 5000 + "}"], "line 1: not valid JSON"),
        (["[" * 60_000], "line 1: not valid JSON"),
        ([row("1", text=" ")], "nobody says anything"),
    ],
)
def test_errors_name_the_line(tmp_path: Path, rows: list[dict[str, Any] | str], message: str) -> None:
    with pytest.raises(ReadError, match=f"utterances.jsonl(, |: ){message}"):
        read(tmp_path, *rows)


def test_messages_keep_what_was_said_to_themselves(tmp_path: Path) -> None:
    with pytest.raises(ReadError) as caught:
        read(tmp_path, row("1", text="a secret"), row("1", text="a secret"))
    assert "secret" not in str(caught.value)


def test_gzip_and_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "utterances.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(row("1")).encode()))
    assert read_transcript(path).id == "t"
    path.write_bytes(gzip.compress(b" " * 3_000_000))
    with pytest.raises(ReadError, match="larger than 2 MB unpacked"):
        read_transcripts(path, config=ReadConfig(max_mb=2))
    path.write_bytes(b"\x1f\x8b no")
    with pytest.raises(ReadError, match="not a gzip file"):
        read_transcripts(path)


def test_parquet_says_what_it_needs_or_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "utterances.parquet"
    path.write_bytes(b"PAR1 and no more")
    with pytest.raises(
        ReadError, match=r"utterances.parquet: (Parquet needs the packages|not a Parquet file)"
    ):
        read_transcripts(path)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("corpus", "n_transcripts", "n_rows"),
    [("casino", 396, 4615), ("pdpilot", 7, 826), ("founders", 50, 7827), ("subjectiveqa", 120, 5400)],
)
def test_real_corpora(corpus: str, n_transcripts: int, n_rows: int) -> None:
    path = DATA / corpus / "utterances.jsonl.gz"
    if not path.exists():
        pytest.skip("the shared corpora are absent")
    transcripts = read_transcripts(path)
    assert len(transcripts) == n_transcripts
    dropped = sum(len(transcript.meta.get("dropped_units", ())) for transcript in transcripts)
    assert sum(len(transcript.turns) for transcript in transcripts) + dropped == n_rows
    with gzip.open(path, "rt", encoding="utf-8") as file:
        texts = {row["utterance_id"]: row["text"] for row in map(json.loads, file)}
    for transcript in transcripts:
        for turn in transcript.turns:
            assert turn.unit_id is not None
            assert turn.text == texts[turn.unit_id].replace("\r\n", "\n").replace("\r", "\n")
            assert transcript.text[turn.start_char : turn.end_char] == turn.text
