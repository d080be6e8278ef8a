"""Runs and codebook versions: what was computed when, with what."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from autocode.errors import StoreError
from autocode.store.entries import CodebookVersion, Run, RunInfo, RunStatus
from autocode.store.tables import codebook_versions, runs


def begin(connection: Connection, info: RunInfo, *, now: datetime) -> str:
    """Note that a run has begun; its id. Runs that never ended were killed, and become failed."""
    connection.execute(
        update(runs).where(runs.c.status == "running").values(status="failed", error="interrupted")
    )
    values = {
        "run_key": info.run_key,
        "status": "running",
        "version": info.version,
        "codebook_digest": info.codebook_digest,
        "guide_digest": info.guide_digest,
        "encoder_digest": info.encoder_digest,
        "segmentation": info.segmentation,
        "seed": info.seed,
        "settings": dict(info.settings),
        "started_at": now,
        "counts": {},
        "timings": {},
        "error": "",
    }
    key = connection.execute(insert(runs).values(values).returning(runs.c.id)).scalar_one()
    return f"r{key}"


def end(
    connection: Connection,
    run_id: str,
    status: RunStatus,
    *,
    now: datetime,
    counts: Mapping[str, int],
    timings: Mapping[str, float],
    error: str = "",
) -> None:
    """Note how a run has ended."""
    changed = connection.execute(
        update(runs)
        .where(runs.c.id == key_of(run_id))
        .values(status=status, finished_at=now, counts=dict(counts), timings=dict(timings), error=error)
    )
    if changed.rowcount == 0:
        raise StoreError(f"{run_id}: no such run in the project")


def key_of(run_id: str) -> int:
    """The number in a run's id."""
    if not (run_id[:1] == "r" and run_id[1:].isdecimal()):
        raise StoreError(f"{run_id}: no such run in the project")
    return int(run_id[1:])


def latest(connection: Connection, status: RunStatus | None) -> Run | None:
    """The run that began last."""
    query = select(runs).order_by(runs.c.id.desc()).limit(1)
    row = connection.execute(query if status is None else query.where(runs.c.status == status)).first()
    if row is None:
        return None
    info = RunInfo(
        run_key=row.run_key,
        version=row.version,
        codebook_digest=row.codebook_digest,
        guide_digest=row.guide_digest,
        encoder_digest=row.encoder_digest,
        segmentation=row.segmentation,
        seed=row.seed,
        settings=row.settings,
    )
    return Run(
        id=f"r{row.id}",
        info=info,
        status=row.status,
        started_at=row.started_at,
        finished_at=row.finished_at,
        counts=row.counts,
        timings=row.timings,
        error=row.error,
    )


def add_codebook(connection: Connection, digest: str, json: str, *, note: str, now: datetime) -> int:
    """The number of the codebook with this digest: the one that it has, or the next."""
    known = connection.scalar(select(codebook_versions.c.number).where(codebook_versions.c.digest == digest))
    if known is not None:
        return int(known)
    number = int(connection.scalar(select(func.max(codebook_versions.c.number))) or 0) + 1
    connection.execute(
        insert(codebook_versions).values(digest=digest, number=number, json=json, note=note, added_at=now)
    )
    return number


def all_codebooks(connection: Connection) -> list[CodebookVersion]:
    """All codebook versions, oldest first."""
    return [
        CodebookVersion(row.digest, row.number, row.json, row.added_at, row.note)
        for row in connection.execute(select(codebook_versions).order_by(codebook_versions.c.number))
    ]
