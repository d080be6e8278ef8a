"""The log in pages and parts, and who has seen what others say, on both databases."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from autocode.records import Transcript
from autocode.store import Account, Coding, Request, ReviewStore, Store


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
    for unit in (seen, given, seen):
        people.has_seen_others(mia.key, unit)
    assert {unit: mark.arm for unit, mark in people.marks(mia.key).items()} == {
        seen: "assisted",
        given: "blind",
    }
    assert people.coverage() == {given: {mia.key: False}}
    assert people.begun(mia.key) == {seen, given}
    assert people.assign(mia.key, {seen: 0.5}) == 0
    changes = [["code", seen, "trust", True], ["done", seen, True]]
    people.act(mia.key, Request("key-of-a-decision", "done", changes, "digest", arms={seen: "blind"}))
    assert [row["blind"] for row in people.log()] == [False]
    assert people.coverage()[seen] == {mia.key: True}
