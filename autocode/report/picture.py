"""Pictures for where SVG is not at home; the same bytes each time."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from typing import Any


def picture(draw: Callable[[Any], None], size: tuple[float, float], *, dpi: int = 200) -> bytes:
    """A PNG of what `draw` puts on a matplotlib figure of `size` (width, height) in inches."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    file = io.BytesIO()
    look: dict[Any, Any] = {
        "font.family": "sans-serif", "font.size": 8.5, "text.usetex": False, "text.parse_math": False,
    }  # fmt: skip
    with rc_context(look), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # a box instead of a letter is no reason to fail
        figure = Figure(figsize=size)
        FigureCanvasAgg(figure)
        draw(figure)
        figure.savefig(file, format="png", dpi=dpi, metadata={"Software": None})
    return file.getvalue()
