"""What is told of a theme: frozen, plain, standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

SEVERAL = 3  # respondents who must say something for it to be more than one person's subject
UNCOVERED = 1 / 3  # a theme of which the codebook covers less is new


@dataclass(frozen=True, slots=True)
class Statement:
    """One utterance that stands for a theme."""

    utterance_id: str
    transcript_id: str
    respondent: str  # R1, R2 ...: no names
    text: str


@dataclass(frozen=True, slots=True)
class Theme:
    """A subject that several statements share, and what the codebook knows of it."""

    id: int  # 1 is the one with most statements
    label: str
    words: tuple[str, ...]
    n_statements: int
    respondents: Mapping[str, int]  # statements by respondent, most first
    transcripts: Mapping[str, int]
    coverage: float  # 0 to 1: how much of it the codebook's codes cover
    nearest_code: str
    nearest_name: str
    distance: float  # 1 minus the cosine to the nearest code's nearest lines: 0 is the same, 1 nothing alike
    cohesion: float  # mean cosine of its statements to their middle: low where they have little in common
    stability: float  # share of the runs in which it was found
    stable: bool
    statements: tuple[Statement, ...]

    @property
    def is_new(self) -> bool:
        """Do the codes cover only a little of it?"""
        return self.coverage < UNCOVERED

    @property
    def is_shared(self) -> bool:
        """Do several respondents say it?"""
        return len(self.respondents) >= SEVERAL

    @property
    def emergent(self) -> bool:
        """New, stable, and said by several respondents: a candidate for a code."""
        return self.is_new and self.stable and self.is_shared

    @property
    def novelty(self) -> float:
        """0 to 1: the uncovered share, less the nearer a code is and the less its statements cohere."""
        return (1.0 - self.coverage) * min(1.0, max(0.0, self.distance)) * max(0.0, self.cohesion)

    def row(self) -> dict[str, Any]:
        """The theme as JSON values."""
        verdicts = {name: getattr(self, name) for name in ("is_new", "is_shared", "emergent")}
        return {**asdict(self), "novelty": round(self.novelty, 4), **verdicts}


def in_order(themes: list[Theme]) -> list[Theme]:
    """Emergent themes first, then other stable ones, then the rest; the newest first in each."""
    return sorted(themes, key=lambda one: (not one.emergent, not one.stable, -one.novelty, one.id))
