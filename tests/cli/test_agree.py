"""`autocode agree` and `autocode agree plan`: files, what is printed, and what is refused."""

from __future__ import annotations

import csv
import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run

ROOT = Path(__file__).resolve().parents[2]
TABLES = {"overall", "codes", "pairs", "bias", "learning", "confusion", "disagreements", "ratings"}


@pytest.fixture
def table(here: Path) -> Path:
    """Two coders on 120 units of twelve interviews, one 0/1 column for each code."""
    lines = ["unit,transcript_id,coder,trust,risk"]
    for i in range(120):
        place = f"u{i:03},i{i % 12:02}"
        lines.append(f"{place},anna,{int(i < 40)},{int(i % 9 == 0)}")
        lines.append(f"{place},ben,{int(i < 30 or 50 <= i < 56)},{int(i % 9 == 0 and i > 20)}")
        lines.append(f"{place},gpt,{int(i < 35)},0")
    path = here / "ratings.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def coded(here: Path) -> Path:
    """A coded dataset of two coders."""
    folder = here / "coded"
    folder.mkdir()
    units = [f"u{i:02}" for i in range(60)]
    said = [
        {"transcript_id": f"t{i % 12}", "utterance_id": unit, "speaker": "R", "role": "respondent",
         "text": f"Said {i}."}
        for i, unit in enumerate(units)
    ]  # fmt: skip
    codes = [{"utterance_id": unit, "coder": coder, "code": "trust"} for coder in ("anna", "ben")
             for i, unit in enumerate(units) if i < 25 or (coder == "ben" and i > 55)]  # fmt: skip
    seen = [{"utterance_id": unit, "coder": coder} for coder in ("anna", "ben") for unit in units]
    for name, rows in (("utterances", said), ("codes", codes), ("coverage", seen)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "codebook.json").write_text(
        json.dumps({"name": "b", "codes": [{"id": "trust", "name": "Trust"}]})
    )
    return folder


