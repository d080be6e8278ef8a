"""From coded interviews to themes: cluster, name, hold against the codebook, try again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from autocode.digests import digest
from autocode.errors import ThemesError, TooFewError
from autocode.learn.labels import Labels
from autocode.learn.suggest import probabilities_of
from autocode.pipeline import CodedTranscript, Coder
from autocode.records import Utterance
from autocode.respondents import person, respondents_of, spread
from autocode.themes.communities import ConsensusCommunities
from autocode.themes.given import CodesHeld, codes_held
from autocode.themes.map import places
from autocode.themes.saturation import Saturation, SaturationRule, measure_saturation
from autocode.themes.stability import STABLE, Stability, measure_stability
from autocode.themes.theme import MIN_WORDS, Groups, Statement, Theme, in_order
from autocode.themes.topics import find_topics
from autocode.themes.words import said_in_several, talk_words, telling_words

Detail = Literal["few", "some", "many"]
MOST: Mapping[str, int] = {"few": 12, "some": 40, "many": 120}  # themes, about
LEAST = 10  # statements from which themes can be found
N_LABEL = 3  # words
N_STATEMENTS = 6  # shown for a theme
PACKAGES = ("bertopic", "graspologic-native", "numpy", "scikit-learn", "scipy")


@dataclass(frozen=True, slots=True)
class Found:
    """The themes of a corpus, in the order in which to read them, and how they came about."""

    themes: tuple[Theme, ...]
    placed: Mapping[str, int]  # theme's id by utterance id
    n_statements: int  # long enough to be placed
    n_short: int
    n_respondents: int
    transcripts: tuple[str, ...]  # ids of those in which themes were looked for
    covered_by: Literal["calibrated probabilities", "zero-shot scores"]
    stability: Stability
    saturation_of_codes: Saturation
    saturation_of_themes: Saturation
    codes: CodesHeld | None  # whether the codes hold together; None: there are none on these statements
    facts: Mapping[str, Any]  # seed, versions, settings: JSON values
    groups: Groups = field(default_factory=dict)  # statements by attribute and value
    warnings: tuple[str, ...] = ()  # what must be known before this is passed on

    @property
    def n_transcripts(self) -> int:
        """How many were looked at."""
        return len(self.transcripts)

    @property
    def numbers(self) -> dict[str, int]:
        """By transcript's id, which may hold a name: the number of the interview, as in the findings."""
        return {id: number for number, id in enumerate(sorted(self.transcripts), 1)}

    @property
    def emergent(self) -> tuple[Theme, ...]:
        """Those that are new, stable, said by several respondents and not decided on."""
        return tuple(theme for theme in self.themes if theme.emergent)

    @property
    def share_unplaced(self) -> float:
        """Of the statements that are long enough."""
        return 1.0 - len(self.placed) / self.n_statements if self.n_statements else 0.0


@dataclass(frozen=True, slots=True)
class Statements:
    """The n statements that are long enough, with what is known of each."""

    said: tuple[Utterance, ...]
    respondents: tuple[str, ...]
    embeddings: NDArray[np.float32]  # (n, n_dims), unit rows
    words: Sequence[Sequence[str]]  # those that may name a theme
    covered: NDArray[np.float64]  # (n,), 0 to 1: how far a code covers it
    n_short: int

    @property
    def interviews(self) -> list[str]:
        """The transcript of each."""
        return [utterance.transcript_id for utterance in self.said]


