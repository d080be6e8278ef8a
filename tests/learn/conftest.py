"""A small coded dataset, all of it invented, and what was learnt from it without a model."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from autocode.config import EmbedConfig, Settings
from autocode.dataset import CodedDataset, read_dataset
from autocode.learn.blend import Blend, fit_blend
from autocode.learn.labels import Labels, labels_of_codings
from autocode.learn.learner import Learned, learn
from autocode.learn.signals import N_PLACE, Parts, Signals
from autocode.pipeline import Coder
from autocode.training import signals_of

SENTENCES = {
    "trust": [
        "We trust them and never check the numbers",
        "I rely on what they promise on the phone",
        "There is trust because they kept their word",
    ],
    "conflict": [
        "We quarrelled about the invoices for months",
        "The lawyer was called and it became loud",
        "They blamed us for every delay, and we fought",
    ],
    "learning": [
        "The cold winter taught us how steel behaves",
        "We learned the rules of that market slowly",
        "Every failed test showed us something new",
    ],
    None: [
        "The office is near the harbour",
        "My train was late this morning",
        "We are about forty people now",
        "Lunch is at twelve in the canteen",
    ],
}
ENDINGS = [
    "",
    " last year",
    " in the north",
    " as I said",
    " of course",
    " with the new partner",
    " at first",
]
QUESTIONS = ["How was it with the partner?", "And then?", "What happened in the second year?"]
CODES = [
    {"code": "relation"},
    {"code": "trust", "parent": "relation", "definition": "The partner is relied on without control."},
    {"code": "conflict", "parent": "relation", "definition": "The partners quarrel."},
    {"code": "learning", "definition": "The firm learns something new."},
    {"code": "leapfrogging", "definition": "Steps are skipped on the way into a market."},
]


def rows_of(n_interviews: int, n_turns: int, *, seed: int = 0) -> tuple[list[dict[str, Any]], ...]:
    """Utterances, codes and coverage of invented interviews; coder `anna` saw all that respondents said."""
    rng = random.Random(seed)
    utterances, codes, coverage = [], [], []
    for interview in range(n_interviews):
        name = f"i{interview:02d}"
        for turn in range(n_turns):
            asks = turn % 2 == 0
            code = None if asks else rng.choice(list(SENTENCES))
            text = rng.choice(QUESTIONS) if asks else rng.choice(SENTENCES[code]) + rng.choice(ENDINGS) + "."
            unit = f"{name}-{turn:03d}"
            speaker, role = ("Ivy", "interviewer") if asks else (f"R{interview}", "respondent")
            utterances.append(
                {"transcript_id": name, "utterance_id": unit, "speaker": speaker, "role": role, "text": text}
            )
            if not asks:
                coverage.append({"utterance_id": unit, "coder": "anna"})
                if code:
                    codes.append({"utterance_id": unit, "coder": "anna", "code": code})
    return utterances, codes, coverage


def write_rows(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


Floats = NDArray[np.float64]
MakeDataset = Callable[..., Path]


@pytest.fixture
def make_dataset(tmp_path: Path) -> MakeDataset:
    """Writes a dataset folder; any of its tables may be given."""

    def make(n_interviews: int = 6, n_turns: int = 24, **tables: Any) -> Path:
        folder = tmp_path / "dataset"
        folder.mkdir(exist_ok=True)
        made = dict(zip(("utterances", "codes", "coverage"), rows_of(n_interviews, n_turns), strict=True))
        for name, rows in {**made, **tables}.items():
            if name != "codebook" and rows is not None:
                write_rows(folder / f"{name}.jsonl", rows)
        book = tables.get("codebook", {"name": "partners", "codes": CODES, "exclusive_groups": []})
        (folder / "codebook.json").write_text(json.dumps(book), encoding="utf-8")
        return folder

    return make


def of_parts(parts: Sequence[Parts], *, n_each: int, n_codes: int) -> Signals:
    """Utterances of which nothing but their parts tells anything; `n_each` an interview."""
    rng, n, nothing = np.random.default_rng(2), len(parts), np.zeros((len(parts), 8), np.float32)
    words = [f"word{i}" for i in range(60)]
    return Signals(
        ids=tuple(f"u{row}" for row in range(n)), groups=tuple(f"t{row // n_each}" for row in range(n)),
        texts=tuple(" ".join(rng.choice(words, 6)) for _ in range(n)), previous=("",) * n,
        following=("",) * n, before=("",) * n, after=("",) * n,
        embeddings=rng.normal(size=(n, 8)).astype(np.float32), early=np.zeros((n, 0), np.float32),
        parts=tuple(parts), tuned=np.zeros((n, 0), np.float32), previous_embeddings=nothing,
        question_embeddings=nothing, place=np.zeros((n, N_PLACE), np.float32),
        evidence=np.zeros((n, n_codes), np.float32),
    )  # fmt: skip


def none_around(rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """The places of utterances by themselves, (n, 3), as if nothing was said before and after."""
    return np.column_stack([rows, np.full((len(rows), 2), -1)])


def blend_alone(
    learnt: Floats,
    evidence: Floats,
    values: Floats,
    roles: NDArray[np.intp],
    *,
    alike: Floats | None = None,
    **ties: Any,
) -> Blend:
    """The blend of utterances with nothing around; without `alike` codes lend each other nothing."""
    rows, unlike = np.arange(len(values)), np.zeros((values.shape[1],) * 2)
    return fit_blend(
        learnt, evidence, values, roles, rows=rows, near=none_around(rows),
        alike=unlike if alike is None else alike, **ties,
    )  # fmt: skip


def said_by(blend: Blend, learnt: Floats, evidence: Floats, roles: NDArray[np.intp]) -> Floats:
    """Probabilities (n, n_codes) by a blend, of utterances with nothing around."""
    lent = blend.lent(learnt, none_around(np.arange(len(learnt))))
    return blend.tied(blend.log_odds(learnt, evidence, lent, roles), roles)


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> CodedDataset:
    """Six interviews, 72 coded utterances."""
    folder = tmp_path_factory.mktemp("partners")
    for name, rows in zip(("utterances", "codes", "coverage"), rows_of(6, 24), strict=True):
        write_rows(folder / f"{name}.jsonl", rows)
    (folder / "codebook.json").write_text(json.dumps({"name": "partners", "codes": CODES}))
    return read_dataset(folder)


@pytest.fixture(scope="session")
def coder(dataset: CodedDataset) -> Coder:
    return Coder(dataset.codebook, settings=Settings(embed=EmbedConfig(encoder="hashing")))


@pytest.fixture(scope="session")
def labels(dataset: CodedDataset) -> Labels:
    order = [str(turn.unit_id) for one in dataset.transcripts for turn in one.turns]
    return labels_of_codings(dataset.codings.by_coder, dataset.codebook, order=order)


@pytest.fixture(scope="session")
def signals(dataset: CodedDataset, coder: Coder, labels: Labels) -> Signals:
    return signals_of(coder, dataset.transcripts, set(labels.unit_ids))


@pytest.fixture(scope="session")
def learned(coder: Coder, signals: Signals, labels: Labels) -> Learned:
    return learn(signals, labels, coder.codebook)
