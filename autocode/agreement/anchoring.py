"""Do suggestions sway the coder? Units are decided blind or assisted, at random.

People lean on what a machine proposes, and agreement measured after a suggestion was shown is
partly the suggestion's own doing (automation bias: Parasuraman & Manzey 2010, Human Factors 52).
Because chance puts a unit into its arm, the difference between the arms is the effect of showing.
Agreement of coders is computed from blind units only, whatever this says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from autocode.agreement.coefficient import Floats, Interval, finite
from autocode.agreement.per_code import FEW_CLUSTERS
from autocode.agreement.resample import (
    MIN_CLUSTERS,
    Estimator,
    Sampling,
    jackknife,
    merge,
    replicate,
    summarise,
)
from autocode.agreement.tables import group_index
from autocode.errors import AgreementError

Arm = Literal["blind", "assisted"]

ARMS: tuple[Arm, Arm] = ("blind", "assisted")
MIN_UNITS = 10  # units in each arm, and
MIN_TRANSCRIPTS = 5  # transcripts with such units, below which the verdict says nothing

# Every measure is one total over another.
MEASURES: dict[str, tuple[str, str]] = {
    "codes_per_unit": ("n_codes", "n_units"),
    "share_coded": ("n_coded", "n_units"),  # units with any code
    "jaccard": (
        "jaccard",
        "n_units",
    ),  # |applied & suggested| / |applied | suggested|, 1 where both are empty
    "suggested_applied": ("n_shared", "n_suggested"),  # share of suggested codes that the coder applied
    "applied_suggested": ("n_shared", "n_codes"),  # share of applied codes that the machine had suggested
}
PRIMARY = "jaccard"  # the verdict's measure, chosen beforehand: five would find a sway by chance too often


@dataclass(frozen=True, slots=True)
class Decided:
    """What a coder first decided on a unit, and what the machine suggested at that moment."""

    transcript_id: str
    arm: Arm
    codes: frozenset[str]
    suggested: frozenset[str]  # in the blind arm: what it would have suggested


@dataclass(frozen=True, slots=True)
class Measure:
    """One number about an arm."""

    value: float | None
    undefined_because: str | None = None


@dataclass(frozen=True, slots=True)
class ArmMeasures:
    """One arm: how much it rests on, and its measures by the names in `MEASURES`."""

    n_units: int
    n_transcripts: int
    measures: Mapping[str, Measure]


@dataclass(frozen=True, slots=True)
class Difference:
    """A measure with suggestions, less the same measure without."""

    value: float | None
    undefined_because: str | None
    interval: Interval


@dataclass(frozen=True, slots=True)
class Anchoring:
    """Both arms, what differs between them, and what may be said of it."""

    blind: ArmMeasures
    assisted: ArmMeasures
    differences: Mapping[str, Difference]
    verdict: str


@dataclass(frozen=True, slots=True, eq=False)
class _Totals:
    """Sums over units, each of shape (n_transcripts, 2): blind, assisted."""

    n_units: Floats
    n_codes: Floats
    n_coded: Floats
    n_suggested: Floats
    n_shared: Floats
    jaccard: Floats


def measure_anchoring(
    decided: Sequence[Decided], *, level: float = 0.95, replicates: int = 2000, seed: int = 0
) -> Anchoring:
    """How decisions with suggestions differ from blind ones, with intervals by transcript.

    Transcripts are resampled whole, with both arms and all coders in them; with fewer than ten of
    them a jackknife takes the bootstrap's place. The verdict rests on the mean Jaccard similarity to
    the machine, and claims a sway only if the interval excludes 0 as printed and each arm has
    `MIN_UNITS` units from `MIN_TRANSCRIPTS` transcripts.

    >>> def unit(i, arm, *codes):
    ...     return Decided(f"t{i}", arm, frozenset(codes), frozenset({"trust"}))
    >>> blind = [unit(i, "blind", "trust", *(["risk"] if i % 2 else [])) for i in range(20)]
    >>> result = measure_anchoring([*blind, *(unit(i, "assisted", "trust") for i in range(20))])
    >>> result.blind.measures["jaccard"].value, result.assisted.measures["jaccard"].value
    (0.75, 1.0)
    >>> result.verdict
    'Suggestions raise agreement with the machine by .25 [.12, .38]: they sway the coder'
    """
    totals = _totals(decided)
    n_transcripts = len(totals.n_units)
    everything = merge(totals, np.ones(n_transcripts))
    values = _values(everything)
    reasons = {name: [_reason(name, everything, arm) for arm in (0, 1)] for name in MEASURES}
    blind, assisted = (
        ArmMeasures(
            int(everything.n_units[arm]),
            int((totals.n_units[:, arm] > 0).sum()),
            {name: Measure(finite(values[arm, k]), reasons[name][arm]) for k, name in enumerate(MEASURES)},
        )
        for arm in (0, 1)
    )
    intervals = _intervals(totals, level=level, replicates=replicates, seed=seed)
    differences = {}
    for k, name in enumerate(MEASURES):
        why = " and ".join(reason for reason in reasons[name] if reason) or None
        interval = intervals[k]
        if why:
            interval = Interval(None, None, level, interval.method, why, n_groups=n_transcripts)
        differences[name] = Difference(finite(values[1, k] - values[0, k]), why, interval)
    return Anchoring(blind, assisted, differences, _verdict(blind, assisted, differences[PRIMARY]))


def _totals(decided: Sequence[Decided]) -> _Totals:
    """Sums by transcript; transcripts stand in the order of their sums, so names do not matter."""
    unknown = next((unit.arm for unit in decided if unit.arm not in ARMS), None)
    if unknown is not None:
        raise AgreementError(f"a unit's arm is 'blind' or 'assisted', not '{unknown}'")
    counts = [(len(u.codes), len(u.suggested), len(u.codes & u.suggested)) for u in decided]
    codes, suggested, shared = np.array(counts, np.float64).reshape(-1, 3).T
    groups = group_index([unit.transcript_id for unit in decided], len(decided))
    assert groups is not None
    n = int(groups.max(initial=-1)) + 1
    cell = 2 * groups + np.array([unit.arm == "assisted" for unit in decided], np.int64)

    def by_transcript(weights: Floats) -> Floats:
        return np.bincount(cell, weights, minlength=2 * n).astype(np.float64).reshape(n, 2)

    either = codes + suggested - shared
    sums = {
        "jaccard": by_transcript(np.where(either > 0, shared / np.maximum(either, 1), 1.0)),
        "n_shared": by_transcript(shared),
        "n_suggested": by_transcript(suggested),
        "n_coded": by_transcript((codes > 0).astype(np.float64)),
        "n_codes": by_transcript(codes),
        "n_units": by_transcript(np.ones(len(decided))),
    }
    order = np.lexsort(np.concatenate(list(sums.values()), axis=1).T)
    return _Totals(**{name: sums_by[order] for name, sums_by in sums.items()})


def _values(totals: _Totals) -> Floats:
    """The measures of both arms, shape (..., 2, n_measures); nan where undefined."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = [getattr(totals, over) / getattr(totals, under) for over, under in MEASURES.values()]
    return np.stack(ratios, axis=-1)


