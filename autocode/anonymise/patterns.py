"""What can be told from its form alone: e-mail addresses, links and telephone numbers."""

from __future__ import annotations

import re

EMAIL = r"[\w.+%'’-]+@[\w-]+(?:\.[\w-]+)+"
_PATH = r"(?:/[^\s<>\"”»]*[\w/])?"
_ENDINGS = "com|org|net|edu|gov|info|io|ai|eu|no|se|dk|fi|de|uk|nl|fr"
LINK = (
    rf"(?i:https?://[^\s<>\"”»]*[\w/]|www\.[\w-]+(?:\.[\w-]+)+{_PATH}"
    rf"|[\w-]+(?:\.[\w-]+)*\.(?-i:{_ENDINGS}|{_ENDINGS.upper()})\b(?!\.\w){_PATH})"  # but "it.No"
)
# Digits with at most two marks between them; `is_phone` decides whether one could call that.
PHONE = r"(?:\+|\(\+)?(?:\(\d{1,5}\)|\d)(?:[ .\-/()\u00a0]{0,2}\d){6,17}"
_CALL = re.compile(
    r"(?i)\b(?:tele)?(?:phone|mobile|cell|tel|tlf|telefon\w*|mobil\w*|puhelin\w*|handy|fax|whatsapp|"
    r"call|ring|number|nummer)\b\W*(?:[^\W\d]+\W+){0,4}$"
)
LOOK_BACK = 60  # characters before a number in which calling may be spoken of


def is_phone(written: str, *, before: str = "") -> bool:
    """Is a run of digits a telephone number, rather than a date, years, an amount or a count?

    A plus or a double zero, or talk of calling `before` it, decides; else it must be grouped like one.

    >>> [is_phone(one) for one in ("+47 912 34 567", "912 34 567", "555-123-4567", "020 7946 0958")]
    [True, True, True, True]
    >>> [is_phone(one) for one in ("1 000 000", "2016-05-04", "2016 2017", "12345678", "120 000 000")]
    [False, False, False, False, False]
    >>> is_phone("12345678", before="my mobile is ")
    True
    """
    groups = re.findall(r"\d+", written)
    n = sum(map(len, groups))
    if not 7 <= n <= 15 or _is_date(groups):
        return False
    if n >= 8 and written.lstrip("(").startswith(("+", "00")):
        return True
    if _CALL.search(before):
        return True
    if len(groups[0]) <= 3 and groups[0][0] != "0" and all(len(group) == 3 for group in groups[1:]):
        return False  # thousands
    return n >= 8 and len(groups) >= (2 if written.startswith(("0", "(")) else 3)


def _is_date(groups: list[str]) -> bool:
    years = [len(group) == 4 and group[:2] in ("18", "19", "20") for group in groups]
    if all(years):
        return True
    return len(groups) == 3 and sum(years) == 1 and sum(len(group) <= 2 for group in groups) == 2


def same_digits(written: str) -> str:
    """What two writings of one number have in common: its last eight digits.

    >>> same_digits("+47 912 34 567") == same_digits("91234567")
    True
    """
    return re.sub(r"\D", "", written)[-8:]
