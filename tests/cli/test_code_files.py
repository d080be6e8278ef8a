"""`autocode code FILE... --codebook --out`: the files that other programs rely on."""

from __future__ import annotations

import csv
import gzip
import json
import os
import shutil
import stat
from pathlib import Path
from unittest.mock import ANY

import pytest

from autocode import __version__
from autocode.codebook import read_codebook
from autocode.digests import digest
from tests.cli.conftest import INTERVIEW, Run, lines_of

HASHING = ("--encoder", "hashing")
ROW_KEYS = ["transcript_id", "utterance_id", "speaker", "role", "text", "suggestions"]
ITEM_KEYS = ["code", "score", "probability", "decision", "evidence"]


def test_suggestions_hold_one_line_for_each_codable_utterance(run: Run, book: Path, interview: Path) -> None:
    assert run("code", interview, "--codebook", book, "--out", "out", *HASHING).code == 0
    rows, utterances = lines_of(Path("out/suggestions.jsonl")), lines_of(Path("out/utterances.jsonl"))
    codable = [row["utterance_id"] for row in utterances if row["meta"]["codable"]]
    assert [row["utterance_id"] for row in rows] == codable
    assert len(codable) == len(set(codable)) == 6
    text = interview.read_text()
    for row in rows:
        assert list(row) == ROW_KEYS
        assert (row["transcript_id"], row["speaker"], row["role"]) == ("anna", "Respondent", "respondent")
        for item in row["suggestions"]:
            assert list(item) == ITEM_KEYS
            assert item["probability"] is None
            assert item["decision"] in ("accept", "review")
            assert 0.5 <= item["score"] <= 1
            assert item["evidence"]
            for evidence in item["evidence"]:
                assert set(evidence) <= {"kind", "text", "weight", "start_char", "end_char"}
                if "start_char" in evidence:
                    span = slice(evidence["start_char"], evidence["end_char"])
                    assert row["text"][span] == evidence["text"]
    for row in utterances:
        assert text[row["char_start"] : row["char_end"]] == row["text"]
        assert list(row)[:5] == ROW_KEYS[:5]
        assert {"char_start", "char_end", "meta"} <= set(row)
    found = {item["code"] for row in rows for item in row["suggestions"]}
    assert {"trust", "learning", "conflict", "cooperation"} <= found


def test_all_scores_lists_every_code_best_first(run: Run, book: Path, interview: Path) -> None:
    for out, more in (("some", ()), ("all", ("--all-scores",))):
        assert run("code", interview, "--codebook", book, "--out", out, *HASHING, *more).code == 0
    some, everything = (lines_of(Path(out, "suggestions.jsonl")) for out in ("some", "all"))
    codebook = read_codebook(book)
    for few, row in zip(some, everything, strict=True):
        items = row["suggestions"]
        assert sorted(item["code"] for item in items) == sorted(codebook.ids)
        assert [item["score"] for item in items] == sorted((i["score"] for i in items), reverse=True)
        assert {item["decision"] for item in items} <= {"accept", "review", "reject"}
        assert [item for item in items if item["decision"] != "reject"] == few["suggestions"]
        score = {item["code"]: item["score"] for item in items}
        for code in codebook.ids:
            assert all(score[parent] >= score[code] for parent in codebook.ancestors(code))


def test_exclusive_codes_are_never_suggested_together(run: Run, book: Path, interview: Path) -> None:
    def both(path: Path) -> int:
        rows = lines_of(path / "suggestions.jsonl")
        return sum({"trust", "learning"} <= {i["code"] for i in row["suggestions"]} for row in rows)

    interview.write_text(
        "Interviewer: Well?\n\nRespondent: We trust them and rely on it, it taught us a lot.\n"
    )
    low = Path("low.toml")
    low.write_text("[classify]\nthreshold = 0.05\n")
    free = ("code", interview, "--codebook", book, "--config", low, *HASHING)
    assert run(*free, "--out", "free").code == 0
    book.write_text(book.read_text() + "exclusive_groups: [[trust, learning]]\n")
    assert run(*free, "--out", "exclusive").code == 0
    assert both(Path("free")) == 1
    assert both(Path("exclusive")) == 0


