"""Interview guides: what is asked, in which words, and which codes a question is meant to bring up.

The least that will do is a text file with one question a line, or in YAML

    questions:
      - How did it begin?
      - Whom did you ask for help?

Questions without an id become q01, q02 ... in their order; blocks without one b01, b02 ...
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, PrivateAttr, ValidationError, model_validator

from autocode.config import suggest
from autocode.errors import GuideError
from autocode.fields import Id, Line, OptionalText, Text, Texts, first_problem
from autocode.textfile import find_file, read_text, shipped_names
from autocode.yamlfile import Entry, YamlFile, format_yaml, parse_yaml

_TO_WRITE = "write 'questions:', and under it a line such as '  - How did it begin?' for each question"
_ONE_BLOCK = "questions"  # the id of the block of a guide that has none
_LISTS = ("blocks", "questions")
_BULLET = re.compile(r"(?:[-*•–]|\(?\d{1,3}[.)]|[Qq]\d{1,3}[.:)])\s+")


@dataclass(frozen=True, slots=True)
class _Lines:
    """Where a file's blocks and questions stand, by position; empty for a guide made in Python."""

    file: str = ""
    blocks: list[int] = field(default_factory=list)
    questions: list[int] = field(default_factory=list)
    similar: list[int] = field(default_factory=list)
    ties: list[dict[str, int]] = field(default_factory=list)  # of each question: the line of each tie


class Question(BaseModel):
    """One question of a guide, with all the ways in which it may be asked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Id
    text: Line
    variants: Texts = ()  # other wordings of the same question
    ties: Texts = ()  # ids of the topics, themes and codes that it asks about
    similar: OptionalText = None  # the group of questions that ask the same thing in other words
    probes: Texts = ()  # what the interviewer asks on


class Block(BaseModel):
    """Questions that belong together, in the order in which they are asked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Id
    title: Text = ""
    questions: tuple[Question, ...] = ()


class Guide(BaseModel):
    """An interview guide. Raises `GuideError` for repeated ids and for no questions at all."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Line
    title: Text = ""
    language: Line = "en"
    codebook: OptionalText = None  # name or path of the codebook whose codes the ties mean
    blocks: tuple[Block, ...] = ()
    note: Text = ""

    _lines: _Lines = PrivateAttr(default_factory=_Lines)

    @model_validator(mode="after")
    def _check(self) -> Guide:
        _check_structure(self.blocks, _Lines())
        return self

    def __eq__(self, other: object) -> bool:
        return self.__dict__ == other.__dict__ if isinstance(other, Guide) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.digest)

    @property
    def questions(self) -> tuple[Question, ...]:
        """All questions of all blocks, in order."""
        return tuple(question for block in self.blocks for question in block.questions)

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """The ids of the questions in each group of similar ones, in order."""
        groups: dict[str, list[str]] = defaultdict(list)
        for question in self.questions:
            if question.similar is not None:
                groups[question.similar].append(question.id)
        return {name: tuple(ids) for name, ids in groups.items()}

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the content without the guide's name; key order and file do not matter."""
        content = self.model_dump(mode="json", exclude={"name"})
        canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(canonical.encode("utf-8")).hexdigest()


