"""`autocode evaluate` in Python: what metrics.json holds, leakage, human ceiling, and the page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score, f1_score

from autocode.agreement import krippendorff_alpha
from autocode.codebook import Codebook
from autocode.codebook.code import Code
from autocode.config import EmbedConfig, Settings
from autocode.dataset import CodedDataset, Codings, read_dataset
from autocode.errors import LearnError
from autocode.evaluate import metrics
from autocode.evaluate.page import write_page
from autocode.evaluate.people import agreement_with_people, human_ceiling, on_ceiling
from autocode.evaluate.run import Plan, _why_nothing, duplicates, evaluate, unit_groups
from autocode.learn.dial import Side
from autocode.learn.labels import labels_of_codings
from autocode.learn.learner import learn
from autocode.pipeline import Coder
from autocode.training import dial_of, signals_of

QUESTIONS = ["How was it with the partner?", "And then?"]
SAID = {
    "trust": [
        "We trust them and never check",
        "I rely on their promise",
        "There is trust, they kept their word",
    ],
    "conflict": ["We quarrelled about the invoices", "The lawyer was called", "They blamed us and we fought"],
    None: ["The office is near the harbour", "My train was late", "Lunch is at twelve in the canteen"],
}
ENDS = ["", " last year", " in the north", " of course", " as I said", " at first", " with the new one"]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> CodedDataset:
    """Eight invented interviews of ten answers, an exclusive pair of codes."""
    folder, rng = tmp_path_factory.mktemp("evaluate"), np.random.default_rng(0)
    rows: dict[str, list[dict[str, Any]]] = {"utterances": [], "codes": [], "coverage": []}
    for interview in range(8):
        for turn in range(20):
            unit, asks = f"i{interview}-{turn}", turn % 2 == 0
            code = list(SAID)[int(rng.integers(3))]
            pick = QUESTIONS if asks else SAID[code]
            text = pick[int(rng.integers(len(pick)))] + ("" if asks else ENDS[int(rng.integers(7))])
            rows["utterances"].append(
                {
                    "transcript_id": f"i{interview}", "utterance_id": unit, "speaker": "I" if asks else "R",
                    "role": "interviewer" if asks else "respondent", "text": text,
                    "meta": {"firm": f"f{interview // 2}"},
                }
            )  # fmt: skip
            if not asks:
                rows["coverage"].append({"utterance_id": unit, "coder": "anna"})
                if code:
                    rows["codes"].append({"utterance_id": unit, "coder": "anna", "code": code})
    for name, lines in rows.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    book = {"name": "b", "codes": [{"code": "trust"}, {"code": "conflict"}, {"code": '<b>&"x"'}]}
    (folder / "codebook.json").write_text(json.dumps(book))
    return read_dataset(folder)


@pytest.fixture(scope="module")
def coder(dataset: CodedDataset) -> Coder:
    return Coder(dataset.codebook, settings=Settings(embed=EmbedConfig(encoder="hashing")))


@pytest.fixture(scope="module")
def result(dataset: CodedDataset, coder: Coder) -> dict[str, Any]:
    return evaluate(dataset, coder, Plan(n_folds=4))


def test_the_contract(result: dict[str, Any]) -> None:
    assert (result["n_utterances"], result["n_codes"], result["folds"]) == (80, 2, 4)
    assert result["group_by"] == "transcript_id"
    wanted = {"precision", "recall", "f1", "kappa", "alpha", "support"}
    assert all(wanted <= row.keys() for row in result["per_code"].values())
    assert {"ece", "brier"} <= result["calibration"].keys()
    assert {"target_error", "coverage", "observed_error"} <= result["auto_accept"].keys()
    assert {"majority", "tfidf_lr", "dense_lr", "zero_shot"} == result["baselines"].keys()
    assert json.loads(json.dumps(result, allow_nan=False)) == result


def test_every_measure_has_its_interval(result: dict[str, Any]) -> None:
    rows = [result, *result["baselines"].values()]
    for row in rows:
        for name, one in row["intervals"].items():
            assert one["value"] == row[name]
            assert one["low"] is None or 0.0 <= one["low"] <= one["value"] <= one["high"] <= 1.0
    assert [one["method"] for one in result["intervals"].values()] == ["jackknife"] * 3
    apart = result["baselines"]["zero_shot"]["difference"]["micro_f1"]
    gap = result["micro_f1"] - result["baselines"]["zero_shot"]["micro_f1"]
    assert apart["low"] < apart["value"] == pytest.approx(gap, abs=2e-4)
    assert all(row["intervals"].keys() == {"f1", "kappa", "alpha"} for row in result["per_code"].values())


def test_it_learns_what_is_there_to_learn(result: dict[str, Any]) -> None:
    assert result["macro_f1"] > 0.8
    assert result["baselines"]["majority"]["macro_f1"] == 0.0


def test_the_same_again(dataset: CodedDataset, coder: Coder, result: dict[str, Any]) -> None:
    again = evaluate(dataset, coder, Plan(n_folds=4))
    assert {**again, "timings": None} == {**result, "timings": None}


def test_shuffled_codes_give_chance(dataset: CodedDataset, coder: Coder) -> None:
    units = dataset.codings.by_coder["anna"]
    order = np.random.default_rng(1).permutation(len(units))
    sets = list(units.values())
    shuffled = {unit: sets[row] for unit, row in zip(units, order, strict=True)}
    found = evaluate(replace(dataset, codings=Codings({"anna": shuffled})), coder, Plan(n_folds=4))
    assert all(abs(row["kappa"]) < 0.3 for row in found["per_code"].values())
    assert found["auto_accept"]["accepted"] == 0.0


def test_fewer_interviews_to_learn_from(dataset: CodedDataset, coder: Coder, result: dict[str, Any]) -> None:
    small = evaluate(dataset, coder, Plan(n_folds=4, train_size=1))
    assert (small["train_size"], small["n_learnt_from"], result["n_learnt_from"]) == (1, 10.0, 60.0)
    alphas = [one["agreement"]["rows"][0]["value"] for one in (small, result)]
    assert alphas[0] < alphas[1]
    assert small["macro_f1"] < result["macro_f1"]
    with pytest.raises(LearnError, match="only 6 interviews"):
        evaluate(dataset, coder, Plan(n_folds=4, train_size=7))


def test_agreement_with_people_is_the_alpha_of_each_of_them(dataset: CodedDataset) -> None:
    """Anna's own codes stand in for the machine's; Ben says trust wherever she says conflict."""
    anna = dict(dataset.codings.by_coder["anna"])
    some = list(anna)[:40]
    ben = {unit: frozenset({"trust"}) if anna[unit] else frozenset[str]() for unit in some}
    both = replace(dataset, codings=Codings({"anna": anna, "ben": ben}))
    labels = labels_of_codings({"anna": anna}, dataset.codebook, order=list(anna))
    groups = [unit.partition("-")[0] for unit in labels.unit_ids]
    found = agreement_with_people(both, labels, labels.values == 1, groups, [0, 1], seed=0)
    sets = [[*anna.values(), *ben.values()], [*anna.values(), *(anna[unit] for unit in some)]]
    assert (found["n_codings"], found["n_interviews"]) == (120, 8)
    assert found["rows"][0]["value"] == pytest.approx(krippendorff_alpha(sets, metric="masi").value, abs=1e-6)
    assert found["rows"][0]["method"] == "jackknife of interviews"
    wider = agreement_with_people(both, labels, labels.values == 1, groups, [0, 1], widened=1.5, seed=0)
    near, far = found["rows"][0], wider["rows"][0]
    assert near["value"] - near["low"] == pytest.approx((far["value"] - far["low"]) / 1.5, abs=1e-5)
    assert far["method"] == "jackknife of interviews, corrected for overlapping training sets"


def test_groups_other_than_transcripts(dataset: CodedDataset, coder: Coder) -> None:
    found = evaluate(dataset, coder, Plan(n_folds=9, group_by="meta.firm"))
    assert (found["n_groups"], found["folds"]) == (4, 4)
    assert found["warnings"][-1] == "4 groups by meta.firm make 4 folds, and not 9"
    with pytest.raises(LearnError, match=r"meta\.nothing: utterance 'i0-1' has no such field"):
        unit_groups(dataset.transcripts, "meta.nothing", dataset.codings.units)


@pytest.mark.parametrize(
    ("field", "meta"),
    [
        ("meta.firm", {"firm": "f"}),
        ("firm", {"firm": "f"}),
        ("meta.firm", {"meta.firm": "f", "firm": "g"}),
        ("meta.firm.name", {"firm": {"name": "f"}}),
        ("meta.firm.name", {"firm.name": "f"}),
        ("role", {"role": "g"}),
    ],
)
def test_a_field_is_found_as_it_stands_or_one_level_down(
    dataset: CodedDataset, field: str, meta: dict[str, Any]
) -> None:
    turn = replace(dataset.transcripts[0].turns[1], meta=meta)
    transcript = replace(dataset.transcripts[0], turns=(turn,))
    found = unit_groups([transcript], field, {str(turn.unit_id)})
    assert found == {turn.unit_id: "respondent" if field == "role" else "f"}


def test_one_interview_is_not_enough(dataset: CodedDataset, coder: Coder) -> None:
    units = {u: c for u, c in dataset.codings.by_coder["anna"].items() if u.startswith("i0-")}
    with pytest.raises(LearnError, match="two interviews or more"):
        evaluate(replace(dataset, codings=Codings({"anna": units})), coder, Plan())


def test_the_human_ceiling(dataset: CodedDataset, coder: Coder) -> None:
    with pytest.raises(LearnError, match="no two coders"):
        evaluate(dataset, coder, Plan(n_folds=4, human_ceiling=True))
    units = dataset.codings.by_coder["anna"]
    other = {u: (frozenset() if i % 5 == 0 else codes) for i, (u, codes) in enumerate(units.items())}
    two = replace(dataset, codings=Codings({"anna": units, "ben": other}))
    human = evaluate(two, coder, Plan(n_folds=4, human_ceiling=True))["human"]
    assert human["coders"].keys() == {"anna", "ben"}
    assert 0.8 < human["macro_f1"] < 1.0
    assert human["n_units"] == human["autocode"]["n_units"] == len(units)


@pytest.mark.parametrize("exclusive", [False, True])
@pytest.mark.parametrize("n_people", [2, 3, 4])
def test_one_more_coder_like_the_others_gets_what_people_get(
    dataset: CodedDataset, exclusive: bool, n_people: int
) -> None:
    """The last of the coders stands in the machine's place."""
    rng, names, n = np.random.default_rng(0), ["p", "q", "r"], 4000
    units = [f"u{row}" for row in range(n)]
    codes = [Code(id=name, name=name) for name in names]
    book = Codebook(name="b", codes=codes, exclusive_groups=[names] if exclusive else [])
    if exclusive:
        meant = rng.choice(3, n, p=[0.1, 0.3, 0.6])
        given = [np.where(rng.random(n) < 0.4, rng.integers(0, 3, n), meant) for _ in range(n_people + 1)]
        said = [np.arange(3) == one[:, None] for one in given]
    else:
        true = rng.random((n, 3)) < 0.2
        said = [true ^ (rng.random((n, 3)) < 0.15) for _ in range(n_people + 1)]
    coded = [
        {unit: frozenset(np.array(names)[row]) for unit, row in zip(units, one, strict=True)} for one in said
    ]
    people = {f"coder {number}": one for number, one in enumerate(coded[:-1])}
    labels = labels_of_codings(people, book, order=units)
    simulated = replace(dataset, codebook=book, codings=Codings(people))
    human = human_ceiling(simulated, labels, [0, 1, 2], said[-1], np.arange(n) % 20, seed=0)
    machine = human["autocode"]
    for key in ("macro_f1", "micro_f1", "exact_set", "mean_kappa"):
        assert machine[key] == pytest.approx(human[key], abs=0.03), key
    for name in names:
        assert machine["per_code"][name]["f1"] == pytest.approx(human["per_code"][name]["f1"], abs=0.05)
    for group, row in human["groups"].items():
        assert machine["groups"][group]["accuracy"] == pytest.approx(row["accuracy"], abs=0.03)
    for name, apart in human["difference"].items():
        assert apart["value"] == pytest.approx(machine[name] - human[name], abs=2e-4)
        assert apart["low"] < 0 < apart["high"]