def test_csv_has_one_line_each_and_no_formula(run: Run, here: Path, book: Path) -> None:
    table = here / "dangerous.csv"
    rows = [
        {"transcript_id": "=T1", "utterance_id": "+u1", "speaker": "@Eva", "role": "respondent",
         "text": "=HYPERLINK(\"x\"), we trust them, I rely on it"},
        {"transcript_id": "=T1", "utterance_id": "-u2", "speaker": "@Eva", "role": "respondent",
         "text": " \t-2+3, a quarrel;\nthe lawyer was called"},
    ]  # fmt: skip
    with table.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    assert run("code", table, "--codebook", book, "--out", "out", *HASHING, "--all-scores").code == 0
    assert Path("out/suggestions.csv").read_bytes().startswith(b"transcript_id,")  # programs read it too
    with Path("out/suggestions.csv").open(newline="", encoding="utf-8") as stream:
        written = list(csv.DictReader(stream))
    assert [row["utterance_id"] for row in written] == ["'+u1", "'-u2"]
    assert written[0]["text"].startswith("'=HYPERLINK")
    for row in written:
        assert all(cell[:1] not in ("=", "+", "-", "@", "\t", "\r") for cell in row.values()), row
        assert all(0 <= float(row[f"score:{code}"]) <= 1 for code in read_codebook(book).ids)
    assert [row["utterance_id"] for row in lines_of(Path("out/suggestions.jsonl"))] == ["+u1", "-u2"]


def test_run_json_is_enough_to_repeat_the_run(run: Run, book: Path, interview: Path) -> None:
    arguments = ("code", interview, "--codebook", book, *HASHING, "--seed", 7, "--unit", "turn")
    assert run(*arguments, "--out", "out").code == 0
    told = json.loads(Path("out/run.json").read_text())
    assert told["autocode"] == __version__
    assert told["seed"] == told["settings"]["seed"] == 7
    assert told["settings"]["segment"]["unit"] == "turn"
    assert told["codebook"]["digest"] == read_codebook(book).digest
    assert (told["encoder"]["name"], len(told["encoder"]["digest"])) == ("hashing", 64)
    assert told["guide"] is None
    from hashlib import sha256

    hashed = sha256(interview.read_bytes()).hexdigest()
    known = {"transcript_id": "anna", "source": "anna.txt", "format": "text", "sha256": hashed}
    assert told["inputs"] == [{**known, "speakers": dict.fromkeys(("Interviewer", "Respondent"), ANY)}]
    roles = ("--speaker", "Interviewer=respondent", "--speaker", "Respondent=interviewer")
    assert run(*arguments, *roles, "--out", "other").code == 0
    [turned] = json.loads(Path("other/run.json").read_text())["inputs"]
    assert turned["speakers"] == {"Interviewer": "respondent", "Respondent": "interviewer"}
    assert told["counts"]["transcripts"] == 1
    assert told["counts"]["codable"] == len(lines_of(Path("out/suggestions.jsonl"))) == 3
    assert told["counts"]["utterances"] == len(lines_of(Path("out/utterances.jsonl"))) == 6
    total = told["timings"].pop("total")
    assert 0 < sum(told["timings"].values()) <= total + 0.01
    assert set(told["packages"]) >= {"spacy", "numpy", "scikit-learn"}
    assert len(told["run_key"]) == len(digest({}))


def test_only_the_owner_may_read_the_files(run: Run, book: Path, interview: Path) -> None:
    assert run("code", interview, "--codebook", book, "--out", "a/b/out", *HASHING).code == 0
    for folder in ("a", "a/b", "a/b/out"):
        assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
    names = {"suggestions.jsonl", "suggestions.csv", "utterances.jsonl", "run.json"}
    assert {path.name for path in Path("a/b/out").iterdir()} == names
    assert {stat.S_IMODE(path.stat().st_mode) for path in Path("a/b/out").iterdir()} == {0o600}


RESULTS = ("suggestions.jsonl", "suggestions.csv", "utterances.jsonl")


def test_the_same_input_gives_the_same_bytes(run: Run, book: Path, interview: Path) -> None:
    for out in ("one", "two"):
        assert run("code", interview, "--codebook", book, "--out", out, *HASHING, "--all-scores").code == 0
    for name in RESULTS:
        assert Path("one", name).read_bytes() == Path("two", name).read_bytes()


