"""The log in pages and parts, and who has seen what others say, on both databases."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from autocode.errors import StoreError
from autocode.records import Transcript
from autocode.store import Account, Coding, Request, ReviewStore, Store
from autocode.store.decided import Arm


@pytest.fixture
def people(
    store: Store, make_transcript: Callable[..., Transcript], make_coding: Callable[..., Coding]
) -> ReviewStore:
    """Two coded transcripts of three utterances each."""
    store.add_codebook("digest", "{}")
    for name in ("anna", "carl"):
        store.add_transcript(make_transcript(name))
        store.save_coding("run", name, make_coding(make_transcript(name)), segmentation="s")
    return ReviewStore(store)


def bulk(people: ReviewStore, coder: Account, units: list[int], code: str) -> None:
    """One action that applies a code to several units, each with a score of its own on the screen."""
    shown = {"model": "m1", "units": {str(unit): [[code, unit / 100, None]] for unit in units}}
    changes = [["code", unit, code, True] for unit in units]
    people.act(coder.key, Request(f"key-of-{coder.name}-{code}", "bulk", changes, "digest", shown=shown))


def test_the_log_by_coder_code_and_transcript_and_in_pages(people: ReviewStore) -> None:
    mia, ben = people.add_account("Mia", "lead"), people.add_account("Ben", "coder")
    units = people.pool().keys.tolist()
    bulk(people, mia, units, "trust")
    bulk(people, ben, units[:2], "gap")
    assert [row["unit"] for row in people.log()] == [*units, *units[:2]]
    assert [row["shown"][0][1] for row in people.log(coder="Mia")] == [unit / 100 for unit in units]
    assert [row["unit"] for row in people.log(transcript_id="carl")] == units[3:]
    assert [row["coder"] for row in people.log(code="gap", transcript_id="anna")] == ["Ben", "Ben"]
    assert people.log(code="leap") == []
    total, page = people.log_page(1, 3)
    assert total == 8
    assert [row["decision"] for row in page] == [7, 6, 5]
    assert people.log_page(6, 3, coder="Mia") == (6, [])


def test_who_has_seen_others_decides_no_more_blind_and_is_not_waited_for(people: ReviewStore) -> None:
    mia = people.add_account("Mia", "lead")
    seen, given, *_ = people.pool().keys.tolist()
    people.assign(mia.key, {given: 0.5})
    for units in ([seen, given], [seen]):
        people.has_seen_others(mia.key, units)
    assert {unit: mark.arm for unit, mark in people.marks(mia.key).items()} == {
        seen: "assisted",
        given: "blind",
    }
    assert people.coverage() == {given: {mia.key: False}}
    assert people.begun(mia.key) == {seen, given}
    assert people.assign(mia.key, {seen: 0.5}) == 0
    changes = [["code", seen, "trust", True], ["done", seen, True]]
    people.act(mia.key, Request("key-of-a-decision", "done", changes, "digest", arms={seen: "blind"}))
    assert [row["blind"] for row in people.log()] == [False, False]
    assert people.coverage()[seen] == {mia.key: True}


def test_finishing_and_opening_again_are_entries_between_the_decisions(people: ReviewStore) -> None:
    mia = people.add_account("Mia", "lead")
    coded, uncoded, *_ = people.pool().keys.tolist()
    steps = (
        [["code", coded, "trust", True], ["done", coded, True]],
        [["done", uncoded, True]],
        [["done", uncoded, True]],  # it was finished already: nothing to tell
        [["done", uncoded, False]],
    )
    for number, changes in enumerate(steps):
        arms: dict[int, Arm] = {coded: "blind", uncoded: "blind"}
        people.act(mia.key, Request(f"key-number-{number}", "done", changes, "digest", arms=arms))
    people.undo(mia.key, "key-of-the-undo", codebook_digest="digest")
    expected = [
        (coded, "trust", True, True), (coded, "", "finished", True),
        (uncoded, "", "finished, no code applies", True), (uncoded, "", "opened again", False),
        (uncoded, "", "finished, no code applies", False),
    ]  # fmt: skip
    assert [(row["unit"], row["code"], row["value"], row["blind"]) for row in people.log()] == expected
    assert [row["action"] for row in people.log()] == ["done", "done", "done", "done", "undo"]
    total, page = people.log_page(1, 3)
    assert (total, [row["value"] for row in page]) == (
        5,
        ["opened again", "finished, no code applies", "finished"],
    )
    assert [row["value"] for row in people.history(uncoded)] == [value for _, _, value, _ in expected[2:]]
    assert [row["code"] for row in people.log(code="trust")] == ["trust"]


def test_transcripts_are_given_and_taken_back_and_the_log_keeps_it(people: ReviewStore, store: Store) -> None:
    mia, ben = people.add_account("Mia", "lead"), people.add_account("Ben", "coder")
    anna, both = people.reading("anna"), {"anna", "carl"}
    assert people.give(ben.key, {"anna"}, both, by=mia.key) == ({"anna"}, set())
    assert people.give(ben.key, {"anna"}, both, by=mia.key) == (set(), set()), "a second time changes nothing"
    codable = [key for key, one in zip(anna.keys, anna.utterances, strict=True) if one.codable]
    assert people.coverage() == {key: {ben.key: False} for key in codable}
    assert people.marks(ben.key) == {}, "none of them was drawn for reliability"
    assert people.give(ben.key, {"carl"}, both, by=mia.key) == ({"carl"}, {"anna"})
    assert people.given() == {ben.key: {"carl"}}
    assert [(row["coder"], row["transcript_id"], row["value"]) for row in people.log()] == [
        ("Mia", "anna", "transcript given to Ben"),
        ("Mia", "anna", "transcript taken back from Ben"),
        ("Mia", "carl", "transcript given to Ben"),
    ]
    assert [row["value"] for row in people.log(transcript_id="anna")] == [
        "transcript given to Ben",
        "transcript taken back from Ben",
    ]
    with pytest.raises(StoreError, match="dora: no such transcript"):
        people.give(ben.key, {"dora"}, {"dora"}, by=mia.key)
    store.remove_transcript("carl")
    assert people.given() == {}
