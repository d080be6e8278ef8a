"""Which codes the statements carry in which themes are looked for, and whether these hold together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from autocode.codebook import Codebook
from autocode.learn.labels import Labels
from autocode.pipeline import CodedTranscript
from autocode.records import Utterance
from autocode.respondents import person, respondents_of
from autocode.themes.holding import Coded, Half, Holding, hold_together
from autocode.themes.holding_tables import code_rows, pair_rows
from autocode.themes.theme import MIN_WORDS


@dataclass(frozen=True, slots=True)
class CodesHeld:
    """What can be said of the codes, and of whose codings."""

    by: Literal["people", "machine"]
    book: Codebook
    holding: Holding
    said: tuple[Utterance, ...]  # the rows of `holding`
    respondents: tuple[str, ...]

    @property
    def whose(self) -> str:
        """A sentence on who gave the codes."""
        if self.by == "people":
            return "Codes are those of people."
        return "Codes are what the machine suggests: people have accepted none on these statements."

    def record(self) -> dict[str, Any]:
        """All of it as JSON values."""
        found, codes, pairs = self.holding, code_rows(self.book, self.holding), pair_rows(self.holding)
        marked = [one for one in found.codes if one.halves is not None and one.halves.flagged]
        return {
            "by": self.by, "n_statements": found.n_statements,
            "n_tried_for_two_meanings": found.n_tried,
            "codes": [dict(zip(codes[0], row, strict=True)) for row in codes[1:]],
            "pairs": [dict(zip(pairs[0], row, strict=True)) for row in pairs[1:]],
            "two_meanings": {
                one.code_id: [self._half(half) for half in one.halves.parts] for one in marked if one.halves
            },
        }  # fmt: skip

    def _half(self, half: Half) -> dict[str, Any]:
        shown = [{"utterance_id": self.said[row].id, "respondent": self.respondents[row],
                  "text": " ".join(self.said[row].text.split())} for row in half.shown]  # fmt: skip
        return {"utterance_ids": [self.said[row].id for row in half.rows], "typical": shown}


def codes_held(
    book: Codebook, codings: Sequence[CodedTranscript], embeddings: NDArray[np.float32], *,
    people: Labels | None, seed: int,
) -> CodesHeld | None:  # fmt: skip
    """Whether the codes hold together: those of `people`, where they gave any, else the suggested ones.

    `embeddings` are those of the statements of `MIN_WORDS` words or more, in order. None: there are no codes.
    """
    codable = [one for coding in codings for one in coding.codable]
    labelled = {} if people is None else _of_people(people)
    by_people = any(labelled.get(one.id) for one in codable)
    given = labelled if by_people else _suggested(codings)
    if not any(given.values()):
        return None
    long = np.array([len(one.text.split()) >= MIN_WORDS for one in codable], np.bool_)
    looked = np.array([one.id in given for one in codable], np.bool_)
    numbers = respondents_of(codable)
    said = tuple(one for one in codable if one.id in given)
    respondents = tuple(numbers[person(one)] for one in said)
    coded = Coded(
        [one.transcript_id for one in said], respondents, [_finest(book, given[one.id]) for one in said],
        long[looked], embeddings[looked[long]],
    )  # fmt: skip
    found = hold_together(book, coded, seed=seed)
    return CodesHeld("people" if by_people else "machine", book, found, said, respondents)


def _of_people(labels: Labels) -> dict[str, frozenset[str]]:
    applies = labels.values == 1
    return {
        unit: frozenset(labels.code_ids[column] for column in np.flatnonzero(applies[row]))
        for row, unit in enumerate(labels.unit_ids)
    }


def _suggested(codings: Sequence[CodedTranscript]) -> dict[str, frozenset[str]]:
    """By each codable utterance; empty where nothing is suggested."""
    return {
        one.id: frozenset(s.code_id for s in coding.suggestions.get(one.id, ()) if s.decision != "reject")
        for coding in codings for one in coding.codable
    }  # fmt: skip


def _finest(book: Codebook, codes: frozenset[str]) -> frozenset[str]:
    """Without the codes above others of them."""
    return codes - {up for code in codes for up in book.ancestors(code)}
