"""Answers that come back: from annotation tools in the shape that each documents, and from coded datasets."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from autocode.dataset import read_dataset
from autocode.errors import AutocodeError, ExchangeError
from autocode.exchange import (
    FORMATS,
    AnswersPlan,
    Choice,
    gather,
    import_answers,
    name_coders,
    plan_answers,
    read_answers,
    save,
)
from autocode.exchange.project_out import user_guid
from autocode.store import Project, Request, ReviewStore, create_project
from tests.exchange.conftest import CODEBOOK, read_and_add_codebook

LATER = "2024-06-01T08:30:00.123456Z"


def out(project: Project, name: str, choice: Choice, place: Path) -> Path:
    format = FORMATS[name]
    path = place / f"{name}{format.suffix}"
    save(format, format.files(gather(project, choice)), path)
    return path


def brought(project: Project, path: Path, *coders: str) -> AnswersPlan:
    answers = read_answers(path)
    plan = plan_answers(project, answers, coders=name_coders(answers, coders))
    import_answers(project, plan)
    return plan


def said(project: Project, coder: str) -> dict[str, tuple[set[str], bool]]:
    """What a coder applies to each utterance, and whether he or she is done with it."""
    review = ReviewStore(project.store)
    reading = review.reading("anna")
    name_of = {key: one.id for key, one in zip(reading.keys, reading.utterances, strict=True)}
    return {
        name_of[one.unit]: ({code for code, applies in one.codes.items() if applies}, one.done)
        for one in review.said()
        if one.coder == coder
    }


def arms(project: Project, coder: str) -> list[str]:
    review = ReviewStore(project.store)
    account = review.account(coder)
    assert account is not None
    return [mark.arm for mark in review.marks(account.key).values()]


def annotate(path: Path) -> None:
    """What Label Studio's JSON export looks like after user 7 has annotated every task of a file."""
    tasks = json.loads(path.read_text(encoding="utf-8"))
    codes = iter([["conflict"], [], ["trust", "nonsense"]])
    for number, task in enumerate(tasks, start=1):
        chosen = next(codes)
        result = {
            "value": {"choices": chosen}, "id": f"Dx_{number}", "from_name": "codes", "to_name": "text",
            "type": "choices", "origin": "manual",
        }  # fmt: skip
        task |= {
            "id": number, "project": 83, "total_annotations": 2, "drafts": [],
            "created_at": LATER, "updated_at": LATER,
            "annotations": [
                {
                    "id": 1000 + number, "completed_by": 7, "result": [result] if chosen else [],
                    "was_cancelled": False, "ground_truth": False, "created_at": LATER, "updated_at": LATER,
                    "lead_time": 4.288, "prediction": {}, "result_count": len(chosen), "task": number,
                },
                {"id": 2000 + number, "completed_by": 7, "result": [], "was_cancelled": True},
            ],
        }  # fmt: skip
    path.write_text(json.dumps(tasks), encoding="utf-8")


def test_label_studio_out_and_its_annotations_in(project: Project, tmp_path: Path) -> None:
    folder = out(project, "label-studio", Choice(("nobody",)), tmp_path)
    tasks = json.loads((folder / "tasks.json").read_text())
    assert tasks[0] == {
        "data": {
            "text": "We trust Tom.", "asked": "How is it with *them*?", "utterance_id": "anna:1",
            "transcript_id": "anna", "speaker": "Anna Berg",
        },
        "annotations": [],
    }  # fmt: skip
    choices = ET.parse(folder / "interface.xml").getroot().find("Choices")  # ours
    assert choices is not None
    assert (choices.get("toName"), choices.get("choice")) == ("text", "multiple")
    assert [(one.get("alias"), one.get("value")) for one in choices][:2] == [
        ("cooperation", "Cooperation"), ("trust", "Cooperation > Trust"),
    ]  # fmt: skip
    annotate(folder / "tasks.json")
    plan = brought(project, folder / "tasks.json", "Cem")
    assert plan.new_coders == ("Cem",)
    assert [warning.partition(": ")[::2] for warning in plan.warnings] == [
        ("3 left out", "skipped by the annotator"),
        ("1 left out", "the code 'nonsense' is not in the codebook"),
    ]  # fmt: skip
    assert said(project, "Cem") == {
        "anna:1": ({"conflict"}, True), "anna:2": (set(), True), "anna:4": ({"trust"}, True),
    }  # fmt: skip
    assert arms(project, "Cem") == ["blind"] * 3
    times = {one.decided_at for one in ReviewStore(project.store).decided() if one.coder == "Cem"}
    assert times == {datetime(2024, 6, 1, 8, 30, 0, 123456, UTC)}
    again = brought(project, folder / "tasks.json", "7=Cem")
    assert (again.n_known, again.said) == (3, ())


