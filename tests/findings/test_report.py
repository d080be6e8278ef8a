"""The report as files: private, alone, everything linked, nobody's name, and honest about what is missing."""

from __future__ import annotations

import csv
import json
import re
import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from docx import Document

from autocode.cli import main
from autocode.findings.material import Material
from autocode.findings.part import Options
from autocode.findings.report import Findings, key_of, make_findings, read_source, write_findings
from tests.findings.conftest import BOOK, Write, answers

NOW = datetime(2026, 1, 2, tzinfo=UTC)
FAST = Options(replicates=200)
CODES = (["goals", "risk"], ["bond"], [], ["risk"], ["goals"], ["risk", "bond"])
FLAT = {"name": "flat", "codes": [{"id": "trust", "name": "Trust"}, {"id": "risk", "name": "Risk"}]}


@pytest.fixture
def study(write: Write) -> Path:
    """Four interviews of six statements, two coders, one of them called by name, as is a respondent."""
    rows = answers("anna_berg", *("We <b>trust</b> & wait." for _ in CODES), speaker="Anna Berg")
    rows += [row for name in "bcd" for row in answers(name, *(f"{name} says {n}." for n in range(6)))]
    names = ("anna_berg", "b", "c", "d")
    coding = {f"{name}.{n}": codes for name in names for n, codes in enumerate(CODES, 1)}
    ben = {**coding, "b.1": [], "c.2": ["risk"]}
    cases = "".join(f"{name}: {{firm: {firm}, speaker: Anna Berg}}\n"
                    for name, firm in zip(names, ("MBE", "MBE", "SME", "SME"), strict=True))  # fmt: skip
    return write(rows, {"ann": coding, "ben": ben}, cases=cases)


def made(folder: Path, *, include_machine: bool = False) -> Findings:
    material, panel = read_source(folder, include_machine=include_machine)
    return make_findings(material, panel, FAST, now=NOW)


def absent(found: Findings) -> dict[str, str]:
    """What is missing and why, but for what needs files beside the codings (see test_beside)."""
    beside = {"propositions", "consistency"}
    missing = (part.section for part in found.parts if not part.section.blocks)
    return {section.name: section.absent for section in missing if section.name not in beside}


def test_the_files_are_private_and_every_number_leads_to_its_statements(study: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    files = write_findings(made(study), out)
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in [*files, key_of(out)])
    page = (out / "findings.html").read_text(encoding="utf-8")
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)
    assert "<script" not in page
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)
    assert "<b>trust</b>" not in page
    index = dict(re.findall(r'<dt id="([^"]+)">[^<]*</dt><dd>(.*?)</dd>', page))
    assert re.findall(r'href="#([^"]+)"', index["code-bond"]) == [
        "s-1-3", "s-1-7", "s-2-3", "s-2-7", "s-3-7", "s-4-3", "s-4-7",
    ]  # fmt: skip  # in c.2 the coders are split between bond and risk
    assert 'href="#code-bond">7</a>' in page


