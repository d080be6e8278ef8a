"""WebVTT and SubRip beyond the shared samples."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.read import read_transcript
from autocode.records import Transcript


def read(folder: Path, *payloads: str, suffix: str = ".vtt") -> Transcript:
    cues = [f"{n}\n00:00:0{n}.000 --> 00:00:0{n + 1}.000\n{payload}\n" for n, payload in enumerate(payloads)]
    path = folder / f"a{suffix}"
    path.write_text(("WEBVTT\n\n" if suffix == ".vtt" else "") + "\n".join(cues), encoding="utf-8")
    return read_transcript(path)


def said(transcript: Transcript) -> list[tuple[str, str]]:
    return [(turn.speaker, turn.text) for turn in transcript.turns]


@pytest.mark.parametrize("name", ["+47 123 45", "bo.lund@acme.example", "iPhone (2)", "1-555-010-0199"])
@pytest.mark.parametrize("n", [1, 2])
def test_who_is_called_by_a_number_or_an_address(tmp_path: Path, name: str, n: int) -> None:
    cues = ["Anna Berg: How was it?", "Bo: Good."] * 2 + ["Anna Berg: And?", f"{name}: It was: so."] * n
    assert said(read(tmp_path, *cues)) == [tuple(cue.split(": ", 1)) for cue in cues]  # type: ignore[comparison-overlap]


def test_a_number_that_somebody_says_is_no_name(tmp_path: Path) -> None:
    transcript = read(tmp_path, "So we called", "+47 123 45: nobody.", "And then we waited.")
    assert [speaker for speaker, _ in said(transcript)] == ["Unknown"] * len(transcript.turns)


def test_cues_of_one_speaker_are_one_turn_and_keep_their_times(tmp_path: Path) -> None:
    transcript = read(
        tmp_path, "<v Jane Doe>Good\nmorning.</v>", "<v Jane Doe>Shall we?</v>", "<v Bo>Yes.</v>"
    )
    assert transcript.text == "Jane Doe: Good morning. Shall we?\nBo: Yes."
    first = transcript.turns[0]
    assert (first.start_s, first.end_s) == (0, 2)
    spans = [(transcript.text[a:b], start, end) for a, b, start, end in first.meta["cues"]]
    assert spans == [("Good morning.", 0, 1), ("Shall we?", 1, 2)]


@pytest.mark.parametrize("suffix", [".vtt", ".srt"])
def test_names_only_where_the_speaker_changes(tmp_path: Path, suffix: str) -> None:
    transcript = read(tmp_path, "Sarah: Welcome.", "Still me.", "Tom: Hi, why?", "Sarah: So.", suffix=suffix)
    assert said(transcript) == [("Sarah", "Welcome. Still me."), ("Tom", "Hi, why?"), ("Sarah", "So.")]


@pytest.mark.parametrize("suffix", [".vtt", ".srt"])
def test_a_missing_name_among_names_on_every_cue_is_nobodys(tmp_path: Path, suffix: str) -> None:
    transcript = read(tmp_path, "Ann: One.", "Ann: Two.", "Hm.", "Bo: Three.", "Bo: Four.", suffix=suffix)
    assert said(transcript) == [("Ann", "One. Two."), ("Unknown", "Hm."), ("Bo", "Three. Four.")]
    assert transcript.speakers["Unknown"] == "other"


def test_a_voice_lasts_until_the_next_one(tmp_path: Path) -> None:
    transcript = read(tmp_path, "<v John>one", "two", "<v.loud Mia>three</v> <v John>four")
    assert said(transcript) == [("John", "one two"), ("Mia", "three"), ("John", "four")]


@pytest.mark.parametrize("tag", ["<v>", "<v >", "<v ->", "<V.x>"])
def test_an_empty_voice_is_unknown(tmp_path: Path, tag: str) -> None:
    assert said(read(tmp_path, f"{tag}hi", "<v Ann>ho")) == [("Unknown", "hi"), ("Ann", "ho")]


def test_a_name_in_the_id_line(tmp_path: Path) -> None:
    path = tmp_path / "a.srt"
    lines = [
        f"{name}\n00:00:0{n},000 --> 00:00:0{n},900\nText {n}.\n"
        for n, name in enumerate(["Speaker 1", "Speaker 2"])
    ]
    path.write_text("\n".join(lines))
    assert said(read_transcript(path)) == [("Speaker 1", "Text 0."), ("Speaker 2", "Text 1.")]


def test_a_name_in_parentheses_on_the_first_line(tmp_path: Path) -> None:
    transcript = read(tmp_path, "(Anna)\nWhat?", "(Bo)\nThis.", "(Anna)\nWhy?", "(laughs)\nNo.")
    assert said(transcript) == [("Anna", "What?"), ("Bo", "This."), ("Anna", "Why? (laughs) No.")]


def test_two_lines_with_dashes_are_two_speakers(tmp_path: Path) -> None:
    transcript = read(
        tmp_path, "{\\an8}- <i>What</i> is it?\n-A thing.", "wrapped\nlines &amp; all", suffix=".srt"
    )
    assert said(transcript) == [
        ("Unknown", "What is it?"),
        ("Unknown 2", "A thing."),
        ("Unknown", "wrapped lines & all"),
    ]
    assert any("dashes" in warning for warning in transcript.warnings)


def test_subrip_with_dots_without_numbers_and_without_a_last_line_end(tmp_path: Path) -> None:
    path = tmp_path / "a.srt"
    path.write_text("00:00:00.000 --> 00:00:01.500 X1:1\nAnn: a?\n\n00:00:02,000 --> 00:00:03,000\nBob: b")
    transcript = read_transcript(path)
    assert [(turn.speaker, turn.end_s) for turn in transcript.turns] == [("Ann", 1.5), ("Bob", 3)]


def test_notes_between_id_and_cue_are_no_speech(tmp_path: Path) -> None:
    path = tmp_path / "a.vtt"
    path.write_text(
        'WEBVTT\n\nNOTE duration:"1"\n\n6e2b1f0c-0d3a-4c1e-9a7b-2f5d8e1c4a90\n\nNOTE Confidence: 0.89\n\n'
        "00:00.000 --> 00:01.000\nhello\n\n"
        "6e2b1f0c-0d3a-4c1e-9a7b-2f5d8e1c4a91\n00:01.000 --> 00:02.000\nworld\n"
    )
    assert read_transcript(path).text == "hello world"


def test_stray_lines_belong_to_the_cue_above(tmp_path: Path) -> None:
    transcript = read(tmp_path, "Ann: one\n\nand more", "Bob: two", suffix=".srt")
    assert said(transcript) == [("Ann", "one and more"), ("Bob", "two")]
    assert any("stray" in warning for warning in transcript.warnings)


def test_people_may_say_yeah_twice(tmp_path: Path) -> None:
    assert read(tmp_path, "Yeah.", "Yeah.", "Yeah.\nSo.", "So.").text == "Yeah.\nYeah.\nYeah. So.\nSo."


def test_rolling_captions_without_karaoke(tmp_path: Path) -> None:
    rolling = ["a b", *[f"{x} {y}\n{y} {z}" for x, y, z in ["abc", "bcd", "cde", "def", "efg", "fgh"]]]
    transcript = read(tmp_path, *rolling)
    assert transcript.text == "a b b c c d d e e f f g g h"


def test_character_references_cannot_make_tags_or_lines(tmp_path: Path) -> None:
    assert (
        read(tmp_path, "<v A&amp;B>a &lt;v X&gt; b&#10;c &#x110000; &amp;lt;").text
        == "A&B: a <v X> b c \ufffd &lt;"
    )


def test_language_of_the_header(tmp_path: Path) -> None:
    path = tmp_path / "a.vtt"
    path.write_text("WEBVTT\nKind: captions\nLanguage: nb-NO\n\n00:00.000 --> 00:01.000\nhei\n")
    assert read_transcript(path).language == "nb"


@pytest.mark.parametrize("suffix", [".vtt", ".srt"])
def test_cues_without_names_stay_turns_and_sentences_whole(tmp_path: Path, suffix: str) -> None:
    transcript = read(tmp_path, "Who began", "it?", "Ann did.", suffix=suffix)
    assert said(transcript) == [("Unknown", "Who began it?"), ("Unknown", "Ann did.")]
    assert "begin each person's first cue with 'Name:'" in transcript.warnings[-1]


def test_a_cue_that_ends_before_it_begins_has_no_end(tmp_path: Path) -> None:
    path = tmp_path / "a.vtt"
    path.write_text("WEBVTT\n\n00:05.000 --> 00:01.000\n<v Ann>Why?\n")
    transcript = read_transcript(path)
    assert (transcript.turns[0].start_s, transcript.turns[0].end_s) == (5, None)
    assert "ends that lie before their beginning, left out: 1" in transcript.warnings


@pytest.mark.parametrize(
    "text",
    [
        "{first}\nAnn: We moved in\n1987\n\n{second}\nBo: Oh.\n",
        "{first}\nAnn: We moved in 1987\n{second}\nBo: Oh.\n",
        "1\n{first}\nAnn: We moved in\n\n1987\n\n2\n{second}\nBo: Oh.\n",
        "7\n{first}\nAnn: We moved in\n1987\n8\n{second}\nBo: Oh.\n",
        "1\n{first}\nAnn: We moved in 1987\n\n2\n\n3\n{second}\nBo: Oh.\n",
    ],
)
@pytest.mark.parametrize("suffix", [".vtt", ".srt"])
def test_a_number_is_a_counter_only_where_counters_stand(tmp_path: Path, text: str, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    times = {"first": "00:00:01.000 --> 00:00:02.000", "second": "00:00:02.000 --> 00:00:03.000"}
    path.write_text(("WEBVTT\n\n" if suffix == ".vtt" else "") + text.format(**times))
    assert said(read_transcript(path)) == [("Ann", "We moved in 1987"), ("Bo", "Oh.")]


@pytest.mark.parametrize(("suffix", "head", "comma"), [(".vtt", "WEBVTT\n\n", "."), (".srt", "", ",")])
def test_times_before_the_beginning_lose_nothing(tmp_path: Path, suffix: str, head: str, comma: str) -> None:
    """Subtitles that were shifted back."""
    path = tmp_path / f"a{suffix}"
    path.write_text(
        head + "1\n-00:00:03.000 --> -00:00:01.000\nAnn: How?\n\n"
        "2\n-00:00:01.000 --> 00:00:02.000\nBo: So.\n\n"
        "3\n00:00:02.000 --> 00:00:04.000\nAnn: And then?\n\n4\n-00:00:05.000 --> 00:00:06.000\nBo: We met.\n"
        .replace(".000", f"{comma}000")
    )  # fmt: skip
    transcript = read_transcript(path)
    assert said(transcript) == [("Ann", "How?"), ("Bo", "So."), ("Ann", "And then?"), ("Bo", "We met.")]
    assert any("3 of 4 cues with a malformed time" in warning for warning in transcript.warnings)
