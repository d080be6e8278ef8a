"""What is known of codes and of pairs of codes, as rows of tables for files."""

from __future__ import annotations

from collections.abc import Sequence

from autocode.codebook import Codebook
from autocode.themes.holding import Half, Holding
from autocode.themes.holding_words import marks_of

Rows = list[Sequence[object]]
CODES = (
    "code", "path", "n_statements", "n_long", "n_respondents", "n_interviews", "cosine", "by_chance", "p",
    "split_gap", "split_weight", "split_p", "n_first", "n_second", "marks",
)  # fmt: skip
PAIRS = ("a", "b", "cosine", "as_near", "n_shared", "jaccard", "contained", "flagged")


def code_rows(book: Codebook, found: Holding) -> Rows:
    """One row a code with statements, then those without any; the heads first."""
    rows: Rows = [CODES]
    for one in found.codes:
        alike, halves = one.coherence, one.halves
        parts: tuple[Half, ...] = () if halves is None else halves.parts
        rows.append((
            one.code_id, book.path(one.code_id), len(one.rows), one.n_long, one.n_respondents,
            one.n_interviews,
            *((None,) * 3 if alike is None else map(_rounded, (alike.cosine, alike.by_chance, alike.p))),
            *((None,) * 3 if halves is None else map(_rounded, (halves.gap, halves.weight, halves.p))),
            *([len(half.rows) for half in parts] or (None, None)), "; ".join(marks_of(found, one)),
        ))  # fmt: skip
    rows += [(id, book.path(id), 0, 0, 0, 0, *(None,) * 8, "no statements") for id in found.unused]
    return rows


def pair_rows(found: Holding) -> Rows:
    """One row a pair of codes, the nearest first; the heads before."""
    rows: Rows = [PAIRS]
    rows += [
        (one.a, one.b, None if one.cosine is None else _rounded(one.cosine), one.as_near, len(one.shared),
         _rounded(one.jaccard), _rounded(one.contained), one.flagged)
        for one in found.pairs
    ]  # fmt: skip
    return rows


def _rounded(value: float) -> float:
    return round(value, 4)
