"""Every malformed file of the index does what the index says, quickly and in little memory."""

from __future__ import annotations

import gzip
import json
import resource
import subprocess
import sys
import zipfile
from pathlib import Path

import docx
import openpyxl
import pytest

from autocode.config import ReadConfig
from autocode.errors import ReadError
from autocode.read import read_transcript, read_transcripts
from autocode.records import Transcript
from tests.hang import no_hang

SHARED_STRINGS = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
FORMATS = Path(__file__).parents[3] / "shared" / "formats"
HOSTILE = FORMATS / "hostile"
OURS = {
    *(".vtt", ".srt", ".txt", ".md", ".json", ".csv", ".docx", ".xlsx"),
    *(".rtf", ".html", ".TextGrid", ".pdf"),
}


def _cases() -> list[dict[str, str]]:
    index = HOSTILE / "index.json"
    if not index.exists():
        return []
    return [case for case in json.loads(index.read_text()) if Path(case["file"]).suffix in OURS]


CASES = _cases()


def _check(transcript: Transcript) -> None:
    assert transcript.turns
    at = 0
    for turn in transcript.turns:
        assert transcript.text[turn.start_char : turn.end_char] == turn.text
        assert turn.text.strip()
        assert at <= turn.start_char < turn.end_char
        at = turn.end_char


@pytest.mark.shared
@pytest.mark.parametrize("case", CASES or [None], ids=lambda case: case["file"] if case else "absent")
def test_hostile_file_does_what_the_index_says(case: dict[str, str] | None) -> None:
    if case is None:
        pytest.skip("the shared format samples are absent")
    path = HOSTILE / case["file"]
    with no_hang():
        if case["expected"] == "error":
            with pytest.raises(ReadError, match=case["file"]) as caught:
                read_transcripts(path)
            assert "\n" not in str(caught.value)
        else:
            for transcript in read_transcripts(path):
                _check(transcript)


