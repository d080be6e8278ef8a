"""The machine against the humans, and prevalence from its codes."""

import numpy as np
import pytest
from scipy import stats

from autocode import agreement as ag
from autocode.agreement.alt_test import benjamini_yekutieli


def panel(n_units=120, accuracy=0.85, machine=0.85, seed=0, n_humans=3):
    rng = np.random.default_rng(seed)
    true = rng.integers(0, 3, n_units)

    def codes(share):
        return np.where(rng.random(n_units) < share, true, rng.integers(0, 3, n_units))

    return np.stack([codes(accuracy) for _ in range(n_humans)]), codes(machine)


def test_a_machine_like_a_human_passes_and_a_guessing_one_fails():
    humans, good = panel(machine=0.97)
    result = ag.alternative_annotator_test(humans, good.tolist(), epsilon=0.15)
    assert result.passed
    assert result.winning_rate == 1
    assert result.method == "t test"
    _, bad = panel(machine=0.0)
    result = ag.alternative_annotator_test(humans, bad.tolist(), epsilon=0.15)
    assert result.passed is False
    assert result.winning_rate == 0


def test_ties_are_told_and_a_rare_code_passes_a_machine_that_never_applies_it():
    """The known weakness of accuracy: hence the number of untied units."""
    rng = np.random.default_rng(1)
    true = rng.random(150) < 0.05
    humans = np.where(rng.random((3, 150)) < 0.97, true, ~true).astype(int)
    never = [0] * 150
    result = ag.alternative_annotator_test(humans, never, epsilon=0.15)
    assert result.passed
    assert all(human.n_untied < 30 for human in result.humans)
    sets = [[["x"] if cell else [] for cell in row] for row in humans]
    some = [i for i in range(150) if humans[:, i].any()]
    only = [[row[i] for i in some] for row in sets]
    fair = ag.alternative_annotator_test(only, [[]] * len(some), epsilon=0.15, score="jaccard", min_units=5)
    assert fair.passed is False


def test_too_few_units_are_undefined():
    result = ag.alternative_annotator_test([[1, 0], [1, 0]], [1, 0], epsilon=0.1)
    assert result.winning_rate is None
    assert result.passed is None
    assert "30 units" in result.undefined_because