@pytest.mark.model
def test_neither_threads_nor_the_cache_change_a_byte(
    run: Run, book: Path, interview: Path, monkeypatch: pytest.MonkeyPatch, own_cache: Path, here: Path
) -> None:
    config = here / "threads.toml"
    cold = here / "cold"
    for out, threads, size in (("cold1", 1, 2.0), ("warm1", 1, 2.0), ("warm2", 2, 2.0), ("none2", 2, 0)):
        monkeypatch.setenv("AUTOCODE_CACHE_DIR", str(own_cache if out == "none2" else cold))
        config.write_text(f"[embed]\nthreads = {threads}\ncache_max_gb = {size}\n")
        done = run("code", interview, "--codebook", book, "--out", out, "--config", config, "--all-scores")
        assert done.code == 0, done.err
    for name in RESULTS:
        assert len({Path(out, name).read_bytes() for out in ("cold1", "warm1", "warm2", "none2")}) == 1
    keys = {json.loads(Path(out, "run.json").read_text())["run_key"] for out in ("cold1", "warm2", "none2")}
    assert len(keys) == 1  # settings of speed are no part of what a run is


def test_every_kind_of_file_is_coded_alike(run: Run, here: Path, book: Path, interview: Path) -> None:
    packed = here / "packed" / "anna.txt.gz"
    packed.parent.mkdir()
    packed.write_bytes(gzip.compress(INTERVIEW.encode()))
    for out, file in (("plain", interview), ("packed_out", packed)):
        assert run("code", file, "--codebook", book, "--out", out, *HASHING).code == 0
    assert Path("plain/suggestions.jsonl").read_bytes() == Path("packed_out/suggestions.jsonl").read_bytes()


def test_a_folder_and_files_with_the_same_name(run: Run, here: Path, book: Path, interview: Path) -> None:
    for name in ("x", "y"):
        (here / name).mkdir()
        shutil.copy(interview, here / name / "anna.txt")
    shutil.copy(interview, here / "x" / "anna-2.txt")
    (here / "x" / "notes.pages").write_text("not a transcript")
    done = run("code", interview, "x", "y", "y/anna.txt", "--codebook", book, "--out", "out", *HASHING)
    assert done.code == 0
    ids = [row["utterance_id"] for row in lines_of(Path("out/utterances.jsonl"))]
    assert len(ids) == len(set(ids))
    inputs = json.loads(Path("out/run.json").read_text())["inputs"]
    assert [one["transcript_id"] for one in inputs] == ["anna", "anna-2", "anna-3", "anna-4"]
    assert "anna-3" in done.err


def test_a_file_by_two_names_is_coded_once(run: Run, here: Path, book: Path, interview: Path) -> None:
    twice = ("anna.txt", interview, here / "." / "sub" / ".." / "anna.txt", here)
    (here / "sub").mkdir()
    book.rename(here / "sub" / book.name)
    done = run("code", *twice, "--codebook", "sub/book.yaml", "--out", "out", *HASHING)
    assert (done.code, "warning" in done.err) == (0, False)
    inputs = json.loads(Path("out/run.json").read_text())["inputs"]
    assert [one["transcript_id"] for one in inputs] == ["anna"]


def test_what_is_no_text_is_written_all_the_same(run: Run, here: Path, book: Path) -> None:
    row = {
        "transcript_id": "t",
        "utterance_id": "u",
        "speaker": "Eva \ud800",
        "role": "participant",
        "text": "We trust them \udfff completely.",
        "meta": {"note": "\ud83d"},
        "more": ["\ud83d"],
    }
    (here / "odd.jsonl").write_text(json.dumps(row) + "\n")
    assert run("code", "odd.jsonl", "--codebook", book, "--out", "out", *HASHING).code == 0
    assert lines_of(Path("out/suggestions.jsonl"))[0]["role"] == "respondent"


def test_nobody_to_listen_to_and_nothing_said(run: Run, here: Path, book: Path) -> None:
    (here / "short.txt").write_text("Interviewer: Is that so, and why is it so?\n\nRespondent: Mm-hm.\n")
    done = run("--json", "code", "short.txt", "--codebook", book, "--out", "out", *HASHING)
    assert done.code == 0
    assert lines_of(Path("out/suggestions.jsonl")) == []
    assert done.data["counts"]["codable"] == 0
    assert len(Path("out/suggestions.csv").read_text().splitlines()) == 1


