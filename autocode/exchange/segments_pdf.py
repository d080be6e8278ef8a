"""Reads MAXQDA's list of coded segments as it is printed to PDF: document name, code, segment.

The columns run into each other there. A row begins with the name of a transcript of the project, and its
segment with the words from which on everything stands in that transcript; what is before them is the code.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from autocode.config import ReadConfig
from autocode.errors import ExchangeError
from autocode.exchange.quoted import Wording
from autocode.exchange.refi_read import Opened
from autocode.exchange.segments import Segment, placed
from autocode.read.load import load
from autocode.read.pdf import pdf_lines
from autocode.read.reader import Source
from autocode.records import Transcript

HEADER = "document name code segment"
ABOUT = (
    "the columns of a PDF run into each other: look whether the codes are right, or export the list as .xlsx"
)
MOST_WORDS = 60  # of a code with its path
_STEPS = (">", "\\")  # between the names of a path: no code ends with one


def read_segments_pdf(path: Path, transcripts: Iterable[Transcript]) -> Opened:
    """The codings of a list on `transcripts`. Raises `AutocodeError` that names the file."""
    known = list(transcripts)
    config = ReadConfig()
    lines = pdf_lines(Source(str(path), load(path, config), config))
    below = next(
        (n for n, line in enumerate(lines, start=1) if " ".join(line.split()).lower() == HEADER), None
    )
    if below is None:
        raise ExchangeError(
            f"{path}: a PDF, but not MAXQDA's list of coded segments (no line 'Document name Code Segment'); "
            "'autocode add' reads transcripts"
        )  # fmt: skip
    names = {name: one for one in known for name in (one.id, Path(one.source).stem)}
    rows = _rows(lines[below:], names) if names else []
    wordings = {one.id: Wording.of(one) for one in known}
    splits = [_splits(body, wordings[names[name].id]) for name, body in rows]
    n_rows = Counter(code for found in splits for code in found)  # how many rows might have this code
    segments = []
    for number, ((name, body), found) in enumerate(zip(rows, splits, strict=True), start=1):
        code = _likeliest(body, found, n_rows)
        segments.append(Segment(number, name, (code,), body[len(code) :].strip()))
    if known and not segments:
        raise ExchangeError(f"{path}: no row begins with the name of a transcript of the project")
    opened = placed(path, segments, known)
    return replace(opened, warnings=(ABOUT, *opened.warnings))


def _likeliest(body: str, found: Iterable[str], n_rows: Counter[str]) -> str:
    """The code that most rows may have; of equals the shortest.

    A code of this row alone gives way to one of several rows with which the row begins as well: then the
    beginning of the segment is not in the transcript, and is no part of a code.
    """
    code = max(found, key=lambda one: n_rows[one], default="")
    if n_rows[code] < 2:
        known = (one for one, n in n_rows.items() if n > 1 and body.startswith(f"{one} "))
        code = max(known, key=len, default=code)
    return code


def _rows(lines: Iterable[str], names: Iterable[str]) -> list[tuple[str, str]]:
    """The document and the rest of each row."""
    longest_first = sorted(names, key=len, reverse=True)
    begins = re.compile(rf"({'|'.join(map(re.escape, longest_first))})\s+(?=\S)")
    rows: list[tuple[str, str]] = []
    for line in lines:
        if match := begins.match(line):
            rows.append((match[1], " ".join(line[match.end() :].split())))
        elif rows:
            name, body = rows[-1]
            rows[-1] = (name, f"{body} {' '.join(line.split())}")
    return rows


def _splits(body: str, wording: Wording) -> list[str]:
    """The codes that a row may have, the shortest first: what is behind them stands in the transcript."""
    words = body.split(" ")
    codes = (" ".join(words[:n]) for n in range(1, min(len(words), MOST_WORDS)) if words[n - 1] not in _STEPS)
    return [code for code in codes if wording.find(body[len(code) :]) is not None]
