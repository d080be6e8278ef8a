"""Who says something: numbers instead of names, and statements spread over people."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from autocode.records import Utterance

_PARTS = (
    "respondent", "interviewee", "participant", "informant", "subject", "speaker", "person", "unknown",
    "voice", "client", "patient", "customer", "user", "caller", "agent", "guest", "expert", "member",
    "student", "teacher", "parent", "employee", "manager", "founder", "owner", "director", "ceo", "man",
    "woman", "male", "female",
)  # fmt: skip
_NO_NAME = re.compile(rf"(?:(?:[a-z]+[_-](?=.*\d))?(?:{'|'.join(_PARTS)})|[a-z])?[\s_.-]*\d*", re.IGNORECASE)


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
    speaker = " ".join(utterance.speaker.split()).casefold()
    return (utterance.transcript_id if _NO_NAME.fullmatch(speaker) else "", speaker)


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
