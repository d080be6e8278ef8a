"""PDF, as well as it goes: lines of text in the order in which the file has them.

A PDF says where letters stand, not what a paragraph is. Page numbers, lines that recur on the pages'
edges and line numbers are taken out and counted; all else that goes wrong only a person can see.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from autocode.errors import ReadError
from autocode.read.decode import clean
from autocode.read.dialogue import split_lines
from autocode.read.line_numbers import without_line_numbers
from autocode.read.paragraphs import found_in_lines
from autocode.read.reader import Found, Source, count

_MAX_S = 60
_MAX_MEMORY = 700_000_000
_WORKER = Path(__file__).with_name("pdf_worker.py")
_PAGE_NUMBER = re.compile(
    r"[-–— ]*(?:(?:page|seite|side|sida|p\.) *)?\d{1,4}(?: *(?:/|of|von|av) *\d{1,4})?[-–— ]*", re.IGNORECASE
)
_MIN_RUN = 5  # so many lines with nothing but numbers that count up are line numbers
_EDGE = 3  # lines at the top and at the bottom of a page that may be its header or footer
_PROBLEMS = {
    "locked": "the file is password protected; save it without a password",
    "long": "the document has far too much text for a transcript; split it",
}


def read_pdf(source: Source) -> list[Found]:
    """One transcript from the text of a PDF; says that it is a best effort. Raises `ReadError`."""
    if not source.data:
        raise source.error("the file is empty")
    if b"%PDF-" not in source.data[:1024]:
        raise source.error("not a PDF document, whatever its name says: it does not begin with %PDF-")
    pages = [_lines_of(text) for text in _pages(source)]
    if not any(pages):
        raise source.error("the PDF has no text layer, only pictures of pages; run OCR first, or use .docx")
    warnings = [
        "the text of a PDF is a best effort (page breaks, columns and labels may be out of place): "
        "check who says what, or read the .docx"
    ]
    kept = _without_edges(_without_line_numbers(pages))
    if n_dropped := sum(map(len, pages)) - sum(map(len, kept)):
        warnings.append(f"{count(n_dropped, 'line')} dropped: page numbers, headers, footers, line numbers")
    text, n_numbers = without_line_numbers("\n".join(line for lines in kept for line in lines))
    if n_numbers:
        warnings.append(f"{count(n_numbers, 'line number')} left out of the text")
    return [found_in_lines(source, split_lines(text), warnings)]


def pdf_lines(source: Source) -> list[str]:
    """The filled lines of all pages as they stand there. Raises `ReadError`."""
    return [line for page in _pages(source) for line in _lines_of(page)]


def _pages(source: Source) -> list[str]:
    """The text of each page, read in a process of its own. Raises `ReadError`."""
    program = [sys.executable, "-P", "-W", "ignore", str(_WORKER), str(_MAX_S), str(_MAX_MEMORY)]
    try:
        done = subprocess.run(  # noqa: S603  # our own program, and no shell
            program, input=source.data, capture_output=True, timeout=_MAX_S + 30, check=False
        )
    except subprocess.TimeoutExpired:
        raise _too_slow(source) from None
    if done.returncode < 0:
        raise _too_slow(source)
    if b"ModuleNotFoundError" in done.stderr:
        raise source.error("PDF needs the package pypdf; install it, or save the document as .docx")
    if b"MemoryError" in done.stderr:
        raise source.error("the PDF unpacks to too much; save it as .docx")
    if done.returncode:
        raise source.error("damaged PDF document; open it and save it again, best as .docx")
    answer = json.loads(done.stdout)
    if problem := answer.get("problem"):
        raise source.error(_PROBLEMS[problem])
    return [clean(text) for text in answer["pages"]]


def _too_slow(source: Source) -> ReadError:
    return source.error(
        f"the PDF takes more than {_MAX_S} seconds or too much memory to read; save it as .docx"
    )


def _lines_of(page: str) -> list[str]:
    """The lines with anything in them; some programs write a tab for every space."""
    return [line for raw in page.split("\n") if (line := raw.replace("\t", " ").strip())]


def _without_line_numbers(pages: Sequence[Sequence[str]]) -> list[list[str]]:
    """The pages; where lines of one count up, as numbers in the margin do, no line is only a number."""
    if not any(_counts_up(lines) for lines in pages):
        return [list(lines) for lines in pages]
    return [[line for line in lines if _number(line) is None] for lines in pages]


def _counts_up(lines: Sequence[str]) -> bool:
    run = 1
    for before, number in pairwise(map(_number, lines)):
        run = run + 1 if number is not None and before is not None and number == before + 1 else 1
        if run == _MIN_RUN:
            return True
    return False


def _number(line: str) -> int | None:
    return int(line) if len(line) <= 5 and line.isascii() and line.isdecimal() else None


def _without_edges(pages: Sequence[Sequence[str]]) -> list[list[str]]:
    """The pages without page numbers and without what stands on the edge of most of them."""
    counts = Counter(key for lines in pages for key in {_key(line) for line in _edges(lines)})
    many = max(3, len(pages) / 2)
    recurring = {key for key, n in counts.items() if n >= many and not key.endswith(":")}
    kept: list[list[str]] = []
    for lines in pages:
        first, last = 0, len(lines)
        while first < min(_EDGE, last) and _is_edge(lines[first], recurring):
            first += 1
        while last > max(first, len(lines) - _EDGE) and _is_edge(lines[last - 1], recurring):
            last -= 1
        kept.append(list(lines[first:last]))
    return kept


def _edges(lines: Sequence[str]) -> list[str]:
    return [*lines[:_EDGE], *lines[-_EDGE:]]


def _key(line: str) -> str:
    return re.sub(r"\d+", "#", line.casefold())


def _is_edge(line: str, recurring: set[str]) -> bool:
    return _key(line) in recurring or _PAGE_NUMBER.fullmatch(line) is not None
