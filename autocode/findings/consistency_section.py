"""The section on consistency: answers of one respondent to questions that ask the same, side by side."""

from __future__ import annotations

from autocode.findings.consistency import FAR, FEW_CODES, Answer, Compared, Consistency, Group
from autocode.findings.material import Material, Statement
from autocode.findings.part import Cells, Options, Part
from autocode.report.apa import counted, decimal
from autocode.report.blocks import Block, Cell, Heading, Line, Section, Table, Text

NAME, TITLE = "consistency", "Consistency of answers"
N_WORDS = 90  # of an answer in the table
MOST_SHOWN = 6  # comparisons of a group side by side; those to be read go first


def consistency_part(material: Material, options: Options, found: Consistency | None) -> Part:
    """The answers side by side; `found` None: the project has no guide."""
    if absent := _absent(found):
        return Part(Section(NAME, TITLE, absent=absent))
    assert found is not None
    blocks: list[Block] = [Text(_explained(found)), _overview(found)]
    for group in found.groups:
        shown = sorted(group.compared, key=lambda one: (not one.flagged, one.cosine))
        blocks += (
            [Heading(f"Asked in other words: {_readable(group.name)}", f"similar-{group.name}")]
            if shown
            else []
        )
        blocks += [_side_by_side(material, one) for one in shown[:MOST_SHOWN]]
    rows = _rows(material, found)
    record = {"consistency": {
        "meaning_limit": found.meaning_limit, "codes_limit": FEW_CODES, "n_unrelated": found.n_unrelated,
        "n_recognised": found.n_recognised, "n_asked": found.n_asked,
        "found": [dict(zip(rows[0], row, strict=True)) for row in rows[1:]],
    }}  # fmt: skip
    return Part(Section(NAME, TITLE, blocks), record, (), {"consistency": rows})


def _absent(found: Consistency | None) -> str:
    if found is None:
        return "there is no interview guide that says which questions ask the same (guide.yaml, `similar`)"
    if not found.groups:
        return "the guide has no questions that ask the same in other words (`similar`)"
    if not any(group.compared for group in found.groups):
        return (
            f"nobody answered two questions that ask the same: {found.n_recognised} of "
            f"{counted(found.n_asked, 'turn')} of interviewers were recognised as the guide's questions"
        )
    return ""


def _explained(found: Consistency) -> str:
    limit = f"{decimal(FAR)}, set by hand (there are too few answers to other questions)"
    if found.n_unrelated:
        limit = (
            f"{decimal(found.meaning_limit)}, the median of {found.n_unrelated:,} pairs of the same "
            "respondents' answers to questions about other things"
        )
    return (
        f"The guide asks some things twice in other words; {found.n_recognised} of "
        f"{counted(found.n_asked, 'turn')} of interviewers were recognised as its questions; what was said "
        "to others, such as “why?”, is not compared. Codes are far apart below a "
        f"Jaccard of {decimal(FEW_CODES)}, meanings below a cosine of {limit}. Marked “Read” is what is far "
        "apart in both, or in meaning where there are no codes to compare. Neither number sees a “yes” and a "
        "“no” about the same thing, and a second answer may rightly be about something else: a person must "
        "read them."
    )


def _overview(found: Consistency) -> Table:
    lines = [
        Line([
            Cell(_readable(group.name), link=_link(group)), Cell(_wordings(group)),
            Cell(str(len({one.respondent for one in group.compared}))),
            Cell(str(len(group.asked_once))),
            Cell(str(len(group.compared))),
            Cell(str(sum(one.flagged for one in group.compared))),
        ])
        for group in found.groups
    ]  # fmt: skip
    heads = ["About", "Questions", "Respondents", "Asked once only", "Pairs", "To read"]
    return Table("Questions that ask the same in other words", heads, lines, n_text=2)


def _link(group: Group) -> str | None:
    return f"#similar-{group.name}" if group.compared else None


def _wordings(group: Group) -> str:
    return " / ".join(f"{one.id}: {one.text}" for one in group.questions)


def _side_by_side(material: Material, one: Compared) -> Table:
    sides = (one.first, one.second)
    far = ", far apart" if one.meaning_far else ""
    measured = f"Codes: {_codes_alike(one)}. Meaning: {decimal(one.cosine)}{far}."
    lines = [
        Line([Cell("Asked"), *(Cell(" / ".join(side.asked), side.question.id) for side in sides)]),
        Line([Cell("Said"), *(Cell(_said(side)) for side in sides)]),
        Line([Cell("Codes"), *(Cell(_codes(material, side)) for side in sides)]),
        Line([Cell("Where"), *(_where(side) for side in sides)]),
    ]
    tag = "Read: " if one.flagged else ""
    return Table(f"{tag}{one.respondent}. {measured}", ["", "First", "Second"], lines, n_text=3)


def _codes_alike(one: Compared) -> str:
    if one.jaccard is None:
        return "nothing to compare"
    return f"Jaccard {decimal(one.jaccard)}, MASI {decimal(one.masi)}{', far apart' if one.codes_far else ''}"


def _said(answer: Answer) -> str:
    words = " ".join(one.text for one in answer.statements).split()
    return " ".join(words[:N_WORDS]) + (" …" if len(words) > N_WORDS else "")


def _codes(material: Material, answer: Answer) -> str:
    if answer.codes is None:
        return "not all of it is coded"
    return (
        ", ".join(material.codebook.short_path(id) for id in material.codebook.ids if id in answer.codes)
        or "none"
    )


def _where(answer: Answer) -> Cell:
    """The stretches in which the answer was given; the link leads to the first."""
    stretches: list[list[Statement]] = []
    for one in answer.statements:
        last = stretches[-1][-1] if stretches else None
        if last is not None and (last.interview, last.asked) == (one.interview, one.asked):
            stretches[-1].append(one)
        else:
            stretches.append([one])
    labels = [f"{s[0].label} to {s[-1].label}" if len(s) > 1 else s[0].label for s in stretches]
    listed = next((one for one in answer.statements if one.codes), None)  # others have no place in the report
    return Cell("; ".join(labels), link=f"#{listed.anchor}" if listed else None)


def _readable(name: str) -> str:
    return name.replace("_", " ")


def _rows(material: Material, found: Consistency) -> list[Cells]:
    rows: list[Cells] = [
        ("similar", "respondent", "question_1", "question_2", "read", "jaccard", "masi", "cosine",
         "codes_far", "meaning_far", "codes_1", "codes_2", "statements_1", "statements_2")
    ]  # fmt: skip
    for group in found.groups:
        for one in group.compared:
            sides = (one.first, one.second)
            rows.append(
                (group.name, one.respondent, *(side.question.id for side in sides), one.flagged, one.jaccard,
                 one.masi, one.cosine, one.codes_far, one.meaning_far,
                 *("; ".join(sorted(side.codes or ())) for side in sides),
                 *(" ".join(each.label for each in side.statements) for side in sides))
            )  # fmt: skip
    return rows
