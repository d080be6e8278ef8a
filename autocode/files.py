"""Files that hold interviews: private to their owner, and whole or not there at all."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from autocode.errors import AutocodeError


class OutputError(AutocodeError):
    """A file or folder that cannot be written."""


def make_private_folder(folder: Path) -> Path:
    """`folder`, made (mode 0700) with its parents if it is not there. Raises `OutputError`."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError:
        raise OutputError(f"{folder}: is a file, and a folder is needed there") from None
    except OSError as error:
        raise OutputError(f"{folder}: cannot be made ({explain_os_error(error)})") from None
    return folder


@contextmanager
def write_private(path: Path) -> Iterator[TextIO]:
    """A text file (UTF-8, LF, mode 0600) that takes its place at `path` only when the block ends well.

    Raises `OutputError`, for a full disk too; then what stood at `path` before stands there still.
    """
    temporary: str | None = None
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with open(handle, "w", encoding="utf-8", newline="\n") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        temporary = None
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({explain_os_error(error)})") from error
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def explain_os_error(error: OSError) -> str:
    """The system's reason in a few lower-case words."""
    if error.errno == errno.ENOSPC:
        return "the disk is full"
    return (error.strerror or type(error).__name__).lower()
