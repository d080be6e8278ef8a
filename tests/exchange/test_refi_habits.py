"""What programs write otherwise than the standard has it: files in the shapes that they make."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from autocode.errors import ExchangeError
from autocode.exchange import import_plan, plan_import, read_project
from autocode.exchange.refi import Project, Selection
from autocode.exchange.refi_read import Opened
from autocode.store import ReviewStore, create_project

ANN, BEN, TRUST, RISK, ANNA, TEXT, FILE, SEL, NOTE, CASE, AGE = (
    f"{n:08x}-0000-4000-8000-00000000000{n:x}" for n in range(1, 12)
)
SAID = "I: How is it?\nAnna: We trust them. They pay late.\n"
WE_TRUST = (SAID.index("We trust"), SAID.index(" them"))
Make = Callable[..., Opened]


@pytest.fixture
def read(tmp_path: Path) -> Make:
    """Write a project with these parts of its XML and these members, and read it."""

    def call(
        sources: str, *, codes: str = "", cases: str = "", more: str = "",
        members: dict[str, str] | None = None,
    ) -> Opened:  # fmt: skip
        path = tmp_path / "p.qdpx"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(
                "project.qde",
                '\ufeff<?xml version="1.0" encoding="utf-8"?><Project xmlns="urn:QDA-XML:project:1.0" '
                f'name="p"><Users><User guid="{ANN}" id="A" name="Ann"/><User guid="{BEN}" name="Ben"/>'
                f'</Users><CodeBook><Codes><Code guid="{TRUST}" name="trust" isCodable="true"/>'
                f"{codes}</Codes></CodeBook>{cases}<Sources>{sources}</Sources>{more}</Project>",
            )
            for name, text in ({f"Sources/{TEXT}.txt": SAID} if members is None else members).items():
                archive.writestr(name, text)
        return read_project(path)

    return call


def source(inner: str = "", *, attributes: str = f'plainTextPath="internal://{TEXT}.txt"') -> str:
    return f'<TextSource guid="{TEXT}" name="anna" {attributes}>{inner}</TextSource>'


def selection(inner: str, *, guid: str = SEL, name: str = "", more: str = "") -> str:
    return (
        f'<PlainTextSelection guid="{guid}" name="{name}" startPosition="{WE_TRUST[0]}" '
        f'endPosition="{WE_TRUST[1]}" {more}>{inner}</PlainTextSelection>'
    )


def coding(code: str = TRUST, *, guid: str = RISK, more: str = "") -> str:
    return f'<Coding guid="{guid}" {more}><CodeRef targetGUID="{code.upper()}"/></Coding>'


def only(project: Project) -> Selection:
    [one] = [one for each in project.sources for one in each.selections]
    text = project.sources[0].text or ""
    assert text[one.start_char : one.end_char] == "We trust"
    return one


def test_maxqda_names_who_changed_something_and_when(read: Make) -> None:
    """Its selections may have a `modifyingUser` and a `modifiedDateTime` alone."""
    changed = f'modifyingUser="{BEN.upper()}" modifiedDateTime="2021-01-15T23:37:54Z"'
    [one] = only(read(source(selection(coding(), more=changed))).project).codings
    assert one.user == BEN
    assert one.created_at is not None
    assert one.created_at.isoformat() == "2021-01-15T23:37:54+00:00"


def test_qualcoder_refers_to_a_source_by_the_name_of_its_file(read: Make) -> None:
    """It makes a new GUID when it writes the source; cases have that of the file with the layout."""
    paths = f'richTextPath="internal://{FILE}.docx" plainTextPath="internal://{AGE}.txt"'
    variables = f'<Variables><Variable guid="{BEN}" name="age" typeOfVariable="Float"/></Variables>'
    value = f'<VariableValue><VariableRef targetGUID="{BEN}"/><FloatValue>67</FloatValue></VariableValue>'
    case = f'<Case guid="{CASE}" name="Anna">{value}<SourceRef targetGUID="{FILE}"/></Case>'
    opened = read(
        source(attributes=paths), cases=f"{variables}<Cases>{case}</Cases>",
        members={f"Sources/{AGE}.txt": "\ufeff" + SAID},
    )  # fmt: skip
    assert opened.project.cases[0].sources == (TEXT,)


@pytest.mark.parametrize(
    ("file", "tied"), [("\r\n".join(SAID.splitlines()), True), ("Another text.\n", False), (None, False)]
)
def test_a_case_that_names_a_plain_text_of_the_archive(read: Make, file: str | None, *, tied: bool) -> None:
    """QualCoder says nowhere which source a file was; its text tells. What leads nowhere is counted."""
    case = f'<Cases><Case guid="{CASE}" name="Anna"><SourceRef targetGUID="{FILE}"/></Case></Cases>'
    members = {f"sources/{TEXT}.txt": "\ufeff" + SAID} | ({f"sources/{FILE}.txt": file} if file else {})
    opened = read(source(), cases=case, members=members)
    assert opened.project.cases[0].sources == ((TEXT,) if tied else (FILE,))
    lost = "1 mention of a source or stretch that is not in the file: left out"
    assert (lost in opened.warnings) is not tied


def test_qualcoder_puts_the_place_of_an_annotation_into_the_note(read: Make) -> None:
    place = selection("", guid=FILE)
    note = (
        f'<Note guid="{NOTE}" creatingUser="{BEN}" creationDateTime="2021-01-15T23:37:54Z">'
        f"<PlainTextContent>Really?</PlainTextContent>{place}</Note>"
    )
    opened = read(source(f'<NoteRef targetGUID="{NOTE}"/>'), more=f"<Notes>{note}</Notes>")
    assert only(opened.project).notes == (NOTE,)
    assert only(opened.project).user == BEN
    assert opened.project.sources[0].notes == ()


def test_nvivo_and_atlasti_tie_memos_to_stretches_by_links(read: Make) -> None:
    note = f'<Note guid="{NOTE}" name="" plainTextPath="internal://{NOTE}.txt"><Description/></Note>'
    links = (
        f'<Link guid="{AGE}" originGUID="{NOTE}" targetGUID="{SEL}"/>'
        f'<Link guid="{FILE}" originGUID="{TRUST}" targetGUID="{SEL}"/>'
    )
    opened = read(
        source(selection(coding())), more=f"<Notes>{note}</Notes><Links>{links}</Links>",
        members={f"sources/{TEXT}.txt": SAID, f"sources/{NOTE}.txt": "Really?\n"},
    )  # fmt: skip
    assert only(opened.project).notes == (NOTE,)
    assert opened.project.memos[0].text == "Really?\n"
    assert [one for one in opened.warnings if "link" in one] == ["1 link: left out"]


def test_memos_and_journals_that_nothing_refers_to_are_the_projects(read: Make) -> None:
    notes = (
        f'<Note guid="{NOTE}" name="Monday" plainTextPath="internal://{NOTE}.txt"/>'
        f'<Note guid="{FILE}" name="Lost" plainTextPath="internal://lost.txt"/>'
    )
    opened = read(
        source(), more=f"<Notes>{notes}</Notes>",
        members={f"sources/{TEXT}.txt": SAID, f"sources/{NOTE}.txt": "It rained."},
    )  # fmt: skip
    assert opened.project.notes == (NOTE, FILE)
    assert opened.project.memos[0].text == "It rained."
    assert "1 note whose text is missing: left out" in opened.warnings


def test_nvivo_codes_texts_with_its_cases(read: Make) -> None:
    """They are codes with the case's GUID; what stands below them are codes all the same."""
    below = f'<Code guid="{RISK}" name="risk" isCodable="true"/>'
    opened = read(
        source(selection(coding(ANNA, guid=FILE) + coding(RISK, guid=AGE)) + coding(CASE, guid=NOTE)),
        codes=f'<Code guid="{ANNA}" name="Anna" isCodable="true">{below}</Code>'
        f'<Code guid="{CASE}" name="Firm" isCodable="true"/>',
        cases=f'<Cases><Case guid="{ANNA}" name="Anna"/><Case guid="{CASE}" name="Firm"/></Cases>',
    )  # fmt: skip
    anna, firm = opened.project.cases
    assert (anna.sources, anna.selections) == ((TEXT,), (SEL,))
    assert (firm.sources, firm.selections) == ((TEXT,), ())
    assert [one.name for one in opened.project.codes] == ["trust", "risk"]
    assert [one.code for one in only(opened.project).codings] == [RISK]
    assert any(one.startswith("2 × code that is a case") for one in opened.warnings)


