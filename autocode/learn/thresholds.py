"""From which probability on a code is suggested: where F1 is expected to be largest.

Expected from the calibrated probabilities of what was left out: the hits themselves would only add noise
(Lipton, Elkan & Naryanaswamy 2014).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from autocode.learn.sets import CERTAIN, LEAST_UNITS, Columns, odds

EXTREMES = (0.02, 0.98)
MOST_MICRO = 0.3  # of a code's criterion, the rest is its own F1
FEW = 16.0  # positives of a code of whose criterion micro-F1 is half of that
MAX_ROWS = 20_000  # to set thresholds of exclusive codes by
ROUNDS = 10  # over the codes, if they go on moving

Floats = NDArray[np.float64]


def best_thresholds(probabilities: Floats, values: Floats, parents: Sequence[tuple[int, int]] = ()) -> Floats:
    """The probability from which each code is best suggested, shape (n_codes,).

    That is where a code's own expected F1 is largest, and, the rarer it is, micro-F1 of all codes: by its own
    alone a code that can hardly be told is suggested wherever it is a little likelier than elsewhere, so that
    with many rare codes most suggestions would be wrong. `probabilities` (n, n_codes) are left-out ones
    of what was said (`values` nan: not said). A code without any label gets one half. Of (child, parent)
    columns, the parent follows its children and counts by itself only.
    """
    found = np.full(probabilities.shape[1], 0.5)
    codes = np.flatnonzero(~np.isnan(values).all(axis=0)).tolist()
    ranked = {c: np.sort(probabilities[~np.isnan(values[:, c]), c])[::-1] for c in codes}
    hits = {c: np.cumsum(p) for c, p in ranked.items()}  # among the first 1, 2 ... that are suggested
    there = {c: np.arange(1, len(p) + 1) + p.sum() for c, p in ranked.items()}  # suggested, and applying
    own = {c: 2.0 * hits[c] / there[c] for c in codes}
    last = {c: int(np.argmax(own[c])) for c in codes}  # that is suggested
    micro = MOST_MICRO * FEW / (FEW + np.nansum(values, axis=0))
    counted = [c for c in codes if c not in {parent for _, parent in parents}]
    n_hits, n_there = (sum(of[c][last[c]] for c in counted) for of in (hits, there))
    for _ in range(ROUNDS):
        before = dict(last)
        for c in counted:
            n_hits, n_there = n_hits - hits[c][last[c]], n_there - there[c][last[c]]
            of_all = 2.0 * (hits[c] + n_hits) / (there[c] + n_there)
            last[c] = int(np.argmax((1.0 - micro[c]) * own[c] / len(counted) + micro[c] * of_all))
            n_hits, n_there = n_hits + hits[c][last[c]], n_there + there[c][last[c]]
        if last == before:
            break
    for c, p in ranked.items():
        found[c] = np.clip((p[last[c]] + p[min(last[c] + 1, len(p) - 1)]) / 2.0, *EXTREMES)
    return found


def exclusive_thresholds(
    probabilities: Floats,
    values: Floats,
    thresholds: Floats,
    groups: Columns,
    options: Columns,
) -> Floats:
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


def _for_f1(p: Floats, thresholds: Floats, certain: NDArray[np.bool_]) -> Floats:
    """Thresholds (n_codes,) of exclusive codes, by coordinate ascent: each is the best one beside the others.

    Expected from the probabilities `p` (n, n_codes), as each code's own are (plug-in rules: Narasimhan, Vaish
    & Agarwal 2014); `certain` (n,) rows have a code.
    """
    n, n_codes = p.shape
    log_odds, limits, applies = np.log(odds(p)), np.log(odds(thresholds)), p.sum(axis=0)
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
            limits[code] = np.clip(ends.mean(), *np.log(odds(np.array(EXTREMES))))
        if np.allclose(limits, before):
            break
    return np.asarray(1.0 / (1.0 + np.exp(-limits)))


def _left(rows: Floats) -> Floats:
    """Sums of the columns of `rows` (n, n_columns) without the first 0, 1, ... n rows, (n + 1, n_columns)."""
    return np.vstack([np.cumsum(rows[::-1], axis=0)[::-1], np.zeros((1, rows.shape[1]))])
