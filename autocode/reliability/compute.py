"""`agreement`: from a panel to the record of the report."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocode import __version__
from autocode.agreement import Ratings, krippendorff_alpha, resolved_at, roll_up
from autocode.agreement.intervals import alpha_estimator
from autocode.agreement.resample import Sampling
from autocode.agreement.tables import group_index
from autocode.codebook import Codebook
from autocode.dataset import CodedDataset
from autocode.errors import AgreementError
from autocode.reliability.checklist import checklist
from autocode.reliability.differences import adjudication, confusion, disagreements
from autocode.reliability.inputs import panel_of_dataset, read_panel
from autocode.reliability.learning import learning_part
from autocode.reliability.machines import machine_part
from autocode.reliability.measures import (
    Compared,
    code_rows,
    compared,
    group_label,
    group_ratings,
    group_rows,
    levels_of,
    mean_rows,
    set_rows,
    without_any,
)
from autocode.reliability.panel import Coding, Panel, with_kinds
from autocode.reliability.record import Options, Record, Row, band, benchmark_of, counted, find, row, row_of
from autocode.reliability.spans import span_part
from autocode.reliability.words import coreq, methods, results, srqr, warnings_of

WHOLE = (
    "masi_alpha",
    "masi_alpha_coded",
    "jaccard_alpha",
    "jaccard_alpha_coded",
    "exact_alpha",
    "exact_agreement",
)
PAIR = ("masi_alpha", "jaccard_alpha", "exact_agreement")
THIRDS = ("first third", "second third", "last third")
KAPPAS = ("cohen_kappa", "quadratic_kappa")  # of pairs, with an interval
MANY_PAIRS = 60  # pairs of coders from which no intervals are made for them


def agreement(
    codings: Panel | CodedDataset | str | Path,
    *,
    coders: Sequence[str] = (),
    machines: Sequence[str] = (),
    benchmark: str | None = None,
    level: float = 0.95,
    replicates: int = 2000,
    seed: int = 0,
    margin: float = 0.1,
    epsilon: float = 0.15,
    purpose: str = "",
    metrics: Sequence[str | Path] = (),
    now: datetime | None = None,
    done: Callable[[str], None] = lambda _: None,
) -> Record:
    """The record of a reliability report: a JSON object (None, never nan) from which all else is made.

    `codings` is a panel, a coded dataset, or the path of its folder or of a table. `coders` keeps only these
    people; `machines` are kept apart from people. `margin` (non-inferiority) and `epsilon` (alternative
    annotator test) are to be chosen beforehand, as is the `benchmark`. `purpose` is one line on why agreement
    was measured. `metrics` are files of `autocode evaluate`, for the learning curve. Raises `AgreementError`
    where there is nothing to compare.
    """
    if not 0 < level < 1:
        raise AgreementError(f"level: expected a number between 0 and 1, found {level:g}")
    if replicates < 100:
        raise AgreementError(f"replicates: expected 100 or more, found {replicates}")
    options = Options(level, replicates, seed, benchmark)
    chosen = benchmark_of(benchmark)
    panel = _panel_of(codings)
    panel = with_kinds(panel, coders=coders, machines=machines)
    _check(panel)
    everybody = compared(panel, {**panel.humans, **panel.machines})
    people = everybody.of_coders(_present(everybody, panel.humans), least=1)
    twice = people.of_units(people.n_seen >= 2).of_those_with_units()
    done("codes")
    codes = code_rows(twice, options, book=panel.codebook, n_units=people.n_units)
    done("whole codebook")
    record: Record = {
        "autocode": __version__,
        "made_at": (now or datetime.now(UTC)).isoformat(timespec="seconds"),
        "seed": seed,
        "level": level,
        "replicates": replicates,
        "purpose": purpose.strip(),
        "source": dict(panel.source),
        "benchmark": chosen,
        "data": _data(panel, people, twice),
        "blindness": _blindness(panel),
        "overall": _overall(twice, codes, options, panel.codebook),
        "codes": codes,
        "levels": _levels(twice, options, panel.codebook, n_units=people.n_units),
        "groups": _groups(twice, everybody, panel, options),
    }
    done("coders")
    record["pairs"] = _pairs(everybody, panel, options)
    record["one_against_rest"] = _against_rest(twice, options)
    record["drift"], record["drift_undefined_because"] = _drift(twice, panel, options)
    record["bias"] = _bias(twice)
    record["rounds"] = _rounds(people, panel, options)
    record["adjudication"] = adjudication(panel)
    done("machine")
    parts = [
        machine_part(everybody, panel, name, options, margin=margin, epsilon=epsilon)
        for name in panel.machines
    ]
    record["machine"] = parts[0] if parts else None
    record["other_machines"] = parts[1:]
    whole = find(record["overall"], "masi_alpha")
    record["learning"] = learning_part(
        panel, options, metrics=metrics, people=whole["value"] if whole and twice.n_units else None
    )
    record["spans"] = span_part(panel, options)
    record["confusion"] = confusion(twice)
    record["disagreements"] = disagreements(twice, panel, codes)
    record["warnings"] = warnings_of(record, panel)
    record["methods"] = methods(record, panel)
    record["results"] = results(record)
    record["coreq"] = coreq(record)
    record["srqr"] = srqr(record)
    record["checklist"] = checklist(record, panel)
    _add_bands(record, benchmark)
    return record


def _panel_of(codings: Panel | CodedDataset | str | Path) -> Panel:
    if isinstance(codings, Panel):
        return codings
    return panel_of_dataset(codings) if isinstance(codings, CodedDataset) else read_panel(codings)


def _check(panel: Panel) -> None:
    """Raise `AgreementError` where there is nothing to compare."""
    where = panel.source["name"]
    if not panel.codebook.ids:
        raise AgreementError(f"{where}: nobody gave any code; --codebook says which ones were offered")
    coded = {name: coding for name, coding in panel.humans.items() if coding}
    machines = {name: coding for name, coding in panel.machines.items() if coding}
    if not coded:
        left = panel.blindness.n_assisted
        why = f"; {counted(left, 'coding')} made after a suggestion was shown do not count" if left else ""
        if not left and panel.source["kind"] == "project":
            why = "; codings from 'autocode import' do not, and 'autocode agree FILE' measures those"
        raise AgreementError(
            f"{where}: nobody has coded anything that counts{why}; agreement needs two coders"
        )
    if len(coded) == 1 and not machines:
        (name,) = coded
        raise AgreementError(
            f"{where}: only one person ('{name}') has codings that count; agreement needs two who "
            f"looked at the same units"
        )
    everyone = [*coded.values(), *machines.values()]
    if not any(one.keys() & other.keys() for one, other in combinations(everyone, 2)):
        raise AgreementError(f"{where}: no unit was looked at by two coders, so there is nothing to compare")


def _present(data: Compared, names: Sequence[str] | Any) -> list[str]:
    return [name for name in names if name in data.table.coders]


def _data(panel: Panel, people: Compared, twice: Compared) -> Record:
    everyone: dict[str, Coding] = {**panel.humans, **panel.machines}
    return {
        "n_transcripts": None if not panel.transcripts_known else people.n_interviews,
        "n_transcripts_multiply_coded": twice.n_interviews,
        "n_corpus": len(panel.units),
        "n_corpus_transcripts": (
            len({unit.transcript_id for unit in panel.units.values()}) if panel.transcripts_known else None
        ),
        "n_units": people.n_units,
        "n_multiply_coded": twice.n_units,
        "n_coders_compared": len(twice.table.coders) if twice.n_units else 0,
        "unit": "utterance",
        "coders": [
            {
                "name": name,
                "kind": panel.kind_of(name),
                "n_units": len(coding),
                "n_applied": sum(len(codes) for codes in coding.values()),
            }
            for name, coding in everyone.items()
        ],
        "n_codes": len(panel.codebook.ids),
        "codebook": {
            "name": panel.codebook.name,
            "digest": panel.codebook.digest,
            "version": panel.codebook_version,
        },
    }


def _blindness(panel: Panel) -> Record:
    seen = panel.blindness
    n = seen.n_blind + seen.n_assisted + seen.n_unknown
    if seen.n_unknown == n:
        sentence = "It is not recorded whether coders saw the machine's suggestions before they coded."
    else:
        made = "was" if seen.n_blind == 1 else "were"
        sentence = (
            f"{counted(seen.n_blind, 'coding')} of {n:,} {made} made blind to the machine's suggestions"
        )
        made = "was made with them and does" if seen.n_assisted == 1 else "were made with them and do"
        rest = [f"{seen.n_assisted:,} {made} not count here"] if seen.n_assisted else []
        rest += [f"of {seen.n_unknown:,} it is not known"] if seen.n_unknown else []
        sentence += f"; {'; '.join(rest)}." if rest else "."
    return {
        "n_blind": seen.n_blind,
        "n_assisted": seen.n_assisted,
        "n_unknown": seen.n_unknown,
        "sentence": sentence,
    }


def _overall(data: Compared, codes: Sequence[Record], options: Options, book: Codebook) -> list[Row]:
    names = [*WHOLE]
    if any(code.parent is not None for code in book.codes):
        names.insert(4, "ancestor_alpha")
    return [*set_rows(data, options, names=names, book=book), *mean_rows(data, codes, options)]


def _levels(data: Compared, options: Options, book: Codebook, *, n_units: int) -> list[Record]:
    """Every level above the deepest one; that one is the codes themselves."""
    parents: dict[Hashable, Hashable | None] = {code.id: code.parent for code in book.codes}
    deepest = max((book.depth(code) for code in book.ids), default=0) + 1
    levels = []
    for number in range(1, deepest):
        table = roll_up(data.table, parents, level=number)
        rolled = data.with_table(table)
        label = book.levels[number - 1] if number <= len(book.levels) else f"level {number}"
        levels.append(
            {
                "level": number,
                "label": label,
                "codes": code_rows(rolled, options, book=book, n_units=n_units, headings=True),
                "overall": [
                    *set_rows(rolled, options, names=("masi_alpha", "jaccard_alpha", "exact_agreement")),
                    row_of("resolved_at", resolved_at(data.table, parents, level=number)),
                ],
            }
        )
    return levels


def _groups(twice: Compared, everybody: Compared, panel: Panel, options: Options) -> list[Record]:
    groups = []
    for group in panel.codebook.exclusive_groups:
        entry: Record = {
            "codes": list(group),
            "label": group_label(group, panel.codebook),
            "ordinal": levels_of(group, panel.codebook) is not None,
            "n_units": group_ratings(twice, group, group)[0].n_units,
            "n_without": without_any(twice, group),
            "rows": group_rows(twice, group, options, book=panel.codebook),
        }
        pairs = list(combinations(map(str, everybody.table.coders), 2))
        entry["pairs"] = [
            {
                "a": a,
                "b": b,
                "kind": _kind(panel, a, b),
                "rows": group_rows(pair, group, options, book=panel.codebook, only=KAPPAS),
            }
            for a, b in (pairs if len(pairs) <= MANY_PAIRS else ())
            if (pair := everybody.of_coders([a, b])).n_units
        ]
        groups.append(entry)
    return groups


def _kind(panel: Panel, a: str, b: str) -> str:
    return "-".join(sorted((panel.kind_of(a), panel.kind_of(b))))


def _pairs(data: Compared, panel: Panel, options: Options) -> list[Record]:
    pairs = list(combinations(map(str, data.table.coders), 2))
    found = []
    for a, b in pairs:
        both = data.of_coders([a, b])
        if not both.n_units:
            rows = [row(name, None, because="the two have no unit in common") for name in PAIR]
        elif len(pairs) > MANY_PAIRS:
            rows = _without_intervals(both)
        else:
            rows = set_rows(both, options, names=PAIR)
        found.append({"a": a, "b": b, "kind": _kind(panel, a, b), "n_units": both.n_units, "rows": rows})
    return found


def _without_intervals(data: Compared) -> list[Row]:
    sets, note = data.table.label_sets(), "no interval: there are too many pairs of coders"
    return [
        row_of(f"{metric}_alpha", krippendorff_alpha(sets, metric=metric), caveats=[note])
        for metric in ("masi", "jaccard")
    ]


def _against_rest(data: Compared, options: Options) -> list[Record]:
    """Each coder's pairs with all others, pooled: one column for each unit and other coder."""
    sets = data.table.label_sets()
    found = []
    for j, coder in enumerate(data.table.coders):
        ratings, unit = _with_each_other(sets, sets.codes, j)
        alpha = krippendorff_alpha(ratings, metric="masi")
        interval = None
        if alpha.value is not None:
            groups = None if data.clusters is None else group_index(data.clusters[unit], len(unit))
            if groups is None:  # units are drawn, each with all that was said of it
                kinds, n_of = np.unique(sets.codes[:, sets.codes[j] >= 0], axis=1, return_counts=True)
                some, groups = _with_each_other(sets, kinds, j)
                sample = Sampling(groups, len(n_of), n_of.astype(np.float64))
            else:
                some, sample = ratings, Sampling(groups, int(groups.max()) + 1, None)
            interval = data.resampled(alpha_estimator(some, groups, "masi"), sample, options)
        label = "alpha of the sets of codes (MASI), this coder with each other"
        rows = [row_of("masi_alpha", alpha, interval, label=label, caveats=data.cautions(interval))]
        if len(data.table.coders) > 2:
            rest = data.of_coders([str(name) for name in data.table.coders if name != coder])
            without = krippendorff_alpha(rest.table.label_sets(), metric="masi")
            rows.append(
                row_of("masi_alpha_without", without, label="alpha of the others without this coder (MASI)")
            )
        found.append({"coder": str(coder), "n_units": len(set(unit.tolist())), "rows": rows})
    return found


