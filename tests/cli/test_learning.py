"""`autocode train`, `autocode evaluate` and `autocode code --labels` on invented interviews."""

from __future__ import annotations

import json
import random
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from autocode.digests import digest
from autocode.records import Decision
from autocode.store import Request, ReviewStore, open_project
from tests.cli.conftest import INTERVIEW, Run, lines_of, process, tree

SAID = {
    "trust": ["We trust them and never check.", "I rely on what they promise.", "There is trust between us."],
    "conflict": ["We quarrelled about invoices.", "The lawyer was called.", "They blamed us and we fought."],
    None: ["The office is near the harbour.", "My train was late today.", "Lunch is at twelve as ever."],
}


@pytest.fixture
def settings(here: Path) -> Path:
    path = here / "settings.toml"
    path.write_text('[embed]\nencoder = "hashing"\n', encoding="utf-8")
    return path


@pytest.fixture
def dataset(here: Path) -> Path:
    """Six interviews of nine answers."""
    folder = here / "dataset"
    folder.mkdir()
    rows: dict[str, list[dict[str, Any]]] = {"utterances": [], "codes": [], "coverage": []}
    for interview in range(6):
        for turn in range(9):
            unit, code = f"i{interview}-{turn}", list(SAID)[(turn + interview) % 3]
            text = SAID[code][(turn // 3 + interview) % 3]
            rows["utterances"].append(
                {"transcript_id": f"i{interview}", "utterance_id": unit, "speaker": "R", "role": "respondent",
                 "text": text}
            )  # fmt: skip
            rows["coverage"].append({"utterance_id": unit, "coder": "anna"})
            if code:
                rows["codes"].append({"utterance_id": unit, "coder": "anna", "code": code})
    for name, lines in rows.items():
        write(folder / f"{name}.jsonl", lines)
    (folder / "codebook.json").write_text(json.dumps({"codes": [{"code": "trust"}, {"code": "conflict"}]}))
    return folder


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_train_and_code_with_the_model(run: Run, here: Path, dataset: Path, settings: Path) -> None:
    trained = run("train", dataset, "--out", "model", "--config", settings, "--json")
    assert trained.code == 0, trained.err
    assert trained.data["n_units"] == 54
    assert trained.data["codes"]["trust"]["f1"] > 0.8
    new = {"transcript_id": "new", "speaker": "R", "role": "respondent"}
    texts = {"n1": "I trust them, I never check.", "n2": "The harbour is far away."}
    write(here / "new.jsonl", [{**new, "utterance_id": unit, "text": text} for unit, text in texts.items()])
    options = ("--codebook", dataset / "codebook.json", "--config", settings, "--model", "model")
    coded = run("code", "new.jsonl", "--out", "out", "--all-scores", *options)
    assert coded.code == 0, coded.err
    first, second = lines_of(here / "out" / "suggestions.jsonl")
    best = first["suggestions"][0]
    assert (best["code"], best["decision"]) == ("trust", "review")
    assert 0.5 < best["probability"] <= 1
    assert {"accepted", "rejected"} <= {item["kind"] for item in best["evidence"]}
    assert all(item["decision"] == "reject" for item in second["suggestions"])
    told = json.loads((here / "out" / "run.json").read_text())
    assert told["model"]["n_units"] == 54


def test_one_interview_is_measured_on_itself_and_it_is_said(run: Run, dataset: Path, settings: Path) -> None:
    several = run("train", dataset, "--out", "model", "--config", settings)
    assert "measured on transcripts that were left out" in several.out
    for name in ("utterances", "codes", "coverage"):
        rows = lines_of(dataset / f"{name}.jsonl")
        write(dataset / f"{name}.jsonl", [
            {**row, "transcript_id": "i0"} if name == "utterances" else row for row in rows
        ])  # fmt: skip
    one = run("train", dataset, "--out", "model", "--config", settings)
    assert "measured on utterances that were left out" in one.out
    assert "on other interviews it will be lower" in one.err


def test_labels_of_a_plain_transcript(
    run: Run, here: Path, book: Path, interview: Path, settings: Path
) -> None:
    options = ("--codebook", book, "--config", settings)
    assert run("code", interview, "--out", "first", *options).code == 0
    units = [row for row in lines_of(here / "first" / "utterances.jsonl") if row["meta"]["codable"]]
    labels = write(
        here / "codes.jsonl", [{"utterance_id": units[0]["utterance_id"], "coder": "a", "code": "trust"}]
    )
    coverage = write(
        here / "coverage.jsonl", [{"utterance_id": u["utterance_id"], "coder": "a"} for u in units]
    )
    again = run("code", interview, "--out", "second", *options, "--labels", labels, "--coverage", coverage)
    assert again.code == 0, again.err
    assert "one interview" in again.err
    rows = [item for row in lines_of(here / "second" / "suggestions.jsonl") for item in row["suggestions"]]
    assert rows
    assert all(item["probability"] is not None for item in rows)
    assumed = run("code", interview, "--out", "third", *options, "--labels", labels)
    assert "no coverage file" in assumed.err


def test_the_dial_says_what_it_cannot_promise(run: Run, dataset: Path, settings: Path) -> None:
    told = run("train", dataset, "--out", "model", "--config", settings, "--target-error", "0.05")
    assert told.code == 0
    assert "Nothing can be accepted unseen" in told.err
    assert "not enough labels yet: code about" in told.err


def test_a_dial_that_can_reject_nothing_lists_what_probably_applies(
    run: Run, here: Path, dataset: Path, settings: Path
) -> None:
    listed, (book, codes, coverage) = {}, ("codebook.json", "codes.jsonl", "coverage.jsonl")
    for out, more in (("plain", ()), ("dial", ("--target-error", "0.05"))):
        done = run(
            "code", dataset / "utterances.jsonl", "--codebook", dataset / book, "--config", settings,
            "--labels", dataset / codes, "--coverage", dataset / coverage, "--out", out, *more,
        )  # fmt: skip
        assert done.code == 0, done.err
        rows = lines_of(here / out / "suggestions.jsonl")
        listed[out] = [[(one["code"], one["decision"]) for one in row["suggestions"]] for row in rows]
    assert "Nothing can be rejected unseen" in done.err
    assert listed["dial"] == listed["plain"]
    assert {decision for row in listed["dial"] for _, decision in row} == {"review"}


def test_the_same_codes_everywhere_teach_nothing(run: Run, dataset: Path, settings: Path) -> None:
    write(dataset / "codes.jsonl", [{"utterance_id": f"i{i}-{turn}", "coder": "anna", "code": "trust"}
                                    for i in range(6) for turn in range(9)])  # fmt: skip
    for command in (("train", dataset, "--out", "model"), ("evaluate", dataset, "--out", "metrics.json")):
        done = run(*command, "--config", settings)
        assert done.code == 0, done.err
        assert "every coded utterance has the same codes (trust)" in done.err


def test_codes_of_what_interviewers_said(run: Run, dataset: Path, settings: Path) -> None:
    rows = [{**row, "speaker": "T", "role": "interviewer"} if row["utterance_id"][-1] in "02" else row
            for row in lines_of(dataset / "utterances.jsonl")]  # fmt: skip
    table = write(dataset / "utterances.jsonl", rows)
    units = {row["utterance_id"] for row in rows if row["speaker"] == "T"}
    said = [row for row in lines_of(dataset / "codes.jsonl") if row["utterance_id"] in units]
    write(dataset / "codes.jsonl", said)
    write(dataset / "coverage.jsonl", [{"utterance_id": unit, "coder": "anna"} for unit in sorted(units)])
    options = ("--codebook", dataset / "codebook.json", "--labels", dataset / "codes.jsonl", "--coverage",
               dataset / "coverage.jsonl", "--config", settings)  # fmt: skip
    coded = run("code", table, "--out", "out", *options)
    assert coded.code == 0, coded.err
    assert '--speaker "T=respondent"' in coded.err
    coded = run("code", table, "--out", "again", "--speaker", "T=respondent", *options)
    assert "not a respondent" not in coded.err
    assert units <= {row["utterance_id"] for row in lines_of(Path("again") / "suggestions.jsonl")}


def test_a_project_learns_from_decisions(run: Run, study: Path) -> None:
    for name in ("anna", "ben"):
        (study / f"{name}.txt").write_text(INTERVIEW.replace("winter", f"winter of {name}"), encoding="utf-8")
    assert run("add", "anna.txt", "ben.txt", "--yes").code == 0
    run("train").refused("nobody has decided on a code yet")
    assert run("code").code == 0
    with open_project(study) as project:
        from autocode.batch import project_coder

        segment = digest(project_coder(project).settings.segment.model_dump(mode="json"))
        for name in ("anna", "ben"):
            for number, code in enumerate(("trust", "learning", "conflict")):
                coder = project_coder(project)
                units = [u for u in project.store.coding(coder.run_key, name).utterances if u.codable]
                for one in ("trust", "learning", "conflict"):
                    project.store.add_decision(
                        Decision(units[number].id, one, "zoe", one == code, True, datetime.now(UTC)),
                        segmentation=segment,
                    )
    trained = run("train", "--json")
    assert trained.code == 0, trained.err
    assert trained.data["n_units"] == 6
    status = run("status", "--json").data
    assert not any(one["coded"] for one in status["transcripts"])
    assert run("code", "--out", "coding").code == 0
    rows = [item for row in lines_of(study / "coding" / "suggestions.jsonl") for item in row["suggestions"]]
    assert any(item["probability"] is not None for item in rows)
    assert (study / "model").stat().st_mode & 0o777 == 0o700


def test_review_starts_without_a_model_of_an_older_codebook(run: Run, study: Path) -> None:
    (study / "anna.txt").write_text(INTERVIEW, encoding="utf-8")
    assert run("add", "anna.txt", "--yes").code == 0
    assert run("code", "--out", "coding").code == 0
    units = [row for row in lines_of(study / "coding" / "utterances.jsonl") if row["meta"]["codable"]]
    codes = [{"utterance_id": units[0]["utterance_id"], "coder": "a", "code": "trust"}]
    assert run("train", "--labels", write(study / "codes.jsonl", codes)).code == 0
    book = study / "codebook.yaml"
    book.write_text(book.read_text().replace("The firm learns", "The firm at last learns"), encoding="utf-8")
    told = (
        "warning: the trained model is left aside: the model was trained on another version of the codebook"
    )
    for command in (("status",), ("code",), ("themes",)):
        assert told in run(*command).err
    page = process("--json", "review", "--no-browser", cwd=study)
    assert page.stdout is not None
    assert page.stdout.readline() == "{\n"  # the link follows
    page.terminate()
    _, errors = page.communicate(timeout=60)
    told = [line for line in errors.splitlines() if "model" in line]
    assert len(told) == 1, errors
    assert told[0].startswith("warning: the trained model is left aside: the model was trained on another")


def test_what_was_decided_in_another_cut_is_not_learnt_for_it(run: Run, study: Path) -> None:
    (study / "anna.txt").write_text(INTERVIEW, encoding="utf-8")
    assert run("add", "anna.txt", "--yes").code == 0
    settings, before = study / "autocode.toml", (study / "autocode.toml").read_text()
    settings.write_text(before + '[segment]\nunit = "turn"\n')
    assert run("code").code == 0
    with open_project(study) as project:
        people = ReviewStore(project.store)
        mia, units = people.add_account("Mia", "coder"), people.pool().keys.tolist()
        changes = [["done", unit, True] for unit in units]
        changes.append(["code", units[0], "trust", True])
        people.act(mia.key, Request("all", "done", changes, project.store.codebooks()[-1].digest))
    settings.write_text(before + '[segment]\nunit = "sentence"\n')
    for command in (("train",), ("next", "--out", "next.csv")):
        run(*command).refused(
            "cut the transcripts into other statements than were coded; run 'autocode code'"
        )
    assert run("code").code == 0
    told = f"all that people have decided ({len(units)} finished statements) is of an earlier cut"
    run("train").refused(told)
    settings.write_text(before + '[segment]\nunit = "turn"\n')
    assert run("code").code == 0
    assert told not in run("train").err


def test_evaluate(run: Run, here: Path, dataset: Path, settings: Path) -> None:
    done = run("evaluate", dataset, "--out", "results/metrics.json", "--config", settings, "--folds", 3,
               "--train-size", 1, "--train-size", 3)  # fmt: skip
    assert done.code == 0, done.err
    assert "TF-IDF" in done.out
    told = json.loads((here / "results" / "metrics.json").read_text())
    assert [point["train_size"] for point in told["learning_curve"]] == [1, 3]
    page = (here / "results" / "metrics.html").read_text()
    assert "What more coding would bring" in page
    assert {path.stat().st_mode & 0o777 for path in (here / "results").iterdir()} == {0o600}


def test_the_human_ceiling_is_told_with_its_utterances(
    run: Run, here: Path, dataset: Path, settings: Path
) -> None:
    anna = {name: lines_of(dataset / f"{name}.jsonl") for name in ("codes", "coverage")}

    def ben_too(n_interviews: int) -> None:
        for name, rows in anna.items():
            ben = [{**row, "coder": "ben"} for row in rows if row["utterance_id"] < f"i{n_interviews}"]
            write(dataset / f"{name}.jsonl", [*rows, *ben])

    evaluate = ("evaluate", dataset, "--out", "m.json", "--config", settings, "--folds", 2)
    few = "the human ceiling rests on 9 utterances that two people coded, which is too few to lean on"
    ben_too(1)
    done = run(*evaluate, "--human-ceiling")
    assert done.code == 0, done.err
    assert few in done.err
    page = (here / "m.html").read_text()
    assert few in page
    assert "reached a macro-F1" not in page
    assert "(9 utterances)" in " ".join(done.out.split())
    ben_too(3)
    done = run(*evaluate, "--human-ceiling")
    assert "human ceiling" not in done.err
    assert "a coder against the others (27 utterances)" in " ".join(done.out.split())
    assert "autocode against the same others" in done.out


def test_the_page_of_an_evaluation_says_how_to_repeat_it(
    run: Run, here: Path, dataset: Path, settings: Path
) -> None:
    bert = [{**row, "coder": "bert"} for row in lines_of(dataset / "coverage.jsonl")]
    write(dataset / "coverage.jsonl", [*lines_of(dataset / "coverage.jsonl"), *bert])
    (here / "data").mkdir()
    dataset.rename(here / "data" / "partners")
    more = ("--human-ceiling", "--encoder", "hashing", "--folds", 3)
    for place, told in (("data/partners", "data/partners"), (here / "data" / "partners", "partners")):
        config = settings if Path(place).is_absolute() else settings.name
        assert run("evaluate", place, "--out", "m.json", "--config", config, *more).code == 0
        page = (here / "m.html").read_text()
        command = page[page.index('<pre class="cite">autocode evaluate') :].partition("</pre>")[0]
        assert f"autocode evaluate {told} --out" in command
        for part in ("--encoder hashing", "--config settings.toml", "--human-ceiling", "--folds 3"):
            assert part in command
        assert "--minutes" not in command
        assert str(here) not in page
        assert str(here) not in (here / "m.json").read_text()


def test_an_evaluation_says_why_nothing_is_settled_and_how_wrong_the_settled_is(
    run: Run, dataset: Path, settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("evaluate", dataset, "--out", "m.json", "--config", settings, "--folds", 3)

    def told(*more: object) -> str:
        return " ".join(run(*command, *more).out.split())

    few = told("--target-error", 0.05)
    for side in ("accepted", "rejected"):
        assert re.search(rf"nothing could be {side} unseen \(code about \d+ more interviews\)", few)
    many = told("--target-error", 0.6, "--confidence", 0.5)
    for side in ("accepted", "rejected"):
        assert re.search(rf"of decisions {side} unseen with [\d.]+% wrong", many)
    looked_at = lines_of(dataset / "coverage.jsonl")
    drawn = [row for row in looked_at if random.Random(row["utterance_id"]).random() < 0.5]
    write(dataset / "codes.jsonl", [{**row, "code": "trust"} for row in drawn])  # whatever was said
    assert "nothing could be accepted unseen (too often wrong, or too seldom sure, for this target)" in told(
        "--target-error", 0.05
    )


@pytest.mark.parametrize(
    ("command", "out", "part"),
    [
        ("train", "file.json", "is a file"),
        ("train", "file.json/model", "is a file"),
        ("train", "/proc/none/model", "cannot be made"),
        ("train", "taken", "is a folder"),
        ("evaluate", "file.json/metrics.json", "is a file"),
        ("evaluate", "/proc/none/metrics.json", "cannot be made"),
        ("evaluate", "taken/model.json", "is a folder"),
        ("evaluate", "/proc/metrics.json", "cannot be written"),
    ],
)
def test_an_out_that_cannot_be_written_is_told_before_the_work(
    run: Run, here: Path, dataset: Path, settings: Path, monkeypatch: pytest.MonkeyPatch,
    command: str, out: str, part: str,
) -> None:  # fmt: skip
    (here / "file.json").touch()
    (here / "taken" / "model.json").mkdir(parents=True)
    before = tree(here)

    def work(*_: object, **__: object) -> None:
        raise AssertionError

    for place in ("autocode.evaluate.run.signals_of", "autocode.training.signals_of"):
        monkeypatch.setattr(place, work)
    run(command, dataset, "--out", out, "--config", settings).refused(part)
    assert tree(here) == before


def test_an_evaluation_that_fails_leaves_no_folder(
    run: Run, here: Path, dataset: Path, settings: Path
) -> None:
    before = tree(here)
    run("evaluate", dataset, "--out", "new/m.json", "--config", settings, "--train-size", 9).refused("only")
    assert tree(here) == before


@pytest.mark.parametrize("what", ["run.signals_of", "page.write_page"])
def test_an_evaluation_that_is_interrupted_writes_nothing(
    run: Run, here: Path, dataset: Path, settings: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    before = tree(here)

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(f"autocode.evaluate.{what}", interrupted)
    stopped = run("evaluate", dataset, "--out", "new/m.json", "--config", settings, "--folds", 3)
    stopped.refused("interrupted; nothing was written", code=130)
    assert tree(here) == before


@pytest.mark.parametrize("what", ["tune", "signals_of"])
def test_training_that_is_interrupted_leaves_the_earlier_model(
    run: Run, here: Path, dataset: Path, settings: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    assert run("train", dataset, "--out", "model", "--config", settings).code == 0
    (here / "model" / "encoder").mkdir()  # of an earlier fine-tuning
    (here / "model" / "encoder" / "heads.npz").write_bytes(b"earlier")
    before = tree(here)

    def interrupted(*_: object, **__: object) -> None:
        assert {name: tree(here).get(name) for name in before} == before
        raise KeyboardInterrupt

    monkeypatch.setattr(f"autocode.training.{what}", interrupted)
    stopped = run("train", dataset, "--out", "model", "--config", settings, "--fine-tune")
    assert (stopped.code, stopped.err.splitlines()[-1]) == (130, "autocode: interrupted; nothing was written")
    assert tree(here) == before
    assert run("train", dataset, "--out", "other", "--config", settings, "--fine-tune").code == 130
    assert tree(here) == before


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("train", "none", "--out", "m"), ("none: no such folder",)),
        (("train", "dataset"), ("--out is missing",)),
        (("train", "dataset", "--out", "m", "--labels", "x"), ("--labels",)),
        (("train", "dataset", "--out", "m", "--target-error", "2"), ("target error", "2 found")),
        (("train",), ("project",)),
        (("evaluate", "dataset", "--out", "m.txt"), (".json",)),
        (
            ("evaluate", "dataset", "--out", "m.json", "--group-by", "meta.firm"),
            ("meta.firm", "no such field"),
        ),
        (("evaluate", "dataset", "--out", "m.json", "--target-error", "0"), ("target error",)),
        (("evaluate", "dataset", "--out", "m.json", "--human-ceiling"), ("no two coders",)),
        (("evaluate", "dataset", "--out", "m.json", "--train-size", "5"), ("--train-size 5",)),
        (("evaluate", "dataset", "--out", "m.json", "--seed", "-1"), ("--seed", "at least 0", "-1 found")),
    ],
)
def test_what_is_refused(
    run: Run, here: Path, dataset: Path, settings: Path, arguments: tuple[str, ...], parts: tuple[str, ...]
) -> None:
    before = tree(here)
    more = ("--config", settings) if arguments[1:2] == ("dataset",) else ()
    run(*arguments, *more).refused(*parts)
    assert tree(here) == before


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        (("--coverage", "coverage.jsonl"), ("--coverage: needs human codes",)),
        (("--target-error", "0.05"), ("--target-error: needs human codes",)),
        (("--labels", "codes.jsonl"), ("codes.jsonl, line 1", "no utterance 'nowhere'")),
        (("--model", "none"), ("none: holds no trained model",)),
        (("--model", "none", "--labels", "codes.jsonl"), ("give one of them",)),
    ],
)
def test_human_codes_that_cannot_be_used(
    run: Run, here: Path, book: Path, interview: Path, settings: Path, options: tuple[str, ...],
    parts: tuple[str, ...],
) -> None:  # fmt: skip
    write(here / "codes.jsonl", [{"utterance_id": "nowhere", "coder": "a", "code": "trust"}])
    before = tree(here)
    run("code", interview, "--codebook", book, "--out", "out", "--config", settings, *options).refused(*parts)
    assert tree(here) == before


