"""Ratings as tables: coders in rows, units in columns, a missing value where nobody looked.

Two tables. `Ratings`: each cell holds one category (or one set of codes). `CodeTable`: each cell
holds a yes or a no for every code of a codebook. A unit that a coder saw and left uncoded is an
empty set or a row of noes; a unit that the coder did not see is missing.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autocode.agreement.coefficient import Ints
from autocode.errors import AgreementError

MISSING = -1


@dataclass(frozen=True, slots=True, eq=False)
class Ratings:
    """One category, or none, from each coder for each unit."""

    codes: Ints  # (n_coders, n_units): index into `categories`, -1 where missing
    categories: tuple[Hashable, ...]  # the categories offered, in their order
    coders: Sequence[Hashable]
    units: Sequence[Hashable]

    @property
    def n_values(self) -> Ints:
        """How many coders gave each unit a value; shape (n_units,)."""
        counts: Ints = (self.codes >= 0).sum(axis=0)
        return counts

    def select_units(self, keep: NDArray[Any]) -> Ratings:
        """The units of a boolean mask or of indices."""
        chosen = np.arange(self.codes.shape[1])[keep]
        return Ratings(self.codes[:, chosen], self.categories, self.coders, [self.units[i] for i in chosen])

    def select_coders(self, rows: Sequence[int]) -> Ratings:
        """The coders of these rows, in this order."""
        return Ratings(self.codes[list(rows)], self.categories, [self.coders[i] for i in rows], self.units)


@dataclass(frozen=True, slots=True, eq=False)
class CodeTable:
    """Each coder's yes (1), no (0) or not seen (-1) for each code on each unit."""

    values: NDArray[np.int8]  # (n_coders, n_units, n_codes)
    coders: Sequence[Hashable]
    units: Sequence[Hashable]
    codes: Sequence[Hashable]

    def ratings_of(self, code: Hashable) -> Ratings:
        """The yes and no values of one code as binary ratings."""
        column = self.values[:, :, list(self.codes).index(code)].astype(np.int64)
        return Ratings(column, (0, 1), self.coders, self.units)

    def label_sets(self) -> Ratings:
        """The set of codes that each coder gave each unit; categories are the distinct sets.

        A cell is missing where the coder did not see every code of the unit.
        """
        n_coders, n_units, n_codes = self.values.shape
        flat = np.packbits(self.values.reshape(-1, n_codes) > 0, axis=1)
        distinct, index = np.unique(flat, axis=0, return_inverse=True)
        bits = np.unpackbits(distinct, axis=1, count=n_codes) if n_codes else np.zeros((1, 0), np.uint8)
        codes = tuple(self.codes)
        sets = tuple(frozenset(compress(codes, row)) for row in bits.tolist())
        index = np.asarray(index, np.int64).reshape(n_coders, n_units)
        index[(self.values < 0).any(axis=2)] = MISSING
        return Ratings(index, sets, self.coders, self.units)


def as_ratings(values: Ratings | ArrayLike, *, categories: Sequence[Any] | None = None) -> Ratings:
    """Ratings from a matrix of shape (n_coders, n_units); None and nan are missing.

    Cells are numbers, strings, or sets (also lists) of codes. `categories` are those that were
    offered, in their order; without them those seen are taken, sorted. Raises `AgreementError`
    for rows of unequal length and for values outside `categories`.

    >>> as_ratings([["a", "b", None], ["a", "c", "c"]]).codes.tolist()
    [[0, 1, -1], [0, 2, 2]]
    """
    offered = None if categories is None else _offered(categories)
    if isinstance(values, Ratings):
        return values if offered is None else _recode(values, offered)
    if isinstance(values, np.ndarray) and values.dtype.kind in "biuf":
        return _from_numbers(values, offered)
    try:
        rows = [[_cell(cell) for cell in row] for row in values]  # type: ignore[union-attr]
    except TypeError:
        raise AgreementError("ratings: expected one row of values for each coder") from None
    if len({len(row) for row in rows}) != 1:
        raise AgreementError("ratings: every coder's row needs a cell for each unit; None where missing")
    if offered is None:
        offered = _ordered({cell for row in rows for cell in row if cell is not None})
    return _encode(rows, offered, range(len(rows)), range(len(rows[0])))


