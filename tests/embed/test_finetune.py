"""Fine-tuning the real encoder on a few invented sentences."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from autocode.config import EmbedConfig
from autocode.embed import describe, load_embedder
from autocode.embed.finetune import FineTuned, fine_tune
from autocode.embed.tuned import HEADS, InContext, Reader, TunedEncoders, load_tuned
from autocode.errors import LearnError
from autocode.learn.judging import mean_average_precision

SAID = (
    ["We trust them and never check", "I rely on what they promise", "They kept their word again"],
    ["We quarrelled about the invoices", "The lawyer had to be called", "They blamed us for the delay"],
)
ENDS = ["", " last year", " in the north", " of course", " as I said", " at first", " with the new partner"]


def corpus(n: int = 72) -> tuple[InContext, NDArray[np.float64], NDArray[np.intp]]:
    rng = random.Random(0)
    kinds = [index % 2 for index in range(n)]
    texts = [rng.choice(SAID[kind]) + rng.choice(ENDS) for kind in kinds]
    values = np.array([[kind == 0, kind == 1] for kind in kinds], float)
    values[::7, 0] = np.nan
    return InContext(tuple(texts), ("How was it?",) * n, ("",) * n), values, np.arange(n) // 12


@pytest.mark.model
@pytest.mark.slow
def test_fine_tuned_encoders_are_saved_and_serve_the_fast_path(tmp_path: Path) -> None:
    utterances, values, groups = corpus()
    folds, heard = groups % 2, list[float]()

    def tuned(name: str) -> FineTuned:
        return fine_tune(
            utterances, values, folds, judge=mean_average_precision, config=EmbedConfig(),
            out=tmp_path / name, minutes=60.0, progress=heard.append,
        )  # fmt: skip

    found = tuned("one")
    assert [1 <= epochs <= 5 for epochs in found.epochs] == [True, True, True]
    assert heard
    assert heard == sorted(heard)
    told = mean_average_precision(values, np.asarray(found.log_odds, float))
    assert told > 0.9, "the two kinds of sentences are told apart in interviews that were left out"
    config = EmbedConfig(cache_max_gb=0)
    encoders = load_tuned(tmp_path / "one", config)
    assert [describe(one)["backend"] for one in encoders.members] == ["fast", "fast", "fast"]
    configs = [json.loads(path.read_text()) for path in (tmp_path / "one").rglob("config.json")]
    assert [one["num_hidden_layers"] for one in configs if "num_hidden_layers" in one] == [4, 4, 4]
    for fold, member in enumerate(encoders.members[:2]):  # the encoder that has not seen the fold scored it
        rows = np.flatnonzero(folds == fold)
        alone = TunedEncoders((member,), encoders.weight[[fold]], encoders.bias[[fold]])
        said = alone.log_odds(utterances.take(rows))
        np.testing.assert_allclose(said, found.log_odds[rows], atol=1e-3)
    slow = load_tuned(tmp_path / "one", config.model_copy(update={"backend": "reference"}))
    np.testing.assert_allclose(slow.log_odds(utterances), encoders.log_odds(utterances), atol=1e-4)
    texts = utterances.texts
    plain = load_embedder(config).embed(texts[:8])
    n_dims = plain.shape[1]
    assert all(np.abs(one.embed(texts[:8])[:, :n_dims] - plain).max() > 1e-3 for one in encoders.members)
    talk = "We met in the spring. There were five of us. {} The hall was booked. I drove home."
    amid = [talk.format(one) for one in ("We trust them and never check.", "They blamed us for the delay.")]
    apart = []  # tokens tell the codes of a few words in a long utterance apart
    for one in encoders.members:
        first, second = one.embed(amid)[:, n_dims:]
        apart.append((first[0] - first[1]) - (second[0] - second[1]))
    assert min(apart) > 0
    assert np.mean(apart) > 0.2
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "one").rglob("*")} == {0}
    written = b"".join(
        path.read_bytes() for path in (tmp_path / "one").rglob("*") if path.suffix in (".md", ".json")
    )
    assert not any(text.encode() in written for text in texts)
    assert [path.name for path in tmp_path.iterdir()] == ["one"]
    again = tuned("two")
    np.testing.assert_allclose(again.log_odds, found.log_odds, atol=0.05)  # threads add up in another order


@pytest.mark.model
@pytest.mark.parametrize("side", ["previous", "following"])
def test_what_is_said_around_an_answer_counts(tmp_path: Path, side: str) -> None:
    said, values, groups = corpus()
    n, folds = len(said), groups % 2
    around = {"previous": ("",) * n, "following": ("",) * n, side: said.texts}
    answers = InContext(("Yes, that is how it was.",) * n, **around)
    found = fine_tune(
        answers, values, folds, judge=mean_average_precision, config=EmbedConfig(), out=tmp_path / "one",
        minutes=60.0,
    )  # fmt: skip
    told = np.asarray(found.log_odds, float)
    for fold in (0, 1):  # each by its own encoder
        assert mean_average_precision(values[folds == fold], told[folds == fold]) > 0.9


@pytest.mark.model
def test_readers_see_the_same_tokens_on_both_paths() -> None:
    config = EmbedConfig(cache_max_gb=0)
    weight = np.random.default_rng(0).normal(scale=0.1, size=(3, 384)).astype(np.float32)
    texts = [
        "Yes.",
        "",
        "We trust them and never check what they send us, not even once a year.",
        "word " * 400,
    ]
    fast, slow = (
        Reader(load_embedder(config.model_copy(update={"backend": backend})), weight)
        for backend in ("fast", "reference")
    )
    rows = fast.embed(texts)
    assert rows.shape == (4, 387)
    np.testing.assert_allclose(slow.embed(texts), rows, atol=1e-4)
    np.testing.assert_array_equal(fast.embed(texts[2:3])[0], rows[2])  # whatever stands beside it
    np.testing.assert_allclose(rows[:, :384], load_embedder(config).embed(texts), atol=1e-7)
    other = Reader(load_embedder(config), weight + 1)
    assert len({fast.digest, other.digest, load_embedder(config).digest}) == 3  # each cached by itself


def test_heads_of_before_are_refused(tmp_path: Path) -> None:
    """They had no tokens' weights."""
    np.savez(tmp_path / HEADS, weight=np.zeros((1, 2, 9)), bias=np.zeros((1, 2)))
    with pytest.raises(LearnError, match="train it again"):
        load_tuned(tmp_path, EmbedConfig())


