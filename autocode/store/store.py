"""`Store`: one project's database, records in and records out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from sqlalchemy import URL

from autocode.errors import StoreError
from autocode.records import Decision, Role, Transcript
from autocode.store import actions, codings, decisions, migrations, runs, transcripts
from autocode.store.database import WAIT_S, Database, OnWait
from autocode.store.entries import CodebookVersion, Coding, Run, RunInfo, RunStatus, TranscriptSummary
from autocode.store.failures import NO_DATABASE


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Store:
    """A database with transcripts, codings and decisions. Safe to share between threads and commands.

    Reading never waits. A writing call waits for other writers up to `wait_s` seconds and calls
    `on_wait` with a sentence after the first second. Each call is one transaction: what it
    saves is there as a whole or not at all, whatever happens to the program.

    All methods raise `StoreError` when the database is busy, full, damaged or cannot be written.
    """

    def __init__(
        self,
        url: str | URL,
        *,
        create: bool = False,
        on_wait: OnWait | None = None,
        wait_s: float = WAIT_S,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        """Open the database at `url`, migrating an older layout; `create` makes it new instead.

        Raises `StoreError` if it is missing, no database of ours, or written by a newer program.
        """
        self._clock = clock
        self._database = Database(url, on_wait=on_wait, wait_s=wait_s)
        try:
            self._prepare(create=create)
        except BaseException:
            self._database.close()
            raise

    def _prepare(self, *, create: bool) -> None:
        path = self._database.path
        if create:
            self._database.create_file()
            migrations.create_layout(self._database, now=self._clock())
            return
        if path is not None and not path.is_file():
            raise StoreError(f"{path}: no such file; put the project's database back in its place")
        if path is not None and path.stat().st_size == 0:
            raise StoreError(f"{path}: {NO_DATABASE}")
        migrations.bring_up_to_date(self._database)

    def close(self) -> None:
        """Close the database. The store can not be used any more."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Transcripts

    def add_transcript(self, transcript: Transcript) -> bool:
        """Store a transcript. False, and nothing changed, if the same content has this id already.

        Raises `StoreError` if the id belongs to other content, or the content to another id.
        """
        with self._database.write() as connection:
            return transcripts.add(connection, transcript, now=self._clock())

    def transcripts(self) -> list[TranscriptSummary]:
        """All transcripts, by id, without text and turns."""
        with self._database.read() as connection:
            return transcripts.summaries(connection)

    def transcript(self, transcript_id: str) -> Transcript:
        """One transcript, with the roles as they are set now. Raises `StoreError` if there is none."""
        with self._database.read() as connection:
            return transcripts.load(connection, transcript_id)

    def every_transcript(self) -> Iterator[Transcript]:
        """All transcripts, by id, one after the other."""
        for summary in self.transcripts():
            yield self.transcript(summary.id)

    def remove_transcript(self, *transcript_ids: str, with_decisions: bool = False) -> None:
        """Delete transcripts with their codings, all or none; their text is no longer in the database file.

        Raises `StoreError` if coders' decisions or memos refer to one, unless `with_decisions`.
        """
        with self._database.write() as connection:
            for transcript_id in transcript_ids:
                actions.forget(connection, transcript_id)
                transcripts.remove(connection, transcript_id, with_decisions=with_decisions)
        self._database.close()  # the log still has the text; when its last reader closes it, it is gone

    def set_role(self, transcript_id: str | None, speaker: str, role: Role | None) -> None:
        """Set a speaker's role in one transcript, or (None) in all; role None undoes that.

        A role set for one transcript goes before one set for all. Codings made with another
        role are no longer `done`. Raises `StoreError` if the transcript has no such speaker.
        """
        with self._database.write() as connection:
            transcripts.set_role(connection, transcript_id, speaker, role)

    # Codebooks and runs

    def add_codebook(self, digest: str, json: str, *, note: str = "") -> int:
        """The version number (1, 2, 3 ...) of a codebook; one that is known keeps its number."""
        with self._database.write() as connection:
            return runs.add_codebook(connection, digest, json, note=note, now=self._clock())

    def codebooks(self) -> list[CodebookVersion]:
        """All versions of the codebook, oldest first."""
        with self._database.read() as connection:
            return runs.all_codebooks(connection)

    def begin_run(self, info: RunInfo) -> str:
        """Note that a run has begun; its id. Call it while holding `Project.lock`.

        No other run can be going on then: those still marked as running were killed, and
        are marked as failed.
        """
        with self._database.write() as connection:
            return runs.begin(connection, info, now=self._clock())

    def finish_run(
        self, run_id: str, *, counts: Mapping[str, int], timings: Mapping[str, float] | None = None
    ) -> None:
        """Note that a run came to its end; `timings` in seconds."""
        with self._database.write() as connection:
            runs.end(connection, run_id, "finished", now=self._clock(), counts=counts, timings=timings or {})

    def fail_run(self, run_id: str, error: str = "") -> None:
        """Note that a run was broken off; `error` must not hold what participants said."""
        with self._database.write() as connection:
            runs.end(connection, run_id, "failed", now=self._clock(), counts={}, timings={}, error=error)

    def latest_run(self, *, status: RunStatus | None = None) -> Run | None:
        """The run that began last (of those with `status`), or None."""
        with self._database.read() as connection:
            return runs.latest(connection, status)

    # Codings

    def done(self, run_key: str) -> set[str]:
        """Transcripts that need not be coded again: last coded with this key and, roles too, unchanged."""
        with self._database.read() as connection:
            return codings.done(connection, run_key)

    def save_coding(
        self,
        run_key: str,
        transcript_id: str,
        coding: Coding,
        *,
        segmentation: str,
        run_id: str | None = None,
    ) -> None:
        """Store one transcript's coding and mark it as done, in one transaction.

        `segmentation` is the digest of the segment settings. An earlier coding of the
        transcript under the same run key is replaced. Utterances whose boundaries are those of
        an earlier coding, of whatever settings, stay the same to decisions.

        Raises `StoreError` if a role was changed while the transcript was being coded, and
        `ValueError` if the parts do not fit together or are not the transcript's.
        """
        with self._database.write() as connection:
            codings.save(
                connection,
                run_key,
                transcript_id,
                coding,
                segmentation=segmentation,
                run_id=None if run_id is None else runs.key_of(run_id),
                now=self._clock(),
            )

    def coding(self, run_key: str, transcript_id: str) -> Coding:
        """What `save_coding` stored. Raises `StoreError` if the transcript was not coded with this key."""
        with self._database.read() as connection:
            return codings.load(connection, run_key, transcript_id)

    def remove_codings(self, run_key: str) -> int:
        """Delete all codings of a run key to save room; decisions stay. The number of transcripts."""
        with self._database.write() as connection:
            return codings.remove(connection, run_key)

    # Decisions

    def add_decision(
        self, decision: Decision, *, segmentation: str, codebook_digest: str | None = None
    ) -> None:
        """Append what a coder decided on an utterance of `segmentation`, under a version of the codebook.

        Raises `StoreError` if there is no such utterance or codebook.
        """
        with self._database.write() as connection:
            decisions.add(
                connection,
                decision,
                segmentation=segmentation,
                codebook_digest=codebook_digest,
                now=self._clock(),
            )

    def decisions(
        self, *, segmentation: str | None = None, transcript_id: str | None = None
    ) -> list[Decision]:
        """Decisions in the order in which they were added."""
        with self._database.read() as connection:
            return decisions.load(connection, segmentation=segmentation, transcript_id=transcript_id)
