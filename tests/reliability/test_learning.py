"""The learning curve: which decisions make a point, its numbers by hand, and what is said without one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from autocode.codebook import Code, Codebook
from autocode.errors import AgreementError
from autocode.reliability import Panel, Unit, agreement
from autocode.reliability.contents import sections
from autocode.reliability.document import document
from autocode.reliability.learning import _parts
from autocode.reliability.page import page
from autocode.reliability.panel import Step
from autocode.report.blocks import Figure
from autocode.report.curve import BOTTOM, LEFT, RIGHT, TOP
from autocode.report.drawing import Curve, Dot

BOOK = Codebook(name="b", codes=(Code(id="trust", name="Trust"), Code(id="risk", name="Risk")))
TRUST, NONE = frozenset({"trust"}), frozenset[str]()


def panel(steps: list[Step]) -> Panel:
    """Two people on 240 units of twelve interviews; half of the units are about trust."""
    units = {f"u{i:03}": Unit(f"u{i:03}", f"t{i % 12:02}", f"Said {i}.") for i in range(240)}
    both = {unit: TRUST if i % 24 < 12 else NONE for i, unit in enumerate(units)}
    return Panel(
        {"kind": "project", "name": "study", "sha256": {}}, BOOK, units, {"ann": both, "ben": dict(both)},
        steps=tuple(steps),
    )  # fmt: skip


def steps(first: int, n: int, n_labels: int | None, wrong: int, coder: str = "ann") -> list[Step]:
    """Decisions on `n` units in a row, the machine's `wrong` in the first of them."""
    found = []
    for i in range(first, first + n):
        given = TRUST if i % 24 < 12 else NONE
        guess = given if i >= first + wrong else TRUST - given
        found.append(Step(f"u{i:03}", coder, n_labels, given, guess))
    return found


def alpha_of(n: int, agreed_yes: int, agreed_no: int) -> float:
    """Nominal alpha of two: units on which they differ are the rest."""
    yes = 2 * agreed_yes + (n - agreed_yes - agreed_no)
    no = 2 * n - yes
    return 1 - (2 * n - 1) * (n - agreed_yes - agreed_no) / (yes * no)


def test_points_are_the_alpha_of_what_was_suggested_then() -> None:
    """48 decisions before anything was learnt, the machine wrong in 20; 48 after 60 labels, wrong in 6."""
    record = agreement(panel([*steps(0, 48, 0, 20), *steps(48, 48, 60, 6)]), replicates=200)
    first, second = record["learning"]["points"]
    assert (first["n_labels"], first["n_codings"], first["n_interviews"]) == (0.0, 48, 12)
    assert (second["n_labels_from"], second["n_labels_to"]) == (60, 60)
    numbers = [one["rows"][0] for one in (first, second)]
    assert numbers[0]["value"] == pytest.approx(alpha_of(48, 12, 16), abs=1e-6)
    assert numbers[1]["value"] == pytest.approx(alpha_of(48, 18, 24), abs=1e-6)
    assert all(one["low"] < one["value"] < one["high"] for one in numbers)
    assert first["rows"][1]["value"] == pytest.approx(28 / 48, abs=1e-6)
    said = record["learning"]["sentence"]
    assert "after 0 labelled statements" in said
    assert "after 60." in said
    (drawing,) = (b.drawing for one in sections(record) for b in one.blocks if isinstance(b, Figure))
    shapes = [shape for group in drawing.groups for shape in group.shapes]
    dots = [shape for shape in shapes if isinstance(shape, Dot)]
    assert [dot.x for dot in dots] == [LEFT, RIGHT]  # after 0 and after 60 labels
    assert dots[1].y < dots[0].y <= BOTTOM
    dashed = [shape for shape in shapes if isinstance(shape, Curve) and shape.dashed]
    assert [line.start[1] for line in dashed] == [TOP]  # Ann and Ben agree: 1
    assert "What more human codes bring" in page(record)
    assert page(record).count("<svg") == 2
    assert document(record).startswith(b"PK")


