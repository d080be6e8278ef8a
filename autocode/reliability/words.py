"""What the report says in words: warnings, methods, results, and the lists that journals ask for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from autocode.agreement.per_code import FEW_CLUSTERS, FEW_POSITIVES
from autocode.reliability.panel import Panel
from autocode.reliability.record import (
    Record,
    Row,
    counted,
    find,
    limits,
    listed,
    percent,
    plain,
)

BY_CHANCE = 0.2  # alpha below which a high percentage is little more than chance
LOOKS_HIGH = 0.5  # percentage that a reader may take for agreement
MOST_BY_CHANCE = 8
LEFT_OUT = 0.2  # share of units without any code of a group from which it may not have been asked
PURPOSE = "[Say in one line why agreement was measured, and in which epistemic stance.]"


def warnings_of(record: Record, panel: Panel) -> list[str]:
    """What keeps the numbers from meaning what they seem to mean, one sentence each."""
    found = [*_about_chance(record), *_about_size(record)]
    if panel.coverage_assumed:
        found.append(
            "Who looked at what was assumed, not recorded: 'seen and left uncoded' against 'not "
            "seen' moves alpha more "
            "than the choice of a coefficient."
        )
    if record["blindness"]["n_unknown"] and panel.machines:
        found.append(record["blindness"]["sentence"])
    if panel.drawn is None:
        found.append("It is not recorded whether the multiply coded units were drawn by chance.")
    elif not panel.drawn:
        found.append("The multiply coded units were not drawn by chance, so they need not be like the rest.")
    overall = find(record["overall"], "masi_alpha")
    if overall is not None and overall["value"] is None and overall["undefined_because"]:
        found.append(f"There is no alpha for the whole codebook: {overall['undefined_because']}.")
    found += [*_about_groups(record), *_about_bias(record), *map(_without_folder, panel.warnings)]
    return list(dict.fromkeys(found))


def _without_folder(sentence: str) -> str:
    """A reader's remark for others to read: the file's name, and not where it lay."""
    place, colon, rest = sentence.partition(": ")
    return f"{Path(place).name}{colon}{rest}" if Path(place).is_absolute() else sentence


def _about_chance(record: Record) -> Iterator[str]:
    told = 0
    entries = [(one["label"], one["rows"]) for one in record["groups"]]
    entries += [(one["name"], one["rows"]) for one in record["codes"]]
    hits = []
    for label, rows in entries:
        agreed, alpha = find(rows, "percent_agreement"), find(rows, "krippendorff_alpha")
        if agreed is None or alpha is None or agreed["value"] is None or alpha["value"] is None:
            continue
        if agreed["value"] >= LOOKS_HIGH and alpha["value"] < BY_CHANCE:
            hits.append((label, agreed, alpha, rows))
    for label, agreed, alpha, rows in hits[:MOST_BY_CHANCE]:
        by_chance = (agreed["value"] - alpha["value"]) / (1 - alpha["value"])
        which = "chance alone would nearly give that"
        if by_chance - agreed["value"] > 0.01:
            which = "chance alone would give more"
        elif alpha["value"] < BY_CHANCE / 2:
            which = "that is what chance alone would give"
        yield (
            f"{label}: the coders agree on {percent(agreed['value'])} of the units, but {which} "
            f"({percent(by_chance)}): alpha is {limits(alpha, record['level'])}{_complete(rows)}."
        )
        told += 1
    if len(hits) > told:
        yield (
            f"The same holds of {counted(len(hits) - told, 'more code')}: "
            + ", ".join(h[0] for h in hits[told:])
            + "."
        )


def _complete(rows: Sequence[Row]) -> str:
    agreed, alpha = find(rows, "percent_agreement_complete"), find(rows, "krippendorff_alpha_complete")
    if agreed is None or alpha is None:
        return ""
    return f" (on the units with all codings {percent(agreed['value'])}, alpha {plain(alpha['value'], 3)})"


def _about_size(record: Record) -> Iterator[str]:
    data = record["data"]
    n = data["n_transcripts_multiply_coded"]
    if n is None:
        yield (
            "Interviews are not known, so units were resampled one by one; intervals are too "
            "narrow if they depend on each other."
        )
    elif 0 < n < FEW_CLUSTERS:
        word = (
            "too few for an interval"
            if n < 3
            else "so the intervals are rough"
            if n < 10
            else "so the intervals are too narrow"
        )
        yield f"The multiply coded units are from {counted(n, 'interview')} only, {word}."
    people = [one for one in data["coders"] if one["kind"] == "human"]
    if not data["n_multiply_coded"]:
        why = (
            "No unit was looked at by two people" if len(people) > 1 else "Only one person coded these units"
        )
        yield f"{why}; only agreement with the machine can be given."
        return
    rare = [one for one in record["codes"] if 0 < one["n_positive"] < FEW_POSITIVES]
    if rare:
        names = ", ".join(f"{one['name']} ({one['n_positive']})" for one in rare)
        yield (
            f"Fewer than {FEW_POSITIVES} units carry these codes, so their coefficients are "
            f"withheld: {names}."
        )
    unused = [one["name"] for one in record["codes"] if not one["n_positive"]]
    if unused:
        yield f"{counted(len(unused), 'code')} that nobody gave in the multiply coded units: {_some(unused)}."


def _about_groups(record: Record) -> Iterator[str]:
    """A unit on which a question was not asked looks like agreement that none of its answers applies."""
    n = record["data"]["n_multiply_coded"]
    left = [one for one in record["groups"] if one["n_without"] >= LEFT_OUT * n > 0]
    if left:
        names = _some([f"{one['label']} ({one['n_without']:,} of {n:,})" for one in left], most=4)
        yield (
            f"In many units nobody gave any code of these groups: {names}. If they were not asked there, "
            "alphas of their single codes are too high, since such units count as agreement on no: read "
            "those of the groups."
        )


def _about_bias(record: Record) -> Iterator[str]:
    wide = [
        one
        for one in record["bias"]
        if one["largest_difference"] is not None and one["largest_difference"] >= 0.2
    ]
    names = {one["code"]: one["name"] for one in record["codes"]}
    for one in sorted(wide, key=lambda entry: -entry["largest_difference"])[:3]:
        rates = one["widest"]
        most, least = max(rates, key=rates.get), min(rates, key=rates.get)
        yield (
            f"{names.get(one['code'], one['code'])}: {most} gives it to {percent(rates[most])} of the units "
            f"that both have read, {least} to {percent(rates[least])}: one is more generous than the other."
        )


def methods(record: Record, panel: Panel) -> str:
    """The methods paragraph, to be pasted; what only the authors know stands in square brackets."""
    data = record["data"]
    people = [one for one in data["coders"] if one["kind"] == "human"]
    share = data["n_multiply_coded"] / data["n_corpus"] if data["n_corpus"] else 0
    n = data["n_transcripts"]
    parts = [
        record["purpose"] or PURPOSE,
        f"{counted(len(people), 'person').replace('persons', 'people')} coded "
        f"{counted(data['n_units'], 'unit')}"
        + (f" from {counted(n, 'interview')}" if n else "")
        + f" (unit of coding: {data['unit']}) against a codebook of {counted(data['n_codes'], 'code')}"
        + (f", version {data['codebook']['version']}" if data["codebook"]["version"] else "")
        + f" (SHA-256 {data['codebook']['digest'][:12]}).",
        f"{counted(data['n_multiply_coded'], 'unit')} ({percent(share)} of {data['n_corpus']:,}) "
        f"{'was' if data['n_multiply_coded'] == 1 else 'were'} coded by two people or more"
        + (", drawn by chance" if panel.drawn else "" if panel.drawn is None else ", not drawn by chance")
        + "; only these enter the coefficients.",
        record["blindness"]["sentence"],
        "A unit that a coder looked at and gave no code counts as a no for every code; a unit that a "
        "coder did not look "
        "at is missing."
        + (" Who looked at what was assumed from the codes." if panel.coverage_assumed else ""),
        "Agreement on single codes is Krippendorff's alpha (nominal) with positive agreement beside "
        "it; on the whole "
        "codebook alpha of the sets of codes with MASI distance (Passonneau, 2006), two empty sets "
        "being alike. Percent "
        "agreement, AC1 and PABAK are given for comparison only. Alpha and positive agreement of "
        "codes that fewer than "
        f"{FEW_POSITIVES} units carry are withheld.",
        _intervals(record),
        "Coefficients were computed from what each coder said alone, before differences were discussed."
        if record["source"]["kind"] == "project"
        else "[Say whether coders worked independently, and that differences were not yet discussed.]",
    ]
    if record["benchmark"] is not None:
        parts.append(
            f"The benchmark, chosen beforehand, is {record['benchmark']['name']}, applied to the lower limit."
        )
    if panel.machines:
        parts.append(
            f"The machine's codings ({listed(list(panel.machines))}) were kept apart from people's at "
            f"every step."
        )
    parts.append(f"Computed with autocode {record['autocode']}, seed {record['seed']}.")
    return " ".join(parts)


def _intervals(record: Record) -> str:
    every = [*record["overall"], *(one for code in record["codes"] for one in code["rows"])]
    method = next((one["method"] for one in every if one["low"] is not None), "")
    level = f"{100 * record['level']:g} %"
    if not method:
        return "No intervals could be made."
    by = {
        "bootstrap of interviews": "resampling whole interviews",
        "jackknife of interviews": "leaving out one interview at a time (t quantile)",
        "bootstrap of units": "resampling units",
    }
    words = next((text for key, text in by.items() if method.startswith(key)), method)
    kind = "expanded percentiles" if method.startswith("bootstrap of interviews") else "percentile"
    n = f" ({record['replicates']:,} replicates, {kind})" if method.startswith("bootstrap") else ""
    return f"{level} intervals are from {words}{n}."


def results(record: Record) -> str:
    """The results in APA style: no word for how good it is unless a benchmark was chosen."""
    data, level = record["data"], record["level"]
    overall = find(record["overall"], "masi_alpha")
    coded, exact = find(record["overall"], "masi_alpha_coded"), find(record["overall"], "exact_agreement")
    sentences = []
    if overall is not None and overall["value"] is not None:
        n = data["n_transcripts_multiply_coded"]
        text = (
            f"On {counted(data['n_multiply_coded'], 'multiply coded unit')}"
            + (f" from {counted(n, 'interview')}" if n else "")
            + f", the agreement of {data['n_coders_compared']} coders on the whole codebook was "
            f"Krippendorff's α (MASI) = {limits(overall, level)}"
        )
        if overall["p_below_667"] is not None:
            text += (
                f"; the probability that α is below .667 is {chance(overall['p_below_667'])}, "
                f"below .800 {chance(overall['p_below_800'])}"
            )
        sentences.append(f"{text}.")
    else:
        reason = overall["undefined_because"] if overall else "there is nothing to compare"
        sentences.append(f"Agreement on the whole codebook is undefined: {reason}.")
    if coded is not None and coded["value"] is not None:
        sentences.append(f"On units to which anybody gave a code, α = {limits(coded, level)}.")
    if exact is not None and exact["value"] is not None:
        sentences.append(
            f"Two coders gave exactly the same codes to {percent(exact['value'])} of the units (mean over "
            f"pairs)."
        )
    alphas = [
        (one["name"], r)
        for one in record["codes"]
        if (r := find(one["rows"], "krippendorff_alpha")) and r["value"] is not None
    ]
    if alphas:
        alphas.sort(key=lambda pair: float(pair[1]["value"]))
        (low_name, low), (high_name, high) = alphas[0], alphas[-1]
        span = f"from {limits(low, level)} ({low_name}) to {limits(high, level)} ({high_name})"
        sentences.append(
            f"For the {counted(len(alphas), 'code')} with an α it ranged {span}."
            if len(alphas) > 1
            else f"For {low_name}, the only code with an α, it was {limits(low, level)}."
        )
    for one in record["groups"]:
        alpha, ordinal = find(one["rows"], "krippendorff_alpha"), find(one["rows"], "ordinal_alpha")
        if alpha is not None and alpha["value"] is not None:
            ordered = ordinal is not None and ordinal["value"] is not None
            first = f"ordinal α = {limits(ordinal, level)}, nominal" if ordinal and ordered else ""
            sentences.append(
                f"{one['label']}: {first or ''}{' ' if first else ''}α = {limits(alpha, level)}."
            )
    if record["benchmark"] is not None and overall is not None and overall["low"] is not None:
        bands = record["benchmark"]["bands"]
        word = next((word for lower, word in bands if overall["low"] >= lower), bands[-1][1])
        sentences.append(f"By {record['benchmark']['name']}, from the lower limit: {word}.")
    if record["machine"] is not None:
        sentences += [one["sentence"] for one in (record["machine"], *record["other_machines"])]
    return " ".join(sentences)


def chance(p: float | None) -> str:
    """A probability in APA style."""
    if p is None:
        return "–"
    return "< .001" if p < 0.001 else "> .999" if p > 0.999 else plain(p, 3)


def coreq(record: Record) -> list[Record]:
    """COREQ items 24 to 27 (Tong et al. 2007)."""
    data = record["data"]
    people = [one["name"] for one in data["coders"] if one["kind"] == "human"]
    machines = [one["name"] for one in data["coders"] if one["kind"] == "machine"]
    with_machine = f" A machine ({listed(machines)}) coded too and is reported apart." if machines else ""
    levels = len(record["levels"]) + 1
    return [
        {
            "number": 24,
            "item": "Number of data coders",
            "answer": f"{len(people)} ({listed(people)}).{with_machine}",
        },
        {
            "number": 25,
            "item": "Description of the coding tree",
            "answer": f"{counted(data['n_codes'], 'code')} on {counted(levels, 'level')}, codebook "
            f"'{data['codebook']['name']}', SHA-256 {data['codebook']['digest']}; to be given as a "
            f"supplement.",
        },
        {
            "number": 26,
            "item": "Derivation of themes",
            "answer": "[Say whether codes were set in advance or derived from the data.]",
        },
        {"number": 27, "item": "Software", "answer": f"autocode {record['autocode']}."},
    ]


def srqr(record: Record) -> list[Record]:
    """The lines of SRQR (O'Brien et al. 2014) that this report can fill."""
    data = record["data"]
    with_intervals = any(one["low"] is not None for code in record["codes"] for one in code["rows"])
    how = "coded independently by two or more people"
    if record["source"]["kind"] != "project":
        how = "coded by two or more people [say whether independently]"
    trust = [
        f"{counted(data['n_multiply_coded'], 'unit')} {how}; "
        f"coefficients {'with intervals' if with_intervals else 'without intervals'}"
    ]
    if record["adjudication"]:
        trust.append("differences adjudicated afterwards, and what changed reported")
    if record["machine"]:
        trust.append("the machine compared with people, apart from their own agreement")
    trust.append("ratings, seed and versions kept, so that every number can be computed again")
    return [
        {
            "item": "Data processing",
            "answer": f"Units of coding ({data['unit']}), codings and codebook kept with their digests; "
            "[transcription, de-identification: by the authors].",
        },
        {
            "item": "Data analysis",
            "answer": f"Coded against a codebook of {counted(data['n_codes'], 'code')}; "
            "[who, paradigm: by the authors].",
        },
        {"item": "Techniques to enhance trustworthiness", "answer": "; ".join(trust) + "."},
        {
            "item": "Researcher characteristics and reflexivity",
            "answer": "[By the authors: training and role of coders.]",
        },
    ]


def _some(names: Sequence[str], *, most: int = 12) -> str:
    return (
        ", ".join(names) if len(names) <= most else f"{', '.join(names[:most])} and {len(names) - most} more"
    )
