"""Projects as QualCoder and Taguette keep them are read as they are; files made to do harm are refused."""

from __future__ import annotations

import contextlib
import sqlite3
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autocode.errors import AutocodeError, ExchangeError
from autocode.exchange import Opened, read_project
from autocode.exchange.taguette import extract
from tests.exchange.native import (
    BARE,
    QUALCODER,
    TAGUETTE,
    TEXT,
    coded,
    database,
    marked,
    qualcoder,
    taguette,
)
from tests.hang import no_hang


def codings(opened: Opened) -> set[tuple[str, str, str]]:
    """Who gave which code to which words."""
    people = {one.guid: one.name for one in opened.project.users}
    codes = {one.guid: one.name for one in opened.project.codes}
    return {
        (
            people.get(coding.user or "", "?"),
            codes[coding.code],
            (source.text or "")[one.start_char : one.end_char],
        )
        for source in opened.project.sources
        for one in source.selections
        for coding in one.codings
    }


# QualCoder


def as_folder(folder: Path) -> Path:
    return folder


def as_database(folder: Path) -> Path:
    return folder / "data.qda"


def as_archive(folder: Path) -> Path:
    path = folder.parent / "study.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(folder / "data.qda", "study.qda/data.qda")
        archive.writestr("study.qda/documents/x.docx", b"x")
    return path


@pytest.mark.parametrize("given_as", [as_folder, as_database, as_archive])
def test_a_qualcoder_project_is_read_whole(tmp_path: Path, given_as: Callable[[Path], Path]) -> None:
    opened = read_project(given_as(qualcoder(tmp_path)))
    project = opened.project
    assert (project.name, project.origin, project.description) == ("study", "QualCoder 3.6", "Why we ask")
    assert codings(opened) == {
        ("ann", "trust", "We trust the naïve 👍 partner."),
        ("ben", "trust", "trust the naïve 👍"),
        ("ben", "risk", "And the risk?\nB: Small"),
    }
    by_name = {one.name: one for one in project.codes}
    above = {one.guid: one.name for one in project.codes}
    assert [(one.name, above.get(one.parent or ""), one.is_codable) for one in project.codes] == [
        ("relations", None, False), ("good ones", "relations", False), ("trust", "good ones", True),
        ("risk", None, True),
    ]  # fmt: skip
    assert (by_name["trust"].colour, by_name["trust"].description) == ("#F781BE", "relying on them")
    assert by_name["relations"].description == "between firms"
    text, picture = project.sources
    assert (text.text, text.description, picture.text) == (TEXT, "a long day", None)
    first = text.selections[0]
    assert (first.description, first.created_at) == ("at once", datetime(2024, 5, 2, 10, 30, tzinfo=UTC))
    note = next(one for one in text.selections if one.description == "the first question")
    assert (TEXT[note.start_char : note.end_char], note.codings) == ("How is it", ())
    [case] = project.cases
    assert (case.name, case.sources, [one.value for one in case.values]) == ("Firm A", (text.guid,), [12])
    assert [one.value for one in text.values] == ["second"]
    assert [(one.name, one.text) for one in project.memos] == [
        ("Case Firm A", "met in May"),
        ("Monday", "It rained."),
    ]
    assert opened.warnings == ("1 coding of a picture: left out", "1 picture: left out")


def test_positions_follow_the_quotes(tmp_path: Path) -> None:
    """One coding moved by two characters, one whose words were edited away, one outside of the text."""
    rows = [
        coded(1, 1, "We trust the naïve", "ann", at=TEXT.index("We trust the naïve") + 2),
        coded(2, 2, "words that are gone", "ann", at=5),
        coded(3, 2, "no such words", "ann", at=500),
        *(
            coded(n, 1, word, "ben")
            for n, word in enumerate(["How is it", "partner", "Small", "risk"], start=4)
        ),
    ]
    opened = read_project(qualcoder(tmp_path, code_text=rows, annotation=[]))
    words = {words for _, _, words in codings(opened)}
    assert words == {"We trust the naïve", TEXT[5:24], "How is it", "partner", "Small", "risk"}
    assert "1 coding stood beside its quote: put where the quote is" in opened.warnings
    assert any("changed later: the place was kept" in one for one in opened.warnings)
    assert "1 coding or note that lies outside its text: left out" in opened.warnings


