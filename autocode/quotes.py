"""Statements that stand for a code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from autocode.pipeline import CodedTranscript
from autocode.records import Suggestion, Utterance


@dataclass(frozen=True, slots=True)
class Quote:
    """A statement that stands for a code."""

    utterance: Utterance
    suggestion: Suggestion


class Tally:
    """What was suggested, counted, with the best statements for each code; takes one transcript at a time.

    Keeps `n` statements a code and transcript, however large the corpus.
    """

    def __init__(self, code_ids: Sequence[str], *, n: int = 3) -> None:
        self.n = n
        self.n_transcripts = 0
        self.n_codable = 0
        self.n_with_suggestion = 0
        self.n_suggested = dict.fromkeys(code_ids, 0)  # utterances, by code
        self._best: dict[str, list[Quote]] = {code_id: [] for code_id in code_ids}

    def add(self, transcript: CodedTranscript) -> None:
        """Count one transcript."""
        found: dict[str, list[Quote]] = {code_id: [] for code_id in self._best}
        self.n_transcripts += 1
        for utterance in transcript.codable:
            suggested = [s for s in transcript.suggestions.get(utterance.id, ()) if s.decision != "reject"]
            self.n_codable += 1
            self.n_with_suggestion += bool(suggested)
            for suggestion in suggested:
                if suggestion.code_id in found:
                    found[suggestion.code_id].append(Quote(utterance, suggestion))
        for code_id, quotes in found.items():
            self.n_suggested[code_id] += len(quotes)
            self._best[code_id] += sorted(quotes, key=_best_first)[: self.n]

    def strongest(self) -> dict[str, tuple[Quote, ...]]:
        """For each code its `n` best statements; each transcript's best before any's second."""
        return {code_id: _spread(quotes, self.n) for code_id, quotes in self._best.items()}


def _best_first(quote: Quote) -> tuple[float, str]:
    return -quote.suggestion.score, quote.utterance.id


def _spread(quotes: list[Quote], n: int) -> tuple[Quote, ...]:
    """The best `n`, but the second of any transcript only after the first of every other."""
    rank = Counter[str]()
    ranked: list[tuple[int, Quote]] = []
    for quote in sorted(quotes, key=_best_first):
        ranked.append((rank[quote.utterance.transcript_id], quote))
        rank[quote.utterance.transcript_id] += 1
    return tuple(quote for _, quote in sorted(ranked, key=lambda item: (item[0], *_best_first(item[1])))[:n])
