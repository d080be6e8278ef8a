"""Codebook files: which reader and writer belongs to which suffix."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path

from autocode.codebook.build import Draft, build
from autocode.codebook.examples import with_examples_file
from autocode.codebook.json_format import read_json, write_json
from autocode.codebook.model import Codebook
from autocode.codebook.qdc_format import read_qdc, write_qdc
from autocode.codebook.table_format import read_list, read_table, write_table
from autocode.codebook.yaml_format import read_yaml, write_yaml
from autocode.errors import CodebookError
from autocode.files import explain_os_error, write_private, write_private_bytes
from autocode.textfile import find_file, read_bytes, read_text, shipped_names

_READERS: dict[str, Callable[..., Draft]] = {
    ".yaml": read_yaml,
    ".yml": read_yaml,
    ".json": read_json,
    ".csv": read_table,
    ".tsv": read_table,
    ".txt": read_list,
    ".qdc": read_qdc,
}
_BYTES = {".qdc"}  # XML says its own encoding
_WRITERS: dict[str, Callable[[Codebook], str]] = {
    ".yaml": write_yaml,
    ".yml": write_yaml,
    ".json": write_json,
    ".csv": write_table,
    ".tsv": partial(write_table, delimiter="\t"),
    ".qdc": write_qdc,
}


def shipped_codebooks() -> list[str]:
    """Names of the codebooks that come with autocode."""
    return shipped_names("codebooks")


def read_codebook(path: str | Path, *, allow_empty: bool = False) -> Codebook:
    """The codebook in a file (.yaml, .yml, .json, .csv, .tsv, .txt, .qdc, also .gz), or a shipped one.

    The examples of its `examples_file` are read in.
    Raises `CodebookError` that names the file and the line. A codebook without codes is an error
    unless `allow_empty`. What a JSON file holds beyond a codebook is in `Codebook.warnings`.
    """
    found = find_file(path, kind="codebooks", error=CodebookError)
    name, suffix = _name_and_suffix(found)
    if suffix not in _READERS:
        known = ", ".join(_READERS)
        raise CodebookError(f"{path}: not a codebook file; {known} can be read, each also as .gz")
    read = read_bytes if suffix in _BYTES else read_text
    content = read(found, error=CodebookError)
    codebook = build(_READERS[suffix](content, file=str(path), name=name), allow_empty=allow_empty)
    return with_examples_file(codebook, found.parent)


def write_codebook(codebook: Codebook, path: str | Path) -> None:
    """Write .yaml, .json, .csv, .tsv or .qdc, whole or not at all; it reads back equal.

    A .qdc file carries the codes and their exclusive groups, not what is said of the codebook as a whole.

    The file is for its owner only, since examples may be what participants said. Raises `CodebookError`
    for another suffix and `OutputError` where nothing can be written.
    """
    target = Path(path)
    writer = _WRITERS.get(target.suffix.lower())
    if writer is None:
        raise CodebookError(f"{path}: not a codebook file; {', '.join(_WRITERS)} can be written")
    with write_private(target) as stream:
        stream.write(writer(codebook))


def rewrite_codebook(codebook: Codebook, path: Path, *, previous: Codebook) -> Path | None:
    """Put `codebook` in the place of the file of `previous`; the copy that was kept of that file, if any.

    Comments and layout of a file that somebody wrote by hand are lost, so it is kept beside, as
    `codebook.yaml.bak`, then `codebook.yaml.bak-2` and so on; what was written from here need not be kept.
    Raises `CodebookError`, with nothing changed, where the file holds something else than `previous`.
    """
    writer = _WRITERS[path.suffix.lower()]
    changed = f"{path}: was changed on the disk in this moment; look at it, then try again"
    try:
        content = path.read_bytes()
        if read_codebook(path, allow_empty=True).digest != previous.digest:
            raise CodebookError(changed)
        kept = None
        if content != writer(previous).encode() or not path.with_name(f"{path.name}.bak").exists():
            kept = _kept(path, content)
        with write_private(path) as stream:
            stream.write(writer(codebook))
            if path.read_bytes() != content:
                raise CodebookError(changed)
    except OSError as error:
        raise CodebookError(f"{path}: cannot be read or copied ({explain_os_error(error)})") from error
    return kept


def _kept(path: Path, content: bytes) -> Path | None:
    """Where a copy of `content` was made beside `path`; None: there is one already."""
    for number in count(1):
        place = path.with_name(f"{path.name}.bak" + ("" if number == 1 else f"-{number}"))
        if not place.exists():
            write_private_bytes(place, content)
            return place
        if place.is_file() and place.read_bytes() == content:
            return None
    raise AssertionError("there is always another number")


def _name_and_suffix(path: Path) -> tuple[str, str]:
    """`("book", ".yaml")` for `book.yaml` and for `book.yaml.gz`."""
    bare = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    return bare.stem, bare.suffix.lower()
