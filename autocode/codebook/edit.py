"""Editing a codebook: each edit returns a new one, or raises `CodebookError` and says why it cannot be."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from autocode.codebook.code import Code
from autocode.codebook.model import Codebook
from autocode.codebook.references import names, with_new_name
from autocode.codebook.tree import Places, check_structure
from autocode.config import suggest
from autocode.errors import CodebookError
from autocode.fields import first_problem

LONGEST_ID = 60  # characters of a made id, before the number that tells it apart

_NOT_EDITED = {
    "id": "cannot be edited, since decisions name it; add a code and merge this one into it",
    "parent": "cannot be edited; move the code",
}
_GATHERED = ("include", "exclude", "cues", "examples")  # what a merged code hands on


def add_code(codebook: Codebook, code: Code, *, after: str | None = None) -> Codebook:
    """With a new code behind `after` and all below it, or as the last under its parent.

    `after` may be the parent itself: the code is then its first.
    """
    if code.id in codebook:
        raise CodebookError(f"the code id '{code.id}' is already taken")
    if code.parent is not None and code.parent not in codebook:
        near = suggest(code.parent, list(codebook.ids))
        raise CodebookError(f"'{code.id}' has an unknown parent '{code.parent}'{near}")
    codes = list(codebook.codes)
    if after is None:
        at = _end(codes, code.parent)
    else:
        at = codebook.ids.index(codebook[after].id) + 1
        below = set() if after == code.parent else set(codebook.descendants(after))
        while at < len(codes) and codes[at].id in below:
            at += 1
    return _with(codebook, [*codes[:at], code, *codes[at:]], f"'{code.id}' cannot be added")


def new_id(codebook: Codebook, name: str, *, taken: Collection[str] = ()) -> str:
    """An id for a code of this name: its words in lower case, joined by `_`, with a number where it is taken.

    `taken` are ids that may not come back, such as those of codes that are gone but have decisions.

    >>> new_id(Codebook(name="x", codes=(Code(id="trust_us", name="Trust us"),)), "Trust (us)")
    'trust_us_2'
    """
    stem = id_stem(name)
    used = {id.casefold() for id in (*codebook.ids, *taken)}
    id, number = stem, 1
    while id.casefold() in used:
        number += 1
        id = f"{stem}_{number}"
    return id


def id_stem(name: str) -> str:
    """The words of a name in lower case, joined by `_`: its id where nothing else has it."""
    lower = unicodedata.normalize("NFKC", name).lower()
    letters = (char if unicodedata.category(char)[0] in "LMN" else " " for char in lower)
    return "_".join("".join(letters).split())[:LONGEST_ID].rstrip("_") or "code"


def edit_code(codebook: Codebook, id: str, /, **fields: Any) -> Codebook:
    """With other values for fields of a code: any but `id` and `parent`."""
    code = codebook[id]
    for key in fields:
        if key in _NOT_EDITED:
            raise CodebookError(f"the {key} of code '{id}' {_NOT_EDITED[key]}")
        if key not in Code.model_fields:
            near = suggest(key, list(Code.model_fields))
            raise CodebookError(f"code '{id}': a code has no field '{key}'{near}")
    edited = _changed(code, fields)
    codes = [edited if each.id == id else each for each in codebook.codes]
    return _with(codebook, codes, f"'{id}' cannot be edited")


def move_code(codebook: Codebook, id: str, parent: str | None) -> Codebook:
    """With a code, and all below it, as the last under another parent; for none, as the last at the top.

    Refused where the parent stands below the code, and where a code would stand below one that it excludes.
    """
    if parent == codebook[id].parent:
        return codebook
    if parent is not None and (parent == id or id in codebook.ancestors(parent)):
        why = "itself" if parent == id else f"'{parent}', which stands below it"
        raise CodebookError(f"'{id}' cannot move under {why}")
    doing = f"'{id}' cannot move " + ("to the top" if parent is None else f"under '{parent}'")
    return _with(codebook, _moved(codebook.codes, id, parent), doing)


def merge_codes(codebook: Codebook, id: str, into: str) -> Codebook:
    """Without the code `id`, whose children and lines go to `into`.

    `into` keeps its name, definition, theory and place; where it stood below `id`, it takes the place of
    `id`. It gains the definition of `id` as a line of `include`, then include, exclude, cues and examples,
    each line once. Counter-examples of `id` are not taken over, since they may well be examples of `into`;
    those of `into` that are now its examples go. An exclusive group that is left with one code goes.

    Lines of other codes that name `id` name `into` then; lines of `exclude` by which one of the two sent to
    the other go.
    """
    gone, kept = codebook[id], codebook[into]
    if id == into:
        raise CodebookError(f"'{id}' cannot be merged into itself")
    codes = list(codebook.codes)
    if id in codebook.ancestors(into):
        codes = _moved(codes, into, gone.parent, before=id)
    for child in codebook.children(id):
        if child != into:
            codes = _moved(codes, child, into)
    parent = next(code.parent for code in codes if code.id == into)
    merged = _changed(kept, {"parent": parent, **_gathered(gone, kept)})
    codes = [merged if code.id == into else code for code in codes if code.id != id]
    codes = with_new_name(codes, id, into)
    groups = _without(codebook.exclusive_groups, id)
    return _with(codebook, codes, f"'{id}' cannot be merged into '{into}'", groups)


def split_code(
    codebook: Codebook, id: str, parts: Sequence[Code], *, children_to: str | None = None
) -> Codebook:
    """With `parts` in the place of a code, under its parent whatever parent they name.

    `id` stays only where a part has this id. Its children go to the part `children_to`, the first where
    nothing is said. In an exclusive group all parts take the place of the code: one applies where it did.
    """
    code = codebook[id]
    ids = [part.id for part in parts]
    doing = f"'{id}' cannot be split"
    if len(parts) < 2:
        raise CodebookError(f"{doing}: it takes two parts or more ({len(parts)} given)")
    for position, part in enumerate(ids):
        if part in ids[:position]:
            raise CodebookError(f"{doing}: two parts have the id '{part}'")
        if part != id and part in codebook:
            raise CodebookError(f"{doing}: the code id '{part}' is already taken")
    heir = ids[0] if children_to is None else children_to
    if heir not in ids:
        raise CodebookError(f"{doing}: its children cannot go to '{heir}', no part of it{suggest(heir, ids)}")
    new = [_changed(part, {"parent": code.parent}) for part in parts]
    at = codebook.ids.index(id)
    # the children are parted from the code first, so that a part with its id starts without any
    codes = [
        each.model_copy(update={"parent": None}) if each.parent == id else each for each in codebook.codes
    ]
    codes[at : at + 1] = new
    for child in codebook.children(id):
        codes = _moved(codes, child, heir)
    groups = [[p for m in group for p in (ids if m == id else [m])] for group in codebook.exclusive_groups]
    return _with(codebook, codes, doing, groups)


def deprecate_code(codebook: Codebook, id: str) -> Codebook:
    """Without a code that has no children; an exclusive group that is left with one code goes too."""
    children = codebook.children(id)
    if children:
        named = [f"'{child}'" for child in children]
        some = " and ".join(part for part in (", ".join(named[:-1]), named[-1]) if part)
        stand = "stand" if len(children) > 1 else "stands"
        raise CodebookError(f"'{id}' cannot go while {some} {stand} under it; move or merge them first")
    codes = [code for code in codebook.codes if code.id != id]
    return _with(codebook, codes, f"'{id}' cannot go", _without(codebook.exclusive_groups, id))


def _with(
    codebook: Codebook, codes: Sequence[Code], doing: str, groups: Sequence[Sequence[str]] | None = None
) -> Codebook:
    """The codebook with these codes and groups; messages begin with `doing`, not with a place."""
    groups = codebook.exclusive_groups if groups is None else groups
    nowhere = ("",) * len(codes)
    places = Places(file=doing, codes=nowhere, parents=nowhere, groups=("",) * len(groups))
    check_structure(codes, groups, places)
    return codebook.model_copy(update={"codes": tuple(codes), "exclusive_groups": tuple(map(tuple, groups))})


def _changed(code: Code, fields: Mapping[str, Any]) -> Code:
    """A checked copy, which pydantic's own is not."""
    try:
        return Code(**{**code.__dict__, **fields})
    except ValidationError as error:
        key, problem = first_problem(error)
        raise CodebookError(f"the {key} of code '{code.id}' {problem}") from None


