"""The embedder without a model."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocode.embed import HashingEmbedder


def test_shared_words_bring_texts_together() -> None:
    same, near, far = HashingEmbedder().embed(
        ["we trust our partner", "we trusted our partners", "the machine broke down"]
    )
    assert same @ near > 0.5 > same @ far + 0.3


def test_the_same_on_every_machine() -> None:
    vector = HashingEmbedder(n_dims=8).embed(["we trust them"])[0]
    known = [-0.2556086, -0.2130072, 0.0, 0.5964201, 0.1704057, -0.1278043, -0.553819, -0.4260143]
    np.testing.assert_allclose(vector, known, atol=1e-6)


def test_case_does_not_matter_and_order_does() -> None:
    lower, upper, turned = HashingEmbedder().embed(["they trust us", "They TRUST us", "us trust they"])
    assert (lower == upper).all()
    assert 0.8 < lower @ turned < 1


def test_digest_follows_the_dimensions() -> None:
    assert HashingEmbedder().digest == HashingEmbedder().digest != HashingEmbedder(n_dims=100).digest
    with pytest.raises(ValueError, match="n_dims"):
        HashingEmbedder(n_dims=1)


@given(st.lists(st.text(st.characters(), max_size=60), max_size=5))
def test_any_text_gives_a_unit_row(texts: list[str]) -> None:
    vectors = HashingEmbedder(n_dims=32).embed(texts)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), np.ones(len(texts)), atol=1e-6)
