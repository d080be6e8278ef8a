"""Text and links from a record that can stand in HTML and in Word."""

from __future__ import annotations

import re

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")  # by XML
_WITH_SCHEME = re.compile(r"(?i)\s*[a-z][a-z0-9+.-]*:")


def clean(text: str) -> str:
    """The text with a replacement character for each that XML has no place for.

    >>> clean("a\\x00b")
    'a\N{REPLACEMENT CHARACTER}b'
    """
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)


def split_gaps(text: str) -> list[tuple[str, bool]]:
    """A text in parts, each with whether it is a gap for its authors: "[Say ...]", "[... by the authors]".

    >>> split_gaps("α = .71 [.62, .79]. [pause] [Say why.]")
    [('α = .71 [.62, .79]. [pause] ', False), ('[Say why.]', True)]
    """
    parts = re.split(r"(\[(?:Say\b|[^\[\]]*\b[Bb]y the authors\b)[^\[\]]*\])", text)
    return [(part, bool(place % 2)) for place, part in enumerate(parts) if part]


def safe_link(link: str | None) -> str | None:
    """A link that opens a page; None for one that would run something.

    >>> safe_link("/read/t1#u2"), safe_link("http://127.0.0.1:8000/read/t1"), safe_link("javascript:alert(1)")
    ('/read/t1#u2', 'http://127.0.0.1:8000/read/t1', None)
    """
    if not link or _FORBIDDEN.search(link) or re.search(r"\s", link):
        return None
    ours = not _WITH_SCHEME.match(link) or link.lower().startswith(("http://", "https://"))
    return link if ours else None
