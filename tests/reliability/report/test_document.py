"""The report as a Word document, read back: headings, captions, real tables, the plot and its text."""

from __future__ import annotations

import io
import re
import stat
import zipfile
from pathlib import Path
from typing import Any

import docx
import pytest

from autocode.errors import AutocodeError
from autocode.reliability.contents import sections
from autocode.reliability.document import document, write_document
from autocode.report.blocks import Table
from autocode.report.paper import WIDTHS, widths

HOSTILE = "<script>alert('x')</script>"
FORMULA = "=cmd|' /C calc'!A0"


@pytest.fixture
def content(record: dict[str, Any]) -> bytes:
    return document(record)


@pytest.fixture
def read(content: bytes) -> Any:
    return docx.Document(io.BytesIO(content))


def captions(read: Any, kind: str) -> list[str]:
    return [one.text for one in read.paragraphs if one.style.name == "Caption" and one.text.startswith(kind)]


def test_it_says_what_the_page_says(read: Any, record: dict[str, Any]) -> None:
    headings = [one.text for one in read.paragraphs if one.style.name == "Heading 1"]
    assert headings == [section.title for section in sections(record)]
    text = "\n".join(one.text for one in read.paragraphs)
    assert "α = .71, 95% CI [.62, .79]" in text
    assert "Two coders coded 400 utterances independently." in text
    assert "1 code was never applied." in text
    assert f"interviews {HOSTILE}: do the coders agree?" in text


def test_tables_are_tables_with_numbered_captions(read: Any, record: dict[str, Any]) -> None:
    tables = [block for section in sections(record) for block in section.blocks if isinstance(block, Table)]
    assert len(read.tables) == len(tables)
    told = captions(read, "Table ")
    assert told[0] == "Table 1. Agreement on each code: the main figures"
    assert [one.split(".")[0] for one in told] == [f"Table {n}" for n in range(1, len(tables) + 1)]
    for made, table in zip(read.tables, tables, strict=True):
        assert len(made.rows) == len(table.lines) + 1
        assert [cell.text for cell in made.rows[0].cells] == list(table.heads)


def test_the_main_table(read: Any) -> None:
    lines = [[cell.text for cell in row.cells] for row in read.tables[0].rows]
    assert lines[0][:5] == ["Code", "Units with\xa0it", "Prevalence", "α", "95% CI"]
    assert lines[1][:7] == [
        "Institutional trust\nin Trust",
        "120",
        "29.1%",
        ".84",
        "[.77, .90]",
        ".123",
        ">.999",
    ]
    assert lines[5][0] == "Rarea [few: 4]"
    assert lines[6][3] == "–b"
    text = [one.text for one in read.paragraphs]
    assert "b All values are the same, so agreement cannot be told from chance." in text


def test_heads_repeat_and_numbers_are_fields(content: bytes) -> None:
    xml = zipfile.ZipFile(io.BytesIO(content)).read("word/document.xml").decode()
    n = len(re.findall(r"<w:tbl>", xml))
    assert xml.count("<w:tblHeader/>") == n
    assert xml.count("SEQ Table ") == n
    assert xml.count("SEQ Figure ") == 2
    for properties in re.findall(r"<w:tblPr>.*?</w:tblPr>", xml, flags=re.DOTALL):
        order = [
            properties.index(f"<w:{tag}") for tag in ("tblW", "jc", "tblBorders", "tblLayout", "tblLook")
        ]
        assert order == sorted(order)  # Word is strict about it


def test_the_plot_is_a_picture_with_a_text_for_those_who_do_not_see_it(content: bytes, read: Any) -> None:
    archive = zipfile.ZipFile(io.BytesIO(content))
    picture, curve = [name for name in archive.namelist() if name.startswith("word/media/")]
    assert archive.read(picture)[:4] == b"\x89PNG"
    about = read.inline_shapes[0]._inline.docPr
    assert about.get("descr").startswith("6 codes, 1 of them without a value. α goes from −.05")
    assert captions(read, "Figure")[0].startswith("Figure 1. α of each code with its 95% confidence interval")
    assert captions(read, "Figure")[1].startswith("Figure 2. α of the machine with each person")
    assert archive.read(curve).startswith(b"\x89PNG")


def test_wide_tables_lie_on_their_side_and_their_headings_with_them(record: dict[str, Any]) -> None:
    names = [f"a coder with a long name, number {n}" for n in range(9)]
    for code in record["codes"]:
        code["positives"] = dict.fromkeys(names, 1)
    read = docx.Document(io.BytesIO(document(record)))
    turned = {section.page_width.cm > section.page_height.cm for section in read.sections}
    assert turned == {True, False}


def test_tables_fit_their_page(record: dict[str, Any]) -> None:
    for table in (block for one in sections(record) for block in one.blocks if isinstance(block, Table)):
        found = widths(table, WIDTHS[False], 9)
        assert sum(found) <= WIDTHS[False] + 0.01
        assert min(found) > 0.3


def test_hostile_text_is_only_text(read: Any, content: bytes) -> None:
    cells = [cell.text for table in read.tables for row in table.rows for cell in row.cells]
    assert HOSTILE in [cell.split("\n")[0] for cell in cells]
    assert FORMULA in cells
    assert any("\N{REPLACEMENT CHARACTER}" in cell for cell in cells)
    links = [one.target_ref for one in read.part.rels.values() if one.is_external]
    assert links == ["/read/t1#t1-u4"]


def test_absent_parts_and_gaps(bare: dict[str, Any]) -> None:
    read = docx.Document(io.BytesIO(document({**bare, "methods": "[Say why.] Alpha."})))
    texts = [one.text for one in read.paragraphs]
    absent = texts[texts.index("Not in this report") + 1 :]
    assert sum("Lines for COREQ and SRQR" in one for one in absent) == 1
    reasons = [one.split(": ", 1)[1] for one in absent]
    assert len(reasons) == len(set(reasons)), "sections with one reason stand together"
    (gap,) = [run for one in read.paragraphs for run in one.runs if run.font.highlight_color]
    assert gap.text == "[Say why.]"


def test_the_file_is_private_and_whole(record: dict[str, Any], tmp_path: Path) -> None:
    write_document(record, tmp_path / "agreement.docx")
    assert stat.S_IMODE((tmp_path / "agreement.docx").stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["agreement.docx"]
    assert docx.Document(str(tmp_path / "agreement.docx")).core_properties.author == ""
    (tmp_path / "taken").mkdir()
    with pytest.raises(AutocodeError, match="is a folder"):
        write_document(record, tmp_path / "taken")
    with pytest.raises(AutocodeError, match="cannot be written"):
        write_document(record, tmp_path / "nowhere" / "agreement.docx")
