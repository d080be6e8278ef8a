"""Where a conversation goes on to another topic."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest

from autocode.config import shipped
from autocode.records import Turn
from autocode.segment.topics import gap_marks, likely_starts, topic_starts, window_marks, words_of

CARS = "the engine of this car needs more petrol than the engine of the other car did in winter"
BREAD = "our baker sells rye bread and wheat bread and the oven bakes each loaf for an hour"


def conversation(*said: str) -> list[Turn]:
    return [
        Turn(n, "AB"[n % 2], "respondent", text, 100 * n, 100 * n + len(text)) for n, text in enumerate(said)
    ]


def test_a_boundary_is_set_where_more_windows_win_than_lose() -> None:
    scores = np.full(19, -5.0)  # 20 turns
    scores[9] = 2.0  # before turn 10
    shares = np.full(16, 0.1)  # windows of 4 gaps: the one at i covers gaps i to i + 3
    shares[6:10] = 0.9  # exactly those that cover gap 9
    assert likely_starts(scores, shares, 4, margin=0.0) == [10]
    assert likely_starts(scores, shares, 4, margin=0.7) == [10]  # 4 windows promise 0.8 each: 3.2 of 4
    assert likely_starts(scores, shares, 4, margin=0.9) == []
    assert likely_starts(scores, np.full(16, 0.4), 4, margin=0.0) == []  # likelier not than that


def test_windows_know_what_their_gaps_promise() -> None:
    marks = window_marks(np.log([1.0, 3.0, 1.0]), 2)  # log(1 + odds): log 2, log 4, log 2
    assert np.exp(marks[:, 0]) == pytest.approx([np.log(8), np.log(8)], abs=1e-5)
    assert marks[:, 1] == pytest.approx([np.log(3)] * 2)
    assert np.exp(marks[:, 2]) == pytest.approx([np.log(16) / 3 * 2] * 2, abs=1e-5)  # all three gaps


def test_vocabulary_differs_most_where_the_subject_changes() -> None:
    turns = conversation(*[CARS] * 12, *[BREAD] * 12)
    alike, deep = gap_marks(turns, words_of(turns))[:, :2].T
    assert alike.argmin() == deep.argmax() == 11  # the gap before turn 12


def test_turns_without_words_or_too_few_of_them() -> None:
    assert topic_starts([]) == topic_starts(conversation("Hello.", "Hello.")) == []
    for n in range(5, 40):
        starts = topic_starts(conversation(*["..."] * n))
        assert starts == sorted(set(starts))
        assert all(0 < start < n for start in starts)


def test_the_model_is_the_one_on_its_card_and_better_than_no_boundary() -> None:
    path = shipped("models", "topics-en.npz")
    card = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert card["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    for family in card["scores"]["other meetings"].values():
        assert family["pk"] < family["pk_no_boundary"]
