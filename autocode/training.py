"""From transcripts and human codes to a model: what `autocode train` and `autocode code --labels` do."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from autocode import __version__
from autocode.dataset import CodedDataset
from autocode.errors import LearnError
from autocode.learn.dial import set_dial
from autocode.learn.files import Model, load_model
from autocode.learn.folds import group_folds, numbered
from autocode.learn.judging import LEAST_UNITS, mean_average_precision, precision_in_folds
from autocode.learn.labels import Labels, joined, labels_of_codings, labels_of_decisions, overlaid
from autocode.learn.learner import Learned, learn, support
from autocode.learn.signals import Parts, Signals, join, with_parts
from autocode.pipeline import Coder, check_model
from autocode.records import Decision, Transcript

if TYPE_CHECKING:
    from autocode.codebook import Codebook, Succession
    from autocode.learn.dial import Dial
    from autocode.store import Project, Said

TUNE_FOLDS = 5  # of interviews, which fine-tuning leaves out in turn
LEAST_GROUPS = 5  # interviews to fine-tune on
_CUT_OTHERWISE = (
    "the settings cut the transcripts into other statements than were coded; run 'autocode code' first"
)
LEAST = 20  # utterances that people looked at, from which there is something to learn


def signals_of(
    coder: Coder,
    transcripts: Iterable[Transcript],
    units: set[str],
    *,
    text_of: Mapping[str, str] | None = None,
    parts: bool | None = None,
    done: Callable[[str], None] = lambda _: None,
) -> Signals:
    """What is known of the utterances called `units`, in the order of the transcripts.

    `text_of` are the words of utterances, by id, as a project has them. Their `parts` are read if asked, or,
    for None, if the units are enough to learn from them. Raises `LearnError` where a unit is
    in none of the transcripts, or has other words in the project.
    """
    read: list[Signals] = []
    found: set[str] = set()
    parts = len(units) >= LEAST_UNITS if parts is None else parts
    for transcript in transcripts:
        utterances = coder.segment(transcript)
        rows = [row for row, utterance in enumerate(utterances) if utterance.id in units]
        if text_of and any(text_of.get(utterances[row].id) != utterances[row].text for row in rows):
            raise LearnError(_CUT_OTHERWISE)
        if rows:
            scored = coder.score(transcript, utterances, rows)
            read.append(coder.signals(utterances, rows, scored, parts=parts))
            found.update(read[-1].ids)
        done(transcript.id)
    if missing := sorted(units - found):
        if text_of:
            raise LearnError(_CUT_OTHERWISE)
        raise LearnError(
            f"{len(missing)} coded utterances are not in the transcripts as they are segmented now, "
            f"the first is '{missing[0]}'; give the transcripts (and the unit) that were coded"
        )
    return join(read)


def coded_units(dataset: CodedDataset, coder: Coder) -> tuple[Signals, Labels]:
    """The coded utterances of a dataset and the table of their codes, in the same order."""
    labels = labels_of_codings(
        dataset.codings.to_learn_from().by_coder, dataset.codebook, order=dataset.unit_ids
    )
    return signals_of(coder, dataset.transcripts, set(labels.unit_ids)), labels


def labels_of_people(
    said: Iterable[Said],
    codebook: Codebook,
    *,
    name_of: Mapping[int, str],
    consensus: str = "consensus",
    succession: Succession | None = None,
) -> Labels:
    """What coders say of the units in `name_of` (the id of each by its key), as one table.

    A finished unit says no of every code that was not applied; of others only what was decided counts.
    What coders agreed on (the coder `consensus`) goes before what each of them says. What was said of a
    code that was merged counts for the code it went into, by `succession`.
    """
    if succession is not None:
        said = (replace(one, codes=succession.read(one.codes, codebook)) for one in said)
    by_unit: dict[int, list[Said]] = {}
    for one in said:
        if one.unit in name_of:
            by_unit.setdefault(one.unit, []).append(one)
    by_coder: dict[str, dict[str, frozenset[str]]] = {}
    decided: list[Decision] = []
    for unit, all_said in by_unit.items():
        agreed = [one for one in all_said if one.coder == consensus and one.done]
        finished = agreed or [one for one in all_said if one.done]
        for one in finished:
            applied = frozenset(code for code, applies in one.codes.items() if applies and code in codebook)
            by_coder.setdefault(one.coder, {})[name_of[unit]] = applied
        decided += [
            Decision(name_of[unit], code, one.coder, applies, False, _NO_TIME)
            for one in (() if finished else all_said)
            for code, applies in one.codes.items()
        ]
    order = [name_of[unit] for unit in by_unit]
    return joined(
        [labels_of_codings(by_coder, codebook, order=order), labels_of_decisions(decided, codebook)]
    )


def texts_of_project(project: Project) -> dict[str, str]:
    """The words of the project's utterances, by id, as they were coded last."""
    from autocode.store import ReviewStore

    people = ReviewStore(project.store)
    return {one.id: one.text for name in people.latest_codings() for one in people.reading(name).utterances}


