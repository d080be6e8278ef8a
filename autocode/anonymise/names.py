"""Names and what stands for them: the project's list and the key, one format for both.

    names:
      - text: Dr. Smith
        kind: person
        also: [Smith, John Smith]   # the same person
        placeholder: the first CEO  # without it: Person 1, Person 2 ...
      - text: Norway
        kind: keep                  # known, and never replaced

A list may also be a table with the columns text, kind, also (separated by `;`), placeholder and case.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from autocode.config import suggest
from autocode.errors import AnonymiseError
from autocode.fields import Line, OptionalText, Texts, first_problem
from autocode.textfile import read_text
from autocode.yamlfile import Entry, YamlFile, format_yaml, parse_yaml

if TYPE_CHECKING:
    from autocode.anonymise.replace import Matcher

Kind = Literal["person", "firm", "place", "product", "other", "email", "phone", "link", "keep"]
FoundBy = Literal["list", "speaker", "pattern", "model", "key"]
KINDS: tuple[Kind, ...] = get_args(Kind)
LABELS: dict[Kind, str] = {
    "person": "Person", "firm": "Firm", "place": "Place", "product": "Product", "other": "Name",
    "email": "E-mail", "phone": "Phone", "link": "Link",
}  # fmt: skip
ROLE_LABELS: dict[str, str] = {"respondent": "Respondent", "interviewer": "Interviewer", "other": "Speaker"}
COLUMNS = ("text", "kind", "also", "placeholder", "case")
_KEY_PARTS = ("names", "interviews", "speakers", "coders")
_COPY_PARTS = ("interview", "copy")
_CODER_PARTS = ("coder", "label")
_SPEAKER_PARTS = ("interview", "speaker", "label")
_HEADER = (
    "# Who is who. Keep this file apart from the anonymised copies; the same key keeps placeholders stable.\n"
)
APOSTROPHES, HYPHENS = "'’ʼ‘`´", "‐‑–-"  # in a character class the last one stands for itself


@dataclass(frozen=True, slots=True)
class Name:
    """A person, firm or place, under all spellings, and what stands for it."""

    placeholder: str  # without brackets; empty: never replaced
    kind: Kind
    spellings: tuple[str, ...]
    found_by: FoundBy = "list"
    exact: frozenset[str] = frozenset()  # spellings that are ordinary words in small letters: left then


@dataclass(frozen=True)
class Key:
    """Everything that is replaced, and by what."""

    names: tuple[Name, ...] = ()
    interviews: Mapping[str, str] = field(default_factory=dict)  # transcript id: id of its copy
    speakers: Mapping[tuple[str, str], str] = field(default_factory=dict)  # transcript id, name: label
    coders: Mapping[str, str] = field(default_factory=dict)
    language: str = "en"

    @cached_property
    def matcher(self) -> Matcher:
        """Finds the names in a text; made once."""
        from autocode.anonymise.replace import Matcher

        return Matcher(self.names, language=self.language)


class Listed(BaseModel):
    """One entry of a list, as it is written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: Line
    kind: Kind
    also: Texts = ()
    placeholder: OptionalText = None
    case: Literal["any", "exact"] | None = None  # None: exact for what is an ordinary word in small letters

    @field_validator("kind", mode="before")
    @classmethod
    def _kind(cls, value: Any) -> Any:
        word = str(value).strip().casefold().replace("e-mail", "email")
        if word not in KINDS:
            near = suggest(word, list(KINDS))
            raise ValueError(f"is none of {', '.join(KINDS)}{near}")
        return word

    @field_validator("case", mode="before")
    @classmethod
    def _case(cls, value: Any) -> Any:
        word = str(value or "").strip().casefold()
        if word not in ("", "any", "exact"):
            raise ValueError("must be 'any' or 'exact'")
        return word or None

    @field_validator("placeholder")
    @classmethod
    def _bare(cls, value: str | None) -> str | None:
        bare = (value or "").strip("[] ")
        if "[" in bare or "]" in bare or "\n" in bare:
            raise ValueError("must be one line without brackets inside")
        return bare or None

    @property
    def spellings(self) -> tuple[str, ...]:
        """The name in all its spellings."""
        return tuple(dict.fromkeys((self.text, *self.also)))