def find_themes(
    coder: Coder,
    codings: Sequence[CodedTranscript],
    *,
    detail: str = "some",
    n_runs: int = 5,
    rule: SaturationRule | None = None,
    people: Labels | None = None,
    done: Callable[[], None] = lambda: None,
) -> Found:
    """The themes of what respondents say in `codings`, which `coder` made.

    `detail` says how many: at most about 12 (few), 40 (some) or 120 (many). Stability is tried on `n_runs`
    other seeds and as many resamplings of the interviews; `done` hears of each. `people` are people's codes
    of these utterances, by which to judge the codes; without any, the suggested ones are judged.
    Raises `ThemesError` for too few statements.
    """
    communities = ConsensusCommunities(most=_most(detail), seed=coder.settings.seed)
    statements = read_statements(coder, codings)
    topics, named = find_topics(statements.embeddings, statements.words, communities)
    if not named:
        raise TooFewError(
            f"no {communities.smallest} of these {len(statements.words)} statements belong together; add "
            "interviews, or read these by themselves"
        )
    stability = measure_stability(topics, statements.interviews, communities, n_runs=n_runs, done=done)
    rows = [np.flatnonzero(topics == topic) for topic in range(len(named))]
    on_the_map = places(np.array([statements.embeddings[own].mean(axis=0) for own in rows]))
    themes = [
        _theme(
            coder,
            statements,
            rows[topic],
            id=topic + 1,
            words=words,
            stability=stability.found[topic],
            place=on_the_map[topic],
        )
        for topic, words in enumerate(named)
    ]
    placed = {statements.said[row].id: int(topics[row]) + 1 for row in np.flatnonzero(topics >= 0)}
    of_codes, of_themes = _saturations(codings, placed, rule or SaturationRule(), coder.settings.seed)
    settings = {"detail": detail, "min_words": MIN_WORDS, "n_runs": n_runs, **communities.get_params()}
    return Found(
        themes=tuple(in_order(themes)),
        placed=placed,
        n_statements=len(statements.said),
        n_short=statements.n_short,
        n_respondents=len(set(statements.respondents)),
        transcripts=tuple(coding.transcript_id for coding in codings),
        covered_by="calibrated probabilities" if coder.model else "zero-shot scores",
        stability=stability,
        saturation_of_codes=of_codes,
        saturation_of_themes=of_themes,
        codes=codes_held(
            coder.codebook, codings, statements.embeddings, people=people, seed=coder.settings.seed
        ),
        facts={
            **coder.describe(),
            "packages": {name: version(name) for name in PACKAGES},
            "themes": settings,
        },
    )


def read_statements(coder: Coder, codings: Sequence[CodedTranscript]) -> Statements:
    """What respondents say in at least `MIN_WORDS` words. Raises `ThemesError` for too few of them."""
    said: list[Utterance] = []
    covered: list[float] = []
    n_short = 0
    for coding in codings:
        for utterance, share in zip(coding.codable, _covered(coder, coding), strict=True):
            if len(utterance.text.split()) < MIN_WORDS:
                n_short += 1
                continue
            said.append(utterance)
            covered.append(share)
    _check(len(said), n_short)
    segmenter, texts = coder.segmenter, [utterance.text for utterance in said]
    names = {utterance.speaker for coding in codings for utterance in coding.utterances}
    words = telling_words(segmenter, texts, talk_words(segmenter, names))
    numbers = respondents_of(utterance for coding in codings for utterance in coding.codable)
    return Statements(
        tuple(said),
        tuple(numbers[person(utterance)] for utterance in said),
        coder.embedder.embed([segmenter.clean(text) for text in texts]),
        said_in_several(words, [utterance.transcript_id for utterance in said]),
        np.array(covered),
        n_short,
    )


def _theme(
    coder: Coder,
    statements: Statements,
    rows: NDArray[np.intp],
    *,
    id: int,
    words: tuple[str, ...],
    stability: float,
    place: tuple[float, float],
) -> Theme:
    """The theme of the statements in `rows`."""
    who = [statements.respondents[row] for row in rows]
    code, distance = nearest_code(coder, statements.embeddings[rows])
    shown = rows[spread(who, representative(statements.embeddings[rows]), N_STATEMENTS)]
    return Theme(
        id=id,
        label=label_of(id, words),
        words=words,
        n_statements=len(rows),
        respondents=_counted(who),
        transcripts=_counted(statements.said[row].transcript_id for row in rows),
        coverage=round(float(statements.covered[rows].mean()), 4),
        nearest_code=code,
        nearest_name=coder.codebook.short_path(code),
        distance=round(distance, 4),
        cohesion=round(float(np.linalg.norm(statements.embeddings[rows].mean(axis=0))), 4),
        stability=stability,
        stable=stability >= STABLE,
        statements=tuple(_shown(statements.said[row], statements.respondents[row]) for row in shown),
        place=place,
    )


