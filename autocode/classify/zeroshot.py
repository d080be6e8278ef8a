"""Suggestions from the codebook alone, before anybody has coded anything.

Three kinds of evidence, each measured against a background of talk that fits no code:
the meaning (a ridge regression from embeddings to codes, trained on the codebook's own lines,
and how near the nearest of those lines are), the words (the same regression from lemmas, and
cues), and the question that is being answered (meaning and words of the question, more the
shorter the answer is, and the tie of the guide's question).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocode.classify.context import GuideMatcher, inheritance
from autocode.classify.hierarchy import agree, choose
from autocode.classify.lexical import Vocabulary, by_weight, joined
from autocode.classify.lines import Line, codebook_lines, cue_lines, targets
from autocode.classify.near import Nearness
from autocode.classify.ridge import Ridge, fit_ridge
from autocode.classify.statements import Read, Statements
from autocode.codebook import Codebook
from autocode.config import ClassifyConfig
from autocode.guide import Guide
from autocode.records import Evidence, Suggestion

# Chosen on the demo interviews' codes and on coded statements of real talk (BENCHMARKS.md, "Zero-shot").
DENSE_PENALTY, LEXICAL_PENALTY = 3.0, 1.0
DENSE_WEIGHT, LEXICAL_WEIGHT = 1.0, 0.8
NEAR_WEIGHT = 0.7  # of the mean cosine to a code's nearest lines, in background standard deviations
CUE_WEIGHT = 0.5  # evidence for each cue that is found as a whole
MOST = 1000.0  # evidence from which a score is 0 or 1 in any case
MIDPOINT, SCALE = 6.0, 2.0  # evidence, in background standard deviations, that scores 0.5; and its spread
MOST_WORDS = 3  # stretches of words shown as evidence
HALF_FIRM_AT = 2.0  # words at which a text's own evidence counts half: one word says little
GUIDE_PULL = 2.0  # evidence that a guide question's tie is worth at a perfect match
GUIDE_FLOOR = 0.15  # the share of it that even a long answer gets
GUIDE_MATCH = 0.55  # cosine from which a question counts as the guide's


@dataclass(frozen=True, slots=True)
class Scored:
    """Scores of n utterances for all codes, with what is needed to explain them."""

    statements: Statements
    scores: NDArray[np.float32]  # (n, n_codes), 0 to 1
    chosen: NDArray[np.bool_]  # (n, n_codes)
    dense: NDArray[np.float64]  # (n, n_codes) evidence in background standard deviations
    lexical: NDArray[np.float64]
    question: NDArray[np.float64]
    guide: NDArray[np.float64]
    terms: Any  # sparse (n, n_terms)
    questions: Statements
    answers: NDArray[np.intp]
    matches: Sequence[tuple[str, float] | None]  # by question: the guide's question and the cosine


@dataclass(frozen=True)
class Evidencer:
    """One ridge regression with the background's mean and spread for each code."""

    ridge: Ridge
    mean: NDArray[np.float64]
    spread: NDArray[np.float64]

    @classmethod
    def fit(cls, features: Any, table: NDArray[np.float64], n_background: int, penalty: float) -> Evidencer:
        """Fit on the lines and, in the last `n_background` rows, on the background."""
        ridge = fit_ridge(features, table, penalty)
        background = ridge.left_out[len(table) - n_background :]
        if not n_background:
            background = ridge.left_out
        return cls(ridge, background.mean(axis=0), background.std(axis=0) + 1e-6)

    @cached_property
    def weights(self) -> NDArray[np.float64]:
        """What each feature adds to the evidence, shape (n_features, n_codes)."""
        return self.ridge.weights / self.spread

    def __call__(self, features: Any) -> NDArray[np.float64]:
        """Evidence of shape (n, n_codes): standard deviations above the background."""
        return (self.ridge.predict(features) - self.mean) / self.spread