def from_long(
    rows: Iterable[tuple[Hashable, Hashable, Any]], *, categories: Sequence[Any] | None = None
) -> Ratings:
    """Ratings from (unit, coder, value) rows; a pair of unit and coder without a row is missing.

    Units and coders keep the order of their first row. Raises `AgreementError` when a coder has
    two different values for a unit.

    >>> from_long([("u1", "ann", "yes"), ("u1", "bob", "no"), ("u2", "bob", "no")]).codes.tolist()
    [[1, -1], [0, 0]]
    """
    cells: dict[tuple[Hashable, Hashable], Hashable] = {}
    units: dict[Hashable, None] = {}
    coders: dict[Hashable, None] = {}
    for unit, coder, value in rows:
        cell = _cell(value)
        if cells.setdefault((coder, unit), cell) != cell:
            raise AgreementError(f"unit {unit!r}: coder {coder!r} has two different values; keep one of them")
        units[unit] = coders[coder] = None
    matrix = [[cells.get((coder, unit)) for unit in units] for coder in coders]
    offered = (
        _ordered({cell for cell in cells.values() if cell is not None})
        if categories is None
        else _offered(categories)
    )
    return _encode(matrix, offered, tuple(coders), tuple(units))


def code_table(
    coverage: Iterable[tuple[Hashable, Hashable]],
    applied: Iterable[tuple[Hashable, Hashable, Hashable]],
    *,
    codes: Sequence[Hashable],
) -> CodeTable:
    """A table from (unit, coder) rows of who saw what and (unit, coder, code) rows of applied codes.

    `codes` are the codes offered. Raises `AgreementError` for a code that was not offered and for a
    code on a unit that, by `coverage`, its coder has not seen.

    >>> code_table([("u1", "ann"), ("u1", "bob")], [("u1", "bob", "trust")], codes=["trust"]).values.tolist()
    [[[0]], [[1]]]
    """
    seen = list(coverage)
    units = {unit: i for i, unit in enumerate(dict.fromkeys(unit for unit, _ in seen))}
    coders = {coder: i for i, coder in enumerate(dict.fromkeys(coder for _, coder in seen))}
    index = {code: i for i, code in enumerate(codes)}
    values = np.full((len(coders), len(units), len(index)), MISSING, np.int8)
    for unit, coder in seen:
        values[coders[coder], units[unit]] = 0
    for unit, coder, code in applied:
        if code not in index:
            raise AgreementError(f"unit {unit!r}, coder {coder!r}: code {code!r} is not in the codebook")
        if unit not in units or coder not in coders or (index and values[coders[coder], units[unit], 0] < 0):
            raise AgreementError(f"unit {unit!r}: coder {coder!r} coded it without, by coverage, seeing it")
        values[coders[coder], units[unit], index[code]] = 1
    return CodeTable(values, tuple(coders), tuple(units), tuple(codes))


def group_index(groups: ArrayLike | None, n_units: int) -> Ints | None:
    """Numbers 0, 1, 2 ... for the groups (interviews) that units belong to, in order of appearance."""
    if groups is None:
        return None
    labels = np.asarray(groups).ravel()
    if labels.shape[0] != n_units:
        raise AgreementError(f"clusters: expected one for each of {n_units} units, found {labels.shape[0]}")
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank: Ints = np.argsort(np.argsort(first)).astype(np.int64)
    return rank[inverse.ravel()]


