"""Runs, codebook versions and decisions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import ClassVar

import pytest

from autocode.digests import digest, run_key
from autocode.errors import StoreError
from autocode.records import Decision
from autocode.store import RunInfo, Store

INFO = RunInfo(
    run_key="k",
    version="0.1.0",
    codebook_digest="c",
    guide_digest="",
    encoder_digest="e",
    segmentation="s",
    seed=7,
    settings={"segment": {"unit": "turn"}},
)


class TestRuns:
    def test_none_yet(self, store):
        assert store.latest_run() is None

    def test_from_beginning_to_end(self, store):
        run_id = store.begin_run(INFO)
        running = store.latest_run()
        assert (running.id, running.status, running.finished_at, running.info) == (
            run_id,
            "running",
            None,
            INFO,
        )
        store.finish_run(run_id, counts={"utterances": 12}, timings={"embed": 0.25})
        run = store.latest_run()
        assert (run.status, run.counts, run.timings) == ("finished", {"utterances": 12}, {"embed": 0.25})
        assert run.finished_at > run.started_at
        assert run.finished_at.tzinfo is not None

    def test_failed(self, store):
        store.fail_run(store.begin_run(INFO), "the disk is full")
        assert (store.latest_run().status, store.latest_run().error) == ("failed", "the disk is full")
        assert store.latest_run(status="finished") is None

    def test_one_that_was_killed_is_found_by_the_next(self, store):
        killed = store.begin_run(INFO)
        following = store.begin_run(replace(INFO, seed=8))
        failed = store.latest_run(status="failed")
        assert (failed.id, failed.error, failed.info.seed) == (killed, "interrupted", 7)
        assert store.latest_run().id == following

    @pytest.mark.parametrize("run_id", ["r99", "99", "r", "rx", ""])
    def test_no_such_run(self, store, run_id):
        with pytest.raises(StoreError, match="no such run"):
            store.finish_run(run_id, counts={})


class TestCodebooks:
    def test_numbers_count_up_and_stay(self, store):
        assert [store.add_codebook(name, "{}") for name in ("a", "b", "a", "c")] == [1, 2, 1, 3]
        assert [(v.digest, v.number) for v in store.codebooks()] == [("a", 1), ("b", 2), ("c", 3)]

    def test_kept_as_it_was(self, store):
        store.add_codebook("a", '{"b": 1, "a": "ü"}', note="after the pilot")
        (version,) = store.codebooks()
        assert (version.json, version.note) == ('{"b": 1, "a": "ü"}', "after the pilot")


DECISION = Decision(
    utterance_id="anna:1",
    code_id="gap",
    coder="mia",
    applies=True,
    blind=False,
    decided_at=datetime(2024, 5, 1, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2))),
)


class TestDecisions:
    @pytest.fixture
    def coded(self, store, make_transcript, make_coding) -> Store:
        for name in ("anna", "bert"):
            transcript = make_transcript(name)
            store.add_transcript(transcript)
            store.save_coding("k", name, make_coding(transcript), segmentation="s")
        return store

    def test_a_change_of_mind_is_another_decision(self, coded):
        changed = replace(DECISION, applies=False, decided_at=datetime(2024, 5, 2, tzinfo=UTC))
        coded.add_decision(DECISION, segmentation="s")
        coded.add_decision(changed, segmentation="s")
        assert coded.decisions() == [DECISION, changed]

    def test_filtered(self, coded):
        other = replace(DECISION, utterance_id="bert:1", code_id="never suggested", coder="lea")
        for decision in (DECISION, other):
            coded.add_decision(decision, segmentation="s")
        assert coded.decisions(transcript_id="bert") == [other]
        assert coded.decisions(segmentation="s", transcript_id="anna") == [DECISION]
        assert coded.decisions(segmentation="another") == []

    def test_there_is_no_way_to_change_one(self):
        names = [name for name in dir(Store) if "decision" in name]
        assert names == ["add_decision", "decisions"]

    def test_survives_coding_again(self, coded, make_coding):
        coded.add_decision(DECISION, segmentation="s")
        coded.set_role(None, "INT", "respondent")
        coded.save_coding("k", "anna", make_coding(coded.transcript("anna"), salt=3), segmentation="s")
        coded.remove_codings("k")
        assert coded.decisions(segmentation="s") == [DECISION]

    @pytest.mark.parametrize(("segmentation", "utterance"), [("s", "anna:99"), ("other", "anna:1")])
    def test_no_such_utterance(self, coded, segmentation, utterance):
        with pytest.raises(StoreError, match=rf"^{utterance}: no such utterance"):
            coded.add_decision(replace(DECISION, utterance_id=utterance), segmentation=segmentation)

    def test_no_such_codebook(self, coded):
        with pytest.raises(StoreError, match=r"^codebook abc: is not in the project"):
            coded.add_decision(DECISION, segmentation="s", codebook_digest="abc")
        coded.add_codebook("abc", "{}")
        coded.add_decision(DECISION, segmentation="s", codebook_digest="abc")
        assert coded.decisions() == [DECISION]

    def test_an_id_that_two_transcripts_share(self, store, make_transcript, make_coding):
        for name in ("anna", "bert"):
            transcript = make_transcript(name)
            coding = make_coding(transcript, min_chars=10_000)
            same_ids = tuple(replace(u, id=f"u{u.index}") for u in coding.utterances)
            store.add_transcript(transcript)
            store.save_coding("k", name, replace(coding, utterances=same_ids), segmentation="s")
        with pytest.raises(StoreError, match=r"^u1: several transcripts have an utterance of that id$"):
            store.add_decision(replace(DECISION, utterance_id="u1"), segmentation="s")

    def test_a_time_without_its_zone_is_our_bug(self, coded):
        from sqlalchemy.exc import StatementError

        with pytest.raises(StatementError, match="a time needs its time zone"):
            coded.add_decision(replace(DECISION, decided_at=datetime(2024, 5, 1)), segmentation="s")
        assert coded.decisions() == []

    def test_a_transcript_with_decisions_is_not_removed_by_accident(self, coded):
        coded.add_decision(DECISION, segmentation="s")
        with pytest.raises(
            StoreError, match=r"^anna: coders' decisions \(1\) refer to it; --with-decisions "
        ):
            coded.remove_transcript("bert", "anna")  # all or none
        coded.remove_transcript("bert")
        coded.remove_transcript("anna", with_decisions=True)
        assert (coded.decisions(), coded.transcripts()) == ([], [])


class TestKeys:
    KEY: ClassVar = {
        "codebook_digest": "c",
        "guide_digest": "g",
        "encoder_digest": "e",
        "settings": {"a": 1, "b": 2},
    }

    def test_order_of_settings_does_not_matter(self):
        turned = {**self.KEY, "settings": {"b": 2, "a": 1}}
        assert run_key(**self.KEY, results_version=1) == run_key(**turned, results_version=1)

    @pytest.mark.parametrize(
        "change",
        [
            {"codebook_digest": "x"},
            {"guide_digest": ""},
            {"encoder_digest": "x"},
            {"settings": {"a": 1}},
            {"results_version": 2},
        ],
    )
    def test_everything_else_does(self, change):
        key = {**self.KEY, "results_version": 1}
        assert run_key(**key) != run_key(**{**key, **change})

    def test_digest_is_that_of_canonical_json(self):
        # printf '{"a":"ü","b":[1,null]}' | sha256sum
        assert digest({"b": [1, None], "a": "ü"}) == (
            "5ddd266d13a5e8cdcca4c2007bb2032c5c319ab15de36c670f395fe8765fc949"
        )
