"""The map of themes: a circle each, pushed apart until none covers another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot, sqrt

from autocode.themes import Theme

WIDTH, HEIGHT, EDGE = 860, 460, 36
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
        return max(self.radius + 9, len(self.word) * LETTER / 2) + GAP


def theme_map(themes: Sequence[Theme]) -> list[Circle]:
    """The circles, their areas by how many statements a theme has; the same themes give the same map."""
    most = max((theme.n_statements for theme in themes), default=1)
    circles = [
        Circle(
            theme,
            max(LEAST_RADIUS, MOST_RADIUS * sqrt(theme.n_statements / most)),
            theme.label.partition(",")[0][:14],
            WIDTH / 2 + (WIDTH / 2 - 2 * EDGE) * theme.place[0],
            HEIGHT / 2 - (HEIGHT / 2 - 2 * EDGE) * theme.place[1],
        )
        for theme in sorted(themes, key=lambda one: one.id)
    ]
    for _ in range(ROUNDS):
        if not _pushed(circles):
            break
    return circles


def _pushed(circles: Sequence[Circle]) -> bool:
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
        one.y = min(max(one.y, one.radius + GAP), HEIGHT - one.reach - 6)
    return moved
