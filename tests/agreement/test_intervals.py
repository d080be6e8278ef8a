"""Intervals: seeds, groups, coverage of the point, and what is said when there is none."""

import numpy as np
import pytest

from autocode import agreement as ag
from autocode.agreement.counts import tally
from autocode.agreement.kappa import kappa_values
from autocode.agreement.resample import Estimator, Sampling, merge, replicate, summarise


def coders(n_coders=3, n_units=200, share=0.3, seed=0):
    rng = np.random.default_rng(seed)
    true = rng.random(n_units) < share
    return np.where(rng.random((n_coders, n_units)) < 0.9, true, ~true).astype(float)


RATINGS = coders()
INTERVIEWS = np.repeat(np.arange(20), 10)


@pytest.mark.parametrize(
    "name",
    [
        "krippendorff_alpha",
        "fleiss_kappa",
        "conger_kappa",
        "gwet_ac1",
        "percent_agreement",
        "positive_agreement",
    ],
)
@pytest.mark.parametrize("clusters", [None, INTERVIEWS], ids=["units", "interviews"])
def test_the_bootstrap_surrounds_the_value_and_repeats_with_its_seed(name, clusters):
    options = {"clusters": clusters, "replicates": 400}
    interval = ag.bootstrap_interval(RATINGS, name, **options, seed=1)
    point = getattr(ag, name)(RATINGS).value
    assert interval.low < point < interval.high
    assert interval == ag.bootstrap_interval(RATINGS, name, **options, seed=1)
    assert interval != ag.bootstrap_interval(RATINGS, name, **options, seed=2)
    assert interval.n_groups == (200 if clusters is None else 20)
    assert interval.n_replicates == 400


def test_a_replicate_is_the_coefficient_of_the_drawn_interviews():
    ratings = ag.as_ratings(RATINGS)
    totals = tally(ratings, INTERVIEWS)
    drawn = np.random.default_rng(5).integers(20, size=20)
    rows = np.concatenate([np.flatnonzero(i == INTERVIEWS) for i in drawn])
    weights = np.bincount(drawn, minlength=20).astype(float)
    values = kappa_values("conger_kappa", merge(totals, weights), np.eye(2))
    assert float(values) == pytest.approx(ag.conger_kappa(RATINGS[:, rows]).value)


def test_chunks_do_not_change_the_shape(monkeypatch):
    monkeypatch.setattr("autocode.agreement.resample.CHUNK", 50)
    estimator = Estimator(tally(ag.as_ratings(RATINGS), INTERVIEWS), lambda part: part.n_units)
    values = replicate(estimator, Sampling(INTERVIEWS, 20, None), replicates=7, seed=0)
    assert values.tolist() == [200.0] * 7


def test_few_interviews_give_a_jackknife_and_a_warning():
    interval = ag.bootstrap_interval(RATINGS, clusters=np.arange(200) % 5)
    assert interval.method == "jackknife of interviews"
    assert "only 5 interviews" in interval.warning
    assert interval.low < ag.krippendorff_alpha(RATINGS).value < interval.high <= 1


def test_one_interview_gives_none():
    interval = ag.bootstrap_interval(RATINGS, clusters=["a"] * 200)
    assert interval.low is None
    assert interval.unavailable_because == "it rests on one interview"


@pytest.mark.parametrize(
    ("coefficient", "n"), [("krippendorff_alpha", 4), ("positive_agreement", 4), ("negative_agreement", 5)]
)
def test_interviews_that_tell_nothing_of_it_do_not_count(coefficient, n):
    """Of nine interviews four have the code; of the others four are of one coder, one of two who say no. That
    one is in alpha, which rests on the four."""
    rng = np.random.default_rng(3)
    first = np.where(np.arange(180) < 80, rng.integers(0, 2, 180), 0)
    second = np.where(rng.random(180) < 0.8, first, 1 - first)
    second[80:100] = 0
    some = [*second[:100].tolist(), *[None] * 80]
    interviews = np.arange(180) // 20
    found = ag.bootstrap_interval([first.tolist(), some], coefficient, clusters=interviews)
    alone = ag.bootstrap_interval(
        [first[: 20 * n].tolist(), some[: 20 * n]], coefficient, clusters=interviews[: 20 * n]
    )
    assert found.n_groups == n
    if coefficient != "krippendorff_alpha":
        assert (found.low, found.high) == (alone.low, alone.high)


