"""A coded dataset as `autocode.dataset` reads it: utterances, codes, coverage and the codebook."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from autocode.codebook.json_format import write_json
from autocode.errors import ExchangeError
from autocode.exchange import finished
from autocode.exchange.finished import covered
from autocode.exchange.gathered import MACHINE, Gathered, Unit
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
    whole = list(covered(gathered))
    yield "utterances.jsonl", json_lines(utterance_row(unit.utterance) for unit in units)
    yield (
        "codes.jsonl",
        json_lines(
            {"utterance_id": unit.utterance.id, "coder": coder, "code": code}
            for unit, coder, code in _applied(gathered, whole)
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
            for unit, coder in whole
        ),
    )
    yield "codebook.json", write_json(gathered.codebook).encode("utf-8", "replace")


def notes(gathered: Gathered) -> list[str]:
    """What has to be said of what is not in a dataset, one sentence each."""
    whole = list(covered(gathered))
    found = finished.notes(gathered, [unit for one in gathered.interviews for unit in one.units], whole)
    if not any(_applied(gathered, whole)):
        found.append(
            "no statement that is finished has a code yet, so codes.jsonl is empty; autocode reads the "
            "dataset back when it has codes"
        )
    return found


def n_codes(gathered: Gathered) -> int:
    """How many codes of people are in a dataset."""
    return sum(coder != MACHINE for _, coder, _ in _applied(gathered, covered(gathered)))


def _applied(gathered: Gathered, whole: Iterable[tuple[Unit, str]]) -> Iterator[tuple[Unit, str, str]]:
    """The codes of the `whole` answers, each with the coder who applied it."""
    for unit, coder in whole:
        for code, applies in gathered.said(unit, coder).items():
            if applies:
                yield unit, coder, code


def json_lines(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """One object a line."""
    lines = (json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in rows)
    return "".join(lines).encode("utf-8", "replace")
