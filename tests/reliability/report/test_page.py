"""The page of a reliability report: says what the record says, escaped, alone, and the same every time."""

from __future__ import annotations

import re
import stat
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from autocode.errors import AutocodeError
from autocode.reliability.page import page, write_page
from autocode.report.plain import safe_link

HOSTILE = "<script>alert('x')</script>"
FORMULA = "=cmd|' /C calc'!A0"
VOID = {"meta", "wbr", "br"}
SECTIONS = {
    "short", "warnings", "codes", "overall", "levels", "groups", "data", "pairs", "rest",
    "drift", "bias", "rounds", "adjudication", "machine", "learning", "spans", "confusion",
    "disagreements", "report", "checklist", "guidelines", "recompute",
}  # fmt: skip


class Reader(HTMLParser):
    """What a reader sees: tables, texts by tag and class, attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.tables: list[list[list[str]]] = []
        self.heads: list[dict[str, str]] = []
        self.texts = [("", "")]
        self.ids: list[str] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in found.items()]
        self.ids += [found["id"]] if "id" in found else []
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.tables[-1][-1].append("")
        if tag == "th":
            self.heads.append(found)
        self.texts.append((f"{tag}.{found.get('class', '')}", ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" in self.open:
            return
        self.text += data
        self.texts[-1] = (self.texts[-1][0], self.texts[-1][1] + data)
        if self.tables and {"td", "th"} & set(self.open):
            self.tables[-1][-1][-1] += data

    def column(self, table: int, head: str) -> list[str]:
        """What stands below a head of a table, found by how the head begins."""
        lines = self.tables[table]
        place = next(n for n, one in enumerate(lines[0]) if one.startswith(head))
        return [line[place] for line in lines[1:]]

    def of(self, kind: str) -> list[str]:
        return [text for name, text in self.texts if name == kind]


@pytest.fixture
def seen(record: dict[str, Any]) -> Reader:
    return Reader(page(record))


def test_it_opens_with_the_headline_and_what_it_is_of(seen: Reader) -> None:
    assert seen.of("p.headline") == ["α = .71, 95% CI [.62, .79]"]
    start = seen.text.index("α = .71, 95% CI")
    opening = seen.text[start : start + 1400]
    assert (
        "Alpha of the sets of codes (MASI), all units. Whole codebook of 6 codes; 2 human coders" in opening
    )
    assert "400 utterances coded by two or more, from 12 interviews" in opening
    assert "below .667: .113; below .800: .982" in opening
    assert "2 codes of 6 on fewer than 10 units" in opening
    assert "A hostile warning" in opening  # the warnings come next


def test_every_section_is_there(seen: Reader, record: dict[str, Any]) -> None:
    assert set(seen.ids) >= SECTIONS
    assert "absent" not in seen.ids
    links = {
        value[1:] for tag, name, value in seen.attributes if (tag, name) == ("a", "href") if value[0] == "#"
    }
    assert links <= set(seen.ids)
    assert len(seen.ids) == len(set(seen.ids))
    told = (
        "Ann and Bob decided together.", "Changed: 37 of 400 units (9.2%)", "The machine was run once",
        "winning rate ω = .50 (passed", "u-alpha of free spans", "Two coders coded 400 utterances",
        "A second paragraph of methods.", "Krippendorff's alpha was .71", "22 points: 20 reported, 1 missing",
        "1. Point 1 of the list", "COREQ answer 27", "SRQR answer", "632bd667", "ab" * 32, "ratings.csv",
        "Round B", "part 2 of 3", "machine and machine-2", "17 codings were made after seeing a suggestion",
    )  # fmt: skip
    assert [said for said in told if said not in seen.text] == []


def test_what_is_absent_is_told_in_a_line(bare: dict[str, Any]) -> None:
    seen = Reader(page(bare))
    assert "absent" in seen.ids
    told = seen.text[seen.text.index("Not in this report") :]
    for name in (
        "Level by level",
        "Drift over time",
        "Rounds",
        "Adjudication",
        "The machine as a coder",
        "Free spans",
    ):
        assert f"{name}: " in told
    assert "There is no methods paragraph yet" in seen.text
    assert "The checks found nothing to warn of." in seen.text
    assert "none was chosen beforehand" in seen.text


def test_a_reason_for_drift_is_given(bare: dict[str, Any]) -> None:
    assert "Drift over time: coded on one day." in page(
        {**bare, "drift_undefined_because": "coded on one day"}
    )


def test_codes_with_their_intervals(seen: Reader) -> None:
    assert [text.split("few")[0].strip() for text in seen.column(0, "Code")][:2] == [
        "Institutional trustin Trust", "Personal trustin Trust",
    ]  # fmt: skip
    assert seen.column(0, "α") == [".84", ".74", ".41", "−.05", ".67", "–b"]
    assert seen.column(0, "95% CI")[:3] == ["[.77, .90]", "[.66, .80]", "[−.55, 1.00]"]
    assert seen.column(0, "P(α\xa0<\xa0.667)") == [".123"] * 5 + ["–"]
    assert seen.column(0, "P(α\xa0<\xa0.800)")[0] == ">.999"
    assert seen.column(0, "Positive agreement")[-1] == "–c"
    assert seen.column(1, "Percent agreement") == ["93.1%"] * 5 + ["100.0%"]


def test_undefined_values_have_their_reason_below(record: dict[str, Any], seen: Reader) -> None:
    same = "All values are the same, so agreement cannot be told from chance."
    reasons = ["Fewer than 10 units with the code.", same]
    for reason in reasons:
        assert reason in seen.text
    notes = [name for name in seen.ids if re.fullmatch(r"table-1-[a-z]", name)]
    assert notes == ["table-1-a", "table-1-b", "table-1-c"]


def test_withheld_codes_share_one_note(record: dict[str, Any]) -> None:
    for code, n in zip(record["codes"], (3, 4, 5), strict=False):
        code["n_positive"] = n
        code["caveats"] = [f"only {n} units carry the code: read the counts, not the coefficients"]
        code["rows"][2].update(value=None, low=None, high=None, undefined_because=f"withheld: {n} units")
    seen = Reader(page(record))
    assert seen.column(0, "α")[:3] == ["–a"] * 3
    assert "– (too few)" in seen.text
    assert (
        seen.text.count("Withheld: fewer than 10 units have the code.") == 3
    )  # two tables and the one to paste


def test_bands_only_on_a_benchmark_chosen_beforehand(record: dict[str, Any], seen: Reader) -> None:
    assert seen.column(0, "Band") == ["substantial", "substantial", "poor", "poor", "poor", "–"]
    assert "the lower limit is in the band “substantial”" in seen.text
    without = page({**record, "benchmark": None})
    assert "substantial" not in without
    assert "Band" not in without


def test_the_forest_plot_shows_every_code_and_both_limits(seen: Reader) -> None:
    (title,) = [text for name, text in seen.texts if name == "title." and text.startswith("Forest plot")]
    assert title == "Forest plot of α by code"
    about, curve = seen.of("desc.")
    assert curve == "α is .31 after 20 and .56 after 180 labelled statements; the table has all values."
    assert about.startswith("6 codes, 1 of them without a value. α goes from −.05")
    labels = seen.of("text.") + seen.of("text.end")
    for said in ("tentative .667", ".800 firm conclusions", ".84 [.77, .90]", "– (too few)", "Rare"):
        assert said in labels
    assert "g.few" in [name for name, _ in seen.texts]
    assert "Krippendorff's customary minimum for tentative conclusions" in seen.text


def test_people_and_machines_stay_apart(seen: Reader) -> None:
    kinds = ["Human with human", "Human with machine", "Machine with machine"]
    places = [seen.text.index(f"{kind}: agreement of each pair") for kind in kinds]
    assert places == sorted(places)


def test_non_inferiority_is_told_from_its_lower_limit(record: dict[str, Any]) -> None:
    assert "yes: the lower limit is above the margin" in page(record)
    record["machine"]["non_inferiority"].update(passed=False)
    assert "no: the lower limit is not above the margin" in page(record)
    record["machine"]["non_inferiority"].update(
        passed=None, low=None, high=None, undefined_because="2 interviews"
    )
    told = Reader(page(record)).text
    assert "cannot be said: no interval" in told
    assert "2 interviews." in told


def test_several_machines_each_have_their_part(record: dict[str, Any]) -> None:
    record["other_machines"] = [{**record["machine"], "name": "second", "alt_test": None,
                                 "alt_test_undefined_because": "it takes three people"}]  # fmt: skip
    told = Reader(page(record)).text
    assert "Agreement of machine with people" in told
    assert "Agreement of second with people" in told
    assert "No alternative annotator test: it takes three people." in told


def test_examples_say_once_what_all_agreed_on(record: dict[str, Any]) -> None:
    record["disagreements"][0]["by"] = {"Ann": ["rare", "never"], "Bob": ["rare"]}
    assert "All: Rare\nAnn: Never\nBob: nothing else" in Reader(page(record)).text


def test_gaps_for_the_authors_stand_out(record: dict[str, Any]) -> None:
    html = page({**record, "methods": "[Say why.] Alpha was .71 [.62, .79]."})
    assert "<mark>[Say why.]</mark> Alpha was .71 [.62, .79]." in html


def test_nothing_breaks_out(record: dict[str, Any], seen: Reader) -> None:
    assert "script" not in seen.tags
    assert not [name for _, name, _ in seen.attributes if name.startswith("on")]
    assert seen.text.count(HOSTILE) >= 5
    assert FORMULA in seen.text
    assert "\x07" not in page(record)
    links = [value for _, name, value in seen.attributes if name == "href" if value[0] != "#"]
    assert links == ["/read/t1#t1-u4"]  # the one that would run something is text


RUNNING = ("javascript:alert(1)", " JavaScript:x", "data:text/html,x", "java\nscript:x", "", None)


@pytest.mark.parametrize("link", RUNNING)
def test_links_that_would_run_something_are_none(link: str | None) -> None:
    assert safe_link(link) is None


def test_nothing_comes_from_elsewhere(record: dict[str, Any], seen: Reader) -> None:
    html = page(record)
    assert not re.findall(r"https?://|//[a-z]|@import|url\(", html)
    assert {"link", "img", "iframe", "object", "script"}.isdisjoint(seen.tags)
    assert not [one for one in seen.attributes if one[1] in ("src", "srcset", "xlink:href")]


def test_tables_can_be_read_aloud(seen: Reader) -> None:
    assert all(head.get("scope") in ("col", "row") for head in seen.heads)
    assert seen.tags.count("caption") == seen.tags.count("table") == len(seen.tables)
    for table in seen.tables:
        assert {len(line) for line in table} == {len(table[0])}


def test_the_same_record_gives_the_same_bytes(record: dict[str, Any]) -> None:
    assert page(record) == page(record)


def test_a_codebook_of_many_codes_gets_several_plots(record: dict[str, Any]) -> None:
    one = record["codes"][0]
    record["codes"] = [{**one, "code": f"c{n}", "name": f"Code {n}"} for n in range(95)]
    html = page(record)
    assert html.count("<svg") == 4  # one more is the learning curve
    assert html.count(">Whole codebook</text>") == 1
    assert "(part 3 of 3)" in html


def test_two_codes_of_one_name_are_told_apart_in_the_plot(record: dict[str, Any]) -> None:
    record["codes"] = [{**record["codes"][0], "code": code} for code in ("trust.a", "trust.b")]
    told = Reader(page(record)).of("text.")
    assert {"trust.a", "trust.b"} <= set(told)


def test_a_whole_codebook_without_a_value_says_why(record: dict[str, Any]) -> None:
    record["overall"] = [
        {**record["overall"][0], "value": None, "low": None, "high": None, "undefined_because": "no overlap"}
    ]
    record["data"]["n_transcripts"] = None
    seen = Reader(page(record))
    assert seen.of("p.headline") == ["Not defined"]
    assert "all units: no overlap." in seen.text


def test_the_file_is_private_and_whole(record: dict[str, Any], tmp_path: Path) -> None:
    write_page(record, tmp_path / "agreement.html")
    assert stat.S_IMODE((tmp_path / "agreement.html").stat().st_mode) == 0o600
    assert (tmp_path / "agreement.html").read_text(encoding="utf-8") == page(record)
    (tmp_path / "taken").mkdir()
    with pytest.raises(AutocodeError, match="is a folder"):
        write_page(record, tmp_path / "taken")


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


ON_PAPER = [(ink, "paper") for ink in ("ink", "quiet", "link")]
ON_BOXES = [("tag", "tag-paper"), ("ink", "warn"), ("ink", "box"), ("link", "box"), ("quiet", "box")]


@pytest.mark.parametrize("mode", [0, 1])
@pytest.mark.parametrize(("ink", "paper"), ON_PAPER + ON_BOXES)
def test_contrast_is_enough(mode: int, ink: str, paper: str) -> None:
    from autocode.report.style import STYLE

    colours = [dict(re.findall(r"--([a-z-]+): (#\w+)", part)) for part in STYLE.split("@media screen")][:2]
    one, other = (luminance(colours[mode][name]) for name in (ink, paper))
    assert (max(one, other) + 0.05) / (min(one, other) + 0.05) >= 4.5
