"""Digests that say whether a transcript is still what was coded."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from autocode.digests import digest


def content_digest(sha256: str, text: str) -> str:
    """One transcript's content: the file's bytes and, as a file may hold several, its text."""
    return hashlib.sha256(f"{sha256}\n{text}".encode()).hexdigest()


def input_digest(content_sha256: str, roles: Sequence[str]) -> str:
    """What a coding takes from a transcript: its content, and the role of each turn as it is now."""
    return digest([content_sha256, *roles])
