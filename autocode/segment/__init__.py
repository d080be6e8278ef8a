"""Segmentation: turns into utterances, with spaCy.

segment(transcript, Segmenter(settings.segment)) -> tuple[Utterance, ...]
"""

from autocode.segment.cues import CueFinder
from autocode.segment.pipeline import Segmenter
from autocode.segment.utterances import segment

__all__ = ["CueFinder", "Segmenter", "segment"]