def test_a_transcript_without_speakers_is_one_respondent(run: Run, here: Path, book: Path) -> None:
    (here / "memo.txt").write_text("We trust them completely. I can rely on what they say.\n")
    done = run("code", "memo.txt", "--codebook", book, "--out", "out", *HASHING)
    assert done.code == 0
    assert "warning: memo.txt" in done.err
    assert "trust them" not in done.err
    assert len(lines_of(Path("out/suggestions.jsonl"))) == 2


def test_what_was_written_can_be_coded_again(run: Run, book: Path, interview: Path) -> None:
    arguments = ("--codebook", book, *HASHING, "--all-scores")
    assert run("code", interview, *arguments, "--out", "first").code == 0
    before = Path("first/utterances.jsonl").read_bytes()
    run("code", "first", *arguments, "--out", "first").refused("first/utterances.jsonl", "overwritten")
    assert Path("first/utterances.jsonl").read_bytes() == before
    assert run("code", "first", *arguments, "--out", "second").code == 0
    first, second = (lines_of(Path(out, "suggestions.jsonl")) for out in ("first", "second"))
    ids = [
        [(row["transcript_id"], row["utterance_id"], row["text"]) for row in rows] for rows in (first, second)
    ]
    assert ids[0] == ids[1]


@pytest.mark.parametrize(
    "name",
    [
        "utterances.jsonl",
        "utterances.csv",
        "utterances.parquet",
        "codes.csv.gz",
        "coverage.jsonl",
        "run.json",
    ],
)
def test_nothing_of_others_is_replaced(run: Run, book: Path, interview: Path, name: str) -> None:
    Path("out").mkdir()
    (Path("out") / name).write_text("{}\n")
    arguments = ("code", interview, "--codebook", book, "--out", "out", *HASHING)
    run(*arguments).refused(f"out: {name} is there already, and of no coding", "--out")
    assert [path.name for path in Path("out").iterdir()] == [name]


def test_a_coding_replaces_an_earlier_one_unless_people_have_coded_it(
    run: Run, book: Path, interview: Path
) -> None:
    arguments = ("code", interview, "--codebook", book, "--out", "out", *HASHING)
    assert [run(*arguments, "--unit", unit).code for unit in ("turn", "sentence")] == [0, 0]
    assert len(lines_of(Path("out/suggestions.jsonl"))) == 6
    Path("out/codes.csv").write_text("utterance_id,coder,code\n")
    run(*arguments, "--unit", "turn").refused("out: codes.csv is there already")
    assert len(lines_of(Path("out/suggestions.jsonl"))) == 6


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--coverage", "coverage.csv"), "--coverage: needs human codes"),
        (("--target-error", 0.1), "--target-error: needs human codes"),
        (("--labels", "gone.csv"), "gone.csv: no such file"),
        (("--labels", "book.yaml", "--target-error", 5), "must lie between 0 and 1"),
        (("--model", "none"), "none: holds no trained model"),
        (("--model", "none", "--labels", "book.yaml"), "--model and --labels"),
        (("--encoder", "no-such-encoder"), "no-such-encoder"),
        (("--out", "book.yaml"), "book.yaml: is a file, and --out is a folder"),
    ],
)
@pytest.mark.usefixtures("interview")
def test_mistakes_are_told_before_any_work(
    run: Run, book: Path, options: tuple[object, ...], told: str
) -> None:
    done = run("code", "anna.txt", "--codebook", book, "--out", "out", *HASHING, *options)
    done.refused(told)
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("typo.csv", "id,name,defintion\ntrust,Trust,They rely on each other.\n", "'definition'"),
        ("typo.json", '{"codes": [{"id": "trust", "exampels": ["Sure."]}]}', "'examples'"),
        ("group.json", '{"codes": [{"id": "a"}, {"id": "b"}], "exclusive_group": []}', "'exclusive_groups'"),
    ],
)
def test_what_of_the_codebook_is_not_used_is_told(
    run: Run, here: Path, interview: Path, name: str, text: str, told: str
) -> None:
    (here / name).write_text(text)
    files = ("--codebook", name, "--out", "out", *HASHING)
    for arguments in (("code", interview, *files), ("themes", interview, *files), ("init", "s", *files[:2])):
        assert f"is not used; did you mean {told}?" in run(*arguments).err