def _differences(totals: _Totals) -> Floats:
    """Assisted less blind, shape (..., n_measures)."""
    values = _values(totals)
    difference: Floats = values[..., 1, :] - values[..., 0, :]
    return difference


def _difference_of(k: int) -> Callable[[_Totals], Floats]:
    return lambda totals: _differences(totals)[..., k]


def _intervals(totals: _Totals, *, level: float, replicates: int, seed: int) -> list[Interval]:
    """One interval a measure, from the same replicates."""
    n = len(totals.n_units)
    if n < MIN_CLUSTERS:
        return [
            jackknife(
                Estimator(totals, _difference_of(k)),
                n,
                level=level,
                highest=np.inf if name == "codes_per_unit" else 1.0,
            )
            for k, name in enumerate(MEASURES)
        ]
    sample = Sampling(np.arange(n), n, None)
    drawn = replicate(Estimator(totals, _differences), sample, replicates=replicates, seed=seed)
    with_units = (totals.n_units > 0).sum(axis=0)
    fewer = int(with_units.argmin())
    warning = None
    if with_units[fewer] < FEW_CLUSTERS:
        warning = f"only {with_units[fewer]} interviews have {ARMS[fewer]} units: the interval is too narrow"
    return [
        replace(
            summarise(
                column,
                method="bootstrap of interviews",
                n_groups=n,
                level=level,
                thresholds=(0.0,),
                expanded=True,
            ),
            warning=warning,
        )
        for column in drawn.T
    ]


def _reason(name: str, totals: _Totals, arm: int) -> str | None:
    """Why a measure is undefined in an arm; None where it is defined."""
    under = MEASURES[name][1]
    if not totals.n_units[arm]:
        return f"there is no {ARMS[arm]} unit"
    if getattr(totals, under)[arm]:
        return None
    if under == "n_suggested":
        return f"the machine suggested no code for the {ARMS[arm]} units"
    return f"no code was applied to the {ARMS[arm]} units"


def _verdict(blind: ArmMeasures, assisted: ArmMeasures, difference: Difference) -> str:
    """One sentence that claims no more than the interval of the primary measure does."""
    n, interval = blind.n_units + assisted.n_units, difference.interval
    untold = f"No sway can be told from the {n} {'unit' if n == 1 else 'units'} so far"
    if difference.value is None:
        return f"{untold}: {difference.undefined_because}"
    for name, arm in zip(ARMS, (blind, assisted), strict=True):
        if arm.n_units < MIN_UNITS:
            return f"{untold}: it takes {MIN_UNITS} {name} units, and there are {arm.n_units}"
        if arm.n_transcripts < MIN_TRANSCRIPTS:
            takes = f"it takes {name} units from {MIN_TRANSCRIPTS} transcripts"
            return f"{untold}: {takes}, and they are from {arm.n_transcripts}"
    if interval.low is None or interval.high is None:
        return f"{untold}: {interval.unavailable_because}"
    low, high = round(interval.low, 2), round(interval.high, 2)
    caveat = f" ({interval.warning})" if interval.warning else ""
    if low > 0:
        by = _limits(difference.value, low, high)
        return f"Suggestions raise agreement with the machine by {by}: they sway the coder{caveat}"
    if high < 0:
        by = _limits(-difference.value, -high, -low)
        return f"Suggestions lower agreement with the machine by {by}: they put the coder off{caveat}"
    found = _limits(difference.value, low, high)
    return f"{untold}: the difference in agreement with the machine is {found}{caveat}"


def _limits(value: float, low: float, high: float) -> str:
    return f"{_plain(value)} [{_plain(low)}, {_plain(high)}]"


def _plain(number: float) -> str:
    """Two decimals without the zero before the point: .12, -.03, 1.00."""
    text = f"{abs(number):.2f}".removeprefix("0")
    return f"-{text}" if round(number, 2) < 0 else text
