"""How people agree with each other, and the machine with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocode.codebook import Codebook
from autocode.dataset import CONSENSUS, CodedDataset
from autocode.evaluate import metrics
from autocode.evaluate.intervals import differences, intervals
from autocode.evaluate.lookup import LEAST_SHARED
from autocode.learn.labels import Labels, labels_of_codings
from autocode.reliability.learning import beside_people
from autocode.reliability.record import Options, Record

Floats = NDArray[np.float64]
LEAST_INTERVIEWS = 2  # that they come from


def agreement_with_people(
    dataset: CodedDataset,
    labels: Labels,
    chosen: NDArray[np.bool_],
    groups: Sequence[str],
    columns: list[int],
    *,
    widened: float = 1.0,
    seed: int,
) -> Record:
    """Alpha of what was `chosen`, (n, n_codes), and each person's own codes, with its interval by group.

    `groups` (n,) are what is resampled as a whole, `columns` the codes that count; `widened` as in
    `autocode.evaluate.intervals`.
    """
    place = {unit: row for row, unit in enumerate(labels.unit_ids)}
    rows: list[int] = []
    said: list[NDArray[np.bool_]] = []
    for coder, coding in dataset.codings.by_coder.items():
        own = labels_of_codings({coder: coding}, dataset.codebook, order=labels.unit_ids)
        rows += [place[unit] for unit in own.unit_ids]
        said.append(own.values[:, columns] == 1)
    found = beside_people(
        np.concatenate(said),
        chosen[rows][:, columns],
        [groups[row] for row in rows],
        Options(seed=seed, widened=widened),
    )
    for row in found["rows"]:
        if row["method"] and widened > 1.0:
            row["method"] += ", corrected for overlapping training sets"
    return found


def shared_units(dataset: CodedDataset) -> set[str]:
    """The units that two coders or more looked at; what they agreed on later is no coder's."""
    seen_by = Counter(
        unit for name, units in dataset.codings.by_coder.items() if name != CONSENSUS for unit in units
    )
    return {unit for unit, n in seen_by.items() if n > 1}


def on_ceiling(dataset: CodedDataset) -> str | None:
    """Why a human ceiling says little, where too few utterances were coded by two people."""
    shared = shared_units(dataset)
    interviews = {one.id for one in dataset.transcripts for turn in one.turns if turn.unit_id in shared}
    counted = "1 utterance" if len(shared) == 1 else f"{len(shared)} utterances"
    if 0 < len(shared) < LEAST_SHARED:
        return f"the human ceiling rests on {counted} that two people coded, which is too few to lean on"
    if 0 < len(interviews) < LEAST_INTERVIEWS:
        return f"the human ceiling rests on {counted} of one interview, which may not be like the others"
    return None


def human_ceiling(
    dataset: CodedDataset,
    labels: Labels,
    columns: Sequence[int],
    chosen: NDArray[np.bool_],
    groups: NDArray[np.intp],
    *,
    widened: float = 1.0,
    seed: int,
) -> dict[str, Any]:
    """Each coder against the majority of the others, on units that two coders or more looked at.

    `autocode` is what was `chosen` on each coder's units, against the same majorities. Where the others are
    tied on a code, it is left out for both. Means are weighted by the number of units that were compared.
    What coders agreed on later is no coder's. Intervals are by `groups` (n,), those of autocode `widened` as
    in `autocode.evaluate.intervals`.
    """
    by_coder, book = dict(dataset.codings.by_coder), dataset.codebook
    by_coder.pop(CONSENSUS, None)
    shared, place = shared_units(dataset), {unit: row for row, unit in enumerate(labels.unit_ids)}
    people: dict[str, dict[str, Any]] = {}
    machine: list[dict[str, Any]] = []
    parts: tuple[list[metrics.Counts], list[metrics.Counts]] = ([], [])  # of people, of autocode
    n_groups = int(groups.max()) + 1
    for coder, units in by_coder.items():
        others = {name: seen for name, seen in by_coder.items() if name != coder}
        order = [unit for unit in labels.unit_ids if unit in units and unit in shared]
        if not order:
            continue
        own = labels_of_codings({coder: units}, book, order=order).values
        rest = labels_of_codings(others, book, order=order, open_ties=True).values
        rows = [place[unit] for unit in order]
        people[coder] = _against(rest, own == 1, book, columns)
        machine.append(_against(rest, chosen[rows], book, columns))
        for part, given in zip(parts, (own == 1, chosen[rows]), strict=True):
            part.append(metrics.counts(rest, given, columns, groups[rows], n_groups))
    if not people:
        return {}
    n = len(shared)
    return {
        "coders": people,
        "n_units": n,
        **_mean_of([*people.values()]),
        "intervals": intervals(parts[0], seed=seed),
        "autocode": {
            "n_units": n,
            **_mean_of(machine),
            "intervals": intervals(parts[1], widened=widened, seed=seed),
        },
        "difference": differences(parts[1], parts[0], widened=widened, seed=seed),
    }


def _against(rest: Floats, own: NDArray[np.bool_], book: Codebook, columns: Sequence[int]) -> dict[str, Any]:
    """How the codes of one coder, person or machine, agree with those of others (nan: tied).

    F1 and kappa of a code only where the others applied it, so that person and machine have the same ones;
    exact sets only where the others are tied on no code.
    """
    codes = [book.ids[c] for c in columns]
    per_code = metrics.per_code(rest[:, columns], own[:, columns], codes)
    compared = (~np.isnan(rest[:, columns])).sum(axis=0).tolist()
    rows = {
        code: {
            "f1": row["f1"] if row["support"] else None,
            "kappa": row["kappa"] if row["support"] else None,
            "n_units": n,
        }
        for (code, row), n in zip(per_code.items(), compared, strict=True)
    }
    kappas = [row["kappa"] for row in rows.values() if row["kappa"] is not None]
    return {
        "n_units": len(rest),
        **metrics.overall(rest, own, columns),
        "mean_kappa": round(float(np.mean(kappas)), 4) if kappas else None,
        "per_code": rows,
        "groups": metrics.exclusive_groups(rest, own, book),
    }


def _mean_of(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The means over coders of what `_against` gives."""
    return {
        **_means(rows, ("macro_f1", "micro_f1", "exact_set", "mean_kappa")),
        "per_code": {
            code: _means([row["per_code"][code] for row in rows], ("f1", "kappa"))
            for code in rows[0]["per_code"]
        },
        "groups": {
            group: _means([row["groups"][group] for row in rows], ("accuracy", "macro_f1", "kappa"))
            for group in rows[0]["groups"]
        },
    }


def _means(rows: Sequence[dict[str, Any]], names: Sequence[str]) -> dict[str, float | None]:
    """Means of the numbers that are defined, weighted by the units they rest on; None for none."""
    found: dict[str, float | None] = {}
    for name in names:
        known = [(row[name], row["n_units"]) for row in rows if row[name] is not None]
        value = np.average([v for v, _ in known], weights=[n for _, n in known]) if known else None
        found[name] = None if value is None else round(float(value), 4)
    return found
