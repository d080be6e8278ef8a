"""PDF documents, written here by hand."""

from __future__ import annotations

import subprocess
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from autocode.errors import ReadError
from autocode.read import pdf, read_transcript


def document(pages: Sequence[Sequence[str]]) -> bytes:
    """A PDF with these lines on its pages."""
    streams = []
    for lines in pages:
        shown = " 0 -20 Td ".join(f"({line}) Tj" for line in lines)
        streams.append(f"BT /F1 12 Tf 10 700 Td {shown} ET".encode())
    return with_streams(streams)


def with_streams(streams: Sequence[bytes], extra: bytes = b"") -> bytes:
    kids = b" ".join(b"%d 0 R" % (4 + 2 * n) for n in range(len(streams)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[" + kids + b"]/Count %d>>" % len(streams),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    for n, stream in enumerate(streams):
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources<</Font<</F1 3 0 R>>>>"
            b"/Contents %d 0 R>>" % (5 + 2 * n)
        )
        objects.append(b"<</Length %d%s>>\nstream\n%s\nendstream" % (len(stream), extra, stream))
    data, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(data))
    return data + b"xref\n0 %d\n0000000000 65535 f \n%s%s" % (len(objects) + 1, table, end)


def write(folder: Path, data: bytes) -> Path:
    path = folder / "a.pdf"
    path.write_bytes(data)
    return path


def test_pages_are_joined_without_their_edges(tmp_path: Path) -> None:
    head, foot = "Interview 7, Turku", "page {}"
    talk = [
        ["Ann: Why did you", "go there?", "Bo: For the port,"],
        ["and for the ice.", "Ann: In 2019?", "7", "Bo: In 2020."],
        ["Ann: And then?", "Bo: Then home."],
    ]
    pages = [[head, *lines, foot.format(n)] for n, lines in enumerate(talk, start=1)]
    transcript = read_transcript(write(tmp_path, document(pages)))
    assert transcript.text == (
        "Ann: Why did you go there?\nBo: For the port, and for the ice.\nAnn: In 2019? 7\nBo: In 2020.\n"
        "Ann: And then?\nBo: Then home."
    )
    assert dict(transcript.speakers) == {"Ann": "interviewer", "Bo": "respondent"}
    assert any("best effort" in warning for warning in transcript.warnings)
    assert "6 lines dropped: page numbers, headers, footers, line numbers" in transcript.warnings


def test_numbers_in_the_margin_are_dropped(tmp_path: Path) -> None:
    pages = [["Ann: Why?", "Bo: So.", "Ann: 12?", "Bo: Yes.", *map(str, range(1, 9))], ["I see.", "9"]]
    transcript = read_transcript(write(tmp_path, document(pages)))
    assert transcript.text == "Ann: Why?\nBo: So.\nAnn: 12?\nBo: Yes. I see."


def test_numbers_at_the_beginning_of_lines_are_dropped(tmp_path: Path) -> None:
    talk = ["Ann: Why?", "Bo: So.", "Ann: 12?", "Bo: Yes.", "I see."]
    pages = [[f"{n} {line}" for n, line in enumerate(talk, start=1)]]
    transcript = read_transcript(write(tmp_path, document(pages)))
    assert transcript.text == "Ann: Why?\nBo: So.\nAnn: 12?\nBo: Yes. I see."


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty"),
        (b"Ann: text", "not a PDF document"),
        (b"%PDF-1.4\n garbage", "damaged PDF document"),
        (document([["Ann: hi"]])[:200], "damaged PDF document|no text layer"),
        (document([[]]), "no text layer"),
    ],
)
def test_what_is_no_pdf(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(ReadError, match=message) as caught:
        read_transcript(write(tmp_path, data))
    assert "\n" not in str(caught.value)


def test_a_bomb_is_refused(tmp_path: Path) -> None:
    packed = zlib.compress(zlib.compress(b"(a) Tj " * 40_000_000, 9), 9)
    path = write(tmp_path, with_streams([packed], b"/Filter[/FlateDecode/FlateDecode]"))
    with pytest.raises(ReadError, match=r"a\.pdf: "):
        read_transcript(path)


def test_time_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*args: Any, **options: Any) -> None:
        raise subprocess.TimeoutExpired("pdf", 1)

    monkeypatch.setattr(subprocess, "run", slow)
    with pytest.raises(ReadError, match="takes more than 60 seconds"):
        read_transcript(write(tmp_path, document([["Ann: hi"]])))


@pytest.mark.skipif(sys.platform != "linux", reason="address space is limited on Linux")
def test_memory_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_MAX_MEMORY", 30_000_000)
    with pytest.raises(ReadError, match=r"a\.pdf: "):
        read_transcript(write(tmp_path, document([["Ann: hi"]])))