def test_people_and_machine_have_the_same_references(dataset: CodedDataset) -> None:
    """A machine that says what coders themselves say gets their numbers, weighted by their units."""
    anna = {unit: codes & {"trust"} for unit, codes in dataset.codings.by_coder["anna"].items()}
    units = list(anna)
    ben = {unit: frozenset({"trust"}) for unit in units[:40]}
    cleo = {unit: anna[unit] if row % 2 else frozenset[str]() for row, unit in enumerate(units[20:30])}
    two = replace(dataset, codings=Codings({"anna": anna, "ben": ben}))
    labels = labels_of_codings({"anna": anna}, dataset.codebook, order=units)
    groups = np.arange(len(units)) // 10
    human = human_ceiling(two, labels, [0], labels.values == 1, groups, seed=0)
    own = [human["coders"][name]["macro_f1"] for name in ("anna", "ben")]
    assert human["macro_f1"] == own[0] == own[1]
    assert human["autocode"]["macro_f1"] == pytest.approx((own[0] + 1.0) / 2, abs=1e-4)
    three = replace(dataset, codings=Codings({"anna": anna, "ben": ben, "cleo": cleo}))
    human = human_ceiling(three, labels, [0], labels.values == 1, groups, seed=0)
    n_units = [one["n_units"] for one in human["coders"].values()]
    assert (n_units, human["n_units"]) == ([40, 40, 10], 40)
    expected = np.average([one["micro_f1"] for one in human["coders"].values()], weights=n_units)
    assert human["micro_f1"] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(
    ("places", "told"),
    [
        ([0], ["1 utterance that two people coded, which is too few to lean on"]),
        (range(19), ["19 utterances that two people coded, which is too few to lean on"]),
        (range(20), []),
    ],
)
def test_a_human_ceiling_of_few_utterances_has_a_caution(
    dataset: CodedDataset, coder: Coder, places: Sequence[int], told: list[str]
) -> None:
    anna = dataset.codings.by_coder["anna"]
    ben = {unit: anna[unit] for unit in (list(anna)[place] for place in places)}
    two = replace(dataset, codings=Codings({"anna": anna, "ben": ben}))
    found = evaluate(two, coder, Plan(n_folds=4, human_ceiling=True))
    assert found["human"]["n_units"] == len(places)
    warned = [w for w in found["warnings"] if "human ceiling" in w]
    assert warned == [f"the human ceiling rests on {one}" for one in told]
    assert ("one coder against the majority" in write_page(found)) == (not told)


