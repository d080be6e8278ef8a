"""Which reader reads a file: by its suffix, then by what is in it, then by what is installed."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from autocode.config import suggest
from autocode.errors import ReadError
from autocode.read.assemblyai import is_assemblyai, read_assemblyai
from autocode.read.autoedit import is_autoedit, read_autoedit
from autocode.read.aws import is_aws, read_aws
from autocode.read.chat import read_chat
from autocode.read.deepgram import is_deepgram, read_deepgram
from autocode.read.docx import read_docx
from autocode.read.dpe import is_dpe, read_dpe
from autocode.read.elan import read_elan
from autocode.read.elevenlabs import is_elevenlabs, read_elevenlabs
from autocode.read.exmaralda import read_exmaralda
from autocode.read.google import is_google, read_google
from autocode.read.html_page import read_html
from autocode.read.ibm import is_ibm, read_ibm
from autocode.read.json_tree import parse_json
from autocode.read.kaldi import is_kaldi, read_kaldi
from autocode.read.odt import read_odt
from autocode.read.otranscribe import read_otranscribe
from autocode.read.pdf import read_pdf
from autocode.read.podcast import is_podcast, read_podcast
from autocode.read.reader import Reader, Source
from autocode.read.rev import is_rev, read_rev
from autocode.read.rtf import read_rtf
from autocode.read.speechmatics import is_speechmatics, read_speechmatics
from autocode.read.srt import is_srt, read_srt
from autocode.read.table import read_csv, read_xlsx
from autocode.read.text import read_markdown, read_text
from autocode.read.textgrid import read_textgrid
from autocode.read.tidy import read_jsonl, read_parquet
from autocode.read.trint import is_trint, read_trint
from autocode.read.ttml import read_ttml
from autocode.read.vtt import is_vtt, read_vtt
from autocode.read.whisper import read_whisper

PLUGIN_GROUP = "autocode.readers"

# written by programs that can also save what is read here
_DOCUMENTS = frozenset({".doc", ".pages", ".wps", ".epub"})

_JSON = tuple(  # told apart by what is in the file
    Reader(name, (".json",), read, fits=fits)
    for name, read, fits in (
        ("podcast", read_podcast, is_podcast),
        ("aws-transcribe", read_aws, is_aws),
        ("deepgram", read_deepgram, is_deepgram),
        ("speechmatics", read_speechmatics, is_speechmatics),
        ("ibm", read_ibm, is_ibm),
        ("google", read_google, is_google),
        ("trint", read_trint, is_trint),
        ("autoedit", read_autoedit, is_autoedit),
        ("dpe", read_dpe, is_dpe),
        ("assemblyai", read_assemblyai, is_assemblyai),
        ("kaldi", read_kaldi, is_kaldi),
        ("elevenlabs", read_elevenlabs, is_elevenlabs),
        ("rev", read_rev, is_rev),
    )
)

READERS: dict[str, Reader] = {
    reader.name: reader
    for reader in (
        Reader("text", (".txt", ".text"), read_text),
        Reader("markdown", (".md", ".markdown"), read_markdown),
        Reader("docx", (".docx",), read_docx),
        Reader("rtf", (".rtf",), read_rtf),
        Reader("odt", (".odt", ".ott"), read_odt),
        Reader("html", (".html", ".htm", ".xhtml"), read_html),
        Reader("vtt", (".vtt", ".webvtt"), read_vtt, is_vtt),
        Reader("srt", (".srt",), read_srt, is_srt),
        Reader("pdf", (".pdf",), read_pdf),
        Reader("ttml", (".ttml", ".dfxp"), read_ttml),
        Reader("csv", (".csv", ".tsv", ".tab"), read_csv),
        Reader("xlsx", (".xlsx",), read_xlsx),
        Reader("elan", (".eaf",), read_elan),
        Reader("textgrid", (".textgrid",), read_textgrid),
        Reader("chat", (".cha",), read_chat),
        Reader("exmaralda", (".exb",), read_exmaralda),
        Reader("otranscribe", (".otr",), read_otranscribe),
        *_JSON,
        Reader("whisper", (".json",), read_whisper),  # after the others: any JSON of no other shape
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
    fitting = [reader for reader in READERS.values() if suffix in reader.suffixes]
    if len(fitting) > 1:
        document, _ = parse_json(source)
        fitting = [reader for reader in fitting if reader.fits is None or reader.fits(document)]
    found = next(iter(fitting), None)
    if found is None:
        found = next((reader for reader in _plugins(source) if suffix in reader.suffixes), None)
    if found is None:
        known = ", ".join(dict.fromkeys(one for reader in READERS.values() for one in reader.suffixes))
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
