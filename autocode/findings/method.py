"""What was done in each of the six phases of thematic analysis (Braun & Clarke 2006), from the records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autocode import __version__
from autocode.findings.material import Material
from autocode.findings.part import Options, Part
from autocode.report.apa import counted, share
from autocode.report.blocks import Block, Heading, Section, Text

PHASES = (
    "1. Familiarising yourself with the data",
    "2. Generating initial codes",
    "3. Searching for themes",
    "4. Reviewing themes",
    "5. Defining and naming themes",
    "6. Producing the report",
)


def method(material: Material, options: Options) -> Part:
    """The six phases, each with what the records say; what they cannot know is for the authors to add."""
    said = [
        _familiarising(material), _coding(material), _searching(material), _reviewing(material),
        _defining(material), _reporting(material, options),
    ]  # fmt: skip
    blocks: list[Block] = [
        Text(
            "Thematic analysis in the six phases of Braun and Clarke (2006). What stands here was counted in "
            "the records; what they cannot know (who discussed what, and why) is for you to add."
        )
    ]
    for phase, sentences in zip(PHASES, said, strict=True):
        blocks += [Heading(phase), Text(" ".join(sentences))]
    record = {"phases": {phase: list(lines) for phase, lines in zip(PHASES, said, strict=True)}}
    return Part(Section("method", "Method", blocks), record)


def _familiarising(material: Material) -> list[str]:
    work = material.work
    n_words = sum(len(one.text.split()) for one in material.statements)
    were = "was" if len(material.interviews) == 1 else "were"
    found = [f"{counted(len(material.interviews), 'interview')} with {n_words:,} words {were} read in."]
    if days := work.get("added"):
        they = "It was" if len(material.interviews) == 1 else "They were"
        found.append(f"{they} added to the project {_when(days)}.")
    if memos := work.get("memos"):
        notes = ", ".join(f"{n:,} on {_plural(kind)}" for kind, n in memos.items())
        found.append(f"Memos that were written: {notes}.")
    return [*found, "That everybody read or heard every interview is not in the records."]


def _plural(kind: str) -> str:
    return {"utterance": "statements", "code": "codes", "transcript": "interviews"}.get(kind, "the project")


def _coding(material: Material) -> list[str]:
    work = material.work
    if not work.get("n_coders"):
        found = ["No person has coded yet."]
    else:
        found = [
            f"{counted(work['n_coders'], 'coder')} read {counted(work['n_read'], 'statement')}, "
            f"{work['n_read_twice']:,} of them read by two or more coders."
        ]
    if days := work.get("decided"):
        found.append(
            f"Codes were accepted {work['n_accepting']:,} times and rejected {work['n_rejecting']:,} times, "
            f"{_when(days)}."
        )
    if n := work.get("n_codings"):
        blind = work.get("n_blind")
        found.append(
            f"{blind:,} of {n:,} readings ({share(blind / n)}) were finished without sight of the machine's "
            "suggestions."
            if blind is not None
            else "Whether the coders saw a machine's suggestions is not in the records."
        )
    if machine := work.get("machine"):
        found.append(f"Suggestions were made by autocode {machine['autocode']}, seed {machine['seed']}.")
    return found


def _searching(material: Material) -> list[str]:
    book = material.codebook
    depth = max((book.depth(id) for id in book.ids), default=0)
    levels = ", ".join(
        f"{sum(book.depth(id) == level for id in book.ids)} "
        f"{_level(book.levels, level)}"
        for level in range(depth + 1)
    )  # fmt: skip
    found = [f"The codebook has {counted(len(book.codes), 'code')}: {levels}."]
    if not depth:
        found = [
            f"The codebook has {counted(len(book.codes), 'code')} side by side, without themes above them."
        ]
    if len(versions := material.work.get("versions", ())) > 1:
        found.append(f"It was changed {counted(len(versions) - 1, 'time')}: {_history(versions)}.")
    elif versions:
        found.append(f"It has not been changed since {versions[0]['day']}.")
    else:
        found.append("Earlier versions of it are not in the records.")
    return found


def _level(levels: Sequence[str], level: int) -> str:
    return f"at the level '{levels[level]}'" if level < len(levels) else f"at level {level + 1}"


def _history(versions: Sequence[Mapping[str, Any]]) -> str:
    parts = []
    for one in versions[1:]:
        changes = ", ".join(f"{n} {kind}" for kind, n in one["changes"].items()) or "no difference in codes"
        parts.append(f"version {one['number']} on {one['day']} ({changes})")
    return "; ".join(parts)


def _reviewing(material: Material) -> list[str]:
    n = material.work.get("n_agreed", 0)
    found = [
        f"On {counted(n, 'statement')} the coders agreed in the end on what applies."
        if n
        else "No statement has a code that the coders agreed on in discussion."
    ]
    if material.n_split:
        found.append(f"{counted(material.n_split, 'split decision')} are still open.")
    if material.work.get("agreement"):
        found.append("How far coders agree is under Reliability.")
    if material.coded:
        found.append("Which codes meet, and where, is under Thematic map.")
    return found


def _defining(material: Material) -> list[str]:
    codes = material.codebook.codes
    defined = sum(bool(one.definition) for one in codes)
    bounded = sum(bool(one.include or one.exclude) for one in codes)
    return [
        f"{defined} of {counted(len(codes), 'code')} have a definition, {bounded} say what belongs to them "
        "or what does not. All are under Codebook."
    ]


def _reporting(material: Material, options: Options) -> list[str]:
    counted_codes = (
        "people's codes, and the machine's where nobody has decided"
        if material.include_machine
        else "codes that people accepted"
    )
    return [
        f"This report was made by autocode {__version__} from {counted_codes}: what coders agreed on goes "
        f"before what most of them say, and a code below another counts for that one too. Seed "
        f"{options.seed}, "
        f"{counted(options.replicates, 'replicate')}."
    ]


def _when(days: Sequence[str]) -> str:
    return f"on {days[0]}" if days[0] == days[-1] else f"between {days[0]} and {days[-1]}"
