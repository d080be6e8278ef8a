"""Tables of coded segments become codings on the transcripts that have their quotes."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

from autocode.codebook.qdc_format import described
from autocode.errors import ExchangeError
from autocode.exchange import Opened, read_project
from autocode.exchange.quoted import Wording, nearest
from autocode.exchange.segments_pdf import ABOUT
from autocode.read import read_transcripts
from autocode.records import Transcript, Turn
from tests.exchange.test_native import codings


def transcript(id: str, text: str, *, source: str = "") -> Transcript:
    turns = (Turn(0, "R", "respondent", text, 0, len(text)),)
    return Transcript(id=id, text=text, turns=turns, format="text", source=source or f"{id}.txt", sha256="")


SHARED = Path(__file__).parents[3] / "shared"
ONE = transcript("P1", "We trust them. It is a risk,\nand we take it. We trust them.")
TWO = transcript("P2", "They learn fast. We never did, said the others.", source="Interview two.docx")


def read(path: Path) -> Opened:
    return read_project(path, transcripts=lambda: [ONE, TWO])


def test_maxqda_as_its_sheet_is_exported(tmp_path: Path) -> None:
    """A title above the header, codes by path, wrapped quotes, two people; three rows that are nowhere."""
    path = tmp_path / "segments.xlsx"
    book = openpyxl.Workbook()
    for row in [
        ["Coded segments"],
        ["Color", "Document group", "Document name", "Code", "Segment", "Created by", "Created", "Comment"],
        ["●", "", "P1", "Relations > Trust", "We trust them.", "Ann", "02.05.2024 10:30:00", ""],
        ["●", "", "P1", "Risk", "a risk, and we take it", "Ben", "", "brave"],
        ["●", "", "Interview two", "Relations\\Learning", "They learn fast", "Ann", "", ""],
        ["●", "", "P1", "Risk", "never said", "Ann", "", ""],
        ["●", "", "P9", "Risk", "not there either", "Ann", "", ""],
        ["●", "", "P2", "Risk", "We trust them.", "Ann", "", ""],
    ]:
        book.active.append(row)  # type: ignore[union-attr]
    book.save(path)
    opened = read(path)
    assert codings(opened) == {
        ("Ann", "Trust", "We trust them."),
        ("Ben", "Risk", "a risk,\nand we take it"),
        ("Ann", "Learning", "They learn fast"),
    }
    above = {one.guid: one.name for one in opened.project.codes}
    assert {(one.name, above.get(one.parent or "")) for one in opened.project.codes} == {
        ("Relations", None), ("Trust", "Relations"), ("Learning", "Relations"), ("Risk", None),
    }  # fmt: skip
    assert {one.text for one in opened.project.sources} == {ONE.text, TWO.text}
    assert opened.warnings == (
        "3 of 6 coded segments were not found in the transcripts: left out",
        "'P1': row 6 not found",
        "'P2': row 8 not found",
        "'P9': row 7 not found (no transcript has this name, and the quote is in none or in several)",
        "1 quote stands in several places of its transcript: the first was taken",
    )
    assert not any("never said" in one for one in opened.warnings)


@pytest.mark.parametrize(
    "text",
    [
        "Media Title,Excerpt Copy,Excerpt Creator,Excerpt Date,Code: Trust Applied,Code: Risk Applied\n"
        'P1.docx,We trust them.,ann,5/2/2024,True,False\nP1.docx,"It is a risk",ann,5/2/2024,TRUE,true\n',
        'Media Title;Excerpt Copy;Excerpt Creator;Codes Applied Combined\n'
        'P1.docx;We trust them.;ann;Trust\nP1.docx;It is a risk;ann;"Trust, Risk"\n',
        'Quotation Content,Document,Codes,Created by\nWe trust them.,P1,Trust,ann\n'
        'It is a risk,P1,"Trust\nRisk",ann\n',
        "id,document,tag,content,coder\n1,P1,Trust,We trust them.,ann\n2,P1,Trust,It is a risk,ann\n"
        "2,P1,Risk,It is a risk,ann\n",
    ],
    ids=["dedoose", "dedoose, codes in one cell", "atlas.ti", "taguette"],
)  # fmt: skip
def test_other_tables(tmp_path: Path, text: str) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text)
    assert codings(read(path)) == {
        ("ann", "Trust", "We trust them."), ("ann", "Trust", "It is a risk"), ("ann", "Risk", "It is a risk"),
    }  # fmt: skip


@pytest.mark.parametrize(
    "date", ["5/2/2024 2:05:00 PM", "5/2/2024 14:05", "02.05.2024 14:05", "2024-05-02 14:05:00"]
)
def test_dates_as_programs_write_them(tmp_path: Path, date: str) -> None:
    path = tmp_path / "table.csv"
    path.write_text(f"document,created,code,quote\nP1,{date},Trust,We trust them.\n")
    [source] = read(path).project.sources
    assert source.selections[0].created_at == datetime(2024, 5, 2, 14, 5, tzinfo=UTC)


def test_without_transcripts_it_is_said_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("document,code,quote\na,b,c\n")
    with pytest.raises(ExchangeError, match="autocode add"):
        read_project(path)


@pytest.mark.parametrize(
    ("quote", "place"),
    [
        ("trust", (3, 8)),
        ("other", (17, 22)),
        ("an ox", (23, 28)),
        ("a n ox", (23, 28)),
        ("none", None),
        (" ", None),
    ],
)
def test_where_quotes_are(quote: str, place: tuple[int, int] | None) -> None:
    """`other` is first inside of `another`; letters count where white space does not fit."""
    found = Wording("We trust another other an\nox").find(quote)
    assert (found and found.place) == place


def test_the_nearest_of_several_places() -> None:
    text = "ab xx ab xx ab"
    assert [nearest(text, "ab", at) for at in (0, 2, 7, 13, 99, -5)] == [
        (0, 2), (0, 2), (6, 8), (12, 14), (12, 14), (0, 2),
    ]  # fmt: skip
    assert nearest(text, "c", 0) is None


@pytest.mark.parametrize(
    ("name", "text", "codes"),
    [
        ("taguette.csv",
         "tag,description,number of highlights,number of documents\r\na.b,about,3,1\r\nc,,0,0\r\n",
         [("a.b", "about"), ("c", "")]),
        ("codes.txt", "relations>>trust\tto rely\nrelations>>risk\n",
         [("relations", ""), ("trust", "to rely"), ("risk", "")]),
        ("codes.csv", "Code,Memo\nTrust > Blind,not seeing\n", [("Trust", ""), ("Blind", "not seeing")]),
    ],
)  # fmt: skip
def test_codebooks_alone(tmp_path: Path, name: str, text: str, codes: list[tuple[str, str]]) -> None:
    path = tmp_path / name
    path.write_text(text, newline="")
    opened = read_project(path)
    assert [
        (one.name, described(one.description)["definition"].strip()) for one in opened.project.codes
    ] == codes
    assert opened.project.sources == ()


@pytest.mark.parametrize(
    "text", ["I: Why?\nR: We trust them.\n", "09:01:22\tAnn:\tHello\n09:01:30\tBob:\tHi\n", "Just talk.\n"]
)
def test_a_transcript_is_no_list_of_codes(tmp_path: Path, text: str) -> None:
    path = tmp_path / "anna.txt"
    path.write_text(text)
    with pytest.raises(ExchangeError, match=r"anna\.txt: .*'autocode add' reads transcripts"):
        read_project(path)


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="the shared format samples are absent")
def test_a_real_list_of_maxqda_as_pdf() -> None:
    """262 segments were read from it for the corpus, and 78 codes; the corpus cut some turns otherwise."""
    folder = SHARED / "data" / "pdpilot"
    known = [
        replace(one, id=one.id.removeprefix("pdpilot-"))
        for one in read_transcripts(folder / "utterances.jsonl.gz")
    ]
    path = SHARED / "formats" / "pdf" / "PDPilot_maxqda_coded-segments.pdf"
    opened = read_project(path, transcripts=lambda: known)
    assert opened.warnings[0] == ABOUT
    match = re.match(r"(\d+) of (\d+) coded segments were not found", opened.warnings[1])
    assert match is not None
    assert int(match[2]) == 262
    assert opened.project.n_codings == 262 - int(match[1]) >= 230
    with gzip.open(folder / "codes.jsonl.gz", "rt") as file:
        theirs = {json.loads(line)["code"].rpartition(" > ")[2] for line in file}
    mine = Counter(code for _, code, _ in codings(opened))
    assert len(theirs & set(mine)) >= 65
