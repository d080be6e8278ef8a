"""Writes the demo interviews in the layouts that researchers meet, from one plain source each.

`autocode/demo/source/STEM.txt` holds `# key: value` lines and then one turn a line, `I: ...` or `R: ...`
(`I2: ...` for a second interviewer). From these come `autocode/demo/transcripts/*` and `cases.yaml`,
byte for byte the same on every run.

    python scripts/build_demo.py
"""

from __future__ import annotations

import html
import json
import re
import textwrap
import uuid
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import openpyxl

DEMO = Path(__file__).resolve().parents[1] / "autocode" / "demo"
WORDS_A_SECOND = 2.5
PAUSE_S = 0.6  # between two turns
CUE_WORDS = 22  # a cue is cut after the first sentence end or comma beyond half of this


@dataclass(frozen=True, slots=True)
class Line:
    """One turn of a source: who says what, from when to when."""

    speaker: str
    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Source:
    """One interview as it was written."""

    stem: str
    header: dict[str, str]
    lines: list[Line]


def read_source(path: Path) -> Source:
    """The turns of a source file, with names in place of `I` and `R` and with times.

    Raises `ValueError` for a line whose label is not in the header's `names`.
    """
    rows = path.read_text(encoding="utf-8").splitlines()
    header = dict(row[2:].split(": ", 1) for row in rows if row.startswith("# "))
    names = dict(pair.split("=", 1) for pair in header["names"].split("; "))
    lines: list[Line] = []
    now = 1.2
    for row in rows:
        if row.startswith("# "):
            continue
        label, _, text = row.partition(": ")
        if label not in names:
            raise ValueError(f"{path.name}: no name for the label {label!r}")
        end = round(now + max(0.8, len(text.split()) / WORDS_A_SECOND), 2)
        lines.append(Line(names[label], text, now, end))
        now = round(end + PAUSE_S, 2)
    return Source(path.stem, header, lines)


def cut_cues(line: Line) -> list[Line]:
    """The turn as subtitle cues of some 10 to 25 words, the time shared out by words."""
    pieces: list[list[str]] = [[]]
    for word in line.text.split(" "):
        piece = pieces[-1]
        room = len(piece) >= CUE_WORDS or (len(piece) > CUE_WORDS // 2 and re.search(r"[.?!,]$", piece[-1]))
        if room:
            pieces.append([word])
        else:
            piece.append(word)
    total = sum(map(len, pieces))
    cues: list[Line] = []
    said = 0
    for piece in pieces:
        start = line.start_s + (line.end_s - line.start_s) * said / total
        said += len(piece)
        end = line.start_s + (line.end_s - line.start_s) * said / total
        cues.append(Line(line.speaker, " ".join(piece), start, end))
    return cues


def clock(seconds: float, point: str = ".") -> str:
    """`00:01:02.345`."""
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}{point}{rest % 1000:03}"


def as_text(source: Source) -> bytes:
    """`Name: text`, an empty line between turns."""
    return ("\n\n".join(f"{line.speaker}: {line.text}" for line in source.lines) + "\n").encode()


def as_markdown(source: Source) -> bytes:
    """A heading, then `**Name:** text`."""
    turns = (f"**{line.speaker}:** {line.text}" for line in source.lines)
    return "\n\n".join([f"# {source.header['title']}", *turns, ""]).encode()


def as_teams_vtt(source: Source) -> bytes:
    """WebVTT as Teams saves it: `GUID/n-m` ids and voice tags, long cues wrapped."""
    call = uuid.uuid5(uuid.NAMESPACE_URL, f"autocode-demo/{source.stem}")
    blocks = ["WEBVTT"]
    for number, line in enumerate(source.lines, start=5):
        for part, cue in enumerate(cut_cues(line)):
            wrapped = "\n".join(textwrap.wrap(html.escape(cue.text, quote=False), 52, break_on_hyphens=False))
            times = f"{clock(cue.start_s)} --> {clock(cue.end_s)}"
            blocks.append(f"{call}/{number}-{part}\n{times}\n<v {cue.speaker}>{wrapped}</v>")
    return ("\n\n".join(blocks) + "\n").encode()


def as_zoom_vtt(source: Source) -> bytes:
    """WebVTT as Zoom's cloud saves it: numbered cues, `Name: text`."""
    cues = [cue for line in source.lines for cue in cut_cues(line)]
    blocks = ["WEBVTT"]
    for number, cue in enumerate(cues, start=1):
        times = f"{clock(cue.start_s)} --> {clock(cue.end_s)}"
        blocks.append(f"{number}\n{times}\n{cue.speaker}: {html.escape(cue.text, quote=False)}")
    return ("\n\n".join(blocks) + "\n").encode()


def as_srt(source: Source) -> bytes:
    """SubRip with the name where the speaker changes only."""
    blocks: list[str] = []
    for line in source.lines:
        for part, cue in enumerate(cut_cues(line)):
            text = cue.text if part else f"{cue.speaker}: {cue.text}"
            times = f"{clock(cue.start_s, ',')} --> {clock(cue.end_s, ',')}"
            wrapped = "\n".join(textwrap.wrap(text, 48, break_on_hyphens=False))
            blocks.append(f"{len(blocks) + 1}\n{times}\n{wrapped}\n")
    return "\n".join(blocks).encode()