@pytest.mark.parametrize("unit", ["turn", "sentence", "unit", "auto"])
def test_every_unit(run: Run, book: Path, interview: Path, unit: str) -> None:
    assert run("code", interview, "--codebook", book, "--out", "out", *HASHING, "--unit", unit).code == 0
    assert len(lines_of(Path("out/suggestions.jsonl"))) >= 3


def test_roles_can_be_corrected(run: Run, book: Path, interview: Path) -> None:
    swap = ("--speaker", "interviewer=Respondent", "--speaker", " RESPONDENT =interviewer")
    assert run("code", interview, "--codebook", book, "--out", "out", *HASHING, *swap).code == 0
    assert {row["speaker"] for row in lines_of(Path("out/suggestions.jsonl"))} == {"Interviewer"}


@pytest.mark.shared
def test_a_dataset_keeps_its_utterance_ids(run: Run, here: Path, shared: Path) -> None:
    for name in ("casino", "pdpilot"):
        source = shared / "data" / name
        if not source.is_dir():
            pytest.skip(f"{source} is not there")
        with gzip.open(source / "utterances.jsonl.gz", "rt", encoding="utf-8") as stream:
            rows = [json.loads(line) for _, line in zip(range(60), stream, strict=False)]
        (here / name).mkdir()
        with gzip.open(here / name / "utterances.jsonl.gz", "wt", encoding="utf-8") as stream:
            stream.writelines(json.dumps(row) + "\n" for row in rows)
        for other in ("codes.jsonl.gz", "codebook.json"):
            shutil.copy(source / other, here / name / other)
        book = here / name / "codebook.json"
        done = run("code", here / name, "--codebook", book, "--out", f"{name}-out", *HASHING, "--all-scores")
        assert done.code == 0, done.err
        written = lines_of(Path(f"{name}-out/utterances.jsonl"))
        assert [row["utterance_id"] for row in written] == [row["utterance_id"] for row in rows]
        assert [row["text"] for row in written] == [row["text"] for row in rows]
        coded = lines_of(Path(f"{name}-out/suggestions.jsonl"))
        assert coded
        codebook = read_codebook(book)
        assert {item["code"] for row in coded for item in row["suggestions"]} == set(codebook.ids)
        with gzip.open(here / name / "codes.jsonl.gz", "rt", encoding="utf-8") as stream:
            used = {json.loads(line)["code"] for line in stream}
        assert {codebook.resolve(code) for code in used} <= set(codebook.ids)


def test_guide_none_is_no_guide(run: Run, book: Path, interview: Path) -> None:
    arguments = ("code", interview, "--codebook", book, "--out", "out", "--guide", "none", *HASHING)
    assert run(*arguments).code == 0
    assert json.loads(Path("out/run.json").read_text())["guide"] is None


def test_a_speaker_in_the_settings_whom_nobody_knows(run: Run, book: Path, interview: Path) -> None:
    Path("my.toml").write_text('[speakers]\n"Respondant" = "respondent"\n')
    arguments = ("code", interview, "--codebook", book, "--out", "out", "--config", "my.toml", *HASHING)
    done = run(*arguments)
    assert done.code == 0
    assert "called 'Respondant'; did you mean 'Respondent'?" in done.err


def test_a_sign_of_life_without_a_terminal(run: Run, book: Path, interview: Path) -> None:
    arguments = ("code", interview, "--codebook", book, "--out", "out", *HASHING)
    assert run(*arguments).err.splitlines() == ["preparing the codebook and the encoder ..."]
    assert run("-q", *arguments).err == ""


