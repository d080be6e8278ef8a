"""Learning end to end on invented interviews: better with labels, honest without, the same again."""

from __future__ import annotations

import doctest
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import autocode.learn.blend
from autocode.codebook import Codebook
from autocode.codebook.code import Code
from autocode.dataset import CodedDataset
from autocode.errors import LearnError
from autocode.files import OutputError
from autocode.learn.dial import set_dial
from autocode.learn.files import ARRAYS, ENCODER, FACTS, Model, load_model, save_model, workplace
from autocode.learn.fourth import fit_fourth
from autocode.learn.judging import mean_average_precision, precision_in_folds
from autocode.learn.labels import Labels
from autocode.learn.learner import Learned, learn
from autocode.learn.sets import certain_roles, exclusive_columns, learn_sets
from autocode.learn.signals import Signals
from autocode.pipeline import Coder
from autocode.training import dial_of, facts_of, signals_of, train
from tests.learn.conftest import blend_alone, said_by

TUNED = {"precision_before": 0, "precision": 1, "epochs": [1]}


def f1(learned: Learned, signals: Signals, labels: Labels, codes: tuple[str, ...]) -> float:
    columns = [labels.code_ids.index(code) for code in codes]
    chosen = learned.rule(learned.probabilities(signals))[:, columns]
    y = labels.values[:, columns] == 1
    return float(2 * (chosen & y).sum() / (chosen.sum() + y.sum()))


def test_twenty_labels_help_and_more_help_more(coder: Coder, signals: Signals, labels: Labels) -> None:
    test = np.arange(48, 72)  # the last two interviews
    scores = []
    for n in (6, 20, 48):
        rows = np.arange(n)
        learned = learn(signals.take(rows), labels.take(rows), coder.codebook)
        scores.append(f1(learned, signals.take(test), labels.take(test), ("trust", "conflict", "learning")))
    assert scores[0] < scores[-1]
    assert scores[1] >= 0.6
    assert scores[2] >= 0.8


def test_shuffled_labels_give_chance(coder: Coder, signals: Signals, labels: Labels) -> None:
    rng = np.random.default_rng(0)
    shuffled = Labels(labels.unit_ids, labels.code_ids, labels.values[rng.permutation(len(labels))])
    learned = learn(signals, shuffled, coder.codebook)
    column = labels.code_ids.index("trust")
    p, y = learned.cross_fitted[:, column], shuffled.values[:, column]
    pairs = p[y == 1][:, None] - p[y == 0]
    area = float((pairs > 0).mean() + 0.5 * (pairs == 0).mean())
    assert 0.3 < area < 0.7


def test_a_code_without_any_positive_rests_on_the_codebook(
    coder: Coder, signals: Signals, labels: Labels
) -> None:
    learned = learn(signals, labels, coder.codebook)
    column = labels.code_ids.index("leapfrogging")
    assert np.nansum(labels.values[:, column]) == 0
    low, high = replace(signals.take(np.array([0, 1])), ids=("x", "y")), None
    low.evidence[0, column], low.evidence[1, column] = -6.0, 6.0
    high = learned.probabilities(low)[:, column]
    assert high[0] < high[1]


def test_labelled_units_are_scored_by_models_that_have_not_seen_their_interview(
    coder: Coder, learned: Learned, signals: Signals, labels: Labels
) -> None:
    np.testing.assert_array_equal(learned.probabilities(signals), learned.cross_fitted)
    unseen = replace(signals, ids=tuple(f"new-{unit}" for unit in signals.ids))
    assert np.abs(learned.probabilities(unseen) - learned.cross_fitted).max() > 0.05


def test_the_same_again_to_the_last_bit(
    coder: Coder, learned: Learned, signals: Signals, labels: Labels
) -> None:
    again = learn(signals, labels, coder.codebook)
    np.testing.assert_array_equal(again.cross_fitted, learned.cross_fitted)
    np.testing.assert_array_equal(again.fit.dual, learned.fit.dual)


def test_parents_are_at_least_as_likely_as_their_children(learned: Learned, signals: Signals) -> None:
    p = learned.probabilities(signals)
    relation, trust = learned.code_ids.index("relation"), learned.code_ids.index("trust")
    assert (p[:, relation] >= p[:, trust]).all()
    chosen = learned.rule(p)
    assert (chosen[:, relation] | ~chosen[:, trust]).all()


