"""Transcripts in Markdown; coded text is marked as CriticMarkup has it: `{==text==}{>>code (coder)<<}`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from autocode.exchange.formats import FileNames
from autocode.exchange.gathered import Gathered, Interview, Placed
from autocode.exchange.stretches import Stretch, cut, passages
from autocode.write import printable

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~=]|&(?=#?\w+;))")
_LINE_START = re.compile(r"(?m)^([ \t]*\d*)([-+](?=\s|-*[ \t]*$)|(?<=\d)[.)](?=\s))")
FIRST_WORDS = 5


def files(gathered: Gathered) -> Iterator[tuple[str, bytes]]:
    """One file for each transcript."""
    names = FileNames(".md")
    for interview in gathered.interviews:
        text = _text(gathered, interview)
        yield names.of(interview.transcript.id), text.encode("utf-8", "replace")


def _text(gathered: Gathered, interview: Interview) -> str:
    transcript, codes = interview.transcript, gathered.current(interview)
    parts = [f"# {escaped(transcript.id)}\n"]
    for speaker, start, end in passages(transcript, codes):
        said = "".join(_piece(gathered, transcript.text, one) for one in cut(start, end, codes))
        lines = "  \n".join(line.rstrip() for line in said.split("\n"))
        name = f"**{escaped(speaker)}:** " if speaker else ""
        parts.append(f"{name}{lines.strip()}\n")
    return "\n".join(parts)


def _piece(gathered: Gathered, text: str, one: Stretch) -> str:
    """A stretch; codes stand behind the one in which they end."""
    said = text[one.start_char : one.end_char]
    if not one.covers or not said.strip():
        return escaped(said)
    inner = said.strip()
    before, after = said[: said.index(inner)], said[said.index(inner) + len(inner) :]
    codes = "; ".join(_named(gathered, text, code, one) for code in one.ends)
    note = f"{{>>{codes}<<}}" if codes else ""
    return f"{before}{{=={escaped(inner)}==}}{note}{after}"


def _named(gathered: Gathered, text: str, code: Placed, one: Stretch) -> str:
    """`code (coder)`, with the first words where the code began before this stretch."""
    name = f"{gathered.codebook.path(code.code)} ({code.coder})"
    if code in one.begins:
        return escaped(name)
    words = " ".join(text[slice(*code.place)].split()[:FIRST_WORDS])
    return escaped(f"{name}, from “{words}” on")


def escaped(text: str) -> str:
    """The text with nothing in it that Markdown would take for markup.

    >>> escaped("*a* <b>")
    '\\\\*a\\\\* \\\\<b\\\\>'
    """
    return _LINE_START.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", printable(text)))
