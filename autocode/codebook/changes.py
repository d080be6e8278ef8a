"""What is different between two codebooks, and what it means for the decisions made before.

`diff` tells two codebooks apart, `rule_changed` names the codes to look at again, `Succession` finds what
merged codes became.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Literal

from autocode.codebook.code import Code
from autocode.codebook.model import Codebook
from autocode.codebook.references import with_new_name

LONGEST_VALUE = 100  # characters of what a `Change` shows

_RULE = ("definition", "include", "exclude", "theory", "applies_to")
_EXAMPLES = ("cues", "examples", "counter_examples")
_QUOTED = {"examples", "counter_examples"}  # may be a participant's words: counted, never shown
_OF_THE_BOOK = [key for key in Codebook.model_fields if key not in {"name", "codes", "exclusive_groups"}]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two codebooks, its values short enough for a line.

    "rule" is what the code means. Examples are counted and not shown, since participants may have said them.
    """

    kind: Literal["added", "removed", "renamed", "moved", "rule", "examples", "other"]
    code_id: str  # empty: the codebook itself
    before: str  # of a list: the lines that went; of a long text: from the first words that differ
    after: str
    field: str = ""  # of the code or codebook, or "exclusive_group"; empty for added and removed


def diff(old: Codebook, new: Codebook) -> tuple[Change, ...]:
    """What is different in `new`: the codebook itself, its codes in their order, then the removed codes.

    Empty where the digests are the same: the order of codes and the codebook's name do not count.
    """
    changes = [_change("other", "", old, new, key) for key in _differing(old, new, _OF_THE_BOOK)]
    for id in new.ids:
        if id in old:
            changes.extend(_changes_of(id, old, new))
        else:
            changes.append(Change("added", id, "", _short(new.path(id))))
    changes.extend(Change("removed", id, _short(old.path(id)), "") for id in old.ids if id not in new)
    return tuple(changes)


@dataclass(frozen=True, slots=True)
class Succession:
    """Which code took over from which, so that a decision on a merged code is read as one on its successor.

    A code that was split has no successor here: which part its decisions mean, a person must say.
    """

    merged: Mapping[str, str] = field(default_factory=dict)  # from the id that went to the one it went into

    def resolve(self, id: str) -> str:
        """The id at the end of the chain, the same id where it was never merged.

        A chain that goes in a circle ends at the circle's first id in the order of the alphabet.

        >>> Succession({"a": "b", "b": "c"}).resolve("a")
        'c'
        """
        chain: dict[str, None] = {}
        while id in self.merged and id not in chain:
            chain[id] = None
            id = self.merged[id]
        passed = list(chain)
        return min(passed[passed.index(id) :]) if id in chain else id

    def read(self, said: Mapping[str, bool], codebook: Codebook) -> dict[str, bool]:
        """What was said of codes, where what was said of a merged code counts for the code it went into.

        Where several meet, one that applies is enough. A code that `codebook` has is always itself.
        """
        found: dict[str, bool] = {}
        for id, applies in said.items():
            now = id if id in codebook else self.resolve(id)
            found[now] = applies or found.get(now, False)
        return found

    def with_merge(self, id: str, into: str) -> Succession:
        """Also that `id` went into `into`, which is a code of its own again if it had gone before."""
        kept = {old: new for old, new in self.merged.items() if old != into}
        return Succession({**kept, id: into} if id != into else kept)


def rule_changed(old: Codebook, new: Codebook, succession: Succession | None = None) -> set[str]:
    """Ids of codes in both that do not mean the same: their earlier decisions deserve another look.

    Their name, definition, include, exclude, parent or the codes that they exclude are different; that a line
    names a merged code by the one that it went into, as `succession` tells, is no difference.
    """
    fields = ("name", "definition", "include", "exclude", "parent")
    before: Iterable[Code] = old.codes
    succession = succession or Succession()
    for gone in succession.merged:
        if gone not in new:
            before = with_new_name(before, gone, succession.resolve(gone))
    return {
        code.id
        for code in before
        if code.id in new and (_differing(code, new[code.id], fields) or _regrouped(code.id, old, new))
    }


def _changes_of(id: str, old: Codebook, new: Codebook) -> Iterator[Change]:
    """What is different in a code that both have."""
    before, after = old[id], new[id]
    if before.name != after.name:
        yield _change("renamed", id, before, after, "name")
    if before.parent != after.parent:
        yield Change("moved", id, _above(before, old), _above(after, new), "parent")
    for key in _differing(before, after, _RULE):
        yield _change("rule", id, before, after, key)
    if _regrouped(id, old, new):
        yield Change("rule", id, _excluded(id, old), _excluded(id, new), "exclusive_group")
    for key in _differing(before, after, _EXAMPLES):
        yield _change("examples", id, before, after, key)
    for key in _differing(before, after, ("colour",)):
        yield _change("other", id, before, after, key)


def _differing(old: object, new: object, fields: Iterable[str]) -> list[str]:
    return [key for key in fields if getattr(old, key) != getattr(new, key)]


def _regrouped(id: str, old: Codebook, new: Codebook) -> bool:
    return set(old.group_of(id)) != set(new.group_of(id))


def _above(code: Code, codebook: Codebook) -> str:
    return _short(codebook.path(code.parent)) if code.parent is not None else "(top)"


def _excluded(id: str, codebook: Codebook) -> str:
    return _short(", ".join(other for other in codebook.group_of(id) if other != id))


def _change(
    kind: Literal["renamed", "rule", "examples", "other"], id: str, old: object, new: object, field: str
) -> Change:
    before, after = getattr(old, field), getattr(new, field)
    show = _counts if field in _QUOTED else _lines if isinstance(after, tuple) else _texts
    said_before, said_after = show(before, after)
    return Change(kind, id, said_before, said_after, field)


def _counts(before: Sequence[str], after: Sequence[str]) -> tuple[str, str]:
    """`("3 (1 gone)", "4 (2 new)")`."""
    gone, new = len(set(before) - set(after)), len(set(after) - set(before))
    turned = not gone and not new and len(before) == len(after)
    said = " (in another order)" if turned else f" ({new} new)" if new else ""
    return f"{len(before)}{f' ({gone} gone)' if gone else ''}", f"{len(after)}{said}"


def _lines(before: Sequence[str], after: Sequence[str]) -> tuple[str, str]:
    """What went and what came; all lines where only their order or number changed."""
    gone = [line for line in before if line not in after]
    new = [line for line in after if line not in before]
    if not gone and not new:
        gone, new = list(before), list(after)
    return _short("; ".join(gone)), _short("; ".join(new))


def _texts(before: str | None, after: str | None) -> tuple[str, str]:
    """Both texts; where one is long, both from three words before they part."""
    words = (before or "").split(), (after or "").split()
    long = any(len(" ".join(each)) > LONGEST_VALUE for each in words)
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(*words, strict=False)))
    start = max(0, same - 3) if long else 0
    one, other = (_short(("… " if start else "") + " ".join(each[start:])) for each in words)
    return one, other


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_VALUE else line[: LONGEST_VALUE - 1].rstrip() + "…"
