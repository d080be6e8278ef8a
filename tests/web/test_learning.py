"""The page's learner with a trained model, while everything is learnt anew, and beside a busy coder."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from autocode.batch import code_project, project_coder
from autocode.codebook import Code, add_code
from autocode.errors import LearnError
from autocode.learn.files import load_model, save_model
from autocode.learn.labels import Labels, labels_of_codings
from autocode.records import Evidence, Suggestion, Transcript, Turn
from autocode.store import Account, Coding, Project, Request, create_project
from autocode.training import signals_of, train
from autocode.web import following, ground
from autocode.web.following import Following
from autocode.web.ground import Ground
from autocode.web.live import Live
from autocode.web.order import DIVERSE
from autocode.web.state import PATIENCE_S, Review
from tests.web.conftest import CODEBOOK, CODES, build_coding, build_transcript

SAID = {
    "trust": "We trust them and rely on what they promised about the {}",
    "conflict": "We quarrelled with the lawyer because of the {}",
    None: "On that day we had a look at the {}",
}
THINGS = (
    "steel", "invoices", "harbour", "numbers", "winter", "office", "train", "market", "test", "delay",
    "phone", "canteen", "pump", "ship", "contract",
)  # fmt: skip
ODD = "Zebras juggle yoghurt"
SETTINGS = '[embed]\nencoder = "hashing"\n[segment]\nunit = "turn"\n'


def interview(name: str, answers: list[str]) -> Transcript:
    text, turns = "", list[Turn]()
    for index, said in enumerate(answers):
        turns.append(Turn(index, "Rea", "respondent", said, len(text), len(text) + len(said)))
        text += said + "\n"
    return Transcript(name, text, tuple(turns), "txt", f"{name}.txt", f"sha-of-{name}", "en")


def code_of(text: str) -> str | None:
    """The code that the sentence was made for."""
    return next((code for code, said in SAID.items() if text.startswith(said[:8])), None)


@pytest.fixture
def study(tmp_path: Path) -> Iterator[Project]:
    """Three interviews of 30 answers, ten for each of `trust`, `conflict` and no code; one ends oddly."""
    with create_project(
        tmp_path / "study", settings_toml=SETTINGS, codebook_yaml=CODEBOOK, guide_yaml=""
    ) as made:
        for number in range(3):
            answers = [
                SAID[code].format(THINGS[(2 * turn + number) % len(THINGS)])
                for turn in range(10)
                for code in SAID
            ]
            made.store.add_transcript(interview(f"i{number}", answers + [ODD] * (number == 2)))
        code_project(made, project_coder(made))
        yield made


@pytest.fixture
def page(study: Project) -> Iterator[Review]:
    """The project with its learner, which has not begun."""
    review = Review(study)
    yield review
    review.close()


@pytest.fixture
def mia(page: Review) -> Account:
    return page.people.add_account("Mia", "lead")


def started(page: Review) -> Live:
    """The learner, when it has learnt what there was."""
    assert page.live is not None
    page.live.start()
    assert page.live.wait(60)
    return page.live


def trained(study: Project, codes: dict[str, frozenset[str]]) -> None:
    """A model in the project that has learnt `codes`, by utterance."""
    coder = project_coder(study, with_model=False)
    transcripts = [study.store.transcript(one.id) for one in study.store.transcripts()]
    labels = labels_of_codings({"anna": codes}, coder.codebook, order=sorted(codes))
    save_model(train(coder, signals_of(coder, transcripts, set(codes)), labels), study.model_path)


def trusted(study: Project, transcript: str) -> dict[str, frozenset[str]]:
    """The codes of one interview by what its sentences were made for, but without `conflict`."""
    coder = project_coder(study, with_model=False)
    units = coder.segment(study.store.transcript(transcript))
    return {one.id: frozenset({"trust"} if code_of(one.text) == "trust" else ()) for one in units}


def finish(review: Review, coder: Account, units: list[int], code: str | None = None) -> None:
    """All in one action."""
    changes = [["done", unit, True] for unit in units]
    changes += [["code", unit, code, True] for unit in units if code is not None]
    outcome = review.people.act(
        coder.key, Request(f"key-{units}-{code}"[:60], "bulk", changes, review.codebook.digest)
    )
    assert review.live is not None
    review.live.heard(outcome)


def until(true: Callable[[], bool], *, seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.005)
    return true()


def keys_of(review: Review, code: str | None, *, transcript: str) -> list[int]:
    """Keys of an interview's answers that were made for a code."""
    reading = review.reading(transcript)
    pairs = zip(reading.keys, reading.utterances, strict=True)
    return [key for key, one in pairs if code_of(one.text) == code and one.text != ODD]


