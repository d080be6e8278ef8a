"""Eight interviews written for this project: two firms, two waves, eight file formats. All invented."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).resolve().parent


def cases() -> Path:
    """The file that says which firm and wave each interview is of."""
    return _FOLDER / "cases.yaml"


def transcripts() -> list[Path]:
    """The interviews' files, by name."""
    return sorted((_FOLDER / "transcripts").iterdir())
