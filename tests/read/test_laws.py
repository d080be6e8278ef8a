"""What holds for every file that can be read, whatever is in it."""

from __future__ import annotations

import json
import tempfile
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autocode.errors import ReadError
from autocode.read import READERS, read_transcripts
from autocode.read.decode import clean
from autocode.records import Transcript

# Fragments that mean something to some reader, so that random files come close to real ones.
FRAGMENTS = st.sampled_from(
    [
        *(
            "I: ",
            "R: ",
            "Anna: ",
            "Bo Lund: ",
            "**Anna:** ",
            "[Bo] ",
            "P1 (00:12): ",
            "Anna\t",
            "Q. ",
            "A. ",
            "Note: ",
        ),
        *(
            "\n",
            "\n\n",
            "\r\n",
            "\r",
            "\u2028",
            "\x0b",
            "\x0c",
            " ",
            "  ",
            "\t",
            "\xa0",
            "\u200f",
            "\ufeff",
            "\0",
        ),
        *(
            "What?",
            "well, so.",
            "e\u0301",
            "𝒳👩\u200d👧",
            "é",
            "...",
            "- ",
            "--",
            "—",
            "|",
            "| a | b |\n|--|--|\n",
            "# ",
        ),
        *(
            "WEBVTT\n\n",
            "00:00:01.000 --> 00:00:02.000\n",
            "00:01 --> x\n",
            "-->",
            "<v Anna>",
            "</v>",
            "<v >",
            "<i>",
            "<",
        ),
        *(
            "#00:00:05-3#",
            "[00:01]",
            "00:01:02",
            "Anna  0:05\n",
            "[Anna] 14:03:22\n",
            "&amp;",
            "&#10;",
            "NOTE x\n",
            "1\n",
        ),
        *(
            '"',
            ",",
            ";",
            "speaker,text\n",
            "text\n",
            "transcript_id,utterance_id,speaker,role,text\n",
            "---\n",
            "***",
        ),
        *(
            "\\par ",
            "\\'e4",
            "\\u228?",
            "\\u-10179?",
            "\\b ",
            "\\cell ",
            "\\row ",
            "\\intbl ",
            "\\pard ",
            "\\v ",
            "\\bin3 ",
            "{",
            "}",
            "{\\*\\x ",
        ),
        *(
            "<p>",
            "</p>",
            "<b>",
            "</b>",
            "<br>",
            "<table>",
            "<tr>",
            "<td>",
            "</table>",
            "<script>",
            "<cite>",
            "</cite>",
            "<time>0:05</time>",
            "<div hidden>",
            "<!--",
        ),
        *(
            "*PAR:\t",
            "%mor:\tx\n",
            "\x155_10\x15",
            "@Participants:\tINV Investigator\n",
            '"IntervalTier" ',
            "1 ",
        ),
    ]
)
GRID = '"ooTextFile" "TextGrid" 0 9 <exists> 1 "IntervalTier" "Anna" 0 9 2 0 1 "'
TEXTS = st.lists(FRAGMENTS | st.text(max_size=8), max_size=30).map("".join)


def read(suffix: str, data: bytes) -> list[Transcript]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a{suffix}"
        path.write_bytes(data)
        try:
            return read_transcripts(path)
        except ReadError as error:
            assert "\n" not in str(error)  # noqa: PT017
            assert f"a{suffix}" in str(error)  # noqa: PT017
            return []


def check(transcript: Transcript) -> None:
    at = 0
    assert transcript.turns
    for index, turn in enumerate(transcript.turns):
        assert turn.index == index
        assert transcript.text[turn.start_char : turn.end_char] == turn.text
        assert at <= turn.start_char < turn.end_char
        at = turn.end_char
        assert turn.text.strip()
        assert turn.speaker
        assert turn.role in ("interviewer", "respondent", "other")
        assert turn.start_s is None or turn.start_s >= 0
        for start, end, _, _ in turn.meta.get("cues", ()):
            assert turn.start_char <= start < end <= turn.end_char
    assert not set(transcript.text) & {"\r", "\0"}
    transcript.text.encode("utf-8")


