"""Digests that say whether two codings would be the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any


def digest(value: Any) -> str:
    """SHA-256 (hexadecimal) of `value` as canonical JSON: sorted keys, no spaces.

    >>> digest({"unit": "turn", "min_words": 4}) == digest({"min_words": 4, "unit": "turn"})
    True
    """
    canonical = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def run_key(
    *,
    codebook_digest: str,
    guide_digest: str,
    encoder_digest: str,
    settings: Mapping[str, Any],
    results_version: int,
) -> str:
    """The name of all runs that give the same result on the same transcripts.

    `settings` are those that change results, as JSON values; `guide_digest` is "" without a
    guide; `results_version` is the program's, raised whenever it would code differently.
    """
    return digest([codebook_digest, guide_digest, encoder_digest, dict(settings), results_version])


def content_digest(sha256: str, text: str) -> str:
    """One transcript's content: the file's bytes and, as a file may hold several, its text."""
    return hashlib.sha256(f"{sha256}\n{text}".encode()).hexdigest()


def input_digest(content_sha256: str, roles: Sequence[str]) -> str:
    """What a coding takes from a transcript: its content, and the role of each turn as it is now."""
    return digest([content_sha256, *roles])
