"""Text files that people edit: found by path or by the name of a shipped one, and read whole."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from autocode.config import shipped, suggest
from autocode.errors import AutocodeError

MAX_BYTES = 20_000_000  # unpacked: far more than anybody writes by hand


def shipped_names(kind: str) -> list[str]:
    """Names of the files in `configs/<kind>` that come with autocode, sorted."""
    return sorted(path.stem for path in shipped("configs", kind).glob("*.yaml"))


def find_file(path: str | Path, *, kind: str, error: type[AutocodeError]) -> Path:
    """`path` where it is a file, or the shipped `configs/<kind>/<path>.yaml`; otherwise raises `error`."""
    wanted = Path(path)
    if wanted.is_file():
        return wanted
    names = shipped_names(kind)
    if str(path) in names:
        return shipped("configs", kind, f"{path}.yaml")
    if wanted.is_dir():
        raise error(f"{path}: a folder, not a file")
    if not names:
        raise error(f"{path}: no such file")
    known = ", ".join(f"'{name}'" for name in names)
    near = suggest(wanted.name.split(".")[0], names) or f"; the {kind} that come with autocode are {known}"
    raise error(f"{path}: no such file{near}")


def read_bytes(path: Path, *, error: type[AutocodeError]) -> bytes:
    """The content of a file, unpacked where its name ends in .gz; raises `error` with the place."""
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise error(f"{path}: not a whole gzip file") from None
    except OSError as problem:
        raise error(f"{path}: cannot be read ({problem.strerror})") from None
    if len(data) > MAX_BYTES:
        raise error(f"{path}: larger than {MAX_BYTES // 1_000_000} MB, too large to be written by hand")
    return data


def read_text(path: Path, *, error: type[AutocodeError]) -> str:
    """The UTF-8 text of a file, unpacked where its name ends in .gz; raises `error` with the place."""
    data = read_bytes(path, error=error)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise error(f"{path}, line {line}: not UTF-8 text; save the file as UTF-8") from None
