"""Each analysis against numbers worked out by hand on a few statements."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from autocode.findings import Material, material_of
from autocode.findings.comparison import compare, groupings
from autocode.findings.cooccurrence import contexts, map_codes, pairs_of
from autocode.findings.part import Options
from autocode.findings.precedence import precedences
from autocode.findings.sequences import compared, follows, order_of
from autocode.findings.strongest import strength, strongest
from autocode.findings.structure import draw, nodes_of
from autocode.findings.thematic_map import draw as draw_map
from autocode.report.drawing import Box, Dot, Words
from tests.findings.conftest import Write, answers

FAST = Options(replicates=400)
CASES = "a: {firm: MBE}\nb: {firm: MBE}\nc: {firm: SME}\nd: {firm: SME}\n"


@pytest.fixture
def material(write: Write) -> Material:
    """Four interviews of four statements; goals and risk meet twice, in a and in b."""
    codes = {
        "a": [["goals", "risk"], ["goals"], [], ["bond"]],
        "b": [["goals", "risk"], ["risk"], [], []],
        "c": [["risk"], [], [], []],
        "d": [["bond"], ["goals"], [], []],
    }
    rows = [row for name in codes for row in answers(name, *(f"{name} says {n}." for n in range(1, 5)))]
    coding = {f"{name}.{n}": given for name, of in codes.items() for n, given in enumerate(of, 1)}
    return material_of(write(rows, {"ann": coding}, cases=CASES))


def test_a_code_counts_for_those_above_it_and_each_box_leads_to_its_statements(material: Material) -> None:
    """Trust: the statements with goals (a.1, a.2, b.1, d.2) or bond (a.4, d.1); partners: risk as well."""
    nodes = {node.code_id: node for node in nodes_of(material)}
    assert {id: (node.n_statements, node.n_respondents) for id, node in nodes.items()} == {
        "partners": (8, 4), "trust": (6, 3), "goals": (4, 3), "bond": (2, 2), "risk": (4, 3),
    }  # fmt: skip
    drawing = draw(material.codebook, nodes, ["partners"])
    boxes = {group.name: box for group in drawing.groups for box in group.shapes if isinstance(box, Box)}
    assert {name: box.link for name, box in boxes.items()}["risk"] == "#code-risk"
    assert boxes["goals"].x < boxes["trust"].x < boxes["partners"].x
    assert boxes["trust"].y == (boxes["goals"].y + boxes["bond"].y) / 2


def test_a_lift_that_is_the_same_without_any_interview_has_no_interval(material: Material) -> None:
    """Goals in 4, risk in 4, both in 2 of 16 statements: lift 2 * 16 / (4 * 4) = 2. Without each interview:
    a: 1*12/(2*3) = 2, b: 1*12/(3*2) = 2, c: 2*12/(4*3) = 2, d: 2*12/(3*4) = 2: no spread at all, which does
    not mean that it is known."""
    (pair,) = pairs_of(contexts(material, "statement"), map_codes(material), material, FAST)
    assert (pair.a, pair.b, pair.n_a, pair.n_b, pair.n_both, pair.n_interviews) == (
        "goals",
        "risk",
        4,
        4,
        2,
        2,
    )
    assert pair.lift == pytest.approx(2)
    assert (pair.low, pair.high, pair.no_interval_because) == (None, None, "the interviews do not differ")
    assert not pair.apart_from_chance
    assert [one.id for one in pair.together] == ["a.1", "b.1"]


def test_the_interval_of_a_lift_that_varies(write: Write) -> None:
    """Both in one statement of two interviews, in none of the third; n = 2, 2, 2.
    whole: 2*6/(2*3) = 2; without a: 1*4/(1*1) = 4; without b: 1*4/(1*2) = 2, without c: 2*4/(2*3) = 4/3."""
    rows = [row for name in "abc" for row in answers(name, "One.", "Two.")]
    coding = {"a.1": ["goals", "risk"], "a.2": ["risk"], "b.1": ["goals", "risk"], "b.2": [], "c.1": [],
              "c.2": []}  # fmt: skip
    found = material_of(write(rows, {"ann": coding}))
    (pair,) = pairs_of(contexts(found, "statement"), map_codes(found), found, FAST)
    logs = np.log([4, 2, 4 / 3])
    error = math.sqrt(2 / 3 * ((logs - logs.mean()) ** 2).sum())
    reach = 4.302653 * error  # the t quantile for two degrees of freedom
    assert pair.lift == pytest.approx(2)
    assert [pair.low, pair.high] == pytest.approx([2 / math.exp(reach), 2 * math.exp(reach)], rel=1e-5)


def test_turns_and_answers_are_wider_than_statements(write: Write) -> None:
    """A second speaker cuts the answer to one question into two turns."""
    rows = answers("a", "One.", "Two.")
    rows.append(("a", "a.3", "Respondent 2", "respondent", "Three."))
    coding = {"a.1": ["goals"], "a.2": ["bond"], "a.3": ["risk"]}
    found = material_of(write(rows, {"ann": coding}))
    met = {
        within: {(p.a, p.b) for p in pairs_of(contexts(found, within), map_codes(found), found, FAST)}
        for within in ("statement", "turn", "answer")
    }
    assert met["statement"] == set()
    assert met["turn"] == {("goals", "bond")}
    assert met["answer"] == {("goals", "bond"), ("goals", "risk"), ("bond", "risk")}


def test_codes_that_meet_in_one_interview_have_no_interval(write: Write) -> None:
    rows = answers("a", "One.", "Two.") + answers("b", "One.", "Two.")
    coding = {"a.1": ["goals", "risk"], "a.2": ["goals", "risk"], "b.1": ["goals"], "b.2": ["risk"]}
    found = material_of(write(rows, {"ann": coding}))
    (pair,) = pairs_of(contexts(found, "statement"), map_codes(found), found, FAST)
    assert (pair.low, pair.no_interval_because) == (None, "they meet in one interview only")


def test_nobody_is_quoted_twice_before_everybody_was_quoted_once(material: Material) -> None:
    found = strongest(material, 3)
    assert [quote.statement.id for quote in found["goals"]] == ["a.1", "b.1", "d.2"]
    assert (found["goals"][2].before, found["goals"][2].after) == ("d says 1.", "d says 3.")
    assert "trust" not in found  # nothing carries it without a code below it


def test_what_more_people_say_is_the_stronger(write: Write) -> None:
    rows = answers("a", "Yes.", "Yes, we do trust them.", "Agreed on.")
    coding = {"a.1": ["risk"], "a.2": ["risk"], "a.3": ["risk"]}
    folder = write(rows, {"ann": coding, "ben": {"a.1": ["risk"]}, "consensus": {"a.3": ["risk"]}})
    order = [quote.statement.id for quote in strongest(material_of(folder), 3)["risk"]]
    assert order == ["a.3", "a.1", "a.2"]  # agreed on; two coders; one


def test_a_statement_too_short_to_be_understood_alone_is_quoted_last(write: Write) -> None:
    """All agree on both, and the machine is surer of the short one, which is also earlier."""
    rows = answers("a", "You get shouted at.", "They carry the loss when the market fails.")
    short, long = material_of(write(rows, {"ann": {"a.1": ["risk"], "a.2": ["risk"]}})).said_by_respondents
    sure = replace(short, codes={"risk": replace(short.codes["risk"], score=0.99)})
    assert strength(long, "risk") < strength(sure, "risk")


def test_rates_by_firm_and_their_difference(material: Material) -> None:
    """Goals: 3 of 8 at the MBE, 1 of 8 at the SME. The jackknife of the difference: without a 1/4 - 1/8,
    without b 2/4 - 1/8, without c 3/8 - 1/4, without d 3/8 - 0; Welch's degrees of freedom are two."""
    (grouping,), _ = groupings(material)
    assert grouping.n_interviews == {"MBE": 2, "SME": 2}
    found = {one.code_id: one for one in compare(material, grouping, FAST)}
    rates = found["goals"].rates
    assert {value: (rate.n, rate.n_read, rate.value) for value, rate in rates.items()} == {
        "MBE": (3, 8, 0.375), "SME": (1, 8, 0.125),
    }  # fmt: skip
    parts = np.array([1 / 4 - 1 / 8, 2 / 4 - 1 / 8, 3 / 8 - 1 / 4, 3 / 8])
    reach = 4.302653 * math.sqrt(3 / 4 * ((parts - parts.mean()) ** 2).sum())
    difference = found["goals"].differences["MBE"]
    assert difference.value == pytest.approx(0.25)
    assert [difference.low, difference.high] == pytest.approx([0.25 - reach, 1.0], rel=1e-5)
    assert found["goals"].differences["SME"].value == pytest.approx(-0.25)


