"""Names in a text become placeholders, in one pass over it, the longest name first."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from autocode.anonymise.names import (
    APOSTROPHES,
    HYPHENS,
    LABELS,
    Key,
    Kind,
    Name,
    normal,
    placeholder_pattern,
)
from autocode.anonymise.patterns import EMAIL, LINK, LOOK_BACK, PHONE, is_phone, same_digits

# Endings that a name may take and still be the same name, by language; in the text they stay.
ENDINGS = {
    "en": "s",
    "nb": "s|en|et|a", "nn": "s|en|et|a", "da": "s|en|et", "sv": "s|en|et|n",
    "de": "s|es|n|en",
    "fi": ":?i{0,2}(?:n|ssa|ssä|sta|stä|lla|llä|lta|ltä|lle|ksi|na|nä|a|ä|ta|tä|seen|en|t)",
}  # fmt: skip
_START = r"(?<!\w)"
_END = r"(?![\w\u0300-\u036f])"  # a combining accent belongs to the letter before it
# Scripts that put no spaces between words, and Hangul, whose particles follow without one
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]"
)
_MIN_INFLECTED = 3  # letters: "Al" is not in "als"
_ADDRESSES: tuple[Kind, ...] = ("email", "link", "phone")


@dataclass(frozen=True, slots=True)
class Replaced:
    """A place in a text where something is to be replaced."""

    start_char: int
    end_char: int
    kind: Kind
    name: Name | None  # None: an address or number that the key does not hold

    @property
    def placeholder(self) -> str:
        """What is written there, in brackets."""
        return f"[{self.name.placeholder if self.name else LABELS[self.kind]}]"


def anonymise(text: str, key: Key) -> str:
    """`text` with every name of `key`, and every address and number, as its placeholder.

    Addresses that the key does not hold become `[E-mail]`, `[Phone]` and `[Link]`. What is anonymised
    already stays as it is.
    """
    parts, end = list[str](), 0
    for one in key.matcher.find(text):
        parts += (text[end : one.start_char], one.placeholder)
        end = one.end_char
    return "".join(parts) + text[end:]


def naming(ids: Iterable[str], replaced: Callable[[str], str]) -> tuple[str, ...]:
    """Those of the ids in whose words there is a name, as `replaced` takes names out of a text.

    >>> naming(["trust_in_bo", "above"], lambda text: text.replace("BO ", "R1 ").replace(" BO", " R1"))
    ('trust_in_bo',)
    """
    words = ((id, re.sub(r"[\W_]+", " ", id).upper()) for id in ids)
    return tuple(id for id, said in words if replaced(said) != said)


class Matcher:
    """Finds the names of a key, and addresses, in texts."""

    def __init__(self, names: Sequence[Name], *, language: str) -> None:
        self._names = {identity(one.kind, text): one for one in names for text in one.spellings}
        spelt = [
            (text, text in one.exact) for one in names if one.kind not in _ADDRESSES for text in one.spellings
        ]
        by_first: dict[tuple[str, str], list[str]] = {}
        for text, exact in sorted(spelt, key=lambda item: (-len(item[0]), item[0])):
            letters = _letters(text)
            first = letters[0] if "İ" in letters[0] else letters[0].lower()  # "İ".lower() is two letters
            begin = "" if len(letters) > 1 and _UNSPACED.match(text) else _START
            loud = "".join(_letters(text.upper()))
            by_first.setdefault((begin, first), []).append(_pattern(letters, loud if exact else "", language))
        branches = [
            f"{begin}(?=(?i:{first}))(?:{'|'.join(some)})"
            for (begin, first), some in sorted(by_first.items())
        ]
        done = placeholder_pattern({one.placeholder for one in names})
        parts = [
            rf"(?P<done>{done})",
            f"(?P<email>{EMAIL})",
            rf"(?<![\w@.])(?P<link>{LINK})",
            rf"(?<![\w.,])(?P<phone>{PHONE})(?!\w|[.,]\d)",
            *([f"(?P<name>{'|'.join(branches)})"] if branches else []),
        ]
        self._any = re.compile("|".join(parts))

    def find(self, text: str) -> Iterator[Replaced]:
        """What is to be replaced, in order; nothing overlaps."""
        for match in self._any.finditer(text):
            start, found = match.start(), match[0]
            for kind in _ADDRESSES:
                if match[kind] is None:
                    continue
                if kind == "phone" and not is_phone(found, before=text[max(0, start - LOOK_BACK) : start]):
                    continue
                name = self._names.get(identity(kind, found))
                if name is None or name.kind != "keep":
                    yield Replaced(start, match.end(), kind, name)
            if match.groupdict().get("name") is not None:
                name, length = self._without_ending(found)
                if name.kind != "keep":
                    yield Replaced(start, start + length, name.kind, name)

    def name_of(self, spelling: str, kind: Kind = "other") -> Name | None:
        """The name that is spelt so."""
        return self._names.get(identity(kind, spelling))

    def _without_ending(self, found: str) -> tuple[Name, int]:
        lengths = range(len(found), 0, -1)
        length = next(n for n in lengths if normal(found[:n]) in self._names and not found[:n].isspace())
        return self._names[normal(found[:length])], length


def identity(kind: Kind, text: str) -> str:
    """What all writings of a name, address or number have in common."""
    return same_digits(text) if kind == "phone" else normal(text)


def _letters(spelling: str) -> list[str]:
    """A pattern for each letter of a spelling, accents in either encoding, marks in any form."""
    found = []
    for letter in re.sub(rf"[\s{HYPHENS}]+", " ", unicodedata.normalize("NFC", spelling)).strip():
        apart = unicodedata.normalize("NFD", letter)
        if letter == " ":
            found.append(rf"[\s{HYPHENS}]+")
        elif letter in APOSTROPHES:
            found.append(f"[{APOSTROPHES}]")
        else:
            found.append(re.escape(letter) if apart == letter else f"(?:{letter}|{apart})")
    return found


def _pattern(letters: list[str], loud: str, language: str) -> str:
    """A spelling as a whole word, perhaps with an ending; in any case, or only as it is and `loud`."""
    written = "".join(letters)
    if len(letters) > 1 and any(map(_UNSPACED.search, letters[-1])):
        return f"(?i:{written})"
    plain = "".join(letter for letter in letters if len(letter) <= 2)
    ending = ENDINGS.get(language, "s")
    if language == "en" and re.search(r"(?i)(?:s|x|z|ch|sh)$", plain):
        ending = "es"
    inflected = f"(?i:{ending})?" if len(letters) >= _MIN_INFLECTED else ""
    if loud:
        return f"(?:{written}|{loud}){inflected}{_END}"
    return f"(?i:{written}){inflected}{_END}"
