"""Which question is answered, what of it counts, and how much an answer takes over."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocode.classify.context import asked, inheritance, question_text
from autocode.records import Role, Turn


def turns(*said: tuple[Role, str]) -> list[Turn]:
    return [Turn(i, role, role, text, 0, len(text)) for i, (role, text) in enumerate(said)]


def test_an_answer_belongs_to_the_last_question() -> None:
    talk = turns(
        ("respondent", "Good morning."),
        ("interviewer", "How did it begin?"),
        ("respondent", "With a fair."),
        ("interviewer", "Mm-hm, okay."),
        ("respondent", "And a letter."),
        ("other", "Coffee, anybody?"),
        ("respondent", "No, thanks."),
        ("interviewer", "Tell me about your partner in the south."),
        ("respondent", "They are good."),
    )
    assert asked(talk) == {2: 1, 4: 1, 5: 1, 6: 1, 8: 7}


def test_two_questions_in_a_row_and_none_at_all() -> None:
    assert asked(turns(("interviewer", "Why?"), ("interviewer", "How?"), ("respondent", "So."))) == {2: 1}
    assert asked(turns(("respondent", "So."), ("respondent", "And so."))) == {}
    assert asked([]) == {}


@pytest.mark.parametrize(
    ("said", "question"),
    [
        ("Why?", "Why?"),
        (
            "Thank you. You spoke of trust. How did it grow? Take your time.",
            "You spoke of trust. How did it grow?",
        ),
        ("Please tell me about the partner.", "Please tell me about the partner."),
        ("One. Two. Three", "Two. Three"),
        ("What was  \n first? And what then?", "What was first? And what then?"),
        ("", ""),
        ("...", "..."),
        ("Sales were 2.5 million. Were you glad?", "Sales were 2.5 million. Were you glad?"),
    ],
)
def test_the_asking_part(said: str, question: str) -> None:
    assert question_text(said) == question


@given(st.text(max_size=300))
def test_the_asking_part_is_said_and_short(said: str) -> None:
    question = question_text(said)
    assert len(question.split()) <= 40
    assert question in " ".join(said.split())


def test_the_shorter_an_answer_the_more_it_takes_over() -> None:
    shares = inheritance(np.arange(0, 200), most=0.35)
    assert (np.diff(shares) < 0).all()
    assert shares[0] == pytest.approx(0.35)
    assert (inheritance(np.array([1, 5]), most=0.0) == 0).all()