def test_in_a_project_code_takes_no_labels(run: Run, study: Path) -> None:
    run("code", "--labels", "codes.jsonl").refused("'autocode train'")


@pytest.mark.model
@pytest.mark.slow
def test_fine_tuning_is_kept_only_if_it_helps_and_serves_the_coding(
    run: Run, here: Path, dataset: Path
) -> None:
    trained = run("train", dataset, "--out", "model", "--fine-tune", "--minutes", 0.5, "--json")
    if trained.code == 2:  # six interviews of nine answers are too few
        trained.refused("fine-tuning needs 60 coded utterances")
    more = [
        {"transcript_id": f"j{i}", "utterance_id": f"j{i}-{t}", "speaker": "R", "role": "respondent",
         "text": SAID["trust" if (t + i) % 2 else "conflict"][t % 3] + f" Number {t}."}
        for i in range(6) for t in range(12)
    ]  # fmt: skip
    codes = [
        {"utterance_id": row["utterance_id"], "coder": "anna",
         "code": "trust" if row["text"].rsplit(" Number", 1)[0] in SAID["trust"] else "conflict"}
        for row in more
    ]  # fmt: skip
    coverage = [{"utterance_id": row["utterance_id"], "coder": "anna"} for row in more]
    for name, rows in (("utterances", more), ("codes", codes), ("coverage", coverage)):
        write(dataset / f"{name}.jsonl", rows)
    trained = run("train", dataset, "--out", "model", "--fine-tune", "--minutes", 0.5)
    assert trained.code == 0, trained.err
    helped = "Fine-tuning helped" in trained.err
    assert helped or "Fine-tuning did not help" in trained.err
    assert (here / "model" / "encoder").exists() == helped
    coded = run("code", dataset / "utterances.jsonl", "--codebook", dataset / "codebook.json", "--out", "out",
                "--model", "model")  # fmt: skip
    assert coded.code == 0, coded.err
    assert any(row["suggestions"] for row in lines_of(here / "out" / "suggestions.jsonl"))