@pytest.mark.shared
def test_hostile_files_need_little_memory() -> None:
    if not CASES:
        pytest.skip("the shared format samples are absent")
    program = (
        "import re, resource, sys\n"
        "from pathlib import Path\n"
        "from autocode.errors import ReadError\n"
        "from autocode.read import read_transcripts\n"
        "for path in sys.argv[1:]:\n"
        "    try:\n        read_transcripts(path)\n"
        "    except ReadError:\n        pass\n"
        "status = Path('/proc/self/status')\n"  # getrusage counts what the parent had before the fork
        "if status.exists():\n    print(re.search(r'VmHWM:\\s*(\\d+)', status.read_text())[1])\n"
        "else:\n    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    paths = [str(HOSTILE / case["file"]) for case in CASES]
    done = subprocess.run([sys.executable, "-c", program, *paths], capture_output=True, text=True, check=True)
    unit = 1 if sys.platform == "darwin" else 1024
    assert int(done.stdout) * unit < 200e6


@pytest.mark.shared
@pytest.mark.parametrize(
    ("file", "word"),
    [
        ("vtt_empty.vtt", "empty"),
        ("vtt_bom_only.vtt", "empty"),
        ("vtt_header_only.vtt", "no cues"),
        ("srt_not_srt.srt", "no time lines found"),
        ("txt_whitespace.txt", "only white space"),
        ("txt_overlong.txt", "byte 3"),
        ("txt_undefined_cp1252.txt", "byte 3"),
        ("txt_binary.txt", "picture"),
        ("json_huge_int.json", "number that is too long"),
        ("csv_unbalanced_quote.csv", "line 2: a quotation mark"),
        ("docx_is_xlsx.docx", "Excel workbook"),
        ("docx_encrypted.docx", "password protected"),
        ("docx_xml_bomb.docx", "DOCTYPE"),
        ("docx_zip_bomb.docx", "unpack to 210 MB"),
        ("docx_not_zip.docx", "not a Word document"),
        ("xlsx_xml_bomb.xlsx", "DOCTYPE"),
        ("rtf_not_rtf.rtf", "not an RTF document"),
        ("pdf_encrypted.pdf", "password protected"),
        ("pdf_no_text.pdf", "no text layer.* run OCR first"),
        ("textgrid_truncated.TextGrid", "cut off or damaged in tier 1"),
    ],
)
def test_message_says_what_is_wrong(file: str, word: str) -> None:
    if not CASES:
        pytest.skip("the shared format samples are absent")
    with pytest.raises(ReadError, match=word):
        read_transcripts(HOSTILE / file)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("file", "word"),
    [
        ("vtt_no_header.vtt", "not WEBVTT"),
        ("vtt_out_of_order.vtt", "out of time order"),
        ("vtt_bad_times.vtt", "malformed time"),
        ("vtt_utf16_nobom.vtt", "UTF-16-LE"),
        ("txt_no_speakers.txt", "no speaker labels"),
        ("txt_speaker_only.txt", "2 turns without text dropped"),
        ("txt_mojibake.txt", "double-encoded"),
        ("txt_10k_speakers.txt", "10,000 different beginnings"),
        ("json_duplicate_keys.json", "'segments' appears twice"),
        ("pdf_ok.pdf", "best effort"),
        ("rtf_truncated.rtf", "cut off: 2 groups not closed"),
    ],
)
def test_warning_says_what_is_odd(file: str, word: str) -> None:
    if not CASES:
        pytest.skip("the shared format samples are absent")
    assert any(word in warning for warning in read_transcript(HOSTILE / file).warnings)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("file", "turns"),
    [
        ("vtt_entities.vtt", [("O'Neil & Co", "5 < 6 &\xa0R&D é &bogus; AT&T")]),
        ("vtt_double_escaped.vtt", [("Ann", "Tom &amp; Jerry")]),
        ("vtt_nul_bytes.vtt", [("Ann", "he\ufffdllo")]),
        ("vtt_duplicate_ids.vtt", [("Ann", "one"), ("Bob", "two")]),
        ("vtt_note_style_region.vtt", [("Ann", "hello")]),
        ("vtt_no_blank_between.vtt", [("Ann", "a"), ("Bob", "b")]),
        ("vtt_bad_times.vtt", [("Ann", "short"), ("Bob", "bad"), ("Carl", "no hours")]),
        (
            "vtt_voice_variants.vtt",
            [
                ("Ann", "no closing tag"),
                ("Bob Smith", "class on v"),
                ("Unknown", "anonymous"),
                ("Ann", "hi"),
                ("Bob", "two voices in one cue"),
                ("CARL", "upper case tag"),
                ("Ann", "nested karaoke"),
            ],
        ),
        ("txt_speaker_only.txt", [("Interviewer", "So?")]),
        ("json_lone_surrogate.json", [("Unknown", "bad \ufffd end")]),
        ("csv_nul.csv", [("Ann", "he\ufffdllo")]),
        ("csv_formula.csv", [("=1+1", "@cmd|' /C calc'!A0")]),
        ("csv_utf16_tab.csv", [("Zoë", "hello")]),
        ("docx_tracked.docx", [("R", "I really like it\ta b-c linked inside a content control")]),
        ("docx_traversal.docx", [("I", "hi")]),
        ("rtf_f4.rtf", [("I", "Wie geht’s?"), ("B", "Gut, ähm, ähm sehr gut.")]),
        ("rtf_truncated.rtf", [("I", "hello"), ("R", "cut her")]),
        ("pdf_ok.pdf", [("I", "Hello"), ("R", "Hi")]),
        ("rtf_deep.rtf", [("Unknown", "x")]),
        ("rtf_bin.rtf", [("I", "a  b link")]),
        ("html_script.html", [("I", "hi\xa0there"), ("R", "ok")]),
        (
            "md_bold.md",
            [
                ("Interviewer", "Why?"),
                ("P3", "Because *it* works.\n\n> quoted"),
                ("Interviewer", "And?"),
                ("P3", "in a table"),
            ],
        ),
    ],
)
def test_what_is_said_in_odd_files(file: str, turns: list[tuple[str, str]]) -> None:
    if not CASES:
        pytest.skip("the shared format samples are absent")
    read = read_transcript(HOSTILE / file)
    assert [(turn.speaker, turn.text) for turn in read.turns] == turns


@pytest.mark.shared
@pytest.mark.parametrize(
    ("file", "speakers"),
    [
        (
            "txt_variants.txt",
            "I, R1, Respondent nr.2, INTERVIEWER 1, Participant 3, P04, P05, P06, P07, P08, "
            "Mary O’Brien-Smith, PhD, B, Q, A",
        ),
        ("txt_false_speakers.txt", "I, R"),
        ("txt_mixed_newlines.txt", "I, R"),
        ("txt_rtl.txt", "المحاور, المشارك, מראיין, מרואיין"),
    ],
)
def test_who_speaks_in_odd_texts(file: str, speakers: str) -> None:
    if not CASES:
        pytest.skip("the shared format samples are absent")
    assert ", ".join(read_transcript(HOSTILE / file).speakers) == speakers


@pytest.mark.shared
def test_positions_count_code_points() -> None:
    if not CASES:
        pytest.skip("the shared format samples are absent")
    transcript = read_transcript(HOSTILE / "txt_emoji_offsets.txt")
    answer = transcript.turns[1]
    assert transcript.text.index("text") == 43
    assert answer.start_char + answer.text.index("text") == 43
    assert answer.end_char == 47


