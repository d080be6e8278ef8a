"""A transcript that is removed, and added again, while its pages are open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from autocode.store import Project
from autocode.web.state import Review
from tests.web.conftest import Person, build_coding, build_transcript

Units = dict[str, list[int]]


def test_the_queue_goes_on_without_it(
    mia: Person, project: Project, review: Review, units: Units, person: Callable[..., Person]
) -> None:
    mia.api("/api/act", kind="done", done=[{"unit": units["anna"][0], "done": True}])
    assert f'id="u{units["anna"][1]}"' in mia.get("/queue?order=transcript")
    account = review.people.account("Mia")
    assert account is not None
    review.people.give(account.key, ["anna", "carl"], ["anna", "carl"], by=account.key)
    mia.get("/queue?order=given")
    project.store.remove_transcript("anna", with_decisions=True)
    for order in ("transcript", "given"):
        page = mia.get(f"/queue?order={order}")
        assert f'id="u{units["carl"][0]}"' in page
        assert "0 of 3 finished" in page
    assert "<strong>0</strong> of 3 utterances" in mia.get("/")


def test_what_was_meant_for_the_old_one_does_not_reach_the_new_one(
    mia: Person, project: Project, review: Review, units: Units
) -> None:
    """`carl` is the last, so that its keys are free when it is gone."""
    assert "completely" in mia.get("/read/carl")
    project.store.remove_transcript("carl")
    corrected = replace(build_transcript("carl"), sha256="another")
    text = corrected.text.replace("completely", "absolutely")
    turns = tuple(replace(turn, text=text[turn.start_char : turn.end_char]) for turn in corrected.turns)
    corrected = replace(corrected, text=text, turns=turns)
    project.store.add_transcript(corrected)
    project.store.save_coding("run", "carl", build_coding(corrected), segmentation="s")
    page = mia.get("/read/carl")
    assert "completely" not in page
    assert "absolutely" in page
    new = review.pool().keys.tolist()[3:]
    assert not set(new) & set(units["carl"])
    stale = [{"unit": units["carl"][0], "code": "trust", "applies": True}]
    mia.api("/api/act", 404, codes=stale)
    mia.api("/api/act", codes=[{**stale[0], "unit": new[0]}])