def test_of_too_many_utterances_those_follow_that_were_begun_and_as_many_others(
    study: Project, page: Review, mia: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of i0 and i1 (30 answers each) and i2 (31), of which two are done: i2 and, as 31 are too few, i0."""
    monkeypatch.setattr(ground, "POOL", 40)
    finish(page, mia, list(page.reading("i2").keys[:2]), "trust")
    live = started(page)
    follow = {name: not live.leaves_out(page.reading(name).keys) for name in ("i0", "i1", "i2")}
    assert follow == {"i0": True, "i1": False, "i2": True}
    assert "in 61 of 91 utterances" in live.problem


class TestTrainedModel:
    def test_the_first_suggestions_are_those_of_coding_with_it(self, study: Project, page: Review) -> None:
        trained(study, trusted(study, "i0"))
        live = started(page)
        assert (live.n_labelled, live.problem) == (30, "")
        coder = project_coder(study)
        assert coder.model is not None
        assert live.thresholds(page.pool())[1] == coder.model.learned.rule.thresholds[1]
        for transcript in ("i0", "i1"):
            coded = coder.code(study.store.transcript(transcript))
            reading = page.reading(transcript)
            for key, one in zip(reading.keys, reading.utterances, strict=True):
                here = {s.code_id: s.probability for s in live.suggestions(key, (), page.codebook)}
                there = {s.code_id: s for s in coded.suggestions[one.id] if s.decision != "reject"}
                assert here == pytest.approx({code: s.probability for code, s in there.items()}, abs=1e-6)
        assert any(coded.suggestions.values()), "nothing is suggested, so this test would show nothing"

    def test_it_teaches_on_beside_twenty_decisions_which_go_before_its_own(
        self, study: Project, page: Review, mia: Account
    ) -> None:
        trained(study, trusted(study, "i0"))
        live = started(page)
        (both, *_) = keys_of(page, "trust", transcript="i0")
        finish(page, mia, [both], "conflict")
        assert live.wait(60)
        finish(page, mia, keys_of(page, "conflict", transcript="i1"), "conflict")
        finish(page, mia, keys_of(page, None, transcript="i1"))
        assert live.wait(60)
        found = live._snapshot
        assert found is not None
        learned = found.explainer.learned
        assert live.n_labelled == 50  # 30 of the model and 20 new ones; one of its own is said otherwise
        assert set(learned.signals.groups) == {"i0", "i1"}
        values = dict(zip(learned.signals.ids, learned.values.tolist(), strict=True))
        assert values[page.people.unit(both).name] == [1, 0, 1, 0, 0]
        new = keys_of(page, "trust", transcript="i2")[0]
        suggested = [one.code_id for one in live.suggestions(new, (), page.codebook)]
        assert "trust" in suggested  # which no decision on the page was about

    def test_what_is_taken_back_on_the_page_is_again_what_the_model_learnt(
        self, study: Project, page: Review, mia: Account
    ) -> None:
        trained(study, trusted(study, "i0"))
        live = started(page)
        new = keys_of(page, "trust", transcript="i2")[0]
        found = live._snapshot
        assert found is not None
        before = found.probabilities[found.row[new]].copy()
        finish(page, mia, [keys_of(page, "trust", transcript="i0")[0]], "conflict")
        assert live.wait(60)
        assert live._snapshot is not None
        assert abs(live._snapshot.probabilities[found.row[new]] - before).max() > 1e-6
        outcome = page.people.undo(mia.key, "key-undo-1", codebook_digest=page.codebook.digest)
        assert outcome is not None
        live.heard(outcome)
        assert live.wait(60)
        assert live._snapshot.probabilities[found.row[new]] == pytest.approx(before, abs=1e-9)

    def test_one_of_an_older_codebook_is_left_aside_and_it_is_told(
        self, study: Project, page: Review, mia: Account
    ) -> None:
        trained(study, trusted(study, "i0"))
        changed = add_code(page.codebook, Code(id="hope", name="Hope"))
        page.change_codebook(changed, base=page.codebook_version, note="")
        live = started(page)
        assert live.name == ""
        assert live.problem.startswith("the trained model is left aside: the model learnt other codes")
        assert "from 20 utterances on" in live.problem
        finish(page, mia, keys_of(page, "trust", transcript="i1"), "trust")
        finish(page, mia, keys_of(page, None, transcript="i1"))
        assert live.wait(60)
        assert live.n_labelled == 20
        assert "left aside" in live.problem
        assert "utterances on" not in live.problem

    def test_one_of_statements_that_were_cut_otherwise_is_left_aside(
        self, study: Project, page: Review
    ) -> None:
        trained(study, trusted(study, "i0"))
        live, folder = page.live, study.model_path
        assert live is not None
        coder = project_coder(study)
        assert coder.model is not None
        learned = coder.model.learned
        texts = (learned.signals.texts[0] + " and more", *learned.signals.texts[1:])
        save_model(replace(coder.model, learned=replace(learned, signals=replace(
            learned.signals, texts=texts))), folder)  # fmt: skip
        live.start()
        assert live.wait(60)
        assert "cut into other statements" in live.problem
        assert live.name == ""


class Gate:
    """Learning anew as it is, but only when it is let through."""

    def __init__(self, learn_anew: Callable[[Ground, Labels], Following]) -> None:
        self._learn_anew, self.shut, self.error = learn_anew, False, ""
        self.waiting: list[threading.Event] = []

    def open(self) -> None:
        self.shut = False
        for one in self.waiting:
            one.set()

    def __call__(self, ground: Ground, labels: Labels) -> Following:
        if self.shut:
            self.waiting.append(threading.Event())
            assert self.waiting[-1].wait(60)
        if self.error:
            raise LearnError(self.error)
        return self._learn_anew(ground, labels)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    made = Gate(following.learn_anew)
    monkeypatch.setattr(following, "learn_anew", made)
    yield made
    made.open()


class TestWhileEverythingIsLearntAnew:
    @pytest.fixture(autouse=True)
    def begun(self, page: Review, mia: Account, gate: Gate) -> None:
        """It has learnt from 20 units; a training that waits at the gate learns from 30 more."""
        assert page.live is not None
        page.live.start()
        finish(page, mia, keys_of(page, "trust", transcript="i0"), "trust")
        finish(page, mia, keys_of(page, None, transcript="i0"))
        assert page.live.wait(60)
        assert page.live.n_labelled == 20
        gate.shut = True
        many = [key for code in SAID for key in keys_of(page, code, transcript="i1")]
        finish(page, mia, many)
        assert until(lambda: page.live is not None and page.live.training)

    def test_each_decision_is_followed_and_is_in_the_result_as_well(
        self, page: Review, mia: Account, gate: Gate
    ) -> None:
        live = page.live
        assert live is not None
        version, unit = live.version, keys_of(page, "conflict", transcript="i2")[0]
        finish(page, mia, [unit], "conflict")
        assert until(lambda: live.version > version)
        assert live.training
        assert live.n_labelled == 21  # the 30 are on their way
        other = keys_of(page, "conflict", transcript="i2")[1]
        finish(page, mia, [other], "conflict")
        assert not live.wait(0.05)
        gate.open()
        assert live.wait(60)
        assert not live.training
        found = live._snapshot
        assert found is not None
        assert len(found.explainer.learned.signals) == 50
        assert live.n_labelled == 52
        # What was decided meanwhile speaks for the other quarrels, and was not learnt with the 50.
        column, here = found.code_ids.index("conflict"), keys_of(page, "conflict", transcript="i2")[2:]
        rest = keys_of(page, None, transcript="i2")
        assert min(found.probabilities[[found.row[key] for key in here], column]) > max(
            found.probabilities[[found.row[key] for key in rest], column]
        )

    def test_a_result_of_an_older_codebook_is_not_taken(self, page: Review, gate: Gate) -> None:
        live, book = page.live, page.codebook
        assert live is not None
        changed = add_code(book, Code(id="hope", name="Hope"))
        page.change_codebook(changed, base=page.codebook_version, note="")
        assert until(lambda: len(gate.waiting) == 2)
        assert live.name == ""
        gate.waiting[0].set()
        assert not until(lambda: live.name != "", seconds=2)
        gate.open()
        assert live.wait(60)
        assert live._snapshot is not None
        assert live._snapshot.code_ids == changed.ids
        assert (live.n_labelled, live.problem) == (50, "")

    def test_an_error_is_told_and_what_was_learnt_stays(self, page: Review, mia: Account, gate: Gate) -> None:
        live = page.live
        assert live is not None
        gate.error = "no more memory, say"
        gate.open()
        assert live.wait(60)
        assert (live.problem, live.n_labelled) == ("no more memory, say", 20)
        gate.error = ""
        version = live.version
        finish(page, mia, keys_of(page, "conflict", transcript="i2")[:1], "conflict")
        assert live.wait(60)
        assert live.version > version
        assert live.n_labelled == 21


class TestBusyCoder:
    def test_transcripts_are_read_in_turn_and_evidence_does_not_wait_long(
        self, page: Review, mia: Account
    ) -> None:
        live = page.live
        assert live is not None
        with page.coder_lock:
            live.start()
            assert not live.wait(0.3)
            assert live.ground is None
        finish(page, mia, keys_of(page, "trust", transcript="i0"), "trust")
        finish(page, mia, keys_of(page, None, transcript="i0"))
        assert live.wait(60)
        reading, key = page.reading("i1"), keys_of(page, "trust", transcript="i1")[0]
        (view,) = page.views(mia, reading, [key])
        whole = page.evidence(mia, reading, view)
        assert {"cue", "accepted"} <= {one.kind for one in whole["trust"]}
        found: list[dict[str, tuple[Evidence, ...]]] = []
        asking = threading.Thread(target=lambda: found.append(page.evidence(mia, reading, view)))
        with page.coder_lock:
            asking.start()
            clock = time.monotonic()
            page.pool_keys()  # nobody else waits for it
            assert time.monotonic() - clock < PATIENCE_S / 2
            asking.join(timeout=20 * PATIENCE_S)
            assert len(found) == 1
        assert {one.kind for one in found[0]["trust"]} == {one.kind for one in whole["trust"]}


def test_stored_statements_are_not_quoted_to_who_may_have_to_decide_on_them(review: Review) -> None:
    mia, ben = (review.people.add_account(name, role) for name, role in (("Mia", "lead"), ("Ben", "coder")))
    transcript = build_transcript("dora")
    coding = build_coding(transcript)
    quoted = (Evidence("accepted", "We trust them", 0.6), Evidence("cue", "trust", 0.4, 3, 8),
              Evidence("rejected", "A quarrel", 0.0))  # fmt: skip
    one = next(u for u in coding.utterances if u.codable)
    made = Coding(coding.utterances, (Suggestion(one.id, "trust", 0.7, 0.6, "review", quoted),),
                  coding.scores, CODES)  # fmt: skip
    review.project.store.add_transcript(transcript)
    review.project.store.save_coding("run", "dora", made, segmentation="s")
    reading = review.reading("dora")
    key = next(k for k, u in zip(reading.keys, reading.utterances, strict=True) if u.id == one.id)
    other = next(k for k in review.pool_keys() if k not in reading.keys)
    for coder in (mia, ben):
        (view,) = review.views(coder, reading, [key])
        assert review.evidence(coder, reading, view)["trust"] == quoted
    review.people.assign(ben.key, {other: 1.0})
    kept = {coder.name: review.evidence(coder, reading, view)["trust"] for coder in (mia, ben)}
    assert kept == {"Mia": quoted, "Ben": (quoted[1],)}


class TestDiverse:
    def test_what_is_unlike_all_that_is_coded_comes_first(self, page: Review, mia: Account) -> None:
        live, orders = page.live, page.orders
        assert live is not None
        assert DIVERSE not in orders.offered
        live.start()
        assert live.wait(60)
        assert DIVERSE in orders.offered
        finish(page, mia, [key for code in SAID for key in keys_of(page, code, transcript="i0")][:10])
        odd = next(
            key
            for key, one in zip(page.reading("i2").keys, page.reading("i2").utterances, strict=True)
            if one.text == ODD
        )
        assert orders.next(mia, DIVERSE) == odd
        total, seen = orders.progress(mia, DIVERSE).total, set[int]()
        assert total == 91
        while (unit := orders.next(mia, DIVERSE)) is not None:
            assert unit not in seen
            seen.add(unit)
            page.people.act(
                mia.key,
                Request(f"key-of-{unit}", "done", [["done", unit, True]], page.codebook.digest),
            )
        assert len(seen) == 81

    def test_it_is_not_there_without_learning(self, review: Review) -> None:
        assert DIVERSE not in review.orders.offered
        with pytest.raises(LearnError, match="--no-learning"):
            review.orders.check(DIVERSE)


@pytest.mark.model
def test_parts_that_a_models_files_do_not_hold_are_read_again(tmp_path: Path) -> None:
    """Promises, in the midst of other talk: the encoder hears them among the tokens."""
    rng = random.Random(0)

    def said(number: int) -> str:
        about = [SAID[None].format(rng.choice(THINGS)) for _ in range(3)]
        if number % 3 == 0:
            about.insert(rng.randrange(4), f"they kept their promise about the {rng.choice(THINGS)}")
        return ", and ".join(about)

    settings = SETTINGS.replace("hashing", "default")
    with create_project(
        tmp_path / "study", settings_toml=settings, codebook_yaml=CODEBOOK, guide_yaml=""
    ) as study:
        for number in range(10):
            study.store.add_transcript(interview(f"i{number}", [said(turn) for turn in range(15)]))
        coder = project_coder(study)
        code_project(study, coder)
        units = [one for number in range(7) for one in coder.segment(study.store.transcript(f"i{number}"))]
        trained(study, {one.id: frozenset({"trust"} if "promise" in one.text else ()) for one in units})
        assert load_model(study.model_path).learned.needs_parts
        review = Review(study)
        try:
            live = started(review)
            assert (live.problem, live.n_labelled) == ("", 105)
            mia = review.people.add_account("Mia", "lead")
            for name in ("i7", "i8"):  # more than a fifth: everything is learnt anew
                promised = [("promise" in one.text) for one in review.reading(name).utterances]
                keys = review.reading(name).keys
                finish(review, mia, [key for key, true in zip(keys, promised, strict=True) if true], "trust")
                finish(review, mia, [key for key, true in zip(keys, promised, strict=True) if not true])
            assert live.wait(60)
            assert (live.problem, live.n_labelled) == ("", 135)
            last = review.reading("i9")
            views = review.views(mia, last, list(last.keys))
            suggested = ["trust" in {one.code_id for one in view.suggestions} for view in views]
            assert suggested == ["promise" in one.text for one in last.utterances]
        finally:
            review.close()
