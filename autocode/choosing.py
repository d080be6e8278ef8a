"""What to code next, in a coded dataset or a project: the utterances, why each, and whether one may stop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autocode.batch import project_coder, uncoded_note
from autocode.dataset import CodedDataset
from autocode.errors import LearnError
from autocode.learn.files import Model
from autocode.learn.labels import Labels, labels_of_codings
from autocode.learn.learner import Learned, learn
from autocode.learn.queue import RANDOM, Pool, best_of, check_strategy, pool_of, rank
from autocode.learn.signals import Signals
from autocode.learn.stopping import Stopping, stopping
from autocode.pipeline import Coder
from autocode.records import Transcript, Utterance
from autocode.store import Account, Project, ReviewStore
from autocode.training import (
    LEAST,
    labels_of_project,
    signals_of,
    texts_of_project,
    usable_model,
    with_model,
)

BEST = 3  # codes named with each utterance


@dataclass(frozen=True, slots=True)
class Corpus:
    """Everything that can be coded, and what people have said of it."""

    coder: Coder
    utterances: Mapping[str, Utterance]  # by id, in order
    signals: Signals  # of all of them, without parts
    labels: Labels
    model: Model | None = None  # the project's, which knows labels of its own
    taken: frozenset[str] = frozenset()  # not coded yet, but drawn for somebody


@dataclass(frozen=True, slots=True)
class Choice:
    """One utterance to code next."""

    utterance: Utterance
    why: str
    codes: tuple[tuple[str, float], ...]  # the best ones with their probability
    probability: float | None  # of being drawn; None: it was not drawn by chance


@dataclass(frozen=True, slots=True)
class Choices:
    """What to code next, most useful first."""

    choices: tuple[Choice, ...]
    n_open: int  # utterances that nobody has coded yet
    n_coded: int  # those that people looked at
    learned: bool  # False: too few labels, so the codebook alone speaks
    stopping: Stopping | None


def corpus_of_dataset(
    dataset: CodedDataset, coder: Coder, *, done: Callable[[str], None] = lambda _: None
) -> Corpus:
    """The corpus of a coded dataset: all utterances in the roles that people coded."""
    labels = labels_of_codings(
        dataset.codings.to_learn_from().by_coder, dataset.codebook, order=dataset.unit_ids
    )
    return _corpus(coder, dataset.transcripts, dataset.codable, labels, done=done)


def corpus_of_project(
    project: Project,
    *,
    warn: Callable[[str], None] = lambda _: None,
    done: Callable[[str], None] = lambda _: None,
) -> Corpus:
    """The corpus of a project: what its latest coding found codable, with what people say now.

    Raises `LearnError` where nothing has been coded by the machine yet.
    """
    coder, people = project_coder(project, with_model=False), ReviewStore(project.store)
    pool = people.pool()
    if not len(pool.keys):
        raise LearnError(f"{project.folder}: no transcript has been coded yet; 'autocode code' does that")
    coded = people.latest_codings()
    if note := uncoded_note(project, coded):
        warn(note)
    transcripts = [project.store.transcript(one) for one in coded]
    text_of = texts_of_project(project)
    model, problem = usable_model(project.model_path, coder, text_of)
    if problem:
        warn(problem)
    coder.use_tuned(model.encoder_folder if model else None)
    labels, drawn = labels_of_project(project, coder.codebook), people.drawn()
    taken = frozenset(name for key, name in zip(pool.keys.tolist(), pool.names, strict=True) if key in drawn)
    names = frozenset(pool.names)
    return _corpus(coder, transcripts, names, labels, done=done, model=model, taken=taken, text_of=text_of)


def _corpus(
    coder: Coder,
    transcripts: Sequence[Transcript],
    codable: frozenset[str],
    labels: Labels,
    *,
    done: Callable[[str], None],
    model: Model | None = None,
    taken: frozenset[str] = frozenset(),
    text_of: Mapping[str, str] | None = None,
) -> Corpus:
    signals = signals_of(coder, transcripts, set(codable), text_of=text_of, parts=False, done=done)
    every = {one.id: one for transcript in transcripts for one in coder.segment(transcript)}
    utterances = {unit: every[unit] for unit in signals.ids}
    return Corpus(coder, utterances, signals, labels, model, taken)


def learnt_of(corpus: Corpus) -> Learned | None:
    """What people's codes teach; None where they are fewer than `LEAST`, or no code applies anywhere."""
    coder = corpus.coder
    if corpus.model is None and (len(corpus.labels) < LEAST or not (corpus.labels.values == 1).any()):
        return None
    signals, table = with_model(corpus.model, corpus.signals, corpus.labels, coder.parts_of)
    background = coder.background_signals()
    return learn(signals, table, coder.codebook, background=background, seed=coder.settings.seed)