def test_a_report_of_a_table(run: Run, table: Path, here: Path) -> None:
    ran = run("agree", table, "--machine", "gpt", "--replicates", 200)
    assert ran.code == 0, ran.err
    assert "whole codebook (MASI)" in ran.out
    assert "On 120 multiply coded units from 12 interviews, the agreement of 2 coders" in " ".join(
        ran.out.split()
    )
    assert "warning: " in ran.err
    out = here / "agreement"
    assert {path.stem for path in out.glob("*.csv")} == TABLES
    record = json.loads((out / "agreement.json").read_text(encoding="utf-8"))
    assert record["machine"]["name"] == "gpt"
    assert len(record["source"]["sha256"]["ratings.csv"]) == 64
    for path in out.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE(out.stat().st_mode) == 0o700
    with (out / "ratings.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 360
    assert {row["kind"] for row in rows if row["coder"] == "gpt"} == {"machine"}


def test_a_report_of_a_dataset_as_json(run: Run, coded: Path) -> None:
    ran = run("--json", "agree", coded, "--out", "o", "--replicates", 200, "--benchmark", "krippendorff")
    assert ran.code == 0, ran.err
    assert ran.data["data"]["n_multiply_coded"] == 60
    assert ran.data["codes"][0]["code"] == "trust"
    alpha = next(row for row in ran.data["codes"][0]["rows"] if row["name"] == "krippendorff_alpha")
    assert alpha["value"] == pytest.approx(0.8664, abs=0.0005)
    assert alpha["band"] in ("reliable", "for tentative conclusions only", "not reliable")
    assert "agreement.json" in ran.data["files"]


def test_one_person_and_a_machine_are_shown(run: Run, table: Path) -> None:
    lines = table.read_text(encoding="utf-8").splitlines()
    kept = [line.replace("gpt", "machine") for line in lines if ",ben," not in line]
    table.write_text("\n".join(kept) + "\n", encoding="utf-8")
    done = run("agree", table)
    assert done.code == 0, done.err
    assert "machine with people (MASI)" in done.out
    assert "whole codebook (MASI)" not in done.out
    assert "Only one person coded these units" in done.err
    assert "nobody gave" not in done.err


def test_report_may_be_named(run: Run, coded: Path) -> None:
    assert run("agree", "report", coded, "--out", "o", "--replicates", 100).code == 0


def test_the_same_seed_gives_the_same_files(run: Run, table: Path, here: Path) -> None:
    for out in ("a", "b"):
        assert run("agree", table, "--out", out, "--replicates", 200, "--seed", 7).code == 0
    for name in TABLES:
        assert (here / "a" / f"{name}.csv").read_bytes() == (here / "b" / f"{name}.csv").read_bytes()


def test_a_report_replaces_an_earlier_one_but_nothing_else(run: Run, table: Path, here: Path) -> None:
    before = table.read_text()
    run("agree", table, "--out", ".").refused("ratings.csv is there already, and of no report", "--out")
    assert table.read_text() == before
    for level in (0.9, 0.8):
        assert run("agree", table, "--replicates", 100, "--level", level).code == 0
    assert json.loads((here / "agreement" / "agreement.json").read_text())["level"] == 0.8


@pytest.mark.parametrize("name", ["codes.parquet", "codes.csv.gz", "codes.tsv", "pairs.csv"])
def test_a_report_is_not_read_in_the_place_of_codes(run: Run, table: Path, here: Path, name: str) -> None:
    (here / "coded").mkdir()
    (here / "coded" / name).touch()
    run("agree", table, "--out", "coded").refused(f"{name} is there already, and of no report")


def test_what_is_refused(run: Run, table: Path, coded: Path, here: Path) -> None:
    run("agree", table, "--coder", "anna", "--machine", "ben", "--machine", "anna").refused("--coder anna")
    run("agree", table, "--machine", "gtp").refused("--machine gtp", "did you mean 'gpt'?")
    run("agree", table, "--benchmark", "landis").refused("--benchmark landis", "known are")
    run("agree", table, "--level", "2").refused("level")
    run("agree", coded, "--codebook", "b.yaml").refused("--codebook", "leave it out")
    run("agree", here / "nothing.csv").refused("nothing.csv: no such file")
    run("agree", table, "--out", table).refused("ratings.csv: is a file")
    run("agree", table, "--coder", "anna", "--machine", "gpt", "--replicates", "5").refused("--replicates")
    lonely = here / "one.csv"
    lonely.write_text("unit,coder,code\nu1,anna,trust\nu2,anna,\n")
    run("agree", lonely).refused("one.csv: only one person ('anna')")
    with (here / "huge.csv").open("wb") as huge:
        huge.write(b"unit,coder,code\nu1,anna,")
        huge.truncate(1_000_000_000)  # sparse: no disk is used
    run("agree", here / "huge.csv").refused(
        "huge.csv: 1,000 MB, more than the 200 MB that are read; split it"
    )
    assert not (here / "agreement").exists()
    run("agree").refused("no autocode.toml here")


def test_a_project_without_decisions_says_what_is_missing(run: Run, study: Path) -> None:
    run("agree").refused("study: nobody has coded anything that counts", "agree FILE")


# Planning


def test_a_plan_without_data(run: Run, here: Path) -> None:
    ran = run("--json", "agree", "plan", "--prevalence", 0.25, "--minimum", 0.8, "--interviews", 20)
    assert ran.code == 0, ran.err
    assert ran.data["needed"] == {"to show that alpha is above .800": 139}
    assert (ran.data["units"], ran.data["least_interviews"]) == (203, 7)
    assert ran.data["design_effect"] == pytest.approx(203 / 139, abs=0.01)
    told = run(
        "agree", "plan", "--prevalence", 0.05, "--half-width", 0.1, "--positives", 30, "--interviews", 20
    )
    assert "768 units for .80 ± .10" in told.out
    assert "600 units for 30 units with the code" in told.out
    assert "20 interviews are too few, however many units: it takes 39 at the least." in told.out
    assert "81 units" in run("agree", "plan", "--prevalence", 0.25).out


def test_a_sample_is_drawn_and_shared_out(run: Run, coded: Path, here: Path) -> None:
    arguments = ("agree", "plan", coded, "--units", 24, "--coder", "cem", "--coder", "dan", "--coder", "eva")
    assert run(*arguments, "--out", "sample.csv", "--seed", 3).code == 0
    first = (here / "sample.csv").read_bytes()
    run(*arguments, "--out", "sample.csv", "--seed", 4).refused("sample.csv: is there already", "--force")
    assert run(*arguments, "--out", "sample.csv", "--seed", 3, "--force").code == 0
    assert (here / "sample.csv").read_bytes() == first
    with (here / "sample.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["unit"] for row in rows}) == 24
    assert len(rows) == 48
    assert {row["probability"] for row in rows} == {"0.400000"}
    assert len({row["transcript_id"] for row in rows}) == 12
    assert {coder: sum(row["coder"] == coder for row in rows) for coder in ("cem", "dan", "eva")} == {
        "cem": 16, "dan": 16, "eva": 16,
    }  # fmt: skip


def test_a_sample_stratified_by_the_machine(run: Run, here: Path) -> None:
    lines = ["unit,transcript_id,coder,trust"]
    for i in range(100):
        lines += [f"u{i:02},i{i % 5},anna,0", f"u{i:02},i{i % 5},machine,{int(i < 20)}"]
    (here / "t.csv").write_text("\n".join(lines))
    ran = run("--json", "agree", "plan", "t.csv", "--units", 25, "--stratum", "trust", "--out", "s.csv")
    assert ran.code == 0, ran.err
    with (here / "s.csv").open(encoding="utf-8", newline="") as file:
        strata = [row["stratum"] for row in csv.DictReader(file)]
    assert (strata.count("with trust"), strata.count("without trust")) == (5, 20)


def test_a_plan_that_cannot_be(run: Run, coded: Path, here: Path) -> None:
    run("agree", "plan", "--prevalence", "0").refused("prevalence", "between 0 and 1")
    run("agree", "plan", "--icc", "1").refused("icc")
    run("agree", "plan", "--out", "s.csv").refused("nothing to draw from")
    run("agree", "plan", coded, "--stratum", "trust", "--out", "s.csv").refused("--stratum: no machine")
    run("agree", "plan", coded, "--coder", "a", "--units", "3", "--out", "s.csv").refused("there are only 1")
    assert "only 60 units" in run("agree", "plan", coded, "--units", 99, "--out", "s.csv").err


def test_the_script_on_the_library(table: Path, here: Path) -> None:
    script = ROOT / "scripts" / "agreement_report.py"
    child = subprocess.run(
        [sys.executable, str(script), str(table), "--out", "o", "--machine", "gpt"],
        cwd=here, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "the agreement of 2 coders" in child.stdout
    assert (here / "o" / "agreement.json").is_file()


def test_a_report_is_written_whole_or_not_at_all(run: Run, here: Path) -> None:
    Path("t.csv").write_text("unit,ann,ben\n1,a,a\n2,b,a\n3,b,b\n")
    (here / "out" / "agreement.html").mkdir(parents=True)
    run("agree", "t.csv", "--out", here / "out").refused("agreement.html", "is a folder")
    assert [path.name for path in (here / "out").iterdir()] == ["agreement.html"]


def test_codes_that_a_spreadsheet_takes_for_formulas_come_back(run: Run, here: Path) -> None:
    units = [f"-t{n}" for n in range(24)]
    rows = [
        f"{unit},{who},{int(n % 3 == 0)},{int((n + j) % 4 == 0)}"
        for n, unit in enumerate(units)
        for j, who in enumerate("ab")
    ]
    Path("t.csv").write_text("unit,coder,+good,-bad\n" + "\n".join(rows) + "\n")
    assert run("agree", "t.csv", "--out", "one").code == 0
    assert run("agree", "one/ratings.csv", "--out", "two").code == 0
    first, second = (json.loads(Path(name, "agreement.json").read_text()) for name in ("one", "two"))
    assert first["codes"] == second["codes"]
    assert [one["code"] for one in second["codes"]] == ["+good", "-bad"]
