"""Codebooks in YAML: codes in a flat list with `parent`, or nested with `children`, or both."""

from __future__ import annotations

import re
from textwrap import indent

import yaml

from autocode.codebook.build import BOOK_KEYS, CODE_KEYS, LIST_KEYS, Draft, Row, last_name
from autocode.codebook.code import MAX_DEPTH
from autocode.codebook.model import Codebook
from autocode.errors import CodebookError
from autocode.yamlfile import Entry, YamlFile, parse_yaml

_HASH = re.compile(r"colour\s*:\s+#")


def read_yaml(text: str, *, file: str, name: str) -> Draft:
    """The draft in a YAML text; `name` is the codebook's where the text has none."""
    source = parse_yaml(text, file=file, error=CodebookError)
    if source.root.value is None:
        return Draft(file=file, meta={"name": name}, rows=())
    top = source.mapping(source.root, BOOK_KEYS, what="the codebook")
    meta: dict[str, object] = {"name": name}
    for key, entry in top.items():
        if key == "levels":
            meta[key] = source.texts(entry, key)
        elif key not in {"codes", "exclusive_groups"}:
            meta[key] = source.text(entry, key)
    codes = source.items(top["codes"], "codes") if "codes" in top else []
    groups = source.items(top["exclusive_groups"], "exclusive_groups") if "exclusive_groups" in top else []
    return Draft(
        file=file,
        meta=meta,
        meta_places={key: f"line {entry.key_line}" for key, entry in top.items()},
        rows=_rows(source, codes),
        groups=[_group(source, group) for group in groups],
        group_places=[f"line {group.line}" for group in groups],
    )


def _group(source: YamlFile, entry: Entry) -> tuple[str, ...]:
    if not isinstance(entry.value, list):
        source.fail(entry.line, "each exclusive group must be a list of codes, such as [[a, b], [c, d]]")
    return source.texts(entry, "exclusive_groups")


def _rows(source: YamlFile, codes: list[Entry]) -> list[Row]:
    """Codes in the order of the file, each before its children."""
    rows = []
    stack = [(entry, "", 1) for entry in reversed(codes)]
    while stack:
        entry, parent, depth = stack.pop()
        if depth > MAX_DEPTH:
            source.fail(entry.line, f"nested more than {MAX_DEPTH} levels deep")
        row = _row(source, entry, parent)
        rows.append(row)
        assert isinstance(entry.value, dict)
        if "children" in entry.value:
            children = source.items(entry.value["children"], "children")
            stack.extend((child, str(row.values["id"]), depth + 1) for child in reversed(children))
    return rows


def _row(source: YamlFile, entry: Entry, parent: str) -> Row:
    keys = source.mapping(entry, [*CODE_KEYS, "children"], what="a code")
    values: dict[str, object] = {}
    for key, value in keys.items():
        if key in LIST_KEYS:
            values[key] = source.texts(value, key)
        elif key != "children":
            values[key] = source.text(value, key)
    if "id" not in values:
        named = f"the code '{values['name']}'" if values.get("name") else "a code"
        source.fail(entry.line, f"{named} has no 'id'")
    if keys.get("colour") and keys["colour"].value is None:
        line = keys["colour"].key_line
        if _HASH.search(source.lines[line - 1]):
            source.fail(line, "write the colour in quotes ('#1F77B4'), since YAML takes # for a comment")
    if parent:
        if values.get("parent", parent) != parent:
            message = f"'{values['id']}' has the parent '{values['parent']}', but stands under '{parent}'"
            source.fail(keys["parent"].line, message)
        values["parent"] = parent
    values.setdefault("name", last_name(str(values["id"])))
    return Row(values, f"line {entry.line}", {key: f"line {value.key_line}" for key, value in keys.items()})


class _Dumper(yaml.SafeDumper):
    """Lists indented under their key, and several lines of text as a block."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _represent_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _represent_text)


def write_yaml(codebook: Codebook) -> str:
    """The codebook as YAML for people: flat, an empty line between codes, no empty fields."""
    content = {key: value for key, value in codebook.model_dump(mode="json").items() if value}
    codes = content.pop("codes", [])
    groups = content.pop("exclusive_groups", [])
    parts = [_dump(content)]
    if codes:
        parts.append("codes:")
        for code in codes:
            parts.append("")
            parts.append(indent(_dump([{key: value for key, value in code.items() if value}]), "  "))
    if groups:
        parts.append("")
        parts.append("exclusive_groups:")
        parts.extend(f"  - {_dump(group, flow=True)}" for group in groups)
    return "\n".join(part.rstrip("\n") for part in parts) + "\n"


def _dump(content: object, *, flow: bool = False) -> str:
    width = 10**6 if flow else 100  # a group stays on its line
    return yaml.dump(
        content, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=width, default_flow_style=flow
    )
