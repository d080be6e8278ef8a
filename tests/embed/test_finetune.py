"""Fine-tuning the real encoder on a few invented sentences."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from autocode.config import EmbedConfig
from autocode.embed import describe, load_embedder
from autocode.embed.finetune import FineTuned, fine_tune
from autocode.errors import LearnError

SAID = (
    ["We trust them and never check", "I rely on what they promise", "They kept their word again"],
    ["We quarrelled about the invoices", "The lawyer had to be called", "They blamed us for the delay"],
)
ENDS = ["", " last year", " in the north", " of course", " as I said", " at first", " with the new partner"]


def corpus(n: int = 72) -> tuple[list[str], NDArray[np.float64], NDArray[np.intp]]:
    rng = random.Random(0)
    kinds = [index % 2 for index in range(n)]
    texts = [rng.choice(SAID[kind]) + rng.choice(ENDS) for kind in kinds]
    values = np.array([[kind == 0, kind == 1] for kind in kinds], float)
    values[::7, 0] = np.nan
    return texts, values, np.arange(n) // 12


@pytest.mark.model
@pytest.mark.slow
def test_a_fine_tuned_encoder_is_saved_and_serves_the_fast_path(tmp_path: Path) -> None:
    texts, values, groups = corpus()
    heard: list[float] = []

    def tuned(name: str) -> FineTuned:
        return fine_tune(
            texts,
            values,
            groups,
            config=EmbedConfig(),
            out=tmp_path / name,
            minutes=5.0,
            progress=heard.append,
        )

    found = tuned("one")
    assert found.loss < found.loss_before or found.epochs == 1
    assert found.held_out.sum() == 12
    assert found.seconds < 90
    assert heard
    assert heard == sorted(heard)
    config = EmbedConfig(encoder=str(tmp_path / "one"), cache_max_gb=0)
    fast = load_embedder(config)
    assert describe(fast)["backend"] == "fast"
    vectors = fast.embed(texts[:8])
    reference = load_embedder(config.model_copy(update={"backend": "reference"})).embed(texts[:8])
    np.testing.assert_allclose(vectors, reference, atol=1e-5)
    plain = load_embedder(EmbedConfig(cache_max_gb=0)).embed(texts[:8])
    assert np.abs(vectors - plain).max() > 1e-3
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "one").rglob("*")} == {0}
    written = b"".join(
        path.read_bytes() for path in (tmp_path / "one").rglob("*") if path.suffix in (".md", ".json")
    )
    assert not any(text.encode() in written for text in texts)
    assert [path.name for path in tmp_path.iterdir()] == ["one"]
    tuned("two")
    again = load_embedder(EmbedConfig(encoder=str(tmp_path / "two"), cache_max_gb=0)).embed(texts[:8])
    np.testing.assert_allclose(again, vectors, atol=1e-4)  # threads add up in another order


@pytest.mark.model
def test_nothing_is_left_behind_when_it_breaks_off(tmp_path: Path) -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    texts, values, groups = corpus()
    with pytest.raises(KeyboardInterrupt):
        fine_tune(texts, values, groups, config=EmbedConfig(), out=tmp_path / "one", progress=interrupt)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("n", "n_groups"), [(20, 6), (72, 3)])
def test_too_few_labels(tmp_path: Path, n: int, n_groups: int) -> None:
    texts, values, _ = corpus(n)
    with pytest.raises(LearnError, match=f"there are {n} of {n_groups}"):
        fine_tune(texts, values, np.arange(n) % n_groups, config=EmbedConfig(), out=tmp_path / "one")