def _shown(said: Utterance, respondent: str) -> Statement:
    text = " ".join(said.text.split())
    return Statement(said.id, said.transcript_id, respondent, text, said.index + 1, digest(text))


def label_of(id: int, words: Sequence[str]) -> str:
    """What a theme is called."""
    return ", ".join(words[:N_LABEL]) or f"theme {id}"


def _most(detail: str) -> int:
    if detail not in MOST:
        raise ThemesError(f"there is no level of detail '{detail}'; use {', '.join(MOST)}")
    return MOST[detail]


def _check(n: int, n_short: int) -> None:
    if n < LEAST:
        short = f" ({n_short} more are shorter than {MIN_WORDS} words)" if n_short else ""
        raise TooFewError(
            f"themes need at least {LEAST} statements of respondents with {MIN_WORDS} words or more, and "
            f"there are {n}{short}; add interviews, or read these by themselves"
        )


def _covered(coder: Coder, coding: CodedTranscript) -> Sequence[float]:
    """Of each codable utterance its likeliest code's probability; without a model 1 if one is suggested."""
    if coder.model is None:
        kept = {
            unit
            for unit, found in coding.suggestions.items()
            if any(one.decision != "reject" for one in found)
        }
        return [float(utterance.id in kept) for utterance in coding.codable]
    thresholds = coder.model.learned.rule.thresholds
    likely = probabilities_of(coding.scores.astype(np.float64), thresholds)
    return [float(value) for value in likely.max(axis=1, initial=0.0)]


def nearest_code(coder: Coder, embeddings: NDArray[np.float32]) -> tuple[str, float]:
    """The leaf code whose five nearest lines are nearest to the middle of `embeddings`, and 1 - cosine."""
    near, leaves = coder.scorer.near, coder.codebook.leaves
    middle = embeddings.mean(axis=0, keepdims=True)
    middle = middle / max(float(np.linalg.norm(middle)), 1e-9)
    cosine = (near(middle) * near.spread + near.mean)[0]
    best = max(leaves, key=lambda code: (cosine[coder.codebook.ids.index(code)], code))
    return best, 1.0 - float(cosine[coder.codebook.ids.index(best)])


def representative(embeddings: NDArray[np.float32]) -> NDArray[np.intp]:
    """Rows by how near they are to the middle of all, nearest first."""
    middle = embeddings.mean(axis=0)
    return np.asarray(np.argsort(-(embeddings @ middle), kind="stable"), np.intp)


def _counted(names: Any) -> dict[str, int]:
    return dict(sorted(Counter(names).items(), key=lambda item: (-item[1], item[0])))


def _saturations(
    codings: Sequence[CodedTranscript], placed: Mapping[str, int], rule: SaturationRule, seed: int
) -> tuple[Saturation, Saturation]:
    """Of the codes and of the themes in each interview."""
    codes, themes = [], []
    for coding in codings:
        found = (one for items in coding.suggestions.values() for one in items if one.decision != "reject")
        codes.append({one.code_id for one in found})
        themes.append({str(placed[one.id]) for one in coding.codable if one.id in placed})
    of_codes, of_themes = (
        measure_saturation(
            seen,
            base_size=rule.base_size,
            run_length=rule.run_length,
            threshold=rule.threshold,
            seed=seed,
        )
        for seen in (codes, themes)
    )
    return of_codes, of_themes
