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
MAX_ROWS = 20_000  # to set thresholds of exclusive codes by
ROUNDS = 10  # over the codes of a group, if they go on moving
EXTREMES = (0.02, 0.98)  # of thresholds
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
        ratio = _odds(probabilities) / _odds(self.thresholds)
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


def exclusive_thresholds(
    probabilities: NDArray[np.float64],
    values: NDArray[np.float64],
    thresholds: NDArray[np.float64],
    groups: Columns,
    options: Columns,
) -> NDArray[np.float64]:
    """`thresholds` (n_codes,) anew for codes that exclude each other: those with the largest expected F1.

    Macro- and micro-F1 of a group count alike: by macro-F1 alone, codes that can hardly be told apart would
    be suggested nearly as often as each other, however rare some are. Each code's threshold by itself leaves
    out of account that the others of its group, of `groups` one or of `options` at most one, are chosen
    instead. `probabilities` (n, n_codes) are left-out ones. Where a group was decided (`values` nan: not
    said) on fewer than 50 utterances its thresholds stay.
    """
    found = np.array(thresholds)
    for group in (*groups, *options):
        columns = list(group)
        rows = np.flatnonzero(~np.isnan(values[:, columns]).any(axis=1))
        rows = rows[:: len(rows) // MAX_ROWS + 1]
        if len(rows) >= LEAST_UNITS and len(columns) > 1:
            p = probabilities[rows][:, columns]
            certain = np.full(len(rows), group in groups) | (p.sum(axis=1) >= CERTAIN)
            found[columns] = _for_f1(p, found[columns], certain)
    return found


def _for_f1(
    p: NDArray[np.float64], thresholds: NDArray[np.float64], certain: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Thresholds (n_codes,) of exclusive codes, by coordinate ascent: each is the best one beside the others.

    Expected from the probabilities `p` (n, n_codes), as each code's own are (plug-in rules: Narasimhan, Vaish
    & Agarwal 2014); `certain` (n,) rows have a code.
    """
    n, n_codes = p.shape
    log_odds, limits, applies = np.log(_odds(p)), np.log(_odds(thresholds)), p.sum(axis=0)
    hit = np.column_stack([p, np.zeros(n)])  # the last column is for no code
    none = np.where(certain, -np.inf, 0.0)
    for _ in range(ROUNDS):
        before = limits.copy()
        for code in range(n_codes):
            above = np.column_stack([log_odds - limits, none])
            above[:, code] = -np.inf
            rival = above.argmax(axis=1)  # is chosen where `code` is not
            needed = log_odds[:, code] - above[np.arange(n), rival]
            order = np.argsort(-needed, kind="stable")
            lost = np.eye(n_codes + 1)[rival[order]]  # as the limit sinks, row after row goes to `code`
            n_chosen, n_hit = (_left(rows)[:, :n_codes] for rows in (lost, lost * hit[order]))
            n_chosen[:, code] = np.arange(n + 1)
            n_hit[:, code] = np.append(0.0, np.cumsum(p[order, code]))
            macro = (2.0 * n_hit / np.maximum(n_chosen + applies, 1e-9)).mean(axis=1)
            micro = 2.0 * n_hit.sum(axis=1) / np.maximum(n_chosen.sum(axis=1) + applies.sum(), 1e-9)
            best = int((macro + micro).argmax())
            ends = needed[order][[max(best - 1, 0), min(best, n - 1)]]
            limits[code] = np.clip(ends.mean(), *np.log(_odds(np.array(EXTREMES))))
        if np.allclose(limits, before):
            break
    return np.asarray(1.0 / (1.0 + np.exp(-limits)))


def _left(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums of the columns of `rows` (n, n_columns) without the first 0, 1, ... n rows, (n + 1, n_columns)."""
    return np.vstack([np.cumsum(rows[::-1], axis=0)[::-1], np.zeros((1, rows.shape[1]))])


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


def _odds(probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
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
