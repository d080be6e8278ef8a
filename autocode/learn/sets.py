"""From probabilities to the set of codes of each utterance, by what labelled sets have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autocode.codebook import Codebook

ALWAYS_FROM = 0.98  # share of labelled units with a code from which an empty set is thought a mistake
LEAST_UNITS = 50
RARELY_TOGETHER = 0.05  # of what independence would give, from which two codes exclude each other
LEAST_EXPECTED = 5.0
CERTAIN = 0.999  # the probabilities of a group's codes together, from which one of them must apply

Columns = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class SetRule:
    """When a code applies, and which codes do not go together.

    Of an exclusive group the code wins whose odds are highest above those of its own threshold: thresholds
    are set for the F1 of the group, so that a rare code is not always outdone by a frequent one.
    """

    thresholds: NDArray[np.float64]  # (n_codes,)
    never_empty: bool  # nearly every labelled unit carries a code
    rivals: tuple[tuple[int, int], ...]  # pairs of columns that (nearly) never apply together
    groups: tuple[tuple[int, ...], ...]  # of each exactly one applies
    options: tuple[tuple[int, ...], ...]  # of each at most one applies
    parents: tuple[tuple[int, int], ...]  # (child, parent), the deepest first

    def __call__(self, probabilities: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Which codes apply, shape (n, n_codes)."""
        ratio = odds(probabilities) / odds(self.thresholds)
        chosen = ratio >= 1.0
        for a, b in self.rivals:
            both = chosen[:, a] & chosen[:, b]
            weaker = ratio[:, a] < ratio[:, b]
            chosen[both & weaker, a] = False
            chosen[both & ~weaker, b] = False
        if self.never_empty:
            empty = ~chosen.any(axis=1)
            chosen[empty, ratio[empty].argmax(axis=1)] = True
        chosen |= likeliest(probabilities, self.options)
        below = below_exclusive((*self.groups, *self.options), self.parents)
        for child, parent in below:
            chosen[:, parent] |= chosen[:, child]
        keep_best(chosen, ratio, self.groups, self.options)
        for child, parent in reversed(below):
            chosen[:, child] &= chosen[:, parent]
        for child, parent in self.parents:
            chosen[:, parent] |= chosen[:, child]
        return chosen


def learn_sets(values: NDArray[np.float64], thresholds: NDArray[np.float64], codebook: Codebook) -> SetRule:
    """The rule that labelled sets (n, n_codes; nan: not said) suggest."""
    column = {code_id: index for index, code_id in enumerate(codebook.ids)}
    groups, options = exclusive_columns(codebook, values)
    parents = family(codebook)
    whole = values[~np.isnan(values).any(axis=1)]
    never_empty = len(whole) >= LEAST_UNITS and (whole.sum(axis=1) > 0).mean() >= ALWAYS_FROM
    related = {frozenset((column[c], column[a])) for c in codebook.ids for a in codebook.ancestors(c)}
    return SetRule(thresholds, bool(never_empty), _rivals(whole, related), groups, options, parents)


def family(codebook: Codebook) -> tuple[tuple[int, int], ...]:
    """(child, parent) columns of the codebook, the deepest first."""
    column = {code_id: index for index, code_id in enumerate(codebook.ids)}
    deepest_first = sorted(codebook.ids, key=codebook.depth, reverse=True)
    return tuple((column[c], column[a]) for c in deepest_first for a in codebook.ancestors(c)[:1])


def below_exclusive(exclusive: Columns, parents: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Those of `parents` (child, parent; the deepest first) that are codes of a group or stand below one."""
    tied, found = {code for group in exclusive for code in group}, list[tuple[int, int]]()
    for child, parent in reversed(parents):
        if parent in tied:
            tied.add(child)
            found.append((child, parent))
    return tuple(reversed(found))


def _rivals(whole: NDArray[np.float64], related: set[frozenset[int]]) -> tuple[tuple[int, int], ...]:
    if not len(whole):
        return ()
    together = whole.T @ whole
    alone = np.diag(together)
    expected = np.outer(alone, alone) / len(whole)
    rare = (together <= RARELY_TOGETHER * expected) & (expected >= LEAST_EXPECTED)
    return tuple(
        (int(a), int(b))
        for a, b in np.argwhere(np.triu(rare, 1))
        if frozenset((int(a), int(b))) not in related
    )


def odds(probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
    """Of probabilities of any shape, kept away from 0 and 1."""
    p = np.clip(np.asarray(probabilities, np.float64), 1e-9, 1 - 1e-9)
    return np.asarray(p / (1 - p))


def exclusive_columns(codebook: Codebook, values: NDArray[np.float64]) -> tuple[Columns, Columns]:
    """The columns of the exclusive groups of which one code always applies, and of those where none may.

    A group always has one unless labelled sets (n, n_codes; nan: not said) tell otherwise: its codes may be
    for some of the utterances only.
    """
    column = {code_id: index for index, code_id in enumerate(codebook.ids)}
    groups = [tuple(column[c] for c in group) for group in codebook.exclusive_groups]
    always, options = list[tuple[int, ...]](), list[tuple[int, ...]]()
    for group in groups:
        n_one, n_none = _one_and_none(values, group)
        (always if n_none <= max(1.0, (1 - ALWAYS_FROM) * (n_one + n_none)) else options).append(group)
    return tuple(always), tuple(options)


def certain_roles(options: Columns, values: NDArray[np.float64], roles: NDArray[np.intp]) -> Columns:
    """For each of `options` the roles in which one of its codes always applies."""
    found = []
    for group in options:
        counts = {role: _one_and_none(values[roles == role], group) for role in np.unique(roles).tolist()}
        found.append(
            tuple(
                role
                for role, (n_one, n_none) in counts.items()
                if n_one + n_none >= LEAST_UNITS and n_one >= ALWAYS_FROM * (n_one + n_none)
            )
        )
    return tuple(found)


def _one_and_none(values: NDArray[np.float64], group: Sequence[int]) -> tuple[int, int]:
    """How many units carry a code of the group, and how many surely none."""
    said = values[:, list(group)]
    return int((said == 1).any(axis=1).sum()), int((said == 0).all(axis=1).sum())


def likeliest(probabilities: NDArray[np.floating], exclusive: Columns) -> NDArray[np.bool_]:
    """Where a code is the likeliest of its exclusive group, one of which surely applies, (n, n_codes)."""
    found = np.zeros(probabilities.shape, bool)
    for group in exclusive:
        members = np.array(group)
        rows = np.flatnonzero(probabilities[:, members].sum(axis=1) >= CERTAIN)
        found[rows, members[probabilities[np.ix_(rows, members)].argmax(axis=1)]] = True
    return found


def keep_best(
    chosen: NDArray[np.bool_], scores: NDArray[np.floating], groups: Columns, options: Columns
) -> None:
    """Leave, in place, of each of `groups` the code that scores best; of `options` so where any is chosen."""
    for group in (*groups, *options):
        members = list(group)
        best = np.arange(len(members)) == scores[:, members].argmax(axis=1)[:, None]
        chosen[:, members] = best & (chosen[:, members].any(axis=1, keepdims=True) | (group in groups))
