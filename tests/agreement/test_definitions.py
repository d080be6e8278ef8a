"""The fast formulas against slow ones, written straight from the texts, on random tables."""

from fractions import Fraction
from itertools import permutations, product
from statistics import mean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocode import agreement as ag
from autocode.agreement.intervals import alpha_estimator
from autocode.agreement.resample import merge

CATEGORIES = [1, 2, 3, 5]
cells = st.sampled_from([*CATEGORIES, None])


@st.composite
def tables(draw, values=cells, min_coders=2, max_coders=4):
    n_units = draw(st.integers(1, 8))
    row = st.lists(values, min_size=n_units, max_size=n_units)
    return draw(st.lists(row, min_size=min_coders, max_size=max_coders))


def units_of(table):
    return [[value for value in column if value is not None] for column in zip(*table, strict=True)]


def slow_alpha(table, difference):
    """Krippendorff 2011: D_o over pairs within units, D_e over pairs of all pairable values."""
    units = [unit for unit in units_of(table) if len(unit) > 1]
    values = [value for unit in units for value in unit]
    if not values:
        return None
    within = sum(
        Fraction(difference(a, b, values)) / (len(unit) - 1)
        for unit in units
        for a, b in permutations(unit, 2)
    )
    between = sum(Fraction(difference(a, b, values)) for a, b in permutations(values, 2))
    if between == 0:
        return None
    return float(1 - within / len(values) / (between / (len(values) * (len(values) - 1))))


def ordinal(a, b, values):
    low, high = min(a, b), max(a, b)
    between = sum(low <= value <= high for value in values)
    ends = Fraction(values.count(low) + values.count(high), 2)
    return (between - ends) ** 2


DIFFERENCES = {
    "nominal": lambda a, b, _: int(a != b),
    "interval": lambda a, b, _: (a - b) ** 2,
    "ratio": lambda a, b, _: Fraction(a - b, a + b) ** 2,
    "ordinal": ordinal,
}


@pytest.mark.parametrize("metric", DIFFERENCES)
@given(table=tables())
def test_alpha(metric, table):
    expected = slow_alpha(table, DIFFERENCES[metric])
    assert ag.krippendorff_alpha(table, metric=metric, categories=CATEGORIES).value == pytest.approx(expected)


sets = st.one_of(st.none(), st.frozensets(st.sampled_from("abc")))


def slow_masi(a, b, _):
    if not a | b:
        return 0
    kind = 3 if a == b else 2 if a <= b or b <= a else 1 if a & b else 0
    return 1 - Fraction(len(a & b), len(a | b)) * Fraction(kind, 3)


def slow_jaccard(a, b, _):
    return 1 - Fraction(len(a & b), len(a | b)) if a | b else 0


@given(table=tables(values=sets))
def test_masi_alpha(table):
    assert ag.set_alpha(table).value == pytest.approx(slow_alpha(table, slow_masi))


def test_many_sets_give_the_same_alpha_as_a_full_table(monkeypatch):
    rng = np.random.default_rng(0)
    table = [[frozenset(np.flatnonzero(rng.random(6) < 0.3).tolist()) for _ in range(80)] for _ in range(3)]
    whole = ag.krippendorff_alpha(table, metric="masi")
    monkeypatch.setattr("autocode.agreement.distances.MAX_TABLE", 3)
    monkeypatch.setattr("autocode.agreement.distances.SetDistances.ROWS", 7)
    lazy = ag.krippendorff_alpha(table, metric="masi")
    assert lazy.value == pytest.approx(whole.value, abs=1e-12)
    assert lazy.standard_error == pytest.approx(whole.standard_error, abs=1e-12)


@pytest.mark.parametrize("sparse_from", [1, 10**9])
@pytest.mark.parametrize("metric", ["masi", "jaccard", "nominal"])
def test_replicates_of_many_sets_are_the_alpha_of_what_was_drawn(monkeypatch, metric, sparse_from):
    """Tables that are never written out, counts by interview full and sparse: as slowly by the definition."""
    for name, value in {
        "distances.MAX_TABLE": 3, "distances.SetDistances.ROWS": 7, "distances.SetDistances.MANY": 2,
        "alpha.SPARSE_FROM": sparse_from,
    }.items():  # fmt: skip
        monkeypatch.setattr(f"autocode.agreement.{name}", value)
    rng = np.random.default_rng(3)
    table = [
        [frozenset(np.flatnonzero(rng.random(6) < 0.3).tolist()) if rng.random() < 0.9 else None
         for _ in range(48)]
        for _ in range(3)
    ]  # fmt: skip
    slow = {"masi": slow_masi, "jaccard": slow_jaccard, "nominal": DIFFERENCES["nominal"]}[metric]
    groups = np.arange(48) // 4
    estimator = alpha_estimator(ag.as_ratings(table), groups, metric)
    for _ in range(5):
        drawn = rng.integers(12, size=12)
        units = np.concatenate([np.flatnonzero(groups == one) for one in drawn])
        weights = np.bincount(drawn, minlength=12).astype(float)
        value = float(estimator.values(merge(estimator.totals, weights)))
        assert value == pytest.approx(slow_alpha([[row[u] for u in units] for row in table], slow))


def slow_observed(table, weight):
    shares = [
        mean(weight(a, b) for a, b in permutations(unit, 2)) for unit in units_of(table) if len(unit) > 1
    ]
    return mean(shares) if shares else None


