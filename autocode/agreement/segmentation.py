"""Agreement of two segmentations of the same text: Pk, WindowDiff, boundary similarity.

A segmentation is its masses: the lengths of its segments in order, in sentences, words or
turns, such as [5, 2, 6]. Both must have the same sum. Pk and WindowDiff are error rates (0 is
best) of a hypothesis against a reference; the similarities treat both alike (1 is best).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from autocode.agreement.coefficient import Coefficient, Ints
from autocode.errors import AgreementError

Masses = Sequence[int]


@dataclass(frozen=True, slots=True)
class BoundaryEdits:
    """What turns one segmentation's boundaries into the other's (Fournier 2013)."""

    n_matches: int
    n_added_or_removed: int
    transpositions: tuple[int, ...]  # how far each moved boundary moved


def pk(reference: Masses, hypothesis: Masses, *, window: int | None = None) -> Coefficient:
    """Share of windows whose two ends only one segmentation puts into one segment (Beeferman et al. 1999).

    `window` is in units; left out, half the mean length of the reference's segments, at least 2.

    >>> round(pk([5, 1, 2, 5], [4, 4, 5]).value, 4)  # 3 of 11 windows
    0.2727
    """
    counts = _window_counts("pk", reference, hypothesis, window)
    return _window_error("pk", None if counts is None else (counts[0] > 0) != (counts[1] > 0))


def window_diff(reference: Masses, hypothesis: Masses, *, window: int | None = None) -> Coefficient:
    """Share of windows in which the numbers of boundaries differ (Pevzner & Hearst 2002).

    >>> round(window_diff([6, 6], [5, 7]).value, 4)
    0.2222
    """
    counts = _window_counts("window_diff", reference, hypothesis, window)
    return _window_error("window_diff", None if counts is None else counts[0] != counts[1])


def boundary_similarity(one: Masses, other: Masses, *, n_t: int = 2) -> Coefficient:
    """1 less the weighted share of boundaries that must be edited (Fournier 2013).

    A boundary that lies fewer than `n_t` units off is moved, at a cost of its distance / n_t; other
    differences cost 1. Without any boundary the two agree fully.

    >>> boundary_similarity([2, 3, 6], [2, 2, 7]).value
    0.75
    """
    edits = boundary_edits(one, other, n_t=n_t)
    n = edits.n_matches + edits.n_added_or_removed + len(edits.transpositions)
    value = 1 - _cost(edits, n_t) / n if n else 1.0
    return Coefficient("boundary_similarity", value, n_coders=2, n_units=n)


def segmentation_similarity(one: Masses, other: Masses, *, n_t: int = 2) -> Coefficient:
    """1 less the weighted edits per place where a boundary could be (Fournier & Inkpen 2012).

    High wherever boundaries are rare; `boundary_similarity` is the stricter one.
    """
    edits = boundary_edits(one, other, n_t=n_t)
    places = sum(one) - 1
    if places < 1:
        return Coefficient(
            "segmentation_similarity", None, "there is no place for a boundary in one unit", n_coders=2
        )
    return Coefficient("segmentation_similarity", 1 - _cost(edits, n_t) / places, n_coders=2, n_units=places)


def boundary_edits(one: Masses, other: Masses, *, n_t: int = 2) -> BoundaryEdits:
    """The cheapest edits by rule: keep what matches, then move the nearest, then add or remove."""
    if n_t < 1:
        raise AgreementError(f"n_t: expected 1 or more, found {n_t}")
    a, b = set(boundaries(one).tolist()), set(boundaries(other).tolist())
    _same_length(one, other)
    n_matches = len(a & b)
    left, right = a - b, b - a
    moved: list[int] = []
    for distance in range(1, n_t):
        for place in sorted(left):
            target = next((place + d for d in (-distance, distance) if place + d in right), None)
            if target is not None:
                left.discard(place)
                right.discard(target)
                moved.append(distance)
    return BoundaryEdits(n_matches, len(left) + len(right), tuple(moved))


def boundaries(masses: Masses) -> Ints:
    """After which units a segment ends, the last one left out.

    >>> boundaries([5, 2, 6]).tolist()
    [5, 7]
    """
    lengths = np.asarray(masses)
    if lengths.ndim != 1 or not len(lengths) or (lengths < 1).any() or (lengths != lengths.astype(int)).any():
        raise AgreementError("masses: expected the lengths of segments, whole numbers of 1 or more")
    ends: Ints = np.cumsum(lengths.astype(np.int64))[:-1]
    return ends


def _cost(edits: BoundaryEdits, n_t: int) -> float:
    return edits.n_added_or_removed + sum(edits.transpositions) / n_t


def _window_counts(
    name: str, reference: Masses, hypothesis: Masses, window: int | None
) -> tuple[Ints, Ints] | None:
    """How many boundaries of each segmentation every window holds; None where no window fits."""
    ends = boundaries(reference), boundaries(hypothesis)
    n = _same_length(reference, hypothesis)
    size = max(2, round(n / len(reference) / 2)) if window is None else window
    if size < 1:
        raise AgreementError(f"{name}: the window must be 1 or more, found {size}")
    if size >= n:
        return None
    up_to = [np.searchsorted(end, np.arange(n), side="right") for end in ends]  # boundaries before a unit
    first, second = (count[size:] - count[:-size] for count in up_to)
    return first, second


def _window_error(name: str, wrong: np.ndarray | None) -> Coefficient:
    if wrong is None:
        return Coefficient(name, None, "the text is no longer than the window", n_coders=2)
    return Coefficient(name, float(wrong.mean()), n_coders=2, n_units=len(wrong))


def _same_length(one: Masses, other: Masses) -> int:
    n = int(sum(one))
    if n != sum(other):
        raise AgreementError(f"masses: one segmentation covers {n} units, the other {sum(other)}")
    return n
