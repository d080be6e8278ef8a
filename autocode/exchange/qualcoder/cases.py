"""QualCoder's cases, with their attributes and the stretches of texts that belong to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import InvalidOperation

from autocode.exchange import refi
from autocode.exchange.qualcoder.database import Study, guid, time_of
from autocode.exchange.qualcoder.texts import Stretches, add_stretch
from autocode.exchange.sqlite_file import number_of, text_of

Values = defaultdict[tuple[str, int | None], list[refi.Value]]  # by "case" or "file", and its number


def read_cases(study: Study, stretches: Stretches, values: Values) -> tuple[refi.Case, ...]:
    """The cases; where they stand in texts becomes a part of `stretches`."""
    parts: defaultdict[int | None, list[tuple[str, str]]] = defaultdict(list)  # source, selection
    for id, case, file, start, end, owner, date in study.tables.rows(
        "case_text", "id", "caseid", "fid", "pos0", "pos1", "owner", "date"
    ):
        selection = refi.Selection(
            guid("case part", id), 0, 0, user=study.user(owner), created_at=time_of(date)
        )
        if (number_of(end) or 0) > (number_of(start) or 0):  # else the whole of a picture or recording
            add_stretch(study, stretches, file, (start, end), selection)
        parts[number_of(case)].append((guid("source", file), selection.guid))
    return tuple(
        refi.Case(
            guid("case", id), text_of(name), values=tuple(values["case", number_of(id)]),
            sources=tuple(dict.fromkeys(source for source, _ in parts[number_of(id)])),
            selections=tuple(selection for _, selection in parts[number_of(id)]),
        )
        for id, name in study.tables.rows("cases", "caseid", "name")
    )  # fmt: skip


def read_attributes(study: Study) -> tuple[tuple[refi.Variable, ...], Values]:
    """The attributes, and what they are for each case and file."""
    rows = [
        (text_of(name), text_of(kind), text_of(value).strip(), number_of(id))
        for name, kind, value, id in study.tables.rows("attribute", "name", "attr_type", "value", "id")
    ]
    types = {
        text_of(name): (text_of(kind), text_of(memo))
        for name, kind, memo in study.tables.rows("attribute_type", "name", "valuetype", "memo")
    }
    given: dict[str, list[str]] = defaultdict(list)
    for name, _, value, _ in rows:
        given[name] += [value] if value else []
    variables = {
        name: refi.Variable(guid("variable", name), name, _kind(kind, given[name]), about)
        for name in dict.fromkeys((*types, *given))
        for kind, about in [types.get(name, ("", ""))]
    }
    values: Values = defaultdict(list)
    for name, kind, value, id in rows:
        if value:
            study.counts["attribute of a journal"] += kind not in ("case", "file")
            variable = variables[name]
            values[kind, id].append(refi.Value(variable.guid, _scalar(value, variable.kind)))
    return tuple(variables.values()), values


def _kind(valuetype: str, values: Iterable[str]) -> refi.VariableKind:
    if valuetype != "numeric":
        return "Text"
    return "Integer" if all(value.lstrip("+-").isdigit() for value in values) else "Float"


def _scalar(value: str, kind: refi.VariableKind) -> refi.Scalar:
    try:
        return int(value) if kind == "Integer" else refi.finite(value) if kind == "Float" else value
    except (ValueError, InvalidOperation):
        return value
