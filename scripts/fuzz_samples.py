# ruff: noqa: E501 - samples stand here as they stand in files
"""Small sound files for every reader, made here; and larger ones cut down, so that many can be tried a second."""

from __future__ import annotations

import io
import json
import sqlite3
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pandas  # type: ignore[import-untyped]

MOST_BYTES = 60_000
MOST_ITEMS = 12  # of a list in JSON
SAID = (
    "Interviewer: Why Turku?",
    "Anna Berg: The port & the ice, naïvely 👍.",
    "Interviewer: So?",
    "Anna Berg: No.",
)
TEXT = "\n".join(SAID)
WORDS = [{"word": word, "text": word, "start": n / 2, "end": n / 2 + 0.4, "speaker": n // 3, "conf": 0.9}
         for n, word in enumerate(("Why", "Turku", "now?", "The", "port", "and", "the", "ice."))]  # fmt: skip
SEGMENTS = [
    {"start": 0.5, "end": 1.5, "text": " Why Turku?", "speaker": "SPEAKER_00", "words": WORDS[:3]},
    {"start": 2, "end": 2.6, "text": "The port.", "speaker": "SPEAKER_01", "words": WORDS[3:]},
]
CHAT = (
    "@UTF8\n@Begin\n@Languages:\teng\n@Participants:\tINV Ann Investigator, PAR Bo Participant\n"
    "*INV:\twhy Turku ? \x15500_1500\x15\n%mor:\tadv|why\n*PAR:\tthe &-um port\n\tand [/] the ice . \x152000_2600\x15\n@End\n"
)
RTF = (
    r"{\rtf1\ansi\ansicpg1252\uc1{\fonttbl{\f0 Arial;}}\pard I: Warum T\'fcrku? #00:00:05-1#\par"
    "\n" r"B: {\b Der} Hafen\u8217?s, \u-10179?\u-8704? {\*\generator x;}{\pict\bin4 abcd}nein. #00:00:09-5#\par}"
)  # fmt: skip
HTML = (
    "<!DOCTYPE html><html><head><meta charset=utf-8><title>T</title><style>p{}</style></head><body>"
    "<p><b>Anna:</b> So &amp; so?</p><p>Bo: No.<br>Never.</p><table><tr><th>Speaker<th>Text</tr><tr><td>Anna<td>x</table>"
    "<cite>Kim:</cite><time>0:00</time><p>Welcome</p></body></html>"
)
EAF = (
    '<?xml version="1.0" encoding="UTF-8"?><ANNOTATION_DOCUMENT FORMAT="3.0"><HEADER TIME_UNITS="milliseconds"/>'
    '<TIME_ORDER><TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="500"/><TIME_SLOT TIME_SLOT_ID="ts2" TIME_VALUE="1500"/></TIME_ORDER>'
    '<TIER TIER_ID="A" PARTICIPANT="Ann"><ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" '
    'TIME_SLOT_REF2="ts2"><ANNOTATION_VALUE>Why Turku?</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>'
    "</ANNOTATION_DOCUMENT>"
)
ODT = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"><office:body><office:text>'
    '<text:p><text:span>Anna:</text:span><text:s text:c="2"/>So?<text:line-break/>x</text:p><text:p>Bo:<text:tab/>No.</text:p>'
    '<table:table><table:table-row table:number-rows-repeated="2"><table:table-cell><text:p>Anna</text:p></table:table-cell>'
    '<table:table-cell table:number-columns-repeated="2"><text:p>x</text:p></table:table-cell></table:table-row></table:table>'
    "</office:text></office:body></office:document-content>"
)
TIDY = [
    {"transcript_id": "a", "utterance_id": f"a:{n}", "speaker": speaker, "role": role, "text": text, "start": n * 2.5,
     "end": n * 2.5 + 1, "meta": {"firm": "x"}}
    for n, (speaker, role, text) in enumerate([("Ann", "interviewer", "Why?"), ("Bo", "respondent", "The port.")])
]  # fmt: skip
PROJECT = (
    '<?xml version="1.0" encoding="utf-8"?><Project xmlns="urn:QDA-XML:project:1.0" name="p" origin="x" '
    'creationDateTime="2024-05-01T09:00:00Z"><Users><User guid="00000000-0000-4000-8000-000000000001" name="Ann"/></Users>'
    '<CodeBook><Codes><Code guid="00000000-0000-4000-8000-000000000002" name="trust" isCodable="true" color="#FF0000">'
    "<Description>d</Description>"
    '<Code guid="00000000-0000-4000-8000-000000000003" name="blind" isCodable="true"/></Code></Codes></CodeBook>'
    '<Variables><Variable guid="00000000-0000-4000-8000-000000000004" name="size" typeOfVariable="Integer"/></Variables>'
    '<Cases><Case guid="00000000-0000-4000-8000-000000000005" name="Anna Berg"><VariableValue><VariableRef '
    'targetGUID="00000000-0000-4000-8000-000000000004"/><IntegerValue>3</IntegerValue></VariableValue>'
    '<SourceRef targetGUID="00000000-0000-4000-8000-000000000006"/><SelectionRef '
    'targetGUID="00000000-0000-4000-8000-000000000007"/></Case></Cases>'
    '<Sources><TextSource guid="00000000-0000-4000-8000-000000000006" name="A" '
    'plainTextPath="internal://00000000-0000-4000-8000-000000000006.txt" creationDateTime="2024-05-01T09:00:00Z">'
    '<PlainTextSelection guid="00000000-0000-4000-8000-000000000007" name="The port" startPosition="35" endPosition="43">'
    '<Description>m</Description><Coding guid="00000000-0000-4000-8000-000000000008" creationDateTime="2024-05-02T10:30:00Z" '
    'creatingUser="00000000-0000-4000-8000-000000000001"><CodeRef targetGUID="00000000-0000-4000-8000-000000000002"/></Coding>'
    '</PlainTextSelection><NoteRef targetGUID="00000000-0000-4000-8000-000000000009"/></TextSource></Sources>'
    '<Notes><Note guid="00000000-0000-4000-8000-000000000009" name="n"><PlainTextContent>x</PlainTextContent></Note></Notes>'
    '<Sets><Set guid="00000000-0000-4000-8000-00000000000a" name="s"><MemberCode '
    'targetGUID="00000000-0000-4000-8000-000000000002"/></Set></Sets></Project>'
)
CODEBOOK_XML = (
    '<?xml version="1.0" encoding="utf-8"?><CodeBook xmlns="urn:QDA-XML:codebook:1.0" origin="x"><Codes>'
    '<Code guid="00000000-0000-4000-8000-000000000002" name="trust" isCodable="true" color="#FF0000">'
    '<Description>d</Description><Code guid="00000000-0000-4000-8000-000000000003" name="blind" isCodable="true"/></Code>'
    '</Codes><Sets><Set guid="00000000-0000-4000-8000-00000000000a" name="s"><MemberCode '
    'guid="00000000-0000-4000-8000-000000000002"/></Set></Sets></CodeBook>'
)
QUALCODER = """
CREATE TABLE project (databaseversion text, date text, memo text, about text, bookmarkfile integer, bookmarkpos integer,
  codername text, recently_used_codes text, avbookmarkfile integer, avbookmarkmsec integer, avbookmarktextpos integer);
CREATE TABLE source (id integer primary key, name text, fulltext text, mediapath text, memo text, owner text, date text,
  av_text_id integer, risid integer, unique(name));
CREATE TABLE code_image (imid integer primary key, id integer, x1 integer, y1 integer, width integer, height integer,
  cid integer, memo text, date text, owner text, important integer, pdf_page integer);
CREATE TABLE code_av (avid integer primary key, id integer, pos0 integer, pos1 integer, cid integer, memo text, date text,
  owner text, important integer);
CREATE TABLE annotation (anid integer primary key, fid integer, pos0 integer, pos1 integer, memo text, owner text,
  date text, unique(fid, pos0, pos1, owner));
CREATE TABLE attribute_type (name text primary key, date text, owner text, memo text, caseOrFile text, valuetype text);
CREATE TABLE attribute (attrid integer primary key, name text, attr_type text, value text, id integer, date text,
  owner text, unique(name, attr_type, id));
CREATE TABLE case_text (id integer primary key, caseid integer, fid integer, pos0 integer, pos1 integer, owner text,
  date text, memo text);
CREATE TABLE cases (caseid integer primary key, name text, memo text, owner text, date text, unique(name));
CREATE TABLE code_cat (catid integer primary key, name text, owner text, date text, memo text, supercatid integer,
  unique(name));
CREATE TABLE code_text (ctid integer primary key, cid integer, fid integer, seltext text, pos0 integer, pos1 integer,
  owner text, date text, memo text, avid integer, important integer, unique(cid, fid, pos0, pos1, owner));
CREATE TABLE code_name (cid integer primary key, name text, memo text, catid integer, owner text, date text, color text,
  supercid integer, unique(name));
CREATE TABLE journal (jid integer primary key, name text, jentry text, date text, owner text, unique(name));
CREATE TABLE coder_names (name TEXT UNIQUE NOT NULL, visibility INTEGER NOT NULL DEFAULT 1);
INSERT INTO project VALUES ('v17', '2024-05-01 09:00:00', 'Why', 'QualCoder 4.0', 0, 0, 'ben', '', null, null, null);
INSERT INTO source VALUES (1, 'plan.png', null, '/images/plan.png', '', 'ann', '2024-05-02 10:30:00', null, null);
INSERT INTO code_cat VALUES (1, 'relations', 'ann', '2024-05-02 10:30:00', 'm', null), (2, 'good', 'ann', '', '', 1);
INSERT INTO code_name VALUES (1, 'trust', 'm', 2, 'ann', '2024-05-02 10:30:00', '#F781BE', null),
  (2, 'blind', '', null, 'ann', '', '#00FF00', 1);
INSERT INTO annotation VALUES (1, 2, 3, 12, 'first', 'ben', '2024-05-02 10:30:00');
INSERT INTO cases VALUES (1, 'Firm A', 'met', 'ann', '2024-05-02 10:30:00');
INSERT INTO case_text VALUES (1, 1, 2, 0, 60, 'ann', '2024-05-02 10:30:00', '');
INSERT INTO attribute_type VALUES ('size', '', 'ann', '', 'case', 'numeric'), ('wave', '', '', '', 'file', 'character');
INSERT INTO attribute VALUES (1, 'size', 'case', '12', 1, '', 'ann'), (2, 'wave', 'file', 'second', 2, '', '');
INSERT INTO journal VALUES (1, 'Monday', 'It rained.', '2024-05-02 10:30:00', 'ann');
INSERT INTO code_image VALUES (1, 1, 0, 0, 9, 9, 1, '', '', 'ann', null, null);
INSERT INTO coder_names VALUES ('ann', 1), ('ben', 0);
"""
TAGUETTE = """
CREATE TABLE projects (id INTEGER PRIMARY KEY, name VARCHAR(200), description TEXT, created DATETIME);
CREATE TABLE commands (id INTEGER PRIMARY KEY, date DATETIME, user_login VARCHAR(30), project_id INTEGER,
  document_id INTEGER, payload TEXT);
CREATE TABLE documents (id INTEGER PRIMARY KEY, name VARCHAR(200), description TEXT, filename VARCHAR(200),
  created DATETIME, project_id INTEGER, text_direction VARCHAR(13), contents TEXT);
CREATE TABLE tags (id INTEGER PRIMARY KEY, project_id INTEGER, path VARCHAR(200), description TEXT,
  parent_id INTEGER);
CREATE TABLE highlights (id INTEGER PRIMARY KEY, document_id INTEGER, start_offset INTEGER, end_offset INTEGER, snippet TEXT);
CREATE TABLE highlight_tags (highlight_id INTEGER, tag_id INTEGER);
INSERT INTO projects VALUES (1, 'Study', 'About', '2024-05-01 09:00:00.000000');
INSERT INTO documents VALUES (1, 'First', 'd', 'f.html', '2024-05-02 10:30:00.000000', 1, 'LEFT_TO_RIGHT',
  '<h1>Über</h1><p>I: How&nbsp;is it? &lt;so&gt;</p><p>B: We <b>trust</b> them 👍.<br/>Yes.</p>');
INSERT INTO tags VALUES (1, 1, 'trust.blind', 'b', null), (2, 1, 'trust', '', null), (3, 1, 'a.b', '', 2);
INSERT INTO highlights VALUES (1, 1, 28, 40, 'We <b>trust</b>'), (2, 1, 5, 9, 'I: H');
INSERT INTO highlight_tags VALUES (1, 1), (1, 2), (2, 3);
INSERT INTO commands VALUES (1, '2024-05-02 10:30:00.000000', 'ann', 1, 1,
  '{"type": "highlight_add", "highlight_id": 1, "tags": [1, 2]}'),
  (2, '', 'ben', 1, 1, '{"type": "document_add", "document_name": "First"}'),
  (3, '', 'ann', 1, null, '{"type": "tag_merge", "src_tag_id": 9, "dest_tag_id": 3}');
"""
SEGMENTS_CSV = (
    "Document name,Code,Segment,Created by,Created,Comment\n"
    "a,Relations > Trust,The port,Ann,02.05.2024 10:30:00,x\na,Risk,the ice,Ben,,\n"
)
CODEBOOK_YAML = (
    "name: partners\ncodes:\n  - {id: cooperation, name: Cooperation}\n"
    "  - id: trust\n    parent: cooperation\n    name: Trust\n    definition: Relied on.\n    examples: [\"We trust them.\"]\n"
)  # fmt: skip
LABEL_STUDIO = [
    {"id": 1, "data": {"text": "No.", "utterance_id": "a:3", "transcript_id": "a"}, "created_at": "2024-06-01T08:30:00Z",
     "annotations": [{"id": 9, "completed_by": 7, "was_cancelled": False, "created_at": "2024-06-01T08:30:00.5Z",
                      "result": [{"value": {"choices": ["trust"]}, "from_name": "codes", "type": "choices"}]}]},
]  # fmt: skip
ARGILLA = [
    {"id": "a:3", "fields": {"text": "No."}, "metadata": {"utterance_id": "a:3", "suggested": ["trust"]},
     "responses": {"codes": [{"user_id": "u1", "value": ["trust"], "status": "submitted"}]}},
]  # fmt: skip
PRODIGY = [
    {"text": "No.", "options": [{"id": "trust", "text": "Trust"}], "meta": {"utterance_id": "a:3"}, "accept": ["trust"],
     "answer": "accept", "_timestamp": 1717230600, "_annotator_id": "db-x", "_session_id": None},
]  # fmt: skip
Samples = dict[str, list[tuple[str, bytes]]]


