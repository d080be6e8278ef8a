"""Train and measure the finder of topics in English conversations.

    python scripts/train_topics.py QMSUM_DIR

The folder holds `utterances.jsonl.gz` and `segments.jsonl.gz`: meetings whose topics people marked. Every
stretch that no topic covers counts as a segment too. Measures Pk beside no boundary at all, on meetings that
were not trained on: by five folds of meetings, by five folds of whole teams (or committees), and each family
of meetings by the other two. Then trains on all meetings and writes `models/topics-en.npz` and its card
`models/topics-en.json`. The same data gives the same files.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocode.agreement import pk
from autocode.config import shipped
from autocode.records import Turn
from autocode.segment import topics

PENALTY = 0.01  # inverse strength of the ridge on the scores of gaps
CUE = 0.5  # what a cue counts beside a standardised mark
KEPT = 0.2  # of the gaps without a boundary: there are a hundred to one with
MARGINS = (0.0, 0.1, 0.25, 0.5)
N_FOLDS, N_INNER = 5, 3


@dataclass(frozen=True)
class Meeting:
    """A meeting, its family, and the turns at which people began a topic."""

    id: str
    family: str
    turns: tuple[Turn, ...]
    starts: tuple[int, ...]

    @property
    def team(self) -> str:
        """Who met: the meeting's id without its number."""
        return self.id[:-1] if self.family == "AMI" else self.id.rstrip("0123456789").rstrip("_")

    @cached_property
    def cues(self) -> list[list[int]]:
        """The columns of each gap's cues."""
        return list(topics.cue_columns(topics.words_of(self.turns)))

    @cached_property
    def marks(self) -> NDArray[np.float64]:
        """The other marks of each gap."""
        return topics.gap_marks(self.turns, topics.words_of(self.turns))

    def pk(self, starts: Sequence[int]) -> float:
        """Pk of a segmentation, by its starts, against people's."""
        value = pk(self._masses(self.starts), self._masses(starts)).value
        assert value is not None
        return value

    def _masses(self, starts: Sequence[int]) -> list[int]:
        return [b - a for a, b in pairwise([0, *starts, len(self.turns)])]


