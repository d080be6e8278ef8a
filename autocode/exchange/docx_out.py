"""Transcripts as Word documents; each code is a comment of its coder on the words that it was given to."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from autocode.exchange.formats import FileNames
from autocode.exchange.gathered import MACHINE, Gathered, Interview, Placed
from autocode.exchange.stretches import cut
from autocode.xmlfile import xml_text


def files(gathered: Gathered) -> Iterator[tuple[str, bytes]]:
    """One document for each transcript."""
    names = FileNames(".docx")
    for interview in gathered.interviews:
        content = io.BytesIO()
        _document(gathered, interview).save(content)
        yield names.of(interview.transcript.id), content.getvalue()


def _document(gathered: Gathered, interview: Interview) -> Any:
    from docx import Document

    document, transcript = Document(), interview.transcript
    document.core_properties.author = "autocode"
    document.core_properties.title = xml_text(transcript.id)
    document.core_properties.comments = ""
    document.add_heading(xml_text(transcript.id), level=1)
    codes = gathered.current(interview)
    first: dict[Placed, Any] = {}
    last: dict[Placed, Any] = {}
    for turn in transcript.turns:
        paragraph = document.add_paragraph()
        paragraph.add_run(f"{xml_text(turn.speaker)}: ").bold = True
        for piece in cut(turn.start_char, turn.end_char, codes):
            run = paragraph.add_run(xml_text(transcript.text[piece.start_char : piece.end_char]))
            for one in piece.covers:
                first.setdefault(one, run)
                last[one] = run
    for one in codes:
        if one in first:
            comment = document.add_comment(
                [first[one], last[one]], text=xml_text(_said(gathered, one)), author=xml_text(one.coder),
                initials=xml_text("".join(word[0] for word in one.coder.split() if word[0].isalnum()))[:9],
            )  # fmt: skip
            comment._comment_elm.date = one.at.replace(microsecond=0) if one.at is not None else None
    return document


def _said(gathered: Gathered, one: Placed) -> str:
    """The code; of the machine, with how sure it is."""
    path = gathered.codebook.path(one.code)
    if one.coder != MACHINE or one.suggestion is None:
        return path
    sure = one.suggestion.probability
    return f"{path} (suggested{'' if sure is None else f', probability {sure:.2f}'})"
