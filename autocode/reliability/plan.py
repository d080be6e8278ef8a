"""How many units to code twice, from how many interviews, and which."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

from autocode.agreement import (
    Sample,
    alpha_sample_size,
    assign,
    design_effect,
    kappa_units_for_width,
    units_for_positives,
)
from autocode.errors import AgreementError
from autocode.files import private_folder, write_private
from autocode.reliability.panel import Panel
from autocode.reliability.record import counted, plain
from autocode.write import harmless


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the sample is to show, for a code that applies to a share `prevalence` of the units."""

    prevalence: float
    minimum: float | None = None  # that alpha is above this
    half_width: float | None = None  # an interval of this much to either side, if kappa is `expected`
    expected: float = 0.8
    positives: int | None = None  # so many units with the code
    icc: float = 0.05  # how alike units of one interview are
    level: float = 0.95


@dataclass(frozen=True, slots=True)
class Need:
    """How many units it takes, and why."""

    reasons: Mapping[str, int]  # independent units, by what they are for
    independent: int
    n_interviews: int | None
    effect: float | None  # of interviews on the number
    units: int | None  # in this many interviews; None: they are too few, however many units
    least_interviews: int  # below, no number of units is enough


def needed(wanted: Wanted, *, n_interviews: int | None = None) -> Need:
    """Units for everything that is wanted, more of them where they come from few interviews.

    Units of an interview resemble each other: n units from k interviews are worth n / (1 + (n / k - 1) icc)
    (Kish 1965). Raises `AgreementError` for numbers that are out of range.

    >>> needed(Wanted(0.25, minimum=0.8, icc=0.05), n_interviews=20).units
    203
    """
    for name, value in (("prevalence", wanted.prevalence), ("level", wanted.level)):
        if not 0 < value < 1:
            raise AgreementError(f"{name}: expected a number between 0 and 1, found {value:g}")
    if not 0 <= wanted.icc < 1:
        raise AgreementError(f"icc: expected a number from 0 to less than 1, found {wanted.icc:g}")
    if n_interviews is not None and n_interviews < 1:
        raise AgreementError(f"interviews: expected 1 or more, found {n_interviews}")
    reasons: dict[str, int] = {}
    if wanted.minimum is not None:
        size = alpha_sample_size(wanted.minimum, share=wanted.prevalence, significance=1 - wanted.level)
        reasons[f"to show that alpha is above {plain(wanted.minimum, 3)}"] = size
    if wanted.half_width is not None:
        size = kappa_units_for_width(
            wanted.expected, prevalence=wanted.prevalence, half_width=wanted.half_width, level=wanted.level
        )
        text = f"for {plain(wanted.expected)} ± {plain(wanted.half_width)}"
        reasons[text] = size
    if wanted.positives is not None:
        if wanted.positives < 1:
            raise AgreementError(f"positives: expected 1 or more, found {wanted.positives}")
        size = units_for_positives(wanted.positives, prevalence=wanted.prevalence)
        reasons[f"for {counted(wanted.positives, 'unit')} with the code"] = size
    if not reasons:
        raise AgreementError("say what is wanted: --minimum, --half-width or --positives")
    base = max(reasons.values())
    least = int(base * wanted.icc) + 1
    if n_interviews is None:
        return Need(reasons, base, None, None, None, least)
    room = 1 - base * wanted.icc / n_interviews
    if room <= 0:
        return Need(reasons, base, n_interviews, None, None, least)
    units = max(base, ceil(base * (1 - wanted.icc) / room - 1e-9)) if base > n_interviews else base
    effect = max(1.0, design_effect(units / n_interviews, wanted.icc))
    return Need(reasons, base, n_interviews, effect, units, least)


def units_by_transcript(panel: Panel) -> dict[str, list[str]]:
    """The units that can be drawn: those of the corpus that somebody or nobody has coded, by interview."""
    found: dict[str, list[str]] = {}
    for unit in panel.units.values():
        found.setdefault(unit.transcript_id or "all", []).append(unit.id)
    return found


def strata_by_machine(panel: Panel, code: str | None = None) -> dict[str, str] | None:
    """Whether the machine gave each unit the code (None: any code); None where no machine has coded."""
    if not panel.machines:
        return None
    coding = next(iter(panel.machines.values()))
    strata = {}
    for unit in panel.units:
        given = coding.get(unit)
        word = "not seen by the machine" if given is None else _stratum(given, code)
        strata[unit] = word
    return strata


def _stratum(given: frozenset[str], code: str | None) -> str:
    if code is None:
        return "with a code" if given else "without a code"
    return f"with {code}" if code in given else f"without {code}"


def write_sample(
    sample: Sample, panel: Panel, path: Path, *, coders: Sequence[str], coders_per_unit: int, seed: int
) -> dict[str, int]:
    """The sample as a private CSV file, one row for each unit and coder; how many units each coder has."""
    loads = assign(sample, coders, coders_per_unit=coders_per_unit, seed=seed) if coders else {}
    teams: dict[str, list[str]] = {one.unit_id: [] for one in sample.units}
    for coder, units in loads.items():
        for unit in units:
            teams[unit].append(coder)
    with private_folder(path.parent), write_private(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("unit", "transcript_id", "coder", "code", "stratum", "probability", "text"))
        for one in sample.units:
            text = " ".join(panel.units[one.unit_id].text.split())
            place = panel.units[one.unit_id].transcript_id or ""
            for coder in teams[one.unit_id] or [""]:
                cells: list[Any] = [one.unit_id, place, coder, "", one.stratum or ""]
                writer.writerow([*map(harmless, cells), f"{one.probability:.6f}", harmless(text)])
    return {coder: len(units) for coder, units in loads.items()}
