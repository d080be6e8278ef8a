"""What people said of utterances that were drawn by chance, beside what a model says of all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from autocode.choosing import Corpus, learnt_of
from autocode.errors import FindingsError, LearnError
from autocode.findings.material import Material
from autocode.learn.suggest import probabilities_of
from autocode.read.rows import read_rows
from autocode.respondents import person, respondents_of
from autocode.training import LEAST
from autocode.write import without_apostrophe

if TYPE_CHECKING:
    from autocode.store import Project, ReviewStore

Floats = NDArray[np.float64]
ALL = "all"  # in the place of a sample's file: whatever is coded was drawn by chance
ROUNDING = 0.01  # of the corpus, by which the numbers of a drawn sample's file may be off


@dataclass(frozen=True, slots=True)
class Sampled:
    """The codable utterances of a corpus, in the order of all its arrays."""

    code_ids: tuple[str, ...]
    probabilities: Floats  # (n, n_codes), the model's; of interviews that it had not seen
    chosen: NDArray[np.bool_]  # (n, n_codes), what the model would suggest
    values: Floats  # (n, n_codes), what people said; nan: not used
    groups: tuple[str, ...]  # interviews
    people: tuple[str, ...]  # respondents
    chances: Floats  # (n,), with which each was drawn; 1: coded in any case
    n_drawn: int  # those that were drawn, read or not
    warnings: tuple[str, ...] = ()


def sampled_of_project(project: Project, people: ReviewStore, material: Material) -> Sampled:
    """What a project knows of itself. Raises `FindingsError` with the reason why it cannot be used.

    It takes a trained model whose suggestions are the present ones (the codings of the statements that it
    learnt from are then by models that had not seen their interview), and statements that were drawn with
    known chances and that people have read. What was read before the draw counts as it is; what people chose
    to read after it is left out, unless they have read everything.
    """
    from autocode.batch import project_coder

    if not project.model_path.exists():
        raise FindingsError("no model has learnt from people's codes yet; 'autocode train' makes one")
    drawn, before = people.sample()
    all_read = all(one.complete for one in material.said_by_respondents)
    if not drawn and not all_read:
        raise FindingsError(
            "no statements were drawn by chance for people to code; what a reviewer happened to look at says "
            "nothing about the rest ('autocode next --by random --coder NAME' draws some, or the review "
            "page's plan)"
        )
    coder = project_coder(project)
    transcripts = [one.transcript_id for one in material.interviews]
    if any(people.reading(one).run_key != coder.run_key for one in transcripts) or coder.model is None:
        raise FindingsError("the suggestions are not those of the present model; 'autocode code' makes them")
    pool, learned = people.pool(), coder.model.learned
    if pool.code_ids != learned.code_ids:
        raise FindingsError("the model knows other codes than the suggestions; train it again")
    known = {one.id: one for one in material.statements}
    rows, keys = [known[name] for name in pool.names], pool.keys.tolist()
    values, chances, n_left_out = np.full(pool.scores.shape, np.nan), np.ones(len(keys)), 0
    for row, (key, one) in enumerate(zip(keys, rows, strict=True)):
        chances[row] = 1.0 if key in before else drawn.get(key, 1.0)
        if one.complete and (all_read or key in before or key in drawn):
            values[row] = [code_id in one.codes for code_id in pool.code_ids]
        n_left_out += one.complete and np.isnan(values[row]).all()
    open_drawn = [row for row, key in enumerate(keys) if key in drawn and key not in before]
    if np.isnan(values[open_drawn]).all() and not all_read:
        raise FindingsError("people have not read the statements that were drawn by chance for them")
    probabilities = probabilities_of(pool.scores.astype(np.float64), learned.rule.thresholds)
    voices = tuple(str(one.respondent) for one in rows)
    return Sampled(
        pool.code_ids, probabilities, learned.rule(probabilities), values, pool.transcripts, voices, chances,
        len(open_drawn), (_left_out(n_left_out),) if n_left_out else (),
    )  # fmt: skip


def _left_out(n: int) -> str:
    return f"{n} coded utterances are left out: they were not drawn by chance, and coded after the draw"


def sampled_of_corpus(corpus: Corpus, sample: str | None) -> Sampled:
    """A coded corpus, of which `sample` says what was drawn by chance: a file with a row for each utterance
    (`utterance_id`, `probability`, as 'autocode next --by random --out' writes it), or "all" that is coded.

    Needs no sample where everything is coded. Raises `FindingsError` where nothing says what was drawn, and
    `LearnError` where the codes are too few to learn from.
    """
    signals, table = corpus.signals, corpus.labels
    row = {unit: index for index, unit in enumerate(signals.ids)}
    values = np.full((len(row), len(table.code_ids)), np.nan)
    values[[row[unit] for unit in table.unit_ids]] = table.values
    coded = ~np.isnan(values).any(axis=1)
    warnings = list[str]()
    chances, n_drawn = np.full(len(row), 0.5), int(coded.sum())  # equal ones: how high does not matter
    if sample is not None and sample != ALL:
        drawn = read_sample(Path(sample), row)
        chances, n_drawn = np.ones(len(row)), len(drawn)
        chances[[row[unit] for unit in drawn]] = list(drawn.values())
        others = [unit for unit in table.unit_ids if unit not in drawn]
        drawn_from = sum(1 / p for p in drawn.values())
        if abs(drawn_from + len(others) - len(row)) > ROUNDING * len(row):
            values[[row[unit] for unit in others]] = np.nan
            if others:
                warnings.append(
                    f"{len(others)} coded utterances that are not in {sample} are left out: they were "
                    "not chosen by chance, or coded after it was drawn"
                )
    elif sample is None and not coded.all():
        raise FindingsError(
            f"{int(coded.sum())} of {len(row)} utterances are coded, and nothing says that they were drawn "
            "by chance; what people happened to code says nothing about the rest: give --sample FILE, as "
            "'autocode next --by random --out FILE' draws it, or --sample all if all of them were drawn by "
            "chance"
        )
    learned = learnt_of(corpus)
    if learned is None:
        raise LearnError(
            f"{len(table)} coded utterances are too few to learn from; code {LEAST} or more, some of them "
            "with a code"
        )
    probabilities = learned.probabilities(learned.with_parts(signals, corpus.coder.parts_of))
    numbers = respondents_of(corpus.utterances.values())
    voices = tuple(numbers[person(corpus.utterances[unit])] for unit in signals.ids)
    return Sampled(
        learned.code_ids, probabilities, learned.rule(probabilities), values, signals.groups, voices, chances,
        n_drawn, tuple(warnings),
    )  # fmt: skip


def read_sample(path: Path, known: Mapping[str, int]) -> dict[str, float]:
    """With which probability each utterance of a sample was drawn. Raises with the file and the line."""
    found: dict[str, float] = {}
    for line, row in read_rows(path, required=()):
        unit = str(row.get("utterance_id") or row.get("unit") or "").strip()
        where = f"{path}, line {line}"
        unit = unit if unit in known else without_apostrophe(unit)
        if unit not in known:
            what = f"there is no utterance '{unit}' to code" if unit else "no 'utterance_id'"
            raise FindingsError(f"{where}: {what}")
        try:
            found[unit] = float(str(row.get("probability")))
        except ValueError:
            found[unit] = 0.0
        if not 0 < found[unit] <= 1:
            raise FindingsError(
                f"{where}: no 'probability' above 0 and up to 1 of being drawn; only a sample that was drawn "
                "by chance has one ('autocode next --by random --out FILE')"
            )
    if not found:
        raise FindingsError(f"{path}: no utterances in this file")
    return found


def numbered_people(people: Sequence[str]) -> NDArray[np.intp]:
    """A number for each respondent, 0, 1, ..., in the place of his or her name."""
    return np.asarray(np.unique(np.array(people), return_inverse=True)[1], np.intp)