def slow_chance(name, table, weight):
    units = [unit for unit in units_of(table) if unit]
    pi = {k: mean(unit.count(k) / len(unit) for unit in units) for k in CATEGORIES}
    own = [[value for value in row if value is not None] for row in table]
    own = [{k: row.count(k) / len(row) for k in CATEGORIES} for row in own if row]
    everything = sum(weight(k, other) for k, other in product(CATEGORIES, repeat=2))
    q = len(CATEGORIES)
    if name == "fleiss_kappa":
        return sum(weight(k, other) * pi[k] * pi[other] for k, other in product(CATEGORIES, repeat=2))
    if name == "conger_kappa":
        return mean(
            sum(weight(k, other) * g[k] * h[other] for k, other in product(CATEGORIES, repeat=2))
            for g, h in permutations(own, 2)
        )
    if name == "gwet_ac2":
        return everything / (q * (q - 1)) * sum(p * (1 - p) for p in pi.values())
    return everything / q**2


WEIGHTS = {
    "identity": lambda k, other: float(k == other),
    "linear": lambda k, other: 1 - abs(k - other) / 4,
    "quadratic": lambda k, other: 1 - (k - other) ** 2 / 16,
    "radical": lambda k, other: 1 - (abs(k - other) / 4) ** 0.5,
}


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("name", ["fleiss_kappa", "conger_kappa", "brennan_prediger", "gwet_ac2"])
@given(table=tables())
def test_kappa_family(name, weights, table):
    observed = slow_observed(table, WEIGHTS[weights])
    result = getattr(ag, name)(table, categories=CATEGORIES, weights=weights)
    if observed is None:
        assert result.value is None
        return
    expected = slow_chance(name, table, WEIGHTS[weights])
    assert result.observed == pytest.approx(observed)
    assert result.expected == pytest.approx(expected)
    if expected < 1 - 1e-9:
        assert result.value == pytest.approx((observed - expected) / (1 - expected))


@given(table=tables())
def test_specific_agreement(table):
    units = units_of(table)
    for category, result in ag.category_agreement(table, categories=CATEGORIES).items():
        both = sum(unit.count(category) * (unit.count(category) - 1) for unit in units)
        met = sum(unit.count(category) * (len(unit) - 1) for unit in units)
        assert result.value == pytest.approx(both / met if met else None)


def fleiss_cohen_everitt(counts, weights):
    """The large-sample variance of weighted kappa as printed in 1969."""
    p = counts / counts.sum()
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    of_row, of_column = weights @ columns, rows @ weights
    observed, expected = (p * weights).sum(), rows @ weights @ columns
    kappa = (observed - expected) / (1 - expected)
    spread = (p * (weights - (of_row[:, None] + of_column) * (1 - kappa)) ** 2).sum()
    return (spread - (kappa - expected * (1 - kappa)) ** 2) / (counts.sum() * (1 - expected) ** 2)


@pytest.mark.parametrize("weights", ["identity", "linear", "quadratic"])
def test_large_sample_error_of_cohen_is_that_of_1969(weights):
    counts = np.array([[20, 5, 1], [4, 30, 6], [2, 3, 29]])
    a, b = np.nonzero(counts)
    ratings = np.stack([np.repeat(a, counts[a, b]), np.repeat(b, counts[a, b])])
    result = ag.cohen_kappa(ratings, weights=weights)
    table = ag.weight_table(weights, [0, 1, 2])
    interval = ag.analytic_interval(result, method="normal")
    assert interval.standard_error == pytest.approx(fleiss_cohen_everitt(counts, table) ** 0.5)


@pytest.mark.parametrize(
    "name", ["fleiss_kappa", "conger_kappa", "gwet_ac1", "brennan_prediger", "krippendorff_alpha"]
)
def test_standard_errors_are_those_of_the_jackknife(name):
    rng = np.random.default_rng(3)
    true = rng.integers(0, 3, 400)
    ratings = np.where(rng.random((3, 400)) < 0.75, true, rng.integers(0, 3, (3, 400)))
    function = getattr(ag, name)
    left_out = [function(np.delete(ratings, i, axis=1), categories=[0, 1, 2]).value for i in range(400)]
    jackknife = (399 * np.var(left_out)) ** 0.5
    assert function(ratings, categories=[0, 1, 2]).standard_error == pytest.approx(jackknife, rel=0.01)


@given(table=tables(values=st.sampled_from([0, 1, None])))
def test_all_codes_at_once_equal_one_code_at_a_time(table):
    values = np.array([[-1 if cell is None else cell for cell in row] for row in table], np.int8)
    n_coders, n_units = values.shape
    both = np.stack([values, np.where(values < 0, values, 1 - values)], axis=2).astype(np.int8)
    codes = ag.CodeTable(both, range(n_coders), range(n_units), ["code", "its opposite"])
    for result in ag.code_agreement(codes, intervals=()):
        ratings = codes.ratings_of(result.code)
        for name, coefficient in result.coefficients.items():
            alone = getattr(ag, name)(ratings)
            assert coefficient.value == pytest.approx(alone.value), name
            assert (coefficient.undefined_because is None) == (alone.undefined_because is None)
        assert result.n_pairable == ag.percent_agreement(ratings).n_pairable
