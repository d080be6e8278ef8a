"""A project: blind first decisions count, the machine is kept apart, what was agreed is adjudication."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from autocode.codebook import Codebook, read_codebook
from autocode.records import Suggestion, Transcript, Turn, Utterance
from autocode.reliability import agreement, panel_of_project
from autocode.reliability.panel import Panel
from autocode.reliability.record import find
from autocode.store import Coding, Project, Request, ReviewStore, create_project
from autocode.store.learnt import model_name
from autocode.store.review import SUCCESSION

BOOK = "name: b\ncodes:\n  - {id: trust, name: Trust}\n  - {id: risk, name: Risk}\n"
CODES = ("trust", "risk")
N = 12
KEYS = (f"key-{number:06}" for number in count())


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Three transcripts of twelve answers; `trust` was suggested for all."""
    with create_project(tmp_path / "study", settings_toml="", codebook_yaml=BOOK, guide_yaml="") as made:
        for name in ("t1", "t2", "t3"):
            text = "\n".join(f"Answer {i} of {name}." for i in range(N))
            starts = [text.index(f"Answer {i} of") for i in range(N)]
            said = text.split("\n")
            turns = tuple(
                Turn(i, "R", "respondent", said[i], starts[i], starts[i] + len(said[i])) for i in range(N)
            )
            made.store.add_transcript(Transcript(name, text, turns, "txt", f"{name}.txt", f"sha-{name}"))
            utterances = tuple(
                Utterance(
                    f"{name}:{t.index}",
                    name,
                    t.index,
                    t.index,
                    "R",
                    "respondent",
                    t.text,
                    t.start_char,
                    t.end_char,
                )
                for t in turns
            )
            suggested = tuple(Suggestion(u.id, "trust", 0.9, None, "review") for u in utterances)
            coding = Coding(utterances, suggested, np.full((N, 2), 0.5, np.float32), CODES)
            made.store.save_coding("run", name, coding, segmentation="s")
        made.store.add_codebook(book_of(made).digest, '{"codes": []}')
        yield made


def book_of(project: Project) -> Codebook:
    return read_codebook(project.codebook_path)


class Desk:
    """Coders at work."""

    def __init__(self, project: Project) -> None:
        self.project, self.people = project, ReviewStore(project.store)
        self.digest = book_of(project).digest
        pool = self.people.pool()
        self.key = dict(zip(pool.names, pool.keys.tolist(), strict=True))

    def code(
        self,
        coder: int,
        unit: str,
        *codes: str,
        blind: bool = True,
        actor: int | None = None,
        model: str = "",
    ) -> None:
        key = self.key[unit]
        changes = [["code", key, code, True] for code in codes] + [["done", key, True]]
        arm = "blind" if blind else "assisted"
        request = Request(
            next(KEYS), "decide", changes, self.digest, {key: arm}, {key: ["trust"]}, {"model": model}
        )
        self.people.act(actor or coder, request, subject=coder)

    def panel(self) -> Panel:
        return panel_of_project(self.project, book_of(self.project))


@pytest.fixture
def desk(project: Project) -> Desk:
    return Desk(project)


def test_blind_first_decisions_count_and_assisted_ones_are_told(desk: Desk) -> None:
    ann, ben = (desk.people.add_account(name, "coder").key for name in ("Ann", "Ben"))
    for i in range(N):
        for place in ("t1", "t2", "t3"):
            desk.code(ann, f"{place}:{i}", *(["trust"] if i < 6 else []))
            desk.code(ben, f"{place}:{i}", *(["trust"] if i < 5 else []), blind=place != "t3")
    desk.code(ann, "t1:11", "risk")  # a change of mind afterwards
    panel = desk.panel()
    assert panel.humans["Ann"]["t1:11"] == frozenset()
    assert set(panel.humans["Ben"]) == {f"{place}:{i}" for place in ("t1", "t2") for i in range(N)}
    assert set(panel.machines) == {"machine"}
    assert panel.machines["machine"]["t1:3"] == {"trust"}
    assert panel.units["t1:3"].link == "http://127.0.0.1:8710/utterance/t1%3A3"
    assert panel.units["t1:3"].text == "Answer 3 of t1."
    record = agreement(panel, replicates=200)
    assert record["blindness"]["n_blind"] == 60
    assert record["blindness"]["n_assisted"] == 12
    assert record["data"]["n_multiply_coded"] == 24
    assert record["data"]["codebook"]["version"] == 1
    assert any("12 codings made after" in warning for warning in record["warnings"])
    assert [one["kind"] for one in record["pairs"]] == ["human-human", "human-machine", "human-machine"]
    exact = find(record["overall"], "exact_agreement")
    assert exact is not None
    assert exact["value"] == pytest.approx(22 / 24, abs=1e-6)
    assert record["source"] == {"kind": "project", "name": "study", "sha256": {}}
    assert any("not drawn by chance" in warning for warning in record["warnings"])