def _with_each_other(sets: Ratings, codes: NDArray[np.int64], j: int) -> tuple[Ratings, NDArray[np.intp]]:
    """Coder j's values beside each other coder's, and the column of `codes` from which each pair is."""
    mine, others = codes[j], np.delete(codes, j, axis=0)
    other, unit = np.nonzero((others >= 0) & (mine >= 0))
    paired = np.stack([mine[unit], others[other, unit]])
    used, index = np.unique(paired, return_inverse=True)
    values = index.reshape(paired.shape).astype(np.int64)
    categories = tuple(sets.categories[k] for k in used.tolist())
    return Ratings(values, categories, [str(sets.coders[j]), "others"], range(len(unit))), unit


def _drift(data: Compared, panel: Panel, options: Options) -> tuple[list[Record] | None, str | None]:
    """Thirds of the units in the order in which they were coded: the mean of the coders' own orders."""
    if not panel.moments:
        return None, "it is not known when what was coded"
    ranks = np.full(data.seen.shape, np.nan)
    for j, coder in enumerate(map(str, data.table.coders)):
        told = [
            (panel.moments.get((coder, str(unit))), i)
            for i, unit in enumerate(data.table.units)
            if data.seen[j, i]
        ]
        if any(at is None for at, _ in told):
            return None, f"it is not known when '{coder}' coded every unit"
        order = sorted((at, i) for at, i in told if at is not None)
        for rank, (_, i) in enumerate(order):
            ranks[j, i] = (rank + 0.5) / len(order)
    if data.n_units < 3 * 10:
        return None, f"thirds of {counted(data.n_units, 'unit')} are too small to compare"
    place = np.nanmean(ranks, axis=0)
    part = np.empty(data.n_units, np.int64)
    part[np.argsort(place, kind="stable")] = np.arange(data.n_units) * 3 // data.n_units
    return [
        {
            "part": number + 1,
            "label": label,
            "n_units": third.n_units,
            "rows": set_rows(third, options, names=("masi_alpha", "exact_agreement")),
        }
        for number, label in enumerate(THIRDS)
        for third in [data.of_units(part == number)]
    ], None


