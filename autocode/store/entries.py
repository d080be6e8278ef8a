"""What the store hands out besides the records: summaries, runs and whole codings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from autocode.records import Role, Suggestion, Utterance

RunStatus = Literal["running", "finished", "failed"]


@dataclass(frozen=True, slots=True)
class TranscriptSummary:
    """A transcript without its text and turns."""

    id: str
    source: str
    format: str
    language: str | None
    sha256: str
    n_chars: int
    n_turns: int
    speakers: Mapping[str, Role]  # in order of first appearance, with the roles that were set
    warnings: tuple[str, ...]
    added_at: datetime


@dataclass(frozen=True, slots=True)
class Coding:
    """What one run made of one transcript."""

    utterances: tuple[Utterance, ...]
    suggestions: tuple[Suggestion, ...]  # grouped by utterance, in its order; within one as they were saved
    scores: NDArray[np.float32]  # (n_codable, n_codes), rows in the order of the codable utterances
    code_ids: tuple[str, ...]  # the columns of `scores`


@dataclass(frozen=True, slots=True)
class CodebookVersion:
    """A codebook as it was when it was added. Numbers count 1, 2, 3 ..."""

    digest: str
    number: int
    json: str
    added_at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class RunInfo:
    """What a run was started with: enough to repeat it."""

    run_key: str
    version: str  # of the program
    codebook_digest: str
    guide_digest: str  # "" without a guide
    encoder_digest: str
    segmentation: str  # digest of the segment settings
    seed: int
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Run:
    """A run and what became of it."""

    id: str
    info: RunInfo
    status: RunStatus
    started_at: datetime
    finished_at: datetime | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    timings: Mapping[str, float] = field(default_factory=dict)  # seconds
    error: str = ""
