"""A file's bytes, after a look at its size."""

from __future__ import annotations

import gzip
import io
import stat
import zlib
from pathlib import Path

from autocode.config import ReadConfig
from autocode.errors import ReadError
from autocode.limits import too_tight

_MB = 1_000_000
SETTING = "raise [read] max_mb in the settings file, or split the file"


def load(path: Path, config: ReadConfig, *, remedy: str = SETTING) -> bytes:
    """The bytes of `path`. Raises `ReadError`, without reading, where it is too large or no file."""
    try:
        status = path.stat()
    except FileNotFoundError:
        raise ReadError(f"{path}: no such file") from None
    except (OSError, ValueError) as error:
        raise ReadError(f"{path}: cannot be opened ({error})") from None
    if stat.S_ISDIR(status.st_mode):
        raise ReadError(f"{path}: is a folder; name the files in it")
    if not stat.S_ISREG(status.st_mode):
        raise ReadError(f"{path}: is not a file")
    limit = int(config.max_mb * _MB)
    if status.st_size > limit:
        raise _too_large(str(path), status.st_size, config, remedy)
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)  # the file may have grown since
    except OSError as error:
        raise ReadError(f"{path}: cannot be read ({error.strerror})") from None
    if len(data) > limit:
        raise _too_large(str(path), len(data), config, remedy)
    return data


def gunzip(data: bytes, *, name: str, config: ReadConfig, remedy: str = SETTING) -> bytes:
    """The content of a gzip file, under the same limit as a plain one."""
    limit = int(config.max_mb * _MB)
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            content = file.read(limit + 1)
    except (OSError, EOFError, zlib.error):
        raise ReadError(f"{name}: damaged, or not a gzip file") from None
    if len(content) > limit:
        raise ReadError(f"{name}: larger than {config.max_mb:g} MB unpacked; {remedy}")
    if too_tight(len(content), len(data)):
        raise ReadError(
            f"{name}: it would unpack to {len(content) / _MB:,.0f} MB, as no real file does; refused"
        )
    return content


def _too_large(name: str, size: int, config: ReadConfig, remedy: str) -> ReadError:
    return ReadError(
        f"{name}: {size / _MB:,.0f} MB, more than the {config.max_mb:g} MB that are read; {remedy}"
    )