def test_positions_in_the_units_of_qt_are_found_out(tmp_path: Path) -> None:
    quotes = ["partner", "And the risk", "Small", "we trust them"]
    rows = [
        coded(n, 1, quote, "ann", at=len(TEXT[: TEXT.index(quote)].encode("utf-16-le")) // 2)
        for n, quote in enumerate(quotes)
    ]
    opened = read_project(qualcoder(tmp_path, code_text=rows, annotation=[]))
    assert {words for _, _, words in codings(opened)} == set(quotes)
    assert opened.calibration.rule.unit == "UTF-16 units"
    assert not any("beside" in one for one in opened.warnings)


def test_a_text_with_a_mark_and_windows_line_ends(tmp_path: Path) -> None:
    raw = "\ufeff" + TEXT.replace("\n", "\r\n")
    row = (
        1,
        1,
        1,
        "And the risk?\u2029B: Small",
        raw.index("And the"),
        raw.index(", we"),
        "ann",
        "",
        "",
        None,
        None,
    )
    opened = read_project(
        qualcoder(
            tmp_path, source=[(1, "a", raw, None, "", "ann", "", None, None)], code_text=[row], annotation=[]
        )
    )
    assert opened.project.sources[0].text == TEXT
    assert codings(opened) == {("ann", "trust", "And the risk?\nB: Small")}


def test_old_and_new_versions(tmp_path: Path) -> None:
    """An old one without `important`, `risid` and `codername`; a new one with codes under codes."""
    old = QUALCODER.replace(", important integer", "").replace(", av_text_id integer, risid integer", "")
    old = old.replace(" codername text", " x text")
    rows = [(1, 1, 1, "partner", TEXT.index("partner"), TEXT.index("partner") + 7, "ann", "", "", None)]
    path = database(tmp_path / "old.qda", old, source=[(1, "a", TEXT, None, "", "ann", "")], code_text=rows,
                    code_name=[(1, "trust", "", None, "ann", "", "")])  # fmt: skip
    assert codings(read_project(path)) == {("ann", "trust", "partner")}
    folder = qualcoder(tmp_path)
    base = sqlite3.connect(folder / "data.qda")
    base.executescript(
        "ALTER TABLE code_name ADD supercid integer; UPDATE code_name SET supercid = 1 WHERE cid = 2;"
    )
    base.close()
    codes = read_project(folder).project.codes
    assert {one.guid: one.name for one in codes}[codes[-1].parent or ""] == "trust"


def test_numbers_of_attributes(tmp_path: Path) -> None:
    rows = [(1, "size", "case", "1.5", 1, "", ""), (2, "wave", "file", "", 1, "", "")]
    project = read_project(qualcoder(tmp_path, attribute=rows)).project
    assert [one.value for one in project.cases[0].values] == [Decimal("1.5")]
    assert project.sources[0].values == ()


# Taguette


def test_a_taguette_project_is_read_whole(tmp_path: Path) -> None:
    opened = read_project(taguette(tmp_path))
    project = opened.project
    assert (project.name, project.description, opened.warnings) == ("Study", "About trust", ())
    [source] = project.sources
    people = {one.guid: one.name for one in project.users}
    assert (source.name, source.description, people[source.user or ""]) == ("First", "a long day", "ben")
    assert people[project.user or ""] == "ann"
    assert source.text == "Über uns\nI: How\xa0is it? <so>\nB: We trust them 👍 naïvely.\nYes."
    above = {one.guid: one.name for one in project.codes}
    assert {(one.name, above.get(one.parent or ""), one.description) for one in project.codes} == {
        ("trust", None, "relying"), ("trust.blind", "trust", "blindly"), ("a.b", None, ""),
    }  # fmt: skip
    assert codings(opened) == {
        ("ann", "trust", "trust them 👍 naïvely"), ("ben", "trust.blind", "trust them 👍 naïvely"),
        ("ben", "a.b", "How\xa0is it? <so>"),
    }  # fmt: skip
    assert opened.calibration.n_matched == 2


def test_highlights_follow_their_quotes(tmp_path: Path) -> None:
    rows = [marked(1, "trust", move=3), marked(2, "Yes", snippet="No")]
    opened = read_project(taguette(tmp_path, highlights=rows))
    assert {words for _, _, words in codings(opened)} == {"trust", "Yes"}
    assert opened.warnings == (
        "1 highlight stood beside its quote: put where the quote is",
        "1 quote is not in its document: the place was kept",
    )


def test_highlights_of_no_document_are_counted(tmp_path: Path) -> None:
    lost = (3, 9, 0, 5, "trust")
    opened = read_project(taguette(tmp_path, highlights=[marked(1, "trust"), lost]))
    assert opened.warnings == ("1 highlight of a document that is not there: left out",)


def test_a_log_of_before_2021_and_tags_of_a_version_to_come(tmp_path: Path) -> None:
    """Taguette renamed the fields of its log in 2021; a branch of it gives tags a parent."""
    at = "2019-05-02 10:30:00"
    log = [
        (1, at, "ann", 1, 1, '{"type": "document_add", "name": "First"}'),
        (2, at, "ben", 1, 1, '{"type": "highlight_add", "id": 2, "tags": [9]}'),
        (3, at, "ann", 1, None, '{"type": "tag_merge", "src": 9, "dest": 3}'),
    ]
    path = taguette(tmp_path, commands=log)
    base = sqlite3.connect(path)
    base.executescript(
        "ALTER TABLE tags ADD parent_id INTEGER; UPDATE tags SET parent_id = 1 WHERE id = 3;"  # a.b
        "INSERT INTO tags VALUES (4, 1, 'x', '', 5), (5, 1, 'y', '', 4), (6, 1, 'z', '', 99);"
    )
    base.close()
    project = read_project(path).project
    above = {one.guid: one.name for one in project.codes}
    assert {(one.name, above.get(one.parent or "")) for one in project.codes} == {
        ("trust", None), ("trust.blind", "trust"), ("a.b", "trust.blind"),
        ("x", None), ("y", "x"), ("z", None),
    }  # fmt: skip
    names = [one.guid for one in project.codes]
    assert all(one.parent is None or names.index(one.parent) < names.index(one.guid) for one in project.codes)
    assert ("ben", "a.b", "How\xa0is it? <so>") in codings(read_project(path))


def test_several_projects_in_one_file_are_told_apart(tmp_path: Path) -> None:
    two = [(n, f"D{n}", "", "", "", n, "", "<p>x</p>") for n in (1, 2)]
    path = taguette(tmp_path, documents=two, projects=[(2, "Other", "", "")])
    with pytest.raises(ExchangeError, match="2 projects in it \\('Study', 'Other'\\)"):
        read_project(path)


@pytest.mark.parametrize(
    ("html", "bare", "text"),
    [
        ("<p>a</p>\n<p>b</p>", "a\nb", "a\nb"),
        ("<p>a</p><p>b</p>", "ab", "a\nb"),
        ("<p>a</p> <p>b</p>", "a b", "a \nb"),
        ("<p>a<br>b<br>\nc</p>", "ab\nc", "a\nb\nc"),
        ("<p>a <em>b</em>c</p>", "a bc", "a bc"),
        ("<pre>\n a\n</pre><p>b</p>", " a\nb", " a\nb"),
        ("<p>a &amp; &lt;b&gt; &eacute;</p>", "a & <b> é", "a & <b> é"),
        ("<ul>\r\n<li>a</li><li>b</li></ul>", "\nab", "\na\nb"),
        ("", "", ""),
    ],
)
def test_the_text_of_html(html: str, bare: str, text: str) -> None:
    found = extract(html)
    assert (found.bare, found.text) == (bare, text)
    assert [found.text[at] for at in found.places] == list(bare)


@given(st.text(st.sampled_from("a é\n<>&;/pb"), max_size=30))
def test_no_letter_of_html_is_lost_on_the_way(html: str) -> None:
    found = extract(html)
    assert "".join(found.text[at] for at in found.places) == found.bare
    assert found.text.replace("\n", "") == found.bare.replace("\n", "")


# Files made to do harm

VIEW = """DROP TABLE code_text;
CREATE VIEW code_text AS
  WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x AS ctid FROM n;"""
GENERATED = """DROP TABLE source;
CREATE TABLE source (id integer primary key, name text,
  fulltext text GENERATED ALWAYS AS (hex(zeroblob(100000000))) VIRTUAL);
INSERT INTO source (id, name) VALUES (1, 'a');"""
VIRTUAL = "DROP TABLE code_name; CREATE VIRTUAL TABLE code_name USING fts5(cid, name);"


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (VIEW, "no table 'code_text'"),
        (VIRTUAL, "no table 'code_name'"),
        (GENERATED, "damaged"),
        ("DELETE FROM code_cat;" + "".join(
            f"INSERT INTO code_cat VALUES ({n}, 'c{n}', '', '', '', {n - 1 or 'NULL'});" for n in range(1, 80)
        ), "50 levels"),
    ],
    ids=["view", "virtual table", "generated column", "deep"],
)  # fmt: skip
def test_a_hostile_schema_is_refused(tmp_path: Path, script: str, words: str) -> None:
    folder = qualcoder(tmp_path)
    base = sqlite3.connect(folder / "data.qda")
    base.executescript(script)
    base.close()
    with no_hang():
        with pytest.raises(ExchangeError, match=words) as caught:
            read_project(folder)
        assert "study.qda" in str(caught.value)
        assert "\n" not in str(caught.value)


