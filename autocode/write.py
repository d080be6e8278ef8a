"""Codings as files: `suggestions.jsonl`, `suggestions.csv`, `utterances.jsonl` and `run.json`.

The layout of each is a contract (README, "Files"). Transcripts are written one after
another, so that a corpus of any size needs the memory of one interview; the files take
their places together when the last transcript is in them, or not at all.
"""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

from autocode import __version__
from autocode.files import private_folder, write_together
from autocode.records import Evidence, QuestionMatch, Suggestion, Utterance

RUN = "run.json"
FILES = ("suggestions.jsonl", "suggestions.csv", "utterances.jsonl", RUN)
PAGE_HEAD = (  # of every page that is written; what follows is the title
    '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
    f'<meta name="generator" content="autocode {__version__}">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
)
PAGES = (".html", ".htm", ".xhtml")
REVIEW_PAGE = "http://127.0.0.1:8710"  # where `autocode review` usually is
_OURS = re.compile(rb"""<meta\s+name=["']?generator["']?\s+content=["']?autocode\b""", re.IGNORECASE)
_BREAKS = {ord("\r"): "\n", ord("\f"): " ", ord("\v"): " "}
_HEAD = 4096  # bytes in which a page says who wrote it
CSV_COLUMNS = (
    "transcript_id", "utterance_id", "speaker", "role", "text",
    "codes", "best_code", "best_score", "best_probability", "decision", "evidence",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CodingWriter:
    """Takes one transcript's coding at a time."""

    suggestions: TextIO
    table: Any  # csv writer
    utterances: TextIO
    run: TextIO
    score_columns: tuple[str, ...]
    ancestors: Callable[[str], Iterable[str]]

    def add(
        self,
        utterances: Sequence[Utterance],
        suggestions: Mapping[str, Sequence[Suggestion]],
        questions: Mapping[int, QuestionMatch] | None = None,
    ) -> None:
        """Write a transcript's utterances and, for each codable one, its suggestions, best first.

        `questions` are the guide's, by the index of the turn that asks.
        """
        asked = questions or {}
        for utterance in utterances:
            _dump(utterance_row(utterance, asked.get(utterance.turn_index)), self.utterances)
            if utterance.codable:
                found = suggestions.get(utterance.id, ())
                _dump(suggestion_row(utterance, found), self.suggestions)
                self.table.writerow(self._csv_row(utterance, found))

    def finish(self, run: Mapping[str, Any]) -> None:
        """Write `run.json`: everything that is needed to repeat the run."""
        json.dump(run, self.run, ensure_ascii=False, indent=2)
        self.run.write("\n")

    def _csv_row(self, utterance: Utterance, found: Sequence[Suggestion]) -> list[object]:
        suggested = [item for item in found if item.decision != "reject"]
        general = {code for item in suggested for code in self.ancestors(item.code_id)}
        best = next((item for item in suggested if item.code_id not in general), None)
        row: list[object] = [
            harmless(utterance.transcript_id),
            harmless(utterance.id),
            harmless(utterance.speaker),
            utterance.role,
            harmless(" ".join(utterance.text.split())),
            harmless("; ".join(item.code_id for item in suggested)),
            harmless(best.code_id) if best else "",
            f"{best.score:.3f}" if best else "",
            _decimals(best.probability, 3) if best else "",
            best.decision if best else "",
            harmless(" | ".join(f"{e.kind}: {e.text}" for e in best.evidence)) if best else "",
        ]
        for value_of in ({i.code_id: i.score for i in found}, {i.code_id: i.probability for i in found}):
            row += [_decimals(value_of.get(code), 4) for code in self.score_columns]
        return row


@contextmanager
def coding_files(
    folder: Path,
    *,
    score_columns: Sequence[str] = (),
    ancestors: Callable[[str], Iterable[str]] = lambda _: (),
) -> Iterator[CodingWriter]:
    """Open the files of a coding in `folder`; `score_columns` are the codes with CSV columns of their own.

    `ancestors` of a code are more general: the table's best code is none of those of another suggested code.
    Raises `OutputError`; a folder that was made for them does not outlive a failure.
    """
    with private_folder(folder), write_together(folder, FILES) as (suggestions, table, utterances, run):
        writer = csv.writer(table, lineterminator="\n")
        own = [f"{what}:{code}" for what in ("score", "probability") for code in score_columns]
        writer.writerow([*CSV_COLUMNS, *own])
        yield CodingWriter(suggestions, writer, utterances, run, tuple(score_columns), ancestors)


def utterance_row(utterance: Utterance, question: QuestionMatch | None = None) -> dict[str, Any]:
    """One line of `utterances.jsonl`."""
    row: dict[str, Any] = {
        "transcript_id": utterance.transcript_id,
        "utterance_id": utterance.id,
        "speaker": utterance.speaker,
        "role": utterance.role,
        "text": utterance.text,
    }
    if utterance.start_s is not None:
        row["start"] = round(utterance.start_s, 3)
    if utterance.end_s is not None:
        row["end"] = round(utterance.end_s, 3)
    row["char_start"], row["char_end"] = utterance.start_char, utterance.end_char
    row["meta"] = {**utterance.meta, "turn": utterance.turn_index, "codable": utterance.codable}
    if utterance.backchannel:
        row["meta"]["backchannel"] = True
    if question is not None:
        row["meta"] |= {"guide_question": question.question_id, "guide_score": round(question.score, 4)}
    return row


def suggestion_row(utterance: Utterance, suggestions: Sequence[Suggestion]) -> dict[str, Any]:
    """One line of `suggestions.jsonl`."""
    return {
        "transcript_id": utterance.transcript_id,
        "utterance_id": utterance.id,
        "speaker": utterance.speaker,
        "role": utterance.role,
        "text": utterance.text,
        "suggestions": [
            {
                "code": item.code_id,
                "score": round(item.score, 6),
                "probability": None if item.probability is None else round(item.probability, 6),
                "decision": item.decision,
                "evidence": [evidence_row(evidence) for evidence in item.evidence],
            }
            for item in suggestions
        ],
    }


def evidence_row(evidence: Evidence) -> dict[str, Any]:
    """A reason as JSON, without the positions that it does not have."""
    return {key: value for key, value in asdict(evidence).items() if value is not None}


def harmless(text: str) -> str:
    """`text` as a spreadsheet cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.lstrip()[:1] in ("=", "+", "-", "@") or text[:1] in ("\t", "\r") else text


def without_apostrophe(cell: str) -> str:
    """The text of which `harmless` made `cell`."""
    return cell[1:] if cell[:1] == "'" and harmless(cell[1:]) == cell else cell


def printable(text: str) -> str:
    """`text` with line ends LF and without control characters, which a terminal could obey.

    A form feed, as texts of PDFs have it between pages, is a blank, so that no two words become one.

    >>> printable("a\\x1b[31m\\r\\nb\\x00\\tc\\fd")
    'a[31m\\nb\\tc d'
    """
    if text.isprintable():
        return text
    lines = text.replace("\r\n", "\n").translate(_BREAKS)
    return "".join(one for one in lines if one in "\n\t" or unicodedata.category(one) not in ("Cc", "Cs"))


def is_own_page(path: Path) -> bool:
    """Whether a file is a page that autocode wrote: a report, not an interview."""
    if path.suffix.lower() not in PAGES:
        return False
    try:
        with path.open("rb") as file:
            return _OURS.search(file.read(_HEAD)) is not None
    except OSError:  # whoever reads it says what is wrong with it
        return False


def review_link(utterance_id: str) -> str:
    """Where `autocode review` shows an utterance."""
    safe = (c if c.isascii() and (c.isalnum() or c in "-._~") else _escaped(c) for c in utterance_id)
    return f"{REVIEW_PAGE}/utterance/{''.join(safe)}"


def _escaped(letter: str) -> str:
    return "".join(f"%{byte:02X}" for byte in letter.encode("utf-8", errors="replace"))


def _decimals(value: float | None, n: int) -> str:
    return "" if value is None else f"{value:.{n}f}"


def _dump(row: Mapping[str, Any], file: TextIO) -> None:
    file.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")


def write_rows(file: TextIO, rows: Iterable[Sequence[object]]) -> None:
    """Rows as CSV: nothing for None, and no text that a spreadsheet would take for a formula."""
    writer = csv.writer(file, lineterminator="\n")
    for row in rows:
        writer.writerow(
            ["" if cell is None else harmless(cell) if isinstance(cell, str) else cell for cell in row]
        )