def test_who_has_seen_the_suggestions_is_not_blind(project: Project, tmp_path: Path) -> None:
    folder = out(project, "label-studio", Choice(("nobody",), suggestions=True), tmp_path)
    first = json.loads((folder / "tasks.json").read_text())[0]
    assert first["data"]["suggested"] == ["trust"]
    (prediction,) = first["predictions"]
    assert (prediction["score"], prediction["result"][0]["value"]) == (0.75, {"choices": ["trust"]})
    annotate(folder / "tasks.json")
    brought(project, folder / "tasks.json")
    assert arms(project, "label-studio user 7") == ["assisted", "blind", "blind"]
    row = next(row for row in ReviewStore(project.store).first_decisions() if row[0] == "label-studio user 7")
    assert row[2:] == ("anna:1", "assisted", frozenset({"conflict"}), frozenset({"trust"}))


def test_argilla_out_and_its_records_in(project: Project, tmp_path: Path) -> None:
    folder = out(project, "argilla", Choice(("nobody",), suggestions=True), tmp_path)
    settings = json.loads((folder / "settings.json").read_text())
    (question,) = settings["questions"]
    assert question["settings"]["type"] == "multi_label_selection"
    assert question["settings"]["options"][1] == {
        "value": "trust", "text": "Cooperation > Trust", "description": "Relied on, <b>really</b>.",
    }  # fmt: skip
    assert [field["name"] for field in settings["fields"]] == ["asked", "text"]
    records = json.loads((folder / "records.json").read_text())
    assert records[0]["suggestions"]["codes"]["value"] == ["trust"]
    user, ben = "1a0b3a8c-0000-4000-8000-000000000001", user_guid("Ben")
    for record, codes in zip(records, (["trust"], ["conflict"], []), strict=True):
        given = [{"value": codes, "user_id": user}]
        record["responses"] = {
            "codes": given + ([{"value": ["trust"], "user_id": ben}] if codes == [] else [])
        }
        record["_server_id"] = "0f5b2f3e-0000-4000-8000-000000000002"
    (folder / "records.json").write_text(json.dumps(records), encoding="utf-8")
    brought(project, folder / "records.json", f"{user}=Dora")
    assert said(project, "Dora") == {
        "anna:1": ({"trust"}, True), "anna:2": ({"conflict"}, True), "anna:4": (set(), True),
    }  # fmt: skip
    assert said(project, "Ben")["anna:4"] == ({"trust"}, True), "his number in the file is that of his name"


def test_prodigy_out_and_what_db_out_writes_in(project: Project, tmp_path: Path) -> None:
    path = out(project, "prodigy", Choice(("nobody",), suggestions=True), tmp_path)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert rows[0]["accept"] == ["trust"]
    assert rows[0]["options"][2] == {"id": "conflict", "text": "Cooperation > =Conflict"}
    answers: list[tuple[str, list[str]]] = [("accept", ["conflict"]), ("ignore", []), ("accept", [])]
    for row, (answer, accept) in zip(rows, answers, strict=True):
        row |= {
            "answer": answer, "accept": accept, "_input_hash": 1, "_task_hash": -2, "_view_id": "choice",
            "_timestamp": 1717230600, "_annotator_id": "study-eva", "_session_id": "study-eva",
        }  # fmt: skip
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    plan = brought(project, path, "study-eva=Eva")
    assert plan.warnings == ("1 left out: not accepted by the annotator",)
    assert said(project, "Eva") == {"anna:1": ({"conflict"}, True), "anna:4": (set(), True)}


def test_answers_of_a_coder_who_decided_here_already(project: Project, tmp_path: Path) -> None:
    """Mia's own file: nothing new. Changed and later: taken. Changed without a date: hers here stays."""
    path = out(project, "prodigy", Choice(("Mia",)), tmp_path)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert [row.get("_annotator_id") for row in rows] == ["Mia", "Mia", None]
    del rows[2]
    path.write_text("\n".join(json.dumps(row) for row in rows))
    assert (brought(project, path).n_known, brought(project, path).said) == (2, ())
    rows[0]["accept"], del_at = ["conflict"], rows[0].pop("_timestamp")
    path.write_text("\n".join(json.dumps(row) for row in rows))
    plan = brought(project, path)
    assert plan.warnings == (
        "1 left out: the file has no times, so what the coder says here stays; use --coder with another name",
    )
    rows[0]["_timestamp"] = del_at - 1
    path.write_text("\n".join(json.dumps(row) for row in rows))
    plan = brought(project, path)
    assert plan.warnings == (
        "1 left out: the coder has decided otherwise here, not earlier than in the file",
    )
    rows[0]["_timestamp"] = del_at + 1
    path.write_text("\n".join(json.dumps(row) for row in rows))
    (new,) = brought(project, path).said
    assert new.changes == {"conflict": True, "trust": False}
    assert said(project, "Mia")["anna:1"] == ({"conflict"}, True)


