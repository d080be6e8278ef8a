"""The third look: a code that only the other codes together tell."""

from __future__ import annotations

import doctest
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import autocode.learn.third
from autocode.codebook import Code, Codebook
from autocode.learn.blend import sigmoid
from autocode.learn.files import Model, load_model, save_model
from autocode.learn.folds import group_folds
from autocode.learn.judging import mean_average_precision
from autocode.learn.labels import Labels
from autocode.learn.learner import Learned, learn
from autocode.learn.live import LiveScores
from autocode.learn.signals import NO_PARTS, Signals
from autocode.learn.third import ThirdLook, fit_third
from tests.learn.conftest import of_parts

N_INTERVIEWS, N_EACH = 60, 10
N = N_INTERVIEWS * N_EACH
UNSEEN = np.arange(40 * N_EACH, N)
GROUPS = np.arange(N) // N_EACH
BOOK = Codebook(
    name="offers", codes=tuple(Code(id=name, name=name) for name in ("yes", "no", "unclear", "never"))
)
Known = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def known() -> Known:
    """What applies, and log-odds: "yes" and "no" are heard, "unclear" is where both or neither apply."""
    rng = np.random.default_rng(0)
    yes, no = rng.random((2, N)) < 0.5
    values = np.column_stack([yes, no, yes == no, np.zeros(N)]).astype(float)
    log_odds = np.where(values == 1, 2.5, -2.5) + rng.normal(size=values.shape)
    log_odds[:, 2:] = rng.normal(0, 0.3, (N, 2)) - [0, 4]
    return values, log_odds


def fitted(values: np.ndarray, log_odds: np.ndarray, rows: np.ndarray) -> tuple[ThirdLook, np.ndarray] | None:
    folds = group_folds(GROUPS[rows], 5)
    return fit_third(log_odds[rows], values[rows], GROUPS[rows], folds, tied=sigmoid, seed=0)


def test_what_two_codes_together_tell_of_a_third_is_learnt(known: Known) -> None:
    values, log_odds = known
    found = fitted(values, log_odds, np.arange(UNSEEN[0]))
    assert found is not None
    look, left_out = found
    before, y = log_odds[UNSEEN], values[UNSEEN]
    after = look(before, look.told(sigmoid(before)))
    for scores, applies in ((after, y), (left_out, values[: UNSEEN[0]])):
        assert mean_average_precision(applies[:, [2]], scores[:, [2]]) > 0.85
    assert mean_average_precision(y[:, [2]], before[:, [2]]) < 0.65
    assert abs(sigmoid(after)[:, 2].mean() - y[:, 2].mean()) < 0.1
    np.testing.assert_array_equal(after[:, 3], before[:, 3])  # nobody applied it, so nothing is known of it


def test_an_interview_is_scored_by_what_others_teach(known: Known) -> None:
    values, log_odds = known
    rows, other = np.arange(UNSEEN[0]), values.copy()
    own = GROUPS == 7
    other[own] = 1 - other[own]
    one, two = fitted(values, log_odds, rows), fitted(other, log_odds, rows)
    assert one is not None
    assert two is not None
    moved = np.abs(one[1] - two[1])[:, 2]
    assert moved[own[rows]].max() < 0.5 * moved.max()  # by what its codes teach of the weights only
    seen = [look(log_odds[own], look.told(sigmoid(log_odds[own])))[:, 2] for look, _ in (one, two)]
    assert np.abs(seen[0] - seen[1]).mean() > 2 * moved[own[rows]].mean()


def test_noise_few_labels_and_one_fold_get_none(known: Known) -> None:
    values, log_odds = known
    shuffled = values[np.random.default_rng(1).permutation(N)]
    found = fitted(shuffled, np.zeros_like(log_odds), np.arange(N))
    assert found is None or np.abs(sigmoid(found[1]) - shuffled.mean(axis=0))[:, :3].max() < 0.25
    assert fitted(values, log_odds, np.arange(90)) is None
    assert fit_third(log_odds, values, GROUPS, np.zeros(N, np.intp), tied=sigmoid, seed=0) is None


def test_what_was_not_said_is_filled(known: Known) -> None:
    values, log_odds = known
    holes = np.where(np.random.default_rng(2).random(values.shape) < 0.2, np.nan, values)
    found = fitted(holes, log_odds, np.arange(UNSEEN[0]))
    assert found is not None
    look = found[0]
    after = look(log_odds[UNSEEN], look.told(sigmoid(log_odds[UNSEEN])))
    assert mean_average_precision(values[UNSEEN][:, [2]], after[:, [2]]) > 0.85


@pytest.fixture(scope="module")
def signals(known: Known) -> Signals:
    """What the codebook says is all there is."""
    made = of_parts([NO_PARTS] * N, n_each=N_EACH, n_codes=4)
    return replace(made, evidence=known[1].astype(np.float32))


@pytest.fixture(scope="module")
def learned(signals: Signals, known: Known) -> Learned:
    taught = np.arange(UNSEEN[0])
    return learn(signals.take(taught), Labels(signals.ids, BOOK.ids, known[0]).take(taught), BOOK)


def test_a_model_has_it(signals: Signals, learned: Learned, known: Known) -> None:
    assert learned.third is not None
    unseen, y = signals.take(UNSEEN), known[0][UNSEEN]
    with_it = learned.probabilities(unseen)
    without = replace(learned, third=None).probabilities(unseen)
    gained = [mean_average_precision(y[:, [2]], found[:, [2]]) for found in (without, with_it)]
    assert gained[1] > gained[0] + 0.2


def test_a_fine_tuned_encoder_speaks_after_it(signals: Signals, learned: Learned, known: Known) -> None:
    taught, said = np.arange(UNSEEN[0]), replace(signals, tuned=known[1].astype(np.float32))
    found = learn(said.take(taught), Labels(signals.ids, BOOK.ids, known[0]).take(taught), BOOK)
    assert found.third is not None
    assert learned.third is not None
    assert found.fourth is not None
    np.testing.assert_array_equal(found.third.dual, learned.third.dual)  # as if there were none
    live = LiveScores(found, said.take(UNSEEN))
    np.testing.assert_allclose(live.probabilities, found.probabilities(said.take(UNSEEN)), atol=1e-6)


def test_saved_and_loaded_it_says_the_same(signals: Signals, learned: Learned, tmp_path: Path) -> None:
    save_model(Model(learned, None, {}), tmp_path / "model")
    assert "all codes together" in (tmp_path / "model" / "MODEL.md").read_text()
    again = load_model(tmp_path / "model").learned
    unseen = signals.take(UNSEEN)
    np.testing.assert_array_equal(again.probabilities(unseen), learned.probabilities(unseen))


def test_single_decisions_start_from_it(signals: Signals, learned: Learned) -> None:
    unseen = signals.take(UNSEEN)
    live = LiveScores(learned, unseen)
    np.testing.assert_allclose(live.probabilities, learned.probabilities(unseen), atol=1e-6)
    before = live.probabilities.copy()
    live.decide(unseen.ids[3], {"unclear": True})
    assert live.probabilities[3, 2] > before[3, 2]
    assert (live.probabilities[:, :2] == before[:, :2]).all()


def test_the_examples_of_the_documentation_are_right() -> None:
    assert doctest.testmod(autocode.learn.third).failed == 0
