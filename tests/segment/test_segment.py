"""Turns into utterances: what tiles what, what is coded, and what the ids and times are."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from autocode.config import SegmentConfig, Unit
from autocode.errors import ConfigError
from autocode.records import Role, Transcript, Turn, Utterance
from autocode.segment import Segmenter, segment
from autocode.segment.utterances import count_words

ROLES: dict[str, Role] = {"I": "interviewer", "R": "respondent", "S": "respondent", "N": "other"}
SEGMENTERS = {unit: Segmenter(SegmentConfig(unit=unit)) for unit in ("auto", "turn", "sentence", "unit")}


def transcript(*said: tuple[str, str], has_units: bool = False) -> Transcript:
    """A transcript whose text is the turns, one a line; speakers are I, R, S (respondents) and N."""
    turns, at = [], 0
    for index, (speaker, text) in enumerate(said):
        unit_id = f"u{index}" if has_units else None
        turns.append(Turn(index, speaker, ROLES[speaker], text, at, at + len(text), unit_id=unit_id))
        at += len(text) + 1
    return Transcript("t", "\n".join(text for _, text in said), tuple(turns), "test", has_units=has_units)


def letters(texts: Sequence[str]) -> NDArray[np.float64]:
    """A tiny encoder: how often each letter of the alphabet occurs."""
    counts = [[text.lower().count(chr(97 + number)) for number in range(26)] for text in texts]
    return np.array(counts, dtype=np.float64).reshape(len(texts), 26)


def cut(source: Transcript, unit: Unit = "auto") -> tuple[Utterance, ...]:
    return segment(source, SEGMENTERS[unit], embed=letters)


SCRAPS = st.sampled_from(
    [
        "Yes. ",
        "um ",
        "... ",
        "?! ",
        "\n\n",
        "(laughs) ",
        "[00:01:02] ",
        "3. mai ",
        "Mr. X ",
        "ok",
        "wor- ",
        '" ',
        "--",
    ]
)
TEXTS = st.lists(
    st.one_of(
        st.text(max_size=12), SCRAPS, st.sampled_from(["שלום. ", "مرحبا؟ ", "👩‍👩‍👧 ", "。", "\x07\x85"])
    )
).map("".join)


@settings(max_examples=150, deadline=None)
@given(said=st.lists(st.tuples(st.sampled_from("IRSN"), TEXTS), max_size=5), has_units=st.booleans())
@pytest.mark.parametrize("unit", ["auto", "turn", "sentence", "unit"])
def test_utterances_tile_their_turn(unit: Unit, said: list[tuple[str, str]], has_units: bool) -> None:
    source = transcript(*said, has_units=has_units)
    utterances = cut(source, unit)
    assert [utterance.index for utterance in utterances] == list(range(len(utterances)))
    assert len({utterance.id for utterance in utterances}) == len(utterances)
    for turn in source.turns:
        own = [utterance for utterance in utterances if utterance.turn_index == turn.index]
        assert [turn.start_char, *(each.end_char for each in own)] == [
            *(each.start_char for each in own),
            turn.end_char,
        ]
        assert "".join(utterance.text for utterance in own) == turn.text
        assert all(source.text[each.start_char : each.end_char] == each.text for each in own)
        assert len(own) == 1 or all(each.text.strip() and not each.text[0].isspace() for each in own[1:])


def test_short_sentences_join_the_one_before_and_the_first_joins_the_next() -> None:
    said = "Well. We went to Chile first. Then Peru. It was hard for us there. Yes."
    texts = [utterance.text for utterance in cut(transcript(("R", said)))]
    assert texts == ["Well. We went to Chile first. Then Peru. ", "It was hard for us there. Yes."]


def test_short_sentences_never_join_across_turns() -> None:
    utterances = cut(transcript(("R", "We left."), ("I", "Why?"), ("R", "No money."), ("R", "None.")))
    assert [utterance.text for utterance in utterances] == ["We left.", "Why?", "No money.", "None."]


@pytest.mark.parametrize(
    ("said", "n_words"),
    [
        ("हाँ, ज़रूर।", 2),
        ("می‌خواهم بروم.", 2),
        (unicodedata.normalize("NFD", "Ärzte können Größe."), 3),
        ("❤️ (laughs)", 0),
        ("ดีมาก", 3),
        ("We've gone, e.g. two-three.", 4),
    ],
)
def test_vowel_signs_and_accents_are_parts_of_words(said: str, n_words: int) -> None:
    assert count_words(said) == n_words


def test_an_interviewers_turn_stays_whole() -> None:
    question = "You said that you trusted them. How did that come about? Tell me more."
    for unit in ("auto", "turn", "sentence", "unit"):
        utterances = cut(transcript(("I", question)), unit)
        assert [(utterance.text, utterance.codable) for utterance in utterances] == [(question, False)]


def test_given_units_are_kept_with_their_ids_unless_asked_otherwise() -> None:
    source = transcript(("I", "Why?"), ("R", "We met them. They were nice people."), has_units=True)
    assert [utterance.id for utterance in cut(source)] == ["u0", "u1"]
    assert [utterance.id for utterance in cut(source, "turn")] == ["u0", "u1"]
    assert [utterance.id for utterance in cut(source, "sentence")] == ["t-0000", "t-0001"]
    longer = transcript(("R", "We met them in Lima. They were nice people."), has_units=True)
    assert [utterance.id for utterance in cut(longer, "sentence")] == ["t-0000", "t-0001"]


def test_numbered_ids_keep_clear_of_given_ones() -> None:
    source = transcript(("R", "We met them."), ("R", "They were nice."), has_units=True)
    turns = (replace(source.turns[0], unit_id=None), replace(source.turns[1], unit_id="t-0000"))
    assert [utterance.id for utterance in cut(replace(source, turns=turns))] == ["t-0000x", "t-0000"]


def test_times_are_shared_out_by_characters() -> None:
    source = transcript(("R", "aaaa bbbb cccc dddd. Eeee ffff gggg hhhh."))
    timed = replace(source, turns=(replace(source.turns[0], start_s=10.0, end_s=18.2, meta={"page": 3}),))
    first, second = cut(timed)
    assert (first.start_s, second.end_s) == (10.0, 18.2)
    assert first.end_s == second.start_s == pytest.approx(10 + 8.2 * 21 / 41)
    assert first.meta == second.meta == {"page": 3}


def test_half_known_times_are_not_invented() -> None:
    source = transcript(("R", "aaaa bbbb cccc dddd. Eeee ffff gggg hhhh."))
    first, second = cut(replace(source, turns=(replace(source.turns[0], start_s=10.0),)))
    assert (first.start_s, first.end_s, second.start_s, second.end_s) == (10.0, None, None, None)


@pytest.mark.parametrize(
    ("said", "codable"),
    [
        ("We trusted them.", True),
        ("1998.", False),
        ("...", False),
        ("(laughs)", False),
        ("[inaudible 00:01:02]", False),
        ("", False),
        ("😀", False),
        ("信頼しました。", True),
    ],
)
def test_what_is_codable(said: str, codable: bool) -> None:
    assert [utterance.codable for utterance in cut(transcript(("R", said)))] == [codable]


def test_other_speakers_are_split_and_not_coded() -> None:
    utterances = cut(transcript(("N", "I came in late that day. I only brought some coffee.")))
    assert [utterance.codable for utterance in utterances] == [False, False]


@pytest.mark.parametrize(
    "said", ["Mm-hm.", "Yeah.", "Right, okay.", "Ja, genau.", "Joo joo.", "D'accord.", "Uh-huh. Sure."]
)
def test_listening_is_a_backchannel(said: str) -> None:
    *_, last = cut(transcript(("I", "That must have been hard."), ("R", said)))
    assert (last.backchannel, last.codable) == (True, False)


@pytest.mark.parametrize(
    ("question", "answer", "backchannel"),
    [
        ("Did you trust them?", "Yeah.", False),
        ("Did you trust them?", "Yes.", False),
        ("Did you trust them?", "No.", False),
        ("Did you trust them?", "Mm-hm.", True),
        ("did you trust them", "yeah", False),  # speech recognition without question marks
        ("Okay. And was it hard", "Yes", False),
        ("That was hard.", "Yeah.", True),
        ("That was hard.", "No.", False),
        ("What a day. We went on.", "Right.", True),
    ],
)
def test_a_short_answer_is_no_backchannel(question: str, answer: str, backchannel: bool) -> None:
    for has_units in (False, True):
        *_, last = cut(transcript(("I", question), ("R", answer), has_units=has_units))
        assert last.backchannel is backchannel
        assert last.codable is not backchannel


def test_an_answer_may_wait_behind_a_backchannel() -> None:
    *_, last = cut(transcript(("I", "Did you trust them?"), ("S", "Mm."), ("R", "Yes.")))
    assert last.codable


def test_only_a_whole_turn_is_a_backchannel() -> None:
    source = transcript(("I", "Go on."), ("R", "Right."), ("R", "We had no money at all."), has_units=True)
    assert [utterance.backchannel for utterance in cut(source)] == [False, False, False]
    source = transcript(("I", "Go on."), ("R", "Right."), ("R", "Okay."), has_units=True)
    assert [utterance.backchannel for utterance in cut(source)] == [False, True, True]


def test_taking_sides_in_a_group_is_no_backchannel() -> None:
    group = ("S", "They never paid us.")
    assert cut(transcript(group, ("R", "Yes!"), has_units=True))[-1].codable
    assert cut(transcript(group, ("R", "Yes."), has_units=True))[-1].codable
    assert not cut(transcript(group, ("R", "Yeah."), has_units=True))[-1].codable
    assert cut(transcript(group, ("R", "Yes!")))[-1].codable


def test_meaning_units_follow_the_topic() -> None:
    said = "Aaaa aaa aaaaa aa. Aaa aaaa aa aaaa. Zzzz zzz zz zzzz. Zz zzz zzzz zzz."
    assert [utterance.text for utterance in cut(transcript(("R", said)), "unit")] == [said[:37], said[37:]]


def test_meaning_units_need_an_encoder() -> None:
    with pytest.raises(ConfigError, match="needs an encoder"):
        segment(transcript(("R", "We left.")), SEGMENTERS["unit"])


def test_a_long_text_without_speakers_is_no_trouble() -> None:
    said = "We were five people then. " * 60_000  # more than spaCy's own limit of a million characters
    assert len(cut(transcript(("R", said)))) == 60_000
