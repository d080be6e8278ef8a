"""Text as it should be embedded: what was meant, without the noise of speaking."""

from __future__ import annotations

from autocode.segment.marks import without_marks
from autocode.segment.words import word_set

_EDGES = ".,;:!?…\"'“”„«»‘’()[]–—-"
_LONGEST_REPEAT = 3  # words: "I was, I was going"


def clean(text: str, *, language: str = "en") -> str:
    """`text` without marks, fillers and doubled words, white space normalised.

    Never empty if `text` has a word: then what is left is given back as it stands.

    >>> clean("Um, I I think (laughs) we  we were we were trusted.")
    'I think we were trusted.'
    """
    spoken = without_marks(text).split()
    fillers = word_set("fillers", language)
    kept = [chunk for chunk in spoken if chunk.strip(_EDGES).casefold() not in fillers]
    return " ".join(_without_repeats(kept)) or " ".join(spoken) or " ".join(text.split())


def _without_repeats(chunks: list[str]) -> list[str]:
    """`chunks` where one to three words that were said again right away stand once, as said last."""
    kept: list[str] = []
    cores: list[str] = []
    for chunk in chunks:
        kept.append(chunk)
        cores.append(chunk.strip(_EDGES).casefold())
        for length in range(1, _LONGEST_REPEAT + 1):
            if _is_repeat(cores, kept, length):
                del kept[-2 * length : -length], cores[-2 * length : -length]
                break
    return kept


def _is_repeat(cores: list[str], kept: list[str], length: int) -> bool:
    again, first = cores[-length:], cores[-2 * length : -length]
    if again != first or not all(any(letter.isalpha() for letter in core) for core in again):
        return False
    return not any(chunk[-1] in ".!?" and not chunk.endswith("..") for chunk in kept[-2 * length : -1])
