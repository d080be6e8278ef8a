"""The double-coding plan: allocation by hand, probabilities that hold, balanced loads."""

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autocode import agreement as ag
from autocode.errors import AgreementError


def corpus(*lengths):
    return {f"t{i}": [f"t{i}u{j}" for j in range(n)] for i, n in enumerate(lengths)}


def drawn(sample):
    return [one.n_drawn for one in sample.transcripts]


@pytest.mark.parametrize(
    ("lengths", "n", "expected"),
    [
        ((50, 30, 20), 10, [5, 3, 2]),
        ((47, 32, 21), 10, [5, 3, 2]),  # 4.7, 3.2, 2.1
        ((44, 38, 18), 10, [4, 4, 2]),  # 4.4, 3.8, 1.8
        ((90, 8, 2), 10, [8, 1, 1]),  # 9.0, .8, .2: the short ones get one each
        ((96, 2, 2), 3, [1, 1, 1]),
        ((3, 2, 1), 6, [3, 2, 1]),
    ],
)
def test_allocation_by_largest_remainder(lengths, n, expected):
    assert drawn(ag.draw_sample(corpus(*lengths), n=n, seed=0)) == expected


def test_ties_are_decided_by_lot_and_count_in_the_probability():
    units = corpus(5, 5, 5)
    found = Counter(tuple(drawn(ag.draw_sample(units, n=4, seed=seed))) for seed in range(60))
    assert set(found) == {(2, 1, 1), (1, 2, 1), (1, 1, 2)}
    sample = ag.draw_sample(units, n=4, seed=0)
    assert [one.probability for one in sample.units] == pytest.approx([4 / 15] * 4)


def test_a_share_is_at_least_that_share():
    assert len(ag.draw_sample(corpus(95), share=0.1, seed=0).units) == 10
    assert len(ag.draw_sample(corpus(100), share=0.1, seed=0).units) == 10
    assert len(ag.draw_sample(corpus(3), share=0.01, seed=0).units) == 1
    assert len(ag.draw_sample(corpus(7), share=1, seed=0).units) == 7


@st.composite
def corpora(draw):
    lengths = draw(st.lists(st.integers(0, 12), min_size=1, max_size=8).filter(any))
    units = corpus(*lengths)
    strata = {unit: draw(st.sampled_from("xyz")) for ids in units.values() for unit in ids}
    return units, draw(st.integers(1, sum(lengths))), draw(st.none() | st.just(strata))


@settings(deadline=None)
@given(case=corpora(), seed=st.integers(0, 2**32))
def test_a_sample_is_what_it_says(case, seed):
    units, n, strata = case
    sample = ag.draw_sample(units, n=n, seed=seed, strata=strata)
    ids = [one.unit_id for one in sample.units]
    assert len(ids) == len(set(ids)) == n == sum(drawn(sample))
    assert all(one.unit_id in units[one.transcript_id] for one in sample.units)
    assert sum(one.n_units * one.probability for one in sample.transcripts) == pytest.approx(n)
    assert all(0 < one.probability <= 1 for one in sample.transcripts)
    chance = {one.transcript_id: one.probability for one in sample.transcripts}
    assert all(one.probability == chance[one.transcript_id] for one in sample.units)
    assert all(one.n_drawn <= one.n_units for one in sample.transcripts)
    if n >= len(sample.transcripts):
        assert min(drawn(sample)) >= 1
    if strata:
        whole = Counter((name, strata[unit]) for name, listed in units.items() for unit in listed)
        found = Counter((one.transcript_id, one.stratum) for one in sample.units)
        for one in sample.transcripts if n >= len(sample.transcripts) else ():
            for stratum in "xyz":
                quota = one.n_drawn * whole[one.transcript_id, stratum] / one.n_units
                assert abs(found[one.transcript_id, stratum] - quota) < 1


@settings(deadline=None)
@given(case=corpora(), seed=st.integers(0, 2**32), data=st.data())
def test_names_and_order_of_transcripts_do_not_matter(case, seed, data):
    units, n, strata = case
    sample = ag.draw_sample(units, n=n, seed=seed, strata=strata)
    shuffled = dict(data.draw(st.permutations(list(units.items()))))
    assert ag.draw_sample(shuffled, n=n, seed=seed, strata=strata) == sample
    names = dict(zip(units, data.draw(st.permutations([f"x{i}" for i in range(len(units))])), strict=True))
    renamed = ag.draw_sample({names[name]: ids for name, ids in units.items()}, n=n, seed=seed, strata=strata)
    chance = {one.transcript_id: one.probability for one in renamed.transcripts}
    for one in sample.transcripts:
        assert chance[names[one.transcript_id]] == pytest.approx(one.probability)


@pytest.mark.parametrize("n", [2, 5, 9])  # fewer than transcripts; some short of one; ties
@pytest.mark.parametrize("stratified", [False, True])
def test_units_come_as_often_as_their_probability_says(n, stratified):
    units, runs = corpus(9, 4, 4, 1), 3000
    strata = {unit: "rare" if unit[-1] in "05" else "common" for ids in units.values() for unit in ids}
    found = Counter()
    for seed in range(runs):
        sample = ag.draw_sample(units, n=n, seed=seed, strata=strata if stratified else None)
        found.update(one.unit_id for one in sample.units)
    for one in sample.transcripts:
        error = (one.probability * (1 - one.probability) / runs) ** 0.5
        for unit in units[one.transcript_id]:
            assert abs(found[unit] / runs - one.probability) <= 4 * error


