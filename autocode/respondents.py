"""Who says something: numbers instead of names, and statements spread over people."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

from autocode.read import roles
from autocode.records import Utterance

_PARTS = (
    "respondent", "interviewee", "participant", "informant", "subject", "speaker", "person", "unknown",
    "voice", "client", "patient", "customer", "user", "caller", "agent", "guest", "expert", "member",
    "student", "teacher", "parent", "employee", "manager", "founder", "owner", "director", "ceo", "man",
    "woman", "male", "female",
)  # fmt: skip
_PART = "|".join(_PARTS)
_NO_NAME = re.compile(
    rf"(?:(?:[a-z]+[_-](?=.*\d))?(?:{_PART})|[a-z])?[\s_.-]*\d*"  # P03, US_Speaker1
    rf"|(?:{_PART})(?:[\s_.-]+[a-z]|[\s_.-]*\d*\s*\((?:{_PART})\))",  # Expert A, Client 2 (male)
    re.IGNORECASE,
)


def respondents_of(utterances: Iterable[Utterance]) -> dict[tuple[str, str], str]:
    """R1, R2 ... in order of appearance, by transcript and speaker.

    A name is the same person in all transcripts; a mere part such as "Respondent 1" is another one in each.
    """
    numbers: dict[tuple[str, str], str] = {}
    for utterance in utterances:
        numbers.setdefault(person(utterance), f"R{len(numbers) + 1}")
    return numbers


def person(utterance: Utterance) -> tuple[str, str]:
    """The key of whoever says `utterance` in `respondents_of`."""
    return person_of(utterance.transcript_id, utterance.speaker)


def person_of(transcript_id: str, speaker: str) -> tuple[str, str]:
    """The key of a speaker of a transcript."""
    return transcript_id if is_part(speaker) else "", " ".join(speaker.split()).casefold()


@lru_cache(maxsize=4096)
def is_part(speaker: str) -> bool:
    """Is a label what somebody is, such as `CEO` or `Befragter 2`, and not who?"""
    return _NO_NAME.fullmatch(" ".join(speaker.split())) is not None or roles.is_part(speaker)


def spread(respondents: Sequence[str], order: Iterable[int], n: int) -> list[int]:
    """The first `n` of `order`, but nobody's second statement before everybody's first.

    >>> spread(["R1", "R1", "R2"], [0, 1, 2], 2)
    [0, 2]
    """
    times = Counter[str]()
    ranked = []
    for place, row in enumerate(order):
        ranked.append((times[respondents[row]], place, int(row)))
        times[respondents[row]] += 1
    return [row for *_, row in sorted(ranked)[:n]]
