"""What may still be a name: words with a capital that is not there because a sentence begins."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from autocode.anonymise.names import normal, placeholder_pattern

# Written with a capital, and no names: days, months, speech itself, offices, things of every office.
_CAPITALS = """
i monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
september october november december christmas easter mr mrs ms dr prof ceo cfo cto coo cmo hr it r&d ok okay
tv pc pdf usb api ai gps erp crm kpi roi b2b gdpr nda iso phd mba cv mm-hm
"""
CAPITALS = frozenset(_CAPITALS.split())
TITLES = frozenset(("mr", "mrs", "ms", "dr", "prof", "st", "mt", "sir", "hr", "fr", "frau", "herr"))
_WORD = re.compile(r"[^\W\d_](?:[\w’'&-]*\w)?")
_POSSESSIVE = re.compile(r"['’]s$")
_PLACEHOLDER = "\ufffc"  # one letter that is no word, where a placeholder stands
_OPENING = " \t\n\r\"'“”‘’«»([*_"
_ENDING = ".!?…:;]\n"


@dataclass(frozen=True, slots=True)
class Remaining:
    """A name, perhaps, that nobody has said anything about."""

    text: str
    n: int  # how often it stands there with its capital
    inside: int  # of these, how often inside a sentence
    places: tuple[tuple[str, int], ...]  # transcript id and turn, in order, each once


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    start: int
    end: int
    inside: bool  # not the first of its sentence


def remaining(
    texts: Iterable[tuple[tuple[str, int], str]],
    *,
    known: Collection[str] = (),
    placeholders: Collection[str] = (),
    ordinary: Callable[[str], bool],
    all_nouns: bool = False,
) -> tuple[Remaining, ...]:
    """What may still be a name in anonymised texts (each with its place), the most frequent first.

    A word counts that, inside sentences, more often has a capital than not, or that only begins sentences and
    is no word that `ordinary` knows; neighbours are one name. `known` are names to keep, and `placeholders`
    (in brackets) stand for others. With `all_nouns` (German) capitals say nothing: only words that are not
    ordinary count.
    """
    done = placeholder_pattern(placeholders)
    read = [(place, text, _words(text, done)) for place, text in texts]
    small, capital = Counter[str](), Counter[str]()
    for _, _, words in read:
        for word in words:
            bare = word.text.casefold()
            if not word.text[0].isupper():
                small[bare] += 1
            elif word.inside:
                capital[bare] += 1
    kept = {normal(one) for one in known}

    def suspicious(word: _Word) -> bool:
        bare = word.text.casefold()
        first = re.split("['’]", bare)[0]
        if not word.text[0].isupper() or len(bare) < 2 or normal(word.text) in kept:
            return False
        if {first, first.removesuffix("s")} & CAPITALS:
            return False
        if all_nouns or not capital[bare]:
            return not small[bare] and not ordinary(first)
        return capital[bare] > small[bare]

    found: dict[str, list[tuple[tuple[str, int], _Word]]] = defaultdict(list)
    for place, text, words in read:
        for name in _joined([one for one in words if suspicious(one)], text):
            if normal(name.text) not in kept:
                found[name.text].append((place, name))
    rows = [
        Remaining(
            text,
            len(hits),
            sum(one.inside for _, one in hits),
            tuple(dict.fromkeys(place for place, _ in hits)),
        )
        for text, hits in found.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.n, row.text)))


def left_small(texts: Iterable[str], spellings: Collection[str]) -> Counter[str]:
    """How often names that are also ordinary words stand there in small letters, and so were left."""
    wanted = {spelling.lower(): spelling for spelling in spellings}
    counts = Counter[str]()
    for text in texts:
        counts.update(wanted[word] for word in _WORD.findall(text) if word in wanted)
    return counts


def _words(text: str, done: str) -> list[_Word]:
    plain = re.sub(done, lambda found: _PLACEHOLDER * len(found[0]), text)
    words = []
    for match in _WORD.finditer(plain):
        bare = _POSSESSIVE.sub("", match[0])
        words.append(_Word(bare, match.start(), match.start() + len(bare), _is_inside(plain, match.start())))
    return words


def _is_inside(text: str, start: int) -> bool:
    before = text[:start].rstrip(_OPENING)
    if not before:
        return False
    if before[-1] == ".":
        last = re.search(r"([^\W\d_]+)\.$", before)
        return last is not None and (last[1].casefold() in TITLES or len(last[1]) == 1)
    return before[-1] not in _ENDING and "\n\n" not in text[len(before) : start]


def _joined(words: Sequence[_Word], text: str) -> list[_Word]:
    """Words side by side as one name; one of whose words is inside a sentence is inside."""
    names: list[_Word] = []
    for word in words:
        last = names[-1] if names else None
        if last is not None and text[last.end : word.start] in (" ", "-", " & "):
            names[-1] = _Word(text[last.start : word.end], last.start, word.end, True)
        else:
            names.append(word)
    return names