def as_docx(source: Source) -> bytes:
    """A Word file: a heading, then one paragraph a turn that begins with a bold name."""
    document = docx.Document()
    document.core_properties.author = "autocode demo"
    document.core_properties.title = source.header["title"]
    document.add_heading(source.header["title"], level=1)
    for line in source.lines:
        paragraph = document.add_paragraph()
        paragraph.add_run(f"{line.speaker}:").bold = True
        paragraph.add_run(f" {line.text}")
    buffer = BytesIO()
    document.save(buffer)
    return _same_every_time(buffer.getvalue(), _day(source))


def as_xlsx(source: Source) -> bytes:
    """A sheet with the columns Time, Speaker, Text; the time is Excel's own kind."""
    book = openpyxl.Workbook()
    book.properties.creator = "autocode demo"
    sheet = book.worksheets[0]
    sheet.title = "Transcript"
    sheet.append(["Time", "Speaker", "Text"])
    for line in source.lines:
        minutes, seconds = divmod(int(line.start_s), 60)
        sheet.append([time(minutes // 60, minutes % 60, seconds), line.speaker, line.text])
        sheet.cell(sheet.max_row, 1).number_format = "hh:mm:ss"
    for column, width in zip("ABC", (11, 16, 110), strict=True):
        sheet.column_dimensions[column].width = width
    buffer = BytesIO()
    book.save(buffer)
    return _same_every_time(buffer.getvalue(), _day(source))


def as_whisperx(source: Source) -> bytes:
    """WhisperX JSON: one segment a sentence; a word with a digit has no times, as after its alignment."""
    segments: list[dict[str, Any]] = []
    for line in source.lines:
        step = (line.end_s - line.start_s) / len(line.text.split())
        at = line.start_s
        for sentence in re.split(r"(?<=[.?!])\s+", line.text):
            words = [
                _word(word, at + n * step, step, line.speaker) for n, word in enumerate(sentence.split())
            ]
            end = at + len(words) * step
            text = f" {sentence}" if not segments else sentence
            times = {"start": round(at, 3), "end": round(end, 3)}
            segments.append({**times, "text": text, "words": words, "speaker": line.speaker})
            at = end
    words = [word for segment in segments for word in segment["words"]]
    data = {"segments": segments, "word_segments": words, "language": "en"}
    return (json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def cases_yaml(sources: list[Source]) -> bytes:
    """Firm, wave and respondent of each transcript, by the file's stem."""
    rows = ["# Which firm, wave and respondent each demo transcript belongs to. All invented."]
    for source in sources:
        head = source.header
        rows += [f"{source.stem}:", f"  firm: {head['firm']}", f"  wave: {head['wave']}"]
        rows += [f"  role: {head['role']}", f"  respondent: {head['respondent']}"]
    return ("\n".join(rows) + "\n").encode()


FILES: dict[str, Callable[[Source], bytes]] = {
    "fjordlift_ceo_2023.txt": as_text,
    "fjordlift_growth_2023.vtt": as_teams_vtt,
    "fjordlift_service_2025.vtt": as_zoom_vtt,
    "fjordlift_rd_2025.md": as_markdown,
    "havnkraft_export_2023.docx": as_docx,
    "havnkraft_partner_uk_2023.srt": as_srt,
    "havnkraft_people_2025.xlsx": as_xlsx,
    "havnkraft_project_2025.json": as_whisperx,
}


def build(demo: Path) -> list[Path]:
    """Write every transcript and `cases.yaml` below `demo`; the paths written."""
    sources = {name: read_source(demo / "source" / f"{Path(name).stem}.txt") for name in FILES}
    contents = {demo / "transcripts" / name: FILES[name](source) for name, source in sources.items()}
    contents[demo / "cases.yaml"] = cases_yaml(list(sources.values()))
    for path, content in contents.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return list(contents)


def _word(word: str, start: float, step: float, speaker: str) -> dict[str, Any]:
    if re.search(r"\d", word):
        return {"word": word, "speaker": speaker}
    end = start + step * 0.9
    score = round(0.55 + len(word) % 7 / 20, 3)
    return {"word": word, "start": round(start, 3), "end": round(end, 3), "score": score, "speaker": speaker}


def _day(source: Source) -> datetime:
    return datetime.fromisoformat(source.header["date"])


def _same_every_time(archive: bytes, day: datetime) -> bytes:
    """The same zip with `day` in place of the moment of saving, which both libraries write into it."""
    stamp = f"{day:%Y-%m-%dT00:00:00Z}".encode()
    buffer = BytesIO()
    with zipfile.ZipFile(BytesIO(archive)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT[\d:]+Z", stamp, content)
            member = zipfile.ZipInfo(name, (day.year, day.month, day.day, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(member, content)
    return buffer.getvalue()


if __name__ == "__main__":
    for written in build(DEMO):
        print(written.relative_to(DEMO.parents[1]))
