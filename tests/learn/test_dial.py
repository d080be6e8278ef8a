"""The risk dial keeps its promise on unseen interviews, and says so where it cannot promise anything."""

from __future__ import annotations

import doctest
import json

import numpy as np
import pytest

import autocode.learn.dial
from autocode.errors import LearnError
from autocode.learn.dial import Dial, log_evidence, set_dial


def corpus(
    n_interviews: int, *, seed: int, clustering: float = 0.0, optimism: float = 0.0
) -> tuple[np.ndarray, ...]:
    """Probabilities, values and interviews; with `clustering` interviews differ in how wrong they are."""
    rng = np.random.default_rng(seed)
    n, n_codes = n_interviews * 12, 5
    groups = np.repeat(np.arange(n_interviews), 12)
    logit = rng.normal(-1.5, 3.0, (n, n_codes))
    shift = rng.normal(0, clustering, n_interviews)[groups][:, None]
    values = (
        rng.random((n, n_codes)) < 1 / (1 + np.exp(-(logit - optimism * np.sign(logit) + shift)))
    ).astype(float)
    return 1 / (1 + np.exp(-logit)), values, groups


def test_examples() -> None:
    assert doctest.testmod(autocode.learn.dial).failed == 0


@pytest.mark.parametrize(("clustering", "optimism"), [(0.0, 0.0), (1.0, 0.0), (0.5, 1.0)])
def test_the_bound_is_seldom_broken_on_unseen_interviews(clustering: float, optimism: float) -> None:
    broken, used = np.zeros(2), np.zeros(2)
    for seed in range(100):
        p, y, groups = corpus(60, seed=seed, clustering=clustering, optimism=optimism)
        dial = set_dial(p, y, groups, target_error=0.1, confidence=0.9)
        p, y, _ = corpus(400, seed=1000 + seed, clustering=clustering, optimism=optimism)
        verdicts = dial.decide(p)
        for side, (verdict, wrong) in enumerate((("accept", y == 0), ("reject", y == 1))):
            settled = verdicts == verdict
            used[side] += settled.any()
            broken[side] += settled.any() and wrong[settled].mean() > 0.1
    assert (broken <= 14).all()  # ten of a hundred are allowed; a binomial of .1 exceeds 14 in 7 % of runs
    assert used[1] > 50


@pytest.mark.parametrize("promised", [0.01, 0.05, 0.1])
def test_a_true_null_is_rejected_no_more_often_than_promised(promised: float) -> None:
    rng = np.random.default_rng(0)
    passed = 0
    for _ in range(1000):
        rates = rng.choice([0.0, 0.4], 50, p=[0.75, 0.25])  # interviews differ; the mean error is the target
        errors = rng.binomial(6, rates).astype(float)
        passed += log_evidence(errors, np.full(50, 6.0), np.full(50, 6 * promised), 0.1) >= np.log(20)
    assert passed / 1000 <= 0.05


def test_a_larger_target_settles_at_least_as_much() -> None:
    p, y, groups = corpus(80, seed=3)
    accepted = [
        (set_dial(p, y, groups, target_error=t).decide(p) == "accept").sum() for t in (0.05, 0.1, 0.2, 0.4)
    ]
    assert accepted == sorted(accepted)
    assert accepted[-1] > 0


@pytest.mark.parametrize("n_interviews", [1, 3])
def test_too_few_interviews_are_told_and_nothing_is_accepted(n_interviews: int) -> None:
    p, y, groups = corpus(n_interviews, seed=1)
    dial = set_dial(p, y, groups, target_error=0.05)
    assert (dial.decide(p) == "review").all()
    assert any("Nothing can be accepted unseen" in sentence for sentence in dial.notes(list("abcde"), y))


def test_with_few_flawless_interviews_it_says_about_how_many_more() -> None:
    p, y, groups = corpus(12, seed=1)
    y = (p > 0.5).astype(float)
    dial = set_dial(np.where(p > 0.5, 0.999, 0.0001), y, groups, target_error=0.05)
    assert dial.accept.threshold is None
    assert dial.accept.more_interviews is not None
    assert 10 < dial.accept.more_interviews < 200
    assert any("code about" in sentence for sentence in dial.notes(list("abcde"), y))


def test_codes_without_labels_or_clearly_worse_than_the_rest_are_not_settled() -> None:
    p, y, groups = corpus(150, seed=2)
    y = (p > 0.5).astype(float)
    worse = np.cumsum(p[:, 1] > 0.97) <= 40
    worse &= p[:, 1] > 0.97  # few decisions, and a third of them wrong
    y[:, 1] = worse & (np.random.default_rng(0).random(len(y)) < 0.67)
    y[:, 2], y[:, 3] = np.nan, 0.0
    p[:, 1], p[:, 3] = np.where(worse, p[:, 1], 0.01), 0.01
    dial = set_dial(p, y, groups, target_error=0.15)
    verdicts = dial.decide(p)
    assert (verdicts[:, 0] == "accept").any()
    for column in (1, 2, 3):
        assert not (verdicts[:, column] == "accept").any()
    assert (verdicts[:, 2] == "review").all()


