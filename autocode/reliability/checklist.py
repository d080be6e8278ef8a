"""The 22 points that a reliability report answers (`Panel` and record in, answer and status out)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autocode.reliability.panel import Panel
from autocode.reliability.record import Record, Row, counted, find, limits, percent
from autocode.reliability.words import PURPOSE, chance

REPORTED, LACKING, NONE = "reported", "missing", "not applicable"
Answer = tuple[str, str]


def checklist(record: Record, panel: Panel) -> list[Record]:
    """Each point with its answer, and whether it is reported, missing or not applicable."""
    rows = []
    for number, (item, answer_of) in enumerate(ITEMS, start=1):
        answer, status = answer_of(record, panel)
        rows.append({"number": number, "item": item, "answer": answer, "status": status})
    return rows


def _purpose(record: Record, _: Panel) -> Answer:
    return record["purpose"] or PURPOSE, REPORTED if record["purpose"] else LACKING


def _corpus(record: Record, _: Panel) -> Answer:
    data = record["data"]
    n = data["n_corpus_transcripts"]
    interviews = "interviews not known" if n is None else counted(n, "interview")
    units = counted(data["n_corpus"], "unit")
    return f"{interviews}, {units}; unit: {data['unit']}, the same for all coders.", REPORTED


def _sample(record: Record, panel: Panel) -> Answer:
    data = record["data"]
    share = percent(data["n_multiply_coded"] / data["n_corpus"] if data["n_corpus"] else None)
    how = "not drawn by chance"
    if panel.drawn is None:
        how = "how they were chosen is not recorded"
    elif panel.drawn:
        how = "drawn by chance, probabilities kept"
    units = counted(data["n_multiply_coded"], "unit")
    text = (
        f"{units} ({share} of the corpus), {how}. [Say whether they also trained or tuned codebook or model.]"
    )
    return text, REPORTED if panel.drawn else LACKING


def _codebook(record: Record, panel: Panel) -> Answer:
    data = record["data"]
    sizes = [
        counted(data["n_codes"], "code"),
        counted(len(record["levels"]) + 1, "level"),
        counted(len(panel.codebook.exclusive_groups), "exclusive group"),
    ]
    text = f"'{data['codebook']['name']}', SHA-256 {data['codebook']['digest']}, {', '.join(sizes)}."
    if panel.codebook_given:
        return text, REPORTED
    return f"{text} No codebook was given: these are the codes seen.", LACKING


def _people(record: Record, _: Panel) -> Answer:
    people = _coders(record, "human")
    who = "; ".join(f"{one['name']} {counted(one['n_units'], 'unit')}" for one in people)
    seen = record["blindness"]["sentence"]
    return f"{len(people)}: {who}. {seen} [Training and role: by the authors.]", REPORTED


def _machine(record: Record, _: Panel) -> Answer:
    machines = _coders(record, "machine")
    if not machines:
        return "No machine coded.", NONE
    who = "; ".join(f"{one['name']}, {counted(one['n_units'], 'unit')}" for one in machines)
    return f"{who}. [Model, version, settings and number of runs.]", LACKING


def _missing(record: Record, panel: Panel) -> Answer:
    people = _coders(record, "human")
    possible = len(people) * record["data"]["n_units"]
    missing = possible - sum(one["n_units"] for one in people)
    text = (
        f"{missing:,} of {possible:,} cells of people and units were not coded: missing, not zero. "
        "A unit seen and left uncoded is a no for every code."
    )
    return (f"{text} Coverage was assumed.", LACKING) if panel.coverage_assumed else (text, REPORTED)


def _codes(record: Record, _: Panel) -> Answer:
    alphas = [find(one["rows"], "krippendorff_alpha") for one in record["codes"]]
    without = sum(1 for one in alphas if one is not None and one["value"] is None)
    some = any(row["low"] is not None for one in record["codes"] for row in one["rows"])
    text = (
        f"{counted(len(alphas), 'code')} with counts, percent, positive and negative agreement, "
        f"alpha, kappa, AC1, PABAK{' and intervals' if some else ', without intervals'}; alpha "
        f"undefined or withheld for {without}, each with its reason."
    )
    return text, REPORTED


def _whole(record: Record, _: Panel) -> Answer:
    rows = record["overall"]
    masi, jaccard = (_told(find(rows, name), record) for name in ("masi_alpha", "jaccard_alpha"))
    exact = percent(_value(find(rows, "exact_agreement")))
    return f"MASI {masi}; Jaccard {jaccard}; identical sets {exact}; two empty sets are alike.", REPORTED


def _levels(record: Record, _: Panel) -> Answer:
    if not record["levels"]:
        return "The codebook has one level.", NONE
    told = []
    for one in record["levels"]:
        gone = percent(_value(find(one["overall"], "resolved_at")))
        told.append(
            f"{one['label']}: {_told(find(one['overall'], 'masi_alpha'), record)}, {gone} of "
            f"disagreements gone"
        )
    return f"{'; '.join(told)}.", REPORTED


def _spans(record: Record, _: Panel) -> Answer:
    return (record["spans"]["sentence"], REPORTED) if record["spans"] else ("Units were fixed.", NONE)


def _by_coder(record: Record, _: Panel) -> Answer:
    drift = "drift by thirds" if record["drift"] else f"no drift: {record['drift_undefined_because']}"
    return f"{counted(len(record['pairs']), 'pair')}, each against the rest, bias by code, {drift}.", REPORTED


def _blocks(record: Record, panel: Panel) -> Answer:
    if not panel.machines:
        return "Only people coded.", NONE
    return "Human-human, human-machine and machine-machine are never pooled.", REPORTED


def _replaceable(record: Record, panel: Panel) -> Answer:
    return (record["machine"]["sentence"], REPORTED) if panel.machines else ("No machine coded.", NONE)


def _adjudicated(record: Record, _: Panel) -> Answer:
    if record["adjudication"]:
        return record["adjudication"]["sentence"], REPORTED
    return "No agreed codes are recorded; coefficients are of what each coder said alone.", NONE


def _prevalence(_: Record, __: Panel) -> Answer:
    return "Not part of this report.", NONE


def _benchmark(record: Record, _: Panel) -> Answer:
    whole, chosen = find(record["overall"], "masi_alpha"), record["benchmark"]
    below = "probabilities need ten interviews"
    if whole is not None and whole["p_below_667"] is not None:
        below = (
            f"P(alpha < .667) {chance(whole['p_below_667'])}, P(alpha < .800) {chance(whole['p_below_800'])}"
        )
    if chosen is None:
        return f"None was chosen; {below}.", LACKING
    return f"{chosen['name']}, applied to the lower limit; {below}.", REPORTED


def _rounds(record: Record, _: Panel) -> Answer:
    if not record["rounds"]:
        return (
            "No rounds are recorded. [Say how many there were; the last one alone is a selection.]",
            LACKING,
        )
    told = [
        f"{one['label']}: {_told(find(one['rows'], 'masi_alpha'), record)} "
        f"({counted(one['n_units'], 'unit')})"
        for one in record["rounds"]
    ]
    return f"{'; '.join(told)}.", REPORTED


def _examples(record: Record, _: Panel) -> Answer:
    n = len(record["disagreements"])
    if not n:
        return "There is none.", REPORTED
    return f"{n} with their addresses. [What was done about them: by the authors.]", REPORTED


def _again(record: Record, _: Panel) -> Answer:
    options = f"seed {record['seed']}, {record['replicates']:,} replicates"
    return f"autocode {record['autocode']}, {options}; ratings.csv holds every rating.", REPORTED


def _lists(_: Record, __: Panel) -> Answer:
    return "COREQ 24 to 27, four lines of SRQR, and a methods paragraph.", REPORTED


def _caveats(record: Record, _: Panel) -> Answer:
    n = len(record["warnings"])
    return (f"{counted(n, 'warning')} printed." if n else "None holds."), REPORTED


ITEMS: Sequence[tuple[str, Callable[[Record, Panel], Answer]]] = (
    ("Purpose and epistemic stance", _purpose),
    ("Corpus and unit", _corpus),
    ("Reliability sample", _sample),
    ("Codebook", _codebook),
    ("Human coders", _people),
    ("Machine coder", _machine),
    ("Missing cells", _missing),
    ("Per code", _codes),
    ("Whole codebook", _whole),
    ("Levels", _levels),
    ("Free spans", _spans),
    ("Coders", _by_coder),
    ("Blocks kept apart", _blocks),
    ("Replaceability", _replaceable),
    ("Adjudication", _adjudicated),
    ("Findings from machine codes", _prevalence),
    ("Benchmark", _benchmark),
    ("Rounds", _rounds),
    ("Examples of disagreement", _examples),
    ("To compute it again", _again),
    ("COREQ and SRQR", _lists),
    ("Caveats", _caveats),
)


def _coders(record: Record, kind: str) -> list[dict[str, Any]]:
    return [one for one in record["data"]["coders"] if one["kind"] == kind]


def _told(one: Row | None, record: Record) -> str:
    if one is None:
        return "–"
    return (
        limits(one, record["level"])
        if one["value"] is not None
        else f"undefined ({one['undefined_because']})"
    )


def _value(one: Row | None) -> float | None:
    return None if one is None else one["value"]
