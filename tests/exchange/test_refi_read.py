"""Projects of other programs are read as they are: positions, oddities, and files made to do harm."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocode.codebook import read_codebook
from autocode.errors import AutocodeError, CodebookError, ExchangeError
from autocode.exchange import read_project
from autocode.exchange.positions import Mark, Rule, Ruler, Unit, calibrate
from autocode.exchange.refi_read import Opened, quotes, read_refi
from tests.exchange.conftest import CODE, SOURCE, USER, Write, project_xml
from tests.hang import no_hang

HOSTILE = Path(__file__).parents[3] / "shared" / "formats" / "hostile"
ANNEX = HOSTILE.parent / "refi-qda" / "atlasti" / "spec_annex_A2_atlasti_8.4.0.qde"
needs_shared = pytest.mark.skipif(not HOSTILE.exists(), reason="the shared format samples are absent")


def hostile_cases() -> list[dict[str, str]]:
    index = HOSTILE / "index.json"
    cases = json.loads(index.read_text()) if index.exists() else []
    return [case for case in cases if Path(case["file"]).suffix in (".qdpx", ".qdc")]


def open_any(path: Path) -> Any:
    return read_project(path)


@pytest.mark.shared
@needs_shared
@pytest.mark.parametrize("case", hostile_cases(), ids=lambda case: str(case["file"]))
def test_hostile_file_does_what_the_index_says(case: dict[str, str]) -> None:
    path = HOSTILE / case["file"]
    with no_hang():
        if case["expected"] == "error":
            with pytest.raises(AutocodeError, match=case["file"]) as caught:
                open_any(path)
            assert "\n" not in str(caught.value)
        else:
            open_any(path)


@pytest.mark.shared
@needs_shared
def test_hostile_files_need_little_memory() -> None:
    program = (
        "import re, sys\n"
        "from pathlib import Path\n"
        "from autocode.codebook import read_codebook\n"
        "from autocode.errors import AutocodeError\n"
        "from autocode.exchange.refi_read import read_refi\n"
        "for path in sys.argv[1:]:\n"
        "    try:\n        (read_codebook if path.endswith('.qdc') else read_refi)(path)\n"
        "    except AutocodeError:\n        pass\n"
        "status = Path('/proc/self/status')\n"
        "print(re.search(r'VmHWM:\\s*(\\d+)', status.read_text())[1] if status.exists() else 0)\n"
    )
    paths = [str(HOSTILE / case["file"]) for case in hostile_cases()]
    done = subprocess.run([sys.executable, "-c", program, *paths], capture_output=True, text=True, check=True)
    assert int(done.stdout) * 1024 < 200e6


@pytest.mark.shared
@needs_shared
@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("qdpx_crlf_as_one.qdpx", ["line end as one character"]),
        ("qdpx_utf16_units.qdpx", ["UTF-16 units"]),
        ("qdpx_no_ns.qdpx", ["no namespace"]),
        ("qdpx_dangling.qdpx", ["code that the codebook does not have", "not in the list of users"]),
        ("qdpx_missing_guid.qdpx", ["GUID"]),
    ],
)
def test_what_was_repaired_or_left_out_is_said(file: str, words: list[str]) -> None:
    said = " ".join(read_refi(HOSTILE / file).warnings)
    assert all(word in said for word in words)


@pytest.mark.shared
@needs_shared
@pytest.mark.parametrize(
    "file",
    [
        "qdpx_crlf_as_one.qdpx", "qdpx_utf16_units.qdpx", "qdpx_capital_sources.qdpx",
        "qdpx_named_qde.qdpx", "qdpx_subfolder.qdpx", "qdpx_no_ns.qdpx", "qdpx_guid_forms.qdpx",
    ],
)  # fmt: skip
def test_quotes_come_out_character_for_character(file: str) -> None:
    assert quotes(read_refi(HOSTILE / file).project) == [
        ("A", "I trust my nurse 👍 completely"),
        ("A", "She listens"),
    ]


@pytest.mark.shared
@needs_shared
def test_the_example_of_the_specification() -> None:
    """Counted in the file: 3 users, 14 flat codes of which 5 have a description, 6 texts, 2 PDFs with
    their texts, 3 transcripts of films; 16 sets; one note on a source and one on the project.
    """
    opened = read_refi(ANNEX)
    project = opened.project
    assert [user.name for user in project.users] == ["ATLAS.ti", "Friedrich Markgraf", "Sebastian Petrausch"]
    assert len(project.codes) == 14
    assert not any(code.parent for code in project.codes)
    assert {code.name: code.colour for code in project.codes}["milk"] is None
    assert next(code for code in project.codes if code.name == "Coke::diet Coke").description == "non sucré"
    assert len(project.sources) == 6 + 2 + 3
    assert len(project.sets) == 16
    assert len(project.memos) == 2
    first = next(source for source in project.sources if source.name.startswith("1994"))
    [selection] = first.selections
    assert (selection.start_char, selection.end_char) == (139, 195)
    assert selection.end_char - selection.start_char == len(selection.name)
    assert project.users[1].guid == selection.codings[0].user == "ad68fbe7-e1ee-4a82-a279-23cc698c89eb"
    assert any("lies in another file" in warning for warning in opened.warnings)


# Positions

RULES = [
    Rule(crlf, bom, unit, inclusive)
    for crlf, bom, unit, inclusive in product(
        (1, 2), (False, True), ("characters", "UTF-16 units", "bytes"), (False, True)
    )
]
WORDS = "we trust öur partner 👍 naïve people and 😀 they know it well über years café".split()  # noqa: SIM905


def talk(rng: random.Random, n: int = 60) -> str:
    """A made-up text of `n` lines, some with characters that programs count differently."""
    return "".join(" ".join(rng.choices(WORDS, k=rng.randint(4, 9))) + ".\n" for _ in range(n))


def counted(text: str, place: int, rule: Rule, *, crlf: bool, last: bool = False) -> int:
    """What a program that counts by `rule` writes for a place in the clean text: the definition."""
    if last and rule.inclusive:
        return counted(text, place - 1, rule, crlf=crlf)
    two = rule.crlf == 2 if crlf else rule.lf == 2
    before = text[:place].replace("\n", "\r\n" if two else "\n")
    before = ("\ufeff" if rule.bom else "") + before
    if rule.unit == "UTF-16 units":
        return len(before.encode("utf-16-le")) // 2
    return len(before.encode()) if rule.unit == "bytes" else len(before)


def words_of(text: str, rng: random.Random, n: int) -> list[tuple[int, int]]:
    """`n` stretches that begin and end with words, in the order of the text."""
    spans = [match.span() for match in re.finditer(r"\w+", text)]
    chosen = sorted(rng.sample(range(len(spans) - 4), n))
    return [(spans[one][0], spans[one + rng.randint(0, 3)][1]) for one in chosen]


@pytest.mark.parametrize("rule", RULES, ids=str)
@pytest.mark.parametrize("named", [True, False])
def test_every_way_of_counting_is_found_out(write: Write, rule: Rule, named: bool) -> None:
    rng = random.Random(1)
    text = talk(rng)
    wanted = words_of(text, rng, 60)
    marks = [
        (counted(text, start, rule, crlf=True), counted(text, end, rule, crlf=True, last=True),
         text[start:end].replace("\n", " ") if named else "")
        for start, end in wanted
    ]  # fmt: skip
    data = ("\ufeff" + text.replace("\n", "\r\n")).encode()
    opened = read_refi(write(data, project_xml(marks)))
    [source] = opened.project.sources
    assert source.text == text
    assert [(one.start_char, one.end_char) for one in source.selections] == wanted
    assert opened.calibration.decided_by == (
        "names" if named else "word boundaries" if rule.bom or rule.inclusive or rule.unit != "characters"
        else "the usual rule"
    )  # fmt: skip


@pytest.mark.parametrize("named", [True, False])
def test_line_ends_that_were_crlf_when_positions_were_made_are_found_out(write: Write, named: bool) -> None:
    """An XML parser makes LF of the CRLF in a text inside the project, whatever its writer counted."""
    rng = random.Random(3)
    text = talk(rng)
    wanted = words_of(text, rng, 60)
    marks = [
        (a + text.count("\n", 0, a), b + text.count("\n", 0, b), text[a:b] if named else "")
        for a, b in wanted
    ]
    opened = read_refi(write(text.encode(), project_xml(marks)))
    [source] = opened.project.sources
    assert [(one.start_char, one.end_char) for one in source.selections] == wanted
    assert any("a line end as two characters" in warning for warning in opened.warnings)


@given(
    text=st.text(st.sampled_from("ab é😀\n"), min_size=1, max_size=30),
    crlf=st.booleans(),
    rule=st.sampled_from([*RULES, *(replace(one, lf=2) for one in RULES)]),
    cut=st.tuples(st.integers(0, 30), st.integers(0, 30)),
)
def test_places_are_those_of_the_definition(text: str, crlf: bool, rule: Rule, cut: tuple[int, int]) -> None:
    start, end = sorted(min(one, len(text)) for one in cut)
    if start == end:
        return
    ruler = Ruler("\ufeff" + (text.replace("\n", "\r\n") if crlf else text))
    assert ruler.text == text
    mark = Mark(counted(text, start, rule, crlf=crlf), counted(text, end, rule, crlf=crlf, last=True))
    assert ruler.places([mark], rule).tolist() == [[start, end, 1]]


def test_a_line_end_that_windows_wrote_twice_is_one() -> None:
    """QualCoder writes CRLF for MAXQDA; on Windows that becomes CR CR LF."""
    ruler = Ruler("\ufeffab\r\r\ncd\r\n\r\nef")
    assert ruler.text == "ab\ncd\n\nef"
    assert ruler.places([Mark(3, 5), Mark(7, 9)], Rule(crlf=1)).tolist() == [[3, 5, 1], [7, 9, 1]]


@given(start=st.integers(-(10**20), 10**20), end=st.integers(-(10**20), 10**20), rule=st.sampled_from(RULES))
def test_positions_outside_the_text_are_told_apart(start: int, end: int, rule: Rule) -> None:
    ruler = Ruler("ab\r\ncd")
    [(first, last, _)] = ruler.places([Mark(start, end)], rule).tolist()
    assert first == -1 or 0 <= first <= last <= len(ruler.text)


def test_lines_that_are_coded_whole_do_not_look_inclusive() -> None:
    text = talk(random.Random(2))
    ends = [match.end() for match in re.finditer("\n", text)]
    marks = [
        Mark(start, end, f"line:{n}") for n, (start, end) in enumerate(zip([0, *ends], ends, strict=False))
    ]
    found = calibrate([(Ruler(text), marks)])
    assert found.rule == Rule()
    assert not found.doubtful


UNITS: list[Unit] = ["characters", "UTF-16 units"]


@pytest.mark.parametrize("unit", UNITS)
def test_one_text_of_several_tells_how_all_are_counted(unit: Unit) -> None:
    """Emoji in one of four texts: the rules differ in a tenth of the selections only."""
    rng, rule = random.Random(4), Rule(unit=unit)
    plain = [talk(rng).replace("👍", "so").replace("😀", "so") for _ in range(3)]
    last = "Fine 👍.\n" + plain[0].replace("\n", " 😀\n")
    texts = []
    for text, n in [*((one, 60) for one in plain), (last, 20)]:
        wanted = words_of(text, rng, n)
        places = [[counted(text, at, rule, crlf=False) for at in one] for one in wanted]
        texts.append((Ruler(text), [Mark(start, end) for start, end in places]))
    assert calibrate(texts).rule == rule


def test_a_few_stretches_in_the_midst_of_words_overrule_nothing() -> None:
    """Whoever selects the blank too seems to count otherwise now and then; the rest speak against it."""
    rng = random.Random(5)
    text = "Fine 👍.\n" + talk(rng)
    marks = [Mark(start, end + 1) for start, end in words_of(text, rng, 19)]
    assert calibrate([(Ruler(text), marks)]).rule == Rule()


LINES = "I: How is it?\nAnn: We trust them.\nBob: No risk at all.\n"


@pytest.mark.parametrize("bom", [True, False])
@pytest.mark.parametrize(
    "names", [("I: How is it?",), ("I: How", "We trust them.", "No risk at all.", "Ann")]
)
@pytest.mark.parametrize("whole", [True, False])
def test_a_byte_order_mark_that_is_counted(
    write: Write, names: tuple[str, ...], *, bom: bool, whole: bool
) -> None:
    """A stretch from the very beginning begins with it; a name is the text with its blanks first of all."""
    starts = [LINES.index(name) for name in names]
    marks = [
        (start + bom if start else 0, start + bom + len(name), name)
        for start, name in zip(starts, names, strict=True)
    ]
    wanted = [*names, LINES] if whole else list(names)
    marks += [(0, bom + len(LINES), LINES.replace("\n", " "))] if whole else []
    opened = read_refi(write(("\ufeff" + LINES).encode(), project_xml(marks)))
    assert [quote for _, quote in quotes(opened.project, 9)] == wanted


@pytest.mark.parametrize(("name", "inclusive"), [("risk at all", False), ("risk at all ", True)])
def test_names_with_their_blanks_decide_before_names_without(name: str, *, inclusive: bool) -> None:
    text = "".join(f"It is so, {word}, and no risk at all so far.\n" for word in WORDS if word.isascii())
    marks = [Mark(at.start(), at.end(), name) for at in re.finditer("risk at all", text)]
    assert calibrate([(Ruler(text), marks)]).rule == Rule(inclusive=inclusive)


def test_few_selections_without_names_leave_the_usual_rule_and_a_doubt(write: Write) -> None:
    opened = read_refi(write(b"We trust them.\n", project_xml([(3, 7, "")])))
    assert opened.calibration.rule == Rule()
    assert opened.calibration.doubtful
    assert any("first quotes" in warning for warning in opened.warnings)


def test_names_that_are_no_texts_do_not_decide(write: Write) -> None:
    opened = read_refi(
        write(b"We trust them.\n", project_xml([(0, 2, "Quotation 1"), (3, 8, "Quotation 2")]))
    )
    assert opened.calibration.decided_by == "the usual rule"


def test_shortened_names_are_compared_as_far_as_they_go(write: Write) -> None:
    text = "I: " + "word " * 60
    name = text[3:103] + "…"
    opened = read_refi(write(text.encode(), project_xml([(3, 252, name)])))
    assert opened.calibration.n_matched == 1


# Archives made to do harm


@pytest.mark.parametrize(
    ("member", "word"),
    [("../evil.txt", "outside"), ("/etc/evil", "outside"), ("C:/evil", "outside"), ("a\\..\\b", "outside")],
)
def test_parts_that_lie_outside_are_refused(write: Write, member: str, word: str) -> None:
    path = write(b"x", project_xml([]))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(member, "x")
    with pytest.raises(ExchangeError, match=word):
        read_refi(path)


def test_links_and_equal_names_are_refused(write: Write) -> None:
    path = write(b"x", project_xml([]))
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("sources/link.txt")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(ExchangeError, match="link"):
        read_refi(path)
    path = write(b"x", project_xml([]), name="q.qdpx")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(f"Sources/{SOURCE}.TXT", "y")
    with pytest.raises(ExchangeError, match="same name"):
        read_refi(path)


def test_bombs_are_refused_before_they_are_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.qdpx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("project.qde", project_xml([]))
        archive.writestr(f"sources/{SOURCE}.txt", b" " * 60_000_000)
    with no_hang():
        with pytest.raises(ExchangeError, match="60 MB; refused"):
            read_refi(path)
        lying = path.read_bytes().replace((60_000_000).to_bytes(4, "little"), (100).to_bytes(4, "little"))
        path.write_bytes(lying)
        with pytest.raises(ExchangeError, match=r"bomb\.qdpx"):
            read_refi(path)


def test_many_members_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "many.qdpx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("project.qde", project_xml([]))
        for number in range(10_001):
            archive.writestr(f"sources/{number}", b"")
    with pytest.raises(ExchangeError, match="10,002 files"):
        read_refi(path)


@pytest.mark.parametrize("place", ["absolute:///etc/passwd", "relative:///../secret.txt"])
def test_no_file_outside_is_opened(write: Write, place: str) -> None:
    opened = read_refi(write(b"x", project_xml([(0, 1, "")], path=place)))
    assert opened.project.sources[0].text is None
    assert any("lies outside" in warning for warning in opened.warnings)


@pytest.mark.parametrize(
    "place", [f"{SOURCE}.txt", f"internal:/{SOURCE}.txt", f"internal://sources/{SOURCE}.TXT"]
)
def test_paths_are_found_as_programs_write_them(write: Write, place: str) -> None:
    opened = read_refi(write(b"Hello", project_xml([(0, 5, "Hello")], path=place)))
    assert opened.project.sources[0].text == "Hello"


def test_sources_without_a_name_are_called_by_their_file(write: Write) -> None:
    """As qc writes them: a path without a scheme, whole lines, a name that is no quote."""
    text = "I: How is it?\nR: We trust naïve 👍 them.\n"
    xml = project_xml([(14, 40, "line:1")], origin="qc 1.3.2", path="sub/a.txt").replace(' name="A"', "")
    path = write(b"", xml)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("sources/sub/a.txt", text)
    opened = read_project(path)
    assert quotes(opened.project) == [("a.txt", "R: We trust naïve 👍 them.\n")]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "damaged"),
        (b"hello", "damaged"),
        (b"PK\x03\x04", "damaged"),
        (b"PK\x05\x06" + b"\xff" * 18, "refused"),
    ],
)
def test_what_is_no_archive_is_said_in_one_sentence(tmp_path: Path, content: bytes, word: str) -> None:
    path = tmp_path / "a.qdpx"
    path.write_bytes(content)
    with pytest.raises(ExchangeError, match=word):
        read_refi(path)
    with pytest.raises(ExchangeError, match="no such file"):
        read_refi(tmp_path / "absent.qdpx")


def test_a_codebook_is_not_taken_for_a_project(tmp_path: Path) -> None:
    path = tmp_path / "a.qde"
    path.write_text('<CodeBook xmlns="urn:QDA-XML:codebook:1.0"><Codes/></CodeBook>')
    with pytest.raises(ExchangeError, match=r"\.qdc"):
        read_refi(path)
    (tmp_path / "a.qdc").write_text('<?xml version="1.0"?><Project name="p"/>')
    with pytest.raises(CodebookError, match="a project"):
        read_codebook(tmp_path / "a.qdc")


@given(cut=st.integers(0, 900), put=st.binary(max_size=4))
def test_damaged_xml_gives_a_sentence_or_a_project(tmp_path_factory: Any, cut: int, put: bytes) -> None:
    data = project_xml([(0, 2, "We")]).encode()
    path = tmp_path_factory.mktemp("x") / "a.qde"
    path.write_bytes(data[:cut] + put + data[cut + len(put) :])
    try:
        assert isinstance(read_refi(path), Opened)
    except ExchangeError as error:
        assert "\n" not in str(error)  # noqa: PT017


def test_ids_that_are_no_guids_refer_to_each_other_all_the_same(write: Write) -> None:
    xml = project_xml([(0, 2, ""), (3, 8, "")]).replace(f'guid="{USER}"', 'guid="1"')
    xml = xml.replace(f'creatingUser="{USER}"', 'creatingUser="1"').replace(f'guid="{CODE}"', 'guid="1"')
    xml = xml.replace(f'targetGUID="{CODE}"', 'targetGUID="1"').replace(
        "</Sources>", '</Sources><Cases><Case guid="1" name="Ann"/></Cases>'
    )
    opened = read_refi(write(b"We trust them.\n", xml))
    [code], [user] = opened.project.codes, opened.project.users
    assert code.guid != user.guid
    codings = [one for selection in opened.project.sources[0].selections for one in selection.codings]
    assert [(one.code, one.user) for one in codings] == [(code.guid, user.guid)] * 2
    assert "3 × missing or malformed GUID: repaired" in opened.warnings


def test_coders_who_are_not_listed_stay_apart(write: Write) -> None:
    other = "99999999-0000-4000-8000-000000000000"
    xml = re.sub("<Users>.*</Users>", "", project_xml([(0, 2, ""), (3, 8, "")]))
    xml = xml.replace(f'creatingUser="{USER}"', f'creatingUser="{other}"', 1)
    [source] = read_refi(write(b"We trust them.\n", xml)).project.sources
    assert [one.codings[0].user for one in source.selections] == [other, USER]


@pytest.mark.parametrize("n", [400_001, 3_000_000])
def test_a_flood_of_elements_is_refused(write: Write, n: int) -> None:
    with pytest.raises(ExchangeError, match="more than 400,000 elements; refused"):
        read_refi(write(b"", f"<Project>{'<a/>' * n}</Project>", packed=False))


@pytest.mark.parametrize(
    ("encoding", "mark", "said"),
    [
        ("utf-16-le", b"", "no byte order mark; it was read as UTF-16-LE"),
        ("utf-16-be", b"", "no byte order mark; it was read as UTF-16-BE"),
        ("utf-16-le", b"\xff\xfe", ""),
        ("utf-32-le", b"\xff\xfe\0\0", ""),
        ("utf-32-be", b"\0\0\xfe\xff", ""),
        ("cp1252", b"", "it was read as Windows-1252"),
    ],
)
@pytest.mark.parametrize(
    "text", ["We trust our partner.\r\nThey know it well.\r\n", "Zoë: trust 👍 them. ok, so."]
)
def test_texts_in_every_form_of_unicode(
    write: Write, text: str, encoding: str, mark: bytes, said: str
) -> None:
    text = text.replace("👍", "é") if encoding == "cp1252" else text
    if encoding == "cp1252" and text.isascii():
        said = ""
    start = text.index("trust")
    path = write(mark + text.encode(encoding), project_xml([(start, start + 5, "trust")]))
    opened = read_refi(path)
    assert quotes(opened.project) == [("A", "trust")]
    assert (opened.project.sources[0].text or "").replace("\r", "") == text.replace("\r", "")
    assert said in " ".join(opened.warnings)
    assert bool(said) == ("it was read as" in " ".join(opened.warnings))


def test_one_part_that_many_sources_name_does_not_fill_the_memory(write: Write) -> None:
    """A text of 9 MB that packs into some kilobytes, named by sixty sources."""
    one = re.search("<TextSource.*</TextSource>", project_xml([(0, 5, "")]))
    assert one is not None
    sources = "".join(
        one[0].replace(f'guid="{SOURCE}"', f'guid="{n:08d}-3333-4333-8333-333333333333"') for n in range(60)
    )
    xml = project_xml([(0, 5, "")]).replace(one[0], sources)
    with pytest.raises(ExchangeError, match=r"unpacks to too much; refused"):
        read_refi(write(b"trust " * 1_500_000, xml))


def test_many_texts_are_refused_before_they_are_measured(tmp_path: Path) -> None:
    """Seven texts of 9 MB, beside a film that cannot be packed."""
    path, one = tmp_path / "a.qdpx", re.search("<TextSource.*</TextSource>", project_xml([]))
    assert one is not None
    guids = [f"{n:08d}-3333-4333-8333-333333333333" for n in range(7)]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        xml = project_xml([]).replace(one[0], "".join(one[0].replace(SOURCE, guid) for guid in guids))
        archive.writestr("project.qde", xml)
        archive.writestr("sources/film.mp4", random.Random(1).randbytes(1_000_000))
        for guid in guids:
            archive.writestr(f"sources/{guid}.txt", b"trust " * 1_500_000)
    refused = "texts have more than 50,000,000 characters; refused"
    with no_hang(), pytest.raises(ExchangeError, match=refused):
        read_refi(path)


def test_a_flood_of_attributes_is_refused(write: Write) -> None:
    many = " ".join(f'a{n}=""' for n in range(300_000))
    with pytest.raises(ExchangeError, match=r"more than 200,[0-9]* attributes; refused"):
        read_refi(write(b"", project_xml([]).replace(" origin", f" {many} origin", 1), packed=False))


def test_the_second_of_two_people_with_one_guid_is_told(write: Write) -> None:
    xml = project_xml([(0, 5, "trust")]).replace("</Users>", f'<User guid="{USER}" name="Ben"/></Users>')
    opened = read_refi(write(b"trust\n", xml))
    assert [user.name for user in opened.project.users] == ["Ann"]
    assert "1 second person with the same GUID: left out" in opened.warnings


@pytest.mark.parametrize(
    ("old", "new", "encoding", "message"),
    [
        ("?>", '?><!DOCTYPE a [<!ENTITY b "c">]>', "utf-16", "DOCTYPE"),
        ('name="A"', 'name="A & B"', "utf-16", "line 1: not valid XML"),
        ("</Project>", "& <a>", "utf-8", "line 1: not valid XML"),
    ],
)
def test_what_cannot_be_mended_is_told_as_it_stood(
    write: Write, old: str, new: str, encoding: str, message: str
) -> None:
    xml = project_xml([]).replace(old, new, 1).replace('"utf-8"', f'"{encoding}"')
    path = write(b"", "")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("project.qde", xml.encode(encoding))
    with pytest.raises(ExchangeError, match=message):
        read_refi(path)
