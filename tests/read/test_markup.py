"""RTF, OpenDocument, web pages and oTranscribe, written here by hand."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from autocode.config import ReadConfig
from autocode.errors import ReadError
from autocode.read import read_transcript
from autocode.records import Transcript
from tests.hang import no_hang

ODT_TYPE = "application/vnd.oasis.opendocument.text"
SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"'
    for name, long in (
        ("office", "office"),
        ("text", "text"),
        ("table", "table"),
        ("style", "style"),
        ("fo", "xsl-fo-compatible"),
    )
)
STYLES = (
    '<style:style style:name="T1"><style:text-properties fo:font-weight="bold"/></style:style>'
    '<style:style style:name="T2" style:parent-style-name="T1"/>'
    '<style:style style:name="T3"><style:text-properties text:display="none"/></style:style>'
)


def read(folder: Path, name: str, content: str | bytes, **options: ReadConfig) -> Transcript:
    path = folder / name
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    transcript = read_transcript(path, **options)
    for turn in transcript.turns:
        assert transcript.text[turn.start_char : turn.end_char] == turn.text
    return transcript


def odt(
    folder: Path, body: str, *, kind: str = ODT_TYPE, manifest: str = "<manifest/>", head: str = ""
) -> Path:
    path = folder / "a.odt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", kind)
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr(
            "content.xml",
            f"{head}<office:document-content {SPACES}>"
            f"<office:automatic-styles>{STYLES}</office:automatic-styles>"
            f"<office:body><office:text>{body}</office:text></office:body></office:document-content>",
        )
    return path


def said(transcript: Transcript) -> list[tuple[str, str]]:
    return [(turn.speaker, turn.text) for turn in transcript.turns]


def rtf(body: str, head: str = r"\ansi\ansicpg1252\deff0") -> bytes:
    return ("{\\rtf1" + head + body + "}").encode("latin-1")


# ----------------------------------------------------------------------------- RTF


def test_f4_times_end_the_turns(tmp_path: Path) -> None:
    body = r" I: Wann war das? #00:00:04-5#\par\par B: Im M\'e4rz, {\b ganz} fr\u252?h. #00:01:12-0#\par"
    transcript = read(tmp_path, "a.rtf", rtf(body))
    assert said(transcript) == [("I", "Wann war das?"), ("B", "Im März, ganz früh.")]
    assert [(turn.start_s, turn.end_s) for turn in transcript.turns] == [(0, 4.5), (4.5, 72)]
    assert transcript.text == "I: Wann war das?\nB: Im März, ganz früh."


def test_maxqda_times_begin_the_turns(tmp_path: Path) -> None:
    body = r"#00:00:01-2# Anna: How so?\par #00:00:09-8# Bo: By boat.\par #00:00:15-0# Anna: And then?\par"
    transcript = read(tmp_path, "a.rtf", rtf(" " + body))
    assert said(transcript) == [("Anna", "How so?"), ("Bo", "By boat."), ("Anna", "And then?")]
    assert [turn.start_s for turn in transcript.turns] == [1.2, 9.8, 15]


def test_rtf_leaves_out_what_is_no_speech(tmp_path: Path) -> None:
    body = (
        r"{\fonttbl{\f0\fswiss\fcharset0 Arial;}{\f1 Secret Font;}}{\colortbl;\red0\green0\blue0;}"
        r"{\stylesheet{\s1 Normal secret;}}{\info{\title secret}{\author secret}}{\header secret\par}"
        r"{\*\generator secret;}\f0 I: One{\footnote secret} two{\v  hidden}{\deleted  gone}?\par"
        r"{\pict\wmetafile8 0102ff}R: {\field{\*\fldinst HYPERLINK secret}{\fldrslt a link}} here."
        r"{\*\annotation secret}\par{\listtext 1.\tab}I: Sure?\par R: {\*\unknown secret}Yes.\par"
    )
    transcript = read(tmp_path, "a.rtf", rtf(body))
    assert said(transcript) == [("I", "One two?"), ("R", "a link here."), ("I", "Sure?"), ("R", "Yes.")]
    assert "secret" not in transcript.text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (r" \u8364 ?\u-3840 ?x", "€\uf100x"),
        (r" {\uc2\u228\'e3\'a4}b", "äb"),
        (r" {\uc0\u228}b", "äb"),
        (r" \u55357?\u56842?!", "\U0001f60a!"),
        (r" \u55357?x", "\ufffdx"),
        (r" a\~b\_c\-d\{\}\\", "a\xa0b-cd{}\\"),
        (r" \ldblquote a\rdblquote\emdash b\rquote s", "“a”—b’s"),
        (r"{\fonttbl{\f1\fcharset204 Arial;}} {\f1 \'ef\'f0}\'e9", "прé"),
        (r"{\fonttbl{\f1\fcharset128 MS;}} {\f1 \'83A\'8b\'40}", "ア機"),
        (r" \bin3 {{{x", "x"),
        ("\r\n a\r\nb\\\nc", "ab c"),
    ],
)
def test_characters_of_rtf(tmp_path: Path, body: str, text: str) -> None:
    transcript = read(tmp_path, "a.rtf", rtf(body))
    assert transcript.text.replace("\n", " ") == text


def test_code_page_of_the_document(tmp_path: Path) -> None:
    assert read(tmp_path, "a.rtf", rtf(r" \'e1\'e5", r"\ansi\ansicpg1251")).text == "бе"
    assert read(tmp_path, "a.rtf", rtf(r" \'8a", r"\mac")).text == "ä"


def test_table_of_rtf(tmp_path: Path) -> None:
    rows = [("Speaker", "Text"), ("Anna", "How?"), ("Bo", "So."), ("", "And so.")]
    cells = "".join(r"\trowd\cellx1\cellx2\pard\intbl " + a + r"\cell " + b + r"\cell\row " for a, b in rows)
    assert said(read(tmp_path, "a.rtf", rtf(cells + r"\pard Done.\par"))) == [
        ("Anna", "How?"),
        ("Bo", "So. And so. Done."),
    ]


def test_bold_names_of_rtf(tmp_path: Path) -> None:
    body = "".join(
        rf"{{\b {name}}} {text}\par"
        for name, text in [("Anna", "So?"), ("Bo", "No."), ("Anna", "Why?"), ("Bo", "Oh.")]
    )
    assert said(read(tmp_path, "a.rtf", rtf(" " + body))) == [
        ("Anna", "So?"),
        ("Bo", "No."),
        ("Anna", "Why?"),
        ("Bo", "Oh."),
    ]


@pytest.mark.parametrize(("behind", "n"), [(r"\par I: Why?\par}", 1), ("\r\n\0\0}\n", 0)])
def test_what_stands_behind_the_end_of_an_rtf_document(tmp_path: Path, behind: str, n: int) -> None:
    transcript = read(tmp_path, "a.rtf", rtf(r" I: How?\par R: So.\par") + behind.encode())
    assert said(transcript) == [("I", "How?"), ("R", "So.")]
    assert sum("behind the end of the document" in warning for warning in transcript.warnings) == n


# ----------------------------------------------------------------------------- OpenDocument


def test_paragraphs_of_odt(tmp_path: Path) -> None:
    body = (
        "<text:h>A talk</text:h>"
        '<text:p>I: What<text:s text:c="2"/>is\n  it?<text:note><text:p>secret</text:p></text:note></text:p>'
        "<text:p>R: A<text:tab/>thing,<text:line-break/>really."
        "<office:annotation>secret</office:annotation></text:p>"
        "<text:tracked-changes><text:p>secret</text:p></text:tracked-changes><text:section>"
        '<text:p>I: <text:span text:style-name="T1">Oh</text:span>, '
        '<text:span text:style-name="T3">secret</text:span>yes?</text:p></text:section>'
        "<text:list><text:list-item><text:p>R: Yes.</text:p></text:list-item></text:list>"
    )
    transcript = read_transcript(odt(tmp_path, body))
    assert said(transcript) == [
        ("I", "What  is it?"),
        ("R", "A\tthing, really."),
        ("I", "Oh, yes?"),
        ("R", "Yes."),
    ]


def test_more_blanks_in_odt_than_a_number_can_say(tmp_path: Path) -> None:
    body = f'<text:p>I: a<text:s text:c="{"9" * 5000}"/>b</text:p><text:p>R: c</text:p>'
    assert said(read_transcript(odt(tmp_path, body)))[0] == ("I", "a" + " " * 1000 + "b")


def test_bold_names_and_tables_of_odt(tmp_path: Path) -> None:
    four = [("Anna", "So?"), ("Bo", "No."), ("Anna", "Why?"), ("Bo", "Oh.")]
    bold = "".join(f'<text:p><text:span text:style-name="T2">{a} </text:span>{b}</text:p>' for a, b in four)
    assert said(read_transcript(odt(tmp_path, bold))) == four
    rows = "".join(
        "<table:table-row>"
        + "".join(f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>" for cell in row)
        + "</table:table-row>"
        for row in [("Time", "Speaker", "Text"), ("0:01", "Anna", "So?"), ("0:02", "Bo", "No.")]
    )
    transcript = read_transcript(odt(tmp_path, f"<table:table>{rows}</table:table>"))
    assert said(transcript) == four[:2]
    assert [turn.start_s for turn in transcript.turns] == [1, 2]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "application/vnd.oasis.opendocument.spreadsheet"}, "another OpenDocument file"),
        ({"manifest": "<x><encryption-data/></x>"}, "password protected"),
        ({"head": '<!DOCTYPE a [<!ENTITY b "c">]>'}, "DOCTYPE"),
        ({"body": "<text:p>a"}, "damaged one"),
        ({"body": "<text:p> </text:p>"}, "no text in the document"),
        ({"body": "<text:section>" * 300 + "</text:section>" * 300}, "nested too deeply"),
    ],
)
def test_what_is_no_odt(tmp_path: Path, options: dict[str, str], message: str) -> None:
    with pytest.raises(ReadError, match=message):
        read_transcript(odt(tmp_path, **{"body": "<text:p>I: a</text:p>", **options}))


def test_word_renamed_to_odt(tmp_path: Path) -> None:
    path = tmp_path / "a.odt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    with pytest.raises(ReadError, match=r"Word document, not an OpenDocument file; rename it to \.docx"):
        read_transcript(path)


# ----------------------------------------------------------------------------- web pages


def test_a_page_without_its_scripts(tmp_path: Path) -> None:
    page = (
        "<!DOCTYPE html><html><head><title>secret</title><style>p{secret}</style></head><body>"
        "<script>if (a<b) secret</script><!-- secret <p>I: secret</p> --><h1>A talk</h1>"
        "<p><b>I:</b> Tom &amp; Jerry &lt;3\n   again?</p><p onclick=\"x('>')\">R: Yes,<br>now.</p>"
        '<div hidden>secret</div><div style="display: none">secret<div>secret</div></div>'
        "<p>I: 1 < 2?</p><ul><li>R: <img src='data:" + "x" * 900 + "'>So.</li></ul></body></html>"
    )
    transcript = read(tmp_path, "a.html", page)
    assert said(transcript) == [
        ("I", "Tom & Jerry <3 again?"),
        ("R", "Yes, now."),
        ("I", "1 < 2?"),
        ("R", "So."),
    ]
    assert "secret" not in transcript.text


START, REST = "<p>I: How?</p>", "<p>R: So.</p><p>I: Why?</p>"
FOUR = [("I", "How?"), ("R", "So."), ("I", "Why?")]
XHTML = '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">'


@pytest.mark.parametrize(
    "page",
    [
        f"<html><head><title>secret</title><style>secret</style><body>{START}{REST}",
        f"<head><noscript><p>secret</p></noscript><template><p>secret</p></template>{START}{REST}",
        f"<html><head><script>secret</script><b>I:</b> How?{REST}",
        f"<body>{START}<svg/><object data='x' />{REST}",
        f"<body>{START}<svg><style/><title>secret</title><text>secret</text></svg>{REST}",
        f'{XHTML}<head><script src="a.js"/><title/></head><body>{START}<iframe/>{REST}</body></html>',
        f"<body><p hidden>secret{START}{REST}",
        f"<body><div><p hidden>secret</div>{START}{REST}",
        f'<body>{START}<ul><li style="display:none">secret<ul><li>secret</ul>secret</ul>{REST}',
        f"<body>{START}<ul><li hidden>secret<li>R: So.</ul><p>I: Why?</p>",
        f"<body>{START}<table><tr hidden><td>secret<tr><td>R: So.</table><p>I: Why?</p>",
        f"<body>{START}<table><tr><td hidden><table><tr><td>a</table>secret<td>R: So.</table><p>I: Why?</p>",
        f"<body>{START}<dl><dt hidden>secret<dd>R: So.<dd hidden>secret</dl><p>I: Why?</p>",
        f"<body>{START}<div hidden><div/>secret</div>{REST}",
    ],
)
def test_a_page_whose_ends_are_left_out(tmp_path: Path, page: str) -> None:
    transcript = read(tmp_path, "a.html", page)
    assert said(transcript) == FOUR
    assert not any("never closed" in warning for warning in transcript.warnings)


@pytest.mark.parametrize(
    ("end", "what"),
    [
        ("<div hidden><p>I: x</p>", "<div>"), ("<svg><text>x", "<svg>"), ("<script>x<p>y</p>", "<script>"),
        ("<!-- x<p>y</p>", "comment or tag"), ("<a href='x", "comment or tag"),
        ("<ul><li hidden><ul>x</li><li>y", "<li>"), ("<div hidden>", ""), ("<p hidden>x", ""),
    ],
)  # fmt: skip
def test_what_is_never_closed_is_told(tmp_path: Path, end: str, what: str) -> None:
    transcript = read(tmp_path, "a.html", f"<body>{START}{REST}{end}")
    assert said(transcript) == FOUR
    told = [warning for warning in transcript.warnings if "never closed" in warning]
    assert told == ([f"a {what} is never closed; what stands behind it was not read"] if what else [])


def test_podcast_page(tmp_path: Path) -> None:
    page = (
        "<cite>Kim:</cite>\n<time>0:00</time>\n<p>Welcome to <cite>The Port</cite>.</p>\n<p>Who is there?</p>"
        "<cite>Lou:</cite><time>1:02:03</time><p>Me.</p>"
    )
    transcript = read(tmp_path, "a.htm", page)
    assert said(transcript) == [("Kim", "Welcome to The Port. Who is there?"), ("Lou", "Me.")]
    assert [turn.start_s for turn in transcript.turns] == [0, 3723]


def test_table_of_a_page(tmp_path: Path) -> None:
    page = (
        "<table><tr><th>Speaker<th>Text</tr><tr><td>Anna</td><td>So?</td></tr>"
        "<tr><td>Bo</td><td><p>No.</p><p>Never.</p></td></tr></table>"
    )
    assert said(read(tmp_path, "a.html", page)) == [("Anna", "So?"), ("Bo", "No. Never.")]


def test_table_inside_a_table_of_a_page(tmp_path: Path) -> None:
    inner = "<table><tr><td>So</td><td>there?</td></tr></table>"
    page = f"<table><tr><td>Speaker<td>Text<tr><td>Anna<td>{inner} Yes?<tr><td>Bo<td>No.</table>"
    assert said(read(tmp_path, "a.html", page)) == [("Anna", "So there? Yes?"), ("Bo", "No.")]


def test_encoding_of_a_page(tmp_path: Path) -> None:
    page = '<html><meta http-equiv="Content-Type" content="text/html; charset=windows-1251"><p>I: да</p>'
    transcript = read(tmp_path, "a.html", page.encode("cp1251"))
    assert said(transcript) == [("I", "да")]
    assert not any("Windows-1252" in warning for warning in transcript.warnings)


def test_declarations_of_a_page_of_xml(tmp_path: Path) -> None:
    head = '<?xml version="1.0" encoding="windows-1251"?><!DOCTYPE html [<!ENTITY a "b>c">]><html>'
    transcript = read(tmp_path, "a.xhtml", f"{head}<p>I: да</p></html>".encode("cp1251"))
    assert said(transcript) == [("I", "да")]


@pytest.mark.parametrize(
    "payload",
    [
        "<!DOCTYPE a [" * 30_000,
        "<!DOCTYPE a [" + '"a' * 100_000,
        "<" * 300_000,
        "<a " * 100_000,
        '<a "' * 80_000,
        "<p>" * 100_000,
        "<!--" * 90_000,
        "<script>" * 40_000,
        "&amp" * 90_000,
        "<a'\"<a>" * 40_000,
        "<b>" * 100_000 + "</b>" * 100,
        "<b>" * 100_000 + "</b>" * 100_000,
        "<p hidden>" * 50_000,
        "<li hidden><ul>" * 50_000,
        "<cite>" * 60_000,
        '<a""' * 60_000,
        "<table>" * 60_000,
        "<table><tr><td>" * 20_000,
    ],
    ids=lambda payload: repr(payload[:8]),
)
def test_no_page_takes_long(tmp_path: Path, payload: str) -> None:
    with no_hang():
        read(tmp_path, "a.html", f"<p>I: x {payload}</p><p>R: y</p>")


def test_text_is_no_page(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="not HTML"):
        read(tmp_path, "a.html", "I: only text")


# ----------------------------------------------------------------------------- oTranscribe


def test_otranscribe(tmp_path: Path) -> None:
    text = (
        '<p><span class="timestamp" data-timestamp="0.56">00:00</span>&nbsp;<b>Anna</b>: So?</p>'
        '<p><span class="timestamp" data-timestamp="61.5">01:01</span> Bo: No.<br />'
        'Never <span class="timestamp" data-timestamp="70">01:10</span> ever.</p>'
        '<p><span class="timestamp" data-timestamp="3671">1:01:11</span> Anna: Why?</p>'
    )
    document = {"text": text, "media": "a.mp3", "media-time": 12.5}
    transcript = read(tmp_path, "a.otr", json.dumps(document))
    assert said(transcript) == [("Anna", "So?"), ("Bo", "No. Never 01:10 ever."), ("Anna", "Why?")]
    assert [turn.start_s for turn in transcript.turns] == [0.56, 61.5, 3671]
    with pytest.raises(ReadError, match="not a transcript of oTranscribe"):
        read(tmp_path, "a.otr", '{"media": ""}')


def test_terms_of_a_list_without_their_ends(tmp_path: Path) -> None:
    talk = [("Interviewer", "When?"), ("Anna", "Early August"), ("Interviewer", "And?"), ("Anna", "Okay")] * 2
    page = "".join(f"<dt>{name}<dd>{text}\n" for name, text in talk)
    transcript = read(tmp_path, "a.html", f"<html><body><dl>{page}</dl></body></html>")
    assert [(turn.speaker, turn.text) for turn in transcript.turns] == talk