def test_one_label_and_one_interview_are_enough_to_go_on(
    coder: Coder, signals: Signals, labels: Labels
) -> None:
    first = int(np.flatnonzero(np.nansum(labels.values, axis=1))[0])
    for rows in (np.array([first]), np.arange(12)):
        learned = learn(signals.take(rows), labels.take(rows), coder.codebook)
        p = learned.probabilities(signals)
        assert np.isfinite(p).all()
        assert ((p >= 0) & (p <= 1)).all()


def test_many_labels_are_learnt_by_landmarks(
    coder: Coder, signals: Signals, labels: Labels, monkeypatch: pytest.MonkeyPatch
) -> None:
    import autocode.learn.recipe as module

    exact = learn(signals, labels, coder.codebook)
    monkeypatch.setattr(module, "MAX_EXACT_ROWS", 50)
    monkeypatch.setattr(module, "N_LANDMARKS", 45)
    near = learn(signals, labels, coder.codebook)
    assert len(near.anchors) == 45
    assert np.corrcoef(exact.cross_fitted.ravel(), near.cross_fitted.ravel())[0, 1] > 0.9


@pytest.mark.parametrize("case", ["none", "only_zeros"])
def test_nothing_to_learn_from(coder: Coder, signals: Signals, labels: Labels, case: str) -> None:
    rows = np.array([], np.intp) if case == "none" else np.flatnonzero(np.nansum(labels.values, axis=1) == 0)
    with pytest.raises(LearnError, match="nothing to learn from"):
        learn(signals.take(rows), labels.take(rows), coder.codebook)


def test_units_that_the_transcripts_do_not_have(coder: Coder, dataset: CodedDataset) -> None:
    with pytest.raises(LearnError, match="'nowhere-1'"):
        signals_of(coder, dataset.transcripts, {"nowhere-1", "i00-001"})


# Blend and sets


def test_examples() -> None:
    assert doctest.testmod(autocode.learn.blend).failed == 0


def test_probabilities_are_calibrated_and_a_rare_code_borrows() -> None:
    rng = np.random.default_rng(0)
    n, n_codes = 3000, 6
    truth_logit = rng.normal(size=(n, n_codes)) * 2 - np.array([0, 1, 1, 2, 3, 6])
    values = (rng.random((n, n_codes)) < 1 / (1 + np.exp(-truth_logit))).astype(float)
    learnt = truth_logit * 0.1
    none, one_role = np.zeros((1500, n_codes)), np.full(1500, 2)
    blend = blend_alone(learnt[:1500], none, values[:1500], one_role)
    p = said_by(blend, learnt[1500:], none, one_role)
    for column in range(5):
        assert abs(p[:, column].mean() - values[1500:, column].mean()) < 0.03
        top = np.argsort(-p[:, column])[:150]
        assert abs(p[top, column].mean() - values[1500 + top, column].mean()) < 0.12
    assert blend.weights[5, 0] > 0


@pytest.mark.parametrize("knows", [True, False])
def test_a_fine_tuned_encoder_counts_as_far_as_it_knows(knows: bool) -> None:
    rng = np.random.default_rng(0)
    n, n_codes = 3000, 4
    truth = rng.normal(size=(n, n_codes)) * 2 - 1
    values = (rng.random((n, n_codes)) < 1 / (1 + np.exp(-truth))).astype(float)
    noise = rng.normal(size=(n, n_codes))
    before, tuned = (noise, 3 * truth + 5) if knows else (truth, 3 * noise)
    fitted, others = slice(None, 1500), slice(1500, None)
    look, left_out = fit_fourth(
        before[fitted], tuned[fitted].astype(np.float32), values[fitted], np.arange(1500) % 5
    )
    new = look(before[others], tuned[others].astype(np.float32))
    for said, log_odds in ((fitted, left_out), (others, new)):
        assert np.abs(1 / (1 + np.exp(-log_odds)) - 1 / (1 + np.exp(-truth[said]))).mean() < 0.04
    assert (look.weights[:, 1].min() > 0.5) if knows else (look.weights[:, 1].max() < 0.1)


def test_folds_that_were_scored_on_other_scales_are_ranked_by_themselves() -> None:
    rng, n = np.random.default_rng(0), 400
    values = (rng.random((n, 2)) < 0.3).astype(float)
    folds, scores = np.arange(n) % 4, values + rng.normal(0, 0.5, (n, 2))
    shifted = scores + 3.0 * folds[:, None]
    assert precision_in_folds(values, scores, folds) == precision_in_folds(values, shifted, folds) > 0.8
    assert mean_average_precision(values, shifted) < mean_average_precision(values, scores) - 0.2


