"""What has been coded, as the review page reads it: utterances with their keys, suggestions, scores."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, func, select

from autocode.errors import StoreError
from autocode.records import Suggestion, Utterance
from autocode.store import codings as stored_codings
from autocode.store.codings import FLOAT32
from autocode.store.decided import chunks
from autocode.store.tables import (
    codings,
    scores,
    segmentations,
    transcripts,
    utterances,
)


@dataclass(frozen=True, slots=True)
class Unit:
    """A codable utterance where the page looks for it."""

    key: int
    transcript_id: str
    name: str
    transcript_key: int


@dataclass(frozen=True, slots=True)
class Reading:
    """The latest coding of one transcript, with the database's key of each utterance."""

    transcript_key: int
    coding_key: int
    run_key: str
    segmentation: str
    utterances: tuple[Utterance, ...]
    keys: tuple[int, ...]
    suggestions: Mapping[int, tuple[Suggestion, ...]]  # by the utterance's key, best first


@dataclass(frozen=True, slots=True)
class Pool:
    """All codable utterances of the latest codings, and what the machine gives each code there."""

    keys: NDArray[np.int64]  # (n,)
    transcripts: tuple[str, ...]  # (n,)
    names: tuple[str, ...]  # (n,) ids of the utterances
    code_ids: tuple[str, ...]
    scores: NDArray[np.float32]  # (n, n_codes); nan: a code that this transcript's coding did not know


def reading(connection: Connection, transcript_id: str) -> Reading:
    """The latest coding of a transcript. Raises `StoreError` where it has not been coded."""
    row = connection.execute(
        select(codings.c.id, codings.c.run_key, codings.c.transcript_id, segmentations.c.segmentation)
        .join(transcripts, transcripts.c.id == codings.c.transcript_id)
        .join(segmentations, segmentations.c.id == codings.c.segmentation_id)
        .where(transcripts.c.name == transcript_id)
        .order_by(codings.c.id.desc())
    ).first()
    if row is None:
        raise StoreError(
            f"{transcript_id}: no such transcript, or it has not been coded yet ('autocode code')"
        )
    coding = stored_codings.load(connection, row.run_key, transcript_id)
    keys = tuple(
        connection.scalars(
            select(utterances.c.id)
            .join(scores, scores.c.utterance_id == utterances.c.id)
            .where(scores.c.coding_id == row.id)
            .order_by(utterances.c.position)
        )
    )
    key_of = {one.id: key for one, key in zip(coding.utterances, keys, strict=True)}
    found: defaultdict[int, list[Suggestion]] = defaultdict(list)
    for suggestion in coding.suggestions:
        found[key_of[suggestion.utterance_id]].append(suggestion)
    by_key = {key: tuple(items) for key, items in found.items()}
    return Reading(row.transcript_id, row.id, row.run_key, row.segmentation, coding.utterances, keys, by_key)


def latest_codings(connection: Connection) -> dict[str, int]:
    """The key of each coded transcript's latest coding, by id: to see whether a `Reading` is still it."""
    query = (
        select(transcripts.c.name, func.max(codings.c.id).label("key"))
        .join(codings, codings.c.transcript_id == transcripts.c.id)
        .group_by(transcripts.c.name)
        .order_by(transcripts.c.name)
    )
    return {row.name: int(row.key) for row in connection.execute(query)}


def pool(connection: Connection) -> Pool:
    """All codable utterances, transcript by transcript."""
    keys, places, names, blobs = [], list[str](), list[str](), list[tuple[int, bytes]]()
    latest = latest_codings(connection)
    code_ids_of = {
        row.id: tuple(row.code_ids)
        for row in connection.execute(
            select(codings.c.id, codings.c.code_ids).where(codings.c.id.in_(latest.values()))
        )
    }
    for transcript_id, coding in latest.items():
        query = (
            select(utterances.c.id, utterances.c.name, scores.c.scores)
            .join(scores, scores.c.utterance_id == utterances.c.id)
            .where(scores.c.coding_id == coding, scores.c.scores.is_not(None))
            .order_by(utterances.c.position)
        )
        for key, name, blob in connection.execute(query):
            keys.append(key)
            places.append(transcript_id)
            names.append(name)
            blobs.append((coding, blob))
    all_codes = tuple(dict.fromkeys(code for ids in code_ids_of.values() for code in ids))
    column = {code: index for index, code in enumerate(all_codes)}
    table = np.full((len(keys), len(all_codes)), np.nan, np.float32)
    columns_of = {coding: [column[code] for code in ids] for coding, ids in code_ids_of.items()}
    for row, (coding, blob) in enumerate(blobs):
        table[row, columns_of[coding]] = np.frombuffer(blob, FLOAT32)
    return Pool(np.array(keys, np.int64), tuple(places), tuple(names), all_codes, table)


def units(connection: Connection, keys: Iterable[int]) -> dict[int, Unit]:
    """The utterances with these keys, in their order. Raises `StoreError` if one is not there."""
    wanted, found = list(keys), dict[int, Unit]()
    for part in chunks(wanted):
        query = (
            select(utterances.c.id, transcripts.c.name.label("transcript"), utterances.c.name,
                   segmentations.c.transcript_id)
            .join(segmentations, segmentations.c.id == utterances.c.segmentation_id)
            .join(transcripts, transcripts.c.id == segmentations.c.transcript_id)
            .where(utterances.c.id.in_(part))
        )  # fmt: skip
        for row in connection.execute(query):
            found[row.id] = Unit(row.id, row.transcript, row.name, row.transcript_id)
    for key in wanted:
        if key not in found:
            raise StoreError(f"{key}: no such utterance in the project; its transcript may have been removed")
    return {key: found[key] for key in wanted}


def key_of_utterance(connection: Connection, name: str) -> int | None:
    """The key of the utterance with this id, as the latest coding has it."""
    query = (
        select(utterances.c.id)
        .join(scores, scores.c.utterance_id == utterances.c.id)
        .where(utterances.c.name == name)
        .order_by(scores.c.coding_id.desc())
    )
    return connection.scalar(query)