def _bias(data: Compared) -> list[Record]:
    """How often each coder gave each code, of the units that he or she shares with another; and the two
    who differ most on the units that both have seen (the bias index of Byrt et al. 1993, for each pair).
    """
    values, coders, seen = data.table.values == 1, list(map(str, data.table.coders)), data.seen
    every = [(a, b, seen[a] & seen[b]) for a, b in combinations(range(len(coders)), 2)]
    pairs = [(a, b, both) for a, b, both in every if both.any()]
    found = []
    for k, code in enumerate(data.table.codes):
        given = values[:, :, k]
        if not given.any():
            continue
        n_given, n_seen = given.sum(axis=1), seen.sum(axis=1)
        rates = {name: round(float(n_given[j] / n_seen[j]), 6) for j, name in enumerate(coders) if n_seen[j]}
        entry: Record = {"code": str(code), "rates": rates, "widest": None, "largest_difference": None}
        of_pairs = [(float(given[a, both].mean()), float(given[b, both].mean())) for a, b, both in pairs]
        if pairs:
            most = int(np.argmax([abs(of_a - of_b) for of_a, of_b in of_pairs]))
            of_a, of_b = of_pairs[most]
            entry["largest_difference"] = round(abs(of_a - of_b), 6)
            entry["widest"] = {
                coders[j]: round(rate, 6) for j, rate in zip(pairs[most][:2], of_pairs[most], strict=True)
            }
        found.append(entry)
    return found


