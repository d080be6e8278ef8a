"""What a scorer knows about some texts: their vectors and their words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Lemma = tuple[str, int, int]  # lower-case lemma, start_char, end_char in the text
Cue = tuple[str, int, int]  # id of the code that the cue speaks for, start_char, end_char


@dataclass(frozen=True, slots=True)
class Statements:
    """n texts: their embeddings, shape (n, n_dims), unit rows; their lemmas in order; the cues in them."""

    texts: tuple[str, ...]
    embeddings: NDArray[np.float32]
    lemmas: Sequence[Sequence[Lemma]]
    cues: Sequence[Sequence[Cue]]

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def n_words(self) -> NDArray[np.intp]:
        """Words in each text, shape (n,)."""
        return np.array([len(words) for words in self.lemmas], np.intp)


class Read(Protocol):
    """Turns texts into statements."""

    def __call__(self, texts: Sequence[str], *, embed: bool = True) -> Statements:
        """The statements of `texts`; without `embed` their embeddings have shape (0, n_dims)."""
