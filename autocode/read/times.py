"""Times of day and of recordings, as people and programs write them, to seconds."""

from __future__ import annotations

import re

TIME = r"(?:\d{1,4}:\d{1,2}|\d{1,3}):\d{2}(?:[.,]\d{1,3})?"  # as written in labels; groups: none
F4_MARK = r"#\d{1,4}:\d{1,2}:\d{1,2}(?:[-.,]\d{1,3})?#"
RANGE = rf"{TIME}(?:\s*(?:-->|[-–—])\s*{TIME})?"
BRACKETED = rf"(?:\[{RANGE}\]|\({RANGE}\)|{F4_MARK})"  # a mark that cannot be part of a sentence
MARK = rf"(?:{BRACKETED}|{TIME}(?![\w:]))"

_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,3}):(\d{1,2})(?:[.,-](\d{1,9}))?")
_FIRST = re.compile(rf"\d{{1,4}}:\d{{1,2}}:\d{{1,2}}-\d{{1,3}}(?![\d:])|{TIME}")


def parse_clock(text: str) -> float | None:
    """Seconds of `[h:]mm:ss[.fff]`, comma or (as in f4) hyphen allowed; None for anything else.

    >>> parse_clock("1:02:03,5"), parse_clock("00:01:05-0"), parse_clock("99:99")
    (3723.5, 65.0, None)
    """
    match = _CLOCK.fullmatch(text.strip())
    if not match:
        return None
    hours, minutes, seconds, fraction = match.groups()
    if int(seconds) > 59 or (hours and int(minutes) > 59):
        return None
    whole = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
    return whole + int(fraction) / 10 ** len(fraction) if fraction else float(whole)


def first_time(mark: str | None) -> float | None:
    """Seconds of the first time in a mark such as `[00:01 - 00:05]` or `#00:01:02-3#`."""
    match = _FIRST.search(mark or "")
    return parse_clock(match[0]) if match else None