def main() -> None:
    """Measure, train, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("qmsum", type=Path)
    parser.add_argument("--out", type=Path, default=shipped("models"))
    arguments = parser.parse_args()
    meetings = read_meetings(arguments.qmsum)
    splits = {
        "other meetings": folds(meetings, N_FOLDS, seed=0),
        "other teams": grouped([one.team for one in meetings], meetings),
        "other families": grouped([one.family for one in meetings], meetings),
    }
    scores = {}
    for name, parts in splits.items():
        found: dict[str, list[int]] = {}
        for held in parts:
            found |= predict(train(without(meetings, held)), held)
        scores[name] = report(name, meetings, found)
    path = arguments.out / "topics-en.npz"
    save(path, train(meetings))
    write_card(path, scores, len(meetings), sum(len(one.turns) for one in meetings))


def read_meetings(folder: Path) -> list[Meeting]:
    """The meetings of QMSum, by id."""
    turns: dict[str, list[Turn]] = defaultdict(list)
    families: dict[str, str] = {}
    for row in read_rows(folder / "utterances.jsonl.gz"):
        own = turns[row["transcript_id"]]
        own.append(Turn(len(own), row["speaker"], "respondent", row["text"], 0, len(row["text"])))
        families[row["transcript_id"]] = row["meta"]["corpus"]
    starts: dict[str, set[int]] = defaultdict(set)
    for row in read_rows(folder / "segments.jsonl.gz"):
        starts[row["transcript_id"]] |= {edge for a, b in row["spans"] for edge in (a, b + 1)}
    return [
        Meeting(id, families[id], tuple(turns[id]), tuple(sorted(starts[id] - {0, len(turns[id])})))
        for id in sorted(starts)
    ]


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a JSON Lines file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def folds(meetings: Sequence[Meeting], n: int, *, seed: int) -> list[list[Meeting]]:
    """`meetings` in `n` parts, each family spread over all."""
    draw = np.random.default_rng(seed)
    in_turn = sorted(meetings, key=lambda one: (one.family, draw.random()))
    return [in_turn[part::n] for part in range(n)]


def grouped(groups: Sequence[str], meetings: Sequence[Meeting]) -> list[list[Meeting]]:
    """`meetings` in `N_FOLDS` parts or fewer, none of the `groups` in two of them."""
    order = np.random.default_rng(0).permutation(sorted(set(groups))).tolist()
    part = {group: number % N_FOLDS for number, group in enumerate(order)}
    return [
        [one for one, group in zip(meetings, groups, strict=True) if part[group] == number]
        for number in range(min(N_FOLDS, len(order)))
    ]


def without(meetings: Sequence[Meeting], held: Sequence[Meeting]) -> list[Meeting]:
    """`meetings` that are not in `held`."""
    ids = {one.id for one in held}
    return [one for one in meetings if one.id not in ids]


def train(meetings: Sequence[Meeting]) -> topics.TopicModel:
    """The model of `meetings`: windows and the margin are learnt from scores of meetings left out inside."""
    parts = folds(meetings, N_INNER, seed=1)
    scores: dict[str, NDArray[np.float64]] = {}
    for held in parts:
        scorer = train_scorer(without(meetings, held))
        scores |= {one.id: gap_scores(scorer, one) for one in held}
    model = train_scorer(meetings)
    wrong = dict.fromkeys(MARGINS, 0.0)
    for held in parts:
        window = train_window(model, without(meetings, held), scores)
        for margin in MARGINS:
            tried = replace(model, window=window, margin=margin)
            wrong[margin] += sum(one.pk(tried.choose(scores[one.id])) for one in held)
    margin = min(MARGINS, key=lambda one: wrong[one])
    return replace(model, window=train_window(model, meetings, scores), margin=margin)


def train_scorer(meetings: Sequence[Meeting]) -> topics.TopicModel:
    """Logistic regression of the gaps; nothing is known of windows yet."""
    from scipy.sparse import csr_array, hstack
    from sklearn.linear_model import LogisticRegression

    truth = np.concatenate([_flags(one) for one in meetings])
    kept = truth | (np.random.default_rng(0).random(len(truth)) < KEPT)
    marks = np.vstack([one.marks for one in meetings])
    middle, spread = marks.mean(axis=0), marks.std(axis=0) + 1e-9
    cues = [found for one in meetings for found in one.cues]
    ends = np.cumsum([0, *(len(found) for found in cues)])
    columns = np.concatenate([np.asarray(found, np.int64) for found in cues])
    shape = (len(cues), 1 << topics.CUE_BITS)
    sparse = csr_array((np.full(len(columns), CUE), columns, ends), shape=shape)
    sparse.sum_duplicates()
    x = hstack([csr_array((marks - middle) / spread), sparse]).tocsr()[np.flatnonzero(kept)]
    fitted = LogisticRegression(C=PENALTY, max_iter=60, tol=1e-3).fit(x, truth[kept])
    weights = fitted.coef_[0]
    of_marks = weights[: len(middle)] / spread
    size = np.log([[1.0, len(one.turns)] for one in meetings])
    size[:, 0] = 1.0
    blocks = np.linalg.lstsq(size, np.log([len(one.starts) + 1 for one in meetings]), rcond=None)[0]
    return topics.TopicModel(
        cues=CUE * weights[len(middle) :],
        marks=of_marks,
        bias=float(fitted.intercept_[0]) + float(np.log(KEPT)) - float(middle @ of_marks),
        window=np.zeros(4),
        blocks=blocks,
        margin=0.0,
    )


def gap_scores(model: topics.TopicModel, one: Meeting) -> NDArray[np.float64]:
    """`model.gap_scores` of a meeting whose cues and marks are at hand."""
    return model.combine(one.cues, one.marks)


def train_window(
    model: topics.TopicModel, meetings: Sequence[Meeting], scores: Mapping[str, NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Logistic regression of whether a topic begins within a window; each meeting weighs the same."""
    from sklearn.linear_model import LogisticRegression

    x, truth, weights = [], [], []
    for one in meetings:
        size = model.half_block(len(one.turns))
        x.append(topics.window_marks(scores[one.id], size))
        so_far = np.append(0, np.cumsum(_flags(one)))
        truth.append(so_far[size:] > so_far[:-size])
        weights.append(np.full(len(truth[-1]), 1000 / len(truth[-1])))
    marks = np.vstack(x)
    middle, spread = marks.mean(axis=0), marks.std(axis=0) + 1e-9
    fitted = LogisticRegression(max_iter=300)
    fitted.fit((marks - middle) / spread, np.concatenate(truth), sample_weight=np.concatenate(weights))
    coefficients = fitted.coef_[0] / spread
    return np.append(coefficients, fitted.intercept_[0] - middle @ coefficients)


