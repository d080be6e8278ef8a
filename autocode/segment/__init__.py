"""Segmentation: turns into utterances, with spaCy.

segment(transcript, Segmenter(settings.segment)) -> tuple[Utterance, ...]
"""

from autocode.segment.pipeline import Segmenter
from autocode.segment.utterances import segment

__all__ = ["Segmenter", "segment"]