@pytest.mark.parametrize(("outer", "inner"), [("PDFSource", "Representation"), ("VideoSource", "Transcript")])
def test_what_is_said_of_a_pdf_or_film_is_said_of_its_text(read: Make, outer: str, inner: str) -> None:
    text = f'<{inner} guid="{TEXT}" plainTextPath="internal://{TEXT}.txt">{selection(coding())}</{inner}>'
    case = f'<Cases><Case guid="{CASE}" name="Anna"><SourceRef targetGUID="{FILE}"/></Case></Cases>'
    group = f'<Sets><Set guid="{AGE}" name="age: 67"><MemberSource targetGUID="{FILE}"/></Set></Sets>'
    whole = coding(guid=NOTE)
    opened = read(
        f'<{outer} guid="{FILE}" name="anna" path="internal://a.x"><Description>Long.</Description>{text}'
        f"{whole}</{outer}>", cases=case, more=group,
    )  # fmt: skip
    [one] = opened.project.sources
    assert (one.description, [coding.guid for coding in one.codings]) == ("Long.", [NOTE])
    assert opened.project.cases[0].sources == opened.project.sets[0].sources == (one.guid,)
    assert only(opened.project).codings[0].code == TRUST


def test_qualcoder_names_all_points_at_a_place_of_a_transcript(read: Make) -> None:
    """Where two codings begin at the same place, their GUIDs stand in one attribute without a blank."""
    points = "".join(
        f'<SyncPoint guid="{guid}" position="{place}" timeStamp="0"/>'
        for guid, place in ((AGE, WE_TRUST[0]), (FILE, WE_TRUST[0]), (NOTE, WE_TRUST[1]))
    )
    marked = (
        f'<TranscriptSelection guid="{SEL}" name="film.mp4.transcribed" fromSyncPoint="{AGE}{FILE}" '
        f'toSyncPoint="{NOTE}">{coding()}</TranscriptSelection>'
    )
    opened = read(
        f'<VideoSource guid="{CASE}" name="film.mp4"><Transcript guid="{TEXT}" '
        f'plainTextPath="internal://{TEXT}.txt">{points}{marked}</Transcript></VideoSource>'
    )
    assert only(opened.project).codings[0].code == TRUST