@pytest.mark.parametrize("longer", [False, True])
def test_a_code_that_is_taken_away_goes_from_its_words_too(
    project: Project, tmp_path: Path, *, longer: bool
) -> None:
    """Two words of the second statement are coded; a stretch that reaches further stays, and that is told."""
    review = ReviewStore(project.store)
    mia, text = review.account("Mia"), project.store.transcript("anna").text
    assert mia is not None
    if longer:
        place = text.index("They pay"), text.index("And you") + 3
        span = ["span", review.reading("anna").transcript_key, *place, "conflict", True]
        review.act(mia.key, Request("key-8", "code", [span], read_and_add_codebook(project)))
    path = out(project, "prodigy", Choice(("Mia",)), tmp_path)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows[1] |= {"accept": ["trust"], "_timestamp": rows[1]["_timestamp"] + 1}
    path.write_text(json.dumps(rows[1]))
    told = "1 coded stretch of a code that is taken away reaches beyond the statement and stays"
    assert brought(project, path).warnings == ((told,) if longer else ())
    (one,) = gather(project).interviews
    assert [text[s.start_char : s.end_char][:9] for s in one.spans] == (["They pay "] if longer else [])
    assert said(project, "Mia")["anna:2"] == ({"trust"}, True)
    assert brought(project, path).said == ()


def test_files_without_names_find_their_utterances(project: Project, tmp_path: Path) -> None:
    path = out(project, "prodigy", Choice(("nobody",), names=False), tmp_path)
    rows = [
        json.loads(line) | {"answer": "accept", "accept": ["trust"]} for line in path.read_text().splitlines()
    ]
    assert rows[2]["meta"]["asked"] == "And you, R1?"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    brought(project, path, "Eva")
    assert said(project, "Eva") == {f"anna:{n}": ({"trust"}, True) for n in (1, 2, 4)}


def write_dataset(folder: Path, rows: list[tuple[str, str, str]], codes: list[tuple[str, str]]) -> Path:
    """A dataset of one coder: rows are transcript, utterance and text; codes are utterance and code."""
    folder.mkdir()
    tables = {
        "utterances": [
            {"transcript_id": one, "utterance_id": id, "speaker": "Ola", "role": "respondent", "text": text}
            for one, id, text in rows
        ],
        "codes": [{"utterance_id": id, "coder": "Mia", "code": code} for id, code in codes],
    }  # fmt: skip
    for name, lines in tables.items():
        (folder / f"{name}.jsonl").write_text("\n".join(json.dumps(one) for one in lines))
    (folder / "codebook.json").write_text(
        json.dumps({"name": "x", "codes": [{"id": "trust", "name": "Trust"}]})
    )
    return folder


@pytest.mark.parametrize("older", [False, True])
@pytest.mark.parametrize("id", ["t", "T7"])
def test_files_without_names_where_own_ids_look_alike(
    empty: Project, tmp_path: Path, *, older: bool, id: str
) -> None:
    """The project's own ids, u2 and so on, are none of those in the file; in older exports they were."""
    texts = ["Yes.", "Yes.", "No.", "Yes."]
    rows = [(id, f"u{n + 2}", text) for n, text in enumerate(texts)]
    brought(empty, write_dataset(tmp_path / "d", rows, [("u2", "trust")]))
    path = out(empty, "prodigy", Choice(("nobody",), names=False), tmp_path)
    tasks = [json.loads(line) for line in path.read_text().splitlines()]
    assert not {task["meta"]["utterance_id"] for task in tasks} & {one for _, one, _ in rows}
    for number, task in enumerate(tasks):
        task |= {"answer": "accept", "accept": ["trust"] if number < 3 else [], "_annotator_id": "Eva"}
        if older:
            task["meta"]["utterance_id"] = "u" + task["meta"]["utterance_id"].lstrip("u0")
    path.write_text("\n".join(json.dumps(task) for task in tasks))
    assert brought(empty, path).warnings == ()
    decided = [one for one in ReviewStore(empty.store).decided() if one.coder == "Eva"]
    keys = ReviewStore(empty.store).reading(id).keys
    assert [one.unit for one in decided] == list(keys[:3])
    own = [{"text": "Yes.", "accept": [], "answer": "accept", "_annotator_id": "Own",
            "meta": {"utterance_id": "u3", "transcript_id": id}}]  # fmt: skip
    path.write_text(json.dumps(own[0]))
    (one,) = brought(empty, path).said
    assert one.utterance_id == "u3"


