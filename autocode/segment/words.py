"""The closed word lists of `words.toml`: abbreviations, fillers, sounds of listening and the like."""

from __future__ import annotations

import tomllib
import unicodedata
from functools import cache
from importlib import resources

_FALLBACK = {"nn": "nb"}  # where a language has no list of its own
_SIGNS = "".join(char for char in map(chr, range(0x300, 0x10000)) if unicodedata.category(char)[0] == "M")
# For regular expressions: a word without hyphens, with the vowel signs and accents that `\w` leaves out.
WORD = rf"[^\W_]++(?:[{_SIGNS}\u200c\u200d]++[^\W_]*+)*+"


@cache
def word_set(table: str, language: str = "shared") -> frozenset[str]:
    """The words of `table` for `language` and those for all languages; empty where there is neither."""
    lists = _tables()[table]
    own = lists.get(language) or lists.get(_FALLBACK.get(language, ""), "")
    return frozenset(own.split()) | frozenset(lists.get("shared", "").split())


def has_words(table: str, language: str) -> bool:
    """Whether `table` has a list of its own for `language`."""
    return bool(word_set(table, language) - word_set(table))


@cache
def _tables() -> dict[str, dict[str, str]]:
    return tomllib.loads(resources.files(__package__).joinpath("words.toml").read_text(encoding="utf-8"))