class HasIds(Protocol):
    """A codebook, as far as a guide needs it."""

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all codes."""
        ...


def shipped_guides() -> list[str]:
    """Names of the guides that come with autocode."""
    return shipped_names("guides")


def read_guide(path: str | Path) -> Guide:
    """The guide in a file, or a shipped one by name: YAML, or .txt with a question a line, also as .gz.

    Raises `GuideError` that names the file and the line.
    """
    found = find_file(path, kind="guides", error=GuideError)
    bare = found.with_suffix("") if found.suffix.lower() == ".gz" else found
    if bare.suffix.lower() not in {".yaml", ".yml", ".txt"}:
        known = ".yaml, .yml and, with one question a line, .txt can be read, each also as .gz"
        raise GuideError(f"{path}: not a guide; {known}")
    text = read_text(found, error=GuideError)
    if bare.suffix.lower() == ".txt":
        return _read_list(text, file=str(path), name=bare.stem)
    return _read(parse_yaml(text, file=str(path), error=GuideError), name=bare.stem)


def write_guide(guide: Guide) -> str:
    """The guide as YAML that `read_guide` reads back the same, made ids included."""
    content = guide.model_dump(mode="json", exclude_defaults=True)
    return format_yaml(content)


def check_guide(guide: Guide, codebook: HasIds) -> None:
    """Raise `GuideError` for the first tie that is no code of `codebook`."""
    known = set(codebook.ids)
    for index, question in enumerate(guide.questions):
        for tie in question.ties:
            if tie not in known:
                near = suggest(tie, list(codebook.ids))
                line = guide._lines.ties[index].get(tie) if guide._lines.ties else None
                message = f"the question '{question.id}' is tied to an unknown code '{tie}'{near}"
                raise GuideError(_at(guide._lines.file, line) + message)


def _read_list(text: str, *, file: str, name: str) -> Guide:
    """The guide in plain lines; blank ones, those that begin with `# `, bullets and numbers are left out."""
    lines = _Lines(file, blocks=[1])
    texts = []
    for number, line in enumerate(text.splitlines(), start=1):
        written = _BULLET.sub("", line.strip(), count=1)
        if written and not line.lstrip().startswith("# "):
            _note_lines(lines, number)
            texts.append(written)
    made = _made("q", ())
    try:
        questions = tuple(Question(id=next(made), text=each) for each in texts)
    except ValidationError as error:
        raise GuideError(f"{file}: the text of a question {first_problem(error)[1]}") from None
    return _guide({"name": name}, (Block(id=_ONE_BLOCK, questions=questions),), lines)


def _read(source: YamlFile, *, name: str) -> Guide:
    top = _top(source)
    lines = _Lines(source.file)
    entries = source.items(top["blocks"], "blocks") if "blocks" in top else []
    nested = [e.value["questions"] for e in entries if isinstance(e.value, dict) and "questions" in e.value]
    alone = top.get("questions")
    if alone is not None and entries:
        source.fail(alone.key_line, "both 'blocks' and 'questions'; move these questions into a block")
    items = [
        item for one in [*nested, *([alone] if alone else [])] for item in source.items(one, "questions")
    ]
    new_ids = _made("q", _ids(items))
    new_blocks = _made("b", _ids(entries))
    if alone is not None:
        lines.blocks.append(alone.key_line)
        blocks: tuple[Block, ...] = (
            Block(id=_ONE_BLOCK, questions=tuple(_question(source, item, lines, new_ids) for item in items)),
        )
    else:
        blocks = tuple(_block(source, entry, lines, new_blocks, new_ids) for entry in entries)
    written = {key: source.text(entry, key) for key, entry in top.items() if key not in _LISTS}
    try:
        return _guide({"name": name, **written}, blocks, lines)
    except ValidationError as error:
        key, problem = first_problem(error)
        source.fail(top[key].key_line, f"the {key} of the guide {problem}")


def _top(source: YamlFile) -> dict[str, Entry]:
    """The keys of the file; a list alone is one of questions."""
    root = source.root
    if not root.value:
        return {}
    if isinstance(root.value, list):
        return {"questions": root}
    if isinstance(root.value, str):
        source.fail(root.line, f"text where keys and values should be; {_TO_WRITE}")
    return source.mapping(root, [*Guide.model_fields, "questions"], what="the guide")


def _guide(values: dict[str, str], blocks: tuple[Block, ...], lines: _Lines) -> Guide:
    _check_structure(blocks, lines)
    guide = Guide(**values, blocks=blocks)
    guide._lines = lines
    return guide


def _ids(entries: Iterable[Entry]) -> set[str]:
    """The ids that are written down."""
    ids = (
        entry.value["id"].value for entry in entries if isinstance(entry.value, dict) and "id" in entry.value
    )
    return {id.strip() for id in ids if isinstance(id, str)}


def _made(letter: str, taken: Collection[str]) -> Iterator[str]:
    """q01, q02 ... without those that are taken."""
    return (id for n in count(1) if (id := f"{letter}{n:02d}") not in taken)


def _note_lines(lines: _Lines, number: int, *, similar: int | None = None, ties: Entry | None = None) -> None:
    lines.questions.append(number)
    lines.similar.append(similar or number)
    lines.ties.append(_item_lines(ties))


def _block(
    source: YamlFile, entry: Entry, lines: _Lines, new_ids: Iterator[str], question_ids: Iterator[str]
) -> Block:
    if isinstance(entry.value, str):
        source.fail(
            entry.line, f"a block must be keys and values (text found); for questions alone {_TO_WRITE}"
        )
    keys = source.mapping(entry, list(Block.model_fields), what="a block")
    lines.blocks.append(entry.line)
    items = source.items(keys["questions"], "questions") if "questions" in keys else []
    questions = tuple(_question(source, item, lines, question_ids) for item in items)
    made = {} if "id" in keys else {"id": next(new_ids)}
    values = made | {key: source.text(value, key) for key, value in keys.items() if key != "questions"}
    try:
        return Block(**values, questions=questions)
    except ValidationError as error:
        key, problem = first_problem(error)
        line = keys[key].key_line if key in keys else entry.line
        source.fail(line, f"the {key} of {_whose('block', values, key)} {problem}")


def _question(source: YamlFile, entry: Entry, lines: _Lines, new_ids: Iterator[str]) -> Question:
    if isinstance(entry.value, str):
        entry = replace(entry, value={"text": entry})  # the text alone
    keys = source.mapping(entry, list(Question.model_fields), what="a question")
    similar = keys["similar"].line if "similar" in keys else None
    _note_lines(lines, entry.line, similar=similar, ties=keys.get("ties"))
    made: dict[str, Any] = {} if "id" in keys else {"id": next(new_ids)}
    values = made | {
        key: (source.texts if key in {"variants", "ties", "probes"} else source.text)(value, key)
        for key, value in keys.items()
    }
    try:
        return Question(**values)
    except ValidationError as error:
        key, problem = first_problem(error)
        line = keys[key].key_line if key in keys else entry.line
        source.fail(line, f"the {key} of {_whose('question', values, key)} {problem}")


def _item_lines(entry: Entry | None) -> dict[str, int]:
    if entry is None:
        return {}
    items = entry.value if isinstance(entry.value, list) else [entry]
    return {" ".join(item.value.split()): item.line for item in items if isinstance(item.value, str)}


def _whose(kind: str, values: dict[str, Any], key: str) -> str:
    id = values.get("id")
    return f"{kind} '{id}'" if id and key != "id" else f"a {kind}"


def _check_structure(blocks: tuple[Block, ...], lines: _Lines) -> None:
    _check_unique("block", [block.id for block in blocks], lines.file, lines.blocks)
    questions = [question for block in blocks for question in block.questions]
    if not questions:
        raise GuideError(
            _at(lines.file, None) + (f"no questions; {_TO_WRITE}" if lines.file else "no questions")
        )
    _check_unique("question", [question.id for question in questions], lines.file, lines.questions)
    groups = [question.similar for question in questions]
    for index, (question, group) in enumerate(zip(questions, groups, strict=True)):
        if group is not None and groups.count(group) == 1:
            near = suggest(group, sorted({other for other in groups if other not in {None, group}}))
            line = lines.similar[index] if lines.similar else None
            message = f"'{question.id}' is the only question in the similar group '{group}'{near}"
            raise GuideError(_at(lines.file, line) + message)


def _check_unique(kind: str, ids: list[str], file: str, lines: list[int]) -> None:
    first: dict[str, int] = {}
    for index, id in enumerate(ids):
        if id in first:
            taken = f"at line {lines[first[id]]}" if lines else f"by {kind} {first[id] + 1}"
            message = f"the {kind} id '{id}' is already taken {taken}"
            raise GuideError(_at(file, lines[index] if lines else None) + message)
        first[id] = index


def _at(file: str, line: int | None) -> str:
    place = ", ".join(part for part in (file, f"line {line}" if line else "") if part)
    return f"{place}: " if place else ""
