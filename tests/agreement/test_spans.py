"""Free spans, alignments and segmentations."""

from itertools import product

import numpy as np
import pytest
import scipy.optimize  # noqa: F401  # slow: not within the time that an example has
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from autocode import agreement as ag
from autocode.agreement.gamma import _statistical, _units
from autocode.agreement.resample import merge
from autocode.agreement.unitizing import FAMILY as FORMULAS
from autocode.agreement.unitizing import _totals

LENGTH = 12


@st.composite
def coders(draw, n=None):
    """Coders' spans on a text of twelve characters, from one value (or none) for each character."""
    n = n or draw(st.integers(2, 4))
    spans = {}
    for j in range(n):
        values = draw(st.lists(st.sampled_from([None, "a", "b"]), min_size=LENGTH, max_size=LENGTH))
        mine, at = [], 0
        while at < LENGTH:
            end = at + 1
            while end < LENGTH and values[end] == values[at]:
                end += 1
            if values[at] is not None:
                mine.append((at, end, values[at]))
            at = end
        spans[j] = mine
    assume(any(spans.values()))
    return spans


def by_character(spans):
    """Each coder's value and unit at every character; gaps are units of one character."""
    table = []
    for units in spans.values():
        row = [(None, 1)] * LENGTH
        for a, b, value in units:
            row[a:b] = [(value, b - a)] * (b - a)
        table.append(row)
    return table


@given(spans=coders())
def test_u_alpha_counted_character_by_character(spans):
    table, m = by_character(spans), len(spans)
    pairs = [(i, j) for i, j in product(range(m), repeat=2) if i != j]
    within = sum(table[i][x][0] != table[j][x][0] for i, j in pairs for x in range(LENGTH)) / (m - 1)
    cells = [cell for row in table for cell in row]
    squares = sum(length for _, length in cells)  # a unit of length l appears l times: l^2
    total = m * LENGTH
    between = (
        sum(a[0] != b[0] for a, b in product(cells, repeat=2)) / (total - squares / total) if total else 0
    )
    result = ag.u_alpha(spans, continuum=(0, LENGTH))
    if between == 0:
        assert result.value is None
    else:
        assert result.value == pytest.approx(1 - within / between)


@given(spans=coders())
def test_binary_u_alpha_ignores_values(spans):
    renamed = {j: [(a, b, "a") for a, b, _ in units] for j, units in spans.items()}
    one, other = (ag.u_alpha_binary(s, continuum=(0, LENGTH)).value for s in (spans, renamed))
    assert one == pytest.approx(other)
    assert ag.u_alpha(renamed, continuum=(0, LENGTH)).value == pytest.approx(one)


@given(spans=coders())
def test_coders_are_interchangeable_in_every_span_coefficient(spans):
    turned = dict(reversed(spans.items()))
    for function in (ag.u_alpha, ag.u_alpha_binary, ag.cu_alpha, ag.alpha_u_2004):
        one, other = (function(s, continuum=(0, LENGTH)) for s in (spans, turned))
        assert one.value == pytest.approx(other.value)
        assert (one.value is None) == (one.undefined_because is not None)
    first, second = (ag.ku_alpha(s, continuum=(0, LENGTH)) for s in (spans, turned))
    assert {k: v.value for k, v in first.items()} == pytest.approx({k: v.value for k, v in second.items()})


@given(spans=coders(n=2))
def test_coverage_is_a_share_and_equal_spans_agree(spans):
    for result in ag.ku_alpha(spans, continuum=(0, LENGTH)).values():
        assert 0 <= result.detail["coverage"] <= 1 + 1e-12
        assert (result.value is None) == (result.undefined_because is not None)
    same = {"ann": spans[0], "bob": spans[0]}
    assume(spans[0])
    for function in (ag.u_alpha, ag.u_alpha_binary, ag.cu_alpha):
        value = function(same, continuum=(0, LENGTH)).value
        assert value is None or value == pytest.approx(1)
    assert ag.gamma_disorder(same).value == 0


FAMILY = ("u_alpha", "u_alpha_binary", "cu_alpha")


