"""From the rows of any file to a codebook. Every mistake is told with the place that the reader gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from autocode.codebook.code import COLOUR, MAX_DEPTH, SEPARATOR, Code
from autocode.codebook.model import Codebook
from autocode.codebook.tree import Places, check_structure
from autocode.fields import first_problem

CODE_KEYS = tuple(Code.model_fields)
LIST_KEYS = ("include", "exclude", "cues", "examples", "counter_examples")
BOOK_KEYS = tuple(Codebook.model_fields)


@dataclass(frozen=True, slots=True)
class Row:
    """One code as a file gave it, and where."""

    values: Mapping[str, Any]
    place: str  # "line 4"
    places: Mapping[str, str] = field(default_factory=dict)  # of single fields, where they are known

    def at(self, key: str) -> str:
        """Where a field stands; the code itself where that is not known."""
        return self.places.get(key, self.place)


@dataclass(frozen=True, slots=True)
class Draft:
    """A file's content before it is checked."""

    file: str
    meta: Mapping[str, Any]
    rows: Sequence[Row]
    groups: Sequence[Sequence[str]] = ()
    group_places: Sequence[str] = ()
    meta_places: Mapping[str, str] = field(default_factory=dict)
    warnings: Sequence[str] = ()


def build(draft: Draft, *, allow_empty: bool = False) -> Codebook:
    """The codebook of a draft. Raises `CodebookError` with the file and the place of the first mistake."""
    places = Places(
        file=draft.file,
        codes=tuple(row.place for row in draft.rows),
        groups=tuple(draft.group_places),
        parents=tuple(row.at("parent") for row in draft.rows),
    )
    if not draft.rows and not allow_empty:
        places.fail("", "no codes")
    codes = tuple(_code(row, places) for row in draft.rows)
    groups = tuple(tuple(id.strip() for id in group) for group in draft.groups)
    check_structure(codes, groups, places)
    try:
        codebook = Codebook(**draft.meta, codes=codes, exclusive_groups=groups)
    except ValidationError as error:
        key, problem = first_problem(error)
        places.fail(draft.meta_places.get(key, ""), f"the {key} of the codebook {problem}")
    return codebook.with_warnings(draft.warnings)


def last_name(path: str) -> str:
    """The last part of a path: `C` of `A > B > C`."""
    return path.rpartition(SEPARATOR)[2]


def add_parents(rows: Sequence[Row], *, file: str, create_named: bool = True) -> tuple[list[Row], list[str]]:
    """`rows` whose ids are paths, with the parents that the paths name; and the ids of those created for it.

    A parent that is no row itself is created before its first child, also where a `parent` field names it,
    unless `create_named` is off.
    """
    known = {str(row.values["id"]).strip() for row in rows}
    complete: list[Row] = []
    created: list[str] = []
    for row in rows:
        id = str(row.values["id"]).strip()
        named = row.values.get("parent")
        parent = (named.strip() if isinstance(named, str) else named) or _above(id)
        missing = []
        step = parent if isinstance(parent, str) and (create_named or not named) else None
        if max(id.count(SEPARATOR), (step or "").count(SEPARATOR)) >= MAX_DEPTH:
            Places(file=file).fail(row.place, f"nested more than {MAX_DEPTH} levels deep")
        while step is not None and step not in known:
            missing.append(step)
            known.add(step)
            step = _above(step)
        for each in reversed(missing):
            complete.append(Row({"id": each, "name": last_name(each), "parent": _above(each)}, row.place))
            created.append(each)
        complete.append(Row({"name": last_name(id), **row.values, "parent": parent}, row.place, row.places))
    return complete, created


def drop_bad_colour(values: dict[str, Any], *, place: str) -> list[str]:
    """Take a colour that is none out of `values`; the warning that says so."""
    colour = values.get("colour")
    if not colour or (isinstance(colour, str) and COLOUR.fullmatch(colour.strip())):
        return []
    del values["colour"]
    return [f"{place}: the colour is not one such as '#1F77B4' and is left out"]


def _above(path: str) -> str | None:
    """The path without its last part; none for a path of one part."""
    return path.rpartition(SEPARATOR)[0].strip() or None


def _code(row: Row, places: Places) -> Code:
    try:
        return Code(**row.values)
    except ValidationError as error:
        key, problem = first_problem(error)
        id = row.values.get("id")
        whose = f"code '{id}'" if id and key != "id" else "a code"
        places.fail(row.at(key), f"the {key} of {whose} {problem}")