def with_machine(humans: Ratings | ArrayLike, machine: Sequence[Any]) -> tuple[Ratings, Ints]:
    """The humans' ratings, and the machine's code for each unit, under one list of categories."""
    panel = as_ratings(humans)
    guess = as_ratings([list(machine)])
    if guess.codes.shape[1] != panel.codes.shape[1]:
        raise AgreementError(
            f"machine: expected values of {panel.codes.shape[1]} units, found {guess.codes.shape[1]}"
        )
    merged = list(dict.fromkeys([*panel.categories, *guess.categories]))
    return as_ratings(panel, categories=merged), as_ratings(guess, categories=merged).codes[0]


def _cell(value: Any) -> Hashable:
    """A cell as something hashable: None where missing, a frozenset for a list or set of codes."""
    if isinstance(value, (list, set, tuple, np.ndarray)):
        return frozenset(value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and np.isnan(value):
        return None
    if not isinstance(value, Hashable):
        raise AgreementError(f"ratings: a value of type {type(value).__name__} cannot be a category")
    return value


def _offered(categories: Sequence[Any]) -> tuple[Hashable, ...]:
    cells = tuple(_cell(category) for category in categories)
    if len(set(cells)) != len(cells) or None in cells:
        raise AgreementError("categories: each must be named once, and none may be missing")
    return cells


def _ordered(categories: Iterable[Hashable]) -> tuple[Hashable, ...]:
    """Numbers by size, everything else by its text."""
    found = list(categories)
    if all(isinstance(category, (int, float)) for category in found):
        return tuple(sorted(found, key=float))  # type: ignore[arg-type]
    return tuple(sorted(found, key=_text))


def _text(category: Hashable) -> str:
    return "\0".join(sorted(map(str, category))) if isinstance(category, frozenset) else str(category)


def _encode(
    rows: Sequence[Sequence[Hashable]],
    offered: tuple[Hashable, ...],
    coders: Sequence[Hashable],
    units: Sequence[Hashable],
) -> Ratings:
    index: dict[Hashable, int] = {category: i for i, category in enumerate(offered)}
    index[None] = MISSING
    codes = np.full((len(coders), len(units)), MISSING, np.int64)
    for j, row in enumerate(rows):
        try:
            codes[j] = [index[cell] for cell in row]
        except KeyError as error:
            raise AgreementError(
                f"coder {coders[j]!r}: the value {error.args[0]!r} is not among the categories offered"
            ) from None
    return Ratings(codes, offered, coders, units)


def _from_numbers(values: NDArray[Any], offered: tuple[Hashable, ...] | None) -> Ratings:
    if values.ndim != 2:
        raise AgreementError(f"ratings: expected shape (n_coders, n_units), found {values.shape}")
    present = ~np.isnan(values) if values.dtype.kind == "f" else np.ones(values.shape, bool)
    seen, index = np.unique(values[present], return_inverse=True)
    categories = tuple(seen.tolist()) if offered is None else offered
    place = {category: i for i, category in enumerate(categories)}
    unknown = [value for value in seen.tolist() if value not in place]
    if unknown:
        raise AgreementError(f"ratings: the value {unknown[0]!r} is not among the categories offered")
    codes = np.full(values.shape, MISSING, np.int64)
    codes[present] = np.array([place[value] for value in seen.tolist()], np.int64)[index]
    return Ratings(codes, categories, range(values.shape[0]), range(values.shape[1]))


def _recode(ratings: Ratings, offered: tuple[Hashable, ...]) -> Ratings:
    """The same values under another list of categories."""
    place = {category: i for i, category in enumerate(offered)}
    used = np.unique(ratings.codes[ratings.codes >= 0])
    unknown = [ratings.categories[k] for k in used if ratings.categories[k] not in place]
    if unknown:
        raise AgreementError(f"ratings: the value {unknown[0]!r} is not among the categories offered")
    table = np.array([place.get(category, MISSING) for category in ratings.categories] + [MISSING], np.int64)
    return Ratings(table[ratings.codes], offered, ratings.coders, ratings.units)
