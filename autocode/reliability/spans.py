"""Free spans: coders who cut the text differently, compared unit by unit and stretch by stretch."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import replace

from autocode.agreement import u_alpha
from autocode.reliability.measures import compared, set_rows
from autocode.reliability.panel import Panel, Spans
from autocode.reliability.record import Options, Record, Row, row, row_of


def span_part(panel: Panel, options: Options) -> Record | None:
    """Spans projected on the units, then u-alpha of each code; None where there are none."""
    if panel.spans is None or not panel.spans.spans:
        return None
    spans = panel.spans
    coders = {one.coder for one in spans.spans}
    if len(coders) < 2:
        reason = f"only one person ({next(iter(coders))}) coded free spans"
        return {
            "rows": [row("u_alpha", None, because=reason)],
            "sentence": f"No agreement on spans: {reason}.",
        }
    shared = _shared(spans)
    if not shared:
        reason = "no transcript has spans of two people"
        return {
            "rows": [row("u_alpha", None, because=reason)],
            "sentence": f"No agreement on spans: {reason}.",
        }
    rows = [_projected(panel, spans, shared, options)]
    for code in panel.codebook.ids:
        if any(one.code == code and one.transcript_id in shared for one in spans.spans):
            found = u_alpha(
                _continuum(spans, shared, code), continuum=(0, sum(spans.lengths[t] for t in shared))
            )
            rows.append(row_of("u_alpha", found, label=f"u-alpha of {code}, by character"))
    sentence = (
        f"Free spans of {len(coders)} people in {len(shared)} transcripts: first projected on the "
        f"units, then by "
        "stretches of characters (u-alpha, one code at a time), where every uncoded stretch counts "
        "too. Whether "
        "suggestions were on the screen is not told apart here."
    )
    return {"rows": rows, "sentence": sentence}


def _shared(spans: Spans) -> list[str]:
    """Transcripts in which two people coded spans: who left one without spans may not have read it."""
    who: dict[str, set[str]] = {}
    for one in spans.spans:
        who.setdefault(one.transcript_id, set()).add(one.coder)
    return sorted(transcript for transcript, coders in who.items() if len(coders) > 1)


def _projected(panel: Panel, spans: Spans, shared: list[str], options: Options) -> Row:
    """A unit has the codes of the spans that reach into it."""
    sets: dict[str, dict[str, set[str]]] = {}
    inside = {
        unit: one for unit, one in panel.units.items() if one.transcript_id in shared and unit in spans.places
    }
    for coder, transcript in {(one.coder, one.transcript_id) for one in spans.spans}:
        for unit, one in inside.items():
            if one.transcript_id == transcript:
                sets.setdefault(coder, {}).setdefault(unit, set())
    for span in spans.spans:
        for unit, one in inside.items():
            start, end = spans.places[unit]
            reaches = span.start_char < end and start < span.end_char
            if reaches and one.transcript_id == span.transcript_id and span.code in panel.codebook:
                sets[span.coder][unit].add(span.code)
    codings = {
        coder: {unit: frozenset(codes) for unit, codes in by_unit.items()}
        for coder, by_unit in sorted(sets.items())
    }
    data = compared(replace(panel, humans=codings), codings)
    data = data.of_units(data.n_seen >= 2)
    (alpha,) = set_rows(data, options, names=("masi_alpha",))
    return {**alpha, "name": "projected_alpha", "label": "alpha of spans projected on the units (MASI)"}


def _continuum(
    spans: Spans, shared: Iterable[str], code: str
) -> dict[Hashable, list[tuple[float, float, Hashable]]]:
    """Each coder's stretches with one code, transcripts in a row; what overlaps is one stretch."""
    starts, at = {}, 0
    for transcript in shared:
        starts[transcript] = at
        at += spans.lengths[transcript]
    found: dict[Hashable, list[tuple[float, float, Hashable]]] = {
        one.coder: [] for one in spans.spans if one.transcript_id in starts
    }
    mine = [one for one in spans.spans if one.code == code and one.transcript_id in starts]
    for one in sorted(mine, key=lambda s: (s.coder, starts[s.transcript_id] + s.start_char)):
        start, end = starts[one.transcript_id] + one.start_char, starts[one.transcript_id] + one.end_char
        own = found[one.coder]
        if own and start < own[-1][1]:
            own[-1] = (own[-1][0], max(own[-1][1], end), code)
        else:
            own.append((start, end, code))
    return found
