"""How often codes occur, corrected for the machine's errors; or why that is withheld."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from autocode.errors import FindingsError, LearnError
from autocode.findings.material import Material
from autocode.findings.sampled import Sampled, numbered_people, sampled_of_project
from autocode.learn.prevalence import FEW_ERRORS, code_prevalence, share_of_people

if TYPE_CHECKING:
    from autocode.codebook import Codebook
    from autocode.store import Project, ReviewStore

FEW_INTERVIEWS = 10
FEW_FOUND = 5


def corrected(project: Project, people: ReviewStore, material: Material) -> dict[str, Any]:
    """`prevalence`, a row for each code, with `prevalence_cautions`; or `prevalence_withheld`, the reason why
    there is none.
    """
    try:
        sampled = sampled_of_project(project, people, material)
    except (FindingsError, LearnError) as error:
        return {"prevalence_withheld": str(error)}
    rows = rows_of(sampled, material.codebook)
    return {"prevalence": rows, "prevalence_cautions": cautions(sampled, rows)}


def rows_of(sampled: Sampled, codebook: Codebook, *, level: float = 0.95) -> list[dict[str, Any]]:
    """For each code of the codebook, in its order: the corrected share of utterances and of respondents with
    their intervals, what people alone would say, and the machine's own count.
    """
    people = numbered_people(sampled.people)
    arguments: dict[str, Any] = {"sampled_with": sampled.chances, "level": level}
    found = code_prevalence(
        sampled.code_ids, sampled.probabilities, sampled.values, sampled.groups, **arguments
    )
    alone = code_prevalence(
        sampled.code_ids, np.zeros_like(sampled.probabilities), sampled.values, sampled.groups, **arguments
    )
    rows = {}
    for column, (one, human) in enumerate(zip(found, alone, strict=True)):
        y, p = sampled.values[:, column], sampled.probabilities[:, column]

        def of_people(share: float | None, p: Any = p, y: Any = y) -> float | None:
            return None if share is None else share_of_people(p, y, people, share)

        by_people, by_machine = y == 1, sampled.chosen[:, column]
        rows[one.code_id] = {
            "code": one.code_id, **asdict(one), "n_found": int(by_people.sum()),
            "human": {"value": human.value, "low": human.low, "high": human.high},
            "machine": {"n": int(by_machine.sum()), "value": float(by_machine.mean())},
            "respondents": {
                "value": of_people(one.value), "low": of_people(one.low), "high": of_people(one.high),
                "n_found": len(set(people[by_people].tolist())),
                "machine": len(set(people[by_machine].tolist())) / (int(people.max()) + 1),
            },
        }  # fmt: skip
    return [rows[id] for id in codebook.ids if id in rows]


def cautions(sampled: Sampled, rows: list[dict[str, Any]]) -> list[str]:
    """What has to be said with the numbers, one sentence each."""
    read, said = ~np.isnan(sampled.values).all(axis=1), list(sampled.warnings)
    if read.all():
        return said
    drawn = read & (sampled.chances < 1)
    interviews = {group for group, here in zip(sampled.groups, drawn, strict=True) if here}
    if int(drawn.sum()) < sampled.n_drawn:
        said.append(
            f"only {int(drawn.sum())} of the {sampled.n_drawn} utterances that were drawn are coded; those "
            "that are left may be different, so code all of them"
        )
    if len(interviews) < FEW_INTERVIEWS:
        said.append(
            f"the sample is of {len(interviews)} interviews; with fewer than {FEW_INTERVIEWS} intervals "
            "rest on little, and other interviews may be different"
        )
    rare = [row["code"] for row in rows if row["n_found"] < FEW_FOUND]
    if rare:
        said.append(
            f"people found {len(rare)} of {len(rows)} codes fewer than {FEW_FOUND} times in the sample "
            f"({_some(rare)}); their intervals are not to be relied on"
        )
    widened = {row["code"]: row["widened_because"] for row in rows if row["widened_because"]}
    if widened:
        code, why = next(iter(widened.items()))
        said.append(
            f"the intervals of {len(widened)} of {len(rows)} codes ({_some([*widened])}) are widened: fewer "
            f"than {FEW_ERRORS} errors of a kind do not show how many nobody has seen ({code}: {why})"
        )
    return said


def _some(codes: list[str]) -> str:
    return ", ".join(codes[:3]) + (", ..." if len(codes) > 3 else "")