def test_sets_learn_that_none_is_empty_and_who_excludes_whom(coder: Coder) -> None:
    book = coder.codebook
    rng = np.random.default_rng(0)
    values = np.zeros((300, len(book.ids)))
    kind = rng.integers(0, 2, 300)
    trust, learning = book.ids.index("trust"), book.ids.index("learning")
    values[kind == 0, trust], values[kind == 1, learning] = 1, 1
    rule = learn_sets(values, np.full(len(book.ids), 0.5), book)
    assert rule.never_empty
    assert tuple(sorted((trust, learning))) in rule.rivals
    p = np.full((2, len(book.ids)), 0.1)
    p[0, [trust, learning]] = 0.8, 0.7
    p[1, learning] = 0.3
    chosen = rule(p)
    assert chosen[0, trust]
    assert not chosen[0, learning]
    assert chosen[1, learning]


FOUR = Codebook(
    name="four",
    codes=tuple(Code(id=id, name=id) for id in ("ask", "tell", "mirror", "rest")),
    exclusive_groups=(("ask", "tell", "mirror"),),
)


def test_an_exclusive_group_always_has_a_code_unless_people_leave_it_out() -> None:
    always = np.tile([1.0, 0.0, 0.0, 0.0], (100, 1))
    one_in_fifty, one_in_ten, unsaid = always.copy(), always.copy(), always.copy()
    one_in_fifty[::50, 0] = one_in_ten[::10, 0] = 0.0
    unsaid[:, 1:] = np.nan
    unsaid[50:, 0] = np.nan
    for values in (always, one_in_fifty, unsaid, always[:0]):
        assert exclusive_columns(FOUR, values) == (((0, 1, 2),), ())
    assert exclusive_columns(FOUR, one_in_ten) == ((), ((0, 1, 2),))


@pytest.mark.parametrize("always", [True, False])
def test_of_an_exclusive_group_the_code_furthest_above_its_threshold_wins(always: bool) -> None:
    """Odds over those of the threshold, by hand: 0.4 of 0.5 is 2/3, 0.35 of 0.25 is 1.62."""
    values = np.tile([1.0, 0.0, 0.0, 0.0] if always else [0.0, 0.0, 0.0, 0.0], (10, 1))
    rule = learn_sets(values, np.array([0.5, 0.25, 0.5, 0.5]), FOUR)
    p = np.array([[0.4, 0.35, 0.25, 0.9], [0.3, 0.1, 0.2, 0.1], [0.6, 0.3, 0.1, 0.1]])
    nothing = [False] * 4
    assert rule(p).tolist() == [
        [False, True, False, True],
        [True, False, False, False] if always else nothing,
        [True, False, False, False],
    ]


def test_probabilities_of_an_exclusive_group_add_up_to_one_or_leave_room_for_none() -> None:
    rng = np.random.default_rng(0)
    learnt, none = rng.random((60, 4)), np.zeros((60, 4))
    roles = np.full(60, 2)
    values = (learnt == learnt.max(axis=1, keepdims=True)).astype(float)
    free, tied, loose = (
        said_by(blend_alone(learnt, none, values, roles, **ties), learnt, none, roles)
        for ties in ({}, {"groups": ((0, 1, 2),)}, {"options": ((0, 1, 2),), "certain": ((),)})
    )
    sums = free[:, :3].sum(axis=1)
    assert sums.min() < 0.9 < 1.1 < sums.max()
    np.testing.assert_allclose(tied[:, :3].sum(axis=1), 1.0)
    np.testing.assert_allclose(loose[:, :3].sum(axis=1), np.minimum(sums, 1.0))
    np.testing.assert_array_equal(loose[sums <= 1], free[sums <= 1])


