"""EXMARaLDA (.exb): the transcription tiers of all speakers, on one timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autocode.read.decode import clean
from autocode.read.json_tree import seconds
from autocode.read.layout import lay_out
from autocode.read.reader import Found, Source, count
from autocode.read.timeline import Annotation, in_order
from autocode.read.xml_tree import parse_xml

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_END = "|"  # closes an utterance where the transcript follows GAT


def read_exmaralda(source: Source) -> list[Found]:
    """One transcript; events that follow each other without a gap are one utterance. Raises `ReadError`."""
    root = parse_xml(source, source.data, wanted="an EXMARaLDA transcription")
    if root.tag != "basic-transcription":
        raise source.error("not an EXMARaLDA basic transcription (.exb); export it as one")
    points = {one.get("id", ""): n for n, one in enumerate(root.iterfind("basic-body/common-timeline/tli"))}
    times = {one.get("id", ""): seconds(one.get("time")) for one in root.iter("tli")}
    names = {one.get("id", ""): _name(one) for one in root.iterfind("head/speakertable/speaker")}
    tiers = [tier for tier in root.iterfind("basic-body/tier") if tier.get("type") == "t"]
    found: list[Annotation] = []
    n_lost = 0
    for tier in tiers:
        speaker = names.get(tier.get("speaker", "")) or tier.get("display-name") or None
        events = [one for one in tier.iterfind("event") if one.get("start") in points]
        n_lost += len(tier.findall("event")) - len(events)
        for group in _utterances(events, points):
            text = clean("".join(_said(one) for one in group)).strip().removesuffix(_END)
            start, end = group[0].get("start", ""), group[-1].get("end", "")
            who = None if speaker is None else " ".join(clean(speaker).split())
            found.append(Annotation(who, text, points[start], times.get(start), times.get(end)))
    warnings = [f"{count(n_lost, 'event')} at a place that is not on the timeline, dropped"] if n_lost else []
    laid_out, pieces = lay_out(in_order(found))
    return [Found(laid_out, pieces, warnings)]


def _name(speaker: Element) -> str:
    return (speaker.findtext("abbreviation") or "").strip() or speaker.get("id", "")


def _said(event: Element) -> str:
    """The text of an event, without what is noted about it."""
    return (event.text or "") + "".join(inner.tail or "" for inner in event)


def _utterances(events: list[Element], points: dict[str, int]) -> list[list[Element]]:
    """The events of a tier in order, cut where there is a gap or an utterance is closed."""
    groups: list[list[Element]] = []
    for event in sorted(events, key=lambda one: points[one.get("start", "")]):
        before = groups[-1][-1] if groups else None
        closed = before is None or _said(before).rstrip().endswith(_END)
        if before is None or closed or before.get("end") != event.get("start"):
            groups.append([event])
        else:
            groups[-1].append(event)
    return groups