def _below(codes: Iterable[Code], id: str) -> set[str]:
    """The code itself and all below it."""
    children: dict[str | None, list[str]] = defaultdict(list)
    for code in codes:
        children[code.parent].append(code.id)
    found = [id]
    for each in found:  # grows as it goes
        found.extend(children[each])
    return set(found)


def _end(codes: Sequence[Code], parent: str | None) -> int:
    """The position behind a code and all below it; the end for none."""
    if parent is None:
        return len(codes)
    block = _below(codes, parent)
    return 1 + max(position for position, code in enumerate(codes) if code.id in block)


def _moved(codes: Sequence[Code], id: str, parent: str | None, *, before: str | None = None) -> list[Code]:
    """`codes` with one and all below it directly before another one, or as the last under its new parent."""
    block = _below(codes, id)
    moving = [
        code.model_copy(update={"parent": parent}) if code.id == id else code
        for code in codes
        if code.id in block
    ]
    rest = [code for code in codes if code.id not in block]
    at = _end(rest, parent) if before is None else [code.id for code in rest].index(before)
    return [*rest[:at], *moving, *rest[at:]]


def _without(groups: Iterable[Sequence[str]], id: str) -> list[list[str]]:
    left = [[member for member in group if member != id] for group in groups]
    return [group for group in left if len(group) > 1]


def _gathered(gone: Code, kept: Code) -> dict[str, tuple[str, ...]]:
    """The lists of `kept` with what it gains from `gone`."""
    lists: dict[str, tuple[str, ...]] = {}
    for key in _GATHERED:
        more = getattr(gone, key)
        if key == "include" and gone.definition and _key(gone.definition) != _key(kept.definition):
            more = (gone.definition, *more)
        lists[key] = _joined(getattr(kept, key), more)
    lists["exclude"] = tuple(
        line for line in lists["exclude"] if not names(line, gone.id) and not names(line, kept.id)
    )
    examples = set(map(_key, gone.examples))
    lists["counter_examples"] = tuple(line for line in kept.counter_examples if _key(line) not in examples)
    return lists


def _joined(lines: Iterable[str], more: Iterable[str]) -> tuple[str, ...]:
    """`lines` as they are, then those of `more` that say something new."""
    joined = list(lines)
    seen = set(map(_key, joined))
    for line in more:
        if _key(line) not in seen:
            joined.append(line)
            seen.add(_key(line))
    return tuple(joined)


def _key(line: str) -> str:
    return " ".join(line.casefold().split())
