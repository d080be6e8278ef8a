"""CSV, TSV and Excel."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from autocode.errors import ReadError
from autocode.read import read_transcript, read_transcripts
from autocode.read.columns import find_columns, header_kind
from autocode.records import Transcript


def said(transcript: Transcript) -> list[tuple[str, str]]:
    return [(turn.speaker, turn.text) for turn in transcript.turns]


def csv(folder: Path, text: str | bytes, name: str = "a.csv") -> Transcript:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_transcript(path)


def xlsx(
    folder: Path, rows: list[list[Any]], *, sheets: dict[str, list[list[Any]]] | None = None
) -> Transcript:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for title, more in (sheets or {}).items():
        sheet = book.create_sheet(title)
        for row in more:
            sheet.append(row)
    path = folder / "a.xlsx"
    book.save(path)
    return read_transcript(path)


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("Speaker", "speaker"),
        ("SPRECHER:IN", "speaker"),
        ("Locuteur", "speaker"),
        ("speaker_name", "speaker"),
        ("Äußerung", "text"),
        ("Transcript text", "text"),
        ("Start Time", "start"),
        ("start (s)", "start"),
        ("End_Time", "end"),
        ("Zeit", "start"),
        ("Kommentar", None),
        ("speaker id", None),
        ("x" * 100, None),
    ],
)
def test_headers(header: str, kind: str | None) -> None:
    assert header_kind(header) == kind


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_delimiters_and_encodings(tmp_path: Path, delimiter: str, encoding: str) -> None:
    rows = [
        ["Sprecher", "Zeit", "Äußerung"],
        ["I", "00:01", "Wie?"],
        ["B", "0:05", '"Gut, ja; so\nund | so"'],
        ["", "", "Ende"],
    ]
    text = "\r\n".join(delimiter.join(row) for row in rows)
    transcript = csv(tmp_path, text.encode(encoding))
    assert said(transcript) == [("I", "Wie?"), ("B", "Gut, ja; so und | so Ende")]
    assert [turn.start_s for turn in transcript.turns] == [1, 5]


def test_excels_own_line_about_the_delimiter(tmp_path: Path) -> None:
    assert said(csv(tmp_path, "sep=;\nspeaker;text\nI;a, b\nR;c\n")) == [("I", "a, b"), ("R", "c")]


def test_rows_of_one_speaker_are_one_turn(tmp_path: Path) -> None:
    transcript = csv(tmp_path, "start,end,speaker,text\n0,1,I,One\n1,2.5,I,two?\n2.5,,R,Three\n")
    assert said(transcript) == [("I", "One two?"), ("R", "Three")]
    assert [(turn.start_s, turn.end_s) for turn in transcript.turns] == [(0, 2.5), (2.5, None)]


def test_rows_without_a_speaker_column_stay_apart(tmp_path: Path) -> None:
    transcript = csv(tmp_path, "text\nfirst answer\nsecond answer\n")
    assert said(transcript) == [("Unknown", "first answer"), ("Unknown", "second answer")]


def test_columns_without_a_header(tmp_path: Path) -> None:
    transcript = csv(tmp_path, "00:01,Anna,What is it?\n00:02,Bo,A thing\n00:03,Anna,Why?\n00:04,Bo,So\n")
    assert list(transcript.speakers) == ["Anna", "Bo"]
    assert transcript.turns[1].start_s == 2
    assert (
        "the table has no header row; its columns were recognised by what is in them" in transcript.warnings
    )


def test_a_table_of_something_else(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"a.csv: no column of text was found"):
        csv(tmp_path, "year,price\n2001,3\n2002,4\n")
    assert find_columns([["1", "2"], ["3", "4"]]) is None


def test_loose_quotation_marks_are_read_with_a_warning(tmp_path: Path) -> None:
    transcript = csv(tmp_path, 'speaker,text\nAnn,he said "hi"\nBob,"a "b" c"\n')
    assert len(transcript.turns) == 2
    assert any("line 3" in warning for warning in transcript.warnings)


def test_a_cell_longer_than_the_modules_limit(tmp_path: Path) -> None:
    transcript = csv(tmp_path, "speaker,text\nAnn," + "word " * 60_000 + "\nBob,so\n")
    assert len(transcript.turns[0].text) == 299_999


def test_excel_times(tmp_path: Path) -> None:
    rows = [
        ["My interview"],
        [],
        ["Time", "Speaker", "Text"],
        [datetime.time(0, 0, 5), "I", "What?"],
        [datetime.timedelta(hours=1, seconds=9), "R", "This."],
        [None, "R", "=1+1"],  # a formula that was never calculated has no value
        ["0:01:07", None, -3],
        [None, "I", "So?"],
    ]
    transcript = xlsx(tmp_path, rows)
    assert transcript.turns[0].start_s == 5
    assert transcript.turns[1].start_s == 3609
    assert said(transcript)[0] == ("I", "What?")
    assert transcript.turns[1].text == "This. -3"
    assert "1 row without text dropped" in transcript.warnings


def test_excel_fractions_of_a_day(tmp_path: Path) -> None:
    rows = [["Start", "Speaker", "Text"], [0, "I", "What?"], [0.5 / 24, "R", "This."]]
    assert [turn.start_s for turn in xlsx(tmp_path, rows).turns] == [0, 1800]


def test_the_first_sheet_that_holds_a_transcript(tmp_path: Path) -> None:
    speech = {"Talk": [["speaker", "text"], ["I", "What?"], ["R", "This."]]}
    transcript = xlsx(tmp_path, [["made on", "3 May"]], sheets=speech)
    assert said(transcript) == [("I", "What?"), ("R", "This.")]
    assert "1 other sheet of the workbook not read" in transcript.warnings


def test_an_empty_workbook(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="no filled cells"):
        xlsx(tmp_path, [])


TIDY = "transcript_id,utterance_id,speaker,role,text,start,meta\n"


def test_tidy_csv(tmp_path: Path) -> None:
    path = tmp_path / "utterances.csv"
    path.write_text(
        TIDY + 'b,1,X,interviewer,Hi?,0.5,"{""w"": 2}"\na,2,Y,,"yo\nho",,\nb,3,X,interviewer,So?,,\n'
    )
    second, first = read_transcripts(path)
    assert (second.id, first.id) == ("b", "a")
    assert [(turn.unit_id, turn.start_s, turn.meta) for turn in second.turns] == [
        ("1", 0.5, {"w": 2}),
        ("3", None, {}),
    ]
    assert first.turns[0].text == "yo\nho"
    assert first.speakers == {"Y": "respondent"}
    assert first.has_units


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            "a,1,X,interviewer,Hi?\na,1,X,interviewer,Hi?\n",
            "line 3: utterance_id '1' was already used in line 2",
        ),
        ("a,1,X,interviewer,Hi?,soon\n", "line 2: 'start' is not a number"),
        ("a,1,X,interviewer,Hi?,,{x\n", "line 2: 'meta' is not valid JSON"),
        ("a,,X,interviewer,Hi?\n", "line 2: 'utterance_id' is empty"),
    ],
)
def test_tidy_csv_names_the_row(tmp_path: Path, rows: str, message: str) -> None:
    with pytest.raises(ReadError, match=f"a.csv, {message}"):
        csv(tmp_path, TIDY + rows)


def test_tidy_csv_needs_its_columns(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="no role; a row needs"):
        csv(tmp_path, "transcript_id,utterance_id,speaker,text\na,1,X,Hi?\n")


def test_tidy_xlsx(tmp_path: Path) -> None:
    header = ["transcript_id", "utterance_id", "speaker", "role", "text"]
    transcript = xlsx(tmp_path, [header, ["t", 1, "X", "interviewer", "Hi?"], ["t", 2, "Y", "client", "Yo."]])
    assert transcript.id == "t"
    assert [turn.unit_id for turn in transcript.turns] == ["1", "2"]


def test_a_table_without_speakers_says_which_column_would_do(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("start,text\n0:01,Who began it?\n0:03,Ann did.\n")
    transcript = read_transcript(path)
    assert [turn.text for turn in transcript.turns] == ["Who began it?", "Ann did."]
    assert "name them in a column 'speaker'" in transcript.warnings[-1]


def test_control_characters_as_workbooks_write_them(tmp_path: Path) -> None:
    """`_x000D_` is a carriage return, and `_x00e9_` is what somebody wrote."""
    rows = [["Speaker", "Text"], ["Anna", "Why?_x000D_\nReally?"], ["Bo", "A_x00e9_ and_x0009_so."]]
    assert said(xlsx(tmp_path, rows)) == [("Anna", "Why? Really?"), ("Bo", "A_x00e9_ and\tso.")]


@pytest.mark.parametrize(
    "table",
    [
        "Turn,Speaker,Utterance\n1,I,How did it begin?\n2,R,We met.\n",
        "transcript,speaker,text\nint1,I,How did it begin?\nint1,R,We met.\n",
        "speaker,text,comments\nI,How did it begin?,(laughs)\nR,We met.,\n",
    ],
)
def test_of_several_columns_that_could_be_the_speech_the_one_with_words(tmp_path: Path, table: str) -> None:
    assert said(csv(tmp_path, table)) == [("I", "How did it begin?"), ("R", "We met.")]


def test_a_column_of_roles_is_the_files_own_word(tmp_path: Path) -> None:
    rows = (
        "Anna,interviewer,Tell me about it.\nBen,respondent,Well we left. Why not?\n"
        "Anna,interviewer,Go on.\nBen,respondent,Ok?\n"
    )
    roles = {"Anna": "interviewer", "Ben": "respondent"}
    assert csv(tmp_path, "speaker,role,text\n" + rows).speakers == roles
    turned = "\n".join(",".join(row.split(",")[k] for k in (1, 0, 2)) for row in rows.splitlines())
    assert csv(tmp_path, "Role,Speaker,Text\n" + turned).speakers == roles
    alone = "\n".join(",".join(row.split(",")[1:]) for row in rows.splitlines())
    assert set(csv(tmp_path, "role,text\n" + alone).speakers) == {"interviewer", "respondent"}
    odd = csv(tmp_path, "speaker,role,text\nAnna,CEO,Why?\nBen,clerk,So.\n")
    assert set(odd.speakers) == {"Anna", "Ben"}


@pytest.mark.parametrize("head", ["start_ms,end_ms", "Start (ms),End (ms)", "start time [milliseconds],end"])
def test_milliseconds_by_the_header(tmp_path: Path, head: str) -> None:
    transcript = csv(tmp_path, f"speaker,{head},text\nA,1500,4000,Why?\nB,4200,9100,So.\n")
    assert [(turn.start_s, turn.end_s) for turn in transcript.turns] == [(1.5, 4.0), (4.2, 9.1)]


def test_names_that_look_alike_are_one_speaker(tmp_path: Path) -> None:
    names = ["Ann", "\u200bAnn", "Ann\u200b", "\u202eAnn\u202c", " Ann\u200f "]
    assert list(csv(tmp_path, "speaker,text\n" + "".join(f"{name},So.\n" for name in names)).speakers) == [
        "Ann"
    ]
    persian = "\u0645\u06cc\u200c\u0646\u0627"  # it is spelt so
    assert list(csv(tmp_path, f"speaker,text\n{persian},So.\nBo,Why?\n").speakers) == [persian, "Bo"]


@pytest.mark.parametrize(
    ("table", "turns", "warning"),
    [
        (
            "speaker,text\nI,How did it begin?\nAnna,We began small, in Norway, and then\n",
            [("I", "How did it begin?"), ("Anna", "We began small, in Norway, and then")],
            "(line 3): the rest was joined to the text; check these rows",
        ),
        (
            'sep=;\nspeaker;text\nI;"Why\nso?"\nAnna;a;;b;\n',
            [("I", "Why so?"), ("Anna", "a;;b")],
            "(line 5): the rest was joined to the text; check these rows",
        ),
        (
            "00:01,I,How?\n00:02,Anna,So, yes\n00:03,I,Why?\n00:04,Anna,Well\n",
            [("I", "How?"), ("Anna", "So, yes"), ("I", "Why?"), ("Anna", "Well")],
            "(line 2): the rest was joined to the text; check these rows",
        ),
        (
            "text,speaker\nHow?,I\nWell, so,Anna\n",
            [("I", "How?"), ("so", "Well")],
            "(line 3): the rest was not read; put quotation marks around text with ',' in it",
        ),
        (
            "speaker\ttext\nI\tHow?\t[coughs]\nAnna\tSo.\t[laughs]\n",
            [("I", "How?"), ("Anna", "So.")],
            "(line 2, 3): the rest was not read; put quotation marks around text with a tab in it",
        ),
        ("speaker,text\nI,How?,,\nAnna,So.\n", [("I", "How?"), ("Anna", "So.")], ""),
    ],
)
def test_rows_with_more_cells_than_columns(
    tmp_path: Path, table: str, turns: list[tuple[str, str]], warning: str
) -> None:
    transcript = csv(tmp_path, table)
    assert said(transcript) == turns
    odd = [one for one in transcript.warnings if "more cells than columns" in one]
    assert odd == ([f"rows with more cells than columns {warning}"] if warning else [])


def test_rows_of_a_tidy_table_with_more_cells_than_columns(tmp_path: Path) -> None:
    header = "transcript_id,utterance_id,speaker,role,text\n"
    transcript = csv(tmp_path, header + "a,1,X,interviewer,Well, why?\n")
    assert said(transcript) == [("X", "Well, why?")]
    assert "rows with more cells than columns (line 2): the rest was joined" in transcript.warnings[0]
