"""The page of `autocode evaluate`: says what the result says, escaped, alone, and the same every time."""

from __future__ import annotations

import copy
import re
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pytest

from autocode.evaluate import markup
from autocode.evaluate.page import MOST_CODES, write_page

ODD = '<b>&"x"'
VOID = frozenset({"meta"})


def code(support: int, f1: float | None, **more: Any) -> dict[str, Any]:
    return {
        "precision": 0.611, "recall": 0.622, "f1": f1, "kappa": 0.633, "alpha": 0.644, "support": support,
        "n_suggested": support + 1, "ece": 0.0123, "brier": 0.05, "calibration_judged": support >= 100,
        "coverage": 0.75, "accepted": 0.0515, "rejected": 0.6985, "observed_error": 0.0222,
        "observed_error_rejected": 0.0777, "positives_accepted": 0.3131, "positives_rejected": 0.1717, **more,
    }  # fmt: skip


UNDEFINED = dict.fromkeys((
    "precision", "recall", "kappa", "alpha", "observed_error", "observed_error_rejected",
    "positives_accepted", "positives_rejected",
))  # fmt: skip


def small() -> dict[str, Any]:
    """Three codes, nothing optional."""
    scores = {"ranking": {"recall_at_1": 0.41, "recall_at_3": 0.43, "recall_at_5": 0.45}, "groups": {}}
    return {
        "autocode": "0.1.0", "dataset": "demo", "n_utterances": 1234, "n_codes": 3, "n_groups": 21,
        "folds": 5, "group_by": "transcript_id", "train_size": None, "fine_tuned": False, "seed": 7,
        "per_code": {"trust": code(200, 0.811), "doubt": code(40, 0.522), "rare": code(3, None, **UNDEFINED)},
        "macro_f1": 0.6543, "micro_f1": 0.7012, "exact_set": 0.5555, **copy.deepcopy(scores),
        "calibration": {
            "ece": 0.0191, "brier": 0.0467,
            "bins": [
                {"n": 900, "probability": 0.02, "share": 0.03}, {"n": 12, "probability": 0.95, "share": 0.9},
            ],
        },
        "auto_accept": {
            "target_error": 0.05, "confidence": 0.95, "coverage": 0.7654, "accepted": 0.0321,
            "rejected": 0.7333, "observed_error": 0.0211, "observed_error_rejected": 0.0888,
            "positives_accepted": 0.2468, "positives_rejected": 0.1352,
            "units_settled": {"all_decisions": 0.0159, "all_positives": 0.2345},
        },
        "baselines": {
            "majority": {"macro_f1": 0.0, "micro_f1": 0.0, "exact_set": 0.1, **copy.deepcopy(scores)},
            "tfidf_lr": {"macro_f1": 0.5003, "micro_f1": 0.61, "exact_set": 0.4, **copy.deepcopy(scores)},
            "dense_lr": {"macro_f1": 0.4, "micro_f1": 0.5, "exact_set": 0.3, **copy.deepcopy(scores)},
            "zero_shot": {"macro_f1": 0.2, "micro_f1": 0.2, "exact_set": 0.1, **copy.deepcopy(scores)},
        },
        "confusion": [{"missed": "trust", "given": "doubt", "n": 17}],
        "duplicates": {"n_texts": 0, "n_units": 0},
        "recipes": [{"weights": "balanced", "penalty": 0.5}],
        "encoder": {"name": "MiniLM", "digest": "4dd4593b"},
        "codebook": {"name": "book", "digest": "632bd667"},
        "warnings": [], "timings": {"read": 8.7, "learn": 4005.2, "baselines": 17.4, "total": 4031.3},
    }  # fmt: skip


