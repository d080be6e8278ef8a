"""Times of day and of recordings, as people and programs write them, to seconds."""

from __future__ import annotations

import re

_CLOCK_TIME = r"(?:\d{1,4}:\d{1,2}:\d{2}(?:[:;]\d{2})?|\d{1,3}:\d{2})(?:[.,]\d{1,3})?"
TIME = rf"(?:\d{{2}};\d{{2}};\d{{2}};\d{{2}}|{_CLOCK_TIME})"  # as written in labels; groups: none
_DOTTED = r"\d{1,2}\.\d{2}\.\d{2}"  # 00.12.03, which may be a date unless it stands in square brackets
F4_MARK = r"#\d{1,4}:\d{1,2}:\d{1,2}(?:[-.,]\d{1,3})?#"
RANGE = rf"{TIME}(?:\s*(?:-->|[-–—])\s*{TIME})?"
_DOTTED_RANGE = rf"{_DOTTED}(?:\s*[-–—]\s*{_DOTTED})?"
# A mark that cannot be part of a sentence.
BRACKETED = rf"(?:\[(?:{RANGE}|{_DOTTED_RANGE})\]|\({RANGE}\)|<{TIME}>|\{{{TIME}\}}|{F4_MARK})"
MARK = rf"(?:{BRACKETED}|{TIME}(?![\w:]))"

_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,3}):(\d{1,2})(?:[.,-](\d{1,9}))?")
_FIRST = re.compile(rf"\d{{1,4}}:\d{{1,2}}:\d{{1,2}}-\d{{1,3}}(?![\d:])|{TIME}|(?<=\[){_DOTTED}")
_FRAMES = re.compile(r"(\d+[:;]\d+[:;]\d+)[:;]\d\d")


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
    """Seconds of the first time in a mark such as `[00:01 - 00:05]` or `#00:01:02-3#`; frames do not count.

    >>> first_time("00:00:05:12 - 00:00:09:03"), first_time("[00.12.03]")
    (5.0, 723.0)
    """
    match = _FIRST.search(mark or "")
    if not match:
        return None
    time = _FRAMES.sub(r"\1", match[0])
    return parse_clock(time if ":" in time else re.sub("[.;]", ":", time))
