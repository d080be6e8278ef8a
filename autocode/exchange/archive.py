"""A ZIP archive from strangers, read member by member in memory. Nothing is ever extracted to disk.

The sizes in the archive's directory are not believed: bytes are counted while they are read.
"""

from __future__ import annotations

import os
import re
import struct
import unicodedata
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from autocode.errors import ExchangeError
from autocode.files import explain_os_error

MAX_MEMBERS = 10_000
MAX_DIRECTORY = 8_000_000  # bytes of the archive's directory
MAX_TOTAL = 500_000_000  # bytes that are unpacked in all
LARGE, MAX_RATIO = 10_000_000, 200  # a larger member may not be packed more tightly than this
_STEP = 1 << 20
_IS_UTF8 = 0x800  # the mark of a name in UTF-8
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeDecodeError, RuntimeError,
    struct.error, OverflowError, ValueError,
)  # fmt: skip


class Archive:
    """An open archive; names are looked up whatever their case, below a folder that holds everything."""

    def __init__(self, path: Path) -> None:
        """Open and look through the directory. Raises `ExchangeError` where it cannot be trusted."""
        self.path = path
        self._unpacked = self._packed = 0
        try:
            _check_directory_size(path)
            self._packed = path.stat().st_size
            self._zip = zipfile.ZipFile(path)
        except _DAMAGED:
            raise ExchangeError(f"{path}: not a project archive (.qdpx), or a damaged one") from None
        except OSError as error:
            raise ExchangeError(f"{path}: cannot be read ({explain_os_error(error)})") from None
        try:
            self._members = self._by_name()
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def names(self) -> list[str]:
        """All members' names, below the folder that holds everything, in the archive's order."""
        return [name for name, _ in self._members.values()]

    def __contains__(self, name: str) -> bool:
        return _key(name) in self._members

    def read(self, name: str, *, limit: int) -> bytes:
        """A member's content. Raises `ExchangeError` where it is damaged or more than `limit` bytes."""
        shown, member = self._members[_key(name)]
        content = bytearray()
        try:
            with self._zip.open(member) as stream:
                while chunk := stream.read(_STEP):
                    content += chunk
                    self._unpacked += len(chunk)
                    if (
                        len(content) > limit
                        or self._unpacked > MAX_TOTAL
                        or _too_tight(len(content), member.compress_size)
                        or _too_tight(self._unpacked, self._packed)  # one part that is asked for many times
                    ):
                        raise ExchangeError(f"{self.path}: its part '{shown}' unpacks to too much; refused")
        except _DAMAGED:
            raise ExchangeError(
                f"{self.path}: its part '{shown}' is damaged; export the project again"
            ) from None
        except OSError as error:
            raise ExchangeError(f"{self.path}: cannot be read ({explain_os_error(error)})") from None
        return bytes(content)

    def _by_name(self) -> dict[str, tuple[str, zipfile.ZipInfo]]:
        members = [
            one for one in self._zip.infolist()
            if not one.is_dir() and not _of_a_mac(one.filename)
        ]  # fmt: skip
        self._check(members)
        names = [_name_of(one) for one in members]
        prefix = _common_folder(names)
        found: dict[str, tuple[str, zipfile.ZipInfo]] = {}
        for name, one in zip((name[len(prefix) :] for name in names), members, strict=True):
            if _key(name) in found:
                raise ExchangeError(f"{self.path}: two parts of the archive have the same name; refused")
            found[_key(name)] = (name, one)
        return found

    def _check(self, members: list[zipfile.ZipInfo]) -> None:
        if len(members) > MAX_MEMBERS:
            raise ExchangeError(f"{self.path}: {len(members):,} files in one archive; refused")
        if any(one.flag_bits & 1 for one in members):
            raise ExchangeError(
                f"{self.path}: the archive is password protected; export it without a password"
            )
        for one in members:
            if leads_outside(_name_of(one)):
                raise ExchangeError(f"{self.path}: a part of it is named to lie outside the archive; refused")
            if (one.external_attr >> 16) & 0o170000 == 0o120000:
                raise ExchangeError(f"{self.path}: a part of it is a link to another file; refused")
            if _too_tight(one.file_size, one.compress_size):
                raise ExchangeError(
                    f"{self.path}: a part of it would unpack to {one.file_size / 1e6:,.0f} MB; refused"
                )


def leads_outside(name: str) -> bool:
    """Whether the name of a part, with slashes, is that of a file outside of the archive."""
    return name.startswith("/") or ".." in name.split("/") or re.match("[A-Za-z]:", name) is not None


def _of_a_mac(name: str) -> bool:
    """Is it what a Mac adds when a folder is zipped by hand, or copied to a stick and zipped there?"""
    return name.lower().startswith("__macosx/") or name.rpartition("/")[2].startswith("._")


def _key(name: str) -> str:
    """What names are compared by: Macs take accents apart."""
    return unicodedata.normalize("NFC", name).casefold()


def _name_of(member: zipfile.ZipInfo) -> str:
    """The name of a part, with slashes; UTF-8 also where the archive does not say so."""
    name = member.filename
    if not member.flag_bits & _IS_UTF8:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode()
    return name.replace("\\", "/")


def _check_directory_size(path: Path) -> None:
    """Refuse an archive whose directory alone would fill the memory, before it is read."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 66_000))
        tail = file.read()
    wide, plain = tail.rfind(b"PK\x06\x06"), tail.rfind(b"PK\x05\x06")
    if wide >= 0 and len(tail) >= wide + 48:
        directory = int(struct.unpack_from("<Q", tail, wide + 40)[0])
    elif plain >= 0 and len(tail) >= plain + 16:
        directory = int(struct.unpack_from("<I", tail, plain + 12)[0])
    else:
        return  # zipfile says that this is none
    if directory > MAX_DIRECTORY:
        raise ExchangeError(f"{path}: the archive lists more files than any project has; refused")


def _too_tight(size: int, packed: int) -> bool:
    return size > LARGE and size > MAX_RATIO * max(1, packed)


def _common_folder(names: list[str]) -> str:
    """The folder, with its slash, in which everything lies; empty for none."""
    first = {name.partition("/")[0] + "/" if "/" in name else "" for name in names}
    only = first.pop() if len(first) == 1 else ""
    return "" if only.casefold() == "sources/" else only
