"""The records that travel from step to step. Frozen, plain, standard library only.

Records refer to each other by id. Positions (`start_char`, `end_char`) count Unicode
characters of `Transcript.text`, end exclusive. Times (`start_s`, `end_s`) are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Role = Literal["interviewer", "respondent", "other"]
Verdict = Literal["accept", "review", "reject"]
EvidenceKind = Literal[
    "cue", "words", "sentence", "definition", "include", "example", "question", "guide", "accepted",
    "rejected",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Turn:
    """What one speaker said until somebody else spoke.

    `transcript.text[turn.start_char:turn.end_char] == turn.text` holds for every reader.
    """

    index: int  # 0, 1, 2 ... within the transcript
    speaker: str
    role: Role
    text: str
    start_char: int
    end_char: int
    start_s: float | None = None
    end_s: float | None = None
    unit_id: str | None = None  # the utterance_id that the file gave, where it gave one
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Transcript:
    """One interview: the text that all positions refer to, and its turns in order."""

    id: str
    text: str  # decoded once, line ends LF, no BOM, no NUL
    turns: tuple[Turn, ...]
    format: str  # the reader's name in autocode.read.READERS
    source: str = ""  # the file's name, without its folder
    sha256: str = ""  # of the original bytes
    language: str | None = None
    has_units: bool = False  # the file's rows are utterances already: keep them as they are
    warnings: tuple[str, ...] = ()  # one sentence each; never what a participant said
    meta: Mapping[str, Any] = field(default_factory=dict)

    @property
    def speakers(self) -> dict[str, Role]:
        """Each speaker's role, in order of first appearance."""
        return {turn.speaker: turn.role for turn in self.turns}


@dataclass(frozen=True, slots=True)
class Utterance:
    """The unit that is coded: a stretch of one turn. The utterances of a turn tile it exactly."""

    id: str
    transcript_id: str
    index: int  # 0, 1, 2 ... within the transcript
    turn_index: int
    speaker: str
    role: Role
    text: str  # the exact slice, white space included
    start_char: int
    end_char: int
    start_s: float | None = None
    end_s: float | None = None
    codable: bool = True  # False: context (interviewer, other speakers) or a mere backchannel
    backchannel: bool = False  # "mm-hm": kept, marked, not coded
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason for a suggestion, in words a person can check."""

    kind: EvidenceKind
    text: str  # the words found, or the codebook's line, or the question
    weight: float  # its share of the score, 0 to 1
    start_char: int | None = None  # where the words stand in the utterance's text
    end_char: int | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the machine thinks of one code on one utterance."""

    utterance_id: str
    code_id: str
    score: float  # 0 to 1, comparable within a run; not a probability
    probability: float | None  # calibrated on human codes; None until there are any
    decision: Verdict
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class QuestionMatch:
    """The guide question that an interviewer's turn asks."""

    turn_index: int
    question_id: str
    score: float  # cosine similarity, -1 to 1


@dataclass(frozen=True, slots=True)
class Decision:
    """What one coder said about one code on one utterance, once. Never edited."""

    utterance_id: str
    code_id: str
    coder: str
    applies: bool  # False: read, and it does not apply. Not read yet: no Decision
    blind: bool  # the coder had not been shown a suggestion
    decided_at: datetime
