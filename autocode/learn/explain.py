"""Why a learnt suggestion was made, in statements and words a person can check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocode.learn.learner import Learned
from autocode.learn.pieces import Pieces
from autocode.learn.signals import Signals
from autocode.learn.views import Encoded, one_kernel
from autocode.records import Evidence

MOST_WORDS = 3

Sentences = Mapping[int, tuple[int, int]]  # where one of an utterance's lies, in characters, by column


@dataclass(frozen=True)
class Explainer:
    """The reasons of one model, for utterance after utterance."""

    learned: Learned
    function_words: frozenset[str] = frozenset()  # say nothing by themselves

    @cached_property
    def place(self) -> dict[str, int]:
        """Where each labelled statement stands among the anchors, by its id."""
        ids = self.learned.signals.ids
        return {ids[row]: index for index, row in enumerate(self.learned.anchors.tolist())}

    @cached_property
    def word_weights(self) -> NDArray[np.float64]:
        """What each hashed term adds to each code's score, shape (n_columns, n_codes)."""
        model = self.learned
        share = model.weights["words"] / sum(model.weights.values())
        return np.asarray(model.encoded.sparse["words"].T @ model.fit.dual) * share

    def nearness(self, encoded: Encoded) -> NDArray[np.float32]:
        """How near in meaning each utterance is to each labelled statement, shape (n, n_anchors)."""
        return one_kernel(encoded, self.learned.encoded, "meaning")

    @cached_property
    def _by_sentence(self) -> tuple[Pieces, list[int]] | None:
        """What single sentences say, and the columns of which they say anything."""
        second = self.learned.second
        if second is None or second.sentences is None:
            return None
        return second.sentences, np.flatnonzero(second.sentences.dual.any(axis=0)).tolist()

    def sentences(self, signals: Signals, rows: Sequence[int]) -> dict[int, Sentences]:
        """For each of `rows` the sentence that says most of each code; none where it has only one."""
        found: dict[int, Sentences] = {row: {} for row in rows}
        several = [row for row in rows if len(signals.parts[row].spans) >= 2]
        if self._by_sentence is not None and several:
            pieces, columns = self._by_sentence
            most = pieces.loudest([signals.parts[row].sentences for row in several])
            for row, of_row in zip(several, most.tolist(), strict=True):
                spans = signals.parts[row].spans
                found[row] = {column: spans[of_row[column]] for column in columns}
        return found

    def __call__(
        self,
        signals: Signals,
        encoded: Encoded,
        near: NDArray[np.float32],
        row: int,
        column: int,
        *,
        sentences: Sentences,
        allowed: NDArray[np.bool_] | None = None,
    ) -> tuple[Evidence, ...]:
        """The nearest statement that people gave the code and the nearest that they did not, and the words.

        `accepted` weighs what the labelled statements that carry the code add to the score, `words` what
        the words add; `rejected` speaks against, and `sentence` tells where (`sentences` are the row's), and
        they weigh nothing. `allowed` (n_anchors,) are the statements that may be shown; None: all.
        """
        model = self.learned
        values = model.values[model.anchors, column]
        at = self.place.get(signals.ids[row], -1)
        if at >= 0 and model.signals.texts[int(model.anchors[at])] != signals.texts[row]:
            at = -1  # of another study, or of another cut
        own = np.arange(len(values)) == at
        if allowed is not None:
            own |= ~allowed
        found: list[Evidence] = []
        words = self._words(signals.texts[row], encoded.sparse["words"][[row]], column)
        for kind, rows in (
            ("accepted", np.flatnonzero((values == 1) & ~own)),
            ("rejected", np.flatnonzero((values == 0) & ~own)),
        ):
            if len(rows):
                nearest = int(rows[int(np.argmax(near[row, rows]))])
                text = model.signals.texts[int(model.anchors[nearest])]
                weight = 0.0 if kind == "rejected" else float(near[row, nearest])
                found.append(Evidence(kind, " ".join(text.split()), weight))  # type: ignore[arg-type]
        if column in sentences:
            start, end = sentences[column]
            text = signals.texts[row][start:end].rstrip()
            words.append(Evidence("sentence", text, 0.0, start, start + len(text)))
        return (*found[:1], *words, *found[1:])

    def _words(self, text: str, terms: Any, column: int) -> list[Evidence]:
        """The words and pairs of words that add most, those that overlap a stronger one left out."""
        value = dict(zip(terms.indices.tolist(), terms.data.tolist(), strict=True))
        weights = self.word_weights[:, column]
        spans = sorted(
            (
                (value.get(c, 0.0) * weights[c], start, end)
                for term, c, start, end in self.learned.views.terms(text)
                if term[0].isalnum() and not set(term.split()) <= self.function_words
            ),
            key=lambda span: (-round(span[0], 6), span[1]),
        )
        chosen: list[tuple[float, int, int]] = []
        said: set[str] = set()
        for weight, start, end in spans:
            if weight <= 0 or len(chosen) == MOST_WORDS:
                break
            words = text[start:end].casefold()
            if words not in said and all(end <= s or e <= start for _, s, e in chosen):
                chosen.append((weight, start, end))
                said.add(words)
        return [Evidence("words", text[s:e], float(weight), s, e) for weight, s, e in chosen]