@settings(max_examples=40, deadline=None)
@given(interviews=st.lists(coders(n=3), min_size=1, max_size=3))
def test_several_interviews_are_one_after_the_other(interviews):
    row = {
        j: [(a + LENGTH * i, b + LENGTH * i, v) for i, by in enumerate(interviews) for a, b, v in by[j]]
        for j in range(3)
    }
    pooled = [(spans, (0, LENGTH)) for spans in interviews]
    for name in FAMILY:
        whole = getattr(ag, name)(row, continuum=(0, LENGTH * len(interviews)))
        assert ag.unitizing(pooled, name).value == pytest.approx(whole.value)
    for value, one in ag.ku_alpha(row, continuum=(0, LENGTH * len(interviews))).items():
        assert ag.unitizing(pooled, "ku_alpha", value=value).value == pytest.approx(one.value)


@given(spans=coders(n=2))
def test_who_did_not_code_an_interview_is_no_part_of_it(spans):
    """A third coder who coded another interview only changes nothing in this one's lengths."""
    one, other = spans, {"cem": spans[0], 0: spans[1]}
    assume(spans[0] and spans[1])
    pooled = ag.unitizing([(one, (0, LENGTH)), (other, (0, LENGTH))], "u_alpha")
    twice = ag.unitizing([(one, (0, LENGTH))] * 2, "u_alpha")
    assert pooled.value == pytest.approx(twice.value)
    assert pooled.n_coders == 3


def test_replicates_are_the_coefficients_of_the_drawn_interviews():
    rng = np.random.default_rng(0)
    interviews = []
    for _ in range(5):
        edges = np.sort(rng.choice(40, (2, 4), replace=False), axis=1).tolist()
        by = {j: [(a, b, "x"), (c, d, "y")] for j, (a, b, c, d) in enumerate(edges)}
        interviews.append((by, (0, 40)))
    drawn = [0, 0, 2, 3, 3]
    weights = np.bincount(drawn, minlength=5).astype(float)
    for name in FAMILY:
        _, totals, _ = _totals(interviews, name, None)
        met, chance = FORMULAS[name](merge(totals, weights), 0)
        alone = ag.unitizing([interviews[i] for i in drawn], name).value
        assert 1 - met / chance == pytest.approx(alone)


def test_intervals_of_spans_resample_interviews():
    same = ({"a": [(0, 5, "x")], "b": [(0, 5, "x")]}, (0, 20))
    other = ({"a": [(0, 5, "x")], "b": [(8, 12, "x")]}, (0, 20))
    few = ag.unitizing_interval([same, other, same], "u_alpha")
    assert few.method == "jackknife of interviews"
    assert few.low < ag.unitizing([same, other, same], "u_alpha").value < few.high <= 1
    many = [same] * 8 + [other] * 4
    interval = ag.unitizing_interval(many, "u_alpha", replicates=500, seed=1)
    assert (interval.method, interval.n_groups) == ("bootstrap of interviews", 12)
    assert interval.low < ag.unitizing(many, "u_alpha").value < interval.high
    assert interval == ag.unitizing_interval(many, "u_alpha", replicates=500, seed=1)


def brute_disorder(spans, *, alpha=1.0, beta=1.0, delta=1.0):
    """The cheapest alignment of two coders by trying all of them."""
    one, other = (list(units) for units in spans.values())

    def apart(u, v):
        off = abs(u[0] - v[0]) + abs(u[1] - v[1])
        return delta * (alpha * (off / (u[1] - u[0] + v[1] - v[0])) ** 2 + beta * (u[2] != v[2]))

    def best(i, free):
        if i == len(one):
            return delta * len(free)
        choices = [apart(one[i], other[k]) + best(i + 1, free - {k}) for k in free]
        return min([delta + best(i + 1, free), *choices])

    return best(0, frozenset(range(len(other)))) / ((len(one) + len(other)) / 2)


