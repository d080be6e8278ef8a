"""The tree that codes form by their parents, and what can be wrong with it. Nothing here recurses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from autocode.codebook.code import MAX_DEPTH, SEPARATOR, Code
from autocode.config import suggest
from autocode.errors import CodebookError


@dataclass(frozen=True, slots=True)
class Places:
    """How messages name the codes and groups of one source, by position."""

    file: str = ""
    codes: tuple[str, ...] = ()  # "line 4", "row 3"
    groups: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()  # where each code names its parent

    def code(self, index: int) -> str:
        """The short place of a code."""
        return self.codes[index] if self.codes else f"code {index + 1}"

    def parent(self, index: int) -> str:
        """The short place of a code's parent."""
        return self.parents[index] if self.parents else self.code(index)

    def group(self, index: int) -> str:
        """The short place of an exclusive group."""
        return self.groups[index] if self.groups else f"exclusive group {index + 1}"

    def fail(self, place: str, message: str) -> NoReturn:
        """Raise `CodebookError` with the file and the place in front."""
        raise CodebookError(": ".join(part for part in (self._where(place), message) if part))

    def _where(self, place: str) -> str:
        return ", ".join(part for part in (self.file, place) if part)


def told_apart(paths: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """By id: the last name of its path, or as many of the last as no other code ends in.

    Upper and lower case don't tell names apart; codes of one and the same path have their ids behind it.

    >>> told_apart({"a": ["Firm", "Trust"], "b": ["State", "Trust"], "c": ["Firm"]})
    {'a': 'Firm > Trust', 'b': 'State > Trust', 'c': 'Firm'}
    """
    n_names = dict.fromkeys(paths, 1)
    while True:
        shown = {id: SEPARATOR.join(names[-n_names[id] :]) for id, names in paths.items()}
        times = Counter(name.casefold() for name in shown.values())
        alike = [id for id, name in shown.items() if times[name.casefold()] > 1]
        longer = [id for id in alike if n_names[id] < len(paths[id])]
        if not longer:
            return shown | {id: f"{shown[id]} ({id})" for id in alike}
        for id in longer:
            n_names[id] += 1


def check_structure(codes: Sequence[Code], groups: Sequence[Sequence[str]], places: Places) -> None:
    """Raise `CodebookError` for the first thing that keeps `codes` from being a forest with groups."""
    position: dict[str, int] = {}
    for index, code in enumerate(codes):
        if code.id in position:
            first = places.code(position[code.id])
            places.fail(places.code(index), f"the code id '{code.id}' is already taken at {first}")
        position[code.id] = index
    for index, code in enumerate(codes):
        if code.parent is not None and code.parent not in position:
            near = suggest(code.parent, list(position))
            places.fail(places.parent(index), f"'{code.id}' has an unknown parent '{code.parent}'{near}")
    _check_cycles(codes, position, places)
    _check_groups(codes, position, groups, places)


def _check_cycles(codes: Sequence[Code], position: Mapping[str, int], places: Places) -> None:
    depth: dict[str, int] = {}  # how many codes stand above
    for start in codes:
        chain: dict[str, None] = {}
        step: str | None = start.id
        while step is not None and step not in depth:
            if step in chain:
                ids = list(chain)
                cycle = [*ids[ids.index(step) :], step]
                first = min(cycle, key=position.__getitem__)
                turn = cycle.index(first)
                ring = SEPARATOR.join([*cycle[turn:-1], *cycle[:turn], first])
                places.fail(places.parent(position[first]), f"the parents go in a circle: {ring}")
            chain[step] = None
            step = codes[position[step]].parent
        above = depth[step] + 1 if step is not None else 0
        for id in reversed(chain):
            depth[id] = above
            if above >= MAX_DEPTH:
                places.fail(places.code(position[id]), f"'{id}' is nested more than {MAX_DEPTH} levels deep")
            above += 1


def _check_groups(
    codes: Sequence[Code], position: Mapping[str, int], groups: Sequence[Sequence[str]], places: Places
) -> None:
    taken: dict[str, int] = {}
    for index, group in enumerate(groups):
        place = places.group(index)
        if len(set(group)) < 2:
            places.fail(place, "an exclusive group needs two codes or more")
        for id in group:
            if id not in position:
                near = suggest(id, list(position))
                places.fail(place, f"an exclusive group names an unknown code '{id}'{near}")
            if id in taken:
                first = places.group(taken[id])
                also = "twice" if taken[id] == index else f"and in the one at {first}"
                places.fail(place, f"'{id}' is in this exclusive group {also}")
            taken[id] = index
        for id in group:
            parent = codes[position[id]].parent
            while parent is not None:
                if parent in group:
                    places.fail(place, f"'{id}' cannot exclude the code '{parent}', which stands above it")
                parent = codes[position[parent]].parent
