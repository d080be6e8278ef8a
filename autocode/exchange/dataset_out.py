"""A coded dataset as `autocode.dataset` reads it: utterances, codes, coverage and the codebook."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from autocode.codebook.json_format import write_json
from autocode.errors import ExchangeError
from autocode.exchange.gathered import MACHINE, Gathered, Unit
from autocode.exchange.matrix import coders_of
from autocode.write import utterance_row


def files(gathered: Gathered) -> Iterator[tuple[str, bytes]]:
    """The four files. Raises `ExchangeError` for a project without codes or without utterances."""
    if not gathered.codebook.codes:
        raise ExchangeError(
            f"{gathered.name}: there are no codes in the codebook, and a coded dataset needs some"
        )
    units = [unit for interview in gathered.interviews for unit in interview.units]
    if not units:
        raise ExchangeError(f"{gathered.name}: nothing is cut into utterances yet; 'autocode code' does it")
    covered = list(_covered(gathered))
    yield "utterances.jsonl", json_lines(utterance_row(unit.utterance) for unit in units)
    yield (
        "codes.jsonl",
        json_lines(
            {"utterance_id": unit.utterance.id, "coder": coder, "code": code}
            for unit, coder, code in _applied(gathered, covered)
        ),
    )
    yield (
        "coverage.jsonl",
        json_lines(
            {
                "utterance_id": unit.utterance.id,
                "coder": coder,
                "blind": coder != MACHINE and unit.is_blind(coder),
            }
            for unit, coder in covered
        ),
    )
    yield "codebook.json", write_json(gathered.codebook).encode("utf-8", "replace")


def notes(gathered: Gathered) -> list[str]:
    """What has to be said of what is not in a dataset, one sentence each."""
    found, covered = list[str](), list(_covered(gathered))
    if others := sorted({coder for _, coder in covered} - _who_finish(gathered) - {MACHINE}):
        found.append(
            f"no statement is marked as finished by {', '.join(others)}, as after an import from another "
            "tool: those with a code count as looked at, all others as not seen"
        )
    units = [unit for interview in gathered.interviews for unit in interview.units]
    whole = {(unit.key, coder) for unit, coder in covered}
    if n := sum(any((unit.key, coder) not in whole for coder in unit.seen_by) for unit in units):
        found.append(
            f"what coders have begun and not finished, on {n:,} statement{'s' if n > 1 else ''}, is left "
            "out, because a dataset would say of all other codes that they do not apply; matrix has it"
        )
    if not any(_applied(gathered, covered)):
        found.append(
            "no statement that is finished has a code yet, so codes.jsonl is empty; autocode reads the "
            "dataset back when it has codes"
        )
    return found


def n_codes(gathered: Gathered) -> int:
    """How many codes of people are in a dataset."""
    return sum(coder != MACHINE for _, coder, _ in _applied(gathered, _covered(gathered)))


def _covered(gathered: Gathered) -> Iterator[tuple[Unit, str]]:
    """Who has said all that there is to say of which unit: the rest does not apply.

    Coders who finish nothing at all, as after an import, are taken to have finished what they coded.
    """
    marking = _who_finish(gathered)
    for interview in gathered.interviews:
        for unit in interview.units:
            for coder in coders_of(gathered, unit):
                done = coder == MACHINE or coder in unit.finished
                if done or (coder not in marking and any(gathered.said(unit, coder).values())):
                    yield unit, coder


def _who_finish(gathered: Gathered) -> set[str]:
    """The coders who mark statements as finished."""
    units = (unit for interview in gathered.interviews for unit in interview.units)
    return {coder for unit in units for coder in unit.finished}


def _applied(gathered: Gathered, covered: Iterable[tuple[Unit, str]]) -> Iterator[tuple[Unit, str, str]]:
    """The codes of the `covered` units, each with the coder who applied it."""
    for unit, coder in covered:
        for code, applies in gathered.said(unit, coder).items():
            if applies:
                yield unit, coder, code


def json_lines(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """One object a line."""
    lines = (json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in rows)
    return "".join(lines).encode("utf-8", "replace")
