"""Projects of other programs are compared as they are: several people in them are several coders."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.errors import AgreementError
from autocode.reliability import agreement, read_panel
from tests.exchange.native import DAY, qualcoder, taguette

SAID = [
    "We trust them in everything that we do.",
    "It rained for the whole of that winter.",
    "We take a risk with every new machine.",
    "Nothing much has happened in the last spring.",
    "We learn from our partners every single week.",
]
FIRST = f"I: How is it?\nB: {' '.join(SAID[:3])}\nI: And now?\nB: {' '.join(SAID[3:])}"
SECOND = "I: Again?\nB: We trust nobody in this whole business."


def row(ctid: int, code: int, document: int, quote: str, owner: str) -> tuple[object, ...]:
    text = (FIRST, SECOND)[document - 1]
    start = text.index(quote)
    return ctid, code, document, quote, start, start + len(quote), owner, DAY, "", None, None


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Ann coded both documents, ben the first only, in stretches that are cut otherwise."""
    documents = [
        (n, f"d{n}", text, None, "", "ann", DAY, None, None) for n, text in ((1, FIRST), (2, SECOND))
    ]
    return qualcoder(
        tmp_path, source=documents, annotation=[], code_image=[],
        code_text=[
            row(1, 1, 1, "trust them", "ann"),
            row(2, 2, 1, "We take a risk with every new machine.", "ann"),
            row(3, 1, 1, "trust them in everything that we do. It", "ben"),  # reaches into the next sentence
            row(4, 1, 2, "We trust nobody", "ann"),
        ],
    )  # fmt: skip


def test_stretches_are_projected_on_utterances(study: Path) -> None:
    panel = read_panel(study)
    said = {unit: one.text for unit, one in panel.units.items()}
    given = {
        coder: {said[unit]: set(codes) for unit, codes in coding.items() if codes}
        for coder, coding in panel.humans.items()
    }
    assert given == {
        "ann": {SAID[0]: {"trust"}, SAID[2]: {"risk"}, "We trust nobody in this whole business.": {"trust"}},
        "ben": {SAID[0]: {"trust"}, SAID[1]: {"trust"}},
    }
    assert len(panel.humans["ann"]) == 6  # five sentences of B in the first document, one in the second
    assert len(panel.humans["ben"]) == 5
    assert panel.spans is not None
    assert len(panel.spans.spans) == 4
    [note] = [one for one in panel.warnings if one.startswith("coverage")]
    assert "ann 2 of 2, ben 1 of 2" in note


def test_the_report_of_such_a_project(study: Path) -> None:
    """Of 5 shared units ann gave 'trust' to one and ben to that one and another: they agree on 4."""
    record = agreement(read_panel(study), replicates=100)
    [trust] = [one for one in record["codes"] if one["code"].endswith("trust")]
    rows = {one["name"]: one["value"] for one in trust["rows"]}
    assert rows["percent_agreement"] == pytest.approx(0.8)
    assert (trust["n_pairable"], trust["n_positive"]) == (5, 2)
    assert any("coverage" in one for one in record["warnings"])
    assert record["source"]["name"] == "study.qda"


def test_people_of_a_taguette_log_are_coders(tmp_path: Path) -> None:
    assert set(read_panel(taguette(tmp_path)).humans) == {"ann", "ben"}


def test_what_cannot_be_compared(tmp_path: Path, study: Path) -> None:
    with pytest.raises(AgreementError, match="--codebook"):
        read_panel(study, codebook="x.yaml")
    empty = qualcoder(tmp_path / "empty", code_text=[])
    with pytest.raises(AgreementError, match="nobody coded"):
        read_panel(empty)