@dataclass(frozen=True, slots=True)
class Place:
    """An entry and where it stands."""

    listed: Listed
    where: str


def normal(text: str) -> str:
    """What two writings of a name share: case, accents' encoding, spaces, hyphens and apostrophes aside.

    >>> normal("Jean-Luc  O’Brien") == normal("jean luc o'brien")
    True
    """
    folded = unicodedata.normalize("NFC", text).casefold()
    folded = folded.replace("i\u0307", "i").replace("ı", "i")  # İ, I, i and ı: `re.IGNORECASE` mixes them
    folded = re.sub(f"[{APOSTROPHES}]", "'", folded)
    return re.sub(rf"[\s{HYPHENS}]+", " ", folded).strip()


def placeholder_pattern(own: Collection[str]) -> str:
    """A pattern of all that may stand where something was replaced, `own` placeholders among it."""
    usual = "|".join(map(re.escape, [*LABELS.values(), *ROLE_LABELS.values()]))
    more = "".join(f"|{re.escape(one)}" for one in sorted(set(own) - {""}))
    return rf"\[(?:(?:{usual})(?: \d+)?{more})\]"


def read_names(path: Path, *, ordinary: Callable[[str], bool]) -> tuple[Name, ...]:
    """The names in a list (.yaml, or a table). `ordinary` knows the words of the language in small letters.

    Entries with the same placeholder are one. Raises `AnonymiseError` with file and line.
    """
    if path.suffix.lower() in (".yaml", ".yml"):
        source = parse_yaml(read_text(path, error=AnonymiseError), file=str(path), error=AnonymiseError)
        top = _top(source, ("names",))
        return joined(_listed(source, top.get("names")), ordinary=ordinary)
    if not path.is_file():
        raise AnonymiseError(f"{path}: no such file")
    return joined(_rows(path), ordinary=ordinary)


def read_key(path: Path, *, ordinary: Callable[[str], bool], language: str = "en") -> Key:
    """The key that `format_key` wrote. Raises `AnonymiseError` with file and line."""
    source = parse_yaml(read_text(path, error=AnonymiseError), file=str(path), error=AnonymiseError)
    top = _top(source, _KEY_PARTS)
    names = joined(_listed(source, top.get("names")), ordinary=ordinary, found_by="key")
    copies = _table(source, top.get("interviews"), _COPY_PARTS)
    speakers = _table(source, top.get("speakers"), _SPEAKER_PARTS)
    coders = _table(source, top.get("coders"), _CODER_PARTS)
    labels = {(interview, name): label for interview, name, label in speakers}
    return Key(names, dict(copies), labels, dict(coders), language)


def _table(source: YamlFile, entry: Entry | None, parts: tuple[str, ...]) -> list[Any]:
    """The texts under `parts` of each item of a list, all of which must be there."""
    rows = []
    for item in source.items(entry, "key") if entry is not None else []:
        keys = source.mapping(item, parts, what="an entry of the key")
        for part in parts:
            if part not in keys:
                source.fail(item.line, f"an entry of the key needs {', '.join(parts)}")
        rows.append(tuple(source.text(keys[part], part) for part in parts))
    return rows


def format_key(key: Key) -> str:
    """The key as YAML; its names are a list that `read_names` reads."""
    names = []
    for name in key.names:
        entry: dict[str, Any] = {"text": name.spellings[0], "kind": name.kind}
        if len(name.spellings) > 1:
            entry["also"] = list(name.spellings[1:])
        if name.placeholder:
            entry["placeholder"] = name.placeholder
        names.append(entry)
    content = {
        "names": names,
        "interviews": [dict(zip(_COPY_PARTS, both, strict=True)) for both in key.interviews.items()],
        "speakers": [
            dict(zip(_SPEAKER_PARTS, (*of, label), strict=True)) for of, label in key.speakers.items()
        ],
        "coders": [dict(zip(_CODER_PARTS, both, strict=True)) for both in key.coders.items()],
    }
    return _HEADER + format_yaml(content)