def test_a_human_ceiling_of_one_interview_has_a_caution(dataset: CodedDataset) -> None:
    turns = tuple(turn for one in dataset.transcripts for turn in one.turns)
    both = Codings({"anna": dataset.codings.by_coder["anna"], "ben": dataset.codings.by_coder["anna"]})
    one = replace(dataset, codings=both, transcripts=(replace(dataset.transcripts[0], turns=turns),))
    assert on_ceiling(replace(dataset, codings=both)) is None
    assert on_ceiling(one) == (
        "the human ceiling rests on 80 utterances of one interview, which may not be like the others"
    )


def test_machines_are_no_people_and_what_was_agreed_is_no_coder(dataset: CodedDataset, coder: Coder) -> None:
    """Ben and anna both looked at some units, on which they agreed that nothing applies."""
    anna = dataset.codings.by_coder["anna"]
    some = list(anna)[:24]
    nothing = dict.fromkeys(some, frozenset[str]())
    by_coder = {
        "anna": anna, "ben": {unit: anna[unit] for unit in some}, "consensus": nothing,
        "machine-x": dict.fromkeys(anna, frozenset({"trust", "conflict"})),
    }  # fmt: skip
    found = evaluate(replace(dataset, codings=Codings(by_coder)), coder, Plan(n_folds=4))
    agreed = {**anna, **nothing}
    for code in ("trust", "conflict"):
        assert found["per_code"][code]["support"] == sum(code in codes for codes in agreed.values())
    assert found["human"]["coders"].keys() == {"anna", "ben"}
    assert (found["human"]["macro_f1"], found["human"]["autocode"]["n_units"]) == (1.0, 24)
    assert [w for w in found["warnings"] if "machine-x" in w]
    only = replace(dataset, codings=Codings({"machine-x": by_coder["machine-x"]}))
    with pytest.raises(LearnError, match="all codes are by machines"):
        evaluate(only, coder, Plan())


