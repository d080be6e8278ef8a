"""How often codes occur in a project's interviews, corrected for the machine's errors; or why it is "
"withheld."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from autocode.findings.material import Material
from autocode.learn.prevalence import code_prevalence
from autocode.learn.suggest import probabilities_of

if TYPE_CHECKING:
    from autocode.store import Project, ReviewStore


def corrected(project: Project, people: ReviewStore, material: Material) -> dict[str, Any]:
    """`prevalence`, a row for each code, or `prevalence_withheld`, the reason why there is none.

    It takes a trained model whose suggestions are the present ones (the codings of the statements that it
    learnt from are then by models that had not seen their interview), and statements that were drawn with
    known chances and that people have read.
    """
    from autocode.batch import project_coder

    if not project.model_path.exists():
        return _withheld("no model has learnt from people's codes yet; 'autocode train' makes one")
    drawn = people.drawn()
    if not drawn:
        return _withheld(
            "no statements were drawn by chance for people to code; what a reviewer happened to look at says "
            "nothing about the rest (the review page's plan draws them)"
        )
    coder = project_coder(project)
    transcripts = [one.transcript_id for one in material.interviews]
    if any(people.reading(one).run_key != coder.run_key for one in transcripts) or coder.model is None:
        return _withheld("the suggestions are not those of the present model; 'autocode code' makes them")
    pool, learned = people.pool(), coder.model.learned
    if pool.code_ids != learned.code_ids:
        return _withheld("the model knows other codes than the suggestions; train it again")
    known = {one.id: one for one in material.statements}
    rows = [known[name] for name in pool.names]
    read = np.array(
        [key in drawn and one.complete for key, one in zip(pool.keys.tolist(), rows, strict=True)]
    )
    if not read.any():
        return _withheld("people have not read the statements that were drawn by chance for them")
    values = np.full(pool.scores.shape, np.nan)
    for row in np.flatnonzero(read):
        values[row] = [code_id in rows[row].codes for code_id in pool.code_ids]
    chances = np.array([drawn.get(key, 1.0) for key in pool.keys.tolist()])
    found = code_prevalence(
        pool.code_ids,
        probabilities_of(pool.scores.astype(np.float64), learned.rule.thresholds),
        values,
        pool.transcripts,
        sampled_with=chances,
    )
    order = {id: number for number, id in enumerate(material.codebook.ids)}
    rows_of = [{"code": one.code_id, **asdict(one)} for one in found if one.code_id in order]
    return {"prevalence": sorted(rows_of, key=lambda row: order[row["code"]])}


def _withheld(why: str) -> dict[str, Any]:
    return {"prevalence_withheld": why}
