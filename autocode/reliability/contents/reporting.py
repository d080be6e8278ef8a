"""Sections for the article: texts and a table to paste, checklists, and how to recompute all of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from autocode.agreement.per_code import FEW_POSITIVES
from autocode.reliability.contents.results import whole_codebook
from autocode.reliability.contents.tables import (
    Notes,
    few,
    name_of,
    primary,
    row_named,
    symbol_of,
    value_cell,
)
from autocode.report.apa import count, counted, decimal, interval, percent, share
from autocode.report.blocks import (
    Block,
    Bullets,
    Cell,
    Facts,
    Heading,
    Line,
    Paste,
    Record,
    Section,
    Table,
    Text,
)

FILES = {
    "agreement.json": "the record that all of this was made from",
    "ratings.csv": "every rating, for other software",
    "codes.csv": "every coefficient of every code, at every level, with its counts",
    "overall.csv": "the whole codebook, levels, groups, thirds, rounds, spans",
    "pairs.csv": "pairs of coders, and each against the rest",
    "bias.csv": "how often each coder applied each code",
    "learning.csv": "the machine's agreement by how much it had learnt",
    "confusion.csv": "codes taken for each other",
    "disagreements.csv": "statements on which coders disagree",
}
SPANS = ("spans.csv", "every free span, in characters of its transcript")
STATUSES = ("reported", "missing", "not applicable")


def to_report(record: Record) -> Section:
    """The methods paragraph, the results, and the table in the style of the APA."""
    blocks: list[Block] = [Heading("Methods")]
    if record.get("methods"):
        blocks.append(Paste(_paragraphs(record["methods"])))
    else:
        blocks.append(Text("There is no methods paragraph yet: say what the reliability check was for."))
    blocks.append(Heading("Results"))
    if record.get("results"):
        blocks.append(Paste(_paragraphs(record["results"])))
    else:
        blocks.append(Text("There is no results paragraph in this record."))
    if record.get("codes"):
        blocks += [Heading("Table, in the style of the APA"), apa_table(record)]
    return Section("report", "To paste into your article", blocks)


def _paragraphs(text: str) -> list[str]:
    return [part.strip() for part in text.split("\n\n") if part.strip()]


def apa_table(record: Record) -> Table:
    """One table for the article: every code, then the whole codebook."""
    codes, notes, whole = record["codes"], Notes(), whole_codebook(record)
    symbol = symbol_of(codes)
    heads = ["Code", "n", "Prevalence", symbol, f"{percent(record['level'])} CI", "Positive agreement"]
    lines = []
    for code in codes:
        row = primary(code["rows"])
        value = value_cell(row, notes)
        if few(code) and row and row["value"] is not None:
            value = Cell(value.text, marks=(*value.marks, notes.mark(f"Fewer than {FEW_POSITIVES} units.")))
        cells = [
            Cell(name_of(code)), Cell(count(code["n_positive"])), Cell(share(code.get("prevalence"))), value,
            Cell(interval((row or {}).get("low"), (row or {}).get("high"))),
            value_cell(row_named(code["rows"], "positive_agreement"), notes),
        ]  # fmt: skip
        lines.append(Line(cells))
    said = [
        f"{symbol} = {_full(symbol)}",
        "CI = confidence interval",
        "n = units that any coder gave the code",
    ]
    if whole is not None:
        cells = [Cell("Whole codebook"), Cell(count(record["data"]["n_multiply_coded"])), Cell("")]
        cells += [
            value_cell(whole, notes),
            Cell(interval(whole.get("low"), whole.get("high"))),
            Cell(""),
        ]
        lines.append(Line(cells, strong=True))
        said.append(
            f"the last line is {whole['label']}, and its n the {record['data'].get('unit') or 'unit'}s "
            "coded by two or more"
        )
    return Table("Intercoder Agreement by Code", heads, lines, f"{'; '.join(said)}.", notes.all(), apa=True)


def _full(symbol: str) -> str:
    return "Krippendorff's alpha" if symbol == "α" else symbol


def checklist(record: Record) -> Section:
    """The 22 points of a reliability report, and which are missing."""
    found, title = record.get("checklist") or [], "Checklist for a reliability report"
    if not found:
        return Section("checklist", title, absent="the record has none")
    tally = Counter(one["status"] for one in found)
    known = [*STATUSES, *sorted(set(tally) - set(STATUSES))]
    said = ", ".join(f"{tally[status]} {status}" for status in known if tally[status])
    missing = [f"{one['number']}. {one['item']}" for one in found if one["status"] == "missing"]
    lines = [
        Line([
            Cell(str(one["number"])), Cell(str(one["item"])),
            Cell(str(one["status"]) if one["status"] != "missing" else "",
                 tag="missing" if one["status"] == "missing" else ""),
            Cell(str(one.get("answer") or "")),
        ])
        for one in found
    ]  # fmt: skip
    blocks: list[Block] = [Text(f"{counted(len(found), 'point')}: {said}.")]
    if missing:
        blocks += [Text("Still to be supplied by you:"), Bullets(missing)]
    blocks.append(
        Table("Checklist for a reliability report", ["No.", "Point", "Status", "Answer"], lines, n_text=4)
    )
    return Section("checklist", title, blocks)


def guidelines(record: Record) -> Section:
    """Lines for COREQ and SRQR."""
    coreq, srqr = record.get("coreq") or [], record.get("srqr") or []
    title = "Lines for COREQ and SRQR"
    if not coreq and not srqr:
        return Section("guidelines", title, absent="the record has none")
    blocks: list[Block] = []
    if coreq:
        lines = [
            Line([Cell(str(one["number"])), Cell(str(one["item"])), Cell(str(one.get("answer") or ""))])
            for one in coreq
        ]
        blocks.append(
            Table("COREQ (Tong, Sainsbury & Craig, 2007), data analysis", ["No.", "Item", "Answer"], lines,
                  n_text=3)
        )  # fmt: skip
    if srqr:
        lines = [Line([Cell(str(one["item"])), Cell(str(one.get("answer") or ""))]) for one in srqr]
        blocks.append(Table("SRQR (O'Brien et al., 2014)", ["Item", "Answer"], lines, n_text=2))
    return Section("guidelines", title, blocks)


def recompute(record: Record) -> Section:
    """Versions, seed, digests, files."""
    source, book = record["source"], record["data"]["codebook"]
    version = "" if book.get("version") is None else f", version {book['version']}"
    pairs = [
        ("autocode", str(record["autocode"])),
        ("Made at", str(record["made_at"])),
        ("Source", f"{source['name']} ({source['kind']})"),
        ("Codebook", f"{book['name']}{version}, digest {book['digest']}"),
        ("Seed", str(record["seed"])),
        ("Intervals", f"{percent(record['level'])}, {counted(record['replicates'], 'replicate')}"),
        ("Benchmark", _benchmark(record.get("benchmark"))),
    ]
    blocks: list[Block] = [
        Text(
            "The same codings, version and seed give the same numbers. Everything here was made from the "
            "record agreement.json, which lies beside this report."
        ),
        Facts(pairs),
    ]
    if digests := source.get("sha256"):
        lines = [Line([Cell(str(name)), Cell(str(digest))]) for name, digest in sorted(digests.items())]
        blocks.append(Table("Files that were read", ["File", "SHA-256"], lines, n_text=2))
    blocks += [
        Text("Files beside this report, to recompute the numbers or to go on with them:"),
        Facts([*FILES.items(), *([SPANS] if record.get("spans") else [])]),
    ]
    return Section("recompute", "To recompute it", blocks)


def _limit(lower: float) -> str:
    """A band's lower end, with as many digits as it has: `.667`, `.80`."""
    return decimal(lower, digits=2 if round(lower, 2) == lower else 3)


def _benchmark(found: Mapping[str, Any] | None) -> str:
    if not found:
        return "none was chosen beforehand, so no number is put into words"
    words = ", ".join(
        f"{word} {'below the next' if lower is None else 'from ' + _limit(lower)}"
        for lower, word in found["bands"]
    )
    return f"{found['name']} ({words}), chosen beforehand, for the lower limit"