SUFFIXES = (
    ".txt",
    ".md",
    ".vtt",
    ".srt",
    ".csv",
    ".tsv",
    ".json",
    ".jsonl",
    ".rtf",
    ".html",
    ".cha",
    ".textgrid",
)


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=TEXTS)
def test_turns_are_slices_in_order(suffix: str, text: str) -> None:
    beginning = {".rtf": "{\\rtf1 ", ".html": "<p>", ".textgrid": GRID, ".cha": "*INV:\t"}.get(suffix, "")
    for transcript in read(suffix, (beginning + text).encode("utf-8", "replace")):
        check(transcript)


@pytest.mark.parametrize(
    "suffix", sorted({suffix for reader in READERS.values() for suffix in reader.suffixes} - {".pdf"})
)
@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(suffix: str, data: bytes) -> None:
    for transcript in read(suffix, data):
        check(transcript)


@settings(max_examples=60, deadline=None)
@given(text=TEXTS)
def test_plain_text_is_the_file_itself(text: str) -> None:
    data = b"\xef\xbb\xbf" + text.encode("utf-8", "replace")
    for transcript in read(".txt", data):
        if transcript.format == "text":
            assert transcript.text == clean(data[3:].decode("utf-8"))


NAMES = st.sampled_from(["Anna", "Bo Lund", "P3", "SPEAKER_00"])
WORDS = st.sampled_from(
    ["yes", "the market", "one thing: money", "10:30", "[city]", "é", "well,", "(laughs)", "so?"]
)
SAID = st.lists(
    st.tuples(NAMES, st.lists(WORDS, min_size=1, max_size=6).map(" ".join)), min_size=4, max_size=12
)


@settings(max_examples=60, deadline=None)
@given(said=SAID)
def test_whisper_segments_are_joined_by_speaker_and_nothing_is_lost(said: list[tuple[str, str]]) -> None:
    segments = [
        {"speaker": name, "text": text, "start": n, "end": n + 1} for n, (name, text) in enumerate(said)
    ]
    (transcript,) = read(".json", json.dumps({"segments": segments}).encode())
    check(transcript)
    assert " ".join(turn.text for turn in transcript.turns) == " ".join(text for _, text in said)
    speakers = [turn.speaker for turn in transcript.turns]
    assert all(one != other for one, other in pairwise(speakers))
    assert transcript.turns[0].start_s == 0
    assert transcript.turns[-1].end_s == len(said)


@settings(max_examples=60, deadline=None)
@given(said=SAID, blank=st.booleans())
def test_labelled_text_reads_back(said: list[tuple[str, str]], blank: bool) -> None:
    said = [("Anna", "How?"), ("Bo Lund", "So."), *said, ("Anna", "And?"), ("Bo Lund", "No.")]
    text = ("\n\n" if blank else "\n").join(f"{name}: {words}" for name, words in said)
    (transcript,) = read(".txt", text.encode())
    assert [(turn.speaker, turn.text) for turn in transcript.turns] == said


@settings(max_examples=60, deadline=None)
@given(said=SAID)
def test_tidy_rows_read_back(said: list[tuple[str, str]]) -> None:
    rows = [
        {"transcript_id": "t", "utterance_id": f"u{n}", "speaker": name, "role": "participant", "text": text}
        for n, (name, text) in enumerate(said)
    ]
    (transcript,) = read(".jsonl", "\n".join(map(json.dumps, rows)).encode())
    check(transcript)
    assert [(turn.speaker, turn.text) for turn in transcript.turns] == said
    assert [turn.unit_id for turn in transcript.turns] == [f"u{n}" for n in range(len(said))]


@settings(max_examples=40, deadline=None)
@given(said=SAID)
def test_what_rtf_and_html_say_is_what_plain_text_says(said: list[tuple[str, str]]) -> None:
    said = [("Anna", "How?"), ("Bo Lund", "So."), *said, ("Anna", "And?"), ("Bo Lund", "No.")]
    lines = [f"{name}: {words}" for name, words in said]
    rtf = "{\\rtf1\\ansi " + "".join(line.replace("é", "\\'e9") + "\\par " for line in lines) + "}"
    page = "".join(f"<p>{line}</p>" for line in lines)
    for suffix, data in ((".rtf", rtf), (".html", page)):
        (transcript,) = read(suffix, data.encode())
        check(transcript)
        assert " ".join(turn.text for turn in transcript.turns) == " ".join(words for _, words in said)
