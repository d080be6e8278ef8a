"""Transcripts: what is written reads back the same."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autocode.errors import StoreError
from autocode.records import Transcript, Turn
from autocode.store import Store


def test_reads_back_the_same(store, make_transcript):
    transcript = make_transcript()
    assert store.add_transcript(transcript) is True
    assert store.transcript("anna") == transcript


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    said=st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r")), min_size=1, max_size=6
    ),
    meta=st.dictionaries(
        st.sampled_from(["a", "ß"]), st.none() | st.integers(-9, 9) | st.text("né\"'\\%:?"), max_size=2
    ),
    seconds=st.none() | st.floats(0, 1e6),
)
def test_any_text_reads_back_the_same(store: Store, said, meta, seconds):
    turns, text = [], ""
    for index, words in enumerate(said):
        turns.append(
            Turn(
                index, f"S{index % 2}", "other", words, len(text), len(text) + len(words), seconds, meta=meta
            )
        )
        text += words
    transcript = Transcript("it", text, tuple(turns), "txt", meta=meta)
    store.add_transcript(transcript)
    try:
        assert store.transcript("it") == transcript
    finally:
        store.remove_transcript("it")


def test_the_same_again_changes_nothing(store, make_transcript):
    store.add_transcript(make_transcript())
    assert store.add_transcript(replace(make_transcript(), source="moved.txt")) is False
    assert store.transcript("anna").source == "anna.txt"


def test_same_id_other_content_is_refused(store, make_transcript):
    store.add_transcript(make_transcript())
    with pytest.raises(
        StoreError, match=r"^anna: the project has a transcript of that name with other content; rem"
    ):
        store.add_transcript(make_transcript(n_answers=4, sha256="other"))
    assert store.transcript("anna") == make_transcript()


def test_same_content_other_id_is_refused(store, make_transcript):
    store.add_transcript(make_transcript())
    with pytest.raises(StoreError, match=r"^copy: has the same content as 'anna'"):
        store.add_transcript(replace(make_transcript(), id="copy"))


def test_one_file_may_hold_several_transcripts(store, make_transcript):
    for name in ("a", "b"):
        assert store.add_transcript(make_transcript(name, sha256="of-the-one-file"))
    assert [summary.id for summary in store.transcripts()] == ["a", "b"]


def test_a_turn_that_is_not_its_slice_is_our_bug(store, make_transcript):
    transcript = make_transcript()
    wrong = replace(transcript.turns[1], start_char=0)
    with pytest.raises(ValueError, match="turn 1 is not the text at its positions"):
        store.add_transcript(replace(transcript, turns=(transcript.turns[0], wrong, *transcript.turns[2:])))
    assert store.transcripts() == []


def test_summaries_are_sorted_and_light(store, make_transcript):
    for name in ("b", "a"):
        store.add_transcript(make_transcript(name))
    first, second = store.transcripts()
    assert (first.id, second.id) == ("a", "b")
    assert (first.n_turns, first.n_chars) == (6, len(make_transcript("a").text))
    assert list(first.speakers.items()) == [("INT", "interviewer"), ("Anna", "respondent")]
    assert first.warnings == ("row 3: no time",)
    assert first.added_at > second.added_at


def test_no_such_transcript_names_the_nearest(store, make_transcript):
    store.add_transcript(make_transcript("interview-1"))
    with pytest.raises(
        StoreError, match=r"^interview_1: no such transcript in the project; did you mean 'interview-1'\?$"
    ):
        store.transcript("interview_1")


class TestRoles:
    def test_set_for_one_goes_before_set_for_all_goes_before_the_file(self, store, make_transcript):
        for name in ("a", "b"):
            store.add_transcript(make_transcript(name))
        store.set_role(None, "Anna", "other")
        store.set_role("b", "Anna", "interviewer")
        assert store.transcript("a").speakers == {"INT": "interviewer", "Anna": "other"}
        assert store.transcript("b").speakers == {"INT": "interviewer", "Anna": "interviewer"}
        assert [summary.speakers["Anna"] for summary in store.transcripts()] == ["other", "interviewer"]

    def test_set_again_and_undone(self, store, make_transcript):
        store.add_transcript(make_transcript())
        for role in ("other", "interviewer"):
            store.set_role("anna", "Anna", role)
        assert store.transcript("anna").speakers["Anna"] == "interviewer"
        store.set_role("anna", "Anna", None)
        assert store.transcript("anna") == make_transcript()

    def test_set_before_the_transcript_is_added(self, store, make_transcript):
        store.set_role(None, "INT", "other")
        store.add_transcript(make_transcript())
        assert store.transcript("anna").speakers["INT"] == "other"

    def test_no_such_speaker(self, store, make_transcript):
        store.add_transcript(make_transcript())
        with pytest.raises(StoreError, match=r"^anna: has no speaker 'Ana'; did you mean 'Anna'\?$"):
            store.set_role("anna", "Ana", "other")


def test_removed_text_is_no_longer_on_the_disk(project, make_transcript, make_coding):
    transcript = make_transcript("withdrawn", n_answers=200)
    project.store.add_transcript(transcript)
    project.store.add_transcript(make_transcript("stays", n_answers=200))
    project.store.save_coding("k", "withdrawn", make_coding(transcript), segmentation="s")
    project.close()
    assert _mentions(project.folder, b"of withdrawn")
    project.store.remove_transcript("withdrawn")
    assert not _mentions(project.folder, b"of withdrawn")
    assert _mentions(project.folder, b"of stays")
    with pytest.raises(StoreError, match="no such transcript"):
        project.store.transcript("withdrawn")
    assert project.store.done("k") == set()


def _mentions(folder, words: bytes) -> bool:
    """Whether any file has these bytes. (Only while the database is closed: SQLite's locks.)"""
    return any(words in path.read_bytes() for path in folder.rglob("*") if path.is_file())
