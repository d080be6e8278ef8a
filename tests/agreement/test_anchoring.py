"""The anchoring meter: counts by hand, laws, coverage where there is no sway, and a planted one."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autocode import agreement as ag
from autocode.agreement.anchoring import MEASURES
from autocode.errors import AgreementError

SETS = [frozenset(text) for text in ("", "a", "b", "ab")]


def unit(transcript, arm, codes="", suggested=""):
    return ag.Decided(transcript, arm, frozenset(codes), frozenset(suggested))


def corpus(n_transcripts, n_units, sway=0.0, seed=0):
    """How often the machine is followed differs by transcript, and is more by `sway` where assisted."""
    rng = np.random.default_rng(seed)
    follows = rng.beta(4, 4, n_transcripts)
    assisted, lots = rng.random((2, n_transcripts, n_units))
    suggested, own = rng.integers(0, 4, (2, n_transcripts, n_units))
    return [
        ag.Decided(
            f"t{t}",
            "assisted" if assisted[t, u] < 0.5 else "blind",
            SETS[suggested[t, u] if lots[t, u] < follows[t] + sway * (assisted[t, u] < 0.5) else own[t, u]],
            SETS[suggested[t, u]],
        )
        for t in range(n_transcripts)
        for u in range(n_units)
    ]


def values(arm):
    return {name: measure.value for name, measure in arm.measures.items()}


SMALL = [
    unit("t1", "blind", "ab", "a"),  # Jaccard 1/2
    unit("t1", "blind", "", ""),  # 1
    unit("t2", "blind", "", "c"),  # 0
    unit("t2", "blind", "c", ""),  # 0
    unit("t1", "assisted", "abc", "abd"),  # 1/2
    unit("t3", "assisted", "a", "a"),  # 1
]


def test_a_small_case_by_hand():
    result = ag.measure_anchoring(SMALL)
    assert (result.blind.n_units, result.blind.n_transcripts) == (4, 2)
    assert (result.assisted.n_units, result.assisted.n_transcripts) == (2, 2)
    blind = {
        "codes_per_unit": 3 / 4,
        "share_coded": 2 / 4,
        "jaccard": 1.5 / 4,
        "suggested_applied": 1 / 2,
        "applied_suggested": 1 / 3,
    }
    assisted = {
        "codes_per_unit": 4 / 2,
        "share_coded": 1.0,
        "jaccard": 1.5 / 2,
        "suggested_applied": 3 / 4,
        "applied_suggested": 3 / 4,
    }
    assert values(result.blind) == pytest.approx(blind)
    assert values(result.assisted) == pytest.approx(assisted)
    differences = {name: one.value for name, one in result.differences.items()}
    assert differences == pytest.approx({name: assisted[name] - blind[name] for name in MEASURES})
    assert result.verdict == (
        "No sway can be told from the 6 units so far: it takes 10 blind units, and there are 4"
    )


def test_the_jackknife_by_hand_and_not_clipped_for_counts_of_codes():
    """Differences without each of three transcripts are 3, 4 and 5 codes: error sqrt(2 * 2/3)."""
    decided = [
        row
        for name, extra in (("x", 6), ("y", 4), ("z", 2))
        for row in (unit(name, "blind"), unit(name, "assisted", "abcdef"[:extra]))
    ]
    difference = ag.measure_anchoring(decided).differences["codes_per_unit"]
    assert difference.value == pytest.approx(4)
    assert difference.interval.method == "jackknife of interviews"
    assert difference.interval.warning == "only 3 interviews: the interval is rough"
    reach = 4.302653 * (4 / 3) ** 0.5  # t quantile, two degrees of freedom
    assert (difference.interval.low, difference.interval.high) == pytest.approx((4 - reach, 4 + reach))


@pytest.mark.parametrize(
    ("decided", "arm", "name", "reason"),
    [
        ([], "blind", "jaccard", "there is no blind unit"),
        ([unit("t", "blind")], "assisted", "codes_per_unit", "there is no assisted unit"),
        (
            [unit("t", "blind", "a"), unit("t", "assisted", "a", "a")],
            "blind",
            "suggested_applied",
            "the machine suggested no code for the blind units",
        ),
        (
            [unit("t", "blind", "a"), unit("t", "assisted", "", "a")],
            "assisted",
            "applied_suggested",
            "no code was applied to the assisted units",
        ),
    ],
)
def test_what_is_undefined_is_none_with_its_reason(decided, arm, name, reason):
    result = ag.measure_anchoring(decided)
    measure, difference = getattr(result, arm).measures[name], result.differences[name]
    assert measure.value is None
    assert measure.undefined_because == reason
    assert difference.value is None
    assert reason in difference.undefined_because
    assert difference.interval.low is None
    assert reason in difference.interval.unavailable_because


def test_an_empty_arm_in_many_transcripts():
    result = ag.measure_anchoring([unit(f"t{i}", "blind", "a", "a") for i in range(30)])
    assert result.verdict == "No sway can be told from the 30 units so far: there is no assisted unit"
    assert result.differences["jaccard"].interval.unavailable_because == "there is no assisted unit"
    assert result.blind.measures["jaccard"].value == 1


def test_an_unknown_arm_is_refused():
    with pytest.raises(AgreementError, match="not 'shown'"):
        ag.measure_anchoring([unit("t", "shown")])


def test_the_same_seed_gives_the_same_numbers():
    decided = corpus(15, 10)
    assert ag.measure_anchoring(decided, seed=3) == ag.measure_anchoring(decided, seed=3)
    assert ag.measure_anchoring(decided, seed=3) != ag.measure_anchoring(decided, seed=4)


def limits(result):
    return [
        number
        for one in result.differences.values()
        for number in (one.value, one.interval.low, one.interval.high)
    ]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), n_transcripts=st.sampled_from([3, 12]), data=st.data())
def test_names_and_order_of_transcripts_and_units_do_not_matter(seed, n_transcripts, data):
    decided = corpus(n_transcripts, 8, seed=seed)
    names = data.draw(st.permutations(range(n_transcripts)))
    renamed = [replace(one, transcript_id=f"u{names[int(one.transcript_id[1:])]}") for one in decided]
    shuffled = data.draw(st.permutations(renamed))
    one, other = (ag.measure_anchoring(rows, replicates=100) for rows in (decided, shuffled))
    assert limits(one) == pytest.approx(limits(other), nan_ok=True)
    assert one.verdict == other.verdict


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_swapping_the_arms_turns_the_signs(seed):
    decided = corpus(12, 8, seed=seed)
    swapped = [replace(one, arm="blind" if one.arm == "assisted" else "assisted") for one in decided]
    one, other = (ag.measure_anchoring(rows).differences for rows in (decided, swapped))
    for name in MEASURES:
        assert one[name].value == pytest.approx(-other[name].value)


def test_the_interval_covers_no_difference_about_as_often_as_it_says():
    """Clustered units, 30 transcripts: nominal 95 %, .93 to .94 expected of so many clusters."""
    covered = claimed = 0
    for seed in range(300):
        result = ag.measure_anchoring(corpus(30, 8, seed=seed), replicates=300, seed=seed)
        interval = result.differences["jaccard"].interval
        covered += interval.low <= 0 <= interval.high
        claimed += result.verdict.startswith("Suggestions")
    assert 0.90 <= covered / 300 <= 0.98
    assert claimed / 300 <= 0.09


def test_a_planted_sway_is_found_and_told():
    result = ag.measure_anchoring(corpus(30, 20, sway=0.4))
    difference = result.differences["jaccard"]
    assert 0 < difference.interval.low < difference.value < difference.interval.high
    assert difference.interval.warning is None
    assert result.verdict.startswith("Suggestions raise agreement with the machine by .")
    assert result.verdict.endswith("]: they sway the coder")


def test_suggestions_that_put_off_and_few_transcripts_are_told():
    result = ag.measure_anchoring(corpus(12, 40, sway=-0.6))
    assert result.verdict.startswith("Suggestions lower agreement with the machine by .")
    assert result.verdict.endswith(
        "they put the coder off (only 12 interviews have blind units: the interval is too narrow)"
    )


def test_no_sway_is_told_with_what_was_found():
    result = ag.measure_anchoring(corpus(30, 4, seed=1))
    assert result.verdict.startswith(
        "No sway can be told from the 120 units so far: the difference in agreement with the machine is "
    )


def test_complete_separation_in_two_transcripts_is_no_verdict():
    decided = [
        unit(name, arm, "a" if arm == "assisted" else "", "a")
        for name in ("x", "y")
        for arm in ("blind", "assisted")
        for _ in range(20)
    ]
    result = ag.measure_anchoring(decided)
    assert result.differences["jaccard"].value == 1
    assert result.verdict == (
        "No sway can be told from the 80 units so far: "
        "it takes blind units from 5 transcripts, and they are from 2"
    )