def test_a_huge_file_is_refused_without_reading_it(tmp_path: Path) -> None:
    path = tmp_path / "huge.txt"
    with path.open("wb") as file:
        file.truncate(1_000_000_000)  # sparse: no disk is used
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ReadError, match=r"huge.txt: 1,000 MB, more than the 50 MB"):
        read_transcripts(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_the_limit_is_a_setting(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("I: " + "word " * 1000)
    with pytest.raises(ReadError, match="max_mb"):
        read_transcripts(path, config=ReadConfig(max_mb=0.001))


@pytest.mark.parametrize(
    "payload",
    [
        "<v " * 130_000,
        "<" * 400_000,
        "&amp" * 100_000,
        "1:" * 200_000 + "-->",
        "Ann: " * 80_000,
        "[" * 400_000,
        "{\\" * 200_000,
        " " * 400_000 + "x",
        "**a" * 130_000,
        "| " * 200_000,
        "#1:1:1-" * 57_000,
    ],
    ids=lambda payload: repr(payload[:8]),
)
@pytest.mark.parametrize("suffix", [".vtt", ".srt", ".txt", ".md", ".rtf", ".html", ".cha", ".textgrid"])
def test_no_pattern_is_quadratic(tmp_path: Path, suffix: str, payload: str) -> None:
    path = tmp_path / f"a{suffix}"
    timed = f"WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nAnn: x {payload}\n\n{payload}\n"
    written = {
        ".vtt": timed,
        ".srt": timed,
        ".rtf": f"{{\\rtf1 I: x\\par {payload}\\par}}",
        ".html": f"<p>I: x</p>{payload}",
        ".cha": f"*INV:\tx {payload}\n\t{payload}\n",
        ".textgrid": f'"a" "TextGrid" 0 1 <exists> 1 "IntervalTier" "A" 0 1 1 0 1 "x {payload}"',
    }
    path.write_text(written.get(suffix, f"I: x {payload}\n{payload}\n| {payload}\n|-|\n"))
    with no_hang():
        _check(read_transcript(path))


def test_a_lone_cell_in_the_far_corner_costs_no_time(tmp_path: Path) -> None:
    path = tmp_path / "corner.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["speaker", "text"])
    sheet.append(["Ann", "Why?"])
    sheet.cell(row=2**20, column=2**14, value="far")
    book.save(path)
    with no_hang():
        _check(read_transcript(path))


def test_a_lying_archive_is_refused(tmp_path: Path) -> None:
    honest = tmp_path / "a.docx"
    with zipfile.ZipFile(honest, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * 60_000_000)
    data = honest.read_bytes()
    at = data.index(b"PK\x01\x02")
    lying = data[: at + 24] + (100).to_bytes(4, "little") + data[at + 28 :]  # its size in the directory
    honest.write_bytes(lying)
    with no_hang(), pytest.raises(ReadError, match=r"a\.docx: "):
        read_transcripts(honest)


@pytest.mark.parametrize(
    "form", ["Person {}: hi\n", "Person {0}: hi\nRare {1}: x\n", "[{}] 00:00:01\nhi\n\n"]
)
def test_thousands_of_speakers_cost_little_time(tmp_path: Path, form: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text("".join(form.format(number % 5000, number) for number in range(10_000)))
    with no_hang():
        _check(read_transcript(path))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.eaf", "<a" + "".join(f" a{n}=''" for n in range(250_000)) + "/>", "200,020 attributes"),
        ("a.json", "[" + "{}," * 800_000 + "{}]", "1,500,000 values"),
        ("a.jsonl", '{"text": [' + "[]," * 800_000 + "[]]}", "1,500,000 values in a row"),
        ("a.vtt", "WEBVTT\n" + "\n" * 20_000_000, "250,000 lines"),
        ("a.srt", "1\n" + "\n" * 20_000_000, "250,000 lines"),
        ("a.cha", "*INV:\tx\n" + "*A:\t\n" * 1_000_000, "250,000 lines"),
        ("a.csv", "speaker,text\nAnn,x\n" + "," * 20_000_000, "2,000,000 cells"),
        ("a.rtf", "{\\rtf1 I: x\\par " + "\\par" * 1_000_000 + "}", "250,000 paragraphs"),
        ("a.rtf", "{\\rtf1 I: x\\par " + "\\b" * 2_000_000 + "}", "1,500,000 control words"),
        ("a.html", "<p>I: x</p>" + "<p>" * 3_000_000, "1,000,000 tags"),
        ("a.TextGrid", '"ooTextFile" "TextGrid" ' + "1 " * 5_000_000, "1,500,000 values"),
    ],
    ids=lambda value: value[-20:] if len(value) < 30 else "",
)
def test_floods_are_refused_at_once(tmp_path: Path, name: str, content: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    with no_hang(), pytest.raises(ReadError, match=f"more than {message}"):
        read_transcripts(path)


@pytest.mark.parametrize("name", ["a.txt.gz", "a.json.gz"])
def test_what_is_packed_too_tightly_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(b"I: word\n" * 1_000_000))
    with pytest.raises(ReadError, match="would unpack to 8 MB, as no real file does; refused"):
        read_transcripts(path)


_BODY = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{}'
_DOCUMENT = _BODY + "<w:p><w:r><w:t>I: x</w:t></w:r></w:p></w:body></w:document>"


def _with_document(folder: Path, content: bytes, *, name: str = "document.xml") -> Path:
    """A Word document, nothing in it packed, with this main part."""
    whole, path = folder / "whole.docx", folder / "a.docx"
    docx.Document().save(str(whole))
    with zipfile.ZipFile(whole) as archive, zipfile.ZipFile(path, "w") as made:
        for one in archive.namelist():
            data = content if one == "word/document.xml" else archive.read(one)
            data = data.replace(b"/word/document.xml", f"/word/{name}".encode()) if one[0] == "[" else data
            data = data.replace(b"word/document.xml", f"word/{name}".encode()) if one[0] == "_" else data
            made.writestr(f"word/{name}" if one == "word/document.xml" else one, data)
    return path


@pytest.mark.parametrize(
    ("inside", "message"),
    [
        ("<w:p/>" * 1_500_000, "400,000 elements"),
        ("<w:tbl>" + ("<w:tr>" + "<w:tc><w:p/></w:tc>" * 300 + "</w:tr>") * 1000 + "</w:tbl>", "elements"),
        ("<w:p/>" * 300_000, "250,000 lines"),
    ],
    ids=["paragraphs", "a table", "lines"],
)
def test_floods_in_office_files_are_refused_at_once(tmp_path: Path, inside: str, message: str) -> None:
    path = _with_document(tmp_path, _DOCUMENT.format(inside).encode())
    with no_hang(), pytest.raises(ReadError, match=f"more than .*{message}"):
        read_transcript(path)


@pytest.mark.parametrize("name", ["document.xml", "document.bin"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-7", "utf-16", "utf-32", "cp037"])
def test_no_encoding_hides_a_document_type(tmp_path: Path, encoding: str, name: str) -> None:
    head = f'<?xml version="1.0" encoding="{encoding.upper().replace("CP", "IBM")}"?>'
    data = (head + '<!DOCTYPE a [<!ENTITY b "c">]>' + _DOCUMENT.format("")).encode(encoding)
    data = data.replace(b"<!", b"+ADwAIQ-") if encoding == "utf-7" else data
    with pytest.raises(ReadError, match=r"DOCTYPE|neither UTF-8 nor UTF-16|damaged"):
        read_transcript(_with_document(tmp_path, data, name=name))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "windows-1252", "us-ascii"])
def test_usual_encodings_of_parts(tmp_path: Path, encoding: str) -> None:
    data = f'<?xml version="1.0" encoding="{encoding}"?>{_DOCUMENT.format("")}'.encode(encoding)
    _check(read_transcript(_with_document(tmp_path, data)))


def test_one_long_string_in_thousands_of_cells_is_refused(tmp_path: Path) -> None:
    whole, path = tmp_path / "whole.xlsx", tmp_path / "a.xlsx"
    openpyxl.Workbook().save(whole)
    xmlns = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    row = "<row><c t='s'><v>0</v></c><c t='s'><v>1</v></c></row>"
    parts = {
        "xl/sharedStrings.xml": f"<sst {xmlns}><si><t>Ann</t></si><si><t>{'word ' * 40_000}</t></si></sst>",
        "xl/worksheets/sheet1.xml": f"<worksheet {xmlns}><sheetData>{row * 3000}</sheetData></worksheet>",
    }
    with zipfile.ZipFile(whole) as archive, zipfile.ZipFile(path, "w") as made:
        kinds = archive.read("[Content_Types].xml").decode()
        told = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{SHARED_STRINGS}"/></Types>'
        parts["[Content_Types].xml"] = kinds.replace("</Types>", told)
        for name in {*archive.namelist(), *parts}:
            made.writestr(name, parts.get(name) or archive.read(name))
    with no_hang(), pytest.raises(ReadError, match="more than 50,000,000 characters"):
        read_transcript(path)
