"""Codes of like names, which have something to tell about each other.

Most codebooks have many codes that were hardly ever applied, but they are no strangers: those below one
heading, or with words in common, mean like things. So what was learnt of a code also speaks, a little, for
those of like names, unless they exclude each other, and so does what they make of the statements just before
and after: people stay with a subject. How far is learnt (see `blend`). Names are compared with all their
headings, by their characters, as languages inflect and compound.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

from autocode.codebook import Codebook

WIDTH = 0.1  # of 1 - cosine of two names' characters, in which likeness falls to 1/e

Floats = NDArray[np.float64]


def likeness(codebook: Codebook) -> Floats:
    """How alike the names of codes are, (n_codes, n_codes), 0 to 1; 0 of a code and itself.

    Codes that exclude each other, and those below them, count as unlike: they have names in common, but what
    speaks for one speaks against the others.
    """
    name = {code.id: code.name for code in codebook.codes}
    paths = [". ".join(name[c] for c in (*codebook.ancestors(c)[::-1], c)) for c in codebook.ids]
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    rows = characters.fit_transform(paths)
    found = np.exp(((rows @ rows.T).toarray() - 1.0) / WIDTH)
    np.fill_diagonal(found, 0.0)
    for group in codebook.exclusive_groups:
        branch = {c: own for own in group for c in (own, *codebook.descendants(own))}
        tied = [column for column, c in enumerate(codebook.ids) if c in branch]
        names = np.array([branch[codebook.ids[column]] for column in tied])
        found[np.ix_(tied, tied)] *= names[:, None] == names
    return np.asarray(found)


def shares(alike: Floats, support: Floats) -> Floats:
    """Of all that is lent to each code how much comes from each other one, (n_codes, n_codes).

    In proportion to likeness and to `support` (n_codes,), how often a code was applied.

    >>> alike = np.array([[0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]])
    >>> shares(alike, np.array([3.0, 1.0, 0.0])).tolist()
    [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.75, 0.25, 0.0]]
    """
    weighed = alike * support
    return np.asarray(weighed / np.maximum(weighed.sum(axis=1, keepdims=True), 1e-12))


def itself_and_around(table: Floats, near: NDArray[np.intp]) -> Floats:
    """Rows of `table` (n_all, n_codes), and the means of those around, (2, n, n_codes); zeros for none.

    `near` (n, 3) are the rows of each utterance, the one before and the one after; -1: there is none.

    >>> itself_and_around(np.array([[1.0], [2.0], [4.0]]), np.array([[1, 0, 2], [2, 1, -1]])).tolist()
    [[[2.0], [4.0]], [[2.5], [2.0]]]
    """
    beside = near[:, 1:]
    padded = np.vstack([table, np.zeros((1, table.shape[1]))])
    n_beside = np.maximum((beside >= 0).sum(axis=1, keepdims=True), 1)
    return np.stack([table[near[:, 0]], (padded[beside[:, 0]] + padded[beside[:, 1]]) / n_beside])