def test_run_json_tells_what_was_learnt_from_and_how_it_was_written(
    run: Run, book: Path, interview: Path
) -> None:
    assert run("code", interview, "--codebook", book, "--out", "first", *HASHING).code == 0
    units = [row["utterance_id"] for row in lines_of(Path("first/suggestions.jsonl"))]
    labels, coverage = Path("codes.csv"), Path("coverage.csv")
    labels.write_text(f"utterance_id,coder,code\n{units[0]},x,trust\n{units[1]},x,learning\n")
    coverage.write_text("utterance_id,coder\n" + "".join(f"{unit},x\n" for unit in units))
    learnt = ("--labels", labels, "--coverage", coverage, "--target-error", 0.2, "--all-scores")
    assert run("code", interview, "--codebook", book, "--out", "out", *HASHING, *learnt).code == 0
    told = json.loads(Path("out/run.json").read_text())
    assert told["all_scores"] is True
    from hashlib import sha256

    assert told["learnt_from"] == [
        {"what": path.stem.replace("codes", "labels"), "source": path.name,
         "sha256": sha256(path.read_bytes()).hexdigest()}
        for path in (labels, coverage)
    ]  # fmt: skip
    assert told["model"]["dial"] == {"target_error": 0.2, "confidence": 0.95}
    assert run("-q", "code", interview, "--codebook", book, "--out", "out", *HASHING, *learnt[:2]).code == 0
    _, assumed = json.loads(Path("out/run.json").read_text())["learnt_from"]
    assert (assumed["what"], "taken to have seen all" in assumed["assumed"]) == ("coverage", True)


def test_labels_may_tell_of_a_row_without_text(run: Run, book: Path) -> None:
    rows = [
        {"transcript_id": t, "utterance_id": f"{t}{n}", "speaker": "R", "role": "respondent", "text": text}
        for t in "ab"
        for n, text in enumerate(["We trust them.", "", "We learned it.", "It rained."])
    ]
    Path("utterances.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    Path("codes.csv").write_text("utterance_id,coder,code\na0,x,trust\nb2,x,learning\n")
    Path("coverage.csv").write_text(
        "utterance_id,coder\n" + "".join(f"{r['utterance_id']},x\n" for r in rows)
    )
    done = run(
        "code", "utterances.jsonl", "--codebook", book, "--labels", "codes.csv", "--coverage", "coverage.csv",
        "--out", "out", *HASHING,
    )  # fmt: skip
    assert done.code == 0, done.err
    strange = Path("coverage.csv").read_text() + "zz,x\n"
    Path("coverage.csv").write_text(strange)
    run(
        "code", "utterances.jsonl", "--codebook", book, "--labels", "codes.csv", "--coverage", "coverage.csv",
        "--out", "other", *HASHING,
    ).refused("coverage.csv, line 10", "there is no utterance 'zz'")  # fmt: skip


def test_what_lies_beside_the_utterances_of_a_folder_is_told(run: Run, book: Path, interview: Path) -> None:
    folder = Path("interviews")
    folder.mkdir()
    shutil.copy(interview, folder / "anna.txt")
    assert run("code", folder, "--codebook", book, "--out", folder, *HASHING).code == 0
    (folder / "ben.txt").write_text(interview.read_text().replace("Respondent", "Ben"))
    done = run("code", folder, "--codebook", book, "--out", "out", *HASHING)
    assert done.code == 0
    assert "2 files beside the utterances, which alone are read" in done.err
    assert {row["transcript_id"] for row in lines_of(Path("out/suggestions.jsonl"))} == {"anna"}


def test_settings_with_a_byte_order_mark(run: Run, book: Path, interview: Path) -> None:
    Path("s.toml").write_bytes(b'\xef\xbb\xbf[embed]\nencoder = "hashing"\n')
    assert run("code", interview, "--codebook", book, "--config", "s.toml", "--out", "out").code == 0


def test_patterns_where_the_shell_leaves_them_to_the_program(
    run: Run, book: Path, interview: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """cmd.exe and PowerShell hand on what was typed."""
    folder = Path("interviews")
    folder.mkdir()
    for name in ("anna", "ben"):
        (folder / f"{name}.txt").write_text(interview.read_text().replace("Respondent", name.title()))
    told = ("code", "interviews/*.txt", "--codebook", book, *HASHING, "--out")
    run(*told, "out").refused("interviews/*.txt", "no such file")
    monkeypatch.setattr("autocode.cli.reading.WINDOWS", True)
    assert run(*told, "out").code == 0
    assert {row["transcript_id"] for row in lines_of(Path("out/suggestions.jsonl"))} == {"anna", "ben"}
    run("code", "other/*.txt", "--codebook", book, "--out", "o").refused("other/*.txt", "no such file")