def test_unread_statements_are_in_no_rate_and_attributes_that_make_no_groups_say_why(write: Write) -> None:
    rows = answers("a", "One.", "Two.") + answers("b", "One.", "Two.")
    coding = {"a.1": ["risk"], "b.1": []}
    cases = "a: {firm: MBE, land: NO, role: CEO}\nb: {firm: MBE, land: SE, role: CTO}\n"
    found = material_of(write(rows, {"ann": coding}, cases=cases))
    made, reasons = groupings(found)
    assert made == []
    assert reasons == ["firm: it is the same everywhere",
                       "land: every value belongs to one respondent, so there are no groups",
                       "role: every value belongs to one respondent, so there are no groups"]  # fmt: skip


def test_the_shuffles_of_three_statements_are_all_their_orders() -> None:
    """a, a, b: b comes right after an a in a a b and a b a; of the six orders these are four. So the mean is
    2/3, and a deviation of 1/3 or more is in all of them."""
    carries = np.array([[1.0, 0], [1, 0], [0, 1]])
    interviews = np.zeros(3, np.intp)
    orders = np.stack([follows(carries[list(order)], interviews) for order in permutations(range(3))])
    mean, p, adjusted, _ = compared(follows(carries, interviews), orders)
    assert mean[0, 1] == pytest.approx(2 / 3)
    assert p[0, 1] == 1.0
    assert (adjusted >= p).all()


