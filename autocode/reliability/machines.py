"""The machine beside the people: agreement kept apart, and whether it could stand in for one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from autocode.agreement import (
    Interval,
    Ratings,
    alternative_annotator_test,
    krippendorff_alpha,
    non_inferiority,
    replace_one,
)
from autocode.agreement.resample import LEAST_INTERVIEWS, too_few
from autocode.reliability.measures import Compared
from autocode.reliability.panel import Panel
from autocode.reliability.record import (
    TENTATIVE,
    Options,
    Record,
    Row,
    between,
    counted,
    find,
    limits,
    plain,
    rounded,
    row,
)
from autocode.report.apa import percent

LEAST_PEOPLE = 3  # for the alternative annotator test
LEAST_UNITS = 30


def machine_part(
    data: Compared, panel: Panel, name: str, options: Options, *, margin: float, epsilon: float
) -> Record:
    """How far people agree with each other and with one machine, and whether it may stand in for one."""
    people = [coder for coder in map(str, data.table.coders) if coder in panel.humans]
    if name not in data.table.coders:
        reason = "the machine coded none of these units"
        return _record(name, [row("human_machine", None, because=reason, label=HM)], reason, margin)
    both = data.of_coders([*people, name], least=1)
    both = both.of_units(both.seen[-1] & (both.seen[:-1].sum(axis=0) >= 1))
    shared = both.of_units(both.seen[:-1].sum(axis=0) >= 2)
    used = shared if len(people) > 1 else both
    rows = _rows(used, options, {})
    reason = _unready(shared, people)
    validity = _validity(data, panel, name)
    if reason:
        part: Record = {"n_units": used.n_units, "validity": validity}
        alpha = find(rows, "human_machine")
        if alpha is not None and alpha["value"] is not None:
            part["sentence"] = (
                f"{name} agrees with people at {limits(alpha, options.level)} (mean alpha, MASI); {reason}."
            )
        return {**_record(name, rows, reason, margin), **part}
    humans, guess = _taken_apart(shared)
    few = shared.n_interviews is not None and shared.n_interviews < LEAST_INTERVIEWS
    found = non_inferiority(
        humans, guess, margin=margin, metric="masi", clusters=shared.clusters, **options.resampling
    )
    interval = too_few(shared.n_interviews or 0, options.level) if few else found.interval
    known = {"human_human": found.human_human_interval, "human_machine": found.human_machine_interval}
    rows = _rows(shared, options, {} if few else known)
    passed = None if interval.low is None else interval.low > -margin
    inferior = {
        **_difference(found.difference, interval),
        "margin": margin,
        "passed": passed,
        "human_human": rounded(found.human_human),
        "human_machine": rounded(found.human_machine),
        "n_units": shared.n_units,
        "undefined_because": _why(found.difference, interval),
    }
    swaps = replace_one(humans, guess, metric="masi", clusters=shared.clusters, **options.resampling)
    replaced = {
        "rows": [
            {
                "coder": str(one.coder),
                **_difference(one.difference, too_few(0, options.level) if few else one.interval),
            }
            for one in swaps
        ],
        "undefined_because": None,
    }
    test, why = _alt_test(shared, people, options, epsilon)
    return {
        "name": name,
        "n_units": shared.n_units,
        "rows": rows,
        "non_inferiority": inferior,
        "replace_one": replaced,
        "alt_test": test,
        "alt_test_undefined_because": why,
        "validity": validity,
        "sentence": _sentence(name, rows, inferior, test, why, level=options.level),
    }


HM = "alpha of the machine with each person (MASI), mean"
HH = "alpha of the people with each other (MASI), mean"


def _record(name: str, rows: list[Row], reason: str, margin: float) -> Record:
    empty: Record = {"difference": None, "low": None, "high": None, "method": "", "caveats": []}
    return {
        "name": name,
        "n_units": 0,
        "rows": rows,
        "non_inferiority": {
            **empty, "margin": margin, "passed": None, "human_human": None, "human_machine": None,
            "n_units": 0, "undefined_because": reason,
        },
        "replace_one": {"rows": [], "undefined_because": reason},
        "alt_test": None,
        "alt_test_undefined_because": reason,
        "validity": None,
        "sentence": f"{name}: {reason}.",
    }  # fmt: skip


def _rows(data: Compared, options: Options, intervals: Mapping[str, Interval]) -> list[Row]:
    """Mean alpha of pairs of people, and of the machine (the last coder) with each of them."""
    n = len(data.table.coders) - 1
    sets = data.table.label_sets()
    kinds = {
        "human_human": (HH, list(combinations(range(n), 2))),
        "human_machine": (HM, [(j, n) for j in range(n)]),
    }
    rows = []
    for name, (label, pairs) in kinds.items():
        if not pairs:
            rows.append(row(name, None, because="only one person coded these units", label=label))
            continue
        alphas = [krippendorff_alpha(sets.select_coders(pair), metric="masi").value for pair in pairs]
        defined = [alpha for alpha in alphas if alpha is not None]
        note = (
            [f"{counted(len(alphas) - len(defined), 'pair')} left out: undefined"]
            if len(defined) < len(alphas)
            else []
        )
        value = float(np.mean(defined)) if defined else None
        interval = intervals.get(name)
        if interval is None and len(pairs) == 1 and value is not None:
            pair = sets.select_coders(pairs[0])
            interval = data.interval(pair, "krippendorff_alpha", options, metric="masi")
        rows.append(
            row(
                name, value, because="no pair of coders has an alpha", interval=interval, label=label,
                caveats=[*note, *data.cautions(interval)],
            )
        )  # fmt: skip
    return rows


def _unready(data: Compared, people: Sequence[str]) -> str:
    """Why the tests cannot be made; empty where they can."""
    if len(people) < 2:
        return (
            "it takes two people or more to say whether the machine agrees with them as they "
            "do with each other"
        )
    if not data.n_units:
        return "no unit was coded by two people and the machine"
    present = data.seen[:-1]
    apart = [
        (people[i], people[j])
        for i, j in combinations(range(len(people)), 2)
        if not (present[i] & present[j]).any()
    ]
    if apart:
        a, b = apart[0]
        return f"{a} and {b} have no unit in common, so the mean over all pairs of people is undefined"
    return ""


def _taken_apart(data: Compared) -> tuple[Ratings, list[frozenset[Any] | None]]:
    """The people's sets of codes, and the machine's for each unit."""
    sets = data.table.label_sets()
    people = sets.select_coders(range(len(sets.coders) - 1))
    guess = [None if k < 0 else frozenset(sets.categories[k]) for k in sets.codes[-1].tolist()]
    return people, guess


def _difference(value: float | None, interval: Interval) -> Record:
    caveats = [text for text in (interval.warning, interval.unavailable_because) if text]
    return {
        "difference": rounded(value),
        "low": rounded(interval.low),
        "high": rounded(interval.high),
        "method": interval.method,
        "caveats": caveats,
    }


def _why(value: float | None, interval: Interval) -> str | None:
    if value is None:
        return "alpha is undefined for some pairs of coders"
    return interval.unavailable_because if interval.low is None else None


def _alt_test(
    data: Compared, people: Sequence[str], options: Options, epsilon: float
) -> tuple[Record | None, str | None]:
    """The alternative annotator test on sets of codes, where somebody gave a code; else why not.

    By accuracy, ties on units without a code would pass a machine that never applies a rare code.
    """
    if len(people) < LEAST_PEOPLE:
        return (
            None,
            f"the alternative annotator test needs {LEAST_PEOPLE} people or more, and there are "
            f"{len(people)}",
        )
    coded = data.of_units((data.table.values == 1).any(axis=(0, 2)))
    if coded.n_interviews is not None and coded.n_interviews < LEAST_INTERVIEWS:
        return None, too_few(coded.n_interviews).unavailable_because
    humans, guess = _taken_apart(coded)
    found = alternative_annotator_test(
        humans, guess, epsilon=epsilon, score="jaccard", min_units=LEAST_UNITS, clusters=coded.clusters,
        replicates=options.replicates, seed=options.seed,
    )  # fmt: skip
    if found.undefined_because is not None:
        return None, f"{found.undefined_because}, among units to which anybody gave a code"
    return {
        "epsilon": found.epsilon,
        "q": found.q,
        "score": "Jaccard similarity of the sets of codes, on units to which anybody gave a code",
        "method": found.method,
        "n_units": coded.n_units,
        "winning_rate": rounded(found.winning_rate),
        "advantage_probability": rounded(found.advantage_probability),
        "passed": found.passed,
        "humans": [
            {
                "coder": str(one.coder),
                "n_units": one.n_units,
                "n_untied": one.n_untied,
                "machine_wins": rounded(one.machine_wins),
                "human_wins": rounded(one.human_wins),
                "p_value": rounded(one.p_value),
                "rejected": one.rejected,
            }
            for one in found.humans
        ],
    }, None


def _validity(data: Compared, panel: Panel, name: str) -> Record | None:
    """Precision, recall and F1 against what people agreed on: validity, not agreement of coders."""
    machine = panel.machines[name]
    units = [unit for unit in panel.consensus if unit in machine]
    if not units:
        return None
    true = sum(len(panel.consensus[unit] & machine[unit]) for unit in units)
    said = sum(len(machine[unit]) for unit in units)
    meant = sum(len(panel.consensus[unit]) for unit in units)
    return {
        "n_units": len(units),
        "precision": rounded(true / said) if said else None,
        "recall": rounded(true / meant) if meant else None,
        "f1": rounded(2 * true / (said + meant)) if said + meant else None,
    }


def _sentence(
    name: str, rows: list[Row], inferior: Record, test: Record | None, why: str | None, *, level: float
) -> str:
    hh, hm = ((find(rows, kind) or {})["value"] for kind in ("human_human", "human_machine"))
    text = (
        f"{name} agrees with people at {plain(hm)}, and they with each other at {plain(hh)} "
        f"(mean alpha, MASI)"
    )
    if inferior["difference"] is not None:
        text += f"; difference {plain(inferior['difference'])}"
        if inferior["low"] is not None:
            text += f", {percent(level)} CI {between(inferior['low'], inferior['high'])}"
    text += ". "
    margin = plain(inferior["margin"])
    if inferior["passed"] is None:
        text += (
            f"Whether it is as good as another person less {margin} cannot be said: "
            f"{inferior['undefined_because']}."
        )
    elif inferior["passed"]:
        text += f"It is not inferior to another person by more than {margin}."
    else:
        text += f"That it is not inferior by more than {margin} is not shown."
    if test is not None:
        word = "passed" if test["passed"] else "not passed"
        text += (
            f" Alternative annotator test {word} (winning rate {plain(test['winning_rate'])}, "
            f"epsilon {plain(test['epsilon'])})."
        )
    else:
        text += f" No alternative annotator test: {why}."
    if hh is None or hh < TENTATIVE:
        how = "How far people agree with each other is not known"
        if hh is not None:
            how = f"People agree at less than {plain(TENTATIVE, 3)} with each other"
        text += f" {how}, so being like them says little."
    return text