def test_decisions_of_people_left_out_and_those_of_which_nothing_is_known_make_no_point() -> None:
    told = [
        *steps(0, 40, 0, 10),
        *steps(40, 40, 30, 4),
        *steps(80, 40, None, 0),
        *steps(120, 40, 90, 0, "cem"),
    ]
    learning = agreement(panel(told), replicates=200)["learning"]
    assert [one["n_labels_to"] for one in learning["points"]] == [0, 30]
    assert learning["n_unknown"] == 40
    assert "Of 40 further decisions it is not known" in learning["sentence"]


def test_parts_hold_thirty_or_more_and_never_split_a_number_of_labels() -> None:
    def sizes(*counts: tuple[int, int]) -> list[tuple[int, int, int]]:
        made = [one for n_labels, n in counts for one in steps(0, n, n_labels, 0)]
        return [(part[0].n_labels or 0, part[-1].n_labels or 0, len(part)) for part in _parts(made)]

    assert sizes((0, 20), (25, 29)) == []
    assert sizes((0, 35), (25, 20), (30, 20), (40, 5)) == [(0, 0, 35), (25, 40, 45)]
    assert sizes((20, 100), (40, 100), (60, 10)) == [(20, 20, 100), (40, 60, 110)]
    assert sizes(*((k, 10) for k in range(1, 61)))[0] == (1, 12, 120)
    assert len(sizes(*((k, 10) for k in range(1, 61)))) == 5


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ([], "no blind decision has been made"),
        (steps(0, 40, None, 0), "it is not recorded how much the machine had learnt"),
        (steps(0, 40, 0, 0), "40 blind decisions in the project do not make two points of 30"),
    ],
)
def test_without_two_points_the_reason_stands_there(told: list[Step], reason: str) -> None:
    record = agreement(panel(told), replicates=200)
    assert record["learning"]["undefined_because"].startswith(reason)
    (absent,) = [one for one in sections(record) if one.name == "absent"]
    assert reason in str(absent.blocks)


def point(n: float, value: float) -> dict[str, Any]:
    row = {
        "name": "masi_alpha", "label": "alpha", "value": value, "undefined_because": None,
        "low": value - 0.1, "high": value + 0.1, "method": "bootstrap of interviews",
        "p_below_667": 0.5, "p_below_800": 0.9, "caveats": [],
    }  # fmt: skip
    beside = {"n_codings": 400, "n_interviews": 40, "rows": [row]}
    return {"train_size": int(n / 10), "macro_f1": value, "n_learnt_from": n, "agreement": beside}


def test_an_evaluation_makes_a_curve_too(tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    whole = {**point(200, 0.6), "dataset": "talks", "learning_curve": [point(200, 0.6), point(50, 0.4)]}
    path.write_text(json.dumps(whole), encoding="utf-8")
    told = [*steps(0, 48, 0, 24), *steps(48, 48, 60, 12)]
    learning = agreement(panel(told), metrics=[path], replicates=200)["learning"]
    assert [(one["source"], one["n_labels"]) for one in learning["points"]] == [
        ("the project", 0.0), ("the project", 60.0),
        ("the evaluation of talks (another codebook)", 50),
        ("the evaluation of talks (another codebook)", 200),
    ]  # fmt: skip
    said = "In the evaluation of talks (another codebook) alpha was .40 [.30, .50] after 50 labelled"
    assert said in learning["sentence"]
    path.write_text(json.dumps({**point(200, 0.6), "dataset": "talks"}), encoding="utf-8")
    alone = agreement(panel([]), metrics=[path], replicates=200)["learning"]
    assert alone["undefined_because"].startswith("the evaluation has one point only; --train-size")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such file"),
        ("not json", "is not the file of an evaluation; make one with 'autocode evaluate DATASET_DIR"),
        ("[1]", "is not the file of an evaluation"),
        (
            json.dumps({"dataset": "talks", "macro_f1": 0.5}),
            "was made by an earlier autocode; evaluate again",
        ),
    ],
)
def test_files_that_are_no_evaluation_are_refused(tmp_path: Path, content: str | None, message: str) -> None:
    path = tmp_path / "m.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(AgreementError, match=message):
        agreement(panel([]), metrics=[path], replicates=200)
