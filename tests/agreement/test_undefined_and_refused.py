"""Where there is no value there is a reason; where the input is wrong there is one clear sentence."""

import numpy as np
import pytest

from autocode import agreement as ag
from autocode.errors import AgreementError

ALL = [
    ag.scott_pi,
    ag.fleiss_kappa,
    ag.conger_kappa,
    ag.cohen_kappa,
    ag.light_kappa,
    ag.krippendorff_alpha,
]


@pytest.mark.parametrize("function", [*ALL, ag.brennan_prediger, ag.gwet_ac1], ids=lambda f: f.__name__)
def test_no_unit_with_two_values(function):
    result = function([[1, None], [None, 0]], categories=[0, 1])
    assert result.value is None
    assert "two coders" in result.undefined_because or "pairs of coders" in result.undefined_because
    assert result.n_pairable == 0


@pytest.mark.parametrize("function", ALL, ids=lambda f: f.__name__)
def test_no_variation(function):
    result = function([[1, 1, 1], [1, 1, 1]], categories=[0, 1])
    assert result.value is None
    assert result.undefined_because


def test_ac1_and_pabak_are_defined_without_variation():
    never = [[0, 0, 0], [0, 0, 0]]
    assert ag.gwet_ac1(never, categories=[0, 1]).value == 1
    assert ag.pabak(never).value == 1
    assert ag.gwet_ac1(never).undefined_because == "only one category was offered"


def test_specific_agreement_of_an_unused_category():
    result = ag.category_agreement([["a", "a"], ["a", "b"]], categories=["a", "b", "c"])["c"]
    assert result.value is None
    assert "'c'" in result.undefined_because


def test_light_needs_every_pair():
    result = ag.light_kappa([[1, 2, 1], [1, 2, 2], [1, 1, 1]])
    assert result.value == pytest.approx(0.4 / 3)
    undefined = ag.light_kappa([[1, 1, 1], [1, 1, 1], [1, 2, 1]])
    assert undefined.value is None
    assert "1 of 3 pairs" in undefined.undefined_because


def test_empty_tables():
    assert ag.krippendorff_alpha([[], []]).value is None
    assert ag.fleiss_kappa(np.zeros((3, 0))).value is None


@pytest.mark.parametrize(
    ("call", "part"),
    [
        (lambda: ag.cohen_kappa([[1], [1], [1]]), "two coders, found 3"),
        (lambda: ag.fleiss_kappa([[1, 2], [1]]), "a cell for each unit"),
        (lambda: ag.fleiss_kappa([[1, 2], [1, 3]], categories=[1, 2]), "the value 3 is not among"),
        (lambda: ag.fleiss_kappa(np.array([[1, 2], [1, 3]]), categories=[1, 2]), "the value 3 is not among"),
        (lambda: ag.fleiss_kappa([[1], [1]], categories=[1, 1]), "named once"),
        (lambda: ag.fleiss_kappa([[{}], [1]]), "type dict cannot be a category"),
        (lambda: ag.fleiss_kappa(np.zeros(3)), "shape (n_coders, n_units)"),
        (lambda: ag.gwet_ac2([[1], [1]], weights="quadratc"), "did you mean 'quadratic'?"),
        (lambda: ag.gwet_ac2([[1, 2], [1, 2]], weights=[[1, 0, 0]]), "shape (2, 2)"),
        (lambda: ag.gwet_ac2([[-1, 1], [1, 1]], weights="ratio"), "sum to zero"),
        (lambda: ag.krippendorff_alpha([[1], [1]], metric="nominl"), "did you mean 'nominal'?"),
        (lambda: ag.krippendorff_alpha([[1, 2], [1, 2]], metric="masi"), "not sets"),
        (lambda: ag.krippendorff_alpha([[-1, 1], [1, 1]], metric="ratio"), "sum to zero"),
        (lambda: ag.krippendorff_alpha([[1, 2], [1, 2]], metric=[[1, 0], [0, 1]]), "zero diagonal"),
        (lambda: ag.masi_distance({1}, {2}, variant="massi"), "did you mean 'masi'?"),
        (lambda: ag.positive_agreement([["a"], ["b"]], positive="c"), "'c' is not among"),
        (lambda: ag.bias_index([[1], [1], [0]]), "two coders, found 3"),
        (lambda: ag.from_long([("u", "ann", 1), ("u", "ann", 2)]), "two different values"),
        (lambda: ag.code_table([("u", "ann")], [("u", "ann", "x")], codes=["y"]), "not in the codebook"),
        (lambda: ag.code_table([("u", "ann")], [("v", "ann", "y")], codes=["y"]), "without, by coverage"),
        (lambda: ag.bootstrap_interval([[1], [1]], "fleis_kappa"), "did you mean 'fleiss_kappa'?"),
        (lambda: ag.bootstrap_interval([[1], [1]], clusters=[1, 2]), "one for each of 1 units"),
        (lambda: ag.analytic_interval(ag.pabak([[1], [1]]), method="z"), "'t' or 'normal'"),
        (lambda: ag.u_alpha({"ann": [(0, 4, "x"), (2, 5, "x")], "bob": []}), "spans overlap at 2 to 5"),
        (lambda: ag.u_alpha({"ann": [(0, 4, "x")]}), "at least two coders"),
        (lambda: ag.u_alpha({"ann": [], "bob": []}), "give the continuum"),
        (lambda: ag.u_alpha({"ann": [(4, 4, "x")], "bob": []}, continuum=(0, 9)), "is empty or outside"),
        (lambda: ag.gamma({"ann": [(0, 1, "x")], "bob": []}, sampler="shufle"), "did you mean 'shuffle'?"),
        (lambda: ag.gamma_disorder({"ann": [(1, 0, "x")], "bob": []}), "end after it starts"),
        (lambda: ag.gamma_disorder({"ann": [], "bob": []}), "no coder marked anything"),
        (lambda: ag.pk([5, 2], [5, 3]), "covers 7 units, the other 8"),
        (lambda: ag.pk([5, 0], [5]), "whole numbers of 1 or more"),
        (lambda: ag.window_diff([5], [5], window=0), "1 or more"),
        (lambda: ag.boundary_similarity([5], [5], n_t=0), "n_t"),
        (lambda: ag.alpha_sample_size(1.0, share=0.5), "minimum: expected a number between 0 and 1"),
        (lambda: ag.kappa_sample_size(0.5, 0.5, 0.7, 0.7), "no sample"),
        (lambda: ag.ppi_mean([1], [1, 0], [1]), "the same units"),
        (lambda: ag.ppi_mean([1, float("nan")], [1, 0], [1]), "none missing"),
        (lambda: ag.difference_mean([1, 0], [1, 0], [1]), "all units of the corpus"),
        (lambda: ag.difference_mean([1], [1], [1, 0], probabilities=[0]), "above 0 and up to 1"),
        (lambda: ag.stratified_mean([1], [1], [1, 0, 0]), "where the machine says 0"),
        (lambda: ag.roll_up(ag.code_table([], [], codes=["a"]), {"a": "a"}, level=1), "circle"),
        (lambda: ag.non_inferiority([[1, 0]], [1, 0], margin=0.1), "two humans or more"),
        (lambda: ag.non_inferiority([[1, 0]] * 2, [1], margin=0.1), "values of 2 units, found 1"),
    ],
)
def test_mistakes_are_told_in_one_sentence(call, part):
    with pytest.raises(AgreementError) as caught:
        call()
    assert part in str(caught.value)
    assert "\n" not in str(caught.value)
