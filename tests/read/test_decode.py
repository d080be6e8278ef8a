"""Bytes become text once, in one order."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocode.errors import ReadError
from autocode.read.decode import clean, decode


def text_of(data: bytes, encoding: str | None = None) -> str:
    return decode(data, name="a.txt", encoding=encoding)[0]


@pytest.mark.parametrize(
    ("bom", "form"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_a_byte_order_mark_decides_and_disappears(bom: bytes, form: str) -> None:
    assert text_of(bom + "é 𝒳\r\nb".encode(form), "cp1252") == "é 𝒳\nb"


@pytest.mark.parametrize("form", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    "text", ["I: What is it?\nR: A thing.\n", "И: Что это такое и зачем?\nР: Это, это вещь.\n" * 3]
)
def test_utf16_without_a_mark_is_seen_by_its_nuls(form: str, text: str) -> None:
    got, warnings = decode(text.encode(form), name="a.txt")
    assert got == text
    assert form.upper() in warnings[0]


def test_bytes_that_are_utf8_ignore_the_users_encoding() -> None:
    assert decode("niña".encode(), name="a.txt", encoding="latin-1") == ("niña", [])


def test_the_users_encoding_comes_before_windows_1252() -> None:
    assert decode("niña ś".encode("cp1250", "replace"), name="a.txt", encoding="mac_latin2")[1] == []
    assert text_of("Łódź".encode("cp1250"), "cp1250") == "Łódź"


def test_windows_1252_comes_last_and_says_so() -> None:
    text, warnings = decode("père – “naïve” À…".encode("cp1252"), name="a.txt")
    assert text == "père – “naïve” À…"
    assert len(warnings) == 1
    assert "Windows-1252" in warnings[0]


@pytest.mark.parametrize(
    ("data", "encoding", "message"),
    [
        (b"", None, "a.txt: the file is empty"),
        (codecs.BOM_UTF8, None, "a.txt: the file is empty"),
        (codecs.BOM_UTF16_LE, None, "a.txt: the file is empty"),
        (b" \n\xc2\xa0\t\xef\xbb\xbf", None, "only white space"),
        (b"abc \x81 \xe9", None, r"byte 4 \(0x81\)"),
        (b"abc \xc0\xaf \xe9", None, r"byte 4 \(0xC0\)"),
        (b"\xef\xbb\xbfabc \xe9", None, r"byte 7 \(0xE9\) is not utf-8"),
        (b"abc \x81", "cp1252", "byte 4 .* is not cp1252"),
        (b"abc \xe9", "cp999", "no encoding 'cp999'"),
        (b"\x01\x02\x03\xff\xfe abc", None, "not a text file"),
        (b"\x01\x02\x03\xff\xfe abc", "latin-1", "not a text file"),
        (b"\0" * 100, None, "not a text file"),
        (b"\x01\x02 abc", None, "not a text file"),
        (b"%PDF-1.7\nabc", None, "PDF document, .*; save it as .docx or .txt"),
        (b"{\\rtf1 abc}", None, "RTF document"),
        (b"PK\x03\x04abc", None, "ZIP archive"),
    ],
)
def test_what_is_no_text_is_an_error(data: bytes, encoding: str | None, message: str) -> None:
    with pytest.raises(ReadError, match=message):
        decode(data, name="a.txt", encoding=encoding)


def test_line_ends_nul_and_surrogates() -> None:
    assert clean("a\r\nb\rc\n\rd") == "a\nb\nc\n\nd"
    assert clean("a\0b\ud83dc") == "a\ufffdb\ufffdc"
    assert text_of(codecs.BOM_UTF16_LE + b"a\x00\x3d\xd8b\x00") == "a\ufffdb"


def test_text_is_never_normalised() -> None:
    composed, decomposed = "é", "e\u0301"
    assert text_of(f"{composed} {decomposed}".encode()) == f"{composed} {decomposed}"


def test_text_that_was_encoded_twice_is_reported_and_left() -> None:
    twice = "I don’t — café".encode().decode("cp1252").encode()
    text, warnings = decode(twice, name="a.txt")
    assert text.encode() == twice
    assert "double-encoded" in warnings[0]
    assert decode("Ã la carte, naïve café".encode(), name="a.txt")[1] == []


@given(st.text())
def test_what_was_written_as_utf8_is_read_back(text: str) -> None:
    data = text.encode("utf-8", "replace")
    try:
        got = text_of(data)
    except ReadError as error:
        assert str(error).startswith("a.txt: ")  # noqa: PT017  which of the refusals does not matter here
        return
    assert got == clean(data.decode("utf-8").removeprefix("\ufeff")) or b"\0" in data


@given(st.binary())
def test_any_bytes_give_text_or_one_sentence(data: bytes) -> None:
    try:
        got = text_of(data)
    except ReadError as error:
        assert "\n" not in str(error)  # noqa: PT017
    else:
        assert got.strip()
        assert not set(got) & {"\r", "\0"}
        got.encode("utf-8")
