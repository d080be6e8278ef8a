"""Beside the themes: whether the codes hold together, people's if there are any, else suggested ones."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from autocode.codebook import Codebook
from autocode.config import Settings
from autocode.learn.labels import Labels
from autocode.themes import find_themes, write_themes
from tests.themes.conftest import RESPONDENTS, SUBJECTS, coded, write_interviews

WHERE = {
    text: (n % 4, n // 4 + 3 * k) for k, texts in enumerate(SUBJECTS.values()) for n, text in enumerate(texts)
}


def labelled(codebook: Codebook) -> Labels:
    """People have read all but what is about skiing: trust is given to what is about trust and about dogs."""
    given = {
        subject: ["trust", "cooperation"] if subject in {"trust", "dogs"} else [] for subject in SUBJECTS
    }
    rows = [(f"i{who}-{place + 1}", given[subject])
            for subject, texts in SUBJECTS.items() if subject != "ski"
            for who, place in (WHERE[text] for text in texts)]  # fmt: skip
    values = np.array([[float(code in codes) for code in codebook.ids] for _, codes in rows])
    return Labels(tuple(unit for unit, _ in rows), codebook.ids, values)


@pytest.mark.model
def test_peoples_codes_are_judged_where_there_are_any(tmp_path: Path, codebook: Codebook) -> None:
    coder, codings = coded(write_interviews(tmp_path / "u.jsonl", list(SUBJECTS)), codebook)
    found = find_themes(coder, codings, n_runs=1, people=labelled(codebook))
    assert found.codes is not None
    assert (found.codes.by, len(found.codes.said)) == ("people", 36)
    write_themes(found, tmp_path / "out")
    told = json.loads((tmp_path / "out" / "themes.json").read_text())["codes"]
    rows = [(row["code"], row["n_statements"], row["n_respondents"], row["marks"]) for row in told["codes"]]
    assert rows == [
        ("trust", 24, 4, "two meanings?"),
        ("conflict", 0, 0, "no statements"),
        ("learning", 0, 0, "no statements"),
    ]  # cooperation has those of trust
    groups = told["two_meanings"]["trust"]
    texts = [{one["text"] for one in group["typical"]} for group in groups]
    about = [
        next(s for s in ("trust", "dogs") if shown <= {" ".join(t.split()) for t in SUBJECTS[s]})
        for shown in texts
    ]
    assert sorted(about) == ["dogs", "trust"]
    with (tmp_path / "out" / "codes.csv").open(newline="") as file:
        assert [row["code"] for row in csv.DictReader(file)] == ["trust", "conflict", "learning"]
    page = (tmp_path / "out" / "themes.html").read_text()
    assert "Codes are those of people." in page
    assert "Trust: two meanings?" in page
    assert not any(name in page for name in RESPONDENTS)


def test_without_people_the_suggested_codes_are_judged(
    tmp_path: Path, codebook: Codebook, hashing: Settings
) -> None:
    coder, codings = coded(write_interviews(tmp_path / "u.jsonl", list(SUBJECTS)), codebook, hashing)
    nobody = Labels((), codebook.ids, np.zeros((0, len(codebook.ids))))
    found = find_themes(coder, codings, n_runs=1, people=nobody)
    assert found.codes is not None
    assert (found.codes.by, len(found.codes.said)) == ("machine", 48)
    suggested = {
        one.code_id
        for coding in codings
        for s in coding.suggestions.values()
        for one in s
        if one.decision != "reject"
    }
    assert set(codebook.ids) - suggested == set(found.codes.holding.unused)
    write_themes(found, tmp_path / "out")
    assert (
        "Codes are what the machine suggests: people have accepted none"
        in (tmp_path / "out" / "themes.html").read_text()
    )
