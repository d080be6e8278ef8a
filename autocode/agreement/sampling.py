"""Which units are coded twice, and by whom.

Units are drawn by chance, each with a known probability, so that what is found in the sample can
be carried over to the corpus (`prevalence.difference_mean` takes the probabilities).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from autocode.agreement.coefficient import Floats, Ints
from autocode.errors import AgreementError

TURN = 2**53  # a random start is one of so many equal steps; whole numbers keep the counts exact


@dataclass(frozen=True, slots=True)
class SampledUnit:
    """A unit that was drawn."""

    unit_id: str
    transcript_id: str
    stratum: str | None
    probability: float  # of being drawn, before anything was


@dataclass(frozen=True, slots=True)
class TranscriptShare:
    """How many of a transcript's units were drawn, and the chance that each of them had."""

    transcript_id: str
    n_units: int
    n_drawn: int
    probability: float


@dataclass(frozen=True, slots=True)
class Sample:
    """A random sample of a corpus; transcripts by id, a transcript's units in their own order."""

    units: tuple[SampledUnit, ...]
    transcripts: tuple[TranscriptShare, ...]  # those without a drawn unit too
    n_corpus: int  # units in the corpus
    seed: int


def draw_sample(
    units: Mapping[str, Sequence[str]],
    *,
    n: int | None = None,
    share: float | None = None,
    seed: int,
    strata: Mapping[str, str] | None = None,
) -> Sample:
    """A random sample of `n` units, or of at least a `share` of them, without replacement.

    `units` has each transcript's unit ids. Transcripts get their number of units in proportion to
    their length, by largest remainder (ties by lot), and at least one where `n` allows. With fewer
    units than transcripts, chance decides between transcripts too, so that a short one is not left
    out for certain. All units of a transcript have the same probability, with `strata` (unit id:
    stratum, such as the machine's label) as without: units are then drawn systematically (Madow
    1949), so that each stratum has its share of every transcript rounded up or down, and the rarest
    its share of the whole.

    >>> sample = draw_sample({"a": ["a1", "a2", "a3", "a4"], "b": ["b1", "b2"]}, share=0.5, seed=1)
    >>> [(one.transcript_id, one.n_drawn, one.probability) for one in sample.transcripts]
    [('a', 2, 0.5), ('b', 1, 0.5)]
    """
    corpus = {name: list(units[name]) for name in sorted(units) if len(units[name])}
    everything = [unit for ids in corpus.values() for unit in ids]
    size = _sample_size(everything, n, share)
    strata = _strata(everything, strata)
    rng = np.random.default_rng(seed)
    lengths = np.array([len(ids) for ids in corpus.values()])
    order = rng.permutation(len(corpus)).tolist()
    blocks = [_in_strata(ids, strata, rng) for ids in corpus.values()]
    start = int(rng.integers(TURN))
    if size < len(corpus):
        expected = size * lengths / lengths.sum()
        line = [unit for i in order for unit in blocks[i]]
        drawn = set(_every(line, size, start))
    else:
        counts, expected = _allot(lengths, size, rng)
        drawn = _by_transcript(blocks, counts, order, strata, start)
    records: list[SampledUnit] = []
    shares: list[TranscriptShare] = []
    for (name, ids), chance in zip(corpus.items(), (expected / lengths).tolist(), strict=True):
        mine = [SampledUnit(unit, name, strata.get(unit), chance) for unit in ids if unit in drawn]
        records += mine
        shares.append(TranscriptShare(name, len(ids), len(mine), chance))
    return Sample(tuple(records), tuple(shares), len(everything), seed)


def assign(
    sample: Sample, coders: Sequence[str], *, coders_per_unit: int, seed: int
) -> dict[str, tuple[str, ...]]:
    """Each coder's units, in the sample's order; every unit goes to `coders_per_unit` coders.

    Loads differ by at most one unit, in the whole and in every transcript by at most two. Among the
    coders with the fewest units those are taken who have shared the fewest with each other.

    >>> sample = draw_sample({"a": [f"a{i}" for i in range(6)]}, n=6, seed=1)
    >>> loads = assign(sample, ["ann", "bob", "cem"], coders_per_unit=2, seed=1)
    >>> {coder: len(units) for coder, units in loads.items()}
    {'ann': 4, 'bob': 4, 'cem': 4}
    """
    if len(set(coders)) != len(coders):
        raise AgreementError("coders: each must be named once")
    if coders_per_unit < 1:
        raise AgreementError(f"coders_per_unit: expected 1 or more, found {coders_per_unit}")
    if len(coders) < coders_per_unit:
        raise AgreementError(
            f"coders: {coders_per_unit} are to code each unit, and there are only {len(coders)}"
        )
    rng, names = np.random.default_rng(seed), sorted(coders)
    loads, overlap = np.zeros(len(names), np.int64), np.zeros((len(names), len(names)), np.int64)
    given: dict[str, list[int]] = {name: [] for name in coders}
    for place in _shuffled_within(sample, rng):
        team = _team(loads, overlap, coders_per_unit, rng)
        loads[team] += 1
        overlap[np.ix_(team, team)] += 1
        for member in team:
            given[names[member]].append(place)
    return {name: tuple(sample.units[i].unit_id for i in sorted(places)) for name, places in given.items()}


