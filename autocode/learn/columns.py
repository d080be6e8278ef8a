"""Many small problems at once: each column of a matrix is a point that has a function of its own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

MEMORY = 8  # steps from which a column's curvature is told
ENOUGH = 1e-4  # share of the descent that the slope promises, for a step to be taken

Floats = NDArray[np.float64]


def minimize_columns(
    function: Callable[[Floats], tuple[Floats, Floats]], start: Floats, *, evaluations: int
) -> Floats:
    """Where the function of each column of `start` (n_dims, n_columns) is low, after so many `evaluations`.

    `function` gives the value of each column, (n_columns,), and the slopes, like `start`; it is convex or
    nearly so, and no column's depends on another. Each column walks by itself (L-BFGS: Nocedal and Wright
    2006, "Numerical optimization", algorithms 7.4 and 3.1), so that its result does not depend on what
    else is there; all are evaluated together, as many narrow multiplications take several times as long as
    a broad one.
    """
    at = start.copy()
    value, slope = function(at)
    moves, turns = np.zeros((2, MEMORY, *start.shape))  # of the points and of the slopes, the latest last
    inverse = np.zeros((MEMORY, start.shape[1]))  # of their products; 0: no such step yet
    scale = 1.0 / np.maximum(np.sqrt((slope**2).sum(axis=0)), 1e-12)
    way, length, taken = np.zeros_like(at), np.ones(start.shape[1]), np.ones(start.shape[1], bool)
    for _ in range(evaluations - 1):
        way = np.where(taken, -_bent(slope, moves, turns, inverse, scale), way)
        length = np.where(taken, 1.0, length / 2.0)
        there = at + length * way
        new_value, new_slope = function(there)
        taken = new_value <= value + ENOUGH * length * (slope * way).sum(axis=0)
        move, turn = there - at, new_slope - slope
        product = (move * turn).sum(axis=0)
        kept = taken & (product > 1e-12)
        for past, latest in ((moves, move), (turns, turn), (inverse, 1.0 / np.where(kept, product, 1.0))):
            past[..., kept] = np.concatenate([past[1:], latest[None]])[..., kept]
        scale = np.where(kept, product / np.maximum((turn**2).sum(axis=0), 1e-12), scale)
        at, slope = np.where(taken, there, at), np.where(taken, new_slope, slope)
        value = np.where(taken, new_value, value)
    return at


def _bent(slope: Floats, moves: Floats, turns: Floats, inverse: Floats, scale: Floats) -> Floats:
    """The slopes times the inverse curvature that the steps tell of."""
    found, shares = slope.copy(), np.zeros_like(inverse)
    for step in reversed(range(len(moves))):
        shares[step] = inverse[step] * (moves[step] * found).sum(axis=0)
        found -= shares[step] * turns[step]
    found *= scale
    for step in range(len(moves)):
        found += (shares[step] - inverse[step] * (turns[step] * found).sum(axis=0)) * moves[step]
    return found
