"""Bytes to text, once. Every position in autocode refers to what comes out of here.

The order is fixed: byte order mark, the NUL pattern of UTF-16, strict UTF-8, "is this text at all?",
the user's encoding, and last Windows-1252 with a warning. Charset detectors are left out on purpose:
they take short French for Czech and call pictures Chinese. Text is never NFC-normalised.
"""

from __future__ import annotations

import codecs
import re

from autocode.errors import ReadError

_MARKS = {  # UTF-32 first: its little-endian mark begins like that of UTF-16
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_MAGIC = (
    (b"%PDF-", "a PDF document"),
    (b"{\\rtf", "an RTF document"),
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"RIFF", "a sound or video file"),
    (b"ID3", "a sound file"),
    (b"OggS", "a sound file"),
    (b"SQLite format 3", "a database"),
)
_NAME_IT = "set [read] encoding = ... in the settings file"
_CONTROLS = bytes({*range(9), *range(14, 27), *range(28, 32), 127})  # not TAB LF VT FF CR ESC
_MAX_CONTROLS = 0.01  # a larger share of control characters is not text
_MAX_IN_UTF8 = 0.3  # the same where every byte is valid UTF-8, as NUL and the like are
_UNDEFINED_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
# C0 and C1 never occur in UTF-8 except in overlong forms; in Windows-1252 they are capital A with an
# accent, which punctuation and a no-break space may follow.
_OVERLONG = re.compile(rb"[\xc0\xc1][\x80-\xbf](?<![\x85\x91-\x94\x96\x97\xa0\xab\xbb])")
_DOUBLE_ENCODED = re.compile("[ÃÂ][\u0080-\u00bf]|â€[™œ\u009d“”˜¦\u2013\u2014]|Ã[\u0192\u201a\u02c6]")
SURROGATES = re.compile("[\ud800-\udfff]")
# Within a class: what has no width. Inside words Persian and Hindi need some of them.
INVISIBLE = r"\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
SHOWN = re.compile(rf"[^\s{INVISIBLE}]")
_USES_CONTROLS = ("utf-16", "utf-32", "utf-7", "iso2022", "hz")


def decode(data: bytes, *, name: str, encoding: str | None = None) -> tuple[str, list[str]]:
    """The text of `data` and warnings; line ends LF, no byte order mark, no NUL, no lone surrogate.

    `encoding` is used where the bytes are not Unicode. `name` is the file's, for messages.
    Raises `ReadError` for a file that is empty, not text, or not in its encoding.
    """
    if not data:
        raise ReadError(f"{name}: the file is empty")
    _refuse_known_formats(data, name)
    text, guess = to_text(data, name, encoding)
    warnings = []
    if guess == "cp1252":
        warnings.append(
            "the file is not Unicode; it was read as Windows-1252 (Western European): "
            f"if letters look wrong, {_NAME_IT}"
        )
    elif guess:
        warnings.append(f"the file has no byte order mark; it was read as {guess.upper()}")
    if not text:
        raise ReadError(f"{name}: the file is empty")
    text = clean(text)
    if not SHOWN.search(text):
        raise ReadError(f"{name}: there is only white space in the file")
    if guess != "cp1252" and len(_DOUBLE_ENCODED.findall(text)) >= 2:
        warnings.append(
            "the text looks double-encoded (Ã© where é is meant); it was left as it is: "
            "export it again as UTF-8"
        )
    return text, warnings


def clean(text: str) -> str:
    """`text` with line ends LF, and U+FFFD for NUL and for lone surrogates."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    return SURROGATES.sub("\ufffd", text)


def to_text(data: bytes, name: str, encoding: str | None = None) -> tuple[str, str | None]:
    """The text as it stands without its byte order mark, and the encoding where that was guessed.

    Line ends, NUL and lone surrogates stay; see `clean`. Raises `ReadError` as `decode` does.
    """
    if mark := mark_of(data):
        return _decode_as(data[len(mark) :], _MARKS[mark], name, skipped=len(mark)), None
    if wide := _utf16_without_bom(data):
        return _decode_as(data, wide, name), wide
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        _refuse_binary(data, name, most=_MAX_IN_UTF8)
        return text, None
    codec = _codec(encoding, name)
    if not (codec or "").startswith(_USES_CONTROLS):
        _refuse_binary(data, name)
    if codec:
        return _decode_as(data, codec, name), None
    return _windows_1252(data, name), "cp1252"


def mark_of(data: bytes) -> bytes:
    """The byte order mark with which the bytes begin; empty for none."""
    return next((mark for mark in _MARKS if data.startswith(mark)), b"")


def _decode_as(data: bytes, encoding: str, name: str, *, skipped: int = 0) -> str:
    wide = encoding.startswith(("utf-16", "utf-32"))
    try:
        return data.decode(encoding, "surrogatepass" if wide else "strict")
    except UnicodeDecodeError as error:
        byte = data[error.start]
        raise ReadError(
            f"{name}: byte {error.start + skipped} (0x{byte:02X}) is not {encoding}; "
            f"save the file as UTF-8, or {_NAME_IT}"
        ) from None


def _utf16_without_bom(data: bytes) -> str | None:
    """The form of UTF-16 in which every other byte of ASCII characters is NUL, or None."""
    sample = data[:4096]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    needed = max(4, len(sample) // 20)  # blanks and line ends alone are a tenth of any text
    if odd >= needed and odd >= 10 * even:
        found = "utf-16-le"
    elif even >= needed and even >= 10 * odd:
        found = "utf-16-be"
    else:
        return None
    text = sample[: len(sample) // 2 * 2].decode(found, "replace")
    odd_ones = sum(character < " " and character not in "\t\n\v\f\r\x1b" for character in text)
    return found if odd_ones <= _MAX_CONTROLS * len(text) else None


def _codec(encoding: str | None, name: str) -> str | None:
    if not encoding:
        return None
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        raise ReadError(f"{name}: there is no encoding '{encoding}'; try utf-8, cp1252 or latin-1") from None


def _refuse_known_formats(data: bytes, name: str) -> None:
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            advice = "; save it as .docx or .txt" if "document" in kind.casefold() else ""
            raise ReadError(
                f"{name}: this is {kind}, whatever its name says; it cannot be read as text{advice}"
            )


def _refuse_binary(data: bytes, name: str, *, most: float = _MAX_CONTROLS) -> None:
    n_controls = len(data) - len(data.translate(None, _CONTROLS))
    if n_controls > most * len(data):
        raise ReadError(f"{name}: this is not a text file ({n_controls} control characters)")


def _windows_1252(data: bytes, name: str) -> str:
    bad = _OVERLONG.search(data) or _UNDEFINED_CP1252.search(data)
    if bad:
        raise ReadError(
            f"{name}: byte {bad.start()} (0x{data[bad.start()]:02X}) is neither UTF-8 nor Windows-1252; "
            f"save the file as UTF-8, or {_NAME_IT}"
        )
    return data.decode("cp1252")
