"""`autocode evaluate`: nested cross-validation by interview on a coded dataset.

Everything that is chosen (kernel weights, penalty, calibration, thresholds, the dial) is chosen inside the
training interviews of an outer fold; what is reported is measured on its other interviews.
"""

from __future__ import annotations

import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocode import __version__
from autocode.codebook import Codebook
from autocode.dataset import CodedDataset
from autocode.embed import describe
from autocode.errors import LearnError
from autocode.evaluate import metrics
from autocode.evaluate.baselines import BASELINES
from autocode.evaluate.intervals import (
    code_intervals,
    differences,
    for_folds,
    group_intervals,
    intervals,
)
from autocode.evaluate.people import agreement_with_people, human_ceiling, on_ceiling, shared_units
from autocode.learn.dial import Dial, Side
from autocode.learn.folds import group_folds, numbered
from autocode.learn.labels import Labels, all_alike, labels_of_codings
from autocode.learn.learner import Learned, learn
from autocode.learn.sets import exclusive_columns, keep_best
from autocode.learn.signals import Signals
from autocode.pipeline import Coder
from autocode.records import Transcript
from autocode.training import dial_of, signals_of, tune

Floats = NDArray[np.float64]
LEAST_POSITIVES = 100  # for a code's calibration to be judged
DUPLICATE_WORDS = 5  # shorter texts are the same by chance


@dataclass(frozen=True, slots=True)
class Plan:
    """How to evaluate."""

    group_by: str = "transcript_id"
    n_folds: int = 5
    train_size: int | None = None  # groups of each training set; None: all
    target_error: float = 0.05
    confidence: float = 0.95
    human_ceiling: bool = False
    minutes: float | None = None  # for fine-tuning in each fold; None: no fine-tuning
    seed: int = 0


@dataclass(slots=True)
class Predicted:
    """What was predicted for each unit by a model that has not seen its group."""

    probabilities: Floats
    chosen: NDArray[np.bool_]
    verdicts: NDArray[np.str_]
    baselines: dict[str, tuple[NDArray[np.bool_], Floats]] = field(default_factory=dict)
    recipes: list[dict[str, Any]] = field(default_factory=list)
    learnt_from: list[int] = field(default_factory=list)  # units, of each fold
    dials: list[Dial] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))