def test_a_rare_stratum_gets_its_share_of_the_whole():
    """One unit in twenty of every transcript, four drawn of each: a fifth of a unit, four in all."""
    units = corpus(*[20] * 20)
    strata = {unit: "yes" if unit.endswith("u7") else "no" for ids in units.values() for unit in ids}
    for seed in range(50):
        sample = ag.draw_sample(units, n=80, seed=seed, strata=strata)
        assert sum(one.stratum == "yes" for one in sample.units) == 4
        assert drawn(sample) == [4] * 20


def test_probabilities_carry_a_mean_over_to_the_corpus():
    units = corpus(60, 5, 5)
    true = {unit: float(not unit.startswith("t0")) for ids in units.values() for unit in ids}
    means = []
    for seed in range(200):
        sample = ag.draw_sample(units, n=4, seed=seed)
        means.append(sum(true[one.unit_id] / one.probability for one in sample.units) / 70)
    assert np.mean(means) == pytest.approx(10 / 70)


@pytest.mark.parametrize(
    ("units", "options", "message"),
    [
        (corpus(3, 2), {"n": 6}, "n: expected 1 to 5, the number of units, found 6"),
        (corpus(3, 2), {"n": 0}, "n: expected 1 to 5"),
        (corpus(3, 2), {"share": 1.5}, "share: expected a number above 0 and up to 1, found 1.5"),
        (corpus(3, 2), {"share": 0.0}, "share: expected"),
        (corpus(3, 2), {"share": float("nan")}, "share: expected"),
        (corpus(3, 2), {}, "either n or share"),
        (corpus(3, 2), {"n": 2, "share": 0.5}, "either n or share"),
        ({}, {"n": 1}, "there are none to draw from"),
        (corpus(0, 0), {"share": 0.1}, "there are none to draw from"),
        ({"a": ["u1"], "b": ["u1"]}, {"n": 1}, "'u1' is there more than once"),
        ({"a": ["u1"]}, {"n": 1, "strata": {}}, "strata: unit 'u1' has none"),
    ],
)
def test_what_cannot_be_drawn_is_refused(units, options, message):
    with pytest.raises(AgreementError, match=message):
        ag.draw_sample(units, seed=0, **options)


SAMPLE = ag.draw_sample(corpus(*[20] * 12), n=60, seed=1)


@pytest.mark.parametrize(
    ("coders", "options", "message"),
    [
        (["ann"], {"coders_per_unit": 2}, "2 are to code each unit, and there are only 1"),
        ([], {"coders_per_unit": 1}, "there are only 0"),
        (["ann", "bob"], {"coders_per_unit": 0}, "expected 1 or more, found 0"),
        (["ann", "ann"], {"coders_per_unit": 1}, "named once"),
    ],
)
def test_what_cannot_be_assigned_is_refused(coders, options, message):
    with pytest.raises(AgreementError, match=message):
        ag.assign(SAMPLE, coders, seed=0, **options)


@settings(max_examples=40, deadline=None)
@given(
    n=st.integers(1, 120), n_coders=st.integers(1, 8), per_unit=st.integers(1, 4), seed=st.integers(0, 2**32)
)
def test_loads_and_overlaps_are_even(n, n_coders, per_unit, seed):
    per_unit = min(per_unit, n_coders)
    sample = ag.draw_sample(corpus(*[15] * 8), n=n, seed=seed)
    coders = [f"c{i}" for i in range(n_coders)]
    given_to = ag.assign(sample, coders, coders_per_unit=per_unit, seed=seed)
    assert list(given_to) == coders
    loads = [len(units) for units in given_to.values()]
    assert max(loads) - min(loads) <= 1
    counts = Counter(unit for units in given_to.values() for unit in set(units))
    assert counts == Counter({one.unit_id: per_unit for one in sample.units})
    shared = [len(set(given_to[a]) & set(given_to[b])) for a, b in combinations(coders, 2)]
    assert not shared or max(shared) - min(shared) <= 4  # seen in 3000 cases: 3
    place = {one.unit_id: i for i, one in enumerate(sample.units)}
    for units in given_to.values():
        assert sorted(units, key=place.__getitem__) == list(units)
    for name in {one.transcript_id for one in sample.units}:
        mine = [sum(unit.startswith(f"{name}u") for unit in units) for units in given_to.values()]
        assert max(mine) - min(mine) <= 2


def test_the_order_of_coders_does_not_matter_and_the_seed_does():
    ways = [
        ag.assign(SAMPLE, coders, coders_per_unit=2, seed=5)
        for coders in (["ann", "bob", "cem"], ["cem", "ann", "bob"])
    ]
    assert ways[0] == ways[1]
    assert ways[0] != ag.assign(SAMPLE, ["ann", "bob", "cem"], coders_per_unit=2, seed=6)
