"""How good are suggestions from the codebook alone?

Measures the shipped codebook `knowledge_dynamics` on statements whose codes are known: the demo interviews'
(`tests/demo_codes.jsonl`, invented); with `--corpora DIR` real talk of founders and managers
(`tests/real_codes.jsonl` holds places and codes, DIR the texts); with `--quotes FILE` statements of the study
itself, coded by its two authors. The constants of `autocode.classify.zeroshot` were chosen on the first two,
whose codes are a language model's, given the theory's definitions and blind to the suggestions.

    D=../shared/data; python scripts/eval_zero_shot.py --corpora $D --quotes $D/thesis_quotes/quotes.jsonl
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autocode import Coder, read_transcript
from autocode.classify.context import asked, question_text
from autocode.demo import transcripts as demo_transcripts

TESTS = Path(__file__).resolve().parents[1] / "tests"
DEMO, REAL = TESTS / "demo_codes.jsonl", TESTS / "real_codes.jsonl"


def main() -> None:
    """Print a table of what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpora", type=Path, help="the folder of the corpora that real_codes.jsonl names")
    parser.add_argument("--quotes", type=Path, help="JSON lines with text and codes of {theme, topic}")
    parser.add_argument("--guide", default="knowledge_dynamics", help="the demo's interview guide, or 'none'")
    options = parser.parse_args()
    coder = Coder("knowledge_dynamics", guide=None if options.guide == "none" else options.guide)
    print("statements                 n    top-1  top-3  topic")
    demo(coder)
    if options.corpora:
        real(coder, options.corpora)
    if options.quotes:
        quotes(coder, options.quotes)


def demo(coder: Coder) -> None:
    """The demo's statements, with and without the question that they answer; then precision and recall."""
    lines = [json.loads(line) for line in DEMO.read_text(encoding="utf-8").splitlines()]
    turns = {path.stem: read_transcript(path).turns for path in demo_transcripts()}
    questions = [_question(turns[line["transcript"]], line["quote"]) for line in lines]
    themes = [set(line["codes"]) for line in lines]
    topics = [{coder.codebook.ancestors(theme)[0] for theme in found} for found in themes]
    texts = [line["quote"] for line in lines]
    for name, asked_texts in (("demo, with questions", questions), ("demo, alone", [""] * len(lines))):
        scores = score(coder, texts, asked_texts)
        report(coder, name, scores, themes, topics)
    by_threshold(coder, score(coder, texts, questions), themes)


def real(coder: Coder, corpora: Path) -> None:
    """Sentences of real talk, each alone."""
    lines = [json.loads(line) for line in REAL.read_text(encoding="utf-8").splitlines()]
    said: dict[tuple[str, str], str] = {}
    for corpus in sorted({line["corpus"] for line in lines}):
        with gzip.open(corpora / corpus / "utterances.jsonl.gz", "rt", encoding="utf-8") as file:
            said |= {(corpus, row["utterance_id"]): row["text"] for row in map(json.loads, file)}
    texts = [
        said[line["corpus"], line["utterance_id"]][line["start_char"] : line["end_char"]] for line in lines
    ]
    themes = [set(line["codes"]) for line in lines]
    topics = [{coder.codebook.ancestors(theme)[0] for theme in found} for found in themes]
    scores = score(coder, texts, [""] * len(texts))
    report(coder, "real talk, alone", scores, themes, topics)
    by_threshold(coder, scores, themes)


def by_threshold(coder: Coder, scores: NDArray[np.float32], themes: list[set[str]]) -> None:
    """Precision and recall of the themes that score so much or more."""
    columns = _columns(coder, 1)
    ids = [coder.codebook.ids[c] for c in columns]
    truth = np.array([[code in found for code in ids] for found in themes])
    for threshold in (0.3, 0.4, 0.5, 0.6, 0.7):
        chosen = scores[:, columns] >= threshold
        hits = (chosen & truth).sum()
        precision, recall = hits / max(1, chosen.sum()), hits / truth.sum()
        silent = (~chosen[~truth.any(axis=1)].any(axis=1)).mean()
        print(
            f"  score >= {threshold}: precision {precision:.2f}, recall {recall:.2f}, "
            f"statements without a code left without one {silent:.2f}"
        )


def quotes(coder: Coder, path: Path) -> None:
    """Statements from a file, each alone."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    themes = [{code["theme"] for code in line["codes"]} for line in lines]
    topics = [{code["topic"] for code in line["codes"]} for line in lines]
    texts = [line["text"] for line in lines]
    report(coder, "the study's statements", score(coder, texts, [""] * len(texts)), themes, topics)


def score(coder: Coder, texts: Sequence[str], questions: Sequence[str]) -> NDArray[np.float32]:
    """Scores of shape (n_texts, n_codes); an empty question is none."""
    distinct = [question for question in dict.fromkeys(questions) if question]
    answers = np.array([distinct.index(q) if q else -1 for q in questions], np.intp)
    scored = coder.scorer.score(coder.read_statements(texts), coder.read_statements(distinct), answers)
    return scored.scores


def report(
    coder: Coder, name: str, scores: NDArray[np.float32], themes: list[set[str]], topics: list[set[str]]
) -> None:
    """Shares of the coded statements whose theme, or topic, is among the first."""
    coded = [row for row, found in enumerate(themes) if found]
    first = _ranked(coder, scores, 1)
    top_1 = np.mean([first[row][0] in themes[row] for row in coded])
    top_3 = np.mean([bool(themes[row].intersection(first[row][:3])) for row in coded])
    topic = np.mean([_ranked(coder, scores, 0)[row][0] in topics[row] for row in coded])
    print(f"{name:24s} {len(coded):4d}    {top_1:.3f}  {top_3:.3f}  {topic:.3f}")


def _columns(coder: Coder, depth: int) -> list[int]:
    return [i for i, code_id in enumerate(coder.codebook.ids) if coder.codebook.depth(code_id) == depth]


def _ranked(coder: Coder, scores: NDArray[np.float32], depth: int) -> list[list[str]]:
    columns = np.array(_columns(coder, depth))
    order = np.argsort(-scores[:, columns], axis=1, kind="stable")
    return [[coder.codebook.ids[columns[i]] for i in row] for row in order]


def _question(turns: Sequence, quote: str) -> str:
    flat = " ".join(quote.split())
    answers = asked(turns)
    for turn in turns:
        if flat in " ".join(turn.text.split()) and turn.index in answers:
            return question_text(turns[answers[turn.index]].text)
    return ""


if __name__ == "__main__":
    main()