def test_what_always_follows_is_told_from_chance_and_what_does_not_is_not(write: Write) -> None:
    """In each of four interviews of eight coded statements risk comes after goals and bond, in turns."""
    turn = ["goals", "risk", "bond", "risk"] * 2
    rows = [row for name in "abcd" for row in answers(name, *("Said." for _ in turn))]
    coding = {f"{name}.{n}": [code] for name in "abcd" for n, code in enumerate(turn, 1)}
    order = order_of(material_of(write(rows, {"ann": coding})), FAST)
    assert order is not None
    at = {code: place for place, code in enumerate(order.codes)}
    assert order.counts[at["goals"], at["risk"]] == 8
    assert order.counts[at["risk"], at["risk"]] == 0
    assert order.p_adjusted[at["risk"], at["risk"]] < 0.01
    assert [one.id for one in order.following("bond", "risk")] == [
        f"{name}.{n}" for name in "abcd" for n in (4, 8)
    ]


def test_which_code_comes_earlier_is_a_matter_of_interviews() -> None:
    """Five interviews, each a a b: a before b twice in each. Turned round in all 32 ways, all five point the
    same way in two of them: p = 2/32, however many statements there are."""
    carries = np.tile(np.array([[1.0, 0], [1, 0], [0, 1]]), (5, 1))
    ((found,), _) = precedences(["a", "b"], carries, np.repeat(np.arange(5), 3), FAST)
    assert (found.first, found.n_first, found.n_pairs) == ("a", 10, 10)
    assert (found.n_interviews_first, found.n_interviews) == (5, 5)
    assert (found.p, found.p_adjusted) == (2 / 32, 2 / 32)


def test_the_same_seed_gives_the_same_numbers(material: Material) -> None:
    one, two = order_of(material, FAST), order_of(material, FAST)
    assert one is not None
    assert two is not None
    assert np.array_equal(one.p, two.p)


def test_long_names_on_the_map_are_whole_and_inside(write: Write) -> None:
    """Two codes of one name, so that what is above them is written, too: one on top, one at the bottom."""
    long = "Leveraging dynamic capabilities for market entry"
    above = ("Path-breaking opportunities", "Firm-specific knowledge")
    codes = [
        code
        for place, name in enumerate(above)
        for code in (
            {"id": f"up{place}", "name": name},
            {"id": f"low{place}", "name": long, "parent": f"up{place}"},
        )
    ]
    coding = {"a.1": ["low0", "low1"], "a.2": ["low0"]}
    book = {"name": "b", "codes": codes}
    found = material_of(write(answers("a", "One.", "Two."), {"ann": coding}, book=book))
    drawing = draw_map(found, map_codes(found), [], "statement")
    for place, name in enumerate(above):
        (group,) = (one for one in drawing.groups if one.name == f"low{place}")
        lines = [shape for shape in group.shapes if isinstance(shape, Words)]
        (dot,) = (shape for shape in group.shapes if isinstance(shape, Dot))
        assert " ".join(line.text for line in lines) == f"{name} > {long} ({2 - place})"
        tops, bottoms = [line.y - line.size for line in lines], [line.y for line in lines]
        assert min(tops) >= 0
        assert max(bottoms) <= drawing.height
        assert max(bottoms) < dot.y - dot.radius or min(tops) > dot.y + dot.radius - 3