def test_the_consensus_is_adjudication(desk: Desk) -> None:
    ann, ben = (desk.people.add_account(name, "coder").key for name in ("Ann", "Ben"))
    for i in range(N):
        desk.code(ann, f"t1:{i}", "trust")
        desk.code(ben, f"t1:{i}", *([] if i == 3 else ["trust"]))
    desk.code(desk.people.consensus(), "t1:3", "trust", actor=ann, blind=False)
    record = agreement(desk.panel(), replicates=200)
    assert record["adjudication"]["n_units"] == 1
    assert record["adjudication"]["per_code"] == [{"code": "trust", "added": 1, "removed": 0}]
    assert record["blindness"]["n_assisted"] == 0
    assert [one["name"] for one in record["data"]["coders"]] == ["Ann", "Ben", "machine"]
    assert record["machine"]["validity"] == {"n_units": 1, "precision": 1.0, "recall": 1.0, "f1": 1.0}


def test_merged_codes_count_for_the_code_they_went_into(desk: Desk) -> None:
    ann, ben = (desk.people.add_account(name, "coder").key for name in ("Ann", "Ben"))
    desk.people.set_setting(SUCCESSION, {"faith": "trust"})
    for i in range(N):
        desk.code(ann, f"t1:{i}", "faith")
        desk.code(ben, f"t1:{i}", "trust", "gone")
    panel = desk.panel()
    assert panel.humans["Ann"]["t1:0"] == panel.humans["Ben"]["t1:0"] == {"trust"}
    assert any("no longer has them" in warning and "gone" in warning for warning in panel.warnings)


def test_rounds_are_codebook_versions_and_drawn_units_are_known(desk: Desk) -> None:
    ann, ben = (desk.people.add_account(name, "coder").key for name in ("Ann", "Ben"))
    for coder in (ann, ben):
        desk.people.assign(coder, {desk.key[f"t1:{i}"]: 0.5 for i in range(N)})
        for i in range(N):
            desk.code(coder, f"t1:{i}", "trust", *(["risk"] if i % 2 else []))
    desk.project.store.add_codebook("second", '{"codes": []}')
    desk.digest = "second"
    for coder in (ann, ben):
        for i in range(N):
            desk.code(coder, f"t2:{i}", *(["trust"] if i else []))
    panel = desk.panel()
    assert panel.drawn == {f"t1:{i}" for i in range(N)}
    record = agreement(panel, replicates=200)
    assert [(one["label"], one["codebook_version"], one["n_units"]) for one in record["rounds"]] == [
        ("codebook version 1", 1, 13), ("codebook version 2", 2, 11),
    ]  # fmt: skip
    assert record["drift"] is None


def test_the_log_says_how_much_had_been_learnt_when_people_decided(desk: Desk) -> None:
    ann, ben = (desk.people.add_account(name, "coder").key for name in ("Ann", "Ben"))
    for i in range(N):
        desk.code(ann, f"t1:{i}", "trust", model="")
        desk.code(ben, f"t1:{i}", "trust", model=model_name(24))
        desk.code(ben, f"t2:{i}", "trust", model=model_name(36), blind=False)
    desk.code(ann, "t1:0", "risk", model=model_name(99))  # a change of mind is no first decision
    steps = {(one.coder, one.unit): one for one in desk.panel().steps}
    assert set(steps) == {(name, f"t1:{i}") for name in ("Ann", "Ben") for i in range(N)}
    assert steps["Ann", "t1:0"].n_labels == 0
    assert steps["Ann", "t1:0"].given == steps["Ann", "t1:0"].suggested == {"trust"}
    assert steps["Ben", "t1:5"].n_labels == 24
    desk.project.model_path.mkdir()  # then what was suggested before may be a trained model's
    assert {one.n_labels for one in desk.panel().steps} == {None, 24}


def test_spans_are_projected_on_units_and_measured_by_character(desk: Desk) -> None:
    ann, ben = (desk.people.add_account(name, "coder").key for name in ("Ann", "Ben"))
    for i in range(N):
        desk.code(ann, f"t1:{i}")
        desk.code(ben, f"t1:{i}")
    key = desk.people.reading("t1").transcript_key
    for coder, end in ((ann, 30), (ben, 25)):
        span = ["span", key, 0, end, "trust", True]
        desk.people.act(coder, Request(next(KEYS), "span", [span], desk.digest))
    record = agreement(desk.panel(), replicates=200)
    projected, _, u_alpha = record["spans"]["rows"]
    assert (projected["name"], projected["value"]) == ("projected_alpha", 1.0)
    assert 0.8 < u_alpha["value"] < 1.0
    assert u_alpha["label"] == "u-alpha of Trust, by character"
