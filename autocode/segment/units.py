"""Meaning units: neighbouring sentences of a turn that stay with one topic.

TextTiling (Hearst 1997) on sentence embeddings: at every gap between two sentences the mean
embedding of the sentences before is compared with that of the sentences after.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from autocode.segment.pipeline import Segmenter, Span

_BLOCK = 2  # sentences on each side of a gap


def join_by_topic(
    texts: Sequence[str],
    spans: Sequence[Sequence[Span]],
    segmenter: Segmenter,
    embed: Callable[[Sequence[str]], NDArray[np.floating]],
) -> list[list[Span]]:
    """For each text its sentences (`spans`) joined into meaning units; all are embedded at once."""
    pieces = [
        segmenter.clean(text[start:end])
        for text, found in zip(texts, spans, strict=True)
        for start, end in found
    ]
    vectors = np.asarray(embed(pieces), dtype=np.float64)
    units, at = [], 0
    for text, found in zip(texts, spans, strict=True):
        lengths = [len(text[start:end].split()) for start, end in found]
        cuts = cut_points(
            vectors[at : at + len(found)],
            lengths,
            cohesion=segmenter.config.cohesion,
            max_words=segmenter.config.max_words,
        )
        bounds = [0, *cuts, len(found)]
        units.append([(found[a][0], found[b - 1][1]) for a, b in pairwise(bounds) if b > a])
        at += len(found)
    return units


def gap_scores(vectors: NDArray[np.floating], *, block: int = _BLOCK) -> NDArray[np.float64]:
    """Cosine between the blocks before and after each gap; shape (n - 1,) for n sentences.

    A block is the sum of up to `block` sentences' unit vectors. A vector of zeros is like nothing: 0.
    """
    rows = np.asarray(vectors, dtype=np.float64)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    rows = np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 0)
    total = np.vstack([np.zeros(rows.shape[1]), np.cumsum(rows, axis=0)])
    gaps = np.arange(1, len(rows))
    before = total[gaps] - total[np.maximum(gaps - block, 0)]
    after = total[np.minimum(gaps + block, len(rows))] - total[gaps]
    scale = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    dots = np.einsum("ij,ij->i", before, after)
    scores: NDArray[np.float64] = np.divide(dots, scale, out=np.zeros_like(dots), where=scale > 1e-12)
    return scores


def cut_points(
    vectors: NDArray[np.floating], n_words: Sequence[int], *, cohesion: float, max_words: int
) -> list[int]:
    """The sentences that begin a new unit, in order.

    A gap is cut where its score is below `cohesion` and a valley, no higher than on either side; then units
    longer than `max_words` are cut at their weakest gap until none is, or only one sentence is left in it.
    """
    if len(n_words) < 2:
        return []
    scores = gap_scores(vectors)
    padded = np.pad(scores, 1, constant_values=np.inf)
    valleys = (scores <= padded[:-2]) & (scores <= padded[2:])
    cuts = [int(gap) + 1 for gap in np.flatnonzero(valleys & (scores < cohesion))]
    bounds = [0, *cuts, len(n_words)]
    pending = list(pairwise(bounds))
    while pending:
        first, last = pending.pop()
        if last - first > 1 and sum(n_words[first:last]) > max_words:
            cut = first + 1 + int(np.argmin(scores[first : last - 1]))
            cuts.append(cut)
            pending += [(first, cut), (cut, last)]
    return sorted(cuts)
