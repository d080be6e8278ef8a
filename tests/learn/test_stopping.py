"""Whether to code on."""

from __future__ import annotations

import doctest
import random
from dataclasses import replace

import pytest

import autocode.learn.stopping
from autocode.dataset import read_dataset
from autocode.learn.learner import Learned, learn
from autocode.learn.stopping import Stopping, stopping
from autocode.pipeline import Coder
from autocode.training import coded_units
from tests.learn.conftest import MakeDataset

SURE = Stopping(800, 0.010, 0.024, (), 0.0)


def test_examples() -> None:
    assert doctest.testmod(autocode.learn.stopping).failed == 0


@pytest.mark.parametrize(
    ("told", "stop", "part"),
    [
        (
            SURE,
            True,
            "You may stop: the last doubling, to 800 coded utterances, brought +0.010 of F1 (+0.024",
        ),
        (replace(SURE, at_most=0.03), False, "Code on: the last doubling"),
        (replace(SURE, rare=("a", "b"), rare_share=0.1), True, "few examples (a, b) may still gain."),
        (replace(SURE, rare=("a", "b"), rare_share=0.2), False, "look for rare codes: 2 have fewer than 10"),
        (replace(SURE, gain=None, at_most=None), False, "Too early to say"),
    ],
)
def test_one_may_stop_where_a_doubling_surely_brings_little_and_few_codes_are_rare(
    told: Stopping, stop: bool, part: str
) -> None:
    assert told.may_stop is stop
    assert part in told.sentence()


def test_what_can_be_learnt_from_half_has_been_learnt(coder: Coder, make_dataset: MakeDataset) -> None:
    """The invented interviews say the same few things again and again."""
    told = []
    for n_interviews in (10, 40):
        signals, labels = coded_units(read_dataset(make_dataset(n_interviews, 24)), coder)
        learned = learn(signals, labels, coder.codebook)
        told.append(stopping(learned, coder.codebook))
    few, many = told
    assert (few.n_labelled, many.n_labelled) == (120, 480)
    assert many.may_stop
    assert many.rare == ("leapfrogging",)


def test_few_labels_tell_nothing(coder: Coder, learned: Learned) -> None:
    assert stopping(learned, coder.codebook).sentence().startswith("Too early to say")


def test_what_an_interview_teaches_of_itself_is_not_what_more_interviews_would_bring(
    coder: Coder, make_dataset: MakeDataset
) -> None:
    """Everybody has words of their own for each code: only other interviews teach how others say it."""
    rng = random.Random(1)
    syllables = [
        "ba",
        "ke",
        "lo",
        "mi",
        "nu",
        "ra",
        "so",
        "ti",
        "vu",
        "ze",
        "fo",
        "gi",
        "pa",
        "du",
        "he",
        "ja",
    ]
    words = {
        code: ["".join(rng.choices(syllables, k=3)) for _ in range(30)] for code in ("trust", "conflict")
    }
    common = "we the people project team meeting plan week month office really often never then about some"
    tables: dict[str, list[dict[str, str]]] = {"utterances": [], "codes": [], "coverage": []}
    for interview in range(12):
        own = {code: rng.sample(some, 2) for code, some in words.items()}
        for n in range(24):
            unit = {"utterance_id": f"i{interview}-{n}"}
            code = rng.choice(["trust", "conflict", None])
            said = rng.choices(common.split(), k=6) + ([rng.choice(own[code])] if code else [])
            about = {"transcript_id": f"i{interview}", "speaker": f"R{interview}", "role": "respondent"}
            tables["utterances"].append({**unit, **about, "text": " ".join(rng.sample(said, len(said)))})
            tables["coverage"].append({**unit, "coder": "anna"})
            if code:
                tables["codes"].append({**unit, "coder": "anna", "code": code})
    signals, labels = coded_units(read_dataset(make_dataset(**tables)), coder)
    told = stopping(learn(signals, labels, coder.codebook), coder.codebook)
    assert told.gain is not None
    assert told.gain > 0
    assert not told.may_stop