@pytest.mark.parametrize("coefficient", ["krippendorff_alpha", "cohen_kappa"])
def test_what_is_in_few_of_many_interviews_rests_on_those(coefficient):
    """A code in four of thirty interviews: all are resampled at once, the quantile is of three degrees of
    freedom. Here and for all codes at once; percent agreement differs in every interview."""
    rng, interviews = np.random.default_rng(5), np.arange(600) // 20
    first = np.where(interviews < 4, rng.integers(0, 2, 600), 0)
    second = np.where((interviews < 4) & (rng.random(600) < 0.2), 1 - first, first)
    alone = ag.bootstrap_interval([first, second], coefficient, clusters=interviews)
    seen = [(unit, coder) for unit in range(600) for coder in "ab"]
    said = {"a": np.flatnonzero(first), "b": np.flatnonzero(second)}
    given = [(unit, coder, "c") for coder, units in said.items() for unit in units]
    table = ag.code_table(seen, given, codes=["c"])
    [code] = ag.code_agreement(table, clusters=interviews, intervals=[coefficient, "percent_agreement"])
    for found in (alone, code.intervals[coefficient]):
        assert (found.method, found.n_groups) == ("jackknife of interviews", 4)
        assert found.warning == "only 4 interviews: the interval is rough"
        reach = code.coefficients[coefficient].value - found.low
        assert reach == pytest.approx(3.182446 * found.standard_error)
    assert code.intervals["percent_agreement"].method == "bootstrap of interviews"


def test_too_many_undefined_replicates_give_none():
    rare = np.zeros((2, 100))
    rare[:, 0] = 1
    interval = ag.bootstrap_interval(rare, "krippendorff_alpha")
    assert interval.low is None
    assert "undefined in" in interval.unavailable_because
    assert 0.3 < interval.n_undefined / 2000 < 0.45  # (99/100)^100


def test_a_few_undefined_replicates_are_dropped_and_counted():
    rare = np.zeros((2, 100))
    rare[:, :4] = 1
    rare[0, 3] = 0
    interval = ag.bootstrap_interval(rare, "krippendorff_alpha", categories=[0, 1])
    assert 0 < interval.n_undefined < 100
    assert interval.n_replicates + interval.n_undefined == 2000


def test_percentiles_lie_further_out_the_fewer_interviews_there_are():
    """Of 10 interviews: t(9) = 2.262, times sqrt(10 / 9) is 2.385, beyond which a normal leaves .00855."""
    values = np.arange(10_001) / 10_000
    ten, plain = (summarise(values, method="", n_groups=10, expanded=expanded) for expanded in (True, False))
    assert (ten.low, ten.high) == pytest.approx((0.00855, 0.99145), abs=1e-5)
    assert (plain.low, plain.high) == pytest.approx((0.025, 0.975))


def test_clusters_that_agree_within_widen_the_interval():
    """Whole interviews in which a coder errs: units are not what varies."""
    rng = np.random.default_rng(2)
    interviews = np.repeat(np.arange(30), 20)
    true = rng.random(600) < 0.4
    wrong = (rng.random(30) < 0.3)[interviews] & (rng.random(600) < 0.7)
    ratings = np.stack([true, true ^ wrong]).astype(float)
    by_unit, by_interview = (ag.bootstrap_interval(ratings, clusters=c) for c in (None, interviews))
    assert by_interview.high - by_interview.low > 1.3 * (by_unit.high - by_unit.low)


def test_probabilities_below_thresholds_rise_with_them():
    interval = ag.bootstrap_interval(RATINGS, clusters=INTERVIEWS, thresholds=(0.2, 0.6, 0.99))
    shares = [interval.below[t] for t in (0.2, 0.6, 0.99)]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[2] == 1


