"""`autocode codebook show | check | convert`."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.codebook import read_codebook
from tests.cli.conftest import Run, tree


def test_show_draws_the_hierarchy(run: Run, book: Path) -> None:
    done = run("codebook", "show", book)
    assert done.code == 0
    for word in ("partners", "4 codes", "Cooperation", "trust", "learning"):
        assert word in done.out
    assert done.out.index("Cooperation") < done.out.index("Trust") < done.out.index("Learning")


def test_show_one_code_in_full(run: Run, book: Path) -> None:
    for name in ("trust", "Cooperation > Trust", "cooperation > trust"):
        done = run("codebook", "show", book, name)
        assert done.code == 0, done.err
        for word in ("id: trust", "relied on without control", "nobody checks their numbers", "rely on"):
            assert word in done.out
    run("codebook", "show", book, "trsut").refused("trsut", "did you mean 'trust'?")


def test_show_json_holds_everything(run: Run, book: Path) -> None:
    assert (
        run("--json", "codebook", "show", "knowledge_dynamics").data["digest"]
        == read_codebook("knowledge_dynamics").digest
    )
    told = run("--json", "codebook", "show", book, "trust").data
    assert (told["id"], told["path"]) == ("trust", "Cooperation > Trust")


@pytest.mark.parametrize("name", ["knowledge_dynamics", "relationship_development"])
def test_check_counts_and_advises(run: Run, name: str) -> None:
    told = run("--json", "codebook", "check", name).data
    book = read_codebook(name)
    assert (told["n_codes"], told["digest"]) == (len(book.ids), book.digest)
    assert "Valid" in run("codebook", "check", name).out


def test_check_says_what_is_thin(run: Run, here: Path) -> None:
    (here / "thin.yaml").write_text("codes:\n- id: a\n- id: b\n")
    done = run("codebook", "check", "thin.yaml")
    assert "things to consider" in done.out
    assert "definition" in done.out
    assert "2 times: a, b" in done.out
    (here / "names.yaml").write_text(
        "codes: [" + ", ".join(f"{{id: {name}}}" for name in "abcdefghijklmno") + "]"
    )
    told = run("codebook", "check", "names.yaml").out
    assert len(told.splitlines()) < 15
    assert "15 times: a, b, c" in told
    assert "and 3 more" in told
    assert len(run("--json", "codebook", "check", "names.yaml").data["advice"]) == 60


@pytest.mark.parametrize("suffix", [".yaml", ".json", ".csv", ".tsv"])
def test_convert_reads_back_equal(run: Run, here: Path, book: Path, suffix: str) -> None:
    target = here / f"converted{suffix}"
    assert run("codebook", "convert", book, target).code == 0
    assert target.stat().st_mode & 0o777 == 0o600
    old, new = read_codebook(book), read_codebook(target)
    assert new.codes == old.codes
    before = target.read_bytes()
    run("codebook", "convert", book, target).refused(target.name, "--force")
    assert target.read_bytes() == before
    assert run("codebook", "convert", book, target, "--force").code == 0


def test_convert_to_where_nothing_can_be(run: Run, here: Path, book: Path) -> None:
    before = tree(here)
    run("codebook", "convert", book, "book.docx").refused("book.docx", ".yaml")
    run("codebook", "convert", book, "gone/book.json").refused("gone/book.json")
    run("codebook", "convert", book, ".", "--force").refused(".")
    assert tree(here) == before