def evaluate(
    dataset: CodedDataset,
    coder: Coder,
    plan: Plan,
    *,
    read: Callable[[str], None] = lambda _: None,
    fold_done: Callable[[int], None] = lambda _: None,
) -> dict[str, Any]:
    """What `metrics.json` holds. Raises `LearnError` where no grouped folds are possible."""
    started = time.perf_counter()
    dataset = replace(dataset, codings=dataset.codings.of_people())
    taught = dataset.codings.to_learn_from()
    labels = labels_of_codings(taught.by_coder, dataset.codebook, order=dataset.unit_ids)
    groups_by_unit = unit_groups(dataset.transcripts, plan.group_by, set(labels.unit_ids))
    group_names = [groups_by_unit[unit] for unit in labels.unit_ids]
    groups = numbered(group_names)
    n_groups = int(groups.max()) + 1
    if n_groups < 2:
        raise LearnError(
            f"{dataset.folder}: all coded utterances have the same {plan.group_by}; an evaluation needs two "
            "interviews or more, so that it can test on interviews that were not learnt from"
        )
    warnings = list(dict.fromkeys((*dataset.warnings, *taught.warnings, *filter(None, [all_alike(labels)]))))
    n_folds = min(plan.n_folds, n_groups)
    if n_folds < plan.n_folds:
        warnings.append(f"{n_groups} groups by {plan.group_by} make {n_folds} folds, and not {plan.n_folds}")
    folds = group_folds(groups, n_folds, seed=plan.seed)
    check_size(plan, groups, folds)
    shared = shared_units(dataset)
    if plan.human_ceiling and not shared:
        raise LearnError(
            f"{dataset.folder}: no two coders looked at the same utterances, so there is no human ceiling"
        )
    warnings += filter(None, [on_ceiling(dataset)])
    signals = signals_of(coder, dataset.transcripts, set(labels.unit_ids), done=read)
    read_seconds = time.perf_counter() - started
    predicted = _cross_validate(signals, labels, coder, plan=plan, groups=groups, folds=folds, done=fold_done)
    groups_of_codes = exclusive_columns(dataset.codebook, labels.values)
    for chosen, scores in predicted.baselines.values():
        keep_best(chosen, scores, *groups_of_codes)
    predicted.baselines["zero_shot"] = zero_shot_choice(coder, signals)  # has seen no label
    columns = literal_columns(dataset)
    widened = for_folds(n_folds)
    report = _report(labels, predicted, dataset.codebook, columns, plan=plan, groups=groups, widened=widened)
    if shared:
        report["human"] = human_ceiling(
            dataset, labels, columns, predicted.chosen, groups, widened=widened, seed=plan.seed
        )
    return {
        "autocode": __version__,
        "dataset": dataset.folder.resolve().name,
        "n_utterances": len(labels),
        "n_codes": len(columns),
        "n_groups": n_groups,
        "folds": n_folds,
        "group_by": plan.group_by,
        "train_size": plan.train_size,
        "fine_tuned": plan.minutes is not None,
        "seed": plan.seed,
        "n_learnt_from": round(float(np.mean(predicted.learnt_from)), 1),
        "agreement": agreement_with_people(
            dataset, labels, predicted.chosen, group_names, columns, widened=widened, seed=plan.seed
        ),
        **report,
        "duplicates": duplicates(signals.texts, groups),
        "recipes": predicted.recipes,
        "encoder": describe(coder.embedder),
        "codebook": {"name": dataset.codebook.name, "digest": dataset.codebook.digest},
        "warnings": warnings,
        "timings": {
            "read": round(read_seconds, 3),
            **{name: round(value, 3) for name, value in predicted.seconds.items()},
            "total": round(time.perf_counter() - started, 3),
        },
    }


def _cross_validate(
    signals: Signals,
    labels: Labels,
    coder: Coder,
    *,
    plan: Plan,
    groups: NDArray[np.intp],
    folds: NDArray[np.intp],
    done: Callable[[int], None],
) -> Predicted:
    shape = labels.values.shape
    found = Predicted(np.zeros(shape), np.zeros(shape, bool), np.full(shape, "review", dtype="<U6"))
    found.baselines = {name: (np.zeros(shape, bool), np.zeros(shape)) for name in BASELINES}
    grouped = replace(signals, groups=tuple(map(str, groups)))
    for fold in range(int(folds.max()) + 1):
        train = _some_groups(np.flatnonzero(folds != fold), groups, plan.train_size, seed=plan.seed + fold)
        found.learnt_from.append(len(train))
        test = np.flatnonzero(folds == fold)
        clock = time.perf_counter()
        if (labels.values[train] == 1).any():  # else nothing is suggested
            learned, unseen = _learn(
                grouped, labels, coder, train, test, minutes=plan.minutes, seed=plan.seed
            )
            found.probabilities[test] = learned.probabilities(unseen)
            found.chosen[test] = learned.rule(found.probabilities[test])
            found.dials.append(dial_of(learned, plan.target_error, plan.confidence))
            found.verdicts[test] = found.dials[-1].decide(found.probabilities[test])
            found.recipes.append({"weights": learned.recipe.weights, "penalty": learned.recipe.penalty})
        found.seconds["learn"] += time.perf_counter() - clock
        clock = time.perf_counter()
        for name, baseline in BASELINES.items():
            chosen, scores = baseline(grouped.take(train), labels.values[train], grouped.take(test))
            found.baselines[name][0][test], found.baselines[name][1][test] = chosen, scores
        found.seconds["baselines"] += time.perf_counter() - clock
        done(fold)
    return found