def database(script: str, *more: tuple[str, tuple[Any, ...]]) -> bytes:
    """The bytes of an SQLite file that a script makes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x"
        base = sqlite3.connect(path)
        base.executescript(script)
        for statement, values in more:
            base.execute(statement, values)
        base.commit()
        base.close()
        return path.read_bytes()


def zipped(**members: bytes | str) -> bytes:
    """A ZIP archive; in the names, `__` stands for a dot and `_in_` for a slash."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_in_", "/").replace("__", "."), content)
    return made.getvalue()


def qualcoder() -> bytes:
    """A small project of QualCoder 4."""
    quotes = ((1, "The port", "ann"), (2, "the ice, naïvely 👍", "ben"))
    return database(
        QUALCODER,
        ("INSERT INTO source VALUES (2, 'a.txt', ?, null, 'long', 'ann', '2024-05-02 10:30:00', null, null)", (TEXT,)),
        *((
            "INSERT INTO code_text VALUES (?, ?, 2, ?, ?, ?, ?, '2024-05-02 10:30:00', 'm', null, 1)",
            (n, n, quote, TEXT.index(quote), TEXT.index(quote) + len(quote), owner),
        ) for n, quote, owner in quotes),
    )  # fmt: skip


def _saved(thing: Any) -> bytes:
    made = io.BytesIO()
    thing.save(made)
    return made.getvalue()


