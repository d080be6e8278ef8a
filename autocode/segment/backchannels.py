"""Turns that only say "I am listening", and how to tell them from answers.

"Mm-hm." is a backchannel anywhere. "Yeah." is one unless it answers a question.
The lists are shared by all languages, so that a German interview is marked well before anybody
has set its language; only what opens a question is kept apart.
"""

from __future__ import annotations

import re

from autocode.segment.marks import without_marks
from autocode.segment.words import WORD, word_set

_WORD = re.compile(rf"{WORD}(?:[-'’]{WORD})*")

_NEAR_THE_END = 300  # characters: a question further back has been answered by the speaker
_FINNISH_QUESTION = re.compile(r"\w{3,}(?:ko|kö)(?:han|hän|s)?")


def is_backchannel(text: str, *, answers: bool = False) -> bool:
    """Whether `text` says nothing but "I am listening"; `answers`: a question stands right before it.

    >>> is_backchannel("Mm-hm, right."), is_backchannel("Yeah."), is_backchannel("Yeah.", answers=True)
    (True, True, False)
    """
    words = [word.casefold().replace("’", "'") for word in _WORD.findall(without_marks(text))]
    if not words or len(words) > 6:
        return False
    sounds = word_set("sounds")
    if sounds.issuperset(words):
        return True
    return not answers and (sounds | word_set("assent")).issuperset(words)


def is_emphatic(text: str, *, strict: bool = True) -> bool:
    """Whether a short text takes a side: "Yes!", or if not `strict` also "Yes.", to another respondent."""
    says_it = any(word.casefold() in word_set("strong") for word in _WORD.findall(text))
    return says_it and ("!" in text or not strict)


def asks(text: str, *, language: str = "en") -> bool:
    """Whether `text` asks something near its end, with or without a question mark."""
    said = without_marks(text[-_NEAR_THE_END:]).rstrip()
    if any(mark in said for mark in "?？؟"):
        return True
    last = re.split(r"(?<=[.!…])\s+", said)[-1]
    words = [word.casefold() for word in _WORD.findall(last)]
    while words and words[0] in word_set("lead_in"):
        words.pop(0)
    if not words:
        return False
    if language == "fi" and _FINNISH_QUESTION.fullmatch(words[0]):
        return True
    return words[0] in word_set("openings", language) | word_set("openings", "en")
