"""Sections on what coders disagree about: pairs of codes, and examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autocode.reliability.contents.tables import name_of
from autocode.report.apa import count
from autocode.report.blocks import Cell, Line, Record, Section, Table, Text

MOST_PAIRS = 30


def confusion(record: Record) -> Section:
    """Which codes are taken for each other."""
    found, title = record.get("confusion") or [], "What is taken for what"
    if not found:
        return Section("confusion", title, absent="no coder gave one code where another gave another")
    names = {code["code"]: name_of(code) for code in record["codes"]}
    shown = found[:MOST_PAIRS]
    more = f", the {MOST_PAIRS} most frequent of {len(found)} pairs" if len(found) > MOST_PAIRS else ""
    lines = [
        Line(
            [
                Cell(names.get(one["a"], str(one["a"]))),
                Cell(names.get(one["b"], str(one["b"]))),
                Cell(count(one["n"])),
            ]
        )
        for one in shown
    ]
    return Section(
        "confusion",
        title,
        [
            Text("Frequent pairs are worth a second look at the two definitions in the codebook."),
            Table(
                f"Codes that one coder gave where another gave a different one{more}",
                ["One coder", "Another", "Times"],
                lines,
                n_text=2,
            ),
        ],
    )


def disagreements(record: Record) -> Section:
    """Examples, with what each coder said."""
    found, title = record.get("disagreements") or [], "Examples of disagreement"
    if not found:
        return Section("disagreements", title, absent="there is none, or none was asked for")
    names = {code["code"]: name_of(code) for code in record["codes"]}
    lines = []
    for one in found:
        where = Cell(str(one["utterance_id"]), _transcript(one), link=one.get("link"))
        lines.append(Line([where, Cell(str(one["text"])), Cell("\n".join(_said(one["by"], names)))]))
    return Section(
        "disagreements",
        title,
        [
            Text("These are participants' own words: look at them before you pass this report on."),
            Table("Statements on which coders disagree", ["Where", "Statement", "Who gave what"], lines,
                  n_text=3),
        ],
    )  # fmt: skip


def _transcript(one: Record) -> str:
    found = str(one.get("transcript_id") or "")
    return "" if found == str(one["utterance_id"]) else found


def _said(by: Mapping[str, Sequence[str]], names: Mapping[str, str]) -> list[str]:
    """What each coder gave; what all gave is said once."""
    agreed = [code for code in next(iter(by.values()), ()) if all(code in codes for codes in by.values())]
    lines = [f"All: {', '.join(names.get(code, str(code)) for code in agreed)}"] if agreed else []
    for coder, codes in by.items():
        own = [names.get(code, str(code)) for code in codes if code not in agreed]
        lines.append(f"{coder}: {', '.join(own) or ('nothing else' if agreed else 'no code')}")
    return lines
