"""TTML subtitles: paragraphs with times; speakers as agents, or written as in other subtitles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from autocode.read.cues import Cue, name_speakers
from autocode.read.decode import clean
from autocode.read.json_tree import language_code
from autocode.read.layout import Spoken, lay_out, one_line
from autocode.read.reader import Found, Source, count
from autocode.read.xml_tree import attribute, local, parse_xml

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,3}):(\d{1,2}(?:\.\d{1,9})?)(?::(\d{1,3})(?:\.\d+)?)?")
_OFFSET = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(h|ms|m|s|f|t)?")
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_SPACE = re.compile(r"[ \t\r\n]+")


def read_ttml(source: Source) -> list[Found]:
    """One transcript; paragraphs of one speaker running are one turn. Raises `ReadError`."""
    root = parse_xml(source, source.data, wanted="TTML")
    if local(root.tag) != "tt":
        raise source.error(f"not TTML: its outermost element is <{local(root.tag)[:40]}>, not <tt>")
    shown = list(_shown(root, _Rates.of(root)))
    warnings = []
    n_empty = sum(not "".join(one.lines).strip() for one in shown)
    if n_empty:
        warnings.append(f"{count(n_empty, 'paragraph')} without text dropped")
    names = {
        attribute(agent, "id"): name
        for agent in root.iter()
        if local(agent.tag) == "agent" and (name := _name(agent))
    }
    if any(one.agent for one in shown):
        spoken = [
            Spoken(names.get(one.agent) or one.agent, "\n".join(one.lines), one.start_s, one.end_s)
            for one in shown
        ]
    else:
        cues = [Cue("", one.start_s, one.end_s, one.lines) for one in shown if "".join(one.lines).strip()]
        spoken, doubts = name_speakers(cues, known=source.speakers)
        warnings += doubts
    text, pieces = lay_out(spoken)
    language = language_code(attribute(root, "lang"))
    return [Found(text, pieces, warnings, language=language)]


@dataclass(frozen=True, slots=True)
class _Rates:
    """How many frames and ticks make a second."""

    frames: float = 30.0
    ticks: float = 1.0

    @classmethod
    def of(cls, root: Element) -> _Rates:
        """The rates that a document declares."""
        frames = _number(attribute(root, "frameRate"), 30.0)
        up, _, down = (attribute(root, "frameRateMultiplier") or "1 1").partition(" ")
        frames *= _number(up, 1.0) / _number(down, 1.0)
        ticks = _number(attribute(root, "tickRate"), 0.0)
        declared = attribute(root, "frameRate") is not None
        return cls(frames, ticks or (frames if declared else 1.0))

    def seconds(self, value: str | None) -> float | None:
        """Seconds of a time such as `00:01:02.5`, `00:01:02:12`, `3.2s`, `50f`."""
        value = (value or "").strip()
        if clock := _CLOCK.fullmatch(value):
            hours, minutes, seconds, frames = clock.groups()
            whole = int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds)
            return round(whole + int(frames or 0) / self.frames, 6)
        if offset := _OFFSET.fullmatch(value):
            units = {**_UNITS, "f": 1 / self.frames, "t": 1 / self.ticks}
            return round(float(offset[1]) * units[offset[2] or "s"], 6)
        return None


def _number(text: str | None, otherwise: float) -> float:
    match = re.fullmatch(r"\d{1,9}(?:\.\d{1,6})?", (text or "").strip())
    return float(match[0]) or otherwise if match else otherwise


@dataclass(frozen=True, slots=True)
class _Shown:
    agent: str | None
    start_s: float | None
    end_s: float | None
    lines: tuple[str, ...]


def _shown(root: Element, rates: _Rates) -> Iterator[_Shown]:
    """The paragraphs in order, with times from the beginning of the document."""
    waiting: list[tuple[Element, float, str | None]] = [(root, 0.0, None)]
    while waiting:
        element, offset_s, agent = waiting.pop()
        agent = attribute(element, "agent") or agent if local(element.tag) != "tt" else agent
        if local(element.tag) == "p":
            yield _paragraph(element, offset_s, agent, rates)
            continue
        begin = rates.seconds(attribute(element, "begin"))
        if begin is not None and not _absolute(element, begin, rates):
            offset_s += begin
        waiting.extend((child, offset_s, agent) for child in reversed(element) if local(child.tag) != "head")


def _absolute(element: Element, begin_s: float, rates: _Rates) -> bool:
    """Whether times inside a division count from the document's beginning, as Apple writes them.

    They do where, counted from the division's own beginning, they would reach beyond its end.
    """
    end_s = rates.seconds(attribute(element, "end"))
    inside = [
        (rates.seconds(attribute(one, "begin")), rates.seconds(attribute(one, "end"))) for one in element
    ]
    starts = [start for start, _ in inside if start is not None]
    ends = [end for _, end in inside if end is not None]
    if end_s is None or not starts or not ends:
        return False
    return min(starts) >= begin_s and max(ends) > end_s - begin_s + 1e-6


def _paragraph(element: Element, offset_s: float, agent: str | None, rates: _Rates) -> _Shown:
    start, end = (rates.seconds(attribute(element, name)) for name in ("begin", "end"))
    duration = rates.seconds(attribute(element, "dur"))
    spans = [one for one in element.iter() if local(one.tag) == "span"]
    if start is None:  # some write the times on spans
        start = next(
            (one for span in spans if (one := rates.seconds(attribute(span, "begin"))) is not None), None
        )
        end = next(
            (one for span in reversed(spans) if (one := rates.seconds(attribute(span, "end"))) is not None),
            end,
        )
    if end is None and duration is not None and start is not None:
        end = start + duration
    agent = agent or next((name for span in spans if (name := attribute(span, "agent"))), None)
    return _Shown(
        agent,
        None if start is None else start + offset_s,
        None if end is None else end + offset_s,
        tuple(line.strip() for line in "".join(_texts(element)).split("\n")),
    )


def _texts(element: Element) -> Iterator[str]:
    """The text of a paragraph: white space is a space, <br/> is a line end, metadata is no text."""
    yield _SPACE.sub(" ", clean(element.text or ""))
    for child in element:
        if local(child.tag) == "br":
            yield "\n"
        elif local(child.tag) == "span":
            yield from _texts(child)
        yield _SPACE.sub(" ", clean(child.tail or ""))


def _name(agent: Element) -> str | None:
    names = [one_line(clean("".join(one.itertext()))) for one in agent if local(one.tag) == "name"]
    return " ".join(names[0].split()) or None if names else None
