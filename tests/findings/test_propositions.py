"""Propositions: files with mistakes, and relations counted by hand on small studies."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from autocode.codebook import read_codebook
from autocode.errors import FindingsError
from autocode.findings import material_of
from autocode.findings.associations import Examined, examine
from autocode.findings.part import Options
from autocode.findings.propositions import (
    Proposition,
    Propositions,
    propositions_for,
    read_propositions,
    shipped_propositions,
)
from autocode.findings.propositions_section import propositions_part
from autocode.report.blocks import Table
from tests.findings.conftest import Write, answers

T2 = 4.30265273  # the t quantile at .975 with two degrees of freedom


def test_what_is_shipped_fits_its_codebook() -> None:
    assert shipped_propositions() == ["knowledge_dynamics", "relationship_development"]
    for name in shipped_propositions():
        book = read_codebook(name)
        assert propositions_for(book) == read_propositions(name, codebook=book)
    assert [one.id for one in read_propositions("knowledge_dynamics").propositions] == [
        "P1",
        "P2",
        "P3",
        "P4",
        "P5",
    ]
    assert propositions_for(book.model_copy(update={"name": "other"})) is None


ITEM = "propositions:\n- {id: a, text: b, "
PAIR = ITEM + "relation: precedes, codes: [goals], with: [risk]}\n"
GROUPS = ITEM + "relation: differs, codes: [risk], attribute: f, more: A"
MISTAKES = {
    "name: a\n": "line 1: no propositions",
    "propositions:\n- {id: a, textt: b}": "line 2: a proposition has no key 'textt'; did you mean 'text'?",
    PAIR.replace(
        "precedes", "preceeds"
    ): "line 2: the relation must be one of co-occurs, precedes, differs; did",
    GROUPS + "}": "line 2: a proposition with the relation 'differs' needs 'less'",
    PAIR.replace("}", ", within: turn}"): "line 2: the relation 'precedes' has no 'within'",
    PAIR.replace("goals", "goal"): "line 2: no code 'goal' in the codebook; did you mean 'goals'?",
    PAIR.replace(
        "[risk]", "[risk, trust]"
    ): "line 2: 'trust' and 'goals' are one code, or one is above the other",
    GROUPS + ", less: B, margin: lots}": "line 2: the margin of the proposition 'a' must be a number such as",
    "propositions:\n- &x {id: a}\n": "YAML anchors are not read",
    PAIR + PAIR.partition("\n")[2]: "line 3: the id 'a' is already taken at line 2",
}


@pytest.mark.parametrize(("text", "message"), MISTAKES.items())
def test_a_file_with_a_mistake(tmp_path: Path, write: Write, text: str, message: str) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(text, encoding="utf-8")
    book = material_of(write(answers("a", "x"), {"ann": {"a.1": ["risk"]}})).codebook
    with pytest.raises(FindingsError) as error:
        read_propositions(path, codebook=book)
    assert message in str(error.value)


def study(write: Write, *interviews: str, cases: str = "") -> Path:
    """Interviews as strings, a letter a statement: t trust (its code goals), r risk, b both, - neither."""
    codes = {"t": ["goals"], "r": ["risk"], "b": ["goals", "risk"], "-": []}
    rows, coding = [], {}
    for name, letters in zip("abcdefgh", interviews, strict=False):
        rows += answers(name, *(f"{name}{number}" for number in range(len(letters))))
        coding |= {f"{name}.{number}": codes[letter] for number, letter in enumerate(letters, 1)}
    return write(rows, {"ann": coding}, cases=cases)


def examined(folder: Path, **values: object) -> Examined:
    common = {"id": "p", "text": "Trust and risk.", "codes": ("trust",)}
    return examine(material_of(folder), Proposition.model_validate({**common, **values}), Options())


def test_codes_that_go_together(write: Write) -> None:
    """Of 6 statements with trust 4 have risk, of 9 without it 1: 4/6 - 1/9 = .5556. Without one interview:
    a (bbt---) 2/3 - 1/6, b (bt-r--) 3/4 - 0/5, c (b---) 3/5 - 1/7."""
    told = examined(
        study(write, "bbt---", "bt-r--", "b--"),
        relation="co-occurs",
        **{"with": ["risk"]},
        within="statement",
    )
    assert told.value == pytest.approx(4 / 6 - 1 / 9)
    assert [n for _, n in told.counts] == [4, 2, 1, 8]
    assert told.counts[0][0] == "statements with both"
    parts = [2 / 3 - 1 / 6, 3 / 4 - 0 / 5, 3 / 5 - 1 / 7]
    mean = sum(parts) / 3
    error = (2 / 3 * sum((part - mean) ** 2 for part in parts)) ** 0.5
    assert told.interval.low == pytest.approx(4 / 6 - 1 / 9 - T2 * error)
    assert told.verdict == "undecided"
    for_it, against = told.sides
    assert [one.label for one in for_it.statements] == ["1.2", "1.3", "2.2", "3.2"]
    assert ([one.label for one in against.statements], against.what) == (
        ["1.4", "2.3"],
        "the first codes alone in their statement",
    )
    # each interview is one answer here, and all answers have both: nothing to compare with
    within = examined(study(write, "tr", "tr", "b", "b", "tr"), relation="co-occurs", **{"with": ["risk"]})
    assert (within.verdict, within.because) == (
        "too few",
        "0 answers are without Trust, at least 5 are needed",
    )


def test_codes_that_avoid_each_other(write: Write) -> None:
    """Of 7 statements with trust 1 has risk, of the 6 others all: 1/7 - 1. Without one interview: a 0/4 - 1,
    b and c 1/5 - 1. Where no statement has both, it is -1 in all interviews: no spread to judge by."""
    given = {"relation": "co-occurs", "with": ["risk"], "within": "statement"}
    told = examined(study(write, "ttrrb", "trtr", "rrtt"), **given)
    assert (told.value, told.verdict) == (pytest.approx(1 / 7 - 1), "not consistent")
    parts = [-1.0, -0.8, -0.8]
    error = (2 / 3 * sum((part - sum(parts) / 3) ** 2 for part in parts)) ** 0.5
    assert told.interval.high == pytest.approx(1 / 7 - 1 + T2 * error)
    never = examined(study(write, "ttrr", "trtr", "rrtt"), **given)
    assert (never.value, never.verdict, never.interval.low) == (-1.0, "too few", None)
    assert never.because.startswith("all interviews are alike in it")


def test_codes_that_come_first(write: Write) -> None:
    """a: t before both r: 1. b: t,t at 1,3, r at 2: one of two: .5. c: t and r at once counts half: pairs
    (1,1) half, (1,2) one: .75. The mean is .75."""
    told = examined(study(write, "trr", "trt", "br", "t-", "tt"), relation="precedes", **{"with": ["risk"]})
    assert told.value == pytest.approx(0.75)
    assert told.n_interviews == 3
    assert told.counts == (
        ("statements with the first codes", 7), ("statements with the second codes", 5),
        ("interviews with both", 3), ("of these, the first codes mostly come first", 2),
    )  # fmt: skip
    error = (((1 - 0.75) ** 2 + 0.25**2 + 0) / 2 / 3) ** 0.5  # the standard error of a mean of three
    assert told.interval.low == pytest.approx(0.75 - T2 * error)
    assert told.verdict == "undecided"
    assert [one.label for one in told.sides[0].statements] == ["1.2", "1.3", "3.2", "3.3"][:3]


@pytest.mark.parametrize(("n", "verdicts"), [(5, ("undecided",) * 2), (6, ("consistent", "not consistent"))])
def test_an_order_that_holds_in_every_interview(write: Write, n: int, verdicts: tuple[str, str]) -> None:
    """n in n has the probability .025 where the share is .025 ** (1 / n): .478 for 5, .541 for 6."""
    told = [
        examined(study(write, *[said] * n), relation="precedes", **{"with": ["risk"]})
        for said in ("trr", "rrt")
    ]
    assert [one.value for one in told] == [1.0, 0.0]
    assert [one.verdict for one in told] == list(verdicts)
    least = {5: 0.4782, 6: 0.5407}[n]
    assert (told[0].interval.low, told[0].interval.high) == (pytest.approx(least, abs=1e-4), 1.0)
    assert (told[1].interval.low, told[1].interval.high) == (0.0, pytest.approx(1 - least, abs=1e-4))


CASES = "a: {firm: MBE}\nb: {firm: MBE}\nc: {firm: SME}\nd: {firm: SME}\n"
FIRMS = {"relation": "differs", "attribute": "firm", "more": "MBE", "less": "SME"}


def test_groups_that_differ_and_groups_that_are_alike(write: Write) -> None:
    """MBE: 15 of 16 statements have trust, SME 1 of 16: .875; without one interview .9375 or .8125, so that
    the error is sqrt(3/4 * 4 * .0625**2) = .1083, and 4.303 (two degrees of freedom) times that .466."""
    many, few = ("ttttttt-", "tttttttt"), ("t-------", "--------")
    more = examined(study(write, *many, *few, cases=CASES), **FIRMS)
    assert (more.value, more.verdict) == (0.875, "consistent")
    assert more.interval.low == pytest.approx(0.875 - 0.466, abs=1e-3)
    assert [n for _, n in more.counts] == [16, 15, 16, 1]
    less = examined(study(write, *few, *many, cases=CASES), **FIRMS)
    assert (less.value, less.verdict) == (-0.875, "not consistent")
    half = ["t" * n + "-" * (40 - n) for n in (20, 21)]  # of 40: the interval reaches .093 to either side
    alike = examined(study(write, *half, *half, cases=CASES), **FIRMS, expect="alike")
    assert (alike.value, alike.verdict) == (0.0, "consistent")
    assert [side.speaks for side in alike.sides] == ["neither", "neither"]
    ends = ["t" * n + "-" * (40 - n) for n in (39, 40, 1, 0)]
    unlike = examined(study(write, *ends, cases=CASES), **FIRMS, expect="alike")
    assert unlike.verdict == "not consistent"
    same = examined(study(write, "ttt-", "ttt-", "t---", "t---", cases=CASES), **FIRMS)
    assert (same.value, same.verdict) == (0.5, "too few")
    near = examined(study(write, "tttt", "t---", "tttt", "t---", cases=CASES), **FIRMS, expect="alike")
    assert (near.value, near.verdict) == (0.0, "undecided")  # each firm's interviews differ by .75


def test_what_nobody_has_finished_does_not_count_because_it_has_the_code(write: Write) -> None:
    """In c and d only suggestions were accepted: of what was not, it is not known that it does not apply."""
    material = material_of(study(write, "t---", "tt--", "t---", "tt--", cases=CASES))
    begun = [replace(one, complete=one.complete and one.interview < 3) for one in material.statements]
    for asked in (FIRMS, {"relation": "co-occurs", "with": ["risk"], "within": "statement"}):
        claim = Proposition.model_validate({"id": "p", "text": "Trust.", "codes": ("trust",), **asked})
        told = examine(replace(material, statements=tuple(begun)), claim, Options())
        assert told.verdict == "too few"
        n_read = sum(n for what, n in told.counts if "with Trust" not in what)
        assert n_read == 8


@pytest.mark.parametrize(
    ("interviews", "cases", "because"),
    [
        (("tttt", "t---"), "a: {firm: MBE}\nb: {firm: SME}\n", "MBE has 1 interview, at least 2 are needed"),
        (("tttt", "t---"), "a: {firm: mbe}\nb: {firm: SME}\n", "where firm is MBE (its values are SME, mbe)"),
        (("tttt", "t---"), "", "no interview has this attribute"),
        (("t---", "t---", "t---", "----"), CASES, "3 statements have Trust, at least 5 are needed"),
    ],
)
def test_too_few_to_tell(write: Write, interviews: tuple[str, ...], cases: str, because: str) -> None:
    told = examined(study(write, *interviews, cases=cases), **FIRMS)
    assert told.verdict == "too few"
    assert because in told.because


def test_what_nobody_has_decided_on_is_not_counted(write: Write) -> None:
    """The coder has not seen the last statement of each interview, so it is no place without the code."""
    rows = [row for name in "abc" for row in answers(name, "x", "y", "z")]
    coding = {f"{name}.{number}": ["goals"] for name in "abc" for number in (1, 2)}
    told = examined(
        write(rows, {"ann": coding}), relation="co-occurs", **{"with": ["risk"]}, within="statement"
    )
    assert [n for _, n in told.counts] == [0, 6, 0, 0]


def test_the_section_says_it_with_care_and_links_every_statement(write: Write) -> None:
    folder = study(write, "bbt---", "bt-r--", "b--")
    claim = {
        "id": "P 1",
        "text": "Trust and risk.",
        "codes": ["trust"],
        "with": ["risk"],
        "relation": "co-occurs",
    }
    given = Propositions.model_validate({"name": "n", "propositions": [{**claim, "within": "statement"}]})
    part = propositions_part(material_of(folder), Options(), given)
    overview, sides, quotes = (one for one in part.section.blocks if isinstance(one, Table))
    assert [cell.text for cell in overview.lines[0].cells][-1] == "do not decide"
    assert overview.lines[0].cells[2].text.startswith("co-occurs: +56 points [")
    assert [cell.text for cell in sides.lines[1].cells] == [
        "the first codes alone in their statement", "against it", "2", "R1 (1), R2 (1)"
    ]  # fmt: skip
    assert sides.lines[0].cells[2].link == f"#{part.entries[0].anchor}" == "#claim-code-P~20~1-1"
    assert part.entries[0].places[0] == ("1.2", "s-1-2")
    # nobody is quoted a second time before everybody was quoted once
    assert [line.cells[1].text for line in quotes.lines] == ["R1", "R2", "R3", "R1", "R2"]
    gone = Propositions.model_validate({"name": "n", "propositions": [{**claim, "codes": ["rusk"]}]})
    absent = propositions_part(material_of(folder), Options(), gone).section.absent
    assert absent == "'P 1' names a code 'rusk' that the codebook does not have; did you mean 'risk'?"
    assert "propositions.yaml" in propositions_part(material_of(folder), Options(), None).section.absent
