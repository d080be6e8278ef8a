"""Speech on tiers, as annotation programs keep it: put in order of time, whoever speaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autocode.read.layout import Spoken


@dataclass(frozen=True, slots=True)
class Annotation:
    """One stretch of speech on one tier."""

    speaker: str | None
    text: str
    order: float  # its beginning: any number that grows with time
    start_s: float | None = None
    end_s: float | None = None


def in_order(annotations: Sequence[Annotation]) -> list[Spoken]:
    """The annotations that have text, by their beginning; where two begin together, the tiers' order."""
    filled = [one for one in annotations if one.text.strip()]
    filled.sort(key=lambda one: one.order)
    return [Spoken(one.speaker, one.text, one.start_s, one.end_s) for one in filled]


def listed(names: Sequence[str], *, most: int = 5) -> str:
    """Names for a message, the first few of them.

    >>> listed(["a", "b"])
    "'a', 'b'"
    """
    shown = ", ".join(f"'{' '.join(name.split())[:40]}'" for name in names[:most])
    return f"{shown} ..." if len(names) > most else shown
