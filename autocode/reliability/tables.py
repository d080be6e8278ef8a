"""The record as CSV tables, and every rating, so that all numbers can be computed again elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from autocode.dataset import CONSENSUS
from autocode.files import OutputError, private_folder, write_together
from autocode.read.rows import find_table
from autocode.reliability.panel import Panel
from autocode.reliability.record import Record, Row
from autocode.write import write_rows

RECORD = "agreement.json"
PAGES = ("agreement.html", "agreement.docx")
NUMBERS = (
    "name", "label", "value", "undefined_because", "low", "high", "method", "p_below_667", "p_below_800",
    "band", "caveats",
)  # fmt: skip
Cells = Sequence[object]


def check_place(folder: Path) -> None:
    """Raise `OutputError` where the tables would replace what is none of an earlier report's."""
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder}: is a file, and --out is a folder")
    if (folder / RECORD).exists():  # of an earlier report, which this one replaces, as all reports do
        return
    for name in (*TABLES, "ratings", "spans"):
        if (found := find_table(folder, name)) is not None:  # a new .csv could be read in its place
            raise OutputError(
                f"{folder}: {found.name} is there already, and of no report; choose another folder with --out"
            )


def write_files(record: Record, panel: Panel, folder: Path) -> list[Path]:
    """The whole report, `agreement.json`, tables, page and Word document: private files, all of them or none.

    Raises `OutputError`.
    """
    from autocode.reliability.document import document
    from autocode.reliability.page import page

    raw = {"ratings": ratings, **({"spans": spans} if panel.spans is not None else {})}
    names = [RECORD, *(f"{name}.csv" for name in [*TABLES, *raw]), *PAGES]
    with private_folder(folder), write_together(folder, names) as (*files, html, word):
        json.dump(record, files[0], ensure_ascii=False, indent=1, allow_nan=False)
        files[0].write("\n")
        for file, table in zip(files[1:], TABLES.values(), strict=False):
            write_rows(file, table(record))
        for file, kept in zip(files[1 + len(TABLES) :], raw.values(), strict=True):
            write_rows(file, kept(panel))
        html.write(page(record))
        word.buffer.write(document(record))
    return [folder / name for name in names]


def overall(record: Record) -> Iterator[Cells]:
    """The whole codebook, levels, exclusive groups, thirds, rounds and spans."""
    yield ("part", *NUMBERS)
    parts: list[tuple[str, Sequence[Row]]] = [("whole codebook", record["overall"])]
    parts += [(f"level {one['level']}", one["overall"]) for one in record["levels"]]
    parts += [(f"group {one['label']}", one["rows"]) for one in record["groups"]]
    parts += [(one["label"], one["rows"]) for one in record["drift"] or ()]
    parts += [(f"round {one['label']}", one["rows"]) for one in record["rounds"]]
    parts += [("spans", record["spans"]["rows"])] if record["spans"] else []
    for part, rows in parts:
        for row in rows:
            yield (part, *_numbers(row))


def codes(record: Record) -> Iterator[Cells]:
    """Every code at every level, one line a coefficient, with its counts."""
    counts = ("n_units", "n_pairable", "n_positive", "prevalence")
    coders = [one["name"] for one in record["data"]["coders"] if one["kind"] == "human"]
    yield ("level", "code", "path", *counts, *(f"positives:{name}" for name in coders), *NUMBERS)
    levels = [("codes", record["codes"])] + [(str(one["level"]), one["codes"]) for one in record["levels"]]
    for level, entries in levels:
        for one in entries:
            start = (level, one["code"], one["path"], *(one[key] for key in counts))
            positives = [one["positives"].get(name) for name in coders]
            for row in one["rows"]:
                yield (*start, *positives, *_numbers(row))


def pairs(record: Record) -> Iterator[Cells]:
    """Every pair of coders, then each coder against the rest."""
    yield ("a", "b", "kind", "n_units", *NUMBERS)
    for one in record["pairs"]:
        for row in one["rows"]:
            yield (one["a"], one["b"], one["kind"], one["n_units"], *_numbers(row))
    for one in record["one_against_rest"]:
        for row in one["rows"]:
            yield (one["coder"], "", "against the rest", one["n_units"], *_numbers(row))


def bias(record: Record) -> Iterator[Cells]:
    """How often each coder gave each code."""
    names = list(dict.fromkeys(name for one in record["bias"] for name in one["rates"]))
    yield ("code", "largest_difference", *names)
    for one in record["bias"]:
        yield (one["code"], one["largest_difference"], *(one["rates"].get(name) for name in names))


def learning(record: Record) -> Iterator[Cells]:
    """The points of the learning curve."""
    keys = ("source", "n_labels", "n_labels_from", "n_labels_to", "n_codings", "n_interviews")
    yield (*keys, *NUMBERS)
    for one in record["learning"]["points"]:
        for row in one["rows"]:
            yield (*(one[key] for key in keys), *_numbers(row))


def confusion(record: Record) -> Iterator[Cells]:
    """One coder a where another says b."""
    yield ("a", "b", "n")
    for one in record["confusion"]:
        yield (one["a"], one["b"], one["n"])


def disagreements(record: Record) -> Iterator[Cells]:
    """Examples, one line for each coder."""
    yield ("utterance_id", "transcript_id", "coder", "codes", "text", "link")
    for one in record["disagreements"]:
        for coder, given in one["by"].items():
            yield (
                one["utterance_id"],
                one["transcript_id"],
                coder,
                "; ".join(given),
                one["text"],
                one["link"],
            )


def ratings(panel: Panel) -> Iterator[Cells]:
    """Every rating that counts: one line for each unit and coder, one column for each code.

    `autocode agree ratings.csv` computes the same numbers from it. What was agreed afterwards has the coder
    `consensus`.
    """
    ids = panel.codebook.ids
    yield ("utterance_id", "transcript_id", "coder", "kind", "round", "coded_at", *ids)
    everyone = {**panel.humans, **panel.machines, **({CONSENSUS: panel.consensus} if panel.consensus else {})}
    for unit, one in panel.units.items():
        for coder, coding in everyone.items():
            if unit in coding:
                key, given = (coder, unit), coding[unit]
                yield (
                    unit,
                    one.transcript_id,
                    coder,
                    panel.kind_of(coder),
                    panel.rounds.get(key),
                    panel.moments.get(key),
                    *(int(code in given) for code in ids),
                )


def spans(panel: Panel) -> Iterator[Cells]:
    """Every free span, with the length of its transcript."""
    yield ("transcript_id", "n_chars", "coder", "start_char", "end_char", "code")
    if panel.spans is not None:
        lengths = panel.spans.lengths
        for one in panel.spans.spans:
            place = one.transcript_id
            yield (place, lengths.get(place), one.coder, one.start_char, one.end_char, one.code)


TABLES = {
    "overall": overall,
    "codes": codes,
    "pairs": pairs,
    "bias": bias,
    "learning": learning,
    "confusion": confusion,
    "disagreements": disagreements,
}


def _numbers(row: Mapping[str, Any]) -> list[object]:
    return [*(row.get(name) for name in NUMBERS[:-1]), "; ".join(row["caveats"])]
