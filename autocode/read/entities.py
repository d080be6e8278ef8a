"""Character references of HTML, in web pages and in subtitles."""

from __future__ import annotations

import html
import re

_ENDLESS = re.compile(r"&#\d{1000,};?")  # Python does not read numbers of thousands of digits
_UNKNOWN = "\ufffd"  # what HTML makes of a number that is no character


def unescaped(text: str) -> str:
    """`text` with its character references decoded, once.

    >>> unescaped("R&amp;D &#8212; &#" + "9" * 5000 + ";")
    'R&D — �'
    """
    return html.unescape(_ENDLESS.sub(_UNKNOWN, text))
