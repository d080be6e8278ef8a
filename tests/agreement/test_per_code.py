"""All codes of a codebook at once."""

import numpy as np
import pytest

from autocode import agreement as ag
from autocode.errors import AgreementError
from tests.hang import no_hang


def made_up(n_coders=3, n_units=300, n_codes=3, seed=0):
    rng = np.random.default_rng(seed)
    true = rng.random((n_units, n_codes)) < np.linspace(0.01, 0.4, n_codes)
    values = np.where(rng.random((n_coders, n_units, n_codes)) < 0.95, true, ~true).astype(np.int8)
    values[0, rng.random(n_units) < 0.1] = -1
    return ag.CodeTable(values, range(n_coders), range(n_units), [f"code {k}" for k in range(n_codes)])


INTERVIEWS = np.repeat(np.arange(15), 20)


@pytest.mark.parametrize("n_coders", [2, 3])
@pytest.mark.parametrize("clusters", [None, INTERVIEWS, INTERVIEWS % 4], ids=["units", "interviews", "few"])
def test_intervals_are_those_of_one_code_at_a_time(n_coders, clusters):
    table = made_up(n_coders)
    names = ["krippendorff_alpha", "positive_agreement", "gwet_ac1", "conger_kappa"]
    names += ["cohen_kappa"] if n_coders == 2 else []
    for result in ag.code_agreement(table, clusters=clusters, intervals=names, replicates=300, seed=4):
        ratings = table.ratings_of(result.code)
        for name in names:
            alone = ag.bootstrap_interval(ratings, name, clusters=clusters, replicates=300, seed=4)
            together = result.intervals[name]
            if clusters is None and name == "cohen_kappa":  # kinds of units drawn in another order
                assert together.low == pytest.approx(alone.low, abs=0.15)
                continue
            assert (together.low, together.high) == pytest.approx((alone.low, alone.high)), name


def test_counts_and_caveats():
    values = np.zeros((2, 40, 2), np.int8)
    values[0, :3, 0] = 1
    values[1, :2, 0] = 1
    values[1, 30:, 1] = -1
    results = ag.code_agreement(ag.CodeTable(values, "ab", range(40), ["rare", "never"]), intervals=())
    rare, never = results
    assert (rare.n_units, rare.n_pairable, rare.n_positive, rare.positives) == (40, 40, 3, (3, 2))
    assert rare.prevalence == pytest.approx(2.5 / 40)
    assert "only 3 units carry the code" in rare.caveats[0]
    assert never.n_pairable == 30
    assert never.coefficients["krippendorff_alpha"].value is None
    assert "used the code" in never.coefficients["positive_agreement"].undefined_because
    assert never.coefficients["gwet_ac1"].value == 1


def test_few_interviews_are_a_caveat():
    [*_, often] = ag.code_agreement(made_up(), clusters=INTERVIEWS, replicates=50)
    assert often.caveats == ("only 15 interviews: the intervals are too narrow",)


def test_an_unknown_coefficient_is_refused():
    with pytest.raises(
        AgreementError, match="no coefficient 'gwet_ac3' for 3 coders; did you mean 'gwet_ac1'"
    ):
        ag.code_agreement(made_up(), intervals=["gwet_ac3"])
    with pytest.raises(AgreementError, match="'cohen_kappa' for 3 coders"):
        ag.code_agreement(made_up(), intervals=["cohen_kappa"])


def test_a_large_codebook_does_not_hang():
    """20,000 units, five coders, fifty codes and 2,000 replicates: a fraction of a second, not minutes."""
    rng = np.random.default_rng(0)
    values = (rng.random((5, 20_000, 50), np.float32) < 0.1).astype(np.int8)
    table = ag.CodeTable(values, range(5), range(20_000), range(50))
    with no_hang():
        ag.code_agreement(table, clusters=np.arange(20_000) // 100)
