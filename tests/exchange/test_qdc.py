"""Codebooks as .qdc: what the format carries comes back, and the schema is kept to."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocode.codebook import Code, Codebook, read_codebook, shipped_codebooks, write_codebook
from autocode.codebook.qdc_format import describe, described, write_qdc
from autocode.errors import CodebookError

xmlschema = pytest.importorskip("xmlschema")
SCHEMA = Path(__file__).parents[2] / "autocode" / "exchange" / "schema" / "Codebook.xsd"
LINE = st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), max_size=30)
HEADINGS = st.sampled_from(["Include:", " Include:", "autocode id:", "- x", "Theory:", ""])
PROSE = st.lists(LINE | HEADINGS, max_size=5).map("\n".join)
LINES = st.lists(LINE | HEADINGS, max_size=3).map(tuple)


@pytest.mark.parametrize("name", shipped_codebooks())
def test_shipped_codebooks_come_back(name: str, tmp_path: Path) -> None:
    book = read_codebook(name)
    path = tmp_path / f"{name}.qdc"
    write_codebook(book, path)
    back = read_codebook(path)
    assert (back.codes, back.exclusive_groups) == (book.codes, book.exclusive_groups)
    xmlschema.XMLSchema(SCHEMA).validate(path)


@given(
    definition=PROSE, theory=PROSE, include=LINES, examples=LINES, counter_examples=LINES, cues=LINES,
    applies_to=PROSE, id=LINE.filter(str.strip),
    name=LINE.filter(lambda text: text.strip() and " > " not in text),
)  # fmt: skip
def test_the_description_carries_every_field(**fields: object) -> None:
    code = Code(**fields)  # type: ignore[arg-type]
    back = {"id": code.id, **described(describe(code))}
    assert Code(name=code.name, **back) == code


def test_groups_and_colours_come_back(tmp_path: Path) -> None:
    codes = [Code(id=id, name=id.upper(), colour="#00ff00") for id in "abc"]
    book = Codebook(name="x", codes=tuple(codes), exclusive_groups=(("a", "c"),))
    write_codebook(book, tmp_path / "x.qdc")
    back = read_codebook(tmp_path / "x.qdc")
    assert (back.codes, back.exclusive_groups) == (book.codes, book.exclusive_groups)


def test_same_codebook_same_file() -> None:
    book = read_codebook(shipped_codebooks()[0])
    assert write_qdc(book) == write_qdc(book)
    with pytest.raises(CodebookError, match="without codes"):
        write_qdc(Codebook(name="x"))
