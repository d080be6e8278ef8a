"""Utterances as tasks for annotation tools, with what has been said of them as far as that was chosen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from autocode.exchange.gathered import Gathered
from autocode.records import Suggestion

QUESTION, TEXT = "codes", "text"  # how the tools call what is asked, and of what


@dataclass(frozen=True, slots=True)
class Answer:
    """What a coder applied to an utterance, all of it."""

    coder: str
    codes: tuple[str, ...]
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Task:
    """An utterance that can be coded."""

    key: int
    utterance_id: str
    transcript_id: str
    speaker: str
    asked: str  # what was said before, by somebody else
    text: str
    suggested: tuple[Suggestion, ...]
    answers: tuple[Answer, ...]

    @property
    def about(self) -> dict[str, str | list[str]]:
        """What goes out with the text and comes back with the answers."""
        found: dict[str, str | list[str]] = {
            "utterance_id": self.utterance_id,
            "transcript_id": self.transcript_id,
            "speaker": self.speaker,
        }
        if self.suggested:
            found["suggested"] = [one.code_id for one in self.suggested]
        return found


def tasks_of(gathered: Gathered) -> Iterator[Task]:
    """Every utterance that is coded, in order."""
    for interview in gathered.interviews:
        turns = interview.transcript.turns
        for unit in interview.units:
            one = unit.utterance
            if not one.codable:
                continue
            before = turns[one.turn_index - 1].text.strip() if one.turn_index else ""
            answers = []
            for coder in unit.seen_by:
                codes = tuple(code for code, applies in gathered.said(unit, coder).items() if applies)
                if codes or coder in unit.finished:
                    times = [d.decided_at for (who, _), d in unit.decided.items() if who == coder]
                    answers.append(Answer(coder, codes, max(times, default=None)))
            yield Task(unit.key, one.id, one.transcript_id, one.speaker, before, one.text.strip(),
                       gathered.suggested(unit), tuple(answers))  # fmt: skip


def surest(suggested: tuple[Suggestion, ...]) -> float | None:
    """The best probability, or score where there are no probabilities."""
    return max(
        (one.probability if one.probability is not None else one.score for one in suggested), default=None
    )
