"""Office files are ZIP archives from strangers: looked through before a library opens them.

Nothing is ever extracted to disk. Sizes in the archive's directory are not believed: every member
is read through in small steps and counted.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from autocode.errors import ReadError
from autocode.read.reader import Source

_MAX_MEMBERS = 10_000
_MAX_TOTAL = 500_000_000
_LARGE, _MAX_RATIO = 10_000_000, 200  # a larger member may not be packed more tightly than this
_STEP = 1 << 20
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DOCTYPES = tuple("<!DOCTYPE".encode(form) for form in ("ascii", "utf-16-le", "utf-16-be"))
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
            for member in members:
                _check_member(source, archive, member)
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
    if total > _MAX_TOTAL or any(_too_tight(member, member.file_size) for member in members):
        raise source.error(f"it would unpack to {total / 1e6:,.0f} MB; refused")


def _too_tight(member: zipfile.ZipInfo, size: int) -> bool:
    return size > _LARGE and size > _MAX_RATIO * max(1, member.compress_size)


def _check_member(source: Source, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Read a member to its end, counting; its checksum is checked on the way."""
    is_xml = member.filename.lower().endswith((".xml", ".rels"))
    limit = int(source.config.max_mb * 1e6) if is_xml else _MAX_TOTAL
    size, tail = 0, b""
    with archive.open(member) as part:
        while chunk := part.read(_STEP):
            size += len(chunk)
            if size > limit or _too_tight(member, size):
                raise source.error(f"its part {member.filename!r} unpacks to too much; refused")
            if is_xml and any(doctype in tail + chunk for doctype in _DOCTYPES):
                raise source.error("it declares a document type (DOCTYPE), which no such file does; refused")
            tail = chunk[-32:]


def _old_or_locked(source: Source, suffix: str) -> ReadError:
    if "EncryptedPackage".encode("utf-16-le") in source.data:
        return source.error("the file is password protected; save it without a password")
    return source.error(f"an Office file of before 2007; save it as {suffix}")


def _other_kind(source: Source, names: set[str], wanted: str) -> ReadError:
    for folder, (kind, suffix) in _KINDS.items():
        if any(name.startswith(folder) for name in names):
            return source.error(f"this is {kind}, not {wanted}; rename it to {suffix}")
    return source.error(f"this is a ZIP archive, not {wanted}")
