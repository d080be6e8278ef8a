"""Project files of QualCoder and Taguette, built by hand with the tables that the programs make."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

# As QualCoder 3.6 makes them (version 8 of its database); later versions add columns.
QUALCODER = """
CREATE TABLE project (databaseversion text, date text, memo text, about text, bookmarkfile integer,
  bookmarkpos integer, codername text);
CREATE TABLE source (id integer primary key, name text, fulltext text, mediapath text, memo text, owner text,
  date text, av_text_id integer, risid integer, unique(name));
CREATE TABLE code_image (imid integer primary key, id integer, x1 integer, y1 integer, width integer,
  height integer, cid integer, memo text, date text, owner text, important integer);
CREATE TABLE code_av (avid integer primary key, id integer, pos0 integer, pos1 integer, cid integer,
  memo text, date text, owner text, important integer);
CREATE TABLE annotation (anid integer primary key, fid integer, pos0 integer, pos1 integer, memo text,
  owner text, date text, unique(fid, pos0, pos1, owner));
CREATE TABLE attribute_type (name text primary key, date text, owner text, memo text, caseOrFile text,
  valuetype text);
CREATE TABLE attribute (attrid integer primary key, name text, attr_type text, value text, id integer,
  date text, owner text, unique(name, attr_type, id));
CREATE TABLE case_text (id integer primary key, caseid integer, fid integer, pos0 integer, pos1 integer,
  owner text, date text, memo text);
CREATE TABLE cases (caseid integer primary key, name text, memo text, owner text, date text,
  constraint ucm unique(name));
CREATE TABLE code_cat (catid integer primary key, name text, owner text, date text, memo text,
  supercatid integer, unique(name));
CREATE TABLE code_text (ctid integer primary key, cid integer, fid integer, seltext text, pos0 integer,
  pos1 integer, owner text, date text, memo text, avid integer, important integer,
  unique(cid, fid, pos0, pos1, owner));
CREATE TABLE code_name (cid integer primary key, name text, memo text, catid integer, owner text, date text,
  color text, unique(name));
CREATE TABLE journal (jid integer primary key, name text, jentry text, date text, owner text, unique(name));
INSERT INTO project VALUES ('v8', '2024-05-01 09:00:00', 'Why we ask', 'QualCoder 3.6', 0, 0, 'ben');
"""
TAGUETTE = """
CREATE TABLE projects (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, name VARCHAR(200) NOT NULL,
  description TEXT NOT NULL, created DATETIME NOT NULL);
CREATE TABLE commands (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, date DATETIME NOT NULL,
  user_login VARCHAR(30) NOT NULL, project_id INTEGER NOT NULL, document_id INTEGER, payload TEXT NOT NULL);
CREATE TABLE documents (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, name VARCHAR(200) NOT NULL,
  description TEXT NOT NULL, filename VARCHAR(200) NOT NULL, created DATETIME NOT NULL,
  project_id INTEGER NOT NULL, text_direction VARCHAR(13) NOT NULL, contents TEXT NOT NULL);
CREATE TABLE tags (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, project_id INTEGER NOT NULL,
  path VARCHAR(200) NOT NULL, description TEXT NOT NULL, UNIQUE (project_id, path));
CREATE TABLE highlights (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, document_id INTEGER NOT NULL,
  start_offset INTEGER NOT NULL, end_offset INTEGER NOT NULL, snippet TEXT NOT NULL);
CREATE TABLE highlight_tags (highlight_id INTEGER NOT NULL, tag_id INTEGER NOT NULL,
  PRIMARY KEY (highlight_id, tag_id));
INSERT INTO projects VALUES (1, 'Study', 'About trust', '2024-05-01 09:00:00.000000');
"""


def database(path: Path, schema: str, **rows: Iterable[Sequence[Any]]) -> Path:
    """A database with these tables, and these rows in them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    made = sqlite3.connect(path)
    made.executescript(schema)
    for table, values in rows.items():
        for row in values:
            made.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
    made.commit()
    made.close()
    return path


TEXT = "I: How is it?\nB: We trust the naïve 👍 partner.\nI: And the risk?\nB: Small, we trust them."
DAY = "2024-05-02 10:30:00"


def coded(
    ctid: int, cid: int, quote: str, owner: str, *, at: int | None = None, memo: str = ""
) -> tuple[Any, ...]:
    """A row of `code_text` on the document 1; `at` puts it elsewhere than its quote is."""
    start = TEXT.index(quote) if at is None else at
    return (ctid, cid, 1, quote, start, start + len(quote), owner, DAY, memo, None, None)


