"""Gamma: agreement on free spans by their best alignment (Mathet, Widloecher & Metivier 2015).

A unitary alignment takes one unit, or none, from each coder; an alignment uses every unit once.
Two units are alpha * positional + beta * categorical apart, a unit and none `delta_empty`. The
disorder of an alignment is the sum of its unitary alignments' mean distances over the mean number
of units of a coder, and gamma = 1 - observed / expected disorder, where chance shuffles the
coders' spans. Gamma is a Monte Carlo number: report its parameters, sampler and seed with it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import combinations
from math import ceil, comb

import numpy as np

from autocode.agreement.coefficient import Coefficient, Floats, Ints
from autocode.agreement.unitizing import Span, Spans
from autocode.config import suggest
from autocode.errors import AgreementError

Units = tuple[Floats, Ints]  # of one coder: (n, 2) starts and ends, (n,) category indices
MAX_CANDIDATES = 2_000_000


def gamma(
    spans: Spans,
    *,
    alpha: float = 1.0,
    beta: float = 1.0,
    delta_empty: float = 1.0,
    sampler: str = "shuffle",
    precision: float = 0.02,
    min_samples: int = 30,
    max_samples: int = 2000,
    seed: int = 0,
) -> Coefficient:
    """Gamma of any number of coders; `observed` and `expected` are disorders.

    `sampler` is "shuffle" (a coder's spans, rotated about a random point) or "statistical"
    (spans drawn anew with the observed numbers, lengths and gaps). Enough samples are drawn to
    know the expected disorder within `precision` (relative, at 95%), at most `max_samples`.

    >>> same = [(0, 4, "trust"), (6, 9, "gap")]
    >>> gamma({"ann": same, "bob": same}).value
    1.0
    """
    if sampler not in SAMPLERS:
        raise AgreementError(f"there is no sampler '{sampler}'{suggest(sampler, list(SAMPLERS))}")
    coders = _coders(spans)
    observed = _disorder(coders, alpha, beta, delta_empty)
    rng = np.random.default_rng(seed)

    def by_chance() -> float:
        return _disorder(SAMPLERS[sampler](coders, rng), alpha, beta, delta_empty)

    samples = [by_chance() for _ in range(min_samples)]
    spread = float(np.std(samples, ddof=1) / np.mean(samples)) if any(samples) else 0.0
    needed = min(max_samples, ceil((1.96 * spread / precision) ** 2))
    samples += [by_chance() for _ in range(needed - len(samples))]
    expected = float(np.mean(samples))
    n_units = sum(len(places) for places, _ in coders)
    if expected <= 0:
        return Coefficient("gamma", None, "shuffled spans agree fully", n_coders=len(coders), n_units=n_units)
    return Coefficient(
        "gamma",
        1 - observed / expected,
        n_coders=len(coders),
        n_units=n_units,
        observed=observed,
        expected=expected,
        detail={"n_samples": len(samples)},
    )


def gamma_disorder(
    spans: Spans, *, alpha: float = 1.0, beta: float = 1.0, delta_empty: float = 1.0
) -> Coefficient:
    """The disorder of the best alignment, found exactly; 0 where all spans are the same.

    >>> ann, bob = [(1, 5, "a"), (6, 10, "b"), (20, 24, "a"), (30, 34, "b")], [(2, 6, "a"), (31, 35, "b")]
    >>> round(gamma_disorder({"ann": ann, "bob": bob}).value, 4)
    0.7083
    """
    coders = _coders(spans)
    value = _disorder(coders, alpha, beta, delta_empty)
    n_units = sum(len(places) for places, _ in coders)
    return Coefficient("gamma_disorder", value, n_coders=len(coders), n_units=n_units, observed=value)


def _coders(spans: Spans) -> list[Units]:
    if len(spans) < 2:
        raise AgreementError(f"spans: expected at least two coders, found {len(spans)}")
    values = sorted({value for units in spans.values() for *_, value in units}, key=str)
    if not values:
        raise AgreementError("spans: no coder marked anything")
    index = {value: i for i, value in enumerate(values)}
    return [_units(units, index) for units in spans.values()]


def _units(units: Sequence[Span], index: dict[Hashable, int]) -> Units:
    places = np.array([(a, b) for a, b, _ in units], np.float64).reshape(-1, 2)
    if (places[:, 1] <= places[:, 0]).any():
        raise AgreementError("spans: every span must end after it starts")
    return places, np.array([index[value] for *_, value in units], np.int64)


def _disorder(coders: list[Units], alpha: float, beta: float, delta_empty: float) -> float:
    """The smallest disorder of any alignment."""
    distance = {
        (i, j): _distances(coders[i], coders[j], alpha, beta, delta_empty)
        for i, j in combinations(range(len(coders)), 2)
    }
    n_units = sum(len(places) for places, _ in coders)
    best = _assign(distance[0, 1]) if len(coders) == 2 else _align(coders, distance, delta_empty)
    return best / comb(len(coders), 2) / (n_units / len(coders))


def _distances(one: Units, other: Units, alpha: float, beta: float, delta_empty: float) -> Floats:
    """Distances of all pairs of units, with a last row and column for "no unit"."""
    (place_a, category_a), (place_b, category_b) = one, other
    off = np.abs(place_a[:, None, :] - place_b).sum(axis=2)
    length = np.diff(place_a, axis=1) + np.diff(place_b, axis=1).T
    both = alpha * np.square(off / length) + beta * (category_a[:, None] != category_b)
    table = np.full((len(category_a) + 1, len(category_b) + 1), delta_empty)
    table[:-1, :-1] = both * delta_empty
    return table


def _assign(table: Floats) -> float:
    """Two coders: an assignment problem in which every unit may also be left alone."""
    from scipy.optimize import linear_sum_assignment

    n, m = table.shape[0] - 1, table.shape[1] - 1
    cost = np.zeros((n + m, n + m))
    cost[:n, :m], cost[:n, m:], cost[n:, :m] = table[:-1, :-1], table[:-1, -1:], table[-1:, :-1]
    return float(cost[linear_sum_assignment(cost)].sum())


def _align(coders: list[Units], distance: dict[tuple[int, int], Floats], delta_empty: float) -> float:
    """Three coders and more: the cheapest exact cover of all units by unitary alignments."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    chosen, cost = _candidates(coders, distance, delta_empty)
    sizes = [len(places) for places, _ in coders]
    first = np.concatenate([[0], np.cumsum(sizes)])[:-1]
    candidate, coder = np.nonzero(chosen < np.array(sizes))
    unit = first[coder] + chosen[candidate, coder]
    cover = csr_array((np.ones(len(unit)), (unit, candidate)), shape=(sum(sizes), len(cost)))
    once, whole = LinearConstraint(cover, 1, 1), np.ones(len(cost))
    result = milp(cost, constraints=once, integrality=whole, bounds=Bounds(0, 1))
    if result.x is None:
        raise AgreementError(f"no best alignment was found: {result.message}")
    return float(cost[result.x > 0.5].sum())


def _candidates(
    coders: list[Units], distance: dict[tuple[int, int], Floats], delta_empty: float
) -> tuple[Ints, Floats]:
    """Unitary alignments that a best alignment may use, and their costs summed over pairs of coders.

    One that costs more than its units would cost alone is never needed.
    """
    n_coders = len(coders)
    alone = comb(n_coders, 2) * delta_empty
    chosen, cost = np.zeros((1, 0), np.int64), np.zeros(1)
    for j in range(n_coders):
        none = len(coders[j][0])
        chosen = np.concatenate(
            [np.repeat(chosen, none + 1, axis=0), np.tile(np.arange(none + 1), len(chosen))[:, None]], axis=1
        )
        cost = np.repeat(cost, none + 1)
        for i in range(j):
            cost = cost + distance[i, j][chosen[:, i], chosen[:, j]]
        n_real = (chosen < np.array([len(places) for places, _ in coders[: j + 1]])).sum(axis=1)
        worth = cost <= (n_real + n_coders - j - 1) * alone + 1e-9
        chosen, cost = chosen[worth], cost[worth]
        if len(cost) > MAX_CANDIDATES:
            raise AgreementError("gamma: too many possible alignments; take one interview or code at a time")
    some = (chosen < np.array([len(places) for places, _ in coders])).any(axis=1)
    return chosen[some], cost[some]


def _shuffle(coders: list[Units], rng: np.random.Generator) -> list[Units]:
    """For each coder, the spans of a random coder rotated about a random point of the text.

    The points lie at least half a mean span apart, so that no two coders get the same spans.
    """
    places = np.concatenate([coder[0] for coder in coders])
    low, high = places.min(), places.max()
    apart = np.diff(places, axis=1).mean() / 2
    sampled: list[Units] = []
    points: list[float] = []
    for _ in coders:
        place, category = coders[rng.integers(len(coders))]
        point = rng.uniform(low, high)
        for _ in range(100):  # long spans in a short text may leave no room
            if all(abs(point - other) >= apart for other in points):
                break
            point = rng.uniform(low, high)
        points.append(point)
        shift = np.where(place[:, :1] > point, low - point, high - point)
        sampled.append((place + shift, category))
    return sampled


def _statistical(coders: list[Units], rng: np.random.Generator) -> list[Units]:
    """Spans with the coders' numbers, lengths, gaps (normal) and shares of categories."""
    sizes = [len(places) for places, _ in coders]
    ordered = [places[np.argsort(places[:, 0])] for places, _ in coders]
    lengths = np.concatenate([np.diff(places, axis=1)[:, 0] for places in ordered])
    gaps = np.concatenate([places[1:, 0] - places[:-1, 1] for places in ordered])
    gaps = gaps if len(gaps) else np.zeros(1)
    categories = np.concatenate([category for _, category in coders])
    low = min(places.min() for places in ordered if len(places))
    sampled: list[Units] = []
    for _ in coders:
        n = max(1, round(rng.normal(np.mean(sizes), np.std(sizes))))
        length = np.abs(rng.normal(lengths.mean(), lengths.std(), n))
        length = np.maximum(length, lengths.min() * 1e-3)
        gap = rng.normal(gaps.mean(), gaps.std(), n)
        start = low + np.cumsum(gap) + np.cumsum(length) - length
        sampled.append((np.stack([start, start + length], axis=1), rng.choice(categories, n)))
    return sampled


SAMPLERS: dict[str, Callable[[list[Units], np.random.Generator], list[Units]]] = {
    "shuffle": _shuffle,
    "statistical": _statistical,
}
