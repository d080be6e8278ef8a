"""Human codes as a table: what was said of which code on which utterance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autocode.codebook import Codebook
from autocode.records import Decision


@dataclass(frozen=True, slots=True)
class Labels:
    """`values[i, c]`: 1 code c applies to unit i, 0 it does not, nan nobody has said."""

    unit_ids: tuple[str, ...]
    code_ids: tuple[str, ...]
    values: NDArray[np.float64]  # (n_units, n_codes)

    def __len__(self) -> int:
        return len(self.unit_ids)

    def take(self, rows: NDArray[np.intp]) -> Labels:
        """Some of the units."""
        return Labels(tuple(self.unit_ids[row] for row in rows), self.code_ids, self.values[rows])


def all_alike(labels: Labels) -> str | None:
    """A sentence if every unit carries the same codes, so that there is nothing to tell apart; else None."""
    same = [code for code, said in zip(labels.code_ids, labels.values.T, strict=True) if (said == 1).all()]
    if not len(labels) or not same or np.nansum(labels.values) > len(same) * len(labels):
        return None
    return (
        f"every coded utterance has the same codes ({', '.join(same)}): there is nothing to tell apart, and "
        "the numbers say nothing"
    )


def labels_of_codings(
    by_coder: Mapping[str, Mapping[str, frozenset[str]]],
    codebook: Codebook,
    *,
    order: Sequence[str],
    open_ties: bool = False,
) -> Labels:
    """One table from the codings of all coders; units in the given `order`, those that nobody saw left out.

    A code applies where at least half of those who saw the unit applied it or a code below it; of an
    exclusive group the code with most votes, the first one of equals, unless more gave none of its codes.
    With `open_ties` what is tied is nan: a code that half applied, and in a group all codes with most votes.
    """
    column = {code_id: index for index, code_id in enumerate(codebook.ids)}
    lineage = {c: [column[x] for x in (c, *codebook.ancestors(c))] for c in codebook.ids}
    seen = set().union(*by_coder.values()) if by_coder else set()
    ids = [unit for unit in order if unit in seen]
    row = {unit: index for index, unit in enumerate(ids)}
    votes, voters = np.zeros((len(ids), len(column))), np.zeros((len(ids), 1))
    for units in by_coder.values():
        for unit, codes in units.items():
            if unit in row:
                voters[row[unit]] += 1
                above = sorted({index for code in codes for index in lineage[code]})
                votes[row[unit], above] += 1
    values = (votes >= np.maximum(voters, 1) / 2).astype(np.float64)
    if open_ties:
        values[2 * votes == voters] = np.nan
    for group in codebook.exclusive_groups:
        members = [column[code_id] for code_id in group]
        most = votes[:, members].max(axis=1)
        values[:, members] = 0.0
        none = voters[:, 0] - votes[:, members].sum(axis=1)
        applies = (most > 0) & (most >= none)
        best = np.array(members)[votes[:, members].argmax(axis=1)]
        values[np.flatnonzero(applies), best[applies]] = 1.0
        if open_ties:
            leads = (votes[:, members] == most[:, None]) & applies[:, None]
            tied = (leads.sum(axis=1) > 1) | (most == none)
            values[:, members] = np.where(leads & tied[:, None], np.nan, values[:, members])
    _empty_below_rivals(codebook, values)
    return Labels(tuple(ids), codebook.ids, _closed(codebook, values))


def labels_of_decisions(decisions: Iterable[Decision], codebook: Codebook) -> Labels:
    """One table from single decisions, in the order in which units were first decided on.

    The latest decision of each coder counts. A code that applies brings its ancestors along and speaks
    against the others of its exclusive group; one that does not apply speaks against all below it. Where
    coders give several codes of a group, that of most of them applies, the first one of equals.
    Codes that are no longer in the codebook are left out.
    """
    latest = {(d.utterance_id, d.code_id, d.coder): d.applies for d in decisions if d.code_id in codebook}
    column = {code_id: index for index, code_id in enumerate(codebook.ids)}
    units = {unit: index for index, unit in enumerate(dict.fromkeys(unit for unit, _, _ in latest))}
    votes, voters = np.zeros((len(units), len(column))), np.zeros((len(units), len(column)))
    for (unit, code, _), applies in latest.items():
        votes[units[unit], column[code]] += applies
        voters[units[unit], column[code]] += 1
    yes = {(u, above, coder) for (u, c, coder), applies in latest.items() if applies
           for above in (c, *codebook.ancestors(c))}  # fmt: skip
    n_yes = np.zeros_like(votes)
    for unit, code, _ in yes:
        n_yes[units[unit], column[code]] += 1
    with np.errstate(invalid="ignore"):
        values = _closed(codebook, np.where(voters > 0, votes / voters >= 0.5, np.nan))
    for group in codebook.exclusive_groups:
        members = np.array([column[code] for code in group])
        one = np.flatnonzero((values[:, members] == 1).any(axis=1))
        most = np.where(values[np.ix_(one, members)] == 1, n_yes[np.ix_(one, members)], -1.0).argmax(axis=1)
        values[np.ix_(one, members)] = 0.0
        values[one, members[most]] = 1.0
    _empty_below_rivals(codebook, values)
    return Labels(tuple(units), codebook.ids, _closed(codebook, values))


def joined(parts: Sequence[Labels]) -> Labels:
    """Tables of different units, one below the other."""
    return Labels(
        tuple(unit for part in parts for unit in part.unit_ids),
        parts[0].code_ids,
        np.concatenate([part.values for part in parts]),
    )


def overlaid(below: Labels, above: Labels) -> Labels:
    """Two tables of the same codes as one: what `above` says of a code on a unit goes before `below`."""
    known = set(below.unit_ids)
    ids = (*below.unit_ids, *(unit for unit in above.unit_ids if unit not in known))
    row = {unit: index for index, unit in enumerate(ids)}
    values = np.full((len(ids), len(below.code_ids)), np.nan)
    values[: len(below)] = below.values
    rows = [row[unit] for unit in above.unit_ids]
    values[rows] = np.where(np.isnan(above.values), values[rows], above.values)
    return Labels(ids, below.code_ids, values)


def _empty_below_rivals(codebook: Codebook, values: NDArray[np.float64]) -> None:
    """Say no, in place, to codes below a code of an exclusive group that does not apply."""
    column = {code_id: index for index, code_id in enumerate(codebook.ids)}
    for member in (code for group in codebook.exclusive_groups for code in group):
        if below := [column[code] for code in codebook.descendants(member)]:
            values[np.ix_(values[:, column[member]] == 0, below)] = 0.0


def _closed(codebook: Codebook, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values in which a parent applies where a child does, and no child where its parent does not."""
    column = {code_id: index for index, code_id in enumerate(codebook.ids)}
    for code in sorted(codebook.ids, key=codebook.depth, reverse=True):
        for parent in codebook.ancestors(code)[:1]:
            values[values[:, column[code]] == 1, column[parent]] = 1.0
    for code in sorted(codebook.ids, key=codebook.depth):
        for parent in codebook.ancestors(code)[:1]:
            values[values[:, column[parent]] == 0, column[code]] = 0.0
    return values