def _learn(
    signals: Signals,
    labels: Labels,
    coder: Coder,
    train: NDArray[np.intp],
    test: NDArray[np.intp],
    *,
    minutes: float | None,
    seed: int,
) -> tuple[Learned, Signals]:
    """What the units `train` teach, and the units `test` as it sees them, fine-tuned if asked."""
    own, taught, unseen = signals.take(train), labels.take(train), signals.take(test)
    if minutes is not None:
        with tempfile.TemporaryDirectory(prefix="autocode-") as folder:  # mode 0700
            tuned = tune(coder, own, taught, Path(folder) / "encoder", minutes=minutes)
            if tuned is not None:
                coder.use_tuned(tuned.folder)
                own = replace(own, tuned=tuned.log_odds)
                unseen = replace(
                    unseen, tuned=coder.tuned_log_odds(unseen.texts, unseen.previous, unseen.following)
                )
                coder.use_tuned(None)
    background = coder.background_signals()
    return learn(own, taught, coder.codebook, background=background, seed=seed), unseen


def _some_groups(
    rows: NDArray[np.intp], groups: NDArray[np.intp], n: int | None, *, seed: int
) -> NDArray[np.intp]:
    """The rows of `n` groups at random, all of them for None."""
    there = np.unique(groups[rows])
    if n is None:
        return rows
    chosen = np.random.default_rng(seed).choice(there, n, replace=False)
    return rows[np.isin(groups[rows], chosen)]


def check_size(plan: Plan, groups: NDArray[np.intp], folds: NDArray[np.intp]) -> None:
    """Raise `LearnError` if a fold has fewer groups to train on than the plan has."""
    least = min(len(np.unique(groups[folds != fold])) for fold in np.unique(folds))
    if plan.train_size is not None and plan.train_size > least:
        held = "interviews" if plan.group_by == "transcript_id" else "groups"
        there = f"there are only {least} {held} to train on in a fold"
        raise LearnError(f"--train-size {plan.train_size}: {there}")


def unit_groups(transcripts: Sequence[Transcript], field_name: str, units: set[str]) -> dict[str, str]:
    """What holds units together, by unit: `transcript_id`, `speaker`, `role`, or a field such as
    `meta.video_url`.

    Raises `LearnError` for one of `units` without the field.
    """
    found: dict[str, str] = {}
    for transcript in transcripts:
        for turn in transcript.turns:
            if turn.unit_id not in units:
                continue
            if field_name == "transcript_id":
                value: Any = transcript.id
            elif field_name in ("speaker", "role"):
                value = getattr(turn, field_name)
            else:
                value = _in_meta(turn.meta, field_name)
            if value is None or isinstance(value, dict | list) or not str(value).strip():
                raise LearnError(f"--group-by {field_name}: utterance '{turn.unit_id}' has no such field")
            found[str(turn.unit_id)] = str(value)
    return found


def _in_meta(meta: Mapping[str, Any], field_name: str) -> Any:
    """The value under a name as it stands, without `meta.`, or one level down at each dot; None: none."""
    name = field_name.removeprefix("meta.")
    for whole in (field_name, name):
        if whole in meta:
            return meta[whole]
    value: Any = meta
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def literal_columns(dataset: CodedDataset) -> list[int]:
    """Columns of the codes that somebody applied; a parent that stands above one only is left out."""
    applied = {
        code for units in dataset.codings.by_coder.values() for codes in units.values() for code in codes
    }
    return [index for index, code in enumerate(dataset.codebook.ids) if code in applied]


def zero_shot_choice(coder: Coder, signals: Signals) -> tuple[NDArray[np.bool_], Floats]:
    """What the codebook alone would have suggested."""
    from autocode.classify.hierarchy import choose

    scores = 1.0 / (1.0 + np.exp(-signals.evidence.astype(np.float64)))
    config = coder.settings.classify
    chosen = choose(coder.codebook, scores, threshold=config.threshold, most=config.max_suggestions)
    return chosen, scores


