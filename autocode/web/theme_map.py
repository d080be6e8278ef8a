"""The map of themes: a circle each, pushed apart until none covers another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot, sqrt

from autocode.themes import Theme

WIDTH, EDGE = 960, 50
LEAST_HEIGHT, HEIGHT_A_THEME = 360, 6.5
LEAST_RADIUS, MOST_RADIUS = 13.0, 34.0
LETTER = 6.6  # width of one, about
GAP = 4.0
ROUNDS = 300


@dataclass(slots=True)
class Circle:
    """A theme on the map."""

    theme: Theme
    radius: float
    word: str
    x: float
    y: float

    @property
    def reach(self) -> float:
        """How far from its middle nothing else may stand: its word stands below it."""
        return max(self.radius + 16, len(self.word) * LETTER / 2) + GAP


@dataclass(frozen=True, slots=True)
class Map:
    """All circles, in a box of this size."""

    circles: Sequence[Circle]
    width: int
    height: int


def theme_map(themes: Sequence[Theme]) -> Map:
    """A circle for each theme, its area by how many statements it has; the same themes give the same map."""
    most = max((theme.n_statements for theme in themes), default=1)
    height = max(LEAST_HEIGHT, round(HEIGHT_A_THEME * len(themes)))
    (across, down), scale = _fit([theme.place for theme in themes], height)
    circles = [
        Circle(
            theme,
            max(LEAST_RADIUS, MOST_RADIUS * sqrt(theme.n_statements / most)),
            theme.label.partition(",")[0][:14],
            WIDTH / 2 + scale * (theme.place[0] - across),
            height / 2 - scale * (theme.place[1] - down),
        )
        for theme in sorted(themes, key=lambda one: one.id)
    ]
    for _ in range(ROUNDS):
        if not _pushed(circles, height):
            break
    return Map(circles, WIDTH, height)


def _fit(places: Sequence[tuple[float, float]], height: int) -> tuple[tuple[float, float], float]:
    """The middle of the places, and the scale by which all of them are on the map."""
    if not places:
        return (0.0, 0.0), 1.0
    (left, right), (low, high) = ((min(values), max(values)) for values in zip(*places, strict=True))
    scale = min(
        (WIDTH - 2 * EDGE) / max(right - left, 1e-6), (height - 2 * EDGE) / max(high - low, 1e-6), WIDTH
    )
    return ((left + right) / 2, (low + high) / 2), scale


def _pushed(circles: Sequence[Circle], height: int) -> bool:
    """Move circles that are too near each other apart, half of it each; was there any?"""
    moved = False
    for index, one in enumerate(circles):
        for other in circles[:index]:
            across, down = one.x - other.x, one.y - other.y
            distance = hypot(across, down)
            missing = one.reach + other.reach - distance
            if missing <= 0.5:
                continue
            if distance < 1e-6:
                across, down, distance = 1.0, 0.5, hypot(1.0, 0.5)
            step = missing / 2 / distance
            one.x, one.y = one.x + across * step, one.y + down * step
            other.x, other.y = other.x - across * step, other.y - down * step
            moved = True
    for one in circles:
        one.x = min(max(one.x, one.reach), WIDTH - one.reach)
        one.y = min(max(one.y, one.radius + GAP), height - one.reach - 2)
    return moved
