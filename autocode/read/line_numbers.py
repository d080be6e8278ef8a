"""Numbers in the margin of a transcript, before every line of it."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"^[ \t\xa0]{0,8}[(\[]?([0-9]{1,5})[.)\]]?(?:[ \t\xa0]+|$)", re.MULTILINE)
_FILLED = re.compile(r"^[^\S\n]*\S", re.MULTILINE)
_MIN_LINES = 4  # fewer are a list
_MIN_SHARE = 0.9  # of the lines with anything on them


def without_line_numbers(text: str) -> tuple[str, int]:
    """`text` without the numbers that count its lines, and how many; only where nearly all lines have one.

    The number rises by one from one numbered line to the next, or by what lies between them.
    """
    found = list(_NUMBER.finditer(text))
    if len(found) < _MIN_LINES:
        return text, 0
    counting = [False, *map(_counts, [text] * (len(found) - 1), found, found[1:]), False]
    margin = [match for number, match in enumerate(found) if counting[number] or counting[number + 1]]
    if len(margin) < max(_MIN_LINES, _MIN_SHARE * sum(1 for _ in _FILLED.finditer(text))):
        return text, 0
    ends = [0, *(match.end() for match in margin)]
    starts = [*(match.start() for match in margin), len(text)]
    return "".join(text[first:last] for first, last in zip(ends, starts, strict=True)), len(margin)


def _counts(text: str, before: re.Match[str], match: re.Match[str]) -> bool:
    step = int(match[1]) - int(before[1])
    return step == 1 or 1 < step == text.count("\n", before.start(), match.start())
