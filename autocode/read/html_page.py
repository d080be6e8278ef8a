"""HTML, as word processors and podcast pages write it: text only, never scripts, styles or hidden parts.

The page is cut into tags and text here, in one pass, because pages are from strangers: nothing is
looked up, nothing is run, and no tag makes the reader go back.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from autocode.limits import MOST_TAGS
from autocode.read.entities import unescaped
from autocode.read.paragraphs import Flow, Paragraph, Table, found_in
from autocode.read.reader import Found, Source
from autocode.read.times import first_time
from autocode.read.words import word_set

_TAG = re.compile(  # possessive: it never goes back
    r"<(/?)([A-Za-z][A-Za-z0-9:-]{0,30})((?:[^<>\"']++|\"[^\"]{0,500}+\"|'[^']{0,500}+'){0,60}+)>"
)
_BEGINS = re.compile(r"<(?=[A-Za-z/!?])")  # any other < is text
_NAME = re.compile(r"</?([A-Za-z][A-Za-z0-9:-]{0,30})")
_ATTRIBUTE = re.compile(r"([A-Za-z_:][\w:.-]{0,40})(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+)))?")
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]{2,30})", re.IGNORECASE)
_ENCODING = re.compile(rb"\s*<\?xml\b[^>]{0,200}?\bencoding\s*=\s*[\"']\s*([A-Za-z0-9_-]{2,30})")
_DOCTYPE = re.compile(r"<!DOCTYPE[^<>\[]*+\[(?:[^\]\"']++|\"[^\"]*+\"|'[^']*+')*+\]\s*>", re.IGNORECASE)
_IS_HTML = re.compile(r"<(?:!doctype\s+html|html|body|head|p|div|table|span|br|h[1-6])\b[^<>]{0,500}>", re.I)
_IS_XML = re.compile(r"\A\s*<\?xml|<html\b[^<>]{0,300}http://www\.w3\.org/1999/xhtml", re.IGNORECASE)
_FOREIGN = word_set("svg math")  # XML inside a page
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\n\r\f]+")
_CLOCK_S = re.compile(r"\d{1,6}(?:\.\d{1,6})?")

_BLOCKS = word_set(
    "address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hr html legend li main nav ol option p pre section summary "
    "table tbody td tfoot th thead tr ul"
)
_RAW = word_set("script style textarea title xmp iframe noembed noframes")  # what ends at its own tag
_SKIPPED = word_set("! head template noscript svg math select button object audio video canvas")
_ROWS, _GROUPS = word_set("td th tr"), word_set("tbody tfoot thead")
# What may be left without its end: what begins behind it, and what it ends with.
_OPEN_ENDED = {
    "head": (_BLOCKS | (_SKIPPED - {"head"}) | {"body"}, word_set("html")),
    "p": (_BLOCKS, _BLOCKS),
    "li": (word_set("li"), word_set("ul ol menu")),
    **dict.fromkeys(("dt", "dd"), (word_set("dt dd"), word_set("dl"))),
    **dict.fromkeys(("td", "th"), (_ROWS | _GROUPS, _GROUPS | {"tr", "table"})),
    "tr": (_GROUPS | {"tr"}, _GROUPS | {"table"}),
    **dict.fromkeys(_GROUPS, (_GROUPS, word_set("table"))),
}
_NESTS = word_set("ul ol menu dl table")  # inside them, what is of the same kind is another one
_VOID = word_set("area base br col embed hr img input link meta param source track wbr")  # they have no end
_BOLD = word_set("b strong th dt cite")


def is_html(text: str) -> bool:
    """Whether a text has tags of HTML in its beginning."""
    return _IS_HTML.search(text[:4000]) is not None


def read_html(source: Source) -> list[Found]:
    """One transcript from a web page. Raises `ReadError`."""
    declared = _CHARSET.search(source.data[:2000]) or _ENCODING.match(source.data[:2000])
    if declared and not source.config.encoding and _known(declared[1].decode("ascii")):
        config = source.config.model_copy(update={"encoding": declared[1].decode("ascii")})
        source = replace(source, config=config)
    text, warnings = source.decode()
    if not is_html(text):
        raise source.error("not HTML: there are no tags of a page in its beginning")
    blocks, more = blocks_of(source, text)
    return [found_in(source, blocks, [*warnings, *more])]


def _known(encoding: str) -> bool:
    try:
        "".encode(encoding)
    except (LookupError, UnicodeError):
        return False
    return True


def blocks_of(source: Source, text: str) -> tuple[list[Paragraph | Table], list[str]]:
    """Paragraphs and tables of a page, or of a part of one, and warnings. Raises `ReadError` for a flood."""
    source.refuse_flood(text.count("<"), MOST_TAGS, "tags")
    page = _Page(Flow(source))
    for name, closing, attributes in tokens(text):
        if name is None:
            page.text(attributes)
        elif closing:
            page.close(name)
        else:
            page.open(name, attributes)
    warnings = []
    if page.skipped and page.n_skipped and (page.depth or page.skipped not in _OPEN_ENDED):
        what = "comment or tag" if page.skipped == "!" else f"<{page.skipped}>"
        warnings.append(f"a {what} is never closed; what stands behind it was not read")
    page.end()
    return page.flow.finish(), warnings


def tokens(text: str) -> Iterator[tuple[str | None, bool, str]]:
    """Tags as (name, whether it closes, attributes) and text as (None, False, text), once through.

    A tag called "!" says that a comment, a script or a tag never ends.
    """
    at, is_xml, n_foreign = 0, _IS_XML.search(text[:4000]) is not None, 0
    while at < len(text):
        begins = _BEGINS.search(text, at)
        start = begins.start() if begins else len(text)
        if start > at:
            yield None, False, unescaped(text[at:start])
        if begins is None:
            return
        if text.startswith(("<!", "<?"), start):
            declared = _DOCTYPE.match(text, start)  # with a part of its own in brackets
            closing = "-->" if text.startswith("<!--", start) else ">"
            at = declared.end() if declared else _behind(text, closing, start + 2)
        elif tag := _TAG.match(text, start):
            name, at = tag[2].lower(), tag.end()
            alone = not tag[1] and tag[3].endswith("/")
            if name in _FOREIGN and not alone:
                n_foreign = max(0, n_foreign + (-1 if tag[1] else 1))
            if alone and name in _RAW and (is_xml or n_foreign):
                continue
            yield name, bool(tag[1]), tag[3]
            if name in _RAW and not tag[1]:
                end_tag = re.compile(rf"</{name}", re.IGNORECASE).search(text, at)
                at = end_tag.start() if end_tag else 0
        else:  # a tag with very long attributes (a picture inside the page)
            at = _behind(text, ">", start)
            if at and (name_only := _NAME.match(text, start)):
                yield name_only[1].lower(), text.startswith("</", start), ""
        if not at:
            yield "!", False, ""
            return


def _behind(text: str, closing: str, start: int) -> int:
    """The place behind the next `closing`; 0 where there is none."""
    end = text.find(closing, start)
    return 0 if end < 0 else end + len(closing)


@dataclass(slots=True)
class _Page:
    """Where the reader is in the page."""

    flow: Flow
    bold: Counter[str] = field(default_factory=Counter)
    heading: bool = False
    pre: int = 0
    in_cell: bool = False  # of the outermost table
    skipped: str | None = None  # the element that is being left out
    depth: int = 0  # of elements with the same name inside it, or of lists and tables in what is open-ended
    n_skipped: int = 0  # pieces of text in it
    name: str | None = None  # of a <cite> at the beginning of a paragraph: a podcast's speaker
    mark: list[str] | None = None  # what a <time> says
    speaker: str | None = None
    start_s: float | None = None

    def text(self, text: str) -> None:
        """Text between tags."""
        if self.skipped == "head" and text.strip():
            self.skipped = None  # the body has begun
        if self.skipped is not None:
            self.n_skipped += bool(text.strip())
            return
        if self.mark is not None:
            self.mark.append(text)
            return
        if not self.pre:
            text = _SPACE.sub(" ", text)
            if self.flow.last in ("", " ", "\n"):
                text = text.lstrip(" ")
        self.flow.add(text, bold=any(self.bold.values()))

    def open(self, name: str, attributes: str) -> None:
        """A tag that opens."""
        alone = attributes.endswith("/")
        if self.skipped is not None and not self._begins_behind(name, alone=alone):
            self.n_skipped += name == "!"
            return
        if name in _RAW or name in _SKIPPED or (name not in _VOID and _is_hidden(attributes)):
            self._skip(None if alone and name not in _RAW else name)
        elif name == "br":
            self.flow.add("\n", bold=any(self.bold.values()))
        elif name == "span" and "timestamp" in attributes:
            self._timestamp(attributes)
        elif name == "time" and self.name is not None:
            self.mark = []
        elif name in _BLOCKS:
            self._block(name)
        elif name == "cite":
            self.name = "" if not self.flow.last else None
        if name in _BOLD and self.skipped is None:
            self.bold[name] += 1

    def _skip(self, name: str | None) -> None:
        self.skipped, self.n_skipped = name, int(name == "!")
        self.depth = 0 if name in _OPEN_ENDED else 1

    def _begins_behind(self, name: str, *, alone: bool) -> bool:
        """Whether a tag that opens ends what is being left out."""
        begins, _ = _OPEN_ENDED.get(self.skipped or "", ((), ()))
        if not self.depth and name in begins:
            self.skipped = None
        elif not alone:
            self.depth += name in _NESTS if begins else name == self.skipped
        return self.skipped is None

    def _ends_within(self, name: str) -> bool:
        """Whether a tag that closes ends what is being left out without being its own end."""
        if self.skipped not in _OPEN_ENDED:
            self.depth -= name == self.skipped
            self.skipped = None if self.depth <= 0 else self.skipped
        elif self.depth:
            self.depth -= name in _NESTS
        elif name == self.skipped:
            self.skipped = None
        elif name in _OPEN_ENDED[self.skipped][1]:
            self.skipped = None
            return True
        return False

    def _block(self, name: str) -> None:
        self.end()
        if name in ("td", "th", "tr"):
            self._end_cell()  # tables are often written without the ends of cells
            if self.flow.n_tables == 1:
                self.in_cell = name != "tr"
            if name == "tr":
                self.flow.end_row()
        elif name == "table":
            self.flow.open_table()
        elif name in ("dt", "dd"):
            del self.bold["dt"]  # its end may be left out
        elif name == "pre":
            self.pre += 1
        self.heading = len(name) == 2 and name[0] == "h" and name[1].isdigit()

    def _timestamp(self, attributes: str) -> None:
        """oTranscribe's time, as a mark that the label finder knows, where it begins a line."""
        seconds = _attributes(attributes).get("data-timestamp", "")
        if self.flow.last in ("", "\n") and _CLOCK_S.fullmatch(seconds):
            minutes, rest = divmod(round(float(seconds) * 1000), 60_000)
            clock = f"{minutes // 60}:{minutes % 60:02d}:{rest // 1000:02d}.{rest % 1000:03d}"
            self.flow.add(f"[{clock}] ", bold=True)
            self._skip("span")

    def close(self, name: str) -> None:
        """A tag that closes."""
        if self.skipped is not None and not self._ends_within(name):
            return
        if self.bold[name]:
            self.bold[name] -= 1
        if name == "time" and self.mark is not None:
            self._podcast_label()
        elif name in ("td", "th"):
            self._end_cell()
        elif name == "tr":
            self._end_cell()
            self.flow.end_row()
        elif name == "table" and self.flow.n_tables:
            self._end_cell()
            self.flow.close_table()
        elif name in _BLOCKS:
            self.end()
            if name == "dl":
                del self.bold["dt"]
            self.pre -= name == "pre" and self.pre > 0

    def _end_cell(self) -> None:
        """The open cell is complete; in a table inside a cell, only its paragraph is."""
        self.end()
        if self.flow.n_tables == 1 and self.in_cell:
            self.in_cell = False
            del self.bold["th"]
            self.flow.end_cell()

    def _podcast_label(self) -> None:
        """`<cite>Kevin:</cite> <time>0:00</time>` names who says the next paragraph."""
        name = " ".join(self.flow.take().split()).rstrip(" :")
        self.start_s = first_time("".join(self.mark or []))
        self.speaker, self.name, self.mark = name or None, None, None

    def end(self) -> None:
        """The paragraph is complete."""
        self.mark, self.name = None, None
        if self.flow.end(heading=self.heading, speaker=self.speaker, start_s=self.start_s, keep_empty=False):
            self.speaker, self.start_s = None, None
        self.heading = False


def _attributes(text: str) -> dict[str, str]:
    return {m[1].lower(): unescaped(m[2] or m[3] or m[4] or "") for m in _ATTRIBUTE.finditer(text)}


def _is_hidden(attributes: str) -> bool:
    if "hid" not in attributes.lower() and "none" not in attributes.lower():
        return False
    found = _attributes(attributes)
    return "hidden" in found or _HIDDEN_STYLE.search(found.get("style", "")) is not None
