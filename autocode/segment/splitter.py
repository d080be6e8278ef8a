"""Sentences of speech-recognition text that has no punctuation."""

from __future__ import annotations

from autocode.segment.sentences import sentence_starts


def spoken_sentence_starts(text: str, *, language: str = "en") -> list[int]:
    """Where each sentence begins, whether `text` has punctuation or not."""
    return sentence_starts(text, language=language)
