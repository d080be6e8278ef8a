"""Folders and files that only their owner can read, written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def make_private_folder(folder: Path) -> None:
    """Create `folder`, and its parents, with mode 0700; what exists keeps its mode."""
    if not folder.parent.exists():
        make_private_folder(folder.parent)  # `parents=True` would leave them open to others
    folder.mkdir(mode=0o700, exist_ok=True)


def replace_text(path: Path, text: str) -> None:
    """Write `text` to a temporary file beside `path`, mode 0600, then put it in place of `path`."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
