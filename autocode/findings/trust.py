"""The sections on reliability, on limits, and on how to repeat it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from autocode import __version__
from autocode.findings.clustered import MIN_CLUSTERS
from autocode.findings.material import Material
from autocode.findings.part import Options, Part
from autocode.report.apa import counted, percent
from autocode.report.blocks import Block, Bullets, Cell, Facts, Line, Paste, Section, Table, Text


def reliability(material: Material, options: Options) -> Part:
    """The headline of the reliability report, from the reliability module's own record."""
    record: Mapping[str, Any] | None = material.work.get("agreement")
    if record is None:
        why = material.work.get("agreement_because", "it was not computed")
        return Part(Section("reliability", "Reliability", absent=why))
    from autocode.reliability.contents.results import in_short

    blocks: list[Block] = list(in_short(record).blocks)
    if record.get("results"):
        blocks.append(Paste([part.strip() for part in record["results"].split("\n\n") if part.strip()]))
    blocks.append(
        Text(
            "The whole of it, with every coefficient, warning and checklist, is in the reliability report "
            "that 'autocode agree' writes."
        )
    )
    if link := material.work.get("agreement_report"):
        cells = [Cell("Reliability report", link=link)]
        blocks.append(Table("Where it is", ["Report"], [Line(cells)]))
    kept = {key: record.get(key) for key in ("overall", "results", "warnings")}
    return Part(Section("reliability", "Reliability", blocks), kept)


def limits(material: Material, options: Options) -> Part:
    """What the numbers cannot say."""
    n = len(material.interviews)
    read = sum(one.complete for one in material.said_by_respondents)
    n_said = len(material.said_by_respondents)
    items = [
        "Numbers say how much was said about something by those who were asked, not how much it matters.",
        "Statements of one interview hang together; intervals take interviews as the unit, and interviews "
        "that were chosen for what they can tell are no random sample of anything.",
    ]
    if n == 1:
        items.append("With one interview there are no intervals, and nothing can be said of others.")
    elif n < MIN_CLUSTERS:
        items.append(
            f"With {counted(n, 'interview')}, intervals come from leaving one out at a time and are rough."
        )
    if not material.coded:
        items.append("No statement has a code yet, so there are no rates and no associations here.")
    elif read < n_said:
        items.append(
            f"People have read {read:,} of {n_said:,} statements. "
            + (
                "Rates are of all of them, with the machine's codes where nobody has decided."
                if material.include_machine
                else "Rates are of these; if they were not chosen by chance, they do not stand for the "
                "others."
            )
        )
    if material.include_machine:
        items.append("Codes that only the machine gives are suggestions with errors of unknown size.")
    if material.n_split:
        items.append(f"{counted(material.n_split, 'code')} on statements are undecided between coders.")
    items += [
        "Intervals and lifts are not corrected for how many were computed; p values of orders are, where it "
        "says so.",
        "Speakers are numbers here, but what they say may still name persons, firms and places: read it "
        "before you pass this on.",
    ]
    return Part(Section("limits", "Limits", [Bullets(items)]), {"limits": items})


def reproduce(material: Material, options: Options) -> Part:
    """The line that makes the same report again, and what it depends on."""
    facts = [
        ("Command", shlex.join(material.work.get("command", ("autocode", "report")))),
        ("autocode", __version__),
        ("Source", f"{material.name} ({material.source})"),
        ("Codebook", f"{material.codebook.name}, digest {material.codebook.digest}"),
        ("Codings", f"digest {material.digest}"),
        ("Seed", f"{options.seed}"),
        ("Intervals", f"{percent(options.level)}, {counted(options.replicates, 'replicate')}"),
    ]
    said = Text("The same codings, version and seed give the same numbers, in findings.json and its tables.")
    return Part(Section("reproduce", "To make it again", [said, Facts(facts)]), dict(facts))
