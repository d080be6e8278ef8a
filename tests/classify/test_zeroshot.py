"""Suggestions from a codebook alone: poor codebooks, other languages, short answers, the reasons given."""

from __future__ import annotations

import numpy as np
import pytest

from autocode import Coder, Settings
from autocode.codebook import Code, Codebook
from autocode.config import ClassifyConfig, EmbedConfig, SegmentConfig
from autocode.guide import Block, Guide, Question
from autocode.pipeline import CodedTranscript
from autocode.records import Role, Suggestion, Transcript, Turn

HASHING = EmbedConfig(encoder="hashing")


def interview(*said: tuple[Role, str]) -> Transcript:
    """A transcript of turns as they are given."""
    turns, text = [], ""
    for index, (role, words) in enumerate(said):
        turns.append(Turn(index, role.title(), role, words, len(text), len(text) + len(words)))
        text += words + "\n"
    return Transcript("t", text, tuple(turns), "test")


def suggested(coded: CodedTranscript, row: int = -1) -> dict[str, Suggestion]:
    """What is suggested for one of the codable utterances."""
    return {item.code_id: item for item in coded.suggestions[coded.codable[row].id]}


TRUST = Code(
    id="trust",
    name="Trust",
    definition="The partner is relied on without control.",
    cues=("trust",),
    examples=(
        "We trust them completely.",
        "I rely on what they tell me.",
        "There is a lot of trust between us.",
    ),
)
MARKET = Code(
    id="market",
    name="Market insight",
    definition="What customers in a country want.",
    cues=("customers",),
    examples=("The customers there want small machines.", "In that country they look at the price first."),
)
BOOK = Codebook(name="two", codes=(TRUST, MARKET))


@pytest.mark.parametrize(
    "codes",
    [
        (Code(id="trust", name="Trust"),),
        (TRUST,),
        (Code(id="trust", name="Trust"), Code(id="market", name="Market insight")),
        (Code(id="all", name="All"), Code(id="trust", name="Trust", parent="all")),
        (Code(id="a", name="Same"), Code(id="b", name="Same too", definition="Same"), Code(id="c", name="C")),
        (Code(id="x", name="?"), Code(id="y", name="12")),
    ],
)
def test_poor_codebooks_still_give_scores(codes: tuple[Code, ...]) -> None:
    talk = interview(
        ("interviewer", "What about trust?"), ("respondent", "Trust is what it is about, my friend.")
    )
    for language in ("en", "nb"):  # nb has no background talk
        settings = Settings(embed=HASHING, segment=SegmentConfig(language=language))
        coded = Coder(Codebook(name="poor", codes=codes), settings=settings).code(talk, all_scores=True)
        assert coded.scores.shape == (1, len(codes))
        assert coded.scores.dtype == np.float32
        assert np.isfinite(coded.scores).all()
        assert ((coded.scores >= 0) & (coded.scores <= 1)).all()
        assert set(suggested(coded)) == {code.id for code in codes}


@pytest.mark.model
def test_names_alone_are_enough_to_tell_codes_apart() -> None:
    book = Codebook(name="names", codes=(Code(id="trust", name="Trust"), Code(id="weather", name="Weather")))
    coder = Coder(book)
    coded = coder.code(
        interview(
            ("respondent", "I really do trust my partner."), ("respondent", "It rained and the sun came out.")
        )
    )
    trust, weather = coded.scores
    assert trust[0] > trust[1]
    assert weather[1] > weather[0]


@pytest.mark.parametrize(
    "said",
    [
        (("respondent", "We trust them completely, that is all."),),  # nobody asks
        (("interviewer", "What do you think of it?"),),  # nobody answers
        (("interviewer", "Is it so?"), ("respondent", "Mm-hm.")),  # nothing to code
        (("other", "The phone is ringing, sorry."), ("respondent", "We trust them, as I said.")),
    ],
)
def test_parts_of_an_interview_may_be_missing(said: tuple[tuple[Role, str], ...]) -> None:
    guide = Guide(
        name="g", blocks=(Block(id="b", questions=(Question(id="q", text="Why?", ties=("trust",)),)),)
    )
    for one in (None, guide):
        coded = Coder(BOOK, guide=one, settings=Settings(embed=HASHING)).code(interview(*said))
        assert (
            len(coded.scores) == len(coded.codable) == sum(r == "respondent" and len(t) > 9 for r, t in said)
        )
        assert set(coded.suggestions) == {utterance.id for utterance in coded.codable}


SHORT = ("respondent", "Yes, very much so.")
ASKED = ("interviewer", "Do you trust your partner?")
NEUTRAL = ("interviewer", "Is the coffee hot?")


