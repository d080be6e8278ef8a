"""Scores that follow single decisions equal those of a full refit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autocode.learn.labels import Labels
from autocode.learn.learner import Learned, learn
from autocode.learn.live import LiveScores
from autocode.learn.ridge import fit_exact
from autocode.learn.signals import Signals
from autocode.learn.views import kernel
from autocode.pipeline import Coder


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("labelled_in_pool", [True, False])
def test_any_order_of_decisions_equals_a_refit(
    coder: Coder, signals: Signals, labels: Labels, seed: int, *, labelled_in_pool: bool
) -> None:
    rng = np.random.default_rng(seed)
    if seed % 2:  # with what fine-tuned encoders say
        signals = replace(signals, tuned=rng.normal(size=signals.evidence.shape).astype(np.float32))
    order = rng.permutation(len(labels))
    start = np.sort(order[:20])
    learned = learn(signals.take(start), labels.take(start), coder.codebook)
    pool_rows = np.arange(len(labels)) if labelled_in_pool else np.sort(order[20:])
    pool = signals.take(pool_rows)
    live = LiveScores(learned, pool)
    said = dict(zip(learned.signals.ids, learned.values.copy(), strict=True))
    for _ in range(25):
        row = int(rng.integers(len(pool)))
        unit = pool.ids[row]
        n_codes = int(rng.integers(1, len(learned.code_ids) + 1))
        codes = rng.choice(learned.code_ids, n_codes, replace=False).tolist()
        decided = {code: [True, False, None][int(rng.integers(3))] for code in codes}
        live.decide(unit, decided)
        values = said.setdefault(unit, np.full(len(learned.code_ids), np.nan))
        for code, applies in decided.items():
            values[learned.code_ids.index(code)] = np.nan if applies is None else float(applies)
    where = {unit: row for row, unit in enumerate(signals.ids)}
    encoded = learned.views.encode(signals.take(np.array([where[unit] for unit in said])))
    gram = kernel(encoded, encoded, learned.weights)
    fit = fit_exact(gram, np.array(list(said.values())), np.arange(len(said)), learned.recipe.penalty)
    expected = kernel(learned.views.encode(pool), encoded, learned.weights) @ fit.dual + fit.mean
    np.testing.assert_allclose(live.learnt, expected, atol=1e-6)
    lent = learned.lent(LiveScores(learned, pool).learnt, learned.near(pool))  # of the last full training
    log_odds = learned.blend.log_odds(live.learnt, pool.evidence, lent, pool.roles)
    if learned.fourth is not None:
        log_odds = learned.fourth(log_odds, pool.tuned)
    probabilities = learned.blend.tied(log_odds, pool.roles)
    np.testing.assert_allclose(live.probabilities, probabilities, atol=1e-12)


def test_a_decision_moves_its_code_and_not_the_others(learned: Learned, signals: Signals) -> None:
    live = LiveScores(learned, signals)
    before = live.learnt.copy()
    changed = live.decide(signals.ids[3], {"leapfrogging": True})
    assert [learned.code_ids[c] for c in changed] == ["leapfrogging"]
    others = [c for c in range(len(learned.code_ids)) if c not in changed]
    assert (live.learnt[:, others] == before[:, others]).all()
    assert live.learnt[3, changed[0]] > before[3, changed[0]]


def test_several_units_at_once_are_the_same_as_one_after_another(learned: Learned, signals: Signals) -> None:
    first = learned.signals.ids[0]
    decided: dict[str, dict[str, bool | None]] = {
        first: {"trust": None}, signals.ids[3]: {"trust": True, "learning": False}, signals.ids[5]: {}
    }  # fmt: skip
    together, singly = LiveScores(learned, signals), LiveScores(learned, signals)
    assert len(together.decide_all(decided)) == 2
    for unit, codes in decided.items():
        singly.decide(unit, codes)
    np.testing.assert_allclose(together.learnt, singly.learnt, atol=1e-9)


def test_half_of_what_there_is_until_it_is_given_back() -> None:
    from threadpoolctl import threadpool_info, threadpool_limits

    from autocode.learn.threads import half_the_cores

    def used() -> set[int]:
        return {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}

    with threadpool_limits(4, user_api="blas"):
        limit = half_the_cores()
        assert used() == {2}
        limit.restore_original_limits()
        assert used() == {4}
    with threadpool_limits(1, user_api="blas"):
        limit = half_the_cores()
        assert used() == {1}
        limit.restore_original_limits()
