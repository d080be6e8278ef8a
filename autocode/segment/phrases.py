"""Pieces of a sentence of about eight words each, in any language that puts spaces between words."""

from __future__ import annotations

from itertools import pairwise

N_WORDS = 8


def phrases(sentence: str) -> list[str]:
    """The sentence in pieces of about `N_WORDS`, all of nearly the same length; none for no word.

    >>> phrases("We trusted them at once and nobody ever checked the numbers that they sent us")
    ['We trusted them at once and nobody ever', 'checked the numbers that they sent us']
    >>> phrases("We trusted them.")
    ['We trusted them.']
    """
    words = sentence.split()
    n = max(1, round(len(words) / N_WORDS))
    ends = [(len(words) * number + n - 1) // n for number in range(n + 1)]
    return [" ".join(words[start:end]) for start, end in pairwise(ends) if end > start]