@pytest.mark.model
def test_a_short_answer_means_what_its_question_means() -> None:
    coder = Coder(BOOK)
    score = {
        question: coder.code(interview(question, SHORT)).scores[0, 0] if question else None
        for question in (ASKED, NEUTRAL)
    }
    alone = coder.code(interview(SHORT))
    after = coder.code(interview(ASKED, SHORT))
    assert score[ASKED] > 0.5 > score[NEUTRAL]
    assert "trust" not in suggested(alone)
    reasons = suggested(after)["trust"].evidence
    assert any(e.kind == "question" and e.text == ASKED[1] for e in reasons)
    assert "market" not in suggested(after)


@pytest.mark.model
def test_a_long_answer_speaks_for_itself() -> None:
    coder = Coder(BOOK)
    said = (
        "The customers over there want small machines, and in that country they look at the price first and "
        "at everything else later, which our people at home did not want to believe for many years."
    )
    after = coder.code(interview(ASKED, ("respondent", said)))
    assert "market" in suggested(after)
    assert abs(after.scores[0, 1] - coder.code(interview(("respondent", said))).scores[0, 1]) < 0.1
    assert after.scores[0, 1] > after.scores[0, 0]


@pytest.mark.model
def test_a_question_of_the_guide_pulls_its_codes() -> None:
    asks = "How would you describe the relation with them?"
    questions = (Question(id="q1", text=asks, variants=("What is the relation like?",), ties=("trust",)),)
    guide = Guide(name="g", blocks=(Block(id="b", questions=questions),))
    talk = interview(("interviewer", asks), ("respondent", "It is deep, after all these years."))
    without, tied = Coder(BOOK).code(talk), Coder(BOOK, guide=guide).code(talk, all_scores=True)
    assert tied.scores[0, 0] > without.scores[0, 0]
    assert tied.scores[0, 1] == pytest.approx(without.scores[0, 1], abs=1e-6)
    assert any(e.kind == "guide" and "q1" in e.text for e in suggested(tied)["trust"].evidence)
    other = Coder(BOOK, guide=guide).code(
        interview(NEUTRAL, ("respondent", "It is deep, after all these years."))
    )
    assert all(e.kind != "guide" for items in other.suggestions.values() for s in items for e in s.evidence)


def test_context_can_be_switched_off() -> None:
    settings = Settings(embed=HASHING, classify=ClassifyConfig(context_weight=0.0))
    coder = Coder(BOOK, settings=settings)
    with_question = coder.code(interview(ASKED, SHORT)).scores
    np.testing.assert_allclose(with_question, coder.code(interview(SHORT)).scores, atol=1e-6)


@pytest.fixture(scope="module")
def knowledge_dynamics() -> Coder:
    """The shipped codebook with its guide and the real encoder."""
    return Coder("knowledge_dynamics", guide="knowledge_dynamics")


@pytest.mark.model
def test_reasons_add_up_and_point_into_the_text(knowledge_dynamics: Coder) -> None:
    talk = interview(
        ASKED,
        ("respondent", "We trust them completely, but nobody here knew how to sell outside of Norway."),
        ("interviewer", "Which country was first?"),
        (
            "respondent",
            "Straight to Australia. We skipped the neighbours, because a huge order came in there.",
        ),
        ("respondent", "So the customers' complaints made us rewrite the software."),
    )
    coded = knowledge_dynamics.code(talk, all_scores=True)
    said = {utterance.id: utterance.text for utterance in coded.codable}
    n_suggested = 0
    for items in coded.suggestions.values():
        for item in items:
            weights = [evidence.weight for evidence in item.evidence]
            assert weights == sorted(weights, reverse=True)
            assert not weights or sum(weights) == pytest.approx(1, abs=0.005 * len(weights))
            if item.decision != "reject":
                n_suggested += 1
                assert weights
            for evidence in item.evidence:
                if evidence.kind in ("cue", "words"):
                    found = said[item.utterance_id][evidence.start_char : evidence.end_char]
                    assert found == evidence.text
                    assert found == found.strip() != ""
                else:
                    assert (evidence.start_char, evidence.end_char) == (None, None)
                    assert evidence.text
    assert n_suggested > 3


def test_no_more_codes_than_asked_for() -> None:
    book = Codebook(name="many", codes=tuple(Code(id=f"c{i}", name=f"Trust {i}") for i in range(9)))
    for most in (1, 3):
        classify = ClassifyConfig(threshold=0.0, max_suggestions=most)
        coded = Coder(book, settings=Settings(embed=HASHING, classify=classify)).code(
            interview(("respondent", "Trust and trust and trust again."))
        )
        assert len(suggested(coded)) == most


@pytest.mark.model
def test_no_code_for_small_talk(knowledge_dynamics: Coder) -> None:
    small = (
        "Could I have some more water, please?",
        "My daughter started school in August.",
        "It rains a lot here.",
    )
    coded = knowledge_dynamics.code(interview(*(("respondent", text) for text in small)))
    assert sum(bool(items) for items in coded.suggestions.values()) <= 1