def _rounds(people: Compared, panel: Panel, options: Options) -> list[Record]:
    """Each round by itself, from what was coded in it: what counts is before the discussion."""
    labels = list(dict.fromkeys(panel.rounds.get((c, u), "") for c in panel.humans for u in panel.humans[c]))
    found = []
    for label in _in_time([label for label in labels if label], panel):
        keep = np.array(
            [
                [panel.rounds.get((str(c), str(u))) == label for u in people.table.units]
                for c in people.table.coders
            ]
        )
        part = people.of_cells(keep & people.seen)
        rows = (
            set_rows(part, options, names=("masi_alpha", "exact_agreement"))
            if part.n_units
            else [row("masi_alpha", None, because="no unit was looked at by two people in this round")]
        )
        version = panel.versions.get(label)
        found.append({"label": label, "codebook_version": version, "n_units": part.n_units, "rows": rows})
    return found


def _in_time(labels: Sequence[str], panel: Panel) -> list[str]:
    """Rounds in the order in which they began; by their names where that is not known."""
    began: dict[str, float] = {}
    for key, at in panel.moments.items():
        label = panel.rounds.get(key, "")
        began[label] = min(at, began.get(label, at))
    if all(label in began for label in labels):
        return sorted(labels, key=lambda label: (began[label], _natural(label)))
    return sorted(labels, key=_natural)


def _natural(label: str) -> tuple[object, ...]:
    """Numbers in a label by size."""
    import re

    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", label))


def _add_bands(value: Any, benchmark: str | None) -> None:
    """Give every row of the record its benchmark's word."""
    if isinstance(value, dict):
        if {"name", "low", "p_below_667"} <= value.keys():
            value["band"] = band(value, benchmark)
        for inner in value.values():
            _add_bands(inner, benchmark)
    elif isinstance(value, list):
        for inner in value:
            _add_bands(inner, benchmark)
