"""Propositions: what a study claims, each a relation between codes that data can speak for or against.

propositions:
  - id: P1
    text: Trust makes knowledge dynamics effective.
    relation: co-occurs
    codes: [trust]
    with: [knowledge_exchange]
    within: answer
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from autocode.codebook import Codebook
from autocode.config import suggest
from autocode.errors import FindingsError
from autocode.fields import Id, Line, OptionalText, Text, Texts, first_problem
from autocode.textfile import find_file, read_text, shipped_names
from autocode.yamlfile import Entry, YamlFile, parse_yaml

Relation = Literal["co-occurs", "precedes", "differs"]
Within = Literal["statement", "turn", "answer", "interview"]
_CHOICES: dict[str, tuple[str, ...]] = {
    "relation": get_args(Relation),
    "within": get_args(Within),
    "expect": ("more", "alike"),
}
_LISTS = ("codes", "with")
_COMMON = ("id", "text", "relation", "codes", "note")
# The keys that each relation has besides those, the needed ones first.
_NEEDS = {"co-occurs": ("with",), "precedes": ("with",), "differs": ("attribute", "more", "less")}
_MAY_HAVE = {"co-occurs": ("within",), "precedes": (), "differs": ("expect", "margin")}


class Proposition(BaseModel):
    """One claim. Lists of codes mean any of them, or of the codes below them."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    id: Id
    text: Line
    relation: Relation
    codes: Texts
    others: Texts = Field(default=(), alias="with")
    within: Within = "answer"
    attribute: OptionalText = None
    more: OptionalText = None  # values of the attribute
    less: OptionalText = None
    expect: Literal["more", "alike"] = "more"
    margin: float = Field(default=0.10, gt=0, lt=1)  # difference of rates up to which groups are alike
    note: Text = ""

    @field_validator("margin", mode="before")
    @classmethod
    def _share(cls, value: Any) -> Any:
        try:
            share = float(value)
        except (TypeError, ValueError):
            raise ValueError("must be a number such as 0.10") from None
        if not 0 < share < 1:
            raise ValueError("must be between 0 and 1")
        return share


class Propositions(BaseModel):
    """The propositions of one study."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Line
    title: Text = ""
    source: Text = ""
    codebook: OptionalText = None  # the name of the codebook whose codes are meant
    note: Text = ""
    propositions: tuple[Proposition, ...]


def codes_of(proposition: Proposition) -> tuple[str, ...]:
    """All codes that a proposition names."""
    return (*proposition.codes, *proposition.others)


def shipped_propositions() -> list[str]:
    """Names of the sets of propositions that come with autocode."""
    return shipped_names("propositions")


def read_propositions(path: str | Path, *, codebook: Codebook | None = None) -> Propositions:
    """The propositions in a YAML file, or a shipped set by name; with `codebook`, all their codes are in it.

    Raises `FindingsError` that names the file and the line.
    """
    found = find_file(path, kind="propositions", error=FindingsError)
    source = parse_yaml(read_text(found, error=FindingsError), file=str(path), error=FindingsError)
    top = source.mapping(source.root, list(Propositions.model_fields), what="a file of propositions")
    items = source.items(top["propositions"], "propositions") if "propositions" in top else []
    if not items:
        source.fail(source.root.line, "no propositions; write 'propositions:' and a list below it")
    made, line_of = list[Proposition](), dict[str, int]()
    for item in items:
        one = _proposition(source, item, codebook)
        if one.id in line_of:
            source.fail(item.line, f"the id '{one.id}' is already taken at line {line_of[one.id]}")
        line_of[one.id] = item.line
        made.append(one)
    written = {key: source.text(entry, key) for key, entry in top.items() if key != "propositions"}
    try:
        return Propositions(**{"name": found.stem, **written}, propositions=tuple(made))
    except ValidationError as error:
        key, problem = first_problem(error)
        source.fail(top[key].key_line, f"the {key} {problem}")


def propositions_for(codebook: Codebook) -> Propositions | None:
    """The shipped set that is about this codebook; None: there is none, or the codebook lacks its codes."""
    for name in shipped_propositions():
        one = read_propositions(name)
        named = {code for item in one.propositions for code in codes_of(item)}
        if one.codebook == codebook.name and named <= set(codebook.ids):
            return one
    return None


def _proposition(source: YamlFile, item: Entry, codebook: Codebook | None) -> Proposition:
    allowed = list(dict.fromkeys([*_COMMON, *(key for keys in _NEEDS.values() for key in keys),
                                  *(key for keys in _MAY_HAVE.values() for key in keys)]))  # fmt: skip
    keys = source.mapping(item, allowed, what="a proposition")
    values: dict[str, Any] = {
        key: (source.texts if key in _LISTS else source.text)(value, key) for key, value in keys.items()
    }
    for key, choices in _CHOICES.items():
        if key in values and values[key] not in choices:
            near = suggest(values[key], list(choices))
            source.fail(keys[key].line, f"the {key} must be one of {', '.join(choices)}{near}")
    for key in ("id", "text", "relation", "codes"):
        if not values.get(key):
            source.fail(item.line, f"a proposition needs {key}")
    _check_keys(source, item, keys, values["relation"])
    try:
        made = Proposition(**values)
    except ValidationError as error:
        key, problem = first_problem(error)
        line = keys[key].line if key in keys else item.line
        source.fail(line, f"the {key} of the proposition '{values['id']}' {problem}")
    if codebook is not None:
        _check_codes(source, keys, made, codebook)
    return made


def _check_keys(source: YamlFile, item: Entry, keys: dict[str, Entry], relation: str) -> None:
    for key in _NEEDS[relation]:
        if key not in keys or keys[key].value in (None, "", []):
            source.fail(item.line, f"a proposition with the relation '{relation}' needs '{key}'")
    for key, entry in keys.items():
        if key not in (*_COMMON, *_NEEDS[relation], *_MAY_HAVE[relation]):
            source.fail(entry.key_line, f"the relation '{relation}' has no '{key}'")


def _check_codes(source: YamlFile, keys: dict[str, Entry], made: Proposition, codebook: Codebook) -> None:
    """Raise for a code that is not there, and for sides of which one holds the other."""
    for key, ids in (("codes", made.codes), ("with", made.others)):
        for id in ids:
            if id not in codebook:
                near = suggest(id, list(codebook.ids))
                source.fail(keys[key].line, f"no code '{id}' in the codebook{near}")
    for one in made.codes:
        for other in made.others:
            if one == other or one in codebook.ancestors(other) or other in codebook.ancestors(one):
                source.fail(
                    keys["with"].line, f"'{other}' and '{one}' are one code, or one is above the other"
                )
