"""The question that an utterance answers, and what it adds to the evidence.

A short answer ("Yes, very much.") means what its question means; a long one stands for itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autocode.classify.statements import Read, Statements
from autocode.guide import Guide
from autocode.records import Turn

_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?])\s+")  # not the point in "2.5 million"
_MOST_WORDS = 25
_LEAST_WORDS = 3


def asked(turns: Sequence[Turn]) -> dict[int, int]:
    """For each respondent's turn, by index, the index of the interviewer's turn that it answers.

    An interviewer's turn without a question mark counts only when it has more than three
    words, so that "mm-hm" and "okay, interesting" leave the question standing.
    """
    answers: dict[int, int] = {}
    open_question: int | None = None
    for turn in turns:
        if turn.role == "interviewer":
            if "?" in turn.text or len(turn.text.split()) > _LEAST_WORDS:
                open_question = turn.index
        elif open_question is not None:
            answers[turn.index] = open_question
    return answers


def question_text(turn_text: str) -> str:
    """The asking part of an interviewer's turn: its last question with the sentence before it, or its end."""
    sentences = _BETWEEN_SENTENCES.split(" ".join(turn_text.split()))
    last = max((i for i, part in enumerate(sentences) if part.endswith("?")), default=len(sentences) - 1)
    words = " ".join(sentences[max(0, last - 1) : last + 1]).split()
    return " ".join(words[-_MOST_WORDS:])


def inheritance(n_words: NDArray[np.intp], *, most: float, half_at: float = 12.0) -> NDArray[np.float64]:
    """How much of the question's meaning an answer takes over, shape (n,): `most` for one word, half of it
    for an answer of `half_at` words, and so on.

    >>> inheritance(np.array([0, 12, 24]), most=1.0).round(2).tolist()
    [1.0, 0.5, 0.25]
    """
    return most * np.exp2(-np.asarray(n_words, np.float64) / half_at)


@dataclass(frozen=True, slots=True)
class GuideMatcher:
    """The guide's questions in all their wordings, ready to be recognised."""

    question_ids: tuple[str, ...]  # of each wording
    embeddings: NDArray[np.float32]  # (n_wordings, n_dims), unit rows
    ties: NDArray[np.float64]  # (n_wordings, n_codes): 1 where the question asks about the code

    @classmethod
    def build(cls, guide: Guide, code_ids: Sequence[str], read: Read) -> GuideMatcher:
        """Embed every wording of every question."""
        wordings = [
            (question, text) for question in guide.questions for text in (question.text, *question.variants)
        ]
        ties = np.array(
            [[code in question.ties for code in code_ids] for question, _ in wordings], np.float64
        )
        embeddings = read([text for _, text in wordings]).embeddings
        return cls(tuple(question.id for question, _ in wordings), embeddings, ties)

    def match(
        self, questions: Statements, *, least: float
    ) -> tuple[list[tuple[str, float] | None], NDArray[np.float64]]:
        """The guide question of each asked question with its cosine, or None below `least`; and the pull
        of its ties on each code, shape (n_questions, n_codes), 0 to 1.
        """
        if not len(questions):
            return [], np.zeros((0, self.ties.shape[1]))
        cosine = questions.embeddings @ self.embeddings.T
        best = cosine.argmax(axis=1)
        value = cosine[np.arange(len(best)), best]
        found = [
            (self.question_ids[b], float(v)) if v >= least else None for b, v in zip(best, value, strict=True)
        ]
        strength = np.clip((value - least) / (1.0 - least), 0.0, 1.0)
        return found, self.ties[best] * np.where(value >= least, 0.5 + 0.5 * strength, 0.0)[:, None]
