"""What must hold whatever the ratings are."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from autocode import agreement as ag

CATEGORIES = ["a", "b", "c"]
COEFFICIENTS = [
    ag.percent_agreement,
    ag.scott_pi,
    ag.fleiss_kappa,
    ag.conger_kappa,
    ag.brennan_prediger,
    ag.gwet_ac1,
    ag.light_kappa,
    ag.krippendorff_alpha,
]


@st.composite
def tables(draw, missing=True, n_coders=None):
    n_units = draw(st.integers(1, 10))
    cell = st.sampled_from([*CATEGORIES, None] if missing else CATEGORIES)
    row = st.lists(cell, min_size=n_units, max_size=n_units)
    n = n_coders or draw(st.integers(2, 4))
    return draw(st.lists(row, min_size=n, max_size=n))


def value(function, table, **options):
    return function(table, categories=CATEGORIES, **options).value


@pytest.mark.parametrize("function", COEFFICIENTS, ids=lambda f: f.__name__)
@given(table=tables(), data=st.data())
def test_order_of_coders_and_units_does_not_matter(function, table, data):
    coders = data.draw(st.permutations(range(len(table))))
    units = data.draw(st.permutations(range(len(table[0]))))
    shuffled = [[table[j][i] for i in units] for j in coders]
    assert value(function, shuffled) == pytest.approx(value(function, table))


@pytest.mark.parametrize("function", COEFFICIENTS, ids=lambda f: f.__name__)
@given(table=tables())
def test_names_of_categories_do_not_matter(function, table):
    renamed = [[{"a": 7, "b": "x", "c": -1, None: None}[cell] for cell in row] for row in table]
    assert function(renamed, categories=[-1, 7, "x"]).value == pytest.approx(value(function, table))


@pytest.mark.parametrize("function", COEFFICIENTS, ids=lambda f: f.__name__)
@given(table=tables())
def test_a_value_is_a_number_up_to_one_or_none_with_a_reason(function, table):
    result = function(table, categories=CATEGORIES)
    assert (result.value is None) == (result.undefined_because is not None)
    assert result.value is None or (np.isfinite(result.value) and result.value <= 1 + 1e-9)


@given(table=tables())
def test_ac2_with_identity_weights_is_ac1(table):
    assert value(ag.gwet_ac2, table, weights="identity") == value(ag.gwet_ac1, table)


@given(table=tables(missing=False, n_coders=2))
def test_two_coders_without_gaps(table):
    """Conger is Cohen, Fleiss is Scott, Light is Cohen."""
    assert value(ag.conger_kappa, table) == pytest.approx(value(ag.cohen_kappa, table))
    assert value(ag.fleiss_kappa, table) == pytest.approx(value(ag.scott_pi, table))
    assert value(ag.light_kappa, table) == pytest.approx(value(ag.cohen_kappa, table))


@given(table=tables())
def test_pabak_is_brennan_prediger_of_two_categories(table):
    binary = [[None if cell is None else int(cell == "a") for cell in row] for row in table]
    assert ag.pabak(binary, categories=[0, 1]).value == ag.brennan_prediger(binary, categories=[0, 1]).value
    share = ag.percent_agreement(binary).value
    assert ag.pabak(binary).value == pytest.approx(None if share is None else 2 * share - 1)


@given(table=tables(missing=False))
def test_alpha_and_fleiss_kappa_of_complete_data(table):
    pi = value(ag.fleiss_kappa, table)
    assume(pi is not None)
    n = len(table) * len(table[0])
    assert value(ag.krippendorff_alpha, table) == pytest.approx(1 - (1 - pi) * (n - 1) / n)


@given(table=tables())
def test_every_unit_twice_moves_alpha_only(table):
    twice = [row + row for row in table]
    for function in (ag.percent_agreement, ag.fleiss_kappa, ag.conger_kappa, ag.gwet_ac1):
        assert value(function, twice) == pytest.approx(value(function, table))
    alpha = ag.krippendorff_alpha(table, categories=CATEGORIES)
    assume(alpha.value is not None)
    n = ag.coincidences(table, categories=CATEGORIES).sum()
    expected = 1 - (1 - alpha.value) * n / (n - 1) * (2 * n - 1) / (2 * n)
    assert value(ag.krippendorff_alpha, twice) == pytest.approx(expected)


@given(table=tables())
def test_units_that_nobody_or_one_coder_saw_leave_alpha_alone(table):
    longer = [[*row, "a" if j == 0 else None, None] for j, row in enumerate(table)]
    assert value(ag.krippendorff_alpha, longer) == pytest.approx(value(ag.krippendorff_alpha, table))


@given(table=tables(missing=False, n_coders=2))
def test_kappa_from_pabak_and_the_indices(table):
    """Byrt et al. 1993: kappa = (PABAK - PI^2 + BI^2) / (1 - PI^2 + BI^2)."""
    binary = [[int(cell == "a") for cell in row] for row in table]
    kappa = ag.cohen_kappa(binary).value
    assume(kappa is not None)
    pabak, pi, bi = (f(binary).value for f in (ag.pabak, ag.prevalence_index, ag.bias_index))
    assert kappa == pytest.approx((pabak - pi**2 + bi**2) / (1 - pi**2 + bi**2))


@given(table=tables(n_coders=2))
def test_positive_agreement_is_the_f1_score_of_two_coders(table):
    pairs = [(a == "a", b == "a") for a, b in zip(*table, strict=True) if None not in (a, b)]
    both, either = sum(a and b for a, b in pairs), sum(a + b for a, b in pairs)
    assume("a" in table[0] + table[1])
    result = ag.positive_agreement(table, positive="a").value
    assert result == pytest.approx(2 * both / either if either else None)


@pytest.mark.parametrize(
    "name", ["linear", "quadratic", "ordinal", "radical", "ratio", "circular", "bipolar"]
)
@given(categories=st.lists(st.integers(1, 9), min_size=2, max_size=6, unique=True))
def test_weight_tables(name, categories):
    table = ag.weight_table(name, categories)
    assert np.allclose(table, table.T)
    assert np.allclose(np.diag(table), 1)
    assert table.min() >= -1e-9
    assert table.max() <= 1 + 1e-9


@given(a=st.frozensets(st.integers(0, 4)), b=st.frozensets(st.integers(0, 4)))
def test_set_distances(a, b):
    for distance in (ag.masi_distance, ag.jaccard_distance):
        assert distance(a, b) == distance(b, a)
        assert 0 <= distance(a, b) <= 1
        assert (distance(a, b) == 0) == (a == b)
    assert ag.masi_distance(a, b) >= ag.jaccard_distance(a, b) - 1e-12


@given(table=tables(missing=False))
def test_spans_of_length_one_are_units(table):
    spans = {j: [(i, i + 1, cell) for i, cell in enumerate(row)] for j, row in enumerate(table)}
    alpha = value(ag.krippendorff_alpha, table)
    for function in (ag.u_alpha, ag.cu_alpha):
        assert function(spans).value == pytest.approx(alpha)
