"""The second look: codes that only the neighbourhood tells, or that hang on one kind of signal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from autocode.codebook import Code, Codebook
from autocode.learn.files import Model, load_model, save_model
from autocode.learn.labels import Labels
from autocode.learn.learner import Learned, learn
from autocode.learn.live import LiveScores
from autocode.learn.signals import N_PLACE, NO_PARTS, Signals, neighbours
from autocode.records import Role, Utterance

N_INTERVIEWS, N_EACH = 40, 12
BOOK = Codebook(name="fruit", codes=(Code(id="apple", name="apple"), Code(id="echo", name="echo")))


@pytest.fixture(scope="module")
def made_up() -> tuple[Signals, Labels]:
    """Utterances of invented words: "apple" where it is said, "echo" right after that, whatever is said."""
    rng = np.random.default_rng(0)
    words, n = [f"word{i}" for i in range(60)], N_INTERVIEWS * N_EACH
    apple = rng.random(n) < 0.3
    texts = tuple(
        " ".join([*rng.choice(words, 5).tolist(), *(["apple"] if apple[row] else [])]) for row in range(n)
    )
    first = np.arange(n) % N_EACH == 0
    echo = np.concatenate([[False], apple[:-1]]) & ~first
    ids, nothing = [f"u{row}" for row in range(n)], np.zeros((n, 8), np.float32)
    signals = Signals(
        ids=tuple(ids), groups=tuple(f"t{row // N_EACH}" for row in range(n)), texts=texts,
        previous=("",) * n, following=("",) * n,
        before=tuple("" if first[row] else ids[row - 1] for row in range(n)),
        after=tuple(ids[row + 1] if (row + 1) % N_EACH else "" for row in range(n)),
        embeddings=rng.normal(size=(n, 8)).astype(np.float32), early=np.zeros((n, 0), np.float32),
        parts=(NO_PARTS,) * n, tuned=np.zeros((n, 0), np.float32),
        previous_embeddings=nothing, question_embeddings=nothing,
        place=np.zeros((n, N_PLACE), np.float32), evidence=np.zeros((n, 2), np.float32),
    )  # fmt: skip
    return signals, Labels(signals.ids, BOOK.ids, np.column_stack([apple, echo]).astype(float))


@pytest.fixture(scope="module")
def learned(made_up: tuple[Signals, Labels]) -> Learned:
    signals, labels = made_up
    taught = np.arange(30 * N_EACH)
    return learn(signals.take(taught), labels.take(taught), BOOK)


@pytest.fixture(scope="module")
def tuned(made_up: tuple[Signals, Labels]) -> tuple[Signals, Learned]:
    """All utterances with what a fine-tuned encoder says of them, and what was learnt with that."""
    signals, labels = made_up
    noise = np.random.default_rng(2).normal(size=labels.values.shape)
    heard = replace(signals, tuned=(4 * labels.values + noise).astype(np.float32))
    taught = np.arange(30 * N_EACH)
    return heard, learn(heard.take(taught), labels.take(taught), BOOK)


UNSEEN = np.arange(30 * N_EACH, N_INTERVIEWS * N_EACH)


def test_what_is_said_before_tells_a_code_in_interviews_never_seen(
    made_up: tuple[Signals, Labels], learned: Learned
) -> None:
    signals, labels = made_up
    y = labels.values[UNSEEN] == 1
    probabilities = learned.probabilities(signals.take(UNSEEN))
    assert ((learned.rule(probabilities) == y).mean(axis=0) > 0.9).all()
    np.testing.assert_allclose(probabilities.mean(axis=0), y.mean(axis=0), atol=0.05)
    lonely = replace(signals.take(UNSEEN), before=("",) * len(UNSEEN), after=("",) * len(UNSEEN))
    alone = learned.probabilities(lonely)[:, 1]
    assert alone[y[:, 1]].mean() - alone[~y[:, 1]].mean() < 0.1


def test_a_labelled_neighbour_counts_though_it_is_not_asked_about(
    made_up: tuple[Signals, Labels], learned: Learned
) -> None:
    signals, _ = made_up
    rows = np.arange(N_EACH)
    unknown = replace(signals.take(rows), ids=tuple(f"new{row}" for row in rows))
    apart = np.concatenate([learned.probabilities(unknown.take(rows[[row]])) for row in rows])
    np.testing.assert_allclose(apart, learned.probabilities(unknown), atol=1e-4)


def test_neighbours_that_are_not_left_out_together_tell_nothing(made_up: tuple[Signals, Labels]) -> None:
    signals, labels = made_up
    one = learn(replace(signals, groups=("t",) * len(signals)), labels, BOOK)
    assert one.second is None or not one.second.stack.around[:, len(BOOK.ids) :].any()


def test_noise_gets_no_second_look(made_up: tuple[Signals, Labels]) -> None:
    signals, labels = made_up
    shuffled = labels.values[np.random.default_rng(1).permutation(len(labels))]
    blind = learn(signals, Labels(labels.unit_ids, BOOK.ids, shuffled), BOOK)
    p = blind.probabilities(replace(signals, ids=tuple(f"new{unit}" for unit in signals.ids)))
    assert blind.second is None or np.abs(p - shuffled.mean(axis=0)).max() < 0.2


def test_a_fine_tuned_encoder_speaks_last(
    made_up: tuple[Signals, Labels], learned: Learned, tuned: tuple[Signals, Learned]
) -> None:
    heard, found = tuned
    y = made_up[1].values[UNSEEN] == 1
    assert (learned.fourth, found.fourth is None) == (None, False)
    said, before = found.probabilities(heard.take(UNSEEN)), learned.probabilities(heard.take(UNSEEN))
    assert np.abs(said - y).mean() < 0.5 * np.abs(before - y).mean()
    np.testing.assert_allclose(said.mean(axis=0), y.mean(axis=0), atol=0.05)
    assert found.second is not None  # what all else says is looked at again as if there were none
    np.testing.assert_array_equal(found.second.first, learned.second.first if learned.second else None)


@pytest.mark.parametrize("by", ["learned", "tuned"])
def test_saved_and_loaded_it_says_the_same(
    made_up: tuple[Signals, Labels], learned: Learned, tuned: tuple[Signals, Learned], tmp_path: Path, by: str
) -> None:
    signals, one = tuned if by == "tuned" else (made_up[0], learned)
    assert one.second is not None
    save_model(Model(one, None, {}), tmp_path / "model")
    assert "just before and after, count as well" in (tmp_path / "model" / "MODEL.md").read_text()
    again = load_model(tmp_path / "model").learned
    unseen = signals.take(UNSEEN)
    np.testing.assert_array_equal(again.probabilities(unseen), one.probabilities(unseen))


@pytest.mark.parametrize("by", ["learned", "tuned"])
def test_single_decisions_start_from_it(
    made_up: tuple[Signals, Labels], learned: Learned, tuned: tuple[Signals, Learned], by: str
) -> None:
    signals, one = tuned if by == "tuned" else (made_up[0], learned)
    unseen = signals.take(UNSEEN)
    live = LiveScores(one, unseen)
    np.testing.assert_allclose(live.probabilities, one.probabilities(unseen), atol=1e-6)
    before = live.probabilities.copy()
    live.decide(unseen.ids[3], {"apple": True})
    assert live.probabilities[3, 0] > before[3, 0]
    assert (live.probabilities[:, 1] == before[:, 1]).all()


def test_neighbours_speak_in_the_same_role() -> None:
    roles: list[Role] = ["interviewer", "respondent", "respondent", "interviewer", "respondent", "respondent"]
    talk = [
        Utterance(f"u{i}", "t", i, i, role, role, "x", i, i + 1, backchannel=i == 2)
        for i, role in enumerate(roles)
    ]
    assert neighbours(talk, range(6), -1) == ("", "", "u1", "u0", "u1", "u4")
    assert neighbours(talk, [1, 5], 1) == ("u4", "")
