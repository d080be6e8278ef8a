"""How near the nearest lines of a code are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autocode.classify.lines import Line
from autocode.codebook import Codebook

N_NEAREST = 5


@dataclass(frozen=True, slots=True)
class Nearness:
    """The lines that speak for each code or one below it, and how near the background comes to them."""

    embeddings: NDArray[np.float32]  # (n_lines, n_dims), unit rows
    rows: Sequence[NDArray[np.intp]]  # of each code: its lines; the names only where there is nothing else
    mean: NDArray[np.float64]
    spread: NDArray[np.float64]

    @classmethod
    def build(cls, codebook: Codebook, lines: Sequence[Line], embeddings: NDArray[np.float32]) -> Nearness:
        """`embeddings` are those of the lines and, in the rows after them, of the background."""
        rows = [_rows_for(codebook, lines, code_id) for code_id in codebook.ids]
        own, background = embeddings[: len(lines)], embeddings[len(lines) :]
        raw = cls(own, rows, np.zeros(len(rows)), np.ones(len(rows)))
        reached = raw(background) if len(background) else raw(own)
        return cls(own, rows, reached.mean(axis=0), reached.std(axis=0) + 1e-6)

    def __call__(self, embeddings: NDArray[np.float32]) -> NDArray[np.float64]:
        """Mean cosine to each code's five nearest lines, in the background's standard deviations above its
        mean, shape (n, n_codes).
        """
        cosine = embeddings @ self.embeddings.T
        reached = np.stack([_mean_of_largest(cosine[:, rows]) for rows in self.rows], axis=1)
        return np.asarray((reached - self.mean) / self.spread, np.float64)

    def nearest(self, embedding: NDArray[np.float32], column: int) -> int:
        """The line of the code in `column` that is nearest to one text."""
        rows = self.rows[column]
        return int(rows[int(np.argmax(self.embeddings[rows] @ embedding))])


def _rows_for(codebook: Codebook, lines: Sequence[Line], code_id: str) -> NDArray[np.intp]:
    family = {code_id, *codebook.descendants(code_id)}
    rows = [row for row, line in enumerate(lines) if line.code_id in family and not line.counter]
    telling = [row for row in rows if lines[row].kind != "cue"]
    return np.array(telling or rows, np.intp)


def _mean_of_largest(values: NDArray[np.float32]) -> NDArray[np.float64]:
    n = min(N_NEAREST, values.shape[1])
    return np.asarray(np.partition(values, -n, axis=1)[:, -n:].mean(axis=1, dtype=np.float64))
