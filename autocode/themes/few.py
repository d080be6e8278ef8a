"""Where there are too few statements for themes: each with the nearest other one, to read side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from autocode.pipeline import CodedTranscript, Coder
from autocode.themes.theme import MIN_WORDS


@dataclass(frozen=True, slots=True)
class Nearest:
    """A statement, and the other one that is most like it."""

    text: str
    other: str
    cosine: float


def nearest_of_few(coder: Coder, codings: Sequence[CodedTranscript]) -> list[Nearest]:
    """Every statement of `MIN_WORDS` words or more with the nearest other one; the most alike first."""
    said = [one for coding in codings for one in coding.codable if len(one.text.split()) >= MIN_WORDS]
    if len(said) < 2:
        return []
    vectors = coder.embedder.embed([coder.segmenter.clean(one.text) for one in said])
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -np.inf)
    nearest = cosines.argmax(axis=1)
    found = [
        Nearest(one.text, said[other].text, float(cosines[row, other]))
        for row, (one, other) in enumerate(zip(said, nearest.tolist(), strict=True))
    ]
    return sorted(found, key=lambda one: -one.cosine)