def _report(
    labels: Labels,
    predicted: Predicted,
    codebook: Codebook,
    columns: list[int],
    *,
    plan: Plan,
    groups: NDArray[np.intp],
    widened: float,
) -> dict[str, Any]:
    truth, probabilities, chosen = labels.values, predicted.probabilities, predicted.chosen
    n_groups, names = int(groups.max()) + 1, [codebook.ids[c] for c in columns]
    per_code = metrics.per_code(truth[:, columns], chosen[:, columns], names)
    by_folds: dict[str, Any] = {"widened": widened, "seed": plan.seed}
    of_codes = code_intervals(truth[:, columns], chosen[:, columns], groups, **by_folds)
    ours = [metrics.counts(truth, chosen, columns, groups, n_groups)]
    for column, own in zip(columns, of_codes, strict=True):
        row = per_code[codebook.ids[column]]
        row["intervals"] = own
        row |= metrics.code_calibration(truth, probabilities, column)
        row["calibration_judged"] = row["support"] >= LEAST_POSITIVES
        row |= metrics.bands(truth, predicted.verdicts, [column])

    def baseline(name: str, choice: NDArray[np.bool_], scores: Floats) -> dict[str, Any]:
        theirs = [metrics.counts(truth, choice, columns, groups, n_groups)]
        return {
            **metrics.overall(truth, choice, columns),
            "intervals": intervals(theirs, **(by_folds if name in BASELINES else {"seed": plan.seed})),
            "difference": differences(ours, theirs, **by_folds),
            "ranking": metrics.ranking(truth, scores, columns),
            "groups": metrics.exclusive_groups(truth, choice, codebook),
        }

    exclusive = metrics.exclusive_groups(truth, chosen, codebook)
    for members in codebook.exclusive_groups:
        places = [codebook.ids.index(code) for code in members]
        of_group = group_intervals(truth, chosen, places, groups, **by_folds)
        exclusive[metrics.group_name(members)]["intervals"] = of_group
    return {
        "per_code": per_code,
        **metrics.overall(truth, chosen, columns),
        "intervals": intervals(ours, **by_folds),
        "groups": exclusive,
        "ranking": metrics.ranking(truth, probabilities, columns),
        "calibration": metrics.calibration(truth, probabilities, columns),
        "auto_accept": {
            "target_error": plan.target_error,
            "confidence": plan.confidence,
            **metrics.bands(truth, predicted.verdicts, columns),
            "units_settled": metrics.units_settled(truth, predicted.verdicts, columns),
            "more_interviews": {
                "accept": _most([(dial, dial.accept) for dial in predicted.dials], n_groups),
                "reject": _most([(dial, dial.reject) for dial in predicted.dials], n_groups),
            },
            "nothing_because": {
                "accept": _why_nothing([dial.accept for dial in predicted.dials]),
                "reject": _why_nothing([dial.reject for dial in predicted.dials]),
            },
        },
        "baselines": {
            name: baseline(name, choice, scores) for name, (choice, scores) in predicted.baselines.items()
        },
        "confusion": metrics.confusion(truth[:, columns], chosen[:, columns], names),
    }


def _most(sides: Sequence[tuple[Dial, Side]], n_groups: int) -> int | None:
    """About how many more interviews than there are it takes to settle anything; None: none, or unknown."""
    more = (
        dial.n_interviews + side.more_interviews - n_groups
        for dial, side in sides
        if side.more_interviews is not None
    )
    return max((n for n in more if n > 0), default=None)


def _why_nothing(sides: Sequence[Side]) -> str | None:
    """Why no fold's dial could settle anything; None where one could."""
    if any(side.threshold is not None for side in sides):
        return None
    if all(side.more_interviews is None for side in sides):
        return "too often wrong, or too seldom sure, for this target"
    return "the interviews that a fold learns from are too few for this target"


def duplicates(texts: Sequence[str], groups: NDArray[np.intp]) -> dict[str, int]:
    """Texts of some length that stand in several groups word for word: they leak from fold to fold."""
    places: dict[str, set[int]] = defaultdict(set)
    counts: dict[str, int] = defaultdict(int)
    for text, group in zip(texts, groups.tolist(), strict=True):
        words = text.casefold().split()
        if len(words) >= DUPLICATE_WORDS:
            places[" ".join(words)].add(group)
            counts[" ".join(words)] += 1
    repeated = [text for text, where in places.items() if len(where) > 1]
    return {"n_texts": len(repeated), "n_units": sum(counts[text] for text in repeated)}
