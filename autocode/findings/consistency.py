"""Does a respondent answer the same when the same is asked in other words?

A guide's questions of one `similar` group ask the same thing. Each respondent's answers to them are put side
by side, with how alike their codes are (Jaccard, MASI) and their meaning (cosine). What is far apart is
flagged for a person to read: no number here can tell whether somebody contradicts himself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from autocode.agreement.distances import jaccard_distance, masi_distance
from autocode.classify.context import GuideMatcher
from autocode.classify.statements import Statements
from autocode.classify.zeroshot import GUIDE_MATCH
from autocode.findings.material import Material, Statement
from autocode.guide import Guide, Question

Embed = Callable[[Sequence[str]], NDArray[np.float32]]  # unit rows

FEW_CODES = 0.25  # Jaccard below which codes are far apart
LEAST_UNRELATED = 10  # pairs of answers to other questions, to know how alike answers are anyway
FAR = 0.35  # cosine below which meanings are far apart, where there are fewer of these


@dataclass(frozen=True, slots=True)
class Answer:
    """What one respondent said to one question of the guide."""

    question: Question
    asked: tuple[str, ...]  # as the interviewer put it, each time
    statements: tuple[Statement, ...]
    codes: frozenset[str] | None  # None: not all of it has been coded


@dataclass(frozen=True, slots=True)
class Compared:
    """Two answers of one respondent to questions that ask the same."""

    respondent: str
    first: Answer
    second: Answer
    jaccard: float | None  # None: an answer is not coded, or no code applies to either
    masi: float | None
    cosine: float
    codes_far: bool
    meaning_far: bool

    @property
    def flagged(self) -> bool:
        """Should somebody read the two? Both are far, or the meaning where there are no codes to compare."""
        return self.meaning_far and (self.codes_far or self.jaccard is None)


@dataclass(frozen=True, slots=True)
class Group:
    """Questions that ask the same, and who was asked more than one of them."""

    name: str
    questions: tuple[Question, ...]
    compared: tuple[Compared, ...]
    asked_once: tuple[str, ...]  # respondents who answered only one of them


@dataclass(frozen=True, slots=True)
class Consistency:
    """All groups, and from where on two meanings count as far apart."""

    groups: tuple[Group, ...]
    meaning_limit: float
    n_unrelated: int  # pairs of one respondent's answers to other questions that set the limit; 0: none did
    n_recognised: int  # questions of interviewers that were recognised as the guide's
    n_asked: int

    @property
    def flagged(self) -> tuple[Compared, ...]:
        """What a person should read."""
        return tuple(one for group in self.groups for one in group.compared if one.flagged)


def recognise(material: Material, guide: Guide, embed: Embed) -> dict[tuple[int, int], str]:
    """The guide's question that each interviewer's turn asks: by interview and turn; others are left out."""

    def read(texts: Sequence[str], *, embed_: bool = True) -> Statements:
        return Statements(tuple(texts), embed(texts), (), ())

    questions = {(one.interview, one.asked): one.question for one in material.said_by_respondents
                 if one.asked is not None and one.question}  # fmt: skip
    if not questions:
        return {}
    matcher = GuideMatcher.build(guide, material.codebook.ids, lambda texts, **_: read(texts))
    found, _ = matcher.match(read(list(questions.values())), least=GUIDE_MATCH)
    pairs = zip(questions, found, strict=True)
    return {(place, int(turn or 0)): match[0] for (place, turn), match in pairs if match is not None}


def consistency(
    material: Material, guide: Guide, asks: Mapping[tuple[int, int], str], embed: Embed
) -> Consistency:
    """Every respondent's answers to similar questions, side by side.

    `asks` is from `recognise`, or what a person says. Two meanings are far apart when their cosine is below
    the median of what the same respondents' answers to questions about other things have.
    """
    answers = _answers(material, guide, asks)
    vectors = _vectors(answers, embed)
    group_of = {question.id: question.similar for question in guide.questions}
    unrelated = [
        float(vectors[one] @ vectors[other])
        for one, other in combinations(answers, 2)
        if one[0] == other[0] and (group_of[one[1]] is None or group_of[one[1]] != group_of[other[1]])
    ]
    enough = len(unrelated) >= LEAST_UNRELATED
    limit = float(np.median(unrelated)) if enough else FAR
    groups = []
    for name, ids in guide.groups.items():
        compared, once = list[Compared](), list[str]()
        for respondent in material.respondents:
            given = [(respondent, id) for id in ids if (respondent, id) in answers]
            if len(given) == 1:
                once.append(respondent)
            compared += [
                _compared(
                    respondent, answers[one], answers[other], float(vectors[one] @ vectors[other]), limit
                )
                for one, other in combinations(given, 2)
            ]
        questions = tuple(one for one in guide.questions if one.id in ids)
        groups.append(Group(name, questions, tuple(compared), tuple(once)))
    n_asked = len(
        {(one.interview, one.asked) for one in material.said_by_respondents if one.asked is not None}
    )
    return Consistency(tuple(groups), limit, len(unrelated) if enough else 0, len(asks), n_asked)


def _answers(
    material: Material, guide: Guide, asks: Mapping[tuple[int, int], str]
) -> dict[tuple[str, str], Answer]:
    """By respondent and question: all that he or she said to it, in any interview."""
    question_of = {question.id: question for question in guide.questions}
    said: dict[tuple[str, str], list[Statement]] = {}
    for one in material.said_by_respondents:
        question = asks.get((one.interview, -1 if one.asked is None else one.asked))
        if question in question_of and one.respondent is not None:
            said.setdefault((one.respondent, str(question)), []).append(one)
    return {
        place: Answer(
            question_of[place[1]],
            tuple(dict.fromkeys(one.question for one in statements)),
            tuple(statements),
            _codes(material, statements),
        )
        for place, statements in said.items()
    }


def _codes(material: Material, statements: Sequence[Statement]) -> frozenset[str] | None:
    if not all(one.complete or one.codes or material.include_machine for one in statements):
        return None
    return frozenset(code for one in statements for code in material.finest(one))


def _vectors(
    answers: Mapping[tuple[str, str], Answer], embed: Embed
) -> dict[tuple[str, str], NDArray[np.float64]]:
    """One unit vector an answer: the middle of its statements, the longer the more."""
    texts = list(dict.fromkeys(one.text for answer in answers.values() for one in answer.statements))
    row = {text: number for number, text in enumerate(texts)}
    table = np.asarray(embed(texts), np.float64)
    found = {}
    for place, answer in answers.items():
        weights = np.array([len(one.text.split()) for one in answer.statements], np.float64)
        middle = weights @ table[[row[one.text] for one in answer.statements]]
        found[place] = middle / (np.linalg.norm(middle) or 1.0)
    return found


def _compared(respondent: str, first: Answer, second: Answer, cosine: float, limit: float) -> Compared:
    jaccard = masi = None
    if first.codes is not None and second.codes is not None and first.codes | second.codes:
        jaccard = 1 - jaccard_distance(first.codes, second.codes)
        masi = 1 - masi_distance(first.codes, second.codes)
    return Compared(
        respondent, first, second, jaccard, masi, cosine,
        codes_far=jaccard is not None and jaccard < FEW_CODES,
        meaning_far=cosine < limit,
    )  # fmt: skip
