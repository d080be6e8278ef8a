"""Scores that follow each decision at once: the same numbers as a refit, without refitting.

The texts, the kernel, the blend, what codes lend each other and the looks after it stay as the last full
training left them; the regression itself is kept exact. A new labelled utterance borders the inverse
(Henderson & Searle 1981), a code's weights are solved again from it, and only the codes that were decided on
are scored anew. A full training in the background then learns everything else from the new labels too.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from autocode.errors import LearnError
from autocode.learn.learner import Learned
from autocode.learn.ridge import MAX_EXACT_ROWS, inverted, smoothed_mean
from autocode.learn.signals import Signals
from autocode.learn.views import kernel, take_rows

Floats = NDArray[np.float64]
POOL = 10_000  # utterances that follow at once on the review page: memory and time grow with them


class LiveScores:
    """Scores of a pool of utterances under a model that grows decision by decision."""

    def __init__(self, learned: Learned, pool: Signals) -> None:
        """Take over what was learnt. Raises `LearnError` beyond `MAX_EXACT_ROWS` labelled utterances."""
        n = len(learned.signals)
        if n != len(learned.anchors):
            raise LearnError(
                f"{n} labelled utterances are too many to follow one by one (at most {MAX_EXACT_ROWS})"
            )
        self._learned, self._pool = learned, learned.views.encode(pool)
        self._row = {unit: row for row, unit in enumerate(pool.ids)}
        self._labelled = {unit: row for row, unit in enumerate(learned.signals.ids)}
        self._evidence, self._roles = pool.evidence.astype(np.float64), pool.roles
        self._tuned = pool.tuned if pool.tuned.size else np.zeros(pool.evidence.shape, np.float32)
        self._values = learned.values.copy()
        own = kernel(learned.encoded, learned.encoded, learned.weights).astype(np.float64)
        self._gram = _Growing(own + learned.recipe.penalty * np.eye(n))
        self._inverse = _Growing(inverted(own, learned.recipe.penalty))
        to_pool, self._added = learned.look(self._pool, pool)
        self._to_pool = _Growing(to_pool, grows_down=False)
        self.learnt = self._to_pool.array @ learned.fit.dual + learned.fit.mean
        self._looks = looks = learned.looks
        near = learned.near(pool)
        self._lent = learned.lent(self.learnt, near)
        log_odds = looks.blend.log_odds(self.learnt, self._evidence, self._lent, self._roles)
        self._added += learned.around(log_odds, self._roles, near)
        self._told = looks.told(looks.second(log_odds, self._added), self._roles)
        self.probabilities = self._scored(slice(None))

    def decide(self, unit_id: str, decided: Mapping[str, bool | None]) -> list[int]:
        """Take in what was decided on a unit of the pool, by code (None: taken back); which columns changed.

        `learnt` and `probabilities`, (n_pool, n_codes), hold the new scores afterwards.
        """
        return self.decide_all({unit_id: decided})

    def decide_all(self, decided: Mapping[str, Mapping[str, bool | None]]) -> list[int]:
        """Take in what was decided on several units; the scores are solved once for all of them."""
        columns: dict[int, None] = {}
        for unit_id, by_code in decided.items():
            row = self._labelled.get(unit_id)
            if row is None:
                row = self._add(unit_id)
            for code, applies in by_code.items():
                column = self._learned.code_ids.index(code)
                self._values[row, column] = np.nan if applies is None else float(applies)
                columns[column] = None
        if columns:
            self._solve(list(columns))
        return list(columns)

    def _add(self, unit_id: str) -> int:
        """Border the inverse with one more labelled utterance, of which nothing is said yet."""
        place = self._row[unit_id]
        one = take_rows(self._pool, np.array([place]))
        to_pool = kernel(self._pool, one, self._learned.weights)[:, 0].astype(np.float64)
        known = [self._row.get(unit) for unit in self._labelled]
        all_in_pool = None not in known
        to_labelled = to_pool[np.array(known, np.intp)] if all_in_pool else self._to_labelled(one)
        n = len(self._labelled)
        corner = float(to_pool[place]) + self._learned.recipe.penalty
        known_inverse = self._inverse.array
        pulled = known_inverse @ to_labelled
        left = corner - float(to_labelled @ pulled)
        known_inverse += np.multiply.outer(pulled, pulled / left)
        self._inverse.border(-pulled / left, 1.0 / left)
        self._gram.border(to_labelled, corner)
        self._to_pool.border(to_pool)
        self._values = np.vstack([self._values, np.full((1, self._values.shape[1]), np.nan)])
        self._labelled[unit_id] = n
        return n

    def _to_labelled(self, one: object) -> Floats:
        """How alike one utterance is to every labelled one, those of the training and those added since."""
        trained = kernel(self._learned.encoded, one, self._learned.weights)[:, 0]  # type: ignore[arg-type]
        added = [self._row[unit] for unit in list(self._labelled)[len(trained) :]]
        others = kernel(take_rows(self._pool, np.array(added, np.intp)), one, self._learned.weights)[:, 0]  # type: ignore[arg-type]
        return np.concatenate([trained, others]).astype(np.float64)

    def _solve(self, columns: list[int]) -> None:
        values = self._values[:, columns]
        mean = smoothed_mean(values)
        said = ~np.isnan(values)
        residual = np.where(said, values - mean, 0.0)
        dual = np.zeros_like(residual)
        whole = said.all(axis=0)
        dual[:, whole] = self._inverse.array @ residual[:, whole]
        for index in np.flatnonzero(~whole):
            dual[:, index] = self._restricted(residual[:, index], said[:, index])
        self.learnt[:, columns] = self._to_pool.array @ dual + mean
        some = slice(None) if self._looks.blend.ties else columns
        self.probabilities[:, some] = self._scored(some)

    def _scored(self, some: slice | list[int]) -> Floats:
        """Probabilities of all codes, or of some that nothing ties to others."""
        looks = self._looks if isinstance(some, slice) else self._looks.of(some)
        log_odds = looks.blend.log_odds(
            self.learnt[:, some], self._evidence[:, some], self._lent[:, :, some], self._roles
        )
        log_odds = looks.second(log_odds, self._added[:, some])
        return looks.probabilities(log_odds, self._told[:, some], self._tuned[:, some], self._roles)

    def _restricted(self, residual: Floats, said: NDArray[np.bool_]) -> Floats:
        """The weights of the rows on which something was said, as if the others were not there."""
        there, missing = np.flatnonzero(said), np.flatnonzero(~said)
        dual = np.zeros_like(residual)
        if len(there) <= len(missing):
            if len(there):
                dual[there] = np.linalg.solve(self._gram.array[np.ix_(there, there)], residual[there])
            return dual
        pulled = self._inverse.array @ residual
        corner = self._inverse.array[np.ix_(missing, missing)]
        correction = np.linalg.solve(corner, pulled[missing])
        dual = pulled - self._inverse.array[:, missing] @ correction
        dual[missing] = 0.0
        return dual


class _Growing:
    """A matrix with room to its right (and below), so that a new column does not copy all others."""

    def __init__(self, array: NDArray[np.floating], *, grows_down: bool = True) -> None:
        self._down, self._shape = grows_down, array.shape
        self._room = np.empty((0, 0))
        self._make_room(array)

    @property
    def array(self) -> Floats:
        """What is in it, as a view."""
        return self._room[: self._shape[0], : self._shape[1]]

    def border(self, column: Floats, corner: float | None = None) -> None:
        """Add a column at the right and, to a symmetric matrix, the same as a row below, and its corner."""
        rows, columns = self._shape
        if columns == self._room.shape[1]:
            self._make_room(self.array)
        self._room[:rows, columns] = column
        if self._down:
            self._room[rows, :columns] = column
            self._room[rows, columns] = corner
        self._shape = (rows + self._down, columns + 1)

    def _make_room(self, array: NDArray[np.floating]) -> None:
        rows, columns = array.shape
        more = 256 + columns // 4
        room = np.empty((rows + more * self._down, columns + more), order="F")
        room[:rows, :columns] = array
        self._room = room
