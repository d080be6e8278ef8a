"""The reliability report as one page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autocode.files import write_private
from autocode.reliability.contents import sections, title
from autocode.report.page import as_page


def write_page(record: Mapping[str, Any], path: Path) -> None:
    """The page of a record in a private file. Raises `OutputError`."""
    html = page(record)
    with write_private(path) as file:
        file.write(html)


def page(record: Mapping[str, Any]) -> str:
    """The whole page, self-contained."""
    return as_page(title(record), sections(record))
