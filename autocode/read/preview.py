"""What a person should see before a transcript is stored: who speaks, in which role, and the first turns."""

from __future__ import annotations

from dataclasses import dataclass

from autocode.read.roles import habits
from autocode.records import Role, Transcript, Turn


@dataclass(frozen=True, slots=True)
class SpeakerPreview:
    """One speaker of a transcript, counted."""

    name: str
    role: Role
    n_turns: int
    n_words: int
    n_questions: int  # turns that end in a question mark


@dataclass(frozen=True, slots=True)
class Preview:
    """A transcript at a glance."""

    id: str
    source: str
    format: str
    n_turns: int
    speakers: tuple[SpeakerPreview, ...]  # in order of first appearance
    turns: tuple[Turn, ...]  # the first ones
    warnings: tuple[str, ...]


def preview(transcript: Transcript, *, n_turns: int = 6) -> Preview:
    """The speakers with their roles and counts, the first `n_turns` turns, and the warnings."""
    counted = habits((turn.speaker, turn.text) for turn in transcript.turns)
    roles = transcript.speakers
    return Preview(
        id=transcript.id,
        source=transcript.source,
        format=transcript.format,
        n_turns=len(transcript.turns),
        speakers=tuple(
            SpeakerPreview(name, roles[name], one.n_turns, one.n_words, one.n_questions)
            for name, one in counted.items()
        ),
        turns=transcript.turns[:n_turns],
        warnings=transcript.warnings,
    )
