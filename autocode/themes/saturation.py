"""When further interviews bring nothing new: base size, run length, new-information threshold.

After Guest, Namey & Chen (2020), "A simple method to assess and report thematic saturation in
qualitative research", PLoS ONE 15(5), e0232076.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class SaturationRule:
    """When no new information counts as none (Guest, Namey & Chen 2020)."""

    base_size: int = 4
    run_length: int = 2
    threshold: float = 0.05


@dataclass(frozen=True, slots=True)
class Saturation:
    """How fast new information dried up, over many orders of the same interviews.

    An order is saturated after n interviews when the next `run_length` bring new items worth at most
    `threshold` of what the first `base_size` brought; runs move on by one interview.
    """

    n_interviews: int
    n_items: int  # different codes or themes in all of them
    base_size: int
    run_length: int
    threshold: float
    n_orders: int
    curve: tuple[float, ...]  # mean number of different items after 1, 2, 3 ... interviews
    low: tuple[float, ...]  # 2.5 % of the orders have fewer
    high: tuple[float, ...]  # 2.5 % have more
    share_reached: float | None  # of the orders that are saturated before the interviews run out
    reached_at: int | None  # interviews, median over all orders; None: most orders are not saturated
    new_in_last_run: float | None  # share of the base's items, mean over orders
    undefined_because: str = ""

    def sentence(self, items: str = "codes") -> str:
        """The result in Guest, Namey & Chen's terms."""
        if self.undefined_because:
            return f"Saturation of {items}: {self.undefined_because}."
        setting = (
            f"base size {self.base_size}, run length {self.run_length}, threshold {100 * self.threshold:g} %"
        )
        assert self.share_reached is not None and self.new_in_last_run is not None  # noqa: PT018
        reached = f"reached in {self.share_reached:.0%} of {self.n_orders} orders of the interviews"
        if self.reached_at is not None:
            reached += f", typically after {self.reached_at} (+{self.run_length}) interviews"
        return (
            f"Saturation of {items} ({setting}): {reached}; the last {self.run_length} of the "
            f"{self.n_interviews} interviews bring new {items} worth {self.new_in_last_run:.1%} of the base."
        )


def measure_saturation(
    seen: Sequence[AbstractSet[str]],
    *,
    base_size: int = 4,
    run_length: int = 2,
    threshold: float = 0.05,
    n_orders: int = 200,
    seed: int = 0,
) -> Saturation:
    """Saturation of what was `seen` in each interview, over `n_orders` random orders of the interviews.

    >>> alike = measure_saturation([{"trust", "risk"}] * 8)
    >>> alike.share_reached, alike.reached_at
    (1.0, 4)
    >>> measure_saturation([{f"code {i}"} for i in range(8)]).share_reached
    0.0
    >>> measure_saturation([{"trust"}, {"risk"}]).undefined_because
    'needs 6 interviews or more (4 for the base and 2 for a run), and there are 2'
    """
    if base_size < 1 or run_length < 1 or n_orders < 1 or not 0 <= threshold <= 1:
        raise ValueError("base_size, run_length and n_orders are at least 1, and threshold is 0 to 1")
    table = _table(seen)
    n, n_items = table.shape
    because = _undefined(n, n_items, base_size, run_length)
    generator = np.random.default_rng(seed)
    orders = [generator.permutation(n) for _ in range(n_orders)] if n else []
    counts = np.array([_known_after(table[order]) for order in orders]).reshape(len(orders), n)
    curve, low, high = _band(counts)
    share, at, last = (None, None, None) if because else _reached(counts, base_size, run_length, threshold)
    return Saturation(
        n, n_items, base_size, run_length, threshold, n_orders, curve, low, high, share, at, last, because
    )


def _undefined(n: int, n_items: int, base_size: int, run_length: int) -> str:
    least = base_size + run_length
    if n < least:
        return (
            f"needs {least} interviews or more ({base_size} for the base and {run_length} for a run), "
            f"and there are {n}"
        )
    return "" if n_items else "nothing was found in any of the interviews"


def _table(seen: Sequence[Iterable[str]]) -> NDArray[np.bool_]:
    """Which item is in which interview, shape (n_interviews, n_items)."""
    column = {item: number for number, item in enumerate(sorted(set().union(*map(set, seen))))}
    table = np.zeros((len(seen), len(column)), np.bool_)
    for row, items in enumerate(seen):
        table[row, [column[item] for item in sorted(items)]] = True
    return table


def _known_after(table: NDArray[np.bool_]) -> NDArray[np.intp]:
    """How many different items the first 1, 2, 3 ... interviews hold, shape (n_interviews,)."""
    return np.asarray(np.logical_or.accumulate(table, axis=0).sum(axis=1))


def _band(counts: NDArray[np.intp]) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
    if not counts.size:
        return (), (), ()
    low, high = np.percentile(counts, [2.5, 97.5], axis=0)
    mean, low, high = (np.round(values, 3).tolist() for values in (counts.mean(axis=0), low, high))
    return tuple(mean), tuple(low), tuple(high)


def _reached(
    counts: NDArray[np.intp], base_size: int, run_length: int, threshold: float
) -> tuple[float, int | None, float]:
    """Share of orders that are saturated, median place (None: not within the interviews), new at the end."""
    base = np.maximum(counts[:, base_size - 1], 1)[:, None]
    before = counts[:, base_size - 1 : -run_length]
    after = counts[:, base_size - 1 + run_length :]
    new = (after - before) / base
    dry = new <= threshold + 1e-12
    reached = dry.any(axis=1)
    places = np.where(reached, base_size + dry.argmax(axis=1), counts.shape[1] + 1)
    middle = int(np.sort(places)[(len(places) - 1) // 2])
    at = middle if middle <= counts.shape[1] else None
    return float(reached.mean()), at, round(float(new[:, -1].mean()), 6)
