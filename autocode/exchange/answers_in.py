"""Stores what is new of a plan of answers: codes, transcripts, and what each coder said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from autocode.config import read_settings
from autocode.digests import digest
from autocode.exchange.answers_plan import AnswersPlan, Said
from autocode.exchange.gathered import CONSENSUS
from autocode.exchange.project_in import Stored, store_codebook, store_reading
from autocode.pipeline import Coder

if TYPE_CHECKING:
    from autocode.store import Project, ReviewStore


def import_answers(
    project: Project, plan: AnswersPlan, *, on_wait: Callable[[str], None] | None = None,
    done: Callable[[str], None] = lambda _: None,
) -> Stored:  # fmt: skip
    """Store what is new of a plan; `done` hears of each transcript's id."""
    with project.lock(on_wait=on_wait):
        return _Importer(project, plan).store(done)


@dataclass(slots=True)
class _Batch:
    """What one coder says anew of one transcript."""

    changes: list[list[Any]] = field(default_factory=list)
    times: list[datetime | None] = field(default_factory=list)
    arms: dict[int, Any] = field(default_factory=dict)
    suggested: dict[int, tuple[str, ...]] = field(default_factory=dict)


class _Importer:
    def __init__(self, project: Project, plan: AnswersPlan) -> None:
        from autocode.store import ReviewStore

        self.project, self.plan, self.stored = project, plan, Stored()
        self.review: ReviewStore = ReviewStore(project.store)

    def store(self, done: Callable[[str], None]) -> Stored:
        plan, store = self.plan, self.project.store
        self.stored.codes = store_codebook(
            self.project, plan.previous, plan.codebook, file=plan.answers.path.name
        )
        if plan.transcripts:
            settings = read_settings(self.project.settings_path)
            segmenter = Coder(plan.codebook, settings=settings)
            for transcript in plan.transcripts:
                self.stored.transcripts += store.add_transcript(transcript)
                store_reading(self.project, segmenter, settings, transcript.id)
        actors = {name: self._actor(name) for name in dict.fromkeys(one.coder for one in plan.said)}
        by_transcript: dict[str, list[Said]] = defaultdict(list)
        for one in plan.said:
            by_transcript[one.transcript_id].append(one)
        for transcript_id, said in by_transcript.items():
            self._store_transcript(transcript_id, said, actors)
            done(transcript_id)
        return self.stored

    def _actor(self, name: str) -> int:
        if name == CONSENSUS:
            return self.review.consensus()
        account = self.review.account(name)
        if account is None:
            account = self.review.add_account(name, "coder" if self.review.accounts() else "lead")
            self.stored.coders += 1
        return account.key

    def _store_transcript(self, transcript_id: str, said: Sequence[Said], actors: Mapping[str, int]) -> None:
        from autocode.store import Request

        reading = self.review.reading(transcript_id)
        key_of = {one.id: key for one, key in zip(reading.utterances, reading.keys, strict=True)}
        batches: dict[str, _Batch] = defaultdict(_Batch)
        for one in said:
            unit, batch = key_of[one.utterance_id], batches[one.coder]
            batch.changes += [["code", unit, code, applies] for code, applies in one.changes.items()]
            batch.changes += [
                ["span", reading.transcript_key, span.start_char, span.end_char, span.code, False]
                for span in one.withdrawn
            ]
            batch.changes.append(["done", unit, True])
            batch.times += [one.at] * (len(one.changes) + len(one.withdrawn) + 1)
            batch.arms[unit] = "blind" if one.blind else "assisted"
            batch.suggested[unit] = one.suggested
            self.stored.decisions += len(one.changes)
            self.stored.spans += len(one.withdrawn)
            self.stored.finished += 1
        last = self.review.last_action()
        for coder, batch in batches.items():
            key = digest([coder, transcript_id, batch.changes, last])[:40]
            self.review.act(
                actors[coder],
                Request(
                    f"import-{key}", "import", batch.changes, self.plan.codebook.digest, arms=batch.arms,
                    suggested=batch.suggested, shown={"file": self.plan.answers.path.name}, times=batch.times,
                ),
            )  # fmt: skip
