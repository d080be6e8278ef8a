"""The sections that come first: in short, corpus, respondents, codebook."""

from __future__ import annotations

from autocode.findings.material import Material, Statement, respondents_with
from autocode.findings.part import Options, Part, code_anchor, code_in_tree, entry, linked, nothing_accepted
from autocode.findings.structure import in_tree_order
from autocode.report.apa import DASH, counted, share
from autocode.report.blocks import Block, Bullets, Cell, Facts, Line, Section, Table, Text

MACHINE_WARNING = (
    "This report counts codes that a machine suggested and that no person has accepted. It is for looking "
    "ahead, not for reporting: what only the machine says is marked."
)


def in_short(material: Material, options: Options) -> Part:
    """What this is, and what must be known before it is read."""
    coded, read = material.coded, [one for one in material.said_by_respondents if one.complete]
    machine = sum(one.by_machine for one in coded)
    blocks: list[Block] = []
    warnings = list(material.warnings)
    if material.include_machine:
        warnings.insert(0, MACHINE_WARNING + f" Here that is {machine:,} of {len(coded):,} coded statements.")
    if material.n_split:
        warnings.append(
            f"{counted(material.n_split, 'code')} on statements on which exactly half of the coders agree "
            "count as not accepted; adjudicate them on the review page"
        )
    if warnings:
        blocks.append(Bullets(warnings, warning=True))
    if absent := nothing_accepted(material):
        blocks.append(Text(f"There is nothing to report yet: {absent}."))
    by = {name: sum(_by(one) == name for one in coded) for name in ("consensus", "coders", "machine")}
    facts = [
        ("Interviews", f"{len(material.interviews)}, "
                       f"with {counted(len(material.respondents), 'respondent')}"),
        ("Statements", f"{counted(len(material.said_by_respondents), 'statement')} of respondents, "
                       f"{len(read):,} of them read by people, {len(coded):,} with a code"),
        ("Accepted by", f"agreement of the coders: {by['consensus']:,}; most of the coders: {by['coders']:,}"
                        + (f"; the machine alone: {by['machine']:,}" if material.include_machine else "")),
        ("Codebook", f"{material.codebook.title or material.codebook.name}, "
                     f"{counted(len(material.codebook.codes), 'code')}"),
    ]  # fmt: skip
    blocks.append(Facts(facts))
    blocks.append(
        Text(
            "Statements are named by interview and number, 3.12 being the twelfth of interview 3; "
            "respondents are numbers. How many statements have a code, or meet another condition, leads to "
            "these statements."
        )
    )
    record = {"n_interviews": len(material.interviews), "n_respondents": len(material.respondents),
              "n_statements": len(material.said_by_respondents), "n_read": len(read), "n_coded": len(coded),
              "coded_by": by, "n_split": material.n_split, "warnings": warnings}  # fmt: skip
    return Part(Section("short", "In short", blocks), record)


def _by(one: Statement) -> str:
    found = {support.by for support in one.codes.values()}
    return next(name for name in ("consensus", "coders", "machine") if name in found)


def corpus(material: Material, options: Options) -> Part:
    """The interviews."""
    if not material.interviews:
        return Part(Section("corpus", "Corpus", absent="no interview has been coded yet"))
    names = sorted({name for one in material.interviews for name in one.attributes})
    lines, entries = [], []
    for one in material.interviews:
        said = [s for s in material.statements if s.interview == one.number]
        theirs = [s for s in said if s.respondent is not None]
        coded = [s for s in theirs if s.codes]
        anchor = f"coded-in-{one.number}"
        lines.append(
            Line([
                Cell(f"{one.number}"), Cell(", ".join(one.respondents)),
                *(Cell(one.attributes.get(name, DASH)) for name in names),
                Cell(f"{sum(len(s.text.split()) for s in said):,}"), Cell(f"{len(theirs):,}"),
                Cell(f"{sum(s.complete for s in theirs):,}"), linked(len(coded), anchor),
            ])
        )  # fmt: skip
        entries.append(entry(anchor, f"Interview {one.number}, coded statements", coded))
    heads = ["Interview", "Respondents", *names, "Words", "Statements", "Read", "Coded"]
    table = Table("The interviews, in the order of their files' names", heads, lines, n_text=2 + len(names))
    record = {"interviews": [
        {"number": one.number, "respondents": list(one.respondents), "attributes": dict(one.attributes)}
        for one in material.interviews
    ]}  # fmt: skip
    return Part(Section("corpus", "Corpus", [table]), record, entries)


def respondents(material: Material, options: Options) -> Part:
    """Who was interviewed, by number."""
    if not material.respondents:
        return Part(Section("respondents", "Respondents", absent="no respondent says anything that is coded"))
    lines, entries = [], []
    n_said = respondents_with(material.said_by_respondents)
    for who in material.respondents:
        theirs = [one for one in material.said_by_respondents if one.respondent == who]
        coded = [one for one in theirs if one.codes]
        codes = {id for one in coded for id in material.finest(one)}
        anchor = f"coded-by-{who}"
        known = ", ".join(dict.fromkeys(value for one in theirs for value in one.attributes.values()))
        lines.append(
            Line([
                Cell(who), Cell(", ".join(dict.fromkeys(f"{one.interview}" for one in theirs))),
                Cell(known or DASH), Cell(f"{n_said[who]:,}"), linked(len(coded), anchor),
                Cell(share(len(coded) / n_said[who])), Cell(f"{len(codes)}"),
            ])
        )  # fmt: skip
        entries.append(entry(anchor, f"{who}, coded statements", coded))
    heads = ["Respondent", "Interview", "Known", "Statements", "Coded", "Share", "Different codes"]
    note = (
        "A name is the same person in all interviews; a mere part such as 'Respondent 1' is another person "
        "in each. Who is who is in a file of its own, apart from this report."
    )
    table = Table("The respondents", heads, lines, note, n_text=3)
    return Part(Section("respondents", "Respondents", [table]), {}, entries)


def codebook(material: Material, options: Options) -> Part:
    """The codes with their definitions and their first example."""
    book = material.codebook
    if not book.codes:
        return Part(Section("codebook", "Codebook", absent="the codebook has no codes"))
    by_code, told = material.by_code(), material.told or book
    lines = [
        Line([
            code_in_tree(book, id, book.level(id)),
            Cell(told[id].definition or DASH), Cell(told[id].theory or DASH),
            linked(len(by_code[id]), code_anchor(id)),
        ])
        for id in in_tree_order(book)
    ]  # fmt: skip
    blocks: list[Block] = [Text(one) for one in (told.description, told.source, told.note) if one]
    table = Table("The codes", ["Code", "Definition", "Theory", "Statements"], lines, n_text=3)
    return Part(Section("codebook", "Codebook", [*blocks, table]))
