"""What every agreement function returns: a value with its reasons, or no value with the reason why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NO_PAIRS = "no unit has values from two coders"
NO_VARIATION = "all values are the same, so agreement cannot be told from chance"


@dataclass(frozen=True, slots=True)
class Coefficient:
    """One number about the agreement of coders, and what it rests on.

    `observed` and `expected` are agreements (P_a, P_e) for percent agreement and the kappa
    family, and disagreements (D_o, D_e) for the alpha family and gamma.
    """

    name: str
    value: float | None  # None: undefined, never 0, 1 or nan in its place
    undefined_because: str | None = None  # None: the value is defined
    n_coders: int = 0
    n_units: int = 0  # units with at least one value
    n_pairable: int = 0  # units with values from two coders or more
    observed: float | None = None
    expected: float | None = None
    standard_error: float | None = None  # units sampled, coders fixed; None: no formula, use a bootstrap
    degrees_of_freedom: int | None = None  # of the standard error
    detail: Mapping[str, float] = field(default_factory=dict)  # further numbers, by their published names


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval, the method it came from, and how far a bootstrap can be trusted."""

    low: float | None
    high: float | None
    level: float
    method: str
    unavailable_because: str | None = None
    standard_error: float | None = None
    n_groups: int = 0  # interviews, or units where units were resampled
    n_replicates: int = 0  # replicates with a value
    n_undefined: int = 0  # replicates dropped because the coefficient was undefined there
    below: Mapping[float, float] = field(default_factory=dict)  # threshold: P(coefficient < threshold)
    warning: str | None = None


def finite(value: float | np.floating) -> float | None:
    """The number, or None for nan and infinity."""
    return float(value) if np.isfinite(value) else None