def _docx() -> bytes:
    document = docx.Document()
    for line in SAID:
        document.add_paragraph(line)
    table = document.add_table(1, 2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "Anna", "x"
    return _saved(document)


def _xlsx(*rows: Sequence[Any]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(list(row))
    return _saved(book)


def _parquet() -> bytes:
    made = io.BytesIO()
    pandas.DataFrame([{**row, "meta": None} for row in TIDY]).to_parquet(made)
    return made.getvalue()


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _lines(rows: list[Any]) -> bytes:
    return b"\n".join(map(_json, rows))


def made() -> Samples:
    """By reader or importer: names with their suffix, and contents."""
    table: list[list[Any]] = [["Speaker", "Time", "Text"], ["Anna", "00:01", "So?"], ["Bo", 0.5, "=No"]]
    refi = zipped(project__qde=PROJECT, **{"sources_in_00000000-0000-4000-8000-000000000006__txt": TEXT})
    deepgram = {"results": {"channels": [{"alternatives": [{"transcript": "x", "words": [
        {**word, "punctuated_word": word["word"]} for word in WORDS]}]}]}}  # fmt: skip
    otr = {"text": '<p><span class="timestamp" data-timestamp="0.56">00:00</span>&nbsp;<b>Anna</b>: So?</p>'
                   "<p>Bo: No.<br />x</p>", "media": "a.mp3"}  # fmt: skip
    podcast = [
        {"speaker": "Ann", "startTime": 0.5, "endTime": 0.9, "body": "Why"},
        {"startTime": 1.0, "body": "Turku?"},
    ]
    scribe = [{"type": "word", "text": word["word"], "start": 0.5, "end": 0.9, "speaker_id": "speaker_0"}
              for word in WORDS]  # fmt: skip
    rev = [{"speaker": at, "elements": [{"type": "text", "value": "So", "ts": 0.5, "end_ts": 0.9},
                                        {"type": "punct", "value": "?"}]} for at in (0, 1)]  # fmt: skip
    cues = [{"timestamps": {"from": "00:00:00,500", "to": "00:00:00,900"}, "offsets": {"from": 500, "to": 900},
             "text": " So?"}]  # fmt: skip
    kaldi = [{"text": "why", "result": WORDS[:2]}, {"text": ""}, {"text": "the", "result": WORDS[2:4]}]
    return {
        "text": [("a.txt", TEXT.encode()), ("b.txt", b"[Ann] 10:00:01\nWhy?\n\n[Bo] 10:00:05\nNo.\n\nAnn  0:03\nSo?\n")],
        "markdown": [("a.md", b"# Talk\n\n**Anna:** So?\n\n[00:00:05] **Bo:** No, *never*.\n\n> Anna: x\n")],
        "docx": [("a.docx", _docx())],
        "rtf": [("a.rtf", RTF.encode("cp1252"))],
        "odt": [("a.odt", zipped(mimetype="application/vnd.oasis.opendocument.text", content__xml=ODT))],
        "html": [("a.html", HTML.encode())],
        "csv": [("a.csv", b"Speaker;Time;Text\nAnna;00:01;\"So; so?\"\nBo;00:05;No.\n")],
        "xlsx": [("a.xlsx", _xlsx(*table))],
        "elan": [("a.eaf", EAF.encode())],
        "chat": [("a.cha", CHAT.encode())],
        "otranscribe": [("a.otr", _json(otr))],
        "podcast": [("a.json", _json({"version": "1.0.0", "segments": podcast}))],
        "deepgram": [("a.json", _json(deepgram))],
        "kaldi": [("a.json", _json(kaldi))],
        "elevenlabs": [("a.json", _json({"language_code": "eng", "text": "x", "words": scribe}))],
        "rev": [("a.json", _json({"speakers": [{"id": 1, "name": "Bo"}], "monologues": rev}))],
        "whisper": [
            ("a.json", _json({"text": "x", "language": "en", "segments": SEGMENTS})),
            ("b.json", _json({"result": {"language": "en"}, "transcription": cues})),
        ],
        "tidy": [("a.jsonl", _lines(TIDY))],
        "parquet": [("a.parquet", _parquet())],
        "refi-qda": [("a.qdpx", refi), ("a.qde", PROJECT.encode())],
        "qualcoder": [("data.qda", qualcoder()), ("a.zip", zipped(data__qda=qualcoder()))],
        "taguette": [("a.sqlite3", database(TAGUETTE))],
        "segments": [
            ("a.csv", SEGMENTS_CSV.encode()),
            ("a.xlsx", _xlsx(*(line.split(",") for line in SEGMENTS_CSV.splitlines()))),
        ],
        "codebook": [
            ("a.qdc", CODEBOOK_XML.encode()),
            ("a.csv", b"tag,description,number of highlights\ntrust.blind,d,2\ntrust,,1\n"),
            ("a.txt", b"relations>>trust\tmemo\nrelations>>risk\n"),
            ("b.csv", b"id,name,parent,definition\na,A,,x\nb,B,a,\n"),
        ],
        "codebook-yaml": [("a.yaml", CODEBOOK_YAML.encode()), ("a.json", _json({"name": "x", "codes": [{"id": "a"}]}))],
        "label-studio": [("a.json", _json(LABEL_STUDIO))],
        "argilla": [("a.json", _json(ARGILLA))],
        "prodigy": [("a.jsonl", _lines(PRODIGY))],
    }  # fmt: skip


_FOLDERS = {  # of the sample files, where the reader is not called like them
    "aws-transcribe": "aws-transcribe", "autoedit2": "autoedit", "google-stt": "google", "bbc-kaldi": "kaldi",
}  # fmt: skip
_SUFFIXES = {
    ".vtt": "vtt", ".srt": "srt", ".txt": "text", ".md": "markdown", ".docx": "docx", ".rtf": "rtf", ".html": "html",
    ".pdf": "pdf", ".csv": "csv", ".xlsx": "xlsx", ".textgrid": "textgrid", ".eaf": "elan", ".exb": "exmaralda",
    ".ttml": "ttml", ".qdpx": "refi-qda", ".qde": "refi-qda", ".qdc": "codebook", ".json": "whisper",
}  # fmt: skip


def of_folder(folder: Path) -> Samples:
    """The files of a folder of samples, small ones whole, others cut to `MOST_BYTES` where they can be."""
    found: Samples = {}
    index = folder / "hostile" / "index.json"
    refused = (
        {one["file"] for one in json.loads(index.read_bytes()) if one["expected"] == "error"}
        if index.exists()
        else ()
    )
    for path in sorted(folder.rglob("*")):
        suffix = path.suffix.lower()
        if not path.is_file() or suffix not in _SUFFIXES or path.name in (
            "SOURCES.md", "index.json", *refused
        ):  # fmt: skip
            continue
        if path.name.startswith("PDPilot_maxqda"):
            name = "segments-pdf"
        elif suffix == ".json" and path.parent.name != "hostile":
            name = _FOLDERS.get(path.parent.name, path.parent.name)
        else:
            name = _SUFFIXES[suffix]
        data = smaller(path.read_bytes(), suffix)
        if data is not None:
            found.setdefault(name, []).append((f"a{path.suffix}", data))
    return found


def smaller(data: bytes, suffix: str) -> bytes | None:
    """The file, cut down where it is large; None where that cannot be done."""
    if suffix == ".json" and len(data) > 4000:
        try:
            return _json(_pruned(json.loads(data)))
        except ValueError:
            return data[:MOST_BYTES]
    if len(data) <= MOST_BYTES or suffix == ".pdf":
        return data
    return None if data.startswith(b"PK") else data[:MOST_BYTES]


def _pruned(node: Any) -> Any:
    if isinstance(node, list):
        return [_pruned(one) for one in node[:MOST_ITEMS] + node[MOST_ITEMS:][-2:]]
    return {key: _pruned(value) for key, value in node.items()} if isinstance(node, dict) else node