def test_it_comes_back_from_json() -> None:
    p, y, groups = corpus(80, seed=3)
    dial = set_dial(p, y, groups, target_error=0.1)
    assert Dial.from_dict(dial.to_dict()) == dial


@pytest.mark.parametrize(
    ("target", "confidence"), [(0.0, 0.95), (1.0, 0.95), (0.05, 1.0), (-1, 0.9), (float("nan"), 0.9)]
)
def test_a_target_that_is_no_share(target: float, confidence: float) -> None:
    p, y, groups = corpus(4, seed=0)
    with pytest.raises(LearnError, match="between 0 and 1"):
        set_dial(p, y, groups, target_error=target, confidence=confidence)


def test_coverage_is_of_what_people_have_said_and_of_what_is_settled_in_the_end() -> None:
    p, y, groups = corpus(150, seed=2)
    y = (p > 0.5).astype(float)
    y[:, 4] = np.nan
    dial = set_dial(p, y, groups, target_error=0.1)
    verdicts, said = dial.decide(p), ~np.isnan(y)
    for side, verdict in ((dial.accept, "accept"), (dial.reject, "reject")):
        settled = said & (verdicts == verdict)
        assert side.n_settled == settled.sum() > 0
        assert side.coverage == pytest.approx(settled.sum() / said.sum())


def test_of_codes_of_which_one_applies_the_likeliest_is_not_rejected() -> None:
    rng = np.random.default_rng(0)
    p = rng.dirichlet([0.5, 0.5, 0.5], 600)
    y = np.eye(3)[[rng.choice(3, p=row) for row in p]]
    groups = np.repeat(np.arange(60), 10)
    best = p == p.max(axis=1, keepdims=True)
    free = set_dial(p, y, groups, target_error=0.3)
    tied = set_dial(p, y, groups, target_error=0.3, exclusive=((0, 1, 2),))
    assert (free.decide(p)[best] == "reject").any()
    rejected = tied.decide(p) == "reject"
    assert not rejected[best].any()
    assert (tied.reject.n_settled, tied.reject.n_wrong) == (rejected.sum(), (rejected & (y == 1)).sum())
    assert Dial.from_dict(json.loads(json.dumps(tied.to_dict()))) == tied


def test_few_without_an_error_are_too_few_and_not_wrong_too_often() -> None:
    """Eight interviews with two sure and right decisions each; with wrong ones it is another matter."""
    rng = np.random.default_rng(0)
    values = np.tile([[1.0], [1.0], [0.0], [0.0]], (8, 1))
    p = np.where(values == 1, 0.93, 0.07)  # less sure than the target asks for
    groups = np.repeat(np.arange(8), 4)
    dial = set_dial(p, values, groups, target_error=0.05)
    assert dial.accept.threshold is None
    assert dial.accept.more_interviews == 51  # .95 ** 59 is below .05
    assert "not enough labels yet: code about" in dial.notes(["a"], values)[0]
    shuffled = set_dial(p, rng.permutation(values), groups, target_error=0.05)
    assert shuffled.accept.more_interviews is None
    assert "too often wrong" in shuffled.notes(["a"], values)[0]


def test_confidence_is_not_rounded_to_certainty() -> None:
    p, y, groups = corpus(4, seed=0)
    dial = set_dial(p, y, groups, target_error=0.05, confidence=0.999)
    assert "with 99.9% confidence" in dial.notes(list("abcde"), y)[0]


@pytest.mark.parametrize(("target", "all_keep_it"), [(0.3, True), (0.15, False)])
def test_what_is_lost_of_the_applied_codes_is_told(target: float, all_keep_it: bool) -> None:
    rng = np.random.default_rng(0)
    p = np.where(rng.random((1200, 3)) < 0.3, 0.7, 0.1)  # 28 % of decisions carry a code
    y = (rng.random(p.shape) < p).astype(float)
    y[:100, 0] = np.nan
    dial = set_dial(p, y, np.repeat(np.arange(100), 12), target_error=target)
    n_applied, notes = int((y == 1).sum()), dial.notes(list("abc"), y)
    assert 0 < dial.reject.n_wrong < n_applied
    assert f"; that is {dial.reject.n_wrong} of the {n_applied} codes that people applied)" in notes[1]
    assert "that people applied" not in notes[0]
    caution = f"Only {n_applied / (3600 - 100):.1%} of decisions carry a code, so rejecting every code would"
    assert any(caution in sentence for sentence in notes) == all_keep_it


def test_long_interviews_that_are_worse_do_not_hide_behind_short_ones() -> None:
    """Of long interviews a tenth is wrong, of short ones a hundredth: together 7 %, though most are fine."""
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(250), np.where(np.arange(250) < 200, 6, 60))
    wrong = np.where(groups < 200, 0.01, 0.1)
    y = (rng.random((len(groups), 5)) > wrong[:, None]).astype(float)
    dial = set_dial(np.full(y.shape, 0.97), y, groups, target_error=0.05)
    assert (dial.accept.threshold, dial.accept.n_settled) == (None, 0)
    assert "too often wrong" in dial.notes(list("abcde"), y)[0]
    rare = set_dial(np.full(y.shape, 0.97), y, groups, target_error=0.15)
    assert rare.accept.n_settled == y.size


