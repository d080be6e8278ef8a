"""Codings: whole or not there, and found again only while they are still true."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from sqlalchemy import func, select

from autocode.errors import StoreError
from autocode.records import Decision
from autocode.store import tables


@pytest.fixture
def transcript(store, make_transcript):
    made = make_transcript()
    store.add_transcript(made)
    return made


def count(store, table) -> int:
    with store._database.read() as connection:
        return connection.scalar(select(func.count()).select_from(table))


def test_reads_back_the_same(store, transcript, make_coding, same_coding):
    coding = make_coding(transcript)
    store.save_coding("k", "anna", coding, segmentation="s")
    same_coding(store.coding("k", "anna"), coding)


def test_nothing_codable_reads_back_the_same(store, transcript, make_coding, same_coding):
    coding = make_coding(transcript, min_chars=10_000)
    assert coding.scores.shape == (0, 3)
    store.save_coding("k", "anna", coding, segmentation="s")
    same_coding(store.coding("k", "anna"), coding)


def test_transcript_without_turns(store, same_coding, make_transcript, make_coding):
    empty = replace(make_transcript("empty"), text="", turns=())
    store.add_transcript(empty)
    store.save_coding("k", "empty", make_coding(empty), segmentation="s")
    same_coding(store.coding("k", "empty"), make_coding(empty))
    assert store.done("k") == {"empty"}


def test_suggestions_come_back_by_utterance(store, transcript, make_coding):
    coding = make_coding(transcript)
    shuffled = replace(coding, suggestions=tuple(reversed(coding.suggestions)))
    store.save_coding("k", "anna", shuffled, segmentation="s")
    found = store.coding("k", "anna").suggestions
    assert [s.utterance_id for s in found] == [s.utterance_id for s in coding.suggestions]
    assert [s.code_id for s in found] == ["trust", "gap"] * 3  # within one: as they were saved


def test_done_is_by_run_key_and_transcript(store, transcript, make_transcript, make_coding):
    store.add_transcript(make_transcript("bert"))
    store.save_coding("k1", "anna", make_coding(transcript), segmentation="s")
    assert store.done("k1") == {"anna"}
    assert store.done("k2") == set()
    with pytest.raises(StoreError, match=r"^bert: has not been coded with these settings"):
        store.coding("k1", "bert")


def test_a_role_that_changes_what_was_read_undoes_done(store, transcript, make_coding, same_coding):
    before = make_coding(transcript)
    store.save_coding("k", "anna", before, segmentation="s")
    store.set_role(None, "INT", "respondent")
    assert store.done("k") == set()
    same_coding(store.coding("k", "anna"), before)  # what was coded then is still what was coded then
    after = make_coding(store.transcript("anna"))
    store.save_coding("k", "anna", after, segmentation="s")
    assert store.done("k") == {"anna"}
    same_coding(store.coding("k", "anna"), after)
    assert count(store, tables.codings) == 1
    store.set_role(None, "INT", None)
    assert store.done("k") == set()


def test_the_role_that_it_had_already_changes_nothing(store, transcript, make_coding):
    store.save_coding("k", "anna", make_coding(transcript), segmentation="s")
    store.set_role("anna", "INT", "interviewer")
    store.set_role(None, "Somebody else", "other")
    assert store.done("k") == {"anna"}


def test_a_role_changed_meanwhile_is_not_papered_over(store, transcript, make_coding):
    coding = make_coding(transcript)
    store.set_role("anna", "INT", "other")
    with pytest.raises(
        StoreError, match=r"^anna: the role of 'INT' was changed while the transcript was being coded"
    ):
        store.save_coding("k", "anna", coding, segmentation="s")
    assert count(store, tables.utterances) == 0


def test_other_settings_destroy_nothing(store, transcript, make_coding, same_coding):
    one, other = make_coding(transcript, salt=1), make_coding(transcript, salt=2)
    store.save_coding("k1", "anna", one, segmentation="s1")
    store.save_coding("k2", "anna", other, segmentation="s2")
    same_coding(store.coding("k1", "anna"), one)
    same_coding(store.coding("k2", "anna"), other)


def test_an_older_coding_is_made_the_latest_again_and_is_not_there_twice(store, transcript, make_coding):
    for key, others in (("k1", "k2"), ("k2", "k1"), ("k1", "k2")):
        assert store.done(key) == set()
        store.save_coding(key, "anna", make_coding(transcript), segmentation="s")
        assert (store.done(key), store.done(others)) == ({"anna"}, set())
    assert (count(store, tables.codings), count(store, tables.utterances)) == (2, 6)


def moved_boundary(coding):
    """The same coding with the first character of the second utterance left out."""
    second = coding.utterances[1]
    second = replace(second, start_char=second.start_char + 1, text=second.text[1:])
    return replace(coding, utterances=(coding.utterances[0], second, *coding.utterances[2:]))


def test_same_boundaries_are_stored_once(store, transcript, make_coding):
    for key in ("k1", "k2", "k1"):
        store.save_coding(key, "anna", make_coding(transcript), segmentation="s")
    assert count(store, tables.utterances) == 6
    assert count(store, tables.codings) == 2


def test_replaced_boundaries_go_unless_somebody_decided_on_them(store, transcript, make_coding, same_coding):
    coding = make_coding(transcript)
    store.save_coding("k", "anna", coding, segmentation="s")
    store.save_coding("k", "anna", moved_boundary(coding), segmentation="s")
    assert count(store, tables.utterances) == 6
    decision = Decision("anna:1", "gap", "mia", True, True, datetime(2024, 5, 2, tzinfo=UTC))
    store.add_decision(decision, segmentation="s")
    store.save_coding("k", "anna", coding, segmentation="s")
    assert count(store, tables.utterances) == 12
    assert store.decisions() == [decision]
    same_coding(store.coding("k", "anna"), coding)


def test_codings_are_removed_by_key(store, transcript, make_coding):
    for key in ("k1", "k2"):
        store.save_coding(key, "anna", make_coding(transcript), segmentation="s")
    assert store.remove_codings("k1") == 1
    assert (store.done("k1"), store.done("k2")) == (set(), {"anna"})
    assert count(store, tables.suggestions) == 6


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda c: {"scores": c.scores[:, :2]},
            r"scores have shape \(3, 2\), not \(n_codable, n_codes\) = \(3, 3\)",
        ),
        (lambda c: {"scores": np.zeros((6, 3), np.float32)}, r"scores have shape \(6, 3\)"),
        (lambda c: {"utterances": (*c.utterances[:5], c.utterances[0])}, "two utterances have the same id"),
        (
            lambda c: {"suggestions": (replace(c.suggestions[0], utterance_id="x"),)},
            "refers to 'x', which is no utterance of it",
        ),
        (
            lambda c: {"utterances": (replace(c.utterances[0], start_char=0), *c.utterances[1:])},
            "anna:0: is not what stands at its position in 'anna'",
        ),
        (
            lambda c: {"utterances": (replace(c.utterances[0], turn_index=99), *c.utterances[1:])},
            "anna:0: is not what stands at its position",
        ),
    ],
)
def test_parts_that_do_not_fit_are_our_bug_and_leave_no_trace(
    store, transcript, make_coding, change, message
):
    coding = make_coding(transcript)
    with pytest.raises(ValueError, match=message):
        store.save_coding("k", "anna", replace(coding, **change(coding)), segmentation="s")
    assert (count(store, tables.utterances), store.done("k")) == (0, set())


def test_two_suggestions_of_one_code_roll_everything_back(store, transcript, make_coding):
    from sqlalchemy.exc import IntegrityError

    coding = make_coding(transcript)
    store.save_coding("k", "anna", coding, segmentation="s")
    twice = replace(coding, suggestions=(coding.suggestions[0], coding.suggestions[0]))
    with pytest.raises(IntegrityError) as caught:
        store.save_coding("k", "anna", twice, segmentation="s")
    assert "Ünswer" not in str(caught.value)
    assert store.coding("k", "anna").suggestions == coding.suggestions


def test_unknown_transcript(store, make_transcript, make_coding):
    with pytest.raises(StoreError, match="nobody: no such transcript"):
        store.save_coding("k", "nobody", make_coding(make_transcript("nobody")), segmentation="s")
