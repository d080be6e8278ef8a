"""The record: numbers that can be checked by hand, what is withheld and why, and what is said in words."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autocode.agreement import cohen_kappa, krippendorff_alpha
from autocode.agreement.resample import summarise
from autocode.errors import AgreementError
from autocode.reliability import agreement, read_panel
from autocode.reliability.record import find

Write = Callable[..., Path]
FAST = {"replicates": 200}
Coding = dict[str, Sequence[str]]


def units(n: int, n_interviews: int = 12) -> list[str]:
    """`t01.000`, `t02.001` and so on: unit after unit in another interview."""
    return [f"t{1 + i % n_interviews:02}.{i:03}" for i in range(n)]


def coding(names: Sequence[str], **codes: Sequence[int]) -> Coding:
    """Which codes the units of these numbers have."""
    return {unit: [code for code, places in codes.items() if i in places] for i, unit in enumerate(names)}


def two(n: int = 120, n_interviews: int = 12) -> dict[str, Coding]:
    """Ann and Ben on 120 units: trust 30 both, 10 Ann alone, 6 Ben alone; risk 4 both, 2 Ann alone."""
    names = units(n, n_interviews)
    ann = coding(names, trust=range(40), risk=range(60, 66))
    ben = coding(names, trust=[*range(30), *range(50, 56)], risk=range(60, 64))
    return {"ann": ann, "ben": ben}


def row(record: Mapping[str, Any], code: str, name: str) -> dict[str, Any]:
    """A row of a code."""
    found = next(one for one in record["codes"] if one["code"] == code)
    one = find(found["rows"], name)
    assert one is not None
    return one


def overall(record: Mapping[str, Any], name: str = "masi_alpha") -> dict[str, Any]:
    """A row of the whole codebook."""
    one = find(record["overall"], name)
    assert one is not None
    return one


def test_numbers_of_a_code_are_those_of_its_two_by_two_table(write: Write) -> None:
    record = agreement(write(two()), **FAST)
    a, b, c, d = 30, 10, 6, 74
    n = a + b + c + d
    p_o = (a + d) / n
    p_e = (40 * 36 + 80 * 84) / n**2
    share = (40 + 36) / (2 * n)
    pi_e = share**2 + (1 - share) ** 2
    assert row(record, "trust", "percent_agreement")["value"] == pytest.approx(p_o, abs=1e-6)
    assert row(record, "trust", "cohen_kappa")["value"] == pytest.approx((p_o - p_e) / (1 - p_e), abs=1e-6)
    scott = (p_o - pi_e) / (1 - pi_e)
    alpha = 1 - (1 - scott) * (2 * n - 1) / (2 * n)
    assert row(record, "trust", "krippendorff_alpha")["value"] == pytest.approx(alpha, abs=1e-6)
    assert row(record, "trust", "positive_agreement")["value"] == pytest.approx(60 / 76, abs=1e-6)
    assert row(record, "trust", "bias_index")["value"] == pytest.approx(4 / n, abs=1e-6)
    trust = record["codes"][0]
    assert trust["positives"] == {"ann": 40, "ben": 36}
    assert (trust["n_units"], trust["n_pairable"], trust["n_positive"]) == (120, 120, 46)
    interval = row(record, "trust", "krippendorff_alpha")
    assert interval["low"] < alpha < interval["high"]
    assert interval["method"] == "bootstrap of interviews, 200 replicates, expanded percentile"
    assert interval["p_below_667"] is not None


def test_a_code_that_few_units_carry_has_counts_and_a_reason(write: Write) -> None:
    record = agreement(write(two()), **FAST)
    for name in ("krippendorff_alpha", "cohen_kappa", "positive_agreement"):
        one = row(record, "risk", name)
        assert one["value"] is None
        assert one["undefined_because"] == "withheld: 6 units carry the code, fewer than 10; read the counts"
        assert (one["low"], one["high"]) == (None, None)
    assert record["codes"][1]["positives"] == {"ann": 6, "ben": 4}
    assert any("Risk (6)" in warning for warning in record["warnings"])


def test_the_whole_codebook_is_the_alpha_of_sets(write: Write) -> None:
    codings = two()
    record = agreement(write(codings), **FAST)
    sets = [[frozenset(codings[coder][unit]) for unit in sorted(codings[coder])] for coder in ("ann", "ben")]
    for name, metric in (("masi_alpha", "masi"), ("jaccard_alpha", "jaccard"), ("exact_alpha", "nominal")):
        expected = krippendorff_alpha(sets, metric=metric).value
        assert overall(record, name)["value"] == pytest.approx(expected, abs=1e-6)
    assert overall(record, "exact_agreement")["value"] == pytest.approx(102 / 120, abs=1e-6)
    mean = overall(record, "mean_alpha")
    assert mean["value"] == row(record, "trust", "krippendorff_alpha")["value"]
    assert "without 1 code" in mean["caveats"][0]


def test_the_record_is_json_without_nan(write: Write) -> None:
    record = agreement(write(two()), **FAST)
    assert json.loads(json.dumps(record, allow_nan=False)) == record


def test_the_same_seed_gives_the_same_record_and_names_do_not_matter(write: Write) -> None:
    folder = write(two())
    first = agreement(folder, **FAST)
    again = agreement(folder, **FAST)
    assert {**first, "made_at": ""} == {**again, "made_at": ""}
    other = agreement(write({"zoe": two()["ann"], "yan": two()["ben"]}), **FAST)
    assert overall(other)["value"] == overall(first)["value"]
    assert (overall(other)["low"], overall(other)["high"]) == (overall(first)["low"], overall(first)["high"])


def test_confusion_and_examples(write: Write) -> None:
    names = units(40)
    ann = coding(names, trust=range(20))
    ben = coding(names, trust=range(15), risk=range(15, 20))
    record = agreement(write({"ann": ann, "ben": ben}), **FAST)
    assert record["confusion"] == [{"a": "trust", "b": "risk", "n": 5}]
    assert {one["utterance_id"] for one in record["disagreements"]} == set(names[15:20])
    first = record["disagreements"][0]
    assert first["by"] == {"ann": ["trust"], "ben": ["risk"]}
    assert first["text"] == f"Statement {first['utterance_id']}."
    assert len({one["transcript_id"] for one in record["disagreements"]}) == 5


def test_at_most_thirty_examples(write: Write) -> None:
    names = units(90)
    record = agreement(
        write({"ann": coding(names, trust=range(90)), "ben": coding(names, risk=range(90))}), **FAST
    )
    assert len(record["disagreements"]) == 30
    assert len({one["transcript_id"] for one in record["disagreements"]}) == 12


def test_three_coders_pairs_rest_and_bias(write: Write) -> None:
    codings = two()
    names = list(codings["ann"])
    codings["cem"] = coding(names[:60], trust=range(60))
    record = agreement(write(codings), **FAST)
    pairs = {(one["a"], one["b"]): one for one in record["pairs"]}
    assert {key: one["n_units"] for key, one in pairs.items()} == {
        ("ann", "ben"): 120, ("ann", "cem"): 60, ("ben", "cem"): 60,
    }  # fmt: skip
    assert all(one["kind"] == "human-human" for one in pairs.values())
    rest = {one["coder"]: one for one in record["one_against_rest"]}
    assert rest["cem"]["n_units"] == 60
    assert rest["cem"]["rows"][1]["value"] == pytest.approx(pairs["ann", "ben"]["rows"][0]["value"], abs=1e-6)
    assert record["bias"][0]["rates"] == {"ann": round(40 / 120, 6), "ben": 0.3, "cem": 1.0}
    assert record["bias"][0]["largest_difference"] == 0.4  # ann 40, ben 36 of the 60 that cem has read
    assert record["bias"][0]["widest"] == {"ben": 0.6, "cem": 1.0}
    said = "cem gives it to 100 % of the units that both have read, ben to 60 %"
    assert any(said in one for one in record["warnings"])
    names_of_rows = {one["name"] for one in record["codes"][0]["rows"]}
    assert "fleiss_kappa" in names_of_rows
    assert "cohen_kappa" not in names_of_rows


def test_machines_are_kept_apart(write: Write) -> None:
    codings = two()
    alone = agreement(write(codings), **FAST)
    codings["machine"] = codings["ann"]
    record = agreement(write(codings), **FAST)
    assert record["overall"] == alone["overall"]
    assert record["codes"] == alone["codes"]
    kinds = [(one["a"], one["b"], one["kind"]) for one in record["pairs"]]
    assert kinds == [
        ("ann", "ben", "human-human"), ("ann", "machine", "human-machine"),
        ("ben", "machine", "human-machine"),
    ]  # fmt: skip
    machine = record["machine"]
    alpha = overall(alone)["value"]
    assert machine["non_inferiority"]["human_human"] == pytest.approx(alpha, abs=1e-6)
    assert machine["non_inferiority"]["human_machine"] == pytest.approx((1 + alpha) / 2, abs=1e-6)
    assert machine["non_inferiority"]["passed"] is True
    with_machine, people = machine["rows"][1], machine["rows"][0]
    assert with_machine["low"] < with_machine["value"] < with_machine["high"]
    assert (people["low"], people["high"]) == (overall(alone)["low"], overall(alone)["high"])  # one pair
    assert machine["alt_test"] is None
    assert machine["alt_test_undefined_because"] == (
        "the alternative annotator test needs 3 people or more, and there are 2"
    )
    assert [one["coder"] for one in machine["replace_one"]["rows"]] == ["ann", "ben"]
    named = agreement(write({**two(), "gpt": two()["ann"]}), machines=["gpt"], **FAST)
    assert named["machine"]["name"] == "gpt"
    assert named["overall"] == alone["overall"]


def test_a_machine_that_says_no_to_everything_does_not_pass(write: Write) -> None:
    codings = two()
    codings["cem"] = coding(list(codings["ann"]), trust=range(2, 38), risk=range(60, 65))
    codings["machine"] = coding(list(codings["ann"]))
    machine = agreement(write(codings), **FAST)["machine"]
    assert machine["alt_test"]["passed"] is False
    assert machine["alt_test"]["n_units"] < 120
    assert machine["non_inferiority"]["passed"] is False


def test_consensus_is_adjudication_and_no_coder(write: Write) -> None:
    codings = two()
    before = agreement(write(codings), **FAST)
    codings["consensus"] = codings["ann"]
    record = agreement(write(codings), **FAST)
    assert record["overall"] == before["overall"]
    found = record["adjudication"]
    assert (found["n_units"], found["n_changed"]) == (120, 18)
    assert found["per_code"] == [
        {"code": "trust", "added": 10, "removed": 6}, {"code": "risk", "added": 2, "removed": 0},
    ]  # fmt: skip
    assert before["adjudication"] is None


def test_levels_roll_up_to_ancestors(write: Write) -> None:
    book = {
        "name": "b",
        "levels": ["theme", "code"],
        "codes": [{"id": "ties", "name": "Ties"}, {"id": "trust", "name": "Trust", "parent": "ties"},
                  {"id": "risk", "name": "Risk", "parent": "ties"}],
    }  # fmt: skip
    names = units(40)
    ann = coding(names, trust=range(20))
    ben = coding(names, risk=range(20))
    record = agreement(write({"ann": ann, "ben": ben}, book=book), **FAST)
    (level,) = record["levels"]
    assert (level["level"], level["label"]) == (1, "theme")
    alpha, gone = find(level["overall"], "masi_alpha"), find(level["overall"], "resolved_at")
    assert alpha is not None
    assert gone is not None
    assert (alpha["value"], gone["value"]) == (1.0, 1.0)
    assert overall(record)["value"] < 0.5
    assert [one["code"] for one in record["codes"]] == ["trust", "risk"]  # a mere heading is no code
    assert [one["code"] for one in level["codes"]] == ["ties"]


def test_an_exclusive_group_is_one_nominal_variable_and_numbers_are_ordinal(write: Write) -> None:
    book = {
        "name": "b",
        "codes": [{"id": f"warm={i}", "name": f"warm={i}"} for i in range(3)],
        "exclusive_groups": [[f"warm={i}" for i in range(3)]],
    }
    names = units(60)
    one = [i % 3 for i in range(60)]
    other = [min(2, level + (i % 5 == 0)) for i, level in enumerate(one)]
    codings = {
        "ann": {unit: [f"warm={level}"] for unit, level in zip(names, one, strict=True)},
        "ben": {unit: [f"warm={level}"] for unit, level in zip(names, other, strict=True)},
    }
    codings["ben"][names[0]] = []  # not answered
    for unit in units(80)[60:]:
        codings["ann"][unit] = codings["ben"][unit] = []  # not asked, perhaps
    record = agreement(write(codings, book=book), **FAST)
    (group,) = record["groups"]
    assert group["label"] == "warm"
    assert group["ordinal"] is True
    cells = [[float(level) for level in one], [None, *map(float, other[1:])]]
    for name, metric in (("krippendorff_alpha", "nominal"), ("ordinal_alpha", "ordinal")):
        found = find(group["rows"], name)
        assert found is not None
        assert found["value"] == pytest.approx(krippendorff_alpha(cells, metric=metric).value, abs=1e-6)
        assert "missing here" in found["caveats"][0]
    assert find(group["rows"], "quadratic_kappa") is not None
    assert "warm: ordinal α = " in record["results"]
    assert group["n_without"] == 20
    said = "In many units nobody gave any code of these groups: warm (20 of 80). If they were not asked there"
    assert any(one.startswith(said) for one in record["warnings"])


def test_rounds_drift_and_blindness_from_the_coverage_table(write: Write) -> None:
    codings = two()
    names = list(codings["ann"])
    more: dict[tuple[str, str], dict[str, Any]] = {
        (coder, unit): {
            "round": f"round {1 + i // 60}",
            "coded_at": f"2025-03-0{1 + i // 60}T10:{i % 60:02}",
            "blind": 1,
        }
        for coder in codings
        for i, unit in enumerate(names)
    }
    more["ben", names[0]]["blind"] = 0
    record = agreement(write(codings, more=more), **FAST)
    assert record["blindness"]["n_blind"] == 239
    assert record["blindness"]["n_assisted"] == 1
    assert record["data"]["n_multiply_coded"] == 119
    assert any(
        "1 coding made after the machine's suggestion was shown left out" in w for w in record["warnings"]
    )
    assert [(one["label"], one["n_units"]) for one in record["rounds"]] == [("round 1", 59), ("round 2", 60)]
    assert [one["n_units"] for one in record["drift"]] == [40, 40, 39]
    assert record["drift_undefined_because"] is None


def test_without_times_there_is_no_drift_and_the_reason(write: Write) -> None:
    record = agreement(write(two()), **FAST)
    assert record["drift"] is None
    assert record["drift_undefined_because"] == "it is not known when what was coded"
    assert record["rounds"] == []


def test_a_benchmark_is_applied_to_the_lower_limit_and_only_when_chosen(write: Write) -> None:
    folder = write(two())
    plain = agreement(folder, **FAST)
    assert plain["benchmark"] is None
    assert overall(plain)["band"] is None
    assert "almost perfect" not in json.dumps(plain)
    chosen = agreement(folder, benchmark="landis-koch", **FAST)
    alpha = overall(chosen)
    words = [word for lower, word in chosen["benchmark"]["bands"] if alpha["low"] >= lower]
    assert alpha["band"] == words[0]
    assert f"from the lower limit: {words[0]}." in chosen["results"]
    with pytest.raises(AgreementError, match="did you mean 'krippendorff'"):
        agreement(folder, benchmark="krippendorf", **FAST)


def test_every_point_of_the_checklist_is_answered(write: Write) -> None:
    record = agreement(write(two()), purpose="To find unclear codes.", **FAST)
    assert [one["number"] for one in record["checklist"]] == list(range(1, 23))
    assert all(one["answer"] for one in record["checklist"])
    assert {one["status"] for one in record["checklist"]} <= {"reported", "missing", "not applicable"}
    assert record["methods"].startswith("To find unclear codes. 2 people coded 120 units from 12 interviews")
    assert [one["number"] for one in record["coreq"]] == [24, 25, 26, 27]
    assert record["coreq"][0]["answer"] == "2 (ann and ben)."
    assert "[Say in one line" in agreement(write(two()), **FAST)["methods"]


# Numbers that mean nothing


def test_two_interviews_have_no_interval_and_say_so(write: Write) -> None:
    record = agreement(write(two(n_interviews=2)), **FAST)
    alpha = overall(record)
    assert alpha["value"] is not None
    assert (alpha["low"], alpha["high"], alpha["p_below_667"]) == (None, None, None)
    assert alpha["caveats"] == ["no interval: 2 interviews cannot tell how much interviews differ"]
    assert "no interval: 2 interviews" in row(record, "trust", "krippendorff_alpha")["caveats"][0]
    assert any("from 2 interviews only, too few for an interval" in warning for warning in record["warnings"])


@pytest.mark.parametrize("n_with", [1, 2])
def test_a_code_of_one_or_two_of_many_interviews_has_no_interval(write: Write, n_with: int) -> None:
    """Percent agreement has one, of all interviews."""
    names = units(240, n_interviews=12)
    with_it = [index for index, name in enumerate(names) if int(name[1:].split(".")[0]) <= n_with]
    ann, ben = coding(names, trust=with_it, risk=range(0, 240, 9)), coding(names, trust=with_it[4:])
    record = agreement(write({"ann": ann, "ben": ben}), **FAST)
    counted = f"no interval: {n_with} interview{'s' if n_with > 1 else ''} cannot tell how much interviews"
    for name in ("positive_agreement", "krippendorff_alpha", "cohen_kappa"):
        found = row(record, "trust", name)
        assert found["value"] is not None
        assert (found["low"], found["caveats"]) == (None, [f"{counted} differ"])
    assert row(record, "trust", "gwet_ac1")["low"] is not None


def test_one_person_and_a_machine_are_told_of_each_other(write: Write) -> None:
    codings = two()
    del codings["ben"]
    codings["machine"] = coding(list(codings["ann"]), trust=range(2, 38), risk=range(60, 65))
    record = agreement(write(codings), **FAST)
    alpha = record["machine"]["rows"][1]
    said = record["machine"]["sentence"]
    assert said.startswith(f"machine agrees with people at {alpha['value']:.2f}".replace("0.", "."))
    assert "95% CI [" in said
    assert "it takes two people or more" in said
    assert record["machine"]["n_units"] == 120
    assert (
        "Only one person coded these units; only agreement with the machine can be given."
        in (record["warnings"])
    )
    assert not any("nobody gave" in warning for warning in record["warnings"])


def test_fewer_than_ten_interviews_have_the_jackknife(write: Write) -> None:
    alpha = overall(agreement(write(two(n_interviews=6)), **FAST))
    assert alpha["method"] == "jackknife of interviews"
    assert "only 6 interviews: the interval is rough" in alpha["caveats"]


def test_constant_coders_have_no_alpha(write: Write) -> None:
    names = units(40)
    always = coding(names, trust=range(40))
    record = agreement(write({"ann": always, "ben": always}), **FAST)
    for one in (overall(record), row(record, "trust", "krippendorff_alpha")):
        assert one["value"] is None
        assert one["undefined_because"] == "all values are the same, so agreement cannot be told from chance"
    assert "is undefined: all values are the same" in record["results"]


def test_high_percentages_by_chance_are_told_in_words(write: Write) -> None:
    names = units(120)
    ann, ben = coding(names, trust=range(12)), coding(names, trust=range(11, 23))
    record = agreement(write({"ann": ann, "ben": ben}), **FAST)
    said = next(warning for warning in record["warnings"] if warning.startswith("Trust: "))
    assert said.startswith(
        "Trust: the coders agree on 82 % of the units, but that is what chance alone would give (82 %): "
        "alpha is -.01"
    )


def test_less_agreement_than_chance_is_not_called_what_chance_gives(write: Write) -> None:
    """Ann gives it to all of 40 units, Ben to half: 50 % agree; shares of .75 and .25 would bring 62 %."""
    names = units(40)
    ann, ben = coding(names, trust=range(40)), coding(names, trust=range(20))
    said = agreement(write({"ann": ann, "ben": ben}), **FAST)["warnings"]
    expected = "Trust: the coders agree on 50 % of the units, but chance alone would give more (62 %): "
    assert any(warning.startswith(expected) for warning in said)


def test_assumed_coverage_is_told(write: Write) -> None:
    record = agreement(write(two(), coverage=False), **FAST)
    assert any("Who looked at what was assumed" in warning for warning in record["warnings"])
    assert record["checklist"][6]["status"] == "missing"


@pytest.mark.parametrize(
    ("codings", "message"),
    [
        ({"ann": two()["ann"]}, r"only one person \('ann'\)"),
        (
            {"ann": coding(units(10), trust=range(5)), "ben": coding(units(30)[20:], trust=range(5))},
            "no unit was looked at by two coders",
        ),
    ],
)
def test_nothing_to_compare_is_one_sentence(write: Write, codings: Any, message: str) -> None:
    with pytest.raises(AgreementError, match=message):
        agreement(write(codings), **FAST)


def test_only_assisted_codings_are_no_agreement(write: Write) -> None:
    codings = two()
    more = {(coder, unit): {"blind": 0} for coder in codings for unit in codings[coder]}
    with pytest.raises(AgreementError, match="240 codings made after a suggestion was shown do not count"):
        agreement(write(codings, more=more), **FAST)


def test_one_person_and_a_machine_have_only_the_pair(write: Write) -> None:
    record = agreement(write({"ann": two()["ann"], "machine": two()["ben"]}), **FAST)
    assert overall(record)["value"] is None
    assert record["pairs"][0]["kind"] == "human-machine"
    assert record["pairs"][0]["rows"][0]["value"] is not None
    assert "two people or more" in record["machine"]["sentence"]


def test_a_table_in_which_nobody_gave_a_code_is_told(tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv"
    path.write_text("unit,coder,code\nu1,ann,\nu1,ben,\n", encoding="utf-8")
    with pytest.raises(AgreementError, match=r"ratings\.csv: nobody gave any code; --codebook says"):
        agreement(path, **FAST)


def test_unknown_names_are_told_with_the_nearest(write: Write) -> None:
    folder = write(two())
    with pytest.raises(AgreementError, match="--coder anne: no such coder; did you mean 'ann'"):
        agreement(folder, coders=["anne"], **FAST)
    with pytest.raises(AgreementError, match="only one person"):
        agreement(folder, coders=["ann"], **FAST)


# Published data


@pytest.mark.shared
def test_subjectiveqa_agrees_by_chance(shared: Path) -> None:
    record = agreement(shared / "data" / "subjectiveqa", replicates=200)
    relevant = next(one for one in record["groups"] if one["label"] == "relevant")
    complete = {one["name"]: one["value"] for one in relevant["rows"]}
    assert relevant["n_without"] == 0
    assert complete["krippendorff_alpha_complete"] == pytest.approx(0.054, abs=0.0005)
    assert complete["percent_agreement_complete"] == pytest.approx(0.67, abs=0.005)
    said = next(one for one in record["warnings"] if one.startswith("relevant: "))
    assert "66 % of the units, but that is what chance alone would give (64 %): alpha is .05" in said
    assert said.endswith("(on the units with all codings 67 %, alpha .054).")


# Kumar et al., replication data (MIT), annotations/table_kappa.csv: quadratic weighted kappas of experts
# 1 and 2, 2 and 3, 3 and 1, for the twelve dimensions whose conversations we have.
PUBLISHED = {
    "advice_giving": (0.70, 0.69, 0.54),
    "demonstrating_understanding": (0.47, 0.43, 0.37),
    "dismissing_emotions": (0.35, 0.51, 0.49),
    "encouraging_elaboration": (0.69, 0.73, 0.62),
    "self_oriented": (0.82, 0.52, 0.70),
    "validating_emotions": (0.25, 0.58, 0.39),
    "empathy": (0.51, 0.62, 0.53),
    "relevance": (0.44, 0.58, 0.49),
    "fluency": (0.28, 0.11, 0.41),
    "level_emotional_reactions": (0.35, 0.56, 0.53),
    "level_explorations": (0.76, 0.84, 0.74),
    "level_interpretations": (0.26, 0.62, 0.29),
}
EXPERTS = (("expert1", "expert2"), ("expert2", "expert3"), ("expert1", "expert3"))


@pytest.mark.shared
@pytest.mark.slow
def test_published_weighted_kappas_between_experts(shared: Path) -> None:
    """35 of 36 to two decimals; the 36th was published as if a level that nobody gave did not exist."""
    panel = read_panel(shared / "data" / "empathy")
    record = agreement(panel, machines=["llm-pooled"], replicates=100)
    found = {
        (group["label"].rpartition("/")[2], pair["a"], pair["b"]): one["value"]
        for group in record["groups"]
        for pair in group["pairs"]
        if pair["kind"] == "human-human"
        if (one := find(pair["rows"], "quadratic_kappa")) is not None
    }
    published = {
        (dimension, *pair): kappa
        for dimension, kappas in PUBLISHED.items()
        for pair, kappa in zip(EXPERTS, kappas, strict=True)
    }
    assert found.keys() == published.keys()
    other = [key for key, kappa in published.items() if abs(found[key] - kappa) > 0.005]
    assert other == [("self_oriented", "expert1", "expert2")]

    def rank(code: str) -> int:  # nobody gave a 4, so 3 and 5 were taken for neighbours
        return [1, 2, 3, 5].index(int(code.partition("=")[2]))

    units = [unit for unit in panel.units if unit.startswith("emp-lend")]
    ranks = [
        [next(rank(code) for code in panel.humans[expert][unit] if code.startswith("lend/self_oriented="))
         for unit in units]
        for expert in ("expert1", "expert2")
    ]  # fmt: skip
    assert cohen_kappa(ranks, weights="quadratic").value == pytest.approx(0.82, abs=0.005)


def test_what_a_machine_and_the_consensus_did_is_no_blind_coding_by_people(write: Write) -> None:
    codings = two()
    names = list(codings["ann"])
    codings |= {"machine": codings["ann"], "consensus": codings["ben"]}
    blind = {(coder, unit): {"blind": 1} for coder in ("ann", "ben") for unit in names}
    blind |= {("machine", unit): {"blind": 0} for unit in names}
    record = agreement(write(codings, more=blind), **FAST)
    said = "240 codings of 240 were made blind to the machine's suggestions."
    assert record["blindness"]["sentence"] == said
    assert record["machine"]["n_units"] == 120
    only = agreement(write({**codings, "cem": codings["ben"]}, more=blind), coders=["ann", "ben"], **FAST)
    assert only["blindness"]["sentence"] == said


def test_who_shares_no_unit_with_anybody_did_not_agree(write: Write) -> None:
    """Ann and Ben coded 120 units twice, Cem others alone, as in most reliability samples."""
    alone = agreement(write(two()), **FAST)
    others = units(180)[120:]
    record = agreement(write({**two(), "cem": coding(others, trust=range(60))}), **FAST)
    assert record["overall"] == alone["overall"]
    for name in ("cohen_kappa", "bias_index", "prevalence_index"):
        assert row(record, "trust", name) == row(alone, "trust", name)
    assert record["codes"][0]["positives"] == {"ann": 40, "ben": 36}
    assert record["data"]["n_coders_compared"] == 2
    assert "the agreement of 2 coders on the whole codebook" in record["results"]
    assert not any("more generous" in one for one in record["warnings"])


def test_who_differs_is_seen_on_units_that_both_have_read(write: Write) -> None:
    """Ann and Ben share units of which all have trust, Ben and Cem others that have none: nobody differs."""
    names = units(120)
    codings = {
        "ann": coding(names[:60], trust=range(60)),
        "ben": coding(names, trust=range(60)),
        "cem": coding(names[60:]),
    }
    record = agreement(write(codings), **FAST)
    (bias,) = record["bias"]
    assert bias["rates"] == {"ann": 1.0, "ben": 0.5, "cem": 0.0}
    assert bias["largest_difference"] == 0
    assert not any("more generous" in one for one in record["warnings"])


def test_a_group_has_its_own_number_of_units_and_coders(write: Write) -> None:
    book = {
        "name": "b",
        "codes": [{"id": id, "name": id} for id in ("warm", "cold", "risk")],
        "exclusive_groups": [["warm", "cold"]],
    }
    names = units(60)
    one = coding(names, warm=range(30), cold=range(30, 50))
    other = coding(names, warm=range(28), cold=range(28, 50))
    third = coding(names, risk=range(5))
    record = agreement(write({"ann": one, "ben": other, "cem": third}, book=book), **FAST)
    (group,) = record["groups"]
    assert group["n_units"] == 50
    assert find(group["rows"], "cohen_kappa") is not None  # Cem never answered it


def test_limits_lie_where_there_are_values_and_almost_all_is_not_all(write: Write) -> None:
    names = units(12, 3)
    ann, ben = coding(names, trust=range(6)), coding(names, trust=[0, *range(6, 11)])
    record = agreement(write({"ann": ann, "ben": ben}), **FAST)
    for one in [*record["overall"], *(one for code in record["codes"] for one in code["rows"])]:
        assert one["low"] is None or one["low"] >= (0 if "agreement" in one["name"] else -1), one
    names = units(600)
    most = agreement(
        write({"ann": coding(names, trust=range(200)), "ben": coding(names, trust=range(199))}),
        level=0.999, **FAST,
    )  # fmt: skip
    assert "exactly the same codes to > 99 % of the units" in most["results"]
    assert "= >.99, 99.9% CI [" in most["results"]


@pytest.mark.parametrize(("n_groups", "level"), [(10, 0.95), (12, 0.9), (200, 0.95)])
def test_a_limit_and_the_probability_below_it_say_the_same(n_groups: int, level: float) -> None:
    """The lower limit of a 95 % interval is a value below which alpha lies with probability .025."""
    values = np.random.default_rng(1).normal(0.7, 0.1, 200_000)
    options = {"method": "m", "n_groups": n_groups, "level": level, "expanded": True}
    found = summarise(values, **options)
    below = summarise(values, thresholds=[found.low, found.high, -9.0, 9.0], **options).below
    tail = (1 - level) / 2
    assert list(below.values()) == pytest.approx([tail, 1 - tail, 0, 1], abs=2e-4)


def test_nothing_is_said_of_limits_or_independence_that_nobody_knows(write: Write) -> None:
    from autocode.reliability.contents.results import in_short

    names = units(40, 2)
    two_interviews = {"ann": coding(names, trust=range(20)), "ben": coding(names, trust=range(18))}
    record = agreement(write(two_interviews), **FAST)
    assert "lower limit" not in str(in_short(record))
    assert "No intervals could be made." in record["methods"]
    assert "PABAK, without intervals" in record["checklist"][7]["answer"]
    trust = next(one for one in record["srqr"] if one["item"].startswith("Techniques"))
    assert "[say whether independently]; coefficients without intervals" in trust["answer"]
    assert "before differences were discussed" not in record["methods"]


def test_a_pair_of_people_without_alpha_does_not_make_people_agree(write: Write) -> None:
    """Ann and Ben never gave a code; with Cem they agree less than by chance, and it is said."""
    names = units(120)
    nothing = coding(names)
    codings = {"ann": nothing, "ben": nothing, "cem": coding(names, trust=range(40))}
    record = agreement(write({**codings, "machine": coding(names, trust=range(40))}), **FAST)
    people = find(record["machine"]["rows"], "human_human")
    assert people is not None
    assert people["value"] is not None
    assert f"with each other at {people['value']:.2f}".replace("0.", ".") in record["machine"]["sentence"]
    assert "so being like them says little" in record["machine"]["sentence"]