def test_metrics_are_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    truth, chosen = (rng.random((200, 4)) < 0.3).astype(float), rng.random((200, 4)) < 0.3
    rows = metrics.per_code(truth, chosen, list("abcd"))
    for column, row in enumerate(rows.values()):
        assert row["f1"] == pytest.approx(f1_score(truth[:, column], chosen[:, column]), abs=1e-4)
        expected = cohen_kappa_score(truth[:, column], chosen[:, column].astype(int))
        assert row["kappa"] == pytest.approx(expected, abs=1e-4)
    found = metrics.overall(truth, chosen, [0, 1, 2, 3])
    assert found["macro_f1"] == pytest.approx(f1_score(truth, chosen, average="macro"), abs=1e-4)
    assert found["micro_f1"] == pytest.approx(f1_score(truth, chosen, average="micro"), abs=1e-4)
    assert found["exact_set"] == pytest.approx((truth == chosen).all(axis=1).mean(), abs=1e-4)


def test_an_exclusive_group_counts_units_for_which_nothing_was_chosen_as_wrong() -> None:
    """Four units carry a code of the group, two of them rightly chosen, one wrongly, one not at all.

    Chance agreement is 1/2 * 2/4 + 1/2 * 1/4 = 3/8, so kappa is (2/4 - 3/8) / (5/8) = 0.2. F1 is 4/5 and 0.
    """
    truth = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [0, 0]], float)
    chosen = np.array([[1, 0], [1, 0], [1, 0], [0, 0], [0, 1]], bool)
    assert metrics.exclusive_group(truth, chosen, [0, 1]) == {
        "macro_f1": 0.4, "kappa": 0.2, "accuracy": 0.5, "n_units": 4,
    }  # fmt: skip


