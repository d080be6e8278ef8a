"""XML from strangers: no document type, no entities, no deep nesting, one clear error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autocode.limits import xml_problem
from autocode.read.reader import Source

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_MAX_DEPTH = 200


def parse_xml(source: Source, data: bytes, *, wanted: str) -> Element:
    """The root of an XML document.

    `wanted` says what the file should be, for messages. Raises `ReadError`.
    """
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    if not data.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0"):
        raise source.error("the file is empty")
    if problem := xml_problem(data):
        raise source.error(f"{problem}; refused")
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except DefusedXmlException:
        raise source.error("it declares a document type (DOCTYPE) or entities; refused") from None
    except (ParseError, LookupError, ValueError) as error:
        line = getattr(error, "position", (None,))[0]
        raise source.error(f"not {wanted}, or a damaged one: it is not valid XML", line=line) from None
    _check_depth(source, root)
    return root


def local(name: object) -> str:
    """The name of a tag or attribute without its namespace.

    >>> local("{http://www.w3.org/ns/ttml}p")
    'p'
    """
    return name.rpartition("}")[2] if isinstance(name, str) else ""


def attribute(element: Element, name: str) -> str | None:
    """The value of the attribute with this local name."""
    return next((value for key, value in element.attrib.items() if local(key) == name), None)


def _check_depth(source: Source, root: Element) -> None:
    level, depth = [root], 0
    while level:
        depth += 1
        if depth > _MAX_DEPTH:
            raise source.error("the XML is nested too deeply")
        level = [child for element in level for child in element]
