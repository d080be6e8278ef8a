"""Free spans: coders who cut the text differently, compared unit by unit and stretch by stretch."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import replace

from autocode.agreement import unitizing, unitizing_interval
from autocode.agreement.per_code import FEW_POSITIVES
from autocode.agreement.resample import LEAST_INTERVIEWS, too_few
from autocode.agreement.unitizing import Interview
from autocode.reliability.measures import cautions_of, compared, set_rows
from autocode.reliability.panel import Panel, Span, Spans
from autocode.reliability.record import LABELS, Options, Record, Row, counted, row, row_of


def span_part(panel: Panel, options: Options) -> Record | None:
    """Spans projected on the units, then the u-alpha family by character; None where there are none."""
    if panel.spans is None or not panel.spans.spans:
        return None
    spans = panel.spans
    coders = {one.coder for one in spans.spans}
    shared = _shared(spans)
    reason = ""
    if len(coders) < 2:
        reason = f"only one person ({next(iter(coders))}) coded free spans"
    elif not shared:
        reason = "no transcript has spans of two people"
    if reason:
        return {
            "rows": [row("u_alpha", None, because=reason)],
            "sentence": f"No agreement on spans: {reason}.",
        }
    known = [one for one in spans.spans if one.transcript_id in shared and one.code in panel.codebook]
    used = [code for code in panel.codebook.ids if any(one.code == code for one in known)]
    rows = [_projected(panel, spans, shared, options)]
    rows.append(_measured(_continua(spans, shared, known, as_one=True), "u_alpha_binary", options))
    overlap = _overlaps(known)
    if len(used) > 1 and not overlap:
        together = _continua(spans, shared, known)
        rows += [_measured(together, name, options) for name in ("u_alpha", "cu_alpha")]
    for code in used:
        own = [one for one in known if one.code == code]
        label = f"u-alpha of {panel.codebook[code].name}, by character"
        few = [f"only {counted(len(own), 'span')} with the code"] if len(own) < FEW_POSITIVES else []
        one = _measured(_continua(spans, shared, own), "u_alpha", options, label=label, caveats=few)
        rows.append({**one, "code": code, "n_spans": len(own)})
    return {"rows": rows, "sentence": _sentence(coders, shared, overlap=overlap)}


def _sentence(coders: set[str], shared: list[str], *, overlap: bool) -> str:
    several = (
        " Some coders gave several codes to the same words, so all codes together have no u-alpha."
        if overlap
        else ""
    )
    return (
        f"Free spans of {len(coders)} people in {counted(len(shared), 'transcript')}: first projected on the "
        "units, then by stretches of characters (u-alpha, Krippendorff et al., 2016), where every uncoded "
        f"stretch counts too.{several} Who left a transcript without any span is taken not to have coded "
        "it. Whether suggestions were on the screen is not told apart here."
    )


def _measured(
    interviews: list[Interview],
    name: str,
    options: Options,
    *,
    label: str | None = None,
    caveats: Iterable[str] = (),
) -> Row:
    """A coefficient over the transcripts, with the interval from resampling them."""
    found, n = unitizing(interviews, name), len(interviews)
    if found.value is None:
        return row_of(name, found, label=label, caveats=[*caveats])
    if n < LEAST_INTERVIEWS:
        interval = too_few(n, options.level)
    else:
        interval = unitizing_interval(interviews, name, **options.resampling)
    return row_of(name, found, interval, label=label or LABELS[name], caveats=[*caveats, *cautions_of(n)])


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


def _continua(
    spans: Spans, shared: Iterable[str], some: Iterable[Span], *, as_one: bool = False
) -> list[Interview]:
    """Each transcript with the spans `some` of those who coded it; what overlaps is one stretch.

    With `as_one` all codes count as the same.
    """
    found: dict[str, dict[Hashable, list[tuple[float, float, Hashable]]]] = {name: {} for name in shared}
    for one in spans.spans:
        if one.transcript_id in found:
            found[one.transcript_id].setdefault(one.coder, [])
    for one in sorted(some, key=lambda s: (s.transcript_id, s.coder, s.start_char, s.end_char)):
        own, code = found[one.transcript_id][one.coder], "coded" if as_one else one.code
        if own and one.start_char < own[-1][1] and own[-1][2] == code:
            own[-1] = (own[-1][0], max(own[-1][1], one.end_char), code)
        else:
            own.append((one.start_char, one.end_char, code))
    return [(by_coder, (0, spans.lengths[name])) for name, by_coder in found.items()]


def _overlaps(spans: Iterable[Span]) -> bool:
    """Did anybody give two codes to the same words?"""
    last: dict[tuple[str, str], Span] = {}
    for one in sorted(spans, key=lambda s: (s.start_char, s.end_char)):
        key = one.transcript_id, one.coder
        before = last.get(key)
        if before is not None and one.start_char < before.end_char:
            if one.code != before.code:
                return True
            if one.end_char <= before.end_char:
                continue
        last[key] = one
    return False