def labels_of_project(project: Project, codebook: Codebook) -> Labels:
    """What people say now of the project's utterances, as one table; empty where nobody has said anything."""
    from autocode.codebook import Succession
    from autocode.store import ReviewStore
    from autocode.store.review import SUCCESSION

    people = ReviewStore(project.store)
    succession = Succession(people.setting(SUCCESSION, {}))
    pool = people.pool()
    names = dict(zip(pool.keys.tolist(), pool.names, strict=True))
    return labels_of_people(people.said(names), codebook, name_of=names, succession=succession)


_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)  # what was decided last is known already


def train(
    coder: Coder,
    signals: Signals,
    labels: Labels,
    *,
    target_error: float | None = None,
    confidence: float = 0.95,
    tuned: Tuned | None = None,
) -> Model:
    """Learn from `labels` of the utterances in `signals`, and set the risk dial if a `target_error` is given.

    `tuned` is what `tune` made of the encoder. Raises `LearnError` where there is nothing to learn.
    """
    started = time.perf_counter()
    labels = in_order(labels, signals)
    if tuned is not None:
        signals = replace(signals, tuned=tuned.log_odds)
    learned = learn(
        signals, labels, coder.codebook, background=coder.background_signals(), seed=coder.settings.seed
    )
    dial = None if target_error is None else dial_of(learned, target_error, confidence)
    facts = facts_of(coder, learned, time.perf_counter() - started)
    if tuned is None:
        return Model(learned, dial, facts)
    told = {"precision_before": tuned.before, "precision": tuned.after, "epochs": list(tuned.epochs)}
    return Model(learned, dial, {**facts, "fine_tuned": told}, tuned.folder)


@dataclass(frozen=True, slots=True)
class Tuned:
    """Fine-tuned encoders with which interviews that they have not seen are coded better."""

    folder: Path
    log_odds: NDArray[
        np.float32
    ]  # (n_units, n_codes), of each unit by the one that has not seen its interview
    before: float  # mean average precision on interviews left out, fold by fold, without and with them
    after: float
    epochs: tuple[int, ...]


def tune(
    coder: Coder,
    signals: Signals,
    labels: Labels,
    folder: Path,
    *,
    minutes: float = 10.0,
    progress: Callable[[float], None] = lambda _: None,
) -> Tuned | None:
    """Fine-tune the encoder on the labels, into the new `folder`; None, and no folder, if that did not help.

    With and without, each interview is judged by what was learnt from others. Raises `LearnError` for too
    few labels.
    """
    from autocode.embed.finetune import fine_tune

    labels, groups, seed = in_order(labels, signals), numbered(signals.groups), coder.settings.seed
    if (n_groups := int(groups.max()) + 1) < LEAST_GROUPS:
        raise LearnError(
            f"fine-tuning needs coded utterances of {LEAST_GROUPS} interviews or more; there are {n_groups}"
        )
    folds = group_folds(groups, TUNE_FOLDS, seed=seed)
    made = fine_tune(
        coder.in_context(signals.texts, signals.previous, signals.following), labels.values,
        folds, judge=mean_average_precision,
        config=coder.settings.embed, out=folder, minutes=minutes, seed=seed, progress=progress,
    )  # fmt: skip
    before, after = (
        precision_in_folds(labels.values, learn(one, labels, coder.codebook, seed=seed).cross_fitted, folds)
        for one in (signals, replace(signals, tuned=made.log_odds))
    )
    if after <= before:
        shutil.rmtree(folder)
        return None
    return Tuned(folder, made.log_odds, round(before, 4), round(after, 4), made.epochs)


