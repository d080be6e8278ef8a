"""A project from its first suggestion to a corrected prevalence, with what its log says of the work."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from autocode.batch import code_project, project_coder
from autocode.codebook import read_codebook
from autocode.findings.gather import material_of, material_of_project
from autocode.findings.material import Material
from autocode.findings.method import method
from autocode.findings.part import Options
from autocode.findings.report import read_source
from autocode.learn.files import save_model
from autocode.learn.prevalence import code_prevalence
from autocode.read import read_transcript
from autocode.store import Project, Request, ReviewStore, create_project
from autocode.training import labels_of_people, signals_of, train

BOOK = """
name: b
levels: [topic, code]
codes:
  - {id: partners, name: Partners}
  - {id: trust, name: Trust, parent: partners, definition: The partner is relied on., cues: [trust, rely]}
  - {id: risk, name: Risk, definition: Something may be lost., cues: [risk, lose]}
"""
SAID = ("We trust them and rely on what they say.", "There is a risk that we lose our money here.",
        "My train was late on that day, as ever.", "The office lies near the old harbour.")  # fmt: skip
NAMES = ("anna", "ben", "carl", "dora")
KEYS = (f"key-{number:06}" for number in count())


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Four interviews of eight answers, coded by the machine alone."""
    settings = '[embed]\nencoder = "hashing"\n[segment]\nunit = "turn"\n'
    with create_project(
        tmp_path / "study", settings_toml=settings, codebook_yaml=BOOK, guide_yaml=""
    ) as made:
        for shift, name in enumerate(NAMES):
            answers = [SAID[(n + shift) % 4].replace("here", f"in case {n}") for n in range(8)]
            lines = [
                f"Interviewer: Question {n}?\n\n{name.title()}: {text}" for n, text in enumerate(answers)
            ]
            path = tmp_path / f"{name}.txt"
            path.write_text("\n\n".join(lines) + "\n", encoding="utf-8")
            made.store.add_transcript(read_transcript(path))
        (made.folder / "cases.yaml").write_text("anna: {firm: MBE}\nben: {firm: SME}\n", encoding="utf-8")
        code_project(made, project_coder(made))
        yield made


class Desk:
    """Coders at work."""

    def __init__(self, project: Project) -> None:
        self.people, self.digest = ReviewStore(project.store), read_codebook(project.codebook_path).digest
        pool = self.people.pool()
        self.key = dict(zip(pool.names, pool.keys.tolist(), strict=True))

    def code(self, coder: int, unit: str, *codes: str, actor: int | None = None, done: bool = True) -> None:
        key = self.key[unit]
        changes = [["code", key, code, True] for code in codes] + ([["done", key, True]] if done else [])
        request = Request(next(KEYS), "decide", changes, self.digest, {key: "blind"}, {key: []})
        self.people.act(actor or coder, request, subject=coder)


def right(text: str) -> tuple[str, ...]:
    return ("trust",) if "trust" in text else ("risk",) if "risk" in text else ()


def material(project: Project, *, include_machine: bool = False) -> Material:
    book = read_codebook(project.codebook_path)
    return material_of_project(project, book, include_machine=include_machine)


def test_what_people_say_now_is_what_counts(project: Project) -> None:
    desk = Desk(project)
    ann, ben = (desk.people.add_account(name, "coder").key for name in ("Ann", "Ben"))
    first, second, third, fourth, *_ = material(project).said_by_respondents
    desk.code(ann, first.id, "trust")
    desk.code(ben, first.id, "risk")
    desk.code(desk.people.consensus(), first.id, "trust", actor=ann)
    desk.code(ann, second.id, "risk")
    desk.code(ann, third.id, "trust")
    desk.people.undo(ann, next(KEYS), codebook_digest=desk.digest)
    desk.code(ben, fourth.id, "risk", done=False)
    found = {one.id: one for one in material(project).coded}
    assert {id: {c: s.by for c, s in one.codes.items()} for id, one in found.items()} == {
        first.id: {"partners": "consensus", "trust": "consensus"},
        second.id: {"risk": "coders"},
        fourth.id: {"risk": "coders"},
    }
    assert (found[first.id].complete, found[fourth.id].complete) == (True, False)
    assert (found[first.id].respondent, found[first.id].attributes) == ("R1", {"firm": "MBE"})
    assert found[first.id].question == "Question 0?"


