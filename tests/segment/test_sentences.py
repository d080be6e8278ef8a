"""Sentence boundaries against a gold set written by hand, and against spaCy's sentencizer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autocode.segment import Segmenter
from autocode.segment.sentences import sentence_starts, tile
from autocode.segment.splitter import spoken_sentence_starts

KNOWN_FAILURES = {"Dr. No? Never saw it."}  # a name after a title, or an answer: nobody can tell


def gold() -> Iterator[tuple[str, str, list[int]]]:
    """Language, text and where its sentences begin."""
    language = ""
    lines = (Path(__file__).parent / "gold_sentences.txt").read_text(encoding="utf-8").splitlines()
    for line in lines:
        if re.fullmatch(r"\[\w\w\]", line):
            language = line.strip("[]")
        elif line and not line.startswith("#"):
            parts = line.replace("\\n", "\n").split("|")
            starts = [sum(map(len, parts[:number])) for number in range(len(parts))]
            yield language, "".join(parts), starts


def f1(find: Callable[[str, str], list[int]]) -> float:
    """Of the boundaries within the texts of the gold set."""
    hits = found = true = 0
    for language, text, starts in gold():
        ours = set(find(text, language)) - {0}
        hits, found, true = hits + len(ours & set(starts)), found + len(ours), true + len(starts) - 1
    return 2 * hits / (found + true)


@pytest.mark.parametrize(("language", "text", "starts"), list(gold()))
def test_gold(language: str, text: str, starts: list[int]) -> None:
    if text in KNOWN_FAILURES:
        pytest.xfail("known")
    assert sentence_starts(text, language=language) == starts


def test_gold_is_found_far_better_than_by_the_sentencizer() -> None:
    import spacy

    pipelines = {}
    for language, _, _ in gold():
        if language not in pipelines:
            pipelines[language] = spacy.blank(language)
            pipelines[language].add_pipe("sentencizer")
    theirs = f1(lambda text, language: [sentence.start_char for sentence in pipelines[language](text).sents])
    ours = f1(lambda text, language: sentence_starts(text, language=language))
    assert ours > 0.98
    assert theirs < 0.85


def test_the_component_finds_the_same_boundaries_as_the_rules() -> None:
    from autocode.config import SegmentConfig

    by_language: dict[str, list[str]] = {}
    for language, text, _ in gold():
        by_language.setdefault(language, []).append(text)
    for language, texts in by_language.items():
        spans = Segmenter(SegmentConfig(language=language)).sentences(texts)
        assert spans == [tile(spoken_sentence_starts(text, language=language), len(text)) for text in texts]


@pytest.mark.parametrize(
    "text", ["", " ", "\n\n", "...", "?!", ". . .", "a", "«»", "1.", "-", "\u200f.\u200f"]
)
def test_next_to_nothing_is_at_most_one_sentence(text: str) -> None:
    assert sentence_starts(text) == [0][: len(text)]


@pytest.mark.parametrize(
    "text", ["." * 50_000, ". " * 50_000 + "x", "?!." * 20_000, "\n \n" * 20_000, '."' * 20_000]
)
def test_runs_of_stops_take_linear_time(text: str) -> None:
    assert sentence_starts(text) == [0]  # with a quadratic search this takes minutes