def test_neighbours_are_found_among_all_texts() -> None:
    talk = InContext(("Yes.", "No.", "Yes."), ("Really?", "Yes.", ""), ("No.", "", "Really?"))
    texts, places = talk.numbered()
    assert [[texts[at] if at >= 0 else "" for at in row] for row in places] == [
        ["Yes.", "Really?", "No."], ["No.", "Yes.", ""], ["Yes.", "", "Really?"],
    ]  # fmt: skip
    assert sorted(texts) == ["No.", "Really?", "Yes."]


@pytest.mark.model
def test_nothing_is_left_behind_when_it_breaks_off(tmp_path: Path) -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    utterances, values, groups = corpus()
    with pytest.raises(KeyboardInterrupt):
        fine_tune(
            utterances, values, groups % 2, judge=mean_average_precision, config=EmbedConfig(),
            out=tmp_path / "one", progress=interrupt,
        )  # fmt: skip
    assert list(tmp_path.iterdir()) == []


def test_too_few_labels(tmp_path: Path) -> None:
    utterances, values, groups = corpus(20)
    with pytest.raises(LearnError, match="there are 20"):
        fine_tune(
            utterances, values, groups % 2, judge=mean_average_precision, config=EmbedConfig(),
            out=tmp_path / "one",
        )  # fmt: skip


@pytest.mark.parametrize("content", [None, b"", b"no arrays", b"PK\x03\x04 cut off"])
def test_missing_or_damaged_heads_are_one_sentence(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / HEADS).write_bytes(content)
    with pytest.raises(LearnError, match="missing or damaged; train it again"):
        load_tuned(tmp_path, EmbedConfig())
