"""Codebooks of other programs for qualitative analysis: the .qdc files of REFI-QDA (QDA-XML 1.0).

The format carries a code's name, place, colour and one description; the other fields stand in the
description under headings, so that people can read them there and autocode reads them back.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring  # written, not parsed

from autocode.codebook.build import LIST_KEYS, Draft, Row
from autocode.codebook.code import COLOUR, SEPARATOR, Code
from autocode.codebook.edit import id_stem
from autocode.codebook.model import Codebook
from autocode.codebook.tree import Places
from autocode.errors import CodebookError
from autocode.xmlfile import NAMESPACE_KEY, parse_xml, xml_text

CODEBOOK_NAMESPACE = "urn:QDA-XML:codebook:1.0"
EXCLUSIVE = "Of these codes exactly one applies."  # the description of a set that is an exclusive group

_NAMESPACE = uuid.UUID("9b2f1f3e-6a0f-5d0c-8a55-0d6c1f1f7a11")
_GUID = re.compile(r"\{?([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\}?")
_SHORT_COLOUR = re.compile("#[0-9A-Fa-f]{3}")
_HEADINGS = {
    "include": "Include:",
    "exclude": "Exclude:",
    "cues": "Cues:",
    "examples": "Examples:",
    "counter_examples": "Counter-examples:",
    "theory": "Theory:",
    "applies_to": "Applies to:",
    "id": "autocode id:",
}
_KEYS = {heading: key for key, heading in _HEADINGS.items()}
_HEADING = re.compile(f"( *)({'|'.join(map(re.escape, _KEYS))})")


def make_guid(*parts: str) -> str:
    """The GUID of something that these parts name: always the same, in lower case."""
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join(parts)))


def code_guid(id: str) -> str:
    """The GUID of the code with this id."""
    return make_guid("code", id)


def normal_guid(value: str | None) -> str | None:
    """A GUID in lower case without braces; None for what is none.

    >>> normal_guid("{AD68FBE7-E1EE-4A82-A279-23CC698C89EB}")
    'ad68fbe7-e1ee-4a82-a279-23cc698c89eb'
    """
    found = _GUID.fullmatch((value or "").strip())
    return found[1].lower() if found else None


def normal_colour(value: str | None) -> str | None:
    """`#RRGGBB` in upper case, also from `#RGB`; None for what is no such colour."""
    value = (value or "").strip()
    if _SHORT_COLOUR.fullmatch(value):
        value = "#" + "".join(letter * 2 for letter in value[1:])
    return value.upper() if COLOUR.fullmatch(value) else None


def fit_name(name: str) -> str:
    """A name that a code can have: one line, not empty, without what separates the names of a path."""
    line = " ".join(xml_text(name).split())
    return " ".join(line.replace(SEPARATOR, " / ").split()) or "Code"


def describe(code: Code) -> str:
    """The description that carries all of a code but its name, place and colour."""
    sections = [(key, getattr(code, key)) for key in _HEADINGS if key != "id" and getattr(code, key)]
    definition = _escaped(code.definition)
    if not sections and definition == code.definition and code.id == id_stem(code.name):
        return definition
    parts = [definition] if definition else []
    for key, value in (*sections, ("id", code.id)):
        body = "\n".join(f"- {item}" for item in value) if key in LIST_KEYS else _escaped(value)
        parts.append(f"{_HEADINGS[key]}\n{body}")
    return "\n\n".join(parts)


def described(text: str) -> dict[str, Any]:
    """The fields of a code that `describe` put into a description; any other text is the definition."""
    lines = text.split("\n")
    if _HEADINGS["id"] not in lines:
        return {"definition": text}
    found: dict[str, list[str]] = {"definition": []}
    key = "definition"
    for line in lines:
        if line in _KEYS:
            key = _KEYS[line]
            found[key] = []
        else:
            found[key].append(line[1:] if _is_escaped(line) else line)
    return {
        key: [item.removeprefix("- ") for item in body if item.strip()]
        if key in LIST_KEYS
        else "\n".join(body)
        for key, body in found.items()
    }


def _escaped(text: str) -> str:
    """`text` with one more blank before each line that could be taken for a heading."""
    return "\n".join(f" {line}" if _HEADING.fullmatch(line) else line for line in text.split("\n"))


def _is_escaped(line: str) -> bool:
    match = _HEADING.fullmatch(line)
    return match is not None and match[1] != ""


def is_true(value: str | None, *, default: bool = True) -> bool:
    """An xsd:boolean, which may be written 0 or 1."""
    return default if value is None else value.strip().lower() not in ("0", "false")


def code_elements(codes: Element) -> Iterator[tuple[Element, int | None]]:
    """Every `Code` below, each before its children, with the position of the one above it; no recursion."""
    stack = [(child, None) for child in reversed(codes.findall("Code"))]
    position = 0
    while stack:
        element, parent = stack.pop()
        yield element, parent
        here: Any = position
        position += 1
        stack.extend((child, here) for child in reversed(element.findall("Code")))


def read_qdc(data: bytes, *, file: str, name: str) -> Draft:
    """The draft in a .qdc file. Raises `CodebookError`; what is odd becomes a warning."""
    root, places = parse_xml(data, file=file, error=CodebookError), Places(file=file)
    if root.tag == "Project":
        places.fail("", "this is a project, not a codebook; 'autocode import' reads it when it is named .qde")
    if root.tag != "CodeBook":
        places.fail("", f"not a codebook: the file begins with '{root.tag[:40]}' instead of 'CodeBook'")
    warnings = []
    if root.get(NAMESPACE_KEY) != CODEBOOK_NAMESPACE:
        warnings.append(f"{file}: its namespace is not {CODEBOOK_NAMESPACE}; it was read all the same")
    codes = root.find("Codes")
    rows: list[Row] = []
    id_of: dict[str, str] = {}  # by GUID
    taken: set[str] = set()
    for element, parent in code_elements(Element("Codes") if codes is None else codes):
        place = f"code {len(rows) + 1}"
        values = row_of(element, taken)
        taken.add(values["id"].casefold())
        if parent is not None:
            values["parent"] = rows[parent].values["id"]
        if element.get("color") and values.get("colour") is None:
            warnings.append(f"{file}, {place}: the colour is not one such as '#1F77B4' and is left out")
        if (guid := normal_guid(element.get("guid"))) is None:
            warnings.append(f"{file}, {place}: it has no valid GUID, which does no harm")
        else:
            id_of[guid] = values["id"]
        rows.append(Row(values, place))
    groups = [group for group in _groups(root, id_of) if group]
    return Draft(
        file=file,
        meta={"name": name},
        rows=rows,
        groups=groups,
        group_places=[f"set {number}" for number in range(1, len(groups) + 1)],
        warnings=warnings,
    )


def row_of(element: Element, taken: set[str]) -> dict[str, Any]:
    """The fields of a `Code` element, its id told apart from those `taken` (in case-folded form)."""
    values = described((element.findtext("Description") or "").strip("\n"))
    values["name"] = fit_name(element.get("name", ""))
    values["colour"] = normal_colour(element.get("color"))
    values["id"] = free_id(str(values.get("id") or "").strip() or id_stem(values["name"]), taken)
    return values


def free_id(wanted: str, taken: set[str]) -> str:
    """`wanted`, with a number where it is taken (`taken` is in case-folded form).

    >>> free_id("trust", {"trust", *(f"trust_{number}" for number in range(2, 6))})
    'trust_6'
    """
    if wanted.casefold() not in taken:
        return wanted
    used, free = 1, 2  # looked for in growing steps, then between: thousands may have one name
    while f"{wanted}_{free}".casefold() in taken:
        used, free = free, 2 * free
    while free - used > 1:
        middle = (used + free) // 2
        used, free = (middle, free) if f"{wanted}_{middle}".casefold() in taken else (used, middle)
    return f"{wanted}_{free}"


def _groups(root: Element, id_of: Mapping[str, str]) -> Iterator[list[str]]:
    for one in root.iterfind("Sets/Set"):
        if (one.findtext("Description") or "").strip() == EXCLUSIVE:
            guids = [normal_guid(member.get("guid")) or "" for member in one.iterfind("MemberCode")]
            yield [id_of[guid] for guid in guids if guid in id_of]


def write_qdc(codebook: Codebook) -> str:
    """The codebook as .qdc, valid by the schema. Raises `CodebookError` where there is no code."""
    if not codebook.codes:
        raise CodebookError("a codebook without codes cannot be written as .qdc")
    root = Element("CodeBook", {"xmlns": CODEBOOK_NAMESPACE, "origin": "autocode"})
    add_codes(SubElement(root, "Codes"), codebook.codes)
    if codebook.exclusive_groups:
        sets = SubElement(root, "Sets")
        for number, group in enumerate(codebook.exclusive_groups, start=1):
            one = SubElement(
                sets, "Set", {"guid": make_guid("group", *group), "name": f"Exclusive group {number}"}
            )
            SubElement(one, "Description").text = EXCLUSIVE
            for id in group:
                SubElement(one, "MemberCode", {"guid": code_guid(id)})
    indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def add_codes(codes: Element, written: Sequence[Code]) -> None:
    """Put `Code` elements into `Codes`, each below its parent, children in the order of the codebook."""
    children: dict[str | None, list[Code]] = {}
    for code in written:
        children.setdefault(code.parent, []).append(code)
    stack = [(codes, code) for code in reversed(children.get(None, []))]
    while stack:
        above, code = stack.pop()
        attributes = {"guid": code_guid(code.id), "name": xml_text(code.name), "isCodable": "true"}
        if code.colour:
            attributes["color"] = code.colour
        element = SubElement(above, "Code", attributes)
        if description := xml_text(describe(code)):
            SubElement(element, "Description").text = description
        stack.extend((element, child) for child in reversed(children.get(code.id, [])))
