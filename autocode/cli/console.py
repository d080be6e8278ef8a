"""The console that commands print with: what files say reaches no terminal as a command to it."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from autocode.write import printable


class PlainConsole(Console):
    """A console whose texts have no control characters; its own styles stay."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """The segments of anything that is printed, parts of tables too."""
        for one in super().render(renderable, options):
            yield one if one.control else Segment(printable(one.text), one.style)
