"""Sections on the codebook: in short, warnings, code by code, the whole, levels, exclusive groups."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from autocode.agreement.per_code import FEW_POSITIVES
from autocode.reliability.contents.plots import forests
from autocode.reliability.contents.tables import (
    FIRM,
    KINDS,
    TENTATIVE,
    all_coefficients,
    band,
    capital,
    counts,
    few,
    main_table,
    measures,
    name_of,
    primary,
    sentence,
    side_by_side,
    symbol_of,
)
from autocode.report.apa import count, counted, decimal, interval, percent, probability
from autocode.report.blocks import (
    Block,
    Bullets,
    Facts,
    Heading,
    Headline,
    Record,
    Section,
    Text,
)


def in_short(record: Record) -> Section:
    """The number for the whole codebook, what it is of, and how the codes spread around it."""
    data, whole = record["data"], whole_codebook(record)
    blocks: list[Block] = []
    if whole is None:
        blocks.append(Headline("No coefficient", "There is none for the whole codebook in this record."))
    elif whole["value"] is None:
        reason = whole.get("undefined_because") or "no reason was recorded"
        blocks.append(Headline("Not defined", sentence(f"{whole['label']}: {reason}")))
    else:
        limits = whole.get("low"), whole.get("high")
        known = f", {percent(record['level'])} CI {interval(*limits)}" if None not in limits else ""
        blocks.append(
            Headline(f"α = {decimal(whole['value'])}{known}", f"{capital(whole['label'])}. {_of(record)}")
        )
    blocks.append(Bullets(_findings(record, whole)))
    blindness = record.get("blindness") or {}
    humans = [one for one in data["coders"] if one["kind"] == "human"]
    machines = [one for one in data["coders"] if one["kind"] != "human"]
    book = data["codebook"]
    blocks.append(
        Facts(
            [
                ("Data", _data(data)),
                ("Coders", ", ".join(str(one["name"]) for one in humans) or "no human coder"),
                *([("Machine", ", ".join(str(one["name"]) for one in machines))] if machines else []),
                ("Codebook", f"{book['name']}, {counted(data['n_codes'], 'code')}" + _version(book)),
                ("Blindness", str(blindness.get("sentence") or "not recorded")),
            ]
        )
    )  # fmt: skip
    return Section("short", "In short", blocks)


def whole_codebook(record: Record) -> Any:
    """The first line for the whole codebook, or None."""
    return record["overall"][0] if record.get("overall") else None


def _of(record: Record) -> str:
    data = record["data"]
    n_humans = data.get("n_coders_compared") or sum(one["kind"] == "human" for one in data["coders"])
    n = data.get("n_transcripts_multiply_coded", data["n_transcripts"])
    return (
        f"Whole codebook of {counted(data['n_codes'], 'code')}; {counted(n_humans, 'human coder')}; "
        f"{_units(data, data['n_multiply_coded'])} coded by two or more{_from(n)}."
    )


def _data(data: Record) -> str:
    corpus = data.get("n_corpus")
    of = f" of {count(corpus)}" if corpus is not None and corpus != data["n_units"] else ""
    return (
        f"{_units(data, data['n_units'])}{of} were coded{_from(data['n_transcripts'])}; "
        f"{count(data['n_multiply_coded'])} of them by two or more"
    )


def _from(n_transcripts: int | None) -> str:
    return "" if n_transcripts is None else f", from {counted(n_transcripts, 'interview')}"


def _units(data: Record, n: int) -> str:
    return counted(n, str(data.get("unit") or "unit"))


def _version(book: Record) -> str:
    return f", version {book['version']}" if book.get("version") is not None else ""


def _findings(record: Record, whole: Record | None) -> list[str]:
    found = []
    if whole and whole["value"] is not None and whole.get("p_below_667") is not None:
        found.append(
            "Probability that α for the whole codebook is below .667: "
            f"{probability(whole['p_below_667'])}; below .800: {probability(whole.get('p_below_800'))}."
        )
    if (benchmark := record.get("benchmark")) and whole:
        found.append(
            f"On the benchmark that was chosen beforehand, {benchmark['name']}, the lower limit is in the "
            f"band “{band(record, whole)}”."
            if whole.get("low") is not None
            else f"The benchmark, {benchmark['name']}, applies to the lower limit, and there is none here."
        )
    return found + _spread(record["codes"])


def _spread(codes: Sequence[Record]) -> list[str]:
    """How single codes did: never only a mean."""
    enough = [code for code in codes if not few(code)]
    symbol, found = symbol_of(codes), []
    rows = [(code, row) for code in enough if (row := primary(code["rows"]))]
    known = sorted(((row["value"], name_of(code)) for code, row in rows if row["value"] is not None))
    if known:
        (least, worst), (most, best) = known[0], known[-1]
        found.append(
            f"{symbol} of single codes ({counted(len(known), 'code')} with at least {FEW_POSITIVES} units): "
            f"from {decimal(least)} ({worst}) to {decimal(most)} ({best}), median "
            f"{decimal(statistics.median(value for value, _ in known))}."
        )
        lows = [row["low"] for _, row in rows if row.get("low") is not None]
        firm, tentative = (sum(low >= limit for low in lows) for limit in (FIRM, TENTATIVE))
        if lows:
            found.append(
                f"Of {counted(len(lows), 'code')} with an interval, {tentative} have a lower limit of at "
                f"least .667, and {firm} of at least .800. Krippendorff's customary minimum is .800, or .667 "
                "for tentative conclusions."
            )
    if n_few := len(codes) - len(enough):
        found.append(
            f"{counted(n_few, 'code')} of {len(codes)} on fewer than {FEW_POSITIVES} units: for these the "
            "counts say more than a coefficient."
        )
    return found


def warnings(record: Record) -> Section:
    """What a reader must know before relying on the numbers."""
    said = [str(warning) for warning in record.get("warnings") or ()]
    blocks = [Bullets(said, warning=True)] if said else [Text("The checks found nothing to warn of.")]
    return Section("warnings", "Before you rely on it", blocks)


def codes(record: Record) -> Section:
    """The plot and the tables of all codes."""
    found, title = record.get("codes") or [], "Code by code"
    if not found:
        return Section("codes", title, absent="the codebook has no code")
    blocks: list[Block] = [*forests(record, found, whole_codebook(record))]
    blocks += [
        main_table(record, "Agreement on each code: the main figures", found),
        Text(
            f"{symbol_of(found)} says how far coders agree beyond chance, "
            f"percent agreement how often they agree at all. Positive agreement says: "
            "when one coder applied the code, how often did another? AC1 and PABAK come near 1 for a code "
            "that is almost never applied, whatever the coders do with it: read them beside α, never "
            "instead of it."
        ),
        all_coefficients(record, "Agreement on each code: every coefficient", found),
        counts("How often each coder applied each code", found),
    ]
    return Section("codes", title, blocks)


def overall(record: Record) -> Section:
    """The whole codebook by several distances and on several sets of units."""
    rows, title = record.get("overall") or [], "The whole codebook"
    if not rows:
        return Section("overall", title, absent="nothing was computed for all codes together")
    return Section(
        "overall",
        title,
        [
            Text(
                "Each unit's set of codes is compared as a whole. Units to which nobody gave a code agree "
                "by that alone, and may be most of them; so the figures are also given on units that at "
                "least one coder gave a code. Those are conditional on what the coders did."
            ),
            measures(record, "Agreement on the whole codebook", rows),
        ],
    )


def levels(record: Record) -> Section:
    """Codes replaced by their ancestors, level by level."""
    found, title = record.get("levels") or [], "Level by level"
    if not found:
        return Section("levels", title, absent="the codebook has one level")
    blocks: list[Block] = [
        Text("Each code is replaced by its ancestor at that level, and agreement is computed anew.")
    ]
    for level in found:
        label = capital(str(level.get("label") or f"level {level['level']}"))
        blocks.append(Heading(label))
        if level.get("overall"):
            blocks.append(measures(record, f"{label}: all codes together", level["overall"]))
        if level.get("codes"):
            blocks.append(main_table(record, f"{label}: code by code", level["codes"]))
    return Section("levels", title, blocks)


def groups(record: Record) -> Section:
    """Exclusive groups, each as one variable."""
    found, title = record.get("groups") or [], "Groups of which one code applies"
    if not found:
        return Section("groups", title, absent="no codes of this codebook exclude each other")
    names = {code["code"]: name_of(code) for code in record["codes"]}
    lines = [([_group(group, names), count(group.get("n_units"))], group["rows"]) for group in found]
    blocks: list[Block] = [
        Text(
            "The codes of a group exclude each other, so each group is one variable with them as its values."
        ),
        side_by_side(record, "Agreement on each group", ["Group", "Units"], lines),
    ]
    between = [(group, pair) for group in found for pair in group.get("pairs") or ()]
    for kind, said in KINDS.items():
        some = [
            ([_group(group, names), f"{pair['a']} and {pair['b']}"], pair["rows"])
            for group, pair in between
            if pair["kind"] == kind
        ]
        if some:
            blocks += [
                Heading(said),
                side_by_side(
                    record, f"{said}: pairs of coders on each group", ["Group", "Pair"], some, n_text=2
                ),
            ]
    return Section("groups", title, blocks)


def _group(group: Record, names: Mapping[str, str]) -> str:
    """A group's label, or else its codes."""
    return str(group.get("label") or ", ".join(names.get(code, str(code)) for code in group["codes"]))
