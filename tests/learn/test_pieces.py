"""Pieces that speak for their utterance: a code for one of several, found without being told which."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from autocode.codebook import Code, Codebook
from autocode.config import Settings
from autocode.learn import pieces as module
from autocode.learn.explain import Explainer
from autocode.learn.files import Model, load_model, save_model
from autocode.learn.judging import mean_average_precision
from autocode.learn.labels import Labels
from autocode.learn.learner import Learned, learn
from autocode.learn.live import LiveScores
from autocode.learn.pieces import fit_pieces
from autocode.learn.signals import NO_PARTS, Parts, Signals
from autocode.pipeline import Coder
from tests.learn.conftest import of_parts

N_DIMS, N_INTERVIEWS, N_EACH = 32, 20, 15
N = N_INTERVIEWS * N_EACH
FOLDS = np.arange(N) // N_EACH % 4
BOOK = Codebook(name="said", codes=tuple(Code(id=name, name=name) for name in ("vow", "debt", "never")))
Sentences = tuple[np.ndarray, ...]


def talk(values: np.ndarray) -> Sentences:
    """Three to six sentences an utterance, each near one of twelve subjects; a code is a subject."""
    rng = np.random.default_rng(0)
    subjects, found = rng.normal(size=(12, N_DIMS)), []
    for row in np.nan_to_num(values) == 1:
        about = rng.integers(3, 12, rng.integers(3, 7))
        for place, code in enumerate(np.flatnonzero(row)):
            about[place] = code
        said = subjects[rng.permutation(about)] + rng.normal(0, 0.7, (len(about), N_DIMS))
        found.append((said / np.linalg.norm(said, axis=1, keepdims=True)).astype(np.float16))
    return tuple(found)


@pytest.fixture(scope="module")
def table() -> np.ndarray:
    return (np.random.default_rng(1).random((N, 3)) < [0.2, 0.1, 0.0]).astype(float)


@pytest.fixture(scope="module")
def sentences(table: np.ndarray) -> Sentences:
    return talk(table)


@pytest.fixture(scope="module")
def signals(sentences: Sentences) -> Signals:
    """What else is known of the utterances says nothing; their tokens are read, and say nothing, too."""
    parts = [Parts(np.ones((2, N_DIMS), np.int8), own, own[:1]) for own in sentences]
    return of_parts(parts, n_each=N_EACH, n_codes=3)


TAUGHT, UNSEEN = np.arange(2 * N // 3), np.arange(2 * N // 3, N)


def taught(signals: Signals, table: np.ndarray) -> Learned:
    rows = TAUGHT
    return learn(signals.take(rows), Labels(signals.ids[: len(rows)], BOOK.ids, table[rows]), BOOK)


@pytest.fixture(scope="module")
def learned(signals: Signals, table: np.ndarray) -> Learned:
    return taught(signals, table)


def score(values: np.ndarray, left_out: np.ndarray) -> float:
    return mean_average_precision(values, left_out.astype(float))


def test_one_sentence_tells_a_code_which_the_mean_of_all_hardly_shows(
    table: np.ndarray, sentences: Sentences
) -> None:
    found = fit_pieces(sentences, table, FOLDS)
    assert found is not None
    means = tuple(np.repeat(one.mean(axis=0, keepdims=True), 2, axis=0) for one in sentences)
    by_means = fit_pieces(means, table, FOLDS)
    assert by_means is not None
    assert score(table, found[1]) > 0.9
    assert score(table, by_means[1]) < score(table, found[1]) - 0.15
    assert np.ptp(found[1][:, 2]) < 1e-6  # nobody applied it


def test_which_sentence_was_meant_is_found(table: np.ndarray, sentences: Sentences) -> None:
    found = fit_pieces(sentences, table, FOLDS)
    assert found is not None
    subject = np.random.default_rng(0).normal(size=(12, N_DIMS))[0]
    own = [one for one, row in zip(sentences, table, strict=True) if row[0] == 1]
    said = [found[0]([sentence[None] for sentence in one])[:, 0].argmax() for one in own]
    meant = [(one.astype(float) @ subject).argmax() for one in own]
    assert np.mean(np.array(said) == meant) > 0.95


def test_rounds_tell_more_than_every_sentence_of_a_coded_utterance(
    table: np.ndarray, sentences: Sentences, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = fit_pieces(sentences, table, FOLDS)
    monkeypatch.setattr(module, "ROUNDS", 1)
    once = fit_pieces(sentences, table, FOLDS)
    assert found is not None
    assert once is not None
    assert score(table, found[1]) > score(table, once[1])


def test_a_fold_is_scored_by_what_the_others_teach(table: np.ndarray, sentences: Sentences) -> None:
    out = FOLDS == 0
    changed = table.copy()
    changed[out] = 1 - changed[out]
    found, otherwise = (fit_pieces(sentences, one, FOLDS) for one in (table, changed))
    assert found is not None
    assert otherwise is not None
    np.testing.assert_array_equal(found[1][out], otherwise[1][out])
    assert not np.array_equal(found[1][~out], otherwise[1][~out])


def test_shuffled_codes_teach_nothing(table: np.ndarray, sentences: Sentences) -> None:
    shuffled = table[np.random.default_rng(3).permutation(N)]
    found = fit_pieces(sentences, shuffled, FOLDS)
    assert found is not None
    assert score(shuffled, found[1]) < shuffled[:, :2].mean() + 0.1


def test_it_learns_from_so_many_sentences_at_most(
    table: np.ndarray, sentences: Sentences, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = sum(map(len, sentences)) // 2
    monkeypatch.setattr(module, "MOST_PIECES", most)
    found, again = (fit_pieces(sentences, table, FOLDS, seed=1) for _ in range(2))
    assert found is not None
    assert again is not None
    assert 0.9 * most < len(found[0].anchors) <= most
    assert score(table, found[1]) > 0.8
    np.testing.assert_array_equal(found[1], again[1])
    monkeypatch.setattr(module, "MOST_PIECES", 2)  # fewer than any utterance has
    assert fit_pieces(sentences, table, FOLDS) is None


def test_utterances_of_one_sentence_are_not_looked_at_again(table: np.ndarray, sentences: Sentences) -> None:
    assert fit_pieces([one[:1] for one in sentences], table, FOLDS) is None
    assert fit_pieces([part.sentences for part in (NO_PARTS,) * N], table, FOLDS) is None


def test_a_model_is_better_for_it(signals: Signals, table: np.ndarray, learned: Learned) -> None:
    whole = replace(signals, parts=tuple(replace(one, sentences=one.sentences[:1]) for one in signals.parts))
    without = taught(whole, table)
    with_it, otherwise = (
        mean_average_precision(table[UNSEEN], one.probabilities(given.take(UNSEEN)))
        for one, given in ((learned, signals), (without, whole))
    )
    assert with_it > otherwise + 0.3
    assert learned.needs_parts
    assert learned.second is not None
    assert (learned.second.sentences is None, learned.second.phrases is None) == (False, True)
    with pytest.raises(ValueError, match="were not read"):
        learned.probabilities(replace(signals, parts=(NO_PARTS,) * N).take(UNSEEN))


def test_a_suggestion_tells_which_sentence_says_most(
    signals: Signals, table: np.ndarray, learned: Learned
) -> None:
    row = int(UNSEEN[table[UNSEEN, 0] == 1][0])
    n, subject = len(signals.parts[row].sentences), np.random.default_rng(0).normal(size=(12, N_DIMS))[0]
    meant = int((signals.parts[row].sentences.astype(float) @ subject).argmax())
    said = [f"This is number {number}.  " for number in range(n)]
    ends = np.cumsum([0, *map(len, said)]).tolist()
    spans = tuple(pairwise(ends))
    one = signals.take(np.array([row]))
    one = replace(one, texts=("".join(said),), parts=(replace(one.parts[0], spans=spans),))
    explainer = Explainer(learned)
    found = explainer.sentences(one, [0])[0]
    assert (found[0], sorted(found)) == (spans[meant], [0, 1])  # nobody applied the third code
    encoded = learned.views.encode(one)
    reasons = explainer(one, encoded, explainer.nearness(encoded), 0, 0, sentences=found)
    (told,) = [reason for reason in reasons if reason.kind == "sentence"]
    assert (told.text, told.weight) == (f"This is number {meant}.", 0.0)
    assert one.texts[0][told.start_char : told.end_char] == told.text
    single = replace(one, parts=(replace(one.parts[0], spans=spans[:1]),))
    assert explainer.sentences(single, [0]) == {0: {}}


def test_many_read_together_say_what_each_says_alone(signals: Signals, learned: Learned) -> None:
    assert learned.second is not None
    pieces = learned.second.sentences
    assert pieces is not None
    read = [part.sentences for part in signals.parts]
    assert len(read) > 200  # more than are read at a time
    alone = [pieces.of_each(one) for one in read]
    np.testing.assert_array_equal(pieces.loudest(read), [one.argmax(axis=0) for one in alone])
    np.testing.assert_allclose(pieces(read), [one.max(axis=0) for one in alone], atol=1e-5)


def test_saved_and_loaded_it_says_the_same(signals: Signals, learned: Learned, tmp_path: Path) -> None:
    save_model(Model(learned, None, {}), tmp_path / "model")
    assert "single sentences and phrases" in (tmp_path / "model" / "MODEL.md").read_text()
    again, unseen = load_model(tmp_path / "model").learned, signals.take(UNSEEN)
    np.testing.assert_array_equal(again.probabilities(unseen), learned.probabilities(unseen))


def test_single_decisions_start_from_it(signals: Signals, learned: Learned) -> None:
    unseen = signals.take(UNSEEN)
    live = LiveScores(learned, unseen)
    np.testing.assert_allclose(live.probabilities, learned.probabilities(unseen), atol=1e-6)


@pytest.mark.model
def test_the_encoder_reads_each_sentence_and_phrase_by_itself() -> None:
    coder = Coder("knowledge_dynamics", settings=Settings())
    first, second = "We trust them.", "Nobody checks the numbers."
    long = "When we came to that market nobody there had told us what to do and how"
    both, alone, other, mark, nothing, split = coder.parts_of(
        [f"{first} {second}", first, second, "(laughs)", "", long]
    )
    assert both.sentences.shape == (2, coder.early_embedder.n_dims if coder.early_embedder else 0)
    np.testing.assert_allclose(both.sentences[0], alone.sentences[0], atol=1e-3)
    np.testing.assert_allclose(both.sentences[1], other.sentences[0], atol=1e-3)
    assert [len(one.sentences) for one in (mark, nothing, split)] == [1, 1, 1]
    assert [one.spans for one in (both, mark, nothing)] == [((0, 15), (15, 41)), ((0, 8),), ()]
    assert [len(one.phrases) for one in (both, alone, mark, nothing, split)] == [2, 1, 1, 1, 2]
    np.testing.assert_array_equal(both.phrases, both.sentences)  # they are short
