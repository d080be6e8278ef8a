"""Office files are ZIP archives from strangers: looked through before a library opens them.

Nothing is ever extracted to disk. Sizes in the archive's directory are not believed: every member
is read through in small steps and counted, and so are the elements of all XML in it.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib

from autocode.errors import ReadError
from autocode.limits import XmlCount, too_tight
from autocode.read.reader import Source

_MAX_MEMBERS = 10_000
_MAX_TOTAL = 500_000_000
_LARGE_PICTURE = 10_000_000  # one of nothing but white is packed tightly
_IN_ROWS, _TIMES = ("xl/worksheets/", "xl/sharedStrings.xml"), 6  # read one after the other
_STEP = 1 << 20
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DOCTYPES = tuple("<!DOCTYPE".encode(form) for form in ("ascii", "utf-16-le", "utf-16-be"))
HAS_DOCTYPE = "it declares a document type (DOCTYPE), which no such file does; refused"
_BLANK = b"\xef\xbb\xbf\xff\xfe \t\r\n\0"
_ODD = (b"\xff\xfe\0\0", b"<\0\0\0", b"\0\0\xfe\xff", b"\0\0\0<", b"\x4c\x6f\xa7\x94")  # UTF-32, EBCDIC
_DECLARED = re.compile(rb"<\?xml\s[^>]*?\sencoding\s*=\s*[\"']([^\"'>]*)")
_USUAL = re.compile(rb"utf-?8|utf-?16|(us-)?ascii|(iso-8859-|windows-125)\d+", re.IGNORECASE)
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, OverflowError, ValueError,
    NotImplementedError, RuntimeError,
)  # fmt: skip
_KINDS = {
    "word/": ("a Word document", ".docx"),
    "xl/": ("an Excel workbook", ".xlsx"),
    "ppt/": ("a PowerPoint presentation", ".pptx"),
    "content.xml": ("an OpenDocument file", ".odt"),
}


def check_office_file(source: Source, folder: str) -> io.BytesIO:
    """The bytes of a sound Office file, ready for its library.

    `folder` is where its content lies: "word/", "xl/", or "content.xml" for OpenDocument. Raises
    `ReadError` for anything that is not such a file, is encrypted or damaged, declares a document type,
    or unpacks to too much.
    """
    wanted, suffix = _KINDS[folder]
    if source.data.startswith(_OLE):
        raise _old_or_locked(source, suffix)
    try:
        with zipfile.ZipFile(io.BytesIO(source.data)) as archive:
            members = archive.infolist()
            _check_directory(source, members)
            names = {member.filename for member in members}
            if not any(name.startswith(folder) for name in names):
                raise _other_kind(source, names, wanted)
            counts = XmlCount(), XmlCount(_TIMES)
            for member in members:
                _check_member(source, archive, member, counts[member.filename.startswith(_IN_ROWS)])
    except _DAMAGED:
        if not source.data:
            raise source.error("the file is empty") from None
        raise source.error(f"not {wanted}, or a damaged one; open it in Office and save it again") from None
    return io.BytesIO(source.data)


def _check_directory(source: Source, members: list[zipfile.ZipInfo]) -> None:
    names = [member.filename for member in members]
    if len(members) > _MAX_MEMBERS:
        raise source.error(f"{len(members):,} files in one document; refused")
    if len(set(names)) < len(names):
        raise source.error("two parts of the document have the same name; refused")
    if any(member.flag_bits & 1 for member in members):
        raise source.error("the file is password protected; save it without a password")
    total = sum(member.file_size for member in members)
    if total > _MAX_TOTAL or any(_is_too_tight(one, one.file_size) for one in members):
        raise source.error(f"it would unpack to {total / 1e6:,.0f} MB, as no real document does; refused")


def _is_too_tight(member: zipfile.ZipInfo, size: int) -> bool:
    large = 1 if _is_named_xml(member) else _LARGE_PICTURE
    return size > large and too_tight(size, member.compress_size)


def _check_member(source: Source, archive: zipfile.ZipFile, member: zipfile.ZipInfo, xml: XmlCount) -> None:
    """Read a member to its end, counting; its checksum is checked on the way."""
    size, tail, is_xml = 0, b"", False
    with archive.open(member) as part:
        while chunk := part.read(_STEP):
            is_xml = is_xml or (not size and _looks_like_xml(source, member, chunk))
            size += len(chunk)
            if is_xml:
                xml.add(chunk)
            if (
                size > _MAX_TOTAL
                or _is_too_tight(member, size)
                or xml.n_bytes > xml.times * source.most_chars
            ):
                raise source.error(f"its part {member.filename!r} unpacks to too much; refused")
            if _is_named_xml(member) and any(doctype in tail + chunk for doctype in _DOCTYPES):
                raise source.error(HAS_DOCTYPE)
            tail = chunk[-32:]
    if problem := xml.problem():
        raise source.error(f"{problem}; refused")


def _is_named_xml(member: zipfile.ZipInfo) -> bool:
    return member.filename.lower().endswith((".xml", ".rels"))


def _looks_like_xml(source: Source, member: zipfile.ZipInfo, beginning: bytes) -> bool:
    """Whether a member is XML, by its name or as it begins; `ReadError` where its signs cannot be counted."""
    found = _is_named_xml(member) or beginning.lstrip(_BLANK).startswith(b"<")
    declared = _DECLARED.match(beginning.lstrip(_BLANK))
    odd = declared is not None and not _USUAL.fullmatch(declared[1])
    if found and (odd or beginning.startswith(_ODD)):
        raise source.error(f"its part {member.filename!r} is neither UTF-8 nor UTF-16; refused")
    return found


def _old_or_locked(source: Source, suffix: str) -> ReadError:
    if "EncryptedPackage".encode("utf-16-le") in source.data:
        return source.error("the file is password protected; save it without a password")
    return source.error(f"an Office file of before 2007; save it as {suffix}")


def _other_kind(source: Source, names: set[str], wanted: str) -> ReadError:
    for folder, (kind, suffix) in _KINDS.items():
        if any(name.startswith(folder) for name in names):
            return source.error(f"this is {kind}, not {wanted}; rename it to {suffix}")
    return source.error(f"this is a ZIP archive, not {wanted}")
