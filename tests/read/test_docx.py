"""Word documents, built here with python-docx and by hand."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml

from autocode.errors import ReadError
from autocode.read import read_transcript
from autocode.records import Transcript

FOUR = [("Anna", "How was it?"), ("Bo", "Good: very."), ("Anna", "Why?"), ("Bo", "Because.")]
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
MATHS = "http://schemas.openxmlformats.org/officeDocument/2006/math"
TIMES = ["0:01", "0:02", "0:03", "1:00:04"]


def read(folder: Path, fill: Callable[[Any], None], **options: Any) -> Transcript:
    document = docx.Document()
    fill(document)
    path = folder / "a.docx"
    document.save(str(path))
    transcript = read_transcript(path, **options)
    for turn in transcript.turns:
        assert transcript.text[turn.start_char : turn.end_char] == turn.text
    return transcript


def said(transcript: Transcript) -> list[tuple[str, str]]:
    return [(turn.speaker, turn.text) for turn in transcript.turns]


def paragraphs(document: Any) -> None:
    for name, text in FOUR:
        document.add_paragraph(f"{name}: {text}")


def bold_labels(document: Any) -> None:
    for name, text in FOUR:
        paragraph = document.add_paragraph()
        paragraph.add_run(f"{name} ").bold = True
        paragraph.add_run(text)


def bold_lines(document: Any) -> None:
    for name, text in FOUR:
        document.add_paragraph().add_run(name).bold = True
        document.add_paragraph(text)


def otter(document: Any) -> None:
    document.add_heading("A talk", 1)
    for (name, text), time in zip(FOUR, TIMES, strict=True):
        paragraph = document.add_paragraph()
        paragraph.add_run(name).bold = True
        paragraph.add_run(f"  {time}")
        document.add_paragraph(text)
        document.add_paragraph("")
    document.add_paragraph("Transcribed by https://otter.ai")


def teams(document: Any) -> None:
    for (name, text), time in zip(FOUR, TIMES, strict=True):
        paragraph = document.add_paragraph()
        paragraph.add_run(name).bold = True
        paragraph.add_run(f"   {time}").add_break()
        paragraph.add_run(text)


def word_online(document: Any) -> None:
    for (name, text), time in zip(FOUR, TIMES, strict=True):
        document.add_paragraph(f"{time} {name}")
        document.add_paragraph(text)


def table(rows: Sequence[Sequence[str]]) -> Callable[[Any], None]:
    def fill(document: Any) -> None:
        made = document.add_table(rows=0, cols=len(rows[0]))
        for row in rows:
            for cell, text in zip(made.add_row().cells, row, strict=True):
                cell.text = text

    return fill


LAYOUTS: dict[str, Callable[[Any], None]] = {
    "paragraphs": paragraphs,
    "bold labels": bold_labels,
    "bold lines": bold_lines,
    "Otter": otter,
    "Teams": teams,
    "Word Online": word_online,
    "table with a header": table([["Sprecher", "Text"], *FOUR]),
    "table without one": table(FOUR),
    "table with times": table([[time, name, text] for (name, text), time in zip(FOUR, TIMES, strict=True)]),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(tmp_path: Path, layout: str) -> None:
    transcript = read(tmp_path, LAYOUTS[layout])
    assert said(transcript) == FOUR
    assert transcript.text == "\n".join(f"{name}: {text}" for name, text in FOUR)
    timed = layout in ("Otter", "Teams", "Word Online", "table with times")
    assert [turn.start_s for turn in transcript.turns] == ([1, 2, 3, 3604] if timed else [None] * 4)
    assert transcript.speakers == {"Anna": "interviewer", "Bo": "respondent"}


def test_an_empty_speaker_cell_is_the_same_as_above(tmp_path: Path) -> None:
    rows = [["Speaker", "Text"], ["I", "What?"], ["B", "This."], ["", "And that."], ["I", ""], ["B", "So."]]
    transcript = read(tmp_path, table(rows))
    assert said(transcript) == [("I", "What?"), ("B", "This. And that. So.")]
    assert "1 turn without text dropped" in transcript.warnings


def test_a_table_of_facts_is_no_speech_of_its_own(tmp_path: Path) -> None:
    def fill(document: Any) -> None:
        table([["Date", "3 May"], ["Place", "Oslo"]])(document)
        paragraphs(document)

    assert said(read(tmp_path, fill)) == FOUR


def test_headings_end_a_turn_and_are_no_speech(tmp_path: Path) -> None:
    def fill(document: Any) -> None:
        document.add_heading("Interview", 0)
        document.add_paragraph("Anna: How?")
        document.add_heading("Part two", 2)
        document.add_paragraph("Bo: So.")
        document.add_paragraph("And so on.")
        document.add_paragraph("Anna: Why?")

    assert said(read(tmp_path, fill)) == [("Anna", "How?"), ("Bo", "So. And so on."), ("Anna", "Why?")]


def test_paragraphs_without_labels(tmp_path: Path) -> None:
    def fill(document: Any) -> None:
        for text in ("It was hard.", "Yes.", "People were kind.", "Yes."):
            document.add_paragraph(text)

    transcript = read(tmp_path, fill)
    assert [turn.text for turn in transcript.turns] == ["It was hard.", "Yes.", "People were kind.", "Yes."]
    assert transcript.text == "It was hard.\nYes.\nPeople were kind.\nYes."
    assert set(transcript.speakers) == {"Unknown"}


BODY = (
    '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><w:body>{}</w:body></w:document>'
)
TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r" Target="word/document.xml" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/></Relationships>'
)


def raw(folder: Path, body: str, *, more: dict[str, str] | None = None, prolog: str = "") -> Path:
    path = folder / "raw.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", TYPES)
        archive.writestr("_rels/.rels", RELATIONS)
        archive.writestr("word/document.xml", prolog + BODY.format(body))
        for name, text in (more or {}).items():
            archive.writestr(name, text)
    return path


def run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'


def test_what_word_hides_in_a_paragraph(tmp_path: Path) -> None:
    body = (
        f"<w:p>{run('I: a ')}<w:ins>{run('in ')}</w:ins><w:del><w:r><w:delText>out </w:delText></w:r></w:del>"
        f"<w:moveTo>{run('to ')}</w:moveTo><w:moveFrom>{run('from ')}</w:moveFrom>"
        f"<w:sdt><w:sdtContent>{run('control ')}</w:sdtContent></w:sdt>"
        f"<w:hyperlink>{run('link ')}</w:hyperlink>"
        f"<w:smartTag>{run('smart')}</w:smartTag><w:r><w:tab/><w:t>x</w:t><w:br/><w:t>y</w:t><w:noBreakHyphen/><w:t>z</w:t>"
        f"<w:instrText>HYPERLINK</w:instrText></w:r></w:p>"
        f"<w:sdt><w:sdtContent><w:p>{run('R: block control')}</w:p></w:sdtContent></w:sdt>"
        '<w:p><w:r><w:t>I: emoji </w:t><mc:AlternateContent><mc:Choice Requires="w16se"><w:t>no</w:t>'
        "</mc:Choice><mc:Fallback><w:t>👍</w:t></mc:Fallback></mc:AlternateContent></w:r></w:p>"
        f"<w:ins><w:p>{run('I: new paragraph')}</w:p></w:ins><w:del><w:p>{run('I: gone')}</w:p></w:del>"
    )
    assert said(read_transcript(raw(tmp_path, body))) == [
        ("I", "a in to control link smart\tx y-z"),
        ("R", "block control"),
        ("I", "emoji 👍 new paragraph"),
    ]


def test_the_strict_form_of_a_word_document(tmp_path: Path) -> None:
    """What Word saves as a "Strict Open XML Document" has other namespaces, and nothing else."""
    usual = raw(tmp_path, f"<w:p>{run('I: Why?')}</w:p><w:p>{run('R: Because.')}</w:p>")
    path = tmp_path / "strict.docx"
    strict = {
        b"http://schemas.openxmlformats.org/wordprocessingml/2006/main": b"http://purl.oclc.org/ooxml/wordprocessingml/main",
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships": b"http://purl.oclc.org/ooxml/officeDocument/relationships",
    }
    with zipfile.ZipFile(usual) as archive, zipfile.ZipFile(path, "w") as out:
        for name in archive.namelist():
            data = archive.read(name)
            for one, other in strict.items():
                data = data.replace(one, other)
            out.writestr(name, data)
    assert said(read_transcript(path)) == [("I", "Why?"), ("R", "Because.")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_any_doctype_is_refused(tmp_path: Path, encoding: str) -> None:
    doctype = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    path = tmp_path / "bad.docx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", (doctype + BODY.format("")).encode(encoding))
    with pytest.raises(ReadError, match="DOCTYPE"):
        read_transcript(path)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda data: data[: len(data) // 2], "damaged"),
        (lambda data: data.replace(b"word/", b"page/"), "ZIP archive, not a Word document"),
        (lambda data: data.replace(b"word/", b"ppt//"), "PowerPoint"),
        (lambda data: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "before 2007"),
        (lambda data: b"", "the file is empty"),
    ],
)
def test_what_is_no_word_document(tmp_path: Path, spoil: Callable[[bytes], bytes], message: str) -> None:
    path = raw(tmp_path, f"<w:p>{run('I: hi')}</w:p>")
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(ReadError, match=message):
        read_transcript(path)


def test_a_changed_bit_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    with zipfile.ZipFile(path, "w") as archive:  # stored, so that the change is still a ZIP archive
        archive.writestr("word/document.xml", BODY.format(""))
    path.write_bytes(path.read_bytes().replace(b"w:body", b"w:bodz", 1))
    with pytest.raises(ReadError, match="damaged"):
        read_transcript(path)


def test_missing_parts_are_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", BODY.format(""))
    with pytest.raises(ReadError, match="damaged Word document"):
        read_transcript(path)


def test_a_document_without_text(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="no text in the document"):
        read_transcript(raw(tmp_path, "<w:p/>"))


def test_text_boxes_are_reported(tmp_path: Path) -> None:
    box = f"<w:r><w:pict><w:txbxContent><w:p>{run('boxed')}</w:p></w:txbxContent></w:pict></w:r>"
    transcript = read_transcript(raw(tmp_path, f"<w:p>{run('I: hi')}{box}</w:p>"))
    assert said(transcript) == [("I", "hi")]
    assert any("text boxes" in warning for warning in transcript.warnings)


@pytest.mark.parametrize(
    ("xml", "word"),
    [
        (f'<w:altChunk xmlns:w="{W}"/>', "1 part that was put in from another file not read"),
        (f'<w:p xmlns:w="{W}"><m:oMath xmlns:m="{MATHS}"/></w:p>', "1 formula not read"),
    ],
)
def test_what_is_not_read_is_told(tmp_path: Path, xml: str, word: str) -> None:
    def fill(document: Any) -> None:
        paragraphs(document)
        document.element.body.insert(2, parse_xml(xml))

    transcript = read(tmp_path, fill)
    assert said(transcript) == FOUR
    assert any(word in warning for warning in transcript.warnings)


def test_hidden_text_is_left_out_and_characters_with_their_reading_stay(tmp_path: Path) -> None:
    body = (
        '<w:p><w:r><w:t xml:space="preserve">Anna: Well, </w:t></w:r>'
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>SECRET </w:t></w:r>"
        '<w:r><w:rPr><w:rStyle w:val="Gone"/></w:rPr><w:t>NAME </w:t></w:r>'
        '<w:r><w:rPr><w:rStyle w:val="Gone"/><w:vanish w:val="0"/></w:rPr><w:t>so.</w:t></w:r></w:p>'
        "<w:p><w:r><w:t>Bo: </w:t></w:r><w:r><w:ruby><w:rt><w:r><w:t>kanji</w:t></w:r></w:rt>"
        "<w:rubyBase><w:r><w:t>漢字</w:t></w:r></w:rubyBase></w:ruby></w:r></w:p>"
        "<w:p><w:r><w:t>Anna: Yes.</w:t></w:r></w:p><w:p><w:r><w:t>Bo: No.</w:t></w:r></w:p>"
    )
    path = raw(tmp_path, body)
    made = docx.Document(str(path))
    style = made.styles.add_style("Gone", WD_STYLE_TYPE.CHARACTER)
    style.font.hidden = True
    made.save(str(path))
    transcript = read_transcript(path)
    assert said(transcript) == [("Anna", "Well, so."), ("Bo", "漢字"), ("Anna", "Yes."), ("Bo", "No.")]


def test_bold_that_ends_in_what_is_said(tmp_path: Path) -> None:
    def fill(document: Any) -> None:
        for bold, plain in [("R: Trust", " is what it was."), ("Interviewer:in: Wie", " war das?")] * 2:
            paragraph = document.add_paragraph()
            paragraph.add_run(bold).bold = True
            paragraph.add_run(plain)

    assert said(read(tmp_path, fill))[:2] == [
        ("R", "Trust is what it was."),
        ("Interviewer:in", "Wie war das?"),
    ]
