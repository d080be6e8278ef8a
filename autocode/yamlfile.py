"""YAML for people's own files: every value knows its line, and every mistake is told with it.

All scalars are text (`no`, `1.0` and `2024-01-01` stay what was written; only an empty value,
`~` and `null` are none), because codebooks and guides hold nothing but text. Tags, aliases,
repeated keys and nesting without end are errors. Nothing here recurses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import yaml
from yaml.reader import Reader

from autocode.config import suggest
from autocode.errors import AutocodeError

MAX_NESTING = 120  # collections within collections: 50 levels of codes take 101

# libyaml's parser is ten times as fast and gives the same events
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# a key that is no word may be what a participant said: messages do not repeat it
_WORD = re.compile(r"[\w-]{1,40}")
_NO_KEY = "has no such key; a text with ': ' in it needs quotes"
_NONE = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(frozen=True, slots=True)
class Entry:
    """A value and the lines where it and its key stand (1 is the first)."""

    value: str | list[Entry] | dict[str, Entry] | None
    line: int
    key_line: int


@dataclass(frozen=True, slots=True)
class YamlFile:
    """A parsed file, and the checks that give its mistakes a place."""

    file: str  # as messages name it
    root: Entry
    lines: tuple[str, ...]
    error: type[AutocodeError]  # what every mistake is raised as

    def at(self, line: int) -> str:
        """How messages name a line."""
        return f"{self.file}, line {line}"

    def fail(self, line: int, message: str) -> NoReturn:
        """Raise the file's error with the place in front."""
        raise self.error(f"{self.at(line)}: {message}")

    def mapping(self, entry: Entry, allowed: Sequence[str], *, what: str) -> dict[str, Entry]:
        """The keys of `entry`, which is `what` in messages; unknown keys are errors with a suggestion."""
        if not isinstance(entry.value, dict):
            self.fail(entry.line, f"{what} must be keys and values ({_kind(entry)} found)")
        for key, value in entry.value.items():
            if key not in allowed:
                named = f"has no key '{key}'{suggest(key, list(allowed))}"
                self.fail(value.key_line, f"{what} {named if _WORD.fullmatch(key) else _NO_KEY}")
        return entry.value

    def items(self, entry: Entry, key: str) -> list[Entry]:
        """The list under `key`; none is an empty list."""
        if entry.value is None:
            return []
        if not isinstance(entry.value, list):
            self.fail(entry.line, f"'{key}' must be a list ({_kind(entry)} found)")
        return entry.value

    def text(self, entry: Entry, key: str) -> str:
        """The text under `key`; none is empty text."""
        if entry.value is None:
            return ""
        if not isinstance(entry.value, str):
            hint = "; a text with ': ' in it needs quotes" if isinstance(entry.value, dict) else ""
            self.fail(entry.line, f"'{key}' must be text ({_kind(entry)} found){hint}")
        return entry.value

    def texts(self, entry: Entry, key: str) -> tuple[str, ...]:
        """The list of texts under `key`; one text stands for a list of one."""
        if isinstance(entry.value, str):
            return (entry.value,)
        return tuple(self.text(item, key) for item in self.items(entry, key))


