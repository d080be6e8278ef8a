"""oTranscribe (.otr): a part of a web page inside JSON, times as marked spans."""

from __future__ import annotations

from autocode.read.html_page import blocks_of
from autocode.read.json_tree import look, parse_json, string
from autocode.read.paragraphs import found_in
from autocode.read.reader import Found, Source


def read_otranscribe(source: Source) -> list[Found]:
    """One transcript, with the times to the hundredth that oTranscribe keeps. Raises `ReadError`."""
    document, warnings = parse_json(source)
    page = string(look(document, "text"))
    if not page:
        raise source.error('not a transcript of oTranscribe; expected {"text": "<p>...</p>", "media": ...}')
    blocks, more = blocks_of(source, page)
    return [found_in(source, blocks, [*warnings, *more])]
