"""Files that hold interviews: private to their owner, and whole or not there at all."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from pathlib import Path
from secrets import token_hex
from typing import TextIO

from autocode.errors import AutocodeError

# A new file, written byte by byte on Windows, too
_NEW = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)


class OutputError(AutocodeError):
    """A file or folder that cannot be written."""


@contextmanager
def private_folder(folder: Path) -> Iterator[Path]:
    """`folder`, made (mode 0700) with its parents if it is not there; what was made goes if the block fails.

    Raises `OutputError` where it cannot be made.
    """
    made: list[Path] = []
    try:
        try:
            for place in reversed((folder, *folder.parents)):
                if not place.is_dir():
                    made.append(place)  # before it is: Ctrl-C may come in between
                    place.mkdir(mode=0o700)
        except (FileExistsError, NotADirectoryError):
            made.pop()
            raise OutputError(f"{folder}: is a file, or lies in one, and a folder is needed there") from None
        except OSError as error:
            raise OutputError(f"{folder}: cannot be made ({explain_os_error(error)})") from None
        yield folder
    except BaseException:  # Ctrl-C while it is made, too
        _remove_empty(made)
        raise


@contextmanager
def write_private(path: Path) -> Iterator[TextIO]:
    """One text file like those of `write_together`."""
    with write_together(path.parent, [path.name]) as (file,):
        yield file


@contextmanager
def write_together(folder: Path, names: Sequence[str]) -> Iterator[tuple[TextIO, ...]]:
    """Text files (UTF-8, LF, mode 0600) that take their places in `folder` only when the block ends well.

    All of them do, or none: they are moved there after the last one is safely on the disk. Half of a
    surrogate pair, which is no text, becomes a question mark. Raises `OutputError`, for a full disk too.
    """
    with ExitStack() as cleaning:
        files = []
        try:
            for name in names:
                temporary = folder / f".{name}.{token_hex(6)}"
                cleaning.callback(temporary.unlink, missing_ok=True)
                handle = os.open(temporary, _NEW, 0o600)
                file = open(handle, "w", encoding="utf-8", newline="\n", errors="replace")  # noqa: SIM115
                cleaning.callback(_close, file)
                files.append((file, temporary, folder / name))
            check_free([path for *_, path in files])
            yield tuple(file for file, *_ in files)
            for file, *_ in files:
                file.flush()
                os.fsync(file.fileno())
                file.close()
            for _, temporary, path in files:
                os.replace(temporary, path)
        except OSError as error:
            place = folder if len(names) > 1 else folder / names[0]
            raise OutputError(f"{place}: cannot be written ({explain_os_error(error)})") from error


def check_writable(folder: Path, names: Sequence[str]) -> None:
    """Raise `OutputError`, before any work is done, where `write_together` could not write."""
    check_free([folder / name for name in names])
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({explain_os_error(error)})") from error


def keep_copy(source: Path, folder: Path) -> tuple[Path, bool]:
    """Where in `folder` there is a file with the content of `source`, and whether it was made for that.

    A copy has mode 0600 and the name of `source`, with `-2` and so on where other content has it.
    Raises `OutputError`.
    """
    try:
        if source.resolve().parent == folder.resolve():
            return source, False
        content = source.read_bytes()
        ending = "".join(source.suffixes[-2:]) if source.suffix.lower() == ".gz" else source.suffix
        for number in count(1):
            more = "" if number == 1 else f"-{number}"
            place = folder / f"{source.name.removesuffix(ending)}{more}{ending}"
            if not place.exists():
                write_private_bytes(place, content)
                return place, True
            if place.is_file() and place.read_bytes() == content:
                return place, False
    except OSError as error:
        raise OutputError(f"{source}: cannot be copied to {folder} ({explain_os_error(error)})") from error
    raise AssertionError("there is always another number")


def write_private_bytes(path: Path, content: bytes) -> None:
    """A file with this content, mode 0600, whole or not there."""
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with open(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def check_free(paths: Sequence[Path]) -> None:
    """Raise `OutputError` before any work is done if a file's place is taken by a folder."""
    for path in paths:
        if path.is_dir():
            raise OutputError(f"{path}: is a folder, and a file is to be written there")


def _close(file: TextIO) -> None:
    with suppress(OSError):  # closing writes what is left, and the disk may be full
        file.close()


def _remove_empty(folders: Sequence[Path]) -> None:
    for folder in reversed(folders):
        with suppress(OSError):  # somebody else has put something there
            folder.rmdir()


def explain_os_error(error: OSError) -> str:
    """The system's reason in a few lower-case words."""
    if error.errno == errno.ENOSPC:
        return "the disk is full"
    return (error.strerror or type(error).__name__).lower()