def test_t_intervals_clip_at_one_and_need_an_error():
    perfect = ag.analytic_interval(ag.fleiss_kappa([[0, 1, 0, 1]] * 2))
    assert (perfect.low, perfect.high) == (1.0, 1.0)
    none = ag.analytic_interval(ag.light_kappa(RATINGS))
    assert none.unavailable_because == "there is no standard error"
    undefined = ag.analytic_interval(ag.fleiss_kappa([[1, 1], [1, 1]], categories=[0, 1]))
    assert undefined.low is None
    assert "the same" in undefined.unavailable_because


def test_ordinal_alpha_takes_its_differences_from_each_replicate():
    rng = np.random.default_rng(1)
    ratings = rng.integers(0, 4, (2, 30)).astype(float)
    from autocode.agreement.intervals import alpha_estimator

    table = ag.as_ratings(ratings)
    groups = np.arange(30) // 3
    estimator = alpha_estimator(table, groups, "ordinal")
    drawn = rng.integers(10, size=10)
    rows = np.concatenate([np.flatnonzero(groups == i) for i in drawn])
    weights = np.bincount(drawn, minlength=10).astype(float)
    alone = ag.krippendorff_alpha(ratings[:, rows], metric="ordinal").value
    assert float(estimator.values(merge(estimator.totals, weights))) == pytest.approx(alone)


def test_more_pairs_make_the_pairs_bootstrap_narrower_whatever_the_units_say():
    few, many = (ag.pairs_bootstrap(RATINGS, pairs=pairs, replicates=2000) for pairs in (100, 10_000))
    units = ag.bootstrap_interval(RATINGS)
    assert many.high - many.low < units.high - units.low < few.high - few.low
    assert ag.pairs_bootstrap([[1, 1], [1, 1]]).unavailable_because == "all values are the same"


@pytest.mark.parametrize(
    ("n_interviews", "word"), [(None, "bootstrap"), (20, "bootstrap"), (5, "without any one interview")]
)
def test_coders_who_never_differ_get_no_interval_of_no_width(n_interviews, word):
    """[1, 1] of 20 units would claim what no sample of 20 can show."""
    clusters = None if n_interviews is None else np.repeat(np.arange(n_interviews), 100 // n_interviews)
    interval = ag.bootstrap_interval([[0, 1, 0, 1, 1] * 20] * 2, clusters=clusters)
    assert interval.low is None
    assert interval.below == {}
    assert word in interval.unavailable_because


@pytest.mark.slow
@pytest.mark.parametrize("n_interviews", [8, 30], ids=["jackknife", "bootstrap"])
def test_intervals_by_interview_hold_the_true_alpha_and_those_by_unit_do_not(n_interviews):
    """Half of the units carry the code. A coder finds .8 of them in most interviews, .3 in three of ten.

    So .65 on the whole, and .03 are false: agreement is (.65² + .35² + .03² + .97²) / 2 = .743; with a mean
    share of .34, chance gives .34² + .66² = .551; alpha is (.743 - .551) / (1 - .551) = .428.
    """
    rng = np.random.default_rng(0)

    def study(n):
        there = np.tile(np.arange(20) % 2 == 0, (n, 1))
        finds = np.where(rng.random((2, n, 1)) < 0.7, 0.8, 0.3)
        return (rng.random((2, n, 20)) < np.where(there, finds, 0.03)).reshape(2, -1).astype(float)

    true = 0.4283
    held = np.zeros(2)
    for run in range(400):
        ratings, interviews = study(n_interviews), np.repeat(np.arange(n_interviews), 20)
        for which, clusters in enumerate((interviews, None)):
            found = ag.bootstrap_interval(ratings, clusters=clusters, replicates=400, seed=run)
            held[which] += found.low <= true <= found.high
    assert 0.90 <= held[0] / 400 <= 0.98
    assert held[1] / 400 < 0.90
