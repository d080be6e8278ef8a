"""Scores that agree along the hierarchy, and decisions that respect exclusive groups."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from autocode.codebook import Codebook


def agree(codebook: Codebook, evidence: NDArray[np.floating]) -> NDArray[np.floating]:
    """Evidence of shape (n, n_codes) in which no code has more than its parent.

    A code at the top is an umbrella: it rises to the best of its children. Further down a code has at most
    its parent's evidence, because the finer a code is, the fewer lines speak for it (BENCHMARKS.md,
    "Zero-shot", compares this with other rules).
    """
    column = {code_id: index for index, code_id in enumerate(codebook.ids)}
    agreed = evidence.copy()
    for code_id in sorted(codebook.ids, key=codebook.depth):
        own = agreed[:, column[code_id]]
        if codebook.depth(code_id) == 1:
            root = agreed[:, column[codebook.ancestors(code_id)[0]]]
            np.maximum(root, own, out=root)
        elif codebook.depth(code_id) > 1:
            np.minimum(own, agreed[:, column[codebook.ancestors(code_id)[0]]], out=own)
    return agreed


def choose(
    codebook: Codebook, scores: NDArray[np.floating], *, threshold: float, most: int
) -> NDArray[np.bool_]:
    """Which codes to suggest, shape (n, n_codes).

    Per utterance the codes that score `threshold` or more, of an exclusive group the best one only, each with
    its ancestors. At most `most` of them, best first; an ancestor of another does not count.
    """
    column = {code_id: index for index, code_id in enumerate(codebook.ids)}
    lineage = [[column[c] for c in (code_id, *codebook.ancestors(code_id))] for code_id in codebook.ids]
    allowed = scores >= threshold
    for group in codebook.exclusive_groups:
        members = [column[code_id] for code_id in group]
        best = np.argmax(scores[:, members], axis=1)
        allowed[:, members] &= np.arange(len(members)) == best[:, None]
    chosen = np.zeros_like(allowed)
    for row in np.flatnonzero(allowed.any(axis=1)):
        chosen[row, _choose(scores[row], allowed[row], lineage, most)] = True
    return chosen


def _choose(
    scores: NDArray[np.floating], allowed: NDArray[np.bool_], lineage: Sequence[Sequence[int]], most: int
) -> list[int]:
    """Columns to suggest for one utterance; `lineage` holds each code's column and its ancestors'."""
    chosen: set[int] = set()
    ends: set[int] = set()  # chosen codes that are no ancestor of another
    for index in sorted(np.flatnonzero(allowed).tolist(), key=lambda i: (-scores[i], len(lineage[i]))):
        line = lineage[index]
        if not allowed[line].all():
            continue
        new_ends = (ends - set(line)) | {index}
        if len(new_ends) <= most:
            chosen.update(line)
            ends = new_ends
    return sorted(chosen)
