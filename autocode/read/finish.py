"""From what a reader found to a transcript: roles, ids, and the promises that every reader keeps."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from autocode.read.cues import SECOND_UNKNOWN
from autocode.read.decode import SHOWN
from autocode.read.reader import UNKNOWN, Found, Piece, Source, count
from autocode.read.roles import (
    declared_roles,
    guess_roles,
    habits,
    heed_habits,
    label_roles,
    misspelt_roles,
    one_speaker_warning,
    rare_notes,
    short_form,
)
from autocode.records import Role, Transcript, Turn

_LATEST_S = 100 * 24 * 3600.0


def finish(
    source: Source, found: Found, *, reader: str, stem: str, file_name: str, sha256: str
) -> Transcript:
    """The transcript, its turns in order, none empty, each with a role.

    Raises `ReadError` if nobody says anything, or if a reader's positions are wrong.
    """
    pieces, warnings = _filled(source, found, reader)
    warnings += _odd_times(pieces)
    roles, more = _roles(found, pieces, source.speakers, reader=reader)
    turns = tuple(
        Turn(
            index,
            piece.speaker,
            role,
            found.text[piece.start_char : piece.end_char],
            piece.start_char,
            piece.end_char,
            *_span(piece.start_s, piece.end_s),
            piece.unit_id,
            _meta(piece),
        )
        for index, (piece, role) in enumerate(zip(pieces, roles, strict=True))
    )
    return Transcript(
        id=found.id if found.id is not None else make_id(stem, sha256),
        text=found.text,
        turns=turns,
        format=reader,
        source=file_name,
        sha256=sha256,
        language=found.language,
        has_units=found.has_units,
        warnings=(*found.warnings, *warnings, *more),
        meta=found.meta,
    )


def _parts(piece: Piece) -> Sequence[tuple[int, int, float | None, float | None]]:
    """Its parts as `lay_out` tells them, or the whole: start_char, end_char, start_s, end_s."""
    parts = piece.meta.get("cues")
    if isinstance(parts, tuple):  # and no list, as a file may have under that name
        return parts
    return [(piece.start_char, piece.end_char, piece.start_s, piece.end_s)]


def _meta(piece: Piece) -> Mapping[str, Any]:
    """What else is known of it, without impossible times."""
    if not isinstance(piece.meta.get("cues"), tuple):
        return piece.meta
    parts = tuple((start, end, *_span(from_s, to_s)) for start, end, from_s, to_s in _parts(piece))
    return {**piece.meta, "cues": parts}


def _odd_times(pieces: Sequence[Piece]) -> list[str]:
    """What has to be said of the times: those that cannot be, and those that go back."""
    given = [(start_s, end_s) for piece in pieces for _, _, start_s, end_s in _parts(piece)]
    possible = [(_time(start_s), _time(end_s)) for start_s, end_s in given]
    starts = [start_s for start_s, _ in possible if start_s is not None]
    n_odd = sum(one is not None and _time(one) is None for both in given for one in both)
    n_reverse = sum(_span(*both) != both for both in possible)
    n_back = sum(later < earlier for earlier, later in pairwise(starts))
    warnings = []
    if n_odd:
        warnings.append(
            f"{count(n_odd, 'time')} that no recording has dropped: below zero, or beyond 100 days"
        )
    if n_reverse:
        warnings.append(f"ends that lie before their beginning, left out: {n_reverse:,}")
    if n_back:
        warnings.append(
            f"beginnings out of time order: {n_back:,} of {len(starts):,}; the file's order was kept"
        )
    return warnings


def _span(start_s: float | None, end_s: float | None) -> tuple[float | None, float | None]:
    """Beginning and end as far as they can be; no end before the beginning."""
    start, end = _time(start_s), _time(end_s)
    return start, None if start is not None and end is not None and end < start else end


def _time(seconds: float | None) -> float | None:
    return seconds if seconds is not None and 0 <= seconds <= _LATEST_S else None


def make_id(stem: str, sha256: str) -> str:
    """An id from a file's stem: letters, digits and `-_.` stay, anything else becomes a hyphen.

    >>> make_id("Interview 3 (Åsa)", "")
    'Interview-3-Åsa'
    """
    kept = "".join(c if c.isalnum() or c in "-_." else " " for c in unicodedata.normalize("NFC", stem))
    return "-".join(kept.split()).strip("-.") or f"transcript-{sha256[:8]}"


def unknown_overrides(transcripts: Iterable[Transcript], speakers: Mapping[str, Role]) -> list[str]:
    """The names in `speakers` that nobody has in any of the transcripts, in their order."""
    present = {_key(turn.speaker) for transcript in transcripts for turn in transcript.turns}
    return [name for name in speakers if _key(name) not in present]


def _key(name: str) -> str:
    return " ".join(name.split()).casefold()


def _filled(source: Source, found: Found, reader: str) -> tuple[list[Piece], list[str]]:
    """The pieces that have text, after a check of their positions."""
    at, filled = 0, []
    for piece in found.pieces:
        if not at <= piece.start_char <= piece.end_char <= len(found.text):
            raise source.error(f"the reader '{reader}' gave positions that overlap or lie outside the text")
        at = piece.end_char
        if SHOWN.search(found.text, piece.start_char, piece.end_char):
            filled.append(piece)
    if not filled:
        raise source.error("nobody says anything in the file; expected speakers' turns with text")
    n_empty = len(found.pieces) - len(filled)
    return filled, [f"{count(n_empty, 'turn')} without text dropped"] if n_empty else []


def _roles(
    found: Found, pieces: Sequence[Piece], speakers: Mapping[str, Role], *, reader: str
) -> tuple[list[Role], list[str]]:
    """The role of each piece: the user's word, the file's, the label's, or a guess, in this order."""
    said_by_user = {_key(name): role for name, role in speakers.items()}
    named = {
        name: said_by_user[_key(name)] for name in {p.speaker for p in pieces} if _key(name) in said_by_user
    }
    words = [piece.role for piece in pieces if piece.role is not None]
    if words:
        by_word, warnings = declared_roles(words)
        return [named.get(p.speaker) or by_word.get(p.role or "", "respondent") for p in pieces], warnings
    counted = habits((p.speaker, found.text[p.start_char : p.end_char]) for p in pieces)
    nameless = {UNKNOWN, SECOND_UNKNOWN}
    labelled = label_roles([name for name in counted if name not in nameless])
    fixed, noted = rare_notes(counted, labelled, named)
    misspelt, doubts = misspelt_roles(counted, fixed, {*named, *nameless})
    fixed |= misspelt
    if set(counted) - nameless:
        fixed |= {name: "other" for name in counted if name in nameless}
    if len(counted) == 1:  # one letter says too little: with nobody else there, "I" may be anybody
        fixed = {name: role for name, role in fixed.items() if len(short_form(name)) != 1}
    fixed, contradicted = heed_habits(counted, fixed, named)
    roles, guessed = guess_roles(counted, fixed)
    warnings = [*noted, *doubts, *(contradicted or guessed)]
    if len(counted) == 1 and not named:
        name = next(iter(counted))
        who = None if name in nameless else name
        warnings = [one_speaker_warning(who, role=roles[name], format=reader)]
    return [roles[piece.speaker] for piece in pieces], warnings
