"""The reliability report as a Word document."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from autocode.reliability.contents import sections, title
from autocode.report.document import as_document, save_document


def write_document(record: Mapping[str, Any], path: Path) -> None:
    """The document of a record in a private file. Raises `OutputError`."""
    save_document(document(record), path)


def document(record: Mapping[str, Any]) -> bytes:
    """The whole document."""
    return as_document(title(record), sections(record), datetime.fromisoformat(record["made_at"]))