def joined(
    places: Iterable[Place], *, ordinary: Callable[[str], bool], found_by: FoundBy = "list"
) -> tuple[Name, ...]:
    """One name for each entry, or for all with the same placeholder. Raises `AnonymiseError`."""
    where_of: dict[str, str] = {}
    groups: dict[str, list[Place]] = {}
    for number, place in enumerate(places):
        for spelling in place.listed.spellings:
            if not re.search(r"\w", spelling):
                raise AnonymiseError(f"{place.where}: there is no letter or digit in a name")
            if (first := where_of.setdefault(normal(spelling), place.where)) != place.where:
                raise AnonymiseError(f"{place.where}: the same name stands in {_short(first)} already")
        group = groups.setdefault(place.listed.placeholder or f"\0{number}", [])
        if group and group[0].listed.kind != place.listed.kind:
            raise AnonymiseError(
                f"{place.where}: has the placeholder of {_short(group[0].where)} but is of another kind"
            )
        group.append(place)
    return tuple(_name([one.listed for one in group], ordinary, found_by) for group in groups.values())


def _name(group: list[Listed], ordinary: Callable[[str], bool], found_by: FoundBy) -> Name:
    spellings = tuple(dict.fromkeys(spelling for one in group for spelling in one.spellings))
    exact = frozenset(
        spelling
        for one in group
        for spelling in one.spellings
        if one.case == "exact" or (one.case is None and is_ordinary(spelling, ordinary))
    )
    return Name(group[0].placeholder or "", group[0].kind, spellings, found_by, exact)


def is_ordinary(spelling: str, ordinary: Callable[[str], bool]) -> bool:
    """Is a name, written small, a word that one says anyway (Will, May, Shell)?"""
    return not re.search(r"[\s\d@]", spelling) and ordinary(spelling.lower())


def _short(where: str) -> str:
    return where.rpartition(", ")[2]


def _top(source: YamlFile, allowed: tuple[str, ...]) -> dict[str, Entry]:
    if isinstance(source.root.value, list):
        return {"names": source.root}
    return source.mapping(source.root, allowed, what="the list") if source.root.value else {}


def _listed(source: YamlFile, names: Entry | None) -> list[Place]:
    places = []
    for item in source.items(names, "names") if names is not None else []:
        keys = source.mapping(item, COLUMNS, what="a name")
        values = {
            key: (source.texts if key == "also" else source.text)(value, key) for key, value in keys.items()
        }
        try:
            places.append(Place(Listed(**values), source.at(item.line)))  # type: ignore[arg-type]
        except ValidationError as error:
            key, _ = first_problem(error)
            source.fail(keys[key].line if key in keys else item.line, _problem(error))
    return places


def _problem(error: ValidationError) -> str:
    key, problem = first_problem(error)
    hint = f"; write one of {', '.join(KINDS)}" if (key, problem) == ("kind", "is missing") else ""
    return f"the {key} of a name {problem}{hint}"


def _rows(path: Path) -> list[Place]:
    from autocode.read.rows import read_cells

    (first, header), *rows = read_cells(path)
    columns = [cell.strip().casefold() for cell in header]
    for name in columns:
        if name and name not in COLUMNS:
            near = suggest(name, list(COLUMNS))
            raise AnonymiseError(f"{path}, line {first}: there is no column '{name}'{near}; "
                                 f"a list has {', '.join(COLUMNS)}")  # fmt: skip
    places = []
    for line, cells in rows:
        given = {
            name: cell.strip() for name, cell in zip(columns, cells, strict=False) if name and cell.strip()
        }
        values: dict[str, Any] = {**given, "also": [one.strip() for one in given.get("also", "").split(";")]}
        try:
            places.append(Place(Listed(**values), f"{path}, line {line}"))
        except ValidationError as error:
            raise AnonymiseError(f"{path}, line {line}: {_problem(error)}") from None
    return places
