"""Statements that stand for a code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from autocode.pipeline import CodedTranscript
from autocode.records import Suggestion, Utterance


@dataclass(frozen=True, slots=True)
class Quote:
    """A statement that stands for a code."""

    utterance: Utterance
    suggestion: Suggestion


def strongest(
    coded: Iterable[CodedTranscript], code_ids: Sequence[str], *, n: int = 3
) -> dict[str, tuple[Quote, ...]]:
    """For each code its `n` best suggested statements; each transcript's best before any's second."""
    found: dict[str, list[Quote]] = {code_id: [] for code_id in code_ids}
    for transcript in coded:
        for utterance in transcript.codable:
            for suggestion in transcript.suggestions.get(utterance.id, ()):
                if suggestion.code_id in found and suggestion.decision != "reject":
                    found[suggestion.code_id].append(Quote(utterance, suggestion))
    return {code_id: _spread(quotes, n) for code_id, quotes in found.items()}


def _spread(quotes: list[Quote], n: int) -> tuple[Quote, ...]:
    """The best `n`, but the second of any transcript only after the first of every other."""
    rank = Counter[str]()
    ranked = []
    for quote in sorted(quotes, key=lambda q: (-q.suggestion.score, q.utterance.id)):
        ranked.append(
            (rank[quote.utterance.transcript_id], -quote.suggestion.score, quote.utterance.id, quote)
        )
        rank[quote.utterance.transcript_id] += 1
    return tuple(quote for *_, quote in sorted(ranked, key=lambda item: item[:3])[:n])
