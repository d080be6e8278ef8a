"""XML from strangers: no document type, bounded depth and size, local names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, ParseError, TreeBuilder  # defusedxml parses

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from autocode.errors import AutocodeError
from autocode.limits import xml_problem

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_DEPTH = 120  # a codebook may have 50 levels
NAMESPACE_KEY = "{namespace}"  # of the root's attributes: where the root's namespace is kept
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class _TooDeepError(Exception):
    """The file is nested too deep."""


def parse_xml(data: bytes, *, file: str, error: type[AutocodeError]) -> Element:
    """The root of an XML file in any Unicode encoding; tags and attributes are local names.

    The root's namespace is kept as its attribute `{namespace}`. Raises `error` with the file's name.
    """
    if problem := xml_problem(data):
        raise error(f"{file}: {problem}; refused")
    parser = DefusedXMLParser(target=_LocalNames(), forbid_dtd=True)
    try:
        parser.feed(data)
        root: Element = parser.close()
    except DefusedXmlException:
        raise error(
            f"{file}: it declares a document type (DOCTYPE), which no such file needs; refused"
        ) from None
    except _TooDeepError:
        raise error(f"{file}: nested more than {MAX_DEPTH} levels deep; refused") from None
    except ParseError as damage:
        line, column = damage.position
        raise error(f"{file}, line {line}: not valid XML (column {column + 1})") from None
    except (LookupError, ValueError) as damage:  # an encoding that nobody knows
        raise error(f"{file}: the XML cannot be decoded ({damage})") from None
    return root


def xml_text(text: str) -> str:
    """`text` without the characters that XML 1.0 cannot hold, and with line ends LF."""
    return _ILLEGAL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


class _LocalNames(TreeBuilder):
    """Builds a tree whose names have no namespaces."""

    def __init__(self) -> None:
        super().__init__()
        self._depth, self._is_root = 0, True

    def start(self, tag: str, attrs: Mapping[str, str]) -> Element:
        """Open an element."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _TooDeepError
        given = {_local(key): value for key, value in attrs.items()}
        if self._is_root:
            given[NAMESPACE_KEY] = tag[1:].partition("}")[0] if tag[:1] == "{" else ""
            self._is_root = False
        return super().start(_local(tag), given)

    def end(self, tag: str) -> Element:
        """Close an element."""
        self._depth -= 1
        return super().end(_local(tag))


def _local(name: str) -> str:
    return name.rpartition("}")[2]
