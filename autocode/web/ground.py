"""What the page's learner stands on: the utterances that follow live, and the project's trained model."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from autocode.codebook import Codebook
from autocode.errors import LearnError
from autocode.learn.files import Model
from autocode.learn.labels import Labels
from autocode.learn.learner import Learned
from autocode.learn.live import POOL
from autocode.learn.signals import Parts, Signals, join, with_parts
from autocode.store import Reading
from autocode.training import labels_of_people, usable_model

if TYPE_CHECKING:
    from autocode.web.state import Review

TEXTS_AT_ONCE = 64  # whose parts are read before others may use the coder


@dataclass(frozen=True)
class Ground:
    """What stays as it is until the codebook changes."""

    book: Codebook
    signals: Signals  # of the utterances that follow
    keys: tuple[int, ...]  # theirs in the project
    background: Signals | None
    function_words: frozenset[str]
    seed: int
    trained: Model | None  # for this codebook, where the project has one
    read: Callable[[Sequence[str]], Sequence[Parts]]  # the parts of texts

    @cached_property
    def name_of(self) -> Mapping[int, str]:
        """The id of each utterance by its key."""
        return dict(zip(self.keys, self.signals.ids, strict=True))

    @cached_property
    def row_of(self) -> Mapping[str, int]:
        """The row of each utterance by its id."""
        return {unit: row for row, unit in enumerate(self.signals.ids)}

    @cached_property
    def row_of_key(self) -> Mapping[int, int]:
        """The row of each utterance by its key."""
        return {key: row for row, key in enumerate(self.keys)}

    @cached_property
    def _with_parts(self) -> Signals:
        return with_parts(self.signals, self.read)

    def pool(self, learned: Learned) -> Signals:
        """The utterances that follow, as something learnt has to see them; it may take a while at first."""
        return self._with_parts if learned.needs_parts else self.signals

    @cached_property
    def labels(self) -> Labels:
        """What the trained model has learnt from; empty without one."""
        if self.trained is None:
            return Labels((), self.book.ids, np.zeros((0, len(self.book.ids))))
        known = self.trained.learned
        return Labels(known.signals.ids, known.code_ids, known.values)

    @cached_property
    def model_name(self) -> str:
        """Names the trained model; empty without one."""
        return "" if self.trained is None else self.trained.digest[:12]


class PartReader:
    """Gives the parts of utterances, and reads each text once; `stop` says that the page has ended.

    Others may use the same coder meanwhile: it is locked for some texts at a time.
    """

    def __init__(self, review: Review, stop: Callable[[], bool]) -> None:
        self._review, self._stop = review, stop
        self._known: dict[str, Parts] = {}

    def __call__(self, texts: Sequence[str]) -> tuple[Parts, ...]:
        """The parts of each text. Raises `LearnError` where the page ends meanwhile."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._known]
        for start in range(0, len(missing), TEXTS_AT_ONCE):
            if self._stop():
                raise LearnError("the page has ended")
            some = missing[start : start + TEXTS_AT_ONCE]
            with self._review.coder_lock:
                self._known.update(zip(some, self._review.coder.parts_of(some), strict=True))
        return tuple(self._known[text] for text in texts)


def prepare(review: Review, *, read: PartReader, stop: Callable[[], bool]) -> tuple[Ground, str]:
    """The ground for the present codebook; and what is left aside, a model or utterances, in a sentence each.

    Others may read transcripts with the same coder meanwhile: it is locked for one transcript at a time.
    """
    coder, parts, keys = review.coder, list[Signals](), list[int]()
    chosen, n_following, n_all = _followed(review)
    readings = _readings(review, chosen, stop)
    text_of = {one.id: one.text for reading in readings.values() for one in reading.utterances}
    with review.coder_lock:
        trained, problem = usable_model(review.project.model_path, coder, text_of)
        coder.use_tuned(trained.encoder_folder if trained else None)
        background, function_words = coder.background_signals(), coder.segmenter.function_words
    for transcript_id, reading in readings.items():
        if stop():
            break
        rows = [row for row, one in enumerate(reading.utterances) if one.codable]
        transcript = review.project.store.transcript(transcript_id)
        with review.coder_lock:
            scored = coder.score(transcript, reading.utterances, rows)
            parts.append(coder.signals(reading.utterances, rows, scored))
        keys += [reading.keys[row] for row in rows]
    if not parts:
        raise LearnError("no transcript has been coded yet, so there is nothing to suggest for")
    seed, book = coder.settings.seed, coder.codebook
    ground = Ground(book, join(parts), tuple(keys), background, function_words, seed, trained, read)
    beyond = beyond_pool(n_all, n_following)
    return ground, "; ".join(one for one in (problem, beyond) if one)


def beyond_pool(n_all: int, n_following: int) -> str:
    """What has to be said where more utterances are there than follow; empty where all do."""
    if n_following >= n_all:
        return ""
    return (
        f"suggestions follow your decisions in {n_following:,} of {n_all:,} utterances; 'autocode train' and "
        "'autocode code' bring what was decided to the others"
    )


def _followed(review: Review) -> tuple[frozenset[str], int, int]:
    """The transcripts whose utterances follow live; how many utterances those are, and all.

    About half is of transcripts that somebody has begun or was given, to learn from, and half of others, to
    suggest for, as far as there are both; each in the project's order.
    """
    pool, touched = review.pool(), review.people.coverage()
    n_codable = Counter(pool.transcripts)
    begun = {place for key, place in zip(pool.keys.tolist(), pool.transcripts, strict=True) if key in touched}
    waiting = [deque(one for one in n_codable if (one in begun) is kind) for kind in (True, False)]
    n, chosen = [0, 0], set[str]()
    while sum(n) < POOL and any(waiting):
        side = min((side for side in (0, 1) if waiting[side]), key=n.__getitem__)
        taken = waiting[side].popleft()
        chosen.add(taken)
        n[side] += n_codable[taken]
    return frozenset(chosen), sum(n), len(pool.keys)


def _readings(review: Review, chosen: Set[str], stop: Callable[[], bool]) -> dict[str, Reading]:
    """The transcripts whose utterances follow live."""
    found = dict[str, Reading]()
    for transcript_id in review.people.latest_codings():
        if stop():
            break
        if transcript_id in chosen:
            found[transcript_id] = review.people.reading(transcript_id)
    return found


def labels_of(review: Review, ground: Ground, name_of: Mapping[int, str]) -> Labels:
    """What people say now of the utterances in `name_of`."""
    said, succession = review.people.said(name_of), review.succession
    return labels_of_people(said, ground.book, name_of=name_of, succession=succession)
