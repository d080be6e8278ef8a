"""Small coded datasets, built by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

Rows = Sequence[Mapping[str, Any]]
Write = Callable[..., Path]

BOOK = {"name": "b", "codes": [{"id": "trust", "name": "Trust"}, {"id": "risk", "name": "Risk"}]}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a coded dataset: each coder's codes by unit, an empty list where nothing applies.

    Units are called `t1.03`: the interview stands before the point.
    """

    def make(
        codings: Mapping[str, Mapping[str, Sequence[str]]],
        *,
        book: Any = BOOK,
        coverage: bool = True,
        more: Mapping[tuple[str, str], Mapping[str, Any]] | None = None,
    ) -> Path:
        folder = tmp_path / "coded"
        folder.mkdir(exist_ok=True)
        units = list(dict.fromkeys(unit for coding in codings.values() for unit in coding))
        said = [
            {
                "transcript_id": unit.partition(".")[0], "utterance_id": unit, "speaker": "R",
                "role": "respondent", "text": f"Statement {unit}.",
            }
            for unit in sorted(units)
        ]  # fmt: skip
        pairs = [(coder, unit) for coder, coding in codings.items() for unit in coding]
        codes = [{"utterance_id": u, "coder": c, "code": code} for c, u in pairs for code in codings[c][u]]
        seen = [{"utterance_id": u, "coder": c, **(more or {}).get((c, u), {})} for c, u in pairs]
        _lines(folder / "utterances.jsonl", said)
        _lines(folder / "codes.jsonl", codes)
        if coverage:
            _lines(folder / "coverage.jsonl", seen)
        (folder / "codebook.json").write_text(json.dumps(book), encoding="utf-8")
        return folder

    return make


def _lines(path: Path, rows: Rows) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
