"""A small study, built by hand: two firms, two waves, a codebook of three levels."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

BOOK = {
    "name": "book",
    "levels": ["topic", "theme", "first-order code"],
    "codes": [
        {"id": "partners", "name": "Partners"},
        {"id": "trust", "name": "Trust", "parent": "partners", "definition": "The partner is relied on."},
        {"id": "goals", "name": "Common goals", "parent": "trust"},
        {"id": "bond", "name": "Personal bond", "parent": "trust"},
        {"id": "risk", "name": "Risk", "parent": "partners"},
    ],
}
Codings = Mapping[str, Mapping[str, Sequence[str]]]
Write = Callable[..., Path]
# transcript, unit, speaker, role, text
Row = tuple[str, str, str, str, str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a coded dataset: rows, and each coder's codes by unit (an empty list: nothing applies)."""

    def make(
        rows: Sequence[Row],
        codings: Codings,
        *,
        book: Any = BOOK,
        cases: str = "",
        meta: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> Path:
        folder = tmp_path / "coded"
        folder.mkdir(exist_ok=True)
        keys = ("transcript_id", "utterance_id", "speaker", "role", "text")
        said = [
            {**dict(zip(keys, row, strict=True)), "meta": dict((meta or {}).get(row[1], {}))} for row in rows
        ]
        pairs = [(coder, unit) for coder, coding in codings.items() for unit in coding]
        codes = [{"utterance_id": u, "coder": c, "code": code} for c, u in pairs for code in codings[c][u]]
        lines = {"utterances": said, "codes": codes,
                 "coverage": [{"utterance_id": u, "coder": c} for c, u in pairs]}  # fmt: skip
        for name, items in lines.items():
            text = "".join(json.dumps(item) + "\n" for item in items)
            (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
        (folder / "codebook.json").write_text(json.dumps(book), encoding="utf-8")
        if cases:
            (folder / "cases.yaml").write_text(cases, encoding="utf-8")
        return folder

    return make


def answers(transcript: str, *texts: str, speaker: str = "Respondent 1") -> list[Row]:
    """A question and the statements that answer it, all one turn: units `t.0` (the question), `t.1` ..."""
    asked = (transcript, f"{transcript}.0", "I", "interviewer", "How did it begin?")
    said = [
        (transcript, f"{transcript}.{number}", speaker, "respondent", text)
        for number, text in enumerate(texts, 1)
    ]
    return [asked, *said]