def test_atlasti_has_a_stretch_of_a_pdf_twice(read: Make) -> None:
    page = '<PDFSelection guid="{}" page="0" firstX="1" firstY="1" secondX="2" secondY="2"/>'
    opened = read(
        f'<PDFSource guid="{FILE}" name="a" path="internal://a.pdf">{page.format(SEL)}{page.format(AGE)}'
        f'<Representation guid="{TEXT}" plainTextPath="internal://{TEXT}.txt">{selection(coding())}'
        "</Representation></PDFSource>"
    )
    assert "1 coding or note on a page of a PDF: left out" in opened.warnings


def test_what_qualcoder_forgets_to_escape_is_mended(read: Make) -> None:
    """An annotation with an ampersand, a form feed of a PDF, and the end of a coding of a recording."""
    note = f'<Note guid="{NOTE}"><PlainTextContent>R&D &amp; more</PlainTextContent></Note>'
    film = f'<AudioSource guid="{FILE}"><AudioSelection guid="{AGE}"></Audio\'Selection></AudioSource>'
    opened = read(
        source(selection(coding(), name="We\x0ctrust")) + film, more=f"<Notes>{note}</Notes>",
        members={f"Sources/{TEXT}.txt": SAID.replace("We ", "We\x0c")},
    )  # fmt: skip
    [one] = opened.project.sources[0].selections
    assert (opened.project.sources[0].text or "")[one.start_char : one.end_char] == "We\x0ctrust"
    assert (opened.calibration.decided_by, opened.calibration.n_matched) == ("names", 1)
    assert opened.project.memos[0].text == "R&D & more"
    assert any("not valid" in warning for warning in opened.warnings)


@pytest.mark.parametrize("said", ["in <5 cases", "a <b> & c </i>", "x <Description> y", "-> ]]> <"])
def test_texts_in_which_qualcoder_escapes_nothing_are_mended(read: Make, said: str) -> None:
    notes = (
        f'<Note guid="{NOTE}"><PlainTextContent>{said}</PlainTextContent></Note>'
        f'<Note guid="{FILE}"><PlainTextContent><![CDATA[1 < 2]]></PlainTextContent></Note>'
    )
    opened = read(source(selection(coding())), more=f"<Notes>{notes}</Notes>")
    assert [one.text for one in opened.project.memos] == [said, "1 < 2"]
    assert only(opened.project).codings