def parse_yaml(text: str, *, file: str, error: type[AutocodeError]) -> YamlFile:
    """The one document in `text`. Raises `error` with `file` and the line."""
    strange = Reader.NON_PRINTABLE.search(text)
    if strange:
        line = text.count("\n", 0, strange.start()) + 1
        raise error(f"{file}, line {line}: holds the control character U+{ord(strange[0]):04X}; delete it")
    try:
        root = _Builder(file=file, error=error).build(yaml.parse(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        if problem.context_mark and "quoted scalar" in str(problem.context):
            mark = problem.context_mark  # where the quote opens, not where the file ends
        place = f"{file}, line {mark.line + 1}" if mark else file
        raise error(f"{place}: {_advice(problem, mark, text)}") from None
    return YamlFile(file=file, root=root, lines=tuple(text.splitlines()), error=error)


def _advice(problem: yaml.MarkedYAMLError, mark: Any, text: str) -> str:
    """What a person did who got this parser error, for the mistakes that everybody makes."""
    said = str(problem.problem or problem.context)
    lines = text.splitlines()
    line = lines[mark.line] if mark and mark.line < len(lines) else ""
    if said.startswith("mapping values are not allowed"):
        return "not valid YAML: the indentation is wrong, or a text with ': ' in it needs quotes"
    first = line[mark.column : mark.column + 1] if mark else ""
    if "tab character" in said or (first == "\t" and "cannot start any token" in said):
        return "indented with a tab; YAML wants spaces"
    if "cannot start any token" in said:
        return f"a text that begins with {first} needs quotes"
    if "quoted scalar" in str(problem.context) and "end of stream" in said:
        return "a quote that opens here is never closed"
    return f"not valid YAML: {said}"


class _Builder:
    """Entries from parser events, with a stack of our own instead of recursion."""

    def __init__(self, *, file: str, error: type[AutocodeError]) -> None:
        self._file = file
        self._error = error
        self._documents: list[Entry] = []
        self._stack: list[Entry] = [Entry(self._documents, 1, 1)]
        self._keys: list[tuple[str, int] | None] = [
            None
        ]  # of each open mapping: the key that waits for a value

    def build(self, events: Iterable[Any]) -> Entry:
        """The one document's value; none for an empty file."""
        for event in events:
            line = event.start_mark.line + 1
            if isinstance(event, yaml.CollectionEndEvent):
                self._stack.pop()
                self._keys.pop()
            elif isinstance(event, yaml.NodeEvent):
                self._refuse(event, line)
                self._add(event, line)
        return self._documents[0] if self._documents else Entry(None, 1, 1)

    def _fail(self, line: int, message: str) -> NoReturn:
        raise self._error(f"{self._file}, line {line}: {message}")

    def _refuse(self, event: Any, line: int) -> None:
        if isinstance(event, yaml.AliasEvent):
            self._fail(line, "a text that begins with * needs quotes (YAML aliases are not read)")
        if getattr(event, "tag", None) is not None:
            self._fail(line, "a text that begins with ! needs quotes (YAML tags are not read)")
        if event.anchor is not None:
            self._fail(line, "a text that begins with & needs quotes (YAML anchors are not read)")
        if len(self._stack) == 1 and self._documents:
            self._fail(line, "a second document begins with '---'; a file holds one")

    def _add(self, event: Any, line: int) -> None:
        parent = self._stack[-1].value
        waiting = self._keys[-1]
        if isinstance(parent, dict) and waiting is None:
            self._keys[-1] = (self._key(event, parent, line), line)
            return
        entry = Entry(_start(event), line, waiting[1] if waiting else line)
        if isinstance(parent, dict) and waiting:
            parent[waiting[0]] = entry
            self._keys[-1] = None
        elif isinstance(parent, list):
            parent.append(entry)
        if isinstance(event, yaml.CollectionStartEvent):
            self._stack.append(entry)
            self._keys.append(None)
            if len(self._stack) > MAX_NESTING:
                self._fail(line, f"nested more than {MAX_NESTING} deep")

    def _key(self, event: Any, mapping: dict[str, Entry], line: int) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            self._fail(line, "a key must be one word")
        key = str(event.value)
        if key in mapping:
            named = f"the key '{key}'" if _WORD.fullmatch(key) else "this key"
            self._fail(line, f"{named} is already given at line {mapping[key].key_line}")
        return key


def _start(event: Any) -> str | list[Entry] | dict[str, Entry] | None:
    if isinstance(event, yaml.MappingStartEvent):
        return {}
    if isinstance(event, yaml.SequenceStartEvent):
        return []
    plain = event.implicit[0]  # without quotes
    return None if plain and event.value in _NONE else str(event.value)


def _kind(entry: Entry) -> str:
    if isinstance(entry.value, list):
        return "a list"
    if isinstance(entry.value, dict):
        return "keys and values"
    return "nothing" if entry.value is None else "text"


def format_yaml(content: Any) -> str:
    """Plain lists, texts and tables as YAML that `parse_yaml` reads back, keys in their order."""
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)
