"""The section on propositions: what the data say of each, and the statements for and against it."""

from __future__ import annotations

from collections.abc import Sequence

from autocode.config import suggest
from autocode.findings.associations import (
    LEAST_INTERVIEWS,
    LEAST_PLACES,
    Examined,
    Side,
    Verdict,
    examine,
    named,
)
from autocode.findings.material import Material, Statement, respondents_with
from autocode.findings.part import Cells, Options, Part, code_anchor, entry, linked, nothing_accepted
from autocode.findings.propositions import Proposition, Propositions, codes_of
from autocode.report.apa import DASH, MINUS, counted, interval, percent
from autocode.report.blocks import Block, Cell, Entry, Facts, Heading, Line, Section, Table, Text
from autocode.respondents import spread

NAME, TITLE = "propositions", "Propositions"
N_QUOTES = 3  # of each side
SAID: dict[Verdict, str] = {
    "consistent": "The data are consistent with it.",
    "not consistent": "The data are not consistent with it.",
    "undecided": "The data do not decide: they fit it and its opposite.",
    "too few": "Nothing can be said",
}
SHORT: dict[Verdict, str] = {
    "consistent": "are consistent with it", "not consistent": "are not consistent with it",
    "undecided": "do not decide", "too few": "cannot tell",
}  # fmt: skip
SPEAKS = {"for": "for it", "against": "against it", "neither": ""}


def propositions_part(material: Material, options: Options, given: Propositions | None) -> Part:
    """What the data say of `given`; None: no propositions go with this codebook."""
    if absent := _absent(material, given):
        return Part(Section(NAME, TITLE, absent=absent))
    assert given is not None
    found = [examine(material, one, options) for one in given.propositions]
    entries: list[Entry] = []
    blocks: list[Block] = [Text(_explained(material, given, options)), _overview(found)]
    for one in found:
        entries += [entry(_anchor(one, side), _title(one, side), side.statements) for side in one.sides]
        blocks += _blocks(one, material)
    rows = _rows(found)
    record = {"propositions": {
        "name": given.name, "source": given.source,
        "found": [dict(zip(rows[0], row, strict=True)) for row in rows[1:]],
    }}  # fmt: skip
    return Part(Section(NAME, TITLE, blocks), record, entries, {"propositions": rows})


def _absent(material: Material, given: Propositions | None) -> str:
    if given is None:
        return (
            "no propositions are shipped for this codebook; write some in propositions.yaml, "
            "as in configs/propositions"
        )
    for one in given.propositions:
        for code in codes_of(one):
            if code not in material.codebook:
                return f"'{one.id}' names a code '{code}' that the codebook does not have" + suggest(
                    code, list(material.codebook.ids)
                )
    return nothing_accepted(material)


def _explained(material: Material, given: Propositions, options: Options) -> str:
    who = "somebody or the machine has coded" if material.include_machine else "somebody has finished"
    source = f" after {given.source}" if given.source else ""
    return (
        f"{given.title or given.name}{source}: each claim as a relation between codes. Statements count that "
        f"{who}. Intervals ({percent(options.level)}) take interviews, not statements, as "
        "what was drawn. “Consistent with” means that the interval lies on the claim's side of no relation; "
        "“not consistent with”, on the other side. Codes that go together say nothing of cause and effect, "
        "the order within an interview is partly the interviewer's, and several claims were looked at, each "
        f"by itself. With fewer than {LEAST_PLACES} places for each kind of codes, or "
        f"{LEAST_INTERVIEWS} interviews, nothing is said. Where all interviews are alike there is no "
        "interval, since that does not show how far off a number may be; an order that holds in all of n "
        "interviews has the exact interval of n in n."
    )


def _overview(found: Sequence[Examined]) -> Table:
    lines = [
        Line(
            [
                Cell(one.proposition.id, link=f"#{_place(one)}"), Cell(one.proposition.text),
                Cell(_measure(one)), Cell(str(one.n_interviews)), Cell(SHORT[one.verdict]),
            ],
            few=one.verdict == "too few",
        )
        for one in found
    ]  # fmt: skip
    note = (
        "co-occurs: by how many percentage points the second codes are more frequent where the first are; "
        "precedes: the share of pairs in which the first code comes first, .50 without any order; "
        "differs: by how many percentage points more statements have the code in the first group."
    )
    heads = ["Claim", "In words", "Relation", "Interviews", "The data"]
    return Table("What the data say of each claim", heads, lines, note, n_text=1, prose=frozenset({1, 2, 4}))


def _measure(one: Examined) -> str:
    return f"{one.proposition.relation}: {shown(one)}"


