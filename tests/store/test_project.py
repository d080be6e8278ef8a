"""Projects: made whole, private, found from below, refused where they would do harm."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from autocode.errors import StoreError
from autocode.store import create_project, find_project, open_project
from autocode.store import project as project_module

TEXTS = {"settings_toml": "seed = 3\n", "codebook_yaml": "codes: []  # ü\n", "guide_yaml": "questions: []\n"}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


NEW = ["autocode.db", "autocode.toml", "codebook.yaml", "guide.yaml", "transcripts"]


def test_a_new_project_has_what_was_given(folder):
    with create_project(folder / "deep" / "study", **TEXTS) as project:
        assert project.settings_path.read_text() == TEXTS["settings_toml"]
        assert project.codebook_path.read_bytes() == TEXTS["codebook_yaml"].encode()
        assert project.guide_path.read_text() == TEXTS["guide_yaml"]
        assert project.transcripts_path.is_dir()
        assert project.store.transcripts() == []
    assert names(folder / "deep" / "study") == NEW
    assert names(folder / "deep") == ["study"]  # nothing left over from making it


def test_what_is_stored_is_there_when_opened_again(folder, make_transcript):
    with create_project(folder, **TEXTS) as project:
        project.store.add_transcript(make_transcript())
    with open_project(folder) as project:
        assert project.store.transcript("anna") == make_transcript()
    assert names(folder) == NEW  # the log is folded into the database when it is closed


def test_nothing_is_readable_by_others_while_it_is_used(folder, make_transcript, make_coding):
    before = os.umask(0)  # the most careless one
    try:
        with create_project(folder, **TEXTS) as project, project.lock():
            project.store.add_transcript(make_transcript())
            project.store.save_coding("k", "anna", make_coding(make_transcript()), segmentation="s")
            found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.rglob("*"))}
    finally:
        os.umask(before)
    folders = {folder.name, "transcripts"}
    files = {"autocode.toml", "codebook.yaml", "guide.yaml", "autocode.lock"}
    files |= {"autocode.db", "autocode.db-wal", "autocode.db-shm"}
    assert found == {**dict.fromkeys(folders, 0o700), **dict.fromkeys(files, 0o600)}


def test_an_existing_folder_keeps_its_files(folder):
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    (folder / "transcripts").mkdir()
    (folder / "transcripts" / "a.txt").write_text("mine")
    create_project(folder, **TEXTS).close()
    assert names(folder) == sorted([*NEW, "notes.txt"])
    assert (folder / "transcripts" / "a.txt").read_text() == "mine"


def test_an_empty_folder_becomes_private(folder):
    folder.mkdir(mode=0o755)
    create_project(folder, **TEXTS).close()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("there", "message"),
    [
        ("autocode.toml", "is a project already; open it, or choose another folder"),
        ("codebook.yaml", r"codebook\.yaml: is there already; move it away"),
        ("autocode.db", r"autocode\.db: is there already; move it away"),
    ],
)
def test_nothing_is_overwritten(folder, there, message):
    folder.mkdir()
    (folder / there).write_text("mine")
    with pytest.raises(StoreError, match=message):
        create_project(folder, **TEXTS)
    assert names(folder) == [there]
    assert (folder / there).read_text() == "mine"


def test_a_file_in_place_of_the_folder(tmp_path):
    (tmp_path / "study").write_text("mine")
    with pytest.raises(StoreError, match="study: is a file, and a folder is needed there"):
        create_project(tmp_path / "study", **TEXTS)


@pytest.mark.parametrize("exists", [False, True])
def test_what_fails_leaves_nothing(folder, exists):
    folder.parent.mkdir(exist_ok=True)
    if exists:
        folder.mkdir()
    with pytest.raises(UnicodeEncodeError):
        create_project(folder, **{**TEXTS, "settings_toml": "\ud800"})
    assert names(folder.parent) == ([folder.name] if exists else [])
    assert not exists or names(folder) == []


def test_a_database_that_fails_is_told_of_by_its_final_name(folder, monkeypatch):
    def fails(database, *, now):
        raise StoreError(f"{database.where}: the disk is full")

    monkeypatch.setattr("autocode.store.migrations.create_layout", fails)
    with pytest.raises(StoreError) as caught:
        create_project(folder, **TEXTS)
    assert str(caught.value) == f"{folder}/autocode.db: the disk is full"
    assert names(folder.parent) == []


def test_a_move_that_fails_is_taken_back(folder, monkeypatch):
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    rename = Path.rename

    def refuse_settings(self: Path, target: Path) -> Path:
        if target == folder / "autocode.toml":
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse_settings)
    with pytest.raises(StoreError, match=r": the disk is full; nothing of this step was saved"):
        create_project(folder, **TEXTS)
    assert names(folder) == ["notes.txt"]


def test_found_from_below(folder):
    create_project(folder, **TEXTS).close()
    below = folder / "transcripts" / "wave 1"
    below.mkdir()
    assert find_project(below) == folder
    with open_project(below) as project:
        assert project.folder == folder


def test_no_project(tmp_path):
    with pytest.raises(
        StoreError, match=r"no autocode\.toml here or in any folder above; go to .* 'autocode init'$"
    ):
        open_project(tmp_path)


def test_missing_database_is_not_replaced_by_an_empty_one(folder):
    create_project(folder, **TEXTS).close()
    (folder / "autocode.db").unlink()
    with pytest.raises(StoreError, match=r"autocode\.db: no such file; put the project's database back"):
        open_project(folder)
    assert "autocode.db" not in names(folder)


def test_a_team_keeps_the_database_on_a_server(folder, postgres_database, make_transcript):
    with create_project(folder, **TEXTS, url=postgres_database) as project:
        project.store.add_transcript(make_transcript())
    assert "autocode.db" not in names(folder)
    with open_project(folder, url=postgres_database) as project:
        assert project.store.transcript("anna") == make_transcript()
    with pytest.raises(StoreError, match="holds a project already"):
        create_project(folder.parent / "second", **TEXTS, url=postgres_database)
    assert project_module.SETTINGS not in names(folder.parent)
