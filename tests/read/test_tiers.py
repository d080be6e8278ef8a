"""Annotation programs and TTML: speakers on tiers, all on one timeline."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.errors import ReadError
from autocode.read import read_transcript
from autocode.records import Transcript


def read(folder: Path, name: str, content: str | bytes) -> Transcript:
    path = folder / name
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    transcript = read_transcript(path)
    for turn in transcript.turns:
        assert transcript.text[turn.start_char : turn.end_char] == turn.text
    return transcript


def said(transcript: Transcript) -> list[tuple[str, str, float | None, float | None]]:
    return [(turn.speaker, turn.text, turn.start_s, turn.end_s) for turn in transcript.turns]


TALK = [("Ann", "Why Turku?", 0.5, 1.5), ("Bo", "The port & the ice.", 2.0, 2.6), ("Ann", "I see.", 3.0, 4.0)]

# ----------------------------------------------------------------------------- ELAN


def annotation(text: str, start: int, end: int) -> str:
    return (
        f'<ANNOTATION><ALIGNABLE_ANNOTATION TIME_SLOT_REF1="ts{start}" TIME_SLOT_REF2="ts{end}">'
        f"<ANNOTATION_VALUE>{text}</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>"
    )


SLOTS = "".join(
    f'<TIME_SLOT TIME_SLOT_ID="ts{n}" TIME_VALUE="{ms}"/>'
    for n, ms in enumerate((500, 1500, 2000, 2600, 3000, 4000))
)
EAF = (
    '<?xml version="1.0" encoding="UTF-8"?><ANNOTATION_DOCUMENT FORMAT="3.0">'
    '<HEADER TIME_UNITS="milliseconds"/>'
    f"<TIME_ORDER>{SLOTS}</TIME_ORDER>"
    f'<TIER TIER_ID="A" PARTICIPANT="Ann">{annotation("Why Turku?", 0, 1)}{annotation("I see.", 4, 5)}</TIER>'
    f'<TIER TIER_ID="B" PARTICIPANT="Bo">{annotation("The port &amp; the ice.", 2, 3)}</TIER>'
    f'<TIER TIER_ID="B words" PARTICIPANT="Bo" PARENT_REF="B">{annotation("The", 2, 3)}</TIER>'
    f'<TIER TIER_ID="notes">{annotation("a phone rings", 0, 5)}</TIER></ANNOTATION_DOCUMENT>'
)


def test_elan(tmp_path: Path) -> None:
    transcript = read(tmp_path, "a.eaf", EAF)
    assert said(transcript) == TALK
    assert any("without a participant, not read: 'notes'" in warning for warning in transcript.warnings)


def test_elan_tiers_of_others_below_a_tier_are_said_not_to_be_read(tmp_path: Path) -> None:
    words = 'TIER_ID="B words" PARTICIPANT="Bo"'
    transcript = read(tmp_path, "a.eaf", EAF.replace(words, 'TIER_ID="C" PARTICIPANT="Cy"'))
    assert said(transcript) == TALK
    assert any("tiers of other participants" in one and "'C'" in one for one in transcript.warnings)
    assert not any("tiers of other" in one for one in read(tmp_path, "b.eaf", EAF).warnings)


def test_elan_tiers_that_only_hold_the_times_of_others(tmp_path: Path) -> None:
    empty = EAF.replace("Why Turku?", "").replace("I see.", "")
    refers = (
        '<TIER TIER_ID="tx" PARENT_REF="A"><ANNOTATION><REF_ANNOTATION ANNOTATION_REF="a{}">'
        "<ANNOTATION_VALUE>{}</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION></TIER>"
    )
    numbered = empty.replace("<ALIGNABLE_ANNOTATION TIME", '<ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME', 1)
    document = numbered.replace(
        "</ANNOTATION_DOCUMENT>", refers.format(1, "Why Turku?") + "</ANNOTATION_DOCUMENT>"
    )
    assert said(read(tmp_path, "a.eaf", document)) == TALK[:2]


def test_elan_without_participants_and_times(tmp_path: Path) -> None:
    bare = (
        EAF.replace(' PARTICIPANT="Ann"', "")
        .replace(' PARTICIPANT="Bo"', "")
        .replace(' TIME_VALUE="2000"', "")
    )
    transcript = read(tmp_path, "a.eaf", bare)
    assert [turn.speaker for turn in transcript.turns] == ["A", "notes", "B", "A"]
    assert transcript.turns[2].start_s is None
    assert transcript.turns[2].text == "The port & the ice."


@pytest.mark.parametrize(
    ("old", "new", "astray"),
    [
        ('PARTICIPANT="Ann"', 'PARTICIPANT="Ann" PARENT_REF="gone"', "'A'"),
        ('PARTICIPANT="Bo">', 'PARTICIPANT="Bo" PARENT_REF="B">', "'B'"),
    ],
)
def test_elan_tiers_whose_parent_is_missing_or_in_a_circle(
    tmp_path: Path, old: str, new: str, astray: str
) -> None:
    document = EAF.replace("B words", "C").replace(annotation("The", 2, 3), "").replace(old, new)
    transcript = read(tmp_path, "a.eaf", document)
    assert said(transcript) == TALK
    assert f"tiers whose parent tier is not in the file, read all the same: {astray}" in transcript.warnings


def test_elan_tiers_that_only_refer_to_what_is_missing(tmp_path: Path) -> None:
    tier = '<TIER TIER_ID="tx" PARENT_REF="gone"/></ANNOTATION_DOCUMENT>'
    transcript = read(tmp_path, "a.eaf", EAF.replace("</ANNOTATION_DOCUMENT>", tier))
    assert said(transcript) == TALK
    assert any("in the file, not read, as they have no times: 'tx'" in one for one in transcript.warnings)


def test_elan_annotations_at_no_time(tmp_path: Path) -> None:
    transcript = read(tmp_path, "a.eaf", EAF.replace('TIME_SLOT_REF1="ts4"', 'TIME_SLOT_REF1="ts9"'))
    assert said(transcript)[0][:2] == ("Ann", "Why Turku? I see.")
    assert (
        "1 annotation with a time that is not in the file, put behind the one before" in transcript.warnings
    )


# ----------------------------------------------------------------------------- TextGrid


def textgrid(tiers: dict[str, list[tuple[float, float, str]]], *, short: bool) -> str:
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', ""]
    head = ["0", "4", "<exists>", str(len(tiers))]
    lines += (
        head if short else ["xmin = 0", "xmax = 4", "tiers? <exists>", f"size = {len(tiers)}", "item []:"]
    )
    for number, (name, intervals) in enumerate(tiers.items(), start=1):
        values = ['"IntervalTier"', f'"{name}"', "0", "4", str(len(intervals))]
        labels = ["class = ", "name = ", "xmin = ", "xmax = ", "intervals: size = "]
        lines += values if short else [f"    item [{number}]:"]
        lines += [] if short else [label + value for label, value in zip(labels, values, strict=True)]
        for n, (start, end, text) in enumerate(intervals, start=1):
            quoted = '"' + text.replace('"', '""') + '"'
            lines += (
                [str(start), str(end), quoted]
                if short
                else [f"intervals [{n}]:", f"xmin = {start} ", f"xmax = {end} ", f"text = {quoted} "]
            )
    return "\n".join(lines) + "\n"


TIERS = {
    "Ann": [(0.5, 1.5, "Why Turku?"), (1.5, 3.0, ""), (3.0, 4.0, "I see.")],
    "Bo": [(2.0, 2.6, "The port & the ice.")],
}


@pytest.mark.parametrize("short", [True, False])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be", "utf-16-le"])
def test_textgrid(tmp_path: Path, short: bool, encoding: str) -> None:
    data = textgrid(TIERS, short=short).encode(encoding)
    assert said(read(tmp_path, "a.TextGrid", data)) == TALK


def test_quotes_line_ends_and_numbers_in_labels(tmp_path: Path) -> None:
    tiers = {"Ann": [(0.5, 1.5, 'Say "7 <exists>"\nor ! 8.')]}
    assert said(read(tmp_path, "a.TextGrid", textgrid(tiers, short=False))) == [
        ("Ann", 'Say "7 <exists>" or ! 8.', 0.5, 1.5)
    ]


def test_only_the_longest_units_are_read(tmp_path: Path) -> None:
    tiers = {
        "Ann - words": [(0, 1, "hello"), (1, 2, "there")],
        "Ann - phones": [(0, 1, "HH")],
        "Bo - words": [(2, 3, "hi")],
        "Bo - utterances": [],
    }
    transcript = read(tmp_path, "a.TextGrid", textgrid(tiers, short=True))
    assert said(transcript) == [("Ann", "hello there", 0, 2), ("Bo", "hi", 2, 3)]
    assert any("not read: 'Ann - phones', 'Bo - utterances'" in warning for warning in transcript.warnings)


@pytest.mark.parametrize("short", [True, False])
def test_more_intervals_than_a_textgrid_says(tmp_path: Path, short: bool) -> None:
    document = textgrid(TIERS, short=short)
    transcript = read(tmp_path, "a.TextGrid", document + '4 5 "So."\n')
    assert said(transcript) == said(read(tmp_path, "b.TextGrid", document))
    assert "labels behind the last tier's number of intervals, not read: 1" in transcript.warnings


# ----------------------------------------------------------------------------- CHAT

CHAT = (
    "@UTF8\n@Begin\n@Languages:\teng\n@Participants:\tINV Ann Investigator, PAR Participant\n"
    "@ID:\teng|x|PAR|||||Participant|||\n"
    "*INV:\twhy &-um Turku ? \x15500_1500\x15\n%mor:\tadv|why\n"
    "*PAR:\tthe port\n\tand [//] the ice . \x152000_2600\x15\n"
    "*PAR:\txxx (..) so . \x152700_2900\x15\n*INV:\t0 .\n@End\n"
)


def test_chat(tmp_path: Path) -> None:
    transcript = read(tmp_path, "a.cha", CHAT)
    assert said(transcript) == [
        ("INV", "why &-um Turku ?", 0.5, 1.5),
        ("PAR", "the port and [//] the ice . xxx (..) so .", 2.0, 2.9),
        ("INV", "0 .", None, None),
    ]
    assert dict(transcript.speakers) == {"INV": "interviewer", "PAR": "respondent"}
    assert transcript.language == "en"


@pytest.mark.parametrize("line", ["* PAR :\tso", "*PAR\tso", f"*{'A' * 60}:\tso", "so we left"])
def test_lines_of_chat_without_a_speaker_are_told(tmp_path: Path, line: str) -> None:
    transcript = read(tmp_path, "a.cha", CHAT.replace("@End", f"{line}\n\tand so\n\n@End"))
    assert len(transcript.turns) == 3
    assert "1 line not read: no speaker as in *INV: stands before the text" in transcript.warnings


# ----------------------------------------------------------------------------- EXMARaLDA

EXB = (
    '<?xml version="1.0" encoding="UTF-8"?><basic-transcription><head><speakertable>'
    '<speaker id="S0"><abbreviation>Ann</abbreviation></speaker><speaker id="S1"><abbreviation/></speaker>'
    "</speakertable></head><basic-body><common-timeline>"
    '<tli id="T0" time="0.5"/><tli id="T1"/><tli id="T2" time="1.5"/><tli id="T3" time="2.0"/>'
    '<tli id="T4" time="2.6"/><tli id="T5" time="3.0"/><tli id="T6" time="4.0"/></common-timeline>'
    '<tier id="A" speaker="S0" category="v" type="t"><event start="T0" end="T1">Why </event>'
    '<event start="T1" end="T2">Turku?|</event><event start="T5" end="T6">I see.</event></tier>'
    '<tier id="B" speaker="S0" category="en" type="a"><event start="T0" end="T1">secret</event></tier>'
    '<tier id="C" speaker="S1" category="v" type="t">'
    '<event start="T3" end="T4">The <ud-information attribute-name="n">no speech</ud-information>port '
    "&amp; the ice.</event>"
    '<event start="T9" end="T4">lost</event></tier></basic-body></basic-transcription>'
)


def test_exmaralda(tmp_path: Path) -> None:
    transcript = read(tmp_path, "a.exb", EXB)
    assert said(transcript) == [(name.replace("Bo", "S1"), *rest) for name, *rest in TALK]
    assert "1 event at a place that is not on the timeline, dropped" in transcript.warnings


# ----------------------------------------------------------------------------- TTML

TTML = (
    '<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttm="http://www.w3.org/ns/ttml#metadata" '
    'xmlns:ttp="http://www.w3.org/ns/ttml#parameter" ttp:frameRate="10" xml:lang="en-GB"><head><metadata>'
    '<ttm:agent xml:id="a1" type="person"><ttm:name type="full">Ann</ttm:name></ttm:agent></metadata></head>'
    '<body><div begin="0.2s" ttm:agent="a1"><p begin="300ms" end="00:00:01.3">Why<br/>Turku?</p></div><div>'
    '<p begin="00:00:02:00" dur="0.6s" ttm:agent="Bo">'
    "<span>The <metadata>secret</metadata>port</span> &amp; the ice.</p>"
    '<p begin="30f" end="0:04" ttm:agent="a1">I\n   see.</p><p begin="5s"/></div></body></tt>'
)


def test_ttml_with_agents(tmp_path: Path) -> None:
    transcript = read(tmp_path, "a.ttml", TTML)
    assert said(transcript) == TALK
    assert transcript.language == "en"
    assert "1 paragraph without text dropped" in transcript.warnings


def test_ttml_with_names_in_the_text(tmp_path: Path) -> None:
    rows = [(name, text.replace("&", "&amp;"), start, end) for name, text, start, end in TALK]
    lines = "".join(f'<p begin="{start}s" end="{end}s">{name}: {text}</p>' for name, text, start, end in rows)
    assert said(read(tmp_path, "a.ttml", f"<tt><body><div>{lines}</div></body></tt>")) == TALK


# ----------------------------------------------------------------------------- what cannot be read

BOMB = '<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>'


@pytest.mark.parametrize("suffix", [".eaf", ".exb", ".ttml"])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (BOMB, "DOCTYPE"),
        ("<a><b></a>", "not valid XML"),
        ("only text", "not valid XML"),
        ("", "the file is empty"),
        ("<x/>", "not "),
        ("<a>" * 100_000 + "</a>" * 100_000, "nested too deeply"),
        ("<a>" + "<b/>" * 400_000 + "</a>", "more than 400,000 elements"),
        ("<a>\x01</a>", "not valid XML"),
    ],
)
def test_what_is_no_xml_of_ours(tmp_path: Path, suffix: str, content: str, message: str) -> None:
    with pytest.raises(ReadError, match=message):
        read(tmp_path, f"a{suffix}", content)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.TextGrid", "I: text", "not a TextGrid"),
        ("a.TextGrid", b"ooBinaryFile\x08TextGrid\x00\x00", "binary TextGrid"),
        ("a.TextGrid", textgrid(TIERS, short=True)[:-30], "cut off or damaged in tier 2"),
        (
            "a.TextGrid",
            textgrid(TIERS, short=False).replace("size = 3", "size = 999999999"),
            "damaged in tier 1",
        ),
        ("a.cha", "@Begin\n@End\n", "not CHAT"),
        ("a.cha", "@Begin\n*INV:\t\n@End\n", "nobody says anything"),
        ("a.eaf", "<ANNOTATION_DOCUMENT/>", "nobody says anything"),
        ("a.exb", "<basic-transcription/>", "nobody says anything"),
    ],
)
def test_what_else_cannot_be_read(tmp_path: Path, name: str, content: str | bytes, message: str) -> None:
    with pytest.raises(ReadError, match=message):
        read(tmp_path, name, content)
