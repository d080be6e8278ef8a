"""The Python interface: three lines code a file; the same keys mean the same results."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from autocode import Coder, Settings, read_transcript
from autocode.batch import code_to_files
from autocode.codebook import Code, Codebook
from autocode.config import EmbedConfig
from autocode.demo import transcripts
from autocode.errors import ConfigError, GuideError
from autocode.guide import Block, Guide, Question
from autocode.pipeline import CodedTranscript, read_background, result_settings
from autocode.quotes import Tally
from autocode.records import Evidence, Suggestion, Utterance

BOOK = Codebook(
    name="b",
    codes=(Code(id="trust", name="Trust", examples=("We rely on them.",)), Code(id="market", name="Market")),
)


def coded(transcript_id: str, *scores: float, text: str = "We <b>trust</b> them & more") -> CodedTranscript:
    """A transcript with one suggested code on each utterance."""
    said = tuple(
        Utterance(
            f"{transcript_id}-{i}", transcript_id, i, i, "<i>Anna</i>", "respondent", text, 0, len(text)
        )
        for i in range(len(scores))
    )
    evidence = (Evidence("words", "<b>trust</b>", 1.0, 3, 15),)
    found = {
        utterance.id: (Suggestion(utterance.id, "trust", score, None, "review", evidence),)
        for utterance, score in zip(said, scores, strict=True)
    }
    return CodedTranscript(transcript_id, said, ("trust",), np.array(scores, np.float32)[:, None], found)


@pytest.mark.model
def test_three_lines_code_a_file() -> None:
    coder = Coder("knowledge_dynamics")
    done = coder.code(read_transcript(transcripts()[0]))
    rows = done.rows()
    assert rows
    assert {row["code"] for row in rows} <= set(coder.codebook.ids)
    assert done.scores.shape == (len(done.codable), len(coder.codebook.ids))
    assert set(rows[0]) == {"utterance_id", "speaker", "code", "score", "text", "evidence"}
    told = coder.describe()
    assert told["encoder"]["weights_sha256"].startswith("53aa51172d142c89")


def test_a_notebook_shows_text_as_text() -> None:
    html = coded("t", 0.9)._repr_html_()
    assert "<b>" not in html
    assert "<i>" not in html
    assert "We &lt;b&gt;trust&lt;/b&gt; them &amp; more" in html
    assert html.count("<tr>") == 2


def test_rows_leave_out_what_was_rejected() -> None:
    one = coded("t", 0.9)
    rejected = Suggestion("t-0", "market", 0.1, None, "reject")
    both = CodedTranscript(
        one.transcript_id,
        one.utterances,
        one.code_ids,
        one.scores,
        {"t-0": (*one.suggestions["t-0"], rejected)},
    )
    assert both.rows() == one.rows()
    assert [row["code"] for row in both.rows()] == ["trust"]


def test_the_strongest_quotes_are_spread_over_transcripts() -> None:
    tally = Tally(["trust", "market"], n=4)
    for transcript in (coded("a", 0.9, 0.95, 0.8), coded("b", 0.6), coded("c", 0.7)):
        tally.add(transcript)
    assert (tally.n_transcripts, tally.n_codable, tally.n_with_suggestion) == (3, 5, 5)
    assert tally.n_suggested == {"trust": 5, "market": 0}
    quotes = tally.strongest()
    assert [quote.utterance.id for quote in quotes["trust"]] == ["a-1", "c-0", "b-0", "a-0"]
    assert quotes["market"] == ()


def test_the_key_names_what_changes_results_and_nothing_else() -> None:
    def key(book: Codebook = BOOK, guide: Guide | None = None, **embed: object) -> str:
        return Coder(
            book, guide=guide, settings=Settings(embed=EmbedConfig(encoder="hashing", **embed))
        ).run_key

    guide = Guide(name="g", blocks=(Block(id="b", questions=(Question(id="q", text="Why?"),)),))
    same = {key(), key(threads=2), key(cache_dir="x"), key(cache_max_gb=0), key(batch_tokens=64)}
    assert same == {key()}
    other = Codebook(name="b", codes=(*BOOK.codes, Code(id="more", name="More")))
    assert len({key(), key(other), key(guide=guide), key(backend="reference")}) == 4
    kept = result_settings(Settings())
    assert "speakers" not in kept
    assert {"unit", "language", "spacy_model", "min_words"} <= set(kept["segment"])
    assert {"threshold", "max_suggestions", "context_weight"} == set(kept["classify"])


def test_nothing_heavy_happens_before_the_first_transcript() -> None:
    coder = Coder(BOOK, settings=Settings(embed=EmbedConfig(encoder="no-such-encoder")))
    assert not {"embedder", "segmenter", "scorer"} & set(vars(coder))


def test_a_guide_must_fit_the_codebook() -> None:
    guide = Guide(
        name="g", blocks=(Block(id="b", questions=(Question(id="q", text="Why?", ties=("trsut",)),)),)
    )
    with pytest.raises(GuideError, match="did you mean 'trust'"):
        Coder(BOOK, guide=guide)


def test_a_language_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Interviewer: How?\n\nRespondent: We rely on them.\n")
    settings = Settings(embed=EmbedConfig(encoder="hashing"))
    klingon = settings.model_copy(update={"segment": settings.segment.model_copy(update={"language": "tlh"})})
    with pytest.raises(ConfigError, match="language"):
        Coder(BOOK, settings=klingon).code(read_transcript(tmp_path / "a.txt"))


def test_background_talk_is_english_for_now() -> None:
    assert len(read_background("en")) > 50
    assert all(not line.startswith("#") and line.strip() == line for line in read_background("en"))
    assert read_background("fi") == ()


def test_interviewers_turns_are_matched_to_the_guides_questions(tmp_path: Path) -> None:
    guide = Guide(
        name="g",
        blocks=(
            Block(id="b", questions=(Question(id="q1", text="How important is trust?", ties=("trust",)),)),
        ),
    )
    settings = Settings(embed=EmbedConfig(encoder="hashing"))
    coder = Coder(BOOK, guide=guide, settings=settings)
    path = tmp_path / "talk.txt"
    path.write_text(
        "Interviewer: How important is trust?\nRespondent: Very.\n"
        "Interviewer: Where did you park the yellow lorry today?\nRespondent: Over there by the gate.\n",
        encoding="utf-8",
    )
    transcript = read_transcript(path)
    found = coder.questions(transcript)
    assert {turn: match.question_id for turn, match in found.items()} == {0: "q1"}
    assert found[0].score == pytest.approx(1.0, abs=1e-5)
    assert Coder(BOOK, settings=settings).questions(transcript) == {}
    code_to_files([transcript], coder, tmp_path / "out")
    rows = [json.loads(line) for line in (tmp_path / "out" / "utterances.jsonl").read_text().splitlines()]
    assert [row["meta"].get("guide_question") for row in rows] == ["q1", None, None, None]