def _sample_size(everything: Sequence[str], n: int | None, share: float | None) -> int:
    twice = [unit for unit, count in Counter(everything).items() if count > 1]
    if twice:
        raise AgreementError(f"units: '{twice[0]}' is there more than once; every unit needs its own id")
    if not everything:
        raise AgreementError("units: there are none to draw from")
    if (n is None) == (share is None):
        raise AgreementError("draw_sample: give either n or share")
    if share is not None:
        if not 0 < share <= 1:
            raise AgreementError(f"share: expected a number above 0 and up to 1, found {share:g}")
        return min(len(everything), ceil(share * len(everything) - 1e-9))
    assert n is not None
    if not 1 <= n <= len(everything):
        raise AgreementError(f"n: expected 1 to {len(everything)}, the number of units, found {n}")
    return n


def _strata(everything: Sequence[str], strata: Mapping[str, str] | None) -> dict[str, str]:
    if strata is None:
        return {}
    missing = next((unit for unit in everything if unit not in strata), None)
    if missing is not None:
        raise AgreementError(f"strata: unit '{missing}' has none")
    return {unit: strata[unit] for unit in everything}


def _in_strata(ids: Sequence[str], strata: Mapping[str, str], rng: np.random.Generator) -> list[str]:
    """Units in random order, stratum after stratum, the corpus's rarest stratum first."""
    mixed = [ids[i] for i in rng.permutation(len(ids))]
    if strata:
        counts = Counter(strata.values())
        mixed.sort(key=lambda unit: (counts[strata[unit]], strata[unit]))
    return mixed


def _every(line: Sequence[str], n: int, start: int) -> list[str]:
    """`n` units at even steps along a line; `start`, out of TURN, is where the first step begins."""
    return [line[(start + step * TURN) * len(line) // (n * TURN)] for step in range(n)]


def _by_transcript(
    blocks: Sequence[Sequence[str]], counts: Ints, order: Sequence[int], strata: Mapping[str, str], start: int
) -> set[str]:
    """Each transcript's count of units, drawn at even steps.

    The start moves on by what is left of the rarest stratum, so that its fractions add up to whole
    units over the transcripts; each start alone is uniform, so the probabilities stay what they are.
    """
    sizes = Counter(strata.values())
    rarest = min(sizes, key=lambda stratum: (sizes[stratum], stratum), default=None)
    drawn: set[str] = set()
    for i in order:
        block, n = blocks[i], int(counts[i])
        drawn.update(_every(block, n, start))
        rare = sum(strata[unit] == rarest for unit in block) if strata else 0
        start = (start - n * rare * TURN // len(block)) % TURN
    return drawn


def _allot(lengths: Ints, n: int, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """Units for each transcript by largest remainder, one at least; and the mean over ties' lots.

    A transcript whose share is below one gets one, and the others share what remains.
    """
    single: NDArray[np.bool_] = np.zeros(len(lengths), bool)
    while True:
        left, rest = n - single.sum(), lengths[~single].sum()
        short = ~single & (left * lengths < rest)
        if not short.any():
            break
        single |= short
    counts = np.where(single, 1, left * lengths // rest)
    remainders = np.where(single, -1, left * lengths % rest)
    seats = int(n - counts.sum())
    if seats == 0:
        return counts, counts.astype(np.float64)
    cut = np.sort(remainders)[-seats]
    sure, tied = remainders > cut, np.flatnonzero(remainders == cut)
    open_seats = seats - int(sure.sum())
    expected = counts + sure.astype(np.float64)
    expected[tied] += open_seats / len(tied)
    counts = counts + sure
    counts[rng.choice(tied, open_seats, replace=False)] += 1
    return counts, expected


def _shuffled_within(sample: Sample, rng: np.random.Generator) -> list[int]:
    """Places in the sample, transcript after transcript, each transcript's units in random order."""
    chance = rng.random(len(sample.units)).tolist()
    return sorted(range(len(sample.units)), key=lambda i: (sample.units[i].transcript_id, chance[i]))


def _team(loads: Ints, overlap: Ints, size: int, rng: np.random.Generator) -> list[int]:
    """Coders for the next unit: fewest units first, then fewest units shared with the team, then by lot."""
    lots = rng.permutation(len(loads))
    team: list[int] = []
    for _ in range(size):
        shared = overlap[:, team].sum(axis=1)
        best = next(int(i) for i in np.lexsort((lots, shared, loads)) if int(i) not in team)
        team.append(best)
    return team
