"""Which reader reads a file: by its suffix, then by what is in it, then by what is installed."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from autocode.config import suggest
from autocode.errors import ReadError
from autocode.read.docx import read_docx
from autocode.read.reader import Reader, Source
from autocode.read.srt import is_srt, read_srt
from autocode.read.table import read_csv, read_xlsx
from autocode.read.text import read_markdown, read_text
from autocode.read.tidy import read_jsonl, read_parquet
from autocode.read.vtt import is_vtt, read_vtt
from autocode.read.whisper import read_whisper

PLUGIN_GROUP = "autocode.readers"

# written by programs that can also save what is read here
_DOCUMENTS = frozenset({".pdf", ".rtf", ".doc", ".odt", ".pages", ".wps", ".htm", ".html"})

READERS: dict[str, Reader] = {
    reader.name: reader
    for reader in (
        Reader("text", (".txt", ".text"), read_text),
        Reader("markdown", (".md", ".markdown"), read_markdown),
        Reader("docx", (".docx",), read_docx),
        Reader("vtt", (".vtt", ".webvtt"), read_vtt, is_vtt),
        Reader("srt", (".srt",), read_srt, is_srt),
        Reader("csv", (".csv", ".tsv", ".tab"), read_csv),
        Reader("xlsx", (".xlsx",), read_xlsx),
        Reader("whisper", (".json",), read_whisper),
        Reader("tidy", (".jsonl", ".ndjson"), read_jsonl),
        Reader("parquet", (".parquet",), read_parquet),
    )
}


def split_suffix(path: Path) -> tuple[str, str]:
    """The stem and the suffix that says the format, `.gz` left out.

    >>> split_suffix(Path("GMT2024_Recording.transcript.vtt")), split_suffix(Path("utterances.jsonl.gz"))
    (('GMT2024_Recording.transcript', '.vtt'), ('utterances', '.jsonl'))
    """
    inner = Path(path.stem) if path.suffix.lower() == ".gz" else Path(path.name)
    return inner.stem, inner.suffix.lower()


def readable(path: Path) -> bool:
    """Does a built-in reader know files with this suffix?"""
    _, suffix = split_suffix(path)
    return any(suffix in reader.suffixes for reader in READERS.values())


def choose_reader(source: Source, suffix: str, name: str | None) -> Reader:
    """The reader called `name`, or the one for the suffix and the content.

    Plug-ins are looked at only for what the built-in readers do not know. Raises `ReadError`.
    """
    if name is not None:
        return _named(source, name)
    found = next((reader for reader in READERS.values() if suffix in reader.suffixes), None)
    if found is None:
        found = next((reader for reader in _plugins(source) if suffix in reader.suffixes), None)
    if found is None:
        known = ", ".join(suffix for reader in READERS.values() for suffix in reader.suffixes)
        what = f"'{suffix}' files cannot be read" if suffix else "the file's name has no suffix"
        advice = "save it as .docx or .txt" if suffix in _DOCUMENTS else "name it .txt if it is plain text"
        raise source.error(f"{what}; {advice}; known are {known}")
    if found.name == "text":
        beginning = source.decode()[0][:1000]
        return next((one for one in READERS.values() if one.recognises and one.recognises(beginning)), found)
    return found


def _named(source: Source, name: str) -> Reader:
    plugins = {} if name in READERS else {reader.name: reader for reader in _plugins(source)}
    found = READERS.get(name) or plugins.get(name)
    if found is None:
        names = [*READERS, *plugins]
        raise source.error(f"there is no format '{name}'{suggest(name, names)}; known are {', '.join(names)}")
    return found


def _plugins(source: Source) -> list[Reader]:
    """Third-party readers, by name. Raises `ReadError` that names the first broken one."""
    points = sorted(entry_points(group=PLUGIN_GROUP), key=lambda point: point.name)
    return [_load(source, point) for point in points]


def _load(source: Source, point: EntryPoint) -> Reader:
    try:
        reader = point.load()
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"
        raise source.error(
            f"the reader plug-in '{point.name}' ({point.value}) is broken: {problem}"
        ) from error
    if not isinstance(reader, Reader):
        raise ReadError(
            f"{source.name}: the reader plug-in '{point.name}' ({point.value}) is not an autocode Reader"
        )
    return reader
