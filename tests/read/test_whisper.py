"""JSON of speech recognisers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from autocode.errors import ReadError
from autocode.read import read_transcript
from autocode.records import Transcript


def read(folder: Path, document: Any) -> Transcript:
    path = folder / "a.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return read_transcript(path)


def said(transcript: Transcript) -> list[tuple[str, str]]:
    return [(turn.speaker, turn.text) for turn in transcript.turns]


def test_whisper_without_speakers(tmp_path: Path) -> None:
    segments = [
        {"id": 0, "start": 0.0, "end": 2.5, "text": " Hello"},
        {"start": 2.5, "end": 4, "text": "there."},
    ]
    transcript = read(tmp_path, {"text": " Hello there.", "language": "no", "segments": segments})
    assert transcript.text == "Hello there."
    assert transcript.language == "no"
    assert (transcript.turns[0].start_s, transcript.turns[0].end_s) == (0, 4)


def test_whisper_cpp(tmp_path: Path) -> None:
    parts = [{"offsets": {"from": 0, "to": 2500}, "text": " Hello there."}]
    transcript = read(tmp_path, {"result": {"language": "no"}, "transcription": parts})
    assert transcript.language == "no"
    assert [(one.text, one.start_s, one.end_s) for one in transcript.turns] == [("Hello there.", 0, 2.5)]


def test_segments_without_speakers_stay_turns_and_sentences_whole(tmp_path: Path) -> None:
    texts = [" Who began", "it?", " Ann did.", "In 2019.", " And then", "(a pause)"]
    segments = [{"start": n, "end": n + 1, "text": text} for n, text in enumerate(texts)]
    transcript = read(tmp_path, {"segments": segments})
    assert transcript.text == "Who began it?\nAnn did.\nIn 2019.\nAnd then (a pause)"
    assert [(turn.start_s, turn.end_s) for turn in transcript.turns] == [(0, 2), (2, 3), (3, 4), (4, 6)]
    assert transcript.warnings == (
        "no speaker labels were found, so everything, the interviewer's questions too, is taken as said by "
        'one respondent; if several people speak, give each segment a "speaker", as WhisperX does',
    )


def test_whisperx_with_speakers_and_holes(tmp_path: Path) -> None:
    segments = [
        {"start": 0, "end": 1, "text": " What is it?", "speaker": "SPEAKER_00"},
        {
            "start": 1,
            "end": 2,
            "text": "A thing.",
            "words": [{"word": "A", "speaker": "SPEAKER_01"}, {"word": "thing."}],
        },
        {"text": "Two, even.", "speaker": "SPEAKER_01"},
        {"start": 3, "end": 4, "text": " "},
        {"start": 4, "end": 5, "text": "Noise."},
    ]
    transcript = read(tmp_path, {"segments": segments, "word_segments": []})
    assert said(transcript) == [
        ("SPEAKER_00", "What is it?"),
        ("SPEAKER_01", "A thing. Two, even."),
        ("Unknown", "Noise."),
    ]
    assert transcript.speakers["Unknown"] == "other"
    assert "1 segment without text dropped" in transcript.warnings


def test_other_shapes(tmp_path: Path) -> None:
    assert read(tmp_path, {"text": "All of it."}).text == "All of it."
    assert said(read(tmp_path, [{"speaker": 0, "text": "a"}, {"speaker": 1, "text": "b"}])) == [
        ("Speaker 0", "a"),
        ("Speaker 1", "b"),
    ]
    podcast = {
        "version": "1.0.0",
        "segments": [{"speaker": "Kim", "startTime": 1, "endTime": 2, "body": "Hi"}],
    }
    assert (read(tmp_path, podcast).turns[0].start_s, said(read(tmp_path, podcast))) == (1, [("Kim", "Hi")])


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e999", '"12"', "true", "null", "-" + "9" * 400])
def test_times_that_are_none(tmp_path: Path, value: str) -> None:
    transcript = read(tmp_path, f'{{"segments": [{{"start": {value}, "text": "a"}}]}}')
    assert transcript.turns[0].start_s is None


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ('{"segments": [\n{"start', "a.json, line 2: not valid JSON"),
        ("[" * 60_000, "nested too deeply"),
        ('{"a":' * 60_000, "nested too deeply"),
        ({"results": {}}, "not the JSON of Whisper"),
        ({"segments": ["a"]}, "not the JSON of Whisper"),
        ({"segments": [{"text": None}]}, "not the JSON of Whisper"),
        ({"segments": []}, "no segments"),
        ({"segments": [{"text": " "}]}, "nobody says anything"),
        ("7", "not the JSON of Whisper"),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, document: Any, message: str) -> None:
    with pytest.raises(ReadError, match=message):
        read(tmp_path, document)
