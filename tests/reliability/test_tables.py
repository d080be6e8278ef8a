"""Tables of other programs: the same codings in every layout, and what is refused with file and row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openpyxl
import pytest

from autocode.agreement import krippendorff_alpha
from autocode.errors import AutocodeError
from autocode.reliability import agreement, read_panel
from autocode.reliability.panel import Panel
from autocode.reliability.record import find
from autocode.reliability.tables import write_files

EXPECTED = {
    "ann": {"u1": frozenset({"trust"}), "u2": frozenset(), "u3": frozenset({"trust", "risk"})},
    "ben": {"u1": frozenset({"trust"}), "u2": frozenset({"risk"})},
}
LONG = "unit,coder,code\nu1,ann,trust\nu2,ann,\nu3,ann,trust\nu3,ann,risk\nu1,ben,trust\nu2,ben,risk\n"
VALUES = (
    "Unit;Rater;Code;Value\nu1;ann;trust;1\nu1;ann;risk;0\nu2;ann;trust;0\nu2;ann;risk;0\nu3;ann;trust;yes\n"
    "u3;ann;risk;1\nu1;ben;trust;1\nu1;ben;risk;0\nu2;ben;trust;no\nu2;ben;risk;x\n"
)
WIDE = "utterance_id,coder,trust,risk\nu1,ann,1,0\nu2,ann,0,0\nu3,ann,1,1\nu1,ben,1,0\nu2,ben,0,1\nu3,ben,,\n"


def table(folder: Path, text: str, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def codings(panel: Panel) -> dict[str, dict[str, frozenset[str]]]:
    return {coder: dict(coding) for coder, coding in panel.humans.items()}


@pytest.mark.parametrize("text", [LONG, VALUES, WIDE])
def test_the_same_codings_in_every_layout(tmp_path: Path, text: str) -> None:
    panel = read_panel(table(tmp_path, text))
    assert codings(panel) == EXPECTED
    assert not panel.coverage_assumed
    assert not panel.transcripts_known
    assert set(panel.codebook.ids) == {"trust", "risk"}
    assert panel.source["kind"] == "table"
    assert len(panel.source["sha256"]["table.csv"]) == 64
    assert "no codebook given" in panel.warnings[0]


def test_an_excel_workbook(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for line in WIDE.splitlines():
        book.active.append([int(cell) if cell.isdigit() else cell or None for cell in line.split(",")])
    book.save(tmp_path / "table.xlsx")
    assert codings(read_panel(tmp_path / "table.xlsx")) == EXPECTED


def test_one_category_a_cell(tmp_path: Path) -> None:
    """Krippendorff (2011), four observers: nominal alpha .743, ordinal .815."""
    observers = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None], [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
        [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None], [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
    ]  # fmt: skip
    header = "unit,A,B,C,D\n"
    rows = [
        f"{i}," + ",".join("" if row[i] is None else str(row[i]) for row in observers) + "\n"
        for i in range(12)
    ]
    panel = read_panel(table(tmp_path, header + "".join(rows)))
    assert panel.codebook.exclusive_groups == (("1", "2", "3", "4", "5"),)
    record = agreement(panel, replicates=200)
    (group,) = record["groups"]
    for name, expected in (("krippendorff_alpha", 0.743), ("ordinal_alpha", 0.815)):
        found = find(group["rows"], name)
        assert found is not None
        assert found["value"] == pytest.approx(expected, abs=0.0005)
    assert krippendorff_alpha(observers).value == pytest.approx(0.743, abs=0.0005)
    assert any("Interviews are not known" in warning for warning in record["warnings"])


def test_yes_and_no_of_coders_side_by_side_is_one_code(tmp_path: Path) -> None:
    panel = read_panel(table(tmp_path, "unit,ann,ben\n1,1,0\n2,0,0\n3,,1\n", "trust.csv"))
    assert panel.codebook.ids == ("trust",)
    assert codings(panel) == {
        "ann": {"1": frozenset({"trust"}), "2": frozenset()},
        "ben": {"1": frozenset(), "2": frozenset(), "3": frozenset({"trust"})},
    }


def test_long_without_empty_codes_assumes_coverage_and_says_so(tmp_path: Path) -> None:
    text = "unit,interview,coder,code\nu1,i,ann,trust\nu2,i,ben,trust\nu3,j,ben,risk\nu3,j,ben,risk\n"
    text += "u0,i,ann,risk\nu0,i,ben,risk\n"
    panel = read_panel(table(tmp_path, text))
    assert panel.coverage_assumed
    assert {coder: set(coding) for coder, coding in panel.humans.items()} == {
        "ann": {"u0", "u1", "u2"}, "ben": {"u0", "u1", "u2", "u3"},
    }  # fmt: skip
    assert any("1 repeated row counted once" in warning for warning in panel.warnings)
    assert any("does not say who looked at what" in warning for warning in panel.warnings)


def test_a_column_says_who_is_a_machine_and_what_was_assisted(tmp_path: Path) -> None:
    text = (
        "unit,coder,kind,saw_machine,code\nu1,ann,human,0,trust\nu1,ben,human,1,\nu2,ben,human,0,\nu2,ann,human,0,\n"
        "u1,gpt,machine,,trust\n"
    )
    panel = read_panel(table(tmp_path, text))
    assert set(panel.machines) == {"gpt"}
    assert set(panel.humans["ben"]) == {"u2"}
    assert (panel.blindness.n_blind, panel.blindness.n_assisted) == (3, 1)
    record = agreement(panel, replicates=100)
    assert [one["name"] for one in record["data"]["coders"] if one["kind"] == "machine"] == ["gpt"]
    assert record["machine"]["name"] == "gpt"


def test_a_codebook_resolves_names_and_offers_all_codes(tmp_path: Path) -> None:
    book = table(
        tmp_path, "codes: [{id: t, name: Trust}, {id: r, name: Risk}, {id: x, name: Unused}]", "b.yaml"
    )
    panel = read_panel(table(tmp_path, LONG), codebook=book)
    assert panel.humans["ann"]["u3"] == {"t", "r"}
    assert panel.codebook.ids == ("t", "r", "x")
    assert panel.codebook_given


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("coder,code\nann,trust\n", ("table.csv: no column 'unit'", "utterance_id")),
        ("unit,code\nu1,trust\n", ("table.csv: no column 'coder'", "rater")),
        ("unit,coder\nu1,ann\n", ("table.csv: no column 'code'",)),
        ("unit,ann\nu1,1\n", ("table.csv: no column 'coder', and fewer than two columns",)),
        ("unit,coder,code\n", ("table.csv: there is only a header row",)),
        ("unit,a,a\nu1,1,1\n", ("two columns are called 'a'",)),
        ("unit,ann,ben\nu1,,\n", ("there is no value in the table",)),
        ("unit,coder,code\n,ann,trust\n", ("table.csv, row 2: no unit",)),
        ("unit,coder,code\nu1,ann,trust\nu2,ben,trust\n", ("no two coders gave a code to the same unit",)),
        ("unit,coder,code\nu1,,trust\n", ("table.csv, row 2: no coder",)),
        ("unit,coder,code,value\nu1,a,t,1\nu1,a,t,0\n", ("row 3: 'a' says the opposite of 't'", "row 2")),
        ("unit,coder,code,value\nu1,a,t,maybe\n", ("row 2: the value is 'maybe'; write 1 or 0",)),
        ("unit,coder,code,value\nu1,a,t,0\nu1,b,r,1\n", ("row 2: 'a' says nothing of 'r' on unit 'u1'",)),
        ("unit,coder,value\nu1,a,x\nu1,a,y\n", ("row 3: 'a' gave unit 'u1' another category in row 2",)),
        ("unit,coder,t,r\nu1,a,1,0\nu1,a,0,0\n", ("row 3: 'a' codes unit 'u1' otherwise in row 2",)),
        ("unit,coder,t,r\nu1,a,1,\nu1,b,0,0\n", ("row 2: the column 'r' is empty; write 0",)),
        ("unit,coder,t,r\nu1,a,1,often\n", ("row 2: the column 'r' holds something other than 1 and 0",)),
        ("unit,interview,coder,code\nu1,i,a,t\nu1,j,b,t\n", ("row 3: unit 'u1' is of another transcript",)),
        ("unit,coder,coded_at,code\nu1,a,yesterday,t\n", ("row 2: 'coded_at' is 'yesterday'",)),
        ("unit,coder,kind,code\nu1,a,robot,t\n", ("row 2: the kind of a coder is 'robot'",)),
        ("unit,coder,code\nu1,a,t\nu1,b,t,r\n", ("table.csv, row 3: more cells than columns",)),
    ],
)  # fmt: skip
def test_what_is_refused_names_file_and_row(tmp_path: Path, text: str, parts: tuple[str, ...]) -> None:
    with pytest.raises(AutocodeError) as caught:
        read_panel(table(tmp_path, text))
    for part in parts:
        assert part in str(caught.value)


def test_codes_that_the_codebook_lacks(tmp_path: Path) -> None:
    book = table(tmp_path, "codes: [{id: trust, name: Trust}]", "b.yaml")
    with pytest.raises(AutocodeError, match=r"table\.csv: no code 'risk' in the codebook"):
        read_panel(table(tmp_path, LONG), codebook=book)


def test_ratings_csv_gives_the_same_numbers_again(tmp_path: Path) -> None:
    lines = ["unit,interview,coder,round,coded_at,trust,risk"]
    for i in range(60):
        when = f"{'zero' if i < 30 else 'after'},{i}"
        lines.append(f"u{i:02},i{i % 12},ann,{when},{int(i < 30)},{int(i % 4 == 0)}")
        lines.append(f"u{i:02},i{i % 12},ben,{when},{int(i < 27 or i > 55)},{int(i % 4 == 0 or i == 7)}")
        lines.append(f"u{i:02},i{i % 12},consensus,,,{int(i < 30)},0")
    panel = read_panel(table(tmp_path, "\n".join(lines)))
    record = agreement(panel, replicates=200)
    write_files(record, panel, tmp_path / "out")
    again = agreement(tmp_path / "out" / "ratings.csv", replicates=200)
    assert again["overall"] == record["overall"]
    assert [one["rows"] for one in again["codes"]] == [one["rows"] for one in record["codes"]]
    assert [one["label"] for one in record["rounds"]] == ["zero", "after"]  # as they were coded
    for part in ("rounds", "drift", "adjudication", "bias"):
        assert again[part] == record[part] is not None, part


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    text = "unit,interview,coder,code\n=1+1,i,ann,+x\n=1+1,i,ben,\nu,i,ann,\nu,i,ben,@y\n"
    panel = read_panel(table(tmp_path, text))
    write_files(agreement(panel, replicates=200), panel, tmp_path / "out")
    for path in (tmp_path / "out").glob("*.csv"):
        for cell in path.read_text(encoding="utf-8").replace("\n", ",").split(","):
            assert cell[:1] not in ("=", "+", "@"), path


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("unit,coder,code,round\nu1,ann,trust,1\nu1,ann,risk,2\nu1,ben,trust,1\n",
         r"row 3: 'ann' codes 'u1' in round '2', and before in round '1'"),
        ("unit,coder,trust,round\nu1,ann,1,1\nu1,ben,1,1\nu1,ben,1,2\n",
         r"row 4: 'ben' codes 'u1' in round '2'"),
        ("unit,coder,code,blind\nu1,ann,trust,1\nu1,ann,risk,0\nu1,ben,trust,1\n",
         r"row 3: 'ann' coded 'u1' blind"),
    ],
)  # fmt: skip
def test_one_unit_of_one_coder_is_of_one_round(tmp_path: Path, text: str, word: str) -> None:
    with pytest.raises(AutocodeError, match=word):
        read_panel(table(tmp_path, text))


def test_our_own_ratings_are_read_whatever_the_codes_are_called(tmp_path: Path) -> None:
    ids = ("value", "trust", "time", "source")
    header = "utterance_id,transcript_id,coder,kind,round,coded_at," + ",".join(ids)
    rows = [
        f"u{i},t{i % 12},{who},human,,,{i % 2},{(i + j) % 3 // 2},0,1"
        for i in range(24)
        for j, who in enumerate("ab")
    ]
    panel = read_panel(table(tmp_path, "\n".join([header, *rows]) + "\n", "ratings.csv"))
    assert panel.codebook.ids == ids
    assert panel.humans["a"]["u5"] == {"value", "trust", "source"}
    assert panel.units["u5"].transcript_id == "t5"


def test_a_column_that_is_a_code_of_the_codebook_is_that_code(tmp_path: Path) -> None:
    book = table(tmp_path, "codes: [{id: trust, name: Trust}, {id: value, name: Value}]", "b.yaml")
    text = "unit,coder,trust,value\nu1,ann,1,0\nu1,ben,1,1\n"
    panel = read_panel(table(tmp_path, text), codebook=book)
    assert codings(panel)["ben"] == {"u1": frozenset({"trust", "value"})}
    without = read_panel(table(tmp_path, text))
    assert any(
        "the column 'trust' is not used, since the codes are in the column 'value'" in one
        for one in without.warnings
    )
    long = "unit,coder,code,value\nu1,ann,trust,1\nu1,ann,value,0\nu1,ben,trust,0\nu1,ben,value,1\n"
    assert codings(read_panel(table(tmp_path, long), codebook=book))["ben"] == {"u1": frozenset({"value"})}


def test_two_categories_that_both_could_mean_yes_stay_two(tmp_path: Path) -> None:
    rows = [f"u{i},{'x' if i % 2 else 'y'},{'x' if i % 2 or i % 5 == 0 else 'y'}\n" for i in range(40)]
    panel = read_panel(table(tmp_path, "unit,ann,ben\n" + "".join(rows)))
    assert panel.codebook.exclusive_groups == (("x", "y"),)
    assert agreement(panel, replicates=100)["overall"][0]["value"] < 1


def test_without_interviews_units_are_drawn_whole(tmp_path: Path) -> None:
    """Six coders: the interval of one against the others is that of drawing units, not single comparisons."""
    rng = np.random.default_rng(7)
    truth = rng.random(100) < 0.4
    said = np.where(rng.random((6, 100)) < 0.8, truth, ~truth).astype(int)
    text = "unit,A,B,C,D,E,F\n" + "".join(
        f"u{i}," + ",".join(map(str, said[:, i])) + "\n" for i in range(100)
    )
    record = agreement(read_panel(table(tmp_path, text)), replicates=2000)
    found = record["one_against_rest"][0]["rows"][0]
    drawn = []
    for _ in range(400):
        some = said[:, rng.integers(100, size=100)]
        drawn.append(krippendorff_alpha(np.stack([np.tile(some[0], 5), some[1:].ravel()])).value)
    low, high = np.quantile(drawn, [0.025, 0.975])
    assert (found["low"], found["high"]) == pytest.approx((low, high), abs=0.03)
    exact = find(record["overall"], "exact_agreement")
    assert exact["method"] == found["method"] == "bootstrap of units, 2,000 replicates, percentile"
    assert found["caveats"] == exact["caveats"]
    assert find(record["overall"], "mean_alpha")["caveats"] == []
