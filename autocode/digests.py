"""Digests that say whether two things, or two codings, would be the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
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
    model_digest: str = "",
) -> str:
    """The name of all runs that give the same result on the same transcripts.

    `settings` are those that change results, as JSON values; `guide_digest` is "" without a
    guide; `results_version` is the program's, raised whenever it would code differently;
    `model_digest` is "" where nothing was learnt from people.
    """
    learnt = [model_digest] if model_digest else []
    return digest([codebook_digest, guide_digest, encoder_digest, dict(settings), results_version, *learnt])
