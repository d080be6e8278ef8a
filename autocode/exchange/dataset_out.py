"""A coded dataset as `autocode.dataset` reads it: utterances, codes, coverage and the codebook."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from autocode.codebook.json_format import write_json
from autocode.errors import ExchangeError
from autocode.exchange.gathered import MACHINE, Gathered
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
    yield "utterances.jsonl", json_lines(utterance_row(unit.utterance) for unit in units)
    seen = [(unit, coder) for unit in units for coder in coders_of(gathered, unit)]
    yield (
        "codes.jsonl",
        json_lines(
            {"utterance_id": unit.utterance.id, "coder": coder, "code": code}
            for unit, coder in seen
            for code, applies in gathered.said(unit, coder).items()
            if applies
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
            for unit, coder in seen
        ),
    )
    yield "codebook.json", write_json(gathered.codebook).encode("utf-8", "replace")


def json_lines(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """One object a line."""
    lines = (json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in rows)
    return "".join(lines).encode("utf-8", "replace")
