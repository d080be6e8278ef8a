"""The learning curve: how far the machine agrees with people, by how many human codes it had learnt from.

Only measured points: of a project, every blind first decision beside what the machine would have suggested
then; of an evaluation (`autocode evaluate --train-size ...`), interviews that were left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocode.agreement import CodeTable
from autocode.errors import AgreementError
from autocode.reliability.measures import Compared, set_rows
from autocode.reliability.panel import Panel, Step
from autocode.reliability.record import Options, Record, between, counted, find, plain, rounded

LEAST = 30  # decisions in a point
MOST_POINTS = 6
PROJECT = "the project"
COMMAND = "autocode evaluate DATASET_DIR --train-size 5 --train-size 10 --train-size 20 --out metrics.json"
LABEL = "alpha of the machine with each person (MASI)"


def learning_part(
    panel: Panel, options: Options, *, metrics: Sequence[str | Path] = (), people: float | None = None
) -> Record:
    """The points of the curve, or what is missing; `people` is the alpha of the people with each other.

    `metrics` are files of `autocode evaluate`. Raises `AgreementError` for one that is not.
    """
    mine = [one for one in panel.steps if one.coder in panel.humans]
    known = [one for one in mine if one.n_labels is not None]
    points = [_point(panel, part, options) for part in _parts(known)]
    for path in metrics:
        points += _of_evaluation(Path(path), panel.codebook.digest)
    curves: dict[str, list[Record]] = {}
    for point in points:
        curves.setdefault(point["source"], []).append(point)
    drawn = any(len(some) > 1 for some in curves.values())
    n_unknown = len(mine) - len(known)
    return {
        "points": points,
        "people": rounded(people),
        "n_unknown": n_unknown,
        "sentence": _sentence(curves, n_unknown) if drawn else "",
        "undefined_because": None if drawn else _missing(panel, len(known), n_unknown, metrics),
    }


def beside_people(
    people: NDArray[np.bool_],
    machine: NDArray[np.bool_],
    interviews: Sequence[str] | None,
    options: Options,
) -> Record:
    """How far the machine agrees with people on codings of shape (n_codings, n_codes), and from how many."""
    n, n_codes = people.shape
    table = CodeTable(
        np.stack([people, machine]).astype(np.int8), ("people", "machine"), range(n), range(n_codes)
    )
    data = Compared(table, None if interviews is None else np.array(interviews, np.str_))
    alpha, exact = set_rows(data, options, names=("masi_alpha", "exact_agreement"))
    return {"n_codings": n, "n_interviews": data.n_interviews, "rows": [{**alpha, "label": LABEL}, exact]}


def _parts(steps: Sequence[Step]) -> list[list[Step]]:
    """Decisions with about the same number of labels, fewest first; those before any by themselves."""
    ordered = sorted(steps, key=lambda one: one.n_labels or 0)
    size = max(LEAST, -(-sum(bool(one.n_labels) for one in ordered) // (MOST_POINTS - 1)))
    found: list[list[Step]] = []
    for one in ordered:
        last = found[-1][-1].n_labels if found else None
        if last is None or (one.n_labels != last and (last == 0 or len(found[-1]) >= size)):
            found.append([])
        found[-1].append(one)
    if len(found) > 1 and len(found[-1]) < LEAST and found[-2][0].n_labels:
        found[-2:] = [found[-2] + found[-1]]
    return [part for part in found if len(part) >= LEAST]


def _point(panel: Panel, part: Sequence[Step], options: Options) -> Record:
    ids = panel.codebook.ids
    people, machine = (
        np.array([[code in said for code in ids] for said in side], bool)
        for side in ([one.given for one in part], [one.suggested for one in part])
    )
    places = [panel.units[one.unit].transcript_id for one in part]
    known = [place for place in places if place is not None]
    labels = [one.n_labels or 0 for one in part]
    return {
        "source": PROJECT,
        "n_labels": rounded(float(np.mean(labels))),
        "n_labels_from": min(labels),
        "n_labels_to": max(labels),
        **beside_people(people, machine, known if len(known) == len(places) else None, options),
    }


def _of_evaluation(path: Path, codebook: str) -> list[Record]:
    wrong = AgreementError(f"--metrics {path}: is not the file of an evaluation; make one with '{COMMAND}'")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise AgreementError(f"--metrics {path}: no such file") from None
    except (OSError, ValueError):
        raise wrong from None
    if not isinstance(content, Mapping) or "dataset" not in content or "macro_f1" not in content:
        raise wrong
    points = content.get("learning_curve") or [content]
    if any("agreement" not in one for one in points):
        raise AgreementError(f"--metrics {path}: was made by an earlier autocode; evaluate again")
    other = (content.get("codebook") or {}).get("digest") != codebook
    return [
        {
            "source": f"the evaluation of {content['dataset']}" + (" (another codebook)" if other else ""),
            "n_labels": one["n_learnt_from"],
            "n_labels_from": one["n_learnt_from"],
            "n_labels_to": one["n_learnt_from"],
            **one["agreement"],
        }
        for one in sorted(points, key=lambda one: float(one["n_learnt_from"]))
    ]


def _sentence(curves: Mapping[str, Sequence[Record]], n_unknown: int) -> str:
    told = [
        f"In {source} alpha was {_alpha(points[0])} after {points[0]['n_labels']:,.0f} labelled statements "
        f"and {_alpha(points[-1])} after {points[-1]['n_labels']:,.0f}."
        for source, points in curves.items()
        if len(points) > 1
    ]
    if PROJECT in curves:
        told.append(
            "Each blind first decision is compared with what the machine would have suggested then; "
            "a statement's own codes are never among those that its suggestion was learnt from. Later points "
            "are of other statements than earlier ones, so part of a difference may lie in the statements."
        )
        if n_unknown:
            told.append(
                f"Of {counted(n_unknown, 'further decision')} it is not known how much had been learnt."
            )
    if len(curves) > (PROJECT in curves):
        told.append(
            "In an evaluation the machine is compared with people on interviews that it had not seen."
        )
    return " ".join(told)


def _alpha(point: Record) -> str:
    row = find(point["rows"], "masi_alpha")
    if row is None or row["low"] is None:
        return plain(None if row is None else row["value"])
    return f"{plain(row['value'])} {between(row['low'], row['high'])}"


def _missing(panel: Panel, n_known: int, n_unknown: int, metrics: Sequence[Any]) -> str:
    if metrics:
        return f"the evaluation has one point only; --train-size several times makes more: {COMMAND}"
    if n_known:
        return (
            f"{counted(n_known, 'blind decision')} in the project do not make two points of {LEAST} or more "
            "with different numbers of labels"
        )
    if n_unknown:
        return "it is not recorded how much the machine had learnt when people decided blind"
    if panel.source["kind"] == "project":
        return "no blind decision has been made"
    return f"it takes a project's log, or an evaluation (--metrics metrics.json, from '{COMMAND}')"
