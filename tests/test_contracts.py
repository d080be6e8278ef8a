"""The shipped codebooks on the bundled interviews with the real encoder: what every coding has to keep."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autocode import Coder, read_transcript
from autocode.batch import code_to_files
from autocode.config import parse_settings
from autocode.demo import transcripts

pytestmark = pytest.mark.model


@pytest.fixture(scope="module", params=["knowledge_dynamics", "relationship_development"])
def coder(request: pytest.FixtureRequest) -> Coder:
    """Each shipped codebook, the first one with its guide."""
    guide = request.param if request.param == "knowledge_dynamics" else None
    return Coder(request.param, guide=guide)


@pytest.fixture(scope="module")
def out(coder: Coder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three interviews coded, every score listed."""
    folder = tmp_path_factory.mktemp("out")
    code_to_files([read_transcript(path) for path in transcripts()[:3]], coder, folder, all_scores=True)
    return folder


def rows(out: Path, name: str = "suggestions") -> list[dict[str, object]]:
    return [json.loads(line) for line in (out / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def test_every_codable_utterance_has_its_line_and_every_code_its_score(out: Path, coder: Coder) -> None:
    codable = [row["utterance_id"] for row in rows(out, "utterances") if row["meta"]["codable"]]
    assert [row["utterance_id"] for row in rows(out)] == codable
    assert len(set(codable)) == len(codable) > 150
    assert {row["role"] for row in rows(out)} == {"respondent"}
    for row in rows(out):
        assert sorted(item["code"] for item in row["suggestions"]) == sorted(coder.codebook.ids)


def test_codes_agree_with_their_parents_and_their_rivals(out: Path, coder: Coder) -> None:
    book = coder.codebook
    for row in rows(out):
        score = {item["code"]: item["score"] for item in row["suggestions"]}
        assert list(score.values()) == sorted(score.values(), reverse=True)
        chosen = {item["code"] for item in row["suggestions"] if item["decision"] != "reject"}
        assert all(score[code] >= coder.settings.classify.threshold for code in chosen)
        for code in book.ids:
            for parent in book.ancestors(code):
                assert score[parent] >= score[code]
                assert parent in chosen or code not in chosen
        assert all(len(chosen & set(group)) <= 1 for group in book.exclusive_groups)
        ends = {code for code in chosen if not chosen & set(book.descendants(code))}
        assert len(ends) <= coder.settings.classify.max_suggestions


def test_every_suggestion_has_reasons_that_can_be_checked(out: Path) -> None:
    for row in rows(out):
        for item in row["suggestions"]:
            assert item["evidence"] or item["decision"] == "reject"
            for evidence in item["evidence"]:
                if "start_char" in evidence:
                    assert row["text"][evidence["start_char"] : evidence["end_char"]] == evidence["text"]


def test_positions_are_those_of_the_transcript(out: Path) -> None:
    text = {t.id: t.text for t in map(read_transcript, transcripts()[:3])}
    for row in rows(out, "utterances"):
        assert text[row["transcript_id"]][row["char_start"] : row["char_end"]] == row["text"]


def test_run_json_alone_repeats_the_run(out: Path, tmp_path: Path) -> None:
    told = json.loads((out / "run.json").read_text())
    guide = told["guide"]["name"] if told["guide"] else None
    settings = parse_settings(told["settings"], where="run.json")
    again = Coder(told["codebook"]["name"], guide=guide, settings=settings)
    names = {path.name: path for path in transcripts()}
    inputs = [read_transcript(names[one["source"]]) for one in told["inputs"]]
    assert [one.sha256 for one in inputs] == [one["sha256"] for one in told["inputs"]]
    repeated = code_to_files(inputs, again, tmp_path, all_scores=True)
    for key in ("run_key", "codebook", "guide", "encoder", "inputs", "counts", "packages"):
        assert repeated[key] == told[key]
    for name in ("suggestions.jsonl", "suggestions.csv", "utterances.jsonl"):
        assert (tmp_path / name).read_bytes() == (out / name).read_bytes()