def test_missing_values_and_interviews():
    humans, good = panel(machine=0.97)
    matrix = [
        [None if (i + j) % 4 == 0 else int(cell) for i, cell in enumerate(row)]
        for j, row in enumerate(humans)
    ]
    result = ag.alternative_annotator_test(matrix, good.tolist(), epsilon=0.2, clusters=np.arange(120) // 6)
    assert result.method == "bootstrap of interviews"
    assert all(human.n_units == 90 for human in result.humans)
    assert result == ag.alternative_annotator_test(
        matrix, good.tolist(), epsilon=0.2, clusters=np.arange(120) // 6
    )


def test_benjamini_yekutieli():
    assert benjamini_yekutieli([]) == []
    assert benjamini_yekutieli([0.5, 0.9]) == [False, False]
    assert benjamini_yekutieli([0.01, 0.03]) == [True, True]  # .025/1.5 fails, .05/1.5 carries both


def test_constant_leads_need_no_t_test():
    same = [[0, 1] * 20] * 3
    result = ag.alternative_annotator_test(same, [0, 1] * 20, epsilon=0.1)
    assert [human.p_value for human in result.humans] == [0.0] * 3
    assert result.advantage_probability == 1


def test_non_inferiority():
    humans, good = panel(n_units=400, machine=0.9)
    clusters = np.arange(400) // 20
    fine = ag.non_inferiority(humans, good.tolist(), margin=0.1, clusters=clusters)
    assert fine.passed
    assert fine.interval.low > -0.1
    pairs = [ag.krippendorff_alpha(humans[[i, j]]).value for i, j in ((0, 1), (0, 2), (1, 2))]
    assert fine.human_human == pytest.approx(np.mean(pairs))
    assert fine.difference == pytest.approx(fine.human_machine - fine.human_human)
    _, bad = panel(n_units=400, machine=0.3)
    assert ag.non_inferiority(humans, bad.tolist(), margin=0.1, clusters=clusters).passed is False


@pytest.mark.parametrize("metric", ["nominal", "ordinal", "interval"])
def test_replacing_a_human(metric):
    humans, good = panel()
    for j, result in enumerate(ag.replace_one(humans, good.tolist(), metric=metric, replicates=200)):
        swapped = humans.copy()
        swapped[j] = good
        alone = [ag.krippendorff_alpha(table, metric=metric).value for table in (swapped, humans)]
        assert result.difference == pytest.approx(alone[0] - alone[1])
        assert result.interval.low < result.difference < result.interval.high


def corpus(n_units=5000, seed=0):
    rng = np.random.default_rng(seed)
    y = (rng.random(n_units) < 0.1).astype(float)
    f = np.where(y == 1, rng.random(n_units) < 0.8, rng.random(n_units) < 0.05).astype(float)
    return y, f, rng.permutation(n_units)


def test_estimators_correct_the_machine():
    y, f, order = corpus()
    sample = order[:400]
    truth, raw = y.mean(), f.mean()
    assert raw > truth + 0.02
    rest = f[order[400:]]
    for estimate in (
        ag.ppi_mean(y[sample], f[sample], rest, power=1),
        ag.ppi_mean(y[sample], f[sample], rest),
        ag.difference_mean(y[sample], f[sample], f),
        ag.difference_mean(y[sample], f[sample], f, probabilities=np.full(400, 400 / 5000)),
        ag.stratified_mean(y[sample], f[sample], f),
    ):
        assert estimate.low < truth < estimate.high
        assert estimate.high - estimate.low < 0.08


def test_known_probabilities_undo_oversampling():
    y, f, _ = corpus()
    p = np.where(f == 1, 0.4, 0.02)
    sample = np.random.default_rng(3).random(5000) < p
    estimate = ag.difference_mean(y[sample], f[sample], f, probabilities=p[sample])
    assert estimate.low < y.mean() < estimate.high
    naive = ag.difference_mean(y[sample], f[sample], f)
    assert not naive.low < y.mean() < naive.high


def test_everything_coded_by_humans_leaves_nothing_to_estimate():
    y, f, _ = corpus(200)
    estimate = ag.difference_mean(y, f, f)
    assert estimate.value == pytest.approx(y.mean())
    assert estimate.standard_error == 0
    assert ag.stratified_mean(y, f, f).standard_error == 0


def test_of_yes_and_no_value_and_interval_are_shares():
    """The machine gives in the sample what nobody there says, and hardly anywhere else: the estimate is below
    nothing."""
    y, f = np.zeros(300), np.r_[np.ones(30), np.zeros(270)]
    for found in (
        ag.difference_mean(y, f, np.r_[np.zeros(1900), np.ones(100)]),
        ag.ppi_mean(1 - y, 1 - f, np.ones(2000), power=1),
    ):
        assert 0 <= found.low <= found.value <= found.high <= 1
    assert ag.difference_mean(y - 1, f, f).value == pytest.approx(-1)  # no yes and no


def test_clusters_of_errors_widen_the_interval():
    rng = np.random.default_rng(0)
    interviews = np.repeat(np.arange(20), 20)
    f = np.zeros(400)
    y = (rng.random(20) < 0.3)[interviews].astype(float)
    plain, clustered = (ag.ppi_mean(y, f, np.zeros(1000), power=1, clusters=c) for c in (None, interviews))
    assert clustered.standard_error > 3 * plain.standard_error


def test_a_useless_machine_gets_no_power():
    y = np.array([1.0, 0, 1, 0, 0, 1])
    assert ag.ppi_mean(y, np.zeros(6), np.zeros(10)).power == 0
    assert ag.ppi_mean(y, 1 - y, 1 - y).power == 0


def test_planning():
    assert ag.alpha_sample_size(0.8, share=0.05) == 560
    assert ag.kappa_units_for_width(0.8, prevalence=0.05, half_width=0.1) == 768
    assert ag.kappa_sample_size(0.5, 0.5, 0.7, 0.85, two_sided=True) > 96
    assert ag.design_effect(20, 0.1) == pytest.approx(2.9)
    assert ag.units_for_positives(30, prevalence=0.04) == 750


@pytest.mark.parametrize(("n_interviews", "passed"), [(1, None), (2, False), (4, False), (8, True)])
def test_few_interviews_pass_nobody_by_chance(n_interviews, passed):
    """Every interview is a little below epsilon; a bootstrap of one or two would be sure of it."""
    same = [[0, 1] * 40] * 3
    result = ag.alternative_annotator_test(
        same, [0, 1] * 40, epsilon=0.1, clusters=np.arange(80) * n_interviews // 80
    )
    assert result.passed is passed
    if passed is None:
        assert "from two interviews or more" in result.undefined_because
    else:
        assert result.method == "sign test of interviews"
        assert {human.p_value for human in result.humans} == {0.5**n_interviews}


def test_humans_of_few_interviews_in_a_panel_of_many_have_the_jackknife():
    """Twelve interviews; three humans coded four of them, three others the rest, and three all."""
    rng, clusters = np.random.default_rng(0), np.arange(480) // 40
    truth = rng.integers(3, size=480)
    said = np.where(rng.random((10, 480)) < 0.8, truth, rng.integers(3, size=480)).astype(float)
    humans, machine = said[:9], said[9].tolist()
    humans[:3, clusters >= 4], humans[3:6, clusters < 4] = np.nan, np.nan
    few, both = (
        ag.alternative_annotator_test(humans[rows], machine, epsilon=0.15, clusters=clusters)
        for rows in (slice(0, 6), slice(0, 9))
    )
    assert few.method == "jackknife of interviews, t test"
    assert both.method == "jackknife of interviews, t test or bootstrap of interviews"


def test_the_test_with_few_interviews_is_the_jackknifes():
    humans, good = panel(machine=0.9)
    clusters = np.arange(120) // 30
    result = ag.alternative_annotator_test(humans, good.tolist(), epsilon=0.2, clusters=clusters)
    assert result.method == "jackknife of interviews, t test"
    table = np.array(humans)
    for j, human in enumerate(result.humans):
        others = np.delete(table, j, axis=0)
        mine, its = (others == table[j]).mean(axis=0), (others == good).mean(axis=0)
        lead = (mine >= its).astype(float) - (its >= mine)
        without = [lead[clusters != c].mean() for c in range(4)]
        error = np.sqrt(3 * np.var(without))
        assert human.p_value == pytest.approx(stats.t.cdf((lead.mean() - 0.2) / error, 3))
