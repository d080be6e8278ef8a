"""What python-docx has no words for: fields, rules of tables, heads that repeat, links."""

from __future__ import annotations

import hashlib
import re
from typing import Any


def _element(name: str, /, **attributes: str) -> Any:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    made = OxmlElement(f"w:{name}")
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), value)
    return made


def field(paragraph: Any, instruction: str, shown: str) -> None:
    """A field with the text that it shows until Word computes it anew."""
    from docx.oxml.ns import qn

    def run(*children: Any) -> None:
        made = paragraph.add_run()
        made.bold = True
        for child in children:
            made._r.append(child)

    text = _element("instrText")
    text.set(qn("xml:space"), "preserve")
    text.text = f" {instruction} "
    run(_element("fldChar", fldCharType="begin"))
    run(text)
    run(_element("fldChar", fldCharType="separate"))
    paragraph.add_run(shown).bold = True
    run(_element("fldChar", fldCharType="end"))


def bookmark(paragraph: Any, number: int, name: str) -> None:
    """Give a paragraph a name that links find; `number` is its own in the document."""
    paragraph._p.append(_element("bookmarkStart", id=str(number), name=bookmark_name(name)))
    paragraph._p.append(_element("bookmarkEnd", id=str(number)))


def bookmark_name(name: str) -> str:
    """A name that Word takes: letters, digits and underscores, a letter first, 40 characters at most.

    >>> bookmark_name("code-trust")
    'a_code_trust'
    """
    plain = re.sub(r"\W", "_", f"a_{name}", flags=re.ASCII)
    if plain == f"a_{name}".replace("-", "_") and len(plain) <= 40:
        return plain
    return f"{plain[:27]}_{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def hyperlink(paragraph: Any, run: Any, address: str) -> None:
    """Make a run of a paragraph a link: to a page, or (`#name`) to a place in the document."""
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml.ns import qn
    from docx.shared import RGBColor

    link = _element("hyperlink")
    if address.startswith("#"):
        link.set(qn("w:anchor"), bookmark_name(address[1:]))
    else:
        link.set(qn("r:id"), paragraph.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
    run.font.color.rgb, run.font.underline = RGBColor(0x1D, 0x4F, 0x7C), True
    link.append(run._r)
    paragraph._p.append(link)


def shade(properties: Any, colour: str) -> None:
    """Put a colour behind what has these properties."""
    properties.append(_element("shd", val="clear", color="auto", fill=colour))


def rules(table: Any, *, inner: bool) -> None:
    """Rules above and below, and thin ones between the rows."""
    made = _element("tblBorders")
    for side in ("top", "bottom"):
        made.append(_element(side, val="single", sz="12", space="0", color="1A1A1A"))
    if inner:
        made.append(_element("insideH", val="single", sz="4", space="0", color="D5D5D5"))
    followers = ("w:shd", "w:tblLayout", "w:tblCellMar", "w:tblLook")
    table._tbl.tblPr.insert_element_before(made, *followers)


def border(cell: Any, side: str) -> None:
    """Draw a rule at one side of a cell."""
    borders = _element("tcBorders")
    borders.append(_element(side, val="single", sz="8", space="0", color="1A1A1A"))
    cell._tc.get_or_add_tcPr().append(borders)


def repeat(row: Any) -> None:
    """The row stands on every page over which its table goes."""
    row._tr.get_or_add_trPr().append(_element("cantSplit"))
    row._tr.get_or_add_trPr().append(_element("tblHeader"))


def keep_whole(row: Any) -> None:
    """The row is not split between two pages."""
    row._tr.get_or_add_trPr().append(_element("cantSplit"))
