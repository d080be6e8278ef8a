"""What is told of a theme: frozen and plain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from autocode.digests import digest

MIN_WORDS = 6  # of a statement; shorter ones have little subject of their own
SEVERAL = 3  # respondents who must say something for it to be more than one person's subject
UNCOVERED = 1 / 3  # a theme of which the codebook covers less is new
Groups = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Statement:
    """One utterance that stands for a theme."""

    utterance_id: str
    transcript_id: str
    respondent: str  # R1, R2 ...: no names
    text: str
    number: int = 0  # in its interview, from 1, as the review page counts
    digest: str = ""  # of what was said, where names in `text` have become placeholders

    def is_of(self, said: str) -> bool:
        """Are these still the words of its utterance?"""
        words = " ".join(said.split())
        return digest(words) == self.digest if self.digest else words == self.text


@dataclass(frozen=True, slots=True)
class Verdict:
    """What whoever leads the study decided on a theme."""

    kind: Literal["code", "belongs", "uninteresting"]
    code: str | None = None  # id of the code that was made of it, or that it belongs to
    name: str = ""  # of that code

    def sentence(self) -> str:
        """In a few words."""
        if self.kind == "uninteresting":
            return "not interesting"
        return f"{'made into the code' if self.kind == 'code' else 'belongs to'} '{self.name}'"


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
    place: tuple[float, float] = (0.0, 0.0)  # on the map of themes, -1 to 1: near means alike
    verdict: Verdict | None = None  # None: nothing was decided on it
    groups: Groups = field(default_factory=dict)  # statements by attribute and value: wave, 2016

    @property
    def is_new(self) -> bool:
        """Do the codes cover only a little of it?"""
        return self.coverage < round(UNCOVERED, 4)  # as coverage is

    @property
    def is_shared(self) -> bool:
        """Do several respondents say it?"""
        return len(self.respondents) >= SEVERAL

    @property
    def emergent(self) -> bool:
        """New, stable, said by several respondents and not decided on: a candidate for a code."""
        return self.is_new and self.stable and self.is_shared and self.verdict is None

    @property
    def set_aside(self) -> bool:
        """Was it found to be not interesting?"""
        return self.verdict is not None and self.verdict.kind == "uninteresting"

    @property
    def novelty(self) -> float:
        """0 to 1: the uncovered share, less the nearer a code is and the less its statements cohere."""
        return (1.0 - self.coverage) * min(1.0, max(0.0, self.distance)) * max(0.0, self.cohesion)

    def row(self) -> dict[str, Any]:
        """The theme as JSON values."""
        verdicts = {name: getattr(self, name) for name in ("is_new", "is_shared", "emergent")}
        return {**asdict(self), "novelty": round(self.novelty, 4), **verdicts}


def in_order(themes: list[Theme]) -> list[Theme]:
    """Emergent themes first, then other stable ones, then the rest; the newest first in each.

    Those that are not interesting come last.
    """
    return sorted(
        themes, key=lambda one: (one.set_aside, not one.emergent, not one.stable, -one.novelty, one.id)
    )