def shown(one: Examined) -> str:
    """The number with its interval: points of a difference, or a share."""
    if one.value is None:
        return DASH
    low, high = one.interval.low, one.interval.high
    if one.proposition.relation == "precedes":
        ends = interval(None if low is None else max(0.0, low), None if high is None else min(1.0, high))
        return f"{one.value:.2f}".lstrip("0") + ("" if ends == DASH else f" {ends}")
    if low is None or high is None:
        return f"{_points(one.value)} points"
    return f"{_points(one.value)} points [{_points(max(-1.0, low))},\u00a0{_points(min(1.0, high))}]"


def _points(difference: float) -> str:
    """A difference of shares in percentage points, always with its sign.

    >>> _points(0.125), _points(-0.5), _points(0.001)
    ('+12', '−50', '0')
    """
    points = round(100 * difference)
    return f"+{points}" if points > 0 else f"{MINUS}{-points}" if points else "0"


def _blocks(one: Examined, material: Material) -> list[Block]:
    claim = one.proposition
    said = SAID[one.verdict] + (f": {one.because}." if one.because else "")
    blocks: list[Block] = [
        Heading(f"{claim.id}: {claim.text}", _place(one)),
        Text(f"{said} {_expected(claim, material)}"),
    ]
    if claim.note:
        blocks.append(Text(f"How it was read: {claim.note}"))
    rests = Facts([(name, f"{n:,}") for name, n in one.counts])
    sides = Table(
        f"{claim.id}: who says so",
        ["Statements", "Speaks", "Number", "Respondents"],
        [
            Line([
                Cell(side.what), Cell(SPEAKS[side.speaks]), linked(len(side.statements), _anchor(one, side)),
                Cell(_who(side.statements)),
            ])
            for side in one.sides
        ],
        note="In brackets how many of the statements are whose.",
        n_text=2, prose=frozenset({3}),
    )  # fmt: skip
    quotes = [
        Line([
            Cell(SPEAKS[side.speaks] or side.what), Cell(str(place[0].respondent)),
            Cell(" […] ".join(said.text for said in place)), Cell(_codes(place, claim, material)),
            Cell(place[0].label, link=f"#{place[0].anchor}"),
        ])
        for side in one.sides
        for place in chosen(side.places)
    ]  # fmt: skip
    blocks += [rests, sides]
    if quotes:
        blocks.append(
            Table(
                f"{claim.id}: statements", ["Speaks", "Who", "Statement", "Codes", "Where"], quotes, n_text=5
            )
        )
    return blocks


def _expected(claim: Proposition, material: Material) -> str:
    codes = named(material, claim.codes)
    if claim.relation == "differs":
        if claim.expect == "alike":
            within = f"{100 * claim.margin:g} percentage points"
            return f"It expects {codes} as often in both groups, give or take {within}."
        return f"It expects {codes} more often where {claim.attribute} is {claim.more} than {claim.less}."
    what = "together" if claim.relation == "co-occurs" else "in this order"
    return f"It expects {what}: {codes} (the first codes); {named(material, claim.others)} (the second)."


def chosen(places: Sequence[tuple[Statement, ...]]) -> list[tuple[Statement, ...]]:
    """A few places, in order, nobody's second before everybody's first."""
    rows = spread([str(place[0].respondent) for place in places], range(len(places)), N_QUOTES)
    return [places[row] for row in rows]


def _codes(place: Sequence[Statement], claim: Proposition, material: Material) -> str:
    """The codes of the claim that the statements carry."""
    carried = {code for one in place for code in one.codes}
    return ", ".join(material.codebook.short_path(code) for code in codes_of(claim) if code in carried)


def _who(statements: Sequence[Statement]) -> str:
    return ", ".join(f"{who} ({n})" for who, n in respondents_with(statements).items()) or "nobody"


def _place(one: Examined) -> str:
    return f"claim-{code_anchor(one.proposition.id)}"


def _anchor(one: Examined, side: Side) -> str:
    return f"{_place(one)}-{one.sides.index(side) + 1}"


def _title(one: Examined, side: Side) -> str:
    return f"{one.proposition.id}, {side.what}: {counted(len(side.statements), 'statement')}"


def _rows(found: Sequence[Examined]) -> list[Cells]:
    rows: list[Cells] = [
        ("id", "text", "relation", "verdict", "because", "value", "low", "high", "n_interviews", "counts",
         "statements_for", "statements_against")
    ]  # fmt: skip
    for one in found:
        sides = {side.speaks: len(side.statements) for side in one.sides}
        rows.append(
            (one.proposition.id, one.proposition.text, one.proposition.relation, one.verdict, one.because,
             one.value, one.interval.low, one.interval.high, one.n_interviews,
             "; ".join(f"{name}: {n}" for name, n in one.counts), sides.get("for"), sides.get("against"))
        )  # fmt: skip
    return rows
