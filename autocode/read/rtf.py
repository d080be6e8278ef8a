r"""RTF, as f4, MAXQDA, Word and LibreOffice write it: text with \'hh, \uN and code pages, no hidden text.

Groups are kept on a stack of our own, so that no nesting is too deep. What is no speech is left out:
fonts, pictures, headers, footnotes, comments, field codes, deleted and hidden text, automatic numbers.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field, replace

from autocode.limits import MOST_VALUES
from autocode.read.paragraphs import Flow, found_in
from autocode.read.reader import Found, Source, count
from autocode.read.words import word_set

_TOKEN = re.compile(
    r"\\([A-Za-z]{1,40})(-?\d{1,10})? ?|\\'([0-9A-Fa-f]{2})|\\([^A-Za-z])|([{}])|[\r\n]+|([^\\{}\r\n]+)|.",
    re.DOTALL,
)
_SKIPPED = word_set(
    "annotation atnauthor atndate atnid atnicn atnparent atnref atntime atrfend atrfstart author bkmkend "
    "bkmkstart buptim category colortbl comment company creatim datastore doccomm docvar fldinst "
    "footer footerf footerl footerr footnote formfield ftncn ftnsep ftnsepc generator header headerf "
    "headerl headerr info keycode keywords latentstyles listoverridetable listtable listtext manager "
    "nonshppict objclass objdata operator pict pntext private1 printim revtbl revtim rsidtbl rxe "
    "stylesheet subject tc tcn template themedata title txe userprops xe xmlnstbl "
    "colorschememapping"
)
_SIGNS = {
    "tab": "\t",
    "line": "\n",
    "lbr": "\n",
    "emdash": "\u2014",
    "endash": "\u2013",
    "lquote": "\u2018",
    "rquote": "\u2019",
    "ldblquote": "\u201c",
    "rdblquote": "\u201d",
    "bullet": "\u2022",
    "emspace": "\u2003",
    "enspace": "\u2002",
    "qmspace": "\u2005",
    "zwj": "\u200d",
    "zwnj": "\u200c",
    "nestcell": " ",
}
_SYMBOLS = {"~": "\xa0", "_": "-", "-": "", "\\": "\\", "{": "{", "}": "}", "\t": "\t"}
_CODE_PAGES = {"ansi": "cp1252", "mac": "mac_roman", "pc": "cp437", "pca": "cp850"}
_CHARSETS = {
    77: "mac_roman",
    128: "cp932",
    129: "cp949",
    134: "gbk",
    136: "big5",
    161: "cp1253",
    162: "cp1254",
    163: "cp1258",
    177: "cp1255",
    178: "cp1256",
    186: "cp1257",
    204: "cp1251",
    222: "cp874",
    238: "cp1250",
    255: "cp437",
}


def read_rtf(source: Source) -> list[Found]:
    """One transcript from an RTF document. Raises `ReadError`."""
    data = source.data.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not data:
        raise source.error("the file is empty")
    if not data.startswith(b"{\\rtf"):
        raise source.error("not an RTF document, whatever its name says: it does not begin with {\\rtf")
    source.refuse_flood(data.count(b"\\") + data.count(b"{"), MOST_VALUES, "control words")
    document = _Document(Flow(source))
    document.read(data.decode("latin-1"))
    warnings = []
    if document.groups:
        warnings.append(f"the document is cut off: {count(len(document.groups), 'group')} not closed")
    if document.behind:
        warnings.append("behind the end of the document stands more, which was not read: a } too many?")
    if b"\\shptxt" in data:
        warnings.append("the document has text boxes; what stands in them was not read")
    return [found_in(source, document.flow.finish(), warnings)]


@dataclass(frozen=True, slots=True)
class _State:
    """What holds inside a group, and is forgotten at its end."""

    skipped: bool = False
    fonts: bool = False  # in the table of fonts
    hidden: bool = False
    deleted: bool = False
    bold: bool = False
    code_page: str | None = None  # of the font; None: the document's
    fallback: int = 1  # so many characters after \uN say the same for old programs
    in_table: bool = False
    heading: bool = False


@dataclass(slots=True)
class _Document:
    """An RTF document while it is read."""

    flow: Flow
    state: _State = field(default_factory=_State)
    groups: list[_State] = field(default_factory=list)
    code_page: str = "cp1252"
    fonts: dict[int, str] = field(default_factory=dict)
    font: int = 0  # in the table of fonts: the one that is being described
    ignorable: bool = False  # \* came just before
    to_skip: int = 0
    high: int | None = None  # the first half of a character beyond U+FFFF
    behind: bool = False  # something follows the end of the outermost group
    _bytes: bytearray = field(default_factory=bytearray)

    def read(self, text: str) -> None:
        """All tokens, up to the end of the outermost group."""
        at = 0
        while token := _TOKEN.match(text, at):
            at = token.end()
            word, number, hexadecimal, symbol, brace, plain = token.groups()
            if word == "bin":
                at += max(0, int(number or 0))
            elif word is not None:
                self.word(word.lower(), None if number is None else int(number))
            elif hexadecimal is not None:
                self.byte(bytes.fromhex(hexadecimal))
            elif symbol is not None:
                self.symbol(symbol)
            elif brace is not None:
                self.brace(brace)
                if not self.groups:
                    self.behind = bool(text[at:].strip("{} \t\r\n\0\x1a"))
                    break
            elif plain is not None:
                self.plain(plain)
        self.flush()

    @property
    def silent(self) -> bool:
        """Whether what stands here is no text of the document."""
        state = self.state
        return state.skipped or state.fonts or state.hidden or state.deleted

    def brace(self, brace: str) -> None:
        """A group begins or ends."""
        self.flush()
        self.to_skip, self.ignorable = 0, False
        if brace == "{":
            self.groups.append(self.state)
        elif self.groups:
            self.state = self.groups.pop()

    def byte(self, data: bytes) -> None:
        r"""A character as \'hh."""
        self.ignorable = False
        if self.to_skip:
            self.to_skip -= 1
        elif not self.silent:
            self._bytes += data

    def plain(self, text: str) -> None:
        """Characters that stand for themselves, in the code page that holds."""
        self.ignorable = False
        if self.to_skip:
            skipped = min(self.to_skip, len(text))
            self.to_skip -= skipped
            text = text[skipped:]
        if not self.silent:
            self._bytes += text.encode("latin-1")

    def symbol(self, symbol: str) -> None:
        """A backslash and a sign."""
        if symbol == "*":
            self.ignorable = True
        elif self.to_skip:
            self.to_skip -= 1
        elif symbol in "\r\n":
            self.word("par", None)
        elif not self.silent:
            self.add(_SYMBOLS.get(symbol, ""))

    def word(self, word: str, number: int | None) -> None:
        """A control word."""
        ignorable, self.ignorable = self.ignorable, False
        if self.to_skip:
            self.to_skip -= 1
            return
        if ignorable or word in _SKIPPED:
            self.flush()
            self.state = replace(self.state, skipped=True)
        elif word == "fonttbl":
            self.state = replace(self.state, fonts=True)
        elif self.state.fonts:
            self.describe_font(word, number or 0)
        elif word == "u" and number is not None:
            self.unicode(number)
        elif word in _SIGNS:
            if not self.silent:
                self.add(_SIGNS[word])
        elif word in ("par", "sect", "page", "cell", "row"):
            self.end(word)
        else:
            self.format(word, number)

    def describe_font(self, word: str, number: int) -> None:
        """In the table of fonts: which characters a font has."""
        if word == "f":
            self.font = number
        elif word == "fcharset" and number in _CHARSETS:
            self.fonts[self.font] = _CHARSETS[number]
        elif word == "cpg" and (known := _codec(number)):
            self.fonts[self.font] = known

    def unicode(self, number: int) -> None:
        r"""A character as \uN, followed by its fallback; two of them for one beyond U+FFFF."""
        self.to_skip = self.state.fallback
        if self.silent:
            return
        unit = number % 65536
        if 0xD800 <= unit < 0xDC00:
            self.flush()
            self.high = unit
        elif 0xDC00 <= unit < 0xE000 and self.high is not None:
            code = 0x10000 + (self.high - 0xD800) * 0x400 + unit - 0xDC00
            self.high = None
            self.add(chr(code))
        else:
            self.add(chr(unit))

    def end(self, word: str) -> None:
        """A paragraph, cell or row ends."""
        self.flush()
        if self.state.skipped or self.state.fonts:
            return
        if word in ("cell", "row") or self.state.in_table:
            if not self.flow.n_tables:
                self.flow.open_table()
        elif self.flow.n_tables:
            self._leave_table()
        if word == "cell":
            self.flow.end_cell()
        elif word == "row":
            self.flow.end_row()
        elif not self.state.deleted:
            self.flow.end(heading=self.state.heading)

    def _leave_table(self) -> None:
        """What was written since the last row belongs after the table."""
        last = self.flow.take()
        self.flow.close_table()
        self.flow.add(last, bold=self.state.bold)

    def format(self, word: str, number: int | None) -> None:
        """A word that changes how the following text looks, or how its bytes are read."""
        on = number != 0
        changes: dict[str, object] = {}
        if word == "b":
            changes = {"bold": on}
        elif word == "v":
            changes = {"hidden": on}
        elif word == "deleted":
            changes = {"deleted": on}
        elif word == "plain":
            changes = {"bold": False, "hidden": False, "deleted": False, "code_page": None}
        elif word == "pard":
            changes = {"in_table": False, "heading": False}
        elif word == "intbl":
            changes = {"in_table": True}
        elif word == "outlinelevel":
            changes = {"heading": number is not None and number < 9}
        elif word == "uc":
            changes = {"fallback": min(max(number or 0, 0), 100)}
        elif word == "f":
            changes = {"code_page": self.fonts.get(number or 0)}
        elif word == "ansicpg" and (known := _codec(number or 0)):
            self.code_page = known
        elif word in _CODE_PAGES:
            self.code_page = _CODE_PAGES[word]
        if any(getattr(self.state, name) != value for name, value in changes.items()):
            self.flush()
            self.state = replace(self.state, **changes)  # type: ignore[arg-type]

    def add(self, text: str) -> None:
        """Text that needs no decoding."""
        self.flush()
        self.flow.add(text, bold=self.state.bold)

    def flush(self) -> None:
        """The bytes that wait, decoded by the code page that holds."""
        if self.high is not None:
            self.high = None
            self.flow.add("\ufffd", bold=self.state.bold)
        if self._bytes:
            text = self._bytes.decode(self.state.code_page or self.code_page, "replace")
            self._bytes.clear()
            self.flow.add(text, bold=self.state.bold)


def _codec(number: int) -> str | None:
    """Python's name of a Windows code page; None where it has none."""
    try:
        return codecs.lookup("utf-8" if number == 65001 else f"cp{number}").name
    except LookupError:
        return None
