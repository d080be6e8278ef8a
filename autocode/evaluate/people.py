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
from autocode.learn.labels import Labels, labels_of_codings
from autocode.reliability.learning import beside_people
from autocode.reliability.record import Options, Record

Floats = NDArray[np.float64]


def agreement_with_people(
    dataset: CodedDataset,
    labels: Labels,
    chosen: NDArray[np.bool_],
    groups: Sequence[str],
    columns: list[int],
    *,
    seed: int,
) -> Record:
    """Alpha of what was `chosen`, (n, n_codes), and each person's own codes, with its interval by group.

    `groups` (n,) are what is resampled as a whole, `columns` the codes that count.
    """
    place = {unit: row for row, unit in enumerate(labels.unit_ids)}
    rows: list[int] = []
    said: list[NDArray[np.bool_]] = []
    for coder, coding in dataset.codings.by_coder.items():
        own = labels_of_codings({coder: coding}, dataset.codebook, order=labels.unit_ids)
        rows += [place[unit] for unit in own.unit_ids]
        said.append(own.values[:, columns] == 1)
    return beside_people(
        np.concatenate(said), chosen[rows][:, columns], [groups[row] for row in rows], Options(seed=seed)
    )


def shared_units(dataset: CodedDataset) -> set[str]:
    """The units that two coders or more looked at; what they agreed on later is no coder's."""
    seen_by = Counter(
        unit for name, units in dataset.codings.by_coder.items() if name != CONSENSUS for unit in units
    )
    return {unit for unit, n in seen_by.items() if n > 1}


def human_ceiling(
    dataset: CodedDataset, labels: Labels, columns: Sequence[int], chosen: NDArray[np.bool_]
) -> dict[str, Any]:
    """Each coder against the majority of the others, on units that two coders or more looked at.

    `autocode` is what was `chosen` there against all coders. What they agreed on later is no coder's.
    """
    by_coder, book = dict(dataset.codings.by_coder), dataset.codebook
    by_coder.pop(CONSENSUS, None)
    shared = shared_units(dataset)
    found: dict[str, Any] = {}
    for coder, units in by_coder.items():
        others = {name: seen for name, seen in by_coder.items() if name != coder}
        order = [unit for unit in labels.unit_ids if unit in units and unit in shared]
        if not order:
            continue
        own = labels_of_codings({coder: units}, book, order=order).values
        rest = labels_of_codings(others, book, order=order).values
        found[coder] = _against(rest, own == 1, book, columns)
    if not found:
        return {}
    names = ("macro_f1", "micro_f1", "exact_set", "mean_kappa")
    means = {
        name: round(float(np.mean([one[name] for one in found.values() if one[name] is not None])), 4)
        for name in names
        if any(one[name] is not None for one in found.values())
    }
    rows = np.flatnonzero([unit in shared for unit in labels.unit_ids])
    return {"coders": found, **means, "autocode": _against(labels.values[rows], chosen[rows], book, columns)}


def _against(rest: Floats, own: NDArray[np.bool_], book: Codebook, columns: Sequence[int]) -> dict[str, Any]:
    """How the codes of one coder, person or machine, agree with those of others."""
    per_code = metrics.per_code(rest[:, columns], own[:, columns], [book.ids[c] for c in columns])
    kappas = [row["kappa"] for row in per_code.values() if row["kappa"] is not None]
    return {
        "n_units": len(rest),
        **metrics.overall(rest, own, columns),
        "mean_kappa": round(float(np.mean(kappas)), 4) if kappas else None,
        "per_code": {code: {"f1": row["f1"], "kappa": row["kappa"]} for code, row in per_code.items()},
        "groups": metrics.exclusive_groups(rest, own, book),
    }