def test_who_speaks_decides_where_people_code_one_role_only() -> None:
    """A code for each of 60 interviewer's turns and none for 60 answers; the texts tell nothing."""
    rng = np.random.default_rng(0)
    roles, noise = np.repeat([1, 2], 60), 0.01 * rng.normal(size=(120, 4))
    values = np.zeros((120, 4))
    values[np.arange(60), rng.integers(0, 3, 60)] = 1.0
    groups, options = exclusive_columns(FOUR, values)
    certain = certain_roles(options, values, roles)
    assert (groups, options, certain) == ((), ((0, 1, 2),), ((1,),))
    none = np.zeros((120, 4))
    blend = blend_alone(noise, none, values, roles, options=options, certain=certain)
    p = said_by(blend, noise, none, roles)
    np.testing.assert_allclose(p[:60, :3].sum(axis=1), 1.0)
    assert p[60:].max() < 0.05
    chosen = learn_sets(values, np.full(4, 0.9), FOUR)(p)
    assert (chosen[:60, :3].sum(axis=1) == 1).all()
    uneven = learn_sets(values, np.array([0.98, 0.5, 0.98, 0.9]), FOUR)
    assert uneven(np.array([[0.6, 0.3, 0.1, 0.0]])).tolist() == [
        [False, True, False, False]
    ]  # .031, .43, .002
    assert not chosen[60:].any()
    dial = set_dial(p, values, np.repeat(np.arange(30), 4), target_error=0.45, exclusive=options)
    verdicts = dial.decide(p)
    assert (verdicts[60:] == "reject").all()
    assert ((verdicts[:60, :3] != "reject").sum(axis=1) >= 1).all()


# Files


def test_a_model_comes_back_as_it_was(
    coder: Coder, learned: Learned, signals: Signals, tmp_path: Path
) -> None:
    model = Model(learned, None, facts_of(coder, learned, 0.0))
    save_model(model, tmp_path / "model")
    again = load_model(tmp_path / "model")
    unseen = replace(signals, ids=tuple(f"new-{unit}" for unit in signals.ids))
    np.testing.assert_array_equal(again.learned.probabilities(unseen), learned.probabilities(unseen))
    assert again.digest == model.digest
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "model").iterdir()} == {0o600}
    card = (tmp_path / "model" / "MODEL.md").read_text()
    assert "keep it as confidential" in card
    assert "accepted unseen" not in card
    save_model(replace(model, dial=dial_of(learned, 0.05, 0.95)), tmp_path / "model")
    assert "accepted unseen (at most 0.05 wrong" in (tmp_path / "model" / "MODEL.md").read_text()
    save_model(replace(model, dial=dial_of(learned, 0.9, 0.5)), tmp_path / "model")
    assert "codes that people applied)" in (tmp_path / "model" / "MODEL.md").read_text()