def test_nobodys_name_is_in_what_is_passed_on(study: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for path in write_findings(made(study), out):
        if path.suffix != ".docx":
            text = path.read_text(encoding="utf-8").casefold()
            assert "anna" not in text.replace("anna_berg_is_the_folder", ""), path.name
    document = Document(str(out / "findings.docx"))
    said = [one.text for one in document.paragraphs]
    said += [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    assert "anna" not in " ".join(said).casefold()
    with key_of(out).open(encoding="utf-8") as file:
        key = [tuple(row) for row in csv.reader(file)]
    assert ("R1", "respondent", "Anna Berg") in key
    assert ("1", "interview", "anna_berg") in key


def test_the_document_has_the_figures_the_quotes_and_links_that_lead_somewhere(
    study: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    write_findings(made(study), out)
    document = Document(str(out / "findings.docx"))
    xml = document.element.xml
    assert set(re.findall(r'w:anchor="([^"]+)"', xml)) <= set(
        re.findall(r'bookmarkStart[^>]*w:name="([^"]+)"', xml)
    )
    pictures = re.findall(r'<wp:docPr [^>]*title="([^"]+)"', xml)
    assert pictures[:2] == ["Data structure", "Thematic map: codes within a statement"]
    heads = [table.rows[0].cells[0].text for table in document.tables]
    assert "Who" in heads
    assert [one.text for one in document.paragraphs if one.style.name == "Heading 1"][:3] == [
        "In short", "Corpus", "Respondents",
    ]  # fmt: skip


def test_figures_are_files_with_real_text_that_lead_to_the_page(study: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_findings(made(study), out)
    names = {path.stem for path in out.glob("*.svg")}
    assert names == {"data-structure", "thematic-map-statement", "thematic-map-turn", "thematic-map-answer",
                     "transitions", "timeline-1", "timeline-2", "timeline-3", "timeline-4"}  # fmt: skip
    for path in out.glob("*.svg"):
        root = ElementTree.parse(path).getroot()
        space = {"s": "http://www.w3.org/2000/svg"}
        assert root.findall("s:title", space)
        assert root.findall(".//s:text", space), path.name
        assert "var(" not in path.read_text(encoding="utf-8")
        links = [one.get("href") or "" for one in root.iterfind(".//s:a", space)]
        assert links
        assert all(link.startswith("findings.html#") for link in links)


def test_figures_and_tables_of_an_earlier_report_go(study: Path, tmp_path: Path) -> None:
    out, found = tmp_path / "out", made(study)
    write_findings(found, out)
    own = out / "mine.svg"
    own.write_text("<svg/>")
    fewer = tuple(part for part in found.parts if "timeline-1" not in {one.name for one in part.figures})
    written = write_findings(replace(found, parts=fewer), out)
    assert set(out.iterdir()) == {*written, own}
    (out / "findings.json").write_text('{"files": ["../out-key.csv", 7]}')
    assert set(write_findings(found, out)) == set(out.iterdir()) - {own}
    assert key_of(out).exists()


def test_the_same_codings_and_seed_give_the_same_bytes(study: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_findings(made(study), tmp_path / name)
    for path in sorted((tmp_path / "one").glob("*.*")):
        if path.suffix != ".docx":  # a zip file with times of its own
            assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


def test_the_reliability_section_says_what_the_module_says(study: Path) -> None:
    found = made(study)
    record = found.record["reliability"]
    alpha = record["overall"][0]["value"]
    assert 0 < alpha < 1
    section = next(part.section for part in found.parts if part.section.name == "reliability")
    assert f"α = .{round(100 * alpha)}" in str(section.blocks[0])


def test_one_interview_and_no_attributes_say_what_is_missing(write: Write) -> None:
    rows = answers("a", *(f"Said {n}." for n in range(6)))
    found = made(write(rows, {"ann": {f"a.{n}": codes for n, codes in enumerate(CODES, 1)}}, book=BOOK))
    said = {part.section.name: str(part.section.blocks) for part in found.parts}
    assert "cases.yaml" in said["cases"]
    assert {pair["no_interval"] for pair in found.record["map"]["pairs"]} == {"there is only one interview"}
    assert "no p can be below 1" in said["sequences"]
    assert "under Reliability" not in said["method"]
    assert absent(found) == {
        "reliability": "coded: only one person ('ann') has codings that count; agreement needs two who "
        "looked at the same units"
    }


TWINS = {
    "name": "twins",
    "codes": [
        {"id": "firm", "name": "Firm"},
        {"id": "a", "name": "Learning", "parent": "firm"},
        {"id": "state", "name": "State"},
        {"id": "b", "name": "Learning", "parent": "state"},
    ],
}


def test_codes_of_one_name_are_told_apart_wherever_their_topic_is_not_above_them(
    write: Write, tmp_path: Path
) -> None:
    """Both on one statement of each of three interviews, so that there are pairs, orders, and quotes."""
    rows = [row for name in "abc" for row in answers(name, "One.", "Two.", "Three.")]
    said = {"1": ["a", "b"], "2": ["b"], "3": ["a"]}
    found = made(
        write(
            rows, {"ann": {f"{name}.{n}": codes for name in "abc" for n, codes in said.items()}}, book=TWINS
        )
    )
    write_findings(found, tmp_path / "out")
    page = (tmp_path / "out" / "findings.html").read_text(encoding="utf-8")
    alone = {}
    for name, body in re.findall(r'<h2 id="(\w+)">(.*?)</section>', page, re.DOTALL):
        visible = re.sub(r"<[^>]*>", "\n", body.replace("<wbr>", ""))
        alone[name] = sum(line.strip() == "Learning" for line in visible.splitlines())
    # as often as the tree is shown: in the codebook, as figure and table of the structure
    assert {name: n for name, n in alone.items() if n} == {"codebook": 2, "structure": 4}
    for text in ("Firm &gt; Learning", "State &gt; Learning"):
        assert {name for name, body in re.findall(r'<h2 id="(\w+)">(.*?)</section>', page, re.DOTALL)
                if text in body} >= {"holding", "map", "quotes", "sequences", "statements"}  # fmt: skip


def test_only_the_names_of_topics_stand_out(write: Write, tmp_path: Path) -> None:
    rows = [row for name in "abcd" for row in answers(name, "One.")]
    for number, (book, code, bold) in enumerate(
        ((BOOK, "trust", ["Partners"] * 3), (FLAT, "trust", []))
    ):  # in the codebook, the structure, the cases
        coding = {"ann": {"a.1": [code], "b.1": [], "c.1": [], "d.1": []}}
        cases = "".join(f"{name}: {{firm: {firm}}}\n" for name, firm in zip("abcd", "MMSS", strict=True))
        write_findings(made(write(rows, coding, book=book, cases=cases)), tmp_path / f"out{number}")
        page = (tmp_path / f"out{number}" / "findings.html").read_text(encoding="utf-8")
        body = "".join(re.findall(r"<tbody>(.*?)</tbody>", page, re.DOTALL))
        assert re.findall(r"<b>(.*?)</b>", body) == bold
        assert 'class="strong"' not in body
        document = Document(str(tmp_path / f"out{number}" / "findings.docx"))
        cells = [cell for table in document.tables for row in table.rows[1:] for cell in row.cells]
        runs = [run for cell in cells for paragraph in cell.paragraphs for run in paragraph.runs]
        assert [run.text for run in runs if run.bold] == bold


def test_a_codebook_without_levels_has_no_structure_to_draw(write: Write) -> None:
    rows = answers("a", "One.", "Two.") + answers("b", "One.", "Two.")
    coding = {"a.1": ["trust"], "a.2": ["risk"], "b.1": ["trust", "risk"], "b.2": []}
    found = made(write(rows, {"ann": coding}, book=FLAT))
    structure = next(part for part in found.parts if part.section.name == "structure")
    assert structure.figures == []
    assert "no levels" in str(structure.section.blocks)


def test_without_accepted_codes_each_finding_says_why(write: Write, tmp_path: Path) -> None:
    rows = answers("a", "One.", "Two.")
    folder = write(rows, {"ann": {"a.1": [], "a.2": []}, "machine": {"a.1": ["risk"]}})
    found = made(folder)
    why = "people have read 2 statements and accepted no code"
    why += "; --include-machine shows what the machine suggests"
    assert {name: text for name, text in absent(found).items() if name != "reliability"} == dict.fromkeys(
        ("structure", "holding", "map", "quotes", "cases", "sequences"), why
    )
    write_findings(found, tmp_path / "out")
    assert (tmp_path / "out" / "findings.docx").is_file()
    page = (tmp_path / "out" / "findings.html").read_text(encoding="utf-8")
    assert 'id="behind"' not in page  # nothing to list: it is among what is missing
    assert "What the numbers count: no statement has a code" in page
    assert "Rates are of" not in page


def test_what_only_the_machine_says_is_marked(write: Write, tmp_path: Path) -> None:
    rows = answers("a", "One.", "Two.") + answers("b", "One.", "Two.")
    folder = write(rows, {"ann": {"a.1": ["risk"]}, "machine": {"a.2": ["risk"], "b.1": ["goals"]}})
    found = made(folder, include_machine=True)
    assert found.record["short"]["coded_by"] == {"consensus": 0, "coders": 1, "machine": 2}
    assert "2 of 3 coded statements" in found.record["short"]["warnings"][0]
    write_findings(found, tmp_path / "out")
    page = (tmp_path / "out" / "findings.html").read_text(encoding="utf-8")
    assert page.count('<span class="tag">machine</span>') == 4  # twice among the quotes, twice in the list
    assert "Withheld: a coded dataset has no probabilities" in page


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main([str(one) for one in arguments])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_the_command_tells_what_it_made(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    code, told, _ = run(capsys, "report", study, "--out", out, "--replicates", 100, "--json")
    assert code == 0
    result: dict[str, Any] = json.loads(told)
    assert result["short"]["n_coded"] == 19
    assert set(result["files"]) == {path.name for path in out.iterdir()}
    assert "Keep it apart" in run(capsys, "report", study, "--out", out, "--replicates", 100)[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["report", "nowhere"], "nowhere: no such folder; give a project's folder, or a coded dataset's"),
        (["report", "{study}"], "--out is missing; the report of a coded dataset needs a folder: --out DIR"),
        (
            ["report", "{study}", "--out", "{study}/codes.jsonl"],
            "codes.jsonl: is a file, and --out is a folder",
        ),
    ],
)
def test_mistakes_are_told_in_a_sentence(
    study: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    code, _, told = run(capsys, *(one.format(study=study) for one in arguments))
    assert code == 2
    assert message in told


def test_the_record_of_a_material_tells_changes_apart(study: Path) -> None:
    one, two = (read_source(study, include_machine=machine)[0] for machine in (False, True))
    assert isinstance(one, Material)
    assert one.digest != two.digest


def test_hostile_text_is_only_text(write: Write, tmp_path: Path) -> None:
    """Markup, formulas, a NUL, half of a surrogate pair and names of codes that would break out of a link."""
    hostile = "<script>alert('x')</script> =cmd|' /C calc'!A0 \x00 \ud800 [gap to fill]"
    book = {
        "name": "<i>book</i>",
        "codes": [
            {"id": 'a"><b>', "name": "A <i>x</i>"},
            {"id": "b/ü 1", "name": "B & co", "parent": 'a"><b>'},
        ],
    }
    rows = [row for name in "ab" for row in answers(name, hostile, hostile)]
    coding = {f"{name}.{n}": ["b/ü 1"] for name in "ab" for n in (1, 2)}
    cases = 'a: {"<b>firm": \'=1+1\'}\nb: {"<b>firm": \'"x\'}\n'
    out = tmp_path / "out"
    write_findings(made(write(rows, {"ann": coding}, book=book, cases=cases)), out)
    page = (out / "findings.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "<b>firm" not in page
    assert "<mark>" not in page  # nothing of it is a gap for the authors to fill
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(re.findall(r'\sid="([^"]+)"', page))
    for path in out.glob("*.svg"):
        ElementTree.parse(path)
    Document(str(out / "findings.docx"))
    with (out / "quotes.csv").open(encoding="utf-8") as file:
        assert not any(cell.startswith(("=", "<b>=")) for row in csv.reader(file) for cell in row)
