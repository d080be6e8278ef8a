"""How often codes are given in groups of interviews: by case, by wave, by whatever is known of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from autocode.findings.clustered import Floats, by_interview, clustered, difference_freedom, ratio
from autocode.findings.material import Material, Statement
from autocode.findings.part import Options
from autocode.findings.structure import in_tree_order

MOST_GROUPS = 8


@dataclass(frozen=True, slots=True)
class Rate:
    """The share of a group's statements that carry a code."""

    n: int  # with the code
    n_read: int
    value: float | None
    low: float | None = None
    high: float | None = None
    no_interval_because: str | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """One code in the groups that an attribute makes."""

    attribute: str
    code_id: str
    rates: Mapping[str, Rate]  # by the attribute's value
    differences: Mapping[str, Rate]  # by value: its rate minus that of all others (n and n_read: its own)


@dataclass(frozen=True, slots=True)
class Grouping:
    """An attribute that can be compared, with the statements of each of its groups."""

    attribute: str
    groups: Mapping[str, tuple[Statement, ...]]  # by value, in the order of the alphabet; read ones
    n_interviews: Mapping[str, int]
    n_unknown: int  # statements of which it is not known


def groupings(material: Material) -> tuple[list[Grouping], list[str]]:
    """The attributes that make groups, and of each other attribute why it makes none."""
    found, reasons = list[Grouping](), list[str]()
    read = [one for one in material.said_by_respondents if one.complete or material.include_machine]
    for name in material.attribute_names():
        groups: dict[str, list[Statement]] = {}
        for one in read:
            if name in one.attributes:
                groups.setdefault(one.attributes[name], []).append(one)
        people = [{one.respondent for one in group} for group in groups.values()]
        if len(groups) < 2:
            reasons.append(f"{name}: it is the same everywhere")
        elif max(map(len, people)) < 2:
            reasons.append(f"{name}: every value belongs to one respondent, so there are no groups")
        elif len(groups) > MOST_GROUPS:
            reasons.append(f"{name}: it has {len(groups)} values, more than {MOST_GROUPS} groups")
        else:
            ordered = {value: tuple(groups[value]) for value in sorted(groups)}
            places = {value: len({one.interview for one in group}) for value, group in ordered.items()}
            unknown = len(read) - sum(map(len, ordered.values()))
            found.append(Grouping(name, ordered, places, unknown))
    return found, reasons


def compare(material: Material, grouping: Grouping, options: Options) -> list[Compared]:
    """Every code that some statement carries, in the codebook's order."""
    given = {id for one in material.coded for id in one.codes}
    return [
        _compared(material, grouping, id, options) for id in in_tree_order(material.codebook) if id in given
    ]


def _compared(material: Material, grouping: Grouping, code_id: str, options: Options) -> Compared:
    n = len(material.interviews)
    sums = {value: _sums(group, code_id, n) for value, group in grouping.groups.items()}
    rates = {value: _rate(one, one, ratio(0, 1), options) for value, one in sums.items()}
    differences = {}
    for value, own in sums.items():
        others: Floats = np.sum([one for other, one in sums.items() if other != value], axis=0)
        both = np.concatenate([own, others], axis=1)
        differences[value] = _rate(own, both, _difference, options, freedom=difference_freedom(both))
    return Compared(grouping.attribute, code_id, rates, differences)


def _sums(group: Sequence[Statement], code_id: str, n_interviews: int) -> Floats:
    """With the code, and read, by interview."""
    columns = np.array([[code_id in one.codes, 1] for one in group], np.float64)
    return by_interview(np.array([one.interview - 1 for one in group], np.intp), columns, n_interviews)


def _difference(sums: Floats) -> Floats:
    """The rate of a group minus that of the others."""
    found: Floats = ratio(0, 1)(sums) - ratio(2, 3)(sums)
    return found


def _rate(
    own: Floats,
    sums: Floats,
    statistic: Callable[[Floats], Floats],
    options: Options,
    *,
    freedom: float | None = None,
) -> Rate:
    total = sums.sum(axis=0)
    value = float(statistic(total))
    n, n_read = (int(count) for count in own.sum(axis=0))
    if not np.isfinite(value):
        return Rate(n, n_read, None, no_interval_because="nothing was read")
    found = clustered(sums, statistic, options, freedom=freedom)
    if found.low is None or found.high is None:
        return Rate(n, n_read, value, no_interval_because=found.unavailable_because)
    least = 0.0 if sums.shape[1] == 2 else -1.0
    return Rate(n, n_read, value, max(least, found.low), min(1.0, found.high))