def usable_model(
    folder: Path, coder: Coder, text_of: Mapping[str, str] | None = None
) -> tuple[Model | None, str]:
    """The model in `folder`, if there is one that fits the coder; else None, and why not, in a sentence.

    `text_of` are utterances as they are now, by id: a model that knows other texts by these ids does not fit.
    """
    if not folder.exists():
        return None, ""
    now = text_of or {}
    try:
        model = load_model(folder)
        check_model(model, coder)
        known = model.learned.signals
        if any(now.get(unit, text) != text for unit, text in zip(known.ids, known.texts, strict=True)):
            raise LearnError("the transcripts are cut into other statements than it learnt; train it again")
    except LearnError as error:
        return None, f"the trained model is left aside: {error}"
    return model, ""


def with_model(
    model: Model | None, signals: Signals, labels: Labels, read: Callable[[Sequence[str]], Sequence[Parts]]
) -> tuple[Signals, Labels]:
    """What people say of units in `signals`, and what a model has learnt from, to learn from anew.

    What people say goes before the labels of the model, if there is one. `read` gives the parts of texts,
    where there are labels enough to learn from them.
    """
    if model is None:
        inside = set(labels.unit_ids)
        everything = signals.take(np.flatnonzero([unit in inside for unit in signals.ids]))
        labels = in_order(labels, everything)
    else:
        everything, labels = _joined(model, signals, labels)
    if len(everything) >= LEAST_UNITS:
        everything = with_parts(everything, read)
    return everything, labels


def _joined(model: Model, signals: Signals, labels: Labels) -> tuple[Signals, Labels]:
    known = model.learned.signals
    inside = set(known.ids)
    new = [unit for unit in labels.unit_ids if unit not in inside]
    row = {unit: index for index, unit in enumerate(signals.ids)}
    everything = join([known, signals.take(np.array([row[unit] for unit in new], np.intp))])
    below = Labels(known.ids, model.learned.code_ids, model.learned.values)
    return everything, in_order(overlaid(below, labels), everything)


def in_order(labels: Labels, signals: Signals) -> Labels:
    """The labels in the order of the signals' utterances."""
    row = {unit: index for index, unit in enumerate(labels.unit_ids)}
    return labels.take(np.array([row[unit] for unit in signals.ids], np.intp))


def dial_of(learned: Learned, target_error: float, confidence: float) -> Dial:
    """The risk dial, set on the labelled units' cross-fitted probabilities; interviews are the unit."""
    return set_dial(
        learned.cross_fitted,
        learned.values,
        numbered(learned.signals.groups),  # also where single utterances were left out, of one interview
        target_error=target_error,
        confidence=confidence,
        exclusive=learned.rule.groups + learned.rule.options,
        parents=learned.rule.parents,
    )


def facts_of(coder: Coder, learned: Learned, seconds: float) -> dict[str, object]:
    """What the model's file tells of how it was made."""
    from autocode.embed import describe

    book = coder.codebook
    return {
        "autocode": __version__,
        "codebook": {"name": book.name, "digest": book.digest, "n_codes": len(book.codes)},
        "encoder": describe(coder.embedder),
        "n_units": len(learned.signals),
        "n_transcripts": len(set(learned.signals.groups)),
        "support": dict(support(learned)),
        "recipe": {"weights": learned.recipe.weights, "penalty": learned.recipe.penalty},
        "seed": coder.settings.seed,
        "timings": {"learn": round(seconds, 3)},
    }
