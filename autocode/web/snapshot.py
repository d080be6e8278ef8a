"""What has been learnt at one moment: what is suggested, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from autocode.records import Evidence, Suggestion

if TYPE_CHECKING:
    from autocode.codebook import Codebook
    from autocode.learn.explain import Explainer
    from autocode.learn.signals import Signals
    from autocode.store import Pool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What has been learnt so far, of the utterances that follow live."""

    name: str  # of the model, for the log
    version: int
    n_labelled: int
    row: Mapping[int, int]  # of each utterance by its key
    code_ids: tuple[str, ...]
    probabilities: NDArray[np.float64]  # (n, n_codes)
    chosen: NDArray[np.bool_]  # (n, n_codes)
    thresholds: NDArray[np.float64]  # (n_codes,)
    support: NDArray[np.intp]  # (n_codes,)
    signals: Signals
    explainer: Explainer

    def suggestions(
        self, key: int, stored: tuple[Suggestion, ...], book: Codebook, *, most: int
    ) -> tuple[Suggestion, ...]:
        """What is suggested for an utterance, best first, at most `most` and those above them in the book."""
        row = self.row[key]
        old = {one.code_id: one for one in stored}
        columns = [c for c in np.argsort(-self.probabilities[row]) if self.chosen[row, c]]
        result = []
        for column in columns:
            code, p = self.code_ids[column], float(self.probabilities[row, column])
            if code in book:
                known = old.get(code)
                result.append(
                    replace(known, score=p, probability=p)
                    if known is not None
                    else Suggestion(str(key), code, p, p, "review")
                )
        shown = {one.code_id for one in result[:most]}  # `most` are counted without those above them
        above = {code for id in shown for code in book.ancestors(id)}
        return tuple(one for one in result if one.code_id in shown | above)

    def evidence(
        self, key: int, codes: Iterable[str], *, hidden: Set[str]
    ) -> dict[str, tuple[Evidence, ...]]:
        """What speaks for each of `codes` on an utterance, by code; without the statements in `hidden`."""
        explainer, one = self.explainer, self.signals.take(np.array([self.row[key]]))
        learned = explainer.learned
        allowed = np.array([learned.signals.ids[anchor] not in hidden for anchor in learned.anchors], bool)
        encoded = learned.views.encode(one)
        near, sentences = explainer.nearness(encoded), explainer.sentences(one, [0])[0]
        return {
            code: explainer(
                one, encoded, near, 0, self.code_ids.index(code), sentences=sentences, allowed=allowed
            )
            for code in codes
            if code in self.code_ids
        }

    def overlay(self, pool: Pool, rows: NDArray[np.intp], scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """`scores` (n, n_codes) of some rows of the pool, with the probabilities put over them."""
        columns = [pool.code_ids.index(code) for code in self.code_ids if code in pool.code_ids]
        own = [index for index, code in enumerate(self.code_ids) if code in pool.code_ids]
        where = [self.row.get(int(key), -1) for key in pool.keys[rows]]
        here = np.flatnonzero(np.array(where) >= 0)
        learnt = self.probabilities[np.array(where)[here]][:, own]
        scores[np.ix_(here, np.array(columns, np.intp))] = learnt
        return scores
