"""What would make a codebook easier to apply: advice, one sentence each, and never an error.

The rules follow the advice that codebook literature agrees on (MacQueen et al. 1998; Guest, MacQueen & Namey
2012): a code needs a definition, when to use it, when not to, and examples of both.
Sentences name codes and the numbers of their examples, never an example's words.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import combinations

from autocode.codebook.code import Code
from autocode.codebook.model import Codebook

MANY = 3  # codes that share a cue before it tells none of them apart
NEAR = 0.9  # similarity of two names that one easily takes for one another
MOST_NAMES = 600  # pairs grow with the square: beyond this, only names that differ in case or signs

_WORDS = re.compile(r"\w+")


def check_codebook(codebook: Codebook) -> list[str]:
    """Advice on the codebook, in the order of its codes; empty where there is none to give.

    Codes at the top that only group others need no examples or criteria of their own.
    """
    advice: list[str] = []
    themes = set(_themes(codebook))
    for code in codebook.codes:
        groups_others = code.parent is None and bool(codebook.children(code.id))
        advice.extend(_on_code(code, groups_others=groups_others, is_theme=code.id in themes))
    return [*advice, *_on_cues(codebook), *_on_names(codebook), *_on_examples(codebook)]


def _on_code(code: Code, *, groups_others: bool, is_theme: bool) -> Iterator[str]:
    if not code.definition:
        yield f"The code '{code.id}' has no definition, so every coder will make up another."
    if groups_others:
        return
    missing = [name for name in ("include", "exclude") if not getattr(code, name)]
    if missing:
        when = {"include": "when it applies", "exclude": "when it does not apply"}
        yield f"The code '{code.id}' does not say {' or '.join(f'{when[m]} ({m})' for m in missing)}."
    if not code.examples:
        yield f"The code '{code.id}' has no examples, which help coders and suggestions most."
    if is_theme and not code.counter_examples:
        yield f"The theme '{code.id}' has no counter-example to show where it ends."


def _themes(codebook: Codebook) -> list[str]:
    """The level called theme; else what stands directly above the leaves; in a flat list every code."""
    named = [id for id in codebook.ids if "theme" in codebook.level(id).casefold().split()]
    above = [id for id in codebook.ids if set(codebook.children(id)) & set(codebook.leaves)]
    return named or above or list(codebook.ids)


def _on_cues(codebook: Codebook) -> Iterator[str]:
    codes_with: dict[str, list[str]] = defaultdict(list)
    for code in codebook.codes:
        for cue in dict.fromkeys(cue.casefold() for cue in code.cues):
            codes_with[cue].append(code.id)
    for cue, ids in codes_with.items():
        # a theme and its own codes may well share words
        apart = [id for id in ids if not set(codebook.ancestors(id)) & set(ids)]
        if len(apart) >= MANY:
            some = ", ".join(f"'{id}'" for id in apart[:MANY]) + (" ..." if len(apart) > MANY else "")
            yield f"The cue '{cue}' is shared by {len(apart)} codes ({some}) and tells none of them apart."


def _on_names(codebook: Codebook) -> Iterator[str]:
    words = {code.id: " ".join(_WORDS.findall(code.name.casefold())) for code in codebook.codes}
    if len(words) > MOST_NAMES:
        first: dict[str, str] = {}
        pairs = [(first.setdefault(name, id), id) for id, name in words.items()]
        near = [(one, other) for one, other in pairs if one != other]
    else:
        near = [(one, other) for one, other in combinations(words, 2) if _alike(words[one], words[other])]
    for one, other in near:
        if other not in codebook.group_of(one):  # levels of one scale are meant to be alike
            yield f"The names of the codes '{one}' and '{other}' are nearly the same."


def _alike(one: str, other: str) -> bool:
    if one == other:
        return True
    if re.sub(r"\d+", "", one) == re.sub(r"\d+", "", other):
        return False  # counted on purpose: level 1, level 2
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.real_quick_ratio() >= NEAR and matcher.quick_ratio() >= NEAR and matcher.ratio() >= NEAR


def _on_examples(codebook: Codebook) -> Iterator[str]:
    seen: dict[str, str] = {}
    for code in codebook.codes:
        for number, example in enumerate(code.examples, start=1):
            place = f"example {number} of '{code.id}'"
            first = seen.setdefault(" ".join(_WORDS.findall(example.casefold())), place)
            if first != place:
                yield f"The {place} is the same as {first}."
    for code in codebook.codes:
        own = {" ".join(_WORDS.findall(example.casefold())) for example in code.examples}
        for number, example in enumerate(code.counter_examples, start=1):
            if " ".join(_WORDS.findall(example.casefold())) in own:
                yield f"The counter-example {number} of '{code.id}' is one of its examples too."