def test_right_parents_do_not_pay_for_wrong_children() -> None:
    """One of two codes always applies, and their parent with it: 8 % wrong, and not 4 % of twice as many."""
    rng = np.random.default_rng(0)
    n, groups = 1200, np.repeat(np.arange(100), 12)
    first = rng.random(n) < 0.92
    values = np.column_stack([np.ones(n), first, ~first]).astype(float)
    p = np.tile([0.9999, 0.92, 0.08], (n, 1))
    alone = set_dial(p, values, groups, target_error=0.05)
    assert alone.accept.threshold is not None
    dial = set_dial(p, values, groups, target_error=0.05, parents=((1, 0), (2, 0)))
    assert dial.follows == ((0, 1, 2),)
    assert dial.accept.threshold is None
    assert (dial.decide(p) == "review").all()
    assert set_dial(p, values, groups, target_error=0.15, parents=((1, 0), (2, 0))).accept.n_settled == n


def test_a_code_follows_those_below_it_until_people_apply_it_by_itself() -> None:
    rng = np.random.default_rng(1)
    n, groups = 1200, np.repeat(np.arange(100), 12)
    below = rng.random((n, 2)) < 0.3  # columns 2 and 3 stand under 1, which stands under 0
    values = np.column_stack([below.any(axis=1), below.any(axis=1), below]).astype(float)
    p = np.where(values == 1, 0.995, 0.001)
    p[::3] = 0.5  # not to be told
    parents = ((2, 1), (3, 1), (1, 0))
    dial = set_dial(p, values, groups, target_error=0.05, parents=parents)
    assert dial.follows == ((1, 2, 3), (0, 1))
    unseen = np.array([
        [0.5, 0.5, 0.999, 0.5], [0.5, 0.5, 0.0, 0.0], [0.999, 0.999, 0.5, 0.0]
    ])  # fmt: skip
    assert dial.decide(unseen).tolist() == [
        ["accept", "accept", "accept", "review"], ["reject"] * 4, ["review", "review", "review", "reject"],
    ]  # fmt: skip
    assert not any("nothing is accepted" in note for note in dial.notes("abcd", values))
    assert Dial.from_dict(json.loads(json.dumps(dial.to_dict()))) == dial
    values[0] = [1, 1, 0, 0]
    assert set_dial(p, values, groups, target_error=0.05, parents=parents).follows == ((0, 1),)


def test_a_code_that_is_clearly_worse_gets_a_stricter_threshold_of_its_own() -> None:
    """Of one code what looks rather unlikely applies often; what looks impossible never does."""
    rng = np.random.default_rng(4)
    p, y, groups = corpus(300, seed=4)
    p[:, 1] = np.where(rng.random(len(p)) < 0.5, 0.001, 0.2)
    y[:, 1] = (p[:, 1] == 0.2) & (rng.random(len(p)) < 0.4)
    dial = set_dial(p, y, groups, target_error=0.15)
    others = [dial.reject_to[column] for column in (0, 2, 3, 4)]
    assert dial.reject.threshold == min(others) == max(others) > 0.2
    assert 0.001 <= dial.reject_to[1] < 0.2
    verdicts = dial.decide(p)
    assert (verdicts[p[:, 1] == 0.001, 1] == "reject").all()
    assert (verdicts[p[:, 1] == 0.2, 1] == "review").all()
    p[:, 1] = 0.2
    p[:8, 1] = 0.001  # too few to tell
    y[:, 1] = (p[:, 1] == 0.2) & (rng.random(len(p)) < 0.4)
    y[300:, 1] = np.nan
    assert set_dial(p, y, groups, target_error=0.15).reject_to[1] == -1.0


def test_how_many_more_interviews_is_not_told_where_it_is_anybodys_guess() -> None:
    """Hardly less often wrong than the target: evidence grows, and would take many times the interviews."""
    rng = np.random.default_rng(3)
    values = rng.permutation(np.arange(1000)[:, None] >= 94).astype(float)
    groups = np.repeat(np.arange(100), 10)
    dial = set_dial(np.full((1000, 1), 0.96), values, groups, target_error=0.1)
    assert dial.accept.threshold is None
    assert dial.accept.more_interviews is None
    assert "choose a larger target or code more" in dial.notes(["a"], values)[0]


def test_where_hardly_an_interview_has_a_sure_decision_no_number_is_told() -> None:
    values, p = np.zeros((1000, 1)), np.full((1000, 1), 0.3)
    values[:40], p[:40] = 1.0, 0.97  # four of a hundred interviews, all right: 1475 would do
    dial = set_dial(p, values, np.repeat(np.arange(100), 10), target_error=0.05)
    assert dial.accept.more_interviews is None
    assert "too seldom sure" in dial.notes(["a"], values)[0]
