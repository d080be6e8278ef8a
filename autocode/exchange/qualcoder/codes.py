"""QualCoder's categories and codes as one tree, each after the one it stands under."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from autocode.codebook.code import MAX_DEPTH
from autocode.codebook.qdc_format import normal_colour
from autocode.errors import ExchangeError
from autocode.exchange import refi
from autocode.exchange.qualcoder.database import SPEAKER_CODER, Study, guid
from autocode.exchange.refi_read import counted
from autocode.exchange.sqlite_file import number_of, text_of

_Node = tuple[Literal["category", "code"], int]


def read_codes(study: Study) -> tuple[refi.Code, ...]:
    """All categories and codes, but for those that only mark who speaks. Raises `ExchangeError`."""
    nodes: dict[_Node, refi.Code] = {}
    wanted: dict[_Node, list[_Node | None]] = {}  # what each may stand under, the first that is there
    marks = _marks_of_speakers(study)
    for id, name, memo, parent, owner in study.tables.rows(
        "code_cat", "catid", "name", "memo", "supercatid", "owner"
    ):
        if (number := number_of(id)) is not None and owner != SPEAKER_CODER:
            key: _Node = ("category", number)
            code = refi.Code(guid("category", id), text_of(name), is_codable=False, description=text_of(memo))
            nodes[key], wanted[key] = code, [_key("category", parent)]
    for id, name, memo, category, colour, parent in study.tables.rows(
        "code_name", "cid", "name", "memo", "catid", "color", "supercid"
    ):
        if (number := number_of(id)) is not None and number not in marks:
            key = ("code", number)
            usual = normal_colour(text_of(colour))
            study.counts["colour that is not one such as '#1F77B4'"] += bool(text_of(colour) and not usual)
            nodes[key] = refi.Code(guid("code", id), text_of(name), colour=usual, description=text_of(memo))
            wanted[key] = [_key("code", parent), _key("category", category)]
    above = {key: next((one for one in some if one in nodes), None) for key, some in wanted.items()}
    study.counts["category that is not there"] += sum(
        above[key] is None and any(one is not None for one in some) for key, some in wanted.items()
    )
    _break_circles(study, above)
    return _ordered(study, nodes, above)


def _marks_of_speakers(study: Study) -> set[int | None]:
    """Codes that QualCoder's dialogue for speakers made, where nobody else has used them."""
    made = {
        number_of(id)
        for id, owner in study.tables.rows("code_name", "cid", "owner")
        if owner == SPEAKER_CODER
    }
    used = {
        number_of(code)
        for table in ("code_text", "code_image", "code_av")
        for code, owner in study.tables.rows(table, "cid", "owner")
        if owner != SPEAKER_CODER
    }
    return made - used


def _break_circles(study: Study, above: dict[_Node, _Node | None]) -> None:
    """Put to the top what stands under itself, as QualCoder does when it opens such a project."""
    n_broken = 0
    fine = set[_Node | None]([None])
    for start in above:
        trail = dict[_Node, None]()
        node: _Node | None = start
        while node is not None and node not in fine and node not in trail:
            trail[node] = None
            node = above[node]
        if node in trail and node is not None:
            above[node] = None
            n_broken += 1
        fine.update(trail)
    if n_broken:
        study.warnings.append(f"{counted(n_broken, 'code or category')} stood under itself: put to the top")


def _ordered(
    study: Study, nodes: Mapping[_Node, refi.Code], above: Mapping[_Node, _Node | None]
) -> tuple[refi.Code, ...]:
    below: dict[_Node | None, list[_Node]] = defaultdict(list)
    for key, parent in above.items():
        below[parent].append(key)
    found: list[refi.Code] = []
    stack = [(key, 0) for key in reversed(below[None])]
    while stack:
        key, depth = stack.pop()
        if depth >= MAX_DEPTH:
            raise ExchangeError(
                f"{study.path}: categories are nested more than {MAX_DEPTH} levels deep; refused"
            )
        parent = above[key]
        found.append(replace(nodes[key], parent=None if parent is None else nodes[parent].guid))
        stack += [(child, depth + 1) for child in reversed(below[key])]
    return tuple(found)


def _key(kind: Literal["category", "code"], id: object) -> _Node | None:
    number = number_of(id)
    return None if number is None else (kind, number)
