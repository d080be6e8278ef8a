"""Transcripts as Word documents; each code is a comment of its coder on the words that it was given to.

The package and its styles are python-docx's; what stands in it is written as XML, since an object for every
run and comment takes several times as long.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import UTC
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from autocode.exchange.formats import FileNames
from autocode.exchange.gathered import MACHINE, Gathered, Interview, Placed
from autocode.exchange.stretches import Stretch, cut, passages
from autocode.xmlfile import xml_text

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_BREAKS = {"\n": '</w:t><w:br/><w:t xml:space="preserve">', "\t": '</w:t><w:tab/><w:t xml:space="preserve">'}
_REFERENCE = '<w:rPr><w:rStyle w:val="CommentReference"/></w:rPr>'
MOST_IN_TITLE = 255  # characters, of a document's properties
Cut = tuple[str, Sequence[Stretch]]  # a speaker (or nobody), and the pieces of what he or she says


def files(gathered: Gathered) -> Iterator[tuple[str, bytes]]:
    """One document for each transcript."""
    names = FileNames(".docx")
    for interview in gathered.interviews:
        content = io.BytesIO()
        _document(gathered, interview).save(content)
        yield names.of(interview.transcript.id), content.getvalue()


def _document(gathered: Gathered, interview: Interview) -> Any:
    from docx import Document
    from docx.oxml import parse_xml

    document, transcript = Document(), interview.transcript
    document.core_properties.author = "autocode"
    document.core_properties.title = xml_text(transcript.id)[:MOST_IN_TITLE]
    document.core_properties.comments = ""
    document.add_heading(xml_text(transcript.id), level=1)
    codes = gathered.current(interview)
    turns = [(speaker, list(cut(start, end, codes))) for speaker, start, end in passages(transcript, codes)]
    paragraphs, numbers = _paragraphs(transcript.text, turns)
    document.element.body[-1:-1] = list(
        parse_xml(f"<w:body {_W}>{paragraphs}</w:body>")
    )  # before the page's form
    comments = "".join(_comment(gathered, one, number) for one, number in numbers.items())
    document.part._comments_part.element.extend(parse_xml(f"<w:comments {_W}>{comments}</w:comments>"))
    return document


def _paragraphs(text: str, turns: Sequence[Cut]) -> tuple[str, dict[Placed, int]]:
    """The passages, one paragraph each, and the number of each code that stands somewhere in them."""
    last: dict[Placed, Stretch] = {
        one: piece for _, pieces in turns for piece in pieces for one in piece.covers
    }
    numbers: dict[Placed, int] = {}
    found = []
    for speaker, pieces in turns:
        name = f"<w:r><w:rPr><w:b/></w:rPr>{_text(f'{speaker}: ')}</w:r>" if speaker else ""
        found.append(f"<w:p>{name}")
        for piece in pieces:
            for one in piece.covers:
                if one not in numbers:
                    numbers[one] = len(numbers)
                    found.append(f'<w:commentRangeStart w:id="{numbers[one]}"/>')
            found.append(f"<w:r>{_text(text[piece.start_char : piece.end_char])}</w:r>")
            found += [_end(numbers[one]) for one in piece.covers if last[one] is piece]
        found.append("</w:p>")
    return "".join(found), numbers


def _end(number: int) -> str:
    mark = f'<w:commentReference w:id="{number}"/>'
    return f'<w:commentRangeEnd w:id="{number}"/><w:r>{_REFERENCE}{mark}</w:r>'


def _comment(gathered: Gathered, one: Placed, number: int) -> str:
    initials = "".join(word[0] for word in one.coder.split() if word[0].isalnum())[:9]
    at = "" if one.at is None else f' w:date="{one.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"'
    return (
        f'<w:comment w:id="{number}" w:author={_quoted(one.coder)} w:initials={_quoted(initials)}{at}>'
        f'<w:p><w:pPr><w:pStyle w:val="CommentText"/></w:pPr><w:r>{_REFERENCE}<w:annotationRef/></w:r>'
        f"<w:r>{_text(_said(gathered, one))}</w:r></w:p></w:comment>"
    )


def _text(text: str) -> str:
    return f'<w:t xml:space="preserve">{escape(xml_text(text), _BREAKS)}</w:t>'


def _quoted(text: str) -> str:
    return quoteattr(xml_text(text))


def _said(gathered: Gathered, one: Placed) -> str:
    """The code; of the machine, with how sure it is."""
    path = gathered.codebook.path(one.code)
    if one.coder != MACHINE or one.suggestion is None:
        return path
    sure = one.suggestion.probability
    return f"{path} (suggested{'' if sure is None else f', probability {sure:.2f}'})"
