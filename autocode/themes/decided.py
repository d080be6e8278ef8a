"""Decisions on themes, found again when themes are computed again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from autocode.codebook import Codebook, Succession
from autocode.themes.theme import Theme, Verdict, in_order

if TYPE_CHECKING:
    from autocode.store import ThemeDecision

SAME = 0.5  # Jaccard index of statements from which a theme is the one that was decided on


def matched(
    decisions: Iterable[ThemeDecision],
    members: Mapping[int, Collection[str]],
    transcript_of: Mapping[str, str],
) -> dict[int, ThemeDecision]:
    """The decision on each theme, by the theme's id.

    `members` are the ids of each theme's utterances, `transcript_of` says where each utterance of the
    project stands. A theme is the one that was decided on where, of the statements that are in either and
    were there both times, at least half are in both. The most alike go together first, each decision and
    each theme once; of equals the latest decision counts.
    """
    alike = []
    for decision in decisions:
        then = {unit for unit in decision.statements if unit in transcript_of}
        for theme, units in members.items():
            now = {unit for unit in units if transcript_of.get(unit) in decision.transcripts}
            share = len(then & now) / max(1, len(then | now))
            if share >= SAME:
                alike.append((-share, -decision.key, theme, decision))
    found: dict[int, ThemeDecision] = {}
    taken: set[int] = set()
    for _, _, theme, decision in sorted(alike, key=lambda one: one[:3]):
        if theme not in found and decision.key not in taken:
            found[theme] = decision
            taken.add(decision.key)
    return found


def verdict_of(decision: ThemeDecision, codebook: Codebook, succession: Succession) -> Verdict | None:
    """A decision as it reads by the present codebook; None where its code has gone."""
    if decision.verdict in ("open", "uninteresting"):
        return Verdict("uninteresting") if decision.verdict == "uninteresting" else None
    code = decision.code or ""
    code = code if code in codebook else succession.resolve(code)
    if code not in codebook:
        return None
    return Verdict("code" if decision.verdict == "code" else "belongs", code, codebook.short_path(code))


def with_verdicts(themes: Sequence[Theme], verdicts: Mapping[int, Verdict | None]) -> tuple[Theme, ...]:
    """The themes, marked with what was decided on each, in the order in which to read them."""
    return tuple(in_order([replace(theme, verdict=verdicts.get(theme.id)) for theme in themes]))
