"""Files that real programs wrote, with counts made by hand (and by grep), not by this program."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.config import ReadConfig
from autocode.errors import ReadError
from autocode.read import read_transcript

FORMATS = Path(__file__).parents[3] / "shared" / "formats"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not FORMATS.exists(), reason="the shared format samples are absent"),
]

ZOOM = "vtt-zoom/GMT20240124-202901_Recording"


@pytest.mark.parametrize(
    ("file", "n_turns", "speakers"),
    [
        (f"{ZOOM}.cc.vtt", 98, 1),  # nobody is named: cues stay turns, but for half sentences
        (f"{ZOOM}.transcript.vtt", 26, 6),  # five people, and one cue without a name
        (f"{ZOOM}newChat.txt", 12, 4),
        ("vtt-misc/biology_lab_session.vtt", 69, 5),
        ("vtt-misc/captions_with_bom.vtt", 1, 1),
        ("vtt-misc/comments.vtt", 5, 2),
        ("vtt-misc/cue_tags.vtt", 1, 1),
        ("vtt-misc/invalid_timeframe_in_cue_text.vtt", 1, 1),
        ("vtt-misc/non_padded_timestamps.vtt", 3, 2),
        ("vtt-misc/using_identifiers.vtt", 1, 1),
        ("vtt-misc/youtube_dl.vtt", 1, 1),
        ("srt/ascii.srt", 1, 1),
        ("srt/sample.srt", 1, 1),
        ("srt/styles_colours.srt", 3, 1),
        ("encodings/sample-english.bom.txt", 2, 1),  # SubRip under another name
    ],
)
def test_turns_and_speakers(file: str, n_turns: int, speakers: int) -> None:
    transcript = read_transcript(FORMATS / file)
    assert len(transcript.turns) == n_turns
    assert len(transcript.speakers) == speakers


def test_zoom() -> None:
    transcript = read_transcript(FORMATS / f"{ZOOM}.transcript.vtt")
    assert transcript.id == "GMT20240124-202901_Recording.transcript"
    assert transcript.format == "vtt"
    first, second = transcript.turns[:2]
    assert (first.speaker, first.start_s) == ("Srijani Ghosh", 0.05)
    assert second.speaker == "Conor Healy"
    nobody = [turn for turn in transcript.turns if turn.speaker == "Unknown"]
    assert [(turn.role, turn.start_s, turn.end_s) for turn in nobody] == [("other", 307.3, 307.98)]
    assert sum(len(turn.meta.get("cues", [0])) for turn in transcript.turns) == 102
    assert transcript.text.startswith("Srijani Ghosh: Hi!\nConor Healy: ")


def test_rolling_captions_are_read_once() -> None:
    transcript = read_transcript(FORMATS / "vtt-misc/youtube_dl.vtt")
    assert transcript.text == "yeah what this will happen is I'm telling"
    assert transcript.language == "en"
    assert any("rolling" in warning for warning in transcript.warnings)


def test_short_times_of_teams() -> None:
    transcript = read_transcript(FORMATS / "vtt-misc/non_padded_timestamps.vtt")
    assert [(turn.start_s, turn.end_s) for turn in transcript.turns] == [
        (0, 3.54),
        (3.54, 7.23),
        (65.2, 3727.95),
    ]


def test_a_time_line_inside_a_cue_starts_a_cue() -> None:
    transcript = read_transcript(FORMATS / "vtt-misc/invalid_timeframe_in_cue_text.vtt")
    assert transcript.text == "Caption text #1 Caption text #2 Caption text #3"


def test_colours_and_entities_of_subrip() -> None:
    transcript = read_transcript(FORMATS / "srt/styles_colours.srt")
    assert "2 < 3 !" in transcript.text
    assert "font" not in transcript.text


@pytest.mark.parametrize(
    ("file", "encoding", "word"),
    [
        ("encodings/sample-arabic-1.txt", "cp1256", "المغرب"),
        ("encodings/sample-chinese.txt", "big5", "維基"),
        ("encodings/sample-french-1.txt", "cp1252", "MOLIÈRE"),
        ("encodings/sample-greek.txt", "cp1253", "ελληνική"),
        ("encodings/sample-hebrew-2.txt", "cp1255", "למעשה"),
        ("encodings/sample-korean.txt", "cp949", "다"),
        ("encodings/sample-russian.txt", "mac_cyrillic", "гимназии"),
        ("encodings/sample-turkish.txt", "cp1254", "İstanbul"),
        ("srt/gb2312.srt", "gb2312", "轻轻"),
    ],
)
def test_the_users_encoding(file: str, encoding: str, word: str) -> None:
    transcript = read_transcript(FORMATS / file, config=ReadConfig(encoding=encoding))
    assert word in transcript.text
    assert not any("Windows-1252" in warning for warning in transcript.warnings)


@pytest.mark.parametrize(
    "name", ["arabic", "bulgarian", "french", "polish", "russian-2", "russian-3", "spanish"]
)
def test_utf8_needs_no_encoding_and_ignores_a_wrong_one(name: str) -> None:
    path = FORMATS / "encodings" / f"sample-{name}.txt"
    transcript = read_transcript(path, config=ReadConfig(encoding="latin-1"))
    expected = path.read_bytes().decode("utf-8").replace("\r\n", "\n").removeprefix("\ufeff")
    assert transcript.text == expected


def test_french_is_windows_1252_with_a_warning() -> None:
    guessed = read_transcript(FORMATS / "encodings/sample-french-1.txt")
    assert guessed.text == read_transcript(FORMATS / "encodings/sample-french.txt").text
    assert any("Windows-1252" in warning for warning in guessed.warnings)


@pytest.mark.parametrize(
    "file", ["srt/gb2312.srt", "encodings/sample-korean.txt", "encodings/sample-russian.txt"]
)
def test_what_is_surely_not_western_is_refused(file: str) -> None:
    with pytest.raises(ReadError, match=r"byte \d+ .* set \[read\] encoding"):
        read_transcript(FORMATS / file)


def test_one_digit_is_no_subrip() -> None:
    with pytest.raises(ReadError, match="no time lines found"):
        read_transcript(FORMATS / "srt/invalid_format1.srt")
