"""Agreement at the levels of a codebook: codes replaced by their ancestors.

`parents` maps each code to its parent, None (or no entry) for a top code.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from itertools import combinations

import numpy as np

from autocode.agreement.coefficient import Coefficient
from autocode.agreement.tables import MISSING, CodeTable
from autocode.errors import AgreementError

Parents = Mapping[Hashable, Hashable | None]


def ancestors(code: Hashable, parents: Parents) -> list[Hashable]:
    """The code and its ancestors, top first; raises `AgreementError` for a circle of parents.

    >>> ancestors("c", {"c": "b", "b": "a"})
    ['a', 'b', 'c']
    """
    path = [code]
    while (parent := parents.get(path[-1])) is not None:
        if parent in path:
            raise AgreementError(f"code {code!r}: its parents go round in a circle")
        path.append(parent)
    return path[::-1]


def roll_up(table: CodeTable, parents: Parents, *, level: int) -> CodeTable:
    """Each code replaced by its ancestor at `level` (1 is the top); codes above it keep themselves.

    A parent is a yes where it or any of its descendants is.
    """
    if level < 1:
        raise AgreementError(f"level: expected 1 (the top) or more, found {level}")
    return _merged(table, {code: [ancestors(code, parents)[:level][-1]] for code in table.codes})


def ancestor_closure(table: CodeTable, parents: Parents) -> CodeTable:
    """Each code together with all of its ancestors: set distances then know the tree."""
    return _merged(table, {code: ancestors(code, parents) for code in table.codes})


def resolved_at(table: CodeTable, parents: Parents, *, level: int) -> Coefficient:
    """Share of the coder pairs' disagreements about a unit's codes that are gone at `level`."""
    leaf, upper = table.label_sets(), roll_up(table, parents, level=level).label_sets()
    n_split = n_resolved = 0
    for i, j in combinations(range(len(table.coders)), 2):
        seen = (leaf.codes[i] >= 0) & (leaf.codes[j] >= 0)
        split = seen & (leaf.codes[i] != leaf.codes[j])
        n_split += int(split.sum())
        n_resolved += int((split & (upper.codes[i] == upper.codes[j])).sum())
    reason = None if n_split else "the coders never disagree"
    value = n_resolved / n_split if n_split else None
    return Coefficient(
        "resolved_at", value, reason, n_coders=len(table.coders), n_units=len(table.units), n_pairable=n_split
    )


def _merged(table: CodeTable, becomes: Mapping[Hashable, list[Hashable]]) -> CodeTable:
    codes = list(dict.fromkeys(target for targets in becomes.values() for target in targets))
    n_coders, n_units, _ = table.values.shape
    values = np.full((n_coders, n_units, len(codes)), MISSING, np.int8)
    for k, code in enumerate(table.codes):
        for target in becomes[code]:
            column = values[:, :, codes.index(target)]
            np.maximum(column, table.values[:, :, k], out=column)
    return CodeTable(values, table.coders, table.units, codes)
