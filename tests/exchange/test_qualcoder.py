"""QualCoder's database at every version of it, and what only version 4 of the program writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.exchange import Opened, read_project
from tests.exchange.qualcoder_versions import NEWEST, project
from tests.exchange.test_native import codings

TEXT = "Ann: Why Turku?\nBo: The port, and the ice."  # 'The port' is 20 to 28, 'the ice' 34 to 41
CONTENT = f"""
INSERT INTO source VALUES (1, 'a.pdf', '{TEXT}', 'docs:/home/x/a.pdf', '', 'ann', '2019-05-02 10:00:00');
INSERT INTO source VALUES (2, 'b.mp3', null, 'audio:/home/x/b.mp3', '', 'ann', '');
INSERT INTO code_cat VALUES (1, 'place', 'ann', '', '', null), (2, 'nature', 'ann', '', '', null);
INSERT INTO code_name VALUES (1, 'harbour', '', 1, 'ann', '', '#F781BE'), (2, 'cold', '', 2, 'ann', '', '');
INSERT INTO code_text VALUES (1, 1, 'The port', 20, 28, 'ann', '2019-05-02 10:30:00', 'm');
INSERT INTO code_text VALUES (2, 1, 'the ice', 34, 41, 'ben', '', '');
INSERT INTO code_av VALUES (1, 2, 0, 900, 1, '', '', 'ann');
"""
SAID = {("ann", "harbour", "The port"), ("ben", "cold", "the ice")}


def parents(opened: Opened) -> dict[str, str | None]:
    names = {one.guid: one.name for one in opened.project.codes}
    return {one.name: names.get(one.parent or "") for one in opened.project.codes}


@pytest.mark.parametrize("version", range(1, NEWEST + 1))
def test_every_version_of_the_database_says_the_same(tmp_path: Path, version: int) -> None:
    opened = read_project(project(tmp_path, CONTENT, version=version))
    assert codings(opened) == SAID
    assert parents(opened) == {"place": None, "nature": None, "harbour": "place", "cold": "nature"}
    assert opened.warnings == ("1 coding of a recording: left out", "1 recording: left out")
    people = {one.guid: one.name for one in opened.project.users}
    assert people.get(opened.project.user or "") == ("ben" if version >= 5 else None)


def test_a_code_under_a_code(tmp_path: Path) -> None:
    """QualCoder lets the code above win over the category; one that is gone leaves the category."""
    more = (
        "UPDATE code_name SET supercid = 1 WHERE cid = 2;"
        "INSERT INTO code_name (cid, name, catid, supercid) VALUES (3, 'wind', 2, 99);"
    )
    assert parents(read_project(project(tmp_path, CONTENT, more=more))) == {
        "place": None, "nature": None, "harbour": "place", "cold": "harbour", "wind": "nature",
    }  # fmt: skip


def test_who_stands_under_himself_is_put_to_the_top(tmp_path: Path) -> None:
    more = (
        "UPDATE code_cat SET supercatid = 3 - catid;"  # each under the other
        "UPDATE code_name SET supercid = 1 WHERE cid = 1;"
    )
    opened = read_project(project(tmp_path, CONTENT, more=more))
    assert parents(opened) == {"place": None, "nature": "place", "harbour": None, "cold": "nature"}
    assert "2 × code or category stood under itself: put to the top" in opened.warnings
    assert codings(opened) == SAID


SPEAKERS = """
INSERT INTO code_cat (catid, name, owner) VALUES (9, '📌 Speakers', '📌 Speaker coding');
INSERT INTO code_name (cid, name, catid, owner) VALUES (7, 'Ann', 9, '📌 Speaker coding'),
  (8, 'Bo', 9, '📌 Speaker coding');
INSERT INTO code_text (cid, fid, seltext, pos0, pos1, owner) VALUES
  (7, 1, 'Ann: Why Turku?', 0, 15, '📌 Speaker coding'),
  (8, 1, 'Bo: The port, and', 16, 33, '📌 Speaker coding');
"""


def test_marks_of_who_speaks_are_no_codings(tmp_path: Path) -> None:
    """Bo is a code that somebody used as well, so it stays, without the category that only the marks need."""
    bo = "INSERT INTO code_text (cid, fid, seltext, pos0, pos1, owner) VALUES (8, 1, 'ice', 38, 41, 'ann');"
    opened = read_project(project(tmp_path, CONTENT, more=SPEAKERS + bo))
    assert codings(opened) == SAID | {("ann", "Bo", "ice")}
    assert set(parents(opened)) == {"place", "nature", "harbour", "cold", "Bo"}
    assert "2 × mark of who speaks (the labels in the text tell it): left out" in opened.warnings
    assert {one.name for one in opened.project.users} == {"ann", "ben"}


def test_hidden_coders_are_taken_over_and_named(tmp_path: Path) -> None:
    more = "UPDATE coder_names SET visibility = 0 WHERE name <> 'ann';"
    opened = read_project(project(tmp_path, CONTENT, more=more))
    assert codings(opened) == SAID
    assert "1 coder hidden in QualCoder (ben): taken over as well" in opened.warnings