@pytest.mark.parametrize("harm", ["missing", "json", "version", "cut", "other", "key"])
def test_a_damaged_model_is_a_sentence(coder: Coder, learned: Learned, tmp_path: Path, harm: str) -> None:
    save_model(Model(learned, None, facts_of(coder, learned, 0.0)), tmp_path)
    facts = json.loads((tmp_path / FACTS).read_text())
    if harm == "missing":
        (tmp_path / FACTS).unlink()
    elif harm == "json":
        (tmp_path / FACTS).write_text("{")
    elif harm == "version":
        (tmp_path / FACTS).write_text(json.dumps({**facts, "format": 0}))
    elif harm == "cut":
        data = (tmp_path / ARRAYS).read_bytes()
        (tmp_path / ARRAYS).write_bytes(data[: len(data) // 2])
    elif harm == "other":
        (tmp_path / FACTS).write_text(json.dumps({**facts, "texts": facts["texts"][::-1]}))
    else:
        del facts["recipe"]
        (tmp_path / FACTS).write_text(json.dumps(facts))
    with pytest.raises(LearnError, match="train"):
        load_model(tmp_path)


@pytest.mark.parametrize("moment", range(10))
def test_an_earlier_model_stays_if_saving_breaks_off(
    coder: Coder, learned: Learned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    place, moves = tmp_path / "model", os.rename
    facts = {**facts_of(coder, learned, 0.0), "fine_tuned": TUNED}

    def save(text: str, seed: int) -> Model:
        with workplace(place) as work:
            (work / ENCODER).mkdir()
            (work / ENCODER / "weights").write_text(text)
            model = Model(learned, None, {**facts, "seed": seed}, work / ENCODER)
            save_model(model, place)
        return model

    before, n_moves = save("earlier", 1).digest, 0

    def stop(source: Path, target: Path) -> None:
        nonlocal n_moves
        n_moves += 1
        if n_moves == moment:
            raise KeyboardInterrupt
        moves(source, target)
        if 1 < n_moves < moment:  # after the encoder's first: never one model's facts with another's files
            assert not (place / FACTS).exists() or n_moves == 9

    with monkeypatch.context() as patched:
        patched.setattr("autocode.learn.files.os.rename", stop)
        if moment:
            with pytest.raises(KeyboardInterrupt):
                save("new", 2)
    if not moment:  # while the encoder is tuned
        with pytest.raises(FileNotFoundError), workplace(place) as work:
            (work / ENCODER / "weights").write_text("new")
    assert load_model(place).digest == before
    assert (place / ENCODER / "weights").read_text() == "earlier"
    assert {path.name for path in place.iterdir()} == {ARRAYS, FACTS, "MODEL.md", ENCODER}
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_new_model_takes_the_place_of_an_earlier_one(
    coder: Coder, learned: Learned, tmp_path: Path
) -> None:
    place, facts = tmp_path / "model", facts_of(coder, learned, 0.0)
    (tmp_path / "elsewhere").mkdir()
    save_model(Model(learned, None, {**facts, "fine_tuned": TUNED}, tmp_path / "elsewhere"), place)
    assert (place / ENCODER).is_dir()
    assert (tmp_path / "elsewhere").is_dir()
    left = (place / ".model.new-killed", tmp_path / ".model.new-killed")
    for folder in left:
        folder.mkdir()
    with workplace(place) as work:
        assert work.stat().st_mode & 0o777 == 0o700
        save_model(Model(learned, None, facts), place)
    assert load_model(place).encoder_folder is None
    assert {path.name for path in place.iterdir()} == {ARRAYS, FACTS, "MODEL.md"}
    assert not any(folder.exists() for folder in left)


@pytest.mark.parametrize("there", [True, False])
def test_two_runs_do_not_write_the_same_model_at_once(tmp_path: Path, there: bool) -> None:
    place = tmp_path / "model"
    if there:
        place.mkdir()
    with workplace(place) as work:
        (work / "weights").write_text("first")
        with pytest.raises(OutputError, match="model: is being written by another run"), workplace(place):
            pass
        assert (work / "weights").read_text() == "first"
    with workplace(place):
        pass
    assert not list(tmp_path.rglob(".model*"))


def test_suggestions_tell_why(coder: Coder, dataset: CodedDataset, signals: Signals, labels: Labels) -> None:
    model = train(coder, signals, labels)
    coding = Coder(coder.codebook, settings=coder.settings, model=model)
    coded = coding.code(dataset.transcripts[0])
    texts = set(model.learned.signals.texts)
    suggested = [item for found in coded.suggestions.values() for item in found]
    assert suggested
    for item in suggested:
        assert item.probability is not None
        assert item.decision == "review"
        kinds = {evidence.kind: evidence for evidence in item.evidence}
        if item.code_id != "leapfrogging":
            assert kinds["accepted"].text in texts
        assert kinds["rejected"].text in texts
        assert "definition" in kinds or not coder.codebook[item.code_id].definition
        assert "question" in kinds  # every answer in these interviews follows one
        for evidence in item.evidence:
            if evidence.start_char is not None:
                unit = next(u for u in coded.utterances if u.id == item.utterance_id)
                assert unit.text[evidence.start_char : evidence.end_char] == evidence.text
    assert coding.run_key != coder.run_key


def test_a_model_of_another_codebook_or_encoder_is_refused(
    coder: Coder, signals: Signals, labels: Labels
) -> None:
    model = train(coder, signals, labels)
    first, *rest = coder.codebook.codes
    changed = coder.codebook.model_copy(
        update={"codes": (first.model_copy(update={"definition": "Something else."}), *rest)}
    )
    with pytest.raises(LearnError, match="another version of the codebook"):
        Coder(changed, settings=coder.settings, model=model)
    fewer = coder.codebook.model_copy(update={"codes": coder.codebook.codes[:-1]})
    with pytest.raises(LearnError, match="other codes"):
        Coder(fewer, settings=coder.settings, model=model)
    model = replace(model, facts={**model.facts, "encoder": {"digest": "other"}})
    with pytest.raises(LearnError, match="another encoder"):
        Coder(coder.codebook, settings=coder.settings, model=model)


def test_another_statement_of_the_same_id_is_another_statement(learned: Learned, signals: Signals) -> None:
    """Files of two studies are called alike, and every cut of a transcript numbers anew."""
    others = replace(signals, texts=tuple(f"{text} Indeed." for text in signals.texts))
    names = ("ids", "before", "after")
    renamed = {name: tuple(unit and f"other-{unit}" for unit in getattr(others, name)) for name in names}
    found, as_new = learned.probabilities(others), learned.probabilities(replace(others, **renamed))
    assert np.array_equal(learned.probabilities(signals), learned.cross_fitted)
    assert np.abs(found - learned.cross_fitted).max() > 0.01
    np.testing.assert_allclose(found, as_new)
