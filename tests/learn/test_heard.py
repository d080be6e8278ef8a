"""Tokens that have a say of their own: a code for one word among many, which the mean of all hardly shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from autocode.codebook import Code, Codebook
from autocode.learn import heard
from autocode.learn.files import Model, load_model, save_model
from autocode.learn.heard import fit_heard
from autocode.learn.judging import mean_average_precision
from autocode.learn.labels import Labels
from autocode.learn.learner import Learned, learn
from autocode.learn.live import LiveScores
from autocode.learn.signals import NO_PARTS, Parts, Signals, Tokens, with_parts
from tests.learn.conftest import of_parts

N_DIMS, N_INTERVIEWS, N_EACH = 64, 20, 12
N = N_INTERVIEWS * N_EACH
FOLDS = np.arange(N) // N_EACH % 4
BOOK = Codebook(name="sounds", codes=tuple(Code(id=name, name=name) for name in ("bell", "drum", "never")))


def spoken(values: np.ndarray) -> Tokens:
    """Ten to thirty tokens of noise an utterance; one of them points the way of each code that applies."""
    rng = np.random.default_rng(0)
    ways, found = rng.choice([-40, 40], (values.shape[1], N_DIMS)), []
    for row in values == 1:
        tokens = rng.normal(0, 30, (rng.integers(10, 30), N_DIMS))
        for code in np.flatnonzero(row):
            tokens[rng.integers(len(tokens))] += ways[code]
        found.append(np.clip(np.rint(tokens), -127, 127).astype(np.int8))
    return tuple(found)


def of_tokens(tokens: Tokens) -> tuple[Parts, ...]:
    """Utterances of one sentence each, which is not looked at by itself."""
    one = np.zeros((1, N_DIMS), np.float16)
    return tuple(Parts(own, one, one) for own in tokens)


@pytest.fixture(scope="module")
def table() -> np.ndarray:
    values = (np.random.default_rng(1).random((N, 3)) < [0.3, 0.2, 0.0]).astype(float)
    values[:5, 0] = np.nan
    return values


@pytest.fixture(scope="module")
def signals(table: np.ndarray) -> Signals:
    """What else is known of the utterances says nothing."""
    return of_parts(of_tokens(spoken(table)), n_each=N_EACH, n_codes=3)


@pytest.fixture(scope="module")
def learned(signals: Signals, table: np.ndarray) -> Learned:
    rows = np.arange(N // 2)
    return learn(signals.take(rows), Labels(signals.ids[: N // 2], BOOK.ids, table[rows]), BOOK)


UNSEEN = np.arange(N // 2, N)


def test_one_token_tells_a_code_which_the_mean_of_all_hardly_shows(table: np.ndarray) -> None:
    tokens = spoken(table)
    found = fit_heard(tokens, table, FOLDS)
    assert found is not None
    means = tuple(np.rint(one.mean(axis=0, keepdims=True)).astype(np.int8) for one in tokens)
    by_means = fit_heard(means, table, FOLDS)
    assert by_means is not None
    assert mean_average_precision(table, found[1]) > 0.95
    assert mean_average_precision(table, by_means[1]) < 0.85
    assert not found[1][:, 2].any()  # nobody applied it
    assert not found[0].weights[:, 2].any()


def test_a_fold_is_scored_by_what_the_others_teach(table: np.ndarray) -> None:
    tokens, out = spoken(table), FOLDS == 0
    found = fit_heard(tokens, table, FOLDS)
    changed = table.copy()
    changed[out] = 1 - changed[out]
    otherwise = fit_heard(tokens, changed, FOLDS)
    assert found is not None
    assert otherwise is not None
    np.testing.assert_array_equal(found[1][out, :2], otherwise[1][out, :2])
    assert not np.array_equal(found[1][~out, :2], otherwise[1][~out, :2])


def test_shuffled_codes_teach_nothing(table: np.ndarray) -> None:
    rng = np.random.default_rng(3)
    shuffled = table[rng.permutation(N)]
    found = fit_heard(spoken(table), shuffled, FOLDS)
    assert found is not None
    share = np.nanmean(shuffled, axis=0)[:2].mean()
    assert mean_average_precision(shuffled, found[1]) < share + 0.12


def test_it_learns_from_so_many_tokens_at_most(table: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = spoken(table)
    monkeypatch.setattr(heard, "MOST_TOKENS", sum(map(len, tokens)) // 2)
    found = fit_heard(tokens, table, FOLDS, seed=1)
    assert found is not None
    assert found[1].shape == table.shape
    assert mean_average_precision(table, found[1]) > 0.8
    again = fit_heard(tokens, table, FOLDS, seed=1)
    assert again is not None
    np.testing.assert_array_equal(found[1], again[1])


def test_without_tokens_nothing_is_heard_and_what_learnt_from_them_says_so(
    signals: Signals, table: np.ndarray, learned: Learned
) -> None:
    deaf = replace(signals, parts=(NO_PARTS,) * N)
    assert fit_heard(deaf.tokens, table, FOLDS) is None
    assert not learn(deaf, Labels(signals.ids, BOOK.ids, table), BOOK).needs_parts
    with pytest.raises(ValueError, match="tokens were not read"):
        learned.probabilities(deaf.take(UNSEEN))


def test_a_model_is_better_for_it(signals: Signals, table: np.ndarray, learned: Learned) -> None:
    assert learned.needs_parts
    deaf = replace(signals.take(np.arange(N // 2)), parts=(NO_PARTS,) * (N // 2))
    without = learn(deaf, Labels(deaf.ids, BOOK.ids, table[: N // 2]), BOOK)
    unseen = signals.take(UNSEEN)
    with_it, otherwise = (
        mean_average_precision(table[UNSEEN], one.probabilities(unseen)) for one in (learned, without)
    )
    assert with_it > otherwise + 0.3


def test_saved_and_loaded_it_says_the_same(signals: Signals, learned: Learned, tmp_path: Path) -> None:
    save_model(Model(learned, None, {}), tmp_path / "model")
    assert "single words as the encoder hears them" in (tmp_path / "model" / "MODEL.md").read_text()
    again, unseen = load_model(tmp_path / "model").learned, signals.take(UNSEEN)
    np.testing.assert_array_equal(again.probabilities(unseen), learned.probabilities(unseen))
    assert again.signals.parts == (NO_PARTS,) * (N // 2)  # which are read again where they are needed


def test_single_decisions_start_from_it(signals: Signals, learned: Learned) -> None:
    unseen = signals.take(UNSEEN)
    live = LiveScores(learned, unseen)
    np.testing.assert_allclose(live.probabilities, learned.probabilities(unseen), atol=1e-6)


def test_only_missing_parts_are_read(signals: Signals) -> None:
    asked: list[str] = []

    def read(texts: Sequence[str]) -> tuple[Parts, ...]:
        asked.extend(texts)
        return of_tokens(tuple(np.ones((2, N_DIMS), np.int8) for _ in texts))

    found = with_parts(replace(signals, parts=(*signals.parts[:-2], NO_PARTS, NO_PARTS)), read)
    assert asked == list(signals.texts[-2:])
    assert [len(one) for one in found.tokens[-3:]] == [len(signals.tokens[-3]), 2, 2]
    assert found.parts[0] is signals.parts[0]


def test_a_model_asks_for_the_parts_of_texts_that_are_new_to_it_if_it_hears(
    signals: Signals, table: np.ndarray, learned: Learned
) -> None:
    asked: list[str] = []
    by_text = dict(zip(signals.texts, signals.parts, strict=True))

    def read(texts: Sequence[str]) -> tuple[Parts, ...]:
        asked.extend(texts)
        return tuple(by_text[text] for text in texts)

    silent = replace(signals, parts=(NO_PARTS,) * N)
    given = learned.with_parts(silent, read)
    assert asked == list(signals.texts[N // 2 :])
    np.testing.assert_array_equal(learned.probabilities(given), learned.probabilities(signals))
    deaf = learn(silent, Labels(signals.ids, BOOK.ids, table), BOOK)
    assert deaf.with_parts(silent, read) is silent
    assert len(asked) == N // 2
