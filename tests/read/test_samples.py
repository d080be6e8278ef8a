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


COUNTS = [
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
    ("vtt-misc/netflix_chicas_del_cable.vtt", 157, 2),  # 78 cues with two dashes, and what stands between
    ("srt/ascii.srt", 1, 1),
    ("srt/sample.srt", 1, 1),
    ("srt/styles_colours.srt", 3, 1),
    ("encodings/sample-english.bom.txt", 2, 1),  # SubRip under another name
    ("pdf/PDPilot_P1.pdf", 92, 2),  # 94 labels, two of them after their own
    ("pdf/PDPilot_P2.pdf", 159, 2),  # 165 labels, six of them after their own
    ("elan/test.eaf", 1, 1),  # eight annotations of one participant; notes beside them
    ("elan/test2.eaf", 1, 1),
    ("exmaralda/Example_basic.exb", 10, 2),
    ("exmaralda/Example_linear.exb", 10, 2),
    ("exmaralda/Example_multi.exb", 10, 2),
    ("subtitles-misc/ttml_example.ttml", 7, 1),  # eleven paragraphs, four of them half sentences
    ("subtitles-misc/ttml_example2.ttml", 3, 2),  # two dashes in the sixth paragraph
    ("subtitles-misc/ttml_example_apple.ttml", 1, 1),
    ("textgrid/all_tiers_have_the_same_name.TextGrid", 1, 1),
    ("textgrid/bobby_phones_elan.TextGrid", 1, 1),
    ("textgrid/bobby_words_with_newlines_longfile_elan.TextGrid", 1, 1),
    ("textgrid/mary.TextGrid", 1, 1),
    ("textgrid/mary_longfile.TextGrid", 1, 1),
    ("assemblyai/assembly_example.json", 3, 2),
    ("autoedit2/autoEdit2TedTalkTranscript.sample.json", 1, 1),  # one paragraph of an unnamed speaker
    (
        "aws-transcribe/amazonTranscribe.sample.json",
        96,
        1,
    ),  # 95 full stops and question marks, and an end
    ("aws-transcribe/todayinfocus.sample.json", 8, 2),  # the third of 3 speakers has no words
    ("aws-transcribe/todayinfocuswords.sample.json", 3, 2),
    ("bbc-kaldi/bbcKaldiTranscriptWithSpeakerSegments.sample.json", 10, 2),  # S0, S1, S22 have no words
    ("dpe/digitalPaperEdit.sample.json", 10, 2),
    ("google-stt/gcpSttSpeakerDiarization.sample.json", 3, 2),  # 788 words of 2, 2 of 1, 976 of 2
    ("ibm/ibmTedTalkTranscript.sample.json", 1, 1),
    ("speechmatics/speechmaticsTedTalkTranscript.sample.json", 11, 3),
    ("trint/trint.sample.json", 2, 1),  # two paragraphs, nobody named
]
# Running text: paragraphs by `awk 'BEGIN{RS=""}END{print NR}'`, or lines where nothing stands between them.
PARAGRAPHS = {
    "arabic": 3, "bulgarian": 7, "french": 8, "french-1": 8, "polish": 204, "russian-2": 3, "russian-3": 4,
    "spanish": 14,
}  # fmt: skip
ENCODED = {
    "encodings/sample-arabic-1.txt": ("cp1256", 3, "المغرب"),
    "encodings/sample-chinese.txt": ("big5", 7, "維基"),
    "encodings/sample-greek.txt": ("cp1253", 1, "ελληνική"),
    "encodings/sample-greek-2.txt": ("iso8859_7", 1, "ελληνική"),
    "encodings/sample-hebrew-2.txt": ("cp1255", 1, "למעשה"),
    "encodings/sample-hebrew-3.txt": ("cp1255", 1, "למעשה"),
    "encodings/sample-korean.txt": ("cp949", 1, "다"),
    "encodings/sample-russian.txt": ("mac_cyrillic", 3, "гимназии"),
    "encodings/sample-turkish.txt": ("cp1254", 4, "İstanbul"),
    "srt/gb2312.srt": ("gb2312", 1, "轻轻"),
}
REFUSED = "srt/invalid_format1.srt"
ELSEWHERE = {  # in tests/exchange
    "pdf/PDPilot_maxqda_coded-segments.pdf",
    "pdf/PDPilot_maxqda_code-system.pdf",
    "refi-qda/atlasti/spec_annex_A2_atlasti_8.4.0.qde",
}