def test_codings_that_cannot_be_taken_over_are_counted(read: Make) -> None:
    note = f'<Note guid="{NOTE}"><PlainTextContent>{SAID}</PlainTextContent>{selection(coding())}</Note>'
    picture = f'<PictureSource guid="{FILE}"><PictureSelection>{coding()}</PictureSelection></PictureSource>'
    layout = f'<TextSource guid="{AGE}" richTextPath="internal://a.docx">{selection(coding())}</TextSource>'
    opened = read(source() + picture + layout, more=f"<Notes>{note}</Notes>")
    for what in (
        "coding on a memo", "coding of a picture", "coding on a source whose text is not in the file",
    ):  # fmt: skip
        assert f"1 {what}: left out" in opened.warnings


def test_xml_in_the_encoding_of_a_computer_with_windows_is_mended(tmp_path: Path) -> None:
    """As qc writes it there: no declaration, so that it should be UTF-8."""
    path = tmp_path / "p.qde"
    path.write_bytes(
        f'<Project xmlns="urn:QDA-XML:project:1.0"><CodeBook><Codes><Code guid="{TRUST}" name="niño"/>'
        "</Codes></CodeBook></Project>".encode("cp1252")
    )
    opened = read_project(path)
    assert [one.name for one in opened.project.codes] == ["niño"]
    assert any("not in UTF-8" in warning for warning in opened.warnings)


@pytest.mark.parametrize(
    ("path", "member"),
    [
        ("internal://Anna 12:30 – é.txt", "sources/Anna 12:30 – é.txt"),
        ("internal://Anna%20%26%20Bo%20%C3%A9.txt", "sources/Anna & Bo é.txt"),
        ("internal:///Ann%41.TXT", "Sources\\Ann%41.txt"),
        ("internal://Caf\u00e9.txt", "sources/Cafe\u0301.txt"),
        ("internal://Sources/anna.txt", "sources/anna.txt"),
        ("sources\\anna.txt", "sources/anna.txt"),
    ],
)
def test_odd_names_of_texts_are_found(read: Make, path: str, member: str) -> None:
    attributes = f'plainTextPath="{path.replace("&", "&amp;")}"'
    opened = read(source(selection(coding()), attributes=attributes), members={member: SAID})
    assert only(opened.project).codings


def test_names_in_utf8_without_the_mark_of_it_are_found(tmp_path: Path) -> None:
    """As Mac's and old zip programs write them: bytes of UTF-8 under the name of a DOS code page."""
    path = tmp_path / "p.qdpx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "project.qde",
            f'<Project name="p"><Sources><TextSource guid="{TEXT}" plainTextPath="internal://Zoë.txt"/></Sources></Project>',
        )
        archive.writestr("sources/Zoxx.txt", SAID)
    path.write_bytes(path.read_bytes().replace(b"Zoxx", "Zoë".encode()))
    assert read_project(path).project.sources[0].text == SAID


def test_groups_and_what_is_written_on_cases_reach_the_project(read: Make, tmp_path: Path) -> None:
    sets = (
        f'<Sets><Set guid="{AGE}" name="age: 67"><MemberSource targetGUID="{TEXT}"/></Set>'
        f'<Set guid="{FILE}" name="pilots"><Description>First wave.</Description>'
        f'<MemberSource targetGUID="{TEXT}"/></Set>'
        f'<Set guid="{NOTE}" name="feelings"><MemberCode targetGUID="{TRUST}"/></Set></Sets>'
    )
    case = f'<Cases><Case guid="{CASE}" name="Anna"><Description>Met twice.</Description></Case></Cases>'
    variable = (
        f'<Variables><Variable guid="{BEN}" name="age" typeOfVariable="Integer"><Description>In 2020.'
        "</Description></Variable></Variables>"
    )
    by_ann = coding(more=f'creatingUser="{ANN}"')
    inner = f"<Description>Sure?</Description>{by_ann}"
    opened = read(source(selection(inner)), cases=variable + case, more=sets)
    with create_project(tmp_path / "study", settings_toml="", codebook_yaml="", guide_yaml="") as project:
        plan = plan_import(project, opened)
        import_plan(project, plan)
        assert dict(project.store.transcript("anna").meta) == {"age": "67", "pilots": True}
        memos = {one.kind: (one.coder, one.text) for one in ReviewStore(project.store).memos()}
    assert memos == {
        "project": ("Unknown coder", "age\n\nIn 2020.\n\nAnna\n\nMet twice.\n\npilots\n\nFirst wave."),
        "utterance": ("Ann", "Sure?"),
    }
    assert "1 set of codes: left out; a codebook here has no such sets" in plan.warnings


ANN_IS, BEN_IS = f'<SourceRef targetGUID="{TEXT}"/>', f'<SelectionRef targetGUID="{SEL}"/>'


