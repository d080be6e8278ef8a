"""From probabilities to suggestions with their verdicts and reasons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from autocode.learn.blend import sigmoid
from autocode.learn.dial import Dial
from autocode.learn.explain import Explainer
from autocode.learn.signals import Signals
from autocode.records import Evidence, Suggestion, Verdict

Reasons = Callable[[int, int], tuple[Evidence, ...]]


def scores_of(probabilities: NDArray[np.float64], thresholds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities on a scale where 0.5 is each code's threshold, shape (n, n_codes)."""
    return sigmoid(_logit(probabilities) - _logit(thresholds))


def probabilities_of(scores: NDArray[np.float64], thresholds: NDArray[np.float64]) -> NDArray[np.float64]:
    """The probabilities that `scores_of` made scores of.

    >>> probabilities_of(scores_of(np.array([[0.3]]), np.array([0.2])), np.array([0.2])).round(6).tolist()
    [[0.3]]
    """
    return sigmoid(_logit(scores) + _logit(thresholds))


def suggestions(
    explainer: Explainer,
    signals: Signals,
    probabilities: NDArray[np.float64],
    codebook_reasons: Reasons,
    *,
    dial: Dial | None = None,
    all_scores: bool = False,
) -> dict[str, tuple[Suggestion, ...]]:
    """For each utterance its suggestions, best first: the codes that are not rejected, or all.

    Without a dial the codes that probably apply are for review and the others are rejected; with one,
    its bands decide; where it can reject nothing, the codes that probably apply are
    listed. `codebook_reasons(row, column)` are those of the zero-shot scorer.
    """
    model = explainer.learned
    chosen = model.rule(probabilities)
    verdicts = dial.decide(probabilities) if dial else np.where(chosen, "review", "reject")
    scores = scores_of(probabilities, model.rule.thresholds)
    listed = np.ones_like(chosen) if all_scores else verdicts != "reject"
    if dial and dial.reject.threshold is None and not all_scores:  # every code of every utterance is no help
        listed &= chosen | (verdicts == "accept")
    encoded = model.views.encode(signals)
    near = explainer.nearness(encoded)
    explained = (listed & (verdicts != "reject")).any(axis=1)
    sentences = explainer.sentences(signals, np.flatnonzero(explained).tolist())
    found: dict[str, tuple[Suggestion, ...]] = {}
    for row, unit in enumerate(signals.ids):
        columns = sorted(np.flatnonzero(listed[row]).tolist(), key=lambda c: (-scores[row, c], c))
        items: list[Suggestion] = []
        for column in columns:
            reasons: tuple[Evidence, ...] = ()
            if verdicts[row, column] != "reject":
                learnt = explainer(signals, encoded, near, row, column, sentences=sentences[row])
                reasons = together(learnt, codebook_reasons(row, column))
            items.append(
                Suggestion(
                    utterance_id=unit,
                    code_id=model.code_ids[column],
                    score=float(scores[row, column]),
                    probability=float(probabilities[row, column]),
                    decision=cast(Verdict, str(verdicts[row, column])),
                    evidence=reasons,
                )
            )
        found[unit] = tuple(items)
    return found


def together(learnt: tuple[Evidence, ...], codebook: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """What was learnt, then the codebook's criterion and the question; words once; weights as shares."""
    words = any(item.kind == "words" for item in learnt)
    rest = [item for item in codebook if not (words and item.kind == "words")]
    items = [*learnt, *rest]
    total = sum(item.weight for item in items)
    return tuple(replace(item, weight=round(item.weight / total, 3)) if total > 0 else item for item in items)


def _logit(p: NDArray[np.float64]) -> NDArray[np.float64]:
    clipped = np.clip(p, 1e-9, 1 - 1e-9)
    return np.asarray(np.log(clipped / (1 - clipped)))
