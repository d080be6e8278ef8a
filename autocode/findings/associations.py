"""What the data say of propositions: how strong a relation is, how sure that is, and who says so.

Three relations, each one number with an interval that takes whole interviews as what was drawn:

- co-occurs: of the places (answers, turns ...) with the first codes the share that has the second codes,
  less that share of the places without the first codes. 0: as often with them as without.
- precedes: of all pairs of a statement with the first and one with the second codes in one interview, the
  share in which the first comes first, both at once counting half; the mean over interviews. 0.5: no order.
- differs: the share of statements with the codes in one group, less that in the other. 0: as often.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

import numpy as np

from autocode.agreement import Interval
from autocode.findings.clustered import ALIKE, Floats, clustered, difference_freedom
from autocode.findings.material import Material, Statement
from autocode.findings.part import Options
from autocode.findings.propositions import Proposition
from autocode.report.apa import counted

Verdict = Literal["consistent", "not consistent", "undecided", "too few"]

LEAST_PLACES = 5  # of each kind, below which nothing is said
LEAST_INTERVIEWS = 3


@dataclass(frozen=True, slots=True)
class Side:
    """What speaks for a proposition, against it, or (of groups that are alike) for neither."""

    speaks: Literal["for", "against", "neither"]
    what: str
    places: tuple[tuple[Statement, ...], ...]  # what was said in one place, in order

    @property
    def statements(self) -> tuple[Statement, ...]:
        """All statements of all places."""
        return tuple(one for place in self.places for one in place)


@dataclass(frozen=True, slots=True)
class Examined:
    """A proposition and what the data say of it."""

    proposition: Proposition
    verdict: Verdict
    because: str  # of "too few": what is missing
    value: float | None
    interval: Interval
    counts: tuple[tuple[str, int], ...]  # what the value rests on
    sides: tuple[Side, ...]
    n_interviews: int


@dataclass(frozen=True, slots=True)
class _Measured:
    """What a relation comes to before it is judged."""

    sums: Floats
    value: Callable[[Floats], Floats]  # of sums whose last axis is n_sums
    counts: tuple[tuple[str, int], ...]
    sides: tuple[Side, ...]
    missing: str = ""
    freedom: float | None = None  # of the interval, where two groups are compared


def judged(material: Material) -> tuple[Statement, ...]:
    """The respondents' statements of which it is known which codes do not apply: finished, or the machine's.

    One with an accepted code that nobody has finished would count because it has the code.
    """
    return tuple(one for one in material.said_by_respondents if one.complete or material.include_machine)


def examine(material: Material, proposition: Proposition, options: Options) -> Examined:
    """What the data say of one proposition; its codes must be in the codebook."""
    measure = {"co-occurs": _co_occurs, "precedes": _precedes, "differs": _differs}[proposition.relation]
    measured = measure(material, proposition)
    n_interviews = len(measured.sums)
    value = float(measured.value(measured.sums.sum(axis=0)))
    interval = clustered(measured.sums, measured.value, options, freedom=measured.freedom)
    if proposition.relation == "precedes" and value in {0.0, 1.0} and n_interviews > 1:
        interval = _always(value, n_interviews, options.level)
    missing = measured.missing
    if not missing and n_interviews < LEAST_INTERVIEWS:
        missing = f"{counted(n_interviews, 'interview')} with both, at least {LEAST_INTERVIEWS} are needed"
    if not missing and interval.low is None:
        missing = (
            "all interviews are alike in it, which does not show how far off the number may be"
            if interval.unavailable_because == ALIKE
            else "it rests on too few interviews of one kind"
        )
    return Examined(
        proposition,
        "too few" if missing else _verdict(proposition, interval),
        missing,
        value if np.isfinite(value) else None,
        interval,
        measured.counts,
        measured.sides,
        n_interviews,
    )


def _always(share: float, n: int, level: float) -> Interval:
    """Of a share that is 0, or 1, in each of n interviews: the exact one of n in n (Clopper & Pearson 1934),
    since the mean is at least as near to it as there are interviews with it.
    """
    far = ((1 - level) / 2) ** (1 / n)
    low, high = (far, 1.0) if share else (0.0, 1 - far)
    return Interval(low, high, level, "exact", n_groups=n)


def _verdict(proposition: Proposition, interval: Interval) -> Verdict:
    assert interval.low is not None
    assert interval.high is not None
    if proposition.relation == "differs" and proposition.expect == "alike":
        margin = proposition.margin
        if -margin < interval.low and interval.high < margin:
            return "consistent"
        return "not consistent" if interval.low > margin or interval.high < -margin else "undecided"
    nothing = 0.5 if proposition.relation == "precedes" else 0.0
    if interval.low > nothing:
        return "consistent"
    return "not consistent" if interval.high < nothing else "undecided"


def _has(statement: Statement, codes: Sequence[str]) -> bool:
    return any(code in statement.codes for code in codes)


def _co_occurs(material: Material, proposition: Proposition) -> _Measured:
    codes, others, within = proposition.codes, proposition.others, proposition.within
    places: dict[tuple[int | str | None, ...], list[Statement]] = {}
    for one in judged(material):
        answer = ("turn", one.turn) if one.asked is None else (one.respondent, one.asked)
        keys = {"statement": ("statement", one.index), "turn": ("turn", one.turn),
                "answer": answer, "interview": ()}  # fmt: skip
        places.setdefault((one.interview, *keys[within]), []).append(one)
    sums: dict[int, Floats] = {}
    both, alone = list[tuple[Statement, ...]](), list[tuple[Statement, ...]]()
    for (interview, *_), said in places.items():
        first, second = (any(_has(one, ids) for one in said) for ids in (codes, others))
        sums.setdefault(int(interview or 0), np.zeros(4))[2 * first + second] += 1
        if first and second:
            both.append(tuple(one for one in said if _has(one, (*codes, *others))))
        elif first:
            alone.append(tuple(one for one in said if _has(one, codes)))
    table = np.array([sums[interview] for interview in sorted(sums)]).reshape(-1, 4)
    neither, second_only, first_only, together = (int(n) for n in table.sum(axis=0))
    name, other = named(material, codes), named(material, others)
    counts = (
        (f"{within}s with both", together),
        (f"{within}s with the first codes only", first_only),
        (f"{within}s with the second codes only", second_only),
        (f"{within}s with neither", neither),
    )
    missing = _too_few(
        (f"{within}s", name, together + first_only), (f"{within}s", other, together + second_only)
    )
    if not missing and neither + second_only < LEAST_PLACES:
        missing = f"{neither + second_only} {within}s are without {name}, at least {LEAST_PLACES} are needed"

    def value(sums: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            made: Floats = sums[..., 3] / (sums[..., 2] + sums[..., 3]) - sums[..., 1] / (
                sums[..., 0] + sums[..., 1]
            )
        return made

    sides = (
        Side("for", f"both in one {within}", tuple(both)),
        Side("against", f"the first codes alone in their {within}", tuple(alone)),
    )
    return _Measured(table, value, counts, sides, missing)


def _precedes(material: Material, proposition: Proposition) -> _Measured:
    codes, others = proposition.codes, proposition.others
    rows = list[Floats]()
    earlier, later = list[tuple[Statement, ...]](), list[tuple[Statement, ...]]()
    n_first = n_second = 0
    for _, run in groupby(material.said_by_respondents, key=lambda one: one.interview):
        said = list(run)
        first, second = ([one for one in said if _has(one, ids)] for ids in (codes, others))
        n_first, n_second = n_first + len(first), n_second + len(second)
        if not first or not second:
            continue
        after = sum(np.sign(b.index - a.index) + 1 for a in first for b in second) / 2
        share = float(after) / (len(first) * len(second))
        rows.append(np.array([share, 1.0]))
        if share > 0.5:
            earlier.append(_in_order(first[0], second[0]))
        elif share < 0.5:
            later.append(_in_order(first[0], second[0]))
    table = np.array(rows).reshape(-1, 2)
    name, other = named(material, codes), named(material, others)
    counts = (
        ("statements with the first codes", n_first),
        ("statements with the second codes", n_second),
        ("interviews with both", len(rows)),
        ("of these, the first codes mostly come first", int((table[:, 0] > 0.5).sum())),
    )
    missing = _too_few(("statements", name, n_first), ("statements", other, n_second))

    def value(sums: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            made: Floats = sums[..., 0] / sums[..., 1]
        return made

    sides = (
        Side("for", "where the first codes mostly come first: the first of each", tuple(earlier)),
        Side("against", "where the second codes mostly come first: the first of each", tuple(later)),
    )
    return _Measured(table, value, counts, sides, missing)


def _in_order(one: Statement, other: Statement) -> tuple[Statement, ...]:
    return (one,) if one is other else (one, other) if one.index < other.index else (other, one)


def _differs(material: Material, proposition: Proposition) -> _Measured:
    name, attribute = named(material, proposition.codes), str(proposition.attribute)
    groups = (str(proposition.more), str(proposition.less))
    sums: dict[int, Floats] = {}
    with_code: tuple[list[tuple[Statement]], list[tuple[Statement]]] = ([], [])
    for one in judged(material):
        if one.attributes.get(attribute) in groups:
            side = groups.index(one.attributes[attribute])
            here = sums.setdefault(one.interview, np.zeros(4))
            here[2 * side] += 1
            if _has(one, proposition.codes):
                here[2 * side + 1] += 1
                with_code[side].append((one,))
    table = np.array([sums[interview] for interview in sorted(sums)]).reshape(-1, 4)
    n_more, hit_more, n_less, hit_less = (int(n) for n in table.sum(axis=0))
    counts = (
        (f"statements of {groups[0]}", n_more), (f"of these with {name}", hit_more),
        (f"statements of {groups[1]}", n_less), (f"of these with {name}", hit_less),
    )  # fmt: skip
    missing = ""
    for group, n in zip(groups, (n_more, n_less), strict=True):
        if not n:
            known = sorted(
                {one.attributes[attribute] for one in judged(material) if attribute in one.attributes}
            )
            found = f"its values are {', '.join(known)}" if known else "no interview has this attribute"
            missing = missing or f"nothing is known to be said where {attribute} is {group} ({found})"
    if not missing and hit_more + hit_less < LEAST_PLACES:
        missing = _too_few(("statements", name, hit_more + hit_less))
    n_of = (table[:, [0, 2]] > 0).sum(axis=0).tolist()
    for group, n in zip(groups, n_of, strict=True):
        if not missing and n < 2:
            missing = f"{group} has {n} interview, at least 2 are needed to tell it from that interview"

    def value(sums: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            made: Floats = sums[..., 1] / sums[..., 0] - sums[..., 3] / sums[..., 2]
        return made

    alike = proposition.expect == "alike"
    sides = (
        Side("neither" if alike else "for", f"{name}, where {attribute} is {groups[0]}", tuple(with_code[0])),
        Side(
            "neither" if alike else "against",
            f"{name}, where {attribute} is {groups[1]}",
            tuple(with_code[1]),
        ),
    )
    return _Measured(table, value, counts, sides, missing, difference_freedom(table[:, [1, 0, 3, 2]]))


def _too_few(*found: tuple[str, str, int]) -> str:
    """What there is too little of: places, the codes' name, how many."""
    for places, name, n in found:
        if n < LEAST_PLACES:
            return f"{n} {places} have {name}, at least {LEAST_PLACES} are needed"
    return ""


def named(material: Material, codes: Sequence[str]) -> str:
    """`Trust`, `Trust or Risk`: the names of the codes."""
    names = [material.codebook.short_path(code) for code in codes]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
