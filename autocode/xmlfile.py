"""XML from strangers: no document type, bounded depth and size, local names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, ParseError, TreeBuilder  # defusedxml parses

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from autocode.errors import AutocodeError

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_DEPTH = 120  # a codebook may have 50 levels
MAX_ELEMENTS = 1_000_000  # a project of 20,000 codings has 80,000
NAMESPACE_KEY = "{namespace}"  # of the root's attributes: where the root's namespace is kept
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class _TooMuchError(Exception):
    """The file is nested too deep, or holds too many elements."""


def parse_xml(data: bytes, *, file: str, error: type[AutocodeError]) -> Element:
    """The root of an XML file in any Unicode encoding; tags and attributes are local names.

    The root's namespace is kept as its attribute `{namespace}`. Raises `error` with the file's name.
    """
    if data.count(b"<") > 2 * MAX_ELEMENTS:  # at once; one tag opens an element, one closes it
        raise error(f"{file}: {_too_many()}; refused")
    parser = DefusedXMLParser(target=_LocalNames(), forbid_dtd=True)
    try:
        parser.feed(data)
        root: Element = parser.close()
    except DefusedXmlException:
        raise error(
            f"{file}: it declares a document type (DOCTYPE), which no such file needs; refused"
        ) from None
    except _TooMuchError as problem:
        raise error(f"{file}: {problem}; refused") from None
    except ParseError as problem:
        line, column = problem.position
        raise error(f"{file}, line {line}: not valid XML (column {column + 1})") from None
    except (LookupError, ValueError) as problem:  # an encoding that nobody knows
        raise error(f"{file}: the XML cannot be decoded ({problem})") from None
    return root


def _too_many() -> str:
    return f"it has more than {MAX_ELEMENTS:,} elements"


def xml_text(text: str) -> str:
    """`text` without the characters that XML 1.0 cannot hold, and with line ends LF."""
    return _ILLEGAL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


class _LocalNames(TreeBuilder):
    """Builds a tree whose names have no namespaces, and counts on the way."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = self._count = 0

    def start(self, tag: str, attrs: Mapping[str, str]) -> Element:
        """Open an element."""
        self._depth += 1
        self._count += 1
        if self._depth > MAX_DEPTH:
            raise _TooMuchError(f"nested more than {MAX_DEPTH} levels deep")
        if self._count > MAX_ELEMENTS:
            raise _TooMuchError(_too_many())
        given = {_local(key): value for key, value in attrs.items()}
        if self._count == 1:
            given[NAMESPACE_KEY] = tag[1:].partition("}")[0] if tag[:1] == "{" else ""
        return super().start(_local(tag), given)

    def end(self, tag: str) -> Element:
        """Close an element."""
        self._depth -= 1
        return super().end(_local(tag))


def _local(name: str) -> str:
    return name.rpartition("}")[2]