def test_every_sample_is_counted_here() -> None:
    beside = (".md", ".tsv")
    there = {
        str(path.relative_to(FORMATS))
        for path in FORMATS.rglob("*")
        if path.is_file() and path.suffix not in beside
        and path.parent.name not in ("hostile", "schema")
    }  # fmt: skip
    counted = {file for file, *_ in COUNTS} | {f"encodings/sample-{name}.txt" for name in PARAGRAPHS}
    assert there == counted | {*ENCODED} | {REFUSED} | ELSEWHERE


@pytest.mark.parametrize(
    ("file", "n_turns", "speakers"),
    [*COUNTS, *((f"encodings/sample-{name}.txt", n, 1) for name, n in PARAGRAPHS.items())],
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


@pytest.mark.parametrize("file", ENCODED)
def test_the_users_encoding(file: str) -> None:
    encoding, n_turns, word = ENCODED[file]
    transcript = read_transcript(FORMATS / file, config=ReadConfig(encoding=encoding))
    assert word in transcript.text
    assert len(transcript.turns) == n_turns
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
        read_transcript(FORMATS / REFUSED)


def test_elan() -> None:
    (turn,) = read_transcript(FORMATS / "elan/test.eaf").turns
    assert (turn.speaker, turn.start_s, turn.end_s) == ("P001", 1.04, 17.485)
    assert len(turn.meta["cues"]) == 8
    assert turn.text.endswith("Oh thanks")


@pytest.mark.parametrize("file", ["mary", "mary_longfile"])
def test_textgrid_by_word(file: str) -> None:
    transcript = read_transcript(FORMATS / f"textgrid/{file}.TextGrid")
    assert transcript.text == "mary rolled the barrel"
    assert [round(cue[2], 3) for cue in transcript.turns[0].meta["cues"]] == [0.315, 0.676, 0.984, 1.064]


@pytest.mark.parametrize("file", ["basic", "linear", "multi"])
def test_exmaralda_who_says_what(file: str) -> None:
    transcript = read_transcript(FORMATS / f"exmaralda/Example_{file}.exb")
    assert transcript.text == (
        "SPK1: this is a test file it is just for one purpose\nSPK2: showing how it works\nSPK1: right\n"
        "SPK2: right\nSPK1: and maybe proving that it works at all\n"
        "SPK2: ((laughs)) so what does this show\nSPK1: just some features of gat2 basic transcripts\n"
        "SPK2: likeoverlapping speak\n"
        "SPK1: yes and some random annotations\nSPK2: sounds useful"
    )


def test_words_of_google_are_read_once() -> None:
    transcript = read_transcript(FORMATS / "google-stt/gcpSttSpeakerDiarization.sample.json")
    assert sum(len(turn.text.split()) for turn in transcript.turns) == 1766
    assert transcript.turns[0].start_s == 12.9


def test_aws_joins_punctuation_and_keeps_times() -> None:
    first = read_transcript(FORMATS / "aws-transcribe/todayinfocus.sample.json").turns[0]
    assert (first.speaker, first.start_s, first.end_s) == ("spk_0", 5.24, 18.25)
    assert first.text.startswith(
        "Today the devastation of Cyclone e di one of the worst weather related disasters. Toe"
    )


def test_pdf_without_page_and_line_numbers() -> None:
    transcript = read_transcript(FORMATS / "pdf/PDPilot_P1.pdf")
    assert transcript.text.startswith("Dan: Okay. So now you can stop sharing your screen and then we'll")
    assert transcript.text.endswith("in touch soon with.\nParticipant: Thank you.")
    assert "1/5" not in transcript.text
    assert any("best effort" in warning for warning in transcript.warnings)
    assert any("lines dropped" in warning for warning in transcript.warnings)