@pytest.mark.parametrize("always", [True, False])
def test_one_code_of_an_exclusive_group_where_people_always_give_one(
    dataset: CodedDataset, coder: Coder, always: bool
) -> None:
    """A third of the units carries neither code; without them, each carries one."""
    group = ("trust", "conflict")
    book = dataset.codebook.model_copy(update={"exclusive_groups": (group,)})
    units = {u: codes for u, codes in dataset.codings.by_coder["anna"].items() if codes or not always}
    one = replace(dataset, codebook=book, codings=Codings({"anna": units}))
    found = evaluate(one, Coder(book, settings=coder.settings), Plan(n_folds=4))
    chosen = sum(found["per_code"][code]["n_suggested"] for code in group)
    majority = found["baselines"]["majority"]
    assert found["groups"]["trust | conflict"]["accuracy"] > 0.85
    if always:
        assert chosen == len(units)
        most = max(found["per_code"][code]["support"] for code in group) / len(units)
        assert majority["micro_f1"] == majority["groups"]["trust | conflict"]["accuracy"] <= most + 1e-4
    else:
        assert chosen < 0.8 * len(units)
        assert found["exact_set"] > 0.85
        assert majority["micro_f1"] == 0.0


def test_the_codebook_alone_is_measured_as_it_suggests(dataset: CodedDataset, coder: Coder) -> None:
    """Of an exclusive group, too, although each of these units has a code of it."""
    book = dataset.codebook.model_copy(update={"exclusive_groups": (("trust", "conflict"),)})
    units = {u: codes for u, codes in dataset.codings.by_coder["anna"].items() if codes}
    one = replace(dataset, codebook=book, codings=Codings({"anna": units}))
    own = Coder(book, settings=coder.settings)
    suggested = {u: s for t in one.transcripts for u, s in own.code(t).suggestions.items() if u in units}
    assert not all(suggested.values())
    labels = labels_of_codings({"anna": units}, book, order=list(units))
    chosen = np.array([[any(s.code_id == c for s in suggested[u]) for c in book.ids] for u in units])
    told = evaluate(one, own, Plan(n_folds=4))["baselines"]["zero_shot"]
    expected = metrics.overall(labels.values, chosen, [0, 1])
    assert {key: told[key] for key in expected} == expected


