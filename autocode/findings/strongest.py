"""The strongest statements of each code, spread over respondents, with what was asked and said before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autocode.findings.material import Material, Statement
from autocode.findings.part import Cells, Options, Part, code_anchor, nothing_accepted
from autocode.findings.structure import in_tree_order
from autocode.report.apa import counted
from autocode.report.blocks import Block, Cell, Heading, Line, Section, Table, Text
from autocode.respondents import spread
from autocode.themes.theme import MIN_WORDS

TITLE = "Quotes"
N_QUOTES = 5  # of a code in the report
N_IN_FILE = 20  # of a code in the file
FULL = 40  # words from which a statement is not the stronger for being longer
RANK = {"consensus": 0, "coders": 1, "machine": 2}


@dataclass(frozen=True, slots=True)
class Quote:
    """A statement for a code, with what was said before it in the same answer."""

    code_id: str
    statement: Statement
    before: str  # the statement before it by the same respondent to the same question; empty: none
    after: str


def quotes(material: Material, options: Options) -> Part:
    """The table of quotes, code by code."""
    if absent := nothing_accepted(material):
        return Part(Section("quotes", TITLE, absent=absent))
    found = strongest(material, N_IN_FILE)
    blocks: list[Block] = [Text(_explained(material))]
    for code_id, of_code in found.items():
        name, n = material.codebook.short_path(code_id), len(material.carrying(code_id))
        blocks.append(Heading(material.codebook.path(code_id), f"quotes-{code_anchor(code_id)}"))
        blocks.append(_table(material, f"{name}: {len(of_code[:N_QUOTES])} of {counted(n, 'statement')}",
                             of_code[:N_QUOTES]))  # fmt: skip
    rows = _rows(material, found)
    record = {"quotes": [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]}
    return Part(Section("quotes", TITLE, blocks), record, (), {"quotes": rows})


def strongest(material: Material, n: int) -> dict[str, list[Quote]]:
    """For each code that statements carry, its `n` strongest; nobody's second before everybody's first.

    A code with codes below it shows those statements that carry none of these, unless there are no others.
    """
    place = {one.id: number for number, one in enumerate(material.statements)}
    by_code = material.by_code()
    found = {}
    for code_id in in_tree_order(material.codebook):
        own = [one for one in by_code[code_id] if code_id in material.finest(one)]
        if not own:
            continue
        order = sorted(range(len(own)), key=lambda row: strength(own[row], code_id))
        chosen = spread([str(one.respondent) for one in own], order, n)
        found[code_id] = [_quote(material, code_id, own[row], place[own[row].id]) for row in chosen]
    return found


def strength(one: Statement, code_id: str) -> tuple[float, ...]:
    """What orders statements of a code, strongest first: agreed on, by more coders, by a larger part of the
    coders, in words enough to be understood alone, higher in the machine's score, in more words (up to 40),
    earlier.
    """
    support, n_words = one.codes[code_id], len(one.text.split())
    return (
        RANK[support.by], -support.n_for, -support.n_for / support.n_coders, n_words < MIN_WORDS,
        -round(support.score or 0.0, 2), -min(FULL, n_words), one.interview, one.index,
    )  # fmt: skip


def _quote(material: Material, code_id: str, one: Statement, place: int) -> Quote:
    def said(at: int) -> str:
        if not 0 <= at < len(material.statements):
            return ""
        other = material.statements[at]
        same = (other.interview, other.asked, other.respondent) == (one.interview, one.asked, one.respondent)
        return other.text if same else ""

    return Quote(code_id, one, said(place - 1), said(place + 1))


def _explained(material: Material) -> str:
    order = (
        "Statements that coders agreed on come first, then those that more coders gave the code, then those "
        f"of {MIN_WORDS} words or more, then those in which the machine, too, is surest, then fuller ones; "
        "nobody is quoted a second time before everybody with the code was quoted once."
    )
    marked = " What only the machine suggests is marked." if material.include_machine else ""
    return f"{order}{marked} The file quotes.csv has up to {N_IN_FILE} for each code."


def _table(material: Material, caption: str, found: Sequence[Quote]) -> Table:
    lines = [
        Line([
            Cell(str(one.respondent), _known(one.attributes), tag="machine" if by_machine else ""),
            Cell(one.text, verbatim=True), Cell(_context(quote), verbatim=True),
            Cell(one.label, link=f"#{one.anchor}"),
        ])
        for quote in found
        for one in [quote.statement]
        for by_machine in [one.codes[quote.code_id].by == "machine"]
    ]  # fmt: skip
    return Table(caption, ["Who", "Statement", "Context", "Where"], lines, n_text=4)


def _known(attributes: Mapping[str, str]) -> str:
    return ", ".join(attributes.values())


def _context(quote: Quote) -> str:
    parts = [("Asked", quote.statement.question), ("Before", quote.before)]
    return "\n".join(f"{name}: {_cut(text)}" for name, text in parts if text)


def _cut(text: str, most: int = 200) -> str:
    return text if len(text) <= most else f"… {text[-most:].split(' ', 1)[-1]}"


def _rows(material: Material, found: Mapping[str, Sequence[Quote]]) -> list[Cells]:
    names = material.attribute_names()
    rows: list[Cells] = [
        ("code", "path", "rank", "respondent", "interview", "statement", *names, "text", "question", "before",
         "after", "decided_by", "coders_for", "coders")
    ]  # fmt: skip
    for code_id, of_code in found.items():
        for rank, quote in enumerate(of_code, 1):
            one, support = quote.statement, quote.statement.codes[code_id]
            rows.append(
                (code_id, material.codebook.path(code_id), rank, one.respondent, one.interview, one.label,
                 *(one.attributes.get(name) for name in names), one.text, one.question, quote.before,
                 quote.after, support.by, support.n_for, support.n_coders)
            )  # fmt: skip
    return rows
