"""Eight interviews written for this project: two firms, two waves, eight file formats. All invented."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).resolve().parent


def transcripts() -> list[Path]:
    """The interviews' files, by name."""
    return sorted((_FOLDER / "transcripts").iterdir())