def test_cells_of_any_type_do_no_harm(tmp_path: Path) -> None:
    rows = [
        ("x", b"\xff\xfe", None, b"\x00", 1.5, float("inf"), None, 7, b"\xff", None, "y"),
        (None, 1, 1, None, 2, 10**18, "ann", "no date", None, None, None),
        (None, 1, 1, "partner", 1e300, "two", "", "", "", None, None),
    ]
    schema = QUALCODER.replace("ctid integer primary key", "ctid")
    path = database(
        tmp_path / "odd.qda", schema, code_text=rows, code_name=[(1, b"\xff", None, "x", None, None, 3)],
        source=[(1, 5, 6, 7, b"\xff", None, "x", None, None)], cases=[(1, None, 3, None, None)],
        attribute=[(1, None, None, b"\xff", None, None, None)], code_cat=[(1, "a", None, None, None, 99)],
    )  # fmt: skip
    opened = read_project(path)
    assert opened.project.sources[0].text == "6"
    assert opened.project.n_codings == 0


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 40_000), data=st.binary(min_size=1, max_size=40))
def test_damaged_files_end_in_one_sentence_or_are_read(
    tmp_path_factory: pytest.TempPathFactory, place: int, data: bytes
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    path = qualcoder(folder) / "data.qda" if place % 2 else taguette(folder)
    content = bytearray(path.read_bytes())
    place %= len(content)
    content[place : place + len(data)] = data
    path.write_bytes(content)
    with contextlib.suppress(AutocodeError):  # and nothing else
        read_project(path)


@pytest.mark.parametrize("suffix", ["-wal", "-journal"])
def test_a_project_that_is_open_elsewhere_is_not_read_half(tmp_path: Path, suffix: str) -> None:
    folder = qualcoder(tmp_path)
    (folder / f"data.qda{suffix}").write_bytes(b"x")
    with pytest.raises(ExchangeError, match="open in another program"):
        read_project(folder)


def test_reading_changes_nothing(tmp_path: Path) -> None:
    folder = qualcoder(tmp_path)
    before = (folder / "data.qda").read_bytes()
    base = sqlite3.connect(folder / "data.qda")
    base.execute("PRAGMA journal_mode=WAL")
    base.close()
    in_wal = (folder / "data.qda").read_bytes()
    for path in (folder, as_archive(folder)):
        assert len(codings(read_project(path))) == 3
    assert (folder / "data.qda").read_bytes() == in_wal != before
    assert [one.name for one in folder.iterdir()] == ["data.qda"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.sqlite3", b"SQLite format 3\0" + b"\0" * 200, "damaged"),
        ("a.sqlite3", b"hello", "REFI-QDA project"),
        ("a.zip", b"PK\x03\x04", "damaged"),
        ("a.qda", b"", "QualCoder"),
        ("a.doc", b"\xd0\xcf\x11\xe0", "expected"),
    ],
)
def test_what_is_no_project_is_said_in_one_sentence(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ExchangeError, match=words) as caught:
        read_project(path)
    assert name in str(caught.value)


def test_other_databases_and_folders_are_named(tmp_path: Path) -> None:
    path = database(tmp_path / "other.sqlite3", "CREATE TABLE x (y);")
    with pytest.raises(ExchangeError, match="neither QualCoder's nor Taguette's"):
        read_project(path)
    with pytest.raises(ExchangeError, match=r"no QualCoder project"):
        read_project(tmp_path)
    path = database(tmp_path / "empty.sqlite3", TAGUETTE.rpartition("INSERT")[0])
    with pytest.raises(ExchangeError, match="no project in this Taguette"):
        read_project(path)
    assert BARE.startswith("Über")