def test_the_method_tells_what_the_log_knows(project: Project) -> None:
    desk = Desk(project)
    ann = desk.people.add_account("Ann", "coder").key
    for one in material(project).said_by_respondents[:3]:
        desk.code(ann, one.id, *right(one.text))
    phases = method(material(project), Options()).record["phases"]
    said = [" ".join(lines) for lines in phases.values()]
    assert "4 interviews with" in said[0]
    assert "1 coder read 3 statements, 0 of them read by two or more coders." in said[1]
    assert "Codes were accepted 2 times and rejected 0 times" in said[1]
    assert "3 of 3 readings (100.0%) were finished without sight" in said[1]
    assert "2 at the level 'topic', 1 at the level 'code'" in said[2]
    assert "Ann" not in " ".join(said)


def test_the_machine_fills_only_what_nobody_has_read(project: Project) -> None:
    desk = Desk(project)
    ann = desk.people.add_account("Ann", "coder").key
    suggested = material(project, include_machine=True).coded
    assert suggested
    assert all(one.by_machine for one in suggested)
    desk.code(ann, suggested[0].id)
    after = material(project, include_machine=True)
    assert len(after.coded) == len(suggested) - 1
    assert material(project).coded == ()


def test_prevalence_is_withheld_until_it_can_be_trusted(project: Project) -> None:
    """Ann reads four statements; half of the others are drawn by chance, read by Ben, learnt from. Then there
    is a number: the mean of the model's probabilities, corrected by its errors on Ann's as they are, and by
    its mean error on Ben's for all that Ann had not read."""

    def why() -> str:
        return str(material(project, include_machine=True).work["prevalence_withheld"])

    desk = Desk(project)
    ann = desk.people.add_account("Ann", "coder").key
    assert "no model has learnt" in why()
    said = material(project).said_by_respondents
    drawn = {one.id for one in said if (one.index // 2 + one.interview) % 2}
    first = [one for one in said if one.id not in drawn][:4]
    for one in first:
        desk.code(ann, one.id, *right(one.text))
    learn(project, desk)
    assert "no statements were drawn by chance" in why()
    ben = desk.people.add_account("Ben", "coder").key
    desk.people.assign(ben, {desk.key[unit]: 0.5 for unit in drawn})
    code_project(project, project_coder(project))
    assert "have not read the statements that were drawn" in why()
    for one in said:
        if one.id in drawn:
            desk.code(ben, one.id, *right(one.text))
    learn(project, desk)
    assert "not those of the present model" in why()
    code_project(project, project_coder(project))
    found = material(project, include_machine=True)
    rows = {row["code"]: row for row in found.work["prevalence"]}
    model = project_coder(project).model
    assert model is not None
    everything = signals_of(project_coder(project), map(project.store.transcript, NAMES), set(desk.key))
    sure = {one.id for one in first}
    values = np.array([
        [float(code in one.codes) if one.id in drawn | sure else np.nan for code in model.learned.code_ids]
        for one in found.said_by_respondents
    ])  # fmt: skip
    expected = code_prevalence(
        model.learned.code_ids, model.learned.probabilities(everything), values, everything.groups,
        sampled_with=np.array([1.0 if one.id in sure else 0.5 for one in found.said_by_respondents]),
    )  # fmt: skip
    for one in expected:
        row = rows[one.code_id]
        assert (row["value"], row["low"], row["high"]) == pytest.approx(
            (one.value, one.low, one.high), abs=1e-5
        )
    assert rows["trust"]["n_human"] == len(drawn) + 4


@pytest.mark.parametrize("between", [True, False])
def test_a_draw_after_other_coding_is_of_what_was_open_then(project: Project, between: bool) -> None:
    """Ben codes what was drawn first; only where Ann coded something else before the second draw does the
    sample begin anew, and what is known by then is no part of it."""
    desk = Desk(project)
    ann, ben = (desk.people.add_account(name, "coder").key for name in ("Ann", "Ben"))
    units = [one.id for one in material(project).said_by_respondents]
    first, chosen, second = units[:6], units[6:10], units[10:20:2]
    desk.people.assign(ben, {desk.key[unit]: 6 / 32 for unit in first})
    for unit in [*first, *(chosen if between else [])]:
        desk.code(ben if unit in first else ann, unit)
    desk.people.assign(ben, {desk.key[unit]: 0.25 for unit in second})
    desk.code(ann, units[-1])  # by choice, after the draw
    drawn, known = desk.people.sample()
    assert known == ({desk.key[unit] for unit in [*first, *chosen]} if between else set())
    assert set(drawn) == {desk.key[unit] for unit in (second if between else [*first, *second])}
    assert [*drawn.values()] == pytest.approx([0.25 if between else 1 - 26 / 32 * 0.75] * len(drawn))


def test_units_of_one_draw_for_several_coders_are_drawn_once(project: Project) -> None:
    """Interviews have their own chances; in one that a later draw leaves out its mean chance counts."""
    desk = Desk(project)
    ann, ben = (desk.people.add_account(name, "coder").key for name in ("Ann", "Ben"))
    said = material(project).said_by_respondents
    chances = {desk.key[one.id]: 0.1 * (one.interview + 1) for one in said}
    assert desk.people.assign_draw({ann: chances, ben: chances}) == dict.fromkeys((ann, ben), len(said))
    assert desk.people.sample() == (pytest.approx(chances), set())
    cleo = desk.people.add_account("Cleo", "coder").key
    desk.people.assign(cleo, {desk.key[said[0].id]: 0.5})
    assert desk.people.sample()[0] == pytest.approx({key: 1 - (1 - p) * 0.5 for key, p in chances.items()})


def test_what_people_have_read_as_a_whole_is_counted(project: Project) -> None:
    desk = Desk(project)
    ann = desk.people.add_account("Ann", "coder").key
    said = material(project).said_by_respondents
    desk.people.assign(ann, {desk.key[said[0].id]: 1 / 32})
    for one in said[:-1]:
        desk.code(ann, one.id, *right(one.text))
    learn(project, desk)
    code_project(project, project_coder(project))
    found = material(project, include_machine=True).work
    assert any("30 coded utterances are left out" in one for one in found["prevalence_cautions"])
    desk.code(ann, said[-1].id, *right(said[-1].text))
    learn(project, desk)
    code_project(project, project_coder(project))
    rows = {row["code"]: row for row in material(project, include_machine=True).work["prevalence"]}
    assert (rows["trust"]["n_human"], rows["trust"]["low"], rows["trust"]["value"]) == (32, 0.25, 0.25)


def learn(project: Project, desk: Desk) -> None:
    coder = project_coder(project, with_model=False)
    pool = desk.people.pool()
    names = dict(zip(pool.keys.tolist(), pool.names, strict=True))
    labels = labels_of_people(desk.people.said(names), coder.codebook, name_of=names)
    signals = signals_of(coder, map(project.store.transcript, NAMES), set(labels.unit_ids))
    order = {unit: row for row, unit in enumerate(labels.unit_ids)}
    labels = labels.take(np.array([order[unit] for unit in signals.ids]))
    save_model(train(coder, signals, labels), project.model_path)


def test_a_folder_inside_a_project_is_enough(project: Project) -> None:
    assert material_of(project.folder / "transcripts").source == "project"
    found, panel = read_source(project.folder)
    assert (found.name, panel.source["name"]) == ("study", "study")
