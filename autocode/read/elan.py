"""ELAN (.eaf): the tiers that depend on no other, one for each participant."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from autocode.read.decode import clean
from autocode.read.json_tree import seconds
from autocode.read.layout import lay_out
from autocode.read.reader import Found, Source, count
from autocode.read.timeline import Annotation, in_order, listed
from autocode.read.xml_tree import parse_xml

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_MS = 0.001


def read_elan(source: Source) -> list[Found]:
    """One transcript; annotations are put in order of time. Raises `ReadError`.

    Where tiers name participants, a tier without one holds notes rather than speech and is not read.
    """
    root = parse_xml(source, source.data, wanted="an ELAN file")
    if root.tag != "ANNOTATION_DOCUMENT":
        raise source.error("not an ELAN file: its outermost element is not <ANNOTATION_DOCUMENT>")
    top, astray = _top(list(root.iter("TIER")))
    filled = [tier for tier in top if tier.find(".//ALIGNABLE_ANNOTATION") is not None]
    _fill(root, filled)
    named = [tier for tier in filled if _participant(tier)]
    read = named or filled
    warnings = []
    if left := [_id(tier) for tier in filled if named and not _participant(tier)]:
        warnings.append(
            f"tiers without a participant, not read: {listed(left)}; give them one in ELAN if they are speech"
        )
    n_tiers = Counter(map(_speaker, read))
    if double := sorted(speaker for speaker, n in n_tiers.items() if n > 1):
        warnings.append(
            f"several tiers were read for one participant: {listed(double)}; check for doubled text"
        )
    if others := _others(list(root.iter("TIER")), top, set(map(_speaker, read))):
        warnings.append(
            f"tiers of other participants that depend on a tier, not read: {listed(others)}; "
            "make them independent in ELAN if they are speech"
        )
    slots = _slots(root)
    kept, timed = set(read), set(filled)
    for what, some in (
        ("read all the same", [tier for tier in astray if tier in kept]),
        ("not read, as they have no times", [tier for tier in astray if tier not in timed]),
    ):
        if some:
            warnings.append(
                f"tiers whose parent tier is not in the file, {what}: {listed([*map(_id, some)])}"
            )
    if lost := sum(not {*_refs(one)} <= slots.keys() for tier in read for one in _aligned(tier)):
        warnings.append(
            f"{count(lost, 'annotation')} with a time that is not in the file, put behind the one before"
        )
    text, pieces = lay_out(in_order([one for tier in read for one in _annotations(tier, slots)]))
    return [Found(text, pieces, warnings)]


def _top(tiers: list[Element]) -> tuple[list[Element], list[Element]]:
    """The tiers that depend on no other; of these, those that name one that is missing or below them."""
    below: dict[str | None, list[Element]] = defaultdict(list)
    for tier in tiers:
        below[tier.get("PARENT_REF") or None].append(tier)
    ids = {tier.get("TIER_ID", "") for tier in tiers}
    waiting = [tier for parent, group in below.items() if parent not in ids for tier in group]
    top = set(waiting)
    reached: set[Element] = set()
    while waiting:
        tier = waiting.pop()
        if tier not in reached:
            reached.add(tier)
            waiting += below[tier.get("TIER_ID", "")]
    found = [tier for tier in tiers if tier in top or tier not in reached]
    return found, [tier for tier in found if tier.get("PARENT_REF")]


def _others(tiers: list[Element], top: list[Element], speakers: set[str]) -> list[str]:
    """The ids of tiers with times and texts that depend on others, of participants who are not `speakers`."""
    return [
        _id(tier)
        for tier in tiers
        if tier not in top
        and _participant(tier)
        and _participant(tier) not in speakers
        and any((one.findtext("ANNOTATION_VALUE") or "").strip() for one in _aligned(tier))
    ]


def _aligned(tier: Element) -> Iterator[Element]:
    return tier.iter("ALIGNABLE_ANNOTATION")


def _refs(annotation: Element) -> tuple[str, str]:
    return annotation.get("TIME_SLOT_REF1", ""), annotation.get("TIME_SLOT_REF2", "")


def _id(tier: Element) -> str:
    return clean(tier.get("TIER_ID", ""))


def _participant(tier: Element) -> str:
    return " ".join(clean(tier.get("PARTICIPANT", "")).split())


def _speaker(tier: Element) -> str:
    return _participant(tier) or " ".join(_id(tier).split())


def _slots(root: Element) -> dict[str, tuple[float, float | None]]:
    """Every time slot's place in the order, and its seconds where it has a time."""
    header = root.find("HEADER")
    in_ms = header is None or header.get("TIME_UNITS", "milliseconds") == "milliseconds"
    found: dict[str, tuple[float, float | None]] = {}
    last = 0.0
    for slot in root.iterfind("TIME_ORDER/TIME_SLOT"):
        time = seconds(slot.get("TIME_VALUE"), unit_s=_MS)
        last = last if time is None else time  # a slot without a time lies behind the one before
        found[slot.get("TIME_SLOT_ID", "")] = (last, time if in_ms else None)
    return found


def _fill(root: Element, tiers: list[Element]) -> None:
    """Where a tier has only empty annotations, they get the texts of the first tier that refers to them."""
    below: dict[str | None, Element] = {}
    for tier in root.iter("TIER"):
        below.setdefault(tier.get("PARENT_REF"), tier)
    for tier in tiers:
        own = {one.get("ANNOTATION_ID", ""): one.find("ANNOTATION_VALUE") for one in _aligned(tier)}
        if any(value is not None and (value.text or "").strip() for value in own.values()):
            continue
        lower = below.get(tier.get("TIER_ID"))
        said: dict[str, list[str]] = defaultdict(list)
        for one in lower.iter("REF_ANNOTATION") if lower is not None else ():
            said[one.get("ANNOTATION_REF", "")].append((one.findtext("ANNOTATION_VALUE") or "").strip())
        for id, value in own.items():
            if value is not None:
                value.text = " ".join(filter(None, said[id]))


def _annotations(tier: Element, slots: dict[str, tuple[float, float | None]]) -> list[Annotation]:
    found: list[Annotation] = []
    for one in _aligned(tier):
        first, last = _refs(one)
        order, start_s = slots.get(first, (found[-1].order if found else 0.0, None))
        _, end_s = slots.get(last, (0.0, None))
        text = clean(one.findtext("ANNOTATION_VALUE") or "")
        found.append(Annotation(_speaker(tier) or None, text, order, start_s, end_s))
    return found
