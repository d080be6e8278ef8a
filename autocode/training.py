"""From transcripts and human codes to a model: what `autocode train` and `autocode code --labels` do."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np

from autocode import __version__
from autocode.errors import LearnError
from autocode.learn.dial import set_dial
from autocode.learn.files import Model
from autocode.learn.labels import Labels
from autocode.learn.learner import Learned, learn, leave_out_groups, support
from autocode.learn.signals import Signals, join
from autocode.pipeline import Coder
from autocode.records import Transcript

if TYPE_CHECKING:
    from autocode.learn.dial import Dial


def signals_of(
    coder: Coder,
    transcripts: Iterable[Transcript],
    units: set[str],
    *,
    done: Callable[[str], None] = lambda _: None,
) -> Signals:
    """What is known of the utterances called `units`, in the order of the transcripts.

    Raises `LearnError` where one of them is in none of the transcripts.
    """
    parts: list[Signals] = []
    found: set[str] = set()
    for transcript in transcripts:
        utterances = coder.segment(transcript)
        rows = [row for row, utterance in enumerate(utterances) if utterance.id in units]
        if rows:
            scored = coder.score(transcript, utterances, rows)
            parts.append(coder.signals(utterances, rows, scored))
            found.update(parts[-1].ids)
        done(transcript.id)
    if missing := sorted(units - found):
        raise LearnError(
            f"{len(missing)} coded utterances are not in the transcripts as they are segmented now, "
            f"the first is '{missing[0]}'; give the transcripts (and the unit) that were coded"
        )
    return join(parts)


def train(
    coder: Coder,
    signals: Signals,
    labels: Labels,
    *,
    target_error: float | None = None,
    confidence: float = 0.95,
) -> Model:
    """Learn from `labels` of the utterances in `signals`, and set the risk dial if a `target_error` is given.

    Raises `LearnError` where there is nothing to learn.
    """
    started = time.perf_counter()
    order = {unit: row for row, unit in enumerate(labels.unit_ids)}
    labels = labels.take(np.array([order[unit] for unit in signals.ids], np.intp))
    learned = learn(
        signals, labels, coder.codebook, background=coder.background_signals(), seed=coder.settings.seed
    )
    dial = None if target_error is None else dial_of(learned, target_error, confidence)
    return Model(learned, dial, facts_of(coder, learned, time.perf_counter() - started))


def dial_of(learned: Learned, target_error: float, confidence: float) -> Dial:
    """The risk dial, set on the labelled units' cross-fitted probabilities; interviews are the unit."""
    return set_dial(
        learned.cross_fitted,
        learned.values,
        leave_out_groups(learned.signals.groups),
        target_error=target_error,
        confidence=confidence,
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
