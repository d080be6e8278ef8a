"""Speech recognisers that write one word at a time: words to sentences, each with its times."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from autocode.read.layout import Spoken, ends_sentence

_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uff65]"
)


@dataclass(frozen=True, slots=True)
class Word:
    """One word with its times, or a mark of punctuation."""

    text: str
    start_s: float | None = None
    end_s: float | None = None
    speaker: str | None = None
    glued: bool = False  # punctuation: no space before it, and said by whoever said the word before
    opens: bool = False  # punctuation such as ¿: no space behind it


@dataclass(frozen=True, slots=True)
class Stretch:
    """From when to when somebody speaks."""

    speaker: str | None
    start_s: float
    end_s: float | None = None


def sentences(words: Iterable[Word]) -> list[Spoken]:
    """The words as sentences of one speaker each; a sentence ends where the punctuation says so."""
    found: list[Spoken] = []
    group: list[Word] = []
    for word in words:
        if not word.text.strip():
            continue
        changed = group and not word.glued and word.speaker != group[0].speaker
        if changed or (group and not word.glued and ends_sentence(group[-1].text)):
            found.append(said(group))
            group = []
        group.append(word)
    return [*found, said(group)] if group else found


def said(words: Sequence[Word], *, speaker: str | None = None, joins: bool = True) -> Spoken:
    """Words as one stretch of speech, by the first word's speaker unless `speaker` is given."""
    text = ""
    for before, word in zip((None, *words), words, strict=False):
        joined = word.glued or (before is not None and (before.opens or _unspaced(before.text, word.text)))
        text += word.text.strip() if joined else f" {word.text.strip()}"
    return Spoken(
        speaker or (words[0].speaker if words else None),
        text.strip(),
        next((word.start_s for word in words if word.start_s is not None), None),
        next((word.end_s for word in reversed(words) if word.end_s is not None), None),
        joins=joins,
    )


def _unspaced(before: str, word: str) -> bool:
    """Whether two words are of a script that has no spaces: Chinese, Japanese, Thai, Lao, Khmer, Burmese."""
    return bool(_UNSPACED.match(before.strip()[-1:]) and _UNSPACED.match(word.strip()[:1]))


def speaker_at(stretches: Sequence[Stretch], starts: Sequence[float], time_s: float | None) -> str | None:
    """Who speaks at a time: in the last stretch that has begun, or the first one.

    `starts` are the beginnings of `stretches`, in order.
    """
    if time_s is None or not stretches:
        return None
    return stretches[max(0, bisect_right(starts, time_s + 1e-6) - 1)].speaker
