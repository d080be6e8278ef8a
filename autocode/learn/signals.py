"""What the learner knows of an utterance: meaning, wording, place, and what was said around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocode.records import Utterance

N_PLACE, N_ROLES = 9, 3
Tokens = tuple[NDArray[np.int8], ...]  # of texts: the vectors of each one's tokens, (n_tokens, n_dims)
_ROLES = (6, 7)  # columns of `place`


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """What the encoder's first layers make of a text's tokens, and of sentences and phrases by themselves."""

    tokens: NDArray[np.int8]  # (n_tokens, n_early)
    sentences: NDArray[np.float16]  # (n_sentences, n_early)
    phrases: NDArray[np.float16]  # (n_phrases, n_early)
    spans: tuple[tuple[int, int], ...] = ()  # of the sentences in the text, in characters; () for none


_NOTHING: NDArray[np.float16] = np.zeros((0, 0), np.float16)
NO_PARTS = Parts(np.zeros((0, 0), np.int8), _NOTHING, _NOTHING)  # of a text that was not read so


@dataclass(frozen=True, slots=True)
class Signals:
    """n utterances. Vectors are unit rows, or zeros where there is nothing before or no question."""

    ids: tuple[str, ...]
    groups: tuple[str, ...]  # the transcript of each
    texts: tuple[str, ...]
    previous: tuple[str, ...]  # what was said before, by whomever; "" at the beginning
    following: tuple[str, ...]  # what was said next; "" at the end; only fine-tuned encoders read it
    before: tuple[str, ...]  # ids of the utterances before and after in the same role; "" for none
    after: tuple[str, ...]
    embeddings: NDArray[np.float32]  # (n, n_dims)
    early: NDArray[np.float32]  # (n, n_early), of the encoder's first layers; n_early may be 0
    parts: tuple[Parts, ...]  # by the same layers, or `NO_PARTS`
    tuned: NDArray[np.float32]  # (n, n_codes), log-odds by a fine-tuned encoder; (n, 0) without one
    previous_embeddings: NDArray[np.float32]  # (n, n_dims)
    question_embeddings: NDArray[np.float32]  # (n, n_dims), of the question that is being answered
    place: NDArray[np.float32]  # (n, N_PLACE)
    evidence: NDArray[np.float32]  # (n, n_codes), zero-shot, as log-odds of the scores

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def tokens(self) -> Tokens:
        """The vectors of each utterance's tokens."""
        return tuple(part.tokens for part in self.parts)

    @property
    def roles(self) -> NDArray[np.intp]:
        """Who says each utterance, shape (n,): 0 others, 1 the interviewer, 2 the respondent."""
        interviewer, respondent = (self.place[:, column].astype(np.intp) for column in _ROLES)
        return np.asarray(interviewer + 2 * respondent, np.intp)

    def take(self, rows: NDArray[np.intp]) -> Signals:
        """Some of the utterances, in the order of `rows`."""
        return Signals(*(_take(getattr(self, field.name), rows) for field in fields(self)))


def beside(signals: Signals, row_of: Mapping[str, int]) -> NDArray[np.intp]:
    """The rows, by id, of each utterance, the one before and the one after, shape (n, 3); -1: not there."""
    names = zip(signals.ids, signals.before, signals.after, strict=True)
    found = [[row_of.get(name, -1) for name in three] for three in names]
    return np.array(found, np.intp).reshape(len(signals), 3)


def neighbours(utterances: Sequence[Utterance], rows: Sequence[int], step: int) -> tuple[str, ...]:
    """The ids of the next utterances in the same role, forwards or backwards (`step` 1 or -1); "": none.

    Backchannels are passed over.
    """
    last: dict[str, str] = {}
    found = [""] * len(utterances)
    for row in range(len(utterances))[::-step]:
        one = utterances[row]
        found[row] = last.get(one.role, "")
        if not one.backchannel:
            last[one.role] = one.id
    return tuple(found[row] for row in rows)


def _take(values: tuple[Any, ...] | NDArray[np.float32], rows: NDArray[np.intp]) -> Any:
    return tuple(values[row] for row in rows) if isinstance(values, tuple) else values[rows]


def join(parts: Sequence[Signals]) -> Signals:
    """All utterances of several transcripts, one after the other."""

    def joined(name: str) -> Any:
        values = [getattr(part, name) for part in parts]
        if isinstance(values[0], tuple):
            return tuple(item for value in values for item in value)
        return np.concatenate(values)

    return Signals(*(joined(field.name) for field in fields(Signals)))


def with_parts(signals: Signals, read: Callable[[Sequence[str]], Sequence[Parts]]) -> Signals:
    """The same with parts where they are missing; `read` gives those of texts."""
    missing = [row for row, part in enumerate(signals.parts) if not len(part.tokens)]
    found = dict(zip(missing, read([signals.texts[row] for row in missing]), strict=True))
    return replace(signals, parts=tuple(found.get(row, own) for row, own in enumerate(signals.parts)))


def marks(texts: Sequence[str]) -> NDArray[np.float32]:
    """Punctuation, numbers and length of each text, shape (n, 10), each about 0 to 1."""
    rows = []
    for text in texts:
        flat = text.strip()
        words = flat.split()
        rows.append(
            (
                "?" in flat,
                min(flat.count("?"), 3) / 3,
                min(flat.count("!"), 3) / 3,
                "..." in flat or "…" in flat,
                any(letter.isdigit() for letter in flat),
                np.log1p(len(words)) / 4,
                len(words) < 4,
                len(words) > 20,
                flat.endswith("?"),
                ":" in flat or ";" in flat,
            )
        )
    return np.array(rows, np.float32).reshape(len(texts), 10)


def place(utterances: Sequence[Utterance], rows: Sequence[int]) -> NDArray[np.float32]:
    """Where in its transcript each of `rows` stands and who says it, shape (n_rows, N_PLACE), each 0 to 1."""
    n = len(utterances)
    found = np.zeros((len(rows), N_PLACE), np.float32)
    for index, row in enumerate(rows):
        one = utterances[row]
        same = row > 0 and utterances[row - 1].speaker == one.speaker
        found[index] = (
            row == 0,
            row == 1,
            row < 4,
            row == n - 1,
            row / max(1, n - 1),
            min(1.0, np.log1p(row) / 6),
            one.role == "interviewer",
            one.role == "respondent",
            same,
        )
    return found