def odd() -> dict[str, Any]:
    """A hundred codes with names that could break out; people, groups, and holes where there may be some."""
    names = [
        f"{ODD} $a$ -- ]]> {n}" if n % 2 else f'信任 > a very long path of codes id="q {n}'
        for n in range(100)
    ]
    result = small()
    rows = [code(300 // (n + 1), n / 100) if n % 9 else code(0, None, **UNDEFINED) for n in range(100)]
    group = " | ".join(names[:2])
    hole = {"macro_f1": None, "kappa": None}
    person = {
        "n_units": 311, "macro_f1": 0.7, "micro_f1": None, "exact_set": 0.6, "mean_kappa": 0.6789,
        "per_code": {
            name: {"f1": n / 100 or None, "kappa": None if n % 3 else 0.4321} for n, name in enumerate(names)
        },
        "groups": {group: hole},
    }  # fmt: skip
    for row in result["baselines"].values():
        row["groups"] = {group: hole}
    result["baselines"]["dense_lr"]["macro_f1"] = None
    return {
        **result, "per_code": dict(zip(names, rows, strict=True)), "n_codes": 100, "dataset": ODD,
        "macro_f1": None, "group_by": f"meta.{ODD}", "train_size": 9, "fine_tuned": True,
        "groups": {group: hole},
        "human": {
            "coders": {ODD: person, "bert": person}, "autocode": {**person, "macro_f1": 0.65},
            **person, "micro_f1": None, "mean_kappa": 0.6789,
        },
        "confusion": [{"missed": names[1], "given": names[3], "n": 5}], "recipes": [],
        "codebook": {"name": ODD, "digest": ODD}, "encoder": {"name": ODD, "digest": ODD},
        "warnings": [f"<script>{ODD}</script>"], "duplicates": {"n_texts": 12, "n_units": 3456},
        "learning_curve": [
            {"train_size": n, "macro_f1": None if n == 3 else n / 20, "micro_f1": 0.4, "exact_set": None}
            for n in (3, 6, 9)
        ],
    }  # fmt: skip


def changed(**changes: Any) -> dict[str, Any]:
    return {**small(), **changes}


def nothing_settled() -> dict[str, Any]:
    result = small()
    dial = {key: None if "error" in key or "positives" in key else 0.0 for key in result["auto_accept"]}
    result["auto_accept"] |= {**dial, "target_error": 0.05, "confidence": 0.9}
    result["auto_accept"]["units_settled"] = {"all_decisions": 0.0, "all_positives": 0.0}
    result["auto_accept"]["more_interviews"] = {"accept": 12, "reject": None}
    result["auto_accept"]["nothing_because"] = {"accept": None, "reject": "labels of two kinds are needed"}
    return result


def interval(low: float | None, high: float | None = None, **more: Any) -> dict[str, Any]:
    because = "2 interviews cannot tell how much interviews differ" if low is None else None
    return {
        "low": low, "high": high, "method": "bootstrap", "n_groups": 21, "unavailable_because": because,
        **more,
    }  # fmt: skip


def with_intervals() -> dict[str, Any]:
    """Surely better than one baseline, perhaps worse than another; one without an interval."""
    result = small()
    gaps = {"tfidf_lr": (0.154, 0.021, 0.287), "dense_lr": (-0.01, -0.052, 0.031), "majority": (0.654, None)}
    for name, (value, *limits) in gaps.items():
        apart = interval(*limits, value=value)
        result["baselines"][name]["difference"] = dict.fromkeys(("macro_f1", "micro_f1", "exact_set"), apart)
        result["baselines"][name]["intervals"] = {
            "macro_f1": interval(0.45, 0.55),
            "micro_f1": interval(None),
        }
    result["baselines"]["dense_lr"] |= {"micro_f1": 0.72}
    result["intervals"] = {
        "macro_f1": interval(0.601, 0.7075), "micro_f1": interval(0.65, 0.75),
        "exact_set": interval(0.5, 0.6),
    }  # fmt: skip
    result["per_code"]["trust"]["intervals"] = {
        "f1": interval(0.702, 0.911), "alpha": interval(-0.123, 0.8), "kappa": interval(0.1, 0.2),
    }  # fmt: skip
    result["learning_curve"] = [
        {"train_size": n, "macro_f1": n / 20, "micro_f1": 0.4, "exact_set": 0.3,
         "intervals": {"macro_f1": interval(n / 25, n / 15)}}
        for n in (3, 6)
    ]  # fmt: skip
    return result


RESULTS = {
    "small": small(),
    "with intervals": with_intervals(),
    "odd": odd(),
    "nothing settled": nothing_settled(),
    "no confusion": changed(confusion=[]),
    "no bins": changed(calibration={"ece": 0.0, "brier": 0.0, "bins": []}),
    "only rare codes": changed(per_code={"rare": code(2, 0.5)}, confusion=[]),
    "no baselines": changed(baselines={}),
    "no code": changed(per_code={}, n_codes=0, macro_f1=None, micro_f1=None, confusion=[]),
    "one point": changed(
        learning_curve=[{"train_size": 3, "macro_f1": 0.5, "micro_f1": 0.5, "exact_set": 0.5}]
    ),
    "people in short": changed(
        human={
            "n_units": 60,
            "macro_f1": None,
            "micro_f1": None,
            "exact_set": 0.4,
            "per_code": {},
            "groups": {},
            "autocode": {"macro_f1": None, "per_code": {}, "groups": {}},
        }
    ),
}


@cache
def written(name: str) -> str:
    return write_page(RESULTS[name])


class Reader(HTMLParser):
    """Collects what there is, and fails on a tag that is not closed where it should be."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.said = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note(tag, attrs)

    def _note(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            assert not name.startswith("on")
            if name == "id":
                self.ids.append(str(value))
            if name in {"href", "xlink:href", "src", "aria-labelledby"}:
                self.links.append(str(value).removeprefix("#"))
            self.links += re.findall(r"url\(#([^)]*)\)", str(value))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text += data + "\n"
            self.said += data


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


@pytest.mark.parametrize("name", RESULTS)
def test_a_page_stands_alone_and_is_sound(name: str) -> None:
    before = copy.deepcopy(RESULTS[name])
    html = written(name)
    assert RESULTS[name] == before
    assert write_page(before) == html
    reader = read(html)
    assert not {"script", "link", "iframe", "img"} & set(reader.tags)
    assert not re.search(r"https?://|@import|url\((?!#)", html)
    assert len(reader.ids) == len(set(reader.ids))
    assert set(reader.links) <= set(reader.ids)
    assert reader.tags.count("h1") == 1
    assert reader.tags.count("table") == reader.tags.count("caption")
    assert reader.tags.count("svg") == reader.tags.count("figcaption") == html.count('<svg role="img"')
    assert not re.search(r"\bNone\b|\bnan\b", reader.said)


def test_what_comes_from_the_data_is_escaped_everywhere() -> None:
    result = RESULTS["odd"]
    html = write_page(result)
    reader = read(html)
    assert '<b>&"' not in html
    assert "<b>&amp;" not in html
    shown = sum(reader.said.count(name) for name in result["per_code"])
    assert shown >= 2 * len(result["per_code"])  # in the table of codes and in the dial's, at least
    assert ODD in reader.text
    assert f"<script>{ODD}</script>" in reader.text
    assert f"meta.{ODD}" in reader.text


def test_the_numbers_are_those_of_the_result() -> None:
    text = read(written("small")).text
    for number in ("1,234", "0.654", "0.701", "0.555", "0.154 above", "0.500", "0.410", "0.430", "0.450"):
        assert number in text, number  # 0.5555 is a little less in binary
    for number in ("0.811", "0.522", "0.611", "0.622", "0.633", "0.644", "0.012", "0.019", "0.047"):
        assert number in text, number
    for share in (
        "76.5%",
        "3.2%",
        "73.3%",
        "23.5%",
        "2.1%",
        "8.9%",
        "24.7%",
        "13.5%",
        "1.6%",
        "23.4%",
        "5.1%",
    ):
        assert share in text, share
    assert "seed 7" in text.replace("\n", " ")
    assert "4,005.2 s (67 min)" in text
    assert "autocode evaluate demo --out metrics.json --group-by transcript_id --folds 5 --seed 7" in text


def rows_of(html: str, table: str) -> dict[str, list[str]]:
    """The cells of a table by the text of their row's head."""
    part = html[html.index(f'id="table-{table}"') :]
    rows = re.findall(r'<tr[^>]*><th scope="row"[^>]*>(.*?)</th>(.*?)</tr>', part[: part.index("</table>")])
    return {re.sub(r"<[^>]*>", "", head): re.findall(r"<td[^>]*>(.*?)</td>", cells) for head, cells in rows}


def test_the_line_of_a_code() -> None:
    rows = rows_of(written("small"), "per-code")
    assert rows["trust"] == ["200", "201", "0.611", "0.622", "0.811", "0.633", "0.644", "0.012"]
    assert rows["doubt"][-1] == "(0.012)"  # too few to judge calibration
    assert rows["rare few cases"][2:7] == ["–"] * 5
    assert list(rows) == ["trust", "doubt", "rare few cases"]


def test_the_baselines_stand_beside() -> None:
    rows = rows_of(written("small"), "methods")
    assert rows["TF-IDF + logistic regression"][:3] == ["0.500", "0.610", "0.400"]
    assert rows["Majority answer"][0] == "0.000"
    assert {"Embeddings + logistic regression", "Zero-shot (codebook alone)"} <= rows.keys()
    assert rows["Majority answer"][-1] == "1,234"
    shown = rows_of(written("odd"), "methods")
    assert list(shown)[-2:] == [
        "One coder against the others (human ceiling)", "autocode against the same others"
    ]  # fmt: skip
    people, machine = list(shown.values())[-2:]
    assert people == ["0.700", "–", "0.600", "–", "–", "–", "311"]
    assert machine == ["0.650", "–", "0.600", "–", "–", "–", "311"]


def test_a_better_baseline_is_not_hidden() -> None:
    assert "0.254 BELOW the best baseline" in write_page(changed(macro_f1=0.2463))
    assert (
        "In micro-F1 a baseline is BETTER: TF-IDF + logistic regression, 0.610 against 0.300"
        in write_page(changed(micro_f1=0.3))
    )
    assert not re.search("BELOW|BETTER", written("small"))
    assert "the same as the best baseline" in write_page(changed(macro_f1=0.5003))


def plain(cells: list[str]) -> list[str]:
    return [re.sub(r"<[^>]*>", "", cell) for cell in cells]


def test_intervals_stand_below_the_numbers() -> None:
    html = written("with intervals")
    ours = plain(rows_of(html, "methods")["autocode, learnt from these codes"])
    assert ours[:3] == ["0.654 [0.601, 0.708]", "0.701 [0.650, 0.750]", "0.555 [0.500, 0.600]"]
    assert plain(rows_of(html, "methods")["Majority answer"])[:2] == ["0.000 [0.450, 0.550]", "0.000"]
    trust = plain(rows_of(html, "per-code")["trust"])
    assert trust[4:7] == ["0.811 [0.70, 0.91]", "0.633", "0.644 [-0.12, 0.80]"]
    assert plain(rows_of(html, "points")["6"])[0] == "0.300 [0.240, 0.400]"
    text = read(html).text
    assert "drawing whole interviews anew, 2,000 times, and widened as Nadeau and Bengio (2003)" in text
    assert text.count("Thin lines: 95% intervals.") == 3
    small = read(written("small")).text
    assert not re.search("95% intervals|95% CI|Nadeau|may be chance", small)


def test_differences_say_where_they_may_be_chance() -> None:
    html = written("with intervals")
    rows = {name: plain(cells) for name, cells in rows_of(html, "gaps").items()}
    assert rows["TF-IDF + logistic regression"][0] == "+0.154 [+0.021, +0.287]"
    assert rows["Embeddings + logistic regression"][0] == "-0.010 [-0.052, +0.031] may be chance"
    assert rows["Majority answer"][0] == "+0.654"
    assert rows["Zero-shot (codebook alone)"] == ["–", "–", "–"]
    text = read(html).text
    assert (
        "reach a macro-F1 of 0.654 (95% CI [0.601, 0.708]), 0.154 above the best baseline (TF-IDF + logistic "
        "regression, 0.500); 95% CI [+0.021, +0.287] of the difference." in text
    )
    assert "0.720 against 0.701, which may be chance." in text
    assert "macro-F1 was 0.654, 95% CI [0.601, 0.708] (best baseline" in text
    assert "(seed 7; intervals by bootstrap of interviews, corrected for overlapping training sets)" in text


def test_without_intervals_the_reason_is_said() -> None:
    few = {"macro_f1": interval(None), "micro_f1": interval(None), "exact_set": interval(None)}
    text = read(write_page(changed(intervals=few))).text
    assert "There are no intervals here: 2 interviews cannot tell how much interviews differ." in text
    rough = {"macro_f1": interval(0.2, 0.9, method="jackknife")}
    assert "leaving out each of the interviews in turn, which is rough" in read(
        write_page(changed(intervals=rough))
    ).text  # fmt: skip


def test_the_dial_says_what_it_does_not_promise() -> None:
    html = written("small")
    text = read(html).text
    assert "with 95% confidence at most 5% of all accepted decisions together are wrong" in text
    assert "exchangeable" in text
    assert "NOT a promise for a single code" in text
    trust = rows_of(html, "dial-codes")["trust"]
    assert trust[:4] == ["5.1%", "2.2%", "25.0%", "69.8%"]
    assert "above target" not in trust[1]
    assert "above target" in trust[4]
    assert rows_of(html, "settled")["left for review"] == ["23.5%", "–", "61.8%"]
    nothing = read(written("nothing settled")).text
    assert "could settle nothing unseen: labels of two kinds are needed." in nothing
    assert "Nothing could be accepted unseen here: code about 12 more interviews." in nothing
    assert "Nothing could be rejected unseen here: labels of two kinds are needed." in nothing
    assert "unseen here" not in text


def test_confusions_are_set_against_the_cases() -> None:
    html = written("small")
    assert rows_of(html, "confusions") == {"trust": ["doubt", "17", "8.5%"]}
    assert "What is mistaken for what" not in written("no confusion")


def test_many_codes_are_all_in_the_table_and_some_in_the_plots() -> None:
    html = written("odd")
    assert len(rows_of(html, "per-code")) == 100
    assert html.count(f"the {MOST_CODES} most frequent of 100 codes") == 2
    plot = html[html.index('id="figure-f1"') : html.index("the 40 most frequent")]
    assert plot.count("$a$ -- ]]&gt;") + plot.count('id="q') == MOST_CODES


def test_warnings_and_repeated_texts_stand_at_the_top() -> None:
    html = written("odd")
    assert "3,456 utterances (12 different texts)" in html
    assert html.index("Before you rely on it") < html.index('id="codes"')
    assert "Before you rely on it" not in written("small")


def test_a_learning_curve_only_where_there_is_one() -> None:
    html = written("odd")
    assert "From 6 to 9 groups macro-F1 rose by 0.150." in html
    assert rows_of(html, "points")["3"] == ["–", "0.400", "–"]
    assert "--train-size 3 --train-size 6 --train-size 9 --fine-tune" in html
    assert "What more coding would bring" not in written("small")


def test_the_baseline_of_each_code_is_drawn_where_it_is_known() -> None:
    assert "dashed line: its mean over codes" in written("small")
    known = copy.deepcopy(RESULTS["small"])
    known["baselines"]["tfidf_lr"]["per_code"] = {"trust": {"f1": 0.7}, "doubt": {"f1": None}}
    assert "TF-IDF + logistic regression (mark)" in write_page(known)


def test_people_stand_beside_each_code() -> None:
    html = written("odd")
    first = next(iter(rows_of(html, "per-code").values()))
    assert len(first) == 10
    assert "people&#x27;s kappa" in html
    assert rows_of(html, "people")["bert"] == ["311", "0.700", "–", "0.600", "0.679"]
    assert rows_of(html, "people")["Mean of the coders"] == ["311", "0.700", "–", "0.600", "0.679"]
    assert rows_of(html, "people")["autocode, mean likewise"] == ["311", "0.650", "–", "0.600", "0.679"]
    assert len(next(iter(rows_of(html, "exclusive").values()))) == 9


def test_over_which_codes_the_mean_is() -> None:
    said = "mean over the 2 codes that people applied at least once, by majority"
    codes = {"trust": code(200, 0.811), "doubt": code(40, 0.522), "rare": code(0, None, **UNDEFINED)}
    html = write_page(changed(per_code=codes))
    assert f"reach a macro-F1 of 0.654 ({said}), 0.154 above the best baseline" in html
    assert f"macro-F1 ({said}) was 0.654 (best baseline" in html[html.index('<p class="cite">') :]
    assert f"Macro-F1, the {said}.<" in html
    assert "at least once" not in written("small")


def test_what_people_and_autocode_are_compared_with_is_said() -> None:
    said = (
        "n the 311 utterances that two coders or more looked at, one coder against the majority of the "
        "others reached a macro-F1 of 0.700, autocode against the same majorities 0.650"
    )
    html = written("odd")
    assert f"<li>O{said}.</li>" in html
    assert f"; o{said}." in html[html.index('<p class="cite">') :]
    assert "The last two are to be compared with each other" in html
    assert not re.search("two coders|same others|autocode, likewise|The last two", written("small"))


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (0.0, "0.0%"), (0.0001, "<0.1%"), (0.9999, ">99.9%"), (1.0, "100.0%")]
)
def test_shares_do_not_look_rounder_than_they_are(value: float | None, text: str) -> None:
    assert markup.percent(value) == text


def test_the_command_to_repeat_it_has_the_options_that_were_given() -> None:
    options = {"dataset": "data/demo", "minutes": 3.0, "encoder": "hashing", "human_ceiling": True}
    told = write_page(changed(fine_tuned=True, options=options))
    assert "autocode evaluate data/demo --out" in told
    assert "--fine-tune --minutes 3.0 --encoder hashing --human-ceiling</pre>" in told
    assert "autocode evaluate demo --out" in written("small")


def test_the_sentence_to_paste() -> None:
    html = written("small")
    sentence = html[html.index('<p class="cite">') :].partition("</p>")[0]
    for part in (
        "1,234 human-coded utterances from 21 interviews with 3 codes",
        "nested 5-fold cross-validation grouped by transcript_id",
        "macro-F1 was 0.654 (best baseline, TF-IDF + logistic regression: 0.500), micro-F1 0.701",
        "autocode 0.1.0, encoder MiniLM",
        "seed 7",
    ):
        assert part in sentence