def _flags(one: Meeting) -> NDArray[np.bool_]:
    """For each turn but the first whether a topic begins at it."""
    flags = np.zeros(len(one.turns) - 1, bool)
    flags[np.asarray(one.starts, int) - 1] = True
    return flags


def predict(model: topics.TopicModel, held: Sequence[Meeting]) -> dict[str, list[int]]:
    """The starts that `model` finds, by meeting."""
    return {one.id: model.choose(gap_scores(model, one)) for one in held}


def report(
    name: str, meetings: Sequence[Meeting], found: Mapping[str, Sequence[int]]
) -> dict[str, dict[str, float]]:
    """Print and return the mean Pk of each family beside that of no boundary."""
    told = {}
    for family in sorted({one.family for one in meetings}):
        own = [one for one in meetings if one.family == family]
        ours = np.array([one.pk(found[one.id]) for one in own])
        none = np.array([one.pk([]) for one in own])
        told[family] = {
            "meetings": len(own),
            "pk": round(float(ours.mean()), 3),
            "pk_no_boundary": round(float(none.mean()), 3),
            "standard_error_of_difference": round(float((ours - none).std(ddof=1) / len(own) ** 0.5), 3),
            "boundaries_a_meeting": round(float(np.mean([len(found[one.id]) for one in own])), 1),
            "by_people": round(float(np.mean([len(one.starts) for one in own])), 1),
        }
        print(name, family, told[family], flush=True)
    return told


def save(path: Path, model: topics.TopicModel) -> None:
    """Write the weights, those of cues in 8 bits."""
    scale = float(np.abs(model.cues).max()) / 127
    path.parent.mkdir(exist_ok=True)
    np.savez_compressed(
        path,
        cues=np.round(model.cues / scale).astype(np.int8),
        scale=np.float64(scale),
        marks=model.marks,
        bias=np.float64(model.bias),
        window=model.window,
        blocks=model.blocks,
        margin=np.float64(model.margin),
    )


def write_card(path: Path, scores: dict[str, Any], n_meetings: int, n_turns: int) -> None:
    """The model's card beside it: what it is, what it learned from, its digest and its scores."""
    card = {
        "name": path.stem,
        "task": "at which turns of an English conversation another topic begins",
        "method": "logistic regression on hashed cues, vocabulary, speakers and place of each turn; "
        "boundaries by least expected Pk",
        "trained_on": {
            "data": "QMSum, all parts",
            "source": "https://github.com/Yale-LILY/QMSum at 83d7768c",
            "licence": "MIT; the AMI and ICSI transcripts beneath it: CC BY 4.0",
            "meetings": n_meetings,
            "turns": n_turns,
        },
        "measured_on": "meetings left out: folds of meetings, folds of teams or committees, whole families",
        "scores": scores,
        "made_by": "scripts/train_topics.py",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
    path.with_suffix(".json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