def choose(corpus: Corpus, n: int, *, by: str, seed: int | None = None) -> Choices:
    """The `n` utterances to code next by a strategy of `learn.queue`, and whether one may stop.

    Raises `LearnError` for a strategy that there is not.
    """
    coder = corpus.coder
    check_strategy(by, coder.codebook.ids)
    learned = learnt_of(corpus)
    coded = (
        set(corpus.labels.unit_ids) if learned is None else {*corpus.labels.unit_ids, *learned.signals.ids}
    )
    rest = [unit for unit in corpus.signals.ids if unit not in coded and unit not in corpus.taken]
    signals = corpus.signals.take(_rows(corpus.signals, rest))
    seed = coder.settings.seed if seed is None else seed
    if learned is None:
        pool = _unlearnt(corpus, signals, seed)
    else:
        pool = pool_of(learned, learned.with_parts(signals, coder.parts_of), seed=seed)
    at_random = by == RANDOM
    ranking = rank(pool, by)
    chosen = best_of(ranking, pool, n, spread=not at_random)
    leaves = [coder.codebook.ids.index(code) for code in coder.codebook.leaves]
    choices = tuple(
        Choice(
            corpus.utterances[pool.ids[row]],
            ranking.why(row),
            _best(pool, row, leaves),
            len(chosen) / len(rest) if at_random else None,
        )
        for row in chosen
    )
    told = None
    if learned is not None:
        told = stopping(learned, coder.codebook, background=coder.background_signals(), seed=seed)
    return Choices(choices, len(rest), len(coded), learned is not None, told)


def coder_called(project: Project, name: str) -> Account:
    """Somebody who codes in a project. Raises `LearnError` where nobody is called so."""
    people = ReviewStore(project.store)
    account, coding = people.account(name), [one for one in people.accounts() if _codes(one)]
    if account is None or not _codes(account):
        names = ", ".join(one.name for one in coding)
        known = f"known are {names}" if names else "people get a name on the review page"
        raise LearnError(f"--coder: nobody who codes in this project is called '{name}'; {known}")
    return account


def _codes(account: Account) -> bool:
    return account.active and account.role in ("lead", "coder")


def give(project: Project, coder: Account, choices: Iterable[Choice]) -> int:
    """Give utterances that were drawn by chance to a coder, to be decided blind; how many are new."""
    people = ReviewStore(project.store)
    pool = people.pool()
    key_of = dict(zip(pool.names, pool.keys.tolist(), strict=True))
    drawn = {key_of[one.utterance.id]: one.probability for one in choices}
    return people.assign(coder.key, {key: p for key, p in drawn.items() if p is not None}, arm="blind")


def _unlearnt(corpus: Corpus, rest: Signals, seed: int) -> Pool:
    """What is left to code, as the codebook alone sees it."""
    ids, coded = corpus.coder.codebook.ids, _rows(corpus.signals, corpus.labels.unit_ids)
    scores = 1.0 / (1.0 + np.exp(-rest.evidence.astype(np.float64)))
    return Pool(
        ids=rest.ids,
        groups=rest.groups,
        code_ids=ids,
        probabilities=scores,
        evidence=rest.evidence,
        embeddings=rest.embeddings,
        labelled_embeddings=corpus.signals.embeddings[coded],
        thresholds=np.full(len(ids), corpus.coder.settings.classify.threshold),
        support=np.nansum(corpus.labels.values, axis=0).astype(np.intp),
        seed=seed,
    )


def _best(pool: Pool, row: int, leaves: Sequence[int]) -> tuple[tuple[str, float], ...]:
    """The likeliest codes; those above others are left out, since they are never less likely."""
    order = sorted(leaves, key=lambda column: -pool.probabilities[row, column])
    return tuple((pool.code_ids[c], float(pool.probabilities[row, c])) for c in order[:BEST])


def _rows(signals: Signals, units: Iterable[str]) -> NDArray[np.intp]:
    row = {unit: index for index, unit in enumerate(signals.ids)}
    return np.array([row[unit] for unit in units], np.intp)