@pytest.mark.parametrize(
    ("places", "meta"),
    [
        ((ANN_IS,), {"case": "Anna 0", "age": 42, "town": "Bonn"}),
        ((BEN_IS,), {"case": "Anna 0", "age": 42, "town": "Bonn"}),
        ((f'<CodeRef targetGUID="{TRUST}"/>',), {"case": "Anna 0", "age": 42, "town": "Bonn"}),
        (
            (ANN_IS, BEN_IS),
            {"cases": "Anna 0; Anna 1", "age (Anna 0)": 42, "age (Anna 1)": 43, "town": "Bonn"},
        ),
        ((ANN_IS,) * 51, {"town": "Bonn"}),
    ],
)
def test_what_is_said_of_cases_reaches_their_texts(
    read: Make, tmp_path: Path, places: tuple[str, ...], meta: dict[str, object]
) -> None:
    """A case may be a source, a stretch of it or a code; two of one text keep apart what they have."""
    variables = "".join(
        f'<Variable guid="{guid}" name="{name}" typeOfVariable="{kind}"/>'
        for guid, name, kind in ((AGE, "age", "Integer"), (FILE, "town", "Text"))
    )
    value = '<VariableValue><VariableRef targetGUID="{0}"/><{1}>{2}</{1}></VariableValue>'
    town = value.format(FILE, "TextValue", "Bonn")
    cases = "".join(
        f'<Case guid="{n:08d}-1111-4000-8000-000000000000" name="Anna {n}">'
        f"{value.format(AGE, 'IntegerValue', 42 + n)}{town}{place}</Case>"
        for n, place in enumerate(places)
    )
    opened = read(
        source(selection(coding())), cases=f"<Variables>{variables}</Variables><Cases>{cases}</Cases>"
    )
    with create_project(tmp_path / "study", settings_toml="", codebook_yaml="", guide_yaml="") as project:
        plan = plan_import(project, opened)
        assert dict(plan.incoming[0].transcript.meta) == meta
    assert any("51 cases share this text" in one for one in plan.warnings) is (len(places) > 50)


@pytest.mark.parametrize("number", ["NaN", "sNaN", "-Infinity", "1e999999999"])
def test_a_number_that_is_none_is_kept_as_text(read: Make, tmp_path: Path, number: str) -> None:
    value = (
        f'<VariableValue><VariableRef targetGUID="{AGE}"/><FloatValue>{number}</FloatValue></VariableValue>'
    )
    variable = f'<Variables><Variable guid="{AGE}" name="age" typeOfVariable="Float"/></Variables>'
    opened = read(source(selection(coding()) + value), cases=variable)
    with create_project(tmp_path / "study", settings_toml="", codebook_yaml="", guide_yaml="") as project:
        import_plan(project, plan_import(project, opened))
        assert dict(project.store.transcript("anna").meta) == {"age": number}


def test_a_codebook_that_is_too_deep_names_the_file(read: Make, tmp_path: Path) -> None:
    deep = "".join(
        f'<Code guid="{n:08x}-1111-4000-8000-000000000000" name="c{n}" isCodable="true">' for n in range(60)
    )
    opened = read(source(""), codes=deep + "</Code>" * 60)
    with (
        create_project(tmp_path / "study", settings_toml="", codebook_yaml="", guide_yaml="") as project,
        pytest.raises(ExchangeError, match=r"p\.qdpx: .*more than 50 levels"),
    ):
        plan_import(project, opened)


def test_a_text_of_endless_lines_is_refused(read: Make, tmp_path: Path) -> None:
    opened = read(source(""), members={f"sources/{TEXT}.txt": "ab\n" * 260_000})
    with (
        create_project(tmp_path / "study", settings_toml="", codebook_yaml="", guide_yaml="") as project,
        pytest.raises(ExchangeError, match=r"p\.qdpx: 'anna.*' has more than 250,000 lines; refused"),
    ):
        plan_import(project, opened)


def test_an_empty_text_beside_a_path_is_no_text(read: Make) -> None:
    inner = source(selection(coding())).replace(">", "><PlainTextContent/>", 1)
    assert read(inner).project.sources[0].text == SAID


def test_what_a_mac_leaves_on_a_stick_is_no_second_project(read: Make) -> None:
    members = {f"sources/{TEXT}.txt": SAID, "._project.qde": "\x00\x05", f"sources/._{TEXT}.txt": "\x00"}
    assert read(source(""), members=members).project.sources[0].text == SAID