def test_transcripts_of_a_dataset_that_say_the_same_stay_apart(empty: Project, tmp_path: Path) -> None:
    rows = [("a", "a-1", "Nothing at all."), ("b", "b-1", "Nothing at all."), ("c", "c-1", "We trust them.")]
    folder = write_dataset(tmp_path / "d", rows, [("a-1", "trust"), ("c-1", "trust")])
    brought(empty, folder)
    assert [one.id for one in empty.store.transcripts()] == ["a", "b", "c"]
    assert brought(empty, folder).said == ()
    empty.store.remove_transcript("b")  # an import that was broken off before it
    answers = read_answers(folder)
    assert import_answers(empty, plan_answers(empty, answers)).transcripts == 1


def test_texts_find_their_utterances_but_never_the_wrong_ones(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    rows: list[dict[str, Any]] = [
        {"text": "They  pay late.", "accept": ["Trust"], "answer": "accept", "_annotator_id": "Eva"},
        {
            "text": "We trust Tim.",
            "accept": ["trust"],
            "answer": "accept",
            "meta": {"utterance_id": "anna:1"},
        },
    ]
    path.write_text("\n".join(json.dumps(row) for row in rows))
    plan = brought(project, path)
    assert plan.warnings == ("1 left out: the text of the utterance is another one here",)
    assert said(project, "Eva") == {"anna:2": ({"trust"}, True)}


@pytest.fixture
def empty() -> Iterator[Project]:
    with (
        tempfile.TemporaryDirectory() as folder,
        create_project(
            Path(folder) / "new", settings_toml="", codebook_yaml="codes: []\n", guide_yaml=""
        ) as made,
    ):
        yield made


def test_a_dataset_goes_out_and_comes_in_the_same(project: Project, empty: Project, tmp_path: Path) -> None:
    first = out(project, "dataset", Choice(), tmp_path)
    plan = brought(empty, first)
    assert plan.new_codes == ("cooperation", "trust", "conflict")
    second = out(empty, "dataset", Choice(), tmp_path / "again")
    one, two = read_dataset(first), read_dataset(second)
    assert two.codings == one.codings
    assert two.codebook.codes == one.codebook.codes
    turns = [[(t.unit_id, t.text, t.role) for t in x.transcripts[0].turns] for x in (one, two)]
    assert turns[0] == turns[1]
    for name in ("codes.jsonl", "coverage.jsonl"):
        lines = [sorted((folder / name).read_text().splitlines()) for folder in (first, second)]
        assert lines[0] == lines[1], name
    assert brought(empty, first).said == ()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[", "not valid JSON"),
        ("[" * 60_000, "nested too deep"),
        ("[1]", "a list of objects"),
        ("[]", "nothing in it"),
        ('[{"text": "a", "codes": "trust", "annotator": 1}]', "JSON-MIN"),
        ('[{"data": 1, "annotations": []}]', "no export of"),
        ('{"x": ' + "9" * 5000 + "}", "not valid JSON"),
        ("\x00\x01", "not valid JSON"),
    ],
)
def test_files_that_are_none(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(content)
    with pytest.raises(ExchangeError, match=words):
        read_answers(path)


def test_odd_values_are_no_answers(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    odd: list[Any] = [None, 3, "x", [], {}, [[1]], True, "\ud83d", float("1e300")]
    tasks = [
        {"data": {"text": value, "utterance_id": value, "suggested": value}, "annotations": [
            {"result": value, "completed_by": value, "updated_at": value},
            {"result": [{"type": "choices", "value": {"choices": value}}], "created_at": value}, value]}
        for value in odd
    ] + [{"data": {}, "annotations": value} for value in odd]  # fmt: skip
    path.write_text(json.dumps(tasks))
    assert brought(project, path).said == ()


def test_several_coders_need_a_name_each(project: Project, tmp_path: Path) -> None:
    path = out(project, "prodigy", Choice(("Mia", "Ben")), tmp_path)
    answers = read_answers(path)
    assert set(answers.coders) == {"Mia", "Ben"}
    with pytest.raises(AutocodeError, match="several coders"):
        name_coders(answers, ["Eva"])
    with pytest.raises(AutocodeError, match="nobody in the file is called 'Mio'"):
        name_coders(answers, ["Mio=Eva"])
    assert name_coders(answers, ["Mia=Eva"]) == {"Mia": "Eva"}


def test_codes_that_exclude_each_other(project: Project, tmp_path: Path) -> None:
    project.codebook_path.write_text(f"{CODEBOOK}exclusive_groups: [[trust, conflict]]\n", encoding="utf-8")
    path = tmp_path / "a.jsonl"
    row = {
        "text": "They pay late.",
        "accept": ["trust", "conflict"],
        "answer": "accept",
        "_annotator_id": "Eva",
    }
    path.write_text(json.dumps(row))
    plan = brought(project, path)
    assert plan.said == ()
    assert "exclude each other" in plan.warnings[0]
