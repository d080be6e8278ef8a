"""Utterances as tasks for annotation tools, with what has been said of them as far as that was chosen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from autocode.exchange import finished
from autocode.exchange.finished import covered
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
    """Every utterance that can be coded, in order; an answer that is only begun is none."""
    whole = {(unit.key, coder) for unit, coder in covered(gathered)}
    for interview in gathered.interviews:
        turns = interview.transcript.turns
        for unit in interview.units:
            one = unit.utterance
            if not one.codable:
                continue
            before = turns[one.turn_index - 1].text.strip() if one.turn_index else ""
            answers = []
            for coder in unit.seen_by:
                if (unit.key, coder) in whole:
                    codes = tuple(code for code, applies in gathered.said(unit, coder).items() if applies)
                    times = [d.decided_at for (who, _), d in unit.decided.items() if who == coder]
                    answers.append(Answer(coder, codes, max(times, default=None)))
            yield Task(unit.key, one.id, one.transcript_id, one.speaker, before, one.text.strip(),
                       gathered.suggested(unit), tuple(answers))  # fmt: skip


def notes(gathered: Gathered) -> list[str]:
    """What has to be said of answers that are no task's, one sentence each."""
    can_be_coded = [unit for one in gathered.interviews for unit in one.units if unit.utterance.codable]
    return finished.notes(
        gathered, can_be_coded, [(unit, who) for unit, who in covered(gathered) if unit.utterance.codable]
    )


def n_codes(gathered: Gathered) -> int:
    """How many codes are in the tasks, of people and as suggestions."""
    return sum(
        len(task.suggested) + sum(len(one.codes) for one in task.answers) for task in tasks_of(gathered)
    )


def surest(suggested: tuple[Suggestion, ...]) -> float | None:
    """The best probability, or score where there are no probabilities."""
    return max(
        (one.probability if one.probability is not None else one.score for one in suggested), default=None
    )
