"""QualCoder's database at each of its versions: the first one, and what each later one adds to it.

Tables and columns are those of QualCoder's own source (new_project and open_project of 4.0), where a project
is brought up to date in the same steps.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

NEWEST = 17
FIRST = """
CREATE TABLE project (databaseversion text, date text, memo text, about text);
CREATE TABLE source (id integer primary key, name text, fulltext text, mediapath text, memo text, owner text,
  date text, unique(name));
CREATE TABLE code_image (imid integer primary key, id integer, x1 integer, y1 integer, width integer,
  height integer, cid integer, memo text, date text, owner text);
CREATE TABLE code_av (avid integer primary key, id integer, pos0 integer, pos1 integer, cid integer,
  memo text, date text, owner text);
CREATE TABLE annotation (anid integer primary key, fid integer, pos0 integer, pos1 integer, memo text,
  owner text, date text);
CREATE TABLE attribute_type (name text primary key, date text, owner text, memo text, caseOrFile text,
  valuetype text);
CREATE TABLE attribute (attrid integer primary key, name text, attr_type text, value text, id integer,
  date text, owner text);
CREATE TABLE case_text (id integer primary key, caseid integer, fid integer, pos0 integer, pos1 integer,
  owner text, date text, memo text);
CREATE TABLE cases (caseid integer primary key, name text, memo text, owner text, date text, unique(name));
CREATE TABLE code_cat (catid integer primary key, name text, owner text, date text, memo text,
  supercatid integer, unique(name));
CREATE TABLE code_text (cid integer, fid integer, seltext text, pos0 integer, pos1 integer, owner text,
  date text, memo text, unique(cid, fid, pos0, pos1, owner));
CREATE TABLE code_name (cid integer primary key, name text, memo text, catid integer, owner text, date text,
  color text, unique(name));
CREATE TABLE journal (jid integer primary key, name text, jentry text, date text, owner text);
"""
LATER = {
    2: "ALTER TABLE code_text ADD avid integer; ALTER TABLE project ADD bookmarkfile integer; "
       "ALTER TABLE project ADD bookmarkpos integer;",
    3: "ALTER TABLE code_text ADD important integer; ALTER TABLE code_av ADD important integer; "
       "ALTER TABLE code_image ADD important integer;",
    4: "CREATE TABLE code_text2 (ctid integer primary key, cid integer, fid integer, seltext text, "
       "pos0 integer, pos1 integer, owner text, date text, memo text, avid integer, important integer, "
       "unique(cid, fid, pos0, pos1, owner)); "
       "INSERT INTO code_text2 (cid, fid, seltext, pos0, pos1, owner, date, memo, avid, important) "
       "SELECT cid, fid, seltext, pos0, pos1, owner, date, memo, avid, important FROM code_text; "
       "DROP TABLE code_text; ALTER TABLE code_text2 RENAME TO code_text;",
    5: "ALTER TABLE project ADD codername text; UPDATE project SET codername = 'ben'; "
       "ALTER TABLE source ADD av_text_id integer; "
       "CREATE TABLE stored_sql (title text, description text, grouper text, ssql text, unique(title));",
    6: "CREATE TABLE graph (grid integer primary key, name text, description text, date text, "
       "scene_width integer, scene_height integer, unique(name)); "
       "CREATE TABLE gr_free_text_item (gfreeid integer primary key, grid integer, free_text text, "
       "ctid integer); "
       "CREATE TABLE gr_cdct_line_item (glineid integer primary key, grid integer, fromcid integer, "
       "tocid integer); "
       "CREATE TABLE gr_pix_item (grpixid integer primary key, grid integer, imid integer);",
    7: "ALTER TABLE gr_free_text_item ADD memo_ctid integer;",
    8: "CREATE TABLE ris (risid integer, tag text, longtag text, value text); "
       "ALTER TABLE source ADD risid integer;",
    9: "ALTER TABLE project ADD recently_used_codes text;",
    10: "ALTER TABLE code_image ADD pdf_page integer;",
    11: "ALTER TABLE gr_pix_item ADD pdf_page integer;",
    12: "CREATE TABLE manage_files_display (mfid integer primary key, name text, tblrows text, "
        "tblcolumns text, owner text);",
    13: "CREATE TABLE files_filter (filterid integer primary key, name text, filter text, owner text);",
    14: "CREATE TABLE coder_names (name TEXT UNIQUE NOT NULL, visibility INTEGER NOT NULL DEFAULT 1 "
        "CHECK (visibility IN (0, 1))); "
        "INSERT INTO coder_names (name) VALUES ('ann'), ('ben'), ('📌 Speaker coding'); "
        "CREATE VIEW code_text_visible AS SELECT t.* FROM code_text t WHERE NOT EXISTS "
        "(SELECT 1 FROM coder_names c WHERE c.name = t.owner AND c.visibility = 0); "
        "CREATE VIEW annotation_visible AS SELECT t.* FROM annotation t WHERE NOT EXISTS "
        "(SELECT 1 FROM coder_names c WHERE c.name = t.owner AND c.visibility = 0);",
    15: "ALTER TABLE project ADD avbookmarkfile integer; ALTER TABLE project ADD avbookmarkmsec integer; "
        "ALTER TABLE project ADD avbookmarktextpos integer;",
    16: "ALTER TABLE code_name ADD supercid integer;",
    17: "ALTER TABLE gr_cdct_line_item ADD label text; ALTER TABLE gr_cdct_line_item ADD arrow_mode text; "
        "CREATE TABLE gr_memo_item (gmemoid integer primary key, grid integer, memo_source_type text, "
        "memo_source_id integer, x integer, y integer, color text, font_size integer);",
}  # fmt: skip


def project(folder: Path, content: str, *, version: int = NEWEST, more: str = "") -> Path:
    """A project that was begun at version 1 with this content, brought up to a version, and added to."""
    path = folder / f"v{version}.qda" / "data.qda"
    path.parent.mkdir()
    base = sqlite3.connect(path)
    base.executescript(FIRST)
    base.execute("INSERT INTO project VALUES ('v1', '2019-05-01 09:00:00', '', 'QualCoder')")
    base.executescript(content)
    for step in range(2, version + 1):
        base.executescript(LATER[step])
    base.execute("UPDATE project SET databaseversion = ?", (f"v{version}",))
    base.executescript(more)
    base.commit()
    base.close()
    return path.parent