def test_calibration_of_honest_and_of_boastful_probabilities() -> None:
    rng = np.random.default_rng(0)
    p = rng.random((5000, 1))
    y = (rng.random((5000, 1)) < p).astype(float)
    assert metrics.calibration(y, p, [0])["ece"] < 0.02
    assert metrics.calibration(y, np.where(p > 0.5, 0.99, 0.01), [0])["ece"] > 0.2


def test_what_is_said_twice_in_different_interviews_is_reported() -> None:
    texts = ["We are all very tired now", "we are  all very tired now", "yes yes", "yes yes"]
    assert duplicates(texts, np.array([0, 1, 2, 3])) == {"n_texts": 1, "n_units": 2}
    assert duplicates(texts, np.array([0, 0, 2, 2])) == {"n_texts": 0, "n_units": 0}


# The page


class Balanced(HTMLParser):
    """Fails on a tag that is not closed where it should be."""

    VOID = frozenset({"meta", "br", "use", "path", "stop"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        assert tag != "script"
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None: ...

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


def check_page(result: dict[str, Any]) -> str:
    page = write_page(result)
    parser = Balanced()
    parser.feed(page)
    assert parser.open == []
    assert page == write_page(result)
    for reference in ('src="http', 'href="http', "@import", "url(http"):
        assert reference not in page
    return page


def test_the_page_says_what_was_measured(result: dict[str, Any]) -> None:
    page = check_page(result)
    for number in (result["macro_f1"], result["micro_f1"], result["calibration"]["ece"]):
        assert f"{number:.3f}" in page
    assert "TF-IDF + logistic regression" in page


def test_the_page_of_odd_results(result: dict[str, Any]) -> None:
    row = {**result["per_code"]["trust"], "f1": None, "kappa": None}
    odd = {
        **result,
        "per_code": {f'<b>&"x$" {number}': row for number in range(100)},
        "human": {
            "n_units": 60,
            "macro_f1": 0.5,
            "micro_f1": None,
            "exact_set": 0.4,
            "per_code": {},
            "groups": {},
            "autocode": {"macro_f1": 0.4, "per_code": {}, "groups": {}},
        },
        "groups": {"a | b": {"macro_f1": 0.5, "kappa": None}},
        "confusion": [],
        "warnings": ["<script>alert(1)</script>"],
        "learning_curve": [
            {"train_size": n, "macro_f1": n / 10, "micro_f1": n / 9, "exact_set": 0.1} for n in (1, 2, 4)
        ],
    }
    page = check_page(odd)
    assert "<script>" not in page
    assert "<b>&amp;" not in page
    assert "What more coding would bring" in page
    assert "One coder against the others" in page


@pytest.mark.shared
@pytest.mark.model
@pytest.mark.slow
def test_pdpilot_learnt_beats_zero_shot(shared: Path) -> None:
    dataset = read_dataset(shared / "data" / "pdpilot")
    found = evaluate(dataset, Coder(dataset.codebook), Plan(n_folds=7))
    assert found["folds"] == found["n_groups"] == 7
    zero_shot = found["baselines"]["zero_shot"]["ranking"]["recall_at_5"]
    assert found["ranking"]["recall_at_5"] > zero_shot


def test_one_interview_promises_nothing(dataset: CodedDataset, coder: Coder) -> None:
    """Where single utterances are left out, the dial still counts interviews: there is one."""
    taught = dataset.codings.to_learn_from()
    labels = labels_of_codings(taught.by_coder, dataset.codebook, order=dataset.unit_ids)
    signals = signals_of(coder, dataset.transcripts, set(labels.unit_ids))
    one = replace(signals, groups=("i0",) * len(signals))
    dial = dial_of(learn(one, labels, dataset.codebook), 0.2, 0.95)
    assert dial.n_interviews == 1
    assert dial.accept.threshold is dial.reject.threshold is None


def test_what_cannot_be_is_refused_before_anything_is_learnt(dataset: CodedDataset, coder: Coder) -> None:
    def learnt(_: int) -> None:
        raise AssertionError("it has begun to learn")

    with pytest.raises(LearnError, match="there are only 6 interviews to train on"):
        evaluate(dataset, coder, Plan(n_folds=4, train_size=7), fold_done=learnt)
    with pytest.raises(LearnError, match="no human ceiling"):
        evaluate(dataset, coder, Plan(n_folds=4, human_ceiling=True), fold_done=learnt)
    empty = [
        replace(one, turns=tuple(replace(turn, meta={**turn.meta, "firm": " "}) for turn in one.turns))
        for one in dataset.transcripts
    ]
    with pytest.raises(LearnError, match="has no such field"):
        unit_groups(empty, "meta.firm", set(dataset.unit_ids))


def test_how_many_more_is_counted_from_what_is_coded(dataset: CodedDataset, coder: Coder) -> None:
    """Folds learn from six of eight interviews; what is missing to the dial is two less."""
    result = evaluate(dataset, coder, Plan(n_folds=4, target_error=0.2))
    small = evaluate(dataset, coder, Plan(n_folds=4, target_error=0.2, train_size=2))
    more = [one["auto_accept"]["more_interviews"]["accept"] for one in (result, small)]
    assert all(n is None or 0 < n < 20 for n in more)
    whole = evaluate(replace(dataset, folder=Path()), coder, Plan(n_folds=2))
    assert whole["dataset"] == Path.cwd().name


def test_texts_without_a_word_are_no_reason_to_stop(dataset: CodedDataset, coder: Coder) -> None:
    odd = tuple(
        replace(one, turns=tuple(replace(turn, text="…") for turn in one.turns))
        for one in dataset.transcripts
    )
    result = evaluate(replace(dataset, transcripts=odd), coder, Plan(n_folds=2))
    assert result["baselines"]["tfidf_lr"]["micro_f1"] is not None


def test_why_nothing_is_settled() -> None:
    enough, few, wrong = (Side(t, 0, 0, 0.0, more) for t, more in ((0.9, None), (None, 4), (None, None)))
    assert _why_nothing([enough, few, wrong]) is None
    assert "too few" in str(_why_nothing([few, wrong]))
    assert "too often wrong" in str(_why_nothing([wrong]))
