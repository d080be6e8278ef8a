"""From the turns of a transcript to its utterances.

The utterances of a turn tile it exactly: nothing is lost, nothing is said twice, and every
utterance's text is a slice of the transcript's.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from autocode.config import Unit
from autocode.errors import ConfigError
from autocode.records import Transcript, Turn, Utterance
from autocode.segment.backchannels import asks, is_backchannel, is_emphatic
from autocode.segment.marks import without_marks
from autocode.segment.pipeline import Segmenter, Span
from autocode.segment.units import join_by_topic
from autocode.segment.words import WORD

Embed = Callable[[Sequence[str]], NDArray[np.floating]]

_UNSPACED = re.compile(  # Thai, Lao, Burmese, Khmer, Japanese, Chinese
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]"
)
_WORD = re.compile(rf"{WORD}(?:[-'’.]{WORD})*")


def segment(
    transcript: Transcript, segmenter: Segmenter, *, embed: Embed | None = None
) -> tuple[Utterance, ...]:
    """The utterances of `transcript`, in order, by the unit that the segmenter's settings name.

    `embed` turns texts into vectors, shape (n, n_dims); only meaning units (`unit = "unit"`) need it,
    and without it they raise `ConfigError`. An interviewer's turn stays whole.
    """
    unit = _unit(transcript, segmenter)
    if unit == "unit" and embed is None:
        raise ConfigError(
            '[segment] unit: "unit" compares meanings and needs an encoder; "sentence" does not'
        )
    spans = _spans(transcript.turns, segmenter, unit=unit, embed=embed)
    backchannels = _backchannel_turns(transcript, segmenter.language)
    ids = _ids(transcript, [len(turn_spans) for turn_spans in spans], keep=unit == "turn")
    pieces = (
        (turn, span) for turn, turn_spans in zip(transcript.turns, spans, strict=True) for span in turn_spans
    )
    return tuple(
        _utterance(transcript, index, turn, span, id=next(ids), backchannel=turn.index in backchannels)
        for index, (turn, span) in enumerate(pieces)
    )


def _unit(transcript: Transcript, segmenter: Segmenter) -> Unit:
    unit = segmenter.config.unit
    if unit != "auto":
        return unit
    return "turn" if transcript.has_units else "sentence"


def _spans(
    turns: Sequence[Turn], segmenter: Segmenter, *, unit: Unit, embed: Embed | None
) -> list[list[Span]]:
    """For each turn the spans of its utterances, in characters of the turn."""
    spans = [[(0, len(turn.text))] for turn in turns]
    if unit == "turn":
        return spans
    split = [number for number, turn in enumerate(turns) if turn.role != "interviewer" and turn.text]
    texts = [turns[number].text for number in split]
    sentences = [
        join_short(text, found, min_words=segmenter.config.min_words)
        for text, found in zip(texts, segmenter.sentences(texts), strict=True)
    ]
    if unit == "unit" and embed is not None:
        sentences = join_by_topic(texts, sentences, segmenter, embed)
    for number, found in zip(split, sentences, strict=True):
        spans[number] = found
    return spans


def count_words(text: str) -> int:
    """Words that were said; marks do not count. Where no spaces are written, two characters are a word."""
    said = without_marks(text)
    return len(_WORD.findall(_UNSPACED.sub(" ", said))) + (len(_UNSPACED.findall(said)) + 1) // 2


def join_short(text: str, spans: Sequence[Span], *, min_words: int) -> list[Span]:
    """`spans` with those of fewer than `min_words` words joined to the one before, the first to the next."""
    joined: list[Span] = []
    first_is_short = False
    for start, end in spans:
        is_short = count_words(text[start:end]) < min_words
        if joined and (is_short or first_is_short):
            joined[-1] = (joined[-1][0], end)
            first_is_short = first_is_short and count_words(text[slice(*joined[-1])]) < min_words
        else:
            first_is_short = is_short
            joined.append((start, end))
    return joined


def _backchannel_turns(transcript: Transcript, language: str) -> set[int]:
    """The indices of the turns that only say "I am listening"."""
    found: set[int] = set()
    before: list[Turn] = []  # what the latest other speaker said
    for _, group in itertools.groupby(transcript.turns, key=lambda turn: (turn.speaker, turn.role)):
        run = list(group)
        if _listens(run, before, language, has_units=transcript.has_units):
            found.update(turn.index for turn in run)  # what came before still waits for its answer
        else:
            before = run
    return found


def _listens(run: Sequence[Turn], before: Sequence[Turn], language: str, *, has_units: bool) -> bool:
    said = " ".join(turn.text for turn in run)
    if len(said) > 200:
        return False
    others = bool(before) and before[-1].speaker != run[0].speaker
    answers = others and asks(" ".join(turn.text for turn in before), language=language)
    if not is_backchannel(said, answers=answers):
        return False
    to_respondent = others and before[-1].role == run[0].role == "respondent"
    return not (to_respondent and is_emphatic(said, strict=not has_units))


def _ids(transcript: Transcript, counts: Iterable[int], *, keep: bool) -> Iterator[str]:
    """The id of each utterance: the file's own where it stays whole, else numbered within the transcript."""
    given = {turn.unit_id for turn in transcript.turns if turn.unit_id is not None} if keep else set()
    owners = (turn for turn, count in zip(transcript.turns, counts, strict=True) for _ in range(count))
    for index, turn in enumerate(owners):
        if keep and turn.unit_id is not None:
            yield turn.unit_id
            continue
        number = f"{transcript.id}-{index:04d}"
        while number in given:  # the file gave this id to another turn
            number += "x"
        yield number


def _utterance(
    transcript: Transcript, index: int, turn: Turn, span: Span, *, id: str, backchannel: bool
) -> Utterance:
    start, end = turn.start_char + span[0], turn.start_char + span[1]
    text = transcript.text[start:end]
    start_s, end_s = _times(turn, span)
    return Utterance(
        id=id,
        transcript_id=transcript.id,
        index=index,
        turn_index=turn.index,
        speaker=turn.speaker,
        role=turn.role,
        text=text,
        start_char=start,
        end_char=end,
        start_s=start_s,
        end_s=end_s,
        codable=turn.role == "respondent" and not backchannel and _says_something(text),
        backchannel=backchannel,
        meta=turn.meta,
    )


def _says_something(text: str) -> bool:
    return any(letter.isalpha() for letter in without_marks(text))


def _times(turn: Turn, span: Span) -> tuple[float | None, float | None]:
    """Start and end of `span` in seconds, by its share of the turn's characters."""
    if span == (0, len(turn.text)):
        return turn.start_s, turn.end_s
    if turn.start_s is None or turn.end_s is None:
        return (turn.start_s if span[0] == 0 else None), (turn.end_s if span[1] == len(turn.text) else None)
    a_char = (turn.end_s - turn.start_s) / len(turn.text)
    start_s = turn.start_s + a_char * span[0]
    return start_s, turn.end_s if span[1] == len(turn.text) else turn.start_s + a_char * span[1]
