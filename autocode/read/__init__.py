"""Read transcripts: any file of `READERS` becomes a `Transcript`, or one clear `ReadError`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from autocode.config import ReadConfig
from autocode.read.finish import finish, make_id, unknown_overrides
from autocode.read.load import gunzip, load
from autocode.read.preview import Preview, SpeakerPreview, preview
from autocode.read.reader import UNKNOWN, Found, Piece, Reader, Source
from autocode.read.registry import READERS, choose_reader, readable, split_suffix
from autocode.records import Role, Transcript

_DEFAULTS = ReadConfig()
_NOBODY: Mapping[str, Role] = MappingProxyType({})


def read_transcripts(
    path: str | Path,
    *,
    config: ReadConfig = _DEFAULTS,
    speakers: Mapping[str, Role] = _NOBODY,
    format: str | None = None,
) -> list[Transcript]:
    """All transcripts of a file, in the file's order. Only tidy files hold more than one.

    `speakers` gives the roles that the user knows, by name (upper and lower case are the same); `format` is
    a name of `READERS` or of a plug-in, where the suffix does not say it. Raises `ReadError`.
    """
    path = Path(path)
    data = load(path, config)
    sha256 = hashlib.sha256(data).hexdigest()
    source = Source(str(path), data, config, speakers)
    if path.suffix.lower() == ".gz":
        source = replace(source, data=gunzip(data, name=str(path), config=config))
    stem, suffix = split_suffix(path)
    reader = choose_reader(source, suffix, format)
    return [
        finish(source, found, reader=reader.name, stem=stem, file_name=path.name, sha256=sha256)
        for found in reader.read(source)
    ]


def read_transcript(
    path: str | Path,
    *,
    config: ReadConfig = _DEFAULTS,
    speakers: Mapping[str, Role] = _NOBODY,
    format: str | None = None,
) -> Transcript:
    """The one transcript of a file; see `read_transcripts`. Raises `ReadError` if the file holds several."""
    transcripts = read_transcripts(path, config=config, speakers=speakers, format=format)
    if len(transcripts) > 1:
        raise Source(str(path), b"").error(
            f"holds {len(transcripts)} transcripts where one was expected; use read_transcripts"
        )
    return transcripts[0]


__all__ = [
    "READERS",
    "UNKNOWN",
    "Found",
    "Piece",
    "Preview",
    "Reader",
    "Source",
    "SpeakerPreview",
    "make_id",
    "preview",
    "read_transcript",
    "read_transcripts",
    "readable",
    "unknown_overrides",
]