def qualcoder(folder: Path, **more: Iterable[Sequence[Any]]) -> Path:
    """A small project: one text, a picture, a code in a category in a category, two coders, a case."""
    rows: dict[str, Iterable[Sequence[Any]]] = {
        "source": [
            (1, "first.txt", TEXT, None, "a long day", "ann", DAY, None, None),
            (2, "plan.png", None, "/images/plan.png", "", "ann", DAY, None, None),
        ],
        "code_cat": [
            (1, "relations", "ann", DAY, "between firms", None),
            (2, "good ones", "ann", DAY, "", 1),
        ],
        "code_name": [
            (1, "trust", "relying on them", 2, "ann", DAY, "#F781BE"),
            (2, "risk", "", None, "ann", DAY, "#00FF00"),
        ],
        "code_text": [
            coded(1, 1, "We trust the naïve 👍 partner.", "ann", memo="at once"),
            coded(2, 1, "trust the naïve 👍", "ben"),
            coded(3, 2, "And the risk?\u2029B: Small".replace("\u2029", "\n"), "ben"),
        ],
        "code_image": [(1, 2, 0, 0, 9, 9, 1, "", DAY, "ann", None)],
        "annotation": [(1, 1, 3, 12, "the first question", "ben", DAY)],
        "cases": [(1, "Firm A", "met in May", "ann", DAY)],
        "case_text": [(1, 1, 1, 0, len(TEXT), "ann", DAY, "")],
        "attribute_type": [
            ("size", DAY, "ann", "", "case", "numeric"),
            ("wave", DAY, "ann", "", "file", "character"),
        ],
        "attribute": [(1, "size", "case", "12", 1, DAY, "ann"), (2, "wave", "file", "second", 1, DAY, "ann")],
        "journal": [(1, "Monday", "It rained.", DAY, "ann")],
    }
    return database(folder / "study.qda" / "data.qda", QUALCODER, **(rows | more)).parent


HTML = (
    "<h1>Über uns</h1>\n<p>I: How&nbsp;is it? &lt;so&gt;</p>"
    "<p>B: We <b>trust</b> them 👍 naïvely.<br/>Yes.</p>"
)
BARE = "Über uns\nI: How\xa0is it? <so>B: We trust them 👍 naïvely.Yes."  # worked out from HTML: no tags


def marked(id: int, quote: str, *, snippet: str | None = None, move: int = 0) -> tuple[Any, ...]:
    """A row of `highlights` on the document 1, in UTF-8 bytes."""
    start = len(BARE[: BARE.index(quote)].encode()) + move
    return (id, 1, start, start + len(quote.encode()), quote if snippet is None else snippet)


def taguette(folder: Path, **more: Iterable[Sequence[Any]]) -> Path:
    """A small project: one document, three tags, two people in its log."""
    at = "2024-05-02 10:30:00.000000"
    rows: dict[str, Iterable[Sequence[Any]]] = {
        "documents": [(1, "First", "a long day", "first.html", at, 1, "LEFT_TO_RIGHT", HTML)],
        "tags": [(1, 1, "trust.blind", "blindly"), (2, 1, "trust", "relying"), (3, 1, "a.b", "")],
        "highlights": [
            marked(1, "trust them 👍 naïvely", snippet="<p><b>trust</b> them 👍 naïvely</p>"),
            marked(2, "How\xa0is it? <so>", snippet="<p>How\xa0is it? &lt;so&gt;</p>"),
        ],
        "highlight_tags": [(1, 1), (1, 2), (2, 3)],
        "commands": [
            (1, at, "ann", 1, 1, '{"type": "highlight_add", "highlight_id": 1, "tags": [2]}'),
            (7, at, "ben", 1, 1, '{"type": "document_add", "document_name": "First"}'),
            (2, at, "ben", 1, 1, '{"type": "highlight_add", "highlight_id": 1, "tags": [1, 2]}'),
            (3, at, "ben", 1, 1, '{"type": "highlight_add", "highlight_id": 2, "tags": [9]}'),
            (4, at, "ann", 1, None, '{"type": "tag_merge", "src_tag_id": 9, "dest_tag_id": 3}'),
        ],
    }
    return database(folder / "study.sqlite3", TAGUETTE, **(rows | more))
