"""What a codebook is: its codes, their tree and their exclusive groups, with every look-up prepared."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, PrivateAttr, model_validator

from autocode.codebook.code import SEPARATOR, Code
from autocode.codebook.tree import Places, check_structure, told_apart
from autocode.config import suggest
from autocode.errors import CodebookError
from autocode.fields import Id, Line, Text, Texts


class Codebook(BaseModel):
    """Codes in the order of their source, and every look-up that the steps need.

    Raises `CodebookError` for repeated ids, unknown parents, cycles and impossible groups.
    Two codebooks are equal when their fields are; `digest` also ignores the order of codes and the name.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Line
    title: Text = ""
    language: Line = "en"
    description: Text = ""
    source: Text = ""
    note: Text = ""
    levels: Texts = ()  # what a code is called at each depth: topic, theme, first-order code
    codes: tuple[Code, ...] = ()
    examples_file: Text = ""  # a CSV file with more examples; read_codebook reads it in and empties this
    exclusive_groups: tuple[tuple[Id, ...], ...] = ()  # of each, exactly one applies; in the order of codes

    _index: _Index = PrivateAttr()
    _warnings: tuple[str, ...] = PrivateAttr(default=())

    @model_validator(mode="after")
    def _prepare(self) -> Codebook:
        check_structure(self.codes, self.exclusive_groups, Places())
        index = _Index(self.codes, self.exclusive_groups)
        # the order of groups carries no meaning; it is made the same for every file
        object.__setattr__(self, "exclusive_groups", index.groups)
        self._index = index
        return self

    def __getitem__(self, id: str) -> Code:
        """The code with this id; raises `CodebookError` with a suggestion."""
        try:
            return self._index.codes[id]
        except KeyError:
            raise CodebookError(f"no code '{id}' in the codebook{suggest(id, list(self.ids))}") from None

    def __contains__(self, id: object) -> bool:
        return id in self._index.codes

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Codebook):
            return NotImplemented
        return self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash(self.digest)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Codebook:
        """A validated copy with `update` (pydantic's own would keep the old look-ups)."""
        return Codebook(**{**self.__dict__, **(update or {})})

    def with_warnings(self, warnings: Sequence[str]) -> Codebook:
        """A copy that carries these `warnings`; they are no part of its content."""
        copy = self.model_copy()
        copy._warnings = tuple(warnings)
        return copy

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the file held that was not used; one sentence each."""
        return self._warnings

    @property
    def ids(self) -> tuple[str, ...]:
        """All ids, in the order of the codebook."""
        return self._index.ids

    @property
    def roots(self) -> tuple[str, ...]:
        """Ids of the codes without a parent."""
        return self._index.children[None]

    @property
    def leaves(self) -> tuple[str, ...]:
        """Ids of the codes without children."""
        return self._index.leaves

    def children(self, id: str) -> tuple[str, ...]:
        """Ids directly under a code."""
        return self._index.children.get(self[id].id, ())

    def descendants(self, id: str) -> tuple[str, ...]:
        """Ids at any depth under a code, each code before its own children."""
        return self._index.descendants[self[id].id]

    def ancestors(self, id: str) -> tuple[str, ...]:
        """Ids above a code, the nearest first."""
        return self._index.ancestors[self[id].id]

    def depth(self, id: str) -> int:
        """How many codes stand above it: 0 for a root."""
        return len(self.ancestors(id))

    def level(self, id: str) -> str:
        """What the codebook calls codes at this depth; empty where it does not say."""
        depth = self.depth(id)
        return self.levels[depth] if depth < len(self.levels) else ""

    def path(self, id: str) -> str:
        """The names from the root to the code: `Topic > Theme > Code`."""
        return self._index.paths[self[id].id]

    def short_path(self, id: str) -> str:
        """The code's name; where others have it too, as much of the path as tells them apart."""
        return self._index.short_paths[self[id].id]

    def group_of(self, id: str) -> tuple[str, ...]:
        """The exclusive group of a code, itself included; empty where it has none."""
        return self._index.group_of.get(self[id].id, ())

    def excluded(self, codes: Iterable[str]) -> tuple[str, ...]:
        """Codes of one exclusive group that `codes`, or what stands above them, give together; else none."""
        given = {above for code in codes for above in (code, *self.ancestors(code))}
        groups = sorted({group for code in given if (group := self.group_of(code))})
        together = (tuple(sorted(given & {*group})) for group in groups)
        return next((codes for codes in together if len(codes) > 1), ())

    def resolve(self, id_or_path: str) -> str:
        """The id meant by an id, a path of names or ids with ` > `, or a name that only one code has.

        Upper and lower case are told apart only where they must be. Raises `CodebookError`, with a suggestion
        where nothing is found, and with the ids that may be meant where there are several.
        """
        wanted = " ".join(id_or_path.split())
        if id_or_path.strip() in self._index.codes:
            return id_or_path.strip()
        for table, key in self._index.look_ups(wanted):
            found = table.get(key, ())
            if len(found) == 1:
                return found[0]
            if found:
                either = " or ".join(f"'{id}'" for id in found[:3])
                raise CodebookError(f"'{wanted}' could be {either}; use the id")
        known = [*self.ids, *self._index.paths.values()]
        raise CodebookError(f"no code '{wanted}' in the codebook{suggest(wanted, known)}")

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the content, whatever the file's format, key order, nesting and order of codes.

        The codebook's name is left out, so that a renamed copy is the same codebook.
        """
        return self._index.digest_of(self)


class _Index:
    """Every look-up of a codebook whose structure has been checked."""

    def __init__(self, codes: Sequence[Code], groups: Sequence[Sequence[str]]) -> None:
        self.codes = {code.id: code for code in codes}
        self.ids = tuple(self.codes)
        children: dict[str | None, list[str]] = defaultdict(list)
        for code in codes:
            children[code.parent].append(code.id)
        self.children = {None: (), **{parent: tuple(ids) for parent, ids in children.items()}}
        self.leaves = tuple(id for id in self.codes if id not in self.children)
        self.ancestors = {id: tuple(self._above(id)) for id in self.codes}
        self.paths = {id: self._path(id, of_names=True) for id in self.codes}
        self.short_paths = told_apart({id: path.split(SEPARATOR) for id, path in self.paths.items()})
        self.descendants = self._descendants()
        order = {id: position for position, id in enumerate(self.codes)}
        ordered = [tuple(sorted(group, key=order.__getitem__)) for group in groups]
        self.groups = tuple(sorted(ordered, key=lambda group: order[group[0]]))
        self.group_of = {id: group for group in self.groups for id in group}
        self._tables: list[dict[str, tuple[str, ...]]] = []
        self._digest = ""

    def look_ups(self, wanted: str) -> list[tuple[dict[str, tuple[str, ...]], str]]:
        """Tables to search, the surest first, with the key to search each for."""
        if not self._tables:  # most codebooks are never asked
            id_paths = {id: self._path(id, of_names=False) for id in self.codes}
            names = {id: code.name for id, code in self.codes.items()}
            ids = {id: id for id in self.codes}
            for key in (_same, str.casefold):
                self._tables.append(_inverse(key, ids, self.paths, id_paths))
                self._tables.append(_inverse(key, names))
        exact, exact_name, folded, folded_name = self._tables
        low = wanted.casefold()
        return [(exact, wanted), (folded, low), (exact_name, wanted), (folded_name, low)]

    def digest_of(self, codebook: Codebook) -> str:
        if not self._digest:
            content = codebook.model_dump(mode="json", exclude={"name"})
            content["codes"].sort(key=lambda code: code["id"])
            content["exclusive_groups"] = sorted(sorted(group) for group in self.groups)
            canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
            self._digest = hashlib.sha256(canonical.encode("utf-8")).hexdigest()
        return self._digest

    def _above(self, id: str) -> list[str]:
        above = []
        parent = self.codes[id].parent
        while parent is not None:
            above.append(parent)
            parent = self.codes[parent].parent
        return above

    def _path(self, id: str, *, of_names: bool) -> str:
        chain = [*reversed(self.ancestors[id]), id]
        return SEPARATOR.join(self.codes[step].name if of_names else step for step in chain)

    def _descendants(self) -> dict[str, tuple[str, ...]]:
        below: dict[str, list[str]] = {id: [] for id in self.codes}
        stack = list(reversed(self.children[None]))
        while stack:
            id = stack.pop()
            for ancestor in self.ancestors[id]:
                below[ancestor].append(id)
            stack.extend(reversed(self.children.get(id, ())))
        return {id: tuple(ids) for id, ids in below.items()}


def _same(text: str) -> str:
    return text


def _inverse(key: Callable[[str], str], *tables: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """From what is written (white space evened out) to the ids that it can mean."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for table in tables:
        for id, written in table.items():
            found[key(" ".join(written.split()))][id] = None
    return {written: tuple(ids) for written, ids in found.items()}
