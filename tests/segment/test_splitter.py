"""Text without punctuation."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autocode.config import shipped
from autocode.segment.splitter import (
    cut,
    gap_features,
    is_unpunctuated,
    load_splitter,
    split_by_rule,
    split_points,
    spoken_sentence_starts,
)

RECOGNISED = (
    "so we started in oslo in two thousand nine and it was just me and my brother and we didn't know anybody "
    "so we called everyone on the list and then one guy answered and that was the first time that we trusted "
    "somebody we had never met"
)


def sentences(text: str, language: str = "en") -> list[str]:
    starts = spoken_sentence_starts(text, language=language)
    return [text[start:end].strip() for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]


def test_unpunctuated_english_is_cut_where_a_thought_begins() -> None:
    found = sentences(RECOGNISED)
    assert "so we called everyone on the list" in found
    assert 4 <= len(found) <= 7
    assert sentences(RECOGNISED.upper()) == [sentence.upper() for sentence in found]


def test_a_cut_never_falls_into_a_mark() -> None:
    words = RECOGNISED.split()
    for number in range(1, len(words)):
        text = " ".join([*words[:number], "[inaudible 00:01:02]", *words[number:]])
        assert all(sentence.count("[") == sentence.count("]") for sentence in sentences(text))


def test_other_languages_are_cut_by_rule() -> None:
    said = (
        "vi begynte i bergen og det var bare meg og broren min men vi ringte alle på lista "
        "og så svarte en mann i chile"
    )
    found = sentences(said, "nb")
    assert found[0] == "vi begynte i bergen og det var bare meg"
    assert len(found) == 3
    assert sentences(said, "xx") == [said]  # no list of words: only the length counts


@pytest.mark.parametrize(
    ("text", "unpunctuated"),
    [
        ("we left " * 10, True),
        ("we left " * 9, False),  # too short to tell
        ("We left them there. " * 10, False),
        ("we left " * 10 + "today.", False),  # one mark in 21 words
        ("We left them, and then we -- well " * 5, False),
    ],
)
def test_is_unpunctuated(text: str, unpunctuated: bool) -> None:
    assert is_unpunctuated(text) is unpunctuated


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=8), max_size=80), st.sampled_from(["en", "fi", "xx"]))
def test_split_points_are_words_after_the_first(words: list[str], language: str) -> None:
    points = split_points(words, language=language)
    assert points == sorted(set(points))
    assert all(0 < point < len(words) for point in points)


def test_no_stretch_is_longer_than_forty_words() -> None:
    bounds = [0, *cut(np.full(499, -1.0)), 500]
    assert max(np.diff(bounds)) <= 40
    assert min(np.diff(bounds)) >= 4
    assert max(np.diff([0, *split_by_rule(["x"] * 500, language="en"), 500])) <= 40


def test_features_do_not_depend_on_the_words_far_away() -> None:
    words = RECOGNISED.split()
    alone = gap_features(words[10:20], frozenset({"we"}))
    within = gap_features(words, frozenset({"we"}))
    assert alone.shape == (9, within.shape[1])
    assert (alone[4] == within[14]).all()
    assert (
        gap_features([], frozenset()).shape == gap_features(["a"], frozenset()).shape == (0, within.shape[1])
    )


def test_the_card_fits_the_weights() -> None:
    card = json.loads(shipped("models", "splitter-en.json").read_text(encoding="utf-8"))
    weights = shipped("models", "splitter-en.npz").read_bytes()
    assert card["sha256"] == hashlib.sha256(weights).hexdigest()
    assert len(weights) < 400_000


@pytest.mark.shared
def test_the_card_tells_the_truth_about_interviews() -> None:
    shared = Path(__file__).parents[3] / "shared" / "data" / "founders"
    if not shared.is_dir():
        pytest.skip("the founders corpus is not beside the project")
    sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
    try:
        import train_splitter
    finally:
        sys.path.pop(0)
    turns = [train_splitter.bare_turn(row["text"]) for row in train_splitter.read_rows(shared)]
    turns = [turn for turn in turns if len(turn[0]) >= 20]
    trained = load_splitter(shipped("models", "splitter-en.npz"))
    by_model = train_splitter.score(lambda words: cut(trained.scores(words)), turns)
    by_rule = train_splitter.score(lambda words: split_by_rule(words, language="en"), turns)
    card = json.loads(shipped("models", "splitter-en.json").read_text(encoding="utf-8"))
    assert by_model[2] == pytest.approx(card["scores"]["trained"]["founders"]["f1"], abs=0.01)
    assert by_model[2] > by_rule[2] + 0.15