@settings(max_examples=40)
@given(spans=coders(n=2), alpha=st.floats(0.1, 3), beta=st.floats(0, 3), delta=st.floats(0.2, 2))
def test_best_alignment_of_two_coders(spans, alpha, beta, delta):
    assume(all(len(units) < 6 for units in spans.values()))
    result = ag.gamma_disorder(spans, alpha=alpha, beta=beta, delta_empty=delta)
    assert result.value == pytest.approx(brute_disorder(spans, alpha=alpha, beta=beta, delta=delta))


def test_best_alignment_of_three_coders():
    """The published three-annotator fixture of pygamma-agreement 0.5.9."""
    spans = {
        "1": [(1, 5, "a"), (10, 14, "b")],
        "2": [(2, 6, "a"), (11, 15, "b")],
        "3": [(1, 4, "a"), (9, 14, "c")],
    }
    assert ag.gamma_disorder(spans).value == pytest.approx(0.40875643491744995, abs=1e-6)


def test_a_third_coder_without_spans_costs_its_empty_places():
    same = [(0, 4, "a"), (6, 9, "b")]
    result = ag.gamma_disorder({"1": same, "2": same, "3": []})
    assert result.value == pytest.approx(2 * (2 / 3) / (4 / 3))


@pytest.mark.parametrize("sampler", ["shuffle", "statistical"])
def test_gamma_repeats_with_its_seed(sampler):
    spans = {"1": [(0, 5, "a"), (8, 14, "b"), (20, 24, "a")], "2": [(1, 5, "a"), (9, 14, "a"), (19, 24, "a")]}
    one = ag.gamma(spans, sampler=sampler, precision=0.2, seed=3)
    assert one == ag.gamma(spans, sampler=sampler, precision=0.2, seed=3)
    assert one != ag.gamma(spans, sampler=sampler, precision=0.2, seed=4)
    assert one.value < 1
    assert one.detail["n_samples"] >= 30


def test_statistical_samples_without_gaps():
    coder = _units([(0, 3, "a")], {"a": 0})
    [(places, category), _] = _statistical([coder, coder], np.random.default_rng(0))
    assert (places[:, 1] > places[:, 0]).all()
    assert len(category) == len(places)


masses = st.lists(st.integers(1, 5), min_size=1, max_size=8)


@given(one=masses, other=masses, window=st.integers(1, 6))
def test_windows_counted_one_by_one(one, other, window):
    short = sum(one) - sum(other)
    one, other = ([*one, -short] if short < 0 else one), ([*other, short] if short > 0 else other)
    n = sum(one)
    ends = [set(np.cumsum(m)[:-1].tolist()) for m in (one, other)]
    counts = [[sum(i < end <= i + window for end in places) for i in range(n - window)] for places in ends]
    pk, wd = ag.pk(one, other, window=window), ag.window_diff(one, other, window=window)
    if not counts[0]:
        assert pk.value is None
        assert wd.undefined_because
        return
    assert pk.value == pytest.approx(np.mean([(a > 0) != (b > 0) for a, b in zip(*counts, strict=True)]))
    assert wd.value == pytest.approx(np.mean([a != b for a, b in zip(*counts, strict=True)]))
    assert pk.value <= wd.value


@given(one=masses, n_t=st.integers(1, 4), data=st.data())
def test_similarities_are_symmetric_and_one_for_equals(one, n_t, data):
    n = sum(one)
    cuts = data.draw(st.sets(st.integers(1, n - 1)) if n > 1 else st.just(set()))
    other = np.diff([0, *sorted(cuts), n]).tolist()
    forth, back = (ag.boundary_similarity(*pair, n_t=n_t).value for pair in ((one, other), (other, one)))
    assert forth == pytest.approx(back)
    assert 0 <= forth <= 1
    assert ag.boundary_similarity(one, one, n_t=n_t).value == 1
    similar = ag.segmentation_similarity(one, other, n_t=n_t)
    assert similar.value is None if n == 1 else similar.value >= forth - 1e-9


def test_a_far_boundary_is_moved_only_within_reach():
    one, other = [2, 8], [5, 5]
    assert ag.boundary_similarity(one, other, n_t=3).value == 0
    assert ag.boundary_similarity(one, other, n_t=4).value == pytest.approx(1 - 3 / 4)
    assert ag.boundary_edits(one, other, n_t=4).transpositions == (3,)
