"""Plain text and Markdown in the layouts that people and programs write."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.errors import ReadError
from autocode.read import read_transcript
from autocode.read.text import MOST_LINES
from autocode.records import Transcript

Said = list[tuple[str, str]]


def read(folder: Path, text: str, name: str = "a.txt", **options: object) -> Transcript:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_transcript(path, **options)  # type: ignore[arg-type]


def said(transcript: Transcript) -> Said:
    return [(turn.speaker, turn.text) for turn in transcript.turns]


FOUR: Said = [("Anna", "How was it?"), ("Bo", "Good: very."), ("Anna", "Why?"), ("Bo", "Because.")]

# How one turn is written ({mm} is its time), and what stands between turns.
LAYOUTS = {
    "colon": ("{name}: {text}", "\n"),
    "blank lines": ("{name}: {text}", "\n\n\n"),
    "space before the colon": ("{name} : {text}", "\n"),
    "no space after it": ("{name}:{text}", "\n"),
    "wide colon": ("{name}：{text}", "\n"),
    "bold, colon inside": ("**{name}:** {text}", "\n\n"),
    "bold, colon outside": ("**{name}**: {text}", "\n\n"),
    "underscores": ("__{name}__ : {text}", "\n\n"),
    "bold without a colon": ("**{name}** {text}", "\n\n"),
    "bold above": ("**{name}**\n\n{text}", "\n\n"),
    "square brackets": ("[{name}] {text}", "\n"),
    "name above": ("{name}\n{text}", "\n\n"),
    "name and colon above": ("{name}:\n   {text}", "\n"),
    "tabs": ("{name}\t{text}", "\n"),
    "tabs and colons": ("{name}:\t{text}", "\n"),
    "times first": ("[00:{mm}] {name}: {text}", "\n"),
    "bare times first": ("00:00:{mm} {name}: {text}", "\n"),
    "Descript, with times": ("[00:00:{mm}] **{name}:** {text}", "\n\n"),
    "times in parentheses": ("{name} (00:{mm}): {text}", "\n"),
    "times in the label": ("{name} 00:{mm}: {text}", "\n"),
    "times after the label": ("{name}: [0:{mm}] {text}", "\n"),
    "Rev, with times": ("{name} (00:{mm}):\n{text}", "\n\n"),
    "Otter, with times": ("{name}  0:{mm}\n{text}", "\n\n"),
    "Zoom, with times": ("[{name}] 00:00:{mm}\n{text}", "\n\n"),
    "Word, with times": ("00:00:{mm} {name}\n{text}", "\n\n"),
    "ranges first": ("00:00:{mm} --> 00:00:59 {name}: {text}", "\n"),
    "ranges above": ("00:00:{mm} - 00:00:59\n{name}\n{text}", "\n\n"),
    "ranges above, no blank lines": ("00:00:{mm} - 00:00:59\n{name}\n{text}", "\n"),
    "ranges below the name": ("{name}\n00:00:{mm} - 00:00:59\n{text}", "\n\n"),
    "Premiere, ranges with frames": ("00:00:{mm}:12 - 00:00:59:03\n{name}\n{text}", "\n\n"),
    "drop frames": ("00;00;{mm};12 - 00;00;59;03\n{name}\n{text}", "\n\n"),
    "times in angle brackets": ("<00:00:{mm}> {name}: {text}", "\n"),
    "times in braces": ("{{00:00:{mm}}} {name}: {text}", "\n"),
    "dotted times": ("[00.00.{mm}] {name}: {text}", "\n"),
    "bare times after the label": ("{name}: 0:{mm} {text}", "\n"),
    "Zoom chat, with times": ("00:00:{mm}\t{name}:\t{text}", "\n"),
}


@pytest.mark.parametrize("suffix", [".txt", ".md"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(tmp_path: Path, layout: str, suffix: str) -> None:
    form, between = LAYOUTS[layout]
    turns = [form.format(name=name, text=text, mm=f"{n:02d}") for n, (name, text) in enumerate(FOUR, start=1)]
    content = between.join(turns) + "\n"
    transcript = read(tmp_path, content, f"a{suffix}")
    assert said(transcript) == FOUR
    assert transcript.text == content
    timed = "{mm}" in form
    assert [turn.start_s for turn in transcript.turns] == ([1, 2, 3, 4] if timed else [None] * 4)
    assert transcript.speakers == {"Anna": "interviewer", "Bo": "respondent"}


def test_otter_with_its_header_footer_and_long_times(tmp_path: Path) -> None:
    text = (
        "A talk\n\nSUMMARY KEYWORDS\ntrust, market\n\nSPEAKERS\nAnna Berg, Speaker 2\n\n"
        "Anna Berg  59:58\nHow did it begin?\n\n"
        "Speaker 2  1:02:03\nIn [city]. [laughter]\n\nWe had nothing.\n\n"
        "Transcribed by https://otter.ai\n"
    )
    transcript = read(tmp_path, text)
    assert said(transcript) == [
        ("Anna Berg", "How did it begin?"),
        ("Speaker 2", "In [city]. [laughter]\n\nWe had nothing."),
    ]
    assert [turn.start_s for turn in transcript.turns] == [3598, 3723]
    assert "5 lines before the first label, no part of any turn" in transcript.warnings


def test_times_of_day_become_times_from_the_first_turn(tmp_path: Path) -> None:
    text = "[Anna] 14:03:22\nCan you hear me?\n\n[Bo] 14:03:25\nYes. [inaudible]\n[crosstalk] indeed.\n"
    transcript = read(tmp_path, text)
    assert said(transcript) == [("Anna", "Can you hear me?"), ("Bo", "Yes. [inaudible]\n[crosstalk] indeed.")]
    assert [turn.start_s for turn in transcript.turns] == [0, 3]


def test_end_marks_of_f4_start_the_next_turn(tmp_path: Path) -> None:
    text = (
        "I: Wie war das? #00:00:05-3#\nB: Gut, (unv. #00:00:07-0#) ja. #00:00:09-9#\nI: Ach? #00:00:12-0#\n"
    )
    transcript = read(tmp_path, text)
    assert said(transcript) == [("I", "Wie war das?"), ("B", "Gut, (unv. #00:00:07-0#) ja."), ("I", "Ach?")]
    assert [(turn.start_s, turn.end_s) for turn in transcript.turns] == [(0, 5.3), (5.3, 9.9), (9.9, 12)]


def test_what_could_not_be_heard_stays_in_the_text(tmp_path: Path) -> None:
    transcript = read(
        tmp_path, "I: Where?\nR: In [inaudible 00:01:02] and [00:01:05]\n[university] then.\nI: So?\n"
    )
    assert transcript.turns[1].text == "In [inaudible 00:01:02] and [00:01:05]\n[university] then."


def test_time_headings_are_no_speech(tmp_path: Path) -> None:
    text = "00:00:00\n\nAnna: How is it?\nBo: Fine.\n\n00:05:00\n\nStill fine.\nAnna: Why?\n"
    transcript = read(tmp_path, text)
    assert said(transcript) == [
        ("Anna", "How is it?"),
        ("Bo", "Fine."),
        ("Bo", "Still fine."),
        ("Anna", "Why?"),
    ]
    assert transcript.turns[2].start_s == 300


def test_hours_that_somebody_names_are_speech(tmp_path: Path) -> None:
    transcript = read(tmp_path, "I: When?\nR: 9:30 was it.\nI: And then?\nR: 10:30 was the next.\n")
    assert [turn.text for turn in transcript.turns][1::2] == ["9:30 was it.", "10:30 was the next."]


def test_hours_of_a_day_are_speech(tmp_path: Path) -> None:
    hours = ["06:30 I get up.", "07:00 I eat.", "08:00 I work.", "12:00 I have lunch."]
    text = "Interviewer: Describe your day.\n" + "".join(f"Anna: {hour}\n" for hour in hours)
    assert [turn.text for turn in read(tmp_path, text).turns][1:] == hours
    both = "I: 09:00 in the morning?\nR: 10:00 it was.\nI: 11:30 then?\nR: 12:00 sharp.\n"
    assert [turn.text for turn in read(tmp_path, both).turns][1] == "10:00 it was."
    said_is = "Between\n10:00 - 12:00\nwe worked."
    text = f"I: When?\nR: {said_is}\nI: And then?\nR: Then from\n13:00\non.\n"
    assert [turn.text for turn in read(tmp_path, text).turns][1::2] == [said_is, "Then from\n13:00\non."]


@pytest.mark.parametrize("number", ["{:02d}  ", "{:03d} ", "  {}\t", "{}. ", "{}) ", "[{}] "])
def test_line_numbers_are_no_part_of_the_text(tmp_path: Path, number: str) -> None:
    lines = ["I: How was it?", "R: Good, and", "5 people came,", "", "2 left.", "I: Why?", "R: Money."]
    numbered = "\n".join(number.format(n) + line if line else "" for n, line in enumerate(lines, start=7))
    transcript = read(tmp_path, numbered)
    assert transcript.text == "\n".join(lines)
    assert [turn.speaker for turn in transcript.turns] == ["I", "R", "I", "R"]
    assert "6 line numbers left out of the text" in transcript.warnings


@pytest.mark.parametrize(
    "text",
    [
        "I: Why?\n1 We left.\n2 We came.\n3 We saw.\n4 We won.\nR: So.",
        "1998 was good.\n2003 was not.\n2004 was.\n2011 was not.",
        "1\n00:12\nSo.\n2\n00:14\nNo.\n3\n00:20\nYes.\n4\n00:22\nWell.",
    ],
)
def test_other_numbers_stay(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text).text == text


def test_questions_and_answers(tmp_path: Path) -> None:
    transcript = read(tmp_path, "Q. What is it?\nA. A thing.\nQ. Any more?\nA. No.\n")
    assert transcript.speakers == {"Q": "interviewer", "A": "respondent"}


def test_lettered_lists_and_false_starts_are_no_speakers(tmp_path: Path) -> None:
    text = "I: Which?\nR: I - well, I think two.\nA. the first\n(b) the second\nI: Why?\nR: Well.\n"
    assert list(read(tmp_path, text).speakers) == ["I", "R"]


def test_spellings_of_one_label_are_one_speaker(tmp_path: Path) -> None:
    text = (
        "interviewer: What?\nInterviewee1 : This.\nInterviewer: And?\ninterviewee 1: So.\nInterviewer: So?\n"
    )
    assert list(read(tmp_path, text).speakers) == ["Interviewer", "Interviewee1"]


def test_a_misspelt_label_is_not_lost(tmp_path: Path) -> None:
    text = "Dan: What?\nParticipant: This.\nDan: And?\nParticpant: That.\nDan: So?\nParticipant: Yes.\n"
    transcript = read(tmp_path, text)
    assert list(transcript.speakers) == ["Dan", "Participant", "Particpant"]
    assert "labels that occur only once, taken as speakers: 'Particpant'" in transcript.warnings


def test_a_word_with_a_colon_is_no_speaker_unless_the_user_says_so(tmp_path: Path) -> None:
    text = "Anna: What?\nBo: One thing.\nRemember: it was cold.\nAnna: And?\nBo: That.\n"
    transcript = read(tmp_path, text)
    assert list(transcript.speakers) == ["Anna", "Bo"]
    assert any(warning.startswith("beginnings like 'Name:'") for warning in transcript.warnings)
    assert not any("Remember" in warning for warning in transcript.warnings)  # it is what Bo said
    told = read(tmp_path, text, speakers={"remember": "other"})
    assert told.speakers["Remember"] == "other"


def test_long_answers_in_many_paragraphs(tmp_path: Path) -> None:
    answer = "\n\n".join(f"Paragraph {number} of it." for number in range(30))
    text = "\n\n".join(f"Anna: Why {number}?\n\nBo: Because.\n\n{answer}" for number in range(4))
    transcript = read(tmp_path, text)
    assert len(transcript.turns) == 8
    assert transcript.turns[1].text == f"Because.\n\n{answer}"


def test_a_header_with_names_is_no_speech(tmp_path: Path) -> None:
    text = "Date: 3 May\nInterviewer: Anna\nInterviewee: P3\n\nAnna: What?\nP3: A: B.\nAnna: So?\nP3: Yes.\n"
    assert list(read(tmp_path, text).speakers) == ["Anna", "P3"]


def test_prose_has_no_speakers(tmp_path: Path) -> None:
    text = "It was long. We met at 10:30.\n\nSummary: all is well.\n\nNobody asked.\n\nA: is a letter.\n"
    transcript = read(tmp_path, text)
    assert {turn.speaker for turn in transcript.turns} == {"Unknown"}
    assert len(transcript.turns) == 4


def test_wrapped_prose_is_cut_at_paragraphs_not_at_lines(tmp_path: Path) -> None:
    line = "this line goes on and on until it is wrapped at some column and so"
    assert len(read(tmp_path, "\n".join([line] * 9) + "\nends here.").turns) == 1
    assert len(read(tmp_path, "A first answer.\nA second answer.\nA third one.\n").turns) == 3


def test_markdown_headings_tables_and_front_matter(tmp_path: Path) -> None:
    text = (
        "---\ntitle: Interview\nauthor: Anna\n---\n# Interview 3\n\n## Part one\n\n"
        "| Time | Speaker | Text |\n|:--|---|---|\n| 00:01 | Anna | What? |\n"
        "| 00:03 | **Bo** | A \\| B |\n| | | More |\n"
        "\n## Part two\n\nAnna: And?\n\n---\n\nBo: Yes.\n"
    )
    transcript = read(tmp_path, text, "a.md")
    assert said(transcript) == [
        ("Anna", "What?"),
        ("Bo", "A \\| B"),
        ("Bo", "More"),
        ("Anna", "And?"),
        ("Bo", "Yes."),
    ]
    assert [turn.start_s for turn in transcript.turns][:3] == [1, 3, None]


def test_headings_that_are_names(tmp_path: Path) -> None:
    text = "# Talk\n\n### Anna\n\nHow?\n\n### Bo\n\nSo.\n\n### Anna\n\nWhy?\n\n### Bo\n\nBecause.\n"
    assert said(read(tmp_path, text, "a.md")) == [
        ("Anna", "How?"),
        ("Bo", "So."),
        ("Anna", "Why?"),
        ("Bo", "Because."),
    ]


@pytest.mark.parametrize(
    ("beginning", "format"),
    [
        ("WEBVTT\n\n00:00.000 --> 00:01.000\nAnn: hi\n", "vtt"),
        ("1\n00:00:00,000 --> 00:00:01,000\nAnn: hi\n", "srt"),
        ("Ann: hi\nBob: ho\n", "text"),
    ],
)
def test_a_txt_file_may_hold_captions(tmp_path: Path, beginning: str, format: str) -> None:
    assert read(tmp_path, beginning).format == format


TIMED: dict[str, tuple[str, list[tuple[str, float | None]]]] = {
    "bare": (
        "00:12 Our partner left.\n00:40 Why?\n01:02:03 So.\n",
        [("Our partner left.", 12), ("Why?", 40), ("So.", 3723)],
    ),
    "wrapped": (
        "00:12 Then in May our partner\nleft.\n00:40 Why did he do so\nthen?\n",
        [("Then in May our partner\nleft.", 12), ("Why did he do so\nthen?", 40)],
    ),
    "in one paragraph": (
        "[0:12] Our.\n[0:40] Why?\n\n[1:02] So.\n",
        [("Our.", 12), ("Why?", 40), ("So.", 62)],
    ),
    "ranges": ("00:12 - 00:20 Our.\n\n00:40 --> 00:50 Why?\n", [("Our.", 12), ("Why?", 40)]),
    "captions": ("0:12\nHello\n0:14\nFine\n0:15\nHello\n", [("Hello", 12), ("Fine", 14), ("Hello", 15)]),
    "frames": ("00:00:12:10 - 00:00:20:24\nOur.\n\n00:00:40:01\nWhy?\n", [("Our.", 12), ("Why?", 40)]),
    "above": ("00:12\nOur partner.\n\n00:40\nWhy?\n", [("Our partner.", 12), ("Why?", 40)]),
}


@pytest.mark.parametrize("layout", TIMED)
def test_times_at_the_beginning_of_lines_without_labels(tmp_path: Path, layout: str) -> None:
    text, expected = TIMED[layout]
    transcript = read(tmp_path, text)
    assert [(turn.text, turn.start_s) for turn in transcript.turns] == expected
    assert transcript.text == text


def test_a_lone_time_at_the_beginning_of_a_line_stays_and_is_said(tmp_path: Path) -> None:
    transcript = read(tmp_path, "We met early.\n10:30 was the time.\nNobody came.\nWe left.\n")
    assert [turn.text for turn in transcript.turns][1] == "10:30 was the time."
    assert "1 line begins with a time that was left in the text" in transcript.warnings


@pytest.mark.parametrize("n", [2, 3, 4, 1000])
def test_any_number_of_empty_lines_ends_a_paragraph(tmp_path: Path, n: int) -> None:
    gap = "\n" * n
    text = f"Anna: How was it?{gap}Bo: Good.{gap}Very.{gap}Anna: Why?{gap}Bo: Because.\n"
    expected = [("Anna", "How was it?"), ("Bo", f"Good.{gap}Very."), *FOUR[2:]]
    assert said(read(tmp_path, text)) == expected


@pytest.mark.parametrize("name", ["a.txt", "a.md"])
def test_a_file_of_more_lines_than_any_interview_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ReadError, match=r"a\.(txt|md): it has more than 250,000 lines, .* its own file$"):
        read(tmp_path, "a\n" * (MOST_LINES + 1), name)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Interviewer:in", "Befragte:r"), ("Interviewer*in", "Teilnehmer*in 2"), ("Interviewer/in", "B"),
        ("I", "Teilnehmer*in 2"), ("**Interviewer:in", "**Befragte:r 1"),
    ],
)  # fmt: skip
def test_german_labels_of_all_genders(tmp_path: Path, first: str, second: str) -> None:
    end = ":**" if first.startswith("**") else ":"
    text = "".join(f"{first}{end} Wie?\n\n{second}{end} Gut: sehr.\n\n" for _ in range(3))
    transcript = read(tmp_path, text)
    names = (first.strip("*"), second.strip("*"))
    assert said(transcript) == [(names[0], "Wie?"), (names[1], "Gut: sehr.")] * 3
    assert list(transcript.speakers.values()) == ["interviewer", "respondent"]


def test_initials_with_a_hyphen(tmp_path: Path) -> None:
    names = ("Anne Roy", "J.-P. Dupont", "Marc Petit")
    text = "".join(f"{name}: Et après ?\n" for name in names * 3)
    assert list(read(tmp_path, text).speakers) == list(names)


@pytest.mark.parametrize(
    "end",
    [
        "Transcription ended after 00:31:00\n\nThis editable transcript was computer generated and "
        "might contain errors. People can also change the text after it was created.",
        "● Nick Miller stopped transcription",
        "Zoë O'Brien-Smith stopped transcription",
    ],
)
def test_the_last_lines_of_meetings_are_no_speech(tmp_path: Path, end: str) -> None:
    text = "Anna: How was it?\nBo: Good: very.\nAnna: Why?\nBo: Because.\n\n" + end + "\n"
    assert said(read(tmp_path, text)) == FOUR


def test_what_somebody_says_of_a_transcription_is_speech(tmp_path: Path) -> None:
    text = (
        "Anna: How was it?\nBo: Good: very.\nAnna: Why?\nBo: Because.\n\nand then we stopped transcription\n"
    )
    assert read(tmp_path, text).turns[-1].text.endswith("and then we stopped transcription")


@pytest.mark.parametrize(
    "head",
    [
        "Datum: 12.03.2021\nInterviewerin: Anna Schmidt\nBefragte: B3\nDauer: 45 min\n",
        "Interview 3\n\nDate: 3 May\nInterviewer: Anna\nInterviewee: P3\n\n",
        "Interview 3\nDate: 3 May\nInterviewer: Anna\n",
    ],
)
def test_a_header_below_a_title_or_without_a_blank_line(tmp_path: Path, head: str) -> None:
    transcript = read(tmp_path, head + "I: Wie war das?\nB: Gut.\nI: Warum?\nB: Darum.\n")
    assert said(transcript)[-4:] == [("I", "Wie war das?"), ("B", "Gut."), ("I", "Warum?"), ("B", "Darum.")]
    assert set(transcript.speakers) <= {"I", "B", "Unknown"}


def test_what_is_asked_once_behind_a_header_is_not_lost(tmp_path: Path) -> None:
    transcript = read(
        tmp_path, "Datum: 12.03.2021\nOrt: Kiel\nI: Erzählen Sie.\nB: Gut.\nB: Und so.\nB: Ja, so.\n"
    )
    assert said(transcript)[0] == ("I", "Erzählen Sie.")


def turns_of(names: tuple[str, ...], form: str = "{}: So it was, {}.\n") -> str:
    return "".join(form.format(name, number) for number, name in enumerate(names * 3))


@pytest.mark.parametrize(
    "name",
    [
        "Ana Maria de Souza Oliveira", "Prof. Dr. Hans-Peter von der Heide", 'ד"ר לוי',
        "Head of International Business Development", "Resp. 4", "Subject", "P1/P2", "P3/F/45",
        "Smith, John [EXT]", "John Smith | Acme", "John Smith @ Acme", "मोना", "Industry", "Company",
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["{}: So it was, {}.\n", "{}  0:{:02d}\nSo it was.\n\n"])
def test_long_and_odd_names(tmp_path: Path, name: str, form: str) -> None:
    transcript = read(tmp_path, turns_of(("Anna Berg", name, "मीना"), form))
    assert list(transcript.speakers) == ["Anna Berg", name, "मीना"]


@pytest.mark.parametrize(
    "label",
    [
        "P1 (laughs):", "P1 [laughs]:", "P1*:", "- P1:", '"P1":', "P1 (laughing):",
        "> **P1**:", "P1（laughs）:",
    ],
)  # fmt: skip
@pytest.mark.parametrize("n", [1, 2])
def test_a_label_with_a_remark_or_signs(tmp_path: Path, label: str, n: int) -> None:
    text = "I: How?\nP1: We did.\n" * 2 + f"I: And?\n{label} So: it was.\n" * n + "P1: No.\n"
    assert said(read(tmp_path, text))[4:] == [("I", "And?"), ("P1", "So: it was.")] * n + [("P1", "No.")]


def test_a_name_with_a_remark_is_the_same_person(tmp_path: Path) -> None:
    text = (
        "Interviewer: Then?\nAnna Berg (laughs): We sold.\nInterviewer: To whom?\n"
        "Anna Berg [laughs]: To a bank.\nInterviewer: Ok\nAnna Berg: Yes\n"
    )
    assert list(read(tmp_path, text).speakers) == ["Interviewer", "Anna Berg"]


@pytest.mark.parametrize("pair", ["Speaker (male);Speaker (female)", "Anna (host);Anna", "Bo (KH);Bo (MB)"])
def test_who_is_named_in_parentheses_is_somebody_else(tmp_path: Path, pair: str) -> None:
    names = tuple(pair.split(";"))
    assert list(read(tmp_path, turns_of(names)).speakers) == list(names)


def test_a_remark_that_the_user_gives_is_part_of_the_name(tmp_path: Path) -> None:
    text = "Anna: How?\nBo: So.\nBo [in sauna]: Hot.\nBo (online): Cold.\nAnna: And?\nBo: No.\n"
    told = {"Bo [in sauna]": "other", "Bo (online)": "other"}
    assert list(read(tmp_path, text, speakers=told).speakers) == ["Anna", "Bo", *told]


def test_a_name_with_more_before_its_colon_is_said_to_be_left(tmp_path: Path) -> None:
    transcript = read(
        tmp_path, "Anna: How?\nBo: So.\nAnna: And?\nBo to Anna, low: No.\nAnna: Oh.\nBo: Yes.\n"
    )
    assert any("1 line with a speaker's name and a colon further on" in one for one in transcript.warnings)


@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_names_alone_beside_usual_labels(tmp_path: Path, gap: str) -> None:
    names = ("Interviewer", "Respondent", "Maria") * 3
    text = gap.join(f"{name}{gap}So it was, {n}." for n, name in enumerate(names))
    transcript = read(tmp_path, text)
    assert [turn.speaker for turn in transcript.turns] == list(names)
    assert "names alone on their lines, taken as speakers: 'Maria'" in transcript.warnings
    answer = gap.join(f"{name}{gap}Exactly" for name in names[:2])
    assert list(read(tmp_path, f"{answer}{gap}{answer}").speakers) == ["Interviewer", "Respondent"]


@pytest.mark.parametrize("form", ["## {}\n\n{}\n\n", "**{}**\n\n{}\n\n", "{}\n00:01\n{}\n\n", "{}\n{}\n\n"])
def test_who_speaks_once_where_names_stand_alone(tmp_path: Path, form: str) -> None:
    names = ["Anna Berg", "Bo Lund"] * 3 + ["Carl Holm", "Anna Berg", "Bo Lund"]
    transcript = read(tmp_path, "".join(form.format(name, "So it was.") for name in names), "a.md")
    assert [turn.speaker for turn in transcript.turns] == names
    assert "labels that occur only once, taken as speakers: 'Carl Holm'" in transcript.warnings


def test_an_answer_that_looks_like_a_name_is_no_label_without_text(tmp_path: Path) -> None:
    names = ["Anna Berg", "Bo Lund"] * 3
    text = "".join(f"**{name}**\n\nSo it was.\n\n" for name in names)
    text += "**Anna Berg**\n\nWhen?\n\n**Bo Lund**\n\n**Early August**\n\n**Anna Berg**\n\nAnd?\n"
    assert said(read(tmp_path, text, "a.md"))[-2:] == [("Bo Lund", "**Early August**"), ("Anna Berg", "And?")]


def test_who_is_said_in_doubt_or_not_at_all(tmp_path: Path) -> None:
    text = "I: Why?\nP3?: So.\nP1/P2: Yes.\nP3: No.\n??: Oh.\nMale?: Ah.\n"
    transcript = read(tmp_path, text)
    assert list(transcript.speakers) == ["I", "P3", "P1/P2", "Unknown", "Male?"]
    assert transcript.speakers["Unknown"] == "other"


@pytest.mark.parametrize(
    "line",
    [
        "Subject: a letter came.", "A?: no.", "why?: because.", "he/she: either.", "Yes | No: both.",
        "And Then There Was Nobody Left: gone.", "he told me all of it there: go.", "km/h: no.",
        "score:3 and\nscore:4 then.", "THAT WAS ALL THAT I SAID: no.", "24/7: always.", "Q1/2020: bad.",
        'he "said": no.', "We [laughs]: yes.", "Okay...: so.", "a:nd then.\na:nd so.", "we:ll.\nwe:ll no.",
        "oh::: I.\noh:: no.",
    ],
)  # fmt: skip
def test_what_looks_like_a_long_or_odd_name(tmp_path: Path, line: str) -> None:
    text = f"I: How was it?\nR: Good.\n{line}\nI: And then?\nR: We grew.\nI: Why?\nR: So.\n"
    transcript = read(tmp_path, text)
    assert list(transcript.speakers) == ["I", "R"]
    assert transcript.turns[1].text == f"Good.\n{line}"


def test_a_name_that_only_the_user_knows(tmp_path: Path) -> None:
    name = "whoever was in the kitchen then"
    text = f"I: Why?\nR: So.\n{name}: Yes!\nI: And?\n{name.title()} (0:12)\nNo.\nR: A {name}: no.\n"
    transcript = read(tmp_path, text, speakers={name: "other"})
    assert [turn.text for turn in transcript.turns if turn.role == "other"] == ["Yes!", "No."]
    assert transcript.turns[4].start_s == 12
    assert list(read(tmp_path, text).speakers) == ["I", "R"]


@pytest.mark.parametrize(
    ("line", "said_is"),
    [
        ("受访者：3个人。", ("受访者", "3个人。")),
        ("采访者:5年？", ("采访者", "5年？")),
        ("受访者：2015年。", ("受访者", "2015年。")),
    ],
)
def test_an_answer_that_begins_with_a_digit(tmp_path: Path, line: str, said_is: tuple[str, str]) -> None:
    text = f"采访者：多少？\n{line}\n采访者：是吗？\n受访者：是。\n"
    assert said(read(tmp_path, text))[1] == said_is
    assert said(read(tmp_path, "I: When?\nR:3 years ago.\nI: So?\nR: At 9:30.\n"))[1] == ("R", "3 years ago.")
    assert said(read(tmp_path, "I:When?\nP2:3 years ago.\nI:So?\nP2:At 9:30.\n"))[1] == ("P2", "3 years ago.")


ON_LINES = [
    ("Anna Berg", 5, "When?"),
    ("Bo Lund", 9, "{}"),
    ("Anna Berg", 12, "And?"),
    ("Bo Lund", 15, "So."),
]


@pytest.mark.parametrize("gap", ["\n", "\n\n"])
@pytest.mark.parametrize(
    "answer", ["At 9:30", "Well.\nAt 9:30", "At 9:30\nAt 10:15", "Berlin 0:11", "we met at 9:30"]
)
def test_a_time_that_somebody_says(tmp_path: Path, answer: str, gap: str) -> None:
    text = "".join(f"{name}  0:{at:02d}\n{one.format(answer)}{gap}" for name, at, one in ON_LINES)
    transcript = read(tmp_path, text)
    assert list(transcript.speakers) == ["Anna Berg", "Bo Lund"]
    assert transcript.turns[1].text == answer


def test_who_speaks_once_where_times_stand_with_names(tmp_path: Path) -> None:
    text = "Anna  0:05\nWhen?\nCarla  0:07\nNow.\nBo  0:09\nThen.\nAnna  0:12\nAnd?\nBo  0:15\nSo.\n"
    assert list(read(tmp_path, text).speakers) == ["Anna", "Carla", "Bo"]


@pytest.mark.parametrize(
    "text",
    [
        "Anna: Hur var USA:s marknad?\nBo: Vi fick EU:s stöd och VD:ns tillstånd.\nAnna: Och sedan?\n"
        "Bo:vi sålde allt.\nAnna: Till vem?\nBo: Till EU:s köpare.\n",
        "Anna: Die Schüler:innenvertretung?\nBo: Die Lehrer:innenschaft.\nAnna: Die Bürger:innenräte?\n"
        "Bo:die auch.\nAnna: Und?\nBo: Nein.\n",
        "p: how?\nbo: so.\np:and then?\nbo:we left\np:when?\nbo: in may\n",
        "i: how did you start?\np:we began\ni: and then?\np: we sold it\n",
        "i:how did you start?\nr:we began\ni:and then?\nr:we sold it\nI: what?\n",
        "I: So we:ll how was it?\nP1: We:ll, and the:n\nI: And then?\nP1:we sold it.\nI: No: ide:a.\n",
    ],
)
def test_labels_without_a_space_are_no_lengthened_sounds(tmp_path: Path, text: str) -> None:
    assert len(read(tmp_path, text).turns) == text.count("\n")


def test_who_is_called_by_a_number(tmp_path: Path) -> None:
    names = ("Anna Berg", "+47 123 45 678", "Bo Lund")
    assert list(read(tmp_path, turns_of(names, "{}   0:{:02d}\nSo it was.\n")).speakers) == list(names)


def test_who_speaks_once_at_a_time_in_no_order(tmp_path: Path) -> None:
    turns = [
        "Anna 00:10\nSo.",
        "Interviewer 00:30\nAnd you?",
        "Bob 00:23\nWe sold.",
        "Interviewer 00:50\nWhy?",
    ]
    text = "\n\n".join([*turns, "Anna 00:55\nNo.", "Interviewer 01:00\nOh?"])
    assert ("Bob", "We sold.") in said(read(tmp_path, text))
    tight = read(tmp_path, text.replace("\n\n", "\n"))
    assert any(one.startswith("1 line of words and a time taken as speech") for one in tight.warnings)


def test_lengthened_sounds_are_no_speakers(tmp_path: Path) -> None:
    text = (
        "I: So ho:w was it?\nR: Well I: wa:s there\nA:nd then they ca:lled me in\nThe:n no\nI:t was\n"
        "I:: was\nThe:n yes\nI: Why?\nR: So:: yes\n"
    )
    assert len(read(tmp_path, text).turns) == 4
    assert said(read(tmp_path, "I:why now\nR:so it was\nI:and\nR:no\n"))[1] == ("R", "so it was")
    assert said(read(tmp_path, "anna:why now\nbo:so it was\nanna:and\nbo:no\n"))[1] == ("bo", "so it was")


@pytest.mark.parametrize(
    ("often", "once"),
    [
        ("参与者A 参与者B", "参与者C"), ("참여자1 참여자2", "참여자 3"), ("مشارك١ مشارك٢", "مشارك ٣"),
        ("CEO_1 CTO", "CEO 2"),
        ("K1 Anna", "K2"), ("CEO Anna", "CEO 2"),
    ],
)  # fmt: skip
def test_one_more_of_a_series_who_speaks_once(tmp_path: Path, often: str, once: str) -> None:
    names = tuple(one.replace("_", " ") for one in often.split())
    transcript = read(tmp_path, turns_of(names) + f"{once}: Me too.\n" + turns_of(names))
    assert list(transcript.speakers) == [*names, once]
    assert any(once in warning for warning in transcript.warnings)


@pytest.mark.parametrize("line", ["他说：不行。", "Teil 2: no.", "الخطة ٢: لا.", "Phase 2: more.", "K: no."])
def test_what_is_none_of_a_series(tmp_path: Path, line: str) -> None:
    names = ("参与者A", "Anna", "CEO 1")
    transcript = read(tmp_path, turns_of(names) + f"{line}\n" + turns_of(names))
    assert list(transcript.speakers) == list(names)
    assert any(warning.startswith("beginnings like 'Name:'") for warning in transcript.warnings)


@pytest.mark.parametrize(
    ("asks", "answers"),
    [("Q{}", "A{}"), ("Q{}", "A"), ("Question {}", "Answer"), ("Question {}", "Answer {}")],
)
@pytest.mark.parametrize("form", ["{}: {}\n{}: {}\n", "**{}:** {}\n\n**{}:** {}\n\n"])
def test_numbered_questions_and_answers_are_those_of_two(
    tmp_path: Path, asks: str, answers: str, form: str
) -> None:
    text = "".join(form.format(asks.format(n), "Why?", answers.format(n), "So.") for n in (1, 2, 3))
    transcript = read(tmp_path, text)
    names = [label.removesuffix("{}").strip() for label in (asks, answers)]
    assert said(transcript) == [(names[0], "Why?"), (names[1], "So.")] * 3
    assert list(transcript.speakers.values()) == ["interviewer", "respondent"]


@pytest.mark.parametrize(
    "labels", ["I A1 I A2 I A3", "Q1 A1 Q1 A2 Q1 A1", "Q A1 Q A2 Q A3", "Q2 A1 Q1 A2", "I R Q1 R Q2"]
)
def test_numbers_that_tell_people_apart(tmp_path: Path, labels: str) -> None:
    transcript = read(tmp_path, "".join(f"{label}: So it was.\n" for label in labels.split()))
    assert list(transcript.speakers) == list(dict.fromkeys(labels.split()))


TALK = "I: How?\n\nR: Slowly.\n\nI: And then?\n\nR: Then we grew.\n"


@pytest.mark.parametrize(
    "head",
    [
        "Interview 7\n\nDate: 3 May\n\nInterviewer: Anna Berg\n\nInterviewee: Bo Lund, CEO\n\n",
        "A university\nA faculty\nA project\nA title\nA kind\n\nDate: 3 May\nInterviewer: Anna Berg\n\n",
        "Interview 7\nInterviewer: Anna Berg\nInterviewee: Bo Lund, CEO\nGender: male\nAge: 45\n\n",
        "Date: 3 May\nPlace: Bergen\n\nInterviewer: Anna Berg\n\nParticipant: P7 (female, 45)\n\n",
        "Interviewer: Anna Berg\nInterviewee: Bo Lund\nInterviewee: Eva Holm\nPlace: Bergen\n\n",
    ],
)
@pytest.mark.parametrize("talk", [TALK, TALK.replace("\n\n", "\n")])
def test_more_headers_that_are_no_speech(tmp_path: Path, head: str, talk: str) -> None:
    transcript = read(tmp_path, head + talk)
    assert said(transcript) == [("I", "How?"), ("R", "Slowly."), ("I", "And then?"), ("R", "Then we grew.")]


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("Date: 3 May\n\nInterviewer: How did it go?\n\nInterviewee: It went well.\n\nThat was all.\n", 2),
        ("Date: 3 May\nAnna: Hello.\nBo: Well.\nAnna: And?\nBo: So.\n\nAnd then we left.\n", 4),
        ("Date: 3 May\nAnna: Hello\nBo: Hello\nAnna: Why\nBo: So\n\nAnna: And?\n", 5),
        ("Date: 3 May\n\nModerator: Welcome all\n\nP1: Hi\n\nP2: Hello\n\nP1: Hi you\n\nP2: So\n", 5),
        ("Place: Bergen\n\nInterviewer: Hello\n\nBo: Hello\n\nInterviewer: Why?\n\nBo: So.\n", 4),
        ("Date: 3 May\n\nInterviewer: Tell me.\n\nI: Well.\n\nR: So.\n\nI: And?\n\nR: No.\n", 5),
    ],
)
def test_what_is_said_behind_a_date_is_no_header(tmp_path: Path, text: str, n: int) -> None:
    assert len(read(tmp_path, text).turns) == n


def test_notes_that_are_many_are_notes(tmp_path: Path) -> None:
    text = "I: Why?\nP1: So.\nObservation: he waits.\nObservation: he smiles.\nI: And?\n"
    assert read(tmp_path, text * 2).speakers["Observation"] == "other"


def test_notes_of_the_field_are_nobodys_answers(tmp_path: Path) -> None:
    text = (
        "I: Why?\nR: So.\nField note: he waits.\nI: And?\nR: No.\nMemo: ask.\nR: One note: no.\nMemo: so.\n"
    )
    transcript = read(tmp_path, text)
    assert transcript.speakers["Field note"] == transcript.speakers["Memo"] == "other"
    assert ["'Memo' is taken for notes" in one for one in transcript.warnings] == [True]


@pytest.mark.parametrize("mark", ["\u200b", "\u2060", "\ufeff", "\u200b \u200d"], ids=ascii)
def test_labels_behind_characters_without_width(tmp_path: Path, mark: str) -> None:
    text = "".join(f"{mark}{name}: {what}\n" for name, what in FOUR)
    assert said(read(tmp_path, text)) == FOUR


@pytest.mark.parametrize("text", ["\u200b", "\u200b\n\u2060 \ufeff\n", "\u202e\u202c"], ids=ascii)
def test_a_text_of_nothing_that_shows_is_white_space(tmp_path: Path, text: str) -> None:
    with pytest.raises(ReadError, match="only white space"):
        read(tmp_path, text)


def test_a_turn_of_nothing_that_shows_is_empty(tmp_path: Path) -> None:
    transcript = read(tmp_path, "Anna: How?\nBo: \u200b\nAnna: Why?\nBo: So.\n")
    assert said(transcript) == [("Anna", "How?"), ("Anna", "Why?"), ("Bo", "So.")]
    assert "1 turn without text dropped" in transcript.warnings


@pytest.mark.parametrize(
    "head",
    [
        "---\n\n**Anna:** How was it?\n\n**Bo:** Good: very.\n\n---\n\n",
        "---\n**Anna:** How was it?\n\n**Bo:** Good: very.\n\n---\n\n",
        "---\nAnna: How was it?\nAnna: How was it, then?\n\nBo: Good: very.\n\n---\n\n",
        "---\nA talk about boats.\n\nAnna: How was it?\n\nBo: Good: very.\n\n---\n\n",
        "---\nAnna: How was it?\nand was it cold?\n\nBo: Good: very.\n\n---\n\n",
    ],
)
def test_a_rule_above_speech_is_no_front_matter(tmp_path: Path, head: str) -> None:
    transcript = read(tmp_path, head + "**Anna:** Why?\n\n**Bo:** Because.\n", "a.md")
    assert said(transcript)[-3:] == FOUR[1:]


@pytest.mark.parametrize("said_is", ["In Oslo.", "in oslo"])
def test_turns_between_rules_are_no_front_matter(tmp_path: Path, said_is: str) -> None:
    pair = f"---\nInterviewer: Where did it start\nAnna: {said_is}\n"
    assert len(read(tmp_path, pair * 3 + "---\n", "a.md").turns) == 6


def test_a_header_with_labels_between_rules_is_said_to_be_left_out(tmp_path: Path) -> None:
    body = "\n\n".join(f"{name}: {what}" for name, what in FOUR)
    transcript = read(tmp_path, f"---\ntitle: A talk\ninterviewer: Anna\n---\n\n{body}\n", "a.md")
    assert said(transcript) == FOUR
    assert transcript.warnings == ("4 lines of a header between '---' left out",)


@pytest.mark.parametrize(
    "head",
    [
        "title: A talk\nAnna: the one who asks.\n",
        "title: Interview 3\ndate: 2024-01-01\n\n# a comment\ntags:\n- boats\n- ice\n",
        'title: >\n  a long\n  title\n"made by": Anna\npeople: [\n  Anna\n]\n',
        "",
    ],
)
def test_front_matter_is_no_speech(tmp_path: Path, head: str) -> None:
    body = "\n".join(f"**{name}:** {what}\n" for name, what in FOUR)
    transcript = read(tmp_path, f"---\n{head}---\n\n{body}", "a.md")
    assert said(transcript) == FOUR
    assert not transcript.warnings