@dataclass(frozen=True)
class ZeroShot:
    """A codebook made ready to score utterances."""

    codebook: Codebook
    config: ClassifyConfig
    lines: tuple[Line, ...]
    dense: Evidencer
    near: Nearness
    lexical: Evidencer
    vocabulary: Vocabulary
    guide: GuideMatcher | None

    @classmethod
    def build(
        cls,
        codebook: Codebook,
        *,
        read: Read,
        background: Sequence[str],
        function_words: frozenset[str] = frozenset(),
        guide: Guide | None = None,
        config: ClassifyConfig | None = None,
    ) -> ZeroShot:
        """Learn from the codebook's lines; `background` is talk that fits no code."""
        lines, cues = codebook_lines(codebook), cue_lines(codebook)
        said = read([*(line.text for line in lines), *background])
        phrases = read([line.text for line in cues], embed=False)
        nothing = np.zeros((len(background), len(codebook.ids)))
        table = np.vstack([targets(codebook, lines), nothing])
        vocabulary = Vocabulary([*phrases.lemmas, *said.lemmas], function_words)
        terms = vocabulary.rows([*phrases.lemmas, *said.lemmas])
        return cls(
            codebook=codebook,
            config=config or ClassifyConfig(),
            lines=lines,
            near=Nearness.build(codebook, lines, said.embeddings),
            dense=Evidencer.fit(said.embeddings.astype(np.float64), table, len(background), DENSE_PENALTY),
            lexical=Evidencer.fit(
                terms, np.vstack([targets(codebook, cues), table]), len(background), LEXICAL_PENALTY
            ),
            vocabulary=vocabulary,
            guide=GuideMatcher.build(guide, codebook.ids, read) if guide else None,
        )

    def score(self, statements: Statements, questions: Statements, answers: NDArray[np.intp]) -> Scored:
        """Score utterances; `answers[i]` is the row of `questions` that utterance i answers, or -1."""
        terms = self.vocabulary.rows(statements.lemmas)
        dense, lexical = self._evidence(statements, terms)
        question, guide, matches = self._context(statements, questions, answers)
        evidence = agree(self.codebook, dense + lexical + question + guide)
        scores = 1.0 / (1.0 + np.exp(-(np.clip(evidence, -MOST, MOST) - MIDPOINT) / SCALE))
        chosen = choose(
            self.codebook, scores, threshold=self.config.threshold, most=self.config.max_suggestions
        )
        return Scored(
            statements, scores.astype(np.float32), chosen, dense, lexical, question, guide,
            terms, questions, answers, matches,
        )  # fmt: skip

    def suggest(
        self, scored: Scored, row: int, utterance_id: str, *, all_scores: bool = False
    ) -> tuple[Suggestion, ...]:
        """The suggestions for one utterance, best first, of equals the more specific one first.

        With `all_scores` there is one for every code of the codebook.
        """
        columns = (
            list(range(len(self.codebook.ids))) if all_scores else np.flatnonzero(scored.chosen[row]).tolist()
        )
        order = sorted(
            columns, key=lambda c: (-scored.scores[row, c], -self.codebook.depth(self.codebook.ids[c]), c)
        )
        return tuple(
            Suggestion(
                utterance_id=utterance_id,
                code_id=self.codebook.ids[column],
                score=float(scored.scores[row, column]),
                probability=None,
                decision="review" if scored.chosen[row, column] else "reject",
                evidence=self.explain(scored, row, column),
            )
            for column in order
        )

    def _evidence(
        self, statements: Statements, terms: Any
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """What meaning and words say for each code, each (n, n_codes), weighted; less of very short texts."""
        firm = _firmness(statements.n_words)[:, None]
        lexical = LEXICAL_WEIGHT * self.lexical(terms) + CUE_WEIGHT * self._cue_counts(statements)
        dense = DENSE_WEIGHT * self.dense(statements.embeddings) + NEAR_WEIGHT * self.near(
            statements.embeddings
        )
        return firm * dense, firm * lexical

    def _cue_counts(self, statements: Statements) -> NDArray[np.float64]:
        """How many cues of each code and of the codes below it stand in each text, shape (n, n_codes)."""
        column = {code_id: index for index, code_id in enumerate(self.codebook.ids)}
        counts = np.zeros((len(statements), len(column)))
        for row, cues in enumerate(statements.cues):
            for code_id, _, _ in cues:
                counts[row, [column[c] for c in (code_id, *self.codebook.ancestors(code_id))]] += 1.0
        return counts

    def _context(
        self, statements: Statements, questions: Statements, answers: NDArray[np.intp]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], Sequence[tuple[str, float] | None]]:
        """Evidence that utterances inherit from their questions and from the guide, each (n, n_codes)."""
        n_codes = len(self.codebook.ids)
        nothing = np.zeros((len(statements), n_codes))
        answering = np.flatnonzero(answers >= 0)
        if not len(questions) or not len(answering):
            return nothing, nothing, [None] * len(questions)
        share = inheritance(statements.n_words[answering], most=self.config.context_weight)[:, None]
        asked = sum(self._evidence(questions, self.vocabulary.rows(questions.lemmas)))
        question, guide = nothing.copy(), nothing.copy()
        question[answering] = share * np.clip(asked, 0.0, None)[answers[answering]]
        if self.guide is None:
            return question, guide, [None] * len(questions)
        matches, pull = self.guide.match(questions, least=GUIDE_MATCH)
        guide[answering] = GUIDE_PULL * np.maximum(share, GUIDE_FLOOR) * pull[answers[answering]]
        return question, guide, matches

    def explain(self, scored: Scored, row: int, column: int) -> tuple[Evidence, ...]:
        """What spoke for a code, strongest first; weights are shares of all that spoke for it."""
        code_id = self.codebook.ids[column]
        found: list[Evidence] = []
        if (meaning := scored.dense[row, column]) > 0:
            line = self.lines[self.near.nearest(scored.statements.embeddings[row], column)]
            found.append(Evidence(line.kind, line.text, meaning))
        found += self._strongest_words(scored, row, column)
        if (asked := scored.answers[row]) >= 0:
            if (value := scored.question[row, column]) > 0.05:
                found.append(Evidence("question", scored.questions.texts[asked], value))
            match = scored.matches[asked]
            if match and (value := scored.guide[row, column]) > 0:
                found.append(Evidence("guide", match[0], value))
        children = self.codebook.children(code_id)
        if not found and children:  # it has its score from the best of its children
            columns = [self.codebook.ids.index(child) for child in children]
            return self.explain(scored, row, max(columns, key=lambda c: scored.scores[row, c]))
        return _as_shares(found)

    def reasons(self, scored: Scored, row: int, column: int) -> tuple[Evidence, ...]:
        """What `explain` says, and without weight the code's criterion and the question where they did not
        speak: what a person needs to judge a suggestion that was learnt from other statements.
        """
        found = self.explain(scored, row, column)
        kinds, code = {item.kind for item in found}, self.codebook[self.codebook.ids[column]]
        more: list[Evidence] = []
        if not kinds & {"definition", "include"}:
            if code.definition:
                more.append(Evidence("definition", f"{code.name}: {code.definition}", 0.0))
            elif code.include:
                more.append(Evidence("include", code.include[0], 0.0))
        if "question" not in kinds and (asked := scored.answers[row]) >= 0:
            more.append(Evidence("question", scored.questions.texts[asked], 0.0))
        return (*found, *more)

    def _strongest_words(self, scored: Scored, row: int, column: int) -> list[Evidence]:
        """The stretches of an utterance that speak most for a code; a stretch that holds a cue is a cue."""
        statements, code_id = scored.statements, self.codebook.ids[column]
        family = {code_id, *self.codebook.descendants(code_id)}
        cues = [(start, end) for cue_code, start, end in statements.cues[row] if cue_code in family]
        strongest = self.vocabulary.strongest(
            statements.lemmas[row], (scored.terms, row), self.lexical.weights[:, column], MOST_WORDS
        )
        text = statements.texts[row]
        found = joined([
            *((_word_start(text, start), end, LEXICAL_WEIGHT * value) for start, end, value in strongest),
            *((start, end, CUE_WEIGHT) for start, end in cues),
        ])  # fmt: skip
        firm = _firmness(len(statements.lemmas[row]))
        return [
            Evidence(
                "cue" if any(s < end and start < e for s, e in cues) else "words", text[start:end],
                firm * value, start, end,
            )
            for start, end, value in sorted(found, key=by_weight)
        ]  # fmt: skip


def _firmness(n_words: NDArray[np.intp] | int) -> Any:
    """How much the evidence in a text of so many words counts, 0 to 1."""
    return n_words / (n_words + HALF_FIRM_AT)


def _word_start(text: str, start: int) -> int:
    """Where the word begins that `start` may stand in the middle of: spaCy splits "don't" in two."""
    while start > 0 and (text[start - 1].isalnum() or text[start - 1] in "'’"):
        start -= 1
    return start


def _as_shares(found: list[Evidence]) -> tuple[Evidence, ...]:
    total = sum(item.weight for item in found)
    shares = [replace(item, weight=round(float(item.weight / total), 3)) for item in found]
    return tuple(sorted(shares, key=lambda item: -item.weight))
