"""From the log-odds at first sight to probabilities: all that comes after the kernel regression."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autocode.learn.blend import Blend
from autocode.learn.calibration import Calibration
from autocode.learn.fourth import FourthLook
from autocode.learn.stack import Stack
from autocode.learn.third import ThirdLook

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Looks:
    """One look after the other; those that are None change nothing. Arrays are (n, n_codes)."""

    blend: Blend
    stack: Stack | None
    third: ThirdLook | None
    fourth: FourthLook | None
    calibration: Calibration | None

    def of(self, columns: Sequence[int]) -> Looks:
        """Of some codes by themselves, which nothing ties to others; it is told of them, but cannot tell."""
        return Looks(
            self.blend.of(columns),
            self.stack and self.stack.of(columns),
            self.third and self.third.of(columns),
            self.fourth and self.fourth.of(columns),
            self.calibration,
        )

    def second(self, log_odds: Floats, added: Floats) -> Floats:
        """Log-odds after the second look, from those before and what kinds of signal and neighbours add."""
        return log_odds if self.stack is None else self.stack(log_odds, added)

    def told(self, log_odds: Floats, roles: NDArray[np.intp]) -> Floats:
        """What all codes tell of each one, from the log-odds after the second look; `roles` are (n,)."""
        if self.third is None:
            return np.zeros_like(log_odds)
        return self.third.told(self.blend.tied(log_odds, roles))

    def probabilities(
        self, log_odds: Floats, told: Floats, tuned: NDArray[np.float32], roles: NDArray[np.intp]
    ) -> Floats:
        """How likely each code is, from the log-odds after the second look and what was `told` of them.

        `tuned` are the log-odds of fine-tuned encoders; without a fourth look they do not count.
        """
        if self.third is not None:
            log_odds = self.third(log_odds, told)
        if self.fourth is not None:
            log_odds = self.fourth(log_odds, tuned)
        found = self.blend.tied(log_odds, roles)
        return found if self.calibration is None else self.blend.tied(self.calibration(found), roles)
