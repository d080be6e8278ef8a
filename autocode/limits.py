"""How much a file from strangers may hold, counted before anything is made of it.

A few kilobytes can unpack to millions of empty elements, each of which takes a hundred bytes of memory.
"""

from __future__ import annotations

MAX_ELEMENTS = 400_000  # a project of 20,000 codings has 80,000, an hour of speech, word by word, as many
MAX_ATTRIBUTES = 1_000_000
_SOME, _MOST_EACH = 200_000, 20  # attributes beside those that elements have in earnest
MOST_LINES = 250_000  # with hundreds of hours of speech in them
MOST_VALUES = 1_500_000  # of JSON, words of RTF: ten hours, word by word, have 1,200,000
MOST_CELLS = 40_000  # of a table, for each megabyte that may be read
MOST_TAGS = 1_000_000  # of a page
_LARGE, _MAX_RATIO = 1_000_000, 200  # no text of more bytes can be packed more tightly than this


class XmlCount:
    """How many elements and attributes there are in XML, by its bytes, in any encoding that XML has.

    `times` as many are allowed where they are read one after the other.
    """

    def __init__(self, times: int = 1) -> None:
        self.times = times
        self.n_bytes = self.n_elements = self.n_attributes = 0

    def add(self, data: bytes) -> None:
        """Count more of it."""
        self.n_bytes += len(data)
        self.n_elements += data.count(b"<") - data.count(b"</")
        self.n_attributes += data.count(b"=")

    def problem(self) -> str | None:
        """What there is too much of; None: it may be read."""
        if self.n_elements > self.times * MAX_ELEMENTS:
            return f"it has more than {self.times * MAX_ELEMENTS:,} elements"
        most = min(self.times * MAX_ATTRIBUTES, _SOME + _MOST_EACH * self.n_elements)
        if self.n_attributes > most:
            return f"it has more than {most:,} attributes"
        return None


def xml_problem(data: bytes) -> str | None:
    """What there is too much of in an XML file; None: it may be read."""
    count = XmlCount()
    count.add(data)
    return count.problem()


def n_json_values(text: str) -> int:
    """At least as many as a JSON text has; commas of what was said count, too.

    >>> n_json_values('{"a": [1, 2, {}]}')
    5
    """
    return text.count("{") + text.count("[") + text.count(",")


def too_tight(size: int, packed: int) -> bool:
    """Whether `size` bytes of text are packed as no real text can be."""
    return size > _LARGE and size > _MAX_RATIO * max(1, packed)
